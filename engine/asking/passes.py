"""A backward pass on paper, with any mistakes in it, exact or rounded at every step.

>>> from engine import Value
>>> a, b = Value(-3.0, label="a"), Value(4.0, label="b")
>>> s = a * b
>>> sheet = workings(s * s + s)
>>> sweep(sheet)
[1.0, 1.0, -23.0, 69.0, -92.0]
>>> sweep(sheet, [TABLE["overwritten"]])
[1.0, 1.0, -12.0, 36.0, -48.0]

Boxes are numbered downwards from the root, which is box 0: a node comes after all nodes that use it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10, ulp
from typing import TYPE_CHECKING

from engine import graph
from engine.formula.reading import rule_of
from engine.numeric import evaluate

from .mistakes import TABLE, Mistake, Occurrence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.value import Value

__all__ = [
    "TABLE",
    "Rounding",
    "Workings",
    "cut",
    "exact",
    "nearest",
    "sweep",
    "upward",
    "wobbly",
    "workings",
]

Rounding = Callable[[float], float]

# ── Habits of rounding ────────────────────────────────────────────────────────────────────────────


def exact(x: float) -> float:
    """Return the number as it is: a calculator with memory."""
    return x


def unit(x: float, digits: int) -> float:
    """Return the value of one unit in the last significant digit.

    >>> unit(0.0345, 3), unit(5698.0, 3)
    (0.0001, 10.0)
    """
    if not x or not isfinite(x):
        return 10.0**-digits
    return 10.0 ** (floor(log10(abs(x))) - digits + 1) or ulp(0.0)  # for the smallest floats, one step


def nearest(digits: int) -> Rounding:
    """Return the habit of rounding to ``digits`` significant digits."""

    def rounded(x: float) -> float:
        return float(f"{x:.{digits}g}")

    return rounded


def _in_units(digits: int, whole: Callable[[float], float]) -> Rounding:
    def rounded(x: float) -> float:
        if x == 0 or not isfinite(x):
            return x
        one = unit(x, digits)
        return float(f"{whole(x / one) * one:.12g}")

    return rounded


def cut(digits: int) -> Rounding:
    """Return the habit of cutting off everything after ``digits`` digits.

    >>> cut(3)(0.98765), cut(3)(-0.98765)
    (0.987, -0.987)
    """
    return _in_units(digits, lambda q: float(int(q * (1 + 1e-9))))


def upward(digits: int) -> Rounding:
    """Return the habit of rounding away from zero.

    >>> upward(3)(0.98712), upward(3)(-2.0)
    (0.988, -2.0)
    """
    return _in_units(digits, lambda q: float(ceil(q * (1 - 1e-9)) if q > 0 else floor(q * (1 - 1e-9))))


def wobbly(digits: int, seed: int) -> Rounding:
    """Return the habit of rounding up or down at random; the same seed rounds in the same way."""
    chance = random.Random(seed).random

    def whole(q: float) -> float:
        return round(q) if abs(q - round(q)) < 1e-6 else float(floor(q) + (chance() < 0.5))

    return _in_units(digits, whole)


# ── The pass ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Workings:
    """The numbers of a forward pass and all local derivatives, as one learner computes them."""

    nodes: list[Value]
    index: dict[Value, int]
    values: list[float]
    edges: list[list[tuple[int, Occurrence]]]
    """For each box, the boxes of its operands, each with its occurrence."""
    rounding: Rounding
    depth_first: list[int]


def workings(root: Value, rounding: Rounding = exact, printed: Rounding | None = None) -> Workings:
    """Compute a graph from its leaves.

    With ``printed``, the values are on the sheet, rounded in this way, and everybody continues from them.
    A custom node keeps its value and its local derivatives. Raises the error of a rule if an operand is
    outside its domain, which rounding alone may cause.
    """
    order = graph.topological_order(root)
    nodes = order[::-1]
    index = {node: k for k, node in enumerate(nodes)}
    numbers: dict[Value, float] = {}
    edges: list[list[tuple[int, Occurrence]]] = [[] for _ in nodes]
    for node in order:
        if not node.parents:
            numbers[node] = node.data
            continue
        rule, operands = rule_of(node), tuple(numbers[parent] for parent in node.parents)
        by_hand = rule.name == "handmade"
        value, slopes = (
            (node.data, node.local_derivatives) if by_hand else evaluate(rule, node.parents, operands)
        )
        numbers[node] = (printed or rounding)(value)
        edges[index[node]] = [
            (index[parent], _occurrence(node, k, operands, numbers, rounding(slope)))
            for k, (parent, slope) in enumerate(zip(node.parents, slopes, strict=True))
        ]
    early = [index[node] for node in graph.depth_first(root)]
    return Workings(nodes, index, [numbers[node] for node in nodes], edges, rounding, early)


def _occurrence(
    node: Value, k: int, operands: tuple[float, ...], numbers: dict[Value, float], slope: float
) -> Occurrence:
    below = node.parents[k]
    name = below.rule.name if below.rule and below.parents else ""
    inner = function_of(below)
    return Occurrence(
        rule_of(node), operands, k, numbers[node], slope, name, None if inner is None else numbers[inner]
    )


def function_of(node: Value) -> Value | None:
    """Return the node that a node is a function of, if there is just one: the a of w a + b, the x of 2 x."""
    parents = node.parents
    if node.rule and node.rule.name == "affine" and len(parents) == 3:
        return parents[2]
    moving = [parent for parent in parents if not (parent.rule and parent.rule.name == "constant")]
    return moving[0] if len(moving) == 1 else None


def sweep(sheet: Workings, made: Iterable[Mistake] = (), only_at: int | None = None) -> list[float]:
    """Return the number in every box for a learner who makes these mistakes.

    The mistakes are made everywhere, or only at the node of box ``only_at``. Without mistakes, the numbers
    are the gradients.
    """
    made = tuple(made)
    starts = [mistake.start for mistake in made if mistake.start]
    orders = [mistake.order for mistake in made if mistake.order]
    running = _Sweep(sheet, made, only_at)
    running.parts[0] = [starts[0](sheet.values[0]) if starts else 1.0]
    if "again" in orders:
        running.again()
    else:
        for i in sheet.depth_first if orders else range(len(sheet.nodes)):
            running.pass_back(i)
    return [running.joined(i) for i in range(len(sheet.nodes))]


MOST_TIMES = 400
"""The most steps of a learner who passes back "again": their number doubles with every shared node."""


class _Sweep:
    """A pass in progress: the numbers that have arrived in each box."""

    def __init__(self, sheet: Workings, made: Sequence[Mistake], only_at: int | None) -> None:
        self.sheet, self.only_at = sheet, only_at
        self.slopes = [mistake.slope for mistake in made if mistake.slope]
        self.step = next((mistake.step for mistake in made if mistake.step), None)
        self.gather = next((mistake.gather for mistake in made if mistake.gather), None)
        self.parts: list[list[float]] = [[] for _ in sheet.nodes]

    def joined(self, i: int) -> float:
        """Return the number in a box: everything that has arrived there, combined."""
        parts, rounding = self.parts[i], self.sheet.rounding
        if len(parts) < 2:
            return parts[0] if parts else 0.0
        return rounding(self.gather(parts) if self.gather and self.only_at in {None, i} else sum(parts))

    def pass_back(self, i: int) -> None:
        """Pass the number of a box back along all its edges."""
        up, here, rounding = self.joined(i), self.only_at in {None, i}, self.sheet.rounding
        for j, at in self.sheet.edges[i]:
            slope = at.slope
            if here:
                for changed in self.slopes:
                    slope = rounding(changed(at._replace(slope=slope)))
            self.parts[j].append(rounding(self.step(up, slope) if self.step and here else up * slope))

    def again(self) -> None:
        """Along every path, pass back again what has arrived by then: depth first, without recursion."""
        waiting = [(0, 0)]
        for _ in range(MOST_TIMES):
            while waiting and waiting[-1][1] == len(self.sheet.edges[waiting[-1][0]]):
                waiting.pop()
            if not waiting:
                break
            i, k = waiting.pop()
            j, at = self.sheet.edges[i][k]
            self.parts[j].append(self.sheet.rounding(self.joined(i) * at.slope))
            waiting += [(i, k + 1), (j, 0)]
