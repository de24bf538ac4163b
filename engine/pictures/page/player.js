// The step-through: one model of numbers, and the parts of the page that show it.

const STEP = 1600; // milliseconds of a step at 1×; a formula wants more, and gets it from ¼×

/**
 * @param {HTMLElement} root
 * @param {Payload} payload
 * @param {SVGSVGElement} svg
 */
function mount(root, payload, svg) {
  const graph = graphOf(payload);
  const timeline = timelineOf(graph);
  /** @type {Numbers} */
  const start = received(payload.numbers);
  const page = isPage(root);
  let x = start;
  let model = modelAt(start);

  /** @param {Numbers} leaves */
  function modelAt(leaves) {
    return modelOf(graph, (evaluate ? evaluate(leaves) : payload.recorded).map(received));
  }

  const telling = element("div", { class: "telling" });
  const side = element("div", { class: "side" });
  const story = element("section", { class: "story formula", "aria-label": "this step" }, telling, side);
  const trouble = element("p", { class: "trouble", role: "status" });
  const table = tablePanel(graph);
  const paths = pathsPanel(graph, payload.choices, (lit) => pictures.forEach((one) => one.light(lit)));
  const scroll = pictureFrame();
  const pictures = [svg, ...(payload.narrow ? [alike(drawn(payload.narrow), svg)] : [])].map((one) => pictureOf(graph, one, scroll, choose));
  let picture = pictures[0];
  const follow = evaluate ? livePanels() : null;

  // The panels that change numbers, where these can be recomputed.
  function livePanels() {
    const back = () => { become(start); descent.begin(); };
    const leaves = leavesPanel(graph, graph.given, payload.leaves, start, (place, number) => {
      become(Object.assign(Float64Array.from(x), { [place]: number }));
      descent.begin();
    }, back);
    const steered = payload.steered.map((place) => payload.arguments[place]);
    const descent = descentPanel(graph, steered, payload.rate, {
      cost: () => model.data[graph.root],
      take: (rate) => attempt(descended(x, payload.steered, payload.arguments, model.grads, rate)),
      reset: () => become(start),
    });
    return { leaves, descent };
  }

  /** @param {Numbers} leaves */
  function become(leaves) {
    [x, model] = [leaves, modelAt(leaves)];
    refresh();
  }

  /**
   * A step is not taken if the cost would not be finite there.
   * @param {Numbers} leaves
   */
  function attempt(leaves) {
    const cost = modelAt(leaves).data[graph.root];
    if (!Number.isFinite(cost)) return null;
    become(leaves);
    return cost;
  }

  function refresh() {
    follow?.leaves.show(x);
    warn(troubles(graph, model));
    paths.show(model);
    walk.go(walk.step);
  }

  /**
   * Announced again only if it has changed.
   * @param {(Node | string)[]} parts
   */
  function warn(parts) {
    const line = math(...parts);
    if (line.textContent === trouble.textContent) return;
    trouble.replaceChildren(...line.childNodes);
    readable(graph, trouble);
  }

  /** @param {number} node */
  function choose(node) {
    if (asking?.on) return; // its paths would show the answer
    paths.choose(node);
    if (drawer.current !== "paths" && paths.chosen !== null) drawer.open("paths", document.activeElement);
  }

  /** @param {number} step */
  function show(step) {
    const moment = asking?.on ? asking.moment(step) : momentAt(graph, timeline, model, step);
    const { title, lines, why } = asking?.on && !asking.isTold ? asking.telling() : storyOf(graph, model, moment, root.clientWidth <= PHONE ? FEWEST : undefined);
    const rows = lines.map((line) => element("div", { class: "line" }, line));
    const reason = why ? [element("p", { class: "why" }, ...why)] : [];
    telling.replaceChildren(element("div", { class: "phase" }, title), ...rows, ...reason);
    side.replaceChildren(...besideOf(graph, model, moment));
    readable(graph, story);
    makeRoom();
    story.scrollTop = 0;
    picture.show(model, moment, x === start);
    if (asking?.on) {
      asking.paint();
      picture.follow(true);
    }
    table.show(model, moment);
    remember();
  }

  // What stands beside the equation only repeats it: where the equation needs the room, it becomes narrower, then hides.
  function makeRoom() {
    const isOver = () => !root.classList.contains("beside") &&
      (telling.scrollWidth > telling.clientWidth + 1 || side.offsetHeight > story.clientHeight || story.scrollHeight > story.clientHeight + 1);
    side.hidden = false;
    side.classList.remove("tight");
    if (isOver()) side.classList.add("tight");
    side.hidden = isOver();
  }

  /** @param {number} step */
  function describe(step) {
    if (asking?.on) return ""; // the verdict is what is read out then
    const words = inWords(graph, model, momentAt(graph, timeline, model, step));
    return `step ${step} of ${timeline.steps.length - 1}: ${words}`;
  }

  /** @returns {[string, string][]} */
  function state() {
    /** @type {[string, string][]} */
    const moved = payload.arguments.flatMap((node, place) =>
      (Object.is(x[place], start[place]) ? [] : [[graph.words[node], String(x[place])]]));
    const zoom = view && view.zoom !== 1 ? [/** @type {[string, string]} */ (["zoom", view.zoom.toFixed(3)])] : [];
    const ask = asking?.on ? [/** @type {[string, string]} */ (["ask", "1"])] : [];
    return [["step", String(walk.step)], ...ask, ...moved, ...zoom];
  }

  // Restore the step, numbers and zoom of a link; what it leaves out is as at the start.
  function restore() {
    const said = fromHash(location.hash);
    const leaves = Float64Array.from(start);
    payload.arguments.forEach((node, place) => {
      const number = parsed(said.get(graph.words[node]) ?? "");
      if (evaluate && number !== null) leaves[place] = number;
    });
    become(leaves);
    follow?.descent.begin();
    view?.zoomTo(parsed(said.get("zoom") ?? "") || 1);
    walk.to(parsed(said.get("step") ?? "") ?? 0);
    if (asking && said.has("ask") !== asking.on) asking.turn(!asking.on, false);
  }

  // The address of a page is a link to what it shows; while it plays, only the last step is written.
  let written = 0;
  function remember() {
    if (!page) return;
    clearTimeout(written);
    written = window.setTimeout(() => {
      if (!root.isConnected) return;
      mine = `#${asHash(state())}`;
      history.replaceState(null, "", mine);
    }, 250);
  }
  let mine = location.hash;

  /** @type {Walk} */
  const walk = transport(root, {
    count: timeline.steps.length, show: (step) => (ready ? show(step) : undefined), describe, second: STEP,
    phases: [["forward: values", timeline.seed - 1], ["backward: gradients", Infinity]],
  });
  let ready = false;

  const asking = payload.ask && askingOf(root, graph, timeline, payload.ask, {
    picture: () => picture, model: () => model, leaves: () => x, isLive: Boolean(evaluate), modelAt, become, go: (step) => walk.to(step),
    changed: () => { drawer.close(); view?.arrange(); },
  });
  if (asking) story.append(asking.card);

  const share = sharePanel(() => picture.svg, { state, step: () => walk.step, page });
  /** @type {Tool[]} */
  const tools = [
    ...(follow ? [
      { name: "change", title: "Change values", short: "Values", key: "V", panel: follow.leaves.panel },
    ] : [{ name: "change", title: "Change values", short: "Values", key: "V", panel: element("section", {}, element("p", { class: "hint" }, payload.why ?? "")) }]),
    { name: "paths", title: "Paths", short: "Paths", key: "P", panel: paths.panel, toggle: paths.toggle },
    ...(follow ? [{ name: "downhill", title: "Gradient descent", short: "Descent", key: "G", panel: follow.descent.panel }] : []),
    { name: "all", title: "Table", short: "Table", key: "T", panel: table.panel, toggle: table.open },
    { name: "link", title: page ? "Share" : "Save", short: page ? "Share" : "Save", key: "S", panel: share.panel, toggle: share.open },
    { name: "help", title: "Keys", short: "?", key: "?", panel: keysPanel(Boolean(asking)) },
  ];
  for (const { panel } of tools) readable(graph, panel);
  const drawer = drawerOf(root, tools, () => view?.arrange());

  const [wide, narrow, fitted] = [["+", "zoom in", () => view?.larger()], ["−", "zoom out", () => view?.smaller()], ["Fit", "fit", () => view?.fit()]]
    .map(([text, name, press]) => button(/** @type {string} */ (text), /** @type {() => void} */ (press), { "aria-label": name, title: name }));
  const zoom = element("div", { class: "zoom", role: "group", "aria-label": "zoom" }, narrow, fitted, wide);
  const full = iconButton("full", "full screen", () => view?.fullScreen());
  const heading = page ? element("h1", {}, named(payload.title)) : element("p", { class: "title" }, named(payload.title));
  const nav = element("nav", { class: "tools", "aria-label": "views" }, ...(asking ? asking.among(drawer.buttons) : drawer.buttons), zoom, full);
  const head = element("header", {}, heading, nav);
  const body = element("div", { class: "graph" }, trouble, scroll);
  const foot = element("footer", {}, walk.bar, walk.status);
  const stage = element("article", { class: "stage", "aria-label": payload.plain }, head, body, story, drawer.aside, foot);

  root.replaceChildren(stage);
  if (payload.theme) root.dataset.theme = payload.theme;
  root.classList.toggle("page", page);
  if (page) document.querySelector("body > h1")?.remove();
  /** @param {number} k */
  const seen = (k) => {
    picture = pictures[k];
    if (ready) show(walk.step);
  };
  const view = arrangement(root, scroll, pictures.map((one) => one.svg), { story, seen, follow: (gently) => picture.follow(gently), changed: remember });
  listenForKeys(root, {
    ...walk.keys, ...drawer.keys, ...asking?.keys({ ...walk.keys, ...drawer.keys }), "+": view.larger, "=": view.larger, "-": view.smaller, "−": view.smaller, 0: view.fit,
    f: view.fullScreen, Escape: () => { drawer.close(); if (root.classList.contains("lecture")) view.fullScreen(); },
  });
  lightTogether(root, (node) => picture.point(node));
  new ResizeObserver(makeRoom).observe(story);
  ready = true;
  view.arrange();
  if (page && location.hash) restore();
  else refresh();
  if (asking && !asking.on && !location.hash) asking.turn(true, page);
  if (page) {
    window.addEventListener("hashchange", () => {
      if (location.hash !== mine) restore();
    });
  }
}

/**
 * Two pictures of a page have one style sheet, which the first one brings.
 * @param {SVGSVGElement} svg
 * @param {SVGSVGElement} first
 */
function alike(svg, first) {
  const style = first.querySelector("style");
  if (style) svg.prepend(style.cloneNode(true));
  return svg;
}

/**
 * A name, an entry of a matrix, a mark in the picture: pointing at one highlights all.
 * @param {HTMLElement} root
 * @param {(node: number | null) => void} point
 */
function lightTogether(root, point) {
  /** @param {Event} event */
  const light = ({ target }) => {
    const at = target instanceof Element ? target.closest("[data-of], [data-places]") : null;
    const mark = /** @type {HTMLElement | SVGElement | null} */ (at);
    const node = mark?.dataset.of ?? mark?.dataset.places?.split(" ")[0];
    point(node === undefined ? null : Number(node));
    for (const other of root.querySelectorAll("td[data-of]")) other.classList.toggle("pointed", /** @type {HTMLElement} */ (other).dataset.of === node);
  };
  root.addEventListener("mouseover", light);
  root.addEventListener("focusin", light);
  root.addEventListener("mouseleave", () => light(new Event("none")));
}

/**
 * The first place where a number is NaN or infinite, with the numbers that lead there.
 * @param {Graph} graph
 * @param {Model} model
 * @returns {(Node | string)[]}
 */
function troubles(graph, model) {
  const found = firstTrouble(graph, model);
  if (!found) return [];
  if (found.edge !== undefined) {
    const forms = slopeForms(graph, found.edge, model.data);
    return [equals(local(graph, found.edge), ...forms, formatted(model.slopes[found.edge])), " here."];
  }
  const node = found.node ?? 0;
  const forms = graph.parents[node].length ? valueForms(graph, node, model.data) : [];
  return [equals(symbolOf(graph, node), ...forms, formatted(model.data[node])), " here."];
}
