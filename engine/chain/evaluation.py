"""The forward pass, line by line: name = formula = numbers = value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.arguments import a_value, advised
from engine.characters import shown
from engine.labels import number
from engine.numeric import in_json

from . import written
from .factors import latex_number
from .paths import Links, as_links
from .written import NOTHING, Remark

if TYPE_CHECKING:
    from engine.formula import Formula, Symbol
    from engine.value import Value

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One node: its name, its formula in the names of its parents, and its number."""

    name: Symbol
    formula: Formula
    value: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "name": str(self.name),
            "formula": self.formula.text,
            "numbers": self.formula.with_numbers(),
            "value": in_json(self.value),
        }


@dataclass(frozen=True, slots=True)
class Forward:
    """Every computed node, parents first; for a leaf, its number. ``str()`` and notebooks show it."""

    name: Symbol
    value: float
    lines: tuple[Line, ...]
    last: int
    """The number of the last layer, from which layers are counted back."""
    remark: Remark = NOTHING

    def __str__(self) -> str:
        return self.remark.below(self.text())

    def text(self, room: int = written.WIDTH) -> str:
        """Return the lines, none wider than ``room``."""
        if not self.lines:
            return shown("\n".join(written.folded([f"{self.name} = {number(self.value)}"], room=room)))
        lines = self.lines[:SHOWN]
        cells = [(shown(str(line.name)), shown(line.formula.text)) for line in lines]
        names = written.width(name for name, _ in cells)
        on_one_line = [_rows(line, *cell, (names, 0, room)) for line, cell in zip(lines, cells, strict=True)]
        formulas = written.width(
            cell[1] for cell, rows in zip(cells, on_one_line, strict=True) if len(rows) == 1
        )
        blocks = (
            _rows(line, *cell, (names, formulas, room)) for line, cell in zip(lines, cells, strict=True)
        )
        told = [row for block in blocks for row in block]
        left = len(self.lines) - SHOWN
        return shown("\n".join([*told, f"… {left} more node" + "s" * (left > 1)] if left > 0 else told))

    def latex(self, *, relative: bool = False) -> str:
        """Return LaTeX; ``relative`` counts layers back from L."""
        last = self.last if relative else None
        rows = []
        for line in self.lines[:SHOWN]:
            sides = line.formula.latex(last), line.formula.latex_with_numbers(), latex_number(line.value)
            rows += written.equated(line.name.latex(last), [[" = ".join(sides)]])
        rows = rows or written.equated(self.name.latex(last), [[latex_number(self.value)]])
        more = written.left_out(len(self.lines) - SHOWN, "node")
        return self.remark.below_latex(written.aligned([*rows, *more]))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return self.remark.beside({"forward": [line.to_dict() for line in self.lines]})

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


@advised
def forward(
    C: Value,
    *,
    prime: bool = True,
    through: str = "all",
    notation: str = "w_jk^(l)",
    layers: str = "numbers",
    names: bool = True,
) -> Forward:
    """Return the forward pass of a node, from the leaves up. Raises TypeError if C is not a Value.

    ``through="named"`` shows one line for each named node only, as ``explain`` does; ``notation`` and
    ``layers`` also have the same meaning as in ``explain``. ``names`` names nodes without a label after the
    caller's variables that hold them. If numbers were edited since the forward pass, so that lines no longer
    hold, the last line says so.

    >>> from engine import Value
    >>> w, a = Value(0.5, label="w"), Value(0.88, label="a")
    >>> print(forward((w * a + 0.1).sigmoid()))
    v_1 = w a       = 0.5 · 0.88 = 0.44
    v_2 = v_1 + 0.1 = 0.44 + 0.1 = 0.54
    C   = σ(v_2)    = σ(0.54) = 0.631812
    >>> print(forward((w * a + 0.1).sigmoid(), through="named"))
    v_2 = w a + 0.1 = 0.5 · 0.88 + 0.1 = 0.54
    C   = σ(v_2)    = σ(0.54) = 0.631812
    """
    return evaluated(
        Links(
            a_value(C, "forward(C) takes a Value"),
            **as_links(
                {
                    "prime": prime,
                    "through": through,
                    "notation": notation,
                    "layers": layers,
                    "names": names,
                }
            ),
        )
    )


def evaluated(links: Links) -> Forward:
    """Return the forward pass through the nodes that an explanation uses."""
    C, order = links.root, links.view.order
    lines = [Line(links.symbol(node), links.formula(node), node.data) for node in order if node.parents]
    return Forward(links.symbol(C), C.data, tuple(lines), links.last, links.remark._replace(note=""))


def _rows(line: Line, name: str, told: str, widths: tuple[int, int, int]) -> list[str]:
    """Return one row, or the numbers below the symbols if it exceeds the last of the widths."""
    names, formulas, room = widths
    head = f"{name:{names}} = "
    numbers, value = shown(line.formula.with_numbers()), shown(number(line.value))
    parts = [told, *([numbers] if numbers not in {told, value} else []), value]
    row = head + " = ".join([f"{told:{formulas}}", *parts[1:]])
    if len(row) <= room:
        return [row]
    pad = " " * (len(head) - 2)
    lines = [head + told, *(f"{pad}= {part}" for part in parts[1:])]
    return [row for line in lines for row in written.folded([line], indent=len(head) + 2, room=room)]
