"""A chain for narrow screens: a, z, a from top to bottom, w to the left of its z and b to the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .chained import (
    RADIUS,
    SMALL,
    caption_width,
    from_target,
    half_width,
    label_width,
    mark,
    turns,
    wire,
)
from .letters import plain, width
from .pen import GRADIENT, level, n, page, text, upright

if TYPE_CHECKING:
    from .diagram import Arrow, Box, Diagram, Net, Unit
    from .pen import Anchor, Look

TO_Z, TO_A = 76, 64
"""Pixels down from an a to the next z, where the captions of w and b need room, and from a z to its a."""
BESIDE = 7
"""Pixels between the middle line, or a mark, and the text beside it."""
HEAD = 12
"""Room for the head of an arrow that enters a mark from the side."""
EDGE = 9
APART = 72
"""Pixels down from one target to the next."""


def spine(diagram: Diagram, net: Net, look: Look) -> str:
    """Draw a network of single neurons from top to bottom."""
    return _Spine(diagram, net, look).svg()


class Side(NamedTuple):
    """A mark beside the middle line: its box, arrow, side and height, and the mark that it leads to."""

    box: Box
    arrow: Arrow
    side: int
    down: float
    to: Box
    to_down: float


class _Spine:
    def __init__(self, diagram: Diagram, net: Net, look: Look) -> None:
        self.diagram, self.net, self.look = diagram, net, look
        self.units: list[Unit] = [tier.units[0] for tier in net.tiers]
        self.middle: list[tuple[Box, float]] = [(net.inputs[0], EDGE + RADIUS + 3.0)]
        """The marks from top to bottom, each with its distance from the top."""
        self.along: list[Arrow] = []
        self.sides: list[Side] = []
        for unit in self.units:
            down = self._add(unit.z, unit.wires[0], TO_Z)
            boxes = (*unit.weights[:1], *([unit.bias] if unit.bias else []))
            for its, turn, side in zip(boxes, turns(unit), (-1, 1), strict=False):
                self.sides.append(Side(its, turn, side, down, unit.z, down))
            if unit.onward:
                self._add(unit.a, unit.onward, TO_A)
        if net.cost:
            down = self._add(net.cost, net.outgoing[0], TO_Z)
            for k, y in enumerate(net.targets):
                self.sides.append(Side(y, from_target(diagram, y), 1, down + APART * k, net.cost, down))
        self._widths()

    def _add(self, its: Box, along: Arrow, pitch: float) -> float:
        self.middle.append((its, self.middle[-1][1] + pitch))
        self.along.append(along)
        return self.middle[-1][1]

    def _widths(self) -> None:
        """Set how far from the middle line the marks beside it stand."""
        slopes = max(label_width(it, self.look) for it in self.along)
        reach, outer = {-1: 0.0, 1: 0.0}, {-1: 0.0, 1: 0.0}
        for its in self.sides:
            half, caption = half_width(its.box, SMALL), caption_width(its.box, self.look) / 2
            label = half_width(its.to, RADIUS) + label_width(its.arrow, self.look) + HEAD + 2 * BESIDE + half
            # In the way: to the left the labels of the middle line, to the right the captions of its marks.
            line = slopes + 2 * BESIDE + caption if its.side < 0 else 0.0
            below = self._beside(its.to) + caption_width(its.to, self.look) + BESIDE + half
            reach[its.side] = max(reach[its.side], label, line, below if its.side > 0 else 0.0)
            outer[its.side] = max(outer[its.side], half, caption)
        # A layer's name stands to the right of a caption in the middle.
        named = max(width(plain(f"layer {tier.number}"), GRADIENT) for tier in self.net.tiers) + BESIDE
        widest = max(self._beside(its) + caption_width(its, self.look) for its, _ in self.middle) + named
        self.reach = reach
        self.x = EDGE + max(outer[-1] + reach[-1], *(half_width(its, RADIUS) for its, _ in self.middle))
        self.edge = self.x + max(reach[1] + outer[1], widest) + EDGE

    def _beside(self, its: Box) -> float:
        """Return how far from the middle line the caption of a mark begins."""
        return half_width(its, RADIUS) + BESIDE

    def svg(self) -> str:
        """Return the picture."""
        wires, marks = self._row()
        for its in self.sides:
            x = self.x + its.side * self.reach[its.side]
            start = x - its.side * half_width(its.box, SMALL), its.down
            end = self.x + its.side * (half_width(its.to, RADIUS) + 1), its.to_down
            level_label = (start[0] + end[0] + its.side * HEAD) / 2, its.down - BESIDE
            place = level_label if its.down == its.to_down else (start[0] - BESIDE, its.down - 2 * BESIDE)
            held: Anchor = "middle" if its.down == its.to_down else "end"
            wires.append(wire(its.arrow, level(start, end), place, held, self.look))
            marks.append(mark(its.box, (x, its.down), SMALL, (x, its.down - 40), self.look))
        brackets = self._brackets()
        low = max(self.middle[-1][1], *(its.down for its in self.sides))
        size = self.edge + (22 if brackets else 0), low + 48
        return page(self.diagram, size, [*wires, *brackets, *marks], self.look, "chain")

    def _row(self) -> tuple[list[str], list[str]]:
        wires, marks = [], []
        for (_, above), (_, below), it in zip(self.middle, self.middle[1:], self.along, strict=False):
            piece = upright((self.x, above + RADIUS), (self.x, below - RADIUS - 1))
            wires.append(wire(it, piece, (self.x - BESIDE, (above + below) / 2 + 2), "end", self.look))
        crossed = {its.to.id for its in self.sides if its.side > 0}
        for its, down in self.middle:
            # If an arrow arrives from the right, the numbers stand below it.
            at = self.x + self._beside(its), down + (22 if its.id in crossed else -3)
            marks.append(mark(its, (self.x, down), RADIUS, at, self.look, held="start"))
        return wires, marks

    def _brackets(self) -> list[str]:
        """Return a bracket to the right of each layer, if there are several."""
        if len(self.net.tiers) < 2:
            return []
        found = []
        downs = {its.id: down for its, down in self.middle}
        for tier, unit in zip(self.net.tiers, self.units, strict=True):
            down, high = downs[unit.z.id], TO_A if unit.onward else 0
            path = f"M{n(self.edge)},{n(down - 20)}h5v{n(high + 40)}h-5"
            at = self.edge - 2, down + (high + 4 if high else 34)
            words = text(plain(f"layer {tier.number}"), at, GRADIENT, "end", "soft")
            found.append(f'<path d="{path}" class="bare bracket"/>{words}')
        return found
