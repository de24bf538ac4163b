"""What comes into a tape, checked: leaves when it is made, arrays of numbers when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.graph import topological_order
from engine.real import real
from engine.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .places import Array


def checked(C: object, inputs: Sequence[object], params: Sequence[object]) -> list[Value]:
    """The graph of C in topological order; TypeError or ValueError for what cannot be recorded."""
    if not isinstance(C, Value):
        raise TypeError(f"a tape records the graph of a Value, got {type(C).__name__} {C!r}")
    order = topological_order(C)
    known, before = set(order), set[Value]()
    for what, leaf in [*(("parameter", leaf) for leaf in params), *(("input", leaf) for leaf in inputs)]:
        if not isinstance(leaf, Value):
            raise TypeError(
                f"a tape's {what}s are Values, got {type(leaf).__name__} {leaf!r}; pass leaves of C"
            )
        if leaf.parents:
            raise ValueError(f"a tape's {what}s are leaves, but {_name(leaf)} is computed from others")
        if leaf in before:
            raise ValueError(f"{_name(leaf)} is given twice; a leaf is one parameter or one input")
        if what == "parameter" and leaf not in known:
            raise ValueError(f"C does not depend on the parameter {_name(leaf)}; leave it out")
        before.add(leaf)
    for node in order:
        if node.rule and node.rule.name == "handmade":
            raise TypeError(f"{_name(node)} was made by hand: no rule is known that could compute it again")
    return order


def numbers(what: str, given: Any, leaves: Sequence[Value], *, examples: bool = False) -> Array:
    """An array of floats of the right shape; what the leaves hold now where nothing is given."""
    if given is None:
        return np.array([leaf.data for leaf in leaves], dtype=float)
    array = _real(what, given)
    shapes = f"({len(leaves)},)" + f" or (examples, {len(leaves)})" * examples
    if array.ndim not in {1, 1 + examples} or array.shape[-1] != len(leaves):
        raise ValueError(f"{what} must have the shape {shapes}, got {array.shape}")
    if not array.size and leaves:
        raise ValueError(f"{what} hold no example; pass at least one")
    return array


def _real(what: str, given: Any) -> Array:
    try:
        array = np.asarray(given)
    except ValueError:
        raise ValueError(f"{what} must be one array of numbers, got rows of different lengths") from None
    if array.dtype.kind in "biuf":
        return array.astype(float)
    if array.dtype.kind == "O":
        return np.array([real(x, what) for x in array.flat], dtype=float).reshape(array.shape)
    raise TypeError(f"{what} must be numbers, got an array of {array.dtype}; convert it with .astype(float)")


def _name(node: Value) -> str:
    return repr(node.label) if node.label else repr(node)
