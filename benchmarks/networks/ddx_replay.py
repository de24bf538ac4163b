"""ddx-ad: one example compiled through LLVM, called on all of them as a batch of points."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import ddx
import numpy as np

from benchmarks.descent import Descent, of_function
from benchmarks.peers.ddx_scalars import PEER
from benchmarks.programs import Moons, moons_cost

if TYPE_CHECKING:
    from benchmarks.programs import Scalar


def batched(data: Moons) -> Descent:
    """Weights are symbols, example and label parameters; a batch wants the weights once for each point."""
    n, points = len(data.weights), len(data.xs)

    def model() -> Scalar:
        weights = [ddx.var(f"w{i}") for i in range(n)]
        example = Moons([[ddx.param("x0"), ddx.param("x1")]], [ddx.param("y")], data.weights)
        return moons_cost(example, weights, PEER.relu)

    start = time.perf_counter()
    equation = ddx.equation(model).compile(points=points)
    recorded = time.perf_counter() - start
    fixed = np.column_stack([np.array(data.xs), np.array(data.ys)]).T
    call = equation.buffer(np.vstack([np.repeat(np.array(data.weights)[:, None], points, 1), fixed]))

    def gradient(weights: np.ndarray) -> tuple[float, np.ndarray]:
        call.x[:n] = weights[:, None]
        call()
        return float(np.mean(call.value)), call.jacobian.mean(axis=-1)

    descent = of_function(gradient, data.weights)
    return Descent(descent.step, descent.weights, recorded)
