// Typeset the formulas of a page as MathML; nothing is fetched from another host.
for (const formula of document.querySelectorAll(".math")) {
  const text = formula.textContent.trim();
  const displayMode = text.startsWith("\\[");
  temml.render(text.slice(2, -2), formula, { displayMode, throwOnError: false });
}

// What is wider than the page can be scrolled with the keyboard too.
for (const block of document.querySelectorAll("pre, div.math, .table-wrapper")) {
  const reach = () => block.toggleAttribute("tabindex", block.scrollWidth > block.clientWidth) && (block.tabIndex = 0);
  new ResizeObserver(reach).observe(block);
}
