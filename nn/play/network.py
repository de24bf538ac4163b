"""The network of a training as a picture whose numbers and weights change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.characters import printable
from engine.pictures.contents import Contents
from engine.pictures.layers import layers
from engine.pictures.neurons import neurons
from engine.pictures.snapshot import Snapshot
from engine.pictures.values import values
from engine.pictures.wording import span
from engine.rendering.diagram import Arrow, Box, Diagram
from engine.rendering.svg import BOX_PADDING
from engine.rendering.widths import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import Value
    from engine.pictures.plan import Part, Plan

MOST = 60
"""Boxes that are drawn one by one; of a larger network, its layers are."""
WIDEST = "−1.234e−05"
THIN, THICK = 0.6, 6.0


Line: TypeAlias = tuple[str, list[int]]
"""A text, and the places of the values whose numbers follow it."""
Weight: TypeAlias = tuple[str, int, str]
"""The id of an arrow, the edge whose local derivative is the weight, and the weight's name."""


@dataclass(frozen=True, slots=True)
class Network:
    """A picture of a graph, and which of its numbers stand where: the lines of each box, by its id."""

    diagram: Diagram
    boxes: list[tuple[str, list[Line]]]
    weights: list[Weight]

    @property
    def payload(self) -> dict[str, Any]:
        """What a page knows of it."""
        return {"boxes": self.boxes, "weights": self.weights}


def network(C: Value, parameters: list[Value], title: str) -> Network:
    """A box for each neuron with its activation, and arrows as wide as weights are large; in their colour.

    Where there are no neurons there is a box for each value; where there would be too many, one for a layer.

    >>> from nn import MLP
    >>> model = MLP(1, [1])
    >>> found = network(model([1.0]) ** 2, model.parameters(), "so")
    >>> found.boxes, found.weights
    ([('n2', [('', [2])]), ('g0', [('', [3])]), ('n4', [('', [4])])], [('e0', 2, 'w^(1)')])
    """
    contents = Contents(Snapshot(C), parameters)
    plan = neurons(contents) if contents.layers else values(contents)
    if len(plan.parts) > MOST:
        plan = layers(contents)
    lines = {part.id: _lines(plan, part) for part in plan.parts}
    known = _weights(contents)
    weights = [
        (f"e{k}", edge, known[edge])
        for k, link in enumerate(plan.links)
        for edge in link.edges
        if len(link.edges) == 1 and edge in known
    ]
    boxes = tuple(_box(part, lines[part.id], contents.now.data) for part in plan.parts)
    arrows = _arrows(plan, {id: contents.now.slopes[edge] for id, edge, _ in weights})
    drawn = Diagram(title, _said(plan, weights), boxes, arrows, plan.clusters)
    return Network(drawn, list(lines.items()), weights)


def _weights(contents: Contents) -> dict[int, str]:
    """The edges that bring inputs to neurons: the slope of each is a weight, which is named."""
    found: dict[int, str] = {}
    for layer in contents.layers:
        n = len(layer.inputs)
        for z in (neuron.z for neuron in layer.neurons):
            first = contents.now.firsts[contents.now.place[z]] + len(z.parents) - n
            found |= {first + k: printable(w.label) for k, w in enumerate(z.parents[-2 * n : -n])}
    return found


def _lines(plan: Plan, part: Part) -> list[Line]:
    """One number for a value or a neuron: of this its activation, which is computed last."""
    if plan.detail != "layers" or len(part.places) == 1:
        return [("", [max(part.places)])]
    return [(row.text, list(row.places)) for row in part.rows if row.of == "data"]


def _box(part: Part, lines: list[Line], data: Sequence[float]) -> Box:
    """The box as a page writes it, with room for the numbers to come."""
    rows = [_row(text, [data[place] for place in places]) for text, places in lines]
    room = max(text_width(f"{text} {' … '.join([WIDEST] * min(len(places), 2))}") for text, places in lines)
    return Box(part.id, (part.header, *rows), part.kind, part.cluster, room=room + 2 * BOX_PADDING)


def _row(text: str, numbers: list[float]) -> str:
    """A text with numbers; of several the least and the greatest."""
    return f"{text} {span(numbers)}".strip() if numbers else text


def _arrows(plan: Plan, weights: dict[str, float]) -> tuple[Arrow, ...]:
    largest = max(map(abs, weights.values()), default=0.0) or 1.0
    arrows = []
    for k, link in enumerate(plan.links):
        weight = weights.get(f"e{k}", 0.0)
        width = THIN + (THICK - THIN) * abs(weight) / largest
        arrows.append(Arrow(f"e{k}", link.tail, link.head, "", (weight > 0) - (weight < 0), width))
    return tuple(arrows)


def _said(plan: Plan, weights: list[Weight]) -> str:
    drawn = plan.said or f"{len(plan.parts)} values"
    told = f" {len(weights)} arrows are as wide as their weight is large, blue where it is positive."
    return f"{drawn}.{told if weights else ''}"
