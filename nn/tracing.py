"""The trace of a network: every derivative by the chain rule, and one step of gradient descent.

``account`` takes one example: its forward pass, then each derivative as ``engine.chain`` explains it.
``trace`` adds the average over examples, the gradient vector ∇C and the step. ``text`` prints it in lines of
at most 100 columns, the symbols first and the numbers under them.

Sources: *Backpropagation calculus* for the products, the sum over paths, the average and ∇C;
*Neural Networks (2)* for the earlier layers and the update rule.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import engine
from engine import GradientError, Value, forward, gradcheck, neurons
from engine.chain import equations
from engine.characters import printable, shown
from engine.numeric import in_json

from .layers import index, symbol
from .losses import Cost
from .losses import cost as named_cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.chain import Equation, Factor, Forward

    from .layers import MLP


@dataclass(frozen=True, slots=True)
class TracedDerivative:
    """∂C/∂node in terms of the next layer's derivatives, with a finite difference to compare it with."""

    node: str
    equation: Equation
    numeric: float | None = None
    """The finite difference, if the node is a parameter that has one."""
    verdict: str = ""
    """The verdict of ``engine.gradcheck``; empty for a node that is not a parameter."""

    @property
    def value(self) -> float:
        """∂C/∂node, as ``backward()`` computes it."""
        return self.equation.value

    @property
    def paths(self) -> tuple[tuple[Factor, ...], ...]:
        """The factors of each product, one product for each path."""
        return self.equation.terms

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        paths = [[factor.to_dict() for factor in path] for path in self.paths]
        told = {"node": self.node, "paths": paths, "value": in_json(self.value)}
        return told | {"numeric": self.numeric, "verdict": self.verdict}


@dataclass(frozen=True, slots=True)
class LayerAccount:
    """The derivatives by a layer's parameters, and by its activations if a later layer reads them."""

    number: int
    activations: tuple[TracedDerivative, ...]
    parameters: tuple[TracedDerivative, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
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
        """Return plain data, ready for JSON."""
        inputs = [
            {"name": name, "formula": "", "numbers": "", "value": in_json(x)}
            for name, x in self.inputs.items()
        ]
        layers = [layer.to_dict() for layer in self.layers]
        return {"cost": self.cost, "forward": inputs + self.forward.to_dict()["forward"], "layers": layers}


def account(model: MLP, c: Value) -> Account:
    """Return the account of the cost c of one example; the graph does not change."""
    inputs = _inputs(model, c)
    parameters = model.parameters()
    hidden = [node for layer in inputs[1:] for node in layer]
    checked = dict(zip(parameters, _checked(c, parameters), strict=True))
    asked = [*hidden, *parameters]
    last_two = {p for layer in model.layers[-2:] for p in layer.parameters()}
    explained = dict(zip(asked, equations(c, asked, in_full=last_two), strict=True))
    names = {(name, p) for name, p in model.named_parameters()}  # of tied weights only the first
    layers = []
    for l, layer in reversed(list(enumerate(model.layers, 1))):
        read = inputs[l] if l < len(inputs) else []
        by_activations = tuple(TracedDerivative(printable(node.label), explained[node]) for node in read)
        named = [(name, p) for name, p in layer.named_parameters() if (name, p) in names]
        by_parameters = tuple(TracedDerivative(name, explained[p], *checked[p]) for name, p in named)
        layers.append(LayerAccount(l, by_activations, by_parameters))
    named_inputs = {
        printable(node.label) or symbol("a", index(k, len(inputs[0])), layer=0): node.data
        for k, node in enumerate(inputs[0])
    }
    return Account(c.label, named_inputs, forward(c), tuple(layers))


def _inputs(model: MLP, c: Value) -> list[tuple[Value, ...]]:
    """Return what the weights of each layer multiply, first layer to last."""
    own = {*model.parameters()}
    return [layer.inputs for layer in neurons.layers(c) if own.issuperset(layer.parameters)]


def _checked(c: Value, parameters: Sequence[Value]) -> list[tuple[float | None, str]]:
    """Return the finite difference, or None, and the verdict for each parameter."""
    try:
        rows = gradcheck(c, parameters).rows
    except GradientError:
        if len(parameters) == 1:
            return [(None, "WRONG")]
        return [found for parameter in parameters for found in _checked(c, [parameter])]
    return [(None if math.isnan(row.numeric) else row.numeric, row.verdict) for row in rows]


# ── The chain rule of a network ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Component:
    """One component of ∇C: for each example and on average; and its parameter before and after the step."""

    name: str
    by_example: tuple[float, ...]
    average: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class TracedStep:
    """One step along the gradient: C before and after it, and the change that the gradient predicts."""

    lr: float
    maximise: bool
    before: float
    after: float | None
    """None if C has no finite value after the step."""
    promised: float


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole trace. ``str()`` is the text, ``to_dict()`` the data."""

    network: str
    examples: tuple[Account, ...]
    gradient: tuple[Component, ...]
    step: TracedStep

    def to_dict(self) -> dict[str, Any]:
        """Return nested dicts and lists, ready for JSON."""
        return {
            "network": self.network,
            "examples": [example.to_dict() for example in self.examples],
            "gradient": [_plain(asdict(component)) for component in self.gradient],
            "step": _plain(asdict(self.step)),
        }

    def __str__(self) -> str:
        return shown(text(self))


def costs(model: MLP, cost: Cost, examples: Sequence[tuple[Any, Any]]) -> list[Value]:
    """Return C_0, C_1, …: a labelled node for the cost of each example, with shared parameters."""
    nodes = [cost.function(model(x), y) for x, y in examples]
    if not nodes:
        raise ValueError("there are no examples to account for; give at least one")
    for k, node in enumerate(nodes):
        node.label = f"C_{k}"
        if not math.isfinite(node.data):
            raise ValueError(f"{node.label} is {node.data}, which has no derivatives; try smaller numbers")
    return nodes


def average(nodes: Sequence[Value]) -> Value:
    """Return C = 1/n Σ C_k; for one example, C_0 itself."""
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

    The first ``show`` examples are accounted for in full (None for all); the gradient vector and the step are
    always those of the average over all examples. The parameters keep their numbers, and their gradients are
    cleared. Raises ValueError for a wrong number of inputs or desired outputs, for no examples, and for an
    unknown name of a cost.

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
    """Return the data with numbers, alone or in tuples, as JSON can hold them."""

    def plain(x: Any) -> Any:
        return [*map(plain, x)] if isinstance(x, tuple) else in_json(x) if isinstance(x, float) else x

    return {name: plain(x) for name, x in told.items()}


def _step(
    model: MLP, C: Value, gradient: Sequence[float], lr: float, *, maximise: bool
) -> tuple[TracedStep, list[float]]:
    """Take the step W ← W − η ∇C (uphill for a cost to maximise), and take it back."""
    parameters, before = model.parameters(), C.data
    old = [parameter.data for parameter in parameters]
    eta = lr if maximise else -lr
    new = [x + eta * g for x, g in zip(old, gradient, strict=True)]
    try:
        after = _set(parameters, new, C)
    except (ArithmeticError, ValueError):  # outside the domain of the cost
        after = None
    _set(parameters, old, C)
    return TracedStep(lr, maximise, before, after, eta * sum(g * g for g in gradient)), new


def _set(parameters: Sequence[Value], numbers: Sequence[float], C: Value) -> float | None:
    """Set the parameters; return C for them, None if it is not finite."""
    for parameter, x in zip(parameters, numbers, strict=True):
        parameter.data = x
    C.refresh()
    return C.data if math.isfinite(C.data) else None


def _network(model: MLP, cost: Cost) -> str:
    activations = [layer.neurons[0].activation for layer in model.layers]
    same = activations[0] if len(set(activations)) == 1 else " → ".join(activations)
    return f"{'-'.join(map(str, model.sizes))} network, activation {same}, cost {cost.name}"


# ── A trace as text ───────────────────────────────────────────────────────────────────────────────

WIDTH = 100


def text(trace: Trace) -> str:
    """Return the whole trace as text."""
    title = textwrap.wrap(trace.network, WIDTH, subsequent_indent="  ")
    lines = [line for account in trace.examples for line in _account(account)]
    lines += [*_gradient(trace.gradient), *_step_text(trace.step)]
    return "\n".join([*title, *(line.replace("-", "−") for line in lines)])


def _account(account: Account) -> Iterator[str]:
    yield from ("", f"Forward pass of {account.cost}")
    yield from (f"  {name} = {x:.6g}" for name, x in account.inputs.items())
    yield from _indented(account.forward)
    for layer in account.layers:
        yield from ("", f"Layer {layer.number}, backward")
        for derivative in (*layer.activations, *layer.parameters):
            yield from _derivative(derivative)


def _derivative(d: TracedDerivative) -> Iterator[str]:
    """Yield the lines of the equation, with the finite difference beside its value."""
    *lines, value = _indented(d.equation)
    yield from lines
    yield value + _beside(d)


def _indented(shown: object) -> list[str]:
    return [f"  {line}" for line in str(shown).split("\n")]


def _beside(d: TracedDerivative) -> str:
    if not d.verdict:
        return ""
    if d.numeric is None:
        return f"    [no finite difference to confirm it: {d.verdict}]"
    return f"    [finite difference {d.numeric:.6g}, off by {abs(d.value - d.numeric):.0e}: {d.verdict}]"


def _gradient(components: Sequence[Component]) -> Iterator[str]:
    n = len(components[0].by_example)
    C = "C_0" if n == 1 else "C"
    yield ""
    yield f"Gradient vector ∇{C}" + (f" = 1/n Σ_k ∇C_k, the average over n = {n} examples" if n > 1 else "")
    rows = [["", f"∂{C}", "now", "after a step"]]
    rows += [[f"∂/∂{c.name}", *(f"{x:.6g}" for x in (c.average, c.before, c.after))] for c in components]
    each = [[f"∂C_{k}" for k in range(n)]] + [[f"{slope:.6g}" for slope in c.by_example] for c in components]
    with_each = list(_table([[row[0], *own, *row[1:]] for row, own in zip(rows, each, strict=True)]))
    yield from with_each if n > 1 and len(with_each[0]) <= WIDTH else _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with aligned columns, the first one flush left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
        yield f"  {first:{widths[0]}}  {'  '.join(cells)}"


def _step_text(step: TracedStep) -> Iterator[str]:
    way, sign = ("ascent", "+") if step.maximise else ("descent", "−")
    yield ""
    yield f"One step of gradient {way}, W ← W {sign} η ∇C with η = {step.lr:g}"
    told = [f"C = {step.before:.6g} has no finite value after it;"]
    if step.after is not None:
        told = [f"C = {step.before:.6g} becomes {step.after:.6g}:"]
        told.append(f"it changes by {step.after - step.before:.3g};")
    told.append(f"the gradient promised {sign}η |∇C|² = {step.promised:.3g}")
    yield from textwrap.wrap(" ".join(told), WIDTH, initial_indent="  ", subsequent_indent="  ")
