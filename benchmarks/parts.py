"""One program for several sizes: each is a part of its own in the table, all are checked together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from .measure import timed
from .worker import Answer, Figures, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Part(NamedTuple):
    """What is called again and again, by how much its seconds are multiplied, and its answer.

    ``recording`` are seconds spent before the first call.
    """

    call: Callable[[], object]
    scale: float
    answer: Callable[[], Answer]
    recording: float | None = None


def program(parts: Mapping[str, Part]) -> Program:
    """A program that runs one part after the other."""
    stopwatches = {name: timed(part.call) for name, part in parts.items()}

    def run() -> Figures:
        figures = {name: stopwatch() * parts[name].scale for name, stopwatch in stopwatches.items()}
        recorded = {f"record {n}": p.recording * p.scale for n, p in parts.items() if p.recording is not None}
        return figures | recorded

    return Program(run, partial(together, [part.answer for part in parts.values()]))


def together(answers: list[Callable[[], Answer]]) -> Answer:
    """The sum of the costs, and all gradients in a row."""
    cost, gradients = 0.0, []
    for answer in answers:
        c, g = answer()
        cost += c
        gradients += g
    return cost, gradients
