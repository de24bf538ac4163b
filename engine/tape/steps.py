"""The steps of a tape in NumPy: each computes its numbers forward and hands its adjoints back.

A step knows which numbers it reads and writes; bound to the arrays of a number of examples, it becomes
functions without arguments. Everything that depends on shapes alone is worked out then, not in every run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from engine.arrays import numpy_reading

from .places import Pair, own_places, places

if TYPE_CHECKING:
    from .grouping import Group
    from .ledger import Ledger, Target
    from .places import Run
    from .plan import Plan


@dataclass(slots=True)
class Memory:
    """The arrays of one evaluation of a tape."""

    values: Pair
    adjoints: Pair
    ledger: Pair
    doubtful: bool = False
    """Whether an operation signalled that floats may raise there."""


class Bound(NamedTuple):
    """A step on certain arrays: what is to be run, one after the other."""

    forward: list[Run]
    backward: list[Run]


class Runnable(Protocol):
    """A step that can be run once it is bound."""

    def bind(self, memory: Memory) -> Bound:
        """The step on these arrays."""
        ...


class Operand:
    """Numbers that a step reads, and where its contributions to their adjoints go."""

    def __init__(self, plan: Plan, numbers: list[int], ledger: Ledger) -> None:
        self.places = places(plan, numbers)
        self.account = ledger.account(numbers, self.places)

    def target(self, memory: Memory, columns: int) -> Target | None:
        """What takes contributions of so many columns; None where nobody wants them."""
        return self.account.target(memory.adjoints, memory.ledger, columns) if self.account else None


class GroupStep:
    """Nodes of one rule: value and local derivatives by one reading of it."""

    def __init__(self, plan: Plan, group: Group, ledger: Ledger) -> None:
        self.function, self.reading = group.rule.function, numpy_reading()
        self.out = own_places(plan, group.nodes, kind=plan.recording.varies[group.nodes[0]])
        self.operands = [Operand(plan, numbers, ledger) for numbers in group.operands]

    def bind(self, memory: Memory) -> Bound:
        """One call of the rule; to each operand goes local derivative times adjoint."""
        function, reading = self.function, self.reading
        loaded = [operand.places.of(memory.values) for operand in self.operands]
        operands = [array for array, _ in loaded]
        loads = [load for _, found in loaded for load in found]
        write, adjoint = self.out.writer(memory.values), self.out.of(memory.adjoints).array
        found = [operand.target(memory, adjoint.shape[1]) for operand in self.operands]
        targets = [(k, target) for k, target in enumerate(found) if target]
        slopes: tuple[Any, ...] = ()

        def forward() -> None:
            nonlocal slopes
            try:
                value, slopes = function(reading, *operands)
            except FloatingPointError:
                memory.doubtful = True
                with np.errstate(all="ignore"):
                    value, slopes = function(reading, *operands)
            write(value)

        def backward() -> None:
            for k, target in targets:
                if target.view is None:
                    target.put(slopes[k] * adjoint)
                else:
                    np.multiply(slopes[k], adjoint, out=target.view)

        return Bound([*loads, forward], [backward])
