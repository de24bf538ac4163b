"""Graphviz: a program that reads the DOT language, and a picture where it has put everything.

Graphviz decides where boxes and arrows stand; what they look like, ``svg`` decides, so that a
picture looks the same whichever program laid it out. It does so on request only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from operator import ge, le
from typing import TYPE_CHECKING, Any

from engine.numeric import short

from .dot import outline
from .look import FONT_SIZE
from .svg import CLUSTER_TITLE, box_size, box_svg, cluster_svg, curve_svg, page

if TYPE_CHECKING:
    from .diagram import Arrow, Box, Cluster, Diagram
    from .look import Point

    PlacedArea = tuple[float, float, float, float]  # left, top, right, bottom

ENVIRONMENT = "CHAINRULE_DOT"
OWN = "own"
TIMEOUT = 10  # seconds for a layout
MARGIN = 6
_ROUNDING = 0.5  # of what a program reports
_INSTEAD = f'layout="own" needs no program, and is the default where {ENVIRONMENT} is not set'


def wanted(layout: str | None) -> str:
    """Return the layout to use: the one given, that of the environment variable CHAINRULE_DOT, or ``own``."""
    return layout or os.environ.get(ENVIRONMENT) or OWN


def executable(name: str) -> str:
    """Return the path of a program, given by its path or by its name on PATH.

    Raises RuntimeError where there is none.
    """
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(
            f"there is no program {short(name)} to lay the picture out; install Graphviz "
            f"(apt install graphviz, brew install graphviz, or graphviz.org); {_INSTEAD}"
        )
    return found


def svg(executable: str, diagram: Diagram) -> str:
    """Draw a diagram where a program puts it.

    Raises RuntimeError where the program fails, takes too long, or gives no layout of this diagram.
    """
    try:
        return _drawn(ask(executable, outline(diagram), "json0", TIMEOUT), diagram)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, subprocess.SubprocessError) as error:
        raise RuntimeError(f"{executable} could not lay the picture out: {error}; {_INSTEAD}") from error


def ask(executable: str, text: str, form: str, timeout: float) -> bytes:
    """Return what a program makes of a DOT text, in a format such as ``json0``.

    Raises OSError or subprocess.SubprocessError where it fails, or takes longer than so many seconds.
    """
    command = [executable, f"-T{form}", "-q"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True, timeout=timeout)  # noqa: S603  (a program of the user's choice)
    return done.stdout


def _drawn(answer: bytes, diagram: Diagram) -> str:
    plan = json.loads(answer)
    width, height = (float(side) + 2 * MARGIN for side in plan["bb"].split(",")[2:])
    things = {thing["id"]: thing for thing in plan.get("objects", ())}
    edges = {edge["id"]: edge for edge in plan.get("edges", ())}
    areas = {box.id: _box_area(box, things[box.id], height) for box in diagram.boxes}
    frames = {c.id: _frame_area(things[c.id], height) for c in diagram.clusters if "bb" in things[c.id]}
    arrows = [_arrow(arrow, edges[arrow.id], height) for arrow in diagram.arrows]
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
