"""Layers of neurons, found in a graph: pre-activations that read the same inputs, and what reads them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from engine import graph, rules
from engine.neurons import only_reader, readers, weighted_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.neurons import Readers
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
    groups = weighted_sums(graph.topological_order(C))
    if not groups:
        raise ValueError(NOT_LAYERS.format("no such z was found"))
    read_by = readers(C)
    found = [_layer(C, inputs, zs, read_by) for inputs, zs in groups.items()]
    if C.rule == rules.mean and len(C.parents) > 1:
        raise ValueError(NOT_LAYERS.format("it is the mean of several; ask for one of them"))
    if not all(
        layer.activations == after.inputs and not after.shares_inputs for layer, after in pairwise(found)
    ):
        raise ValueError(
            NOT_LAYERS.format("the activations of one layer are not the inputs of the next alone")
        )
    if not all(_has_own_parameters(layer, read_by) for layer in found):
        raise ValueError(NOT_LAYERS.format("a weight or a bias is used in several places"))
    return found


def _layer(C: Value, inputs: tuple[Value, ...], zs: Sequence[Value], read_by: Readers) -> Layer:
    n = len(inputs)
    return Layer(
        zs=tuple(zs),
        activations=tuple(_activation(C, z, read_by) for z in zs),
        weights=tuple(z.parents[-2 * n : -n] for z in zs),
        biases=tuple(z.parents[0] for z in zs if len(z.parents) % 2),
        inputs=inputs,
        shares_inputs=any(read_by[x] != list(zs) for x in inputs),
    )


def _activation(C: Value, z: Value, read_by: Readers) -> Value:
    """What reads z alone, by itself, and is not the cost yet; z where it is linear."""
    a = only_reader(z, read_by)
    return z if a is None or a is C else a


def _has_own_parameters(layer: Layer, read_by: Readers) -> bool:
    """Whether each weight and bias occurs once: else ∂C/∂w is more than δ a."""
    return all(len(read_by[p]) == 1 for p in (*layer.biases, *chain(*layer.weights)))
