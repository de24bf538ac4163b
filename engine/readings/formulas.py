"""The rules read with formulas: expressions that simplify themselves lightly, as people do by hand.

Sums are terms with coefficients: like terms are collected, and brackets are multiplied out if that leaves no
more terms than before. Products are a number and powers of the other factors: like factors are collected, and
nothing is multiplied out, except (1 − x)(1 + x), which becomes 1 − x².

>>> from engine import rules
>>> xp = Formulas()
>>> x, y, s = xp.variable(), xp.variable(), xp.variable()
>>> value, (slope,) = rules.power.at(n=2)(xp, x)
>>> slope.operation, [factor.number for factor in slope.parents]
('*', [2, None])
>>> y * (1 - s) - (1 - y) * s is y - s
True
>>> factors(x / (2 * y) * x) == (0.5, {x: 2, y: -1})
True
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial, reduce
from itertools import combinations
from typing import TYPE_CHECKING, Any

from engine.rules.activations import SQRT_2_OVER_PI, SQRT_2PI, SQRT_HALF
from engine.rules.elementary import LN2, LN10, TWO_OVER_SQRT_PI

from .cases import all_zero, at_most, chosen, greater, less, where
from .expressions import Expression, Expressions
from .joined import WIDE, Joined, count, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from .expressions import Operand

    Terms: TypeAlias = dict[Expression, float]
    Powers: TypeAlias = dict[Expression, float]


class ParameterLetter(Expression):
    """A letter for a rule's parameter in the general case: it is not 0, and not greater than another one.

    A rule may check its parameters for that, as ``power`` and ``clip`` do; elsewhere they are numbers.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return True

    def __gt__(self, other: Operand) -> Any:
        return False if isinstance(other, ParameterLetter) else NotImplemented

    def __ge__(self, other: Operand) -> Any:
        return NotImplemented  # Python asks lo before x about x ≤ lo

    def __le__(self, other: Operand) -> Any:
        return True if isinstance(other, ParameterLetter) else NotImplemented


class Formulas(Expressions):
    """The arithmetic of formulas. ``written_out`` puts 1/(1 + e⁻ˣ) for σ(x)."""

    exact = True

    def __init__(self, *, written_out: bool = False) -> None:
        super().__init__()
        self.written_out = written_out

    def call(self, operation: str, *operands: Operand) -> Expression:
        """Return the operation on these operands, simplified."""
        simplify = SIMPLIFIED.get(operation)
        return simplify(self, *map(self.operand, operands)) if simplify else self.make(operation, *operands)

    def joined(self, operation: str, x: Expression, y: Expression) -> Expression:
        """Join two sums, or two maxima, in one step, however long they are."""
        key = ("joined", operation, x, y)
        if key not in self._known:
            self._known[key] = Joined(self, operation, x, y)
        return self._known[key]

    def literal(self, number: float) -> Expression:
        """Return a number; one with a name in the rules is written that way: ``√(2/π)``."""
        known = CONSTANTS.get(abs(number))
        if known:
            return known(self) if number > 0 else -known(self)
        fraction = ratio(abs(number)) if len(repr(abs(number))) > LONGEST_DECIMAL else None
        if fraction:
            return self.make("/", *fraction) if number > 0 else -self.literal(-number)
        return super().literal(number)

    def parameter(self) -> ParameterLetter:
        """Return a new letter for a parameter.

        >>> xp = Formulas()
        >>> bool(xp.parameter()), xp.parameter() > xp.parameter()
        (True, False)
        """
        return ParameterLetter(self, "variable")

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
    math.pi: lambda xp: xp.make("π"),
    2 * math.pi: lambda xp: 2 * xp.make("π"),
    math.pi / 2: lambda xp: xp.make("π") / 2,
    math.e: lambda xp: xp.make("exp", 1),
}
"""Constants of the rules, and numbers that have a letter, with their exact forms."""

# ── Sums ────────────────────────────────────────────────────────────────────────────────────────────


def _terms(xs: Iterable[Expression]) -> Terms:
    """Return the terms of a sum and their coefficients; a bare number is the coefficient of 1."""
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
    """Return the sum. A long one is only extended: otherwise time would be quadratic in a neuron's inputs."""
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
    """Return the terms and more; a lone symbol after products stays last."""
    bias_is_last = terms[-1].operation == "variable" != terms[-2].operation
    return (*terms[:-1], *more, terms[-1]) if bias_is_last else (*terms, *more)


def _added(xp: Formulas, counted: Terms) -> Expression:
    """Return the sum with like terms collected, in the order in which the first of each occurs."""
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
    """Return terms without coefficients, and the coefficients that are not 0."""
    together: Terms = {}
    written: dict[frozenset[tuple[Expression, float]], Expression] = {}
    for term, times in counted.items():
        coefficient, powers = factors(term)
        bare = written.setdefault(frozenset(powers.items()), collected(xp, 1.0, powers))  # s y is y s
        together[bare] = together.get(bare, 0) + times * coefficient
    return {bare: n for bare, n in together.items() if n}


def _multiplied_out(xp: Formulas, together: Terms) -> Terms:
    """Return the terms, with the first bracket of each, if any, multiplied out."""
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
    """Return whether it is like w a or 0.5 w, with either sign."""
    unsigned = x.parents[0] if x.operation == "neg" else x
    return unsigned.operation == "*" and all(
        y.operation == "variable" or y.number is not None for y in unsigned.parents
    )


def _positive_first(terms: list[Expression]) -> list[Expression]:
    """``y − x`` for ``−x + y``; a sum that does not begin with a minus is unchanged."""
    return sorted(terms, key=_is_subtracted) if _is_subtracted(terms[0]) else terms


def _is_subtracted(term: Expression) -> bool:
    return term.operation == "neg" or (term.number or 0) < 0


def negative(xp: Formulas, x: Expression) -> Expression:
    """−x; a difference is reversed."""
    if x.operation != "+":
        return product(xp, xp.literal(-1), x)
    return xp.make("+", *_positive_first([-term for term in x.parents]))


def difference(xp: Formulas, x: Expression, y: Expression) -> Expression:
    """x − y."""
    if max(count("+", x), count("+", y)) >= WIDE:
        return total(xp, x, negative(xp, y))
    return _added(xp, _terms([x, xp.make("neg", y)]))


# ── Products ────────────────────────────────────────────────────────────────────────────────────────

LONG = 8
"""Terms from which on a sum is only extended, not simplified."""

LONGEST_DECIMAL = 6
"""Characters of 0.0625: a longer decimal that equals p/q is written as a fraction."""

LARGEST_DENOMINATOR = 1000
"""The largest denominator of a fraction that a reader would recognise; others are decimals."""

MOST_FOLDED = 16
"""Powers of numbers are evaluated for exponents below it."""

ROUNDED = 1e-14
"""The relative error up to which a number counts as an integer."""

LEAST = 1e-280
"""Products of numbers below it, or above 1/LEAST, are not evaluated: they may lose some or all digits."""


def factors(*xs: Expression) -> tuple[float, Powers]:
    """Return a product's coefficient, and the power of each other factor, in the order written."""
    powers: Powers = {}
    return _take(powers, *((x, 1.0) for x in xs)), powers


def _take(powers: Powers, *raised: tuple[Expression, float]) -> float:
    """Add factors to the existing ones, each raised to its exponent; return the numerical part.

    Numbers whose product would lose digits as a float are kept separate.
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
    """Return the product as one fraction with its sign in front; symbols come before functions."""
    tops: list[Expression] = []
    bottoms: list[Expression] = []
    for base, exponent in sorted(powers.items(), key=lambda factor: _place(factor[0])):
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


def _place(base: Expression) -> int:
    """Return the position class in a product: π and e, symbols, everything else."""
    if base.operation == "π" or is_e(base):
        return 0
    return 1 if base.operation == "variable" else 2


def is_e(x: Expression) -> bool:
    """Return whether it is the number e."""
    return x.operation == "exp" and x.parents[0].number == 1


def _flat(xp: Formulas, several: list[Expression]) -> Expression:
    return several[0] if len(several) == 1 else xp.make("*", *several)


def _raised(xp: Formulas, base: Expression, exponent: float) -> Expression:
    if exponent == 1:
        return base
    return xp.make("sqrt", base) if exponent == 0.5 else xp.make("power", base, shortest(exponent))


def _times(coefficient: float, number: float, exponent: float) -> float | None:
    """Return a number times the power of another; None if it is not evaluated."""
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
    """Return whether a number is an integer."""
    return float(number).is_integer()


def ratio(number: float) -> tuple[int, int] | None:
    """Return numerator and denominator of a positive number that is exactly a fraction of small integers.

    >>> ratio(2 / 3), ratio(0.5), ratio(3.0), ratio(2**0.5)
    ((2, 3), (1, 2), None, None)
    """
    if not LEAST < number < LARGEST_DENOMINATOR or is_whole(number):
        return None
    found = Fraction(number).limit_denominator(LARGEST_DENOMINATOR)
    return (found.numerator, found.denominator) if float(found) == number else None


def shortest(number: float) -> float:
    """Return an integer as an int."""
    return int(number) if is_whole(number) else number


def _minus(xp: Formulas, x: Expression) -> Expression:
    return xp.literal(-x.number) if x.number is not None else xp.make("neg", x)


def product(xp: Formulas, *xs: Expression) -> Expression:
    """Return the product, with powers of the same base collected."""
    coefficient, powers = factors(*xs)
    bases = list(powers)
    for base in bases:
        exponent = powers.get(base, 0)
        if base.operation == "sqrt" and exponent and exponent % 2 == 0:
            other = base.parents[0], exponent / 2
        elif base.operation == "sech" and exponent == 2:  # the usual form
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
    """Replace (1 − x)(1 + x) by 1 − x², also under a root."""
    sums = [base for base in powers if base.operation in {"+", "sqrt"}]
    for x, y in combinations(sums if len(sums) <= LONG else [], 2):
        if x in powers and y in powers and powers[x] == powers[y]:
            joined = _conjugates(xp, x, y)
            if joined is not None:
                exponent = powers.pop(x)
                del powers[y]
                powers[joined] = powers.get(joined, 0) + exponent


def _conjugates(xp: Formulas, x: Expression, y: Expression) -> Expression | None:
    """Return the product of two sums if it has no more terms than they have; else None."""
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
    if is_e(x):
        return xp.make("exp", n)
    if n.number is None:
        return xp.make("power", x, n)
    if x.number == 1:
        return x
    if is_whole(n.number):
        coefficient, powers = factors(x)
        if len(powers) + (coefficient != 1) <= 1:
            return product(xp, xp.make("power", x, n))
    return collected(xp, 1.0, {x: n.number})


# ── Other operations ────────────────────────────────────────────────────────────────────────────────


def _largest(name: str) -> Callable[..., Expression]:
    def of(xp: Formulas, *xs: Expression) -> Expression:
        if any(count(name, x) >= WIDE for x in xs):
            return reduce(partial(xp.joined, name), xs)
        flat = [part for x in xs for part in (x.parents if x.operation == name else [x])]
        return xp.make(name, *flat)

    return of


def _absolute(xp: Formulas, x: Expression) -> Expression:
    if x.number is not None:
        return xp.literal(math.fabs(x.number))
    if x.operation == "neg":
        return _absolute(xp, x.parents[0])
    return x if x.operation == "abs" else xp.make("abs", x)


def _sigmoid(xp: Formulas, x: Expression) -> Expression:
    if xp.written_out:
        return 1 / (1 + xp.call("exp", -x))
    return difference(xp, xp.literal(1), _sigmoid(xp, -x)) if _is_negative(x) else xp.make("sigmoid", x)


def _is_negative(x: Expression) -> bool:
    """Return whether it, or each of its terms, has a minus sign."""
    terms = x.parents if x.operation == "+" else [x]
    return all(term.operation == "neg" or (term.number or 0) < 0 for term in terms)


def _sech(xp: Formulas, x: Expression) -> Expression:
    return 1 / xp.make("cosh", x) if xp.written_out else xp.make("sech", x)


SIMPLIFIED: dict[str, Callable[..., Expression]] = {
    "+": total,
    "-": difference,
    "*": product,
    "/": quotient,
    "neg": negative,
    "power": power,
    "ieee_div": quotient,
    "ieee_pow": power,
    "ieee_log": lambda xp, x: xp.log(x),
    "xlogy": lambda xp, x, y: x * xp.log(y),
    "expm1": lambda xp, x: xp.exp(x) - 1,
    "log1p": lambda xp, x: xp.log(1 + x),
    "softplus": lambda xp, x: xp.log(1 + xp.exp(x)),
    "gaussian": lambda xp, x: xp.exp(-xp.square(x)),
    "hypot": lambda xp, x, y: xp.sqrt(xp.square(x) + xp.square(y)),
    "sigmoid": _sigmoid,
    "sech": _sech,
    "minimum": _largest("minimum"),
    "maximum": _largest("maximum"),
    "abs": _absolute,
    "log": lambda xp, x: xp.literal(1) if is_e(x) else xp.make("log", x),
    "where": where,
    "<=": at_most,
    "<": less,
    ">": greater,
    "=": all_zero,
}
"""Operations that are expressed by others, or that simplify their operands."""
