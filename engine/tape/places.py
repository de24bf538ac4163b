"""Where the numbers of a step stand in the arrays, and how it reads and writes them there.

There are two arrays: what all examples share, with one column, and what varies, with a column for each
example. Numbers that stand in a row are read as a slice, without a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .plan import Plan

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Index: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]
Pair: TypeAlias = tuple[Array, Array]
Read: TypeAlias = Callable[[], Array]


class Places(Protocol):
    """Some numbers in the order in which a step wants them."""

    def reader(self, values: Pair) -> Read:
        """What gives these numbers, a row for each; one column, or one for each example."""
        ...


def places(plan: Plan, numbers: Sequence[int]) -> Places:
    """The places that a step reads: as a slice where they stand in a row, else by index."""
    varies = np.array([plan.recording.varies[k] for k in numbers], dtype=bool)
    index = np.array([plan.place[k] for k in numbers], dtype=np.intp)
    if varies.all() or not varies.any():
        return span_or_index(bool(varies.any()), index)
    parts = tuple(span_or_index(kind, index[varies == kind]) for kind in (False, True))
    return Mixed(parts, (np.flatnonzero(~varies), np.flatnonzero(varies)))


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


@dataclass(frozen=True, slots=True)
class Indexed:
    """Numbers here and there."""

    kind: bool
    index: Index

    def reader(self, values: Pair) -> Read:
        """See ``Places``."""
        numbers = values[self.kind]
        return lambda: numbers.take(self.index, axis=0)

    def writer(self, values: Pair) -> Callable[[Array], None]:
        """What sets these numbers, each of which is there once."""
        return partial(values[self.kind].__setitem__, self.index)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Numbers of both kinds: each part reads for itself."""

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
