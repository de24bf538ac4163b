"""Steps of descent: the graph of a batch built, differentiated and forgotten, the parameters moved."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import engine
from engine import Value
from engine.anomaly import gradient_not_finite, not_finite
from engine.real import told

from .divergence import DivergenceError, diverged
from .losses import COSTS
from .module import Module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from .losses import Cost
    from .optim import Optimizer

Example: TypeAlias = tuple[int, Any, Any]


class Steps:
    """Steps of descent on one model; a context, within which the parameters may be elsewhere than in it."""

    def __init__(self, model: Module, cost: Cost, optimizer: Optimizer, examples: Sequence[Example]) -> None:
        self.model, self.cost, self.optimizer, self.examples = model, cost, optimizer, examples
        own = model.parameters()
        others = dict.fromkeys(optimizer.parameters).keys() - {*own}
        self.parameters = [*own, *(p for p in optimizer.parameters if p in others)]
        """The model's, then others that the optimiser has, as those of a cost."""
        self.own = len(own)
        self.differentiated = {parameter: k for k, parameter in enumerate(self.parameters)}
        self.start = self._numbers()
        self.good: tuple[Iterable[float], dict[str, Any]] = self.start, vars(optimizer)
        self.number, self.of_epoch = 1, 1
        """The step that is under way, counted over all epochs, and its epoch."""
        self.done = 0.0
        """How many epochs are over: with a share of the one that is under way, after each step."""

    def __enter__(self) -> Self:
        self.take_up()
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.put_down()
        except KeyboardInterrupt:
            self.put_down()  # half of the parameters would be those of another step
            raise
        if self.number > 1:
            if error[0] is None:
                self.confirm()
            if isinstance(self.model, Module):
                self.model.trained_for = self.cost.name if self.cost in COSTS.values() else None

    def confirm(self) -> None:
        """Raise, with everything as it was before, where training was not what it should have been."""

    def take_up(self) -> None:
        """Read the parameters from the model, if they are kept elsewhere."""

    def put_down(self) -> None:
        """Write them, and their gradients, to the model."""

    @contextmanager
    def put_aside(self) -> Iterator[None]:
        """The parameters in the model for a while, where others may look at them and change them."""
        self.put_down()
        try:
            yield
        finally:
            self.take_up()

    def epoch(self, epoch: int, examples: Sequence[Example], size: int) -> float:
        """One pass over the examples; their average cost."""
        self.of_epoch, costs = epoch, 0.0
        for start in range(0, len(examples), size):
            batch = examples[start : start + size]
            costs += self.step(batch) * len(batch)
            self.number += 1
            self.done = epoch - 1 + (start + len(batch)) / len(examples)
        return costs / len(examples)

    def look(self) -> tuple[float, tuple[float, ...]]:
        """The average cost of all examples as the parameters are now, and the model's; nothing changes.

        The cost is nan where it cannot be computed.
        """
        try:
            with engine.without_collector():
                C = sum(self._value(x, y).data for _, x, y in self.examples) / len(self.examples)
        except (ArithmeticError, ValueError):
            C = math.nan
        return C, tuple(self._numbers()[: self.own])

    def step(self, batch: Sequence[Example]) -> float:
        """One step on a batch; its average cost before the step."""
        with engine.without_collector():
            C = self._differentiated(batch)
        with self._all_or_nothing():
            self.optimizer.step()
        if not all(map(math.isfinite, self._numbers())):
            raise self._led_astray(batch)
        return C

    def _differentiated(self, batch: Sequence[Example]) -> float:
        C = engine.mean([self._cost(k, x, y) for k, x, y in batch])
        if not math.isfinite(C.data):
            raise self._diverged(None, None, f"the average of the costs is {C.data}")
        try:
            self._backward(-C if self.cost.maximise else C)
        except ArithmeticError as error:  # detect_anomaly's
            raise self._astray(batch, str(error)) from error
        return C.data

    def _backward(self, C: Value) -> None:
        """The gradient of C alone, whole or none; 0 by a parameter that C does not use."""
        for parameter in self.differentiated:
            parameter.grad = 0.0
        try:
            C.backward()
        except BaseException:
            self._clear()
            raise

    def _clear(self) -> None:
        for parameter in self.differentiated:
            parameter.zero_grad()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """A move of the parameters, undone where it is interrupted; ``good`` is what was before."""
        self.good = self._now(), self._state()
        try:
            yield
        except BaseException:
            self._back()
            raise

    def _state(self) -> dict[str, Any]:
        """What the optimiser remembers, as a copy."""
        return {name: _copied(x) for name, x in vars(self.optimizer).items()}

    def _back(self) -> None:
        """Parameters and optimiser as they were before the last step."""
        numbers, state = self.good
        self._set(numbers)
        vars(self.optimizer).update(state)

    def _cost(self, k: int, x: Any, y: Any) -> Value:
        try:
            c = self._value(x, y)
        except (ArithmeticError, ValueError) as error:
            if isinstance(error, ValueError) and not self._fits(x, y):
                raise
            raise self._diverged(k, None, str(error)) from error
        if not math.isfinite(c.data) and (found := not_finite(c)):
            raise self._diverged(k, found[0], f"its cost is {c.data}: {found[1]}")
        return c

    def _value(self, x: Any, y: Any) -> Value:
        c = self.cost.function(self.model(x), y)  # type: ignore[operator]  # a model is callable
        if not isinstance(c, Value):
            raise TypeError(f"a cost must be a Value, for its derivatives; got {told(c)}")
        return c

    def _fits(self, x: Any, y: Any) -> bool:
        """Whether the example had a cost at the start: what is wrong now are the parameters, not the data."""
        try:
            with self._at(self.start):
                self._value(x, y)
        except ValueError:
            return False
        return True

    @contextmanager
    def _at(self, numbers: Iterable[float]) -> Iterator[None]:
        """Other numbers in the parameters for a while."""
        now = self._numbers()
        try:
            try:
                self._set(numbers)
                yield
            finally:
                self._set(now)
        except KeyboardInterrupt:
            self._set(now)  # it may have come while they were set
            raise

    def _led_astray(self, batch: Sequence[Example]) -> DivergenceError:
        """The error of a step that made a parameter infinite or NaN."""
        moves = zip(self.parameters, self.good[0], strict=True)
        p, before = next((p, before) for p, before in moves if not math.isfinite(p.data))
        move = f"it takes {getattr(p, 'label', '') or 'a parameter'} from {before} to {p.data}"
        self._back()
        return self._astray(batch, move)

    def _astray(self, batch: Sequence[Example], otherwise: str) -> DivergenceError:
        """The error that names the example whose gradient is at fault, or what else is."""
        for k, x, y in batch:
            if fault := self._fault_of_gradient(x, y):
                return self._diverged(k, *fault)
        return self._diverged(None, None, otherwise)

    def _fault_of_gradient(self, x: Any, y: Any) -> tuple[Value | None, str] | None:
        c = self._value(x, y)
        try:
            self._backward(c)
        except ArithmeticError as error:
            return None, str(error)
        return gradient_not_finite(c)

    def _diverged(self, k: int | None, node: Value | None, why: str) -> DivergenceError:
        """The error to raise, when parameters and optimiser have been put back."""
        self._back()
        came_in = node is not None and not node.parents and node not in self.differentiated
        return diverged((self.number, self.of_epoch, k), why, node, came_in=came_in)

    def _now(self) -> Iterable[float]:
        """The parameters, wherever they are kept."""
        return self._numbers()

    def _set(self, numbers: Iterable[float]) -> None:
        for parameter, x in zip(self.parameters, numbers, strict=True):
            parameter.data = x

    def _numbers(self) -> list[float]:
        return [parameter.data for parameter in self.parameters]


def _copied(x: Any) -> Any:
    """A container once more; of anything else, itself."""
    return x.copy() if hasattr(x, "copy") else x
