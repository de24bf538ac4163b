"""mygrad, one tensor of no dimensions for each number."""

import mygrad

from benchmarks.eager import Eager

PEER = Eager(
    mygrad.tensor,
    mygrad.tanh,
    relu=lambda x: mygrad.maximum(x, 0.0),
    data=lambda x: x.item(),
    grad=lambda x: float(x.grad),
)
