"""Laws of the DOT text in which everything is pinned: Graphviz has it where the SVG has it."""

import re
import subprocess
from dataclasses import replace
from itertools import pairwise
from math import hypot
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from processes import printed
from programs import drawn_by, program
from test_dot_language import PURE, WORKS, clustered, install, places
from test_dot_text import NASTY, NETWORK, PROGRAMS, ask, assert_text_is_text, hostile, spoken
from test_layout import Picture, bezier, rectangle
from test_layout_clusters import KNOTTED, network
from test_svg import SVG, same

from engine import Value, draw
from engine.pictures.drawing import Drawing
from engine.pictures.svg import dot as dot_text
from engine.pictures.svg import graphviz as dot_language
from engine.pictures.svg.diagram import KINDS, Arrow, Box, Cluster, Diagram
from engine.pictures.svg.graphviz import pinned_source as source
from engine.pictures.svg.layout import svg
from engine.pictures.svg.look import KIND_COLOURS as COLOURS
from engine.pictures.svg.look import clean
from nn import MLP

__all__ = ["places"]  # a fixture

ROUNDING = 0.2  # coordinates are written to a tenth, twice
TABLE = 0.6  # sizes of tables are whole numbers
TEXT = 1.5  # of letters, whose size each program sees otherwise
NARROW = replace(  # alone, one above the other: the legend has more lines than elsewhere
    NETWORK, boxes=tuple(Box(f"n{i}", ("x",), kind) for i, kind in enumerate(KINDS)), arrows=(), clusters=()
)


def page(drawn):
    """Width and height of an SVG."""
    return tuple(float(drawn.root.get(side)) for side in ("width", "height"))


def numbers(text):
    return [float(number) for number in re.split("[ ,]", text)]


class Plan:
    """Where Graphviz has everything, counted as in an SVG: downwards from the upper left corner."""

    def __init__(self, name, diagram):
        plan = ask(name, source(diagram))
        self.left, self.lower, self.right, self.upper = numbers(plan["bb"])
        self.things = {thing["id"]: thing for thing in plan.get("objects", ()) if "id" in thing}
        self.edges = {edge["id"]: edge for edge in plan.get("edges", ())}

    def points(self, text):
        along = numbers(text.removeprefix("e,"))
        return [(x, self.upper - y) for x, y in zip(along[::2], along[1::2], strict=True)]

    def way(self, id):
        """The line of an arrow as points so close that what lies between is straight, and its tip."""
        tip, *controls = self.points(self.edges[id]["pos"])
        line = controls[:1]
        for start in range(0, len(controls) - 1, 3):
            xs, ys = zip(*controls[start : start + 4], strict=True)
            line += [(bezier(xs, step / 12), bezier(ys, step / 12)) for step in range(1, 13)]
        return line, tip


def apart(point, line):
    """How far a point is from a line through points."""
    x, y = point
    best = []
    for (left, top), (right, bottom) in pairwise(line):
        length = (right - left) ** 2 + (bottom - top) ** 2
        share = ((x - left) * (right - left) + (y - top) * (bottom - top)) / length if length else 0
        share = min(max(share, 0), 1)
        best.append(hypot(left + share * (right - left) - x, top + share * (bottom - top) - y))
    return min(best)


def middle(area):
    return (area[0] + area[2]) / 2, (area[1] + area[3]) / 2


@PROGRAMS
@given(clustered())
@settings(max_examples=20)
@example(NETWORK)
@example(network(2, 3, 2))
@example(KNOTTED)
@example(NARROW)
@example(replace(NARROW, notes=("W" * 60,), legend=False))
def test_everything_stands_where_the_svg_has_it(name, diagram):
    """The page, boxes, frames, arrows with their tips, and labels; to rounding."""
    drawn, plan = Picture(svg(diagram)), Plan(name, diagram)
    assert (plan.left, plan.lower, plan.right, plan.upper) == pytest.approx((0, 0, *page(drawn)), abs=1)
    for id, area in drawn.boxes.items():
        assert plan.points(plan.things[id]["pos"])[0] == pytest.approx(middle(area), abs=ROUNDING)
        assert float(plan.things[id]["width"]) * 72 == pytest.approx(area[2] - area[0], abs=2 * TABLE)
        assert float(plan.things[id]["height"]) * 72 == pytest.approx(area[3] - area[1], abs=8)
    for id, area in drawn.frames.items():
        (left, bottom), (right, top) = plan.points(plan.things[id]["bb"])
        assert (left, top, right, bottom) == pytest.approx(area, abs=ROUNDING)
    for id, path in drawn.paths.items():
        line, tip = plan.way(id)
        assert line[0] == pytest.approx(path[0], abs=ROUNDING)
        assert tip == pytest.approx(path[-1], abs=ROUNDING)
        assert all(apart(point, [*line, tip]) < ROUNDING for point in path)
    for id in drawn.labels:
        text = drawn.edges[id].find(f"{SVG}text")
        expected = float(text.get("x")), float(text.get("y")) - 4
        assert plan.points(plan.edges[id]["lp"])[0] == pytest.approx(expected, abs=ROUNDING)


def groups(name, diagram, kind):
    """The ids of what Graphviz draws of a kind."""
    drawn = ask(name, source(diagram), "svg").iter(f"{SVG}g")
    return {group.get("id") for group in drawn if (group.get("class") or "").split()[:1] == [kind]}


@PROGRAMS
@given(clustered())
@settings(max_examples=20)
@example(KNOTTED)
@example(NETWORK)
def test_the_frames_are_those_of_the_svg(name, diagram):
    """What has no frame in the SVG, since it is empty or would be false, has none here."""
    assert groups(name, diagram, "cluster") == set(Picture(svg(diagram)).frames)


@PROGRAMS
@pytest.mark.parametrize("diagram", [NETWORK, NARROW])
def test_titles_notes_and_legend_begin_where_they_do_in_the_svg(name, diagram):
    """A title at the left of its band; below the picture the lines of notes and the legend's words."""
    drawn = ask(name, source(diagram), "svg")
    height = float(drawn.get("viewBox").split()[3])
    begins = [
        ((text.text or "").strip(), (float(text.get("x")), float(text.get("y")) + height))
        for text in drawn.iter(f"{SVG}text")
        if text.get("text-anchor") == "start"
    ]
    for text in Picture(svg(diagram)).root.iter(f"{SVG}text"):
        if text.get("class") in {"frame", "note", "word"}:
            expected = float(text.get("x")), float(text.get("y"))
            assert any(expected == pytest.approx(at, abs=TEXT) for words, at in begins if words == text.text)


@PROGRAMS
def test_the_legend_shows_what_it_names(name):
    """Samples are where the SVG has them: boxes that look like their kind's, arrows like those meant."""
    plan, drawn = Plan(name, NETWORK), Picture(svg(NETWORK))
    samples = drawn.root.findall(f".//{SVG}g[@class='legend']/{SVG}g")
    found = {id: thing for id, thing in (plan.things | plan.edges).items() if id.startswith("sample")}
    in_order = sorted(found, key=lambda name: int(name.removeprefix("sample")))
    looks = {"positive": "e0", "negative": "e1", "broad": "e4", "path2": "e2"}
    for id, sample in zip(in_order, samples, strict=True):
        css_class = sample.get("class").split()[1]
        if css_class in looks:
            (start, *_), tip = plan.way(id)
            x, y, end = map(float, re.findall(r"[\d.]+", sample.find(f"{SVG}path").get("d")))
            assert start == pytest.approx((x, y), abs=ROUNDING)
            assert x + 20 < tip[0] < end + 8
            assert found[id]["color"] == plan.edges[looks[css_class]]["color"]
        else:
            area = middle(rectangle(sample))
            assert plan.points(found[id]["pos"])[0] == pytest.approx(area, abs=ROUNDING)
            assert found[id]["class"] == css_class
            assert COLOURS[css_class]["fill"] in found[id]["label"]


def painted(name, text):
    """The ids of arrows in the order in which a program draws them."""
    found = [group for group in ask(name, text, "svg").iter(f"{SVG}g") if group.get("class") == "edge"]
    return [group.get("id") for group in found]


@PROGRAMS
def test_bright_and_narrow_arrows_are_drawn_last(name):
    """Arrows from one box, which may share a lane, come in the order in which the SVG draws them."""
    looks = [(False, 1.2), (True, 1.2), (False, 5), (True, 5)]
    drawn = line(len(looks))
    arrows = [replace(a, dim=dim, width=width) for a, (dim, width) in zip(drawn.arrows, looks, strict=True)]
    assert painted(name, source(replace(drawn, arrows=tuple(arrows)))) == ["e3", "e1", "e2", "e0"]


@PROGRAMS
@pytest.mark.parametrize("bright", [0, 1, 2, 3])
def test_arrows_of_boxes_without_a_bright_one_are_drawn_first(name, bright):
    """So what is pale does not cross over what the picture is about, in whichever frame it begins."""
    boxes = tuple(
        Box(f"n{place}", ("x",), "input", home) for place, home in enumerate(["", "c0", "c1", "", ""])
    )
    arrows = tuple(Arrow(f"e{tail}", f"n{tail}", "n4", "", dim=tail != bright) for tail in range(4))
    clusters = Cluster("c0", "layer 1", "layer"), Cluster("c1", "neuron 0", "neuron", "c0")
    diagram = Diagram("", "", boxes, arrows, clusters)
    assert painted(name, source(diagram))[-1] == f"e{bright}"
    assert groups(name, diagram, "cluster") == {"c0", "c1"}


def line(count):
    """Two boxes in a frame, and a number of arrows."""
    boxes = Box("n0", ("a", "data 3"), "input", "c0"), Box("n1", ("z", "data 9"), "root", "c0")
    arrows = tuple(Arrow(f"e{place}", "n0", "n1", "3") for place in range(count))
    return Diagram("square", "a times itself", boxes, arrows, (Cluster("c0", "layer 1", "layer"),))


# Text


@PROGRAMS
def test_text_is_text(name):
    """Labels, titles, hints and notes come out of Graphviz as they were written, and make no element."""
    assert_text_is_text(ask(name, source(hostile(NASTY)), "svg"))


@PROGRAMS
@given(text=st.text(st.characters(exclude_categories=()), max_size=10))
@settings(max_examples=20)
@example("\\")
@example("<b>")
@example("]")
@example('HEIGHT="22"')
@example('x="1" y="2" class="note"')
@example("\ud800\0\n")
def test_any_text_can_be_read(name, text):
    """Whatever a label, a title, a hint or a note is, Graphviz reads the text and shows it."""
    lines, _ = spoken(ask(name, source(hostile(text)), "svg"))
    for line in lines:
        assert line in {"C", " ", ""} or same("".join(line.split()), "".join(clean(text).split()))


PROGRAM = """
from test_dot_pinned import KNOTTED, NETWORK, network, source
print(ascii(source(NETWORK) + source(KNOTTED) + source(network(2, 3, 2))))
"""


@pytest.mark.slow
def test_the_same_diagram_gives_the_same_text():
    """Byte for byte, in another process with other hashes, too."""
    assert printed(PROGRAM) == {ascii(source(NETWORK) + source(KNOTTED) + source(network(2, 3, 2))) + "\n"}


# Files


@pytest.fixture
def nobody_named(monkeypatch):
    """No program is named, so that layers are our own layout's; there is Graphviz's ``dot``."""
    program("dot")
    monkeypatch.delenv("CHAINRULE_DOT", raising=False)


def layers():
    """A network of which the picture has frames."""
    net = MLP(2, [3, 1])
    return draw(net([1.0, -2.0]), detail="values")


@pytest.mark.usefixtures("nobody_named")
@pytest.mark.parametrize("legend", [False, True])
def test_a_bitmap_has_two_pixels_for_one_of_the_svg(tmp_path, legend):
    """In width and in height: so it has the SVG's proportions, and is crisp."""
    drawing = Drawing(replace(layers().diagram, legend=legend))
    drawing.save(tmp_path / "graph.png")
    width, height = page(Picture(drawing.svg))
    with Image.open(tmp_path / "graph.png") as image:
        assert image.size == pytest.approx((2 * width, 2 * height), abs=2)


@pytest.mark.usefixtures("nobody_named")
def test_a_bitmap_shows_each_box_where_the_svg_has_it(tmp_path):
    """In the middle of a header's upper half is the colour of its kind, and outside of all is nothing."""
    drawing = layers()
    drawing.save(tmp_path / "graph.png")
    drawn = Picture(drawing.svg)
    with Image.open(tmp_path / "graph.png") as image:
        for box in drawing.diagram.boxes:
            left, top, right, _ = drawn.boxes[box.id]
            pixel = image.getpixel((round(left + right), round(2 * top + 12)))
            assert "#{:02x}{:02x}{:02x}".format(*pixel) == COLOURS[box.kind]["fill"]
        assert image.getpixel((1, 1))[3] == 0


@pytest.mark.usefixtures("nobody_named")
def test_a_pdf_is_a_page_as_large_as_the_svg(tmp_path):
    """One page without margins, one point for a pixel."""
    drawing = layers()
    drawing.save(tmp_path / "graph.pdf")
    ((width, height),) = re.findall(
        rb"/MediaBox \[ ?0 0 (\S+) (\S+) ?\]", (tmp_path / "graph.pdf").read_bytes()
    )
    assert (float(width), float(height)) == pytest.approx(page(Picture(drawing.svg)), abs=1)


def test_what_a_program_laid_out_it_draws_itself(tmp_path):
    """Where the SVG is Graphviz's, nothing is pinned; two pixels for a point here, too."""
    a = Value(3.0, label="a")
    with drawn_by("dot"):
        for drawing in (draw(a * a), layers()):
            drawing.save(tmp_path / "graph.png")
            (tmp_path / "coarse.png").write_bytes(ask_png(drawing.dot))
            with Image.open(tmp_path / "graph.png") as image, Image.open(tmp_path / "coarse.png") as coarse:
                assert image.size == pytest.approx([2 * side for side in coarse.size], abs=2)


def ask_png(text):
    """A bitmap with a pixel for a point."""
    command = [program("dot"), "-Tpng", "-Gdpi=72", "-q"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


UNPINNED = f"""
import subprocess, sys
text = sys.stdin.read()
sys.exit("nop2" in text or subprocess.run([{PURE!r}, *sys.argv[1:]], input=text.encode()).returncode)
"""


def test_where_places_cannot_be_kept_the_program_finds_its_own(places, tmp_path):
    """A program that does not know how to draw what is pinned lays it out itself."""
    install(places / "path" / "dot", UNPINNED)
    drawing = layers()
    assert drawing.engine == "own layout"
    drawing.save(tmp_path / "graph.png")
    text = dot_text.source(drawing.diagram, {"dpi": "144"})
    assert (tmp_path / "graph.png").read_bytes() == dot_language.render(Path(PURE), text, "png", 60)


def test_any_program_that_keeps_places_is_better_than_one_that_does_not(places, tmp_path):
    """The next program is asked to draw what is pinned, before the first lays it out itself."""
    install(places / "path" / "dot", UNPINNED)
    install(places / "scripts" / "graphviz-pure", WORKS)
    drawing = layers()
    drawing.save(tmp_path / "graph.png")
    text = source(drawing.diagram, {"dpi": "144"})
    assert (tmp_path / "graph.png").read_bytes() == dot_language.render(Path(PURE), text, "png", 60)


def test_an_error_names_each_program_once(places, tmp_path):
    """However often it was tried."""
    broken = install(places / "path" / "dot", "import sys; sys.exit(3)")
    with pytest.raises(RuntimeError, match="no Graphviz can write png") as caught:
        layers().save(tmp_path / "graph.png")
    assert str(caught.value).count(f"{broken}: ") == 1


def test_the_dot_text_for_others_is_not_pinned(tmp_path):
    """What ``.save("graph.dot")`` writes leaves it to Graphviz where things stand."""
    drawing = layers()
    drawing.save(tmp_path / "graph.dot")
    text = (tmp_path / "graph.dot").read_text(encoding="utf-8")
    assert text == dot_text.source(drawing.diagram)
    assert not re.search(r"\b(pos|bb|lp|layout|dpi)=", text)
