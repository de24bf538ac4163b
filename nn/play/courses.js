// What changes from frame to frame as a curve: the cost, and a weight. The past is full, the future dashed.

const DECADES = 30; // between the smallest number and the largest, from which on a logarithmic scale shows more

/**
 * @param {Frame[]} frames
 * @param {number[]} numbers one for each frame
 * @param {{ name: string, scaled: boolean, go: (k: number) => void }} plan whether the scale may be logarithmic
 */
function course(frames, numbers, { name, scaled, go }) {
  const finite = numbers.filter(Number.isFinite);
  const logarithmic = scaled && Math.min(...finite) > 0 && Math.max(...finite) > DECADES * Math.min(...finite);
  const x = across([0, Math.max(frames[frames.length - 1].epoch, 1)]);
  const y = upward(logarithmic ? roomAround(finite) : rangeOf(numbers, 0.05), logarithmic);
  const places = frames.map(({ epoch }, k) => [x.place(epoch), y.place(numbers[k])]);
  const line = shape("line", { class: "now", y1: CHART.top, y2: CHART.bottom });
  const dot = shape("circle", { class: "now", r: 5 });
  const curve = shape("path", { class: "curve future", d: lineThrough(places) });
  const past = shape("path", { class: "past" });
  const value = shape("text", { class: "value" });
  const said = logarithmic ? `${name} (log scale)` : name;
  const drawn = chart({ role: "img" }, axes(x, y, ["epoch", said]), plotArea(curve, past, line), dot, value);

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
    for (const end of ["x1", "x2"]) line.setAttribute(end, String(at));
    dot.setAttribute("cx", String(at));
    dot.setAttribute("cy", String(Number.isFinite(height) ? height : 0));
    dot.style.display = Number.isFinite(height) ? "" : "none";
    const isRight = at > (CHART.left + CHART.right) / 2;
    value.setAttribute("x", String(isRight ? at - 9 : at + 9));
    value.setAttribute("y", String(Math.max(CHART.top + 14, (Number.isFinite(height) ? height : 0) - 9)));
    value.setAttribute("text-anchor", isRight ? "end" : "start");
    value.textContent = Number.isFinite(height) ? spelled(numbers[k], 4) : "";
    const spread = finite.length ? `from ${spelled(Math.min(...finite), 4)} to ${spelled(Math.max(...finite), 4)}` : "";
    drawn.setAttribute("aria-label", `${name} over the epochs, ${spread}; here ${spelled(numbers[k], 4)}`);
  }

  return { drawn, show };
}

/** @param {number[]} numbers */
function roomAround(numbers) {
  return [Math.min(...numbers) / 1.3, Math.max(...numbers) * 1.3];
}

/**
 * @param {Frame[]} frames
 * @param {(k: number) => void} go
 */
function costPanel(frames, go) {
  const { drawn, show } = course(frames, frames.map(({ cost }) => cost), { name: "cost", scaled: true, go });
  return { part: panel("Cost", "costs", drawn), show };
}

/**
 * What moved a weight from the start of the training to its end, with a bar as long as it moved it far.
 * @param {[string, number][]} moved
 */
function shares(moved) {
  const most = Math.max(...moved.map(([, x]) => Math.abs(x))) || 1;
  const rows = moved.map(([what, x]) => {
    const bar = element("span", { class: `bar ${x < 0 ? "below" : "above"}`, style: `width: ${(100 * Math.abs(x)) / most}%` });
    return element("tr", {}, element("th", { scope: "row" }, what), element("td", {}, spelled(x, 3)), element("td", {}, bar));
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
  const names = weights.map(([node]) => plainly(words[node]));
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
