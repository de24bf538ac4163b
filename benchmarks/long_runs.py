"""Long trainings at constant memory, and graphs of a million nodes: measured by hand, in some minutes.

``python -m benchmarks.long_runs`` writes ``benchmarks/LONG_RUNS.md``. What it shows at full length the tests
hold on to at a smaller one (``tests/trust/test_long_runs.py``).
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import starmap
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import large_graphs, trainings
from .machine import machine, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RESULTS = Path(__file__).with_name("LONG_RUNS.md")
TRAININGS = """Each training runs in a process of its own. After a tenth of its steps, and after each
further tenth, what is alive is counted: objects that Python's cyclic collector knows, blocks that
Python's allocator has given out (floats as well), and the pages of the process that are in memory.
*Growth* is what the last count has above the first; a count by itself leaves about one block behind. The
history of `fit` is meant to grow: a float for each epoch."""
BUILDING = """Building the chain y ← y + x, and a *wide* graph of `+ * tanh` whose operands are drawn from
n/16 nodes, with Python's cyclic garbage collector on and off, in ns for each node. *Looked at* is how many
objects the collector went through, for each node: it stays about the same, since the collector goes through
all that is old only when a quarter as much again is new. What it costs does not: the nodes of a chain lie in
memory as they are visited; those that a wide graph's nodes lead to lie anywhere, which is slow once they no
longer fit into the processor's caches."""
GRAPHS = """Seconds for each operation on one graph of that size, with a recursion limit of 200. *chain*
is 1,000,000 operations in a row; *sum* one node of 1,000,000 operands; *shared* 500,000 products of one
leaf and a number each, and their sum; *tree* a balanced one; *wide* as above; *ladder* 1,000,000
operations max(y, y), with 2 to the power of 1,000,000 paths. *Steps* are the first ten of `steps(C)`. Memory
is what the process grew by while the graph was built, and by how much at most beyond that later on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.long_runs", description=__doc__)
    command.add_argument("--quick", action="store_true", help="a thousandth of all, printed and not written")
    quick = command.parse_args(arguments).quick
    shrink = 1000 if quick else 1
    blocks = [
        "# Long runs and large graphs",
        f"Written by `python -m benchmarks.long_runs` on {dt.datetime.now(tz=dt.UTC).date().isoformat()}.",
        "## Trainings",
        TRAININGS,
        _table(trainings.HEAD, _apart(trainings.row, [(name, shrink) for name in trainings.TRAININGS])),
        "## Building, with the collector on and off",
        BUILDING,
        _table(
            large_graphs.BUILDING,
            _apart(
                large_graphs.building,
                [(name, n // shrink) for name in large_graphs.BUILT for n in large_graphs.SIZES],
            ),
        ),
        "## Large graphs",
        GRAPHS,
        _table(large_graphs.HEAD, _apart(large_graphs.row, [(name, shrink) for name in large_graphs.SHAPES])),
        "## Machine and versions",
        _table(["", ""], [*machine().items(), *versions(["chainrule", "numpy"]).items()]),
    ]
    text = "\n\n".join(blocks) + "\n"
    sys.stdout.write(text)
    if not quick:
        RESULTS.write_text(text, "utf-8")
    return 0


def _apart(function: Callable[..., list[Any]], calls: Iterable[tuple[Any, ...]]) -> Iterable[list[Any]]:
    """The function's result for each of the calls, every one in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        for call in calls:
            row = processes.submit(function, *call).result()
            sys.stderr.write(f"{row}\n")
            yield row


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *(map(str, row) for row in rows)]
    return "\n".join(starmap("| {} |".format, ([" | ".join(line)] for line in lines)))


if __name__ == "__main__":
    gc.collect()
    sys.exit(main())
