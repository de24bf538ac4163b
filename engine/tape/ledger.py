"""How contributions become adjoints: each step enters its own into a ledger, and they are added up later.

A contribution is local derivative times adjoint. It is written down, in rows that belong to the step and
operand alone; when all children of a step's nodes have done so, the rows of each node are summed to its
adjoint. So nothing is ever added to an array in place at scattered positions. Where a node is read by one
step only, that step writes the adjoint itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .places import Array, Index, Pair, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .places import Indexed, Places
    from .plan import Plan


class Target(NamedTuple):
    """What takes the contributions of a step to one operand of all its nodes."""

    put: Callable[[Array], None]
    """Write contributions down; for what the examples share, their sum over the examples."""
    view: Array | None
    """Where they may be written directly, as they are."""


class Ledger:
    """The rows of a tape's contributions, while its steps are made."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows: dict[bool, list[Index]] = {False: [], True: []}
        self.sizes = {False: 0, True: 0}

    def account(self, numbers: Sequence[int], found: Places) -> Account | None:
        """Where contributions to these nodes, at these places, go; None where none leads to a parameter."""
        if not any(self.plan.recording.wanted[k] for k in numbers):
            return None
        if isinstance(found, Span) and all(self.plan.readers[k] == 1 for k in numbers):
            return Account([Entry(found, slice(None), own=True)])
        return Account([self._entry(part, chosen) for part, chosen in found.parts()])

    def _entry(self, part: Span | Indexed, chosen: slice | Index) -> Entry:
        self.rows[part.kind].append(part.index)
        start = self.sizes[part.kind]
        self.sizes[part.kind] += len(part.index)
        return Entry(Span(part.kind, slice(start, self.sizes[part.kind])), chosen, own=False)

    def places(self, kind: bool) -> Index:  # noqa: FBT001  (an index of two)
        """For each row of one kind, the place of the node that it contributes to."""
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
class Account:
    """Where a step's contributions to one operand go."""

    entries: list[Entry]

    def target(self, adjoints: Pair, ledger: Pair, columns: int) -> Target:
        """For contributions of so many columns."""
        targets = [entry.target(adjoints, ledger, columns) for entry in self.entries]
        if len(targets) == 1:
            return targets[0]

        def put(contribution: Array) -> None:
            for target in targets:
                target.put(contribution)

        return Target(put, None)
