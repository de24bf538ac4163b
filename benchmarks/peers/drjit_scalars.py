"""Dr.Jit: arrays of one number that record a program, compiled by LLVM where there is something to compile.

Leaves are literals, so that plain arithmetic is folded as it is recorded; that is the fastest way we found.
"""

import drjit
from drjit.llvm.ad import Float64

from benchmarks.programs import Scalar


class DrJit:
    """Records forward; evaluates what is left and all gradients in one kernel."""

    tanh = staticmethod(drjit.tanh)

    @staticmethod
    def relu(x: Scalar) -> Scalar:
        """The positive part."""
        return drjit.maximum(x, 0.0)

    @staticmethod
    def forward(f, numbers):
        """Leaves and root."""
        leaves = [Float64(x) for x in numbers]
        drjit.enable_grad(*leaves)
        return leaves, f(leaves)

    @staticmethod
    def backward(graph):
        """Cost and gradients."""
        leaves, root = graph
        drjit.backward(root)
        gradients = [drjit.grad(leaf) for leaf in leaves]
        drjit.eval(root, gradients)
        return root[0], [g[0] for g in gradients]


PEER = DrJit()
