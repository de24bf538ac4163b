"""Deep and narrow parts of a tape: node after node, first walked through, then as straight-line code.

A walk costs about what an eager pass costs; code that was compiled runs some ten times as fast, but compiling
takes as long as some thirty walks. So what is run again and again is compiled, and one run alone is not.
"""

from __future__ import annotations

from functools import cached_property, partial
from itertools import chain
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from engine import floats, rules
from engine.arrays import numpy_reading
from engine.source import NUMPY, PYTHON, compiled_segment

from .places import Array, own_places, places
from .steps import Bound

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from engine.source import Segment

    from .ledger import Ledger
    from .plan import Plan, Straight
    from .steps import Memory

    Part: TypeAlias = Generator[tuple[Any, ...], Sequence[Any], None]

WALKS = 3
"""How often a part is walked through before it is compiled."""

MOST = 250_000
"""Edges of straight parts that a tape compiles: more would take seconds and hundreds of megabytes."""

FAILING = {rules.general_power, rules.atan2}
"""Rules with slopes that may raise where the value does not: code without unwanted slopes would hide that."""


class StraightStep:
    """Nodes of one kind, shared or varying, one after the other."""

    def __init__(self, plan: Plan, straight: Straight, ledger: Ledger) -> None:
        recording, inside = plan.recording, set(straight.nodes)
        read = dict.fromkeys(k for node in straight.nodes for k in recording.parents[node])
        self.recording, self.nodes = recording, straight.nodes
        self.constants = {k: recording.constants[k] for k in read if k in recording.constants}
        self.read = [k for k in read if k not in inside and k not in self.constants]
        self.targets = [k for k in self.read if recording.wanted[k]]
        self.written = [k for k in straight.nodes if plan.read_outside[k]]
        self.operands = places(plan, self.read)
        self.account = ledger.account(self.targets, places(plan, self.targets))
        self.results = own_places(plan, self.written, kind=recording.varies[self.nodes[0]])
        compiles = straight.before <= MOST and FAILING.isdisjoint(map(recording.rule, self.nodes))
        self.walks = WALKS if compiles else inf
        self.runs = {False: 0, True: 0}
        self.compiled: dict[bool, Segment] = {}

    def bind(self, memory: Memory) -> Bound:
        """Node by node; a generator waits with all its numbers for the way back."""
        numbers, loads = self.operands.of(memory.values)
        operands = memory.watched(numbers)
        adjoints, load_adjoints = self.results.of(memory.adjoints)
        write, columns = self.results.writer(memory.values), adjoints.shape[1]
        target = self.account and self.account.target(memory.adjoints, memory.ledger, columns)
        part: Part

        def begin() -> None:
            nonlocal part
            part = self._segment(several=columns > 1)(_rows(operands))
            write(_table(next(part), columns))

        def forward() -> None:
            try:
                begin()
            except FloatingPointError:
                memory.doubtful = True
                with np.errstate(all="ignore"):
                    begin()

        def backward() -> None:
            contributions = part.send(_rows(adjoints))
            if target:
                target.put(_table(contributions, columns))

        return Bound([*loads, forward], [*load_adjoints, backward])

    def _segment(self, *, several: bool) -> Segment:
        """The walk, or what it was compiled to, for a number or an array of numbers for each node."""
        if several in self.compiled:
            return self.compiled[several]
        self.runs[several] += 1
        if self.runs[several] <= self.walks:
            return partial(_walk, self._instructions, numpy_reading() if several else floats)
        try:
            self.compiled[several] = self._compiled(several=several)
        except TypeError:  # a rule of the user's own that looks at its operands
            self.walks = inf
            return self._segment(several=several)
        return self.compiled[several]

    def _compiled(self, *, several: bool) -> Segment:
        nodes = self.recording.nodes
        return compiled_segment(
            *([nodes[k] for k in numbers] for numbers in (self.nodes, self.read, self.written, self.targets)),
            arithmetic=numpy_reading() if several else floats,
            dialect=NUMPY if several else PYTHON,
            constants={nodes[k]: number for k, number in self.constants.items()},
        )

    @cached_property
    def _instructions(self) -> Instructions:
        recording = self.recording
        place = {k: place for place, k in enumerate(chain(self.read, self.constants, self.nodes))}
        operands = [[place[parent] for parent in recording.parents[k]] for k in self.nodes]
        return Instructions(
            constants=list(self.constants.values()),
            functions=[recording.rule(k).function for k in self.nodes],
            operands=operands,
            readers=[itemgetter(*read) if len(read) > 1 else _only(read) for read in operands],
            written=[place[k] for k in self.written],
            targets=[place[k] for k in self.targets],
        )


class Instructions(NamedTuple):
    """A straight part as lists; nodes are told by their places in the list of all its numbers."""

    constants: list[float]
    functions: list[Callable[..., Any]]
    operands: list[list[int]]
    readers: list[Callable[[list[Any]], Sequence[Any]]]
    """From all numbers to a node's operands."""
    written: list[int]
    targets: list[int]


def _only(read: Sequence[int]) -> Callable[[list[Any]], Sequence[Any]]:
    """What gives one number, or none, as several."""
    start = read[0] if read else 0
    return itemgetter(slice(start, start + len(read)))


def _walk(part: Instructions, reading: Any, given: Sequence[Any]) -> Part:
    """What compiled code does, by reading each rule anew."""
    values, slopes = [*given, *part.constants], []
    for function, operands in zip(part.functions, part.readers, strict=True):
        value, derivatives = function(reading, *operands(values))
        values.append(value)
        slopes.append(derivatives)
    sent = yield tuple([values[k] for k in part.written])
    adjoints: list[Any] = [0.0] * len(values)
    for k, adjoint in zip(part.written, sent, strict=True):
        adjoints[k] = adjoint
    last = len(values) - 1
    for back, (read, derivatives) in enumerate(zip(reversed(part.operands), reversed(slopes), strict=True)):
        adjoint = adjoints[last - back]
        for k, slope in zip(read, derivatives, strict=True):
            adjoints[k] = adjoints[k] + slope * adjoint
    yield tuple([adjoints[k] for k in part.targets])


def _rows(numbers: Array) -> list[Any]:
    """A number for each row of one column, else an array."""
    return numbers[:, 0].tolist() if numbers.shape[1] == 1 else list(numbers)


def _table(rows: Sequence[Any], columns: int) -> Array:
    """The rows as one array; a number alone stands for all columns."""
    if columns == 1:
        return np.array(rows, dtype=float).reshape(-1, 1)
    table = np.empty((len(rows), columns))
    for k, row in enumerate(rows):
        table[k] = row
    return table
