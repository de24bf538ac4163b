// Gradient descent: w ← w − η ∂C/∂w, one step or running, and the cost over the steps.

const PAUSE = 60; // milliseconds between the steps of a run
const RUNAWAY = 1e6; // times the cost of the start, or 1: then it grows without bound
const NO_NUMBER = "That step leads to where the cost is not defined; it is taken back. Try a smaller learning rate.";
const NO_BOUND = "The cost grows without bound: the learning rate is too large. Reset brings back the start.";

function descended(x, places, nodes, grads, rate) {
  const next = Float64Array.from(x);
  for (const place of places) next[place] -= rate * grads[nodes[place]];
  return next;
}

// `take(rate)` takes one step and gives the cost it leads to; null where that is no number, and then it is not
// taken. `cost()` is the cost as it is, `reset()` brings back the numbers of the start.
function descentPanel(graph, steered, rate, { cost, take, reset }) {
  let costs = [];
  let timer = null;
  const field = numberField("learning rate", (x) => field.show(x));
  const curve = element("div", { class: "curve" });
  const said = element("p", { role: "status", "aria-live": "polite" });
  const once = button("one step of gradient descent", () => { stop(); step(); });
  const run = button("run", toggle);

  function step() {
    const reached = take(field.value);
    if (reached === null) return halt(NO_NUMBER);
    costs.push(reached);
    draw();
    if (Math.abs(reached) > RUNAWAY * Math.max(1, Math.abs(costs[0]))) return halt(NO_BOUND);
    if (timer === null) report();
  }

  function tick() {
    timer = setTimeout(() => {
      if (!curve.isConnected) return stop();
      step();
      if (timer !== null) tick();
    }, PAUSE);
  }

  function toggle() {
    if (timer !== null) return stop();
    run.textContent = "stop";
    tick();
  }

  function stop() {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    run.textContent = "run";
    report();
  }

  function halt(message) {
    stop();
    say(message);
  }

  function restart() {
    stop();
    reset();
    field.show(rate);
    begin();
    say("All numbers are those of the start.", "routine");
  }

  // Whoever changes a leaf by hand begins a new curve.
  function begin() {
    costs = [cost()];
    say("");
    draw();
  }

  // What the curve shows to the eye is told to the ear only.
  function report() {
    say(`after ${counted(costs.length - 1)}: cost ${spelled(costs.at(-1))}`, "routine");
  }

  function say(message, manner = "") {
    said.className = `said ${manner}`;
    said.textContent = message;
  }

  function draw() {
    curve.replaceChildren(costCurve(graph, costs));
  }

  field.show(rate);
  begin();
  const buttons = element("div", { class: "buttons" }, once, run, button("reset", restart));
  const label = element("label", { class: "choice" }, element("span", {}, "learning rate η"), field.made);
  const heading = element("h3", {}, "Gradient descent");
  const parts = [heading, steeredNames(graph, steered), label, buttons, curve, said];
  return { panel: element("section", { class: "descent" }, ...parts), begin };
}

function button(label, press) {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", press);
  return made;
}

function counted(n) {
  return `${n} step${n === 1 ? "" : "s"}`;
}

function steeredNames(graph, nodes) {
  const shown = nodes.slice(0, 6).flatMap((node, k) => (k ? [", ", symbolOf(graph, node)] : [symbolOf(graph, node)]));
  const more = nodes.length > 6 ? ` and ${nodes.length - 6} more` : "";
  return element("p", { class: "hint" }, "of ", math(...shown), more);
}
