"""A box for each band of depth: of any graph, however large, something that can be read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .plan import Link, Part, Plan, Row
from .wording import counted, operation

if TYPE_CHECKING:
    from .contents import Contents
    from .snapshot import Snapshot

BANDS = 12
COMMONEST = 3


def summary(contents: Contents) -> Plan:
    """The plan of at most so many bands: the leaves first, then what lies deeper and deeper.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> x = Value(2.0)
    >>> for _ in range(1000):
    ...     x = x.sin()
    >>> plan = summary(Contents(Snapshot(x)))
    >>> [part.header for part in plan.parts][:2], len(plan.parts)
    (['leaves', 'depth 1 – 91'], 12)
    """
    now = contents.now
    depths = _depths(now)
    starts = _starts(depths[-1])
    of_depth = [0, *(band for band, start in enumerate(starts[:-1], 1) for _ in range(start, starts[band]))]
    bands: list[list[int]] = [[] for _ in starts]
    for place, depth in enumerate(depths):
        bands[of_depth[depth]].append(place)
    parts = [
        _part(contents, f"g{band}", places, (starts[band - 1], starts[band] - 1) if band else (0, 0))
        for band, places in enumerate(bands)
    ]
    links = _links(now, [of_depth[depth] for depth in depths])
    count = counted(len(now.order), "value")
    said = f"{count} and {counted(len(now.tails), 'edge')} summed up by depth, the longest way from a leaf"
    return Plan("summary", tuple(parts), links, said=said)


def _depths(now: Snapshot) -> list[int]:
    """Of every value the number of edges on the longest way to it from a leaf."""
    depths = [0] * len(now.order)
    for tail, head in zip(now.tails, now.heads, strict=True):  # parents first
        depths[head] = max(depths[head], depths[tail] + 1)
    return depths


def _starts(deepest: int) -> list[int]:
    """Where each band of operations begins, and behind the last one.

    >>> _starts(3), _starts(100)[:3], len(_starts(100))
    ([1, 2, 3, 4], [1, 11, 20], 12)
    """
    bands = min(BANDS - 1, deepest)
    return [1 + -(-deepest * band // bands) for band in range(bands)] + [deepest + 1]


def _part(contents: Contents, id: str, places: list[int], depths: tuple[int, int]) -> Part:
    first, last = depths
    header = f"depth {first}" + f" – {last}" * (last > first) if first else "leaves"
    now = contents.now
    kinds = Counter(contents.kinds[place] for place in places)
    if first:
        made = Counter(operation(now.order[place].rule) for place in places).most_common()
        common = ", ".join(f"{count:,} {name}" for name, count in made[:COMMONEST])
        said = common + ", …" * (len(made) > COMMONEST)
    else:
        said = ", ".join(counted(count, kind) for kind, count in sorted(kinds.items()))
    rows = (
        Row(counted(len(places), "value")),
        Row(said),
        Row("data", tuple(places)),
        Row("grad", tuple(places), "grads"),
    )
    return Part(id, header, rows, "root" if kinds["root"] else "group", tuple(places))


def _links(now: Snapshot, bands: list[int]) -> tuple[Link, ...]:
    """An arrow for all edges from one band to another, with their number."""
    between: dict[tuple[int, int], list[int]] = {}
    for edge, (tail, head) in enumerate(zip(now.tails, now.heads, strict=True)):
        if bands[tail] != bands[head]:
            between.setdefault((bands[tail], bands[head]), []).append(edge)
    return tuple(
        Link(f"g{tail}", f"g{head}", tuple(edges), label=counted(len(edges), "edge"))
        for (tail, head), edges in sorted(between.items())
    )
