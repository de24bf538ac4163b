"""Evaluating a rule with floats, and its error: of Python's own type, with names and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from . import floats
from .real import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .rules import Rule

SHOWN = 6  # operands that a message lists before it ends in "…"
LONGEST = 40  # characters of a label that a message quotes
Unevaluable = (ValueError, ArithmeticError)


class Labelled(Protocol):
    """What a message needs to know of an operand."""

    @property
    def label(self) -> str:
        """Its name."""
        ...


def evaluate(
    rule: Rule, parents: Sequence[Labelled], operands: Sequence[float]
) -> tuple[float, tuple[float, ...]]:
    """Value and local derivatives of a rule at the given numbers; errors tell rule, numbers and labels."""
    try:
        return rule.function(floats, *operands)
    except Unevaluable as error:
        raise unevaluable(rule, operands, [parent.label for parent in parents], error) from None


def unevaluable(rule: Rule, operands: Sequence[float], labels: Sequence[str], error: Exception) -> Exception:
    """Say which rule failed, at which operands, and what its domain is; the type stays that of ``error``.

    >>> from engine import rules
    >>> unevaluable(rules.log, [-1.0], ["score"], ValueError("math domain error"))
    ValueError("log: outside its domain (x > 0) at x = -1.0 (label 'score')")
    """
    where = ", ".join(_operand(rule, k, x, label) for k, (x, label) in enumerate(_few(operands, labels)))
    if len(operands) > SHOWN:
        where += f", … ({len(operands)} operands)"
    parameters = ", ".join(f"{name}={short(value)}" for name, value in rule.parameters)
    name = f"{rule.name}({parameters})" if parameters else rule.name
    if isinstance(error, OverflowError):
        return OverflowError(f"{name}: the result exceeds the largest float at {where}")
    if isinstance(error, ZeroDivisionError):
        return ZeroDivisionError(f"{name}: division by zero at {where}; its domain is {rule.domain}")
    return type(error)(f"{name}: outside its domain ({rule.domain}) at {where}")


def how_to_install(extra: str) -> str:
    """What to do where the packages of an extra are missing.

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
