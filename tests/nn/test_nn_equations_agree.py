"""The engine's networks against `nn.equations`, which computes the documents' closed forms without it."""

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import engine
import nn.equations as eq
from engine import Value
from nn import ACTIVATIONS, COSTS, MLP, GradientDescent, Layer

KINKS = {"relu": [0.0], "leaky_relu": [0.0], "selu": [0.0], "hard_tanh": [-1.0, 1.0]}
OF_PROBABILITIES = {"log_likelihood", "binary_cross_entropy"}
DOCUMENTS = ["squared_error", "half_squared_error", "log_likelihood"]

seeds = st.integers(0, 2**32)
shapes = st.lists(st.integers(1, 5), min_size=2, max_size=5)


def as_network(model):
    """The same numbers as plain arrays."""
    return eq.Network(
        [np.array([[w.data for w in neuron.w] for neuron in layer.neurons]) for layer in model.layers],
        [np.array([neuron.b.data for neuron in layer.neurons]) for layer in model.layers],
        [layer.neurons[0].activation for layer in model.layers],
    )


def gradient_of(model):
    """∇C as the engine has it in the parameters."""
    return np.array([parameter.grad for parameter in model.parameters()])


def in_order(slopes):
    """∇C of `nn.equations` in the order of `parameters()`: neuron by neuron, weights before bias."""
    layers = zip(slopes.weights, slopes.biases, strict=True)
    return np.concatenate([np.column_stack([w, b]).ravel() for w, b in layers])


def agree(found, expected):
    """Agreement to 1e-12, relative to the numbers that went in (they are of order 1) where they cancel."""
    whole = max(1.0, np.max(np.abs(expected)))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * whole)


def random_network(rng, sizes, activation, last):
    model = MLP(sizes[0], sizes[1:], activation=activation, output_activation=last, rng=rng)
    for parameter in model.parameters():
        parameter.data = rng.uniform(-1.5, 1.5)
    return model


def random_target(rng, cost, n):
    if cost == "hinge":
        return [rng.choice([-1.0, 1.0]) for _ in range(n)]
    if cost in DOCUMENTS[:2]:
        return [rng.uniform(-2, 2) for _ in range(n)]
    return [rng.choice([0.0, 1.0, rng.random()]) for _ in range(n)]


def random_case(seed, sizes, activation, cost, margin=1e-6):
    """A network, an input and a target that suit the cost, no pre-activation or margin close to a kink."""
    rng = random.Random(seed)
    last = "sigmoid" if cost in OF_PROBABILITIES else rng.choice([activation, "linear"])
    model = random_network(rng, sizes, activation, last)
    x, y = [rng.uniform(-2, 2) for _ in range(sizes[0])], random_target(rng, cost, sizes[-1])
    network = as_network(model)
    away_from_kinks(network, cost, x, y, margin)
    return model, network, x, y


def away_from_kinks(network, cost, x, y, margin=1e-6):
    """Neither at a kink, nor where h or 1 − h of a likelihood has lost its digits."""
    run = eq.forward(network, x)
    for name, z in zip(network.activations, run.z, strict=True):
        assume(all(np.min(np.abs(z - kink)) > margin for kink in KINKS.get(name, [])))
    h = run.a[-1]
    assume(cost != "hinge" or np.min(np.abs(1 - np.array(y) * h)) > margin)
    assume(cost not in OF_PROBABILITIES or 1e-3 < np.min(h) <= np.max(h) < 1 - 1e-3)


def forward_nodes(model, x):
    """z and a of every layer as nodes, the input first."""
    a, zs = [model.layers[0].inputs(x)], []
    for layer in model.layers:
        zs.append(layer.pre_activations(a[-1]))
        a.append(layer.activate(zs[-1]))
    return zs, a


def data(nodes):
    return np.array([node.data for node in nodes])


def grads(nodes):
    return np.array([node.grad for node in nodes])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(seed=seeds, sizes=shapes, cost=st.sampled_from([*COSTS]))
def test_one_example(activation, seed, sizes, cost):
    """Output, cost, ∂C/∂w, ∂C/∂b, δ = ∂C/∂z and ∂C/∂a of one example are those of the matrix equations."""
    model, network, x, y = random_case(seed, sizes, activation, cost)
    zs, a = forward_nodes(model, x)
    C = COSTS[cost].function(a[-1], y)
    C.backward()

    run = eq.forward(network, x)
    for found, expected in [*zip(zs, run.z, strict=True), *zip(a, run.a, strict=True)]:
        agree(data(found), expected)
    agree(C.data, eq.cost_named(cost).value(run.a[-1], y))
    agree(gradient_of(model), in_order(eq.gradients(network, cost, x, y)))
    for found, expected in zip(zs, eq.errors(network, cost, x, y), strict=True):
        agree(grads(found), expected)
    for found, expected in zip(a, eq.activation_gradients(network, cost, x, y), strict=True):
        agree(grads(found), expected)


def many(model, cost, seed, n):
    """Several examples of one network, none at a kink."""
    rng = random.Random(seed)
    network, sizes = as_network(model), model.sizes
    xs = [[rng.uniform(-2, 2) for _ in range(sizes[0])] for _ in range(n)]
    ys = [random_target(rng, cost, sizes[-1]) for _ in range(n)]
    for x, y in zip(xs, ys, strict=True):
        away_from_kinks(network, cost, x, y)
    return network, xs, ys


@pytest.mark.parametrize("cost", COSTS)
@settings(max_examples=20, deadline=None)
@given(seed=seeds, sizes=shapes, n=st.integers(1, 4), activation=st.sampled_from(list(ACTIVATIONS)))
def test_many_examples(cost, seed, sizes, n, activation):
    """C = Σ C_k and C = 1/n Σ C_k and their gradients, as one graph on shared parameters."""
    model, *_ = random_case(seed, sizes, activation, cost)
    network, xs, ys = many(model, cost, seed + 1, n)
    costs = [COSTS[cost].function(model(x), y) for x, y in zip(xs, ys, strict=True)]

    total = engine.total(costs)
    total.backward()
    agree(total.data, eq.summed_cost(network, cost, xs, ys))
    summed = gradient_of(model)
    agree(summed, in_order(eq.summed_gradients(network, cost, xs, ys)))

    model.zero_grad()
    average = engine.mean(costs)
    average.backward()
    agree(average.data, eq.averaged_cost(network, cost, xs, ys))
    agree(gradient_of(model), in_order(eq.averaged_gradients(network, cost, xs, ys)))

    model.zero_grad()
    for one in costs:
        one.backward()
    agree(gradient_of(model), summed)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, sizes=shapes, cost=st.sampled_from(DOCUMENTS))
def test_bias_as_weight_of_a_constant_input(seed, sizes, cost):
    """With x_0 = 1 and b = w_0 there is one block of weights, and the same gradient."""
    model, network, x, y = random_case(seed, sizes, "tanh", cost)
    augmented = [eq.fold(w, b) for w, b in zip(network.weights, network.biases, strict=True)]
    expected = eq.folded_gradients(augmented, network.activations, cost, x, y)

    activations, layers = x, []
    for weights, name in zip(augmented, network.activations, strict=True):
        layer = Layer(weights.shape[1], weights.shape[0], activation=name, bias=False)
        for parameter, w in zip(layer.parameters(), weights.ravel(), strict=True):
            parameter.data = w
        activations = layer.activate(layer.pre_activations(layer.inputs([1.0, *activations])))
        layers.append(layer)
    folded = COSTS[cost].function(activations, y)
    folded.backward()
    for layer, slopes in zip(layers, expected, strict=True):
        agree(gradient_of(layer), slopes.ravel())

    C = COSTS[cost].function(model(x), y)
    C.backward()
    agree(C.data, folded.data)
    bias_first = [
        [neuron.b.grad, *grads(neuron.w)]
        for neuron in (neuron for layer in model.layers for neuron in layer.neurons)
    ]
    agree(np.concatenate(bias_first), np.concatenate([slopes.ravel() for slopes in expected]))


@settings(max_examples=20, deadline=None)
@given(seed=seeds, sizes=shapes, n=st.integers(1, 4), eta=st.floats(0.01, 2.0))
def test_the_lectures_algorithm_is_gradient_descent(seed, sizes, n, eta):
    """β and Δw = η o_i o_j (1 − o_j) β_j, added up over examples, step as descent on ½ Σ (d − o)² does."""
    rng = random.Random(seed)
    model = random_network(rng, sizes, "sigmoid", "sigmoid")
    xs = [[rng.uniform(-2, 2) for _ in range(sizes[0])] for _ in range(n)]
    ds = [[rng.random() for _ in range(sizes[-1])] for _ in range(n)]
    network = as_network(model)
    weights = [eq.fold(w, b) for w, b in zip(network.weights, network.biases, strict=True)]
    descent = GradientDescent(model.parameters(), lr=eta)
    for _ in range(5):
        weights = eq.epoch(weights, xs, ds, eta)
        descent.zero_grad()
        pairs = zip(xs, ds, strict=True)
        engine.total([COSTS["half_squared_error"].function(model(x), d) for x, d in pairs]).backward()
        descent.step()
        now = as_network(model)
        for expected, w, b in zip(weights, now.weights, now.biases, strict=True):
            agree(eq.fold(w, b), expected)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, sizes=shapes, n=st.integers(1, 4))
def test_sigmoid_with_log_likelihood(seed, sizes, n):
    """∂c/∂z^L = y − h = d, and equation (13) for networks of sigmoids of any depth."""
    model = random_network(random.Random(seed), sizes, "sigmoid", "sigmoid")
    network, xs, ys = many(model, "log_likelihood", seed, n)
    for x, y in zip(xs, ys, strict=True):
        zs, a = forward_nodes(model, x)
        COSTS["log_likelihood"].function(a[-1], y).backward()
        agree(grads(zs[-1]), eq.sigmoid_likelihood_error(y, data(a[-1])))
    expected = eq.sigmoid_likelihood_gradients(network.weights, network.biases, xs, ys)
    agree(gradient_of(model), in_order(expected))


@settings(max_examples=30, deadline=None)
@given(seed=seeds, sizes=shapes, cost=st.sampled_from(DOCUMENTS))
def test_a_cost_for_each_output_node(seed, sizes, cost):
    """∂c_j/∂z^l of one output node's cost is the row of the general case; the rows sum up to δ^l."""
    model, network, x, y = random_case(seed, sizes, "softplus", cost)
    rows = eq.node_errors(network, cost, x, y)
    for j in range(sizes[-1]):
        zs, a = forward_nodes(model, x)
        COSTS[cost].function(a[-1][j], y[j]).backward()
        for found, expected in zip(zs, rows, strict=True):
            agree(grads(found), expected[j])
    agree(gradient_of(model), in_order(eq.general_gradients(network, cost, [x], [y])))


@settings(max_examples=30, deadline=None)
@given(
    seed=seeds,
    sizes=st.lists(st.integers(1, 5), min_size=3, max_size=3),
    cost=st.sampled_from(list(COSTS)),
    n=st.integers(1, 4),
)
def test_two_layers(seed, sizes, cost, n):
    """Equation (14), all examples at once, for any cost."""
    model, *_ = random_case(seed, sizes, "tanh", cost)
    network, xs, ys = many(model, cost, seed + 1, n)
    engine.total([COSTS[cost].function(model(x), y) for x, y in zip(xs, ys, strict=True)]).backward()
    agree(gradient_of(model), in_order(eq.two_layer_gradients(network, cost, xs, ys)))


@settings(max_examples=20, deadline=None)
@given(seed=seeds, n=st.integers(1, 4))
def test_two_two_one(seed, n):
    """Equation (15), the 2-2-1 architecture with sigmoids and log-likelihood."""
    model = random_network(random.Random(seed), [2, 2, 1], "sigmoid", "sigmoid")
    network, xs, ys = many(model, "log_likelihood", seed, n)
    for x, y in zip(xs, ys, strict=True):
        COSTS["log_likelihood"].function(model(x), y).backward()
    agree(gradient_of(model), in_order(eq.two_two_one_gradients(network.weights, network.biases, xs, ys)))


def test_same_names():
    """Every activation and cost of `nn` has its closed form, and the other way round."""
    assert set(ACTIVATIONS) == set(eq.ACTIVATIONS)
    assert set(COSTS) == set(eq.COSTS)


@pytest.mark.parametrize(("activation", "kink"), [(n, k) for n, ks in KINKS.items() for k in ks])
def test_the_side_taken_at_a_kink(activation, kink):
    """At a kink both take the slope of the same side."""
    z = Value(kink)
    ACTIVATIONS[activation](z).backward()
    assert z.grad == pytest.approx(float(eq.activation_named(activation).slope(np.array(kink))), rel=1e-15)


def test_the_documents_wide_layer_by_hand():
    """∂C_0/∂w_jk = a_k σ′(z_j) 2(a_j − y_j) for three inputs and two outputs, term by term."""
    model = random_network(random.Random(1), [3, 2], "sigmoid", "sigmoid")
    x, y = [0.5, -1.0, 2.0], [1.0, 0.0]
    COSTS["squared_error"].function(model(x), y).backward()
    for j, k in product(range(2), range(3)):
        neuron = model.layers[0].neurons[j]
        z = sum(w.data * x_k for w, x_k in zip(neuron.w, x, strict=True)) + neuron.b.data
        a = 1 / (1 + np.exp(-z))
        assert neuron.w[k].grad == pytest.approx(x[k] * a * (1 - a) * 2 * (a - y[j]), rel=1e-12)
