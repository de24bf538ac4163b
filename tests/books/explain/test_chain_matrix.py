"""Laws of the matrix form: the layers are found, and its numbers are those of the documents' equations."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_chain import balanced
from test_nn_equations_agree import agree, data, forward_nodes, random_case, seeds, shapes

import nn.equations as eq
from engine import Value, affine, dot, label, mean, total
from engine.chain import explain
from engine.perceptron import layer_nodes
from nn import ACTIVATIONS, COSTS, MLP, Layer, losses


def rows(it):
    return np.array(it.value) if len(it.value) > 1 else np.array(it.value[0])


def found(C, target):
    """The equations by their left sides."""
    told = explain(C, target).matrix()
    assert all(len(line) <= 80 for line in str(told).splitlines())
    balanced(told.latex())
    assert told._repr_latex_() == f"$${told.latex()}$$"
    assert repr(told) == str(told)
    plain = json.loads(json.dumps(told.to_dict()))["equations"]
    assert [it["value"] for it in plain] == [[list(row) for row in it.value] for it in told.equations]
    return {it.text.split(" = ")[0]: rows(it) for it in told.equations}


@pytest.mark.no_cover
@pytest.mark.parametrize("activation", ACTIVATIONS)
@settings(max_examples=settings.default.max_examples * 2 // 5)
@given(seed=seeds, sizes=shapes, cost=st.sampled_from([*COSTS]))
def test_the_numbers_are_those_of_the_matrix_equations(activation, seed, sizes, cost):
    """δ, ∂C/∂w, ∂C/∂b and ∂C/∂a of every layer, whatever activation and cost; nothing below the target."""
    model, network, x, y = random_case(seed, sizes, activation, cost)
    zs, a = forward_nodes(model, x)
    C = COSTS[cost].function(a[-1], y)
    errors = eq.errors(network, cost, x, y)
    slopes = eq.gradients(network, cost, x, y)
    by_a = eq.activation_gradients(network, cost, x, y)
    last = len(zs)
    for l in range(1, last + 1):
        neuron = model.layers[l - 1].neurons[-1]
        told = found(C, neuron.w[-1])
        assert list(told) == [*(f"δ^({k})" for k in range(last, l - 1, -1)), f"∂C/∂w^({l})"]
        for k in range(l, last + 1):
            agree(told[f"δ^({k})"], errors[k - 1])
        agree(told[f"∂C/∂w^({l})"].reshape(slopes.weights[l - 1].shape), slopes.weights[l - 1])
        agree(found(C, neuron.b)[f"∂C/∂b^({l})"], slopes.biases[l - 1])
        assert list(found(C, zs[l - 1][0]))[-1] == f"δ^({l})"
        agree(found(C, a[l - 1][0]).get(f"∂C/∂a^({l - 1})", by_a[l - 1]), by_a[l - 1])
    agree(found(C, a[0][-1])["∂C/∂a^(0)"], by_a[0])
    if a[-1] != zs[-1]:
        agree(found(C, a[-1][0])[f"∂C/∂a^({last})"], by_a[-1])
    assert set(found(C, C)) == {f"δ^({k})" for k in range(1, last + 1)}


def documents(sizes=(2, 3, 2)):
    model = MLP(sizes[0], sizes[1:], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    zs, a = forward_nodes(model, [0.5, -1.0][: sizes[0]])
    return model, zs, a, losses.squared_error(a[-1], [1.0] * sizes[-1])


def test_the_documents_equations():
    """Symbol for symbol, in text and in LaTeX."""
    model, _, a, C = documents()
    w = model.layers[0].neurons[0].w[0]
    assert [it.text for it in explain(C, w).matrix().equations] == [
        "δ^(2) = ∇_a C ⊙ σ′(z^(2))",
        "δ^(1) = ((w^(2))ᵀ δ^(2)) ⊙ σ′(z^(1))",
        "∂C/∂w^(1) = δ^(1) (a^(0))ᵀ",
    ]
    assert [it.latex for it in explain(C, w).matrix().equations] == [
        r"\delta^{(2)} = \nabla_a C \odot \sigma'(z^{(2)})",
        r"\delta^{(1)} = ((w^{(2)})^T \delta^{(2)}) \odot \sigma'(z^{(1)})",
        r"\frac{\partial C}{\partial w^{(1)}} = \delta^{(1)} (a^{(0)})^T",
    ]
    b = model.layers[1].neurons[0].b
    assert explain(C, b).matrix().equations[-1].text == "∂C/∂b^(2) = δ^(2)"
    assert explain(C, b).matrix().equations[-1].latex == r"\frac{\partial C}{\partial b^{(2)}} = \delta^{(2)}"
    assert explain(C, a[0][0]).matrix().equations[-1].text == "∂C/∂a^(0) = (w^(1))ᵀ δ^(1)"
    assert explain(C, a[1][0]).matrix().equations[-1].text == "∂C/∂a^(1) = (w^(2))ᵀ δ^(2)"
    assert r"{\partial a^{(1)}} &= (w^{(2)})^T \delta^{(2)}" in explain(C, a[1][0]).matrix().latex()
    (output,) = explain(C, a[2][0]).matrix().equations
    assert (output.text, output.value) == ("∂C/∂a^(2) = ∇_a C", (tuple(2 * (x.data - 1) for x in a[2]),))


def test_the_two_sides_of_the_product():
    """Beside each δ stand the vector before ⊙ and the slopes behind it; their product is δ."""
    model, _, _, C = documents()
    for it in explain(C, model.layers[0].neurons[0].w[0]).matrix().equations[:2]:
        (before,), (slopes,) = it.parts
        agree(np.array(before) * np.array(slopes), np.array(it.value[0]))
    lines = str(explain(C, model.parameters()[0]).matrix()).splitlines()
    assert [line.count("⊙") for line in lines] == [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_the_product_of_matrix_and_vector_is_shown():
    """(w^(2))ᵀ, with a row for each neuron of layer 1, and δ^(2) beside it; the cost has its own name."""
    model, _, _, C = documents()
    C.label = "C_0"
    first, second, _ = explain(C, model.parameters()[0]).matrix().equations
    assert first.text == "δ^(2) = ∇_a C_0 ⊙ σ′(z^(2))"
    transposed, (delta,) = second.product
    agree(np.array(transposed) @ np.array(delta), np.array(second.parts[0][0]))
    assert np.array(transposed).shape == (3, 2)
    assert len(second.sides()) == 3
    assert r"\nabla_a C_0" in first.latex


def test_by_hand():
    """Layers of dot and affine that no network made: without bias, linear, with neurons of several kinds."""
    rng = random.Random(0)
    x = [Value(rng.uniform(-1, 1)) for _ in range(3)]
    w1, w2 = ([[Value(rng.uniform(-1, 1)) for _ in range(n)] for _ in range(m)] for m, n in [(2, 3), (2, 2)])
    z1 = [dot(row, x) for row in w1]
    a1 = [z1[0].tanh(), z1[1].sigmoid()]
    z2 = [affine(0.5, w2[0], a1), dot(w2[1], a1)]
    a2 = [z2[0].exp(), z2[1]]
    C = total([a2[0], a2[1] * a2[1]])
    told = found(C, w1[0][0])
    W1, W2 = (np.array([[w.data for w in row] for row in w]) for w in (w1, w2))
    delta2 = np.array([a2[0].data, 2 * a2[1].data])
    f = [1 - a1[0].data ** 2, a1[1].data * (1 - a1[1].data)]
    delta1 = W2.T @ delta2 * f
    agree(told["δ^(2)"], delta2)
    agree(told["δ^(1)"], delta1)
    agree(told["∂C/∂w^(1)"], np.outer(delta1, data(x)))
    agree(found(C, x[0])["∂C/∂a^(0)"], W1.T @ delta1)
    assert "δ^(1) = ((w^(2))ᵀ δ^(2)) ⊙ f′(z^(1))" in str(explain(C, w1[0][0]).matrix())
    for it in explain(C, w1[0][0]).matrix().equations[:2]:
        (before,), (slopes,) = it.parts
        agree(np.array(before) * np.array(slopes), np.array(it.value[0]))
    assert len(found(C, z2[0].parents[0])) == 2


def test_a_linear_layer():
    """Its errors are those of its activations: no slope stands behind them, also right below the cost."""
    w, x = Value(0.5, label="w"), Value(3.0, label="x")
    C = dot([w, w * 0.0], [x, x]) ** 2
    with pytest.raises(ValueError, match="a weight or a bias is used in several places"):
        explain(C, w).matrix()
    C = affine(0.25, [w], [x]) ** 2
    assert str(explain(C, w).matrix()).splitlines() == [
        "δ^(1) = ∇_a C",
        "      = [3.5]",
        "∂C/∂w^(1) = δ^(1) (a^(0))ᵀ",
        "          = [10.5]",
    ]
    layer = Layer(2, 2, activation="linear", bias=False, rng=random.Random(0))
    a = layer([1.0, 2.0])
    assert [it.text for it in explain(losses.squared_error(a, [0.0, 0.0]), a[0]).matrix().equations] == [
        "δ^(1) = ∇_a C"
    ]


def row(ws, xs):
    return [w * x for w, x in zip(ws, xs, strict=True)]


WRITTEN = {
    "sum, then the bias": lambda W, xs, bs: [sum(row(w, xs)) + b for w, b in zip(W, bs, strict=True)],
    "sum from the bias": lambda W, xs, bs: [sum(row(w, xs), b) for w, b in zip(W, bs, strict=True)],
    "input first": lambda W, xs, bs: [sum(row(xs, w), b) for w, b in zip(W, bs, strict=True)],
    "total": lambda W, xs, bs: [total([b, *row(w, xs)]) for w, b in zip(W, bs, strict=True)],
    "dot and bias": lambda W, xs, bs: [dot(w, xs) + b for w, b in zip(W, bs, strict=True)],
    "NumPy": lambda W, xs, bs: list(np.array(W) @ np.array(xs) + np.array(bs)),
}
SQUASHED = {
    "sigmoid": lambda z: z.sigmoid(),
    "written out": lambda z: 1 / (1 + (-z).exp()),
}


@pytest.mark.parametrize("squashed", SQUASHED)
@pytest.mark.parametrize("numbers", [True, False], ids=["numbers", "values"])
@pytest.mark.parametrize("style", WRITTEN)
def test_layers_written_with_times_and_plus(style, numbers, squashed):
    """The numbers of the documents' equations, by NumPy, whatever way z and σ are written."""
    rng = np.random.default_rng(3)
    W1, b1, W2, b2 = (rng.uniform(-1, 1, shape) for shape in [(3, 2), 3, (2, 3), 2])
    x, y = np.array([0.5, -1.5]), np.array([1.0, 0.0])
    v1, v2 = ([[Value(w) for w in row] for row in W] for W in (W1, W2))
    c1, c2 = ([Value(b) for b in bs] for bs in (b1, b2))
    inputs = list(x) if numbers else [Value(x_k, label=f"x_{k}") for k, x_k in enumerate(x)]
    z1 = WRITTEN[style](v1, inputs, c1)
    z2 = WRITTEN[style](v2, [SQUASHED[squashed](z) for z in z1], c2)
    a2 = [SQUASHED[squashed](z) for z in z2]
    for j, a in enumerate(a2):
        a.label = f"a_{j}"
    C = sum((a - y_j) ** 2 for a, y_j in zip(a2, y, strict=True))

    h = 1 / (1 + np.exp(-(W1 @ x + b1)))
    out = 1 / (1 + np.exp(-(W2 @ h + b2)))
    delta2 = 2 * (out - y) * out * (1 - out)
    delta1 = (W2.T @ delta2) * h * (1 - h)
    told = found(C, v1[0][0])
    assert list(told) == ["δ^(2)", "δ^(1)", "∂C/∂w^(1)"]
    agree(told["δ^(2)"], delta2)
    agree(told["δ^(1)"], delta1)
    agree(told["∂C/∂w^(1)"], np.outer(delta1, x))
    agree(found(C, c1[0])["∂C/∂b^(1)"], delta1)
    if not numbers:
        agree(found(C, inputs[0])["∂C/∂a^(0)"], W1.T @ delta1)
    slopes = explain(C, v1[0][0]).matrix().equations[1].parts[1][0]
    agree(np.array(slopes), h * (1 - h))


def test_which_of_two_factors_is_the_weight():
    """The one whose name begins with w, whatever its place; the first where no name says it."""
    w, x = Value(0.5, label="w"), Value(2.0, label="x")
    for z in (w * x, x * w):
        assert list(found((z - 1.0) ** 2, w)) == ["δ^(1)", "∂C/∂w^(1)"]
        assert list(found((z - 1.0) ** 2, x)) == ["δ^(1)", "∂C/∂a^(0)"]
    p, q = Value(0.5, label="p"), Value(2.0, label="q")
    assert list(found((p * q + 1.0).tanh() ** 2, p))[-1] == "∂C/∂w^(1)"
    assert list(found((p * q + 1.0).tanh() ** 2, q))[-1] == "∂C/∂a^(0)"


def test_what_is_written_and_is_no_layer():
    """Products in the cost are no layer: of a logarithm, of two activations, of a number."""
    w, b, x = (Value(v, label=name) for name, v in [("w", 0.5), ("b", 0.1), ("x", 2.0)])
    y = Value(0.25, label="y")
    z = w * x + b
    a = z.sigmoid()
    for C in (-(y * a.log() + (1 - y) * (1 - a).log()), a * a.exp(), 0.5 * (a - y) ** 2, a + a * y + y):
        C.backward()
        told = found(C, w)
        assert list(told) == ["δ^(1)", "∂C/∂w^(1)"]
        agree(told["δ^(1)"], z.grad)
    linear = (z - y) ** 2 + (x - 1.0) * 3.0
    assert explain(linear, w).matrix().equations[0].text == "δ^(1) = ∇_a C"
    difference = -z
    label(difference=difference)
    assert str(explain((difference + 2.0) ** 2, w).matrix()).startswith("δ^(1) = ∇_a C\n")


def test_a_long_way_after_a_layer():
    """What follows z is looked at for a few operations only, so that work stays in step with the graph."""
    w, x = Value(0.5, label="w"), Value(2.0, label="x")
    C = w * x
    for _ in range(3000):
        C = C * 0.999
    assert list(found(C**2, w)) == ["δ^(1)", "∂C/∂w^(1)"]
    chain = Value(1.0)
    for k in range(200):
        chain = (Value(0.9, label=f"w_{k}") * chain + 0.1).tanh()
    assert len(layer_nodes(chain * 1.0)) == 200


NOT_LAYERS = {
    "no z": lambda x, w: (x - w).tanh(),
    "skip": lambda x, w: (z := affine(0.0, [w], [x])) * affine(0.0, [0.5], [z.tanh()]) + z,
    "read by the cost too": lambda x, w: (a := affine(0.0, [w], [x]).tanh()) + affine(0.0, [0.5], [a]) ** 2,
    "order": lambda x, w: (
        a := [affine(0.0, [w], [x]).tanh(), affine(0.0, [0.1], [x]).tanh()],
        dot([0.5, 0.5], a) + dot([0.5, 0.5], a[::-1]),
    )[1],
    "tied": lambda x, w: affine(0.0, [w], [affine(0.0, [w], [x]).tanh()]) ** 2,
    "penalty": lambda x, w: affine(0.0, [w], [x]) ** 2 + w * w,
    "signs": lambda x, w: total([(w * x - Value(0.5)).tanh(), (Value(0.25) * x + Value(0.5)).tanh()]) ** 2,
    "one more": lambda x, w: mean([affine(0.0, [w], [x]) ** 2, affine(0.0, [w], [2.0]) ** 2 + w]),
    "another": lambda x, w: mean([affine(0.0, [w], [x]) ** 2, affine(0.0, [Value(0.5)], [2.0]) ** 2]),
}
MESSAGES = {
    "no z": "no such z was found",
    "skip": "the activations of one layer are not only inputs of the next",
    "read by the cost too": "the activations of one layer are not only inputs of the next",
    "order": "the activations of one layer are not only inputs of the next",
    "tied": "a weight or a bias is used in several places",
    "penalty": "a weight or a bias is used in several places",
    "signs": "some biases of a layer are added, and others are subtracted",
    "one more": "a weight or a bias is used in several places",
    "another": "the activations of one layer are not only inputs of the next",
}


@pytest.mark.parametrize("name", NOT_LAYERS)
def test_what_is_not_layers(name):
    """The error says what the form is of, and what was found in its place."""
    x, w = Value(0.5, label="x"), Value(2.0, label="w")
    C = NOT_LAYERS[name](x, w)
    with pytest.raises(
        ValueError,
        match=r"^the matrix form needs layers of neurons below a cost, of one example or of several",
    ) as caught:
        explain(C, w).matrix()
    assert str(caught.value).endswith(MESSAGES[name])


def test_the_mean_of_one_is_a_cost():
    """As the cost of its only example."""
    model, _, _, C = documents()
    w = model.parameters()[0]
    assert str(explain(mean([C]), w).matrix()) == str(explain(C, w).matrix())


EXAMPLES = {
    "mean": mean,
    "(c1 + c2)/2": lambda costs: sum(costs) / len(costs),
    "half of the sum": lambda costs: (1 / len(costs)) * sum(costs),
    "total of shares": lambda costs: total([cost / len(costs) for cost in costs]),
}


@pytest.mark.parametrize("together", EXAMPLES)
@pytest.mark.parametrize("written", [False, True], ids=["model", "operators"])
def test_several_examples_have_a_column_each(together, written):
    """A mean of costs, however it is written, by NumPy's equations for a batch with examples as columns."""
    rng = np.random.default_rng(5)
    W1, b1, W2, b2 = (rng.uniform(-1, 1, shape) for shape in [(3, 2), 3, (1, 3), 1])
    X, Y = np.array([[0.5, -1.0, 0.5, 0.25], [1.0, 0.0, 1.0, -0.75]]), np.array([1.0, 0.0, 0.0, 1.0])
    model = MLP(2, [3, 1], activation="sigmoid", output_activation="sigmoid")
    for layer, W, bs in zip(model.layers, (W1, W2), (b1, b2), strict=True):
        for neuron, row, b in zip(layer.neurons, W, bs, strict=True):
            for parameter, x in zip([*neuron.w, neuron.b], [*row, b], strict=True):
                parameter.data = x

    def output(x):
        for layer in model.layers if written else ():
            x = [(sum(w * x_k for w, x_k in zip(n.w, x, strict=True)) + n.b).sigmoid() for n in layer.neurons]
        return x[0] if written else model(x)

    costs = [(output(list(x)) - y) ** 2 for x, y in zip(X.T, Y, strict=True)]
    C = EXAMPLES[together](costs)
    A1 = 1 / (1 + np.exp(-(W1 @ X + b1[:, None])))
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2[:, None])))
    D2 = 2 * (A2 - Y) / 4 * A2 * (1 - A2)
    D1 = (W2.T @ D2) * A1 * (1 - A1)
    first, second = model.layers
    by_weight = explain(C, first.neurons[0].w[0]).matrix()
    last, hidden, by_w = (np.array(it.value) for it in by_weight.equations)
    agree(last.T, D2)
    agree(hidden.T, D1)
    agree(by_w, D1 @ X.T)
    agree(np.array(by_weight.equations[1].product[0]) @ D2, W2.T @ D2)
    by_bias = explain(C, first.neurons[1].b).matrix().equations[-1]
    agree(np.array(by_bias.value[0]), D1.sum(axis=1))
    assert by_bias.text == "∂C/∂b^(1) = δ^(1) [1, …, 1]ᵀ"
    assert by_bias.latex.endswith(r"\delta^{(1)} [1, \dots, 1]^T")
    assert str(by_weight).endswith("z, a and δ have a column for each example")
    agree(np.array(explain(C, second.neurons[0].b).matrix().equations[-1].value[0]), D2.sum(axis=1))


def test_inputs_that_are_leaves_too():
    """Weights are told by their names, though more sums read a weight than an input."""
    w, b = Value(0.5, label="w"), Value(0.25, label="b")
    xs = [Value(x, label=f"x_{k}") for k, x in enumerate((0.5, -1.0, 2.0))]
    C = sum((w * x - b).tanh() ** 2 for x in xs) / 3
    a = np.tanh(0.5 * np.array([0.5, -1.0, 2.0]) - 0.25)
    delta = 2 * a * (1 - a * a) / 3
    last, by_w = explain(C, w).matrix().equations
    agree(np.array(last.value)[:, 0], delta)
    agree(by_w.value[0][0], float(delta @ np.array([0.5, -1.0, 2.0])))
    (*_, by_x) = explain(C, xs[1]).matrix().equations
    assert by_x.text == "∂C/∂a^(0) = (w^(1))ᵀ δ^(1)"
    agree(np.array(by_x.value)[:, 0], 0.5 * delta)


def test_an_error_and_an_output_of_one_example():
    """Asked for a node of one example, the form is that of all of them."""
    model, _, _, _ = documents()
    outputs = [model([0.5, -1.0]), model([0.25, 0.75])]
    C = mean([losses.squared_error(a, [1.0, 0.0]) for a in outputs])
    (nabla,) = explain(C, outputs[1][0]).matrix().equations
    agree(np.array(nabla.value), [[a.data - y for a, y in zip(row, (1, 0), strict=True)] for row in outputs])
    assert explain(C, outputs[1][0].parents[0]).matrix().equations[-1].text.startswith("δ^(2) = ")


@pytest.mark.parametrize("style", ["w*a - b", "dot(w, a) - b"])
def test_a_bias_that_is_subtracted(style):
    """A threshold: z = w a − b, and ∂C/∂b = −δ; by NumPy."""
    rng = np.random.default_rng(6)
    W, b, x = rng.uniform(-1, 1, (2, 3)), rng.uniform(-1, 1, 2), np.array([0.5, -1.5, 1.0])
    w, threshold = [[Value(p) for p in row] for row in W], [Value(p) for p in b]
    zs = [dot(row, list(x)) if style[0] == "d" else sum(map(Value.__mul__, row, x)) for row in w]
    C = total([(z - t).tanh() ** 2 for z, t in zip(zs, threshold, strict=True)])
    a = np.tanh(W @ x - b)
    delta = 2 * a * (1 - a * a)
    told = explain(C, threshold[1]).matrix()
    assert told.equations[-1].text == "∂C/∂b^(1) = −δ^(1)"
    agree(np.array(told.equations[0].value[0]), delta)
    agree(np.array(told.equations[-1].value[0]), -delta)
    agree(found(C, w[0][0])["∂C/∂w^(1)"], np.outer(delta, x))


def test_what_is_desired_is_no_bias():
    """Of the residual w x − y the y stays in the cost; under another function it would be a threshold."""
    w, x, y = (Value(v, label=name) for name, v in [("w", 0.5), ("x", 2.0), ("y", 0.25)])
    for C in ((w * x - y) ** 2, abs(w * x - y), (w * x + 1.0 - y) ** 2):
        assert list(found(C, w)) == ["δ^(1)", "∂C/∂w^(1)"]
        assert list(found(C, y)) == ["δ^(1)"]
    assert list(found((w * x - y).tanh(), y)) == ["δ^(1)", "∂C/∂b^(1)"]


def test_the_names_of_a_notation():
    """From–to, a row of w is a node that it leads from, node 0 the bias; layers without labels count to L."""
    model, _, a, C = documents()
    first = model.layers[0].neurons[0]
    told = {it.text: it for p in (first.w[1], first.b, a[0][0], a[2][0]) for it in explain(
        C, p, notation="from-to").matrix().equations}  # fmt: skip
    assert list(told) == [
        "δ^2 = ∇_h C ⊙ σ′(z^2)",
        "δ^1 = (w^1 δ^2) ⊙ σ′(z^1)",
        "∂C/∂w^0 = x (δ^1)ᵀ",
        "∂C/∂w_0^0 = δ^1",
        "∂C/∂x = w^0 δ^1",
        "∂C/∂h = ∇_h C",
    ]
    plain = explain(C, first.w[1]).matrix().equations[-1]
    agree(np.array(told["∂C/∂w^0 = x (δ^1)ᵀ"].value).T, np.array(plain.value))
    assert told["∂C/∂w^0 = x (δ^1)ᵀ"].latex == r"\frac{\partial C}{\partial w^{0}} = x (\delta^{1})^T"
    w, v, x = Value(0.5), Value(0.25), Value(2.0)
    unnamed = explain((v * (w * x).tanh()).tanh() ** 2, w, layers="L").matrix()
    assert [it.text.split(" = ")[0] for it in unnamed.equations] == ["δ^(L)", "δ^(L−1)", "∂C/∂w^(L−1)"]


def test_inputs_that_are_used_elsewhere():
    """An autoencoder's weights have their matrix form; ∂C/∂a of its input is more than one product."""
    x = [Value(0.5), Value(-1.0)]
    w = [[Value(0.1 * (j + 2 * k)) for k in range(2)] for j in range(2)]
    C = losses.squared_error([dot(row, x).tanh() for row in w], x)
    assert found(C, w[0][0])["∂C/∂w^(1)"].shape == (2, 2)
    with pytest.raises(ValueError, match=r"the inputs are used elsewhere too"):
        explain(C, x[0]).matrix()


def test_layers_are_found():
    """Each with its nodes; what holds a node is told."""
    model, zs, a, C = documents()
    (first,), (second,) = layer_nodes(C)
    assert (list(first.zs), list(first.activations), list(first.inputs)) == (zs[0], a[1], a[0])
    assert [list(row) for row in second.weights] == [list(neuron.w) for neuron in model.layers[1].neurons]
    assert list(second.biases) == [neuron.b for neuron in model.layers[1].neurons]
    assert first.activations != first.zs
    assert first.holds(a[0][0])
    assert not first.holds(a[1][0])
    assert second.holds(a[1][0])


def test_large_layers_are_told_in_part():
    """The first numbers of a row and the last; of many rows the first ones, in text and in LaTeX."""
    model = MLP(9, [20, 8], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    C = losses.squared_error(model([0.1] * 9), [0.0] * 8)
    told = explain(C, model.parameters()[0]).matrix()
    lines = str(told).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("⋮" in line for line in lines) == 8
    assert r"\vdots" in told.latex()
    assert r"\cdots" in told.latex()
