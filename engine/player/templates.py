"""Formulas with a place for every name, so that a page can write symbols or ever new numbers in them.

A template is a list of HTML and places: the number k of a node stands for its name or its number, its
complement ~k for its number in brackets where that is negative.

>>> from engine import Value
>>> from engine.formula import of_node
>>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
>>> formula, _ = of_node(w * x, {w: "w", x: "x"})
>>> with_names(formula, {"w": 0, "x": 1}), with_numbers(formula, {"w": 0, "x": 1})
([0, ' ', 1], [-1, ' · ', -2])
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from engine.formula.html import HTML, Html, in_html
from engine.formula.pieces import SUM, Piece

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.expressions import Expression
    from engine.formula import Formula

    Places: TypeAlias = Mapping[str, int]

Template: TypeAlias = list[str | int]


NUMBERS = Html(dots=True)
PLACE = re.compile("\0(-?[0-9]+)\0")


class _Number(Piece):
    """A place for a number: a negative one stands in brackets wherever a sum would."""

    __slots__ = ()

    def at_least(self, level: int) -> str:
        """The place, told apart where it wants brackets."""
        return _mark(~int(self.text.strip("\0"))) if level > SUM else self.text


def with_names(formula: Formula, places: Places) -> Template:
    """The formula in symbols, long sums shortened; what a Σ runs over is no node and stands as it is."""
    expression, names = formula.shown()

    def spell(x: Expression) -> Piece:
        name = names[x]
        return Piece(_mark(places[str(name)]), name.level) if x in formula.names else in_html(name)

    return _template(formula.typeset(expression, HTML, id(names), id(places), spell=spell).text)


def with_numbers(formula: Formula, places: Places) -> Template:
    """The formula with numbers in it, long sums with dots."""
    names = formula.names
    piece = formula.typeset(
        formula.elided(), NUMBERS, id(places), spell=lambda x: _Number(_mark(places[str(names[x])]))
    )
    return _template(piece.text)


def _mark(place: int) -> str:
    return f"\0{place}\0"


def _template(text: str) -> Template:
    parts = PLACE.split(text)
    return [int(part) if k % 2 else part for k, part in enumerate(parts) if part]
