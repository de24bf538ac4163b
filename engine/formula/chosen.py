"""A product or sum with a choice in it, as a choice of products or sums.

>>> from engine.formula.algebra import Formulas
>>> xp = Formulas()
>>> x = xp.variable()
>>> one = xp.where(x < 0, 0.0, 1.0)
>>> shared = one / (1 + one)
>>> shared.operation, [case.number for case in shared.parents[1:]]
('where', [0, 0.5])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.graph import topological_order

from .joined import size

if TYPE_CHECKING:
    from engine.expressions import Expression

    from .algebra import Formulas


MOST = 40
"""Operations of an expression whose choices are brought to its outside."""


def chosen(xp: Formulas, choice: Expression, x: Expression) -> Expression:
    """An expression in which a choice occurs, as that choice between two that know how it went.

    A long one stays as it is: its choices would have to be gone through one inside the other.
    """
    if _is_long(x):
        return x
    condition = choice.parents[0]
    return xp.call("where", condition, _given(xp, x, condition, 1), _given(xp, x, condition, 2))


def _is_long(x: Expression) -> bool:
    """Whether it has too many operations, or one of them too many operands: these are not gone through."""
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


def _given(xp: Formulas, x: Expression, condition: Expression, case: int) -> Expression:
    """The expression where each choice by the condition is its first or its second case."""
    done: dict[Expression, Expression] = {}
    for part in topological_order(x):
        parents = [done[parent] for parent in part.parents]
        if part.operation == "where" and part.parents[0] is condition:
            done[part] = parents[case]
        else:
            done[part] = xp.call(part.operation, *parents) if tuple(parents) != part.parents else part
    return done[x]
