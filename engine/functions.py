"""The rules as functions: they return a Value if an operand is a Value, else a float."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast, overload

from . import rules
from .anomaly import watchers
from .arguments import listed
from .core import in_c
from .node import compiled
from .numeric import Number, Unevaluable, evaluate, real, told
from .readings import floats
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .rules import Rule
    from .value import Operand

    Values: TypeAlias = Iterable[Value]
    Nodes: TypeAlias = Sequence[Value]
    Numbers: TypeAlias = Iterable[Number]
    Operands: TypeAlias = Iterable[Operand]


@in_c
def apply(rule: Rule, *operands: Operand) -> Value:
    """Make a node from any rule; plain numbers among the operands become leaves.

    >>> from engine import rules
    >>> apply(rules.affine, 1.0, Value(2.0), 3.0).data  # 1 + 2·3
    7.0
    """
    try:
        fits = len(operands) >= rule.at_least and (rule.variadic or len(operands) == len(rule.operands))
    except AttributeError:
        raise TypeError(f"apply takes a rule, as in apply(rules.tanh, x), got {told(rule)}") from None
    if not fits:
        raise TypeError(_miscounted(rule, len(operands)))
    parents = cast("tuple[Value, ...]", operands)
    try:
        numbers = [parent._number for parent in parents]
    except AttributeError:  # not all of them are Values
        parents = as_values(operands)
        numbers = [parent._number for parent in parents]
    data, slopes = evaluate(rule, parents, numbers)
    kind = type(parents[0]) if parents else Value
    return kind._made(data, parents, slopes, rule)


def _miscounted(rule: Rule, count: int) -> str:
    if rule.variadic:
        return f"{rule.name} takes at least {rule.at_least} operand, got {count}; pass some, as in [x, y]"
    names = ", ".join(rule.operands)
    plural = "s" * (len(rule.operands) != 1)
    return f"{rule.name} takes {len(rule.operands)} operand{plural}, got {count}; write {rule.name}({names})"


def as_values(operands: Sequence[Operand]) -> tuple[Value, ...]:
    """Return operands as nodes: a plain number becomes a leaf of the same class as the first Value."""
    kind = next((type(x) for x in operands if isinstance(x, Value)), Value)
    return tuple(x if isinstance(x, Value) else kind._leaf(x) for x in operands)


class Function(Protocol):
    """A rule of fixed arity as a function; parameters can be passed by position or by keyword."""

    @overload
    def __call__(self, x: Value, /, *others: Operand, **parameters: Number) -> Value: ...
    @overload
    def __call__(self, x: Number, /, *others: Number, **parameters: Number) -> float: ...


def function(rule: Rule) -> Function:
    """Turn a rule of fixed arity into a function.

    >>> function(rules.sigmoid)(0.0), function(rules.sigmoid)(Value(0.0))
    (0.5, Value(data=0.5, grad=0.0))
    """
    arity, names = len(rule.operands), tuple(name for name, _ in rule.defaults)
    signature = f"{rule.name}({', '.join((*rule.operands, *names))})"
    unary, method = arity == 1 and not names, cast("Callable[..., Value] | None", None)

    def call(*args: Operand, **parameters: Number) -> Value | float:
        nonlocal method
        if unary and not parameters and len(args) == 1:
            (x,) = args
            if type(x) is float and not watchers:  # as in read, without its loops
                try:
                    value: float = rule.function(floats, x)[0]
                except (TypeError, *Unevaluable):
                    pass  # raised again below
                else:
                    return value
            if not isinstance(x, Value):
                return read(rule, x)
            method = method or compiled(rule)
            return method(x)
        if not arity <= len(args) <= arity + len(names):
            raise TypeError(
                f"{signature} was called with {len(args)} argument{'s' * (len(args) != 1)}; "
                "pass one for each name in it"
            )
        given = dict(zip(names, args[arity:], strict=False))
        if twice := sorted(given.keys() & parameters):
            raise TypeError(f"{signature} was given {', '.join(twice)} twice; pass it by position or keyword")
        given |= parameters
        bound = rule.at(**{name: real(x, name) for name, x in given.items()}) if names or given else rule
        return read(bound, *args[:arity])

    call.__name__ = call.__qualname__ = rule.name
    call.__module__ = __package__  # where pickle finds it
    call.__doc__ = f"{signature}: {rule.description}"
    return call  # type: ignore[return-value]  # the overloads give the types of this one body


def read(rule: Rule, *operands: Operand) -> Value | float:
    """Return a node if any operand is a Value, else a float.

    >>> read(rules.mul, 2.0, 3.0)
    6.0
    """
    for x in operands:
        if isinstance(x, Value):
            return apply(rule, *operands)
    if not watchers and len(operands) >= rule.at_least:
        try:
            number: float
            number, _ = rule.function(floats, *[x if type(x) is float else real(x, "") for x in operands])
        except (TypeError, *Unevaluable):
            pass  # raised again below, with the operands
        else:
            return number
    return apply(rule, *operands).data


@overload
def power(x: Value, y: Operand) -> Value: ...
@overload
def power(x: Number, y: Value) -> Value: ...
@overload
def power(x: Number, y: Number) -> float: ...
def power(x: Operand, y: Operand) -> Value | float:
    """Return x to the power y, like ``x ** y``: a plain number y is part of the rule, a Value y an operand.

    >>> power(2.0, 3), power(Value(-2.0), 3).data, power(2.0, Value(3.0)).data
    (8.0, -8.0, 8.0)
    """
    if isinstance(y, Value):
        return read(rules.general_power, x, y)
    n = real(y, "y")
    return read(rules.power.at(n=y if isinstance(y, int) else n), x)


@overload
def affine(b: Value, ws: Operands, xs: Operands) -> Value: ...
@overload
def affine(b: Operand, ws: Values, xs: Operands) -> Value: ...
@overload
def affine(b: Operand, ws: Operands, xs: Values) -> Value: ...
@overload
def affine(b: Number, ws: Numbers, xs: Numbers) -> float: ...
@in_c
def affine(b: Operand, ws: Operands, xs: Operands) -> Value | float:
    """Return b + Σ wₖ xₖ as one node with 2n + 1 parents: a neuron's pre-activation.

    Raises ValueError if ws and xs differ in length. Source: *Backpropagation Calculus*, z_j^(L).

    >>> affine(1.0, [2.0, 3.0], [4.0, 5.0])
    24.0

    In docs/concordance.md: calculus 4, 22; general 1; lecture 8, 9; week9 16, 38.
    """
    ws, xs = _same_length("affine", "ws", ws, "xs", xs)
    try:
        number, w_numbers, x_numbers = b._number, _numbers(ws), _numbers(xs)  # type: ignore[union-attr]  # as below
    except AttributeError:  # not all of them are Values
        return read(rules.affine, b, *ws, *xs)
    for w, x in zip(w_numbers, x_numbers):  # noqa: B905  (equal by construction, and hot)
        number += w * x
    parents = cast("tuple[Value, ...]", (b, *ws, *xs))
    return parents[0]._made(number, parents, (1.0, *x_numbers, *w_numbers), rules.affine)


@overload
def dot(xs: Values, ys: Operands) -> Value: ...
@overload
def dot(xs: Operands, ys: Values) -> Value: ...
@overload
def dot(xs: Numbers, ys: Numbers) -> float: ...
@in_c
def dot(xs: Operands, ys: Operands) -> Value | float:
    """Return Σ xₖ yₖ as one node; raise ValueError if xs and ys differ in length.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    xs, ys = _same_length("dot", "xs", xs, "ys", ys)
    try:
        x_numbers, y_numbers = _numbers(xs), _numbers(ys)
    except AttributeError:  # as above
        return read(rules.dot, *xs, *ys)
    number = 0.0
    for x, y in zip(x_numbers, y_numbers):  # noqa: B905  (as above)
        number += x * y
    parents = cast("tuple[Value, ...]", (*xs, *ys))
    if not parents:
        return number
    return parents[0]._made(number, parents, (*y_numbers, *x_numbers), rules.dot)


@overload
def total(xs: Values) -> Value: ...
@overload
def total(xs: Numbers) -> float: ...
@in_c
def total(xs: Operands) -> Value | float:
    """Return Σ xₖ as one node (the builtin ``sum`` makes a chain of nodes); 0.0 for an empty list.

    >>> total([1.0, 2.0, 4.0])
    7.0

    In docs/concordance.md: general 2; lecture 13.
    """
    return read(rules.total, *_several("total", xs))


@overload
def mean(xs: Values) -> Value: ...
@overload
def mean(xs: Numbers) -> float: ...
@in_c
def mean(xs: Operands) -> Value | float:
    """Return (1/n) Σ xₖ as one node: the average cost of n examples; raise TypeError for an empty list.

    >>> mean([1.0, 2.0, 6.0])
    3.0

    In docs/concordance.md: calculus 16; lecture 23; week9 32, 33, 45.
    """
    return read(rules.mean, *_several("mean", xs))


@overload
def logsumexp(xs: Values) -> Value: ...
@overload
def logsumexp(xs: Numbers) -> float: ...
@in_c
def logsumexp(xs: Operands) -> Value | float:
    """Return ln Σ eˣᵏ as one node, without overflow; raise TypeError for an empty list.

    >>> logsumexp([1000.0, 1000.0]) - 1000.0  # ln 2
    0.69314718...
    """
    return read(rules.logsumexp, *_several("logsumexp", xs))


@overload
def softmax(xs: Values) -> list[Value]: ...
@overload
def softmax(xs: Numbers) -> list[float]: ...
@in_c
def softmax(xs: Operands) -> list[Value] | list[float]:
    """Return eˣʲ / Σ eˣᵏ for each j, positive and summing to 1: a node for each, and two shared nodes.

    These are l = logsumexp(xs) and s = Σ eˣᵏ⁻ˡ, which is 1 up to the rounding of l; each result is eˣʲ⁻ˡ / s.
    So the graph for n logits has 5n edges, and the results are exact for logits of any size.

    >>> softmax([0.0, 0.0, 1000.0])
    [0.0, 0.0, 1.0]
    """
    xs = _several("softmax", xs)
    if not xs:
        return []
    nodes = as_values(xs)
    level, s = apply(rules.logsumexp, *nodes), apply(rules.softmax_sum, *nodes)
    made, subtracted, divisor = nodes[0]._made, level._number, s._number
    shares = []
    for x in nodes:
        p = math.exp(x._number - subtracted) / divisor  # x is not above the level, and s is not 0
        shares.append(made(p, (x, level, s), (p, -p, -p / divisor), rules.softmax_share))
    return shares if any(isinstance(x, Value) for x in xs) else [share.data for share in shares]


@overload
def maximum(x: Value, /, *others: Operand) -> Value: ...
@overload
def maximum(x: Values, /) -> Value: ...
@overload
def maximum(x: Number, /, *others: Number) -> float: ...
@overload
def maximum(x: Numbers, /) -> float: ...
def maximum(x: Operand | Operands, /, *others: Operand) -> Value | float:
    """Return the largest of the operands, or of one list, as one node; ties share the derivative equally.

    >>> maximum(1.0, 3.0, 2.0), maximum([1.0, 3.0])
    (3.0, 3.0)
    """
    return read(rules.maximum, *(_several("maximum", x) if isinstance(x, Iterable) else (x,)), *others)


@overload
def minimum(x: Value, /, *others: Operand) -> Value: ...
@overload
def minimum(x: Values, /) -> Value: ...
@overload
def minimum(x: Number, /, *others: Number) -> float: ...
@overload
def minimum(x: Numbers, /) -> float: ...
def minimum(x: Operand | Operands, /, *others: Operand) -> Value | float:
    """Return the smallest of the operands, or of one list, as one node; ties share the derivative equally.

    >>> minimum(1.0, 3.0, 2.0), minimum([1.0, 3.0])
    (1.0, 1.0)
    """
    return read(rules.minimum, *(_several("minimum", x) if isinstance(x, Iterable) else (x,)), *others)


@in_c
def each_neuron(
    neurons: list[Any],
    xs: Sequence[Value],
    kind: type,  # noqa: ARG001  (for the compiled core)
    ways: tuple[Any, Any],  # noqa: ARG001  (as above)
) -> list[Value]:
    """Return the activation of each neuron for the same inputs.

    For neurons of the class ``kind``, the compiled core does the work of its two methods ``ways`` itself.
    """
    return [neuron.activate(neuron.pre_activation(xs)) for neuron in neurons]


def _numbers(nodes: Sequence[Operand]) -> list[float]:
    """Return the numbers of Values; raise AttributeError if there is a plain number among them."""
    return [node._number for node in nodes]  # type: ignore[union-attr]  # as above


def _several(name: str, xs: Operands) -> Sequence[Operand]:
    if isinstance(xs, (list, tuple)):  # nearly always
        return xs
    return listed(xs, f"{name} takes a list of Values or numbers")


def _same_length(
    name: str, first: str, xs: Operands, second: str, ys: Operands
) -> tuple[Sequence[Operand], Sequence[Operand]]:
    xs, ys = _several(name, xs), _several(name, ys)
    if len(xs) != len(ys):
        raise ValueError(
            f"{name} pairs {first} with {second}, got {len(xs)} and {len(ys)}; pass as many of each"
        )
    return xs, ys


FUNCTIONS = {
    rule.name: in_c(function(rule))
    for rule in rules.REGISTRY.values()
    if not rule.variadic and len(rule.operands) < 3 and rule is not rules.power
}
"""Rules with one or two operands; ``power`` and variadic rules are defined above, costs in ``nn``."""
