"""Whether the numbers of a graph are still those that its rules give: an edited one makes what follows stale.

``backward()`` goes on from the recorded numbers; what shows a graph says that they no longer fit together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from .labels import number
from .numeric import Unevaluable
from .readings import floats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .value import Value

CLOSE = 1e-9
"""Relative difference up to which a number given by hand, or by another machine, is that of the rule."""


class Stale(NamedTuple):
    """A node whose number is not what its rule gives for the numbers of its operands."""

    node: Value
    recorded: float
    now: float | None
    """What the rule gives; None where it cannot be evaluated."""

    @property
    def numbers(self) -> tuple[str, str]:
        """Both as text, with as many digits as it takes to tell them apart."""
        if self.now is None:
            return number(self.recorded), "no number"
        told = number(self.recorded), number(self.now)
        return told if told[0] != told[1] else (repr(self.recorded), repr(self.now))

    def told(self, called: Mapping[Value, str]) -> str:
        """A sentence for the reader."""
        recorded, now = self.numbers
        return (
            f"a number was edited after the forward pass: {called[self.node]} is recorded as {recorded}, "
            f"its operands now give {now}; refresh() computes all again"
        )


def first_stale(order: Iterable[Value]) -> Stale | None:
    """The first node of a topological order that is not what its operands give now; None where all are.

    Nothing is changed, and NaN equals NaN. Nodes made by hand that no rule computes cannot be checked, and
    local derivatives are not: they may have been set by hand.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> y = x * x
    >>> first_stale([x, y])
    >>> x.data = 5.0
    >>> first_stale([x, y]).numbers
    ('9', '25')
    """
    for node in order:
        if node.parents and node.rule:
            try:
                now, _ = node.rule.function(floats, *[parent.data for parent in node.parents])
            except Unevaluable:
                return Stale(node, node.data, None)
            except TypeError:  # a node made by hand
                continue
            if not _alike(now, node.data):
                return Stale(node, node.data, now)
    return None


def _alike(x: float, y: float) -> bool:
    return math.isclose(x, y, rel_tol=CLOSE) or (math.isnan(x) and math.isnan(y))
