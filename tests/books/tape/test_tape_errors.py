"""What a tape refuses, and what it says of numbers that no rule takes: errors with names and examples."""

import copy
import math
import re

import numpy as np
import pytest
from oracle import ORACLE
from test_arrays import (
    HUGE,
    INFINITE,
    ORDINARY,
    TINY,
    bound,
    by_floats,
    each_rule,
    in_company,
    ordinary,
    tuples,
)
from test_tape import EXACT, chosen, close, each_way, eager, state  # noqa: F401  (``chosen`` is a fixture)

import engine
from engine import Value, rules
from engine.readings.arrays import numpy_reading
from engine.tape import Tape
from engine.tape.accumulate import Memory

LONG = 40
"""Calls after which everything that will be compiled is compiled."""

w, u, x = Value(0.5, label="w"), Value(2.0), Value(1.0, label="x")
h = w * x
h.label = "h"
C = h.exp() + u
HANDMADE = Value(27.0, (w,), "cube", local_derivatives=(27.0,))
HANDMADE.label = "mine"

RECORDINGS = [
    (5.0, [], [], TypeError, "C must be a Value, .* got float 5.0"),
    ([C], [], [], TypeError, "C must be a Value, .* got list"),
    (C, [1.0], [], TypeError, "inputs must hold Values, got float 1.0"),
    (C, [], ["w"], TypeError, "params must hold Values, got str 'w'"),
    (C, [], [[w]], TypeError, "params must hold Values, got list"),
    (C, [h], [], ValueError, "'h' among inputs is computed; pass the leaves"),
    (C, [], [h], ValueError, "'h' among params is computed; pass the leaves"),
    (C, [x, x], [], ValueError, "'x' is given twice"),
    (C, [], [w, w], ValueError, "'w' is given twice"),
    (C, [w], [w], ValueError, "'w' is given twice"),
    (C, [], [u, u], ValueError, re.escape("Value(data=2.0, grad=0.0) is given twice")),
    (C, [], [Value(1.0, label="far")], ValueError, "does not depend on the node labelled 'far' among params"),
    (HANDMADE * 2, [], [w], TypeError, "'mine' was made by hand"),
    (C, x, [], TypeError, "inputs"),
    (C, [], w, TypeError, "params"),
]


@pytest.mark.parametrize(("root", "inputs", "params", "error", "message"), RECORDINGS)
def test_what_cannot_be_recorded(root, inputs, params, error, message):
    """A tape wants a Value and distinct leaves of it: whatever else comes is named in the error."""
    with pytest.raises(error, match=message):
        Tape(root, inputs, params)


def test_a_leaf_with_a_symbol_is_a_leaf():
    """``Value(2.0, (), "w")``, micrograd's way to name a leaf, is a leaf, as ``refresh`` has it."""
    named = Value(2.0, (), "w")
    assert Tape(named * named, params=[named])([3.0])[0] == 9.0


TAPE = Tape(C, [x], [w, u])
CALLS = [
    ([1.0], None, ValueError, re.escape("params must have the shape (2,), got (1,)")),
    ([1.0, 2.0, 3.0], None, ValueError, "params must .* got"),
    (1.0, None, ValueError, re.escape("params must have the shape (2,), got ()")),
    ([[1.0, 2.0]], None, ValueError, re.escape("got (1, 2)")),
    ([], None, ValueError, re.escape("got (0,)")),
    (None, [1.0, 2.0], ValueError, re.escape("inputs must have the shape (1,) or (examples, 1), got (2,)")),
    (None, [[1.0, 2.0]], ValueError, re.escape("got (1, 2)")),
    (None, 1.0, ValueError, re.escape("got ()")),
    (None, [[[1.0]]], ValueError, re.escape("got (1, 1, 1)")),
    (None, np.empty((0, 1)), ValueError, "inputs hold no example"),
    (None, [], ValueError, "inputs"),
    ("12", None, TypeError, "params must be numbers"),
    (["1", "2"], None, TypeError, "params must be numbers, got an array of <U1"),
    ([b"1", b"2"], None, TypeError, "params must be numbers"),
    ([1j, 2.0], None, TypeError, "params must be numbers, got an array of complex128"),
    (None, np.array([["2020-01-01"]], dtype="datetime64[D]"), TypeError, "inputs must be numbers"),
    ([1.0, None], None, TypeError, "params must be a real number, got NoneType None"),
    (None, [[1.0], [None]], TypeError, "inputs must be a real number, got NoneType None"),
    ([w, u], None, TypeError, "params must be a real number, got Value"),
    (None, np.array([[x]], dtype=object), TypeError, "inputs must be a real number, got Value"),
    (None, {1.0}, TypeError, "inputs must be a real number, got set"),
    (None, [[1.0], [1.0, 2.0]], ValueError, "inputs must be one array of numbers, got rows of different"),
    ([1.0, [2.0]], None, ValueError, "params must be one array of numbers"),
]


@pytest.mark.parametrize(("params", "inputs", "error", "message"), CALLS)
def test_what_cannot_be_called_with(params, inputs, error, message):
    """Numbers of another shape or kind are refused, with what came and what was expected; nothing changes."""
    before = state(C)
    for over in ("mean", "sum", "each"):
        with pytest.raises(error, match=message):
            TAPE(params, inputs, over=over)
    assert state(C) == before


@pytest.mark.parametrize("over", ["average", "", None, 0, ["mean"]])
def test_what_cannot_be_averaged(over):
    """``over`` is one of three words."""
    with pytest.raises((ValueError, TypeError), match='over must be "mean", "sum" or "each", got'):
        TAPE(over=over)


def test_no_example_of_no_inputs():
    """An average over 0 examples is refused also where an example is empty."""
    with pytest.raises(ValueError, match="inputs hold no example"):
        Tape(w * w, [], [w])([1.0], np.empty((0, 0)))


@pytest.mark.parametrize("other", [5.0, None, [C]])
def test_what_cannot_match(other):
    """What is no graph is refused by name."""
    with pytest.raises(TypeError, match=f"C must be a Value, .* got {type(other).__name__}"):
        TAPE.matches(other)


@pytest.fixture(params=["flags", "no flags"])
def flags(request, monkeypatch):
    """NumPy as it is, and as it is in WebAssembly: without floating-point flags, so that it never raises."""
    if request.param == "no flags":
        real = np.errstate
        never = {"raise": "ignore"}
        monkeypatch.setattr(
            np, "errstate", lambda **how: real(**{k: never.get(v, v) for k, v in how.items()})
        )
    return request.param


def domain(function):
    """A cost in which one node leaves its domain for some s, beside nodes that do not; s is an input."""
    s, v = Value(2.0, label="score"), Value(1.0, label="v")
    fine = [(v * s).tanh() for _ in range(3)]
    return engine.total([*fine, function(s, v)]), [s], [v]


DIV, POWER = "x / y, rule div", r"x \*\* n, rule power"
DOMAINS = [
    (lambda s, v: s.log() * v, 0.0, ValueError, "log: outside its domain .* x = 0.0 .label 'score'"),
    (lambda s, v: s.log() * v, -1.0, ValueError, "log: outside its domain .* x = -1.0 .label 'score'"),
    (lambda s, v: v / s, 0.0, ZeroDivisionError, f"{DIV}: division by zero .* y = 0.0 .label 'score'"),
    (
        lambda s, v: (v * s).exp(),
        1e3,
        OverflowError,
        "exp: the result exceeds the largest float at x = 1000.0",
    ),
    (lambda s, v: s.sqrt() + v, -1.0, ValueError, "sqrt: outside its domain .* 'score'"),
    (lambda s, v: s**0.5 + v, -1.0, ValueError, rf"{POWER}\(n=0.5\): outside its domain .* 'score'"),
    (lambda s, v: s**-1 + v, 0.0, ZeroDivisionError, rf"{POWER}\(n=-1\): division by zero .* 'score'"),
    (lambda s, v: 1.0 / (s * v), 0.0, ZeroDivisionError, f"{DIV}: division by zero"),
    (lambda s, v: (s * v).sin(), math.inf, ValueError, "sin: outside its domain .* x = inf"),
    (lambda s, v: v**s, -math.inf, None, None),
    (lambda s, v: engine.affine(v, [v, s.log()], [s, v]), -1.0, ValueError, "log: outside .* 'score'"),
    # only the slope cannot be evaluated, and nobody wants it
    (
        lambda s, v: s ** Value(3.0) + v,
        -1.0,
        ValueError,
        r"x \*\* y, rule general_power: outside its domain .* 'score'",
    ),
    (lambda s, v: v * engine.atan2(s, 0.0), 0.0, ZeroDivisionError, "atan2: division by zero .* 'score'"),
]


@pytest.mark.platform
@each_way
@pytest.mark.usefixtures("chosen", "flags")
@pytest.mark.parametrize(("function", "number", "error", "message"), DOMAINS)
def test_where_a_rule_cannot_be_evaluated(function, number, error, message):
    """The error is the eager one, with rule, number and label, and names the example; again and again."""
    root, inputs, params = domain(function)
    tape, before = Tape(root, inputs, params), state(root)
    rows = np.array([[1.5], [0.5], [number], [number]])
    if error is None:
        expected, _, size, _ = eager(root, inputs, params, [1.0], rows)
        assert tape([1.0], rows, over="each")[0] == pytest.approx(expected, rel=EXACT * size)
        return
    twin, (leaf,) = copy.deepcopy((root, inputs))
    leaf.data = number
    with pytest.raises(error) as by_eager:
        twin.refresh()
    for _ in range(LONG):
        assert math.isfinite(tape([1.0], rows[:2])[0])
        for over in ("mean", "each"):
            with pytest.raises(error, match=f"^example 2: {message}") as found:
                tape([1.0], rows, over=over)
            assert str(found.value) == f"example 2: {by_eager.value}"
        with pytest.raises(error, match=r"^example 0: "):
            tape([1.0], rows[2:3])
        with pytest.raises(error, match=f"^{message}") as found:
            tape([1.0], rows[2])
        assert type(found.value) is error
        assert str(found.value) == str(by_eager.value)
    assert state(root) == before


@each_rule
def test_without_flags_the_results_are_looked_at(name, parameters):
    """Where floats raise, operands that are watched put their memory in doubt."""
    rule = bound(name, parameters)
    count = len(ORACLE[name][1])
    company = ordinary(rule, count)
    for k, point in enumerate([company, *tuples(count, ORDINARY + HUGE + TINY + INFINITE)]):
        memory = Memory({}, {}, {}, flags=False)
        with np.errstate(all="ignore"):
            rule(numpy_reading(), *[memory.watched(x) for x in in_company(point, company, k % 12)])
        assert memory.doubtful or by_floats(rule, point), point
        assert memory.doubtful is False or point is not company


@pytest.mark.usefixtures("flags")
def test_what_hides_in_a_rule_is_seen():
    """A rule of one's own whose result is finite again, 1/(1 + e⁻ˣ) at −1000, raises as floats do."""

    def logistic(xp, v):
        a = 1 / (1 + xp.exp(-v))
        return xp.where(v > 0, a, 1 - 1 / (1 + xp.exp(v))), (a * (1 - a),)

    own = rules.Rule(name="logistic", function=logistic, operands=("v",), domain="|v| < 700")
    tape = Tape(engine.total([engine.apply(own, x * k) for k in range(1, 9)]), [x])
    with pytest.raises(OverflowError, match=r"^example 1: logistic: .* = -1000\.0"):
        tape([], [[1.0], [-1000.0]])


def test_an_error_of_what_all_examples_share():
    """Where a parameter is at fault, the first example tells it, with the parameter's label."""
    v, s = Value(1.0, label="weight"), Value(1.0)
    tape = Tape(engine.mean([v.log() * s, v]), [s], [v])
    with pytest.raises(ValueError, match=r"^example 0: log: .* 'weight'"):
        tape([-1.0], [[1.0], [2.0]])
    with pytest.raises(ValueError, match=r"^log: .* 'weight'"):
        tape([-1.0])


ODD = [math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, 0.0, -0.0, 1.5]
PASSING = {
    "sum": lambda s, v: s + v,
    "difference": lambda s, v: s - v,
    "product": lambda s, v: s * v,
    "itself": lambda s, v: (s - s) + v,
    "affine": lambda s, v: engine.affine(v, [v, s, v, s], [s, s, v, v]),
    "rows": lambda s, v: engine.total([engine.dot([v, v, 2.0], [s, 1.0, s]).tanh() for _ in range(4)]),
    "bias": lambda s, v: engine.affine(-1.0 * s, [s, v], [s, s]) + engine.affine(-s, [v, v], [s, 1.0]),
    "mean": lambda s, v: engine.mean([s, v, s]),
    "relu": lambda s, v: (s * v).relu() + s.sigmoid(),
    "maximum": lambda s, v: engine.maximum(s, v, 1.0) + engine.softmax([s, v])[0],
    "hypot": engine.hypot,
    "logsumexp": lambda s, v: engine.logsumexp([s, v, 0.0]),
    "cost": lambda s, v: engine.apply(rules.squared_error, s, v) + engine.apply(rules.hinge, s, v),
    "steep": lambda s, v: (s * s).sqrt() * v,
}


def evaluable(graph, number, rows):
    """The rows that the eager engine takes."""

    def taken(row):
        try:
            eager(*graph, [number], [row])
        except OverflowError:
            return False
        return True

    return np.array([row for row in rows if taken(row)])


@each_way
@pytest.mark.usefixtures("chosen", "flags")
@pytest.mark.parametrize("name", PASSING)
def test_infinities_and_nan_pass_through(name):
    """Where the eager engine gives ∞ or NaN, so does the tape, in the same examples and without a warning.

    Huge numbers are left out where a matrix product adds them up in another order: they overflow elsewhere.
    """
    s, v = Value(1.0), Value(2.0)
    graph = PASSING[name](s, v), [s], [v]
    tape, ordered = Tape(*graph), name not in {"affine", "rows", "bias"}
    for number in (2.0, 0.0, math.inf, math.nan, *[-1e308] * ordered):
        rows = evaluable(graph, number, [[x] for x in ODD if ordered or abs(x) != 1e308])
        costs, gradients, *_ = eager(*graph, [number], rows)
        with np.errstate(all="raise"):  # the caller's own setting does not come in
            got, slopes = tape([number], rows, over="each")
            alone = [tape([number], row) for row in rows]
            average, summed = tape([number], rows)[0], tape([number], rows, over="sum")[0]
        expected = {"rel": EXACT, "abs": EXACT, "nan_ok": True}
        assert got == pytest.approx(costs, **expected)
        assert slopes == pytest.approx(gradients, **expected)
        for (cost, slope), by_eager, by_v in zip(alone, costs, gradients, strict=True):
            assert cost == pytest.approx(by_eager, **expected)
            assert slope == pytest.approx(by_v, **expected)
        with np.errstate(all="ignore"):
            assert average == pytest.approx(costs.mean(), **expected)
            assert summed == pytest.approx(costs.sum(), **expected)


@pytest.mark.parametrize("number", [math.inf, 1e308])
def test_averages_of_infinities_give_no_warning(number):
    """∞ − ∞ among the costs is NaN, and a sum beyond the largest float ∞: numbers, and no more."""
    s = Value(1.0)
    tape = Tape(s * 1.0, [s])
    cost, _ = tape([], [[number], [-number if number == math.inf else number]])
    assert math.isnan(cost) if number == math.inf else cost == math.inf
    assert math.isnan(tape([], [[math.inf], [-math.inf]], over="sum")[0])


NAN = [
    (lambda s, v: s - s * v, math.inf, "NaN arose in sub: score = inf, mul = inf"),
    (lambda s, v: s.tanh() * v, math.nan, "NaN reached mul: v = 1.0, score = nan"),
    (lambda s, v: (s * v).sqrt() * 0.0, 0.0, "NaN arose in the gradient of mul = 0.0: .* path: .* → mul"),
]


@each_way
@pytest.mark.usefixtures("chosen", "flags")
@pytest.mark.parametrize(("function", "number", "message"), NAN)
def test_nan_is_told_inside_detect_anomaly(function, number, message):
    """There a NaN is the eager error, forward and backward, with the example; elsewhere it is none."""
    root, inputs, leaves = domain(function)
    tape, before = Tape(root, inputs, leaves), state(root)
    rows = np.array([[1.0], [number], [number]])
    with engine.detect_anomaly():
        tape([1.0], rows[0])
        for over in ("mean", "sum", "each"):
            with pytest.raises(FloatingPointError, match=f"^example 1: {message}"):
                tape([1.0], rows, over=over)
        with pytest.raises(FloatingPointError, match=f"^{message}"):
            tape([1.0], rows[1])
    cost, gradient = tape([1.0], rows)
    assert math.isnan(cost) or np.isnan(gradient).any()
    assert state(root) == before


@each_way
@pytest.mark.usefixtures("chosen")
def test_numpy_s_settings_are_as_they_were():
    """After success and failure ``np.geterr`` is what it was, under whatever settings one calls."""
    root, inputs, params = domain(lambda s, v: s.log() * v)
    tape = Tape(root, inputs, params)
    for setting in ("ignore", "warn", "raise", "print"):
        with np.errstate(all=setting):
            before = np.geterr()
            assert math.isfinite(tape([1.0], [[1.0], [2.0]])[0])
            assert tape([1.0], [[1.0], [math.inf]])[0] == math.inf
            assert math.isfinite(tape([1e-310], [1e-5])[0])
            with pytest.raises(ValueError, match="log"):
                tape([1.0], [[1.0], [-1.0]])
            assert np.geterr() == before


def test_a_rule_that_only_floats_can_read():
    """A rule of one's own with an ``if`` on its operand, against the house rules, fails as NumPy says.

    The eager engine has nothing to say of it: its floats are fine.
    """

    def halve(_xp, v):
        return (0.5 * v, (0.5,)) if v > 0 else (v, (1.0,))

    own = rules.Rule(name="halve", function=halve, operands=("v",))
    tape = Tape(engine.total([engine.apply(own, x * k) for k in range(1, 9)]), [x])
    with pytest.raises(ValueError, match="truth value of an array"):
        tape([], [[1.0], [2.0]])
