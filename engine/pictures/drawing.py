"""A picture in a notebook, in a file, or as a table.

Pictures: the graph of a Value, one box for each node and one arrow for each operand.
"""

from __future__ import annotations

import subprocess
from functools import partial
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from engine import saving
from engine.arguments import a_node, a_value, listed
from engine.characters import Printed
from engine.numeric import flag

from . import listing
from .contents import Contents
from .picture import Picture
from .plans import plan
from .snapshot import Snapshot, number
from .svg import dot, embed, graphviz, layout
from .svg.look import clean
from .svg.svg import prefixed
from .views import Highlight, check_alike, derived

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Unpack

    from engine.value import Value

    from .svg.diagram import Diagram

Failure = (OSError, ValueError, subprocess.SubprocessError)  # of a program, or of what it answered

OURS = "own layout"
CRISP = {"dpi": "144"}
"""Two pixels of a bitmap for one of the SVG's."""

NOT_LIVE = "function mount() {}"
"""The picture takes the image's place: then its hints show, and its text can be found and copied."""
TABLE_STYLE = ".chainrule-view :is(th, td) { padding: 0 .7em; text-align: start }"


class Drawing:
    """A picture of a graph. A notebook shows it; ``save`` writes it.

    Graphviz lays it out where a ``dot`` is found: the one named by the environment variable
    ``CHAINRULE_DOT``, the one on PATH, that of the extra ``svg``, in this order. Where none is, or where
    it fails, our own layout does. Of layers it makes a diagonal, where our own sets them side by side: so
    these are our own's, unless ``CHAINRULE_DOT`` names a program. ``CHAINRULE_DOT=own`` asks for no other.
    """

    def __init__(self, diagram: Diagram, picture: Picture | None = None) -> None:
        self.diagram, self.picture = diagram, picture
        self._drawn: tuple[str, str] | None = None

    @property
    def dot(self) -> str:
        """The picture in the DOT language: the same graph gives the same text."""
        return graphviz.source(self.diagram)

    @property
    def svg(self) -> str:
        """The picture as SVG text."""
        return self._lay_out()[0]

    @property
    def engine(self) -> str:
        """What laid the picture out: the path of an executable, or ``own layout``."""
        return self._lay_out()[1]

    def table(self) -> Printed:
        """The picture as text: what stands in each box, what each arrow says, and the notes.

        >>> from engine import Value, draw
        >>> a = Value(3.0, label="a")
        >>> print(draw(a * a).table())
        Computation graph of *
        2 values and 2 edges; the output * is 9.
        <BLANKLINE>
        box  name  is      data  grad
        n0   a     input   3     –
        n1   *     C = a²  9     –
        <BLANKLINE>
        from    to      is
        a (n0)  * (n1)  ∂C/∂a|direct = 3
        a (n0)  * (n1)  ∂C/∂a|direct = 3
        """
        formulas = self.picture.formulas() if self.picture else {}
        lines = [
            clean(self.diagram.title),
            clean(self.diagram.description),
            "",
            *listing.text(listing.boxes(self.diagram, formulas)),
            "",
            *listing.text(listing.arrows(self.diagram)),
            *([""] if self.diagram.notes else []),
            *map(clean, self.diagram.notes),
        ]
        return Printed("\n".join(lines))

    def save(self, path: str | Path) -> None:
        """Write the picture, in the format that the file's ending names.

        ``.svg`` always works, ``.dot`` or ``.gv`` holds the DOT text, ``.png`` and ``.pdf`` need Graphviz
        and look like the SVG: RuntimeError where none can write it. ValueError for another ending. The file
        appears whole or not at all: OSError, with its path, where it cannot be written.
        """
        form = saving.ending(path)
        if form == "svg":
            saving.write(path, self.svg)
        elif form in {"dot", "gv"}:
            saving.write(path, self.dot)
        elif form in {"png", "pdf"}:
            saving.write(path, self._render(form))
        else:
            raise ValueError(
                f"cannot write {Path(path).name!r}: the ending must be .svg, .dot, .gv, .png or .pdf"
            )

    def _lay_out(self) -> tuple[str, str]:
        if self._drawn is None:
            self._drawn = next(self._attempts())
        return self._drawn

    def _attempts(self) -> Iterator[tuple[str, str]]:
        for engine, lay_out in self._engines():
            try:
                yield lay_out(self.diagram), engine
            except Failure:
                continue
        yield layout.svg(self.diagram), OURS

    def _engines(self) -> Iterator[tuple[str, Callable[[Diagram], str]]]:
        if self.diagram.clusters and not graphviz.wanted():
            yield OURS, layout.svg
        for executable in graphviz.executables():
            yield str(executable), partial(graphviz.svg, executable)

    def _render(self, form: str) -> bytes:
        tried: list[str] = []
        for write in self._writers():
            tried.clear()
            for executable in graphviz.executables():
                try:
                    text = write(self.diagram, CRISP if form == "png" else {})
                    return graphviz.render(executable, text, form, graphviz.PATIENCE)
                except Failure as error:
                    tried.append(f"{executable}: {error}")
        raise RuntimeError(
            f"no Graphviz can write {form}: install it (apt install graphviz, brew install graphviz, "
            f"or graphviz.org), or save as .svg. Tried: {'; '.join(tried) or 'none was found'}"
        )

    def _writers(self) -> Iterator[Callable[[Diagram, dict[str, str]], str]]:
        """How to say it in DOT, best first: what our own layout made keeps its places where it can."""
        if self.engine == OURS:
            yield graphviz.pinned_source
        yield dot.source

    def _repr_html_(self) -> str:
        try:
            return embed.view(
                "picture", self.svg, self._alt, css=TABLE_STYLE, js=NOT_LIVE, below=self._below()
            )
        except Exception:  # noqa: BLE001  (whatever fails, a notebook shows something)
            return f"<pre>{escape(self.table())}</pre>"

    def _repr_svg_(self) -> str | None:
        """The SVG with ids of its own, since several may come to stand on one page."""
        try:
            svg = self.svg
        except Exception:  # noqa: BLE001  (as above; then the notebook has text)
            return None
        return prefixed(svg, f"d{sha256(svg.encode()).hexdigest()[:8]}-")

    @property
    def _alt(self) -> str:
        return f"{self.diagram.title}: {self.diagram.description}"

    def _below(self) -> str:
        formulas = self.picture.formulas(listing.SHOWN) if self.picture else {}
        boxes = listing.html(listing.boxes(self.diagram, formulas), "boxes")
        arrows = listing.html(listing.arrows(self.diagram), "arrows")
        return f"<details><summary>as a table</summary>{boxes}{arrows}</details>"

    def __repr__(self) -> str:
        boxes, arrows = len(self.diagram.boxes), len(self.diagram.arrows)
        counts = f"{boxes} values and {arrows} edges"
        if self.picture and self.picture.plan.said:
            now = self.picture.now
            counts = f"{len(now.order)} values and {len(now.tails)} edges as {boxes} boxes"
        return f'<Drawing of {counts}; .save("graph.svg") writes it>'


# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────

__all__ = ["Drawing", "diagram", "draw", "number"]


def draw(
    root: Value | Drawing,
    after: Value | Drawing | None = None,
    /,
    *,
    highlight: Value | None = None,
    derivative_of: Value | None = None,
    detail: str | None = None,
    edge_labels: bool | None = None,
    legend: bool = False,
    parameters: Iterable[Value] | None = None,
) -> Drawing:
    """Draw everything that a node depends on, as it is now; left to right is forward.

    Each box shows label or operation, ``data`` and ``grad`` ("–" where no backward pass has come), each
    arrow the local derivative. After ``backward()`` an arrow is the broader the more it contributes to the
    derivative of the root. Layers and neurons stand in frames. Where numbers were edited since they were
    computed, a note says so.

    >>> from engine import Value
    >>> a = Value(3.0, label="a")
    >>> draw(a * a)
    <Drawing of 2 values and 2 edges; .save("graph.svg") writes it>

    ``highlight=w`` shows the paths from w to the root, largest first as ``explain`` lists them, one hue
    each where they are few. ``derivative_of=w`` draws the graph of the derivative of the root by w.
    ``draw(before, after)`` shows what has changed between two states of one graph, each a Value or what
    ``draw`` has made of it earlier.

    >>> before = draw(a * a)
    >>> a.data = 4.0
    >>> draw(before, a * a).diagram.notes
    ('2 of 2 values changed; C 9 → 16, by 7',)

    ``detail`` is ``"values"``, ``"neurons"`` (one box each), ``"layers"`` or ``"summary"`` (bands of depth);
    by itself it is the first that gives at most 60 boxes, and a note below the picture tells. ``edge_labels``
    decides whether arrows are labelled, as they are by themselves up to 60. ``legend`` explains the kinds of
    boxes. ``parameters`` are the leaves to be shown as such; otherwise weights and biases are.

    TypeError for anything but Values and for a flag that is none; ValueError where the root does not depend
    on w, where ``before`` and ``after`` are not the same graph, for an unknown detail, and for more boxes
    than anyone could read.
    """
    chosen = None if parameters is None else _values("parameters", parameters)
    notes: tuple[str, ...] = ()
    before = None
    if after is not None:
        if highlight is not None or derivative_of is not None:
            raise ValueError(
                "draw(before, after) shows what has changed, without highlight or derivative_of; "
                "draw each by itself with them, and pass the two drawings"
            )
        before, now = _snapshot(root), _snapshot(after)
        check_alike(before, now)
    elif derivative_of is not None:
        now, said = derived(_root(root), _node("derivative_of", derivative_of))
        notes = (said,)
    else:
        now = Snapshot(_root(root))
    lit = None if highlight is None else Highlight(now, _node("highlight", highlight))
    shown = plan(Contents(now, chosen), detail)
    labelled = None if edge_labels is None else flag(edge_labels, "edge_labels")
    picture = Picture(shown, now, before, lit, labelled, flag(legend, "legend"), notes)
    return Drawing(picture.diagram, picture)


class Options(TypedDict, total=False):
    """The keywords of ``draw``."""

    highlight: Value | None
    derivative_of: Value | None
    detail: str | None
    edge_labels: bool | None
    legend: bool
    parameters: Iterable[Value] | None


def diagram(root: Value, **options: Unpack[Options]) -> Diagram:
    """What the picture of a graph shows, as plain data with stable ids; keywords as for ``draw``."""
    return draw(root, **options).diagram


def _snapshot(state: object) -> Snapshot:
    if isinstance(state, Drawing):
        if state.picture is None:
            raise TypeError("draw(before, after) compares what draw has made, and not a Drawing made by hand")
        return state.picture.now
    return Snapshot(_root(state))


def _values(what: str, given: object) -> list[Value]:
    return [_node(what, x) for x in listed(given, f"{what} takes a list of Values")]


def _node(what: str, x: object) -> Value:
    return a_node(x, f"{what} takes a Value")


def _root(x: object) -> Value:
    if isinstance(x, Drawing):
        raise TypeError("draw takes a Value, got Drawing; it is drawn already")
    return a_value(x, "draw takes a Value")
