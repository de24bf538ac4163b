"""Adjoints summed up from the rows of a ledger.

Where there are many, the first rows of all nodes are gathered, then the second rows of those that have one
are added, and so on; for the last few nodes, which may have very many rows, these are summed node by node.
With one column, counting with weights does it in one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .ledger import Ledger
    from .places import Array, Index, Pair, Run, Span

MANY = 200
"""Rows from which on the rounds are faster than NumPy's sums over parts of an array."""

FEW = 4
"""Nodes that have more rows than all others: below this number they are summed one by one."""


class Sums:
    """The rows of a ledger, sorted by the node that they contribute to."""

    def __init__(self, ledger: Ledger) -> None:
        places = {kind: ledger.places(kind) for kind in (False, True)}
        self.order = {kind: np.argsort(place, kind="stable") for kind, place in places.items()}
        self.place = {kind: place[self.order[kind]] for kind, place in places.items()}

    def of(self, span: Span) -> Sum | None:
        """What sums up the contributions to nodes in a row; None where there are none in the ledger."""
        place = self.place[span.kind]
        first, last = np.searchsorted(place, [span.rows.start, span.rows.stop])
        if first == last:
            return None
        nodes, counts = np.unique(place[first:last], return_counts=True)
        return Sum(span, self.order[span.kind][first:last], nodes, counts)


@dataclass(frozen=True, slots=True)
class Sum:
    """The adjoints of nodes in a row, from their rows of a ledger."""

    span: Span
    order: Index
    """The rows, node after node."""
    nodes: Index
    counts: Index

    def bind(self, adjoints: Pair, ledger: Pair) -> Run:
        """What does it, on certain arrays."""
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
    """The rows of each node stand together."""
    adjoint[target] = np.add.reduceat(entries.take(order, axis=0), starts, axis=0)


def _count(entries: Array, order: Index, node: Index, adjoint: Array, target: slice | Index) -> None:
    """Each number is counted with its weight."""
    adjoint[target] = np.bincount(node, entries.take(order))
