"""The paths from a value to the root: each in its own hue if they are few.

A comparison of two snapshots: whether they show one graph, and what has changed between them.

The graph of a derivative, with its name.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine import graph
from engine.chain.paths import Links, magnitude
from engine.chain.written import counted
from engine.characters import printable
from engine.derive import grad
from engine.formula.symbols import derivative
from engine.graph import topological_order
from engine.labels import names

from . import snapshot
from .snapshot import Snapshot, how_many, same
from .svg.diagram import HUES, Trail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.graph import Edge
    from engine.value import Value

STATIONS = 9
"""The maximum number of nodes of a path that are listed."""


class Highlight:
    r"""The values and edges on the paths from w to the root, and which paths each lies on, largest first.

    The paths are those of ``explain(root, w, through="all")``: a path leads from value to value; several
    arrows from one value to the next are a single step, whose factor is the sum of their local derivatives.
    Raises ValueError if no path leads from w to the root.

    >>> from engine import Value
    >>> from .snapshot import Snapshot
    >>> a = Value(3.0, label="a")
    >>> lit = Highlight(Snapshot(a * a + a), a)
    >>> lit.places, lit.paths
    ({0, 1, 2}, {0: (1,), 1: (1,), 2: (1,), 3: (2,)})
    >>> print(*lit.told, sep="\n")
    ∂C/∂a = 7, the sum over 2 paths:
    path 1: a → v_1 → C gives 6
    path 2: a → C gives 1
    """

    def __init__(self, now: Snapshot, w: Value) -> None:
        self._links = Links(now.root, w, through="all")
        onward = self._links.onward
        if not onward:
            root, name = now.name(-1), printable(w.label) or repr(w)
            raise ValueError(
                f"highlight shows the paths from a value to {root}, but {root} does not depend on {name}"
            )
        self.places = {now.place[node] for node in onward}
        self._count = graph.count_paths(onward)
        self.paths: dict[int, tuple[int, ...]] = {}
        """For each edge the numbers of its paths, from 1; (0,) if there are too many to distinguish."""
        self.trails: list[Trail] = []
        value = now.gradient[now.place[w]]
        self._whole = f"{derivative(now.name(-1), now.names[w])} = {snapshot.number(value)}"
        if self._count > HUES:
            self.paths = {
                one: (0,) for edges in onward.values() for edge in edges for one in _places(now, edge)
            }
        elif w is not now.root:
            for number, path in enumerate(graph.largest_paths(onward, self._size), start=1):
                self._add(now, number, path)

    def _add(self, now: Snapshot, number: int, path: list[Edge[Value]]) -> None:
        for edge in path:
            for one in _places(now, edge):
                self.paths[one] = (*self.paths.get(one, ()), number)
        names = [now.names[node] for node in (path[0].parent, *(edge.child for edge in path))]
        product = snapshot.number(math.prod(map(self._links.slope, path)))
        note = f"path {number}: {_route(names)} gives {product}"
        self.trails.append(Trail(tuple(_places(now, edge)[0] for edge in path), note))

    def _size(self, edge: Edge[Value]) -> float:
        return magnitude(self._links.slope(edge))

    def hue(self, edges: tuple[int, ...]) -> int:
        """Return the hue of the first path that any of these edges lies on; 0 if there is none."""
        found = [path for edge in edges for path in self.paths.get(edge, ())]
        return max(min(found), 1) if found else 0

    def hint(self, edges: tuple[int, ...]) -> str:
        """Return a text with the paths that these edges lie on."""
        found = sorted({path for edge in edges for path in self.paths.get(edge, ()) if path})
        if not found or self._count == 1:
            return ""
        return f"on path{'s' * (len(found) > 1)} {', '.join(map(str, found))}"

    @property
    def told(self) -> tuple[str, ...]:
        """The derivative, and how the paths add up to it."""
        if not self.paths:
            return (f"{self._whole}, since it is the output itself",)
        if self._count == 1:
            return (f"{self._whole}, along one path",)
        whole = f"{self._whole}, the sum over {counted(self._count)} paths"
        return (f"{whole}:", *(trail.note for trail in self.trails)) if self.trails else (whole,)


def _route(names: Sequence[str]) -> str:
    """Return the nodes of a path; if there are many, with dots for those in the middle."""
    shown = names if len(names) <= STATIONS else [*names[: STATIONS - 3], "…", *names[-2:]]
    return " → ".join(map(snapshot.cut, shown))


def _places(now: Snapshot, edge: Edge[Value]) -> list[int]:
    """Return the places of the edges that a step follows."""
    first = now.firsts[now.place[edge.child]]
    return [first + k for k, parent in enumerate(edge.child.parents) if parent is edge.parent]


# ── A comparison of two snapshots: whether they show one graph, and what has changed ──────────────


def check_alike(before: Snapshot, after: Snapshot) -> None:
    """Raise ValueError if two graphs differ: in size, in an operation, in its operands, or in a label."""
    sizes = [how_many(len(now.order), "value") for now in (before, after)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"{_NOT_ALIKE} {sizes[0]} before, {sizes[1]} after")
    for place in range(len(after.order)):
        described = [_description(now, place) for now in (before, after)]
        if described[0] != described[1]:
            raise ValueError(f"{_NOT_ALIKE} n{place} is {described[0]} before, {described[1]} after")


_NOT_ALIKE = "draw(before, after) compares two states of one graph, and these differ:"


def _description(now: Snapshot, place: int) -> str:
    node = now.order[place]
    first = now.firsts[place]
    made = snapshot.operation(node.rule)
    operands = ", ".join(f"n{tail}" for tail in now.tails[first : first + len(node.parents)])
    label = f"{now.given[place]!r} = " * bool(now.given[place])
    return f"{label}{made}({operands})" if node.parents else f"{label}{made}"


def changed(before: Snapshot, after: Snapshot) -> set[int]:
    """Return the places of the nodes whose data or grad has changed."""
    return _differ(before.data, after.data) | _differ(before.grads, after.grads)


def _differ(before: Sequence[float | None], after: Sequence[float | None]) -> set[int]:
    return {place for place, (x, y) in enumerate(zip(before, after, strict=True)) if not same(x, y)}


def told(before: Snapshot, after: Snapshot) -> str:
    """Return a text with how many values and gradients have changed, and how the root has.

    >>> from engine import Value
    >>> from .snapshot import Snapshot
    >>> x = Value(3.0)
    >>> y = x * 2.0
    >>> before = Snapshot(y)
    >>> x.data = 4.0
    >>> y.refresh()
    >>> told(before, Snapshot(y))
    '2 of 3 values changed; y 6 → 8, by 2'
    """
    root, (old, new) = after.root_name, (before.data[-1], after.data[-1])
    count = _of(_differ(before.data, after.data), after, "value")
    if gradients := _differ(before.grads, after.grads):
        count += f" and {_of(gradients, after, 'gradient')}"
    count += " changed"
    if same(old, new):
        return f"{count}; {root} is {snapshot.number(new)} as before"
    return f"{count}; {root} {snapshot.change([old], [new])}, by {snapshot.number(new - old)}"


def _of(places: set[int], now: Snapshot, noun: str) -> str:
    return f"{len(places):,} of {how_many(len(now.order), noun)}"


# ── The graph of a derivative, with its name ──────────────────────────────────────────────────────


def derived(C: Value, w: Value, *, variables: bool = True) -> tuple[Snapshot, str]:
    """Return the derivative of C with respect to w as a graph, and a note on it.

    Raises ValueError if C does not depend on w, and TypeError if a custom node lies between them.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> now, said = derived(x**2, x)
    >>> now.data[-1], said
    (6.0, 'the graph of ∂C/∂x: 2 of its values were made for it, the others are in the graph of C')
    """
    order, called = topological_order(C), names(C, w, variables=variables)
    if w not in set(order):
        raise ValueError(f"derivative_of takes a value that {called[C]} depends on, and {called[w]} is none")
    slope = grad(C, w)
    name = derivative(called[C], called[w])
    title = f"{name} = {slope.label}" if slope.label else name
    now = Snapshot(slope, title, names=variables)
    made = len(set(now.order) - set(order))
    rest = f"the others are in the graph of {called[C]}"
    return now, f"the graph of {name}: {made:,} of its values were made for it, {rest}"
