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
    from .places import Array, Run
    from .plan import Plan


@dataclass(slots=True)
class Memory:
    """The arrays of one evaluation of a tape."""

    values: Pair
    adjoints: Pair
    ledger: Pair
    flags: bool = True
    """Whether NumPy signals here; see ``has_flags``."""
    doubtful: bool = False
    """Whether an operation signalled that floats may raise there."""

    def watched(self, operands: Array) -> Array:
        """The operands of rules; where NumPy cannot signal, so that results of them are looked at."""
        return operands if self.flags else Watched.of(operands, self)


def has_flags() -> bool:
    """Whether NumPy notices a division by zero; WebAssembly, for one, has no floating-point flags."""
    try:
        with np.errstate(divide="raise"):
            np.divide(1.0, np.zeros(1))
    except FloatingPointError:
        return True
    return False


class Watched(np.ndarray[Any, Any]):
    """An array that puts its memory in doubt where an operation gives an infinity or NaN.

    So does whatever is computed from it. That is more often than a flag would be raised, and costs time only:
    floats have the last word.
    """

    memory: Memory

    @classmethod
    def of(cls, array: Array, memory: Memory) -> Watched:
        """The same numbers, watched."""
        view = array.view(cls)
        view.memory = memory
        return view

    def __array_finalize__(self, origin: object) -> None:
        """A part of it, such as a row, has the same memory."""
        if isinstance(origin, Watched):
            self.memory = origin.memory

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **keywords: Any) -> Array:
        """Look at the result."""
        plain = [x.view(np.ndarray) if isinstance(x, Watched) else x for x in operands]
        result = getattr(ufunc, method)(*plain, **keywords)
        self.memory.doubtful |= not np.isfinite(result).all()
        return self.of(result, self.memory)

    def __array_function__(self, function: Any, types: Any, operands: Any, keywords: Any) -> Any:
        """``np.where`` chooses numbers: its result is watched, too."""
        result = super().__array_function__(function, types, operands, keywords)
        return self.of(result, self.memory) if isinstance(result, np.ndarray) else result


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
        operands = [memory.watched(array) for array, _ in loaded]
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
