// Gradient descent: w ← w − η ∂C/∂w, one step or running, and the cost over the steps.

const PAUSE = 60; // milliseconds between the steps of a run
const RUNAWAY = 1e6; // times the cost of the start, or 1: then it grows without bound
const NO_NUMBER = "That step leads to where the cost is not defined, so it was undone. Try a smaller learning rate.";
const NO_BOUND = "The cost grows without bound: the learning rate is too large. Reset brings back the start.";

/**
 * @param {Numbers} x
 * @param {number[]} places
 * @param {number[]} nodes
 * @param {Numbers} grads
 * @param {number} rate
 */
function descended(x, places, nodes, grads, rate) {
  const next = Float64Array.from(x);
  for (const place of places) next[place] -= rate * grads[nodes[place]];
  return next;
}

/**
 * `take(rate)` takes one step and returns the cost it leads to; null, and no step is taken, if that is not a number.
 * `cost()` returns the cost as it is, `reset()` brings back the numbers of the start.
 * @param {Graph} graph
 * @param {number[]} steered
 * @param {number} rate
 * @param {{ cost: () => number, take: (rate: number) => number | null, reset: () => void }} model
 */
function descentPanel(graph, steered, rate, { cost, take, reset }) {
  /** @type {number[]} */
  let costs = [];
  /** @type {number | null} */
  let timer = null;
  const field = numberField("learning rate", (x) => field.show(x));
  const curve = element("div", { class: "curve" });
  const said = element("p", { role: "status", "aria-live": "polite" });
  const once = button("One step", () => { stop(); step(); }, { class: "main" });
  const run = button("Run", toggle);

  function step() {
    const reached = take(field.value);
    if (reached === null) return halt(NO_NUMBER);
    costs.push(reached);
    draw();
    if (Math.abs(reached) > RUNAWAY * Math.max(1, Math.abs(costs[0]))) return halt(NO_BOUND);
    if (timer === null) report();
  }

  function tick() {
    timer = window.setTimeout(() => {
      if (!curve.isConnected) return stop();
      step();
      if (timer !== null) tick();
    }, PAUSE);
  }

  function toggle() {
    if (timer !== null) return stop();
    run.textContent = "Stop";
    tick();
  }

  function stop() {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    run.textContent = "Run";
    report();
  }

  /** @param {string} message */
  function halt(message) {
    stop();
    say(message);
  }

  function restart() {
    stop();
    reset();
    field.show(rate);
    begin();
    say("All numbers are those of the start.", "routine unseen");
  }

  // A leaf that is changed by hand begins a new curve.
  function begin() {
    costs = [cost()];
    say("");
    draw();
  }

  // What the curve shows to the eye is said to screen readers only.
  function report() {
    say(`after ${counted(costs.length - 1)}: cost ${formatted(costs[costs.length - 1])}`, "routine unseen");
  }

  /**
   * @param {string} message
   * @param {string} [manner]
   */
  function say(message, manner = "") {
    said.className = `said ${manner}`.trim();
    said.textContent = message;
  }

  function draw() {
    curve.replaceChildren(costCurve(graph, costs));
  }

  field.show(rate);
  begin();
  const buttons = element("div", { class: "buttons" }, once, run, button("Reset", restart));
  const eta = math(element("i", {}, "η"));
  const label = element("label", { class: "choice" }, element("span", {}, "Learning rate ", eta), field.made);
  const w = () => math(element("i", {}, "w"));
  const rule = element("p", { class: "numl" }, w(), " ← ", w(), " − ", eta.cloneNode(true), " ", fraction(differential(graph, graph.root), ["∂", w()]));
  const parts = [steeredNames(graph, steered), rule, label, buttons, curve, said];
  return { panel: element("section", { class: "descent" }, ...parts), begin };
}

/** @param {number} n */
function counted(n) {
  return `${n} step${n === 1 ? "" : "s"}`;
}

/**
 * @param {Graph} graph
 * @param {number[]} nodes
 */
function steeredNames(graph, nodes) {
  const shown = nodes.slice(0, 6).flatMap((node, k) => (k ? [", ", symbolOf(graph, node)] : [symbolOf(graph, node)]));
  const more = nodes.length > 6 ? ` and ${nodes.length - 6} more` : "";
  return element("p", { class: "hint" }, "Each of ", math(...shown), more, " moves against its gradient.");
}
