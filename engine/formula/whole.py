r"""All that a node was computed from as one formula, in the names of labelled nodes.

>>> from engine import Value, grad
>>> x = Value(2.0, label="x")
>>> print(whole(grad(grad(x**4))), "|", whole(grad(x * x.sin())).latex())
12 x² | \sin(x) + x \cos(x)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine import rules
from engine.given import a_value
from engine.graph import topological_order
from engine.names import names
from engine.real import flag

from .algebra import Formulas
from .normal import LEAST
from .reading import NAMED, Formula, by_hand, named, rule_of
from .symbols import symbol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.expressions import Expression
    from engine.value import Value

NEARLY = 2.0**-20
"""How far the s of ``Differentiable.gaussian`` may be from its x."""
MOST = 500
"""Operations that one formula may have; nobody reads a longer one."""


def whole(C: Value, *, leaves: bool = False) -> Formula:
    """The formula of a node in the names of its nearest labelled ancestors, or in those of its leaves.

    Of a derivative that ``grad`` gives it is the derivative in symbols, with a case for each side of a kink.
    TypeError for what is no Value; ValueError for more than 500 operations, where labels on the way would
    make the formula readable.

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
    sizes: dict[Value, int] = {}
    for node in topological_order(C):
        goes_by_name = bool(node.label) and node is not C and not (leaves and node.parents)
        if goes_by_name or not node.parents:
            known[node], sizes[node] = xp.variable() if node.label else xp.literal(node.data), 0
        else:
            sizes[node] = min(1 + sum(sizes[parent] for parent in node.parents), MOST + 1)
            if sizes[node] <= MOST:
                shorter = _gaussian(xp, node, known)
                known[node] = _computed(xp, node, known) if shorter is None else shorter
    if sizes[C] > MOST:
        raise ValueError(
            f"{called[C]} takes more than {MOST} operations to write down; label some nodes on the way, "
            "or see it line by line with forward(C)"
        )
    variables = {x: node for node, x in known.items() if x.operation == "variable" and node.label}
    symbols = {x: symbol(called[node]) for x, node in variables.items()}
    numbers = {x: node.data for x, node in variables.items()}
    return Formula(known[C], symbols, numbers, frozenset(called.values()), MOST)


def _gaussian(xp: Formulas, node: Value, known: Mapping[Value, Expression]) -> Expression | None:
    """e^(−x²)/e^(−s²), which the slope of erf has as e^((s − x)(s + x)), with an s that is nearly x.

    For exactness it is computed so, and multiplied by the number e^(−s²).
    """
    product = node.parents[0]
    if node.rule != rules.exp or [part.rule for part in product.parents] != [rules.sub, rules.add]:
        return None
    (s, x), (t, y) = (part.parents for part in product.parents)
    if x is not y or s.data != t.data or not s.rule == t.rule == rules.constant or x not in known:
        return None
    number = math.exp(-s.data * s.data)
    return xp.exp(-xp.square(known[x])) / number if abs(s.data - x.data) < NEARLY and number > LEAST else None


def _computed(xp: Formulas, node: Value, known: Mapping[Value, Expression]) -> Expression:
    rule, operands = rule_of(node), [known[parent] for parent in node.parents]
    if rule.name == "handmade":
        return by_hand(xp, rule, operands)
    if rule.name in NAMED:
        return named(xp, rule, operands) if rule.unusual else xp.call(rule.name, *operands)
    return xp.operand(rule(xp, *operands)[0])
