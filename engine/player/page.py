"""The step-through of a graph as one self-contained page."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from engine.given import a_value
from engine.graph import topological_order
from engine.names import names
from engine.pictures.contents import Contents
from engine.pictures.details import TRACEABLE, plan
from engine.pictures.snapshot import Snapshot
from engine.pictures.wording import counted
from engine.real import finite
from engine.rendering import embed, layout
from engine.source import live
from engine.source.arguments import leaves_of

from .leaves import choose
from .payload import payload, recorded
from .picture import Picture
from .theme import theme

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.value import Value

    from .leaves import Leaves

MOST = TRACEABLE
"""Values that a page walks through; nobody steps through more."""
SCRIPTS = (
    "controls", "numbers", "graph", "timeline", "symbols", "telling", "picture", "leaves", "descent", "curve",
    "paths", "table", "player",
)  # fmt: skip
STYLES = ("controls", "player")
BELOW = (
    '<p class="still">This is a still picture. Where scripts may run, in a notebook that is trusted or in a '
    "page that <code>.save</code> has written, one can step through it and change its numbers.</p>"
)


def play(C: Value, *, leaves: Iterable[Value] | None = None, lr: float = 0.1) -> Player:
    """The forward and the backward pass step by step, as a page that needs no server and no network.

    A notebook shows it; ``save`` writes it. ``leaves`` are those that get a slider: where none are given the
    labelled ones, parameters first, up to a dozen. ``lr`` is the learning rate that gradient descent begins
    with. The page computes from the leaves' numbers as they are now; the graph and its gradients are left as
    they are, and no ``backward()`` is needed before.

    TypeError for what is no Value or no number; ValueError for a node that is no leaf of C, for a learning
    rate that is not finite, and for a graph of more than 1,000 values.

    >>> from engine import Value
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> play((w * x - 3.0) ** 2)
    <Player of 6 values and 9 steps; .save("chain.html") writes it>
    """
    a_value(C, "play takes the Value to differentiate")
    rate = finite(lr, "lr")
    order = topological_order(C)
    if len(order) > MOST:
        raise ValueError(
            f"the graph has {len(order):,} values, too many to step through (at most {MOST:,}); play the "
            "cost of one example or of a smaller network, or see the whole with draw(C)"
        )
    chosen = None if leaves is None else leaves_of(order, leaves=leaves)[0]
    return Player(Snapshot(C), cast("list[Value] | None", chosen), rate)


class Player:
    """The step-through of one graph, with its numbers as they were when ``play`` was called."""

    def __init__(self, now: Snapshot, chosen: Iterable[Value] | None, lr: float) -> None:
        contents = Contents(now)
        leaves = choose(now.order, contents.kinds, chosen)
        called = names(now.root, *leaves.all)
        picture = Picture(now, plan(contents), called)
        self._diagram = picture.diagram
        self._name = called[now.root]
        computed = sum(bool(node.parents) for node in now.order)
        self._values = counted(len(now.order), "value")
        self._steps = counted(computed + 1 + len(now.tails), "step")
        script, numbers = _evaluation(now, leaves)
        graph = payload(now.order, called, contents.kinds, leaves) | {
            "picture": picture.to_dict(),
            "rate": lr,
        }
        self._view = embed.view(
            "player",
            layout.svg(self._diagram),  # our own: a page is the same wherever it was made
            self._diagram.description,
            payload=graph | numbers,
            css="\n".join([theme(), *(_part(f"{name}.css") for name in STYLES)]),
            js="\n".join([script, *(_part(f"{name}.js") for name in SCRIPTS)]),
            below=BELOW,
        )

    @property
    def html(self) -> str:
        """The whole page: one text that can be saved, sent, and opened without a network."""
        return embed.document(f"{self._name}, forward and backward", self._view)

    def save(self, path: str | Path) -> None:
        """Write the page; ValueError where the file's ending is not .html."""
        embed.write(path, self.html)

    def _repr_html_(self) -> str:
        return self._view

    def __repr__(self) -> str:
        return f'<Player of {self._values} and {self._steps}; .save("chain.html") writes it>'


def _evaluation(now: Snapshot, leaves: Leaves) -> tuple[str, dict[str, Any]]:
    """The function that computes all numbers; where no rule of a node can be read, the numbers themselves."""
    try:
        return live(now.root, leaves.all), {}
    except TypeError as error:
        why = f"The numbers cannot be changed here: {error}."
        if now.stale:
            why += f" They do not fit together: {now.stale.told(now.names)}."
        return "const evaluate = null;", {"recorded": recorded(now.order), "why": why}


def _part(name: str) -> str:
    return embed.text(files("engine") / "player" / name)
