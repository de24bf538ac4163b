"""A picture as a table: for screen readers, for terminals, and wherever it cannot be drawn."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from .svg.letters import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .svg.diagram import Box, Diagram

NUMBERS = ("data", "grad", "z", "a", "δ")
"""The rows of a box that have separate columns."""
SHOWN = 100
"""The maximum number of lines of the HTML table that comes with every picture in a notebook."""
WIDEST = 40
"""Longer cells, in characters, do not widen their column."""


class Table(NamedTuple):
    """Lines of cells, below the names of the columns."""

    columns: Sequence[str]
    lines: Sequence[Sequence[str]]


def boxes(diagram: Diagram, formulas: Mapping[str, str]) -> Table:
    """Return a line for each box: its id and name, what it is, and its numbers.

    >>> from engine.pictures.svg.diagram import Box, Diagram
    >>> found = Box("n0", ("a", "data 3"), "input"), Box("n1", ("*", "data 9"), "root")
    >>> for line in text(boxes(Diagram("square", "", found, ()), {"n1": "C = a²"})):
    ...     print(line)
    box  name  is      data
    n0   a     input   3
    n1   *     C = a²  9
    """
    cells = [dict(_cells(box)) for box in diagram.boxes]
    columns = [name for name in NUMBERS if any(name in its for its in cells)]
    lines = [
        [box.id, box.rows[0], formulas.get(box.id) or its.get("", box.kind)]
        + [its.get(name, "") for name in columns]
        for box, its in zip(diagram.boxes, cells, strict=True)
    ]
    return Table(["box", "name", "is", *columns], lines)


def _cells(box: Box) -> Iterator[tuple[str, str]]:
    """Yield the numbers of a box with their names, and the rest of its text with an empty name."""
    parts = [row.partition(" ") for row in box.rows[1:]]
    yield from ((name, told) for name, _, told in parts if name in NUMBERS)
    rest = [f"{name} {told}".strip() for name, _, told in parts if name not in NUMBERS]
    if rest:
        yield "", "; ".join(rest)


def arrows(diagram: Diagram) -> Table:
    """Return a line for each arrow: the names at its ends, and its hint or label."""
    names = {box.id: f"{box.rows[0]} ({box.id})" for box in diagram.boxes}
    lines = [[names[it.tail], names[it.head], it.hint or it.label] for it in diagram.arrows]
    return Table(["from", "to", "is"], lines)


def text(table: Table) -> Iterator[str]:
    """Yield the lines of a table as text, in aligned columns; a label never breaks a line."""
    lines = [[clean(cell) for cell in line] for line in (table.columns, *table.lines)]
    widths = [
        max((len(cell) for cell in column if len(cell) <= WIDEST), default=0)
        for column in zip(*lines, strict=True)
    ]
    for line in lines:
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()


def html(table: Table, caption: str) -> str:
    """Return the table as HTML; if it is long, only its first lines.

    >>> html(Table(["box"], [["a < b"]]), "boxes")[:76]
    '<table><caption>boxes</caption><tr><th scope="col">box</th></tr><tr><td>a &l'
    """
    head = "".join(f'<th scope="col">{_safe(cell)}</th>' for cell in table.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in line)}</tr>" for line in table.lines[:SHOWN]
    )
    left = len(table.lines) - SHOWN
    more = f"; {left:,} more are in the drawing's table()" if left > 0 else ""
    return f"<table><caption>{_safe(caption)}{more}</caption><tr>{head}</tr>{rows}</table>"


def _safe(cell: str) -> str:
    return escape(clean(cell))
