"""The graph of a derivative, under its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.derive import grad
from engine.graph import topological_order
from engine.names import names

from .snapshot import Snapshot
from .wording import derivative

if TYPE_CHECKING:
    from engine.value import Value


def derived(C: Value, w: Value) -> tuple[Snapshot, str]:
    """The derivative of C by w as a graph, and what is to be said of it.

    ValueError where C does not depend on w; TypeError where a node made by hand lies between.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> now, said = derived(x**2, x)
    >>> now.data[-1], said
    (6.0, 'the graph of ∂C/∂x: 2 of its values were made for it, the others are in the graph of C')
    """
    order, called = topological_order(C), names(C, w)
    if w not in set(order):
        raise ValueError(f"derivative_of takes a value that {called[C]} depends on, and {called[w]} is none")
    slope = grad(C, w)
    name = derivative(called[C], called[w])
    title = f"{name} = {slope.label}" if slope.label else name
    now = Snapshot(slope, title)
    made = len(set(now.order) - set(order))
    rest = f"the others are in the graph of {called[C]}"
    return now, f"the graph of {name}: {made:,} of its values were made for it, {rest}"
