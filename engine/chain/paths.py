"""The paths from a node to a cost: one product of local derivatives each, the largest first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine import graph
from engine.characters import shown
from engine.real import in_json

from .equation import Equation

if TYPE_CHECKING:
    from .factor import Factor
    from .links import Edge, Links

FACTORS = 1_000_000
"""Of all paths that are listed together: of very long ones there are fewer, but always one."""
MOST = 1e9
"""Stands for the logarithm of infinity, and negative for that of 0: beyond those of a million floats."""


@dataclass(frozen=True, slots=True)
class Path:
    """One path: the names of its nodes, and a factor for each edge."""

    nodes: tuple[str, ...]
    factors: tuple[Factor, ...]

    @property
    def product(self) -> float:
        """What this path contributes."""
        return math.prod(factor.number for factor in self.factors)

    def __str__(self) -> str:
        return shown(" → ".join(self.nodes))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        factors = [factor.to_dict() for factor in self.factors]
        return {"nodes": list(self.nodes), "factors": factors, "product": in_json(self.product)}


def largest(links: Links, limit: int) -> tuple[Path, ...]:
    """The paths of largest contribution, as many as limit and length allow; the others are not walked."""

    def size(edge: Edge) -> float:
        return magnitude(edge.child.local_derivatives[edge.position])

    listed, room = [], FACTORS
    for edges in islice(graph.largest_paths(links.onward, size), limit):
        listed.append(_path(links, edges))
        room -= len(edges)
        if room < len(edges):
            break
    return tuple(listed)


def magnitude(slope: float) -> float:
    """The logarithm of a slope's size: of products, the order is that of the sums of these.

    >>> magnitude(-1.0), magnitude(0.0)
    (0.0, -1000000000.0)
    """
    if slope == 0:
        return -MOST
    return math.log(abs(slope)) if math.isfinite(slope) else MOST


def _path(links: Links, edges: list[Edge]) -> Path:
    nodes = [links.target, *(edge.child for edge in edges)]
    return Path(tuple(str(links.symbol(node)) for node in nodes), tuple(map(links.factor, edges)))


def as_equation(links: Links, paths: tuple[Path, ...]) -> Equation:
    """All paths as one sum."""
    whole = links.whole(links.target)
    return Equation(whole.derivative, tuple(path.factors for path in paths), whole.number)
