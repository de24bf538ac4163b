"""JAX without ``jit``: every operation is dispatched by itself, in double precision."""

import jax

from benchmarks.programs import Scalar

jax.config.update("jax_enable_x64", True)  # noqa: FBT003  (JAX's own signature)


class Jax:
    """Traces forward with ``jax.vjp`` over a list of scalars."""

    tanh = staticmethod(jax.numpy.tanh)

    @staticmethod
    def relu(x: Scalar) -> Scalar:
        """The positive part."""
        return jax.nn.relu(x)

    @staticmethod
    def forward(f, numbers):
        """Cost, and the vector-Jacobian product."""
        return jax.vjp(lambda *xs: f(list(xs)), *numbers)

    @staticmethod
    def backward(graph):
        """Cost and gradients."""
        cost, vjp = graph
        return float(cost), [float(g) for g in vjp(jax.numpy.ones_like(cost))]


PEER = Jax()
