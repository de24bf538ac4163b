"""The page of a training run, made from its recording.

It has four parts: a picture of the network whose numbers and weights change; the network's predictions and
their colour scale; one example as a graph, whose leaves the page sets; and the frames of the recording.
"""

from __future__ import annotations

import copy
import struct
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from engine import Drawing, Value, graph
from engine.characters import printable
from engine.labels import number
from engine.numeric import real, told
from engine.pictures.contents import Contents
from engine.pictures.page.page import theme
from engine.pictures.plans import layers, neurons, values
from engine.pictures.snapshot import Snapshot, span
from engine.pictures.svg import embed
from engine.pictures.svg.diagram import Arrow, Box, Diagram
from engine.pictures.svg.look import text_width
from engine.pictures.svg.svg import BOX_PADDING
from engine.source import live
from nn.history import History
from nn.layers import MLP, index, scalars, symbol
from nn.train import paired

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.pictures.contents import Part, PicturePlan
    from nn.history import Frame, Recording
    from nn.losses import Cost
    from nn.module import Module

MOST = 60
"""The most boxes that are drawn one by one; a larger network is drawn layer by layer."""
WIDEST = "−1.234e−05"
THIN, THICK = 0.6, 6.0


Line: TypeAlias = tuple[str, list[int]]
"""A text, and the indices of the values whose numbers follow it."""
Weight: TypeAlias = tuple[str, int, str]
"""The id of an arrow, the edge whose local derivative is the weight, and the weight's name."""


@dataclass(frozen=True, slots=True)
class NetworkPicture:
    """A picture of a graph, with the lines of each box, by its id, so that a page can change the numbers."""

    diagram: Diagram
    boxes: list[tuple[str, list[Line]]]
    weights: list[Weight]

    @property
    def payload(self) -> dict[str, Any]:
        """Return what a page needs of it."""
        return {"boxes": self.boxes, "weights": self.weights}


def network(C: Value, parameters: list[Value], title: str) -> NetworkPicture:
    """Draw a box for each neuron with its activation; arrows show the size and the sign of weights.

    Without neurons there is a box for each value; with too many, one for each layer.

    >>> from nn import MLP
    >>> model = MLP(1, [1])
    >>> found = network(model([1.0]) ** 2, model.parameters(), "so")
    >>> found.boxes, found.weights
    ([('n2', [('', [2])]), ('g0', [('', [3])]), ('n4', [('', [4])])], [('e0', 2, 'w^(1)')])
    """
    contents = Contents(Snapshot(C), parameters)
    plan = neurons(contents) if contents.layers else values(contents)
    if len(plan.parts) > MOST:
        plan = layers(contents)
    lines = {part.id: _lines(plan, part) for part in plan.parts}
    known = _weights(contents)
    weights = [
        (f"e{k}", edge, known[edge])
        for k, link in enumerate(plan.links)
        for edge in link.edges
        if len(link.edges) == 1 and edge in known
    ]
    boxes = tuple(_box(part, lines[part.id], contents.now.data) for part in plan.parts)
    arrows = _arrows(plan, {id: contents.now.slopes[edge] for id, edge, _ in weights})
    drawn = Diagram(title, _said(plan, weights), boxes, arrows, plan.clusters)
    return NetworkPicture(drawn, list(lines.items()), weights)


def _weights(contents: Contents) -> dict[int, str]:
    """Return the edges into neurons with the name of their weight, which is the local derivative."""
    found: dict[int, str] = {}
    for layer in contents.layers:
        n = len(layer.inputs)
        for z in (neuron.z for neuron in layer.neurons):
            first = contents.now.firsts[contents.now.place[z]] + len(z.parents) - n
            found |= {first + k: printable(w.label) for k, w in enumerate(z.parents[-2 * n : -n])}
    return found


def _lines(plan: PicturePlan, part: Part) -> list[Line]:
    """Return one number for a value or a neuron: for a neuron its activation, which is computed last."""
    if plan.level != "layers" or len(part.places) == 1:
        return [("", [max(part.places)])]
    return [(row.text, list(row.places)) for row in part.rows if row.of == "data"]


def _box(part: Part, lines: list[Line], data: Sequence[float]) -> Box:
    """Return the box as a page draws it, with room for later numbers."""
    rows = [_row(text, [data[place] for place in places]) for text, places in lines]
    room = max(text_width(f"{text} {' … '.join([WIDEST] * min(len(places), 2))}") for text, places in lines)
    return Box(part.id, (part.header, *rows), part.kind, part.cluster, room=room + 2 * BOX_PADDING)


def _row(text: str, numbers: list[float]) -> str:
    """Return a text with its number, or with the least and the greatest of several."""
    return f"{text} {span(numbers)}".strip() if numbers else text


def _arrows(plan: PicturePlan, weights: dict[str, float]) -> tuple[Arrow, ...]:
    largest = max(map(abs, weights.values()), default=0.0) or 1.0
    arrows = []
    for k, link in enumerate(plan.links):
        weight = weights.get(f"e{k}", 0.0)
        width = THIN + (THICK - THIN) * abs(weight) / largest
        arrows.append(Arrow(f"e{k}", link.tail, link.head, "", (weight > 0) - (weight < 0), width))
    return tuple(arrows)


def _said(plan: PicturePlan, weights: list[Weight]) -> str:
    drawn = plan.said or f"{len(plan.parts)} values"
    told = f" {len(weights)} arrows are as wide as their weight is large, blue where it is positive."
    return f"{drawn}.{told if weights else ''}"


# ── The network's predictions: what kind of picture, and its colour scale ─────────────────────────

SURE = 4.0
"""The logit from which on a network counts as sure: σ(4) = 0.98."""


def kind(inputs: int, outputs: int, desired: int) -> str:
    """Return the kind of picture: a field over two inputs or a curve over one, for one output; else a table.

    >>> kind(2, 1, 1), kind(1, 1, 1), kind(2, 2, 2)
    ('field', 'curve', 'table')
    """
    return {(2, 1, 1): "field", (1, 1, 1): "curve"}.get((inputs, outputs, desired), "table")


def scale(cost: Cost, desired: Sequence[float]) -> dict[str, Any]:
    """Return the output in the middle, how far from it a colour is full, and the classes if there are two.

    Scores separate classes at 0, whatever numbers stand for the classes; other outputs separate them in the
    middle of the desired outputs.

    >>> from nn import COSTS
    >>> scale(COSTS["squared_error"], [0.0, 1.0])
    {'middle': 0.5, 'reach': 0.5, 'classes': [0.0, 1.0]}
    >>> scale(COSTS["binary_cross_entropy_from_logits"], [1.0, 0.0])
    {'middle': 0.0, 'reach': 4.0, 'classes': [0.0, 1.0]}
    >>> scale(COSTS["squared_error"], [1.0, 2.0, 4.0])
    {'middle': 2.5, 'reach': 1.5, 'classes': None}
    """
    distinct = {*desired}
    if distinct.issubset((0.0, 1.0)):
        distinct = {0.0, 1.0}
    low, high = min(distinct), max(distinct)
    middle, reach = (low + high) / 2, (high - low) / 2 or 1.0
    if cost.reads == "scores" and low >= 0:
        middle, reach = 0.0, SURE
    return {"middle": middle, "reach": reach, "classes": [low, high] if len(distinct) == 2 else None}


# ── One example of a training as a graph ──────────────────────────────────────────────────────────


class Example(NamedTuple):
    """An example, one number for each input and each desired output."""

    inputs: list[float]
    desired: list[float]


@dataclass(frozen=True, slots=True)
class Scene:
    """The cost of an example as a graph, with the nodes that a page reads or sets."""

    C: Value
    parameters: list[Value]
    inputs: list[Value]
    outputs: list[Value]
    """What the model returned; the cost may use only a part of it."""
    desired: list[Value]

    @property
    def given(self) -> list[Value]:
        """The leaves that a page sets, in this order."""
        return [*self.parameters, *self.inputs, *self.desired]

    @property
    def used(self) -> list[int]:
        """The indices of those given leaves that the cost depends on."""
        leaves = {*graph.leaves(self.C)}
        return [k for k, leaf in enumerate(self.given) if leaf in leaves]

    @property
    def example(self) -> Example:
        """The numbers of its leaves."""
        return Example([x.data for x in self.inputs], [y.data for y in self.desired])


def staged(
    recording: Recording, frame: Frame, examples: Sequence[tuple[Any, Any]]
) -> tuple[Scene, list[Example]]:
    """Return the graph of the first example with a frame's parameters, and the numbers of all examples.

    The model itself does not change. Raises TypeError for examples that are not numbers, and ValueError if
    one has a different graph, since the first one's graph cannot compute it.
    """
    from engine.tape import Tape  # noqa: PLC0415  (NumPy is loaded where it is used)

    model = copy.deepcopy(recording.model)
    for parameter, x in zip(model.parameters(), frame.parameters, strict=True):
        parameter.data = x
    first = _scene(model, recording.cost, *examples[0])
    tape = Tape(first.C, params=[first.given[k] for k in first.used])
    found = []
    for k, (x, y) in enumerate(examples):
        scene = _scene(model, recording.cost, x, y)
        if not tape.matches(scene.C):
            raise ValueError(
                f"example {k} is not computed in the same way as the first one; a page can show models and "
                "costs that compute all examples alike"
            )
        found.append(scene.example)
    return first, found


def _scene(model: Module, cost: Cost, x: Any, y: Any) -> Scene:
    inputs = _leaves("input", scalars(x), *(("a", 0) if isinstance(model, MLP) else ("x", None)))
    answer = model(_as_given(x, inputs))  # type: ignore[operator]  # a model is callable
    outputs = [answer] if isinstance(answer, Value) else list(answer)
    desired = _leaves("desired output", cost.desired(y, len(outputs)), "y")
    C = cost.function(answer, _as_given(y, desired))
    C.label = C.label or "C"
    return Scene(C, model.parameters(), inputs, outputs, desired)


def _leaves(what: str, numbers: Sequence[Any], letter: str, layer: int | None = None) -> list[Value]:
    return [
        Value(
            x.data if isinstance(x, Value) else real(x, what),
            label=symbol(letter, index(k, len(numbers)), layer=layer),
        )
        for k, x in enumerate(numbers)
    ]


def _as_given(given: object, leaves: list[Value]) -> Value | list[Value]:
    """Return one Value for one number, and a list for a list or for the number of a class."""
    return leaves if isinstance(given, Iterable) or len(leaves) != 1 else leaves[0]


# ── The page of a training run, made from its recording ───────────────────────────────────────────

T = TypeVar("T")

NUMBERS = 1_000_000
"""The most parameters in all frames of a page, which then has about 11 MB; further frames are thinned out."""
EXAMPLES = 500
SCRIPTS = ("frames", "charts", "graph", "costs", "field", "outcome", "training")
STILL = (
    '<p class="still">This is how training left the network. It can be followed from the start where scripts '
    "may run: in a notebook that is trusted, or in the file that <code>.save()</code> writes.</p>"
)


def play_training(
    history: History, *, examples: tuple[Iterable[Any], Iterable[Any]] | None = None
) -> TrainingPlayer:
    """Return the training of a small network as a page to scrub through: its graph, cost and predictions.

    ``history`` is what ``fit(…, record=True)`` returned. A notebook shows the page; ``save`` writes it.
    ``examples`` are the inputs and desired outputs to show, by default those that the network was trained on;
    of more than 500, an evenly spaced selection is shown.

    Raises ValueError for a history without recorded frames, and for examples that have different graphs;
    TypeError for examples that are not numbers, and for a model with a custom node.

    >>> from nn import MLP, data, fit
    >>> history = fit(MLP(2, [2, 1], activation="tanh"), *data.xor(), epochs=40, record=True)
    >>> play_training(history)
    <TrainingPlayer of 41 frames, epochs 0 to 40; .save("training.html") writes it>
    """
    if not isinstance(history, History):
        raise TypeError(f"play_training takes the history that fit returns, got {told(history)}")
    if history.recording is None or not history.recording.frames:
        raise ValueError("nothing was recorded in this training; train with fit(…, record=True)")
    chosen = history.recording.examples if examples is None else _pairs(examples)
    return TrainingPlayer(history.recording, chosen)


def _pairs(examples: object) -> list[tuple[Any, Any]]:
    if not isinstance(examples, tuple | list) or len(examples) != 2:
        raise TypeError(
            f"examples must be inputs and desired outputs, as in (xs, ys), got {told(examples)}; pass both"
        )
    xs, ys = examples
    return [(x, y) for _, x, y in paired(xs, ys)]


class TrainingPlayer:
    """A training run as a page. A notebook shows it, or a picture of the end if scripts may not run."""

    def __init__(self, recording: Recording, examples: Sequence[tuple[Any, Any]]) -> None:
        self.frames = _thinned(recording.frames, _room(recording.frames[0]))
        self._cost = recording.cost
        self._scene, self._examples = staged(recording, self.frames[-1], _thinned(examples, EXAMPLES))
        self._evaluate = live(self._scene.C, [self._scene.given[k] for k in self._scene.used])

    @property
    def html(self) -> str:
        """The page: one file that needs no server and no network."""
        return embed.document("Training of a network", self._view)

    def save(self, path: str | Path) -> None:
        """Write the page; raise ValueError unless the file's name ends in .html."""
        embed.write(path, self.html)

    def _repr_html_(self) -> str:
        return self._view

    @cached_property
    def _view(self) -> str:
        last = self.frames[-1]
        title = f"The network at epoch {last.epoch:g}, cost {number(last.cost, 4)}"
        drawn = network(self._scene.C, self._scene.parameters, title)
        player, ours = files("engine.pictures.page"), files(__package__)
        scripts = [player / "controls.js", player / "numbers.js", *(ours / f"{name}.js" for name in SCRIPTS)]
        styles = [player / "controls.css", ours / "training.css"]
        return embed.view(
            "training",
            Drawing(drawn.diagram).svg,
            title,
            payload=self._payload() | {"picture": drawn.payload},
            css="\n".join([theme(), *map(embed.text, styles)]),
            js="\n".join([self._evaluate, *map(embed.text, scripts)]),
            below=STILL,
        )

    def _payload(self) -> dict[str, Any]:
        scene = self._scene
        place = {node: k for k, node in enumerate(graph.topological_order(scene.C))}
        inputs, outputs = scene.inputs, [node for node in scene.outputs if node in place]
        return {
            "frames": _packed(self.frames),
            "leaves": scene.used,
            "outputs": [place[node] for node in outputs],
            "examples": [example._asdict() for example in self._examples],
            "names": {
                "inputs": [printable(node.label) for node in inputs],
                "outputs": [printable(node.label) or "output" for node in outputs],
                "desired": [printable(node.label) for node in scene.desired],
            },
            "kind": kind(len(inputs), len(outputs), len(scene.desired)),
            "scale": scale(self._cost, [y for _, desired in self._examples for y in desired]),
        }

    def __repr__(self) -> str:
        first, last = self.frames[0].epoch, self.frames[-1].epoch
        count = f"{len(self.frames)} frames, epochs {first:g} to {last:g}"
        return f'<TrainingPlayer of {count}; .save("training.html") writes it>'


def _packed(frames: Sequence[Frame]) -> dict[str, Any]:
    """Return the frames as columns; the parameters are exact, and take less space than text."""
    numbers = [x for frame in frames for x in frame.parameters]
    return {
        "epochs": [frame.epoch for frame in frames],
        "costs": [frame.cost if isfinite(frame.cost) else None for frame in frames],
        "parameters": b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode(),
    }


def _thinned(items: Sequence[T], most: int) -> list[T]:
    """Return at most so many items, evenly spaced, the first and the last among them.

    >>> _thinned(range(10), 4), _thinned("abc", 4)
    ([0, 3, 6, 9], ['a', 'b', 'c'])
    """
    if len(items) <= most:
        return list(items)
    return [items[k * (len(items) - 1) // (most - 1)] for k in range(most)]


def _room(frame: Frame) -> int:
    """Return how many frames of this size fit into a page."""
    size = len(frame.parameters)
    if size > NUMBERS // 2:
        raise ValueError(
            f"the model has {size:,} parameters, too many for a page; it has room for {NUMBERS // 2:,}"
        )
    return NUMBERS // size
