"""Rules made methods: the operators of a Value, built from the table of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from . import floats
from .errors import Unevaluable, unevaluable
from .node import Node
from .real import Number, is_real

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .rules import Rule
    from .value import Value

    Operand: TypeAlias = Value | Number
    Unary: TypeAlias = Callable[[Value], Value]
    Binary: TypeAlias = Callable[[Value, Operand], Value]

NOT_NUMBERS = (str, bytes, complex, list, tuple, dict, set, frozenset, type(None))


def unary(rule: Rule) -> Unary:
    """Make a rule of one operand a method."""
    function = rule.function

    def method(self: Value) -> Value:
        try:
            data, slopes = function(floats, self._data)
        except Unevaluable as error:
            raise _explained(rule, (self,), error) from None
        return self._made(data, (self,), slopes, rule)

    return cast("Unary", _named_after(rule, method))


def binary(rule: Rule) -> Binary:
    """Make a rule of two operands an operator or method; the second may be a plain number."""
    function = rule.function

    def method(self: Value, other: Operand) -> Value:
        if not isinstance(other, Node):
            if not is_real(other):
                return cast("Value", refuse(other))
            other = type(self)(other)
        try:
            data, slopes = function(floats, self._data, other._data)
        except Unevaluable as error:
            raise _explained(rule, (self, other), error) from None
        return self._made(data, (self, other), slopes, rule)

    return cast("Binary", _named_after(rule, method))


def reflected(rule: Rule) -> Binary:
    """Make a rule the operator that Python calls when a plain number stands on the left."""
    forward = binary(rule)

    def method(self: Value, other: Operand) -> Value:
        return forward(type(self)(other), self) if is_real(other) else cast("Value", refuse(other))

    return cast("Binary", _named_after(rule, method))


def refuse(other: object) -> Any:
    """Refuse what can never be an operand; leave the rest (arrays, say) to their own operators."""
    if isinstance(other, NOT_NUMBERS):
        raise TypeError(
            f"cannot combine a Value with {type(other).__name__} {other!r}; "
            "an operand is a Value or a real number"
        )
    return NotImplemented


def _explained(rule: Rule, operands: Sequence[Node], error: Exception) -> Exception:
    return unevaluable(rule, [x.data for x in operands], [x.label for x in operands], error)


def _named_after(rule: Rule, method: Any) -> Any:
    """Give a method the name and the words of its rule, for ``help()``."""
    method.__name__ = method.__qualname__ = rule.name
    method.__doc__ = f"{rule.summary}\n\nDomain: {rule.domain}." + f" Kinks: {rule.kinks}." * bool(rule.kinks)
    return method
