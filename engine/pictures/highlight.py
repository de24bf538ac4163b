"""The paths from a value to the root: one hue for each where they are few."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine import graph
from engine.chain.paths import magnitude
from engine.chain.text import counted
from engine.characters import printable
from engine.rendering.diagram import HUES

from . import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.graph import Edge
    from engine.value import Value

    from .snapshot import Snapshot

STATIONS = 9
"""Nodes of a path that are told."""


class Highlight:
    r"""Which values and edges lie on the paths from w to the root, and on which of them, largest first.

    ValueError where no path leads from w to the root.

    >>> from engine import Value
    >>> from .snapshot import Snapshot
    >>> a = Value(3.0, label="a")
    >>> lit = Highlight(Snapshot(a * a + a), a)
    >>> lit.places, lit.paths
    ({0, 1, 2}, {0: (1,), 2: (1, 2), 1: (2,), 3: (3,)})
    >>> print(*lit.told, sep="\n")
    ∂C/∂a = 7, the sum over 3 paths:
    path 1: a → v_1 → C gives 3
    path 2: a → v_1 → C gives 3
    path 3: a → C gives 1
    """

    def __init__(self, now: Snapshot, w: Value) -> None:
        onward = graph.onward(now.root, w)
        if not onward:
            root, name = now.name(-1), printable(w.label) or repr(w)
            raise ValueError(
                f"highlight shows the paths from a value to {root}, but {root} does not depend on {name}"
            )
        self.places = {now.place[node] for node in onward}
        self._count = graph.count_paths(onward)
        self.paths: dict[int, tuple[int, ...]] = {}
        """Of each edge the numbers of its paths, from 1; (0,) where they are too many to be told apart."""
        self._lines: list[str] = []
        value = math.nan if now.gradient is None else now.gradient[now.place[w]]
        self._whole = f"{wording.derivative(now.name(-1), now.names[w])} = {wording.number(value)}"
        if self._count > HUES:
            self.paths = {place(now, edge): (0,) for edges in onward.values() for edge in edges}
        elif w is not now.root:
            for number, path in enumerate(graph.largest_paths(onward, _size), start=1):
                self._add(now, number, path)

    def _add(self, now: Snapshot, number: int, path: list[Edge[Value]]) -> None:
        for edge in path:
            self.paths[place(now, edge)] = (*self.paths.get(place(now, edge), ()), number)
        names = [now.names[node] for node in (path[0].parent, *(edge.child for edge in path))]
        product = wording.number(math.prod(map(_slope, path)))
        self._lines.append(f"path {number}: {_route(names)} gives {product}")

    def hue(self, edges: tuple[int, ...]) -> int:
        """The hue of the first path that any of these edges lies on; 0 where none does."""
        found = [path for edge in edges for path in self.paths.get(edge, ())]
        return max(min(found), 1) if found else 0

    def hint(self, edges: tuple[int, ...]) -> str:
        """The paths that these edges lie on."""
        found = sorted({path for edge in edges for path in self.paths.get(edge, ()) if path})
        if not found or self._count == 1:
            return ""
        return f"on path{'s' * (len(found) > 1)} {', '.join(map(str, found))}"

    @property
    def told(self) -> tuple[str, ...]:
        """The derivative, and how it is the sum over the paths."""
        if not self.paths:
            return (f"{self._whole}, since it is the output itself",)
        if self._count == 1:
            return (f"{self._whole}, along one path",)
        whole = f"{self._whole}, the sum over {counted(self._count)} paths"
        return (f"{whole}:", *self._lines) if self._lines else (whole,)


def _route(names: Sequence[str]) -> str:
    """The nodes of a path, dots in place of those in the middle where they are many."""
    shown = names if len(names) <= STATIONS else [*names[: STATIONS - 3], "…", *names[-2:]]
    return " → ".join(map(wording.cut, shown))


def place(now: Snapshot, edge: Edge[Value]) -> int:
    """The place of an edge."""
    return now.firsts[now.place[edge.child]] + edge.position


def _slope(edge: Edge[Value]) -> float:
    return edge.child.local_derivatives[edge.position]


def _size(edge: Edge[Value]) -> float:
    return magnitude(_slope(edge))
