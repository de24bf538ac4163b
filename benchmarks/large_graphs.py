"""Graphs of a million nodes, deep or wide: how long each operation takes, and how much memory."""

from __future__ import annotations

import copy
import gc
import pickle
import random
import sys
import time
from array import array
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from engine import Value, draw, explain, graph, steps, total, tree

from .memory import PAGE, STATM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Shape: TypeAlias = Callable[[int], tuple[Value, Value]]

SIZES = [500_000, 1_000_000, 2_000_000, 4_000_000]
BUILDING = [
    "graph",
    "nodes",
    "collector on",
    "collector off",
    "share of the collector",
    "looked at",
    "whole collections",
]
LIMIT = 200


def chain(n: int) -> tuple[Value, Value]:
    """n operations in a row, and the leaf that they begin with."""
    y = x = Value(0.5, label="x")
    for _ in range(n):
        y = y.sin()
    return y, x


def sum_(n: int) -> tuple[Value, Value]:
    """One node of n leaves."""
    leaves = [Value(float(k % 7)) for k in range(n)]
    return total(leaves), leaves[0]


def shared(n: int) -> tuple[Value, Value]:
    """n/2 products of one leaf, and their sum."""
    u = Value(0.5, label="u")
    return total([u * float(k) for k in range(n // 2)]), u


def balanced(n: int) -> tuple[Value, Value]:
    """A binary tree of n additions."""
    level = leaves = [Value(float(k % 7)) for k in range(n)]
    while len(level) > 1:
        pairs = [x + y for x, y in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) & ~1 :]
    return level[0], leaves[0]


def wide(n: int) -> tuple[Value, Value]:
    """n operations ``+ * tanh`` of random nodes among n/16, and the sum of these."""
    return mixed(n)()


def drawn(n: int) -> tuple[Sequence[int], Sequence[int], bytes]:
    """Of n operations the node that each writes, the other one that it reads, and which it is: + * tanh."""
    dice, width = random.Random(0), max(n // 16, 1)
    written, read = (array("l", [dice.randrange(width) for _ in range(n)]) for _ in range(2))
    return written, read, bytes(dice.choices(range(3), k=n))


def mixed(n: int) -> Callable[[], tuple[Value, Value]]:
    """What builds it: the operations are drawn before, as numbers, which the collector does not look at."""
    (written, read, kinds), width = drawn(n), max(n // 16, 1)

    def build() -> tuple[Value, Value]:
        leaves = [Value(1 / (2 + k % 7)) for k in range(width)]
        nodes = leaves[:]
        for kind, j, k in zip(kinds, written, read, strict=True):
            nodes[j] = (
                nodes[j] + nodes[k] if kind == 0 else nodes[j] * nodes[k] if kind == 1 else nodes[j].tanh()
            )
        return total(nodes), leaves[0]

    return build


def ladder(n: int) -> tuple[Value, Value]:
    """n operations with two ways through each."""
    y = x = Value(1.0, label="x")
    for _ in range(n):
        y = y.maximum(y)
    return y, x


SHAPES: dict[str, Shape] = {
    "chain": chain, "sum": sum_, "shared": shared, "tree": balanced, "wide": wide, "ladder": ladder,
}  # fmt: skip
OPERATIONS: dict[str, Callable[[Value, Value], object]] = {
    "order": lambda C, _: graph.topological_order(C),
    "backward": lambda C, _: C.backward(),
    "zero_grad": lambda C, _: C.zero_grad(),
    "refresh": lambda C, _: C.refresh(),
    "steps": lambda C, _: list(islice(steps(C), 10)),
    "paths": lambda C, x: explain(C, x).count,
    "deepcopy": lambda C, _: copy.deepcopy(C),
    "pickle": lambda C, _: pickle.loads(pickle.dumps(C)),  # noqa: S301  (made here)
    "tree": lambda C, _: tree(C),
    "draw": lambda C, _: draw(C),
    "explain": lambda C, x: str(explain(C, x)),
}
HEAD = ["graph", "nodes", "build", *OPERATIONS, "drop", "graph, MiB", "most beyond, MiB"]


def row(name: str, shrink: int = 1) -> list[str]:
    """The line of a shape in the table."""
    sys.setrecursionlimit(LIMIT)
    before = _resident()
    start = time.perf_counter()
    C, x = SHAPES[name](1_000_000 // shrink)
    times = [time.perf_counter() - start]
    built, nodes = _resident(), len(graph.topological_order(C))
    for operate in OPERATIONS.values():
        start = time.perf_counter()
        result = operate(C, x)
        times.append(time.perf_counter() - start)
        del result
    start = time.perf_counter()
    del C, x
    times.append(time.perf_counter() - start)
    seconds = [f"{t:.2f}" for t in times]
    return [name, f"{nodes:,}", *seconds, f"{(built - before) / 2**20:.0f}", f"{_most() - built / 2**20:.0f}"]


def building(name: str, n: int) -> list[str]:
    """What a node costs in graphs of n nodes, with the collector on and off."""
    collector, build = Collector(), BUILT[name](n)
    times = []
    for switch in (gc.disable, gc.enable):  # what comes first finds the memory fresh
        gc.collect()
        switch()
        start = time.process_time()  # the machine may have other work
        kept = build()
        times.append((time.process_time() - start) / n * 1e9)
        del kept
    off, on = times
    gc.callbacks.append(collector)
    build()
    gc.callbacks.remove(collector)
    share = 1 - off / on
    return [
        name,
        f"{n:,}",
        f"{on:.0f} ns",
        f"{off:.0f} ns",
        f"{share:.0%}",
        f"{collector.seen / n:.1f}",
        str(collector.whole),
    ]


def added(n: int) -> Callable[[], tuple[Value, Value]]:
    """What builds the chain y ← y + x."""

    def build() -> tuple[Value, Value]:
        y = x = Value(1.0)
        for _ in range(n):
            y = y + x
        return y, x

    return build


BUILT = {"chain": added, "wide": mixed}


class Collector:
    """Counts what the cyclic collector looks at, and how often it looks at everything."""

    def __init__(self) -> None:
        self.seen = self.whole = 0

    def __call__(self, phase: str, told: dict[str, int]) -> None:
        """What ``gc`` tells before a collection and after it."""
        if phase == "start":
            generations = range(told["generation"] + 1)
            self.seen += sum(len(gc.get_objects(generation)) for generation in generations)
            self.whole += told["generation"] == 2


def _resident() -> int:
    return int(STATM.read_text("ascii").split()[1]) * PAGE if STATM.exists() else 0


def _most() -> float:
    """The most memory that the process has had, in MiB."""
    try:
        import resource  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
