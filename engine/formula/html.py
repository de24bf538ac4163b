"""Formulas as HTML that needs no script: italic letters, lowered indices, raised exponents.

>>> from engine.formula.symbols import symbol
>>> HTML.power(in_html(symbol("x")), Piece("2")).text, in_html(symbol("w_12^(3)")).text
('<i>x</i><sup>2</sup>', '<i>w</i><sub>12</sub><sup>(3)</sup>')
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from .pieces import ATOM, POWER, PRODUCT, Piece
from .plain import Plain
from .symbols import LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .reading import Formula
    from .symbols import Symbol


@dataclass(frozen=True)
class Html(Plain):
    """The style of HTML: that of text, with what is raised or lowered so."""

    comparisons: ClassVar[Mapping[str, str]] = MappingProxyType(
        {sign: escape(shown) for sign, shown in Plain.comparisons.items()}
    )

    def power(self, base: Piece, exponent: Piece) -> Piece:
        """x raised to y."""
        return Piece(f"{base.at_least(ATOM)}<sup>{exponent.text}</sup>", POWER)

    def root(self, x: Piece) -> Piece:
        """√x."""
        return Piece(f"√{x.at_least(ATOM)}", POWER)

    def series(self, index: str, last: str, term: Piece) -> Piece:  # noqa: ARG002  (as in text, bounds are not shown)
        """Σ with its index."""
        return Piece(f"Σ<sub>{index}</sub> {term.at_least(PRODUCT)}", PRODUCT)

    def function(self, name: str, xs: Sequence[Piece]) -> Piece:
        """f(x), whatever the name of f is."""
        return super().function(escape(name), xs)


HTML = Html()
GLYPHS = {name: letter for letter, name in LETTERS.items()}
"""The letters of Greek names."""


def set_in_html(formula: Formula) -> str:
    """A formula as HTML.

    >>> from engine import Value
    >>> from engine.formula import of_node
    >>> x = Value(3.0, label="x_0")
    >>> print(set_in_html(of_node(x**2, {x: "x_0"})[0]))
    <i>x</i><sub>0</sub><sup>2</sup>
    """
    expression, names = formula.shown()
    return formula.typeset(expression, HTML, id(names), spell=lambda x: in_html(names[x])).text


def in_html(name: Symbol) -> Piece:
    """A symbol as HTML; a label that reads as none is text."""
    if not name.letter:
        return Piece(escape(name.text), name.level)
    below = f"<sub>{name.below}</sub>" * bool(name.below)
    above = f"<sup>({name.layer})</sup>" * bool(name.layer)
    copy = f"[{name.copy}]" * bool(name.copy)
    letter = GLYPHS.get(name.letter, name.letter)
    return Piece(f"<i>{letter}</i>{below}{above}{copy}", name.level)
