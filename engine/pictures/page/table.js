// All values as a table, for whoever reads no pictures; written when it is open only.

function tablePanel(graph) {
  const body = element("tbody", {});
  const cells = graph.names.map((_, node) => tableRow(graph, node, body));
  const head = element("tr", {}, ...["name", "data", "grad"].map((name) => element("th", { scope: "col" }, name)));
  const table = element("table", {}, element("thead", {}, head), body);
  const panel = element("details", { class: "values" }, element("summary", {}, "All values as a table"), table);
  let latest = () => {};

  function show(model, moment) {
    latest = () => cells.forEach(([data, grad], node) => {
      fill(data, rowText(["", [node], 0], model, moment), moment.known[node] ? model.data[node] : null);
      fill(grad, rowText(["", [node], 1], model, moment), moment.begun(node) ? moment.sums[node] : null);
    });
    if (panel.open) latest();
  }

  panel.addEventListener("toggle", () => latest());
  return { panel, show };
}

function tableRow(graph, node, body) {
  const cells = [element("td", {}), element("td", {})];
  body.append(element("tr", {}, element("th", { scope: "row" }, symbolOf(graph, node)), ...cells));
  return cells;
}

function fill(cell, shown, exact) {
  cell.textContent = shown.trim();
  cell.title = exact === null ? "" : exactly(exact);
}
