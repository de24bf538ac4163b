// Charts: shapes in a frame with two axes, and the numbers on them.

const FAR = 1e4; // outside any chart
const DIGIT = 3.6; // half the width of a digit
const CHART = { width: 400, height: 300, left: 80, right: 386, top: 10, bottom: 256 };

/**
 * From numbers to places in the chart. On a logarithmic scale equal ratios have equal lengths.
 * @param {number[]} range
 * @param {number[]} places
 * @param {boolean} [logarithmic]
 * @returns {Scale}
 */
function scaleOf([low, high], [from, to], logarithmic = false) {
  const measure = logarithmic ? Math.log10 : (/** @type {number} */ x) => x;
  const [start, end] = [measure(low), measure(high)];
  const place = (/** @type {number} */ x) => from + ((measure(x) - start) / (end - start)) * (to - from);
  return { place, ticks: logarithmic ? powers(low, high) : ticks(low, high) };
}

const across = (/** @type {number[]} */ range) => scaleOf(range, [CHART.left, CHART.right]);
const upward = (/** @type {number[]} */ range, /** @type {boolean} */ logarithmic = false) =>
  scaleOf(range, [CHART.bottom, CHART.top], logarithmic);

/**
 * Round numbers in a range, about five of them.
 * @param {number} low
 * @param {number} high
 */
function ticks(low, high) {
  const rough = (high - low) / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= rough * 0.999) ?? 10);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
  return found;
}

/**
 * Powers of ten; where there are few, twice and five times them as well; where there are many, some of them.
 * @param {number} low
 * @param {number} high
 */
function powers(low, high) {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const every = Math.ceil((to - from) / 6);
  const factors = to - from > 2 ? [1] : [1, 2, 5];
  const found = [];
  for (let power = from; power <= to; power += every) found.push(...factors.map((factor) => factor * 10 ** power));
  return found.filter((x) => x >= low * 0.999 && x <= high * 1.001);
}

/**
 * The range of some numbers with a margin around them, a share of their span; wide enough to be drawn at all.
 * @param {number[]} numbers
 * @param {number} margin
 */
function rangeOf(numbers, margin) {
  const finite = numbers.filter(Number.isFinite);
  const [low, high] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  const span = high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high)) ? high - low : Math.abs(low) || 1;
  return [low - margin * span, high + margin * span];
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {Record<string, unknown>} attributes
 */
function label(x, y, text, attributes) {
  return shape("text", { x, y, ...attributes }, text);
}

/**
 * A chart's frame, the numbers along it, and the names of its axes.
 * @param {Scale} x
 * @param {Scale} y
 * @param {string[]} names
 */
function axes(x, y, [nameAcross, nameUp]) {
  const { left, right, top, bottom, width, height } = CHART;
  const drawn = shape("g", { class: "axes" });
  drawn.append(shape("rect", { x: left, y: top, width: right - left, height: bottom - top }));
  for (const tick of x.ticks) {
    const place = x.place(tick);
    drawn.append(shape("path", { d: `M${place},${bottom}v5` }));
    const text = formatted(tick, 4);
    const most = width - DIGIT * text.length; // farther right, its middle would be too near to the edge
    drawn.append(label(Math.min(place, most), bottom + 20, text, { "text-anchor": "middle" }));
  }
  for (const tick of y.ticks) {
    const place = y.place(tick);
    drawn.append(shape("path", { d: `M${left},${place}h-5` }));
    drawn.append(label(left - 8, place + 4, formatted(tick, 4), { "text-anchor": "end" }));
  }
  const middle = (top + bottom) / 2;
  drawn.append(label((left + right) / 2, height - 4, inUnicode(nameAcross), { class: "name", "text-anchor": "middle" }));
  drawn.append(
    label(16, middle, inUnicode(nameUp), { class: "name", "text-anchor": "middle", transform: `rotate(-90 16 ${middle})` }),
  );
  return drawn;
}

/**
 * @param {Record<string, unknown>} attributes
 * @param {...Node} children
 */
function chart(attributes, ...children) {
  return shape("svg", { class: "chart", viewBox: `0 0 ${CHART.width} ${CHART.height}`, ...attributes }, ...children);
}

/**
 * What is drawn in a separate part is cut off at the chart's frame.
 * @param {...Node} children
 */
function plotArea(...children) {
  const { left, right, top, bottom } = CHART;
  const [width, height] = [right - left, bottom - top];
  const attributes = { x: left, y: top, width, height, viewBox: `${left} ${top} ${width} ${height}`, overflow: "hidden" };
  return shape("svg", attributes, ...children);
}

/**
 * A line through places; where one is not a number, the line has a gap.
 * @param {number[][]} places
 */
function lineThrough(places) {
  let pen = "M";
  const parts = places.map(([x, y]) => {
    const part = Number.isFinite(y) ? `${pen}${x.toFixed(1)},${Math.max(-FAR, Math.min(y, FAR)).toFixed(1)}` : "";
    pen = part ? "L" : "M";
    return part;
  });
  return parts.join("");
}
