"""The picture of neurons: a card for each, every weight on its arrow, its value above, its gradient below.

Each arrow curves in a zone without text, then runs straight and level, as a *rail*, into its neuron; name and
value stand on this rail, the gradient below it. No label needs a search for a place; rows of W read as rows.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .letters import Chunk, after_d, name, number, plain, width
from .pen import (
    GRADIENT,
    LONGEST,
    LONGEST_GRADIENT,
    MARGIN,
    NAME,
    VALUE,
    arrow,
    box,
    group,
    level,
    n,
    of_gradient,
    page,
    safe,
    sign_of,
    text,
    told,
    upright,
    value,
    written,
)

if TYPE_CHECKING:
    from .diagram import Arrow, Box, Diagram, Net, Tier, Trail, Unit
    from .letters import Text
    from .pen import Look, Phrase, Point

PITCH = 43
"""Pixels from rail to rail: the minimum at which subscripts do not touch the line above."""
APART, HIGH, STEP = 28, 112, 84
"""Pixels between cards, of the lowest card, and from input to input."""
WIDE, COST, SIDE = 62, 74, 8
"""Width of an input, and of the cost; pixels left free beside a number in a card."""
RAISED = 6
"""Pixels between an exponent below a rail and the arrowhead at its end."""
CURVE, LAST = 34, 52
"""The minimum width of a zone of curves, and that of the last zone, before the cost."""
PAGE = 800
"""Width of a picture: curves take the rest of it. A column of 740 pixels shows it with letters of size 11."""


def cards(diagram: Diagram, net: Net, look: Look) -> str:
    """Draw a network neuron by neuron."""
    return _Cards(diagram, net, look).svg()


class _Cards:
    def __init__(self, diagram: Diagram, net: Net, look: Look) -> None:
        self.diagram, self.net, self.look = diagram, net, look
        self.heights = [max(HIGH, PITCH * len(tier.units[0].weights)) for tier in net.tiers]
        tall = [len(net.inputs) * STEP - 20.0]
        tall += [len(t.units) * (h + APART) - APART for t, h in zip(net.tiers, self.heights, strict=True)]
        self.top, self.tall = 34.0, max(tall)
        units = [unit for tier in net.tiers for unit in tier.units]
        self.wide_in = max(WIDE, 20 + max(self._number(box) for box in net.inputs))
        self.cost: float = COST
        if net.cost:
            targets = [
                width(self._title(y), NAME) + self._w(value(y, look, GRADIENT)) + 32 for y in net.targets
            ]
            self.cost = max(
                COST, self._w(value(net.cost, look)) + 20, *targets, width(net.cost.glyph, NAME) + 20
            )
        self._columns(units)
        fixed = 2 * MARGIN + self.wide_in + len(net.tiers) * (self.rail + self.wide)
        labels = [number(it.slope or 0.0, look.digits) for it in net.outgoing]
        if look.live:
            labels.append(plain(LONGEST))
        self.last = LAST + max((width(label, GRADIENT) for label in labels), default=0.0)
        fixed += self.last + self.cost if net.cost else 0
        least = [CURVE + 4 * max(0, len(t.units[0].weights) - 4) for t in net.tiers]
        spare = max(0.0, (PAGE - fixed - sum(least)) / len(net.tiers))
        self.curves = [curve + spare for curve in least]
        self.width = fixed + sum(self.curves)
        self.wires: list[tuple[int, str]] = []
        self.factors: dict[int, tuple[float, Text, float]] = {}
        """For each edge the position, the name and the number of its factor in a path."""
        self.marks: list[str] = []

    def _columns(self, units: list[Unit]) -> None:
        """Set the widths of cards and rails, by their widest content."""
        boxes = [b for u in units for b in (u.z, u.a, u.bias) if b]
        names = max(width(self._title(b), NAME) for b in boxes)
        numbers = max(self._value(value(b, self.look, GRADIENT)) for b in boxes)
        self.column = SIDE + names + 7 + numbers
        gradients = max(self._value(of_gradient(b, self.look)) for b in boxes)
        self.wide = self.column + 2 * SIDE + gradients
        self.rail = 9 + max(
            max(width(self._title(w), 15) + 5 + self._value(value(w, self.look, GRADIENT)),
                self._below(of_gradient(w, self.look)))
            for u in units for w in u.weights
        )  # fmt: skip

    def _w(self, part: Phrase) -> float:
        return width(part.words, part.size)

    def _value(self, part: Phrase) -> float:
        """Return the width of a number; if a script will write it, with room for a longer one."""
        longest = LONGEST_GRADIENT if part.words[0].base.startswith("∂") else LONGEST
        return max(self._w(part), width(plain(longest), part.size)) if self.look.live else self._w(part)

    def _below(self, part: Phrase) -> float:
        """Return the room of a number below a rail, whose exponent would touch the arrowhead."""
        return self._value(part) + RAISED * bool(part.words[-1].above)

    def _number(self, box: Box) -> float:
        return max(self._value(value(box, self.look)), self._value(of_gradient(box, self.look)))

    @staticmethod
    def _title(its: Box) -> Text:
        return name(its.label) if its.label else its.glyph

    @staticmethod
    def _prime(unit: Unit) -> Text:
        return (
            (*unit.squash[:-1], unit.squash[-1]._replace(base=f"{unit.squash[-1].base}′"))
            if unit.squash
            else ()
        )

    def svg(self) -> str:
        """Return the picture."""
        sources, self.given = self._inputs(), self.net.inputs
        for tier, high, curve in zip(self.net.tiers, self.heights, self.curves, strict=True):
            sources = self._tier(tier, high, sources, sources[0][0] + curve)
            self.given = tuple(unit.a for unit in tier.units)
        right = max(x for x, _ in sources) + MARGIN
        if self.net.cost:
            right = self._cost(self.net.cost, sources)
        wires = [drawn for _, drawn in sorted(self.wires, key=lambda wire: wire[0])]
        bottom = self.top + self.tall + 12
        diagram, shapes = self.diagram, [*wires, *self.marks]
        trails = diagram.trails
        if trails and all(edge in self.factors for trail in trails for edge in trail.edges):
            told = {trail.note for trail in trails}
            notes = (re.sub(r"over (.*) paths:$", r"over the \1 paths above", note) for note in diagram.notes)
            diagram = replace(diagram, notes=tuple(note for note in notes if note not in told))
            for k, trail in enumerate(trails):
                shapes += self._trail(k, trail, right, bottom + 30 + 46 * k)
            bottom += 14 + 46 * len(trails)
        return page(diagram, (right, bottom), shapes, self.look, "neurons")

    def _trail(self, k: int, trail: Trail, right: float, y: float) -> list[str]:
        """Return a path as a row: each factor below its part of the picture, then the product."""
        shapes = [text(plain(f"path {k + 1}"), (MARGIN, y + 8), GRADIENT)]
        before = 0.0
        for edge in trail.edges:
            x, words, factor = self.factors[edge]
            shapes.append(text(words, (x, y), 15, "middle"))
            css = sign_of(factor) or "soft"
            shapes.append(text(number(factor, self.look.digits), (x, y + 18), GRADIENT, "middle", css))
            if before:
                shapes.append(text(plain("·"), ((x + before) / 2, y + 8), NAME, "middle", "soft"))
            before = x
        product = math.prod(self.factors[edge][2] for edge in trail.edges)
        words = (*plain("= "), *number(product, self.look.digits))
        css = f"strong {sign_of(product) or 'soft'}"
        return [*shapes, text(words, (right - MARGIN, y + 18), GRADIENT, "end", css, free=True)]

    def _inputs(self) -> list[Point]:
        middle, sources = self.top + self.tall / 2, []
        for k, its in enumerate(self.net.inputs):
            y = middle + (k - (len(self.net.inputs) - 1) / 2) * STEP
            x = MARGIN + self.wide_in / 2
            inside = [
                box((MARGIN, y - 32, self.wide_in, 64), 16),
                text(self._title(its), (x, y - 12), NAME, "middle"),
                written(value(its, self.look), (x, y + 8), self.look, "middle"),
                written(of_gradient(its, self.look), (x, y + 24), self.look, "middle"),
            ]
            self.marks.append(group(its, f"input{' dim' * its.dim}", inside))
            sources.append((MARGIN + self.wide_in, y))
        return sources

    def _tier(self, tier: Tier, high: float, sources: list[Point], rail: float) -> list[Point]:
        """Draw the cards of a layer and the arrows into them; return the points where arrows leave."""
        card, ends = rail + self.rail, []
        middle = self.top + self.tall / 2
        for j, unit in enumerate(tier.units):
            y = middle + (j - (len(tier.units) - 1) / 2) * (high + APART)
            if j == 0:
                label = plain(f"layer {tier.number}")
                self.marks.append(
                    text(label, (card + self.wide / 2, y - high / 2 - 9), GRADIENT, "middle", "soft")
                )
            for k, source in enumerate(sources):
                level_at = y + (k - (len(sources) - 1) / 2) * PITCH
                self._rail(unit, k, source, (rail, level_at), card)
            ends.append(self._card(unit, (card, y - high / 2), high))
        return ends

    def _rail(self, unit: Unit, k: int, source: Point, start: Point, card: float) -> None:
        """Draw a weight on its arrow."""
        w, it, turn = unit.weights[k], unit.wires[k], unit.turns[k if unit.bias is None else k + 1]
        middle = start[0] + self.rail / 2 - 4
        self.factors[int(it.id[1:])] = middle, self._title(w), w.data or 0.0
        self.factors[int(turn.id[1:])] = middle, self._title(self.given[k]), turn.slope or 0.0
        for its in unit.turns[: len(unit.turns) - len(unit.weights)]:  # from the bias
            self.factors[int(its.id[1:])] = middle, plain("1", "serif"), its.slope or 0.0
        is_chosen = bool(turn.hue)  # a highlighted path begins here
        if is_chosen:
            it = replace(it, dim=False, width=turn.width, hue=turn.hue)
        (x, y), soft = start, it.dim and w.dim
        chosen = box((x - 5, y - 27, self.rail - 1, 22.5), 5, "chosen") if is_chosen else ""
        css = " dim" * soft
        words = self._title(w)
        shown = value(w, self.look, GRADIENT)
        shown = shown._replace(css=f"{sign_of(w.data)}{css}".strip())
        grad = of_gradient(w, self.look)
        label = [
            chosen,
            text(words, (x, y - 10), 15, css=css.strip()),
            written(shown, (x + width(words, 15) + 5, y - 10), self.look),
            written(grad._replace(css=f"{grad.css}{css}"), (x + 1, y + 14.5), self.look),
        ]
        pieces = [level(source, start, 0.55), level(start, (card - 1, y))]
        self.wires.append(
            (0 if it.dim else 1 + it.hue, arrow(it, pieces, edges=f"{it.id[1:]} {turn.id[1:]}"))
        )
        self.marks.append(group(w, "weight", label))

    def _card(self, unit: Unit, at: Point, high: float) -> Point:
        """Draw a neuron's card: bias, z, the activation's derivative, a; return where arrows leave."""
        (x, y), rows = at, [unit.bias, unit.z, *([None, unit.a] if unit.onward else [])]
        if unit.bias is None:
            rows = rows[1:]
        step = high / len(rows)
        dim = unit.z.dim and unit.a.dim
        inside = [box((x, y, self.wide, high), 9)]
        if unit.bias:
            corner = f"V{n(y + 9)}q0,-8.3 8.3,-8.3h{n(self.wide - 18)}q8.3,0 8.3,8.3V{n(y + step)}z"
            inside.append(f'<path class="band" d="M{n(x + 0.7)},{n(y + step)}{corner}"/>')
        for k, its in enumerate(rows):
            line = y + (k + 0.5) * step + 5
            if its is None:
                continue
            css = "dim" * (its.dim and not dim)
            shown, grad = value(its, self.look, GRADIENT), of_gradient(its, self.look)
            inside += [
                f"<g>{told(its.label, its.hint)}",
                text(self._title(its), (x + SIDE, line), NAME, css=css),
                written(shown._replace(css=css), (x + self.column, line), self.look, "end"),
                written(
                    grad._replace(css=f"{grad.css} {css}".strip()), (x + self.column + SIDE, line), self.look
                ),
                "</g>",
            ]
        places = [unit.z, *([unit.a] if unit.onward else []), *([unit.bias] if unit.bias else [])]
        kind = "node card root" if unit.a.kind == "root" else "node card"
        held = " ".join(str(its.places[0]) for its in places)
        names = f'id="{safe(unit.z.id)}" class="{kind}{" dim" * dim}" data-places="{held}"'
        if unit.onward:
            inside.append(self._inner(unit, unit.onward, (x, y + (rows.index(None) + 0.5) * step + 5), step))
        self.marks.append(f"<g {names}>{''.join(inside)}</g>")
        return x + self.wide, y + high - step / 2

    def _inner(self, unit: Unit, it: Arrow, at: Point, step: float) -> str:
        """Draw the arrow from z to a, inside a card."""
        x, y = at
        prime, slope = self._prime(unit), it.slope or 0.0
        argument = (Chunk("(", "serif"), *self._title(unit.z), Chunk(")", "serif"))
        self.factors[int(it.id[1:])] = x + self.wide / 2, (*prime, *argument), slope
        words, start = number(slope, self.look.digits), x + SIDE + 17
        wire = upright((x + SIDE + 7, y - 3 - step / 2), (x + SIDE + 7, y - 6 + step / 2))
        css, data = sign_of(slope) or "soft", f' data-slope="{it.id[1:]}"'
        place = start + width(prime, 15) + 7, y
        label = text(prime, (start, y), 15)
        label += text(words, place, GRADIENT, css=css, data=data, free=self.look.live)
        return arrow(it, [wire], label)

    def _cost(self, its: Box, sources: list[Point]) -> float:
        """Draw the cost with its targets, and the arrows into it; return where it ends."""
        x = max(at for at, _ in sources) + self.last
        middle = sum(y for _, y in sources) / len(sources)
        targets = self.net.targets
        high = self._cost_height()
        band = f"v-37q0,-9 9,-9h{n(self.cost - 18)}q9,0 9,9v37z"
        inside = [
            box((x, middle - 25, self.cost, high), 9),
            f'<path class="band" d="M{n(x)},{n(middle + 21)}{band}"/>',
            text(
                its.glyph if its.named else self._title(its),
                (x + self.cost / 2, middle - 5),
                NAME + 1,
                "middle",
                "glyph",
            ),
            written(
                value(its, self.look, VALUE, "glyph"), (x + self.cost / 2, middle + 12), self.look, "middle"
            ),
        ]
        for k, y in enumerate(targets):
            line = middle + 38 + 22 * k
            shown = value(y, self.look, GRADIENT)
            inside += [
                f"<g>{told(y.label, y.hint)}",
                text(self._title(y), (x + 12, line), NAME),
                written(shown, (x + self.cost - 12, line), self.look, "end"),
                "</g>",
            ]
        places = [b.places[0] for b in (its, *targets)]
        self.marks.append(group(its, f"root targets{' dim' * its.dim}", inside, places))
        self._outgoing(sources, (x, middle), high)
        return x + self.cost + MARGIN

    def _cost_height(self) -> float:
        """Return the height of the card of the cost: a row for each target, and room for all arrows."""
        return max(50.0 + 22 * len(self.net.targets), 24.0 + 12 * (len(self.net.outgoing) - 1))

    def _outgoing(self, sources: list[Point], cost: Point, high: float) -> None:
        """Draw the arrows from the outputs to the cost: level at the label, then curved."""
        x, middle = cost
        many = len(sources)
        step = min(18.0, 28.0 / max(1, many - 1))
        if many > 3:  # more than there is room for beside the name
            step, middle = min(18.0, (high - 24) / (many - 1)), middle - 25 + high / 2
        for j, (it, source) in enumerate(zip(self.net.outgoing, sources, strict=True)):
            end = x - 1, middle + (j - (many - 1) / 2) * step
            bend = source[0] + self.last - LAST + 12, source[1]
            slope = it.slope or 0.0
            if self.net.direct:
                output = self.net.tiers[-1].units[j].a
                words = (Chunk("∂", "serif"), *after_d(self.diagram.root), Chunk("/∂", "serif"))
                middle_x = (source[0] + x) / 2
                self.factors[int(it.id[1:])] = middle_x, (*words, *self._title(output)), slope
            data = f' data-slope="{it.id[1:]}"' if self.net.direct else f' data-grad="{it.tail[1:]}"'
            label = (
                text(
                    number(slope, self.look.digits),
                    (source[0] + 8, source[1] - 9),
                    GRADIENT,
                    css=sign_of(slope) or "soft",
                    data=data,
                    free=self.look.live,
                )
                if it.label
                else ""
            )
            is_steep = abs(end[1] - bend[1]) > 3 * (end[0] - bend[0])
            pieces = [level(source, bend), level(bend, end, 0.9 if is_steep else 0.6)]
            self.wires.append((0 if it.dim else 1 + it.hue, arrow(it, pieces, label)))
