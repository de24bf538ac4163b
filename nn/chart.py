"""The cost of each epoch as a picture without dependencies: SVG, light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from engine import saving, showing
from engine.labels import number
from engine.pictures.svg.ink import PALETTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias

    Points: TypeAlias = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 560.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 74.0, 16.0, 20.0, 48.0
TICKS = 5
"""The approximate number of labels on an axis."""
STEPS = (1.0, 2.0, 5.0, 10.0)
LARGEST = 1e300
"""Costs beyond it are not drawn: they are infinite, or nearly so."""

STYLE = """.costs {{ background: {ground} }}
.costs text {{ font: 13px system-ui, sans-serif; fill: {ink} }}
.costs .soft {{ fill: {soft} }}
.costs .grid {{ stroke: {hair} }}
.costs .axis {{ stroke: {wire} }}
.costs .curve {{ fill: none; stroke: {ink}; stroke-width: 2px; stroke-linejoin: round }}
.costs .dot {{ fill: {ink} }}
.costs .second {{ stroke-dasharray: 6 4 }}"""
"""All rules start with a class, since a style sheet in a picture also applies to the page around it."""


@dataclass(frozen=True, slots=True)
class CostChart:
    """The costs of training, and of a validation set if there is one, over the epochs.

    A notebook shows it; ``show()`` opens it in a browser, ``save("costs.svg")`` writes it, and ``svg`` is its
    text. The scale is logarithmic if all costs are above 0. An epoch without a finite cost leaves a gap.

    >>> CostChart((0.5, 0.25, 0.125))
    <CostChart of 3 epochs; .show() opens it, .save("costs.svg") writes it>
    """

    costs: tuple[float, ...]
    validation: tuple[float, ...] = ()

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        known = [c for c in (*self.costs, *self.validation) if abs(c) <= LARGEST]  # nan is not
        logarithmic = bool(known) and min(known) >= 1 / LARGEST
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        if low == high:
            apart = max(1.0, abs(low) / 2)
            low, high = (low / 2, high * 2) if logarithmic else (low - apart, high + apart)
        last = max(len(self.costs), len(self.validation), 2)

        def up(cost: float) -> float:
            scale = log10 if logarithmic else float
            part = (scale(cost) - scale(low)) / (scale(high) - scale(low))
            return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

        def across(epoch: float) -> float:
            return LEFT + (epoch - 1) / (last - 1) * (WIDTH - LEFT - RIGHT)

        lines = [
            *_grid(_levels(low, high) if logarithmic else _round_numbers(low, high), up),
            *_below(sorted({*_round_numbers(1, last)} & {*map(float, range(1, last + 1))} | {1.0}), across),
        ]
        for name, costs in (("", self.costs), (" second", self.validation)):
            pieces = _pieces(costs)
            lines += [_curve([(across(k), up(c)) for k, c in points], name) for points in pieces]
        return _page([*lines, *_key(bool(self.validation))], self._description())

    def save(self, path: str | Path) -> None:
        """Write the picture as SVG; raise ValueError for another ending, and OSError if that fails."""
        if saving.ending(path) != "svg":
            raise ValueError(
                f"cannot write a chart to {str(path)!r}: without matplotlib the ending must be .svg; "
                'choose one such as "costs.svg"'
            )
        saving.write(path, self.svg)

    def show(self) -> None:
        """Open the picture in a browser, from a temporary file."""
        showing.page(self.svg, "chainrule-costs", "svg")

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        epochs = f"{len(self.costs)} epoch" + "s" * (len(self.costs) != 1)
        return f'<CostChart of {epochs}; .show() opens it, .save("costs.svg") writes it>'

    def _description(self) -> str:
        told = "The cost of each epoch"
        if self.costs:
            told += f": {number(self.costs[0])} at first, {number(self.costs[-1])} at last"
        return told + (f"; of the validation set {number(self.validation[-1])}" if self.validation else "")


def _pieces(costs: Sequence[float]) -> Iterator[Points]:
    """Yield the costs with their epochs, in runs without a gap."""
    run: list[tuple[float, float]] = []
    for k, cost in enumerate([*costs, float("nan")], 1):
        if abs(cost) <= LARGEST:
            run.append((k, cost))
        elif run:
            yield run
            run = []


def _curve(points: Points, name: str) -> str:
    if len(points) == 1:  # a single point has no line
        ((x, y),) = points
        return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline class="curve{name}" points="{told}"/>'


def _round_numbers(low: float, high: float) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten.

    >>> _round_numbers(0.0, 1.0), _round_numbers(1, 300)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [50.0, 100.0, 150.0, 200.0, 250.0, 300.0])
    """
    rough = (high - low) / TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(step * power for step in STEPS if step * power >= rough * 0.8)
    return [float(f"{k * step:.12g}") for k in range(ceil(low / step), floor(high / step) + 1)]


def _levels(low: float, high: float) -> list[float]:
    """Return powers of ten; if these are few, add 2 and 5 times each.

    >>> _levels(0.02, 20.0), _levels(0.3, 0.9)
    ([0.1, 1.0, 10.0], [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    """
    first, last = floor(log10(low)), ceil(log10(high))
    for steps in ((1.0,), (1.0, 2.0, 5.0)):
        every = max((last - first) // (2 * TICKS) + 1, 1)
        found = [float(f"{step * 10.0**k:.6g}") for k in range(first, last + 1, every) for step in steps]
        found = [x for x in found if low <= x <= high]
        if len(found) > 2:
            return found
    return _round_numbers(low, high)


def _grid(levels: Sequence[float], up: Callable[[float], float]) -> Iterator[str]:
    for cost in levels:
        y = up(cost)
        yield f'<path class="grid" d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}"/>'
        yield _text(number(cost, 3), f'class="soft" x="{LEFT - 8:g}" y="{y + 4.5:.1f}" text-anchor="end"')
    yield f'<path class="axis" d="M{LEFT:g} {HEIGHT - BOTTOM:g}H{WIDTH - RIGHT:g}"/>'
    middle = (TOP + HEIGHT - BOTTOM) / 2
    yield _text("cost", f'x="18" y="{middle:g}" text-anchor="middle" transform="rotate(-90 18 {middle:g})"')


def _below(epochs: Sequence[float], across: Callable[[float], float]) -> Iterator[str]:
    y = HEIGHT - BOTTOM
    for epoch in epochs:
        x = across(epoch)
        yield f'<path class="axis" d="M{x:.1f} {y:g}v5"/>'
        yield _text(number(epoch), f'class="soft" x="{x:.1f}" y="{y + 20:g}" text-anchor="middle"')
    yield _text("epoch", f'x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="{HEIGHT - 8:g}" text-anchor="middle"')


def _key(has_validation: bool) -> Iterator[str]:  # noqa: FBT001  (its only argument)
    if has_validation:
        for k, (name, kind) in enumerate((("training", ""), ("validation", " second"))):
            x, y = WIDTH - RIGHT - 118, TOP + 10 + 20 * k
            yield f'<path class="curve{kind}" d="M{x:g} {y:g}h32"/>'
            yield _text(name, f'x="{x + 40:g}" y="{y + 4.5:g}"')


def _text(words: str, attributes: str) -> str:
    return f"<text {attributes}>{words}</text>"


def _page(lines: Sequence[str], description: str) -> str:
    light, dark = (STYLE.format_map(PALETTE[theme]) for theme in ("light", "dark"))
    style = f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}"
    size = f'width="{WIDTH:g}" height="{HEIGHT:g}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" class="costs" style="max-width: 100%">'
    return "\n".join([head, f"<title>{description}</title>", f"<style>{style}</style>", *lines, "</svg>"])
