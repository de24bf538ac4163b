"""The steps of a tape in NumPy: each computes its numbers forward and hands its adjoints back.

A step knows which numbers it reads and writes; bound to the arrays of a number of examples, it becomes two
functions without arguments. Everything that depends on shapes alone is worked out then, not in every run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from engine.arrays import numpy_reading

from .layers import Layer
from .places import Array, Pair, own_places, places

if TYPE_CHECKING:
    from .grouping import Group
    from .places import Target
    from .plan import Plan

Run: TypeAlias = Callable[[], None]
Product: TypeAlias = Callable[[Array, Array], None]


@dataclass(slots=True)
class Memory:
    """The arrays of one evaluation of a tape."""

    values: Pair
    adjoints: Pair
    doubtful: bool = False
    """Whether an operation signalled that floats may raise there."""


class Bound(NamedTuple):
    """A step on certain arrays."""

    forward: Run
    backward: Run


class Runnable(Protocol):
    """A step that can be run once it is bound."""

    def bind(self, memory: Memory) -> Bound:
        """The step on these arrays."""
        ...


def runnable(plan: Plan, step: Group | Layer) -> Runnable:
    """The NumPy form of a step."""
    if not isinstance(step, Layer):
        return GroupStep(plan, step)
    if not step.weights:
        return SumStep(plan, step)
    if any(plan.recording.varies[k] for k in step.weights):
        return SummedStep(plan, step)
    return LayerStep(plan, step)


class Operand:
    """Numbers that a step reads, and their adjoints where these lead to a parameter."""

    def __init__(self, plan: Plan, numbers: list[int]) -> None:
        self.places = places(plan, numbers)
        self.wanted = any(plan.recording.wanted[k] for k in numbers)
        self.sole = all(plan.readers[k] == 1 for k in numbers)

    def target(self, memory: Memory, columns: int) -> Target | None:
        """What takes the step's contributions; None where nobody wants them."""
        return self.places.target(memory.adjoints, columns, sole=self.sole) if self.wanted else None


class GroupStep:
    """Nodes of one rule: value and local derivatives by one reading of it."""

    def __init__(self, plan: Plan, group: Group) -> None:
        self.function, self.reading = group.rule.function, numpy_reading()
        self.out = own_places(plan, group.nodes, kind=plan.recording.varies[group.nodes[0]])
        self.operands = [Operand(plan, numbers) for numbers in group.operands]

    def bind(self, memory: Memory) -> Bound:
        """One call of the rule; each operand's adjoint grows by local derivative times adjoint."""
        function, reading = self.function, self.reading
        readers = [operand.places.reader(memory.values) for operand in self.operands]
        write, adjoint = self.out.writer(memory.values), self.out.reader(memory.adjoints)()
        found = [operand.target(memory, adjoint.shape[1]) for operand in self.operands]
        targets = [(k, target) for k, target in enumerate(found) if target]
        slopes: tuple[Any, ...] = ()

        def forward() -> None:
            nonlocal slopes
            operands = [read() for read in readers]
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
                    target.add(slopes[k] * adjoint)
                else:
                    np.multiply(slopes[k], adjoint, out=target.view)

        return Bound(forward, backward)


class LayerStep:
    """Z = W A + b for all columns and examples, and δ back: by matrix products."""

    def __init__(self, plan: Plan, layer: Layer) -> None:
        self.layer = layer
        self.out = own_places(plan, layer.nodes, kind=plan.recording.varies[layer.nodes[0]])
        self.weights, self.inputs = Operand(plan, layer.weights), Operand(plan, layer.inputs)
        self.biases = Operand(plan, layer.biases)

    def bind(self, memory: Memory) -> Bound:
        """Forward Z = W A + b; backward ∂C/∂W = δ Aᵀ, ∂C/∂b = Σ δ over the columns, ∂C/∂A = Wᵀ δ."""
        layer = self.layer
        out, adjoint = self.out.reader(memory.values)(), self.out.reader(memory.adjoints)()
        Z = out.reshape(layer.count, layer.rows, -1)
        delta = adjoint.reshape(layer.count, layer.rows, -1)
        read_W, read_A = (operand.places.reader(memory.values) for operand in (self.weights, self.inputs))
        add_b, hand_b = self._bias(memory, out, adjoint)
        shape_W, columns = (layer.count, layer.rows, layer.terms), adjoint.shape[1]
        shape_A = layer.count, layer.terms, layer.columns * columns
        hand_W = _handed(self.weights.target(memory, 1), shape_W, len(layer.weights))
        hand_A = _handed(self.inputs.target(memory, columns), shape_A, len(layer.inputs))
        W = A = Z

        def multiply() -> None:
            np.matmul(W, A, out=Z)
            add_b()

        def forward() -> None:
            nonlocal W, A
            W = read_W().reshape(shape_W)
            A = read_A().reshape(layer.count, layer.terms, -1)
            _unraised(multiply)

        def backward() -> None:
            if hand_W:
                hand_W(delta, A.swapaxes(1, 2))
            hand_b()
            if hand_A:
                hand_A(W.swapaxes(1, 2), delta)

        return Bound(forward, backward)

    def _bias(self, memory: Memory, out: Array, adjoint: Array) -> tuple[Run, Run]:
        """What adds b to Z, and what hands Σ δ back to it."""
        layer = self.layer
        if not layer.biases:
            return _nothing, _nothing
        read, target = self.biases.places.reader(memory.values), self.biases.target(memory, adjoint.shape[1])
        Z, delta = (a.reshape(layer.count, layer.rows, layer.columns, -1) for a in (out, adjoint))

        def add() -> None:
            np.add(Z, read().reshape(layer.count, layer.rows, 1, -1), out=Z)

        def hand() -> None:
            if target:
                summed = adjoint if layer.columns == 1 else delta.sum(axis=2).reshape(-1, adjoint.shape[1])
                target.add(summed)

        return add, hand


class SummedStep(LayerStep):
    """The same where the weights vary with the example: sums over named indices, an example at a time."""

    def bind(self, memory: Memory) -> Bound:
        """As of ``LayerStep``; nothing is summed over the examples."""
        layer = self.layer
        out, adjoint = self.out.reader(memory.values)(), self.out.reader(memory.adjoints)()
        examples = adjoint.shape[1]
        Z, delta = (a.reshape(layer.count, layer.rows, layer.columns, -1) for a in (out, adjoint))
        read_W, read_A = (operand.places.reader(memory.values) for operand in (self.weights, self.inputs))
        add_b, hand_b = self._bias(memory, out, adjoint)
        to_W, to_A = self.weights.target(memory, examples), self.inputs.target(memory, examples)
        W = A = Z

        def multiply() -> None:
            np.einsum("pjkx,pkcx->pjcx", W, A, out=Z)
            add_b()

        def forward() -> None:
            nonlocal W, A
            W = read_W().reshape(layer.count, layer.rows, layer.terms, -1)
            A = read_A().reshape(layer.count, layer.terms, layer.columns, -1)
            _unraised(multiply)

        def backward() -> None:
            if to_W:
                to_W.add(np.einsum("pjcx,pkcx->pjkx", delta, A).reshape(-1, examples))
            hand_b()
            if to_A:
                to_A.add(np.einsum("pjkx,pjcx->pkcx", W, delta).reshape(-1, examples))

        return Bound(forward, backward)


class SumStep:
    """Sums and averages: every term has the same weight."""

    def __init__(self, plan: Plan, layer: Layer) -> None:
        self.layer = layer
        self.out = own_places(plan, layer.nodes, kind=plan.recording.varies[layer.nodes[0]])
        self.inputs = Operand(plan, layer.inputs)

    def bind(self, memory: Memory) -> Bound:
        """The sum over the terms, times the weight; each term's adjoint grows by the same."""
        layer = self.layer
        out, adjoint = self.out.reader(memory.values)(), self.out.reader(memory.adjoints)()
        read, target = self.inputs.places.reader(memory.values), self.inputs.target(memory, adjoint.shape[1])

        def add_up() -> None:
            terms = read().reshape(layer.terms, layer.columns, -1)
            np.multiply(terms.sum(axis=0), layer.coefficient, out=out)

        def forward() -> None:
            _unraised(add_up)

        def backward() -> None:
            if target:
                target.add(np.tile(layer.coefficient * adjoint, (layer.terms, 1)))

        return Bound(forward, backward)


def _handed(target: Target | None, shape: tuple[int, int, int], rows: int) -> Product | None:
    """What multiplies two matrices and hands the product to so many rows; None where nobody wants it."""
    if target is None:
        return None
    add, view = target
    if view is None:
        return lambda x, y: add((x @ y).reshape(rows, -1))
    table = view.reshape(shape)

    def write(x: Array, y: Array) -> None:
        np.matmul(x, y, out=table)

    return write


def _unraised(compute: Run) -> None:
    """Sums and products do not raise, whatever comes out; a product of matrices may signal even so."""
    try:
        compute()
    except FloatingPointError:
        with np.errstate(all="ignore"):
            compute()


def _nothing() -> None:
    """A layer without biases adds none."""
