"""predict, accuracy and confusion: against counts by hand and NumPy, for every way of giving a class."""

import math
import random

import numpy as np
import pytest

import nn
from engine import Value
from nn import MLP, Confusion, Module, accuracy, confusion, data, fit, predict


def network(outputs, trained_for=None):
    """A network of one input whose outputs are these numbers, whatever the input."""
    model = MLP(1, [len(outputs)])
    model.load_state_dict(dict.fromkeys(model.state_dict(), 0.0))
    for neuron, bias in zip(model.layers[0].neurons, outputs, strict=True):
        neuron.b.data = bias
    model.trained_for = trained_for
    return model


class Identity(Module):
    """Its outputs are its inputs."""

    def __init__(self):
        self.w = Value(1.0)

    def __call__(self, x):
        return [self.w * v for v in x] if isinstance(x, list) else self.w * x


LOGITS = "binary_cross_entropy_from_logits"


@pytest.mark.parametrize(
    ("outputs", "cost", "kind", "expected"),
    [
        ([0.3], None, None, 0.3),
        ([0.3, -2.0], None, None, [0.3, -2.0]),
        ([0.3], None, "class", 0),
        ([0.7], None, "class", 1),
        ([0.3], LOGITS, None, 1),  # a logit: it separates at 0
        ([0.3], LOGITS, "number", 0.3),
        ([0.3], LOGITS, "probability", 1 / (1 + math.exp(-0.3))),
        ([0.3], "hinge", None, 1),
        ([-0.3], "hinge", None, 0),
        ([0.3], "binary_cross_entropy", None, 0),
        ([0.3], "binary_cross_entropy", "probability", 0.3),
        ([1.0, 3.0, 2.0], "softmax_cross_entropy", None, 1),
    ],
)
def test_predict(outputs, cost, kind, expected):
    """The kind of prediction follows from the cost of the training, or is what is asked for."""
    for model, options in ((network(outputs, cost), {}), (network(outputs), {"cost": cost} if cost else {})):
        found = predict(model, [[5.0], 7.0], kind=kind, **options)
        assert found == [pytest.approx(expected, rel=1e-12)] * 2
        assert type(found[0]) is type(expected)


def test_probabilities_of_several_classes():
    """softmax, by NumPy; they add up to 1."""
    logits = [1.0, 3.0, -2.0]
    ((*found,),) = predict(network(logits, "softmax_cross_entropy"), [0.0], kind="probability")
    assert found == pytest.approx((np.exp(logits) / np.exp(logits).sum()).tolist(), rel=1e-12)


def test_a_model_that_fit_has_trained_knows_its_cost():
    """After fit with a cost of classes, predictions are classes."""
    xs, ys = data.xor()
    model = MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
    fit(model, xs, ys, cost=LOGITS, lr=0.5, epochs=500, stop_below=0.05)
    assert predict(model, xs) == [0, 1, 1, 0]
    assert accuracy(model, xs, ys) == 1.0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kind": "label"}, ValueError, "^kind must be one of number, probability, class, got 'label'"),
        ({"kind": "probability"}, ValueError, "^outputs for squared_error are not probabilities; train for"),
        ({"kind": "probability", "cost": "hinge"}, ValueError, "^outputs for hinge are not probabilities"),
        ({"cost": "hinges"}, ValueError, "'hinges'"),
    ],
)
def test_predict_refuses(options, error, message):
    """What cannot be predicted."""
    with pytest.raises(error, match=message):
        predict(network([0.5]), [[0.0]], **options)


def test_errors_name_the_example():
    """What does not fit the model is reported with its number; an error of a kind of its own stays."""
    with pytest.raises(ValueError, match=r"^expected 1 input for example 1, got 2; pass each"):
        predict(network([0.5]), [[0.0], [0.0, 1.0]])
    with pytest.raises(TypeError, match=r"^example 0: "):
        predict(lambda _x: "a text", [[0.0]])
    with pytest.raises(UnicodeDecodeError):
        predict(lambda _x: b"\xff".decode(), [[0.0]])
    assert predict(lambda x: 2 * x, [1, 2.5]) == [2.0, 5.0]


CLASSES = [
    ([0.4, 0.6, 0.9], [0, 1, 0], None, 2 / 3),
    ([0.4, 0.6, 0.9], [[0.0], [1.0], [1.0]], None, 1.0),
    ([-0.4, 0.1, 0.4], [0, 1, 1], LOGITS, 1.0),
    ([-0.4, 0.1, 0.4], [-1, 1, -1], "hinge", 2 / 3),
    ([-0.4, 0.1, 0.4], [-1, 1, 1], None, 1.0),  # labels ±1 part at 0, whatever the cost
    ([[1.0, 2.0], [2.0, 1.0]], [1, 1], None, 0.5),
    ([[1.0, 2.0], [2.0, 1.0]], [[0, 1], [1, 0]], None, 1.0),
    ([[0.9, 0.8], [0.9, 0.1]], [[1, 1], [1, 0]], None, 1.0),  # several at once: each output by itself
    ([[0.9, 0.8], [0.9, 0.8]], [[1, 1], [1, 0]], None, 0.5),
    ([[0.9, -0.8], [0.9, 0.8]], [[1, -1], [-1, -1]], "hinge", 0.5),
]


@pytest.mark.parametrize(("outputs", "ys", "cost", "expected"), CLASSES)
def test_accuracy(outputs, ys, cost, expected):
    """The share of examples that are right, for every way of giving a class."""
    assert accuracy(Identity(), outputs, ys, cost=cost) == pytest.approx(expected)
    assert accuracy(Identity(), outputs, np.array(ys), cost=cost) == pytest.approx(expected)


def test_confusion_counts():
    """Rows are desired, columns predicted classes; NumPy counts the same."""
    rng = random.Random(4)
    outputs = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(200)]
    ys = [rng.randrange(3) for _ in outputs]
    found = confusion(Identity(), outputs, ys)
    expected = np.zeros((3, 3), int)
    np.add.at(expected, (ys, np.argmax(outputs, axis=1)), 1)
    assert found.counts == tuple(map(tuple, expected.tolist()))
    assert found.accuracy == accuracy(Identity(), outputs, ys) == pytest.approx(np.trace(expected) / 200)
    assert found.to_dict() == {"classes": [0, 1, 2], "counts": expected.tolist(), "accuracy": found.accuracy}


def test_confusion_prints():
    """A table with a line for each desired class; ±1 are classes too; large counts have room."""
    assert repr(confusion(Identity(), [-0.5, 0.5, 0.7], [-1, 1, -1], cost="hinge")).splitlines() == [
        "predicted    -1   1",
        "desired -1    1   1",
        "desired 1     0   1",
        "2 of 3 right, 66.7 %",
    ]
    assert confusion(Identity(), [0.1], [0]).classes == (0, 1)
    lines = repr(Confusion((0, 1), ((123456, 0), (1, 2)))).splitlines()
    assert len({len(line) for line in lines[:3]}) == 1
    assert "123,456" in lines[1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy(Identity(), [0.5], [0.5]), "^example 0: .* one of -1, 0, 1, got float 0.5; "),
        (lambda: accuracy(Identity(), [[0.5, 1.0]], [2]), "^example 0: .* is one of 0, 1, got int 2; "),
        (lambda: accuracy(Identity(), [[0.5, 1.0]], [[1, 0, 0]]), "^example 0: got 2 outputs and 3 desired"),
        (lambda: accuracy(Identity(), [0.5], ["yes"]), "expected a number|a list of them"),
        (lambda: accuracy(Identity(), [], []), "^got no examples"),
        (lambda: confusion(Identity(), [[0.5, 1.0]], [[1, 1]]), "^an example has several classes at once"),
    ],
)  # fmt: skip
def test_what_is_not_a_class_is_refused(call, message):
    """A number that is no class, and tables that do not fit."""
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_values_as_desired_outputs():
    """Values stand for their numbers."""
    assert accuracy(Identity(), [0.6], [Value(1.0)]) == 1.0
    assert nn.metrics.KINDS == ("number", "probability", "class")
