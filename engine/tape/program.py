"""A tape's steps, run: from the leaves' numbers to the cost, and from the cost back to the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .layers import Layer
from .ledger import Ledger
from .places import Span, own_places, places
from .plan import Plan, Straight
from .products import product
from .steps import GroupStep, Memory
from .straight import StraightStep

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ledger import Run
    from .places import Array, Pair, Read
    from .plan import Step
    from .steps import Bound, Runnable


KEPT = 4_000_000
"""Numbers for which a run's arrays are kept for the next run; more are given back to the system."""


class Result(NamedTuple):
    """What a run gives."""

    costs: Array
    """The cost of each example; one where it is the same for all."""
    adjoints: Array
    """Those of the parameters: a row for each, and one column, or one for each example."""
    doubtful: bool
    """Whether an operation signalled: then floats may raise where NumPy gave an infinity or NaN."""


class Program:
    """The plan of a graph, ready to be run with NumPy."""

    def __init__(self, plan: Plan) -> None:
        recording, ledger = plan.recording, Ledger(plan)
        steps = [step for steps in plan.levels for step in steps]
        self.steps = [_runnable(plan, step, ledger) for step in steps]
        sums = ledger.sums()
        self.sums = [sums.of(_rows(plan, step)) for step in steps]
        self.leaf_sums = [sums.of(Span(kind, slice(0, plan.leaves[kind]))) for kind in (False, True)]
        self.sizes, self.ledger_sizes = plan.sizes, ledger.sizes
        self.shared = np.zeros((plan.sizes[False], 1))
        for k, number in recording.constants.items():
            self.shared[plan.place[k]] = number
        given = range(recording.given)
        self.given = [
            own_places(plan, [k for k in given if recording.varies[k] == kind], kind=kind)
            for kind in (False, True)
        ]
        self.varies, self.row = recording.varies[recording.root], plan.place[recording.root]
        self.params = places(plan, [k for k in given if recording.wanted[k]])
        self._idle: list[_Ready] = []

    def run(self, shared: Array, varying: Array, weight: float) -> Result:
        """Cost and adjoints from the numbers of the leaves that are shared and of those that vary.

        Both have a row for each leaf, ``varying`` a column for each example; the adjoint of each example's
        cost is ``weight``.
        """
        ready = self._ready(varying.shape[1])
        memory = ready.memory
        memory.doubtful = False
        for write, numbers in zip(ready.given, (shared, varying), strict=True):
            write(numbers)
        with np.errstate(divide="raise", invalid="raise", over="raise", under="ignore"):
            for step in ready.steps:
                step.forward()
        memory.adjoints[self.varies][self.row] = weight
        with np.errstate(all="ignore"):
            for add_up, step in zip(reversed(ready.sums), reversed(ready.steps), strict=True):
                add_up()
                step.backward()
            for add_up in ready.leaf_sums:
                add_up()
        result = Result(memory.values[self.varies][self.row].copy(), ready.params().copy(), memory.doubtful)
        if sum(array.size for pair in (memory.values, memory.ledger) for array in pair) <= KEPT:
            self._idle[:] = [ready]
        return result

    def _ready(self, examples: int) -> _Ready:
        """The arrays of the last run where they fit and nobody else is at them, else new ones."""
        try:
            ready = self._idle.pop()
        except IndexError:
            return self._bound(examples)
        return ready if ready.examples == examples else self._bound(examples)

    def _bound(self, examples: int) -> _Ready:
        memory = Memory(
            values=_arrays(self.sizes, examples),
            adjoints=_arrays(self.sizes, examples),
            ledger=_arrays(self.ledger_sizes, examples),
        )
        np.copyto(memory.values[False], self.shared)
        arrays = memory.adjoints, memory.ledger
        return _Ready(
            examples,
            memory,
            [places_of_kind.writer(memory.values) for places_of_kind in self.given],
            [step.bind(memory) for step in self.steps],
            [found.bind(*arrays) if found else _nothing for found in self.sums],
            [found.bind(*arrays) for found in self.leaf_sums if found],
            self.params.reader(memory.adjoints),
        )


class _Ready(NamedTuple):
    """The steps bound to the arrays of a number of examples."""

    examples: int
    memory: Memory
    given: list[Callable[[Array], None]]
    steps: list[Bound]
    sums: list[Run]
    """What completes the adjoints of each step."""
    leaf_sums: list[Run]
    params: Read


def _runnable(plan: Plan, step: Step, ledger: Ledger) -> Runnable:
    """The NumPy form of a step."""
    if isinstance(step, Straight):
        return StraightStep(plan, step, ledger)
    return product(plan, step, ledger) if isinstance(step, Layer) else GroupStep(plan, step, ledger)


def _rows(plan: Plan, step: Step) -> Span:
    """The places of a step's nodes, which stand in a row."""
    first = plan.place[step.nodes[0]]
    return Span(plan.recording.varies[step.nodes[0]], slice(first, first + len(step.nodes)))


def _arrays(sizes: dict[bool, int], examples: int) -> Pair:
    return np.zeros((sizes[False], 1)), np.zeros((sizes[True], examples))


def _nothing() -> None:
    """Adjoints that their only readers have written."""
