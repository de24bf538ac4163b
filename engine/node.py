"""The node of a computation graph: what it records, and how a rule makes one.

A method of ``Value`` is compiled from its rule: ``readings.code`` writes value and local derivatives as lines
of Python, and a template turns them into a function. ``inspect.getsource(Value.tanh)`` shows the result.

>>> from engine import Value
>>> x = Value(0.5)
>>> y = x.tanh()
>>> y.parents == (x,), y.rule.name, round(y.local_derivatives[0], 6)
(True, 'tanh', 0.786448)
"""

from __future__ import annotations

import linecache
from functools import cache
from itertools import islice
from types import MethodType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast, overload

from . import rules
from .anomaly import check_forward, watchers
from .core import in_c, new
from .numeric import Number, Unevaluable, binder, evaluate, is_real, real, refuse, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .rules import Rule

SEVERAL = object()
"""In a node's second slot, it means that the first slot holds a tuple of parents."""


@in_c
class Node:
    """A number that records its parents and its local derivatives: a Value without its operators.

    One or two parents have slots of their own, each with its local derivative. For more, the second slot is
    ``SEVERAL``, and the first holds tuples. That keeps a node small: one object for Python's garbage
    collector instead of three. Only this module and ``backward`` know these slots.
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

    @classmethod
    def _leaf(cls, number: Number) -> Self:
        """Make a leaf for a constant in an expression."""
        node = new(cls)
        node._number = number if type(number) is float else real(number, "operand")
        node._grad = node._first = node._second = None
        node._label = ""
        node.rule = rules.constant
        return node

    @classmethod
    def _made(cls, number: float, parents: tuple[Self, ...], slopes: tuple[float, ...], rule: Rule) -> Self:
        """Make a node from a rule's result, without converting or checking anything."""
        node = new(cls)
        node._number = number
        node._grad = None
        node._label = ""
        node.rule = rule
        node._link(parents, slopes)
        if watchers:
            check_forward(rule, parents, [parent._number for parent in parents], number)
        return node

    def _link(self, parents: tuple[Self, ...], slopes: tuple[float, ...]) -> None:
        """Record the parents and the local derivative with respect to each."""
        self._second = None
        if len(parents) > 2:
            self._first, self._by_first, self._second = parents, slopes, SEVERAL
        elif len(parents) == 2:
            (self._first, self._second), (self._by_first, self._by_second) = parents, slopes
        elif parents:
            (self._first,), (self._by_first,) = parents, slopes
        else:
            self._first = None

    @staticmethod
    def _links(nodes: Iterable[Node]) -> tuple[list[int], list[Node], list[float]]:
        """Return each node's number of parents, and two flat lists: all parents, all local derivatives."""
        counts, parents, slopes = list[int](), list[Any](), list[float]()
        for node in nodes:
            first, second = node._first, node._second
            if second is SEVERAL:
                counts.append(len(first))
                parents += first
                slopes += node._by_first
            elif first is None:
                counts.append(0)
            else:
                parents.append(first)
                slopes.append(node._by_first)
                if second is None:
                    counts.append(1)
                else:
                    counts.append(2)
                    parents.append(second)
                    slopes.append(node._by_second)
        return counts, parents, slopes

    @staticmethod
    def _linked(
        nodes: Iterable[Any], counts: list[int], parents: Iterable[Node], slopes: Iterable[float]
    ) -> None:
        """Link nodes as ``_links`` described them."""
        parents, slopes = iter(parents), iter(slopes)
        parent, slope = parents.__next__, slopes.__next__
        for node, count in zip(nodes, counts, strict=True):
            node._first = node._second = None
            if count == 2:
                node._first, node._second = parent(), parent()
                node._by_first, node._by_second = slope(), slope()
            elif count == 1:
                node._first, node._by_first = parent(), slope()
            elif count:
                node._first, node._second = tuple(islice(parents, count)), SEVERAL
                node._by_first = tuple(islice(slopes, count))

    @property
    def parents(self) -> tuple[Self, ...]:
        """The operands that this node was computed from, one entry per occurrence; none for a leaf."""
        first, second = self._first, self._second
        if second is None:
            return () if first is None else (first,)
        return first if second is SEVERAL else (first, second)

    @property
    def local_derivatives(self) -> tuple[float, ...]:
        """The derivative of this node with respect to each of its parents."""
        if self._second is None:
            return () if self._first is None else (self._by_first,)
        return self._by_first if self._second is SEVERAL else (self._by_first, self._by_second)

    @local_derivatives.setter
    def local_derivatives(self, slopes: Sequence[Number]) -> None:
        from .custom import one_each  # noqa: PLC0415  (only for nodes made by hand)

        self._link(self.parents, one_each(self.parents, slopes))

    @property
    def data(self) -> float:
        """The number. After setting it on a leaf, call ``refresh()`` on the root.

        Until then the graph is stale: ``backward()`` uses the recorded numbers; all displays of it say so.
        """
        return self._number

    @data.setter
    def data(self, x: Number) -> None:
        self._number = real(x, "data")

    @property
    def grad(self) -> float:
        """The derivative of the root with respect to this node; 0.0 before any backward pass."""
        return 0.0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, x: Number | None) -> None:
        self._grad = None if x is None else real(x, "grad")

    @property
    def has_grad(self) -> bool:
        """Whether a gradient was computed or set; pictures show "–" for a node without one."""
        return self._grad is not None

    @property
    def label(self) -> str:
        """The node's name: plain text, shown unchanged."""
        return self._label

    @label.setter
    def label(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"label must be text, got {told(text)}; pass str(...)")
        self._label = text


N = TypeVar("N", bound=Node)

METHOD = '''\
def {name}(self{arguments}):
    """{doc}"""
{begin}    {operands} = {recorded}
    try:
{lines}        {results} = {value}, {slopes}
    except Unevaluable:
        return called({rule}, {both})
    node = new({kind})
    node._number = number
    node._first = self
    node._by_first = by_self
    node._second = {second}
    node._grad = None
    node._label = ""
    node.rule = {rule}
    if watchers:
        check_forward({rule}, {parents}, {numbers}, number)
    return node
'''
"""Template: a rule as a function."""

OTHER = """\
    kind = type(self)
    if type(other) is not kind and not isinstance(other, Node):  # the first check is quicker
        if not is_real(other):
            return refuse(other)
        other = self._leaf(other)
"""
"""Inserted first if there are two operands: the second may be a plain number."""

BEGIN = """\
    bound = at({numbers})
    if not ({guard}):
        return called(bound, {both})
"""
"""Inserted first if a rule has parameters: the lines that follow are valid only where its guard holds."""

INT = """\
    if type({numbers}) is not int:
        return self.{otherwise}({numbers})
"""
"""Inserted before that if the parameter is nearly always an int: another method takes anything else."""


class method:  # noqa: N801  (used like a decorator)
    """A rule as a method: compiled on first use, a plain function from then on.

    If ``reflected``, it is the operator that Python calls when a plain number is on the left. With
    ``otherwise``, it takes an int as the rule's parameter; the method of that name takes anything else.
    """

    def __init__(self, rule: Rule, *, reflected: bool = False, otherwise: str = "") -> None:
        self.rule, self.reflected, self.otherwise = rule, reflected, otherwise

    def __set_name__(self, owner: type[Node], name: str) -> None:
        self.owner, self.name = owner, name

    @overload
    def __get__(self, node: None, owner: type[N]) -> Callable[..., N]: ...
    @overload
    def __get__(self, node: N, owner: type[N]) -> Callable[..., N]: ...
    def __get__(self, node: N | None, owner: type[N]) -> Callable[..., N]:
        function = _reflected(self.rule) if self.reflected else compiled(self.rule, self.otherwise)
        setattr(self.owner, self.name, function)
        return function if node is None else MethodType(function, node)


@cache
def compiled(rule: Rule, otherwise: str = "") -> Callable[..., Any]:
    """Compile a rule with one or two operands into a function that makes its node; parameters come last.

    >>> from engine import Value
    >>> compiled(rules.power)(Value(3.0), 2)
    Value(data=9.0, grad=0.0)
    """
    from .readings.code import written  # noqa: PLC0415  (a program that runs no rule does not need it)

    names = rule.operands or ("x", "y")  # a rule with any number of operands becomes a method with two
    names = names if LOCALS.isdisjoint(names) else ("x", "y")[: len(names)]
    parameters = [name for name, _ in rule.defaults]
    try:
        text = written(rule, names)
    except TypeError:  # it branches on an operand
        return lambda *operands: called(rule, *operands)
    two = len(names) > 1
    both = "self, other" if two else "self"
    begin = (OTHER * two + INT * bool(otherwise) + BEGIN * bool(parameters)).format(
        numbers=parameters[0] if otherwise else ", ".join(f"{p}, not {p} and repr({p})" for p in parameters),
        guard=" and ".join(text.guards) or True,
        otherwise=otherwise,
        both=both,
    )
    source = METHOD.format(
        name=rule.name,
        arguments="".join(f", {name}" for name in (*["other"] * two, *parameters)),
        doc="\n    ".join(rule.description.replace("\\", r"\\").split("\n")),
        begin=begin,
        operands=", ".join(names),
        recorded="self._number" + ", other._number" * two,
        kind="kind" if two else "type(self)",
        numbers=f"({names[0]}, {names[1]})" if two else f"({names[0]},)",
        lines="".join(f"    {line}\n" for line in text.lines),
        results="number, by_self" + ", by_other" * two,
        value=text.value,
        slopes=", ".join(text.local_derivatives),
        rule="bound" if parameters else "rule",
        both=both,
        parents="(self, other)" if two else "(self,)",
        second="other\n    node._by_second = by_other" if two else "None",
    )
    file = f"<{rule.name}, written from its rule{', for ints' * bool(otherwise)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    found: dict[str, Any] = {}
    own = {"rule": rule, "at": binder(rule, typed=not otherwise)}
    exec(compile(source, file, "exec"), GLOBALS | text.functions | own, found)  # noqa: S102  (its text consists of operations and identifiers)
    return cast("Callable[..., Any]", found[rule.name])


def _reflected(rule: Rule) -> Callable[..., Any]:
    forward = compiled(rule)

    def method(self: N, other: Number) -> N:
        return cast("N", forward(self._leaf(other), self) if is_real(other) else refuse(other))

    method.__name__, method.__doc__ = rule.name, forward.__doc__
    return method


def called(rule: Rule, node: N, *others: N | Number) -> Any:
    """Make a rule's node by calling the rule, where it cannot be written as lines."""
    if refused := [x for x in others if not isinstance(x, Node) and not is_real(x)]:
        return refuse(refused[0])
    operands = [node, *(x if isinstance(x, Node) else node._leaf(x) for x in others)]
    number, slopes = evaluate(rule, operands, [x._number for x in operands])
    return type(node)._made(number, tuple(operands), slopes, rule)


GLOBALS = {
    "__name__": "engine.value",  # the ``__module__`` of a method
    **{thing.__name__: thing for thing in (Node, called, check_forward, is_real, refuse)},
    "Unevaluable": Unevaluable,
    "new": new,
    "watchers": watchers,
}
LOCALS = {*GLOBALS, "at", "bound", "by_other", "by_self", "kind", "node", "number", "other", "rule", "self"}
"""Names that an operand cannot have in a method."""
