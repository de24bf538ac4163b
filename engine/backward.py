"""The sweeps over a whole graph, without recursion: numbers forward, and the chain rule backward.

Backward, one walk finds the topological order and clears the gradients, one goes back over it and adds up
∂C/∂parent += ∂node/∂parent · ∂C/∂node. These are the hottest loops of the engine, so they read a node's
places for two parents directly (see ``engine.node``). So does ``ordered``, the one walk that everything else
goes by: ``engine.graph.topological_order`` of Values is this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from . import anomaly
from .numeric import Unevaluable, evaluate
from .readings import floats

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from .node import Node

    Before: TypeAlias = list[tuple[Node, float]]
    Evaluation: TypeAlias = tuple[float, tuple[float, ...]]

N = TypeVar("N", bound="Node")

SEVERAL = object()
"""Stands in a node's second place where its first one holds a tuple of parents."""


class Zero(float):
    """0.0, and not the 0.0 of any other sweep: a gradient that *is* it marks a node as visited."""

    __slots__ = ()


def ordered(*roots: N, known: Collection[int] = ()) -> list[N]:
    """Every node that the roots depend on, and they themselves, parents first; the graph is only read.

    Depth first, operands from left to right. Nodes whose ids are known are passed over, and so is what only
    they depend on.
    """
    order: list[N] = []
    seen: set[N] = set()
    stack: list[N | None] = list(reversed(roots))
    push, pop, found = stack.append, stack.pop, order.append
    meet, met = seen.add, seen.issuperset
    while True:
        if not stack:
            return order
        node = pop()
        if node is None:  # the node below has had all of its parents
            found(pop())  # type: ignore[arg-type]  # below a None stands a node
            continue
        if node in seen or (known and id(node) in known):
            continue
        meet(node)
        first, second = node._first, node._second
        if first is None:
            found(node)
            continue
        push(node)
        push(None)
        if second is SEVERAL:
            if not met(first):  # the weights of a layer are, for all examples but the first
                stack += [parent for parent in reversed(first) if parent not in seen]
        else:
            if second is not None:
                push(second)
            push(first)


def backward(root: Node) -> None:
    """Give every node that the root depends on the derivative of the root by it; leaves add it to theirs."""
    if anomaly.watching():
        gradient(root, ordered(root))  # where a NaN arises, it raises before anything is written
    order, before = _cleared(root)
    root._grad = 1.0
    _pass_back(order)
    for leaf, grad in before:
        leaf._grad += grad  # type: ignore[operator]  # every node of the order has a gradient now


def gradient(root: N, order: Sequence[N]) -> dict[N, float]:
    """The derivative of the root by every node of its order; the graph is only read, as several may at once.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> y = x * x
    >>> gradient(y, [x, y]) == {x: 6.0, y: 1.0}, x.has_grad
    (True, False)
    """
    grads = dict.fromkeys(order, 0.0) | {root: 1.0}
    watched = anomaly.watching()
    for node in reversed(order):
        grad = grads[node]
        for parent, slope in zip(node.parents, node.local_derivatives, strict=True):
            grads[parent] += slope * grad
        if watched:
            anomaly.check_backward(root, node, grads.__getitem__)
    return grads


def _cleared(root: Node) -> tuple[list[Node], Before]:
    """The inner nodes, parents before children, all gradients 0; and what gradients leaves had before."""
    zero = Zero()
    order: list[Node] = []
    before: Before = []
    stack: list[Node | None] = [root]
    push, pop = stack.append, stack.pop
    while True:
        if not stack:  # CPython 3.11 specialises this form at the first call, `while stack` later
            return order, before
        node = pop()
        if node is None:  # the node below has had all of its parents
            order.append(pop())  # type: ignore[arg-type]  # below a None stands a node
            continue
        grad = node._grad
        if grad is zero:
            continue
        node._grad = zero
        first, second = node._first, node._second
        if first is None:
            if grad:
                before.append((node, grad))
            continue
        push(node)
        push(None)
        if second is SEVERAL:
            stack += [parent for parent in reversed(first) if parent._grad is not zero]
        else:
            if second is not None:
                push(second)
            push(first)


def _pass_back(order: list[Node]) -> None:
    """Hand each node's gradient to its parents, times the local derivatives: from the root to the leaves."""
    for node in reversed(order):
        grad = node._grad
        second = node._second
        if second is None:
            node._first._grad += node._by_first * grad
        elif second is SEVERAL:
            for parent, slope in zip(node._first, node._by_first):  # noqa: B905  (equal by construction, and hot)
                parent._grad += slope * grad
        else:
            node._first._grad += node._by_first * grad
            second._grad += node._by_second * grad


def clear(root: Node) -> None:
    """Take the gradients off all nodes that the root depends on."""
    mark = Zero()
    met: list[Node] = []
    stack = [root]
    push, pop, meet = stack.append, stack.pop, met.append
    while True:
        if not stack:
            break
        node = pop()
        if node._grad is mark:
            continue
        node._grad = mark
        meet(node)
        first, second = node._first, node._second
        if second is SEVERAL:
            stack += [parent for parent in first if parent._grad is not mark]
        elif first is not None:
            if first._grad is not mark:
                push(first)
            if second is not None and second._grad is not mark:
                push(second)
    for node in met:
        node._grad = None


def forget(nodes: Iterable[Node]) -> None:
    """Take the gradients off inner nodes; leaves keep theirs."""
    for node in nodes:
        if node._first is not None:
            node._grad = None


class _Undo(NamedTuple):
    """What a refresh has found: columns, since they cost the garbage collector nothing, as tuples would."""

    met: list[Node]
    grads: list[float | None]
    computed: list[Node]
    numbers: list[float]
    by_first: list[Any]
    by_second: list[Any]


def refresh(root: Node) -> None:
    """Give all inner nodes the data and local derivatives that they have now; if one fails, none of them.

    The gradients of inner nodes go, since they belong to the old numbers; leaves keep theirs.
    """
    undo = _Undo([], [], [], [], [], [])
    try:
        _compute(root, undo)
    except BaseException:
        for node, grad in zip(undo.met, undo.grads, strict=False):  # interrupted, the last may be missing
            node._grad = grad
        for node, *before in zip(*undo[2:], strict=False):
            node._number, node._by_first, by_second = before
            if by_second is not None:
                node._by_second = by_second
        raise
    for node, grad in zip(undo.met, undo.grads, strict=True):
        node._grad = grad if node._first is None else None


def _compute(root: Node, undo: _Undo) -> None:  # noqa: C901, PLR0912, PLR0915  (one loop, and hot)
    """Compute every inner node, parents first; all gradients are marks meanwhile."""
    mark = Zero()
    stack: list[Any] = [root]
    push, pop = stack.append, stack.pop
    meet, keep_grad = undo.met.append, undo.grads.append
    enter, keep_number = undo.computed.append, undo.numbers.append
    keep_first, keep_second = undo.by_first.append, undo.by_second.append
    while True:
        if not stack:
            return
        node = pop()
        if node is not None:
            grad = node._grad
            if grad is mark:
                continue
            meet(node)
            keep_grad(grad)
            node._grad = mark
            first, second = node._first, node._second
            if first is None:
                continue
            push(node)
            push(None)
            if second is SEVERAL:
                stack += [parent for parent in reversed(first) if parent._grad is not mark]
            else:
                if second is not None:
                    push(second)
                push(first)
            continue
        node = pop()  # it has had all of its parents
        rule = node.rule
        if rule is None:
            continue
        first, second = node._first, node._second
        try:
            if second is None:
                number, slopes = rule.function(floats, first._number)
            elif second is SEVERAL:
                number, slopes = rule.function(floats, *[parent._number for parent in first])
            else:
                number, slopes = rule.function(floats, first._number, second._number)
        except Unevaluable:
            evaluate(rule, node.parents, [parent._number for parent in node.parents])  # tells where
            raise
        if anomaly.watchers:
            anomaly.check_forward(rule, node.parents, [parent._number for parent in node.parents], number)
        keep_number(node._number)
        keep_first(node._by_first)
        keep_second(node._by_second if second is not None and second is not SEVERAL else None)
        enter(node)
        node._number = number
        if second is None:
            (node._by_first,) = slopes
        elif second is SEVERAL:
            node._by_first = slopes
        else:
            node._by_first, node._by_second = slopes


def recompute(order: Iterable[Node], leaves: Mapping[Node, float] | None = None) -> dict[Node, Evaluation]:
    """Data and local derivatives of every inner node of an order, as they would be; changes nothing.

    ``leaves`` gives other numbers to some leaves.
    """
    numbers = dict(leaves or {})
    recomputed = {}
    for node in order:
        if node.parents and node.rule:
            operands = [numbers[parent] for parent in node.parents]
            recomputed[node] = evaluate(node.rule, node.parents, operands)
            numbers[node] = recomputed[node][0]
            if anomaly.watchers:
                anomaly.check_forward(node.rule, node.parents, operands, numbers[node])
        else:
            numbers.setdefault(node, node._number)
    return recomputed
