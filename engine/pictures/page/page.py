"""The colours of a page as CSS variables: those of the pictures, light and dark.

>>> theme().splitlines()[0][:53]
'.chainrule-view { --paper: #ffffff; --panel: #ffffff;'

The step-through of a graph as one self-contained page.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import saving, showing
from engine.arguments import a_value, advised, leaves_of
from engine.graph import topological_order
from engine.labels import names as all_names
from engine.labels import number
from engine.numeric import finite, flag, short, told
from engine.pictures.contents import Contents
from engine.pictures.drawing import paint
from engine.pictures.picture import Picture
from engine.pictures.plans import LEGIBLE, TRACEABLE, plan
from engine.pictures.snapshot import Snapshot, how_many
from engine.pictures.svg import embed
from engine.pictures.svg.ink import TELLS
from engine.pictures.svg.letters import clean
from engine.pictures.svg.pen import Look
from engine.source import live

from .ask import ASKING, asking, mistaken
from .ask import MOST as ASKED
from .film import SECONDS, Film
from .payload import choose, heading, payload, recorded, typeset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.pictures.svg.diagram import Diagram
    from engine.value import Value

    from .payload import Leaves

OWN = {
    "light": {
        "paper": "#ffffff", "panel": "#ffffff", "sunk": "#f1f3f5", "ink": "#1c1f24", "soft": "#595f69",
        "line": "#d5d8dc", "rim": "#7b828c", "positive": "#0b5cad", "negative": "#b0420a",
        "active": "#b0125a", "marked": "#fbe6ef", "alarm": "#9c2b12", "wrong": "#fbe9e2",
        "right": "#17633c", "fine": "#e2f2e8",
        "class0": "#6247b8", "class1": "#966400", "class2": "#0a7568", "class3": "#8a2b5c",
        "class4": "#4a5f12", "class5": "#44546a",
    },
    "dark": {
        "paper": "#15171b", "panel": "#1d2025", "sunk": "#272b32", "ink": "#e8eaed", "soft": "#a4abb5",
        "line": "#3a4049", "rim": "#949ca7", "positive": "#7fb8ff", "negative": "#ff9f6b",
        "active": "#ff8dba", "marked": "#43182c", "alarm": "#ff9c84", "wrong": "#43211a",
        "right": "#7fd1a4", "fine": "#1b3529",
        "class0": "#b3a1ff", "class1": "#e9bd55", "class2": "#5ad1bd", "class3": "#f0a0cc",
        "class4": "#b5cf6b", "class5": "#a9bad1",
    },
}  # fmt: skip
"""For text, lines and buttons; as in pictures, blue and orange are signs; active marks what a step is about.

The classes of examples have separate colours, so that none looks like a sign.
"""
THEMES = ("auto", "light", "dark")


def theme() -> str:
    """Return the rules that set the variables on every view; a theme that the page around it reports wins."""
    light, dark = map(_variables, ("light", "dark"))
    return "\n".join(
        [
            f".chainrule-view {{ {light} }}",
            f"@media (prefers-color-scheme: dark) {{ .chainrule-view {{ {dark} }} }}",
            *(
                f':is({TELLS[name]}) .chainrule-view, .chainrule-view[data-theme="{name}"] {{ {rules} }}'
                for name, rules in (("light", light), ("dark", dark))
            ),
            'body:has(> [data-theme="light"]) { background: #ffffff }',
            'body:has(> [data-theme="dark"]) { background: #15171b }',
            f"@media print {{ .chainrule-view {{ {light} }} }}",
        ]
    )


def _variables(name: str) -> str:
    colours = " ".join(f"--{part}: {colour};" for part, colour in OWN[name].items())
    return f"{colours} color-scheme: {name};"


# ── The step-through of a graph as one self-contained page ────────────────────────────────────────

MOST = TRACEABLE
"""The maximum number of values that a page steps through; nobody would step through more."""
SCRIPTS = (
    "controls", "numbers", "graph", "timeline", "symbols", "spoken", "story", "beside", "roving", "picture",
    "arrange", "leaves", "descent", "curve", "paths", "table", "link", "drawer", "player",
)  # fmt: skip
STYLES = ("controls", "player")
BELOW = (
    '<p class="still">This is a still picture. Where scripts may run, in a notebook that is trusted or in a '
    "page that <code>.save</code> has written, one can step through it and change its numbers.</p>"
)


@advised
def play(
    C: Value,
    *,
    leaves: Iterable[Value] | None = None,
    lr: float = 0.1,
    title: str | None = None,
    theme: str = "auto",
    names: bool = True,
    ask: bool = False,
) -> Player:
    """Return the forward and the backward pass step by step, as a page that needs no server and no network.

    A notebook shows it, ``show`` opens it in a browser, ``save`` writes it. ``leaves`` are those that get a
    slider; by default the labelled ones, parameters first, up to a dozen. ``lr`` is the initial learning rate
    for gradient descent. ``title`` stands at the top, with names in it typeset. ``theme`` is "light", "dark",
    or "auto", which follows the page around it or the browser. ``names`` decides whether values without a
    label are named after the caller's variables that hold them. The page computes from the leaves' numbers
    as they are now; the graph and its gradients do not change, and no ``backward()`` is needed before.

    With ``ask`` the page asks for the number of each backward step before it shows it, names the mistake that
    explains a wrong answer, and plays it on the picture; its button "Ask me" turns that off and on.

    Raises TypeError for anything that is not a Value, a number or text; ValueError for a node that is not a
    leaf of C, for a learning rate that is not finite, for an unknown theme, and for a graph of more than
    1,000 values, or of more than 200 with ``ask``.

    >>> from engine import Value
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> play((w * x - 3.0) ** 2)
    <Player of 6 values and 8 steps; .save("chain.html") writes it>
    """
    a_value(C, "play takes the Value to differentiate")
    rate = finite(lr, "lr")
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title must be text, got {told(title)}")
    if theme not in THEMES:
        raise ValueError(f"theme must be one of {', '.join(map(repr, THEMES))}, got {short(theme)}")
    order = topological_order(C)
    if len(order) > MOST:
        raise ValueError(
            f"the graph has {len(order):,} values, too many to step through (at most {MOST:,}); play the "
            "cost of one example or of a smaller network, or see the whole with draw(C)"
        )
    if flag(ask, "ask") and len(order) > ASKED:
        raise ValueError(
            f"the graph has {len(order):,} values, too many to be asked about (at most {ASKED:,}); ask about "
            "the cost of a smaller network, or leave ask out"
        )
    chosen = None if leaves is None else leaves_of(order, leaves=leaves)[0]
    return Player(Snapshot(C, names=flag(names, "names")), chosen, rate, title, theme, asks=ask)


class Player:
    """The step-through of one graph, with its numbers at the time of ``play``."""

    def __init__(
        self,
        now: Snapshot,
        chosen: Iterable[Value] | None,
        lr: float,
        title: str | None = None,
        theme_name: str = "auto",
        *,
        asks: bool = False,
    ) -> None:
        contents = Contents(now)
        named = {now.order[place] for place in contents.called} | {*(now.variables or ())}
        leaves = choose(now.order, contents.kinds, chosen, named)
        called = _called(contents, leaves)
        inner = {place: called[node] for place, node in enumerate(now.order) if node.parents}
        several = {
            place: called[now.order[place]]
            for place, name in contents.called.items()
            if _is_copy(name, called[now.order[place]])
        }
        contents.called = inner | contents.called | several  # the picture shows what the equations mention
        diagram = Picture(plan(contents, scrolls=True), now, live=True).diagram
        self._title = heading(contents, called) if title is None else title
        self._values = how_many(len(now.order), "value")
        script, numbers = _evaluation(now, leaves)
        graph = payload(contents, called, leaves) | {
            "rate": lr,
            "title": typeset(self._title),
            "plain": clean(self._title),
            "theme": "" if theme_name == "auto" else theme_name,
        }
        if asks:
            graph["ask"] = asking(now.order)
        self._film = Film(now, called, graph, theme_name)
        self._steps = how_many(len(self._film.moments) - 1, "step")
        self._diagram = diagram
        self._svg = paint(diagram, Look(live=True, theme=theme_name))
        graph["narrow"] = _narrower(diagram, self._svg)
        self._view = embed.view(
            "player",
            self._svg,
            diagram.description,
            payload=graph | numbers,
            css="\n".join(
                [theme(), *(_part(f"{name}.css") for name in STYLES), *([_part("ask.css")] * asks)]
            ),
            js="\n".join([script, *_asking(now, asks=asks), *(_part(f"{name}.js") for name in SCRIPTS)]),
            below=BELOW,
        )

    @property
    def html(self) -> str:
        """The whole page: one text that can be saved, sent, and opened without a network."""
        return embed.document(self._title, alone(self._view))

    def save(self, path: str | Path, *, seconds: float = SECONDS) -> None:
        """Write the page; a file that ends in .svg or .gif is an animated picture of all steps.

        Such a picture has no script and works where a page cannot, in a README or in slides; ``seconds`` is
        the duration of a step. As SVG it is sharp and small, follows the reader's theme, and shows the last
        step to readers who prefer no motion; a GIF needs Typst and Pillow, which the extra ``png`` installs,
        and is light unless ``theme`` is dark.

        Raises ValueError for any other ending than .html, .svg or .gif, and for a duration that is not
        positive; ImportError for a GIF if Typst or Pillow is missing.
        """
        form = saving.ending(path)
        if form not in {"html", "htm", "svg", "gif"}:
            raise ValueError(f"cannot write {Path(path).name!r}: the ending must be .html, .svg or .gif")
        if form in {"html", "htm"}:
            return embed.write(path, self.html)
        if not finite(seconds, "seconds") > 0:
            raise ValueError(f"seconds must be above 0, got {number(seconds)}")
        if form == "svg":
            return saving.write(path, self._film.animated(self._svg, self._title, seconds))
        film, svg = self._in_one_theme()
        return saving.write(path, film.gif(svg, self._title, seconds))

    def _in_one_theme(self) -> tuple[Film, str]:
        """Return the film and its picture, for programs that do not choose between light and dark."""
        theme = "light" if self._film.theme == "auto" else self._film.theme
        return self._film.in_theme(theme), paint(self._diagram, Look(live=True, theme=theme))

    def frames(self, folder: str | Path) -> list[Path]:
        """Write one SVG per step into a folder, ``step-00.svg`` and so on, and return the files.

        The folder is created if it is missing. Raises OSError if a file cannot be written.
        """
        target = saving.folder(folder)
        texts = self._film.frames(self._svg, self._title)
        wide = len(str(len(texts) - 1))
        files = [target / f"step-{k:0{max(2, wide)}}.svg" for k in range(len(texts))]
        for path, text in zip(files, texts, strict=True):
            saving.write(path, text)
        return files

    def show(self) -> None:
        """Open the page in a browser, from a temporary file."""
        showing.page(self.html, "chainrule-play")

    def _repr_html_(self) -> str:
        return self._view

    def __repr__(self) -> str:
        return f'<Player of {self._values} and {self._steps}; .save("chain.html") writes it>'


def alone(view: str) -> str:
    """Return a view that is alone on its page, and fills it.

    >>> alone('<div class="chainrule-view" data-view="player"></div>')
    '<div class="chainrule-view" data-alone role="main" data-view="player"></div>'
    """
    return view.replace(' data-view="', ' data-alone role="main" data-view="', 1)


def _is_copy(label: str, name: str) -> bool:
    """Return whether a name distinguishes a value from others with the same label: z[2]."""
    return name != label and name.startswith(f"{label}[")


def _called(contents: Contents, leaves: Leaves) -> dict[Value, str]:
    """Return the names in formulas; an unlabelled input of a network has the same name as in the picture."""
    now = contents.now
    found = all_names(now.root, *leaves.all, variables=now.variables)
    taken = {*found.values()}
    given = {now.order[place]: name for place, name in contents.called.items() if not now.order[place].label}
    return found | {node: name for node, name in given.items() if name not in taken}


def _evaluation(now: Snapshot, leaves: Leaves) -> tuple[str, dict[str, Any]]:
    """Return the function that computes all numbers, or the numbers themselves if a rule is unreadable."""
    try:
        return live(now.root, leaves.all), {}
    except TypeError as error:
        why = f"The numbers cannot be changed here: {error}."
        if now.stale:
            why += f" They do not fit together: {now.stale.told(now.names)}."
        return "const evaluate = null;", {"recorded": recorded(now.order), "why": why}


def _narrower(diagram: Diagram, usual: str) -> str:
    """Return the picture from top to bottom for a narrow screen, if that is narrower.

    It has no style sheet, since the usual picture contains it.
    """
    if diagram.level != "values" or len(diagram.boxes) > LEGIBLE:
        return ""
    down = paint(diagram, Look(live=True, direction="down"))
    wide, narrow = (float(re.findall(r' width="([\d.]+)"', svg)[0]) for svg in (usual, down))
    return re.sub(r"<style>.*?</style>", "", down, flags=re.DOTALL) if narrow < wide - 1 else ""


def _asking(now: Snapshot, *, asks: bool) -> list[str]:
    """Return the scripts of a page that asks, a fifth of its size; none for other pages."""
    return [mistaken(now.order), *(_part(f"{name}.js") for name in ASKING)] if asks else []


def _part(name: str) -> str:
    return embed.text(files(__package__) / name)
