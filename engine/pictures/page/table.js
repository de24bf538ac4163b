// All values as a table, for readers without pictures; written only while it can be seen.

/** @param {Graph} graph */
function tablePanel(graph) {
  const body = element("tbody", {});
  const cells = graph.names.map((_, node) => tableRow(graph, node, body));
  const slope = fraction(differential(graph, graph.root), ["∂"]);
  const heads = ["name", "value", slope].map((name) => element("th", { scope: "col" }, name));
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body);
  const panel = element("section", { class: "values" }, table);
  let latest = () => {};

  /**
   * @param {Model} model
   * @param {Moment} moment
   */
  function show(model, moment) {
    latest = () => cells.forEach(([data, grad], node) => {
      fill(data, moment.known[node] ? model.data[node] : null, "");
      fill(grad, moment.begun(node) ? moment.sums[node] : null, progress(node, moment));
    });
    if (panel.checkVisibility?.() ?? true) latest();
  }

  return { panel, show, open: () => latest() };
}

/**
 * @param {Graph} graph
 * @param {number} node
 * @param {HTMLElement} body
 */
function tableRow(graph, node, body) {
  const cells = [element("td", {}), element("td", {})];
  body.append(element("tr", {}, element("th", { scope: "row" }, symbolOf(graph, node)), ...cells));
  return cells;
}

/**
 * @param {HTMLElement} cell
 * @param {number | null} x
 * @param {string} more
 */
function fill(cell, x, more) {
  cell.textContent = x === null ? "–" : formatted(x, 4) + more;
  cell.title = x === null ? "" : allDigits(x);
}

/**
 * How many parts of a sum have arrived, while some are missing.
 * @param {number} node
 * @param {Moment} moment
 */
function progress(node, { begun, complete, arrived, expected }) {
  return begun(node) && !complete(node) ? ` (${arrived[node]} of ${expected(node)})` : "";
}
