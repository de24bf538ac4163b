"""Simplify formulas that contain a choice, ``x if condition else y``.

A choice whose condition is known is replaced by its case, and a condition by an equivalent shorter one. A
factor or a term is moved into both cases (``chosen``), where it may simplify.

>>> from engine.readings.formulas import Formulas
>>> xp = Formulas()
>>> x = xp.variable()
>>> choice = 3 * xp.where(x <= -1, 0.0, x)
>>> choice.operation, [case.number for case in choice.parents[1:]]
('where', [0, None])
>>> one = xp.where(x < 0, 0.0, 1.0)
>>> shared = one / (1 + one)
>>> shared.operation, [case.number for case in shared.parents[1:]]
('where', [0, 0.5])
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from engine.graph import topological_order

from .joined import size

if TYPE_CHECKING:
    from .expressions import Expression, Expressions

ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def where(xp: Expressions, condition: Expression, x: Expression, y: Expression) -> Expression:
    """``x if condition else y``; just one of them if both are equal or the condition is known.

    0 where t ≤ 0, else t is max(0, t).
    """
    left, right = condition.parents[0], condition.parents[-1]
    x, y = _settled(xp, condition, x, 1), _settled(xp, condition, y, 2)
    if x is y or (y.number is not None and math.isnan(y.number)):
        return x
    if x.number is not None and math.isnan(x.number):  # the formula holds elsewhere
        return y
    if left.number is not None and right.number is not None:
        return x if ORDER[condition.operation](left.number, right.number) else y
    if x.number == right.number == 0 and condition.operation == "<=" and left is y:
        return xp.call("maximum", x, y)
    return xp.make("where", condition, x, y)


def _settled(xp: Expressions, condition: Expression, x: Expression, case: int) -> Expression:
    """A case that asks the same once more, wherever in it, knows the answer; a long one at its outside."""
    if not _is_long(x):
        return _given(xp, x, condition, case)
    while x.operation == "where" and x.parents[0] is condition:
        x = x.parents[case]
    return x


def at_most(xp: Expressions, x: Expression, y: Expression) -> Expression:
    """x ≤ y, or y ≥ x if x is a number; ``a = b = 0`` for terms that are never below 0: √x and a² + b²."""
    if x.number is not None and y.number is None:
        return xp.make(">=", y, x)
    if y.number != 0:
        return xp.make("<=", x, y)
    if x.operation == "sqrt":
        return at_most(xp, x.parents[0], y)
    terms = x.parents if x.operation == "+" else (x,)
    numbers = [term for term in terms if (term.number or 0) > 0]
    squares = [term.parents[0] for term in terms if _is_square(term)]
    if not squares or len(numbers) + len(squares) < len(terms):
        return xp.make("<=", x, y)
    return xp.make("<=", numbers[0], y) if numbers else all_zero(xp, *squares, y)


def all_zero(xp: Expressions, *terms: Expression) -> Expression:
    """``a = b = 0``, the 0 given as the last term; numbers among the others decide it or say nothing."""
    *terms_before, zero = terms
    unknown = [term for term in terms_before if term.number is None]
    others = [abs(term.number) for term in terms_before if term.number]
    if others or not unknown:
        return xp.make("<=", xp.literal(others[0]) if others else zero, zero)
    return xp.make("=", *unknown, zero)


def _is_square(x: Expression) -> bool:
    return x.operation == "power" and x.parents[1].number == 2


SEARCHED = 8
"""Operands of a maximum up to which it is simplified; a longer one keeps them all, which is equivalent."""


def less(xp: Expressions, x: Expression, y: Expression) -> Expression:
    """x < y, or y > x if x is a number; below a maximum means below one of the other operands."""
    y = _without(xp, x, y, "maximum")
    if x.number is not None and y.number is None:
        return xp.make(">", y, x)
    return xp.make("<", x, y)


def greater(xp: Expressions, x: Expression, y: Expression) -> Expression:
    """x > y; above a minimum means above one of the other operands."""
    return xp.make(">", x, _without(xp, x, y, "minimum"))


def _without(xp: Expressions, x: Expression, y: Expression, extreme: str) -> Expression:
    if y.operation != extreme or size(y) > SEARCHED:
        return y
    others = [other for other in y.parents if other is not x]
    if not others:
        return y
    return others[0] if len(others) == 1 else xp.make(extreme, *others)


MOST = 40
"""Operations of an expression up to which its choices are moved to the outside."""


def chosen(xp: Expressions, choice: Expression, x: Expression) -> Expression:
    """Turn an expression that contains a choice into a choice between two expressions without it.

    A long expression is left unchanged: its choices would be nested inside each other.
    """
    if _is_long(x):
        return x
    condition = choice.parents[0]
    return xp.call("where", condition, _given(xp, x, condition, 1), _given(xp, x, condition, 2))


def _is_long(x: Expression) -> bool:
    """Whether it has too many operations, or an operation with too many operands, to be searched."""
    seen: set[Expression] = set()
    stack = [x]
    while stack:
        part = stack.pop()
        if part not in seen:
            seen.add(part)
            if max(len(seen), size(part)) > MOST:
                return True
            stack += part.parents
    return False


def _given(xp: Expressions, x: Expression, condition: Expression, case: int) -> Expression:
    """The expression with each choice by the condition replaced by its first or its second case."""
    done: dict[Expression, Expression] = {}
    for part in topological_order(x):
        parents = [done[parent] for parent in part.parents]
        if part.operation == "where" and part.parents[0] is condition:
            done[part] = parents[case]
        else:
            done[part] = xp.call(part.operation, *parents) if tuple(parents) != part.parents else part
    return done[x]
