// The paths from a value to the cost: how many there are, and the largest, which light up one after another.

const LISTED_PATHS = 6;
const DWELL = 2400; // milliseconds that one path is lit

/**
 * @param {Graph} graph
 * @param {[string, number[]][]} groups
 * @param {(edges: number[]) => void} light
 */
function pathsPanel(graph, groups, light) {
  /** @type {Model | null} */
  let model = null;
  /** @type {number | null} */
  let chosen = null;
  /** @type {number[][]} */
  let paths = [];
  let lit = 0;
  let open = false;
  let timer = 0;
  const options = groups.map(([name, nodes]) => optionGroup(graph, name, nodes));
  const select = element("select", { "aria-label": "From which value" }, element("option", { value: "" }, "choose a value"), ...options);
  const list = element("div", { class: "found" });
  const label = element("label", { class: "choice" }, element("span", {}, "From"), select, " to ", symbolOf(graph, graph.root));
  const panel = element("section", { class: "paths" }, label, list);

  select.addEventListener("change", () => choose(select.value === "" ? null : Number(select.value)));

  /**
   * A second click on the same mark removes the highlight.
   * @param {number | null} node
   */
  function choose(node) {
    chosen = node === chosen ? null : node;
    select.value = chosen === null ? "" : String(chosen);
    tell();
    start();
  }

  function tell() {
    if (chosen === null || !model) {
      paths = [];
      list.replaceChildren(element("p", { class: "hint" }, "Choose a value here, or its mark in the picture."));
      return mark(0);
    }
    const ways = onward(graph, chosen);
    paths = chosen === graph.root ? [] : largestPaths(graph, ways, stepFactors(graph, model.slopes), LISTED_PATHS);
    list.replaceChildren(...pathList(graph, model, chosen, countPaths(graph, ways), paths, (k) => { halt(); mark(k); }));
    readable(graph, list);
    mark(Math.min(lit, Math.max(0, paths.length - 1)));
  }

  /** @param {number} k */
  function mark(k) {
    lit = k;
    for (const [at, item] of [...list.querySelectorAll("li")].entries()) item.classList.toggle("on", at === k);
    light(open && paths.length ? paths[k].flatMap((edge) => graph.together[edge]) : []);
  }

  function start() {
    halt();
    mark(0);
    if (!open || paths.length < 2 || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    timer = window.setInterval(() => (panel.isConnected ? mark((lit + 1) % paths.length) : halt()), DWELL);
  }

  function halt() {
    clearInterval(timer);
  }

  /** @param {boolean} isOpen */
  function toggle(isOpen) {
    open = isOpen;
    start();
  }

  /** @param {Model} next */
  function show(next) {
    model = next;
    tell();
  }

  return { panel, show, choose, toggle, get chosen() { return chosen; } };
}

/**
 * @param {Graph} graph
 * @param {string} name
 * @param {number[]} nodes
 */
function optionGroup(graph, name, nodes) {
  const options = nodes.map((node) => element("option", { value: node }, inUnicode(graph.words[node])));
  return element("optgroup", { label: name }, ...options);
}

/**
 * @param {Graph} graph
 * @param {Model} model
 * @param {number} target
 * @param {bigint} count
 * @param {number[][]} paths
 * @param {(k: number) => void} choose
 */
function pathList(graph, model, target, count, paths, choose) {
  if (target === graph.root) return [element("p", {}, "This is ", symbolOf(graph, graph.root), " itself.")];
  const listed = BigInt(paths.length) === count ? "" : `; the ${paths.length} largest`;
  const said = count === 1n ? "One path" : `${count.toLocaleString("en")} paths${listed}`;
  const items = paths.map((edges, k) => pathItem(graph, model, edges, () => choose(k)));
  const factors = stepFactors(graph, model.slopes);
  const products = paths.map((edges) => edges.reduce((total, edge) => total * factors[edge], 1));
  const terms = products.flatMap((product, k) => (k ? [" + ", term(product)] : [brief(product)]));
  const more = BigInt(paths.length) === count ? [] : [" + …"];
  const sum = paths.length > 1 ? [math(...terms, ...more), " = "] : [];
  const total = element("p", { class: "total" }, derivative(graph, graph.root, target), " = ", ...sum, result(model.grads[target]));
  const rule = paths.length > 1 ? "Multiply along a path, add over the paths." : "Multiply along the path.";
  return [element("p", { class: "count" }, said), element("ol", {}, ...items), total, element("p", { class: "hint" }, rule)];
}

/**
 * A path by its nodes; then its product, in formulas and in numbers.
 * @param {Graph} graph
 * @param {Model} model
 * @param {number[]} edges
 * @param {() => void} choose
 */
function pathItem(graph, { data, slopes }, edges, choose) {
  const nodes = [graph.edges[edges[0]].tail, ...edges.map((edge) => graph.edges[edge].head)];
  const route = math(...nodes.flatMap((node, j) => (j ? [" → ", symbolOf(graph, node)] : [symbolOf(graph, node)])));
  const factors = stepFactors(graph, slopes);
  const whole = edges.reduce((total, edge) => total * factors[edge], 1);
  const numbers = edges.map((edge, k) => (k ? factor(factors[edge]) : brief(factors[edge])));
  const lines = [times(...edges.map((edge) => stepForm(graph, edge, data))), times(...numbers)];
  const press = button("", choose, { class: "route" });
  press.append(route);
  const shown = lines.map((line) => element("div", { class: "line" }, "= ", line));
  return element("li", {}, press, ...shown, element("div", { class: "line" }, "= ", math(result(whole))));
}

/**
 * The factor of a step as a formula: a sum where several edges lead to the next node.
 * @param {Graph} graph
 * @param {number} edge
 * @param {Numbers} data
 */
function stepForm(graph, edge, data) {
  const terms = graph.together[edge].map((one) => factorForm(graph, one, data));
  return terms.length > 1 ? math("(", ...terms.flatMap((term, k) => (k ? [" + ", term] : [term])), ")") : terms[0];
}

/**
 * A local derivative as a formula, in brackets where it is a sum; by its name where no formula is known.
 * @param {Graph} graph
 * @param {number} edge
 * @param {Numbers} data
 */
function factorForm(graph, edge, data) {
  const { head, position } = graph.edges[edge];
  const slope = graph.slopes[head][position];
  const [form] = slopeForms(graph, edge, data);
  if (!form) return local(graph, edge);
  return Array.isArray(slope) && slope[3] ? math("(", form, ")") : form;
}
