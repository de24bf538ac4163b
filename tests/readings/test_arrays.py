"""The arithmetic of arrays: the numbers of floats, many at once; and a signal wherever floats raise."""

import functools
import inspect
import itertools
import math
import random
import subprocess
import sys

import numpy as np
import pytest
from extras import need
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import ORACLE, PARAMETERS

from engine import rules
from engine.readings import floats
from engine.readings.arrays import jax_reading, numpy_reading
from engine.rules.vocabulary import Arithmetic

CASES = [(name, parameters) for name in rules.REGISTRY for parameters in PARAMETERS.get(name, [{}])]
each_rule = pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
VOCABULARY = {
    name: len(inspect.signature(function).parameters) - 1  # without self
    for name, function in vars(Arithmetic).items()
    if not name.startswith("_")
}
each_word = pytest.mark.parametrize("name", VOCABULARY)
signalling = functools.partial(np.errstate, divide="raise", invalid="raise", over="raise", under="ignore")

INFINITE = (math.inf, -math.inf, math.nan)
HUGE = (1e308, -1e308)
TINY = (5e-324, -5e-324, 1e-310)
ORDINARY = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 1000.0, -1000.0)

FEW = 4e-15  # 18 units in the last place
SUBNORMAL = 1e-300  # near it, numbers or the factors that they are made of have fewer digits
SUMS = {
    "gelu", "gelu_tanh", "silu", "mish", "logsumexp", "softmax_cross_entropy", "log_likelihood",
    "log_likelihood_from_logits", "binary_cross_entropy", "binary_cross_entropy_from_logits",
}  # fmt: skip
"""Rules that add functions of operands: what cancels leaves the roundings of its terms."""
FUSED = SUMS | {"affine", "dot", "squared_error", "half_squared_error", "hinge"}
"""Where JAX rounds less often than Python: XLA makes one operation of a product and a sum."""
JAX_ALLOWS = {"sinh": 2e-13, "cosh": 2e-13, "atanh": 4e-14}
"""Functions that XLA itself computes to fewer digits, sinh and cosh of large x."""


def bound(name, parameters):
    rule = rules.REGISTRY[name]
    return rule.at(**parameters) if rule.defaults else rule


def tuples(count, numbers, most=300):
    """All tuples of nasty numbers, or for many operands some of them."""
    if len(numbers) ** count <= most:
        return list(itertools.product(numbers, repeat=count))
    dice = random.Random(count)
    return [tuple(dice.choices(numbers, k=count)) for _ in range(most)]


def by_floats(function, operands):
    """The numbers that floats give, value first, or None where they raise."""
    try:
        result = function(floats, *operands)
    except (ValueError, ArithmeticError):
        return None
    return (result[0], *result[1]) if isinstance(result, tuple) else (result,)


def word(name):
    """A function of the vocabulary, called as a rule is."""
    return lambda xp, *operands: getattr(xp, name)(*operands)


def same(got, expected, operands, *, few=FEW, sums=False):
    """Equal up to rounding; NaN equals NaN. Of sums, the unit is that of the largest terms."""
    if math.isnan(expected) or math.isinf(expected):
        return got == expected or (math.isnan(got) and math.isnan(expected))
    size = max([1.0, *(abs(x) for x in operands if abs(x) <= 1000)])
    terms = len(operands) * size**2 if sums else 0.0
    return abs(got - expected) <= few * max(abs(expected), terms) + SUBNORMAL


def as_rows(result, count):
    """Value and slopes of arrays of ``count`` numbers: one row of floats for each."""
    numbers = (result[0], *result[1]) if isinstance(result, tuple) else (result,)
    return np.stack([np.broadcast_to(np.asarray(x, dtype=float), count) for x in numbers], axis=-1).tolist()


def signals(function, operands):
    """Whether the NumPy reading says that something is wrong."""
    with signalling():
        try:
            function(numpy_reading(), *operands)
        except (FloatingPointError, ZeroDivisionError):  # the latter where plain floats divide
            return True
    return False


def in_company(operands, company, at):
    """Arrays in which one element is the given operand, the others are those of the company."""
    return [np.array([y] * at + [x] + [y] * (11 - at)) for x, y in zip(operands, company, strict=True)]


def ordinary(function, count):
    """Operands at which floats give finite numbers."""
    return next(
        operands
        for operands in tuples(count, (2.0, 0.5))
        if (found := by_floats(function, operands)) and all(map(math.isfinite, found))
    )


def root_of_minus_infinity(name, parameters, operands):
    """NumPy takes x ** 0.5 for the root of x: of −∞ it is NaN, where ``pow`` has ∞."""
    return name == "power" and parameters["n"] % 1 == 0.5 and operands == (-math.inf,)


SHAPES = [(3, 4), (3, 1), (4,), (1,), (), None]  # None: a plain float


def operand(draw, numbers):
    shape = draw(st.sampled_from(SHAPES))
    if shape is None:
        return draw(numbers)
    size = math.prod(shape)
    return np.array(draw(st.lists(numbers, min_size=size, max_size=size))).reshape(shape)


@each_rule
@settings(max_examples=10)
@given(data=st.data())
def test_numpy_gives_the_numbers_of_floats_in_every_shape(name, parameters, data):
    """In the domain, value and slopes of arrays are those of floats, element by element, and no signal comes.

    Shapes broadcast as NumPy's do, plain floats and arrays without axes among them.
    """
    operands = [operand(data.draw, numbers) for numbers in ORACLE[name][1]]
    rule = bound(name, parameters)
    with signalling():
        value, slopes = rule(numpy_reading(), *operands)
    shape = np.broadcast_shapes(*map(np.shape, operands))
    assert np.shape(value) == shape
    assert len(slopes) == len(operands)
    flat = zip(*(np.broadcast_to(x, shape).ravel().tolist() for x in operands), strict=True)
    got = zip(*(np.broadcast_to(x, shape).ravel().tolist() for x in (value, *slopes)), strict=True)
    for point, numbers in zip(flat, got, strict=True):
        for number, expected in zip(numbers, by_floats(rule, point), strict=True):
            assert same(number, expected, point, sums=name in SUMS), point


@each_rule
def test_numpy_gives_the_numbers_of_floats_at_nasty_operands(name, parameters):
    """Signed zeros, huge and tiny numbers, infinities and NaN: floats' numbers are the arrays' too."""
    rule = bound(name, parameters)
    points = tuples(len(ORACLE[name][1]), ORDINARY + HUGE + TINY + INFINITE)
    with np.errstate(all="ignore"):
        rows = as_rows(rule(numpy_reading(), *map(np.array, zip(*points, strict=True))), len(points))
    for point, row in zip(points, rows, strict=True):
        expected = by_floats(rule, point)
        if expected is None or root_of_minus_infinity(name, parameters, point):
            continue
        for number, wanted in zip(row, expected, strict=True):
            assert same(number, wanted, point, sums=name in SUMS), (point, row, expected)


@each_rule
def test_where_floats_raise_numpy_signals(name, parameters):
    """No operand outside a rule's domain goes unnoticed: not alone, not among others, not as plain float."""
    rule = bound(name, parameters)
    count = len(ORACLE[name][1])
    company = ordinary(rule, count)
    assert not signals(rule, in_company(company, company, 0))
    for k, point in enumerate(tuples(count, ORDINARY + HUGE + TINY + INFINITE)):
        if name == "softmax_share" and not point[0] - point[1] < math.inf:
            continue  # ∞/0 and NaN/0, of which NumPy says nothing; softmax itself comes nowhere near
        if by_floats(rule, point) is None:
            assert signals(rule, point), point
            assert signals(rule, [np.array([x]) for x in point]), point
            assert signals(rule, in_company(point, company, k % 12)), point


@each_rule
def test_where_floats_give_ordinary_numbers_numpy_is_quiet(name, parameters):
    """Zeros, kinks, saturation and 0 ln 0 give no false alarm, nor does a slope of ∞."""
    rule = bound(name, parameters)
    for point in tuples(len(ORACLE[name][1]), ORDINARY):
        expected = by_floats(rule, point)
        if expected is not None and not any(map(math.isnan, expected)):
            assert not signals(rule, [np.array([x, x]) for x in point]), point


def test_some_operands_are_outside_some_domains():
    """The laws above are not empty: these rules do raise, and each does give numbers."""
    raising = {
        name
        for name, parameters in CASES
        for point in tuples(len(ORACLE[name][1]), ORDINARY + INFINITE)
        if by_floats(bound(name, parameters), point) is None
    }
    assert {
        "log",
        "sqrt",
        "div",
        "power",
        "general_power",
        "log_likelihood",
        "exp",
        "sin",
        "atan2",
    } <= raising
    assert not {"sigmoid", "softplus", "relu", "gelu", "hypot", "sech", "affine", "squared_error"} & raising


@each_word
def test_numpy_knows_the_vocabulary_as_floats_do(name):
    """Each function by itself: its numbers where floats have some, else a signal, but for the ieee ones."""
    function = word(name)
    points = tuples(VOCABULARY[name], ORDINARY + HUGE + TINY + INFINITE, most=400)
    quiet = name.startswith("ieee_")
    for point in points:
        expected = by_floats(function, point)
        arrays = [np.array([x, x]) for x in point]
        if quiet:
            assert not signals(function, point), point
            assert not signals(function, arrays), point
        if name in {"power", "ieee_pow"} and point in {(0.0, -math.inf), (-math.inf, 0.5)}:
            continue  # IEEE 754 leaves the signal of the first open; the second: root_of_minus_infinity
        if name == "ieee_div" and math.isnan(point[0]):
            expected = (math.nan,)
        if expected is None:
            assert signals(function, arrays), point
        else:
            with np.errstate(all="ignore"):
                numbers = as_rows(function(numpy_reading(), *arrays), 2)
            assert all(same(number, expected[0], point) for (number,) in numbers), (point, numbers)


def test_numpy_takes_the_error_function_from_python():
    """erf and erfc are Python's own to the last bit, in every shape; of no numbers they make none."""
    x = np.linspace(-6, 6, 60).reshape(4, 5, 3)
    for name in ("erf", "erfc"):
        of_array, of_float = getattr(numpy_reading(), name), getattr(math, name)
        assert of_array(x).tolist() == [[[of_float(v) for v in row] for row in rows] for rows in x.tolist()]
        assert of_array(x[0, ::2].T).tolist() == [[of_float(v) for v in row] for row in x[0, ::2].T.tolist()]
        assert of_array(np.zeros((0, 3))).shape == (0, 3)
        assert of_array(0.5) == of_float(0.5)


def test_readings_do_not_touch_numpy_s_settings():
    """What is done without a signal leaves the caller's ``errstate`` as it was, and its operands too."""
    x = np.array([0.0, -1.0])
    with signalling():
        before = np.geterr()
        numpy_reading().ieee_log(x)
        numpy_reading().sigmoid(x)
        assert np.geterr() == before
    assert x.tolist() == [0.0, -1.0]


def test_a_reading_is_made_once():
    """The same object each time: nothing is imported or built again."""
    assert numpy_reading() is numpy_reading()


def test_import_of_arrays_is_light():
    """Importing the readings loads neither NumPy nor JAX: the readings do, when they are asked for."""
    program = (
        "import sys, engine, engine.readings.arrays; print(*sys.modules);"
        "engine.readings.arrays.numpy_reading(); print('numpy' in sys.modules, 'jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded, after = done.stdout.splitlines()
    assert "engine.readings.arrays" in loaded.split()
    assert not {"numpy", "jax", "jaxlib"} & set(loaded.split())
    assert after == "True False"


def test_without_jax_the_reading_says_what_to_install(monkeypatch):
    """Where JAX is missing the error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"needs JAX: pip install 'chainrule\[jax\]'"):
        jax_reading.__wrapped__()


@pytest.fixture(scope="module")
def jax():
    """JAX in double precision."""
    jax = need("jax")
    before = jax.config.jax_enable_x64
    assert jax_reading() is jax_reading()
    assert jax.config.jax_enable_x64 == before, "the reading leaves the precision to its user"
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@functools.cache
def compiled(jax, rule):
    return jax.jit(lambda *operands: rule(jax_reading(), *operands))


@each_rule
@settings(max_examples=2)
@given(data=st.data())
def test_jax_traces_every_rule_and_gives_the_numbers_of_floats(jax, name, parameters, data):
    """Compiled by ``jax.jit``, value and slopes are those of floats, nasty operands included.

    But for subnormal numbers, which XLA takes for 0, and for sums of huge terms, which overflow elsewhere.
    """
    rule = bound(name, parameters)
    count = len(ORACLE[name][1])
    nasty = tuples(count, ORDINARY + INFINITE + (HUGE if name not in FUSED or count == 1 else ()))
    drawn = data.draw(st.lists(st.tuples(*ORACLE[name][1]), min_size=10, max_size=10))
    points = nasty + [tuple(0.0 if abs(x) < SUBNORMAL else x for x in point) for point in drawn]
    rows = as_rows(compiled(jax, rule)(*map(np.array, zip(*points, strict=True))), len(points))
    for point, row in zip(points, rows, strict=True):
        for number, expected in zip(row, by_floats(rule, point) or row, strict=True):
            few = JAX_ALLOWS.get(name, FEW)
            assert same(number, expected, point, few=few, sums=name in FUSED), (point, row)


SMOOTH = ["sigmoid", "softplus", "sech", "log_sigmoid", "mish", "gelu", "atan"]  # a kink JAX cuts its own way


@pytest.mark.parametrize("name", [*SMOOTH, "log_likelihood", "general_power"])
def test_jax_differentiates_the_values(jax, name):
    """``jax.grad`` of a rule's value is the rule's own slope, at 0 and far out too, and never NaN."""
    rule = rules.REGISTRY[name]
    count = len(rule.operands) or 2
    numbers = (0.25, 0.75) if name == "log_likelihood" else (0.0, 0.5, 2.0, -3.0, 1000.0, -1000.0)
    points = [point for point in tuples(count, numbers) if by_floats(rule, point)]
    gradient = jax.vmap(jax.grad(lambda *x: rule(jax_reading(), *x)[0], argnums=tuple(range(count))))
    found = np.stack(gradient(*map(np.array, zip(*points, strict=True))), axis=-1).tolist()
    for point, slopes in zip(points, found, strict=True):
        wanted = by_floats(rule, point)[1:]
        assert slopes == pytest.approx(wanted, rel=1e-12, abs=1e-15), point


def test_jax_never_signals(jax):
    """Outside the domain JAX gives NaN or an infinity, whatever NumPy's settings are."""
    with signalling():
        x = jax.numpy.array([0.0, -1.0])
        value, (slope,) = rules.log(jax_reading(), x)
        assert value[0] == -math.inf
        assert slope[0] == math.inf
        assert np.isnan(value[1])
        assert jax_reading().ieee_div(1.0, jax.numpy.array(0.0)) == math.inf


@each_word
def test_jax_knows_the_vocabulary(jax, name):
    """Every name is there and can be traced."""
    shape = jax.ShapeDtypeStruct((2, 3), float)
    assert jax.eval_shape(getattr(jax_reading(), name), *[shape] * VOCABULARY[name]).shape == (2, 3)
