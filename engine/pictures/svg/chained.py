"""The book's picture of a chain: a → z → a in one row, w and b above their z, y above C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .letters import name, number, plain, width
from .pen import (
    GRADIENT,
    LONGEST,
    LONGEST_GRADIENT,
    NAME,
    arrow,
    box,
    group,
    level,
    n,
    of_gradient,
    page,
    sign_of,
    text,
    upright,
    value,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .diagram import Arrow, Box, Diagram, Net, Unit
    from .letters import Text
    from .pen import Anchor, Look, Piece, Point

ROW, TOP, RADIUS, SMALL = 158, 62, 19, 17
ASIDE = 36
"""Pixels from the middle of a z to that of its weight, and to that of its bias."""
GAP = 7
"""Pixels between two captions."""


def chain(diagram: Diagram, net: Net, look: Look) -> str:
    """Draw a network of single neurons; the picture may be wider than ``look.room``."""
    return _Chain(diagram, net, look).svg()


LEGIBLE = 11
"""The least size of letters where a chain still runs from left to right."""


def fits(diagram: Diagram, net: Net, look: Look) -> bool:
    """Return whether a chain is narrow enough: in the available room its letters have 11 pixels."""
    drawn = _Chain(diagram, net, look)
    return drawn.xs[-1] + drawn.right <= look.room * GRADIENT / LEGIBLE


class _Chain:
    def __init__(self, diagram: Diagram, net: Net, look: Look) -> None:
        self.diagram, self.net, self.look = diagram, net, look
        self.units: list[Unit] = [tier.units[0] for tier in net.tiers]
        self.spine: list[Box] = [net.inputs[0]]
        self.along: list[Arrow] = []
        self.starts: list[int] = []
        """For each neuron, the position of its z in the row."""
        for unit in self.units:
            self.starts.append(len(self.spine))
            self.spine.append(unit.z)
            self.along += unit.wires
            if unit.onward:
                self.spine.append(unit.a)
                self.along.append(unit.onward)
        if net.cost:
            self.spine.append(net.cost)
            self.along += net.outgoing
        self.tops = [[unit.weights[0], *([unit.bias] if unit.bias else [])] for unit in self.units]
        self.aside = max(ASIDE, *(self._pair(its) for its in self.tops))
        widest = max(map(self._caption, self.spine))
        self.halves = [half_width(its, RADIUS) for its in self.spine]
        between = zip(self.along, self.halves, self.halves[1:], strict=False)
        labels = max(self._label_width(it) + left + right + GAP for it, left, right in between)
        least = max(widest + GAP, labels, self._spread())
        left = max(38.0, self._caption(self.spine[0]) / 2 + 9, self.halves[0] + 9)
        ends = (self._caption(its) for its in (self.spine[-1], *net.targets[-1:]))
        self.right = max(30.0, max(ends) / 2 + 9, self.halves[-1] + 9)
        steps = len(self.spine) - 1
        reach = self.aside + self._caption(self.tops[0][0]) / 2 + 9
        there = look.room - self.right
        fits = min((there - left) / steps, (there - reach) / max(1, steps - 1))
        self.pitch = max(least, min(96.0, fits))
        first = reach - self.pitch
        self.xs = [max(left, first) + k * self.pitch for k in range(len(self.spine))]

    def _pair(self, its: Sequence[Box]) -> float:
        """Return how far weight and bias stand from z, so that their captions do not meet."""
        return (sum(map(self._caption, its)) / 2 + GAP) / 2 if len(its) > 1 else 0.0

    def _spread(self) -> float:
        """Return the minimum pitch at which the captions above do not meet those of the next neuron."""
        reach = [self.aside + max(self._caption(box) for box in its) / 2 for its in self.tops]
        steps = [b - a for a, b in zip(self.starts, self.starts[1:], strict=False)]
        found = [
            (one + other + GAP) / step for one, other, step in zip(reach, reach[1:], steps, strict=False)
        ]
        if self.net.targets:
            last = len(self.spine) - 1 - self.starts[-1]
            targets = sum(self._caption(y) for y in self.net.targets) / 2
            found.append((reach[-1] + targets + GAP) / last)
        return max(found, default=0.0)

    def _caption(self, its: Box) -> float:
        return caption_width(its, self.look)

    def _label_width(self, it: Arrow) -> float:
        return label_width(it, self.look)

    def svg(self) -> str:
        """Return the picture."""
        wires, marks = self._row(), self._marks()
        for unit, its, start in zip(self.units, self.tops, self.starts, strict=True):
            for its_box, turn, side in zip(its, turns(unit), (-1, 1), strict=False):
                x, end = self.xs[start] + side * self.aside, (self.xs[start] + side * 8, ROW - RADIUS + 0.8)
                place = (self.xs[start] + side * (self.aside - 1), ROW - 37)
                held: Anchor = "start" if side > 0 else "end"
                wires.append(wire(turn, upright((x, TOP + SMALL), end), place, held, self.look))
                marks.append(mark(its_box, (x, TOP), SMALL, (x, TOP - 40), self.look))
        for k, y in enumerate(self.net.targets):
            turn = from_target(self.diagram, y)
            x = self.xs[-1] + (k - (len(self.net.targets) - 1) / 2) * 72
            end = self.xs[-1] + (x - self.xs[-1]) / 4, ROW - RADIUS
            place = ((x + end[0]) / 2 - 8, ROW - 44)
            wires.append(wire(turn, upright((x, TOP + SMALL), end), place, "end", self.look))
            marks.append(mark(y, (x, TOP), SMALL, (x, TOP - 40), self.look))
        brackets = self._brackets()
        size = self.xs[-1] + self.right, ROW + 96.0 if brackets else ROW + RADIUS + 44.0
        return page(self.diagram, size, [*wires, *brackets, *marks], self.look, "chain")

    def _row(self) -> list[str]:
        found = []
        for k, it in enumerate(self.along):
            start, end = self.xs[k] + self.halves[k], self.xs[k + 1] - self.halves[k + 1] - 1
            place = ((start + end) / 2 - 2.5, ROW - 8.0)
            found.append(wire(it, level((start, ROW), (end, ROW)), place, "middle", self.look))
        return found

    def _marks(self) -> list[str]:
        return [
            mark(its, (x, ROW), RADIUS, (x, ROW + RADIUS + 18), self.look)
            for its, x in zip(self.spine, self.xs, strict=True)
        ]

    def _brackets(self) -> list[str]:
        """Return a bracket below each layer, if there are several."""
        if len(self.net.tiers) < 2:
            return []
        found, down = [], ROW + 66
        for tier, unit, start in zip(self.net.tiers, self.units, self.starts, strict=True):
            x, wide = self.xs[start] - 20, (self.pitch if unit.onward else 0.0) + 40
            path = f"M{n(x)},{n(down)}v5h{n(wide)}v-5"
            words = text(plain(f"layer {tier.number}"), (x + wide / 2, down + 20), GRADIENT, "middle", "soft")
            found.append(f'<path d="{path}" class="bare bracket"/>{words}')
        return found


# ── The parts of a chain, in either direction ─────────────────────────────────────────────────────


def caption_width(its: Box, look: Look) -> float:
    """Return the width of value and gradient; if a script will write them, with room for longer ones."""
    parts = value(its, look), of_gradient(its, look)
    found = max(width(part.words, part.size) for part in parts)
    return max(found, width(plain(LONGEST_GRADIENT), GRADIENT)) if look.live else found


def label_width(it: Arrow, look: Look) -> float:
    """Return the width of a local derivative; if a script will write it, with room for a longer one."""
    found = width(number(it.slope or 0.0, look.digits), GRADIENT) if it.label else 0.0
    return max(found, width(plain(LONGEST), GRADIENT)) if look.live else found


def turns(unit: Unit) -> list[Arrow]:
    """Return the arrows from the weight and from the bias."""
    by_tail = {turn.tail: turn for turn in unit.turns}
    return [by_tail[its.id] for its in (*unit.weights, *([unit.bias] if unit.bias else []))]


def from_target(diagram: Diagram, y: Box) -> Arrow:
    """Return the arrow from a target to the cost."""
    return next(it for it in diagram.arrows if it.tail == y.id)


def wire(it: Arrow, piece: Piece, at: Point, held: Anchor, look: Look) -> str:
    """Return an arrow with its local derivative at a point."""
    if not it.label:
        return arrow(it, [piece])
    slope = it.slope or 0.0
    words, data = number(slope, look.digits), f' data-slope="{it.id[1:]}"'
    label = text(words, at, GRADIENT, held, sign_of(slope) or "soft", data=data, free=look.live)
    return arrow(it, [piece], label)


def half_width(its: Box, radius: float) -> float:
    """Return the distance from the middle of a mark to its side: a long name makes it wider."""
    return max(radius, width(_glyph(its), NAME + 1) / 2 + 4)


def _glyph(its: Box) -> Text:
    """Return the text in a mark: a cost shows its name, whatever operation computes it."""
    return name(its.label) if its.kind == "root" and its.label else its.glyph


def mark(its: Box, at: Point, radius: float, caption: Point, look: Look, *, held: Anchor = "middle") -> str:
    """Return a mark around a point, with its value and gradient at another point."""
    (x, y), (beside, down) = at, caption
    half = half_width(its, radius)
    corner = 6 if its.kind == "parameter" else radius
    shape = box((x - half, y - radius, 2 * half, 2 * radius), corner)
    glyph = text(_glyph(its), (x, y + 5), NAME + 1, "middle", "glyph")
    lines = [(value(its, look), down), (of_gradient(its, look), down + 16)]
    words = [written(part, (beside, line), look, held) for part, line in lines]
    return group(its, f"{its.kind}{' dim' * its.dim}", [shape, glyph, *words])
