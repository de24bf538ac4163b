"""A small layered layout, for layers, and for where no Graphviz is to be had: plain data in, SVG out.

Left to right is forward. There is one module for each step: `nesting` (which frames there are, and how
far right in them things stand); then, from the innermost frames to the page, `level` (what stands in
one) with `lanes` (the way of arrows) and `columns` (who is above whom, how far down and how far
right). Here the levels are put into one another; then it is known where everything stands, and it can
be drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .diagram import Arrow, Box, Cluster, Diagram, check
from .lanes import Passing, thread
from .level import Level, lay_out
from .marks import Area, Point, head_length
from .nesting import OUTSIDE, Hop, Nesting, hops, nest
from .svg import Run, box_size, box_svg, cluster_svg, edge_svg, note, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
