"""Costs: one node for the cost of one example, of operands (a₀ … aₙ₋₁, y₀ … yₙ₋₁).

The sources are *Backpropagation Calculus*, *Derivation of backpropagation equations in the general
case* (equation 12) and *Chapter 2: Backpropagation*; the README names all five texts.
"""

from __future__ import annotations

from functools import reduce
from itertools import accumulate
from operator import add, mul
from typing import TYPE_CHECKING

from .choices import made_by, ratio
from .many import exponentials, halves
from .rule import rule
from .vocabulary import exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .vocabulary import Arithmetic, Result, X

BETWEEN_0_AND_1 = "0 < a < 1 (a = y at 0 and 1); 0 ≤ y ≤ 1"


@rule(domain="all a, y", at_least=2)
def squared_error(xp: Arithmetic, *operands: X) -> Result:
    """C = Σ (aⱼ − yⱼ)²: slopes 2(aⱼ − yⱼ)."""
    ds = _differences(operands)
    slopes = [2 * d for d in ds]
    return reduce(add, map(mul, ds, ds)), (*slopes, *_negated(slopes))


@rule(domain="all a, y", at_least=2)
def half_squared_error(xp: Arithmetic, *operands: X) -> Result:
    """C = ½ Σ (yⱼ − aⱼ)²: slopes aⱼ − yⱼ."""
    ds = _differences(operands)
    return 0.5 * reduce(add, map(mul, ds, ds)), (*ds, *_negated(ds))


@rule(domain=BETWEEN_0_AND_1, at_least=2)
def log_likelihood(xp: Arithmetic, *operands: X) -> Result:
    """C = Σ [yⱼ ln aⱼ + (1 − yⱼ) ln(1 − aⱼ)], to be maximised: slopes y/a − (1 − y)/(1 − a)."""
    pairs = _pairs(operands)
    terms = [xp.xlogy(y, a) + xp.xlogy(1 - y, 1 - a) for a, y in pairs]
    slopes_a = [made_by(ratio, xp, y, a) - made_by(ratio, xp, 1 - y, 1 - a) for a, y in pairs]
    slopes_y = [xp.ieee_log(a) - xp.ieee_log(1 - a) for a, _ in pairs]
    return reduce(add, terms), (*slopes_a, *slopes_y)


@rule(domain=BETWEEN_0_AND_1, at_least=2)
def binary_cross_entropy(xp: Arithmetic, *operands: X) -> Result:
    """C = −Σ [yⱼ ln aⱼ + (1 − yⱼ) ln(1 − aⱼ)]: the negative log-likelihood."""
    value, slopes = log_likelihood(xp, *operands)
    return -value, _negated(slopes)


@rule(domain="all z; 0 ≤ y ≤ 1", at_least=2)
def log_likelihood_from_logits(xp: Arithmetic, *operands: X) -> Result:
    """The log-likelihood of aⱼ = σ(zⱼ) from the logits zⱼ: slopes dⱼ = yⱼ − σ(zⱼ)."""
    pairs = _pairs(operands)
    terms = [-y * xp.softplus(-z) - (1 - y) * xp.softplus(z) for z, y in pairs]
    slopes = [y * xp.sigmoid(-z) - (1 - y) * xp.sigmoid(z) for z, y in pairs]
    return reduce(add, terms), (*slopes, *(z for z, _ in pairs))


@rule(domain="all z; 0 ≤ y ≤ 1", at_least=2)
def binary_cross_entropy_from_logits(xp: Arithmetic, *operands: X) -> Result:
    """The binary cross-entropy of aⱼ = σ(zⱼ) from the logits zⱼ: slopes σ(zⱼ) − yⱼ."""
    value, slopes = log_likelihood_from_logits(xp, *operands)
    return -value, _negated(slopes)


@rule(domain="all z, but not all −∞; all y", at_least=2)
def softmax_cross_entropy(xp: Arithmetic, *operands: X) -> Result:
    """C = −Σ yⱼ ln softmaxⱼ(z) from the logits zⱼ: slopes softmaxⱼ(z) Σ y − yⱼ."""
    zs, ys = halves(operands)
    shift, es = exponentials(xp, zs)
    sum_e = reduce(add, es)
    rests = _all_but(es)
    surprises = [
        shift - z + _log_total(xp, sum_e, e, rest, largest=z >= shift)
        for z, e, rest in zip(zs, es, rests, strict=True)
    ]
    columns = zip(es, ys, rests, _all_but(ys), strict=True)
    slopes = [e / sum_e * other_ys - y * (rest / sum_e) for e, y, rest, other_ys in columns]
    return reduce(add, map(mul, ys, surprises)), (*slopes, *surprises)


@rule(domain="all a, y", kinks="y a = 1: slope 0", at_least=2)
def hinge(xp: Arithmetic, *operands: X) -> Result:
    """C = Σ max(0, 1 − yⱼ aⱼ) for labels y = ±1: slopes −yⱼ inside the margin, else 0."""
    pairs = _pairs(operands)
    margins = [1 - y * a for a, y in pairs]
    slopes = [xp.where(m <= 0, 0.0, -1.0) for m in margins]
    return (
        reduce(add, (xp.where(m <= 0, 0.0, m) for m in margins)),
        (
            *(slope * y for slope, (_, y) in zip(slopes, pairs, strict=True)),
            *(slope * a for slope, (a, _) in zip(slopes, pairs, strict=True)),
        ),
    )


def _pairs(operands: tuple[X, ...]) -> list[tuple[X, X]]:
    return list(zip(*halves(operands), strict=True))


def _all_but(xs: Sequence[X]) -> list[X]:
    """Return for each operand the sum of the others, without subtracting, so that a small sum stays exact."""
    before = accumulate(xs[:-1], initial=0.0)
    after = list(accumulate(xs[:0:-1], initial=0.0))
    return list(map(add, before, reversed(after)))


def _differences(operands: tuple[X, ...]) -> list[X]:
    return [a - y for a, y in _pairs(operands)]


def _negated(slopes: tuple[X, ...] | list[X]) -> tuple[X, ...]:
    return tuple(-s for s in slopes)


def _log_total(xp: Arithmetic, total: X, e: X, rest: X, *, largest: X) -> X:
    """Return ln(e + rest), exact to the last digit even if e is 1, the largest, and the rest is tiny."""
    return xp.log(total) if exact(xp) else xp.where(largest, xp.log1p(rest + (e - 1)), xp.log(total))
