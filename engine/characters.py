r"""Characters: which ones are shown, and how to write them to a stream whose encoding lacks some.

``str.isprintable`` decides what is shown, as it does for ``repr``: no control character, escape sequence,
lone surrogate, direction mark or zero-width character. Texts, pictures, pages and messages all follow it:
such a character becomes an escape in text, and one visible sign in a picture.

>>> print(printable("a\x1b[2J\u202e"), visible("two\nlines"))
a\x1b[2J\u202e two⏎lines
>>> print(spelled("∂C/∂w = σ(z) · (−0.5)²", "ascii"))
dC/dw = sigmoid(z) * (-0.5)^2
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

_VISIBLE = (
    {code: chr(0x2400 + code) for code in range(0x20)}  # Unicode's pictures of the control characters
    | {0x7F: "\N{SYMBOL FOR DELETE}"}
    | dict.fromkeys([0x0A, 0x85, 0x2028, 0x2029], "\N{RETURN SYMBOL}")
)

SIGNS = {
    "−": "-", "–": "-", "—": "-", "·": "*", "⋅": "*", "×": "x", "÷": "/", "±": "+-", "⊙": ".*", "½": "0.5",
    "∂": "d", "∇": "grad ", "′": "'", "√": "sqrt", "∞": "inf", "≤": "<=", "≥": ">=", "≠": "!=",
    "→": "->", "←": "<-", "↳": ">", "…": "...", "⋯": "...", "│": "|", "├": "+", "└": "+", "─": "-", "✓": "ok",
    "⋮": ":", "“": '"', "”": '"', "₀": "0", "₁": "1", "₂": "2",
}  # fmt: skip
"""Our signs in ASCII; a Greek letter becomes its name."""
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿᵀ", "0123456789-nT", strict=True))
_FUNCTIONS = (
    (re.compile(r"σ(?=′?\()"), "sigmoid"),
    (re.compile(r"√(\w+)"), r"sqrt(\1)"),
    (re.compile(r"Σ(?=[_ ])"), "sum"),
    (re.compile(r"∇(?=_)"), "grad"),
)
_NOT_ASCII = re.compile(r"[^\n -~]")
_POWER = re.compile(f"[{''.join(RAISED)}]+")
_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)")


def printable(text: str) -> str:
    r"""Return a text on one line, with escapes for characters that are not shown.

    >>> print(printable("two\nlines"))
    two\nlines
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def visible(text: str) -> str:
    r"""Return a text of the same length for a picture, with a visible sign for each character not shown.

    >>> visible("a\0b"), visible("a\u202eb"), visible("a\u00a0b")
    ('a␀b', 'a�b', 'a b')
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(c: str) -> str:
    if c.isprintable():
        return c
    return " " if unicodedata.category(c) == "Zs" else _VISIBLE.get(ord(c), "\N{REPLACEMENT CHARACTER}")


def escaped(json_text: str) -> str:
    r"""Return JSON text with JSON's escapes for characters that are not shown; line breaks are kept.

    >>> print(escaped('{"a\u202eb": 1}'))
    {"a\u202eb": 1}
    """
    return _NOT_ASCII.sub(lambda c: c[0] if c[0].isprintable() else _units(c[0]), json_text)


def _units(c: str) -> str:
    digits = c.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{digits[k : k + 4]}" for k in range(0, len(digits), 4))


def shortened(text: str, most: int) -> str:
    """Return the text, cut off at the end if it is long.

    >>> shortened("9" * 5000, 6)
    '99999…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def spelled(text: str, encoding: str | None) -> str:
    r"""Return a text that fits this encoding: if the encoding lacks one of our signs, all are in ASCII.

    No sign is lost, and the spelling is consistent. Other characters that the encoding lacks become escapes.
    Without an encoding, as for a stream in memory, the text is unchanged.

    >>> spelled("x⁻¹⁰ − Größe", "cp1252"), spelled("Größe", "ascii"), spelled("√θ ≤ ∞", "koi8-r")
    ('x^-10 - Größe', 'Gr\\xf6\\xdfe', 'sqrt(theta) <= inf')
    """
    if encoding is None or text.isascii():
        return text
    if not _has_our_signs(encoding):
        text = _in_ascii(text)
    try:
        text.encode(encoding)
    except LookupError:
        return text.encode("ascii", "backslashreplace").decode()
    except UnicodeEncodeError:
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


def shown(text: str) -> str:
    """Return a text in a form that standard output can show.

    All text that we print passes through here. So ``print`` neither fails nor loses a minus sign, for
    example if output is redirected on Windows. SymPy also checks the encoding of standard output.
    """
    encoding = getattr(sys.stdout, "encoding", None)
    return spelled(text, encoding if isinstance(encoding, str) else None)


class Printed(str):
    """Text that the Python prompt shows unchanged, without quotes and escapes."""

    __slots__ = ()

    def __str__(self) -> str:
        return shown(str.__str__(self))

    __repr__ = __str__


@cache
def _has_our_signs(encoding: str) -> bool:
    try:
        "".join([*SIGNS, *RAISED, "σδΣ"]).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _in_ascii(text: str) -> str:
    """Return a text with our signs and Greek letters in ASCII, and the rest unchanged."""
    for pattern, told in _FUNCTIONS:
        text = pattern.sub(told, text)
    text = _POWER.sub(lambda found: "^" + "".join(map(RAISED.__getitem__, found[0])), text)
    return "".join(c if c.isascii() else SIGNS.get(c) or _letter(c) for c in text)


def _letter(c: str) -> str:
    greek = _GREEK.fullmatch(unicodedata.name(c, ""))
    if not greek:
        return c
    name = greek[2].lower().replace("lamda", "lambda")
    return name if greek[1] == "SMALL" else name.capitalize()
