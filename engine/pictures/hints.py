"""What a reader is told who points at a box or an arrow: all digits, and what an arrow contributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.names import number

from .snapshot import same
from .wording import counted, derivative, exact, span

if TYPE_CHECKING:
    from .plan import Link, Part
    from .snapshot import Snapshot

SHOWN = 12
"""Values of a box that are told one by one."""
CROWD = 100
"""Values of a box of which none is told."""


def of_part(part: Part, now: Snapshot) -> str:
    """The values of a box with all their digits, and the root's derivative by each; the first of many.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> w = Value(0.1, label="w")
    >>> C = w * w
    >>> C.backward()
    >>> now = Snapshot(C)
    >>> of_part(Contents(now).box(0), now)
    'w = 0.1; ∂C/∂w = 0.2'
    """
    told = [_of_value(place, now) for place in part.places[:SHOWN]]
    left = len(part.places) - SHOWN
    head = [part.header] if len(part.places) > 1 else []
    return " | ".join([*head, *told, *([f"… {left:,} more"] if left > 0 else [])])


def of_link(link: Link, now: Snapshot) -> str:
    """The local derivative of an arrow and what it contributes; where it is labelled by a count, that.

    >>> from engine import Value
    >>> from .plan import Link
    >>> from .snapshot import Snapshot
    >>> w, x = Value(0.5, label="w"), Value(3.0, label="x")
    >>> z = w * x
    >>> z.label = "z"
    >>> C = z**2
    >>> C.backward()
    >>> print(of_link(Link("n0", "n2", (0,)), Snapshot(C)))
    ∂z/∂w = 3; contributes 9 to ∂C/∂w
    """
    if link.label:
        parts = now.contributions
        told = f"; they contribute {span([parts[edge] for edge in link.edges])}" if parts else ""
        return f"{counted(len(link.edges), 'edge')}{told}"
    (edge,) = link.edges
    tail, head = ends(link, now)
    by, root = now.name(tail), now.name(-1)
    direct = head == len(now.order) - 1 and now.readings[tail] > 1
    told = f"{derivative(now.name(head), by, direct=direct)} = {number(slope(link, now))}"
    if not now.contributions:
        return told
    return f"{told}; contributes {number(now.contributions[edge])} to {derivative(root, by)}"


def ends(link: Link, now: Snapshot) -> tuple[int, int]:
    """The values between which the slope of an arrow that stands for one edge is taken."""
    (edge,) = link.edges
    return now.tails[edge], now.heads[edge if link.on < 0 else link.on]


def slope(link: Link, now: Snapshot) -> float:
    """The slope of an arrow that stands for one edge, and that which leads on from there."""
    (edge,) = link.edges
    return now.slopes[edge] * (now.slopes[link.on] if link.on >= 0 else 1.0)


def _of_value(place: int, now: Snapshot) -> str:
    name, data, grad = now.name(place), exact(now.data[place]), now.grads[place]
    unnamed = not now.labels[place] and not now.order[place].parents
    told = [f"a leaf of {data}" if unnamed else f"{name} = {data}"]
    if now.known:
        told.append(f"{derivative(now.name(-1), name)} = {exact(now.known[place])}")
    if grad is not None and (not now.known or not same(grad, now.known[place])):
        told.append(f"grad = {exact(grad)}")
    return "; ".join(told)
