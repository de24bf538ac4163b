"""The words and numbers of a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine import names
from engine.chain.factor import Derivative
from engine.characters import printable
from engine.formula import symbol
from engine.formula.pieces import SUM
from engine.rules import constant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.formula import Symbol
    from engine.rules import Rule

DIGITS = 4
LONGEST = 40
"""Characters of a header; a hint has the whole of it."""
UNKNOWN = "–"


def number(x: float, digits: int = DIGITS) -> str:
    """Four significant digits.

    >>> number(0.123456), number(-2.0), number(1e-9)
    ('0.1235', '−2', '1e−09')
    """
    return names.number(x, digits)


def exact(x: float) -> str:
    """All digits that it takes to tell a number from every other.

    >>> exact(-0.1)
    '−0.1'
    """
    return repr(x).replace("-", "−").replace("inf", "∞")


def span(numbers: Sequence[float], digits: int = DIGITS) -> str:
    """The numbers' range; one number alone by itself, "–" for none.

    >>> span([0.5, -1.0, 0.0]), span([2.0, 2.0]), span([])
    ('−1 … 0.5', '2', '–')
    """
    if not numbers:
        return UNKNOWN
    if any(map(math.isnan, numbers)):
        return "nan" if len(numbers) == 1 else "nan among them"
    low, high = (number(x, digits) for x in (min(numbers), max(numbers)))
    return low if low == high else f"{low} … {high}"


def change(before: Sequence[float], after: Sequence[float]) -> str:
    """Two ranges, with as many digits as it takes to see that they differ; one where they are the same.

    >>> change([0.5], [0.25]), change([0.5], [0.500001]), change([0.5], [0.5])
    ('0.5 → 0.25', '0.5 → 0.500001', '0.5')
    """
    for digits in range(DIGITS, 18):
        pair = span(before, digits), span(after, digits)
        if pair[0] != pair[1]:
            return " → ".join(pair)
    return span(after)


def header(label: str, rule: Rule | None) -> str:
    """A value's label, else its operation, cut where it is long.

    >>> from engine import rules
    >>> header("z", rules.mul), header("", rules.mul), header("", None), header("w" * 50, None)[-3:]
    ('z', '*', 'leaf', 'ww…')
    """
    return cut(label or operation(rule))


def named(name: str, label: str, rule: Rule | None) -> str:
    """The name that formulas have for a value; of one that was computed and has no label the operation, too.

    >>> from engine import rules
    >>> named("v_1", "", rules.mul), named("z", "z", rules.mul), named("2", "", None)
    ('v_1 = *', 'z', '2')
    """
    return cut(name if label or not rule or rule is constant else f"{name} = {operation(rule)}")


def operation(rule: Rule | None) -> str:
    """What made a value."""
    return printable(rule.symbol or rule.name) if rule and rule is not constant else "leaf"


def cut(text: str) -> str:
    """A text that fits into a box."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def derivative(of: str, by: str, *, direct: bool = False) -> str:
    """∂of/∂by, in brackets what is no single symbol.

    >>> derivative("C", "w_0^(1)"), derivative("∂C/∂w", "x"), derivative("v_1", "2")
    ('∂C/∂w_0^(1)', '∂(∂C/∂w)/∂x', '∂v_1/∂(2)')
    """
    return str(Derivative(_in_brackets(of), _in_brackets(by), direct=direct))


def _in_brackets(name: str) -> Symbol:
    read = symbol(name)
    return symbol(f"({read})") if read.level <= SUM else read


def counted(count: int, noun: str) -> str:
    """A count with its noun.

    >>> counted(1, "value"), counted(397, "value"), counted(1_000, "box")
    ('1 value', '397 values', '1,000 boxes')
    """
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def sequence(labels: Sequence[str]) -> str:
    """One name for several values: the label that they share, else the first and the last of them.

    >>> sequence(["y", "y"]), sequence(["a_0", "a_1"]), sequence(["a_0", "a_1", "a_2"]), sequence(["", "a"])
    ('y', 'a_0, a_1', 'a_0 … a_2', '')
    """
    first, *others = dict.fromkeys(labels)
    if "" in labels or not others:
        return first if not others else ""
    return f"{first}{' …' if others[1:] else ','} {others[-1]}"
