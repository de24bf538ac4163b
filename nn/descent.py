"""Steps of descent: the graph of a batch built, differentiated and forgotten, the parameters moved.

Steps of descent by a tape: one example's graph, recorded once and replayed for whole batches.
"""

from __future__ import annotations

import copy
import math
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

import engine
from engine import Value, graph, without_collector
from engine.anomaly import gradient_not_finite, not_finite
from engine.numeric import real, told
from engine.tape import Tape

from .faults import DivergenceError, diverged
from .layers import ACTIVATIONS, MLP, scalars
from .losses import COSTS
from .module import Module
from .optim import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from .losses import Cost

Example: TypeAlias = tuple[int, Any, Any]


class Descent:
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


# ── Steps of descent by a tape ────────────────────────────────────────────────────────────────────

if TYPE_CHECKING:
    Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

ADVICE = "train without tape=True, or put the choice into the graph, as relu, abs and maximum do"


class TapeSteps(Descent):
    """Steps on arrays; where a number goes wrong, the eager engine repeats the step and says what did.

    Raises ValueError for examples of different lengths, or whose graph is not that of the first one. Model
    and cost are called with what eager steps call them with; those of a user are compared, example by
    example: constants that differ between examples become the inputs of the tape.
    """

    def __init__(self, model: Module, cost: Cost, optimizer: Optimizer, examples: Sequence[Example]) -> None:
        super().__init__(model, cost, optimizer, examples)
        self.listed = list(examples)  # by number: fit shuffles its list
        self.before = self._state()
        self.ours = _without_branches(model, cost)
        self._cost(*examples[0])  # what cannot be computed at all is reported as ever
        self._record()
        self.on_arrays = type(optimizer).step is Optimizer.step and optimizer.parameters == self.parameters
        self.gradient: Array | None = None
        """The last one, where the model has not got it yet."""

    def confirm(self) -> None:
        """ValueError where the last parameters would be computed from another graph than that of the tape."""
        if not self._is_as_recorded(self.listed):
            self._set(self.start)
            self._clear()
            vars(self.optimizer).update(self.before)
            raise ValueError(
                "the model or the cost makes a choice by numbers that training has changed, and a tape "
                f"repeats the choice that was made at first; nothing was learnt: {ADVICE}"
            )

    def take_up(self) -> None:
        """Read the parameters from the model, which has their gradients as well."""
        self.W, self.gradient = np.array(self._numbers()), None

    def put_down(self) -> None:
        """Write parameters and gradients to the model."""
        self._set(self.W.tolist())
        if self.gradient is not None:
            for parameter, g in zip(self.parameters, self.gradient.tolist(), strict=True):
                parameter.grad = g

    @contextmanager
    def put_aside(self) -> Iterator[None]:
        """As ever; where a constant of the graph was changed meanwhile, it is recorded anew."""
        with super().put_aside():
            yield
        if not self._is_as_recorded(self.listed[:1]):
            self._record()

    def step(self, batch: Sequence[Example]) -> float:
        """One step on a batch; its average cost before the step."""
        try:
            cost, gradient = self.tape(self.W[self.used], self.rows[[k for k, _, _ in batch]])
        except (ArithmeticError, ValueError):
            return self._eagerly(batch)
        if not math.isfinite(cost):
            return self._eagerly(batch)
        self.gradient = np.zeros(len(self.W))
        self.gradient[self.used] = -gradient if self.cost.maximise else gradient
        with self._all_or_nothing():
            self._move(self.gradient)
        if not np.isfinite(self.W).all():
            self.put_down()
            raise self._led_astray(batch)
        return cost

    def look(self) -> tuple[float, tuple[float, ...]]:
        """Average cost and numbers of the model's parameters."""
        try:
            cost = self.tape(self.W[self.used], self.rows)[0]
        except (ArithmeticError, ValueError):
            cost = math.nan
        return cost, tuple(self.W[: self.own].tolist())

    def _record(self) -> None:
        """The tape, the rows that it takes, one for each example, and the places of its parameters."""
        with without_collector():
            C, leaves = self._by_numbers() if self.ours else self._by_graphs()
            on_it = {*graph.leaves(C)}
            self.used = np.array([k for k, p in enumerate(self.parameters) if p in on_it], dtype=int)
            self.tape = Tape(C, leaves, [self.parameters[k] for k in self.used])

    def _by_numbers(self) -> tuple[Value, list[Value]]:
        """The graph of any example, and its inputs: numbers of x, then of y; of our models and costs."""
        inputs = [_numbers("input", x) for _, x, _ in self.listed]
        outputs = scalars(self.model(inputs[0].tolist()))  # type: ignore[operator]  # a model is callable
        desired = [_numbers("desired output", self.cost.desired(y, len(outputs))) for _, _, y in self.listed]
        n = len(inputs[0])
        for k, sizes in enumerate(zip(map(len, inputs), map(len, desired), strict=True)):
            if sizes != (n, len(desired[0])):
                raise ValueError(
                    f"example {k} has {sizes[0]} inputs and {sizes[1]} desired outputs, the first one has "
                    f"{n} and {len(desired[0])}; with tape=True all examples are alike"
                )
        self.rows = np.hstack([np.array(inputs), np.array(desired)])
        leaves = [Value(x) for x in self.rows[0].tolist()]
        return self._value(leaves[:n], leaves[n:]), leaves

    def _by_graphs(self) -> tuple[Value, list[Value]]:
        """The graph of any example, and the leaves that differ between examples."""
        C = self._value(*self.listed[0][1:])
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
        """The constants of an example's graph; ValueError where it is not computed as the first one is."""
        structure, leaves = self._taken_apart(self._cost(k, x, y))
        constants = [leaf.data for leaf in leaves]
        if structure != self.structure:
            raise ValueError(
                f"example {k} is not computed in the same way as the first one: the model or the cost makes "
                "a choice by x, by y or by what was computed from them, and a tape would repeat the first "
                f"example's choice; {ADVICE}"
            )
        again, leaves = self._taken_apart(self._elsewhere(x, y))
        if again != structure or not _same(constants, [leaf.data for leaf in leaves]):
            raise ValueError(
                f"example {k} is not computed in the same way twice: the model or the cost reads the .data "
                "of what depends on parameters, makes a choice by it, or draws at random, and a tape would "
                f"freeze that; {ADVICE}"
            )
        return constants

    def _elsewhere(self, x: Any, y: Any) -> Value:
        """An example's cost for other parameters, where it has one; else for those of now."""
        with suppress(ArithmeticError, ValueError), self._at([0.75 * w + 0.125 for w in self._numbers()]):
            return self._value(x, y)
        return self._value(x, y)

    def _is_as_recorded(self, examples: Sequence[Example]) -> bool:
        """Whether the graphs of examples still have the structure and the constants of the tape."""
        for k, x, y in () if self.ours else examples:
            with suppress(ArithmeticError, ValueError):  # then the next step says what is wrong
                structure, leaves = self._taken_apart(self._value(x, y))
                if structure != self.structure or not _same(
                    self.constants[k], [leaf.data for leaf in leaves]
                ):
                    return False
        return True

    def _taken_apart(self, C: Value) -> tuple[list[Any], list[Value]]:
        """How a graph is computed, parameters by number and operands by place, and its other leaves."""
        order, parameters = graph.topological_order(C), self.differentiated
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


def _same(xs: Sequence[float] | Array, ys: Sequence[float] | Array) -> bool:
    """To the bit, NaN included."""
    return np.array(xs, dtype=float).tobytes() == np.array(ys, dtype=float).tobytes()
