"""Where the numbers of a step stand in the arrays, and how it reads and writes them there.

There are two arrays: what all examples share, with one column, and what varies, with a column for each
example. Numbers that stand in a row are read as a slice, without a copy.
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
Run: TypeAlias = Callable[[], None]


class Loaded(NamedTuple):
    """Numbers in an array of their own, or in a part of the values."""

    array: Array
    """A row for each; one column, or one for each example."""
    loads: list[Run]
    """What brings the array up to date; nothing where it is a part of the values."""


class Places(Protocol):
    """Some numbers in the order in which a step wants them."""

    def of(self, values: Pair) -> Loaded:
        """These numbers of certain values."""
        ...

    def parts(self) -> list[tuple[Span | Indexed, slice | Index]]:
        """The places of each kind, and which of the numbers these are."""
        ...


def places(plan: Plan, numbers: Sequence[int]) -> Places:
    """The places that a step reads: as a slice where they stand in a row, else by index."""
    varies = np.array([plan.recording.varies[k] for k in numbers], dtype=bool)
    index = np.array([plan.place[k] for k in numbers], dtype=np.intp)
    if varies.all() or not varies.any():
        return span_or_index(bool(varies.any()), index)
    shared, varying = np.flatnonzero(~varies), np.flatnonzero(varies)
    kinds = span_or_index(False, index[shared]), span_or_index(True, index[varying])  # noqa: FBT003  (kinds)
    return Mixed(kinds, (shared, varying))


def own_places(plan: Plan, numbers: Sequence[int], *, kind: bool) -> Span | Indexed:
    """The places that a step writes: of one kind, and each once."""
    return span_or_index(kind, np.array([plan.place[k] for k in numbers], dtype=np.intp))


def span_or_index(kind: bool, index: Index) -> Span | Indexed:  # noqa: FBT001  (it is an index of two)
    """The places of one kind with these numbers."""
    start = int(index[0]) if len(index) else 0
    if (np.diff(index) == 1).all():
        return Span(kind, slice(start, start + len(index)))
    return Indexed(kind, index)


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers that stand in a row."""

    kind: bool
    rows: slice

    @property
    def index(self) -> Index:
        """The rows one by one."""
        return np.arange(self.rows.start, self.rows.stop)

    def parts(self) -> list[tuple[Span | Indexed, slice | Index]]:
        """See ``Places``."""
        return [(self, slice(None))]

    def view(self, arrays: Pair) -> Array:
        """The rows themselves."""
        return arrays[self.kind][self.rows]

    def of(self, values: Pair) -> Loaded:
        """See ``Places``."""
        return Loaded(self.view(values), [])

    def writer(self, values: Pair) -> Callable[[Array], None]:
        """What sets these numbers."""
        return partial(np.copyto, self.view(values))


@dataclass(frozen=True, slots=True)
class Indexed:
    """Numbers here and there."""

    kind: bool
    index: Index

    def parts(self) -> list[tuple[Span | Indexed, slice | Index]]:
        """See ``Places``."""
        return [(self, slice(None))]

    def of(self, values: Pair) -> Loaded:
        """See ``Places``."""
        numbers = values[self.kind]
        array = np.empty((len(self.index), numbers.shape[1]))

        def load() -> None:
            numbers.take(self.index, 0, array, "clip")  # no index is out of range, and this mode is fastest

        return Loaded(array, [load])

    def writer(self, values: Pair) -> Callable[[Array], None]:
        """What sets these numbers, each of which is there once."""
        return partial(values[self.kind].__setitem__, self.index)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Numbers of both kinds: each part reads for itself."""

    kinds: tuple[Span | Indexed, Span | Indexed]
    rows: tuple[Index, Index]

    def parts(self) -> list[tuple[Span | Indexed, slice | Index]]:
        """See ``Places``."""
        return list(zip(self.kinds, self.rows, strict=True))

    def of(self, values: Pair) -> Loaded:
        """See ``Places``."""
        parts = [part.of(values) for part in self.kinds]
        array = np.empty((sum(map(len, self.rows)), values[True].shape[1]))
        loads = [load for part in parts for load in part.loads]
        for part, rows in zip(parts, self.rows, strict=True):
            loads.append(partial(_put, array, rows, part.array))
        return Loaded(array, loads)


def _put(array: Array, rows: Index, numbers: Array) -> None:
    array[rows] = numbers
