"""Rules of variable arity. They add from left to right, so that all readings round in the same way."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import TYPE_CHECKING

from .choices import finite, made_by, shift
from .rule import rule
from .vocabulary import exact

if TYPE_CHECKING:
    from .vocabulary import Arithmetic, Result, X


@rule(domain="all b, w, x", at_least=1)
def affine(xp: Arithmetic, *operands: X) -> Result:
    """b + Σ wₖ xₖ of operands (b, w₀ … wₙ₋₁, x₀ … xₙ₋₁): a neuron's pre-activation as one node."""
    b, (ws, xs) = operands[0], halves(operands[1:])
    return reduce(add, map(mul, ws, xs), b), (1.0, *xs, *ws)


@rule(domain="all x, y")
def dot(xp: Arithmetic, *operands: X) -> Result:
    """Σ xₖ yₖ of operands (x₀ … xₙ₋₁, y₀ … yₙ₋₁)."""
    xs, ys = halves(operands)
    return reduce(add, map(mul, xs, ys), 0.0), (*ys, *xs)


@rule(symbol="Σ")
def total(xp: Arithmetic, *xs: X) -> Result:
    """Σ xₖ: all slopes 1."""
    return reduce(add, xs, 0.0), (1.0,) * len(xs)


@rule(at_least=1)
def mean(xp: Arithmetic, *xs: X) -> Result:
    """(1/n) Σ xₖ: all slopes 1/n."""
    n = len(xs)
    return reduce(add, xs) / n, (1 / n,) * n


@rule(kinks="several operands largest: they share the slope equally", at_least=1)
def maximum(xp: Arithmetic, *xs: X) -> Result:
    """The largest operand: slope 1 for it, 0 for the others."""
    top = reduce(xp.maximum, xs)
    return top, _shared(xp, top, xs, [xp.where(x < top, 0.0, 1.0) for x in xs])


@rule(kinks="several operands smallest: they share the slope equally", at_least=1)
def minimum(xp: Arithmetic, *xs: X) -> Result:
    """The smallest operand: slope 1 for it, 0 for the others."""
    bottom = reduce(xp.minimum, xs)
    return bottom, _shared(xp, bottom, xs, [xp.where(x > bottom, 0.0, 1.0) for x in xs])


@rule(domain="all x, but not all −∞", at_least=1)
def logsumexp(xp: Arithmetic, *xs: X) -> Result:
    """ln Σ eˣᵏ, without overflow: slopes are softmax(x)."""
    shift, es = exponentials(xp, xs)
    sum_e = reduce(add, es)
    return shift + xp.log(sum_e), tuple(e / sum_e for e in es)


@rule(domain="all x, but not all −∞", at_least=1)
def softmax(xp: Arithmetic, *xs: X) -> Result:
    """p₀ = eˣ⁰ / Σ eˣᵏ, the share of the first operand: slopes p₀(1 − p₀) and −p₀ pₖ."""
    _, es = exponentials(xp, xs)
    sum_e = reduce(add, es)
    p, *others = (e / sum_e for e in es)
    return p, (p * reduce(add, others, 0.0), *(-p * q for q in others))


@rule(domain="all x, but not all −∞", symbol="Σ p", at_least=1)
def softmax_sum(xp: Arithmetic, *xs: X) -> Result:
    """s = Σ eˣᵏ⁻ˡ with l = logsumexp(x): 1 for all operands, up to the rounding of l; slopes 0."""
    slopes = (0.0,) * len(xs)
    if exact(xp):
        return 1.0, slopes
    shift, es = exponentials(xp, xs)
    level = finite(xp, shift + xp.log(reduce(add, es)))
    return reduce(add, [xp.exp(x - level) for x in xs]), slopes


@rule(domain="s ≠ 0", symbol="softmax share")
def softmax_share(xp: Arithmetic, x: X, l: X, s: X) -> Result:
    """p = eˣ⁻ˡ / s, one of several shares that have l = logsumexp(x) and s = Σ eˣᵏ⁻ˡ in common."""
    p = xp.exp(x - l) / s
    return p, (p, -p, -p / s)


def halves(operands: tuple[X, ...]) -> tuple[tuple[X, ...], tuple[X, ...]]:
    """Return the first and the second half of operands that form pairs; raise TypeError for an odd number."""
    n, odd = divmod(len(operands), 2)
    if odd:
        raise TypeError(f"operands come in two halves of equal length, got {len(operands)}")
    return operands[:n], operands[n:]


def exponentials(xp: Arithmetic, xs: tuple[X, ...]) -> tuple[X, list[X]]:
    """Return a shift near the largest operand, and eˣ⁻ˢʰⁱᶠᵗ of each: none overflows, not all vanish."""
    if exact(xp):
        return 0.0, [xp.exp(x) for x in xs]
    near = made_by(shift, xp, *xs)
    return near, [xp.exp(x - near) for x in xs]


def _shared(xp: Arithmetic, extreme: X, xs: tuple[X, ...], winners: list[X]) -> tuple[X, ...]:
    """Split a slope of 1 equally among the operands marked 1, which are equal to the extreme one."""
    share = getattr(xp, "share", None)
    if share:
        part = share(extreme, *xs)  # once: it reads all operands
        return tuple(w * part for w in winners)
    count = reduce(add, winners)
    return tuple(w / count for w in winners)
