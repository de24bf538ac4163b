"""Copying and pickling graphs of any depth: parents first, so that nothing recurses.

A pickler saves a node's parents before the node, one inside the other; on a deep graph it runs into
the recursion limit. So the first node that it meets answers with the list of all its ancestors in
topological order, and when a node of that list has its turn it answers for itself alone: its parents
are known to the pickler by then. Nodes shared between several objects of one pickle stay shared.
"""

from __future__ import annotations

import copy
import functools
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from .node import Node

    Reduced = tuple[Any, ...]

N = TypeVar("N", bound="Node")


def restore(cls: type[N], data: float, grad: float | None, *links: Any) -> N:
    """Make a node, computing nothing."""
    node = cls.__new__(cls)
    parents, local_derivatives, node.rule, label = links
    node._number, node._grad = data, grad
    node._link(parents, local_derivatives)
    if label:
        node._label = label
    return node


def shallow(node: Node) -> tuple[Any, ...]:
    """What ``restore`` makes the node of, its parents as they are."""
    return (node._number, node._grad, node.parents, node.local_derivatives, node.rule, node.label)


def added(node: Node, recorded: type[Node]) -> dict[str, Any] | None:
    """What a subclass adds to what a node records: attributes, and every slot that is filled."""
    own = dict(getattr(node, "__dict__", {}))
    own.update((name, getattr(node, name)) for name in _slots(type(node), recorded) if hasattr(node, name))
    return own or None


@functools.cache
def _slots(cls: type[Node], recorded: type[Node]) -> tuple[str, ...]:
    """The names of all slots of a class and of what it inherits from, but for those of a node."""
    return tuple(
        name
        for base in cls.__mro__
        for name, place in vars(base).items()
        if base is not recorded and isinstance(place, types.MemberDescriptorType)
    )


def copy_of(node: N) -> N:
    """Copy one node, on the same parents."""
    twin = restore(type(node), *shallow(node))
    if state := node.__getstate__():
        twin.__setstate__(state)
    return twin


def deepcopy(root: N, memo: dict[int, Any]) -> N:
    """Copy a graph; ``memo`` is that of ``copy.deepcopy``, so that shared nodes stay shared."""
    for node in _unknown(root, memo):
        data, grad, parents, *rest = shallow(node)
        parents = tuple(memo[id(parent)] for parent in parents)
        memo[id(node)] = twin = restore(type(node), data, grad, parents, *rest)
        if state := node.__getstate__():  # last: it may refer to the node
            twin.__setstate__(copy.deepcopy(state, memo))
    copied: N = memo[id(root)]
    return copied


def reduce(node: Node) -> Reduced:
    """What ``pickle`` asks of a node."""
    session = _saving.session()
    place = session.known.get(id(node), -1) if session else -1
    if session and place > session.asked:
        session.asked = place
        return (restore, (type(node), *shallow(node)), node.__getstate__())
    if session is None or place >= 0:  # asked again: by another pickler
        session = _Session()
        _saving.session = weakref.ref(session)
    return (_root, (_Ancestors(node, session),))


def _unknown(root: N, known: Container[int]) -> Iterator[N]:
    """The root and its ancestors, parents first, but for known ones; the caller adds each to the known."""
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) not in known:
            missing = [parent for parent in node.parents if id(parent) not in known]
            if missing:
                stack += (node, *reversed(missing))
            else:
                yield node


class _Session:
    """What one pickler was given so far: it lives as long as the pickler remembers its ``_Ancestors``."""

    def __init__(self) -> None:
        self.known: dict[int, int] = {}
        """The nodes given to it, by id, with their place in the order of giving."""
        self.asked = -1
        """The place of the last one that it asked; it asks in that order, and passes over what it has."""


class _Ancestors:
    """Pickles as the list of a node's ancestors, parents first, and the node itself."""

    def __init__(self, root: Node, session: _Session) -> None:
        self.root, self.session = root, session

    def __reduce__(self) -> Reduced:
        return (list, (), None, self._items())

    def _items(self) -> Iterator[Node]:
        for node in _unknown(self.root, self.session.known):
            self.session.known[id(node)] = len(self.session.known)
            yield node


def _root(ancestors: list[Node]) -> Node:
    return ancestors[-1]


def _nothing() -> None:
    return None


class _Saving(threading.local):
    session: Callable[[], _Session | None] = staticmethod(_nothing)


_saving = _Saving()
