// Bring a view to life: put the picture in the place of its image, and mount what makes it interactive.

/**
 * @param {HTMLImageElement} image
 * @returns {string}
 */
function decoded(image) {
  const base64 = image.src.slice(image.src.indexOf(",") + 1);
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

/**
 * @param {string} text
 * @returns {SVGSVGElement}
 */
function drawn(text) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  return measured(prefixed(/** @type {any} */ (document.importNode(parsed.documentElement, true))));
}

/**
 * Several views stand on one page: each gets ids of its own, and keeps the picture's in `data-id`.
 * @param {SVGSVGElement} svg
 */
function prefixed(svg) {
  const prefix = `v${Math.random().toString(36).slice(2)}-`;
  for (const element of /** @type {NodeListOf<SVGElement>} */ (svg.querySelectorAll("[id]"))) {
    element.dataset.id = element.id;
    element.id = prefix + element.id;
  }
  const names = (svg.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
  svg.setAttribute("aria-labelledby", names.map((name) => prefix + name).join(" "));
  return svg;
}

/**
 * Style sheets say how much smaller it may become where there is no room for it.
 * @param {SVGSVGElement} svg
 */
function measured(svg) {
  svg.style.setProperty("--natural", `${svg.width.baseVal.value}px`);
  return svg;
}

/**
 * A notebook takes keys for commands: x would cut the cell that someone plays with.
 * @param {KeyboardEvent} event
 */
function keepFromNotebook(event) {
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
}

/**
 * @param {HTMLElement} root
 * @param {Mount} mount
 */
function revive(root, mount) {
  const image = /** @type {HTMLImageElement} */ (root.querySelector("img"));
  const payload = root.querySelector('script[type="application/json"]');
  const svg = drawn(decoded(image));
  image.replaceWith(svg);
  root.addEventListener("keydown", keepFromNotebook);
  try {
    mount(root, payload && JSON.parse(payload.textContent ?? ""), svg);
  } catch (error) {
    svg.replaceWith(image);
    throw error;
  }
}

/**
 * @param {string} key
 * @param {Mount} mount
 */
function reviveAll(key, mount) {
  const selector = `.chainrule-view[data-key="${key}"]:not([data-live])`;
  for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))) {
    root.dataset.live = "";
    revive(root, mount);
  }
}
