"""Gradient descent with a tape: one example's graph, recorded once and replayed for whole batches."""

from __future__ import annotations

import copy
import math
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from engine import Value, graph, without_collector
from engine.numeric import real, see
from engine.tape import Tape

from .faults import WatchedDescent
from .layers import ACTIVATIONS, MLP, scalars
from .losses import COSTS
from .module import counted
from .optim import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .descent import Example
    from .losses import Cost
    from .module import Module

    Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

CHOICE = "put the choice into the graph, as relu, abs and maximum do"
ADVICE = f"train without tape=True, or {CHOICE}{see('tape')}"


class TapeDescent(WatchedDescent):
    """Steps on arrays; if a number goes wrong, the eager engine repeats the step and explains why.

    Raises ValueError for examples of different lengths, or with different graphs. Model and cost are called
    with the same arguments as in eager steps. The graphs of a custom model or cost are compared example by
    example: constants that differ become the inputs of the tape.
    """

    def begin(self) -> None:
        """Record the tape."""
        super().begin()
        self.places = {parameter: k for k, parameter in enumerate(self.parameters)}
        self.listed = [*self.examples, *self.validation]  # by number: fit shuffles its list
        self.ours = _without_branches(self.model, self.cost)
        self._watched_cost(
            *self.examples[0]
        )  # an example that cannot be computed at all is reported as usual
        self._record()
        own_step = type(self.optimizer).step is not Optimizer.step
        self.on_arrays = not own_step and self.optimizer.parameters == self.parameters
        self.last_gradient: Array | None = None
        """The gradient of the last step, if it is not in the model yet."""

    def confirm(self) -> None:
        """Raise ValueError if the examples' graph is no longer the recorded one with the final parameters."""
        if not self._is_as_recorded(self.listed):
            self._undo()
            raise ValueError(
                "the model or the cost makes a choice that depends on numbers that training has changed, and "
                f"a tape repeats the first choice; nothing was learnt: {ADVICE}"
            )

    def take_up(self) -> None:
        """Read the parameters from the model, which holds their gradients, too."""
        self.W, self.last_gradient = np.array(self.numbers()), None

    def put_down(self) -> None:
        """Write parameters and gradients to the model."""
        self._set(self.W.tolist())
        if self.last_gradient is not None:
            for parameter, g in zip(self.parameters, self.last_gradient.tolist(), strict=True):
                parameter.grad = g

    @contextmanager
    def put_aside(self) -> Iterator[None]:
        """Put the parameters into the model; record again if a constant of the graph has changed there."""
        with super().put_aside():
            yield
        if not self._is_as_recorded(self.listed[:1]):
            self._record()

    def step(self, batch: Sequence[Example]) -> float:
        """Take a step on a batch; return its average cost before the step."""
        numbers = [k for k, _, _ in batch]
        try:
            cost, gradient = self.tape(self.W[self.used], self.rows[numbers])
        except (ArithmeticError, ValueError):
            return self._eagerly(batch)
        if not math.isfinite(cost):
            return self._eagerly(batch)
        self.last_gradient = self._of_all(gradient)
        before = self.W
        with self._all_or_nothing():
            self._move(self.last_gradient)
            if self.ledger:
                parts = self._of_all(self.tape(before[self.used], self.rows[numbers], over="each")[1])
                self.ledger.book(
                    self.of_epoch, self.optimizer, numbers, gradients=parts, before=before, after=self.W
                )
        if not np.isfinite(self.W).all():
            self.put_down()
            raise self._led_astray(batch)
        return cost

    def _of_all(self, gradient: Array) -> Array:
        """Return one gradient, or one per row, with 0 for the parameters that the cost does not use."""
        whole = np.zeros((*gradient.shape[:-1], len(self.W)))
        whole[..., self.used] = -gradient if self.cost.maximise else gradient
        return whole

    def average(self, examples: Sequence[Example]) -> float:
        """Return the average cost of examples, nan if it cannot be computed."""
        try:
            return self.tape(self.W[self.used], self.rows[[k for k, _, _ in examples]])[0]
        except (ArithmeticError, ValueError):
            return math.nan

    def _record(self) -> None:
        """Record the tape, its inputs (one row per example), and the places of its parameters."""
        with without_collector():
            C, leaves = self._by_numbers() if self.ours else self._by_graphs()
            on_it = {*graph.leaves(C)}
            self.used = np.array([k for k, p in enumerate(self.parameters) if p in on_it], dtype=int)
            self.tape = Tape(C, leaves, [self.parameters[k] for k in self.used])

    def _by_numbers(self) -> tuple[Value, list[Value]]:
        """Return the graph of any example and its inputs, x then y; for built-in models and costs."""
        inputs = [_numbers(f"{self.called(k)}: an input", x) for k, x, _ in self.listed]
        outputs = scalars(self.model(inputs[0].tolist()))  # type: ignore[operator]  # a model is callable
        desired = [self._desired(k, y, len(outputs)) for k, _, y in self.listed]
        n = len(inputs[0])
        for k, sizes in enumerate(zip(map(len, inputs), map(len, desired), strict=True)):
            if sizes != (n, len(desired[0])):
                raise ValueError(
                    f"{self.called(k)} has {counted(sizes[0], 'input')} and "
                    f"{counted(sizes[1], 'desired output')}, the first one "
                    f"has {n} and {len(desired[0])}; with tape=True all examples need the same size"
                )
        self.rows = np.hstack([np.array(inputs), np.array(desired)])
        leaves = [Value(x) for x in self.rows[0].tolist()]
        return self.cost_of(leaves[:n], leaves[n:]), leaves

    def _desired(self, k: int, y: Any, outputs: int) -> Array:
        try:
            return _numbers("a desired output", self.cost.desired(y, outputs))
        except (TypeError, ValueError) as error:
            raise self._located(k, error) from None

    def _by_graphs(self) -> tuple[Value, list[Value]]:
        """Return the graph of any example, and the leaves that differ between examples."""
        C = self.cost_of(*self.listed[0][1:])
        self.structure, leaves = self._taken_apart(C)
        self.constants = np.array([self._constants(*example) for example in self.listed])
        memo: dict[int, Any] = {id(parameter): parameter for parameter in self.parameters}
        distinct: dict[bytes, tuple[Value, Array]] = {}
        for leaf, column in zip(leaves, self.constants.T, strict=True):
            memo[id(leaf)], _ = distinct.setdefault(column.tobytes(), (leaf, column))
        differ = [(leaf, c) for leaf, c in distinct.values() if not _same(c, np.full_like(c, c[0]))]
        self.rows = np.array([column for _, column in differ]).reshape(len(differ), len(self.listed)).T
        return copy.deepcopy(C, memo), [leaf for leaf, _ in differ]  # one leaf for each distinct column

    def _constants(self, k: int, x: Any, y: Any) -> list[float]:
        """Return the constants of an example's graph; raise ValueError if its structure differs."""
        structure, leaves = self._taken_apart(self._watched_cost(k, x, y))
        constants = [leaf.data for leaf in leaves]
        if structure != self.structure:
            raise ValueError(
                f"{self.called(k)} is not computed in the same way as the first one: the model or the "
                "cost makes a choice by x, by y or by what was computed from them, and a tape would repeat "
                f"the first example's choice; {ADVICE}"
            )
        again, leaves = self._taken_apart(self._elsewhere(x, y))
        if again != structure or not _same(constants, [leaf.data for leaf in leaves]):
            raise ValueError(
                f"{self.called(k)} is not computed in the same way twice: the model or the cost reads "
                "the .data of what depends on parameters, makes a choice by it, or draws at random, and a "
                f"tape would freeze that; {ADVICE}"
            )
        return constants

    def _elsewhere(self, x: Any, y: Any) -> Value:
        """Return an example's cost for other parameters, or for the current ones if it has none there."""
        with suppress(ArithmeticError, ValueError), self._at([0.75 * w + 0.125 for w in self.numbers()]):
            return self.cost_of(x, y)
        return self.cost_of(x, y)

    def _is_as_recorded(self, examples: Sequence[Example]) -> bool:
        """Return whether the examples' graphs still have the structure and the constants of the tape."""
        for k, x, y in () if self.ours else examples:
            with suppress(ArithmeticError, ValueError):  # then the next step says what is wrong
                structure, leaves = self._taken_apart(self.cost_of(x, y))
                if structure != self.structure or not _same(
                    self.constants[k], [leaf.data for leaf in leaves]
                ):
                    return False
        return True

    def _taken_apart(self, C: Value) -> tuple[list[Any], list[Value]]:
        """Return a graph's structure, with parameters and operands as numbers, and its other leaves."""
        order, parameters = graph.topological_order(C), self.places
        place = {node: k for k, node in enumerate(order)}
        others = [node for node in order if not node.parents and node not in parameters]
        structure = [
            (node.rule, [place[parent] for parent in node.parents]) if node.parents else parameters.get(node)
            for node in order
        ]
        return structure, others

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

    def _undo(self) -> None:
        super()._undo()
        self.W, self.last_gradient = np.array(self.start), None

    def _back(self) -> None:
        super()._back()
        self.W = np.array(self.numbers())

    def now(self) -> Array:
        """Return the parameters."""
        return self.W

    def go_to(self, numbers: Iterable[float]) -> None:
        """Give the parameters other numbers."""
        self.W, self.last_gradient = np.array([*numbers]), None


def _without_branches(model: Module, cost: Cost) -> bool:
    """Return whether model and cost are built in, and so have one graph for all examples."""
    if type(model) is not MLP or cost not in COSTS.values():
        return False
    return all(neuron.activation in ACTIVATIONS for layer in model.layers for neuron in layer.neurons)


def _numbers(what: str, given: Any) -> Array:
    if isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype.kind in "biuf":
        return given.astype(float)
    return np.array([real(x, what) for x in scalars(given)])


def _same(xs: Sequence[float] | Array, ys: Sequence[float] | Array) -> bool:
    """Return whether the numbers are the same, bit for bit, NaN included."""
    return np.array(xs, dtype=float).tobytes() == np.array(ys, dtype=float).tobytes()
