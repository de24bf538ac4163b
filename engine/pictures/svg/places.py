"""The positions of items: their order in each rank, and how far along, so that arrows are straight.

Occupied places are kept in a grid, so that a label checks only its neighbourhood. There are only loops, no
recursion; nothing depends on the order of a set.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right, insort
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .items import Item, Strand
    from .pen import Point

    Area = tuple[float, float, float, float]
    """Left, top, right, bottom."""

    Near = dict[Item, list[tuple[Item, float]]]

UNTANGLING = 24
"""The number of sweeps over the ranks to reduce crossings."""
SETTLING = 40_000
"""Steps for finding positions, of one item each; the number of sweeps over all items lies between …"""
FEWEST, MOST = 16, 200
CLOSE = 0.05
"""Positions are final once nothing moves by more pixels than this."""


def arrange(
    found: Iterable[Item], bends: Iterable[Item], strands: Iterable[Strand], gap: float
) -> list[list[Item]]:
    """Give each item its position along its rank; return the ranks, each in order."""
    near: Near = {item: [] for item in (*found, *bends)}
    for strand in strands:
        way = [strand.tail, *strand.way, strand.head]
        for one, other in itertools.pairwise(way):
            if other.rank - one.rank == 1:
                pull = 200.0 if strand.spine else _pull(one, other)
                near[one].append((other, pull))
                near[other].append((one, pull))
    ranks = _first(near)
    _untangle(ranks, near)
    for rank in ranks:  # packed and centred first, then relaxed
        at = -sum(item.before + item.after + gap for item in rank) / 2
        for item in rank:
            item.at = at + item.before
            at += item.before + item.after + gap
    sweeps = max(FEWEST, min(MOST, SETTLING // len(near)))
    offsets = [_offsets(rank, gap) for rank in ranks]
    for sweep in range(sweeps):
        order = range(len(ranks)) if sweep % 2 == 0 else reversed(range(len(ranks)))
        if sum(spread(ranks[k], offsets[k], near) for k in order) < CLOSE:
            break
    for strand in sorted(strands, key=lambda s: s.tail.rank):
        if strand.spine and abs(strand.tail.at - strand.head.at) < 6:
            strand.head.at = strand.tail.at
    return ranks


def _pull(one: Item, other: Item) -> float:
    """Return how strongly two neighbours attract each other: bends most, so that long arrows are straight."""
    count = (one.box is None) + (other.box is None)
    return (1.0, 3.0, 12.0)[count]


def _first(near: Near) -> list[list[Item]]:
    """Fill the ranks by walking back from the results, so that operands stand in the order written."""
    ranks: list[list[Item]] = [[] for _ in range(max(item.rank for item in near) + 1)]
    seen = set()
    stack = [item for item in near if not any(other.rank > item.rank for other, _ in near[item])]
    stack.reverse()
    while stack:
        item = stack.pop()
        if item not in seen:
            seen.add(item)
            ranks[item.rank].append(item)
            stack += [other for other, _ in reversed(near[item]) if other.rank < item.rank]
    return ranks


def _untangle(ranks: list[list[Item]], near: Near) -> None:
    """Sort ranks by the mean position of their neighbours, and keep the order with the fewest crossings."""
    place = {item: float(k) for rank in ranks for k, item in enumerate(rank)}
    best, fewest = [*map(list, ranks)], _crossings(ranks, near, place)
    for sweep in range(UNTANGLING):
        if not fewest:
            break
        side = -1 if sweep % 2 == 0 else 1
        for rank in ranks if side < 0 else reversed(ranks):
            wish = {}
            for item in rank:
                places = [place[other] for other, _ in near[item] if other.rank == item.rank + side]
                wish[item] = sum(places) / len(places) if places else place[item]
            rank.sort(key=wish.__getitem__)
            place.update((item, float(k)) for k, item in enumerate(rank))
        crossings = _crossings(ranks, near, place)
        if crossings < fewest:
            best, fewest = [*map(list, ranks)], crossings
    ranks[:] = best


def _crossings(ranks: list[list[Item]], near: Near, place: dict[Item, float]) -> int:
    """Count the pairs of links between neighbouring ranks that cross."""
    count = 0
    for rank in ranks:
        passed: list[float] = []  # the ends of the links so far, in order
        for item in rank:
            ends = [place[other] for other, _ in near[item] if other.rank > item.rank]
            count += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return count


def _offsets(rank: list[Item], gap: float) -> list[float]:
    """Return the minimum position of each item along a rank, relative to the first one."""
    found = [0.0] * min(1, len(rank))
    for one, other in itertools.pairwise(rank):
        apart = gap * (0.6 if one.box is other.box is None else 1)
        found.append(found[-1] + one.after + other.before + apart)
    return found


def spread(rank: list[Item], offsets: list[float], near: Near) -> float:
    """Put items as near to their neighbours as order and room allow, by least squares.

    Return the largest distance that an item has moved.
    """
    blocks: list[tuple[float, float, int]] = []  # for items that touch: target, weight, and count
    for item, offset in zip(rank, offsets, strict=True):
        links = near[item]
        weight = sum(pull for _, pull in links) or 1.0
        wish = sum(other.at * pull for other, pull in links) / weight if links else item.at
        goal, count = wish - offset, 1
        while blocks and blocks[-1][0] > goal:
            its, weighs, many = blocks.pop()
            goal = (its * weighs + goal * weight) / (weighs + weight)
            weight, count = weighs + weight, count + many
        blocks.append((goal, weight, count))
    goals = [goal for goal, _, count in blocks for _ in range(count)]
    moved = 0.0
    for item, offset, goal in zip(rank, offsets, goals, strict=True):
        moved = max(moved, abs(goal + offset - item.at))
        item.at = goal + offset
    return moved


# ── Places for the labels of arrows: beside their line, on no other line, text or mark ─────────────

CELL = 32
OUTSIDE, COVERED, CROSSED = 20.0, 10.0, 5.0
"""The trouble of a label that would be cut off, that covers something else, and that a line runs through."""
CLOSE_TO_TEXT, CLOSE_TO_LINE = 1.0, 0.5
"""That of a label which would read as one more line of a caption, and of one as near to another arrow."""
WORD, WIRE = 8.0, 6.0
"""Pixels within which a label is close to a text above or below it, and to a line."""
OFF = 3.5
"""Pixels between a line and its label."""
HIGH = 9.5
"""The height of a line of digits."""
ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9)


class LabelPlace(NamedTuple):
    """The position of a label, by its middle, and how much trouble it is in there."""

    x: float
    y: float
    trouble: float

    @property
    def is_free(self) -> bool:
        """Whether the label covers nothing else."""
        return self.trouble < CROSSED

    def area(self, wide: float) -> Area:
        """Return the area that it takes."""
        return self.x - wide / 2, self.y - HIGH / 2, self.x + wide / 2, self.y + HIGH / 2


class Ground:
    """The occupied parts of a picture: areas, and points of lines with half their width.

    >>> ground = Ground()
    >>> ground.fill((0, 0, 10, 10))
    >>> ground.trouble((5, 5, 20, 20)), ground.trouble((11, 11, 20, 20)), ground.trouble((0, 5, 20, 20))
    (10.0, 0.0, 20.0)
    """

    def __init__(self, size: Point = (math.inf, math.inf)) -> None:
        self._size = size
        self._areas: dict[tuple[int, int], list[tuple[Area, float]]] = defaultdict(list)
        self._points: dict[tuple[int, int], list[tuple[float, float, float, int]]] = defaultdict(list)

    def fill(self, area: Area, weight: float = COVERED) -> None:
        """Mark an area as occupied."""
        for cell in _cells(area):
            self._areas[cell].append((area, weight))

    def write(self, area: Area) -> None:
        """Mark the area of a caption as occupied, and what lies right above and below it as close to it."""
        self.fill(area)
        left, top, right, bottom = area
        for rim in ((left, top - WORD, right, top), (left, bottom, right, bottom + WORD)):
            self.fill(rim, CLOSE_TO_TEXT)

    def run(self, points: Iterable[Point], half: float, line: int = 0) -> None:
        """Mark points of a line as occupied."""
        for x, y in points:
            self._points[int(x // CELL), int(y // CELL)].append((x, y, half, line))

    def trouble(self, area: Area, line: int = 0) -> float:
        """Return how much an area overlaps what is there, or is close to what is not its own line."""
        left, top, right, bottom = area
        if min(left, top) < 1 or right > self._size[0] - 1 or bottom > self._size[1] - 1:
            return OUTSIDE
        found = near = 0.0
        for cell in _cells((left - WIRE - 2, top - WIRE - 2, right + WIRE + 2, bottom + WIRE + 2)):
            for (x0, y0, x1, y1), weight in self._areas.get(cell, ()):
                if x0 < right and left < x1 and y0 < bottom and top < y1:
                    found = max(found, weight)
            for x, y, half, its in self._points.get(cell, ()):
                if left - half < x < right + half and top - half < y < bottom + half:
                    found = max(found, CROSSED)
                elif its != line and left - WIRE < x < right + WIRE and top - WIRE < y < bottom + WIRE:
                    near = CLOSE_TO_LINE
        return found + near

    def place(
        self, pieces: Sequence[Sequence[Point]], wide: float, half: float, side: float, line: int = 0
    ) -> LabelPlace:
        """Return the best place beside a line, given by points of its pieces, the preferred piece first."""
        best = LabelPlace(0, 0, math.inf)
        for points in pieces:
            for share in ALONG:
                for turn in (side, -side):
                    spot = _spot(points, share, turn, wide, half)
                    spot = spot._replace(trouble=self.trouble(_wider(spot.area(wide)), line))
                    if spot.trouble < best.trouble:
                        best = spot
                    if not spot.trouble:
                        return spot
        return best


def _wider(area: Area) -> Area:
    left, top, right, bottom = area
    return left - 1.5, top - 1.5, right + 1.5, bottom + 1.5


def _spot(points: Sequence[Point], share: float, side: float, wide: float, half: float) -> LabelPlace:
    """Return a place off the line along its normal; ``side`` is −1 for above it or to its left."""
    k = min(len(points) - 2, int(share * (len(points) - 1)))
    (x, y), (x1, y1) = points[k], points[k + 1]
    along = math.hypot(x1 - x, y1 - y) or 1.0
    across, down = -(y1 - y) / along, (x1 - x) / along
    if down < 0 or (down == 0 and across < 0):
        across, down = -across, -down
    if abs(down) < abs(across) and across < 0:  # rather vertical: left and right matter
        across, down = -across, -down
    off = abs(across) * wide / 2 + abs(down) * HIGH / 2 + OFF + half
    return LabelPlace(x + side * across * off, y + side * down * off, 0.0)


def _cells(area: Area) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = (int(edge // CELL) for edge in area)
    for column in range(left, right + 1):
        for row in range(top, bottom + 1):
            yield column, row
