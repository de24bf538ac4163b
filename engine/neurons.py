"""Neurons and layers found in a graph: weighted sums that are one node, and the activations on them.

``layers`` finds all of them, whatever lies between them; ``perceptron`` requires a cost that is made only of
layers, as the matrix form does.

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
    """z = Σ w_k x_k + b as one node, with leaves as weights, and its activation a, the only reader of z."""

    z: Value
    a: Value
    """z itself if the neuron is linear."""
    parameters: Values
    own: Values
    """The parameters that nothing else reads."""

    @property
    def nodes(self) -> Values:
        """All nodes that belong only to this neuron."""
        return (*self.own, *dict.fromkeys((self.z, self.a)))


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """Neurons that read the same inputs."""

    neurons: tuple[FoundNeuron, ...]
    inputs: Values
    level: int
    """The number of layers on a longest path to this one, including itself."""

    @property
    def number(self) -> str:
        """The layer's number: the one in the labels of all z, else the level."""
        of_z = (symbol(neuron.z.label).layer for neuron in self.neurons)
        named = {layer.rpartition(",")[2] for layer in of_z}  # without the example before it, as in z_1^(2,3)
        return (named.pop() if len(named) == 1 else "") or str(self.level)

    @property
    def parameters(self) -> Values:
        """Weights and biases, neuron by neuron."""
        return tuple(chain(*(neuron.parameters for neuron in self.neurons)))


def layers(root: Value) -> list[FoundLayer]:
    """Return the layers that a node depends on, first to last; other nodes may lie between them."""
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
    """Return for every node the nodes computed from it, one entry per occurrence."""
    found: dict[Value, list[Value]] = defaultdict(list)
    for parent, child, _ in graph.edges(root):
        found[parent].append(child)
    return found


def weighted_sums(order: Iterable[Value]) -> dict[Values, list[Value]]:
    """Return the nodes that are weighted sums, grouped by the tuple of inputs that they read."""
    groups: dict[Values, list[Value]] = defaultdict(list)
    for node in order:
        if is_weighted_sum(node):
            groups[inputs_of(node)].append(node)
    return groups


def inputs_of(z: Value) -> Values:
    """Return the x_k of a z = Σ w_k x_k + b that is one node."""
    return z.parents[-(len(z.parents) // 2) :]


def parameters_of(z: Value) -> Values:
    """Return the b, if there is one, and the w_k of a z that is one node."""
    return z.parents[: -(len(z.parents) // 2)]


def is_weighted_sum(node: Value) -> bool:
    """Return whether a node is such a z, with at least one operand."""
    return node.rule is not None and node.rule.name in ONE_NODE and len(node.parents) > 1


def only_reader(z: Value, readers: Readers) -> Value | None:
    """Return the only node that reads z, if it reads nothing but z, as an activation does."""
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
    """Return for each node the number of weighted sums on a longest path to it, itself included."""
    levels: dict[Value, int] = {}
    for node in order:
        levels[node] = max((levels[parent] for parent in node.parents), default=0) + (node in zs)
    return levels
