// The picture: its numbers follow the leaves, its marks follow the steps. Attributes say what each part stands for:
// `data-value`, `data-grad`, `data-slope`, `data-sum` on texts, `data-known` on the sign before a value, `data-places` on
// marks, `data-edges` on arrows.

const THINNEST = 1.25;
const WIDER = 3; // pixels more for the largest contribution
const HINT_LINES = 12; // values that a mark of several lists one by one
const GAMMA = 0.6; // of the colours of cells: small numbers differ from zero

/**
 * The elements with a data attribute, each with the numbers in it.
 * @param {Element} svg
 * @param {string} name
 * @returns {Mark[]}
 */
function marked(svg, name) {
  return [.../** @type {NodeListOf<SVGElement>} */ (svg.querySelectorAll(`[data-${name}]`))].map((shape) =>
    ({ shape, places: (shape.dataset[name] ?? "").split(" ").filter(Boolean).map(Number) }));
}

/**
 * The nodes at an end of an arrow: the one that the id names, or all that a mark stands for.
 * @param {string | undefined} id
 * @param {Map<string | undefined, number[]>} held
 */
function placesOf(id = "", held) {
  return /^n\d+$/.test(id) ? [Number(id.slice(1))] : (held.get(id) ?? []);
}

/**
 * The arrows. The edges that begin where an arrow does determine its width and colour; it may stand for a weight's
 * edge as well, or, from an output to the cost, for all that lies between.
 * @param {Graph} graph
 * @param {SVGSVGElement} svg
 * @returns {Arrow[]}
 */
function arrowsOf(graph, svg) {
  const held = new Map(marked(svg, "places").map(({ shape, places }) => [shape.dataset.id, places]));
  return marked(svg, "edges").map(({ shape, places }) => {
    const [tails, heads] = [shape.dataset.tail, shape.dataset.head].map((id) => placesOf(id, held));
    const tail = tails[0];
    const joining = () => heads.flatMap((head) => graph.entering[head]).filter((edge) => tails.includes(graph.edges[edge].tail));
    const isEdge = /^n/.test(shape.dataset.tail ?? "") && /^n/.test(shape.dataset.head ?? "") && !shape.dataset.id?.startsWith("o");
    const edges = isEdge ? places.filter((edge) => edge < graph.edges.length) : joining();
    const own = edges.filter((edge) => graph.edges[edge].tail === tail);
    const [, ...onto] = marked(shape, "slope")[0]?.places ?? [];
    return { shape, edges, own: own.length ? own : edges, onto, tail, head: headOf(shape) };
  });
}

/**
 * The head of an arrow, to be drawn for any width: its tip stays, and the line goes on into the smallest head.
 * @param {SVGElement} shape
 */
function headOf(shape) {
  const [head, line] = [shape.querySelector(".head"), shape.querySelector(".line")];
  const points = head?.getAttribute("points")?.split(" ").map((point) => point.split(",").map(Number));
  if (!head || !line || points?.length !== 3) return () => {};
  const [[x, y], [ax, ay], [bx, by]] = points;
  const long = Math.hypot(x - (ax + bx) / 2, y - (ay + by) / 2) || 1;
  const [dx, dy] = [(x - (ax + bx) / 2) / long, (y - (ay + by) / 2) / long];
  const neck = 4;
  line.setAttribute("d", `${line.getAttribute("d")}L${(x - neck * dx).toFixed(1)},${(y - neck * dy).toFixed(1)}`);
  return (/** @type {number} */ width) => {
    const length = 5.5 + 1.5 * width;
    const half = 0.42 * length;
    const [fx, fy] = [x - length * dx, y - length * dy];
    const corners = [[x, y], [fx - half * dy, fy + half * dx], [fx + half * dy, fy - half * dx]];
    head.setAttribute("points", corners.map((corner) => corner.map((at) => at.toFixed(1)).join()).join(" "));
  };
}

/** The part of a view that holds the picture, and scrolls where there is not room for all of it. */
function pictureFrame() {
  return element("div", { class: "picture", role: "region", "aria-label": "the graph" });
}

/**
 * @param {Graph} graph
 * @param {SVGSVGElement} svg
 * @param {HTMLElement} scroll
 * @param {(node: number) => void} choose
 */
function pictureOf(graph, svg, scroll, choose) {
  const [slopes, sums, signs] = ["slope", "sum", "known"].map((name) => marked(svg, name));
  const nodes = marked(svg, "places").map((mark) => ({ ...mark, uses: marked(mark.shape, "sum")[0]?.places }));
  const numbers = ["value", "grad"].map((name) => marked(svg, name));
  const cells = numbers.map((marks) => marks.filter(({ shape }) => shape.matches("rect")));
  const [values, grads] = numbers.map((marks) => marks.filter(({ shape }) => !shape.matches("rect")));
  const arrows = arrowsOf(graph, svg);
  /** @type {Map<SVGElement, number>} */
  const outgoing = new Map(arrows.filter(({ shape }) => shape.dataset.id?.startsWith("o"))
    .flatMap(({ shape, tail }) => marked(shape, "slope").map((text) => [text.shape, tail])));
  const drawn = new Set([...nodes, ...numbers.flat()].flatMap(({ places }) => places));
  const hints = new Map(nodes.map(({ shape }) => [shape, shape.querySelector(":scope > title")]));
  const described = svg.querySelector("desc");
  if (described) described.textContent = "The table of all values has the numbers.";
  const marks = [...nodes, ...cells.flat()];
  for (const { shape, places } of marks) {
    shape.addEventListener("click", (event) => { event.stopPropagation(); choose(places[0]); });
  }
  svg.setAttribute("role", "group");
  for (const { shape } of arrows) shape.setAttribute("aria-hidden", "true"); // a screen reader has equations and a table
  roving(scroll, marks.map(({ shape }) => shape), (shape) => shape.dispatchEvent(new MouseEvent("click")));

  /**
   * @param {Model} model
   * @param {Moment} moment
   * @param {boolean} isFresh whether the leaves have their first numbers
   */
  function show(model, moment, isFresh) {
    const active = activeParts(graph, moment);
    // What a picture passes over, between the outputs and the cost, lights up where the cost stands.
    active.receivers = active.receivers.map((node) => (drawn.has(node) ? node : graph.root));
    const [largestValue, largestGrad] = [largestOf(cells[0], model.data), largestOf(cells[1], model.grads)];
    for (const { shape, places } of cells[0]) shade(shape, places.filter((node) => moment.known[node]).map((node) => model.data[node]), largestValue(shape));
    for (const { shape, places } of cells[1]) shade(shape, places.filter(moment.begun).map((node) => moment.sums[node]), largestGrad(shape));
    for (const { shape, places } of cells.flat()) shape.classList.toggle("active", places.some((node) => active.receivers.includes(node)));
    svg.classList.toggle("unfinished", moment.step < moment.timeline.steps.length - 1 || !isFresh);
    for (const { shape, places } of values) {
      write(shape, places.filter((node) => moment.known[node]).map((node) => model.data[node]));
      shape.classList.toggle("active", places.some((node) => active.receivers.includes(node) && !moment.seeded));
    }
    for (const { shape, places: [node] } of signs) shape.setAttribute("visibility", moment.known[node] ? "visible" : "hidden");
    for (const { shape, places } of grads) {
      write(shape, places.filter(moment.begun).map((node) => moment.sums[node]), "∂ ");
      shape.classList.toggle("active", moment.seeded && places.some((node) => active.receivers.includes(node)));
    }
    for (const { shape, places } of slopes) {
      const across = outgoing.get(shape);
      if (across !== undefined) {
        write(shape, moment.seeded && moment.complete(across) ? [model.grads[across]] : [], "", true);
        continue;
      }
      const used = moment.handed.has(places[0]);
      write(shape, used ? [places.reduce((product, edge) => product * model.slopes[edge], 1)] : [], "", true);
    }
    for (const { shape, places } of sums) {
      const used = places.filter((edge) => moment.handed.has(edge));
      write(shape, used.length ? [used.reduce((sum, edge) => sum + model.parts[edge], 0)] : [], "∂ ");
      shape.classList.toggle("active", moment.seeded && places.some((edge) => active.edges.includes(edge)));
    }
    for (const node of nodes) markNode(node, moment, active);
    markArrows(arrows, graph, model, moment, active);
    tell(model, moment);
    follow(true);
  }

  /**
   * All digits, shown when a mark is pointed at.
   * @param {Model} model
   * @param {Moment} moment
   */
  function tell(model, moment) {
    for (const { shape, places } of nodes) {
      const hint = hints.get(shape);
      const lines = places.slice(0, HINT_LINES).map((node) => nodeHint(graph, node, model, moment));
      if (hint) hint.textContent = [...lines, ...(places.length > HINT_LINES ? [`and ${places.length - HINT_LINES} more`] : [])].join("\n");
    }
    for (const arrow of arrows) {
      const hint = arrow.shape.querySelector(":scope > title");
      if (hint) hint.textContent = arrowHint(graph, arrow, model, moment).join("\n");
    }
    for (const { shape, places } of marks) {
      const said = places.slice(0, HINT_LINES).map((node) => markAloud(graph, node, model, moment));
      shape.setAttribute("aria-label", said.join("; "));
    }
  }

  /**
   * Highlight one path, given by its edges; the other arrows lose their colours. No edges: no highlight.
   * @param {number[]} edges
   */
  function light(edges) {
    const lit = new Set(edges);
    const ends = new Set(edges.flatMap((edge) => [graph.edges[edge].tail, graph.edges[edge].head]));
    svg.classList.toggle("paths", edges.length > 0);
    for (const { shape, edges: mine } of arrows) shape.classList.toggle("lit", mine.some((edge) => lit.has(edge)));
    for (const { shape, places } of nodes) shape.classList.toggle("lit", places.some((node) => ends.has(node)));
  }

  /** @param {number | null} node */
  function point(node) {
    for (const { shape, places } of nodes) shape.classList.toggle("pointed", node !== null && places.includes(node));
  }

  /**
   * Bring what a step is about into view, inside the frame of the picture: the page itself does not move.
   * @param {boolean} gently
   */
  function follow(gently) {
    const shapes = [...svg.querySelectorAll(":is(.active, .giving)")].filter(hasSize);
    const found = (/** @type {string} */ selector) => shapes.find((shape) => shape.matches(selector));
    const cited = found(".cite text.active");
    const main = cited ?? found("text.active") ?? found(".node.active");
    // A leaf stands at the head as well, which may be far from where it is used.
    if (main) bringIntoView(scroll, cited ? [cited.closest(".cite") ?? cited, ...shapes.filter((shape) => shape.matches(".giving"))] : shapes, main, gently);
  }

  return { svg, show, light, point, follow, marks: { svg, values, grads, slopes, sums, nodes, arrows } };
}

/**
 * A number in a text; of several the smallest and the largest; nothing where none is there yet.
 * @param {SVGElement} text
 * @param {number[]} numbers
 * @param {string} [mark]
 * @param {boolean} [signed] whether it has the colour of its sign
 */
function write(text, numbers, mark = "", signed = Boolean(mark)) {
  const prefix = text.dataset.prefix ?? mark;
  const ends = numbers.length ? [Math.min(...numbers), Math.max(...numbers)].map((x) => (Number.isNaN(x) ? "nan" : brief(x))) : [];
  const shown = ends.length && ends[0] !== ends[1] ? ends.join(" … ") : (ends[0] ?? "");
  text.textContent = shown && prefix + shown;
  text.classList.toggle("positive", signed && numbers.length === 1 && numbers[0] > 0);
  text.classList.toggle("negative", signed && numbers.length === 1 && numbers[0] < 0);
}

/**
 * A cell of a matrix: the larger its number among those of its block, the stronger its colour.
 * @param {SVGElement} cell
 * @param {number[]} numbers
 * @param {number} largest
 */
function shade(cell, [x], largest) {
  const share = x && largest ? Math.min(1, Math.abs(x) / largest) : 0;
  cell.classList.toggle("positive", x > 0);
  cell.classList.toggle("negative", x < 0);
  cell.classList.toggle("nan", Number.isNaN(x));
  cell.setAttribute("fill-opacity", String(Number.isNaN(x) ? 1 : (share || 0) ** GAMMA));
}

/**
 * The largest number of each block of cells, at the end of both passes: so that no colour changes on the way.
 * @param {Mark[]} cells
 * @param {Numbers} numbers
 */
function largestOf(cells, numbers) {
  /** @type {Map<Element | null, number>} */
  const found = new Map();
  for (const { shape, places } of cells) {
    const block = shape.closest(".grid");
    const size = Math.abs(numbers[places[0]]);
    if (Number.isFinite(size)) found.set(block, Math.max(found.get(block) ?? 0, size));
  }
  return (/** @type {Element} */ shape) => found.get(shape.closest(".grid")) ?? 0;
}

/**
 * @param {Graph} graph
 * @param {number} node
 * @param {Model} model
 * @param {Moment} moment
 */
function nodeHint(graph, node, { data }, { known, begun, sums }) {
  const name = graph.words[node];
  const value = known[node] ? ` = ${allDigits(data[node])}` : "";
  return begun(node) ? `${name}${value}, ${derivativeWords(graph, graph.root, node)} = ${allDigits(sums[node])}` : name + value;
}

/**
 * The local derivatives of an arrow, with all digits once they have been used; those of several edges one by one.
 * @param {Graph} graph
 * @param {Arrow} arrow
 * @param {Model} model
 * @param {Moment} moment
 */
function arrowHint(graph, { own, onto, tail }, { slopes, grads }, { handed, seeded, complete }) {
  const by = (/** @type {number} */ head, /** @type {number} */ node) => derivativeWords(graph, head, node);
  const told = (/** @type {string} */ name, /** @type {boolean} */ known, /** @type {number} */ x) => (known ? `${name} = ${allDigits(x)}` : name);
  if (!own.length) return [told(by(graph.root, tail), seeded && complete(tail), grads[tail])];
  if (own.length === 1) {
    const way = [own[0], ...onto];
    const slope = way.reduce((product, edge) => product * slopes[edge], 1);
    return [told(by(graph.edges[way[way.length - 1]].head, tail), handed.has(own[0]), slope)];
  }
  const each = own.slice(0, HINT_LINES).map((edge) => told(by(graph.edges[edge].head, graph.edges[edge].tail), handed.has(edge), slopes[edge]));
  return [...each, ...(own.length > HINT_LINES ? [`and ${own.length - HINT_LINES} more`] : [])];
}

/**
 * What a mark shows, as a screen reader says it.
 * @param {Graph} graph
 * @param {number} node
 * @param {Model} model
 * @param {Moment} moment
 */
function markAloud(graph, node, { data }, { known, begun, sums }) {
  const value = known[node] ? ` equals ${numberAloud(brief(data[node]))}` : "";
  const grad = begun(node) ? `, gradient ${numberAloud(brief(sums[node]))}` : "";
  return graph.spoken[node] + value + grad;
}

/**
 * Which node passes on, which ones receive, and along which edges: in the forward pass a node from all its operands.
 * @param {Graph} graph
 * @param {Moment} moment
 * @returns {Active}
 */
function activeParts(graph, { phase, node, edge }) {
  if (edge === undefined) {
    return { receivers: node === undefined ? [] : [node], edges: phase === "forward" && node !== undefined ? graph.entering[node] : [] };
  }
  const { tail, head } = graph.edges[edge];
  return { giver: head, receivers: [tail], edges: [edge] };
}

/**
 * A leaf that is drawn at each place of use is active at its head, and where the active edge leaves it.
 * @param {Mark & { uses?: number[] }} mark
 * @param {Moment} moment
 * @param {Active} active
 */
function markNode({ shape, places, uses }, moment, { giver, receivers, edges }) {
  shape.classList.toggle("pending", !places.some((node) => moment.known[node]));
  shape.classList.toggle("done", places.every(moment.complete));
  shape.classList.toggle("giving", giver !== undefined && places.includes(giver));
  shape.classList.toggle("active", places.some((node) => receivers.includes(node)) && (!uses || uses.some((edge) => edges.includes(edge))));
}

/**
 * Colour and width come with the number that they stand for: the width shows how much an edge contributes to
 * the gradient; before that, all lines are equally thin.
 * @param {Arrow[]} arrows
 * @param {Graph} graph
 * @param {Model} model
 * @param {Moment} moment
 * @param {Active} active
 */
function markArrows(arrows, graph, { slopes, parts, grads }, moment, active) {
  const strength = (/** @type {Arrow} */ { own, tail }, /** @type {(edge: number) => boolean} */ come) =>
    own.length ? own.filter(come).reduce((sum, edge) => sum + Math.abs(parts[edge]), 0) : Math.abs(grads[tail]);
  const largest = Math.max(0, ...arrows.map((arrow) => strength(arrow, (edge) => !graph.constants.has(graph.edges[edge].tail))).filter(Number.isFinite));
  for (const arrow of arrows) {
    const { shape, edges, own, onto, tail } = arrow;
    const handed = own.filter((edge) => moment.handed.has(edge));
    const known = own.length ? handed.length > 0 : moment.complete(tail);
    const sign = own.length === 1 ? [own[0], ...onto].reduce((product, edge) => product * slopes[edge], 1) : own.length ? 0 : grads[tail];
    const come = known ? strength(arrow, (edge) => moment.handed.has(edge)) : 0;
    const share = come > 0 && largest > 0 ? Math.min(1, come / largest) : 0;
    shape.classList.toggle("known", known);
    shape.classList.toggle("positive", known && sign > 0);
    shape.classList.toggle("negative", known && sign < 0);
    shape.classList.toggle("zero", known && come === 0);
    shape.classList.toggle("active", edges.some((edge) => active.edges.includes(edge)));
    shape.classList.toggle("pending", !edges.some((edge) => moment.known[graph.edges[edge].head]));
    const width = THINNEST + WIDER * Math.sqrt(share);
    shape.style.setProperty("--width", `${width.toFixed(2)}px`);
    arrow.head(width);
  }
}

/** Whether a shape takes up room: a number that is not shown yet does not. @param {Element} shape */
function hasSize(shape) {
  const { width, height } = shape.getBoundingClientRect();
  return width + height > 0;
}

/**
 * Scroll a frame so that a mark stands in its middle, unless all that belongs to it can be seen already.
 * @param {HTMLElement} frame
 * @param {Element[]} shapes
 * @param {Element} main
 * @param {boolean} gently
 */
function bringIntoView(frame, shapes, main, gently) {
  const outer = frame.getBoundingClientRect();
  const isSeen = (/** @type {Element} */ shape) => {
    const inner = shape.getBoundingClientRect();
    return inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;
  };
  if (!frame.clientWidth || shapes.every(isSeen)) return;
  const inner = main.getBoundingClientRect();
  const left = (inner.left + inner.right - outer.left - outer.right) / 2;
  const top = (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
  const isFar = Math.hypot(left, top) > 2 * frame.clientWidth;
  frame.scrollBy({ left, top, behavior: isFar || !gently ? "instant" : "auto" });
}
