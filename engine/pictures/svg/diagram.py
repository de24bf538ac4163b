"""A picture as plain data: boxes, the arrows between them, and the clusters around them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .letters import Text

KINDS = ("input", "parameter", "constant", "inner", "root", "group")
HUES = 6
"""The maximum number of paths that are distinguished by hue."""
PAGE_IDS = ("graph0", "graph0-title", "graph0-desc")


class Tally(NamedTuple):
    """A line of a box that stands for several values: what its numbers are, and these numbers."""

    words: str
    places: tuple[int, ...] = ()
    numbers: tuple[float, ...] = ()
    of: str = "data"
    """``data`` for values, ``grads`` for gradients."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node of the picture: its lines of text, the header first, and its kind, one of ``KINDS``.

    A ``group`` stands for several nodes, a neuron or a layer.
    """

    id: str
    rows: tuple[str, ...]
    kind: str
    cluster: str = ""
    """The id of the innermost cluster around it."""
    hint: str = ""
    """The hint for a pointer and for a screen reader; if it is empty, the id is used."""
    dim: bool = False
    """Whether it is outside of what the picture is about."""
    label: str = ""
    """Its name, if it has one."""
    glyph: Text = ()
    """The text in the mark of one value: its name, or its operation as mathematics."""
    named: bool = False
    """Whether the glyph is the name: then no name stands beside the mark."""
    data: float | None = None
    """For the mark of one value, its number and its gradient; None if unknown."""
    grad: float | None = None
    was: tuple[float, float | None] | None = None
    """Number and gradient before, if two states are compared and they differ."""
    places: tuple[int, ...] = ()
    """The values that it stands for, by place in topological order."""
    tallies: tuple[Tally, ...] = ()
    """If it stands for several values, its lines; a picture of two states has only the text of its rows."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One operand of one operation, from the parent's box to the child's, with the local derivative on it."""

    id: str
    tail: str
    head: str
    label: str
    sign: int = 0
    """The sign of the local derivative: −1 or 1; 0 if it is zero or not shown."""
    width: float = 1.2
    """The width of the line, in pixels."""
    hint: str = ""
    hue: int = 0
    """The path that it belongs to, from 1 to ``HUES``; 0 if no path is shown."""
    dim: bool = False
    slope: float | None = None
    """The local derivative; None if the arrow stands for several."""
    part: float | None = None
    """Its contribution to the gradient; None if unknown."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A frame with a title around boxes, or around clusters: a layer, a neuron."""

    id: str
    title: str
    kind: str
    """``layer`` or ``neuron``: this decides how it is drawn."""
    cluster: str = ""
    """The id of the cluster around it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A neuron, given by the boxes and arrows of its values: z = Σ w x + b, and a = σ(z) or z itself."""

    z: Box
    a: Box
    bias: Box | None
    weights: tuple[Box, ...]
    wires: tuple[Arrow, ...]
    """From each input to z, in the order of the weights."""
    turns: tuple[Arrow, ...]
    """From each weight to z, and from the bias."""
    onward: Arrow | None
    """From z to a."""
    squash: Text = ()
    """The symbol of the activation."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A layer of a network: its number, and its neurons in order."""

    number: str
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Net:
    """A plain network: its inputs, its layers, and the cost with its other inputs."""

    inputs: tuple[Box, ...]
    tiers: tuple[Tier, ...]
    cost: Box | None = None
    targets: tuple[Box, ...] = ()
    outgoing: tuple[Arrow, ...] = ()
    """From each output to the cost, across all operations between them."""
    direct: bool = True
    """Whether the outputs lead directly to the cost."""

    weights: int = 0
    """The number of weights."""
    is_chain: bool = False
    """Whether it is one row: a single neuron in each layer, and a single input."""


@dataclass(frozen=True, slots=True)
class Trail:
    """A highlighted path: its edges from the chosen value to the root, and the note that describes it."""

    edges: tuple[int, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes in topological order, parents first, and one arrow for each occurrence of an operand.

    Clusters come after those around them. Below the picture stand the notes, one to a line, and the legend of
    the kinds, if it was requested.
    """

    title: str
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    clusters: tuple[Cluster, ...] = ()
    notes: tuple[str, ...] = ()
    legend: bool = False
    root: str = "C"
    """The name of the value that is differentiated."""
    level: str = "values"
    """What a mark stands for: a value, a neuron, an entry of a matrix, a layer, or a band of depth."""
    net: Net | None = None
    """The network, if the graph is a plain network and nothing else."""
    trails: tuple[Trail, ...] = ()
    """The highlighted paths, if they are few."""


def check(diagram: Diagram) -> None:
    """Raise an error for anything that cannot be drawn, with what was passed and what was expected."""
    things: tuple[Box | Arrow | Cluster, ...] = (*diagram.boxes, *diagram.arrows, *diagram.clusters)
    for id, count in Counter([*PAGE_IDS, *(thing.id for thing in things)]).items():
        if count > 1:
            raise ValueError(f"id {id!r} is used {count} times; expected ids that differ, none of {PAGE_IDS}")
    for box in diagram.boxes:
        if box.kind not in KINDS or not box.rows:
            raise ValueError(
                f"box {box.id!r} has kind {box.kind!r} and {len(box.rows)} rows; "
                f"expected one of {KINDS} and at least a header"
            )
    _check_clusters(diagram)
    place = {box.id: index for index, box in enumerate(diagram.boxes)}
    for arrow in diagram.arrows:
        for end in (arrow.tail, arrow.head):
            if end not in place:
                raise ValueError(f"arrow {arrow.id!r} names box {end!r}; expected one of {len(place)} boxes")
        if place[arrow.tail] >= place[arrow.head]:
            raise ValueError(
                f"arrow {arrow.id!r} leads from box {arrow.tail!r} back to {arrow.head!r}; "
                "expected boxes in topological order, parents first"
            )


def _check_clusters(diagram: Diagram) -> None:
    known = {""}
    for cluster in diagram.clusters:
        if not cluster.id:
            raise ValueError(f"the cluster titled {cluster.title!r} has no id; an empty one means no cluster")
        if cluster.cluster not in known:
            raise ValueError(
                f"cluster {cluster.id!r} names cluster {cluster.cluster!r}; expected one that comes before it"
            )
        known.add(cluster.id)
    for box in diagram.boxes:
        if box.cluster not in known:
            raise ValueError(f"box {box.id!r} names cluster {box.cluster!r}; expected one of the clusters")
