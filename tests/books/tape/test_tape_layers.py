"""Layers, found in the graphs of networks: matrix products of the right shapes, with the right numbers."""

import random
from itertools import pairwise

import numpy as np
import pytest
from test_tape import EXACT, THRESHOLDS, agrees, choosing, close, eager

import engine
from engine import Value
from engine.tape import Tape
from engine.tape.plan import LayerProducts as Layer
from engine.tape.plan import plan
from engine.tape.program import Program
from nn import MLP, losses
from nn.layers import ACTIVATIONS

SHAPES = [(1, [1]), (1, [1, 1, 1]), (2, [3]), (3, [4, 2]), (2, [16, 16, 1]), (5, [1, 6, 3])]
OUTPUTS = {"activations": "tanh", "probabilities": "sigmoid", "scores": "linear"}
EXAMPLES = 6


def targets(cost, count, dice):
    """Desired outputs as that cost wants them."""
    if cost == "hinge":
        return [dice.choice([-1.0, 1.0]) for _ in range(count)]
    if cost == "softmax_cross_entropy":
        return [float(k == count // 2) for k in range(count)]
    return [dice.choice([0.0, 1.0, dice.random()]) for _ in range(count)]


def data(nin, nout, cost="squared_error", seed=0):
    """Examples: a row of inputs and desired outputs for each."""
    dice = random.Random(seed)
    return [[dice.uniform(-1, 1) for _ in range(nin)] + targets(cost, nout, dice) for _ in range(EXAMPLES)]


def network(nin, nouts, **options):
    return MLP(nin, nouts, rng=random.Random(7), **options)


def batched(model, rows, cost="squared_error"):
    """One example, with its numbers as inputs."""
    leaves = [Value(x, label=f"x{k}") for k, x in enumerate(rows[0])]
    nin = model.sizes[0]
    return losses.COSTS[cost].function(model(leaves[:nin]), leaves[nin:]), leaves, model.parameters()


def unrolled(model, rows, cost="squared_error"):
    """All examples in one graph, with their numbers as constants."""
    nin = model.sizes[0]
    costs = [losses.COSTS[cost].function(model(row[:nin]), row[nin:]) for row in rows]
    return engine.mean(costs), [], model.parameters()


def all_agree(model, cost="squared_error"):
    """One tape over examples, one of all examples, and the eager engine."""
    rows = data(model.sizes[0], model.sizes[-1], cost)
    p = [w.data for w in model.parameters()]
    graph = batched(model, rows, cost)
    agrees(Tape(*graph), graph, p, np.array(rows))
    C, _, params = unrolled(model, rows, cost)
    C.backward()
    got, gradient = Tape(C, params=params)()
    close(got, C.data, max(1.0, abs(C.data)))
    _, _, size, steep = eager(*graph, p, rows)
    close(gradient, [w.grad for w in params], size * steep)
    each, gradients = Tape(*graph)(p, rows, over="each")
    close(got, each.mean(), size)
    close(gradient, gradients.mean(axis=0), steep)


@pytest.mark.parametrize("way", THRESHOLDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_networks_of_all_shapes(way, shape):
    """Batched, unrolled and eager give one cost and one gradient, with biases and without."""
    with choosing(way):
        all_agree(network(*shape, activation="tanh"))
        all_agree(network(*shape, activation="sigmoid", bias=False))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_networks_of_all_activations(activation):
    """The same for every activation that a layer knows by name."""
    all_agree(network(3, [5, 4, 2], activation=activation))


@pytest.mark.parametrize("cost", losses.COSTS)
def test_networks_of_all_costs(cost):
    """The same for every cost."""
    reads = losses.COSTS[cost].reads
    all_agree(network(3, [5, 2], activation="relu", output_activation=OUTPUTS[reads]), cost)


def test_numbers_of_matrix_code():
    """C = 1/n Σ |a − y|² of a tanh network is that of NumPy's matrices, by the documents' equations."""
    model = network(3, [6, 5, 2], activation="tanh", output_activation="tanh")
    rows = np.array(data(3, 2))
    by_layer = [layer.neurons for layer in model.layers]
    weights = [np.array([[w.data for w in neuron.w] for neuron in neurons]) for neurons in by_layer]
    biases = [np.array([[neuron.b.data] for neuron in neurons]) for neurons in by_layer]
    activations = [rows[:, :3].T]
    for W, b in zip(weights, biases, strict=True):
        activations.append(np.tanh(W @ activations[-1] + b))
    rest = activations[-1] - rows[:, 3:].T
    slopes, error = [], 2 * rest / EXAMPLES
    for W, (before, after) in zip(weights[::-1], list(pairwise(activations))[::-1], strict=True):
        delta = error * (1 - after**2)
        slopes.append(np.hstack([delta @ before.T, delta.sum(axis=1, keepdims=True)]).ravel())
        error = W.T @ delta
    cost = (rest**2).sum() / EXAMPLES
    expected = np.concatenate(slopes[::-1])  # neuron by neuron, weights before bias
    for tape, inputs in [
        (Tape(*batched(model, rows.tolist())), rows),
        (Tape(*unrolled(model, rows.tolist())), []),
    ]:
        got, gradient = tape(inputs=inputs)
        assert got == pytest.approx(cost, rel=EXACT)
        assert gradient == pytest.approx(expected, rel=1e-11, abs=EXACT)


def planned(C, inputs, params, thin=0):
    """The plan where all is taken in groups, and its layers by rule: products × rows × terms × columns."""
    made = plan(C, inputs, params, thin)
    layers = [step for steps in made.levels for step in steps if isinstance(step, Layer)]
    return made, [(step.rule.name, step.count, step.rows, step.terms, step.columns) for step in layers]


def test_a_network_is_found_as_its_layers():
    """Neurons of a layer are rows of its matrix; in an unrolled graph the examples are its columns."""
    model, rows = network(3, [5, 4, 2], activation="tanh"), data(3, 2)
    found = [("affine", 1, 5, 3), ("affine", 1, 4, 5), ("affine", 1, 2, 4)]
    _, layers = planned(*batched(model, rows))
    assert layers == [(*shape, 1) for shape in found]
    _, layers = planned(*unrolled(model, rows))
    assert layers == [*((*shape, EXAMPLES) for shape in found), ("mean", 1, 1, EXAMPLES, 1)]
    _, layers = planned(*batched(network(3, [5, 2], bias=False), rows))
    assert layers == [("dot", 1, 5, 3, 1), ("dot", 1, 2, 5, 1)]


def test_a_layer_holds_its_nodes_by_row_and_column():
    """Node, weights and bias of a row and the inputs of a column stand where the shapes say."""
    model, rows = network(2, [3, 1]), data(2, 1)
    made, _ = planned(*unrolled(model, rows))
    layer = next(step for steps in made.levels for step in steps if isinstance(step, Layer))
    node, parents = made.recording.nodes, made.recording.parents
    assert sorted(node[k].label for k in layer.biases) == ["b_0^(1)", "b_1^(1)", "b_2^(1)"]
    weights = np.array(layer.weights).reshape(layer.rows, layer.terms)
    inputs = np.array(layer.inputs).reshape(layer.terms, layer.columns)
    for j, of_row in enumerate(np.array(layer.nodes).reshape(layer.rows, layer.columns)):
        for i, k in enumerate(of_row):
            assert [*parents[k]] == [layer.biases[j], *weights[j], *inputs[:, i]]


@pytest.mark.parametrize("examples", [1, 1000])
def test_parameters_are_not_copied_for_each_example(examples):
    """What all examples share is kept once: parameters, constants, and what depends on them alone."""
    model = network(3, [5, 4, 2], activation="tanh")
    C, inputs, params = batched(model, data(3, 2))
    penalty = engine.dot(params, params)
    made, _ = planned(C + 0.25 * penalty, inputs, params)
    inner = 3 + 2 + (5 + 5) + (4 + 4) + 2 + 1 + 1  # inputs, desired outputs, z and a, z, C, the sum
    assert (made.sizes[False], made.sizes[True]) == (
        len(params) + 1 + 2,
        inner,
    )  # 0.25, the penalty and their product
    program = Program(made)
    assert program.shared.size == len(params) + 3
    result = program.run(np.ones((len(params), 1)), np.ones((5, examples)), 1.0)
    assert result.adjoints.shape == (len(params), 1)


def table(chosen):
    """Affine nodes at [row, column] of a table of two terms: rows of parameters, columns of inputs."""
    w = [[Value(0.1 * (j + k)) for k in range(3)] for j in range(4)]
    x = [[Value(0.3 * (i - k)) for k in range(2)] for i in range(5)]
    cells = [engine.affine(w[j][0], w[j][1:], x[i]) for j, i in chosen]
    used = sorted({j for j, _ in chosen})
    C = engine.total([cell.tanh() for cell in cells])
    return C, [v for row in x for v in row], [v for j in used for v in w[j]]


TABLES = [
    ("full", [(j, i) for j in range(4) for i in range(5)], {(1, 4, 5)}),
    ("any order", [(j, i) for i in (3, 0, 4) for j in (2, 0, 1)], {(1, 3, 3)}),
    ("two parts", [(0, 0), (1, 0), (0, 1), (1, 1), (2, 2)], {(1, 2, 2), (1, 1, 1)}),
    ("overlapping", [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)], {(1, 2, 2), (1, 3, 1)}),
    ("a stack", [(0, 0), (1, 0), (2, 1), (3, 1)], {(2, 2, 1)}),
    ("a diagonal", [(0, 0), (1, 1), (2, 2)], {(3, 1, 1)}),
    ("a cell twice", [(0, 0), (1, 0), (0, 0)], {(1, 2, 1), (1, 1, 1)}),
    ("one row", [(0, i) for i in range(5)], {(1, 1, 5)}),
]


@pytest.mark.parametrize(("chosen", "expected"), [t[1:] for t in TABLES], ids=[t[0] for t in TABLES])
def test_a_table_splits_into_its_full_parts(chosen, expected):
    """Columns that the same rows read are one product; equal shapes are stacked; no cell is invented."""
    C, inputs, params = table(chosen)
    _, layers = planned(C, inputs, params)
    affine = [shape for name, *shape in layers if name == "affine"]
    assert {(count, rows, columns) for count, rows, _, columns in affine} == expected
    assert all(terms == 2 for _, _, terms, _ in affine)
    assert sum(count * rows * columns for count, rows, _, columns in affine) == len(chosen)
    rows = np.linspace(-1, 1, 40).reshape(4, 10)
    with choosing("all in groups"):
        agrees(Tape(C, inputs, params), (C, inputs, params), np.linspace(-1, 1, len(params)), rows)


@pytest.mark.parametrize("swapped", [False, True])
def test_what_stays_the_same_is_the_matrix(swapped):
    """W x and x W are one layer where W is shared: the order of the two halves makes no difference."""
    W = [[Value(0.1 * (j + k)) for k in range(3)] for j in range(4)]
    b, x = [Value(0.5) for _ in W], [Value(1.0) for _ in range(3)]
    pairs = [(x, row) if swapped else (row, x) for row in W]
    C = engine.total([engine.affine(bias, *pair).tanh() for bias, pair in zip(b, pairs, strict=True)])
    params = [*b, *(w for row in W for w in row)]
    made, layers = planned(C, x, params)
    assert layers == [("affine", 1, 4, 3, 1), ("total", 1, 1, 4, 1)]
    (layer,) = made.levels[0]
    assert {made.recording.nodes[k] for k in layer.weights} == {w for row in W for w in row}
    with choosing("all in groups"):
        agrees(
            Tape(C, x, params), (C, x, params), np.linspace(-1, 1, 16), np.linspace(-1, 1, 6).reshape(2, 3)
        )


@pytest.mark.parametrize("hubs", [0, 1, 3, 6])
def test_wide_groups_sum_their_contributions(hubs):
    """Hundreds of products in one group, some nodes read by very many of them: gradients as eagerly."""
    dice = random.Random(hubs)
    params = [Value(dice.uniform(-1, 1)) for _ in range(60)]
    inputs = [Value(0.0) for _ in range(5)]
    middle = [(w * dice.choice(inputs)).tanh() for w in params for _ in range(3)]
    often = [*middle, *(hub for hub in middle[:hubs] for _ in range(40))]
    C = engine.mean([dice.choice(often) * dice.choice(often) for _ in range(700)])
    tape, p = Tape(C, inputs, params), [w.data for w in params]
    for examples in (1, 2, 9):
        rows = [[dice.uniform(-1, 1) for _ in inputs] for _ in range(examples)]
        agrees(tape, (C, inputs, params), p, rows)
