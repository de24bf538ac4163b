"""A diagram in the DOT language, for further work in Graphviz.

It has the light colours of ``ink``, and names with their indices and layers, as far as DOT allows it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .ink import PALETTE
from .letters import clean, name
from .pen import head_length, prose

if TYPE_CHECKING:
    from .diagram import Arrow, Box, Cluster, Diagram
    from .letters import Chunk, Text

    Attributes = dict[str, str]

COLOURS = PALETTE["light"]
FONTS = "Helvetica, Arial, DejaVu Sans, sans-serif"
SERIF = "Times-Roman"
FONT_SIZE = 12
BARE = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'
"""A table without visible lines."""
BORDERS = {"parameter": 2, "root": 2}
"""Width of the border of a kind, if it is not 1."""


def source(diagram: Diagram) -> str:
    """Return the diagram in the DOT language; equal diagrams give equal text, byte for byte."""
    from graphviz import Digraph  # noqa: PLC0415  (imported where used: `import engine` stays light)

    text = {"fontname": FONTS, "fontsize": str(FONT_SIZE)}
    layout = {"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.2", "ranksep": "0.4", "labeljust": "l"}
    page = text | {"fontcolor": COLOURS["soft"]}
    below = {"label": _notes(diagram)} if diagram.notes or diagram.legend else {}
    graph = Digraph(graph_attr=layout | page | below, node_attr=text, edge_attr=page)
    frames = {"": graph}
    for cluster in diagram.clusters:
        frames[cluster.id] = Digraph(f"cluster_{cluster.id}", graph_attr=_frame(cluster))
    for box in diagram.boxes:
        frames[box.cluster].node(box.id, id=box.id, **_node(box))
    for outer in reversed(frames):  # the innermost first: a subgraph is copied when it is added
        for cluster in (its for its in diagram.clusters if its.cluster == outer):
            frames[outer].subgraph(frames[cluster.id])
    for arrow in diagram.arrows:
        graph.edge(arrow.tail, arrow.head, id=arrow.id, **_edge(arrow))
    return str(graph.source)


def _frame(cluster: Cluster) -> Attributes:
    """Return a frame with its title; the frame of a layer has a faint fill."""
    fill = "#80808014" if cluster.kind == "layer" else "transparent"
    return {
        "id": cluster.id,
        "class": f"cluster {cluster.kind}",
        "label": f"<{_cell(cluster.title)}>",
        "style": "rounded,filled",
        "fillcolor": fill,
        "color": "#80808080",
    }


def _node(box: Box) -> Attributes:
    """Return a box with its hint."""
    hint = {"tooltip": _hint(box.hint)} if box.hint else {}
    return {"class": box.kind + " dim" * box.dim, "shape": "plain", "label": _table(box), **hint}


def _table(box: Box) -> str:
    """Return a box as a table: its name or operation, then a line for each number; labels are not markup."""
    fill, line, ink = _of_kind(box)
    square = box.kind in {"parameter", "group"}
    rounded = "" if square else ' STYLE="ROUNDED"'
    rows = [f'<TR><TD><FONT COLOR="{ink}" POINT-SIZE="15">{_title(box)}</FONT></TD></TR>']
    rows += [_row(box, row, ink) for row in box.rows[1:]]
    border = BORDERS.get(box.kind, 1)
    look = f'BORDER="{border}"{rounded} COLOR="{line}" BGCOLOR="{fill}"'
    look += ' CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"'
    return f"<<TABLE {look}>{''.join(rows)}</TABLE>>"


def _title(box: Box) -> str:
    """Return the name and the operation of a box as mathematics."""
    if not box.glyph:
        return _cell(box.rows[0])
    if box.named or not box.label:
        return _typeset(box.glyph)
    return f"{_typeset(name(box.label))} = {_typeset(box.glyph)}"


def _row(box: Box, row: str, ink: str) -> str:
    """Return a line with a number: a gradient has the colour of its sign."""
    what, _, rest = row.partition(" ")
    colour, words = ink, row
    if box.data is not None and what in {"data", "grad"}:
        words = rest if what == "data" else f"∂ {rest}"
        if what == "grad" and box.kind != "root" and not box.dim and box.grad:
            colour = COLOURS["positive" if box.grad > 0 else "negative"]
    return f'<TR><TD><FONT COLOR="{colour}">{_cell(words)}</FONT></TD></TR>'


def _of_kind(box: Box) -> tuple[str, str, str]:
    """Return the colours of the ground, of the border, and of the text."""
    if box.dim:
        return COLOURS["inner"], COLOURS["hair"], COLOURS["soft"]
    if box.kind == "root":
        return COLOURS["root"], COLOURS["root"], COLOURS["root-ink"]
    kind = {"constant": "input", "group": "inner"}.get(box.kind, box.kind)
    return COLOURS[kind], COLOURS[f"{kind}-line"], COLOURS["ink"]


def _edge(arrow: Arrow) -> Attributes:
    """Return an arrow: its width, label and hint, and the colour of its sign once its gradient is known."""
    sign = {1: "positive", -1: "negative"}.get(arrow.sign, "soft")
    known = arrow.part is not None
    line = COLOURS["hair" if arrow.dim else "wire" if not known or not arrow.part else sign]
    look = {
        "color": line,
        "fontcolor": COLOURS["soft" if arrow.dim else sign],
        "penwidth": f"{arrow.width:.3g}",
        "arrowsize": f"{head_length(arrow.width) / 10:.3g}",
    }
    dotted = {"style": "dotted"} if known and not arrow.part else {}
    label = {"label": _plain(f" {arrow.label} ")} if arrow.label else {}
    hint = {"tooltip": _hint(arrow.hint), "labeltooltip": _hint(arrow.hint)} if arrow.hint else {}
    return look | dotted | label | hint


def _notes(diagram: Diagram) -> str:
    """Return the notes, one to a row, and the key, as the label of the whole graph."""
    lines = [_typeset(prose(note)) for note in diagram.notes]
    if diagram.legend:
        lines.append(f"value, below it ∂ the gradient of {_typeset(name(diagram.root))}")
    rows = "".join(f'<TR><TD ALIGN="LEFT">{line}</TD></TR>' for line in lines)
    return f'<<TABLE {BARE} CELLPADDING="2">{rows}</TABLE>>'


def _typeset(words: Text) -> str:
    """Return letters in italics, with indices below and layers above.

    >>> _typeset(name("w_01^(2)"))
    '<FONT FACE="Times-Roman"><I>w</I></FONT><SUB>01</SUB><SUP>(2)</SUP>'
    """
    return "".join(map(_run, words)) or " "


def _run(run: Chunk) -> str:
    base = _cell(run.base)
    if run.font == "italic":
        base = f'<FONT FACE="{SERIF}"><I>{base}</I></FONT>'
    below = f"<SUB>{_cell(run.below)}</SUB>" * bool(run.below)
    return base + below + f"<SUP>{_cell(run.above)}</SUP>" * bool(run.above)


def _cell(text: str) -> str:
    r"""Return a line of text for a table: escape backslashes, which have a meaning as in ``\N``, and ``]``.

    >>> _cell("<b>"), _cell("\\N"), _cell("]"), _cell("")
    ('&lt;b&gt;', '\\\\N', '&#93;', ' ')
    """
    return escape(clean(text)).replace("\\", r"\\").replace("]", "&#93;") or " "


def _plain(text: str) -> str:
    """Return a line of text outside of tables, where Graphviz also reads escapes and entities."""
    from graphviz import escape as quoted  # noqa: PLC0415  (as above)

    label: str = quoted(clean(text).replace("&", "&amp;"))
    return label


def _hint(text: str) -> str:
    """Return a tooltip, in which Graphviz reads escapes twice."""
    return _plain(text.replace("\\", r"\\"))
