"""autograd: a function of one vector, whose numbers are read from it one by one."""

import numpy as np
from autograd import numpy as anp
from autograd.differential_operators import make_vjp

from benchmarks.programs import Scalar


class Autograd:
    """Traces forward, then calls the vector-Jacobian product."""

    tanh = staticmethod(anp.tanh)

    @staticmethod
    def relu(x: Scalar) -> Scalar:
        """The positive part."""
        return anp.maximum(x, 0.0)

    @staticmethod
    def forward(f, numbers):
        """The vector-Jacobian product, and the cost."""
        return make_vjp(lambda xs: f([xs[i] for i in range(len(numbers))]))(np.array(numbers))

    @staticmethod
    def backward(graph):
        """Cost and gradients."""
        vjp, cost = graph
        return float(cost), vjp(1.0).tolist()


PEER = Autograd()
