r"""Formulas as LaTeX, in what MathJax and KaTeX know.

>>> LATEX.function("sigmoid′", [Piece("z")]).text, LATEX.number(0.5).text
("\\sigma'(z)", '\\frac{1}{2}')
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from .pieces import ATOM, FRACTION, POWER, PRODUCT, Piece
from .symbols import symbol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BUILT_IN = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
NAMES = {name: rf"\{name}" for name in BUILT_IN} | {
    "sigmoid": r"\sigma",
    "relu": r"\operatorname{ReLU}",
    "log": r"\ln",
    "log2": r"\log_2",
    "log10": r"\log_{10}",
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
    "asinh": r"\operatorname{arsinh}",
    "acosh": r"\operatorname{arcosh}",
    "atanh": r"\operatorname{artanh}",
    "maximum": r"\max",
    "minimum": r"\min",
    "π": r"\pi",
    "…": r"\dots",
}
BEGIN, END = r"\begin{cases}", r"\end{cases}"


@dataclass(frozen=True)
class Latex:
    """The style of LaTeX."""

    dots: bool = False
    """Whether all factors have a sign between them, as numbers need it."""
    minus: ClassVar[str] = "-"
    joint: ClassVar[str] = r" \cdot "
    comparisons: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"<": r"\lt", "<=": r"\le", ">": r"\gt", ">=": r"\ge", "=": "="}  # not "<", for the sake of HTML
    )

    def number(self, x: float) -> Piece:
        """Six significant digits; among symbols, ½ for a half."""
        if x == 0.5 and not self.dots:
            return Piece(r"\frac{1}{2}", FRACTION)
        digits, _, exponent = f"{x:.6g}".replace("inf", r"\infty").partition("e")
        if not exponent:
            return Piece(rf"\text{{{digits}}}" if digits == "nan" else digits)
        return Piece(rf"{digits} \cdot 10^{{{int(exponent)}}}", PRODUCT)

    def fraction(self, top: Piece, bottom: Piece) -> Piece:
        r"""\frac."""
        return Piece(rf"\frac{{{top.text}}}{{{bottom.text}}}", FRACTION)

    def power(self, base: Piece, exponent: Piece) -> Piece:
        """x^y."""
        text = exponent.text if len(exponent.text) == 1 else f"{{{exponent.text}}}"
        return Piece(f"{base.at_least(ATOM)}^{text}", POWER)

    def root(self, x: Piece) -> Piece:
        r"""\sqrt."""
        return Piece(rf"\sqrt{{{x.text}}}")

    def absolute(self, x: Piece) -> Piece:
        """The absolute value of x, between bars."""
        return Piece(rf"\left|{x.text}\right|")

    def cases(self, condition: Piece, x: Piece, y: Piece) -> Piece:
        """A brace with a line for each case."""
        otherwise = rf"{y.text} & \text{{otherwise}} {END}"
        if y.text.startswith(BEGIN) and y.text.count(BEGIN) == 1 and y.text.endswith(END):
            otherwise = y.text.removeprefix(BEGIN).lstrip()
        return Piece(rf"{BEGIN} {x.text} & {condition.text} \\ {otherwise}", FRACTION)

    def function(self, name: str, xs: Sequence[Piece]) -> Piece:
        """f(x), f'(x); a bare symbol where there is no x."""
        stem = name.removesuffix("′")
        shown = NAMES.get(stem) or _operator(stem)
        shown += "'" * (stem != name)
        return Piece(f"{shown}({', '.join(x.text for x in xs)})" if xs else shown)

    def series(self, index: str, last: str, term: Piece) -> Piece:
        r"""\sum, with its bounds."""
        return Piece(rf"\sum_{{{index}=0}}^{{{last}}} {term.at_least(PRODUCT)}", PRODUCT)


def _operator(name: str) -> str:
    """The name of a function; an operation made by hand may have any."""
    escaped = name.replace("_", r"\_")
    return rf"\operatorname{{{escaped}}}" if name.isidentifier() else symbol(name).latex()


LATEX = Latex()
NUMBERS = Latex(dots=True)
