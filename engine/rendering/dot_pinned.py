"""A picture of our own layout in the DOT language, everything pinned to its place: Graphviz only draws it.

So what Graphviz makes of it, such as a PNG, looks like the SVG. ``nop2`` is its layout that takes all places
from the text, in points from the lower left corner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from . import dot_look as look
from .diagram import KINDS, Arrow, Box, Diagram
from .dot_look import BARE, COLOURS
from .dot_text import write
from .layout import Way, place
from .legend import GAP, SAMPLE, arrange
from .marks import SIGNS, THIN, head_length, n
from .style import BORDERS, INSET
from .svg import CLUSTER_PADDING, CLUSTER_TITLE, HEADER_HEIGHT, box_size
from .widths import FONT_SIZE, clean, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .diagram import Cluster
    from .legend import Below
    from .marks import Area, Point
    from .svg import Run

    Attributes = dict[str, str]

_DRAWN = {"layout": "nop2", "outputorder": "edgesfirst", "pad": "0", "margin": "0"}
_RISE = FONT_SIZE / 3  # of the middle of a text above the line that it is written on
_WORDS = "words"
"""The kind of a box that is a line of text and nothing else."""
_PADDING = 2  # of a note in its cell
_SLACK = 6  # for letters that a program sees broader than we do: a cell that grows moves its beginning

Boxes = list[tuple[Box, "Area"]]
Arrows = list[tuple[Arrow, Way]]


def source(diagram: Diagram, more: Mapping[str, str] | None = None) -> str:
    """The diagram in the DOT language, all where ``layout`` puts it; and more attributes of the whole.

    The same diagram gives the same text, byte for byte.
    """
    placed = place(diagram)
    below = arrange(diagram, placed.width, placed.height)
    width, height = ceil(below.width), ceil(below.height)  # tables are whole points wide
    boxes, arrows = _below(below)
    by_id = {arrow.id: arrow for arrow in diagram.arrows}
    boxes = [*((box, (*placed.boxes[box.id], *box_size(box))) for box in diagram.boxes), *boxes]
    arrows = [*((by_id[id], way) for id, way in placed.ways.items()), *arrows]
    pins = _Pins(
        {box.id: area for box, area in boxes},
        placed.frames,
        {arrow.id: way for arrow, way in arrows},
        height,
    )
    # The page is the label of the whole, an empty table of its size.
    page = {"label": _cell(" ", width, height), "lp": pins.at((width / 2, height / 2))}
    everything = replace(
        diagram, boxes=tuple(box for box, _ in boxes), arrows=tuple(arrow for arrow, _ in arrows)
    )
    whole = {**_DRAWN, **page, **(more or {})}
    return write(everything, whole, pins.frame, pins.node, pins.edge, first=_tails(everything.arrows))


def _tails(arrows: Iterable[Arrow]) -> list[str]:
    """The boxes from which arrows come, last those of the foremost: arrows are drawn box by box."""
    last = {arrow.tail: place for place, arrow in enumerate(arrows)}
    return sorted(last, key=last.__getitem__)


def _below(below: Below) -> tuple[Boxes, Arrows]:
    """Notes and legend as boxes and arrows: the words as boxes too, each sample left of its own."""
    boxes = [_words(f"note{index}", *note) for index, note in enumerate(below.notes)]
    arrows: Arrows = []
    for index, ((name, words, line_width), (x, y)) in enumerate(below.samples):
        width, height, _ = SAMPLE
        middle, end = y + height / 2, x + width
        text, at = _words(f"words{index}", words, (end + GAP, middle + _RISE))
        boxes.append((text, at))
        if name in KINDS:
            boxes.append((Box(f"sample{index}", ("",), name), (x, y, width, height)))
        else:
            tip = end - line_width  # old programs draw the heads of broad arrows longer
            arrows.append(
                (_sample(f"sample{index}", text.id, name, line_width), Way([(x, tip, middle)], (x, y)))
            )
    return boxes, arrows


def _words(id: str, words: str, at: Point) -> tuple[Box, Area]:
    """A line of text, which begins at a point."""
    x, middle = at[0], at[1] - _RISE
    return Box(id, (words,), _WORDS), (
        x - _PADDING,
        middle - FONT_SIZE,
        text_width(clean(words)) + _SLACK,
        2 * FONT_SIZE,
    )


def _sample(id: str, words: str, name: str, width: float) -> Arrow:
    """A sample of arrows, which leads from its words to its words: it has a way of its own."""
    sign = next((sign for sign, its in SIGNS.items() if its == name), 0)
    return Arrow(id, words, words, "", sign, width, hue=int(name.partition("path")[2] or 0))


@dataclass(frozen=True, slots=True)
class _Pins:
    """Where things are pinned, each by its id, on a page of a height."""

    boxes: Mapping[str, Area]
    frames: Mapping[str, Area]
    ways: Mapping[str, Way]
    height: float

    def at(self, *points: Point) -> str:
        return " ".join(f"{n(x)},{n(self.height - y)}" for x, y in points)

    def frame(self, cluster: Cluster) -> Attributes:
        """A frame with its title at the left; a cluster without a place has none."""
        if cluster.id not in self.frames:
            return {"label": "", "bb": ""}  # said, lest it be that of the cluster around
        x, y, width, height = self.frames[cluster.id]
        drawn = look.frame(cluster)
        title = _cell(drawn["label"][1:-1], width - 2 * CLUSTER_PADDING, CLUSTER_TITLE)
        middle = self.at((x + width / 2, y + CLUSTER_TITLE / 2))
        return drawn | {
            "label": title,
            "lp": middle,
            "bb": self.at((x, y + height), (x + width, y)).replace(" ", ","),
        }

    def node(self, box: Box) -> Attributes:
        """A box in the middle of its area, and as broad as that, with its border."""
        x, y, width, height = self.boxes[box.id]
        pos = {"pos": self.at((x + width / 2, y + height / 2))}
        if box.kind == _WORDS:
            note = look.below(Diagram("", "", (), (), notes=box.rows))
            return pos | {
                "shape": "plain",
                "label": _cell(note[1:-1], width, height),
                "fontcolor": COLOURS["text"],
            }
        drawn, rim = look.node(box), 2 * BORDERS[box.kind]
        if box.kind == "group" and len(box.rows) > 1:
            rim += 2 * INSET
        header = f'WIDTH="{width - rim:.0f}" HEIGHT="{min(HEADER_HEIGHT, height - rim):.0f}"'
        return drawn | pos | {"label": re.sub(r'WIDTH="\d+" HEIGHT="\d+"', header, drawn["label"], count=1)}

    def edge(self, arrow: Arrow) -> Attributes:
        """An arrow along its way: ``e,tip``, the line as far as the head, and the middle of its label."""
        runs, (x, y) = self.ways[arrow.id]
        *_, (_, tip, level) = runs
        line = _line(runs, tip - head_length(arrow.width))
        above = _RISE + max(0, arrow.width - THIN) / 2
        return look.edge(arrow) | {"pos": f"e,{self.at((tip, level), *line)}", "lp": self.at((x, y - above))}


def _line(runs: Sequence[Run], end: float) -> list[Point]:
    """Level runs joined by curves that leave and arrive level: a start, then three points for each piece.

    >>> _line([(0, 10, 5), (20, 30, 5), (50, 60, 9)], 55)[:4]
    [(0, 5), (0, 5), (30, 5), (30, 5)]
    >>> _line([(0, 10, 5), (20, 30, 5), (50, 60, 9)], 55)[4:]
    [(40.0, 5), (40.0, 9), (50, 9), (50, 9), (55, 9), (55, 9)]
    """
    (start, stop, level), *rest = runs
    points = [(start, level)]
    for next_start, next_stop, next_level in rest:
        if next_level != level:
            middle = (stop + next_start) / 2
            points += [(start, level), (stop, level), (stop, level)]
            points += [(middle, level), (middle, next_level), (next_start, next_level)]
            start, level = next_start, next_level
        stop = next_stop
    return [*points, (start, level), (end, level), (end, level)]


def _cell(content: str, width: float, height: float) -> str:
    """A table that is not seen, with one cell of a size, and what stands at its left."""
    cell = f'<TD ALIGN="LEFT" WIDTH="{width:.0f}" HEIGHT="{height:.0f}">{content}</TD>'
    return f'<<TABLE {BARE} CELLPADDING="0"><TR>{cell}</TR></TABLE>>'
