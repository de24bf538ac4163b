r"""Labels as symbols: a letter with subscripts and a layer above if a label has that form, else plain text.

A ``Piece`` is typeset text together with its precedence, which decides where brackets are needed.

>>> w = symbol("w_12^(3)")
>>> w.letter, w.below, w.layer
('w', '12', '3')
>>> print(w, w.latex(), w.latex(last=3), symbol("W1_02").latex(), symbol("learning rate").latex())
w_12^(3) w_{12}^{(3)} w_{12}^{(L)} \mathrm{W1}_{02} \text{learning rate}

The layer may also stand without brackets, after an index, and with the number of the example before it.

>>> print(symbol("w_12^3").latex(), symbol("z_1^(2,3)").latex())
w_{12}^{3} z_1^{(2,3)}
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.characters import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES, COMPARISON, SUM, PRODUCT, FRACTION, POWER, ATOM = range(7)
"""Precedence of typeset text: a piece whose precedence is lower than its context requires gets brackets."""


class Piece(NamedTuple):
    """Text with its precedence.

    >>> Piece("a − y", SUM).at_least(PRODUCT), Piece("a y", PRODUCT).at_least(PRODUCT)
    ('(a − y)', 'a y')
    """

    text: str
    level: int = ATOM

    def at_least(self, level: int) -> str:
        """Return the text, in brackets if its precedence is lower than required."""
        return self.text if self.level >= level else in_brackets(self.text)


def in_brackets(text: str) -> str:
    """Return the text in brackets of the same height."""
    tall = r"\frac" in text or r"\begin" in text
    return rf"\left({text}\right)" if tall else f"({text})"


GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
]  # fmt: skip
LETTERS = dict(zip("αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", GREEK, strict=True))
PARTS = re.compile(
    r"(?P<letter>[^\W\d_]+(?:\d+(?=_))?)(?:_?(?P<below>\d+(?:,\d+)*)|_(?P<word>[^\W\d_]+))?"
    r"(?:\^\((?P<layer>(?:\w+,)?\w+(?:[-+−]\d+)?)\)|(?<=\d)\^(?P<bare>\d+))?"
    r"(?:\[(?P<copy>\d+)\])?"
)
SPECIAL = {"\\": r"\backslash", "^": r"\wedge", "~": r"\sim", "<": r"\lt", ">": r"\gt"} | {
    mark: rf"\{mark}" for mark in "_#%&${}"
}
"""Characters that LaTeX text cannot contain, as symbols of math mode."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name: its text is the label; the parts are empty if the label does not have the form of a symbol."""

    text: str
    letter: str = ""
    below: str = ""
    layer: str = ""
    copy: str = ""
    """The number among nodes with the same label: the 2 of ``z[2]``."""
    bare: bool = False
    """Whether the layer above is written without brackets, as in ``w_jk^l``."""

    def __str__(self) -> str:
        return self.text

    @property
    def indices(self) -> tuple[str, ...]:
        """The subscripts: one per digit, or separated by commas."""
        return tuple(self.below.split(",") if "," in self.below else self.below)

    @property
    def level(self) -> int:
        """The precedence of the name.

        A layer above leaves no room for an exponent; text of several words needs brackets beside a factor.
        """
        if self.letter:
            return POWER if self.layer else ATOM
        return ATOM if self.text.isidentifier() else SUM

    def at(self, indices: tuple[str, ...]) -> Symbol:
        """Return the same symbol with other indices.

        >>> print(symbol("w_12^(3)").at(("1", "k")))
        w_1k^(3)
        """
        below = ("" if all(len(index) == 1 for index in indices) else ",").join(indices)
        return self.of(self.letter, below, self.layer)

    def of(self, letter: str, below: str, layer: str, *, bare: bool | None = None) -> Symbol:
        """Return a symbol with these parts, written in the same way unless ``bare`` is given.

        >>> print(symbol("w_12^(3)").of("z", "1", "3", bare=True))
        z_1^3
        """
        bare = self.bare if bare is None else bare
        above = (f"^{layer}" if bare and layer.isalnum() else f"^({layer})") * bool(layer)
        copy = f"[{self.copy}]" * bool(self.copy)
        text = f"{letter}{f'_{below}' * bool(below)}{above}{copy}"
        return Symbol(text, letter, below, layer, self.copy, bare)

    def with_index(self, place: int, index: str) -> Symbol:
        """Return the same symbol with one index replaced.

        >>> print(symbol("w_12^(3)").with_index(0, "j"))
        w_j2^(3)
        """
        return self.at((*self.indices[:place], index, *self.indices[place + 1 :]))

    def latex(self, last: int | None = None) -> str:
        """Return LaTeX; given ``last``, layers are counted back from it: layer 2 of 3 is L−1."""
        if not self.letter:
            return _text(self.text)
        below = f"_{_group(self.below)}" * bool(self.below)
        layer = _layer(self.layer, last)
        above = f"^{{{layer if self.bare else f'({layer})'}}}" * bool(self.layer)
        return _letter(self.letter) + below + above + f"[{self.copy}]" * bool(self.copy)


def symbol(label: str | Symbol) -> Symbol:
    """Return a label as a symbol; a symbol unchanged."""
    if isinstance(label, Symbol):
        return label
    found = PARTS.fullmatch(label)
    if not found:
        return Symbol(printable(label))
    below = found["below"] or found["word"] or ""
    layer = found["layer"] or found["bare"] or ""
    return Symbol(label, found["letter"], below, layer, found["copy"] or "", bool(found["bare"]))


def derivative(of: str | Symbol, by: str | Symbol, *, direct: bool = False) -> str:
    """Return ∂of/∂by, with brackets around anything but a single symbol.

    >>> derivative("C", "w_0^(1)"), derivative("∂C/∂w", "x"), derivative("v_1", "2")
    ('∂C/∂w_0^(1)', '∂(∂C/∂w)/∂x', '∂v_1/∂(2)')
    """
    return f"∂{after_d(of)}/∂{after_d(by)}{'|direct' * direct}"


def after_d(name: str | Symbol) -> Symbol:
    """Return a name as written after ∂: in brackets unless it is a single symbol."""
    return Symbol(f"({name})") if has_brackets(name) else symbol(name)


def has_brackets(name: str | Symbol) -> bool:
    """Return whether a name has brackets after ∂: anything but a single symbol, with or without primes.

    >>> has_brackets("f′"), has_brackets("∂C/∂w"), has_brackets("learning rate")
    (False, True, True)
    """
    return symbol(name.rstrip("′") if isinstance(name, str) else name).level <= SUM


class Run(NamedTuple):
    """An index that runs through symbols without a gap: its position and its start."""

    place: int
    start: int
    as_written: bool
    """Whether the labels match the symbol with each index exactly: not ``x0`` for x_0."""
    after: str
    """The symbol that would follow the last one."""


def running_index(symbols: Sequence[Symbol]) -> Run | None:
    """Return the index that runs through otherwise equal symbols; None if there is no such index.

    >>> running_index([symbol(f"w_1{k}") for k in (3, 4, 5)])
    Run(place=1, start=3, as_written=True, after='w_16')
    >>> running_index([symbol(f"w_1{k}") for k in (3, 5, 6)])
    """
    first = symbols[0]
    for place, start in enumerate(first.indices):
        if start.isdecimal():
            run = [first.with_index(place, str(int(start) + k)) for k in range(len(symbols) + 1)]
            if all(_parts(x) == _parts(y) for x, y in zip(symbols, run, strict=False)):
                as_written = all(x.text == y.text for x, y in zip(symbols, run, strict=False))
                return Run(place, int(start), as_written, run[-1].text)
    return None


def _parts(x: Symbol) -> tuple[str, ...]:
    return x.letter, x.below, x.layer, x.copy


def counting_index(symbols: Sequence[Symbol], start: int = 0) -> int | None:
    """Return the position of the index that counts up from ``start`` in otherwise equal symbols, or None.

    >>> counting_index([symbol("w_02^(1)"), symbol("w_12^(1)")])
    0
    """
    texts = [str(symbol) for symbol in symbols]
    for place in range(len(symbols[0].indices)):
        if texts == [str(symbols[0].with_index(place, str(start + k))) for k in range(len(texts))]:
            return place
    return None


def _group(text: str) -> str:
    if len(text) == 1:
        return text
    return rf"{{\mathrm{{{text}}}}}" if text.isalpha() and len(text) > 2 else f"{{{text}}}"


def _letter(letter: str) -> str:
    if letter in LETTERS or letter in GREEK:
        return "\\" + LETTERS.get(letter, letter)
    return letter if len(letter) == 1 else rf"\mathrm{{{letter}}}"


def _layer(layer: str, last: int | None) -> str:
    if last is None or not layer.isdecimal():
        return layer.replace("−", "-")
    return f"L-{last - int(layer)}" if int(layer) < last else "L"


def _text(label: str) -> str:
    parts = re.split(r"([\\^~<>_#%&${}])", label)
    shown = [SPECIAL.get(part, rf"\text{{{part}}}") for part in parts if part]
    return "{" + " ".join(shown) + "}" if len(shown) > 1 else "".join(shown)
