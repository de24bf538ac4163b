"""Formulas as plain text, with the signs of mathematics that Unicode has.

>>> from engine.formula.pieces import SUM
>>> PLAIN.power(Piece("x"), Piece("2")).text, PLAIN.root(Piece("x + 1", SUM)).text
('x²', '√(x + 1)')
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from .pieces import ATOM, CASES, COMPARISON, POWER, PRODUCT, Piece

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
NAMES = {
    "sigmoid": "σ",
    "relu": "ReLU",
    "log": "ln",
    "log2": "log₂",
    "log10": "log₁₀",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arsinh",
    "acosh": "arcosh",
    "atanh": "artanh",
    "maximum": "max",
    "minimum": "min",
}
"""Functions that are not written by the name of their rule."""


@dataclass(frozen=True)
class Plain:
    """The style of text."""

    dots: bool = False
    """Whether all factors have a sign between them, as numbers need it."""
    minus: ClassVar[str] = "−"
    joint: ClassVar[str] = " · "
    comparisons: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "=": "="}
    )

    def number(self, x: float) -> Piece:
        """Six significant digits; among symbols, ½ for a half."""
        return Piece("½" if x == 0.5 and not self.dots else f"{x:.6g}".replace("-", "−").replace("inf", "∞"))

    def fraction(self, top: Piece, bottom: Piece) -> Piece:
        """x/y."""
        return Piece(f"{top.at_least(PRODUCT)}/{bottom.at_least(POWER)}", PRODUCT)

    def power(self, base: Piece, exponent: Piece) -> Piece:
        """x² with a raised number, else x^y."""
        text = exponent.text
        raised = text.translate(RAISED) if text.removeprefix("−").isdecimal() else f"^{_tight(exponent)}"
        return Piece(base.at_least(ATOM) + raised, POWER)

    def root(self, x: Piece) -> Piece:
        """√x."""
        return Piece(f"√{_tight(x)}", POWER)

    def absolute(self, x: Piece) -> Piece:
        """The absolute value of x, between bars; one within another has brackets, as both ends look alike."""
        return Piece(f"|({x.text})|" if "|" in x.text else f"|{x.text}|")

    def cases(self, condition: Piece, x: Piece, y: Piece) -> Piece:
        """Python's conditional expression."""
        return Piece(f"{x.at_least(COMPARISON)} if {condition.text} else {y.text}", CASES)

    def function(self, name: str, xs: Sequence[Piece]) -> Piece:
        """f(x), f′(x); a bare symbol where there is no x."""
        stem = name.removesuffix("′")
        shown = NAMES.get(stem, stem) + "′" * (stem != name)
        return Piece(f"{shown}({', '.join(x.text for x in xs)})" if xs else shown)

    def series(self, index: str, last: str, term: Piece) -> Piece:  # noqa: ARG002  (LaTeX shows the bounds)
        """Σ_k."""
        return Piece(f"Σ_{index} {term.at_least(PRODUCT)}", PRODUCT)


def _tight(x: Piece) -> str:
    return x.text if x.level == ATOM and x.text.isalnum() else f"({x.text})"


PLAIN = Plain()
NUMBERS = Plain(dots=True)
