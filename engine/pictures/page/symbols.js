// Mathematics: names, derivatives and formulas as elements. Only what Python made of a name or a formula is read
// as HTML; all else is text.

/** @param {string} markup */
function html(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return template.content;
}

/** @param {...(Node | string)} parts */
function math(...parts) {
  return element("span", { class: "math" }, ...parts);
}

/**
 * A node's name; pointing at it highlights its mark in the picture.
 * @param {Graph} graph
 * @param {number} node
 */
function symbolOf(graph, node) {
  return element("span", { class: "symbol", "data-of": node }, named(graph.names[node]));
}

/**
 * A name, its layer above its index.
 * @param {string} markup
 */
function named(markup) {
  const made = html(markup);
  for (const below of made.querySelectorAll("sub")) {
    const above = below.nextElementSibling;
    if (above?.localName !== "sup") continue;
    const both = element("span", { class: "both" });
    below.replaceWith(both);
    both.append(below, above);
  }
  return made;
}

/**
 * A fraction; its stroke is text for screen readers and for copying.
 * @param {(Node | string)[]} above
 * @param {(Node | string)[]} below
 */
function fraction(above, below) {
  const top = element("span", { class: "top" }, ...above);
  const stroke = element("span", { class: "slash unseen" }, "/");
  return element("span", { class: "fraction" }, top, stroke, element("span", {}, ...below));
}

/**
 * @param {Graph} graph
 * @param {number} of
 * @param {number} by
 */
function derivative(graph, of, by) {
  return fraction(differential(graph, of), differential(graph, by));
}

/**
 * The same as plain text.
 * @param {Graph} graph
 * @param {number} of
 * @param {number} by
 */
function derivativeWords(graph, of, by) {
  const words = (/** @type {number} */ node) => (graph.bracketed.has(node) ? `∂(${graph.words[node]})` : `∂${graph.words[node]}`);
  return `${words(of)}/${words(by)}`;
}

/**
 * A name after ∂, in brackets unless it is a single symbol.
 * @param {Graph} graph
 * @param {number} node
 */
function differential(graph, node) {
  const name = symbolOf(graph, node);
  return graph.bracketed.has(node) ? ["∂(", name, ")"] : ["∂", name];
}

/**
 * ∂C/∂w along one edge; where C depends on w in other ways too, that is not the whole derivative.
 * @param {Graph} graph
 * @param {number} edge
 */
function local(graph, edge) {
  const { tail, head } = graph.edges[edge];
  const direct = head === graph.root && graph.leaving[tail].length > 1;
  const made = derivative(graph, head, tail);
  return direct ? math(made, element("sub", { class: "direct" }, "direct")) : made;
}

/**
 * A formula has a place for every name. With names in it, or with numbers: in a list, one that is a term, with
 * brackets if it is negative; as the complement of its node, one that is a factor, with brackets if it has a power of
 * ten, too.
 * @param {Graph} graph
 * @param {Template} formula
 */
function withNames(graph, formula) {
  return filled(formula, (place) => symbolOf(graph, Number(place)));
}

/**
 * The formula as one piece of HTML, since an exponent may begin before a place and end after it.
 * @param {Template} formula
 * @param {(place: number | number[]) => Node | string} made
 */
function filled(formula, made) {
  const places = formula.filter((part) => typeof part !== "string");
  const whole = html(formula.map((part) => (typeof part === "string" ? part : "<slot></slot>")).join(""));
  whole.querySelectorAll("slot").forEach((slot, k) => slot.replaceWith(made(places[k])));
  return math(whole);
}

/**
 * @param {Template} formula
 * @param {Numbers} data
 */
function withNumbers(formula, data) {
  /** @param {number | number[]} place */
  function number(place) {
    if (typeof place !== "number") return term(data[place[0]]);
    return place < 0 ? factor(data[~place]) : brief(data[place]);
  }
  return filled(formula, number);
}

/**
 * What a node is: in symbols, then in numbers where that says more.
 * @param {Graph} graph
 * @param {number} node
 * @param {Numbers} data
 */
function valueForms(graph, node, data) {
  const [symbols, numbers] = /** @type {[Template, Template | 0]} */ (graph.formulas[node]);
  return [withNames(graph, symbols), ...(numbers ? [withNumbers(numbers, data)] : [])];
}

/**
 * What a local derivative is: in symbols, written out where a prime was in it, and in numbers. Of a function
 * made by hand nothing is known but the number.
 * @param {Graph} graph
 * @param {number} edge
 * @param {Numbers} data
 */
function slopeForms(graph, edge, data) {
  const { head, position } = graph.edges[edge];
  const slope = graph.slopes[head][position];
  if (slope === null) return [];
  if (typeof slope === "number") return [math(symbolOf(graph, slope))];
  const [symbols, written, numbers] = slope;
  const names = [symbols, written].flatMap((formula) => (formula ? [withNames(graph, formula)] : []));
  return [...names, ...(numbers ? [withNumbers(numbers, data)] : [])];
}

/** @param {...(Node | string)} sides */
function equals(...sides) {
  return math(...sides.flatMap((side, k) => [k ? " = " : "", k < sides.length - 1 ? apart(side) : side]));
}

/**
 * A side of an equation that goes on: one of several cases has brackets, for its last number is not what equals the
 * next side.
 * @param {Node | string} side
 */
function apart(side) {
  const areCases = typeof side !== "string" && / if .* else /.test(side.textContent ?? "");
  return areCases ? math("(", side, ")") : side;
}

/** @param {...(Node | string)} factors */
function times(...factors) {
  return math(...factors.flatMap((one, k) => (k ? [" · ", one] : [one])));
}

/** @param {number} x */
function term(x) {
  return x < 0 ? `(${brief(x)})` : brief(x);
}

/** @param {number} x */
function factor(x) {
  return inBrackets(brief(x));
}

/**
 * A result: bold, in the colour of its sign, with all digits shown when it is pointed at.
 * @param {number} x
 */
function result(x) {
  return element("b", { class: x > 0 ? "above" : x < 0 ? "below" : "", title: allDigits(x) }, brief(x));
}

/**
 * A name in plain text, with Unicode's raised layers and lowered indices.
 * @param {string} word
 */
function inUnicode(word) {
  const raised = { "(": "⁽", ")": "⁾", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const lowered = "₀₁₂₃₄₅₆₇₈₉";
  const set = (/** @type {string} */ digits) => [...digits].map((digit) => lowered[Number(digit)] ?? digit).join("");
  return word
    .replace(/\^(\(\d+\))/g, (_, layer) => [.../** @type {string} */ (layer)].map((sign) => raised[/** @type {"("} */ (sign)]).join(""))
    .replace(/_(\d+)/g, (_, digits) => set(digits));
}
