"""Deep and narrow parts of a tape: node after node, first walked through, then as straight-line code.

A walk costs what an eager pass costs; code that was compiled runs more than ten times as fast, but compiling
takes as long as some thirty walks. So a part that has been walked that often is compiled.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from engine import floats
from engine.arrays import numpy_reading
from engine.source import NUMPY, PYTHON, compiled_segment

from .places import Array, own_places, places

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from engine.source import Segment

    from .plan import Plan, Straight
    from .steps import Run

    Part: TypeAlias = Generator[tuple[Any, ...], Sequence[Any], None]

WALKS = 30
"""How often a part is walked through before it is compiled."""

MOST = 20_000
"""The most edges of a part that is compiled: beyond, compiling takes seconds and hundreds of megabytes."""


class StraightStep:
    """Nodes of one kind, shared or varying, one after the other."""

    def __init__(self, plan: Plan, straight: Straight) -> None:
        recording, inside = plan.recording, set(straight.nodes)
        read = dict.fromkeys(k for node in straight.nodes for k in recording.parents[node])
        self.recording, self.nodes = recording, straight.nodes
        self.constants = {k: recording.constants[k] for k in read if k in recording.constants}
        self.read = [k for k in read if k not in inside and k not in self.constants]
        self.targets = [k for k in self.read if recording.wanted[k]]
        self.written = plan.read_outside(inside)
        self.operands, self.results = places(plan, self.read), own_places(plan, self.written)
        self.passed_back = places(plan, self.targets)
        self.runs = {False: 0, True: 0}
        self.compiled: dict[bool, Segment] = {}

    def forward(self, run: Run) -> Part:
        """Node by node; the generator waits with all its numbers for the way back."""
        operands = self.operands.read(run.values)
        try:
            part, results = self._begun(operands)
        except FloatingPointError:
            run.doubtful = True
            with np.errstate(all="ignore"):
                part, results = self._begun(operands)
        self.results.write(run.values, results)
        return part

    def backward(self, run: Run, saved: Part) -> None:
        """Send the adjoints of the results in, and add what comes out."""
        adjoints = self.results.read(run.adjoints)
        contributions = saved.send(_rows(adjoints))
        if self.targets:
            self.passed_back.add(run.adjoints, _table(contributions, adjoints.shape[1]))

    def _begun(self, operands: Array) -> tuple[Part, Array]:
        columns = operands.shape[1]
        part = self._segment(several=columns > 1)(_rows(operands))
        return part, _table(next(part), columns)

    def _segment(self, *, several: bool) -> Segment:
        """The walk, or what it was compiled to, for a number or an array of numbers for each node."""
        if several in self.compiled:
            return self.compiled[several]
        self.runs[several] += 1
        if self.runs[several] <= WALKS or sum(len(self.recording.parents[k]) for k in self.nodes) > MOST:
            return partial(self._walk, numpy_reading() if several else floats)
        nodes = [[self.recording.nodes[k] for k in numbers] for numbers in self._signature()]
        self.compiled[several] = compiled_segment(
            *nodes,
            arithmetic=numpy_reading() if several else floats,
            dialect=NUMPY if several else PYTHON,
            constants={self.recording.nodes[k]: number for k, number in self.constants.items()},
        )
        return self.compiled[several]

    def _signature(self) -> tuple[list[int], list[int], list[int], list[int]]:
        return self.nodes, self.read, self.written, self.targets

    def _walk(self, reading: Any, operands: Sequence[Any]) -> Part:
        """What compiled code does, by reading each rule anew."""
        parents, wanted = self.recording.parents, self.recording.wanted
        values = self.constants | dict(zip(self.read, operands, strict=True))
        slopes = {}
        for k in self.nodes:
            numbers = [values[parent] for parent in parents[k]]
            values[k], slopes[k] = self.recording.rule(k).function(reading, *numbers)
        sent = yield tuple([values[k] for k in self.written])
        adjoints: dict[int, Any] = dict(zip(self.written, sent, strict=True))
        for k in reversed(self.nodes):
            if k in adjoints:
                for parent, slope in zip(parents[k], slopes[k], strict=True):
                    if wanted[parent]:
                        adjoints[parent] = adjoints.get(parent, 0.0) + slope * adjoints[k]
        yield tuple([adjoints.get(k, 0.0) for k in self.targets])


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
