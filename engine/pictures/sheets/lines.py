"""The chain rule as a table with blanks: a row for each gradient, with a product for each of its paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.pictures.svg.letters import derivative, plain, width
from engine.pictures.svg.pen import n, text

from .blanks import NUMBER, SLOT, SMALL, SYMBOL, Drawn, shown, slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.pictures.snapshot import Snapshot
    from engine.pictures.svg.letters import Text

HIGH = SLOT + 4
"""Height of a line: a box to write in, and the gap to the next."""
TOP = 22.0
"""Height of the column headings."""
FACTOR, RESULT = 62.0, 72.0
"""Width of a factor and of a gradient."""
EQUALS = 20.0
"""Pixels between two of them, for an equals sign or the dot of a product."""
BETWEEN = 18.0
"""Pixels between two columns of lines."""


class Factors(NamedTuple):
    """A product of a local derivative and the upstream gradient, with the name that both involve."""

    head: str
    """The value that the arrow leads to."""
    slope: float
    above: float


class Row(NamedTuple):
    """The gradient of one value: the sum of its terms."""

    place: int
    called: str
    terms: tuple[Factors, ...]
    total: float


def of_graph(
    now: Snapshot, asked: Iterable[int], slopes: Sequence[float] = (), gradient: Sequence[float] = ()
) -> list[Row]:
    """Return the rows of some values, in an order in which a backward pass may reach them.

    Local derivatives and gradient are those of the graph, unless they are passed.

    >>> from engine import Value
    >>> from engine.pictures.snapshot import Snapshot
    >>> a = Value(3.0, label="a")
    >>> [(row.called, len(row.terms), row.total) for row in of_graph(Snapshot(a * a), [0])]
    [('a', 2, 6.0)]
    """
    slopes, gradient = slopes or now.slopes, gradient or now.gradient
    terms: dict[int, list[Factors]] = {place: [] for place in asked}
    far = [0] * len(now.order)
    last: dict[int, tuple[int, int]] = {}
    for edge in reversed(range(len(now.tails))):  # by their heads in reverse topological order
        tail, head = now.tails[edge], now.heads[edge]
        far[tail] = max(far[tail], far[head] + 1)
        last[tail] = max(last.get(tail, (0, 0)), (far[head], head))
        if tail in terms:
            terms[tail].insert(0, Factors(now.name(head), slopes[edge], gradient[head]))

    def reached(place: int) -> tuple[int, int, int, int]:
        is_leaf = not now.order[place].parents
        return (*(last[place] if is_leaf else (far[place], place)), is_leaf, place)

    return [
        Row(place, now.name(place), tuple(terms[place]), gradient[place])
        for place in sorted(terms, key=reached)
    ]


class Products(NamedTuple):
    """The rows as a table in one or more columns, with or without room for the chain rule in symbols."""

    lines: Sequence[Row]
    root: str
    columns: int
    symbols: bool

    @property
    def _left(self) -> float:
        """The start of the first factor, after the names."""
        return max(width(self._gradient(it.called), SYMBOL) for it in self.lines) + 8

    @property
    def _rule(self) -> float:
        """Width of a factor in symbols."""
        found = [
            width(part, SYMBOL)
            for it in self.lines for term in it.terms
            for part in (self._derivative(term.head, it.called), self._gradient(term.head))
        ]  # fmt: skip
        return max([80.0, *found]) if self.symbols else 0.0

    @property
    def width(self) -> float:
        """The least width of the table."""
        rule = 2 * self._rule + 2 * EQUALS if self.symbols else 0.0
        one = self._left + EQUALS + rule + 2 * FACTOR + 2 * EQUALS + RESULT
        return self.columns * one + (self.columns - 1) * BETWEEN

    def _split(self) -> list[list[Row]]:
        """Return the rows of each column, with about the same number of lines in each."""
        count = sum(len(it.terms) for it in self.lines)
        found: list[list[Row]] = [[]]
        done = 0
        for it in self.lines:
            if found[-1] and done >= count * len(found) / self.columns:
                found.append([])
            found[-1].append(it)
            done += len(it.terms)
        return found

    @property
    def height(self) -> float:
        """The height with the lowest lines that leave room to write."""
        return TOP + HIGH * self.rows

    @property
    def rows(self) -> int:
        """The number of lines in the longest column."""
        return max(sum(len(it.terms) for it in column) for column in self._split())

    def drawn(self, room: float, high: float = HIGH, *, filled: bool) -> Drawn:
        """Draw the table at a given width and line height; in a key, with its numbers."""
        across = (room - self.width) / self.columns
        one = (self.width - (self.columns - 1) * BETWEEN) / self.columns
        boxes = 2 * FACTOR + RESULT + 2 * self._rule
        stretch = 1 + across / boxes
        shapes: list[str] = []
        for k, column in enumerate(self._split()):
            x = k * (one + BETWEEN + across)
            shapes += self._column(column, x, high, stretch, filled=filled)
        return Drawn(shapes, room, TOP + high * self.rows)

    def _column(
        self, column: Sequence[Row], x: float, high: float, stretch: float, *, filled: bool
    ) -> list[str]:
        factor, rule = FACTOR * stretch, self._rule * stretch
        at = x + self._left + EQUALS
        behind = at + (2 * rule + 2 * EQUALS if self.symbols else 0)
        result = behind + 2 * factor + 2 * EQUALS
        heads = [("gradient", x), *([("chain rule in symbols", at)] if self.symbols else [])]
        heads += [
            ("local derivative", behind),
            ("upstream", behind + factor + EQUALS),
            ("gradient", result),
        ]
        if not self.symbols:
            heads[1] = ("local", behind)
        shapes = [text(plain(words), (left, 12), SMALL, css="soft") for words, left in heads]
        example = next((it for it in column if all(term.head != self.root for term in it.terms)), None)
        y = TOP
        for it in column:
            shapes.append(f'<path d="M{n(x)},{n(y)}h{n(result + RESULT * stretch - x)}" class="hair"/>')
            for j, term in enumerate(it.terms):
                middle = y + high / 2
                if j == 0:
                    shapes.append(text(self._gradient(it.called), (x, middle + 5), SYMBOL))
                shapes.append(text(plain("+" if j else "="), (at - 13, middle + 5), NUMBER))
                from_root = term.head == self.root
                if self.symbols:
                    known = filled or from_root or it is example
                    shapes += self._in_symbols(it, term, (at, middle), rule, known=known)
                    shapes.append(text(plain("="), (behind - 14, middle + 5), NUMBER))
                shapes.append(_blank(term.slope, behind, middle, factor, filled=filled))
                shapes.append(text(plain("·"), (behind + factor + EQUALS / 2 - 2, middle + 5), NUMBER))
                above = behind + factor + EQUALS
                shapes.append(_blank(term.above, above, middle, factor, filled=filled or from_root))
                y += high
            shapes.append(text(plain("="), (result - 14, y - high / 2 + 5), NUMBER))
            words = shown(it.total) if filled else ""
            shapes.append(slot((result, y - high / 2 - SLOT / 2), words, RESULT * stretch))
        return shapes

    def _in_symbols(
        self, it: Row, term: Factors, at: tuple[float, float], wide: float, *, known: bool
    ) -> list[str]:
        (x, y), found = at, []
        for part in (self._derivative(term.head, it.called), self._gradient(term.head)):
            if known:
                found.append(text(part, (x, y + 5), SYMBOL))
            else:
                found.append(f'<path d="M{n(x)},{n(y + 10)}h{n(wide)}" class="write"/>')
            x += wide + EQUALS
        found.insert(1, text(plain("·"), (at[0] + wide + 8, y + 5), NUMBER))
        return found

    def _gradient(self, of: str) -> Text:
        return self._derivative(self.root, of)

    @staticmethod
    def _derivative(of: str, by: str) -> Text:
        return derivative(of, by)


def _blank(x: float, left: float, middle: float, wide: float, *, filled: bool) -> str:
    """Draw a line to write on; in a key, with its number."""
    drawn = f'<path d="M{n(left)},{n(middle + 11)}h{n(wide)}" class="write"/>'
    if filled:
        drawn += text(plain(shown(x)), (left + wide - 6, middle + 5), NUMBER, "end", "strong")
    return drawn
