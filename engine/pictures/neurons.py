"""A box for each neuron; what is no part of one stands for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import wording
from .plan import Link, Part, Plan, Row

if TYPE_CHECKING:
    from engine.neurons import Neuron

    from .contents import Contents


def neurons(contents: Contents) -> Plan:
    """The plan with z, a, and the parameters that only neurons read in one box; of an arrow, ∂a_j/∂a_k.

    >>> from engine import Value, affine
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> b, w, x = Value(0.0, label="b"), Value(1.0, label="w"), Value(2.0, label="x")
    >>> plan = neurons(Contents(Snapshot(affine(b, [w], [x]).tanh())))
    >>> [part.header for part in plan.parts], len(plan.links)
    (['x', 'tanh'], 1)
    """
    now = contents.now
    boxes = _boxes(contents)
    shown = {place: part for part in boxes for place in part.places}
    onward = {now.place[it.z]: now.firsts[now.place[it.a]] for it in _all(contents) if it.a is not it.z}
    links = []
    for edge, (tail, head) in enumerate(zip(now.tails, now.heads, strict=True)):
        if tail not in contents.hidden and shown[tail] is not shown[head]:
            links.append(Link(shown[tail].id, shown[head].id, (edge,), onward.get(head, -1)))
    return Plan("neurons", tuple(boxes), tuple(links), tuple(contents.frames.layers), _said(contents, boxes))


def count(contents: Contents) -> int:
    """How many boxes that plan has."""
    inside = len(contents.hidden) + sum(neuron.a is not neuron.z for neuron in _all(contents))
    return len(contents.now.order) - inside


def _all(contents: Contents) -> list[Neuron]:
    return [neuron for layer in contents.layers for neuron in layer.neurons]


def _boxes(contents: Contents) -> list[Part]:
    """The boxes, each in the place of the last value that it stands for."""
    now, hidden = contents.now, contents.hidden
    held: dict[int, list[int]] = {}
    for place, z in hidden.items():
        held.setdefault(z, []).append(place)
    boxes: dict[int, Part] = {}
    for layer, frame in zip(contents.layers, contents.frames.layers, strict=True):
        for neuron in layer.neurons:
            z, a = now.place[neuron.z], now.place[neuron.a]
            boxes[a] = _box(contents, f"g{len(boxes)}", (z, a, *held.get(z, ())), frame.id)
    inside = {place for box in boxes.values() for place in box.places}
    others = {place: contents.box(place) for place in range(len(now.order)) if place not in inside}
    return [box for _, box in sorted((boxes | others).items())]


def _box(contents: Contents, id: str, places: tuple[int, ...], cluster: str) -> Part:
    z, a, *_ = places
    outputs = () if a == z else (Row("a", (a,)),)
    rows = Row("z", (z,)), *outputs, Row("δ", (z,), "grads")
    kind = "root" if contents.kinds[a] == "root" else "group"
    return Part(id, contents.header(a), rows, kind, tuple(dict.fromkeys(places)), cluster)


def _said(contents: Contents, boxes: list[Part]) -> str:
    of_neurons = sum(box.id.startswith("g") for box in boxes)
    others = len(boxes) - of_neurons
    rest = f" and {wording.counted(others, 'other')}" if others else ""
    values = wording.counted(len(contents.now.order), "value")
    return f"{values} drawn as {wording.counted(of_neurons, 'neuron')}{rest}"
