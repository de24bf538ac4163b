"""Laws of a picture in a notebook, on a page, and as a table."""

import random
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock

import pytest
from browser import complaints, screenshot
from test_draw import NASTY, SVG, Picture, drawn_by, labelled, neuron, square

from engine import Drawing, Value, affine, draw, graph, total
from engine.pictures import drawing as drawing_
from engine.pictures.svg import embed
from engine.pictures.svg.diagram import Arrow, Box, Diagram
from nn import MLP
from nn.losses import squared_error


class Page(HTMLParser):
    """The elements of a piece of HTML, and the texts in its cells."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.cells, self.attributes, self.open = [], [], {}, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))
        self.open.append(tag)
        if tag in {"td", "th", "caption"}:
            self.cells.append("")

    def handle_data(self, data):
        if self.open and self.open[-1] in {"td", "th", "caption"}:
            self.cells[-1] += data

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()


def network():
    model = MLP(2, [5, 4, 1], activation="tanh", rng=random.Random(1))
    cost = squared_error(model([1.0, -2.0]), [1.0])
    cost.label = "C"
    cost.backward()
    return cost


# The table


def test_the_table_tells_all_that_the_picture_shows():
    """Boxes with what they are and their numbers, arrows with the local derivatives, and the notes."""
    cost = neuron()
    w = next(leaf for leaf in graph.leaves(cost) if leaf.label == "w")
    told = draw(cost).table()
    assert told.splitlines()[:12] == [
        "Computation graph of C",
        draw(cost).diagram.description,
        "",
        "box  name     is             data     grad",
        "n0   b        parameter      0.1      −0.1713",
        "n1   w        parameter      0.5      −0.1507",
        "n2   a        input          0.88     −0.08565",
        "n3   z        z = w a + b    0.54     −0.1713",
        "n4   sigmoid  v_1 = σ(z)     0.6318   −0.7364",
        "n5   y        input          1        0.7364",
        "n6   -        v_2 = v_1 − y  −0.3682  −0.7364",
        "n7   C        C = v_2²       0.1356   1",
    ]
    assert "w (n1)        z (n3)        ∂z/∂w = 0.88; contributes −0.150744 to ∂C/∂w" in told
    assert draw(cost, highlight=w).table().endswith("\n\n∂C/∂w = −0.1507, along one path")


def test_the_table_of_a_collapsed_picture():
    """Neurons tell the formulas of z and a; layers and bands what they count."""
    cost = network()
    lines = draw(cost).table().splitlines()
    row = next(line for line in lines if "a_0^(2)" in line)
    assert "a_0^(2) = tanh(z_0^(2))" in row
    columns = next(line for line in lines if line.startswith("box"))
    assert columns.split() == ["box", "name", "is", "data", "grad", "z", "a", "δ"]
    assert "5 neurons, 15 parameters" in draw(cost, detail="layers").table()
    assert re.search(r"leaves +\d+ values; 3 inputs, \d+ parameters", draw(cost, detail="summary").table())


@pytest.mark.parametrize("text", NASTY)
def test_labels_stay_text_in_tables(text):
    """A label stands on its line, and in its cell."""
    drawing = draw(labelled(text))
    assert len(drawing.table().splitlines()) == 10
    page = Page(drawing._repr_html_())
    assert page.tags == Page(draw(labelled("w"))._repr_html_()).tags
    shown = page.cells[1:6].index("box")
    assert shown == 0


def test_a_drawing_of_plain_data_has_a_table_too():
    """Without a graph, its boxes' kinds take the place of formulas."""
    boxes = Box("n0", ("a", "data 3", "something else"), "input"), Box("n1", ("b",), "root")
    drawing = Drawing(Diagram("two", "two boxes", boxes, (Arrow("e0", "n0", "n1", "3"),)))
    assert drawing.table().splitlines()[3:] == [
        "box  name  is              data",
        "n0   a     something else  3",
        "n1   b     root",
        "",
        "from    to      is",
        "a (n0)  b (n1)  3",
    ]
    assert "<td>something else</td>" in drawing._repr_html_()
    assert repr(drawing) == '<Drawing of 2 values and 1 edge; .save("graph.svg") writes it>'


def test_a_long_cell_does_not_move_the_others():
    """Columns are as wide as their shorter cells need."""
    root = total([Value(1.0, label="x") * Value(2.0, label="y" * 60)])
    lines = draw(root).table().splitlines()
    assert max(line.index("input") for line in lines if " input " in line) > 40
    assert any(line.startswith("n0   x ") and line.index("input") < 50 for line in lines)


# A notebook


def test_html_holds_the_picture_and_the_table():
    """An image of the SVG, described; the table folded below; nothing from elsewhere."""
    with drawn_by("own"):
        drawing = draw(neuron())
        html = drawing._repr_html_()
        page = Page(html)
        image = page.attributes["img"]
        assert b64decode(image["src"].removeprefix("data:image/svg+xml;base64,")).decode() == drawing.svg
    assert image["alt"] == f"{drawing.diagram.title}: {drawing.diagram.description}"
    assert page.attributes["div"]["data-view"] == "picture"
    assert page.cells[:7] == ["boxes", "box", "name", "is", "data", "grad", "n0"]
    assert "z = w a + b" in page.cells
    assert "∂z/∂w = 0.88; contributes −0.150744 to ∂C/∂w" in page.cells
    assert "details" in page.tags
    assert not re.search(r"https?://(?!www\.w3\.org)", html)


def test_a_long_table_is_cut_in_html():
    """A notebook is not filled with hundreds of rows; the caption says where the others are."""
    root = total([Value(float(k)) for k in range(150)])
    with drawn_by("own"):
        html = draw(root, detail="values")._repr_html_()
    page = Page(html)
    captions = [cell for cell in page.cells if cell.startswith(("boxes", "arrows"))]
    more = "more are in the drawing's table()"
    assert captions == [f"boxes; 51 {more}", f"arrows; 50 {more}"]
    assert html.count("<tr>") == 202


def test_svgs_on_one_page_share_no_id():
    """nbviewer inlines several: ids begin with a digest of the picture; what refers to them follows."""
    with drawn_by("own"):
        first, second = draw(neuron()), draw(square())
        texts = [drawing._repr_svg_() for drawing in (first, second)]
        assert texts[0] == draw(neuron())._repr_svg_()
    ids = [
        [element.get("id") for element in Picture(text).root.iter() if element.get("id")] for text in texts
    ]
    assert not set(ids[0]) & set(ids[1])
    assert len(set(ids[0])) == len(ids[0]) == len(first.svg.split(' id="')) - 1
    prefix = ids[0][0].removesuffix("graph0-title")
    assert all(id.startswith(prefix) for id in ids[0])
    root = Picture(texts[0]).root
    assert root.get("aria-labelledby").split() == [f"{prefix}graph0-title", f"{prefix}graph0-desc"]
    with drawn_by("own"):
        plain = Picture(first.svg)
    assert [text.text for text in root.iter(f"{SVG}text")] == [
        text.text for text in plain.root.iter(f"{SVG}text")
    ]


@pytest.mark.parametrize("text", ['" id="x', "<g id='a'>", ' aria-labelledby="', " id=&quot;"])
def test_labels_that_look_like_ids(text):
    """They are text, and stay as written."""
    with drawn_by("own"):
        picture = Picture(draw(labelled(text))._repr_svg_())
    leaf, root = picture.nodes
    assert [picture.texts(leaf)[0], picture.texts(root)[1]] == [text, f"{text} = "]


def test_a_picture_never_raises_in_a_notebook():
    """A layout that fails gives way to the table, below the reason."""

    def break_down(*_, **__):
        raise ZeroDivisionError("an odd\n<answer>")

    drawing = draw(labelled("<b>"), layout="own")
    with mock.patch.object(drawing_, "paint", break_down):
        html = drawing._repr_html_()
        assert drawing._repr_svg_() is None
        with pytest.raises(ZeroDivisionError):
            _ = drawing.svg
    assert html.startswith("<pre>No picture: an odd⏎&lt;answer&gt;\n\nComputation graph of &lt;b&gt;\n")
    assert "box  name  is" in html
    assert "<svg" in drawing.svg
    with mock.patch.object(embed, "view", break_down):
        assert drawing._repr_html_() == html


@pytest.mark.parametrize(("x", "shown"), [(float("nan"), "nan"), (float("inf"), "∞")])
def test_numbers_that_are_none_in_a_notebook(x, shown):
    """They are shown, in picture and table."""
    root = affine(Value(x), [Value(0.0)], [Value(1.0)])
    root.backward()
    with drawn_by("own"):
        assert f"<td>{shown}</td>" in draw(root)._repr_html_()


def test_a_page_with_two_pictures(browser, tmp_path):
    """In a browser the images become pictures with hints, ids of their own, and a table to unfold."""
    with drawn_by("own"):
        body = draw(labelled("</script><img src=x onerror=alert(1)>"), legend=True)._repr_html_()
        body += draw(network())._repr_html_()
    path = Path(tmp_path) / "page.html"
    path.write_text(embed.document("two pictures", body), encoding="utf-8")
    browser.get(path.as_uri())
    count = "return document.querySelectorAll(arguments[0]).length"
    assert browser.execute_script(count, ".chainrule-view[data-live] > svg") == 2
    assert browser.execute_script(count, ".chainrule-view img") == 0
    ids = browser.execute_script(
        "return [...document.querySelectorAll('svg [id]')].map((element) => element.id)"
    )
    assert len(ids) == len(set(ids))
    for summary in browser.find_elements("css selector", "summary"):
        summary.click()
    cells = [cell.text for cell in browser.find_elements("css selector", "td")]
    assert "</script><img src=x onerror=alert(1)>" in cells
    assert "a_0^(2)" in cells
    screenshot(browser, "pictures")
    assert complaints(browser) == []
