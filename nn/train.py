"""fit(): gradient descent over examples, by batch, mini-batch or one by one."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import engine
from engine import Value

from .losses import Cost
from .losses import cost as named_cost
from .optim import GradientDescent, Optimizer
from .progress import bar, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .module import Module

Example: TypeAlias = tuple[int, Any, Any]


class Shuffler(Protocol):
    """A source of random order: the module ``random``, a ``random.Random``, a NumPy generator."""

    def shuffle(self, x: list[Example], /) -> None:
        """Put a list into random order."""


class DivergenceError(ArithmeticError):
    """Training that ran out of the numbers; the model has its last good parameters."""


@dataclass(slots=True)
class History:
    """What happened in training: the cost of each epoch, and why it ended."""

    costs: list[float] = field(default_factory=list)
    """The average cost of the examples, each as it was when its turn came."""
    stopped: str = ""

    def __repr__(self) -> str:
        last = f", the last at cost {self.costs[-1]:.6g}" if self.costs else ""
        return f"<History of {len(self.costs)} epochs{last}; stopped: {self.stopped}>"


def fit(
    model: Module,
    xs: Iterable[Any],
    ys: Iterable[Any],
    *,
    cost: str | Cost | Callable[..., Value] = "squared_error",
    optimizer: Optimizer | None = None,
    lr: float = 0.1,
    epochs: int = 100,
    batch_size: int | None = None,
    rng: Shuffler | None = None,
    stop_below: float | None = None,
    progress: bool = False,
    on_epoch: Callable[[int, float], None] | None = None,
) -> History:
    """Train a model on examples xs with desired outputs ys.

    Each step lowers the average cost of a batch, C = 1/n Σ C_k (it raises a cost that is to be maximised).
    ``batch_size`` None takes all examples at once, 1 one by one; batches are drawn in the order of ``rng``
    (the module ``random``), a full batch needs no order. Training ends after ``epochs``, or when an epoch's
    cost is below ``stop_below`` (for a cost to be maximised, its negative). Ctrl-C ends it, too, and what
    was learnt stays. ``progress`` shows a bar on stderr where the package tqdm is installed.

    Raises ValueError for examples that do not fit each other or the model; DivergenceError where training
    leads to a cost that is no finite number or cannot be computed: the model then has the parameters from
    before the step that led there.

    >>> from nn import MLP, fit
    >>> model = MLP(1, [1], rng=random.Random(0))
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], lr=0.5, epochs=200)
    >>> {name: round(x, 3) for name, x in model.state_dict().items()}
    {'w^(1)': 2.0, 'b^(1)': 1.0}

    Source: *Neural Networks (2)*, the backpropagation algorithm; *Lecture 3*, stochastic gradient descent.
    """
    examples = paired(xs, ys)
    chosen = named_cost(cost)
    steps = _Steps(model, chosen, optimizer or GradientDescent(model.parameters(), lr))
    size = len(examples) if batch_size is None else batch_size
    if size < 1 or epochs < 0:
        raise ValueError(f"batch_size must be at least 1 and epochs at least 0, got {size} and {epochs}")
    history = History(stopped=f"after {epochs} epochs")
    try:
        numbers = range(1, epochs + 1)
        counted = bar(numbers, "epoch") if progress else numbers
        for epoch in counted:
            if size < len(examples):
                (rng or random).shuffle(examples)
            c = steps.epoch(epoch, examples, size)
            history.costs.append(c)
            tell(counted, cost=c)
            if on_epoch:
                on_epoch(epoch, c)
            if stop_below is not None and (-c if chosen.maximise else c) < stop_below:
                history.stopped = f"cost below {stop_below:g}"
                break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    return history


def paired(xs: Iterable[Any], ys: Iterable[Any]) -> list[Example]:
    """Number, input and desired output of each example; ValueError where there are not as many of both."""
    inputs, desired = list(xs), list(ys)
    if len(inputs) != len(desired) or not inputs:
        raise ValueError(
            f"got {len(inputs)} inputs and {len(desired)} desired outputs; give one output for each input"
        )
    return list(zip(range(len(inputs)), inputs, desired, strict=True))


class _Steps:
    """Steps of descent on one model."""

    def __init__(self, model: Module, cost: Cost, optimizer: Optimizer) -> None:
        self.model, self.cost, self.optimizer = model, cost, optimizer
        self.parameters = model.parameters()
        self.start = self.good = self._numbers()

    def epoch(self, epoch: int, examples: Sequence[Example], size: int) -> float:
        """One pass over the examples; their average cost."""
        costs = 0.0
        for start in range(0, len(examples), size):
            batch = examples[start : start + size]
            costs += self.step(f"epoch {epoch}", batch) * len(batch)
        return costs / len(examples)

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
        self.optimizer.zero_grad()
        (-C if self.cost.maximise else C).backward()
        return C.data

    def _cost(self, where: str, x: Any, y: Any) -> Value:
        try:
            c = self.cost.function(self.model(x), y)  # type: ignore[operator]  # a model is callable
        except (ArithmeticError, ValueError) as error:
            if isinstance(error, ValueError) and not self._fits(x, y):
                raise
            raise self._diverged(where, str(error)) from error
        if not isinstance(c, Value):
            raise TypeError(f"a cost must be a Value, for its derivatives; got {type(c).__name__} {c!r}")
        if not math.isfinite(c.data):
            raise self._diverged(where, f"its cost is {c.data}")
        return c

    def _fits(self, x: Any, y: Any) -> bool:
        """Whether the example had a cost at the start: what is wrong now are the parameters, not the data."""
        now = self._numbers()
        self._set(self.start)
        try:
            self.cost.function(self.model(x), y)  # type: ignore[operator]  # as above
        except ValueError:
            return False
        finally:
            self._set(now)
        return True

    def _diverged(self, where: str, why: str) -> DivergenceError:
        self._set(self.good)
        return DivergenceError(f"{where}: {why}; try a smaller learning rate, or look at the data")

    def _set(self, numbers: Sequence[float]) -> None:
        for parameter, x in zip(self.parameters, numbers, strict=True):
            parameter.data = x

    def _numbers(self) -> list[float]:
        return [parameter.data for parameter in self.parameters]
