"""One training step of a small network, in every way that the peers have for it."""

from __future__ import annotations

from functools import cache, partial
from importlib import import_module

from . import descent, programs
from .measure import ON, Entry, Options, column, measure
from .peers import SCALARS, known
from .results import Table
from .worker import OFF, Answer, PeerError, Program

BOTH = (ON, OFF)
# Name, module and function in `networks`, what must be there, what pip installs, collectors, note.
NETWORKS = [
    ("chainrule", "ours:eager", "engine", "", BOTH, "through nn: affine nodes, hinge, GradientDescent"),
    ("chainrule, compiled", "ours:eager", "", "", BOTH, "the same, its rules read as C"),
    ("chainrule.tape", "ours:tape_of_batch", "engine", "", (ON,), "one example recorded, 100 replayed"),
    (
        "chainrule.tape, unrolled",
        "ours:tape_unrolled",
        "engine",
        "",
        (ON,),
        "the graph of all examples recorded",
    ),
    (
        "micrograd",
        "micrograd_nn:eager",
        "micrograd",
        "micrograd==0.1.0",
        BOTH,
        "its own nn, written as in its demo",
    ),
    ("PyTorch tensors", "torch_tensors:hinge", "torch", "torch", (ON,), "matrix code"),
    ("JAX, jitted", "jax_matrix:hinge", "jax", "jax", (ON,), "matrix code"),
    ("NumPy by hand", "numpy_matrix:hinge", "numpy", "numpy", (ON,), "matrix code, derivatives by hand"),
    (
        "CasADi, replayed",
        "casadi_replay:unrolled",
        "casadi",
        "casadi",
        (ON,),
        "all examples as one SX function",
    ),
    ("ddx-ad, replayed", "ddx_replay:batched", "ddx", "ddx-ad", (ON,), "one example compiled, 100 points"),
]
SLOW = {"autograd", "mygrad", "CasADi, built anew", "learngrad", "omnigrad"}
TOO_SLOW = {"JAX, eager": "some 20 s a step: 65,000 operations dispatched one by one"}


def table(options: Options) -> Table:
    """Milliseconds of a training step."""
    examples = options.size(100, 8)
    entries = [
        Entry(name, partial(network, where, examples), partial(ours, examples), top, pip, note, collectors)
        for name, where, top, pip, collectors, note in NETWORKS
    ]
    entries += [
        Entry(
            "chainrule, elementwise" if peer.name == "chainrule" else peer.name,
            partial(scalars, peer.name, examples),
            partial(ours, examples),
            peer.top,
            peer.install,
            "in + * relu" if peer.name == "chainrule" else "",
            peer.collectors,
            rounds=3 if peer.name in SLOW else None,
        )
        for peer in SCALARS
        if peer.name not in {"micrograd", "chainrule, compiled"}
    ]
    steps = [column("step", mode) for mode in (ON, OFF)]
    return Table(
        "moons",
        f"A training step of MLP(2, [16, 16, 1]) on {examples} two-moons examples",
        "ReLU, mean hinge cost: forward for all examples, backward, zero_grad, update; steps in a row. "
        "100 examples are some 65,000 elementary operations. `recording` is done once, before all steps.",
        "ms",
        [*steps, column("recording", ON)],
        steps,
        measure(entries, options),
    )


@cache
def ours(examples: int) -> Answer:
    """Cost and gradients of the first step, by chainrule."""
    program = network("ours:eager", examples)
    if program.answer is None:
        raise PeerError("nothing to compare with")
    return program.answer()


def network(where: str, examples: int) -> Program:
    """The program of a function in ``networks``."""
    module, _, name = where.partition(":")
    function = getattr(import_module(f"benchmarks.networks.{module}"), name)
    return descent.program(partial(function, programs.moons(examples)))


def scalars(name: str, examples: int) -> Program:
    """The program of a peer that computes with scalars."""
    if name in TOO_SLOW:
        raise PeerError(f"not run: {TOO_SLOW[name]}")
    peer, data = known(name).load(), programs.moons(examples)
    cost = partial(programs.moons_cost, data, relu=peer.relu)
    return descent.program(partial(descent.of_scalars, peer, cost, data.weights))
