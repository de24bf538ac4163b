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
        "the process grew (Linux; the only figure for compiled code, and a rough one for few operations).",
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
    """Build the graph twice in this process: once for its growth, once traced."""
    peer, given, small = known(name).load(), program(size), program(200)
    peer.forward(traced(peer, small), small.leaves)  # what is loaded and compiled at first use
    build = partial(peer.forward, traced(peer, given), given.leaves)
    figures = {}
    if STATM.exists():
        figures[RESIDENT] = _growth(build, lambda: int(STATM.read_text().split()[1]) * PAGE) / size
    tracemalloc.start()
    figures[TRACED] = _growth(build, lambda: tracemalloc.get_traced_memory()[0]) / size
    tracemalloc.stop()
    return figures


def _growth(build: Callable[[], object], level: Callable[[], int]) -> int:
    gc.collect()
    before = level()
    graph = build()
    gc.collect()
    after = level()
    del graph
    return after - before
