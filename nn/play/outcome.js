// What the network makes of its inputs: a field over two, a curve over one, else a table of examples.

const SAMPLES = 201; // points of a curve
const ROWS = 20; // examples in a table

function outcomePanel(scene, frames, network, choose) {
  const kinds = { field: fieldPanel, curve: curvePanel, table: tablePanel };
  return kinds[scene.kind](scene, frames, network, choose);
}

function curvePanel({ examples, names }, frames, network) {
  const range = rangeOf(examples.map(({ inputs }) => inputs[0]), 0.1);
  const x = across(range);
  const y = upward(rangeOf(examples.map(({ desired }) => desired[0]), 0.25));
  const points = Array.from({ length: SAMPLES }, (_, k) => [range[0] + (k * (range[1] - range[0])) / (SAMPLES - 1)]);
  const curve = shape("path", { class: "curve" });
  const marks = examples.map(({ inputs, desired }) =>
    shape("circle", { class: "low", cx: x.place(inputs[0]), cy: y.place(desired[0]), r: 4.5 }));
  const ring = shape("circle", { class: "ring", r: 9 });
  const drawn = chart({ role: "img" }, axes(x, y, [names.inputs[0], names.outputs[0]]), plotArea(...marks, curve, ring));

  function show(k, chosen) {
    const heights = network.over(frames[k], points, examples[0]);
    curve.setAttribute("d", lineThrough(points.map(([at], i) => [x.place(at), y.place(heights[i])])));
    ring.setAttribute("cx", x.place(examples[chosen].inputs[0]));
    ring.setAttribute("cy", y.place(examples[chosen].desired[0]));
    const [start, middle, end] = [0, (SAMPLES - 1) / 2, SAMPLES - 1].map((i) => spelled(heights[i], 4));
    drawn.setAttribute("aria-label", `${names.outputs[0]} over ${names.inputs[0]} from ${spelled(range[0], 3)} to ` +
      `${spelled(range[1], 3)}: ${start} at the left, ${middle} in the middle, ${end} at the right; ` +
      `and ${examples.length} examples`);
  }

  return { part: panel("What the network says", "outcome", drawn), show };
}

function tablePanel({ examples, names }, frames, network, choose) {
  const listed = examples.slice(0, ROWS);
  const heads = ["example", "inputs", "desired", "answer"].map((text) => element("th", { scope: "col" }, text));
  const cells = listed.map(() => element("td"));
  const rows = listed.map(({ inputs, desired }, k) => {
    const name = element("th", { scope: "row" }, String(k));
    return element("tr", {}, name, element("td", {}, several(inputs)), element("td", {}, several(desired)), cells[k]);
  });
  rows.forEach((row, k) => row.addEventListener("click", () => choose(k)));
  const table = element("table", {},
    element("caption", {}, `${few(names.outputs)} for ${listed.length} of ${examples.length} examples`),
    element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));

  function show(k, chosen) {
    listed.forEach((example, row) => {
      cells[row].textContent = several(network.computed(frames[k], example).outputs, 4);
      rows[row].toggleAttribute("aria-current", row === chosen);
    });
  }

  return { part: panel("What the network says", "outcome", element("div", { class: "scroll" }, table)), show };
}

const FEW = 4;

function several(numbers, digits = 3) {
  return few(numbers.map((x) => spelled(x, digits)));
}

function few(texts) {
  const shown = texts.slice(0, FEW).join(", ");
  return texts.length > FEW ? `${shown}, … (${texts.length})` : shown;
}
