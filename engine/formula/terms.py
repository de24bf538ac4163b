"""Sums in the form that one writes by hand: terms, with a number before each.

Like terms are taken together. Brackets are multiplied out where that leaves no more terms than there were.

>>> from engine.formula.algebra import Formulas
>>> xp = Formulas()
>>> s, y = xp.variable(), xp.variable()
>>> y * (1 - s) - (1 - y) * s is y - s
True
"""

from __future__ import annotations

from functools import partial, reduce
from typing import TYPE_CHECKING

from .chosen import chosen
from .joined import WIDE, count, size
from .normal import LONG, collected, factors, product, shortest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from engine.expressions import Expression

    from .algebra import Formulas

    Terms: TypeAlias = dict[Expression, float]


def _terms(xs: Iterable[Expression]) -> Terms:
    """What is added up, with the number before each; a number alone counts itself 1 time."""
    terms: Terms = {}
    stack = [(x, 1.0) for x in reversed(list(xs))]
    while stack:
        x, times = stack.pop()
        if x.operation == "+":
            stack += [(term, times) for term in reversed(x.parents)]
        elif x.operation == "neg":
            stack.append((x.parents[0], -times))
        else:
            terms[x] = terms.get(x, 0) + times
    return terms


def total(xp: Formulas, *xs: Expression) -> Expression:
    """The sum. A long one is only made longer: else a neuron took the square of its inputs in time."""
    if any(count("+", x) >= WIDE for x in xs):
        return reduce(partial(xp.joined, "+"), [x for x in xs if x.number != 0])
    x, *others = xs
    if x.operation == "+" and len(x.parents) >= LONG:
        known = {*x.parents}
        more = tuple(term for y in others for term in (y.parents if y.operation == "+" else (y,)))
        if not any(term in known or term.number is not None for term in more):
            return xp.make("+", *_before_bias(x.parents, more))
    return _added(xp, _terms(xs))


def _before_bias(terms: tuple[Expression, ...], more: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """The terms and more; a lone symbol after products stays the last one."""
    bias_is_last = terms[-1].operation == "variable" != terms[-2].operation
    return (*terms[:-1], *more, terms[-1]) if bias_is_last else (*terms, *more)


def _added(xp: Formulas, counted: Terms) -> Expression:
    """The sum of terms, like ones taken together, in the order in which the first of each stood."""
    together = _together(xp, counted)
    multiplied = _together(xp, _multiplied_out(xp, together))
    if len(multiplied) <= len(together):
        together = multiplied
    terms = [product(xp, xp.literal(shortest(n)), bare) for bare, n in together.items()]
    if not terms:
        return xp.literal(0)
    if len(terms) == 1:
        return terms[0]
    choices = [term for term in terms if term.operation == "where"]
    written = xp.make("+", *_positive_first(_bias_last(terms)))
    alone = len(choices) == 1 and all(term.number is not None or term in choices for term in terms)
    return chosen(xp, choices[0], written) if alone else written


def _together(xp: Formulas, counted: Terms) -> Terms:
    """Terms without the numbers before them, and the number before each that is not 0."""
    together: Terms = {}
    written: dict[frozenset[tuple[Expression, float]], Expression] = {}
    for term, times in counted.items():
        coefficient, powers = factors(term)
        bare = written.setdefault(frozenset(powers.items()), collected(xp, 1.0, powers))  # s y is y s
        together[bare] = together.get(bare, 0) + times * coefficient
    return {bare: n for bare, n in together.items() if n}


def _multiplied_out(xp: Formulas, together: Terms) -> Terms:
    """The terms with the first bracket of each, if it has one, multiplied out."""
    terms: Terms = {}
    for bare, n in together.items():
        powers = factors(bare)[1]
        brackets = (x for x, exponent in powers.items() if x.operation == "+" and exponent == 1)
        bracket = next((x for x in brackets if size(x) < LONG), None)
        if bracket is None:
            parts = [bare]
        else:
            del powers[bracket]
            parts = [product(xp, collected(xp, 1.0, powers), part) for part in bracket.parents]
        for part in parts:
            terms[part] = terms.get(part, 0) + n
    return terms


def _bias_last(terms: list[Expression]) -> list[Expression]:
    """``w a + b`` for ``b + w a``."""
    alone = [term for term in terms if term.operation == "variable"]
    products = [term for term in terms if _is_product_of_symbols(term)]
    return [*products, *alone] if len(alone) == 1 and len(products) == len(terms) - 1 else terms


def _is_product_of_symbols(x: Expression) -> bool:
    """Whether it is w a or 0.5 w, of either sign."""
    unsigned = x.parents[0] if x.operation == "neg" else x
    return unsigned.operation == "*" and all(
        y.operation == "variable" or y.number is not None for y in unsigned.parents
    )


def _positive_first(terms: list[Expression]) -> list[Expression]:
    """``y − x`` for ``−x + y``; what begins without a sign stays as it is."""
    return sorted(terms, key=_is_subtracted) if _is_subtracted(terms[0]) else terms


def _is_subtracted(term: Expression) -> bool:
    return term.operation == "neg" or (term.number or 0) < 0


def negative(xp: Formulas, x: Expression) -> Expression:
    """−x; of a difference the other way round."""
    if x.operation != "+":
        return product(xp, xp.literal(-1), x)
    return xp.make("+", *_positive_first([-term for term in x.parents]))


def difference(xp: Formulas, x: Expression, y: Expression) -> Expression:
    """x − y."""
    if max(count("+", x), count("+", y)) >= WIDE:
        return total(xp, x, negative(xp, y))
    return _added(xp, _terms([x, xp.make("neg", y)]))
