"""What is done to a whole graph, beside building it; and softmax beside exp, sum and ÷ by operators."""

from __future__ import annotations

import copy
import pickle
import random
import time
from functools import partial
from typing import TYPE_CHECKING

import engine
from engine import Value, graph

from . import programs
from .elementwise import width
from .measure import ON, Entry, Options, column, measure
from .results import Table
from .worker import OFF, Answer, Figures, Program

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = ("build", "backward", "zero_grad", "refresh", "deepcopy", "pickle")
ROWS = {"elementwise": "+ * tanh, two parents a node at most", "layers": "affine and tanh, 16 wide, 4 deep"}
OPERANDS = (10, 100, 1_000)


def table(options: Options) -> Table:
    """CPU time for each of the walks."""
    size = options.size(20_000, 2_000)
    entries = [Entry(name, partial(prepared, name, size), note=note) for name, note in ROWS.items()]
    return Table(
        "walks",
        "What is done to a whole graph",
        f"About {size:,} nodes; CPU time, a node. `pickle` is writing and reading.",
        "ns per node",
        [column(part, mode) for mode in (ON, OFF) for part in PARTS],
        [],
        measure(entries, options),
        baseline="elementwise",
    )


def softmax(options: Options) -> Table:
    """CPU time of a softmax and its backward pass, and of the same by operators."""
    entries = [Entry(name, partial(shares, name), partial(expected, OPERANDS)) for name in SOFTMAX]
    columns = [f"{n:,} operands" for n in OPERANDS]
    return Table(
        "softmax",
        "Softmax and the gradient of all its shares",
        "CPU time of forward and backward.",
        "µs per operand",
        [column(part, mode) for mode in (ON, OFF) for part in columns],
        [column(part, ON) for part in columns],
        measure(entries, options),
        baseline="exp, sum, ÷",
    )


def elementwise(size: int) -> Callable[[], Value]:
    """A graph of ``+ * tanh``."""
    given = programs.elementwise(size, width(size))
    leaves = [Value(x) for x in given.leaves]
    return lambda: given.by_methods(leaves)


def layers(size: int) -> Callable[[], Value]:
    """Examples one after the other through four layers of sixteen neurons: 128 nodes each."""
    dice = random.Random(0)

    def some(n: int) -> list[Value]:
        return [Value(dice.uniform(-1, 1)) for _ in range(n)]

    examples = [some(16) for _ in range(size // 128)]
    weights = [([some(16) for _ in range(16)], some(16)) for _ in range(4)]

    def build() -> Value:
        outputs: list[Value] = []
        for a in examples:
            for ws, bs in weights:
                a = [engine.affine(b, w, a).tanh() for w, b in zip(ws, bs, strict=True)]  # noqa: PLW2901  (a layer's input is the output of the last)
            outputs += a
        return engine.total(outputs)

    return build


GRAPHS = {"elementwise": elementwise, "layers": layers}


def prepared(name: str, size: int) -> Program:
    """The walks over one of the graphs."""
    build = GRAPHS[name](size)
    root = build()
    nodes = len(graph.topological_order(root))
    tasks: dict[str, Callable[[], object]] = {
        "build": build,
        "backward": root.backward,
        "zero_grad": root.zero_grad,
        "refresh": root.refresh,
        "deepcopy": lambda: copy.deepcopy(root),
        "pickle": lambda: pickle.loads(pickle.dumps(root)),  # noqa: S301  (written here)
    }

    def run() -> Figures:
        return {part: _seconds(task) / nodes * 1e9 for part, task in tasks.items()}

    return Program(run)


def by_operators(xs: list[Value]) -> list[Value]:
    """Softmax as one writes it who has only operators."""
    es = [x.exp() for x in xs]
    s = sum(es[1:], es[0])
    return [e / s for e in es]


SOFTMAX = {"exp, sum, ÷": by_operators, "engine.softmax": engine.softmax}


def shares(name: str) -> Program:
    """One way to make a softmax."""
    made = SOFTMAX[name]

    def run() -> Figures:
        found = {}
        for n in OPERANDS:
            repeats = OPERANDS[-1] // n
            graphs = [logits(n) for _ in range(repeats)]
            seconds = _seconds(lambda graphs=graphs: [cost(made, xs).backward() for xs in graphs])
            found[f"{n:,} operands"] = seconds / OPERANDS[-1] * 1e6
        return found

    return Program(run, partial(answer, made, OPERANDS))


def logits(n: int) -> list[Value]:
    """As many operands, the same each time."""
    dice = random.Random(n)
    return [Value(dice.gauss(0, 2)) for _ in range(n)]


def cost(made: Callable[[list[Value]], list[Value]], xs: list[Value]) -> Value:
    """A cost of all the shares that does not just add them up to 1."""
    return engine.dot(made(xs), [Value(float(k % 3)) for k in range(len(xs))])


def answer(made: Callable[[list[Value]], list[Value]], operands: tuple[int, ...]) -> Answer:
    """Costs and gradients, by one of the ways."""
    total, gradients = 0.0, []
    for n in operands:
        xs = logits(n)
        C = cost(made, xs)
        C.backward()
        total += C.data
        gradients += [x.grad for x in xs]
    return total, gradients


def expected(operands: tuple[int, ...]) -> Answer:
    """By operators."""
    return answer(by_operators, operands)


def _seconds(task: Callable[[], object]) -> float:
    start = time.process_time()
    kept = task()
    end = time.process_time()
    del kept
    return end - start
