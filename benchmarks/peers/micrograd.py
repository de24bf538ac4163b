"""micrograd, from PyPI."""

import math

from micrograd.engine import Value

from benchmarks.eager import Eager


def tanh(x: Value) -> Value:
    """The hyperbolic tangent as micrograd would have it: a closure that adds to the gradient."""
    t = math.tanh(x.data)
    out = Value(t, (x,), "tanh")

    def _backward() -> None:
        x.grad += (1 - t * t) * out.grad

    out._backward = _backward  # noqa: SLF001  (that is how a micrograd node is made)
    return out


PEER = Eager(Value, tanh, recursive=True)
