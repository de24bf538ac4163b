"""A small layered layout for where no Graphviz is to be had: plain data in, SVG out.

Left to right is forward. Boxes stand in columns by rank, and between two ranks stands a column for the labels
of the arrows. An arrow that passes further columns gets a *lane* in each. So arrows join neighbouring columns
only and bend between columns only: none crosses a box or a label. There is one function for each step:
`_ranks` (which column), `_build` (lanes), and those of `engine.columns`: `untangle` (who is above whom),
`settle` (how far down) and `widen` (how far right).
"""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING

from .columns import MARGIN, Spot, first_order, link, settle, untangle, widen
from .diagram import Arrow, Box, Diagram, check
from .svg import ARROWHEAD, Run, box_size, box_svg, clean, edge_svg, note, page, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Arrow", "Box", "Diagram", "svg"]

_LANES_PER_BOX = 20  # beyond this the longest arrows run behind the boxes: time and size stay linear


def svg(diagram: Diagram) -> str:
    """Draw a diagram; the same diagram gives the same text, byte for byte.

    >>> boxes = Box("n0", ("a", "data 3"), "leaf"), Box("n1", ("a·a", "data 9"), "root")
    >>> twice = Arrow("e0", "n0", "n1", "3"), Arrow("e1", "n0", "n1", "3")
    >>> picture = svg(Diagram("square", "a times itself", boxes, twice))
    >>> picture.count('class="edge"'), picture.count("<title>n0-&gt;n1</title>")
    (2, 2)
    """
    check(diagram)
    if not diagram.boxes:
        return page(diagram.title, diagram.description, 180, 40, [note("The graph is empty.", 90, 24)])
    spots, routes = _build(diagram)
    columns = first_order(spots)
    untangle(columns)
    height = settle(columns)
    sides = widen(columns)
    ports = _ports(routes)
    edges = (
        _arrow_svg(arrow, route, sides, ports[route[-2]])
        for arrow, route in zip(diagram.arrows, routes, strict=True)
    )
    nodes = (
        box_svg(box.id, box.kind, box.rows, spot.x, spot.y - box_size(box.rows)[1] / 2)
        for box, spot in zip(diagram.boxes, spots, strict=True)
    )
    return page(diagram.title, diagram.description, sides[-1][1] + MARGIN, height, chain(edges, nodes))


def _ranks(diagram: Diagram) -> dict[str, int]:
    """Longest path from a leaf; but a leaf stands directly left of the first box that uses it."""
    heads: dict[str, list[str]] = {box.id: [] for box in diagram.boxes}
    for arrow in diagram.arrows:
        heads[arrow.tail].append(arrow.head)
    ranks = dict.fromkeys(heads, 0)
    for tail, its_heads in heads.items():
        for head in its_heads:
            ranks[head] = max(ranks[head], ranks[tail] + 1)
    return {
        id: rank if rank or not heads[id] else min(ranks[head] for head in heads[id]) - 1
        for id, rank in ranks.items()
    }


def _build(diagram: Diagram) -> tuple[list[Spot], list[list[Spot]]]:
    """Make the boxes' spots, and for each arrow the spots on its way: tail, lanes, label, head.

    Arrows from one box share its lanes, like a tree its trunk, until each turns to its own label.
    """
    ranks = _ranks(diagram)
    spots = {}
    for box in diagram.boxes:
        width, height = box_size(box.rows)
        spots[box.id] = Spot(2 * ranks[box.id], width, height / 2 + 9, height / 2 + 9)
    trunks = {id: [spot] for id, spot in spots.items()}
    laned = _laned(diagram.arrows, ranks, _LANES_PER_BOX * len(spots) + 2000)
    routes = []
    for arrow in diagram.arrows:
        head, trunk = spots[arrow.head], trunks[arrow.tail]
        label = _label_spot(arrow.label, head.column - 1)
        way = trunk[:1]
        if arrow.id in laned:
            while trunk[-1].column < label.column - 1:
                trunk.append(Spot(trunk[-1].column + 1))
                link(*trunk[-2:])
            way = trunk[: label.column - trunk[0].column]
            link(way[-1], label)
        link(label, head)
        routes.append([*way, label, head])
    return list(spots.values()), routes


def _label_spot(label: str, column: int) -> Spot:
    """Room for a label, which stands on the line of its arrow."""
    return Spot(column, text_width(clean(label)) + 8, 17, 4) if label else Spot(column)


def _laned(arrows: Sequence[Arrow], ranks: dict[str, int], budget: int) -> set[str]:
    """Choose the arrows that get lanes: the shorter ones first, as far as the budget of lanes goes."""

    def lanes(arrow: Arrow) -> int:
        return 2 * (ranks[arrow.head] - ranks[arrow.tail] - 1)

    shortest_first = sorted(arrows, key=lanes)
    spent = accumulate(map(lanes, shortest_first))
    return {arrow.id for arrow, total in zip(shortest_first, spent, strict=True) if total <= budget}


def _ports(routes: Iterable[Sequence[Spot]]) -> dict[Spot, float]:
    """Find for each label how far below or above the middle of the box its arrow arrives."""
    ports = {}
    for head in {route[-1]: None for route in routes}:
        labels = sorted(head.left, key=lambda label: label.place)
        step = min(14, 2 * (head.below - 14) / len(labels))
        for index, label in enumerate(labels):
            ports[label] = step * (index - (len(labels) - 1) / 2)
    return ports


def _arrow_svg(arrow: Arrow, route: Sequence[Spot], sides: Sequence[tuple[float, float]], port: float) -> str:
    """Lead an arrow out of its tail, level across each column on its way, and into its head at the port."""
    tail, *way, head = route
    label = way[-1]
    runs: list[Run] = [
        (tail.x + tail.width, sides[tail.column][1], tail.y),
        *((*sides[spot.column], spot.y) for spot in way),
        (sides[head.column][0] - ARROWHEAD, head.x, head.y + port),
    ]
    at = (label.x + label.width / 2, label.y - 4)
    return edge_svg(arrow.id, (arrow.tail, arrow.head), runs, arrow.label, at)
