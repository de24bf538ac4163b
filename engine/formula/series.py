"""Long sums made short: terms that differ by one index as ``Σ_k w_jk a_k`` or with dots between them.

Σ and dots stand only for a series, whose index runs without a gap, so that a reader can tell every term. Of
other sums all terms are written; where these are too many, it says how many are left out.

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
    """What stands in the same place of every term."""
    Names: TypeAlias = Mapping[Expression, Symbol]
    Rewrite: TypeAlias = Callable[[Sequence[Expression]], list[Expression]]

WRITTEN_OUT = 4
"""Terms of a sum; longer ones are made short, if they are series."""
MOST = 12
"""Terms of a sum that is no series; of longer ones the first two and the last are shown."""
LETTERS = "jkilmn"
"""What an index goes by: the first of them that has no other meaning in the formula."""


class Sheet:
    """Where formulas in the same names are written: what several of them share is made short and set once.

    The slopes of a sum of n exponentials are n formulas, and each has all of it in it.
    """

    def __init__(self, names: Names, taken: Collection[str] = (), most: int = MOST) -> None:
        self._names, self._taken, self._most = names, taken, most
        self._writers: dict[tuple[bool, bool], _Writer] = {}
        self._shown: dict[tuple[Expression, bool], tuple[Expression, Names]] = {}
        self._pieces: dict[object, Pieces] = {}
        self._xp = Formulas()
        self._elided: dict[Expression, Expression] = {}

    def shown(self, x: Expression, *, bounds: bool = False) -> tuple[Expression, Names]:
        """The expression with Σ or dots in its long sums, and the names of what is in it.

        Where no ``bounds`` are shown, Σ stands for all there are of a kind of names, and for one range in the
        whole formula: a sum that leaves out some of those that are taken has dots.
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
        """The expression with less of its long sums, where numbers are to stand in it."""
        return _rewritten(self._xp, x, lambda terms: _cut(self._xp, terms, WRITTEN_OUT), MOST, self._elided)

    def pieces(self, *style: object, spell: Callable[[Expression], Piece]) -> Pieces:
        """What is set already in a style, which is all that ``spell`` depends on."""
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
    """What stands for operands that are not shown: it says how many, so that it reads as no series."""
    return xp.make(f"… {count:,} more …")


def _cut(xp: Formulas, terms: Sequence[Expression], most: int) -> list[Expression]:
    """The terms; of more than there may be the first two and the last."""
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
    """Whether a sum is too long to write out; one more term, the bias, is let through."""
    alone = sum(term.operation == "variable" for term in terms)
    return len(terms) - (alone == 1) > WRITTEN_OUT


class _Writer:
    """Writes the long sums of one formula; ``names`` grows by those of its indices and general terms."""

    def __init__(
        self, names: Names, most: int, taken: Collection[str], *, with_sigma: bool, bounds: bool
    ) -> None:
        self.xp = Formulas()  # its own: what is made to be shown is forgotten with it
        self.names = dict(names)
        self.most, self.taken, self.with_sigma, self.bounds = most, taken, with_sigma, bounds
        self.own = {name.text for name in names.values()}
        self.letters = {letter for name in names.values() for letter in (name.text, *name.below)}
        self._done: dict[Expression, Expression] = {}
        self._kinds: dict[object, int] = {}
        self._kind_of: dict[Expression, int] = {}

    def rewritten(self, x: Expression) -> Expression:
        """The expression with its long sums made short."""
        return _rewritten(self.xp, x, self._sum, self.most, self._done)

    def _sum(self, terms: Sequence[Expression]) -> list[Expression]:
        """A series for terms that are alike, in the place of the first of them; the others as they are."""
        kinds = self._kinds_of(terms)
        families: dict[int, list[Expression]] = {}
        for term, kind in zip(terms, kinds, strict=True):
            families.setdefault(kind, []).append(term)
        if len(families) == 2:  # of a likelihood two terms belong together: y ln a + (1 − y) ln(1 − a)
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
        """Two terms as one; their common minus stands before it."""
        if x.operation == y.operation == "neg":
            return self.xp.make("neg", self.xp.make("+", x.parents[0], y.parents[0]))
        return self.xp.make("+", x, y)

    def _series(self, terms: Sequence[Expression]) -> list[Expression] | None:
        """The terms as Σ, or with dots; None where they do not differ by a running index alone."""
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
        """A letter for the index that means nothing else here: no symbol, and no index of a sum within."""
        sums = (part for part in topological_order(term) if part.operation == "Σ")
        meant = self.letters | {self.names[part.parents[0]].text for part in sums}
        return next((letter for letter in (first, *LETTERS) if letter not in meant), "")

    def _kinds_of(self, terms: Iterable[Expression]) -> list[int]:
        """A number for each term: the same where they differ at most in the indices of their symbols."""
        for term in terms:
            for part in unfinished(term, self._kind_of):
                kind: object = (part.operation, part.number, *(self._kind_of[x] for x in part.parents))
                if part in self.names:
                    name = self.names[part]
                    kind = (name.letter, name.layer, name.copy) if name.indices else part
                self._kind_of[part] = self._kinds.setdefault(kind, len(self._kinds))
        return [self._kind_of[term] for term in terms]


def _aligned(terms: Sequence[Expression]) -> set[Column] | None:
    """The variables in the same place of every term; None where the terms are built differently."""
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
    """One term for all, with others in the place of columns of variables."""
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
    """Whether a column holds the same expression throughout."""
    return all(x is column[0] for x in column)
