"""One factor of the chain rule: a local derivative as ∂z/∂w, as a formula, and as a number.

Terms that differ by one index become the general term of a sum: Σ_j ∂z_j/∂a_k · ∂C/∂z_j.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.formula.reading import Formula
from engine.formula.symbols import PRODUCT, Symbol, after_d, counting_index, derivative
from engine.formula.typeset import LATEX_NUMBERS
from engine.graph import topological_order
from engine.labels import bracketed, number
from engine.numeric import in_json
from engine.readings.formulas import Formulas

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.formula.symbols import Piece
    from engine.readings.expressions import Expression
    from engine.value import Value

LONGEST = 120
"""Longest formula, in characters, among other factors; longer ones are written by name, as ``∂z/∂w``."""


@dataclass(frozen=True, slots=True)
class Derivative:
    r"""∂of/∂by, or the error δ = ∂C/∂z of a pre-activation.

    ``direct`` marks a derivative with respect to an operand of C on which C also depends through other nodes:
    the local derivative is then not the whole ∂C/∂by.

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
        return derivative(self.of, self.by, direct=self.direct)

    def latex(self, last: int | None = None) -> str:
        """Return LaTeX; given the number of the last layer, layers are counted back from L."""
        if self.delta:
            return self._error.latex(last) if self._is_z else rf"\delta({self.by.latex(last)})"
        of, by = (after_d(end).latex(last) for end in (self.of, self.by))
        fraction = rf"\frac{{\partial {of}}}{{\partial {by}}}"
        return rf"\left.{fraction}\right|_{{\text{{direct}}}}" if self.direct else fraction

    @property
    def _is_z(self) -> bool:
        """Whether δ can take over the indices; another letter's could be mistaken for those of a z."""
        return self.by.letter == "z"

    @property
    def _error(self) -> Symbol:
        z = self.by
        return Symbol(f"δ{z.text.removeprefix(z.letter)}", "δ", z.below, z.layer, z.copy, z.bare)


@dataclass(frozen=True, slots=True)
class Factor:
    """A derivative with its number; ``formula`` is None if it is written by name."""

    derivative: Derivative
    number: float
    formula: Formula | None = None

    @property
    def symbols(self) -> str:
        """The formula, in brackets if needed among other factors."""
        told = self._told
        return told.at_least(PRODUCT) if told else str(self.derivative)

    @property
    def alone(self) -> str:
        """The formula without other factors beside it: a sum needs no brackets."""
        return self._told.text if self._told else str(self.derivative)

    def latex(self, last: int | None = None, *, alone: bool = False) -> str:
        """Return the formula as LaTeX; ``alone`` omits the brackets around a sum."""
        if self.formula and self._told:
            piece = self.formula.latex_piece(last)
            return piece.text if alone else piece.at_least(PRODUCT)
        return self.derivative.latex(last)

    @property
    def _told(self) -> Piece | None:
        """The formula's text, if there is one and it is not too long."""
        piece = self.formula.piece() if self.formula else None
        return piece if piece and len(piece.text) <= LONGEST else None

    @property
    def numeral(self) -> str:
        """The number, in brackets if negative."""
        return bracketed(number(self.number))

    @property
    def latex_numeral(self) -> str:
        """The same as LaTeX."""
        return bracketed(latex_number(self.number))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"derivative": str(self.derivative), "symbols": self.symbols, "number": in_json(self.number)}


def latex_number(x: float) -> str:
    r"""Return a number as LaTeX.

    >>> print(latex_number(-2.5e-9))
    -2.5 \cdot 10^{-9}
    """
    return "-" * (x < 0) + LATEX_NUMBERS.number(abs(x)).text


# ── Products of activation and cost that the documents simplify ───────────────────────────────────


def simplified(
    a: Value, cost: Value, position: int, names: Mapping[Value, Symbol], taken: Collection[str]
) -> Formula | None:
    """Return ∂a/∂z · ∂C/∂a as a sum of symbols, such as y − a for sigmoid and log-likelihood; else None.

    The derivative of the activation is written in terms of its value: σ′(z) = a(1 − a).
    """
    if (
        a.rule is None
        or cost.rule is None
        or len(a.parents) != 1
        or "handmade" in {a.rule.name, cost.rule.name}
    ):
        return None
    xp = Formulas()
    variables = {node: xp.variable() for node in dict.fromkeys((*a.parents, *cost.parents))}
    value, (slope,) = a.rule(xp, variables[a.parents[0]])
    by_value = _replaced(xp, xp.operand(slope), xp.operand(value), variables[a])
    by_a = xp.operand(cost.rule(xp, *(variables[parent] for parent in cost.parents))[1][position])
    terms = by_a.parents if by_a.operation == "+" else (by_a,)
    found = xp.call("+", *(by_value * term for term in terms)) if len(terms) > 1 else by_value * by_a
    plain = {"+", "neg", "variable", "literal"}
    if any(part.operation not in plain for part in topological_order(found)):
        return None
    symbols = {x: names[node] for node, x in variables.items()}
    return Formula(found, symbols, {x: node.data for node, x in variables.items()}, taken)


def _replaced(xp: Formulas, x: Expression, old: Expression, new: Expression) -> Expression:
    """Return the expression with one part replaced by another."""
    done = {old: new}
    for part in topological_order(x):
        if part not in done:
            parents = [done[parent] for parent in part.parents]
            done[part] = xp.call(part.operation, *parents) if parents else part
    return done[x]


# ── Terms that differ by one index ────────────────────────────────────────────────────────────────

if TYPE_CHECKING:
    Term: TypeAlias = tuple[Factor, ...]

INDEX = "j"
TERMS = 4
"""Terms that a sum may have; longer ones are written with Σ or dots."""


def general(terms: Sequence[Term], start: int = 0) -> Term | None:
    """Return the general term if these are its instances for j = start, start + 1, …; else None."""
    if len({len(term) for term in terms}) > 1:
        return None
    found = []
    for factors in zip(*terms, strict=True):
        factor = _factor(factors, start)
        if factor is None:
            return None
        found.append(factor)
    counts = any(factor.derivative != one.derivative for factor, one in zip(found, terms[0], strict=True))
    return tuple(found) if counts else None


def counted(symbols: Sequence[Symbol], start: int = 0) -> Symbol | None:
    """Return the symbol with j as the index that counts from ``start``; unchanged if all agree; else None.

    >>> from engine.formula import symbol
    >>> print(counted([symbol("w_02^(1)"), symbol("w_12^(1)")]), counted([symbol("a_1"), symbol("a_0")]))
    w_j2^(1) None
    """
    first = symbols[0]
    if all(symbol == first for symbol in symbols):
        return first
    place = counting_index(symbols, start)
    return None if place is None else first.with_index(place, INDEX)


def _factor(factors: Sequence[Factor], start: int) -> Factor | None:
    first = factors[0]
    if any(factor.derivative.delta != first.derivative.delta for factor in factors):
        return None
    of, by = (counted([getattr(f.derivative, end) for f in factors], start) for end in ("of", "by"))
    if of is None or by is None:
        return None
    derivative = replace(first.derivative, of=of, by=by)
    formulas = [factor.formula for factor in factors if factor.formula]
    if not formulas:
        return Factor(derivative, first.number)
    formula = _formula(formulas, start) if len(formulas) == len(factors) else None
    return Factor(derivative, first.number, formula) if formula else None


def _formula(formulas: Sequence[Formula], start: int) -> Formula | None:
    names: dict[Expression, Symbol] = {}
    stack = [tuple(formula.expression for formula in formulas)]
    while stack:
        parts = stack.pop()
        first = parts[0]
        if any(_kind(part) != _kind(first) for part in parts):
            return None
        if first.operation == "variable":
            symbols = [formula.names[part] for formula, part in zip(formulas, parts, strict=True)]
            name = counted(symbols, start)
            if name is None or names.setdefault(first, name) != name:
                return None
        stack += zip(*(part.parents for part in parts), strict=True)
    return replace(formulas[0], names=names, sheet=None)


def _kind(part: Expression) -> tuple[str, float | None, int]:
    return part.operation, part.number, len(part.parents)
