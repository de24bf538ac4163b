"""How far down spots stand in their columns, so that arrows are as level as can be.

Columns of spots: who stands above whom, and how far right; after Sugiyama.

A spot is room for a box, for an arrow's label, for a lane in which an arrow passes, or for a block: a frame
whose inside is laid out already. Arrows join neighbouring columns only, and meet a block at its pins. All of
it is loops, none of it recursion; nothing depends on the order of a set.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import attrgetter

_RIM = 3  # above the first and below the last spot


def settle(columns: Columns, top: float) -> float:
    """Give each spot its y, from the top on; return the height of the whole."""
    for turn in range(SWEEPS):
        for column, look in sweep(columns, turn):
            near = ([at.y - end.shift for end in ends(spot) for at in look(end)] for spot in column)
            spread(column, [mean(ys or [spot.y]) for spot, ys in zip(column, near, strict=True)])
    spots = [*chain.from_iterable(columns)]
    rise = min(spot.y - spot.above for spot in spots) - top - _RIM
    for spot in spots:
        _put(spot, round(spot.y - rise, 1))
    return max(spot.y + spot.below for spot in spots) + _RIM


def spread(column: Sequence[Spot], wishes: Iterable[float]) -> None:
    """Put spots as near to their wishes as order and room allow: least squares, pooling adjacent violators.

    >>> spots = [Spot(0), Spot(0), Spot(0)]
    >>> spread(spots, [0, 0, 100])
    >>> [spot.y for spot in spots]
    [-5.0, 5.0, 100.0]
    """
    offsets = [0.0]
    for upper, lower in pairwise(column):
        offsets.append(offsets[-1] + upper.below + lower.above)
    blocks: list[tuple[float, int]] = []  # of spots that touch: sum of their wishes, and how many they are
    for wish, offset in zip(wishes, offsets, strict=True):
        total, count = wish - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            above = blocks.pop()
            total, count = total + above[0], count + above[1]
        blocks.append((total, count))
    levels = chain.from_iterable([total / count] * count for total, count in blocks)
    for spot, level, offset in zip(column, levels, offsets, strict=True):
        _put(spot, level + offset)


def _put(spot: Spot, y: float) -> None:
    spot.y = y
    for pin in spot.pins:
        pin.y = y + pin.shift


def fan(doors: Iterable[tuple[Spot, Spot]], top: float, bottom: float) -> None:
    """Move ports, each given with its pin, level with what comes in, where arrows fan out of the port.

    A port with one arrow stays where that runs on. All keep their order, and between top and bottom.
    """
    doors = sorted(doors, key=lambda door: door[0].y)
    first, last = top + _RIM + LANE, bottom - _RIM - LANE - 2 * LANE * (len(doors) - 1)
    wishes = []
    for index, (port, pin) in enumerate(doors):
        is_fan = len(port.right) > 1 and pin.left
        wish = port.y + mean([at.y for at in pin.left]) - pin.y if is_fan else port.y
        above = 2 * LANE * index
        wishes.append(min(max(wish, first + above), last + above))
    before = [port.y for port, _ in doors]
    spread([port for port, _ in doors], wishes)
    for (port, pin), y in zip(doors, before, strict=True):
        port.y = round(port.y, 1)
        pin.shift += port.y - y
        pin.y += port.y - y


# ── Columns of spots: who stands above whom, and how far right; after Sugiyama ────────────────────

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
