"""Laws of the elements of a picture, read from the SVG as anyone would read it."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import fonts
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.pictures.svg import look as marks
from engine.pictures.svg import svg
from engine.pictures.svg.diagram import HUES, KINDS, Arrow, Box, Cluster, Diagram

SVG = "{http://www.w3.org/2000/svg}"
# What labels are made of: letters of Europe, formulas; for these the fonts' own widths are at hand.
LETTERS = [
    *map(chr, (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180), *range(0x391, 0x3A2))),
    *"αβγδεζηθικλμνξοπρςστυφχψωЖШЩЫЮжшщыю₀₁₂₃₊₋ₐₙ⁰¹²³⁽⁾⁺⁻−×·÷±∂∑∏√∞≈≠≤≥→⇒∇…",
]
LINES = st.lists(st.text(st.sampled_from(LETTERS), max_size=30), min_size=1, max_size=4).map(tuple)
ANYTHING = st.text(st.characters(exclude_categories=()))
NASTY = "</script><img src=x onerror=alert(1)> \"q\" 'q' \\N &lt; ]]> \n\t\x00\u202e משקל 重み"


def read(text):
    return ET.fromstring(text)  # noqa: S314 — the text is our own


def group(text):
    """One element, read as a part of an SVG."""
    return read(f'<svg xmlns="{SVG[1:-1]}">{text}</svg>')[0]


def tags(element):
    return [child.tag.removeprefix(SVG) for child in element]


def texts(element):
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def same(shown, written):
    """Character by character the same, but for those that may not be shown: each of them is one that may."""
    return (
        shown.isprintable()
        and len(shown) == len(written)
        and all(a == b or not b.isprintable() for a, b in zip(shown, written, strict=True))
    )


def area(rect):
    x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def ink(text):
    """Where the ink of a text can be, measured with the widest of the fonts asked for."""
    x, y = float(text.get("x")), float(text.get("y"))
    left = x if text.get("class") in {"note", "frame", "word"} else x - fonts.width(text) / 2
    return left, y - 10, left + fonts.width(text), y + 3


def inside(inner, outer):
    return outer[0] <= inner[0] <= inner[2] <= outer[2] and outer[1] <= inner[1] <= inner[3] <= outer[3]


def box(kind="inner", rows=("z", "data 0.5", "grad –"), **more):
    return Box("n0", rows, kind, **more)


# Boxes


@pytest.mark.parametrize("dim", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_of_a_box(kind, dim):
    """Id, classes, title, rectangle, body, header and rows, in this order; the hint is the title."""
    drawn = group(svg.box_svg(box(kind, dim=dim, hint="z = 0.5"), 10, 20))
    assert drawn.get("id") == "n0"
    assert drawn.get("class").split() == ["node", kind, *["dim"] * dim]
    assert tags(drawn) == ["title", "rect", "path", "text", "text", "text"]
    assert drawn[0].text == "z = 0.5"
    assert [text.get("class") for text in drawn.iter(f"{SVG}text")] == ["head", "row", "row"]
    assert texts(drawn) == ["z", "data 0.5", "grad –"]
    assert area(drawn[1])[:2] == (10, 20)
    assert group(svg.box_svg(box(kind), 0, 0))[0].text == "n0"


@pytest.mark.parametrize("kind", KINDS)
def test_a_box_of_one_row_is_a_header(kind):
    """Without further rows there is no body."""
    assert tags(group(svg.box_svg(box(kind, ("z",)), 0, 0))) == ["title", "rect", "text"]


@given(LINES, st.sampled_from(KINDS))
@example((LETTERS[0] * 50, "".join(LETTERS)), "group")
def test_texts_lie_inside_their_box(rows, kind):
    """Every line of text lies inside its box, also in the broadest font, of whatever letters it is made."""
    drawn = group(svg.box_svg(box(kind, rows), 5, 5))
    assert all(inside(ink(text), area(drawn[1])) for text in drawn.iter(f"{SVG}text"))


def test_every_letter_gets_its_width():
    """Fifty of one letter fit as well, in the header and below."""
    for letter in LETTERS:
        drawn = group(svg.box_svg(box(rows=(letter * 50, letter * 50)), 5, 5))
        assert all(inside(ink(text), area(drawn[1])) for text in drawn.iter(f"{SVG}text")), letter


@given(LINES, st.sampled_from(KINDS))
def test_the_size_of_a_box_is_the_size_that_is_drawn(rows, kind):
    """The layouts place what will be drawn, and the body stays within it."""
    drawn = group(svg.box_svg(box(kind, rows), 5, 5))
    left, top, right, bottom = area(drawn[1])
    assert (right - left, bottom - top) == pytest.approx(svg.box_size(box(kind, rows)), abs=0.1)
    for path in drawn.findall(f"{SVG}path"):
        xs, ys = corners(path.get("d"))
        assert left <= min(xs) < max(xs) <= right
        assert top + svg.HEADER_HEIGHT - 0.1 <= min(ys) < max(ys) <= bottom


def corners(path):
    """Follow a body's outline: M, h, V, H and q."""
    x, y, xs, ys = 0.0, 0.0, [], []
    for command, text in re.findall(r"([MhVHq])([^MhVHqz]*)", path):
        *_, a, b = [0.0, *map(float, re.findall(r"-?[\d.]+", text))]
        x, y = {"M": (a, b), "h": (x + b, y), "V": (x, b), "H": (b, y), "q": (x + a, y + b)}[command]
        xs.append(x)
        ys.append(y)
    return xs, ys


def test_room_is_the_least_width():
    """Where the text will change, there is room for more; a longer text still has all that it needs."""
    width, height = svg.box_size(box())
    assert svg.box_size(box(room=width + 30)) == (width + 30, height)
    assert svg.box_size(box(room=1)) == (width, height)


@pytest.mark.parametrize("script", ["重み", "가중치", "😀🎉", "नमस्ते", "שלום"])
def test_other_scripts_get_room(script):
    """Wide characters are given their width, combining ones none: a box grows with what is seen."""
    assert svg.box_size(box(rows=(script,)))[0] < svg.box_size(box(rows=(script * 9,)))[0]
    assert svg.box_size(box(rows=("e\u0301" * 20,))) == svg.box_size(box(rows=("é" * 20,)))


# Arrows


def arrow(label="0.5", **more):
    return Arrow("e0", "n0", "n1", label, **more)


def both(arrow):
    """An arrow as our own layout draws it, and along a curve as Graphviz tells it."""
    runs = [(0, 40, 5), (60, 90, 15), (120, 160, 15)]
    curve = [(0, 5), (40, 5), (60, 15), (160 - marks.head_length(arrow.width), 15), (160, 15)]
    return [group(svg.edge_svg(arrow, runs, (75, 11))), group(svg.curve_svg(arrow, curve, (75, 11)))]


@pytest.mark.parametrize(
    ("flags", "classes"),
    [
        ({}, []),
        ({"sign": 1}, ["positive"]),
        ({"sign": -1, "width": 3}, ["negative"]),
        ({"dim": True}, ["dim"]),
        *(({"hue": hue}, [f"path{hue}"]) for hue in range(1, HUES + 1)),
        ({"sign": -1, "hue": 2, "dim": True}, ["negative", "path2", "dim"]),
    ],
)
def test_the_contract_of_an_arrow(flags, classes):
    """Id, classes, ends, title, line with its width, head and label; the same from both layouts."""
    for drawn in both(arrow(**flags)):
        assert drawn.get("id") == "e0"
        assert drawn.get("class").split() == ["edge", *classes]
        assert (drawn.get("data-tail"), drawn.get("data-head")) == ("n0", "n1")
        assert tags(drawn) == ["title", "path", "polygon", "text"]
        assert drawn[0].text == "n0->n1"
        assert drawn[1].get("style") == f"stroke-width:{flags.get('width', 1.2)}"
        assert texts(drawn) == ["0.5"]
    assert [drawn[0].text for drawn in both(arrow(hint="∂z/∂w"))] == ["∂z/∂w"] * 2


def test_an_arrow_without_label_has_no_text():
    """An empty label leaves no empty element."""
    assert [tags(drawn) for drawn in both(arrow(""))] == [["title", "path", "polygon"]] * 2


def points(polygon):
    return np.array([point.split(",") for point in polygon.get("points").split()], float)


@pytest.mark.parametrize("width", [0.3, 1.2, 2, 5, 12])
def test_the_head_is_seen_whatever_the_width(width):
    """It ends where the arrow does, is broader than the line and grows with it; the line ends within it."""
    for drawn in both(arrow(width=width)):
        tip, *feet = points(drawn[2])
        assert tip == pytest.approx((160, 15))
        assert all(foot[0] == pytest.approx(160 - marks.head_length(width), abs=0.1) for foot in feet)
        assert abs(feet[0][1] - feet[1][1]) > 1.3 * width
        way = drawn[1].get("d")
        end = way.rpartition("H")[2] if "H" in way else way.split()[-1].split(",")[0]
        assert 160 - marks.head_length(width) <= float(end) < 160


def test_heads_grow_with_the_line():
    """A broader line has a longer head; below the usual width none is smaller than usual."""
    lengths = [marks.head_length(width) for width in (0, 1.2, 2, 5, 12)]
    assert lengths[0] == lengths[1]
    assert all(one < next_one for one, next_one in pairwise(lengths[1:]))


def test_a_broad_arrow_of_a_short_run_goes_forward():
    """Where the last run is shorter than the head, the line ends where the run begins, not before."""
    drawn = group(svg.edge_svg(arrow("", width=9), [(0, 40, 5), (60, 67, 15)], (0, 0)))
    assert drawn[1].get("d").endswith("60,15H60")


def test_a_label_keeps_off_a_broad_line():
    """The label stands higher where the line under it is broader."""
    thin, broad = (both(arrow(width=width))[0].find(f"{SVG}text") for width in (1.2, 5))
    assert float(thin.get("y")) - float(broad.get("y")) == pytest.approx(1.9)


def test_an_arrow_of_no_length_is_drawn():
    """A curve that ends where its tip is has a head all the same, of numbers."""
    drawn = group(svg.curve_svg(arrow(), [(0, 0), (1, 1), (2, 2), (3, 3), (3, 3)], (0, 0)))
    assert np.isfinite(points(drawn[2])).all()


# Frames and the page


@pytest.mark.parametrize("kind", ["layer", "neuron"])
def test_the_contract_of_a_frame(kind):
    """Id, classes, title, rectangle, and the title as text inside its band at the top."""
    drawn = group(svg.cluster_svg(Cluster("c0", "layer 1", kind), 10, 20, 100, 50))
    assert (drawn.get("id"), drawn.get("class").split()) == ("c0", ["cluster", kind])
    assert tags(drawn) == ["title", "rect", "text"]
    assert (drawn[0].text, texts(drawn)) == ("layer 1", ["layer 1"])
    assert area(drawn[1]) == (10, 20, 110, 70)
    assert drawn[2].get("class") == "frame"
    assert inside(ink(drawn[2]), (10, 20, 110, 20 + svg.CLUSTER_TITLE))


BOXES = tuple(Box(f"n{place}", (kind, "data 1"), kind, dim=place == 2) for place, kind in enumerate(KINDS))
ARROWS = (
    *(Arrow(f"e{place}", "n0", "n1", "0.5", sign, 1.2 + place) for place, sign in enumerate((0, 1, -1))),
    *(Arrow(f"e{hue + 2}", "n0", "n2", "0.5", hue=hue) for hue in range(1, HUES + 1)),
    Arrow("e9", "n0", "n3", "0.5", dim=True),
)
ALL = Diagram(
    "all", "of it", BOXES, ARROWS,
    (Cluster("c0", "layer 1", "layer"), Cluster("c1", "neuron 0", "neuron", "c0")),
    notes=("first of two notes, which is broader than the picture is: " + "w" * 40, "second"), legend=True,
)  # fmt: skip


def drawn(diagram, width=300, height=200):
    """All of a diagram on one page, anyhow."""
    shapes = [
        *(svg.cluster_svg(cluster, 0, 0, 100, 50) for cluster in diagram.clusters),
        *(svg.edge_svg(arrow, [(0, 80, 5)], (40, 1)) for arrow in diagram.arrows),
        *(svg.box_svg(box, 5, 5) for box in diagram.boxes),
    ]
    return svg.page(diagram, width, height, shapes)


def test_the_contract_of_the_page():
    """Image, title, description, style, and one group with everything; ids that differ."""
    page = read(drawn(ALL))
    assert (page.get("class"), page.get("role")) == ("chainrule", "img")
    assert tags(page) == ["title", "desc", "style", "g"]
    assert page.get("aria-labelledby").split() == [page[0].get("id"), page[1].get("id")]
    assert [page[0].text, page[1].text] == ["all", "of it"]
    assert page.get("viewBox") == f"0 0 {page.get('width')} {page.get('height')}"
    assert (page[3].get("id"), page[3].get("class")) == ("graph0", "graph")
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    things = (*ALL.boxes, *ALL.arrows, *ALL.clusters)
    assert sorted(ids) == sorted(["graph0", "graph0-title", "graph0-desc", *(thing.id for thing in things)])


def test_a_prefix_stands_before_every_id():
    """Two pictures on one page have no id in common; apart from that they are the same."""
    plain = drawn(ALL)
    other = svg.prefixed(plain, "p7-")
    ids = [element.get("id") for element in read(plain).iter() if element.get("id")]
    assert [element.get("id") for element in read(other).iter() if element.get("id")] == [
        f"p7-{id}" for id in ids
    ]
    assert read(other).get("aria-labelledby") == "p7-graph0-title p7-graph0-desc"
    assert other.replace("p7-", "") == plain


def test_what_only_looks_like_an_id_gets_no_prefix():
    """A label that reads as an attribute stays as it is."""
    label = 'x id="n0"'
    picture = drawn(Diagram(label, label, (box(rows=(label,)),), (), notes=(label,)))
    page = read(svg.prefixed(picture, "p7-"))
    assert texts(page) == [label, label]
    assert page[0].text == label


def test_without_notes_and_legend_the_page_has_the_size_asked_for():
    """Nothing below, no room below; nor for a legend of nothing."""
    for nothing in (Diagram("", "", (), ()), Diagram("", "", (), (), legend=True)):
        page = read(drawn(nothing))
        assert (page.get("width"), page.get("height")) == ("300", "200")
        assert len(page[3]) == 0


@pytest.mark.parametrize("width", [30, 300, 900])
def test_notes_and_legend_stand_below_on_the_page(width):
    """Each text and sample is on the page, below the picture, and none touches another."""
    page = read(drawn(ALL, width))
    size = (0, 200, float(page.get("width")), float(page.get("height")))
    assert size[2] >= width
    below = [ink(text) for text in page.iter(f"{SVG}text") if text.get("class") in {"note", "word"}]
    legend = page.find(f".//{SVG}g[@class='legend']")
    below += [area(rect) for rect in legend.iter(f"{SVG}rect")]
    for polygon in legend.iter(f"{SVG}polygon"):
        (tip_x, tip_y), *_ = points(polygon)
        below.append((tip_x - 30, tip_y - 4, tip_x, tip_y + 4))
    assert len(below) == 2 + 2 * (len(KINDS) + 3 + HUES)
    assert all(inside(each, size) for each in below)
    for one, other in combinations(below, 2):
        apart = [one[side + 2] < other[side] or other[side + 2] < one[side] for side in (0, 1)]
        assert any(apart)


def words(*boxes_and_arrows):
    boxes = tuple(thing for thing in boxes_and_arrows if isinstance(thing, Box))
    arrows = tuple(thing for thing in boxes_and_arrows if isinstance(thing, Arrow))
    page = read(drawn(Diagram("", "", boxes, arrows, legend=True)))
    return [text.text for text in page.iter(f"{SVG}text") if text.get("class") == "word"]


def test_the_legend_tells_what_occurs_and_nothing_else():
    """A sample for each kind, sign and path that is there; for widths where they differ."""
    assert words(box("input"), box("root")) == ["input", "output"]
    assert words(box("input"), arrow(sign=-1)) == ["input", "negative derivative"]
    assert words(arrow(sign=1), arrow(width=3)) == ["positive derivative", "larger contribution"]
    assert words(arrow(hue=3), arrow(hue=3, sign=1)) == ["path"]
    assert words(arrow(hue=3), arrow(hue=1)) == ["path 1", "path 3"]
    assert words(arrow(dim=True, sign=1), arrow()) == []
    assert words(box("group"), box("constant"), box("inner"), box("parameter")) == [
        "parameter", "constant", "computed value", "several values",
    ]  # fmt: skip


def test_samples_look_like_what_they_are_of():
    """A sample has its kind's shape and the classes that colour it, but is no node of the graph."""
    page = read(drawn(ALL))
    legend = page.find(f".//{SVG}g[@class='legend']")
    classes = [element.get("class") for element in legend.iter(f"{SVG}g")][1:]
    paths = [f"wire path{hue}" for hue in range(1, HUES + 1)]
    signs = ["wire positive", "wire negative", "wire broad"]
    assert classes == [*(f"sample {kind}" for kind in KINDS), *signs, *paths]
    for sample in legend.iter(f"{SVG}g"):
        assert not sample.get("id")


def test_a_note_can_stand_on_the_page_itself():
    """Its middle is where it was asked for, as near as widths can be estimated."""
    text = group(svg.note("The graph is empty.", 90, 24))
    left, _, right, _ = ink(text)
    assert (left + right) / 2 == pytest.approx(90, abs=8)
    assert left > 0


# Text stays text


@given(st.lists(ANYTHING, min_size=1, max_size=3).map(tuple), ANYTHING, ANYTHING)
@example((NASTY, NASTY), NASTY, NASTY)
def test_any_text_is_well_formed_and_stays_text(rows, text, other):
    """Whatever labels, hints, titles and notes hold: it parses, has the elements it should, says the same."""
    label = text or "x"
    diagram = Diagram(
        text, other, (box(rows=rows, hint=other),), (arrow(label, hint=label),),
        (Cluster("c0", text, "layer"),), notes=(other,), legend=True,
    )  # fmt: skip
    page = read(drawn(diagram))
    assert {element.tag.removeprefix(SVG) for element in page.iter()} == {
        "svg", "title", "desc", "style", "g", "rect", "path", "polygon", "text",
    }  # fmt: skip
    shown = texts(page)
    for seen, written in zip(shown, (text, label, *rows, other), strict=False):
        assert same(seen, written)
        assert "\n" not in seen
    assert same(page[0].text or "", text)
    assert same(page[1].text or "", other)
    assert same(page.find(f".//{SVG}g[@id='e0']/{SVG}title").text, label)


def test_markup_comes_out_as_written():
    """Quotes, tags, backslashes and line ends are shown, never obeyed."""
    label = "<script>alert(\"x\")</script> & 'q' \\ ]]>"
    page = read(drawn(Diagram("", "", (box(rows=(label, "one\ntwo")),), ())))
    assert texts(page) == [label, "one⏎two"]
