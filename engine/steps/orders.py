"""The order of a backward pass: which nodes hand their gradient on, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.characters import printable
from engine.given import a_node
from engine.graph import depth_first, topological_order
from engine.names import names
from engine.real import short, told

from .step import listed

if TYPE_CHECKING:
    from engine.value import Value

CHOICES = 'an order is None (reverse topological), "depth-first" or a list of nodes'


def ordered(root: Value, order: str | Iterable[Value] | None) -> list[Value]:
    """The nodes that hand on, in turn: those with operands, and the root in any case.

    TypeError or ValueError where ``order`` is none (see ``steps``).

    >>> from engine import Value
    >>> a = Value(2.0)
    >>> b = a * a
    >>> C = b + b * b
    >>> [node.data for node in ordered(C, None)], [node.data for node in ordered(C, "depth-first")]
    ([20.0, 16.0, 4.0], [20.0, 4.0, 16.0])
    """
    return [node for node in _nodes(root, order) if node.parents] or [root]


def _nodes(root: Value, order: str | Iterable[Value] | None) -> Iterable[Value]:
    if order is None:
        return reversed(topological_order(root))
    if isinstance(order, str):
        if order != "depth-first":
            raise ValueError(f"{CHOICES}; got {short(order)}")
        return depth_first(root)
    if not isinstance(order, Iterable):
        raise TypeError(f"{CHOICES}; got {told(order)}")
    return _own_order(root, order)


def _own_order(root: Value, order: Iterable[Value]) -> list[Value]:
    nodes, known = list(order), names(root)
    for node in nodes:
        a_node(node, "an order holds Values")
    times = Counter(nodes)
    troubles = {
        "it lacks": [known[node] for node in known if node.parents and node not in times],
        "it repeats": [known.get(node, repr(node)) for node in times if times[node] > 1],
        "the root does not depend on": [_foreign(node) for node in times if node not in known],
    }
    told = [f"{trouble} {listed(found)}" for trouble, found in troubles.items() if found]
    if told:
        raise ValueError(f"an order holds each node that has operands once; {'; '.join(told)}")
    return nodes


def _foreign(node: Value) -> str:
    return printable(node.label) or repr(node)
