"""The chain rule applied to a graph in order to get another graph: that of the derivatives.

The rules are read with expressions, the sweep goes back over these, and what it finds is made of Values.

>>> from engine import Value
>>> x = Value(3.0)
>>> y = x.exp()
>>> Derivation([y], [x]).pull_back([(y, 1.0)], [x]) == [y]
True
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .differentiable import COMPARISONS, Differentiable
from .expressions import Expressions, pass_back, read
from .graph import topological_order
from .rules import INNER
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .differentiable import Plain
    from .expressions import Expression
    from .node import Node


class Steps(Expressions):
    """Expressions in which the inner rules are operations, too."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__.update({name: partial(self.call, name) for name in INNER})


class Derivation:
    """The graph of some roots, read once for the derivatives of all of them."""

    def __init__(self, roots: Sequence[Value], targets: Sequence[Value]) -> None:
        order = topological_order(*roots)
        self._kind = type(roots[0]) if roots else Value
        self._reading, self._xp = Steps(), Differentiable(order)
        self._values: dict[Node, Expression] = {node: self._reading.variable() for node in order}
        self._known: dict[Expression, Any] = {variable: node for node, variable in self._values.items()}
        self._between = _between(order, targets)
        self._slopes: dict[Node, tuple[Any, ...]] = {}
        for node in self._between:
            self._read(node)

    def _read(self, node: Value) -> None:
        """Read the rule of a node: its local derivatives, and the value, which they may be made of.

        To other nodes it stays a variable, since of two nodes that compute the same each is its own.
        """
        variable = self._values[node]
        self._slopes |= read(self._reading, [node], self._values)
        self._known.setdefault(self._values[node], node)
        self._values[node] = variable

    def pull_back(self, seeds: Iterable[tuple[Value, Plain]], targets: Sequence[Value]) -> list[Value]:
        """Σ seed · ∂root/∂target for each target, summed over the roots; a seed counts as a constant."""
        grads: dict[Node, Expression] = {}
        for root, seed in seeds:
            part = self._seed(seed)
            grads[root] = grads[root] + part if root in grads else part
        grads = pass_back(self._between, self._slopes, grads, targets)
        evaluate(self._xp, [grads[x] for x in targets if x in grads], self._known)
        return [self._node(self._xp.node(self._known[grads[x]]) if x in grads else 0.0) for x in targets]

    def _seed(self, seed: Plain) -> Expression:
        if not isinstance(seed, Value):
            return self._reading.literal(seed)
        expression = self._values.setdefault(seed, self._reading.variable())
        self._known[expression] = seed
        return expression

    def _node(self, x: Value | float) -> Value:
        return x if isinstance(x, Value) else self._kind._leaf(x)  # noqa: SLF001  (a number is a constant here)


def _between(order: Iterable[Value], targets: Iterable[Value]) -> list[Value]:
    """The nodes of an order that are computed from a target."""
    reached, found = set(targets), []
    for node in order:
        if not reached.isdisjoint(node.parents):
            reached.add(node)
            found.append(node)
    return found


OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def evaluate(xp: Differentiable, roots: Sequence[Expression], known: dict[Expression, Any]) -> None:
    """Enter what expressions amount to among the known ones; what these are made of is not computed again.

    >>> from engine.expressions import Expressions
    >>> x, e = Value(3.0), Expressions().variable()
    >>> known = {e: x}
    >>> evaluate(Differentiable(), [e * e + 1.0], known)
    >>> known[e * e].parents == (x, x), known[e * e + 1.0].data
    (True, 10.0)
    """
    stack = list(reversed(roots))
    while stack:
        expression = stack[-1]
        missing = [parent for parent in expression.parents if parent not in known]
        if expression in known:
            stack.pop()
        elif missing:
            stack += reversed(missing)
        else:
            known[expression] = _operate(xp, expression, [known[parent] for parent in expression.parents])


def _operate(xp: Differentiable, expression: Expression, operands: Sequence[Any]) -> Any:
    if expression.number is not None:
        return expression.number
    if expression.operation in COMPARISONS:
        return xp.compare(expression.operation, *operands)
    return getattr(xp, OPERATORS.get(expression.operation, expression.operation))(*operands)
