"""Rules: an elementary function as its value and local derivatives, over any arithmetic."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial, wraps
from itertools import count
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from .vocabulary import Arithmetic, Result, X


@dataclass(frozen=True, slots=True)
class Rule:
    """An elementary function with its local derivatives, readable by every arithmetic.

    Two rules are equal if their names and parameters are; in this comparison, 2 equals 2.0, NaN equals NaN,
    and 0.0 differs from −0.0. Calling a rule reads it with an arithmetic:

    >>> from engine import floats, rules
    >>> rules.mul(floats, 3.0, 4.0)
    (12.0, (4.0, 3.0))
    >>> rules.power.at(n=2)(floats, 3.0)
    (9.0, (6.0,))
    """

    name: str
    function: Callable[..., Result] = field(repr=False, compare=False)
    operands: tuple[str, ...] = field(repr=False, compare=False)
    """Names of the operands; empty for a rule of variable arity."""
    variadic: bool = field(default=False, repr=False, compare=False)
    at_least: int = field(default=0, repr=False, compare=False)
    """The smallest number of operands of a rule of variable arity."""
    domain: str = field(default="", repr=False, compare=False)
    kinks: str = field(default="", repr=False, compare=False)
    """Where the function has no derivative, and which value is used there."""
    summary: str = field(default="", repr=False, compare=False)
    symbol: str = field(default="", repr=False, compare=False)
    defaults: tuple[tuple[str, Any], ...] = field(default=(), repr=False, compare=False)
    """The parameters that the rule takes, with their defaults (``None`` if one must be given)."""
    parameters: tuple[tuple[str, float], ...] = field(default=(), compare=False)
    """The parameters that this rule is bound to: the 2 of ``x ** 2``."""
    keys: tuple[float | str, ...] = field(default=(), repr=False)
    """The parameters in the form used for comparison."""
    home: str = field(default="", repr=False, compare=False)
    """The module that defined a custom rule; empty for built-in rules."""
    edition: int = field(default=0, repr=False)
    """A different number for each custom rule: a rule that is defined again is a different rule."""

    @property
    def unusual(self) -> tuple[float, ...]:
        """The bound parameters, if they are not the defaults.

        >>> from engine import rules
        >>> rules.elu.at(alpha=2.0).unusual, rules.elu.at().unusual, rules.clip.at(lo=0.0, hi=1.0).unusual
        ((2.0,), (), (0.0, 1.0))
        """
        bound = self.parameters and self.parameters != self.defaults
        return tuple(x for _, x in self.parameters) if bound else ()

    @property
    def description(self) -> str:
        """The text that ``help()`` shows for the rule's function."""
        return f"{self.summary}\n\nDomain: {self.domain}." + f" Kinks: {self.kinks}." * bool(self.kinks)

    def __call__(self, xp: Arithmetic, *operands: X) -> Result:
        """Return the value and one local derivative per operand."""
        return self.function(xp, *operands)

    def at(self, **parameters: float) -> Rule:
        """Bind the rule's parameters, such as the exponent of ``power``; defaults fill the rest.

        Raises TypeError for a parameter that the rule does not have, and if one is missing.

        >>> from engine import rules
        >>> rules.clip.at(lo=-1.0, hi=1.0).parameters
        (('lo', -1.0), ('hi', 1.0))
        >>> rules.clip.at(low=0.0)
        Traceback (most recent call last):
            ...
        TypeError: clip takes the parameters lo, hi; got low
        """
        given = dict(self.defaults) | parameters
        names = tuple(name for name, _ in self.defaults)
        if len(given) > len(names) or None in given.values():
            expected, got = ", ".join(names) or "none", ", ".join(parameters) or "none"
            raise TypeError(f"{self.name} takes the parameters {expected}; got {got}")
        numbers = [_plain(x) for x in given.values()]
        return _bound(self, tuple(map(_key, numbers)), *numbers)

    def __reduce__(self) -> tuple[Callable[..., Rule], tuple[Any, ...]]:
        """Return its name: a pickle never carries code."""
        return (named, (self.name, self.symbol, self.parameters, *[self.home] * bool(self.home)))


def _plain(x: float) -> float:
    """Return an int or a float; True is 1, and a NumPy number becomes Python's."""
    return int(x) if isinstance(x, int) else float(x)


def _key(x: float) -> float | str:
    """Return a key to compare numbers by, since 0.0 == −0.0, and NaN is not equal to itself."""
    return x if x < 0 or x > 0 else repr(float(x))


@lru_cache(maxsize=1024, typed=True)
def _bound(rule: Rule, keys: tuple[float | str, ...], *values: float) -> Rule:
    names = (name for name, _ in rule.defaults)
    parameters = tuple(zip(names, values, strict=True))
    return replace(
        rule,
        function=partial(rule.function, **dict(parameters)),
        symbol=_with_parameters(rule, parameters),
        parameters=parameters,
        keys=keys,
    )


def _with_parameters(rule: Rule, parameters: tuple[tuple[str, float], ...]) -> str:
    """Return the symbol of a bound rule; it shows parameters other than the defaults: ``elu(·, 2)``."""
    shown = rule.symbol.format(**dict(parameters))
    if shown != rule.symbol or not parameters or parameters == rule.defaults:
        return shown
    return f"{shown}({', '.join(['·', *(f'{x:.6g}' for _, x in parameters)])})"


REGISTRY: dict[str, Rule] = {}
INNER: dict[str, Rule] = {}
"""Rules that occur only in graphs of derivatives."""
EDITIONS = count(1)


@overload
def rule(function: Callable[..., Result], /) -> Rule: ...
@overload
def rule(
    *, domain: str = ..., kinks: str = ..., symbol: str = ..., at_least: int = ..., inner: bool = ...
) -> Callable[[Callable[..., Result]], Rule]: ...
def rule(
    function: Callable[..., Result] | None = None, /, *, inner: bool = False, **described: Any
) -> Rule | Callable[[Callable[..., Result]], Rule]:
    """Register a function ``f(xp, *operands, **parameters)`` as a rule of the same name.

    An inner rule goes to ``INNER``, which nothing lists. ``engine.operation`` makes custom rules in the same
    way, and checks them.
    """

    def register(function: Callable[..., Result]) -> Rule:
        return entered(made(function, **described), inner=inner)

    return register if function is None else register(function)


def made(
    function: Callable[..., Result],
    *,
    domain: str = "all x",
    kinks: str = "",
    symbol: str = "",
    at_least: int = 0,
) -> Rule:
    """Turn a function into a rule, without registering it.

    For a custom rule, every reading checks the result, and raises TypeError for anything but a value and one
    local derivative for each operand. (For built-in rules, the tests do this.)
    """
    _, *params = inspect.signature(function).parameters.values()
    ours = function.__module__.startswith(__package__)
    return Rule(
        name=function.__name__,
        function=function if ours else _counted(function),
        operands=tuple(p.name for p in params if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}),
        variadic=any(p.kind is p.VAR_POSITIONAL for p in params),
        at_least=at_least,
        domain=domain,
        kinks=kinks,
        summary=inspect.cleandoc(function.__doc__ or ""),
        symbol=symbol or function.__name__,
        defaults=tuple(
            (p.name, None if p.default is p.empty else p.default) for p in params if p.kind is p.KEYWORD_ONLY
        ),
        home="" if ours else function.__module__,
        edition=0 if ours else next(EDITIONS),
    )


def entered(rule: Rule, *, inner: bool = False) -> Rule:
    """Register a rule; it replaces a rule of the same name and module.

    So a notebook cell can be run again. Existing nodes keep the old rule. Raises ValueError if the name
    belongs to a rule of another module.
    """
    check_free(rule)
    registry = INNER if inner else REGISTRY
    registry[rule.name] = rule
    return rule


def check_free(rule: Rule) -> None:
    """Raise ValueError if the rule's name belongs to a rule of another module."""
    old = REGISTRY.get(rule.name) or INNER.get(rule.name)
    if old and (not old.home or old.home != rule.home):
        whose = f", of the module {old.home}" * bool(old.home)
        raise ValueError(f"there is already a rule named {rule.name!r}{whose}; choose another name")


def _counted(function: Callable[..., Result]) -> Callable[..., Result]:
    """Return the function with a check of its result: a value and one slope per operand."""

    @wraps(function)
    def counted(xp: Arithmetic, *operands: X, **parameters: float) -> Result:
        result: Any = function(xp, *operands, **parameters)
        try:
            value, slopes = result
            got, expected = len(slopes), len(operands)
        except (TypeError, ValueError):
            parts = result if isinstance(result, tuple) else (result,)
            kinds = ", ".join(type(part).__name__ for part in parts)
            raise TypeError(_misshapen(function, kinds or "an empty tuple")) from None
        if got != expected:
            raise TypeError(_misshapen(function, f"{got} for {expected} operand{'s' * (expected != 1)}"))
        return value, slopes

    return counted


def _misshapen(function: Callable[..., Result], got: str) -> str:
    return (
        f"the rule {function.__name__} must return its value and a tuple of local derivatives, one for each "
        f"operand, as in `return x * y, (y, x)`; got {got}"
    )


def handmade(op: str) -> Rule:
    """Return a rule that is only a name, for a node whose local derivatives were set by hand."""

    def unknown(*_: X) -> Result:
        raise TypeError(
            f"a node made by hand ({op!r}) has no rule to recompute it; "
            "use the functions of engine, or set data and local_derivatives yourself"
        )

    return Rule(name="handmade", function=unknown, operands=(), symbol=op)


def _given(*_: X) -> Result:
    raise TypeError("a constant is a number as it was given: no rule computes it")


constant = Rule(name="constant", function=_given, operands=())
"""A rule that only marks leaves made from plain numbers in an expression: the 2 of ``2 * x``."""


def named(name: str, symbol: str, parameters: tuple[tuple[str, float], ...], home: str = "") -> Rule:
    """Return the rule that a pickle or a file refers to, defined in the module ``home``.

    Raises ValueError if there is no rule of that name.
    """
    if name == "handmade":
        return handmade(symbol)
    if name == constant.name:
        return constant
    found = REGISTRY.get(name) or INNER.get(name)
    if found is None:
        raise ValueError(
            f"no rule is named {name!r}; "
            + (
                f"it is an operation that {home} defined: run that definition, then load again"
                if home
                else "the file may come from a newer version of chainrule"
            )
        )
    return found.at(**dict(parameters)) if parameters else found
