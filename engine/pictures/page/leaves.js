// Live leaves: a slider and a field for each; whatever changes, `change(place, x)` is told.

function leavesPanel(graph, leaves, start, change) {
  const rows = leaves.map((node, place) => leafRow(graph, node, start[place], (x) => change(place, x)));
  const list = element("div", { class: "rows" }, ...rows.map((row) => row.made));
  const panel = element("section", { class: "leaves" }, element("h3", {}, "Change a leaf"), list);
  return { panel, show: (x) => rows.forEach((row, place) => row.show(x[place])) };
}

function leafRow(graph, node, start, change) {
  const name = graph.words[node];
  const reach = Math.max(2, Math.ceil(2 * Math.abs(start)));
  const range = { min: -reach, max: reach, step: "any" };
  const slider = element("input", { type: "range", ...range, "aria-label": `${name}, slider` });
  const field = numberField(name, change);
  const label = element("span", { class: "name" }, symbolOf(graph, node));
  slider.addEventListener("input", () => change(coarse(slider.valueAsNumber, 2 * reach)));

  // A number that was typed may lie further out than the slider went.
  function show(x) {
    slider.min = Math.min(slider.min, x);
    slider.max = Math.max(slider.max, x);
    slider.value = x;
    slider.setAttribute("aria-valuetext", spelled(x));
    field.show(x);
  }

  return { made: element("div", { class: "leaf" }, label, slider, field.made), show };
}

// A field for a number. What is no number is refused: it is said below, and nothing changes.
function numberField(name, change) {
  const plain = { autocomplete: "off", spellcheck: "false", size: 8 };
  const input = element("input", { type: "text", ...plain, "aria-label": name });
  const refusal = element("span", { class: "refusal", role: "alert" });
  let current = null;

  // All digits are there for whoever points at it.
  function show(x) {
    current = x;
    input.value = spelled(x);
    input.title = exactly(x);
    settle();
  }

  function settle() {
    input.removeAttribute("aria-invalid");
    refusal.textContent = "";
  }

  function refuse() {
    input.setAttribute("aria-invalid", "true");
    refusal.textContent = `“${input.value}” is no number such as −0.5; ${name} stays ${spelled(current)}`;
  }

  input.addEventListener("change", () => {
    const x = typed(input.value);
    if (x === null) return refuse();
    settle();
    change(x);
  });
  return { made: element("span", { class: "field" }, input, refusal), show, get value() { return current; } };
}
