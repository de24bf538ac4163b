"""One training step of a tiny transformer written for microgpt: with its node, and with ours in its place."""

from __future__ import annotations

from functools import cache, partial

from . import descent, gpt
from .descent import RATE, Descent
from .eager import Eager, recursion
from .measure import ON, Entry, Options, column, measure
from .peers import known
from .results import Table
from .worker import OFF, Answer, PeerError, Program

ROWS = [
    ("chainrule", "chainrule", "operators", "our Value in place of its own"),
    ("chainrule, engine.dot", "chainrule", "dot", "dot products written with engine.dot"),
    ("chainrule, functions", "chainrule", "functions", "softmax, mean and loss as functions, too"),
    ("chainrule, compiled", "chainrule", "operators", "its rules read as C"),
    ("chainrule, engine.dot, compiled", "chainrule", "dot", "its rules read as C"),
    ("chainrule, functions, compiled", "chainrule", "functions", "its rules read as C"),
    ("microgpt", "microgpt", "operators", "a node of microgpt's design"),
]


def table(options: Options) -> Table:
    """Milliseconds of a training step."""
    length = options.size(8, 2)
    entries = [
        Entry(name, partial(prepared, peer, algebra, length), partial(ours, length), note=note)
        for name, peer, algebra, note in ROWS
    ]
    steps = [column("step", mode) for mode in (ON, OFF)]
    return Table(
        "microgpt",
        f"A training step of a tiny GPT on {length} tokens",
        f"{len(gpt.start()):,} weights: one layer, width {gpt.WIDTH}, {gpt.HEADS} heads, RMSNorm, ReLU; "
        "softmax cross-entropy.",
        "ms",
        steps,
        steps,
        measure(entries, options),
    )


@cache
def ours(length: int) -> Answer:
    """Cost and gradients of the first step by chainrule, written with operators."""
    program = prepared("chainrule", "operators", length)
    if program.answer is None:
        raise PeerError("nothing to compare with")
    return program.answer()


def prepared(name: str, algebra: str, length: int) -> Program:
    """The program of a node and a way to write sums."""
    return descent.program(partial(training, name, algebra, length))


def training(name: str, algebra: str, length: int) -> Descent:
    """Leaves that stay and are updated in place, as microgpt has them."""
    peer = known(name).load()
    if not isinstance(peer, Eager):
        raise TypeError(f"{name} has no nodes to update in place")
    parameters = [peer.leaf(x) for x in gpt.start()]
    weights, tokens = gpt.matrices(parameters), gpt.text(length)

    def step() -> float:
        C = gpt.cost(gpt.ALGEBRAS[algebra], weights, tokens)
        with recursion():
            C.backward()
        for p in parameters:
            p.data -= RATE * p.grad
            p.grad = 0
        return C.data

    return Descent(step, lambda: [p.data for p in parameters])
