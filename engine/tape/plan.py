"""What a tape does, in which order, and where it keeps which number."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.graph import topological_order

from . import grouping
from .layers import Layer
from .recording import Recording, record

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from engine.value import Value

    from .grouping import Group

Step: TypeAlias = "Group | Layer | Straight"

PART = 4_000
"""Edges of a straight part after which the next one begins: no function is longer than that."""


@dataclass(frozen=True, slots=True)
class Straight:
    """Nodes of levels in a row that are too few for arrays: computed one after the other."""

    nodes: list[int]
    before: int
    """The edges of all straight parts before this one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a tape, level by level, and where each node's number is kept.

    Numbers that vary with the example and those that do not are kept apart; ``place`` counts within each
    kind, so that the nodes of a step, and mostly what they read, stand side by side.
    """

    recording: Recording
    levels: list[list[Step]]
    place: list[int]
    sizes: dict[bool, int]
    """How many numbers are shared by all examples, and how many there are for each."""
    leaves: dict[bool, int]
    """How many of them are leaves, which come first."""
    readers: list[int]
    """How often steps read each node."""
    read_outside: list[bool]
    """Whether a node is the root, or read by another step than its own."""


class Recorded(NamedTuple):
    """A graph as it is at one moment: its topological order, and the numbers of leaves that stay."""

    order: Sequence[Value]
    constants: Mapping[Value, float]


def as_recorded(order: Sequence[Value], given: Container[Value]) -> Recorded:
    """Keep the numbers of now of the leaves that are not given with each call."""
    constants = {node: node.data for node in order if not node.parents and node not in given}
    return Recorded(order, constants)


def plan(
    C: Value,
    varying: Sequence[Value],
    params: Sequence[Value],
    thin: int,
    recorded: Recorded | None = None,
) -> Plan:
    """Sort a graph into levels, groups and layers; ``recorded`` is what is known of it already.

    A level is taken straight where its groups have no more than ``thin`` edges each, on average: there a
    call of NumPy costs more than it does.
    """
    order, constants = recorded or as_recorded(topological_order(C), {*varying, *params})
    recording = record(order, varying, params, constants)
    planner = _Planner(recording)
    for members in grouping.by_level(recording)[1:]:
        planner.add_level(members, thin)
    levels = [[step for step in steps if step.nodes] for steps in planner.levels]
    return Plan(recording, levels, planner.place, planner.sizes, planner.leaves, *_reads(recording, levels))


class _Planner:
    """Levels in the making: each node gets its place when its step is known."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.levels: list[list[Step]] = []
        self.place = [0] * len(recording.nodes)
        self.sizes = {False: 0, True: 0}
        self.straight: dict[bool, Straight] = {}
        self.edges = self.until = 0
        self._settle(grouping.leaves(recording))
        self.leaves = dict(self.sizes)

    def add_level(self, members: Sequence[int], thin: int) -> None:
        """Put a level's nodes into steps."""
        alike = grouping.by_rule(self.recording, members)
        edges = sum([len(self.recording.parents[k]) for k in members])
        if edges > thin * len(alike):
            self.straight = {}
            self.levels.append(list(grouping.together(self.recording, alike, self.place)))
            for step in self.levels[-1]:
                self._settle(step.nodes)
        else:
            self._add_straight(members)
            self.edges += edges

    def _add_straight(self, members: Sequence[int]) -> None:
        """Go on with the straight parts, or begin a pair: what is shared first, as what varies reads it."""
        if not self.straight or self.edges >= self.until:
            self.straight = {kind: Straight([], self.edges) for kind in (False, True)}
            self.until = self.edges + PART
            self.levels.append(list(self.straight.values()))
        for k in members:
            self.straight[self.recording.varies[k]].nodes.append(k)
        self._settle(members)

    def _settle(self, numbers: Iterable[int]) -> None:
        for k in numbers:
            kind = self.recording.varies[k]
            self.place[k] = self.sizes[kind]
            self.sizes[kind] += 1


def _reads(recording: Recording, levels: Iterable[Iterable[Step]]) -> tuple[list[int], list[bool]]:
    """How often each node is read, and whether from outside its own step."""
    readers, outside = [0] * len(recording.nodes), [False] * len(recording.nodes)
    outside[recording.root] = True
    for step in chain.from_iterable(levels):
        inside = set(step.nodes) if isinstance(step, Straight) else set()
        for k in chain.from_iterable(_lists(recording, step)):
            readers[k] += 1
            if k not in inside:
                outside[k] = True
    return readers, outside


def _lists(recording: Recording, step: Step) -> Iterable[Sequence[int]]:
    """The numbers of the nodes that a step reads."""
    if isinstance(step, Straight):
        return (recording.parents[k] for k in step.nodes)
    if isinstance(step, Layer):
        return (step.inputs, step.weights, step.biases)
    return step.operands
