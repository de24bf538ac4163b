"""The way of arrows through columns of spots: by a *lane* in each that they pass, then by their label."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple

from .columns import Spot, link
from .nesting import OUTSIDE
from .widths import clean, text_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .diagram import Arrow
    from .nesting import Hop

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
