// Two inputs and one output: the output over the plane of its inputs, the line where it changes sides, the examples.

const GRID = 60; // points a side
const [BELOW, ABOVE] = [[213, 94, 0], [0, 114, 178]]; // vermilion and blue: told apart by the colour-blind
const FIELD = { width: CHART.right - CHART.left, height: CHART.bottom - CHART.top };

function fieldPanel({ examples, names, scale }, frames, network) {
  const [x, y] = [0, 1].map((k) => rangeOf(examples.map(({ inputs }) => inputs[k]), 0.15));
  const [places, levels] = [across(x), upward(y)];
  const steps = (low, high) => Array.from({ length: GRID }, (_, k) => low + (k * (high - low)) / (GRID - 1));
  const points = steps(...y).flatMap((up) => steps(...x).map((along) => [along, up]));
  const corner = (column, row) => [places.place(x[0] + (column * (x[1] - x[0])) / (GRID - 1)),
    levels.place(y[0] + (row * (y[1] - y[0])) / (GRID - 1))];
  const canvas = element("canvas", { role: "img", width: 2 * FIELD.width, height: 2 * FIELD.height });
  Object.assign(canvas.style, inFrame());
  const border = shape("path", { class: "border" });
  const marks = examples.map((example) => mark(example, scale, places, levels));
  const ring = shape("circle", { class: "ring", r: 9 });
  const over = chart({ "aria-hidden": "true" }, axes(places, levels, names.inputs), plotArea(border, ...marks, ring));
  const told = element("p", { class: "told" });
  const stack = element("div", { class: "field" }, canvas, over);

  function show(k, chosen) {
    const heights = network.over(frames[k], points, examples[0]).map((z) => (z - scale.middle) / scale.reach);
    paint(canvas, heights);
    border.setAttribute("d", boundary(heights, corner));
    const [along, up] = examples[chosen].inputs;
    ring.setAttribute("cx", places.place(along));
    ring.setAttribute("cy", levels.place(up));
    told.textContent = verdict(examples, scale, (example) => network.computed(frames[k], example).outputs[0]);
    const share = heights.filter((height) => height > 0).length / heights.length;
    const where = names.inputs.map((name, i) => `${name} from ${[x, y][i].map((end) => spelled(end, 3)).join(" to ")}`);
    canvas.setAttribute("aria-label", `${names.outputs[0]} over ${where.join(" and ")}: above ` +
      `${spelled(scale.middle, 4)} on ${Math.round(100 * share)} % of the area. ${told.textContent}`);
  }

  return { part: panel("What the network says", "outcome", stack, told, key(names, scale)), show };
}

// Where the chart's frame is, as shares of the whole chart: CHART alone says so.
function inFrame() {
  const share = (part, whole) => `${(100 * part) / whole}%`;
  const { left, top, width, height } = CHART;
  return { left: share(left, width), top: share(top, height), width: share(FIELD.width, width), height: share(FIELD.height, height) };
}

// Grid point by grid point a colour that is stronger the farther the output is from the middle; none in it.
function paint(canvas, heights) {
  const image = new ImageData(GRID, GRID);
  heights.forEach((height, k) => {
    const [row, column] = [GRID - 1 - Math.floor(k / GRID), k % GRID];
    const strength = Number.isNaN(height) ? 0 : Math.min(Math.abs(height), 1);
    image.data.set([...(height < 0 ? BELOW : ABOVE), 30 + 130 * strength], 4 * (row * GRID + column));
  });
  const small = element("canvas", { width: GRID, height: GRID });
  small.getContext("2d").putImageData(image, 0, 0);
  const [wide, high] = [canvas.width / (GRID - 1), canvas.height / (GRID - 1)];
  const brush = canvas.getContext("2d");
  brush.clearRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(small, -wide / 2, -high / 2, wide * GRID, high * GRID); // a pixel's middle is its grid point
}

// Where the heights pass through 0: in each cell the line between the sides on which they do.
function boundary(heights, corner) {
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

function crossing(heights, from, to, corner) {
  const [a, b] = [from, to].map(([column, row]) => heights[row * GRID + column]);
  if (a > 0 === b > 0 || !Number.isFinite(a - b)) return [];
  const [start, end] = [corner(...from), corner(...to)];
  return [start.map((x, k) => (x + ((end[k] - x) * a) / (a - b)).toFixed(1)).join()];
}

// An example on the chart: classes differ in shape and colour, other numbers in the strength of the colour.
function mark({ inputs, desired }, { middle, reach, classes }, x, y) {
  const [cx, cy] = [x.place(inputs[0]), y.place(inputs[1])];
  if (!classes) {
    const height = Math.max(-1, Math.min(1, (desired[0] - middle) / reach));
    return shape("circle", { class: `graded ${height < 0 ? "low" : "high"}`, cx, cy, r: 4.5, "fill-opacity": Math.abs(height) });
  }
  return above(desired[0], classes)
    ? shape("rect", { class: "high", x: cx - 4, y: cy - 4, width: 8, height: 8 })
    : shape("circle", { class: "low", cx, cy, r: 4.5 });
}

const above = (desired, [low, high]) => desired > (low + high) / 2;

function verdict(examples, { middle, classes }, answer) {
  if (!classes) return "";
  const right = examples.filter((example) => answer(example) > middle === above(example.desired[0], classes)).length;
  return `${right} of ${examples.length} examples on their side of the line`;
}

// What marks and colours stand for.
function key({ desired }, { middle, classes }) {
  const sample = (...shapes) => shape("svg", { class: "sample", viewBox: "0 0 14 14", "aria-hidden": "true" }, ...shapes);
  const entries = classes && [
    [sample(shape("circle", { class: "low", cx: 7, cy: 7, r: 4.5 })), `${desired[0]} = ${spelled(classes[0])}`],
    [sample(shape("rect", { class: "high", x: 3, y: 3, width: 8, height: 8 })), `${desired[0]} = ${spelled(classes[1])}`],
  ];
  const line = [sample(shape("path", { class: "border", d: "M0,7h14" })), `at ${spelled(middle, 4)}`];
  return element("p", { class: "key" }, ...[...(entries || []), line].map((entry) => element("span", {}, ...entry)));
}
