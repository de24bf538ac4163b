"""The picture that a page makes live: with room for other numbers, and what each shape stands for."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

from engine.pictures import hints, wording
from engine.pictures.picture import LEGIBLE
from engine.pictures.widths import widths
from engine.rendering.diagram import Arrow, Box, Diagram
from engine.rendering.svg import BOX_PADDING
from engine.rendering.widths import text_width

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.pictures.plan import Link, Part, Plan, Row
    from engine.pictures.snapshot import Snapshot
    from engine.value import Value

LONGEST_ROW, LONGEST_LABEL = "grad −0.01234 ✓", "−0.01234"


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph's numbers, the plan of its picture, and the names that formulas have for its nodes."""

    now: Snapshot
    plan: Plan
    names: Mapping[Value, str]

    @property
    def diagram(self) -> Diagram:
        """The picture after a backward pass, whatever passes have been."""
        name, data = self.names[self.now.root], wording.number(self.now.data[-1])
        count = wording.counted(len(self.now.order), "value")
        return Diagram(
            title=f"Computation graph of {name}",
            description=f"{count} and {wording.counted(len(self.now.tails), 'edge')}; {name} = {data}.",
            boxes=tuple(self._box(part) for part in self.plan.parts),
            arrows=self._arrows(),
            clusters=self.plan.clusters,
            notes=(self.plan.said,) if self.plan.said else (),
        )

    def to_dict(self) -> dict[str, Any]:
        """For a script: the lines of each box, the box of each node, the edges of each arrow."""
        return {
            "rows": {part.id: [_row(row) for row in part.rows] for part in self.plan.parts},
            "holds": self.plan.holders,
            "arrows": [[link.edges, link.on] for link in self.plan.links],
        }

    def _box(self, part: Part) -> Box:
        rows = (self._header(part), *map(self._line, part.rows))
        room = text_width(LONGEST_ROW) + 2 * BOX_PADDING
        return Box(part.id, rows, part.kind, part.cluster, hint=self._header(part), room=room)

    def _header(self, part: Part) -> str:
        """The name that formulas have for a value."""
        if len(part.places) > 1:
            return part.header
        (place,) = part.places
        node = self.now.order[place]
        return wording.named(self.names[node], self.now.labels[place], node.rule)

    def _line(self, row: Row) -> str:
        if not row.places:
            return row.text
        numbers = self.now.data if row.of == "data" else self.now.gradient or [nan] * len(self.now.order)
        return f"{row.text} {wording.span([numbers[place] for place in row.places])}"

    def _arrows(self) -> tuple[Arrow, ...]:
        links = self.plan.links
        broad = widths([self.now.strength(link.edges) for link in links])
        return tuple(map(self._arrow, range(len(links)), links, broad))

    def _arrow(self, k: int, link: Link, width: float) -> Arrow:
        if len(link.edges) > 1:
            return Arrow(f"e{k}", link.tail, link.head, link.label, width=width)
        slope = hints.slope(link, self.now)
        label = _spaced(wording.number(slope)) if len(self.plan.links) <= LEGIBLE else ""
        sign = (slope > 0) - (slope < 0)
        return Arrow(f"e{k}", link.tail, link.head, label, sign, width, hint=self._derivative(link))

    def _derivative(self, link: Link) -> str:
        tail, head = hints.ends(link, self.now)
        return wording.derivative(self.names[self.now.order[head]], self.names[self.now.order[tail]])


def _row(row: Row) -> list[Any]:
    return [row.text, row.places, int(row.of == "grads")]


def _spaced(label: str) -> str:
    """A label with room for another one around it."""
    missing = text_width(LONGEST_LABEL) - text_width(label)
    space = " " * max(0, round(missing / text_width(" ") / 2))
    return f"{space}{label}{space}"
