"""Terms that differ by one index, as the one that a Σ stands before: Σ_j ∂z_j/∂a_k · ∂C/∂z_j."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from engine.formula.symbols import counting_index

from .factor import Factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.expressions import Expression
    from engine.formula import Formula, Symbol

    Term: TypeAlias = tuple[Factor, ...]

INDEX = "j"
TERMS = 4
"""Terms of a sum; longer ones are written with Σ or dots."""


def general(terms: Sequence[Term]) -> Term | None:
    """The term for any j, where these are its instances for j = 0, 1, 2, …; else None."""
    if len({len(term) for term in terms}) > 1:
        return None
    found = []
    for factors in zip(*terms, strict=True):
        factor = _factor(factors)
        if factor is None:
            return None
        found.append(factor)
    counts = any(factor.derivative != one.derivative for factor, one in zip(found, terms[0], strict=True))
    return tuple(found) if counts else None


def counted(symbols: Sequence[Symbol]) -> Symbol | None:
    """The symbol with j for the index that counts 0, 1, 2, …; as it is where all are the same; else None.

    >>> from engine.formula import symbol
    >>> print(counted([symbol("w_02^(1)"), symbol("w_12^(1)")]), counted([symbol("a_1"), symbol("a_0")]))
    w_j2^(1) None
    """
    first = symbols[0]
    if all(symbol == first for symbol in symbols):
        return first
    place = counting_index(symbols)
    return None if place is None else first.with_index(place, INDEX)


def _factor(factors: Sequence[Factor]) -> Factor | None:
    first = factors[0]
    if any(factor.derivative.delta != first.derivative.delta for factor in factors):
        return None
    of, by = (counted([getattr(f.derivative, end) for f in factors]) for end in ("of", "by"))
    if of is None or by is None:
        return None
    derivative = replace(first.derivative, of=of, by=by)
    formulas = [factor.formula for factor in factors if factor.formula]
    if not formulas:
        return Factor(derivative, first.number)
    formula = _formula(formulas) if len(formulas) == len(factors) else None
    return Factor(derivative, first.number, formula) if formula else None


def _formula(formulas: Sequence[Formula]) -> Formula | None:
    names: dict[Expression, Symbol] = {}
    stack = [tuple(formula.expression for formula in formulas)]
    while stack:
        parts = stack.pop()
        first = parts[0]
        if any(_kind(part) != _kind(first) for part in parts):
            return None
        if first.operation == "variable":
            symbols = [formula.names[part] for formula, part in zip(formulas, parts, strict=True)]
            name = counted(symbols)
            if name is None or names.setdefault(first, name) != name:
                return None
        stack += zip(*(part.parents for part in parts), strict=True)
    return replace(formulas[0], names=names, sheet=None)


def _kind(part: Expression) -> tuple[str, float | None, int]:
    return part.operation, part.number, len(part.parents)
