"""The nodes of a level, put together: by rule and arity into groups, products of matrices into layers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from engine import rules

from . import layers
from .layers import LINEAR, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.rules import Rule

    from .recording import Recording

    Alike: TypeAlias = dict[tuple[Rule, int, bool], list[int]]


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes of one level, rule and arity: one call of the rule computes all of them."""

    rule: Rule
    nodes: list[int]
    operands: list[list[int]]
    """For each operand of the rule, whose number each node reads there."""


def leaves(recording: Recording) -> list[int]:
    """The leaves in the order of their first reader, so that a layer's biases, and its weights, are a row."""
    first: dict[int, tuple[int, bool, int, int]] = {}
    for k, parents in enumerate(recording.parents):
        for position, parent in enumerate(parents):
            if recording.levels[parent] == 0 and parent not in first:
                first[parent] = (recording.levels[k], position > 0, k, position)
    unread = (len(recording.levels), False, 0, 0)
    return sorted(by_level(recording)[0], key=lambda k: first.get(k, unread))


def by_level(recording: Recording) -> list[list[int]]:
    """The nodes of each level; the leaves are level 0."""
    members: list[list[int]] = [[] for _ in range(max(recording.levels) + 1)]
    for k, level in enumerate(recording.levels):
        members[level].append(k)
    return members


def by_rule(recording: Recording, members: Iterable[int]) -> Alike:
    """The nodes of a level by rule, arity and whether they vary."""
    alike: Alike = defaultdict(list)
    for k in members:
        alike[recording.rule(k), len(recording.parents[k]), recording.varies[k]].append(k)
    return alike


def together(recording: Recording, alike: Alike, place: Sequence[int]) -> Iterator[Group | Layer]:
    """The groups and layers of a level."""
    for (rule, arity, _), numbers in alike.items():
        products = [k for k in numbers if _is_product(recording, k)] if rule in LINEAR and arity > 1 else []
        if products:
            yield from layers.find(recording, products, place)
        if len(products) < len(numbers):
            others = set(numbers).difference(products)
            yield from _groups(recording, rule, [k for k in numbers if k in others], place)


def _is_product(recording: Recording, k: int) -> bool:
    """Not so where each example has the same product W a, but another b: there is nothing to multiply."""
    if recording.rule(k) is not rules.affine or not recording.varies[k]:
        return True
    return any(map(recording.varies.__getitem__, recording.parents[k][1:]))


def _groups(
    recording: Recording, rule: Rule, members: Iterable[int], place: Sequence[int]
) -> Iterator[Group]:
    """Nodes whose operands are of the same kinds; in the order of their first operands' places."""
    alike: dict[tuple[bool, ...], list[int]] = defaultdict(list)
    for k in members:
        kinds = [recording.varies[parent] for parent in recording.parents[k]] if recording.varies[k] else ()
        alike[tuple(kinds)].append(k)
    for numbers in alike.values():
        numbers.sort(key=lambda k: place[recording.parents[k][0]])
        columns = zip(*(recording.parents[k] for k in numbers), strict=True)
        yield Group(rule, numbers, [list(column) for column in columns])
