"""The chain rule of a network, weight by weight, and what one step of gradient descent does.

Sources: *Backpropagation calculus* for the average over examples and the gradient vector ∇C;
*Neural Networks (2)* for the update rule.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import engine
from engine.characters import printable, shown
from engine.real import in_json

from . import trace_text
from .account import Account, account
from .losses import Cost
from .losses import cost as named_cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine import Value

    from .layers import MLP


@dataclass(frozen=True, slots=True)
class Component:
    """One component of ∇C: of each example, on average, and the parameter before and after the step."""

    name: str
    by_example: tuple[float, ...]
    average: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step along the gradient: C before and after it, and the change that the gradient promised."""

    lr: float
    maximise: bool
    before: float
    after: float | None
    """None where the step leads to where C has no finite value."""
    promised: float


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole account. ``str()`` prints it, ``to_dict()`` gives it as data."""

    network: str
    examples: tuple[Account, ...]
    gradient: tuple[Component, ...]
    step: Step

    def to_dict(self) -> dict[str, Any]:
        """Nested dicts and lists, ready for JSON."""
        return {
            "network": self.network,
            "examples": [example.to_dict() for example in self.examples],
            "gradient": [_plain(asdict(component)) for component in self.gradient],
            "step": _plain(asdict(self.step)),
        }

    def __str__(self) -> str:
        return shown(trace_text.text(self))


def costs(model: MLP, cost: Cost, examples: Sequence[tuple[Any, Any]]) -> list[Value]:
    """C_0, C_1, …: a labelled node for the cost of each example, on shared parameters."""
    nodes = [cost.function(model(x), y) for x, y in examples]
    if not nodes:
        raise ValueError("there are no examples to account for; give at least one")
    for k, node in enumerate(nodes):
        node.label = f"C_{k}"
        if not math.isfinite(node.data):
            raise ValueError(f"{node.label} is {node.data}, which has no derivatives; try smaller numbers")
    return nodes


def average(nodes: Sequence[Value]) -> Value:
    """C = 1/n Σ C_k; of one example, C_0 itself."""
    if len(nodes) == 1:
        return nodes[0]
    C = engine.mean(nodes)
    C.label = "C"
    return C


def trace(
    model: MLP,
    cost: str | Cost,
    examples: Sequence[tuple[Any, Any]],
    lr: float = 0.1,
    *,
    show: int | None = None,
) -> Trace:
    """Account for every derivative of the cost of a network, and for one step of gradient descent.

    The first ``show`` examples are accounted for in full (all of them, where it is None); the gradient vector
    and the step are always those of the average over all.
    The numbers of the network are left as they were, its gradients cleared. ValueError for inputs or
    desired outputs of the wrong count, for no examples, and for a name of a cost that is none of ours.

    >>> from nn import MLP
    >>> model = MLP(1, [1], activation="sigmoid", output_activation="sigmoid")
    >>> model.load_state_dict({"w^(1)": 0.0, "b^(1)": 0.0})
    >>> told = trace(model, "squared_error", [([2.0], [1.0])])
    >>> [factor.number for factor in told.examples[0].layers[0].parameters[0].paths[0]]
    [2.0, 0.25, -1.0]
    """
    cost = named_cost(cost)
    nodes = costs(model, cost, examples)
    accounts, gradients = [], []
    for k, node in enumerate(nodes):
        model.zero_grad()
        node.backward()
        gradients.append([parameter.grad for parameter in model.parameters()])
        if show is None or k < show:
            accounts.append(account(model, node))
    model.zero_grad()
    by_parameter = list(zip(*gradients, strict=True))
    gradient = [sum(slopes) / len(nodes) for slopes in by_parameter]
    step, after = _step(model, average(nodes), gradient, lr, maximise=cost.maximise)
    named = zip(model.named_parameters(), by_parameter, gradient, after, strict=True)
    components = tuple(Component(n, slopes, g, p.data, x) for (n, p), slopes, g, x in named)
    return Trace(printable(_network(model, cost)), tuple(accounts), components, step)


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """Numbers, alone or in tuples, as JSON has them."""

    def plain(x: Any) -> Any:
        return [*map(plain, x)] if isinstance(x, tuple) else in_json(x) if isinstance(x, float) else x

    return {name: plain(x) for name, x in told.items()}


def _step(
    model: MLP, C: Value, gradient: Sequence[float], lr: float, *, maximise: bool
) -> tuple[Step, list[float]]:
    """W ← W − η ∇C (uphill for a cost to be maximised), and back again."""
    parameters, before = model.parameters(), C.data
    old = [parameter.data for parameter in parameters]
    eta = lr if maximise else -lr
    new = [x + eta * g for x, g in zip(old, gradient, strict=True)]
    try:
        after = _set(parameters, new, C)
    except (ArithmeticError, ValueError):  # outside the domain of the cost
        after = None
    _set(parameters, old, C)
    return Step(lr, maximise, before, after, eta * sum(g * g for g in gradient)), new


def _set(parameters: Sequence[Value], numbers: Sequence[float], C: Value) -> float | None:
    """Give the parameters these numbers; C with them, None where it is not finite."""
    for parameter, x in zip(parameters, numbers, strict=True):
        parameter.data = x
    C.refresh()
    return C.data if math.isfinite(C.data) else None


def _network(model: MLP, cost: Cost) -> str:
    activations = [layer.neurons[0].activation for layer in model.layers]
    same = activations[0] if len(set(activations)) == 1 else " → ".join(activations)
    return f"{'-'.join(map(str, model.sizes))} network, activation {same}, cost {cost.name}"
