// How mathematics is read aloud: names, fractions and signs in words.

/** @type {Record<string, string>} */
const SAID = {
  "=": "equals", "·": "times", "×": "times", "−": "minus", "+": "plus", "…": "and so on", "∂": "partial", "′": "prime", "→": "to",
  "√": "the square root of", "½": "one half", "Σ": "the sum of", "σ": "sigma", "δ": "delta", "∞": "infinity", "|": "bar",
  "/": "over", "≤": "at most", "≥": "at least", "<": "below", ">": "above",
};
const SIGNS = new RegExp(`[${Object.keys(SAID).join("")}]`, "g");
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** @type {Record<string, string>} */
const POWERS = { 2: " squared", 3: " cubed" };

/**
 * A line of text: signs in words, powers of ten spelled out, no brackets around a single number.
 * @param {string} text
 */
function inSigns(text) {
  return text
    .replace(/\((−[^()\s]*|[^()\s]*·10[^()\s]*)\)/g, "$1")
    .replace(/(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, minus, digits) =>
      ` to the power ${minus && "minus "}${[...digits].map((digit) => RAISED.indexOf(digit)).join("")}`)
    .replace(SIGNS, (sign) => ` ${SAID[sign]} `);
}

/**
 * What an element of mathematics says.
 * @param {Graph} graph
 * @param {Node} node
 * @returns {string}
 */
function aloud(graph, node) {
  if (!(node instanceof Element)) {
    if (node.nodeType === Node.TEXT_NODE) return inSigns(node.textContent ?? "");
    return [...node.childNodes].map((child) => aloud(graph, child)).join("");
  }
  const all = () => [...node.childNodes].map((child) => aloud(graph, child)).join("");
  const { of } = /** @type {HTMLElement} */ (node).dataset;
  if (of !== undefined) return ` ${graph.spoken[Number(of)]} `;
  if (node.matches(".slash")) return "";
  if (node.matches(".fraction")) return quotient(aloud(graph, node.children[0]), aloud(graph, node.children[2]));
  if (node.matches(".factor")) return [...node.children].map((child) => aloud(graph, child)).join(", which is");
  if (node.matches("sub")) return node.matches(".direct") ? " direct " : ` subscript ${all()}`;
  if (node.matches("sup")) return raisedAloud(node.textContent ?? "", all());
  return all();
}

/**
 * @param {string} above
 * @param {string} below
 */
function quotient(above, below) {
  const [top, bottom] = [above, below].map((part) => part.replace(/^\s*partial\b/, "").trim());
  if (!above.trim().startsWith("partial")) return ` ${top} over ${bottom} `;
  return bottom ? ` the partial derivative of ${top} with respect to ${bottom} ` : ` the partial derivative of ${top} `;
}

/**
 * A layer stands in brackets, an exponent does not.
 * @param {string} text
 * @param {string} said
 */
function raisedAloud(text, said) {
  const layer = /^\((.*)\)$/.exec(text);
  return layer ? ` superscript ${layer[1]}` : (POWERS[text] ?? ` to the power ${said}`);
}

/** @param {string} text */
function tidy(text) {
  return text.replace(/\s+/g, " ").replace(/ ([,;.)])/g, "$1").replace(/\( /g, "(").trim();
}

/**
 * The derivative of the cost by a node, in words.
 * @param {Graph} graph
 * @param {number} node
 */
function derivativeAloud(graph, node) {
  return `the partial derivative of ${graph.spoken[graph.root]} with respect to ${graph.spoken[node]}`;
}

/** @param {string} number */
function numberAloud(number) {
  return tidy(inSigns(number));
}

/**
 * Give every equation in a part of the page the words that a screen reader says in its place.
 * @template {Element} T
 * @param {Graph} graph
 * @param {T} part
 */
function readable(graph, part) {
  for (const one of part.querySelectorAll(".eq, .numl, .math, .fraction, .symbol")) {
    if (one.parentElement?.closest('[role="math"]')) continue;
    one.setAttribute("role", "math");
    one.setAttribute("aria-label", tidy(aloud(graph, one)));
  }
  return part;
}
