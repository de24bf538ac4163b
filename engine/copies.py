"""Copying and pickling graphs of any depth: parents first, so that nothing recurses.

A pickler saves a node's parents before the node, one inside the other; on a deep graph it runs into
the recursion limit. So the first node that it meets answers with the list of all its ancestors in
topological order, and when a node of that list has its turn it answers for itself alone: its parents
are known to the pickler by then. Nodes shared between several objects of one pickle stay shared.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from .graph import topological_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .value import Value

    Reduced = tuple[Any, ...]

FIELDS = ("_data", "_grad", "parents", "local_derivatives", "rule", "_label")


def restore(cls: type[Value], *fields: Any) -> Value:
    """Make a node of its fields, computing nothing."""
    node = cls.__new__(cls)
    for name, field in zip(FIELDS, fields, strict=True):
        setattr(node, name, field)
    return node


def shallow(node: Value) -> tuple[Any, ...]:
    """The fields of a node, its parents as they are."""
    return tuple(getattr(node, name) for name in FIELDS)


def deepcopy(root: Value, memo: dict[int, Any]) -> Value:
    """Copy a graph; ``memo`` is that of ``copy.deepcopy``, so that shared nodes stay shared."""
    stack = [root]
    while stack:  # a walk of its own: it stops where the memo begins
        node = stack.pop()
        missing = [parent for parent in node.parents if id(parent) not in memo]
        if missing:
            stack += (node, *reversed(missing))
        elif id(node) not in memo:
            twin = restore(type(node), *shallow(node))
            twin.parents = tuple(memo[id(parent)] for parent in node.parents)
            memo[id(node)] = twin
    copied: Value = memo[id(root)]
    return copied


def reduce(node: Value) -> Reduced:
    """What ``pickle`` asks of a node."""
    ancestors = _saving.ancestors()
    if ancestors is None or id(node) not in ancestors.pending:
        return (_root, (_Ancestors(node),))
    ancestors.pending.remove(id(node))
    return (restore, (type(node), *shallow(node)))


class _Ancestors:
    """Pickles as the list of a node's ancestors, parents first, the node itself, and an end mark."""

    def __init__(self, root: Value) -> None:
        self.root = root
        self.pending: set[int] = set()
        """Nodes that the pickler was given and has not asked yet; it may never ask those it knows."""

    def __reduce__(self) -> Reduced:
        _saving.ancestors = weakref.ref(self)  # gone with the pickler, should it fail
        return (list, (), None, self._items())

    def _items(self) -> Iterator[Value | _End]:
        for node in topological_order(self.root):
            self.pending.add(id(node))
            yield node
        yield _End()


class _End:
    """Saved last: from here on every node answers with its ancestors again."""

    def __reduce__(self) -> Reduced:
        _saving.ancestors = _nothing
        return (_End, ())


def _root(ancestors: list[Value]) -> Value:
    return ancestors[-2]


def _nothing() -> None:
    return None


class _Saving(threading.local):
    ancestors: Callable[[], _Ancestors | None] = staticmethod(_nothing)


_saving = _Saving()
