"""The way of arrows through columns of spots: by a *lane* in each that they pass, then by their label.

What stands directly in one frame, laid out: boxes, frames in it as blocks, and the arrows between them.

Boxes and blocks stand in columns by rank, and left of a column whose arrows have labels stands one for these.
What crosses the frame's rim comes in at a *port* on the left and goes out on the right. An arrow that passes
further columns gets a lane in each. So arrows join neighbouring columns only and bend between columns only:
none crosses a box or a label.

A small layered layout: plain data in, SVG out.

Left to right is forward. There is one module for each step: `nesting` (which frames there are, and how
far right in them things stand); then, from the innermost frames to the page, `level` (what stands in
one) with `lanes` (the way of arrows) and `columns` (who is above whom, how far down and how far
right). Here the levels are put into one another; then it is known where everything stands, and it can
be drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING, Literal, NamedTuple

from .columns import MARGIN, Columns, Spot, fan, first_order, link, pin, settle, untangle, widen
from .diagram import Arrow, Box, Cluster, Diagram, check
from .look import Area, Point, clean, head_length, text_width
from .nesting import OUTSIDE, Hop, Nesting, hops, nest
from .svg import CLUSTER_PADDING, CLUSTER_TITLE, Run, box_size, box_svg, cluster_svg, edge_svg, note, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LANES_PER_BOX = 20  # beyond this the longest arrows run behind the boxes: time and size stay linear

Thread = tuple[str, str]
"""A line in a frame. An arrow and its head; or, where arrows from one box go on together, that box and the
frame that they go into, or the outside."""
Passing = dict[Thread, "tuple[Hop, Arrow]"]
"""What runs in a frame."""
Ways = dict[Thread, list[Spot]]
"""The spots on the way of each, from its tail, a port or a block to its head, a block or the last column."""
Doors = dict[tuple[str, str, Literal["in", "out"]], Spot]
"""Where what comes from a box goes into a block, out of it, or out of ``OUTSIDE``, into the frame itself."""


class _Course(NamedTuple):
    """What a line is to pass: from its start by lanes as far as a column, then its label and its end."""

    tail: str
    start: Spot
    reach: int
    rest: Sequence[Spot]

    @property
    def lanes(self) -> int:
        """How many columns it passes."""
        return self.reach - self.start.column


def thread(arrow: Arrow, hop: Hop) -> Thread:
    """Name the line that an arrow takes for a part of its way."""
    return (arrow.id if hop.target == arrow.head else arrow.tail), hop.target


def has_label(arrow: Arrow, hop: Hop) -> bool:
    """Tell whether an arrow has a label, and has it on this part of its way: the last."""
    return bool(arrow.label) and hop.target == arrow.head


def find_ways(passing: Passing, spots: Mapping[str, Spot], doors: Doors, last: int) -> Ways:
    """Find the way of each line through columns as far as the last, and make its lanes and labels."""
    courses = {}
    for name in _inserted(passing):
        hop, arrow = passing[name]
        start = doors.get((hop.source, arrow.tail, "out")) or spots[hop.source]
        if hop.target == OUTSIDE:
            courses[name] = _Course(arrow.tail, start, last, ())
        else:
            end = doors.get((hop.target, arrow.tail, "in")) or spots[hop.target]
            label = [_label_spot(arrow, end.column - 1)] if has_label(arrow, hop) else []
            courses[name] = _Course(arrow.tail, start, end.column - 1 - len(label), (*label, end))
    found = _weave([*courses.values()], _LANES_PER_BOX * len(spots) + 2000)
    return dict(zip(courses, found, strict=True))


def _inserted(passing: Passing) -> list[Thread]:
    """Sort lines by what they go to: half of those from here, those from outside, and the others from here.

    So the values that flow through a neuron come to it in the middle, its parameters above and below.
    """
    by_target: dict[str, tuple[list[Thread], list[Thread]]] = {}
    for name, (hop, _) in passing.items():
        by_target.setdefault(hop.target, ([], []))[hop.source == OUTSIDE].append(name)
    return [
        name
        for here, outside in by_target.values()
        for name in (*here[: len(here) // 2], *outside, *here[len(here) // 2 :])
    ]


def _label_spot(arrow: Arrow, column: int) -> Spot:
    """Room for a label, which stands on the line of its arrow."""
    return Spot(column, text_width(clean(arrow.label)) + 2, 17 + arrow.width / 2, 4 + arrow.width / 2)


def _weave(courses: Sequence[_Course], budget: int) -> list[list[Spot]]:
    """Make the lanes, and list the spots on the way of each line.

    Lines from one box share its lanes, like a tree its trunk, until each turns to its own label or end.
    """
    trunks = {course.tail: [course.start] for course in courses}
    ways = []
    for course, has_lanes in zip(courses, _affordable(courses, budget), strict=True):
        trunk = trunks[course.tail]
        if has_lanes:
            while trunk[-1].column < course.reach:
                trunk.append(Spot(trunk[-1].column + 1))
                link(*trunk[-2:])
        way = trunk[: course.lanes + 1] if has_lanes else trunk[:1]
        for spot in course.rest:
            if spot.column == way[-1].column + 1:
                link(way[-1], spot)
            way.append(spot)
        ways.append(way)
    return ways


def _affordable(courses: Sequence[_Course], budget: int) -> list[bool]:
    """Tell which lines get lanes: the shorter ones first, as far as the budget of lanes goes."""
    shortest_first = sorted(range(len(courses)), key=lambda index: courses[index].lanes)
    spent = accumulate(courses[index].lanes for index in shortest_first)
    affordable = [False] * len(courses)
    for index, total in zip(shortest_first, spent, strict=True):
        affordable[index] = total <= budget
    return affordable


# ── What stands directly in one frame ─────────────────────────────────────────────────────────────

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


# ── A small layered layout ────────────────────────────────────────────────────────────────────────

__all__ = ["Arrow", "Box", "Cluster", "Diagram", "Placement", "Way", "place", "svg"]


class Way(NamedTuple):
    """Where an arrow runs, and where the middle of its label stands on its line of text."""

    runs: list[Run]
    label_at: Point


@dataclass(frozen=True, slots=True)
class Placement:
    """Where everything stands, in pixels from the upper left corner of the page; each by its id."""

    boxes: dict[str, Point]
    """The upper left corner."""
    frames: dict[str, Area]
    """Of those clusters that are drawn."""
    ways: dict[str, Way]
    """Of the arrows, in the order in which they are drawn."""
    width: float
    height: float


def svg(diagram: Diagram) -> str:
    """Draw a diagram; the same diagram gives the same text, byte for byte.

    A cluster has a frame unless it is empty, or arrows that leave it come back to it by way of other things.

    >>> boxes = Box("n0", ("a", "data 3"), "input"), Box("n1", ("a·a", "data 9"), "root")
    >>> twice = Arrow("e0", "n0", "n1", "3"), Arrow("e1", "n0", "n1", "3")
    >>> picture = svg(Diagram("square", "a times itself", boxes, twice))
    >>> picture.count('class="edge"'), picture.count("<title>n0-&gt;n1</title>")
    (2, 2)
    """
    placed = place(diagram)
    if not diagram.boxes:
        return page(diagram, placed.width, placed.height, [note("The graph is empty.", 90, 24)])
    arrows = {arrow.id: arrow for arrow in diagram.arrows}
    shapes = (
        *(cluster_svg(c, *placed.frames[c.id]) for c in diagram.clusters if c.id in placed.frames),
        *(edge_svg(arrows[id], *way) for id, way in placed.ways.items()),
        *(box_svg(box, *placed.boxes[box.id]) for box in diagram.boxes),
    )
    return page(diagram, placed.width, placed.height, shapes)


def place(diagram: Diagram) -> Placement:
    """Find out where everything in a diagram stands; ValueError where it cannot be drawn.

    >>> boxes = Box("n0", ("a",), "input"), Box("n1", ("-a",), "root")
    >>> placed = place(Diagram("", "", boxes, (Arrow("e0", "n0", "n1", ""),)))
    >>> placed.boxes["n1"], placed.ways["e0"].runs
    ((86.0, 12.0), [(76.0, 76.0, 23.0), (79.0, 86.0, 23.0)])
    """
    check(diagram)
    if not diagram.boxes:
        return Placement({}, {}, {}, 180, 40)
    nesting = nest(diagram)
    routes = [(arrow, hops(nesting.paths, arrow)) for arrow in diagram.arrows]
    levels = _levels(diagram, nesting, routes)
    corners = _corners(nesting, levels)
    return Placement(
        {
            box.id: _corner(box, [OUTSIDE, *nesting.paths[box.id]][-2], levels, corners)
            for box in diagram.boxes
        },
        {id: (*corners[id], levels[id].width, levels[id].height) for id in levels if id != OUTSIDE},
        {arrow.id: _way(arrow, route, levels, corners) for arrow, route in sorted(routes, key=_depth)},
        levels[OUTSIDE].width,
        levels[OUTSIDE].height,
    )


def _levels(
    diagram: Diagram, nesting: Nesting, routes: Sequence[tuple[Arrow, Sequence[Hop]]]
) -> dict[str, Level]:
    """Lay out what stands in each frame, the inner ones first."""
    passing: dict[str, Passing] = {frame: {} for frame in nesting.ranks}
    for arrow, route in routes:
        for hop in route:
            passing[hop.frame].setdefault(thread(arrow, hop), (hop, arrow))
    boxes = {box.id: box for box in diagram.boxes}
    titles = {cluster.id: cluster.title for cluster in diagram.clusters}
    levels: dict[str, Level] = {}
    for frame, ranks in reversed(nesting.ranks.items()):
        levels[frame] = lay_out(titles.get(frame), ranks, passing[frame], boxes, levels)
    for level in reversed(levels.values()):
        level.fan(levels)
    for level in levels.values():
        level.stretch(levels)
    return levels


def _corners(nesting: Nesting, levels: Mapping[str, Level]) -> dict[str, Point]:
    """Find the upper left corner of each frame on the page, the outer ones first."""
    corners: dict[str, Point] = {OUTSIDE: (0, 0)}
    for frame in nesting.ranks:
        x, y = corners[frame]
        for item, spot in levels[frame].spots.items():
            if item in levels:
                corners[item] = x + spot.x, y + spot.y - levels[item].height / 2
    return corners


def _corner(box: Box, frame: str, levels: Mapping[str, Level], corners: Mapping[str, Point]) -> Point:
    spot, (x, y) = levels[frame].spots[box.id], corners[frame]
    return x + spot.x, y + spot.y - box_size(box)[1] / 2


def _depth(routed: tuple[Arrow, Sequence[Hop]]) -> tuple[bool, float]:
    """How far in front an arrow is drawn: over pale ones, and over broader ones whose lane it shares."""
    arrow, _ = routed
    return not arrow.dim, -arrow.width


def _way(
    arrow: Arrow, route: Sequence[Hop], levels: Mapping[str, Level], corners: Mapping[str, Point]
) -> Way:
    """Lead an arrow through the frames on its way, level across each column, and put its label on it."""
    runs: list[Run] = []
    for hop in route:
        left, top = corners[hop.frame]
        through = levels[hop.frame].runs(thread(arrow, hop), head_length(arrow.width))
        runs += [(left + start, left + stop, round(top + level, 1)) for start, stop, level in through]
    x, y = corners[route[-1].frame]
    label = levels[route[-1].frame].ways[thread(arrow, route[-1])][-2]
    return Way(runs, (x + label.x + label.width / 2, y + label.y - 4))
