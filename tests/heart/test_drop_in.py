"""Programs written for micrograd and microgpt run here after a change of imports, with the same numbers."""

import copy
import csv
import gc
import json
import math
import random
from itertools import pairwise
from pathlib import Path

import graphviz
import micrograd.engine
import micrograd.nn
import numpy as np
import pytest

import engine
import nn

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def _no_collector():
    """micrograd's graphs are full of cycles: with the collector its half of a test would take minutes."""
    gc.disable()
    yield
    gc.enable()


def moons():
    with (DATA / "moons.csv").open() as file:
        rows = [[float(cell) for cell in row] for row in csv.reader(file)]
    return np.array([row[:2] for row in rows]), np.array([int(row[2]) for row in rows])


def demo(Value, MLP, steps):
    """The program of micrograd's demo notebook: a max-margin classifier of two moons."""
    X, y = moons()
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    history = []
    for k in range(steps):
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        history.append((total_loss.data, sum(accuracy) / len(accuracy)))
    return history


@pytest.mark.slow
def test_the_moons_demo_reproduces_its_hundred_losses():
    """100 steps of micrograd's demo give the losses that micrograd gives from the same seed, to 1e-9."""
    recorded = json.loads((DATA / "micrograd_demo.json").read_text())["losses"]
    history = demo(engine.Value, nn.MLP, 100)
    assert [loss for loss, _ in history] == pytest.approx(recorded, rel=1e-9)
    assert recorded[0] == 0.8958441028683222
    assert history[-1][1] == 1.0


@pytest.mark.slow
@pytest.mark.usefixtures("_no_collector")
def test_the_moons_demo_beside_micrograd_itself():
    """The same program run with both, step by step."""
    theirs = demo(micrograd.engine.Value, micrograd.nn.MLP, 6)
    ours = demo(engine.Value, nn.MLP, 6)
    assert ours == [(pytest.approx(loss, rel=1e-12), accuracy) for loss, accuracy in theirs]


def expression(Value):
    """An expression with every operator of micrograd, some in place, some reflected, with shared nodes."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return g.data, a.grad, b.grad


def small_expression(Value):
    """A smaller one, with relu and a product of sums."""
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    return x.grad, y.data


@pytest.mark.parametrize("program", [expression, small_expression])
def test_expressions_have_micrograd_s_numbers(program):
    """Data and gradients are micrograd's, and those that its README prints: 24.7041, 138.8338, 645.5773."""
    assert program(engine.Value) == pytest.approx(program(micrograd.engine.Value), rel=1e-14)
    if program is expression:
        assert program(engine.Value) == pytest.approx((24.7041, 138.8338, 645.5773), abs=1e-4)


def trace(root):
    """Nodes and edges, as micrograd's notebooks collect them."""
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def draw_dot(root, form="svg", rankdir="LR"):
    """The picture of micrograd's notebooks: a record per value, a circle per operation."""
    nodes, edges = trace(root)
    dot = graphviz.Digraph(format=form, graph_attr={"rankdir": rankdir})
    for n in nodes:
        dot.node(name=str(id(n)), label=f"{{ data {n.data:.4f} | grad {n.grad:.4f} }}", shape="record")
        if n._op:
            dot.node(name=str(id(n)) + n._op, label=n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))
    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)
    return dot


def test_trace_and_draw_dot_run():
    """micrograd's trace and draw_dot find the same nodes, edges and symbols here as there."""
    for Value in (engine.Value, micrograd.engine.Value):
        x = Value(1.0)
        y = (x * 2 + 1).relu() ** 2
        y.backward()
        nodes, edges = trace(y)
        assert (len(nodes), len(edges)) == (7, 6)
        assert sorted(n._op for n in nodes) == sorted(["", "", "", "*", "+", "ReLU", "**2"])
        assert draw_dot(y).source.count("->") == 10


def test_prev_is_a_set_with_an_order():
    """_prev compares and iterates like micrograd's set, in the order of the operands; a*a has one in it."""
    a, b = engine.Value(1.0), engine.Value(2.0)
    assert (a * b)._prev == {a, b}
    assert list((b * a)._prev) == [b, a]
    assert (a * a)._prev == {a}
    assert a._prev == set()
    assert a._op == ""


def test_networks_compute_micrograd_s_numbers():
    """The same seed gives the same network; outputs and gradients are equal."""
    found = []
    for Value, MLP in ((engine.Value, nn.MLP), (micrograd.engine.Value, micrograd.nn.MLP)):
        random.seed(42)
        model = MLP(3, [4, 4, 1])
        out = model([Value(1.0), 2, -3.0]) ** 2 + sum((p * p for p in model.parameters()), Value(0))
        out.backward()
        found.append(
            (
                out.data,
                [p.data for p in model.parameters()],
                [p.grad for p in model.parameters()],
            )
        )
    ours, theirs = found
    assert ours[1] == theirs[1]
    assert ours[0] == pytest.approx(theirs[0], rel=1e-13)
    assert ours[2] == pytest.approx(theirs[2], rel=1e-12)


class Reference:
    """A scalar node as microgpt has it: children, local gradients, and a recursive sort. The oracle below."""

    def __init__(self, data, children=(), local_grads=()):
        self.data, self.grad, self._children, self._local_grads = data, 0, children, local_grads

    def __add__(self, other):
        other = other if isinstance(other, Reference) else Reference(other)
        return Reference(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, Reference) else Reference(other)
        return Reference(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Reference(self.data**n, (self,), (n * self.data ** (n - 1),))

    def log(self):
        return Reference(math.log(self.data), (self,), (1 / self.data,))

    def exp(self):
        return Reference(math.exp(self.data), (self,), (math.exp(self.data),))

    def relu(self):
        return Reference(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self):
        return self * -1

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for child in v._children:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1
        for v in reversed(order):
            for child, local in zip(v._children, v._local_grads, strict=True):
                child.grad += local * v.grad


WORDS = ["anna", "bob", "carol", "dora"]
LETTERS = sorted(set("".join(WORDS)))
SIZE, HEADS, BLOCK = 8, 2, 6


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def softmax(logits):
    top = max(v.data for v in logits)
    exps = [(v - top).exp() for v in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x):
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def gpt(state, token, position, keys, values):
    """One position of a one-layer transformer, every number a Value; keys and values grow by one."""
    x = rmsnorm([t + p for t, p in zip(state["wte"][token], state["wpe"][position], strict=True)])
    q, k, v = (linear(rmsnorm(x), state[name]) for name in ("wq", "wk", "wv"))
    keys.append(k)
    values.append(v)
    width = SIZE // HEADS
    attended = []
    for start in range(0, SIZE, width):
        head = slice(start, start + width)
        scores = [sum(a * b for a, b in zip(q[head], past[head], strict=True)) / width**0.5 for past in keys]
        weights = softmax(scores)
        attended += [
            sum(weight * past[j] for weight, past in zip(weights, values, strict=True))
            for j in range(start, start + width)
        ]
    x = [a + b for a, b in zip(linear(attended, state["wo"]), x, strict=True)]
    hidden = [h.relu() for h in linear(rmsnorm(x), state["fc1"])]
    x = [a + b for a, b in zip(linear(hidden, state["fc2"]), x, strict=True)]
    return linear(x, state["head"])


def train(Value, steps):
    """Adam on next-letter losses, as microgpt trains: builtin sum, in-place updates, grad set to 0."""
    rng = random.Random(42)
    vocabulary = len(LETTERS) + 1

    def matrix(rows, columns):
        return [[Value(rng.gauss(0, 0.2)) for _ in range(columns)] for _ in range(rows)]

    state = {name: matrix(SIZE, SIZE) for name in ("wq", "wk", "wv", "wo")}
    state |= {"wte": matrix(vocabulary, SIZE), "wpe": matrix(BLOCK, SIZE), "head": matrix(vocabulary, SIZE)}
    state |= {"fc1": matrix(2 * SIZE, SIZE), "fc2": matrix(SIZE, 2 * SIZE)}
    parameters = [p for m in state.values() for row in m for p in row]
    first, second = [0.0] * len(parameters), [0.0] * len(parameters)
    history = []
    for step in range(steps):
        end = vocabulary - 1
        tokens = [end, *(LETTERS.index(c) for c in WORDS[step % len(WORDS)]), end]
        keys, values, losses = [], [], []
        for position, (token, target) in enumerate(pairwise(tokens)):
            losses.append(-softmax(gpt(state, token, position, keys, values))[target].log())
        loss = (1 / len(losses)) * sum(losses)
        loss.backward()
        for i, p in enumerate(parameters):
            first[i] = 0.85 * first[i] + 0.15 * p.grad
            second[i] = 0.99 * second[i] + 0.01 * p.grad**2
            p.data -= (
                0.01
                * (1 - step / steps)
                * (first[i] / (1 - 0.85 ** (step + 1)))
                / ((second[i] / (1 - 0.99 ** (step + 1))) ** 0.5 + 1e-8)
            )
            p.grad = 0
        history.append(loss.data)
    return history


@pytest.mark.usefixtures("_no_collector")
def test_a_gpt_written_for_microgpt_trains_alike():
    """Twenty training steps of a small transformer have the losses of microgpt's node design, to 1e-9."""
    ours, theirs = train(engine.Value, 20), train(Reference, 20)
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert ours[-1] < ours[0]


def test_microgpt_s_constructor_takes_local_gradients():
    """Value(data, children, local_grads) makes a node that passes these gradients."""
    a, b = engine.Value(2.0), engine.Value(3.0)
    y = engine.Value(6.0, (a, b), (3.0, 2.0))
    y.backward()
    assert (a.grad, b.grad) == (3.0, 2.0)


def descent_with_state(Value, steps):
    """Adam as programs for micrograd have it, with its state on the parameters, and a colour on a node."""
    w, b = Value(0.5), Value(-0.3)
    for p in (w, b):
        p.m = p.v = 0
    for t in range(1, steps + 1):
        loss = (w * 2.0 + b - 1.0) ** 2 + (w * -1.0 + b) ** 2
        w.grad = b.grad = 0
        loss.backward()
        for p in (w, b):
            p.m = 0.9 * p.m + 0.1 * p.grad
            p.v = 0.999 * p.v + 0.001 * p.grad**2
            p.data -= 0.1 * (p.m / (1 - 0.9**t)) / ((p.v / (1 - 0.999**t)) ** 0.5 + 1e-8)
    loss._vis_color = "red"
    return loss.data, w.data, b.data, hasattr(w, "_vis_color"), loss._vis_color


def test_attributes_are_added_to_a_subclass():
    """With one line, programs that keep an optimiser's state on nodes run; else the error says which."""

    class Value(engine.Value):
        pass

    theirs = descent_with_state(micrograd.engine.Value, 5)
    assert descent_with_state(Value, 5)[:3] == pytest.approx(theirs[:3], rel=1e-12)
    assert descent_with_state(Value, 1)[3:] == theirs[3:] == (False, "red")
    x = Value(1.0)
    x.m, x.other = 1.0, 2.0
    assert vars(copy.deepcopy(x)) == {"m": 1.0, "other": 2.0}
    with pytest.raises(AttributeError, match=r"no m: .* a subclass has room: class Value\(engine"):
        descent_with_state(engine.Value, 5)
    assert not hasattr(engine.Value(1.0), "velocity")
    assert not hasattr(Value, "m")
