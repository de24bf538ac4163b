"""The rules read with formulas: expressions that simplify themselves, lightly, as one does by hand.

``1·x``, ``x·x``, ``−(−x)`` and ``x − (y − x)`` come out as ``x``, ``x²``, ``x`` and ``2 x − y``.

>>> from engine import rules
>>> xp = Formulas()
>>> x = xp.variable()
>>> value, (slope,) = rules.power.at(n=2)(xp, x)
>>> slope.operation, [factor.number for factor in slope.parents]
('*', [2, None])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.expressions import Expression, Expressions
from engine.rules.activations import SQRT_2_OVER_PI, SQRT_2PI, SQRT_HALF
from engine.rules.elementary import LN2, LN10, TWO_OVER_SQRT_PI

from .joined import Joined
from .normal import LONGEST_DECIMAL, power, ratio
from .simplified import SIMPLIFIED

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.expressions import Operand


class Parameter(Expression):
    """A letter for a parameter of a rule, in the general case: it is not 0, and not above another one.

    A rule may ask its parameters for that, as ``power`` and ``clip`` do; they are numbers elsewhere.
    """

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # it is a number of which this much is known
        return True

    def __gt__(self, other: Operand) -> Any:
        return False if isinstance(other, Parameter) else NotImplemented

    def __ge__(self, other: Operand) -> Any:
        return NotImplemented  # as Python asks lo before x what x ≤ lo is

    def __le__(self, other: Operand) -> Any:
        return True if isinstance(other, Parameter) else NotImplemented


class Formulas(Expressions):
    """The arithmetic of formulas. ``written_out`` puts 1/(1 + e⁻ˣ) for σ(x)."""

    exact = True

    def __init__(self, *, written_out: bool = False) -> None:
        super().__init__()
        self.written_out = written_out

    def call(self, operation: str, *operands: Operand) -> Expression:
        """The operation on these operands, simplified."""
        simplify = SIMPLIFIED.get(operation)
        return simplify(self, *map(self.operand, operands)) if simplify else self.make(operation, *operands)

    def make(self, operation: str, *operands: Operand) -> Expression:
        """The operation as it is."""
        return super().call(operation, *operands)

    def joined(self, operation: str, x: Expression, y: Expression) -> Expression:
        """Two sums as one, or two maxima: in one step, however long they are."""
        key = ("joined", operation, x, y)
        if key not in self._known:
            self._known[key] = Joined(self, operation, x, y)
        return self._known[key]

    def literal(self, number: float) -> Expression:
        """A number; one that the rules know by a name is written so: ``√(2/π)``."""
        known = CONSTANTS.get(abs(number))
        if known:
            return known(self) if number > 0 else -known(self)
        fraction = ratio(abs(number)) if len(repr(abs(number))) > LONGEST_DECIMAL else None
        if fraction:
            return self.make("/", *fraction) if number > 0 else -self.literal(-number)
        return super().literal(number)

    def parameter(self) -> Parameter:
        """A new letter for a parameter.

        >>> xp = Formulas()
        >>> bool(xp.parameter()), xp.parameter() > xp.parameter()
        (True, False)
        """
        return Parameter(self, "variable")

    def square(self, x: Expression) -> Expression:
        """x²."""
        return power(self, x, self.literal(2))


CONSTANTS: dict[float, Callable[[Formulas], Expression]] = {
    LN2: lambda xp: xp.log(2),
    LN10: lambda xp: xp.log(10),
    1 / LN2: lambda xp: 1 / xp.log(2),
    1 / LN10: lambda xp: 1 / xp.log(10),
    SQRT_HALF: lambda xp: 1 / xp.sqrt(2),
    SQRT_2PI: lambda xp: xp.sqrt(2 * xp.make("π")),
    SQRT_2_OVER_PI: lambda xp: xp.sqrt(2 / xp.make("π")),
    TWO_OVER_SQRT_PI: lambda xp: 2 / xp.sqrt(xp.make("π")),
}
"""Numbers that the rules compute with, as what they are."""
