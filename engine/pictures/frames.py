"""Frames around layers and neurons, and their titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import rules
from engine.formula import symbol
from engine.rendering.diagram import Cluster

from . import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.neurons import Layer, Neuron
    from engine.value import Value

    from .snapshot import Snapshot

SEVERAL = -1
"""Stands for an example where a value serves several."""


class Frames:
    """The frame of each layer, and in it one of each neuron where there are several.

    >>> from engine import Value, affine
    >>> from engine.neurons import layers
    >>> from .snapshot import Snapshot
    >>> b, w, x = Value(0.0, label="b"), Value(1.0, label="w"), Value(2.0, label="x")
    >>> root = affine(b, [w], [x]).tanh()
    >>> frames = Frames(Snapshot(root), layers(root))
    >>> frames.all[0].title, list(frames.of) == [b, w, root.parents[0], root]
    ('neuron', True)
    """

    def __init__(self, now: Snapshot, layers: Sequence[Layer]) -> None:
        self.layers: list[Cluster] = []
        """One for each layer."""
        self.all: list[Cluster] = []
        self.of: dict[Value, str] = {}
        """The innermost frame of every value that stands in one."""
        examples = _examples(now)
        for layer in layers:
            frame = Cluster(f"c{len(self.all)}", _title(layer, layers, examples, now), "layer")
            self.layers.append(frame)
            self.all.append(frame)
            for j, neuron in enumerate(layer.neurons):
                if len(layer.neurons) > 1:
                    inner = Cluster(f"c{len(self.all)}", _of_neuron(neuron, j), "neuron", frame.id)
                    self.all.append(inner)
                self.of |= dict.fromkeys(neuron.nodes, self.all[-1].id)


def _title(layer: Layer, layers: Sequence[Layer], examples: Sequence[int], now: Snapshot) -> str:
    alone = len(layers) == len(layer.neurons) == 1 and not symbol(layer.neurons[0].z.label).layer
    title = "neuron" if alone else wording.cut(f"layer {layer.number}")
    example = examples[now.place[layer.neurons[0].z]] if examples else SEVERAL
    return title if example == SEVERAL else f"{title}, example {example}"


def _of_neuron(neuron: Neuron, j: int) -> str:
    below = symbol(neuron.z.label).below
    return wording.cut(f"neuron {below or j}")


def _examples(now: Snapshot) -> list[int]:
    """Of every value the example that it serves alone, where the root is the mean of several costs."""
    costs = now.root.parents
    if now.root.rule != rules.mean or len(costs) < 2:
        return []
    found: dict[int, int] = {}
    for example, cost in enumerate(costs):
        _serve(found, now.place[cost], example)
    for place in reversed(range(len(now.order) - 1)):
        for parent in now.order[place].parents:
            _serve(found, now.place[parent], found[place])
    return [found[place] for place in range(len(now.order) - 1)]


def _serve(found: dict[int, int], place: int, example: int) -> None:
    if found.setdefault(place, example) != example:
        found[place] = SEVERAL
