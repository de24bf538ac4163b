"""Which frames of a picture can be drawn, what stands in each, and which of them an arrow passes.

A frame is laid out as one block, so what leaves it must not come back: where K feeds x and x feeds K, x can
stand neither left nor right of K. Frames on such a circle are not drawn, whatever else it runs through; what
stands in them stands in the frame around.
"""

from __future__ import annotations

from itertools import chain, takewhile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .diagram import Arrow, Diagram

Links = dict[str, list[str]]
"""For each thing the things that its arrows lead to."""
Ends = tuple[str, str]
OUTSIDE = ""
"""Where an arrow is before it comes into a frame, and after it has left; the frame around everything."""


class Nesting(NamedTuple):
    """Where everything stands."""

    paths: dict[str, list[str]]
    """For each box the frames around it, from the outside in, and then itself."""
    ranks: dict[str, dict[str, int]]
    """For each frame, after the one around it: how far right each box and frame directly in it stands."""


class Hop(NamedTuple):
    """The part of an arrow's way that runs directly in one frame, between two things there or its rim."""

    frame: str
    source: str
    target: str


def nest(diagram: Diagram) -> Nesting:
    """Find the frames that can be drawn, and put what stands in each in order, left to right.

    >>> from .diagram import Arrow, Box, Cluster, Diagram
    >>> boxes = Box("n0", ("a",), "input", "c0"), Box("n1", ("b",), "inner"), Box("n2", ("c",), "root", "c1")
    >>> arrows = Arrow("e0", "n0", "n1", ""), Arrow("e1", "n1", "n2", "")
    >>> frames = Cluster("c0", "layer", "layer"), Cluster("c1", "neuron", "neuron", "c0")
    >>> nest(Diagram("", "", boxes, arrows, frames)).paths
    {'n0': ['n0'], 'n1': ['n1'], 'n2': ['c1', 'n2']}
    """
    around: dict[str, list[str]] = {OUTSIDE: []}
    for cluster in diagram.clusters:
        around[cluster.id] = [*around[cluster.cluster], cluster.id]
    paths = {box.id: [*around[box.cluster], box.id] for box in diagram.boxes}
    ranks = {}
    frames = [(OUTSIDE, 0, [*paths], [(arrow.tail, arrow.head) for arrow in diagram.arrows])]
    while frames:
        frame, depth, boxes, arrows = frames.pop()
        ranks[frame] = _ranks(*_open_circles(paths, depth, boxes, arrows))
        inner: dict[str, tuple[list[str], list[Ends]]] = {}
        for box in boxes:
            if paths[box][depth] != box:
                inner.setdefault(paths[box][depth], ([], []))[0].append(box)
        for tail, head in arrows:
            if paths[tail][depth] == paths[head][depth]:
                inner[paths[tail][depth]][1].append((tail, head))
        frames += [(cluster, depth + 1, *content) for cluster, content in inner.items()]
    return Nesting(paths, ranks)


def _open_circles(
    paths: Mapping[str, list[str]], depth: int, boxes: Iterable[str], arrows: Iterable[Ends]
) -> tuple[Links, list[str]]:
    """Take frames at one depth that are on a circle out of the paths; return the links left, and an order."""
    while True:
        links: Links = {paths[box][depth]: [] for box in boxes}
        for tail, head in arrows:
            if paths[tail][depth] != paths[head][depth]:
                links[paths[tail][depth]].append(paths[head][depth])
        groups = knots(links)
        circles = {item for knot in groups if len(knot) > 1 for item in knot}
        if not circles:
            return links, [*chain.from_iterable(groups)]
        for box in boxes:
            if paths[box][depth] != box and paths[box][depth] in circles:
                del paths[box][depth]


def knots(links: Links) -> list[list[str]]:
    """Group what can be reached from one another; each group stands before those that it leads to.

    >>> knots({"a": ["b", "c"], "b": ["c"], "c": ["b", "d"], "d": []})
    [['a'], ['c', 'b'], ['d']]
    """
    back: Links = {item: [] for item in links}
    for item, heads in links.items():
        for head in heads:
            back[head].append(item)
    seen: set[str] = set()
    order = [item for start in links for item in _reached(start, links, seen)]
    seen.clear()
    groups = (_reached(start, back, seen) for start in reversed(order))
    return [group for group in groups if group]


def _reached(start: str, links: Links, seen: set[str]) -> list[str]:
    """List what is reached from a start and was not seen yet, each after what it leads to."""
    order = []
    stack = [(start, False)]
    while stack:
        item, is_done = stack.pop()
        if is_done:
            order.append(item)
        elif item not in seen:
            seen.add(item)
            stack.append((item, True))
            stack += [(head, False) for head in reversed(links[item])]
    return order


def _ranks(links: Links, order: Iterable[str]) -> dict[str, int]:
    """Longest path from a leaf; but a leaf stands directly left of the first thing that uses it."""
    ranks = dict.fromkeys(links, 0)
    for item in order:
        for head in links[item]:
            ranks[head] = max(ranks[head], ranks[item] + 1)
    return {
        item: rank if rank or not links[item] else min(ranks[head] for head in links[item]) - 1
        for item, rank in ranks.items()
    }


def hops(paths: Mapping[str, Sequence[str]], arrow: Arrow) -> list[Hop]:
    """Follow an arrow out of the frames around its tail and into those around its head.

    >>> from .diagram import Arrow
    >>> for hop in hops({"n0": ["c0", "n0"], "n1": ["c1", "n1"]}, Arrow("e0", "n0", "n1", "")):
    ...     hop
    Hop(frame='c0', source='n0', target='')
    Hop(frame='', source='c0', target='c1')
    Hop(frame='c1', source='', target='n1')
    """
    tail, head = paths[arrow.tail], paths[arrow.head]
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tail, head, strict=False)))
    common = tail[shared - 1] if shared else OUTSIDE
    return [
        *(Hop(tail[k], tail[k + 1], OUTSIDE) for k in range(len(tail) - 2, shared - 1, -1)),
        Hop(common, tail[shared], head[shared]),
        *(Hop(head[k], OUTSIDE, head[k + 1]) for k in range(shared, len(head) - 1)),
    ]
