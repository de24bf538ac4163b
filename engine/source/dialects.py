"""Dialects: how operations, numbers, lines and functions are written. One table for each language.

>>> OPERATORS["+"].template, OPERATORS["neg"].template
('{0} + {1}', '-{0}')
>>> listed(["w", "b"])
'w, b'
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

CONDITIONAL, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(1, 7)
"""How tightly text holds together: an operand that holds less than its place asks for gets brackets."""

WIDTH = 100
SHORT, LONG = 80, 1000
"""Characters of an operand within a line, and of the sum that a term is added to."""


class Form(NamedTuple):
    """The text of an operation on its operands, and what it asks of theirs."""

    template: str
    level: int
    needs: tuple[int, ...]
    """For each operand, the level below which it is bracketed."""
    room: tuple[int, ...]
    """For each operand, the length above which it gets a line of its own."""


def _infix(symbol: str, level: int, right: int, room: tuple[int, int]) -> Form:
    return Form(f"{{0}} {symbol} {{1}}", level, (level, right), room)


def _comparison(symbol: str) -> Form:
    return Form(f"{{0}} {symbol} {{1}}", COMPARISON, (SUM, SUM), (30, 30))


OPERATORS = {
    "+": _infix("+", SUM, PRODUCT, (LONG, SHORT)),
    "-": _infix("-", SUM, PRODUCT, (LONG, SHORT)),
    "*": _infix("*", PRODUCT, SIGN, (50, 30)),
    "/": _infix("/", PRODUCT, SIGN, (50, 30)),
    "neg": Form("-{0}", SIGN, (ATOM,), (SHORT,)),
    **{symbol: _comparison(symbol) for symbol in ("<", "<=", ">", ">=")},
}
"""The operators that languages share; ``a + (b + c)`` keeps its brackets, for it rounds otherwise."""


@dataclass(frozen=True)
class Dialect:
    """How one language is written. Another language is another one of these."""

    forms: Mapping[str, Form]
    """Operations that are not written as calls."""
    spelling: Mapping[str, str]
    """Functions, and ``inf`` and ``nan``, that are not written by their own name."""
    reserved: Collection[str]
    """What no variable may be called."""
    assign: str
    """A line that gives a number a new name."""
    store: str
    """A line that puts a number into its place in a list."""
    comment: str
    several: tuple[str, str, str]
    """A tuple of none, of one, and of many."""
    program: str
    """The function of a program, given its ``name``, ``parameters``, ``body``, ``gradient`` and ``cost``."""
    segment: str
    """The generator of a segment, given ``externals``, ``forward``, ``outputs``, ``adjoints``, …"""
    live: str
    """The function of ``live``, given its ``name``, ``preamble``, ``lines``, their number ``size``, …"""
    preamble: Callable[[Collection[str]], str]
    """What must stand before a program that uses these functions and numbers."""

    def form(self, operation: str, operands: int) -> Form:
        """How an operation is written: by its form, else as a call."""
        if operation in self.forms:
            return self.forms[operation]
        places = ", ".join(f"{{{k}}}" for k in range(operands))
        name = self.spelling.get(operation, operation)
        return Form(f"{name}({places})", ATOM, (0,) * operands, (SHORT // operands,) * operands)

    def number(self, x: float) -> str:
        """A literal with all its digits."""
        if math.isfinite(x):
            return repr(x)
        name = "nan" if math.isnan(x) else "inf"
        return "-" * (x < 0) + self.spelling.get(name, name)

    def pack(self, items: Collection[str]) -> str:
        """Several things as one."""
        return self.several[min(len(items), 2)].format(listed(items))


def listed(items: Collection[str], *, room: int = WIDTH - 25, indent: int = 8) -> str:
    r"""Items with commas between them, on one line or on several indented ones.

    >>> listed(["w", "b"]), listed(["w", "b"], room=3, indent=4)
    ('w, b', '\n    w, b,\n')
    """
    line = ", ".join(items)
    if len(items) < 2 or len(line) <= room:
        return line
    return filled([f"{item}," for item in items], indent) + " " * (indent - 4)


def filled(items: Iterable[str], indent: int) -> str:
    r"""Items on as few lines as they fit on, indented, between two line ends.

    >>> filled(["a,", "b,"], indent=4)
    '\n    a, b,\n'
    """
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 1 + len(item) <= WIDTH:
            lines[-1] += f" {item}"
        else:
            lines.append(" " * indent + item)
    return "\n" + "".join(f"{line}\n" for line in lines)
