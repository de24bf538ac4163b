"""ddx-ad: an equation compiled through LLVM, called on a batch of points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ddx
import numpy as np

if TYPE_CHECKING:
    from benchmarks.programs import Elementwise, Scalar
    from benchmarks.worker import Answer

    from . import Replay


def record(program: Elementwise, inputs: list[list[float]]) -> Replay:
    """Parameters are symbols, repeated for each point; inputs are ddx's parameters, without derivatives."""
    n, half = len(inputs), len(inputs[0])
    symbols = len(program.leaves) - half

    def model() -> Scalar:
        shared = [ddx.var(f"p{i}") for i in range(symbols)]
        return program.by_function([*(ddx.param(f"x{i}") for i in range(half)), *shared], ddx.tanh)

    equation = ddx.equation(model).compile(points=n)
    points = np.vstack([np.zeros((symbols, n)), np.array(inputs).T])
    call = equation.buffer(points if n > 1 else points[:, 0])

    def replay(parameters: list[float]) -> Answer:
        call.x[:symbols] = np.array(parameters)[:, None] if n > 1 else parameters
        call()
        gradients = call.jacobian.mean(-1) if n > 1 else call.jacobian
        return float(np.mean(call.value)), gradients.tolist()

    return replay
