"""Elementary functions: exponentials, logarithms, roots, trigonometry, hyperbolic and error functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .choices import direction, made_by
from .rule import rule

if TYPE_CHECKING:
    from .vocabulary import Arithmetic, Result, X

LN2, LN10 = math.log(2), math.log(10)
TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)


@rule()
def exp(xp: Arithmetic, x: X) -> Result:
    """eˣ, its own derivative."""
    z = xp.exp(x)
    return z, (z,)


@rule()
def expm1(xp: Arithmetic, x: X) -> Result:
    """eˣ − 1, without cancellation near 0."""
    return xp.expm1(x), (xp.exp(x),)


@rule(domain="x > 0")
def log(xp: Arithmetic, x: X) -> Result:
    """Natural logarithm: slope 1/x."""
    return xp.log(x), (1 / x,)


@rule(domain="x > −1")
def log1p(xp: Arithmetic, x: X) -> Result:
    """ln(1 + x), without cancellation near 0."""
    return xp.log1p(x), (1 / (1 + x),)


@rule(domain="x > 0")
def log2(xp: Arithmetic, x: X) -> Result:
    """Logarithm to base 2: slope 1/(x ln 2)."""
    return xp.log2(x), (1 / LN2 / x,)


@rule(domain="x > 0")
def log10(xp: Arithmetic, x: X) -> Result:
    """Logarithm to base 10: slope 1/(x ln 10)."""
    return xp.log10(x), (1 / LN10 / x,)


@rule(domain="x ≥ 0", kinks="x = ±0: slope ±∞")
def sqrt(xp: Arithmetic, x: X) -> Result:
    """√x: slope 1/(2√x)."""
    z = xp.sqrt(x)
    return z, (xp.ieee_div(0.5, z),)


@rule(domain="all x, y", kinks="x = y = 0: slopes 0")
def hypot(xp: Arithmetic, x: X, y: X) -> Result:
    """√(x² + y²), without overflow on the way: slopes x/z and y/z."""
    z = xp.hypot(x, y)
    return z, (made_by(direction, xp, x, z), made_by(direction, xp, y, z))


@rule(domain="finite x")
def sin(xp: Arithmetic, x: X) -> Result:
    """Sine of x radians: slope cos x."""
    return xp.sin(x), (xp.cos(x),)


@rule(domain="finite x")
def cos(xp: Arithmetic, x: X) -> Result:
    """Cosine of x radians: slope −sin x."""
    return xp.cos(x), (-xp.sin(x),)


@rule(domain="finite x; no float is a pole")
def tan(xp: Arithmetic, x: X) -> Result:
    """Tangent of x radians: slope 1 + tan² x."""
    z = xp.tan(x)
    return z, (1 + z * z,)


@rule(domain="−1 ≤ x ≤ 1", kinks="x = ±1: slope ∞")
def asin(xp: Arithmetic, x: X) -> Result:
    """Arc sine in radians: slope 1/√(1 − x²)."""
    return xp.asin(x), (xp.ieee_div(1.0, xp.sqrt((1 - x) * (1 + x))),)


@rule(domain="−1 ≤ x ≤ 1", kinks="x = ±1: slope −∞")
def acos(xp: Arithmetic, x: X) -> Result:
    """Arc cosine in radians: slope −1/√(1 − x²)."""
    return xp.acos(x), (xp.ieee_div(-1.0, xp.sqrt((1 - x) * (1 + x))),)


@rule()
def atan(xp: Arithmetic, x: X) -> Result:
    """Arc tangent in radians: slope 1/(1 + x²)."""
    h = xp.hypot(1.0, x)
    return xp.atan(x), (1 / h / h,)


@rule(domain="(y, x) ≠ (0, 0)")
def atan2(xp: Arithmetic, y: X, x: X) -> Result:
    """Angle of the point (x, y) in radians, in [−π, π]: slopes x/(x² + y²) and −y/(x² + y²)."""
    h = xp.hypot(x, y)
    return xp.atan2(y, x), (x / h / h, -y / h / h)


@rule()
def sinh(xp: Arithmetic, x: X) -> Result:
    """Hyperbolic sine: slope cosh x."""
    return xp.sinh(x), (xp.cosh(x),)


@rule()
def cosh(xp: Arithmetic, x: X) -> Result:
    """Hyperbolic cosine: slope sinh x."""
    return xp.cosh(x), (xp.sinh(x),)


@rule()
def tanh(xp: Arithmetic, x: X) -> Result:
    """Hyperbolic tangent, squashing the real line into (−1, 1): slope sech² x = 1 − tanh² x."""
    s = xp.sech(x)
    return xp.tanh(x), (s * s,)


@rule()
def sech(xp: Arithmetic, x: X) -> Result:
    """Hyperbolic secant, 1/cosh x: slope −sech x · tanh x."""
    s = xp.sech(x)
    return s, (-s * xp.tanh(x),)


@rule()
def asinh(xp: Arithmetic, x: X) -> Result:
    """Inverse hyperbolic sine: slope 1/√(1 + x²)."""
    return xp.asinh(x), (1 / xp.hypot(1.0, x),)


@rule(domain="x ≥ 1", kinks="x = 1: slope ∞")
def acosh(xp: Arithmetic, x: X) -> Result:
    """Inverse hyperbolic cosine: slope 1/√(x² − 1)."""
    return xp.acosh(x), (xp.ieee_div(1.0, xp.sqrt(x - 1) * xp.sqrt(x + 1)),)


@rule(domain="−1 < x < 1")
def atanh(xp: Arithmetic, x: X) -> Result:
    """Inverse hyperbolic tangent: slope 1/(1 − x²)."""
    return xp.atanh(x), (1 / ((1 - x) * (1 + x)),)


@rule()
def erf(xp: Arithmetic, x: X) -> Result:
    """Error function: slope (2/√π) e^(−x²)."""
    return xp.erf(x), (TWO_OVER_SQRT_PI * xp.gaussian(x),)


@rule()
def erfc(xp: Arithmetic, x: X) -> Result:
    """Complementary error function, 1 − erf x: slope −(2/√π) e^(−x²)."""
    return xp.erfc(x), (-TWO_OVER_SQRT_PI * xp.gaussian(x),)
