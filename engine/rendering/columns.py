"""Columns of spots: who stands above whom, and how far right; after Sugiyama.

A spot is room for a box, for an arrow's label, for a lane in which an arrow passes, or for a block: a frame
whose inside is laid out already. Arrows join neighbouring columns only, and meet a block at its pins. All of
it is loops, none of it recursion; nothing depends on the order of a set.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter

MARGIN = 12
LANE = 5  # room above and below an arrow
_COLUMN_GAP = 10  # room for an arrowhead …
_STEEPNESS, _WIDEST = 0.3, 160  # … and a part of the height that arrows climb, but no more than this
SWEEPS = 12  # how often the columns are gone through for crossings, and as often for heights


@dataclass(slots=True, eq=False)
class Spot:
    """Room for a box, a label, a lane or a block, with the neighbours that arrows join it to.

    A pin is a spot on the side of its block, ``shift`` below the block's y, and moves with it.
    """

    column: int
    width: float = 0
    above: float = LANE  # room needed above and below y, the level at which arrows come and go
    below: float = LANE
    left: list[Spot] = field(default_factory=list)
    right: list[Spot] = field(default_factory=list)
    place: float = 0  # in the column, from 0 at the top to 1
    x: float = 0  # of the left side
    y: float = 0
    pins: list[Spot] = field(default_factory=list)  # from top to bottom
    block: Spot | None = None
    shift: float = 0


Columns = list[list[Spot]]
Look = Callable[[Spot], list[Spot]]
_LEFT: Look = attrgetter("left")
_RIGHT: Look = attrgetter("right")


def link(one: Spot, other: Spot) -> None:
    """Join two spots by an arrow, from left to right."""
    one.right.append(other)
    other.left.append(one)


def pin(block: Spot, shift: float) -> Spot:
    """Set a pin on a block."""
    new = Spot(block.column, block=block, shift=shift)
    insort(block.pins, new, key=attrgetter("shift"))
    return new


def ends(spot: Spot) -> Sequence[Spot]:
    """Where arrows come and go: the pins of a block, of all else the spot itself."""
    return spot.pins or (spot,)


def first_order(spots: Iterable[Spot]) -> Columns:
    """Fill the columns by walking back from the results, so that operands stand in the order written."""
    columns: Columns = []
    seen = set()
    stack = [spot for spot in spots if not any(end.right for end in ends(spot.block or spot))][::-1]
    while stack:
        spot = stack.pop()
        spot = spot.block or spot
        if spot not in seen:
            seen.add(spot)
            columns.extend([] for _ in range(len(columns), spot.column + 1))
            columns[spot.column].append(spot)
            stack += [near for end in reversed(ends(spot)) for near in reversed(end.left)]
    return columns


def untangle(columns: Columns) -> None:
    """Reduce crossings: sort columns by the mean place of their neighbours, and keep the best order met."""
    _number(columns)
    best, fewest = [*map(list, columns)], _crossings(columns)
    for turn in range(SWEEPS):
        if not fewest:
            return
        for column, look in sweep(columns, turn):
            wish = {
                spot: mean([near.place for end in ends(spot) for near in look(end)] or [spot.place])
                for spot in column
            }
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
            for pin_index, its_pin in enumerate(spot.pins):
                its_pin.place = (index + (pin_index + 0.5) / len(spot.pins)) / len(column)


def sweep(columns: Columns, number: int) -> Iterable[tuple[list[Spot], Look]]:
    """Go through the columns forward, looking left, or backward, looking right, by turns."""
    if number % 2:
        return ((column, _LEFT) for column in columns)
    return ((column, _RIGHT) for column in reversed(columns))


def _crossings(columns: Columns) -> int:
    """Count the pairs of links between neighbouring columns that cross."""
    count = 0
    for column in columns:
        above: list[float] = []  # where the links above lead to, in order
        for end in chain.from_iterable(map(ends, column)):
            places = [near.place for near in end.right]
            count += sum(len(above) - bisect_right(above, place) for place in places)
            for place in places:
                insort(above, place)
    return count


def widen(columns: Columns, left: float, least: float = 0) -> list[tuple[float, float]]:
    """Give each spot its x; return the left and right side of each column, from a left side on.

    Spots are centred in their columns, but a leaf beside a block stands at the right, where it is used. Where
    all is less wide than the least, it is centred in that.
    """
    sides = []
    for column in columns:
        right = left + max(spot.width for spot in column)
        sides.append((left, right))
        climb = max(
            abs(end.y - near.y) for spot in column for end in ends(spot) for near in (end, *end.right)
        )
        left = right + _COLUMN_GAP + min(_WIDEST, _STEEPNESS * climb)
    aside = max(0, least - sides[-1][1] - MARGIN) / 2
    sides = [(left + aside, right + aside) for left, right in sides]
    for column, (left, right) in zip(columns, sides, strict=True):
        has_block = any(spot.pins for spot in column)
        for spot in column:
            is_leaf = not spot.left and not spot.pins
            spot.x = right - spot.width if has_block and is_leaf else (left + right - spot.width) / 2
    return sides


def mean(numbers: Sequence[float]) -> float:
    """The middle of numbers."""
    return sum(numbers) / len(numbers)
