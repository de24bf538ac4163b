"""A picture in a notebook, in a file, or as a table.

Pictures: the graph of a Value, one box for each node and one arrow for each operand.
"""

from __future__ import annotations

import os
import re
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from engine import saving, showing
from engine.arguments import a_node, a_value, advised, listed
from engine.characters import Printed
from engine.doors import OF_DRAWINGS, advise
from engine.numeric import flag, how_to_install, short, told, whole

from . import listing
from .contents import Contents
from .picture import Picture
from .plans import plan
from .snapshot import Snapshot, how_many, number
from .svg import chained, dot, embed, graphviz
from .svg.carded import cards
from .svg.diagram import check
from .svg.falk import matrices
from .svg.ink import THEMES
from .svg.layered import values
from .svg.letters import clean
from .svg.pen import GROUND, Look, prefixed
from .svg.spine import spine
from .views import Highlight, check_alike, derived

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from engine.value import Value

    from .svg.diagram import Diagram

OURS = "own layout"
PRINTED = """
#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#image(bytes(sys.inputs.svg), format: "svg", alt: sys.inputs.description)
"""
"""For Typst: a page as large as the picture, with a title and description for screen readers."""
CRISP = 2
"""Pixels of a bitmap, in each direction, per pixel of the SVG."""
DIRECTIONS = ("right", "down")
MOST_DIGITS = 17
MOST_PIXELS = 100_000_000
"""The maximum for a bitmap: a few seconds of work, and more than most programs display."""

NOT_LIVE = "function mount() {}"
"""The picture replaces the image: then its hints appear, and its text can be searched and copied."""
TABLE_STYLE = ".chainrule-view :is(th, td) { padding: 0 .7em; text-align: start }"


class Drawing:
    """A picture of a graph. A notebook shows it; ``save`` writes it.

    Our own layout places boxes and arrows, so a picture is the same on every machine. With ``layout``,
    Graphviz places them: ``"dot"``, or the path of a program with the same options. Without it, the
    environment variable ``CHAINRULE_DOT`` decides; it holds such a name or path, or ``own``.
    """

    def __init__(
        self,
        diagram: Diagram,
        picture: Picture | None = None,
        layout: str | None = None,
        look: Look = Look(),  # noqa: B008  (a tuple)
    ) -> None:
        self.diagram, self.picture, self.layout, self.look = diagram, picture, layout, look
        if picture is None:  # built by hand
            check(diagram)
        self._drawn: tuple[str, str] | None = None

    @property
    def dot(self) -> str:
        """The picture in the DOT language; equal graphs give equal text."""
        return dot.source(self.diagram)

    @property
    def svg(self) -> str:
        """The picture as SVG text. Raises RuntimeError if Graphviz was requested as the layout and fails."""
        return self._lay_out()[0]

    @property
    def engine(self) -> str:
        """The program that laid the picture out: the path of an executable, or ``own layout``."""
        return self._lay_out()[1]

    def table(self) -> Printed:
        """Return the picture as text: what each box and each arrow shows, and the notes.

        >>> from engine import Value, draw
        >>> a = Value(3.0, label="a")
        >>> print(draw(a * a).table())
        Computation graph of C
        2 values and 2 edges; the output C is 9.
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
        """Write the picture in the format that the file's ending names.

        ``.svg`` needs nothing else; ``.dot`` and ``.gv`` hold DOT text. ``.png`` and ``.pdf`` show the SVG
        in light colours on a transparent background, or in the chosen theme on its background; Typst, which
        the extra ``png`` installs, renders them. The file is written completely or not at all.

        Raises ImportError if Typst is missing, ValueError for a bitmap of more than 100 million pixels or any
        other ending, and OSError, with the path, if the file cannot be written.
        """
        form = saving.ending(path)
        if form == "svg":
            saving.write(path, self.svg)
        elif form in {"dot", "gv"}:
            saving.write(path, self.dot)
        elif form in {"png", "pdf"}:
            saving.write(path, self._printed(form))
        else:
            raise ValueError(
                f"cannot write {Path(path).name!r}: the ending must be .svg, .dot, .gv, .png or .pdf"
            )

    def show(self) -> None:
        """Open the picture in a browser, from a temporary file."""
        showing.page(self.svg, "chainrule-picture", "svg")

    def _lay_out(self) -> tuple[str, str]:
        if self._drawn is None:
            name = self.layout or os.environ.get(graphviz.ENVIRONMENT) or graphviz.OWN
            if name == graphviz.OWN:
                self._drawn = paint(self.diagram, self.look), OURS
            else:
                program = graphviz.executable(name)
                self._drawn = graphviz.svg(program, self.diagram, self.look), program
        return self._drawn

    def _printed(self, form: str) -> bytes:
        """Return the SVG as PNG or PDF."""
        printed = self._printable()
        if form == "png":
            _check_size(printed)
        return rendered(printed, form, self.diagram.title, self.diagram.description)

    def _printable(self) -> str:
        """Return the SVG in light colours without a background; in a chosen theme, with its background."""
        if self.look.theme != "auto":
            return self.svg
        light = Drawing(self.diagram, self.picture, self.layout, self.look._replace(theme="light"))
        return light.svg.replace(GROUND, "")

    def _repr_html_(self) -> str:
        try:
            return embed.view(
                "picture", self.svg, self._alt, css=TABLE_STYLE, js=NOT_LIVE, below=self._below()
            )
        except Exception as error:  # noqa: BLE001  (whatever fails, a notebook shows something, and why)
            return f"<pre>No picture: {escape(clean(str(error)))}\n\n{escape(self.table())}</pre>"

    def _repr_svg_(self) -> str | None:
        """Return the SVG with unique ids, since one page may show several."""
        try:
            svg = self.svg
        except Exception:  # noqa: BLE001  (as above; the notebook then shows text)
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
        counts = f"{how_many(boxes, 'value')} and {how_many(arrows, 'edge')}"
        if self.picture and self.picture.plan.said:
            now = self.picture.now
            sizes = how_many(len(now.order), "value"), how_many(len(now.tails), "edge")
            counts = f"{sizes[0]} and {sizes[1]} as {how_many(boxes, 'box')}"
        return f'<Drawing of {counts}; .save("graph.svg") writes it>'


def paint(diagram: Diagram, look: Look) -> str:
    """Return the picture of a diagram as SVG text."""
    net = diagram.net
    if net and is_chain(diagram) and look.direction != "right":
        down = look.direction == "down" or not (look.live or chained.fits(diagram, net, look))
        return spine(diagram, net, look) if down else chained.chain(diagram, net, look)
    if net and diagram.level == "neurons":
        return cards(diagram, net, look)
    if net and diagram.level == "matrices":
        return matrices(diagram, net, look)
    return values(diagram, look)


def rendered(svg: str, form: str, title: str, description: str, crisp: float = CRISP) -> bytes:
    """Return a picture as PNG or PDF, rendered by Typst, with ``crisp`` pixels per pixel of the SVG.

    Raises ImportError, with what to install, if Typst is missing.
    """
    try:
        import typst  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise ImportError(f"writing .{form} needs Typst: {how_to_install('png')}; or save as .svg") from error
    texts = {"svg": svg, "title": clean(title), "description": clean(description)}
    ppi = 96 * crisp  # one pixel of SVG is 1/96 inch
    data: bytes = typst.compile(
        PRINTED.encode(), format="png" if form == "png" else "pdf", ppi=ppi, sys_inputs=texts
    )
    return data


def is_chain(diagram: Diagram) -> bool:
    """Return whether the picture is a row of single neurons, which can also run downwards."""
    return diagram.level == "values" and diagram.net is not None and diagram.net.is_chain


def _check_size(svg: str) -> None:
    """Raise ValueError for an SVG that would make a bitmap of too many pixels."""
    width, height = (CRISP * float(side) for side in re.findall(r' (?:width|height)="(\S+)"', svg)[:2])
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"a PNG of this picture would have {width:.0f} × {height:.0f} pixels, "
            f"{MOST_PIXELS:,} are the most; save as .svg or .pdf, or draw less detail"
        )


advise(Drawing, OF_DRAWINGS)

# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────

__all__ = ["Drawing", "diagram", "draw", "number"]


@advised
def draw(
    root: Value | Drawing,
    after: Value | Drawing | None = None,
    /,
    *,
    highlight: Value | None = None,
    derivative_of: Value | None = None,
    level: str | None = None,
    edge_labels: bool | None = None,
    legend: bool = True,
    parameters: Iterable[Value] | None = None,
    layout: str | None = None,
    names: bool = True,
    digits: int = 3,
    direction: str | None = None,
    cite: bool | None = None,
    theme: str = "auto",
    detail: str | None = None,
) -> Drawing:
    """Draw everything that a node depends on, as it is now, in the picture that suits the graph.

    An expression is drawn value by value, from left to right if that fits, otherwise from top to bottom; a
    chain of single neurons is drawn as a row a → z → a. A network of at most 35 weights is drawn
    neuron by neuron, its weights on the arrows; a larger one as matrices, forward and backward. In other
    large graphs a box stands for a layer, or for a band of depth, and a note says so.

    Each mark shows its value and, below it, its gradient (``∂ –`` before a backward pass); each arrow shows
    its local derivative. Blue is positive, orange negative; after ``backward()`` a wider arrow contributes
    more. Hints show all digits. If numbers were edited since they were computed, a note says so.

    >>> from engine import Value
    >>> a = Value(3.0, label="a")
    >>> draw(a * a)
    <Drawing of 2 values and 2 edges; .save("graph.svg") writes it>

    ``highlight=w`` shows the paths from w to the root, largest first as ``explain`` lists them.
    ``derivative_of=w`` draws the graph of the root's derivative with respect to w. ``draw(before, after)``
    shows what changed between two states of one graph, each a Value or an earlier drawing of it.

    >>> before = draw(a * a)
    >>> a.data = 4.0
    >>> draw(before, a * a).diagram.notes
    ('2 of 2 values changed; C 9 → 16, by 7',)

    In docs/concordance.md: calculus 1, 5, 25; delta 17; week9 48.

    Args:
        root: The node to draw, with everything that it depends on.
        after: The later state, if two are compared.
        highlight: A value whose paths to the root are shown.
        derivative_of: A value; the graph of the root's derivative with respect to it is drawn.
        level: What a mark stands for: ``"values"``, ``"neurons"``, ``"matrices"``, ``"layers"``, or
            ``"summary"`` (bands of depth); by default, what suits the graph.
        edge_labels: Whether arrows have labels; by default, if there are at most 60.
        legend: Whether a line below explains the marks.
        parameters: The leaves to draw as parameters; by default, weights and biases.
        names: Whether values without a label are named after the caller's variables that hold them.
        layout: ``"dot"`` lets Graphviz place the marks, see ``Drawing``.
        digits: How many significant digits numbers have, 1 to 17.
        direction: ``"right"`` or ``"down"`` for a picture of values; by default, what fits.
        cite: Whether a leaf is drawn at each place where it is used, and once more with its gradient as the
            sum of what those places contribute; by default, only leaves whose uses are far apart.
        theme: ``"light"``, ``"dark"``, or ``"auto"`` to follow the browser or the notebook.
        detail: An earlier name of ``level``.

    Raises:
        TypeError: If a root or w is not a Value, a flag is not a bool, or the layout is not text.
        ValueError: If the root does not depend on w, if ``before`` and ``after`` are not the same graph, for
            an unknown level, direction or theme, and for more boxes than anyone could read.

    """
    chosen = None if parameters is None else _values("parameters", parameters)
    notes: tuple[str, ...] = ()
    before = None
    if after is not None:
        if highlight is not None or derivative_of is not None:
            raise ValueError(
                "draw(before, after) shows what has changed, without highlight or derivative_of; "
                "draw each state with these options, and pass the two drawings"
            )
        before, now = _snapshot(root, names=names), _snapshot(after, names=names)
        check_alike(before, now)
    elif derivative_of is not None:
        now, said = derived(
            _root(root), _node("derivative_of", derivative_of), variables=flag(names, "names")
        )
        notes = (said,)
    else:
        now = Snapshot(_root(root), names=flag(names, "names"))
    lit = None if highlight is None else Highlight(now, _node("highlight", highlight))
    look = _look(digits, direction, cite, theme)
    shown = plan(Contents(now, chosen), level if level is not None else detail)
    labelled = None if edge_labels is None else flag(edge_labels, "edge_labels")
    picture = Picture(shown, now, before, lit, labelled, flag(legend, "legend"), notes)
    return Drawing(picture.diagram, picture, _layout(layout), look)


class Options(TypedDict, total=False):
    """The keyword arguments of ``draw``."""

    highlight: Value | None
    derivative_of: Value | None
    level: str | None
    edge_labels: bool | None
    legend: bool
    parameters: Iterable[Value] | None
    layout: str | None
    names: bool
    digits: int
    direction: str | None
    cite: bool | None
    theme: str
    detail: str | None


def diagram(root: Value, **options: Unpack[Options]) -> Diagram:
    """Return what the picture of a graph shows, as plain data with stable ids; arguments as for ``draw``."""
    return draw(root, **options).diagram


def _snapshot(state: object, *, names: bool) -> Snapshot:
    if isinstance(state, Drawing):
        if state.picture is None:
            raise TypeError("draw(before, after) compares what draw has made, and not a Drawing made by hand")
        return state.picture.now
    return Snapshot(_root(state), names=flag(names, "names"))


def _look(digits: object, direction: object, cite: object, theme: object) -> Look:
    """Return the options for drawing; raise TypeError or ValueError if one is invalid."""
    count = whole(digits, "digits", 1)
    if count > MOST_DIGITS:
        raise ValueError(f"digits must be from 1 to {MOST_DIGITS}, got {count}")
    if direction not in {None, *DIRECTIONS}:
        raise ValueError(f'direction must be "right" or "down", or left out; got {short(direction)}')
    if theme not in THEMES:
        raise ValueError(f'theme must be "auto", "light" or "dark", got {short(theme)}')
    cited = None if cite is None else flag(cite, "cite")
    return Look(str(theme), count, None if direction is None else str(direction), cited)


def _layout(name: object) -> str | None:
    if name is not None and not isinstance(name, str):
        raise TypeError(
            f'layout must be "own", "dot" or the path of a program, got {told(name)}; '
            "leave it out for our own"
        )
    return name


def _values(what: str, given: object) -> list[Value]:
    return [_node(what, x) for x in listed(given, f"{what} takes a list of Values")]


def _node(what: str, x: object) -> Value:
    return a_node(x, f"{what} takes a Value")


def _root(x: object) -> Value:
    if isinstance(x, Drawing):
        raise TypeError("draw takes a Value, got Drawing; it is drawn already")
    return a_value(x, "draw takes a Value")
