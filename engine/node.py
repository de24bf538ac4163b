"""The node of a computation graph: what it records, and what can be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self

from . import anomaly, copies
from . import backward as sweep
from .backward import SEVERAL
from .handmade import listed, one_each, provenance
from .numeric import Number, real, told
from .rules import constant

if TYPE_CHECKING:
    from collections.abc import Iterable, KeysView, Mapping, Sequence

    from .rules import Rule


class Node:
    """A number that records its parents and its local derivatives: a Value without its operators.

    Two parents at most stand in the node itself, each beside the derivative by it; more of them are
    ``SEVERAL``: then the first place holds tuples. That is what keeps a node small: one object for
    Python's garbage collector to walk, where tuples would be three.
    """

    __slots__ = ("_by_first", "_by_second", "_first", "_grad", "_label", "_number", "_second", "rule")

    _number: float
    _grad: float | None
    _label: str
    _first: Any
    _second: Any
    _by_first: Any
    _by_second: Any
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
        self._number = real(data, "data")
        self._grad = self._first = self._second = self.rule = None
        if label != "":
            self.label = label
        if type(parents) is not tuple:
            parents = listed(parents)
        if parents or op or local_derivatives:
            self.rule, parents, slopes = provenance(parents, op, local_derivatives)
            self._link(parents, slopes)

    @classmethod
    def _leaf(cls, number: Number) -> Self:
        """A constant of an expression, without the questions that ``__init__`` asks."""
        node = new(cls)
        node._number = real(number, "operand")
        node._grad = node._first = node._second = None
        node.rule = constant
        return node

    @classmethod
    def _made(cls, data: float, parents: tuple[Self, ...], slopes: tuple[float, ...], rule: Rule) -> Self:
        """A node of numbers that a rule has given: nothing is converted or checked."""
        node = new(cls)
        node._number = data
        node._grad = None
        node._link(parents, slopes)
        node.rule = rule
        if anomaly.watchers:
            anomaly.check_forward(rule, parents, [parent._number for parent in parents], data)
        return node

    def _link(self, parents: tuple[Self, ...], slopes: tuple[float, ...]) -> None:
        """Record parents and the derivatives by each of them."""
        self._second = None
        if len(parents) > 2:
            self._first, self._by_first, self._second = parents, slopes, SEVERAL
        elif len(parents) == 2:
            (self._first, self._second), (self._by_first, self._by_second) = parents, slopes
        elif parents:
            (self._first,), (self._by_first,) = parents, slopes
        else:
            self._first = None

    def _record(self) -> tuple[Any, ...]:
        """What ``copies.restore`` makes it of."""
        kind, number, grad, rule = type(self), self._number, self._grad, self.rule
        label = getattr(self, "_label", "")
        first, second = self._first, self._second
        if second is None:
            if first is None:
                return kind, number, grad, rule, label
            return kind, number, grad, rule, label, first, self._by_first
        if second is SEVERAL:
            return (kind, number, grad, rule, label, *first, *self._by_first)
        return kind, number, grad, rule, label, first, second, self._by_first, self._by_second

    def _take(self, links: tuple[Any, ...]) -> None:
        """Record the links of a node's ``_record``."""
        count = len(links)
        if count == 4:  # two parents, two derivatives
            self._first, self._second, self._by_first, self._by_second = links
        elif count == 2:
            self._first, self._by_first = links
            self._second = None
        else:
            self._link(links[: count // 2], links[count // 2 :])

    def _twin(self, twins: Mapping[int, Self]) -> Self:
        """A node that records the same on other parents: on the twins, by id, of this one's."""
        cls = type(self)
        twin = cls.__new__(cls)
        twin._number = self._number
        twin._grad = self._grad
        twin.rule = self.rule
        first, second = self._first, self._second
        if second is SEVERAL:
            first = tuple([twins[id(parent)] for parent in first])
            twin._by_first = self._by_first
        elif first is not None:
            first = twins[id(first)]
            twin._by_first = self._by_first
            if second is not None:
                second = twins[id(second)]
                twin._by_second = self._by_second
        twin._first = first
        twin._second = second
        if label := getattr(self, "_label", ""):
            twin._label = label
        return twin

    @property
    def parents(self) -> tuple[Self, ...]:
        """The operands it was computed from, one entry per occurrence; none of a leaf."""
        first, second = self._first, self._second
        if second is None:
            return () if first is None else (first,)
        return first if second is SEVERAL else (first, second)

    @property
    def local_derivatives(self) -> tuple[float, ...]:
        """The derivative of this node by each of its parents."""
        if self._second is None:
            return () if self._first is None else (self._by_first,)
        return self._by_first if self._second is SEVERAL else (self._by_first, self._by_second)

    @local_derivatives.setter
    def local_derivatives(self, slopes: Sequence[Number]) -> None:
        self._link(self.parents, one_each(self.parents, slopes))

    @property
    def data(self) -> float:
        """The number. Set it on a leaf, then ``refresh()`` what was computed from it.

        Until then that is stale: ``backward()`` goes on from the recorded numbers, and what shows the graph
        says so.
        """
        return self._number

    @data.setter
    def data(self, x: Number) -> None:
        self._number = real(x, "data")

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
        return getattr(self, "_label", "")  # most nodes have none, and no place is filled for it

    @label.setter
    def label(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"label must be text, got {told(text)}; pass str(...)")
        self._label = text

    @property
    def _prev(self) -> KeysView[Self]:
        """The distinct parents, as micrograd names them: a set, but in a stable order."""
        return dict.fromkeys(self.parents).keys()

    @property
    def _op(self) -> str:
        """The operation's symbol, as micrograd names it; empty for a leaf."""
        return self.rule.symbol if self.rule else ""

    def _no_closure(self, *_: object) -> NoReturn:
        raise AttributeError(
            "a Value records local derivatives in place of micrograd's closure _backward; "
            "pass them: Value(data, parents, op, local_derivatives=[…])"
        )

    _ordered = staticmethod(sweep.ordered)
    """The walk that ``graph.topological_order`` takes over a graph of these."""

    _backward = property(_no_closure, _no_closure)

    def backward(self) -> None:
        """Compute the derivative of this node by every node it depends on, summed over all paths.

        Inner nodes get their gradient afresh; leaves *add* it to what they have, so that calling it
        for two roots gives the sum of both. It uses the numbers of the forward pass: where a leaf was edited
        since, call ``refresh()`` first.

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
        sweep.backward(self)

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
        sweep.clear(self)

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
        sweep.refresh(self)

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def __format__(self, spec: str) -> str:
        return format(self._number, spec) if spec else repr(self)

    def __copy__(self) -> Self:
        return copies.copy_of(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copies.deepcopy(self, memo)

    __reduce__ = copies.reduce

    def __getstate__(self) -> dict[str, Any] | None:
        return copies.added(self, Node)

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, attribute in state.items():
            setattr(self, name, attribute)


new = object.__new__
