"""One example's account: its forward pass and every derivative, in symbols and in numbers.

Sources: *Backpropagation calculus* for the products and the sum over paths; *Neural Networks (2)* for
the earlier layers.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import GradientError, Value, gradcheck

from .activations import ACTIVATIONS
from .notation import Notation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .layers import MLP, Layer

FORMULAS = {
    "squared_error": ("({a} − {y})²", "2({a} − {y})"),
    "half_squared_error": ("½({y} − {a})²", "({a} − {y})"),
    "log_likelihood": ("({y} ln {a} + (1 − {y}) ln(1 − {a}))", "({y}/{a} − (1 − {y})/(1 − {a}))"),
    "log_likelihood_from_logits": ("({y} ln σ({a}) + (1 − {y}) ln(1 − σ({a})))", "({y} − σ({a}))"),
    "binary_cross_entropy": ("(−{y} ln {a} − (1 − {y}) ln(1 − {a}))", "((1 − {y})/(1 − {a}) − {y}/{a})"),
    "binary_cross_entropy_from_logits": (
        "(−{y} ln σ({a}) − (1 − {y}) ln(1 − σ({a})))",
        "(σ({a}) − {y})",
    ),
    "softmax_cross_entropy": ("(−{y} ln softmax({a}))", "(softmax({a}) Σy − {y})"),
    "hinge": ("max(0, 1 − {y} {a})", "(−{y} where {y} {a} < 1)"),
}
"""What each output adds to each cost, and its slope ∂C/∂a."""

BRACKETED_TWICE = re.compile(r"\(\((−[^()]*)\)\)")  # a negative number that is an argument
WRITTEN_OUT = 4  # terms of a sum; longer ones are written with Σ


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the forward pass: ``name = formula = numbers = value``."""

    name: str
    formula: str
    numbers: str
    value: float


@dataclass(frozen=True, slots=True)
class Factor:
    """One link of a chain: a local derivative as ``∂z/∂w``, as what it is, and as number."""

    derivative: str
    symbols: str
    number: float


@dataclass(frozen=True, slots=True)
class Derivative:
    """∂C/∂node: the sum over ``paths`` of products of factors, and what backward() made of it."""

    node: str
    paths: tuple[tuple[Factor, ...], ...]
    value: float
    numeric: float | None = None
    """The finite difference beside it, for a parameter that has one."""
    verdict: str = ""
    """What ``engine.gradcheck`` says of the two; of another node, nothing."""


@dataclass(frozen=True, slots=True)
class LayerAccount:
    """Derivatives by a layer's activations, where a later layer reads them, and by its parameters."""

    number: int
    activations: tuple[Derivative, ...]
    parameters: tuple[Derivative, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """One example: the forward pass, then the layers from the last to the first."""

    cost: str
    forward: tuple[Line, ...]
    layers: tuple[LayerAccount, ...]


def number(x: float) -> str:
    """Six significant digits, a negative number in brackets where it is a factor.

    >>> number(0.25), number(-0.5)
    ('0.25', '(−0.5)')
    """
    text = f"{x:.6g}".replace("-", "−")
    return f"({text})" if x < 0 else text


def account(model: MLP, cost: str, c: Value) -> Account:
    """Account for the cost c of one example, a node of the named cost, after ``c.backward()``.

    ValueError for an activation without a name: what it is in symbols could not be said.
    """
    for neuron in (neuron for layer in model.layers for neuron in layer.neurons):
        if neuron.activation not in ACTIVATIONS:
            raise ValueError(
                f"the activation {neuron.activation!r} has no formula to show; "
                f"choose one of {', '.join(ACTIVATIONS)}"
            )
    example = _Example(model, cost, c)
    return Account(c.label, tuple(example.forward()), tuple(example.backward()))


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes of one layer in the graph of one example."""

    layer: Layer
    number: int
    inputs: Sequence[Value]
    zs: Sequence[Value]
    activations: Sequence[Value]


class _Example:
    """The graph of one example's cost, seen layer by layer."""

    def __init__(self, model: MLP, cost: str, c: Value) -> None:
        self.names, self.c = Notation(model.sizes), c
        parameters = model.parameters()
        self.checked = dict(zip(parameters, _checked(c, parameters), strict=True))
        self.formula, self.slope = FORMULAS[cost]
        self.layers = _layers(model, c)
        self.sizes = model.sizes

    def forward(self) -> Iterator[Line]:
        """Input, then z and a of every neuron, then the cost."""
        for k, x in enumerate(self.layers[0].inputs):
            yield Line(self.names.a(k, 0), f"x_{k}" if self.sizes[0] > 1 else "x", "", x.data)
        for nodes in self.layers:
            for j, (z, a) in enumerate(zip(nodes.zs, nodes.activations, strict=True)):
                yield self._z_line(nodes, j, z)
                name = self.names.z(j, nodes.number)
                if a is z:
                    yield Line(self.names.a(j, nodes.number), name, "", a.data)
                else:
                    f = _function(nodes.layer.neurons[j].activation)
                    yield Line(self.names.a(j, nodes.number), f"{f}({name})", f"{f}({z.data:.6g})", a.data)
        yield self._cost_line()

    def backward(self) -> Iterator[LayerAccount]:
        """The layers from the last to the first."""
        for nodes in reversed(self.layers):
            hidden = range(len(nodes.activations)) if nodes is not self.layers[-1] else ()
            yield LayerAccount(
                nodes.number,
                tuple(self._by_activation(nodes, k) for k in hidden),
                tuple(d for j in range(len(nodes.zs)) for d in self._by_parameters(nodes, j)),
            )

    def _z_line(self, nodes: _Nodes, j: int, z: Value) -> Line:
        neuron, l = nodes.layer.neurons[j], nodes.number
        symbols = [f"{self.names.w(j, k, l)} {self.names.a(k, l - 1)}" for k in range(nodes.layer.nin)]
        numbers = [f"{number(w.data)}·{number(a.data)}" for w, a in zip(neuron.w, nodes.inputs, strict=True)]
        if len(symbols) > WRITTEN_OUT:
            row = "" if self.sizes[l] == 1 else f"{j}," if j > 9 else f"{j}"
            symbols = [f"Σ_k w_{row}k^({l}) a_k^({l - 1})"]
            numbers = [*numbers[:2], "…", numbers[-1]]
        if neuron.b is not None:
            symbols.append(self.names.b(j, l))
            numbers.append(number(neuron.b.data))
        return Line(self.names.z(j, l), " + ".join(symbols), " + ".join(numbers), z.data)

    def _cost_line(self) -> Line:
        n, last = self.sizes[-1], len(self.layers)
        outputs = [number(a.data) for a in self.c.parents[:n]]
        desired = [number(y.data) for y in self.c.parents[n:]]
        terms = [
            BRACKETED_TWICE.sub(r"(\1)", self.formula.format(a=a, y=y))
            for a, y in zip(outputs, desired, strict=True)
        ]
        if n == 1:
            return Line(
                self.c.label, self.formula.format(a=self.names.a(0, last), y="y"), terms[0], self.c.data
            )
        symbols = f"Σ_j {self.formula.format(a=f'a_j^({last})', y='y_j')}"
        shown = terms if n <= WRITTEN_OUT else [*terms[:2], "…", terms[-1]]
        return Line(self.c.label, symbols, " + ".join(shown), self.c.data)

    def _by_activation(self, nodes: _Nodes, k: int) -> Derivative:
        """∂C/∂a_k: the sum over the neurons j of the next layer, one path through each."""
        after = self.layers[nodes.number]  # layers count from 1: the next one
        paths = tuple(
            (self._dz_da(after, j, k), self._da_dz(after, j), *self._rest(after, j))
            for j in range(len(after.zs))
        )
        return Derivative(self.names.a(k, nodes.number), paths, nodes.activations[k].grad)

    def _by_parameters(self, nodes: _Nodes, j: int) -> Iterator[Derivative]:
        """∂C/∂w_jk for every k, then ∂C/∂b_j: one path through neuron j."""
        neuron, l, z = nodes.layer.neurons[j], nodes.number, nodes.zs[j]
        links = [(w, self.names.w(j, k, l), self.names.a(k, l - 1)) for k, w in enumerate(neuron.w)] + (
            [(neuron.b, self.names.b(j, l), "1")] if neuron.b is not None else []
        )
        for parameter, name, symbols in links:
            slope = z.local_derivatives[z.parents.index(parameter)]
            first = Factor(f"∂{self.names.z(j, l)}/∂{name}", symbols, slope)
            path = (first, self._da_dz(nodes, j), *self._rest(nodes, j))
            yield Derivative(name, (path,), parameter.grad, *self.checked[parameter])

    def _rest(self, nodes: _Nodes, j: int) -> tuple[Factor, ...]:
        """From a_j to the cost: link by link where one path leads there, else ∂C/∂a_j as found before."""
        l, a = nodes.number, nodes.activations[j]
        by_a = f"∂{self.c.label}/∂{self.names.a(j, l)}"
        if nodes is self.layers[-1]:
            return (Factor(by_a, self._cost_slope(j), self.c.local_derivatives[j]),)
        if any(size > 1 for size in self.sizes[l + 1 :]):
            return (Factor(by_a, by_a, a.grad),)
        after = self.layers[l]
        return (self._dz_da(after, 0, j), self._da_dz(after, 0), *self._rest(after, 0))

    def _dz_da(self, nodes: _Nodes, j: int, k: int) -> Factor:
        l, z = nodes.number, nodes.zs[j]
        slope = z.local_derivatives[len(z.parents) - nodes.layer.nin + k]
        return Factor(f"∂{self.names.z(j, l)}/∂{self.names.a(k, l - 1)}", self.names.w(j, k, l), slope)

    def _da_dz(self, nodes: _Nodes, j: int) -> Factor:
        l, a, z = nodes.number, nodes.activations[j], nodes.zs[j]
        name = self.names.z(j, l)
        f = _function(nodes.layer.neurons[j].activation)
        derivative = f"∂{self.names.a(j, l)}/∂{name}"
        return (
            Factor(derivative, "1", 1.0)
            if a is z
            else Factor(derivative, f"{f}′({name})", a.local_derivatives[0])
        )

    def _cost_slope(self, j: int) -> str:
        return self.slope.format(a=self.names.a(j, len(self.layers)), y=self.names.y(j))


def _checked(c: Value, parameters: Sequence[Value]) -> list[tuple[float | None, str]]:
    """Finite difference, where there is one, and verdict for each parameter."""
    try:
        rows = gradcheck(c, parameters).rows
    except GradientError:
        if len(parameters) == 1:
            return [(None, "WRONG")]
        return [found for parameter in parameters for found in _checked(c, [parameter])]
    return [(None if math.isnan(row.numeric) else row.numeric, row.verdict) for row in rows]


def _layers(model: MLP, c: Value) -> list[_Nodes]:
    """The layers of a cost's graph, first to last, found by walking from the cost to its parents."""
    found = []
    activations: Sequence[Value] = c.parents[: model.sizes[-1]]
    for l, layer in reversed(list(enumerate(model.layers, 1))):
        pairs = zip(layer.neurons, activations, strict=True)
        zs = [a.parents[0] if neuron.nonlin else a for neuron, a in pairs]
        found.append(_Nodes(layer, l, zs[0].parents[-layer.nin :], zs, activations))
        activations = found[-1].inputs
    return found[::-1]


def _function(activation: str) -> str:
    return "σ" if activation == "sigmoid" else activation
