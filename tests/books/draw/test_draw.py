"""Laws of pictures: what they show is the graph, whichever program lays it out."""

import math
import random
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from decimal import Decimal
from itertools import combinations
from unicodedata import category

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from neuron import neuron as forward_neuron
from picture_law import SVG, overlap, rectangle, same
from processes import printed
from programs import drawn_by, program
from random_graphs import graphs

import engine
from engine import Drawing, Value, draw, graph
from engine.formula import symbol
from engine.pictures.snapshot import number
from nn import MLP

ENGINES = ["dot", "own"]
each_engine = pytest.mark.parametrize("engine_name", ENGINES)
some = settings(max_examples=15)


def number_of(id):
    """The place that an id counts: 12 of e12, with a prefix or without."""
    return int(re.search(r"\d+$", id)[0])


def spoken(text):
    """What is written, with what stands below and above."""
    return "".join(text.itertext()).replace("\u00a0", " ")


class Picture:
    """What a reader finds in an SVG."""

    def __init__(self, text):
        self.root = ET.fromstring(text)  # noqa: S314 — the text is our own
        groups = {group.get("id"): group for group in self.root.iter(f"{SVG}g") if group.get("id")}
        self.nodes = {id: group for id, group in groups.items() if group.get("class").startswith("node ")}
        edges = [id for id, group in groups.items() if group.get("class").split()[0] == "edge"]
        self.edges = {id: groups[id] for id in sorted(edges, key=number_of)}  # not as painted
        self.areas = {id: rectangle(group) for id, group in self.nodes.items()}

    def texts(self, id):
        return [spoken(text) for text in (self.nodes | self.edges)[id].findall(f"{SVG}text")]

    def numbers(self, what):
        """What is written of each value or edge: its data, its grad or its slope."""
        found = [(text.get(f"data-{what}"), spoken(text)) for text in self.root.iter(f"{SVG}text")]
        return {int(place): words for place, words in found if place}

    @property
    def places(self):
        """The values that marks stand for."""
        held = (group.get("data-places").split() for group in self.nodes.values())
        return sorted(int(place) for places in held for place in places)

    def ends(self, id):
        return f"{self.edges[id].get('data-tail')}->{self.edges[id].get('data-head')}"

    def contract(self):
        """All that does not depend on where things stand."""
        shown = self.edges | self.nodes
        classes = {id: group.get("class") for id, group in shown.items()}
        hints = {id: group.findtext(f"{SVG}title") for id, group in shown.items()}
        nodes = {id: self.texts(id) for id in self.nodes}
        edges = {id: self.ends(id) for id in self.edges}  # a label without a free place is left out
        titles = [self.root.findtext(f"{SVG}{name}") for name in ("title", "desc", "style")]
        notes = [spoken(text) for text in self.root.iter(f"{SVG}text") if text.get("class") == "note soft"]
        fixed = [note for note in notes if "no room" not in note]  # how many these are is a matter of layout
        return classes, hints, nodes, edges, titles, fixed


def neuron():
    """C = (σ(wa + b) − y)², after a backward pass."""
    cost = forward_neuron()
    cost.backward()
    return cost


def square():
    a = Value(3.0, label="a")
    return a * a


def net():
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(1))
    root = model([1.0, -2.0])
    root.backward()
    return root


GRAPHS = {"neuron": neuron, "square": square, "net": net, "leaf": lambda: Value(1.0, label="alone")}
each_graph = pytest.mark.parametrize("build", GRAPHS.values(), ids=GRAPHS)


@each_engine
@given(drawn=graphs(max_nodes=6), backward=st.booleans())
@some
def test_the_picture_is_the_graph(engine_name, drawn, backward):
    """One box for each value with its name, data and grad; one edge for each operand with its slope."""
    root, _ = drawn
    if backward:
        root.backward()
    with drawn_by(engine_name) as used:
        drawing = draw(root, level="values", edge_labels=True, cite=False)
        assert drawing.engine == used
        picture = Picture(drawing.svg)
    order = graph.topological_order(root)
    assert picture.places == list(range(len(order)))
    grads = {k: "∂ " + (spelled(node.grad) if backward else "–") for k, node in enumerate(order)}
    data = {k: spelled(node.data) for k, node in enumerate(order)}
    shown = picture.numbers("value")
    assert shown == {k: data[k] for k in shown}
    assert picture.numbers("grad") == {k: grads[k] for k in shown}
    folded = set(data) - set(shown)
    assert all(order[k].rule.name == "constant" for k in folded)
    place = {node: k for k, node in enumerate(order)}
    edges = [(place[edge.parent], edge.child, edge.position) for edge in graph.edges(root)]
    kept = {k: edge for k, edge in enumerate(edges) if edge[0] not in folded}
    slopes = {k: spelled(child.local_derivatives[position]) for k, (_, child, position) in kept.items()}
    written = picture.numbers("slope")
    assert {k: slopes[k] for k in written} == written
    for k in set(slopes) - set(written):  # no room beside it: then who points at it is told
        assert " = " in picture.edges[f"e{k}"].findtext(f"{SVG}title") or slopes[k] == "1"
    assert {id: picture.ends(id) for id in picture.edges} == {
        f"e{k}": f"n{tail}->n{place[child]}" for k, (tail, child, _) in kept.items()
    }


def spelled(x):
    """Three significant digits, as Python rounds them; a zero at the end says that it was rounded there."""
    if math.isnan(x) or math.isinf(x) or x == 0:
        return {"nan": "nan", "inf": "∞", "-inf": "−∞"}.get(str(x), "0")
    mantissa, power = f"{x:.2e}".split("e")
    if 1e-4 <= abs(float(f"{x:.2e}")) < 1e5:
        text = f"{Decimal(f'{x:.2e}'):f}" if abs(x) < 1000 else f"{x:.0f}"
        return (short(text) if float(text) == x else text).replace("-", "−")
    is_exact = float(mantissa) * 10.0 ** int(power) == x
    return f"{short(mantissa) if is_exact else mantissa}·10{int(power)}".replace("-", "−")


def short(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


@each_engine
def test_an_operand_used_twice_has_two_edges(engine_name):
    """``a * a`` has two edges of slope a each: its gradient needs both. Neither hides the other."""
    with drawn_by(engine_name):
        picture = Picture(draw(square()).svg)
    assert [(picture.ends(id), picture.texts(id)) for id in ("e0", "e1")] == [("n0->n1", ["3"])] * 2
    courses = {group.find(f"{SVG}path").get("d") for group in picture.edges.values()}
    assert len(courses) == 2


@pytest.mark.parametrize("build", [neuron, square, net, lambda: net().exp()])
def test_engines_share_one_contract(build):
    """Ids, classes, texts, hints, notes and style are the same from every engine, and so is the order."""
    root = build()
    leaf = graph.leaves(root)[0]
    contracts = []
    for name in ENGINES:
        with drawn_by(name):
            drawing = draw(root, highlight=leaf, level="values", cite=False, direction="down")
            contracts.append(Picture(drawing.svg).contract())
    first, *others = contracts
    for other in others:
        assert other == first
        assert [list(part) for part in other] == [list(part) for part in first]


@each_engine
@given(drawn=graphs(max_nodes=8))
@some
def test_boxes_never_overlap(engine_name, drawn):
    """Whatever the graph, no box lies on another."""
    root, _ = drawn
    with drawn_by(engine_name):
        areas = Picture(draw(root, level="values").svg).areas.values()
    assert not any(overlap(one, other) for one, other in combinations(areas, 2))


@each_engine
def test_arrows_lead_from_box_to_box(engine_name):
    """The course of an edge begins at its tail's rim, and its tip touches its head."""
    with drawn_by(engine_name):
        picture = Picture(draw(net(), level="values", cite=False).svg)
    for id, group in picture.edges.items():
        tail, head = (picture.areas[end] for end in picture.ends(id).split("->"))
        start = re.match(r"M([\d.-]+),([\d.-]+)", group.find(f"{SVG}path").get("d")).groups()
        tip = group.find(f"{SVG}polygon").get("points").split()[0].split(",")
        assert off(start, tail) < 3
        assert off(tip, head) < 3


def off(point, area):
    """How far a point is from the rim of an area, or from the area."""
    x, y = map(float, point)
    dx, dy = max(area[0] - x, x - area[2]), max(area[1] - y, y - area[3])
    return abs(max(dx, dy)) if max(dx, dy) <= 0 else math.hypot(max(dx, 0), max(dy, 0))


def grads(root):
    return [row for box in draw(root).diagram.boxes for row in box.rows if row.startswith("grad")]


def test_a_gradient_is_shown_only_where_there_is_one():
    """ "–" before backward; numbers after; of inner nodes "–" after refresh, of all after zero_grad."""
    x = Value(3.0)
    root = x * 2
    assert grads(root) == ["grad –"] * 3
    root.backward()
    assert grads(root) == ["grad 2", "grad 3", "grad 1"]
    root.refresh()
    assert grads(root) == ["grad 2", "grad 3", "grad –"]
    root.backward()
    root.zero_grad()
    assert grads(root) == ["grad –"] * 3
    x.grad = 0.0
    assert grads(root)[0] == "grad 0"


@pytest.mark.parametrize("build", [net, square])
def test_our_own_layout_comes_first_whatever_is_installed(build, monkeypatch):
    """A picture is the same on every machine: Graphviz lays out where it is asked to, and nowhere else."""
    dot = program("dot")
    monkeypatch.delenv("CHAINRULE_DOT", raising=False)
    ours = draw(build())
    assert ours.engine == "own layout"
    theirs = draw(build(), layout="dot")
    assert theirs.engine == dot
    assert theirs.svg != ours.svg
    assert draw(build(), layout=dot).svg == build().draw(layout="dot").svg == theirs.svg
    monkeypatch.setenv("CHAINRULE_DOT", dot)
    assert draw(build()).svg == theirs.svg
    assert draw(build(), layout="own").svg == ours.svg  # the call says more than the environment
    monkeypatch.setenv("CHAINRULE_DOT", "")
    assert draw(build()).svg == ours.svg


def test_a_drawing_is_a_snapshot():
    """What is done to the graph later does not change a drawing, before or after it was laid out."""
    root = neuron()
    with drawn_by("own"):
        early, late = draw(root), draw(root)
        before = early.svg
        root.label, root.data = "changed", 7.0
        root.zero_grad()
        assert early.svg == late.svg == before
        assert early.dot == late.dot
        assert draw(root).svg != before


PROGRAM = """
from test_draw import every_text
print(ascii(every_text()))
"""


def every_text():
    """All that is written of the network, in every detail."""
    drawings = [draw(net(), detail=detail) for detail in (None, "neurons", "layers", "summary")]
    return [(its.dot, its.svg, its.table(), its._repr_html_()) for its in drawings]


@pytest.mark.slow
@each_engine
def test_the_same_graph_gives_the_same_bytes(engine_name):
    """DOT and SVG depend on the graph alone: not on addresses, hashes, process or how often one asks."""
    with drawn_by(engine_name):
        assert printed(PROGRAM) == {ascii(every_text()) + "\n"}
        drawing = draw(net())
        assert drawing.svg is drawing.svg


NASTY = [
    'say "hi"', "<script>alert(1)</script>", "</title></text><g>", "a\\nb", "\\N \\G \\", "two\nlines\r\ttab",
    "]]>", "&lt;", "&amp;#x41;", "重み", "משקל", "\u202eright to left", "\x00\x01\x1b\x7f\x85", "\ud800",
    "\udfff\ud83d", "\ufffe\uffff", "\U0001f389 \U0001f469\u200d\U0001f467", "<B>bold</B>", "{a|b}", "'", "",
    "   ", "<!-- x -->", "e\u0301" * 5, "%s %n", "]]" * 40,
]  # fmt: skip


def labelled(text):
    x = Value(2.0, label=text)
    root = x * x
    root.label = text
    return root


@each_engine
@pytest.mark.parametrize("text", NASTY)
def test_labels_come_out_as_text(engine_name, text):
    """Quotes, tags, backslashes, line ends, other scripts: shown as written, never obeyed."""
    with drawn_by(engine_name) as used:
        drawing = draw(labelled(text))
        picture = Picture(drawing.svg)
        assert drawing.engine == used
    squeezed = "".join((text if len(text) <= 24 else f"{text[:23]}…").split(" "))
    assert same("".join(picture.texts("n0")[0].split(" ")), squeezed if text else "2")
    assert same("".join(picture.texts("n1")[1].split(" ")), f"{squeezed if text else 'C'}=")
    with drawn_by(engine_name):
        harmless = Picture(draw(labelled("w" if text else "")).svg)  # a leaf without a name is its number
    assert tags(picture) == tags(harmless)


def tags(picture):
    return Counter(element.tag for element in picture.root.iter())


@each_engine
@given(text=st.text(st.characters(exclude_categories=()), max_size=20))
@settings(max_examples=25)
@example("\x00")
@example("\u1680")
def test_any_label_can_be_drawn(engine_name, text):
    """No text whatsoever makes an engine fail or the SVG ill-formed."""
    with drawn_by(engine_name) as used:
        drawing = draw(labelled(text))
        text = "".join(" " if category(c) == "Zs" else c for c in text)  # spaces of all kinds are written so
        shown = "".join(Picture(drawing.svg).texts("n1")[1].split(" "))
        assert (
            same(shown, f"{''.join(text.split(' ')) if text else 'C'}=") or symbol(text).letter or "′" in text
        )
        assert drawing.engine == used


def test_a_node_without_label():
    """A leaf is a leaf, an operation its symbol; what was made by hand shows its name, or that it is."""
    x = Value(1.0)
    named = Value(1.0, (x,), "mine", local_derivatives=[1.0])
    bare = Value(1.0, (named,), [1.0])
    assert [box.rows[0] for box in draw(bare).diagram.boxes] == ["leaf", "mine", "handmade"]


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 123456.0])
def test_any_number_can_be_drawn(x):
    """Numbers that are none, or far away, are shown in three digits, with a proper minus; −0 is 0."""
    with drawn_by("own"):
        node = Value(x)
        node.grad = x
        assert Picture(draw(node).svg).texts("n0")[1:] == [spelled(x), f"∂ {spelled(x)}"]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_right_to_four_digits(x):
    """What is shown is as near to the number as four significant digits can be."""
    assert (
        float(number(x).replace("−", "-")) == pytest.approx(x, rel=5.1e-4, abs=1e-322) or abs(x) > 1.797e308
    )
    assert len(re.sub(r"^−?0\.0*|[−.]|e.*", "", number(x))) <= 4


def test_of_very_many_arrows_some_go_straight():
    """Fifty products that read one leaf: bends are made as long as there is time, and all is drawn."""
    x = node = Value(0.5)
    for _ in range(50):
        node = node.sin() * x
    picture = Picture(draw(node, level="values", cite=False, layout="own").svg)
    assert len(picture.nodes) == 101


@pytest.mark.slow
def test_size_is_no_obstacle():
    """A chain of 3,000 nodes is drawn by the own layout, far beyond the recursion limit."""
    node = Value(0.5)
    for _ in range(2_999):
        node = node.sin()
    with drawn_by("own"):
        picture = Picture(draw(node, detail="values").svg)
    assert len(picture.nodes) == 3_000 > sys.getrecursionlimit()
    assert len(picture.edges) == 2_999


def test_the_description_says_what_is_seen():
    """A screen reader hears counts, the output, and its derivatives by the named leaves."""
    with drawn_by("own"):
        picture = Picture(draw(neuron()).svg)
    assert picture.root.findtext(f"{SVG}title") == "Computation graph of C"
    expected = (
        "8 values and 7 edges; the output C is 0.1356. Its derivatives: "
        "by b −0.1713, by w −0.1507, by a −0.08565, by y 0.7364."
    )
    assert picture.root.findtext(f"{SVG}desc") == expected
    assert (
        Picture(draw(square()).svg).root.findtext(f"{SVG}desc") == "2 values and 2 edges; the output C is 9."
    )


@pytest.mark.parametrize(
    ("root", "message"),
    [
        (MLP(1, [1]), "got MLP MLP of 1 input, 1 linear: 2 parameters; pass what it returns for an input"),
        ([Value(1.0)], "got list [Value(data=1.0, grad=0.0)]; pass one of its elements, or their total(...)"),
        ((), "got tuple (); pass one of its elements"),
        (3.0, "got float 3.0; a plain number has no graph: begin with Value(...)"),
        (None, "got NoneType None; pass what is computed from Values"),
    ],
)
def test_what_is_no_value_is_refused(root, message):
    """TypeError says what came and what to draw instead."""
    with pytest.raises(TypeError, match=f"^draw takes a Value, {re.escape(message)}"):
        draw(root)


def test_value_draws_itself():
    """``x.draw()`` is ``draw(x)``; the REPL shows a line that says how to save."""
    root = square()
    with drawn_by("own"):
        drawing = root.draw()
        assert isinstance(drawing, Drawing)
        assert drawing.svg == draw(root).svg
    assert repr(drawing) == '<Drawing of 2 values and 2 edges; .save("graph.svg") writes it>'


# Files


@each_engine
@pytest.mark.parametrize("ending", ["svg", "SVG"])
def test_saving_svg(tmp_path, engine_name, ending):
    """The file holds the picture, in UTF-8, as a path or as text names it."""
    path = tmp_path / f"graph.{ending}"
    with drawn_by(engine_name):
        drawing = draw(labelled("重み <b>"))
        drawing.save(str(path))
        assert path.read_text(encoding="utf-8") == drawing.svg
    assert Picture(path.read_bytes()).texts("n0")[0] == "重み <b>"


@pytest.mark.parametrize("ending", ["dot", "gv"])
def test_saving_dot(tmp_path, ending):
    """The DOT text needs no Graphviz to be written."""
    path = tmp_path / f"graph.{ending}"
    with drawn_by("own"):
        drawing = draw(labelled("重み \ud800"))
        drawing.save(path)
    assert path.read_text(encoding="utf-8") == drawing.dot


@pytest.mark.parametrize("name", ["graph", "graph.jpg", "graph.svg.gz", ".svg"])
def test_another_ending_is_refused(tmp_path, name):
    """ValueError names the file and the endings that there are; nothing is written."""
    with pytest.raises(ValueError, match=rf"'{name}': the ending must be \.svg, \.dot, \.gv, \.png or \.pdf"):
        draw(square()).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written(tmp_path):
    """A missing folder, or a file in its place, is Python's own error."""
    (tmp_path / "file").write_text("")
    with drawn_by("own"):
        drawing = draw(square())
        with pytest.raises(FileNotFoundError):
            drawing.save(tmp_path / "missing" / "graph.svg")
        with pytest.raises(NotADirectoryError):
            drawing.save(tmp_path / "file" / "graph.dot")
        (tmp_path / "folder.svg").mkdir()
        with pytest.raises(IsADirectoryError):
            drawing.save(tmp_path / "folder.svg")


def test_drawing_is_public():
    """``engine.draw`` is the function, ``engine.Drawing`` what it gives."""
    assert type(engine.draw(square())) is engine.Drawing
