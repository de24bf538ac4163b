"""Copying and pickling graphs of any depth, without recursion.

A pickler saves a node's parents before the node, one inside the other; a deep graph would exceed the
recursion limit. So a node pickles as an index into a record: its ancestors in topological order, as columns
of numbers. A node that the pickler meets again, in another object of the same pickle, is an index into the
same record, so shared nodes stay shared.
"""

from __future__ import annotations

import copy
import functools
import threading
import types
import weakref
from gc import is_tracked
from operator import getitem
from typing import TYPE_CHECKING, Any, TypeVar

from .backward import topological_order
from .core import bare, compiled, in_c
from .node import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .rules import Rule

    Reduced = tuple[Any, ...]

N = TypeVar("N", bound=Node)

FEW = 256
"""Nodes per batch: few enough to stay in the processor's cache until they are done."""


def restore(
    _session: object,
    cls: type[N],
    data: float,
    grad: float | None,
    rule: Rule | None,
    label: str,
    *links: Any,
) -> N:
    """Make a node without computing; the links are its parents, followed by its local derivatives."""
    half = len(links) // 2
    parents = links[:half]
    node = (bare if _untracked([cls], [rule], parents) else cls.__new__)(cls)
    node._number = data
    node._grad = grad
    node.rule = rule
    node._label = label
    node._link(parents, links[half:])
    return node


def _untracked(kinds: Sequence[Any], rules: Iterable[Rule | None], parents: Iterable[Any]) -> bool:
    """Return whether nodes cannot be in a cycle, so that the compiled core need not track them.

    That holds for Values of the engine's own rules whose parents are untracked too.
    """
    return (
        compiled
        and [*kinds] == [in_c.core.Value]
        and not any(rule and (rule.home or rule.name == "handmade") for rule in rules)
        and not any(map(is_tracked, parents))
    )


def _recorded(node: Node) -> tuple[Any, ...]:
    """Return everything a node records, for ``restore``; links come last."""
    links = (*node.parents, *node.local_derivatives)
    return (type(node), node._number, node._grad, node.rule, node._label, *links)


def added(node: Node) -> dict[str, Any] | None:
    """Return what a subclass adds to a node: attributes, and every filled slot."""
    kind: Any = type(node)
    slots, has_dict = _places(kind)
    own = dict(node.__dict__) if has_dict else {}
    own.update((name, getattr(node, name)) for name in slots if hasattr(node, name))
    return own or None


def add(node: Node, state: dict[str, Any]) -> None:
    """Add to a node what ``added`` returned."""
    for name, attribute in state.items():
        setattr(node, name, attribute)


@functools.cache
def _places(cls: Any) -> tuple[tuple[str, ...], bool]:
    """Return all slots of a class and its bases, except those of a node; and whether it has a dict."""
    slots = tuple(
        name
        for base in cls.__mro__
        for name, place in vars(base).items()
        if base is not Node and isinstance(place, types.MemberDescriptorType)
    )
    return slots, bool(cls.__dictoffset__)


@functools.cache
def _adds(cls: Any) -> bool:
    """Return whether nodes of a class can have a state: in nearly all graphs they have none."""
    first = next(
        base for base in reversed(cls.__mro__) if "__getstate__" in vars(base) and base is not object
    )
    return cls.__getstate__ is not first.__getstate__ or any(_places(cls))


def copy_of(node: N) -> N:
    """Copy one node, with the same parents."""
    twin: N = restore(None, *_recorded(node))
    if state := node.__getstate__():
        twin.__setstate__(state)  # type: ignore[attr-defined]  # of Value, a layer above
    return twin


def _few(nodes: list[Any]) -> Iterator[list[Any]]:
    return (nodes[start : start + FEW] for start in range(0, len(nodes), FEW))


def deepcopy(root: N, memo: dict[int, Any]) -> N:
    """Copy a graph; ``memo`` is that of ``copy.deepcopy``, so that shared nodes stay shared."""
    nodes: list[Any] = topological_order(root, known=memo)
    for few in _few(nodes):
        twins = []
        for node in few:
            kind: Any = type(node)
            memo[id(node)] = twin = kind.__new__(kind) if is_tracked(node) else bare(kind)
            twin._number, twin._grad, twin._label, twin.rule = (
                node._number,
                node._grad,
                node._label,
                node.rule,
            )
            twins.append(twin)
        counts, parents, slopes = Node._links(few)
        Node._linked(twins, counts, map(memo.__getitem__, map(id, parents)), slopes)
    if any(map(_adds, set(map(type, nodes)))):
        for node in nodes:
            if state := node.__getstate__():  # last: it may refer to any of the nodes
                memo[id(node)].__setstate__(copy.deepcopy(state, memo))
    copied: N = memo[id(root)]
    return copied


def reduce(node: Node) -> Reduced:
    """Return what ``pickle`` needs: a node's index in a record, or, for a leaf, how to make it."""
    session = _saving.session()
    if session is None:
        session = _Session()
        _saving.session = weakref.ref(session)
    record = session.record_of(node)
    if record is None and not node.parents:
        kind: Any = type(node)
        session.given_alone(node)
        made = (restore, (session, *_recorded(node)))
        return (*made, node.__getstate__()) if _adds(kind) else made
    record = record or _Record(node, session)
    return (getitem, (record, record.places[id(node)]))


class _Session:
    """What was given to picklers so far: it lives as long as one of them keeps a record or a leaf."""

    def __init__(self) -> None:
        self.given: dict[int, weakref.ref[_Record] | None] = {}
        """The nodes given, by id, each with its record; a leaf given alone has none."""
        self.leaves: list[Node] = []

    def record_of(self, node: Node) -> _Record | None:
        reference = self.given.get(id(node))
        return reference() if reference else None

    def given_alone(self, leaf: Node) -> None:
        if id(leaf) not in self.given:
            self.given[id(leaf)] = None
            self.leaves.append(leaf)  # so that its id is not reused

    def __reduce__(self) -> Reduced:
        return (bool, ())  # it only has to be kept by the pickler


class _Record:
    """A node and its ancestors, without those given before; it pickles as columns."""

    def __init__(self, root: Node, session: _Session) -> None:
        self.session = session
        self.places: dict[int, int] = {}
        self.alone = not session.given  # none of its nodes' parents is in another record
        self.nodes = topological_order(root, known=session.given)
        self.places = {id(node): place for place, node in enumerate(self.nodes)}
        session.given.update(dict.fromkeys(self.places, weakref.ref(self)))

    def __del__(self) -> None:
        given = self.session.given
        if len(given) == len(self.places):  # nearly always: it was the only record
            given.clear()
        for place in self.places if given else ():
            given.pop(place, None)

    def __reduce__(self) -> Reduced:
        nodes, ruled = self.nodes, list[Any]()
        numbers, grads, labels = list[float](), list[float | None](), list[str]()
        counts, parents, slopes = list[int](), list[Node](), list[float]()
        for few in _few(nodes):
            numbers += [node._number for node in few]
            grads += [node._grad for node in few]
            labels += [node._label for node in few]
            ruled += [node.rule for node in few]
            links = Node._links(few)
            counts += links[0]
            parents += links[1]
            slopes += links[2]
        others = (
            {} if self.alone else {id(parent): parent for parent in parents if id(parent) not in self.places}
        )
        places = self.places | {other: -k for k, other in enumerate(others, start=1)}
        kinds = {kind: k for k, kind in enumerate(dict.fromkeys(map(type, nodes)))}
        rule_of = list(map(id, ruled))
        rules = dict(zip(rule_of, ruled, strict=True))
        numbered = {rule: k for k, rule in enumerate(rules)}
        columns = (
            ([*kinds], [kinds[type(node)] for node in nodes] if len(kinds) > 1 else []),
            ([*rules.values()], list(map(numbered.__getitem__, rule_of))),
            (numbers, grads),
            {place: label for place, label in enumerate(labels) if label},
            (counts, list(map(places.__getitem__, map(id, parents))), slopes, [*others.values()][::-1]),
        )
        if not any(map(_adds, kinds)):
            return (_restored, columns)
        return (_restored, columns, {place: node.__getstate__() for place, node in enumerate(nodes)})


class _Restored(list[Any]):
    """The nodes of a record."""

    def __setstate__(self, states: dict[int, Any]) -> None:
        for place, state in states.items():
            if state:
                self[place].__setstate__(state)


def _restored(
    of_kind: tuple[list[Any], list[int]],
    of_rule: tuple[list[Rule | None], list[int]],
    of_numbers: tuple[list[float], list[float | None]],
    labels: dict[int, str],
    of_links: tuple[list[int], list[int], list[float], list[Node]],
) -> _Restored:
    """Make the nodes of a record without computing; a link below 0 leads to a node given before."""
    (kinds, kind_of), (rules, rule_of), (numbers, grads) = of_kind, of_rule, of_numbers
    counts, links, slopes, others = of_links
    if kind_of:
        nodes = _Restored([kind.__new__(kind) for kind in map(kinds.__getitem__, kind_of)])
    else:
        kind = kinds[0]
        make = bare if _untracked(kinds, rules, others) else kind.__new__
        nodes = _Restored([make(kind) for _ in numbers])
    for node, number, grad, rule in zip(nodes, numbers, grads, rule_of, strict=True):
        node._number, node._grad, node._label, node.rule = number, grad, "", rules[rule]
    Node._linked(nodes, counts, map([*nodes, *others].__getitem__, links), slopes)
    for place, label in labels.items():
        nodes[place]._label = label
    return nodes


def _nothing() -> None:
    return None


class _Saving(threading.local):
    session: Callable[[], _Session | None] = staticmethod(_nothing)


_saving = _Saving()
