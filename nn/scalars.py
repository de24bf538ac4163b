"""One scalar or several: networks and costs take either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from engine import Value
from engine.real import Number, is_real, told

Scalar: TypeAlias = "Value | Number"
Scalars: TypeAlias = "Scalar | Iterable[Scalar]"

AS_LIST = "pass one example, its numbers in a list"
NO_LIST = (str, bytes, dict, set, frozenset)
"""What can be gone through, but holds no numbers, or has no order."""


def scalars(x: Scalars) -> list[Scalar]:
    """A list of what may be one Value or number, or several; TypeError for anything else.

    >>> scalars(1.0), scalars((1.0, 2.0))
    ([1.0], [1.0, 2.0])
    """
    if isinstance(x, Iterable) and not isinstance(x, NO_LIST):
        return list(x)
    if isinstance(x, Value) or is_real(x):
        return [x]
    raise TypeError(f"expected a number, a Value, or a list of them, got {told(x)}; {AS_LIST}")


def refuse_other(xs: Iterable[object], what: str) -> None:
    """TypeError for the first that is neither a number nor a Value.

    >>> refuse_other([1.0, [0.0, 1.0]], "an input")
    Traceback (most recent call last):
        ...
    TypeError: an input must be a number or a Value, got list [0.0, 1.0]; pass one example, its numbers in ...
    """
    for x in xs:
        if not (isinstance(x, Value) or is_real(x)):
            raise TypeError(f"{what} must be a number or a Value, got {told(x)}; {AS_LIST}")
