"""What a tape does, in which order: the nodes of each level, put together by rule and arity."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine import rules
from engine.graph import topological_order

from . import layers
from .layers import LINEAR, Layer
from .recording import Recording, record

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from engine.rules import Rule
    from engine.value import Value

Step: TypeAlias = "Group | Layer | Straight"


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes of one level, rule and arity: one call of the rule computes all of them."""

    rule: Rule
    nodes: list[int]
    operands: list[list[int]]
    """For each operand of the rule, whose number each node reads there."""


@dataclass(frozen=True, slots=True)
class Straight:
    """Nodes of levels in a row that are too few for arrays: computed one after the other."""

    first_level: int
    nodes: list[int]


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a tape, level by level, and where each node's number is kept.

    Numbers that vary with the example and those that do not are kept apart; ``place`` counts within each
    kind, so that the nodes of a step, and mostly what they read, stand side by side.
    """

    recording: Recording
    levels: list[list[Step]]
    place: list[int]
    sizes: tuple[int, int]
    """How many numbers are shared by all examples, and how many there are for each."""

    def read_outside(self, inside: set[int]) -> list[int]:
        """Which of these nodes have a child elsewhere, or are the root."""
        parents = self.recording.parents
        elsewhere = {k for node, read in enumerate(parents) if node not in inside for k in read}
        return [k for k in sorted(inside) if k in elsewhere or k == self.recording.root]


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
    place = [0] * len(recording.nodes)
    sizes = [0, 0]

    def settle(numbers: Iterable[int]) -> None:
        for k in numbers:
            kind = recording.varies[k]
            place[k] = sizes[kind]
            sizes[kind] += 1

    settle(_leaves(recording))
    levels: list[list[Step]] = []
    straight: dict[bool, Straight] = {}
    for level, members in enumerate(_by_level(recording), start=1):
        alike = _alike(recording, members)
        if sum([len(recording.parents[k]) for k in members]) <= thin * len(alike):
            straight = straight or _begun(level, levels)
            for k in members:
                straight[recording.varies[k]].nodes.append(k)
            settle(members)
            continue
        straight = {}
        levels.append(_steps(recording, alike, place))
        for step in levels[-1]:
            settle(step.nodes)
    return Plan(
        recording, [[step for step in steps if step.nodes] for steps in levels], place, (sizes[0], sizes[1])
    )


class Recorded(NamedTuple):
    """A graph as it is at one moment: its topological order, and the numbers of leaves that stay."""

    order: Sequence[Value]
    constants: Mapping[Value, float]


def as_recorded(order: Sequence[Value], given: Container[Value]) -> Recorded:
    """Keep the numbers of now of the leaves that are not given with each call."""
    constants = {node: node.data for node in order if not node.parents and node not in given}
    return Recorded(order, constants)


def _leaves(recording: Recording) -> list[int]:
    """The leaves in the order of their first reader, so that a layer's biases, and its weights, are a row."""
    first: dict[int, tuple[int, bool, int, int]] = {}
    for k, parents in enumerate(recording.parents):
        for position, parent in enumerate(parents):
            if recording.levels[parent] == 0 and parent not in first:
                first[parent] = (recording.levels[k], position > 0, k, position)
    unread = (len(recording.levels), False, 0, 0)
    leaves = [k for k, level in enumerate(recording.levels) if level == 0]
    return sorted(leaves, key=lambda k: first.get(k, unread))


def _begun(level: int, levels: list[list[Step]]) -> dict[bool, Straight]:
    """A pair of straight parts: what is shared comes first, since what varies may read it."""
    straight = {kind: Straight(level, []) for kind in (False, True)}
    levels.append(list(straight.values()))
    return straight


def _by_level(recording: Recording) -> list[list[int]]:
    """The inner nodes of each level."""
    members: dict[int, list[int]] = defaultdict(list)
    for k, level in enumerate(recording.levels):
        if level:
            members[level].append(k)
    return [members[level] for level in sorted(members)]


def _alike(recording: Recording, members: Iterable[int]) -> dict[tuple[Rule, int, bool], list[int]]:
    """The nodes of a level by rule, arity and whether they vary."""
    alike: dict[tuple[Rule, int, bool], list[int]] = defaultdict(list)
    for k in members:
        alike[recording.rule(k), len(recording.parents[k]), recording.varies[k]].append(k)
    return alike


def _steps(
    recording: Recording, alike: dict[tuple[Rule, int, bool], list[int]], place: Sequence[int]
) -> list[Step]:
    steps: list[Step] = []
    for (rule, arity, _), numbers in alike.items():
        products = numbers if rule in LINEAR and arity > 1 else []
        if products and rule is rules.affine:
            products = [k for k in numbers if not _only_the_bias_varies(recording, k)]
        if products:
            steps += layers.find(recording, products, place)
        if len(products) < len(numbers):
            chosen = set(products)
            steps += _groups(recording, rule, [k for k in numbers if k not in chosen], place)
    return steps


def _only_the_bias_varies(recording: Recording, k: int) -> bool:
    """Whether each example has the same product W a, but another b: then there is nothing to multiply."""
    bias, *others = recording.parents[k]
    return recording.varies[bias] and not any(map(recording.varies.__getitem__, others))


def _groups(
    recording: Recording, rule: Rule, members: Iterable[int], place: Sequence[int]
) -> Iterable[Group]:
    """Nodes whose operands are of the same kinds; in the order of their first operands' places."""
    alike: dict[tuple[bool, ...], list[int]] = defaultdict(list)
    for k in members:
        kinds = [recording.varies[parent] for parent in recording.parents[k]] if recording.varies[k] else ()
        alike[tuple(kinds)].append(k)
    for numbers in alike.values():
        numbers.sort(key=lambda k: place[recording.parents[k][0]])
        yield Group(
            rule, numbers, [list(c) for c in zip(*(recording.parents[k] for k in numbers), strict=True)]
        )
