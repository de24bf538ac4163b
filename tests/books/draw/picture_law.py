"""The quality law of pictures: what an SVG shows, read as a browser reads it, and what is wrong with it."""

import itertools
import math
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from typing import NamedTuple

from engine.pictures.svg.letters import letters
from engine.pictures.svg.pen import points

SVG = "{http://www.w3.org/2000/svg}"
SMALLEST = 11
NEAREST = 7.5
"""Pixels between the tips of two arrows."""
MOST = 40
"""Arrows into a mark; more are a broad stream."""
CROWD = 24
"""Into a mark with more arrows than this, most come from so far above or below that they turn before it."""
STRAIGHT = 2.5
"""Pixels before its head in which a line has the direction of the head, more or less."""


class Written(NamedTuple):
    """A run of letters: where its ink is, its size, and the text element that it is a part of."""

    left: float
    top: float
    right: float
    bottom: float
    size: float
    words: str
    owner: int
    role: str
    """What it is a part of: ``node`` for a mark's caption, ``edge`` for an arrow's label, or nothing."""


class Seen:
    """All that is written and drawn on a page."""

    def __init__(self, svg):
        self.root = ET.fromstring(svg)  # noqa: S314 — the text is our own
        self.width, self.height = (float(self.root.get(side)) for side in ("width", "height"))
        self.texts, self.lines, self.heads, self.boxes = [], [], [], []
        self._walk(self.root, (0.0, 0.0), "")

    def _walk(self, element, shift, classes):
        tag = element.tag.removeprefix(SVG)
        moved = re.fullmatch(r"translate\((\S+) (\S+)\)", element.get("transform", ""))
        if moved:
            shift = shift[0] + float(moved[1]), shift[1] + float(moved[2])
        classes = f"{classes} {element.get('class', '')}"
        if tag == "text":
            self._text(element, shift, classes)
        elif tag == "path" and element.get("class") == "line":
            width = float(re.search(r"stroke-width:(\S+)px", element.get("style"))[1])
            self.lines.append((course(element.get("d"), shift), width))
        elif tag == "polygon" and element.get("class") == "head":
            corners = [tuple(map(float, corner.split(","))) for corner in element.get("points").split()]
            self.heads.append([(x + shift[0], y + shift[1]) for x, y in corners])
        elif tag == "rect" and element.get("class") == "shape":
            x, y, wide, high = (float(element.get(k)) for k in ("x", "y", "width", "height"))
            self.boxes.append((x + shift[0], y + shift[1], x + wide + shift[0], y + high + shift[1]))
        for child in element:
            if tag != "text":
                self._walk(child, shift, classes)

    def _text(self, element, shift, classes):
        role = next((role for role in ("node", "edge") if role in classes.split()), "")
        spans = element.findall(f"{SVG}tspan") or [element]
        for span in spans:
            words = span.text or ""
            size = float(span.get("font-size") or element.get("font-size") or 12)
            font = next((f for f in ("italic", "serif") if f in (span.get("class") or "")), "sans")
            wide = float(span.get("textLength") or letters(words, size, font))
            if "strong" in (element.get("class") or ""):
                wide *= 1.08
            x, y = float(span.get("x")) + shift[0], float(span.get("y")) + shift[1]
            x -= wide * {"middle": 0.5, "end": 1}.get(element.get("text-anchor"), 0)
            if words.strip():
                area = x, y - 0.72 * size, x + wide, y + 0.04 * size
                self.texts.append(Written(*area, size, words, id(element), role))

    def faults(self):
        """Everything that is wrong, each in a few words."""
        return [
            *self._on_the_page(),
            *self._apart(),
            *self._free_of_lines(),
            *self._free_of_heads(),
            *self._heads_apart(),
            *self._in_boxes(),
        ]

    def _on_the_page(self):
        for it in self.texts:
            if it.left < 1 or it.top < 1 or it.right > self.width - 1 or it.bottom > self.height - 1:
                yield f"cut off: {it.words!r}"
            if it.size < SMALLEST:
                yield f"small: {it.words!r}"

    def _apart(self):
        for one, other in near(self.texts):
            if one.owner != other.owner and meet(one, other, 0.8):
                yield f"overlap: {one.words!r} {other.words!r} at {one.left:.0f},{one.top:.0f}"
        for one, other in near(self.boxes):
            if meet(one, other, 0.5):
                yield f"boxes overlap at {one[0]:.0f},{one[1]:.0f}"

    def _free_of_lines(self):
        for way, width in self.lines:
            half = width / 2
            xs, ys = [x for x, _ in way], [y for _, y in way]
            around = min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half
            for it in (it for it in self.texts if meet(it, around, 0)):
                left, top, right, bottom = it[:4]
                across = (y for x, y in way if left - half < x < right + half)
                if any(top - half + 0.5 < y < bottom + half - 0.5 for y in across):
                    yield f"a line through {it.words!r} at {it.left:.0f},{it.top:.0f}"
            for left, top, right, bottom in (box for box in self.boxes if meet(box, around, 0)):
                if all(left < x < right and top < y < bottom for x, y in way):
                    continue  # from z to a, within a card
                if any(left + 5.5 < x < right - 5.5 and top + 5.5 < y < bottom - 5.5 for x, y in way):
                    yield f"an arrow through a box at {left:.0f},{top:.0f}"

    def _free_of_heads(self):
        for corners in self.heads:
            xs, ys = zip(*corners, strict=True)
            around = min(xs) - 1, min(ys) - 1, max(xs) + 1, max(ys) + 1
            for it in (it for it in self.texts if meet(it, around, 0)):
                left, top, right, bottom = it.left - 1, it.top, it.right + 1, it.bottom
                if any(left < x < right and top < y < bottom for x, y in within(corners)):
                    yield f"an arrowhead on {it.words!r} at {it.left:.0f},{it.top:.0f}"

    def _heads_apart(self):
        """The tips of arrows stand side by side, and a line leads straight into its head."""
        tips = defaultdict(list)
        for arrow in (it for it in self.root.iter(f"{SVG}g") if "data-head" in it.attrib):
            first = arrow.find(f"{SVG}polygon").get("points").split()[0]
            tips[arrow.get("data-head")].append(tuple(map(float, first.split(","))))
        for one, other in (
            pair for its in tips.values() if len(its) <= MOST for pair in itertools.combinations(its, 2)
        ):
            if math.dist(one, other) < NEAREST:
                yield f"arrowheads on each other at {one[0]:.0f},{one[1]:.0f}"
        into = {tip: len(its) for its in tips.values() for tip in its}
        for (way, _), corners in zip(self.lines, self.heads, strict=True):
            (tip_x, tip_y), foot, other = corners
            if into.get((tip_x, tip_y), 0) > CROWD:
                continue
            middle = (foot[0] + other[0]) / 2, (foot[1] + other[1]) / 2
            long = math.dist(corners[0], middle)
            along = (tip_x - middle[0]) / long, (tip_y - middle[1]) / long
            near = [p for p in way[-8:] if STRAIGHT < math.dist(p, way[-1]) < 4 * STRAIGHT]
            for x, y in near[-1:]:
                aside = abs((way[-1][0] - x) * along[1] - (way[-1][1] - y) * along[0])
                if aside > 0.75 * math.dist((x, y), way[-1]):
                    yield f"a corner before an arrowhead at {tip_x:.0f},{tip_y:.0f}"

    def thirds(self):
        """Labels of arrows that read as one more line of a mark's caption: right above or below it."""
        labels = [it for it in self.texts if it.role == "edge"]
        for caption in (it for it in self.texts if it.role == "node"):
            for it in labels:
                apart = max(it.top - caption.bottom, caption.top - it.bottom)
                shared = min(it.right, caption.right) - max(it.left, caption.left)
                if apart < 8 and shared > 0.5 * min(it.right - it.left, caption.right - caption.left):
                    yield f"a line more of {caption.words!r}: {it.words!r}"

    def _in_boxes(self):
        for it in self.texts:
            for left, top, right, bottom in (box for box in self.boxes if meet(it, box, 0.8)):
                inside = it.left >= left - 0.5 and it.right <= right + 0.5 and it.top >= top - 0.5
                if not (inside and it.bottom <= bottom + 0.5):
                    yield f"across a box: {it.words!r} at {it.left:.0f},{it.top:.0f}"


def meet(one, other, by):
    """Whether two areas share more than a rim of so many pixels."""
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > by
        and min(one[3], other[3]) - max(one[1], other[1]) > by
    )


def within(corners):
    """Points in a triangle, an edge's among them."""
    (a, b), (c, d), (e, f) = corners
    for i in range(9):
        for k in range(9 - i):
            p, q = i / 8, k / 8
            yield a + p * (c - a) + q * (e - a), b + p * (d - b) + q * (f - b)


def near(areas):
    """Pairs of areas that might meet: sorted from left to right, each with those that have not ended."""
    active = []
    for area in sorted(areas):
        active = [other for other in active if other[2] > area[0]]
        yield from ((other, area) for other in active)
        active.append(area)


def course(path, shift=(0.0, 0.0)):
    """Points along a path of cubic curves."""
    numbers = [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", path)]
    ends = [(x + shift[0], y + shift[1]) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    way = []
    for k in range(0, len(ends) - 1, 3):
        way += points(tuple(ends[k : k + 4]), 40)
    return way


def faults(svg):
    """What is wrong with a picture."""
    return list(Seen(svg).faults())


def rectangle(group):
    """The area of a mark, by its id's group."""
    return area(group.find(f"{SVG}rect"))


def area(rect):
    """The area of a rectangle."""
    x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def overlap(one, other):
    """Whether two areas share anything."""
    return meet(one, other, 0.1)


def same(shown, written):
    """Character by character the same, but for those that may not be shown: each of them is one that may."""
    return (
        shown.isprintable()
        and len(shown) == len(written)
        and all(a == b or not b.isprintable() for a, b in zip(shown, written, strict=True))
    )
