"""XAD: reverse mode on a tape in C++, in its Python package."""

import xad.adj_1st as adjoint
from xad import math

from benchmarks.programs import Scalar


class Xad:
    """Real numbers that a tape records."""

    tanh = staticmethod(math.tanh)

    @staticmethod
    def relu(x: Scalar) -> Scalar:
        """The larger of x and 0."""
        return math.max(x, 0.0)

    @staticmethod
    def forward(f, numbers):
        """Tape, leaves and root; another tape may record after it."""
        tape = adjoint.Tape()
        tape.activate()
        leaves = [adjoint.Real(x) for x in numbers]
        for leaf in leaves:
            tape.registerInput(leaf)
        tape.newRecording()
        root = f(leaves)
        tape.registerOutput(root)
        tape.deactivate()
        return tape, leaves, root

    @staticmethod
    def backward(graph):
        """Cost and gradients."""
        tape, leaves, root = graph
        tape.activate()
        root.setAdjoint(1.0)
        tape.computeAdjoints()
        gradients = [leaf.getDerivative() for leaf in leaves]
        tape.deactivate()
        return root.getValue(), gradients


PEER = Xad()
