"""How a box, an arrow, a frame and the page around them look as SVG; where they stand, the layouts decide.

Every layout gives the same elements with the same ids and classes; scripts and style sheets rely on that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import look
from .look import FONT_SIZE, FONTS, SIGNS, Point, below, clean, n, safe, sheet, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .diagram import Arrow, Box, Cluster, Diagram

HEADER_HEIGHT = 22
ROW_HEIGHT = 16
CLUSTER_TITLE = 18
"""Height of the band at the top of a frame, where its title stands."""
CLUSTER_PADDING = 8
BOX_PADDING = 6

LABELLED = 'aria-labelledby="graph0-title graph0-desc"'

Run = tuple[float, float, float]
"""A level stretch of an arrow: where it starts and ends from left to right, and how far down it runs."""


def box_size(box: Box) -> tuple[float, float]:
    """Width and height of a box: a header band, and below it one line for each further row.

    >>> from .diagram import Box
    >>> box_size(Box("n0", ("a",), "input")), box_size(Box("n0", ("a",), "input", room=90))
    ((64, 22), (90, 22))
    >>> box_size(Box("n0", ("a", "data 0.5", "grad –"), "input"))[1]
    60
    """
    header, *rest = map(clean, box.rows)
    widths = [text_width(header, bold=True), *map(text_width, rest)]
    foot = 10 if box.kind == "group" else 6  # within its broad border
    height = HEADER_HEIGHT + (len(rest) * ROW_HEIGHT + foot if rest else 0)
    return max(64, box.room, max(widths) + 2 * BOX_PADDING), height


def box_svg(box: Box, x: float, y: float) -> str:
    """Draw a box whose upper left corner is (x, y): a band of colour for the header, the rest below it.

    >>> from .diagram import Box
    >>> box_svg(Box("n0", ("a",), "input"), 0, 0)[:82]
    '<g id="n0" class="node input"><title>n0</title><rect x="0" y="0" width="64" height'
    """
    width, height = box_size(box)
    middle, band = x + width / 2, y + HEADER_HEIGHT
    shape = look.box(box.kind, (x, y, width, height), HEADER_HEIGHT)
    header = look.text_line(box.rows[0], middle, band - 7, "head")
    rows = [
        look.text_line(row, middle, band + ROW_HEIGHT * place, "row")
        for place, row in enumerate(box.rows[1:], start=1)
    ]
    names = f'id="{safe(box.id)}" class="node {box.kind}{" dim" * box.dim}"'
    return f"<g {names}>{_title(box.hint or box.id)}{shape}{header}{''.join(rows)}</g>"


def edge_svg(arrow: Arrow, runs: Sequence[Run], label_at: Point) -> str:
    """Draw an arrow: level runs joined by smooth curves, a head at the end of the last, and its label.

    >>> from .diagram import Arrow
    >>> edge_svg(Arrow("e0", "n0", "n1", ""), [(0, 40, 5)], (0, 0))[54:102]
    '<title>n0-&gt;n1</title><path d="M0,5H34" style='
    """
    start, tip, level = runs[-1]
    neck = max(start, tip - look.head_length(arrow.width) + 1)  # the line ends within the head
    path = _smooth([*runs[:-1], (start, neck, level)])
    x, y = label_at
    return _arrow(arrow, path, ((start, level), (tip, level)), (x, y - max(0, arrow.width - look.THIN) / 2))


def curve_svg(arrow: Arrow, curve: Sequence[Point], label_at: Point) -> str:
    """Draw an arrow along a Bézier curve (start, then three points a piece), and on to the last, its tip."""
    *curve, base, tip = curve
    start, *rest = (f"{n(x)},{n(y)}" for x, y in [*curve, base])
    return _arrow(arrow, f"M{start}C{' '.join(rest)}", (base, tip), label_at)


def _arrow(arrow: Arrow, path: str, end: tuple[Point, Point], label_at: Point) -> str:
    classes = [
        "edge",
        SIGNS.get(arrow.sign),
        f"path{arrow.hue}" if arrow.hue else None,
        "dim" if arrow.dim else None,
    ]
    names = f'id="{safe(arrow.id)}" class="{" ".join(filter(None, classes))}"'
    ends = f'data-tail="{safe(arrow.tail)}" data-head="{safe(arrow.head)}"'
    title = _title(arrow.hint or f"{arrow.tail}->{arrow.head}")
    label = look.text_line(arrow.label, *label_at, "label") if arrow.label else ""
    shape = look.stroke(path, arrow.width) + look.head(*end, arrow.width)
    return f"<g {names} {ends}>{title}{shape}{label}</g>"


def _smooth(runs: Sequence[Run]) -> str:
    """Join level runs by curves that leave and arrive level, so that nothing has a corner.

    >>> _smooth([(0, 10, 5), (20, 30, 5), (50, 60, 9)])
    'M0,5H30C40,5 40,9 50,9H60'
    """
    start, end, level = runs[0]
    path = f"M{n(start)},{n(level)}"
    for start, stop, next_level in runs[1:]:
        if next_level != level:
            middle = n((end + start) / 2)
            path += f"H{n(end)}C{middle},{n(level)} {middle},{n(next_level)} {n(start)},{n(next_level)}"
        end, level = stop, next_level
    return f"{path}H{n(end)}"


def cluster_svg(cluster: Cluster, x: float, y: float, width: float, height: float) -> str:
    """Draw a frame with its title in the band at its top.

    >>> from .diagram import Cluster
    >>> cluster_svg(Cluster("c0", "layer 1", "layer"), 0, 0, 80, 60)[-51:]
    '<text x="8" y="13" class="frame">layer 1</text></g>'
    """
    frame = look.rectangle((x, y, width, height), 6)
    title = look.text_line(cluster.title, x + CLUSTER_PADDING, y + CLUSTER_TITLE - 5, "frame")
    names = f'id="{safe(cluster.id)}" class="cluster {safe(cluster.kind)}"'
    return f"<g {names}>{_title(cluster.title)}{frame}{title}</g>"


def page(diagram: Diagram, width: float, height: float, shapes: Iterable[str]) -> str:
    """Put shapes on a transparent page that names and describes itself to a screen reader.

    Notes and legend come below them.

    >>> from .diagram import Diagram
    >>> page(Diagram("A < B", "two boxes", (), ()), 20, 10, []).splitlines()[1]
    '<title id="graph0-title">A &lt; B</title>'
    """
    added, width, height = below(diagram, width, height)
    size = f'width="{n(width)}" height="{n(height)}" viewBox="0 0 {n(width)} {n(height)}"'
    naming = f'role="img" {LABELLED}'
    font = f'font-family="{FONTS}" font-size="{FONT_SIZE}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chainrule" {size} {naming}>',
        f'<title id="graph0-title">{safe(diagram.title)}</title>',
        f'<desc id="graph0-desc">{safe(diagram.description)}</desc>',
        f"<style>{sheet()}</style>",
        f'<g id="graph0" class="graph" {font} xml:space="preserve">',
        *shapes,
        *added,
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def prefixed(picture: str, prefix: str) -> str:
    """A picture with a prefix before every id, for several on one page.

    >>> prefixed('<title id="graph0-title">', "p1-")
    '<title id="p1-graph0-title">'
    """
    # No text can hold a quotation mark, which is escaped: what reads as an id is one.
    named = picture.replace(' id="', f' id="{prefix}')
    return named.replace(LABELLED, LABELLED.replace("graph0", f"{prefix}graph0"))


def note(text: str, x: float, y: float) -> str:
    """Write a line of text on the page itself, its middle at x.

    >>> note("empty", 100, 2)
    '<text x="80" y="2" class="note">empty</text>'
    """
    return look.text_line(text, x - text_width(clean(text)) / 2, y, "note")


def _title(text: str) -> str:
    return f"<title>{safe(text)}</title>"
