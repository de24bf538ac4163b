// The drawer: what is not always needed, one panel at a time, opened by a button or its key. It pushes the
// picture aside and never covers it.

/**
 * @param {HTMLElement} root
 * @param {Tool[]} tools
 * @param {() => void} arranged called when the room for the picture has changed
 */
function drawerOf(root, tools, arranged) {
  const heading = element("h2", {});
  const shut = button("Close", () => toggle(null));
  const body = element("div", { class: "drawn" });
  const aside = element("aside", { class: "drawer", hidden: "", "aria-label": "tools" }, element("div", { class: "drawer-head" }, heading, shut), body);
  /** @type {Tool | null} */
  let current = null;
  /** @type {Element | null | undefined} */
  let opener = null;
  const buttons = new Map(tools.map((tool) => {
    const press = button("", () => toggle(tool === current ? null : tool), { "aria-expanded": "false", class: `tool ${tool.name}`, title: `${tool.title} (${tool.key})` });
    press.append(element("span", { class: "long" }, tool.title), element("span", { class: "short" }, tool.short));
    press.setAttribute("aria-label", tool.title);
    return [tool, press];
  }));
  for (const { panel } of tools) {
    panel.hidden = true;
    body.append(panel);
  }

  /**
   * The focus goes to the drawer, and back to what opened it.
   * @param {Tool | null} next
   * @param {Element | null} [from] a mark of the picture
   */
  function toggle(next, from) {
    const before = current;
    current = next;
    if (before) {
      before.panel.hidden = true;
      before.toggle?.(false);
      buttons.get(before)?.setAttribute("aria-expanded", "false");
    }
    aside.hidden = !next;
    root.classList.toggle("open", Boolean(next));
    if (next) {
      next.panel.hidden = false;
      heading.textContent = next.title;
      next.toggle?.(true);
      buttons.get(next)?.setAttribute("aria-expanded", "true");
      opener = from?.matches(".picture *") ? from : buttons.get(next);
      shut.focus({ preventScroll: true });
    } else if (before) {
      /** @type {HTMLElement | undefined} */ (opener)?.focus({ preventScroll: true });
    }
    arranged();
  }

  const keys = Object.fromEntries(tools.map((tool) => [tool.key.toLowerCase(), () => toggle(tool === current ? null : tool)]));
  return {
    aside, buttons: [...buttons.values()], keys, close: () => current && toggle(null),
    open: (/** @type {string} */ name, /** @type {Element | null} */ from) => toggle(tools.find((tool) => tool.name === name) ?? null, from),
    get current() { return current?.name ?? ""; },
  };
}

const KEYS = [
  ["→ · Page Down", "next step"], ["← · Page Up", "one step back"], ["Space", "play or pause"], ["Home · End", "first, last step"],
  ["+ − 0", "zoom in, zoom out, fit"], ["F", "full screen"], ["V", "change values"], ["P", "paths"], ["G", "gradient descent"],
  ["T", "all values as a table"], ["S", "share or save"], ["?", "this list"], ["Esc", "close"],
];

/** @param {boolean} asks whether the page can ask */
function keysPanel(asks) {
  const rows = [...(asks ? [["A", "ask me, or stop asking"]] : []), ...KEYS].map(([key, does]) => element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, key)), element("td", {}, does)));
  const hints = ["With Ctrl the wheel zooms; a drag moves the picture.",
    "Tab leads to the graph: there the arrows move from value to value, and Enter shows the paths of one."];
  return element("section", { class: "keys" }, element("table", {}, element("tbody", {}, ...rows)), ...hints.map((hint) => element("p", { class: "hint" }, hint)));
}
