"""CasADi: an SX function with its gradient in reverse mode; ``map`` for several examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import casadi
import numpy as np

if TYPE_CHECKING:
    from benchmarks.programs import Elementwise
    from benchmarks.worker import Answer

    from . import Replay


def record(program: Elementwise, inputs: list[list[float]]) -> Replay:
    """Through buffers, which copy nothing; ``map`` wants the parameters for each example."""
    n, half = len(inputs), len(inputs[0])
    x, p = casadi.SX.sym("x", half), casadi.SX.sym("p", len(program.leaves) - half)
    cost = program.by_function([*casadi.vertsplit(x), *casadi.vertsplit(p)], casadi.tanh)
    function = casadi.Function("f", [p, x], [cost, casadi.gradient(cost, p)])
    mapped = function.map(n) if n > 1 else function
    buffer, evaluate = mapped.buffer()
    examples = np.array(inputs)
    numbers = np.zeros((n, p.numel()))
    costs, gradients = np.zeros(n), np.zeros((n, p.numel()))
    buffer.set_arg(0, memoryview(numbers))
    buffer.set_arg(1, memoryview(examples))
    buffer.set_res(0, memoryview(costs))
    buffer.set_res(1, memoryview(gradients))
    owners = mapped, buffer, examples  # of memory that `evaluate` reads

    def replay(parameters: list[float], _: object = owners) -> Answer:
        numbers[:] = parameters
        evaluate()
        return float(costs.mean()), gradients.mean(0).tolist()

    return replay
