"""Laws of what a picture of all values says: boxes, arrows, hints, widths, kinds."""

import itertools
import math
import random
import re

import pytest
from differences import central
from hypothesis import example, given
from hypothesis import strategies as st
from neuron import neuron
from random_graphs import graphs

from engine import Value, affine, detect_anomaly, dot, draw, graph, mean
from engine.pictures.drawing import diagram
from engine.pictures.picture import widths
from engine.pictures.svg.diagram import KINDS, check
from nn import MLP
from nn.losses import squared_error

VALUES = {"detail": "values", "edge_labels": True}
FOREIGN = "other backward passes have left it, or added to it"
NUMBER = r"(−?(?:[\d.]+(?:e[+−]\d+)?|∞|nan))"


def read(text):
    """The number that a picture writes."""
    return float(text.replace("−", "-").replace("∞", "inf"))


def contributions(drawn):
    """What each arrow's hint says that it contributes."""
    found = {arrow.id: re.search(rf"contributes {NUMBER} to", arrow.hint) for arrow in drawn.arrows}
    return {id: read(match[1]) for id, match in found.items() if match}


@given(graphs(), st.booleans())
def test_a_box_for_each_value_an_arrow_for_each_operand(drawn, backward):
    """Ids are places in topological order and among the edges; rows, slopes and signs are the graph's."""
    root, _ = drawn
    if backward:
        root.backward()
    told = diagram(root, **VALUES)
    check(told)
    order, edges = graph.topological_order(root), list(graph.edges(root))
    assert [box.id for box in told.boxes] == [f"n{k}" for k in range(len(order))]
    assert [arrow.id for arrow in told.arrows] == [f"e{k}" for k in range(len(edges))]
    for box, node in zip(told.boxes, order, strict=True):
        data, grad = (row.split(" ")[1] for row in box.rows[1:])
        assert read(data) == pytest.approx(node.data, rel=1e-3)
        assert (grad == "–") if not backward else read(grad) == pytest.approx(node.grad, rel=1e-3)
    for arrow, edge in zip(told.arrows, edges, strict=True):
        slope = edge.child.local_derivatives[edge.position]
        assert (arrow.tail, arrow.head) == tuple(f"n{order.index(end)}" for end in edge[:2])
        assert read(arrow.label) == pytest.approx(slope, rel=1e-3)
        assert arrow.sign == (slope > 0) - (slope < 0)


@given(graphs())
def test_contributions_sum_to_the_derivative(drawn):
    """What a leaf's arrows are said to contribute is in sum what a finite difference finds."""
    root, leaves = drawn
    order = graph.topological_order(root)
    if root in leaves:
        return
    root.backward()
    told = diagram(root, **VALUES)
    parts = contributions(told)
    assert len(parts) == len(told.arrows)
    for leaf in set(leaves) & set(order):
        total = sum(parts[arrow.id] for arrow in told.arrows if arrow.tail == f"n{order.index(leaf)}")
        assert total == pytest.approx(central(root, leaf), rel=1e-3, abs=1e-3)


@given(graphs())
def test_an_arrow_is_the_broader_the_more_it_contributes(drawn):
    """Widths rise with the contributions, from 1.25 to 4.25 px; the largest has the full width."""
    root, _ = drawn
    root.backward()
    told = diagram(root, **VALUES)
    parts = contributions(told)
    ranked = sorted((abs(parts[arrow.id]), arrow.width) for arrow in told.arrows)
    for (small, thin), (large, broad) in itertools.pairwise(ranked):
        assert thin <= broad or small == pytest.approx(large, rel=1e-5)
        assert 1.25 <= thin <= 4.25
    if ranked and ranked[-1][0] > 0:
        assert max(width for _, width in ranked) == 4.25


def test_without_a_backward_pass_all_arrows_are_alike():
    """Nothing is known of contributions then; nor is any claimed."""
    told = diagram(neuron())
    assert {arrow.width for arrow in told.arrows} <= {1.25, 2.6}
    assert not contributions(told)
    assert told.notes == ()
    assert "derivatives" not in told.description


@given(st.lists(st.one_of(st.none(), st.floats()), max_size=20))
@example([math.inf, 1.0, math.nan])
@example([5e-324, 1.7e308, -1.7e308, 0.0])
@example([0.0, -0.0])
def test_any_contribution_has_a_width(parts):
    """Infinite ones are broadest, unknown ones plain, and no number leaves the range."""
    for part, width in zip(parts, widths(parts), strict=True):
        assert 1.25 <= width <= 4.25
        if part is None or math.isnan(part):
            assert width == 1.25
        elif math.isinf(part):
            assert width == 4.25


def test_a_contribution_is_to_the_root_that_is_drawn():
    """After the cost's backward pass, a picture of z tells of ∂z/∂w, and says that grad is another thing."""
    cost = neuron()
    cost.backward()
    sigmoid = cost.parents[0].parents[0]
    told = diagram(sigmoid)
    slope = 0.88 * sigmoid.data * (1 - sigmoid.data)
    assert told.arrows[1].hint == f"∂z/∂w = 0.88; contributes {slope:.6g} to ∂C/∂w"
    assert told.notes == (f"grad of 5 values is not the derivative of C: {FOREIGN}",)
    assert f"by w {slope:.4g}" in told.description
    assert "; grad = −0.150743" in told.boxes[1].hint


def test_gradients_that_were_added_up_are_told():
    """A second backward pass without zero_grad doubles the leaves' grads: the picture tells."""
    cost = neuron()
    cost.backward()
    assert diagram(cost).notes == ()
    once = diagram(cost).arrows
    cost.backward()
    assert diagram(cost).notes == (f"grad of 4 values is not the derivative of C: {FOREIGN}",)
    assert diagram(cost).arrows == once
    cost.refresh()
    told = diagram(cost)
    assert {arrow.width for arrow in told.arrows} <= {1.25, 2.6}
    assert len(told.notes) == 1


def test_hints_have_all_digits():
    """A box's hint tells value and derivative exactly, an arrow's the local derivative with its name."""
    cost = neuron()
    assert [box.hint for box in diagram(cost).boxes][:2] == ["b = 0.1", "w = 0.5"]
    cost.backward()
    w = graph.topological_order(cost)[1]
    told = diagram(cost)
    name, derivative = re.fullmatch(rf"w = {NUMBER}; ∂C/∂w = {NUMBER}", told.boxes[1].hint).groups()
    assert (read(name), read(derivative)) == (w.data, w.grad)
    assert told.arrows[4].hint == "∂v_2/∂v_1 = 1; contributes −0.736375 to ∂C/∂v_1"


def test_what_has_no_name_is_told_by_its_number():
    """A constant is a leaf of its number; by it one derives in brackets. An edge beside others is direct."""
    x = Value(-3.0)
    root = x * 2.0
    told = diagram(root)
    assert [box.hint for box in told.boxes] == ["a leaf of −3.0", "a leaf of 2.0", "C = −6.0"]
    assert [arrow.hint for arrow in told.arrows] == ["∂C/∂(−3) = 2", "∂C/∂(2) = −3"]
    a = Value(3.0, label="learning rate")
    assert diagram(a * a).arrows[0].hint == "∂C/∂(learning rate)|direct = 3"
    assert diagram(a.exp() * a.exp()).arrows[0].hint.startswith("∂v_1/∂(learning rate) = ")


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_break_nothing(x):
    """Data, slopes and gradients may be infinite or not numbers: they are told, and widths stay in range."""
    a, b = Value(x, label="a"), Value(2.0, label="b")
    root = (a * b) * (b * 0.0)
    root.backward()
    told = diagram(root)
    check(told)
    assert all(1 <= arrow.width <= 5 for arrow in told.arrows)
    assert told.boxes[0].rows[1] == f"data {x:.4g}".replace("-", "−").replace("inf", "∞")
    assert told.notes == ()


def test_a_picture_under_detect_anomaly():
    """Where a backward pass finds a NaN, what went wrong is drawn; the picture claims no contributions."""
    a, b = Value(1.0, label="a"), Value(0.0, label="b")
    root = b * (a * math.inf)
    with detect_anomaly():
        with pytest.raises(FloatingPointError):
            root.backward()
        told = diagram(root, highlight=a)
    assert not contributions(told)
    assert {arrow.width for arrow in told.arrows} <= {1.25, 2.6}
    assert told.notes == ("∂C/∂a = nan, along one path",)


def test_labels_are_cut_to_fit():
    """A header has at most 40 characters; the hint has them all. Without a label it is the operation."""
    x = Value(1.0, label="w" * 41)
    y = x * Value(2.0, label="v" * 40)
    first, second, third = diagram(y).boxes
    assert first.rows[0] == "w" * 39 + "…"
    assert first.hint == f"{'w' * 41} = 1.0"
    assert second.rows[0] == "v" * 40
    assert third.rows[0] == "*"


@pytest.mark.parametrize(("count", "labelled"), [(60, True), (61, False)])
def test_labels_of_arrows_where_they_are_legible(count, labelled):
    """Up to 60 arrows are labelled by themselves; what one asks for goes before."""
    root = mean([Value(1.0)] * count)
    assert [bool(arrow.label) for arrow in diagram(root).arrows] == [labelled] * count
    for wanted in (True, False):
        assert [bool(arrow.label) for arrow in diagram(root, edge_labels=wanted).arrows] == [wanted] * count


def test_a_mark_of_several_values_says_that_nan_is_among_them():
    """A range from the smallest to the largest would hide it."""
    C = squared_error(MLP(2, [3, 1], activation="tanh")([0.5, math.nan]), 1.0)
    assert "nan among them" in draw(C, level="layers").svg


@pytest.mark.parametrize("level", ["layers", "summary", "neurons", "values"])
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("examples", [1, 4])
def test_the_legend_explains_local_derivatives_where_arrows_have_one(level, backward, examples):
    """An arrow that stands for several edges has none, and no sign: then there is nothing to explain."""
    model = MLP(2, [3, 1])
    C = mean([squared_error(model([0.5, k]), 1.0) for k in range(examples)])
    if backward:
        C.backward()
    drawn = draw(C, level=level)
    hints = [arrow.hint for arrow in drawn.diagram.arrows]
    assert ("local derivative " in drawn.svg) == any(hint.startswith("∂") for hint in hints)


def test_the_legend_is_there_unless_it_is_refused():
    """It is a line that says how to read the picture."""
    assert diagram(neuron()).legend
    assert not diagram(neuron(), legend=False).legend


def kinds(root, **options):
    return {box.rows[0]: box.kind for box in diagram(root, **options).boxes}


def test_kinds_of_the_documents_neuron():
    """Weights and biases are parameters, other leaves inputs, numbers of an expression constants."""
    cost = neuron() * 3.0
    cost.label = "C"
    found = kinds(cost)
    assert found == {
        "b": "parameter", "w": "parameter", "a": "input", "z": "inner", "sigmoid": "inner", "y": "input",
        "-": "inner", "leaf": "constant", "C": "root",
    } | {"C": "root"}  # fmt: skip
    assert set(found.values()) < set(KINDS)


def test_a_parameter_is_known_by_label_or_by_place():
    """Letters of the documents decide; of others the place in a weighted sum does."""
    names = ["w_12^(3)", "b", "θ", "beta_0", "x", "y_1", "slope", "weight", "c", "p", "q"]
    v = {name: Value(1.0, label=name) for name in names}
    root = affine(v["c"], [v["p"], v["x"]], [v["q"], v["w_12^(3)"]]) + dot([v["y_1"]], [v["slope"]])
    for name in ("b", "θ", "beta_0", "weight"):
        root = root + v[name]
    found = kinds(root)
    assert {name for name in names if found[name] == "parameter"} == {
        "w_12^(3)", "b", "θ", "beta_0", "c", "p",
    }  # fmt: skip
    assert {name for name in names if found[name] == "input"} == {"x", "y_1", "slope", "weight", "q"}


def test_a_constant_weight_is_a_constant():
    """A plain number is no parameter wherever it stands."""
    root = affine(1.0, [2.0], [Value(3.0, label="a")])
    assert [box.kind for box in diagram(root).boxes] == ["constant", "constant", "input", "root"]


def test_b_is_a_bias_where_there_are_weights():
    """Of an expression in a, b and c none is a parameter; beside a w, or in a weighted sum, b is."""
    a, b, c, w = (Value(1.0, label=name) for name in "abcw")
    assert set(kinds(a * b + c).values()) == {"input", "inner", "root"}
    assert kinds(w * a + b)["b"] == "parameter"
    assert kinds(affine(b, [c], [a]))["b"] == "parameter"


def test_given_parameters_decide_alone():
    """What is given is a parameter, whatever it looks like, and nothing else is."""
    cost = neuron()
    b, w, a, *_ = graph.topological_order(cost)
    found = kinds(cost, parameters=iter([a]))
    assert (found["a"], found["w"], found["b"], found["C"]) == ("parameter", "input", "input", "root")
    assert kinds(cost * 2.0, parameters=[])["leaf"] == "constant"
    assert kinds(cost, parameters=[cost, w, b])["C"] == "root"


def test_a_single_leaf():
    """It is the root, and all there is."""
    told = diagram(Value(2.0, label="w"))
    assert [(box.rows, box.kind) for box in told.boxes] == [(("w", "data 2", "grad –"), "root")]
    assert told.description == "1 value and 0 edges; the output w is 2."


def test_many_derivatives_are_counted_in_the_description():
    """A screen reader hears the first twenty."""
    leaves = [Value(1.0, label=f"x_{k}") for k in range(25)]
    root = sum(leaves)
    root.backward()
    told = diagram(root).description
    assert told.count("by x_") == 20
    assert told.endswith("by x_19 1, … 5 more.")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"highlight": 3.0},
            "highlight takes a Value, got float 3.0; pass the node itself, not its number or its name",
        ),
        ({"highlight": "w"}, "highlight takes a Value, got str 'w'; pass the node itself"),
        ({"derivative_of": "w"}, "derivative_of takes a Value, got str 'w'; pass the node itself"),
        ({"parameters": 3.0}, "parameters takes a list of Values, got float"),
        ({"parameters": ["w"]}, "parameters takes a Value, got str 'w'; pass the node itself"),
    ],
)
def test_wrong_options_are_refused(options, message):
    """TypeError says what came, and what to pass."""
    with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
        draw(neuron(), **options)


@pytest.mark.parametrize("detail", ["value", "", 3, ["values"], True])
def test_an_unknown_detail_is_refused(detail):
    """ValueError lists the details that there are."""
    message = (
        f"level must be one of 'values', 'neurons', 'matrices', 'layers', 'summary', or None; got {detail!r}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(neuron(), detail=detail)


def test_frames_stand_around_neurons_and_layers():
    """Every value of a network stands in the frame of its neuron, the frame in that of its layer."""
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(1))
    cost = squared_error(model([1.0, -2.0]), [1.0])
    told = diagram(cost, level="values")
    titles = {cluster.id: (cluster.title, cluster.kind, cluster.cluster) for cluster in told.clusters}
    assert list(titles.values()) == [
        ("layer 1", "layer", ""),
        ("neuron 0", "neuron", "c0"),
        ("neuron 1", "neuron", "c0"),
        ("neuron 2", "neuron", "c0"),
        ("layer 2", "layer", ""),
    ]
    for box in told.boxes:
        letter, below, layer = re.fullmatch(
            r"([a-z]+)_?(\d*)(?:\^\((\d)\))?|squared_error", box.rows[0]
        ).groups()
        if letter in {"w", "b", "z"} or (letter == "a" and layer == "1"):
            inner = ("layer 2", "layer", "") if layer == "2" else (f"neuron {below[0]}", "neuron", "c0")
            assert titles[box.cluster] == inner
        else:
            assert box.cluster == ""


def test_frames_without_labels_are_counted():
    """Layers by depth, neurons by place; one neuron alone is no layer."""
    x = [Value(1.0), Value(2.0)]
    hidden = [affine(Value(0.0), [Value(0.5), Value(k)], x).tanh() for k in (1.0, 2.0)]
    top = affine(Value(0.0), [Value(1.0), Value(1.0)], [hidden[0] * 2.0, hidden[1]])
    assert [cluster.title for cluster in diagram(top * 1.0).clusters] == [
        "layer 1",
        "neuron 0",
        "neuron 1",
        "layer 2",
    ]
    assert [cluster.title for cluster in diagram(hidden[0]).clusters] == ["neuron"]


def test_layers_of_examples_are_told_apart():
    """In a mean of costs each frame says which example; shared parameters stand outside."""
    model = MLP(1, [2, 1], rng=random.Random(1))
    costs = [squared_error(model([x]), [1.0]) for x in (0.5, 0.7)]
    told = diagram(mean(costs), detail="values")
    layers = [cluster.title for cluster in told.clusters if cluster.kind == "layer"]
    assert sorted(layers) == [
        "layer 1, example 0", "layer 1, example 1", "layer 2, example 0", "layer 2, example 1",
    ]  # fmt: skip
    assert {box.cluster for box in told.boxes if box.kind == "parameter"} == {""}
    shared = diagram(mean([costs[0], costs[0]]))
    assert [cluster.title for cluster in shared.clusters if cluster.kind == "layer"] == ["layer 1", "layer 2"]


def test_what_is_no_neuron_has_no_frame():
    """Weights that are computed, or a sum of products of inner nodes, make no neuron."""
    x = Value(2.0, label="x")
    assert diagram(dot([x.exp()], [x])).clusters == ()
    assert diagram(affine(x.exp(), [Value(1.0)], [x])).clusters == ()
    assert diagram(affine(Value(1.0), [], [])).clusters == ()


def test_a_square_of_z_is_a_cost_not_an_activation():
    """The root belongs to a neuron's frame only where it is one of the activations."""
    x, w = Value(2.0, label="x"), Value(0.5, label="w")
    frames = [
        {box.rows[0]: box.cluster for box in diagram(a).boxes}
        for a in (dot([w], [x]) ** 2, dot([w], [x]).relu())
    ]
    assert frames[0]["**2"] == ""
    assert frames[1]["ReLU"] == "c0"


def test_a_leaf_that_is_weight_and_input_stands_outside():
    """It is not the neuron's own."""
    v = Value(2.0, label="v")
    told = diagram(dot([v], [v]).tanh())
    assert [box.cluster for box in told.boxes] == ["", "c0", "c0"]
