"""CasADi: the graph of all examples as one SX function with its reverse-mode gradient, replayed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import casadi
import numpy as np

from benchmarks.descent import Descent, of_function
from benchmarks.peers.casadi_scalars import PEER
from benchmarks.programs import Moons, moons_cost

if TYPE_CHECKING:
    from collections.abc import Sequence


def unrolled(data: Moons) -> Descent:
    """Weights and inputs are symbols, labels are constants."""
    start = time.perf_counter()
    weights = casadi.SX.sym("w", len(data.weights))
    inputs = casadi.SX.sym("x", 2 * len(data.xs))
    x = casadi.vertsplit(inputs)
    examples = Moons([x[2 * k : 2 * k + 2] for k in range(len(data.xs))], data.ys, data.weights)
    cost = moons_cost(examples, casadi.vertsplit(weights), PEER.relu)
    function = casadi.Function("step", [weights, inputs], [cost, casadi.gradient(cost, weights)])
    recorded = time.perf_counter() - start
    return _buffered(function, np.ravel(data.xs), data.weights, recorded)


def _buffered(function, inputs, weights: Sequence[float], recorded: float) -> Descent:
    """A function of (weights, inputs) through CasADi's buffers, which copy nothing."""
    buffer, evaluate = function.buffer()
    numbers, inputs = np.array(weights, dtype=float), np.array(inputs, dtype=float)
    cost, gradients = np.zeros(1), np.zeros(len(numbers))
    buffer.set_arg(0, memoryview(numbers))
    buffer.set_arg(1, memoryview(inputs))
    buffer.set_res(0, memoryview(cost))
    buffer.set_res(1, memoryview(gradients))

    owners = function, buffer, inputs  # of memory that `evaluate` reads

    def gradient(now: np.ndarray, _: object = owners) -> tuple[float, np.ndarray]:
        numbers[:] = now
        evaluate()
        return cost[0], gradients

    descent = of_function(gradient, weights)
    return Descent(descent.step, descent.weights, recorded)
