"""What stands directly in one frame, laid out: boxes, frames in it as blocks, and the arrows between them.

Boxes and blocks stand in columns by rank, and left of a column whose arrows have labels stands one for these.
What crosses the frame's rim comes in at a *port* on the left and goes out on the right. An arrow that passes
further columns gets a lane in each. So arrows join neighbouring columns only and bend between columns only:
none crosses a box or a label.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING

from .columns import MARGIN, Columns, Spot, first_order, pin, untangle, widen
from .heights import fan, settle
from .lanes import Doors, Passing, Thread, Ways, find_ways, has_label
from .nesting import OUTSIDE
from .svg import CLUSTER_PADDING, CLUSTER_TITLE, box_size
from .widths import clean, text_width

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .diagram import Box
    from .svg import Run

_AIR = 9  # above and below a box or a block
_ALIKE = 0.8  # blocks in a column that are this part of the widest's width, or more, are made as wide


@dataclass(slots=True)
class Level:
    """The inside of one frame, measured from its upper left corner: first how far down things stand.

    How far right is told by ``stretch``.
    """

    title: str | None
    """None for the page itself."""
    spots: dict[str, Spot]
    doors: Doors
    ways: Ways
    columns: Columns
    arrivals: dict[Thread, float]
    """How far below or above the middle of its head an arrow arrives."""
    height: float
    width: float = 0
    sides: list[tuple[float, float]] = field(default_factory=list)
    """Left and right of each column."""

    @property
    def ports(self) -> dict[str, Spot]:
        """Where arrows come in, by their tails."""
        return {tail: door for (item, tail, _), door in self.doors.items() if item == OUTSIDE}

    @property
    def exits(self) -> dict[str, Spot]:
        """Where arrows go out, by their tails."""
        return {tail: way[-1] for (tail, target), way in self.ways.items() if target == OUTSIDE}

    def fan(self, blocks: Mapping[str, Level]) -> None:
        """Move the ports of the blocks in it to where their arrows come from, if that saves bends."""
        for item in self.spots:
            if item in blocks and blocks[item].ports:
                doors = [(port, self.doors[item, tail, "in"]) for tail, port in blocks[item].ports.items()]
                fan(doors, CLUSTER_TITLE, blocks[item].height)

    def stretch(self, blocks: Mapping[str, Level]) -> None:
        """Tell how far right things stand; blocks in it, which must have been told, may be made wider."""
        inner = [(spot, blocks[item]) for item, spot in self.spots.items() if item in blocks]
        widest: dict[int, float] = {}
        for spot, block in inner:
            widest[spot.column] = max(widest.get(spot.column, 0), block.width)
        for spot, block in inner:
            if block.width >= _ALIKE * widest[spot.column]:
                block.widen(widest[spot.column])
            spot.width = block.width
        self.widen(0)

    def widen(self, least: float) -> None:
        """Make the frame as wide as what is in it and its title, and no less wide than this."""
        if self.title is not None:
            least = max(least, text_width(clean(self.title)) + 2 * CLUSTER_PADDING)
        self.sides = widen(self.columns, 0 if self.ports else MARGIN, least)
        self.width = max(least, self.sides[-1][1] + MARGIN)

    def runs(self, name: Thread, head: float) -> list[Run]:
        """Where a line runs level, with room for an arrowhead of that length."""
        start, *way = self.ways[name]
        tail = start.block or start
        runs = [(tail.x + tail.width, self.sides[start.column][1], start.y)]
        runs += [(*self.sides[spot.column], spot.y) for spot in way]
        if name in self.arrivals:
            end = way[-1]
            runs[-1] = self.sides[end.column][0] - head, end.x, end.y + self.arrivals[name]
        elif way and way[-1].block:
            runs[-1] = self.sides[way[-1].column][0], way[-1].block.x, way[-1].y
        return runs


def lay_out(
    title: str | None,
    ranks: Mapping[str, int],
    passing: Passing,
    boxes: Mapping[str, Box],
    blocks: Mapping[str, Level],
) -> Level:
    """Lay out what stands at these ranks and what runs there."""
    doors: Doors = {(OUTSIDE, a.tail, "out"): Spot(0) for hop, a in passing.values() if hop.source == OUTSIDE}
    places = _places(ranks, passing, first=1 if doors else 0)
    spots = {}
    for item, rank in ranks.items():
        width, height = (0, blocks[item].height) if item in blocks else box_size(boxes[item])
        spots[item] = Spot(places[rank], width, height / 2 + _AIR, height / 2 + _AIR)
        if item in blocks:
            doors |= _pins(item, spots[item], blocks[item])
    ways = find_ways(passing, spots, doors, last=places[-1])
    columns = first_order([*spots.values(), *doors.values(), *(way[-1] for way in ways.values())])
    untangle(columns)
    height = settle(columns, 0 if title is None else CLUSTER_TITLE)
    return Level(title, spots, doors, ways, columns, _arrivals(ways, spots), 2 * ceil(height / 2))


def _places(ranks: Mapping[str, int], passing: Passing, first: int) -> list[int]:
    """Find a column for each rank, and leave one before it where labels are to stand."""
    labelled = {ranks[hop.target] for hop, arrow in passing.values() if has_label(arrow, hop)}
    steps = (1 + (rank in labelled) for rank in range(max(ranks.values()) + 1))
    return [*accumulate(steps, initial=first - 1)][1:]


def _pins(item: str, spot: Spot, block: Level) -> Doors:
    """Set pins on a block where arrows come into it and go out of it."""
    into: Doors = {(item, tail, "in"): pin(spot, at.y - block.height / 2) for tail, at in block.ports.items()}
    out: Doors = {(item, tail, "out"): pin(spot, at.y - block.height / 2) for tail, at in block.exits.items()}
    return into | out


def _arrivals(ways: Ways, spots: Mapping[str, Spot]) -> dict[Thread, float]:
    """Set arrows that come to one box apart, in the order in which they come."""
    by_head: dict[str, list[Thread]] = {}
    for name, way in ways.items():
        if way[-1] is spots.get(name[1]):
            by_head.setdefault(name[1], []).append(name)
    arrivals = {}
    for head, names in by_head.items():
        step = min(14, 2 * (spots[head].below - 14) / len(names))
        for index, name in enumerate(sorted(names, key=lambda name: ways[name][-2].y)):
            arrivals[name] = step * (index - (len(names) - 1) / 2)
    return arrivals
