"""Two snapshots of one graph: whether they are, and what has changed between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import wording
from .snapshot import same
from .wording import counted

if TYPE_CHECKING:
    from .snapshot import Snapshot


def check_alike(before: Snapshot, after: Snapshot) -> None:
    """ValueError that says where two graphs differ: in size, in an operation, its operands, or a label."""
    sizes = [counted(len(now.order), "value") for now in (before, after)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"{_NOT_ALIKE} {sizes[0]} before, {sizes[1]} after")
    for place in range(len(after.order)):
        described = [_description(now, place) for now in (before, after)]
        if described[0] != described[1]:
            raise ValueError(f"{_NOT_ALIKE} n{place} is {described[0]} before, {described[1]} after")


_NOT_ALIKE = "draw(before, after) compares two states of one graph, and these differ:"


def _description(now: Snapshot, place: int) -> str:
    node = now.order[place]
    first = now.firsts[place]
    made = wording.operation(node.rule)
    operands = ", ".join(f"n{tail}" for tail in now.tails[first : first + len(node.parents)])
    label = f"{now.labels[place]!r} = " * bool(now.labels[place])
    return f"{label}{made}({operands})" if node.parents else f"{label}{made}"


def changed(before: Snapshot, after: Snapshot) -> set[int]:
    """The places of values whose data or grad is another."""
    numbers = zip(before.data, after.data, before.grads, after.grads, strict=True)
    return {place for place, (x, y, p, q) in enumerate(numbers) if not (same(x, y) and same(p, q))}


def told(before: Snapshot, after: Snapshot) -> str:
    """How many values have changed, and how the root has.

    >>> from engine import Value
    >>> from .snapshot import Snapshot
    >>> x = Value(3.0)
    >>> y = x * 2.0
    >>> before = Snapshot(y)
    >>> x.data = 4.0
    >>> y.refresh()
    >>> told(before, Snapshot(y))
    '2 of 3 values changed; C 6 → 8, by 2'
    """
    root, (old, new) = after.root_name, (before.data[-1], after.data[-1])
    count = f"{len(changed(before, after)):,} of {counted(len(after.order), 'value')} changed"
    if same(old, new):
        return f"{count}; {root} is {wording.number(new)} as before"
    return f"{count}; {root} {wording.change([old], [new])}, by {wording.number(new - old)}"
