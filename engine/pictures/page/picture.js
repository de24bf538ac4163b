// The picture: its numbers follow the leaves, its marks follow the steps.

const PATHS = 6; // hues that a path can have

// The more an edge contributes to the gradient, the broader its line, as in every picture of ours.
function lineWidth(part, largest) {
  if (Number.isNaN(part)) return 1.2;
  return 1 + 4 * Math.sqrt(part === 0 ? 0 : Math.min(1, Math.abs(part) / largest));
}

// The picture's boxes and arrows, each with the nodes and edges that it stands for.
function shapesOf(svg, { rows, holds, arrows }) {
  const byId = new Map([...svg.querySelectorAll("[data-id]")].map((shape) => [shape.dataset.id, shape]));
  const boxes = new Map(Object.entries(rows).map(([id, lines]) => [id, { shape: byId.get(id), lines, nodes: [] }]));
  holds.forEach((id, node) => boxes.get(id).nodes.push(node));
  return { boxes, arrows: arrows.map(([edges, on], k) => ({ shape: byId.get(`e${k}`), edges, on })) };
}

function pictureOf(graph, svg, plan, choose) {
  const { boxes, arrows } = shapesOf(svg, plan);
  const scroll = element("div", { class: "picture", tabindex: 0, role: "region", "aria-label": "the graph" }, svg);
  svg.querySelector("desc").textContent = "The numbers stand in the table of all values.";
  for (const { shape, lines, nodes } of boxes.values()) {
    const [main] = lines.flatMap(([, places]) => places).concat(nodes);
    shape.addEventListener("click", () => choose(main));
  }

  function show(model, moment) {
    const active = activeParts(graph, moment);
    for (const { shape, lines, nodes } of boxes.values()) {
      writeRows(shape, lines, model, moment);
      markBox(shape, nodes, moment, active);
    }
    for (const { shape, edges, on } of arrows) {
      markArrow(graph, shape, edges, moment, active);
      if (edges.length === 1) writeSlope(shape, model.slopes[edges[0]] * (on < 0 ? 1 : model.slopes[on]));
    }
    measureArrows(arrows, model);
    bringIntoView(scroll, boxes.get(plan.holds[active.receiver])?.shape);
  }

  // Lights paths, each a list of edges, in hues of their own; without any, all is as bright.
  function light(paths) {
    const hues = new Map();
    paths.forEach((edges, k) => edges.forEach((edge) => hues.has(edge) || hues.set(edge, k + 1)));
    const ends = [...hues.keys()].flatMap((edge) => [graph.edges[edge].tail, graph.edges[edge].head]);
    const lit = new Set(ends.map((node) => plan.holds[node]));
    for (const { shape, edges } of arrows) {
      const hue = Math.min(...edges.map((edge) => hues.get(edge) ?? Infinity));
      for (let k = 1; k <= PATHS; k++) shape.classList.toggle(`path${k}`, hue === k);
      shape.classList.toggle("dim", paths.length > 0 && hue === Infinity);
    }
    for (const [id, { shape }] of boxes) shape.classList.toggle("dim", paths.length > 0 && !lit.has(id));
  }

  function point(node) {
    for (const [id, { shape }] of boxes) shape.classList.toggle("pointed", id === plan.holds[node]);
  }

  return { scroll, show, light, point };
}

// Who hands on and who receives, and along which edges: in the forward pass a node from all its operands.
function activeParts(graph, { phase, node, edge }) {
  if (phase !== "backward") return { receiver: node, edges: phase === "forward" ? graph.entering[node] : [] };
  const { tail, head } = graph.edges[edge];
  return { giver: head, receiver: tail, edges: [edge] };
}

function writeRows(shape, lines, model, moment) {
  const texts = shape.querySelectorAll(".row");
  lines.forEach((line, k) => {
    if (line[1].length) texts[k].textContent = rowText(line, model, moment);
  });
}

// A line of a box: a number, of several the smallest and the largest, or a dash where none is there yet.
function rowText([name, nodes, isGrad], model, moment) {
  const ready = nodes.filter((node) => (isGrad ? moment.begun(node) : moment.known[node]));
  const numbers = ready.map((node) => (isGrad ? moment.sums[node] : model.data[node]));
  const ends = [Math.min(...numbers), Math.max(...numbers)].map((x) => spelled(x, 4));
  const shown = ready.length === 0 ? "–" : ends[0] === ends[1] ? ends[0] : ends.join(" … ");
  return `${name} ${shown}${isGrad && nodes.length === 1 ? progress(nodes[0], moment) : ""}`;
}

function progress(node, { begun, complete, come, expected }) {
  if (complete(node)) return " ✓";
  return begun(node) ? ` (${come[node]}/${expected(node)})` : "";
}

function markBox(shape, nodes, moment, { giver, receiver }) {
  shape.classList.toggle("pending", !nodes.some((node) => moment.known[node]));
  shape.classList.toggle("waiting", moment.seeded && !nodes.some(moment.begun));
  shape.classList.toggle("done", nodes.every(moment.complete));
  shape.classList.toggle("giving", nodes.includes(giver));
  shape.classList.toggle("active", nodes.includes(receiver));
}

// What is lit lies above all other arrows, also where they are many.
function markArrow(graph, shape, edges, moment, active) {
  const isActive = edges.some((edge) => active.edges.includes(edge));
  shape.classList.toggle("active", isActive);
  if (isActive) shape.parentNode.append(shape);
  shape.classList.toggle("waiting", moment.seeded && !edges.some((edge) => moment.handed.has(edge)));
  shape.classList.toggle("done", edges.every((edge) => moment.handed.has(edge)));
  shape.classList.toggle("pending", !edges.some((edge) => moment.known[graph.edges[edge].head]));
}

function writeSlope(shape, slope) {
  shape.classList.toggle("positive", slope > 0);
  shape.classList.toggle("negative", slope < 0);
  const label = shape.querySelector("text");
  if (label) label.textContent = spelled(slope, 4);
}

function measureArrows(arrows, { parts }) {
  const strengths = arrows.map(({ edges }) => edges.reduce((sum, edge) => sum + Math.abs(parts[edge]), 0));
  const largest = Math.max(0, ...strengths.filter(Number.isFinite));
  arrows.forEach(({ shape }, k) => {
    shape.querySelector("path").style.strokeWidth = lineWidth(strengths[k], largest);
  });
}

// Inside the frame of the picture: the page itself does not move. A long way is not glided along.
function bringIntoView(frame, shape) {
  if (!shape || !frame.clientWidth) return;
  const [inner, outer] = [shape.getBoundingClientRect(), frame.getBoundingClientRect()];
  const across = inner.left >= outer.left && inner.right <= outer.right;
  const along = inner.top >= outer.top && inner.bottom <= outer.bottom;
  if (across && along) return;
  const left = (inner.left + inner.right - outer.left - outer.right) / 2;
  const top = (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
  const isFar = Math.hypot(left, top) > 2 * frame.clientWidth;
  frame.scrollBy({ left, top, behavior: isFar ? "instant" : "auto" });
}
