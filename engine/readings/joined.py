"""Sums and maxima of very many operands, as nodes that join two of them in one step.

A rule adds its operands one by one. If every partial sum held all its terms, n operands would take memory for
n² terms; a ``Joined`` holds its two halves, and lists the operands when they are first read.

>>> from engine.readings.formulas import Formulas
>>> xp = Formulas()
>>> xs = [xp.variable() for _ in range(3 * WIDE)]
>>> sum_x = xs[0]
>>> for x in xs[1:]:
...     sum_x += x
>>> type(sum_x).__name__, sum_x.parents == tuple(xs)
('Joined', True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expressions import Expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .expressions import Expressions

WIDE = 64
"""Operands from which on a sum or a maximum is joined to others without collecting like terms."""


class Joined(Expression):
    """Two expressions of the same operation as one expression with the operands of both."""

    __slots__ = ("count", "halves", "listed")

    def __init__(self, xp: Expressions, operation: str, x: Expression, y: Expression) -> None:
        self.xp, self.operation, self.number = xp, operation, None
        self.count = count(operation, x) + count(operation, y)
        self.halves = x, y
        self.listed: tuple[Expression, ...] = ()

    @property
    def parents(self) -> tuple[Expression, ...]:  # type: ignore[override]  # a slot of others, which is written
        """The operands in the order written; a lone symbol after products, the bias, stays last."""
        if not self.listed:
            self.listed = tuple(_listed(self._pieces()))
            self.halves = self.listed[:2]  # type: ignore[assignment]  # the partial expressions are forgotten
        return self.listed

    def _pieces(self) -> Iterator[tuple[Expression, ...]]:
        """The joined parts, from left to right."""
        stack: list[Expression] = [self]
        while stack:
            x = stack.pop()
            if isinstance(x, Joined) and x.operation == self.operation and not x.listed:
                stack += reversed(x.halves)
            else:
                yield x.parents if x.operation == self.operation else (x,)


def _listed(pieces: Iterator[tuple[Expression, ...]]) -> list[Expression]:
    """Concatenate pieces, products before a bias."""
    listed = [*next(pieces)]
    for more in pieces:
        bias = [listed.pop()] if _ends_with_bias(listed) else []
        listed += more
        listed += bias
    return listed


def _ends_with_bias(terms: list[Expression]) -> bool:
    return len(terms) > 1 and terms[-1].operation == "variable" != terms[-2].operation


def count(operation: str, x: Expression) -> int:
    """Return how many operands of an operation an expression represents."""
    if x.operation != operation:
        return 1
    return x.count if isinstance(x, Joined) else len(x.parents)


def size(x: Expression) -> int:
    """Return how many operands an expression has, without listing those of a joined one."""
    return x.count if isinstance(x, Joined) else len(x.parents)
