"""The steps that are products of matrices, and sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from .places import Array, own_places
from .steps import Bound, Operand

if TYPE_CHECKING:
    from .layers import Layer
    from .ledger import Ledger, Run, Target
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
                target.put(summed)

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
        out, adjoint = self.out.reader(memory.values)(), self.out.reader(memory.adjoints)()
        read, target = self.inputs.places.reader(memory.values), self.inputs.target(memory, adjoint.shape[1])

        def add_up() -> None:
            terms = read().reshape(layer.terms, layer.columns, -1)
            np.multiply(terms.sum(axis=0), layer.coefficient, out=out)

        def forward() -> None:
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
