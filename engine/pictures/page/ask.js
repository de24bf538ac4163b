// "Ask me": before each step of the backward pass, the page asks for its number, judges the answer, names the
// mistake behind a wrong one, and plays it on the picture. Answers are kept only here, until the page is closed.

const UNREAD = "That is not a number that can be read: write one such as −0.25, 3/4 or 1e-3.";

/**
 * @param {HTMLElement} root
 * @param {Graph} graph
 * @param {Timeline} timeline
 * @param {Asked} asked
 * @param {AskingParts} parts
 * @returns {Asking}
 */
function askingOf(root, graph, timeline, asked, { picture, model, leaves, isLive, modelAt, become, go, changed }) {
  /** @type {Map<PictureMarks, ReturnType<typeof askedPicture>>} */
  const pictures = new Map();
  const card = askCard(graph, { check, hint, factor, replay, reveal, next, finish: () => finish(true), renew, missed, leave: () => turn(false),
    values: () => { hasValues = !hasValues; again(numbered()); }, step: (question) => { turn(false); go(stepOf(question)); } });
  const all = [...new Set([...timeline.order].reverse().map((edge) => graph.edges[edge].tail))].reverse();
  const [grads, values] = [picture().marks.grads, picture().marks.values].map((marks) => new Set(marks.flatMap(({ places }) => places)));
  const asks = all.filter((node) => grads.has(node) || !grads.size); // what a picture has no place for is not asked
  const forward = graph.parents.flatMap((operands, node) => (operands.length && graph.formulas[node] && (values.has(node) || !values.size) ? [node] : []));
  let hasValues = false; // whether to ask about the forward pass, too
  let isOn = false;

  function numbered() {
    const first = hasValues ? forward.filter((node) => Number.isFinite(model().data[node])).map((node) => ~node) : [];
    return [...first, ...asks.filter((node) => Number.isFinite(model().grads[node]))];
  }

  /** @type {AskState} */
  let state = begun(numbered());

  /** @param {number[]} queue @returns {AskState} */
  function begun(queue) {
    return { leaves: leaves(), queue, at: 0, results: new Map(), phase: "question", text: "", verdict: null, hints: 0, factors: new Set(), only: null, key: null };
  }

  const question = () => state.queue[state.at];
  const node = () => placeOf(question());
  const isValue = () => !isOver() && question() < 0;
  const wanted = () => (question() < 0 ? model().data : model().grads)[node()];
  const hints = () => (isValue() ? valueHints : hintsOf)(graph, model(), node());

  /** New numbers mean new questions: discard those about the old numbers. */
  function renewed() {
    if (state.leaves === leaves()) return;
    state = begun(numbered());
    card.say("", [], false);
    if (isOn && !state.queue.length) turn(false);
  }

  /** The visible picture: a narrow screen may have a different one. */
  function drawn() {
    const { marks } = picture();
    const made = pictures.get(marks) ?? askedPicture(graph, marks);
    pictures.set(marks, made);
    return made;
  }

  const isOver = () => state.phase === "summary";
  /** @param {number} of */
  function stepOf(of) {
    if (of < 0) return timeline.computed[~of];
    return timeline.seed + 1 + timeline.order.findLastIndex((edge) => graph.edges[edge].tail === of);
  }

  /** The filled boxes: all before the current question. */
  function known() {
    const place = isOver() ? all.length : isValue() ? 0 : all.indexOf(node());
    return new Set(all.slice(0, place + (state.phase === "right" ? 1 : 0)));
  }

  /** @returns {AskResult} */
  function result() {
    const found = state.results.get(question()) ?? { tries: 0, helped: false, shown: false, mistakes: [] };
    state.results.set(question(), found);
    return found;
  }

  function key() {
    const { only } = state;
    if (isValue()) state.key ??= valueKey(graph, model(), asked, node());
    state.key ??= only === null ? boxKey(graph, model(), asked, node()) : slopeKey(graph, model(), asked, only);
    return state.key;
  }

  /** @param {string} typed */
  function check(typed) {
    const word = typed.trim().toLowerCase();
    if (word === "?" && hints().length) return hint();
    if (word === "skip") return reveal();
    const text = tidied(typed);
    state.text = typed;
    if (text === null) {
      card.say("odd", [UNREAD], true);
      return card.focus("field");
    }
    const verdict = judged(key(), asked, text);
    state.verdict = verdict;
    if (verdict.kind === "right") return state.only === null ? right() : factorFound();
    if (state.only === null && verdict.kind !== "close") {
      const found = result();
      found.tries += 1;
      if (verdict.kind === "sign") found.mistakes.push("sign_flipped");
      if (verdict.kind === "told") found.mistakes.push(...verdict.causes[0].name.split(" + "));
    }
    state.phase = "wrong";
    const more = (verdict.kind === "several" || verdict.kind === "unknown") && nextFactor() !== null && state.only === null;
    card.say(verdict.kind === "close" ? "near" : "bad", [...saidOf(graph, node(), verdict, asked, shownAs(text)), more ? " One factor first tells more." : isDeep(verdict) ? " The picture shows it from the cost down." : ""], true);
    show();
    card.focus("field");
  }

  /** Return a number in the form that the page uses. @param {string} text */
  function shownAs(text) {
    return text.replace("-", "−");
  }

  function right() {
    result();
    state.phase = "right";
    card.say("good", [element("b", {}, "Right."), " ", rightly(graph, model(), question())], false);
    show();
    card.focus("main");
  }

  function factorFound() {
    const edge = /** @type {number} */ (state.only);
    const { head } = graph.edges[edge];
    state.factors.add(edge);
    state.only = null;
    state.key = null;
    state.text = "";
    state.phase = "question";
    card.say("good", [element("b", {}, "Right, that is the factor."), " Now multiply it by the upstream gradient, what arrives from above: ", equals(derivative(graph, graph.root, head), brief(model().grads[head])), "."], false);
    show();
    card.focus("field");
  }

  function nextFactor() {
    return isValue() ? null : partsOf(graph, node()).find((edge) => !state.factors.has(edge) && graph.edges[edge].head !== graph.root) ?? null;
  }

  function factor() {
    state.only = nextFactor();
    if (state.only === null) return;
    result().helped = true;
    state.key = null;
    state.text = "";
    state.phase = "question";
    const { head, tail } = graph.edges[state.only];
    card.say("help", ["First one factor: how much does ", symbolOf(graph, head), " move when ", symbolOf(graph, tail), " moves?"], false);
    show();
    card.focus("field");
  }

  function hint() {
    const all = hints();
    result().helped = true;
    state.only = null;
    state.key = null;
    state.hints = Math.min(all.length, state.hints + 1);
    state.phase = "hint";
    card.say("help", [element("b", {}, `Hint ${state.hints} of ${all.length}.`), " ", ...all[state.hints - 1]], false);
    show();
    card.focus("field");
  }

  function replay() {
    drawn().clear();
    show();
  }

  /** Show the answer, for learners who want to go on. */
  function reveal() {
    result().shown = true;
    state.only = null;
    state.phase = "right";
    card.say("help", ["It is ", element("b", {}, brief(wanted())), "."], false);
    show();
    card.focus("main");
  }

  function next() {
    if (state.at + 1 >= state.queue.length) return finish(false);
    state = { ...begun(state.queue), at: state.at + 1, results: state.results };
    card.say("", [], false);
    show();
    card.focus("field");
  }

  /** @param {boolean} early */
  function finish(early) {
    state.phase = "summary";
    if (early && !state.results.size) return turn(false);
    card.say("", [], false);
    show();
    card.focus("summary");
  }

  /** @param {number[]} queue */
  function again(queue) {
    state = begun(queue);
    card.say("", [], false);
    show();
    card.focus("field");
  }

  function missed() {
    again(state.queue.filter((one) => state.results.has(one) && !isFirstTry(state.results.get(one))));
  }

  function renew() {
    const found = newNumbers(graph, asked, numbered(), modelAt, leaves());
    if (found) become(found);
    again(numbered());
  }

  /** Show the current question on the page. */
  function show() {
    go(isOver() ? timeline.steps.length - 1 : stepOf(question()));
  }

  /**
   * @param {boolean} on
   * @param {boolean} [focused] whether the question gets the focus
   */
  function turn(on, focused = true) {
    if (on && !numbered().length) return press.setAttribute("title", "There is nothing to ask: no gradient here is a number.");
    isOn = on;
    root.classList.toggle("asking", on);
    press.setAttribute("aria-pressed", String(on));
    root.querySelector(".scrubber")?.toggleAttribute("disabled", on); // answers advance the time
    drawn().clear();
    changed();
    if (!on) {
      go(isOver() || !state.queue.length ? timeline.steps.length - 1 : stepOf(question()));
      return press.focus({ preventScroll: true });
    }
    renewed();
    if (isOver() || !state.queue.length) state = begun(numbered());
    show();
    if (focused) card.focus("field");
  }

  /** Keys that step, or open a drawer that would show the answer, do nothing during a question. @param {Keys} own */
  function keys(own) {
    const kept = ["t", "s", "?"]; // the table shows only what is known
    const guarded = Object.entries(own).map(([key, press]) => [key, () => (isOn && !kept.includes(key) ? undefined : press())]);
    return { ...Object.fromEntries(guarded), a: () => turn(!isOn) };
  }

  /** Add the button to the tools, before the table. @param {HTMLElement[]} tools */
  function among(tools) {
    const place = tools.findIndex((tool) => tool.matches(".all"));
    return [...tools.slice(0, place), press, ...tools.slice(place)];
  }

  /**
   * The moment to show, in which only answered numbers are known.
   * @param {number} step
   */
  function moment(step) {
    renewed();
    if (!isOn) return momentAt(graph, timeline, model(), step);
    const [filled, at] = [known(), isOver() ? step : stepOf(question())];
    if (isValue()) {
      const now = momentAt(graph, timeline, model(), at);
      return { ...now, known: now.known.map((isKnown, place) => isKnown && (place !== node() || state.phase === "right")) };
    }
    return momentAt(graph, timeline, model(), at, timeline.order.filter((edge) => filled.has(graph.edges[edge].tail)));
  }

  /** Once the picture has drawn the moment, add the question, or show how the wrong number arises. */
  function paint() {
    drawn().clear();
    card.show(state, {
      count: state.queue.length, value: wanted(), isLive, hints: isOver() ? 0 : hints().length - state.hints, factor: nextFactor() !== null,
      fewer: [...state.results.values()].filter((one) => !isFirstTry(one)).length, values: forward.length ? (hasValues ? "Gradients only" : "Values, too") : "", asked,
    });
    if (isOver() || state.phase === "right") return;
    const { verdict } = state;
    const number = state.phase === "wrong" && state.only === null && verdict ? shownAs(tidied(state.text) ?? "") : "";
    if (isValue()) return drawn().value(node(), number);
    drawn().question(node(), state.factors, state.only, model());
    if (!number || !verdict) return;
    const cause = verdict.causes.find(({ of }) => of.made.length);
    drawn().replay(model(), node(), verdict.kind === "told" && cause ? cause.of : { made: [], room: [0, 0], share: 0, where: "here" },
      worldOf(graph, model(), EXACTLY, EXACTLY), asked, number, known());
  }

  const press = button("Ask me", () => turn(!isOn), { class: "tool ask-me", "aria-pressed": "false", title: "Ask me (A)" });
  return { among, keys, card: card.panel, turn, moment, paint, telling: () => (isValue() ? valueTelling(graph, state, node()) : askedTelling(graph, state, node(), isOver())),
    get on() { return isOn; }, get isTold() { return state.phase === "right" || isOver(); } };
}

/** Whether the named mistake was made all the way down. @param {Verdict} verdict */
function isDeep({ kind, causes }) {
  return kind === "told" && causes[0].of.where === "everywhere";
}

/** @param {AskResult | undefined} one */
function isFirstTry(one) {
  return Boolean(one && !one.tries && !one.helped && !one.shown);
}

/**
 * The text in place of the equation, while its number is the question.
 * @param {Graph} graph
 * @param {AskState} state
 * @param {number} node
 * @param {boolean} isOver
 * @returns {Story}
 */
function askedTelling(graph, { at, queue, only, hints }, node, isOver) {
  const wanted = element("b", { class: "wanted" }, "?");
  if (only !== null) {
    return { title: "One factor", lines: [equation(local(graph, only), [["=", wanted]])] };
  }
  const edges = partsOf(graph, node);
  const cut = edges.length > SHOWN_TERMS ? [...edges.slice(0, SHOWN_TERMS - 1)] : edges;
  /** @type {[string, Node][]} */
  const rule = cut.map((edge, k) => [k ? "+" : "=", times(local(graph, edge), derivative(graph, graph.root, graph.edges[edge].head))]);
  if (cut.length < edges.length) rule.push(["+", math("…")]);
  return {
    title: isOver ? "" : `Question ${at + 1} of ${queue.length}`,
    lines: [equation(derivative(graph, graph.root, node), [...(hints ? rule : []), ["=", wanted]])],
    why: ["Work it out from the numbers in the picture; three significant digits are enough."],
  };
}
