"""The arrays of a tape: where a step reads and writes its numbers, and how contributions become adjoints.

There are two arrays of values: one column of numbers that all examples share, and, for numbers that vary, a
column for each example. Numbers in consecutive rows are read as a slice, without a copy.

In the backward pass, each step writes its contributions, local derivative times adjoint, into a ledger, in
rows that belong only to this step and operand. When all readers of a node have written theirs, its rows are
summed to its adjoint (a scatter-add that never adds in place). If only one step reads a node, that step
writes the adjoint directly.

Everything that depends only on shapes is computed when a step is bound to the arrays for a number of
examples, not in every run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from engine.readings.arrays import numpy_reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .plan import Group, Index, Plan

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Pair: TypeAlias = tuple[Array, Array]
Run: TypeAlias = Callable[[], None]


class Loaded(NamedTuple):
    """Numbers in a separate array, or in a part of the values."""

    array: Array
    """A row for each number; one column, or one for each example."""
    loads: list[Run]
    """The operations that update the array; none if it is a part of the values."""


class Places(Protocol):
    """Some numbers in the order in which a step needs them."""

    def of(self, values: Pair) -> Loaded:
        """Load these numbers from the values."""
        ...

    def parts(self) -> list[tuple[Span | Indexed, slice | Index]]:
        """Return the places of each kind, and which of the numbers these are."""
        ...


def places(plan: Plan, numbers: Sequence[int]) -> Places:
    """Return the places that a step reads: as a slice if they are consecutive, else by index."""
    given = np.array(numbers, dtype=np.intp)
    varies, index = plan.recording.varying[given], plan.rows[given]
    if varies.all() or not varies.any():
        return span_or_index(bool(varies.any()), index)
    shared, varying = np.flatnonzero(~varies), np.flatnonzero(varies)
    kinds = span_or_index(False, index[shared]), span_or_index(True, index[varying])  # noqa: FBT003  (kinds)
    return Mixed(kinds, (shared, varying))


def own_places(plan: Plan, numbers: Sequence[int], *, kind: bool) -> Span | Indexed:
    """Return the places that a step writes: of one kind, each once."""
    return span_or_index(kind, plan.rows[np.array(numbers, dtype=np.intp)])


def span_or_index(kind: bool, index: Index) -> Span | Indexed:  # noqa: FBT001  (it is an index of two)
    """Return the places of one kind with these numbers."""
    start = int(index[0]) if len(index) else 0
    if (np.diff(index) == 1).all():
        return Span(kind, slice(start, start + len(index)))
    return Indexed(kind, index)


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers in consecutive rows."""

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
    """Numbers in scattered rows."""

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
        """Return the operation that sets these numbers, each once, by reading in the order of their rows.

        Reading by an index takes a third of the time of writing by one; gaps between the rows rule it out.
        """
        numbers, index = values[self.kind], self.index
        first, count = index.min(), len(index)
        if index.max() - first >= count:
            return partial(numbers.__setitem__, index)
        inverse, target = np.argsort(index), numbers[first : first + count]

        def write(given: Array) -> None:
            given.take(inverse, 0, target, "clip")  # as above

        return write


@dataclass(frozen=True, slots=True)
class Mixed:
    """Numbers of both kinds: each part reads separately."""

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


# ── The ledger: contributions on their way to adjoints ──────────────────────────────────────────────


class Target(NamedTuple):
    """The destination of a step's contributions to one operand of all its nodes."""

    put: Callable[[Array], None]
    """Writes contributions; for numbers that examples share, their sum over the examples."""
    view: Array | None
    """The array to which they can be written directly."""


class Ledger:
    """The rows of a tape's contributions, during the construction of its steps."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows: dict[bool, list[Index]] = {False: [], True: []}
        self.sizes = {False: 0, True: 0}

    def account(self, numbers: Sequence[int], found: Places) -> Contributions | None:
        """Return where contributions to these nodes go; None if none of them leads to a parameter."""
        if not any(self.plan.recording.wanted[k] for k in numbers):
            return None
        if isinstance(found, Span) and all(self.plan.readers[k] == 1 for k in numbers):
            return Contributions([Entry(found, slice(None), own=True)])
        return Contributions([self._entry(part, chosen) for part, chosen in found.parts()])

    def _entry(self, part: Span | Indexed, chosen: slice | Index) -> Entry:
        self.rows[part.kind].append(part.index)
        start = self.sizes[part.kind]
        self.sizes[part.kind] += len(part.index)
        return Entry(Span(part.kind, slice(start, self.sizes[part.kind])), chosen, own=False)

    def places(self, kind: bool) -> Index:  # noqa: FBT001  (an index of two)
        """Return for each row of one kind the place of the node that it contributes to."""
        return np.concatenate([*self.rows[kind], np.empty(0, np.intp)])


@dataclass(frozen=True, slots=True)
class Entry:
    """Rows for contributions to nodes of one kind."""

    span: Span
    chosen: slice | Index
    """Which of the step's contributions these are."""
    own: bool
    """Whether they are the adjoints themselves, not rows of the ledger."""

    def target(self, adjoints: Pair, ledger: Pair, columns: int) -> Target:
        """See ``Account``."""
        view = self.span.view(adjoints if self.own else ledger)
        chosen = self.chosen
        if columns == view.shape[1]:
            whole = isinstance(chosen, slice)
            return Target(lambda c: np.copyto(view, c[chosen]), view if whole else None)

        def put_summed(contribution: Array) -> None:
            np.add.reduce(contribution[chosen], axis=1, out=view, keepdims=True)

        return Target(put_summed, None)


@dataclass(frozen=True, slots=True)
class Contributions:
    """The destinations of a step's contributions to one operand."""

    entries: list[Entry]

    def target(self, adjoints: Pair, ledger: Pair, columns: int) -> Target:
        """Return the destination of contributions with so many columns."""
        targets = [entry.target(adjoints, ledger, columns) for entry in self.entries]
        if len(targets) == 1:
            return targets[0]

        def put(contribution: Array) -> None:
            for target in targets:
                target.put(contribution)

        return Target(put, None)


# ── Steps, bound to arrays ──────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Memory:
    """The arrays of one evaluation of a tape."""

    values: Pair
    adjoints: Pair
    ledger: Pair
    flags: bool = True
    """Whether NumPy can signal; see ``has_flags``."""
    doubtful: bool = False
    """Whether an operation signalled that floats may raise there."""

    def watched(self, operands: Array) -> Array:
        """Return the operands of rules; where NumPy cannot signal, as arrays whose results are checked."""
        return operands if self.flags else Watched.of(operands, self)


def has_flags() -> bool:
    """Whether NumPy notices a division by zero; WebAssembly, for one, has no floating-point flags."""
    try:
        with np.errstate(divide="raise"):
            np.divide(1.0, np.zeros(1))
    except FloatingPointError:
        return True
    return False


class Watched(np.ndarray[Any, Any]):
    """An array that marks its memory as doubtful if an operation gives an infinity or NaN.

    So do all arrays computed from it. That is more often than a flag would be raised, but costs only time:
    the eager engine decides.
    """

    memory: Memory

    @classmethod
    def of(cls, array: Array, memory: Memory) -> Watched:
        """Return the same numbers, watched."""
        view = array.view(cls)
        view.memory = memory
        return view

    def __array_finalize__(self, origin: object) -> None:
        """A part of it, such as a row, has the same memory."""
        if isinstance(origin, Watched):
            self.memory = origin.memory

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **keywords: Any) -> Array:
        """Check the result."""
        plain = [x.view(np.ndarray) if isinstance(x, Watched) else x for x in operands]
        result = getattr(ufunc, method)(*plain, **keywords)
        self.memory.doubtful |= not np.isfinite(result).all()
        return self.of(result, self.memory)

    def __array_function__(self, function: Any, types: Any, operands: Any, keywords: Any) -> Any:
        """``np.where`` chooses numbers: its result is watched, too."""
        result = super().__array_function__(function, types, operands, keywords)
        return self.of(result, self.memory) if isinstance(result, np.ndarray) else result


class Bound(NamedTuple):
    """A step on specific arrays: the operations to run, one after the other."""

    forward: list[Run]
    backward: list[Run]


class Runnable(Protocol):
    """A step that can be run once it is bound."""

    def bind(self, memory: Memory) -> Bound:
        """The step on these arrays."""
        ...


class Operand:
    """Numbers that a step reads, and the destination of its contributions to their adjoints."""

    def __init__(self, plan: Plan, numbers: list[int], ledger: Ledger) -> None:
        self.places = places(plan, numbers)
        self.account = ledger.account(numbers, self.places)

    def target(self, memory: Memory, columns: int) -> Target | None:
        """Return the destination of contributions with so many columns; None if they are not needed."""
        return self.account.target(memory.adjoints, memory.ledger, columns) if self.account else None


class GroupStep:
    """Nodes of one rule: value and local derivatives from a single reading of it."""

    def __init__(self, plan: Plan, group: Group, ledger: Ledger) -> None:
        self.function, self.reading = group.rule.function, numpy_reading()
        self.out = own_places(plan, group.nodes, kind=plan.recording.varies[group.nodes[0]])
        self.operands = [Operand(plan, numbers, ledger) for numbers in group.operands]

    def bind(self, memory: Memory) -> Bound:
        """One call of the rule; to each operand goes local derivative times adjoint."""
        function, reading = self.function, self.reading
        loaded = [operand.places.of(memory.values) for operand in self.operands]
        operands = [memory.watched(array) for array, _ in loaded]
        loads = [load for _, found in loaded for load in found]
        write, adjoint = self.out.writer(memory.values), self.out.of(memory.adjoints).array
        found = [operand.target(memory, adjoint.shape[1]) for operand in self.operands]
        targets = [(k, target) for k, target in enumerate(found) if target]
        slopes: tuple[Any, ...] = ()

        def forward() -> None:
            nonlocal slopes
            try:
                value, slopes = function(reading, *operands)
            except FloatingPointError:
                memory.doubtful = True
                with np.errstate(all="ignore"):
                    value, slopes = function(reading, *operands)
            write(value)

        def backward() -> None:
            for k, target in targets:
                if target.view is None:
                    target.put(slopes[k] * adjoint)
                else:
                    np.multiply(slopes[k], adjoint, out=target.view)

        return Bound([*loads, forward], [backward])


# ── Sums of ledger rows ─────────────────────────────────────────────────────────────────────────────

MANY = 200
"""Rows from which on the rounds are faster than NumPy's sums over parts of an array."""

FEW = 4
"""Nodes with more rows than all others: below this number of nodes, they are summed one by one."""


class Sums:
    """The rows of a ledger, sorted by the node that they contribute to."""

    def __init__(self, ledger: Ledger) -> None:
        places = {kind: ledger.places(kind) for kind in (False, True)}
        self.order = {kind: np.argsort(place, kind="stable") for kind, place in places.items()}
        self.place = {kind: place[self.order[kind]] for kind, place in places.items()}

    def of(self, span: Span) -> Sum | None:
        """Return the sums of the contributions to consecutive nodes; None if the ledger has none."""
        place = self.place[span.kind]
        first, last = np.searchsorted(place, [span.rows.start, span.rows.stop])
        if first == last:
            return None
        nodes, counts = np.unique(place[first:last], return_counts=True)
        return Sum(span, self.order[span.kind][first:last], nodes, counts)


@dataclass(frozen=True, slots=True)
class Sum:
    """The adjoints of consecutive nodes, from their rows of a ledger."""

    span: Span
    order: Index
    """The rows, node after node."""
    nodes: Index
    counts: Index

    def bind(self, adjoints: Pair, ledger: Pair) -> Run:
        """Return the operations, on specific arrays."""
        entries, adjoint = ledger[self.span.kind], adjoints[self.span.kind]
        whole = len(self.nodes) == self.span.rows.stop - self.span.rows.start
        target = self.span.rows if whole else self.nodes
        if len(self.nodes) == len(self.order):
            return partial(_gather, entries, self.order, adjoint, target)
        if entries.shape[1] == 1:
            node = np.repeat(np.arange(len(self.nodes)), self.counts)
            return partial(_count, entries[:, 0], self.order, node, adjoint[:, 0], target)
        if len(self.order) > MANY:
            return self._in_rounds(entries, adjoint)
        starts = np.cumsum(self.counts) - self.counts
        return partial(_reduce, entries, self.order, starts, adjoint, target)

    def _in_rounds(self, entries: Array, adjoint: Array) -> Run:
        starts = np.cumsum(self.counts) - self.counts
        fullest = np.argsort(-self.counts, kind="stable")
        counts, starts = self.counts[fullest], starts[fullest]
        total = np.empty((len(counts), entries.shape[1]))
        rounds = []
        done = 0
        while (more := int((counts > done).sum())) >= FEW or not done:
            index = self.order[starts[:more] + done]
            rounds.append((index, total[:more], np.empty((more, entries.shape[1]))))
            done += 1
        rest = [(total[k], self.order[starts[k] + done : starts[k] + counts[k]]) for k in range(more)]
        rows = self.nodes[fullest]

        def sum_up() -> None:
            for number, (index, part, gathered) in enumerate(rounds):
                entries.take(index, 0, gathered if number else part, "clip")
                if number:
                    np.add(part, gathered, out=part)
            for row, index in rest:
                np.add(row, entries.take(index, axis=0).sum(axis=0), out=row)
            adjoint[rows] = total

        return sum_up


def _gather(entries: Array, order: Index, adjoint: Array, target: slice | Index) -> None:
    """Each node has one row."""
    adjoint[target] = entries.take(order, axis=0)


def _reduce(entries: Array, order: Index, starts: Index, adjoint: Array, target: slice | Index) -> None:
    """The rows of each node are adjacent."""
    adjoint[target] = np.add.reduceat(entries.take(order, axis=0), starts, axis=0)


def _count(entries: Array, order: Index, node: Index, adjoint: Array, target: slice | Index) -> None:
    """Each number is counted with its weight."""
    adjoint[target] = np.bincount(node, entries.take(order))
