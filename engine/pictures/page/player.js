// The step-through: one model of numbers, and the parts of the page that show it.

function mount(root, payload, svg) {
  const graph = graphOf(payload);
  const timeline = timelineOf(graph);
  const start = received(payload.numbers);
  let [x, model, walk] = [start, modelAt(start), null];

  function modelAt(leaves) {
    return modelOf(graph, (evaluate ? evaluate(leaves) : payload.recorded).map(received));
  }

  const formula = element("div", { class: "formula" });
  const trouble = element("p", { class: "trouble", role: "status" });
  const table = tablePanel(graph);
  const paths = pathsPanel(graph, payload.choices, (lit) => picture.light(lit));
  const picture = pictureOf(graph, svg, payload.picture, paths.choose);
  const panels = element("div", { class: "panels" });
  const follow = evaluate ? livePanels() : () => {};

  // What changes numbers, where they can be computed anew; else a line that says why they cannot.
  function livePanels() {
    const leaves = leavesPanel(graph, payload.leaves, start, (place, number) => {
      become(Object.assign(Float64Array.from(x), { [place]: number }));
      descent.begin();
    });
    const steered = payload.steered.map((place) => payload.arguments[place]);
    const descent = descentPanel(graph, steered, payload.rate, {
      cost: () => model.data[graph.root],
      take: (rate) => attempt(descended(x, payload.steered, payload.arguments, model.grads, rate)),
      reset: () => become(start),
    });
    panels.append(leaves.panel, descent.panel);
    return () => leaves.show(x);
  }

  function become(leaves) {
    [x, model] = [leaves, modelAt(leaves)];
    refresh();
  }

  // A step to where the cost is no number is not taken.
  function attempt(leaves) {
    const cost = modelAt(leaves).data[graph.root];
    if (!Number.isFinite(cost)) return null;
    become(leaves);
    return cost;
  }

  function refresh() {
    follow();
    warn(troubles(graph, model));
    paths.show(model);
    walk.go(walk.step);
  }

  // Said again only where it is something else.
  function warn(parts) {
    const line = math(...parts);
    if (line.textContent !== trouble.textContent) trouble.replaceChildren(...line.childNodes);
  }

  function show(step) {
    const moment = momentAt(graph, timeline, model, step);
    const { title, rows } = told(graph, model, moment);
    const lines = rows.map((row) => element("div", { class: "line" }, row));
    formula.replaceChildren(element("div", { class: "phase" }, title), ...lines);
    picture.show(model, moment);
    table.show(model, moment);
  }

  function describe(step) {
    const words = inWords(graph, model, momentAt(graph, timeline, model, step));
    return `step ${step} of ${timeline.steps.length - 1}: ${words}`;
  }

  root.replaceChildren();
  walk = transport(root, { count: timeline.steps.length, show, describe });
  if (!evaluate) panels.append(element("p", { class: "hint" }, payload.why));
  panels.append(paths.panel);
  root.append(formula, trouble, picture.scroll, panels, table.panel);
  root.addEventListener("mouseover", ({ target }) => picture.point(target.closest("[data-node]")?.dataset.node));
  refresh();
}

// The first place where a number is none, with the numbers that lead there.
function troubles(graph, model) {
  const found = firstTrouble(graph, model);
  if (!found) return [];
  const { node, edge } = found;
  if (node === undefined) {
    const forms = slopeForms(graph, edge, model.data);
    return [equals(local(graph, edge), ...forms, spelled(model.slopes[edge])), " here."];
  }
  const forms = graph.parents[node].length ? valueForms(graph, node, model.data) : [];
  return [equals(symbolOf(graph, node), ...forms, spelled(model.data[node])), " here."];
}
