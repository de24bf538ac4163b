"""A box for each value, an arrow for each occurrence of an operand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .plan import Link, Plan

if TYPE_CHECKING:
    from .contents import Contents


def values(contents: Contents) -> Plan:
    """The plan that shows everything.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> a = Value(3.0, label="a")
    >>> plan = values(Contents(Snapshot(a * a)))
    >>> [part.header for part in plan.parts], [(link.tail, link.head) for link in plan.links]
    (['a', '*'], [('n0', 'n1'), ('n0', 'n1')])
    """
    now, frames = contents.now, contents.frames
    parts = [contents.box(place, frames.of.get(node, "")) for place, node in enumerate(now.order)]
    links = [
        Link(f"n{tail}", f"n{head}", (edge,))
        for edge, (tail, head) in enumerate(zip(now.tails, now.heads, strict=True))
    ]
    return Plan("values", tuple(parts), tuple(links), tuple(frames.all))
