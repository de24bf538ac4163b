"""Text as a picture can hold it: on one line, of characters that XML allows, and how wide it comes out.

The colours of pictures, light and dark, and the style sheet that is made of them.

The hues are Okabe and Ito's, or lie between them; kinds differ in shape too, signs in the label's text, and
paths in their dashes. On a box all text has a contrast of at least 4.5. What stands on the page itself has
4.5 on the ground of its own theme, and 3 on that of the other: a picture in an ``<img>`` knows what the
browser prefers, but not what the page looks like. What is dim is there to be recognised: its text has 3.

The strokes that pictures are made of, as SVG: a line of text, the shape of a box, the head of an arrow.

Every text that comes in is text, never markup: it is escaped, and what XML cannot hold is made visible.

What stands below a picture: its notes, and the legend of all that occurs in it.
"""

from __future__ import annotations

import math
import unicodedata
from functools import cache
from html import escape
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from engine.characters import visible

from .diagram import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .diagram import Arrow, Diagram

FONTS = "Helvetica, Arial, DejaVu Sans, sans-serif"
FONT_SIZE = 12

# Advance widths in em, for the widest of the fonts asked for (DejaVu Sans); bold is broader by a factor.
_BOLD = 1.18
_EM = {
    character: em
    for em, characters in ((0.42, " !'(),-·./:;I[\\]fijlrt|"), (0.87, "#+<=>^~wM"), (1.0, "%@Wm…"))
    for character in characters
}


def clean(text: str) -> str:
    r"""Make visible what is not printable: the text stays one line, and legal in XML.

    >>> clean("two\nlines"), clean("a\0b")
    ('two⏎lines', 'a␀b')
    """
    return visible(text)


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


# ── The colours of pictures ───────────────────────────────────────────────────────────────────────

PATHS = ("#963cd2", "#e1780f", "#007878", "#b478f0", "#b44b0f", "#1ea596")
"""The hues of paths on any ground: any two of them differ for the colour-blind as well."""
DASHES = ("none", "12 4", "2 4", "10 4 2 4", "5 4", "10 4 2 4 2 4")
"""The dashes of the same paths."""

KIND_COLOURS = {
    "input": {"fill": "#56b4e9", "ink": "#1a1a1a", "rim": "#0072b2"},
    "parameter": {"fill": "#2fb890", "ink": "#1a1a1a", "rim": "#008060"},
    "constant": {"fill": "#d4d4d4", "ink": "#1a1a1a", "rim": "#7a7a7a"},
    "inner": {"fill": "#0072b2", "ink": "#ffffff", "rim": "#0072b2"},
    "root": {"fill": "#e69f00", "ink": "#1a1a1a", "rim": "#b34700"},
    "group": {"fill": "#cc79a7", "ink": "#1a1a1a", "rim": "#a3527c"},
}
"""For each kind of box its header's colour, the text on that, and the border; the same in both themes."""
BORDERS = dict.fromkeys(KIND_COLOURS, 1) | {"parameter": 2, "constant": 2, "root": 3}
"""How broad the border of each kind is, in pixels."""
INSET = 3
"""From the border of a group to the second one inside."""

PALETTE = {
    "light": {
        "ground": "#ffffff", "text": "#6b6b6b", "positive": "#0072b2", "negative": "#b34700",
        "body": "#ffffff", "ink": "#1a1a1a",
        "dim": "#ececec", "dim-ink": "#808080", "dim-rim": "#bdbdbd",
        "dim-line": "#c4c4c4", "dim-text": "#8c8c8c",
    },
    "dark": {
        "ground": "#111111", "text": "#8f8f8f", "positive": "#3d9bd1", "negative": "#d27d28",
        "body": "#1f2430", "ink": "#eceff4",
        "dim": "#2b303b", "dim-ink": "#838994", "dim-rim": "#4a505c",
        "dim-line": "#50555f", "dim-text": "#707070",
    },
}  # fmt: skip
"""For each theme its colours by name: of the page and what stands on it, of a box's body and its text, and of
what is dim: a box, its text and border, a line, and text on the page."""

_SHAPES = [
    ("text", "text-anchor: middle"),
    (".note, .frame, .word", "text-anchor: start"),
    (".head", "font-weight: bold"),
    (".edge path, .wire path", "fill: none"),
    (".layer rect", "fill: #808080; fill-opacity: 0.08"),
    (".neuron rect", "fill: none"),
    (".cluster rect", "stroke-opacity: 0.5"),
]
_BOXES = [
    rule
    for kind, colours in KIND_COLOURS.items()
    for rule in (
        (f".{kind} rect", f"fill: {colours['fill']}; stroke: {colours['rim']}"),
        (f".{kind} .head", f"fill: {colours['ink']}"),
    )
]
_RIMS = [
    *((f".{kind} rect", f"stroke-width: {width}") for kind, width in BORDERS.items() if width > 1),
    (".constant rect", "stroke-dasharray: 4 3"),
    (".group path", f"stroke: {KIND_COLOURS['group']['rim']}"),
]
# More specific than the rules for signs: a hue wins.
_HUES = [
    rule
    for hue, (colour, dashes) in enumerate(zip(PATHS, DASHES, strict=True), start=1)
    for rule in (
        (f".edge.path{hue} path, .wire.path{hue} path", f"stroke: {colour}; stroke-dasharray: {dashes}"),
        (f".edge.path{hue} polygon, .wire.path{hue} polygon", f"fill: {colour}"),
    )
]
# In braces the names of a theme's colours. What is dim comes last: it wins over its kind or sign.
_THEMED = [
    (".node path, .sample path", "fill: {body}"),
    (".row", "fill: {ink}"),
    (".edge text, .edge polygon, .wire polygon, .note, .frame, .word", "fill: {text}"),
    (".edge path, .wire path, .cluster rect", "stroke: {text}"),
    (".positive path", "stroke: {positive}"),
    (".positive text, .positive polygon", "fill: {positive}"),
    (".negative path", "stroke: {negative}"),
    (".negative text, .negative polygon", "fill: {negative}"),
    (".edge[class*=path] text", "fill: {text}"),
    (".node.dim rect", "fill: {dim}; stroke: {dim-rim}"),
    (".group.dim path", "stroke: {dim-rim}"),
    (".dim .head, .dim .row", "fill: {dim-ink}"),
    (".edge.dim path", "stroke: {dim-line}"),
    (".edge.dim polygon", "fill: {dim-line}"),
    (".edge.dim text", "fill: {dim-text}"),
]

TELLS = {
    "light": (
        'body[data-jp-theme-light="true"], .vscode-light, .vscode-high-contrast-light, [data-theme="light"]'
    ),
    "dark": (
        'body[data-jp-theme-light="false"], .vscode-dark, '
        '.vscode-high-contrast:not(.vscode-high-contrast-light), [data-theme="dark"]'
    ),
}
"""How the page around a picture tells its theme: JupyterLab, VS Code, and pages that let a reader choose."""


@cache
def sheet() -> str:
    """The style sheet: light, dark where the browser prefers it; what the page itself says wins over both.

    It has no variables, and what is new stands in rules of its own: programs that are no browsers read it.

    >>> print(sheet()[:39])
    .chainrule text { text-anchor: middle }
    """
    plain = [*_SHAPES, *_BOXES, *_RIMS, *_HUES]
    parts = [
        _rules(plain, ".chainrule"),
        _themed("light", ".chainrule"),
        ["@media (prefers-color-scheme: dark) {"],
        _themed("dark", ".chainrule"),
        ["}"],
        # `:where` counts for nothing: a rule is as specific here as it is above.
        *(_themed(theme, f":where({tells}) .chainrule") for theme, tells in TELLS.items()),
    ]
    return "\n".join(chain.from_iterable(parts)) + "\n"


def _themed(theme: str, scope: str) -> list[str]:
    return _rules([(names, what.format_map(PALETTE[theme])) for names, what in _THEMED], scope)


def _rules(rules: list[tuple[str, str]], scope: str) -> list[str]:
    return [
        f"{', '.join(f'{scope} {name}' for name in names.split(', '))} {{ {what} }}" for names, what in rules
    ]


# ── The strokes that pictures are made of ─────────────────────────────────────────────────────────

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


def text_line(text: str, x: float, y: float, css_class: str) -> str:
    """Write a line of text.

    >>> text_line("a < b", 1, 2, "note")
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


# ── What stands below a picture: its notes, and the legend of all that occurs in it ───────────────

MARGIN = 12.0
NOTE_HEIGHT = 17
_NARROWEST = 360  # of a page with a legend: no sample is broader
SAMPLE = (30, 20, 8)  # width, height and header of a small box
_ROW = 30
GAP = 6  # from a sample to its words
_BETWEEN = 16

_WORDS = {
    "input": "input",
    "parameter": "parameter",
    "constant": "constant",
    "inner": "computed value",
    "root": "output",
    "group": "several values",
}

Sample = tuple[str, str, float]
"""What a sample shows: its classes, its words, and the width of its line; 0 for a box."""


def samples(diagram: Diagram) -> list[list[Sample]]:
    """What a legend of a picture has to explain, a row for kinds, one for contributions, one for paths.

    >>> from .diagram import Arrow, Box, Diagram
    >>> boxes = Box("n0", ("w",), "parameter"), Box("n1", ("z",), "root")
    >>> samples(Diagram("", "", boxes, (Arrow("e0", "n0", "n1", "−2", sign=-1),)))
    [[('parameter', 'parameter', 0), ('root', 'output', 0)], [('negative', 'negative derivative', 1.2)]]
    """
    kinds = {box.kind for box in diagram.boxes}
    boxes: list[Sample] = [(kind, _WORDS[kind], 0) for kind in KINDS if kind in kinds]
    return [row for row in (boxes, _contributions(diagram.arrows), _paths(diagram.arrows)) if row]


def _contributions(arrows: Iterable[Arrow]) -> list[Sample]:
    """Signs and widths, as far as something is told by them."""
    told = [arrow for arrow in arrows if not arrow.hue and not arrow.dim]
    signs = {arrow.sign for arrow in told}
    widths = {arrow.width for arrow in told}
    named = [(name, f"{name} derivative", THIN) for sign, name in SIGNS.items() if sign in signs]
    return [*named, *([("broad", "larger contribution", max(widths))] if len(widths) > 1 else [])]


def _paths(arrows: Iterable[Arrow]) -> list[Sample]:
    hues = sorted({arrow.hue for arrow in arrows} - {0})
    return [(f"path{hue}", f"path {hue}" if len(hues) > 1 else "path", 2) for hue in hues]


class Below(NamedTuple):
    """What stands where below a picture, and with it the size of the whole."""

    notes: list[tuple[str, Point]]
    """Each with the beginning of its line."""
    samples: list[tuple[Sample, Point]]
    """Each with its upper left corner; its words stand beside it."""
    width: float
    height: float


def arrange(diagram: Diagram, width: float, height: float) -> Below:
    """Find places for notes and legend below a picture of a size.

    >>> from .diagram import Diagram
    >>> arrange(Diagram("", "", (), (), notes=("35 values in all",)), 160, 40)
    Below(notes=[('35 values in all', (12.0, 52))], samples=[], width=160, height=65)
    """
    notes = [
        (note, (MARGIN, height + NOTE_HEIGHT * place - 5))
        for place, note in enumerate(diagram.notes, start=1)
    ]
    width = max([width, *(text_width(clean(note)) + 2 * MARGIN for note in diagram.notes)])
    if notes:
        height += NOTE_HEIGHT * len(notes) + 8
    rows = samples(diagram) if diagram.legend else []
    if not rows:
        return Below(notes, [], width, height)
    width = max(width, _NARROWEST)
    places, end = _places(rows, width, height)
    return Below(notes, places, width, end)


def _places(rows: list[list[Sample]], room: float, y: float) -> tuple[list[tuple[Sample, Point]], float]:
    """Set rows of samples, and where one is longer than the page is wide, go on in the next."""
    places = []
    for row in rows:
        x: float = MARGIN
        for sample in row:
            width = SAMPLE[0] + GAP + text_width(sample[1])
            if x > MARGIN and x + width + MARGIN > room:
                x, y = MARGIN, y + _ROW
            places.append((sample, (x, y)))
            x += width + _BETWEEN
        y += _ROW
    return places, y + 4


def below(diagram: Diagram, width: float, height: float) -> tuple[list[str], float, float]:
    """Write notes and legend below a picture of a size; with them the size of the whole.

    >>> from .diagram import Diagram
    >>> below(Diagram("", "", (), (), notes=("35 values in all",)), 60, 40)[0]
    ['<text x="12" y="52" class="note">35 values in all</text>']
    """
    its = arrange(diagram, width, height)
    lines = [text_line(note, *at, "note") for note, at in its.notes]
    if its.samples:
        lines.append(f'<g class="legend">{"".join(_sample(*placed) for placed in its.samples)}</g>')
    return lines, its.width, its.height


def _sample(sample: Sample, at: Point) -> str:
    css_class, words, line_width = sample
    x, y = at
    width, height, band = SAMPLE
    middle = y + height / 2
    if line_width:
        tip = x + width
        line = stroke(f"M{n(x)},{n(middle)}H{n(tip - head_length(line_width) + 1)}", line_width)
        shape = f'<g class="wire {css_class}">{line}{head((x, middle), (tip, middle), line_width)}</g>'
    else:
        shape = f'<g class="sample {css_class}">{box(css_class, (x, y, width, height), band)}</g>'
    return shape + text_line(words, x + width + GAP, middle + 4, "word")
