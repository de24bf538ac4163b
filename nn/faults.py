"""Failures in training: where and why it failed, with everything restored.

``WatchedDescent`` takes the steps of ``nn.descent``. Where a number cannot be computed or is not finite, it
finds the example and the first node at fault, undoes the step that led there, and raises ``DivergenceError``.
An interrupt leaves only complete steps.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.anomaly import gradient_not_finite, not_finite
from engine.numeric import see

from .descent import Descent
from .losses import COSTS
from .module import Module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from engine import Value

    from .descent import Example
    from .history import History
    from .ledger import Books


class DivergenceError(ArithmeticError):
    """A number became infinite or NaN in training; model and optimiser are as before the step that failed."""

    history: History | None = None
    """What happened until then, if ``fit`` raises the error; the last frame may be the faulty one."""
    step: int = 0
    """The step that failed; steps count from 1 over all epochs."""
    example: int | None = None
    """The number of the example, as passed to ``fit``, if a single one is at fault."""
    node: Value | None = None
    """The first node that was not finite, or whose gradient was not: ``node.draw()`` shows what led there."""


def diverged(where: tuple[int, int, str], why: str, node: Value | None, *, came_in: bool) -> DivergenceError:
    """Return the error for a step, its epoch and an example; ``came_in`` if the node is an input of it.

    >>> diverged((7, 4, "example 2"), "its cost is nan: nan came in as y", None, came_in=True)
    DivergenceError('step 7 (epoch 4), example 2: its cost is nan: nan came in as y; correct the ...')
    """
    step, epoch, example = where
    place = ", ".join([f"step {step} (epoch {epoch})", *[example] * bool(example)])
    advice = "correct the example" if came_in else "try a smaller learning rate, or look at the data"
    error = DivergenceError(f"{place}: {why}; {advice}{see('nan')}")
    error.step, error.node = step, node
    return error


class WatchedDescent(Descent):
    """Descent that explains failures; a context in which the parameters may be kept elsewhere."""

    def begin(self) -> None:
        """Save the parameters and the optimiser's state before the first step."""
        self.start, self.before = self.numbers(), self._state()
        self.good: tuple[Iterable[float], dict[str, Any], Books | None]
        self.good = self.start, vars(self.optimizer), None
        """Parameters, optimiser and the ledger's books before the last move."""

    def __enter__(self) -> Self:
        self.take_up()
        return self

    def __exit__(self, *error: object) -> None:
        self.put_down()
        if self.number > 1:
            if error[0] is None:
                self.confirm()
            if isinstance(self.model, Module):
                self.model.trained_for = self.cost.name if self.cost in COSTS.values() else None

    def confirm(self) -> None:
        """Raise an error, with everything as it was before, if the training run turns out to be invalid."""

    def take_up(self) -> None:
        """Read the parameters from the model, if they are kept elsewhere."""

    def put_down(self) -> None:
        """Write them, and their gradients, to the model."""

    @contextmanager
    def put_aside(self) -> Iterator[None]:
        """Put the parameters into the model temporarily, so that other code can read and change them."""
        self.put_down()
        try:
            yield
        finally:
            self.take_up()

    def step(self, batch: Sequence[Example]) -> float:
        """Take a step; raise DivergenceError if it leads to a number that is not finite."""
        cost = super().step(batch)
        if not all(map(math.isfinite, self.numbers())):
            raise self._led_astray(batch)
        return cost

    def gradient(self, batch: Sequence[Example]) -> float:
        """Compute the gradient; raise DivergenceError with the example at fault if that fails."""
        try:
            return super().gradient(batch)
        except DivergenceError:
            raise
        except ArithmeticError as error:  # detect_anomaly's
            raise self._astray(batch, str(error)) from error

    def costs_of(self, batch: Sequence[Example]) -> list[Value]:
        """Return the cost of each example; raise DivergenceError for the first that is not finite."""
        return [self._watched_cost(k, x, y) for k, x, y in batch]

    def backward(self, C: Value) -> None:
        """Compute the gradient of C, all of it or none."""
        if not math.isfinite(C.data):
            raise self._diverged(None, None, f"the average of the costs is {C.data}")
        try:
            super().backward(C)
        except BaseException:
            self._clear()
            raise

    def move(self, batch: Sequence[Example]) -> None:
        """Change the parameters, all of them or none."""
        with self._all_or_nothing():
            super().move(batch)

    def _clear(self) -> None:
        for parameter in self.parameters:
            parameter.zero_grad()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Undo a move of the parameters if it is interrupted; ``good`` is the state before it."""
        self.good = self.now(), self._state(), self.ledger.books if self.ledger else None
        try:
            yield
        except BaseException:
            self._back()
            raise

    def _state(self) -> dict[str, Any]:
        """Return a copy of the optimiser's state."""
        return {name: _copied(x) for name, x in vars(self.optimizer).items()}

    def _back(self) -> None:
        """Restore parameters and optimiser to their state before the last step."""
        numbers, state, books = self.good
        self._set(numbers)
        vars(self.optimizer).update(state)
        if self.ledger and books:
            self.ledger.books = books

    def _watched_cost(self, k: int, x: Any, y: Any) -> Value:
        try:
            C = self.cost_of(x, y)
        except (TypeError, ValueError) as error:
            unfit = not self._fits(x, y)
            if unfit and self.number > 1:
                self._undo()
            if unfit or isinstance(error, TypeError):
                raise self._located(k, error) from None
            raise self._diverged(k, None, str(error)) from error
        except ArithmeticError as error:
            raise self._diverged(k, None, str(error)) from error
        if not math.isfinite(C.data) and (found := not_finite(C)):
            raise self._diverged(k, found[0], f"its cost is {C.data}: {found[1]}")
        return C

    def _located(self, k: int, error: Exception) -> Exception:
        """Return the error with the name of the example; unchanged if it has a custom type."""
        kind = type(error)
        if kind not in {TypeError, ValueError}:
            return error
        return kind(f"{self.called(k)}: {error}").with_traceback(error.__traceback__)

    def called(self, k: int) -> str:
        """Return the name of the k-th example; validation examples are counted separately."""
        n = len(self.examples)
        return f"example {k}" if k < n else f"validation example {k - n}"

    def _fits(self, x: Any, y: Any) -> bool:
        """Return whether the example had a cost at the start: if so, the data are not at fault."""
        try:
            with self._at(self.start):
                self.cost_of(x, y)
        except (TypeError, ValueError):
            return False
        return True

    def _undo(self) -> None:
        """Restore everything as it was before the first step, but for gradients, which are removed."""
        self._set(self.start)
        self._clear()
        vars(self.optimizer).update(self.before)
        self.number = 1

    @contextmanager
    def _at(self, numbers: Iterable[float]) -> Iterator[None]:
        """Put other numbers into the parameters temporarily."""
        now = self.numbers()
        try:
            try:
                self._set(numbers)
                yield
            finally:
                self._set(now)
        except KeyboardInterrupt:
            self._set(now)  # an interrupt may have come while they were being set
            raise

    def _led_astray(self, batch: Sequence[Example]) -> DivergenceError:
        """Return the error for a step that made a parameter infinite or NaN."""
        moves = zip(self.parameters, self.good[0], strict=True)
        p, before = next((p, before) for p, before in moves if not math.isfinite(p.data))
        move = f"it takes {getattr(p, 'label', '') or 'a parameter'} from {before} to {p.data}"
        self._back()
        return self._astray(batch, move)

    def _astray(self, batch: Sequence[Example], otherwise: str) -> DivergenceError:
        """Return the error that names the example whose gradient is at fault, or gives another reason."""
        for k, x, y in batch:
            if fault := self._fault_of_gradient(x, y):
                return self._diverged(k, *fault)
        return self._diverged(None, None, otherwise)

    def _fault_of_gradient(self, x: Any, y: Any) -> tuple[Value | None, str] | None:
        c = self.cost_of(x, y)
        try:
            self.backward(c)
        except ArithmeticError as error:
            return None, str(error)
        return gradient_not_finite(c)

    def _diverged(self, k: int | None, node: Value | None, why: str) -> DivergenceError:
        """Restore parameters and optimiser; return the error to raise."""
        self._back()
        came_in = node is not None and not node.parents and node not in {*self.parameters}
        example = "" if k is None else self.called(k)
        error = diverged((self.number, self.of_epoch, example), why, node, came_in=came_in)
        error.example = k
        return error

    def go_to(self, numbers: Iterable[float]) -> None:
        """Set all parameters to other numbers."""
        try:
            self._set(numbers)
        except KeyboardInterrupt:
            self._set(numbers)
            raise

    def _set(self, numbers: Iterable[float]) -> None:
        for parameter, x in zip(self.parameters, numbers, strict=True):
            parameter.data = x


def _copied(x: Any) -> Any:
    """Return a copy of a container, and anything else unchanged."""
    return x.copy() if hasattr(x, "copy") else x
