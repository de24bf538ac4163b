// How large the picture is, and where the equation stands: so that the picture is as large as can be. Zoom,
// pan, full screen.

const FLOORS = { cell: 11, phone: 11, narrow: 12, page: 12, wide: 16 }; // the least height of text in the picture, pixels
const CAPS = { cell: 18, page: 26, lecture: 40 }; // and the largest that it grows to without zoom
const FACTOR = 1.25; // of one step of the zoom
const BESIDE = [320, 440]; // pixels that the equation takes where it stands beside the picture; on a wide page
const PHONE = 560;
const STACKED = 780; // up to here the equation and the drawer stand below the picture
const STORY = { usual: 176, asking: 264 }; // pixels that the equation takes below the picture
const GROWTH = 1.3; // how much larger an equation becomes where the picture leaves room below it
const AROUND = 120; // pixels of a window that a notebook keeps for its bars
const CELL = { least: 580, usual: 780, most: 860 }; // the height of a cell
const LEAST_BESIDE = 340; // of a picture with the equation beside it

/**
 * Choose the arrangement with the larger picture; the equation stands below it where both are nearly the same.
 * @param {number} wide of the picture
 * @param {number} high
 * @param {{ width: number, height: number, story: number }} room for picture and story
 */
function isBeside(wide, high, { width, height, story }) {
  const below = Math.min(width / wide, (height - story) / high);
  return width > 900 && Math.min((width - BESIDE[width < 1600 ? 0 : 1]) / wide, height / high) > 1.05 * below;
}

/**
 * The smallest text in a picture, in its own units; indices are smaller, but not separate texts.
 * @param {SVGSVGElement} svg
 */
function smallestText(svg) {
  const sizes = [...svg.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize));
  return Math.min(...sizes.filter(Boolean), 16);
}

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} frame the part that scrolls
 * @param {SVGSVGElement[]} pictures the usual one, and one for a narrow screen where there is one
 * @param {{ story: HTMLElement, seen: (picture: number) => void, follow: (gently: boolean) => void, changed: () => void }} parts
 */
function arrangement(root, frame, pictures, { story: equation, seen, follow, changed }) {
  const page = isPage(root);
  let [svg, wide, high, smallest] = [pictures[0], 0, 0, 16];
  let zoom = 1;
  let scale = 0;
  let screen = { ratio: devicePixelRatio, width: innerWidth };
  let tall = 0;

  /** @param {SVGSVGElement} next */
  function put(next) {
    svg = next;
    frame.replaceChildren(svg);
    ({ width: wide, height: high } = svg.viewBox.baseVal);
    smallest = smallestText(svg);
  }
  put(pictures[0]);

  function floor() {
    const width = root.clientWidth;
    const onPage = width <= PHONE ? FLOORS.phone : width < 1600 ? FLOORS.page : FLOORS.wide;
    return (svg !== pictures[0] ? FLOORS.narrow : page ? onPage : FLOORS.cell) / smallest;
  }

  // In a notebook, graph, equation and buttons are in sight together.
  function cellHeight() {
    const seen = window === window.top ? innerHeight - AROUND : CELL.usual; // a frame's height may follow from its content
    return Math.min(CELL.most, Math.max(CELL.least, seen));
  }

  // Where it stands below anyway, its height is the style sheet's.
  function narrowStory() {
    return Math.max(STORY.usual, equation.offsetHeight);
  }

  /**
   * Height that the picture cannot use goes to the equation below it, the same at every step.
   * @param {number} height of picture and equation; 0 where the equation keeps its size
   */
  function grow(height) {
    const usual = STORY.usual * parseFloat(getComputedStyle(root).getPropertyValue("--base"));
    const most = (root.classList.contains("lecture") ? CAPS.lecture : CAPS.page) / smallest;
    const drawn = high * Math.max(Math.min(frame.clientWidth / wide, (height - usual) / high, most), floor());
    const share = height ? Math.min(GROWTH, Math.max(1, (height - drawn - 16) / usual)) : 1;
    root.style.setProperty("--grow", share.toFixed(3));
  }

  /** Show the picture that suits the width. */
  function choose() {
    const next = root.clientWidth <= PHONE && pictures.length > 1 ? 1 : 0;
    if (svg === pictures[next]) return;
    put(pictures[next]);
    seen(next);
  }

  function arrange() {
    if (!root.clientWidth) return;
    choose();
    const lecture = root.classList.contains("lecture");
    const asking = root.classList.contains("asking");
    const stage = /** @type {HTMLElement} */ (frame.closest(".stage"));
    const rest = [...stage.children].filter((part) => part.matches("header, footer"))
      .reduce((sum, part) => sum + /** @type {HTMLElement} */ (part).offsetHeight, 0);
    const isCell = !page && !lecture;
    const height = (isCell ? cellHeight() : root.clientHeight) - rest;
    const below = asking ? STORY.asking : STORY.usual;
    const beside = (page || (isCell && !asking)) && isBeside(wide, high, { width: root.clientWidth - 48, height, story: below });
    root.classList.toggle("beside", beside);
    const story = root.clientWidth <= STACKED ? narrowStory() : below;
    grow(beside || asking || isCell || root.clientWidth <= STACKED ? 0 : height);
    const room = isCell ? height - (beside ? 0 : story) : frame.clientHeight;
    const width = frame.clientWidth / wide;
    const whole = Math.min(width, (room - 4) / high);
    const fit = page || whole >= floor() ? whole : width; // a cell that has to scroll anyway does so with larger letters
    const cap = (lecture ? CAPS.lecture : page ? CAPS.page : CAPS.cell) / smallest;
    const fitted = Math.max(Math.min(fit, cap), floor());
    scale = fitted * zoom;
    if (isCell) {
      const shown = Math.min(room, high * fitted + 8);
      const needed = rest + (beside ? Math.max(shown, LEAST_BESIDE) : shown + story);
      tall = root.classList.contains("open") ? Math.max(tall, needed) : needed; // an open drawer moves no button
      frame.style.maxHeight = `${room}px`;
      stage.style.height = asking || root.clientWidth <= STACKED ? "" : `${tall}px`;
    } else {
      frame.style.maxHeight = stage.style.height = "";
    }
    svg.style.width = `${(wide * scale).toFixed(1)}px`;
    svg.style.height = `${(high * scale).toFixed(1)}px`;
    fade();
    equation.toggleAttribute("tabindex", equation.scrollHeight > equation.clientHeight + 1);
  }

  /**
   * Zoom about a point of the frame, its middle where none is given.
   * @param {number} next
   * @param {{ x: number, y: number }} [at]
   */
  function zoomTo(next, at = { x: frame.clientWidth / 2, y: frame.clientHeight / 2 }) {
    const before = scale;
    zoom = Math.min(16, Math.max(1 / 16, next));
    const [left, top] = [frame.scrollLeft + at.x, frame.scrollTop + at.y];
    arrange();
    frame.scrollTo({ left: (left * scale) / before - at.x, top: (top * scale) / before - at.y, behavior: "instant" });
    changed();
  }

  /** Show the whole picture, however small it becomes. */
  function fit() {
    const whole = Math.min(frame.clientWidth / wide, page ? (frame.clientHeight - 4) / high : Infinity);
    const isAll = Math.abs(scale - whole) < 1e-3;
    zoom = 1;
    arrange();
    if (!isAll && scale > whole) zoomTo(whole / scale);
    changed();
    follow(false);
  }

  // An edge fades where the picture goes on behind it.
  function fade() {
    const [across, down] = [frame.scrollWidth - frame.clientWidth, frame.scrollHeight - frame.clientHeight];
    const [left, top] = [Math.abs(frame.scrollLeft), frame.scrollTop];
    const more = { left: left > 4, right: left < across - 4, top: top > 4, bottom: top < down - 4 };
    for (const [side, on] of Object.entries(more)) frame.classList.toggle(`more-${side}`, on);
  }

  function fullScreen() {
    const on = root.classList.toggle("lecture");
    if (on) root.requestFullscreen?.().catch(() => {}); // where it is not allowed, the view fills the window
    else if (document.fullscreenElement) document.exitFullscreen();
    arrange();
    follow(false);
  }

  document.addEventListener("fullscreenchange", () => {
    if (document.fullscreenElement || !root.classList.contains("lecture")) return;
    root.classList.remove("lecture");
    arrange();
  });
  // Who enlarges the page in the browser enlarges the picture too; otherwise it would be fitted again.
  window.addEventListener("resize", () => {
    const now = { ratio: devicePixelRatio, width: innerWidth };
    const enlarged = now.ratio / screen.ratio;
    const same = Math.abs((now.width * now.ratio) / (screen.width * screen.ratio) - 1) < 0.05;
    screen = now;
    if (same && enlarged !== 1) zoomTo(zoom * enlarged);
    else if (!page) arrange();
  });
  frame.addEventListener("scroll", fade, { passive: true });
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    zoomTo(zoom * Math.exp(-event.deltaY / 300), { x: event.clientX - box.left, y: event.clientY - box.top });
  }, { passive: false });
  drag(frame);
  pinch(frame, () => zoom, zoomTo);
  new ResizeObserver(() => { arrange(); follow(false); }).observe(root);
  new ResizeObserver(arrange).observe(frame);

  return {
    arrange, fit, fullScreen, zoomTo,
    larger: () => zoomTo(zoom * FACTOR),
    smaller: () => zoomTo(zoom / FACTOR),
    get zoom() { return zoom; },
  };
}

/**
 * Dragging with the mouse moves the picture; a click stays a click.
 * @param {HTMLElement} frame
 */
function drag(frame) {
  /** @type {{ x: number, y: number, left: number, top: number } | null} */
  let from = null;
  let moved = false;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop };
    moved = false;
  });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    moved ||= Math.hypot(x, y) > 4;
    if (moved) frame.scrollTo({ left: from.left - x, top: from.top - y, behavior: "instant" });
    frame.classList.toggle("dragged", moved);
  });
  window.addEventListener("pointerup", () => {
    from = null;
    frame.classList.remove("dragged");
  });
  frame.addEventListener("click", (event) => {
    if (moved) event.stopPropagation();
    moved = false;
  }, { capture: true });
}

/**
 * Two fingers zoom the picture, and not the page.
 * @param {HTMLElement} frame
 * @param {() => number} zoom
 * @param {(zoom: number, at: { x: number, y: number }) => void} zoomTo
 */
function pinch(frame, zoom, zoomTo) {
  let [apart, start] = [0, 1];
  /** @param {TouchEvent} event */
  const span = ({ touches: [a, b] }) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
  frame.addEventListener("touchstart", (event) => {
    if (event.touches.length === 2) [apart, start] = [span(event), zoom()];
  }, { passive: true });
  frame.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [box, [a, b]] = [frame.getBoundingClientRect(), event.touches];
    zoomTo((start * span(event)) / apart, { x: (a.clientX + b.clientX) / 2 - box.left, y: (a.clientY + b.clientY) / 2 - box.top });
  }, { passive: false });
}
