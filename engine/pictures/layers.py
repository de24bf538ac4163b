"""A box for each layer, and one for all values that are computed alike: of a batch, one network is seen.

Two values are alike where the same rule made them of operands that are alike; two layers where they have
the same weights as well. Leaves are alike where they are of one kind and their labels differ in indices
only. So what is alike never depends on one another, and boxes can be drawn from left to right.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.formula import symbol

from .plan import Link, Part, Plan, Row
from .wording import counted, cut, operation, sequence

if TYPE_CHECKING:
    from collections.abc import Hashable

    from engine.neurons import Layer
    from engine.value import Value

    from .contents import Contents


def layers(contents: Contents) -> Plan:
    """The plan of layers; on the arrows between them stands how many weights they have.

    >>> from engine import Value, affine
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> w, x = [Value(k, label=f"w_{k}") for k in (0, 1)], Value(2.0, label="x")
    >>> root = sum(affine(Value(0.0, label="b"), [w_k], [x]).tanh() for w_k in w)
    >>> plan = layers(Contents(Snapshot(root)))
    >>> [part.header for part in plan.parts], [link.label for link in plan.links]
    (['leaf', 'x', 'layer 1', '+', '+'], ['2 weights', '', '', '', ''])
    """
    groups, holders = _Groups(contents).found()
    parts = [_part(contents, f"g{k}", places, layers) for k, (places, layers) in enumerate(groups)]
    now = contents.now
    between: dict[tuple[int, int], list[int]] = {}
    for edge, (tail, head) in enumerate(zip(now.tails, now.heads, strict=True)):
        ends = holders[tail], holders[head]
        if tail not in contents.hidden and ends[0] != ends[1]:
            between.setdefault(ends, []).append(edge)
    weights = _weights(contents, holders)
    links = [
        Link(parts[tail].id, parts[head].id, tuple(edges), label=_label(len(edges), weights[tail, head]))
        for (tail, head), edges in between.items()
    ]
    said = f"{counted(len(now.order), 'value')} drawn as {counted(len(parts), 'box')}"
    return Plan("layers", tuple(parts), tuple(links), said=said)


class _Groups:
    """The groups of values that are alike, in an order in which each comes after those that feed it."""

    def __init__(self, contents: Contents) -> None:
        self.contents, self.now = contents, contents.now
        self.keys: dict[Hashable, int] = {}
        self.holders: dict[int, int] = {}

    def found(self) -> tuple[list[tuple[tuple[int, ...], list[Layer]]], dict[int, int]]:
        """The places in each group and the layers in it; and the group of every place."""
        for place in range(len(self.now.order)):
            if place not in self.contents.hidden:
                self.holders[place] = self._group(place)
        self.holders |= {place: self.holders[z] for place, z in self.contents.hidden.items()}
        places: list[list[int]] = [[] for _ in self.keys]
        for place in range(len(self.now.order)):
            places[self.holders[place]].append(place)
        layers: list[list[Layer]] = [[] for _ in self.keys]
        for layer in self.contents.layers:
            layers[self.holders[self.now.place[layer.neurons[0].z]]].append(layer)
        return list(zip(map(tuple, places), layers, strict=True)), self.holders

    def _group(self, place: int) -> int:
        node = self.now.order[place]
        layer = self.contents.layer_of.get(node)
        first = layer.neurons[0].z if layer else node
        if node is not first:  # the layer has been found before
            return self.holders[self.now.place[first]]
        for parameter in layer.parameters if layer else ():  # of any neuron: the box comes after all of them
            if self.now.place[parameter] not in self.contents.hidden:
                self._group(self.now.place[parameter])
        return self.keys.setdefault(self._key(place, layer), len(self.keys))

    def _key(self, place: int, layer: Layer | None) -> Hashable:
        node, now = self.now.order[place], self.now
        if layer:
            inputs = tuple(self.holders[now.place[x]] for x in layer.inputs)
            return "layer", inputs, tuple(now.place[w] for w in layer.parameters)
        if node.parents:
            operands = tuple(self.holders[now.place[parent]] for parent in node.parents)
            return operation(node.rule), node.rule, operands, self._name(place), node is now.root
        return self.contents.kinds[place], *self._name(place)

    def _name(self, place: int) -> tuple[str, ...]:
        """A label without its indices."""
        read = symbol(self.now.labels[place])
        return (read.letter, read.layer) if read.letter else (read.text,)


def _part(contents: Contents, id: str, places: tuple[int, ...], layers: list[Layer]) -> Part:
    if layers:
        return _layer(contents, id, places, layers)
    if len(places) == 1:
        return contents.box(*places)
    kind = contents.kinds[places[0]]
    title = sequence([contents.now.labels[place] for place in places])
    named = cut(title) or (f"{kind}s" if kind != "inner" else contents.header(places[0]))
    rows = Row(counted(len(places), "value")), Row("data", places), Row("grad", places, "grads")
    return Part(id, named, rows, "group" if kind == "inner" else kind, places)


def _layer(contents: Contents, id: str, places: tuple[int, ...], layers: list[Layer]) -> Part:
    place = contents.now.place
    neurons = [neuron for layer in layers for neuron in layer.neurons]
    one = layers[0]
    parameters = len(set(one.parameters))
    sizes = f"{counted(len(one.neurons), 'neuron')}, {counted(parameters, 'parameter')}"
    rows = [
        Row(sizes),
        *([Row(f"used {len(layers)} times")] if len(layers) > 1 else []),
        Row("a", tuple(place[neuron.a] for neuron in neurons)),
        Row("δ", tuple(place[neuron.z] for neuron in neurons), "grads"),
    ]
    kind = "root" if contents.now.root in {neuron.a for neuron in neurons} else "group"
    return Part(id, cut(f"layer {one.number}"), tuple(rows), kind, places)


def _weights(contents: Contents, holders: dict[int, int]) -> Counter[tuple[int, int]]:
    """How many weights each layer has for each group of its inputs; the layers of a group have the same."""
    place = contents.now.place
    found: Counter[tuple[int, int]] = Counter()
    for layer in contents.layers:
        head = holders[place[layer.neurons[0].z]]
        n = len(layer.inputs)
        weights: dict[int, set[Value]] = {}
        for neuron in layer.neurons:
            for x, w in zip(layer.inputs, neuron.parameters[-n:], strict=True):
                weights.setdefault(holders[place[x]], set()).add(w)
        for tail, of in weights.items():
            found[tail, head] = len(of)
    return found


def _label(edges: int, weights: int) -> str:
    """How many weights or operands an arrow stands for; of one that stands for one, its slope is told."""
    if weights:
        return counted(weights, "weight")
    return f"{edges} operands" if edges > 1 else ""
