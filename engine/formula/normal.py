"""Products in the form that one writes by hand: a number and powers of the other factors.

Operands are brought into this form and written back. Like factors are taken together; nothing is multiplied
out, but for (1 − x)(1 + x), which becomes 1 − x².

>>> from engine.formula.algebra import Formulas
>>> xp = Formulas()
>>> x, y = xp.variable(), xp.variable()
>>> factors(x / (2 * y) * x) == (0.5, {x: 2, y: -1})
True
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

from .chosen import chosen

if TYPE_CHECKING:
    from typing import TypeAlias

    from engine.expressions import Expression

    from .algebra import Formulas

    Powers: TypeAlias = dict[Expression, float]

LONG = 8
"""Terms of a sum: one of as many is no longer searched for what could be taken together."""

LONGEST_DECIMAL = 6
"""Characters of 0.0625: a longer decimal that is 1/n is written so."""


def factors(*xs: Expression) -> tuple[float, Powers]:
    """The number before a product, and the power of each other factor, in the order written."""
    coefficient = 1.0
    powers: Powers = {}
    stack = [(x, 1.0) for x in reversed(xs)]
    while stack:
        x, exponent = stack.pop()
        if x.number is not None and _has_power(x.number, exponent):
            coefficient *= x.number**exponent
        elif x.operation == "neg" and exponent % 2 in {0, 1}:
            coefficient *= -1 if exponent % 2 else 1
            stack.append((x.parents[0], exponent))
        elif x.operation == "*" and is_whole(exponent):
            stack += [(factor, exponent) for factor in reversed(x.parents)]
        elif x.operation == "/" and is_whole(exponent):
            top, bottom = x.parents
            stack += [(bottom, -exponent), (top, exponent)]
        elif x.operation == "power" and x.parents[1].number is not None and is_whole(exponent):
            stack.append((x.parents[0], exponent * x.parents[1].number))
        else:
            powers[x] = powers.get(x, 0) + exponent
    return coefficient, powers


def collected(xp: Formulas, coefficient: float, powers: Powers) -> Expression:
    """The product, as one fraction with its sign before it; symbols stand before functions."""
    tops: list[Expression] = []
    bottoms: list[Expression] = []
    for base, exponent in sorted(powers.items(), key=lambda factor: factor[0].operation != "variable"):
        if exponent:
            (tops if exponent > 0 else bottoms).append(_raised(xp, base, abs(exponent)))
    size = abs(coefficient)
    if 0 < size < 1 and is_whole(1 / size) and (bottoms or len(repr(size)) > LONGEST_DECIMAL):
        bottoms.insert(0, xp.literal(int(1 / size)))
        size = 1
    if not size or not tops or size != 1:
        tops = [xp.literal(shortest(size)), *(tops if size else [])]
    top = tops[0] if len(tops) == 1 else _flat(xp, tops)
    product = xp.make("/", top, _flat(xp, bottoms)) if bottoms and size else top
    return _minus(xp, product) if coefficient < 0 else product


def _flat(xp: Formulas, several: list[Expression]) -> Expression:
    return several[0] if len(several) == 1 else xp.make("*", *several)


def _raised(xp: Formulas, base: Expression, exponent: float) -> Expression:
    if exponent == 1:
        return base
    return xp.make("sqrt", base) if exponent == 0.5 else xp.make("power", base, shortest(exponent))


def _has_power(number: float, exponent: float) -> bool:
    """Whether a number's power is a number that stands for it as well."""
    if exponent == 1:
        return True
    whole = is_whole(exponent) and abs(exponent) < 16
    return whole and math.isfinite(number) and (number != 0 or exponent > 0)


def is_whole(number: float) -> bool:
    """Whether a number is an integer."""
    return float(number).is_integer()


def shortest(number: float) -> float:
    """An integer as an int."""
    return int(number) if is_whole(number) else number


def _minus(xp: Formulas, x: Expression) -> Expression:
    return xp.literal(-x.number) if x.number is not None else xp.make("neg", x)


def product(xp: Formulas, *xs: Expression) -> Expression:
    """The product, with powers of one base taken together."""
    coefficient, powers = factors(*xs)
    for base, exponent in list(powers.items()):
        if base.operation == "sqrt" and exponent % 2 == 0:
            del powers[base]
            powers[base.parents[0]] = powers.get(base.parents[0], 0) + exponent / 2
        elif base.operation == "sech" and exponent == 2:  # as everyone writes it
            del powers[base]
            powers[1 - xp.square(xp.tanh(base.parents[0]))] = 1
    _join_conjugates(xp, powers)
    written = collected(xp, coefficient, powers)
    choice = next((base for base in powers if base.operation == "where"), None)
    return written if choice is None else chosen(xp, choice, written)


def _join_conjugates(xp: Formulas, powers: Powers) -> None:
    """Put 1 − x² for (1 − x)(1 + x), under a root as well."""
    for x, y in combinations(list(powers), 2):
        if x.operation == y.operation and x in powers and y in powers and powers[x] == powers[y]:
            joined = _conjugates(xp, x, y)
            if joined is not None:
                powers[joined] = powers.pop(x)
                del powers[y]


def _conjugates(xp: Formulas, x: Expression, y: Expression) -> Expression | None:
    """The product of two sums where it has no more terms than they; None elsewhere."""
    if x.operation == "sqrt":
        inside = _conjugates(xp, x.parents[0], y.parents[0])
        return None if inside is None else xp.call("sqrt", inside)
    if {x.operation, y.operation} != {"+"} or len(x.parents) + len(y.parents) > LONG:
        return None
    multiplied = xp.call("+", *(product(xp, u, v) for u in x.parents for v in y.parents))
    short = multiplied.operation == "+" and len(multiplied.parents) <= max(len(x.parents), len(y.parents))
    return multiplied if short else None


def quotient(xp: Formulas, x: Expression, y: Expression) -> Expression:
    """x/y, as one fraction."""
    return product(xp, xp.make("/", x, y))


def power(xp: Formulas, x: Expression, n: Expression) -> Expression:
    """xⁿ."""
    if n.number is None:
        return xp.make("power", x, n)
    if x.number == 1:
        return x
    if is_whole(n.number):
        coefficient, powers = factors(x)
        if len(powers) + (coefficient != 1) <= 1:
            return product(xp, xp.make("power", x, n))
    return collected(xp, 1.0, {x: n.number})
