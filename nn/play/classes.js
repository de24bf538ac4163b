// Classes: their colours and marks, the predictions, and how many examples are right.

const CLASSES = 6; // that have a colour and a mark of their own
const MARKS = ["circle", "square", "triangle", "diamond", "cross", "bar"];

/**
 * @param {number[]} answers
 * @param {string} sense
 * @returns {number[] | null} null where outputs are no probabilities
 */
function probabilitiesOf(answers, sense) {
  if (sense === "softmax") {
    const most = Math.max(...answers);
    const parts = answers.map((x) => Math.exp(x - most));
    const sum = parts.reduce((total, part) => total + part, 0);
    return parts.map((part) => part / sum);
  }
  if (sense === "sigmoid") return answers.map((x) => 1 / (1 + Math.exp(-x)));
  return sense === "probability" ? answers : null;
}

/** @param {number[]} numbers */
function largestAt(numbers) {
  return numbers.indexOf(Math.max(...numbers));
}

/**
 * The predicted class of an example and its own, by number; null where there are no classes.
 * @param {Training} training
 * @param {Example} example
 * @param {number[]} answers
 */
function judged({ classes, scale }, { desired }, answers) {
  if (classes) return { said: largestAt(answers), is: largestAt(desired) };
  if (!scale.classes || answers.length !== 1) return null;
  return { said: Number(answers[0] > scale.middle), is: Number(above(desired[0], scale.classes)) };
}

const above = (/** @type {number} */ desired, /** @type {number[]} */ [low, high]) => desired > (low + high) / 2;

/**
 * How many examples are right, in words; empty where there are no classes.
 * @param {Training} training
 * @param {(example: Example) => number[]} answer
 */
function accuracy(training, answer) {
  const all = training.examples.map((example) => judged(training, example, answer(example)));
  if (!all.length || all.some((one) => one === null)) return "";
  const right = all.filter((one) => one && one.said === one.is).length;
  return `${right} of ${all.length} right (${Math.round((100 * right) / all.length)} %)`;
}

/**
 * The mark of a class at a place: a shape and a colour that stand for nothing else.
 * @param {number} k
 * @param {number} x
 * @param {number} y
 */
function classMark(k, x, y) {
  const at = k % CLASSES;
  const kind = MARKS[at];
  const attributes = { class: `class${at}` };
  const path = (/** @type {string} */ d) => shape("path", { ...attributes, d: `M${x},${y}${d}z` });
  if (kind === "circle") return shape("circle", { ...attributes, cx: x, cy: y, r: 4.5 });
  if (kind === "square") return shape("rect", { ...attributes, x: x - 4, y: y - 4, width: 8, height: 8 });
  if (kind === "triangle") return path("m0,-5.5l5,9h-10");
  if (kind === "diamond") return path("m0,-5.5l5.5,5.5l-5.5,5.5l-5.5,-5.5");
  if (kind === "cross") return path("m-1.7,-5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3");
  return path("m-2,-5h4v10h-4");
}

/**
 * What marks and colours stand for.
 * @param {[Node, string][]} entries
 */
function keyOf(entries) {
  return element("p", { class: "key" }, ...entries.map(([mark, text]) => element("span", {}, mark, text)));
}

/** @param {...Node} shapes */
function sample(...shapes) {
  return shape("svg", { class: "sample", viewBox: "0 0 14 14", "aria-hidden": "true" }, ...shapes);
}
