"""The node of a computation graph: what it records, and the sweeps forward and backward over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from . import anomaly, copies
from .errors import evaluate
from .graph import topological_order
from .handmade import provenance
from .real import Number, real

if TYPE_CHECKING:
    from collections.abc import Iterable, KeysView, Mapping, Sequence
    from typing import TypeAlias

    from .rules import Rule

    Evaluation: TypeAlias = tuple[float, tuple[float, ...]]


class Node:
    """A number that records its parents and its local derivatives: a Value without its operators."""

    __slots__ = ("_data", "_grad", "_label", "local_derivatives", "parents", "rule")

    _data: float
    _grad: float | None
    _label: str
    parents: tuple[Self, ...]
    local_derivatives: tuple[float, ...]
    rule: Rule | None

    def __init__(
        self,
        data: Number,
        parents: Iterable[Self] = (),
        op: str | Sequence[Number] = "",
        label: str = "",
        *,
        local_derivatives: Sequence[Number] | None = None,
    ) -> None:
        self._data = real(data, "data")
        self._grad = None
        self.label = label
        parents = tuple(parents)
        if parents or op or local_derivatives:
            self.rule, self.parents, self.local_derivatives = provenance(parents, op, local_derivatives)
        else:
            self.rule, self.parents, self.local_derivatives = None, (), ()

    @classmethod
    def _made(cls, data: float, parents: tuple[Self, ...], slopes: tuple[float, ...], rule: Rule) -> Self:
        """A node of numbers that a rule has given: nothing is converted or checked."""
        if anomaly.watchers:
            anomaly.check_forward(rule, parents, [parent._data for parent in parents], data)
        node = _new(cls)
        node._data = data
        node._grad = None
        node._label = ""
        node.parents = parents
        node.local_derivatives = slopes
        node.rule = rule
        return node

    @property
    def data(self) -> float:
        """The number. Set it on a leaf, then ``refresh()`` what was computed from it."""
        return self._data

    @data.setter
    def data(self, x: Number) -> None:
        self._data = real(x, "data")

    @property
    def grad(self) -> float:
        """The derivative of the root by this node; 0.0 where no backward pass has come."""
        return 0.0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, x: Number) -> None:
        self._grad = real(x, "grad")

    @property
    def has_grad(self) -> bool:
        """Whether a gradient was computed or set: pictures show "–" for a node without one."""
        return self._grad is not None

    @property
    def label(self) -> str:
        """The node's name: text, shown as it is."""
        return self._label

    @label.setter
    def label(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"label must be text, got {type(text).__name__} {text!r}; pass str(...)")
        self._label = text

    @property
    def _prev(self) -> KeysView[Self]:
        """The distinct parents, as micrograd names them: a set, but in a stable order."""
        return dict.fromkeys(self.parents).keys()

    @property
    def _op(self) -> str:
        """The operation's symbol, as micrograd names it; empty for a leaf."""
        return self.rule.symbol if self.rule else ""

    def backward(self) -> None:
        """Compute the derivative of this node by every node it depends on, summed over all paths.

        Inner nodes get their gradient afresh; leaves *add* it to what they have, so that calling it
        for two roots gives the sum of both.

        >>> from engine import Value
        >>> x = Value(3.0)
        >>> y = x**3
        >>> y.backward()
        >>> x.grad
        27.0
        >>> y.backward()
        >>> x.grad
        54.0
        """
        order = topological_order(self)
        before = [(leaf, leaf._grad) for leaf in order if leaf._grad and not leaf.parents]
        for node in order:
            node._grad = 0.0
        self._grad = 1.0
        _pass_back(order)
        for leaf, grad in before:
            leaf._grad += grad  # type: ignore[operator]  # every node of the order has a gradient now

    def zero_grad(self) -> None:
        """Forget the gradients of this node and of all that it depends on.

        >>> from engine import Value
        >>> x = Value(3.0)
        >>> y = x * x
        >>> y.backward()
        >>> y.zero_grad()
        >>> x.grad, x.has_grad
        (0.0, False)
        """
        for node in topological_order(self):
            node._grad = None

    def refresh(self) -> None:
        """Compute data and local derivatives of the graph again, after leaves were edited.

        Gradients of inner nodes are forgotten, since they belong to the old numbers; those of leaves
        stay until ``zero_grad``. Where a rule cannot be evaluated, it raises and nothing has changed.

        >>> from engine import Value
        >>> x = Value(3.0)
        >>> y = x * x
        >>> x.data = 4.0
        >>> y.refresh()
        >>> y.data
        16.0
        """
        for node, (data, slopes) in recompute(topological_order(self)).items():
            node._data, node.local_derivatives, node._grad = data, slopes, None

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __copy__(self) -> Self:
        return copies.restore(type(self), *copies.shallow(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copies.deepcopy(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return copies.reduce(self)


_new = object.__new__


def recompute(order: Iterable[Node], leaves: Mapping[Node, float] | None = None) -> dict[Node, Evaluation]:
    """Data and local derivatives of every inner node of an order, as they would be; changes nothing.

    ``leaves`` gives other numbers to some leaves.
    """
    numbers = dict(leaves or {})
    recomputed = {}
    for node in order:
        if node.parents and node.rule:
            operands = [numbers[parent] for parent in node.parents]
            recomputed[node] = evaluate(node.rule, node.parents, operands)
            numbers[node] = recomputed[node][0]
            if anomaly.watchers:
                anomaly.check_forward(node.rule, node.parents, operands, numbers[node])
        else:
            numbers.setdefault(node, node._data)
    return recomputed


def _pass_back(order: Sequence[Node]) -> None:
    """Hand each node's gradient to its parents, times the local derivatives: from the root to the leaves."""
    watching = anomaly.watching()
    for node in reversed(order):
        grad = node._grad
        for parent, slope in zip(node.parents, node.local_derivatives):  # noqa: B905  (equal by construction, and hot)
            parent._grad += slope * grad  # type: ignore[operator]  # no gradient of the order is None
        if watching:
            anomaly.check_backward(order[-1], node)
