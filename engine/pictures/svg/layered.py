"""The picture of values: marks in ranks, left to right or top to bottom, with captions and arrows.

Arrows are straight beside the captions of their ranks and curve only between ranks: none crosses a caption.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .items import RADIUS, Item, Strand, bends, is_number, read, room
from .letters import number, plain, width
from .pen import (
    GRADIENT,
    LONGEST,
    MANY,
    MARGIN,
    Look,
    arrow,
    arrowhead,
    box,
    group,
    level,
    page,
    points,
    shortened,
    sign_of,
    text,
    upright,
    written,
)
from .places import Ground, arrange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .diagram import Diagram
    from .pen import Piece, Point

DEEP = 7
"""The maximum number of ranks for a picture from left to right."""
WIDE = 2.0
"""How many times as wide a picture from top to bottom may be as the one from left to right."""
STEP = 74
"""Pixels from rank to rank, from top to bottom."""
TRIES, FEW = 4, 300
"""How often a picture is laid out until each label has a place, if it has at most so many marks."""
CROWDED = 40
"""The number of arrows at a mark beyond which they are not sorted by where they come from."""
APART = {"down": 26, "right": 12}
"""Pixels between two items of a rank."""
ROOMY = 36
"""Pixels by which ranks from left to right stand farther apart, if there is room."""
MOST_POINTS = 400
"""The maximum per curve. Otherwise n arrows to one mark, each as long as n marks are high, would need n²."""
LINE = 16
"""Pixels from one line of a caption to the next."""


def values(diagram: Diagram, look: Look) -> str:
    """Draw a picture of values: from left to right if it fits and all labels have a place, else downwards.

    >>> from .diagram import Box, Diagram
    >>> drawn = values(Diagram("a", "", (Box("n0", ("a",), "input", data=2.0, places=(0,)),), ()), Look())
    >>> 'data-value="0">2</text>' in drawn
    True
    """
    if not diagram.boxes:
        words = text(plain("empty"), (MARGIN, 22), GRADIENT, css="soft")
        return page(diagram, (64, 32), [words], look, "values")
    down = Layered(diagram, look, look.direction or "down")
    if look.direction is None and down.deep <= DEEP:
        right = Layered(diagram, look, "right").lay_out()
        if right.fits():
            return right.svg()
        if down.lay_out().size[0] > WIDE * right.size[0]:
            return right.svg()
        return down.svg()
    return down.lay_out().svg()


@dataclass
class _Wire:
    """A strand with its curves."""

    strand: Strand
    pieces: list[Piece]
    label: str = ""
    runs: list[list[Point]] = field(default_factory=list)


class Layered:
    """A diagram as items and strands, with their positions once it is laid out."""

    def __init__(self, diagram: Diagram, look: Look, direction: str = "right") -> None:
        self.diagram, self.look, self.down = diagram, look, direction == "down"
        self.found, self.strands, self.cited = read(diagram, look)
        self.deep = max(item.rank for item in self.found) + 1
        for item in self.found:
            if 3 < len(item.ins) <= CROWDED:
                reach = _reach(item) + 10
                item.span = (reach, 0.0) if self.down else (0.0, reach)
        self.ranks: list[list[Item]] = []
        self.at: dict[Item, Point] = {}
        self.sides: list[tuple[float, float]] = []
        """Where the captions of each rank begin and end, in the direction of the arrows."""
        self.size: Point = (0.0, 0.0)
        self.wires: list[_Wire] = []
        self.trouble = 0.0
        """How much of a label covers something else."""
        self.unplaced = 0
        """The number of labels without a place."""
        self.wider = 0
        """How often everything was moved apart."""
        self.heads: list[tuple[Item, Point]] = []
        self.head_width = 0.0

    def lay_out(self) -> Layered:
        """Place everything; if a label finds no place, try again with more space."""
        lanes = bends(self.found, self.strands)
        for item in self.found:
            item.before, item.after = self._extent(item)
        for lane in lanes:
            lane.before = lane.after = 7 if self.down else 12
        self.top = self._head_height()
        tries = range(TRIES) if len(self.found) <= FEW else ()
        for wider in (*tries, 0):  # if nothing helps, use the original space
            self.wider, self.sides, self.wires = wider, [], []
            gap = APART["down" if self.down else "right"] + 14.0 * wider
            self.ranks = arrange(self.found, lanes, self.strands, gap)
            self.size = self._place_down() if self.down else self._place_right()
            for strand in self.strands:
                self._wire(strand)
            self.label()
            if not self.trouble:
                break
        return self

    def fits(self) -> bool:
        """Return whether the picture can be read well from left to right."""
        return self.size[0] <= self.look.room + 0.5 and not self.trouble  # rounding takes up to half a pixel

    def _extent(self, item: Item) -> tuple[float, float]:
        """Return the room across the ranks: to the left and right, or above and below."""
        beside = room(item, self.look)
        if self.down:
            return item.half + 2, item.half + 2 + (beside + 5 if beside else 0)
        return item.high + 4, item.high + 6 + LINE * len(item.lines)

    def _beside(self, item: Item) -> float:
        """Return the width of the caption of a mark; a bend has none."""
        return room(item, self.look) if item.box else 0.0

    # ── Positions of marks ─────────────────────────────────────────────────────────────────────────

    def _place_down(self) -> Point:
        shown = [item for rank in self.ranks for item in rank]
        left = min(item.at - item.before for item in shown)
        right = max(item.at + item.after for item in shown)
        wide = max(right - left + 2 * (MARGIN + 46.0 * min(1, self.wider)), self.head_width)
        y = MARGIN + RADIUS + self.top
        for rank in self.ranks:
            tall = max((len(item.lines) for item in rank), default=2)
            for item in rank:
                self.at[item] = item.at - left + (wide - right + left) / 2, y
            extra = LINE * max(0, tall - 2)
            self.sides.append((y - RADIUS, y + RADIUS + extra))
            y += STEP + 16 * self.wider + extra
        return wide, self.sides[-1][1] + MARGIN

    def _place_right(self) -> Point:
        shown = [item for rank in self.ranks for item in rank]
        above = min(item.at - item.before for item in shown)
        below = max(item.at + item.after for item in shown)
        labels: dict[int, float] = defaultdict(float)
        for strand in self.strands:
            labels[strand.head.rank] = max(labels[strand.head.rank], self._label_width(strand))
        halves = [max(max(it.half, self._beside(it) / 2) for it in rank) for rank in self.ranks]
        gaps = [max(54.0, labels[k] + 44) + 20.0 * self.wider if k else 0.0 for k in range(len(self.ranks))]
        spare = self.look.room - 2 * MARGIN - 2 * sum(halves) - sum(gaps)
        more = max(0.0, min(ROOMY, spare / max(1, len(self.ranks) - 1)))
        x = MARGIN
        for k, (rank, half) in enumerate(zip(self.ranks, halves, strict=True)):
            x += half + (gaps[k] + more if k else 0)
            self.sides.append((x - half - 2, x + half + 2))
            for item in rank:
                self.at[item] = x, item.at - above + MARGIN - 4 + self.top
            x += half
        return max(x + MARGIN, self.head_width), below - above + 2 * MARGIN - 6 + self.top

    # ── Arrows ─────────────────────────────────────────────────────────────────────────────────────

    def run(self, strand: Strand, pieces: list[Piece], curved: Iterable[int] = ()) -> None:
        """Route an arrow along curves; its label stands beside a curved one, the last of them if possible."""
        drawn = shortened(pieces, strand.arrow.width)
        sampled = [points(piece, _count(piece)) for piece in drawn]
        first = set(curved)
        runs = [sampled[k] for k in sorted(range(len(pieces)), key=lambda k: (k not in first, -k))]
        self.wires.append(_Wire(strand, pieces, runs=runs))

    def _wire(self, strand: Strand) -> None:
        """Route an arrow from rim to rim: straight beside its ranks, curved between them."""
        tail, head, axis = strand.tail, strand.head, int(self.down)
        start = self._rim(tail, self._port(tail.outs, strand, self._end), 1)
        end = self._rim(head, self._port(head.ins, strand, self._start), -1)
        stations = [(start, tail), *((self.at[bend], bend) for bend in strand.way), (end, head)]
        curve = upright if self.down else level
        pieces: list[Piece] = []
        curved = []
        for (u, one), (v, other) in itertools.pairwise(stations):
            leave, reach = self.sides[one.rank][1], self.sides[other.rank][0]
            out = (u[0], max(leave, u[1])) if self.down else (max(leave, u[0]), u[1])
            into = (v[0], min(reach, v[1])) if self.down else (min(reach, v[0]), v[1])
            if other is head and abs(into[axis] - v[axis]) < 12:
                into = v  # too short for the arrowhead
            if abs(out[axis] - u[axis]) > 1:
                pieces.append(curve(u, out))
            curved.append(len(pieces))
            pieces.append(curve(out, into))
            if abs(v[axis] - into[axis]) > 1:
                pieces.append(curve(into, v))
        self.run(strand, pieces, curved)

    def _start(self, strand: Strand) -> float:
        near = strand.way[-1] if strand.way else strand.tail
        return self.at[near][0 if self.down else 1]

    def _end(self, strand: Strand) -> float:
        near = strand.way[0] if strand.way else strand.head
        return self.at[near][0 if self.down else 1]

    def _port(self, strands: list[Strand], strand: Strand, far: Callable[[Strand], float]) -> float:
        """Return how far from the middle of a mark an arrow arrives or leaves."""
        if len(strands) == 1:
            return 0.0
        if len(strands) > CROWDED:  # in their given order
            return 18.0 * (strands.index(strand) / (len(strands) - 1) - 0.5) if len(strands) < 200 else 0.0
        entering = strands[0].head is strand.head and all(s.head is strand.head for s in strands)
        order = sorted(strands, key=lambda s: (far(s), s.position))
        straight = [s for s in order if s.spine]
        if entering and len(straight) == 1 and len(order) == 2:
            return 0.0 if strand.spine else 11.0 if strand is order[1] else -11.0
        mark = strand.head if entering else strand.tail
        reach = min(9.0, (mark.half if self.down else RADIUS) - 5)
        if entering and max(mark.span):
            reach = _reach(mark)
        step = 2 * reach / (len(order) - 1) if len(order) > 2 else 1.2 * reach
        return (order.index(strand) - (len(order) - 1) / 2) * step

    def _rim(self, item: Item, off: float, side: int) -> Point:
        """Return where an arrow meets a mark, off its middle; ``side`` is 1 where the arrow leaves."""
        x, y = self.at[item]
        if item.cites or (item.box and not item.ins and item.box.kind == "parameter"):
            far = item.high if self.down else item.half
        else:
            corner = min(item.half, item.high)
            along, across = (item.half, item.high) if self.down else (item.high, item.half)
            over = min(corner, max(0.0, abs(off) - (along - corner)))
            far = float((corner**2 - over**2) ** 0.5) + across - corner
        return (x + off, y + side * far) if self.down else (x + side * far, y + off)

    # ── Labels ─────────────────────────────────────────────────────────────────────────────────────

    def _words(self, strand: Strand) -> str:
        """Return the label of an arrow, if it has one: a 1 is omitted if there are many arrows."""
        it = strand.arrow
        if not it.label or it.slope is None:
            return it.label
        if it.slope == 1 and len(self.diagram.arrows) > MANY:
            steady = not self.look.live or "".join(run.base for run in strand.head.glyph)[:1] in {"+", "−"}
            if steady:
                return ""
        return "".join(run.base + run.above for run in number(it.slope, self.look.digits))

    def _label_width(self, strand: Strand) -> float:
        words = self._words(strand)
        if not words:
            return 0.0
        if strand.arrow.slope is None:
            return width(plain(words), GRADIENT)
        found = width(number(strand.arrow.slope, self.look.digits), GRADIENT)
        return max(found, width(plain(LONGEST), GRADIENT)) if self.look.live else found

    def label(self) -> None:
        """Find a place for each label, and count the labels without one."""
        self.trouble, self.unplaced = 0.0, 0
        ground = Ground(self.size)
        for item, (x, y) in self.at.items():
            if item.box is None:
                continue
            ground.fill((x - item.half, y - item.high, x + item.half, y + item.high))
            left, top, right, bottom = self._caption_area(item)
            ground.write((left - 2, top - 2, right + 2, bottom + 2))
        for k, wire in enumerate(self.wires):
            for run in wire.runs:
                ground.run(run, wire.strand.arrow.width / 2, k)
            _, corners = arrowhead(wire.pieces[-1], wire.strand.arrow.width)
            xs, ys = zip(*corners, strict=True)
            ground.fill((min(xs), min(ys), max(xs), max(ys)))
        for k, wire in enumerate(self.wires):
            strand = wire.strand
            wide = self._label_width(strand)
            if not wide:
                continue
            spot = ground.place(wire.runs, wide, strand.arrow.width / 2, self._outer(strand), k)
            if not spot.is_free:  # no room beside it: its title has the number, and a note counts such labels
                self.trouble = max(self.trouble, spot.trouble)
                self.unplaced += 1
                continue
            ground.fill(spot.area(wide))
            slope = strand.arrow.slope
            words = plain(strand.arrow.label) if slope is None else number(slope, self.look.digits)
            data = "" if slope is None else f' data-slope="{strand.arrow.id[1:]}"'
            css = "" if slope is None else sign_of(slope) or "soft"
            at = spot.x, spot.y + 4.3
            wire.label = text(words, at, GRADIENT, "middle", css, data=data, free=self.look.live)

    def _outer(self, strand: Strand) -> float:
        """Return the side away from the other arrows that meet the same mark; above if there are none."""
        if len(strand.head.ins) < 2:
            return -1.0 if not self.down else 1.0
        others = [self._start(other) for other in strand.head.ins if other is not strand]
        return -1.0 if self._start(strand) <= sum(others) / len(others) else 1.0

    def _caption_area(self, item: Item) -> tuple[float, float, float, float]:
        (x, y), wide = self.at[item], room(item, self.look)
        if self.down:
            top = y - 13 if not item.cites else y - 6
            return x + item.half + 4, top, x + item.half + 6 + wide, top + LINE * len(item.lines) + 1
        top = y + item.high + 4
        return x - wide / 2, top, x + wide / 2, top + LINE * len(item.lines) + 2

    # ── Marks ──────────────────────────────────────────────────────────────────────────────────────

    def svg(self) -> str:
        """Return the picture."""
        wires = sorted(self.wires, key=lambda wire: -1 if wire.strand.arrow.dim else wire.strand.arrow.hue)
        shapes = [arrow(wire.strand.arrow, wire.pieces, wire.label) for wire in wires]
        shapes += [self._mark(item) for item in self.found]
        diagram = replace(self.diagram, notes=(*self.diagram.notes, *self._left_out()))
        return page(diagram, self.size, [*self._head(), *shapes], self.look, "values")

    def _left_out(self) -> list[str]:
        """Return the note on how many labels are missing."""
        n = self.unplaced
        if n < 2:
            return ["1 local derivative has no room beside its arrow: point at the arrow to see it"] * n
        return [f"{n} local derivatives have no room beside their arrows: point at an arrow to see its own"]

    def _mark(self, item: Item, at: Point | None = None) -> str:
        x, y = at or self.at[item]
        its = item.its
        high = item.high
        kind = self._kind(item)
        corner = 6 if kind == "parameter" or item.cites else min(item.half, high)
        places = [*its.places, *(place for folded in item.folded for place in folded.places)]
        shape = box((x - item.half, y - high, 2 * item.half, 2 * high), corner)
        data = f' data-value="{its.places[0]}"' if is_number(its, self.look) and not item.cites else ""
        glyph = text(item.glyph, (x, y + 5), item.size, "middle", "glyph", data=data)
        id = f"{its.id}c{item.cites[1:]}" if item.cites else its.id
        classes = f"{kind}{' cite' * bool(item.cites)}{' dim' * its.dim}"
        return group(its, classes, [shape, glyph, *self._caption(item, (x, y))], places, id)

    def _kind(self, item: Item) -> str:
        """Return the kind of a mark: in an expression without parameters, every named leaf is one."""
        its = item.its
        return "parameter" if its.kind == "input" and its.label and self._is_expression else its.kind

    @property
    def _is_expression(self) -> bool:
        boxes = self.diagram.boxes if self.diagram.level == "values" else ()
        return bool(boxes) and all(its.kind != "parameter" for its in boxes)

    def _caption(self, item: Item, at: Point) -> Iterable[str]:
        x, y = at
        for k, line in enumerate(item.lines):
            wide = sum(width(part.words, part.size) for part in line)
            if self.down:
                left, down = x + item.half + 5, (y - 3 + LINE * k) if not item.cites else y + 4
            else:
                left, down = x - wide / 2, y + item.high + 15 + LINE * k
            for part in line:
                its = width(part.words, part.size)
                if not self.down and len(line) == 1:
                    yield written(part, (x, down), self.look, "middle")
                else:
                    yield written(part, (left, down), self.look)
                left += its

    # ── The head: cited leaves, each with its gradient as a sum ────────────────────────────────────

    def _head_height(self) -> float:
        x, y = MARGIN, 0.0
        for leaf, _ in self.cited:
            wide = 2 * leaf.half + 5 + room(leaf, self.look)
            if x > MARGIN and x + wide > self.look.room:
                x, y = MARGIN, y + 46
            self.heads.append((leaf, (x + leaf.half, y + MARGIN + RADIUS)))
            x += wide + 26
            self.head_width = max(self.head_width, x - 26 + MARGIN)
        return y + 50 if self.cited else 0.0

    def _head(self) -> list[str]:
        down, self.down = self.down, True
        drawn = [self._mark(leaf, at) for leaf, at in self.heads]
        self.down = down
        return drawn


def _reach(item: Item) -> float:
    """Return how far off the middle of a mark the outermost of many arrows arrives: no two heads meet."""
    return 4.75 * (len(item.ins) - 1)


def _count(piece: Piece) -> int:
    """Return how many points stand for a curve: one for every two pixels, up to ``MOST_POINTS``."""
    (x, y), _, _, (right, down) = piece
    return min(MOST_POINTS, max(8, int((abs(right - x) + abs(down - y)) / 2)))
