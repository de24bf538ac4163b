"""The account of one example: its forward pass, then each derivative as explained by ``engine.chain``.

Sources: *Backpropagation Calculus* for the products and the sum over paths; *Neural Networks (2)* for the
earlier layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from engine import GradientError, gradcheck, neurons
from engine.chain import equations, matrix_form
from engine.chain.evaluation import evaluated
from engine.chain.paths import Links, as_links
from engine.characters import printable
from engine.numeric import in_json

from .module import index, symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine import Value
    from engine.chain import Equation, Factor, Forward, Manner
    from engine.chain.matrix_form import MatrixForm

    from .layers import MLP


@dataclass(frozen=True, slots=True)
class TracedDerivative:
    """∂C/∂node in terms of the next layer's derivatives, with a finite difference for comparison."""

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
    """The derivatives with respect to a layer's parameters and to activations that a later layer reads."""

    number: int
    activations: tuple[TracedDerivative, ...]
    parameters: tuple[TracedDerivative, ...]
    errors: tuple[TracedDerivative, ...] = ()
    """δ of each neuron, if the trace is in terms of errors."""
    name: str = ""
    """L, L−1, …, if layers are counted back."""

    @property
    def all(self) -> tuple[TracedDerivative, ...]:
        """All derivatives, in the order in which they are shown."""
        return (*self.activations, *self.errors, *self.parameters)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        groups = {"activations": self.activations, "parameters": self.parameters}
        groups |= {"errors": self.errors} if self.errors else {}
        return {"number": self.number, **{name: [d.to_dict() for d in ds] for name, ds in groups.items()}}


@dataclass(frozen=True, slots=True)
class Account:
    """One example: its inputs by name, the forward pass, then the layers from the last to the first."""

    cost: str
    inputs: dict[str, float]
    forward: Forward
    layers: tuple[LayerAccount, ...]
    matrices: MatrixForm | None = None
    """The backward pass as vectors and matrices, if requested."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        inputs = [
            {"name": name, "formula": "", "numbers": "", "value": in_json(x)}
            for name, x in self.inputs.items()
        ]
        layers = [layer.to_dict() for layer in self.layers]
        matrices = {"matrices": self.matrices.to_dict()} if self.matrices else {}
        forward = inputs + self.forward.to_dict()["forward"]
        return {"cost": self.cost, "forward": forward, "layers": layers} | matrices


class Wanted(NamedTuple):
    """Which derivatives of an example to account for, and in which form."""

    wrt: frozenset[str] = frozenset()
    """Names of the derivatives to show; empty for all."""
    delta: bool = False
    matrix: bool = False
    order: str = "weight first"
    notation: str = "w_jk^(l)"
    layers: str = "numbers"

    @property
    def manner(self) -> Manner:
        """The options of ``engine.explain``; nodes without a label are not named after our own variables."""
        return {"order": self.order, "notation": self.notation, "layers": self.layers, "names": False}

    def layer_name(self, layer: int, last: int) -> str:
        """Return the name of a layer counted back from the last, or "" if layers go by number."""
        back = "" if layer == last else f"−{last - layer}"
        return f"L{back}" if self.layers == "L" else ""

    def shows(self, name: str) -> bool:
        """Return whether the derivative with respect to a node of this name is shown."""
        return not self.wrt or name in self.wrt


def account(model: MLP, c: Value, wanted: Wanted = Wanted()) -> Account:  # noqa: B008  (an immutable tuple)
    """Return the account of the cost c of one example; the graph does not change."""
    found = [layer for layer in neurons.layers(c) if {*model.parameters()}.issuperset(layer.parameters)]
    named = {p: name for name, p in reversed([*model.named_parameters()])}  # the first name of tied weights
    nodes: list[dict[str, list[tuple[str, Value]]]] = []
    for l, layer in enumerate(model.layers):
        read = found[l + 1].inputs if l + 1 < len(found) else ()
        zs = [neuron.z for neuron in found[l].neurons] if wanted.delta else []
        own = [(name, p) for name, p in layer.named_parameters() if named[p] == name]
        groups = {
            "activations": [] if wanted.delta else [(a.label, a) for a in read],
            "errors": [(z.label, z) for z in zs],
            "parameters": own,
        }
        nodes.append({
            key: [pair for pair in pairs if key != "parameters" or wanted.shows(pair[0])]
            for key, pairs in groups.items()
        })  # fmt: skip
    for groups in takewhile(lambda groups: not groups["parameters"], nodes):
        groups["errors"] = groups["activations"] = []  # in layers before the first one that is shown
    asked = [node for groups in nodes for pairs in groups.values() for _, node in pairs]
    last_two = {p for layer in model.layers[-2:] for p in layer.parameters()}
    written = equations(c, asked, in_full=last_two, delta=wanted.delta, **wanted.manner)
    explained = dict(zip(asked, written, strict=True))
    if wanted.wrt:
        needed = _with_reused(explained, [p for groups in nodes for _, p in groups["parameters"]])
        for groups in nodes:
            groups["activations"] = [pair for pair in groups["activations"] if pair[1] in needed]
    parameters = [p for groups in nodes for _, p in groups["parameters"]]
    checked = dict(zip(parameters, _checked(c, parameters), strict=True)) if parameters else {}
    layers = [
        LayerAccount(l, name=wanted.layer_name(l, len(nodes)), **{
            key: tuple(
                TracedDerivative(printable(name), explained[node], *checked.get(node, ()))
                for name, node in pairs
            )
            for key, pairs in nodes[l - 1].items()
        })
        for l in range(len(nodes), 0, -1)
    ]  # fmt: skip
    links = Links(c, **as_links(wanted.manner))
    matrices = matrix_form.whole_form(links) if wanted.matrix else None
    unnamed = (symbol("a", index(k, len(found[0].inputs)), layer=0) for k in range(len(found[0].inputs)))
    inputs = {
        str(links.symbol(node)) if node.label else name: node.data
        for node, name in zip(found[0].inputs, unnamed, strict=True)
    }
    return Account(c.label, inputs, evaluated(links), tuple(layers), matrices)


def _with_reused(explained: Mapping[Value, Equation], asked: Iterable[Value]) -> set[Value]:
    """Return the given nodes, and all nodes whose derivatives their equations reuse, directly or not."""
    node_of = {it.derivative: node for node, it in explained.items()}
    found: set[Value] = set()
    stack = list(asked)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            it = explained[node]
            factors = [factor for term in (*it.terms, it.common) for factor in term]
            stack += [node_of[factor.derivative] for factor in factors if factor.derivative in node_of]
    return found


def _checked(c: Value, parameters: Sequence[Value]) -> list[tuple[float | None, str]]:
    """Return the finite difference, or None, and the verdict for each parameter."""
    try:
        rows = gradcheck(c, parameters).rows
    except GradientError:
        if len(parameters) == 1:
            return [(None, "WRONG")]
        return [found for parameter in parameters for found in _checked(c, [parameter])]
    return [(None if math.isnan(row.numeric) else row.numeric, row.verdict) for row in rows]
