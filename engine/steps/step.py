"""One step of a backward pass: what it hands on to whom, and how far off it is; printed as one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.characters import shown
from engine.names import bracketed, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.value import Value

SHOWN = 5  # contributions of a step, or nodes of a message, before it says how many more there are


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a step adds to the gradient of one operand; ``str()`` shows the product."""

    parent: Value
    name: str
    position: int
    """Its place among the operands: ``a * a`` contributes to a from 0 and from 1."""
    local_derivative: float
    grad: float
    """The gradient of the node that hands on."""
    total: float
    """The sum of this contribution and all earlier ones to the same parent."""
    expected: int
    """How many contributions the parent gets in the whole pass."""
    to_come: int
    """How many of them are still to come."""
    late: bool
    """Whether the parent had handed its gradient on before this came: only in a wrong order."""
    error: float
    """Once none is to come, the total minus the true gradient: 0 in a right order."""

    @property
    def amount(self) -> float:
        """The contribution itself: local derivative times gradient."""
        return self.local_derivative * self.grad

    @property
    def complete(self) -> bool:
        """Whether it is the last one to its parent."""
        return self.to_come == 0

    def __str__(self) -> str:
        name = self.name if self.parent.label or self.parent.parents else f"leaf {self.name}"
        parts = [f"{name} += {_factor(self.local_derivative)} · {_factor(self.grad)} = {number(self.amount)}"]
        if self.expected - self.to_come > 1:
            parts.append(f"{'in all' if self.complete else 'so far'} {number(self.total)}")
        if self.late:
            parts.append("too late")
        if not self.parent.parents and _shows(self.error, self.total):  # an inner node's own step says it
            parts.append(f"off by {number(self.error)}")
        return shown(", ".join(parts) + ("" if self.complete else f" ({self.to_come} more to come)"))

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Step:
    """One node hands its gradient on to its operands; ``str()`` is a line that says so."""

    node: Value
    name: str
    symbol: str
    """Of the gradient, as in ∂C/∂a."""
    grad: float
    """The gradient as it is handed on."""
    contributions: tuple[Contribution, ...]
    """One for each operand occurrence."""
    expected: int
    """How many contributions the node itself gets in the whole pass."""
    missing: int
    """How many of them are not there yet: none in a right order."""
    true_grad: float
    """The gradient as it should be."""
    error: float
    """``grad`` minus ``true_grad``: 0 in a right order."""
    note: str = ""
    """That the node's operands were edited since it was computed, where they were."""

    def __str__(self) -> str:
        line = f"{self.name}: {self.symbol} = {number(self.grad)}{self._trouble()}"
        told = f"{line}  →  {listed(self.contributions, '; ')}" if self.contributions else line
        return shown(f"{told}  ({self.note})" if self.note else told)

    __repr__ = __str__

    def _trouble(self) -> str:
        """What is wrong with this step: nothing, its own haste, or that of another."""
        true = f"{self.symbol} is {number(self.true_grad)}"
        shows = _shows(self.error, self.grad)
        off = f", not {number(self.grad)}: off by {number(self.error)}" if shows else " all the same"
        if self.missing:
            return f", handed on too early: {self._waiting()}; {true}{off}"
        return f", inherits an error: {true}{off}" if shows else ""

    def _waiting(self) -> str:
        noun = "contribution" if self.expected == 1 else "contributions"
        verb = "is" if self.missing == 1 else "are"
        return f"{self.missing} of {self.expected} {noun} {verb} still to come"


def _shows(error: float, x: float) -> bool:
    """Whether an error is seen in the digits that are printed, or is only that of rounding."""
    return number(x - error) != number(x)


def _factor(x: float) -> str:
    return bracketed(number(x))


def listed(items: Iterable[object], separator: str = ", ") -> str:
    """The first few of several things, and how many more there are.

    >>> listed(range(8))
    '0, 1, 2, 3, 4, … and 3 more'
    """
    texts = list(items)
    more = [f"… and {len(texts) - SHOWN} more"] if len(texts) > SHOWN else []
    return separator.join([*map(str, texts[:SHOWN]), *more])
