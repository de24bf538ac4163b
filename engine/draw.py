"""Pictures: the graph of a Value, one box for each node and one arrow for each operand."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from . import dot_language, layout
from .diagram import Arrow, Box, Diagram
from .graph import topological_order
from .rules import constant
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

Failure = (OSError, ValueError, subprocess.SubprocessError)  # of a program, or of what it answered


def draw(root: Value) -> Drawing:
    """Draw everything that a node depends on, as it is now; left to right is forward.

    Each box shows label or operation, ``data`` and ``grad`` ("–" where no backward pass has come), each
    arrow the local derivative. TypeError for anything but a Value.

    >>> a = Value(3.0, label="a")
    >>> draw(a * a)
    <Drawing of 2 values and 2 edges; .save("graph.svg") writes it>
    """
    if not isinstance(root, Value):
        raise TypeError(f"draw takes a Value, got {type(root).__name__}; {_advice(root)}")
    return Drawing(diagram(root))


def _advice(root: object) -> str:
    if isinstance(root, list | tuple):
        return "draw one of its elements, or their total(...) to see all of them in one picture"
    if isinstance(root, int | float):
        return "of a plain number nothing is recorded: begin with Value(...)"
    return "of a model, draw what it returns for an input"


class Drawing:
    """A picture of a graph. A notebook shows it; ``save`` writes it.

    Graphviz lays it out where a ``dot`` is found: the one named by the environment variable
    ``CHAINRULE_DOT``, the one on PATH, that of the extra ``svg``, in this order. Where none is, or where
    it fails, our own layout does (as it does where ``CHAINRULE_DOT=own``).
    """

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
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

    def save(self, path: str | Path) -> None:
        """Write the picture, in the format that the file's ending names.

        ``.svg`` always works, ``.dot`` or ``.gv`` holds the DOT text, ``.png`` and ``.pdf`` need Graphviz:
        RuntimeError where none can write it. ValueError for another ending.
        """
        path = Path(path)
        form = path.suffix.lower().removeprefix(".")
        if form == "svg":
            path.write_text(self.svg, encoding="utf-8")
        elif form in {"dot", "gv"}:
            path.write_text(self.dot, encoding="utf-8")
        elif form in {"png", "pdf"}:
            path.write_bytes(self._render(form))
        else:
            raise ValueError(f"cannot write {path.name!r}: the ending must be .svg, .dot, .gv, .png or .pdf")

    def _lay_out(self) -> tuple[str, str]:
        if self._drawn is None:
            self._drawn = next(self._attempts())
        return self._drawn

    def _attempts(self) -> Iterator[tuple[str, str]]:
        for executable in dot_language.executables():
            try:
                yield dot_language.svg(executable, self.diagram), str(executable)
            except Failure:
                continue
        yield layout.svg(self.diagram), "own layout"

    def _render(self, form: str) -> bytes:
        tried = []
        for executable in dot_language.executables():
            try:
                return dot_language.render(executable, self.dot, form, dot_language.PATIENCE)
            except Failure as error:
                tried.append(f"{executable}: {error}")
        raise RuntimeError(
            f"no Graphviz can write {form}: install it (apt install graphviz, brew install graphviz, "
            f"or graphviz.org), or save as .svg. Tried: {'; '.join(tried) or 'none was found'}"
        )

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        boxes, arrows = len(self.diagram.boxes), len(self.diagram.arrows)
        return f'<Drawing of {boxes} values and {arrows} edges; .save("graph.svg") writes it>'


def diagram(root: Value) -> Diagram:
    """What the picture of a graph shows, as plain data with stable ids."""
    order = topological_order(root)
    ids = {node: f"n{k}" for k, node in enumerate(order)}
    boxes = tuple(Box(ids[node], rows(node), _kind(node, root)) for node in order)
    ends = [
        (ids[parent], ids[node], number(slope))
        for node in order
        for parent, slope in zip(node.parents, node.local_derivatives, strict=True)
    ]
    arrows = tuple(Arrow(f"e{k}", *end) for k, end in enumerate(ends))
    return Diagram(f"Computation graph of {name(root)}", _description(root, order, arrows), boxes, arrows)


def rows(node: Value) -> tuple[str, str, str]:
    """The lines of a node's box."""
    grad = number(node.grad) if node.has_grad else "–"
    return name(node), f"data {number(node.data)}", f"grad {grad}"


def name(node: Value) -> str:
    """A node's label, else its operation."""
    if node.rule and node.rule is not constant:
        return node.label or node.rule.symbol or node.rule.name
    return node.label or "leaf"


def number(x: float) -> str:
    """Four significant digits.

    >>> number(0.123456), number(-2.0), number(1e-9)
    ('0.1235', '-2', '1e-09')
    """
    return f"{x:.4g}"


def _kind(node: Value, root: Value) -> str:
    if node is root:
        return "root"
    return "inner" if node.parents else "leaf"


def _description(root: Value, order: list[Value], arrows: tuple[Arrow, ...]) -> str:
    leaves = [node for node in order if not node.parents and node is not root]
    counts = f"{len(order)} values and {len(arrows)} edges; the output {name(root)} is {number(root.data)}."
    slopes = [f"by {name(leaf)} {number(leaf.grad)}" for leaf in leaves[:20] if leaf.has_grad and leaf.label]
    return f"{counts} Its derivatives: {', '.join(slopes)}." if slopes else counts
