"""Value: a number that records its parents and its local derivatives, and passes gradients back."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

from . import anomaly, copies, floats, rules
from .errors import Unevaluable, unevaluable
from .graph import topological_order
from .handmade import provenance
from .real import Number, is_real, real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, KeysView, Mapping, Sequence

    from .draw import Drawing
    from .rules import Rule

    Operand: TypeAlias = "Value | Number"
    Unary: TypeAlias = Callable[["Value"], "Value"]
    Binary: TypeAlias = Callable[["Value", Operand], "Value"]

NOT_NUMBERS = (str, bytes, complex, list, tuple, dict, set, frozenset, type(None))


def _named_after(rule: Rule, method: Any) -> Any:
    """Give a method the name and the words of its rule, for ``help()``."""
    method.__name__ = method.__qualname__ = rule.name
    method.__doc__ = f"{rule.summary}\n\nDomain: {rule.domain}." + f" Kinks: {rule.kinks}." * bool(rule.kinks)
    return method


def unary(rule: Rule) -> Unary:
    """Make a rule of one operand a method."""
    function = rule.function

    def method(self: Value) -> Value:
        try:
            data, slopes = function(floats, self._data)
        except Unevaluable as error:
            raise _explained(rule, (self,), error) from None
        return _node(data, (self,), slopes, rule)

    return cast("Unary", _named_after(rule, method))


def binary(rule: Rule) -> Binary:
    """Make a rule of two operands an operator or method; the second may be a plain number."""
    function = rule.function

    def method(self: Value, other: Operand) -> Value:
        if not isinstance(other, Value):
            if not is_real(other):
                return cast("Value", _refuse(other))
            other = Value(other)
        try:
            data, slopes = function(floats, self._data, other._data)
        except Unevaluable as error:
            raise _explained(rule, (self, other), error) from None
        return _node(data, (self, other), slopes, rule)

    return cast("Binary", _named_after(rule, method))


def reflected(rule: Rule) -> Binary:
    """Make a rule the operator that Python calls when a plain number stands on the left."""
    forward = binary(rule)

    def method(self: Value, other: Operand) -> Value:
        return forward(Value(other), self) if is_real(other) else _refuse(other)

    return cast("Binary", _named_after(rule, method))


class Value:
    """A scalar node of a computation graph.

    ``data`` is its number and ``grad`` the derivative by it of the node that ``backward()`` was called
    on; ``parents`` are the operands it was computed from, one entry per occurrence, ``local_derivatives``
    its derivatives by each of them, and ``rule`` the elementary function. A leaf has no parents.

    >>> w, a, b, y = Value(0.5), Value(0.88), Value(0.1), 1.0
    >>> C = ((w * a + b).sigmoid() - y) ** 2
    >>> C.backward()
    >>> round(C.data, 6), round(w.grad, 6)
    (0.135562, -0.150744)

    ``parents`` and ``local_derivatives`` make a node of one's own; a known symbol in the place of ``op``
    (``+ * **3 ReLU tanh``) supplies the local derivatives by itself.

    >>> x = Value(3.0)
    >>> cube = Value(27.0, (x,), "cube", local_derivatives=(27.0,))
    >>> cube.backward()
    >>> x
    Value(data=3.0, grad=27.0)

    Any real number comes in and is stored as float. TypeError for text, complex numbers, None and arrays.
    Source: *Backpropagation calculus*; the positional arguments are those of micrograd.
    """

    __slots__ = ("_data", "_grad", "_label", "local_derivatives", "parents", "rule")

    _data: float
    _grad: float | None
    _label: str
    parents: tuple[Value, ...]
    local_derivatives: tuple[float, ...]
    rule: Rule | None

    def __init__(
        self,
        data: Number,
        parents: Iterable[Value] = (),
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
    def _prev(self) -> KeysView[Value]:
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

        >>> x = Value(3.0)
        >>> y = x * x
        >>> x.data = 4.0
        >>> y.refresh()
        >>> y.data
        16.0
        """
        recomputed = recompute(topological_order(self))
        for node, (data, slopes) in recomputed.items():
            node._data, node.local_derivatives, node._grad = data, slopes, None
        if anomaly.watching():
            for node in recomputed:
                anomaly.check_forward(node)

    __add__, __radd__ = binary(rules.add), reflected(rules.add)
    __sub__, __rsub__ = binary(rules.sub), reflected(rules.sub)
    __mul__, __rmul__ = binary(rules.mul), reflected(rules.mul)
    __truediv__, __rtruediv__ = binary(rules.div), reflected(rules.div)
    __neg__, __abs__ = unary(rules.neg), unary(rules.abs)
    _general_power, __rpow__ = binary(rules.general_power), reflected(rules.general_power)

    def __pow__(self, exponent: Operand) -> Value:
        """A plain number is part of the rule, so that a negative base works; a Value is an operand."""
        if isinstance(exponent, Value) or not is_real(exponent):
            return self._general_power(exponent)
        return apply(_power(exponent if isinstance(exponent, int) else float(exponent)), self)

    def __pos__(self) -> Value:
        return self

    exp, expm1, log, log1p = unary(rules.exp), unary(rules.expm1), unary(rules.log), unary(rules.log1p)
    log2, log10, sqrt = unary(rules.log2), unary(rules.log10), unary(rules.sqrt)
    sin, cos, tan = unary(rules.sin), unary(rules.cos), unary(rules.tan)
    asin, acos, atan = unary(rules.asin), unary(rules.acos), unary(rules.atan)
    sinh, cosh, tanh, sech = unary(rules.sinh), unary(rules.cosh), unary(rules.tanh), unary(rules.sech)
    asinh, acosh, atanh = unary(rules.asinh), unary(rules.acosh), unary(rules.atanh)
    erf, erfc = unary(rules.erf), unary(rules.erfc)
    atan2, hypot = binary(rules.atan2), binary(rules.hypot)
    maximum, minimum = binary(rules.maximum), binary(rules.minimum)

    sigmoid, log_sigmoid = unary(rules.sigmoid), unary(rules.log_sigmoid)
    relu, softplus = unary(rules.relu), unary(rules.softplus)
    selu, gelu, gelu_tanh = unary(rules.selu), unary(rules.gelu), unary(rules.gelu_tanh)
    silu, mish = unary(rules.silu), unary(rules.mish)
    softsign, hard_tanh = unary(rules.softsign), unary(rules.hard_tanh)

    def leaky_relu(self, slope: Number = 0.01) -> Value:
        """x for x > 0, else slope · x."""
        return apply(rules.leaky_relu.at(slope=real(slope, "slope")), self)

    def elu(self, alpha: Number = 1.0) -> Value:
        """x for x > 0, else alpha (eˣ − 1)."""
        return apply(rules.elu.at(alpha=real(alpha, "alpha")), self)

    def clip(self, lo: Number, hi: Number) -> Value:
        """x kept between lo and hi; ValueError where lo > hi."""
        return apply(rules.clip.at(lo=real(lo, "lo"), hi=real(hi, "hi")), self)

    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2  # NumPy's ufuncs look for these names
    arcsinh, arccosh, arctanh = asinh, acosh, atanh

    def __lt__(self, other: Operand) -> bool:
        return self._data < _number(other)

    def __le__(self, other: Operand) -> bool:
        return self._data <= _number(other)

    def __gt__(self, other: Operand) -> bool:
        return self._data > _number(other)

    def __ge__(self, other: Operand) -> bool:
        return self._data >= _number(other)

    def __float__(self) -> NoReturn:
        raise TypeError(
            "a Value does not become a plain number by itself, since that would cut its gradient; "
            "use .data for the number, or x.exp() or engine.exp(x) in place of math.exp(x)"
        )

    __int__ = __float__

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __copy__(self) -> Value:
        return copies.restore(type(self), *copies.shallow(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return copies.deepcopy(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return copies.reduce(self)

    def draw(self) -> Drawing:
        """Draw the graph of everything this node depends on; see ``engine.draw``."""
        from .draw import draw  # noqa: PLC0415  (a door to a floor above, opened only when used)

        return draw(self)


def apply(rule: Rule, *operands: Operand) -> Value:
    """Make a node of any rule; plain numbers among the operands become leaves.

    >>> from engine import rules
    >>> apply(rules.affine, 1.0, Value(2.0), 3.0).data  # 1 + 2·3
    7.0
    """
    if len(operands) < rule.at_least or not (rule.variadic or len(operands) == len(rule.operands)):
        expected = f"at least {rule.at_least}" if rule.variadic else str(len(rule.operands))
        raise TypeError(f"{rule.name} takes {expected} operands, got {len(operands)}")
    parents = tuple(x if isinstance(x, Value) else Value(x) for x in operands)
    data, slopes = evaluate(rule, parents, [parent._data for parent in parents])
    return _node(data, parents, slopes, rule)


def evaluate(
    rule: Rule, parents: Sequence[Value], operands: Sequence[float]
) -> tuple[float, tuple[float, ...]]:
    """Value and local derivatives of a rule at the given numbers, its errors explained by the labels."""
    try:
        return rule.function(floats, *operands)
    except Unevaluable as error:
        raise unevaluable(rule, operands, [parent._label for parent in parents], error) from None


def recompute(
    order: Iterable[Value], leaves: Mapping[Value, float] | None = None
) -> dict[Value, tuple[float, tuple[float, ...]]]:
    """Data and local derivatives of every inner node of an order, as they would be; changes nothing.

    ``leaves`` gives other numbers to some leaves.
    """
    numbers = dict(leaves or {})
    recomputed = {}
    for node in order:
        if node.parents and node.rule:
            fresh = evaluate(node.rule, node.parents, [numbers[parent] for parent in node.parents])
            recomputed[node], numbers[node] = fresh, fresh[0]
        else:
            numbers.setdefault(node, node._data)
    return recomputed


def _node(data: float, parents: tuple[Value, ...], slopes: tuple[float, ...], rule: Rule) -> Value:
    value = _new(Value)
    value._data = data
    value._grad = None
    value._label = ""
    value.parents = parents
    value.local_derivatives = slopes
    value.rule = rule
    if anomaly.watchers:
        anomaly.check_forward(value)
    return value


_new = object.__new__


def _pass_back(order: Sequence[Value]) -> None:
    watching = anomaly.watching()
    for node in reversed(order):
        grad = node._grad
        for parent, slope in zip(node.parents, node.local_derivatives):  # noqa: B905  (equal by construction, and hot)
            parent._grad += slope * grad  # type: ignore[operator]  # no gradient of the order is None
        if watching:
            anomaly.check_backward(order[-1], node)


@lru_cache(maxsize=256, typed=True)
def _power(exponent: float) -> Rule:
    return rules.power.at(n=exponent)


def _number(other: object) -> float:
    return other._data if isinstance(other, Value) else real(other, "the other side of a comparison")


def _refuse(other: object) -> Any:
    """Refuse what can never be an operand; leave the rest (arrays, say) to their own operators."""
    if isinstance(other, NOT_NUMBERS):
        raise TypeError(
            f"cannot combine a Value with {type(other).__name__} {other!r}; "
            "an operand is a Value or a real number"
        )
    return NotImplemented


def _explained(rule: Rule, operands: Sequence[Value], error: Exception) -> Exception:
    return unevaluable(rule, [x._data for x in operands], [x._label for x in operands], error)
