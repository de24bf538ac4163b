"""Graphviz: a diagram as DOT, and the executables that can lay it out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .svg import EDGE_STYLE, FONTS, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .layout import Box, Diagram

ENVIRONMENT = "CHAINRULE_DOT"
OWN = "own"
TIMEOUT = 60  # seconds; then the next engine has its turn

_HEADER = {"leaf": ("#56b4e9", "#1a1a1a"), "inner": ("#0072b2", "#ffffff"), "root": ("#e69f00", "#1a1a1a")}
_BORDER = {"leaf": "#0072b2", "inner": "#0072b2", "root": "#b34700"}


def source(diagram: Diagram) -> str:
    """The diagram in the DOT language; the same diagram gives the same text, byte for byte."""
    from graphviz import Digraph  # noqa: PLC0415  (imported where used: `import engine` stays light)

    graph = Digraph(
        graph_attr={"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.15", "ranksep": "0.6"},
        node_attr={"shape": "plain", "fontname": FONTS, "fontsize": "12"},
        edge_attr={"fontname": FONTS, "fontsize": "11", "color": "#707070", "fontcolor": "#707070"},
    )
    for box in diagram.boxes:
        graph.node(box.id, label=_table(box), id=box.id, **{"class": box.kind})
    for arrow in diagram.arrows:
        graph.edge(arrow.tail, arrow.head, label=arrow.label, id=arrow.id)
    text: str = graph.source
    return text


def executables() -> Iterator[Path]:
    """Programs that read DOT, best first: the environment's, ``dot`` on PATH, that of the extra ``svg``.

    None where the environment variable CHAINRULE_DOT says ``own``.
    """
    wanted = os.environ.get(ENVIRONMENT, "")
    if wanted == OWN:
        return
    scripts = sysconfig.get_path("scripts")  # a notebook's kernel often lacks it on PATH
    for name, path in ((wanted, None), ("dot", None), ("graphviz-pure", scripts)):
        if name and (found := shutil.which(name, path=path)):
            yield Path(found)


def render(executable: Path, dot: str, form: str) -> bytes:
    """Lay a DOT text out as ``svg``, ``png`` or ``pdf``; OSError or SubprocessError where that fails."""
    command = [str(executable), f"-T{form}", "-q"]
    done = subprocess.run(command, input=dot.encode(), capture_output=True, check=True, timeout=TIMEOUT)  # noqa: S603  (a program of the user's own choice)
    if not done.stdout:
        raise subprocess.SubprocessError(f"{executable} gave no output")
    return done.stdout


def svg(executable: Path, diagram: Diagram) -> str:
    """Lay a diagram out, as an SVG that names and describes itself and follows the page's colours."""
    drawn = render(executable, source(diagram), "svg").decode()
    tag, body = re.match(r".*?<svg (.*?)>(.*)", drawn, re.DOTALL).groups()  # type: ignore[union-attr]  # an SVG it is
    naming = (
        f'<title id="graph0-title">{escape(clean(diagram.title))}</title>\n'
        f'<desc id="graph0-desc">{escape(clean(diagram.description))}</desc>\n'
    )
    labelled = 'role="img" aria-labelledby="graph0-title graph0-desc"'
    return f'<svg class="chainrule" {labelled} {tag}>\n{naming}<style>{EDGE_STYLE}</style>{body}'


def _table(box: Box) -> str:
    """A box as a table: a coloured header, one line for each further row. Labels are text, never markup."""
    fill, ink = _HEADER[box.kind]
    header, *rows = (escape(clean(row)) or " " for row in box.rows)
    border = f'BORDER="{2 if box.kind == "root" else 1}" COLOR="{_BORDER[box.kind]}"'
    style = f'STYLE="ROUNDED" {border} CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" BGCOLOR="#ffffff"'
    lines = "".join(f'<TR><TD><FONT COLOR="#1a1a1a">{row}</FONT></TD></TR>' for row in rows)
    top = f'<TR><TD BGCOLOR="{fill}"><FONT COLOR="{ink}"><B> {header} </B></FONT></TD></TR>'
    return f"<<TABLE {style}>{top}{lines}</TABLE>>"
