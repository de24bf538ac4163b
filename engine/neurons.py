"""Neurons and layers, found in a graph: weighted sums made as one node, and what alone reads them.

``layers`` finds all there are, whatever else stands between them; ``layers_below`` wants a cost that is made
of layers alone, as the matrix form is.

>>> from engine import Value, affine
>>> w, b, x = Value(0.5, label="w"), Value(0.0, label="b"), Value(2.0, label="x")
>>> a = affine(b, [w], [x]).tanh()
>>> [[neuron.a is a for neuron in layer.neurons] for layer in layers((a - 1.0) ** 2)]
[[True]]
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from . import graph, rules
from .formula import symbol
from .formula.reading import NAMED as ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    from .value import Value

    Values: TypeAlias = tuple[Value, ...]
    Readers: TypeAlias = Mapping[Value, list[Value]]

WEIGHTED_SUMS = {"affine", "dot"}


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
    shares_inputs: bool
    """Whether something else reads its inputs too."""

    @property
    def number(self) -> str:
        """The layer's number: the one in all labels of z, else the level."""
        named = {symbol(neuron.z.label).layer for neuron in self.neurons}
        return (named.pop() if len(named) == 1 else "") or str(self.level)

    @property
    def parameters(self) -> Values:
        """Weights and biases, neuron by neuron."""
        return tuple(chain(*(neuron.parameters for neuron in self.neurons)))

    @property
    def zs(self) -> Values:
        """The pre-activations z_j."""
        return tuple(neuron.z for neuron in self.neurons)

    @property
    def activations(self) -> Values:
        """The activations a_j: those of linear neurons are their z_j."""
        return tuple(neuron.a for neuron in self.neurons)

    @property
    def weights(self) -> tuple[Values, ...]:
        """The w_jk, a row for each neuron."""
        return tuple(neuron.parameters[-len(self.inputs) :] for neuron in self.neurons)

    @property
    def biases(self) -> Values:
        """The b_j, of the neurons that have one."""
        return tuple(chain(*(neuron.parameters[: -len(self.inputs)] for neuron in self.neurons)))

    def holds(self, node: Value) -> bool:
        """Whether a node is one that this layer's equation is made of."""
        return any(node in nodes for nodes in (self.zs, self.inputs, self.parameters))


def layers(root: Value) -> list[FoundLayer]:
    """The layers that a node depends on, first to last; other nodes may stand between them."""
    order = graph.topological_order(root)
    groups = {
        inputs: tuple(z for z in zs if not any(p.parents for p in parameters_of(z)))
        for inputs, zs in weighted_sums(order).items()
    }
    groups = {inputs: zs for inputs, zs in groups.items() if zs}
    return _found(order, groups, readers(root)) if groups else []


def layers_below(C: Value) -> list[FoundLayer]:
    """Return the layers of a cost's graph, first to last; raise ValueError if it is not made of layers alone.

    >>> from engine import Value, affine
    >>> w, b, x = Value(0.5), Value(0.0), Value(2.0)
    >>> [layer.inputs == (x,) for layer in layers_below(affine(b, [w], [x]).tanh() ** 2)]
    [True]
    """
    order = graph.topological_order(C)
    groups = {inputs: tuple(zs) for inputs, zs in weighted_sums(order).items()}
    if not groups:
        raise ValueError(NOT_LAYERS.format("no such z was found"))
    if C.rule == rules.mean and len(C.parents) > 1:
        raise ValueError(NOT_LAYERS.format("it is the mean of several; ask for one of them"))
    read_by = readers(C)
    found = _found(order, groups, read_by, ends_in_cost=True)
    if not all(
        layer.activations == after.inputs and not after.shares_inputs for layer, after in pairwise(found)
    ):
        raise ValueError(
            NOT_LAYERS.format("the activations of one layer are not the inputs of the next alone")
        )
    if not all(
        len(read_by[p]) == 1 for layer in found for p in layer.parameters
    ):  # else ∂C/∂w is more than δ a
        raise ValueError(NOT_LAYERS.format("a weight or a bias is used in several places"))
    return found


NOT_LAYERS = (
    "the matrix form is of layers of neurons below one cost: z = affine(b, ws, xs) or dot(ws, xs); here {}"
)


def _found(
    order: Sequence[Value], groups: Mapping[Values, Values], read_by: Readers, *, ends_in_cost: bool = False
) -> list[FoundLayer]:
    levels = _levels(order, set(chain(*groups.values())))
    return [
        FoundLayer(
            tuple(_neuron(z, read_by, order[-1], ends_in_cost=ends_in_cost) for z in zs),
            inputs,
            levels[zs[0]],
            shares_inputs=any(read_by[x] != [*zs] for x in inputs),
        )
        for inputs, zs in groups.items()
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
        if node.rule and node.rule.name in WEIGHTED_SUMS and len(node.parents) > 1:
            groups[inputs_of(node)].append(node)
    return groups


def inputs_of(z: Value) -> Values:
    """The x_k of z = Σ w_k x_k + b."""
    return z.parents[-(len(z.parents) // 2) :]


def parameters_of(z: Value) -> Values:
    """The b, where there is one, and the w_k of z = Σ w_k x_k + b."""
    return z.parents[: -(len(z.parents) // 2)]


def only_reader(z: Value, readers: Readers) -> Value | None:
    """Return the only node that reads z, if it reads nothing else, as an activation does."""
    found = readers[z]
    return found[0] if len(found) == 1 and len(found[0].parents) == 1 else None


def _neuron(z: Value, readers: Readers, root: Value, *, ends_in_cost: bool) -> FoundNeuron:
    a = only_reader(z, readers)
    if a is None or (a is root and (ends_in_cost or not _is_activation(a))):  # z² is a linear neuron's cost
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
