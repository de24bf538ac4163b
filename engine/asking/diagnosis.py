"""From wrong numbers to their causes: weigh the explanations, and name all that fit.

>>> from engine import Value
>>> a, b, c = Value(-3.0, label="a"), Value(4.0, label="b"), Value(3.0, label="c")
>>> s = a * b
>>> s.label = "s"
>>> key = Key(s * s + s * c)
>>> box = key.index(a)
>>> key.answers[box], key.one(box, "-84").kind
(-84.0, 'right')
>>> key.one(box, "84").kind
'sign'

The weight of an explanation is how common it is, divided by how many three-digit numbers its interval holds.
``docs/use/ask.md`` reports how well this works, and where it must fail.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING

from .carried import Carried
from .mistakes import TABLE
from .passes import unit
from .predictions import Predictions
from .slips import DIGITS, SLIPS, Handwritten, meets, read
from .verdicts import SheetVerdict, Verdict, Weighed, weighed
from .wording import Words, count_of_boxes, fewer
from .wording import listed as joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from engine.value import Value

    from .predictions import Room
    from .verdicts import Explanation, Weights

HERE, PAIR, OTHER = 0.3, 0.02, 0.5
"""Weights relative to a mistake made everywhere: made at one node, two at once, no known mistake."""
LAST = 0.5
"""The same for a mistake made only at the last step to a single box, with the right numbers above it."""
FEW = 2
"""Sheets with at most this many numbers are judged by ``few`` instead."""
SURELY = 0.01
"""Relative distance between a number and a mistake's within which the mistake is named as a fact."""
SOME = 2
"""The most mistakes that are named beside the right number with fewer digits."""
NEAR = 0.03
"""Relative distance to the right number within which no mistake is named, if numbers are rounded."""


class Key(Predictions):
    """The key to one graph: judges one number, a few, or a whole sheet.

    >>> from engine import Value
    >>> w, x = Value(2.0, label="w"), Value(3.0, label="x")
    >>> key = Key((w * x - 5.0) ** 2)
    >>> print(key.one(key.index(w), "2"))
    Not yet. ...
    """

    def __init__(self, root: Value, *, printed: bool = False, digits: int = DIGITS) -> None:
        super().__init__(root, printed=printed, digits=digits)
        self.words = Words(self.exact, self.answers, self.into, self.digits)

    def __repr__(self) -> str:
        count = len(self.occurring)
        mistakes = f"{count} mistake{'s show' if count != 1 else ' shows'}"
        return f"<Key of {count_of_boxes(len(self.nodes))}; {mistakes}>"

    # ── One number, or a few ──────────────────────────────────────────────────────────────────────

    def one(
        self,
        i: int,
        text: str | float,
        *,
        known: Mapping[int, str | float] | None = None,
        closed: Collection[int] = (),
    ) -> Verdict:
        """Return the verdict on one answer: the number in box i, as written.

        ``known`` maps other boxes to the numbers, right or wrong, that the learner continues from; they count
        in the verdict. It requests none of these boxes, and none of ``closed``.

        Raises IndexError if there is no such box, and the errors of ``slips.read``.
        """
        written = read(text, self.digits)
        if written.within(self.room[self._box(i)]):
            return Verdict("right", self.words.right(i, written))
        rounded = "" if self.whole else fewer(written, self.answers[i])
        if rounded:
            return self._rounded_to_fewer(i, written, rounded)
        given = self._given(i, written, known)
        found = self._few(given)
        if found.kind == "unknown" and known:
            found = self._carried_on(i, given)
        if found.kind == "unknown" and known:  # perhaps computed before the others were known
            alone = self._few({i: written})
            found = alone if all(len(names) == 1 for names in alone.listed) else found
        return self._verdict(i, given, found, closed)

    def _rounded_to_fewer(self, i: int, written: Handwritten, message: str) -> Verdict:
        """Return the verdict on the right number with fewer digits; mistakes may give the same number."""
        sign = written.number * self.answers[i] < 0
        kind, slip = ("sign", "sign_flipped") if sign else ("close", "rounded_early")
        same = [name for name, rooms in self.singles.items() if meets(written.number, rooms[i], written.half)]
        if not same:
            return Verdict(kind, message, ((slip,),), kind)
        ways = joined([f"when {TABLE[name].did}" for name in same[:SOME]], "or")
        explanations = ((slip,), *((name,) for name in same))
        return Verdict("several", f"{message} It also comes out {ways}.", explanations)

    def _given(
        self, i: int, written: Handwritten, known: Mapping[int, str | float] | None
    ) -> dict[int, Handwritten]:
        others = {self._box(j): read(x, self.digits) for j, x in (known or {}).items() if j != i}
        return {i: written, **others}

    def _carried_on(self, i: int, given: Mapping[int, Handwritten]) -> Weighed:
        """Weigh the explanations of how box i came from the numbers above it."""
        return weighed(Carried(self, given).causes(i), OTHER / 900)

    def above(self, i: int) -> list[int]:
        """Return the boxes on the paths from the root to a box, on which it depends, without the root's."""
        found: dict[int, None] = {}
        waiting = [i]
        while waiting:
            new = [c for c, _ in self.into[waiting.pop()] if c and c not in found]
            found |= dict.fromkeys(new)
            waiting += new
        return [*found]

    def few(self, texts: Mapping[int, str | float]) -> Verdict:
        """Return the verdict on the numbers in some boxes, based on these numbers only.

        The message is about the first wrong one. Raises the same errors as ``one``.
        """
        given = {self._box(i): read(text, self.digits) for i, text in texts.items()}
        wrong = [i for i, written in given.items() if not written.within(self.room[i])]
        if not wrong:
            i = next(iter(given), 0)
            return Verdict("right", self.words.right(i, given[i]) if given else "")
        return self._verdict(wrong[0], given, self._few(given))

    def _box(self, i: int) -> int:
        if not 0 <= i < len(self.nodes):
            raise IndexError(
                f"there are boxes 0 to {len(self.nodes) - 1}, got {i}; Key.index(node) finds a node's"
            )
        return i

    def _density(self, written: Handwritten, room: Room) -> float:
        """Return 1 over the count of numbers that an interval holds; 0 if the number is outside."""
        if not written.within(room):
            return 0.0
        return 1 / (1 + (room[1] - room[0]) / unit(written.number, self.digits))

    def _few(self, given: Mapping[int, Handwritten]) -> Weighed:
        """Weigh all explanations of the numbers in some boxes."""
        weights: Weights = {}

        def add(found: Explanation, weight: float) -> None:
            if weight:
                weights[found] = weights.get(found, 0) + weight

        for name, rooms in self.singles.items():
            fit = prod(self._density(written, rooms[i]) for i, written in given.items())
            add((name,), TABLE[name].share * fit)
        for name, runs in self.here.items():
            for numbers in runs:
                how = LAST if self._at_the_last_step(given, numbers) else HERE / len(runs)
                add((name,), how * TABLE[name].share * self._nearly(given, numbers))
        for slip, weight in self._slipped(given):
            add((slip,), weight)
        for (a, b), numbers in self.pairs.items():
            if (a,) not in weights and (b,) not in weights:
                add((a, b), PAIR * TABLE[a].share * TABLE[b].share * self._nearly(given, numbers))
        return weighed(weights, OTHER / (9 * 10 ** (self.digits - 1)) ** len(given))

    def _at_the_last_step(self, given: Mapping[int, Handwritten], numbers: Sequence[float]) -> bool:
        """Return whether the numbers directly above the only given box are right, so that its step is not."""
        above = [c for i in given for c, _ in self.into[i]]
        return len(given) == 1 and all(numbers[c] == self.answers[c] for c in above)

    def _nearly(self, given: Mapping[int, Handwritten], numbers: Sequence[float]) -> float:
        """Return how well exact numbers match the written ones, allowing for rounding."""
        for i, written in given.items():
            x, y = written.number, numbers[i]
            if not abs(y - x) <= NEAR * (abs(y) + abs(x)) + written.half:
                return 0.0
        return prod(self._density(written, self.around(numbers[i], i)) for i, written in given.items())

    def _slipped(self, given: Mapping[int, Handwritten]) -> Iterable[tuple[str, float]]:
        """Yield possible slips in one of the boxes, with their weights, if all the others are right."""
        rights = {i: self._density(written, self.room[i]) for i, written in given.items()}
        for i, written in given.items():
            rest = prod(right for j, right in rights.items() if j != i)
            low, high = self.room[i]
            if low - written.last_half <= written.number <= high + written.last_half:
                early = unit(written.number, self.digits) / (2 * written.last_half)
            else:
                early = self._density(written, self.early[i])
            yield "rounded_early", rest * SLIPS["rounded_early"].share * early
            for slip, x, share in written.without_slips():
                if meets(x, (low, high), written.half):
                    yield slip, rest * SLIPS[slip].share * share / (1 + (high - low) / unit(x, self.digits))

    def _verdict(
        self, i: int, given: Mapping[int, Handwritten], found: Weighed, closed: Collection[int] = ()
    ) -> Verdict:
        """Put a weighing into words, without requesting a box that is given or ``closed``."""
        written = given[i]
        kind, listed, family = found.kind, found.listed, found.family
        near = abs(written.number - self.answers[i]) <= NEAR * abs(self.answers[i])
        if kind != "unknown":
            of_pen = kind == "several" or listed[0] == ("sign_flipped",)
            if family == "sign" and of_pen and meets(-written.number, self.room[i], written.half):
                kind = "sign"
            elif listed[0] == ("rounded_early",) or (
                near and not self.whole and family not in {"slip", "paths"}
            ):
                kind = "close"
            elif kind == "told" and family == "slip":
                kind = "slip"
        follow_up = (
            self.telling(listed, i, given, {*given, *closed}) if kind in {"several", "unknown"} else None
        )
        sure = near if kind == "close" else self._gives(listed[:1], i, written)
        message = self.words.wrong(i, written.text, kind, listed, family=family, sure=sure)
        asks_for = "" if follow_up is None else self.words.gradient(follow_up)
        if found.kind != "several":  # one stands out, or none does
            listed = listed[: found.kind == "told"]
        return Verdict(kind, message, listed, family, found.shares, follow_up, asks_for)

    def _gives(self, found: Sequence[Explanation], i: int, written: Handwritten) -> bool:
        """Return whether a mistake, made without rounding, gives a number: to 1 %, and to its digits."""
        made = [name for name in (found[0] if found else ()) if name in TABLE]
        if not made:
            return True
        if len(made) == 1:
            every = [self.made(made[0]), *self.here.get(made[0], [])]
        else:
            every = [self.pairs[tuple(sorted(made))]]
        return any(abs(run[i] - written.number) <= SURELY * abs(run[i]) + written.half for run in every)

    def with_one_more(
        self,
        i: int,
        text: str | float,
        box: int,
        more: str | float,
        *,
        known: Mapping[int, str | float] | None = None,
        closed: Collection[int] = (),
    ) -> Verdict:
        """Return the verdict on box i, given the number of one more box that a first verdict requested.

        If no explanation fits both, the requested box is judged alone, and if it is right, the steps from
        there to box i. ``known`` and ``closed`` are as for ``one``.

        >>> from engine import Value
        >>> w, x, b = Value(2.0, label="w"), Value(3.0, label="x"), Value(1.0, label="b")
        >>> key = Key((w * x + b) ** 2)
        >>> first = key.one(key.index(w), "55")
        >>> first.kind, first.asks_for
        ('unknown', '∂C/∂v_1')
        >>> print(key.with_one_more(key.index(w), "55", first.follow_up, "14"))
        ∂C/∂v_1 is right. Look at the steps from there to w: 55 does not follow from it.
        """
        written, every = read(text, self.digits), {**(known or {}), box: more}
        given = self._given(i, written, every)
        if written.within(self.room[i]) or self._few(given).kind != "unknown":
            return self.one(i, text, known=every, closed=closed)
        above, leads_here = self.one(box, more, known=known), box in self.above(i)
        if not above:
            when = "first" if leads_here else "too"
            message = f"Look at {self.words.gradient(box)} {when}. {above.message}"
            return replace(above, message=message, follow_up=None, asks_for="")
        found = self._carried_on(i, given)
        if found.kind == "unknown":
            return Verdict(
                "unknown",
                self.words.from_there(i, written.text, box, leads_here=leads_here),
                shares=found.shares,
            )
        return self._verdict(i, given, found, closed)

    def telling(
        self,
        explanations: Sequence[Explanation],
        box: int,
        given: Mapping[int, Handwritten],
        closed: Collection[int],
    ) -> int | None:
        """Return the box whose number distinguishes most explanations; None if there is no such box.

        The box is never one of ``closed``. Among equally good ones, a box directly above ``box`` is
        preferred; such a box is also the choice if there are no explanations.
        """
        above = [c for c, _ in self.into[box] if c and c not in closed]
        ways = [self._ways(found, given) for found in explanations]
        best, most = None, 0
        for i in dict.fromkeys([*above, *range(1, len(self.nodes))]):
            apart = sum(self._apart(one, other, i) for one, other in combinations(ways, 2))
            constant = not self.nodes[i].parents and self.nodes[i].rule is not None
            if i not in closed and not constant and apart > most:
                best, most = i, apart
        return best if explanations else next(iter(above), None)

    def _ways(self, found: Explanation, given: Mapping[int, Handwritten]) -> list[list[Room]]:
        """Return the ways in which an explanation may lead to the numbers, each as intervals of all boxes."""
        made = tuple(name for name in found if name in TABLE)
        if len(made) == 1:
            everywhere = self.singles[made[0]]
            runs = [run for run in self.here.get(made[0], ()) if self._nearly(given, run)]
            fits = not runs or all(written.within(everywhere[j]) for j, written in given.items())
        else:
            everywhere, runs, fits = self.room, [self.pairs[made]] if made else [], not made
        return [everywhere] * fits + [[self.around(x, j) for j, x in enumerate(run)] for run in runs]

    def _apart(self, one: Sequence[Sequence[Room]], other: Sequence[Sequence[Room]], i: int) -> bool:
        """Return whether no number with the sheet's digits fits both explanations in box i."""
        rooms = ((first[i], second[i]) for first in one for second in other)
        return all(
            low > end + unit(low, self.digits) or start > high + unit(start, self.digits)
            for (low, high), (start, end) in rooms
        )

    # ── A sheet ───────────────────────────────────────────────────────────────────────────────────

    def sheet(self, texts: Sequence[str | float]) -> SheetVerdict:
        """Return the verdict on all boxes together, from one text for each, empty for a blank box.

        Box 0 is the root's, whose number is 1.
        A number that follows from a wrong box does not count against the learner: each box is judged by the
        learner's own numbers above it, and a mistake must explain every box that does not follow.

        Raises ValueError if the number of texts is wrong, and TypeError for an entry that is neither text nor
        a number. Text that is not a number makes that box "unread".
        """
        if len(texts) != len(self.nodes):
            raise ValueError(
                f"a sheet has {len(self.nodes)} boxes, got {len(texts)} texts; leave a blank one empty"
            )
        given: dict[int, Handwritten] = {}
        boxes: list[Verdict | None] = [None] * len(texts)
        for i, text in enumerate(texts):
            if not isinstance(text, str) or text.strip():
                try:
                    given[i] = read(text, self.digits)
                except ValueError as error:
                    boxes[i] = Verdict("unread", str(error))
        carried = Carried(self, given)
        wrong = carried.wrong
        few = wrong and len(given.keys() - {0}) <= FEW
        found = self._few(given) if few else carried.weighed()
        for i, written in given.items():
            boxes[i] = self._box_verdict(i, written, carried, found)
        kind = found.kind if wrong else "right"
        message = self.words.sheet_message(boxes, kind, found.listed)
        listed = found.listed if kind not in {"right", "unknown"} else ()
        return SheetVerdict(kind, message, tuple(boxes), listed, found.family, found.shares)

    def _box_verdict(self, i: int, written: Handwritten, carried: Carried, found: Weighed) -> Verdict:
        """Return the verdict on one box of a sheet."""
        if written.within(self.room[i]):
            return Verdict("right", self.words.right(i, written))
        if i not in carried.wrong:
            return Verdict("follows", self.words.follows(written.text))
        if carried.follows(i):  # nothing above is wrong, and no mistake makes so small a difference
            return self._verdict(i, {i: written}, Weighed("told", {("rounded_early",): 1.0}), carried.given)
        causes = carried.causes(i)
        if found.kind == "told":
            told = next(iter(found.shares))
            here = tuple(name for name in told if (name,) in causes) or told
            return self._verdict(i, carried.given, Weighed("told", {here: 1.0}))
        return self._verdict(i, {i: written}, weighed(causes, OTHER / 900), carried.given)
