r"""Expressions written as statements: what is used twice gets a line and a name, the rest stands inline.

>>> from itertools import count
>>> from engine.source.python import PYTHON
>>> from engine.expressions import Expressions
>>> xp = Expressions()
>>> a, b = xp.variable(), xp.variable()
>>> d = a - b
>>> writer = Writer(PYTHON, (f"v{k}" for k in count(1)), {a: "a", b: "b"}, [d * d])
>>> writer.define(d * d, "C")
>>> print(*writer.taken(), sep="\n")
    v1 = a - b
    C = v1 * v1
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from engine.graph import topological_order

from .dialects import ATOM, SIGN, WIDTH, filled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.expressions import Expression

    from .dialects import Dialect, Form

DEEPEST = 8
"""Operations inside one another on a line; a sum of many terms counts as one, so does a product."""


class Text(NamedTuple):
    """An expression's text, how tightly it holds together, and how deep its operations are nested."""

    text: str
    level: int = ATOM
    depth: int = 0


class Writer:
    """Writes expressions in topological order, each with the lines that it needs before it.

    ``names`` are the variables' names, ``roots`` all that will be asked for, in that order.
    """

    def __init__(
        self,
        dialect: Dialect,
        fresh: Iterator[str],
        names: Mapping[Expression, str],
        roots: Iterable[Expression],
    ) -> None:
        roots = list(roots)
        self._dialect = dialect
        self._fresh = fresh
        self._texts = {variable: Text(name) for variable, name in names.items()}
        self._order = topological_order(*roots)
        self._place = {e: place for place, e in enumerate(self._order, start=1)}
        self._pending = iter(self._order)
        self._written = 0
        self._uses = Counter(chain(roots, chain.from_iterable(e.parents for e in self._order)))
        self._kept: set[Expression] = set()
        self._names: dict[Expression, str] = {}
        self._forms: dict[str, Form] = {}
        self._lines: list[str] = []
        self.functions: set[str] = set()
        """The names that the text takes from elsewhere."""

    def keep(self, e: Expression, name: str = "") -> None:
        """Give an expression a line of its own, if none is written yet."""
        self._kept.add(e)
        self.suggest(e, name)

    def suggest(self, e: Expression, name: str) -> None:
        """Use this name if the expression needs one."""
        if name:
            self._names.setdefault(e, name)

    def write(self, e: Expression) -> str:
        """Write all that the expression needs, and return the text that stands for it."""
        missing = max(self._place[e] - self._written, 0)
        self._written += missing
        for x in islice(self._pending, missing):
            self._enter(x)
        return self._texts[e].text

    def name(self, e: Expression) -> str:
        """The name that an expression was written under; empty where it has none, or is a literal."""
        text = self._texts.get(e)
        return "" if text is None or text.depth or e.number is not None else text.text

    def define(self, e: Expression, name: str) -> None:
        """Write an expression under this name, even if it has one already."""
        self.keep(e, name)
        text = self.write(e)
        if text != name:
            self._assign(name, text)

    def constant(self, name: str, number: float) -> None:
        """Write a line that gives a number a name."""
        self._assign(name, self._number(number))

    def taken(self) -> list[str]:
        """The lines since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def _enter(self, e: Expression) -> None:
        if e.number is not None:
            literal = self._number(e.number)
            self._texts[e] = Text(literal, SIGN if literal.startswith("-") else ATOM)
        elif e not in self._texts:
            self._texts[e] = self._rendered(e)
            if self._uses[e] > 1 or e in self._kept:
                self._own_line(e)

    def _number(self, number: float) -> str:
        if not math.isfinite(number):
            self.functions.add("nan" if math.isnan(number) else "inf")
        return self._dialect.number(number)

    def _rendered(self, e: Expression) -> Text:
        form = self._form(e)
        texts, depth = [], 0
        for operand, needs, room in zip(e.parents, form.needs, form.room, strict=True):
            text = self._texts[operand]
            if text.depth >= DEEPEST or (text.depth and len(text.text) > room):
                text = self._own_line(operand)
            texts.append(text.text if text.level >= needs else f"({text.text})")
            depth = max(depth, text.depth - (text.level == needs == form.level))
        return Text(form.template.format(*texts), form.level, depth + 1)

    def _form(self, e: Expression) -> Form:
        if e.operation not in self._forms:
            self.functions.update({e.operation}.difference(self._dialect.forms))
            self._forms[e.operation] = self._dialect.form(e.operation, len(e.parents))
        return self._forms[e.operation]

    def _own_line(self, e: Expression) -> Text:
        name = self._names.get(e) or next(self._fresh)
        self._assign(name, self._texts[e].text)
        self._texts[e] = Text(name)
        return self._texts[e]

    def _assign(self, name: str, text: str) -> None:
        line = "    " + self._dialect.assign.format(name, text)
        if len(line) > WIDTH:
            line = "    " + self._dialect.assign.format(name, f"({filled(_terms(text), 8)}    )")
        self._lines.append(line)


def _terms(text: str) -> Iterator[str]:
    """The parts of a long text between which a line may end: terms of a sum, words where those are long."""
    open_brackets, terms = 0, [""]
    for word in text.split(" "):
        if word in {"+", "-"} and not open_brackets:
            terms.append("")
        open_brackets += word.count("(") - word.count(")")
        terms[-1] += f" {word}"
    for term in terms:
        yield from [term[1:]] if len(term) < WIDTH - 8 else term.split()
