"""How a box, an arrow and the page around them look as SVG; where they stand, `engine.layout` decides.

Every text that comes in is text, never markup: it is escaped, and what XML cannot hold is made visible.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape

FONT_SIZE = 12
HEADER_HEIGHT = 22
ROW_HEIGHT = 16
ARROWHEAD = 7

Run = tuple[float, float, float]
"""A level stretch of an arrow: where it starts and ends from left to right, and how far down it runs."""

Point = tuple[float, float]

FONTS = "Helvetica, Arial, DejaVu Sans, sans-serif"

# The arrows and their labels stand on the page's own ground, and a notebook's theme need not be the one
# that the system prefers. So both greys keep a contrast above 3.5:1 on the other ground as well, and on
# their own above 4.5:1.
EDGE_STYLE = """
.chainrule .edge path { fill: none; stroke: #707070; stroke-width: 1.2 }
.chainrule .edge polygon, .chainrule .edge text, .chainrule .note { fill: #707070 }
@media (prefers-color-scheme: dark) {
.chainrule .edge path { stroke: #858585 }
.chainrule .edge polygon, .chainrule .edge text, .chainrule .note { fill: #858585 }
}
"""

# Boxes bring an opaque fill. Kinds differ in shape too: leaves are round, the root has a thick border.
# The hues are Okabe and Ito's.
_BOX_STYLE = """
.chainrule text { text-anchor: middle; fill: #1a1a1a }
.chainrule .head { font-weight: bold }
.chainrule .node path { fill: #ffffff }
.chainrule .leaf rect { fill: #56b4e9 }
.chainrule .inner rect { fill: #0072b2 }
.chainrule .root rect { fill: #e69f00 }
.chainrule .inner .head { fill: #ffffff }
.chainrule .node rect, .chainrule .node path { stroke: #0072b2 }
.chainrule .root rect, .chainrule .root path { stroke: #b34700; stroke-width: 3 }
@media (prefers-color-scheme: dark) {
.chainrule .node path { fill: #1f2430 }
.chainrule .row { fill: #eceff4 }
}
"""

_VISIBLE = (
    dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\N{REPLACEMENT CHARACTER}")
    | {code: chr(0x2400 + code) for code in range(0x20)}  # Unicode's pictures of the control characters
    | {0x7F: "\N{SYMBOL FOR DELETE}"}
    | dict.fromkeys([0x0A, 0x85, 0x2028, 0x2029], "\N{RETURN SYMBOL}")
)

# Advance widths in em, for the widest of the fonts asked for (DejaVu Sans); bold is broader by a factor.
_BOLD = 1.18
_EM = {
    character: em
    for em, characters in ((0.42, " !'(),-·./:;I[\\]fijlrt|"), (0.87, "#+<=>^~wM"), (1.0, "%@Wm…"))
    for character in characters
}


def clean(text: str) -> str:
    r"""Make line ends and other control characters visible: the text stays one line, and legal in XML.

    >>> clean("two\nlines"), clean("a\0b")
    ('two⏎lines', 'a␀b')
    """
    return text.translate(_VISIBLE)


def text_width(text: str, *, bold: bool = False) -> float:
    r"""Estimate generously how many pixels a cleaned text takes.

    >>> text_width("iii") < text_width("nnn") < text_width("WWW")
    True
    >>> text_width("é") == text_width("e\u0301"), text_width("値") >= FONT_SIZE
    (True, True)
    """
    return FONT_SIZE * sum(map(_em, text)) * (_BOLD if bold else 1)


@cache
def _em(character: str) -> float:
    """Width of one character in em, from what Unicode says of it or from the table."""
    category = unicodedata.category(character)
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.35 if category == "So" else 1  # emoji are broader than ideographs
    if category in {"Mn", "Me", "Cf"}:  # accents set on the letter before, joiners, marks of direction
        return 0
    if unicodedata.decomposition(character).startswith("<su"):  # subscripts and superscripts
        return 0.56
    letter = unicodedata.normalize("NFD", character)[0]  # without its accents
    if letter in _EM:
        return _EM[letter]
    if letter.isascii():
        return 0.8 if letter.isupper() or letter == "&" else 0.64
    is_greek_or_operator = "\u0370" <= letter < "\u0400" or category == "Sm"
    return 0.9 if is_greek_or_operator else 1.2


def box_size(rows: Sequence[str]) -> tuple[float, float]:
    """Width and height of a box: a header band, and below it one line for each further row.

    >>> box_size(["a"])
    (64, 22)
    >>> box_size(["a", "data 0.5", "grad –"])[1]
    60
    """
    header, *rest = map(clean, rows)
    widths = [text_width(header, bold=True), *map(text_width, rest)]
    return max(64, max(widths) + 20), HEADER_HEIGHT + (len(rest) * ROW_HEIGHT + 6 if rest else 0)


def box_svg(id: str, kind: str, rows: Sequence[str], x: float, y: float) -> str:
    """Draw a box whose upper left corner is (x, y): a band of colour for the header, the rest below it.

    >>> box_svg("n0", "leaf", ["a"], 0, 0)[:80]
    '<g id="n0" class="node leaf"><title>n0</title><rect x="0" y="0" width="64" heigh'
    """
    width, height = box_size(rows)
    middle, band, r = x + width / 2, y + HEADER_HEIGHT, 11 if kind == "leaf" else 3
    shapes = f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{r}"/>'
    if len(rows) > 1:
        foot = f"V{_n(y + height - r)}q0,{r} {-r},{r}H{_n(x + r)}q{-r},0 {-r},{-r}z"
        shapes += f'<path d="M{_n(x)},{_n(band)}h{_n(width)}{foot}"/>'
    header = _text(rows[0], middle, band - 7, "head")
    lines = [
        _text(row, middle, band + ROW_HEIGHT * line, "row") for line, row in enumerate(rows[1:], start=1)
    ]
    return _group(id, f"node {kind}", id, shapes, header, *lines)


def edge_svg(id: str, ends: tuple[str, str], runs: Sequence[Run], label: str, label_at: Point) -> str:
    """Draw an arrow: level runs joined by smooth curves, a head at the end of the last, and its label.

    >>> edge_svg("e0", ("n0", "n1"), [(0, 40, 5)], "", (0, 0))[24:67]
    '<title>n0-&gt;n1</title><path d="M0,5H40"/>'
    """
    tip, level = runs[-1][1:]
    corners = [(tip, level), (tip - ARROWHEAD, level - 3.5), (tip - ARROWHEAD, level + 3.5)]
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in corners)
    shapes = f'<path d="{_smooth(runs)}"/><polygon points="{points}"/>'
    return _group(id, "edge", "->".join(ends), shapes, _text(label, *label_at) if label else "")


def curve_svg(id: str, ends: tuple[str, str], curve: Sequence[Point], label: str, label_at: Point) -> str:
    """Draw an arrow along a Bézier curve (start, then three points a piece), and on to the last, its tip."""
    *curve, (x, y), (tip_x, tip_y) = curve
    along = math.hypot(tip_x - x, tip_y - y) or 1
    aside_x, aside_y = (tip_y - y) / along * ARROWHEAD / 2, (x - tip_x) / along * ARROWHEAD / 2
    corners = [(tip_x, tip_y), (x + aside_x, y + aside_y), (x - aside_x, y - aside_y)]
    start, *rest = (f"{_n(x)},{_n(y)}" for x, y in [*curve, (x, y)])
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in corners)
    shapes = f'<path d="M{start}C{" ".join(rest)}"/><polygon points="{points}"/>'
    return _group(id, "edge", "->".join(ends), shapes, _text(label, *label_at) if label else "")


def _smooth(runs: Sequence[Run]) -> str:
    """Join level runs by curves that leave and arrive level, so that nothing has a corner.

    >>> _smooth([(0, 10, 5), (20, 30, 5), (50, 60, 9)])
    'M0,5H30C40,5 40,9 50,9H60'
    """
    start, end, level = runs[0]
    path = f"M{_n(start)},{_n(level)}"
    for start, stop, next_level in runs[1:]:
        if next_level != level:
            middle = _n((end + start) / 2)
            path += f"H{_n(end)}C{middle},{_n(level)} {middle},{_n(next_level)} {_n(start)},{_n(next_level)}"
        end, level = stop, next_level
    return f"{path}H{_n(end)}"


def page(title: str, description: str, width: float, height: float, shapes: Iterable[str]) -> str:
    """Put shapes on a transparent page that names and describes itself to a screen reader.

    >>> page("A < B", "two boxes", 20, 10, []).splitlines()[1]
    '<title id="graph0-title">A &lt; B</title>'
    """
    size = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
    naming = 'role="img" aria-labelledby="graph0-title graph0-desc"'
    font = f'font-family="{FONTS}" font-size="{FONT_SIZE}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chainrule" {size} {naming}>',
        f'<title id="graph0-title">{_safe(title)}</title>',
        f'<desc id="graph0-desc">{_safe(description)}</desc>',
        f"<style>{_BOX_STYLE}{EDGE_STYLE}</style>",
        f'<g id="graph0" class="graph" {font} xml:space="preserve">',
        *shapes,
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def note(text: str, x: float, y: float) -> str:
    """Write a line of text on the page itself.

    >>> note("empty", 1, 2)
    '<text x="1" y="2" class="note">empty</text>'
    """
    return _text(text, x, y, "note")


def _group(id: str, css_class: str, title: str, *shapes: str) -> str:
    return f'<g id="{_safe(id)}" class="{css_class}"><title>{_safe(title)}</title>{"".join(shapes)}</g>'


def _text(text: str, x: float, y: float, css_class: str = "label") -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" class="{css_class}">{_safe(text)}</text>'


def _safe(text: str) -> str:
    return escape(clean(text))


def _n(number: float) -> str:
    """Print a coordinate, to a tenth of a pixel."""
    return f"{number:.1f}".removesuffix(".0")
