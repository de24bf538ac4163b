"""Trainings that go on and on, and what is alive along the way."""

from __future__ import annotations

import gc
import random
import sys
import time
from array import array
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

import engine
from engine import Value
from engine.tape import Tape
from nn import MLP, fit
from nn.losses import squared_error
from nn.optim import Adam, GradientDescent

from . import programs
from .memory import PAGE, STATM
from .networks import ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from nn.optim import Optimizer

    After: TypeAlias = Callable[[], None]
    Training: TypeAlias = Callable[[int, After], object]

HEAD = [
    "training",
    "steps",
    "µs per step",
    "objects",
    "growth",
    "blocks",
    "growth",
    "resident, MiB",
    "growth",
]
MIB = 2**20


class Level(NamedTuple):
    """What is alive: objects that the cyclic collector knows, blocks of Python's allocator, bytes."""

    objects: int
    blocks: int
    resident: int


def level() -> Level:
    """What is alive now that all garbage has gone."""
    gc.collect()
    resident = int(STATM.read_text("ascii").split()[1]) * PAGE if STATM.exists() else 0
    return Level(len(gc.get_objects()), sys.getallocatedblocks(), resident)


def levels(training: Training, steps: int, counts: int = 10) -> list[Level]:
    """What is alive after each part of the steps, these being divided into equal parts."""
    taken = array("q", bytes(24 * counts))  # to note a level makes no object that stays
    done = 0

    def after() -> None:
        nonlocal done
        done += 1
        if done % (steps // counts) == 0:
            place = 3 * (done // (steps // counts) - 1)
            taken[place], taken[place + 1], taken[place + 2] = level()

    level()  # what it leaves behind at its first call counts as nothing
    training(steps, after)
    return [Level(*taken[k : k + 3]) for k in range(0, 3 * counts, 3)]


def row(name: str, shrink: int = 1) -> list[str]:
    """The line of a training in the table."""
    training, steps = TRAININGS[name]
    steps //= shrink
    start = time.perf_counter()
    first, *_, last = levels(training, steps)
    seconds = time.perf_counter() - start
    cells = [name, f"{steps:,}", f"{seconds / steps * 1e6:.1f}"]
    cells += [f"{first.objects:,}", f"{last.objects - first.objects:+,}"]
    cells += [f"{first.blocks:,}", f"{last.blocks - first.blocks:+,}"]
    return [*cells, f"{first.resident / MIB:.1f}", f"{(last.resident - first.resident) / MIB:+.2f}"]


def chain() -> MLP:
    """The network of one neuron a layer, as in the documents: 1-1-1-1."""
    return MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))


def eager(steps: int, after: After, optimizer: Callable[..., Optimizer] = GradientDescent) -> None:
    """Forward, backward and down, the graph of the chain built anew in every step."""
    model = chain()
    descent = optimizer(model.parameters(), 0.01)
    for k in range(steps):
        C = squared_error(model([k % 7 / 7]), k % 5 / 5)
        descent.zero_grad()
        C.backward()
        descent.step()
        after()


def watched(steps: int, after: After) -> None:
    """The same, every operation looked at."""
    with engine.detect_anomaly():
        eager(steps, after)


def replayed(steps: int, after: After) -> None:
    """The chain recorded once, then replayed with an example at a time."""
    model = chain()
    x, y = Value(0.5), Value(0.2)
    tape = Tape(squared_error(model([x]), [y]), inputs=[x, y], params=model.parameters())
    numbers = np.array([p.data for p in model.parameters()])
    for k in range(steps):
        numbers -= 0.01 * tape(numbers, [k % 7 / 7, k % 5 / 5])[1]
        after()


def fitted(steps: int, after: After, *, tape: bool = False, record: bool = False) -> None:
    """``fit`` with an example in each epoch."""
    fit(chain(), [[0.5]], [0.2], lr=0.01, epochs=steps, tape=tape, record=record, on_epoch=lambda *_: after())


def moons(steps: int, after: After, *, tape: bool) -> None:
    """MLP(2, [16, 16, 1]) on 100 examples of the two moons, all of them in every step."""
    descent = (ours.tape_of_batch if tape else ours.eager)(programs.moons(100))
    for _ in range(steps):
        descent.step()
        after()


TRAININGS: dict[str, tuple[Training, int]] = {
    "chain 1-1-1-1, eager": (eager, 1_000_000),
    "chain, eager, Adam": (partial(eager, optimizer=Adam), 100_000),
    "chain, eager, `detect_anomaly`": (watched, 100_000),
    "chain, on a tape": (replayed, 1_000_000),
    "chain, `fit`": (fitted, 100_000),
    "chain, `fit(record=True)`": (partial(fitted, record=True), 100_000),
    "chain, `fit(tape=True)`": (partial(fitted, tape=True), 100_000),
    "moons, eager": (partial(moons, tape=False), 10_000),
    "moons, on a tape": (partial(moons, tape=True), 10_000),
}
