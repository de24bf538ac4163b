"""Derivatives as Values: gradients, Jacobians and Hessians as graphs, of any order.

The rules of the graph are read with expressions, the backward sweep runs on these, and its result is built
from Values, on the nodes of the differentiated graph. ``.grad`` is neither read nor changed.

>>> from engine import Value
>>> x = Value(3.0)
>>> y = x.exp()
>>> Derivation([y], [x]).pull_back([(y, 1.0)], [x]) == [y]
True
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from .arguments import advised, values
from .characters import printable
from .graph import leaves, topological_order
from .numeric import Number, real, told
from .readings.expressions import Expressions, pass_back, read
from .readings.values import COMPARISONS, Differentiable
from .rules import INNER, constant
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .node import Node
    from .readings.expressions import Expression
    from .readings.values import Plain

    Several: TypeAlias = Value | Iterable[Value]

SHOWN = 6  # variables that a message lists before it ends in "…"


@overload
def grad(C: Value, xs: Value | None = None) -> Value: ...
@overload
def grad(C: Value, xs: Iterable[Value]) -> list[Value]: ...
def grad(C: Value, xs: Several | None = None) -> Value | list[Value]:
    """Return the derivative of C with respect to one or several Values, as Values to differentiate or draw.

    Without ``xs``, differentiate with respect to the only variable that C depends on; plain numbers such as
    the 2 of ``2 * x`` do not count. ``xs`` may hold inner nodes: ∂C/∂z. For a node that C does not depend on,
    the derivative is 0.

    >>> x = Value(2.0)
    >>> slope = grad(x**4)
    >>> slope.data, grad(slope).data, grad(grad(slope)).data  # 4x³, 12x², 24x
    (32.0, 48.0, 48.0)
    >>> w, b = Value(0.5), Value(1.0)
    >>> [slope.data for slope in grad(w * x + b, [w, b])]
    [2.0, 1.0]

    The new nodes build on those of C: the derivative of ``x.exp()`` is that same node. So after a leaf was
    edited, call ``refresh()`` on C first, or on the result: until then, new numbers are mixed with recorded
    ones. ``refresh()`` is right everywhere: if a rule chooses a side, as relu and ``maximum`` do, the
    derivative has a node that chooses again. A side not taken adds nothing, even if it is infinite.

    >>> x = Value(1.0)
    >>> slope = grad(x.relu() * x, x)
    >>> x.data = -1.0
    >>> slope.refresh()
    >>> slope.data
    0.0

    At a kink, it takes the same side as ``backward()``; relu, clip and the like keep it in all derivatives.
    Where the value lies between two sides (``abs(x)`` at 0, equal operands of ``maximum``) or a limit is
    needed (√x and ``hypot`` at 0), a second derivative is right, or ∞, or NaN.

    Raises TypeError for anything but Values, and if a node made by hand lies between, since nobody knows
    what its local derivatives depend on; ValueError if ``xs`` is left out and C does not have exactly one
    variable.
    Source: *Backpropagation Calculus*, the chain rule along all paths.
    In docs/concordance.md: general 7, 8; delta 3, 14, 18 to 20; lecture 16; week9 23 to 29.
    """
    _refuse_other("grad", C)
    targets = [_only_variable(C)] if xs is None else _several("grad", "xs", xs)
    slopes = Derivation([C], targets).pull_back([(C, 1.0)], targets)
    return slopes[0] if xs is None or isinstance(xs, Value) else slopes


@advised
def jacobian(ys: Several, xs: Several) -> list[list[Value]]:
    """Return the matrix ∂yᵢ/∂xⱼ as Values, with a row for each y and a column for each x.

    Errors and kinks are those of ``grad``.

    >>> r, t = Value(2.0), Value(0.0)
    >>> [[entry.data for entry in row] for row in jacobian([r * t.cos(), r * t.sin()], [r, t])]
    [[1.0, -0.0], [0.0, 2.0]]
    """
    roots, targets = _several("jacobian", "ys", ys), _several("jacobian", "xs", xs)
    derivation = Derivation(roots, targets)
    return [derivation.pull_back([(y, 1.0)], targets) for y in roots]


@advised
def hessian(C: Value, xs: Several) -> list[list[Value]]:
    """Return the matrix ∂²C/∂xᵢ∂xⱼ as Values; it is symmetric, with one Value at (i, j) and (j, i).

    Raises ValueError if one x is computed from another; other errors and kinks are those of ``grad``.

    >>> x, y = Value(2.0), Value(3.0)
    >>> [[entry.data for entry in row] for row in hessian(x**3 * y, [x, y])]
    [[36.0, 12.0], [12.0, 0.0]]
    """
    _refuse_other("hessian", C)
    targets = _independent("hessian", xs)
    slopes = grad(C, targets)
    derivation = Derivation(slopes, targets)
    below = [derivation.pull_back([(slope, 1.0)], targets[: i + 1]) for i, slope in enumerate(slopes)]
    return [[below[max(i, j)][min(i, j)] for j in range(len(targets))] for i in range(len(targets))]


@advised
def hvp(C: Value, xs: Several, v: Iterable[Value | Number]) -> list[Value]:
    """Return the Hessian of C times a vector, Σⱼ ∂²C/∂xᵢ∂xⱼ vⱼ, without forming the Hessian.

    Raises ValueError if ``v`` and ``xs`` differ in length; other errors are those of ``hessian``.

    >>> x, y = Value(2.0), Value(3.0)
    >>> [entry.data for entry in hvp(x**3 * y, [x, y], [1.0, 10.0])]  # 36 + 120, 12
    [156.0, 12.0]
    """
    _refuse_other("hvp", C)
    targets = _independent("hvp", xs)
    vector = _vector(v, len(targets))
    slopes = grad(C, targets)
    return Derivation(slopes, targets).pull_back(list(zip(slopes, vector, strict=True)), targets)


def _refuse_other(function: str, C: object) -> None:
    if not isinstance(C, Value):
        raise TypeError(
            f"{function} differentiates a Value, got {told(C)}; "
            "pass what is computed from Values, the f(x) of a function f"
        )


def _several(function: str, what: str, xs: object) -> list[Value]:
    return values(xs, f"{function} takes {what} as a Value or a list of them")


def _independent(function: str, xs: Several) -> list[Value]:
    """Return the variables of a second derivative; raise ValueError if one is computed from another."""
    listed = _several(function, "xs", xs)
    below = set(topological_order(*(parent for x in listed for parent in x.parents)))
    for x in listed:
        if x in below:
            raise ValueError(
                f"{function} takes xs that do not depend on one another, "
                f"but one of them is computed from {_name(x)}; leave one of the two out"
            )
    return listed


def _vector(v: object, length: int) -> list[Plain]:
    if isinstance(v, Value) or not isinstance(v, Iterable):
        raise TypeError(f"hvp takes v as a list of numbers or Values, got {told(v)}; put it in [ ]")
    vector = [x if isinstance(x, Value) else real(x, "v") for x in v]
    if len(vector) != length:
        raise ValueError(
            f"hvp takes one number of v for each x, got {len(vector)} for {length}; "
            "pass as many numbers as there are xs"
        )
    return vector


def _only_variable(C: Value) -> Value:
    variables = [leaf for leaf in leaves(C) if leaf.rule is not constant]
    if len(variables) != 1:
        found = ", ".join(map(_name, variables[:SHOWN])) + ", …" * (len(variables) > SHOWN)
        raise ValueError(
            f"grad(C) takes a C of one variable, and this one has {len(variables)}"
            + f": {found}" * bool(variables)
            + "; say with respect to which, as in grad(C, w)"
        )
    return variables[0]


def _name(x: Value) -> str:
    return printable(x.label) or repr(x)


# ── The chain rule applied to a graph, with a graph as result ─────────────────────────────────────


class InnerExpressions(Expressions):
    """Expressions in which the inner rules are operations, too."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__.update({name: partial(self.call, name) for name in INNER})


class Derivation:
    """The graph of one or several roots, read once for the derivatives of all of them."""

    def __init__(self, roots: Sequence[Value], targets: Sequence[Value]) -> None:
        order = topological_order(*roots)
        self._kind = type(roots[0]) if roots else Value
        self._reading, self._xp = InnerExpressions(), Differentiable(order)
        self._values: dict[Node, Expression] = {node: self._reading.variable() for node in order}
        self._known: dict[Expression, Any] = {variable: node for node, variable in self._values.items()}
        self._between = _between(order, targets)
        self._slopes: dict[Node, tuple[Any, ...]] = {}
        for node in self._between:
            self._read(node)

    def _read(self, node: Value) -> None:
        """Read the rule of a node: its local derivatives, and its value, which they may contain.

        Other nodes see it as a variable, since two nodes that compute the same are still two nodes.
        """
        variable = self._values[node]
        self._slopes |= read(self._reading, [node], self._values)
        self._known.setdefault(self._values[node], node)
        self._values[node] = variable

    def pull_back(self, seeds: Iterable[tuple[Value, Plain]], targets: Sequence[Value]) -> list[Value]:
        """Return Σ seed · ∂root/∂target for each target, summed over the roots; seeds are constants."""
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
        return x if isinstance(x, Value) else self._kind._leaf(x)  # noqa: SLF001  (a number becomes a constant)


def _between(order: Iterable[Value], targets: Iterable[Value]) -> list[Value]:
    """Return the nodes of ``order`` that are computed from a target."""
    reached, found = set(targets), []
    for node in order:
        if not reached.isdisjoint(node.parents):
            reached.add(node)
            found.append(node)
    return found


OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def evaluate(xp: Differentiable, roots: Sequence[Expression], known: dict[Expression, Any]) -> None:
    """Add the Values of expressions to ``known``, without recomputing any that is there.

    >>> from engine.readings.expressions import Expressions
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
