"""Long trainings at constant memory, and graphs of a million nodes: measured by hand, in some minutes.

``python -m benchmarks.long_runs`` writes ``benchmarks/LONG_RUNS.md``. What it shows at full length the tests
hold on to at a smaller one (``tests/trust/test_long_runs.py``).
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from itertools import starmap
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import large_graphs, trainings
from .machine import machine, versions
from .measure import COMPILED, CORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PURE = "CHAINRULE_PURE"
RESULTS = Path(__file__).with_name("LONG_RUNS.md")
TRAININGS = """Each training runs in a process of its own. After a tenth of its steps, and after each
further tenth, what is alive is counted: objects that Python's cyclic collector knows, blocks that
Python's allocator has given out (floats as well), and the pages of the process that are in memory.
*Growth* is what the last count has above the first; a count by itself leaves about one block behind. The
history of `fit` is meant to grow: a float for each epoch."""
BUILDING = """Building the chain y ← y + x, and a *wide* graph of `+ * tanh` whose operands are drawn from
n/16 nodes, with Python's cyclic garbage collector on and off, in ns of the processor's time for each node.
*Looked at* is how many objects the collector went through, for each node: it stays about the same, since the
collector goes through all that is old only when a quarter as much again is new. What it costs does not: the
nodes of a chain lie in memory as they are visited; those that a wide graph's nodes lead to lie anywhere,
which is slow once they no longer fit into the processor's caches. The nodes of the compiled core, where it is
installed, are unknown to the collector."""
GRAPHS = """Seconds for each operation on one graph of that size, with a recursion limit of 200. *chain*
is 1,000,000 operations in a row; *sum* one node of 1,000,000 operands; *shared* 500,000 products of one
leaf and a number each, and their sum; *tree* a balanced one; *wide* as above; *ladder* 1,000,000
operations max(y, y), with 2 to the power of 1,000,000 paths. *Steps* are the first ten of `steps(C)`. Memory
is what the process grew by while the graph was built, and by how much at most beyond that later on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write: everything, or one section, the others staying as they are."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.long_runs", description=__doc__)
    command.add_argument("--quick", action="store_true", help="a thousandth of all, printed and not written")
    command.add_argument("--only", choices=SECTIONS, help="measure one section anew")
    given = command.parse_args(arguments)
    shrink = 1000 if given.quick else 1
    blocks = _written() if given.only else {}
    for name in [given.only] if given.only else SECTIONS:
        blocks[name] = "\n\n".join(
            [*SECTIONS[name](shrink), f"Measured on {dt.datetime.now(tz=dt.UTC).date()}."]
        )
    system = _table(["", ""], [*machine().items(), *versions(["chainrule", "numpy"]).items()])
    blocks["Machine and versions"] = system
    sections = (f"## {name}\n\n{text}" for name, text in blocks.items())
    text = "\n\n".join(
        ["# Long runs and large graphs", "Written by `python -m benchmarks.long_runs`.", *sections]
    )
    sys.stdout.write(f"{text}\n")
    if not given.quick:
        RESULTS.write_text(f"{text}\n", "utf-8")
    return 0


def _written() -> dict[str, str]:
    """The sections of the last run."""
    _, *sections = RESULTS.read_text("utf-8").split("\n## ")
    return {name: text.strip() for name, _, text in (section.partition("\n") for section in sections)}


def _trainings(shrink: int) -> list[str]:
    names = [(name, shrink) for name in trainings.TRAININGS]
    return [TRAININGS, _table(trainings.HEAD, _apart(trainings.row, names))]


def _building(shrink: int) -> list[str]:
    calls = [(name, n // shrink) for name in large_graphs.BUILT for n in large_graphs.SIZES]
    calls += [
        (f"wide{COMPILED}", n // shrink) for n in large_graphs.SIZES if find_spec(CORE.partition(".")[0])
    ]
    return [BUILDING, _table(large_graphs.BUILDING, _apart(large_graphs.building, calls))]


def _graphs(shrink: int) -> list[str]:
    calls = [(name, shrink) for name in large_graphs.SHAPES]
    calls += [(f"wide{COMPILED}", shrink)] * (find_spec(CORE.partition(".")[0]) is not None)
    return [GRAPHS, _table(large_graphs.HEAD, _apart(large_graphs.row, calls))]


SECTIONS = {
    "Trainings": _trainings,
    "Building, with the collector on and off": _building,
    "Large graphs": _graphs,
}


def _apart(function: Callable[..., list[Any]], calls: Iterable[tuple[Any, ...]]) -> Iterable[list[Any]]:
    """The function's result for each of the calls, every one in a fresh process, with the core or without."""
    before = os.environ.get(PURE, "")
    try:
        for name, *more in calls:
            os.environ[PURE] = "" if name.endswith(COMPILED) else "1"
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                row = process.submit(function, name.removesuffix(COMPILED), *more).result()
            row[0] = name
            sys.stderr.write(f"{row}\n")
            yield row
    finally:
        os.environ[PURE] = before


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *(map(str, row) for row in rows)]
    return "\n".join(starmap("| {} |".format, ([" | ".join(line)] for line in lines)))


if __name__ == "__main__":
    gc.collect()
    sys.exit(main())
