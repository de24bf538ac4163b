"""The matrix form as text: a NumPy module that computes what the tape computes, and is fit to be shown."""

import ast
import copy
import keyword
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import ORACLE
from processes import printed
from random_graphs import graphs
from test_arrays import SUMS, bound, each_rule, same
from test_tape import CORNERS, wide

import engine
from engine import Value, rules
from engine.graph import topological_order
from engine.readings.code import WIDTH
from engine.tape import Tape
from engine.tape.numpy_source import matrix_source
from engine.tape.numpy_text import index
from engine.tape.plan import plan
from nn import MLP, losses

EXACT = 1e-12


def text_of(C, inputs, params):
    return matrix_source(plan(C, inputs, params, thin=-1))


def run(text):
    """The function of a module that has nothing but Python and NumPy."""
    assert "engine" not in text
    namespace = {}
    exec(compile(text, "<matrix source>", "exec"), namespace)  # noqa: S102  (the text under test)
    return namespace["cost_and_gradient"]


def scale(C, params, inputs, p, rows):
    """The largest products of a number and an adjoint on the way, by the eager engine."""
    twin, leaves = copy.deepcopy((C, [*params, *inputs]))
    largest = 1.0
    for row in rows:
        for leaf, number in zip(leaves, [*p, *row], strict=True):
            leaf.data = number
        twin.refresh()
        twin.zero_grad()
        twin.backward()
        order = topological_order(twin)
        size, steep = (
            max(1.0, *(abs(x) for x in xs)) for xs in zip(*((n.data, n.grad) for n in order), strict=True)
        )
        largest = max(largest, size * steep)
    return largest


def numbers(dice, *shape):
    return np.array([dice.uniform(-1.5, 1.5) for _ in range(int(np.prod(shape)))]).reshape(shape)


def agrees(C, inputs, params, p, rows):
    """The text gives the tape's cost and gradient: of all rows together, and of the last alone."""
    text = text_of(C, inputs, params)
    function, tape = run(text), Tape(C, inputs, params)
    allowed = EXACT * scale(C, params, inputs, p, rows)
    for x in (rows, rows[:1], rows[-1]):
        cost, gradient = function(p, x) if inputs else function(p)
        expected, slopes = tape(p, x) if inputs else tape(p)
        assert type(cost) is float
        assert gradient.shape == slopes.shape
        assert cost == pytest.approx(expected, rel=EXACT, abs=allowed)
        assert gradient == pytest.approx(slopes, rel=EXACT, abs=allowed)
    return text


def network(sizes, activation, cost, dice, **options):
    """A network's cost, its inputs and parameters."""
    net = MLP(sizes[0], sizes[1:], activation=activation, rng=dice, **options)
    x = [Value(0.5, label=leaf.label) for leaf in net.layers[0].inputs([0.5] * sizes[0])]
    y = [Value(1.0, label=f"y_{j}" if sizes[-1] > 1 else "y") for j in range(sizes[-1])]
    C = engine.apply(rules.REGISTRY[cost], *(a if isinstance(a := net(x), list) else [a]), *y)
    return C, [*x, *y], net.parameters()


NETWORKS = [
    ([2, 3, 1], "sigmoid", "squared_error", {}),
    ([2, 16, 16, 1], "relu", "hinge", {}),
    ([1, 1, 1, 1], "sigmoid", "squared_error", {}),
    ([3, 4, 2], "tanh", "softmax_cross_entropy", {}),
    ([2, 5, 3], "gelu", "half_squared_error", {"bias": False}),
    ([2, 2, 2], "elu", "binary_cross_entropy_from_logits", {}),
    ([2, 2], "linear", "log_likelihood_from_logits", {}),
    ([4, 3, 2], "mish", "log_likelihood", {"output_activation": "sigmoid"}),
    ([1, 3, 1], "selu", "binary_cross_entropy", {"output_activation": "sigmoid"}),
    ([1, 2, 1], "softplus", "squared_error", {"bias": False}),
]


@pytest.mark.parametrize(("sizes", "activation", "cost", "options"), NETWORKS, ids=str)
def test_networks_give_the_tape_s_numbers(sizes, activation, cost, options):
    """Every shape, activation and cost: forward W @ A + b, backward Wᵀ δ and δ Aᵀ; lines fit on the page."""
    dice = random.Random(1)
    C, inputs, params = network(sizes, activation, cost, dice, **options)
    rows = np.abs(numbers(dice, 5, len(inputs)))
    rows[:, sizes[0] :] = rows[:, sizes[0] :] > 0.5
    text = agrees(C, inputs, params, numbers(dice, len(params)), rows)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "@ a_0" in text
    assert " @ a_0.T" in text
    assert ("w_2.T @ " in text) == (len(sizes) > 2)
    assert "einsum" not in text


def test_every_cost_has_its_network():
    """None is forgotten above."""
    assert {cost for _, _, cost, _ in NETWORKS} == set(losses.COSTS)


def unrolled(count, *, sizes=(2, 3, 2), **options):
    """The average cost over examples that are constants of the graph."""
    dice = random.Random(count)
    net = MLP(sizes[0], sizes[1:], activation="tanh", rng=dice, **options)
    xs = [[dice.uniform(-1, 1) for _ in range(sizes[0])] for _ in range(count)]
    return engine.mean([losses.squared_error(net(x), [0.5] * sizes[-1]) for x in xs]), net.parameters()


@pytest.mark.parametrize("options", [{}, {"bias": False}], ids=str)
@pytest.mark.parametrize("count", [1, 2, 20])
def test_unrolled_batches(count, options):
    """Examples that are part of the graph are the columns of A, and there is no second argument."""
    C, params = unrolled(count, **options)
    text = agrees(C, [], params, numbers(random.Random(2), len(params)), np.empty((1, 0)))
    assert "def cost_and_gradient(params):" in text
    assert "w_2.T @" in text
    assert max(map(len, text.splitlines())) <= WIDTH


@settings(max_examples=60)
@given(graphs(), st.integers(0, 2**40))
def test_random_graphs(graph, seed):
    """Graphs of a few nodes that read one another at random; leaves are parameters, inputs and constants."""
    (C, leaves), dice = graph, random.Random(seed)
    used = set(topological_order(C))
    kinds = [dice.choice("ppiic") for _ in leaves]
    params = [leaf for leaf, kind in zip(leaves, kinds, strict=True) if kind == "p" and leaf in used]
    inputs = [leaf for leaf, kind in zip(leaves, kinds, strict=True) if kind == "i"]
    agrees(C, inputs, params, numbers(dice, len(params)), numbers(dice, 3, len(inputs)))


@pytest.mark.slow
@pytest.mark.counts  # a bias that varies where the weights do is a layer in large graphs alone
@settings(max_examples=150)
@given(wide())
def test_wide_graphs(grown):
    """Wide graphs: layers with holes, stacks of products, repeated operands, weights that vary."""
    (C, inputs, params), dice = grown
    agrees(C, inputs, params, numbers(dice, len(params)), numbers(dice, 3, len(inputs)))


@pytest.mark.parametrize("corner", CORNERS)
def test_corners(corner):
    """Graphs of which a part is missing or trivial."""
    dice = random.Random(corner)
    w, x = [Value(0.1 * k, label=f"w{k}") for k in range(4)], [Value(1.0 + k) for k in range(3)]
    C, inputs, params = CORNERS[corner](w, x)
    agrees(C, inputs, params, numbers(dice, len(params)), numbers(dice, 4, len(inputs)))


@each_rule
@settings(max_examples=3)
@given(data=st.data())
def test_every_rule(name, parameters, data):
    """Three nodes of one rule at numbers of its domain, be an operand a parameter or an input."""
    rule, strategies = bound(name, parameters), ORACLE[name][1]
    count = len(strategies)
    points = data.draw(st.lists(st.tuples(*strategies), min_size=3, max_size=3))
    numbers_ = np.array(points)
    for learns in range(count):
        leaves = [[Value(x) for x in point] for point in points]
        C = engine.total([engine.apply(rule, *operands) for operands in leaves])
        params = [operands[learns] for operands in leaves]
        inputs = [leaf for operands in leaves for k, leaf in enumerate(operands) if k != learns]
        x = np.delete(numbers_, learns, axis=1).ravel()
        got, slopes = run(text_of(C, inputs, params))(numbers_[:, learns], *([x] if inputs else []))
        cost, expected = Tape(C, inputs, params)(numbers_[:, learns], x)
        assert got == pytest.approx(cost, rel=EXACT, abs=EXACT * np.abs(numbers_).max())
        for k, slope in enumerate(slopes):
            assert same(slope, expected[k], points[k], few=EXACT, sums=name in SUMS)


def penalised():
    C, inputs, params = network([2, 4, 1], "tanh", "squared_error", random.Random(3))
    weights = [w for w in params if w.label.startswith("w")]
    return C, inputs, params, weights


@pytest.mark.parametrize(
    "penalty",
    [
        lambda ws: 0.1 * engine.dot(ws, ws),
        lambda ws: 0.1 * engine.total([w**2 for w in ws]),
        lambda ws: engine.mean([abs(w) for w in ws]),
        lambda ws: engine.total([w * w for w in ws[:4]]) + 0.5 * ws[2].exp(),
    ],
)
def test_penalties_are_shared_by_the_examples(penalty):
    """What the parameters alone make is computed once; what examples add to it is summed over them."""
    C, inputs, params, weights = penalised()
    dice = random.Random(4)
    agrees(C + penalty(weights), inputs, params, numbers(dice, len(params)), numbers(dice, 6, len(inputs)))


def test_weights_that_are_computed():
    """Weights may be computed from parameters: the adjoint of the matrix goes on to them."""
    dice = random.Random(5)
    w, b, x = ([Value(dice.uniform(-1, 1)) for _ in range(n)] for n in (6, 3, 2))
    v = [p.exp() for p in w]
    for terms in (engine.affine, lambda _, ws, xs: engine.dot(ws, xs)):
        hidden = [terms(b[j], v[2 * j : 2 * j + 2], x).tanh() for j in range(3)]
        C = engine.total([h * h for h in hidden])
        params = [*w, *b] if terms is engine.affine else w
        text = agrees(C, x, params, numbers(dice, len(params)), numbers(dice, 4, 2))
        assert ".reshape(3, 2)" in text


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("varying", ["weights", "terms", "bias", "all"])
@pytest.mark.parametrize("stack", [1, 2])
def test_products_of_all_kinds(columns, varying, stack):
    """Stacks of products, of what varies with what varies: sums over named indices."""
    dice = random.Random(6)

    def leaves(*shape):
        return np.array([Value(dice.uniform(-1, 1)) for _ in range(int(np.prod(shape)))]).reshape(shape)

    W, A, b = leaves(stack, 3, 2), leaves(stack, columns, 2), leaves(stack, 3)
    kinds = {"weights": [W], "terms": [A], "bias": [b], "all": [W, A, b]}[varying]
    inputs = [leaf for kind in kinds for leaf in kind.flat]
    extra = Value(0.3)
    params = [leaf for kind in (W, A, b) for leaf in kind.flat if leaf not in set(inputs)] + [extra]
    zs = [
        engine.affine(b[p, j], list(W[p, j]), list(A[p, c])) * extra
        for p in range(stack) for j in range(3) for c in range(columns)
    ]  # fmt: skip
    C = engine.total([z.tanh() for z in zs])
    agrees(C, inputs, params, numbers(dice, len(params)), numbers(dice, 4, len(inputs)))
    if columns == 1:
        C = engine.total(
            [(b[0, j] + engine.dot(list(W[0, j]), list(W[0, j]))).sin() * extra for j in range(3)]
        )
        used = set(topological_order(C))
        params = [leaf for leaf in params if leaf in used]
        agrees(C, inputs, params, numbers(dice, len(params)), numbers(dice, 4, len(inputs)))


def test_what_is_read_twice():
    """Operands that are repeated get the sum of their adjoints."""
    w, x = [Value(0.1 * k, label=f"w_{k}") for k in range(3)], [Value(1.0), Value(2.0)]
    dice = random.Random(7)
    for C in [
        engine.total([w[k] * x[0] for k in (0, 0, 1, 2, 0)]),
        engine.total([w[k] * w[j] * x[1] for k in (0, 0, 1, 2) for j in (2, 2)]),
        engine.total([engine.affine(w[0], [w[1], w[1]], [x[0], w[2]]).tanh(), engine.dot(w, w), w[0]]),
        engine.total([h for v in [[u.sin() for u in w]] for h in (v[0] * v[1], v[0] * v[2], v[0] * x[0])]),
    ]:
        text = agrees(C, x, w, numbers(dice, 3), numbers(dice, 4, 2))
    assert "gradient" in text


HOSTILE = [
    "__import__('os')", "params", "inputs", "np", "j", "k", "gradient", "stacked", "lambda", "dC_dC", "C",
    "at_w", "\nraise SystemExit", '"""', "{0}", "%s", "# x", "v1", "math", "exp", "float", "é", "w_{k}", "",
    "cost_and_gradient",
]  # fmt: skip


@settings(max_examples=40)
@given(graphs(), st.data())
def test_labels_never_become_code(graph, data):
    """Whatever the labels say: names are identifiers, none is a keyword, and the numbers stay."""
    C, leaves = graph
    order = topological_order(C)
    for node in {*order, *leaves}:
        node.label = data.draw(st.sampled_from(HOSTILE))
    used, dice = set(order), random.Random(8)
    params = [leaf for leaf in leaves[::2] if leaf in used]
    text = agrees(C, leaves[1::2], params, numbers(dice, len(params)), numbers(dice, 2, len(leaves[1::2])))
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    assert names.isdisjoint({"__import__", "SystemExit", "os", "exec", "eval"})


CHAIN = '''\
import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1.0, e) / (1 + e)


def cost_and_gradient(params, inputs):
    """Cost and gradient, averaged over the examples."""
    inputs = np.atleast_2d(inputs).T  # a column for each example

    # parameters
    j, k = np.ogrid[:3, :2]
    w_1 = params[3*j + k]
    b_1 = params[2:9:3, None]
    w_2 = params[None, 9:12]
    b_2 = params[12:, None]

    # inputs
    a_0 = inputs[:2]
    y = inputs[2:]

    # forward
    z_1 = w_1 @ a_0 + b_1
    a_1 = sigmoid(z_1)
    z_2 = w_2 @ a_1 + b_2
    v1 = z_2 - y
    C = v1 * v1  # squared_error

    # backward
    dC_dC = np.full(C.shape, 1 / C.size)  # each example's part in the average
    dC_dz_2 = dC_dC * (2 * v1)  # squared_error's slope
    dC_dw_2 = dC_dz_2 @ a_1.T
    dC_db_2 = dC_dz_2.sum(axis=1, keepdims=True)
    dC_da_1 = w_2.T @ dC_dz_2
    dC_dz_1 = dC_da_1 * (a_1 * sigmoid(-z_1))  # sigmoid's slope
    dC_dw_1 = dC_dz_1 @ a_0.T
    dC_db_1 = dC_dz_1.sum(axis=1, keepdims=True)

    # gradient
    gradient = np.zeros(len(params))
    j, k = np.ogrid[:3, :2]
    gradient[3*j + k] = dC_dw_1
    gradient[2:9:3, None] = dC_db_1
    gradient[None, 9:12] = dC_dw_2
    gradient[12:, None] = dC_db_2
    return float(C.mean()), gradient
'''


def test_the_text_of_a_network_is_the_documents_matrix_form():
    """Each line is one of their equations, in their names; nothing else is there."""
    C, inputs, params = network([2, 3, 1], "sigmoid", "squared_error", random.Random(0))
    assert text_of(C, inputs, params) == CHAIN


def test_nothing_dead_is_written():
    """Every name that is assigned is read; no adjoint of what leads to no parameter is there."""
    for sizes, activation, cost, options in NETWORKS:
        C, inputs, params = network(sizes, activation, cost, random.Random(0), **options)
        text = text_of(C, inputs, params[:1])
        names = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
        read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        assert {node.id for node in names if isinstance(node.ctx, ast.Store)} - {"j", "k"} <= read
        assert "_dy" not in text
        assert "dC_da_0 " not in text


def test_the_module_runs_alone():
    """``python -I`` with NumPy and nothing of this project prints the tape's numbers."""
    dice = random.Random(9)
    C, inputs, params = network([2, 3, 1], "gelu", "squared_error", dice)
    p, rows = numbers(dice, len(params)), numbers(dice, 4, len(inputs))
    call = f"cost, gradient = cost_and_gradient(np.array({p.tolist()}), {rows.tolist()})"
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-"],
        input=f"{text_of(C, inputs, params)}\n{call}\nprint(cost, *gradient.tolist())\n",
        capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    cost, *gradient = map(float, done.stdout.split())
    expected, slopes = Tape(C, inputs, params)(p, rows)
    assert cost == pytest.approx(expected, rel=EXACT)
    assert gradient == pytest.approx(slopes, rel=EXACT, abs=EXACT)


@given(
    st.integers(0, 5),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.lists(st.integers(-9, 20), min_size=3, max_size=3),
    st.integers(0, 2),
)
def test_indices_are_the_places(start, shape, strides, spoiled):
    """Whatever the places, regular or not: the text reads them, in the shape that was asked for."""
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    places = start + sum(s * axis for s, axis in zip(strides, grid, strict=False))
    places = (places - places.min()).ravel()
    places[: min(spoiled, places.size - 1)] += 1
    for wanted in (tuple(shape), (places.size,), (places.size, 1), (1, places.size)):
        assert places_read(places, wanted).tolist() == places.reshape(wanted).tolist()


def places_read(places, shape):
    data = np.arange(places.max() + 3)
    found = index(places.tolist(), shape, len(data))
    namespace = {"np": np, "data": data}
    if found.places:
        exec(f"places = {found.places}", namespace)  # noqa: S102  (the text under test)
    exec(found.grid, namespace)  # noqa: S102  (as above)
    return eval(f"data[{found.text.format('places') or ':'}]{found.reshaped}", namespace)  # noqa: S307  (as above)


@pytest.mark.slow
def test_text_is_the_same_in_every_process():
    """Nothing depends on the order of sets."""
    program = (
        "import random; from test_tape_source import *;"
        "C, inputs, params = network([3, 4, 2], 'tanh', 'softmax_cross_entropy', random.Random(1));"
        "print(text_of(C + engine.dot(params, params), inputs, params))"
    )
    assert len(printed(program)) == 1
