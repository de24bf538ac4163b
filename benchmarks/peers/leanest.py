"""The yardstick: the leanest node that we can write in Python without leaving ``a * b`` behind.

Slots for two parents and two slopes, no tuples, no rules, no labels, no checks, no second ``backward()``. A
gradient of None marks a node that the sort has not met, so there is no set; None on the stack says that the
node below it is done, so there are no pairs.
"""

from __future__ import annotations

import math

from benchmarks.eager import Eager

_new = object.__new__
_tanh, _exp, _log = math.tanh, math.exp, math.log


class Node:
    """A number with up to two parents."""

    __slots__ = ("a", "b", "da", "data", "db", "grad")

    def __init__(self, data: float) -> None:
        self.data = data
        self.grad = self.a = self.b = None

    def __add__(self, other: Node | float) -> Node:
        node = _new(Node)
        if other.__class__ is Node:
            node.data = self.data + other.data
            node.b = other
            node.da = node.db = 1.0
        else:
            node.data = self.data + other
            node.b = None
            node.da = 1.0
        node.a = self
        node.grad = None
        return node

    def __mul__(self, other: Node | float) -> Node:
        node = _new(Node)
        if other.__class__ is Node:
            node.db = x = self.data
            node.da = y = other.data
            node.data = x * y
            node.b = other
        else:
            node.data = self.data * other
            node.b = None
            node.da = other
        node.a = self
        node.grad = None
        return node

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self) -> Node:
        """The hyperbolic tangent."""
        node = _new(Node)
        node.data = t = _tanh(self.data)
        node.da = 1.0 - t * t
        node.a = self
        node.b = node.grad = None
        return node

    def relu(self) -> Node:
        """The positive part."""
        node = _new(Node)
        x = self.data
        if x > 0:
            node.data = x
            node.da = 1.0
        else:
            node.data = node.da = 0.0
        node.a = self
        node.b = node.grad = None
        return node

    def backward(self) -> None:
        """Sort depth-first, then hand gradients to the parents; once for each graph."""
        order: list[Node] = []
        stack: list[Node | None] = [self]
        push, pop, done = stack.append, stack.pop, order.append
        while True:  # CPython 3.11 specialises this loop sooner than `while stack`
            if not stack:
                break
            node = pop()
            if node is None:
                done(pop())
            elif node.grad is None:
                node.grad = 0.0
                if (a := node.a) is not None:
                    push(node)
                    push(None)
                    if a.grad is None:
                        push(a)
                    if (b := node.b) is not None and b.grad is None:
                        push(b)
        self.grad = 1.0
        order.reverse()
        for node in order:
            grad = node.grad
            node.a.grad += node.da * grad
            if (b := node.b) is not None:
                b.grad += node.db * grad


PEER = Eager(Node)
