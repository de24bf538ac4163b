"""One scalar or several: networks and costs take either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from engine import Value
from engine.real import Number, is_real

Scalar: TypeAlias = "Value | Number"
Scalars: TypeAlias = "Scalar | Iterable[Scalar]"


def scalars(x: Scalars) -> list[Scalar]:
    """A list of what may be one Value or number, or several; TypeError for anything else.

    >>> scalars(1.0), scalars((1.0, 2.0))
    ([1.0], [1.0, 2.0])
    """
    if isinstance(x, Iterable) and not isinstance(x, str | bytes | dict):
        return list(x)
    if isinstance(x, Value) or is_real(x):
        return [x]
    raise TypeError(f"expected a number, a Value, or a list of them, got {type(x).__name__} {x!r}")
