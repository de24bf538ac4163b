"""What stands below a picture: its notes, and the legend of all that occurs in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import marks
from .diagram import KINDS
from .marks import SIGNS, THIN, head, head_length, n, stroke
from .widths import clean, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .diagram import Arrow, Diagram

MARGIN = 12
NOTE_HEIGHT = 17
_NARROWEST = 360  # of a page with a legend: no sample is broader
_SAMPLE = (30, 20, 8)  # width, height and header of a small box
_ROW = 30
_GAP = 6  # from a sample to its words
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


def below(diagram: Diagram, width: float, height: float) -> tuple[list[str], float, float]:
    """Write notes and legend below a picture of a size; with them the size of the whole.

    >>> from .diagram import Diagram
    >>> below(Diagram("", "", (), (), notes=("35 values in all",)), 60, 40)[0]
    ['<text x="12" y="52" class="note">35 values in all</text>']
    """
    rows = samples(diagram) if diagram.legend else []
    notes = [
        marks.line(note, MARGIN, height + NOTE_HEIGHT * place - 5, "note")
        for place, note in enumerate(diagram.notes, start=1)
    ]
    width = max([width, *(text_width(clean(note)) + 2 * MARGIN for note in diagram.notes)])
    if notes:
        height += NOTE_HEIGHT * len(notes) + 8
    if not rows:
        return notes, width, height
    legend, width, height = _legend(rows, max(width, _NARROWEST), height)
    return [*notes, f'<g class="legend">{"".join(legend)}</g>'], width, height


def _legend(rows: list[list[Sample]], room: float, y: float) -> tuple[list[str], float, float]:
    """Set rows of samples, and where one is longer than the page is wide, go on in the next."""
    items = []
    for row in rows:
        x: float = MARGIN
        for sample in row:
            width = _SAMPLE[0] + _GAP + text_width(sample[1])
            if x > MARGIN and x + width + MARGIN > room:
                x, y = MARGIN, y + _ROW
            items.append(_sample(sample, x, y))
            x += width + _BETWEEN
        y += _ROW
    return items, room, y + 4


def _sample(sample: Sample, x: float, y: float) -> str:
    css_class, words, line_width = sample
    width, height, band = _SAMPLE
    middle = y + height / 2
    if line_width:
        tip = x + width
        line = stroke(f"M{n(x)},{n(middle)}H{n(tip - head_length(line_width) + 1)}", line_width)
        shape = f'<g class="wire {css_class}">{line}{head((x, middle), (tip, middle), line_width)}</g>'
    else:
        shape = f'<g class="sample {css_class}">{marks.box(css_class, (x, y, width, height), band)}</g>'
    return shape + marks.line(words, x + width + _GAP, middle + 4, "word")
