"""Rules that occur only in graphs of derivatives: for slopes where a rule chooses a side or takes a limit.

``grad``, ``hessian`` and ``hvp`` build graphs with them that stay right wherever their leaves are moved. They
are in ``INNER``, not in ``REGISTRY``: they have no function, no symbol and no row in the table of rules.

>>> from engine.readings import floats
>>> at_most(floats, 2.0, 0.0, 5.0, 7.0)[0], ratio(floats, 0.0, 0.0)[0]
(7.0, 0.0)
"""

from __future__ import annotations

import math
import sys
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from .rule import rule
from .vocabulary import exact

if TYPE_CHECKING:
    from .rule import Rule
    from .vocabulary import Arithmetic, Result, X


def made_by(rule: Rule, xp: Arithmetic, *operands: X) -> X:
    """Return the value of a rule, as one node if the arithmetic makes nodes."""
    step = getattr(xp, rule.name, None)
    return step(*operands) if step else rule.function(xp, *operands)[0]


@rule(domain="all x, y, a, b", symbol="if ≤", inner=True)
def at_most(xp: Arithmetic, x: X, y: X, a: X, b: X) -> Result:
    """a where x ≤ y, else b. The other side adds nothing, even if it is NaN or infinite."""
    holds = x <= y
    return xp.where(holds, a, b), (0.0, 0.0, xp.where(holds, 1.0, 0.0), xp.where(holds, 0.0, 1.0))


@rule(domain="all x, y, a, b", symbol="if <", inner=True)
def below(xp: Arithmetic, x: X, y: X, a: X, b: X) -> Result:
    """a where x < y, else b."""
    holds = x < y
    return xp.where(holds, a, b), (0.0, 0.0, xp.where(holds, 1.0, 0.0), xp.where(holds, 0.0, 1.0))


@rule(kinks="x = 0: slope 0", inner=True)
def sign(xp: Arithmetic, x: X) -> Result:
    """−1, 0 or 1: slope 0."""
    return xp.sign(x), (0.0,)


@rule(domain="all a, x", kinks="x = 0: slope NaN in x", symbol="*sign", inner=True)
def signed(xp: Arithmetic, a: X, x: X) -> Result:
    """a sign(x), where a may depend on x: its slope in x at 0 is a limit, which is not taken."""
    s = xp.sign(x)
    return a * s, (s, _nowhere(xp, xp.abs(x) <= 0))


@rule(domain="all x", kinks="several operands equal to the first: slope 0", at_least=1, inner=True)
def share(xp: Arithmetic, top: X, *xs: X) -> Result:
    """1/n, where n of the others equal the first operand, the largest or the smallest of them: slope 0."""
    return 1 / _equal(xp, top, xs), (0.0,) * (1 + len(xs))


@rule(
    domain="all a, x",
    kinks="several operands equal to the second: slope NaN in them",
    symbol="*share",
    at_least=2,
    inner=True,
)
def shared(xp: Arithmetic, a: X, top: X, *xs: X) -> Result:
    """a/n with n as for ``share``, where a may depend on x: slope NaN in operands that are equal."""
    part = made_by(share, xp, top, *xs)
    return a * part, (part, *(_nowhere(xp, part < 1),) * (1 + len(xs)))


@rule(domain="all y, a", kinks="y = a = 0: slopes ∞ in y, 0 in a", symbol="/", inner=True)
def ratio(xp: Arithmetic, y: X, a: X) -> Result:
    """y/a, the slope of y ln a: 0 where both are 0, as 0 ln a is constant."""
    z = _over(xp, y, a)
    return z, (xp.ieee_div(1.0, a), -_over(xp, z, a))


@rule(domain="all x; z ≥ 0", kinks="z = 0: slopes ∞ in x, NaN in z", symbol="/", inner=True)
def direction(xp: Arithmetic, x: X, z: X) -> Result:
    """x/z, the slope of a distance z: 0 where that is 0."""
    towards = xp.where(z <= 0, 0.0, xp.ieee_div(x, z))
    return towards, (xp.ieee_div(1.0, z), -xp.ieee_div(towards, z))


@rule(domain="all x, y", kinks="y = 0: slopes ±∞, NaN", symbol="/", inner=True)
def ieee_div(xp: Arithmetic, x: X, y: X) -> Result:
    """x/y, or its limit."""
    z = xp.ieee_div(x, y)
    return z, (xp.ieee_div(1.0, y), -xp.ieee_div(z, y))


@rule(domain="all x", kinks="x = 0: slope ∞ where n < 1", symbol="**{n}", inner=True)
def ieee_power(xp: Arithmetic, x: X, *, n: float) -> Result:
    """xⁿ, or its limit."""
    return xp.ieee_pow(x, n), (n * xp.ieee_pow(x, n - 1),)


@rule(domain="all x, y", kinks="x = 0 with y < 1: slope ∞ in x", symbol="**", inner=True)
def ieee_pow(xp: Arithmetic, x: X, y: X) -> Result:
    """x^y, or its limit."""
    z = xp.ieee_pow(x, y)
    log = xp.ieee_log(x) if exact(xp) else xp.where(xp.abs(z) <= 0, 0.0, xp.ieee_log(x))
    return z, (y * xp.ieee_pow(x, y - 1), z * log)


@rule(domain="x ≥ 0", kinks="x = ±0: slope ±∞", symbol="log", inner=True)
def ieee_log(xp: Arithmetic, x: X) -> Result:
    """ln x, or its limit."""
    return xp.ieee_log(x), (xp.ieee_div(1.0, x),)


@rule(domain="y > 0, or x = 0 with y ≥ 0", kinks="y = 0: slopes −∞, ±∞", inner=True)
def xlogy(xp: Arithmetic, x: X, y: X) -> Result:
    """x ln y, and 0 for x = 0."""
    return xp.xlogy(x, y), (xp.ieee_log(y), _over(xp, x, y))


@rule(inner=True)
def gaussian(xp: Arithmetic, x: X) -> Result:
    """e^(−x²): slope −2x e^(−x²)."""
    z = xp.gaussian(x)
    return z, (-2 * x * z,)


@rule(at_least=1, inner=True)
def shift(xp: Arithmetic, *xs: X) -> Result:
    """The largest operand, made finite: slope 0, as no result depends on how eˣ is scaled."""
    slopes = (0.0,) * len(xs)
    if exact(xp):
        return 0.0, slopes
    return finite(xp, reduce(xp.maximum, xs)), slopes


def finite(xp: Arithmetic, x: X) -> X:
    """x, or the largest float of its sign where x is infinite: eʸ⁻ˣ of a smaller y does not overflow."""
    return xp.minimum(xp.maximum(x, -sys.float_info.max), sys.float_info.max)


def _over(xp: Arithmetic, y: X, a: X) -> X:
    return y / a if exact(xp) else xp.where(xp.abs(y) + xp.abs(a) <= 0, 0.0, xp.ieee_div(y, a))


def _equal(xp: Arithmetic, top: X, xs: tuple[X, ...]) -> X:
    """Return how many of the xs equal the first operand, the largest or the smallest of them."""
    if exact(xp) and len(xs) == 2:  # as on paper
        x, y = xs
        return xp.where(x < y, 1.0, xp.where(y < x, 1.0, 2.0))
    return reduce(add, [xp.where(x < top, 0.0, xp.where(x > top, 0.0, 1.0)) for x in xs])


def _nowhere(xp: Arithmetic, condition: X) -> X:
    """Return the slope 0; NaN where the condition holds."""
    return 0.0 if exact(xp) else xp.where(condition, math.nan, 0.0)
