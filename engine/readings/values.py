"""The rules read with Values: local derivatives are nodes, too, which gives second derivatives.

>>> from engine import Value, rules
>>> x = Value(0.0)
>>> value, (slope,) = rules.sigmoid(Differentiable(), x)
>>> slope.data, slope.parents[0] is value
(0.25, True)
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from functools import partialmethod
from typing import TYPE_CHECKING, Any, TypeAlias

from engine import rules
from engine.functions import apply
from engine.rules import choices
from engine.value import Value

from . import floats
from .expressions import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.rules import Rule

    Plain: TypeAlias = Value | float
    Operand: TypeAlias = "Plain | Choice"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on numbers that may change: x at most y, or x below y, depending on ``rule``."""

    rule: Rule
    x: Plain
    y: Plain


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """``x`` if the condition holds, else ``y``, before it becomes a node: factors go into both cases.

    So a 0 on one side stays 0 whatever it is multiplied by, and a 1 takes no node.
    """

    condition: Condition
    x: Operand
    y: Operand


COMPARISONS = {
    "<": (operator.lt, choices.below),
    "<=": (operator.le, choices.at_most),
    ">": (operator.gt, choices.below),
    ">=": (operator.ge, choices.at_most),
}
"""How plain numbers are compared, and the rule for nodes (with swapped operands for > and ≥)."""

VARYING = {choices.sign: choices.signed, choices.share: choices.shared}
"""Rules that jump at a point, and their replacements where their factor may vary, too."""


class Differentiable:
    """The arithmetic of Values and plain numbers; for plain numbers alone it is that of ``floats``.

    An operation whose node already exists returns that node. Nothing is multiplied by 1 or added to 0; x − x
    is 0, and so is 0 times a finite number. Where a rule chooses or takes a limit, it makes a node of one of
    ``rules.choices``, which does so again at every refresh.

    >>> xp, x = Differentiable(), Value(2.0)
    >>> xp.exp(x) is xp.exp(x), xp.mul(1.0, x) is x, xp.ieee_div(1.0, Value(0.0)).data
    (True, True, inf)
    >>> slope = xp.node(xp.where(xp.compare("<=", x, 0.0), 0.0, 1.0))
    >>> x.data = -2.0
    >>> slope.refresh()
    >>> slope.data
    0.0
    """

    def __init__(self, nodes: Iterable[Value] = ()) -> None:
        self._known = {(node.rule, node.parents): node for node in nodes if node.parents}
        self._constants: dict[str, Value] = {}

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def add(self, x: Operand, y: Operand) -> Operand:
        """x + y."""
        if x == 0:
            return y
        return x if y == 0 else self._node(rules.add, x, y)

    def sub(self, x: Operand, y: Operand) -> Operand:
        """x − y."""
        if x is y and math.isfinite(self._number(x)):
            return 0.0
        if x == 0:
            return self.neg(y)
        return x if y == 0 else self._node(rules.sub, x, y)

    def mul(self, x: Operand, y: Operand) -> Operand:
        """x · y."""
        for factor, other in ((x, y), (y, x)):
            if factor == 1:
                return other
            if factor == -1:
                return self.neg(other)
            if factor == 0 and math.isfinite(self._number(other)):
                return 0.0
        for factor, other in ((x, y), (y, x)):
            if isinstance(factor, Choice):
                return self._with_factor(factor, other)
            if isinstance(factor, Value) and factor.rule in VARYING and _may_vary(other):
                return self._node(VARYING[factor.rule], other, *factor.parents)
        return self._node(rules.mul, x, y)

    def _with_factor(self, choice: Choice, factor: Operand) -> Operand:
        """Return the product as a node at once, unless it is cheap: else each factor would repeat it."""
        x, y = (0.0 if case == 0 else self.mul(case, factor) for case in (choice.x, choice.y))
        product = self.where(choice.condition, x, y)
        light = isinstance(factor, float | int) or getattr(factor, "rule", None) in VARYING
        return product if light else self.node(product)

    def div(self, x: Operand, y: Operand) -> Operand:
        """x / y."""
        return x if y == 1 else self._node(rules.div, x, y)

    def neg(self, x: Operand) -> Operand:
        """−x; a double minus is dropped."""
        if isinstance(x, Choice):
            return self.where(x.condition, self.neg(x.x), self.neg(x.y))
        if isinstance(x, Value) and x.rule is rules.neg:
            return x.parents[0]
        return self._node(rules.neg, x)

    def compare(self, comparison: str, x: Operand, y: Operand) -> Condition | bool:
        """Return a comparison; for plain numbers the result is known."""
        compared, rule = COMPARISONS[comparison]
        x, y = self.node(x), self.node(y)
        if not isinstance(x, Value) and not isinstance(y, Value):
            return bool(compared(x, y))
        return Condition(rule, x, y) if comparison in {"<", "<="} else Condition(rule, y, x)

    def where(self, condition: Condition | bool, x: Operand, y: Operand) -> Operand:  # noqa: FBT001  (known already)
        """Choose x where the condition holds, else y."""
        if isinstance(condition, bool):
            return x if condition else y
        if x is y or (isinstance(x, float | int) and isinstance(y, float | int) and repr(x) == repr(y)):
            return x
        if isinstance(x, Value) and isinstance(y, Value):
            return self.node(Choice(condition, x, y))
        return Choice(condition, x, y)

    def node(self, x: Operand) -> Plain:
        """Return the node for an operand; a plain number is unchanged."""
        if not isinstance(x, Choice):
            return x
        asked = x.condition
        operands = [self.node(part) for part in (asked.x, asked.y, x.x, x.y)]
        kind = type(next(part for part in operands if isinstance(part, Value)))
        return self._node(asked.rule, *(self._constant(kind, part) for part in operands))

    def _constant(self, kind: type[Value], x: Plain) -> Value:
        """Return a Value unchanged, and a plain number as a leaf, the same one every time."""
        if isinstance(x, Value):
            return x
        key = repr(x)
        if key not in self._constants:
            self._constants[key] = kind._leaf(x)  # noqa: SLF001  (a number becomes a constant)
        return self._constants[key]

    def power(self, x: Operand, y: Operand) -> Operand:
        """x^y: a plain number y is part of the rule, a Value y an operand."""
        if not isinstance(y, float | int):
            return self._node(rules.general_power, x, y)
        if y == 0:
            return 1.0
        return x if y == 1 else self._node(rules.power.at(n=y), x)

    def ieee_pow(self, x: Operand, y: Operand) -> Operand:
        """x^y, or its limit; an integer power has no limit, and may exist as a node."""
        if not isinstance(y, float | int):
            return self._node(choices.ieee_pow, x, y)
        if y >= 0 and float(y).is_integer():
            return self.power(x, y)
        return self._node(choices.ieee_power.at(n=y), x)

    def share(self, extreme: Operand, *xs: Operand) -> Operand:
        """Return the share of each operand in the extreme one; an operand that occurs twice is not a tie."""
        if len(set(xs)) == 1:
            return 1 / len(xs)
        share = self._node(choices.share, extreme, *xs)
        return share if len(set(xs)) == len(xs) else self._node(rules.div, share, 1.0)  # not one of VARYING

    def _number(self, x: Operand) -> float:
        return number(self.node(x))

    def _node(self, rule: Rule, *operands: Operand) -> Plain:
        """Return a rule's node, existing or new; for plain numbers alone, a plain number."""
        parts = [self.node(x) for x in operands]
        values = tuple(x for x in parts if isinstance(x, Value))
        if not values:
            plain: float = rule(floats, *parts)[0]
            return plain
        if len(values) < len(parts):
            return apply(rule, *parts)
        node = self._known.get((rule, values))
        if node is None:
            node = self._known[rule, values] = apply(rule, *values)
        return node


RULES = rules.REGISTRY | rules.INNER
for _name in (*VOCABULARY, *rules.INNER):
    if not hasattr(Differentiable, _name):  # it is a rule of that name
        _of_rule = partialmethod(Differentiable._node, RULES[_name])  # noqa: SLF001  (its own)
        setattr(Differentiable, _name, _of_rule)


def number(x: Plain) -> float:
    """Return the plain number of an operand."""
    return x.data if isinstance(x, Value) else x


def _may_vary(x: Operand) -> bool:
    """Return whether an operand is not a constant in an expression."""
    return not isinstance(x, float | int) and getattr(x, "rule", None) is not rules.constant
