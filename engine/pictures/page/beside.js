// What stands beside an equation: for a layer its weights and their gradient as matrices, else the whole
// product back from the cost.

const ENTRIES = 24; // of a matrix that is shown
const FACTORS = 10;

/**
 * @param {Graph} graph
 * @param {Model} model
 * @param {Moment} moment
 * @returns {Node[]}
 */
function besideOf(graph, model, moment) {
  const about = moment.edge === undefined ? moment.node : graph.edges[moment.edge].tail;
  if (about === undefined) return [];
  const layer = graph.layers.find(({ weights, biases, z, a }) =>
    [...weights.flat(), ...biases, ...z, ...a].includes(about));
  if (layer && layer.weights.length * layer.weights[0].length > 1) {
    const few = layer.weights.length * layer.weights[0].length <= ENTRIES;
    return few ? [matrices(graph, model, moment, layer, about)] : [];
  }
  return moment.edge === undefined ? [] : product(graph, model, moment.edge);
}

/**
 * The whole way back from the cost, where there is one.
 * @param {Graph} graph
 * @param {Model} model
 * @param {number} edge
 */
function product(graph, { slopes, grads }, edge) {
  const path = [edge];
  for (let { head } = graph.edges[edge]; head !== graph.root; head = graph.edges[path[path.length - 1]].head) {
    if (graph.leaving[head].length !== 1) return [];
    path.push(graph.leaving[head][0]);
  }
  if (path.length < 2 || path.length > FACTORS || graph.leaving[graph.edges[edge].tail].length !== 1) return [];
  const factors = path.flatMap((one, k) => [
    ...(k ? [element("span", {}, "·")] : []),
    element("span", { class: "factor" }, element("b", {}, k ? factor(slopes[one]) : brief(slopes[one])), local(graph, one)),
  ]);
  const total = element("span", {}, "= ", result(grads[graph.edges[edge].tail]));
  return [element("div", { class: "whole" }, element("div", { class: "phase" }, "All the way back from ", symbolOf(graph, graph.root)),
    element("div", { class: "factors math" }, ...factors, total))];
}

/**
 * W and ∂C/∂W = δ aᵀ; the entry that a step is about is marked, and pointing at one highlights it in the picture.
 * @param {Graph} graph
 * @param {Model} model
 * @param {Moment} moment
 * @param {Layer} layer
 * @param {number} about
 */
function matrices(graph, { data }, moment, { number, weights }, about) {
  /** @type {(made: (node: number) => [string, string]) => HTMLElement} */
  const table = (made) => element("table", { class: "matrix" }, element("tbody", {}, ...weights.map((row) =>
    element("tr", {}, ...row.map((node) => {
      const [text, sign] = made(node);
      const marks = `${node === about ? "on" : ""} ${sign}`.trim();
      return element("td", { "data-of": node, tabindex: -1, ...(marks ? { class: marks } : {}) }, text);
    })))));
  const W = () => math(element("b", {}, element("i", {}, "W")), element("sup", {}, `(${number})`));
  const gradient = math(...differential(graph, graph.root), "/∂", W());
  const values = table((node) => [brief(data[node]), ""]);
  const grads = table((node) => moment.begun(node)
    ? [brief(moment.sums[node]), moment.sums[node] < 0 ? "below" : moment.sums[node] > 0 ? "above" : ""] : ["", ""]);
  const titled = (/** @type {Node} */ head, /** @type {Node} */ body) => element("div", {}, element("div", { class: "phase" }, head), body);
  return element("div", { class: "matrices", role: "group", "aria-label": "the same as matrices" },
    titled(W(), values), ...(moment.seeded ? [titled(gradient, grads)] : []));
}
