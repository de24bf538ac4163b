"""The strokes that pictures are made of, as SVG: a line of text, the shape of a box, the head of an arrow.

Every text that comes in is text, never markup: it is escaped, and what XML cannot hold is made visible.
"""

from __future__ import annotations

import math
from html import escape

from .widths import clean

ARROWHEAD = 7
"""Length of the smallest head; that of a broad line is longer."""
THIN = 1.2
SIGNS = {1: "positive", -1: "negative"}

_ROUND = {"input": 11, "parameter": 0, "constant": 11}
_RIM = {"parameter": 1, "constant": 0, "root": 1.5, "group": 4}  # from the middle of the border to the body

Point = tuple[float, float]
Area = tuple[float, float, float, float]
"""Left, top, width and height."""


def n(number: float) -> str:
    """Print a coordinate, to a tenth of a pixel."""
    return f"{number:.1f}".removesuffix(".0")


def safe(text: str) -> str:
    """Escape a text, so that it stands in an element or in an attribute as it is."""
    return escape(clean(text))


def line(text: str, x: float, y: float, css_class: str) -> str:
    """Write a line of text.

    >>> line("a < b", 1, 2, "note")
    '<text x="1" y="2" class="note">a &lt; b</text>'
    """
    return f'<text x="{n(x)}" y="{n(y)}" class="{css_class}">{safe(text)}</text>'


def rectangle(area: Area, corner: float) -> str:
    """Draw a rectangle with corners of a radius.

    >>> rectangle((0, 0, 30, 20.25), 4)
    '<rect x="0" y="0" width="30" height="20.2" rx="4"/>'
    """
    x, y, width, height = map(n, area)
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{n(corner)}"/>'


def box(kind: str, area: Area, band: float) -> str:
    """Draw the shape of a box: a rectangle in the kind's colour, its body below a band."""
    x, y, width, height = area
    corner = min(_ROUND.get(kind, 4), height / 2)
    shape = rectangle(area, corner)
    if band >= height:
        return shape
    rim = _RIM.get(kind, 0.6)
    r = max(corner - rim, 0)
    floor = y + height - rim
    foot = f"V{n(floor - r)}q0,{n(r)} {n(-r)},{n(r)}H{n(x + rim + r)}q{n(-r)},0 {n(-r)},{n(-r)}z"
    return f'{shape}<path d="M{n(x + rim)},{n(y + band)}h{n(width - 2 * rim)}{foot}"/>'


def head_length(width: float) -> float:
    """Length of the head of an arrow: a broad line has a longer one.

    >>> head_length(1.2), head_length(5)
    (7, 10.8)
    """
    return ARROWHEAD + max(0, width - THIN)


def head(base: Point, tip: Point, width: float) -> str:
    """Draw the head of an arrow that comes from the base to its tip; it is always broader than the line."""
    length = head_length(width)
    along = math.hypot(tip[0] - base[0], tip[1] - base[1]) or 1
    x, y = (tip[0] - base[0]) / along, (tip[1] - base[1]) / along
    foot = tip[0] - x * length, tip[1] - y * length
    aside = max(length / 2, 0.7 * width)
    corners = [tip, (foot[0] + y * aside, foot[1] - x * aside), (foot[0] - y * aside, foot[1] + x * aside)]
    return f'<polygon points="{" ".join(f"{n(px)},{n(py)}" for px, py in corners)}"/>'


def stroke(path: str, width: float) -> str:
    """Draw a line of a width; its width is its own, all else comes from the style sheet."""
    return f'<path d="{path}" style="stroke-width:{n(width)}"/>'
