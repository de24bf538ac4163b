"""The operations of nearly every program, written out by hand.

They do what ``binary(rules.add)``, ``unary(rules.tanh)`` or ``apply(rules.affine, …)`` do, in half to two
thirds of the time: without a call of the rule. A test holds each against its rule (tests/heart).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from . import rules
from .anomaly import check_forward, watchers
from .backward import SEVERAL
from .node import Node, new
from .numeric import is_real
from .operators import described_by, refuse
from .readings.floats import sech

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .operators import Operand
    from .rules import Rule
    from .value import Value

ADD, MUL, TANH, AFFINE, DOT = rules.add, rules.mul, rules.tanh, rules.affine, rules.dot
SHARE = rules.softmax_share


@described_by(rules.add)
def add(self: Value, other: Operand) -> Value:
    """x + y."""
    kind = type(self)
    if type(other) is not kind and not isinstance(other, Node):  # the first is the quicker question
        if not is_real(other):
            return cast("Value", refuse(other))
        other = self._leaf(other)
    node = new(kind)
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
    kind = type(self)
    if type(other) is not kind and not isinstance(other, Node):  # the first is the quicker question
        if not is_real(other):
            return cast("Value", refuse(other))
        other = self._leaf(other)
    x, y = self._number, other._number
    node = new(kind)
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


def affine(b: Value, ws: Sequence[Value], xs: Sequence[Value]) -> Value:
    """b + Σ wₖ xₖ of Values, at least one pair of them; AttributeError where one is a plain number."""
    w_numbers, x_numbers = [w._number for w in ws], [x._number for x in xs]
    data = b._number
    for w, x in zip(w_numbers, x_numbers):  # noqa: B905  (equal by construction, and hot)
        data += w * x
    return _several(AFFINE, data, (b, *ws, *xs), (1.0, *x_numbers, *w_numbers))


def dot(xs: Sequence[Value], ys: Sequence[Value]) -> Value:
    """Σ xₖ yₖ of Values, at least two pairs of them; AttributeError where one is a plain number."""
    x_numbers, y_numbers = [x._number for x in xs], [y._number for y in ys]
    data = 0.0
    for x, y in zip(x_numbers, y_numbers):  # noqa: B905  (as above)
        data += x * y
    return _several(DOT, data, (*xs, *ys), (*y_numbers, *x_numbers))


def softmax_share(x: Value, level: Value, s: Value) -> Value:
    """exp(x − level) / s; s is not 0, and x not above the level."""
    divisor = s._number
    p = math.exp(x._number - level._number) / divisor
    return _several(SHARE, p, (x, level, s), (p, -p, -p / divisor))


def _several(rule: Rule, data: float, parents: tuple[Value, ...], slopes: tuple[float, ...]) -> Value:
    node = new(type(parents[0]))
    node._number = data
    node._first = parents
    node._by_first = slopes
    node._second = SEVERAL
    node._grad = None
    node.rule = rule
    if watchers:
        check_forward(rule, parents, [parent._number for parent in parents], data)
    return node
