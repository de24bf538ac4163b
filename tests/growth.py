"""Does an operation's work grow in step with its operands? Its CPU time at n and at 2n.

A table of rows, each with a size n and a function that makes a task of a size, serves as a parametrised test:

    ROWS = {"backward": Row(2000, lambda n: chain(n).backward)}

    @pytest.mark.parametrize("name", ROWS)
    def test_work_is_linear(name):
        ROWS[name].check()

Only the task is timed, not its making; it is made anew each time, so that nothing is kept from the last
call. Twice the operands are twice the work where it is linear, and four times where it is quadratic:
3 parts the two. Each round measures n, 2n and n again, so that a processor which others slow down does so to
all three. A first round that stays well below the limit settles it, after one call for what is made at a
first use; else the median of several rounds counts, and one that is too high is measured with more rounds.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from engine import Value

Task = Callable[[], object]

LIMIT = 3.0
SURE = 0.85
"""Of the limit: up to there one round is enough; quadratic work would have to be measured a third too low."""
ROUNDS = 7, 21


class Row(NamedTuple):
    """One operation: what it does at a size n, where n is large enough that work beside it does not count."""

    n: int
    make: Callable[[int], Task]

    def check(self, limit: float = LIMIT) -> None:
        """Fail where twice the operands cost more than ``limit`` times the CPU time."""
        ratio = growth(self.make, self.n, limit)
        assert ratio <= limit, f"{2 * self.n} operands cost {ratio:.1f} times the CPU time of {self.n}"


def growth(make: Callable[[int], Task], n: int, limit: float = LIMIT) -> float:
    """How many times the CPU time of a task of size n one of size 2n takes."""
    seconds(make(n))
    found = _ratio(make, n)
    if found <= SURE * limit:
        return found
    for rounds in ROUNDS:
        found = median(_ratio(make, n) for _ in range(rounds))
        if found <= limit:
            break
    return found


def _ratio(make: Callable[[int], Task], n: int) -> float:
    once = seconds(make(n))
    twice = seconds(make(2 * n))
    return 2 * twice / (once + seconds(make(n)))


def seconds(task: Task) -> float:
    """The CPU time of one call; the garbage collector, which walks what others made, is off."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        start = time.process_time()
        result = task()
        end = time.process_time()
    finally:
        if was_on:
            gc.enable()
    del result  # outside the measurement: dropping a graph is not the operation's work
    return max(end - start, 1e-9)


def values(n: int) -> list[Value]:
    """n leaves with different numbers between 0 and 1, and labels."""
    return [Value((0.5 + k * 0.6180339887) % 1.0, label=f"x_{k}") for k in range(n)]


def chain(n: int) -> Value:
    """A graph of about n nodes of ``+``, ``*`` and ``tanh``, as deep as it is long, on two leaves."""
    w, b = Value(0.5, label="w"), Value(0.25, label="b")
    y = w
    for _ in range(n // 3):
        y = (y * w + b).tanh()
    return y
