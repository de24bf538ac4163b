// The marks of a picture and the keyboard: one stop for Tab; arrows move from mark to mark.

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE = 2.5; // how many pixels along an arrow's direction one pixel across it counts for

/**
 * A click leaves the focus where it is: whoever points with a mouse goes on stepping with the arrows.
 * @param {HTMLElement} frame that listens: an SVG element that listened would be one more stop
 * @param {SVGElement[]} shapes
 * @param {(shape: SVGElement) => void} choose what Enter and Space do
 */
function roving(frame, shapes, choose) {
  for (const [k, shape] of shapes.entries()) {
    shape.setAttribute("role", "button");
    shape.setAttribute("tabindex", k ? "-1" : "0");
  }
  const markOf = (/** @type {EventTarget | null} */ target) =>
    shapes.find((shape) => target instanceof Node && shape.contains(target) && shape === /** @type {Element} */ (target).closest("[tabindex]"));
  frame.addEventListener("mousedown", (event) => { if (markOf(event.target)) event.preventDefault(); });
  frame.addEventListener("focusin", ({ target }) => {
    const mark = markOf(target);
    if (mark) for (const shape of shapes) shape.setAttribute("tabindex", shape === mark ? "0" : "-1");
  });
  frame.addEventListener("keydown", (event) => {
    const mark = markOf(event.target);
    if (!mark || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const next = nextMark(mark, shapes, event.key);
    if (!next && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (next) next.focus();
    else choose(mark);
  });
}

/**
 * The nearest mark in the direction of an arrow, the mark itself where there is none; the first and the last.
 * @param {SVGElement} from
 * @param {SVGElement[]} shapes
 * @param {string} key
 */
function nextMark(from, shapes, key) {
  if (key === "Home") return shapes[0];
  if (key === "End") return shapes[shapes.length - 1];
  if (!Object.hasOwn(ARROWS, key)) return null;
  const [right, down] = ARROWS[key];
  const [x, y] = middle(from);
  let [best, least] = [from, Infinity];
  for (const shape of shapes) {
    const [dx, dy] = middle(shape).map((at, k) => at - [x, y][k]);
    const along = dx * right + dy * down;
    const far = along + ASIDE * Math.abs(dx * down - dy * right);
    if (along > 1 && far < least) [best, least] = [shape, far];
  }
  return best;
}

/** @param {Element} shape */
function middle(shape) {
  const { left, right, top, bottom } = (shape.querySelector(":scope > .shape") ?? shape).getBoundingClientRect();
  return [(left + right) / 2, (top + bottom) / 2];
}
