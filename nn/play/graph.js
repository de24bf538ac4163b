// The network's graph: the numbers in its boxes, and its weights as widths and colours of the arrows.

const [THIN, THICK] = [0.6, 6];
const FAINT = 0.35; // how much of a line is seen whose weight is 0, so that the large ones stand out
const READABLE = 0.58; // of its natural size; a network that must be smaller to be seen as a whole is scrolled

// `boxes`: the id of each, with its lines: a text and the places of the values whose numbers follow it.
// `weights`: the ids of arrows, each with the edge whose local derivative is the weight, and its name.
function graphPanel({ boxes, weights }, svg, frames, network, examples, chooser) {
  const found = (id) => svg.querySelector(`[data-id="${id}"]`);
  const lines = boxes.flatMap(([id, rows]) => {
    const texts = found(id).querySelectorAll("text.row");
    return rows.map(([text, places], k) => ({ element: texts[k], text, places })).filter(({ places }) => places.length);
  });
  const arrows = weights.map(([id, edge, name]) => ({ group: found(id), edge, name }));
  const at = (k, chosen) => network.computed(frames[k], examples[chosen]);
  const sizes = frames.flatMap((_, k) => {
    const { slopes } = at(k, 0);
    return arrows.map(({ edge }) => Math.abs(slopes[edge]));
  });
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0) || 1;

  function show(k, chosen) {
    const { values, slopes } = at(k, chosen);
    for (const { element, text, places } of lines) element.textContent = line(text, places.map((at) => values[at]));
    for (const { group, edge, name } of arrows) dress(group, name, slopes[edge], Math.abs(slopes[edge]) / largest);
  }

  const whole = element("input", { type: "checkbox" });
  const scroll = element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "the network's graph" }, svg);
  const fit = () => scroll.classList.toggle("whole", whole.checked);
  const settings = element("p", {}, chooser, element("label", { class: "choice" }, whole, "whole network"));
  whole.addEventListener("change", fit);

  // Called when the page has a width: a network that is readable when it is seen as a whole is shown so.
  function arrange() {
    const { width, height } = svg.viewBox.baseVal;
    scroll.classList.add("whole");
    whole.checked = svg.getBoundingClientRect().width >= READABLE * width && height > 0;
    fit();
  }

  return { part: panel("Network", "network", settings, scroll, ...(arrows.length ? [weightKey()] : [])), show, arrange };
}

function dress(group, name, weight, size) {
  const path = group.querySelector("path");
  group.classList.toggle("positive", weight > 0);
  group.classList.toggle("negative", weight < 0);
  path.style.strokeWidth = THIN + (THICK - THIN) * size;
  group.style.opacity = FAINT + (1 - FAINT) * size;
  group.querySelector("title").textContent = `${name} = ${spelled(weight, 6)}`;
}

// A text and numbers; of several the least and the greatest.
function line(text, numbers) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)].map((x) => spelled(x, 4));
  return `${text} ${low === high ? low : `${low} … ${high}`}`.trim();
}

function weightKey() {
  const sample = (sign) => shape("svg", { class: "chainrule sample", viewBox: "0 0 14 14", "aria-hidden": "true" },
    shape("g", { class: `edge ${sign}` }, shape("path", { d: "M0,7h14", "stroke-width": 3 })));
  const entries = [["positive", "weight above 0"], ["negative", "below 0"]];
  return element("p", { class: "key" }, ...entries.map(([sign, text]) => element("span", {}, sample(sign), text)),
    "the wider, the larger");
}
