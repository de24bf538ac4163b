"""A picture in a notebook, in a file, or as a table."""

from __future__ import annotations

import subprocess
from functools import partial
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from engine import saving
from engine.characters import Text
from engine.rendering import dot_language, dot_pinned, dot_text, embed, layout
from engine.rendering.svg import prefixed
from engine.rendering.widths import clean

from . import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.rendering.diagram import Diagram

    from .picture import Picture

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
        return dot_language.source(self.diagram)

    @property
    def svg(self) -> str:
        """The picture as SVG text."""
        return self._lay_out()[0]

    @property
    def engine(self) -> str:
        """What laid the picture out: the path of an executable, or ``own layout``."""
        return self._lay_out()[1]

    def table(self) -> Text:
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
            *table.text(table.boxes(self.diagram, formulas)),
            "",
            *table.text(table.arrows(self.diagram)),
            *([""] if self.diagram.notes else []),
            *map(clean, self.diagram.notes),
        ]
        return Text("\n".join(lines))

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
        if self.diagram.clusters and not dot_language.wanted():
            yield OURS, layout.svg
        for executable in dot_language.executables():
            yield str(executable), partial(dot_language.svg, executable)

    def _render(self, form: str) -> bytes:
        tried: list[str] = []
        for write in self._writers():
            tried.clear()
            for executable in dot_language.executables():
                try:
                    text = write(self.diagram, CRISP if form == "png" else {})
                    return dot_language.render(executable, text, form, dot_language.PATIENCE)
                except Failure as error:
                    tried.append(f"{executable}: {error}")
        raise RuntimeError(
            f"no Graphviz can write {form}: install it (apt install graphviz, brew install graphviz, "
            f"or graphviz.org), or save as .svg. Tried: {'; '.join(tried) or 'none was found'}"
        )

    def _writers(self) -> Iterator[Callable[[Diagram, dict[str, str]], str]]:
        """How to say it in DOT, best first: what our own layout made keeps its places where it can."""
        if self.engine == OURS:
            yield dot_pinned.source
        yield dot_text.source

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
        formulas = self.picture.formulas(table.SHOWN) if self.picture else {}
        boxes = table.html(table.boxes(self.diagram, formulas), "boxes")
        arrows = table.html(table.arrows(self.diagram), "arrows")
        return f"<details><summary>as a table</summary>{boxes}{arrows}</details>"

    def __repr__(self) -> str:
        boxes, arrows = len(self.diagram.boxes), len(self.diagram.arrows)
        counts = f"{boxes} values and {arrows} edges"
        if self.picture and self.picture.plan.said:
            now = self.picture.now
            counts = f"{len(now.order)} values and {len(now.tails)} edges as {boxes} boxes"
        return f'<Drawing of {counts}; .save("graph.svg") writes it>'
