// What changes from frame to frame, as a curve: the cost, and a weight. The past is solid, the future dashed.

const RATIO = 30; // of the largest number to the smallest, from which on a logarithmic scale shows more

/**
 * @param {Frame[]} frames
 * @param {number[]} numbers one for each frame
 * @param {{ name: string, scaled: boolean, go: (k: number) => void, beside?: [number, number][] }} plan whether the
 *   scale may be logarithmic; epochs and numbers of a second curve
 */
function course(frames, numbers, { name, scaled, go, beside = [] }) {
  const all = [...numbers, ...beside.map(([, number]) => number)];
  const finite = all.filter(Number.isFinite);
  const logarithmic = scaled && Math.min(...finite) > 0 && Math.max(...finite) > RATIO * Math.min(...finite);
  const x = across([0, Math.max(frames[frames.length - 1].epoch, 1)]);
  const y = upward(logarithmic ? roomAround(finite) : rangeOf(all, 0.05), logarithmic);
  const places = frames.map(({ epoch }, k) => [x.place(epoch), y.place(numbers[k])]);
  const other = beside.map(([epoch, number]) => [x.place(epoch), y.place(number)]);
  const second = other.length ? [shape("path", { class: "curve future second", d: lineThrough(other) }), shape("path", { class: "past second" })] : [];
  const line = shape("line", { class: "now", y1: CHART.top, y2: CHART.bottom });
  const dot = shape("circle", { class: "now", r: 5 });
  const curve = shape("path", { class: "curve future", d: lineThrough(places) });
  const past = shape("path", { class: "past" });
  const value = /** @type {SVGTextElement} */ (shape("text", { class: "value" }));
  const said = logarithmic ? `${name} (log scale)` : name;
  const drawn = chart({ role: "img" }, axes(x, y, ["epoch", said]), plotArea(...second, curve, past, line), dot, value);

  drawn.addEventListener("click", (event) => {
    const box = drawn.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * CHART.width;
    const distances = places.map(([place]) => Math.abs(place - at));
    go(distances.indexOf(Math.min(...distances)));
  });

  /** @param {number} k */
  function show(k) {
    const [at, height] = places[k];
    past.setAttribute("d", lineThrough(places.slice(0, k + 1)));
    second[1]?.setAttribute("d", lineThrough(other.slice(0, reached(beside, frames[k].epoch))));
    for (const end of ["x1", "x2"]) line.setAttribute(end, String(at));
    dot.setAttribute("cx", String(at));
    dot.setAttribute("cy", String(Number.isFinite(height) ? height : 0));
    dot.style.display = Number.isFinite(height) ? "" : "none";
    value.textContent = Number.isFinite(height) ? formatted(numbers[k], 4) : "";
    const wide = value.getComputedTextLength?.() || 8 * value.textContent.length;
    const high = parseFloat(getComputedStyle(value).fontSize) || 12;
    const place = besideCurves([at, Number.isFinite(height) ? height : CHART.top], [wide, high], [places, other]);
    for (const [name, where] of Object.entries(place)) value.setAttribute(name, String(where));
    const spread = finite.length ? `from ${formatted(Math.min(...finite), 4)} to ${formatted(Math.max(...finite), 4)}` : "";
    drawn.setAttribute("aria-label", `${name} over the epochs, ${spread}; here ${formatted(numbers[k], 4)}`);
  }

  return { drawn, show };
}

/**
 * Where the number of a point is written: to its left or right, above or below, inside the chart and off its curves.
 * @param {number[]} point
 * @param {number[]} size the width of the number, and the size of its letters
 * @param {number[][][]} curves
 */
function besideCurves([at, height], [wide, high], curves) {
  const dots = curves.flatMap((points) => points.slice(1).flatMap(([x, y], k) => {
    const [before, level] = points[k];
    const length = Math.hypot(x - before, y - level);
    const count = Number.isFinite(length) ? Math.ceil(length / 3) || 1 : 1;
    return Array.from({ length: count }, (_, i) => [before + ((x - before) * i) / count, level + ((y - level) * i) / count]);
  }));
  const preferred = at > (CHART.left + CHART.right) / 2 ? [-1, 1] : [1, -1];
  const found = [9, 24, 48].flatMap((gap) => [-9, 20, -24, 38, -40, 56, -60, 76].flatMap((below) => preferred.map((side) => {
    const [from, y] = [side < 0 ? at - gap - wide : at + gap, height + below];
    const [to, top, bottom] = [from + wide, y - high, y + high / 3];
    const isOut = from < CHART.left + 2 || to > CHART.right - 2 || top < CHART.top || bottom > CHART.bottom;
    const hidden = dots.filter(([x, level]) => x > from - 3 && x < to + 3 && level > top - 2 && level < bottom + 2).length;
    return { cost: hidden + (isOut ? 1000 : 0), place: { x: side < 0 ? to : from, y, "text-anchor": side < 0 ? "end" : "start" } };
  })));
  return found.reduce((best, one) => (one.cost < best.cost ? one : best)).place;
}

/** @param {number[]} numbers */
function roomAround(numbers) {
  return [Math.min(...numbers) / 1.3, Math.max(...numbers) * 1.3];
}

/**
 * How many points of a curve there are up to an epoch.
 * @param {[number, number][]} points
 * @param {number} epoch
 */
function reached(points, epoch) {
  const next = points.findIndex(([at]) => at > epoch);
  return next < 0 ? points.length : next;
}

/**
 * The cost of training, and where there is a validation set its cost beside it, with a key that has both numbers.
 * @param {Training} training
 * @param {Frame[]} frames
 * @param {(k: number) => void} go
 */
function costPanel({ validation }, frames, go) {
  const costs = frames.map(({ cost }) => cost);
  const beside = validation.map(([epoch, cost]) => /** @type {[number, number]} */ ([epoch, Number(cost)]));
  const { drawn, show } = course(frames, costs, { name: "cost", scaled: true, go, beside });
  if (!beside.length) return { part: panel("Cost", "costs", drawn), show };
  const [training, held] = [element("b", {}), element("b", {})];
  const key = element("p", { class: "key" }, sampleOf("past"), element("span", {}, "training ", training), sampleOf("past second"), element("span", {}, "validation ", held));

  /** @param {number} k */
  function both(k) {
    show(k);
    training.textContent = formatted(costs[k], 4);
    const [, last] = beside[reached(beside, frames[k].epoch) - 1] ?? [0, null];
    held.textContent = last === null ? "–" : formatted(last, 4);
    drawn.setAttribute("aria-label", `${drawn.getAttribute("aria-label")}; validation ${last === null ? "not yet known" : held.textContent}`);
  }
  return { part: panel("Cost", "costs", drawn, key), show: both };
}

/**
 * A piece of a curve, for a key.
 * @param {string} kind
 */
function sampleOf(kind) {
  return shape("svg", { class: "stroke", viewBox: "0 0 28 10", "aria-hidden": "true" }, shape("path", { class: kind, d: "M1,5h26" }));
}

/**
 * What moved a weight from the start of training to the end; the length of a bar shows how far.
 * @param {[string, number][]} moved
 */
function shares(moved) {
  const most = Math.max(...moved.map(([, x]) => Math.abs(x))) || 1;
  const rows = moved.map(([what, x]) => {
    const bar = element("span", { class: `bar ${x < 0 ? "below" : "above"}`, style: `width: ${(100 * Math.abs(x)) / most}%` });
    return element("tr", {}, element("th", { scope: "row" }, what), element("td", {}, formatted(x, 3)), element("td", {}, bar));
  });
  const told = "What moved it, from the start to the end: shares by bookkeeping, not causes";
  return element("table", { class: "shares" }, element("caption", {}, told), element("tbody", {}, ...rows));
}

/**
 * The course of one weight, chosen here or in the picture.
 * @param {Training} training
 * @param {Frame[]} frames
 * @param {(k: number) => void} go
 */
function weightPanel({ weights, words, symbols, moved }, frames, go) {
  let [chosen, at] = [0, 0];
  const names = weights.map(([node]) => inUnicode(words[node]));
  const [chooser, select] = choice("weight", names, names[0]);
  const body = element("div", {});
  let shown = (/** @type {number} */ _k) => {};
  select.addEventListener("change", () => pick(select.selectedIndex));

  /** @param {number} k among the weights */
  function pick(k) {
    chosen = k;
    select.selectedIndex = k;
    const [node, place] = weights[k];
    const { drawn, show } = course(frames, frames.map(({ parameters }) => parameters[place]), { name: words[node], scaled: false, go });
    title.replaceChildren(named(symbols[node]), " over the epochs");
    body.replaceChildren(drawn, ...(moved ? [shares(moved[place])] : []));
    shown = show;
    show(at);
  }

  /** @param {number} k */
  function show(k) {
    at = k;
    shown(k);
  }

  const made = panel("A weight over the epochs", "weight", element("p", {}, chooser), body);
  const title = /** @type {HTMLElement} */ (made.querySelector("h2"));
  if (weights.length) pick(chosen);
  return { part: made, show, choose: (/** @type {number} */ node) => {
    const k = weights.findIndex(([place]) => place === node);
    if (k >= 0) pick(k);
  } };
}
