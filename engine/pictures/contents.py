"""A graph as all plans see it: its numbers, the kinds of its leaves, its layers."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from engine.neurons import layers

from . import wording
from .frames import Frames
from .kinds import kinds
from .plan import Part, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.neurons import Layer
    from engine.value import Value

    from .snapshot import Snapshot


class Contents:
    """What is in a graph, each part worked out when it is first asked for."""

    def __init__(self, now: Snapshot, parameters: Iterable[Value] | None = None) -> None:
        self.now = now
        self.kinds = kinds(now, parameters)

    @cached_property
    def layers(self) -> list[Layer]:
        """The layers of neurons, first to last."""
        return layers(self.now.root)

    @cached_property
    def layer_of(self) -> dict[Value, Layer]:
        """The layer of every z and a."""
        return {
            node: layer for layer in self.layers for neuron in layer.neurons for node in (neuron.z, neuron.a)
        }

    @cached_property
    def frames(self) -> Frames:
        """The frames around layers and neurons."""
        return Frames(self.now, self.layers)

    @cached_property
    def hidden(self) -> dict[int, int]:
        """The leaves that stand for themselves only where every value does, with the z that first reads each.

        Those are weights and biases that nothing but neurons reads, and those as nothing else.
        """
        readings: Counter[Value] = Counter()
        first: dict[Value, Value] = {}
        for z, parameters in ((it.z, it.parameters) for layer in self.layers for it in layer.neurons):
            readings.update(parameters)
            first |= {p: z for p in parameters if p not in first}
        place, all_readings = self.now.place, self.now.readings
        return {place[p]: place[first[p]] for p, count in readings.items() if count == all_readings[place[p]]}

    def box(self, place: int, cluster: str = "") -> Part:
        """The box of one value."""
        rows = Row("data", (place,)), Row("grad", (place,), "grads")
        return Part(f"n{place}", self.header(place), rows, self.kinds[place], (place,), cluster)

    def header(self, place: int) -> str:
        """A value's label or operation."""
        return wording.header(self.now.labels[place], self.now.order[place].rule)
