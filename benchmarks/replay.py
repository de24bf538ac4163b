"""Graphs that are recorded or compiled once and replayed: wide ones, batches of examples, narrow chains."""

from __future__ import annotations

import time
from functools import cache, partial
from typing import TYPE_CHECKING

from . import parts, programs
from .measure import ANY, Entry, Options, measure
from .parts import Part
from .replayers import load
from .results import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .worker import Answer, Program

# Name, module in `replayers`, what must be there, what pip installs, the most nodes it is given, note.
DESIGNS = [
    ("chainrule.tape", "tape", "engine", "", 10**7, ""),
    ("chainrule.tape, compiled", "tape", "", "", 10**7, "node by node in C"),
    ("chainrule, eager", "eager", "engine", "", 10**5, "built anew each time"),
    ("CasADi", "casadi_function", "casadi", "casadi", 10**6, "SX function with reverse-mode gradient"),
    (
        "ddx-ad",
        "ddx_kernel",
        "ddx",
        "ddx-ad",
        10**4,
        "compiled through LLVM; more nodes take minutes to compile",
    ),
]
BATCH = 10_000
WARM = 4  # calls before any is timed: the tape compiles its narrow parts at the fourth


def wide(options: Options) -> Table:
    """Random graphs of a few dozen levels, for one example."""
    sizes = [200, 400] if options.quick else [1_000, 10_000, 100_000]
    sizes += [1_000_000] * options.full
    return _table(
        "replay",
        "Replaying a random graph of + * tanh",
        "A sixteenth as many registers as operations, so that depth hardly grows with size; one example. "
        "`record` is what is done once, building the graph included.",
        [("wide", size, 1) for size in sizes],
        options,
        most=10**5,
    )


def batches(options: Options) -> Table:
    """The same graph for many examples at once, which half of its leaves hold."""
    size = options.size(BATCH, 200)
    return _table(
        "batches",
        f"Replaying a random graph of {size:,} nodes for many examples",
        "Half of the leaves are shared parameters, half an example's inputs; cost and gradients are means.",
        [("wide", size, examples) for examples in (1, 16, 256)],
        options,
        most=options.size(BATCH, 200),
    )


def chains(options: Options) -> Table:
    """As narrow and deep as can be."""
    sizes = [100, 200] if options.quick else [100, 1_000, 10_000, 100_000]
    return _table(
        "chains",
        "Replaying a chain",
        "One operation after the other: every level is one node.",
        [("chain", size, 1) for size in sizes],
        options,
        most=10**5,
    )


def _table(
    name: str, title: str, about: str, cases: list[tuple[str, int, int]], options: Options, *, most: int
) -> Table:
    columns = [label(case) for case in cases]
    entries = []
    for design, module, top, install, limit, note in DESIGNS:
        given = [case for case in cases if case[1] * (case[2] if module == "eager" else 1) <= limit]
        run = partial(prepared, module, tuple(given))
        entries.append(Entry(design, run, partial(ours, tuple(given)), top, install, note, (ANY,)))
    records = [f"record {c}" for c, case in zip(columns, cases, strict=True) if case[1] <= most]
    return Table(
        name,
        title,
        about + " Forward and backward, by nodes and examples. What the tape compiles after three replays is "
        "not in its `record`.",
        "ns per node and example",
        columns + records,
        columns,
        measure(entries, options),
        baseline="chainrule.tape",
    )


def label(case: tuple[str, int, int]) -> str:
    """A column's name."""
    _, size, examples = case
    return f"{size:,} nodes" + (f" × {examples}" if examples > 1 else "")


@cache
def program(shape: str, size: int) -> programs.Elementwise:
    """The graph of a shape and size."""
    return programs.chain(size) if shape == "chain" else programs.elementwise(size, max(size // 16, 2))


def examples_of(given: programs.Elementwise, n: int) -> list[list[float]]:
    """Inputs for n examples: the graph's own, a little different for each."""
    own = given.leaves[: len(given.leaves) // 2]
    return [[x * (1 - 0.001 * k) for x in own] for k in range(n)]


def parameters_of(given: programs.Elementwise) -> list[float]:
    """The other half of the leaves."""
    return given.leaves[len(given.leaves) // 2 :]


@cache
def ours(cases: tuple[tuple[str, int, int], ...]) -> Answer:
    """What chainrule says of them, eagerly."""
    program = prepared("eager", cases)
    return program.answer() if program.answer else (0.0, [])


def prepared(module: str, cases: Sequence[tuple[str, int, int]]) -> Program:
    """A design's program for all cases."""
    record = load(module)
    found = {}
    for case in cases:
        shape, size, n = case
        given = program(shape, size)
        inputs = examples_of(given, n)
        start = time.perf_counter()
        replay = record(given, inputs)
        seconds = time.perf_counter() - start
        call = partial(replay, parameters_of(given))
        for _ in range(WARM):
            call()
        found[label(case)] = Part(call, 1e9 / size / n, call, None if module == "eager" else seconds)
    return parts.program(found)
