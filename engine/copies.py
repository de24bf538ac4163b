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

from .backward import topological_order
from .node import SEVERAL, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .rules import Rule

    Reduced = tuple[Any, ...]

N = TypeVar("N", bound=Node)


def restore(cls: type[N], data: float, grad: float | None, rule: Rule | None, label: str, *links: Any) -> N:
    """Make a node, computing nothing; the links are its parents, and then its derivatives by each of them."""
    node = cls.__new__(cls)
    node._number = data
    node._grad = grad
    node.rule = rule
    if label:
        node._label = label
    half = len(links) // 2
    node._link(links[:half], links[half:])
    return node


def _recorded(node: Node) -> tuple[Any, ...]:
    """Return all that a node records, for ``restore``; links come last."""
    links = (*node.parents, *node.local_derivatives)
    return (type(node), node._number, node._grad, node.rule, getattr(node, "_label", ""), *links)


def _twin(node: N, twins: Mapping[int, Any]) -> N:
    """Make a node that records the same on other parents: on the twins, by id, of this one's."""
    cls = type(node)
    twin = cls.__new__(cls)
    twin._number = node._number
    twin._grad = node._grad
    twin.rule = node.rule
    first, second = node._first, node._second
    if second is SEVERAL:
        first = tuple([twins[id(parent)] for parent in first])
        twin._by_first = node._by_first
    elif first is not None:
        first = twins[id(first)]
        twin._by_first = node._by_first
        if second is not None:
            second = twins[id(second)]
            twin._by_second = node._by_second
    twin._first = first
    twin._second = second
    if label := getattr(node, "_label", ""):
        twin._label = label
    return twin


def added(node: Node) -> dict[str, Any] | None:
    """Return what a subclass adds to what a node records: attributes, and every slot that is filled."""
    kind: Any = type(node)
    slots, has_dict = _places(kind)
    own = dict(node.__dict__) if has_dict else {}
    own.update((name, getattr(node, name)) for name in slots if hasattr(node, name))
    return own or None


def add(node: Node, state: dict[str, Any]) -> None:
    """Give a node what ``added`` returned."""
    for name, attribute in state.items():
        setattr(node, name, attribute)


@functools.cache
def _places(cls: Any) -> tuple[tuple[str, ...], bool]:
    """The names of all slots of a class and its bases, but for those of a node; and whether it has a dict."""
    slots = tuple(
        name
        for base in cls.__mro__
        for name, place in vars(base).items()
        if base is not Node and isinstance(place, types.MemberDescriptorType)
    )
    return slots, bool(cls.__dictoffset__)


@functools.cache
def _adds(cls: Any) -> bool:
    """Whether nodes of a class may have a state: those of nearly all graphs have none."""
    first = next(
        base for base in reversed(cls.__mro__) if "__getstate__" in vars(base) and base is not object
    )
    return cls.__getstate__ is not first.__getstate__ or any(_places(cls))


def copy_of(node: N) -> N:
    """Copy one node, on the same parents."""
    twin: N = restore(*_recorded(node))
    if state := node.__getstate__():
        twin.__setstate__(state)  # type: ignore[attr-defined]  # of Value, which is above
    return twin


def deepcopy(root: N, memo: dict[int, Any]) -> N:
    """Copy a graph; ``memo`` is that of ``copy.deepcopy``, so that shared nodes stay shared."""
    kind: Any
    for node in topological_order(root, known=memo):
        if id(node) in memo:  # by now: another one's state refers to it
            continue
        memo[id(node)] = twin = _twin(node, memo)
        kind = type(node)
        if _adds(kind) and (state := node.__getstate__()):  # last: it may refer to the node
            twin.__setstate__(copy.deepcopy(state, memo))  # type: ignore[attr-defined]  # as above
    copied: N = memo[id(root)]
    return copied


def reduce(node: Node) -> Reduced:
    """What ``pickle`` asks of a node."""
    kind: Any
    session = _saving.session()
    place = -1
    if session is not None:
        place = session.known.get(id(node), -1)
        if place > session.asked:
            session.asked = place
            record, kind = _recorded(node), type(node)
            return (restore, record, node.__getstate__()) if _adds(kind) else (restore, record)
    if session is None or place >= 0:  # asked again: by another pickler
        session = _Session()
        _saving.session = weakref.ref(session)
    return (_root, (_Ancestors(node, session),))


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
        known = self.session.known
        for node in topological_order(self.root, known=known):
            known.setdefault(id(node), len(known))  # another one's state may have brought it before
            yield node


def _root(ancestors: list[Node]) -> Node:
    return ancestors[-1]


def _nothing() -> None:
    return None


class _Saving(threading.local):
    session: Callable[[], _Session | None] = staticmethod(_nothing)


_saving = _Saving()
