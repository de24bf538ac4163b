"""An equation of the chain rule: a derivative as a sum of products, as ``str`` and as LaTeX.

``∂C/∂w = ∂z/∂w · ∂a/∂z · ∂C/∂a`` has one product; if the path branches, each branch has its own. The factors
that the products share may follow the sum in brackets, as σ′(z) does in textbooks' δ.

As text, derivatives, symbols and numbers are written below each other, on lines of at most 80 columns. As
LaTeX, the numbers are written under the symbols, on as many aligned lines as needed.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice, zip_longest
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.characters import shown
from engine.formula.symbols import symbol
from engine.graph import topological_order
from engine.labels import number
from engine.numeric import in_json

from .factors import INDEX, LONGEST, TERMS, general, latex_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from engine.formula import Formula, Symbol
    from engine.value import Value

    from .factors import Derivative, Factor


@dataclass(frozen=True, slots=True)
class Equation:
    """``derivative = (Σ over terms of the product of their factors) · common = value``."""

    derivative: Derivative
    terms: tuple[tuple[Factor, ...], ...]
    value: float
    common: tuple[Factor, ...] = ()
    """Factors common to all terms; empty if there is only one term, which then includes them."""
    short: Formula | None = None
    """The product in simplified form, such as y − a, if the documents write it so."""
    common_first: bool = False
    """Whether the common factors precede the sum."""
    start: int = 0
    """The first index of a sum."""

    @property
    def is_one_factor(self) -> bool:
        """Whether there is nothing to multiply or to add."""
        return not self.common and len(self.terms) == 1 and len(self.terms[0]) == 1

    def products(self) -> tuple[float, ...]:
        """Return the value of each term, without the common factors."""
        return tuple(prod(factor.number for factor in term) for term in self.terms)

    def __str__(self) -> str:
        return shown("\n".join(equation(self)))

    def latex(self, last: int | None = None) -> str:
        """Return LaTeX with numbers under the symbols; given ``last``, layers are counted back from L."""
        return aligned(latex_equation(self, last))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "derivative": str(self.derivative),
            "terms": [[factor.to_dict() for factor in term] for term in self.terms],
            "common": [factor.to_dict() for factor in self.common],
            "value": in_json(self.value),
        } | ({"short": self.short.text} if self.short else {})


# ── Equations as text ─────────────────────────────────────────────────────────────────────────────

if TYPE_CHECKING:
    Cells: TypeAlias = list[list[str]]

WIDTH = 80
READABLE, SPELLABLE = 10**30, 10**4000
"""Up to the first, counts are shown in full; Python converts no integer much longer than the second."""
FACTORS = 40
"""Factors of a product that are shown, one below the other."""
DOTS = "…", "..."
GLUE = "\N{NO-BREAK SPACE}"
BREAK = re.compile(r"(?= [+−-] )|(?<=,)(?= )")
"""Where a line may be broken: before a sign, and after a comma."""
DEEPEST = 4
"""How deep nested brackets are searched for such places."""


def equation(it: Equation, room: int = WIDTH) -> list[str]:
    """Return the lines, symbols above numbers and the value last, none wider than ``room``."""
    if all(len(term) <= FACTORS for term in (*it.terms, it.common)):  # otherwise no line is wide enough
        lines = _side_by_side(it)
        if max(map(len, lines)) <= room:
            return lines
    return list(folded(_below_each_other(it), room=room))


def folded(lines: Iterable[str], indent: int | None = None, room: int = WIDTH) -> Iterator[str]:
    """Yield the lines, long ones broken and continued with 4 columns more indentation, or ``indent``."""
    for line in map(shown, lines):
        told = line.lstrip()
        first = min(len(line) - len(told), WIDTH // 4)
        rest = min(first + 4 if indent is None else indent, WIDTH // 2)
        glued = _glued(told, room - rest)
        broken = textwrap.wrap(glued, room, initial_indent=" " * first, subsequent_indent=" " * rest)
        yield from (row.replace(GLUE, " ").rstrip() for row in broken)  # a break may leave a space


def _glued(text: str, most: int, within: int = 0) -> str:
    """Return the text with glue wherever no line may break: within a term, or between two commas.

    In terms that are too long, the parts in brackets are kept together.
    """
    depth, ends = 0, []
    for k, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        ends += [k] * (c == " " and depth <= within and bool(BREAK.match(text, k)))
    parts = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    return "".join(
        part[:1] + part[1:].replace(" ", GLUE) if len(part) <= most
        else _glued(part, most, within + 1) if within < DEEPEST
        else part
        for part in parts
    )  # fmt: skip


def columns(rows: Sequence[Sequence[str]], left: int = 1, between: str = "  ") -> list[str]:
    """Return rows of cells in columns: the first ``left`` columns flush left, the others flush right.

    >>> columns([("", "now"), ("w", "−0.5")])
    ['    now', 'w  −0.5']
    """
    rows = [[*map(shown, row)] for row in rows]
    widths = [width(column) for column in zip(*rows, strict=True)]
    return [
        between.join(
            cell.ljust(wide) if k < left else cell.rjust(wide)
            for k, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def width(cells: Iterable[str]) -> int:
    """Return the width of a column, ignoring cells that are too long for one."""
    return max((len(cell) for cell in cells if len(cell) <= WIDTH // 2), default=0)


def counted(n: int) -> str:
    """Return a whole number as text, rounded to six digits if it is too long to read.

    >>> counted(12345), counted(2**300)
    ('12,345', 'about 2.03704e+90')
    """
    return f"{n:,}" if n < READABLE else f"about {Decimal(n):.6g}"


def _side_by_side(it: Equation) -> list[str]:
    """Return lines like ``head = factor · factor``, with the factors of all lines aligned."""
    head = shown(str(it.derivative))
    pad = " " * len(head)
    value = shown(number(it.value))
    blocks = [*(block for block in _blocks(it) if block not in ([head], [value])), [value]]
    lines: list[str] = []
    for block in blocks:
        first, *others = block
        lines += [f"{pad if lines else head} = {first}", *(f"{pad} {line}" for line in others)]
    return [line.rstrip() for line in lines]


def _blocks(it: Equation) -> Iterator[list[str]]:
    """Yield the sum by names, by formulas and by numbers, without repetitions."""
    if not any(it.terms):  # ∂C/∂C, or C does not depend on the node
        return
    told = [
        (_abridged(it, cell), [cell(factor) for factor in it.common])
        for cell in (_by_name, _alone if it.is_one_factor else _by_symbol)
    ]
    short = [[shown(it.short.text)]] if it.short else []
    if short:
        told.append((short, []))
    if len(it.terms) > 1 or len(it.terms[0]) > 1:  # otherwise the value shows it
        told.append((_dotted(it, _numeral), [*map(_numeral, it.common)]))
    widths = _widths([term for terms, _ in told if terms != short for term in terms])
    beside = _widths([common for _, common in told if common])
    for k, (terms, common) in enumerate(told):
        if (terms, common) not in told[:k]:
            wide = beside if it.common_first else [0] * len(common)
            factors = " · ".join(cell.ljust(n) for cell, n in zip(common, wide, strict=False))
            yield _added([_row(term, widths) for term in terms], factors, first=it.common_first)


def _widths(terms: Cells) -> list[int]:
    """Return the widths of the columns of factors, ignoring rows of dots."""
    columns = zip_longest(*(term for term in terms if not term[0].startswith(DOTS)), fillvalue="")
    return [max(map(len, column)) for column in columns]


def _row(term: Sequence[str], widths: Sequence[int]) -> str:
    return " · ".join(cell.ljust(width) for cell, width in zip(term, widths, strict=False)).rstrip()


def _by_name(factor: Factor) -> str:
    return shown(str(factor.derivative))


def _alone(factor: Factor) -> str:
    return shown(factor.alone)


def _by_symbol(factor: Factor) -> str:
    return shown(factor.symbols)


def _numeral(factor: Factor) -> str:
    return shown(factor.numeral)


def _abridged(it: Equation, cell: Callable[[Factor], str]) -> Cells:
    """Return the cells of every term, or of the general term under a Σ."""
    if len(it.terms) > TERMS:
        term = general(it.terms, it.start)
        if term:
            first, *others = map(cell, term)
            return [[shown(f"Σ_{INDEX} {first}"), *others]]
    return _dotted(it, cell)


def _dotted(it: Equation, cell: Callable[[Factor], str]) -> Cells:
    """Return the cells of every term; if there are many, of the first two and the last only."""
    terms = it.terms if len(it.terms) <= TERMS else (*it.terms[:2], it.terms[-1])
    cells = [[*map(cell, term)] for term in terms]
    if len(terms) < len(it.terms):
        cells.insert(2, [shown(f"… {len(it.terms) - 3} more …")])
    return cells


def _added(rows: Sequence[str], factors: str, *, first: bool) -> list[str]:
    """Return terms below each other, joined by +, in brackets if there are common factors."""
    if not factors:
        return [rows[0], *(f"+ {row}" for row in rows[1:])]
    before, behind = (f"{factors} · (", ")") if first else ("(", f") · {factors}")
    pad = " " * (len(before) + 1)
    lines = [f"{before}{rows[0]}", *(f"+{pad}{row}" for row in rows[1:])]
    return [*lines[:-1], f"{lines[-1]}{behind}"]


def _below_each_other(it: Equation) -> list[str]:
    """Return one line for each factor: ``· ∂z/∂w = a = 0.88``."""
    head = str(it.derivative)
    short = [f"  = {it.short.text}"] if it.short else []
    if len(it.terms) == 1:
        return [head, *_product(it.terms[0]), *short, f"  = {number(it.value)}"]
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
    return [*lines, *short, f"  = {number(it.value)}"]


def _product(factors: Sequence[Factor]) -> list[str]:
    left = len(factors) - FACTORS
    told = factors if left <= 0 else [*factors[: FACTORS // 2], *factors[-FACTORS // 2 :]]
    cells = [(_by_name(factor), _alone(factor), _signed(factor.number)) for factor in told]
    names = width(name for name, _, _ in cells)
    symbols = width(symbols for name, symbols, _ in cells if symbols != name)
    lines = []
    for k, (name, told_as, value) in enumerate(cells):
        is_more = told_as != name  # otherwise it is written by name
        line = f"{name:{names}} {'=' * is_more:1} {told_as * is_more:{symbols}} = {value}"
        lines.append(f"  {'·' if k else '='} {line}")
    if left > 0:
        lines.insert(FACTORS // 2, f"  · … {left} more factor{'s' * (left > 1)} …")
    return lines


def _signed(x: float) -> str:
    """Return a number with room for its sign, so that digits align."""
    return f"{number(x)}" if x < 0 else f" {number(x)}"


# ── Definitions of symbols ────────────────────────────────────────────────────────────────────────

MOST_DEFINED = 12
"""Nodes whose definitions are written; for more, see the forward pass."""


def defined(
    equations: Iterable[Equation], nodes: Mapping[Symbol, Value], formula_of: Callable[[Value], Formula]
) -> dict[Symbol, Formula]:
    """Return the formulas of nodes whose symbols occur in equations or in these formulas, in order."""
    found: dict[Symbol, Formula] = {}
    stack = [name for it in equations for name in _symbols(it)]
    while stack:
        name = stack.pop()
        if name in nodes and name not in found:
            found[name] = formula = formula_of(nodes[name])
            stack += _symbols_of(formula)
    return {name: found[name] for name in nodes if name in found}


def _symbols(it: Equation) -> Iterator[Symbol]:
    for factor in chain(*it.terms, it.common):
        yield from (factor.derivative.of, factor.derivative.by)
        if factor.formula:
            yield from _symbols_of(factor.formula)


def _symbols_of(formula: Formula) -> Iterator[Symbol]:
    return (formula.names[x] for x in topological_order(formula.expression) if x in formula.names)


def where(definitions: Mapping[Symbol, Formula]) -> str:
    """Return the line below equations, ``where v_1 = w x, v_2 = σ(v_1)``; empty without definitions."""
    shown = _shown(definitions)
    left = len(definitions) - len(shown)
    told = [f"{name} = {formula.text}" for name, formula in shown]
    more = [f"and {left} more: forward(C) shows all"] * bool(left)
    return f"where {', '.join(told + more)}" if told else ""


def latex_where(definitions: Mapping[Symbol, Formula], last: int | None = None) -> str:
    """Return the line of definitions as LaTeX."""
    shown = _shown(definitions)
    left = len(definitions) - len(shown)
    told = [f"{name.latex(last)} = {formula.latex(last)}" for name, formula in shown]
    parted = r", \quad ".join(told + [rf"\text{{and {left} more}}"] * bool(left))
    return rf"\text{{where }} {parted}" if told else ""


def _shown(definitions: Mapping[Symbol, Formula]) -> list[tuple[Symbol, Formula]]:
    """Return the definitions to write: the first ones that are not too long."""
    short = (pair for pair in definitions.items() if len(pair[1].text) <= LONGEST)
    return list(islice(short, MOST_DEFINED))


class Remark(NamedTuple):
    """Remarks below an equation; empty if there are none."""

    text: str = ""
    latex: str = ""
    note: str = ""
    """The meaning of a symbol that is not a node."""
    where: Mapping[Symbol, Formula] = MappingProxyType({})
    """The definitions of unnamed nodes."""

    def below(self, lines: str) -> str:
        """Return the text with the remark on separate lines below it."""
        return "\n".join([lines, *folded(filter(None, (where(self.where), self.note, self.text)))])

    def below_latex(self, body: str, last: int | None = None) -> str:
        """Return LaTeX with the remark below it."""
        for below in filter(None, (latex_where(self.where, last), _sentence(self.note), self.latex)):
            body = f"\\begin{{gathered}}\n{body} {END_OF_LINE}[0.7em]\n{below}\n\\end{{gathered}}"
        return body

    def beside(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return plain data with the remark added."""
        return data | {"stale": self.text} if self.text else data


NOTHING = Remark()
MATHEMATICS = re.compile(r"(e\^\(\w+\)|\b\w_\w\b|δ)")


def _sentence(text: str) -> str:
    r"""Return a sentence as LaTeX, with its symbols in math mode.

    >>> print(_sentence("p_j is e^(z_j) over a sum"))
    p_j \text{ is } e^{z_j} \text{ over a sum}
    """
    parts = [part for part in MATHEMATICS.split(text) if part]
    return " ".join(
        f"e^{{{part[3:-1]}}}" if part.startswith("e^(")
        else symbol(part).latex() if MATHEMATICS.fullmatch(part)
        else rf"\text{{{part}}}"
        for part in parts
    )  # fmt: skip


# ── Equations as LaTeX ────────────────────────────────────────────────────────────────────────────

LATEX_FACTORS = 24
"""The most factors shown of a product; the middle of longer ones is replaced by dots."""
END_OF_LINE = r"\\"
PLUS = r"+ \;"
"""A + at the beginning of a line, where LaTeX would set it close to the term, as a sign."""
NUMBER, DOT = re.compile(r"[\d.]+|\(-[\d.]+\)"), r" \cdot "
WIDE = 3
"""The most factors that several terms on one line may have in total."""


def aligned(*blocks: Sequence[str]) -> str:
    """Return lines that align at their &, with space between blocks."""
    told = f" {END_OF_LINE}[0.7em]\n".join(f" {END_OF_LINE}\n".join(lines) for lines in blocks)
    return f"\\begin{{aligned}}\n{told}\n\\end{{aligned}}"


def equated(head: str, sides: Iterable[Sequence[str]]) -> list[str]:
    r"""Return rows for ``aligned``: a head and the sides it equals; a side may take several rows.

    >>> equated("x", [["a + b"], ["2", "+ 3"], ["5"]])
    ['x &= a + b', '&= 2', '&\\quad + 3', '&= 5']
    """
    rows: list[str] = []
    for first, *others in sides:
        rows += [f"&= {first}" if rows else f"{head} &= {first}", *(rf"&\quad {line}" for line in others)]
    return rows


def left_out(n: int, what: str) -> list[str]:
    """Return a row that counts what is not shown; none if everything is."""
    return [rf"&\text{{… {n} more {what}{'s' * (n > 1)}}}"] if n > 0 else []


def matrix(rows: Sequence[Sequence[str]]) -> str:
    r"""Return rows of cells as a matrix in square brackets.

    >>> print(matrix([["1", "2"], ["3", "4"]]))
    \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}
    """
    told = f" {END_OF_LINE} ".join(" & ".join(row) for row in rows)
    return rf"\begin{{bmatrix}} {told} \end{{bmatrix}}"


def latex_equation(it: Equation, last: int | None = None, more: str = "") -> list[str]:
    """Return the derivative by names, by formulas and by numbers; ``more`` is a note on omitted terms."""
    head = it.derivative.latex(last)

    def by_name(factor: Factor) -> str:
        return factor.derivative.latex(last)

    def by_symbol(factor: Factor) -> str:
        return factor.latex(last, alone=it.is_one_factor)

    sides = [_latex_abridged(it, by_name, " "), _latex_abridged(it, by_symbol, " ")] if any(it.terms) else []
    if it.short:
        sides.append([it.short.latex(last)])
    if len(it.terms) > 1 or any(len(term) > 1 for term in it.terms):
        sides.append(_numbers(it))
    sides = [[*side, f"{PLUS} {more}"] if more else side for side in sides]
    sides.append([latex_number(it.value)])
    return equated(head, [s for k, s in enumerate(sides) if s != [head] and s not in sides[:k]])


def _latex_abridged(it: Equation, cell: Callable[[Factor], str], joint: str) -> list[str]:
    common = _latex_product(it.common, cell, joint)
    term = general(it.terms, it.start) if len(it.terms) > TERMS else None
    if term:
        bounds = rf"{{{INDEX}={it.start}}}^{{{it.start + len(it.terms) - 1}}}"
        sum_ = rf"\sum_{bounds} {_latex_product(term, cell, joint)}"
        return [_beside_common(sum_, common, it, " ")]
    products = [_latex_product(term, cell, joint) for term in _latex_dotted(it.terms)]
    return _sum(products, common, it, " ")


def _beside_common(sum_: str, common: str, it: Equation, joint: str) -> str:
    """Return a sum in brackets, with the common factors of its terms before or after it."""
    parts = [rf"\left({sum_}\right)", common]
    return joint.join(parts[::-1] if it.common_first else parts) if common else sum_


def _numbers(it: Equation) -> list[str]:
    def cell(factor: Factor) -> str:
        return factor.latex_numeral

    joint = r" \cdot "
    products = [_latex_product(term, cell, joint) for term in _latex_dotted(it.terms)]
    common = _latex_product(it.common, cell, joint)
    return _sum(products, common, it, joint)


def _latex_dotted(terms: Sequence[tuple[Factor, ...]]) -> Sequence[tuple[Factor, ...]]:
    return terms if len(terms) <= TERMS else (*terms[:2], (), terms[-1])  # () stands for omitted terms


def _latex_product(factors: Sequence[Factor], cell: Callable[[Factor], str], joint: str) -> str:
    """Return a product; a dot separates a number from its neighbours, except next to brackets."""
    if len(factors) <= LATEX_FACTORS:
        cells = [*map(cell, factors)]
    else:
        first, last = factors[: LATEX_FACTORS // 2], factors[-LATEX_FACTORS // 2 :]
        cells = [*map(cell, first), r"\cdots", *map(cell, last)]
    text = ""
    for k, factor in enumerate(cells):
        bare = NUMBER.fullmatch(factor) or (k > 1 and NUMBER.fullmatch(cells[k - 1]))
        digits = factor[:1].isdigit() and not text.endswith(")")  # σ'(z) 2(a − y), as in the documents
        text += f"{(DOT if bare or digits else joint) if text else ''}{factor}"
    return text


def _sum(products: Sequence[str], common: str, it: Equation, joint: str) -> list[str]:
    """Return terms joined by +, on one line or on a line each."""
    terms = [product or rf"\dots \text{{ {len(it.terms) - 3} more }} \dots" for product in products]
    if common:
        return [_beside_common(" + ".join(terms), common, it, joint)]
    if len(terms) * len(it.terms[0]) <= WIDE or len(terms) == 1:
        return [" + ".join(terms)]
    return [terms[0], *(f"{PLUS} {term}" for term in terms[1:])]
