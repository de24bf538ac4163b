"""How much of a graph a picture shows: as much as can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.real import short

from .layers import layers
from .neurons import count, neurons
from .summary import summary
from .values import values
from .wording import counted

if TYPE_CHECKING:
    from .contents import Contents
    from .plan import Plan

PLANS = {"values": values, "neurons": neurons, "layers": layers, "summary": summary}
LEGIBLE = 60
"""Boxes that a reader can take in."""
TRACEABLE = 1_000
"""Boxes in which one still finds what one looks for."""
MOST = 5_000
"""Boxes that are drawn at all: a few seconds of layout, and some megabytes."""


def plan(contents: Contents, detail: str | None = None) -> Plan:
    """The plan of a detail; where none is asked for, the first of these that has few enough boxes.

    ValueError for neurons or layers where there are none, and for more boxes than anyone could read.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> root = sum(Value(1.0) for _ in range(40))
    >>> plan(Contents(Snapshot(root))).detail, plan(Contents(Snapshot(root)), "summary").detail
    ('values', 'summary')
    """
    if detail is None:
        return _legible(contents)
    if detail not in list(PLANS):  # which may be anything, also what has no hash
        raise ValueError(f"detail must be one of {', '.join(map(repr, PLANS))}, or None; got {short(detail)}")
    if detail in {"neurons", "layers"} and not contents.layers:
        raise ValueError(
            f"detail={short(detail)} needs neurons, z = affine(b, ws, xs) or dot(ws, xs), and there are none"
        )
    if detail in {"values", "neurons"}:  # before time is spent on them
        _refuse_too_many(len(contents.now.order) if detail == "values" else count(contents))
    found = PLANS[detail](contents)
    _refuse_too_many(len(found.parts))
    return found


def _refuse_too_many(boxes: int) -> None:
    if boxes > MOST:
        raise ValueError(
            f"a picture of {counted(boxes, 'box')} could not be read, {MOST:,} are the most that are drawn; "
            'leave out detail, say detail="summary", or draw a node further inside'
        )


def _legible(contents: Contents) -> Plan:
    size = len(contents.now.order)
    if size <= LEGIBLE:
        return values(contents)
    if contents.layers and count(contents) <= LEGIBLE:
        return neurons(contents)
    found = layers(contents) if contents.layers else None
    if found and len(found.parts) <= LEGIBLE:
        return found
    return summary(contents) if size > TRACEABLE else found or values(contents)
