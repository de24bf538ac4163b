'''Custom operations: a function with its derivative becomes a rule like any other.

>>> from engine import Value, operation
>>> @operation(domain="x ≠ 0")
... def sinc(xp, x):
...     """sin x / x."""
...     z = xp.sin(x) / x
...     return z, ((xp.cos(x) - z) / x,)
>>> x = Value(2.0)
>>> y = sinc(x)
>>> y.backward()
>>> round(y.data, 6), round(x.grad, 6)
(0.454649, -0.435398)

``rules.rule`` registers the built-in rules; ``operation`` registers custom ones, after checking them.
'''

from __future__ import annotations

import dis
import inspect
import math
import re
import sys
from collections.abc import Iterable
from contextvars import Context
from itertools import pairwise
from keyword import iskeyword
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast, overload

from . import rules
from .arguments import closest
from .checking import check_rule, operand_names
from .functions import function, read
from .graph import topological_order
from .node import compiled
from .numeric import flag, is_real, real, short, told, whole
from .readings.code import written
from .readings.expressions import VOCABULARY, Expressions, pass_back
from .rules import choices
from .rules.rule import REGISTRY, check_free, entered, made
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from types import TracebackType
    from typing import TypeAlias

    from .functions import Function
    from .rules import Rule
    from .rules.vocabulary import Arithmetic, Result, X

    Part: TypeAlias = Callable[..., Any] | str
    """A value or a derivative: a function of the operands, or a formula."""


class Operation(Protocol):
    """A custom rule as a function: it returns a Value for Values, a float for plain numbers."""

    rule: Rule
    __call__: Function


@overload
def operation(function: Callable[..., Result], /) -> Operation: ...
@overload
def operation(
    name: str,
    value: Part = ...,
    /,
    *derivatives: Part,
    domain: str = ...,
    kinks: str = ...,
    symbol: str = ...,
    method: bool = ...,
    at: Iterable[Any] | None = ...,
) -> Operation: ...
@overload
def operation(
    *,
    domain: str = ...,
    kinks: str = ...,
    symbol: str = ...,
    at_least: int = ...,
    method: bool = ...,
    at: Iterable[Any] | None = ...,
) -> Callable[[Callable[..., Result]], Operation]: ...
def operation(
    defined: Callable[..., Result] | str | None = None,
    value: Part | None = None,
    /,
    *derivatives: Part,
    domain: str = "all x",
    kinks: str = "",
    symbol: str = "",
    at_least: int = 0,
    method: bool = False,
    at: Iterable[Any] | None = None,
    **unknown: Any,
) -> Any:
    """Turn a function and its derivative into an operation on Values that works everywhere like any other.

    As a decorator, it takes a rule: a function of the arithmetic ``xp`` and the operands that returns the
    value and a tuple of local derivatives, one for each operand. It may use ``+ - * /`` and the functions of
    ``xp`` (``xp.sin``, ``xp.where``, …; ``rules.vocabulary`` lists them), and parameters after a ``*``.

    >>> @operation
    ... def swish(xp, x, *, beta=1.0):
    ...     s = xp.sigmoid(beta * x)
    ...     return x * s, (s + beta * x * s * (1 - s),)
    >>> swish(Value(1.0), beta=2.0).data, swish(1.0)
    (0.880797..., 0.731058...)

    Or it takes a name, a function of the operands, and a function for the derivative with respect to each of
    them; they may use anything that works on Values. Each can be a formula instead. Derivatives that are left
    out are found by the chain rule.

    >>> cube = operation("cube", lambda x: x**3, lambda x: 3 * x**2)
    >>> gauss = operation("gauss(x, m) = exp(-(x - m)**2 / 2)")
    >>> gauss(Value(1.0), 0.0).data
    0.606530...

    ``domain``, ``kinks`` and ``symbol`` are shown wherever rules are; ``method=True`` also makes it a method
    of ``Value``. A rule with any number of operands, ``def f(xp, *xs)``, takes at least ``at_least``.

    Before it takes effect, the definition is checked against finite differences at random points, or at those
    in ``at`` (numbers, or tuples of one for each operand):

    >>> operation("cube", lambda x: x**3, lambda x: x**2)
    Traceback (most recent call last):
        ...
    engine.checking.GradientError: cube: the derivative with respect to x is wrong at 20 of 20 points
    ...

    A module can define an operation again, as a notebook cell does when it is rerun: then the new one is
    used, and existing nodes keep the old one. A pickle holds only an operation's name; a program that loads
    it must have defined the operation.

    Raises GradientError if a derivative is wrong; TypeError or ValueError for a function that does not have
    the form above, such as one that calls ``math.sin``, and for a name that belongs to another rule or, with
    ``method=True``, to another attribute of Value.
    """
    if unknown:
        raise TypeError(
            f"operation has no argument {short(next(iter(unknown)))}; derivatives follow the value without a "
            "keyword, as in operation('cube', lambda x: x**3, lambda x: 3*x**2)"
        )
    method, at_least = flag(method, "method"), whole(at_least, "at_least", 0)
    described: dict[str, Any] = {"domain": domain, "kinks": kinks, "symbol": symbol, "at_least": at_least}
    home = sys._getframe(1).f_globals.get("__name__", "__main__")  # noqa: SLF001  (as namedtuple does)
    if isinstance(defined, str):
        elsewhere = Context()  # outside any detect_anomaly(), since an operand without a number is NaN
        rule = elsewhere.run(_from_parts, defined, value, derivatives, home, described)
        return _entered(rule, method, at)

    def define(function: Callable[..., Result]) -> Operation:
        named = isinstance(function, FunctionType) and function.__name__ != "<lambda>"
        if not named or value is not None or derivatives:
            raise TypeError(
                f"operation takes a name, as in operation('cube', lambda x: x**3), got {told(function)}; "
                "or write @operation above def sinc(xp, x): …, which returns value and derivatives"
            )
        _check_signature(function)
        _check_name(function.__name__)
        return _entered(made(function, **described), method, at)

    return define if defined is None else define(defined)


def _entered(rule: Rule, method: bool, at: Iterable[Any] | None) -> Operation:  # noqa: FBT001  (as operation has it)
    """Check a rule, register it, and turn it into a function."""
    _check_reading(rule)
    old = vars(Value).get(rule.name)
    if method and hasattr(Value, rule.name) and not getattr(old, "operation", False):
        raise ValueError(f"Value already has an attribute {rule.name!r}; choose another name, or no method")
    check_free(rule)
    check_rule(rule, at)
    rule = entered(rule)
    call = _as_function(rule)
    if getattr(old, "operation", False):
        delattr(Value, rule.name)
    if method:
        setattr(Value, rule.name, _as_method(rule, call))
    return call


def _as_function(rule: Rule) -> Operation:
    call: Any = function(rule)
    if rule.variadic:

        def call(*xs: Any, **parameters: Any) -> Any:
            several = len(xs) == 1 and isinstance(xs[0], Iterable)
            bound = (
                rule.at(**{name: real(x, name) for name, x in parameters.items()}) if rule.defaults else rule
            )
            return read(bound, *(xs[0] if several else xs))

    kinds = inspect.Parameter
    call.__signature__ = inspect.Signature(
        [kinds(name, kinds.POSITIONAL_ONLY) for name in rule.operands]
        + [kinds("xs", kinds.VAR_POSITIONAL)] * rule.variadic
        + [
            kinds(name, kinds.KEYWORD_ONLY, default=kinds.empty if x is None else x)
            for name, x in rule.defaults
        ]
    )
    call.__name__ = call.__qualname__ = rule.name
    call.__module__, call.rule = rule.home, rule
    call.__doc__ = f"{rule.summary}\n\nDomain: {rule.domain}.".strip()
    return cast("Operation", call)


def _as_method(rule: Rule, call: Operation) -> Callable[..., Value]:
    """Return the operation as a method: compiled like the others if it has no parameters."""
    method: Any
    if len(rule.operands) in {1, 2} and not rule.defaults:
        method = compiled(rule)
    else:

        def method(self: Value, *others: Any, **parameters: Any) -> Any:
            return call(self, *others, **parameters)

        method.__name__, method.__doc__ = rule.name, call.__doc__
    method.operation = True
    return cast("Callable[..., Value]", method)


# ── From functions of the operands, or formulas, to a rule ────────────────────────────────────────


class Unknown(Value):
    """An operand whose number is unknown: anything computed from it is a graph without numbers."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(
            "an operation is read with numbers, arrays and formulas, so it cannot ask for the number of an "
            "operand, or compare it; use the Value itself, and maximum, relu or clip to choose, or write it "
            "with @operation and xp.where"
        )

    data = property(_refuse, _refuse)
    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _refuse

    def __float__(self) -> NoReturn:
        raise TypeError(
            "an operation is read with numbers, arrays and formulas, so a function of plain numbers such as "
            "math.sin does not work in it; write x.sin() or engine.sin(x)"
        )

    __int__ = __float__

    def __repr__(self) -> str:
        return f"the operand {self.label}"

    def __eq__(self, other: object) -> bool:
        return self is other if isinstance(other, Value) else self._refuse()

    __hash__ = Value.__hash__


UNNAMED = re.compile(r"\s*(\w+)\s*=(?!=)(.*)", re.DOTALL)
DEFINITION = re.compile(r"\s*(\w+)\s*\(([\w\s,]*)\)\s*=(?!=)(.*)", re.DOTALL)


def _from_parts(
    defined: str, value: Part | None, derivatives: Sequence[Part], home: str, described: dict[str, Any]
) -> Rule:
    """Make a rule from a name, a value, and derivatives, each a function of the operands or a formula."""
    name, names = defined, []
    if value is None:
        found = DEFINITION.fullmatch(defined)
        if not found:
            _ask_for_operands(defined)
            raise ValueError(
                f"operation needs a value for {short(defined)}, as in operation('cube', lambda x: x**3) or "
                "operation('cube(x) = x**3')"
            )
        name, value = found[1], found[3].strip()
        names = [operand.strip() for operand in found[2].split(",") if operand.strip()]
    _check_name(name)
    names = names or _operands(name, value)
    wrong = next((x for k, x in enumerate(names) if not x.isidentifier() or x in names[:k]), None)
    if wrong is not None:
        raise ValueError(
            f"the operands of {name} need a different name each, got {short(wrong)} in {short(defined)}; "
            f"write {name}(x, y) = …"
        )
    operands = {operand: Unknown(math.nan, label=operand) for operand in names}
    root = _traced(name, value, operands)[0]
    slopes = [slope for part in derivatives for slope in _traced(name, part, operands)]
    if slopes and len(slopes) != len(operands):
        raise TypeError(
            f"{name} has {len(operands)} operand{'s' * (len(operands) != 1)}, {', '.join(names)}, and got "
            f"{len(slopes)} derivative{'s' * (len(slopes) != 1)}; pass one for each operand, or none"
        )
    function: Any = _reading(list(operands.values()), root, slopes)
    function.__name__, function.__module__ = name, home
    function.__doc__ = value if isinstance(value, str) else inspect.getdoc(value)
    function.__signature__ = inspect.Signature(
        [inspect.Parameter(x, inspect.Parameter.POSITIONAL_ONLY) for x in ("xp", *names)]
    )
    return made(function, **described)


def _ask_for_operands(defined: str) -> None:
    """Raise ValueError for a definition such as ``E = m*c**2``, and say how to write it."""
    if found := UNNAMED.fullmatch(defined):
        name, formula = found[1], found[2].strip()
        operands = ", ".join(_operands(name, formula))
        raise ValueError(
            f"{short(defined)} does not name the operands of {name}; write {name}({operands}) = {formula}"
        )


def _operands(name: str, value: Part) -> list[str]:
    """Return the names of a function's parameters, or those in a formula."""
    if isinstance(value, str):
        from .parsing.parser import CONSTANTS, names_in  # noqa: PLC0415  (a function needs no parser)

        names = [found for found in names_in(value) if found not in CONSTANTS]
    elif callable(value):
        parameters = inspect.signature(value).parameters.values()
        names = [p.name for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
        if len(names) < len(parameters):
            raise TypeError(
                f"the value of {name} must be a function of named operands, as in lambda x, y: x * y; for any"
                " number of them, or for parameters, use @operation above def f(xp, *xs)"
            )
    else:
        raise TypeError(f"the value of {name} must be a function or a formula, got {told(value)}")
    if not names:
        raise TypeError(f"{name} has no operand; add one, as in operation('cube', lambda x: x**3)")
    return names


def _traced(name: str, part: Part, operands: dict[str, Unknown]) -> list[Value]:
    """Return the results of a function of the operands, or of a formula, as graphs without numbers."""
    if isinstance(part, str):
        from .parsing.parser import CONSTANTS, names_in, parse  # noqa: PLC0415  (as above)

        names = names_in(part)
        for stranger in names:
            if stranger not in operands and stranger not in CONSTANTS and stranger not in REGISTRY:
                others = ", ".join(operands)
                raise ValueError(
                    f"{name} has no operand {stranger!r}, got {short(part)}; its operands are {others}: "
                    f"add it, as in {name}({others}, {stranger})"
                )
        found = parse(part, {operand: operands[operand] for operand in names if operand in operands})
        returned: Any = found if found.parents or found in operands.values() else found.data
    elif callable(part):
        returned = part(*operands.values())
    else:
        raise TypeError(f"a derivative of {name} must be a function or a formula, got {told(part)}")
    roots = []
    for x in returned if isinstance(returned, list | tuple) else [returned]:
        if not isinstance(x, Value) and not is_real(x):
            raise TypeError(
                f"a function of the operation {name} must return something computed from its operands, got "
                f"{told(x)}; return a Value or a number"
            )
        roots.append(x if isinstance(x, Value) else Unknown._leaf(x))  # noqa: SLF001  (a constant)
    for node in topological_order(*roots):
        _check_traced(name, node, operands.values())
    return roots


def _check_traced(name: str, node: Value, operands: Collection[Value]) -> None:
    if node.parents and node.rule.name == "handmade":  # type: ignore[union-attr]  # it has parents
        raise TypeError(
            f"the operation {name} uses a node made by hand ({short(node._op)}), whose rule is unknown; "  # noqa: SLF001  (as repr shows it)
            "make that an operation first"
        )
    if not node.parents and node.rule is not rules.constant and node not in operands:
        raise TypeError(
            f"the operation {name} depends on a Value that is not one of its operands, {short(node)}; use its"
            " number, .data, or make it an operand"
        )


def _reading(operands: Sequence[Value], root: Value, slopes: Sequence[Value]) -> Callable[..., Result]:
    """Return a rule's function: the graph read by any arithmetic, with given or derived derivatives."""
    order, beyond = topological_order(root), topological_order(*slopes)

    def reading(xp: Arithmetic, *xs: X) -> Result:
        values: dict[Value, X] = dict(zip(operands, xs, strict=True))
        local = {node: _read(xp, node, node.rule, values) for node in order if node not in values}
        if slopes:
            for node in beyond:
                if node not in values:
                    _read(xp, node, _limit(node.rule), values)
            return values[root], tuple(values[slope] for slope in slopes)
        inner = [node for node in order if node.parents]
        grads = pass_back(inner, local, {root: cast("Any", 1.0)}, operands)
        return values[root], tuple(grads.get(x, 0.0) for x in operands)

    return reading


def _read(xp: Arithmetic, node: Value, rule: Rule | None, values: dict[Value, X]) -> tuple[X, ...]:
    """Add the value of a node to ``values``, and return its local derivatives."""
    if not node.parents:
        values[node] = node._number  # noqa: SLF001  (a constant: operands are Unknown)
        return ()
    values[node], slopes = cast("Rule", rule)(xp, *(values[parent] for parent in node.parents))
    return slopes


LIMITS = {
    rules.div: choices.ieee_div,
    rules.log: choices.ieee_log,
    rules.general_power: choices.ieee_pow,
}


def _limit(rule: Rule | None) -> Rule | None:
    """Return the rule that takes the limit where this one raises: values raise, derivatives do not."""
    if rule and rule.name == "power":
        return choices.ieee_power.at(**dict(rule.parameters))
    return LIMITS.get(rule, rule) if rule else None


# ── Checks before an operation is registered ──────────────────────────────────────────────────────


def _check_name(name: str) -> None:
    if not name.isidentifier() or iskeyword(name) or name.startswith("_"):
        raise ValueError(f"an operation's name must be that of a function, got {short(name)}; try 'cube'")
    if name in VOCABULARY and name not in REGISTRY:
        raise ValueError(f"{name!r} is a word of the language of rules; choose another name")


def _check_signature(function: Callable[..., Result]) -> None:
    name, parameters = function.__name__, [*inspect.signature(function).parameters.values()]
    kinds = [p.kind for p in parameters[1:]]
    fixed = [p for p in parameters[1:] if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    several = inspect.Parameter.VAR_POSITIONAL in kinds
    if bool(fixed) == several or inspect.Parameter.VAR_KEYWORD in kinds:
        raise TypeError(
            f"{name}{inspect.signature(function)} is not the form of a rule; write def {name}(xp, x), with "
            f"the arithmetic xp first, then the operands, or def {name}(xp, *xs); parameters follow a *"
        )
    for p in fixed:
        if p.default is not p.empty:
            raise TypeError(
                f"the operand {p.name} of {name} has a default; write parameters after a *, as in "
                f"def {name}(xp, x, *, {p.name}={p.default!r})"
            )


def _check_reading(rule: Rule) -> None:
    """Reject a function that cannot be read with formulas, with advice on what to write instead."""
    *_, names = operand_names(rule)
    try:
        try:
            written(rule, names)
        except TypeError:
            if not rule.variadic:
                raise
            written(rule, names[1:])  # such as one that takes pairs
    except (TypeError, AttributeError) as error:
        raise TypeError(_advice(rule.name, error)) from None  # its traceback is internal


ELSEWHERE = {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")} | {
    "max": "maximum",
    "min": "minimum",
    "pow": "power",
}
"""The names of functions of xp in other modules, if they differ."""


def _advice(name: str, error: Exception) -> str:
    """Return what to write instead of the code that raised an error."""
    if "must return its value and a tuple" in str(error):
        return str(error)
    called = _called_at(error)
    word = ELSEWHERE.get(called.rpartition(".")[2], called.rpartition(".")[2])
    if isinstance(error, AttributeError):
        close = closest(ELSEWHERE.get(str(error.name), str(error.name)), VOCABULARY)
        hint = f"did you mean xp.{close}?" if close else f"xp has {', '.join(VOCABULARY)}"
        trouble = f"xp has no {error.name}" if isinstance(error.obj, Expressions) else error
        return f"{name} cannot be read with formulas: {trouble}; {hint}"
    if word in VOCABULARY:
        return (
            f"{name} calls {called}, which takes only plain numbers, but a rule is also read with arrays and "
            f"formulas; write xp.{word}"
        )
    if "neither true nor false" in str(error):
        return (
            f"{name} branches on a condition on an operand, which may be an array or a formula; "
            "write xp.where(x > 0, a, b), or xp.maximum(x, 0.0)"
        )
    if called == "**":
        return f"{name} uses **, which some arithmetics do not have; write xp.power(x, 3), or x * x * x"
    return (
        f"{name} cannot be read with formulas: {error}; use + - * / and the functions of xp, "
        f"which are {', '.join(VOCABULARY)}"
    )


def _called_at(error: Exception) -> str:
    """Return the function that the user's code called last, as written there, or the operator."""
    trace = users = cast("TracebackType", error.__traceback__)
    while trace.tb_next:
        trace = trace.tb_next
        if not trace.tb_frame.f_globals.get("__name__", "").startswith(f"{__package__}."):
            users = trace
    code = users.tb_frame.f_code
    steps = [
        step
        for step in dis.get_instructions(code)
        if step.offset <= users.tb_lasti and step.positions and step.positions.lineno == users.tb_lineno
    ]
    if steps[-1].opname == "BINARY_OP":
        return steps[-1].argrepr
    found = ""
    for base, step in pairwise(steps):
        if step.opname in {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"}:
            found = step.argval
        elif step.opname in {"LOAD_METHOD", "LOAD_ATTR"} and base.argval != code.co_varnames[0]:
            found = f"{base.argval}.{step.argval}"  # else a function of xp, among the operands of the call
    return found
