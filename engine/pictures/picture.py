"""A plan and the numbers of a graph, as the plain data that gets drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engine.formula import of_node
from engine.rendering.diagram import Arrow, Box, Diagram

from . import comparison, hints, wording
from .details import MOST
from .widths import widths
from .wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .highlight import Highlight
    from .plan import Link, Part, Plan, Row
    from .snapshot import Snapshot

LEGIBLE = 60
"""Arrows with a label each, that a reader can tell apart."""
TOLD = 20
"""Derivatives that the description tells."""
_MORE = 'detail="values" shows all'


@dataclass(frozen=True)
class Picture:
    """What is shown of a graph: its numbers now, or now and before; with some paths lit, or all alike."""

    plan: Plan
    now: Snapshot
    before: Snapshot | None = None
    lit: Highlight | None = None
    edge_labels: bool | None = None
    legend: bool = False
    notes: tuple[str, ...] = ()

    @cached_property
    def diagram(self) -> Diagram:
        """The picture as plain data."""
        boxes = tuple(map(self._box, self.plan.parts))
        dim = {box.id for box in boxes if box.dim}
        strengths = widths(
            [self.now.strength(link.edges) if self.now.known else None for link in self.plan.links]
        )
        arrows = tuple(
            self._arrow(f"e{k}", link, width, dim)
            for k, (link, width) in enumerate(zip(self.plan.links, strengths, strict=True))
        )
        title = f"Computation graph of {self._root}" + ", before and after" * (self.before is not None)
        notes = (*self._said(), *self.notes)
        return Diagram(title, self._description(), boxes, arrows, self.plan.clusters, notes, self.legend)

    @property
    def _root(self) -> str:
        return wording.header(self.now.labels[-1], self.now.root.rule)

    def formulas(self, most: int | None = None) -> dict[str, str]:
        """What the values of each box are in the names of their operands, where they are one or two."""
        now, found = self.now, {}
        for part in self.plan.parts[:most]:
            computed = [place for place in part.places if now.order[place].parents]
            if 0 < len(computed) <= 2:
                nodes = (now.order[place] for place in computed)
                told = (f"{now.names[node]} = {of_node(node, now.names)[0].text}" for node in nodes)
                found[part.id] = "; ".join(told)
        return found

    def _box(self, part: Part) -> Box:
        rows = (self._header(part), *(self._row(row) for row in part.rows))
        dim = self._bright is not None and self._bright.isdisjoint(part.places)
        crowd = self.plan.detail == "summary" or len(part.places) > hints.CROWD
        count = f"{part.header}: {counted(len(part.places), 'value')}"
        hint = count if crowd else hints.of_part(part, self.now)
        return Box(part.id, rows, part.kind, part.cluster, hint, dim)

    def _header(self, part: Part) -> str:
        """What stands at the top; where paths are told, the name that they tell."""
        if not self.lit or len(part.places) > 1:
            return part.header
        (place,) = part.places
        return wording.named(self.now.name(place), self.now.labels[place], self.now.order[place].rule)

    @cached_property
    def _bright(self) -> set[int] | None:
        """What the picture is about: the paths that are lit, or what has changed."""
        if self.lit:
            return self.lit.places
        return comparison.changed(self.before, self.now) if self.before else None

    def _row(self, row: Row) -> str:
        if not row.places:
            return row.text
        now = _numbers(self.now, row)
        told = wording.change(_numbers(self.before, row), now) if self.before else wording.span(now)
        return f"{row.text} {told}"

    def _arrow(self, id: str, link: Link, width: float, dim: set[str]) -> Arrow:
        slope = 0.0 if link.label else hints.slope(link, self.now)
        label = link.label or wording.number(slope)
        hue = self.lit.hue(link.edges) if self.lit else 0
        paths = [self.lit.hint(link.edges)] if self.lit else []
        return Arrow(
            id,
            link.tail,
            link.head,
            label if self._labelled else "",
            sign=(slope > 0) - (slope < 0),
            width=width,
            hint="; ".join(filter(None, [hints.of_link(link, self.now), *paths])),
            hue=hue,
            dim=not hue if self.lit else {link.tail, link.head} <= dim,
        )

    @cached_property
    def _labelled(self) -> bool:
        return len(self.plan.links) <= LEGIBLE if self.edge_labels is None else self.edge_labels

    def _said(self) -> list[str]:
        """The notes that the numbers ask for."""
        told = [self.plan.said + f"; {_MORE}" * (len(self.now.order) <= MOST)] if self.plan.said else []
        if self.before:
            told.append(comparison.told(self.before, self.now))
        if self.lit:
            told += self.lit.told
        if self.now.stale:
            told.append(self.now.stale.told(self.now.names))
        if self.now.foreign:
            told.append(
                f"grad of {counted(self.now.foreign, 'value')} is not the derivative of {self._root}: "
                "other backward passes have left it, or added to it"
            )
        return told

    def _description(self) -> str:
        now = self.now
        counts = f"{counted(len(now.order), 'value')} and {counted(len(now.tails), 'edge')}"
        drawn = "" if self.plan.detail == "values" else f", drawn as {counted(len(self.plan.parts), 'box')}"
        told = f"{counts}{drawn}; the output {self._root} is {wording.number(now.data[-1])}."
        slopes = [
            f"by {now.labels[place]} {wording.number(slope)}"
            for place, slope in enumerate(now.known or ())
            if now.labels[place] and not now.order[place].parents
        ]
        more = f", … {len(slopes) - TOLD:,} more" if len(slopes) > TOLD else ""
        return told + (f" Its derivatives: {', '.join(slopes[:TOLD])}{more}." if slopes else "")


def _numbers(now: Snapshot, row: Row) -> list[float]:
    """The numbers of a row, of grads those that have been computed."""
    numbers: Sequence[float | None] = now.data if row.of == "data" else now.grads
    return [x for place in row.places if (x := numbers[place]) is not None]
