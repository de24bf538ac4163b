"""The steps of a page as pictures without a script: one SVG per step, or an animated one without a page.

The attributes of its marks determine what a picture shows at a step: a text with ``data-value`` shows the
value of a node, and so on. An animated picture contains each state of a mark once, and a style sheet that
determines when it is visible.
"""

from __future__ import annotations

import copy
import math
import re
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from engine.numeric import how_to_install
from engine.pictures.drawing import rendered
from engine.pictures.page.captions import Captions
from engine.pictures.page.payload import constants
from engine.pictures.svg.equation import breadth, written
from engine.pictures.svg.letters import clean, number
from engine.pictures.svg.pen import MARGIN, POWERS, sign_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from engine.pictures.snapshot import Snapshot
    from engine.value import Value

    from .captions import Equation

CRISP, COLOURS, MOST_PIXELS = 1.5, 96, 400_000_000
"""For a GIF: pixels per pixel of the SVG, in each direction; colours; the maximum pixels of all steps."""
INSTEAD = "save as .svg, which plays in any browser"
SECONDS = 1.5
"""The duration of a step: enough to see what has changed."""
BAND, ROOM = 112, 740
"""Pixels below the picture, for the equations of a step, and the minimum width that they need."""
LINES = (34.0, 76.0)
"""How far below the picture the equations stand."""
CAPTION = 19
HEAD = 7.4
"""The length of the head of a thin arrow."""
SVG = "http://www.w3.org/2000/svg"
ACTIVE = {"light": "#b0125a", "dark": "#ff8dba"}
STYLE = """
.chainrule .active > .shape {{ stroke: {active}; stroke-width: 3px; stroke-dasharray: none }}
.chainrule .giving > .shape {{ stroke: {active}; stroke-width: 2.6px; stroke-dasharray: 5 3 }}
.chainrule .active > .band, .chainrule .giving > .band {{ clip-path: inset(.8px .8px 0) }}
.chainrule .active > .line {{ stroke: {active}; stroke-width: 3.4px; stroke-dasharray: none }}
.chainrule .active > .head, .chainrule text.newest {{ fill: {active} }}
.chainrule .newest.stroke {{ stroke: {active} }}
"""


def style(theme: str) -> str:
    """Return the style sheet for what a step is about, in the colours of a theme."""
    if theme != "auto":
        return STYLE.format(active=ACTIVE[theme])
    dark = f"@media (prefers-color-scheme: dark) {{{STYLE.format(active=ACTIVE['dark'])}}}\n"
    return STYLE.format(active=ACTIVE["light"]) + dark


State = tuple[str, ...]
"""The state of an element at a step: text, classes, and style; ``HIDDEN`` if it is not visible."""
HIDDEN: State = ()


NONE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is known at a step, and what the step is about."""

    phase: str
    forward: int
    """The number of values that have been computed."""
    seeded: bool = False
    handed: int = 0
    """The number of edges that have passed back their contribution."""
    active: frozenset[int] = NONE
    giving: frozenset[int] = NONE
    edges: frozenset[int] = NONE


class Film:
    """The steps of a graph: the given values, the forward pass, the backward pass edge by edge."""

    def __init__(
        self, now: Snapshot, called: Mapping[Value, str], graph: dict[str, Any], theme: str = "auto"
    ) -> None:
        self.now, self.theme = now, theme
        names = [called[node] for node in now.order]
        self.captions = Captions(now, names, graph)
        self.grads = now.gradient
        inner = [place for place, node in enumerate(now.order) if node.parents]
        self.computed = {place: k for k, place in enumerate(inner, start=1)}
        """For each computed value the step of the forward pass from which it is known."""
        skipped = constants(now.order, names)
        self.order = [
            edge
            for place in reversed(range(len(now.order)))
            for edge in self._entering(place)
            if now.tails[edge] not in skipped
        ]
        """The edges in the order of the backward pass, without those that lead back to a mere number."""
        self.turn = {edge: k for k, edge in enumerate(self.order, start=1)}
        self.leaving: list[list[int]] = [[] for _ in now.order]
        """For each value the edges that pass back to it, in that order."""
        for edge in self.order:
            self.leaving[now.tails[edge]].append(edge)
        self.moments = list(self._moments())

    def in_theme(self, theme: str) -> Film:
        """Return the same film in other colours."""
        other = copy.copy(self)
        other.theme = theme
        return other

    def frames(self, svg: str, title: str) -> list[str]:
        """Return the picture at every step."""
        return [self._frame(svg, title, k) for k in range(len(self.moments))]

    def animated(self, svg: str, title: str, seconds: float) -> str:
        """Return one picture that moves from step to step, and starts again after the last one."""
        tree = self._tree(svg)
        count = len(self.moments)
        spans: set[tuple[int, int]] = set()
        self._play(tree, spans)
        room = _room(tree)
        for k, moment in enumerate(self.moments):
            caption = self._caption(room, moment)
            _during(caption, k, k + 1, count, spans)
        _style(tree, style(self.theme) + _keyframes(spans, count, seconds))
        _name(tree, f"{title}: every step, one after another")
        return _written(tree)

    def gif(self, svg: str, title: str, seconds: float) -> bytes:
        """Return all steps as bitmaps, one after another; the last one stays for three steps.

        Raises ImportError if Typst or Pillow is missing, and ValueError for too many pixels.
        """
        try:
            from PIL import Image  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise ImportError(f"writing .gif needs Pillow: {how_to_install('png')}; {INSTEAD}") from error
        frames = self.frames(svg, title)
        width, height = (float(side) for side in re.findall(r' (?:width|height)="([\d.]+)"', frames[0])[:2])
        if len(frames) * width * height * CRISP**2 > MOST_PIXELS:
            raise ValueError(
                f"{len(frames)} steps of {width:.0f} × {height:.0f} pixels are too many for a GIF; "
                f"{INSTEAD}, or save the picture of each step with frames(folder)"
            )
        pictures = []
        for frame in frames:
            with Image.open(BytesIO(rendered(frame, "png", title, "", CRISP))) as picture:
                pictures.append(picture.convert("RGB"))
        palette = pictures[-1].quantize(COLOURS)
        first, *rest = (picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures)
        written = BytesIO()
        lasts = [round(1000 * seconds)] * len(rest) + [round(3000 * seconds)]
        first.save(written, "GIF", save_all=True, append_images=rest, duration=lasts, loop=0, optimize=True)
        return written.getvalue()

    def _frame(self, svg: str, title: str, k: int) -> str:
        tree = self._tree(svg)
        for parent, element in list(_elements(tree)):
            _become(parent, element, self._state(element, self.moments[k]))
        self._caption(_room(tree), self.moments[k])
        _style(tree, style(self.theme))
        _name(tree, f"{title}: step {k} of {len(self.moments) - 1}")
        return _written(tree)

    def _tree(self, svg: str) -> ET.Element:
        """Return the picture; in it, each arrow lists the edges that set its width, from the same start.

        An arrow from an output to the cost across other values has none: it waits for the output's gradient.
        """
        tree = ET.fromstring(svg)  # noqa: S314  (it reads only our own picture)
        held = {one.get("id"): _places(one.get("data-places", "")) for one in tree.iter() if one.get("id")}
        for mark in tree.iterfind(".//*[@data-places]"):
            for part in mark.iterfind("*[@data-sum]"):
                mark.set("data-uses", part.get("data-sum", ""))
        for arrow in tree.iter():
            if "data-edges" not in arrow.attrib:
                continue
            tails, heads = (_ends(arrow.get(f"data-{end}", ""), held) for end in ("tail", "head"))
            own = [
                edge
                for edge, (tail, head) in enumerate(zip(self.now.tails, self.now.heads, strict=True))
                if tail in tails and head in heads
            ]
            across = not own
            arrow.set("data-own", " ".join(map(str, own)))
            arrow.set("data-over", str(tails[0]) if across else "")
            if arrow.get("id", "").startswith("o") or len(own) > 1:
                arrow.set("data-edges", arrow.get("data-own", ""))
                for label in arrow:
                    if "data-slope" in label.attrib:
                        label.set("data-slope", arrow.get("data-own", ""))
                        label.set("data-over", str(tails[0]))
        return tree

    def _play(self, tree: ET.Element, spans: set[tuple[int, int]]) -> None:
        """Replace each mark that changes with one for each of its states."""
        count = len(self.moments)
        for parent, element in list(_elements(tree)):
            states = [self._state(element, moment) for moment in self.moments]
            runs = _runs(states)
            if len(runs) == 1:
                _become(parent, element, states[0])
                continue
            place = list(parent).index(element)
            parent.remove(element)
            for start, end, state in runs:
                if state == HIDDEN:
                    continue
                one = copy.deepcopy(element)
                _become(parent, one, state)
                _during(one, start, end, count, spans)
                parent.insert(place, one)
                place += 1

    # ── What a mark shows at a step ──

    def _state(self, element: ET.Element, moment: Moment) -> State:
        """Return the text, the classes and the style of a mark; ``HIDDEN`` if it is not visible yet."""
        classes = element.get("class", "")
        plain = (element.text or "", classes, element.get("style", ""))
        numbers = {
            "data-value": self._value,
            "data-known": self._value,
            "data-grad": self._grad,
            "data-slope": self._slope,
            "data-sum": self._sum,
        }
        for name, read in numbers.items():
            if name in element.attrib:
                if element.get("data-over"):
                    return plain if self._complete(int(element.get("data-over", "")), moment) else HIDDEN
                state = read(_places(element.get(name, "")), plain, moment)
                prefix = element.get("data-prefix", "∂ ")
                return (state[0].replace("∂ ", prefix), *state[1:]) if state else HIDDEN
        if "data-edges" in element.attrib:
            return self._arrow(element, plain, moment)
        places = _places(element.get("data-places", ""))
        uses = _places(element.get("data-uses", ""))  # for a leaf that stands at each place where it is used
        is_used = not uses or not moment.edges.isdisjoint(uses)
        more = " active" if is_used and moment.active.intersection(places) else ""
        more = more or (" giving" if moment.giving.intersection(places) else "")
        return (plain[0], classes + more, plain[2])

    def _value(self, places: list[int], plain: State, moment: Moment) -> State:
        is_known = all(self.computed.get(place, 0) <= moment.forward for place in places)
        return plain if is_known else HIDDEN

    def _grad(self, places: list[int], plain: State, moment: Moment) -> State:
        """Return the gradient, or the sum up to this step."""
        place, *others = places
        if others:
            return plain if all(self._complete(one, moment) for one in places) else HIDDEN
        if not self._begun(place, moment):
            return HIDDEN
        if self._complete(place, moment):
            return plain
        return _signed(sum(map(self._part, self._come(place, moment))), plain)

    def _slope(self, edges: list[int], plain: State, moment: Moment) -> State:
        return plain if self._handed(edges[0], moment) else HIDDEN

    def _sum(self, edges: list[int], plain: State, moment: Moment) -> State:
        come = [edge for edge in edges if self._handed(edge, moment)]
        if not come:
            return HIDDEN
        return plain if len(come) == len(edges) else _signed(sum(map(self._part, come)), plain)

    def _arrow(self, element: ET.Element, plain: State, moment: Moment) -> State:
        """Return an arrow, with colour and width once it has passed back its contribution."""
        over, own = element.get("data-over", ""), _places(element.get("data-own", ""))
        known = self._complete(int(over), moment) if over else any(self._handed(edge, moment) for edge in own)
        edges = _places(element.get("data-edges", ""))
        active = "" if moment.edges.isdisjoint(edges) else " active"
        if known:
            return (plain[0], plain[1] + active, plain[2])
        grey = {"positive", "negative", "known", "zero"}
        return ("thin", " ".join(name for name in plain[1].split() if name not in grey) + active, plain[2])

    def _handed(self, edge: int, moment: Moment) -> bool:
        return self.turn.get(edge, moment.handed + 1) <= moment.handed

    def _complete(self, place: int, moment: Moment) -> bool:
        return moment.seeded and all(self.turn[edge] <= moment.handed for edge in self.leaving[place][-1:])

    def _caption(self, room: ET.Element, moment: Moment) -> ET.Element:
        """Write the text of a step below a picture, and return the element that contains it."""
        middle, top, wide = (float(room.get(f"data-{side}", "")) for side in ("middle", "top", "wide"))
        where = f'x="{middle:g}" y="{top + BAND - 10:g}" font-size="13" text-anchor="middle"'
        lines = [f'<text {where} class="soft">{moment.phase}</text>']
        for equation, down in zip(self._equations(moment), LINES, strict=False):
            fits = min(1.0, wide / breadth(equation, CAPTION))
            shift = f' transform="translate({middle:g} {top + down:g}) scale({fits:.3g})"'
            lines.append(f'<g class="equation"{shift}>{written(equation, (0, 0), CAPTION)}</g>')
        caption = ET.fromstring(f'<g xmlns="{SVG}" class="caption" xml:space="preserve">{"".join(lines)}</g>')  # noqa: S314  (ours)
        room.append(caption)
        return caption

    def _equations(self, moment: Moment) -> list[Equation]:
        (place,) = moment.active or (-1,)
        if not moment.active:
            return []
        if not moment.seeded:
            return self.captions.value(place)
        if not moment.handed:
            return self.captions.seed()
        come = self._come(place, moment)
        return self.captions.handed(come, more=len(self.leaving[place]) - len(come))

    # ── The steps ──

    def _moments(self) -> Iterator[Moment]:
        now, root, count = self.now, len(self.now.order) - 1, len(self.computed)
        yield Moment(phase="Before the first step: what is given", forward=0)
        for place, k in self.computed.items():
            yield Moment(
                phase=f"Forward, step {k} of {count}",
                forward=k,
                active=frozenset({place}),
                edges=frozenset(self._entering(place)),
            )
        yield Moment(
            phase="The backward pass begins at the end",
            forward=count,
            seeded=True,
            active=frozenset({root}),
        )
        for k, edge in enumerate(self.order, start=1):
            yield Moment(
                phase=f"Backward, step {k} of {len(self.order)}",
                forward=count,
                seeded=True,
                handed=k,
                active=frozenset({now.tails[edge]}),
                giving=frozenset({now.heads[edge]}),
                edges=frozenset({edge}),
            )

    def _entering(self, place: int) -> range:
        first = self.now.firsts[place]
        return range(first, first + len(self.now.order[place].parents))

    def _part(self, edge: int) -> float:
        return self.now.slopes[edge] * self.grads[self.now.heads[edge]]

    def _come(self, place: int, moment: Moment) -> list[int]:
        return [edge for edge in self.leaving[place] if self.turn[edge] <= moment.handed]

    def _begun(self, place: int, moment: Moment) -> bool:
        return moment.seeded and (place == len(self.now.order) - 1 or bool(self._come(place, moment)))


def _signed(x: float, plain: State) -> State:
    """Return a partial gradient in place of the whole one, in the colour of its sign."""
    classes = [name for name in plain[1].split() if name not in {"positive", "negative"}]
    words = "".join(run.base + run.above.translate(POWERS) for run in number(x))
    return (f"∂ {words}", " ".join([*classes, *filter(None, [sign_of(x)])]), plain[2])


def _places(text: str) -> list[int]:
    return [int(part) for part in text.split()]


def _runs(states: Sequence[State]) -> list[tuple[int, int, State]]:
    """Return the runs of steps in which a mark is the same: the first step, the end, and the state."""
    found: list[tuple[int, int, State]] = []
    for k, state in enumerate(states):
        if found and found[-1][2] == state:
            found[-1] = (found[-1][0], k + 1, state)
        else:
            found.append((k, k + 1, state))
    return found


# ── The picture as a tree ─────────────────────────────────────────────────────────────────────────

MARKS = ("data-value", "data-known", "data-grad", "data-slope", "data-sum", "data-edges", "data-places")


def _ends(id: str, held: Mapping[str | None, list[int]]) -> list[int]:
    """Return the values at an end of an arrow: the named one, or all values that a mark stands for."""
    return [int(id[1:])] if re.fullmatch(r"n\d+", id) else held.get(id, [])


def _elements(tree: ET.Element) -> Iterator[tuple[ET.Element, ET.Element]]:
    """Yield every mark with its parent, inner marks first, so that a copy of an outer one contains copies."""
    for parent in reversed(list(tree.iter())):
        for element in parent:
            if any(name in element.attrib for name in MARKS):
                yield parent, element


def _become(parent: ET.Element, element: ET.Element, state: State) -> None:
    if state == HIDDEN:
        parent.remove(element)
        return
    text, classes, _ = state
    element.set("class", classes)
    if "data-edges" not in element.attrib and "data-places" not in element.attrib:
        element.text = text
    elif text == "thin":
        _thin(element)


def _thin(arrow: ET.Element) -> None:
    """Draw an arrow as it is before it is known, with the smallest head; its tip stays in place."""
    line, head = (next(arrow.iterfind(f"*[@class='{name}']")) for name in ("line", "head"))
    tip, one, other = ([float(x) for x in point.split(",")] for point in head.get("points", "").split())
    base = [(a + b) / 2 for a, b in zip(one, other, strict=True)]
    long = math.dist(tip, base) or 1.0
    x, y = ((a - b) / long for a, b in zip(tip, base, strict=True))
    foot, half = (tip[0] - HEAD * x, tip[1] - HEAD * y), 0.42 * HEAD
    corners = [tip, (foot[0] - half * y, foot[1] + half * x), (foot[0] + half * y, foot[1] - half * x)]
    head.set("points", " ".join(f"{a:.1f},{b:.1f}" for a, b in corners))
    line.set("d", f"{line.get('d')}L{tip[0] - 4 * x:.1f},{tip[1] - 4 * y:.1f}")
    line.set("style", "stroke-width:1.25px")


def _during(element: ET.Element, start: int, end: int, count: int, spans: set[tuple[int, int]]) -> None:
    """Make an element visible for some steps; without motion, show it if it is visible at the end."""
    spans.add((start, end))
    element.set("class", f"{element.get('class', '')} t{start}-{end}{' gone' * (end < count)}".strip())


def _keyframes(spans: set[tuple[int, int]], count: int, seconds: float) -> str:
    rules = []
    for start, end in sorted(spans):
        stops = {0.0: start == 0, 100 * start / count: True, 100 * end / count: False}
        if end == count:
            stops.pop(100.0)
        frames = " ".join(f"{at:.4g}% {{ opacity: {int(seen)} }}" for at, seen in sorted(stops.items()))
        rules.append(f"@keyframes k{start}-{end} {{ {frames} }}")
        rules.append(
            f".t{start}-{end} {{ animation: k{start}-{end} {seconds * count:.4g}s step-end infinite }}"
        )
    return (
        ".gone { opacity: 0 }\n@media (prefers-reduced-motion: no-preference) {\n"
        + "\n".join(rules)
        + "\n}\n"
    )


def _style(tree: ET.Element, rules: str) -> None:
    style = next(tree.iter(f"{{{SVG}}}style"))
    style.text = (style.text or "") + rules


def _name(tree: ET.Element, title: str) -> None:
    next(tree.iter(f"{{{SVG}}}title")).text = clean(title)


def _room(tree: ET.Element) -> ET.Element:
    """Make room below the picture, and return a group for its contents."""
    left, top, width, height = map(float, tree.get("viewBox", "").split())
    wide = max(width, ROOM)
    left -= (wide - width) / 2
    tree.set("viewBox", f"{left:g} {top:g} {wide:g} {height + BAND:g}")
    tree.set("width", f"{wide:g}")
    tree.set("height", f"{height + BAND:g}")
    for ground in tree.iterfind(f"{{{SVG}}}rect[@class='ground']"):
        ground.set("x", f"{left:g}")
    place = {"data-middle": left + wide / 2, "data-top": top + height, "data-wide": wide - 2 * MARGIN}
    return ET.SubElement(tree, f"{{{SVG}}}g", {name: f"{x:g}" for name, x in place.items()})


def _written(tree: ET.Element) -> str:
    ET.register_namespace("", SVG)
    text: str = ET.tostring(tree, encoding="unicode")
    return f"{text}\n"
