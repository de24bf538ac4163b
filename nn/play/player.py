"""The page of a training, made of its recording."""

from __future__ import annotations

import struct
from base64 import b64encode
from functools import cached_property
from importlib.resources import files
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from engine import Drawing, graph
from engine.characters import printable
from engine.names import number
from engine.player.theme import theme
from engine.real import told
from engine.rendering import embed
from engine.source import live
from nn.train import History, paired

from . import outcome
from .network import network
from .scene import staged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nn.recording import Frame, Recording


T = TypeVar("T")

NUMBERS = 1_000_000
"""Parameters in all frames of a page, which has about 11 MB then; more frames are thinned out."""
EXAMPLES = 500
SCRIPTS = ("frames", "charts", "graph", "costs", "field", "outcome", "training")
STILL = (
    '<p class="still">This is how training left the network. It can be followed from the start where scripts '
    "may run: in a notebook that is trusted, or in the file that <code>.save()</code> writes.</p>"
)


def play_training(
    history: History, *, examples: tuple[Iterable[Any], Iterable[Any]] | None = None
) -> TrainingPlayer:
    """The training of a small network as a page to scrub through: its graph, its cost, and what it says.

    ``history`` is what ``fit(…, record=True)`` returned. A notebook shows the page; ``save`` writes it.
    ``examples`` are the inputs and the desired outputs to show, perhaps others than the network was trained
    on, which are shown where none are given. Of more than 500 some are, evenly chosen.

    ValueError for a history without recorded frames, and for examples that are not all computed alike;
    TypeError for examples that are no numbers, and for a model with a node that was made by hand.

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
    """A training as a page. A notebook shows it, as a picture of the end where scripts may not run."""

    def __init__(self, recording: Recording, examples: Sequence[tuple[Any, Any]]) -> None:
        self.frames = _thinned(recording.frames, _room(recording.frames[0]))
        self._cost = recording.cost
        self._scene, self._examples = staged(recording, self.frames[-1], _thinned(examples, EXAMPLES))
        self._evaluate = live(self._scene.C, [self._scene.given[k] for k in self._scene.used])

    @property
    def html(self) -> str:
        """The page: one file without a server, a network or anything else that it needs."""
        return embed.document("Training of a network", self._view)

    def save(self, path: str | Path) -> None:
        """Write the page; ValueError where the file's ending is not .html."""
        embed.write(path, self.html)

    def _repr_html_(self) -> str:
        return self._view

    @cached_property
    def _view(self) -> str:
        last = self.frames[-1]
        title = f"The network at epoch {last.epoch:g}, cost {number(last.cost, 4)}"
        drawn = network(self._scene.C, self._scene.parameters, title)
        player, ours = files("engine") / "player", files("nn") / "play"
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
            "kind": outcome.kind(len(inputs), len(outputs), len(scene.desired)),
            "scale": outcome.scale(self._cost, [y for _, desired in self._examples for y in desired]),
        }

    def __repr__(self) -> str:
        first, last = self.frames[0].epoch, self.frames[-1].epoch
        count = f"{len(self.frames)} frames, epochs {first:g} to {last:g}"
        return f'<TrainingPlayer of {count}; .save("training.html") writes it>'


def _packed(frames: Sequence[Frame]) -> dict[str, Any]:
    """Frames as columns; the parameters to the bit, and in less space than as text."""
    numbers = [x for frame in frames for x in frame.parameters]
    return {
        "epochs": [frame.epoch for frame in frames],
        "costs": [frame.cost if isfinite(frame.cost) else None for frame in frames],
        "parameters": b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode(),
    }


def _thinned(items: Sequence[T], most: int) -> list[T]:
    """At most so many, evenly chosen, the first and the last among them.

    >>> _thinned(range(10), 4), _thinned("abc", 4)
    ([0, 3, 6, 9], ['a', 'b', 'c'])
    """
    if len(items) <= most:
        return list(items)
    return [items[k * (len(items) - 1) // (most - 1)] for k in range(most)]


def _room(frame: Frame) -> int:
    """How many frames like this one a page has room for."""
    size = len(frame.parameters)
    if size > NUMBERS // 2:
        raise ValueError(
            f"the model has {size:,} parameters, too many for a page; it has room for {NUMBERS // 2:,}"
        )
    return NUMBERS // size
