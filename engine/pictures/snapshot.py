"""The words and numbers of a picture.

A graph with its numbers as they are now: a picture never changes, whatever happens to the graph later.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from engine import labels as naming
from engine.characters import printable
from engine.graph import topological_order
from engine.labels import from_variables, names
from engine.rules import constant
from engine.stale import first_stale

from .svg.letters import Chunk, Text, name, plain
from .svg.letters import number as figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.rules import Rule
    from engine.value import Value

DIGITS = 4
LONGEST = 40
"""The maximum number of characters in a header; a hint shows all of it."""
UNKNOWN = "–"


def number(x: float, digits: int = DIGITS) -> str:
    """Return a number with four significant digits.

    >>> number(0.123456), number(-2.0), number(1e-9)
    ('0.1235', '−2', '1e−09')
    """
    return naming.number(x, digits)


def exact(x: float) -> str:
    """Return all digits that are needed to distinguish a number from every other.

    >>> exact(-0.1)
    '−0.1'
    """
    return repr(x).replace("-", "−").replace("inf", "∞")


def span(numbers: Sequence[float], digits: int = DIGITS) -> str:
    """Return the range of numbers; a single number as it is, and "–" for none.

    >>> span([0.5, -1.0, 0.0]), span([2.0, 2.0]), span([])
    ('−1 … 0.5', '2', '–')
    """
    if not numbers:
        return UNKNOWN
    if any(map(math.isnan, numbers)):
        return "nan" if len(numbers) == 1 else "nan among them"
    low, high = (number(x, digits) for x in (min(numbers), max(numbers)))
    return low if low == high else f"{low} … {high}"


def change(before: Sequence[float], after: Sequence[float]) -> str:
    """Return two ranges, with as many digits as they need to differ; one range if they are equal.

    >>> change([0.5], [0.25]), change([0.5], [0.500001]), change([0.5], [0.5])
    ('0.5 → 0.25', '0.5 → 0.500001', '0.5')
    """
    for digits in range(DIGITS, 18):
        pair = span(before, digits), span(after, digits)
        if pair[0] != pair[1]:
            return " → ".join(pair)
    return span(after)


def header(label: str, rule: Rule | None) -> str:
    """Return a value's label, or else its operation, shortened if it is long.

    >>> from engine import rules
    >>> header("z", rules.mul), header("", rules.mul), header("", None), header("w" * 50, None)[-3:]
    ('z', '*', 'leaf', 'ww…')
    """
    return cut(label or operation(rule))


def named(name: str, label: str, rule: Rule | None) -> str:
    """Return a value's name in formulas; if it was computed and has no label, with its operation.

    >>> from engine import rules
    >>> named("v_1", "", rules.mul), named("z", "z", rules.mul), named("2", "", None)
    ('v_1 = *', 'z', '2')
    """
    return cut(name if label or not rule or rule is constant else f"{name} = {operation(rule)}")


def operation(rule: Rule | None) -> str:
    """Return the name of the operation that computed a value."""
    return printable(rule.symbol or rule.name) if rule and rule is not constant else "leaf"


def cut(text: str) -> str:
    """Return a text, shortened to fit into a box."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def how_many(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> how_many(1, "value"), how_many(397, "value"), how_many(1_000, "box")
    ('1 value', '397 values', '1,000 boxes')
    """
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def sequence(labels: Sequence[str]) -> str:
    """Return one name for several values: the label that they share, or else the first and the last label.

    >>> sequence(["y", "y"]), sequence(["a_0", "a_1"]), sequence(["a_0", "a_1", "a_2"]), sequence(["", "a"])
    ('y', 'a_0, a_1', 'a_0 … a_2', '')
    """
    first, *others = dict.fromkeys(labels)
    if "" in labels or not others:
        return first if not others else ""
    return f"{first}{' …' if others[1:] else ','} {others[-1]}"


def typeset_sequence(labels: Sequence[str]) -> Text:
    """Return ``sequence`` as mathematics.

    >>> [run.base + run.below for run in typeset_sequence(["a_0", "a_1", "a_2"])]
    ['a0', ' … ', 'a2']
    """
    first, *others = dict.fromkeys(labels)
    if "" in labels or not others:
        return name(cut(first)) if first and not others else ()
    between = plain(" … " if others[1:] else ", ", "serif")
    return (*name(cut(first)), *between, *name(cut(others[-1])))


# ── Operations as mathematics: the text in the mark of a value ────────────────────────────────────

SIGNS = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−", "affine": "Σ", "dot": "Σ", "total": "Σ",
    "sigmoid": "σ", "sqrt": "√", "ieee_div": "÷", "ratio": "÷", "direction": "÷",
}  # fmt: skip
POWERS = {"power", "ieee_power"}
WORDY = 7
"""The maximum length of an operation; beyond it, a value with a name shows the name."""


def glyph(now: Snapshot, place: int, called: Mapping[int, str], *, is_book: bool) -> tuple[Text, bool]:
    """Return the text in the mark of a value, and whether it is the value's name.

    Leaves show their name or number, z and a of the documents their name, all other values their operation.

    >>> from engine import Value
    >>> now = Snapshot(Value(2.0, label="x") ** 3)
    >>> glyph(now, 1, {0: "x"}, is_book=False)
    ((Chunk(base='x', font='italic', below='', above='3'),), False)
    """
    node, label = now.order[place], called.get(place, "")
    if not node.parents:
        return (name(label), True) if label else (figures(node.data), True)
    own = now.labels[place]
    if own and is_book:
        return name(label or own), True
    operand = called.get(now.tails[now.firsts[place]], "")
    made = mathematics(node, operand if len(operand) == 1 else "")
    if own and sum(len(run.base) for run in made) > WORDY:
        return name(own), True
    return made, False


def mathematics(node: Value, operand: str = "") -> Text:
    """Return the operation that computed a value; a power shows the letter of its operand, if that has one.

    >>> from engine import Value
    >>> mathematics(Value(2.0) * 3), mathematics(Value(2.0) ** 2)
    ((Chunk(base='×', font='serif', below='', above=''),), \
(Chunk(base='( )', font='serif', below='', above='2'),))
    """
    rule = node.rule
    if rule and rule.name in POWERS:
        exponent = figures(dict(rule.parameters)["n"])[0].base
        base = name(operand)[0] if operand else Chunk("( )", "serif")
        return (base._replace(above=exponent),)
    return plain(SIGNS.get(rule.name if rule else "") or operation(rule).replace("_", " "), "serif")


# ── A graph with its numbers as they are now ──────────────────────────────────────────────────────


class Snapshot:
    """The values of a graph in topological order, and its edges, each identified by its place.

    >>> from engine import Value
    >>> a = Value(3.0, label="a")
    >>> now = Snapshot(a * a)
    >>> a.data, now.data, list(zip(now.tails, now.heads, now.slopes))
    (3.0, [3.0, 9.0], [(0, 1, 3.0), (0, 1, 3.0)])

    ``title`` names the root in place of its label. With ``names``, values without a label are named after the
    caller's variables.
    """

    def __init__(self, root: Value, title: str = "", *, names: bool = True) -> None:
        self.root, self._title = root, title
        self.order = topological_order(root)
        self.place = {node: place for place, node in enumerate(self.order)}
        self.given = [node.label for node in self.order]
        self.variables = from_variables(self.order) if names else {}
        """Names for values without a label, from the caller's variables."""
        self.labels = [node.label or self.variables.get(node, "") for node in self.order]
        self.labels[-1] = title or self.labels[-1]
        self.data = [node.data for node in self.order]
        self.stale = first_stale(self.order)
        """The first value that was computed from numbers that its operands no longer have."""
        self.grads = [node.grad if node.has_grad else None for node in self.order]
        self.firsts: list[int] = []
        """For each value, the place of the first edge that leads to it."""
        self.tails: list[int] = []
        self.heads: list[int] = []
        self.slopes: list[float] = []
        for place, node in enumerate(self.order):
            self.firsts.append(len(self.tails))
            self.tails += [self.place[parent] for parent in node.parents]
            self.heads += [place] * len(node.parents)
            self.slopes += node.local_derivatives

    @cached_property
    def gradient(self) -> list[float]:
        """∂root/∂value for every value, regardless of the grads in the graph."""
        found = [0.0] * len(self.order)
        found[-1] = 1.0
        for edge in reversed(range(len(self.tails))):  # by head, in reverse topological order
            found[self.tails[edge]] += found[self.heads[edge]] * self.slopes[edge]
        return found

    @property
    def known(self) -> list[float] | None:
        """The gradient, once a backward pass has reached the root; before that, pictures do not show it."""
        return self.gradient if self.root.parents and self.grads[-1] is not None else None

    @cached_property
    def readings(self) -> Counter[int]:
        """How often each value is an operand."""
        return Counter(self.tails)

    @cached_property
    def contributions(self) -> list[float] | None:
        """The contribution of each edge: its local derivative times its head's gradient. None if unknown."""
        return self._parts if self.known else None

    @cached_property
    def _parts(self) -> list[float]:
        grads = self.gradient
        return [grads[head] * slope for head, slope in zip(self.heads, self.slopes, strict=True)]

    def strength(self, edges: Iterable[int]) -> float:
        """Return the sum of the absolute contributions of some edges, regardless of backward passes."""
        return sum(abs(self._parts[edge]) for edge in edges)

    @property
    def foreign(self) -> int:
        """The number of grads that are not the root's derivative but come from other backward passes."""
        pairs = zip(self.grads, self.gradient, strict=True)
        return sum(grad is not None and not same(grad, true) for grad, true in pairs)

    @cached_property
    def names(self) -> dict[Value, str]:
        """A name for every value, as in ``explain``."""
        found = names(self.root, variables=self.variables)
        return found | {self.root: self._title} if self._title else found

    @property
    def root_name(self) -> str:
        """The name of the root; if it has a label, no other names are computed."""
        return printable(self.labels[-1]) or self.name(-1)

    def name(self, place: int) -> str:
        """Return the name of the value at a place."""
        return self.names[self.order[place]]


def same(x: float | None, y: float | None) -> bool:
    """Return whether a number is the same as before, even if it is NaN.

    >>> same(float("nan"), float("nan")), same(None, 0.0)
    (True, False)
    """
    return x == y or (x is not None and y is not None and math.isnan(x) and math.isnan(y))
