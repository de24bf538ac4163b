// The cost over the steps of a descent: its last number, and the line that leads there.

const [WIDE, HIGH, MARGIN] = [320, 90, 6];

function costCurve(graph, costs) {
  const steps = counted(costs.length - 1);
  const cost = equals(symbolOf(graph, graph.root), spelled(costs.at(-1)));
  const caption = element("figcaption", {}, cost, ` after ${steps}`);
  const isDrawn = costs.length > 1 && costs.every(Number.isFinite);
  return element("figure", {}, caption, ...(isDrawn ? [plotted(costs)] : []));
}

function plotted(costs) {
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  const across = (k) => MARGIN + ((WIDE - 2 * MARGIN) * k) / (costs.length - 1);
  const down = (x) => MARGIN + ((HIGH - 2 * MARGIN) * (high - x)) / (high - low || 1);
  const points = thinned(costs).map((k) => `${across(k).toFixed(1)},${down(costs[k]).toFixed(1)}`);
  const [x, y] = points.at(-1).split(",");
  const name = `cost over ${counted(costs.length - 1)}, from ${spelled(costs[0])} to ${spelled(costs.at(-1))}`;
  const made = drawn("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": name });
  made.append(drawn("polyline", { points: points.join(" ") }), drawn("circle", { cx: x, cy: y, r: 4 }));
  return made;
}

// Which steps the line goes through: no more than there are pixels, and the last.
function thinned(costs) {
  const stride = Math.ceil(costs.length / WIDE);
  const places = [...costs.keys()].filter((k) => k % stride === 0);
  return places.at(-1) === costs.length - 1 ? places : [...places, costs.length - 1];
}

function drawn(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
