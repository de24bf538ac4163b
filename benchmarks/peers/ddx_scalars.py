"""ddx-ad: an equation over named symbols, interpreted or compiled through LLVM."""

import ddx
import numpy as np

from benchmarks.programs import Scalar


def equation(f, n):
    """The equation of f over n symbols."""
    return ddx.equation(lambda: f([ddx.var(f"x{i}") for i in range(n)]))


class Ddx:
    """Built anew for each graph, then interpreted: compiling pays for graphs that are used again."""

    tanh = staticmethod(ddx.tanh)

    @staticmethod
    def relu(x: Scalar) -> Scalar:
        """The positive part."""
        return ddx.max(x, 0.0)

    @staticmethod
    def forward(f, numbers):
        """The equation, and where to evaluate it."""
        return equation(f, len(numbers)), numbers

    @staticmethod
    def backward(graph):
        """Cost and gradients."""
        built, numbers = graph
        cost, gradient = built.jacobian(np.array(numbers))
        return float(cost), gradient.tolist()


PEER = Ddx()
