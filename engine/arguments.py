"""Argument checks for functions that take a Value, a list of Values, or a graph and leaves of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .backward import topological_order
from .numeric import is_real, short, told
from .readings.code import Dialect
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

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


# ── What a tape, program and live are given: a graph, and leaves of it ────────────────────────────


def order_of(C: object) -> list[Value]:
    """Return the nodes of the graph in topological order; raise TypeError where C is not a Value."""
    return topological_order(a_value(C, "C must be a Value, the root of a graph"))


def check_name(name: object, reserved: Collection[str], example: str) -> None:
    """Raise ValueError where a function cannot have this name."""
    if not isinstance(name, str) or not name.isidentifier() or name in reserved:
        raise ValueError(f"name must be a free name for a function, got {short(name)}; try {example!r}")


def check_dialect(dialect: object) -> None:
    """Raise TypeError for anything that is not a dialect."""
    if not isinstance(dialect, Dialect):
        raise TypeError(
            f"dialect must be a Dialect, got {told(dialect)}; pass one such as engine.source.PYTHON"
        )


def leaves_of(order: Sequence[Value], *, unread: Collection[str] = (), **groups: object) -> list[list[Value]]:
    """Return the groups as lists of leaves; those of the ``unread`` groups need not be in the graph.

    Raises TypeError for what is not a list of Values; ValueError for a node that is computed, that is given
    twice, or that the graph does not depend on.

    >>> from engine import Value
    >>> x = Value(2.0, label="x")
    >>> leaves_of([x], params=[x], inputs=[x])
    Traceback (most recent call last):
        ...
    ValueError: the node labelled 'x' is given twice among params and inputs; give each leaf once
    """
    known = set(order)
    lists = [_leaves(what, nodes, None if what in unread else known) for what, nodes in groups.items()]
    times = Counter(node for nodes in lists for node in nodes)
    for node in times:
        if times[node] > 1:
            among = " and ".join(groups)
            raise ValueError(f"{_told(node)} is given twice among {among}; give each leaf once")
    return lists


def _leaves(what: str, nodes: object, known: Collection[Value] | None) -> list[Value]:
    found = listed(nodes, f"{what} must be a list of Values")
    for node in found:
        if not isinstance(node, Value):
            raise TypeError(f"{what} must hold Values, got {told(node)}; pass the leaves themselves")
        if node.parents:
            raise ValueError(
                f"{_told(node)} among {what} is computed; give leaves, which it is computed from"
            )
        if known is not None and node not in known:
            raise ValueError(f"C does not depend on {_told(node)} among {what}; leave it out")
    return found


def _told(node: Value) -> str:
    return f"the node labelled {node.label!r}" if node.label else repr(node)
