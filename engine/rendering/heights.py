"""How far down spots stand in their columns, so that arrows are as level as can be."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING

from .columns import LANE, SWEEPS, Columns, Spot, ends, mean, sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
