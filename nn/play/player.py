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
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from engine import Value, graph, showing
from engine.characters import printable
from engine.formula import symbol as symbol_of
from engine.formula.typeset import in_html
from engine.labels import names, number
from engine.numeric import in_json, real, told
from engine.pictures.contents import Contents
from engine.pictures.drawing import paint
from engine.pictures.page.page import alone, theme
from engine.pictures.picture import Picture
from engine.pictures.plans import plan
from engine.pictures.snapshot import Snapshot, how_many
from engine.pictures.svg import embed
from engine.pictures.svg.letters import clean, spoken
from engine.pictures.svg.pen import Look
from engine.source import live
from nn.history import History
from nn.layers import MLP, scalars
from nn.module import index, symbol
from nn.train import paired

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nn.history import Frame, Recording
    from nn.ledger import GradientLedger
    from nn.losses import Cost
    from nn.module import Module


def drawn(C: Value, parameters: list[Value], title: str) -> tuple[str, str]:
    """Draw a network in the usual way, with room for later numbers; return the SVG and its description.

    A small number of weights is shown on the arrows, a large number in matrices.

    >>> from nn import MLP
    >>> model = MLP(1, [1])
    >>> svg, said = drawn(model([1.0]) ** 2, model.parameters(), "at epoch 0")
    >>> said.startswith("at epoch 0: "), 'data-value="' in svg
    (True, True)
    """
    contents = Contents(Snapshot(C), parameters)
    diagram = Picture(plan(contents), contents.now, live=True).diagram
    return paint(diagram, Look(live=True)), f"{title}: {diagram.description}"


# ── The network's predictions: what kind of picture, and its colour scale ─────────────────────────

SURE = 4.0
"""The logit above which a network counts as certain: σ(4) = 0.98."""


def kind(inputs: int, outputs: int, desired: Sequence[Sequence[float]]) -> str:
    """Return the kind of picture: for one output, a field over two inputs or a curve over one.

    For several outputs that represent classes, it is a map of the classes over two inputs; else a table.

    >>> kind(2, 1, [[0.0]]), kind(1, 1, [[0.0]]), kind(2, 2, [[0.0, 1.0]]), kind(2, 2, [[0.5, 1.0]])
    ('field', 'curve', 'map', 'table')
    """
    widths = {len(ys) for ys in desired}
    if outputs == 1 and widths == {1}:
        return {1: "curve", 2: "field"}.get(inputs, "table")
    return "map" if inputs == 2 and widths == {outputs} and classes(desired) else "table"


def classes(desired: Sequence[Sequence[float]]) -> bool:
    """Return whether every desired output is one class of several: a single 1 among zeros.

    >>> classes([[0.0, 1.0], [1.0, 0.0]]), classes([[1.0, 1.0]]), classes([[1.0]])
    (True, False, False)
    """
    return all(len(ys) > 1 and sorted(ys) == [0.0] * (len(ys) - 1) + [1.0] for ys in desired)


def sense(cost: Cost) -> str:
    """Return how outputs become probabilities: by softmax, by sigmoid, unchanged, or not at all.

    >>> from nn import COSTS
    >>> sense(COSTS["softmax_cross_entropy"]), sense(COSTS["binary_cross_entropy"]), sense(COSTS["hinge"])
    ('softmax', 'probability', '')
    """
    if cost.reads == "scores":
        by = {"softmax_cross_entropy": "softmax", "hinge": ""}
        return by.get(cost.name, "sigmoid" if cost.name.endswith("_from_logits") else "")
    return "probability" if cost.reads == "probabilities" else ""


def scale(cost: Cost, desired: Sequence[float]) -> dict[str, Any]:
    """Return the middle output, the distance from it with full colour, and the classes if there are two.

    Scores separate classes at 0, whatever numbers encode the classes; other outputs separate them in the
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


# ── One training example as a graph ───────────────────────────────────────────────────────────────


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
    """The model's outputs; the cost may use only a part of them."""
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
    model = copy.deepcopy(recording.model)
    for parameter, x in zip(model.parameters(), frame.parameters, strict=True):
        parameter.data, parameter.grad = x, 0.0
    first = _scene(model, recording.cost, *examples[0])
    course = _course(first)
    found = []
    for k, (x, y) in enumerate(examples):
        scene = _scene(model, recording.cost, x, y)
        if _course(scene) != course:
            raise ValueError(
                f"example {k} is not computed in the same way as the first one; a page can show models and "
                "costs that compute all examples in the same way"
            )
        found.append(scene.example)
    return first, found


def _course(scene: Scene) -> list[tuple[object, ...]]:
    """Return how a cost is computed: for each node its rule and operands, or which leaf it is."""
    order = graph.topological_order(scene.C)
    place = {node: k for k, node in enumerate(order)}
    given = {leaf: k for k, leaf in enumerate(scene.given)}
    return [
        (node.rule, *(place[parent] for parent in node.parents))
        if node.parents
        else (("given", given[node]) if node in given else ("constant", node.data))
        for node in order
    ]


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
"""The maximum number of parameters in all frames of a page (about 11 MB); more frames are thinned out."""
EXAMPLES = 500
POINTS = 1000
"""The maximum number of epochs for which the page has the cost of the validation set."""
SHARES = 6
"""The maximum number of examples listed as moving a weight; the last entry sums up all others."""
SHARED = ("controls", "numbers", "graph", "timeline", "symbols", "spoken", "roving", "picture")
"""Scripts of the page that steps through a graph."""
SCRIPTS = ("frames", "charts", "network", "courses", "classes", "field", "outcome", "training")
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
    if there are more than 500, an evenly spaced selection. With ``fit(…, record=True, ledger=True)`` the page
    lists the examples that have moved the chosen weight most; with ``validation=(xs, ys)``, the cost of those
    examples has a separate curve.

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
        raise ValueError("this training run has no recording; train with fit(…, record=True)")
    chosen = history.recording.examples if examples is None else _pairs(examples)
    return TrainingPlayer(history.recording, chosen, history.ledger, history.validation)


def _pairs(examples: object) -> list[tuple[Any, Any]]:
    if not isinstance(examples, tuple | list) or len(examples) != 2:
        raise TypeError(
            f"examples must be inputs and desired outputs, as in (xs, ys), got {told(examples)}; pass both"
        )
    xs, ys = examples
    return [(x, y) for _, x, y in paired(xs, ys)]


class TrainingPlayer:
    """A training run as a page. A notebook shows it, or a picture of the end if scripts cannot run."""

    def __init__(
        self,
        recording: Recording,
        examples: Sequence[tuple[Any, Any]],
        ledger: GradientLedger | None = None,
        validation: Sequence[float] = (),
    ) -> None:
        self._ledger, self._validation = ledger, validation
        self.frames = _thinned(recording.frames, _room(recording.frames[0]))
        self._cost, self._model = recording.cost, recording.model
        self._scene, self._examples = staged(recording, self.frames[-1], _thinned(examples, EXAMPLES))
        self._evaluate = live(self._scene.C, [self._scene.given[k] for k in self._scene.used])

    @property
    def html(self) -> str:
        """The page: one file that needs no server and no network."""
        return embed.document(self._title, alone(self._view))

    def save(self, path: str | Path) -> None:
        """Write the page; raise ValueError unless the file's name ends in .html."""
        embed.write(path, self.html)

    def show(self) -> None:
        """Open the page in a browser, from a temporary file."""
        showing.page(self.html, "chainrule-training")

    def _repr_html_(self) -> str:
        return self._view

    @cached_property
    def _view(self) -> str:
        last = self.frames[-1]
        title = f"The network at epoch {last.epoch:g}, cost {number(last.cost, 4)}"
        svg, said = drawn(self._scene.C, self._scene.parameters, title)
        shared, ours = files("engine.pictures.page"), files(__package__)
        scripts = [
            *(shared / f"{name}.js" for name in SHARED),
            *(ours / f"{name}.js" for name in SCRIPTS),
        ]
        styles = [shared / "controls.css", ours / "training.css"]
        return embed.view(
            "training",
            svg,
            said,
            payload=self._payload(),
            css="\n".join([theme(), *map(embed.text, styles)]),
            js="\n".join([self._evaluate, *map(embed.text, scripts)]),
            below=STILL,
        )

    @property
    def _title(self) -> str:
        model = self._model
        sizes = f"a {'-'.join(map(str, model.sizes))} network" if isinstance(model, MLP) else "a model"
        return f"Training of {sizes}, {how_many(len(self._examples), 'example')}"

    def _payload(self) -> dict[str, Any]:
        scene = self._scene
        order = graph.topological_order(scene.C)
        place = {node: k for k, node in enumerate(order)}
        called = names(scene.C)
        inputs, outputs = scene.inputs, [node for node in scene.outputs if node in place]
        desired = [example.desired for example in self._examples]
        return {
            "frames": _packed(self.frames),
            "validation": _thinned([*enumerate(map(in_json, self._validation), 1)], POINTS),
            "leaves": scene.used,
            "outputs": [place[node] for node in outputs],
            "examples": [example._asdict() for example in self._examples],
            "names": {
                "inputs": [printable(node.label) for node in inputs],
                "outputs": [printable(node.label) or "output" for node in outputs],
                "desired": [printable(node.label) for node in scene.desired],
            },
            "kind": kind(len(inputs), len(outputs), desired),
            "classes": classes(desired) and len(outputs) == len(scene.desired),
            "sense": sense(self._cost),
            "scale": scale(self._cost, [y for ys in desired for y in ys]),
            "title": clean(self._title),
            "parents": [[place[parent] for parent in node.parents] for node in order],
            "words": [called[node] for node in order],
            "spoken": [spoken(called[node]) for node in order],
            "symbols": [in_html(symbol_of(called[node])).text for node in order],
            "weights": [[place[node], k] for k, node in enumerate(scene.parameters) if node in place],
            "moved": self._ledger and [_moved(self._ledger, k) for k in range(len(scene.parameters))],
        }

    def __repr__(self) -> str:
        first, last = self.frames[0].epoch, self.frames[-1].epoch
        count = f"{how_many(len(self.frames), 'frame')}, epochs {first:g} to {last:g}"
        return f'<TrainingPlayer of {count}; .save("training.html") writes it>'


def _moved(ledger: GradientLedger, k: int) -> list[tuple[str, float]]:
    """Return what moved the k-th parameter most, and how far."""
    return [(share.what, share.moved) for share in ledger.movement(k).largest(SHARES)]


def _packed(frames: Sequence[Frame]) -> dict[str, Any]:
    """Return the frames as columns; the parameters are exact, and take less space than text."""
    numbers = [x for frame in frames for x in frame.parameters]
    return {
        "epochs": [frame.epoch for frame in frames],
        "costs": [frame.cost if isfinite(frame.cost) else None for frame in frames],
        "parameters": b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode(),
    }


def _thinned(items: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` items, evenly spaced, including the first and the last.

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
