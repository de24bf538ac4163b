"""The layers of a cost, for its matrix form: each z_j is one node, or written with ``*`` and ``+``.

>>> from engine import Value
>>> w, b, x = Value(0.5), Value(0.0), Value(2.0)
>>> [[layer]] = layer_nodes((w * x + b).tanh() ** 2)
>>> layer.weights, layer.function
(((Value(data=0.5, grad=0.0),),), ('tanh',))
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from . import graph, neurons, rules, sums
from .formula import symbol
from .formula.reading import NAMED as ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from .neurons import Readers, Values
    from .sums import Names, WeightedSum
    from .value import Value

NOT_LAYERS = (
    "the matrix form needs layers of neurons below a cost, of one example or of several, where each z is "
    "affine(b, ws, xs), dot(ws, xs), or w_0*x_0 + w_1*x_1 + b written out, or - b in place of + b; here {}"
)


ARITHMETIC = {"add", "sub", "neg", "mul", "div", "power"}
"""Operations that are not activations on their own: a difference from the desired output, or its square."""
LONGEST = 12
"""Operations that can be part of an activation."""


@dataclass(frozen=True, slots=True)
class LayerNodes:
    """The nodes of a layer: each z_j, its w_jk and b_j, the a_j that reads it, and the a_k that it reads."""

    zs: Values
    activations: Values
    slopes: tuple[float, ...]
    """The derivative of each activation with respect to its z."""
    function: tuple[Any, ...]
    """The activation's name and its parameters; f if the neurons have several, or the name is unknown."""
    weights: tuple[Values, ...]
    biases: Values
    inputs: Values
    shares_inputs: bool
    """Whether other nodes read its inputs, too."""
    subtracts: tuple[bool, ...] = ()
    """Whether each bias is subtracted."""
    number: int = 0
    """The layer's number: the one in the labels of the z_j, else its position from 1."""

    def holds(self, node: Value) -> bool:
        """Return whether a node is part of this layer's equation."""
        return any(node in nodes for nodes in (self.zs, self.biases, self.inputs, *self.weights))


def layer_nodes(C: Value, names: Names = MappingProxyType({})) -> list[tuple[LayerNodes, ...]]:
    """Return the layers of a cost's graph, first to last, each for every example that the cost is made of.

    Raises ValueError if the graph is not made of layers. Several examples, as below a mean of costs, are
    several chains of layers with the same weights. Weighted sums may be one node each, or written with ``*``
    and ``+``; those of the second kind that are not in the longest chain of layers belong to the cost.
    ``names`` helps to tell weights from inputs (see ``sums.found``).

    >>> from engine import Value
    >>> w, b, p, q = Value(0.5, label="w"), Value(0.0, label="b"), Value(2.0), Value(3.0)
    >>> c1, c2 = ((w * x - b).tanh() ** 2 for x in (p, q))
    >>> [[layer.inputs for layer in examples] == [(p,), (q,)] for examples in layer_nodes((c1 + c2) / 2)]
    [True]
    """
    read_by = neurons.readers(C)
    all_sums = sums.found(graph.topological_order(C), read_by, names)
    if not all_sums:
        raise ValueError(NOT_LAYERS.format("no such z was found"))
    around = _Around(C, read_by, all_sums, names)
    one_node = {it.z for it in all_sums if it.is_one_node}

    def extent(layers: list[LayerNodes]) -> tuple[int, int, int]:
        zs = list(chain(*(layer.zs for layer in layers)))
        return sum(z in one_node for z in zs), len(layers), len(zs)

    chains = list(_chains({key: _layer(group, around) for key, group in _groups(all_sums).items()}))
    first = max(chains, key=extent)
    found = [layers for layers in chains if _parameters(layers) == _parameters(first)]
    shared = any(layer.shares_inputs for layers in found for layer in layers[1:])
    if shared or sum(extent(layers)[0] for layers in found) < len(one_node):
        raise ValueError(NOT_LAYERS.format("the activations of one layer are not only inputs of the next"))
    if any(
        len(read_by[p]) != len(found) for p in chain(*chain(*_parameters(first))) if not isinstance(p, float)
    ):
        raise ValueError(NOT_LAYERS.format("a weight or a bias is used in several places"))
    if any(len({*layer.subtracts}) > 1 for layer in first):
        raise ValueError(NOT_LAYERS.format("some biases of a layer are added, and others are subtracted"))
    start = _first_number(first)
    return [
        tuple(replace(layer, number=k) for layer in examples)
        for k, examples in enumerate(zip(*found, strict=True), start)
    ]


def _groups(all_sums: Iterable[WeightedSum]) -> dict[object, list[WeightedSum]]:
    """Group the sums that read the same inputs; keep examples with the same inputs apart."""
    groups: dict[object, list[WeightedSum]] = defaultdict(list)
    times: Counter[object] = Counter()
    for it in all_sums:
        groups[it.reads, times[it.reads, it.weights]].append(it)
        times[it.reads, it.weights] += 1
    return groups


def _parameters(layers: Iterable[LayerNodes]) -> list[tuple[tuple[Value | float, ...], ...]]:
    """Weights and biases of each layer; plain numbers as such."""
    return [(*layer.weights, tuple(map(sums.itself, layer.biases))) for layer in layers]


def _first_number(layers: Sequence[LayerNodes]) -> int:
    """The number of the first layer: the one in its labels, if those of all layers go on from it; else 1."""
    named = [{symbol(z.label).layer for z in layer.zs} for layer in layers]
    first = next(iter(named[0]))
    start = int(first) if first.isdecimal() else 1
    return start if all(numbers == {str(k)} for k, numbers in enumerate(named, start)) else 1


class _Around:
    """The surroundings of weighted sums: what reads a node, where all nodes of a sum count as the sum."""

    def __init__(self, C: Value, read_by: Readers, all_sums: Sequence[WeightedSum], names: Names) -> None:
        self.C, self.read_by, self.names = C, read_by, names
        self.inputs = {x for it in all_sums for x in it.inputs}
        self.owner = {node: it.z for it in all_sums for node in it.nodes}

    def shared(self, x: Value, zs: Collection[Value]) -> bool:
        """Return whether a node outside these sums reads x, or one of them reads it twice."""
        found = [self.owner.get(reader, reader) for reader in self.read_by[x]]
        return len(found) != len(zs) or set(found) != set(zs)

    def activation(self, z: Value) -> tuple[Value, float, tuple[Any, ...]]:
        """Return z's activation, the only function that reads it: the node, its derivative, and its name.

        It may be written out, as 1/(1 + e^(−z)): then it ends at the node that another sum reads, or that has
        a name. It is z itself if there is no activation, or only the cost.
        """
        path = [z]
        while (reader := self._function_of(path[-1])) is not None and len(path) <= LONGEST:
            path.append(reader)
        way = path[: self._end(path) + 1]
        slope = prod(self._slope(node, before) for before, node in pairwise(way))
        rule = way[-1].rule
        alone = len(way) == 2 and len(way[1].parents) == 1 and rule is not None
        return way[-1], slope, (rule.name, *rule.unusual) if alone and rule else ("f",)

    def _end(self, path: list[Value]) -> int:
        """Return the index of the activation on the path from z; 0 is z itself."""
        for k, node in enumerate(path):
            if node in self.inputs:
                return k
        if len(path) == 1 or (path[1].rule is not None and path[1].rule.name in ACTIVATIONS):
            return len(path[:2]) - 1
        for k, node in enumerate(path):
            functions = {x.rule.name for x in path[1 : k + 1] if x.rule} - ARITHMETIC
            if functions and (node.label or node in self.names):
                return k
        return int(len(path[1].parents) == 1 and path[1].rule != rules.neg)

    def _function_of(self, node: Value) -> Value | None:
        """Return the only reader of a node, if its other operands are plain numbers."""
        found = self.read_by[node]
        if len(found) != 1 or found[0] is self.C:
            return None
        others = (parent for parent in found[0].parents if parent is not node)
        return found[0] if all(map(sums.is_number, others)) else None

    @staticmethod
    def _slope(node: Value, before: Value) -> float:
        return node.local_derivatives[node.parents.index(before)]


def _layer(group: Sequence[WeightedSum], around: _Around) -> LayerNodes:
    zs, inputs = tuple(it.z for it in group), group[0].inputs
    activations, slopes, functions = zip(*map(around.activation, zs), strict=True)
    return LayerNodes(
        zs=zs,
        activations=activations,
        slopes=slopes,
        function=functions[0] if len(set(functions)) == 1 else ("f",),
        weights=tuple(it.weights for it in group),
        biases=tuple(it.bias for it in group if it.bias is not None),
        inputs=inputs,
        shares_inputs=any(around.shared(x, zs) for x in inputs if not sums.is_number(x)),
        subtracts=tuple(it.subtracts for it in group if it.bias is not None),
    )


def _chains(layers: Mapping[object, LayerNodes]) -> Iterator[list[LayerNodes]]:
    """Yield chains of layers, each of which reads the activations of the one before."""
    activations = {layer.activations for layer in layers.values()}
    for first in layers.values():
        if first.inputs in activations:
            continue
        found = [first]
        while following := layers.get((found[-1].activations, 0)):
            found.append(following)
        yield found
