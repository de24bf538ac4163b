// The paths from a node to the cost: how many there are, and the largest with their factors.

const LIT = 6;

function pathsPanel(graph, groups, light) {
  let model = null;
  let chosen = null;
  const options = groups.map(([name, nodes]) => optionGroup(graph, name, nodes));
  const select = element("select", {}, element("option", { value: "" }, "nothing"), ...options);
  const list = element("div", { class: "found" });
  const label = element("label", { class: "choice" }, element("span", {}, "by"), select);
  const panel = element("section", { class: "paths" }, element("h3", {}, "Paths to the cost"), label, list);

  select.addEventListener("change", () => choose(select.value === "" ? null : Number(select.value)));

  // A second click on the same box takes the light off again.
  function choose(node) {
    chosen = node === chosen ? null : node;
    select.value = chosen ?? "";
    tell();
  }

  function tell() {
    if (chosen === null) {
      light([]);
      list.replaceChildren(element("p", { class: "hint" }, "Choose a value here, or its box in the picture."));
      return;
    }
    const ways = onward(graph, chosen);
    const paths = largestPaths(graph, ways, model.slopes, LIT);
    light(paths);
    list.replaceChildren(...tellPaths(graph, model, chosen, countPaths(graph, ways), paths));
  }

  function show(next) {
    model = next;
    tell();
  }

  return { panel, show, choose };
}

function optionGroup(graph, name, nodes) {
  const options = nodes.map((node) => element("option", { value: node }, graph.words[node]));
  return element("optgroup", { label: name }, ...options);
}

function tellPaths(graph, model, target, count, paths) {
  const head = equals(derivative(graph, graph.root, target), spelled(model.grads[target]));
  if (target === graph.root) return [element("p", {}, head, ": the cost itself")];
  const listed = BigInt(paths.length) === count ? "" : `; the ${paths.length} largest`;
  const over = count === 1n ? ", along one path" : `, the sum over ${count.toLocaleString("en")} paths${listed}`;
  const items = paths.map((edges, k) => pathItem(graph, model, edges, k));
  return [element("p", {}, head, over), element("ol", {}, ...items)];
}

// A path by its nodes; then its product as derivatives, as what they are, and in numbers.
function pathItem(graph, { data, slopes }, edges, k) {
  const nodes = [graph.edges[edges[0]].tail, ...edges.map((edge) => graph.edges[edge].head)];
  const route = math(...nodes.flatMap((node, j) => (j ? [" → ", symbolOf(graph, node)] : [symbolOf(graph, node)])));
  const product = edges.reduce((total, edge) => total * slopes[edge], 1);
  const lines = [
    times(...edges.map((edge) => local(graph, edge))),
    times(...edges.map((edge) => factorForm(graph, edge, data))),
    times(...edges.map((edge) => factor(slopes[edge]))),
  ];
  const shown = lines.map((line) => element("div", { class: "line" }, " = ", line));
  const swatch = element("span", { class: `swatch path${k + 1}`, "aria-hidden": "true" });
  return element("li", {}, swatch, route, ...shown, element("div", { class: "line" }, " = ", math(spelled(product))));
}

// What a factor is, in brackets where it is a sum; by its name where no formula is known.
function factorForm(graph, edge, data) {
  const { head, position } = graph.edges[edge];
  const slope = graph.slopes[head][position];
  const [form] = slopeForms(graph, edge, data);
  if (!form) return local(graph, edge);
  return Array.isArray(slope) && slope[3] ? math("(", form, ")") : form;
}
