"""The lines of a NumPy program, before they are written down, and the arrays that they speak of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from engine.expressions import Expressions
from engine.source.dialects import ATOM, LONG, WIDTH, Form
from engine.source.spelling import Names
from engine.source.statements import Writer

from .text import FORMS, LETTERS, MATRICES, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.expressions import Expression

    from .text import Index

    Shape = tuple[int, ...]

SECTIONS = ("parameters", "inputs", "constants", "forward", "backward", "gradient")


@dataclass(eq=False)
class Block:
    """An array with a row for each of its nodes; that of the parameters has one axis, others have two."""

    name: str
    size: int
    e: Expression
    section: str = "forward"
    views: dict[tuple[tuple[int, ...], Shape], View] = field(default_factory=dict)
    adjoint: Expression | None = None
    """Known as soon as all that is read of it has its own."""

    def known_adjoint(self) -> Expression:
        """The adjoint."""
        assert self.adjoint is not None, "what reads a block comes first on the way back"  # noqa: S101  (for the type checker)
        return self.adjoint

    @property
    def wanted(self) -> list[View]:
        """What is read of it and leads to a parameter."""
        return [view for view in self.views.values() if view.wanted]


@dataclass(eq=False)
class View:
    """Numbers that steps read: a part of a block, a stack of several parts, or constants."""

    name: str
    e: Expression
    varies: bool = False
    wanted: bool = False
    block: Block | None = None
    rows: Sequence[int] = ()
    index: Index = WHOLE
    parts: list[tuple[View, list[int]]] = field(default_factory=list)
    expected: int = 0
    contributions: list[Expression] = field(default_factory=list)
    comment: str = ""
    """What its one contribution is."""
    adjoint: str = ""
    """Its name, once all contributions are there."""


class Listing:
    """The lines of a program in sections: text as it is, or a name and the expression that it stands for."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.free = Names([*taken, *LETTERS])
        self.xp = Expressions()
        self.words: set[str] = set()
        """What the lines need from a preamble."""
        self._forms = dict(FORMS)
        self._names: dict[Expression, str] = {}
        self._lines: dict[str, list[tuple[str, Expression | None, str]]] = {s: [] for s in SECTIONS}
        self._grids = dict.fromkeys(SECTIONS, "")

    def variable(self, name: str) -> Expression:
        """The array of this name."""
        e = self.xp.variable()
        self._names[e] = name
        return e

    def op(self, template: str, *operands: Expression) -> Expression:
        """An operation that is written as a call, a method or an index."""
        needs = tuple([ATOM * template.startswith(f"{{{k}}}") for k in range(len(operands))])
        self._forms[template] = Form(template, ATOM, needs, (LONG,) * len(operands))
        return self.xp.call(template, *operands)

    def over_examples(self, e: Expression) -> Expression:
        """The sum over the examples."""
        return self.op("{0}.sum(axis=1, keepdims=True)", e)

    def line(self, section: str, text: str) -> None:
        """Add a line as it is."""
        self._lines[section].append((text, None, ""))

    def define(self, section: str, name: str, e: Expression, comment: str = "") -> Expression:
        """Add a line that gives an expression a name; what stands for it from there on."""
        self._lines[section].append((name, e, comment))
        return self.variable(name)

    def with_grid(self, section: str, found: Index) -> Index:
        """An index after the line that it needs, if any."""
        if found.grid and found.grid != self._grids[section]:
            self.line(section, found.grid)
            self._grids[section] = found.grid
        return found

    def named(self, section: str, name: str, found: Index) -> Index:
        """An index that has a name for places that are too many to stand in it."""
        if not found.places:
            return found
        at = self.free.unique(f"at_{name}")
        self.line(section, f"{at} = {found.places}")
        return found._replace(text=found.text.format(at), places="")

    def written(self) -> dict[str, list[str]]:
        """All lines, by section."""
        roots = [e for _, e, _ in chain(*self._lines.values()) if e is not None]
        writer = Writer(replace(MATRICES, forms=self._forms), self.free.numbered, self._names, roots)
        written: dict[str, list[str]] = {}
        for section, lines in self._lines.items():
            written[section] = []
            for text, e, comment in lines:
                if e is None:
                    written[section].append(f"    {text}")
                else:
                    writer.define(e, text)
                    written[section] += _commented(writer.taken(), comment)
        self.words |= writer.functions
        return written


def _commented(lines: list[str], comment: str) -> list[str]:
    """The comment at the end of the last line, where there is room."""
    if comment and lines and len(lines[-1]) + len(comment) + 4 <= WIDTH:
        lines[-1] += f"  # {comment}"
    return lines
