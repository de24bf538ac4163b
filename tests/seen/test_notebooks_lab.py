"""The notebooks as people meet them in a real JupyterLab: before they have run, and after."""

import re
import shutil

import pytest
from browser import each, screenshot, viewport
from notebook_files import TEXTS, notebook_of

WIDTH = 1200
PAGE = 1600  # pixels of height that one screenshot shows
OUTPUTS = ".jp-OutputArea-output"
PROSE = ".jp-RenderedMarkdown, .jp-RenderedLatex"
WORDS = """(() => {
  const copy = e.cloneNode(true);
  for (const skipped of copy.querySelectorAll("code, pre, mjx-container, .MathJax")) skipped.remove();
  return copy.textContent;
})()"""
COLOUR = "getComputedStyle(e).color"
TOO_WIDE = """
const within = ":is(.jp-Cell-inputWrapper, .jp-OutputArea-output)";
const isCut = (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible";
return [...document.querySelectorAll(`${within}, ${within} *`)]
  .filter((e) => e.clientWidth > 1 && isCut(e))
  .map((e) => `${e.className}, ${e.scrollWidth} > ${e.clientWidth}: ${e.textContent.slice(0, 80)}`);
"""
HEIGHT = "return document.querySelector('.jp-WindowedPanel-outer').scrollHeight"
TO_THE_TOP = """
document.querySelector(".jp-WindowedPanel-outer").scrollTop = 0;
return new Promise((done) => setTimeout(done, 300));  // drawn anew
"""


@pytest.fixture(params=TEXTS, ids=lambda text: text.stem)
def name(request, lab):
    """The name of a notebook that has been copied there with the files beside it, as in a clone."""
    path = notebook_of(request.param)
    for file in (path, *path.parent.glob("*.py")):
        shutil.copy(file, lab.folder / file.name)
    return path.name


def photograph(driver, name):
    """The whole notebook, page by page."""
    height = driver.execute_script(HEIGHT) + 60  # the menu stands above it
    with viewport(driver, WIDTH, height):
        driver.execute_script(TO_THE_TOP)
        for page, top in enumerate(range(0, height, PAGE), start=1):
            clip = {"x": 0, "y": top, "width": WIDTH, "height": min(PAGE, height - top), "scale": 1}
            screenshot(driver, f"{name}-{page:02}", clip)


def reads_well(driver):
    """No error or warning, no formula that was not typeset, nothing broader than its place, no lost image."""
    assert each(driver, f"{OUTPUTS}:is([data-mime-type*=stderr], [data-mime-type*=error])") == []
    assert each(driver, "mjx-merror, [data-mjx-error]") == []
    assert "rgb(255, 0, 0)" not in each(driver, "mjx-container *", COLOUR)  # unknown commands are red
    raw = [text for text in each(driver, PROSE, WORDS) if re.search(r"\$|\\[a-zA-Z]{2,}|\^\{", text)]
    assert raw == []
    assert driver.execute_script(TOO_WIDE) == []
    sizes = each(driver, f"{OUTPUTS} img", "[e.naturalWidth, e.clientWidth]")
    assert all(min(size) > 20 for size in sizes)


def test_a_notebook_reads_well_before_it_has_run_and_after(lab, browser, name):
    """Freshly cloned, it is not trusted: no script of it runs, and still each picture is there.

    Run All Cells comes to its end; then pictures are live, and what is left is what a reader should see.
    """
    lab.open(browser, name)
    photograph(browser, f"stored-{name.removesuffix('.ipynb')}")
    reads_well(browser)
    assert each(browser, f"{OUTPUTS} :is(script, [data-live])") == []
    assert each(browser, f"{OUTPUTS} img")
    assert lab.run_all(browser)
    photograph(browser, f"notebook-{name.removesuffix('.ipynb')}")
    reads_well(browser)
    assert each(browser, f"{OUTPUTS} .chainrule-view:not([data-live])") == []
