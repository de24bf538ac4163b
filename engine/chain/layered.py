"""Layers of neurons, found in a graph: pre-activations that read the same inputs, and what reads them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from engine import graph, rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.value import Value

NOT_LAYERS = (
    "the matrix form is of layers of neurons below one cost: z = affine(b, ws, xs) or dot(ws, xs); here {}"
)


@dataclass(frozen=True, slots=True)
class Layer:
    """The nodes of a layer: z_j, its w_jk and b_j, the a_j that read it, and the a_k that it reads."""

    zs: tuple[Value, ...]
    activations: tuple[Value, ...]
    weights: tuple[tuple[Value, ...], ...]
    biases: tuple[Value, ...]
    inputs: tuple[Value, ...]
    shares_inputs: bool
    """Whether something else reads its inputs too."""

    @property
    def is_linear(self) -> bool:
        """Whether the activations are the pre-activations."""
        return self.activations == self.zs

    def holds(self, node: Value) -> bool:
        """Whether a node is one that this layer's equation is made of."""
        return any(node in nodes for nodes in (self.zs, self.biases, self.inputs, *self.weights))


def layers(C: Value) -> list[Layer]:
    """The layers of a cost's graph, first to last; ValueError where it is not made of layers alone.

    >>> from engine import Value, affine
    >>> w, b, x = Value(0.5), Value(0.0), Value(2.0)
    >>> [layer.inputs == (x,) for layer in layers(affine(b, [w], [x]).tanh() ** 2)]
    [True]
    """
    readers: dict[Value, list[Value]] = defaultdict(list)
    for parent, child, _ in graph.edges(C):
        readers[parent].append(child)
    groups: dict[tuple[Value, ...], list[Value]] = defaultdict(list)
    for node in graph.topological_order(C):
        if node.rule in {rules.affine, rules.dot} and len(node.parents) > 1:
            groups[node.parents[-(len(node.parents) // 2) :]].append(node)
    if not groups:
        raise ValueError(NOT_LAYERS.format("no such z was found"))
    found = [_layer(C, inputs, zs, readers) for inputs, zs in groups.items()]
    if C.rule == rules.mean and len(C.parents) > 1:
        raise ValueError(NOT_LAYERS.format("it is the mean of several; ask for one of them"))
    if not all(
        layer.activations == after.inputs and not after.shares_inputs for layer, after in pairwise(found)
    ):
        raise ValueError(
            NOT_LAYERS.format("the activations of one layer are not the inputs of the next alone")
        )
    if not all(_has_own_parameters(layer, readers) for layer in found):
        raise ValueError(NOT_LAYERS.format("a weight or a bias is used in several places"))
    return found


def _layer(
    C: Value, inputs: tuple[Value, ...], zs: Sequence[Value], readers: Mapping[Value, list[Value]]
) -> Layer:
    n = len(inputs)
    return Layer(
        zs=tuple(zs),
        activations=tuple(_activation(C, z, readers) for z in zs),
        weights=tuple(z.parents[-2 * n : -n] for z in zs),
        biases=tuple(z.parents[0] for z in zs if len(z.parents) % 2),
        inputs=inputs,
        shares_inputs=any(readers[x] != list(zs) for x in inputs),
    )


def _activation(C: Value, z: Value, readers: Mapping[Value, list[Value]]) -> Value:
    """What reads z alone, by itself, and is not the cost yet; z where it is linear."""
    if len(readers[z]) == 1 and len(readers[z][0].parents) == 1 and readers[z][0] is not C:
        return readers[z][0]
    return z


def _has_own_parameters(layer: Layer, readers: Mapping[Value, list[Value]]) -> bool:
    """Whether each weight and bias occurs once: else ∂C/∂w is more than δ a."""
    return all(len(readers[p]) == 1 for p in (*layer.biases, *chain(*layer.weights)))
