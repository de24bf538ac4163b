"""The sweeps over a whole graph, without recursion: numbers forward, and the chain rule backward.

Backward, one walk finds the topological order and clears the gradients, one goes back over it and adds up
∂C/∂parent += ∂node/∂parent · ∂C/∂node. This is the hottest loop of the engine, so it reads a node's
places for two parents directly (see ``engine.node``); every other walk goes through ``engine.graph``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from . import anomaly
from .errors import evaluate
from .graph import topological_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
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


def backward(root: Node) -> None:
    """Give every node that the root depends on the derivative of the root by it; leaves add it to theirs."""
    if anomaly.watching():
        gradient(root, topological_order(root))  # where a NaN arises, it raises before anything is written
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


def forget(nodes: Iterable[Node]) -> None:
    """Take the gradients off inner nodes; leaves keep theirs."""
    for node in nodes:
        if node.parents:
            node._grad = None


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
