"""Steps of descent: the graph of a batch built, differentiated and forgotten, the parameters moved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import engine
from engine import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from .losses import Cost
    from .module import Module
    from .optim import Optimizer
    from .train import History

Example: TypeAlias = tuple[int, Any, Any]


class DivergenceError(ArithmeticError):
    """Training that ran out of the numbers; the model has its last good parameters."""

    history: History | None = None
    """What happened until then, where ``fit`` raises it; its last frame may be the one that went wrong."""


class Steps:
    """Steps of descent on one model; a context, within which the parameters may be elsewhere than in it."""

    def __init__(self, model: Module, cost: Cost, optimizer: Optimizer, examples: Sequence[Example]) -> None:
        self.model, self.cost, self.optimizer, self.examples = model, cost, optimizer, examples
        self.parameters = model.parameters()
        self.differentiated = dict.fromkeys([*optimizer.parameters, *self.parameters])
        self.start = self._numbers()
        self.good: Iterable[float] = self.start
        self.done = 0.0
        """How many epochs are over: with a share of the one that is under way, after each step."""

    def __enter__(self) -> Self:
        self.take_up()
        return self

    def __exit__(self, *_: object) -> None:
        self.put_down()

    def take_up(self) -> None:
        """Read the parameters from the model, if they are kept elsewhere."""

    def put_down(self) -> None:
        """Write them, and their gradients, to the model."""

    def epoch(self, epoch: int, examples: Sequence[Example], size: int) -> float:
        """One pass over the examples; their average cost."""
        costs = 0.0
        for start in range(0, len(examples), size):
            batch = examples[start : start + size]
            costs += self.step(f"epoch {epoch}", batch) * len(batch)
            self.done = epoch - 1 + (start + len(batch)) / len(examples)
        return costs / len(examples)

    def look(self) -> tuple[float, tuple[float, ...]]:
        """The average cost of all examples as the parameters are now, and their numbers; nothing changes.

        The cost is nan where it cannot be computed.
        """
        try:
            with engine.without_collector():
                C = sum(self._value(x, y).data for _, x, y in self.examples) / len(self.examples)
        except (ArithmeticError, ValueError):
            C = math.nan
        return C, tuple(self._numbers())

    def step(self, when: str, batch: Sequence[Example]) -> float:
        """One step on a batch; its average cost before the step."""
        with engine.without_collector():
            C = self._differentiated(when, batch)
        self.good = self._numbers()
        self.optimizer.step()
        if not all(map(math.isfinite, self._numbers())):
            raise self._diverged(when, "the step leads to parameters that are not finite")
        return C

    def _differentiated(self, when: str, batch: Sequence[Example]) -> float:
        costs = [self._cost(f"{when}, example {k}", x, y) for k, x, y in batch]
        C = engine.mean(costs)
        for parameter in self.differentiated:
            parameter.zero_grad()
        (-C if self.cost.maximise else C).backward()
        return C.data

    def _cost(self, where: str, x: Any, y: Any) -> Value:
        try:
            c = self._value(x, y)
        except (ArithmeticError, ValueError) as error:
            if isinstance(error, ValueError) and not self._fits(x, y):
                raise
            raise self._diverged(where, str(error)) from error
        if not math.isfinite(c.data):
            raise self._diverged(where, f"its cost is {c.data}")
        return c

    def _value(self, x: Any, y: Any) -> Value:
        c = self.cost.function(self.model(x), y)  # type: ignore[operator]  # a model is callable
        if not isinstance(c, Value):
            raise TypeError(f"a cost must be a Value, for its derivatives; got {type(c).__name__} {c!r}")
        return c

    def _fits(self, x: Any, y: Any) -> bool:
        """Whether the example had a cost at the start: what is wrong now are the parameters, not the data."""
        now = self._numbers()
        self._set(self.start)
        try:
            self._value(x, y)
        except ValueError:
            return False
        finally:
            self._set(now)
        return True

    def _diverged(self, where: str, why: str) -> DivergenceError:
        self._set(self.good)
        return DivergenceError(f"{where}: {why}; try a smaller learning rate, or look at the data")

    def _set(self, numbers: Iterable[float]) -> None:
        for parameter, x in zip(self.parameters, numbers, strict=True):
            parameter.data = x

    def _numbers(self) -> list[float]:
        return [parameter.data for parameter in self.parameters]
