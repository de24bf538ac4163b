"""Laws of operations of one's own: what they are, how they are checked, that every feature takes them."""

import copy
import importlib
import inspect
import json
import math
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial
from random import Random

import numpy as np
import pytest
from formula_reader import read_text
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf
from wrong_operations import MISTAKES

import engine
from chainrule.cli import main
from engine import (
    GradientError,
    Value,
    draw,
    explain,
    forward,
    grad,
    gradcheck,
    operation,
    parse,
    play,
    rules,
    rules_table,
    steps,
    tree,
)
from engine.checking import check_rule
from engine.formula import whole
from engine.operations import Unknown
from engine.source import program
from engine.tape import Tape


def sinc_rule():
    """The operation of the docs, defined in this module."""

    @operation(domain="x ≠ 0")
    def sinc(xp, x):
        """sin x / x."""
        z = xp.sin(x) / x
        return z, ((xp.cos(x) - z) / x,)

    return sinc


WAYS = {
    "a rule": sinc_rule,
    "functions": lambda: operation(
        "sinc", lambda x: x.sin() / x, lambda x: (engine.cos(x) - engine.sin(x) / x) / x
    ),
    "functions of NumPy": lambda: operation("sinc", lambda x: np.sin(x) / x),
    "no derivative": lambda: operation("sinc", lambda x: engine.sin(x) / x),
    "a formula": lambda: operation("sinc(x) = sin(x)/x"),
    "a formula with its derivative": lambda: operation("sinc", "sin(x)/x", "(cos(x) - sin(x)/x)/x"),
}
POINTS = st.floats(-6, 6).filter(lambda x: abs(x) > 0.05)


@pytest.mark.parametrize("way", WAYS)
@given(x=POINTS)
def test_however_it_is_defined_it_is_the_function(way, x):
    """Value, gradient and second derivative are those of sin x / x, as mpmath has them."""
    sinc = WAYS[way]()
    leaf = Value(x)
    node = sinc(leaf)
    node.backward()

    def exact(t):
        return mp.sin(t) / t

    assert node.data == pytest.approx(float(exact(mpf(x))), rel=1e-13)
    assert sinc(x) == node.data
    assert leaf.grad == pytest.approx(float(mp.diff(exact, x)), rel=1e-9, abs=1e-12)
    assert grad(grad(node)).data == pytest.approx(float(mp.diff(exact, x, 2)), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_every_feature_takes_it(way):
    """Checks, formulas, explanations, pictures, pages, programs, tapes, copies and pickles."""
    sinc = WAYS[way]()
    w = Value(0.7, label="w")
    C = sinc(2 * w) ** 2
    C.label = "C"
    C.backward()
    slope = w.grad
    assert [row.verdict for row in gradcheck(C, [w]).rows] == ["ok"]
    assert [row.verdict for row in gradcheck(grad(C, w), [w]).rows] == ["ok"]
    for formula, number in ((whole(C), C.data), (whole(grad(C, w)), slope)):
        assert float(read_text(formula.text, {"w": mpf(0.7)})) == pytest.approx(number, rel=1e-12)
    assert r"\sin" in whole(C).latex()
    assert float(explain(C, w).value) == pytest.approx(slope)
    for text in (str(forward(C)), str(tree(C)), *map(str, steps(C))):
        assert text
    assert "sinc" in str(tree(C))
    assert "sinc" in draw(C).svg
    assert "Math.sin" in play(C)._repr_html_()
    known = {}
    exec(program(C, params=[w]), known)  # noqa: S102  (our own text)
    assert known["cost_and_gradient"](0.7) == (pytest.approx(C.data), (pytest.approx(slope),))
    tape = Tape(C, inputs=[w])
    mean, _ = tape([], np.array([[0.7], [1.1]]))
    assert mean == pytest.approx((C.data + sinc(2.2) ** 2) / 2)
    for again in (copy.deepcopy(C), pickle.loads(pickle.dumps(C))):
        leaf = next(x for x in engine.graph.leaves(again) if x.label == "w")
        leaf.data = 1.1
        again.refresh()
        assert again.data == pytest.approx(sinc(2.2) ** 2)
    assert parse("sinc(2*w)**2", w=0.7).data == pytest.approx(C.data, rel=1e-15)
    assert [row.rule for row in rules_table("sinc").rows] == [sinc.rule]


def test_the_command_line_takes_a_formula(capsys):
    """``--operation`` defines one; text is data there too."""
    main(["explain", "sinc(x)**2", "--operation", "sinc(x) = sin(x)/x", "--at", "x=2", "--json"])
    found = json.loads(capsys.readouterr().out)
    x = Value(2.0)
    C = (x.sin() / x) ** 2
    C.backward()
    assert found["derivatives"][0]["value"] == pytest.approx(x.grad)


def test_several_operands_and_parameters():
    """Operands by position, plain numbers among them; parameters by name, with their defaults."""

    @operation
    def swing(xp, x, y, z, *, rate, phase=0.5):
        u = xp.sin(rate * x + phase)
        return u * y * z, (rate * xp.cos(rate * x + phase) * y * z, u * z, u * y)

    def exact(x, y, z, rate, phase):
        return math.sin(rate * x + phase) * y * z

    x, y = Value(0.3), Value(2.0)
    for given_, numbers in (({"rate": 3.0}, (3.0, 0.5)), ({"rate": 2, "phase": 0.0}, (2.0, 0.0))):
        node = swing(x, y, 1.5, **given_)
        assert node.data == pytest.approx(exact(0.3, 2.0, 1.5, *numbers))
        assert [row.verdict for row in gradcheck(node).rows] == ["ok"] * 3
        assert swing(0.3, 2.0, 1.5, **given_) == node.data
    assert str(inspect.signature(swing)) == "(x, y, z, /, *, rate, phase=0.5)"
    with pytest.raises(TypeError, match="swing takes the parameters rate, phase; got phase"):
        swing(x, y, 1.5, phase=0.0)


def test_any_number_of_operands():
    """They may be given one by one or as a list; parameters by name."""

    @operation(at_least=1, kinks="all 0: slopes NaN")
    def norm(xp, *xs, scale=1.0):
        length = xp.sqrt(sum((x * x for x in xs), 0.0))
        return scale * length, tuple(scale * xp.ieee_div(x, length) for x in xs)

    xs = [Value(3.0), Value(4.0)]
    for node in (norm(xs), norm(*xs)):
        assert (node.data, node.local_derivatives) == (5.0, (0.6, 0.8))
    assert norm(xs, scale=2.0).data == norm([3.0, 4.0], scale=2.0) == 10.0
    assert norm(iter([3.0, 4.0]), scale=2.0) == 10.0
    assert gradcheck(norm(Value(-1.0), *xs)).rows
    with pytest.raises(TypeError, match="norm takes at least 1 operand, got 0"):
        norm()

    @operation
    def pairs(xp, *xs):  # noqa: ARG001  (what a rule takes)
        half, odd = divmod(len(xs), 2)
        if odd:
            raise TypeError("operands come in pairs")
        left, right = xs[:half], xs[half:]
        return sum((x * y for x, y in zip(left, right, strict=True)), 0.0), (*right, *left)

    assert pairs(*xs).local_derivatives == (4.0, 3.0)

    @operation(at_least=1)
    def neuron(xp, *operands):
        b, pairs = operands[0], operands[1:]
        value, slopes = rules.dot(xp, *pairs)
        return b + value, (1.0, *slopes)

    assert neuron(1.0, *xs).local_derivatives == (1.0, 4.0, 3.0)


def test_it_is_a_method_on_request():
    """With the node of the function, for a subclass too; a later definition without it takes it away."""
    cube = operation("cube", lambda x: x**3, lambda x: 3 * x**2, method=True)

    class Mine(Value):
        pass

    x = Mine(2.0)
    assert type(x.cube()) is Mine
    assert (x.cube().rule, x.cube().local_derivatives) == (cube(x).rule, (12.0,))
    assert "by_self" in inspect.getsource(Value.cube)
    operation("cube", lambda x: x * x * x, method=True)
    assert Value.cube(x).data == 8.0
    operation("cube", lambda x: x**3)
    assert not hasattr(Value, "cube")

    @operation(method=True)
    def turned(xp, x, y, z, *, angle=1.0):
        """x turned."""
        return x * xp.cos(angle) + y * z, (xp.cos(angle) + 0.0 * x, z, y)

    node = x.turned(2.0, 3.0, angle=0.0)
    assert (node.data, Value.turned.__doc__) == (8.0, "x turned.\n\nDomain: all x.")


def test_a_cell_that_is_run_again_defines_it_anew():
    """The new one is used by the old name everywhere; what the old one made goes on with the old one."""
    sinc = sinc_rule()
    x = Value(2.0, label="x")
    old = sinc(x)
    again = operation("sinc", "2*sin(x)")
    new = again(x)
    assert old.rule != new.rule
    assert parse("sinc(x)", x=2.0).rule == new.rule
    assert (whole(old).text, whole(new).text) == ("sin(x)/x", "2 sin(x)")
    x.data = 3.0
    for node, value, slope in (
        (old, math.sin(3) / 3, (math.cos(3) - math.sin(3) / 3) / 3),
        (new, 2 * math.sin(3), 2 * math.cos(3)),
    ):
        node.refresh()
        assert (node.data, grad(node).data) == (pytest.approx(value), pytest.approx(slope))
    assert pickle.loads(pickle.dumps(old)).rule == new.rule
    parameter = {"scale": 2.0}

    def defined(factor):
        @operation
        def scaled(xp, x, *, scale=1.0):  # noqa: ARG001  (what a rule takes)
            return factor * scale * x, (factor * scale,)

        return scaled

    assert [defined(factor)(x, **parameter).data for factor in (1.0, 10.0)] == [6.0, 60.0]


def test_what_fails_to_be_defined_leaves_the_old_one():
    """Neither a wrong derivative nor a mistake replaces anything."""
    sinc = sinc_rule()
    for wrong in (Value.sin, math.sin):
        with pytest.raises((GradientError, TypeError)):
            operation("sinc", lambda x: x.sin(), lambda x, wrong=wrong: wrong(x))
    assert rules.REGISTRY["sinc"] is sinc.rule


MODULE = """
from engine import operation
cube = operation("cube", lambda x: x**3)
"""
READER = """
import pickle, sys
print(pickle.loads(sys.stdin.buffer.read()).data)
"""


def test_a_pickle_names_it(tmp_path, monkeypatch):
    """Who loads it must have defined it, the error says where; another module may not take its name."""
    (tmp_path / "shapes_of_mine.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("shapes_of_mine")
    assert pickle.loads(pickle.dumps(module.cube)) is module.cube
    data = pickle.dumps(module.cube(Value(2.0)))
    assert pickle.loads(data).data == 8.0
    run = partial(subprocess.run, input=data, capture_output=True, cwd=tmp_path, check=False)
    done = run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\nimport shapes_of_mine{READER}"]
    )
    assert done.stdout == b"8.0\n", done.stderr
    done = run([sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}{READER}"])
    assert b"no rule is named 'cube'; it is an operation that shapes_of_mine defined: run that" in done.stderr
    with pytest.raises(ValueError, match="already a rule named 'cube', of the module shapes_of_mine; choose"):
        operation("cube", lambda x: x**3)


@pytest.mark.parametrize("name", rules.REGISTRY)
def test_a_right_rule_is_confirmed_and_a_wrong_one_found(name, monkeypatch):
    """At any random points: no false alarm for a built-in rule, and an alarm if one derivative is 1 % off."""
    rule = rules.REGISTRY[name]
    for seed in range(3):
        monkeypatch.setattr(engine.checking.random, "Random", lambda _, seed=seed: Random(seed))
        check_rule(rule)

        def off(xp, *xs, **parameters):
            value, (slope, *others) = rule.function(xp, *xs, **parameters)
            return value, (1.01 * slope, *others)

        if name not in {"softmax_sum", "clip"}:  # the derivative is 0, or nearly everywhere is
            with pytest.raises(GradientError, match="is wrong at"):
                check_rule(replace(rule, function=off, edition=-1 - seed))


@pytest.mark.parametrize(
    ("derivative", "table", "hint"),
    [
        (lambda x: 2 * x**2, 20, "it is 0.6667 times the right one"),
        (lambda x: -3 * x**2, 20, "the sign is wrong"),
        (lambda x: 3 * x * abs(x), 4, "the sign is wrong"),
        (lambda x: 3 * x**2 + 1, 20, ""),
        (lambda x: 0.0 * x, 20, "it is 0 times the right one"),
    ],
)
def test_a_wrong_derivative_is_shown_where_it_is_wrong(derivative, table, hint):
    """Points, what was given, what was expected, and what is common to them."""
    with pytest.raises(GradientError) as caught:
        operation("cube", lambda x: x**3, derivative)
    first, header, *rows = str(caught.value).splitlines()
    assert re.fullmatch(rf"cube: the derivative with respect to x is wrong at {table} of 20 points", first)
    assert header.split() == ["x", "given", "expected"]
    for row in rows[: -1 if hint else None]:
        x, _, expected = map(float, row.split())
        assert expected == pytest.approx(3 * x**2, rel=1e-4)
    assert rows[-1] == hint or not hint
    assert "cube" not in rules.REGISTRY


def test_each_operand_has_its_table():
    """Two that are wrong are both shown, of any number of operands too."""
    with pytest.raises(GradientError) as caught:
        operation("times", lambda a, b: a * b, lambda a, b: (a + 0 * b, 2 * a))
    assert re.findall(r"derivative with respect to (\w)", str(caught.value)) == ["a", "b"]

    @rules.rule
    def wide(xp, *xs):  # noqa: ARG001  (what a rule takes)
        """Σ xₖ."""
        return sum(xs, 0.0), (2.0,) * len(xs)

    with pytest.raises(GradientError, match="wide: the derivative with respect to x_0 is wrong at"):
        check_rule(wide)


def test_the_points_may_be_given():
    """Where the random ones are all outside the domain, or elsewhere than it matters."""
    far = operation("far", lambda x: (x - 100).log(), at=[101, 200.0])
    assert far(101) == 0.0
    with pytest.raises(ValueError, match=r"far could not be computed .*\(ValueError: .*\); pass some"):
        operation("far", lambda x: (x - 1000).log())
    with pytest.raises(ValueError, match=r"at any of the points tried \(there were none\)"):
        operation("far", lambda x: x, at=[])
    with pytest.raises(ValueError, match=r"at holds \(1, 2\) for the 1 operands of far; pass one"):
        operation("far", lambda x: x, at=[(1, 2)])
    with pytest.raises(GradientError):
        operation("odd", lambda x, y: x * y, lambda x, y: (y, x.relu()), at=[(-1.0, 2.0)])
    assert operation("odd", lambda x, y: x * y, lambda x, y: (y, x.relu()), at=[(1.0, 2.0)])


def test_what_cannot_be_compared_is_no_mistake():
    """Kinks, edges of a domain, and what rounding hides."""
    operation("bent", lambda x: x.relu(), lambda x: engine.maximum(x, 0.0) / x, at=[0.5, -0.5])
    operation("edge", lambda x: x.sqrt(), at=[0.0, 1.0])
    operation("rounded", lambda x: 1e9 + x.sin(), lambda x: x.cos())
    operation("narrow", lambda x: (x - 1).log() * 0.0 + x, at=[1 + 2.0**-52])


def test_derivatives_take_their_limits():
    """At the edge of the domain the value is there, and the slope infinite, as in the rules."""
    root = operation("root", lambda x: x**0.5, lambda x: 0.5 * x**-0.5)
    assert root(Value(0.0)).local_derivatives == (math.inf,)
    other = operation("other", lambda x: x.sqrt(), lambda x: 1 / (2 * x.sqrt()))
    assert other(Value(0.0)).local_derivatives == (math.inf,)
    entropy = operation("entropy", lambda x: x.log() * x, lambda x: x.log() + 1, at=[0.5])
    assert entropy(Value(0.5)).local_derivatives == (pytest.approx(1 - math.log(2)),)


@pytest.mark.parametrize(
    ("mistake", "kind", "came", "do"), MISTAKES, ids=[f"{row[2]}, {k}" for k, row in enumerate(MISTAKES)]
)
def test_a_mistake_says_what_to_write(mistake, kind, came, do):
    """What came, and what to do; the registry is as it was."""
    before = dict(rules.REGISTRY)
    with pytest.raises(kind) as caught:
        mistake()
    assert came in str(caught.value)
    assert do in str(caught.value)
    assert before == rules.REGISTRY


def test_an_operand_without_a_number_is_a_value():
    """It has a name and an identity, and no number."""
    x = Unknown(math.nan, label="x")
    assert (x.label, x == x, x == Value(1.0), len({x, x})) == ("x", True, False, 1)  # noqa: PLR0124  (identity)


def test_an_operand_without_a_number_is_no_anomaly():
    """A definition inside ``detect_anomaly`` raises nothing; its nodes are watched like all others."""
    with engine.detect_anomaly():
        twice = operation("twice(x) = x + x")
        assert twice(Value(2.0)).data == 4.0
        with pytest.raises(FloatingPointError, match="NaN reached twice"):
            twice(Value(math.nan))


def test_nested_operations():
    """One is made of another, which may be defined anew later."""
    square = operation("square", lambda x: x * x)
    quad = operation("quad", lambda x: square(square(x)), lambda x: 4 * x * square(x))
    operation("square", "3*x")
    x = Value(2.0)
    assert (quad(x).data, quad(x).local_derivatives) == (16.0, (32.0,))
    assert whole(quad(Value(2.0, label="x"))).text in {"(x²)²", "x⁴", "x² x²"}
