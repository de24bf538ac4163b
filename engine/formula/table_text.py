"""The table of rules as text: aligned columns for a terminal, and Markdown.

>>> wrapped(["∂/∂x  w_0 x_0 + w_1 x_1 + b"], 16)
['∂/∂x  w_0 x_0', '  + w_1 x_1 + b']
"""

from __future__ import annotations

import re
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from .table import Row

    Groups: TypeAlias = Sequence[tuple[str, list[Row]]]
    Cells: TypeAlias = list[list[str]]
    """Lines of each cell of a row."""

WIDTH = 100
GAP = "  "
UNBROKEN = "\N{NO-BREAK SPACE}"
MOST = (21, WIDTH, WIDTH, 22)
"""The most that a column takes: names and words are broken more easily than formulas."""
HEADER = ("Rule", "Value", "Local derivatives", "Domain · kinks")


def in_terminal(groups: Groups) -> str:
    """The table in columns; long cells are wrapped."""
    rows = {heading: [_cells(row) for row in group] for heading, group in groups}
    widths = _widths([[[title] for title in HEADER], *(row for group in rows.values() for row in group)])
    lines = list(_lines([[title] for title in HEADER], widths))
    for heading, group in rows.items():
        lines += ["", heading]
        for cells in group:
            lines += _lines(cells, widths)
    return "\n".join(lines)


def _cells(row: Row) -> Cells:
    several = len(row.slopes) > 1
    return [
        [row.rule.name, *([f"· {row.defaults}"] if row.defaults else [])],
        [row.value.text],
        [f"∂/∂{name}{GAP}{slope.text}" if several else slope.text for name, slope in row.slopes.items()],
        [row.rule.domain, *([f"· {row.rule.kinks}"] if row.rule.kinks else [])],
    ]


def _widths(rows: list[Cells]) -> list[int]:
    """The width of each column: what it needs, where that is too much the widest give way."""
    longest = [max(len(line) for row in rows for line in row[k]) for k in range(len(HEADER))]
    widths = list(map(min, longest, MOST))
    room = WIDTH - len(GAP) * (len(HEADER) - 1)
    while sum(widths) > room:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(cells: Cells, widths: Sequence[int]) -> Iterator[str]:
    columns = [wrapped(lines, width) for lines, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*columns, fillvalue=""):
        padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield GAP.join(padded).rstrip()


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """Lines no longer than a width: a formula is broken before an operator, a long name after ``_``."""
    return [part for line in lines for part in _wrapped(line, width)]


def _wrapped(line: str, width: int) -> list[str]:
    if line.isidentifier():
        return re.findall(rf"\w{{1,{width}}}$|\w{{1,{width - 1}}}_|\w+", line)
    for depth in (-1, 0, 1, 2):
        parts = _broken(_with_breaks(line, depth), width)
        if all(len(part) <= width for part in parts):
            return parts
    return _broken(line, width)


def _broken(line: str, width: int) -> list[str]:
    parts = wrap(line, width, subsequent_indent=GAP, break_long_words=False, break_on_hyphens=False)
    return [part.replace(UNBROKEN, " ") for part in parts]


def _with_breaks(line: str, depth: int) -> str:
    """The line with spaces where it may be broken, and unbroken spaces elsewhere.

    At depth −1 that is before ``if`` and ``else``, at 0 before operators outside of brackets too, from 1 on
    within brackets of that depth.

    >>> _with_breaks("a + (b + c)", 0).replace(UNBROKEN, "_")
    'a +_(b_+_c)'
    """
    opened, kept = 0, ""
    for k, sign in enumerate(line):
        opened += (sign == "(") - (sign == ")")
        at_operator = opened <= depth and line.startswith(("+ ", "− "), k + 1)
        may_break = at_operator or line.startswith(("if ", "else "), k + 1)
        kept += UNBROKEN if sign == " " and not may_break else sign
    return kept


def in_markdown(groups: Groups) -> str:
    """One table for each group, formulas as code."""
    return "\n\n".join(_markdown(heading, rows) for heading, rows in groups)


def _markdown(heading: str, rows: Sequence[Row]) -> str:
    head = ["| Rule | Value | Local derivatives | Domain | Kinks |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {heading}", "", *head, *map(_markdown_row, rows)])


def _markdown_row(row: Row) -> str:
    several = len(row.slopes) > 1
    slopes = (
        (f"∂/∂{_escaped(name)} " if several else "") + _code(slope.text) for name, slope in row.slopes.items()
    )
    name = _code(row.rule.name) + (f"<br>{_escaped(row.defaults)}" if row.defaults else "")
    cells = (
        name,
        _code(row.value.text),
        "<br>".join(slopes),
        _escaped(row.rule.domain),
        _escaped(row.rule.kinks),
    )
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return "`" + text.replace("|", r"\|") + "`"


def _escaped(text: str) -> str:
    return re.sub(r"[\\|*_<`]", r"\\\g<0>", text)
