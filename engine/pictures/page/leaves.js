// Live leaves: a slider and a field for each; each change calls `change(place, x)`.

const ORDINARY = 0.001; // from this size on, a number stands on a slider from −2 to 2, as most weights do

/**
 * @param {Graph} graph
 * @param {[string, number[]][]} groups
 * @param {number[]} leaves
 * @param {Numbers} start
 * @param {(place: number, x: number) => void} change
 * @param {() => void} reset
 */
function leavesPanel(graph, groups, leaves, start, change, reset) {
  const rows = leaves.map((node, place) => leafRow(graph, node, start[place], (x) => change(place, x)));
  const made = new Map(leaves.map((node, place) => [node, rows[place].made]));
  const parts = groups.flatMap(([title, nodes]) => {
    const mine = nodes.flatMap((node) => made.get(node) ?? []);
    mine.forEach((_, k) => made.delete(nodes[k]));
    return mine.length ? [element("h4", {}, title), ...mine] : [];
  });
  const others = rows.map((row) => row.made).filter((row) => !parts.includes(row));
  const list = element("div", { class: "rows" }, ...parts, ...others);
  const buttons = element("div", { class: "buttons" }, button("Reset", reset));
  const panel = element("section", { class: "leaves" }, list, buttons);
  return { panel, show: (/** @type {Numbers} */ x) => rows.forEach((row, place) => row.show(x[place])) };
}

/**
 * @param {Graph} graph
 * @param {number} node
 * @param {number} start
 * @param {(x: number) => void} change
 */
function leafRow(graph, node, start, change) {
  const name = graph.words[node];
  const reach = reachOf(start);
  const range = { min: -reach, max: reach, step: "any" };
  const slider = element("input", { type: "range", ...range, "aria-label": `${name}, slider` });
  const field = numberField(name, change);
  const label = element("span", { class: "name" }, symbolOf(graph, node));
  let held = false;
  slider.addEventListener("input", () => { held = true; change(coarse(slider.valueAsNumber, 2 * reach)); });
  slider.addEventListener("change", () => { held = false; });

  /**
   * A number outside the range of the slider widens it, until a hand has let go of it.
   * @param {number} x
   */
  function show(x) {
    const [low, high] = held ? [Number(slider.min), Number(slider.max)] : [-reach, reach];
    slider.min = String(Math.min(low, x));
    slider.max = String(Math.max(high, x));
    slider.value = String(x);
    slider.setAttribute("aria-valuetext", formatted(x));
    field.show(x);
  }

  return { made: element("div", { class: "leaf" }, label, slider, field.made), show };
}

/**
 * How far a slider goes to both sides: to 2 for an ordinary number and for 0, twice as far as any other number,
 * rounded up to a single figure.
 * @param {number} start
 */
function reachOf(start) {
  const size = 2 * Math.abs(start);
  if (!(size > 0 && Number.isFinite(size)) || (size >= 2 * ORDINARY && size <= 2)) return 2;
  const [mantissa, power] = size.toExponential(15).split("e");
  return Math.max(Number(`${Math.ceil(Number(mantissa))}e${power}`), size);
}

/**
 * A field for a number. Anything else is refused: a message below says so, and nothing changes.
 * @param {string} name
 * @param {(x: number) => void} change
 */
function numberField(name, change) {
  const plain = { autocomplete: "off", spellcheck: "false", inputmode: "decimal", size: 8 };
  const input = element("input", { type: "text", ...plain, "aria-label": name });
  const refusal = element("span", { class: "refusal", role: "alert" });
  let current = NaN;

  /**
   * All digits are shown when it is pointed at.
   * @param {number} x
   */
  function show(x) {
    current = x;
    input.value = formatted(x);
    input.title = allDigits(x);
    settle();
  }

  function settle() {
    input.removeAttribute("aria-invalid");
    refusal.textContent = "";
  }

  function refuse() {
    input.setAttribute("aria-invalid", "true");
    refusal.textContent = `“${input.value}” is not a number such as −0.5; ${name} stays ${formatted(current)}`;
  }

  input.addEventListener("change", () => {
    const x = parsed(input.value);
    if (x === null) return refuse();
    settle();
    change(x);
  });
  return { made: element("span", { class: "field" }, input, refusal), show, get value() { return current; } };
}
