"""Graphviz: a diagram in the DOT language, and the programs that can lay it out.

Graphviz decides where boxes and arrows stand; what they look like, ``engine.svg`` decides, so that a
picture looks the same whichever program laid it out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .svg import FONT_SIZE, FONTS, HEADER_HEIGHT, ROW_HEIGHT, box_size, box_svg, clean, curve_svg, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .diagram import Arrow, Box, Diagram
    from .svg import Point

ENVIRONMENT = "CHAINRULE_DOT"
OWN = "own"
TIMEOUT = 10  # seconds for a layout; then the next program has its turn, and at last our own
PATIENCE = 300  # seconds for what only Graphviz can write
PIXELS_PER_INCH = 72  # one of Graphviz's points is one of our pixels
MARGIN = 6

_FILL = {"leaf": "#56b4e9", "inner": "#0072b2", "root": "#e69f00"}
_INK = {"leaf": "#1a1a1a", "inner": "#ffffff", "root": "#1a1a1a"}
_BORDER = {"leaf": "#0072b2", "inner": "#0072b2", "root": "#b34700"}


def source(diagram: Diagram) -> str:
    """The diagram in the DOT language; the same diagram gives the same text, byte for byte."""
    boxes = {box.id: {"shape": "plain", "label": _table(box)} for box in diagram.boxes}
    return _dot(diagram, boxes, FONT_SIZE)


def outline(diagram: Diagram) -> str:
    """The same with bare boxes of the size in which ``engine.svg`` draws them."""
    return _dot(diagram, {box.id: _bare(box) for box in diagram.boxes}, FONT_SIZE + 3)  # air around labels


def _dot(diagram: Diagram, boxes: dict[str, dict[str, str]], label_size: int) -> str:
    from graphviz import Digraph  # noqa: PLC0415  (imported where used: `import engine` stays light)

    text = {"fontname": FONTS, "fontsize": str(FONT_SIZE)}
    grey = {"color": "#707070", "fontcolor": "#707070", "fontsize": str(label_size), "arrowsize": "0.6"}
    graph = Digraph(
        graph_attr={"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.2", "ranksep": "0.4"},
        node_attr=text,
        edge_attr=text | grey,
    )
    for box in diagram.boxes:
        graph.node(box.id, id=box.id, **{"class": box.kind}, **boxes[box.id])
    for arrow in diagram.arrows:
        graph.edge(arrow.tail, arrow.head, label=f" {arrow.label} ", id=arrow.id)
    return str(graph.source)


def _bare(box: Box) -> dict[str, str]:
    width, height = (f"{pixels / PIXELS_PER_INCH:.4f}" for pixels in box_size(box.rows))
    return {"shape": "box", "fixedsize": "true", "width": width, "height": height, "label": ""}


def _table(box: Box) -> str:
    """A box as a table: a coloured header, one line for each further row. Labels are text, never markup."""
    header, *rows = map(_cell, box.rows)
    width, _ = box_size(box.rows)
    border = f'BORDER="{3 if box.kind == "root" else 1}" COLOR="{_BORDER[box.kind]}"'
    frame = f'{border} BGCOLOR="#ffffff" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"'
    top = (
        f'<TR><TD BGCOLOR="{_FILL[box.kind]}" WIDTH="{width:.0f}" HEIGHT="{HEADER_HEIGHT}">'
        f'<FONT COLOR="{_INK[box.kind]}"><B>{header}</B></FONT></TD></TR>'
    )
    ink = f'<TR><TD HEIGHT="{ROW_HEIGHT}"><FONT COLOR="#1a1a1a">'
    lines = "".join(f"{ink}{row}</FONT></TD></TR>" for row in rows)
    return f"<<TABLE {frame}>{top}{lines}</TABLE>>"


def _cell(text: str) -> str:
    r"""A line of text in a table: in Graphviz's tables too a backslash has a meaning, as in ``\N``.

    >>> _cell("<b>"), _cell("\\N"), _cell("")
    ('&lt;b&gt;', '\\\\N', ' ')
    """
    return escape(clean(text)).replace("\\", r"\\") or " "


def executables() -> Iterator[Path]:
    """Programs that read DOT, best first: the environment's, ``dot`` on PATH, that of the extra ``svg``.

    None where the environment variable CHAINRULE_DOT says ``own``.
    """
    wanted = os.environ.get(ENVIRONMENT, "")
    if wanted == OWN:
        return
    scripts = sysconfig.get_path("scripts")  # a notebook's kernel often lacks it on PATH
    places = ((wanted, None), ("dot", None), ("graphviz-pure", scripts))
    found = (shutil.which(name, path=path) for name, path in places if name)
    yield from dict.fromkeys(Path(executable) for executable in found if executable)


def render(executable: Path, dot: str, form: str, timeout: float) -> bytes:
    """What a program makes of a DOT text, in a format such as ``png``, ``pdf`` or ``json0``.

    OSError or subprocess.SubprocessError where it fails, or takes longer than so many seconds.
    """
    command = [str(executable), f"-T{form}", "-q"]
    done = subprocess.run(command, input=dot.encode(), capture_output=True, check=True, timeout=timeout)  # noqa: S603  (a program of the user's choice)
    if not done.stdout:
        raise subprocess.SubprocessError(f"{executable} gave no {form}")
    return done.stdout


def svg(executable: Path, diagram: Diagram) -> str:
    """Draw a diagram where a program puts it; errors as of ``render``, ValueError for an odd answer."""
    plan = json.loads(render(executable, outline(diagram), "json0", TIMEOUT))
    try:
        width, height = (float(side) + 2 * MARGIN for side in plan["bb"].split(",")[2:])
        centres = {node["id"]: _points(node["pos"], height)[0] for node in plan.get("objects", ())}
        edges = {edge["id"]: edge for edge in plan.get("edges", ())}
        shapes = [_arrow(arrow, edges[arrow.id], height) for arrow in diagram.arrows]
        shapes += [_box(box, centres[box.id]) for box in diagram.boxes]
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{executable} gave an odd answer: {error}") from error
    return page(diagram.title, diagram.description, width, height, shapes)


def _box(box: Box, centre: Point) -> str:
    width, height = box_size(box.rows)
    return box_svg(box.id, box.kind, box.rows, centre[0] - width / 2, centre[1] - height / 2)


def _arrow(arrow: Arrow, edge: dict[str, Any], height: float) -> str:
    """The arrow along Graphviz's curve: ``e,tip``, the start, then three points for each piece."""
    tip, *curve = _points(edge["pos"].removeprefix("e,"), height)
    (x, y), *_ = _points(edge.get("lp", "0,0"), height)
    return curve_svg(arrow.id, (arrow.tail, arrow.head), [*curve, tip], arrow.label, (x, y + FONT_SIZE / 3))


def _points(text: str, height: float) -> list[Point]:
    """Points ``x,y x,y …``, of which Graphviz counts y upwards and we downwards."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x) + MARGIN, height - MARGIN - float(y)) for x, y in pairs]
