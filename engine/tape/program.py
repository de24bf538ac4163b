"""A tape's steps, run: from the leaves' numbers to the cost, and from the cost back to the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .places import own_places, places
from .plan import Plan, Straight
from .steps import Run, runnable
from .straight import StraightStep

if TYPE_CHECKING:
    from .places import Array


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
        self.given = []
        for kind in (False, True):
            numbers = [k for k in range(recording.given) if recording.varies[k] == kind]
            self.given.append(own_places(plan, numbers, kind=kind))
        self.rows_varying = plan.sizes[True]
        self.varies, self.row = recording.varies[recording.root], plan.place[recording.root]
        self.params = places(plan, [k for k in range(recording.given) if recording.wanted[k]])

    def run(self, shared: Array, varying: Array, weight: float) -> Result:
        """Cost and adjoints from the numbers of the leaves that are shared and of those that vary.

        Both have a row for each leaf, ``varying`` a column for each example; the adjoint of each example's
        cost is ``weight``.
        """
        shapes = self.shared.shape, (self.rows_varying, varying.shape[1])
        values = self.shared.copy(), np.empty(shapes[True])
        for places_of_kind, numbers in zip(self.given, (shared, varying), strict=True):
            places_of_kind.write(values, numbers)
        run = Run(values, (np.zeros(shapes[False]), np.zeros(shapes[True])))
        with np.errstate(divide="raise", invalid="raise", over="raise", under="ignore"):
            saved = [step.forward(run) for step in self.steps]
        run.adjoints[self.varies][self.row] = weight
        with np.errstate(all="ignore"):
            for step, kept in zip(reversed(self.steps), reversed(saved), strict=True):
                step.backward(run, kept)
        return Result(values[self.varies][self.row], self.params.read(run.adjoints), run.doubtful)
