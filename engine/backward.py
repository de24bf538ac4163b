"""The sweeps over a whole graph, without recursion: numbers forward, the chain rule backward.

In the backward pass, every node passes its gradient on to each parent, times the local derivative:

    ∂C/∂parent += ∂node/∂parent · ∂C/∂node

By then its gradient must be complete. That is why nodes are visited in reverse topological order: a node
comes after all nodes computed from it, so the contributions along every path have arrived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from . import anomaly
from .core import in_c
from .node import SEVERAL, Node
from .numeric import Unevaluable, evaluate
from .readings import floats

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import TypeAlias

    Before: TypeAlias = list[tuple[Node, float]]

N = TypeVar("N", bound=Node)


@in_c
def topological_order(*roots: N, known: Collection[int] = ()) -> list[N]:
    """Return every node that the roots depend on, and the roots, parents before children.

    Depth first, operands from left to right. Nodes whose id is in ``known`` are left out, and so are nodes
    that only they depend on.
    """
    order: list[N] = []
    seen: set[N] = set()
    stack: list[N | None] = list(reversed(roots))
    push, pop, enter, meet, met = stack.append, stack.pop, order.append, seen.add, seen.issuperset
    while True:
        if not stack:  # CPython 3.11 specialises this form at the first call, `while stack` later
            return order
        node = pop()
        if node is None:  # all parents of the node below have been visited
            enter(pop())  # type: ignore[arg-type]  # below a None there is a node
            continue
        if node in seen or (known and id(node) in known):
            continue
        meet(node)
        first, second = node._first, node._second
        if first is None:
            enter(node)
            continue
        push(node)
        push(None)
        if second is SEVERAL:
            if not met(first):  # true for the weights of a layer, after the first example
                stack += [parent for parent in reversed(first) if parent not in seen]
        else:
            if second is not None:
                push(second)
            push(first)


def backward(root: Node) -> None:
    """Set the gradient of every node that the root depends on; for leaves, add it to what they have."""
    if anomaly.watchers and anomaly.watching():
        gradient(root, topological_order(root))  # raises at a NaN, before anything is written
    _sweep(root)


@in_c
def _sweep(root: Node) -> None:
    order, before = _cleared(root)
    root._grad = 1.0
    try:
        _pass_back(order)
    except BaseException:  # a local derivative is missing, or someone pressed Ctrl-C
        clear(root)
        for leaf, grad in before:
            leaf._grad = grad
        raise
    for leaf, grad in before:
        leaf._grad += grad  # type: ignore[operator]  # every node of the order has a gradient now


def _pass_back(order: list[Node]) -> None:
    """Pass gradients on to the parents, times local derivatives, from the root to the leaves."""
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


def pass_to_parents(node: Node) -> None:
    """Pass one node's gradient on to its parents: one step of ``backward``."""
    for parent, slope in zip(node.parents, node.local_derivatives, strict=True):
        parent._grad = parent.grad + slope * node.grad


class Zero(float):
    """A 0.0 that belongs to one sweep: a node whose gradient *is* this object has been visited in it."""

    __slots__ = ()


def _cleared(root: Node) -> tuple[list[Node], Before]:
    """Set all gradients to 0; return the inner nodes in topological order, and the leaves' old gradients."""
    zero = Zero()  # marks what has been visited, as the set of topological_order does, but in less time
    order: list[Node] = []
    before: Before = []
    stack: list[Node | None] = [root]
    push, pop = stack.append, stack.pop
    while True:
        if not stack:  # as in topological_order
            return order, before
        node = pop()
        if node is None:
            order.append(pop())  # type: ignore[arg-type]  # as in topological_order
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


@in_c
def clear(root: Node) -> None:
    """Remove the gradients of all nodes that the root depends on."""
    zero = Zero()  # no order is needed: half the time of a backward pass
    met: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node._grad is not zero:
            node._grad = zero
            met.append(node)
            first, second = node._first, node._second
            if second is SEVERAL:
                stack += first
            elif first is not None:
                stack.append(first)
                if second is not None:
                    stack.append(second)
    for node in met:
        node._grad = None


def gradient(root: N, order: Sequence[N]) -> dict[N, float]:
    """Return the derivative of the root with respect to every node of ``order``; change nothing.

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


def refresh(root: Node) -> None:
    """Recompute data and local derivatives of all inner nodes; if one raises, nothing changes."""
    order = [node for node in topological_order(root) if node._first is not None and node.rule is not None]
    before, links = [node._number for node in order], Node._links(order)
    try:
        _compute(order)
    except BaseException:
        for node, number in zip(order, before, strict=True):
            node._number = number
        Node._linked(order, *links)
        raise
    for node in order:
        node._grad = None


@in_c
def _compute(order: Iterable[Any]) -> None:
    """Evaluate the rule of each node at its parents' current numbers."""
    for node in order:
        rule, first, second = node.rule, node._first, node._second
        try:
            if second is None:
                node._number, (node._by_first,) = rule.function(floats, first._number)
            elif second is SEVERAL:
                node._number, node._by_first = rule.function(floats, *[parent._number for parent in first])
            else:
                node._number, slopes = rule.function(floats, first._number, second._number)
                node._by_first, node._by_second = slopes
        except Unevaluable:
            evaluate(rule, node.parents, [p._number for p in node.parents])  # raises, and names the node
            raise  # pragma: no cover  (not reached: a rule gives the same result for the same numbers)
        if anomaly.watchers:
            operands = [parent._number for parent in node.parents]
            anomaly.check_forward(rule, node.parents, operands, node._number)
