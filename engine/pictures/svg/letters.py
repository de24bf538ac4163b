"""Names, numbers and words as a picture sets them: which letters in which font, and how wide they are.

Widths come from tables of Times and Arial. The requested fonts share those metrics (Times New Roman,
Liberation Serif, Nimbus Roman, Tinos; Arial, Helvetica, Liberation Sans, Arimo), so that a picture is the
same on every machine and no font is measured. Other characters are estimated from their Unicode properties.
"""

from __future__ import annotations

import math
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.characters import visible
from engine.formula import symbol
from engine.formula.symbols import LETTERS, has_brackets

if TYPE_CHECKING:
    from typing import TypeAlias

    Font: TypeAlias = Literal["italic", "serif", "sans"]

SERIF = "'Times New Roman', Times, 'Liberation Serif', 'Nimbus Roman', Tinos, serif"
SANS = "Arial, Helvetica, 'Liberation Sans', Arimo, sans-serif"
SMALLEST = 12
"""The size of the smallest letters anywhere in pixels, including sub- and superscripts."""
LONGEST = 24
"""The maximum number of characters of a name in a picture; its title shows all of it."""

_METRICS = {
    "italic": {
        0.25: "′", 0.278: "fijltι", 0.333: "I", 0.358: "τ", 0.389: "rszγε", 0.405: "ζ", 0.433: "λξ",
        0.444: "cekvxyJνχ", 0.465: "δυ", 0.48: "κρ", 0.491: "θ", 0.493: "ση", 0.525: "α", 0.556: "LTYZφ",
        0.611: "ABEFPRVX", 0.621: "ψ", 0.667: "wCKN", 0.706: "ω", 0.722: "mDGHOQU", 0.833: "MW",
    },
    "serif": {
        0.219: "′", 0.25: ".,\u00a0 ", 0.278: "ijlt/:;", 0.333: "frI()[]·", 0.389: "sJ", 0.444: "acez",
        0.494: "∂", 0.539: "σ", 0.549: "÷√", 0.556: "FPS", 0.564: "−+=×", 0.592: "Σ", 0.611: "ELTZ",
        0.667: "BCR", 0.722: "wADGHKNOQUVXY", 0.778: "m", 0.889: "M", 0.944: "W", 1.0: "→…",
    },
    "sans": {
        0.188: "′", 0.222: "ijl", 0.278: "ftI.,· \u00a0/:;[]", 0.333: "r()¹²³", 0.494: "∂",
        0.5: "cksvxyzJ⁰⁴⁵⁶⁷⁸⁹⁻", 0.584: "−+=×", 0.611: "FTZ", 0.667: "ABEKPSVXY", 0.722: "wCDHNRU",
        0.778: "GOQ", 0.833: "mM", 0.944: "W", 1.0: "→…",
    },
}  # fmt: skip
_EM = {font: {c: em for em, all in table.items() for c in all} for font, table in _METRICS.items()}
_PLAIN = {"italic": 0.5, "serif": 0.5, "sans": 0.556}
_GREEK = {name: letter for letter, name in LETTERS.items()}


class Chunk(NamedTuple):
    """Letters on the line, in one font, with a subscript and a superscript at their right."""

    base: str
    font: Font = "sans"
    below: str = ""
    above: str = ""


Text = tuple[Chunk, ...]


def clean(text: str) -> str:
    r"""Make unprintable characters visible: the text stays one line, and legal in XML.

    >>> clean("two\nlines"), clean("a\0b")
    ('two⏎lines', 'a␀b')
    """
    return visible(text)


def plain(text: str, font: Font = "sans") -> Text:
    """Return words as they are."""
    return (Chunk(clean(text), font),) if text else ()


def name(label: str) -> Text:
    """Return a label as mathematics: italic letters, Greek if spelled out, subscripts, and the layer above.

    >>> name("w_01^(2)"), name("sigma")[0].base, name("learning rate")[0].font
    ((Chunk(base='w', font='italic', below='01', above='(2)'),), 'σ', 'serif')
    """
    read = symbol(label)
    if label.endswith("′") and symbol(label.rstrip("′")).text == label.rstrip("′") != "":
        *first, last = name(label.rstrip("′"))
        return (*first, last._replace(base=last.base + label[len(label.rstrip("′")) :]))
    if not read.letter or len(label) > LONGEST:
        text = clean(label)
        return plain(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…", "serif")
    above = read.layer if read.bare else f"({read.layer})" * bool(read.layer)
    copy = plain(f"[{read.copy}]", "serif") if read.copy else ()
    return (Chunk(_GREEK.get(read.letter, clean(read.letter)), "italic", read.below, above), *copy)


def after_d(label: str) -> Text:
    """Return a label as written after ∂: in brackets unless it is a single symbol.

    >>> [run.base for run in after_d("x*w")], [run.base for run in after_d("C_0")]
    (['(', 'x*w', ')'], ['C'])
    """
    words = name(label)
    return (*plain("(", "serif"), *words, *plain(")", "serif")) if has_brackets(label) else words


def derivative(of: str, by: str) -> Text:
    """Return ∂of/∂by on one line."""
    return (*plain("∂", "serif"), *after_d(of), *plain("/∂", "serif"), *after_d(by))


def spoken(label: str) -> str:
    """Return a label in words, as a screen reader says it.

    >>> spoken("w_01^(2)"), spoken("f′"), spoken("learning rate")
    ('w subscript 01 superscript 2', 'f prime', 'learning rate')
    """
    stem = label.rstrip("′")
    if stem != label and symbol(stem).letter:
        return spoken(stem) + " prime" * (len(label) - len(stem))
    read = symbol(label)
    below = f" subscript {read.below}" * bool(read.below)
    above = f" superscript {read.layer}" * bool(read.layer)
    copy = f", number {read.copy}" * bool(read.copy)
    return f"{read.letter}{below}{above}{copy}" if read.letter else clean(label)


def number(x: float, digits: int = 3) -> Text:
    """Return a number with some significant digits: zeros at the end show that it was rounded there.

    Numbers below 0.0001 and from 100,000 on have a power of ten.

    >>> [number(x)[0].base for x in (0.25, 0.24999, -2.0, 1234.5)], number(-1.25e-7)[0].above
    (['0.25', '0.250', '−2', '1234'], '−7')
    """
    if not math.isfinite(x):
        return plain("nan" if math.isnan(x) else "∞" if x > 0 else "−∞")
    if x == 0:
        return plain("0")
    mantissa, power = f"{x:.{digits - 1}e}".split("e")
    if not 1e-4 <= abs(float(f"{mantissa}e{power}")) < 1e5:
        if float(mantissa) * 10.0 ** int(power) == x:
            mantissa = _short(mantissa)
        return (Chunk(f"{mantissa}·10".replace("-", "−"), "sans", "", str(int(power)).replace("-", "−")),)
    text = f"{x:.{max(0, digits - 1 - int(power))}f}"
    return plain((_short(text) if float(text) == x else text).replace("-", "−"))


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def width(text: Text, size: float) -> float:
    """Return how many pixels a text takes at a given size.

    >>> width(name("w"), 10), round(width(plain("0.5"), 10), 1)
    (6.67, 13.9)
    """
    return sum(
        letters(run.base, size, run.font)
        + (max(letters(run.below, small(size), slope(run.below)), letters(run.above, small(size), above(run)))
        + kern(run) if run.below or run.above else 0)
        for run in text
    )  # fmt: skip


def letters(text: str, size: float, font: Font) -> float:
    """Return how many pixels some letters take."""
    return size * sum(_em(character, font) for character in text)


def small(size: float) -> float:
    """Return the size of subscripts and superscripts."""
    return max(SMALLEST, round(0.7 * size, 1))


def above(run: Chunk) -> Font:
    """Return the font of a superscript: the exponent of sans-serif figures is sans-serif, too."""
    return "sans" if run.font == "sans" else slope(run.above)


def slope(text: str) -> Font:
    """Return the font of a subscript: a single letter is italic; digits, words and brackets are upright."""
    return "italic" if len(text) == 1 and text.isalpha() else "serif"


def kern(run: Chunk) -> float:
    """Return how far an italic letter leans into the superscript at its right."""
    if not run.above:
        return -0.5
    return 0.8 + 0.8 * (run.font == "italic" and run.base[-1:] in "CWfd")


@cache
def _em(character: str, font: Font) -> float:
    known = _EM[font].get(character)
    if known is not None:
        return known
    category = unicodedata.category(character)
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.35 if category == "So" else 1  # emoji are wider than ideographs
    if category in {"Mn", "Me", "Cf"}:  # accents on the letter before, joiners, direction marks
        return 0
    letter = unicodedata.normalize("NFD", character)[0]  # without its accent
    if letter.isascii():
        return _EM[font].get(letter, _PLAIN[font])
    return 0.7 if "\u0370" <= letter < "\u0530" or category == "Sm" else 1.0
