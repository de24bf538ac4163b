"""Pieces of a typeset formula: text, and how tightly it holds together."""

from __future__ import annotations

from typing import NamedTuple

CASES, COMPARISON, SUM, PRODUCT, FRACTION, POWER, ATOM = range(7)
"""How tightly text holds together: what holds less than its place asks for gets brackets."""


class Piece(NamedTuple):
    """Text, and how tightly it holds together.

    >>> Piece("a − y", SUM).at_least(PRODUCT), Piece("a y", PRODUCT).at_least(PRODUCT)
    ('(a − y)', 'a y')
    """

    text: str
    level: int = ATOM

    def at_least(self, level: int) -> str:
        """The text, in brackets where it holds together less tightly than asked for."""
        if self.level >= level:
            return self.text
        tall = r"\frac" in self.text or r"\begin" in self.text
        return rf"\left({self.text}\right)" if tall else f"({self.text})"
