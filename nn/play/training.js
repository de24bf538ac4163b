// The training of a network, frame by frame: its graph, its cost, and what it says.

const FLAT = 320; // pixels; a network that is less high has a row of its own

function panel(title, kind, ...children) {
  const attributes = { class: `panel ${kind}`, role: "region", "aria-label": title };
  return element("div", attributes, element("h3", {}, title), ...children);
}

function mount(root, payload, svg) {
  const frames = framesOf(payload.frames);
  const network = networkOf(payload);
  const { examples } = payload;
  const names = examples.map(({ inputs, desired }, k) => `${k}: ${several(inputs)} → ${several(desired)}`);
  const [chooser, chosen] = choice("numbers of example", names, names[0]);
  const graph = graphPanel(payload.picture, svg, frames, network, examples, chooser);
  const panels = [
    graph,
    costPanel(frames, (k) => { player.stop(); player.go(k); }),
    outcomePanel(payload, frames, network, choose),
  ];

  function choose(k) {
    chosen.value = names[k];
    show(player.step);
  }

  function show(k) {
    for (const part of panels) part.show(k, chosen.selectedIndex);
  }

  const describe = (k) => `epoch ${spelled(frames[k].epoch)}: cost ${spelled(frames[k].cost, 4)}`;
  root.querySelector(".still")?.remove();
  const player = transport(root, { count: frames.length, show, describe });
  root.querySelector(".transport select").value = pace(frames.length);
  const flat = svg.viewBox.baseVal.height < FLAT;
  root.append(element("div", { class: flat ? "panels flat" : "panels" }, ...panels.map(({ part }) => part)));
  chosen.addEventListener("change", () => show(player.step));
  graph.arrange();
}

// Many frames are a film of ten seconds or so, if the reader does not mind motion.
function pace(count) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return "1×";
  return count > 50 ? "20×" : "5×";
}
