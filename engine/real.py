"""Real numbers at the door: whatever stands for one becomes a float, everything else is refused."""

from __future__ import annotations

from contextlib import suppress
from numbers import Complex, Real
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    import numpy as np

Number: TypeAlias = "float | Fraction | Decimal | np.integer[Any] | np.floating[Any]"
"""What stands for one real number: anything of that kind that ``float`` takes, as far as types can say it."""


def is_real(x: object) -> TypeGuard[Number]:
    """Tell whether x stands for one real number: text, complex numbers, None and arrays do not.

    >>> from fractions import Fraction
    >>> [is_real(x) for x in (1, True, Fraction(1, 3), "1", 1j, None, [1.0])]
    [True, True, True, False, False, False, False]
    """
    if isinstance(x, (float, int)):  # nearly always: the abstract classes below are slow to ask
        return True
    if isinstance(x, Complex):
        return isinstance(x, Real)
    return hasattr(type(x), "__float__") and not hasattr(x, "__len__")  # the class: float itself is no number


def real(x: object, what: str) -> float:
    """Convert to float; ``what`` names the argument in the TypeError that refuses anything else.

    >>> real(2, "data")
    2.0
    >>> real("2", "data")
    Traceback (most recent call last):
        ...
    TypeError: data must be a real number, got str '2'; convert text with float(...) first
    """
    if isinstance(x, (float, int)):  # as above
        return float(x)
    if is_real(x) and not hasattr(x, "local_derivatives"):
        with suppress(TypeError):  # NumPy's dates have __float__, and refuse
            return float(x)
    raise TypeError(f"{what} must be a real number, got {type(x).__name__} {_short(x)}; {_advice(x)}")


def _short(x: object) -> str:
    text = " ".join(repr(x).split())
    return text if len(text) <= 40 else text[:39] + "…"


def _advice(x: object) -> str:
    if isinstance(x, str | bytes):
        return "convert text with float(...) first"
    if isinstance(x, Complex):
        return "pass its real part, or real and imaginary part as two Values"
    if hasattr(x, "local_derivatives"):
        return "use the Value as it is, or its .data for the number alone"
    if hasattr(x, "__len__"):
        if getattr(x, "ndim", None) == 0:
            return "pass its .item()"
        return "pass its elements one by one: one Value holds one number"
    return "pass an int or a float"
