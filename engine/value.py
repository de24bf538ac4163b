"""Value: the node with its operators. Adding a method for a rule is one line here."""

from __future__ import annotations

from math import copysign, inf
from typing import TYPE_CHECKING, Any, NoReturn, cast

from . import rules, written_out
from .node import Node
from .numeric import Number, evaluate, is_real, real, told
from .operators import binary, parametrised, reflected, refuse, unary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Unpack

    import numpy as np

    from .chain import Explanation
    from .operators import Operand
    from .pictures.drawing import Drawing, Options
    from .pictures.page.page import Player
    from .rules import Rule


class Value(Node):
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

    __slots__ = ()

    __add__, __radd__ = written_out.add, reflected(rules.add)
    __sub__, __rsub__ = binary(rules.sub), reflected(rules.sub)
    __mul__, __rmul__ = written_out.mul, reflected(rules.mul)
    __truediv__, __rtruediv__ = binary(rules.div), reflected(rules.div)
    __neg__, __abs__ = unary(rules.neg), unary(rules.abs)
    _general_power, __rpow__ = binary(rules.general_power), reflected(rules.general_power)

    def __pow__(self, exponent: Operand) -> Value:
        """A plain number is part of the rule, so that a negative base works; a Value is an operand."""
        if isinstance(exponent, Value) or not is_real(exponent):
            return self._general_power(exponent)
        return _power(exponent if isinstance(exponent, int) else float(exponent) + 0.0)(self)  # −0 is 0

    def __pos__(self) -> Value:
        return self

    conjugate = __pos__  # np.var and np.vdot look for it

    exp, expm1, log, log1p = unary(rules.exp), unary(rules.expm1), unary(rules.log), unary(rules.log1p)
    log2, log10, sqrt = unary(rules.log2), unary(rules.log10), unary(rules.sqrt)
    sin, cos, tan = unary(rules.sin), unary(rules.cos), unary(rules.tan)
    asin, acos, atan = unary(rules.asin), unary(rules.acos), unary(rules.atan)
    sinh, cosh, tanh, sech = unary(rules.sinh), unary(rules.cosh), written_out.tanh, unary(rules.sech)
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
        slope = real(slope, "slope")
        return _leaky_relu(slope, copysign(1.0, slope))(self)

    def elu(self, alpha: Number = 1.0) -> Value:
        """x for x > 0, else alpha (eˣ − 1)."""
        alpha = real(alpha, "alpha")
        return _elu(alpha, copysign(1.0, alpha))(self)

    def clip(self, lo: Number | None, hi: Number | None, out: None = None) -> Value:
        """x kept between lo and hi, None for no bound; ValueError where lo > hi. ``out`` is np.clip's."""
        if out is not None:
            raise TypeError(f"the result is a new Value, got out = {told(out)}; leave it out")
        lo, hi = real(-inf if lo is None else lo, "lo"), real(inf if hi is None else hi, "hi")
        return _clip(lo, hi, copysign(1.0, lo), copysign(1.0, hi))(self)

    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2  # NumPy's ufuncs look for these names
    arcsinh, arccosh, arctanh = asinh, acosh, atanh

    def __lt__(self, other: Operand) -> bool:
        return self._number < _number(other)

    def __le__(self, other: Operand) -> bool:
        return self._number <= _number(other)

    def __gt__(self, other: Operand) -> bool:
        return self._number > _number(other)

    def __ge__(self, other: Operand) -> bool:
        return self._number >= _number(other)

    def __float__(self) -> NoReturn:
        raise TypeError(
            "a Value does not become a plain number by itself, since that would cut its gradient; "
            "use .data for the number, or x.exp() or engine.exp(x) in place of math.exp(x)"
        )

    __int__ = __float__

    def __round__(self, *_: object) -> NoReturn:
        raise TypeError(
            "a Value cannot be rounded, since that would cut its gradient; use round(x.data) for the number, "
            'or f"{x.data:.2f}" to print it'
        )

    __trunc__ = __floor__ = __ceil__ = rint = __round__  # np.round looks for rint

    def __floordiv__(self, other: object) -> Any:
        if not (isinstance(other, Value) or is_real(other)):
            return refuse(other)
        raise TypeError(
            "a Value has no // and no %, since rounding would cut its gradient; use .data for the numbers, "
            "as in x.data // 2"
        )

    __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = __floordiv__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: object, **keywords: object) -> Any:
        """NumPy calls this where it meets a Value; see ``engine.ufuncs``."""
        from .ufuncs import applied  # noqa: PLC0415  (a door to a floor above, opened only when used)

        return applied(ufunc, method, operands, keywords)

    def draw(self, **options: Unpack[Options]) -> Drawing:
        """Draw the graph of everything this node depends on; options as for ``engine.draw``."""
        from .pictures.drawing import draw  # noqa: PLC0415  (a door to a floor above, opened only when used)

        return draw(self, **options)

    def play(self, *, leaves: Iterable[Value] | None = None, lr: float = 0.1) -> Player:
        """Step through the forward and the backward pass on a page; see ``engine.play``."""
        from .pictures.page.page import play  # noqa: PLC0415  (as above)

        return play(self, leaves=leaves, lr=lr)

    def explain(self, w: Value, *, limit: int = 100, prime: bool = True) -> Explanation:
        """Explain the derivative of this node by w, path by path; see ``engine.chain.explain``."""
        from .chain import explain  # noqa: PLC0415  (as above)

        return explain(self, w, limit=limit, prime=prime)


def apply(rule: Rule, *operands: Operand) -> Value:
    """Make a node of any rule; plain numbers among the operands become leaves.

    >>> from engine import rules
    >>> apply(rules.affine, 1.0, Value(2.0), 3.0).data  # 1 + 2·3
    7.0
    """
    try:
        fits = len(operands) >= rule.at_least and (rule.variadic or len(operands) == len(rule.operands))
    except AttributeError:
        raise TypeError(f"apply takes a rule, as in apply(rules.tanh, x), got {told(rule)}") from None
    if not fits:
        raise TypeError(_miscounted(rule, len(operands)))
    parents = cast("tuple[Value, ...]", operands)
    try:
        numbers = [parent._number for parent in parents]
    except AttributeError:  # not all of them are Values
        parents = as_values(operands)
        numbers = [parent._number for parent in parents]
    data, slopes = evaluate(rule, parents, numbers)
    kind = type(parents[0]) if parents else Value
    return kind._made(data, parents, slopes, rule)


def _miscounted(rule: Rule, count: int) -> str:
    if rule.variadic:
        return f"{rule.name} takes at least {rule.at_least} operand, got {count}; give it some, as in [x, y]"
    names = ", ".join(rule.operands)
    plural = "s" * (len(rule.operands) != 1)
    return f"{rule.name} takes {len(rule.operands)} operand{plural}, got {count}; write {rule.name}({names})"


def as_values(operands: Sequence[Operand]) -> tuple[Value, ...]:
    """Operands as nodes: a plain number becomes a leaf, of the kind that the first Value among them has."""
    kind = next((type(x) for x in operands if isinstance(x, Value)), Value)
    return tuple(x if isinstance(x, Value) else kind._leaf(x) for x in operands)


_power, _leaky_relu = parametrised(rules.power), parametrised(rules.leaky_relu)
_elu, _clip = parametrised(rules.elu), parametrised(rules.clip)


def _number(other: object) -> float:
    return other.data if isinstance(other, Node) else real(other, "the other side of a comparison")
