"""The number in every box of a graph: the right one with its rounding interval, and that of each mistake.

>>> from engine import Value
>>> a, b = Value(-3.0, label="a"), Value(4.0, label="b")
>>> s = a * b
>>> found = Predictions(s * s + s)
>>> found.answers
[1.0, 1.0, -23.0, 69.0, -92.0]
>>> found.made("overwritten")
[1.0, 1.0, -12.0, 36.0, -48.0]
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from itertools import combinations
from math import isfinite
from typing import TYPE_CHECKING

from engine import graph
from engine.arguments import a_value
from engine.formula.symbols import derivative
from engine.numeric import Unevaluable, flag, whole

from .mistakes import TABLE, Mistake
from .passes import Rounding, Workings, cut, exact, nearest, sweep, unit, upward, wobbly, workings
from .slips import DIGITS, show
from .wording import own_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.value import Value

    from .verdicts import Explanation

Room = tuple[float, float]
"""The interval of right answers: the lowest and the highest number."""

ASKED = 0.01
"""The relative distance from the right number that an answer of three digits may have."""
MOST, MOST_HERE = 1000, 60
"""The most boxes of a graph, and the most for which mistakes made at a single node are searched."""


def refuse_large(root: Value) -> None:
    """Raise ValueError for a graph with more nodes than anybody would fill in."""
    size = len(graph.topological_order(root))
    if size > MOST:
        raise ValueError(
            f"questions, keys and exercises have at most {MOST:,} boxes, got {size:,} nodes; "
            "ask about a smaller graph"
        )


class Predictions:
    """The right number in each box of a graph, its interval, and the number from each mistake.

    Boxes are counted from the root, which is box 0; ``nodes[i]`` is the node of box i. With ``printed``, the
    values of the forward pass are on the sheet with three digits, and everybody continues from them;
    ``digits`` is the number of significant digits of an answer. The graph does not change, and its numbers
    are computed from the leaves.

    Raises TypeError if ``root`` is not a Value, and ValueError for a graph of more than 1,000 nodes or with a
    number that is not finite.
    """

    def __init__(self, root: Value, *, printed: bool = False, digits: int = DIGITS) -> None:
        a_value(root, "a key belongs to the root of a graph, a Value")
        self.root, self.digits = root, whole(digits, "digits", 1)
        self.printed = nearest(self.digits) if flag(printed, "printed") else None
        refuse_large(root)
        self.exact = workings(root, exact, self.printed)
        self.nodes, self.answers = self.exact.nodes, sweep(self.exact)
        self._refuse_what_is_not_finite()
        habits = [habit(self.digits) for habit in (nearest, cut, upward)]
        habits += [wobbly(self.digits, seed) for seed in range(5)]
        self.worlds = [self.exact, *self._rounded(habits)]
        self.room = self._spread(self.worlds)
        self.into: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        """The arrows of each box: the box that uses it, and the index among that box's operands."""
        for i, edges in enumerate(self.exact.edges):
            for k, (j, _) in enumerate(edges):
                self.into[j].append((i, k))

    def _refuse_what_is_not_finite(self) -> None:
        """Raise ValueError for the first infinite or NaN number, starting at the leaves."""
        names = own_names(self.root)
        numbers = [(node, names[node], x) for node, x in zip(self.nodes, self.exact.values, strict=True)]
        numbers.reverse()
        for node, x in zip(self.nodes, self.answers, strict=True):
            numbers.append((node, derivative(names[self.root], names[node]), x))
        for node, sign, x in numbers:
            if not isfinite(x):
                change = (
                    "move the leaves" if node.parents else f"set the .data of {names[node]} to another one"
                )
                raise ValueError(
                    f"questions and keys need finite numbers, and {sign} is {x}; {change}, "
                    "or let exercise(C) choose numbers"
                )

    def index(self, node: Value) -> int:
        """Return the box of a node. Raises ValueError if the root does not depend on it."""
        if node not in self.exact.index:
            raise ValueError(f"the root does not depend on {node!r}; ask about one of its own nodes")
        return self.exact.index[node]

    # ── Possible numbers in a box ─────────────────────────────────────────────────────────────────

    def _rounded(self, habits: Iterable[Rounding]) -> list[Workings]:
        """Return the workings with each rounding habit, except those that leave a rule's domain."""
        found = []
        for habit in habits:
            with suppress(*Unevaluable):
                sheet = workings(self.root, habit, self.printed)
                if all(map(isfinite, sweep(sheet))):
                    found.append(sheet)
        return found

    def _spread(self, worlds: Sequence[Workings], *made: Mistake) -> list[Room]:
        """Return the interval of each box, widened by half on both sides: eight habits are not all."""
        found = [(min(xs), max(xs)) for xs in zip(*(sweep(w, made) for w in worlds), strict=True)]
        return [(low - 0.5 * (high - low), high + 0.5 * (high - low)) for low, high in found]

    @cached_property
    def early(self) -> list[Room]:
        """The intervals for learners who keep one digit less in between."""
        habits = [wobbly(max(1, self.digits - 1), seed) for seed in range(5)]
        return self._spread([self.exact, *self._rounded(habits)])

    @cached_property
    def asked(self) -> list[Room]:
        """The intervals for an answer to a single question: a hundredth, or what rounding each step gives.

        They are inside ``room``, which also allows for cutting digits off and for rounding up at every step.
        """
        nearest_only = self._spread([self.exact, *self._rounded([nearest(self.digits)])])
        found = []
        for x, (low, high), (start, end) in zip(self.answers, self.room, nearest_only, strict=True):
            most = ASKED * 10.0 ** (DIGITS - self.digits) * abs(x)
            found.append((max(low, min(start, x - most)), min(high, max(end, x + most))))
        return found

    @cached_property
    def singles(self) -> dict[str, list[Room]]:
        """The mistakes that are visible in some box, each with its interval in every box."""
        rooms = {name: self._spread(self.worlds, mistake) for name, mistake in TABLE.items()}
        return {name: found for name, found in rooms.items() if self._shown(found)}

    def _shown(self, rooms: Sequence[Room]) -> bool:
        return any(self.shows(room, i) for i, room in enumerate(rooms))

    def shows(self, room: Room, i: int) -> bool:
        """Return whether a mistake's number in box i is outside what rounding can give."""
        (low, high), (lowest, highest) = room, self.room[i]
        if not isfinite(low + high):
            return False
        half = max(unit((low + high) / 2, self.digits) / 2, 1e-9 * abs(low + high))
        return low > highest + half or high < lowest - half

    @property
    def occurring(self) -> list[str]:
        """The mistakes that change some box of this graph."""
        return [*self.singles]

    @cached_property
    def _made(self) -> dict[str, list[float]]:
        return {}

    def made(self, name: str) -> list[float]:
        """Return the number in every box for a learner who makes this mistake everywhere.

        Raises ValueError for a name that is not in the table.
        """
        if name not in TABLE:
            raise ValueError(f"there is no mistake named {name!r}; see engine.asking.mistakes.TABLE")
        if name not in self._made:
            self._made[name] = sweep(self.exact, [TABLE[name]])
        return self._made[name]

    @cached_property
    def here(self) -> dict[str, list[list[float]]]:
        """For each mistake made at a single node, the numbers in every box, if it changes any."""
        found: dict[str, list[list[float]]] = {}
        for name in self.singles if len(self.nodes) <= MOST_HERE else ():
            if not (TABLE[name].order or TABLE[name].start):
                runs = (sweep(self.exact, [TABLE[name]], i) for i in range(len(self.nodes)))
                found[name] = [numbers for numbers in runs if numbers != self.answers]
        return found

    @cached_property
    def pairs(self) -> dict[Explanation, list[float]]:
        """The numbers in every box for two mistakes made everywhere."""
        both = combinations(sorted(self.singles), 2)
        return {
            (a, b): sweep(self.exact, [TABLE[a], TABLE[b]])
            for a, b in both
            if TABLE[a].kind != TABLE[b].kind or TABLE[a].kind == "slope"
        }

    @cached_property
    def whole(self) -> bool:
        """Whether no number needs rounding, so that rounding excuses nothing."""
        return all(float(show(x, self.digits)) == x for x in [*self.answers, *self.exact.values])

    def around(self, x: float, i: int) -> Room:
        """Return an interval around an exact number, as wide as that around the right one."""
        low, high = self.room[i]
        share = (high - low) / (abs(low + high) / 2 or 1)
        width = max(unit(x, self.digits), abs(x) * min(0.05, share)) / 2
        return x - width, x + width
