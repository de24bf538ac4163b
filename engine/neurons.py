"""Neurons and layers, found in a graph: weighted sums made as one node, and what alone reads them.

``layers`` finds all there are, whatever else stands between them; ``perceptron`` wants a cost that is made of
layers, as the matrix form is.

>>> from engine import Value, affine
>>> w, b, x = Value(0.5, label="w"), Value(0.0, label="b"), Value(2.0, label="x")
>>> a = affine(b, [w], [x]).tanh()
>>> [[neuron.a is a for neuron in layer.neurons] for layer in layers((a - 1.0) ** 2)]
[[True]]
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from . import graph
from .formula import symbol
from .formula.reading import NAMED as ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from .value import Value

    Values: TypeAlias = tuple[Value, ...]
    Readers: TypeAlias = Mapping[Value, list[Value]]

ONE_NODE = {"affine", "dot"}


@dataclass(frozen=True, slots=True)
class FoundNeuron:
    """z = Σ w_k x_k + b as one node, with leaves as weights, and the activation a that alone reads it."""

    z: Value
    a: Value
    """z itself where the neuron is linear."""
    parameters: Values
    own: Values
    """The parameters that nothing else reads."""

    @property
    def nodes(self) -> Values:
        """All that belongs to this neuron alone."""
        return (*self.own, *dict.fromkeys((self.z, self.a)))


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """Neurons that read the same inputs."""

    neurons: tuple[FoundNeuron, ...]
    inputs: Values
    level: int
    """How many layers a longest path to it passes, itself the last."""

    @property
    def number(self) -> str:
        """The layer's number: the one in all labels of z, else the level."""
        named = {symbol(neuron.z.label).layer for neuron in self.neurons}
        return (named.pop() if len(named) == 1 else "") or str(self.level)

    @property
    def parameters(self) -> Values:
        """Weights and biases, neuron by neuron."""
        return tuple(chain(*(neuron.parameters for neuron in self.neurons)))


def layers(root: Value) -> list[FoundLayer]:
    """The layers that a node depends on, first to last; other nodes may stand between them."""
    order = graph.topological_order(root)
    groups = {
        inputs: tuple(z for z in zs if not any(p.parents for p in parameters_of(z)))
        for inputs, zs in weighted_sums(order).items()
    }
    if not any(groups.values()):
        return []
    read_by = readers(root)
    levels = _levels(order, set(chain(*groups.values())))
    return [
        FoundLayer(tuple(_neuron(root, z, read_by) for z in zs), inputs, levels[zs[0]])
        for inputs, zs in groups.items()
        if zs
    ]


def readers(root: Value) -> Readers:
    """Of every node those that were computed from it, one entry per occurrence."""
    found: dict[Value, list[Value]] = defaultdict(list)
    for parent, child, _ in graph.edges(root):
        found[parent].append(child)
    return found


def weighted_sums(order: Iterable[Value]) -> dict[Values, list[Value]]:
    """The nodes of an order that are weighted sums of something, by the tuple of inputs that they read."""
    groups: dict[Values, list[Value]] = defaultdict(list)
    for node in order:
        if is_weighted_sum(node):
            groups[inputs_of(node)].append(node)
    return groups


def inputs_of(z: Value) -> Values:
    """The x_k of a z = Σ w_k x_k + b that is one node."""
    return z.parents[-(len(z.parents) // 2) :]


def parameters_of(z: Value) -> Values:
    """The b, where there is one, and the w_k of a z that is one node."""
    return z.parents[: -(len(z.parents) // 2)]


def is_weighted_sum(node: Value) -> bool:
    """Whether a node is such a z, of one operand at least."""
    return node.rule is not None and node.rule.name in ONE_NODE and len(node.parents) > 1


def only_reader(z: Value, readers: Readers) -> Value | None:
    """Return the only node that reads z, if it reads nothing else, as an activation does."""
    found = readers[z]
    return found[0] if len(found) == 1 and len(found[0].parents) == 1 else None


def _neuron(root: Value, z: Value, readers: Readers) -> FoundNeuron:
    a = only_reader(z, readers)
    if a is None or (a is root and not _is_activation(a)):  # the square of z is the cost of a linear neuron
        a = z
    parameters = parameters_of(z)
    own = (p for p in dict.fromkeys(parameters) if all(reader is z for reader in readers[p]))
    inputs = set(inputs_of(z))
    return FoundNeuron(z, a, parameters, tuple(p for p in own if p not in inputs))


def _is_activation(node: Value) -> bool:
    return node.rule is not None and node.rule.name in ACTIVATIONS


def _levels(order: Iterable[Value], zs: set[Value]) -> dict[Value, int]:
    """How many weighted sums a longest path to each node passes, its own included."""
    levels: dict[Value, int] = {}
    for node in order:
        levels[node] = max((levels[parent] for parent in node.parents), default=0) + (node in zs)
    return levels
