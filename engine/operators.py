"""Rules made methods: the operators of a Value, built from the table of rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from .anomaly import check_forward, watchers
from .node import Node, new
from .numeric import Number, Unevaluable, advice, is_real, real, told, unevaluable
from .readings import floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .rules import Rule
    from .value import Value

    Operand: TypeAlias = Value | Number
    Unary: TypeAlias = Callable[[Value], Value]
    Binary: TypeAlias = Callable[[Value, Operand], Value]

M = TypeVar("M", bound=Callable[..., Any])

NOT_NUMBERS = (str, bytes, complex, list, tuple, dict, set, frozenset, type(None))


def unary(rule: Rule) -> Unary:
    """Make a rule of one operand a method."""
    function = rule.function

    @described_by(rule)
    def method(self: Value) -> Value:
        try:
            data, (slope,) = function(floats, self._number)
        except Unevaluable as error:
            raise _explained(rule, (self,), error) from None
        node = new(type(self))
        node._number = data
        node._first = self
        node._by_first = slope
        node._second = node._grad = None
        node.rule = rule
        if watchers:
            check_forward(rule, (self,), (self._number,), data)
        return node

    return method


def parametrised(rule: Rule) -> Callable[..., Unary]:
    """Make a rule with parameters a function from numbers for them, in their order, to a method.

    The method is kept. Signs after the numbers keep that of 0.0 from that of −0.0, which is equal.
    """
    names = [name for name, _ in rule.defaults]

    @lru_cache(maxsize=256, typed=True)
    def at(*numbers_and_signs: float) -> Unary:
        numbers = dict(zip(names, numbers_and_signs, strict=False))
        for name, x in numbers.items():
            real(x, f"{name} of {rule.name}")
        return unary(rule.at(**numbers))

    return at


def binary(rule: Rule) -> Binary:
    """Make a rule of two operands an operator or method; the second may be a plain number."""
    function = rule.function

    @described_by(rule)
    def method(self: Value, other: Operand) -> Value:
        if not isinstance(other, Node):
            if not is_real(other):
                return cast("Value", refuse(other))
            other = self._leaf(other)
        try:
            data, slopes = function(floats, self._number, other._number)
        except Unevaluable as error:
            raise _explained(rule, (self, other), error) from None
        node = new(type(self))
        node._number = data
        node._first = self
        node._second = other
        node._by_first, node._by_second = slopes
        node._grad = None
        node.rule = rule
        if watchers:
            check_forward(rule, (self, other), (self._number, other._number), data)
        return node

    return method


def reflected(rule: Rule) -> Binary:
    """Make a rule the operator that Python calls when a plain number stands on the left."""
    forward = binary(rule)

    @described_by(rule)
    def method(self: Value, other: Operand) -> Value:
        return forward(self._leaf(other), self) if is_real(other) else cast("Value", refuse(other))

    return method


def refuse(other: object) -> Any:
    """Refuse what can never be an operand; leave the rest (arrays, say) to their own operators."""
    if isinstance(other, NOT_NUMBERS):
        raise TypeError(
            f"cannot combine a Value with {told(other)}: an operand is a Value or a real number; "
            + advice(other)
        )
    return NotImplemented


def _explained(rule: Rule, operands: Sequence[Node], error: Exception) -> Exception:
    return unevaluable(rule, [x.data for x in operands], [x.label for x in operands], error)


def described_by(rule: Rule) -> Callable[[M], M]:
    """Give a method the name and the words of its rule, for ``help()``."""

    def describe(method: M) -> M:
        method.__name__ = method.__qualname__ = rule.name
        method.__doc__ = f"{rule.summary}\n\nDomain: {rule.domain}." + f" Kinks: {rule.kinks}." * bool(
            rule.kinks
        )
        return method

    return describe
