"""Narrow parts in the compiled core: the same costs and gradients; what is not ordinary is for Python."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from random_graphs import graphs

import engine
from engine import Value, core, rules
from engine.readings import floats
from engine.tape import Tape


class Straight:
    """What the core's interpreter promises, in Python."""

    def __init__(self, known, parameters, operands, first):
        self.functions = [
            (core.bind(rule, *given) if given else rule).function
            for rule, given in zip(known, parameters, strict=True)
        ]
        self.operands, self.first, self.runs = operands, first, 0

    def forward(self, values, slopes):
        edge, self.runs = 0, self.runs + 1
        for k, (function, read) in enumerate(zip(self.functions, self.operands, strict=True)):
            for e in range(values.shape[1]):
                try:
                    number, found = function(floats, *values[read, e].tolist())
                except (ValueError, ArithmeticError):
                    return False
                values[self.first + k, e] = number
                slopes[edge : edge + len(read), e] = found
                if not np.isfinite([number, *found]).all():
                    return False
            edge += len(read)
        return True

    def backward(self, adjoints, slopes):
        edge = len(slopes)
        for k in reversed(range(len(self.operands))):
            read = self.operands[k]
            edge -= len(read)
            for j, parent in enumerate(read):
                adjoints[parent] += slopes[edge + j] * adjoints[self.first + k]


@pytest.fixture(params=["Python", *["C"] * engine.compiled])
def interpreters(request, monkeypatch):
    """The interpreters that were made, by the real core or by one in Python."""
    made = []
    make = Straight if request.param == "Python" else core._core.straight

    def straight(*arguments):
        interpreter = None if None in arguments[0] else make(*arguments)
        made.extend(
            [interpreter] * (interpreter is not None and len(arguments[0]) > 1)
        )  # one asks what it knows
        return interpreter

    monkeypatch.setattr(core, "_core", SimpleNamespace(straight=straight))
    monkeypatch.setattr(core, "compiled", True)
    monkeypatch.setattr(engine.tape.tape, "compiled", True)
    return made


def chain(x, n=30):
    for k in range(n):
        x = (x * 1.1 + 0.1 * k).tanh() ** 2 - engine.mean([x, 2 * x]).elu(0.5)
    return x


def test_a_chain_is_run_by_the_core(interpreters):
    """One example and many: the costs and gradients of the eager engine, with parameters of rules."""
    x, w = Value(0.3), Value(0.7)
    tape = Tape(chain(w * x), inputs=[x], params=[w])
    for xs in ([0.3], [[0.3], [0.5], [-2.0]]):
        cost, gradient = tape([0.7], xs, over="sum" if len(xs) > 1 else "mean")
        expected = [Value(0.7) for _ in xs]
        total = sum(chain(w * float(np.ravel(x)[0])) for w, x in zip(expected, xs, strict=True))
        total.backward()
        assert cost == pytest.approx(total.data, rel=1e-12)
        assert gradient == pytest.approx([sum(w.grad for w in expected)], rel=1e-12)
    assert len(interpreters) >= 2


@given(graphs())
def test_random_graphs_are_the_same(drawn):
    """With and without an interpreter: the same numbers, to the last bits."""
    root, _ = drawn
    leaves = [node for node in engine.graph.topological_order(root) if not node.parents]
    found = []
    for compiled in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(core, "compiled", compiled)
            patch.setattr(engine.tape.tape, "compiled", compiled)
            patch.setattr(core, "_core", core._core or SimpleNamespace(straight=Straight))
            found.append(Tape(root, params=leaves)([leaf.data for leaf in leaves]))
    expected, found = found
    assert found[0] == pytest.approx(expected[0], rel=1e-13, abs=1e-300)
    assert found[1] == pytest.approx(expected[1], rel=1e-9, abs=1e-12)


def test_what_is_not_ordinary_is_for_python(interpreters):
    """An infinity on the way gives Python's numbers, and an operand outside a domain its error."""
    x = Value(2.0)
    tape = Tape(chain((x * 1e200 * 1e200).tanh()), params=[x])
    assert tape([2.0])[0] == pytest.approx(chain(Value(1.0)).data)
    log = Tape(chain(x.log()), params=[x])
    assert log([2.0])[1].shape == (1,)
    with pytest.raises(ValueError, match="log: outside its domain"):
        log([-1.0])
    assert interpreters


def test_wide_levels_go_to_the_core_too(interpreters):
    """Where it is in use, groups of some thousand edges are taken node by node; sums are not."""
    xs = [Value(0.01 * k) for k in range(200)]
    tape = Tape(engine.total([(x * x).tanh() for x in xs]), params=xs)
    cost, gradient = tape([x.data for x in xs])
    tape.C.backward()
    assert cost == pytest.approx(tape.C.data, rel=1e-12)
    assert gradient == pytest.approx([x.grad for x in xs], rel=1e-12)
    assert interpreters


def test_rules_from_outside_are_for_python(interpreters):
    """An operation of one's own is not known to the core."""

    @engine.operation
    def cube(_, x):
        return x * x * x, (3 * x * x,)

    x = Value(2.0)
    assert Tape(cube(x.exp()), params=[x])([0.0])[1] == pytest.approx([3.0])
    assert not interpreters
    assert not core.interpreted(cube.rule, 1)
    assert core.interpreted(rules.tanh, 1)
