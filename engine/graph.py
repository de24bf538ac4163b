"""Traversals of a graph of anything that has ``.parents``: iterative, so that depth costs only memory.

Nodes are compared by identity, and visited in an order that depends only on the graph.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, Self, TypeVar, cast

from .numeric import told

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from typing import TypeAlias

    Link: TypeAlias = "tuple[Edge[Any], Link] | None"


class HasParents(Protocol):
    """What a traversal needs to know about a node."""

    @property
    def parents(self) -> Sequence[Self]:
        """The operands that the node was computed from, one entry per occurrence."""
        ...


N = TypeVar("N", bound=HasParents)


class Edge(NamedTuple, Generic[N]):
    """One operand occurrence: ``child.parents[position] is parent``."""

    parent: N
    child: N
    position: int


def topological_order(*roots: N) -> list[N]:
    """Return every node that the roots depend on, and the roots, parents before children.

    Depth first, operands from left to right; a shared node appears once.

    >>> from engine import Value, graph
    >>> a = Value(2.0)
    >>> b = a * a
    >>> [node.data for node in graph.topological_order(a + b)]
    [2.0, 4.0, 6.0]
    """
    for root in roots:
        _refuse_other(root)
    if roots and all(hasattr(root, "_ordered") for root in roots):  # a class can have a quicker way
        own: list[N] = cast("Any", roots[0])._ordered(*roots)  # noqa: SLF001  (a hook for such classes)
        return own
    order: list[N] = []
    seen: set[N] = set()
    stack: list[N | None] = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node is None:  # all parents of the node below have been visited
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


def depth_first(root: N) -> Iterator[N]:
    """Yield the root and every node that it depends on, each when first reached, from left to right.

    A shared node may come before nodes that depend on it: this is not an order for a backward pass.

    >>> from engine import Value, graph
    >>> a = Value(2.0)
    >>> b = a * a
    >>> [node.data for node in graph.depth_first(b + b * b)]
    [20.0, 4.0, 2.0, 16.0]
    """
    _refuse_other(root)
    stack = [root]
    seen: set[N] = set()
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack += reversed(node.parents)


def unfinished(root: N, done: Collection[N]) -> Iterator[N]:
    """Yield the root and the nodes that it depends on, operands first, leaving out those in ``done``.

    The caller adds each node to ``done`` when it is yielded. For several roots that share nodes, each node
    appears once, and each traversal takes time in proportion to the new nodes only.

    >>> from engine import Value, graph
    >>> a, done = Value(0.5), set()
    >>> b = a.exp()
    >>> for root in (b, b.sin()):
    ...     for node in graph.unfinished(root, done):
    ...         done.add(node)
    ...         print(round(node.data, 4))
    0.5
    1.6487
    0.997
    """
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if node not in done:
            if ready or not node.parents:
                yield node
            else:
                stack.append((node, True))
                stack += [(parent, False) for parent in reversed(node.parents) if parent not in done]


def _refuse_other(root: object) -> None:
    if not hasattr(root, "parents"):
        raise TypeError(
            f"a traversal starts from a node, got {told(root)}; pass a Value, the root of the graph"
        )


def leaves(root: N) -> list[N]:
    """Return the nodes without parents that the root depends on, in topological order.

    >>> from engine import Value, graph
    >>> x, y = Value(2.0), Value(3.0)
    >>> graph.leaves(x * y + x) == [x, y]
    True
    """
    return [node for node in topological_order(root) if not node.parents]


def edges(root: N) -> Iterator[Edge[N]]:
    """Yield every operand occurrence, child by child in topological order: ``a * a`` has two edges.

    >>> from engine import Value, graph
    >>> a = Value(2.0)
    >>> [edge.position for edge in graph.edges(a * a)]
    [0, 1]
    """
    for child in topological_order(root):
        for position, parent in enumerate(child.parents):
            yield Edge(parent, child, position)


def shortest_path(root: N, target: N) -> list[N]:
    """Return the nodes of a shortest path from the root down to one of its ancestors, both included.

    The path is empty if the root does not depend on the target.

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


def onward(root: N, target: N) -> dict[N, list[Edge[N]]]:
    """Return the nodes on the paths from the target to the root, parents first, each with the edges onward.

    The dict is empty if the root does not depend on the target; the root itself has no edge onward.

    >>> from engine import Value, graph
    >>> a = Value(2.0)
    >>> b = a * a
    >>> [len(edges) for edges in graph.onward(b.exp(), a).values()]
    [2, 1, 0]
    """
    found: dict[N, list[Edge[N]]] = {}
    for child in topological_order(root):
        edges_in = [Edge(p, child, k) for k, p in enumerate(child.parents) if p in found]
        if child is target or edges_in:
            found[child] = []
        for edge in edges_in:
            found[edge.parent].append(edge)
    return found


def count_paths(onward: dict[N, list[Edge[N]]]) -> int:
    """Return the exact number of paths from the first node of ``onward`` to the last, without following any.

    >>> from engine import Value, graph
    >>> a = x = Value(1.0)
    >>> for _ in range(100):
    ...     x = x + x
    >>> graph.count_paths(graph.onward(x, a)) == 2**100
    True
    """
    counts = dict.fromkeys(islice(onward, 1), 1)
    paths = 0
    for node, edges in onward.items():
        paths = counts.pop(node)  # a count may have a million digits: free those no longer needed
        for edge in edges:
            counts[edge.child] = counts.get(edge.child, 0) + paths
    return paths


def largest_paths(
    onward: dict[N, list[Edge[N]]], weight: Callable[[Edge[N]], float]
) -> Iterator[list[Edge[N]]]:
    """Yield the paths from the first node to the last, in order of falling sum of weights.

    Weights are finite. First compute the best sum from every node to the end. An edge off the best path loses
    something against it; the path with the smallest loss so far is extended next, and along the best path it
    loses nothing: so each path is followed to its end directly, however many ties there are.

    >>> from engine import Value, graph
    >>> a = Value(3.0)
    >>> onward = graph.onward(a * 2.0 + a, a)
    >>> [len(path) for path in graph.largest_paths(onward, lambda edge: -1.0)]
    [1, 2]
    """
    weights = {edge: weight(edge) for edges in onward.values() for edge in edges}
    best: dict[N, float] = {}
    for node, edges in reversed(onward.items()):
        best[node] = max((weights[edge] + best[edge.child] for edge in edges), default=0.0)
    serial = count(0, -1)  # among ties, the newest first: each is followed to its end
    heap: list[tuple[float, int, N, Link]] = [(0.0, next(serial), node, None) for node in islice(onward, 1)]
    while heap:
        lost, _, node, link = heappop(heap)
        if not onward[node]:
            yield _unlinked(link)
        for edge in reversed(onward[node]):
            loss = best[node] - (weights[edge] + best[edge.child])
            heappush(heap, (lost + loss, next(serial), edge.child, (edge, link)))


def _unlinked(link: Link) -> list[Edge[N]]:
    path = []
    while link is not None:
        edge, link = link
        path.append(edge)
    return path[::-1]
