// Questions about the forward pass: a number, given those that it is computed from. The index of such a question
// is the bitwise complement of its node's.

/** @param {number} question */
function placeOf(question) {
  return question < 0 ? ~question : question;
}

/**
 * @param {Graph} graph
 * @param {Model} model
 * @param {Asked} asked
 * @param {number} node
 * @returns {BoxKey}
 */
function valueKey(graph, model, asked, node) {
  const habits = (/** @type {number} */ digits) => [EXACTLY, nearest(digits), cutOff(digits), upward(digits), ...[0, 1, 2, 3, 4].map((seed) => wobbly(digits, seed))];
  const worlds = (/** @type {number} */ digits) => habits(digits).map((round) => mistaken.at(Array.from(model.data, round)));
  const [fine, coarse] = [worlds(DIGITS), worlds(DIGITS - 1)];
  const right = roomOf(fine.map(({ values }) => values[node]));
  const others = fine[0].others.flatMap(([place], k) => (place === node ? [k] : []));
  /** @type {Explanation[]} */
  const found = others.map((k) => {
    const did = fine[0].others[k][1];
    /** @type {Mistake} */
    const made = { name: did, did, see: "", family: "value", kind: "value", share: 1 };
    return { made: [made], room: roomOf(fine.map((world) => world.others[k][2])), share: 1, where: "here" };
  });
  const far = found.filter(({ room: [low, high] }) => low > right[1] || high < right[0]);
  return { answer: model.data[node], whole: isWhole(model), right, early: roomOf(coarse.map(({ values }) => values[node])), found: far, pairs: [] };
}

/**
 * @param {Graph} graph
 * @param {Model} model
 * @param {number} node
 * @returns {(Node | string)[][]}
 */
function valueHints(graph, model, node) {
  return valueForms(graph, node, model.data).slice(1).map((numbers) => [equals(symbolOf(graph, node), numbers, "…")]);
}

/**
 * @param {Graph} graph
 * @param {AskState} state
 * @param {number} node
 * @returns {Story}
 */
function valueTelling(graph, { at, queue }, node) {
  const formula = /** @type {[Template, Template | 0]} */ (graph.formulas[node])[0];
  return {
    title: `Question ${at + 1} of ${queue.length}`,
    lines: [equation(symbolOf(graph, node), [["=", withNames(graph, formula)], ["=", element("b", { class: "wanted" }, "?")]])],
    why: ["Work it out from the numbers in the picture; three significant digits are enough."],
  };
}

/**
 * The right answer, in symbols and numbers.
 * @param {Graph} graph
 * @param {Model} model
 * @param {number} question
 * @returns {Node}
 */
function rightly(graph, model, question) {
  const node = placeOf(question);
  if (question < 0) return equals(...valueForms(graph, node, model.data).slice(-1), brief(model.data[node]));
  const products = partsOf(graph, node).flatMap((edge, k) => {
    const slope = k ? factor(model.slopes[edge]) : brief(model.slopes[edge]);
    return [k ? " + " : "", times(slope, factor(model.grads[graph.edges[edge].head]))];
  });
  return math(...products, " = ", brief(model.grads[node]));
}
