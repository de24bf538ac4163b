"""One example's account: its forward pass and every derivative, explained by ``engine.chain``.

Sources: *Backpropagation calculus* for the products and the sum over paths; *Neural Networks (2)* for
the earlier layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import GradientError, Value, forward, gradcheck, neurons
from engine.chain import equations
from engine.characters import printable
from engine.real import in_json

from .notation import index, symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.chain import Equation, Factor, Forward

    from .layers import MLP


@dataclass(frozen=True, slots=True)
class Derivative:
    """∂C/∂node in terms of the next level's derivatives, and the finite difference beside it."""

    node: str
    equation: Equation
    numeric: float | None = None
    """The finite difference, for a parameter that has one."""
    verdict: str = ""
    """What ``engine.gradcheck`` says of the two; of another node, nothing."""

    @property
    def value(self) -> float:
        """∂C/∂node, as ``backward()`` computes it."""
        return self.equation.value

    @property
    def paths(self) -> tuple[tuple[Factor, ...], ...]:
        """The factors of each product."""
        return self.equation.terms

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        paths = [[factor.to_dict() for factor in path] for path in self.paths]
        told = {"node": self.node, "paths": paths, "value": in_json(self.value)}
        return told | {"numeric": self.numeric, "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class LayerAccount:
    """Derivatives by a layer's activations, where a later layer reads them, and by its parameters."""

    number: int
    activations: tuple[Derivative, ...]
    parameters: tuple[Derivative, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        activations, parameters = ([d.to_dict() for d in ds] for ds in (self.activations, self.parameters))
        return {"number": self.number, "activations": activations, "parameters": parameters}


@dataclass(frozen=True, slots=True)
class Account:
    """One example: its inputs by name, the forward pass, then the layers from the last to the first."""

    cost: str
    inputs: dict[str, float]
    forward: Forward
    layers: tuple[LayerAccount, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        inputs = [
            {"name": name, "formula": "", "numbers": "", "value": in_json(x)}
            for name, x in self.inputs.items()
        ]
        layers = [layer.to_dict() for layer in self.layers]
        return {"cost": self.cost, "forward": inputs + self.forward.to_dict()["forward"], "layers": layers}


def account(model: MLP, c: Value) -> Account:
    """Account for the cost c of one example, which is left as it is."""
    inputs = _inputs(model, c)
    parameters = model.parameters()
    hidden = [node for layer in inputs[1:] for node in layer]
    checked = dict(zip(parameters, _checked(c, parameters), strict=True))
    asked = [*hidden, *parameters]
    explained = dict(zip(asked, equations(c, asked), strict=True))
    names = {(name, p) for name, p in model.named_parameters()}  # of tied weights only the first
    layers = []
    for l, layer in reversed(list(enumerate(model.layers, 1))):
        read = inputs[l] if l < len(inputs) else []
        by_activations = tuple(Derivative(printable(node.label), explained[node]) for node in read)
        named = [(name, p) for name, p in layer.named_parameters() if (name, p) in names]
        by_parameters = tuple(Derivative(name, explained[p], *checked[p]) for name, p in named)
        layers.append(LayerAccount(l, by_activations, by_parameters))
    named_inputs = {
        printable(node.label) or symbol("a", index(k, len(inputs[0])), layer=0): node.data
        for k, node in enumerate(inputs[0])
    }
    return Account(c.label, named_inputs, forward(c), tuple(layers))


def _inputs(model: MLP, c: Value) -> list[tuple[Value, ...]]:
    """What the weights of each layer multiply, first to last."""
    own = {*model.parameters()}
    return [layer.inputs for layer in neurons.layers(c) if own.issuperset(layer.parameters)]


def _checked(c: Value, parameters: Sequence[Value]) -> list[tuple[float | None, str]]:
    """Finite difference, where there is one, and verdict for each parameter."""
    try:
        rows = gradcheck(c, parameters).rows
    except GradientError:
        if len(parameters) == 1:
            return [(None, "WRONG")]
        return [found for parameter in parameters for found in _checked(c, [parameter])]
    return [(None if math.isnan(row.numeric) else row.numeric, row.verdict) for row in rows]
