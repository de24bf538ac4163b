"""A tape's steps, run: from the leaves' numbers to the cost, and from the cost back to the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .layers import Layer
from .ledger import Ledger
from .places import Span, own_places, places
from .plan import Plan, Straight
from .products import product
from .steps import GroupStep, Memory, has_flags
from .straight import StraightStep
from .sums import Sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from .places import Array, Pair, Run
    from .plan import Step
    from .steps import Runnable

KEPT = 4_000_000
"""Numbers for which a run's arrays are kept for the next run; more are given back to the system."""

BLOCK = 1_200_000
"""Varying numbers that are computed at a time, so that they stay near the processor."""

FEWEST = 32
"""Examples in a block, however many numbers each of them has."""


class Result(NamedTuple):
    """What a run gives."""

    costs: Array
    """The cost of each example; one where it is the same for all."""
    total: float
    """Their sum."""
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
        sums = Sums(ledger)
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
        self._idle: dict[int, _Ready] = {}

    def run(self, shared: Array, varying: Array, weight: float) -> Result:
        """Cost and adjoints from the numbers of the leaves that are shared and of those that vary.

        Both have a row for each leaf, ``varying`` a column for each example; the adjoint of each example's
        cost is ``weight``. Many examples come block by block.
        """
        size = max(FEWEST, BLOCK // max(self.sizes[True], 1))
        if varying.shape[1] <= size or not self.varies:
            return self._block(shared, varying, weight)
        starts = range(0, varying.shape[1], size)
        return _joined([self._block(shared, varying[:, start : start + size], weight) for start in starts])

    def _block(self, shared: Array, varying: Array, weight: float) -> Result:
        examples = varying.shape[1]
        ready = self._idle.pop(examples, None) or self._bound(examples)  # nobody else is at these arrays now
        memory = ready.memory
        memory.doubtful = False
        for write, numbers in zip(ready.given, (shared, varying), strict=True):
            write(numbers)
        with np.errstate(divide="raise", invalid="raise", over="raise", under="ignore"):
            for run in ready.forward:
                run()
        memory.adjoints[self.varies][self.row] = weight
        with np.errstate(all="ignore"):
            for run in ready.backward:
                run()
            costs = memory.values[self.varies][self.row].copy()
            result = Result(costs, float(np.add.reduce(costs)), ready.params.copy(), memory.doubtful)
        if ready.kept:
            if len(self._idle) > 1:  # a full block and the last one
                self._idle.clear()
            self._idle[examples] = ready
        return result

    def _bound(self, examples: int) -> _Ready:
        memory = Memory(
            values=_arrays(self.sizes, examples),
            adjoints=_arrays(self.sizes, examples),
            ledger=_arrays(self.ledger_sizes, examples),
            flags=has_flags(),
        )
        np.copyto(memory.values[False], self.shared)
        arrays = memory.adjoints, memory.ledger
        steps = [step.bind(memory) for step in self.steps]
        sums = [found.bind(*arrays) if found else None for found in self.sums]
        pairs = zip(reversed(sums), reversed(steps), strict=True)
        backward = [run for add_up, step in pairs for run in (add_up, *step.backward) if run]
        backward += [found.bind(*arrays) for found in self.leaf_sums if found]
        params = self.params.of(memory.adjoints)
        return _Ready(
            memory,
            given=[places_of_kind.writer(memory.values) for places_of_kind in self.given],
            forward=[run for step in steps for run in step.forward],
            backward=[*backward, *params.loads],
            params=params.array,
            kept=sum(array.size for pair in (memory.values, memory.ledger) for array in pair) <= KEPT,
        )


class _Ready(NamedTuple):
    """The steps bound to the arrays of a number of examples."""

    memory: Memory
    given: list[Callable[[Array], None]]
    forward: list[Run]
    backward: list[Run]
    params: Array
    """The adjoints of the parameters."""
    kept: bool
    """Whether the arrays are small enough to be kept for the next run."""


def _joined(blocks: list[Result]) -> Result:
    """One result of several: adjoints with a column for each example side by side, others in sum."""
    adjoints = [block.adjoints for block in blocks]
    each = adjoints[0].shape[1] > 1
    with np.errstate(all="ignore"):
        return Result(
            costs=np.concatenate([block.costs for block in blocks]),
            total=sum(block.total for block in blocks),
            adjoints=np.hstack(adjoints) if each else np.sum(adjoints, axis=0),
            doubtful=any(block.doubtful for block in blocks),
        )


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
