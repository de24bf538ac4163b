"""Worksheets in a browser: printed, each is one page as large as the paper, light, and nothing is cut off."""

import base64
import re

import pytest
from browser import complaints, opened, prefers, screenshot, viewport

from engine import worksheet

PAGES = {"A4": (8.27, 11.69), "letter": (8.5, 11.0)}
SHAPES = {"chain": ("1-1-1-1", 3), "net": ("2-2-1", 3), "shared": ("shared", 1)}


def made(shape, **options):
    C, level = SHAPES[shape]
    return worksheet(C, n=2, level=level, **options)


@pytest.mark.parametrize("paper", PAGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_one_page_for_each_sheet(browser, tmp_path, shape, paper):
    """Printed as the page itself asks for, there are as many pages as sheets, of the paper's size."""
    sheets = made(shape, paper=paper)
    for key in (False, True):
        opened(browser, tmp_path, sheets.html(key=key))
        asked = {"preferCSSPageSize": True, "printBackground": True}
        printed = browser.execute_cdp_cmd("Page.printToPDF", asked)
        pdf = base64.b64decode(printed["data"])
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(sheets) + key
        sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
        assert sizes
        wide, high = PAGES[paper]
        for found in sizes:
            assert float(found[0]) == pytest.approx(72 * wide, abs=1.5)
            assert float(found[1]) == pytest.approx(72 * high, abs=1.5)
        assert not complaints(browser)


@pytest.mark.parametrize("shape", SHAPES)
def test_letters_are_as_wide_as_was_planned(browser, tmp_path, shape):
    """In the browser's own fonts, no text leaves its page or lies on a box; 9 points are least."""
    sheets = made(shape)
    opened(browser, tmp_path, sheets.html())
    found = browser.execute_script(
        """
        const page = document.querySelector(".paper"), around = page.getBoundingClientRect();
        const areas = (selector) =>
            [...page.querySelectorAll(selector)].map((e) => [e.getBoundingClientRect(), e]);
        const slots = areas("rect.slot").map(([r]) => r);
        const scale = around.width / page.viewBox.baseVal.width;
        return areas("text").map(([r, e]) => ({
            words: e.textContent, right: around.right - r.right, left: r.left - around.left,
            size: parseFloat(getComputedStyle(e).fontSize),
            on: slots.filter((s) => Math.min(s.right, r.right) - Math.max(s.left, r.left) > 2
                && Math.min(s.bottom, r.bottom) - Math.max(s.top, r.top) > 6).length,
            scale,
        }));
        """
    )
    assert len(found) > 20
    for text in found:
        assert text["left"] > 40 * text["scale"]
        assert text["right"] > 40 * text["scale"]
        assert text["size"] >= 12
        assert not text["on"] or text["words"] in {"∂", "1"}, text
    screenshot(browser, f"worksheet-{shape}")


def test_paper_is_white_in_the_dark(browser, tmp_path):
    """Whoever prefers dark sees, and prints, black on white."""
    opened(browser, tmp_path, made("shared").html())
    with prefers(browser, color_scheme="dark"):
        ground, ink = browser.execute_script(
            """
            const style = (selector) => getComputedStyle(document.querySelector(selector)).fill;
            return [style(".paper .ground"), style(".paper text")];
            """
        )
    assert ground == "rgb(255, 255, 255)"
    assert ink == "rgb(17, 17, 17)"


def test_a_narrow_screen_shows_a_whole_page(browser, tmp_path):
    """On a phone a page shrinks to the width; nothing has to be scrolled sideways."""
    with viewport(browser, 390, 800):
        opened(browser, tmp_path, made("chain").html())
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
