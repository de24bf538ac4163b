// What the picture shows during a question: a question mark in place of the answer, and after a wrong answer,
// how its number arises, in brick red, with dots along the arrows.

/**
 * @param {Graph} graph
 * @param {PictureMarks} marks
 */
function askedPicture(graph, { svg, values, grads, slopes, sums, nodes, arrows }) {
  /** @type {(made: Mark[], node: number) => SVGElement[]} */
  const alone = (marks, node) => marks.filter(({ places }) => places.length === 1 && places[0] === node).map(({ shape }) => shape);
  const labels = (/** @type {number} */ edge) => alone(slopes, edge);
  const lines = (/** @type {number} */ edge) => arrows.filter(({ edges }) => edges.includes(edge)).map(({ shape }) => shape);

  function clear() {
    for (const shape of svg.querySelectorAll(":is(.mistaken, .unused, .asked)")) shape.classList.remove("mistaken", "unused", "asked");
    svg.classList.remove("replayed");
  }

  /**
   * @param {SVGElement} shape
   * @param {string} text
   * @param {string} kind
   */
  function put(shape, text, kind) {
    shape.textContent = text;
    shape.classList.remove("positive", "negative");
    shape.classList.add(kind);
  }

  /**
   * The question: everything that belongs to its answer is a question mark, including the factors on the arrows.
   * @param {number} node
   * @param {Set<number>} known the edges whose factor was asked already
   * @param {number | null} only the edge whose factor is the question
   * @param {Model} model
   */
  function question(node, known, only, model) {
    if (only === null) for (const shape of alone(grads, node)) put(shape, "∂ ?", "asked");
    for (const edge of partsOf(graph, node)) {
      const isOpen = !known.has(edge);
      for (const shape of labels(edge)) {
        if (isOpen) put(shape, "?", "asked");
        else write(shape, [model.slopes[edge]], "", true);
      }
      for (const shape of lines(edge)) shape.classList.toggle("active", only === null || only === edge);
      const { head } = graph.edges[edge];
      for (const { shape, places } of nodes) if (places.includes(head) && !places.includes(node)) shape.classList.add("giving");
    }
    for (const { shape, places } of values) if (places.includes(node)) shape.classList.remove("active");
  }

  /**
   * The value in question, or the answer given for it.
   * @param {number} node
   * @param {string} number
   */
  function value(node, number) {
    for (const shape of alone(values, node)) put(shape, (shape.dataset.prefix ?? "") + (number || "?"), number ? "mistaken" : "asked");
    if (number) svg.classList.add("replayed");
  }

  /**
   * How a wrong number arises.
   * @param {Model} model
   * @param {number} node
   * @param {Explanation} one
   * @param {World} world in exact numbers
   * @param {Asked} asked
   * @param {string} number as written
   * @param {Set<number>} known the filled boxes
   */
  function replay(model, node, { made, where, only }, world, asked, number, known) {
    const wrong = where === "everywhere" ? everywhereBy(graph, world, made, asked) : null;
    const boxes = wrong ? [...known, graph.root].filter((box) => Math.abs(wrong[box] - model.grads[box]) > 1e-9 * Math.abs(model.grads[box])) : [];
    for (const box of boxes) for (const shape of alone(grads, box)) put(shape, `∂ ${brief((wrong ?? [])[box])}`, "mistaken");
    for (const shape of alone(grads, node)) put(shape, `∂ ${number}`, "mistaken");
    const edges = wrong ? [...new Set([...boxes, node])].flatMap((box) => partsOf(graph, box)) : partsOf(graph, node);
    for (const edge of edges) {
      if (only !== undefined && only !== edge) continue;
      const { tail, head } = graph.edges[edge];
      const up = wrong ? wrong[head] : model.grads[head];
      const seen = along(world, edge, up, partsOf(graph, tail), made);
      if (!seen) continue;
      for (const shape of labels(edge)) put(shape, seen.label, "mistaken");
      for (const shape of lines(edge)) shape.classList.add("mistaken");
      if (seen.isAlone) for (const shape of alone(grads, head)) shape.classList.add("unused");
    }
    for (const { shape, places } of sums) if (places.every((edge) => graph.edges[edge].tail === node)) put(shape, "", "mistaken");
    void svg.getBoundingClientRect(); // so that the animation restarts
    svg.classList.add("replayed");
  }

  /**
   * What a mistake does along an arrow: what it writes there, and whether it leaves out the upstream gradient;
   * null if the arrow is correct.
   * @param {World} world
   * @param {number} edge
   * @param {number} up
   * @param {number[]} siblings
   * @param {Mistake[]} made
   */
  function along(world, edge, up, siblings, made) {
    const right = world.slopes[edge];
    const slope = writtenOn(world, edge, made);
    if (slope !== right) return { label: brief(slope), isAlone: false };
    for (const { kind, name } of made) {
      if (kind === "step") {
        const step = mistaken.step[name];
        const [isUp, isSlope] = [step(up + 1, slope) !== step(up, slope), step(up, slope + 1) !== step(up, slope)];
        if (isUp && isSlope) return { label: `+ ${term(slope)}`, isAlone: false };
        return isUp ? { label: "× 1", isAlone: false } : { label: brief(slope), isAlone: true };
      }
      if (kind === "gather" && siblings.length > 1) {
        const join = mistaken.gather[name][siblings.length];
        const parts = siblings.map((_, k) => k + 2);
        const moved = parts.map((part, k) => (siblings[k] === edge ? part + 1 : part));
        if (join(parts) === join(moved)) return { label: "✕", isAlone: false };
        if (siblings.every((_, k) => join(parts) !== join(parts.map((part, j) => (j === k ? part + 1 : part))))) return { label: brief(slope), isAlone: false };
      }
    }
    return null;
  }

  return { clear, question, value, replay };
}
