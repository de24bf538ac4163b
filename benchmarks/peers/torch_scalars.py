"""PyTorch, one tensor of no dimensions for each number."""

import torch

from benchmarks.eager import Eager

PEER = Eager(
    lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True),
    data=lambda x: x.item(),
    grad=lambda x: x.grad.item(),
)
