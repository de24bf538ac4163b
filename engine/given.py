"""What functions that walk a graph are given, looked at: a Value, or a list of Values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .real import is_real, told
from .value import Value

THEMSELVES = "pass the Values themselves, not their numbers or names"


def a_value(x: object, wanted: str) -> Value:
    """The root of a graph itself; TypeError, with what to pass in its place, where it is no Value.

    >>> a_value(3.0, "tree takes a Value")
    Traceback (most recent call last):
        ...
    TypeError: tree takes a Value, got float 3.0; of a plain number nothing is recorded: begin with Value(...)
    """
    if not isinstance(x, Value):
        raise TypeError(f"{wanted}, got {told(x)}; {_advice(x)}")
    return x


def a_node(x: object, wanted: str) -> Value:
    """A node of a graph, to be picked out of it; TypeError where it is no Value."""
    if not isinstance(x, Value):
        raise TypeError(f"{wanted}, got {told(x)}; pass the node itself, not its number or its name")
    return x


def values(xs: object, wanted: str) -> list[Value]:
    """One Value or several as a list; TypeError for anything else.

    >>> values(["w"], "grad takes xs as a Value or a list of them")
    Traceback (most recent call last):
        ...
    TypeError: grad takes xs as a Value or a list of them, got str 'w' in it; pass the Values themselves, ...
    """
    if isinstance(xs, Value):
        return [xs]
    if is_real(xs):
        raise TypeError(f"{wanted}, got {told(xs)}; {THEMSELVES}")
    found = listed(xs, wanted)
    for x in found:
        if not isinstance(x, Value):
            raise TypeError(f"{wanted}, got {told(x)} in it; {THEMSELVES}")
    return found


def listed(xs: object, wanted: str) -> list[Any]:
    """What can be gone through as a list; TypeError for anything else, for a set and for a dict.

    >>> listed({1.0, 2.0}, "dot takes a list")
    Traceback (most recent call last):
        ...
    TypeError: dot takes a list, got set {1.0, 2.0}; a set has no order: pass a list
    """
    if not isinstance(xs, Iterable) or isinstance(xs, (set, frozenset, dict)):
        raise TypeError(f"{wanted}, got {told(xs)}; {_how_to_list(xs)}")
    return list(xs)


def _advice(x: object) -> str:
    if is_real(x):
        return "of a plain number nothing is recorded: begin with Value(...)"
    if isinstance(x, str):
        return "engine.parse(...) makes a Value of an expression"
    if isinstance(x, list | tuple):
        return "pass one of its elements, or their total(...)"
    if callable(x):
        return "pass what it returns for an input"
    return "pass what is computed from Values"


def _how_to_list(xs: object) -> str:
    if isinstance(xs, (set, frozenset)):
        return "a set has no order: pass a list"
    if isinstance(xs, dict):
        return "pass its values, as in list(d.values())"
    if hasattr(xs, "parameters"):
        return "of a model, pass model.parameters()"
    return "put it in [ ]"
