"""Laws of what pictures show beside numbers: changes, paths, sums, and what is not there."""

import random
import re

import pytest
from picture_law import SVG, Seen, faults
from test_picture_law import BOOK, batch, chain_of_sines, expression, network

from engine import Drawing, Value, affine, draw, graph, total
from engine.pictures.contents import Contents
from engine.pictures.drawing import Look, paint
from engine.pictures.picture import Picture
from engine.pictures.plans import plan
from engine.pictures.snapshot import Snapshot
from engine.pictures.svg.diagram import Arrow, Box, Cluster, Diagram
from engine.pictures.svg.letters import name
from nn import MLP
from nn.losses import squared_error


def words(drawing):
    return [it.words for it in Seen(drawing.svg).texts]


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 2, 1)])
def test_a_comparison_shows_both_numbers(sizes):
    """Before and after stand in each mark that has changed, apart from all else."""
    C = network(sizes, 1)
    before = draw(C)
    w = next(leaf for leaf in graph.leaves(C) if leaf.label.startswith("w"))
    w.data += 1e-6
    C.refresh()
    C.backward()
    drawing = draw(before, C)
    assert faults(drawing.svg) == []
    assert " → " in "".join(words(drawing))
    assert draw(before, before.picture.now.root).diagram.notes


def test_a_path_begins_at_a_weight_that_is_marked():
    """Among neurons the chosen weight has a mark, its arrow is lit, and what is not on a path is pale."""
    C = network((3, 2, 2), 1)
    w = next(leaf for leaf in graph.leaves(C) if leaf.label == "w_01^(1)")
    svg = draw(C, highlight=w).svg
    assert faults(svg) == []
    assert svg.count('class="chosen"') == 1
    edges = re.findall(r'<g id="(e\d+)" class="edge ([^"]*)"', svg)
    lit = [id for id, classes in edges if "dim" not in classes]
    assert len(lit) == 1 + 1 + 2 + 2 + 2  # into z, z to a, two weights, two activations, twice into C
    assert '<g id="o' not in svg


def test_each_factor_of_a_path_stands_beneath_what_it_belongs_to():
    """Rows below the neurons, one a path; their products are in sum the gradient, whatever leaf is chosen."""
    C = network((3, 2, 2), 1)
    for leaf in graph.leaves(C)[:-2]:
        drawing = draw(C, highlight=leaf, digits=9)
        seen = Seen(drawing.svg)
        paths = [it for it in seen.texts if re.fullmatch(r"path \d", it.words)]
        assert len(paths) == len(drawing.diagram.trails)
        strong = (it for it in seen.root.iter(f"{SVG}text") if "strong" in it.get("class", ""))
        total = sum(float("".join(it.itertext())[2:].replace("−", "-")) for it in strong)
        if paths:
            assert total == pytest.approx(leaf.grad, rel=1e-6)
            assert not any("→" in it.words for it in seen.texts)


@pytest.mark.parametrize("level", ["neurons", "matrices"])
@pytest.mark.parametrize("sizes", [(2, [3, 1]), (2, [3, 12])])
def test_a_network_without_biases_and_without_a_cost(level, sizes):
    """There is no band and no column for b, no card for C; of twelve outputs none is listed."""
    model = MLP(sizes[0], sizes[1], activation="relu", bias=False, rng=random.Random(1))
    found = model([0.5, -1.0])
    outputs = found if isinstance(found, list) else [found]
    root = outputs[0] if len(outputs) == 1 else squared_error(outputs, [0.0] * len(outputs))
    for backward in (False, True):
        if backward:
            root.backward()
        assert faults(draw(root, level=level).svg) == []
        assert faults(draw(root, level=level, legend=False).svg) == []
    assert not any(re.match(r"b", it) for it in words(draw(root, level=level, legend=False)))


def test_what_stands_between_outputs_and_cost_is_passed_over():
    """In the picture of neurons; a note says so, and the arrow has the whole derivative."""
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(1))
    a = model([0.5, -1.0])
    C = ((a - 1.0) ** 2 + 0.5).sqrt()
    C.backward()
    drawing = draw(C)
    assert drawing.diagram.level == "neurons"
    assert drawing.diagram.notes[0].startswith("what stands between the outputs and C is passed over")
    assert f'data-grad="{drawing.picture.now.place[a]}"' in drawing.svg
    assert faults(drawing.svg) == []
    for _ in range(20):
        C = C.sin()
    assert draw(C).diagram.net is None
    assert draw(a + a.exp(), level="neurons").diagram.level == "neurons"


def test_several_examples_are_drawn_by_neurons():
    """Where not every value can be read, and no plain network is there."""
    levels = {}
    for hidden in (4, 8):  # neurons of two examples side by side: 8 can be read in a column, 16 cannot
        model = MLP(2, [hidden, 3, 1], activation="tanh", rng=random.Random(1))
        C = squared_error(model([0.5, 1.0]), [1.0]) + squared_error(model([1.0, 0.5]), [1.0])
        drawing = draw(C)
        levels[hidden] = drawing.diagram.level
        assert drawing.diagram.net is None
        assert faults(drawing.svg) == []
    assert levels == {4: "neurons", 8: "layers"}
    with pytest.raises(ValueError, match="needs a plain network"):
        draw(C, level="matrices")


def test_a_sum_is_told_only_where_it_is_one():
    """Of a cited leaf: not before backward, not where other passes have added to it; long ones are cut."""
    x = Value(0.5, label="x")
    root = x
    for _ in range(12):
        root = (root * 1.5).sin() + x
    assert "more" not in "".join(words(draw(root, level="values")))
    root.backward()
    assert "+ 6 more" in "".join(words(draw(root, level="values")))
    root.backward()
    assert "more" not in "".join(words(draw(root, level="values")))
    root.refresh()
    assert "more" not in "".join(words(draw(root, level="values")))


@pytest.mark.slow
def test_arrows_beyond_all_measure_run_behind():
    """Where one leaf is read on every rank and must not be cited, lanes are spared; all arrows are there."""
    drawing = chain_of_sines(90)
    svg = draw(drawing.picture.now.root, level="values", cite=False).svg
    assert svg.count('class="edge') == len(drawing.diagram.arrows) - 90  # as many constants are folded


def test_arrows_without_labels():
    """No local derivative is written anywhere, in a chain neither."""
    for sizes in ((1, 1, 1), (2, 2, 1)):
        root = network(sizes, 1)
        svg = draw(root, level="values", edge_labels=False).svg
        assert "data-slope" not in svg
        assert faults(svg) == []
    assert draw(network((2, 2, 1), 1), edge_labels=False).svg.count("data-slope") == 3  # σ′ in the cards


def test_an_empty_drawing_says_so():
    """A picture of nothing is one."""
    assert words(Drawing(Diagram("", "", (), ()))) == ["empty"]


def test_primes_and_long_names():
    """f′ is an italic letter with a prime; a name of 60 letters is cut."""
    assert [(run.base, run.font) for run in name("f′")] == [("f′", "italic")]
    assert name("w_1^(2)′")[-1].above == "(2)"
    assert name("abc def " * 9)[0].base.endswith("…")
    assert name("′")[0].base == "′"


@pytest.mark.parametrize("build", [*BOOK.values(), lambda: expression(7)], ids=[*BOOK, "seven"])
def test_a_live_picture_has_room_for_longer_numbers(build):
    """A page may write the longest number anywhere: it hides nothing, and needs no backward pass."""
    root = build()
    root.zero_grad()
    picture = Picture(plan(Contents(Snapshot(root))), Snapshot(root), live=True)
    svg = paint(picture.diagram, Look(live=True))
    assert faults(svg) == []
    slopes = {int(k) for k in re.findall(r'data-slope="(\d+)"', svg)}
    assert svg.count("∂ –") == 0
    longest = re.sub(r'(<text [^>]*data-(?:value|slope)="\d+"[^>]*>)[^<]*', r"\1−0.00256", svg)
    if picture.diagram.net is None and picture.diagram.level == "values":
        assert [it for it in faults(longest) if "overlap" in it] == []
        assert len(slopes) <= len(picture.diagram.arrows)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"digits": 0}, ValueError, "digits must be at least 1, got 0"),
        ({"digits": 18}, ValueError, "digits must be from 1 to 17, got 18"),
        ({"digits": 2.5}, TypeError, "digits must be a whole number"),
        ({"direction": "up"}, ValueError, 'direction must be "right" or "down", or left out; got \'up\''),
        ({"theme": "sepia"}, ValueError, 'theme must be "auto", "light" or "dark", got \'sepia\''),
        ({"cite": "yes"}, TypeError, "cite must be True or False"),
        ({"level": "matrices"}, ValueError, "needs neurons"),
    ],
)
def test_what_cannot_be_chosen(options, error, message):
    """The error says what came and what there is."""
    with pytest.raises(error, match=re.escape(message)):
        draw(Value(2.0).exp(), **options)


def test_a_batch_has_no_network():
    """Two examples share their weights: that is no plain network, and no picture claims one."""
    assert draw(batch()).diagram.net is None
    z = affine(0.0, [Value(1.0), Value(2.0)], [Value(1.0), Value(3.0)])
    x = Value(1.0, label="x")
    assert draw(affine(0.0, [Value(1.0), Value(2.0)], [x, x]), level="neurons").diagram.net is None
    assert draw(z * x, level="neurons").diagram.net is not None


def by_hand(boxes=(), arrows=(), clusters=()):
    return Diagram(
        "", "", (Box("a", ("a",), "input"), *boxes, Box("z", ("z",), "root")), tuple(arrows), clusters
    )


@pytest.mark.parametrize(
    ("diagram", "message"),
    [
        (by_hand([Box("a", ("b",), "input")]), "id 'a' is used 2 times"),
        (by_hand([Box("graph0", ("b",), "input")]), "id 'graph0' is used 2 times"),
        (by_hand([Box("b", ("b",), "leaf")]), "box 'b' has kind 'leaf'"),
        (by_hand([Box("b", (), "input")]), "and 0 rows"),
        (by_hand(arrows=[Arrow("e", "a", "q", "")]), "arrow 'e' names box 'q'"),
        (by_hand(arrows=[Arrow("e", "z", "a", "")]), "leads from box 'z' back to 'a'"),
        (by_hand(clusters=(Cluster("", "t", "layer"),)), "has no id"),
        (by_hand(clusters=(Cluster("c", "t", "layer", "d"),)), "names cluster 'd'; expected one that comes"),
        (by_hand([Box("b", ("b",), "input", "q")]), "box 'b' names cluster 'q'"),
    ],
)
def test_a_diagram_made_by_hand_is_checked(diagram, message):
    """ValueError says what cannot be drawn."""
    with pytest.raises(ValueError, match=re.escape(message)):
        Drawing(diagram)


def test_a_layout_is_text():
    """TypeError says what came."""
    with pytest.raises(TypeError, match="layout must be"):
        draw(Value(1.0), layout=3)


def test_a_wide_sum_runs_to_the_right_where_neither_picture_fits():
    """With long numbers both are wider than a column; from top to bottom it would be twice as wide again."""
    xs = [Value(float(k), label=f"x_{k}").tanh().tanh() for k in range(12)]
    ways = None, "right", "down"
    found = {way: Seen(draw(total(xs), digits=14, direction=way).svg).width for way in ways}
    assert found[None] == found["right"] > 740
    assert found["down"] > 2 * found["right"]
