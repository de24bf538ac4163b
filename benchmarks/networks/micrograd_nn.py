"""micrograd: its own network, written as in its demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from micrograd.engine import Value
from micrograd.nn import MLP

from benchmarks.descent import RATE, Descent
from benchmarks.eager import recursion

if TYPE_CHECKING:
    from benchmarks.programs import Moons


def eager(data: Moons) -> Descent:
    """Forward, zero_grad, backward, update."""
    nin, *nouts = data.sizes
    model = MLP(nin, nouts)
    parameters = model.parameters()
    for parameter, x in zip(parameters, data.weights, strict=True):
        parameter.data = x

    def step() -> float:
        inputs = [list(map(Value, x)) for x in data.xs]
        losses = [(1 + -y * model(x)).relu() for x, y in zip(inputs, data.ys, strict=True)]
        cost = sum(losses) * (1.0 / len(losses))
        model.zero_grad()
        with recursion():
            cost.backward()
        for p in parameters:
            p.data -= RATE * p.grad
        return cost.data

    return Descent(step, lambda: [p.data for p in parameters])
