"""The strokes of all pictures, as SVG: texts, shapes, arrows, and the page around them.

Every text that comes in is text, never markup: it is escaped, and characters that XML forbids become visible.
"""

from __future__ import annotations

import math
import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from engine.formula import symbol

from . import letters
from .ink import sheet
from .letters import Chunk, Text, clean, name, number, plain, spoken, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from .diagram import Arrow, Box, Diagram

    Anchor = Literal["start", "middle", "end"]

NAME, VALUE, GRADIENT = 16, 12.5, 12
"""Sizes of letters: of names, of values, and of gradients, edge labels and the key."""
LONGEST, LONGEST_GRADIENT = "−0.00256", "∂ −0.000256"
"""The longest numbers that a script is expected to write: gradients become small."""
THIN, WIDEST = 1.25, 4.25
"""Width of an arrow that contributes nothing or is unknown, and of the one that contributes most."""
LABELLED = 'aria-labelledby="graph0-title graph0-desc"'
MARGIN = 14.0

Point = tuple[float, float]
Piece = tuple[Point, Point, Point, Point]
"""A cubic curve: its start, its two handles, its end."""


class Look(NamedTuple):
    """How a picture is to be drawn, whatever it shows."""

    theme: str = "auto"
    digits: int = 3
    direction: str | None = None
    """For values: ``right`` or ``down``; if it is None, the direction that fits."""
    cite: bool | None = None
    """Whether a leaf stands at each place where it is used; None: only leaves whose uses are far apart."""
    room: float = 740
    """The available width in pixels."""
    live: bool = False
    """Whether a script will write other numbers: then there is room for longer ones."""


def n(number: float) -> str:
    """Return a coordinate as text, to a tenth of a pixel.

    >>> n(1.0), n(0.25), n(-0.01)
    ('1', '0.2', '0')
    """
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def safe(text: str) -> str:
    """Escape a text for use in an element or in an attribute."""
    return escape(clean(text))


POWERS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

# ── Texts ─────────────────────────────────────────────────────────────────────────────────────────


def text(
    words: Text,
    at: Point,
    size: float,
    anchor: Anchor = "start",
    css: str = "",
    *,
    data: str = "",
    free: bool = False,
) -> str:
    """Write a text; subscripts and superscripts stand at the right of their letter, one above the other.

    A foreign font is squeezed into the planned room, unless a script will change the text (``free``): then it
    is one run, powers of ten included, and stays in its place whatever number is written into it.

    >>> text(plain("a < b"), (1, 2), 12, css="soft")
    '<text x="1" y="2" class="soft" textLength="26.7" lengthAdjust="spacingAndGlyphs">a &lt; b</text>'
    """
    size_given = "" if size == GRADIENT else f' font-size="{size:g}"'
    if free:
        words = tuple(run._replace(base=run.base + run.above.translate(POWERS), above="") for run in words)
    if len(words) == 1 and not words[0].below and not words[0].above:
        (run,) = words
        classes = " ".join(filter(None, ["" if run.font == "sans" else run.font, css]))
        named = f' class="{classes}"' if classes else ""
        held = "" if anchor == "start" else f' text-anchor="{anchor}"'
        fit = "" if free else _fitted(run.base, size, run.font)
        where = f'x="{n(at[0])}" y="{n(at[1])}"'
        return f"<text {where}{size_given}{held}{named}{data}{fit}>{escape(run.base)}</text>"
    x, y = at[0] - width(words, size) * {"start": 0, "middle": 0.5, "end": 1}[anchor], at[1]
    named = f' class="{css}"' if css else ""
    spans = []
    for run in words:
        spans.append(_span(run.base, (x, y), size, run.font))
        x += letters.letters(run.base, size, run.font)
        if run.below or run.above:
            spans += _beside(run, (x + letters.kern(run), y), size)
            x = x - letters.letters(run.base, size, run.font) + width((run,), size)
    return f'<text x="{n(at[0])}" y="{n(y)}"{size_given}{named}{data}>{"".join(spans)}</text>'


def _beside(run: Chunk, at: Point, size: float) -> list[str]:
    """Return the subscript and the superscript of a letter."""
    less, (x, y) = letters.small(size), at
    both = bool(run.below and run.above)
    spans = []
    if run.below:
        down = y + (0.3 if both else 0.2) * size
        spans.append(_span(run.below, (x, down), less, letters.slope(run.below), f' font-size="{less:g}"'))
    if run.above:
        up = y - (0.45 if both else 0.36) * size
        spans.append(_span(run.above, (x, up), less, letters.above(run), f' font-size="{less:g}"'))
    return spans


def _span(base: str, at: Point, size: float, font: letters.Font, more: str = "") -> str:
    where = f'x="{n(at[0])}" y="{n(at[1])}"'
    named = "" if font == "sans" else f' class="{font}"'
    return f"<tspan {where}{more}{named}{_fitted(base, size, font)}>{escape(base)}</tspan>"


def _fitted(base: str, size: float, font: letters.Font) -> str:
    if len(base) < 2:
        return ""
    return f' textLength="{n(letters.letters(base, size, font))}" lengthAdjust="spacingAndGlyphs"'


class Phrase(NamedTuple):
    """A text in a caption: its words, their size, its classes, and which number it shows."""

    words: Text
    size: float
    css: str = ""
    data: str = ""


def written(part: Phrase, at: Point, look: Look, anchor: Anchor = "start") -> str:
    """Return a part of a caption as SVG."""
    free = look.live and bool(part.data)
    return text(part.words, at, part.size, anchor, part.css, data=part.data, free=free)


def value(box: Box, look: Look, size: float = VALUE, css: str = "") -> Phrase:
    """Return the number of a box; if it has changed, the numbers before and after."""
    now = number(box.data or 0.0, look.digits)
    if box.was and box.was[0] != box.data:
        now = _change(box.was[0], box.data or 0.0, look.digits)
    return Phrase(now, size, css, f' data-value="{box.places[0]}"')


def of_gradient(box: Box, look: Look, css: str = "") -> Phrase:
    """Return the gradient of a box; if it has changed, the gradients before and after."""
    found = gradient(box.grad, look, f' data-grad="{box.places[0]}"', css)
    old = box.was[1] if box.was else None
    if old is None or box.grad is None or old == box.grad:
        return found
    both = _change(old, box.grad, look.digits)
    return found._replace(words=(both[0]._replace(base=f"∂ {both[0].base}"), *both[1:]))


def gradient(x: float | None, look: Look, data: str = "", css: str = "") -> Phrase:
    """Return ∂ and a number, coloured by its sign, or a dash if no backward pass has reached it."""
    (run,) = plain("–") if x is None else number(x, look.digits)
    sign = sign_of(x)
    return Phrase((run._replace(base=f"∂ {run.base}"),), GRADIENT, f"{sign or 'soft'} {css}".strip(), data)


def sign_of(x: float | None) -> str:
    """Return the CSS class for a number's sign."""
    return "" if not x or math.isnan(x) else "positive" if x > 0 else "negative"


def _change(old: float, new: float, digits: int) -> Text:
    """Return two numbers, with as many digits as they need to differ."""
    enough = (more for more in range(digits, 17) if number(old, more) != number(new, more))
    more = next(enough, 17)
    return (*number(old, more), *plain(" → "), *number(new, more))


def prose(line: str) -> Text:
    """Return a line of words in which names with an index or a layer are typeset.

    >>> [run.base for run in prose("by w_0^(1), too")], prose("by w_0^(1), too")[1].above
    (['by ', 'w', ', too'], '(1)')
    >>> [(run.base, run.below) for run in prose("∂C_i/∂w")]
    [('∂', ''), ('C', 'i'), ('/∂w', '')]
    """
    found: list[Chunk] = []
    for part in re.split(r"([^\W\d_]+(?:_?\d[\d,]*|_[^\W\d_]+)?(?:\^\([^()\s]*\)|\^\d+)?)", clean(line)):
        read = symbol(part)
        if read.letter and (read.layer or ("_" in part and read.below)):
            found += name(part)
        elif part and found and found[-1].font == "sans" and not found[-1].below + found[-1].above:
            found[-1] = Chunk(found[-1].base + part)
        else:
            found += plain(part)
    return tuple(found)


def title(words: str) -> str:
    """Return the hint of a mark, for a pointer and for a screen reader."""
    return f"<title>{safe(words)}</title>" if words else ""


def told(label: str, hint: str) -> str:
    """Return the title of a mark: its hint, after its name in words if these differ from the name."""
    words = spoken(label)
    return title(f"{words}: {hint}" if words != clean(label) and hint else hint or words)


def group(its: Box, classes: str, inside: Iterable[str], places: Iterable[int] = (), id: str = "") -> str:
    """Group the parts of a mark: a page finds them by the places of its values, a reader by its hint."""
    held = " ".join(map(str, places or its.places[:1]))
    names = f'id="{safe(id or its.id)}" class="node {classes}" data-places="{held}"'
    return f"<g {names}>{told(its.label, its.hint or its.id)}{''.join(inside)}</g>"


# ── Shapes and arrows ─────────────────────────────────────────────────────────────────────────────


def box(area: Sequence[float], corner: float, css: str = "shape") -> str:
    """Draw a rectangle with round corners: its left, top, width and height."""
    x, y, wide, high = area
    size = f'width="{n(wide)}" height="{n(high)}"'
    return f'<rect x="{n(x)}" y="{n(y)}" {size} rx="{n(corner)}" class="{css}"/>'


def level(start: Point, end: Point, bend: float = 0.5) -> Piece:
    """Return a curve with horizontal ends."""
    (x, y), (right, down) = start, end
    return start, (x + (right - x) * bend, y), (right - (right - x) * bend, down), end


def upright(start: Point, end: Point) -> Piece:
    """Return a curve with vertical ends; the farther it leads aside, the longer they are."""
    (x, y), (right, down) = start, end
    bend = min(0.75, max(0.5, 0.5 * abs(right - x) / (abs(down - y) or 1)))
    return start, (x, y + (down - y) * bend), (right, down - (down - y) * bend), end


def points(piece: Piece, count: int) -> list[Point]:
    """Return points along a curve, including both ends."""
    (a, b), (c, d), (e, f), (g, h) = piece
    found = []
    for k in range(count + 1):
        t = k / count
        p, q, r, s = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3
        found.append((p * a + q * c + r * e + s * g, p * b + q * d + r * f + s * h))
    return found


def head_length(width: float) -> float:
    """Return the length of an arrowhead: a wide line has a longer one."""
    return 5.5 + 1.5 * width


def arrowhead(last: Piece, width: float) -> tuple[Point, tuple[Point, Point, Point]]:
    """Return where a line ends within its arrowhead, and the corners of this head."""
    (tip_x, tip_y), (near_x, near_y) = last[3], last[2] if last[2] != last[3] else last[0]
    along = math.hypot(tip_x - near_x, tip_y - near_y) or 1
    x, y, length = (tip_x - near_x) / along, (tip_y - near_y) / along, head_length(width)
    neck = tip_x - x * length * 0.8, tip_y - y * length * 0.8
    foot, aside = (tip_x - x * length, tip_y - y * length), 0.42 * length
    corners = last[3], (foot[0] - y * aside, foot[1] + x * aside), (foot[0] + y * aside, foot[1] - x * aside)
    return neck, corners


def shortened(pieces: Sequence[Piece], width: float) -> list[Piece]:
    """Return a line as it is drawn: it ends within its arrowhead, and comes into it straight."""
    *others, (start, near, far, tip) = pieces
    neck, _ = arrowhead(pieces[-1], width)
    moved = far[0] + neck[0] - tip[0], far[1] + neck[1] - tip[1]
    return [*others, (start, near, moved, neck)]


def line(pieces: Sequence[Piece], width: float) -> str:
    """Draw a line along curves, with an arrowhead at its end."""
    _, corners = arrowhead(pieces[-1], width)
    drawn = shortened(pieces, width)
    path = f"M{_at(pieces[0][0])}" + "".join(f"C{_at(b)} {_at(c)} {_at(d)}" for _, b, c, d in drawn)
    stroke = f'<path d="{path}" class="line" style="stroke-width:{width:.3g}px"/>'
    return f'{stroke}<polygon points="{" ".join(map(_at, corners))}" class="head"/>'


def _at(point: Point) -> str:
    return f"{n(point[0])},{n(point[1])}"


def arrow(it: Arrow, pieces: Sequence[Piece], label: str = "", edges: str = "") -> str:
    """Draw an arrow with its label; classes and the ids of its ends identify it."""
    sign = {1: " positive", -1: " negative"}.get(it.sign, "")
    classes = f"edge{sign}{' known' * (it.part is not None)}{' zero' * (it.part == 0)}{' dim' * it.dim}"
    hue = f" path{it.hue}" if it.hue else ""
    ends = (
        f'data-tail="{safe(it.tail)}" data-head="{safe(it.head)}" data-edges="{edges or it.id.lstrip("e")}"'
    )
    said = title(it.hint or f"{it.tail} to {it.head}")
    return f'<g id="{safe(it.id)}" class="{classes}{hue}" {ends}>{said}{line(pieces, it.width)}{label}</g>'


# ── The page around a picture ─────────────────────────────────────────────────────────────────────


def page(diagram: Diagram, size: Point, shapes: Iterable[str], look: Look, level: str) -> str:
    """Put shapes on a page, with a title and description for screen readers, and notes and key below."""
    added, width, height = _below(diagram, size, level)
    bounds = f'width="{n(width)}" height="{n(height)}" viewBox="0 0 {n(width)} {n(height)}"'
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chainrule" data-level="{level}" {bounds}'
            f' font-size="{GRADIENT}" role="img" {LABELLED}>'
        ),
        f'<title id="graph0-title">{safe(diagram.title)}</title>',
        f'<desc id="graph0-desc">{safe(diagram.description)}</desc>',
        f"<style>{sheet(look.theme)}</style>",
        GROUND,
        '<g id="graph0" class="graph" xml:space="preserve">',
        *shapes,
        *added,
        "</g>",
        "</svg>",
    ]
    return "\n".join(filter(None, lines)) + "\n"


GROUND = '<rect class="ground" width="100%" height="100%"/>'


def prefixed(picture: str, prefix: str) -> str:
    """Return a picture with a prefix before every id, so that several fit on one page.

    >>> prefixed('<title id="graph0-title">', "p1-")
    '<title id="p1-graph0-title">'
    """
    # Quotation marks in texts are escaped, so that anything that looks like an id is one.
    named = picture.replace(' id="', f' id="{prefix}')
    return named.replace(LABELLED, LABELLED.replace("graph0", f"{prefix}graph0"))


def _below(diagram: Diagram, size: Point, level: str) -> tuple[list[str], float, float]:
    """Return the notes and the key below a picture, and the size of the whole."""
    width_now, height = size
    lines = [prose(note) for note in diagram.notes]
    width_now = max([width_now, *(width(line, GRADIENT) + 2 * MARGIN for line in lines)])
    drawn = []
    for line in lines:
        height += 22 if any(run.below or run.above for run in line) else 17
        drawn.append(text(line, (MARGIN, height - 11), GRADIENT, css="note soft"))
    height += 4 * bool(lines)
    if diagram.legend and level != "matrices":
        samples = _samples(diagram, level)
        width_now = max(width_now, max(wide for _, wide in samples) + 2 * MARGIN)
        x, height = MARGIN, height + 14
        for sample, wide in samples:
            if x > MARGIN and x + wide > width_now - MARGIN:
                x, height = MARGIN, height + 20
            drawn.append(f'<g class="key" transform="translate({n(x)} {n(height)})">{sample}</g>')
            x += wide + 14
        height += 12
    return drawn, width_now, height


def _samples(diagram: Diagram, level: str) -> list[tuple[str, float]]:
    """Return the words of the key, in the picture's own marks, each with its width."""
    known = any(arrow.part is not None for arrow in diagram.arrows)
    found = [_sample([("value", "")])]
    if known:
        found.append(_sample([("∂ gradient of ", "soft")], name(diagram.root)))
    elif any(it.data is not None and it.grad is None for it in diagram.boxes):
        found.append(_sample([("∂ – no gradient before backward()", "soft")]))
    if any(arrow.slope is not None for arrow in diagram.arrows):  # an arrow of several edges has none
        where = "" if any(arrow.label for arrow in diagram.arrows) else " (hints show it)"
        words = f"local derivative{where} "
        if known:
            above, wide = _wire_sample([(f"{words}above 0,", "soft")], "positive")
            below, more = _wire_sample([("below 0", "soft")], "negative")
            found.append((above + _moved(below, wide + 7), wide + 7 + more))
        else:  # only the numbers have colours
            signs = [("above 0", "positive"), (", ", "soft"), ("below 0", "negative")]
            found.append(_wire_sample([(words, "soft"), *signs]))
    if known and len({arrow.width for arrow in diagram.arrows}) > 1:
        found.append(_sample([("wider: larger contribution", "soft")]))
    if level == "values" and {"parameter", "input"} <= {box.kind for box in diagram.boxes}:
        found.append(_sample([("green: what learning can change", "soft")]))
    ones = any(it.label and it.slope == 1 for it in diagram.arrows)
    if level == "values" and len(diagram.arrows) > MANY and ones:
        found.append(_sample([("no number: local derivative 1", "soft")]))
    return found


MANY = 20
"""The number of arrows in a picture of values beyond which a local derivative of 1 is not printed."""


def _sample(words: Sequence[tuple[str, str]], then: Text = ()) -> tuple[str, float]:
    x, drawn = 0.0, []
    for word, css in words:
        drawn.append(text(plain(word), (x, 0), GRADIENT, css=css))
        x += width(plain(word), GRADIENT)
    if then:
        drawn.append(text(then, (x, 0), 15))
        x += width(then, 15)
    return "".join(drawn), x


def _wire_sample(words: Sequence[tuple[str, str]], sign: str = "") -> tuple[str, float]:
    wire = line([level((0, -4), (22, -4))], 1.8 if sign else THIN)
    said, wide = _sample(words)
    return f'<g class="{f"wire {sign} known" if sign else "wire"}">{wire}</g>{_moved(said, 27)}', 27 + wide


def _moved(drawn: str, x: float) -> str:
    return f'<g transform="translate({n(x)} 0)">{drawn}</g>'
