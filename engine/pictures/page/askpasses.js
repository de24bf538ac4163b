// The backward pass with mistakes in it, exact or rounded as people round. `mistaken`, which Python generates
// from its table, defines what a mistake writes on an edge, passes back, or combines.

const EXACTLY = (/** @type {number} */ x) => x;

/** Round to so many digits. @param {number} digits @returns {Rounding} */
function nearest(digits) {
  return (x) => (x && Number.isFinite(x) ? Number(x.toPrecision(digits)) : x);
}

/** Cut off after so many digits, as some people do. @param {number} digits @returns {Rounding} */
function cutOff(digits) {
  return (x) => {
    if (!x || !Number.isFinite(x)) return x;
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(x))) - digits + 1);
    return Math.trunc((x / unit) * (1 + 1e-9)) * unit;
  };
}

/** Round away from zero. @param {number} digits @returns {Rounding} */
function upward(digits) {
  return (x) => {
    if (!x || !Number.isFinite(x)) return x;
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(x))) - digits + 1);
    const steps = Math.abs(x / unit);
    return Math.sign(x) * Math.ceil(steps * (1 - 1e-9)) * unit;
  };
}

/**
 * Round up or down at random, but reproducibly: this stands for rounding anywhere along the way.
 * @param {number} digits
 * @param {number} seed
 * @returns {Rounding}
 */
function wobbly(digits, seed) {
  let state = 2654435761 * (seed + 1) % 2147483648;
  return (x) => {
    if (!x || !Number.isFinite(x)) return x;
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(x))) - digits + 1);
    const steps = x / unit;
    if (Math.abs(steps - Math.round(steps)) < 1e-6) return Math.round(steps) * unit;
    state = (state * 48271 + 11) % 2147483647;
    return (Math.floor(steps) + (state % 64 < 32 ? 1 : 0)) * unit;
  };
}

/**
 * One way to compute: the numbers that a learner continues from, and how they round.
 * @param {Graph} graph
 * @param {Model} model
 * @param {Rounding} values of the forward pass, as they are read off the picture
 * @param {Rounding} round
 * @returns {World}
 */
function worldOf(graph, model, values, round) {
  const { slopes, wrong } = mistaken.at(Array.from(model.data, values));
  /** @type {Map<string, Map<number, number>>} */
  const changed = new Map(Object.entries(wrong).map(([name, edges]) => [name, new Map(
    edges.map(([edge, slope]) => [edge, Number.isFinite(slope) ? slope : slopes[edge]]))]));
  const own = Array.from(slopes, round);
  const shown = Array.from(model.grads, values === EXACTLY ? EXACTLY : nearest(DIGITS));
  return { round, slopes: own, changed, above: shown, cost: values(model.data[graph.root]) };
}

/**
 * The ways to continue from the numbers in the picture: with all digits or with three, rounded in any way.
 * @param {Graph} graph
 * @param {Model} model
 * @param {number} digits
 */
function worldsOf(graph, model, digits) {
  const three = nearest(DIGITS);
  const ways = [nearest(digits), cutOff(digits), upward(digits), ...[0, 1, 2, 3, 4].map((seed) => wobbly(digits, seed))];
  return [worldOf(graph, model, EXACTLY, EXACTLY), worldOf(graph, model, three, EXACTLY), ...ways.map((round) => worldOf(graph, model, three, round))];
}

/**
 * The local derivative on an edge, for a learner who makes these mistakes.
 * @param {World} world
 * @param {number} edge
 * @param {Mistake[]} made
 */
function writtenOn({ slopes, changed, round }, edge, made) {
  for (const { name } of made) {
    const slope = changed.get(name)?.get(edge);
    if (slope !== undefined) return round(slope);
  }
  return slopes[edge];
}

/**
 * The number that an edge passes back.
 * @param {World} world
 * @param {number} edge
 * @param {number} up
 * @param {Mistake[]} made
 */
function handedOn(world, edge, up, made) {
  const d = writtenOn(world, edge, made);
  const step = made.find(({ kind }) => kind === "step");
  return world.round(step ? mistaken.step[step.name](up, d) : up * d);
}

/**
 * @param {World} world
 * @param {number[]} parts
 * @param {Mistake[]} made
 */
function joinedUp({ round }, parts, made) {
  if (parts.length < 2) return parts[0] ?? 0;
  const gather = made.find(({ kind }) => kind === "gather");
  const join = gather && mistaken.gather[gather.name][parts.length];
  return round(join ? join(parts) : parts.reduce((sum, part) => sum + part, 0));
}

/**
 * The number of one box, for a learner who has the right numbers above it and makes these mistakes here: on all
 * edges out of the node, or on one.
 * @param {Graph} graph
 * @param {World} world
 * @param {number} node
 * @param {Mistake[]} made
 * @param {number} [only]
 */
function hereBy(graph, world, node, made, only) {
  const parts = partsOf(graph, node).map((edge) =>
    handedOn(world, edge, world.above[graph.edges[edge].head], only === undefined || only === edge ? made : []));
  return joinedUp(world, parts, made);
}

/**
 * The edges out of a node, in the order of the backward pass.
 * @param {Graph} graph
 * @param {number} node
 */
function partsOf({ leaving, edges }, node) {
  return [...leaving[node]].sort((a, b) => edges[b].head - edges[a].head || a - b);
}

/**
 * The number of every box, for a learner who makes a mistake all the way down from the cost.
 * @param {Graph} graph
 * @param {World} world
 * @param {Mistake[]} made
 * @param {Asked} asked
 */
function everywhereBy(graph, world, made, { first }) {
  /** @type {number[][]} */
  const parts = graph.parents.map(() => []);
  const start = made.find(({ kind }) => kind === "start");
  parts[graph.root] = [start ? mistaken.start[start.name](world.cost) : 1];
  const joined = (/** @type {number} */ node) => joinedUp(world, parts[node], made);
  const handOn = (/** @type {number} */ node) => {
    for (const edge of graph.entering[node]) parts[graph.edges[edge].tail].push(handedOn(world, edge, joined(node), made));
  };
  const order = made.find(({ kind }) => kind === "order")?.name;
  if (order === "handed_on_again") {
    let left = 400;
    const again = (/** @type {number} */ node) => {
      left -= 1;
      for (const edge of graph.entering[node]) {
        if (left <= 0) continue;
        parts[graph.edges[edge].tail].push(handedOn(world, edge, joined(node), made));
        again(graph.edges[edge].tail);
      }
    };
    again(graph.root);
  } else if (order) first.forEach(handOn);
  else for (let node = graph.root; node >= 0; node--) handOn(node);
  return graph.parents.map((_, node) => joined(node));
}
