"""The ways in which people are used to write: they work here, or one line says what to write."""

import contextlib
import copy
import inspect
import io
import pydoc
import random
from typing import NamedTuple

import micrograd.engine
import micrograd.nn
import numpy as np
import pytest

import engine
import nn
from engine import Value

NAMED_BY_VARIABLES = True
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


# ── What was typed, and what came ─────────────────────────────────────────────────────────────────


class Habit(NamedTuple):
    """What somebody types, and what comes: what Python shows, or the error that holds these words."""

    typed: str
    came: str


BEGIN = """
import copy, math, random
import numpy as np
import engine, nn
from engine import *
from nn import *
x, w = Value(3.0), Value(-2.0)
y = x * w + x
xs, ys = data.xor()
model = MLP(2, [4, 1], rng=random.Random(0))
"""

# fmt: off
MICROGRAD = [
    Habit("Value(2.0)", "Value(data=2.0, grad=0.0)"),
    Habit("Value(2.0, label='a')", "Value(data=2.0, grad=0.0, label='a')"),
    Habit("Value(6.0, (x, w), '*')._op", "'*'"),
    Habit("Value(6.0, _children=(x, w), _op='*')._prev == {x, w}", "True"),
    Habit("y.grad = 1.0; y._backward(); y.parents[0]._backward(); x.grad", "-1.0"),
    Habit("out = Value(9.0, (x,), 'sq'); out._backward = lambda: setattr(x, 'grad', x.grad + 6 * out.grad); out.backward(); x.grad", "6.0"),
    Habit("x.grad = 0; x.grad", "0.0"),
    Habit("x.data -= 0.1 * 2; round(x.data, 6)", "2.8"),
    Habit("y.backward(); y.backward(); x.grad", "-2.0"),
    Habit("x == 3", "False"),
    Habit("x in [3.0]", "False"),
    Habit("x.isclose(3)", "True"),
    Habit("2 <= x <= 4", "True"),
    Habit("max(x, w) is x", "True"),
    Habit("sum([x, w]).data", "1.0"),
    Habit("math.exp(x)", "TypeError: a Value does not become a plain number automatically; use .data for the number, or x.exp()"),
    Habit("draw_dot(y)", "NameError"),
    Habit("y.children", "AttributeError: Value has no children: use v.parents, or micrograd's v._prev"),
    Habit("x.ln()", "AttributeError: Value has no ln: write v.log()"),
    Habit("engine.draw_dot(y)", "AttributeError: use engine.draw(C)"),
    Habit("MLP(3, [4, 4, 1])", "MLP of 3 inputs, 4 relu, 4 relu, 1 linear: 41 parameters"),
    Habit("MLP([3, 4, 1])", "TypeError: MLP takes nin, nouts without a keyword; was not given nouts; MLP(2, [4, 1])"),
    Habit("MLP(3, 4, 1)", "TypeError: MLP takes nin, nouts; got 3; MLP(2, [4, 1])"),
    Habit("MLP(2, [1], nonlin=False)", "TypeError: MLP has no argument 'nonlin'; pass activation='linear'"),
    Habit("len(model.parameters())", "17"),
    Habit("model(xs[0]) - ys[0]", "TypeError: cannot combine a Value with list"),
    Habit("x.explain(y)", "x does not depend on y: no path leads from y to x.\n∂x/∂y = 0\ny depends on x: the other way round, explain(y, x) explains ∂y/∂x."),
    Habit("y.explain(x).name", "'∂y/∂x'"),
    Habit("print(steps(w * 2.0))", "C: ∂C/∂C = 1  →  w += 2 · 1 = 2; leaf 2 += (−2) · 1 = −2"),
    Habit("steps(w * 2.0)", "<Steps of 1 node in a right order>"),
    Habit("print(y.tree(depth=1))", "y = −3       +\n├─ v_1 = −6  *\n│  └─ … 2 nodes below\n└─ x = 3"),
    Habit("y.explain(wrt=x).name", "'∂y/∂x'"),
    Habit("y.explain()", "TypeError: was not given w; write it as in explain(C, w)"),
    Habit("y.explain([x, w])", "TypeError: one node at a time: [explain(C, w) for w in ws]"),
    Habit("y.forward()", "AttributeError: Value has no forward: write engine.forward(C)"),
    Habit("x ^ 2", "TypeError: a power is written **, as in x ** 2"),
    Habit("2 ^ x", "TypeError: a power is written **, as in x ** 2"),
    Habit("Value(2.0, 'a')", "TypeError: parents must be a tuple of Values; a name is written label='a'"),
    Habit("Value(2.0, name='a')", "TypeError: Value has no argument 'name'; a node's name is its label: Value(2.0, label='a')"),
    Habit("model(0.5, 1.0)", "TypeError: MLP takes one list of inputs; got 2 arguments; model([1.0, 2.0])"),
    Habit("model.layers[0].neurons[0](0.5, 1.0)", "TypeError: Neuron takes one list of inputs; got 2 arguments"),
    Habit("y.show()", "AttributeError: Value has no show: use C.draw() or C.play()"),
    Habit("x // 2", "TypeError: a Value has no // and no %; use .data for the numbers, as in x.data // 2"),
    Habit("x % 2", "TypeError: a Value has no // and no %; use .data"),
    Habit("divmod(x, 2)", "TypeError: a Value has no // and no %; use .data"),
    Habit("math.trunc(x)", "TypeError: a Value cannot be rounded; use round(x.data)"),
    Habit("abs(-3), abs(3 + 4j), abs(w).data", "(3, 5.0, 2.0)"),
]
PYTORCH = [
    Habit("x.item()", "3.0"),
    Habit("x.detach()", "Value(data=3.0, grad=0.0)"),
    Habit("z = x * x.detach(); z.backward(); x.grad", "3.0"),
    Habit("x.detach().parents, y.detach().parents", "((), ())"),
    Habit("x.grad = None; x.has_grad", "False"),
    Habit("y.backward(retain_graph=True); x.grad", "-1.0"),
    Habit("o = Adam(model.parameters()); o.zero_grad(set_to_none=True)", "None"),
    Habit("model.zero_grad(set_to_none=True)", "None"),
    Habit("x.requires_grad", "AttributeError: Value has no requires_grad: every Value gets a gradient; do not pass them to the optimiser"),
    Habit("Value(3.0, requires_grad=True)", "TypeError: Value has no argument 'requires_grad'; every Value gets a gradient"),
    Habit("y.backward(None); x.grad", "-1.0"),
    Habit("y.backward(2.0)", "TypeError: begins with 1; got float 2.0; (2 * C).backward()"),
    Habit("x.requires_grad = False", "AttributeError: every Value gets a gradient; do not pass them"),
    Habit("x.requires_grad_()", "AttributeError: every Value gets a gradient"),
    Habit("x.numpy()", "AttributeError: Value has no numpy: use v.data"),
    Habit("x.shape", "AttributeError: Value has no shape: it is one number; record a Tape"),
    Habit("hasattr(x, 'shape'), 'shape' in dir(x)", "(False, False)"),
    Habit("x.to('cuda')", "AttributeError: Value has no to: it holds a plain Python float"),
    Habit("x.clone()", "AttributeError: Value has no clone: use v.detach()"),
    Habit("x.grad_fn", "AttributeError: Value has no grad_fn: use v.rule and v.parents"),
    Habit("x.pow(2)", "AttributeError: Value has no pow: write v ** n"),
    Habit("engine.tensor(2.0)", "AttributeError: module 'engine' has no attribute 'tensor': use Value(2.0)"),
    Habit("engine.no_grad()", "AttributeError: plain numbers record nothing; update w.data"),
    Habit("from nn import SGD", "ImportError: cannot import name 'SGD' from 'nn': use GradientDescent"),
    Habit("from nn import MLP, Linear", "ImportError: cannot import name 'Linear' from 'nn': use Layer(nin, nout, activation='linear')"),
    Habit("from engine import Tensor", "ImportError: cannot import name 'Tensor' from 'engine': use Value(2.0)"),
    Habit("from chainrule import Tensor", "ImportError: cannot import name 'Tensor' from 'chainrule': use Value(2.0)"),
    Habit("from engine import Vlaue", "ImportError: cannot import name 'Vlaue' from 'engine'"),
    Habit("hasattr(nn, 'SGD'), hasattr(engine, 'Tensor')", "(False, False)"),
    Habit("nn.Linear(2, 1)", "AttributeError: module 'nn' has no attribute 'Linear': use Layer(nin, nout, activation='linear')"),
    Habit("nn.Sequential()", "AttributeError: use MLP(2, [4, 1])"),
    Habit("nn.ReLU()", "AttributeError: pass activation='relu'"),
    Habit("nn.MSELoss()", "AttributeError: pass its name to fit, as in cost='mse'"),
    Habit("nn.functional.relu(x)", "AttributeError: it is in engine: engine.relu(x)"),
    Habit("nn.SGD(model.parameters(), lr=0.1)", "AttributeError: use GradientDescent"),
    Habit("Adam(model, lr=0.1)", "TypeError: an optimiser takes a list of Values; pass model.parameters()"),
    Habit("Adam(model.parameters(), learning_rate=0.5).lr", "0.5"),
    Habit("Adam(lr=0.5)", "TypeError: Adam takes parameters; was not given parameters; Adam(model.parameters(), lr=0.01)"),
    Habit("model.train() is model, model.eval() is model", "(True, True)"),
    Habit("model.train(xs, ys)", "TypeError"),
    Habit("model.train(xs)", "TypeError: mode must be True or False; to train a model, write fit(model, xs, ys)"),
    Habit("model.forward(xs[0])", "AttributeError: MLP has no forward: call it: model(x)"),
    Habit("model.to('cpu')", "AttributeError: MLP has no to: its parameters are plain Python floats"),
    Habit("len(fit(model, xs, ys, loss='mse', epochs=3).costs)", "3"),
    Habit("len(fit(model, xs, ys, criterion='MSELoss', num_epochs=3).costs)", "3"),
    Habit("len(fit(model, xs, ys, optimizer='adam', epochs=3).costs)", "3"),
    Habit("len(fit(model, xs, ys, optimizer='SGD', learning_rate=0.1, epochs=3).costs)", "3"),
    Habit("len(fit(model, xs, ys, optimizer=Adam, lr=0.1, epochs=3).costs)", "3"),
    Habit("len(fit(model, xs, ys, cost='BCEWithLogitsLoss', epochs=3).costs)", "3"),
    Habit("fit(model, xs, ys, cost='mes')", "ValueError: no cost is named 'mes'; did you mean squared_error?"),
    Habit("fit(model, xs, ys, optimizer='adamw')", "ValueError: no optimizer is named 'adamw'; did you mean adam?"),
    Habit("fit(model, xs, ys, seed=1)", "TypeError: fit has no argument 'seed'; pass rng=random.Random(0)"),
    Habit("fit(model, xs, ys, momentum=0.9)", "TypeError: fit has no argument 'momentum'; pass optimizer=GradientDescent(model.parameters(), lr=0.1, momentum=0.9)"),
    Habit("fit(model, xs, ys, batch=2)", "TypeError: fit has no argument 'batch'; did you mean batch_size?"),
    Habit("fit(model, xs)", "TypeError: fit takes model, xs, ys; was not given ys; fit(model, xs, ys)"),
    Habit("MLP(2, [4, 1], activation='ReLU').layers[0]", "Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)]"),
    Habit("MLP(2, [4, 1], activation='relU6')", "ValueError: no activation is named 'relU6'; did you mean relu?"),
    Habit("MLP(2, [4, 1], seed=0)", "TypeError: MLP has no argument 'seed'; pass rng=random.Random(0)"),
    Habit("losses.cost('bce').name, losses.cost('Cross_Entropy').name", "('binary_cross_entropy', 'softmax_cross_entropy')"),
]
KERAS = [
    Habit("model.fit(xs, ys)", "AttributeError: MLP has no fit: use nn.fit(model, xs, ys)"),
    Habit("model.compile(optimizer='adam')", "AttributeError: use nn.fit(model, xs, ys)"),
    Habit("model.predict(xs)", "AttributeError: use nn.predict(model, xs)"),
    Habit("model.summary()", "AttributeError: print(model) shows sizes and numbers of parameters"),
    Habit("nn.Dense(4)", "AttributeError: use Layer(nin, nout, activation='linear')"),
    Habit("len(fit(model, xs, ys, epochs=2, verbose=0).costs)", "2"),
]
JAX = [
    Habit("grad(lambda x: x ** 2)(3.0)", "TypeError: grad differentiates a Value; the f(x) of a function f"),
    Habit("grad(x ** 2, x).data", "6.0"),
    Habit("engine.value_and_grad(lambda x: x)", "AttributeError: call y.backward()"),
    Habit("engine.jit(lambda x: x)", "AttributeError: record a Tape"),
    Habit("engine.vmap(lambda x: x)", "AttributeError: record a Tape"),
    Habit("engine.stop_gradient(x)", "AttributeError: plain numbers record nothing"),
    Habit("engine.jacrev(lambda x: x)", "AttributeError: use engine.jacobian(ys, xs)"),
    Habit("round(engine.sigmoid(0.0), 6), engine.relu(-1.0)", "(0.5, 0.0)"),
]
NUMPY = [
    Habit("np.exp(x - 3)", "Value(data=1.0, grad=0.0)"),
    Habit("np.maximum(x, 5)", "Value(data=5.0, grad=0.0)"),
    Habit("np.array([x, w]).sum()", "Value(data=1.0, grad=0.0)"),
    Habit("np.dot([x, w], [1.0, 2.0])", "Value(data=-1.0, grad=0.0)"),
    Habit("np.floor(x)", "TypeError: np.floor has no rule of differentiation; pass x.data"),
    Habit("np.array([x], dtype=float)", "TypeError: a Value does not become a plain number automatically"),
    Habit("Value(np.array([1.0]))", "TypeError: data must be a real number; pass its elements one by one"),
    Habit("Value(np.float32(2))", "Value(data=2.0, grad=0.0)"),
    Habit("x.sum()", "AttributeError: use engine.total([…])"),
    Habit("x.T", "AttributeError: it is one number"),
    Habit("engine.sum([x, w])", "AttributeError: use engine.total([…])"),
    Habit("engine.array([1.0])", "AttributeError: use Value(2.0), one number each"),
    Habit("round(x)", "TypeError: a Value cannot be rounded; use round(x.data)"),
    Habit("f'{x:.2f}'", "'3.00'"),
    Habit("sorted([x, w])[0] is w", "True"),
    Habit("bool(np.isclose(x, 3.0))", "True"),
]
# fmt: on
# fmt: off
STUMBLED = [
    Habit("x.gradient", "AttributeError: Value has no gradient: read v.grad, after C.backward()"),
    Habit("x.derivative", "AttributeError: Value has no derivative: read v.grad"),
    Habit("x.value", "AttributeError: Value has no value: use v.data"),
    Habit("x.clamp(0, 1)", "AttributeError: Value has no clamp: write v.clip(lo, hi)"),
    Habit("x.name", "AttributeError: Value has no name: a node's name is its label"),
    Habit("x.name = 'x'", "AttributeError: Value has no name: a node's name is its label; x.label = 'a'"),
    Habit("x.visited = True", "AttributeError: Value has no visited; a subclass has"),
    Habit("x @ w", "TypeError: a Value has no @; write x * y, or engine.dot(ws, xs) for lists"),
    Habit("2.0 @ w", "TypeError: a Value has no @"),
    Habit("x @ 'w'", "TypeError: cannot combine a Value with str 'w'"),
    Habit("x @ np.array([1.0])", "TypeError: np.matmul has no rule of differentiation"),
    Habit("np.array([x, w]) @ np.array([1.0, 2.0])", "Value(data=-1.0, grad=0.0)"),
    Habit(
        "y.backward(create_graph=True)", "TypeError: write engine.grad(C, x) instead of create_graph=True"
    ),
    Habit("nn.optim.SGD", "AttributeError: module 'nn.optim' has no attribute 'SGD': use GradientDescent"),
    Habit("nn.optim.Nonsense", "AttributeError: module 'nn.optim' has no attribute 'Nonsense'"),
    Habit("model.get_weights()", "AttributeError: MLP has no get_weights: use model.arrays()"),
    Habit("model.weights", "AttributeError: MLP has no weights: use model.arrays(), or model.parameters()"),
    Habit(
        "fit(model, xs, ys, epochs=1).history", "AttributeError: History has no history: use history.costs"
    ),
    Habit("fit(model, xs, ys, epochs=1).losses", "AttributeError: History has no losses: use history.costs"),
    Habit(
        "fit(model, xs, ys, 3)",
        "TypeError: fit takes model, xs, ys without a keyword; got 4; options have names, as in cost=…",
    ),
    Habit(
        "MLP(3, [4, 1], 'relu')",
        "TypeError: MLP takes nin, nouts without a keyword; got 3; options have names, as in activation=…",
    ),
    Habit(
        "fit(model, xs, ys, validation_split=0.2)",
        "TypeError: fit has no argument 'validation_split'; validation=(xs, ys)",
    ),
    Habit(
        "fit(model, xs, ys, callbacks=[])", "TypeError: fit has no argument 'callbacks'; on_epoch; patience"
    ),
    Habit(
        "fit(model, xs, ys, metrics=['accuracy'])",
        "TypeError: fit has no argument 'metrics'; nn.accuracy(model, xs, ys)",
    ),
    Habit(
        "model([[0.0, 1.0]] * 4)",
        "ValueError: expected 2 inputs; got 4; pass one example at a time, or all of them to nn.predict(model, xs)",
    ),
]
# fmt: on
HABITS = [*MICROGRAD, *PYTORCH, *KERAS, *JAX, *NUMPY, *STUMBLED]


def came(typed):
    """What Python shows: what was printed, else the value of the last expression, else the error."""
    scope, printed = {}, io.StringIO()
    exec(BEGIN, scope)  # noqa: S102  (as typed)
    *first, last = typed.split("; ")
    try:
        with contextlib.redirect_stdout(printed):
            exec("\n".join(first), scope)  # noqa: S102  (as typed)
            try:
                shown = repr(eval(last, scope))  # noqa: S307  (as typed)
            except SyntaxError:
                exec(last, scope)  # noqa: S102  (as typed)
                shown = "None"
    except Exception as error:  # noqa: BLE001  (whatever comes)
        return f"{type(error).__name__}: {error}"
    return printed.getvalue().strip() or shown


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.typed)
def test_a_habit_works_or_is_told(habit):
    """It does what it does at home, or one line says what to write here."""
    found = came(habit.typed)
    error, *words = habit.came.split(": ", 1)
    if not error.endswith("Error"):
        assert found == habit.came
        return
    assert found.startswith(f"{error}: ")
    assert "\n" not in found
    for part in "".join(words).split("; "):
        assert part in found


def test_the_list_is_long():
    """Sixty habits at least, each once."""
    assert len({habit.typed for habit in HABITS}) == len(HABITS) >= 60


@pytest.mark.parametrize("name", ["draw", "play", "explain", "tree", "steps"])
def test_a_method_shows_the_options_of_its_function(name):
    """``C.draw?`` and ``help`` show what the function takes and says, in a program, a prompt or a notebook."""
    function, method = getattr(engine, name), getattr(Value, name)
    assert method is function
    bound = inspect.signature(getattr(Value(1.0), name))
    assert list(bound.parameters) == list(inspect.signature(function).parameters)[1:]
    assert "names" in bound.parameters
    assert "names" in pydoc.render_doc(method)


def test_swapped_arguments_of_explain_are_told_in_a_notebook_too():
    """Text and LaTeX name the derivative that exists; two nodes apart are not taken for that."""
    x = Value(3.0)
    y = x * x
    assert r"= 0 \quad \text{(the other way round: }" in engine.explain(x, y).latex()
    assert "the other way round" not in str(engine.explain(y, Value(1.0)))
    assert "the other way round" not in engine.explain(y, Value(1.0)).latex()


def test_long_passes_are_cut_when_printed():
    """Sixty steps are printed, and how many are left; none of them is taken."""
    y = x = Value(1.0)
    for _ in range(70):
        y = y * 1.5
    *lines, last = str(engine.steps(y)).splitlines()
    assert (len(lines), last) == (60, "… 10 more; iterate over them")
    assert not x.has_grad


def test_help_says_what_equality_compares():
    """``help(Value)`` says why ``x == 2`` is False, and what to write."""
    text = pydoc.render_doc(Value, renderer=pydoc.plaintext)
    assert "x.isclose(2)" in text
    assert "compare nodes, not numbers" in text


def test_help_begins_with_what_a_learner_needs():
    """The signature omits what only programs for micrograd pass, and a name that is missing has its advice."""
    text = pydoc.render_doc(Value, renderer=pydoc.plaintext)
    called = "Value(data: 'Number', parents: 'Iterable[Self]' = (), op: 'str | Sequence[Number]' = '', "
    assert engine.compiled or called in text  # a constructor in C tells Python no signature
    assert "_children" not in text
    assert text.index("``data`` is the number") < text.index("``parents`` are the operands")
    assert "clamp\n |      Missing: write v.clip(lo, hi)." in text
    assert Value(3.0, _children=(Value(3.0),), _op="+").parents


def test_a_star_replaces_no_builtin():
    """``from engine import *`` and ``from chainrule import *`` leave Python's own names alone."""
    for package in ("engine", "chainrule"):
        given = {}
        exec(f"from {package} import *", given)  # noqa: S102  (a star is for the top level of a module)
        own = given.pop("__builtins__")
        assert not set(given) & set(own)


def test_a_module_with_forward_is_called_as_in_pytorch():
    """A class that defines ``forward`` can be called, trained, and extended; ``__call__`` wins."""

    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = Value(1.0)

        def forward(self, x):
            return self.w * x

    class Twice(Line):
        def forward(self, x):
            return super().forward(x) * 2

    class Thrice(Line):
        def __call__(self, x):
            return self.w * x * 3

    assert [kind()(2.0).data for kind in (Line, Twice, Thrice)] == [2.0, 4.0, 6.0]
    line = Line()
    nn.fit(line, [1.0, 2.0], [3.0, 6.0], lr=0.1, epochs=50)
    assert line.w.data == pytest.approx(3.0)


def test_names_of_other_libraries_are_free_in_a_subclass():
    """A subclass may have attributes and methods of those names."""

    class Tensor(Value):
        def sum(self):
            return self

    x = Tensor(2.0)
    x.shape = ()
    assert (x.shape, x.sum()) == ((), x)
