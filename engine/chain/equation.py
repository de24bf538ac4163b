"""An equation of the chain rule: a derivative as a sum of products, as ``str`` and as LaTeX.

``∂C/∂w = ∂z/∂w · ∂a/∂z · ∂C/∂a`` has one product; where several paths lead on, each has its own. What the
products share at their beginning may stand behind the bracket, as σ′(z) does in the documents' δ.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from engine.characters import shown
from engine.real import in_json

from . import latex, text

if TYPE_CHECKING:
    from .factor import Derivative, Factor


@dataclass(frozen=True, slots=True)
class Equation:
    """``derivative = (Σ over terms of the product of their factors) · common = value``."""

    derivative: Derivative
    terms: tuple[tuple[Factor, ...], ...]
    value: float
    common: tuple[Factor, ...] = ()
    """Factors of all terms; of a single term none, they are in it."""

    def products(self) -> tuple[float, ...]:
        """Each term's number, without what is common."""
        return tuple(prod(factor.number for factor in term) for term in self.terms)

    def __str__(self) -> str:
        return shown("\n".join(text.equation(self)))

    def latex(self, last: int | None = None) -> str:
        """LaTeX with the numbers under the symbols; layers count back from L where the last is given."""
        return latex.aligned(latex.equation(self, last))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "derivative": str(self.derivative),
            "terms": [[factor.to_dict() for factor in term] for term in self.terms],
            "common": [factor.to_dict() for factor in self.common],
            "value": in_json(self.value),
        }
