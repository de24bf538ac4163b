"""A graph with its numbers as they are now: whatever happens to it later, a picture stays what it was."""

from __future__ import annotations

import math
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from engine import sweep
from engine.characters import printable
from engine.graph import topological_order
from engine.names import names
from engine.stale import first_stale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.value import Value


class Snapshot:
    """The values of a graph in topological order, each known by its place, and their edges by theirs.

    >>> from engine import Value
    >>> a = Value(3.0, label="a")
    >>> now = Snapshot(a * a)
    >>> a.data, now.data, list(zip(now.tails, now.heads, now.slopes))
    (3.0, [3.0, 9.0], [(0, 1, 3.0), (0, 1, 3.0)])

    ``title`` names the root in place of its label.
    """

    def __init__(self, root: Value, title: str = "") -> None:
        self.root, self._title = root, title
        self.order = topological_order(root)
        self.place = {node: place for place, node in enumerate(self.order)}
        self.labels = [node.label for node in self.order]
        self.labels[-1] = title or root.label
        self.data = [node.data for node in self.order]
        self.stale = first_stale(self.order)
        """The first value that was computed from other numbers than its operands have."""
        self.grads = [node.grad if node.has_grad else None for node in self.order]
        self.gradient = self._gradient()
        self.firsts: list[int] = []
        """Of each value, the place of the first edge that leads to it."""
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.slopes: list[float] = []
        for place, node in enumerate(self.order):
            self.firsts.append(len(self.tails))
            self.tails += [self.place[parent] for parent in node.parents]
            self.heads += [place] * len(node.parents)
            self.slopes += node.local_derivatives

    def _gradient(self) -> list[float] | None:
        """∂root/∂value of every value, whatever the grads in the graph tell of.

        None where ``detect_anomaly`` finds a NaN in it: then more than ever a picture is wanted.
        """
        try:
            found = sweep.gradient(self.root, self.order)
        except FloatingPointError:
            return None
        return [found[node] for node in self.order]

    @property
    def known(self) -> list[float] | None:
        """The gradient, where a backward pass has reached the root; before, a picture does not tell of it."""
        return self.gradient if self.root.parents and self.grads[-1] is not None else None

    @cached_property
    def readings(self) -> Counter[int]:
        """How often each value is an operand."""
        return Counter(self.tails)

    @cached_property
    def contributions(self) -> list[float] | None:
        """What each edge hands on: its slope times the gradient of its head. None where that is not known."""
        return self._parts if self.known else None

    @cached_property
    def _parts(self) -> list[float] | None:
        grads = self.gradient
        if grads is None:
            return None
        return [grads[head] * slope for head, slope in zip(self.heads, self.slopes, strict=True)]

    def strength(self, edges: Iterable[int]) -> float | None:
        """What some edges contribute to the gradient, together and whatever passes have been."""
        parts = self._parts
        return None if parts is None else sum(abs(parts[edge]) for edge in edges)

    @property
    def foreign(self) -> int:
        """How many grads are not the derivative of the root, but left by other backward passes."""
        if self.gradient is None:
            return 0
        pairs = zip(self.grads, self.gradient, strict=True)
        return sum(grad is not None and not same(grad, true) for grad, true in pairs)

    @cached_property
    def names(self) -> dict[Value, str]:
        """A name for every value, as ``explain`` has it."""
        found = names(self.root)
        return found | {self.root: self._title} if self._title else found

    @property
    def root_name(self) -> str:
        """The name of the root, which a label tells without naming all others."""
        return printable(self.labels[-1]) or self.name(-1)

    def name(self, place: int) -> str:
        """The name of the value at a place."""
        return self.names[self.order[place]]


def same(x: float | None, y: float | None) -> bool:
    """Whether a number is the same as it was, also where it is no number.

    >>> same(float("nan"), float("nan")), same(None, 0.0)
    (True, False)
    """
    return x == y or (x is not None and y is not None and math.isnan(x) and math.isnan(y))
