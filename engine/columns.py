"""Columns of spots: who stands above whom, how far down and how far right; after Sugiyama.

A spot is room for a box, for an arrow's label, or for a lane in which an arrow passes. Arrows join
neighbouring columns only. All of it is loops, none of it recursion; nothing depends on the order of a set.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import attrgetter

MARGIN = 12
_COLUMN_GAP = 24  # room for curves and an arrowhead …
_STEEPNESS, _WIDEST = 0.25, 160  # … and a part of the height that arrows climb, but no more than this
_SWEEPS = 12  # how often the columns are gone through for crossings, and as often for heights


@dataclass(slots=True, eq=False)
class Spot:
    """Room for a box, for a label or for a lane, with the neighbours that arrows join it to."""

    column: int
    width: float = 0
    above: float = 5  # room needed above and below y, the level at which arrows come and go
    below: float = 5
    left: list[Spot] = field(default_factory=list)
    right: list[Spot] = field(default_factory=list)
    place: float = 0  # in the column, from 0 at the top to 1
    x: float = 0  # of the left side
    y: float = 0


Columns = list[list[Spot]]
_Look = Callable[[Spot], list[Spot]]
_LEFT: _Look = attrgetter("left")
_RIGHT: _Look = attrgetter("right")


def link(one: Spot, other: Spot) -> None:
    """Join two spots by an arrow, from left to right."""
    one.right.append(other)
    other.left.append(one)


def first_order(boxes: Iterable[Spot]) -> Columns:
    """Fill the columns by walking back from the results, so that operands stand in the order written."""
    columns: Columns = []
    seen = set()
    stack = [spot for spot in boxes if not spot.right][::-1]
    while stack:
        spot = stack.pop()
        if spot not in seen:
            seen.add(spot)
            columns.extend([] for _ in range(len(columns), spot.column + 1))
            columns[spot.column].append(spot)
            stack += reversed(spot.left)
    return columns


def untangle(columns: Columns) -> None:
    """Reduce crossings: sort columns by the mean place of their neighbours, and keep the best order met."""
    _number(columns)
    best, fewest = [*map(list, columns)], _crossings(columns)
    for sweep in range(_SWEEPS):
        if not fewest:
            return
        for column, look in _sweep(columns, sweep):
            wish = {spot: _mean([near.place for near in look(spot)] or [spot.place]) for spot in column}
            column.sort(key=wish.__getitem__)
            _number([column])
        crossings = _crossings(columns)
        if crossings < fewest:
            best, fewest = [*map(list, columns)], crossings
    columns[:] = best
    _number(columns)


def _number(columns: Columns) -> None:
    for column in columns:
        for index, spot in enumerate(column):
            spot.place = (index + 0.5) / len(column)


def _sweep(columns: Columns, number: int) -> Iterable[tuple[list[Spot], _Look]]:
    """Go through the columns forward, looking left, or backward, looking right, by turns."""
    if number % 2:
        return ((column, _LEFT) for column in columns)
    return ((column, _RIGHT) for column in reversed(columns))


def _crossings(columns: Columns) -> int:
    """Count the pairs of links between neighbouring columns that cross."""
    count = 0
    for column in columns:
        ends: list[float] = []  # of the links above, in order
        for spot in column:
            places = [near.place for near in spot.right]
            count += sum(len(ends) - bisect_right(ends, place) for place in places)
            for place in places:
                insort(ends, place)
    return count


def settle(columns: Columns) -> float:
    """Give each spot its y, so that arrows are as level as can be; return the height of the whole."""
    for sweep in range(_SWEEPS):
        for column, look in _sweep(columns, sweep):
            _spread(column, [_mean([near.y for near in look(spot)] or [spot.y]) for spot in column])
    spots = [*chain.from_iterable(columns)]
    top = min(spot.y - spot.above for spot in spots) - 3
    for spot in spots:
        spot.y = round(spot.y - top, 1)
    return max(spot.y + spot.below for spot in spots) + 3


def _spread(column: Sequence[Spot], wishes: Sequence[float]) -> None:
    """Put spots as near to their wishes as order and room allow: least squares, pooling adjacent violators.

    >>> spots = [Spot(0), Spot(0), Spot(0)]
    >>> _spread(spots, [0, 0, 100])
    >>> [spot.y for spot in spots]
    [-5.0, 5.0, 100.0]
    """
    offsets = [0.0]
    for upper, lower in pairwise(column):
        offsets.append(offsets[-1] + upper.below + lower.above)
    blocks: list[
        tuple[float, int]
    ] = []  # runs of spots that touch: sum of their wishes, and how many they are
    for wish, offset in zip(wishes, offsets, strict=True):
        total, count = wish - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            above = blocks.pop()
            total, count = total + above[0], count + above[1]
        blocks.append((total, count))
    levels = chain.from_iterable([total / count] * count for total, count in blocks)
    for spot, level, offset in zip(column, levels, offsets, strict=True):
        spot.y = level + offset


def widen(columns: Columns) -> list[tuple[float, float]]:
    """Give each spot its x, centred in its column; return the left and right side of each column."""
    sides = []
    left: float = MARGIN
    for column in columns:
        right = left + max(spot.width for spot in column)
        for spot in column:
            spot.x = (left + right - spot.width) / 2
        sides.append((left, right))
        climb = max(abs(spot.y - near.y) for spot in column for near in (spot, *spot.right))
        left = right + _COLUMN_GAP + min(_WIDEST, _STEEPNESS * climb)
    return sides


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
