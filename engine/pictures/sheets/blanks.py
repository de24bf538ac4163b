"""The picture of a graph for paper: each value is a box with a head, its number, and room for its gradient.

A chain is a row a → z → a with its parameters above; a network has a card for each neuron, and each weight is
on its arrow; any other graph has the layout of ``draw``. Colour carries no meaning, and no tooltip reveals
an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.asking.slips import show
from engine.asking.wording import typeset
from engine.pictures.svg.layered import Layered
from engine.pictures.svg.letters import name, number, plain, width
from engine.pictures.svg.pen import Look, box, level, line, n, text, upright

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.pictures.svg.diagram import Box, Diagram, Net, Tier, Unit
    from engine.pictures.svg.items import Item
    from engine.pictures.svg.letters import Text
    from engine.pictures.svg.pen import Piece, Point

SYMBOL, NUMBER, SMALL = 17.2, 14.0, 12.0
"""Sizes of names, of numbers and of small text: 12 px are 9 points, also the size of a name's indices."""
ROOM, SLOT = 68.2, 28.0
"""Width and height of a box to write in: 18 × 7.4 mm."""
HEAD, LINE = 25.0, 26.0
"""Height of the head of a box, and of a printed number."""
GAP = 16.0
"""The least width of a gap for arrows."""


class Blanks(NamedTuple):
    """The printed numbers of each value, by place; an empty text is a box to write in."""

    values: Mapping[int, str]
    grads: Mapping[int, str]
    """A value without an entry has no line for a gradient."""


class Drawn(NamedTuple):
    """Shapes, and the space that they take."""

    shapes: list[str]
    width: float
    height: float


def graph(diagram: Diagram, blanks: Blanks, room: float) -> Drawn:
    """Draw a graph with boxes to write in, in the layout that suits it; it may be wider than ``room``."""
    net = diagram.net
    if net and net.is_chain and len(net.targets) < 2:
        return _row(net, blanks, room)
    if net and diagram.level == "neurons":
        return _Cards(net, blanks, room).drawn()
    right = _Graph(diagram, blanks, room, "right").drawn()
    return right if right.width <= room else _Graph(diagram, blanks, room, "down").drawn()


PLAINLY = 1e-4, 1e5
"""The range in which a picture writes numbers without a power of ten, as people do on paper."""


def shown(x: float) -> str:
    """Return a number to three digits as on a sheet: trailing zeros show that it was rounded there.

    >>> shown(-0.25), shown(0.12003), shown(0.0000125)
    ('−0.25', '0.120', '0.0000125')
    """
    if x and not PLAINLY[0] <= abs(x) < PLAINLY[1]:
        return typeset(show(x))
    return "".join(run.base for run in number(x))


def slot(at: Point, words: str = "", wide: float = ROOM, mark: str = "") -> str:
    """Draw a box to write in, with a small mark at its left; in a key, with its number."""
    x, y = at
    drawn = box((x, y, wide, SLOT), 2, "slot")
    if mark and width(plain(words), NUMBER) < wide - 24:
        drawn += text(plain(mark, "serif"), (x + 4, y + 13), SMALL, css="soft")
    if words:
        drawn += text(plain(words), (x + wide - 6, y + SLOT / 2 + 5), NUMBER, "end", "strong")
    return drawn


def _edge(*pieces: Piece) -> str:
    return f'<g class="edge">{line(pieces, 1.3)}</g>'


def _title(its: Box) -> Text:
    return name(its.label) if its.label else its.glyph


# ── A box ─────────────────────────────────────────────────────────────────────────────────────────


class _Frame:
    """The box of one value: its head, its number or room for it, and room for its gradient."""

    def __init__(self, its: Box, blanks: Blanks, sign: Text = ()) -> None:
        (self.place,) = its.places
        self.kind, self.title, self.sign = its.kind, _title(its), sign
        self.number, self.grad = blanks.values[self.place], blanks.grads.get(self.place)
        self.high = HEAD + (LINE if self.number else SLOT + 6) + (0 if self.grad is None else SLOT + 3)
        head = width(self.title, SYMBOL) + (width(sign, SYMBOL) + 8 if sign else 0)
        room = ROOM + 6 if self.grad is not None or not self.number else 0.0
        if its.kind == "root" and self.number:
            room = 56.0  # its gradient is 1, which is printed
        self.wide = max(46.0, room, head + 12, width(plain(self.number), NUMBER) + 14)

    def drawn(self, at: Point, wide: float = 0.0, high: float = 0.0) -> str:
        """Draw the box with its top left corner at a point."""
        (x, y), wide, high = at, wide or self.wide, high or self.high
        leaf = 14 if self.grad is None else 8  # a box to write in does not fit into a round corner
        corner = {"input": leaf, "constant": leaf, "parameter": 2}.get(self.kind, 5)
        middle = x + wide / 2
        shapes = [box((x, y, wide, high), corner)]
        if self.sign:
            shapes.append(text(self.title, (x + 7, y + 18), SYMBOL))
            shapes.append(
                text(self.sign, (x + wide - 7 - width(self.sign, SYMBOL), y + 18), SYMBOL, css="soft")
            )
        else:
            shapes.append(text(self.title, (middle, y + 18), SYMBOL, "middle"))
        shapes.append(f'<path d="M{n(x)},{n(y + HEAD)}h{n(wide)}" class="hair"/>')
        under = y + high - (0 if self.grad is None else SLOT + 3)
        if self.number:
            shapes.append(text(plain(self.number), (middle, (y + HEAD + under) / 2 + 5), NUMBER, "middle"))
        else:
            shapes.append(slot((x + 3, (y + HEAD + under - SLOT) / 2), wide=wide - 6))
        if self.grad is not None:
            shapes.append(slot((x + 3, under), self.grad, wide - 6, "∂"))
        return f'<g class="node {self.kind}" data-places="{self.place}">{"".join(shapes)}</g>'


# ── A chain of single neurons ─────────────────────────────────────────────────────────────────────

ABOVE = 34.0
"""Height of the arrows from the parameters down to their z."""


def _row(net: Net, blanks: Blanks, room: float) -> Drawn:
    """Draw the row a → z → a with w above its z and b above the a of the same layer; y is above C."""
    columns = [_Column(None, _Frame(net.inputs[0], blanks))]
    for tier in net.tiers:
        (unit,) = tier.units
        bias = None if unit.bias is None else _Frame(unit.bias, blanks)
        after = None if unit.onward is None else _Frame(unit.a, blanks)
        columns.append(_Column(_Frame(unit.weights[0], blanks), _Frame(unit.z, blanks)))
        if bias or after:
            columns.append(_Column(bias, after, before=1))
    if net.cost:
        target = next((_Frame(y, blanks) for y in net.targets), None)
        columns.append(_Column(target, _Frame(net.cost, blanks)))
    wide = [max(frame.wide for frame in column[:2] if frame) for column in columns]
    gap = max(14.0, min(44.0, (room - sum(wide)) / (len(columns) - 1)))
    tops = max(column.above.high for column in columns if column.above)
    lows = max(column.below.high for column in columns if column.below)
    xs = [sum(wide[:k]) + gap * k for k in range(len(columns))]
    row, shapes, last = tops + ABOVE, [], 0
    for k, column in enumerate(columns):
        x, middle = xs[k], xs[k] + wide[k] / 2
        if column.above:
            down = xs[k - 1] + wide[k - 1] - 14 if column.before else middle
            shapes.append(column.above.drawn((x, 0), wide[k], tops))
            shapes.append(_edge(upright((middle, tops), (down, row - 1))))
        if column.below:
            reach = row + lows / 2
            shapes += [_edge(level((xs[last] + wide[last], reach), (x - 1, reach)))] * bool(k)
            shapes.append(column.below.drawn((x, row), wide[k], lows))
            last = k
    return Drawn(shapes, xs[-1] + wide[-1], row + lows)


class _Column(NamedTuple):
    """A value of the row, and the leaf above it, which the previous value may use."""

    above: _Frame | None
    below: _Frame | None
    before: int = 0


# ── A network, neuron by neuron ───────────────────────────────────────────────────────────────────

RAIL = 57.0
"""Distance between arrows: name and value are above an arrow, room for the gradient is below."""
APART = 20.0
"""Pixels between two cards."""


class _Cards:
    """A card for each neuron with rows b, z and a, and every weight on its arrow."""

    def __init__(self, net: Net, blanks: Blanks, room: float) -> None:
        self.net, self.blanks = net, blanks
        units = [unit for tier in net.tiers for unit in tier.units]
        rows = [its for unit in units for its in _rows(unit)]
        self.names = max(width(_title(its), SYMBOL) for its in rows) + 5
        self.numbers = max(self._number(its) for its in rows)
        self.grads = ROOM if any(self._grad(its) is not None for its in rows) else 0.0
        self.wide = 8 + self.names + self.numbers + 3 + (self.grads + 5 if self.grads else 0)
        weights = [w for unit in units for w in unit.weights]
        self.rail = max(ROOM + 10, *(width(_title(w), SYMBOL) + 8 + self._number(w) for w in weights))
        self.inputs = [_Frame(its, blanks) for its in net.inputs]
        self.first = max(frame.wide for frame in self.inputs)
        self.cost = _Frame(net.cost, blanks) if net.cost else None
        lines = [
            width(_title(y), SYMBOL) + width(plain(f" = {blanks.values[y.places[0]]}"), SYMBOL) + 16
            for y in net.targets
        ]
        self.last = max([*lines, *[frame.wide for frame in [self.cost] if frame]], default=0.0)
        self.below = sum(LINE + (0 if self._grad(y) is None else SLOT + 3) for y in net.targets)
        fixed = self.first + len(net.tiers) * (self.rail + self.wide) + self.last
        zones = len(net.tiers) + bool(net.cost)
        self.gap = max(GAP, min(48.0, (room - fixed) / zones))
        self.heights = [self._height(tier) for tier in net.tiers]
        tall = [sum(frame.high + 12 for frame in self.inputs) - 12]
        tall += [len(t.units) * (h + APART) - APART for t, h in zip(net.tiers, self.heights, strict=True)]
        if self.cost:
            tall.append(self.cost.high + self.below)
        self.tall = max(tall)
        self.wires: list[str] = []
        self.marks: list[str] = []

    def _number(self, its: Box) -> float:
        words = self.blanks.values[its.places[0]]
        return width(plain(words), NUMBER) + 3 if words else ROOM

    def _grad(self, its: Box) -> str | None:
        return self.blanks.grads.get(its.places[0])

    def _height(self, tier: Tier) -> float:
        return max(max(len(unit.weights) * RAIL, len(_rows(unit)) * (SLOT + 4) + 6) for unit in tier.units)

    def drawn(self) -> Drawn:
        """Draw the picture."""
        top = 20.0
        middle = top + self.tall / 2
        y = middle - (sum(frame.high + 12 for frame in self.inputs) - 12) / 2
        sources: list[Point] = []
        for frame in self.inputs:
            self.marks.append(frame.drawn((0, y), self.first))
            sources.append((self.first, y + frame.high / 2))
            y += frame.high + 12
        for tier, high in zip(self.net.tiers, self.heights, strict=True):
            sources = self._tier(tier, high, sources, middle)
        right = sources[0][0]
        if self.cost:
            right = self._cost(self.cost, sources, middle)
        return Drawn([*self.wires, *self.marks], right, top + self.tall)

    def _tier(self, tier: Tier, high: float, sources: list[Point], middle: float) -> list[Point]:
        start = sources[0][0] + self.gap
        card, ends = start + self.rail, []
        y = middle - (len(tier.units) * (high + APART) - APART) / 2
        words = plain(f"layer {tier.number}")
        self.marks.append(text(words, (card + self.wide / 2, y - 7), SMALL, "middle", "soft"))
        for unit in tier.units:
            for k, source in enumerate(sources):
                rail = y + high / 2 + (k - (len(sources) - 1) / 2) * RAIL - 5
                self._rail(unit.weights[k], source, (start, rail), card)
            self._card(unit, (card, y), high)
            ends.append((card + self.wide, y + high / 2))
            y += high + APART
        return ends

    def _rail(self, w: Box, source: Point, start: Point, card: float) -> None:
        """Draw a weight on its arrow."""
        (x, y), title = start, _title(w)
        self.wires.append(_edge(level(source, start, 0.55), level(start, (card - 1, y))))
        number, grad = self.blanks.values[w.places[0]], self._grad(w)
        after = x + 2 + width(title, SYMBOL)
        shapes = [
            text(title, (x + 2, y - 6), SYMBOL),
            text(plain(number), (after + 5, y - 6), NUMBER),
        ]
        if grad is not None:
            shapes.append(slot((x, y + 4), grad, self.rail - 10, "∂"))
        self.marks.append(f'<g class="node parameter" data-places="{w.places[0]}">{"".join(shapes)}</g>')

    def _card(self, unit: Unit, at: Point, high: float) -> None:
        (x, y), rows = at, _rows(unit)
        step = high / len(rows)
        shapes = [box((x, y, self.wide, high), 6)]
        for k, its in enumerate(rows):
            line = y + (k + 0.5) * step
            number, grad = self.blanks.values[its.places[0]], self._grad(its)
            after = x + 8 + self.names
            shapes.append(text(_title(its), (x + 8, line + 5), SYMBOL))
            if number:
                shapes.append(text(plain(number), (after + self.numbers, line + 5), NUMBER, "end"))
            else:
                shapes.append(slot((after, line - SLOT / 2), wide=self.numbers))
            if grad is not None:
                shapes.append(slot((x + self.wide - self.grads - 5, line - SLOT / 2), grad, self.grads, "∂"))
            if k:
                shapes.append(f'<path d="M{n(x)},{n(y + k * step)}h{n(self.wide)}" class="hair"/>')
        held = " ".join(str(its.places[0]) for its in rows)
        self.marks.append(f'<g class="node inner" data-places="{held}">{"".join(shapes)}</g>')

    def _cost(self, cost: _Frame, sources: list[Point], middle: float) -> float:
        """Draw the cost, its targets in rows below it, and the arrows into it; return where it ends."""
        x, wide = sources[0][0] + self.gap, self.last
        y = middle - (cost.high + self.below) / 2
        around = box((x, y, wide, cost.high + self.below), 5)
        shapes = [f'<g class="node input">{around}</g>', cost.drawn((x, y), wide)]
        for k, source in enumerate(sources):
            into = y + cost.high * (k + 1) / (len(sources) + 1)
            self.wires.append(_edge(level(source, (x - 1, into))))
        at = y + cost.high
        for target in self.net.targets:
            words = self.blanks.values[target.places[0]]
            shapes.append(text((*_title(target), *plain(f" = {words}")), (x + 8, at + 19), SYMBOL))
            grad = self._grad(target)
            if grad is not None:
                shapes.append(slot((x + 3, at + LINE), grad, wide - 6, "∂"))
            at += LINE + (0 if grad is None else SLOT + 3)
        self.marks.append("".join(shapes))
        return x + wide


def _rows(unit: Unit) -> list[Box]:
    return [*filter(None, [unit.bias]), unit.z, *([unit.a] if unit.onward else [])]


# ── Any other graph ───────────────────────────────────────────────────────────────────────────────


class _Graph(Layered):
    """A picture of values in which each mark is a box to write in."""

    def __init__(self, diagram: Diagram, blanks: Blanks, room: float, direction: str) -> None:
        super().__init__(diagram, Look("light", cite=False, room=room), direction)
        self.frames = {item: self._frame(item, blanks) for item in self.found}

    @staticmethod
    def _frame(item: Item, blanks: Blanks) -> _Frame:
        sign = item.glyph if item.its.kind in {"inner", "root"} and not item.its.named else ()
        return _Frame(item.its, blanks, sign)

    def drawn(self) -> Drawn:
        """Draw the picture."""
        self.lay_out()
        wires = [_edge(*wire.pieces) for wire in self.wires]
        marks = []
        for item, frame in self.frames.items():
            x, y = self.at[item]
            marks.append(frame.drawn((x - frame.wide / 2, y - frame.high / 2)))
        return Drawn([*wires, *marks], *self.size)

    def _extent(self, item: Item) -> tuple[float, float]:
        frame = self.frames[item]
        half = (frame.wide if self.down else frame.high) / 2 + 3
        return half, half

    def _size(self, item: Item, along: int) -> float:
        """Return half the size of a mark in the direction of the arrows, or 0 for a bend."""
        frame = self.frames.get(item)
        return (frame.high if along else frame.wide) / 2 if frame else 0.0

    def _place_down(self) -> Point:
        left, right = self._across()
        y = 2.0
        for rank in self.ranks:
            half = max(self._size(item, 1) for item in rank)
            y += half
            for item in rank:
                self.at[item] = item.at - left, y
            self.sides.append((y - half, y + half))
            y += half + ABOVE
        return right - left, y - ABOVE + 2

    def _place_right(self) -> Point:
        top, bottom = self._across()
        halves = [max(self._size(item, 0) for item in rank) for rank in self.ranks]
        spare = self.look.room - 2 * sum(halves)
        gap = max(GAP, min(48.0, spare / max(1, len(halves) - 1)))
        x = 0.0
        for rank, half in zip(self.ranks, halves, strict=True):
            x += half
            for item in rank:
                self.at[item] = x, item.at - top
            self.sides.append((x - half, x + half))
            x += half + gap
        return x - gap, bottom - top

    def _across(self) -> tuple[float, float]:
        shown = [item for rank in self.ranks for item in rank]
        return min(item.at - item.before for item in shown), max(item.at + item.after for item in shown)

    def _rim(self, item: Item, off: float, side: int) -> Point:
        (x, y), half = self.at[item], self._size(item, int(self.down))
        return (x + off, y + side * half) if self.down else (x + side * half, y + off)

    def label(self) -> None:
        """Place no labels: on paper, local derivatives are in the table."""
        self.trouble = 0.0
