"""One program of ``+ * tanh``, operation by operation: what building a node and going backward cost."""

from __future__ import annotations

import math
import time
from functools import cache, partial
from typing import TYPE_CHECKING

from . import programs
from .measure import ON, Entry, Options, column, measure
from .peers import SCALARS, Known, known
from .results import Table
from .worker import OFF, Answer, Figures, Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from .eager import Scalars

USUAL, WIDTH = 100_000, 1_000
PARTS = ("build", "backward", "sum")


def table(options: Options) -> Table:
    """Nanoseconds per operation for building, for backward, and for both."""
    entries = [entry(peer, options) for peer in SCALARS]
    plain = Entry(
        "plain floats",
        partial(plain_floats, options.size(USUAL, 2_000)),
        note="no derivatives: the loop's own share of every row",
    )
    columns = [column(part, mode) for mode in (ON, OFF) for part in PARTS]
    return Table(
        "elementwise",
        "A program of plain + * tanh, node by node",
        f"{options.size(USUAL, 2_000):,} operations on registers, the same for all; slow peers get fewer, "
        "as noted. Recursion limits are lifted where a peer walks the graph by calling itself.",
        "ns per operation",
        columns,
        [column("sum", ON), column("sum", OFF)],
        measure([*entries, plain], options),
    )


def entry(peer: Known, options: Options) -> Entry:
    """The row of a peer, with as many operations as it can be given."""
    size = min(options.size(USUAL, 2_000), peer.size)
    fewer = f"{size:,} operations" if size < options.size(USUAL, 2_000) else ""
    return Entry(
        peer.name,
        partial(prepared, peer, size),
        partial(ours, size),
        peer.top,
        peer.install,
        "; ".join(filter(None, (peer.note, fewer))),
        peer.collectors,
        rounds=None if peer.size == USUAL else 3,
    )


def width(size: int) -> int:
    """So many registers that no path is long, in a program of any size."""
    return min(WIDTH, size // 10)


@cache
def program(size: int) -> programs.Elementwise:
    """The program of that size."""
    return programs.elementwise(size, width(size))


@cache
def ours(size: int) -> Answer:
    """What chainrule says of it."""
    return answer(known("chainrule").load(), program(size))


def traced(peer: Scalars, given: programs.Elementwise) -> Callable[[list[programs.Scalar]], programs.Scalar]:
    """The program as a function of leaves, with the peer's tanh."""
    return given.by_methods if peer.tanh is None else partial(given.by_function, tanh=peer.tanh)


def answer(peer: Scalars, given: programs.Elementwise) -> Answer:
    """Cost and gradients of a program, by a peer."""
    return peer.backward(peer.forward(traced(peer, given), given.leaves))


def prepared(known_peer: Known, size: int) -> Program:
    """The peer's program."""
    peer = known_peer.load()
    given = program(size)
    return Program(partial(run, peer, given), partial(answer, peer, given))


def run(peer: Scalars, given: programs.Elementwise) -> Figures:
    """Build, go backward, and look at the clock before, between and after."""
    f, n = traced(peer, given), len(given.operations)
    start = time.perf_counter()
    graph = peer.forward(f, given.leaves)
    between = time.perf_counter()
    peer.backward(graph)
    end = time.perf_counter()
    return {
        "build": (between - start) / n * 1e9,
        "backward": (end - between) / n * 1e9,
        "sum": (end - start) / n * 1e9,
    }


def plain_floats(size: int) -> Program:
    """The program on floats."""
    given = program(size)

    def run_plain() -> Figures:
        start = time.perf_counter()
        given.by_function(given.leaves, math.tanh)
        return {"build": (time.perf_counter() - start) / len(given.operations) * 1e9}

    return Program(run_plain)
