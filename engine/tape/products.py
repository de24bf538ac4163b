"""The steps that are products of matrices, and sums."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .places import Array, Run, own_places
from .steps import Bound, Operand

if TYPE_CHECKING:
    from .layers import Layer
    from .ledger import Ledger, Target
    from .plan import Plan
    from .steps import Memory


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
        loads, adds, hand_b = self._bias(memory, out, adjoint)
        back = [
            _handed(self.weights.target(memory, 1), delta, A.swapaxes(1, 2), len(layer.weights)),
            hand_b,
            _handed(self.inputs.target(memory, columns), W.swapaxes(1, 2), delta, len(layer.inputs)),
        ]
        forward = [*loads, *load_W, *load_A, _unraised(partial(np.matmul, W, A, Z), *adds)]
        return Bound(forward, [run for run in back if run])

    def _bias(self, memory: Memory, out: Array, adjoint: Array) -> tuple[list[Run], list[Run], Run | None]:
        """What loads b, what adds it to Z, and what hands Σ δ back to it."""
        layer = self.layer
        if not layer.biases:
            return [], [], None
        b, loads = self.biases.places.of(memory.values)
        target = self.biases.target(memory, adjoint.shape[1])
        Z, delta = (array.reshape(layer.count, layer.rows, layer.columns, -1) for array in (out, adjoint))
        adds: list[Run] = [partial(np.add, Z, b.reshape(layer.count, layer.rows, 1, -1), Z)]
        if target is None:
            return loads, adds, None
        put = target.put
        if layer.columns == 1:
            return loads, adds, partial(put, adjoint)
        return loads, adds, lambda: put(delta.sum(axis=2).reshape(-1, adjoint.shape[1]))


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
        loads, adds, hand_b = self._bias(memory, out, adjoint)
        to_W, to_A = self.weights.target(memory, examples), self.inputs.target(memory, examples)

        def multiply() -> None:
            np.einsum("pjkx,pkcx->pjcx", W, A, out=Z)

        def backward() -> None:
            if to_W:
                to_W.put(np.einsum("pjcx,pkcx->pjkx", delta, A).reshape(-1, examples))
            if hand_b:
                hand_b()
            if to_A:
                to_A.put(np.einsum("pjkx,pjcx->pkcx", W, delta).reshape(-1, examples))

        return Bound([*loads, *load_W, *load_A, _unraised(multiply, *adds)], [backward])


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

        def backward() -> None:
            if target:
                target.put(np.tile(layer.coefficient * adjoint, (layer.terms, 1)))

        return Bound([*loads, _unraised(add_up)], [backward])


def _handed(target: Target | None, x: Array, y: Array, rows: int) -> Run | None:
    """What multiplies two matrices and hands the product to so many rows; None where nobody wants it."""
    if target is None:
        return None
    put, view = target
    if view is None:
        return lambda: put((x @ y).reshape(rows, -1))
    return partial(np.matmul, x, y, view.reshape(x.shape[0], x.shape[1], y.shape[2]))


def _unraised(*computations: Run) -> Run:
    """Sums and products do not raise, whatever comes out; a product of matrices may signal even so.

    Then all is computed again from the first one, since the last one may add to what is there.
    """

    def run() -> None:
        try:
            for compute in computations:
                compute()
        except FloatingPointError:
            with np.errstate(all="ignore"):
                for compute in computations:
                    compute()

    return run
