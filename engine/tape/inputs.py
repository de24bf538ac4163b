"""What comes into a tape, checked: leaves when it is made, arrays of numbers when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import arguments
from engine.graph import topological_order
from engine.numeric import real, short, told
from engine.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .accumulate import Array


def leaves(what: str, xs: object) -> list[Any]:
    """What is given as a list; TypeError where it is none."""
    return arguments.listed(xs, f"{what} must be a list of Values")


def a_value(C: object) -> Value:
    """C itself; TypeError where it is none."""
    return arguments.a_value(C, "a tape records the graph of a Value")


def checked(C: object, inputs: Sequence[object], params: Sequence[object]) -> list[Value]:
    """The graph of C in topological order; TypeError or ValueError for what cannot be recorded."""
    order = topological_order(a_value(C))
    known, before = set(order), set[Value]()
    for what, leaf in [*(("parameter", leaf) for leaf in params), *(("input", leaf) for leaf in inputs)]:
        if not isinstance(leaf, Value):
            raise TypeError(f"a tape's {what}s are Values, got {told(leaf)}; pass leaves of C")
        if leaf.parents:
            raise ValueError(
                f"a tape's {what}s are leaves, but {_name(leaf)} is computed from others; pass those"
            )
        if leaf in before:
            raise ValueError(f"{_name(leaf)} is given twice; a leaf is one parameter or one input")
        if what == "parameter" and leaf not in known:
            raise ValueError(f"C does not depend on the parameter {_name(leaf)}; leave it out")
        before.add(leaf)
    for node in order:
        if node.parents and node.rule and node.rule.name == "handmade":
            raise TypeError(
                f"{_name(node)} was made by hand: no rule is known that could compute it again; "
                "use the functions of engine"
            )
    return order


def numbers(what: str, x: Any, of: Sequence[Value], *, examples: bool = False) -> Array:
    """An array of floats of the right shape; what the leaves hold now where nothing is given."""
    if x is None:
        return np.array([leaf.data for leaf in of], dtype=float)
    array = _real(what, x)
    check_shape(what, array.shape, len(of), examples=examples)
    return array


def check_shape(what: str, shape: tuple[int, ...], count: int, *, examples: bool) -> None:
    """ValueError unless it is a row of so many numbers or, with ``examples``, one for each of them."""
    if len(shape) not in {1, 1 + examples} or shape[-1] != count:
        shapes = f"({count},)" + f" or (examples, {count})" * examples
        raise ValueError(f"{what} must have the shape {shapes}, got {shape}; pass a number for each leaf")
    if 0 in shape[:-1]:
        raise ValueError(f"{what} hold no example; pass at least one")


def check_over(over: object) -> None:
    """ValueError unless it names what becomes of the examples' costs."""
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


def _name(node: Value) -> str:
    return repr(node.label) if node.label else repr(node)
