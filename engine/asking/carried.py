"""Judging a sheet by the learner's own numbers: a number that follows from a wrong one is not wrong."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from .mistakes import TABLE
from .passes import unit
from .slips import SLIPS, meets
from .verdicts import weighed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .mistakes import Mistake
    from .predictions import Predictions, Room
    from .slips import Handwritten
    from .verdicts import Explanation, Weighed, Weights

HERE, PAIR = 0.3, 0.02
"""Weights relative to a mistake made everywhere: one made at some nodes only, and two at once."""
CHANCE = 0.004
"""The probability that a box agrees with some mistake by chance."""
ROUNDED, EARLY = 0.006, 0.06
"""The tolerance of a box, relative to its terms: with three digits in between, and with two."""
FEWEST = 0.06
"""The least weight of early rounding, however many numbers it allows."""
NEAR = 0.03


class Carried:
    """The numbers of one sheet; for a blank box, the number that follows from the boxes above it."""

    def __init__(self, key: Predictions, given: Mapping[int, Handwritten]) -> None:
        self.key, self.given = key, given
        self.numbers: list[float] = []
        for i in range(len(key.nodes)):
            written = given.get(i)
            self.numbers.append(written.number if written else self._exact(i))
        whole = key.whole and max(map(abs, self.numbers)) < 10**key.digits
        self.forgiven = 0.0 if whole else ROUNDED
        self.wrong = self._wrong()

    def _wrong(self) -> set[int]:
        """Return the boxes whose numbers are neither right nor follow from a number above that is not right.

        A number is right within the interval of its box, for all that rounding above can do is in there. What
        follows from other numbers has no such interval: it may differ by ``forgiven``.
        """
        off = {i for i, written in self.given.items() if not written.within(self.key.room[i])}
        found, below = set(), set()
        for i, arrows in enumerate(self.key.into):
            if any(c in off or c in below for c, _ in arrows):
                below.add(i)
            if i in off and not (i in below and self.follows(i)):
                found.add(i)
        return found

    def _exact(self, i: int) -> float:
        if not i:
            return 1.0
        edges = self.key.exact.edges
        return sum(self.numbers[c] * edges[c][k][1].slope for c, k in self.key.into[i])

    def local(self, i: int, made: Mistake | None = None, only: int | None = None) -> tuple[Room, float]:
        """Return the interval of box i, given the learner's numbers above it, and the size of its terms.

        A mistake is applied to all edges that arrive there, or only to the edge ``only``.
        """
        if not i:
            return (1.0, 1.0), 0.0
        found, size = [], 0.0
        for world in self.key.worlds:
            parts = []
            for at, (c, k) in enumerate(self.key.into[i]):
                edge, here = world.edges[c][k][1], made is not None and only in {None, at}
                slope = made.slope(edge) if made and here and made.slope else edge.slope
                up = self.numbers[c]
                parts.append(made.step(up, slope) if made and here and made.step else up * slope)
            size = max(size, sum(map(abs, parts)))
            found.append(made.gather(parts) if made and made.gather and len(parts) > 1 else sum(parts))
        return (min(found), max(found)), size

    def follows(self, i: int, made: Mistake | None = None, only: int | None = None) -> bool:
        """Return whether box i follows from the boxes above it, either correctly or with a mistake."""
        room, size = self.local(i, made, only)
        return self.given[i].within(room, self.forgiven * size)

    def causes(self, i: int) -> Weights:
        """Return weighted explanations of why box i does not follow from the boxes above it."""
        written = self.given[i]
        found: Weights = {}
        ways = [None, *range(len(self.key.into[i]))] if len(self.key.into[i]) > 1 else [None]
        for name in self.key.singles:
            made = TABLE[name]
            if not (made.order or made.start) and any(self.follows(i, made, way) for way in ways):
                found[name,] = made.share
        room, size = self.local(i)
        for slip, x, share in written.without_slips():
            if meets(x, room, written.half + self.forgiven * size) or meets(
                x, self.key.room[i], written.half
            ):
                found[slip,] = found.get((slip,), 0.0) + SLIPS[slip].share * share
        if self.forgiven and abs(written.number - sum(room) / 2) <= EARLY * size:
            numbers = 2 * EARLY * size / unit(written.number, self.key.digits)
            found["rounded_early",] = SLIPS["rounded_early"].share * max(FEWEST, 1 / (1 + numbers))
        return found

    def weighed(self) -> Weighed:
        """Weigh the possible explanations of the whole sheet: one mistake or slip, or two at once."""
        weights = self._everywhere()
        if weights:  # one mistake explains every box, so do not look for a second
            return weighed(weights, 0.0)
        weights = self._pairs()
        other = 0.0 if weights else CHANCE
        causes = {i: self.causes(i) for i in sorted(self.wrong)}
        if not causes or not all(causes.values()) or 0 in causes:
            return weighed(weights, 0.0)
        common = set.intersection(*map(set, causes.values()))
        for found in common - set(weights):
            weights[found] = self._in_common(found, causes)
        if not common:
            for a, b in combinations(sorted(set().union(*causes.values())), 2):
                if all(a in of_box or b in of_box for of_box in causes.values()):
                    how = PAIR
                    for found in (a, b):
                        resisted = self._resisted(TABLE[found[0]]) if found[0] in TABLE else 1.0
                        how *= max(of_box.get(found, 0.0) for of_box in causes.values()) * resisted
                    weights[a + b] = weights.get(a + b, 0.0) + how
        return weighed(weights, other)

    def _everywhere(self) -> Weights:
        return {(name,): TABLE[name].share for name, rooms in self.key.singles.items() if self._fits(rooms)}

    def _pairs(self) -> Weights:
        found: Weights = {}
        for (a, b), numbers in self.key.pairs.items():
            near = all(
                abs(numbers[i] - w.number) <= NEAR * (abs(numbers[i]) + abs(w.number)) + w.half
                for i, w in self.given.items()
            )
            if near and self._fits([self.key.around(x, i) for i, x in enumerate(numbers)]):
                found[a, b] = PAIR * TABLE[a].share * TABLE[b].share
        return found

    def _fits(self, rooms: Sequence[Room]) -> bool:
        return all(written.within(rooms[i]) for i, written in self.given.items())

    def _in_common(self, found: Explanation, causes: Mapping[int, Weights]) -> float:
        """Return the weight of an explanation that accounts for each wrong box separately."""
        first = next(iter(causes.values()))[found]
        name = found[0]
        if name in TABLE:
            resisted = self._resisted(TABLE[name])
            return first * resisted * (HERE if resisted < 1 else 1)
        return first if name == "rounded_early" else first * 0.1 ** (len(causes) - 1)

    def _resisted(self, made: Mistake) -> float:
        """Return a factor that shrinks with each box where the mistake would show but was not made."""
        return 1 / (1 + sum(not self.follows(i, made) for i in self.given if i and i not in self.wrong))
