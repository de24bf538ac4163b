// The training of a network, frame by frame: its picture, its cost, a weight, and its predictions.

/**
 * @param {string} title
 * @param {string} kind
 * @param {...Node} children
 */
function panel(title, kind, ...children) {
  const attributes = { class: `panel ${kind}`, role: "region", "aria-label": title };
  return element("div", attributes, element("h2", {}, title), ...children);
}

/**
 * @param {HTMLElement} root
 * @param {Training} payload
 * @param {SVGSVGElement} svg
 */
function mount(root, payload, svg) {
  const frames = framesOf(payload.frames);
  const network = networkOf(payload);
  const { examples } = payload;
  const names = examples.map(({ inputs, desired }, k) => `${k}: ${several(inputs)} → ${several(desired)}`);
  const [chooser, chosen] = choice("example", names, names[firstShown(examples, frames[0], network)]);
  const go = (/** @type {number} */ k) => player.to(k);
  const weight = weightPanel(payload, frames, go);
  const drawn = networkPanel(payload, svg, frames, network, chooser, weight.choose);
  /** @type {Shown[]} */
  const panels = [drawn, ...outcomePanels(payload, frames, network, choose), costPanel(payload, frames, go), weight];

  /** @param {number} k */
  function choose(k) {
    chosen.value = names[k];
    show(player.step);
  }

  /** @param {number} k */
  function show(k) {
    if (ready) for (const part of panels) part.show(k, chosen.selectedIndex);
  }
  let ready = false;

  const describe = (/** @type {number} */ k) => `epoch ${formatted(frames[k].epoch)}: cost ${formatted(frames[k].cost, 4)}`;
  const where = element("span", { class: "where" });
  /** @type {Walk} */
  const player = transport(root, {
    count: frames.length, describe, noun: "frame",
    show: (k) => { show(k); where.textContent = describe(k); },
  });
  player.speeds.value = pace(frames.length);
  const page = isPage(root);
  const heading = page ? element("h1", {}, payload.title) : element("p", { class: "title" }, payload.title);
  const body = element("div", { class: `panels of-${payload.kind}` }, ...panels.map(({ part }) => part));
  const foot = element("footer", {}, where, player.bar, player.status);
  const end = element("div", { class: "end" });
  root.replaceChildren(element("article", { "aria-label": payload.title }, element("header", {}, heading), body, end, foot));
  root.classList.toggle("page", page);
  if (page) document.querySelector("body > h1")?.remove();
  listenForKeys(root, player.keys);
  chosen.addEventListener("change", () => show(player.step));
  ready = true;
  player.go(0);
  hintAtMore(foot, end);
}

/**
 * The example to begin with: that of the largest cost, of those whose inputs are not all 0, for there the gradients
 * of the first weights are 0.
 * @param {Example[]} examples
 * @param {Frame} frame
 * @param {Network} network
 */
function firstShown(examples, frame, network) {
  const costs = examples.map((example) => {
    const cost = Number(network.computed(frame, example).values.at(-1));
    return example.inputs.some((x) => x !== 0) && !Number.isNaN(cost) ? cost : -Infinity;
  });
  return Math.max(0, costs.indexOf(Math.max(...costs)));
}

/**
 * Say that the page goes on below what is seen, for as long as it does.
 * @param {HTMLElement} foot
 * @param {HTMLElement} end
 */
function hintAtMore(foot, end) {
  const rootMargin = `0px 0px ${-foot.offsetHeight}px 0px`;
  new IntersectionObserver(([{ isIntersecting, boundingClientRect, rootBounds }]) => {
    foot.classList.toggle("more", !isIntersecting && boundingClientRect.top > (rootBounds?.top ?? 0));
  }, { rootMargin }).observe(end);
}

/**
 * Many frames are a film of ten seconds or so, if the reader does not mind motion.
 * @param {number} count
 */
function pace(count) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return "1×";
  return count > 50 ? "20×" : "5×";
}
