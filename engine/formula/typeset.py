"""Formulas set in type: one walk over the expression, with a style for what each operation looks like.

>>> from engine.formula.algebra import Formulas
>>> xp = Formulas()
>>> a, y = xp.variable(), xp.variable()
>>> from engine.formula.plain import PLAIN
>>> print(typeset(2 * (a - y), PLAIN, {a: Piece("a"), y: Piece("y")}).text)
2(a − y)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from .joined import unfinished
from .pieces import COMPARISON, FRACTION, PRODUCT, SUM, Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.expressions import Expression


class Style(Protocol):
    """How operations are written: as plain text, or as LaTeX."""

    minus: ClassVar[str]
    joint: ClassVar[str]
    """Between factors, before a number."""
    comparisons: ClassVar[Mapping[str, str]]

    @property
    def dots(self) -> bool:
        """Whether the joint stands between all factors."""
        ...

    def number(self, x: float) -> Piece:
        """A number of 0 or more."""
        ...

    def fraction(self, top: Piece, bottom: Piece) -> Piece:
        """A quotient."""
        ...

    def power(self, base: Piece, exponent: Piece) -> Piece:
        """A power."""
        ...

    def root(self, x: Piece) -> Piece:
        """A square root."""
        ...

    def absolute(self, x: Piece) -> Piece:
        """An absolute value."""
        ...

    def cases(self, condition: Piece, x: Piece, y: Piece) -> Piece:
        """One of two, by a condition."""
        ...

    def function(self, name: str, xs: Sequence[Piece]) -> Piece:
        """A function of something; a symbol where it is of nothing."""
        ...

    def series(self, index: str, last: str, term: Piece) -> Piece:
        """A sum over an index from 0 to the last."""
        ...


class Pieces(dict["Expression", Piece]):
    """The pieces of expressions in one style, each written once: those of symbols when they are asked for."""

    def __init__(self, spell: Callable[[Expression], Piece]) -> None:
        self._spell = spell

    def __missing__(self, x: Expression) -> Piece:
        self[x] = self._spell(x)
        return self[x]


def typeset(x: Expression, style: Style, names: Mapping[Expression, Piece]) -> Piece:
    """An expression as text, given that of its variables; ``Pieces`` keep it for the next one."""
    done = names if isinstance(names, Pieces) else dict(names)
    for part in unfinished(x, done):
        if part.operation != "variable" or not isinstance(done, Pieces):
            done[part] = _piece(part, style, done)
    return done[x]


BY_HAND = "by hand: "
"""Before the name of an operation of which no more than its name is known: a ``+`` that need not be a sum."""
METHODS = {
    "/": "fraction",
    "power": "power",
    "sqrt": "root",
    "abs": "absolute",
    "where": "cases",
}
"""Operations that each style writes in a way of its own."""


def _piece(x: Expression, style: Style, done: Mapping[Expression, Piece]) -> Piece:
    operands = [done[parent] for parent in x.parents]
    if x.number is not None:
        return _literal(x.number, style)
    if x.operation in METHODS:
        piece: Piece = getattr(style, METHODS[x.operation])(*operands)
        return piece
    if x.operation in style.comparisons:
        sides = [operand.at_least(SUM) for operand in operands]
        return Piece(f" {style.comparisons[x.operation]} ".join(sides), COMPARISON)
    match x.operation:
        case "+":
            return _sum(x, style, done)
        case "*":
            return _product(x, operands, style)
        case "neg":
            return Piece(style.minus + operands[0].at_least(PRODUCT), SUM)
        case "exp":
            e = Piece("e")
            return e if x.parents[0].number == 1 else style.power(e, operands[0])
        case "Σ":
            index, count, term = operands
            return style.series(index.text, count.text, term)
    return style.function(x.operation.removeprefix(BY_HAND), operands)


def _literal(number: float, style: Style) -> Piece:
    if number < 0:
        return Piece(style.minus + style.number(-number).text, SUM)
    return style.number(abs(number))  # −0.0 has no sign to show


def _sum(x: Expression, style: Style, done: Mapping[Expression, Piece]) -> Piece:
    text = ""
    for term in x.parents:
        negative, piece = _signed(term, style, done)
        sign = (style.minus if negative else "+" * bool(text)) or ""
        text += f" {sign} " if text else sign
        text += piece.at_least(PRODUCT)
    return Piece(text, SUM)


def _signed(term: Expression, style: Style, done: Mapping[Expression, Piece]) -> tuple[bool, Piece]:
    """Whether a term is subtracted, and what it is without its sign."""
    if term.operation == "neg":
        return True, done[term.parents[0]]
    if term.number is not None and term.number < 0:
        return True, style.number(-term.number)
    return False, done[term]


def _product(x: Expression, operands: Sequence[Piece], style: Style) -> Piece:
    text, number = "", False
    for factor, piece in zip(x.parents, operands, strict=True):
        ends_with_sum = factor.operation == "Σ" and factor is x.parents[-1]
        shown = piece.at_least(PRODUCT if ends_with_sum else FRACTION)
        bracket = shown.startswith("(")
        if text and (style.dots or shown[0].isdigit()):
            text += style.joint
        elif text and not (bracket and (number or text.endswith(")"))):
            text += " "
        text += shown
        number = factor.number is not None
    return Piece(text, PRODUCT)
