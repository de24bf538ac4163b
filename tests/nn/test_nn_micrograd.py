"""`nn` in the place of `micrograd.nn`: the package micrograd itself is the oracle."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from micrograd import nn as theirs_nn
from micrograd.engine import Value as TheirValue
from test_nn_equations_agree import agree

import nn
from engine import Value

seeds = st.integers(0, 2**32)
sizes = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def both(seed, build):
    """The same network twice, each from its own random numbers of the same seed."""
    models = []
    for package in (nn, theirs_nn):
        random.seed(seed)
        models.append(build(package))
    return models


BUILDS = {
    "neuron": lambda package: package.Neuron(3),
    "linear neuron": lambda package: package.Neuron(2, nonlin=False),
    "linear neuron by position": lambda package: package.Neuron(2, False),
    "layer": lambda package: package.Layer(2, 3),
    "linear layer": lambda package: package.Layer(2, 1, nonlin=False),
    "mlp": lambda package: package.MLP(3, [4, 4, 1]),
    "one wide": lambda package: package.MLP(1, [1, 1, 1]),
    "several outputs": lambda package: package.MLP(2, [3, 2]),
}


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_same_seed_same_parameters_same_repr(build):
    """The same seed draws the same weights in the same order; `parameters()` and `repr` are the same.

    The repr of a whole network says more here: sizes, activations, and how many parameters.
    """
    ours, theirs = both(1337, build)
    assert [p.data for p in ours.parameters()] == [p.data for p in theirs.parameters()]
    assert repr(ours) == repr(theirs) or isinstance(ours, nn.MLP)
    assert all(isinstance(p, Value) for p in ours.parameters())


def through(theirs, x):
    for layer in theirs.layers:
        x = layer(x if isinstance(x, list) else [x])
    return x


@settings(max_examples=50, deadline=None)
@given(seed=seeds, nin=st.integers(1, 4), nouts=sizes)
def test_outputs_and_gradients(seed, nin, nouts):
    """Outputs and the gradients of all parameters and inputs are micrograd's to 1e-12.

    micrograd cannot pass on what a hidden layer of one neuron returns, the bare Value, so it gets a list.
    """
    ours, theirs = both(seed, lambda package: package.MLP(nin, nouts))
    rng = random.Random(seed)
    for our, their in zip(ours.parameters(), theirs.parameters(), strict=True):
        our.data = their.data = rng.uniform(-1, 1)  # biases, too, are no longer 0
    x = [rng.uniform(-2, 2) for _ in range(nin)]

    found = {}
    for name, model, value in (("ours", ours, Value), ("theirs", theirs, TheirValue)):
        inputs = [value(number) for number in x]
        outputs = ours(inputs) if model is ours else through(theirs, inputs)
        assert isinstance(outputs, list) == (nouts[-1] > 1)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        loss = sum(((k + 1) * output * output for k, output in enumerate(outputs)), value(0))
        loss.backward()
        leaves = [*inputs, *model.parameters()]
        found[name] = [o.data for o in outputs] + [loss.data], [leaf.grad for leaf in leaves]

    (our_numbers, our_slopes), (their_numbers, their_slopes) = found["ours"], found["theirs"]
    agree(our_numbers, their_numbers)
    agree(our_slopes, their_slopes)


def test_zero_grad():
    """`zero_grad` of a model makes every parameter's `grad` 0, whatever it was."""
    model = nn.MLP(2, [2, 1])
    (model([1.0, 2.0]) ** 2).backward()
    model.layers[1].neurons[0].b.grad = 3.0
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 9


def test_the_demo_of_micrograd_trains_alike():
    """The training loop of micrograd's demo (SVM loss, L2, decreasing rate) gives the same parameters."""
    rng = random.Random(0)
    xs = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(10)]
    ys = [1 if x[0] * x[1] > 0 else -1 for x in xs]
    ours, theirs = both(7, lambda package: package.MLP(2, [4, 4, 1]))
    for model, value in ((ours, Value), (theirs, TheirValue)):
        for k in range(10):
            inputs = [list(map(value, x)) for x in xs]
            scores = list(map(model, inputs))
            losses = [(1 + -y * score).relu() for y, score in zip(ys, scores, strict=True)]
            total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
            model.zero_grad()
            total.backward()
            for p in model.parameters():
                p.data -= (1.0 - 0.9 * k / 100) * p.grad
    np.testing.assert_allclose(
        [p.data for p in ours.parameters()], [p.data for p in theirs.parameters()], rtol=1e-10
    )


def test_module_of_ones_own():
    """micrograd's pattern, a Module that overrides `parameters`, has a working `zero_grad`."""

    class Line(nn.Module):
        def __init__(self):
            self.slope = Value(2.0)

        def parameters(self):
            return [self.slope]

    line = Line()
    (line.slope * 3).backward()
    assert line.slope.grad == 3.0
    line.zero_grad()
    assert line.slope.grad == 0.0
