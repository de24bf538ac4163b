"""The plan of a picture: what each box and each arrow stands for, before any number is written.

The kinds of leaves: parameters, inputs, and constants.

Frames around layers and neurons, with their titles.

A graph as all plans see it: its numbers, the kinds of its leaves, its layers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine import rules
from engine.formula import symbol
from engine.neurons import layers, parameters_of, weighted_sums
from engine.rules import constant

from . import snapshot
from .svg.diagram import Cluster

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from engine.neurons import FoundLayer, FoundNeuron
    from engine.value import Value

    from .snapshot import Snapshot
    from .svg.letters import Text


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A line of a box: a name with the data, or the grads, of the values at some places; or only text."""

    text: str
    places: tuple[int, ...] = ()
    of: Literal["data", "grads"] = "data"


@dataclass(frozen=True, slots=True)
class Part:
    """A box: its lines, and the places of all values that it stands for."""

    id: str
    header: str
    rows: tuple[BoxRow, ...]
    kind: str
    places: tuple[int, ...]
    cluster: str = ""
    glyph: Text = ()
    """What stands in the mark of several values, as mathematics; if it is empty, the header."""


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow: the ids of the boxes at its ends, and the places of all edges that it stands for."""

    tail: str
    head: str
    edges: tuple[int, ...]
    on: int = -1
    """The edge that continues inside the box: the arrow's local derivative is the product of both edges'."""
    label: str = ""
    """Its label, in place of its local derivative."""


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """The boxes, parents before children, the links between them, and the frames around them."""

    level: str
    parts: tuple[Part, ...]
    links: tuple[Link, ...]
    clusters: tuple[Cluster, ...] = ()
    said: str = ""
    """A note on what the boxes stand for, unless each value has its own."""
    contents: Contents | None = None
    """The contents that it is a plan of."""

    @property
    def holders(self) -> tuple[str, ...]:
        """The id of the box that shows each value, in topological order."""
        found = {place: part.id for part in self.parts for place in part.places}
        return tuple(found[place] for place in sorted(found))


# ── The kinds of leaves: parameters, inputs, and constants ────────────────────────────────────────

WEIGHTS = {"w", "θ", "β", "theta", "beta"}
BIAS = "b"
"""The letter of a bias if there are weights; in an expression of a, b and c it is just a letter."""
INPUTS = {"x", "y"}
"""Letters of the documents; for any other letter, or no label, the place in a weighted sum decides."""


def kinds(now: Snapshot, parameters: Iterable[Value] | None = None) -> list[str]:
    """Return the kind of every value of a graph; ``parameters``, if given, are the leaves that count as such.

    >>> from engine import Value
    >>> from .snapshot import Snapshot
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> kinds(Snapshot(w * x + 1.0)), kinds(Snapshot(w * x), [x])
    (['parameter', 'input', 'inner', 'constant', 'root'], ['input', 'parameter', 'root'])
    """
    chosen = set(_weights(now) if parameters is None else parameters)
    letters = WEIGHTS | {BIAS} if chosen or any(map(_is_weight, now.labels)) else WEIGHTS
    found = []
    for node, label in zip(now.order, now.labels, strict=True):
        if node is now.root:
            found.append("root")
        elif node.parents:
            found.append("inner")
        elif parameters is None:
            found.append(_kind(node, symbol(label).letter, chosen, letters))
        else:
            found.append("parameter" if node in chosen else _plain(node))
    return found


def _weights(now: Snapshot) -> Iterable[Value]:
    for zs in weighted_sums(now.order).values():
        for z in zs:
            yield from parameters_of(z)


def _is_weight(label: str) -> bool:
    return symbol(label).letter in WEIGHTS


def _kind(node: Value, letter: str, weights: Container[Value], letters: Container[str]) -> str:
    if node.rule is constant or letter in INPUTS:
        return _plain(node)
    return "parameter" if letter in letters or node in weights else "input"


def _plain(node: Value) -> str:
    return "constant" if node.rule is constant else "input"


# ── Frames around layers and neurons, and their titles ────────────────────────────────────────────

SEVERAL = -1
"""In place of an example's number, for a value that serves several examples."""


class Frames:
    """The frame of each layer, and inside it a frame for each neuron if there are several.

    >>> from engine import Value, affine
    >>> from engine.neurons import layers
    >>> from .snapshot import Snapshot
    >>> b, w, x = Value(0.0, label="b"), Value(1.0, label="w"), Value(2.0, label="x")
    >>> root = affine(b, [w], [x]).tanh()
    >>> frames = Frames(Snapshot(root), layers(root))
    >>> frames.all[0].title, list(frames.of) == [b, w, root.parents[0], root]
    ('neuron', True)
    """

    def __init__(self, now: Snapshot, layers: Sequence[FoundLayer]) -> None:
        self.layers: list[Cluster] = []
        """One for each layer."""
        self.all: list[Cluster] = []
        self.of: dict[Value, str] = {}
        """The innermost frame around each value that has one."""
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


def _title(layer: FoundLayer, layers: Sequence[FoundLayer], examples: Sequence[int], now: Snapshot) -> str:
    alone = len(layers) == len(layer.neurons) == 1 and not symbol(layer.neurons[0].z.label).layer
    title = "neuron" if alone else snapshot.cut(f"layer {layer.number}")
    example = examples[now.place[layer.neurons[0].z]] if examples else SEVERAL
    return title if example == SEVERAL else f"{title}, example {example}"


def _of_neuron(neuron: FoundNeuron, j: int) -> str:
    below = symbol(neuron.z.label).below
    return snapshot.cut(f"neuron {below or j}")


def _examples(now: Snapshot) -> list[int]:
    """Return, for each value, the only example that it serves, if the root is the mean of several costs."""
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


# ── Plain networks: layers, each of which reads the one before it, and a cost ─────────────────────

PASSED = 12
"""The most operations between outputs and cost that a picture omits."""


class PlainNetwork(NamedTuple):
    """The layers of a plain network, and the cost at its end."""

    layers: Sequence[FoundLayer]
    cost: Value | None
    """None if the only output is the root."""
    targets: tuple[Value, ...]
    """The other leaves that the cost reads."""
    direct: bool
    """Whether the cost reads the outputs directly, each once."""

    @property
    def inputs(self) -> tuple[Value, ...]:
        """The values that the first layer reads."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> list[Value]:
        """The outputs of the last layer."""
        return [neuron.a for neuron in self.layers[-1].neurons]


def find(now: Snapshot, layers: Sequence[FoundLayer]) -> PlainNetwork | None:
    """Return the network that a graph consists of.

    It is None if layers share weights, skip, branch, or serve several examples.

    >>> from engine import Value, affine
    >>> from engine.neurons import layers
    >>> from .snapshot import Snapshot
    >>> b, w, x = Value(0.0, label="b"), Value(1.0, label="w"), Value(2.0, label="x")
    >>> root = affine(b, [w], [x]).tanh()
    >>> find(Snapshot(root), layers(root)).inputs == (x,), find(Snapshot(root * x), layers(root * x))
    (True, None)
    """
    if not layers or not _follow(now, layers):
        return None
    inside = {node for layer in layers for neuron in layer.neurons for node in neuron.nodes}
    inside |= set(layers[0].inputs)
    outputs = [neuron.a for neuron in layers[-1].neurons]
    rest = [node for node in now.order if node not in inside]
    if not rest:
        return PlainNetwork(layers, None, (), direct=True)
    if now.root in inside or sum(bool(node.parents) for node in rest) > PASSED:
        return None
    leaves = [node for node in rest if not node.parents]
    once = all(now.readings[now.place[a]] == 1 for a in outputs)
    direct = once and len(rest) == len(leaves) + 1
    shown = leaves if direct else [leaf for leaf in leaves if leaf.label or leaf.rule is not constant]
    return PlainNetwork(layers, now.root, tuple(shown), direct)


def _follow(now: Snapshot, layers: Sequence[FoundLayer]) -> bool:
    """Return whether each layer reads exactly the outputs of the one before, and nothing else is involved."""
    given = layers[0].inputs
    if len(set(given)) < len(given) or any(x.parents for x in given):
        return False
    for layer in layers:
        if layer.inputs != given or any(neuron.own != neuron.parameters for neuron in layer.neurons):
            return False
        if any(now.readings[now.place[x]] != len(layer.neurons) for x in given):
            return False
        given = tuple(neuron.a for neuron in layer.neurons)
    return True


# ── A graph as all plans see it: its numbers, the kinds of its leaves, its layers ─────────────────


class Contents:
    """The contents of a graph; each part is computed when it is first used."""

    def __init__(self, now: Snapshot, parameters: Iterable[Value] | None = None) -> None:
        self.now = now
        self.kinds = kinds(now, parameters)

    @cached_property
    def layers(self) -> list[FoundLayer]:
        """The layers of neurons, first to last."""
        return layers(self.now.root)

    @cached_property
    def layer_of(self) -> dict[Value, FoundLayer]:
        """The layer of every z and a."""
        return {
            node: layer for layer in self.layers for neuron in layer.neurons for node in (neuron.z, neuron.a)
        }

    @cached_property
    def network(self) -> PlainNetwork | None:
        """The network, if the graph is a plain network and nothing else."""
        return find(self.now, self.layers)

    @cached_property
    def called(self) -> dict[int, str]:
        """The label of every value that has one, by place; an unlabelled input of a network is a_k^(0)."""
        found = {place: label for place, label in enumerate(self.now.labels) if label}
        inputs = self.network.inputs if self.network else ()
        for k, x in enumerate(inputs):
            found.setdefault(self.now.place[x], f"a_{k}^(0)" if len(inputs) > 1 else "a^(0)")
        targets = self.network.targets if self.network else ()
        for k, y in enumerate(targets):
            found.setdefault(self.now.place[y], f"y_{k}" if len(targets) > 1 else "y")
        return found

    @cached_property
    def frames(self) -> Frames:
        """The frames around layers and neurons."""
        return Frames(self.now, self.layers)

    @cached_property
    def hidden(self) -> dict[int, int]:
        """The leaves that only a picture of every value shows separately, with the z that first reads each.

        These are weights and biases that only neurons read, and only as weights and biases.
        """
        readings: Counter[Value] = Counter()
        first: dict[Value, Value] = {}
        for z, parameters in ((it.z, it.parameters) for layer in self.layers for it in layer.neurons):
            readings.update(parameters)
            first |= {p: z for p in parameters if p not in first}
        place, all_readings = self.now.place, self.now.readings
        return {place[p]: place[first[p]] for p, count in readings.items() if count == all_readings[place[p]]}

    def box(self, place: int, cluster: str = "") -> Part:
        """Return the box of one value."""
        rows = BoxRow("data", (place,)), BoxRow("grad", (place,), "grads")
        return Part(f"n{place}", self.header(place), rows, self.kinds[place], (place,), cluster)

    def header(self, place: int) -> str:
        """Return a value's label or operation."""
        return snapshot.header(self.now.labels[place], self.now.order[place].rule)
