"""A small layered layout for where no Graphviz is to be had: plain data in, SVG out.

Left to right is forward. There is one module for each step: `nesting` (which frames there are, and how
far right in them things stand); then, from the innermost frames to the page, `level` (what stands in
one) with `lanes` (the way of arrows) and `columns` (who is above whom, how far down and how far
right). Here the levels are put into one another, and drawn.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from .diagram import Arrow, Box, Cluster, Diagram, check
from .lanes import Passing, thread
from .level import Level, lay_out
from .marks import Point, head_length
from .nesting import OUTSIDE, Hop, Nesting, hops, nest
from .svg import Run, box_size, box_svg, cluster_svg, edge_svg, note, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Arrow", "Box", "Cluster", "Diagram", "svg"]


def svg(diagram: Diagram) -> str:
    """Draw a diagram; the same diagram gives the same text, byte for byte.

    A cluster has a frame unless it is empty, or arrows that leave it come back to it by way of other things.

    >>> boxes = Box("n0", ("a", "data 3"), "input"), Box("n1", ("a·a", "data 9"), "root")
    >>> twice = Arrow("e0", "n0", "n1", "3"), Arrow("e1", "n0", "n1", "3")
    >>> picture = svg(Diagram("square", "a times itself", boxes, twice))
    >>> picture.count('class="edge"'), picture.count("<title>n0-&gt;n1</title>")
    (2, 2)
    """
    check(diagram)
    if not diagram.boxes:
        return page(diagram, 180, 40, [note("The graph is empty.", 90, 24)])
    nesting = nest(diagram)
    routes = [(arrow, hops(nesting.paths, arrow)) for arrow in diagram.arrows]
    levels = _levels(diagram, nesting, routes)
    corners = _corners(nesting, levels)
    frames = (
        cluster_svg(cluster, *corners[cluster.id], levels[cluster.id].width, levels[cluster.id].height)
        for cluster in diagram.clusters
        if cluster.id in levels
    )
    arrows = (_arrow_svg(arrow, route, levels, corners) for arrow, route in sorted(routes, key=_depth))
    boxes = (_box_svg(box, [OUTSIDE, *nesting.paths[box.id]][-2], levels, corners) for box in diagram.boxes)
    whole = levels[OUTSIDE]
    return page(diagram, whole.width, whole.height, chain(frames, arrows, boxes))


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


def _box_svg(box: Box, frame: str, levels: Mapping[str, Level], corners: Mapping[str, Point]) -> str:
    spot, (x, y) = levels[frame].spots[box.id], corners[frame]
    return box_svg(box, x + spot.x, y + spot.y - box_size(box)[1] / 2)


def _depth(routed: tuple[Arrow, Sequence[Hop]]) -> tuple[bool, float]:
    """How far in front an arrow is drawn: over pale ones, and over broader ones whose lane it shares."""
    arrow, _ = routed
    return not arrow.dim, -arrow.width


def _arrow_svg(
    arrow: Arrow, route: Sequence[Hop], levels: Mapping[str, Level], corners: Mapping[str, Point]
) -> str:
    """Lead an arrow through the frames on its way, level across each column, and put its label on it."""
    runs: list[Run] = []
    for hop in route:
        left, top = corners[hop.frame]
        through = levels[hop.frame].runs(thread(arrow, hop), head_length(arrow.width))
        runs += [(left + start, left + stop, round(top + level, 1)) for start, stop, level in through]
    x, y = corners[route[-1].frame]
    label = levels[route[-1].frame].ways[thread(arrow, route[-1])][-2]
    return edge_svg(arrow, runs, (x + label.x + label.width / 2, y + label.y - 4))
