"""learngrad: micrograd's design; it has exp but no tanh."""

from learngrad.engine import Value

from benchmarks.eager import Eager


def tanh(x: Value) -> Value:
    """1 − 2 / (e²ˣ + 1)."""
    return ((x * 2.0).exp() + 1.0) ** -1 * -2.0 + 1.0


PEER = Eager(Value, tanh, recursive=True)
