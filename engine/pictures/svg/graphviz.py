"""Graphviz: the programs that read the DOT language, and a picture where one of them has put everything.

Graphviz decides where boxes and arrows stand; what they look like, ``svg`` decides, so that a
picture looks the same whichever program laid it out.

A picture of our own layout in the DOT language, everything pinned to its place: Graphviz only draws it.

So what Graphviz makes of it, such as a PNG, looks like the SVG. ``nop2`` is its layout that takes all places
from the text, in points from the lower left corner.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass, replace
from math import ceil
from operator import ge, le
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import dot
from .diagram import KINDS, Arrow, Box, Diagram
from .dot import BARE, COLOURS, outline, source, write
from .layout import Way, place
from .look import (
    BORDERS,
    FONT_SIZE,
    GAP,
    INSET,
    SAMPLE,
    SIGNS,
    THIN,
    arrange,
    clean,
    head_length,
    n,
    text_width,
)
from .svg import (
    CLUSTER_PADDING,
    CLUSTER_TITLE,
    HEADER_HEIGHT,
    box_size,
    box_svg,
    cluster_svg,
    curve_svg,
    page,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .diagram import Cluster
    from .look import Area, Below, Point
    from .svg import Run

    PlacedArea = tuple[float, float, float, float]  # left, top, right, bottom

__all__ = ["OWN", "PATIENCE", "executables", "outline", "render", "source", "svg"]

ENVIRONMENT = "CHAINRULE_DOT"
OWN = "own"
TIMEOUT = 10  # seconds for a layout; then the next program has its turn, and at last our own
PATIENCE = 300  # seconds for what only Graphviz can write
MARGIN = 6
_ROUNDING = 0.5  # of what a program tells


def wanted() -> str:
    """What the environment variable CHAINRULE_DOT says: a program, ``own`` for none, or nothing."""
    return os.environ.get(ENVIRONMENT, "")


def executables() -> Iterator[Path]:
    """Programs that read DOT, best first: the environment's, ``dot`` on PATH, that of the extra ``svg``.

    None where the environment variable CHAINRULE_DOT says ``own``.
    """
    if wanted() == OWN:
        return
    scripts = sysconfig.get_path("scripts")  # a notebook's kernel often lacks it on PATH
    places = ((wanted(), None), ("dot", None), ("graphviz-pure", scripts))
    found = (shutil.which(name, path=path) for name, path in places if name)
    yield from dict.fromkeys(Path(executable) for executable in found if executable)


def render(executable: Path, dot: str, form: str, timeout: float) -> bytes:
    """What a program makes of a DOT text, in a format such as ``png``, ``pdf`` or ``json0``.

    OSError or subprocess.SubprocessError where it fails, or takes longer than so many seconds.
    """
    command = [str(executable), f"-T{form}", "-q"]
    done = subprocess.run(command, input=dot.encode(), capture_output=True, check=True, timeout=timeout)  # noqa: S603  (a program of the user's choice)
    if not done.stdout:
        raise subprocess.SubprocessError(f"{executable} gave no {form}")
    return done.stdout


def svg(executable: Path, diagram: Diagram) -> str:
    """Draw a diagram where a program puts it; errors as of ``render``, ValueError for an odd answer."""
    plan = json.loads(render(executable, outline(diagram), "json0", TIMEOUT))
    try:
        width, height = (float(side) + 2 * MARGIN for side in plan["bb"].split(",")[2:])
        things = {thing["id"]: thing for thing in plan.get("objects", ())}
        edges = {edge["id"]: edge for edge in plan.get("edges", ())}
        areas = {box.id: _box_area(box, things[box.id], height) for box in diagram.boxes}
        frames = {c.id: _frame_area(things[c.id], height) for c in diagram.clusters if "bb" in things[c.id]}
        arrows = [_arrow(arrow, edges[arrow.id], height) for arrow in diagram.arrows]
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{executable} gave an odd answer: {error}") from error
    _check(diagram, frames, areas)
    shapes = [
        *(_frame(cluster, frames[cluster.id]) for cluster in diagram.clusters if cluster.id in frames),
        *arrows,
        *(box_svg(box, *areas[box.id][:2]) for box in diagram.boxes),
    ]
    return page(diagram, width, height, shapes)


def _check(diagram: Diagram, frames: dict[str, PlacedArea], areas: dict[str, PlacedArea]) -> None:
    """Make sure that each frame holds what belongs to it, below its title, and touches nothing else."""
    around: dict[str, frozenset[str]] = {"": frozenset()}  # the clusters that a cluster or a box stands in
    things: tuple[Cluster | Box, ...] = (*diagram.clusters, *diagram.boxes)
    for thing in things:
        around[thing.id] = around[thing.cluster] | {thing.cluster}
    for holder, (left, top, right, bottom) in frames.items():
        inside = left - _ROUNDING, top + CLUSTER_TITLE - _ROUNDING, right + _ROUNDING, bottom + _ROUNDING
        for id, area in (frames | areas).items():
            if holder in around[id]:
                fits = all(map(ge, area[:2], inside[:2])) and all(map(le, area[2:], inside[2:]))
            else:
                fits = id == holder or id in around[holder] or _apart(area, (left, top, right, bottom))
            if not fits:
                raise ValueError(f"{id} is not where it belongs, seen from {holder}")


def _apart(one: PlacedArea, other: PlacedArea) -> bool:
    return any(
        one[side + 2] <= other[side] + _ROUNDING or other[side + 2] <= one[side] + _ROUNDING
        for side in (0, 1)
    )


def _box_area(box: Box, node: dict[str, Any], height: float) -> PlacedArea:
    """Where a box stands: Graphviz tells its middle."""
    (x, y), *_ = _points(node["pos"], height)
    half_width, half_height = (side / 2 for side in box_size(box))
    return x - half_width, y - half_height, x + half_width, y + half_height


def _frame_area(frame: dict[str, Any], height: float) -> PlacedArea:
    """Where a frame stands: Graphviz tells its left, lower, right and upper side."""
    left, lower, right, upper = frame["bb"].split(",")
    (x, bottom), (end, top) = _points(f"{left},{lower} {right},{upper}", height)
    return x, top, end, bottom


def _frame(cluster: Cluster, area: PlacedArea) -> str:
    left, top, right, bottom = area
    return cluster_svg(cluster, left, top, right - left, bottom - top)


def _arrow(arrow: Arrow, edge: dict[str, Any], height: float) -> str:
    """The arrow along Graphviz's curve: ``e,tip``, the start, then three points for each piece."""
    tip, *curve = _points(edge["pos"].removeprefix("e,"), height)
    (x, y), *_ = _points(edge.get("lp", "0,0"), height)
    return curve_svg(arrow, [*curve, tip], (x, y + FONT_SIZE / 3))


def _points(text: str, height: float) -> list[Point]:
    """Points ``x,y x,y …``, of which Graphviz counts y upwards and we downwards."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x) + MARGIN, height - MARGIN - float(y)) for x, y in pairs]


# ── A picture of our own layout in the DOT language ───────────────────────────────────────────────

if TYPE_CHECKING:
    Attributes = dict[str, str]

_DRAWN = {"layout": "nop2", "outputorder": "edgesfirst", "pad": "0", "margin": "0"}
_RISE = FONT_SIZE / 3  # of the middle of a text above the line that it is written on
_WORDS = "words"
"""The kind of a box that is a line of text and nothing else."""
_PADDING = 2  # of a note in its cell
_SLACK = 6  # for letters that a program sees broader than we do: a cell that grows moves its beginning

Boxes = list[tuple[Box, "Area"]]
Arrows = list[tuple[Arrow, Way]]


def pinned_source(diagram: Diagram, more: Mapping[str, str] | None = None) -> str:
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
        drawn = dot.frame(cluster)
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
            note = dot.below(Diagram("", "", (), (), notes=box.rows))
            return pos | {
                "shape": "plain",
                "label": _cell(note[1:-1], width, height),
                "fontcolor": COLOURS["text"],
            }
        drawn, rim = dot.node(box), 2 * BORDERS[box.kind]
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
        return dot.edge(arrow) | {"pos": f"e,{self.at((tip, level), *line)}", "lp": self.at((x, y - above))}


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
