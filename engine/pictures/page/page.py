"""The colours of a page as CSS variables: those of the pictures, light and dark.

>>> theme().splitlines()[0][:53]
'.chainrule-view { --paper: #ffffff; --ink: #1a1a1a; -'

The step-through of a graph as one self-contained page.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from engine.arguments import a_value, leaves_of
from engine.graph import topological_order
from engine.labels import names
from engine.numeric import finite, flag
from engine.pictures.contents import Contents
from engine.pictures.plans import TRACEABLE, plan
from engine.pictures.snapshot import Snapshot, how_many
from engine.pictures.svg import embed, layout
from engine.pictures.svg.look import KIND_COLOURS, PALETTE, PATHS, TELLS
from engine.source import live

from .payload import PagePicture, choose, payload, recorded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.value import Value

    from .payload import Leaves

OWN = {
    "light": {
        "ink": "#1a1a1a", "muted": "#5c5c5c", "pale": "#949494", "line": "#c4c4c4", "raised": "#f4f5f7",
        "accent": "#0072b2", "on-accent": "#ffffff", "focus": "#b34700", "alarm": "#a32900",
        "active": "#c2185b",
    },
    "dark": {
        "ink": "#eceff4", "muted": "#a6adba", "pale": "#6e6e6e", "line": "#4a505c", "raised": "#1f2430",
        "accent": "#56b4e9", "on-accent": "#111111", "focus": "#e69f00", "alarm": "#ff9a66",
        "active": "#f0e442",
    },
}  # fmt: skip
"""What no picture has: of text, lines and buttons, and of what a step is about."""


def theme() -> str:
    """The style rules that set the variables on every view; what the page tells of its theme wins."""
    light, dark = map(_variables, ("light", "dark"))
    return "\n".join(
        [
            f".chainrule-view {{ {light} {_shared()} }}",
            f"@media (prefers-color-scheme: dark) {{ .chainrule-view {{ {dark} }} }}",
            f":is({TELLS['light']}) .chainrule-view {{ {light} }}",
            f":is({TELLS['dark']}) .chainrule-view {{ {dark} }}",
        ]
    )


def _variables(name: str) -> str:
    return f"{_set({'paper': PALETTE[name]['ground']} | OWN[name])} color-scheme: {name};"


def _shared() -> str:
    """The hues of kinds and of paths, which are the same in both themes."""
    colours = {
        f"{kind}-{part}": hues[part] for kind, hues in KIND_COLOURS.items() for part in ("fill", "ink")
    }
    return _set(colours | {f"path{k}": colour for k, colour in enumerate(PATHS, start=1)})


def _set(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


# ── The step-through of a graph as one self-contained page ────────────────────────────────────────

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


def play(C: Value, *, leaves: Iterable[Value] | None = None, lr: float = 0.1, names: bool = True) -> Player:
    """The forward and the backward pass step by step, as a page that needs no server and no network.

    A notebook shows it; ``save`` writes it. ``leaves`` are those that get a slider: where none are given the
    labelled ones, parameters first, up to a dozen. ``lr`` is the learning rate that gradient descent begins
    with. ``names`` calls values without a label by the caller's variables that hold them. The page computes
    from the leaves' numbers as they are now; the graph and its gradients are left as they are, and no
    ``backward()`` is needed before.

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
    return Player(Snapshot(C, names=flag(names, "names")), chosen, rate)


class Player:
    """The step-through of one graph, with its numbers as they were when ``play`` was called."""

    def __init__(self, now: Snapshot, chosen: Iterable[Value] | None, lr: float) -> None:
        contents = Contents(now)
        leaves = choose(now.order, contents.kinds, chosen, now.variables)
        called = names(now.root, *leaves.all, variables=now.variables)
        picture = PagePicture(now, plan(contents), called)
        self._diagram = picture.diagram
        self._name = called[now.root]
        computed = sum(bool(node.parents) for node in now.order)
        self._values = how_many(len(now.order), "value")
        self._steps = how_many(computed + 1 + len(now.tails), "step")
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
    return embed.text(files(__package__) / name)
