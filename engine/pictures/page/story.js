// A step in mathematics, and in words for a screen reader.

const LISTED = 36; // leaves that are given one by one
const LONG = 28; // characters of a local derivative that a sentence can hold
const SHOWN_TERMS = 4; // of a sum that grows
const FEWEST = 2; // of it on a phone

/**
 * @param {Graph} graph
 * @param {Model} model
 * @param {Moment} moment
 * @param {number} [most] terms of a sum that are shown
 * @returns {Story}
 */
function storyOf(graph, model, moment, most = SHOWN_TERMS) {
  switch (moment.phase) {
    case "given":
      return { title: "Before the first step: what is given", lines: [givenTable(graph, model)] };
    case "forward":
      return forwardStory(graph, model, moment);
    case "seed":
      return {
        title: "The backward pass begins at the end",
        lines: [equation(derivative(graph, graph.root, graph.root), [["=", math("1")]])],
        why: ["A nudge of ", symbolOf(graph, graph.root), " moves it by just as much."],
      };
    default:
      return backwardStory(graph, model, moment, most);
  }
}

/**
 * The leaves that have a name, in the order of the sliders.
 * @param {Graph} graph
 * @param {Model} model
 */
function givenTable(graph, { data }) {
  let left = LISTED;
  const rows = graph.given.flatMap(([title, nodes]) => {
    const shown = nodes.slice(0, Math.max(0, left));
    const more = nodes.length - shown.length;
    left -= nodes.length;
    const cells = shown.map((node) => element("span", { class: "given" }, equals(symbolOf(graph, node), brief(data[node]))));
    if (more) cells.push(element("span", { class: "given soft" }, `and ${more} more`));
    return [element("tr", {}, element("th", { scope: "row" }, title), element("td", {}, ...cells.flatMap((cell) => [cell, " "])))];
  });
  return element("table", { class: "givens" }, element("tbody", {}, ...rows));
}

/**
 * @param {Graph} graph
 * @param {Model} model
 * @param {Moment} moment
 * @returns {Story}
 */
function forwardStory(graph, { data }, { step, timeline, node = 0 }) {
  const [symbols, ...numbers] = valueForms(graph, node, data).map(breaksBetweenTerms);
  return {
    title: `Forward, step ${step} of ${timeline.forward}`,
    lines: [
      equation(symbolOf(graph, node), [["=", symbols]]),
      numerals([...numbers.map((form) => math(form)), element("b", { title: allDigits(data[node]) }, brief(data[node]))]),
    ],
  };
}

/**
 * A long formula breaks before the sign of a term; a term stays together.
 * @param {Node} form
 */
function breaksBetweenTerms(form) {
  const terms = [element("span", { class: "term" })];
  for (const part of [...form.childNodes]) {
    const text = part.nodeType === Node.TEXT_NODE ? part.nodeValue ?? "" : "";
    const [first, ...others] = text.split(/ (?=[+−] )/);
    terms[terms.length - 1].append(text ? first : part);
    for (const other of others) terms.push(element("span", { class: "term" }, other));
  }
  return element("span", { class: "form math" }, ...terms.flatMap((term, k) => (k ? [" ", term] : [term])));
}

/**
 * ∂C/∂w = ∂z/∂w · ∂C/∂z; where several parts come together, the sum as far as it has grown.
 * @param {Graph} graph
 * @param {Model} model
 * @param {Moment} moment
 * @param {number} most
 * @returns {Story}
 */
function backwardStory(graph, model, { step, timeline, edge = 0, terms, sums, arrived }, most) {
  const { tail, head } = graph.edges[edge];
  const { slopes, grads, data } = model;
  const expected = graph.leaving[tail].length;
  const isOpen = arrived[tail] < expected;
  const cut = terms.length > most ? [terms[0], ...terms.slice(1 - most)] : terms;
  /** @type {(write: (edge: number) => Node) => [string, Node][]} */
  const summed = (write) => {
    const parts = cut.flatMap((one, k) => {
      const made = element("span", one === edge && expected > 1 ? { class: "newest" } : {}, write(one));
      /** @type {[string, Node][]} */
      const gap = k === 1 && cut.length < terms.length ? [["+", math("…")]] : [];
      return [...gap, /** @type {[string, Node]} */ ([k ? "+" : "=", made])];
    });
    return isOpen ? [...parts, ["+", math("…")]] : parts;
  };
  const product = (/** @type {number} */ one) =>
    times(local(graph, one), derivative(graph, graph.root, graph.edges[one].head));
  const numbers = summed((one) => times(plainOrFactor(one), factor(grads[graph.edges[one].head])));
  /** @param {number} one */
  function plainOrFactor(one) {
    return one === terms[0] ? brief(slopes[one]) : factor(slopes[one]);
  }
  const [form, ...further] = slopeForms(graph, edge, data);
  const symbolic = form && expected === 1 && form.textContent !== brief(slopes[edge])
    ? [/** @type {[string, Node]} */ (["=", times(factorForm(graph, edge, data), factor(grads[head]))])] : [];
  const count = expected > 1 ? [element("span", { class: "count" }, isOpen ? `the sum so far, ${arrived[tail]} of ${expected} parts` : `all ${expected} parts`)] : [];
  return {
    title: `Backward, step ${step - timeline.seed} of ${timeline.order.length}`,
    lines: [
      equation(derivative(graph, graph.root, tail), [...summed(product), ...symbolic]),
      element("span", { class: "numl" }, ...joined(numbers), " ", element("span", { class: "unit" }, "= ", result(sums[tail])), " ", ...count),
    ],
    why: nudge(graph, model, edge, [form, ...further].filter(Boolean)),
  };
}

/**
 * The local derivative in words: how far a nudge moves the next value. Where a value acts along several arrows, each
 * sentence is about one of them.
 * @param {Graph} graph
 * @param {Model} model
 * @param {number} edge
 * @param {Node[]} forms
 */
function nudge(graph, { slopes }, edge, forms) {
  const { tail, head, position } = graph.edges[edge];
  const again = graph.parents[head].filter((parent) => parent === tail).length > 1;
  const short = forms.filter((form) => (form.textContent ?? "").length <= LONG);
  const sides = short.slice(0, 2).map((form) => form.cloneNode(true));
  if (sides.at(-1)?.textContent !== brief(slopes[edge])) sides.push(document.createTextNode(brief(slopes[edge])));
  const much = sides.length === 1 && slopes[edge] === 1 ? ["just"] : [equals(.../** @type {Node[]} */ (sides)), " times"];
  if (graph.leaving[tail].length === 1) {
    return ["A nudge of ", symbolOf(graph, tail), " moves ", symbolOf(graph, head), " by ", ...much, " as much."];
  }
  const arrow = again ? `Along this arrow, to operand ${position + 1}, ` : "Along this arrow, ";
  return [arrow, symbolOf(graph, head), " moves ", ...much, " as much as ", symbolOf(graph, tail), "."];
}

/**
 * An equation that breaks between its terms only: a sign stays with what follows it.
 * @param {Node} left
 * @param {[string, Node][]} terms
 */
function equation(left, terms) {
  const [[sign, first], ...others] = terms;
  const head = element("span", { class: "unit" }, left, ` ${sign} `, first);
  const rest = others.flatMap(([sign, term]) => [" ", element("span", { class: "unit" }, ` ${sign} `, term)]);
  return element("span", { class: "eq" }, head, ...rest);
}

/** @param {[string, Node][]} terms */
function joined(terms) {
  return terms.flatMap(([sign, term], k) => [k ? " " : "", element("span", { class: "unit" }, k ? `${sign} ` : "= ", term)]);
}

/** @param {Node[]} sides */
function numerals(sides) {
  return element("span", { class: "numl" }, ...sides.flatMap((side, k) => [" = ", k < sides.length - 1 ? apart(side) : side]));
}

/**
 * One sentence for a screen reader.
 * @param {Graph} graph
 * @param {Model} model
 * @param {Moment} moment
 */
function inWords(graph, model, moment) {
  const { data, slopes, grads } = model;
  const { phase, node = 0, edge = 0 } = moment;
  if (phase === "given") return "before the first step, what is given";
  if (phase === "seed") return `backward begins: ${derivativeAloud(graph, graph.root)} equals 1`;
  if (phase === "forward") return `forward: ${graph.spoken[node]} equals ${numberAloud(formatted(data[node]))}`;
  const { tail, head } = graph.edges[edge];
  const expected = graph.leaving[tail].length;
  const part = `${numberAloud(brief(slopes[edge]))} times ${numberAloud(brief(grads[head]))}`;
  const [by, sum] = [derivativeAloud(graph, tail), numberAloud(formatted(moment.sums[tail]))];
  if (expected === 1) return `backward: ${by} equals ${part} equals ${sum}`;
  return `backward: ${by}, part ${moment.arrived[tail]} of ${expected}: ${part} equals ${numberAloud(formatted(slopes[edge] * grads[head]))}; ` +
    `the sum so far is ${sum}`;
}
