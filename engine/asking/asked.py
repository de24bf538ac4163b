"""The class ``Question``, and the data that all questions about one graph share."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from engine import graph
from engine.chain import Derivative, Equation, Links, explain, forward
from engine.formula import symbol
from engine.numeric import Unevaluable
from engine.parsing import parse

from .diagnosis import NEAR, Key
from .passes import unit
from .slips import DIGITS, SLIPS, Handwritten, meets, read, show
from .verdicts import Verdict, family_of
from .wording import CLOSE, NEARLY, SIGN, SLIPPED, TAKE_A_HINT, fewer, in_words, typeset, yes

if TYPE_CHECKING:
    from engine.chain import Factor
    from engine.value import Value

    from .predictions import Room

Judge = Callable[[str], Verdict]
JudgeWith = Callable[[str, Sequence[Any], Iterable["Value"]], Verdict]
"""Takes an answer, the numbers of the boxes requested so far, and the nodes whose gradients are known."""
DIFFERENT = 0.02
"""The least relative distance between two choices."""
ROUNDED = 0.005
"""The largest relative error of a factor that was computed from rounded values."""
AS_EXPRESSION = {"^": "**", "σ(": "sigmoid(", "ReLU(": "relu("}
"""Signs of our formulas, and what they are in an expression."""
PRODUCT = re.compile(r"(\bn_[0-9]+|\)|(?<![\w.])[0-9]+(?:\.[0-9]+)?)\s*(?=\(|n_)")
"""A factor that another one follows without a sign, as in a(1 − a), where n_0, n_1, … stand for names."""
CHOICES = 3
WAYS = 3
"""The most ways to a wrong number that a verdict names."""
FEW = 30
"""The most nodes to ask about if one question takes work on the whole graph."""


class Hints(tuple[str, ...]):
    """Hints, from the rule to the factors: a tuple, shown line by line; calling it returns the same.

    >>> Hints(["Multiply.", "Add."])()
    Multiply.
    Add.
    """

    __slots__ = ()

    def __call__(self) -> Hints:
        """Return the hints, for a reader who calls them."""
        return self

    def __repr__(self) -> str:
        return "\n".join(self) or "There are no hints for this question."


@dataclass(frozen=True, repr=False)
class Question:
    """One question, with everything needed to judge an answer and to explain it; ``check`` judges.

    ``kind`` is one of ``kinds.KINDS``. ``answer`` is the right answer as written on a sheet, and ``room`` the
    interval in which a right number may lie, or None if the answer is a name. ``choices`` are wrong answers,
    the most plausible first. ``hints`` go from the rule to the factors. ``latex`` is the requested quantity,
    for a page.
    """

    kind: str
    prompt: str
    answer: str
    node: Value
    """The node that the question is about: a node of the graph itself, not of a copy."""
    latex: str = ""
    room: Room | None = None
    choices: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    judge: Judge = field(default=lambda _: Verdict("unknown"), compare=False)
    explain: Callable[[], str] = field(default=str, compare=False)
    judge_with: JudgeWith | None = field(default=None, compare=False)
    """Judges an answer together with the numbers of further boxes, if a verdict may request one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "hints", Hints(self.hints))

    def hint(self, number: int = 1) -> str:
        """Return one of the hints, by its number from 1 on; the last one for a larger number."""
        return self.hints[min(max(1, number), len(self.hints)) - 1] if self.hints else repr(self.hints)

    @cached_property
    def explanation(self) -> str:
        """The whole explanation, including the answer."""
        return self.explain()

    def __str__(self) -> str:
        return self.prompt

    def __repr__(self) -> str:
        return f"<{self.kind}: {self.prompt}>"  # without the answer: a notebook shows it to the learner


class Wrong(NamedTuple):
    """A wrong number that a learner may give."""

    number: float
    did: str
    """Completes "this is what comes out when …"."""
    name: str = ""
    """The mistake's name in the table, if it has an entry there."""


class Asked:
    """A graph to ask questions about, or one of its nodes: its key, and the notation for its nodes."""

    def __init__(
        self, twin: Value, twins: dict[Value, Value], digits: int, about: Value | None = None
    ) -> None:
        self.key = Key(twin, digits=digits)
        self.root, self.digits = twin, digits
        self.places = {node: self.key.index(other) for node, other in twins.items()}
        """The box of each node of the original graph."""
        self.originals = {i: node for node, i in self.places.items()}
        self.words = self.key.words
        self.about = None if about is None else self.places[about]
        self.about_numbers = "" if self.key.whole else f" {in_words(digits).capitalize()} digits will do."

    def name(self, i: int) -> str:
        """Return the name of a box's node."""
        return self.words.name(i)

    def node(self, i: int) -> Value:
        """Return a box's node in the original graph."""
        return self.originals[i]

    def show(self, x: float) -> str:
        """Return a number in the form of an answer."""
        return show(x, self.digits)

    def boxes(self) -> list[int]:
        """Return the boxes to ask about: all but the root and the constants."""
        nodes = self.key.nodes
        return [i for i in range(1, len(nodes)) if not _is_constant(nodes[i])]

    def leaves(self) -> list[int]:
        """Return the boxes of the leaves."""
        return [i for i in self.boxes() if not self.key.nodes[i].parents]

    def few(self, boxes: Sequence[int]) -> Sequence[int]:
        """Return the box chosen by ``about``, if it is among these; without one, a sample of up to 30."""
        if self.about is not None:
            return [i for i in boxes if i == self.about]
        if len(boxes) <= FEW:
            return boxes
        return sorted([*random.Random(0).sample(boxes[:-1], FEW - 1), boxes[-1]])  # the last is a leaf

    def gradient_latex(self, i: int, of: int = 0) -> str:
        """Return ∂C/∂w as LaTeX."""
        return Derivative(symbol(self.name(of)), symbol(self.name(i))).latex()

    def explained(self, i: int, of: int = 0) -> str:
        """Explain ∂C/∂w, operation by operation."""
        return str(explain(self.key.nodes[of], self.key.nodes[i], through="all", names=False))

    @cached_property
    def scratch(self) -> list[Value]:
        """The nodes of a copy, box by box, whose numbers may be changed."""
        return graph.topological_order(copy.deepcopy(self.root))[::-1]

    @cached_property
    def links(self) -> Links:
        """The edges of the graph, each with its symbolic local derivative."""
        return Links(self.root, through="all", variables=False)

    @cached_property
    def _edges(self) -> list[dict[Value, graph.Edge[Value]]]:
        """For each box, the edges that arrive there, by source node."""
        operands = self.links.view.operands
        return [
            {parent: graph.Edge(parent, node, k) for k, parent in enumerate(operands(node))}
            for node in self.key.nodes
        ]

    def local(self, i: int, j: int) -> Factor:
        """Return the local derivative of box i with respect to its operand j, ignoring other paths."""
        step = self.links.factor(self._edges[i][self.key.nodes[j]])
        return replace(step, derivative=replace(step.derivative, direct=False))

    def explained_local(self, i: int, j: int) -> str:
        """Explain that local derivative: first in symbols, then as a number."""
        step = self.local(i, j)
        return str(Equation(step.derivative, ((step,),), step.number))

    def agrees(self, text: str, x: float) -> bool | None:
        """Return whether a written number or formula is ``x``, perhaps rounded; None if it is neither."""
        try:
            written = read(text, self.digits)
        except ValueError:
            number = self.worked_out(text)
            return None if number is None else abs(number - x) <= ROUNDED * abs(x)
        return written.within((x, x), ROUNDED * abs(x))

    def worked_out(self, text: str) -> float | None:
        """Return the number of a formula in the names of nodes, as in 1 − a²; None for any other text."""
        numbers = zip(self.key.nodes, self.key.exact.values, strict=True)
        called = {self.words.names[node]: x for node, x in numbers}
        names = sorted((name for name in called if not name[:1].isdigit()), key=len, reverse=True)
        used: dict[str, float] = {}

        def plain(found: re.Match[str]) -> str:
            name = f"n_{names.index(found[0])}"
            used[name] = called[found[0]]
            return name

        text = text.replace("²", "**2").replace("³", "**3")
        text = re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", plain, text)
        text = PRODUCT.sub(r"\1*", text)
        for sign, word in AS_EXPRESSION.items():
            text = text.replace(sign, word)
        try:
            return parse(text, used).data
        except Unevaluable:
            return None

    @cached_property
    def values(self) -> list[Room]:
        """The rounding interval of each value of the forward pass."""
        found = [(min(xs), max(xs)) for xs in zip(*(w.values for w in self.key.worlds), strict=True)]
        return [(low - 0.5 * (high - low), high + 0.5 * (high - low)) for low, high in found]

    def about_number(
        self, answer: float, room: Room, wrong: Sequence[Wrong], sign: str
    ) -> tuple[tuple[str, ...], Judge]:
        """Return the choices and the judge for a question whose answer is a number, written as ``sign``."""
        texts = [self.show(one.number) for one in wrong]
        made_up = [self.show(x) for x in (-answer, 2 * answer, answer / 2, answer + 1)]
        choices = different([*texts, *made_up], self.show(answer), room, self.digits)

        def judge(text: str) -> Verdict:
            return judged(read(text, self.digits), answer, room, wrong, sign)

        return choices, judge


def given(twin: Value) -> list[str]:
    """Describe the graph in lines: first the numbers of the leaves, then how each node is computed.

    >>> from engine import exercise
    >>> given(exercise("shared").root)
    ['a = −1, b = 4, c = −3', 's = a b', 'v_1 = s²', 'v_2 = s c', 'C = v_1 + v_2']
    """
    leaves = [leaf for leaf in graph.leaves(twin) if leaf.rule is None]
    numbers = ", ".join(f"{leaf.label} = {typeset(show(leaf.data))}" for leaf in leaves)
    return [numbers, *(f"{line.name} = {line.formula.text}" for line in forward(twin, names=False).lines)]


def same(x: float | None, y: float) -> bool:
    """Return whether two numbers are too close to be separate choices."""
    return x is not None and abs(x - y) <= DIFFERENT * abs(y)


def _is_constant(node: Value) -> bool:
    return not node.parents and node.rule is not None


def different(texts: Iterable[str], answer: str, room: Room, digits: int = DIGITS) -> tuple[str, ...]:
    """Return up to three of the numbers that are wrong and at least 2 % from the answer and each other.

    >>> different(["6", "2", "2.01", "6.3", "-6"], "6", (5.7, 6.3))
    ('2', '-6')
    """
    kept: list[str] = []
    for text in texts:
        x = float(text)
        apart = all(abs(x - float(other)) > DIFFERENT * abs(float(other)) for other in [answer, *kept])
        if isfinite(x) and apart and not read(text, digits).within(room):
            kept.append(text)
    return tuple(kept[:CHOICES])


def judged(written: Handwritten, answer: float, room: Room, wrong: Iterable[Wrong], sign: str) -> Verdict:
    """Return the verdict on a number, given some known wrong numbers."""
    if written.within(room):
        return Verdict("right", yes(sign, written, answer))
    shown, x = typeset(written.text), written.number
    if room[0] < room[1] and x * answer > 0 and (rounded := fewer(written, answer)):
        return Verdict("close", rounded, (("rounded_early",),), "close")
    fits = {one.did: one.name for one in wrong if _meets(written, one.number, room)}
    if meets(-x, room, written.half):
        fits = {did: name for did, name in fits.items() if not name or family_of(name) != "sign"}
        fits |= {SLIPS["sign_flipped"].did: "sign_flipped"} if fits else {}
    if fits:
        found = tuple((name,) for name in fits.values() if name)
        ways = "; or when ".join([*fits][:WAYS])
        return Verdict(
            "told" if len(fits) == 1 else "several", f"Not yet. {shown} is what comes out when {ways}.", found
        )
    near = abs(x - answer) <= NEAR * abs(answer)
    short = sum(map(str.isdigit, written.text.lstrip("-0."))) < DIGITS  # few digits agree by chance
    for slip, number, _ in written.without_slips():
        if meets(number, room, written.half) and not (slip == "one_digit" and (near or short)):
            kind = "sign" if slip == "sign_flipped" else "slip"
            message = SIGN if kind == "sign" else SLIPPED[slip].format(written=shown)
            return Verdict(kind, message, ((slip,),), kind)
    if abs(x - answer) <= 2 * NEAR * abs(answer):
        digits = in_words(written.digits)
        return Verdict(
            "close", (CLOSE if near else NEARLY).format(digits=digits), (("rounded_early",),), "close"
        )
    return Verdict("unknown", f"{shown} is not it, and I cannot see where it comes from. {TAKE_A_HINT}")


def _meets(written: Handwritten, number: float, room: Room) -> bool:
    """Return whether a written number is a wrong one, up to its last digit, and that is not right, too."""
    slack = max(written.half, unit(number, written.digits))
    return meets(written.number, (number, number), slack) and not meets(number, room, slack)
