"""PyTorch: tensors, as one writes it there, in double precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from benchmarks.descent import RATE, Descent

from .numpy_matrix import layers

if TYPE_CHECKING:
    from benchmarks.programs import Digits, Moons


def network(sizes, weights, activation):
    """Linear layers with an activation between them, in double precision."""
    modules = []
    for W, b in layers(weights, sizes):
        linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W))
            linear.bias.copy_(torch.from_numpy(b))
        modules += [linear, activation()]
    return torch.nn.Sequential(*modules)


def flat(model):
    """Weights in our order."""
    rows = [
        torch.cat([linear.weight, linear.bias[:, None]], 1).ravel()
        for linear in model
        if isinstance(linear, torch.nn.Linear)
    ]
    return torch.cat(rows).tolist()


def hinge(data: Moons) -> Descent:
    """``nn.Linear``, ``optim.SGD``, the mean hinge cost."""
    model = network(data.sizes, data.weights, torch.nn.ReLU)[:-1]
    X = torch.tensor(data.xs, dtype=torch.float64)
    y = torch.tensor(data.ys, dtype=torch.float64)[:, None]
    return _descent(model, lambda: torch.relu(1 - y * model(X)).mean())


def squared_error(data: Digits) -> Descent:
    """Sigmoids, the mean squared error."""
    model = network(data.sizes, data.weights, torch.nn.Sigmoid)
    X = torch.tensor(data.xs, dtype=torch.float64)
    Y = torch.tensor(data.ys, dtype=torch.float64)
    return _descent(model, lambda: ((model(X) - Y) ** 2).sum(1).mean())


def _descent(model, forward) -> Descent:
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def step() -> float:
        optimizer.zero_grad()
        cost = forward()
        cost.backward()
        optimizer.step()
        return cost.item()

    return Descent(step, lambda: flat(model))
