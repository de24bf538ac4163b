"""The arithmetic of floats: what math lacks, and the limits that slopes take."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf
from oracle import off_by

from engine import rules
from engine.readings import floats
from engine.rules.vocabulary import Arithmetic

any_float = st.floats(allow_nan=False)


def test_floats_know_the_whole_vocabulary():
    """Every name of the vocabulary is there, and nothing else is public."""
    vocabulary = {name for name in vars(Arithmetic) if not name.startswith("_")}
    assert set(floats.__all__) == vocabulary
    assert all(callable(getattr(floats, name)) for name in vocabulary)
    assert rules.Arithmetic is Arithmetic


@given(any_float, any_float)
def test_minimum_and_maximum_are_python_s(x, y):
    """Of numbers they are min and max; NaN on either side wins, where Python's depend on the order."""
    assert floats.minimum(x, y) == min(x, y)
    assert floats.maximum(x, y) == max(x, y)
    for f in (floats.minimum, floats.maximum):
        assert math.isnan(f(x, math.nan))
        assert math.isnan(f(math.nan, y))


@given(any_float)
def test_sign_and_absolute_value(x):
    """x = sign(x)·|x|; the sign of NaN is NaN."""
    assert floats.abs(x) == abs(x)
    assert floats.sign(x) == (x > 0) - (x < 0)
    assert math.isnan(floats.sign(math.nan))


@given(st.floats(-700, 700), st.floats(1e-300, 1e300))
def test_ieee_functions_agree_with_python_s_where_those_do_not_raise(x, y):
    """ieee_div and ieee_log are / and log for a divisor and an operand above 0."""
    assert floats.ieee_div(x, y) == x / y
    assert floats.ieee_log(y) == math.log(y)


@given(st.floats(-30, 30))
def test_the_gaussian_keeps_its_digits_far_out(x):
    """e^(−x²) is right to 4 units in the last place, where x² rounded to a float would cost some 300."""
    assert off_by(floats.gaussian(x), mp.exp(-(mpf(x) ** 2))) <= 4


def test_a_factor_nan_makes_x_ln_y_nan():
    """X ln y of x = NaN is NaN for every y: it neither raises nor counts as 0."""
    assert all(math.isnan(floats.xlogy(math.nan, y)) for y in (0.0, -1.0, 1.0, math.inf, math.nan))


@pytest.mark.parametrize(
    ("got", "limit"),
    [
        (floats.ieee_div(1.0, 0.0), math.inf),
        (floats.ieee_div(-1.0, 0.0), -math.inf),
        (floats.ieee_div(1.0, -0.0), -math.inf),
        (floats.ieee_log(0.0), -math.inf),
        (floats.ieee_pow(0.0, -1.0), math.inf),
        (floats.ieee_pow(-0.0, -1.0), -math.inf),
        (floats.ieee_pow(0.0, -2.0), math.inf),
        (floats.ieee_pow(1e200, 2.0), math.inf),
        (floats.ieee_pow(-1e200, 3.0), -math.inf),
        (floats.ieee_pow(-1e200, 2.0), math.inf),
        (floats.ieee_pow(2.0, 3.0), 8.0),
    ],
)
def test_ieee_functions_give_limits(got, limit):
    """Where Python raises they give the infinity that IEEE 754 prescribes, with its sign."""
    assert got == limit


@pytest.mark.parametrize(
    "got", [floats.ieee_div(0.0, 0.0), floats.ieee_log(-1.0), floats.ieee_pow(-8.0, 0.5)]
)
def test_ieee_functions_give_nan_where_there_is_no_limit(got):
    """0/0, the logarithm of a negative number and a complex power are NaN."""
    assert math.isnan(got)
