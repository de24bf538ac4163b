"""The operations of nearly every program, written out by hand.

They do what ``binary(rules.add)``, ``binary(rules.mul)`` and ``unary(rules.tanh)`` do, in two thirds of the
time: without a call of the rule. That they equal their rules is a test's business (tests/test_value.py).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from . import rules
from .anomaly import check_forward, watchers
from .floats import sech
from .node import Node, new
from .operators import described_by, refuse
from .real import is_real

if TYPE_CHECKING:
    from .operators import Operand
    from .value import Value

ADD, MUL, TANH = rules.add, rules.mul, rules.tanh


@described_by(rules.add)
def add(self: Value, other: Operand) -> Value:
    """x + y."""
    if not isinstance(other, Node):
        if not is_real(other):
            return cast("Value", refuse(other))
        other = self._leaf(other)
    node = new(type(self))
    node._number = self._number + other._number
    node._first = self
    node._second = other
    node._by_first = node._by_second = 1.0
    node._grad = None
    node.rule = ADD
    if watchers:
        check_forward(ADD, (self, other), (self._number, other._number), node._number)
    return node


@described_by(rules.mul)
def mul(self: Value, other: Operand) -> Value:
    """x · y."""
    if not isinstance(other, Node):
        if not is_real(other):
            return cast("Value", refuse(other))
        other = self._leaf(other)
    x, y = self._number, other._number
    node = new(type(self))
    node._number = x * y
    node._first = self
    node._second = other
    node._by_first = y
    node._by_second = x
    node._grad = None
    node.rule = MUL
    if watchers:
        check_forward(MUL, (self, other), (x, y), node._number)
    return node


@described_by(rules.tanh)
def tanh(self: Value) -> Value:
    """Hyperbolic tangent."""
    x = self._number
    s = sech(x)
    node = new(type(self))
    node._number = math.tanh(x)
    node._first = self
    node._by_first = s * s
    node._second = node._grad = None
    node.rule = TANH
    if watchers:
        check_forward(TANH, (self,), (x,), node._number)
    return node
