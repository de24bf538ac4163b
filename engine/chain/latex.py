"""Equations as LaTeX: symbols, and the numbers under them, in as many aligned lines as it takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .factor import latex_number
from .general import INDEX, TERMS, general

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .equation import Equation
    from .factor import Factor

FACTORS = 24
"""Factors of a product; of longer ones the middle is dots."""
END_OF_LINE = r"\\"
PLUS = r"+ \;"
"""At the beginning of a line, where a + would stand close, as a sign does."""
NUMBER, DOT = re.compile(r"[\d.]+"), r" \cdot "
WIDE = 3
"""Factors that several terms may have on one line together."""


def aligned(*blocks: Sequence[str]) -> str:
    """Lines with an & where they align; between blocks of them some room."""
    told = f" {END_OF_LINE}[0.7em]\n".join(f" {END_OF_LINE}\n".join(lines) for lines in blocks)
    return f"\\begin{{aligned}}\n{told}\n\\end{{aligned}}"


def equation(it: Equation, last: int | None = None, more: str = "") -> list[str]:
    """The derivative by name, by what the factors are, and by their numbers; ``more`` is what is left out."""
    head = it.derivative.latex(last)

    def by_name(factor: Factor) -> str:
        return factor.derivative.latex(last)

    def by_symbol(factor: Factor) -> str:
        return factor.latex(last)

    sides = [_abridged(it, by_name, " "), _abridged(it, by_symbol, " ")] if any(it.terms) else []
    if len(it.terms) > 1 or any(len(term) > 1 for term in it.terms):
        sides.append(_numbers(it))
    sides = [[*side, f"{PLUS} {more}"] if more else side for side in sides]
    sides.append([latex_number(it.value)])
    lines = [side for k, side in enumerate(sides) if side != [head] and side not in sides[:k]]
    rows: list[str] = []
    for first, *others in lines:
        rows += [f"&= {first}" if rows else f"{head} &= {first}", *(rf"&\quad {line}" for line in others)]
    return rows


def _abridged(it: Equation, cell: Callable[[Factor], str], joint: str) -> list[str]:
    common = _product(it.common, cell, joint)
    term = general(it.terms) if len(it.terms) > TERMS else None
    if term:
        sum_ = rf"\sum_{{{INDEX}=0}}^{{{len(it.terms) - 1}}} {_product(term, cell, joint)}"
        return [rf"\left({sum_}\right) {common}" if common else sum_]
    products = [_product(term, cell, joint) for term in _dotted(it.terms)]
    return _sum(products, len(it.terms[0]), f" {common}" * bool(common), len(it.terms) - 3)


def _numbers(it: Equation) -> list[str]:
    def cell(factor: Factor) -> str:
        return factor.latex_numeral

    joint = r" \cdot "
    products = [_product(term, cell, joint) for term in _dotted(it.terms)]
    common = _product(it.common, cell, joint)
    return _sum(products, len(it.terms[0]), f"{joint}{common}" * bool(common), len(it.terms) - 3)


def _dotted(terms: Sequence[tuple[Factor, ...]]) -> Sequence[tuple[Factor, ...]]:
    return terms if len(terms) <= TERMS else (*terms[:2], (), terms[-1])  # () has no factors: it is left out


def _product(factors: Sequence[Factor], cell: Callable[[Factor], str], joint: str) -> str:
    """Factors beside each other; a dot keeps a number from its neighbours, but not a first 1 from σ′(z)."""
    if len(factors) <= FACTORS:
        cells = [*map(cell, factors)]
    else:
        first, last = factors[: FACTORS // 2], factors[-FACTORS // 2 :]
        cells = [*map(cell, first), r"\cdots", *map(cell, last)]
    text = ""
    for k, shown in enumerate(cells):
        bare = NUMBER.fullmatch(shown) or (k > 1 and NUMBER.fullmatch(cells[k - 1]))
        digits = text[-1:].isdigit() and shown[:1].isdigit()
        text += f"{(DOT if bare or digits else joint) if text else ''}{shown}"
    return text


def _sum(products: Sequence[str], factors: int, common: str, left_out: int) -> list[str]:
    """Terms with + between them, on one line or each on its own."""
    terms = [product or rf"\dots \text{{ {left_out} more }} \dots" for product in products]
    if common:
        terms = [rf"\left({' + '.join(terms)}\right){common}"]
    if len(terms) * factors <= WIDE or len(terms) == 1:
        return [" + ".join(terms)]
    return [terms[0], *(f"{PLUS} {term}" for term in terms[1:])]
