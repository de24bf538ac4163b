"""An equation on a line of a picture: names and formulas typeset, derivatives as fractions."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING, NamedTuple

from .letters import SMALLEST, Chunk, clean, width
from .pen import POWERS, n, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .letters import Font, Text
    from .pen import Point

SMALLER = 0.85
"""Size of the letters in a fraction, relative to those around it."""
AXIS = 0.3
"""Height of a fraction's bar above the line, relative to the letters: the middle of a minus sign."""
AIR = 3.0
"""Pixels between the bar of a fraction and the texts above and below it."""


class Fraction(NamedTuple):
    """The texts above and below a bar."""

    top: Text
    bottom: Text


class Term(NamedTuple):
    """A part of an equation, with its CSS classes."""

    what: Text | Fraction
    css: str = ""


def of_html(*parts: str | Text) -> Text:
    """Return a formula from its HTML, with letters, indices and exponents; names may stand between the parts.

    >>> of_html("(<i>a</i> − 1)<sup>2</sup>")[-1]
    Chunk(base=' − 1)', font='serif', below='', above='2')
    >>> of_html("e<sup>", (Chunk("x", "italic"),), "</sup>")
    (Chunk(base='e', font='serif', below='', above='x'),)
    """
    found: list[Chunk] = []
    open_tags: list[str] = []
    for part in parts:
        if not isinstance(part, str):
            _add(found, part, open_tags)
            continue
        for token in re.split(r"(</?(?:i|sub|sup)>)", part):
            if token.startswith("</"):
                open_tags.pop()
            elif token in {"<i>", "<sub>", "<sup>"}:
                open_tags.append(token)
            elif token:
                font: Font = "italic" if "<i>" in open_tags else "serif"
                _add(found, (Chunk(clean(unescape(token)), font),), open_tags)
    return tuple(found)


def _add(found: list[Chunk], words: Text, tags: Sequence[str]) -> None:
    """Append words to the line, or attach them below or above its end, where names lose their own indices."""
    side = next((tag for tag in tags if tag != "<i>"), "")
    if not side:
        found += words
        return
    last = found.pop() if found else Chunk("", "serif")
    more = "".join(run.base + run.below + _above(run) for run in words)
    below, above = ("", more) if side == "<sup>" else (more, "")
    found.append(last._replace(below=last.below + below, above=last.above + above))


def _above(run: Chunk) -> str:
    """Return what stands above, for text in which nothing can stand above: of 10⁵ the 5 stays raised."""
    return run.above.translate(POWERS) if run.base.endswith("10") else run.above


def plainly(equation: Iterable[Term]) -> str:
    """Return an equation as a line of text, for readers who cannot see it."""
    return "".join(_plain(term.what) for term in equation)


def _plain(what: Text | Fraction) -> str:
    if isinstance(what, Fraction):
        return f"{_plain(what.top)}/{_plain(what.bottom)}"
    return "".join(
        run.base + f"_{run.below}" * bool(run.below) + f"^{run.above}" * bool(run.above) for run in what
    )


def breadth(equation: Iterable[Term], size: float) -> float:
    """Return the width of an equation in pixels, at a given size of letters."""
    return sum(_breadth(term.what, size) for term in equation)


def _breadth(what: Text | Fraction, size: float) -> float:
    if isinstance(what, Fraction):
        return max(width(side, _less(size)) for side in what) + 2 * AIR
    return width(what, size)


def _less(size: float) -> float:
    return max(SMALLEST, round(SMALLER * size, 1))


def written(equation: Sequence[Term], at: Point, size: float) -> str:
    """Return an equation as SVG, with the middle of its line at a point."""
    x, y = at[0] - breadth(equation, size) / 2, at[1]
    drawn = []
    for what, css in equation:
        wide = _breadth(what, size)
        if isinstance(what, Fraction):
            drawn.append(_fraction(what, (x + wide / 2, y - AXIS * size), wide - 2, _less(size), css))
        elif what:
            drawn.append(text(_joined(what), (x, y), size, css=css))
        x += wide
    return f"<title>{escape(plainly(equation))}</title>{''.join(drawn)}"


def _joined(words: Text) -> Text:
    """Return the same words in as few runs as their fonts allow."""
    found: list[Chunk] = []
    for run in words:
        if found and found[-1].font == run.font and not found[-1].below + found[-1].above:
            run = run._replace(base=found.pop().base + run.base)  # noqa: PLW2901  (the same run, longer)
        found.append(run)
    return tuple(found)


def _fraction(what: Fraction, at: Point, wide: float, size: float, css: str) -> str:
    """Return a fraction, centred on the middle of its bar."""
    x, y = at
    under = any(run.below for run in what.top)
    over = any(run.above for run in what.bottom)
    top = text(what.top, (x, y - AIR - (0.36 if under else 0.16) * size), size, "middle", css)
    bottom = text(what.bottom, (x, y + AIR + (0.94 if over else 0.74) * size), size, "middle", css)
    bar = f'<path d="M{n(x - wide / 2)},{n(y)}h{n(wide)}" class="{f"stroke {css}".strip()}"/>'
    return f"{top}{bar}{bottom}"
