"""Text as a picture can hold it: on one line, of characters that XML allows, and how wide it comes out."""

import unicodedata
from functools import cache

from engine.characters import visible

FONTS = "Helvetica, Arial, DejaVu Sans, sans-serif"
FONT_SIZE = 12

# Advance widths in em, for the widest of the fonts asked for (DejaVu Sans); bold is broader by a factor.
_BOLD = 1.18
_EM = {
    character: em
    for em, characters in ((0.42, " !'(),-·./:;I[\\]fijlrt|"), (0.87, "#+<=>^~wM"), (1.0, "%@Wm…"))
    for character in characters
}


def clean(text: str) -> str:
    r"""Make visible what is not printable: the text stays one line, and legal in XML.

    >>> clean("two\nlines"), clean("a\0b")
    ('two⏎lines', 'a␀b')
    """
    return visible(text)


def text_width(text: str, *, bold: bool = False) -> float:
    r"""Estimate generously how many pixels a cleaned text takes.

    >>> text_width("iii") < text_width("nnn") < text_width("WWW")
    True
    >>> text_width("é") == text_width("e\u0301"), text_width("値") >= FONT_SIZE
    (True, True)
    """
    return FONT_SIZE * sum(map(_em, text)) * (_BOLD if bold else 1)


@cache
def _em(character: str) -> float:
    """Width of one character in em, from what Unicode says of it or from the table."""
    category = unicodedata.category(character)
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.35 if category == "So" else 1  # emoji are broader than ideographs
    if category in {"Mn", "Me", "Cf"}:  # accents set on the letter before, joiners, marks of direction
        return 0
    if unicodedata.decomposition(character).startswith("<su"):  # subscripts and superscripts
        return 0.56
    letter = unicodedata.normalize("NFD", character)[0]  # without its accents
    if letter in _EM:
        return _EM[letter]
    if letter.isascii():
        return 0.8 if letter.isupper() or letter == "&" else 0.64
    is_greek_or_operator = "\u0370" <= letter < "\u0400" or category == "Sm"
    return 0.9 if is_greek_or_operator else 1.2
