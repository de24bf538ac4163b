"""The operators and functions of an expression, and how each function is written."""

from __future__ import annotations

import ast
from functools import partial
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from engine import rules
from engine.functions import FUNCTIONS, power, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.operators import Operand
    from engine.rules import Rule
    from engine.value import Value

    Result: TypeAlias = Value | float

ALIASES = {
    "ln": "log",
    "sigma": "sigmoid",
    "σ": "sigmoid",
    "logistic": "sigmoid",
    "sum": "total",
    "max": "maximum",
    "min": "minimum",
    "pow": "power",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
}
"""Other names that a function goes by."""

OF_SEVERAL = (rules.total, rules.mean, rules.maximum, rules.minimum, rules.logsumexp)
COSTS = tuple(found for found in vars(rules.costs).values() if isinstance(found, rules.Rule))
OF_SEVERAL_VALUES = {"softmax": "write exp(x)/(exp(x) + exp(y)) for each of its values"}
EXACT = 2**53  # below it a float that is whole has all of its digits


class Form(NamedTuple):
    """A function as an expression calls it."""

    call: Callable[..., Result]
    """Of plain numbers a number, else a Value; TypeError for arguments of another form."""
    written: str
    """How a call is written, for a message."""


def raised(x: Operand, y: Operand) -> Result:
    """x to the power y: a number y is part of the rule, and a whole one stays whole, as in ``x ** 2``.

    >>> raised(-2.0, 3.0)
    -8.0
    """
    if isinstance(y, float) and y.is_integer() and abs(y) < EXACT:
        return power(x, int(y))
    return power(x, y)


def _of_rule(rule: Rule) -> Form:
    """The operands by position, then the parameters by position or by name."""
    signature = Signature(
        [Parameter(name, Parameter.POSITIONAL_ONLY) for name in rule.operands]
        + [
            Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=Parameter.empty if x is None else x)
            for name, x in rule.defaults
        ]
    )

    def call(*given: Any, **named: Any) -> Result:
        bound = signature.bind(*given, **named)
        bound.apply_defaults()
        function: Callable[..., Result] = FUNCTIONS[rule.name]
        return function(*bound.args)

    parameters = [name if x is None else f"{name}={x:g}" for name, x in rule.defaults]
    written = f"{rule.name}({', '.join((*rule.operands, *parameters))})"
    numbers = " and ".join(name for name, _ in rule.defaults)
    return Form(call, f"{written}, with a plain number for {numbers}" if numbers else written)


def _of_several(rule: Rule) -> Form:
    """Any number of operands, or one list of them."""

    def call(*given: Any) -> Result:
        return read(rule, *(_listed(*given) if len(given) == 1 else given))

    return Form(call, f"{rule.name}(x, y, …)")


def _of_pairs(rule: Rule) -> Form:
    """Two operands, or two lists of equal length."""

    def call(xs: Any, ys: Any, /) -> Result:
        return read(rule, *_paired(xs, ys))

    return Form(call, f"{rule.name}(a, y), or {rule.name}([a, …], [y, …]) with as many of each")


def _affine(b: Operand, ws: Any, xs: Any, /) -> Result:
    return read(rules.affine, b, *_paired(ws, xs))


def _paired(xs: Any, ys: Any) -> list[Operand]:
    xs, ys = _listed(xs), _listed(ys)
    if len(xs) != len(ys):
        raise TypeError("operands come in pairs")
    return [*xs, *ys]


def _listed(x: Any) -> list[Operand]:
    return x if isinstance(x, list) else [x]


FORMS = {
    **{name: _of_rule(rules.REGISTRY[name]) for name in FUNCTIONS},
    **{rule.name: _of_several(rule) for rule in OF_SEVERAL},
    **{rule.name: _of_pairs(rule) for rule in (*COSTS, rules.dot)},
    "affine": Form(_affine, "affine(b, w, x), or affine(b, [w, …], [x, …]) with as many of each"),
    "power": Form(raised, "power(x, y)"),
}
"""Every function of the engine that has one value, and the costs, by name."""
FORMS |= {alias: FORMS[name] for alias, name in ALIASES.items()}

UNARY: dict[type[ast.unaryop], Callable[[Result], Result]] = {
    ast.UAdd: lambda x: x,
    ast.USub: partial(read, rules.neg),
}
BINARY: dict[type[ast.operator], Callable[[Result, Result], Result]] = {
    ast.Add: partial(read, rules.add),
    ast.Sub: partial(read, rules.sub),
    ast.Mult: partial(read, rules.mul),
    ast.Div: partial(read, rules.div),
    ast.Pow: raised,
}
