// Two inputs: the network's predictions over their plane. One output is a field with a line where it changes sides,
// several are a map of the classes; the examples stand on it.

const GRID = 60; // points a side
const FIELD = { width: CHART.right - CHART.left, height: CHART.bottom - CHART.top };

/**
 * @param {Training} training
 * @param {Frame[]} frames
 * @param {Network} network
 */
function fieldPanel(training, frames, network) {
  const { examples, names, scale, kind } = training;
  const [x, y] = [0, 1].map((k) => rangeOf(examples.map(({ inputs }) => inputs[k]), 0.15));
  const [places, levels] = [across(x), upward(y)];
  const steps = (/** @type {number} */ low, /** @type {number} */ high) => Array.from({ length: GRID }, (_, k) => low + (k * (high - low)) / (GRID - 1));
  const points = steps(y[0], y[1]).flatMap((up) => steps(x[0], x[1]).map((along) => [along, up]));
  const corner = (/** @type {number} */ column, /** @type {number} */ row) => [places.place(x[0] + (column * (x[1] - x[0])) / (GRID - 1)),
    levels.place(y[0] + (row * (y[1] - y[0])) / (GRID - 1))];
  const canvas = element("canvas", { role: "img", width: 2 * FIELD.width, height: 2 * FIELD.height });
  Object.assign(canvas.style, inFrame());
  const border = shape("path", { class: "border" });
  const wrong = shape("path", { class: "wrong" });
  const marks = examples.map((example) => mark(training, example, places, levels));
  const ring = shape("circle", { class: "ring", r: 9 });
  const over = chart({ "aria-hidden": "true" }, axes(places, levels, names.inputs), plotArea(border, ...marks, wrong, ring));
  const said = element("p", { class: "told" });
  const stack = element("div", { class: "field" }, canvas, over);

  /** @type {(k: number, chosen: number) => void} */
  function show(k, chosen) {
    const answers = network.over(frames[k], points, examples[0]);
    const cells = kind === "map" ? answers.map((outputs) => classAt(network, outputs)) : answers.map(([z]) => sideOf(z, scale));
    paint(canvas, cells);
    border.setAttribute("d", kind === "map" ? borders(answers, corner) : boundary(cells.map(({ height }) => height), corner));
    const [along, up] = examples[chosen].inputs;
    ring.setAttribute("cx", String(places.place(along)));
    ring.setAttribute("cy", String(levels.place(up)));
    const answer = (/** @type {Example} */ example) => network.computed(frames[k], example).outputs;
    const missed = examples.filter((example) => {
      const one = judged(training, example, answer(example));
      return one && one.said !== one.is;
    });
    wrong.setAttribute("d", missed.map(({ inputs: [u, v] }) => `M${places.place(u) - 6},${levels.place(v) - 6}l12,12m0,-12l-12,12`).join(""));
    said.textContent = accuracy(training, answer);
    canvas.setAttribute("aria-label", describe(cells));
  }

  /** @param {Cell[]} cells */
  function describe(cells) {
    const where = names.inputs.map((name, i) => `${name} from ${[x, y][i].map((end) => formatted(end, 3)).join(" to ")}`);
    const share = (/** @type {number} */ which) => Math.round((100 * cells.filter((cell) => cell.which === which).length) / cells.length);
    const parts = kind === "map"
      ? names.outputs.map((_, k) => `class ${k} on ${share(k)} %`).join(", ")
      : `${names.outputs[0]} above ${formatted(scale.middle, 4)} on ${share(1)} %`;
    return `over ${where.join(" and ")}: ${parts} of the area. ${said.textContent}`;
  }

  return { part: panel(kind === "map" ? "Map of the classes" : "Decision map", "outcome", stack, said, mapKey(training)), show };
}

/**
 * Where the chart's frame is, as shares of the whole chart: CHART alone says so.
 */
function inFrame() {
  const share = (/** @type {number} */ part, /** @type {number} */ whole) => `${(100 * part) / whole}%`;
  const { left, top, width, height } = CHART;
  return { left: share(left, width), top: share(top, height), width: share(FIELD.width, width), height: share(FIELD.height, height) };
}

/**
 * On which side of the middle an output is, and how far from it, as a share of what counts as sure.
 * @param {number} z
 * @param {Training["scale"]} scale
 * @returns {Cell}
 */
function sideOf(z, { middle, reach }) {
  const height = (z - middle) / reach;
  return { which: Number(height > 0), height, strength: Number.isNaN(height) ? 0 : Math.min(Math.abs(height), 1) };
}

/**
 * The class that several outputs predict, and how sure they are of it: 0 where all are alike.
 * @param {Network} network
 * @param {number[]} outputs
 * @returns {Cell}
 */
function classAt(network, outputs) {
  const which = largestAt(outputs);
  const shares = network.probabilities(outputs) ?? outputs;
  const fair = 1 / outputs.length;
  return { which, height: 0, strength: Math.min(1, Math.max(0, (shares[which] - fair) / (1 - fair) || 0)) };
}

/**
 * Grid point by grid point the colour of a class, stronger where it is surer.
 * @param {HTMLCanvasElement} canvas
 * @param {Cell[]} cells
 */
function paint(canvas, cells) {
  const image = new ImageData(GRID, GRID);
  const colours = coloursOf(canvas);
  cells.forEach(({ which, strength }, k) => {
    const [row, column] = [GRID - 1 - Math.floor(k / GRID), k % GRID];
    image.data.set([...(colours[which % CLASSES] ?? colours[0]), 30 + 130 * strength], 4 * (row * GRID + column));
  });
  const small = element("canvas", { width: GRID, height: GRID });
  small.getContext("2d")?.putImageData(image, 0, 0);
  const [wide, high] = [canvas.width / (GRID - 1), canvas.height / (GRID - 1)];
  const brush = canvas.getContext("2d");
  brush?.clearRect(0, 0, canvas.width, canvas.height);
  brush?.drawImage(small, -wide / 2, -high / 2, wide * GRID, high * GRID); // a pixel's middle is its grid point
}

/** @param {Element} within */
function coloursOf(within) {
  const style = getComputedStyle(within);
  return Array.from({ length: CLASSES }, (_, k) => {
    const colour = style.getPropertyValue(`--class${k}`).trim().slice(1);
    return [0, 2, 4].map((at) => parseInt(colour.slice(at, at + 2), 16));
  });
}

/** @typedef {(column: number, row: number) => number[]} Corner */

/**
 * Where the heights pass through 0: in each cell the line between the sides on which they do.
 * @param {number[]} heights
 * @param {Corner} corner
 */
function boundary(heights, corner) {
  /** @type {string[]} */
  const parts = [];
  for (let row = 0; row < GRID - 1; row++) {
    for (let column = 0; column < GRID - 1; column++) {
      const around = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
      const crossings = around.flatMap((from, side) => crossing(heights, from, around[(side + 1) % 4], corner));
      for (let k = 0; k + 1 < crossings.length; k += 2) parts.push(`M${crossings[k]}L${crossings[k + 1]}`);
    }
  }
  return parts.join("");
}

/**
 * @param {number[]} heights
 * @param {number[]} from
 * @param {number[]} to
 * @param {Corner} corner
 * @returns {string[]}
 */
function crossing(heights, from, to, corner) {
  const [a, b] = [from, to].map(([column, row]) => heights[row * GRID + column]);
  if (a > 0 === b > 0 || !Number.isFinite(a - b)) return [];
  const [start, end] = [corner(from[0], from[1]), corner(to[0], to[1])];
  return [start.map((x, k) => (x + ((end[k] - x) * a) / (a - b)).toFixed(1)).join()];
}

/**
 * Where one class ends and another begins: for each, where the lead of its output over all others is 0.
 * @param {number[][]} answers
 * @param {Corner} corner
 */
function borders(answers, corner) {
  return answers[0].map((_, k) => {
    const leads = answers.map((outputs) => outputs[k] - Math.max(...outputs.filter((_, other) => other !== k)));
    return boundary(leads, corner);
  }).join("");
}

/**
 * An example on the chart: classes differ in shape and colour, other numbers in the strength of the colour.
 * @param {Training} training
 * @param {Example} example
 * @param {Scale} x
 * @param {Scale} y
 */
function mark({ classes, scale }, { inputs, desired }, x, y) {
  const [cx, cy] = [x.place(inputs[0]), y.place(inputs[1])];
  if (classes) return classMark(largestAt(desired), cx, cy);
  if (scale.classes) return classMark(Number(above(desired[0], scale.classes)), cx, cy);
  const height = Math.max(-1, Math.min(1, (desired[0] - scale.middle) / scale.reach));
  return shape("circle", { class: `graded class${Number(height >= 0)}`, cx, cy, r: 4.5, "fill-opacity": Math.abs(height) });
}

/** @param {Training} training */
function mapKey({ names, scale, classes }) {
  /** @type {[Node, string][]} */
  const entries = classes
    ? names.outputs.map((_, k) => [sample(classMark(k, 7, 7)), `class ${k}`])
    : (scale.classes ?? []).map((desired, k) => [sample(classMark(k, 7, 7)), `${inUnicode(names.desired[0])} = ${formatted(desired)}`]);
  const line = classes ? "where the class changes" : `at ${formatted(scale.middle, 4)}`;
  const crossed = classes || scale.classes ? [/** @type {[Node, string]} */ ([sample(shape("path", { class: "wrong", d: "M2,2l10,10m0,-10l-10,10" })), "wrong"])] : [];
  return keyOf([...entries, [sample(shape("path", { class: "border", d: "M0,7h14" })), line], ...crossed]);
}
