"""Walks over a graph of anything that has ``.parents``: iterative, so that depth costs memory only.

Nodes are told apart by identity, and visited in an order that depends on the graph alone.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Node(Protocol):
    """What a walk needs to know of a node."""

    @property
    def parents(self) -> Sequence[Self]:
        """The operands that the node was computed from, one entry per occurrence."""
        ...


N = TypeVar("N", bound=Node)


class Edge(NamedTuple):
    """One operand occurrence: ``child.parents[position] is parent``."""

    parent: Node
    child: Node
    position: int


def topological_order(*roots: N) -> list[N]:
    """Every node that the roots depend on, and they themselves, parents before children.

    Depth first, operands from left to right; a shared node comes once.

    >>> from engine import Value, graph
    >>> a = Value(2.0)
    >>> b = a * a
    >>> [node.data for node in graph.topological_order(a + b)]
    [2.0, 4.0, 6.0]
    """
    order: list[N] = []
    seen: set[N] = set()
    stack: list[N | None] = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node is None:  # the node below has had all of its parents
            order.append(cast("N", stack.pop()))
        elif node not in seen:
            seen.add(node)
            parents = node.parents
            if parents:
                stack += (node, None)
                stack += [parent for parent in reversed(parents) if parent not in seen]
            else:
                order.append(node)
    return order


def leaves(root: N) -> list[N]:
    """The nodes without parents that the root depends on, in topological order.

    >>> from engine import Value, graph
    >>> x, y = Value(2.0), Value(3.0)
    >>> graph.leaves(x * y + x) == [x, y]
    True
    """
    return [node for node in topological_order(root) if not node.parents]


def edges(root: Node) -> Iterator[Edge]:
    """Every operand occurrence, child by child in topological order: ``a * a`` has two edges.

    >>> from engine import Value, graph
    >>> a = Value(2.0)
    >>> [edge.position for edge in graph.edges(a * a)]
    [0, 1]
    """
    for child in topological_order(root):
        for position, parent in enumerate(child.parents):
            yield Edge(parent, child, position)


def shortest_path(root: N, target: N) -> list[N]:
    """The nodes of a shortest path from the root down to one of its ancestors, both included.

    Empty where the root does not depend on the target.

    >>> from engine import Value, graph
    >>> a = Value(2.0)
    >>> b = a.exp()
    >>> c = a * b
    >>> graph.shortest_path(c, a) == [c, a]
    True
    >>> graph.shortest_path(a, c)
    []
    """
    child_of: dict[N, N | None] = {root: None}
    queue = deque([root])
    while queue and target not in child_of:
        node = queue.popleft()
        for parent in node.parents:
            if parent not in child_of:
                child_of[parent] = node
                queue.append(parent)
    path: list[N] = []
    step: N | None = target if target in child_of else None
    while step is not None:
        path.append(step)
        step = child_of[step]
    return path[::-1]
