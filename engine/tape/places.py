"""Where the numbers of a step stand: read from the values together, added to the adjoints together.

Values and adjoints are pairs of arrays: what all examples share, with one column, and what varies, with a
column for each example. A contribution to something shared is the sum over the examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .plan import Plan

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Index: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]
Pair: TypeAlias = tuple[Array, Array]


class Places(Protocol):
    """Some numbers in the order in which a step wants them."""

    def read(self, values: Pair) -> Array:
        """The numbers, a row for each; one column, or one for each example."""
        ...

    def add(self, adjoints: Pair, contribution: Array) -> None:
        """Add a contribution to the adjoint of each."""
        ...


def places(plan: Plan, numbers: Sequence[int]) -> Places:
    """The places that a step reads: as a slice where they stand in a row, else by index."""
    varies = np.array([plan.recording.varies[k] for k in numbers], dtype=bool)
    index = np.array([plan.place[k] for k in numbers], dtype=np.intp)
    if varies.all() or not varies.any():
        return _of_one_kind(bool(varies.any()), index)
    parts = tuple(_of_one_kind(kind, index[varies == kind]) for kind in (False, True))
    return Mixed(parts, (np.flatnonzero(~varies), np.flatnonzero(varies)))


def own_places(plan: Plan, numbers: Sequence[int], *, kind: bool | None = None) -> Span | Scattered:
    """The places that a step writes: of one kind, which is told where there may be none, and each once."""
    if kind is None:
        kind = plan.recording.varies[numbers[0]]
    return _distinct(kind, np.array([plan.place[k] for k in numbers], dtype=np.intp))


def _of_one_kind(kind: bool, index: Index) -> Places:  # noqa: FBT001  (it is an index of two)
    unique, inverse = np.unique(index, return_inverse=True)
    if len(unique) == len(index):
        return _distinct(kind, index)
    order = np.argsort(inverse, kind="stable")
    starts = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    return Repeated(kind, index, unique, inverse, order, starts)


def _distinct(kind: bool, index: Index) -> Span | Scattered:  # noqa: FBT001  (as above)
    start = int(index[0]) if len(index) else 0
    if (np.diff(index) == 1).all():
        return Span(kind, slice(start, start + len(index)))
    return Scattered(kind, index)


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers that stand in a row."""

    kind: bool
    rows: slice

    def read(self, values: Pair) -> Array:
        """See ``Places``."""
        return values[self.kind][self.rows]

    def write(self, values: Pair, numbers: Array) -> None:
        """Set the numbers."""
        values[self.kind][self.rows] = numbers

    def add(self, adjoints: Pair, contribution: Array) -> None:
        """See ``Places``."""
        target = adjoints[self.kind][self.rows]
        target += _reduced(contribution, target)


@dataclass(frozen=True, slots=True)
class Scattered:
    """Numbers here and there, each once."""

    kind: bool
    index: Index

    def read(self, values: Pair) -> Array:
        """See ``Places``."""
        return values[self.kind].take(self.index, axis=0)

    def write(self, values: Pair, numbers: Array) -> None:
        """Set the numbers."""
        values[self.kind][self.index] = numbers

    def add(self, adjoints: Pair, contribution: Array) -> None:
        """See ``Places``."""
        target = adjoints[self.kind]
        target[self.index] += _reduced(contribution, target)


@dataclass(frozen=True, slots=True)
class Repeated:
    """Numbers of which some are read more than once: their contributions are summed first."""

    kind: bool
    index: Index
    unique: Index
    inverse: Index
    order: Index
    starts: Index

    def read(self, values: Pair) -> Array:
        """See ``Places``."""
        return values[self.kind].take(self.index, axis=0)

    def add(self, adjoints: Pair, contribution: Array) -> None:
        """See ``Places``."""
        target = adjoints[self.kind]
        contribution = _reduced(contribution, target)
        if contribution.shape[1] == 1:
            target[self.unique, 0] += np.bincount(self.inverse, contribution[:, 0])
        else:
            target[self.unique] += np.add.reduceat(contribution.take(self.order, axis=0), self.starts, axis=0)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Numbers of both kinds: each part reads and adds for itself."""

    parts: tuple[Places, ...]
    rows: tuple[Index, ...]

    def read(self, values: Pair) -> Array:
        """See ``Places``."""
        numbers = np.empty((sum(map(len, self.rows)), values[True].shape[1]))
        for part, rows in zip(self.parts, self.rows, strict=True):
            numbers[rows] = part.read(values)
        return numbers

    def add(self, adjoints: Pair, contribution: Array) -> None:
        """See ``Places``."""
        for part, rows in zip(self.parts, self.rows, strict=True):
            part.add(adjoints, contribution[rows])


def _reduced(contribution: Array, target: Array) -> Array:
    """The sum over the examples, where the target is shared by them."""
    if contribution.shape[1] == target.shape[1]:
        return contribution
    summed: Array = contribution.sum(axis=1, keepdims=True)
    return summed
