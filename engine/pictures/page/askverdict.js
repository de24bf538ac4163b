// From a wrong number to its cause: weigh every explanation, and if several fit, name them all. Here the numbers
// above a box are right, since the page shows them; so a mistake is searched first on the arrows out of the box,
// and then all the way down from the cost.

/**
 * The interval of right answers: the results of several ways of rounding, widened by half on both sides.
 * @param {number[]} found
 * @returns {Room}
 */
function roomOf(found) {
  const [low, high] = [Math.min(...found), Math.max(...found)];
  return [low - 0.5 * (high - low), high + 0.5 * (high - low)];
}

/**
 * How well a written number fits an interval: 0 if it is outside, less if the interval is wide.
 * @param {Written} written
 * @param {Room} room
 */
function density({ x, half }, [low, high]) {
  const slack = 1.01 * half + 1e-9 * Math.max(Math.abs(low), Math.abs(high));
  if (!Number.isFinite(low + high) || x < low - slack || x > high + slack) return 0;
  return 1 / (1 + (high - low) / unitOf(x));
}

/** @param {string} text @returns {Written} */
function writtenAs(text) {
  return { text, x: Number(text), half: halfOfLast(text) };
}

/**
 * The numbers that explain an answer: the right ones and those of each mistake.
 * @param {Graph} graph
 * @param {Model} model
 * @param {Asked} asked
 * @param {number} node
 * @returns {BoxKey}
 */
function boxKey(graph, model, asked, node) {
  const worlds = worldsOf(graph, model, DIGITS);
  const coarse = worldsOf(graph, model, DIGITS - 1);
  const edges = partsOf(graph, node);
  const here = (/** @type {Mistake[]} */ made, /** @type {number} */ only) => roomOf(worlds.map((world) => hereBy(graph, world, node, made, only)));
  /** @type {(room: Room) => boolean} */
  const shows = ([low, high]) => {
    const half = unitOf((low + high) / 2) / 2;
    return Number.isFinite(low + high) && (low > right[1] + half || high < right[0] - half);
  };
  const all = /** @type {any} */ (undefined);
  // Also right is the number of a learner who continues from their own numbers from the cost down.
  const own = (/** @type {World[]} */ from) => from.map((world) => everywhereBy(graph, world, [], asked)[node]);
  const rights = (/** @type {World[]} */ from) => roomOf([...from.map((world) => hereBy(graph, world, node, [])), ...own(from)]);
  const right = rights(worlds);
  /** @type {Explanation[]} */
  const found = [];
  /** @type {(one: Explanation) => void} */
  const enter = (one) => { if (shows(one.room)) found.push(one); };
  for (const mistake of asked.mistakes) {
    const made = [mistake];
    const local = here(made, all);
    if (mistake.kind !== "order" && mistake.kind !== "start") {
      enter({ made, room: local, share: mistake.share, where: "here" });
      if (edges.length > 1 && mistake.kind !== "gather") {
        for (const only of edges) enter({ made, room: here(made, only), share: asked.weights.once * mistake.share / edges.length, where: "once", only });
      }
    }
    const deep = roomOf(worlds.map((world) => everywhereBy(graph, world, made, asked)[node]));
    const isSame = Math.abs(deep[0] + deep[1] - local[0] - local[1]) <= 1e-9 * Math.abs(deep[0] + deep[1]);
    const isOnly = mistake.kind === "order" || mistake.kind === "start";
    if (isOnly || !isSame) enter({ made, room: deep, share: mistake.share * (isOnly ? 1 : asked.weights.once), where: "everywhere" });
  }
  // Of two explanations with the same result, the one that writes something on the arrow says more.
  const same = (/** @type {Room} */ one, /** @type {Room} */ other) => one.every((x, k) => Math.abs(x - other[k]) <= 1e-9 * Math.abs(x));
  const isSaid = (/** @type {Explanation} */ { made: [{ kind }], room, where }) => kind === "step" && where !== "everywhere"
    && found.some((other) => other.where === where && other.made[0].kind === "slope" && same(room, other.room));
  const kept = found.filter((one) => !isSaid(one));
  const two = pairsOf(asked.mistakes.filter(({ kind }) => kind !== "order" && kind !== "start"))
    .map((made) => ({ made, room: here(made, all), share: asked.weights.pair * made[0].share * made[1].share, where: /** @type {const} */ ("here") }));
  const alone = kept.map(({ room }) => room);
  const isNew = (/** @type {Explanation} */ { room }) => shows(room) && !alone.some(([low, high]) => Math.abs(low + high - room[0] - room[1]) <= 1e-9 * Math.abs(low + high));
  return { answer: model.grads[node], whole: isWhole(model), right, early: rights(coarse), found: kept, pairs: two.filter(isNew) };
}

/** @param {Mistake[]} mistakes @returns {Mistake[][]} */
function pairsOf(mistakes) {
  return mistakes.flatMap((one, k) => mistakes.slice(k + 1).filter(({ kind }) => kind !== one.kind || kind === "slope").map((two) => [one, two]));
}

/**
 * The interval of a local derivative, and what each mistake writes in its place.
 * @param {Graph} graph
 * @param {Model} model
 * @param {Asked} asked
 * @param {number} edge
 * @returns {BoxKey}
 */
function slopeKey(graph, model, asked, edge) {
  const worlds = worldsOf(graph, model, DIGITS);
  const room = (/** @type {Mistake[]} */ made) => roomOf(worlds.map((world) => writtenOn(world, edge, made)));
  const right = room([]);
  const found = asked.mistakes.filter(({ kind }) => kind === "slope").map((mistake) =>
    ({ made: [mistake], room: room([mistake]), share: mistake.share, where: /** @type {const} */ ("here") }));
  const early = roomOf(worldsOf(graph, model, DIGITS - 1).map((world) => writtenOn(world, edge, [])));
  return { answer: model.slopes[edge], whole: isWhole(model), right, early, found: found.filter(({ room: [low, high] }) => low > right[1] || high < right[0]), pairs: [] };
}

/**
 * Whether nobody needs to round anything.
 * @param {Model} model
 */
function isWhole({ data, grads }) {
  return [...data, ...grads].every((x) => Number(x.toPrecision(DIGITS)) === x);
}

/**
 * @param {BoxKey} key
 * @param {Asked} asked
 * @param {string} text in plain digits
 * @returns {Verdict}
 */
function judged({ answer, whole, right, early, found, pairs }, asked, text) {
  const written = writtenAs(text);
  if (density(written, right)) return { kind: "right", causes: [], family: "" };
  /** @type {Map<string, Cause>} */
  const causes = new Map();
  const none = { made: [], room: right, share: 1, where: /** @type {const} */ ("here") };
  /** @type {(name: string, family: string, weight: number, of?: Explanation) => void} */
  const add = (name, family, weight, of = none) => {
    if (!weight) return;
    const before = causes.get(name);
    const isBest = !before || weight > before.best;
    causes.set(name, { name, family, weight: (before?.weight ?? 0) + weight, of: isBest ? of : before.of, best: Math.max(before?.best ?? 0, weight) });
  };
  for (const one of found) add(one.made[0].name, one.made[0].family, one.share * density(written, one.room), one);
  for (const [name, x, share] of unslipped(text)) {
    add(name, name === "sign_flipped" ? "sign" : "slip", asked.slips[name][0] * share * density({ ...written, x }, right));
  }
  const isShort = written.x >= right[0] - asWritten(text) && written.x <= right[1] + asWritten(text);
  add("rounded_early", "close", asked.slips.rounded_early[0] * (isShort ? unitOf(written.x) / (2 * asWritten(text)) : density(written, early)));
  const names = new Set(causes.keys());
  for (const one of pairs) {
    if (one.made.some(({ name }) => names.has(name))) continue;
    const families = [...new Set(one.made.map(({ family }) => family))].sort().join("+");
    add(one.made.map(({ name }) => name).join(" + "), families, one.share * density(written, one.room), one);
  }
  const verdict = weighed([...causes.values()], asked);
  if (verdict.kind === "unknown") return verdict;
  const near = Math.abs(written.x - answer) <= asked.weights.near * Math.abs(answer);
  const first = verdict.causes[0].name;
  if (verdict.family === "sign" && (verdict.kind === "several" || first === "sign_flipped") && density({ ...written, x: -written.x }, right)) return { ...verdict, kind: "sign" };
  if (first === "rounded_early" || (near && !whole && !["slip", "paths"].includes(verdict.family))) {
    return { ...verdict, kind: "close", early: causes.has("rounded_early") };
  }
  return verdict.kind === "told" && verdict.family === "slip" ? { ...verdict, kind: "slip" } : verdict;
}

/**
 * Name a single explanation if it has nearly all of the weight; otherwise all that have a share.
 * @param {Cause[]} causes
 * @param {Asked} asked
 * @returns {Verdict}
 */
function weighed(causes, { weights: { sure, listed, other } }) {
  const total = causes.reduce((sum, { weight }) => sum + weight, other);
  if (!causes.length || other / total > 0.5) return { kind: "unknown", causes: [], family: "" };
  const shares = causes.map((cause) => ({ ...cause, weight: cause.weight / total })).sort((a, b) => b.weight - a.weight);
  /** @type {Map<string, number>} */
  const families = new Map();
  for (const { family, weight } of shares) families.set(family, (families.get(family) ?? 0) + weight);
  const [family, share] = [...families].sort((a, b) => b[1] - a[1])[0];
  const agreed = share >= sure && !family.includes("+") ? family : "";
  if (shares[0].weight >= sure) return { kind: "told", causes: [shares[0]], family: agreed };
  return { kind: "several", causes: shares.filter(({ weight }) => weight >= listed), family: agreed };
}
