"""The rules read with Values: local derivatives are then nodes themselves, hence second derivatives.

>>> from engine import Value, rules
>>> x = Value(0.0)
>>> value, (slope,) = rules.sigmoid(Differentiable(), x)
>>> slope.data, slope.parents[0] is value
(0.25, True)
"""

from __future__ import annotations

import math
from functools import partialmethod
from typing import TYPE_CHECKING, Any, TypeAlias

from . import floats, rules
from .errors import Unevaluable
from .expressions import VOCABULARY
from .value import Value, apply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .rules import Rule

    Operand: TypeAlias = Value | float


class Differentiable:
    """The arithmetic of Values and plain numbers; of plain numbers alone it is that of ``engine.floats``.

    An operation whose node exists already is that node. Nothing is multiplied by 1 or added to 0; x − x is
    0, and so is 0 times a finite number. Where a rule chooses (comparisons, ``where``, ``minimum``,
    ``maximum``), the present numbers do, and the result is the operand chosen. ``sign`` and the limits that
    ``xlogy`` and the ``ieee_`` operations take are plain numbers, of derivative 0.

    >>> xp, x = Differentiable(), Value(2.0)
    >>> xp.exp(x) is xp.exp(x), xp.mul(1.0, x) is x, xp.ieee_div(1.0, Value(0.0))
    (True, True, inf)
    """

    def __init__(self, nodes: Iterable[Value] = ()) -> None:
        self._known = {(node.rule, node.parents): node for node in nodes if node.parents}

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def add(self, x: Operand, y: Operand) -> Operand:
        """x + y."""
        if x == 0:
            return y
        return x if y == 0 else self._node(rules.add, x, y)

    def sub(self, x: Operand, y: Operand) -> Operand:
        """x − y."""
        if x is y and math.isfinite(number(x)):
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
            if factor == 0 and math.isfinite(number(other)):
                return 0.0
        return self._node(rules.mul, x, y)

    def div(self, x: Operand, y: Operand) -> Operand:
        """x / y."""
        return x if y == 1 else self._node(rules.div, x, y)

    def neg(self, x: Operand) -> Operand:
        """−x; the minus of a minus is dropped."""
        if isinstance(x, Value) and x.rule is rules.neg:
            return x.parents[0]
        return self._node(rules.neg, x)

    def sign(self, x: Operand) -> float:
        """−1, 0 or 1; NaN of NaN."""
        return floats.sign(number(x))

    def minimum(self, x: Operand, y: Operand) -> Operand:
        """The smaller one, the first of equals; NaN if either is."""
        return x if x <= y or math.isnan(number(x)) else y

    def maximum(self, x: Operand, y: Operand) -> Operand:
        """The larger one, the first of equals; NaN if either is."""
        return x if x >= y or math.isnan(number(x)) else y

    def where(self, condition: bool, x: Operand, y: Operand) -> Operand:  # noqa: FBT001  (an array of bool elsewhere)
        """Choose x where the condition holds, else y."""
        return x if condition else y

    def power(self, x: Operand, y: Operand) -> Operand:
        """x^y: a plain number y is part of the rule, a Value y an operand."""
        if isinstance(y, Value):
            return self._node(rules.general_power, x, y)
        if y == 0:
            return 1.0
        return x if y == 1 else self._node(rules.power.at(n=y), x)

    def xlogy(self, x: Operand, y: Operand) -> Operand:
        """X ln y, and 0 for x = 0 even where y is 0 or infinite."""
        if math.isnan(number(x)) or (number(x) == 0 and not 0 < number(y) < math.inf):
            return floats.xlogy(number(x), number(y))
        return self.mul(x, self.log(y))

    def gaussian(self, x: Operand) -> Operand:
        """e^(−x²), split as in ``engine.floats``: the short part is a plain number, −2x comes of the rest."""
        x = self.minimum(self.maximum(x, -40.0), 40.0)
        short = number(x) + 6442450944.0 - 6442450944.0
        rest = self.mul(self.sub(short, x), self.add(short, x))
        return self.mul(self.exp(-short * short), self.exp(rest))

    def ieee_div(self, x: Operand, y: Operand) -> Operand:
        """x / y, or its limit."""
        return self._or_limit(self.div, floats.ieee_div, x, y)

    def ieee_pow(self, x: Operand, y: Operand) -> Operand:
        """x^y, or its limit."""
        return self._or_limit(self.power, floats.ieee_pow, x, y)

    def ieee_log(self, x: Operand) -> Operand:
        """Ln x, or its limit."""
        return self._or_limit(self.log, floats.ieee_log, x)

    def _or_limit(
        self, operation: Callable[..., Operand], limit: Callable[..., float], *operands: Operand
    ) -> Operand:
        try:
            return operation(*operands)
        except Unevaluable:
            return limit(*map(number, operands))

    def _node(self, rule: Rule, *operands: Operand) -> Operand:
        """The node of a rule: the one that there is, or a new one; of plain numbers alone a plain number."""
        values = tuple(x for x in operands if isinstance(x, Value))
        if not values:
            plain: float = rule(floats, *operands)[0]
            return plain
        if len(values) < len(operands):
            return apply(rule, *operands)
        node = self._known.get((rule, values))
        if node is None:
            node = self._known[rule, values] = apply(rule, *values)
        return node


for _name in VOCABULARY:
    if not hasattr(Differentiable, _name):  # it is a rule of that name
        _of_rule = partialmethod(Differentiable._node, rules.REGISTRY[_name])  # noqa: SLF001  (its own)
        setattr(Differentiable, _name, _of_rule)


def number(x: Operand) -> float:
    """The plain number of an operand."""
    return x.data if isinstance(x, Value) else x
