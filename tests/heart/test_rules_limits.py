"""Infinities, NaN, −0 and kinks: what ``engine/rules/README.md`` says of them, rule by rule."""

import itertools
import math

import pytest
from oracle import ORACLE, Table
from test_rules import CASES, read

from engine import Value, apply, rules

INF, NAN, HALF_PI = math.inf, math.nan, math.pi / 2
LARGEST, LEAST = 1.7976931348623157e308, 5e-324
OUTSIDE = ValueError

LIMITS = Table(
    "add one to LIMITS in tests/heart/test_rules_limits.py, with the pairs (value, slope) at −∞ and at ∞, "
    'or OUTSIDE in place of a pair, as in `"sech": ((0, 0), (0, 0)),`',
    {
        "neg": ((INF, -1), (-INF, -1)),
        "abs": ((INF, -1), (INF, 1)),
        "exp": ((0, 0), (INF, INF)),
        "expm1": ((-1, 0), (INF, INF)),
        **dict.fromkeys(("log", "log1p", "log2", "log10", "sqrt", "acosh"), (OUTSIDE, (INF, 0))),
        **dict.fromkeys(("sin", "cos", "tan", "asin", "acos", "atanh"), (OUTSIDE, OUTSIDE)),
        "atan": ((-HALF_PI, 0), (HALF_PI, 0)),
        "sinh": ((-INF, INF), (INF, INF)),
        "cosh": ((INF, -INF), (INF, INF)),
        "tanh": ((-1, 0), (1, 0)),
        "sech": ((0, 0), (0, 0)),
        "asinh": ((-INF, 0), (INF, 0)),
        "erf": ((-1, 0), (1, 0)),
        "erfc": ((2, 0), (0, 0)),
        "sigmoid": ((0, 0), (1, 0)),
        "log_sigmoid": ((-INF, 1), (0, 0)),
        "softplus": ((0, 0), (INF, 1)),
        "relu": ((0, 0), (INF, 1)),
        "leaky_relu": ((-INF, 0.25), (INF, 1)),
        "elu": ((-2, 0), (INF, 1)),
        "selu": ((-1.7580993408473766, 0), (INF, 1.0507009873554805)),
        "hard_tanh": ((-1, 0), (1, 0)),
        "clip": ((-2, 0), (3, 0)),
        **dict.fromkeys(("gelu", "silu", "mish"), ((NAN, NAN), (INF, NAN))),  # 0 · ∞; the limits are 0 and 1
        "gelu_tanh": ((NAN, 0), (INF, 1)),  # as above, −∞ · 0
        "softsign": ((NAN, 0), (NAN, 0)),  # ∞/∞; the limits are ±1
    },
)
"""Value and slope at −∞, and at ∞."""
BOUND = {"leaky_relu": {"slope": 0.25}, "elu": {"alpha": 2.0}, "clip": {"lo": -2.0, "hi": 3.0}}

POWERS_OF_INFINITY = [
    (-3, (0, 0), (0, 0)),
    (-1, (0, 0), (0, 0)),
    (0, (1, 0), (1, 0)),
    (0.5, (INF, 0), (INF, 0)),
    (1, (-INF, 1), (INF, 1)),
    (2, (INF, -INF), (INF, INF)),
    (3, (-INF, INF), (INF, INF)),
]
"""n, value and slope at −∞, and at ∞: as ``math.pow`` has them, also for the fractional power of −∞."""

SEVERAL = [
    ("add", (INF, -INF), NAN, (1, 1)),
    ("sub", (INF, -INF), INF, (1, -1)),
    ("mul", (INF, 0), NAN, (0, INF)),
    ("mul", (INF, -2), -INF, (-2, INF)),
    ("div", (1, INF), 0, (0, 0)),
    ("div", (INF, INF), NAN, (0, NAN)),
    ("hypot", (INF, 1), INF, (NAN, 0)),
    ("atan2", (INF, 1), HALF_PI, (0, NAN)),
    ("atan2", (1, -INF), math.pi, (NAN, 0)),
    ("atan2", (0.0, -2.0), math.pi, (-0.5, 0)),
    ("atan2", (-0.0, -2.0), -math.pi, (-0.5, 0)),
    ("general_power", (INF, 2), INF, (INF, INF)),
    ("general_power", (INF, 0), 1, (0, INF)),
    ("general_power", (0.5, INF), 0, (NAN, 0)),
    ("general_power", (0, INF), 0, (NAN, 0)),
    ("general_power", (LEAST, 0), 1, (NAN, math.log(LEAST))),
    ("total", (INF, 1), INF, (1, 1)),
    ("total", (INF, -INF), NAN, (1, 1)),
    ("mean", (-INF, 1), -INF, (0.5, 0.5)),
    ("affine", (1, INF, 2), INF, (1, 2, INF)),
    ("affine", (1, INF, 0), NAN, (1, 0, INF)),
    ("dot", (INF, 2), INF, (2, INF)),
    ("dot", (INF, 0), NAN, (0, INF)),
    ("maximum", (INF, 1), INF, (1, 0)),
    ("maximum", (-INF, -INF), -INF, (0.5, 0.5)),
    ("minimum", (INF, 1), 1, (0, 1)),
    ("logsumexp", (INF, INF), INF, (NAN, NAN)),
    ("logsumexp", (INF, 1), INF, (NAN, 0)),
    ("logsumexp", (-INF, 1), 1, (0, 1)),
    ("logsumexp", (710, INF), INF, (0, NAN)),
    ("logsumexp", (INF, 1e308, -INF), INF, (NAN, 0, 0)),
    ("logsumexp", (NAN, 710), NAN, (NAN, NAN)),
    ("softmax", (710, INF), 0, (NAN, NAN)),
    ("softmax_sum", (710, INF), INF, (0, 0)),
    ("softmax", (INF, 1), NAN, (NAN, NAN)),
    ("softmax", (1, -INF), 1, (0, 0)),
    ("softmax", (-INF, 1), 0, (0, 0)),
    ("squared_error", (INF, 1), INF, (INF, -INF)),
    ("half_squared_error", (INF, INF), NAN, (NAN, NAN)),
    ("log_likelihood_from_logits", (INF, 0), -INF, (-1, INF)),
    ("log_likelihood_from_logits", (INF, 1), NAN, (0, INF)),
    ("binary_cross_entropy_from_logits", (-INF, 1), INF, (-1, INF)),
    ("softmax_cross_entropy", (-INF, 0, 1, 0), INF, (-1, 1, INF, 0)),
    ("softmax_cross_entropy", (-INF, 0, 0, 1), NAN, (0, 0, INF, 0)),
    ("hinge", (INF, 1), 0, (0, NAN)),
    ("hinge", (-INF, 1), INF, (-1, INF)),
]

TOO_LARGE = [
    ("add", (LARGEST, LARGEST), INF, (1, 1)),
    ("mul", (1e200, 1e200), INF, (1e200, 1e200)),
    ("hypot", (LARGEST, LARGEST), INF, (0, 0)),
    ("total", (LARGEST, LARGEST), INF, (1, 1)),
    ("mean", (LARGEST, LARGEST), INF, (0.5, 0.5)),
    ("squared_error", (1e200, 0), INF, (2e200, -2e200)),
    ("logsumexp", (LARGEST, LARGEST), LARGEST, (0.5, 0.5)),
    ("maximum", (LARGEST, LARGEST), LARGEST, (0.5, 0.5)),
]

SIDES = {"neg", "clip", "relu", "leaky_relu", "elu", "selu", "hard_tanh"}
"""Functions of one operand whose slope is a number even for NaN: that of one of the sides."""


def same(got, expected):
    return got == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


@pytest.mark.parametrize("name", [name for name, (_, operands) in ORACLE.items() if len(operands) == 1])
def test_value_and_slope_at_infinity_are_the_limits(name):
    """So they are for every function of one operand, but where the way there comes to 0 · ∞ or ∞/∞."""
    cases = [({"n": n}, limits) for n, *limits in POWERS_OF_INFINITY]
    for parameters, limits in cases if name == "power" else [(BOUND.get(name, {}), LIMITS[name])]:
        for x, limit in zip((-INF, INF), limits, strict=True):
            if limit is OUTSIDE:
                with pytest.raises(ValueError, match="math domain error"):
                    read(name, (x,), parameters)
            else:
                value, (slope,) = read(name, (x,), parameters)
                assert same(value, limit[0]), (x, parameters)
                assert same(slope, limit[1]), (x, parameters)


@pytest.mark.parametrize(("name", "operands", "value", "slopes"), SEVERAL + TOO_LARGE, ids=str)
def test_infinite_and_too_large_operands_of_several(name, operands, value, slopes):
    """Sums and products of ∞ are IEEE 754's, and so is what is too large; shares are their limits, or NaN."""
    got, got_slopes = read(name, operands, {})
    assert same(got, value)
    assert same(list(got_slopes), list(slopes))


RAISES = [
    ("sin", (INF,), ValueError, "sin: outside its domain (finite x) at x = inf (label 'u0')"),
    ("sqrt", (-INF,), ValueError, "sqrt: outside its domain (x ≥ 0) at x = -inf (label 'u0')"),
    ("log", (-LEAST,), ValueError, "log: outside its domain (x > 0) at x = -5e-324 (label 'u0')"),
    ("acosh", (math.nextafter(1, 0),), ValueError, "acosh: outside its domain (x ≥ 1) at x = 0.99999999999"),
    ("exp", (709.8,), OverflowError, "exp: the result exceeds the largest float at x = 709.8 (label 'u0')"),
    ("div", (NAN, -0.0), ZeroDivisionError, "div: division by zero at x = nan (label 'u0'), y = -0.0 (la"),
    ("general_power", (-INF, 2), ValueError, "general_power: outside its domain (x > 0, or x = 0 with y > 0"),
    ("logsumexp", (-INF, -INF), ValueError, "logsumexp: outside its domain (all x, but not all −∞) at ope"),
    ("softmax", (-INF, -INF), ZeroDivisionError, "softmax: division by zero at operand 0 = -inf (label 'u0"),
    ("softmax_cross_entropy", (-INF, -INF, 1, 0), ValueError, "domain (all z, but not all −∞; all y) at "),
]


@pytest.mark.parametrize(("name", "operands", "error", "message"), RAISES, ids=str)
def test_outside_the_domain_the_error_names_rule_operands_and_labels(name, operands, error, message):
    """The error is Python's own with their names: at infinite operands and at the first float outside too."""
    labelled = [Value(x, label=f"u{k}") for k, x in enumerate(operands)]
    with pytest.raises(error) as raised:
        apply(rules.REGISTRY[name], *labelled)
    assert message in str(raised.value)


OTHERS = (0.5, 0.0, 1.0, INF)


def numbers_even_of_nan(name, parameters, operands):
    """x⁰, 1^y and hypot(∞, y) are numbers whatever the operand is: so it is in Python."""
    if name == "power":
        return parameters["n"] == 0
    if name == "general_power":
        return operands[0] == 1 or operands[1] == 0
    return name == "hypot" and INF in map(abs, operands)


def raises(name, parameters, operands):
    try:
        read(name, operands, parameters)
    except (ValueError, ArithmeticError):
        return True
    return False


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_nan_makes_the_value_nan_and_raises_nothing(name, parameters):
    """In any place, whatever stands in the others; unless those alone put the rule outside its domain.

    The slope of a function of one operand is NaN too, but where it depends on the side alone.
    """
    count = len(ORACLE[name][1])
    for k, some in itertools.product(range(count), itertools.product(OTHERS, repeat=min(count - 1, 3))):
        others = (some + (0.5,) * count)[: count - 1]
        operands = (*others[:k], NAN, *others[k:])
        if raises(name, parameters, operands):
            assert all(raises(name, parameters, (*others[:k], x, *others[k:])) for x in (0.5, 2.0, -3.0)), (
                operands
            )
            continue
        value, slopes = read(name, operands, parameters)
        assert math.isnan(value) != numbers_even_of_nan(name, parameters, operands), operands
        one_slope = name in SIDES or parameters.get("n") in {0, 1}
        assert math.isnan(slopes[k]) != one_slope or count > 1, operands


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_minus_zero_is_zero(name, parameters):
    """Value and slopes at −0 are those at 0, and so is the error; √ alone has the slope −∞ there."""
    for others in ((), (2.0,), (2.0, 0.5)):
        if len(others) + 1 != len(ORACLE[name][1]):
            continue
        if raises(name, parameters, (0.0, *others)):
            assert raises(name, parameters, (-0.0, *others))
            continue
        value, slopes = read(name, (-0.0, *others), parameters)
        at_zero, slopes_at_zero = read(name, (0.0, *others), parameters)
        assert value == at_zero
        assert slopes == ((-INF,) if name == "sqrt" else slopes_at_zero)


KINKS = [
    ("abs", {}, 0.0, (-1, 0, 1)),
    ("relu", {}, 0.0, (0, 0, 1)),
    ("leaky_relu", {"slope": 0.1}, 0.0, (0.1, 0.1, 1)),
    ("elu", {"alpha": 0.5}, 0.0, (0.5, 0.5, 1)),
    ("elu", {"alpha": 1.0}, 0.0, (1, 1, 1)),
    ("selu", {}, 0.0, (1.7580993408473766, 1.7580993408473766, 1.0507009873554805)),
    ("hard_tanh", {}, -1.0, (0, 0, 1)),
    ("hard_tanh", {}, 1.0, (1, 0, 0)),
    ("clip", {"lo": -2.0, "hi": 3.0}, -2.0, (0, 0, 1)),
    ("clip", {"lo": -2.0, "hi": 3.0}, 3.0, (1, 0, 0)),
    ("sqrt", {}, 0.0, (None, INF, 0.5 / math.sqrt(LEAST))),
    ("asin", {}, 1.0, (1 / math.sqrt(2.0**-52), INF, None)),
    ("acos", {}, -1.0, (None, -INF, -1 / math.sqrt(2.0**-52))),
    ("acosh", {}, 1.0, (None, INF, 1 / math.sqrt(2.0**-51))),
    ("power", {"n": 0.5}, 0.0, (None, INF, 0.5 / math.sqrt(LEAST))),
    ("power", {"n": -0.5}, LEAST, (None, -INF, -INF)),
]


@pytest.mark.parametrize(("name", "parameters", "at", "slopes"), KINKS, ids=str)
def test_slopes_at_a_kink_and_one_float_to_each_side(name, parameters, at, slopes):
    """At the kink the documented slope counts, a float further that of the side; outside is an error."""
    for x, slope in zip((math.nextafter(at, -INF), at, math.nextafter(at, INF)), slopes, strict=True):
        if slope is None:
            assert raises(name, parameters, (x,))
        else:
            assert same(read(name, (x,), parameters)[1][0], slope)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_equal_operands_share_and_neighbours_do_not(name):
    """Two equal extreme operands have half the slope each; one float apart, one has all of it."""
    above = math.nextafter(2.0, 3.0)
    first = 1.0 if name == "minimum" else 0.0
    assert read(name, (2.0, 2.0), {})[1] == (0.5, 0.5)
    assert read(name, (2.0, above), {})[1] == (first, 1 - first)
    assert read(name, (0.0, -0.0), {})[1] == (0.5, 0.5)


def test_the_hinge_bends_at_its_margin():
    """Slopes are −y and −a as far as the last float with y a < 1, and 0 from y a = 1 on."""
    below, above = math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0)
    assert read("hinge", (below, 1.0), {}) == (1 - below, (-1.0, -below))
    assert read("hinge", (1.0, 1.0), {}) == (0.0, (0.0, 0.0))
    assert read("hinge", (above, 1.0), {}) == (0.0, (0.0, 0.0))


def test_every_kink_is_documented():
    """A rule that is tried at a kink names it, with the slope that it takes; none names one untried."""
    tried = {name for name, _, _, slopes in KINKS if slopes != (1, 1, 1)}
    several = {"maximum", "minimum", "hinge", "hypot", "general_power"}
    assert tried | several == {rule.name for rule in rules.REGISTRY.values() if rule.kinks}
