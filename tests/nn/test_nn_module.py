"""Module: the parameters it finds, the names it gives them, and its state."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Value
from nn import MLP, Module, Neuron


class Block(Module):
    """Holds whatever it is given."""

    def __init__(self, **held):
        vars(self).update(held)


def test_values_lists_tuples_dicts_and_modules():
    """Parameters are found in every container, named by the path to them, in the order they were set."""
    a, b, c, d, e, f = (Value(float(k)) for k in range(6))
    model = Block(z=a, many=[b, (c,)], named={"left": d, 7: [e]}, inner=Block(deep=Block(shift=f)))
    assert list(model.named_parameters()) == [
        ("z", a),
        ("many.0", b),
        ("many.1.0", c),
        ("named.left", d),
        ("named.7.0", e),
        ("inner.deep.shift", f),
    ]
    assert model.parameters() == [a, b, c, d, e, f]
    assert model.state_dict() == {name: value.data for name, value in model.named_parameters()}


def test_a_shared_value_counts_once():
    """A Value found in several places has the name of the first, and one place in the gradient vector."""
    shared = Value(1.0)
    inner = Block(w=shared)
    model = Block(first=inner, second=inner, again=[shared, shared])
    assert list(model.named_parameters()) == [("first.w", shared)]


def test_what_is_no_parameter():
    """Attributes with an underscore, results of computations, numbers, text and None are passed over."""
    w = Value(1.0)
    model = Block(_hidden=Value(2.0), w=w, result=w * 2, rate=0.1, name="x", none=None, _list=[Value(3.0)])
    assert model.parameters() == [w]
    assert Block().parameters() == []


def test_networks_inside():
    """A network inside a module keeps its symbols, under the attribute's name."""
    model = Block(encoder=MLP(1, [1]), decoder=MLP(1, [2]), scale=Value(1.0))
    assert list(model.state_dict()) == [
        *("encoder.w^(1)", "encoder.b^(1)"),
        *("decoder.w_0^(1)", "decoder.b_0^(1)", "decoder.w_1^(1)", "decoder.b_1^(1)"),
        "scale",
    ]


def test_zero_grad_reaches_every_parameter():
    """`zero_grad` clears nested parameters, and leaves a Value that is none."""
    model = Block(inner=[Neuron(1)], own=Value(1.0), _other=Value(1.0))
    for node in (*model.parameters(), model._other):
        node.grad = 5.0
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0, 0.0, 0.0]
    assert model._other.grad == 5.0


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=30, deadline=None)
@given(state=st.lists(finite, min_size=5, max_size=5))
def test_load_state_dict_is_the_inverse_of_state_dict(state):
    """Loading another network's state makes the networks equal, and its nodes stay the same objects."""
    source, target = MLP(1, [2, 1], bias=True), MLP(1, [2, 1])
    before = target.parameters()
    for parameter, x in zip(source.parameters(), [*state, *state[:2]], strict=True):
        parameter.data = x
    target.load_state_dict(source.state_dict())
    assert target.state_dict() == source.state_dict()
    assert target.parameters() == before


WRONG = {
    "missing": ({"w": 1.0}, ValueError, "missing b"),
    "unknown": ({"w": 1.0, "b": 1.0, "c": 1.0}, ValueError, "unknown c"),
    "both": ({"w": 1.0, "bias": 1.0}, ValueError, "missing b; unknown bias"),
    "text": ({"w": 1.0, "b": "2"}, TypeError, "b must be a real number, got str '2'"),
    "none": ({"w": None, "b": 1.0}, TypeError, "w must be a real number, got NoneType"),
    "many": ({str(k): 1.0 for k in range(9)}, ValueError, "unknown 0, 1, 2, 3 and 5 more$"),
}


@pytest.mark.parametrize(("state", "kind", "message"), WRONG.values(), ids=WRONG)
def test_a_state_that_does_not_fit_changes_nothing(state, kind, message):
    """Names are checked strictly, numbers before any is set: all or nothing."""
    neuron = Neuron(1, rng=random.Random(1))
    before = neuron.state_dict()
    with pytest.raises(kind, match=message):
        neuron.load_state_dict(state)
    assert neuron.state_dict() == before


def test_loading_keeps_gradients_and_labels():
    """A state holds numbers only."""
    neuron = Neuron(1)
    neuron.b.grad = 3.0
    neuron.load_state_dict({"w": 1, "b": True})
    assert (neuron.b.data, neuron.b.grad, neuron.b.label) == (1.0, 3.0, "b")
