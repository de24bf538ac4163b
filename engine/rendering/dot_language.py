"""Graphviz: the programs that read the DOT language, and a picture where one of them has put everything.

Graphviz decides where boxes and arrows stand; what they look like, ``svg`` decides, so that a
picture looks the same whichever program laid it out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from operator import ge, le
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dot_text import outline, source
from .svg import CLUSTER_TITLE, box_size, box_svg, cluster_svg, curve_svg, page
from .widths import FONT_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .diagram import Arrow, Box, Cluster, Diagram
    from .marks import Point

    Area = tuple[float, float, float, float]  # left, top, right, bottom

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


def _check(diagram: Diagram, frames: dict[str, Area], areas: dict[str, Area]) -> None:
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


def _apart(one: Area, other: Area) -> bool:
    return any(
        one[side + 2] <= other[side] + _ROUNDING or other[side + 2] <= one[side] + _ROUNDING
        for side in (0, 1)
    )


def _box_area(box: Box, node: dict[str, Any], height: float) -> Area:
    """Where a box stands: Graphviz tells its middle."""
    (x, y), *_ = _points(node["pos"], height)
    half_width, half_height = (side / 2 for side in box_size(box))
    return x - half_width, y - half_height, x + half_width, y + half_height


def _frame_area(frame: dict[str, Any], height: float) -> Area:
    """Where a frame stands: Graphviz tells its left, lower, right and upper side."""
    left, lower, right, upper = frame["bb"].split(",")
    (x, bottom), (end, top) = _points(f"{left},{lower} {right},{upper}", height)
    return x, top, end, bottom


def _frame(cluster: Cluster, area: Area) -> str:
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
