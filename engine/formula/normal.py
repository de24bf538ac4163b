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
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from .chosen import chosen
from .joined import size

if TYPE_CHECKING:
    from typing import TypeAlias

    from engine.expressions import Expression

    from .algebra import Formulas

    Powers: TypeAlias = dict[Expression, float]

LONG = 8
"""Terms of a sum: one of as many is no longer searched for what could be taken together."""

LONGEST_DECIMAL = 6
"""Characters of 0.0625: a longer decimal that is p/q is written so."""

LARGEST_DENOMINATOR = 1000
"""That of a fraction p/q which a reader takes for what was meant; others are decimals."""

MOST_FOLDED = 16
"""Exponents of numbers that are worked out are below it."""

ROUNDED = 1e-14
"""How far a number may be off an integer that it stands for, in proportion to it."""

LEAST = 1e-280
"""Products of numbers below it, or above 1/LEAST, are not worked out: they may have lost digits, or all."""


def factors(*xs: Expression) -> tuple[float, Powers]:
    """The number before a product, and the power of each other factor, in the order written."""
    powers: Powers = {}
    return _take(powers, *((x, 1.0) for x in xs)), powers


def _take(powers: Powers, *raised: tuple[Expression, float]) -> float:
    """Take factors among those that there are, each raised to its exponent; what is a number is returned.

    Numbers whose product is no longer a float with all of its digits stay apart.
    """
    coefficient = 1.0
    stack = list(reversed(raised))
    while stack:
        x, exponent = stack.pop()
        number = None if x.number is None else _times(coefficient, x.number, exponent)
        if number is not None:
            coefficient = number
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
    return coefficient


def collected(xp: Formulas, coefficient: float, powers: Powers) -> Expression:
    """The product, as one fraction with its sign before it; symbols stand before functions."""
    tops: list[Expression] = []
    bottoms: list[Expression] = []
    for base, exponent in sorted(powers.items(), key=lambda factor: factor[0].operation != "variable"):
        if exponent:
            (tops if exponent > 0 else bottoms).append(_raised(xp, base, abs(exponent)))
    size = abs(coefficient)
    if math.isfinite(size) and abs(size - round(size)) <= ROUNDED * size:
        size = round(size)
    fraction = ratio(size)
    if fraction and ((bottoms and fraction[0] == 1) or len(repr(size)) > LONGEST_DECIMAL):
        bottoms.insert(0, xp.literal(fraction[1]))
        size = fraction[0]
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


def _times(coefficient: float, number: float, exponent: float) -> float | None:
    """A number times the power of another; None where that is no number which stands for it as well."""
    if not is_whole(exponent) or abs(exponent) >= MOST_FOLDED or (number == 0 and exponent < 0):
        return None
    try:
        power = float(number) ** abs(exponent)
        product = coefficient / power if exponent < 0 else coefficient * power
    except ArithmeticError:
        return None
    exact = 0 in {coefficient, number} or LEAST <= abs(product) <= 1 / LEAST
    return product if exact or not (math.isfinite(coefficient) and math.isfinite(number)) else None


def is_whole(number: float) -> bool:
    """Whether a number is an integer."""
    return float(number).is_integer()


def ratio(number: float) -> tuple[int, int] | None:
    """Numerator and denominator of a number above 0 that is, to the last bit, a fraction of small ones.

    >>> ratio(2 / 3), ratio(0.5), ratio(3.0), ratio(2**0.5)
    ((2, 3), (1, 2), None, None)
    """
    if not LEAST < number < LARGEST_DENOMINATOR or is_whole(number):
        return None
    found = Fraction(number).limit_denominator(LARGEST_DENOMINATOR)
    return (found.numerator, found.denominator) if float(found) == number else None


def shortest(number: float) -> float:
    """An integer as an int."""
    return int(number) if is_whole(number) else number


def _minus(xp: Formulas, x: Expression) -> Expression:
    return xp.literal(-x.number) if x.number is not None else xp.make("neg", x)


def product(xp: Formulas, *xs: Expression) -> Expression:
    """The product, with powers of one base taken together."""
    coefficient, powers = factors(*xs)
    bases = list(powers)
    for base in bases:
        exponent = powers.get(base, 0)
        if base.operation == "sqrt" and exponent and exponent % 2 == 0:
            other = base.parents[0], exponent / 2
        elif base.operation == "sech" and exponent == 2:  # as everyone writes it
            other = 1 - xp.square(xp.tanh(base.parents[0])), 1.0
        else:
            continue
        del powers[base]
        known = len(powers)
        coefficient *= _take(powers, other)
        bases += list(powers)[known:]
    _join_conjugates(xp, powers)
    written = collected(xp, coefficient, powers)
    choice = next((base for base in powers if base.operation == "where"), None)
    return written if choice is None else chosen(xp, choice, written)


def _join_conjugates(xp: Formulas, powers: Powers) -> None:
    """Put 1 − x² for (1 − x)(1 + x), under a root as well."""
    sums = [base for base in powers if base.operation in {"+", "sqrt"}]
    for x, y in combinations(sums if len(sums) <= LONG else [], 2):
        if x in powers and y in powers and powers[x] == powers[y]:
            joined = _conjugates(xp, x, y)
            if joined is not None:
                exponent = powers.pop(x)
                del powers[y]
                powers[joined] = powers.get(joined, 0) + exponent


def _conjugates(xp: Formulas, x: Expression, y: Expression) -> Expression | None:
    """The product of two sums where it has no more terms than they; None elsewhere."""
    roots = 0
    while x.operation == y.operation == "sqrt":
        x, y, roots = x.parents[0], y.parents[0], roots + 1
    if {x.operation, y.operation} != {"+"} or size(x) + size(y) > LONG:
        return None
    multiplied = xp.call("+", *(product(xp, u, v) for u in x.parents for v in y.parents))
    if multiplied.operation != "+" or len(multiplied.parents) > max(len(x.parents), len(y.parents)):
        return None
    for _ in range(roots):
        multiplied = xp.call("sqrt", multiplied)
    return multiplied


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
