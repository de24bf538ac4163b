"""Graphviz: a program that reads the DOT language, and a picture in the layout that it returns.

Graphviz decides the positions of marks and arrows, ``layered`` their appearance, so that a picture
looks the same whichever program laid it out. Graphviz is used on request only.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import dropwhile
from typing import TYPE_CHECKING

from engine.numeric import short

from .layered import LINE, Layered

if TYPE_CHECKING:
    from collections.abc import Callable

    from .diagram import Diagram
    from .items import Item, Strand
    from .pen import Look, Piece, Point

ENVIRONMENT = "CHAINRULE_DOT"
OWN = "own"
TIMEOUT = 10  # seconds, for a layout
MARGIN = 6
INCH = 72
"""A point in Graphviz is a pixel here."""
_INSTEAD = f'layout="own" needs no program, and is the default where {ENVIRONMENT} is not set'


def executable(name: str) -> str:
    """Return the path of a program, given by its path or by its name on PATH.

    Raises RuntimeError if there is none.
    """
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(
            f"there is no program {short(name)} to lay the picture out; install Graphviz "
            f"(apt install graphviz, brew install graphviz, or graphviz.org); {_INSTEAD}"
        )
    return found


def svg(executable: str, diagram: Diagram, look: Look) -> str:
    """Draw a diagram in the layout of a program.

    Raises RuntimeError if the program fails, takes too long, or returns no layout of this diagram.
    """
    try:
        sheet = Layered(diagram, look._replace(cite=False))
        _place(sheet, ask(executable, _outline(sheet), "json0", TIMEOUT))
        return sheet.svg()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, subprocess.SubprocessError) as error:
        raise RuntimeError(f"{executable} could not lay the picture out: {error}; {_INSTEAD}") from error


def ask(executable: str, text: str, form: str, timeout: float) -> bytes:
    """Return a program's output for a DOT text, in a format such as ``json0``.

    Raises OSError or subprocess.SubprocessError if it fails, or takes longer than ``timeout`` seconds.
    """
    command = [executable, f"-T{form}", "-q"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True, timeout=timeout)  # noqa: S603  (a program of the user's choice)
    return done.stdout


def _outline(sheet: Layered) -> str:
    """Return, in the DOT language, the room for each mark with its caption, and the arrows."""
    lines = ["digraph {", "rankdir=LR nodesep=0.15 ranksep=0.5", 'node [shape=box fixedsize=true label=""]']
    lines.append("edge [headclip=false tailclip=false dir=none]")
    for k, item in enumerate(sheet.found):
        wide, high = max(2 * item.half, item.caption) + 8, 2 * (item.high + LINE * len(item.lines) + 6)
        lines.append(f"{k} [width={wide / INCH:.4f} height={high / INCH:.4f}]")
    place = {item: k for k, item in enumerate(sheet.found)}
    for k, strand in enumerate(sheet.strands):
        room = f'label="" id={k} minlen={2 if strand.arrow.label else 1}'
        lines.append(f"{place[strand.tail]} -> {place[strand.head]} [{room}]")
    return "\n".join([*lines, "}"])


def _place(sheet: Layered, answer: bytes) -> None:
    """Place marks and arrows as in the program's answer."""
    plan = json.loads(answer)
    width, height = (float(side) + 2 * MARGIN for side in plan["bb"].split(",")[2:])
    sheet.size = width, height
    for thing in plan["objects"]:
        (at,) = _points(thing["pos"], height)
        sheet.at[sheet.found[int(thing["name"])]] = at
    missing = len(sheet.found) - len(sheet.at)
    if missing:
        raise ValueError(f"{missing} of {len(sheet.found)} marks have no place")
    for edge in plan.get("edges", ()):
        strand = sheet.strands[int(edge["id"])]
        first, *rest = _points(edge["pos"], height)
        starts = [first, *rest[2::3]]
        pieces = [(start, *rest[k : k + 3]) for start, k in zip(starts, range(0, len(rest), 3), strict=False)]
        sheet.run(strand, _clipped([*map(_curve, pieces)], sheet, strand))
    sheet.label()


def _curve(points: tuple[Point, ...]) -> Piece:
    start, one, other, end = points
    return start, one, other, end


def _clipped(pieces: list[Piece], sheet: Layered, strand: Strand) -> list[Piece]:
    """Return the part of a curve between the rims of two marks; it came from middle to middle."""
    first, last = (_rim(sheet.at[item], item) for item in (strand.tail, strand.head))
    pieces = [*dropwhile(lambda piece: first(piece[3]), pieces[:-1]), pieces[-1]]
    pieces[0] = _cut(pieces[0], first)
    pieces = [pieces[0], *[*dropwhile(lambda piece: last(piece[0]), pieces[:0:-1])][::-1]]
    pieces[-1] = _cut(pieces[-1][::-1], last)[::-1]
    return pieces


def _rim(at: Point, item: Item) -> Callable[[Point], bool]:
    """Return a function that reports whether a point lies inside a mark."""
    return lambda point: abs(point[0] - at[0]) < item.half and abs(point[1] - at[1]) < item.high


def _cut(piece: Piece, inside: Callable[[Point], bool]) -> Piece:
    """Return the rest of a curve after it leaves a mark, found by bisection."""
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(_split(piece, middle)[0]) else (low, middle)
    return _split(piece, low)


def _split(piece: Piece, t: float) -> Piece:
    """Return the part of a curve after a share t of it, by de Casteljau's algorithm."""
    a, b, c, d = piece
    ab, bc, cd = (_between(p, q, t) for p, q in ((a, b), (b, c), (c, d)))
    abc, bcd = _between(ab, bc, t), _between(bc, cd, t)
    return _between(abc, bcd, t), bcd, cd, d


def _between(p: Point, q: Point, t: float) -> Point:
    return p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t


def _points(text: str, height: float) -> list[Point]:
    """Return points from ``x,y x,y …``; y points upwards in Graphviz, downwards here."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x) + MARGIN, height - MARGIN - float(y)) for x, y in pairs]
