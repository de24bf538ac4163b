"""Stale numbers: a node is stale if its number is not what its rule gives for its current operands.

``backward()`` uses the recorded numbers; whatever shows a graph reports the first stale node.
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
"""The relative difference up to which a number set by hand, or by another machine, still fits its rule."""


class Stale(NamedTuple):
    """A stale node, with its recorded number and what its rule gives now."""

    node: Value
    recorded: float
    now: float | None
    """The rule's result; None if it cannot be evaluated."""

    @property
    def numbers(self) -> tuple[str, str]:
        """Both numbers as text, with enough digits to tell them apart."""
        if self.now is None:
            return number(self.recorded), "no number"
        told = number(self.recorded), number(self.now)
        return told if told[0] != told[1] else (repr(self.recorded), repr(self.now))

    def told(self, called: Mapping[Value, str]) -> str:
        """Return a sentence for the reader; ``called`` maps nodes to their names."""
        recorded, now = self.numbers
        return (
            f"a number was edited after the forward pass: {called[self.node]} is recorded as {recorded}, "
            f"its operands now give {now}; refresh() recomputes all numbers"
        )


def first_stale(order: Iterable[Value]) -> Stale | None:
    """Return the first stale node of a topological order, or None.

    Nothing is changed, and NaN counts as equal to NaN. Nodes made by hand, without a rule, are skipped. Local
    derivatives are not checked, since they may have been set by hand.

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
