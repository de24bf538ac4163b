"""What stands below a picture: its notes, and the legend of all that occurs in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import marks
from .diagram import KINDS
from .marks import SIGNS, THIN, Point, head, head_length, n, stroke
from .widths import clean, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .diagram import Arrow, Diagram

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
    lines = [marks.line(note, *at, "note") for note, at in its.notes]
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
        shape = f'<g class="sample {css_class}">{marks.box(css_class, (x, y, width, height), band)}</g>'
    return shape + marks.line(words, x + width + GAP, middle + 4, "word")
