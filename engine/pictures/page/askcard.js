// The card of a question: a field, a verdict that screen readers announce, and buttons; at the end, a summary.

/** @type {[string, keyof AskActs][]} */
const ACTS = [["Replay", "replay"], ["Hint", "hint"], ["One factor", "factor"], ["Skip", "reveal"], ["Values, too", "values"]];
const MARKS = { first: ["✓", "right at once"], later: ["·", "right later"], shown: ["–", "shown"] };
const NAMED = 4; // mistakes in a summary

/**
 * @param {Graph} graph
 * @param {AskActs} acts
 */
function askCard(graph, acts) {
  const id = `ask${Math.random().toString(36).slice(2)}`;
  const label = element("label", { for: `${id}-field` });
  const score = element("span", { class: "soft" });
  const field = element("input", { type: "text", id: `${id}-field`, inputmode: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": `${id}-said` });
  const main = element("button", { type: "submit", class: "main" }, "Check");
  const form = element("form", {}, field, main);
  const said = element("div", { class: "verdict" });
  const status = element("div", { id: `${id}-said`, role: "status" }, said);
  const buttons = new Map(ACTS.map(([text, act]) => [act, button(text, () => /** @type {() => void} */ (acts[act])())]));
  const finish = button("Finish", acts.finish);
  const question = element("div", { class: "asked" }, element("div", { class: "score" }, label, score), form, status, element("div", { class: "acts" }, ...buttons.values(), finish));
  const summary = element("div", { class: "summary", role: "group", "aria-label": "summary", hidden: "" });
  const panel = element("section", { class: "ask-card", "aria-label": "question" }, question, summary);
  let isRight = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isRight) acts.next();
    else acts.check(field.value);
  });

  /**
   * @param {string} kind
   * @param {(Node | string)[]} parts
   * @param {boolean} invalid
   */
  function say(kind, parts, invalid) {
    said.className = `verdict ${kind}`.trim();
    said.replaceChildren(...parts);
    readable(graph, said);
    field.setAttribute("aria-invalid", String(invalid && kind !== "near"));
  }

  /** @param {"field" | "main" | "summary"} part */
  function focus(part) {
    const target = { field, main, summary: /** @type {HTMLElement} */ (summary.querySelector("h2") ?? summary) }[part];
    target.focus({ preventScroll: true });
    if (part === "field") field.select();
  }

  /**
   * @param {AskState} state
   * @param {{ count: number, value: number, isLive: boolean, hints: number, factor: boolean, fewer: number, values: string, asked: Asked }} more
   */
  function show(state, { count, value, isLive, hints, factor, fewer, values, asked }) {
    const isOver = state.phase === "summary";
    question.hidden = isOver;
    summary.hidden = !isOver;
    if (isOver) return summary.replaceChildren(...summed(graph, state, { isLive, fewer, asked }, acts));
    isRight = state.phase === "right";
    const now = state.queue[state.at];
    panel.dataset.asked = String(now);
    const edge = state.only === null ? null : graph.edges[state.only];
    label.replaceChildren("Your answer: ", edge ? spokenDerivative(graph, edge.head, edge.tail) : spokenQuestion(graph, now));
    const rights = [...state.results].filter(([one, { shown }]) => !shown && (one !== now || isRight)).length;
    score.textContent = `${state.at + 1} of ${count}, ${rights} right so far`;
    field.readOnly = isRight;
    field.value = isRight ? brief(value) : state.text;
    main.textContent = isRight ? (state.at + 1 < count ? "Next question" : "Summary") : "Check";
    const wrong = state.phase === "wrong";
    const seen = { replay: wrong && state.only === null && state.verdict?.kind === "told", hint: !isRight && hints > 0, factor: factor && state.only === null && !isRight && state.phase !== "question", reveal: !isRight,
      values: values !== "" && state.phase === "question" && !state.at && !state.results.size };
    for (const [act, one] of buttons) one.hidden = !seen[/** @type {keyof typeof seen} */ (act)];
    const [hint, reveal] = [buttons.get("hint"), buttons.get("reveal")];
    const more = buttons.get("values");
    if (more) more.textContent = values;
    if (hint) hint.textContent = state.hints ? "Next hint" : "Hint";
    if (reveal) reveal.textContent = state.phase === "question" && !state.hints ? "Skip" : "Answer";
  }

  return { panel, say, show, focus };
}

/**
 * ∂C/∂w on screen, and in words for screen readers.
 * @param {Graph} graph
 * @param {number} of
 * @param {number} by
 */
function spokenDerivative(graph, of, by) {
  const seen = element("span", { class: "math", "aria-hidden": "true" }, ...differential(graph, of), "/", ...differential(graph, by));
  const said = `the partial derivative of ${graph.spoken[of]} with respect to ${graph.spoken[by]}`;
  return element("span", {}, seen, element("span", { class: "unseen" }, said));
}

/**
 * The requested quantity: a value, by its name, or the derivative with respect to it.
 * @param {Graph} graph
 * @param {number} question
 */
function spokenQuestion(graph, question) {
  if (question >= 0) return spokenDerivative(graph, graph.root, question);
  const seen = element("span", { class: "math", "aria-hidden": "true" }, named(graph.names[~question]));
  return element("span", {}, seen, element("span", { class: "unseen" }, `the value of ${graph.spoken[~question]}`));
}

/**
 * @param {Graph} graph
 * @param {AskState} state
 * @param {{ isLive: boolean, fewer: number, asked: Asked }} more
 * @param {AskActs} acts
 * @returns {Node[]}
 */
function summed(graph, { queue, results }, { isLive, fewer, asked }, acts) {
  const done = queue.filter((node) => results.has(node));
  const kinds = done.map((node) => {
    const one = results.get(node);
    return isFirstTry(one) ? "first" : one?.shown ? "shown" : "later";
  });
  const count = (/** @type {string} */ kind) => kinds.filter((one) => one === kind).length;
  const questions = `${done.length} question${done.length === 1 ? "" : "s"}`;
  const heading = element("h2", { tabindex: -1 }, `${questions}, ${count("first")} right at the first try`);
  const told = Object.entries(MARKS).map(([kind, [, text]]) => `${count(kind)} ${text}`).join(", ");
  const bar = element("div", { class: "bar", role: "img", "aria-label": told },
    ...kinds.map((kind) => element("i", { class: kind, "aria-hidden": "true" }, MARKS[/** @type {keyof typeof MARKS} */ (kind)][0])));
  /** @type {Map<string, number[]>} */
  const mistakes = new Map();
  for (const node of done) for (const name of new Set(results.get(node)?.mistakes ?? [])) mistakes.set(name, [...(mistakes.get(name) ?? []), node]);
  const often = [...mistakes].sort((a, b) => b[1].length - a[1].length).slice(0, NAMED);
  const rows = often.map(([name, nodes]) => element("li", {}, element("b", {}, name === "sign_flipped" ? "Only the sign differs" : capital(didOf(name, asked))), ": ",
    ...nodes.flatMap((node, k) => [k ? ", " : "", link(graph, node, acts)])));
  const act = element("div", { class: "acts" },
    ...(isLive ? [button("New numbers", acts.renew, { class: "main" })] : []),
    ...(fewer ? [button(fewer === 1 ? "Only the one missed" : `Only the ${fewer} missed`, acts.missed)] : []),
    button("Back to stepping", acts.leave));
  return [heading, bar, ...(rows.length ? [element("ul", {}, ...rows)] : []), act];
}

/**
 * @param {Graph} graph
 * @param {number} question
 * @param {AskActs} acts
 */
function link(graph, question, acts) {
  const made = button("", () => acts.step(question), { class: "show-step", title: "show this step" });
  made.append("show ", spokenQuestion(graph, question));
  return made;
}
