"""Custom nodes: the positional arguments of micrograd and microgpt, or local derivatives of your own.

>>> from engine import Value
>>> x = Value(3.0)
>>> Value(9.0, (x, x), "*").local_derivatives
(3.0, 3.0)
>>> Value(27.0, (x,), "cube", local_derivatives=[27]).local_derivatives
(27.0,)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, TypeVar

from . import rules
from .numeric import Number, evaluate, real, short, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .rules import Rule


class Parent(Protocol):
    """What is asked of a parent."""

    @property
    def data(self) -> float:
        """Its number."""
        ...

    @property
    def label(self) -> str:
        """Its name."""
        ...


N = TypeVar("N", bound=Parent)


def one_each(parents: Sequence[object], local_derivatives: Sequence[Number]) -> tuple[float, ...]:
    """Return local derivatives as floats; TypeError or ValueError unless they are one number per parent."""
    if not isinstance(local_derivatives, Iterable):
        raise TypeError(
            "local derivatives must be a list, one number for each parent, as in (1.0, 0.5); "
            f"got {told(local_derivatives)}; put it in [ ]"
        )
    slopes = tuple(real(slope, "local derivative") for slope in local_derivatives)
    if len(slopes) != len(parents):
        raise ValueError(
            f"got {len(parents)} parents and {len(slopes)} local derivatives; "
            "give one local derivative for each parent"
        )
    return slopes


def provenance(
    parents: Iterable[N], op: str | Sequence[Number], local_derivatives: Sequence[Number] | None
) -> tuple[Rule | None, tuple[N, ...], tuple[float, ...]]:
    """The rule, parents and local derivatives of a node made by hand.

    With local derivatives, ``op`` is only a name; without, it is an operation's symbol, and its rule
    supplies them. Raises TypeError or ValueError where a gradient could not pass.
    """
    if not isinstance(parents, Iterable):
        raise TypeError(f"parents must be a tuple of Values, got {told(parents)}; put it in ( ,)")
    parents = tuple(parents)
    if not isinstance(op, str):  # microgpt's third argument
        if local_derivatives is not None:
            raise TypeError(f"local derivatives were given twice, got op = {told(op)} too; give op as text")
        if not isinstance(op, Iterable):
            raise TypeError(
                "op must be text, or in its place the local derivatives, one for each parent, "
                f"as in (1.0, 0.5); got {told(op)}"
            )
        return provenance(parents, "", op)
    for parent in parents:
        if not hasattr(parent, "local_derivatives"):
            raise TypeError(
                f"parents must be Values, got {told(parent)}; pass the nodes that this one is computed from"
            )
    if not (parents or op or local_derivatives):
        return None, (), ()
    if local_derivatives is None and parents:
        rule = _rule_of(op, len(parents))
        _, slopes = evaluate(rule, parents, [parent.data for parent in parents])
    else:
        rule = rules.handmade(op)
        slopes = one_each(parents, () if local_derivatives is None else local_derivatives)
    return rule, parents, slopes


def _rule_of(op: str, operands: int) -> Rule:
    """The rule with this symbol and arity; ``**k`` is the power k."""
    if op.startswith("**") and operands == 1:
        return rules.power.at(n=_exponent(op))
    for rule in rules.REGISTRY.values():
        fits = rule.variadic or len(rule.operands) == operands
        if rule.symbol == op and fits and None not in dict(rule.defaults).values():
            return rule
    raise ValueError(
        f"the symbol {short(op)} names no rule of {operands} operands, so its local derivatives are unknown; "
        "pass them: Value(data, parents, op, local_derivatives=[…])"
    )


def _exponent(op: str) -> float:
    try:
        return float(op[2:])
    except ValueError:
        raise ValueError(f"the exponent in {short(op)} must be a number, as in '**3'") from None
