"""Operations of formulas that are written by others, or that bring what they are given into order."""

from __future__ import annotations

import math
from functools import partial, reduce
from typing import TYPE_CHECKING

from .cases import at_most, greater, less, where
from .joined import WIDE, count
from .normal import power, product, quotient
from .terms import difference, negative, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.expressions import Expression

    from .algebra import Formulas


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
    """Whether a minus stands before it, or before each of its terms."""
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
    "where": where,
    "<=": at_most,
    "<": less,
    ">": greater,
}
"""Operations that are written by others, or that bring what they are given into order."""
