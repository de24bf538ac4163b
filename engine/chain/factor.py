"""One link of the chain rule: a local derivative as ∂z/∂w, as what it is, and as a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.formula.latex import NUMBERS
from engine.formula.pieces import PRODUCT
from engine.formula.symbols import Symbol
from engine.names import bracketed, number
from engine.real import in_json

if TYPE_CHECKING:
    from engine.formula import Formula
    from engine.formula.pieces import Piece

LONGEST = 120
"""Characters of a formula among other factors; what is longer goes by its name, as ``∂z/∂w``."""


@dataclass(frozen=True, slots=True)
class Derivative:
    r"""∂of/∂by, or δ of a pre-activation, which is ∂C/∂z.

    ``direct`` is said of one operand of C where C depends on the same node in other ways too: then its local
    derivative is not the whole ∂C/∂by.

    >>> from engine.formula import symbol
    >>> d = Derivative(symbol("C"), symbol("w_01^(2)"))
    >>> print(d, d.latex())
    ∂C/∂w_01^(2) \frac{\partial C}{\partial w_{01}^{(2)}}
    >>> print(Derivative(symbol("C"), symbol("z_0^(2)"), delta=True))
    δ_0^(2)
    >>> h = symbol("h")
    >>> print(Derivative(symbol("C"), h, delta=True), Derivative(symbol("C"), h, direct=True))
    δ(h) ∂C/∂h|direct
    """

    of: Symbol
    by: Symbol
    delta: bool = False
    direct: bool = False

    def __str__(self) -> str:
        if self.delta:
            return str(self._error) if self._is_z else f"δ({self.by})"
        return f"∂{self.of}/∂{self.by}{'|direct' * self.direct}"

    def latex(self, last: int | None = None) -> str:
        """LaTeX; where the last layer's number is given, layers count back from L."""
        by = self.by.latex(last)
        if self.delta:
            return self._error.latex(last) if self._is_z else rf"\delta({by})"
        fraction = rf"\frac{{\partial {self.of.latex(last)}}}{{\partial {by}}}"
        return rf"\left.{fraction}\right|_{{\text{{direct}}}}" if self.direct else fraction

    @property
    def _is_z(self) -> bool:
        """Whether δ can take over the indices: those of another letter may be those of a z."""
        return self.by.letter == "z"

    @property
    def _error(self) -> Symbol:
        z = self.by
        return Symbol(f"δ{z.text.removeprefix(z.letter)}", "δ", z.below, z.layer, z.copy)


@dataclass(frozen=True, slots=True)
class Factor:
    """A derivative with its number; ``formula`` says what it is, None where it goes by its name."""

    derivative: Derivative
    number: float
    formula: Formula | None = None

    @property
    def symbols(self) -> str:
        """What it is, as it stands among other factors."""
        told = self._told
        return told.at_least(PRODUCT) if told else str(self.derivative)

    def latex(self, last: int | None = None) -> str:
        """The same as LaTeX."""
        if self.formula and self._told:
            return self.formula.latex_piece(last).at_least(PRODUCT)
        return self.derivative.latex(last)

    @property
    def _told(self) -> Piece | None:
        """The formula's text, where there is one that is not too long."""
        piece = self.formula.piece() if self.formula else None
        return piece if piece and len(piece.text) <= LONGEST else None

    @property
    def numeral(self) -> str:
        """The number, a negative one in brackets."""
        return bracketed(number(self.number))

    @property
    def latex_numeral(self) -> str:
        """The same as LaTeX."""
        return bracketed(latex_number(self.number))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"derivative": str(self.derivative), "symbols": self.symbols, "number": in_json(self.number)}


def latex_number(x: float) -> str:
    r"""A number as LaTeX.

    >>> print(latex_number(-2.5e-9))
    -2.5 \cdot 10^{-9}
    """
    return "-" * (x < 0) + NUMBERS.number(abs(x)).text
