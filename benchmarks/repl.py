"""What one waits for at the prompt: a graph of ten nodes, single operations, and the import."""

from __future__ import annotations

import subprocess
import sys
import time
import timeit
from functools import partial
from typing import TYPE_CHECKING

import engine

from .measure import ANY, Entry, Options, measure, timed
from .peers import SCALARS, Known, known
from .results import Table
from .worker import Answer, Figures, Program

if TYPE_CHECKING:
    from .eager import Scalars
    from .programs import Scalar

NUMBERS = [0.5, -1.5, 2.0, 0.25]
INSIDE = {"micrograd": "micrograd.engine", "learngrad": "learngrad.engine", "omnigrad": "omnigrad.diffengine"}
OPERATIONS = (
    "x + y", "x * y", "x * 2.0", "x ** 2", "x.tanh()", "x.sigmoid()", "x.maximum(y)", "Value(0.5)",
    "engine.sigmoid(0.5)",
)  # fmt: skip
TURNS = 10
OTHERS = [("NumPy", "numpy", "numpy"), ("JAX", "jax", "jax"), ("nn", "nn", "")]


def expression(leaves: list[Scalar]) -> Scalar:
    """Four leaves and six operations: ten nodes."""
    a, b, c, d = leaves
    x = a * b + c
    y = x * d + a
    return x * y + b


def table(options: Options) -> Table:
    """Microseconds for building ten nodes and going backward."""
    entries = [
        Entry(
            peer.name,
            partial(prepared, peer),
            ours,
            peer.top,
            peer.install,
            collectors=(ANY,),
        )
        for peer in SCALARS
    ]
    return Table(
        "repl",
        "A graph of ten nodes",
        "Build it and go backward, as one does at the prompt.",
        "µs",
        ["latency"],
        ["latency"],
        measure(entries, options),
    )


def operations(options: Options) -> Table:
    """Nanoseconds of single operations, each on nodes that are there."""
    entry = Entry("chainrule", partial(operating, options.size(100_000, 1_000)), collectors=(ANY,))
    return Table(
        "operations",
        "Single operations",
        "Each makes one node, which is dropped at once; the last one makes none. CPU time, the best of ten "
        "turns of each round.",
        "ns",
        [*OPERATIONS],
        [],
        measure([entry], options),
    )


def imports(options: Options) -> Table:
    """Milliseconds that an import adds to the start of Python."""
    tops = {peer.top: (peer.name, peer.install) for peer in reversed(SCALARS) if peer.top}
    tops |= {top: (name, install) for name, top, install in OTHERS}
    entries = [
        Entry(
            name.partition(" scalars")[0].partition(",")[0],
            partial(importing, INSIDE.get(top, top)),
            top=top,
            install=install,
            collectors=(ANY,),
            note=f"import {INSIDE.get(top, top)}",
        )
        for top, (name, install) in sorted(tops.items(), key=lambda item: item[1][0] != "chainrule")
    ]
    return Table(
        "import",
        "Import",
        "In a fresh process, less a bare Python's start measured beside it.",
        "ms",
        ["import"],
        ["import"],
        measure(entries, options),
    )


def ours() -> Answer:
    """What chainrule says of it."""
    return answer(known("chainrule").load())


def answer(peer: Scalars) -> Answer:
    """Cost and gradients of the expression, by a peer."""
    return peer.backward(peer.forward(expression, NUMBERS))


def prepared(known_peer: Known) -> Program:
    """The peer's ten nodes, as often as the clock needs."""
    peer = known_peer.load()
    stopwatch = timed(partial(answer, peer))

    def run() -> Figures:
        return {"latency": stopwatch() * 1e6}

    return Program(run, partial(answer, peer))


def operating(repeats: int) -> Program:
    """Our operations, one after the other."""
    names = {"engine": engine, "Value": engine.Value, "x": engine.Value(0.5), "y": engine.Value(0.75)}
    stopwatches = {text: timeit.Timer(text, timer=time.process_time, globals=names) for text in OPERATIONS}
    each = repeats // TURNS

    def run() -> Figures:
        turns = [{text: watch.timeit(each) for text, watch in stopwatches.items()} for _ in range(TURNS)]
        return {text: min(turn[text] for turn in turns) / each * 1e9 for text in OPERATIONS}

    return Program(run)


def importing(module: str) -> Program:
    """The import of a module in a process of its own."""

    def run() -> Figures:
        bare, _ = _python("pass")
        seconds, code = _python(f"import {module}")
        if code:
            raise ImportError(f"import {module} ended with code {code}")
        return {"import": (seconds - bare) * 1e3}

    return Program(run)


def _python(script: str) -> tuple[float, int]:
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=120)  # noqa: S603  (our own words)
    return time.perf_counter() - start, done.returncode
