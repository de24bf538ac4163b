"""A small layered layout, after Sugiyama, for where no Graphviz is to be had: plain data in, SVG out.

Left to right is forward. Boxes stand in columns by rank, and between two ranks stands a column for the labels
of the arrows. An arrow that passes further columns gets a *lane* in each. So arrows join neighbouring columns
only and bend between columns only: none crosses a box or a label. There is one function for each step:
`_ranks` (which column), `_build` (lanes), `_untangle` (who is above whom), `_settle` (how far down) and
`_widen` (how far right). All of it is loops, none of it recursion; nothing depends on the order of a set.
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from operator import attrgetter

from engine.svg import ARROWHEAD, Run, box_size, box_svg, clean, edge_svg, note, page, text_width

_KINDS = ("leaf", "inner", "root")
_PAGE_IDS = ("graph0", "graph0-title", "graph0-desc")

_MARGIN = 12
_COLUMN_GAP = 24  # room for curves and an arrowhead …
_STEEPNESS, _WIDEST = 0.25, 160  # … and a part of the height that arrows climb, but no more than this
_SWEEPS = 12  # how often the columns are gone through for crossings, and as often for heights
_LANES_PER_BOX = 20  # beyond this the longest arrows run behind the boxes: time and size stay linear


@dataclass(frozen=True, slots=True)
class Box:
    """A node of the picture: its lines of text, the header first, and its kind: leaf, inner or root."""

    id: str
    rows: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """One operand of one operation, from the parent's box to the child's, with the local derivative on it."""

    id: str
    tail: str
    head: str
    label: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes in topological order, parents first, and one arrow for each occurrence of an operand."""

    title: str
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(slots=True, eq=False)
class _Spot:
    """Room for a box, for a label or for a lane, with the neighbours that arrows join it to."""

    column: int
    width: float = 0
    above: float = 5  # room needed above and below y, the level at which arrows come and go
    below: float = 5
    left: "list[_Spot]" = field(default_factory=list)
    right: "list[_Spot]" = field(default_factory=list)
    place: float = 0  # in the column, from 0 at the top to 1
    x: float = 0  # of the left side
    y: float = 0


_Columns = list[list[_Spot]]
_Look = Callable[[_Spot], list[_Spot]]
_LEFT: _Look = attrgetter("left")
_RIGHT: _Look = attrgetter("right")


def svg(diagram: Diagram) -> str:
    """Draw a diagram; the same diagram gives the same text, byte for byte.

    >>> boxes = Box("n0", ("a", "data 3"), "leaf"), Box("n1", ("a·a", "data 9"), "root")
    >>> twice = Arrow("e0", "n0", "n1", "3"), Arrow("e1", "n0", "n1", "3")
    >>> picture = svg(Diagram("square", "a times itself", boxes, twice))
    >>> picture.count('class="edge"'), picture.count("<title>n0-&gt;n1</title>")
    (2, 2)
    """
    _check(diagram)
    if not diagram.boxes:
        return page(diagram.title, diagram.description, 180, 40, [note("The graph is empty.", 90, 24)])
    spots, routes = _build(diagram)
    columns = _first_order(spots)
    _untangle(columns)
    height = _settle(columns)
    sides = _widen(columns)
    ports = _ports(routes)
    edges = (
        _arrow_svg(arrow, route, sides, ports[route[-2]])
        for arrow, route in zip(diagram.arrows, routes, strict=True)
    )
    nodes = (
        box_svg(box.id, box.kind, box.rows, spot.x, spot.y - box_size(box.rows)[1] / 2)
        for box, spot in zip(diagram.boxes, spots, strict=True)
    )
    return page(diagram.title, diagram.description, sides[-1][1] + _MARGIN, height, chain(edges, nodes))


def _check(diagram: Diagram) -> None:
    """Refuse what cannot be drawn, and say what came and what was expected."""
    ids = [*_PAGE_IDS, *(box.id for box in diagram.boxes), *(arrow.id for arrow in diagram.arrows)]
    for id, count in Counter(ids).items():
        if count > 1:
            raise ValueError(
                f"id {id!r} is used {count} times; expected ids that differ, none of {_PAGE_IDS}"
            )
    for box in diagram.boxes:
        if box.kind not in _KINDS or not box.rows:
            raise ValueError(
                f"box {box.id!r} has kind {box.kind!r} and {len(box.rows)} rows; "
                f"expected one of {_KINDS} and at least a header"
            )
    place = {box.id: index for index, box in enumerate(diagram.boxes)}
    for arrow in diagram.arrows:
        for end in (arrow.tail, arrow.head):
            if end not in place:
                raise ValueError(f"arrow {arrow.id!r} names box {end!r}; expected one of {len(place)} boxes")
        if place[arrow.tail] >= place[arrow.head]:
            raise ValueError(
                f"arrow {arrow.id!r} leads from box {arrow.tail!r} back to {arrow.head!r}; "
                "expected boxes in topological order, parents first"
            )


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


def _build(diagram: Diagram) -> tuple[list[_Spot], list[list[_Spot]]]:
    """Make the boxes' spots, and for each arrow the spots on its way: tail, lanes, label, head.

    Arrows from one box share its lanes, like a tree its trunk, until each turns to its own label.
    """
    ranks = _ranks(diagram)
    spots = {}
    for box in diagram.boxes:
        width, height = box_size(box.rows)
        spots[box.id] = _Spot(2 * ranks[box.id], width, height / 2 + 9, height / 2 + 9)
    trunks = {id: [spot] for id, spot in spots.items()}
    laned = _laned(diagram.arrows, ranks, _LANES_PER_BOX * len(spots) + 2000)
    routes = []
    for arrow in diagram.arrows:
        head, trunk = spots[arrow.head], trunks[arrow.tail]
        label = _label_spot(arrow.label, head.column - 1)
        way = trunk[:1]
        if arrow.id in laned:
            while trunk[-1].column < label.column - 1:
                trunk.append(_Spot(trunk[-1].column + 1))
                _link(*trunk[-2:])
            way = trunk[: label.column - trunk[0].column]
            _link(way[-1], label)
        _link(label, head)
        routes.append([*way, label, head])
    return list(spots.values()), routes


def _label_spot(label: str, column: int) -> _Spot:
    """Room for a label, which stands on the line of its arrow."""
    return _Spot(column, text_width(clean(label)) + 8, 17, 4) if label else _Spot(column)


def _link(one: _Spot, other: _Spot) -> None:
    one.right.append(other)
    other.left.append(one)


def _laned(arrows: Sequence[Arrow], ranks: dict[str, int], budget: int) -> set[str]:
    """Choose the arrows that get lanes: the shorter ones first, as far as the budget of lanes goes."""

    def lanes(arrow: Arrow) -> int:
        return 2 * (ranks[arrow.head] - ranks[arrow.tail] - 1)

    shortest_first = sorted(arrows, key=lanes)
    spent = accumulate(map(lanes, shortest_first))
    return {arrow.id for arrow, total in zip(shortest_first, spent, strict=True) if total <= budget}


def _first_order(boxes: Iterable[_Spot]) -> _Columns:
    """Fill the columns by walking back from the results, so that operands stand in the order written."""
    columns: _Columns = []
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


def _untangle(columns: _Columns) -> None:
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


def _number(columns: _Columns) -> None:
    for column in columns:
        for index, spot in enumerate(column):
            spot.place = (index + 0.5) / len(column)


def _sweep(columns: _Columns, number: int) -> Iterable[tuple[list[_Spot], _Look]]:
    """Go through the columns forward, looking left, or backward, looking right, by turns."""
    if number % 2:
        return ((column, _LEFT) for column in columns)
    return ((column, _RIGHT) for column in reversed(columns))


def _crossings(columns: _Columns) -> int:
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


def _settle(columns: _Columns) -> float:
    """Give each spot its y, so that arrows are as level as can be; return the height of the whole."""
    for sweep in range(_SWEEPS):
        for column, look in _sweep(columns, sweep):
            _spread(column, [_mean([near.y for near in look(spot)] or [spot.y]) for spot in column])
    spots = [*chain.from_iterable(columns)]
    top = min(spot.y - spot.above for spot in spots) - 3
    for spot in spots:
        spot.y = round(spot.y - top, 1)
    return max(spot.y + spot.below for spot in spots) + 3


def _spread(column: Sequence[_Spot], wishes: Sequence[float]) -> None:
    """Put spots as near to their wishes as order and room allow: least squares, pooling adjacent violators.

    >>> spots = [_Spot(0), _Spot(0), _Spot(0)]
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


def _widen(columns: _Columns) -> list[tuple[float, float]]:
    """Give each spot its x, centred in its column; return the left and right side of each column."""
    sides = []
    left: float = _MARGIN
    for column in columns:
        right = left + max(spot.width for spot in column)
        for spot in column:
            spot.x = (left + right - spot.width) / 2
        sides.append((left, right))
        climb = max(abs(spot.y - near.y) for spot in column for near in (spot, *spot.right))
        left = right + _COLUMN_GAP + min(_WIDEST, _STEEPNESS * climb)
    return sides


def _ports(routes: Iterable[Sequence[_Spot]]) -> dict[_Spot, float]:
    """Find for each label how far below or above the middle of the box its arrow arrives."""
    ports = {}
    for head in {route[-1]: None for route in routes}:
        labels = sorted(head.left, key=lambda label: label.place)
        step = min(14, 2 * (head.below - 14) / len(labels))
        for index, label in enumerate(labels):
            ports[label] = step * (index - (len(labels) - 1) / 2)
    return ports


def _arrow_svg(
    arrow: Arrow, route: Sequence[_Spot], sides: Sequence[tuple[float, float]], port: float
) -> str:
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


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
