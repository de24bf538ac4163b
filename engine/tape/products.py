"""The steps that are products of matrices, and sums."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from .places import Array, Run, own_places
from .steps import Bound, Operand

if TYPE_CHECKING:
    from .layers import Layer
    from .ledger import Ledger, Target
    from .plan import Plan
    from .steps import Memory

Product: TypeAlias = Callable[[Array, Array], None]


def product(plan: Plan, layer: Layer, ledger: Ledger) -> LayerStep | SumStep:
    """The NumPy form of a layer."""
    if not layer.weights:
        return SumStep(plan, layer, ledger)
    if any(plan.recording.varies[k] for k in layer.weights):
        return SummedStep(plan, layer, ledger)
    return LayerStep(plan, layer, ledger)


class LayerStep:
    """Z = W A + b for all columns and examples, and δ back: by matrix products."""

    def __init__(self, plan: Plan, layer: Layer, ledger: Ledger) -> None:
        self.layer = layer
        self.out = own_places(plan, layer.nodes, kind=plan.recording.varies[layer.nodes[0]])
        self.weights = Operand(plan, layer.weights, ledger)
        self.inputs = Operand(plan, layer.inputs, ledger)
        self.biases = Operand(plan, layer.biases, ledger)

    def bind(self, memory: Memory) -> Bound:
        """Forward Z = W A + b; backward ∂C/∂W = δ Aᵀ, ∂C/∂b = Σ δ over the columns, ∂C/∂A = Wᵀ δ."""
        layer = self.layer
        out, adjoint = self.out.of(memory.values).array, self.out.of(memory.adjoints).array
        columns = adjoint.shape[1]
        Z, delta = (array.reshape(layer.count, layer.rows, -1) for array in (out, adjoint))
        (W, load_W), (A, load_A) = (x.places.of(memory.values) for x in (self.weights, self.inputs))
        W, A = W.reshape(layer.count, layer.rows, layer.terms), A.reshape(layer.count, layer.terms, -1)
        W_T, A_T = W.swapaxes(1, 2), A.swapaxes(1, 2)
        hand_W = _handed(self.weights.target(memory, 1), W.shape, len(layer.weights))
        shape = layer.count, layer.terms, layer.columns * columns
        hand_A = _handed(self.inputs.target(memory, columns), shape, len(layer.inputs))
        loads, add_b, hand_b = self._bias(memory, out, adjoint)
        loads += [*load_W, *load_A]

        def multiply() -> None:
            np.matmul(W, A, out=Z)
            add_b()

        def forward() -> None:
            for load in loads:
                load()
            _unraised(multiply)

        def backward() -> None:
            if hand_W:
                hand_W(delta, A_T)
            hand_b()
            if hand_A:
                hand_A(W_T, delta)

        return Bound(forward, backward)

    def _bias(self, memory: Memory, out: Array, adjoint: Array) -> tuple[list[Run], Run, Run]:
        """What loads b, what adds it to Z, and what hands Σ δ back to it."""
        layer = self.layer
        if not layer.biases:
            return [], _nothing, _nothing
        b, loads = self.biases.places.of(memory.values)
        target = self.biases.target(memory, adjoint.shape[1])
        Z, delta = (array.reshape(layer.count, layer.rows, layer.columns, -1) for array in (out, adjoint))
        add = partial(np.add, Z, b.reshape(layer.count, layer.rows, 1, -1), Z)

        def hand_summed() -> None:
            if target:
                target.put(delta.sum(axis=2).reshape(-1, adjoint.shape[1]))

        if target and layer.columns == 1:
            return loads, add, partial(target.put, adjoint)
        return loads, add, hand_summed


class SummedStep(LayerStep):
    """The same where the weights vary with the example: sums over named indices, an example at a time."""

    def bind(self, memory: Memory) -> Bound:
        """As of ``LayerStep``; nothing is summed over the examples."""
        layer = self.layer
        out, adjoint = self.out.of(memory.values).array, self.out.of(memory.adjoints).array
        examples = adjoint.shape[1]
        Z, delta = (array.reshape(layer.count, layer.rows, layer.columns, -1) for array in (out, adjoint))
        (W, load_W), (A, load_A) = (x.places.of(memory.values) for x in (self.weights, self.inputs))
        W = W.reshape(layer.count, layer.rows, layer.terms, -1)
        A = A.reshape(layer.count, layer.terms, layer.columns, -1)
        to_W, to_A = self.weights.target(memory, examples), self.inputs.target(memory, examples)
        loads, add_b, hand_b = self._bias(memory, out, adjoint)
        loads += [*load_W, *load_A]

        def multiply() -> None:
            np.einsum("pjkx,pkcx->pjcx", W, A, out=Z)
            add_b()

        def forward() -> None:
            for load in loads:
                load()
            _unraised(multiply)

        def backward() -> None:
            if to_W:
                to_W.put(np.einsum("pjcx,pkcx->pjkx", delta, A).reshape(-1, examples))
            hand_b()
            if to_A:
                to_A.put(np.einsum("pjkx,pjcx->pkcx", W, delta).reshape(-1, examples))

        return Bound(forward, backward)


class SumStep:
    """Sums and averages: every term has the same weight."""

    def __init__(self, plan: Plan, layer: Layer, ledger: Ledger) -> None:
        self.layer = layer
        self.out = own_places(plan, layer.nodes, kind=plan.recording.varies[layer.nodes[0]])
        self.inputs = Operand(plan, layer.inputs, ledger)

    def bind(self, memory: Memory) -> Bound:
        """The sum over the terms, times the weight; each term gets the same back."""
        layer = self.layer
        out, adjoint = self.out.of(memory.values).array, self.out.of(memory.adjoints).array
        terms, loads = self.inputs.places.of(memory.values)
        terms = terms.reshape(layer.terms, layer.columns, -1)
        target = self.inputs.target(memory, adjoint.shape[1])

        def add_up() -> None:
            np.multiply(terms.sum(axis=0), layer.coefficient, out=out)

        def forward() -> None:
            for load in loads:
                load()
            _unraised(add_up)

        def backward() -> None:
            if target:
                target.put(np.tile(layer.coefficient * adjoint, (layer.terms, 1)))

        return Bound(forward, backward)


def _handed(target: Target | None, shape: tuple[int, int, int], rows: int) -> Product | None:
    """What multiplies two matrices and hands the product to so many rows; None where nobody wants it."""
    if target is None:
        return None
    put, view = target
    if view is None:
        return lambda x, y: put((x @ y).reshape(rows, -1))
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
