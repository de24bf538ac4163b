"""How broad an arrow is: the more it contributes to the gradient, the broader.

What a reader is told who points at a box or an arrow: all digits, and what an arrow contributes.

A plan and the numbers of a graph, as the plain data that gets drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engine.formula import of_node
from engine.labels import number

from . import snapshot, views
from .plans import MOST
from .snapshot import derivative, exact, how_many, same, span
from .svg.diagram import Arrow, Box, Diagram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .contents import BoxRow, Link, Part, PicturePlan
    from .snapshot import Snapshot
    from .views import Highlight

PLAIN = 1.2
"""Of an arrow of which nothing is known."""
THINNEST, BROADEST = 1.0, 5.0


def widths(contributions: Sequence[float | None]) -> list[float]:
    """1 px for nothing, 5 px for the largest, between them by the square root, so that small ones differ too.

    An infinite contribution counts as the largest, NaN as unknown.

    >>> widths([4.0, -1.0, 0.0, None, float("inf")])
    [5.0, 3.0, 1.0, 1.2, 5.0]
    """
    sizes = [math.nan if x is None else abs(x) for x in contributions]
    largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
    return [_width(size, largest) for size in sizes]


def _width(size: float, largest: float) -> float:
    if math.isnan(size):
        return PLAIN
    share = 1.0 if math.isinf(size) else size / largest if size else 0.0
    return round(THINNEST + (BROADEST - THINNEST) * math.sqrt(share), 2)


# ── What a reader is told who points at a box or an arrow ─────────────────────────────────────────

SHOWN = 12
"""Values of a box that are told one by one."""
CROWD = 100
"""Values of a box of which none is told."""


def of_part(part: Part, now: Snapshot) -> str:
    """The values of a box with all their digits, and the root's derivative by each; the first of many.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> w = Value(0.1, label="w")
    >>> C = w * w
    >>> C.backward()
    >>> now = Snapshot(C)
    >>> of_part(Contents(now).box(0), now)
    'w = 0.1; ∂C/∂w = 0.2'
    """
    told = [_of_value(place, now) for place in part.places[:SHOWN]]
    left = len(part.places) - SHOWN
    head = [part.header] if len(part.places) > 1 else []
    return " | ".join([*head, *told, *([f"… {left:,} more"] if left > 0 else [])])


def of_link(link: Link, now: Snapshot) -> str:
    """The local derivative of an arrow and what it contributes; where it is labelled by a count, that.

    >>> from engine import Value
    >>> from .plans import Link
    >>> from .snapshot import Snapshot
    >>> w, x = Value(0.5, label="w"), Value(3.0, label="x")
    >>> z = w * x
    >>> z.label = "z"
    >>> C = z**2
    >>> C.backward()
    >>> print(of_link(Link("n0", "n2", (0,)), Snapshot(C)))
    ∂z/∂w = 3; contributes 9 to ∂C/∂w
    """
    if link.label:
        parts = now.contributions
        told = f"; they contribute {span([parts[edge] for edge in link.edges])}" if parts else ""
        return f"{how_many(len(link.edges), 'edge')}{told}"
    (edge,) = link.edges
    tail, head = ends(link, now)
    by, root = now.name(tail), now.name(-1)
    direct = head == len(now.order) - 1 and now.readings[tail] > 1
    told = f"{derivative(now.name(head), by, direct=direct)} = {number(slope(link, now))}"
    if not now.contributions:
        return told
    return f"{told}; contributes {number(now.contributions[edge])} to {derivative(root, by)}"


def ends(link: Link, now: Snapshot) -> tuple[int, int]:
    """The values between which the slope of an arrow that stands for one edge is taken."""
    (edge,) = link.edges
    return now.tails[edge], now.heads[edge if link.on < 0 else link.on]


def slope(link: Link, now: Snapshot) -> float:
    """The slope of an arrow that stands for one edge, and that which leads on from there."""
    (edge,) = link.edges
    return now.slopes[edge] * (now.slopes[link.on] if link.on >= 0 else 1.0)


def _of_value(place: int, now: Snapshot) -> str:
    name, data, grad = now.name(place), exact(now.data[place]), now.grads[place]
    unnamed = not now.labels[place] and not now.order[place].parents
    told = [f"a leaf of {data}" if unnamed else f"{name} = {data}"]
    if now.known:
        told.append(f"{derivative(now.name(-1), name)} = {exact(now.known[place])}")
    if grad is not None and (not now.known or not same(grad, now.known[place])):
        told.append(f"grad = {exact(grad)}")
    return "; ".join(told)


# ── A plan and the numbers of a graph, as the plain data that gets drawn ──────────────────────────

LEGIBLE = 60
"""Arrows with a label each, that a reader can tell apart."""
TOLD = 20
"""Derivatives that the description tells."""
_MORE = 'detail="values" shows all'


@dataclass(frozen=True)
class Picture:
    """What is shown of a graph: its numbers now, or now and before; with some paths lit, or all alike."""

    plan: PicturePlan
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
        return snapshot.header(self.now.labels[-1], self.now.root.rule)

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
        crowd = self.plan.detail == "summary" or len(part.places) > CROWD
        count = f"{part.header}: {how_many(len(part.places), 'value')}"
        hint = count if crowd else of_part(part, self.now)
        return Box(part.id, rows, part.kind, part.cluster, hint, dim)

    def _header(self, part: Part) -> str:
        """What stands at the top; where paths are told, the name that they tell."""
        if not self.lit or len(part.places) > 1:
            return part.header
        (place,) = part.places
        return snapshot.named(self.now.name(place), self.now.labels[place], self.now.order[place].rule)

    @cached_property
    def _bright(self) -> set[int] | None:
        """What the picture is about: the paths that are lit, or what has changed."""
        if self.lit:
            return self.lit.places
        return views.changed(self.before, self.now) if self.before else None

    def _row(self, row: BoxRow) -> str:
        if not row.places:
            return row.text
        now = _numbers(self.now, row)
        told = snapshot.change(_numbers(self.before, row), now) if self.before else snapshot.span(now)
        return f"{row.text} {told}"

    def _arrow(self, id: str, link: Link, width: float, dim: set[str]) -> Arrow:
        derivative = 0.0 if link.label else slope(link, self.now)
        label = link.label or snapshot.number(derivative)
        hue = self.lit.hue(link.edges) if self.lit else 0
        paths = [self.lit.hint(link.edges)] if self.lit else []
        return Arrow(
            id,
            link.tail,
            link.head,
            label if self._labelled else "",
            sign=(derivative > 0) - (derivative < 0),
            width=width,
            hint="; ".join(filter(None, [of_link(link, self.now), *paths])),
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
            told.append(views.told(self.before, self.now))
        if self.lit:
            told += self.lit.told
        if self.now.stale:
            told.append(self.now.stale.told(self.now.names))
        if self.now.foreign:
            told.append(
                f"grad of {how_many(self.now.foreign, 'value')} is not the derivative of {self._root}: "
                "other backward passes have left it, or added to it"
            )
        return told

    def _description(self) -> str:
        now = self.now
        counts = f"{how_many(len(now.order), 'value')} and {how_many(len(now.tails), 'edge')}"
        drawn = "" if self.plan.detail == "values" else f", drawn as {how_many(len(self.plan.parts), 'box')}"
        told = f"{counts}{drawn}; the output {self._root} is {snapshot.number(now.data[-1])}."
        slopes = [
            f"by {now.labels[place]} {snapshot.number(slope)}"
            for place, slope in enumerate(now.known or ())
            if now.labels[place] and not now.order[place].parents
        ]
        more = f", … {len(slopes) - TOLD:,} more" if len(slopes) > TOLD else ""
        return told + (f" Its derivatives: {', '.join(slopes[:TOLD])}{more}." if slopes else "")


def _numbers(now: Snapshot, row: BoxRow) -> list[float]:
    """The numbers of a row, of grads those that have been computed."""
    numbers: Sequence[float | None] = now.data if row.of == "data" else now.grads
    return [x for place in row.places if (x := numbers[place]) is not None]
