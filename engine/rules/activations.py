"""Activations: functions that a neuron applies to its pre-activation. All of them accept every x.

At ±∞ they give the limit, except where 0 · ∞ or ∞/∞ occurs on the way, which is NaN: ``gelu``,
``gelu_tanh``, ``silu`` and ``mish`` at −∞, slopes at ±∞ of all but the second, and ``softsign`` at ±∞.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .rule import rule
from .vocabulary import exact

if TYPE_CHECKING:
    from .vocabulary import Arithmetic, Result, X

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
SQRT_HALF, SQRT_2_OVER_PI, SQRT_2PI = math.sqrt(0.5), math.sqrt(2 / math.pi), math.sqrt(2 * math.pi)


@rule()
def sigmoid(xp: Arithmetic, x: X) -> Result:
    """σ(x) = 1/(1 + e⁻ˣ): slope σ(x)(1 − σ(x)), where 1 − σ(x) = σ(−x) needs no subtraction."""
    a = xp.sigmoid(x)
    return a, (a * xp.sigmoid(-x),)


@rule()
def log_sigmoid(xp: Arithmetic, x: X) -> Result:
    """ln σ(x): slope 1 − σ(x)."""
    return -xp.softplus(-x), (xp.sigmoid(-x),)


@rule()
def softplus(xp: Arithmetic, x: X) -> Result:
    """ln(1 + eˣ), a smooth relu: slope σ(x)."""
    return xp.softplus(x), (xp.sigmoid(x),)


@rule(kinks="x = 0: slope 0", symbol="ReLU")
def relu(xp: Arithmetic, x: X) -> Result:
    """max(0, x), the rectified linear unit: slope 1 for x > 0, else 0."""
    off = x <= 0
    return xp.where(off, 0.0, x), (xp.where(off, 0.0, 1.0),)


@rule(kinks="x = 0: the slope of the left side")
def leaky_relu(xp: Arithmetic, x: X, *, slope: float = 0.01) -> Result:
    """x for x > 0, else slope · x."""
    left = x <= 0
    return xp.where(left, slope * x, x), (xp.where(left, slope, 1.0),)


@rule(kinks="x = 0 unless alpha = 1: slope alpha")
def elu(xp: Arithmetic, x: X, *, alpha: float = 1.0) -> Result:
    """Exponential linear unit: x for x > 0, else alpha (eˣ − 1). Clevert et al. 2015."""
    left = x <= 0
    under = x if exact(xp) else xp.where(left, x, 0.0)
    return (
        xp.where(left, alpha * xp.expm1(under), x),
        (xp.where(left, alpha * xp.exp(under), 1.0),),
    )


_UNSCALED_SELU = elu.at(alpha=SELU_ALPHA)


@rule(kinks="x = 0: slope λα = 1.758…")
def selu(xp: Arithmetic, x: X) -> Result:
    """Self-normalising elu, λ elu(x, α) with λ = 1.0507…, α = 1.6732…. Klambauer et al. 2017."""
    z, (slope,) = _UNSCALED_SELU(xp, x)
    return SELU_SCALE * z, (SELU_SCALE * slope,)


@rule()
def gelu(xp: Arithmetic, x: X) -> Result:
    """x Φ(x) with the normal distribution function Φ: slope Φ(x) + x φ(x). Hendrycks and Gimpel 2016."""
    below = 0.5 * xp.erfc(-SQRT_HALF * x)
    return x * below, (below + x * (xp.exp(-0.5 * x * x) / SQRT_2PI),)


@rule()
def gelu_tanh(xp: Arithmetic, x: X) -> Result:
    """The tanh form of gelu: x (1 + tanh u)/2 with u = √(2/π)(x + 0.044715 x³)."""
    t = x if exact(xp) else xp.minimum(xp.maximum(x, -50.0), 50.0)  # beyond, s is 0 or 1 to the last bit
    u = SQRT_2_OVER_PI * (t + 0.044715 * t * t * t)
    du = SQRT_2_OVER_PI * (1 + 3 * 0.044715 * t * t)
    s, rest = xp.sigmoid(2 * u), xp.sigmoid(-2 * u)
    return x * s, (s + t * (2 * s * rest * du),)


@rule()
def silu(xp: Arithmetic, x: X) -> Result:
    """x σ(x), also called swish: slope σ(x)(1 + x (1 − σ(x)))."""
    s = xp.sigmoid(x)
    return x * s, (s * (1 + x * xp.sigmoid(-x)),)


@rule()
def mish(xp: Arithmetic, x: X) -> Result:
    """x tanh(softplus(x)). Misra 2019."""
    inner = xp.softplus(x)
    t, s = xp.tanh(inner), xp.sech(inner)
    return x * t, (t + x * (s * s * xp.sigmoid(x)),)


@rule()
def softsign(xp: Arithmetic, x: X) -> Result:
    """x/(1 + abs(x)): slope 1/(1 + abs(x))²."""
    h = 1 + xp.abs(x)
    return x / h, (1 / h / h,)


@rule(kinks="x = ±1: slope 0")
def hard_tanh(xp: Arithmetic, x: X) -> Result:
    """x kept between −1 and 1: slope 1 strictly between them, 0 elsewhere."""
    inside = xp.where(x <= -1, 0.0, xp.where(x >= 1, 0.0, 1.0))
    return xp.minimum(xp.maximum(x, -1.0), 1.0), (inside,)
