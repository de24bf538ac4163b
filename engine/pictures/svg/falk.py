"""The picture of matrices: Falk's scheme, forward above and backward below.

Above, a on top of W gives z at its right; below, the same a on top and δ at the right give ∂C/∂W between
them: the gradient is visibly the outer product δ aᵀ. Rows of zeros are neurons that are off.
"""

from __future__ import annotations

from contextlib import contextmanager
from math import isfinite, isnan, nan
from typing import TYPE_CHECKING

from .letters import Chunk, after_d, name, number, plain, width
from .pen import GRADIENT, MARGIN, NAME, VALUE, box, group, level, line, n, page, text, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .diagram import Box, Diagram, Net, Tier
    from .letters import Text
    from .pen import Anchor, Look, Point

    Cells = list[list[tuple[Box, float | None]]]
    """Rows of values, each with the number that is shown: its value or its gradient."""

TOP = 98.0
SCALE = "negative, zero, positive; each block has its own scale"
LARGEST = 11
"""The maximum size of a cell in pixels, from one to the next."""
ROOM = 840
"""The maximum width of the columns of all matrices together, in pixels."""
GAMMA = 0.6
"""The exponent for shares of the largest number, so that small numbers differ from zero."""


def shade(x: float | None, largest: float) -> tuple[str, float]:
    """Return the sign of a cell as a CSS class, and the strength of its colour: its share of the largest.

    Infinite numbers count as the largest; NaN, which has no sign, is a class of its own.

    >>> shade(-2.0, 2.0), shade(0.0, 2.0), shade(float("inf"), 0.0), shade(float("nan"), 2.0)
    (('negative', 1.0), ('', 0), ('positive', 1.0), ('nan', 1.0))
    """
    if not x:
        return "", 0
    if isnan(x):
        return "nan", 1.0
    share = abs(x) / largest if largest else 1.0
    return ("positive" if x > 0 else "negative"), round(min(1.0, share) ** GAMMA, 2)


def matrices(diagram: Diagram, net: Net, look: Look) -> str:
    """Draw a network layer by layer, with weights and gradients as heat maps."""
    return _Falk(diagram, net, look).svg()


class _Falk:
    def __init__(self, diagram: Diagram, net: Net, look: Look) -> None:
        self.diagram, self.net, self.look = diagram, net, look
        widths = [len(tier.units[0].weights) for tier in net.tiers]
        self.cell = max(3, min(LARGEST, int(ROOM / sum(widths)), 900 // max(len(t.units) for t in net.tiers)))
        self.high = self.cell * max(len(tier.units) for tier in net.tiers)
        self.low = TOP + self.high + 107
        self.parts: list[str] = []
        self.known = any(w.grad is not None for t in net.tiers for u in t.units for w in u.weights)
        self.means: list[tuple[str, float]] = []
        self.least = 0.0
        """The width that the texts need."""
        self.has_nan = False
        """Whether a cell is NaN: the key then says how it is drawn."""
        self.last = 0.0
        """Where the last layer begins."""

    def svg(self) -> str:
        """Return the picture."""
        x, given = MARGIN + 2, list(self.net.inputs)
        for k, tier in enumerate(self.net.tiers):
            self.last = x
            x = self._tier(tier, given, x, k)
            given = [unit.a for unit in tier.units]
        right = self._cost(self.net.cost, x) if self.net.cost else x
        self._say("Forward: multiply each row of W by the row a above it, add b", (MARGIN, 24.0))
        if self.known:
            self._say(
                "Backward: each gradient is the δ to its right times the a above it", (MARGIN, self.low - 74)
            )
        bottom = self.low + self.high + 59 if self.known else TOP + self.high + 20
        if self.known:
            last = self.cell * len(self.net.tiers[-1].units)
            fits = self.high - last > 70 + 22 * len(self.means)
            at = (self.last, self.low + last + 78) if fits else (MARGIN, bottom + 30)
            right = max(right, self._bars(at))
            bottom = bottom if fits else bottom + 40 + 22 * len(self.means)
        if self.diagram.legend:
            bottom = self._key(bottom + 16)
        return page(self.diagram, (max(right, self.least), bottom), self.parts, self.look, "matrices")

    def _say(self, words: str, at: Point) -> None:
        self.parts.append(text(plain(words), at, 13, css="strong", free=True))
        self.least = max(self.least, 1.08 * width(plain(words), 13) + 2 * MARGIN)

    def _tier(self, tier: Tier, given: list[Box], x: float, k: int) -> float:
        """Draw a layer, above and below; return where the next one begins."""
        units = tier.units
        cell, wide, high = self.cell, self.cell * len(given), self.cell * len(units)
        above: Cells = [[(its, its.data) for its in given]]
        label = name(given[0].label)[0] if given[0].label else Chunk("a", "italic")
        heading = (Chunk(label.base, label.font, "", label.above or f"({k})"),)
        for y in (TOP, self.low) if self.known else (TOP,):
            self._grid((x, y - 36), above, "input", "value")
            self._name(heading, (x + wide / 2, y - 46), NAME, "middle")
        layer = f"({tier.number})"
        self._grid((x, TOP - 12), [[(w, w.data) for w in u.weights] for u in units], "parameter", "value")
        self._name((Chunk("W", "italic", "", layer),), (x, TOP + high + 10), NAME + 1)
        at = x + wide + 19
        columns: list[tuple[str, str, list[Box | None], str]] = [
            ("+", "b", [u.bias for u in units], "parameter"),
            ("=", "z", [u.z for u in units], "inner"),
        ]
        if any(unit.onward for unit in units):
            columns.append(("→", "a", [u.a for u in units], "inner"))
        for sign, letter, boxes, kind in columns:
            if None in boxes:
                continue
            self.parts.append(text(plain(sign), (at - 8, TOP - 20), 13, "middle", "soft"))
            self._grid((at, TOP - 12), [[(its, its.data)] for its in boxes if its], kind, "value")
            self._name((Chunk(letter, "italic"),), (at + cell / 2 - 0.5, TOP - 20), NAME, "middle")
            at += cell + 14
        if self.known:
            self._backward(tier, x, wide, high)
        after = at + 16
        if k + 1 < len(self.net.tiers):
            self._wire((at - 14, TOP - 24), (after - 5, TOP - 30))
            if self.known:
                self._wire((after - 5, self.low - 30), (x + wide + 52, self.low - 24))
        elif self.net.cost:
            self._wire((at - 14, TOP - 24), (after - 3, TOP - 24))
        return after

    def _backward(self, tier: Tier, x: float, wide: float, high: float) -> None:
        """Draw the gradients of a layer, with a text about their size."""
        layer, units = f"({tier.number})", tier.units
        grads: Cells = [[(w, w.grad) for w in u.weights] for u in units]
        self._grid((x, self.low - 12), grads, "parameter", "grad")
        root = after_d(self.diagram.root)
        symbol = (Chunk("∂", "serif"), *root, Chunk("/∂", "serif"), Chunk("W", "italic", "", layer))
        self._name(symbol, (x, self.low + high + 12), NAME)
        deltas: Cells = [[(u.z, u.z.grad)] for u in units]
        self._grid((x + wide + 19, self.low - 12), deltas, "inner", "grad")
        self._name((Chunk("δ", "italic", "", layer),), (x + wide + 20, self.low - 20), NAME)
        numbers = [abs(g or 0.0) for row in grads for _, g in row]
        self.means.append((tier.number, sum(numbers) / len(numbers)))
        worst = nan if any(map(isnan, numbers)) else max(numbers)
        largest = (*plain("largest "), *number(worst, self.look.digits))
        with self._after():
            self._name(largest, (x, self.low + high + 31), GRADIENT, css="soft")
            if off := sum(not unit.z.grad for unit in units):
                words = plain(f"{off} of {len(units)} rows are 0")
                self._name(words, (x, self.low + high + 47), GRADIENT, css="soft")

    @contextmanager
    def _after(self) -> Iterator[None]:
        """Group everything that is known only after both passes: a page shows it at that point."""
        first = len(self.parts)
        yield
        self.parts[first:] = [f'<g class="after">{"".join(self.parts[first:])}</g>']

    def _grid(self, at: Point, rows: Cells, kind: str, what: str) -> None:
        """Draw a heat map in its frame; the name and the number of each cell are its hint."""
        (x, y), cell = at, self.cell
        largest = max((abs(v) for row in rows for _, v in row if v and isfinite(v)), default=0.0)
        cells, under = [], []
        for i, row in enumerate(rows):
            for k, (its, v) in enumerate(row):
                spot = x + k * cell, y + i * cell
                under.append(f"M{n(spot[0])},{n(spot[1])}h{cell - 1}v{cell - 1}h{1 - cell}z")
                data = f' data-{what}="{its.places[0]}"'
                cells.append(self._cell(spot, shade(v, largest), data, told(its.label, its.hint)))
        frame = box((x - 2, y - 2, len(rows[0]) * cell + 3, len(rows) * cell + 3), 2, f"bare frame {kind}")
        back = f'<path d="{"".join(under)}" class="cells"/>'
        self.parts.append(f'<g class="grid">{back}{"".join(cells)}{frame}</g>')

    def _cell(self, at: Point, colour: tuple[str, float], data: str = "", said: str = "") -> str:
        sign, strength = colour
        self.has_nan = self.has_nan or sign == "nan"
        size = f'width="{self.cell - 1}" height="{self.cell - 1}"'
        look = f'class="{f"cell {sign}".strip()}" fill-opacity="{strength:g}"'
        return f'<rect x="{n(at[0])}" y="{n(at[1])}" {size} {look}{data}>{said}</rect>'

    def _name(self, words: Text, at: Point, size: float, held: Anchor = "start", css: str = "") -> None:
        self.parts.append(text(words, at, size, held, css))

    def _wire(self, start: Point, end: Point) -> None:
        self.parts.insert(0, f'<g class="wire">{line([level(start, end)], 1.25)}</g>')

    def _cost(self, its: Box, x: float) -> float:
        """Draw the cost, with its outputs and targets if they are few; return where it ends."""
        wide = max(70.0, width(number(its.data or 0, self.look.digits), VALUE) + 16)
        inside = [
            box((x - 2, TOP - 48, wide, 48), 9),
            text(name(its.label), (x - 2 + wide / 2, TOP - 29), NAME + 1, "middle", "glyph"),
            text(
                number(its.data or 0, self.look.digits),
                (x - 2 + wide / 2, TOP - 10),
                VALUE,
                "middle",
                "glyph",
                data=f' data-value="{its.places[0]}"', free=self.look.live,
            ),
        ]  # fmt: skip
        self.parts.append(group(its, "root", inside))
        shown = [*(unit.a for unit in self.net.tiers[-1].units), *self.net.targets]
        if len(shown) > SHOWN:
            return x + wide + MARGIN
        names_wide = max(width(name(b.label) or b.glyph, NAME) for b in shown)
        values_wide = max(width(number(b.data or 0, self.look.digits), GRADIENT) for b in shown)
        for k, b in enumerate(shown):
            y = TOP + 24 + 22 * k
            self._name(name(b.label) or b.glyph, (x, y), NAME)
            right = x + names_wide + 10 + values_wide
            data = f' data-value="{b.places[0]}"'
            self.parts.append(
                text(number(b.data or 0, self.look.digits), (right, y), GRADIENT, "end", data=data)
            )
        return x + max(wide, names_wide + 10 + values_wide) + MARGIN

    def _bars(self, at: Point) -> float:
        """Draw bars for each layer's mean gradient, to show which one learns most; return where they end."""
        (x, y), most = at, max((mean for _, mean in self.means if isfinite(mean)), default=0.0)
        with self._after():
            self._say("Mean size of the gradients in each layer", (x, y))
            for k, (layer, mean) in enumerate(self.means):
                down = y + 24 + 22 * k
                self._name((Chunk("W", "italic", "", f"({layer})"),), (x, down), 15)
                share = mean / most if most else mean  # infinite or 0
                wide = 0.0 if isnan(mean) else 150 * min(1.0, share)
                self.parts.append(box((x + 38, down - 10, wide, 11), 0, "bar"))
                self._name(number(mean, self.look.digits), (x + 44 + wide, down), GRADIENT)
        return x + 300

    def _key(self, bottom: float) -> float:
        """Draw the key to the colours; return where it ends."""
        self.cell = LARGEST
        corners = [(MARGIN + LARGEST * k, bottom - 10) for k in range(9)]
        under = "".join(f"M{n(x)},{n(y)}h10v10h-10z" for x, y in corners)
        cells = [self._cell(at, shade(k - 4, 4.0)) for k, at in enumerate(corners)]
        self.parts.append(f'<path d="{under}" class="cells"/>{"".join(cells)}')
        scale = plain(SCALE + "; grey: nan" * self.has_nan)
        self.least = max(self.least, 116 + width(scale, GRADIENT) + 2 * MARGIN)
        self._name(scale, (MARGIN + 116, bottom), GRADIENT, css="soft")
        return bottom + 16


SHOWN = 8
"""The maximum number of outputs and targets that stand below the cost."""
