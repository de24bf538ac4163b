"""The rules read with expressions: what a graph computes as a graph of operations, without numbers.

An expression is an operation on other expressions, its parents. The same operation on the same operands
is the same object, so repeated computations are recognised.

>>> from engine import rules
>>> xp = Expressions()
>>> x = xp.variable()
>>> value, (slope,) = rules.exp.function(xp, x)
>>> value.operation, value.parents == (x,), slope is value
('exp', True, True)
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias, TypeVar

from engine.graph import topological_order
from engine.rules.vocabulary import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from engine.rules import Rule

    Operand: TypeAlias = "Expression | float"


class Computed(Protocol):
    """What is needed to read a node's rule."""

    rule: Rule | None

    @property
    def label(self) -> str:
        """Its name."""
        ...

    @property
    def parents(self) -> Sequence[Self]:
        """Its operands."""
        ...


N = TypeVar("N", bound=Computed)

VOCABULARY = tuple(name for name in vars(Arithmetic) if not name.startswith("_"))


class Expression:
    """An operation on operands; a ``number`` if it is a literal; neither if it is a variable.

    The operators make expressions, and simplify only where every bit of a finite result stays the same:
    ``1·x``, ``x/1``, ``−1·x`` and ``−(−x)``. Not ``0 + x``, which turns −0.0 into 0.0.
    """

    __slots__ = ("number", "operation", "parents", "xp")

    def __init__(
        self,
        xp: Expressions,
        operation: str,
        parents: tuple[Expression, ...] = (),
        number: float | None = None,
    ) -> None:
        self.xp = xp
        self.operation = operation
        self.parents = parents
        self.number = number

    def __add__(self, other: Operand) -> Expression:
        return self.xp.call("+", self, other)

    def __radd__(self, other: Operand) -> Expression:
        return self.xp.call("+", other, self)

    def __sub__(self, other: Operand) -> Expression:
        return self.xp.call("-", self, other)

    def __rsub__(self, other: Operand) -> Expression:
        return self.xp.call("-", other, self)

    def __mul__(self, other: Operand) -> Expression:
        return _product(self, self.xp.operand(other))

    def __rmul__(self, other: Operand) -> Expression:
        return _product(self.xp.operand(other), self)

    def __truediv__(self, other: Operand) -> Expression:
        divisor = self.xp.operand(other)
        return self if divisor.number == 1 else self.xp.call("/", self, divisor)

    def __rtruediv__(self, other: Operand) -> Expression:
        return self.xp.operand(other) / self

    def __neg__(self) -> Expression:
        if self.number is not None:
            return self.xp.literal(-float(self.number))
        return self.parents[0] if self.operation == "neg" else self.xp.call("neg", self)

    def __lt__(self, other: Operand) -> Expression:
        return self.xp.call("<", self, other)

    def __le__(self, other: Operand) -> Expression:
        return self.xp.call("<=", self, other)

    def __gt__(self, other: Operand) -> Expression:
        return self.xp.call(">", self, other)

    def __ge__(self, other: Operand) -> Expression:
        return self.xp.call(">=", self, other)

    def __bool__(self) -> bool:
        return self.xp.holds(self)


class Expressions:
    """The arithmetic of expressions: each name of the vocabulary makes a call on expressions or numbers.

    >>> xp = Expressions()
    >>> x = xp.variable()
    >>> xp.sin(x) is xp.sin(x), 1.0 * x is x, (2 * x).parents[0].number
    (True, True, 2)
    """

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Expression] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in VOCABULARY:
            raise AttributeError(f"there is no xp.{name}", name=name, obj=self)
        self.__dict__[name] = word = partial(self.call, name)  # few are needed of a rule, and many rules read
        return word

    def holds(self, _question: Expression, /) -> bool:
        """Raise TypeError: the value of an expression is unknown before it is run."""
        raise TypeError("an expression is neither true nor false before it is run; a rule uses xp.where")

    def variable(self) -> Expression:
        """Return a new expression about which nothing is known."""
        return Expression(self, "variable")

    def literal(self, number: float) -> Expression:
        """Return a literal; ints stay ints, any other number becomes a float."""
        plain = int(number) if isinstance(number, int) else float(number)
        key = ("literal", repr(plain))  # not the number: 1 == 1.0, 0.0 == -0.0 and nan != nan
        if key not in self._known:
            self._known[key] = Expression(self, "literal", (), plain)
        return self._known[key]

    def operand(self, x: Operand) -> Expression:
        """Return an expression unchanged, a number as a literal."""
        return x if isinstance(x, Expression) else self.literal(x)

    def make(self, operation: str, *operands: Operand) -> Expression:
        """Return the operation on these operands: the existing expression, or a new one."""
        parents = tuple([x if isinstance(x, Expression) else self.literal(x) for x in operands])
        key = (operation, parents)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Expression(self, operation, parents)
        return known

    call = make
    """Called by the operators and the vocabulary; a subclass may simplify here, but not in ``make``."""

    def forget(self) -> None:
        """Forget the expressions made so far, such as the partial sums of a sum; no more will be made.

        >>> xp = Expressions()
        >>> x, y = xp.variable(), xp.variable()
        >>> partial_sum = x + y
        >>> xp.forget()
        >>> x + y is partial_sum
        False
        """
        self._known = {}


class Guarded(Expressions):
    """Expressions that answer every condition on parameters with yes, and record it as a guard.

    The reading is valid if all guards hold.

    >>> xp = Guarded()
    >>> n = xp.parameter()
    >>> bool(n), xp.guards == [n]
    (True, True)
    """

    def __init__(self) -> None:
        super().__init__()
        self.guards: list[Expression] = []
        self._parameters: set[Expression] = set()

    def parameter(self) -> Expression:
        """Return a variable that conditions may depend on."""
        parameter = self.variable()
        self._parameters.add(parameter)
        return parameter

    def holds(self, question: Expression, /) -> bool:
        """Record the condition; raise TypeError if it depends on anything but parameters and numbers."""
        variables = {x for x in topological_order(question) if x.operation == "variable"}
        if not variables <= self._parameters:
            return super().holds(question)
        self.guards.append(question)
        return True


def _product(x: Expression, y: Expression) -> Expression:
    for factor, other in ((x.number, y), (y.number, x)):
        if factor == 1:
            return other
        if factor == -1:
            return -other
    return x.xp.call("*", x, y)


Slopes: TypeAlias = "dict[N, tuple[Operand, ...]]"


def read(xp: Expressions, nodes: Iterable[N], values: dict[N, Expression]) -> Slopes[N]:
    """Add the nodes' values to ``values``, operands first, and return their local derivatives.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> y, xp = x * x, Expressions()
    >>> values = {x: xp.variable()}
    >>> read(xp, [y], values)[y] == (values[x], values[x])
    True
    """
    slopes: Slopes[N] = {}
    for node in nodes:
        value, slopes[node] = _apply(xp, node, [values[parent] for parent in node.parents])
        values[node] = xp.operand(value)
    return slopes


def _apply(
    xp: Expressions, node: Computed, operands: Sequence[Expression]
) -> tuple[Operand, tuple[Operand, ...]]:
    rule = node.rule
    try:
        return rule.function(xp, *operands)  # type: ignore[union-attr]  # a node with parents has a rule
    except TypeError as error:
        if node.label:
            error.add_note(f"The node is labelled {node.label!r}.")
        raise


def pass_back(
    nodes: Sequence[N], slopes: Slopes[N], grads: Mapping[N, Expression], targets: Collection[N]
) -> dict[N, Expression]:
    """Return the adjoints of the targets and the nodes between: ``grads`` plus all contributions to parents.

    Products and sums are in the order of ``backward()``, without its initial 0.0: only the sign of a zero
    can differ.
    """
    wanted, grads = set(targets), dict(grads)
    for node in nodes:
        if any(parent in wanted for parent in node.parents):
            wanted.add(node)
    for node in reversed(nodes):
        grad = grads.get(node)
        if grad is not None and node in wanted:
            for parent, slope in zip(node.parents, slopes[node], strict=True):
                if parent in wanted:
                    part = slope * grad
                    grads[parent] = grads[parent] + part if parent in grads else part
    return grads
