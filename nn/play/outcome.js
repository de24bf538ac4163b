// The network's predictions: a curve over one input, a map over two, and a table of examples.

const SAMPLES = 201; // points of a curve
const ROWS = 20; // examples in a table

/**
 * @param {Training} training
 * @param {Frame[]} frames
 * @param {Network} network
 * @param {(k: number) => void} choose
 */
function outcomePanels(training, frames, network, choose) {
  const table = predictionsPanel(training, frames, network, choose);
  if (training.kind === "curve") return [curvePanel(training, frames, network), table];
  return training.kind === "table" ? [table] : [fieldPanel(training, frames, network), table];
}

/**
 * @param {Training} training
 * @param {Frame[]} frames
 * @param {Network} network
 */
function curvePanel({ examples, names }, frames, network) {
  const range = rangeOf(examples.map(({ inputs }) => inputs[0]), 0.1);
  const x = across(range);
  const y = upward(rangeOf(examples.map(({ desired }) => desired[0]), 0.25));
  const points = Array.from({ length: SAMPLES }, (_, k) => [range[0] + (k * (range[1] - range[0])) / (SAMPLES - 1)]);
  const curve = shape("path", { class: "curve" });
  const marks = examples.map(({ inputs, desired }) =>
    shape("circle", { class: "class0", cx: x.place(inputs[0]), cy: y.place(desired[0]), r: 4.5 }));
  const ring = shape("circle", { class: "ring", r: 9 });
  const drawn = chart({ role: "img" }, axes(x, y, [names.inputs[0], names.outputs[0]]), plotArea(...marks, curve, ring));

  /** @type {(k: number, chosen: number) => void} */
  function show(k, chosen) {
    const heights = network.over(frames[k], points, examples[0]).map(([height]) => height);
    curve.setAttribute("d", lineThrough(points.map(([at], i) => [x.place(at), y.place(heights[i])])));
    ring.setAttribute("cx", String(x.place(examples[chosen].inputs[0])));
    ring.setAttribute("cy", String(y.place(examples[chosen].desired[0])));
    const [start, middle, end] = [0, (SAMPLES - 1) / 2, SAMPLES - 1].map((i) => formatted(heights[i], 4));
    drawn.setAttribute("aria-label", `${names.outputs[0]} over ${names.inputs[0]} from ${formatted(range[0], 3)} to ` +
      `${formatted(range[1], 3)}: ${start} at the left, ${middle} in the middle, ${end} at the right; ` +
      `and ${examples.length} examples`);
  }

  return { part: panel("The network as a curve", "outcome", drawn), show };
}

/**
 * A row for each example: its inputs, what was desired, and the prediction; of classes the probabilities.
 * @param {Training} training
 * @param {Frame[]} frames
 * @param {Network} network
 * @param {(k: number) => void} choose
 */
function predictionsPanel(training, frames, network, choose) {
  const { examples, names, classes, sense } = training;
  const listed = examples.slice(0, ROWS);
  const areClasses = classes || (training.scale.classes !== null && names.outputs.length === 1);
  const isChance = sense !== "";
  const columns = names.outputs.slice(0, CLASSES).map((name, k) => classes ? `${isChance ? "P" : "answer "}(${k})` : isChance ? `P(${inUnicode(names.desired[0])} = 1)` : "answer");
  const shown = classes || names.outputs.length === 1 ? columns : ["answer"];
  const heads = ["example", "inputs", classes ? "class" : "desired", ...shown, ...(areClasses ? ["right?"] : [])];
  const cells = listed.map(() => [...shown, ...(areClasses ? ["right?"] : [])].map(() => element("td")));
  const rows = listed.map(({ inputs, desired }, k) => {
    const name = button(String(k), () => choose(k));
    const wanted = classes ? String(largestAt(desired)) : several(desired);
    return element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, several(inputs)), element("td", {}, wanted), ...cells[k]);
  });
  rows.forEach((row, k) => row.addEventListener("click", () => choose(k)));
  const right = element("span", { class: "told" });
  const caption = element("caption", {}, `${few(names.outputs.map(inUnicode))} for ${listed.length} of ${examples.length} examples `, right);
  const table = element("table", {}, caption,
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))), element("tbody", {}, ...rows));

  /** @type {(k: number, chosen: number) => void} */
  function show(k, chosen) {
    listed.forEach((example, row) => {
      const { outputs } = network.computed(frames[k], example);
      const numbers = network.probabilities(outputs) ?? outputs;
      const most = largestAt(numbers);
      shown.forEach((_, column) => {
        const cell = cells[row][column];
        const text = shown.length === numbers.length ? formatted(numbers[column], isChance ? 3 : 4) : several(numbers, 4);
        cell.replaceChildren(text, ...(isChance ? [bar(numbers[column], classes ? column : 1)] : []));
        cell.classList.toggle("most", classes && column === most);
      });
      const one = judged(training, example, outputs);
      if (areClasses && one) {
        const last = cells[row][shown.length];
        last.textContent = one.said === one.is ? "✓" : "✗";
        last.classList.toggle("wrong", one.said !== one.is);
      }
      rows[row].toggleAttribute("aria-current", row === chosen);
    });
    right.textContent = accuracy(training, (example) => network.computed(frames[k], example).outputs);
  }

  return { part: panel("Predictions", "predictions", element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "table of predictions" }, table)), show };
}

/**
 * A probability as a bar in the colour of its class.
 * @param {number} share
 * @param {number} k
 */
function bar(share, k) {
  const width = Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 0;
  return element("span", { class: `bar class${k % CLASSES}`, style: `width:${(100 * width).toFixed(1)}%` });
}

const FEW = 4;

/**
 * @param {number[]} numbers
 * @param {number} [digits]
 */
function several(numbers, digits = 3) {
  return few(numbers.map((x) => formatted(x, digits)));
}

/** @param {string[]} texts */
function few(texts) {
  const shown = texts.slice(0, FEW).join(", ");
  return texts.length > FEW ? `${shown}, … (${texts.length})` : shown;
}
