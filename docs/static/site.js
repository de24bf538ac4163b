// Typeset the formulas of a page as MathML; nothing is fetched from another host.
function typeset() {
  for (const formula of document.querySelectorAll(".math:not(:has(math))")) {
    const text = formula.textContent.trim();
    const displayMode = text.startsWith("\\[");
    temml.render(text.slice(2, -2), formula, { displayMode, throwOnError: false });
    keep(formula, formula.nextSibling);
  }
}

// Firefox begins a line with the full stop behind a formula; it is to stay beside it.
function keep(formula, next) {
  const stop = next instanceof Text && /^[.,;:!?)]+/.exec(next.data);
  if (!stop) return;
  next.splitText(stop[0].length);
  const both = document.createElement("span");
  both.style.whiteSpace = "nowrap";
  formula.replaceWith(both);
  both.append(formula, next);
}

// What is wider than the page can be scrolled with the keyboard too.
function reachable() {
  for (const block of document.querySelectorAll("pre, div.math, .table-wrapper, .cell_output:has(> img), [data-view=picture]")) {
    new ResizeObserver(() => {
      if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
      else block.removeAttribute("tabindex");
    }).observe(block);
  }
}

// On a page with formulas Sphinx loads this file once more, at any time: formulas are typeset once, at the end.
function begin() {
  typeset();
  reachable();
}
if (document.readyState === "complete") begin();
else addEventListener("load", begin);
