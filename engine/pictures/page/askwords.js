// The messages to a learner: sentences from Python's tables, with placeholders for numbers and names. They never
// say what the learner did, only what a number is, or what comes out when something is done.

/**
 * A sentence with its placeholders filled in; those without a value are left out.
 * @param {string} sentence
 * @param {Record<string, Node | string | (() => Node)>} places
 * @returns {(Node | string)[]}
 */
function filledIn(sentence, places) {
  const filling = (/** @type {string} */ name) => {
    const place = places[name] ?? "";
    return typeof place === "function" ? place() : place;
  };
  return sentence.split(/\{(\w+)\}/).map((part, k) => (k % 2 ? filling(part) : part)).filter((part) => part !== "");
}

/**
 * @param {string} name
 * @param {Asked} asked
 */
function didOf(name, asked) {
  return asked.mistakes.find((mistake) => mistake.name === name)?.did ?? asked.slips[name]?.[1] ?? name;
}

/**
 * The verdict in words.
 * @param {Graph} graph
 * @param {number} node in question
 * @param {Verdict} verdict
 * @param {Asked} asked
 * @param {string} number as written
 * @returns {(Node | string)[]}
 */
function saidOf(graph, node, { kind, causes, family, early }, asked, number) {
  const { sentences, counts } = asked;
  const written = element("b", {}, number);
  const names = causes.slice(0, 3).map(({ name }) => name);
  const [first, second] = (names[0] ?? "").split(" + ");
  const ways = names.map((name) => name.split(" + ").map((one) => didOf(one, asked)).join(" while "));
  const places = {
    written, did: didOf(first, asked), also: didOf(second ?? "", asked), see: seeOf(graph, node, first, asked), name: symbolOf(graph, node),
    family: asked.families[family] ?? "", many: counts[ways.length], ways: ways.join("; or "),
  };
  const isHalf = ["factor_two_lost", "paths_averaged"].every((name) => names.includes(name));
  const sentence = kind === "slip" ? first : kind === "close" ? (early ? "close" : "nearly") : kind === "told" && second ? "two"
    : kind !== "several" ? kind : isHalf ? "half" : ways.length === 1 ? "perhaps" : "several";
  return filledIn(sentences[sentence], places);
}

/**
 * How to see that a mistake is wrong, on this graph.
 * @param {Graph} graph
 * @param {number} node
 * @param {string} name
 * @param {Asked} asked
 */
function seeOf(graph, node, name, { mistakes, slips, counts, sentences }) {
  const mistake = mistakes.find((one) => one.name === name);
  const uses = graph.leaving[node].length;
  if (!mistake) return name in slips ? sentences.look : "";
  if (mistake.family === "paths" && uses > 1) return spread(filledIn(sentences.paths, { name: () => symbolOf(graph, node), many: counts[uses] ?? String(uses) }));
  const { head } = graph.edges[graph.leaving[node][0]];
  if (name === "upstream_forgotten" && uses === 1 && head !== graph.root) {
    return spread(filledIn(sentences.above, { root: () => symbolOf(graph, graph.root), above: () => symbolOf(graph, head) }));
  }
  return mistake.see;
}

/** @param {(Node | string)[]} parts */
function spread(parts) {
  return element("span", {}, ...parts);
}

/** @param {string} text */
function capital(text) {
  return /^[a-z]/.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
}

/**
 * The hints of a question, from the rule to the factors, each as lines of mathematics and words.
 * @param {Graph} graph
 * @param {Model} model
 * @param {number} node
 * @returns {(Node | string)[][]}
 */
function hintsOf(graph, model, node) {
  const edges = partsOf(graph, node);
  const heads = [...new Set(edges.map((edge) => graph.edges[edge].head))];
  const many = edges.length > 1;
  const one = edges[0];
  const arrows = many ? [`${edges.length} arrows leave `, symbolOf(graph, node), ": along each, multiply; then add."]
    : ["One arrow leaves ", symbolOf(graph, node), ": the local derivative along it, times the upstream gradient, what arrives at ", symbolOf(graph, graph.edges[one].head), "."];
  /** @type {(Node | string)[]} */
  const factors = edges.flatMap((edge, k) => {
    const forms = slopeForms(graph, edge, model.data).filter((form) => form.textContent !== brief(model.slopes[edge])).slice(-2);
    return [k ? "; " : "", equals(local(graph, edge), ...(forms.length ? forms : [brief(model.slopes[edge])]))];
  });
  const above = heads.flatMap((head, k) => [k ? ", " : "", equals(derivative(graph, graph.root, head), brief(model.grads[head]))]);
  const product = edges.flatMap((edge, k) => [k ? " + " : "", times(k ? factor(model.slopes[edge]) : brief(model.slopes[edge]), factor(model.grads[graph.edges[edge].head]))]);
  return [arrows, ["Upstream: ", ...above, ". ", ...factors, "."], [math(...product, " = …")]];
}
