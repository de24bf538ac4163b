"""Where the numbers of a step stand: read from the values together, handed to the adjoints together.

Values and adjoints are pairs of arrays: what all examples share, with one column, and what varies, with a
column for each example. A contribution to something shared is the sum over the examples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .plan import Plan

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Index: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]
Pair: TypeAlias = tuple[Array, Array]
Read: TypeAlias = Callable[[], Array]


class Target(NamedTuple):
    """The adjoints of some numbers, to which a step contributes."""

    add: Callable[[Array], None]
    """Add a contribution of the step's own columns."""
    view: Array | None
    """Where the step may write its contribution instead: nobody else contributes, and nothing is summed."""


class Places(Protocol):
    """Some numbers in the order in which a step wants them, in whatever arrays they are."""

    def reader(self, values: Pair) -> Read:
        """What gives these numbers, a row for each; one column, or one for each example."""
        ...

    def target(self, adjoints: Pair, columns: int, *, sole: bool) -> Target:
        """What takes contributions of so many columns; ``sole`` where no other step contributes."""
        ...


def places(plan: Plan, numbers: Sequence[int]) -> Places:
    """The places that a step reads: as a slice where they stand in a row, else by index."""
    varies = np.array([plan.recording.varies[k] for k in numbers], dtype=bool)
    index = np.array([plan.place[k] for k in numbers], dtype=np.intp)
    if varies.all() or not varies.any():
        return _of_one_kind(bool(varies.any()), index)
    parts = tuple(_of_one_kind(kind, index[varies == kind]) for kind in (False, True))
    return Mixed(parts, (np.flatnonzero(~varies), np.flatnonzero(varies)))


def own_places(plan: Plan, numbers: Sequence[int], *, kind: bool) -> Span | Scattered:
    """The places that a step writes: of one kind, and each once."""
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

    def view(self, arrays: Pair) -> Array:
        """The rows themselves."""
        return arrays[self.kind][self.rows]

    def reader(self, values: Pair) -> Read:
        """See ``Places``."""
        view = self.view(values)
        return lambda: view

    def writer(self, values: Pair) -> Callable[[Array], None]:
        """What sets these numbers."""
        return partial(np.copyto, self.view(values))

    def target(self, adjoints: Pair, columns: int, *, sole: bool) -> Target:
        """See ``Places``."""
        view = self.view(adjoints)

        def add(contribution: Array) -> None:
            np.add(view, _reduced(contribution, view), out=view)

        def write(contribution: Array) -> None:
            np.add.reduce(contribution, axis=1, out=view, keepdims=True)

        if columns != view.shape[1]:
            return Target(write if sole else add, None)
        return Target(add, view if sole else None)


@dataclass(frozen=True, slots=True)
class Scattered:
    """Numbers here and there, each once."""

    kind: bool
    index: Index

    def reader(self, values: Pair) -> Read:
        """See ``Places``."""
        return _taken(values[self.kind], self.index)

    def writer(self, values: Pair) -> Callable[[Array], None]:
        """What sets these numbers."""
        return partial(values[self.kind].__setitem__, self.index)

    def target(self, adjoints: Pair, columns: int, *, sole: bool) -> Target:  # noqa: ARG002  (as of ``Span``)
        """See ``Places``."""
        target = adjoints[self.kind]

        def add(contribution: Array) -> None:
            target[self.index] += _reduced(contribution, target)

        return Target(add, None)


@dataclass(frozen=True, slots=True)
class Repeated:
    """Numbers of which some are read more than once: their contributions are summed first."""

    kind: bool
    index: Index
    unique: Index
    inverse: Index
    order: Index
    starts: Index

    def reader(self, values: Pair) -> Read:
        """See ``Places``."""
        return _taken(values[self.kind], self.index)

    def target(self, adjoints: Pair, columns: int, *, sole: bool) -> Target:  # noqa: ARG002  (as of ``Span``)
        """See ``Places``."""
        target = adjoints[self.kind]

        def add_one_column(contribution: Array) -> None:
            summed = _reduced(contribution, target)[:, 0]
            target[self.unique, 0] += np.bincount(self.inverse, summed)

        def add(contribution: Array) -> None:
            rows = contribution.take(self.order, axis=0)
            target[self.unique] += np.add.reduceat(rows, self.starts, axis=0)

        return Target(add_one_column if target.shape[1] == 1 else add, None)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Numbers of both kinds: each part reads and takes for itself."""

    parts: tuple[Places, ...]
    rows: tuple[Index, ...]

    def reader(self, values: Pair) -> Read:
        """See ``Places``."""
        readers = [part.reader(values) for part in self.parts]
        shape = sum(map(len, self.rows)), values[True].shape[1]

        def read() -> Array:
            numbers = np.empty(shape)
            for reader, rows in zip(readers, self.rows, strict=True):
                numbers[rows] = reader()
            return numbers

        return read

    def target(self, adjoints: Pair, columns: int, *, sole: bool) -> Target:  # noqa: ARG002  (as of ``Span``)
        """See ``Places``."""
        targets = [part.target(adjoints, columns, sole=False) for part in self.parts]

        def add(contribution: Array) -> None:
            for target, rows in zip(targets, self.rows, strict=True):
                target.add(contribution[rows])

        return Target(add, None)


def _taken(numbers: Array, index: Index) -> Read:
    return lambda: numbers.take(index, axis=0)


def _reduced(contribution: Array, target: Array) -> Array:
    """The sum over the examples, where the target is shared by them."""
    if contribution.shape[1] == target.shape[1]:
        return contribution
    summed: Array = contribution.sum(axis=1, keepdims=True)
    return summed
