"""Steps of descent by a tape: one example's graph, recorded once and replayed for whole batches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import Value
from engine.real import real
from engine.tape import Tape

from .activations import ACTIVATIONS
from .layers import MLP
from .losses import COSTS
from .optim import Optimizer
from .scalars import scalars
from .steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from .losses import Cost
    from .module import Module
    from .steps import Example

    Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


class TapeSteps(Steps):
    """Steps on arrays; where a number goes wrong, the eager engine repeats the step and says what did.

    Raises ValueError for examples of different lengths, or whose graph is not that of the first one.
    """

    def __init__(self, model: Module, cost: Cost, optimizer: Optimizer, examples: Sequence[Example]) -> None:
        super().__init__(model, cost, optimizer, examples)
        self._cost(*examples[0])  # what cannot be computed at all is told as ever
        self.rows = self._checked(examples)
        self.tape = Tape(*self._graph(0), params=self.parameters)
        if not _without_branches(model, cost):
            self._compare()
        self.on_arrays = type(optimizer).step is Optimizer.step and optimizer.parameters == self.parameters
        self.gradient: Array | None = None

    def take_up(self) -> None:
        """Read the parameters from the model."""
        self.W = np.array(self._numbers())

    def put_down(self) -> None:
        """Write parameters and gradients to the model."""
        self._set(self.W.tolist())
        if self.gradient is not None:
            for parameter, g in zip(self.parameters, self.gradient.tolist(), strict=True):
                parameter.grad = g

    def step(self, batch: Sequence[Example]) -> float:
        """One step on a batch; its average cost before the step."""
        try:
            cost, gradient = self.tape(self.W, self.rows[[k for k, _, _ in batch]])
        except (ArithmeticError, ValueError):
            return self._eagerly(batch)
        if not math.isfinite(cost):
            return self._eagerly(batch)
        self.gradient = -gradient if self.cost.maximise else gradient
        with self._all_or_nothing():
            self._move(self.gradient)
        if not np.isfinite(self.W).all():
            self.put_down()
            raise self._led_astray(batch)
        return cost

    def look(self) -> tuple[float, tuple[float, ...]]:
        """Average cost and numbers of the parameters."""
        try:
            cost = self.tape(self.W, self.rows)[0]
        except (ArithmeticError, ValueError):
            cost = math.nan
        return cost, tuple(self.W.tolist())

    def _checked(self, examples: Sequence[Example]) -> Array:
        """Inputs and desired outputs of each example, a row of numbers for each."""
        inputs = [_numbers("input", x) for _, x, _ in examples]
        outputs = scalars(self.model(inputs[0].tolist()))  # type: ignore[operator]  # a model is callable
        desired = [_numbers("desired output", self.cost.desired(y, len(outputs))) for _, _, y in examples]
        self.inputs = len(inputs[0])
        for k, sizes in enumerate(zip(map(len, inputs), map(len, desired), strict=True)):
            if sizes != (self.inputs, len(desired[0])):
                raise ValueError(
                    f"example {k} has {sizes[0]} inputs and {sizes[1]} desired outputs, the first one has "
                    f"{self.inputs} and {len(desired[0])}; with tape=True all examples are alike"
                )
        return np.hstack([np.array(inputs), np.array(desired)])

    def _graph(self, k: int) -> tuple[Value, list[Value]]:
        """The cost of example k, and the leaves that hold the example's numbers."""
        leaves = [Value(x) for x in self.rows[k].tolist()]
        outputs = self.model(leaves[: self.inputs])  # type: ignore[operator]  # as above
        return self.cost.function(outputs, leaves[self.inputs :]), leaves

    def _compare(self) -> None:
        """Refuse examples that an ``if`` of the model or the cost sends another way than the first one."""
        for k, x, y in self.examples:
            eager, (C, _) = self._cost(k, x, y), self._graph(k)
            if not (self.tape.matches(C) and math.isclose(C.data, eager.data, abs_tol=1e-12)):
                raise ValueError(
                    f"example {k} is not computed in the same way as the first one, so it cannot be replayed "
                    "from a tape; train without tape=True"
                )

    def _eagerly(self, batch: Sequence[Example]) -> float:
        self.put_down()
        try:
            return super().step(batch)
        finally:
            self.take_up()

    def _move(self, gradient: Array) -> None:
        if self.on_arrays:
            self.W = self.optimizer.changed(self.W, gradient)
        else:
            self.put_down()
            self.optimizer.step()
            self.take_up()

    def _back(self) -> None:
        super()._back()
        self.W = np.array(self._numbers())

    def _now(self) -> Array:
        return self.W


def _without_branches(model: Module, cost: Cost) -> bool:
    """Whether model and cost are ours, and so compute all examples alike."""
    if type(model) is not MLP or cost not in COSTS.values():
        return False
    return all(neuron.activation in ACTIVATIONS for layer in model.layers for neuron in layer.neurons)


def _numbers(what: str, given: Any) -> Array:
    if isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype.kind in "biuf":
        return given.astype(float)
    return np.array([real(x, what) for x in scalars(given)])
