"""Laws of pictures that show less than every value: neurons, layers, bands of depth."""

import itertools
import math
import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import graphs

from engine import Value, affine, draw, graph, mean, total
from engine.neurons import layers
from engine.pictures.contents import Contents
from engine.pictures.drawing import diagram
from engine.pictures.plans import PLANS, count
from engine.pictures.snapshot import Snapshot
from engine.pictures.svg.diagram import check
from nn import MLP
from nn.losses import squared_error

SIGNS = {"*": "×", "-": "−"}
NUMBER = r"(−?[\d.]+(?:e[+−]\d+)?)"


def read(text):
    """The number that a picture writes."""
    return float(text.replace("−", "-").replace("∞", "inf"))


def network(*sizes, activation="tanh", examples=0):
    """A network's cost, of one example or as the mean of several, and the network."""
    model = MLP(sizes[0], list(sizes[1:]), activation=activation, rng=random.Random(1))
    dice = random.Random(2)

    def one():
        xs, ys = ([dice.uniform(-1, 1) for _ in range(n)] for n in (sizes[0], sizes[-1]))
        return squared_error(model(xs), ys)

    cost = mean([one() for _ in range(examples)]) if examples else one()
    cost.label = "C"
    return cost, model


def chain(length):
    node = Value(0.5, label="x")
    for _ in range(length - 1):
        node = node.sin()
    return node


@st.composite
def nets(draw_):
    """A random graph on which a neuron is grown, and others that share its inputs or its weights."""
    root, leaves = draw_(graphs(max_nodes=6))
    nodes = [*graph.topological_order(root), *leaves]
    choose = st.sampled_from(nodes)
    parameters = [Value(0.5, label="w"), Value(0.25, label="b"), Value(1.5)]
    for _ in range(draw_(st.integers(1, 5))):
        weights = [draw_(st.sampled_from([*parameters, *leaves])) for _ in range(2)]
        z = affine(draw_(st.sampled_from(parameters)), weights, [draw_(choose), draw_(choose)])
        nodes.append(draw_(st.sampled_from([z, z.tanh(), z.tanh() * z, z.sigmoid() ** 2])))
    return total(nodes[-3:])


def plans(root):
    """All pictures of a graph, as far as they exist, each with the box of every value."""
    for detail in PLANS:
        try:
            drawing = draw(root, detail=detail)
        except ValueError as error:
            assert re.search("needs neurons|needs a plain network", str(error))  # noqa: PT017  (some graphs have none, others must draw)
        else:
            yield drawing.diagram, drawing.picture.plan.holders
            if detail == "neurons":
                assert len(drawing.diagram.boxes) == count(Contents(Snapshot(root)))


@given(st.one_of(nets(), graphs().map(lambda drawn: drawn[0])))
def test_every_value_has_a_box_and_every_edge_between_boxes_an_arrow(root):
    """In any detail: boxes come in topological order, and arrows join those whose values need each other.

    But for weights that a neuron has in it: their edges to further neurons are not drawn.
    """
    order = graph.topological_order(root)
    for told, holders in plans(root):
        check(told)
        assert len(holders) == len(order)
        held = dict(zip(order, holders, strict=True))
        assert set(holders) == {box.id for box in told.boxes}
        drawn = {(arrow.tail, arrow.head) for arrow in told.arrows}
        wanted = {(held[parent], held[child]) for parent, child, _ in graph.edges(root)}
        wanted = {(tail, head) for tail, head in wanted if tail != head}
        assert drawn <= wanted
        read = [(parent, child) for parent, child, _ in graph.edges(root) if child.rule.name == "affine"]
        weights = {held[parent] for parent, _ in read if not parent.parents}
        assert all(tail in weights for tail, head in wanted - drawn)


@pytest.mark.parametrize("sizes", [(2, 4, 4, 1), (2, 16, 16, 1), (1, 1, 1), (3, 2)])
def test_a_box_for_each_neuron(sizes):
    """Inputs, neurons, desired outputs and the cost have a box each; parameters have none."""
    cost, _ = network(*sizes)
    told = diagram(cost, detail="neurons")
    assert len(told.boxes) == sizes[0] + sum(sizes[1:]) + sizes[-1] + 1
    assert len(told.arrows) == sum(m * n for m, n in itertools.pairwise(sizes)) + 2 * sizes[-1]
    assert Counter(box.kind for box in told.boxes) == {
        "group": sum(sizes[1:]), "input": sizes[0] + sizes[-1], "root": 1,
    }  # fmt: skip
    assert [cluster.title for cluster in told.clusters] == [f"layer {l}" for l in range(1, len(sizes))]
    assert len(graph.topological_order(cost)) > len(told.boxes)
    assert told.net.weights == sum(m * n for m, n in itertools.pairwise(sizes))
    assert told.notes == ()  # every number is in its picture


def test_the_rows_of_a_neuron():
    """z, a, and δ = ∂C/∂z, "–" until it is known; of a linear neuron a is z and is told once."""
    cost, _ = network(2, 2, 1)
    before = {box.rows[0]: box.rows[1:] for box in diagram(cost, detail="neurons").boxes}
    assert [row.split()[0] for row in before["a_0^(1)"]] == ["z", "a", "δ"]
    assert before["a_0^(1)"][2] == "δ –"
    cost.backward()
    z, a = (node for node in graph.topological_order(cost) if node.label in {"z_0^(1)", "a_0^(1)"})
    rows = {box.rows[0]: box.rows[1:] for box in diagram(cost, detail="neurons").boxes}
    numbers = [read(row.split()[1]) for row in rows["a_0^(1)"]]
    assert numbers == [pytest.approx(x, rel=1e-3) for x in (z.data, a.data, z.grad)]
    assert [row.split()[0] for row in rows["z^(2)"]] == ["z", "δ"]


def test_the_slope_between_neurons():
    """An arrow from neuron k to neuron j says ∂a_j/∂a_k = (1 − a_j²) w_jk of tanh, and its contribution."""
    cost, model = network(2, 3, 3, 1)
    cost.backward()
    nodes = {node.label: node for node in graph.topological_order(cost)}
    drawing = draw(cost, detail="neurons", edge_labels=True)
    names = {box.id: box.rows[0] for box in drawing.diagram.boxes}
    found = 0
    for arrow in drawing.diagram.arrows:
        match = re.fullmatch(r"a_(\d)\^\(1\)→a_(\d)\^\(2\)", f"{names[arrow.tail]}→{names[arrow.head]}")
        if match:
            k, j = match.groups()
            a = nodes[f"a_{j}^(2)"]
            slope = (1 - math.tanh(nodes[f"z_{j}^(2)"].data) ** 2) * nodes[f"w_{j}{k}^(2)"].data
            assert read(arrow.label) == pytest.approx(slope, rel=1e-3)
            by = rf"∂a_{k}\^\(1\)"
            hint = rf"∂a_{j}\^\(2\)/{by} = {NUMBER}; contributes {NUMBER} to ∂C/{by}"
            told = [read(x) for x in re.fullmatch(hint, arrow.hint).groups()]
            assert told == [pytest.approx(x, rel=1e-5) for x in (slope, slope * a.grad)]
            assert arrow.sign == (slope > 0) - (slope < 0)
            found += 1
    assert found == 9
    assert len(model.parameters()) > 9


def test_the_hint_of_a_neuron_tells_its_parameters():
    """They have no box, so that is where a reader finds them; of many, the first and how many more."""
    cost, _ = network(2, 2, 1)
    hints = {box.rows[0]: box.hint for box in diagram(cost, detail="neurons").boxes}
    for name in ("z_0^(1)", "a_0^(1)", "b_0^(1)", "w_00^(1)", "w_01^(1)"):
        assert f"| {name} = " in hints["a_0^(1)"]
    wide, _ = network(30, 1)
    assert diagram(wide, detail="neurons").boxes[-3].hint.endswith("| … 20 more")
    wider, _ = network(200, 1)
    assert diagram(wider, detail="neurons").boxes[-3].hint == "z^(1): 202 values"


def test_a_neuron_that_is_the_root():
    """It is shown as the root."""
    root = affine(Value(0.0), [Value(1.0)], [Value(2.0, label="x")]).tanh()
    told = diagram(root, detail="neurons")
    assert [(box.id, box.kind, box.rows[0]) for box in told.boxes] == [
        ("n2", "input", "x"),
        ("g0", "root", "tanh"),
    ]
    assert [box.kind for box in diagram(root, detail="layers").boxes] == ["input", "root"]
    assert [box.kind for box in diagram(root, detail="summary").boxes] == ["group", "group", "root"]


def test_a_weight_that_is_read_elsewhere_too_is_drawn():
    """The penalty Σ w² reads the weights: they have a box, with arrows to the neuron and to the penalty."""
    cost, model = network(2, 1)
    penalty = total([w**2 for w in model.parameters() if w.label.startswith("w")])
    told = diagram(cost + penalty, detail="neurons")
    names = {box.id: box.rows[0] for box in told.boxes}
    ends = [(names[arrow.tail], names[arrow.head]) for arrow in told.arrows]
    assert {("w_0^(1)", "z^(1)"), ("w_0^(1)", "**2"), ("w_1^(1)", "z^(1)")} <= set(ends)
    assert "b^(1)" not in names.values()
    told = diagram(cost + penalty, detail="layers")
    names = {box.id: box.rows[0] for box in told.boxes}
    labels = {(names[arrow.tail], names[arrow.head]): arrow.label for arrow in told.arrows}
    assert labels["w_0^(1), w_1^(1)", "layer 1"] == labels["w_0^(1), w_1^(1)", "**2"] == "2 operands"
    assert labels["a_0^(0), a_1^(0)", "layer 1"] == "2 weights"


def test_an_example_in_a_label_is_no_part_of_the_layer():
    """z_j^(p,l) stands in layer l, whatever the number p of its example."""
    cost, _ = network(2, 2, 1)
    for z in (node for node in graph.topological_order(cost) if node.label.startswith("z_")):
        z.label = z.label.replace("^(", "^(7,")
    assert [layer.number for layer in layers(cost)] == ["1", "2"]


def test_a_layer_comes_after_all_of_its_parameters():
    """Also after one that only its second neuron reads, and something else too."""
    w, b, x = (Value(0.5, label=name) for name in "wbx")
    shared = Value(1.5, label="v")
    first, second = affine(b, [w], [x]).tanh(), affine(b, [shared], [x]).tanh()
    told = diagram(total([first, second, shared.exp()]), detail="layers")
    check(told)
    assert [box.rows[0] for box in told.boxes] == ["x", "v", "layer 1", "exp", "Σ"]


def test_a_box_for_each_layer():
    """It counts neurons and parameters and tells the range of a and δ; arrows count weights."""
    cost, model = network(2, 16, 16, 1)
    cost.backward()
    told = diagram(cost, detail="layers")
    assert [box.rows[0] for box in told.boxes] == [
        "a_0^(0), a_1^(0)",
        "layer 1",
        "layer 2",
        "layer 3",
        "y",
        "C",
    ]
    assert [box.rows[1] for box in told.boxes[1:4]] == [
        "16 neurons, 48 parameters", "16 neurons, 272 parameters", "1 neuron, 17 parameters",
    ]  # fmt: skip
    assert [arrow.label for arrow in told.arrows[:3]] == ["32 weights", "256 weights", "16 weights"]
    assert len(model.parameters()) == 48 + 272 + 17
    nodes = graph.topological_order(cost)
    for row, letter, of in ((2, "a", "data"), (3, "z", "grad")):
        numbers = [getattr(node, of) for node in nodes if re.fullmatch(rf"{letter}_\d+\^\(2\)", node.label)]
        low, high = (read(x) for x in told.boxes[2].rows[row].split(" ", 1)[1].split(" … "))
        assert (low, high) == (pytest.approx(min(numbers), rel=1e-3), pytest.approx(max(numbers), rel=1e-3))
    assert told.clusters == ()
    assert {arrow.sign for arrow in told.arrows[:3]} == {0}
    assert re.fullmatch(rf"256 edges; they contribute {NUMBER} … {NUMBER}", told.arrows[1].hint)


def test_a_batch_is_drawn_as_one_network():
    """Of many examples, layers with the same weights share a box, and so does what is computed alike."""
    cost, _ = network(2, 3, 1, examples=7)
    told = diagram(cost, detail="layers")
    assert [(box.rows[0], box.rows[1]) for box in told.boxes] == [
        ("a_0^(0), a_1^(0)", "14 values"),
        ("layer 1", "3 neurons, 9 parameters"),
        ("layer 2", "1 neuron, 4 parameters"),
        ("y", "7 values"),
        ("squared_error", "7 values"),
        ("C", f"data {cost.data:.4g}"),
    ]
    assert told.boxes[1].rows[2] == "used 7 times"
    assert [arrow.label for arrow in told.arrows] == [
        "6 weights", "3 weights", "7 operands", "7 operands", "7 operands",
    ]  # fmt: skip


def test_a_recurrent_network_is_unrolled():
    """The same weights again, on what they gave, are another layer: no box feeds itself."""
    w, u, b = (Value(0.5, label=name) for name in "wub")
    state = Value(0.0, label="h_0")
    for t in range(3):
        state = affine(b, [w, u], [Value(1.0, label=f"x_{t}"), state]).tanh()
    told = diagram(state * 1.0, detail="layers")
    check(told)
    assert [box.rows[0] for box in told.boxes if "layer" in box.rows[0]] == ["layer 1", "layer 2", "layer 3"]


def test_alike_is_said_of_the_same_operation_of_the_same_things():
    """Other rules, other operands, labels of another letter, hand-made operations: boxes of their own."""
    x = [Value(float(k), label=f"x_{k}") for k in range(3)]
    parts = [x[0].sin(), x[1].sin(), x[2].cos(), x[0].sin().sin()]
    parts += [Value(1.0, (x[0],), name, local_derivatives=[1.0]) for name in ("mine", "yours")]
    marked = x[1].sin()
    marked.label = "q"
    neuron = affine(Value(0.0, label="b"), [Value(1.0, label="w")], [x[0]])
    told = diagram(total([*parts, marked, neuron]), detail="layers")
    assert sorted(box.rows[0] for box in told.boxes) == sorted(
        ["x_0 … x_2", "sin", "cos", "sin", "mine", "yours", "q", "layer 1", "Σ"]
    )
    rows = [box.rows[1] for box in told.boxes if box.rows[0] == "sin"]
    assert sorted(rows) == ["3 values", f"data {math.sin(math.sin(0.0)):.4g}"]


def test_leaves_without_a_label_are_named_by_their_kind():
    """Constants together, inputs together."""
    z = affine(0.0, [1.0, 2.0], [Value(1.0), Value(2.0)])
    told = diagram((z * 3.0) * 4.0, detail="layers")
    assert [box.rows[0] for box in told.boxes] == ["inputs", "layer 1", "constants", "*", "*"]


def test_bands_of_depth():
    """At most 12, leaves first, without a gap; each counts its values and commonest operations."""
    dice = random.Random(0)
    nodes = [Value(0.5, label="w"), Value(2.0, label="x"), Value(1.0)]
    for _ in range(300):
        a, b = dice.choice(nodes[-20:]), dice.choice(nodes[-20:])
        nodes.append(dice.choice([a * b, a.tanh(), a - b, a.sin()]))
    root = total(nodes)
    drawing = draw(root, detail="summary")
    told, order = drawing.diagram, graph.topological_order(root)
    check(told)
    assert len(told.boxes) == 12
    assert told.boxes[0].rows[0] == "leaves"
    depths = [tuple(map(int, re.findall(r"\d+", box.rows[0]))) for box in told.boxes[1:]]
    assert depths[0][0] == 1
    assert all(before[-1] + 1 == after[0] for before, after in itertools.pairwise(depths))
    assert told.boxes[0].rows[1:3] == ("3 values", "2 inputs, 1 parameter")
    assert sum(int(box.rows[1].split()[0]) for box in told.boxes) == len(order)
    held = list(zip(drawing.picture.plan.holders, order, strict=True))
    for box in told.boxes[1:]:
        operations = Counter(SIGNS.get(node._op, node._op) for holder, node in held if holder == box.id)
        said = {name: int(count) for count, name in re.findall(r"(\d+) ([^\s,]+)", box.rows[2])}
        assert said == {name: operations[name] for name in said}
        assert sorted(said.values()) == sorted(operations.values())[-3:]
    assert told.notes[0].startswith(f"{len(order)} values and {len(list(graph.edges(root)))} edges summed up")


def test_only_the_commonest_operations_of_a_band_are_told():
    """Three of them; dots stand for the others."""
    x = Value(0.5)
    root = total([x.sin(), x.sin(), x.sin(), x.cos(), x.cos(), x.tanh(), x.exp()])
    assert diagram(root, detail="summary").boxes[1].rows[1:3] == ("7 values", "3 sin, 2 cos, 1 tanh, …")


def test_arrows_between_bands_count_edges():
    """What stands in one band has no arrow."""
    told = diagram(chain(40), detail="summary")
    assert [arrow.label for arrow in told.arrows] == ["1 edge"] * 11
    x = Value(1.0)
    told = diagram(total([x.sin(), x.cos(), x]), detail="summary")
    assert [(arrow.tail, arrow.head, arrow.label) for arrow in told.arrows] == [
        ("g0", "g1", "2 edges"),
        ("g0", "g2", "1 edge"),
        ("g1", "g2", "2 edges"),
    ]


@pytest.mark.parametrize(
    ("build", "detail", "boxes"),
    [
        (lambda: chain(60), "values", 60),
        (lambda: network(2, 4, 4, 1)[0], "neurons", 13),
        (lambda: network(2, 5, 4, 1)[0], "neurons", 14),
        (lambda: network(2, 5, 5, 1)[0], "matrices", 15),
        (lambda: network(2, 16, 16, 1)[0], "matrices", 37),
        (lambda: network(2, 70, 1)[0], "layers", 5),
        (lambda: network(2, 4, 4, 1, examples=50)[0], "layers", 7),
        (lambda: total([chain(39) for _ in range(20)]), "values", 781),
        (lambda: total([chain(40) for _ in range(20)]), "summary", 12),
        (lambda: total([chain(2) for _ in range(41)]), "summary", 3),
        (lambda: chain(61), "summary", 12),
        (lambda: total([chain(39) for _ in range(40)]), "summary", 12),
        (lambda: network(*[1] * 70)[0], "layers", 72),
        (lambda: network(*[1] * 300)[0], "summary", 12),
    ],
)
def test_a_picture_shows_as_much_as_can_be_read(build, detail, boxes):
    """Networks by their weights; other graphs value by value where that fits, then layers, then a summary."""
    root = build()
    drawing = draw(root)
    assert drawing.picture.plan.level == detail
    assert len(drawing.diagram.boxes) == boxes
    assert drawing.diagram == diagram(root, detail=detail)
    assert any("level=" in note for note in drawing.diagram.notes) == (detail not in {"values", "neurons"})


@pytest.mark.parametrize("detail", ["neurons", "layers"])
def test_neurons_where_there_are_none(detail):
    """ValueError says what a neuron would be."""
    with pytest.raises(ValueError, match=rf"^level='{detail}' needs neurons, z = affine\(b, ws, xs\)"):
        diagram(chain(5), detail=detail)


def test_more_boxes_than_anyone_could_read():
    """5,000 are drawn where one asks for them; more are refused at once; the advice helps."""
    assert len(diagram(chain(5000), detail="values").boxes) == 5000
    message = r'5,001 boxes could not be read, 5,000 are the most that are drawn; .* level="summary"'
    with pytest.raises(ValueError, match=message):
        diagram(chain(5001), detail="values")
    xs = [Value(0.0) for _ in range(5001)]
    root = affine(Value(0.0), [Value(1.0)] * len(xs), xs)
    with pytest.raises(ValueError, match="could not be read"):
        diagram(root, detail="neurons")
    assert diagram(root, detail="layers").notes == ("5,004 values drawn as 2 boxes",)


def test_a_large_graph_is_summed_up_without_recursion():
    """Twenty thousand values, one on the other."""
    root = chain(20_000)
    told = diagram(root)
    assert len(told.boxes) == 12
    assert told.notes == ("20,000 values and 19,999 edges summed up by depth, the longest way from a leaf",)
    assert told.boxes[-1].kind == "root"
    assert told.boxes[3].hint == f"{told.boxes[3].rows[0]}: {told.boxes[3].rows[1]}"


def test_a_collapsed_drawing_says_so():
    """Its repr and its description count values and boxes."""
    cost, _ = network(2, 5, 4, 1)
    values = len(graph.topological_order(cost))
    edges = len(list(graph.edges(cost)))
    drawing = draw(cost)
    assert (
        repr(drawing)
        == f'<Drawing of {values} values and {edges} edges as 14 boxes; .save("graph.svg") writes it>'
    )
    assert drawing.diagram.description.startswith(
        f"{values} values and {edges} edges, drawn as 14 boxes; the output C is "
    )


def test_a_leaf_that_is_a_number_says_it_once():
    """What stands in the mark is not said again below; more digits than it has room for are."""
    C = Value(2.0) * Value(1.23456)
    assert [
        draw(C, digits=digits, names=False, edge_labels=False).svg.count(">1.23") for digits in (3, 6)
    ] == [1, 2]


def test_paths_that_stand_above_their_sum_are_said_to():
    """A picture of cards has each path below the picture and then the sum: no colon points at nothing."""
    cost, model = network(2, 2, 2)
    cost.backward()
    svg = draw(cost, highlight=model.parameters()[0]).svg
    assert "the sum over the 2 paths above" in svg
    assert "paths:" not in svg
    assert draw(cost, highlight=model.parameters()[0], level="values").svg.count("the sum over 2 paths:") == 1


def test_counts_of_one():
    """One value is not "1 values"."""
    assert repr(draw(Value(2.0, label="a"))).startswith("<Drawing of 1 value and 0 edges;")


def test_the_key_says_what_green_is_where_not_all_leaves_are():
    """In an expression every named leaf is green; beside a weight the others are grey: the key says why."""
    w, x, y = (Value(2.0, label=label) for label in "wxy")
    key = "green: what learning can change"
    assert key not in draw(x * y).svg
    assert key in draw(w * x).svg
    assert key not in draw(w * 3.0).svg
