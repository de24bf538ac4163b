// Controls: elements, buttons and choices; and the time line that walks over numbered steps.

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M12 3v10L5 8z",
  play: "M4 2.5v11L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  next: "M4 3v10l7-5z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
  full: "M2 2h5v2H4v3H2zM9 2h5v5h-2V4H9zM2 9h2v3h3v2H2zM12 9h2v5H9v-2h3z",
};
/** @type {Record<string, number>} */
const SPEEDS = { "¼×": 0.25, "½×": 0.5, "1×": 1, "2×": 2, "5×": 5, "20×": 20 };
const TIGHT = 25; // per cent of the time line that a name needs
const NARROW = 10; // and below which it has no room at all
const SECOND = 1000; // milliseconds between steps at 1×, unless a view says otherwise

/**
 * Make an element; a string among its children is text, never markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
function shape(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return /** @type {SVGElement} */ (made);
}

/** @param {keyof typeof ICONS} name */
function icon(name) {
  return shape("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, shape("path", { d: ICONS[name] }));
}

/**
 * @param {string} text
 * @param {(event: Event) => void} press
 * @param {Record<string, unknown>} [attributes]
 */
function button(text, press, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", press);
  return made;
}

/**
 * @param {keyof typeof ICONS} name
 * @param {string} label
 * @param {() => void} press
 */
function iconButton(name, label, press) {
  const made = button("", press, { class: name, "aria-label": label, title: label });
  made.append(icon(name));
  return made;
}

/**
 * A list to choose from, with its label; if `quiet`, only screen readers get the label.
 * @param {string} label
 * @param {string[]} options
 * @param {string} chosen
 * @param {{ quiet?: boolean }} [manner]
 * @returns {[HTMLLabelElement, HTMLSelectElement]}
 */
function choice(label, options, chosen, { quiet = false } = {}) {
  const select = element("select", {}, ...options.map((text) => element("option", {}, text)));
  select.value = chosen;
  return [element("label", { class: "choice" }, element("span", quiet ? { class: "unseen" } : {}, label), select), select];
}

/**
 * Whether what has the focus uses a key itself: a field uses all, a button the space bar and Enter.
 * @param {EventTarget | null} target
 * @param {string} key
 */
function keepsKey(target, key) {
  const fields = "input:not([type=range]), select, textarea, [contenteditable]";
  const steered = /^(Arrow|Home|End|Page)/.test(key) ? "input" : "";
  const pressed = key === " " || key === "Enter" ? "button, summary, a, [role=button]" : "";
  return target instanceof Element && Boolean(target.closest([fields, steered, pressed].filter(Boolean).join()));
}

/**
 * Whether a view is alone on a page that Python wrote for it: then it fills the window.
 * @param {Element} root
 */
function isPage(root) {
  return root.matches("body[data-page] > .chainrule-view[data-alone]");
}

/**
 * Keys work wherever the focus is inside `root`; on a page of ours the first view also takes those pressed
 * outside any view. A key with Ctrl, Alt or Meta belongs to the browser.
 * @param {HTMLElement} root
 * @param {Record<string, () => void>} keys
 */
function listenForKeys(root, keys) {
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const held = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && key.length > 1);
    if (event.defaultPrevented || held || !Object.hasOwn(keys, key)) return;
    if (key !== "Escape" && keepsKey(event.target, key)) return;
    event.preventDefault();
    keys[key]();
  };
  root.addEventListener("keydown", pressed);
  if (root.matches("body[data-page] .chainrule-view") && root === document.querySelector(".chainrule-view")) {
    document.addEventListener("keydown", (event) => {
      if (!(event.target instanceof Element && event.target.closest(".chainrule-view"))) pressed(event);
    });
  }
}

/**
 * The name of a stretch of the time line; what stands after a colon is left out where there is little room.
 * @param {string} name
 * @param {number} left per cent
 * @param {boolean} tight
 */
function phaseName(name, left, tight) {
  const [first, more] = name.split(":");
  const rest = more && !tight ? [element("span", { class: "more" }, `:${more}`)] : [];
  return element("span", { class: "phase-name", style: `left:${left}%` }, first, ...rest, " →");
}

/**
 * Build the time line: buttons, scrubber, speed. `show(k)` shows step k, `describe(k)` puts it into words,
 * `phases` are named stretches of the line, each with its last step. While it plays, a screen reader hears
 * only of the step where it stops.
 * @param {HTMLElement} root
 * @param {{ count: number, show: (step: number) => void, describe: (step: number) => string,
 *   phases?: [string, number][], second?: number, noun?: string }} plan
 * @returns {Walk}
 */
function transport(root, { count, show, describe, phases = [], second = SECOND, noun = "step" }) {
  let step = 0;
  /** @type {number | null} */
  let timer = null;
  const last = count - 1;
  const scrubber = element("input", { type: "range", class: "scrubber", min: 0, max: last, "aria-label": noun });
  const status = element("p", { class: "status unseen", role: "status", "aria-live": "polite" });
  const [speed, speeds] = choice("speed", Object.keys(SPEEDS), "1×", { quiet: true });
  const marks = phases.map(([name], k) => phaseName(name, along(k), phases.length > 1 && along(1) < TIGHT));
  const time = element("div", { class: "time" }, scrubber, ...marks);
  if (phases.length > 1) marks[0].hidden = along(1) < NARROW;

  /** @param {number} k */
  function along(k) {
    return k && last ? (100 * phases[k - 1][1]) / last : 0;
  }

  if (phases.length > 1) time.style.setProperty("--border", `${along(1)}%`);
  time.style.setProperty("--tick", `${last && last <= 120 ? 100 / last : 100}%`);

  /** @param {number} k */
  function go(k) {
    step = Math.min(Math.max(Math.round(k), 0), last);
    show(step);
    scrubber.value = String(step);
    time.style.setProperty("--done", `${last ? (100 * step) / last : 100}%`);
    scrubber.setAttribute("aria-valuetext", `${step} of ${last}`);
    const current = phases.findIndex(([, end]) => step <= end);
    marks.forEach((mark, k) => mark.toggleAttribute("aria-current", k === current));
    status.textContent = describe(step);
    for (const one of [first, back]) one.setAttribute("aria-disabled", String(step === 0));
    for (const one of [next, end]) one.setAttribute("aria-disabled", String(step === last));
  }

  /** @param {boolean} running */
  function dress(running) {
    const label = running ? "pause" : "play";
    play.replaceChildren(icon(label), element("span", {}, running ? "Pause" : "Play"));
    play.setAttribute("aria-label", label);
    play.title = `${label} (space)`;
    status.setAttribute("aria-live", running ? "off" : "polite");
  }

  function stop() {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    dress(false);
    status.textContent = describe(step);
  }

  function tick() {
    if (!root.isConnected || step === last) return stop();
    timer = window.setTimeout(() => { go(step + 1); tick(); }, second / SPEEDS[speeds.value]);
  }

  function toggle() {
    if (timer !== null) return stop();
    if (last === 0) return;
    if (step === last) go(0);
    dress(true);
    tick();
  }

  /** @param {number} k */
  const to = (k) => { stop(); go(k); };
  const first = iconButton("first", `first ${noun}`, () => to(0));
  const back = iconButton("back", `previous ${noun}`, () => to(step - 1));
  const play = iconButton("play", "play", toggle);
  const next = iconButton("next", `next ${noun}`, () => to(step + 1));
  const end = iconButton("last", `last ${noun}`, () => to(last));
  const keys = {
    ArrowLeft: () => to(step - 1), ArrowRight: () => to(step + 1), Home: () => to(0), End: () => to(last), " ": toggle,
    PageUp: () => to(step - 1), PageDown: () => to(step + 1), // what a presenter's clicker sends
  };

  scrubber.addEventListener("input", () => to(scrubber.valueAsNumber));
  const bar = element("div", { class: "transport", role: "group", "aria-label": `${noun}s` });
  bar.append(first, back, play, next, end, time, speed);
  dress(false);
  return { bar, status, keys, speeds, go, to, get step() { return step; } };
}
