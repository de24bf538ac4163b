"""A plan of a picture: what each box and each arrow stands for, before any number is written on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.rendering.diagram import Cluster

DETAILS = ("values", "neurons", "layers", "summary")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a box: a name and the data of the values at some places, or their grads; or text alone."""

    text: str
    places: tuple[int, ...] = ()
    of: Literal["data", "grads"] = "data"


@dataclass(frozen=True, slots=True)
class Part:
    """A box: what stands in it, and the places of all values that it stands for."""

    id: str
    header: str
    rows: tuple[Row, ...]
    kind: str
    places: tuple[int, ...]
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow: the ids of the boxes at its ends, and the places of all edges that it stands for."""

    tail: str
    head: str
    edges: tuple[int, ...]
    on: int = -1
    """The edge that leads on inside the box: the arrow's slope is that of its one edge times that of this."""
    label: str = ""
    """What is written on it in place of its slope."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts, those that feed others before them, the links between them, and the frames around them."""

    detail: str
    parts: tuple[Part, ...]
    links: tuple[Link, ...]
    clusters: tuple[Cluster, ...] = ()
    said: str = ""
    """What stands for what, where it is not each value for itself."""

    @property
    def holders(self) -> tuple[str, ...]:
        """For every value, in topological order, the id of the box that shows it."""
        found = {place: part.id for part in self.parts for place in part.places}
        return tuple(found[place] for place in sorted(found))
