// Controls: buttons, scrubber and speed that walk over numbered steps.

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M12 3v10L5 8z",
  play: "M4 2.5v11L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  next: "M4 3v10l7-5z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
};
const SPEEDS = { "½×": 0.5, "1×": 1, "2×": 2, "5×": 5, "20×": 20 };
const SECOND = 1000; // between steps, at 1×

// What is made here is made of elements and text; a string among the children is text, never markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function icon(name) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  made.setAttribute("viewBox", "0 0 16 16");
  made.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  made.append(path);
  return made;
}

function iconButton(name, label, press) {
  const button = element("button", { type: "button", class: name, "aria-label": label, title: label }, icon(name));
  button.addEventListener("click", press);
  return button;
}

function choice(label, options, chosen) {
  const select = element("select", {}, ...options.map((text) => element("option", {}, text)));
  select.value = chosen;
  return [element("label", { class: "choice" }, element("span", {}, label), select), select];
}

// A field has its own use for keys, and so has whatever opens, closes or is pressed for the space bar.
function keepsKey(target, key) {
  const fields = "input, select, textarea, [contenteditable]";
  return Boolean(target.closest(key === " " ? `${fields}, button, summary, a` : fields));
}

// Builds the toolbar into `root`, and shows step 0. `show(k)` is called whenever step k is to be seen;
// `describe(k)` says it in words. Keys work wherever the focus is inside `root`; on a page of our own, the
// first view takes those as well that are meant for no view. A run tells no screen reader of each step, but
// of the one where it stops.
function transport(root, { count, show, describe }) {
  let step = 0;
  let timer = null;
  const last = count - 1;
  const scrubber = element("input", { type: "range", class: "scrubber", min: 0, max: last, "aria-label": "step" });
  const status = element("p", { class: "status", role: "status", "aria-live": "polite" });
  const [speed, speeds] = choice("speed", Object.keys(SPEEDS), "1×");

  function go(k) {
    step = Math.min(Math.max(Math.round(k), 0), last);
    show(step);
    scrubber.value = step;
    scrubber.setAttribute("aria-valuetext", `${step} of ${last}`);
    status.textContent = describe(step);
    for (const button of [first, back]) button.setAttribute("aria-disabled", step === 0);
    for (const button of [next, end]) button.setAttribute("aria-disabled", step === last);
  }

  function dress(running) {
    const label = running ? "pause" : "play";
    play.replaceChildren(icon(label));
    play.setAttribute("aria-label", label);
    play.title = label;
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
    timer = setTimeout(() => { go(step + 1); tick(); }, SECOND / SPEEDS[speeds.value]);
  }

  function toggle() {
    if (timer !== null) return stop();
    if (last === 0) return;
    if (step === last) go(0);
    dress(true);
    tick();
  }

  const to = (k) => { stop(); go(k); };
  const first = iconButton("first", "first step", () => to(0));
  const back = iconButton("back", "step back", () => to(step - 1));
  const play = iconButton("play", "play", toggle);
  const next = iconButton("next", "step on", () => to(step + 1));
  const end = iconButton("last", "last step", () => to(last));
  const keys = {
    ArrowLeft: () => to(step - 1), ArrowRight: () => to(step + 1), Home: () => to(0), End: () => to(last), " ": toggle,
    PageUp: () => to(step - 1), PageDown: () => to(step + 1), // what a presenter's clicker sends
  };

  scrubber.addEventListener("input", () => to(scrubber.valueAsNumber));
  const pressed = (event) => {
    const held = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
    if (held || !keys[event.key] || keepsKey(event.target, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  };
  root.addEventListener("keydown", pressed);
  if (root.matches("body[data-page] .chainrule-view") && root === document.querySelector(".chainrule-view")) {
    document.addEventListener("keydown", (event) => event.target.closest(".chainrule-view") || pressed(event));
  }

  const bar = element("div", { class: "transport", role: "group", "aria-label": "steps" });
  bar.append(first, back, play, next, end, scrubber, speed);
  root.append(bar, status);
  go(0);
  return { go, stop, get step() { return step; } };
}
