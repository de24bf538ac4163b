"""A picture as plain data: boxes, and the arrows between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

KINDS = ("leaf", "inner", "root")
PAGE_IDS = ("graph0", "graph0-title", "graph0-desc")


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


def check(diagram: Diagram) -> None:
    """Refuse what cannot be drawn, and say what came and what was expected."""
    ids = [*PAGE_IDS, *(box.id for box in diagram.boxes), *(arrow.id for arrow in diagram.arrows)]
    for id, count in Counter(ids).items():
        if count > 1:
            raise ValueError(f"id {id!r} is used {count} times; expected ids that differ, none of {PAGE_IDS}")
    for box in diagram.boxes:
        if box.kind not in KINDS or not box.rows:
            raise ValueError(
                f"box {box.id!r} has kind {box.kind!r} and {len(box.rows)} rows; "
                f"expected one of {KINDS} and at least a header"
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
