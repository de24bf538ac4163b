"""Gradient descent as one writes it on a board: the average cost of a batch, its gradient, a step against it.

``nn.faults`` watches over these steps and explains those that go wrong; ``nn.replay`` takes them on arrays.

Source: *Neural Networks (2)*, the backpropagation algorithm; *Lecture 3*, stochastic gradient descent.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import engine
from engine import Value
from engine.numeric import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .losses import Cost
    from .module import Module
    from .optim import Optimizer

Example: TypeAlias = tuple[int, Any, Any]
"""The number of an example, its input x and its desired output y."""


class Descent:
    """Steps of gradient descent on one model.

    >>> from nn import COSTS, MLP, GradientDescent
    >>> model = MLP(1, [1])
    >>> model.load_state_dict({"w^(1)": 0.5, "b^(1)": 0.0})
    >>> optimizer = GradientDescent(model.parameters(), lr=0.125)
    >>> descent = Descent(model, COSTS["squared_error"], optimizer, [(0, [1.0], 2.5)])
    >>> [descent.step(descent.examples) for _ in range(3)]
    [4.0, 1.0, 0.25]
    """

    def __init__(self, model: Module, cost: Cost, optimizer: Optimizer, examples: Sequence[Example]) -> None:
        self.model, self.cost, self.optimizer, self.examples = model, cost, optimizer, examples
        own = model.parameters()
        others = dict.fromkeys(optimizer.parameters).keys() - {*own}
        self.parameters = [*own, *(p for p in optimizer.parameters if p in others)]
        """The model's, then others that the optimiser has, such as those of a cost."""
        self.own = len(own)
        self.number, self.of_epoch = 1, 1
        """The current step, counted over all epochs, and its epoch."""
        self.done = 0.0
        """How many epochs are over, the current one by the share of its examples."""

    def epoch(self, epoch: int, examples: Sequence[Example], size: int) -> float:
        """Take a step for each batch of the examples; return their average cost."""
        self.of_epoch, costs = epoch, 0.0
        for start in range(0, len(examples), size):
            batch = examples[start : start + size]
            costs += self.step(batch) * len(batch)
            self.number += 1
            self.done = epoch - 1 + (start + len(batch)) / len(examples)
        return costs / len(examples)

    def step(self, batch: Sequence[Example]) -> float:
        """Move the parameters against the gradient of a batch; return its average cost before the step."""
        with engine.without_collector():
            cost = self.gradient(batch)
        self.move()
        return cost

    def gradient(self, batch: Sequence[Example]) -> float:
        """Compute the gradient of a batch's average cost, C = 1/n Σ C_k; return the cost."""
        C = engine.mean(self.costs_of(batch))
        self.backward(-C if self.cost.maximise else C)
        return C.data

    def costs_of(self, batch: Sequence[Example]) -> list[Value]:
        """Return the cost C_k of each example."""
        return [self.cost_of(x, y) for _, x, y in batch]

    def cost_of(self, x: Any, y: Any) -> Value:
        """Return the cost of one example; raise TypeError if it is not a Value."""
        C = self.cost.function(self.model(x), y)  # type: ignore[operator]  # a model is callable
        if not isinstance(C, Value):
            raise TypeError(f"a cost must be a Value, for its derivatives; got {told(C)}")
        return C

    def backward(self, C: Value) -> None:
        """Compute the gradient of C alone; it is 0 for a parameter that C does not use."""
        for parameter in self.parameters:
            parameter.grad = 0.0
        C.backward()

    def move(self) -> None:
        """Let the optimiser change the parameters by their gradients."""
        self.optimizer.step()

    def look(self) -> tuple[float, tuple[float, ...]]:
        """Return the average cost of all examples for the parameters as they are, and the model's parameters.

        The cost is nan where it cannot be computed. Nothing changes.
        """
        try:
            with engine.without_collector():
                cost = sum(self.cost_of(x, y).data for _, x, y in self.examples) / len(self.examples)
        except (ArithmeticError, ValueError):
            cost = math.nan
        return cost, tuple(self.numbers()[: self.own])

    def numbers(self) -> list[float]:
        """Return the parameters as numbers."""
        return [parameter.data for parameter in self.parameters]
