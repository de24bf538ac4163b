"""A diagram in the DOT language, for those who go on with it in Graphviz, and for Graphviz to lay it out.

It has the light colours of ``look``, as far as DOT can say it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .look import (
    BORDERS,
    FONT_SIZE,
    FONTS,
    INSET,
    KIND_COLOURS,
    PALETTE,
    PATHS,
    SIGNS,
    clean,
    head_length,
    samples,
    text_width,
)
from .svg import CLUSTER_PADDING, CLUSTER_TITLE, HEADER_HEIGHT, ROW_HEIGHT, box_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphviz import Digraph

    from .diagram import Arrow, Box, Cluster, Diagram
    from .look import Sample

    Attributes = dict[str, str]

COLOURS = PALETTE["light"]
BARE = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'
"""A table that is not seen."""

_STYLES = {"input": ' STYLE="ROUNDED"', "constant": ' STYLE="ROUNDED,DASHED"'}
_DASHES = ("solid", "dashed", "dotted", "solid", "dashed", "dotted")


def frame(cluster: Cluster) -> Attributes:
    """A frame with its title; that of a layer is faintly filled."""
    fill = "#80808014" if cluster.kind == "layer" else "transparent"
    return {
        "label": f"<{_cell(cluster.title)}>",
        "style": "rounded,filled",
        "fillcolor": fill,
        "color": "#80808080",
    }


def node(box: Box) -> Attributes:
    """A box, and what a reader is told who points at it."""
    hint = {"tooltip": _hint(box.hint)} if box.hint else {}
    return {"shape": "plain", "label": _table(box), **hint}


def _table(box: Box) -> str:
    """A box as a table: a coloured header, one line for each further row. Labels are text, never markup."""
    header, *rows = map(_cell, box.rows)
    fill, ink, rim, text = _of_box(box)
    width, height = box_size(box)
    top = (
        f'<TR><TD WIDTH="{width:.0f}" HEIGHT="{HEADER_HEIGHT}">'
        f'<FONT COLOR="{ink}"><B>{header}</B></FONT></TD></TR>'
    )
    below = "".join(
        f'<TR><TD HEIGHT="{ROW_HEIGHT}"><FONT COLOR="{text}">{row}</FONT></TD></TR>' for row in rows
    )
    ground, spacing = f'BGCOLOR="{fill}"', 0
    if rows and box.kind == "group":
        inset = f'<TABLE {BARE} CELLPADDING="1">{below}</TABLE>'
        below = f'<TR><TD BORDER="1" COLOR="{rim}" BGCOLOR="{COLOURS["body"]}">{inset}</TD></TR>'
        spacing = INSET
    elif rows:  # two colours, the one above the other; a cell's own ground would cut round corners off
        ground = f'BGCOLOR="{fill};{HEADER_HEIGHT / height:.3f}:{COLOURS["body"]}" GRADIENTANGLE="270"'
    look = (
        f'{_border(box.kind)} COLOR="{rim}" {ground} CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="1"'
    )
    return f"<<TABLE {look}>{top}{below}</TABLE>>"


def _border(kind: str) -> str:
    return f'BORDER="{BORDERS[kind]}"{_STYLES.get(kind, "")}'


def _of_box(box: Box) -> tuple[str, str, str, str]:
    """Colours of the header, of the text on it, of the border, and of the text below."""
    if box.dim:
        return COLOURS["dim"], COLOURS["dim-ink"], COLOURS["dim-rim"], COLOURS["dim-ink"]
    colours = KIND_COLOURS[box.kind]
    return colours["fill"], colours["ink"], colours["rim"], COLOURS["ink"]


def edge(arrow: Arrow) -> Attributes:
    """An arrow: its width, its sign or path by colour, its label and hint."""
    line, text = _of_arrow(arrow)
    size = f"{head_length(arrow.width) / 10:.3g}"
    look = {"color": line, "fontcolor": text, "penwidth": f"{arrow.width:.3g}", "arrowsize": size}
    dashes = {"style": _DASHES[arrow.hue - 1]} if arrow.hue else {}
    label = {"label": _plain(f" {arrow.label} ")} if arrow.label else {}
    hint = {"tooltip": _hint(arrow.hint), "labeltooltip": _hint(arrow.hint)} if arrow.hint else {}
    return look | dashes | label | hint


def _of_arrow(arrow: Arrow) -> tuple[str, str]:
    """Colours of the line and of its label."""
    if arrow.dim:
        return COLOURS["dim-line"], COLOURS["dim-text"]
    if arrow.hue:
        return PATHS[arrow.hue - 1], COLOURS["text"]
    colour = COLOURS[SIGNS.get(arrow.sign, "text")]
    return colour, colour


def below(diagram: Diagram) -> str:
    """Notes and legend, a row each, as the label of the whole."""
    rows = [f'<TR><TD ALIGN="LEFT">{_cell(note)}</TD></TR>' for note in diagram.notes]
    for row in samples(diagram) if diagram.legend else ():
        cells = "".join(map(_sample, row))
        rows.append(
            f'<TR><TD ALIGN="LEFT"><TABLE BORDER="0" CELLBORDER="0"><TR>{cells}</TR></TABLE></TD></TR>'
        )
    return f'<<TABLE {BARE} CELLPADDING="2">{"".join(rows)}</TABLE>>' if rows else ""


def _sample(sample: Sample) -> str:
    """A sample and its words: two cells of the legend."""
    name, words, width = sample
    text = f'<TD ALIGN="LEFT">{words}  </TD>'
    if name in KIND_COLOURS:
        fill, rim = KIND_COLOURS[name]["fill"], KIND_COLOURS[name]["rim"]
        return f'<TD {_border(name)} COLOR="{rim}" BGCOLOR="{fill}" WIDTH="20"></TD>{text}'
    colour = PATHS[int(name[4:]) - 1] if name.startswith("path") else COLOURS.get(name, COLOURS["text"])
    size = FONT_SIZE + 2 * width  # of a letter, where there is no line to be drawn
    return f'<TD><FONT COLOR="{colour}" POINT-SIZE="{size:.0f}"><B>→</B></FONT></TD>{text}'


def _cell(text: str) -> str:
    r"""A line of text in a table, where a backslash has a meaning, as in ``\N``, and ``]`` may be refused.

    >>> _cell("<b>"), _cell("\\N"), _cell("]"), _cell("")
    ('&lt;b&gt;', '\\\\N', '&#93;', ' ')
    """
    return escape(clean(text)).replace("\\", r"\\").replace("]", "&#93;") or " "


def _plain(text: str) -> str:
    """A line of text that is no table, where Graphviz reads escapes and entities as well."""
    from graphviz import escape as quoted  # noqa: PLC0415  (as above)

    label: str = quoted(clean(text).replace("&", "&amp;"))
    return label


def _hint(text: str) -> str:
    """A tooltip, in which Graphviz looks for escapes twice."""
    return _plain(text.replace("\\", r"\\"))


# ── A diagram in the DOT language ─────────────────────────────────────────────────────────────────

if TYPE_CHECKING:
    DotAttributes = dict[str, str]

PIXELS_PER_INCH = 72  # one of Graphviz's points is one of our pixels


def source(diagram: Diagram) -> str:
    """The diagram in the DOT language; the same diagram gives the same text, byte for byte."""
    words = {"label": below(diagram)} if diagram.notes or diagram.legend else {}
    return _write(diagram, words, frame, node, edge)


def outline(diagram: Diagram) -> str:
    """The same, but of all that is to be placed only the room that it takes in ``svg``."""
    return _write(diagram, {}, _bare_frame, _bare_box, _bare_arrow)


def _write(
    diagram: Diagram,
    whole: DotAttributes,
    frame: Callable[[Cluster], DotAttributes],
    node: Callable[[Box], DotAttributes],
    edge: Callable[[Arrow], DotAttributes],
) -> str:
    """A diagram in the DOT language, with the attributes of the whole and of each thing in it."""
    from graphviz import Digraph  # noqa: PLC0415  (imported where used: `import engine` stays light)

    text = {"fontname": FONTS, "fontsize": str(FONT_SIZE)}
    layout = {"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.2", "ranksep": "0.4", "labeljust": "l"}
    page = text | {"fontcolor": COLOURS["text"]}
    graph = Digraph(graph_attr=layout | page | whole, node_attr=text, edge_attr=page)
    frames = {"": graph}
    for cluster in diagram.clusters:
        frames[cluster.id] = Digraph(
            f"cluster_{cluster.id}",
            graph_attr={"id": cluster.id, "class": f"cluster {cluster.kind}", **frame(cluster)},
        )
    for box in diagram.boxes:
        css_class = box.kind + " dim" * box.dim
        frames[box.cluster].node(box.id, id=box.id, **{"class": css_class}, **node(box))
    _nest(diagram, frames)
    for arrow in diagram.arrows:
        graph.edge(arrow.tail, arrow.head, id=arrow.id, **edge(arrow))
    return str(graph.source)


def _nest(diagram: Diagram, frames: dict[str, Digraph]) -> None:
    """Put frames into those around them, the innermost first: what is put in is copied as it is."""
    inner: dict[str, list[str]] = {id: [] for id in frames}
    for cluster in diagram.clusters:
        inner[cluster.cluster].append(cluster.id)
    for id in reversed(inner):
        for cluster_id in inner[id]:
            frames[id].subgraph(frames[cluster_id])


def _bare_frame(cluster: Cluster) -> DotAttributes:
    room = _room(text_width(clean(cluster.title)) + 4, CLUSTER_TITLE - 8)  # and around it 4 of Graphviz's own
    return {"label": room, "margin": str(CLUSTER_PADDING)}


def _bare_box(box: Box) -> DotAttributes:
    width, height = (f"{pixels / PIXELS_PER_INCH:.4f}" for pixels in box_size(box))
    return {"shape": "box", "fixedsize": "true", "width": width, "height": height, "label": ""}


def _bare_arrow(arrow: Arrow) -> DotAttributes:
    size = {"arrowsize": f"{head_length(arrow.width) / 10:.3g}"}
    if not arrow.label:
        return size
    height = FONT_SIZE + 4 + 1.5 * arrow.width  # Graphviz sets a label beside a line, but takes it for thin
    return size | {"label": _room(text_width(clean(arrow.label)) + 8, height)}


def _room(width: float, height: float) -> str:
    """An empty table of a size, whatever fonts there are."""
    cell = f'<TR><TD FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height:.0f}"></TD></TR>'
    return f'<<TABLE {BARE} CELLPADDING="0">{cell}</TABLE>>'
