"""Laws of the door for numbers: every real number comes in as float, nothing else does."""

import math
import re
from array import array
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value
from engine.numeric import is_real, real


class Measured:
    """A number of somebody's own, as many libraries have them."""

    def __float__(self):
        return 1.5

    def __str__(self):
        return "1.5"


INTEGERS = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
REALS = [
    (3, 3.0),
    (True, 1.0),
    (False, 0.0),
    (-0.0, -0.0),
    (2.5, 2.5),
    (Fraction(1, 3), 1 / 3),
    (Decimal("0.1"), 0.1),
    (np.float64(0.1), 0.1),
    (np.float32(0.1), 0.10000000149011612),
    (np.float16(0.1), 0.0999755859375),
    (np.longdouble(2), 2.0),
    (np.bool_(True), 1.0),
    (Measured(), 1.5),
    (math.inf, math.inf),
    (10**300, 1e300),
    *((kind(7), 7.0) for kind in INTEGERS),
]


@pytest.mark.parametrize(("x", "expected"), REALS, ids=lambda x: f"{type(x).__name__}-{x}")
def test_every_kind_of_real_number_becomes_the_nearest_float(x, expected):
    """Value, data, grad and operands take it, and hold the float nearest to it, exactly a float."""
    assert is_real(x)
    got = real(x, "data")
    assert type(got) is float
    assert (got, math.copysign(1, got)) == (expected, math.copysign(1, expected))
    node = Value(x)
    node.grad = x
    assert type(node.data) is type(node.grad) is float
    assert node.data == node.grad == expected
    assert (Value(0.0) + x).data == expected
    assert (x + Value(0.0)).data == expected


@given(st.fractions() | st.decimals(allow_nan=False, allow_infinity=False, places=20) | st.integers())
def test_real_rounds_as_float_does(x):
    """There is one rounding, that of ``float``."""
    assert real(x, "x") == float(x)


def test_nan_comes_in():
    """NaN is data like any other; the anomaly detector finds it where it matters."""
    assert math.isnan(real(math.nan, "x"))
    assert math.isnan(real(Decimal("NaN"), "x"))
    assert math.isnan(Value(np.float32("nan")).data)


TEXT, PARTS, ELEMENTS = "convert text with float", "pass its real part", "pass its elements one by one"
REFUSED = [
    ("1.0", TEXT),
    (b"1.0", TEXT),
    (np.str_("1.0"), TEXT),
    (1 + 0j, PARTS),
    (np.complex64(1), PARTS),
    (np.complex128(1j), PARTS),
    (Value(1.0), "use the Value as it is, or its .data"),
    (np.array(1.0), "pass its .item()"),
    (np.array([1.0]), ELEMENTS),
    (np.ones((2, 2)), ELEMENTS),
    ([1.0], ELEMENTS),
    ((1.0,), ELEMENTS),
    ({}, ELEMENTS),
    ({1.0}, ELEMENTS),
    (range(3), ELEMENTS),
    (bytearray(b"1"), ELEMENTS),
    (array("d", [1.0]), ELEMENTS),
    (None, "pass an int or a float"),
    (object(), "pass an int or a float"),
    (float, "pass an int or a float"),
    (np.float32, "pass an int or a float"),
    (abs, "pass an int or a float"),
    (np.datetime64("2026"), "pass an int or a float"),
]


@pytest.mark.parametrize(("x", "advice"), REFUSED, ids=lambda x: type(x).__name__)
def test_what_is_no_real_number_is_refused_with_advice(x, advice):
    """TypeError names the argument, says what came and what to pass instead."""
    came = f"must be a real number, got {type(x).__name__} "
    with pytest.raises(TypeError, match=f"^data {re.escape(came)}.*{re.escape(advice)}"):
        real(x, "data")
    with pytest.raises(TypeError, match=re.escape(came)):
        Value(x)
    node = Value(1.0)
    if x is not None:  # None is how programs for PyTorch forget a gradient
        with pytest.raises(TypeError, match=f"^grad {re.escape(came)}"):
            node.grad = x
    with pytest.raises(TypeError, match=f"^data {re.escape(came)}"):
        node.data = x
    assert (node.data, node.has_grad) == (1.0, False)


def test_is_real_and_real_agree():
    """What is_real refuses, real refuses; of what it takes, only Values and NumPy's dates are refused."""
    for x, _ in REFUSED:
        assert not is_real(x) or isinstance(x, Value | np.datetime64)


def test_a_message_stays_short():
    """A long list is not printed in full."""
    with pytest.raises(TypeError) as caught:
        real([0.0] * 1000, "data")
    assert len(str(caught.value)) < 150
    assert "…" in str(caught.value)


def test_a_number_beyond_the_floats_overflows():
    """An int that no float can hold is Python's own OverflowError, not infinity."""
    with pytest.raises(OverflowError):
        real(10**400, "data")
