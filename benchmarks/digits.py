"""Training on images of digits' size, in mini-batches: the tape beside matrix code."""

from __future__ import annotations

from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING

from . import descent, parts, programs
from .measure import ANY, Entry, Options, measure
from .parts import Part
from .results import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .worker import Answer, Program

Case = tuple[int, int]
SMALL = (64, 10)
# Name, module and function in `networks`, what must be there, what pip installs, small cases alone, note.
ROWS = [
    ("chainrule.tape", "ours:tape_of_digits", "engine", "", False, "one example recorded, a batch replayed"),
    ("NumPy by hand", "numpy_matrix:squared_error", "numpy", "numpy", False, "derivatives by hand"),
    ("PyTorch tensors", "torch_tensors:squared_error", "torch", "torch", False, ""),
    ("chainrule, eager", "ours:eager_digits", "engine", "", True, "built anew in each step"),
]


def table(options: Options) -> Table:
    """Milliseconds of a step on a batch."""
    cases = [(16, 2)] if options.quick else [(784, 10), (784, 100), SMALL]
    entries = []
    for name, where, top, pip, small, note in ROWS:
        given = tuple(case for case in cases if case[0] <= SMALL[0] or not small)
        run = partial(prepared, where, given)
        entries.append(Entry(name, run, partial(expected, given), top, pip, note, (ANY,)))
    columns = [label(case) for case in cases]
    return Table(
        "digits",
        "A training step on a mini-batch of images",
        "Made-up images; 30 hidden neurons and 10 outputs, sigmoids, squared error; double precision.",
        "ms",
        [*columns, *(f"record {c}" for c in columns)],
        columns,
        measure(entries, options),
        baseline="chainrule.tape",
    )


def label(case: Case) -> str:
    """A column's name."""
    pixels, examples = case
    return f"{pixels}-30-10, batch of {examples}"


@cache
def expected(cases: tuple[Case, ...]) -> Answer:
    """Cost and gradients as chainrule has them where it is quick enough, by NumPy elsewhere."""
    small = all(pixels <= SMALL[0] for pixels, _ in cases)
    program = prepared("ours:eager_digits" if small else "numpy_matrix:squared_error", cases)
    return program.answer() if program.answer else (0.0, [])


def prepared(where: str, cases: Sequence[Case]) -> Program:
    """The program of a function in ``networks`` for all cases."""
    module, _, name = where.partition(":")
    function = getattr(import_module(f"benchmarks.networks.{module}"), name)
    found = {}
    for case in cases:
        down = function(programs.digits(*case))
        found[label(case)] = Part(down.step, 1e3, partial(descent.answer, down), down.recorded)
    return parts.program(found)
