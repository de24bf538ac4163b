r"""All that a node was computed from as one formula, in the names of labelled nodes.

>>> from engine import Value, grad
>>> x = Value(2.0, label="x")
>>> print(whole(grad(grad(x**4))), "|", whole(grad(x * x.sin())).latex())
12 x² | \sin(x) + x \cos(x)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.given import a_value
from engine.graph import topological_order
from engine.names import names
from engine.real import flag

from .algebra import Formulas
from .reading import LONGEST, NAMED, Formula, by_hand, named, rule_of
from .symbols import symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.expressions import Expression
    from engine.value import Value

MOST = 500
"""Operations that one formula may have, and terms of a sum that are shown; nobody reads a longer one."""

TOO_LONG = MOST + 1, LONGEST + 1


def whole(C: Value, *, leaves: bool = False) -> Formula:
    """The formula of a node in the names of its nearest labelled ancestors, or in those of its leaves.

    Of a derivative that ``grad`` gives it is the derivative in symbols, with a case for each side of a kink.
    TypeError for what is no Value; ValueError for more than 500 operations, or 4,000 operands of them, where
    labels on the way would make the formula readable.

    >>> from engine import Value
    >>> w, x, b = (Value(k, label=name) for k, name in enumerate("wxb"))
    >>> z = w * x + b
    >>> z.label = "z"
    >>> print(whole((z.sigmoid() - 1) ** 2), "|", whole((z.sigmoid() - 1) ** 2, leaves=True))
    (σ(z) − 1)² | (σ(w x + b) − 1)²
    """
    xp, called = Formulas(), names(a_value(C, "whole takes a Value"))
    leaves = flag(leaves, "leaves")
    known: dict[Value, Expression] = {}
    sizes: dict[Value, tuple[int, int]] = {}
    for node in topological_order(C):
        goes_by_name = bool(node.label) and node is not C and not (leaves and node.parents)
        if goes_by_name or not node.parents:
            known[node], sizes[node] = xp.variable() if node.label else xp.literal(node.data), (0, 0)
        else:
            sizes[node] = _size(node, [sizes[parent] for parent in node.parents])
            if sizes[node] != TOO_LONG:
                known[node] = _computed(xp, node, [known[parent] for parent in node.parents])
    if sizes[C] == TOO_LONG:
        raise ValueError(
            f"{called[C]} takes more than {MOST} operations to write down; label some nodes on the way, "
            f"or see it line by line with forward(C); more than {LONGEST:,} operands are too many as well"
        )
    variables = {x: node for node, x in known.items() if x.operation == "variable" and node.label}
    symbols = {x: symbol(called[node]) for x, node in variables.items()}
    numbers = {x: node.data for x, node in variables.items()}
    return Formula(known[C], symbols, numbers, frozenset(called.values()), MOST)


def _size(node: Value, parents: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many operations a formula has, and how many operands they have; of too many, ``TOO_LONG``."""
    operations, operands = 1 + sum(n for n, _ in parents), len(node.parents) + sum(n for _, n in parents)
    return (operations, operands) if operations <= MOST and operands <= LONGEST else TOO_LONG


def _computed(xp: Formulas, node: Value, operands: Sequence[Expression]) -> Expression:
    rule = rule_of(node)
    if rule.name == "handmade":
        return by_hand(xp, rule, operands)
    if rule.name in NAMED:
        return named(xp, rule, operands) if rule.unusual else xp.call(rule.name, *operands)
    return xp.operand(rule(xp, *operands)[0])
