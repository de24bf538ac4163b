"""Shorten long sums: terms that differ by one index become ``Σ_k w_jk a_k``, or have dots between them.

Σ and dots are used only for a series, whose index runs without a gap, so that a reader can infer every term.
In other sums all terms are written; if there are too many, the number of omitted ones is given.

>>> from engine.readings.formulas import Formulas
>>> xp = Formulas()
>>> names = {xp.variable(): symbol(f"a_{k}") for k in range(6)}
>>> short, names = Sheet(names).shown(xp.call("+", *map(xp.square, names)))
>>> [operand.operation for operand in short.parents], str(names[short.parents[2].parents[0]])
(['variable', 'literal', 'power'], 'a_j')
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.graph import topological_order, unfinished
from engine.readings.formulas import Formulas

from .symbols import Symbol, running_index, symbol
from .typeset import Pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from engine.readings.expressions import Expression

    from .symbols import Piece

    Column: TypeAlias = tuple[Expression, ...]
    """The parts in the same position of every term."""
    Names: TypeAlias = Mapping[Expression, Symbol]
    Rewrite: TypeAlias = Callable[[Sequence[Expression]], list[Expression]]

WRITTEN_OUT = 4
"""Terms that a sum may have; longer ones are shortened if they are series."""
MOST = 12
"""Terms that a sum may have if it is not a series; of longer ones the first two and the last are shown."""
LETTERS = "jkilmn"
"""Names for an index: the first of these letters that has no other meaning in the formula is used."""


class Sheet:
    """A sheet for formulas in the same names: parts that they share are shortened and typeset only once.

    For example, the slopes of ``logsumexp`` of n operands are n formulas, and each contains the whole sum.
    """

    def __init__(self, names: Names, taken: Collection[str] = (), most: int = MOST) -> None:
        self._names, self._taken, self._most = names, taken, most
        self._writers: dict[tuple[bool, bool], _Writer] = {}
        self._shown: dict[tuple[Expression, bool], tuple[Expression, Names]] = {}
        self._pieces: dict[object, Pieces] = {}
        self._xp = Formulas()
        self._elided: dict[Expression, Expression] = {}

    def shown(self, x: Expression, *, bounds: bool = False) -> tuple[Expression, Names]:
        """Return the expression with Σ or dots in its long sums, and the names of its variables.

        Without ``bounds``, Σ must run over all names of a kind, and over the same range throughout the
        formula: a sum that omits some of the names that are taken has dots.
        """
        if (x, bounds) not in self._shown:
            writer = self._writer(with_sigma=True, bounds=bounds)
            short = writer.rewritten(x)
            ranges = {part.parents[1] for part in topological_order(short) if part.operation == "Σ"}
            if len(ranges) > 1 and not bounds:
                writer = self._writer(with_sigma=False, bounds=False)
                short = writer.rewritten(x)
            self._shown[x, bounds] = short, writer.names
        return self._shown[x, bounds]

    def elided(self, x: Expression) -> Expression:
        """Return the expression with its long sums cut, for use with numbers."""
        return _rewritten(self._xp, x, lambda terms: _cut(self._xp, terms, WRITTEN_OUT), MOST, self._elided)

    def pieces(self, *style: object, spell: Callable[[Expression], Piece]) -> Pieces:
        """Return the pieces typeset so far in a style, on which alone ``spell`` depends."""
        if style not in self._pieces:
            self._pieces[style] = Pieces(spell)
        return self._pieces[style]

    def _writer(self, *, with_sigma: bool, bounds: bool) -> _Writer:
        if (with_sigma, bounds) not in self._writers:
            self._writers[with_sigma, bounds] = _Writer(
                self._names, self._most, self._taken, with_sigma=with_sigma, bounds=bounds
            )
        return self._writers[with_sigma, bounds]


def left_out(xp: Formulas, count: int) -> Expression:
    """Return the placeholder for omitted operands: it counts them, so as not to suggest a series."""
    return xp.make(f"… {count:,} more …")


def _cut(xp: Formulas, terms: Sequence[Expression], most: int) -> list[Expression]:
    """Return the terms; if there are more than ``most``, the first two and the last."""
    if len(terms) <= most:
        return [*terms]
    first, second, *others, last = terms
    return [first, second, left_out(xp, len(others)), last]


def _rewritten(
    xp: Formulas, x: Expression, rewrite: Rewrite, most: int, done: dict[Expression, Expression]
) -> Expression:
    for part in unfinished(x, done):
        parents = [done[parent] for parent in part.parents]
        if part.operation == "+" and _is_long(parents):
            parents = rewrite(parents)
        elif part.operation in {"maximum", "minimum"}:
            parents = _cut(xp, parents, most)
        changed = parents and tuple(parents) != part.parents
        alone = part.operation == "+" and len(parents) == 1
        done[part] = parents[0] if alone else xp.make(part.operation, *parents) if changed else part
    return done[x]


def _is_long(terms: Sequence[Expression]) -> bool:
    """Return whether a sum is too long to write out; one additional term, the bias, is allowed."""
    alone = sum(term.operation == "variable" for term in terms)
    return len(terms) - (alone == 1) > WRITTEN_OUT


class _Writer:
    """A writer of a formula's long sums; it adds the names of indices and general terms to ``names``."""

    def __init__(
        self, names: Names, most: int, taken: Collection[str], *, with_sigma: bool, bounds: bool
    ) -> None:
        self.xp = Formulas()  # separate, so that expressions made for display are freed with it
        self.names = dict(names)
        self.most, self.taken, self.with_sigma, self.bounds = most, taken, with_sigma, bounds
        self.own = {name.text for name in names.values()}
        self.letters = {letter for name in names.values() for letter in (name.text, *name.below)}
        self._done: dict[Expression, Expression] = {}
        self._kinds: dict[object, int] = {}
        self._kind_of: dict[Expression, int] = {}

    def rewritten(self, x: Expression) -> Expression:
        """Return the expression with its long sums shortened."""
        return _rewritten(self.xp, x, self._sum, self.most, self._done)

    def _sum(self, terms: Sequence[Expression]) -> list[Expression]:
        """Return similar terms as a series, in place of the first of them; other terms unchanged."""
        kinds = self._kinds_of(terms)
        families: dict[int, list[Expression]] = {}
        for term, kind in zip(terms, kinds, strict=True):
            families.setdefault(kind, []).append(term)
        if len(families) == 2:  # a likelihood has pairs of terms: y ln a + (1 − y) ln(1 − a)
            first, second = families.values()
            if len(first) > 1 and [x for pair in zip(first, second, strict=False) for x in pair] == [*terms]:
                pairs = self._series([self._pair(*pair) for pair in zip(first, second, strict=True)])
                if pairs:
                    return pairs
        series = {
            kind: self._series(family) for kind, family in families.items() if len(family) > WRITTEN_OUT
        }
        parts: list[Expression] = []
        for term, kind in zip(terms, kinds, strict=True):
            written = series.get(kind)
            parts += [term] if written is None else written
            if written:
                series[kind] = []
        return parts if len(parts) <= self.most else _cut(self.xp, terms, self.most)

    def _pair(self, x: Expression, y: Expression) -> Expression:
        """Return two terms as one, with a common minus sign in front."""
        if x.operation == y.operation == "neg":
            return self.xp.make("neg", self.xp.make("+", x.parents[0], y.parents[0]))
        return self.xp.make("+", x, y)

    def _series(self, terms: Sequence[Expression]) -> list[Expression] | None:
        """Return the terms as Σ or with dots; None if they differ in more than a running index."""
        columns = _aligned(terms) or ()
        found = [running_index([self.names[x] for x in column]) for column in columns]
        starts = {run.start for run in found if run}
        if None in found or len(starts) != 1:
            return None
        runs = [run for run in found if run]
        whole = starts == {0} and all(run.as_written for run in runs)
        if whole and self.with_sigma and (self.bounds or not any(self._is_taken(run.after) for run in runs)):
            letter = self._letter(terms[0], first="k" if any(run.place == 1 for run in runs) else "j")
            if letter:
                general = {}
                for column, run in zip(columns, runs, strict=True):
                    general[column] = self.xp.variable()
                    self.names[general[column]] = self.names[column[0]].with_index(run.place, letter)
                return [self._sigma(letter, len(terms), _general(self.xp, terms, general))]
        return [*terms[:2], self.xp.make("…"), terms[-1]]

    def _is_taken(self, name: str) -> bool:
        return name in self.own or name in self.taken

    def _sigma(self, letter: str, count: int, term: Expression) -> Expression:
        if term.operation == "neg":
            return self.xp.make("neg", self._sigma(letter, count, term.parents[0]))
        index = self.xp.variable()
        self.names[index] = symbol(letter)
        return self.xp.make("Σ", index, count - 1, term)

    def _letter(self, term: Expression, first: str) -> str:
        """Return a letter for the index that is neither a symbol here nor the index of an inner sum."""
        sums = (part for part in topological_order(term) if part.operation == "Σ")
        meant = self.letters | {self.names[part.parents[0]].text for part in sums}
        return next((letter for letter in (first, *LETTERS) if letter not in meant), "")

    def _kinds_of(self, terms: Iterable[Expression]) -> list[int]:
        """Return a number for each term: equal for terms that differ only in the indices of their symbols."""
        for term in terms:
            for part in unfinished(term, self._kind_of):
                kind: object = (part.operation, part.number, *(self._kind_of[x] for x in part.parents))
                if part in self.names:
                    name = self.names[part]
                    kind = (name.letter, name.layer, name.copy) if name.indices else part
                self._kind_of[part] = self._kinds.setdefault(kind, len(self._kinds))
        return [self._kind_of[term] for term in terms]


def _aligned(terms: Sequence[Expression]) -> set[Column] | None:
    """Return the variables in the same position of every term; None if the terms differ in structure."""
    columns = set()
    stack = [tuple(terms)]
    while stack:
        column = stack.pop()
        first = column[0]
        if _is_one(column):
            continue
        if first.operation == "variable":
            if any(x.operation != "variable" for x in column):
                return None
            columns.add(column)
        elif any(
            (x.operation, x.number, len(x.parents)) != (first.operation, first.number, len(first.parents))
            for x in column
        ):
            return None
        else:
            stack += zip(*(x.parents for x in column), strict=True)
    return columns


def _general(xp: Formulas, terms: Sequence[Expression], others: Mapping[Column, Expression]) -> Expression:
    """Return the general term, with each column of variables replaced by one variable."""
    done = dict(others)
    stack: list[Column] = [tuple(terms)]
    while stack:
        column = stack[-1]
        first = column[0]
        below = [] if _is_one(column) else list(zip(*(x.parents for x in column), strict=True))
        missing = [inner for inner in below if inner not in done]
        if column not in done and not missing:
            done[column] = xp.make(first.operation, *(done[inner] for inner in below)) if below else first
        if missing:
            stack += missing
        else:
            stack.pop()
    return done[tuple(terms)]


def _is_one(column: Column) -> bool:
    """Return whether all entries of a column are the same expression."""
    return all(x is column[0] for x in column)
