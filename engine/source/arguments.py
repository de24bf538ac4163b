"""What ``program`` and ``live`` are asked for, looked at before anything is written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.given import listed
from engine.graph import topological_order
from engine.node import Node
from engine.real import short, told

from .dialects import Dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


def order_of(C: object) -> list[Node]:
    """The nodes of the graph in topological order; TypeError where C is none."""
    if not isinstance(C, Node):
        raise TypeError(
            f"C must be a Value, the root of a graph; got {told(C)}; pass what is computed from Values"
        )
    return topological_order(C)


def check_name(name: object, reserved: Collection[str], example: str) -> None:
    """ValueError where a function cannot be called that."""
    if not isinstance(name, str) or not name.isidentifier() or name in reserved:
        raise ValueError(f"name must be a free name for a function, got {short(name)}; try {example!r}")


def check_dialect(dialect: object) -> None:
    """TypeError where it is none."""
    if not isinstance(dialect, Dialect):
        raise TypeError(
            f"dialect must be a Dialect, got {told(dialect)}; pass one such as engine.source.PYTHON"
        )


def leaves_of(order: Sequence[Node], **groups: Iterable[Node]) -> list[list[Node]]:
    """The groups as lists; TypeError or ValueError for what is no leaf of the order, or is given twice.

    >>> from engine import Value
    >>> x = Value(2.0, label="x")
    >>> leaves_of([x], params=[x], inputs=[x])
    Traceback (most recent call last):
        ...
    ValueError: the node labelled 'x' is given twice among params and inputs; give each leaf once
    """
    known = set(order)
    lists = [_leaves(what, nodes, known) for what, nodes in groups.items()]
    times = Counter(node for nodes in lists for node in nodes)
    for node in times:
        if times[node] > 1:
            among = " and ".join(groups)
            raise ValueError(f"{_told(node)} is given twice among {among}; give each leaf once")
    return lists


def _leaves(what: str, nodes: Iterable[Node], known: Collection[Node]) -> list[Node]:
    found: list[Node] = listed(nodes, f"{what} must be a list of Values")
    for node in found:
        if not isinstance(node, Node):
            raise TypeError(f"{what} must hold Values, got {told(node)}; pass the leaves themselves")
        if node.parents:
            raise ValueError(
                f"{_told(node)} among {what} is computed; give leaves, which it is computed from"
            )
        if node not in known:
            raise ValueError(f"C does not depend on {_told(node)} among {what}; leave it out")
    return found


def _told(node: Node) -> str:
    return f"the node labelled {node.label!r}" if node.label else repr(node)
