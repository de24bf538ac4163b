"""Bytes that a node takes."""

from __future__ import annotations

import gc
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .elementwise import program, traced
from .measure import ANY, Entry, Options, measure
from .peers import SCALARS, known
from .results import Table
from .worker import Figures, Program

if TYPE_CHECKING:
    from collections.abc import Callable

STATM = Path("/proc/self/statm")
PAGE = 4096
TRACED, RESIDENT = "traced", "resident"


def table(options: Options) -> Table:
    """Bytes per node after forward."""
    size = options.size(100_000, 2_000)
    entries = [
        Entry(
            peer.name,
            partial(prepared, peer.name, min(size, peer.size), python=peer.python),
            top=peer.top,
            install=peer.install,
            note=f"{peer.size:,} operations" if peer.size < size else "",
            collectors=(ANY,),
            rounds=1,
        )
        for peer in SCALARS
    ]
    return Table(
        "memory",
        "Memory of a node",
        "After forward, the program of `elementwise`: what Python's allocator was asked for, and by how much "
        "the process grew (Linux; a rough figure for few operations). An earlier graph of the same kind is "
        "alive meanwhile, so that no row builds in memory that was there already. Peers in compiled code do "
        "not ask Python's allocator and have the second figure alone; our compiled core does, and has both.",
        "bytes",
        [TRACED, RESIDENT],
        [TRACED, RESIDENT],
        measure(entries, options),
    )


def prepared(name: str, size: int, *, python: bool) -> Program:
    """One peer; its figures are taken once, since they are the same every time."""
    figures = bytes_per_node(name, size)
    if not python:
        del figures[TRACED]
    return Program(figures.copy)


def bytes_per_node(name: str, size: int) -> Figures:
    """Build the graph three times and keep all of them, so that each needs memory of its own.

    The first one takes up what the start of the process left free; the second one is measured by the growth
    of the process, the third one is traced.
    """
    peer, given = known(name).load(), program(size)
    build = partial(peer.forward, traced(peer, given), given.leaves)
    kept, figures = [build()], {}
    if STATM.exists():
        figures[RESIDENT] = _growth(build, kept, lambda: int(STATM.read_text().split()[1]) * PAGE) / size
    tracemalloc.start()
    figures[TRACED] = _growth(build, kept, lambda: tracemalloc.get_traced_memory()[0]) / size
    tracemalloc.stop()
    return figures


def _growth(build: Callable[[], object], kept: list[object], level: Callable[[], int]) -> int:
    gc.collect()
    before = level()
    kept.append(build())
    gc.collect()
    return level() - before
