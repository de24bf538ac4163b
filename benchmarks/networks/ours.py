"""chainrule: through ``nn``, and recorded on a tape."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

import engine
from benchmarks.descent import RATE, Descent, of_function
from engine import Value
from engine.tape import Tape
from nn import MLP
from nn.losses import hinge, squared_error
from nn.optim import GradientDescent

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.programs import Digits, Moons


def _model(data: Moons | Digits, hidden: str = "relu", output: str = "linear") -> MLP:
    nin, *nouts = data.sizes
    model = MLP(nin, nouts, activation=hidden, output_activation=output)
    for parameter, x in zip(model.parameters(), data.weights, strict=True):
        parameter.data = x
    return model


def eager(data: Moons) -> Descent:
    """The network, the cost and the optimiser of ``nn``."""
    return _descent(_model(data), hinge, data)


def eager_digits(data: Digits) -> Descent:
    """The same for images."""
    return _descent(_model(data, "sigmoid", "sigmoid"), squared_error, data)


def _descent(model: MLP, cost: Callable[..., Value], data: Moons | Digits) -> Descent:
    parameters = model.parameters()
    optimizer = GradientDescent(parameters, RATE)

    def step() -> float:
        C = engine.mean([cost(model(x), y) for x, y in zip(data.xs, data.ys, strict=True)])
        optimizer.zero_grad()
        C.backward()
        optimizer.step()
        return C.data

    return Descent(step, lambda: [p.data for p in parameters])


def tape_of_batch(data: Moons) -> Descent:
    """One example recorded, replayed over all."""
    return _tape(_model(data), hinge, data)


def tape_of_digits(data: Digits) -> Descent:
    """The same for images."""
    return _tape(_model(data, "sigmoid", "sigmoid"), squared_error, data)


def _tape(model: MLP, cost: Callable[..., Value], data: Moons | Digits) -> Descent:
    start = time.perf_counter()
    leaves = [Value(x) for x in data.xs[0]]
    ys = [Value(y) for y in np.ravel(data.ys[0])]
    tape = Tape(cost(model(leaves), ys), inputs=[*leaves, *ys], params=model.parameters())
    inputs = np.column_stack([np.array(data.xs), np.array(data.ys)])
    tape(data.weights, inputs)
    recorded = time.perf_counter() - start
    descent = of_function(lambda weights: tape(weights, inputs), data.weights)
    return Descent(descent.step, descent.weights, recorded)


def tape_unrolled(data: Moons) -> Descent:
    """The graph of all examples; ``recorded`` is without building it, and with the first replay."""
    model = _model(data)
    leaves = [[Value(x) for x in xs] for xs in data.xs]
    C = engine.mean([hinge(model(xs), y) for xs, y in zip(leaves, data.ys, strict=True)])
    start = time.perf_counter()
    tape = Tape(C, inputs=[x for xs in leaves for x in xs], params=model.parameters())
    inputs = np.array(data.xs).ravel()
    tape(data.weights, inputs)  # the levels are sorted when they are first asked for
    recorded = time.perf_counter() - start
    descent = of_function(lambda weights: tape(weights, inputs), data.weights)
    return Descent(descent.step, descent.weights, recorded)
