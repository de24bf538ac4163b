"""Long sums made short: terms that differ by one index as ``Σ_k w_jk a_k``, others with dots between.

>>> from engine.formula.algebra import Formulas
>>> xp = Formulas()
>>> names = {xp.variable(): symbol(f"a_{k}") for k in range(6)}
>>> short, names = shortened(xp.call("+", *map(xp.square, names)), names)
>>> [operand.operation for operand in short.parents], str(names[short.parents[2].parents[0]])
(['variable', 'literal', 'power'], 'a_j')
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.graph import topological_order

from .algebra import Formulas
from .symbols import Symbol, counting_index, symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from engine.expressions import Expression

    Names: TypeAlias = Mapping[Expression, Symbol]
    Rewrite: TypeAlias = Callable[[Sequence[Expression]], list[Expression]]

WRITTEN_OUT = 4
"""Terms of a sum; longer ones are made short."""


def shortened(x: Expression, names: Names) -> tuple[Expression, Names]:
    """The expression with Σ or dots in its long sums, and the names of what is in it."""
    xp, named = Formulas(), dict(names)  # its own: what is made to be shown is forgotten with it

    def rewrite(terms: Sequence[Expression]) -> list[Expression]:
        others = [term for term in terms if term.operation != "variable"] or list(terms)
        alone = [term for term in terms if term not in others]
        for size in (1, 2):  # of a likelihood two terms belong together: y ln a + (1 − y) ln(1 − a)
            general = _general(xp, _taken_together(xp, others, size), named)
            if general is not None:
                return [general, *alone]
        return _dotted(xp, terms)

    short = _rewritten(xp, x, rewrite)
    bounds = {part.parents[1] for part in topological_order(short) if part.operation == "Σ"}
    return (short if len(bounds) < 2 else elided(x)), named  # Σ_j of text must be one and the same range


def elided(x: Expression) -> Expression:
    """The expression with dots in its long sums, where numbers are to stand in it."""
    xp = Formulas()
    return _rewritten(xp, x, lambda terms: _dotted(xp, terms))


def _rewritten(xp: Formulas, x: Expression, rewrite: Rewrite) -> Expression:
    done: dict[Expression, Expression] = {}
    for part in topological_order(x):
        parents = [done[parent] for parent in part.parents]
        if part.operation == "+" and _is_long(parents):
            parents = rewrite(parents)
        changed = parents and tuple(parents) != part.parents
        alone = part.operation == "+" and len(parents) == 1
        done[part] = parents[0] if alone else xp.make(part.operation, *parents) if changed else part
    return done[x]


def _is_long(terms: Sequence[Expression]) -> bool:
    """Whether a sum is too long to write out; one more term, the bias, is let through."""
    alone = sum(term.operation == "variable" for term in terms)
    return len(terms) - (alone == 1) > WRITTEN_OUT


def _taken_together(xp: Formulas, terms: Sequence[Expression], size: int) -> list[Expression]:
    if size == 1 or len(terms) % size or len(terms) == size:
        return list(terms)
    return [xp.make("+", *terms[k : k + size]) for k in range(0, len(terms), size)]


def _dotted(xp: Formulas, terms: Sequence[Expression]) -> list[Expression]:
    first, second, *_, last = terms
    return [first, second, xp.make("…"), last]


def _general(xp: Formulas, terms: Sequence[Expression], names: dict[Expression, Symbol]) -> Expression | None:
    """Σ over the index in which the terms differ; None where they differ otherwise."""
    columns = _aligned(terms)
    if columns is None:
        return None
    varying = {
        column: counting_index([names[x] for x in column]) for column in columns if len(set(column)) > 1
    }
    if None in varying.values():
        return None
    letter = "k" if 1 in varying.values() else "j"
    general = {}
    for column, place in varying.items():
        general[column[0]] = xp.variable()
        names[general[column[0]]] = names[column[0]].with_index(place or 0, letter)
    index = xp.variable()
    names[index] = symbol(letter)
    return xp.make("Σ", index, len(terms) - 1, _replaced(xp, terms[0], general))


def _aligned(terms: Sequence[Expression]) -> set[tuple[Expression, ...]] | None:
    """The variables in the same place of every term; None where the terms are built differently."""
    columns = set()
    stack = [tuple(terms)]
    while stack:
        column = stack.pop()
        first = column[0]
        if first.operation == "variable":
            if any(x.operation != "variable" for x in column):
                return None
            columns.add(column)
        elif any(
            (x.operation, x.number, len(x.parents)) != (first.operation, first.number, len(first.parents))
            for x in column
        ):
            return None
        else:
            stack += zip(*(x.parents for x in column), strict=True)
    return columns


def _replaced(xp: Formulas, x: Expression, others: Mapping[Expression, Expression]) -> Expression:
    done = dict(others)
    for part in topological_order(x):
        if part not in done:
            parents = [done[parent] for parent in part.parents]
            done[part] = xp.make(part.operation, *parents) if parents else part
    return done[x]
