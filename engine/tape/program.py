"""A tape's steps, run: from the leaves' numbers to the cost, and from the cost back to the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .places import own_places, places
from .plan import Plan, Straight
from .steps import Memory, runnable
from .straight import StraightStep

if TYPE_CHECKING:
    from collections.abc import Callable

    from .places import Array, Read
    from .steps import Bound


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
        recording = plan.recording
        self.steps = [
            StraightStep(plan, step) if isinstance(step, Straight) else runnable(plan, step)
            for steps in plan.levels
            for step in steps
        ]
        self.shared = np.zeros((plan.sizes[False], 1))
        for k, number in recording.constants.items():
            self.shared[plan.place[k]] = number
        given = range(recording.given)
        self.given = [
            own_places(plan, [k for k in given if recording.varies[k] == kind], kind=kind)
            for kind in (False, True)
        ]
        self.rows_varying = plan.sizes[True]
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
        for adjoints in memory.adjoints:
            adjoints.fill(0.0)
        with np.errstate(divide="raise", invalid="raise", over="raise", under="ignore"):
            for step in ready.steps:
                step.forward()
        memory.adjoints[self.varies][self.row] = weight
        with np.errstate(all="ignore"):
            for step in reversed(ready.steps):
                step.backward()
        result = Result(memory.values[self.varies][self.row].copy(), ready.params().copy(), memory.doubtful)
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
        shapes = self.shared.shape, (self.rows_varying, examples)
        memory = Memory(
            (self.shared.copy(), np.zeros(shapes[True])), (np.zeros(shapes[False]), np.zeros(shapes[True]))
        )
        return _Ready(
            examples,
            memory,
            [places_of_kind.writer(memory.values) for places_of_kind in self.given],
            [step.bind(memory) for step in self.steps],
            self.params.reader(memory.adjoints),
        )


class _Ready(NamedTuple):
    """The steps bound to the arrays of a number of examples."""

    examples: int
    memory: Memory
    given: list[Callable[[Array], None]]
    steps: list[Bound]
    params: Read
