"""Convert arguments to float or int and refuse everything else with advice; evaluate a rule with floats.

An error in a rule keeps Python's own type and names the rule, its operands and their labels.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from math import isfinite
from numbers import Complex, Real
from operator import index
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard

from .readings import floats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal
    from fractions import Fraction

    import numpy as np

    from .rules import Rule

Number: TypeAlias = "float | Fraction | Decimal | np.integer[Any] | np.floating[Any]"
"""One real number: anything real that ``float`` accepts, as far as types can express it."""


def is_real(x: object) -> TypeGuard[Number]:
    """Return whether x is a single real number; text, complex numbers, None and arrays are not.

    >>> from fractions import Fraction
    >>> [is_real(x) for x in (1, True, Fraction(1, 3), "1", 1j, None, [1.0])]
    [True, True, True, False, False, False, False]
    """
    if isinstance(x, (float, int)):  # nearly always: checking the abstract classes below is slow
        return True
    if isinstance(x, Complex):
        return isinstance(x, Real)
    return hasattr(type(x), "__float__") and not hasattr(x, "__len__")  # the class ``float`` is not a number


def real(x: object, what: str) -> float:
    """Convert x to float; ``what`` names the argument in error messages.

    Raises TypeError if x is not a real number, and OverflowError if it is an integer or a fraction beyond the
    largest float.

    >>> real(2, "data")
    2.0
    >>> real("2", "data")
    Traceback (most recent call last):
        ...
    TypeError: data must be a real number, got str '2'; convert text with float(...) first
    """
    try:
        if isinstance(x, (float, int)):  # as above
            return float(x)
        if is_real(x) and not _is_value(x):
            with suppress(TypeError):  # NumPy's dates have __float__, and refuse
                return float(x)
    except OverflowError:
        raise OverflowError(
            f"{what} must fit into a float, whose largest is about 1.8e308, got {told(x)}; "
            "pass a smaller number, or its logarithm"
        ) from None
    raise TypeError(f"{what} must be a real number, got {told(x)}; {advice(x)}")


def finite(x: object, what: str) -> float:
    """Convert x to float; raise ValueError if it is infinite or NaN, TypeError if it is not a real number.

    >>> finite("0.1", "lr")
    Traceback (most recent call last):
        ...
    TypeError: lr must be a real number, got str '0.1'; convert text with float(...) first
    """
    number = real(x, what)
    if not isfinite(number):
        raise ValueError(f"{what} must be a finite number, got {number!r}; pass one such as 0.1")
    return number


def whole(n: object, what: str, least: int) -> int:
    """Convert a count or a limit to int; raise TypeError if it is not whole, ValueError if it is too small.

    >>> whole(3, "epochs", 0)
    3
    >>> whole(2.5, "epochs", 0)
    Traceback (most recent call last):
        ...
    TypeError: epochs must be a whole number, got float 2.5; pass an int of 0 or more
    """
    if isinstance(n, bool) or not hasattr(type(n), "__index__"):
        raise TypeError(f"{what} must be a whole number, got {told(n)}; pass an int of {least} or more")
    found = index(n)  # type: ignore[arg-type]  # it has __index__, checked above
    if found < least:
        raise ValueError(
            f"{what} must be at least {least}, got {short(found)}; pass an int of {least} or more"
        )
    return found


def in_json(x: float) -> float | str:
    """Return a number for JSON; infinity and NaN, which JSON lacks, as text for Python and JavaScript.

    >>> in_json(0.5), in_json(float("-inf")), in_json(float("nan"))
    (0.5, '-Infinity', 'NaN')
    """
    return x if isfinite(x) else repr(x).replace("nan", "NaN").replace("inf", "Infinity")


def flag(x: object, what: str, advice: str = "pass one of the two") -> bool:
    """Return True or False; raise TypeError for anything else, such as text, which would be truthy.

    >>> flag(1, "bias"), flag(False, "bias")
    (True, False)
    >>> flag("no", "bias")
    Traceback (most recent call last):
        ...
    TypeError: bias must be True or False, got str 'no'; pass one of the two
    """
    if not is_real(x) or x not in {0, 1}:
        raise TypeError(f"{what} must be True or False, got {told(x)}; {advice}")
    return bool(x)


def told(x: object) -> str:
    """Describe what was passed, for a message: its type, and as much of its text as fits.

    >>> told("2"), told(None), told([0.0] * 1000)
    ("str '2'", 'NoneType None', 'list [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0…')
    """
    return short(x, before=f"{type(x).__name__} ")


def short(x: object, *, before: str = "") -> str:
    """Return as much of the repr as fits into a message, on one line, after the text ``before``.

    >>> short(10**400), short(10**5000)
    ('100000000000000000000000000000000000000…', 'of too many digits to be written')
    """
    from .characters import printable, shortened  # noqa: PLC0415  (a program without messages needs none of it)

    try:
        text = " ".join(repr(x).split())
    except ValueError:  # an int with more digits than Python converts
        text = "of too many digits to be written"
    return printable(before + shortened(text, 40))


def _is_value(x: object) -> bool:
    return hasattr(type(x), "local_derivatives")


def advice(x: object) -> str:
    """Return what to pass instead of something that is not a real number."""
    if isinstance(x, str | bytes):
        return "convert text with float(...) first"
    if isinstance(x, Complex):
        return "pass its real part, or real and imaginary part as two Values"
    if _is_value(x):
        return "use the Value as it is, or its .data for the number alone"
    if hasattr(x, "__len__"):
        if getattr(x, "ndim", None) == 0:
            return "pass its .item()"
        return "pass its elements one by one: one Value holds one number"
    return "pass an int or a float"


NOT_NUMBERS = (str, bytes, complex, list, tuple, dict, set, frozenset, type(None))


def refuse(other: object) -> Any:
    """Raise TypeError for anything that is never an operand; leave arrays and such to their own operators.

    >>> refuse("2")
    Traceback (most recent call last):
        ...
    TypeError: cannot combine a Value with str '2': an operand is a Value or a real number; convert text ...
    """
    if isinstance(other, NOT_NUMBERS):
        raise TypeError(
            f"cannot combine a Value with {told(other)}: an operand is a Value or a real number; "
            + advice(other)
            + see("operands")
        )
    return NotImplemented


# ── Evaluating a rule with floats ─────────────────────────────────────────────────────────────────

SHOWN = 6  # operands that a message lists before it ends in "…"
LONGEST = 40  # characters of a label that a message quotes
WRITTEN = {"div": "x / y", "power": "x ** n", "general_power": "x ** y"}
"""Operators that can fail, as people write them."""
Unevaluable = (ValueError, ArithmeticError)


class Labelled(Protocol):
    """What a message needs to know about an operand."""

    @property
    def label(self) -> str:
        """Its name."""
        ...


def evaluate(
    rule: Rule, parents: Sequence[Labelled], operands: Sequence[float]
) -> tuple[float, tuple[float, ...]]:
    """Return value and local derivatives of a rule; errors name the rule, the numbers and the labels."""
    try:
        return rule.function(floats, *operands)
    except Unevaluable as error:
        raise unevaluable(rule, operands, [parent.label for parent in parents], error) from None


def unevaluable(rule: Rule, operands: Sequence[float], labels: Sequence[str], error: Exception) -> Exception:
    """Return an error that names the rule, its operands and its domain; the type is that of ``error``.

    A rule that is written with an operator is named as it was written, too.

    >>> from engine import rules
    >>> unevaluable(rules.log, [-1.0], ["score"], ValueError("math domain error"))
    ValueError("log: outside its domain (x > 0) at x = -1.0 (label 'score'); see docs/errors/domain.md")
    """
    where = ", ".join(_operand(rule, k, x, label) for k, (x, label) in enumerate(_few(operands, labels)))
    if len(operands) > SHOWN:
        where += f", … ({len(operands)} operands)"
    parameters = ", ".join(f"{name}={short(value)}" for name, value in rule.parameters)
    name = f"{rule.name}({parameters})" if parameters else rule.name
    if rule.name in WRITTEN:
        name = f"{WRITTEN[rule.name]}, rule {name}"
    if isinstance(error, OverflowError):
        return OverflowError(f"{name}: the result exceeds the largest float at {where}{see('domain')}")
    if isinstance(error, ZeroDivisionError):
        return ZeroDivisionError(
            f"{name}: division by zero at {where}; its domain is {rule.domain}{see('domain')}"
        )
    return type(error)(f"{name}: outside its domain ({rule.domain}) at {where}{see('domain')}")


def binder(rule: Rule, *, typed: bool) -> Callable[..., Rule]:
    """Return a function that binds a rule to parameters and caches the last binding.

    It takes one int, which is quicker; or, if ``typed``, any numbers, each followed by its repr if it is
    zero, because 0.0 and −0.0 are equal.

    >>> from engine import rules
    >>> binder(rules.power, typed=False)(2).symbol, binder(rules.elu, typed=True)(0.5, False).symbol
    ('**2', 'elu(·, 0.5)')
    """

    @lru_cache(maxsize=256, typed=typed)
    def at(*numbers_and_zeros: Any) -> Rule:
        numbers = {name: x for (name, _), x in zip(rule.defaults, numbers_and_zeros[::2], strict=True)}
        for name, x in numbers.items():
            real(x, f"{name} of {rule.name}")
        return rule.at(**numbers)

    return at


ERRORS = "docs/errors/{}.md"
"""Where the page about a kind of error is in a clone; once the site has an address, put it here."""


def see(page: str) -> str:
    """Return the end of a message that needs a longer explanation: a reference to its page.

    >>> see("domain")
    '; see docs/errors/domain.md'
    """
    return f"; see {ERRORS.format(page)}"


def how_to_install(extra: str) -> str:
    """Return how to install the packages of an extra.

    >>> how_to_install("plot")
    "pip install 'chainrule[plot]', or in a clone of the repository pip install '.[plot]'"
    """
    return f"pip install 'chainrule[{extra}]', or in a clone of the repository pip install '.[{extra}]'"


def _few(operands: Sequence[float], labels: Sequence[str]) -> list[tuple[float, str]]:
    return list(zip(operands, labels, strict=True))[:SHOWN]


def _operand(rule: Rule, k: int, x: float, label: str) -> str:
    name = rule.operands[k] if k < len(rule.operands) else f"operand {k}"
    told = label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
    return f"{name} = {x!r} (label {told!r})" if label else f"{name} = {x!r}"


def refuse_seed(gradient: object, retain_graph: object = True, create_graph: object = False) -> None:  # noqa: ARG001, FBT002  (PyTorch's)
    """Raise TypeError for a seed passed to ``backward()``, which starts from 1, and for ``create_graph``.

    >>> refuse_seed(2)
    Traceback (most recent call last):
        ...
    TypeError: backward() begins with 1, the derivative of a node by itself, got int 2; leave it out, or ...
    """
    if gradient is not None:
        raise TypeError(
            f"backward() begins with 1, the derivative of a node by itself, got {told(gradient)}; leave it "
            "out, or for another factor write (2 * C).backward()"
        )
    if create_graph:
        raise TypeError(
            "backward() computes numbers, which cannot be differentiated again; write engine.grad(C, x) "
            "instead of create_graph=True: it returns the derivative as a Value"
        )
