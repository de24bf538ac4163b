"""An oracle for the rules: what each function is, in mpmath. Derivatives are central differences of it.

Value and differences are computed at 60 digits, 120, 240, … until two results agree to 25 digits.
"""

import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from hypothesis import strategies as st
from mpmath import mp, mpf

mp.dps = 50

Function = Callable[..., Any]


class Table(dict[str, Any]):
    """What the tests must be told of each rule: a rule without a line fails with what to write, and where."""

    def __init__(self, needed: str, lines: dict[str, Any]) -> None:
        super().__init__(lines)
        self.needed = needed

    def __missing__(self, name: str) -> Any:
        raise AssertionError(f"no line for the rule {name!r} yet: {self.needed}")


def floats(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, width=64)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x))


def phi(x: Any) -> Any:  # further out the tails of the normal distribution are no floats, and take minutes
    return mp.ncdf(x) if x > -40.5 else mpf(0)


def erf(x: Any) -> Any:
    return mp.erf(x) if abs(x) < 28 else mp.sign(x)


def erfc(x: Any) -> Any:
    return mp.erfc(x) if abs(x) < 28 else 1 - mp.sign(x)


def affine(*v: Any) -> Any:
    n = len(v) // 2
    return v[0] + mp.fdot(v[1 : n + 1], v[n + 1 :])


def halves(v: Sequence[Any]) -> list[tuple[Any, Any]]:
    n = len(v) // 2
    return list(zip(v[:n], v[n:], strict=True))


def likelihood(*v: Any) -> Any:
    """ln of the probability of the labels; 0 ln 0 is 0."""
    return mp.fsum(
        (y * mp.log(a) if y else 0) + ((1 - y) * mp.log1p(-a) if y != 1 else 0) for a, y in halves(v)
    )


def likelihood_of_logits(*v: Any) -> Any:
    return -mp.fsum(y * softplus(-z) + (1 - y) * softplus(z) for z, y in halves(v))


def cross_entropy(*v: Any) -> Any:
    """The probability of each class as 1/(1 + Σ eᵒᵗʰᵉʳ⁻ᶻ)."""
    zs, ys = v[: len(v) // 2], v[len(v) // 2 :]
    odds = [mp.fsum(mp.exp(other - z) for j, other in enumerate(zs) if j != k) for k, z in enumerate(zs)]
    return mp.fdot(ys, map(mp.log1p, odds))


SMALL = floats(-20, 20)
WIDE = floats(-700, 700)
POSITIVE = floats(1e-3, 1e3)
OPEN_UNIT = floats(-0.999, 0.999)
PROBABILITY = floats(0.01, 0.99)
LAMBDA, ALPHA = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")

NEEDED = (
    "add one to ORACLE in tests/oracle.py, with the function in mpmath and, for each operand, the numbers "
    'to draw, as in `"sech": (mp.sech, (WIDE,)),`'
)

LINES: dict[str, tuple[Function, tuple[st.SearchStrategy[float], ...]]] = {
    "add": (lambda x, y: x + y, (SMALL, SMALL)),
    "sub": (lambda x, y: x - y, (SMALL, SMALL)),
    "mul": (lambda x, y: x * y, (SMALL, SMALL)),
    "div": (lambda x, y: x / y, (SMALL, POSITIVE)),
    "neg": (lambda x: -x, (WIDE,)),
    "abs": (abs, (WIDE,)),
    "general_power": (mp.power, (POSITIVE, SMALL)),
    "exp": (mp.exp, (WIDE,)),
    "expm1": (mp.expm1, (WIDE,)),
    "log": (mp.log, (POSITIVE,)),
    "log1p": (mp.log1p, (floats(-0.999, 1e6),)),
    "log2": (lambda x: mp.log(x) / mp.log(2), (POSITIVE,)),
    "log10": (mp.log10, (POSITIVE,)),
    "sqrt": (mp.sqrt, (POSITIVE,)),
    "hypot": (mp.hypot, (SMALL, SMALL)),
    "sin": (mp.sin, (WIDE,)),
    "cos": (mp.cos, (WIDE,)),
    "tan": (mp.tan, (floats(-1.5, 1.5),)),
    "asin": (mp.asin, (OPEN_UNIT,)),
    "acos": (mp.acos, (OPEN_UNIT,)),
    "atan": (mp.atan, (floats(-1e6, 1e6),)),
    "atan2": (mp.atan2, (SMALL, POSITIVE)),
    "sinh": (mp.sinh, (WIDE,)),
    "cosh": (mp.cosh, (WIDE,)),
    "tanh": (mp.tanh, (floats(-300, 300),)),
    "sech": (mp.sech, (WIDE,)),
    "asinh": (mp.asinh, (floats(-1e6, 1e6),)),
    "acosh": (mp.acosh, (floats(1.001, 1e6),)),
    "atanh": (mp.atanh, (OPEN_UNIT,)),
    "erf": (erf, (floats(-5, 5),)),
    "erfc": (erfc, (floats(-5, 5),)),
    "sigmoid": (sigmoid, (WIDE,)),
    "log_sigmoid": (lambda x: -softplus(-x), (WIDE,)),
    "softplus": (softplus, (WIDE,)),
    "relu": (lambda x: max(x, 0), (WIDE,)),
    "leaky_relu": (lambda x, slope: x if x > 0 else slope * x, (WIDE,)),
    "elu": (lambda x, alpha: x if x > 0 else alpha * mp.expm1(x), (WIDE,)),
    "selu": (lambda x: LAMBDA * (x if x > 0 else ALPHA * mp.expm1(x)), (WIDE,)),
    "gelu": (lambda x: x * phi(x), (floats(-5, 20),)),
    "gelu_tanh": (
        lambda x: x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3))),
        (floats(-5, 20),),
    ),
    "silu": (lambda x: x * sigmoid(x), (WIDE,)),
    "mish": (lambda x: x * mp.tanh(softplus(x)), (floats(-300, 300),)),
    "softsign": (lambda x: x / (1 + abs(x)), (floats(-1e6, 1e6),)),
    "hard_tanh": (lambda x: min(max(x, -1), 1), (SMALL,)),
    "clip": (lambda x, lo, hi: min(max(x, lo), hi), (SMALL,)),
    "power": (lambda x, n: x**n, (POSITIVE,)),
    "affine": (affine, (SMALL,) * 5),
    "dot": (lambda *v: mp.fdot(v[: len(v) // 2], v[len(v) // 2 :]), (SMALL,) * 6),
    "total": (lambda *v: mp.fsum(v), (SMALL,) * 3),
    "mean": (lambda *v: mp.fsum(v) / len(v), (SMALL,) * 3),
    "logsumexp": (lambda *v: mp.log(mp.fsum(map(mp.exp, v))), (SMALL,) * 3),
    "softmax": (lambda *v: mp.exp(v[0]) / mp.fsum(map(mp.exp, v)), (SMALL,) * 3),
    "softmax_sum": (lambda *_: mpf(1), (SMALL,) * 3),
    "softmax_share": (lambda x, level, s: mp.exp(x - level) / s, (SMALL, SMALL, POSITIVE)),
    "maximum": (lambda *v: max(v), (SMALL,) * 3),
    "minimum": (lambda *v: min(v), (SMALL,) * 3),
    "squared_error": (lambda *v: mp.fsum((a - y) ** 2 for a, y in halves(v)), (SMALL,) * 4),
    "half_squared_error": (lambda *v: mp.fsum((y - a) ** 2 for a, y in halves(v)) / 2, (SMALL,) * 4),
    "log_likelihood": (likelihood, (PROBABILITY,) * 4),
    "binary_cross_entropy": (lambda *v: -likelihood(*v), (PROBABILITY,) * 4),
    "log_likelihood_from_logits": (likelihood_of_logits, (SMALL, SMALL, PROBABILITY, PROBABILITY)),
    "binary_cross_entropy_from_logits": (
        lambda *v: -likelihood_of_logits(*v),
        (SMALL, SMALL, PROBABILITY, PROBABILITY),
    ),
    "softmax_cross_entropy": (cross_entropy, (SMALL,) * 6),
    "hinge": (lambda *v: mp.fsum(max(0, 1 - y * a) for a, y in halves(v)), (SMALL,) * 4),
}

ORACLE = Table(NEEDED, LINES)

PARAMETERS = {
    "power": [{"n": n} for n in (-3, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 7.25)],
    "clip": [{"lo": -2.0, "hi": 3.0}],
    "leaky_relu": [{"slope": 0.01}, {"slope": 0.3}],
    "elu": [{"alpha": 1.0}, {"alpha": 0.4}],
}


LARGEST = sys.float_info.max


def exact(name: str, operands: Sequence[float], parameters: dict[str, float]) -> tuple[Any, list[Any]]:
    """Value and all partial derivatives of a rule's function, to 25 digits; complex outside its domain."""
    function = partial(ORACLE[name][0], **{key: mpf(x) for key, x in parameters.items()})
    point = [mpf(x) for x in operands]
    value = settled(lambda: function(*point))
    return value, [slope(function, point, k) for k in range(len(point))] if is_real(value) else []


def slope(function: Function, point: list[Any], k: int) -> Any:
    """The partial derivative by the k-th operand."""
    size = min(1, abs(point[k]) or 1)

    def difference() -> Any:
        h = mp.ldexp(size, -mp.prec // 3)
        left, right = (function(*point[:k], x, *point[k + 1 :]) for x in (point[k] - h, point[k] + h))
        return (right - left) / (2 * h)

    return settled(difference)


def settled(compute: Callable[[], Any]) -> Any:
    """What a computation comes to: the digits are doubled until it changes no more.

    0 is believed at 1,440 digits only: a small difference of large numbers looks like it at fewer.
    """
    before = mpf(0)
    for digits in (60, 120, 240, 480, 960, 1440):
        with mp.workdps(digits):
            now = mp.mpmathify(compute())
        if not is_real(now) or (now and abs(now - before) <= abs(now) * mpf("1e-25")):
            break
        before = now
    return now


def is_real(x: Any) -> bool:
    """Whether it is a finite real number."""
    return isinstance(x, mpf) and bool(mp.isfinite(x))


def off_by(got: float, expected: Any, scale: Any = 0) -> float:
    """How many units in the last place of the expected number (or of a larger ``scale``) it is off by.

    All numbers that are too large for a float count as one, the first of them.
    """
    unit = math.ulp(float(min(max(abs(expected), abs(scale)), LARGEST)))
    return float(abs(_kept(mpf(got)) - _kept(expected)) / unit)


def _kept(x: Any) -> Any:
    too_large = mpf(2) ** 1024
    return x if abs(x) < too_large or mp.isnan(x) else too_large * mp.sign(x)
