"""micrograd-rust, as its page describes it; it has tanh but no relu."""

from micrograd_rust import Value

from benchmarks.eager import Eager

PEER = Eager(Value, relu=lambda x: x if x.data > 0 else x * Value(0.0))
