"""Notebooks where people see them: in JupyterLab, trusted and not, and in the page that nbconvert writes."""

import math
import re

import nbformat
import pytest
from browser import LEGIBLE, complaints, contrasts, each, opened, screenshot, viewport
from lab import write_notebook
from nbconvert import HTMLExporter
from notebook_files import picture
from players import Player
from selenium.webdriver import Keys

from engine import Value, draw
from engine.pictures.svg.embed import document

HOSTILE = "</script><img src=x onerror=alert(1)>"  # a dialog would fail the test that comes upon it
CELLS = [
    """
from engine import Value, affine, draw, label
from engine import play
w, a, b, y = (Value(x, label=name) for name, x in (("w", 0.5), ("a", 0.88), ("b", 0.1), ("y", 1.0)))
z = affine(b, [w], [a])
C = (z.sigmoid() - y) ** 2
label(z=z, C=C)
C.backward()
draw(C)
""",
    "play(C)",
    f"draw(Value(2.0, label={HOSTILE!r}) ** 2)",
    "play((w * a - y) ** 2)",
]
VIEWS = len(CELLS)
STATE = """
const { content } = jupyterapp.shell.currentWidget;
return [content.widgets.length, content.activeCellIndex, content.mode];
"""


@pytest.fixture(scope="module")
def executed(lab, browser):
    """A notebook that Run All Cells has run in Lab, each to its end; saved there, and so trusted there."""
    path = lab.folder / "executed.ipynb"
    write_notebook(path, *CELLS)
    lab.open(browser, path.name)
    assert lab.run_all(browser)
    lab.save(browser)
    return path


@pytest.fixture
def trusted(lab, browser, executed):
    """The browser, with that notebook opened anew in Lab."""
    lab.open(browser, executed.name)
    return browser


def roomy(driver):
    """A screen on which the whole notebook has room."""
    return viewport(driver, 1200, 2800)


def photograph(driver, name):
    with roomy(driver):
        screenshot(driver, name)


def ours(driver):
    """What the console holds against scripts in outputs: those of the front end have an address."""
    return [message for message in complaints(driver) if not message.startswith("http")]


def is_live(driver):
    """Every view has its picture inline, with nodes that can be pointed at, and no image any more."""
    assert len(each(driver, ".chainrule-view[data-live] svg.chainrule")) == VIEWS
    assert each(driver, ".chainrule-view img") == []
    words = "".join(each(driver, ".chainrule-view :is(title, .glyph, .name)"))
    assert "w" in words
    assert HOSTILE[:20] in words
    assert ours(driver) == []


def test_in_lab_a_notebook_comes_alive_as_it_runs(lab, trusted):
    """Run All Cells: every output shows its picture, live, and the console is silent."""
    assert lab.run_all(trusted)
    is_live(trusted)


def test_in_lab_a_saved_notebook_is_alive(trusted):
    """Opened again and not run: what was saved in Lab is trusted there, and as live as on the first day."""
    is_live(trusted)


@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
def test_a_picture_follows_the_theme_of_lab(lab, trusted, light):
    """Chosen in Lab, whatever the system prefers: all text is legible, on the page and in the boxes."""
    lab.theme(trusted, light=light)
    photograph(trusted, f"lab-{'light' if light else 'dark'}")
    assert min(contrasts(trusted, ".chainrule .edge text")) > LEGIBLE
    (ground, *_) = each(trusted, ".chainrule .ground", "getComputedStyle(e).fill")
    assert (ground == "rgb(255, 255, 255)") == light


def test_a_player_is_stepped_through_in_lab(trusted):
    """Button by button to its end; then it shows the numbers that Python's own backward pass has left."""
    player, other = Player(trusted, 0), Player(trusted, 1)
    for step in range(1, player.last + 1):
        player.find(".next").click()
        assert player.status.startswith(f"step {step} of {player.last}: ")
    photograph(trusted, "lab-player")
    w, a, b, y = 0.5, 0.88, 0.1, 1.0
    z = w * a + b
    h = 1 / (1 + math.exp(-z))
    slope = 2 * (h - y) * h * (1 - h)
    shown = player.numbers()
    assert shown["w"] == pytest.approx([w, slope * a])
    assert shown["z"] == pytest.approx([z, slope])
    assert shown["C"] == pytest.approx([(h - y) ** 2, 1])
    assert other.status.startswith("step 0 of")
    assert ours(trusted) == []


def test_a_slider_in_lab_moves_one_player_only(trusted):
    """Its graph is computed anew, as Python would; the other player on the page stands as it was."""
    player, other = Player(trusted, 0), Player(trusted, 1)
    player.find(".last").click()
    before = other.words
    player.open("change")
    slider = player.find("[aria-label='w, slider']")
    slider.send_keys(Keys.END)
    w = float(slider.get_attribute("value"))
    assert w > 0.5
    a = 1 / (1 + math.exp(-(w * 0.88 + 0.1)))
    slope = 2 * (a - 1) * a * (1 - a)
    assert player.numbers()["w"] == pytest.approx([w, 0.88 * slope], rel=1e-3)
    assert player.numbers()["C"] == pytest.approx([(a - 1) ** 2, 1], rel=1e-3)
    assert other.words == before
    assert ours(trusted) == []


def test_keys_in_a_player_are_no_commands_of_lab(trusted):
    """Arrow keys step; those that would move between cells, cut one or add one do nothing of the kind."""
    player = Player(trusted, 0)
    player.find(".next").click()
    before = trusted.execute_script(STATE)
    player.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ARROW_DOWN, "x", "b")
    assert player.status.startswith("step 2 of")
    assert trusted.execute_script(STATE) == before


@pytest.fixture
def unsigned(lab, executed):
    """The same notebook as someone else's: one word more, so that it has no signature; outputs are there."""
    notebook = nbformat.read(executed, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("From a friend."))
    path = lab.folder / "unsigned.ipynb"
    nbformat.write(notebook, path)
    return path


def test_in_an_untrusted_notebook_the_picture_stands_still(lab, browser, unsigned):
    """Images that have a size, and words for those who do not see them; no script, no stray prose."""
    with roomy(browser):
        lab.open(browser, unsigned.name)
        screenshot(browser, "lab-untrusted")
        sizes = each(browser, ".jp-OutputArea-output img", "[e.naturalWidth, e.clientWidth, e.alt.length]")
    assert each(browser, ".jp-OutputArea-output.jp-mod-trusted") == []
    assert len(sizes) == VIEWS
    assert all(min(size) > 20 for size in sizes)
    assert each(browser, ".jp-OutputArea-output :is(script, style, svg, [data-live])") == []
    prose = "".join(each(browser, ".jp-OutputArea-output", "e.innerText"))
    hidden = [re.findall("<(?:title|desc|style)[^>]*>([^<]{10,})<", svg) for svg in pictures(unsigned)]
    assert len(hidden) == VIEWS
    assert [text for texts in hidden for text in texts if text in prose] == []
    assert ours(browser) == []


def pictures(path):
    """The SVGs in a notebook's outputs."""
    return [
        picture(output.data["text/html"])
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", ())
    ]


def converted(notebook):
    html, _resources = HTMLExporter().from_notebook_node(notebook)
    return html


def requests(driver):
    """The addresses that a page asks for, apart from those that hold their answer themselves."""
    names = driver.execute_script("return performance.getEntriesByType('resource').map((e) => e.name)")
    return {name for name in names if not name.startswith("data:")}


def test_a_page_of_nbconvert_is_alive_without_a_network(browser, executed, tmp_path):
    """`jupyter nbconvert --to html`: live as in Lab; it asks for no more than an empty notebook does."""
    opened(browser, tmp_path, converted(nbformat.v4.new_notebook()))
    asked = requests(browser)
    opened(browser, tmp_path, converted(nbformat.read(executed, as_version=4)))
    photograph(browser, "nbconvert")
    is_live(browser)
    player = Player(browser, 1)
    player.find(".next").click()
    assert player.status.startswith("step 1 of")
    assert requests(browser) == asked


def test_two_pictures_inlined_into_one_page_share_no_id(browser, tmp_path):
    """As a viewer does that writes `_repr_svg_` into the page: each is named by its own title."""
    a = Value(3.0, label="a")
    opened(browser, tmp_path, document("two", draw(a * a)._repr_svg_() + draw(a + a)._repr_svg_()))
    ids = each(browser, "svg [id]", "e.id")
    assert len(ids) == len(set(ids)) > 10
    naming = "e.getAttribute('aria-labelledby').split(' ').map((id) => e.querySelector('#' + id).tagName)"
    assert each(browser, "svg", naming) == [["title", "desc"]] * 2
