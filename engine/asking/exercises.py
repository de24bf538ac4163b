"""Numbers for which the answers are short and mistakes change them.

With random numbers, overwriting instead of adding changes the answer only half of the time, and a sum of two
products hides which operands were swapped. So several sets of numbers are tried, and the best is kept.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING

from engine import graph
from engine.arguments import NODE_ITSELF, advised
from engine.numeric import told, whole
from engine.stale import first_stale
from engine.value import Value

from .diagnosis import Key
from .mistakes import TABLE, Mistake
from .passes import sweep, workings
from .predictions import refuse_large
from .shapes import LEVELS, SHAPES
from .slips import DIGITS, show
from .wording import own_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .passes import Workings

WHOLE = [float(k) for k in range(-6, 7) if k]
TENTHS = [k / 10 for k in range(-20, 21) if k % 10]
HUNDREDTHS = [k / 100 for k in range(-200, 201) if k % 10]
POOLS = {1: WHOLE, 2: TENTHS, 3: HUNDREDTHS}
"""The numbers of each level, for a custom graph."""
STAY_WHOLE = {
    "add", "sub", "mul", "neg", "power", "affine", "dot", "total", "mean", "relu", "maximum", "minimum",
    "squared_error", "half_squared_error", "constant",
}  # fmt: skip
"""Rules that map whole numbers to whole numbers, or nearly so."""
TRIES = 30
APART = 0.03
"""The least relative distance between two numbers that distinguishes two mistakes."""
LARGEST, SMALLEST = 999.0, 0.002
WORST = -9.0


@dataclass(frozen=True)
class Exercise:
    """A graph with numbers chosen for questions. ``root`` is a copy of it with a label on each node."""

    root: Value
    ask: Value
    """The node to ask about if only one is used: its gradient distinguishes most mistakes."""
    numbers: Mapping[str, float]
    """The leaves' numbers by name."""
    score: float = field(default=0.0, repr=False, compare=False)

    @cached_property
    def key(self) -> Key:
        """The key for judging answers."""
        return Key(self.root)


@advised
def exercise(
    C: Value | str, *, seed: int = 0, level: int | None = None, ask: Value | str | None = None
) -> Exercise:
    """Return a graph with numbers for which the answers are short and mistakes change them.

    ``C`` is the root of a graph, which does not change: the exercise is a copy, in which constants keep
    their numbers. Or ``C`` is the name of a shape from the source texts: "1-1-1-1", "2-2-1", "3-2", "shared"
    (a node that is used three times), "vanishing" (a chain of sigmoids). The same seed gives the same
    numbers. ``level`` is 1 to 3. For a shape it selects the activation (none, relu, sigmoid; for 3-2 tanh),
    the number of shared nodes, or the length of the chain. For a graph it selects whole numbers, tenths or
    hundredths; by default, whole numbers if the graph keeps them whole, else tenths. ``ask`` is the node to
    ask about, or its name; by default, the leaf whose gradient distinguishes most mistakes.

    If no try gives finite numbers within the domain of every rule, the graph's own numbers are kept.

    Raises TypeError for an argument of the wrong type; ValueError for an unknown shape or level, for a leaf,
    for a graph of more than 1,000 nodes, and if the node to ask about is the root, or the root does not
    depend on it. Sources: *Backpropagation Calculus*; *Derivation of backpropagation equations in the general
    case* (2-2-1); *Lecture 3: Multilayer Perceptron* (vanishing gradients).

    >>> found = exercise("shared", seed=1)
    >>> sorted(found.numbers), found.ask.label in found.numbers
    (['a', 'b', 'c'], True)
    >>> found.key.one(found.key.index(found.ask), found.key.answers[found.key.index(found.ask)]).kind
    'right'
    """
    grade = None if level is None else whole(level, "level", 1)
    if grade is not None and grade not in LEVELS:
        raise ValueError(f"level must be 1, 2 or 3, got {grade}")
    given, names = _given(C, grade)
    root, twins = twin_of(given, names)
    asked = None if ask is None else _asked(ask, names, twins)
    pool = POOLS[grade] if grade and not isinstance(C, str) else pool_of(root)
    best = _Search(root, asked, pool, whole(seed, "seed", 0)).best()
    numbers = {leaf.label: leaf.data for leaf in graph.leaves(root) if leaf.rule is None}
    return Exercise(root, best.node, numbers, best.score)


def _given(C: object, level: int | None) -> tuple[Value, Mapping[Value, str]]:
    """Return the root for an exercise, with the names of its nodes."""
    if isinstance(C, str):
        if C not in SHAPES:
            raise ValueError(f"there is no shape {C!r}; choose one of {', '.join(SHAPES)}, or pass a Value")
        root = SHAPES[C](level or 1)
    elif isinstance(C, Value):
        root = C
    else:
        raise TypeError(f"exercise takes the root of a graph, a Value, or a shape's name; got {told(C)}")
    refuse_large(root)
    if not root.parents:
        raise ValueError("a leaf alone is nothing to ask about; pass the root of a graph")
    return root, own_names(root)


def twin_of(root: Value, names: Mapping[Value, str]) -> tuple[Value, dict[Value, Value]]:
    """Return a copy in which every node but the constants has a label, and a map from nodes to copies."""
    twin = copy.deepcopy(root)
    twins = dict(zip(graph.topological_order(root), graph.topological_order(twin), strict=True))
    for node, other in twins.items():
        if node.parents or node.rule is None:
            other.label = names[node]
    if first_stale(graph.topological_order(twin)):
        twin.refresh()
    return twin, twins


def _asked(ask: object, names: Mapping[Value, str], twins: Mapping[Value, Value]) -> Value:
    if isinstance(ask, str):
        node = next((node for node, name in names.items() if name == ask), None)
        if node is None:
            known = ", ".join(names.values())
            raise ValueError(f"no node is called {ask!r}; there are {known}")
    elif isinstance(ask, Value):
        node = ask
    else:
        raise TypeError(f"ask must be a node or its name, got {told(ask)}; {NODE_ITSELF}")
    if node not in twins:
        raise ValueError(f"the root does not depend on {node!r}; ask about one of its own nodes")
    if twins[node] is [*twins.values()][-1]:
        raise ValueError("the gradient of the root is 1 and no question; ask about another node")
    return twins[node]


def pool_of(root: Value) -> list[float]:
    """Return the numbers to choose from: whole numbers if a graph keeps them whole, else tenths."""
    names = {node.rule.name for node in graph.topological_order(root) if node.rule}
    return WHOLE if names <= STAY_WHOLE else TENTHS


@dataclass(frozen=True)
class _Try:
    """The score of a set of numbers, and the node for which it is best."""

    score: float
    node: Value


class _Search:
    """A random search for good numbers for one graph."""

    def __init__(self, root: Value, asked: Value | None, pool: Sequence[float], seed: int) -> None:
        self.root, self.asked, self.pool = root, asked, pool
        self.random = random.Random(seed)
        self.leaves = [leaf for leaf in graph.leaves(root) if leaf.rule is None]
        self.occurring: list[Mistake] = []
        long = sum(
            node.rule is not None and node.rule.name == "sigmoid" for node in graph.topological_order(root)
        )
        self.smallest = SMALLEST * 0.1 ** max(0, long - 3)  # small numbers are the point of a chain

    def best(self) -> _Try:
        """Search, set the leaves to the best numbers, and return the best try."""
        own = [leaf.data for leaf in self.leaves]
        best, chosen = _Try(WORST, self.asked or self.leaves[0]), own
        for _ in range(TRIES):
            for leaf in self.leaves:
                leaf.data = self.random.choice(self.pool)
            try:
                found = self._judged()
            except (ValueError, ArithmeticError):
                continue
            if found.score > best.score:
                best, chosen = found, [leaf.data for leaf in self.leaves]
        for leaf, x in zip(self.leaves, chosen, strict=True):
            leaf.data = x
        self.root.refresh()
        return best

    def _judged(self) -> _Try:
        """Score the current numbers of the leaves."""
        sheet = workings(self.root)
        right = sweep(sheet)
        everything = [*sheet.values, *right]
        first = self.asked or self.leaves[0]
        if not all(map(isfinite, everything)) or any(
            abs(x) > LARGEST or 0 < abs(x) < self.smallest for x in everything
        ):
            return _Try(WORST, first)
        if not self.occurring:
            self.occurring = [made for made in TABLE.values() if sweep(sheet, [made]) != right]
        wrong = [(made, sweep(sheet, [made])) for made in self.occurring]
        total = sum(made.share for made, _ in wrong) or 1.0
        common = self._dull(sheet, right)
        best = _Try(WORST, first)
        for node in [self.asked] if self.asked else self.leaves:
            i = sheet.index[node]
            if i and right[i]:
                alone, seen = _told_apart(right[i], [(made, numbers[i]) for made, numbers in wrong])
                found = _Try((alone + 0.3 * seen) / total - common, node)
                best = max(best, found, key=lambda one: one.score)
        return best

    @staticmethod
    def _dull(sheet: Workings, right: Sequence[float]) -> float:
        """Return a penalty for the numbers: for long ones, for zeros and ones, for an error of 1 or ½."""
        size = len(right)
        long = sum(max(0, _letters(show(x)) - 2) for x in right) / size
        noughts = sum(x in {0.0, 1.0} for x in sheet.values) / size + sum(x == 0 for x in right) / size
        misses = {abs(at.miss) for edges in sheet.edges for _, at in edges if at.miss is not None}
        misses |= {abs(at.operand) for edges in sheet.edges for _, at in edges if at.rule.name == "power"}
        return 0.1 * long + 0.5 * noughts + 0.2 * bool(misses & {0.5, 1.0})


def _letters(text: str) -> int:
    return len(text.strip("-").replace(".", "").lstrip("0"))


def _told_apart(right: float, wrong: Sequence[tuple[Mistake, float]]) -> tuple[float, float]:
    """Return the shares of the mistakes with a distinct number, and of all that change the number."""
    shown = sorted(((x, m) for m, x in wrong if abs(x - right) > APART * abs(right)), key=lambda xm: xm[0])
    alone = 0.0
    for k, (x, made) in enumerate(shown):
        near = APART * abs(x)
        beside = [shown[j][0] for j in (k - 1, k + 1) if 0 <= j < len(shown)]
        if all(abs(x - other) > near for other in beside) and (
            made.family == "sign" or not like_a_slip(x, right)
        ):
            alone += made.share
    return alone, sum(made.share for _, made in shown)


def like_a_slip(x: float, right: float) -> bool:
    """Return whether a number differs from the right one only in sign, decimal point or order of digits.

    >>> like_a_slip(48.0, 84.0), like_a_slip(8.4, 84.0), like_a_slip(42.0, 84.0)
    (True, True, False)
    """
    return _digits(x) == _digits(right)


def _digits(x: float) -> list[str]:
    return sorted(show(x, DIGITS).strip("-0").replace(".", ""))
