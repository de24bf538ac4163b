"""Arithmetic: the operators of Python, and piecewise linear functions.

A rule returns the value of its function and a tuple of local derivatives, one for each operand. ``xp`` is the
arithmetic that the rule is read with, such as floats or formulas; ``vocabulary`` lists its functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .rule import rule

if TYPE_CHECKING:
    from .vocabulary import Arithmetic, Result, X


@rule(domain="all x, y", symbol="+")
def add(xp: Arithmetic, x: X, y: X) -> Result:
    """x + y. The sum rule, (f + g)′ = f′ + g′."""
    return x + y, (1.0, 1.0)


@rule(domain="all x, y", symbol="-")
def sub(xp: Arithmetic, x: X, y: X) -> Result:
    """x − y. The difference rule, (f − g)′ = f′ − g′."""
    return x - y, (1.0, -1.0)


@rule(domain="all x, y", symbol="*")
def mul(xp: Arithmetic, x: X, y: X) -> Result:
    """x · y. The product rule, (fg)′ = f g′ + f′ g; with a constant factor, (cf)′ = c f′."""
    return x * y, (y, x)


@rule(domain="y ≠ 0", symbol="/")
def div(xp: Arithmetic, x: X, y: X) -> Result:
    """x / y. The quotient rule, (f/g)′ = (f′g − g′f)/g²; with x = 1 the reciprocal rule, −g′/g²."""
    z = x / y
    return z, (1 / y, -z / y)


@rule()
def neg(xp: Arithmetic, x: X) -> Result:
    """−x."""
    return -x, (-1.0,)


@rule(
    domain="x ≥ 0 unless n is whole; x ≠ 0 for n < 0",
    kinks="x = 0 for 0 < n < 1: slope ∞",
    symbol="**{n}",
)
def power(xp: Arithmetic, x: X, *, n: float) -> Result:
    """xⁿ with a constant exponent. The power rule, (xⁿ)′ = n xⁿ⁻¹."""
    return xp.power(x, n), (n * xp.ieee_pow(x, n - 1) if n else 0.0,)


@rule(
    domain="x > 0, or x = 0 with y > 0",
    kinks="x = 0 with y < 1: slope ∞ in x",
    symbol="**",
)
def general_power(xp: Arithmetic, x: X, y: X) -> Result:
    """x^y with a differentiable exponent: slopes y x^(y−1) and x^y ln x."""
    z = xp.power(x, y)
    return z, (y * xp.ieee_pow(x, y - 1), xp.xlogy(z, x))


@rule(kinks="x = 0: slope 0")
def abs(xp: Arithmetic, x: X) -> Result:
    """The absolute value of x: slope is the sign of x."""
    return xp.abs(x), (xp.sign(x),)


@rule(domain="all x; lo ≤ hi", kinks="x = lo, x = hi: slope 0")
def clip(xp: Arithmetic, x: X, *, lo: float, hi: float) -> Result:
    """x kept between lo and hi: slope 1 strictly between them, 0 elsewhere."""
    if not lo <= hi:  # also refuses NaN
        raise ValueError("lo must not exceed hi")
    inside = xp.where(x <= lo, 0.0, xp.where(x >= hi, 0.0, 1.0))
    return xp.minimum(xp.maximum(x, lo), hi), (inside,)
