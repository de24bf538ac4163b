"""A box for each value, an arrow for each occurrence of an operand.

A box for each neuron, and for each value that belongs to none.

A box for each layer, and one for all values that are computed alike: a batch is shown as one network.

Two values are alike if the same rule computed them from operands that are alike; two layers, if they also
have the same weights. Leaves are alike if they are of one kind and their labels differ only in indices.
Therefore alike values never depend on one another, and boxes can be drawn from left to right.

A box for each band of depth: readable for any graph, however large.

How much of a graph a picture shows: as much as a reader can take in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.formula import symbol
from engine.numeric import short

from . import snapshot
from .contents import BoxRow, Link, Part, PicturePlan
from .snapshot import cut, how_many, operation, sequence
from .svg.letters import name
from .svg.pen import POWERS

if TYPE_CHECKING:
    from collections.abc import Hashable

    from engine.neurons import FoundLayer, FoundNeuron
    from engine.value import Value

    from .contents import Contents
    from .snapshot import Snapshot


def values(contents: Contents) -> PicturePlan:
    """Return the plan that shows every value.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> a = Value(3.0, label="a")
    >>> plan = values(Contents(Snapshot(a * a)))
    >>> [part.header for part in plan.parts], [(link.tail, link.head) for link in plan.links]
    (['a', '*'], [('n0', 'n1'), ('n0', 'n1')])
    """
    now, frames = contents.now, contents.frames
    parts = [contents.box(place, frames.of.get(node, "")) for place, node in enumerate(now.order)]
    links = [
        Link(f"n{tail}", f"n{head}", (edge,))
        for edge, (tail, head) in enumerate(zip(now.tails, now.heads, strict=True))
    ]
    return PicturePlan("values", tuple(parts), tuple(links), tuple(frames.all))


# ── A box for each neuron, and for each value that belongs to none ────────────────────────────────


def neurons(contents: Contents) -> PicturePlan:
    """Return the plan with one box for z, a, and the parameters that only neurons read.

    An arrow shows ∂a_j/∂a_k.

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
    return PicturePlan(
        "neurons", tuple(boxes), tuple(links), tuple(contents.frames.layers), _said(contents, boxes)
    )


def count(contents: Contents) -> int:
    """Return the number of boxes in the plan of neurons."""
    inside = len(contents.hidden) + sum(neuron.a is not neuron.z for neuron in _all(contents))
    return len(contents.now.order) - inside


def _all(contents: Contents) -> list[FoundNeuron]:
    return [neuron for layer in contents.layers for neuron in layer.neurons]


def _boxes(contents: Contents) -> list[Part]:
    """Return the boxes, each at the position of the last value that it stands for."""
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
    outputs = () if a == z else (BoxRow("a", (a,)),)
    rows = BoxRow("z", (z,)), *outputs, BoxRow("δ", (z,), "grads")
    kind = "root" if contents.kinds[a] == "root" else "group"
    label = contents.now.labels[a] and contents.called.get(a, "")
    glyph = name(cut(label)) if label else snapshot.mathematics(contents.now.order[a])
    return Part(id, contents.header(a), rows, kind, tuple(dict.fromkeys(places)), cluster, glyph)


def _said(contents: Contents, boxes: list[Part]) -> str:
    of_neurons = sum(box.id.startswith("g") for box in boxes)
    others = len(boxes) - of_neurons
    rest = f" and {snapshot.how_many(others, 'other')}" if others else ""
    values = snapshot.how_many(len(contents.now.order), "value")
    return f"{values} drawn as {snapshot.how_many(of_neurons, 'neuron')}{rest}"


# ── A box for each layer ──────────────────────────────────────────────────────────────────────────


def layers(contents: Contents) -> PicturePlan:
    """Return the plan of layers; each arrow between two layers shows its number of weights.

    >>> from engine import Value, affine
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> w, x = [Value(k, label=f"w_{k}") for k in (0, 1)], Value(2.0, label="x")
    >>> root = sum(affine(Value(0.0, label="b"), [w_k], [x]).tanh() for w_k in w)
    >>> plan = layers(Contents(Snapshot(root)))
    >>> [part.header for part in plan.parts], [link.label for link in plan.links]
    (['leaf', 'x', 'layer 1', '+', 'root'], ['2 weights', '', '', '', ''])
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
    said = f"{how_many(len(now.order), 'value')} drawn as {how_many(len(parts), 'box')}"
    return PicturePlan("layers", tuple(parts), tuple(links), said=said)


class _Groups:
    """The groups of values that are alike, in an order in which parents come first."""

    def __init__(self, contents: Contents) -> None:
        self.contents, self.now = contents, contents.now
        self.keys: dict[Hashable, int] = {}
        self.holders: dict[int, int] = {}

    def found(self) -> tuple[list[tuple[tuple[int, ...], list[FoundLayer]]], dict[int, int]]:
        """Return the places and the layers in each group, and the group of every place."""
        for place in range(len(self.now.order)):
            if place not in self.contents.hidden:
                self.holders[place] = self._group(place)
        self.holders |= {place: self.holders[z] for place, z in self.contents.hidden.items()}
        places: list[list[int]] = [[] for _ in self.keys]
        for place in range(len(self.now.order)):
            places[self.holders[place]].append(place)
        layers: list[list[FoundLayer]] = [[] for _ in self.keys]
        for layer in self.contents.layers:
            layers[self.holders[self.now.place[layer.neurons[0].z]]].append(layer)
        return list(zip(map(tuple, places), layers, strict=True)), self.holders

    def _group(self, place: int) -> int:
        node = self.now.order[place]
        layer = self.contents.layer_of.get(node)
        first = layer.neurons[0].z if layer else node
        if node is not first:  # the layer has already been found
            return self.holders[self.now.place[first]]
        for parameter in layer.parameters if layer else ():  # of all neurons: the box comes after all of them
            if self.now.place[parameter] not in self.contents.hidden:
                self._group(self.now.place[parameter])
        return self.keys.setdefault(self._key(place, layer), len(self.keys))

    def _key(self, place: int, layer: FoundLayer | None) -> Hashable:
        node, now = self.now.order[place], self.now
        if layer:
            inputs = tuple(self.holders[now.place[x]] for x in layer.inputs)
            return "layer", inputs, tuple(now.place[w] for w in layer.parameters)
        if node.parents:
            operands = tuple(self.holders[now.place[parent]] for parent in node.parents)
            return operation(node.rule), node.rule, operands, self._name(place), node is now.root
        return self.contents.kinds[place], *self._name(place)

    def _name(self, place: int) -> tuple[str, ...]:
        """Return a label without its indices."""
        read = symbol(self.now.labels[place])
        return (read.letter, read.layer) if read.letter else (read.text,)


def _part(contents: Contents, id: str, places: tuple[int, ...], layers: list[FoundLayer]) -> Part:
    if layers:
        return _layer(contents, id, places, layers)
    if len(places) == 1:
        return contents.box(*places)
    kind = contents.kinds[places[0]]
    labels = [contents.now.labels[place] for place in places]
    title = sequence(labels)
    named = cut(title) or (f"{kind}s" if kind != "inner" else contents.header(places[0]))
    glyph = snapshot.typeset_sequence(labels)
    if not title and kind == "inner":
        glyph = snapshot.mathematics(contents.now.order[places[0]])
    rows = BoxRow(how_many(len(places), "value")), BoxRow("data", places), BoxRow("grad", places, "grads")
    return Part(id, named, rows, "group" if kind == "inner" else kind, places, glyph=glyph)


def _layer(contents: Contents, id: str, places: tuple[int, ...], layers: list[FoundLayer]) -> Part:
    place = contents.now.place
    neurons = [neuron for layer in layers for neuron in layer.neurons]
    one = layers[0]
    parameters = len(set(one.parameters))
    sizes = f"{how_many(len(one.neurons), 'neuron')}, {how_many(parameters, 'parameter')}"
    rows = [
        BoxRow(sizes),
        *([BoxRow(f"used {len(layers)} times")] if len(layers) > 1 else []),
        BoxRow("a", tuple(place[neuron.a] for neuron in neurons)),
        BoxRow("δ", tuple(place[neuron.z] for neuron in neurons), "grads"),
    ]
    kind = "root" if contents.now.root in {neuron.a for neuron in neurons} else "group"
    return Part(id, cut(f"layer {one.number}"), tuple(rows), kind, places)


def _weights(contents: Contents, holders: dict[int, int]) -> Counter[tuple[int, int]]:
    """Return the number of weights from each group to each layer; all layers of a group have the same."""
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
    """Return the number of weights or operands of an arrow; for a single operand, nothing."""
    if weights:
        return how_many(weights, "weight")
    return f"{edges} operands" if edges > 1 else ""


# ── A box for each band of depth ──────────────────────────────────────────────────────────────────

BANDS = 12
COMMONEST = 3


def summary(contents: Contents) -> PicturePlan:
    """Return the plan of at most ``BANDS`` bands: the leaves first, then the operations by increasing depth.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> x = Value(2.0)
    >>> for _ in range(1000):
    ...     x = x.sin()
    >>> plan = summary(Contents(Snapshot(x)))
    >>> [part.header for part in plan.parts][:2], len(plan.parts)
    (['leaves', 'depth 1 – 91'], 12)
    """
    now = contents.now
    depths = _depths(now)
    starts = _starts(depths[-1])
    of_depth = [0, *(band for band, start in enumerate(starts[:-1], 1) for _ in range(start, starts[band]))]
    bands: list[list[int]] = [[] for _ in starts]
    for place, depth in enumerate(depths):
        bands[of_depth[depth]].append(place)
    parts = [
        _summary_part(contents, f"g{band}", places, (starts[band - 1], starts[band] - 1) if band else (0, 0))
        for band, places in enumerate(bands)
    ]
    links = _links(now, [of_depth[depth] for depth in depths])
    count = how_many(len(now.order), "value")
    said = f"{count} and {how_many(len(now.tails), 'edge')} summed up by depth, the longest way from a leaf"
    return PicturePlan("summary", tuple(parts), links, said=said)


def _depths(now: Snapshot) -> list[int]:
    """Return, for each value, the number of edges on the longest path to it from a leaf."""
    depths = [0] * len(now.order)
    for tail, head in zip(now.tails, now.heads, strict=True):  # parents first
        depths[head] = max(depths[head], depths[tail] + 1)
    return depths


def _starts(deepest: int) -> list[int]:
    """Return where each band of operations begins, and where the last one ends.

    >>> _starts(3), _starts(100)[:3], len(_starts(100))
    ([1, 2, 3, 4], [1, 11, 20], 12)
    """
    bands = min(BANDS - 1, deepest)
    return [1 + -(-deepest * band // bands) for band in range(bands)] + [deepest + 1]


def _summary_part(contents: Contents, id: str, places: list[int], depths: tuple[int, int]) -> Part:
    first, last = depths
    header = f"depth {first}" + f" – {last}" * (last > first) if first else "leaves"
    now = contents.now
    kinds = Counter(contents.kinds[place] for place in places)
    if first:
        made = Counter(_sign(now.order[place]) for place in places).most_common()
        common = ", ".join(f"{count:,} {name}" for name, count in made[:COMMONEST])
        said = common + ", …" * (len(made) > COMMONEST)
    else:
        said = ", ".join(how_many(count, kind) for kind, count in sorted(kinds.items()))
    rows = (
        BoxRow(how_many(len(places), "value")),
        BoxRow(said),
        BoxRow("data", tuple(places)),
        BoxRow("grad", tuple(places), "grads"),
    )
    return Part(id, header, rows, "root" if kinds["root"] else "group", tuple(places))


def _sign(node: Value) -> str:
    """Return an operation as mathematics, on one line: ×, x³, squared error."""
    return "".join(run.base + run.above.translate(POWERS) for run in snapshot.mathematics(node))


def _links(now: Snapshot, bands: list[int]) -> tuple[Link, ...]:
    """Return one arrow for all edges from one band to another, labelled with their number."""
    between: dict[tuple[int, int], list[int]] = {}
    for edge, (tail, head) in enumerate(zip(now.tails, now.heads, strict=True)):
        if bands[tail] != bands[head]:
            between.setdefault((bands[tail], bands[head]), []).append(edge)
    return tuple(
        Link(f"g{tail}", f"g{head}", tuple(edges), label=how_many(len(edges), "edge"))
        for (tail, head), edges in sorted(between.items())
    )


# ── How much of a graph a picture shows: as much as a reader can take in ──────────────────────────

PLANS = {"values": values, "neurons": neurons, "matrices": neurons, "layers": layers, "summary": summary}
LEGIBLE = 60
"""The maximum number of boxes that a reader can take in."""
TRACEABLE = 1_000
"""The maximum number of boxes among which a reader can still find one."""
MOST = 5_000
"""The maximum number of boxes that are drawn: a few seconds of layout, and some megabytes."""


RANKS = 40
"""The maximum number of ranks, and of values in a rank: more would fill several screens."""
WEIGHTS = 35
"""The maximum number of weights of a network that can be read on their arrows."""
ABREAST = 8
"""The maximum number of neurons side by side in a picture that is not a plain network's."""
WIDEST = 64
"""The maximum number of neurons in a layer whose matrices can be read."""


def plan(contents: Contents, level: str | None = None, *, scrolls: bool = False) -> PicturePlan:
    """Return the plan of a level; by default, the first of the levels that can be read.

    A picture that ``scrolls`` to the current step may have more ranks than a still picture.

    Raises ValueError for neurons, matrices or layers if there are none, and for more boxes than anyone could
    read.

    >>> from engine import Value
    >>> from .contents import Contents
    >>> from .snapshot import Snapshot
    >>> root = sum(Value(1.0) for _ in range(32))
    >>> plan(Contents(Snapshot(root))).level, plan(Contents(Snapshot(root)), "summary").level
    ('values', 'summary')
    """
    if level is None:
        level = _legible(contents, scrolls=scrolls)
    if level not in list(PLANS):  # any object is possible, even an unhashable one
        raise ValueError(f"level must be one of {', '.join(map(repr, PLANS))}, or None; got {short(level)}")
    if level in {"neurons", "matrices", "layers"} and not contents.layers:
        raise ValueError(
            f"level={short(level)} needs neurons, z = affine(b, ws, xs) or dot(ws, xs), and there are none"
        )
    if level == "matrices" and not contents.network:
        raise ValueError(
            'level="matrices" needs a plain network, in which each layer reads all of the one before it and '
            'nothing else, for one example; level="layers" draws this graph'
        )
    if level in {"values", "neurons"}:  # before spending time on them
        _refuse_too_many(len(contents.now.order) if level == "values" else count(contents))
    found = replace(PLANS[level](contents), level=level, contents=contents)
    if level != "matrices":
        _refuse_too_many(len(found.parts))
    return found


def _refuse_too_many(boxes: int) -> None:
    if boxes > MOST:
        raise ValueError(
            f"a picture of {how_many(boxes, 'box')} could not be read, {MOST:,} are the most that are drawn; "
            'leave out level, say level="summary", or draw a node further inside'
        )


def _legible(contents: Contents, *, scrolls: bool) -> str:
    size, net = len(contents.now.order), contents.network
    sizes = [len(net.inputs), *(len(layer.neurons) for layer in net.layers)] if net else []
    if net and max(sizes) > 1:
        if sum(one * other for one, other in pairwise(sizes)) <= WEIGHTS:
            return "neurons"
        if max(sizes) <= WIDEST:
            return "matrices"
    if size <= LEGIBLE:
        return "values"
    if contents.layers and count(contents) <= LEGIBLE and (scrolls or _widest(contents) <= ABREAST):
        return "neurons"
    if contents.layers and (size <= TRACEABLE or len(layers(contents).parts) <= LEGIBLE):
        return "layers"
    return "values" if size <= TRACEABLE and (scrolls or _fits(contents)) else "summary"


def _widest(contents: Contents) -> int:
    """Return the largest number of neurons side by side: those of one layer, for all examples together."""
    found: Counter[str] = Counter()
    for layer in contents.layers:
        found[layer.number] += len(layer.neurons)
    return max(found.values())


def _fits(contents: Contents) -> bool:
    """Return whether a picture of every value has few ranks and few values in each, except for constants."""
    now = contents.now
    ranks = [0] * len(now.order)
    for tail, head in sorted(zip(now.tails, now.heads, strict=True), key=lambda edge: -edge[1]):
        ranks[tail] = max(ranks[tail], ranks[head] + 1)
    shown = Counter(rank for rank, kind in zip(ranks, contents.kinds, strict=True) if kind != "constant")
    return len(shown) <= RANKS and max(shown.values()) <= RANKS
