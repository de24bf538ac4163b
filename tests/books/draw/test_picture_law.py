"""The quality law: nothing overlaps, nothing is cut off, all can be read, in any picture of any graph."""

import math
import random
import re
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from picture_law import SVG, Seen, area, faults

import engine
from engine import Value, affine, dot, draw, grad, graph
from engine.pictures import drawing
from engine.pictures.contents import Contents
from engine.pictures.picture import Picture
from engine.pictures.plans import plan
from engine.pictures.snapshot import Snapshot
from engine.pictures.svg.ink import PALETTE, sheet
from engine.pictures.svg.letters import letters
from engine.pictures.svg.pen import Look
from nn import MLP
from nn.losses import squared_error

COLUMN, PAGE = 740, 900


def network(sizes, seed, activation="sigmoid", output="sigmoid"):
    """The cost of one example, after a backward pass."""
    rng = random.Random(seed)
    model = MLP(sizes[0], list(sizes[1:]), activation=activation, output_activation=output, rng=rng)
    inputs = [Value(rng.uniform(-3, 3)) for _ in range(sizes[0])]
    found = model(inputs)
    outputs = found if isinstance(found, list) else [found]
    targets = [Value(float(rng.random() < 0.5)) for _ in outputs]
    C = squared_error(outputs, targets)
    C.label = "C_0"
    C.backward()
    return C


def expression(seed):
    """Two to 22 operations on one to four leaves, after a backward pass."""
    rng = random.Random(seed)
    pool = [Value(rng.uniform(-2, 2), label=name) for name in "abcx"[: rng.randint(1, 4)]]
    for _ in range(rng.randint(2, 22)):
        p, q = rng.choice(pool[-4:]), rng.choice(pool)
        pool.append(rng.choice((
            lambda p=p, q=q: p + q, lambda p=p, q=q: p * q, lambda p=p, q=q: p - q,
            lambda p=p: p.tanh(), lambda p=p: p.sigmoid(), lambda p=p: p.relu(),
            lambda p=p: 2 * p, lambda p=p: p + 1, lambda p=p: p**2,
        ))())  # fmt: skip
    root = pool[-1]
    root.label = "f"
    root.backward()
    return root


COUNTS = [pytest.mark.slow, pytest.mark.counts]
"""Slow, and it comes to places that no quick test of pictures comes to."""
SEEDS = [0, *(pytest.param(k, marks=COUNTS) for k in range(1, 6))]


def micrograd():
    """The expression of micrograd's README."""
    a, b = Value(-4.0, label="a"), Value(2.0, label="b")
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return g


def derivative():
    """A gradient's graph, differentiated once more."""
    x = Value(0.8, label="x")
    df = grad(x**3 * x.tanh(), x)
    df.backward()
    return df


def batch():
    """Two examples of one network: boxes of layers."""
    model = MLP(2, [4, 1], activation="tanh", rng=random.Random(1))
    cost = squared_error(model([0.5, 1.0]), [1.0]) + squared_error(model([-0.5, 2.0]), [0.0])
    cost.backward()
    return cost


BOOK = {
    "chain": lambda: network((1, 1, 1, 1), 3),
    "3-2-2": lambda: network((3, 2, 2), 1),
    "2-4-1": lambda: network((2, 4, 1), 1, "tanh", "tanh"),
    "4-5-3": lambda: network((4, 5, 3), 1),
    "2-16-16-1": lambda: network((2, 16, 16, 1), 1, "relu", "linear"),
    "micrograd": micrograd,
    "expression": lambda: expression(5),
    "derivative": derivative,
    "layers": batch,
    "a leaf": lambda: Value(2.0),
    "one operation": lambda: Value(2.0, label="x").exp(),
}
each = pytest.mark.parametrize("build", BOOK.values(), ids=BOOK)
WAYS = [
    {}, {"theme": "dark"}, {"direction": "down"}, {"direction": "right"}, {"cite": True}, {"cite": False},
    {"digits": 2}, {"digits": 5}, {"level": "values"}, {"level": "summary"}, {"legend": False},
]  # fmt: skip


def live(root, **options):
    """The picture of a page: a script writes other numbers into it."""
    now = Snapshot(root)
    picture = Picture(plan(Contents(now)), now, live=True)
    return drawing.paint(picture.diagram, Look(live=True, **options))


@each
def test_nothing_is_wrong_with_the_pictures_of_the_book(build):
    """No text on a text, a line or an edge, no arrow through a box, nothing small or cut off."""
    root = build()
    assert faults(draw(root).svg) == []
    root.zero_grad()
    assert faults(draw(root).svg) == []  # as before a backward pass


@pytest.mark.slow
@each
@pytest.mark.parametrize("options", WAYS, ids=str)
def test_nothing_is_wrong_with_what_can_be_chosen(build, options):
    """The same law for each option."""
    assert faults(draw(build(), **options).svg) == []


@pytest.mark.slow
@each
def test_nothing_is_wrong_with_paths(build):
    """The same law where paths are shown, from any leaf."""
    root = build()
    for leaf in graph.leaves(root)[:3]:
        assert faults(draw(root, highlight=leaf).svg) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_nothing_is_wrong_with_random_graphs(seed):
    """Networks and expressions that no person has seen, by whatever picture shows them."""
    for direction in (None, "down"):
        assert faults(draw(network((1, 1, 1, 1), seed), direction=direction).svg) == []
    assert faults(draw(network((3, 2, 2), seed)).svg) == []
    assert faults(draw(network((2, 4, 1), seed, "tanh", "tanh")).svg) == []
    root = expression(seed)
    for options in ({}, {"direction": "down"}, {"direction": "down", "cite": False}):
        assert faults(draw(root, **options).svg) == []
    for direction in (None, "down"):
        assert faults(live(root, direction=direction)) == []


@pytest.mark.parametrize("seed", [*range(8), 28, 34, 37])
def test_nothing_is_wrong_with_a_few_random_graphs(seed):
    """The first of these, and some with powers of ten, on a page too."""
    root = expression(seed)
    assert faults(draw(root).svg) == []
    assert faults(draw(root, direction="down", cite=False).svg) == []
    assert faults(live(root)) == []


@pytest.mark.parametrize(("sizes", "seed"), [((3, 2, 2), 119), ((2, 4, 1), 155), ((3, 2, 2), 170)])
def test_an_exponent_below_a_rail_is_clear_of_its_arrowhead(sizes, seed):
    """Gradients with a power of ten, as wide as their rails."""
    activation = "tanh" if sizes[0] == 2 else "sigmoid"
    assert faults(draw(network(sizes, seed, activation, activation)).svg) == []


@each
def test_no_label_reads_as_a_line_of_a_caption(build):
    """The local derivative beside an arrow stands apart from the value and the gradient of the next mark."""
    root = build()
    for options in ({}, {"direction": "down"}):
        assert list(Seen(draw(root, **options).svg).thirds()) == []


def test_few_labels_read_as_a_line_of_a_caption():
    """In random graphs, in which a label may have no better place, at most one label in a hundred."""
    drawn = [Seen(draw(expression(seed), direction="down").svg) for seed in range(30)]
    labels = sum(it.role == "edge" for seen in drawn for it in seen.texts)
    assert sum(len(list(seen.thirds())) for seen in drawn) <= labels / 100


GEOMETRY = ("x", "y", "width", "height", "d", "points", "style", "transform", "fill-opacity")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("options", [{}, {"level": "values"}], ids=str)
@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 2, 2), (2, 6, 6, 1)], ids=str)
def test_what_is_not_finite_is_shown(sizes, options, bad):
    """Value, gradient and local derivative stand as nan or ∞, never as 0 nor as an empty place."""
    C = network(sizes, 1, "tanh", "linear")
    w = next(leaf for leaf in graph.leaves(C) if leaf.label.startswith("w"))
    w.data = bad
    C.refresh()
    C.zero_grad()
    C.backward()
    svg = draw(C, **options).svg
    assert faults(svg) == []
    root = ET.fromstring(svg)  # noqa: S314 — the text is our own
    order = graph.topological_order(C)
    slopes = [slope for node in order for slope in node.local_derivatives]
    true = {"value": [node.data for node in order], "grad": [node.grad for node in order], "slope": slopes}
    seen = 0
    for one in root.iter():
        assert not [key for key in GEOMETRY if re.search("nan|inf", one.get(key, ""))]
        for what, numbers in true.items():
            place = one.get(f"data-{what}")
            if place is None or math.isfinite(x := numbers[int(place)]):
                continue
            seen += 1
            shown = "".join(one.itertext())
            if one.tag == f"{SVG}rect":
                sign = "nan" if math.isnan(x) else "positive" if x > 0 else "negative"
                assert one.get("class") == f"cell {sign}"
                assert one.get("fill-opacity") == "1"
                assert "; grey: nan" in svg or sign != "nan"
            else:
                assert shown.removeprefix("∂ ") == ("nan" if math.isnan(x) else "∞" if x > 0 else "−∞")
    assert seen


@pytest.mark.parametrize("options", [{}, {"digits": 6}, {"legend": False}], ids=str)
def test_nothing_is_wrong_with_a_chain_that_runs_down(options):
    """One neuron without a cost, two with a cost that has a name of its own, five: a, z, a in the middle.

    The weight of each neuron stands at the left of its z, the bias at the right, and every mark of the
    middle on one line; 370 pixels hold it, which a phone has.
    """
    for sizes in ((1, 1), (1, 1, 1), (1, 1, 1, 1, 1, 1)):
        C = network(sizes, 3)
        svg = draw(C, direction="down", **options).svg
        assert faults(svg) == []
        marks = {title(mark).split(":")[0]: area(mark.find(f"{SVG}rect")) for mark in marks_of(svg)}
        middle = [box for name, box in marks.items() if name.startswith(("a superscript", "z superscript"))]
        assert len({round(left + right) for left, _, right, _ in middle}) == 1
        for layer in range(1, len(sizes)):
            w, z, b = (marks[f"{letter} superscript {layer}"] for letter in "wzb")
            assert w[2] < z[0]
            assert z[2] < b[0]
            assert {round(w[1] + w[3]), round(b[1] + b[3])} == {round(z[1] + z[3])}
        if "digits" not in options:
            assert Seen(svg).width < 370


def test_chains_without_biases_and_costs_run_down():
    """What a chain may lack: a bias, a cost, an activation; and the root as a neuron."""
    x = Value(0.5, label="x")
    z = dot([Value(2.0, label="w^(1)")], [x])
    root = dot([Value(3.0, label="w^(2)")], [z.tanh()])
    root.backward()
    svg = draw(root, direction="down").svg
    assert faults(svg) == []
    assert draw(root).diagram.net.is_chain


def dense(seed):
    """Few leaves that every operation reads, and sums of many operands: more arrows than room beside them."""
    rng = random.Random(seed)
    pool = [Value(rng.uniform(-2, 2), label=name) for name in "abcd"]
    for _ in range(rng.randint(4, 8)):
        xs = [rng.choice(pool) for _ in range(rng.randint(2, 5))]
        pool.append(affine(pool[0], xs, [rng.choice(pool) for _ in xs]))
    pool[-1].backward()
    return pool[-1]


@pytest.mark.parametrize("options", [{}, {"direction": "right"}, {"digits": 6}], ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_label_without_room_is_counted(seed, options):
    """Of all local derivatives but 1, each stands at its arrow or is counted in a note; every hint has it."""
    drawing = draw(dense(seed), level="values", edge_labels=True, cite=False, **options)
    slopes = {arrow.id: arrow.slope for arrow in drawing.diagram.arrows}
    picture = ET.fromstring(drawing.svg)  # noqa: S314 — the text is our own
    edges = [one for one in picture.iter(f"{SVG}g") if "data-edges" in one.attrib]
    bare = [edge.get("id") for edge in edges if edge.find(f"{SVG}text") is None]
    missing = sum(slopes[id] != 1 for id in bare) if len(edges) > 20 else len(bare)
    note = re.search(r"(\d+) local derivatives? ha\w+ no room", drawing.svg)
    assert (int(note[1]) if note else 0) == missing
    for edge in edges:
        hint = re.search(r" = (\S+?)(;|$)", title(edge))[1].replace("−", "-")
        assert float(hint) == pytest.approx(slopes[edge.get("id")], rel=1e-5)


def test_a_cost_with_a_long_name_has_room_in_a_chain():
    """The name of a cost makes its mark wider, and nothing meets it; without one it is C."""
    for name in ("the cost of one", "C_0", ""):
        C = network((1, 1, 1), 3)
        C.label = name
        for direction in (None, "down"):
            svg = draw(C, direction=direction, names=False).svg
            assert faults(svg) == []
            assert (name[:3] or "C") in "".join(ET.fromstring(svg).itertext())  # noqa: S314 — our own text


def scaled(root, room):
    """The size of the smallest letters, those of indices too, where a picture has so much room."""
    seen = Seen(draw(root).svg)
    return min(it.size for it in seen.texts) * min(1, room / seen.width)


@pytest.mark.parametrize("seed", range(6))
def test_letters_are_large_enough(seed):
    """The chain in a column of 740 px has letters of 11 px, a 2-4-1 network on 900 px; so has micrograd's."""
    assert scaled(network((1, 1, 1, 1), seed), COLUMN) >= 11
    assert scaled(network((2, 4, 1), seed, "tanh", "tanh"), PAGE) >= 11
    assert scaled(micrograd(), COLUMN) >= 11


@pytest.mark.parametrize("seed", SEEDS)
def test_networks_are_legible_in_a_column(seed):
    """In 740 px all letters of a network have 11 px, those of indices and layers too."""
    for sizes, activation in (((3, 2, 2), "sigmoid"), ((2, 4, 1), "tanh"), ((2, 16, 16, 1), "relu")):
        assert scaled(network(sizes, seed, activation, activation), COLUMN) >= 11


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(k * c for k, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", PALETTE)
def test_all_text_can_be_read(theme):
    """4.5 at least, in both themes, of any text on anything that it may stand on, pale states included."""
    its = PALETTE[theme]
    grounds = [its[name] for name in ("ground", "parameter", "input", "inner")]
    for ink in ("ink", "soft", "positive", "negative"):
        assert all(contrast(its[ink], ground) >= 4.5 for ground in grounds), ink
    assert contrast(its["root-ink"], its["root"]) >= 4.5
    assert contrast(its["ink"], its["lit"]) >= 4.5
    assert all(contrast(its[sign], its["lit"]) >= 4.5 for sign in ("positive", "negative"))
    for line in ("wire", "parameter-line", "input-line", "inner-line"):
        assert contrast(its[line], its["ground"]) >= 3


def test_a_theme_is_chosen():
    """Light and dark have the colours of their own alone; by itself the reader's browser and page decide."""
    C = network((1, 1), 1)
    texts = {theme: draw(C, theme=theme).svg for theme in ("light", "dark", "auto")}
    for theme, other in (("light", "dark"), ("dark", "light")):
        assert PALETTE[theme]["positive"] in texts[theme]
        assert PALETTE[other]["positive"] not in texts[theme]
    assert "prefers-color-scheme: dark" in texts["auto"]
    assert sheet("auto") in texts["auto"]
    assert draw(C).svg == texts["auto"]


def titles(svg):
    return [title.text for title in ET.fromstring(svg).iter(f"{SVG}title")]  # noqa: S314 — our own text


def marks_of(svg):
    return [one for one in ET.fromstring(svg).iter(f"{SVG}g") if "data-places" in one.attrib]  # noqa: S314 — ours


def title(mark):
    return mark.find(f"{SVG}title").text


def test_every_mark_says_what_it_is():
    """Its name in words and its numbers with all digits, for screen readers and for who points at it."""
    C = network((3, 2, 2), 1)
    w = next(leaf for leaf in graph.leaves(C) if leaf.label == "w_01^(1)")
    said = next(title for title in titles(draw(C).svg) if title.startswith("w subscript 01 superscript 1"))
    assert repr(w.data).replace("-", "−") in said
    assert repr(w.grad).replace("-", "−") in said
    chain = titles(draw(network((1, 1, 1), 1)).svg)
    for words in ("w superscript 1", "b superscript 2", "z superscript 1", "a superscript 0"):
        assert any(title.startswith(f"{words}:") for title in chain)


def test_a_matrix_says_what_each_cell_is():
    """All weights and gradients can be pointed at; rows of zeros are counted in words."""
    C = network((2, 16, 16, 1), 1, "relu", "linear")
    svg = draw(C).svg
    assert len(re.findall(r'<rect [^>]*class="cell', svg)) == 2 * 304 + 2 * 34 + 3 * 32 + 2 + 33 + 9
    zs = [node for node in graph.topological_order(C) if re.fullmatch(r"z_\d+\^\(1\)", node.label)]
    off = sum(z.grad == 0 for z in zs)
    words = " ".join(it.words for it in Seen(svg).texts)
    assert f"{off} of 16 rows are 0" in words
    assert "Mean size of the gradients in each layer" in words


NAMED = re.compile(r"[a-zA-Zδθ]_\w|\^\(|\*\*|\bgrad\b|\bdata\b")
"""What is written like this is code: a name with its index behind a line, a power with two stars."""


@each
@pytest.mark.parametrize("level", [None, "neurons", "layers", "summary"])
def test_nothing_in_a_picture_is_code(build, level):
    """Names and operations are typeset in every mark, of whatever it stands for."""
    root = build()
    if level in {"neurons", "layers"} and not Contents(Snapshot(root)).layers:
        return
    words = [it.words for it in Seen(draw(root, level=level).svg).texts if it.role == "node"]
    assert [it for it in words if NAMED.search(it)] == []


def numeric(text):
    return bool(re.fullmatch(r"[∂δ]? ?−?(\d[\d.]*|∞|nan)( … .*)?", text.strip()))


@each
def test_a_key_has_no_numbers_of_its_own(build):
    """A sample with a number beside it would read as one more result."""
    root = build()
    for backward in (True, False):
        keys = [key for key in ET.fromstring(draw(root).svg).iter(f"{SVG}g") if key.get("class") == "key"]  # noqa: S314
        assert not [t for key in keys for t in key.iter(f"{SVG}text") if numeric("".join(t.itertext()))]
        if backward and keys and len(graph.topological_order(root)) > 1:
            assert any("local derivative" in "".join(key.itertext()) for key in keys)
        root.zero_grad()


@each
def test_every_number_of_a_page_waits_for_its_step(build):
    """In a picture that a script steps through, a number without a place of its own would be a give-away."""
    picture = ET.fromstring(live(build()))  # noqa: S314 — the text is our own
    constants = {id(t) for g in picture.iter(f"{SVG}g") if "constant" in g.get("class", "").split()
                 for t in g.iter(f"{SVG}text")}  # fmt: skip
    after = {
        id(t) for g in picture.iter() if "after" in g.get("class", "").split() for t in g.iter(f"{SVG}text")
    }
    for text in picture.iter(f"{SVG}text"):
        if id(text) in constants | after or "glyph" in text.get("class", "").split():
            continue
        if numeric("".join(text.itertext())):
            assert any(name in text.attrib for name in ("data-value", "data-grad", "data-slope", "data-sum"))


def test_inputs_of_several_examples_are_no_parameters():
    """Where the weights stand inside the neurons, an input is grey and round as everywhere."""
    svg = draw(batch(), level="neurons").svg
    kinds = {title(mark).split(" =")[0].split(":")[0]: mark.get("class").split() for mark in marks_of(svg)}
    inputs = [
        kind for name, kind in kinds.items() if name.startswith("a subscript") and "superscript 0" in name
    ]
    assert inputs
    assert all("input" in kind for kind in inputs)


def many(examples):
    """The mean cost of a network over several examples."""
    rng = random.Random(1)
    model = MLP(2, [4, 1], activation="tanh", rng=rng)
    costs = [squared_error(model([rng.random(), rng.random()]), [1.0]) for _ in range(examples)]
    cost = engine.mean(costs)
    cost.backward()
    return cost


@pytest.mark.parametrize("examples", [2, 4, 9])
def test_a_cost_of_many_examples_is_legible_in_a_column(examples):
    """A few neuron by neuron, more of them as the layers that they share: letters of 11 px in 740."""
    assert faults(draw(many(examples)).svg) == []
    assert scaled(many(examples), COLUMN) >= 11


@pytest.mark.parametrize("layers", [4, 7])
def test_a_long_chain_runs_down(layers):
    """From left to right its letters would be smaller than 11 px in a column; asked for, it does."""
    C = network((1,) * (layers + 1), 3)
    assert scaled(C, COLUMN) >= 11
    assert faults(draw(C).svg) == []
    assert Seen(draw(C, direction="right").svg).width > COLUMN > Seen(draw(C).svg).width


@pytest.mark.parametrize("outputs", [3, 5, 9])
def test_the_arrows_into_a_cost_have_room(outputs):
    """Of many outputs, too: the card of the cost is high enough for all of them."""
    svg = draw(network((2, 2, outputs), 2)).svg
    assert faults(svg) == []


def written(svg):
    return [it.words for it in Seen(svg).texts]


def test_before_backward_nothing_is_given_away():
    """Gradients are dashes, arrows thin and grey; local derivatives, which forward knows, are there."""
    C = network((1, 1, 1), 1)
    C.zero_grad()
    seen = Seen(draw(C).svg)
    assert {width for _, width in seen.lines} == {1.25}
    key = "∂ – no gradient before backward()"
    assert {it.words for it in seen.texts if "∂" in it.words} == {"∂ –", key}
    assert "known" not in re.sub(r"<style>.*?</style>", "", draw(C).svg, flags=re.DOTALL)


def test_operations_are_mathematics():
    """Signs, powers of their letter, constants in their operation; no code and no v_3."""
    x, y = Value(2.0, label="x"), Value(4.0, label="y")
    root = (x**3 * y - 1).sigmoid() + 1 / y + y**0.5 + 2 * x + (x * y) ** 2
    words = set(written(draw(root).svg))
    assert {"×", "σ", "+", "3", "2 ", "1/"} & words >= {"×", "σ", "+", "3", "1/"}
    assert not [it for it in words if re.search(r"\*|v_|leaf", it)]


def test_inputs_of_a_network_are_named():
    """Also where they came in as Values without a name, as numbers, and so are targets."""
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(1))
    C = squared_error(model([0.5, Value(1.0)]), [1.0])
    said = titles(draw(C).svg)
    assert any(title.startswith("a subscript 0 superscript 0") for title in said)
    assert any(title.startswith("a subscript 1 superscript 0") for title in said)
    words = written(draw(C).svg)
    assert words.count("(0)") == 2
    assert "y" in words


def test_a_cited_leaf_is_the_sum_of_its_citations():
    """The leaf stands at the head with its gradient as a sum; each place of use has its part."""
    root = micrograd()
    leaves = {leaf.label: leaf for leaf in graph.leaves(root)}
    root_svg = ET.fromstring(draw(root, digits=8).svg)  # noqa: S314 — our own text
    for label in "ab":
        marks = (g for g in root_svg.iter(f"{SVG}g") if "cite" in g.get("class", ""))
        cites = [g for g in marks if "".join(g.find(f"{SVG}text").itertext()) == label]
        sums = [t.text for g in cites for t in g.iter(f"{SVG}text") if t.get("data-sum")]
        total = sum(float(text.replace("∂ ", "").replace("−", "-")) for text in sums)
        assert total == pytest.approx(leaves[label].grad, rel=1e-5)
        assert len(sums) > 3


def test_widths_come_from_a_table_that_is_right():
    """The table's widths are those of Liberation, which has the metrics of Times and Arial."""
    fonts = pytest.importorskip("PIL.ImageFont")
    names = {"sans": "Sans-Regular", "serif": "Serif-Regular", "italic": "Serif-Italic"}
    samples = {
        "sans": [
            "0123456789",
            "−0.00256",
            "∂ 0.0131",
            "local derivative",
            "wider arrow: larger contribution",
        ],
        "serif": ["(1)", "012", "tanh", "ReLU", "σ", "× + − ÷"],
        "italic": list("wbzaCxyfdghkmnpqrstuvWVXYT"),
    }
    for font, texts in samples.items():
        try:
            face = fonts.truetype(f"Liberation{names[font]}.ttf", 1000)
        except OSError:
            pytest.skip("the machine has no Liberation fonts")
        for text in texts:
            assert letters(text, 1000, font) == pytest.approx(face.getlength(text), rel=0.03, abs=12), text


def chain_of_sines(size):
    x = Value(0.5, label="x")
    root = x
    for _ in range(size):
        root = (root * 1.5).sin() + x
    return draw(root, level="values")


@pytest.mark.slow
def test_time_is_linear():
    """Four times the marks take at most six times as long."""
    times = []
    for size in (150, 600):
        drawing = chain_of_sines(size)
        start = time.process_time()
        _ = drawing.svg
        times.append(time.process_time() - start)
    assert times[1] < 6 * times[0] + 0.2


def test_two_weights_at_one_neuron_without_bias():
    """A neuron without a bias has no band for one; a linear one has no activation's row."""
    xs = [Value(1.0, label="x_0"), Value(2.0, label="x_1")]
    ws = [Value(0.5, label="w_0"), Value(-0.5, label="w_1")]
    z = affine(0.0, ws, xs)
    z.backward()
    svg = draw(z, level="neurons").svg
    assert faults(svg) == []


@pytest.mark.slow
@pytest.mark.needs("matplotlib")
@pytest.mark.parametrize("name", ["00_a_nudge", "01_chain", "08_why_topological_order"])
def test_nothing_is_wrong_with_the_pictures_of_the_notebooks(name, monkeypatch):
    """All that a notebook draws, as its cells run one after another."""
    drawn = []

    def spy(*roots, **options):
        drawn.append(draw(*roots, **options))
        return drawn[-1]

    folder = Path(__file__).parents[3] / "notebooks"
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(Value, "draw", spy)
    monkeypatch.setattr(engine, "draw", spy)
    monkeypatch.setattr(drawing, "draw", spy)  # the last, since the other two look it up here at first use
    text = (folder / "text" / f"{name}.md").read_text(encoding="utf-8")
    names = {"__name__": "__main__", "display": lambda *_: None}
    for cell in re.findall(r"```\{code-cell\}[^\n]*\n(.*?)```", text, re.DOTALL):
        code = re.sub(r"\A(?::.*\n)+", "", cell)
        exec(compile(code, name, "exec"), names)  # noqa: S102  (our own text)
    assert drawn
    assert [found for its in drawn for found in faults(its.svg)] == []
