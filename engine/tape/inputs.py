"""Argument checks for calls of a tape: arrays of numbers for its leaves, and ``over``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.numeric import real, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.value import Value

    from .accumulate import Array


def numbers(what: str, x: Any, of: Sequence[Value], *, examples: bool = False) -> Array:
    """Return an array of floats of the right shape; by default, the leaves' current numbers."""
    if x is None:
        return np.array([leaf.data for leaf in of], dtype=float)
    array = _real(what, x)
    check_shape(what, array.shape, len(of), examples=examples)
    return array


def check_shape(what: str, shape: tuple[int, ...], count: int, *, examples: bool) -> None:
    """Raise ValueError unless it is a row of ``count`` numbers or, for examples, several such rows."""
    if len(shape) not in {1, 1 + examples} or shape[-1] != count:
        shapes = f"({count},)" + f" or (examples, {count})" * examples
        raise ValueError(f"{what} must have the shape {shapes}, got {shape}; pass a number for each leaf")
    if 0 in shape[:-1]:
        raise ValueError(f"{what} hold no example; pass at least one")


def check_over(over: object) -> None:
    """Raise ValueError unless it names a way to reduce the examples' costs."""
    if over not in ("mean", "sum", "each"):
        raise ValueError(f'over must be "mean", "sum" or "each", got {short(over)}')


def _real(what: str, numbers: Any) -> Array:
    try:
        array = np.asarray(numbers)
    except ValueError:
        raise ValueError(
            f"{what} must be one array of numbers, got rows of different lengths; pass rows of equal length"
        ) from None
    if array.dtype.kind in "biuf":
        return array.astype(float)
    if array.dtype.kind == "O":
        return np.array([real(x, what) for x in array.flat], dtype=float).reshape(array.shape)
    raise TypeError(f"{what} must be numbers, got an array of {array.dtype}; convert it with .astype(float)")
