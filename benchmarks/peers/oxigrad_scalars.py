"""oxigrad, as its page describes it; it has sigmoid and relu but no tanh."""

from oxigrad import Activation, Value

from benchmarks.eager import Eager


def tanh(x: Value) -> Value:
    """2 σ(2x) − 1."""
    return Activation.Sigmoid(x * Value(2.0)) * Value(2.0) + Value(-1.0)


PEER = Eager(Value, tanh, relu=Activation.ReLU)
