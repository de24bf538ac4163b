"""The text of an expression, token by token: what may stand in it, and slips met with advice.

>>> tidy("2x")
Traceback (most recent call last):
    ...
ValueError: a product is written with *, as in 2*x (column 2, at 'x')
"""

from __future__ import annotations

import re
from keyword import iskeyword
from math import isinf
from unicodedata import normalize

from engine.real import told

from .forms import FORMS

LONGEST = 10_000  # characters: what Python's own parser is sure to read, or to refuse, without harm
SHOWN = 24  # characters of the text that a message quotes

ALLOWED = "an expression is made of numbers, names, + - * / ** ( ) and functions such as exp(x)"

SIGNS = str.maketrans("−·⋅×÷", "-***/")
"""Signs of print, as in our own output, and what Python writes for them."""

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"

SLIPS = {
    **dict.fromkeys("^" + SUPERSCRIPTS, "a power is written **, as in x**2"),
    **dict.fromkeys("{}", "brackets are round, as in 2*(x + y)"),
    "|": "an absolute value is written abs(x)",
    "√": "a square root is written sqrt(x)",
    **dict.fromkeys(("=", "=="), "an expression has no equals sign; values for its names are given apart"),
    "//": "a quotient is written x/y",
}

TOKEN = re.compile(
    rf"""
    (?P<number> (?: [0-9]+ \.? [0-9]* | \.[0-9]+ ) (?: [eE] [-+]? [0-9]+ )? )
  | (?P<word> (?: (?! [{SUPERSCRIPTS}] ) [\w\u0300-\u036f] )+ )   # with accents: x̂, w̄
  | (?P<stranger> // | == )
  | (?P<sign> [-+*/(),=\[\]] )
  | [ ]+
  | (?P<other> . )
    """,
    re.VERBOSE,
)


def tidy(text: str) -> str:
    r"""The text in one line and in Python's signs; ValueError, with the place, for what is no expression.

    What passes holds numbers, names, arithmetic, brackets and commas, and nothing else.

    >>> tidy("2 × (x −\n 1)")
    '2 * (x -  1)'
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is text, as in 'w*a + b', got {told(text)}")
    if len(text) > LONGEST:
        raise ValueError(
            f"the expression has {len(text)} characters, and {LONGEST} are read at most; "
            "parse its parts, and pass them as values"
        )
    text = re.sub(r"\s", " ", text).translate(SIGNS).strip()
    if not text:
        raise ValueError(f"the expression is empty; {ALLOWED}")
    before = None
    for token in TOKEN.finditer(text):
        if token.lastgroup:  # not a blank
            _refuse_slips(text, before, token)
            before = token
    return text


def refusal(message: str, text: str, start: int) -> ValueError:
    """An error that shows where in the text it is.

    >>> refusal("no value was given for 'b'", "w*a + b", 6)
    ValueError("no value was given for 'b' (column 7, at 'b')")
    """
    rest = text[start:]
    quoted = repr(shown(rest)) if rest else "the end"
    return ValueError(f"{message} (column {start + 1}, at {quoted})")


def shown(text: str) -> str:
    """As much of a text as a message quotes.

    >>> shown("w_1"), shown("w" * 10_000)
    ('w_1', 'wwwwwwwwwwwwwwwwwwwwwww…')
    """
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def is_function(name: str) -> str:
    """What a message says of a function that stands without its brackets.

    >>> is_function("tanh")
    'tanh is a function; write tanh(x)'
    """
    return f"{name} is a function; write {FORMS[name].written}"


def is_name(text: str) -> bool:
    """Whether a value of that name can stand in an expression.

    >>> [is_name(text) for text in ("w_1", "θ", "2x", "lambda")]
    [True, True, False, False]
    """
    return text.isidentifier() and not iskeyword(text)


def _refuse_slips(text: str, before: re.Match[str] | None, token: re.Match[str]) -> None:
    word, kind = token[0], token.lastgroup
    trouble = ""
    if kind == "word" and iskeyword(normalize("NFKC", word)):  # so Python spells names
        trouble = f"{word!r} is a keyword of Python and has no place here; a name may be {word.lower()}_"
    elif kind in {"stranger", "other"} or (kind == "word" and not is_name(word)):
        trouble = SLIPS.get(word, f"{shown(word)!r} has no place here; {ALLOWED}")
    elif kind == "number" and isinf(float(word)):
        trouble = "the number exceeds the largest float"
    elif before and _ends_a_factor(before) and _begins_a_factor(token, before):
        product = f"a product is written with *, as in {_example(before)}*{_example(token)}"
        trouble = is_function(before[0]) if before[0] in FORMS else product
    if trouble:
        raise refusal(trouble, text, token.start())


def _ends_a_factor(token: re.Match[str]) -> bool:
    return token.lastgroup in {"number", "word"} or token[0] in {")", "]"}


def _begins_a_factor(token: re.Match[str], before: re.Match[str]) -> bool:
    if token[0] == "(":  # after a word, of a call
        return before.lastgroup != "word"
    return token.lastgroup in {"number", "word"}


def _example(token: re.Match[str]) -> str:
    return "(…)" if token.lastgroup == "sign" else shown(token[0])
