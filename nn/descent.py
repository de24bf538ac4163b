"""Gradient descent as on a blackboard: the average cost of a batch, its gradient, a step against it.

``nn.faults`` watches these steps and explains failures; ``nn.replay`` takes the steps on arrays.

Source: *Neural Networks (2)*, the backpropagation algorithm; *Lecture 3: Multilayer Perceptron*, stochastic
gradient descent.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import engine
from engine import Value
from engine.numeric import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .ledger import GradientLedger
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

    def __init__(
        self,
        model: Module,
        cost: Cost,
        optimizer: Optimizer,
        examples: Sequence[Example],
        validation: Sequence[Example] = (),
    ) -> None:
        self.model, self.cost, self.optimizer, self.examples = model, cost, optimizer, examples
        self.validation = validation
        """Examples that are not trained on; their numbers continue those of ``examples``."""
        own = model.parameters()
        others = dict.fromkeys(optimizer.parameters).keys() - {*own}
        self.parameters = [*own, *(p for p in optimizer.parameters if p in others)]
        """The model's, then others that the optimiser has, such as parameters of a cost."""
        self.own = len(own)
        self.number, self.of_epoch = 1, 1
        """The current step, counted over all epochs, and its epoch."""
        self.done = 0.0
        """How many epochs are over, counting the current one by its share of examples."""
        self.ledger: GradientLedger | None = None
        """The ledger of the steps, if there is one; ``parts`` has the gradients of a batch by example."""
        self.parts: Any = None
        self.begin()

    def begin(self) -> None:
        """Prepare for the first step; here there is nothing to do."""

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
        self.move(batch)
        return cost

    def gradient(self, batch: Sequence[Example]) -> float:
        """Compute the gradient of a batch's average cost, C = 1/n Σ C_k; return the cost."""
        C = engine.mean(self.costs_of(batch))
        self.backward(-C if self.cost.maximise else C)
        if self.ledger:
            self.parts = self.ledger.one_by_one(C.parents, maximise=self.cost.maximise)
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

    def move(self, batch: Sequence[Example]) -> None:
        """Let the optimiser change the parameters by their gradients."""
        before = self.numbers() if self.ledger else []
        self.optimizer.step()
        if self.ledger:
            numbers = [k for k, _, _ in batch]
            self.ledger.book(
                self.of_epoch,
                self.optimizer,
                numbers,
                gradients=self.parts,
                before=before,
                after=self.numbers(),
            )

    def look(self) -> tuple[float, tuple[float, ...]]:
        """Return the average cost of all examples for the current parameters, and the model's parameters."""
        return self.average(self.examples), tuple(map(float, [*self.now()][: self.own]))

    def average(self, examples: Sequence[Example]) -> float:
        """Return the average cost of examples, nan if it cannot be computed. Nothing changes."""
        try:
            with engine.without_collector():
                return sum(self.cost_of(x, y).data for _, x, y in examples) / len(examples)
        except (ArithmeticError, ValueError):
            return math.nan

    def now(self) -> Iterable[float]:
        """Return the parameters as numbers, wherever they are kept."""
        return self.numbers()

    def numbers(self) -> list[float]:
        """Return the parameters as numbers, from the Values."""
        return [parameter.data for parameter in self.parameters]
