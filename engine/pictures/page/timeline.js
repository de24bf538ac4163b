// The steps: the leaves are given, the forward pass node by node, then the backward pass edge by edge. A constant
// gets no gradient: nobody asks for the derivative with respect to a 2.

/**
 * @param {Graph} graph
 * @returns {Timeline}
 */
function timelineOf(graph) {
  const inner = graph.parents.flatMap((operands, node) => (operands.length ? [node] : []));
  const order = backwardOrder(graph).filter((edge) => !graph.constants.has(graph.edges[edge].tail));
  /** @type {(step: Step) => Step} */
  const step = (made) => made;
  const steps = [
    step({ phase: "given" }),
    ...inner.map((node) => step({ phase: "forward", node })),
    step({ phase: "seed", node: graph.root }),
    ...order.map((edge) => step({ phase: "backward", edge })),
  ];
  const computed = graph.parents.map(() => 0); // the step from which on a node's number is known
  inner.forEach((node, k) => { computed[node] = k + 1; });
  return { steps, order, computed, forward: inner.length, seed: inner.length + 1 };
}

/**
 * What is known at a step: of each node whether its number is there, the sum that its gradient has come to,
 * how many parts of it have come; and the edges whose parts the growing sum has.
 * @param {Graph} graph
 * @param {Timeline} timeline
 * @param {Model} model
 * @param {number} step
 * @param {number[]} [handed] the edges that a gradient has been passed back along
 * @returns {Moment}
 */
function momentAt(graph, timeline, { slopes }, step, handed = timeline.order.slice(0, Math.max(0, step - timeline.seed))) {
  const arrived = graph.parents.map(() => 0);
  for (const edge of handed) arrived[graph.edges[edge].tail] += 1;
  const now = timeline.steps[step];
  const receiver = now.edge === undefined ? undefined : graph.edges[now.edge].tail;
  const own = handed.filter((edge) => graph.edges[edge].tail === receiver);
  const seeded = step >= timeline.seed;
  return {
    ...now,
    step,
    timeline,
    seeded,
    known: timeline.computed.map((from) => from <= step),
    sums: gathered(graph, slopes, handed),
    arrived,
    terms: own,
    begun: (node) => seeded && (node === graph.root || arrived[node] > 0),
    expected: (node) => graph.leaving[node].length,
    complete: (node) => seeded && (graph.constants.has(node) || arrived[node] === graph.leaving[node].length),
    handed: new Set(handed),
  };
}
