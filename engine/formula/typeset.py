r"""Typeset formulas: one pass over an expression, with a style that defines how each operation looks.

There are three styles: plain text with the mathematical signs of Unicode, LaTeX that MathJax and KaTeX
support, and HTML without a script (italic letters, subscripts, superscripts).

>>> from engine.formula.symbols import symbol
>>> from engine.readings.formulas import Formulas
>>> xp = Formulas()
>>> a, y = xp.variable(), xp.variable()
>>> names = {a: Piece("a"), y: Piece("y")}
>>> for style in (PLAIN, LATEX, HTML):
...     print(typeset(xp.square(a - y) / 2, style, names).text)
½(a − y)²
\frac{1}{2}(a - y)^2
½(a − y)<sup>2</sup>
>>> LATEX.function("sigmoid′", [Piece("z")]).text, in_html(symbol("w_12^(3)")).text
("\\sigma'(z)", '<i>w</i><sub>12</sub><sup>(3)</sup>')
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Protocol

from engine.graph import unfinished

from .symbols import (
    ATOM,
    CASES,
    COMPARISON,
    FRACTION,
    LETTERS,
    POWER,
    PRODUCT,
    SUM,
    Piece,
    in_brackets,
    symbol,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.readings.expressions import Expression

    from .symbols import Symbol


class Style(Protocol):
    """How operations are written: as plain text, LaTeX or HTML."""

    minus: ClassVar[str]
    joint: ClassVar[str]
    """The sign between factors, before a number."""
    comparisons: ClassVar[Mapping[str, str]]

    @property
    def dots(self) -> bool:
        """Whether the joint is written between all factors."""
        ...

    def number(self, x: float) -> Piece:
        """Return a non-negative number."""
        ...

    def fraction(self, top: Piece, bottom: Piece) -> Piece:
        """Return a quotient."""
        ...

    def power(self, base: Piece, exponent: Piece) -> Piece:
        """Return a power."""
        ...

    def root(self, x: Piece) -> Piece:
        """Return a square root."""
        ...

    def absolute(self, x: Piece) -> Piece:
        """Return an absolute value."""
        ...

    def cases(self, condition: Piece, x: Piece, y: Piece) -> Piece:
        """Return one of two pieces, chosen by a condition."""
        ...

    def transposed(self, x: Piece) -> Piece:
        """Return a transposed matrix."""
        ...

    def entrywise(self, x: Piece, y: Piece) -> Piece:
        """Return an elementwise product."""
        ...

    def gradient(self, by: Piece, of: Piece) -> Piece:
        """Return a gradient with respect to a vector."""
        ...

    def function(self, name: str, xs: Sequence[Piece]) -> Piece:
        """Return a function of operands; a bare symbol if there are none."""
        ...

    def series(self, index: str, last: str, term: Piece) -> Piece:
        """Return a sum over an index from 0 to ``last``."""
        ...


class Pieces(dict["Expression", Piece]):
    """The pieces of expressions in one style, each typeset once; those of symbols on first use."""

    def __init__(self, spell: Callable[[Expression], Piece]) -> None:
        self._spell = spell

    def __missing__(self, x: Expression) -> Piece:
        self[x] = self._spell(x)
        return self[x]


def typeset(x: Expression, style: Style, names: Mapping[Expression, Piece]) -> Piece:
    """Return an expression as text, given that of its variables; ``Pieces`` cache the result."""
    done = names if isinstance(names, Pieces) else dict(names)
    for part in unfinished(x, done):
        if part.operation != "variable" or not isinstance(done, Pieces):
            done[part] = _piece(part, style, done)
    return done[x]


ONES = "[1, …, 1]ᵀ"
"""The vector of ones: a matrix times this vector is the sum of its columns."""
BY_HAND = "by hand: "
"""Prefix of an operation of which only the name is known: a ``+`` that need not be a sum."""
METHODS = {
    "/": "fraction",
    "power": "power",
    "sqrt": "root",
    "abs": "absolute",
    "where": "cases",
    "ᵀ": "transposed",
    "⊙": "entrywise",
    "∇": "gradient",
}
"""Operations that each style writes differently."""


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
    return style.number(abs(number))  # −0.0 is shown without a sign


def _sum(x: Expression, style: Style, done: Mapping[Expression, Piece]) -> Piece:
    text = ""
    for term in x.parents:
        negative, piece = _signed(term, style, done)
        sign = (style.minus if negative else "+" * bool(text)) or ""
        text += f" {sign} " if text else sign
        text += piece.at_least(PRODUCT)
    return Piece(text, SUM)


def _signed(term: Expression, style: Style, done: Mapping[Expression, Piece]) -> tuple[bool, Piece]:
    """Return whether a term is subtracted, and the term without its sign."""
    if term.operation == "neg":
        return True, done[term.parents[0]]
    if term.number is not None and term.number < 0:
        return True, style.number(-term.number)
    return False, done[term]


def _product(x: Expression, operands: Sequence[Piece], style: Style) -> Piece:
    text, number, closed = "", False, False
    for factor, piece in zip(x.parents, operands, strict=True):
        ends_with_sum = factor.operation == "Σ" and factor is x.parents[-1]
        shown = piece.at_least(PRODUCT if ends_with_sum else FRACTION)
        if text and (style.dots or shown[0].isdigit()):
            text += style.joint
        elif text and not (shown.startswith("(") and (number or closed)):
            text += " "
        text += shown
        number = factor.number is not None
        closed = shown.endswith(")") and (piece.level == ATOM or shown != piece.text)  # not w^(2), √(x)
    return Piece(text, PRODUCT)


def times_power_of_ten(style: Style, digits: str, exponent: str) -> Piece:
    """Return 2.5 · 10⁻⁹ rather than 2.5e−9, whose e could be read as a number."""
    power = style.power(Piece("10"), Piece(exponent))
    return power if digits == "1" else Piece(f"{digits}{style.joint}{power.text}", FRACTION)


# ── Plain text ──────────────────────────────────────────────────────────────────────────────────────

RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
PLAIN_NAMES = {
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
"""Functions that are not written like the name of their rule."""


@dataclass(frozen=True)
class Plain:
    """The style of plain text."""

    dots: bool = False
    """Whether all factors have a sign between them, as numbers require."""
    minus: ClassVar[str] = "−"
    joint: ClassVar[str] = " · "
    comparisons: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "=": "="}
    )

    def number(self, x: float) -> Piece:
        """Return six significant digits; among symbols, ½ for one half."""
        text = f"{x:.6g}"
        digits, _, exponent = text.partition("e")
        if exponent and not self.dots:
            return times_power_of_ten(self, digits, str(int(exponent)).replace("-", "−"))
        text = text.replace("-", "−").replace("inf", "∞")
        return Piece("½" if x == 0.5 and not self.dots else text, POWER if exponent else ATOM)  # (1e+10)²

    def fraction(self, top: Piece, bottom: Piece) -> Piece:
        """Return x/y."""
        return Piece(f"{top.at_least(PRODUCT)}/{bottom.at_least(POWER)}", PRODUCT)

    def power(self, base: Piece, exponent: Piece) -> Piece:
        """Return x² for an exponent that is a number, else x^y."""
        text = exponent.text
        raised = text.translate(RAISED) if text.removeprefix("−").isdecimal() else f"^{_tight(exponent)}"
        return Piece(base.at_least(ATOM) + raised, POWER)

    def root(self, x: Piece) -> Piece:
        """Return √x."""
        return Piece(f"√{_tight(x)}", POWER)

    def absolute(self, x: Piece) -> Piece:
        """Return x between bars; nested bars get brackets, since both ends look alike."""
        return Piece(f"|({x.text})|" if "|" in x.text else f"|{x.text}|")

    def cases(self, condition: Piece, x: Piece, y: Piece) -> Piece:
        """Return a conditional expression as in Python."""
        return Piece(f"{x.at_least(COMPARISON)} if {condition.text} else {y.text}", CASES)

    def transposed(self, x: Piece) -> Piece:
        """Return xᵀ."""
        return Piece(f"{x.at_least(ATOM)}ᵀ", POWER)

    def entrywise(self, x: Piece, y: Piece) -> Piece:
        """Return x ⊙ y."""
        return Piece(f"{x.at_least(FRACTION)} ⊙ {y.at_least(FRACTION)}", PRODUCT)

    def gradient(self, by: Piece, of: Piece) -> Piece:
        """Return ∇_x y."""
        return Piece(f"∇_{by.text} {of.text}", FRACTION)

    def function(self, name: str, xs: Sequence[Piece]) -> Piece:
        """Return f(x) or f′(x); a bare symbol if there is no x."""
        stem = name.removesuffix("′")
        shown = PLAIN_NAMES.get(stem, stem) + "′" * (stem != name)
        return Piece(f"{shown}({', '.join(x.text for x in xs)})" if xs else shown)

    def series(self, index: str, last: str, term: Piece) -> Piece:  # noqa: ARG002  (LaTeX shows the bounds)
        """Return a sum with Σ_k."""
        return Piece(f"Σ_{index} {term.at_least(PRODUCT)}", PRODUCT)


def _tight(x: Piece) -> str:
    return x.text if x.level == ATOM and x.text.isalnum() else f"({x.text})"


PLAIN = Plain()
PLAIN_NUMBERS = Plain(dots=True)

# ── LaTeX ───────────────────────────────────────────────────────────────────────────────────────────

BUILT_IN = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
LATEX_NAMES = {name: rf"\{name}" for name in BUILT_IN} | {
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
    ONES: r"[1, \dots, 1]^T",
}
BEGIN, END = r"\begin{cases}", r"\end{cases}"


@dataclass(frozen=True)
class Latex:
    """The style of LaTeX."""

    dots: bool = False
    """Whether all factors have a sign between them, as numbers require."""
    minus: ClassVar[str] = "-"
    joint: ClassVar[str] = r" \cdot "
    comparisons: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"<": r"\lt", "<=": r"\le", ">": r"\gt", ">=": r"\ge", "=": "="}  # not "<", which HTML would misread
    )

    def number(self, x: float) -> Piece:
        """Return six significant digits; among symbols, ½ for one half."""
        if x == 0.5 and not self.dots:
            return Piece(r"\frac{1}{2}", FRACTION)
        digits, _, exponent = f"{x:.6g}".replace("inf", r"\infty").partition("e")
        if not exponent:
            return Piece(rf"\text{{{digits}}}" if digits == "nan" else digits)
        return times_power_of_ten(self, digits, str(int(exponent)))

    def fraction(self, top: Piece, bottom: Piece) -> Piece:
        r"""Return a \frac."""
        return Piece(rf"\frac{{{top.text}}}{{{bottom.text}}}", FRACTION)

    def power(self, base: Piece, exponent: Piece) -> Piece:
        """Return x^y."""
        text = exponent.text if len(exponent.text) == 1 else f"{{{exponent.text}}}"
        return Piece(f"{base.at_least(ATOM)}^{text}", POWER)

    def root(self, x: Piece) -> Piece:
        r"""Return a \sqrt."""
        return Piece(rf"\sqrt{{{x.text}}}")

    def absolute(self, x: Piece) -> Piece:
        """Return x between bars."""
        return Piece(rf"\left|{x.text}\right|")

    def cases(self, condition: Piece, x: Piece, y: Piece) -> Piece:
        """Return a brace with a line for each case."""
        otherwise = rf"{y.text} & \text{{otherwise}} {END}"
        if y.text.startswith(BEGIN) and y.text.count(BEGIN) == 1 and y.text.endswith(END):
            otherwise = y.text.removeprefix(BEGIN).lstrip()
        return Piece(rf"{BEGIN} {x.text} & {condition.text} \\ {otherwise}", FRACTION)

    def transposed(self, x: Piece) -> Piece:
        """Return x^T."""
        return Piece(f"{x.at_least(ATOM)}^T", POWER)

    def entrywise(self, x: Piece, y: Piece) -> Piece:
        r"""Return x \odot y."""
        return Piece(rf"{x.at_least(FRACTION)} \odot {y.at_least(FRACTION)}", PRODUCT)

    def gradient(self, by: Piece, of: Piece) -> Piece:
        r"""Return \nabla_x y."""
        return Piece(rf"\nabla_{by.text} {of.text}", FRACTION)

    def function(self, name: str, xs: Sequence[Piece]) -> Piece:
        """Return f(x) or f'(x); a bare symbol if there is no x."""
        stem = name.removesuffix("′")
        shown = LATEX_NAMES.get(stem) or _operator(stem)
        shown += "'" * (stem != name)
        return Piece(shown + in_brackets(", ".join(x.text for x in xs)) if xs else shown)

    def series(self, index: str, last: str, term: Piece) -> Piece:
        r"""Return a \sum with its bounds."""
        return Piece(rf"\sum_{{{index}=0}}^{{{last}}} {term.at_least(PRODUCT)}", PRODUCT)


def _operator(name: str) -> str:
    """Return the name of a function; an operation made by hand may have any name."""
    escaped = name.replace("_", r"\_")
    return rf"\operatorname{{{escaped}}}" if name.isidentifier() else symbol(name).latex()


LATEX = Latex()
LATEX_NUMBERS = Latex(dots=True)

# ── HTML ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Html(Plain):
    """The style of HTML: that of plain text, with superscripts and subscripts."""

    comparisons: ClassVar[Mapping[str, str]] = MappingProxyType(
        {sign: escape(shown) for sign, shown in Plain.comparisons.items()}
    )

    def power(self, base: Piece, exponent: Piece) -> Piece:
        """Return x with y as a superscript."""
        return Piece(f"{base.at_least(ATOM)}<sup>{exponent.text}</sup>", POWER)

    def root(self, x: Piece) -> Piece:
        """Return √x."""
        return Piece(f"√{x.at_least(ATOM)}", POWER)

    def series(self, index: str, last: str, term: Piece) -> Piece:  # noqa: ARG002  (as in text, bounds are not shown)
        """Return a sum with Σ and its index."""
        return Piece(f"Σ<sub>{index}</sub> {term.at_least(PRODUCT)}", PRODUCT)

    def function(self, name: str, xs: Sequence[Piece]) -> Piece:
        """Return f(x), with any name of f escaped."""
        return super().function(escape(name), xs)


HTML = Html()
GLYPHS = {name: letter for letter, name in LETTERS.items()}
"""The letters for Greek names."""


def in_html(name: Symbol) -> Piece:
    """Return a symbol as HTML; a label that is not a symbol becomes text."""
    if not name.letter:
        return Piece(escape(name.text), name.level)
    below = f"<sub>{name.below}</sub>" * bool(name.below)
    above = f"<sup>{name.layer if name.bare else f'({name.layer})'}</sup>" * bool(name.layer)
    copy = f"[{name.copy}]" * bool(name.copy)
    letter = GLYPHS.get(name.letter, name.letter)
    return Piece(f"<i>{letter}</i>{below}{above}{copy}", name.level)
