// The playground: an expression with sliders, or a program; Python answers from a worker.
import { editor } from "./editor.bundle.js";

/** An element of this page, each of its own kind. @type {<K extends keyof Elements>(id: K) => Elements[K]} */
const $ = (id) => /** @type {any} */ (document.getElementById(id));
/** @type {{ text: string, values: Numbers, answer: Computed }} */
const first = await fetch("first.json").then((answer) => answer.json());
/** @type {{ name: string, code: string }[]} */
const examples = await fetch("examples.json").then((answer) => answer.json());

const END = "step=1000";
const RATE = 0.1;
const state = {
  tab: /** @type {Tab} */ ("expression"),
  text: first.text,
  values: { ...first.values },
  rows: first.answer.values, // the newest gradients
  page: "", // the last page that was shown, for Download
  seen: END, // where the expression's page stands: a slider moves the numbers, not the step
};

// --- Python -------------------------------------------------------------------------------------------

/** @type {Worker} */
let worker;
/** @type {Task | null} */
let waiting = null;
let running = 0, asked = 0, ready = false;

/** @param {string} word */
function start(word) {
  ready = false;
  running = 0;
  say(word);
  worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => {
    if (data.ready) {
      ready = true;
      document.body.dataset.ready = data.version;
      say("Python is ready");
      next();
    } else if (data.fatal) {
      fail(data.fatal);
    } else if (data.id === running) {
      running = 0;
      finish(data.answer);
      next();
    }
  };
  worker.onerror = (event) => fail(event.message);
  buttons();
}

/** @param {string} reason */
function fail(reason) {
  const program = running && state.tab === "program";
  worker.terminate();
  document.body.dataset.restarts = String(Number(document.body.dataset.restarts ?? 0) + 1);
  if (running) {
    if (program) show([wrong(`This program stopped Python itself: ${reason}`)]);
    start("Python starts again …");
  } else {
    say(`Python could not be loaded: ${reason}`, true);
  }
}

/** @param {string} content @returns {Shown} */
const wrong = (content) => ({ kind: "error", content });

/** Ask for the newest task; of tasks that come while Python works, only the last is kept. @param {Task} task */
function ask(task) {
  waiting = task;
  next();
}

function next() {
  if (!ready || running || !waiting) return buttons();
  running = ++asked;
  worker.postMessage({ id: running, task: waiting });
  if ("program" in waiting) say("Running …");
  waiting = null;
  buttons();
}

/** @param {Computed | Refused | Ran} answer */
function finish(answer) {
  document.body.dataset.done = String(asked);
  if ("missing" in answer) {
    show([...answer.shown, ...(answer.error ? [wrong(answer.error)] : [])]);
    say(answer.error ? "Python is ready; the program ended with an error" : "Python is ready");
  } else {
    tell(answer);
    keep();
    say("Python is ready");
  }
}

/** @param {string} text */
function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

function buttons() {
  $("run").disabled = !ready || running > 0;
  $("stop").disabled = running === 0;
  $("descend").disabled = !ready || !state.rows.some((row) => row.learnt);
  $("download").disabled = !state.page;
}

// --- what is shown ------------------------------------------------------------------------------------

/** What a page in a frame says of itself: its height, and the step that it shows. */
const REPORT = `<script>{
  const { body } = document;
  const replace = history.replaceState.bind(history);
  history.replaceState = (...state) => { replace(...state); parent.postMessage({ seen: location.hash }, "*"); };
  const height = () => Math.max(body.getBoundingClientRect().bottom, body.scrollHeight);
  new ResizeObserver(() => parent.postMessage({ height: height() }, "*")).observe(body);
}<${"/"}script>`;

/** What a frame shows once it is ready. @type {WeakMap<HTMLIFrameElement, string>} */
const contents = new WeakMap();

/** A page in its own frame, at a step: as high as the output where it fills a screen, else as its content. @param {Shown} page */
function framed({ content, size }, seen = "") {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = "Result";
  frame.classList.toggle("screen", size === "screen");
  frame.src = `frame.html${seen && `#${seen}`}`;
  contents.set(frame, content.replace("</body>", `${REPORT}</body>`));
  return frame;
}

addEventListener("message", ({ data, source }) => {
  const frame = [...document.querySelectorAll("iframe")].find((one) => one.contentWindow === source);
  if (!frame) return;
  if (data.waiting) /** @type {Window} */ (source).postMessage(contents.get(frame), "*");
  if (data.seen && state.tab === "expression") state.seen = walked(data.seen);
  if (data.height) {
    if (!frame.classList.contains("screen")) frame.style.height = `${Math.ceil(data.height) + 2}px`;
    if (frame.classList.contains("next")) replace(frame);
  }
});

/** Of a page's link, the step and the zoom; its numbers are those of the sliders here. @param {string} hash */
function walked(hash) {
  const said = new URLSearchParams(hash.slice(1));
  return ["step", "zoom"].filter((name) => said.has(name)).map((name) => `${name}=${said.get(name)}`).join("&");
}

/** A frame that is complete takes the place of those before it: nothing flickers while a slider moves. @param {Element} frame */
function replace(frame) {
  for (const old of [...$("output").children]) if (old !== frame) old.remove();
  frame.classList.remove("next");
  document.body.dataset.shown = String(asked);
}

/** Whether something is on the screen; a frame that is not runs only when it comes there. @param {Element | null} one */
const inSight = (one) => one !== null && one.getBoundingClientRect().top < document.documentElement.clientHeight;

/** @param {string} latex @param {HTMLElement} element */
function formula(latex, element) {
  element.className = "formula";
  temml.render(latex, element, { displayMode: true, throwOnError: false });
  return element;
}

/** @param {string} text @param {string} kind */
function pre(text, kind) {
  const element = document.createElement("pre");
  element.className = kind;
  element.append(...text.split(/(docs\/errors\/[\w-]+\.md)/).map((part, k) => (k % 2 ? about(part) : part)));
  return element;
}

/** The page that a message points to, beside what is typed here. @param {string} page */
function about(page) {
  const link = document.createElement("a");
  Object.assign(link, { href: `../${page.replace(/md$/, "html")}`, target: "_blank", rel: "noopener", textContent: page });
  return link;
}

/** @param {Shown} one */
function shown(one) {
  if (one.kind === "page") return framed(one);
  if (one.kind === "latex") return formula(one.content, document.createElement("div"));
  return pre(one.content, one.kind);
}

/** @param {Shown[]} all */
function show(all) {
  state.page = all.findLast((one) => one.kind === "page")?.content ?? "";
  if (state.tab === "expression" && all.length === 1 && all[0].kind === "page") {
    for (const late of document.querySelectorAll("iframe.next")) late.remove();
    const soon = framed(all[0], state.seen);
    if (inSight($("output").firstElementChild)) {
      soon.classList.add("next");
      $("output").append(soon);
    } else {
      $("output").replaceChildren(soon);
    }
  } else {
    $("output").replaceChildren(...all.map(shown));
  }
  buttons();
}

// --- the expression -----------------------------------------------------------------------------------

/** @param {number} x */
function number(x) {
  if (x !== 0 && (Math.abs(x) < 1e-4 || Math.abs(x) >= 1e5)) return x.toExponential(2).replace("-", "−");
  return String(Number(x.toPrecision(3))).replace("-", "−");
}

/** @param {string} name */
const typeset = (name) => temml.renderToString(name.replace(/_(\w+)$/, "_{$1}"));

/**
 * The answer for an expression: formula, sliders, gradients, page; an error leaves the last good page.
 * @param {Computed | Refused} answer
 */
function tell(answer) {
  if ("error" in answer) {
    const error = pre(answer.error, "error");
    error.setAttribute("role", "alert");
    $("echo").replaceChildren(error);
    return;
  }
  formula(answer.latex, $("echo"));
  state.rows = answer.values;
  const names = answer.values.map((row) => row.name);
  const standing = [...fields()].filter((input) => input.type === "range").map((input) => input.name);
  for (const row of answer.values) state.values[row.name] ??= row.value;
  if (names.join() !== standing.join()) $("values").replaceChildren(...names.flatMap(slider));
  $("gradients").tBodies[0].replaceChildren(...answer.values.map(gradient));
  show(answer.shown);
}

/** @returns {NodeListOf<HTMLInputElement>} */
const fields = () => $("values").querySelectorAll("input");

/** @param {string} name */
function slider(name) {
  const value = state.values[name];
  const label = document.createElement("span");
  label.className = "name";
  label.innerHTML = typeset(name);
  const [range, field] = ["range", "number"].map((type) => {
    const input = document.createElement("input");
    Object.assign(input, { type, name, step: type === "range" ? 0.01 : "any" });
    if (type === "range") {
      const wide = Math.max(3, 2 * Math.abs(value));
      Object.assign(input, { min: -wide, max: wide });
    }
    input.value = String(value);
    input.setAttribute("aria-label", name);
    input.addEventListener("input", () => {
      if (!Number.isFinite(input.valueAsNumber)) return;
      state.values[name] = input.valueAsNumber;
      (type === "range" ? field : range).value = input.value;
      compute();
    });
    return input;
  });
  return [label, range, field];
}

/** @param {Row} row */
function gradient({ name, grad }) {
  const row = document.createElement("tr");
  for (const text of ["", number(grad), `≈ ${number(0.1 * grad)}`]) row.insertCell().textContent = text;
  row.cells[0].innerHTML = typeset(name);
  row.cells[1].className = grad < 0 ? "negative" : grad > 0 ? "positive" : "";
  return row;
}

function compute() {
  if (state.text !== $("text").value) state.seen = END;
  state.text = $("text").value;
  ask({ text: state.text, values: state.values });
}

/** Give the sliders other numbers. @param {Numbers} values */
function become(values) {
  Object.assign(state.values, values);
  for (const input of fields()) input.value = shortest(state.values[input.name]);
  compute();
}

/** @param {number} x */
const shortest = (x) => String(Number(x.toPrecision(6)));

// --- the link -----------------------------------------------------------------------------------------

/** @param {ReadableStream} stream */
const bytes = (stream) => new Response(stream).arrayBuffer().then((buffer) => new Uint8Array(buffer));

/** @param {string} text */
async function packed(text) {
  const data = await bytes(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw")));
  return btoa(String.fromCharCode(...data)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text */
async function unpacked(text) {
  const data = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new TextDecoder().decode(await bytes(stream));
}

/** Keep what is typed in the link, with the values that it uses; nothing is sent anywhere. */
async function keep() {
  const names = state.rows.length ? state.rows.map((row) => row.name) : Object.keys(state.values);
  const hash = state.tab === "program"
    ? `code=${await packed(view.text)}`
    : new URLSearchParams([["expression", state.text], ...names.map((name) => [name, String(state.values[name])])]);
  history.replaceState(null, "", `#${hash}`);
}

async function restore() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const code = hash.get("code"), expression = hash.get("expression");
  if (code !== null) {
    try {
      view.text = await unpacked(code);
      choose("program");
      return true;
    } catch {
      say("The link is damaged: its program cannot be read", true);
    }
  } else if (expression !== null) {
    Object.assign(state, { text: expression, values: {}, rows: [] });
    for (const [name, value] of hash) if (name !== "expression" && Number.isFinite(+value)) state.values[name] = +value;
    return true;
  }
  return false;
}

// --- controls -----------------------------------------------------------------------------------------

/** @type {Tab[]} */
const TABS = ["expression", "program"];

/** @param {Tab} tab */
function choose(tab) {
  state.tab = tab;
  for (const name of TABS) {
    $(name).hidden = name !== tab;
    $(`for-${name}`).hidden = name !== tab;
    $(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
    $(`tab-${name}`).tabIndex = name === tab ? 0 : -1;
  }
}

function run() {
  if (state.tab === "expression") return compute();
  if (!ready || running) return;
  keep();
  ask({ program: view.text });
}

const view = editor($("editor"), run);
view.text = examples[0].code;

for (const [index, example] of examples.entries()) $("examples").append(new Option(example.name, String(index)));
$("examples").onchange = () => {
  if ($("examples").value === "") return;
  view.text = examples[Number($("examples").value)].code;
  $("examples").value = "";
  choose("program");
  view.focus();
  run();
};
for (const tab of TABS) {
  $(`tab-${tab}`).onclick = () => choose(tab);
  $(`tab-${tab}`).onkeydown = ({ key }) => {
    if (key !== "ArrowLeft" && key !== "ArrowRight") return;
    const other = tab === "program" ? "expression" : "program";
    choose(other);
    $(`tab-${other}`).focus();
  };
}
$("text").oninput = compute;
$("expression").onsubmit = (event) => event.preventDefault();
$("expression").onkeydown = (event) => {
  if (event.key === "Enter" && event.shiftKey) compute();
};
$("run").onclick = run;
$("descend").onclick = () =>
  become(Object.fromEntries(state.rows.filter((row) => row.learnt).map((row) => [row.name, row.value - RATE * row.grad])));
$("descend").title = `each parameter moves by −${RATE} times its gradient`;
$("reset").onclick = () => {
  $("text").value = first.text;
  state.values = {};
  become(first.values);
};
$("stop").onclick = () => {
  worker.terminate();
  waiting = null;
  start("Stopped; Python starts again …");
};
$("link").onclick = async () => {
  await keep();
  try {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied; it holds what you typed, and nothing is sent anywhere");
  } catch {
    say("The link is in the address bar; copy it from there");
  }
};
$("download").onclick = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([state.page], { type: "text/html" }));
  link.download = "chainrule.html";
  link.click();
  URL.revokeObjectURL(link.href);
};

const linked = await restore();
$("text").value = state.text;
if (!linked) tell(first.answer);
else if (state.tab === "expression") ask({ text: state.text, values: state.values });
else ask({ program: view.text });
start("Python is loading …");
