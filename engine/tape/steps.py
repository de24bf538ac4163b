"""The steps of a tape in NumPy: each computes its numbers forward and hands its adjoints back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from engine.arrays import numpy_reading

from .layers import Layer
from .places import Array, Pair, own_places, places

if TYPE_CHECKING:
    from .plan import Group, Plan


@dataclass(slots=True)
class Run:
    """One evaluation of a tape."""

    values: Pair
    adjoints: Pair
    doubtful: bool = False
    """Whether an operation signalled that floats may raise there."""


class Runnable(Protocol):
    """A step that can be run."""

    def forward(self, run: Run) -> Any:
        """Compute the step's numbers; what it returns is handed to ``backward``."""
        ...

    def backward(self, run: Run, saved: Any) -> None:
        """Add to the adjoints of what the step read."""
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


def wanted(plan: Plan, numbers: list[int]) -> bool:
    """Whether any of these nodes leads to a parameter."""
    return any(plan.recording.wanted[k] for k in numbers)


class GroupStep:
    """Nodes of one rule: value and local derivatives by one reading of it."""

    def __init__(self, plan: Plan, group: Group) -> None:
        self.function, self.reading = group.rule.function, numpy_reading()
        self.out = own_places(plan, group.nodes)
        self.operands = [places(plan, numbers) for numbers in group.operands]
        self.passed_back = [
            (k, self.operands[k]) for k, numbers in enumerate(group.operands) if wanted(plan, numbers)
        ]

    def forward(self, run: Run) -> Any:
        """One call of the rule; where NumPy signals, floats are asked afterwards."""
        operands = [operand.read(run.values) for operand in self.operands]
        try:
            value, slopes = self.function(self.reading, *operands)
        except FloatingPointError:
            run.doubtful = True
            with np.errstate(all="ignore"):
                value, slopes = self.function(self.reading, *operands)
        self.out.write(run.values, value)
        return slopes

    def backward(self, run: Run, saved: Any) -> None:
        """Each operand's adjoint grows by local derivative times adjoint."""
        adjoint = self.out.read(run.adjoints)
        for k, operand in self.passed_back:
            operand.add(run.adjoints, saved[k] * adjoint)


class LayerStep:
    """Z = W A + b for all columns and examples, and δ back: by matrix products."""

    def __init__(self, plan: Plan, layer: Layer) -> None:
        self.layer = layer
        self.out = own_places(plan, layer.nodes)
        self.inputs = places(plan, layer.inputs)
        self.weights = places(plan, layer.weights)
        self.biases = places(plan, layer.biases) if layer.biases else None
        self.learns = wanted(plan, layer.weights)
        self.learns_bias = wanted(plan, layer.biases)
        self.passes_back = wanted(plan, layer.inputs)

    def forward(self, run: Run) -> tuple[Array, Array]:
        """W and A, for the way back."""
        layer = self.layer
        W = self.weights.read(run.values).reshape(layer.count, layer.rows, layer.terms)
        A = self.inputs.read(run.values).reshape(layer.count, layer.terms, -1)
        out = self.out.read(run.values)
        try:
            np.matmul(W, A, out=out.reshape(layer.count, layer.rows, -1))
            if self.biases:
                self._table(out)[:] += self._table(self.biases.read(run.values), columns=1)
        except FloatingPointError:  # sums and products do not raise, whatever comes out
            with np.errstate(all="ignore"):
                return self.forward(run)
        return W, A

    def backward(self, run: Run, saved: tuple[Array, Array]) -> None:
        """∂C/∂W = δ Aᵀ, ∂C/∂b = Σ δ over the columns, ∂C/∂A = Wᵀ δ."""
        W, A = saved
        adjoint = self.out.read(run.adjoints)
        delta = adjoint.reshape(self.layer.count, self.layer.rows, -1)
        if self.learns:
            self.weights.add(run.adjoints, (delta @ A.swapaxes(1, 2)).reshape(-1, 1))
        if self.biases and self.learns_bias:
            self.biases.add(run.adjoints, self._over_columns(adjoint))
        if self.passes_back:
            back = W.swapaxes(1, 2) @ delta
            self.inputs.add(run.adjoints, back.reshape(len(self.layer.inputs), -1))

    def _table(self, numbers: Array, columns: int | None = None) -> Array:
        """By product, row, column and example."""
        layer = self.layer
        return numbers.reshape(layer.count, layer.rows, columns or layer.columns, numbers.shape[-1])

    def _over_columns(self, adjoint: Array) -> Array:
        if self.layer.columns == 1:
            return adjoint
        summed: Array = self._table(adjoint).sum(axis=2)
        return summed.reshape(-1, adjoint.shape[-1])


class SumStep:
    """Sums and averages: every term has the same weight."""

    def __init__(self, plan: Plan, layer: Layer) -> None:
        self.layer = layer
        self.out, self.inputs = own_places(plan, layer.nodes), places(plan, layer.inputs)
        self.passes_back = wanted(plan, layer.inputs)

    def forward(self, run: Run) -> None:
        """The sum over the terms, times the weight."""
        out = self.out.read(run.values)
        terms = self.inputs.read(run.values).reshape(self.layer.terms, self.layer.columns, -1)
        with np.errstate(all="ignore"):  # a sum does not raise, whatever comes out
            np.multiply(terms.sum(axis=0), self.layer.coefficient, out=out)

    def backward(self, run: Run, saved: None) -> None:  # noqa: ARG002  (nothing is needed)
        """Each term's adjoint grows by the same."""
        if self.passes_back:
            each = self.layer.coefficient * self.out.read(run.adjoints)
            self.inputs.add(run.adjoints, np.tile(each, (self.layer.terms, 1)))


class SummedStep(LayerStep):
    """The same where the weights vary with the example: sums over named indices, an example at a time."""

    def forward(self, run: Run) -> tuple[Array, Array]:
        """W and A by product, row or term, term or column, and example."""
        layer = self.layer
        W = self.weights.read(run.values).reshape(layer.count, layer.rows, layer.terms, -1)
        A = self.inputs.read(run.values).reshape(layer.count, layer.terms, layer.columns, -1)
        out = self._table(self.out.read(run.values))
        with np.errstate(all="ignore"):  # as above
            np.einsum("pjkx,pkcx->pjcx", W, A, out=out)
            if self.biases:
                out += self._table(self.biases.read(run.values), columns=1)
        return W, A

    def backward(self, run: Run, saved: tuple[Array, Array]) -> None:
        """As of ``LayerStep``; no sum over the examples."""
        W, A = saved
        adjoint = self.out.read(run.adjoints)
        delta, examples = self._table(adjoint), adjoint.shape[-1]
        if self.learns:
            dW = np.einsum("pjcx,pkcx->pjkx", delta, A)
            self.weights.add(run.adjoints, dW.reshape(-1, examples))
        if self.biases and self.learns_bias:
            self.biases.add(run.adjoints, self._over_columns(adjoint))
        if self.passes_back:
            dA = np.einsum("pjkx,pjcx->pkcx", W, delta)
            self.inputs.add(run.adjoints, dA.reshape(-1, examples))
