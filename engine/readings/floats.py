"""The rules read with Python floats: the arithmetic of the eager engine.

Values raise as Python's own functions do: ValueError outside the domain, OverflowError beyond the
largest float, ZeroDivisionError. NaN passes through.

>>> from engine.readings import floats
>>> floats.sigmoid(-1000.0), floats.softplus(1000.0)
(0.0, 1000.0)
"""

from __future__ import annotations

import math
from math import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    expm1,
    hypot,
    log,
    log1p,
    log2,
    log10,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

__all__ = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "gaussian",
    "hypot",
    "ieee_div",
    "ieee_log",
    "ieee_pow",
    "log",
    "log1p",
    "log2",
    "log10",
    "maximum",
    "minimum",
    "power",
    "sech",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "tan",
    "tanh",
    "where",
    "xlogy",
]

abs = math.fabs


def sign(x: float) -> float:
    """−1, 0 or 1; NaN of NaN."""
    return math.copysign(1.0, x) if x < 0 or x > 0 else x * 0.0


def minimum(x: float, y: float) -> float:
    """The smaller one; NaN if either is."""
    return x if x < y or x != x else y  # noqa: PLR0124  (NaN alone differs from itself)


def maximum(x: float, y: float) -> float:
    """The larger one; NaN if either is."""
    return x if x > y or x != x else y  # noqa: PLR0124  (as above)


def where(condition: bool, x: float, y: float) -> float:  # noqa: FBT001  (an array of bool elsewhere)
    """Choose x where the condition holds, else y."""
    return x if condition else y


def power(x: float, y: float) -> float:
    """x^y in the real numbers: a fractional power of a negative number is refused, not made complex."""
    if x == 0 and -math.inf < y < 0:  # 0 to the power −∞ is ∞, as in Python
        raise ZeroDivisionError("0.0 cannot be raised to a negative power")
    return math.pow(x, y)


def xlogy(x: float, y: float) -> float:
    """X ln y, and 0 for x = 0 even where y = 0."""
    if x != x:  # noqa: PLR0124  (NaN alone differs from itself)
        return x
    return 0.0 if x == 0 and y >= 0 else x * log(y)


def gaussian(x: float) -> float:
    """e^(−x²), where what rounding takes from x² would count: x is split into a short part and a rest."""
    x = minimum(maximum(x, -40.0), 40.0)  # beyond, it is 0
    short = x + 6442450944.0 - 6442450944.0  # a multiple of 2⁻²⁰: its square is exact
    return exp(-short * short) * exp((short - x) * (short + x))


def sech(x: float) -> float:
    """1/cosh x, where cosh x may overflow."""
    return 1 / cosh(x) if -700 < x < 700 else 2 * exp(-abs(x))


def sigmoid(x: float) -> float:
    """1/(1 + e⁻ˣ), where e⁻ˣ may overflow."""
    if x >= 0:
        return 1 / (1 + exp(-x))
    e = exp(x)
    return e / (1 + e)


def softplus(x: float) -> float:
    """ln(1 + eˣ), where eˣ may overflow."""
    return maximum(x, 0.0) + log1p(exp(-abs(x)))


def ieee_div(x: float, y: float) -> float:
    """x / y as IEEE 754 has it: ±∞ for x/0, NaN for 0/0."""
    if y:
        return x / y
    return math.copysign(math.inf, x) * math.copysign(1.0, y) if x < 0 or x > 0 else math.nan


def ieee_pow(x: float, y: float) -> float:
    """x^y as IEEE 754 has it: ±∞ for overflow and for negative powers of 0, NaN where it is complex."""
    try:
        return math.pow(x, y)
    except OverflowError:
        pass
    except ValueError:
        if x:
            return math.nan
    odd = y % 2 == 1
    return math.copysign(math.inf, x) if odd else math.inf


def ieee_log(x: float) -> float:
    """Ln x as IEEE 754 has it: −∞ for 0, NaN below."""
    if x > 0:
        return log(x)
    return math.nan if x else -math.inf
