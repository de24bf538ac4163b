"""How a picture looks that Graphviz draws: the light theme of ``style``, as far as DOT can say it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .legend import samples
from .marks import SIGNS, head_length
from .style import BORDERS, INSET, KINDS, PALETTE, PATHS
from .svg import HEADER_HEIGHT, ROW_HEIGHT, box_size
from .widths import FONT_SIZE, clean

if TYPE_CHECKING:
    from .diagram import Arrow, Box, Cluster, Diagram
    from .legend import Sample

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
    colours = KINDS[box.kind]
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
    if name in KINDS:
        fill, rim = KINDS[name]["fill"], KINDS[name]["rim"]
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
