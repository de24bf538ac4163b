"""Laws of the pictures that we lay out ourselves, read from the SVG as anyone would read it."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations, pairwise

import fonts
import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import printed

from engine.pictures.svg import layout
from engine.pictures.svg.diagram import Arrow, Box, Cluster, Diagram
from engine.pictures.svg.layout import svg
from engine.pictures.svg.nesting import hops, nest

SVG = "{http://www.w3.org/2000/svg}"
ROUNDING = 0.2  # coordinates are printed to a tenth of a pixel


class Picture:
    """What a reader finds in an SVG: boxes, arrows, labels and frames with their places."""

    def __init__(self, text):
        self.root = ET.fromstring(text)  # noqa: S314 — the text is our own
        groups = self.root.iter(f"{SVG}g")
        self.groups = {group.get("id"): group for group in groups}
        self.boxes = {id: rectangle(g) for id, g in self.of_class("node").items()}
        self.frames = {id: rectangle(g) for id, g in self.of_class("cluster").items()}
        self.edges = self.of_class("edge")
        self.paths = {id: course(g) for id, g in self.edges.items()}
        self.labels = {id: text_area(g.find(f"{SVG}text")) for id, g in self.edges.items() if len(g) > 3}

    def of_class(self, name):
        return {id: group for id, group in self.groups.items() if group.get("class").split()[0] == name}

    def texts(self, id):
        return self.groups[id].findall(f"{SVG}text")


def rectangle(group):
    x, y, width, height = (float(group.find(f"{SVG}rect").get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def text_area(text):
    """Where the ink of a text can be, measured with the widest of the fonts asked for."""
    x, y = float(text.get("x")), float(text.get("y"))
    left = x if text.get("class") == "frame" else x - fonts.width(text) / 2
    return left, y - 10, left + fonts.width(text), y + 3


def course(edge):
    """The points on the way of an arrow: of its line, which ends within the head, and the head's tip."""
    tip = edge.find(f"{SVG}polygon").get("points").split()[0]
    return [*points(edge.find(f"{SVG}path").get("d")), tuple(map(float, tip.split(",")))]


def points(path):
    """Follow a path of M, H and C closely enough to see what it touches."""
    way = []
    for command, text in re.findall(r"([MHC])([^MHC]*)", path):
        numbers = [float(number) for number in re.split("[ ,]", text)]
        if command == "M":
            way.append(tuple(numbers))
        elif command == "H":
            way.append((numbers[0], way[-1][1]))
        else:
            xs, ys = [way[-1][0], *numbers[::2]], [way[-1][1], *numbers[1::2]]
            way += [(bezier(xs, step / 12), bezier(ys, step / 12)) for step in range(1, 13)]
    return way


def bezier(controls, t):
    return sum(
        c * k * t**i * (1 - t) ** (3 - i) for i, (c, k) in enumerate(zip(controls, (1, 3, 3, 1), strict=True))
    )


def pieces(path):
    """The areas that the pieces of a path lie in."""
    for (x, y), (next_x, next_y) in pairwise(path):
        yield x, min(y, next_y), next_x, max(y, next_y)


def overlap(one, other):
    """Whether two areas, each given as left, top, right, bottom, share more than their rims."""
    return all(one[i] + ROUNDING < other[i + 2] and other[i] + ROUNDING < one[i + 2] for i in (0, 1))


def diagram(*parents, rows=(), labels=()):
    """Box i has the given parents; a parent named twice gives two arrows."""
    used = {parent for those in parents for parent in those}
    kinds = [
        "inner" if i in used and those else "root" if those else "input" for i, those in enumerate(parents)
    ]
    rows = dict(enumerate(rows))
    boxes = [Box(f"n{i}", rows.get(i, (f"v{i}", "data 0.5", "grad –")), kind) for i, kind in enumerate(kinds)]
    ends = [(parent, child) for child, those in enumerate(parents) for parent in those]
    labels = dict(enumerate(labels))
    arrows = [Arrow(f"e{k}", f"n{a}", f"n{b}", labels.get(k, "0.2350")) for k, (a, b) in enumerate(ends)]
    return Diagram("a graph", "its description", tuple(boxes), tuple(arrows))


# What labels are made of: letters of Europe, formulas; for these the fonts' own widths are at hand.
LETTERS = [
    *map(chr, (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180), *range(0x391, 0x3A2))),
    *"αβγδεζηθικλμνξοπρςστυφχψωЖШЩЫЮжшщыю₀₁₂₃₊₋ₐₙ⁰¹²³⁽⁾⁺⁻−×·÷±∂∑∏√∞≈≠≤≥→⇒∇…",
]
ALPHABET = st.sampled_from(LETTERS)
LINES = st.lists(st.text(ALPHABET, max_size=30), min_size=1, max_size=4).map(tuple)
LABEL = st.text(ALPHABET, max_size=10)
ANYTHING = st.text(st.characters(exclude_categories=()))


@st.composite
def diagrams(draw, lines=LINES, label=LABEL, most_clusters=6):
    """Any graph: leaves without use, several roots, operands used twice, arrows across many ranks.

    Its boxes are put into clusters anyhow, and these into one another.
    """
    size = draw(st.integers(1, 14))
    parents = [draw(st.lists(st.integers(0, i - 1), max_size=4)) if i else [] for i in range(size)]
    count = sum(map(len, parents))
    rows = draw(st.lists(lines, min_size=size, max_size=size))
    drawn = diagram(*parents, rows=rows, labels=draw(st.lists(label, min_size=count, max_size=count)))
    around = [""]
    clusters = []
    for k in range(draw(st.integers(0, most_clusters))):
        kind = draw(st.sampled_from(["layer", "neuron"]))
        clusters.append(Cluster(f"c{k}", draw(label), kind, draw(st.sampled_from(around))))
        around.append(f"c{k}")
    width = st.sampled_from([1.2, 3, 5])
    return replace(
        drawn,
        boxes=tuple(replace(box, cluster=draw(st.sampled_from(around))) for box in drawn.boxes),
        arrows=tuple(replace(arrow, width=draw(width), dim=draw(st.booleans())) for arrow in drawn.arrows),
        clusters=tuple(clusters),
    )


# A net of 2, 3 and 1 neurons by hand: x y | weights | three sums | three activations | result, skipping too.
NET = diagram(
    [], [], [], [], [], [0, 1, 2], [0, 1, 3], [0, 1, 4], [5], [6], [7], [], [8, 9, 10, 11, 0], [12, 12, 5],
)  # fmt: skip


@given(diagrams())
def test_boxes_and_labels_keep_apart(drawn):
    """Boxes leave each other air, no label lies on a box or on another label, and all is on the page."""
    picture = Picture(svg(drawn))
    width, height = float(picture.root.get("width")), float(picture.root.get("height"))
    boxes = [
        (left - 4, top - 4, right + 4, bottom + 4) for left, top, right, bottom in picture.boxes.values()
    ]
    areas = [*boxes, *picture.labels.values()]
    assert not any(overlap(one, other) for one, other in combinations(areas, 2))
    for left, top, right, bottom in areas:
        assert 0 <= left <= right <= width
        assert 0 <= top <= bottom <= height


@given(diagrams())
def test_left_to_right_is_forward(drawn):
    """A parent stands left of its children; an arrow leads from its tail to its head, never back."""
    picture = Picture(svg(drawn))
    for arrow in drawn.arrows:
        tail, head, path = picture.boxes[arrow.tail], picture.boxes[arrow.head], picture.paths[arrow.id]
        assert tail[2] < head[0]
        assert path[0][0] == pytest.approx(tail[2], abs=ROUNDING)
        assert path[0][1] == pytest.approx((tail[1] + tail[3]) / 2, abs=ROUNDING)
        assert path[-1][0] == pytest.approx(head[0], abs=ROUNDING)
        assert head[1] < path[-1][1] < head[3]
        assert all(here[0] <= there[0] + ROUNDING for here, there in pairwise(path))


@given(diagrams())
def test_arrows_cross_neither_boxes_nor_labels(drawn):
    """An arrow may cross another arrow, but passes every box and every label by, its own included."""
    picture = Picture(svg(drawn))
    obstacles = [*picture.boxes.values(), *picture.labels.values()]
    for path in picture.paths.values():
        assert not any(overlap(piece, obstacle) for piece in pieces(path) for obstacle in obstacles)


@given(diagrams())
def test_one_edge_for_each_occurrence_of_an_operand(drawn):
    """Each arrow has one edge of its own course, named after its boxes; `a*a` has two that differ."""
    picture = Picture(svg(drawn))
    titles = {id: group.findtext(f"{SVG}title") for id, group in picture.edges.items()}
    assert titles == {arrow.id: f"{arrow.tail}->{arrow.head}" for arrow in drawn.arrows}
    assert len({tuple(path) for path in picture.paths.values()}) == len(drawn.arrows)


def test_leaves_stand_next_to_their_use():
    """A leaf that is used late stands in the column before, not at the far left."""
    picture = Picture(svg(diagram([], [0], [1], [], [2, 3])))
    assert picture.boxes["n3"][0] == picture.boxes["n2"][0]


def test_operands_keep_the_order_written():
    """Where nothing crosses, operands and results stand from top to bottom as they were written."""
    picture = Picture(svg(diagram([], [], [], [2, 0, 1], [], [4])))
    height = {name: box[1] for name, box in picture.boxes.items()}
    assert height["n2"] < height["n0"] < height["n1"] < height["n4"]
    assert height["n3"] < height["n5"]


def test_crossings_are_undone():
    """Chains that can be drawn side by side are, whatever the order they were written in."""
    picture = Picture(svg(diagram([], [], [], [2], [0], [1], [3, 4, 5], [4], [5], [3])))
    level = {name: box[1] for name, box in picture.boxes.items()}
    chains = sorted(
        [level[a], level[b], level[c]]
        for a, b, c in (("n2", "n3", "n9"), ("n0", "n4", "n7"), ("n1", "n5", "n8"))
    )
    assert all(sorted(column) == list(column) for column in zip(*chains, strict=True))


def test_columns_may_be_sorted_in_vain():
    """A graph whose every order has crossings, such as K(3,3), is drawn all the same."""
    assert len(Picture(svg(diagram([], [], [], *[[0, 1, 2]] * 3))).edges) == 9


@given(
    diagrams(lines=st.lists(ANYTHING, min_size=1, max_size=3).map(tuple), label=ANYTHING), ANYTHING, ANYTHING
)
def test_any_text_is_well_formed_and_stays_text(drawn, title, description):
    """Whatever the labels hold, the SVG parses, has the elements it should, and says what was written."""
    drawn = replace(drawn, title=title, description=description)
    picture = Picture(svg(drawn))
    assert {element.tag.removeprefix(SVG) for element in picture.root.iter()} <= {
        "svg", "title", "desc", "style", "g", "rect", "path", "polygon", "text",
    }  # fmt: skip
    assert "\n" not in "".join(text.text or "" for text in picture.root.iter(f"{SVG}text"))
    for box in drawn.boxes:
        for row, text in zip(box.rows, picture.texts(box.id), strict=True):
            assert same(text.text or "", row)
    assert same(picture.root.findtext(f"{SVG}title"), title)


def same(shown, written):
    """Character by character the same, but for those that may not be shown: each of them is one that may."""
    return (
        shown.isprintable()
        and len(shown) == len(written)
        and all(a == b or not b.isprintable() for a, b in zip(shown, written, strict=True))
    )


def test_the_contract_of_ids_and_classes():
    """The DOM is the one of Graphviz: graph0, nodes and edges with their ids, classes and titles."""
    picture = Picture(svg(NET))
    root = picture.root
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert root.get("role") == "img"
    assert [
        next(e for e in root if e.get("id") == id).text for id in root.get("aria-labelledby").split()
    ] == [
        NET.title,
        NET.description,
    ]
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    assert picture.groups["graph0"].get("class") == "graph"
    for box in NET.boxes:
        assert picture.groups[box.id].get("class") == f"node {box.kind}"
        assert picture.groups[box.id].findtext(f"{SVG}title") == box.id
    for arrow in NET.arrows:
        children = [child.tag.removeprefix(SVG) for child in picture.groups[arrow.id]]
        assert children == ["title", "path", "polygon", "text"]
        assert picture.texts(arrow.id)[0].text == arrow.label


def test_an_arrow_without_label_has_no_text():
    """An empty label leaves no empty element, and takes no room."""
    bare, labelled = Picture(svg(diagram([], [0], labels=[""]))), Picture(svg(diagram([], [0])))
    assert not bare.texts("e0")
    assert bare.boxes["n1"][0] < labelled.boxes["n1"][0]


@pytest.mark.slow
def test_same_diagram_same_bytes():
    """Neither a second call nor another process with other hashes changes a byte."""
    assert printed("from test_layout import NET, svg; print(ascii(svg(NET)))") == {ascii(svg(NET)) + "\n"}


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["chain", "sum", "alone"])
def test_five_thousand_boxes(shape):
    """Size is no obstacle: neither depth nor width runs into a limit."""
    parents = {
        "chain": [[], *([i] for i in range(4_999))],
        "sum": [*[[]] * 4_999, range(4_999)],
        "alone": [[]] * 5_000,
    }[shape]
    picture = Picture(svg(diagram(*parents)))
    assert len(picture.boxes) == 5_000
    assert len(picture.edges) == len(picture.labels) == sum(map(len, parents))


@pytest.mark.slow
def test_long_arrows_do_not_cost_the_square():
    """When every step of a chain goes into one sum, twice the graph is about twice the work."""
    sizes = []
    for steps in (300, 600):
        drawn = diagram([], *([i] for i in range(steps)), range(steps + 1))
        assert len(Picture(svg(drawn)).paths) == 2 * steps + 1
        nesting = nest(drawn)
        routes = [(arrow, hops(nesting.paths, arrow)) for arrow in drawn.arrows]
        sizes.append(sum(map(len, layout._levels(drawn, nesting, routes)[""].columns)))
    assert sizes[1] < 2.5 * sizes[0]


def test_columns_stand_further_apart_where_arrows_climb():
    """Thirty operands have more room to come together than two, but not more than a page."""
    room = {}
    for count in (2, 30, 300):
        boxes = Picture(svg(diagram(*[[]] * count, range(count)))).boxes
        room[count] = boxes[f"n{count}"][0] - boxes["n0"][2]
    assert room[2] < room[30] == room[300] < 400


def test_an_empty_graph_says_so():
    """Without boxes there is still a picture, with title and description, and it says what is wrong."""
    picture = Picture(svg(Diagram("nothing", "no boxes at all", (), ())))
    assert [text.text for text in picture.root.iter(f"{SVG}text")] == ["The graph is empty."]
    assert picture.root.findtext(f"{SVG}desc") == "no boxes at all"


A, B = Box("n0", ("a",), "input"), Box("n1", ("b",), "root")
IN = Box("n0", ("a",), "input", "c0")
INNER, OUTER = Cluster("c0", "neuron", "neuron", "c1"), Cluster("c1", "layer", "layer")


@pytest.mark.parametrize(
    ("boxes", "arrows", "clusters", "message"),
    [
        ((A, A), (), (), "id 'n0' is used 2 times; expected ids that differ"),
        ((A, B), (Arrow("n0", "n0", "n1", ""),), (), "id 'n0' is used 2 times"),
        ((A,), (), (OUTER, OUTER), "id 'c1' is used 2 times"),
        ((Box("graph0", ("a",), "input"),), (), (), "id 'graph0' is used 2 times"),
        ((A, B), (Arrow("e0", "n7", "n1", ""),), (), "arrow 'e0' names box 'n7'; expected one of 2 boxes"),
        ((A, B), (Arrow("e0", "n0", "n8", ""),), (), "arrow 'e0' names box 'n8'"),
        (
            (A, B),
            (Arrow("e0", "n1", "n0", ""),),
            (),
            "leads from box 'n1' back to 'n0'; expected boxes in topological",
        ),
        ((A,), (Arrow("e0", "n0", "n0", ""),), (), "leads from box 'n0' back to 'n0'"),
        ((), (Arrow("e0", "n0", "n1", ""),), (), "expected one of 0 boxes"),
        ((Box("n0", ("a",), "twig"),), (), (), "box 'n0' has kind 'twig' and 1 rows; expected one of"),
        ((Box("n0", (), "input"),), (), (), "box 'n0' has kind 'input' and 0 rows; expected one of"),
        ((IN,), (), (OUTER,), "box 'n0' names cluster 'c0'; expected one of the clusters"),
        ((), (), (Cluster("", "layer", "layer"),), "the cluster titled 'layer' has no id; an empty"),
        ((IN,), (), (INNER, OUTER), "cluster 'c0' names cluster 'c1'; expected one that comes before it"),
    ],
)
def test_what_cannot_be_drawn_is_refused(boxes, arrows, clusters, message):
    """A diagram that contradicts itself is refused: what came, and what was expected."""
    with pytest.raises(ValueError, match=re.escape(message)):
        svg(Diagram("", "", boxes, arrows, clusters))
