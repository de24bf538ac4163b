// New numbers for the same graph: short ones, for which mistakes change the answer in different ways.

const TRIES = 24;
const APART = 0.03; // relative distance from the right number and from that of another mistake

/**
 * The best of several sets of numbers; null if none will do.
 * @param {Graph} graph
 * @param {Asked} asked
 * @param {number[]} nodes to ask about
 * @param {(leaves: Numbers) => Model} modelAt
 * @param {Numbers} now
 * @param {() => number} chance
 * @returns {Numbers | null}
 */
function newNumbers(graph, asked, nodes, modelAt, now, chance = Math.random) {
  /** @type {Numbers | null} */
  let best = null;
  let most = -Infinity;
  for (let k = 0; k < TRIES; k++) {
    const leaves = Float64Array.from(now, () => asked.pool[Math.floor(chance() * asked.pool.length)]);
    if (leaves.every((x, place) => x === now[place])) continue;
    const worth = worthOf(graph, asked, nodes, modelAt(leaves));
    if (worth > most) [best, most] = [leaves, worth];
  }
  return best;
}

/**
 * How well numbers distinguish mistakes in all boxes to ask about; lower for long numbers, and for 0 and 1.
 * @param {Graph} graph
 * @param {Asked} asked
 * @param {number[]} nodes
 * @param {Model} model
 */
function worthOf(graph, asked, nodes, model) {
  const { data, grads } = model;
  const all = [...data, ...grads];
  if (!all.every(Number.isFinite) || all.some((x) => Math.abs(x) > 999 || (x !== 0 && Math.abs(x) < 0.002))) return -Infinity;
  const world = worldOf(graph, model, EXACTLY, EXACTLY);
  let [shown, alone, every] = [0, 0, 0];
  for (const node of nodes) {
    const right = grads[node];
    if (!right) continue;
    const found = asked.mistakes.filter(({ kind }) => kind !== "order" && kind !== "start")
      .map((mistake) => ({ share: mistake.share, sign: mistake.family === "sign", x: hereBy(graph, world, node, [mistake]) }))
      .filter(({ x }) => x !== right);
    for (const { share, sign, x } of found) {
      every += share;
      if (Math.abs(x - right) <= APART * Math.abs(right)) continue;
      shown += share;
      const near = found.filter((other) => Math.abs(other.x - x) <= APART * Math.abs(x)).length > 1;
      if (!near && (sign || !likeASlip(x, right))) alone += share;
    }
  }
  const long = all.reduce((sum, x) => sum + Math.max(0, decimal(x).replace(/^-?0?\.?0*/, "").replace(".", "").length - 2), 0) / all.length;
  const dull = [...data].filter((x) => x === 0 || x === 1).length / data.length + nodes.filter((node) => !grads[node]).length / nodes.length;
  return (alone + 0.3 * shown) / (every || 1) - 0.1 * long - 0.5 * dull;
}

/**
 * Whether a wrong number has the same digits as the right one, so that it may also be a slip of the pen.
 * @param {number} x
 * @param {number} right
 */
function likeASlip(x, right) {
  const digits = (/** @type {number} */ number) => [...decimal(number).replace(/[-.]/g, "").replace(/^0+|0+$/g, "")].sort().join("");
  return digits(x) === digits(right);
}
