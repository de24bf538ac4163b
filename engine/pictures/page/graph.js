// The graph: nodes are numbered in topological order, the cost last; edges child by child, operand by operand.

/**
 * @param {Payload} payload
 * @returns {Graph}
 */
function graphOf({ names, words, spoken, parents, formulas, slopes, given, layers, constants, bracketed }) {
  const edges = parents.flatMap((operands, head) => operands.map((tail, position) => ({ tail, head, position })));
  /** @type {number[][]} */
  const entering = parents.map(() => []);
  /** @type {number[][]} */
  const leaving = parents.map(() => []);
  edges.forEach(({ tail, head }, edge) => {
    entering[head].push(edge);
    leaving[tail].push(edge);
  });
  const together = edges.map(({ tail, head }) => entering[head].filter((edge) => edges[edge].tail === tail));
  return { names, words, spoken, together, parents, formulas, slopes, given, layers, edges, entering, leaving, constants: new Set(constants), bracketed: new Set(bracketed), root: parents.length - 1 };
}

/**
 * The order in which the backward pass takes the edges: from the cost down, operand by operand.
 * @param {Graph} graph
 */
function backwardOrder({ entering }) {
  return [...entering].reverse().flat();
}

/**
 * The chain rule: ∂C/∂tail += ∂head/∂tail · ∂C/∂head, for some edges of the backward pass, in its order.
 * @param {Graph} graph
 * @param {Numbers} slopes
 * @param {number[]} edges
 */
function gathered(graph, slopes, edges) {
  const grads = new Float64Array(graph.parents.length);
  grads[graph.root] = 1;
  for (const edge of edges) {
    const { tail, head } = graph.edges[edge];
    grads[tail] += slopes[edge] * grads[head];
  }
  return grads;
}

/**
 * All numbers of the graph: of nodes, of edges, the gradient, and what each edge contributes to it.
 * @param {Graph} graph
 * @param {Numbers[]} numbers
 * @returns {Model}
 */
function modelOf(graph, [data, slopes]) {
  const grads = gathered(graph, slopes, backwardOrder(graph));
  const parts = graph.edges.map(({ head }, edge) => slopes[edge] * grads[head]);
  return { data, slopes, grads, parts };
}

/**
 * Where the first NaN or infinity arises: a node, or an edge whose local derivative it is; null if nowhere.
 * @param {Graph} graph
 * @param {Model} model
 * @returns {{ node?: number, edge?: number } | null}
 */
function firstTrouble(graph, { data, slopes }) {
  for (let node = 0; node <= graph.root; node++) {
    if (!Number.isFinite(data[node])) return { node };
    for (const edge of graph.entering[node]) if (!Number.isFinite(slopes[edge])) return { edge };
  }
  return null;
}

/**
 * The factor of a step from one node to the next: where several edges lead there, the sum of their slopes.
 * @param {Graph} graph
 * @param {Numbers} slopes
 */
function stepFactors({ together }, slopes) {
  return together.map((edges) => edges.reduce((sum, edge) => sum + slopes[edge], 0));
}

/**
 * The nodes on paths from the target to the cost, each with the steps that lead on: one to each next node, given
 * by its first edge, as `explain` counts them.
 * @param {Graph} graph
 * @param {number} target
 * @returns {Ways}
 */
function onward(graph, target) {
  const reached = new Set([target]);
  for (let node = target + 1; node <= graph.root; node++) {
    if (graph.parents[node].some((parent) => reached.has(parent))) reached.add(node);
  }
  return new Map([...reached].map((node) => [node, graph.leaving[node].filter((edge) => graph.together[edge][0] === edge)]));
}

/**
 * How many paths lead from the target to the cost: exact, and none is walked.
 * @param {Graph} graph
 * @param {Ways} ways
 * @returns {bigint}
 */
function countPaths(graph, ways) {
  /** @type {Map<number, bigint>} */
  const counts = new Map();
  for (const [node, edges] of [...ways].reverse()) {
    const sum = edges.reduce((total, edge) => total + (counts.get(graph.edges[edge].head) ?? 0n), 0n);
    counts.set(node, edges.length ? sum : 1n);
  }
  return [...counts.values()].at(-1) ?? 0n;
}

const HUGE = 1e9; // stands for the logarithm of infinity, and −HUGE for that of 0

/** @param {number} slope */
function magnitude(slope) {
  if (slope === 0) return -HUGE;
  return Number.isFinite(slope) ? Math.log(Math.abs(slope)) : HUGE;
}

/**
 * The largest paths from the target to the cost, each a list of edges. First the best sum of logarithms from
 * every node on is found; then the path that has lost least against it is lengthened, of equal ones the newest,
 * so that a tie is followed to its end.
 * @param {Graph} graph
 * @param {Ways} ways
 * @param {Numbers} slopes
 * @param {number} limit
 */
function largestPaths(graph, ways, slopes, limit) {
  const best = new Map();
  const over = (/** @type {number} */ edge) => magnitude(slopes[edge]) + best.get(graph.edges[edge].head);
  for (const [node, edges] of [...ways].reverse()) best.set(node, edges.length ? Math.max(...edges.map(over)) : 0);
  /** @type {OpenPath[]} */
  const open = [{ lost: 0, node: [...ways.keys()][0], path: null }];
  const found = [];
  for (let next = open.pop(); next && found.length < limit; next = open.pop()) {
    const { lost, node, path } = next;
    const onwards = ways.get(node) ?? [];
    if (!onwards.length) found.push(unlinked(path));
    for (const edge of [...onwards].reverse()) {
      const loss = best.get(node) - over(edge);
      insert(open, { lost: lost + loss, node: graph.edges[edge].head, path: { edge, before: path } });
    }
  }
  return found;
}

/**
 * Insert into a list whose last item has lost least.
 * @param {OpenPath[]} open
 * @param {OpenPath} item
 */
function insert(open, item) {
  let [low, high] = [0, open.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (open[middle].lost >= item.lost) low = middle + 1;
    else high = middle;
  }
  open.splice(low, 0, item);
}

/** @param {PathLink | null} path */
function unlinked(path) {
  /** @type {number[]} */
  const edges = [];
  for (let link = path; link; link = link.before) edges.unshift(link.edge);
  return edges;
}
