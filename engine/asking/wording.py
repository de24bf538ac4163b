"""Sentences for the learner, by family of mistakes, written by hand.

They say "this is what comes out when …", never "you did".

>>> typeset("-0.5"), listed(["a", "b", "c"]), counted(1, "box", "boxes"), counted(3, "box", "boxes")
('−0.5', 'a, b and c', 'one box', 'three boxes')

No message on a wrong answer contains the right number: only a question's explanation does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.formula.symbols import derivative
from engine.labels import names

from .mistakes import TABLE
from .slips import SLIPS, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.value import Value

    from .passes import Workings
    from .slips import Handwritten
    from .verdicts import Explanation, Verdict

AS_TYPED = str.maketrans("'’−", "′′-", "·*^_ ")
"""Replacements that turn a formula into one typed without special characters."""
FAMILIES = {
    "paths": "Something is different in how the paths are joined. ",
    "upstream": "Something is different in the upstream gradient, what comes from above. ",
    "activation": "Something is different in the derivative of the function. ",
    "product": "Something is different in the derivative of the product. ",
    "power": "Something is different in the derivative of the square. ",
    "sign": "Something is different in a sign. ",
    "order": "Something is different in the order of the steps. ",
    "slip": "The method seems right; something is different in how the number is written. ",
}
"""The first sentence if several mistakes of one family fit."""

SIGN = (
    "The size is right; only the sign is wrong. Perhaps it is a slip, perhaps a minus was lost on the way: "
    "go through the signs once more."
)
CLOSE = (
    "Close. This is what comes out when numbers are rounded too early: keep {digits} digits on the way, and "
    "round at the end."
)
MAYBE_CLOSE = (
    "Not yet. Perhaps numbers are rounded too early: with fewer than {digits} digits on the way, a result "
    "can be this far off. Keep all digits on the way, and round at the end."
)
"""For a number that rounding can explain, but that is too far off to say so as a fact."""
ON_THE_WAY = (
    "Close: {written} is within what rounding every step to {digits} digits can do. Keep all digits on the "
    "way, and round at the end."
)
FEWER = "{written} is the right number rounded to {count}: give {digits} significant digits."
FEWER_AND_SIGN = (
    "The sign is wrong. The size is right when rounded to {count}: give {digits} significant digits."
)
TAKE_A_HINT = "Take a hint."
NEARLY = (
    "Close, but further off than rounding explains. Keep {digits} digits on the way, and go through it once "
    "more."
)
SLIPPED = {
    "decimal_point": "The digits are right; the decimal point is in the wrong place. How large should it be?",
    "digits_swapped": "The method seems right: {written} looks like the right one with two digits swapped.",
    "one_digit": "The method seems right: {written} looks like the right one with one digit changed.",
    "sign_flipped": SIGN,
}
HALF = (
    "This is half of it. Either the 2 of the square is missing, or two paths are averaged and not added. "
    "Is there a square on the way? How many arrows leave {name}?"
)
UNKNOWN = (
    "{written} is not it, and I cannot see where it comes from. That is my limit, not a verdict on your "
    f"method. {TAKE_A_HINT}"
)
TOLD = "Not yet. {written} is what comes out when {did}. {see}"
TWO = (
    "Not yet. Two things seem to be going on: {written} is what comes out when {did}, and {also} as well. "
    "Take one at a time. {see}"
)
PERHAPS = "Not yet. Perhaps {did}; one number alone does not show it. {see}"
SEVERAL = "Not yet. {family}There are {many} ways to get {written}: {ways}."
PATHS = "{name} is used {many} times: its {many} contributions are added."
BESIDE = "{box} is right, and {written} does not go with it. Look at the last step to {name} once more."
"""For a box from which no step leads to the one that was asked for."""
ABOVE = "How much does {root} move when {above} moves? Multiply by that."
LOOK = "The method is right; check the digits."
ONE_LEFT = {
    "overwritten": (-1, " The last one comes through {through}."),
    "first_path_only": (0, " The first one comes through {through}."),
}
"""Mistakes that leave one contribution, and which; on paper the order may be another."""
SHOWN = 6
"""The most names in a list within a sentence."""
NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def typeset(number: str) -> str:
    """Return a number's text with a proper minus sign."""
    return number.replace("-", "−")


def in_words(n: int) -> str:
    """Return a count in words up to twelve, else in digits."""
    return NUMBERS[n] if n < len(NUMBERS) else f"{n:,}"


def counted(n: int, one: str, many: str) -> str:
    """Return a count with its noun."""
    return f"{in_words(n)} {one if n == 1 else many}"


def count_of_boxes(n: int) -> str:
    """Return a number of boxes, in digits.

    >>> count_of_boxes(1), count_of_boxes(12)
    ('1 box', '12 boxes')
    """
    return f"{n} box" + "es" * (n != 1)


def listed(words: Sequence[str], last: str = "and") -> str:
    """Join words into a list for a sentence."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def some(names: Sequence[str]) -> str:
    """Join names into a list for a sentence; if there are more than six, name the first six.

    >>> some(["a", "b"]), some(list("abcdefgh"))
    ('a and b', 'a, b, c, d, e, f and two more')
    """
    more = len(names) - SHOWN
    return listed([*names[:SHOWN], f"{in_words(more)} more"] if more > 0 else names)


def capital(sentence: str) -> str:
    """Return a sentence with a capital letter, unless it begins with a symbol."""
    return sentence[:1].upper() + sentence[1:] if sentence[:1].isascii() else sentence


def did(name: str) -> str:
    """Return the words that complete "comes out when …", for a mistake or a slip.

    >>> did("overwritten"), did("digits_swapped")
    ('the last path overwrites the ones before', 'two digits are swapped')
    """
    return TABLE[name].did if name in TABLE else SLIPS[name].did


def yes(sign: str, written: Handwritten, exact: float) -> str:
    """Return the sentence for a right answer; it shows the true number, also if the written one is a bit off.

    >>> from engine.asking.slips import read
    >>> yes("a", read("0.67"), 2 / 3), yes("a", read("0.665"), 2 / 3)
    ('Yes: a = 0.67.', 'Yes, up to rounding on the way: a = 0.667.')
    """
    if abs(written.number - exact) <= 1.01 * written.last_half + 1e-9 * abs(exact):
        return f"Yes: {sign} = {typeset(written.text)}."
    return f"Yes, up to rounding on the way: {sign} = {typeset(show(exact, written.digits))}."


def fewer(written: Handwritten, exact: float) -> str:
    """Return what to say about the right number with fewer digits than requested; empty if it is not that.

    >>> from engine.asking.slips import read
    >>> fewer(read("0.003"), 0.0032275)
    '0.003 is the right number rounded to one digit: give three significant digits.'
    >>> fewer(read("0.004"), 0.0032275)
    ''
    """
    for count in range(1, written.digits):
        for x, text in ((exact, FEWER), (-exact, FEWER_AND_SIGN)):
            if written.number == float(f"{x:.{count}g}") != float(f"{x:.{written.digits}g}"):
                number = counted(count, "digit", "digits")
                return text.format(
                    written=typeset(written.text), count=number, digits=in_words(written.digits)
                )
    return ""


class Words:
    """The sentences about one graph, with the names and numbers of its boxes."""

    def __init__(
        self,
        sheet: Workings,
        answers: Sequence[float],
        into: Sequence[Sequence[tuple[int, int]]],
        digits: int,
    ) -> None:
        self.sheet, self.answers, self.into, self.digits = sheet, answers, into, digits
        self.names = own_names(sheet.nodes[0])
        self.root = self.name(0)

    def name(self, i: int) -> str:
        """Return the name of a box's node."""
        return self.names[self.sheet.nodes[i]]

    def gradient(self, i: int) -> str:
        """Return the notation for a box: ∂C/∂w."""
        return derivative(self.root, self.name(i))

    def show(self, x: float) -> str:
        """Return a number in the form used in sentences."""
        return typeset(show(x, self.digits))

    # ── One answer ────────────────────────────────────────────────────────────────────────────────

    def right(self, i: int, written: Handwritten) -> str:
        """Return the sentence for a right answer."""
        return yes(self.gradient(i), written, self.answers[i])

    def follows(self, written: str) -> str:
        """Return the sentence for a number that follows from a wrong one above."""
        return f"{typeset(written)} follows rightly from the numbers above it, and changes when they do."

    def wrong(
        self,
        i: int,
        written: str,
        kind: str,
        found: Sequence[Explanation],
        *,
        family: str = "",
        sure: bool = True,
    ) -> str:
        """Return the sentences for a wrong answer; not ``sure``, an explanation is only a possible one."""
        written = typeset(written)
        if kind == "sign":
            return SIGN
        if kind == "close":
            early = any("rounded_early" in names for names in found)
            way = (CLOSE if sure else MAYBE_CLOSE) if early else NEARLY
            return way.format(digits=in_words(self.digits))
        if kind == "slip":
            return SLIPPED[found[0][0]].format(written=written)
        if kind == "unknown":
            return UNKNOWN.format(written=written)
        if kind == "told":
            return self.told(i, written, found[0]) if sure else self.several(i, written, found[:1], family)
        return self.several(i, written, found, family)

    def from_there(self, i: int, written: str, box: int, *, leads_here: bool = True) -> str:
        """Return the sentences for when another box is right, but nothing explains this one."""
        if not leads_here:
            return BESIDE.format(box=self.gradient(box), written=typeset(written), name=self.name(i))
        way = f"Look at the steps from there to {self.name(i)}"
        return f"{self.gradient(box)} is right. {way}: {typeset(written)} does not follow from it."

    def told(self, i: int, written: str, found: Explanation) -> str:
        """Return the sentences for one explanation that stands out."""
        first, see = did(found[0]), self.see(i, found[0])
        if len(found) == 1:
            return TOLD.format(written=written, did=first, see=see)
        return TWO.format(written=written, did=first, also=did(found[1]), see=see)

    def several(self, i: int, written: str, found: Sequence[Explanation], family: str) -> str:
        """Return the sentences for when more than one explanation fits."""
        if {("factor_two_lost",), ("paths_averaged",)} <= set(found[:3]):
            return HALF.format(name=self.name(i))
        ways = [" while ".join(map(did, names)) for names in found[:3]]
        if len(ways) == 1:
            return PERHAPS.format(did=ways[0], see=self.see(i, found[0][0]))
        many, first = in_words(len(ways)), FAMILIES.get(family, "")
        return SEVERAL.format(family=first, written=written, many=many, ways="; or ".join(ways))

    def see(self, i: int, name: str) -> str:
        """Return how to see that a mistake is wrong, on this graph."""
        if name not in TABLE:
            return LOOK
        arrows, family = len(self.into[i]), TABLE[name].family
        if family == "paths" and arrows > 1:
            at, which = ONE_LEFT.get(name, (0, ""))
            through = self.name(self.into[i][at][0])
            return PATHS.format(name=self.name(i), many=in_words(arrows)) + which.format(through=through)
        if name == "upstream_forgotten" and arrows == 1 and self.into[i][0][0]:
            above = self.name(self.into[i][0][0])
            return ABOVE.format(root=self.root, above=above)
        return TABLE[name].see

    # ── A sheet ───────────────────────────────────────────────────────────────────────────────────

    def sheet_message(self, boxes: Sequence[Verdict | None], kind: str, found: Sequence[Explanation]) -> str:
        """Return the sentences about a whole sheet: where to look, what explains it, and what is right."""
        kinds = {i: verdict.kind for i, verdict in enumerate(boxes) if verdict is not None}
        wrong = [i for i, its in kinds.items() if its not in {"right", "follows"}]
        blank = len(boxes) - len(kinds)
        rest = f" {capital(counted(blank, 'box is', 'boxes are'))} still blank." if blank else ""
        if not kinds:
            return "No box is filled in yet. Begin at the root, whose own number is 1, and go down."
        if not wrong:
            return f"All that is filled in is right.{rest}" if blank else "Everything is right."
        many = capital(counted(len(wrong), "box", "boxes"))
        said = [
            f"{many} to look at: {some([self.name(i) for i in wrong])}.",
            self._whole(wrong[0], kind, found),
            self._following([self.name(i) for i, its in kinds.items() if its == "follows"]),
            self._good(len(kinds) - len(wrong), len(kinds)),
        ]
        return " ".join(filter(None, said)) + rest

    def _whole(self, first: int, kind: str, found: Sequence[Explanation]) -> str:
        """Return what explains a whole sheet, or where to begin; ``first`` is its topmost wrong box."""
        if kind == "told" and len(found[0]) == 1:
            return f"This is what comes out when {did(found[0][0])}. {self.see(first, found[0][0])}"
        if kind == "told":
            return (
                f"Two things seem to be going on: {did(found[0][0])}, and {did(found[0][1])}. "
                f"Begin with {self.name(first)}, which is the highest."
            )
        if kind == "several":
            ways = [" while ".join(map(did, names)) for names in found[:3]]
            return f"This is what comes out when {'; or when '.join(ways)}."
        return f"Begin with {self.name(first)}: the boxes below go on from there."

    @staticmethod
    def _following(follows: Sequence[str]) -> str:
        if not follows:
            return ""
        return (
            f"{some(follows)} {'follows' if len(follows) == 1 else 'follow'} rightly from the numbers above."
        )

    @staticmethod
    def _good(good: int, filled: int) -> str:
        verb = "is" if good == 1 else "are"
        return f"{capital(in_words(good))} of {counted(filled, 'step', 'steps')} {verb} right."


def own_names(root: Value) -> Mapping[Value, str]:
    """Return a name for every node, as ``labels.names`` does, but x_1, x_2, … for unnamed leaves.

    A constant is named by its number.

    >>> from engine import Value
    >>> list(own_names(Value(3.0) * 2.0 + Value(4.0, label="b")).values())
    ['x_1', '2', 'v_1', 'b', 'C']
    """
    found = names(root)
    taken, count = set(found.values()), 0
    for node, name in found.items():
        nameless = not node.parents and not node.label and not name[:1].isalpha()
        if nameless and not (node.rule and node.rule.name == "constant"):
            count += 1
            while f"x_{count}" in taken:
                count += 1
            found[node] = f"x_{count}"
    return found


def typed(formula: str) -> str:
    """Return a formula in a normal form, without optional spaces, dots and brackets around an index.

    >>> typed("sigmoid'(z3)") == typed("σ′( z^(3) )") == typed("sigma'(z_3)")
    True
    >>> typed("2(a − y)") == typed("2a − y")
    False
    """
    plain = re.sub("sigmoid|sigma", "σ", formula.translate(AS_TYPED).lower())
    return re.sub(r"\((\d+)\)", r"\1", "".join(plain.split())).strip("()")
