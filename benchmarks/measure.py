"""Rounds: every peer is checked once, then all are timed in shuffled order, again and again."""

from __future__ import annotations

import importlib.util
import math
import random
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .results import Row
from .worker import OFF, PeerError, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .worker import Answer, Program

ON, ANY = "gc on", ""
COMPILED, CORE = ", compiled", "chainrule_fast.core"
TOLERANCE = 1e-6


@dataclass
class Entry:
    """One row.

    ``prepare`` makes the peer's program in a process of its own, so it must pickle: a function of a
    module, or a partial of one. ``expected`` is the answer that it must give before its time counts.
    ``top`` is what must be there to be imported, ``install`` what to give to pip for it. Rows that the
    cyclic garbage collector does not touch are measured with it on alone. ``rounds`` limits the rounds of
    the slow.
    """

    name: str
    prepare: Callable[[], Program]
    expected: Callable[[], Answer] | None = None
    top: str = ""
    install: str = ""
    note: str = ""
    collectors: tuple[str, ...] = (ON, OFF)
    rounds: int | None = None

    @property
    def compiled(self) -> bool:
        """Whether chainrule is to use its compiled core; in all other rows it is Python alone."""
        return self.name.endswith(COMPILED)


def _mute(_: str) -> None:
    pass


@dataclass
class Options:
    """How much to measure."""

    rounds: int = 5
    quick: bool = False
    full: bool = False
    say: Callable[[str], None] = _mute

    def size(self, usual: int, quick: int) -> int:
        """A size, or a small one for a quick run."""
        return quick if self.quick else usual


def measure(entries: Sequence[Entry], options: Options) -> list[Row]:
    """Check every entry, then time them in rounds of shuffled order; a row for each, in the given order."""
    rows = [Row(entry.name, note=entry.note) for entry in entries]
    ready: list[tuple[Entry, Row, Worker]] = []
    with ExitStack() as processes:
        for entry, row in zip(entries, rows, strict=True):
            try:
                ready.append((entry, row, processes.enter_context(checked(entry))))
            except PeerError as error:
                row.reason = str(error)
            options.say(f"  {row.name}: {row.reason or 'agrees' * bool(entry.expected) or 'runs'}")
        for number in range(options.rounds):
            turns = [
                (worker, row, mode)
                for entry, row, worker in ready
                for mode in entry.collectors
                if entry.rounds is None or number < entry.rounds
            ]
            random.Random(number).shuffle(turns)
            start = time.perf_counter()
            for worker, row, mode in turns:
                _turn(worker, row, mode, number)
            options.say(f"  round {number + 1} of {options.rounds}: {time.perf_counter() - start:.1f} s")
    return rows


def checked(entry: Entry) -> Worker:
    """A peer's process, once its answer is ours; PeerError with the reason where it is not."""
    top, install = (CORE, "./fast") if entry.compiled else (entry.top, entry.install)
    if top and not importable(top):
        raise PeerError(f"not installed: pip install {install}")
    expected = entry.expected() if entry.expected else None
    with ExitStack() as unless_right:
        worker = unless_right.enter_context(Worker(entry.prepare, compiled=entry.compiled))
        found = worker.answer()
        if expected:
            if found is None:
                raise PeerError("gives no answer to check")
            close(found, expected)
        unless_right.pop_all()
    return worker


def importable(module: str) -> bool:
    """Whether a module could be imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # its package is not there
        return False


def close(found: Answer, expected: Answer) -> None:
    """PeerError unless cost and gradients agree to 1e-6, of the cost and of the largest gradient."""
    (cost, gradients), (true_cost, true_gradients) = found, expected
    if len(gradients) != len(true_gradients):
        raise PeerError(f"wrong answer: {len(gradients)} gradients for {len(true_gradients)}")
    if not abs(cost - true_cost) <= TOLERANCE * abs(true_cost):
        raise PeerError(f"wrong cost: {cost:.9g} for {true_cost:.9g}")
    scale = max(map(abs, true_gradients), default=0.0) or 1.0
    off = [abs(x - y) / scale for x, y in zip(gradients, true_gradients, strict=True)]
    if not all(x <= TOLERANCE for x in off):
        raise PeerError(f"wrong gradients: off by {max(off):.1g} of the largest")


def timed(
    function: Callable[[], object], at_least: float = 0.02, at_least_times: int = 1
) -> Callable[[], float]:
    """A stopwatch for what may be too quick for the clock: seconds of one call, of as many as are needed."""
    repeats = 0

    def run() -> float:
        nonlocal repeats
        if not repeats:
            function()
            start = time.perf_counter()
            function()
            repeats = max(at_least_times, math.ceil(at_least / max(time.perf_counter() - start, 1e-7)))
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        return (time.perf_counter() - start) / repeats

    return run


def column(part: str, mode: str) -> str:
    """The column of a part with the collector on or off."""
    return ", ".join(filter(None, (part, mode)))


def _turn(worker: Worker, row: Row, mode: str, number: int) -> None:
    if row.reason:
        return
    try:
        figures = worker.run(mode)
    except PeerError as error:
        row.reason = str(error)
        return
    for part, figure in figures.items():
        samples = row.samples.setdefault(column(part, mode), [])
        samples += [None] * (number - len(samples))
        samples.append(figure)
