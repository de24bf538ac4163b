// A link that carries the state of the page (step, numbers, zoom), and the picture of a step as a file.

const PLACE = /[%&=#+\s]/g; // what would end a part of a link early
const STYLES = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "visibility", "font-family", "font-size", "font-weight",
  "font-style", "text-anchor", "paint-order", "white-space",
];

/**
 * What follows the # of a link: `step=13&w^(1)=0.7`.
 * @param {[string, string][]} state
 */
function asHash(state) {
  const written = (/** @type {string} */ text) => text.replace(PLACE, encodeURIComponent);
  return state.map(([name, value]) => `${written(name)}=${written(value)}`).join("&");
}

/**
 * @param {string} hash
 * @returns {Map<string, string>}
 */
function fromHash(hash) {
  const parts = hash.replace(/^#/, "").split("&").filter((part) => part.includes("="));
  return new Map(parts.map((part) => {
    const [name, ...value] = part.split("=").map(unescaped);
    return [name, value.join("=")];
  }));
}

/**
 * Decode a part of a link; what no browser has encoded stays as it is.
 * @param {string} text
 */
function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The picture as it is now, as a separate file, with the styles that the page's sheets give it.
 * @param {SVGSVGElement} svg
 */
function standalone(svg) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  const [from, to] = [svg, copy].map((one) => [...one.querySelectorAll("g, path, rect, circle, ellipse, polygon, line, text, tspan")]);
  from.forEach((original, k) => {
    const style = getComputedStyle(original);
    const said = STYLES.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";");
    const own = /** @type {SVGElement} */ (to[k]);
    own.setAttribute("style", said.replaceAll('"', "'"));
    own.removeAttribute("class");
  });
  for (const style of copy.querySelectorAll("style")) style.remove();
  const { width, height } = svg.viewBox.baseVal;
  const ground = shape("rect", { width, height, fill: getComputedStyle(svg).getPropertyValue("--paper") || "#ffffff" });
  copy.insertBefore(ground, copy.querySelector("g"));
  copy.removeAttribute("style");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  return new XMLSerializer().serializeToString(copy);
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/**
 * @param {string} text
 * @param {number} scale
 * @returns {Promise<Blob>}
 */
async function rendered(text, scale) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = element("canvas", { width: scale * image.width, height: scale * image.height });
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no bitmap of the picture"))), "image/png");
  });
}

/**
 * @param {() => SVGSVGElement} picture
 * @param {{ state: () => [string, string][], step: () => number, page: boolean }} view
 */
function sharePanel(picture, { state, step, page }) {
  const field = element("input", { type: "text", readonly: "", "aria-label": "link to this step" });
  const said = element("p", { class: "hint", role: "status" });
  const copy = button("Copy link", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser does not allow copying; the link is selected above.";
    }
  }, { class: "main" });
  const name = () => `step-${step()}`;
  const asSvg = button("Save SVG", () => download(new Blob([standalone(picture())], { type: "image/svg+xml" }), `${name()}.svg`));
  const asPng = button("Save PNG", async () => download(await rendered(standalone(picture()), 2), `${name()}.png`));
  const link = page ? [element("p", { class: "hint" }, "The link opens this step with these values. Nothing is sent anywhere."), field,
    element("div", { class: "buttons" }, copy), said] : [];
  const panel = element("section", { class: "share" }, ...link,
    element("p", { class: "hint" }, "The picture of this step as a file:"), element("div", { class: "buttons" }, asSvg, asPng));
  return { panel, open: () => { field.value = `${location.href.split("#")[0]}#${asHash(state())}`; } };
}
