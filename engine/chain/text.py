"""Equations as text: derivatives, symbols and numbers below each other, on lines of at most 80 columns."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

from engine.names import number

from .general import INDEX, TERMS, general

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from .equation import Equation
    from .factor import Factor

    Cells: TypeAlias = list[list[str]]

WIDTH = 80
READABLE, SPELLABLE = 10**30, 10**4000
"""Counts are told digit by digit up to the first; Python writes no integer much longer than the second."""
FACTORS = 40
"""Factors of a product that are shown one below the other."""


def equation(it: Equation) -> list[str]:
    """The lines: symbols first, the numbers under them, the value last; whatever it takes, none too long."""
    if all(len(term) <= FACTORS for term in (*it.terms, it.common)):  # else they are wider than any line
        lines = _side_by_side(it)
        if max(map(len, lines)) <= WIDTH:
            return lines
    return list(folded(_below_each_other(it)))


def folded(lines: Iterable[str], indent: int = 4) -> Iterator[str]:
    """Lines broken where they are too long, the rest indented: by 4 more, or as deep as is asked for."""
    for line in lines:
        told = line.lstrip()
        first = min(len(line) - len(told), WIDTH // 4)
        rest = min(max(first + 4, indent), WIDTH // 2)
        broken = textwrap.wrap(told, WIDTH, initial_indent=" " * first, subsequent_indent=" " * rest)
        yield from map(str.rstrip, broken)  # textwrap leaves a space where a word after it is broken


def width(cells: Iterable[str]) -> int:
    """The width of a column; cells that are too long for one do not count."""
    return max((len(cell) for cell in cells if len(cell) <= WIDTH // 2), default=0)


def counted(n: int) -> str:
    """A whole number, in six digits where it is too long to be read.

    >>> counted(12345), counted(2**300)
    ('12,345', 'about 2.03704e+90')
    """
    return f"{n:,}" if n < READABLE else f"about {Decimal(n):.6g}"


def _side_by_side(it: Equation) -> list[str]:
    """``head = factor · factor``, the factors of each line under those of the first."""
    head = str(it.derivative)
    pad = " " * len(head)
    value = number(it.value)
    blocks = [*(block for block in _blocks(it) if block not in ([head], [value])), [value]]
    lines: list[str] = []
    for block in blocks:
        first, *others = block
        lines += [f"{pad if lines else head} = {first}", *(f"{pad} {line}" for line in others)]
    return [line.rstrip() for line in lines]


def _blocks(it: Equation) -> Iterator[list[str]]:
    """The sum by name, by what the factors are, and by their numbers; what says the same only once."""
    if not any(it.terms):  # C by itself, or by what it does not depend on
        return
    shown = [(_abridged(it, cell), [cell(factor) for factor in it.common]) for cell in (_by_name, _by_symbol)]
    if len(it.terms) > 1 or len(it.terms[0]) > 1:  # else the value says it
        shown.append((_dotted(it, _numeral), [*map(_numeral, it.common)]))
    widths = _widths([term for terms, _ in shown for term in terms])
    for k, (terms, common) in enumerate(shown):
        if (terms, common) not in shown[:k]:
            yield _added([_row(term, widths) for term in terms], common)


def _widths(terms: Cells) -> list[int]:
    """The widths of the columns that factors stand in; dots are in none."""
    columns = zip_longest(*(term for term in terms if not term[0].startswith("…")), fillvalue="")
    return [max(map(len, column)) for column in columns]


def _row(term: Sequence[str], widths: Sequence[int]) -> str:
    return " · ".join(cell.ljust(width) for cell, width in zip(term, widths, strict=False)).rstrip()


def _by_name(factor: Factor) -> str:
    return str(factor.derivative)


def _by_symbol(factor: Factor) -> str:
    return factor.symbols


def _numeral(factor: Factor) -> str:
    return factor.numeral


def _abridged(it: Equation, cell: Callable[[Factor], str]) -> Cells:
    """The cells of every term, or of the one that stands for all under a Σ."""
    if len(it.terms) > TERMS:
        term = general(it.terms)
        if term:
            first, *others = map(cell, term)
            return [[f"Σ_{INDEX} {first}", *others]]
    return _dotted(it, cell)


def _dotted(it: Equation, cell: Callable[[Factor], str]) -> Cells:
    """The cells of every term; of many terms of the first two and the last, as no others are written."""
    terms = it.terms if len(it.terms) <= TERMS else (*it.terms[:2], it.terms[-1])
    cells = [[*map(cell, term)] for term in terms]
    if len(terms) < len(it.terms):
        cells.insert(2, [f"… {len(it.terms) - 3} more …"])
    return cells


def _added(rows: Sequence[str], common: Sequence[str]) -> list[str]:
    """Terms below each other with + between them; in brackets where a common factor follows."""
    if not common:
        return [rows[0], *(f"+ {row}" for row in rows[1:])]
    behind = f") · {' · '.join(common)}"
    if len(rows) == 1:
        return [f"({rows[0]}{behind}"]
    return [f"({rows[0]}", *(f"+  {row}" for row in rows[1:-1]), f"+  {rows[-1]}{behind}"]


def _below_each_other(it: Equation) -> list[str]:
    """A line for each factor: ``· ∂z/∂w = a = 0.88``."""
    head = str(it.derivative)
    if len(it.terms) == 1:
        return [head, *_product(it.terms[0]), f"  = {number(it.value)}"]
    lines = [f"{head} = {'(' * bool(it.common)}the sum of {len(it.terms)} products:"]
    products = it.products()
    for k, term in enumerate(it.terms):
        if k >= TERMS:
            lines += [f"  … {len(it.terms) - k} more, {number(sum(products[k:]))} in sum"]
            break
        lines += [
            f"  {'+ ' if k else '  '}{number(products[k])}, which is",
            *("    " + x for x in _product(term)),
        ]
    if it.common:
        lines += ["  ) times", *_product(it.common)]
    return [*lines, f"  = {number(it.value)}"]


def _product(factors: Sequence[Factor]) -> list[str]:
    left = len(factors) - FACTORS
    shown = factors if left <= 0 else [*factors[: FACTORS // 2], *factors[-FACTORS // 2 :]]
    cells = [(_by_name(factor), factor.symbols, _signed(factor.number)) for factor in shown]
    names, symbols, _ = (width(column) for column in zip(*cells, strict=True))
    lines = []
    for k, (name, symbol, value) in enumerate(cells):
        same = symbol == name
        told = f"{name:{names}} {' ' if same else '='} {'' if same else symbol:{symbols}} = {value}"
        lines.append(f"  {'·' if k else '='} {told}")
    if left > 0:
        lines.insert(FACTORS // 2, f"  · … {left} more factors …")
    return lines


def _signed(x: float) -> str:
    """A number with room for its sign, so that digits stand below digits."""
    return f"{number(x)}" if x < 0 else f" {number(x)}"
