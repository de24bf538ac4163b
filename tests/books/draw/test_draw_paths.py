"""Laws of pictures of paths: what is lit, in which hue, and what the notes tell of it."""

import math
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from neuron import neuron
from random_graphs import graphs

import engine
from engine import Value, draw, explain, graph
from engine.pictures.drawing import diagram
from engine.pictures.svg.diagram import HUES
from nn import MLP
from nn.losses import squared_error

NUMBER = r"(−?(?:[\d.]+(?:e[+−]\d+)?|∞|nan))"


def read(text):
    """The number that a picture writes."""
    return float(text.replace("−", "-").replace("∞", "inf"))


def every_path(node, target):
    """All paths from the target to a node, each as edges (child, position): by brute force."""
    if node is target:
        yield ()
    for position, parent in enumerate(node.parents):
        for path in every_path(parent, target):
            yield (*path, (node, position))


def fan(width):
    """A neuron with as many hidden neurons as paths from its input to its output."""
    model = MLP(1, [width, 1], activation="tanh", rng=random.Random(3))
    cost = squared_error(model([0.7]), [1.0])
    cost.label = "C"
    return cost, next(leaf for leaf in graph.leaves(cost) if leaf.label == "a^(0)")


@given(graphs(max_nodes=7), st.data())
def test_what_is_lit_are_the_paths(drawn, data):
    """The edges of all paths, and no others, have a hue; the values on them, and no others, are not dim."""
    root, _ = drawn
    order = graph.topological_order(root)
    w = data.draw(st.sampled_from(order))
    told = diagram(root, highlight=w, detail="values")
    paths = list(every_path(root, w))
    routes = {tuple(child for child, _ in path) for path in paths}  # parallel arrows are one step
    on_paths = {edge for path in paths for edge in path}
    nodes = {w, *(node for node, _ in on_paths)}
    for arrow, edge in zip(told.arrows, graph.edges(root), strict=True):
        lit = (edge.child, edge.position) in on_paths
        assert (arrow.hue > 0, arrow.dim) == (lit, not lit)
        assert len(routes) <= HUES or arrow.hue in {0, 1}
    for box, node in zip(told.boxes, order, strict=True):
        assert box.dim == (node not in nodes)


def test_paths_and_boxes_share_their_names():
    """What the notes call a value stands on its box, which otherwise has the operation alone."""
    x = Value(0.7, label="x")
    y = (x * x).sin()
    lit = diagram(y, highlight=x)
    assert [box.rows[0] for box in lit.boxes] == ["x", "v_1 = *", "C = sin"]
    assert lit.notes == ("∂C/∂x = 1.235, along one path",)
    assert [box.rows[0] for box in diagram(y).boxes] == ["x", "*", "sin"]


@given(graphs(max_nodes=7), st.data())
def test_the_paths_are_those_of_explain(drawn, data):
    """As many, in the order of explain, with their products, which sum to the derivative."""
    root, _ = drawn
    w = data.draw(st.sampled_from(graph.topological_order(root)))
    if w is root:
        return
    w.label = w.label or "here"
    explained = explain(root, w, through="all", terms="size")
    head, *lines = diagram(root, highlight=w, detail="values").notes
    assert head.startswith(f"{explained.name} = {explained.value:z.4g}".replace("-", "−"))
    if explained.count == 1:
        assert head.endswith(", along one path")
    else:
        assert re.search(rf", the sum over {explained.count:,} paths:?$", head)
    if 1 < explained.count <= HUES:
        told = [re.fullmatch(rf"path (\d): (.+) gives {NUMBER}", line).groups() for line in lines]
        assert [int(number) for number, _, _ in told] == list(range(1, explained.count + 1))
        for (_, route, product), path in zip(told, explained.paths, strict=True):
            assert route == " → ".join(path.nodes) or "…" in route
            assert read(product) == pytest.approx(path.product, rel=1e-3)
        total = sum(read(product) for _, _, product in told)
        assert total == pytest.approx(explained.value, rel=1e-2, abs=1e-2)
    else:
        assert lines == []


@pytest.mark.parametrize("width", [1, 2, 4, 6])
def test_a_hue_for_each_path(width):
    """Where no two share an edge before they meet, each has its own, the largest the first."""
    cost, w = fan(width)
    told = diagram(cost, highlight=w, detail="values")
    assert {arrow.hue for arrow in told.arrows} == set(range(width + 1))
    if width == 1:
        assert not any("on path" in arrow.hint for arrow in told.arrows)
        return
    everywhere = f"; on paths {', '.join(str(path) for path in range(1, width + 1))}"
    assert {arrow.hue for arrow in told.arrows if arrow.hint.endswith(everywhere)} == {1}
    for hue in range(2, width + 1):
        lit = [arrow for arrow in told.arrows if arrow.hue == hue]
        assert len(lit) == 3
        assert all(arrow.hint.endswith(f"; on path {hue}") for arrow in lit)


def test_many_paths_share_one_hue():
    """More than six are lit together, however many they are, and counted, not walked."""
    cost, w = fan(7)
    told = diagram(cost, highlight=w, detail="values")
    assert {arrow.hue for arrow in told.arrows} == {0, 1}
    assert not any("on path" in arrow.hint for arrow in told.arrows)
    assert told.notes[0].endswith("the sum over 7 paths")
    x = node = Value(1.0, label="x")
    for _ in range(200):
        node = node.sin() + node.cos()
    told = diagram(node, highlight=x, detail="values")
    assert {arrow.hue for arrow in told.arrows} == {1}
    assert told.notes[0].endswith("the sum over about 1.60694e+60 paths")


def test_an_operand_that_comes_twice_is_one_step():
    """``a * a``: both arrows are lit, and belong to one path, as they are one factor of ``explain``."""
    a = Value(3.0, label="a")
    told = diagram(a * a + a, highlight=a)
    assert sorted(arrow.hue for arrow in told.arrows) == [1, 1, 1, 2]
    assert told.notes == (
        "∂C/∂a = 7, the sum over 2 paths:", "path 1: a → v_1 → C gives 6", "path 2: a → C gives 1",
    )  # fmt: skip
    assert explain(a * a + a, a, through="all").count == 2


def test_the_root_itself_is_lit():
    """No edge leads from it to itself; the derivative is 1."""
    cost, _ = fan(2)
    told = diagram(cost, highlight=cost)
    assert [box.rows[0] for box in told.boxes if not box.dim] == ["C"]
    assert all(arrow.dim for arrow in told.arrows)
    assert told.notes == ("∂C/∂C = 1, since it is the output itself",)


def test_a_long_path_is_abridged():
    """Dots stand for what is in the middle."""
    x = Value(0.5, label="x")
    node = x
    for _ in range(20):
        node = node.sin()
    root = node * x
    root.label = "y"
    told = diagram(root, highlight=x)
    assert any(
        note.startswith("path 2: x → v_1 → v_2 → v_3 → v_4 → v_5 → … → v_20 → y gives ")
        for note in told.notes
    )


def test_slopes_of_zero_and_infinity():
    """A product of them is told as it is; the picture comes out."""
    x = Value(0.0, label="x")
    told = diagram((x * 0.0) + (x * math.inf), highlight=x)
    assert told.notes[1:] == ("path 1: x → v_2 → C gives ∞", "path 2: x → v_1 → C gives 0")


@pytest.mark.parametrize("detail", ["neurons", "layers", "summary"])
def test_collapsed_boxes_are_lit_where_a_path_goes_through(detail):
    """A weight has no box of its own: the path begins at its neuron's, and other boxes are dim."""
    cost, _ = fan(3)
    nodes = {node.label: node for node in graph.topological_order(cost)}
    drawing = draw(cost, highlight=nodes["w_1^(1)"], detail=detail)
    lit = {node for node in nodes.values() if any(True for _ in every_path(node, nodes["w_1^(1)"]))}
    order = graph.topological_order(cost)
    bright = {holder for node, holder in zip(order, drawing.picture.plan.holders, strict=True) if node in lit}
    assert {box.id for box in drawing.diagram.boxes if not box.dim} == bright
    hues = [arrow.hue for arrow in drawing.diagram.arrows]
    assert set(hues) == {0, 1}
    assert drawing.diagram.notes[-1].endswith(", along one path")


def test_what_the_root_does_not_depend_on():
    """ValueError names both."""
    cost, _ = fan(2)
    message = "highlight shows the paths from a value to C, but C does not depend on q"
    with pytest.raises(ValueError, match=message):
        draw(cost, highlight=Value(1.0, label="q"))
    with pytest.raises(ValueError, match=re.escape("does not depend on Value(data=1.0, grad=0.0)")):
        draw(cost, highlight=Value(1.0))


# The graph of a derivative


def documents_neuron():
    cost = neuron()
    return cost, next(leaf for leaf in graph.leaves(cost) if leaf.label == "w")


def test_the_graph_of_a_derivative():
    """Its root is named ∂C/∂w and has its number; gradients and labels of the graph stay as they were."""
    cost, w = documents_neuron()
    told = diagram(cost, derivative_of=w)
    root = told.boxes[-1]
    explained = explain(cost, w).value
    assert root.rows[0] == "∂C/∂w"
    assert read(root.rows[1].split()[1]) == pytest.approx(explained, rel=1e-3)
    assert told.title == "Computation graph of ∂C/∂w"
    assert len(told.boxes) == len(graph.topological_order(engine.grad(cost, w)))
    assert told.notes == (
        "the graph of ∂C/∂w: 7 of its values were made for it, the others are in the graph of C",
    )
    assert not any(node.has_grad for node in graph.topological_order(cost))


def test_a_derivative_whose_derivative_is_asked_for():
    """highlight shows the paths to ∂C/∂w: they sum to the second derivative."""
    cost, w = documents_neuron()
    told = diagram(cost, derivative_of=w, highlight=w)
    second = engine.hessian(cost, [w])[0][0].data
    match = re.match(rf"∂\(∂C/∂w\)/∂w = {NUMBER}, the sum over 3 paths:", told.notes[0])
    assert read(match[1]) == pytest.approx(second, rel=1e-3)


def test_a_derivative_that_is_a_node_of_the_graph():
    """∂eˣ/∂x is eˣ itself: it is drawn under both names, and keeps its own."""
    x = Value(1.0, label="x")
    y = x.exp()
    y.label = "y"
    told = diagram(y, derivative_of=x)
    assert told.boxes[-1].rows[0] == "∂y/∂x = y"
    assert y.label == "y"
    assert told.notes[0].startswith("the graph of ∂y/∂x: 0 of its values")


def test_a_derivative_that_is_a_number():
    """∂(2x)/∂x = 2 is one box."""
    x = Value(1.0, label="x")
    assert [box.rows[:2] for box in diagram(2 * x, derivative_of=x).boxes] == [("∂C/∂x", "data 2")]


def test_a_derivative_by_what_the_root_does_not_depend_on():
    """ValueError: a picture of 0 would be a mistake most of the time."""
    cost, _ = documents_neuron()
    with pytest.raises(ValueError, match="derivative_of takes a value that C depends on, and q is none"):
        draw(cost, derivative_of=Value(1.0, label="q"))
    by_hand = Value(1.0, (cost,), "mine", local_derivatives=[1.0])
    with pytest.raises(TypeError, match="by hand"):
        draw(by_hand, derivative_of=cost)
