"""A picture as plain data: boxes, the arrows between them, and the clusters that they stand in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .letters import Text

KINDS = ("input", "parameter", "constant", "inner", "root", "group")
HUES = 6
"""How many paths can be told apart by hue."""
PAGE_IDS = ("graph0", "graph0-title", "graph0-desc")


@dataclass(frozen=True, slots=True)
class Box:
    """A node of the picture: its lines of text, the header first, and its kind, one of ``KINDS``.

    A ``group`` stands for several nodes, a neuron or a layer.
    """

    id: str
    rows: tuple[str, ...]
    kind: str
    cluster: str = ""
    """The id of the innermost cluster that it stands in."""
    hint: str = ""
    """The hint for a pointer and for a screen reader; where it is empty, the id."""
    dim: bool = False
    """Whether it is not what the picture is about."""
    label: str = ""
    """Its name, where it has one."""
    glyph: Text = ()
    """What stands in the mark of one value: its name, or its operation as mathematics."""
    named: bool = False
    """Whether the glyph is the name: then none stands beside the mark."""
    data: float | None = None
    """Of the mark of one value, its number and its gradient; None where it is not known."""
    grad: float | None = None
    was: tuple[float, float | None] | None = None
    """Number and gradient before, where two states are compared and they differ."""
    places: tuple[int, ...] = ()
    """What it stands for, by place in topological order."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One operand of one operation, from the parent's box to the child's, with the local derivative on it."""

    id: str
    tail: str
    head: str
    label: str
    sign: int = 0
    """Of the local derivative: −1 or 1; 0 where it is zero or nothing is told of it."""
    width: float = 1.2
    """Of the line, in pixels."""
    hint: str = ""
    hue: int = 0
    """The path that it belongs to, from 1 to ``HUES``; 0 where none is shown."""
    dim: bool = False
    slope: float | None = None
    """The local derivative; None where it stands for several."""
    part: float | None = None
    """What it contributes to the gradient; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A frame with a title around boxes, or around clusters: a layer, a neuron."""

    id: str
    title: str
    kind: str
    """``layer`` or ``neuron``: how it is drawn."""
    cluster: str = ""
    """The id of the cluster around it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A neuron by the boxes and arrows of its values: z = Σ w x + b, and a = σ(z) or z itself."""

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
    """The activation's sign."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A layer of a network: its number, and its neurons from the first on."""

    number: str
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Net:
    """A plain network: its inputs, its layers, and the cost with what else it reads."""

    inputs: tuple[Box, ...]
    tiers: tuple[Tier, ...]
    cost: Box | None = None
    targets: tuple[Box, ...] = ()
    outgoing: tuple[Arrow, ...] = ()
    """From each output to the cost, across whatever stands between them."""
    direct: bool = True
    """Whether nothing stands between outputs and cost."""

    weights: int = 0
    """How many weights it has."""
    is_chain: bool = False
    """Whether one row runs through: a single neuron in each layer, and a single input."""


@dataclass(frozen=True, slots=True)
class Trail:
    """A path that is shown: its edges from the chosen value to the root, and the note that tells of it."""

    edges: tuple[int, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes in topological order, parents first, and one arrow for each occurrence of an operand.

    Clusters come after those around them. The notes stand below the picture, a line each; so does the legend
    of the kinds, where it is asked for.
    """

    title: str
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    clusters: tuple[Cluster, ...] = ()
    notes: tuple[str, ...] = ()
    legend: bool = False
    root: str = "C"
    """The name of what the gradients are of."""
    level: str = "values"
    """How much a mark stands for: a value, a neuron, an entry of a matrix, a layer, a band of depth."""
    net: Net | None = None
    """The network that the graph is, where it is one and nothing else."""
    trails: tuple[Trail, ...] = ()
    """The paths that are shown, where they are few."""


def check(diagram: Diagram) -> None:
    """Refuse what cannot be drawn, and say what came and what was expected."""
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
