// The cost over the steps of a descent: its last number, and the line that leads there, with numbers at its axes.

const [WIDE, HIGH, LEFT, BOTTOM] = [320, 130, 46, 24];

/**
 * @param {Graph} graph
 * @param {number[]} costs
 */
function costCurve(graph, costs) {
  const steps = counted(costs.length - 1);
  const cost = equals(symbolOf(graph, graph.root), formatted(costs[costs.length - 1]));
  const caption = element("figcaption", {}, cost, ` after ${steps}`);
  const isDrawn = costs.length > 1 && costs.every(Number.isFinite);
  return element("figure", {}, caption, ...(isDrawn ? [plotted(costs)] : []));
}

/** @param {number[]} costs */
function plotted(costs) {
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  const across = (/** @type {number} */ k) => LEFT + ((WIDE - LEFT - 8) * k) / (costs.length - 1);
  const down = (/** @type {number} */ x) => 8 + ((HIGH - BOTTOM - 12) * (high - x)) / (high - low || 1);
  const points = thinned(costs).map((k) => `${across(k).toFixed(1)},${down(costs[k]).toFixed(1)}`);
  const [x, y] = points[points.length - 1].split(",");
  const name = `cost over ${counted(costs.length - 1)}, from ${formatted(costs[0])} to ${formatted(costs[costs.length - 1])}`;
  const text = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ anchor, /** @type {string} */ said) =>
    shape("text", { x, y, "text-anchor": anchor }, said);
  return shape("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": name },
    shape("path", { class: "axis", d: `M${LEFT},4V${HIGH - BOTTOM}H${WIDE - 4}` }),
    text(LEFT - 5, 13, "end", brief(high)), text(LEFT - 5, HIGH - BOTTOM, "end", brief(low)),
    text(LEFT, HIGH - 7, "middle", "0"), text(WIDE - 4, HIGH - 7, "end", counted(costs.length - 1)),
    shape("polyline", { points: points.join(" ") }), shape("circle", { cx: x, cy: y, r: 4.5 }));
}

/**
 * Which steps the line goes through: no more than there are pixels, and the last.
 * @param {number[]} costs
 */
function thinned(costs) {
  const stride = Math.ceil(costs.length / WIDE);
  const places = [...costs.keys()].filter((k) => k % stride === 0);
  return places.at(-1) === costs.length - 1 ? places : [...places, costs.length - 1];
}
