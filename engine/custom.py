"""Custom nodes: what micrograd and microgpt pass to ``Value``, or explicit local derivatives.

>>> from engine import Value
>>> x = Value(3.0)
>>> Value(9.0, (x, x), "*").local_derivatives
(3.0, 3.0)
>>> Value(27.0, (x,), "cube", local_derivatives=[27]).local_derivatives
(27.0,)

Or the closure that micrograd sets:

>>> cube = Value(27.0, (x,), "cube")
>>> def _backward():
...     x.grad += 3 * x.data**2 * cube.grad
>>> cube._backward = _backward
>>> cube.local_derivatives
(27.0,)
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, Protocol, Self, TypeVar

from . import rules
from .numeric import Number, evaluate, real, short, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .rules import Rule


class Parent(Protocol):
    """What a custom node and its parents have."""

    _grad: float | None
    rule: Rule | None

    @property
    def grad(self) -> float:
        """Its gradient."""
        ...

    @grad.setter
    def grad(self, x: float) -> None: ...

    @property
    def parents(self) -> Sequence[Self]:
        """Its operands."""
        ...

    @property
    def local_derivatives(self) -> Sequence[float]:
        """The derivative with respect to each of them."""
        ...

    @property
    def data(self) -> float:
        """Its number."""
        ...

    @property
    def label(self) -> str:
        """Its name."""
        ...


N = TypeVar("N", bound=Parent)


class Missing(float):
    """A local derivative that is not known yet: a NaN that raises when it is multiplied.

    >>> Missing("cube") * 1.0
    Traceback (most recent call last):
        ...
    ValueError: the local derivatives of the node 'cube' are not known, as that is not the symbol of a ...
    """

    __slots__ = ("op",)

    op: str

    def __new__(cls, op: str) -> Self:
        """Make one for a node with the operation ``op``."""
        missing = super().__new__(cls, math.nan)
        missing.op = op
        return missing

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # those of a float are numbers
        return (self.op,)

    def __mul__(self, _: object) -> NoReturn:
        raise ValueError(
            f"the local derivatives of the node {short(self.op)} are not known, as that is not the symbol of "
            "a rule; pass local_derivatives=[…], one for each parent, or set the node's closure _backward"
        )

    __rmul__ = __mul__


def one_each(parents: Sequence[object], local_derivatives: Sequence[Number]) -> tuple[float, ...]:
    """Return local derivatives as floats; raise TypeError or ValueError unless there is one per parent."""
    if not isinstance(local_derivatives, Iterable):
        raise TypeError(
            "local derivatives must be a list, one number for each parent, as in (1.0, 0.5); "
            f"got {told(local_derivatives)}; put it in [ ]"
        )
    slopes = tuple(real(slope, "local derivative") for slope in local_derivatives)
    if len(slopes) != len(parents):
        raise ValueError(
            f"got {len(parents)} parents and {len(slopes)} local derivatives; "
            "pass one local derivative for each parent"
        )
    return slopes


def provenance(
    parents: Iterable[N], op: str | Sequence[Number], local_derivatives: Sequence[Number] | None
) -> tuple[Rule | None, tuple[N, ...], tuple[float, ...]]:
    """Return the rule, parents and local derivatives of a node made by hand.

    With local derivatives, ``op`` is only a name; without them, it is an operation's symbol, and its rule
    supplies them. If no rule has that symbol, they are ``Missing``. Raises TypeError or ValueError for
    anything through which no gradient could pass.
    """
    _check_list(parents)
    parents = tuple(parents)
    if not isinstance(op, str):  # microgpt's third argument
        if local_derivatives is not None:
            raise TypeError(f"local derivatives were given twice, got op = {told(op)} too; pass op as text")
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
    rule = _rule_of(op, len(parents)) if local_derivatives is None and parents else None
    if rule:
        _, slopes = evaluate(rule, parents, [parent.data for parent in parents])
        return rule, parents, slopes
    if local_derivatives is None:
        return rules.handmade(op), parents, (Missing(op),) * len(parents)
    return rules.handmade(op), parents, one_each(parents, local_derivatives)


def _check_list(parents: object) -> None:
    """Raise TypeError for text, and for anything that cannot be iterated."""
    named = isinstance(parents, str)
    if named or not isinstance(parents, Iterable):
        advice = f"a name is written label={short(parents)}" if named else "put it in ( ,)"
        raise TypeError(f"parents must be a tuple of Values, got {told(parents)}; {advice}")


def _rule_of(op: str, operands: int) -> Rule | None:
    """Return the rule with this symbol and arity; ``**k`` is the power k."""
    if op.startswith("**") and operands == 1:
        return rules.power.at(n=_exponent(op))
    for rule in rules.REGISTRY.values():
        fits = rule.variadic or len(rule.operands) == operands
        if rule.symbol == op and fits and None not in dict(rule.defaults).values():
            return rule
    return None


def _exponent(op: str) -> float:
    try:
        return float(op[2:])
    except ValueError:
        raise ValueError(f"the exponent in {short(op)} must be a number, as in '**3'") from None


# ── micrograd's closure ───────────────────────────────────────────────────────────────────────────


def of_closure(node: N, closure: Callable[[], object]) -> tuple[Rule | None, tuple[float, ...]]:
    """Return the rule and the local derivatives of a node, given the closure ``_backward`` of micrograd.

    A closure adds a multiple of the node's gradient to that of each parent, so calling it with gradient 1
    gives the local derivatives. A second call with −2, on top of the first, must give their negatives. All
    gradients are restored. If the node's rule has the same derivatives, the node keeps its rule. For a parent
    that occurs twice, the first place has the whole derivative.

    Raises TypeError for anything that cannot be called, and ValueError if the closure is not linear, sets
    gradients instead of adding to them, or changes those of other nodes.
    """
    if not callable(closure):
        raise TypeError(f"_backward must be a function without arguments, got {told(closure)}; pass one")
    parents = dict.fromkeys(node.parents)
    named = inspect.getclosurevars(closure).nonlocals.values() if inspect.isfunction(closure) else ()
    others = [x for x in named if isinstance(x, type(node)) and x is not node and x not in parents]
    with _gradients_kept([node, *parents, *others]):
        for x in (*parents, *others):
            x.grad = 0.0
        node.grad = 1.0
        closure()
        slopes = {parent: parent.grad for parent in parents}
        node.grad = -2.0
        closure()
        for parent, slope in slopes.items():
            _check_linear(slope, parent.grad)
        strangers = [x for x in others if x.grad != 0]
    if strangers:
        raise ValueError(
            f"the closure _backward changes the gradient of {strangers[0]!r}, which is not a parent; "
            "pass it as one, as in Value(data, (self, other), op)"
        )
    known = dict.fromkeys(parents, 0.0)
    for parent, slope in zip(node.parents, node.local_derivatives, strict=True):
        known[parent] += slope
    if all(math.isclose(known[parent], slope, rel_tol=1e-9) for parent, slope in slopes.items()):
        return node.rule, tuple(node.local_derivatives)
    symbol = node.rule.symbol if node.rule else ""
    return rules.handmade(symbol), tuple(slopes.pop(parent, 0.0) for parent in node.parents)


def _check_linear(once: float, then: float) -> None:
    """Check what a closure added for one parent, with gradient 1 and then with −2 on top of it."""
    if then == -2 * once != 0:
        raise ValueError(
            "the closure _backward sets the gradient of a parent; it must add to it, since other paths may "
            "have contributed before; write self.grad += … instead of self.grad = …"
        )
    if math.isfinite(once) and not math.isclose(then, -once, rel_tol=1e-9, abs_tol=1e-300):
        raise ValueError(
            f"the closure _backward must add to the gradient of each parent a multiple of out.grad; for "
            f"out.grad = 1 it added {once!r}, for out.grad = -2 it added {then - once!r}; "
            "write it as in self.grad += 2 * self.data * out.grad"
        )


@contextmanager
def _gradients_kept(nodes: Sequence[Parent]) -> Iterator[None]:
    """Restore the gradients afterwards."""
    before = [x._grad for x in nodes]  # noqa: SLF001  (None where ``grad`` is 0.0)
    try:
        yield
    finally:
        for x, grad in zip(nodes, before, strict=True):
            x._grad = grad  # noqa: SLF001  (as above)
