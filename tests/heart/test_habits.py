"""The ways in which people are used to write with micrograd's Values: the same programs, the same numbers."""

import copy
import random

import micrograd.engine
import micrograd.nn
import numpy as np
import pytest

import engine
import nn
from engine import Value

HERE, THERE = (engine.Value, nn), (micrograd.engine.Value, micrograd.nn)


def in_place(Value, _nn):
    """``+=``, ``-=``, ``*=``, ``/=`` and ``**=`` make new nodes and leave the old ones alone."""
    a, b = Value(2.0), Value(-3.0)
    c = a
    c += b
    c -= 0.5
    c *= a
    c /= 4
    c **= 2
    c.backward()
    return a.data, a.grad, b.grad, c.data


def sums_without_start(Value, _nn):
    """``sum`` begins with the int 0, and takes a generator."""
    xs = [Value(float(k)) for k in range(1, 5)]
    total = sum(x * x for x in xs) + sum(xs)
    total.backward()
    return total.data, [x.grad for x in xs]


def sums_with_start(Value, _nn):
    """``sum`` may begin with a Value."""
    xs = [Value(1.0), Value(2.0)]
    total = sum((x**2 for x in xs), Value(10.0))
    total.backward()
    return total.data, [x.grad for x in xs]


def keys_and_members(Value, _nn):
    """Values are keys of dicts and members of sets by identity, however equal their numbers."""
    a, b = Value(1.0), Value(1.0)
    names = {a: "a", b: "b"}
    return len(names), names[a], names[b], len({a, b, a}), a == b, {a, b} == {b, a}, a != b


def there_or_not(Value, _nn):
    """A Value is true whatever its number, as any object is: ``x or default`` asks whether there is one."""
    zero = Value(0.0)
    return (
        bool(zero),
        (zero or None) is zero,
        (None or zero) is zero,
        [x for x in (None, zero) if x] == [zero],
    )


def positional_arguments(Value, _nn):
    """``Value(data, children, op)``: children and symbol can be read again."""
    a, b = Value(2.0), Value(3.0)
    out = Value(6.0, (a, b), "*")
    return out.data, len(out._prev), out._op, {a, b} == set(out._prev), Value(1.0)._op


def reflected_operands(Value, _nn):
    """Numbers on the left of every operator."""
    a = Value(4.0)
    y = (1 + a) * (2 - a) / (3 * a) + 5 / a - True * a
    y.backward()
    return y.data, a.grad


def descent_by_hand(Value, nn):
    """``zero_grad``, ``backward``, ``p.data -= lr * p.grad``, as in every training loop."""
    random.seed(5)
    model = nn.MLP(3, [4, 1])
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    losses = []
    for step in range(20):
        predicted = [model(list(map(Value, x))) for x in xs]
        loss = sum((p - y) ** 2 for p, y in zip(predicted, [1.0, -1.0, -1.0, 1.0], strict=True))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.01 * p.grad
        losses.append((step, loss.data))
    return [loss for _, loss in losses], [p.data for p in model.parameters()]


def gradients_set_to_zero_by_hand(Value, nn):
    """``p.grad = 0`` and ``p.grad = 0.0`` do as well as ``zero_grad``."""
    random.seed(6)
    model = nn.Neuron(2, nonlin=False)
    for zero in (0, 0.0):
        model([Value(1.0), Value(2.0)]).backward()
        for p in model.parameters():
            p.grad = zero
    model([1.0, 2.0]).backward()
    return [p.grad for p in model.parameters()]


def words(Value, nn):
    """Values and neurons are told as people have them in their notes; a model here says its sizes."""
    random.seed(7)
    model = nn.MLP(2, [3, 1])
    (x := Value(1.5)).backward()
    told = repr(x).replace("grad=1)", "grad=1.0)")  # the only thing that is told in another way
    return told, repr(model.layers[0].neurons[0]), len(model.parameters())


def topological_order_by_hand(Value, _nn):
    """The sort of micrograd's lecture, written by the reader over ``_prev``: parents come first."""
    a, b = Value(2.0), Value(3.0)
    c = a * b
    d = c + a
    order, seen = [], set()

    def build(v):
        if v not in seen:
            seen.add(v)
            for child in v._prev:
                build(child)
            order.append(v)

    build(d)
    place = {v: k for k, v in enumerate(order)}
    return len(order), place[a] < place[c] < place[d], place[b] < place[c]


def modules_of_ones_own(Value, nn):
    """A Module with ``parameters`` and ``__call__`` holds other modules."""

    class Two(nn.Module):
        def __init__(self):
            self.left, self.right = nn.Layer(2, 2), nn.Layer(2, 1)

        def __call__(self, x):
            return self.right(self.left(x))

        def parameters(self):
            return self.left.parameters() + self.right.parameters()

    random.seed(8)
    two = Two()
    out = two([Value(0.3), Value(-0.7)])
    out.backward()
    grads = [p.grad for p in two.parameters()]
    two.zero_grad()
    return out.data, grads, [p.grad for p in two.parameters()]


PROGRAMS = [
    in_place, sums_without_start, sums_with_start, keys_and_members, there_or_not, positional_arguments,
    reflected_operands, descent_by_hand, gradients_set_to_zero_by_hand, words,
    topological_order_by_hand, modules_of_ones_own,
]  # fmt: skip


def flat(found):
    return [y for x in found for y in (flat(x) if isinstance(x, list | tuple) else [x])]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_for_micrograd(program):
    """It runs as it is; what it finds is what it finds there: numbers to 1e-12, all else exactly."""
    for here, there in zip(flat(program(*HERE)), flat(program(*THERE)), strict=True):
        assert here == (pytest.approx(there, rel=1e-12) if isinstance(there, float) else there)


NUMPY = [
    np.float64(2.5),
    np.float32(2.5),
    np.int64(3),
    np.int8(3),
    np.uint16(3),
    np.bool_(True),
    np.array(2.5)[()],
]


@pytest.mark.parametrize("factor", NUMPY, ids=lambda factor: type(factor).__name__)
def test_numpy_scalars_as_factors(factor):
    """On either side of any operator they are numbers: a Value comes out, and its slope is right."""
    writings = [
        lambda v: factor * v, lambda v: v * factor, lambda v: factor + v, lambda v: v - factor,
        lambda v: factor - v, lambda v: v / factor, lambda v: factor / v, lambda v: v**factor,
        lambda v: factor**v,
    ]  # fmt: skip
    for written in writings:
        v = Value(1.7)
        y = written(v)
        assert type(y) is Value
        y.backward()
        up, down = (written(Value(1.7 + h)).data for h in (1e-6, -1e-6))
        assert v.grad == pytest.approx((up - down) / 2e-6, rel=1e-6, abs=1e-9)


def test_numpy_scalars_as_data():
    """A parameter takes a NumPy scalar and holds a plain float, so that nothing turns into an array later."""
    p = Value(np.float32(0.5))
    p.data -= np.float64(0.1) * p.grad
    p.data = np.int64(3)
    assert type(p.data) is float
    assert (p * 2).data == 6.0


def test_order_picks_values():
    """``max``, ``min`` and ``sorted`` go by the numbers and give the Values themselves."""
    a, b, c = Value(3.0), Value(1.0), Value(2.0)
    assert max(a, b, c) is a
    assert min([a, b, c]) is b
    assert sorted([a, b, c]) == [b, c, a]
    assert a > 2
    assert 2 < a < np.float64(4)


def test_a_method_of_ones_own():
    """A new operation, added to the class from outside, with its local derivative: no closure needed."""

    def cube(self):
        return Value(self.data**3, (self,), "cube", local_derivatives=(3 * self.data**2,))

    class Mine(Value):
        cubed = cube

    x = Mine(2.0)
    y = x.cubed() + x
    y.backward()
    assert (y.data, x.grad) == (10.0, 13.0)
    assert y.parents[0]._op == "cube"


def test_copies_train_apart():
    """``copy.deepcopy`` of a model, as people keep the best one: the copy keeps its numbers."""
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    kept = copy.deepcopy(model)
    for p in model.parameters():
        p.data -= 1.0
    assert [p.data for p in kept.parameters()] == [p.data + 1.0 for p in model.parameters()]
    assert [p.label for p in kept.parameters()] == [p.label for p in model.parameters()]
