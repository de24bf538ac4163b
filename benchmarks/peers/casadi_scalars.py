"""CasADi: an SX expression, its gradient in reverse mode, and a function of both."""

import casadi

from benchmarks.programs import Scalar


def function(f, n):
    """Cost and gradient of f as a compiled SX function of n numbers."""
    x = casadi.SX.sym("x", n)
    cost = f(casadi.vertsplit(x))
    return casadi.Function("f", [x], [cost, casadi.gradient(cost, x)])


class Casadi:
    """Built anew for each graph: expression, gradient, function."""

    tanh = staticmethod(casadi.tanh)

    @staticmethod
    def relu(x: Scalar) -> Scalar:
        """The positive part."""
        return casadi.fmax(x, 0.0)

    @staticmethod
    def forward(f, numbers):
        """The function, and where to call it."""
        return function(f, len(numbers)), numbers

    @staticmethod
    def backward(graph):
        """Cost and gradients."""
        compiled, numbers = graph
        cost, gradient = compiled(numbers)
        return float(cost), gradient.full().ravel().tolist()


PEER = Casadi()
