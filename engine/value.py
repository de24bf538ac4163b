"""Value: the node with its operators. Adding a method for a rule takes one line here."""

from __future__ import annotations

from functools import partial
from math import inf, isclose
from typing import TYPE_CHECKING, Any, Never, Self, TypeAlias

from . import backward as sweep
from . import copies, rules
from .core import in_c
from .doors import advise, door, no_matmul, not_a_power, not_divided, not_plain, not_rounded, unknown_keyword
from .node import Node, method
from .numeric import Number, is_real, real, refuse_seed, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, KeysView, Sequence

    import numpy as np

    from .chain import explanation
    from .chain.steps import steps as walk
    from .chain.tree import tree as outline
    from .pictures import drawing
    from .pictures.page import page


Operand: TypeAlias = "Value | Number"


@in_c
class Value(Node):
    """A number that remembers how it was computed: a scalar node of a computation graph.

    ``data`` is the number, ``label`` its name. ``C.backward()`` gives each node that C depends on its
    ``grad``, the derivative of C with respect to it; ``C.draw()``, ``C.play()``, ``C.explain(w)`` show how.
    ``parents`` are the operands, one entry per occurrence, none for a leaf; ``local_derivatives`` has the
    derivative with respect to each of them, and ``rule`` is the elementary function.

    >>> w, a, b, y = Value(0.5), Value(0.88), Value(0.1), 1.0
    >>> C = ((w * a + b).sigmoid() - y) ** 2
    >>> C.backward()
    >>> round(C.data, 6), round(w.grad, 6)
    (0.135562, -0.150744)

    Pass ``parents`` and ``local_derivatives`` to make a custom node; if ``op`` is the symbol of a rule
    (``+ * **3 ReLU tanh``), the local derivatives can be left out. ``engine.operation`` makes a custom rule.

    >>> x = Value(3.0)
    >>> cube = Value(27.0, (x,), "cube", local_derivatives=(27.0,))
    >>> cube.backward()
    >>> x
    Value(data=3.0, grad=27.0)

    ``==`` and ``in`` compare nodes, not numbers, so that Values can be keys and members of sets: ``x == 2``
    is False. To compare numbers, write ``x.data == 2`` or ``x.isclose(2)``; ``<`` and ``>`` compare numbers.

    Any real number is accepted and stored as float. Raises TypeError for text, complex numbers, None, arrays.
    Source: *Backpropagation Calculus*; the positional arguments are those of micrograd.
    """

    __slots__ = ()

    def __init__(
        self,
        data: Number,
        parents: Iterable[Self] = (),
        op: str | Sequence[Number] = "",
        label: str = "",
        *,
        local_derivatives: Sequence[Number] | None = None,
        _children: Iterable[Self] = (),
        _op: str = "",
        **unknown: Never,
    ) -> None:
        if unknown:
            raise unknown_keyword(unknown)
        self._number = data if type(data) is float else real(data, "data")
        self._grad = self._first = self._second = self.rule = None
        self._label = ""
        if label != "":
            self.label = label
        parents, op = _children or parents, _op or op  # the first ones are micrograd's names
        if parents or op or local_derivatives or type(parents) is not tuple:
            from .custom import provenance  # noqa: PLC0415  (most Values are leaves)

            self.rule, parents, slopes = provenance(parents, op, local_derivatives)
            self._link(parents, slopes)

    def backward(
        self, gradient: None = None, *, retain_graph: bool = True, create_graph: bool = False
    ) -> None:
        """Compute the derivative of this node with respect to all nodes it depends on, summed over paths.

        Gradients of inner nodes are replaced; for leaves they are *added* to what is there, so calling it for
        two roots gives the sum of both. It uses the numbers of the forward pass: if a leaf was edited since,
        call ``refresh()`` first. The graph is always kept, whatever ``retain_graph`` is.

        >>> x = Value(3.0)
        >>> y = x**3
        >>> y.backward()
        >>> x.grad
        27.0
        >>> y.backward()
        >>> x.grad
        54.0

        In docs/concordance.md: calculus 15, 18, 27; general d; week9 19, 34, 48.
        """
        refuse_seed(gradient, retain_graph, create_graph)
        sweep.backward(self)

    def zero_grad(self) -> None:
        """Remove the gradients of this node and of all nodes that it depends on.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> y.backward()
        >>> y.zero_grad()
        >>> x.grad, x.has_grad
        (0.0, False)
        """
        sweep.clear(self)

    def refresh(self) -> None:
        """Recompute data and local derivatives of the graph, after leaves were edited.

        Gradients of inner nodes are removed, since they belong to the old numbers; those of leaves stay until
        ``zero_grad``. If a rule cannot be evaluated, its error is raised and nothing changes.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> x.data = 4.0
        >>> y.refresh()
        >>> y.data
        16.0
        """
        sweep.refresh(self)

    _ordered = staticmethod(sweep.topological_order)
    """The traversal that ``graph.topological_order`` uses for Values."""

    @property
    def _prev(self) -> KeysView[Self]:
        """The distinct parents, under micrograd's name: a set, but in a stable order."""
        return dict.fromkeys(self.parents).keys()

    @property
    def _op(self) -> str:
        """The operation's symbol, under micrograd's name; empty for a leaf."""
        return self.rule.symbol if self.rule else ""

    @property
    def _backward(self) -> Callable[[], None]:
        """A function that passes this node's gradient on to its parents, as micrograd's closure does."""
        return partial(sweep.pass_to_parents, self)

    @_backward.setter
    def _backward(self, closure: Callable[[], object]) -> None:
        """Determine the local derivatives by calling the closure."""
        from .custom import of_closure  # noqa: PLC0415  (only for custom nodes)

        self.rule, slopes = of_closure(self, closure)
        self._link(self.parents, slopes)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" * bool(self.label)  # without a label, micrograd's text
        return f"Value(data={self.data}, grad={self.grad}{label})"

    def __format__(self, spec: str) -> str:
        return format(self._number, spec) if spec else repr(self)

    __copy__, __deepcopy__, __reduce__ = copies.copy_of, copies.deepcopy, copies.reduce
    __getstate__, __setstate__ = copies.added, copies.add

    __add__, __radd__ = method(rules.add), method(rules.add, reflected=True)
    __sub__, __rsub__ = method(rules.sub), method(rules.sub, reflected=True)
    __mul__, __rmul__ = method(rules.mul), method(rules.mul, reflected=True)
    __truediv__, __rtruediv__ = method(rules.div), method(rules.div, reflected=True)
    __neg__, __abs__ = method(rules.neg), method(rules.abs)
    _general_power, __rpow__ = method(rules.general_power), method(rules.general_power, reflected=True)
    __pow__ = method(rules.power, otherwise="_to_power")
    _power, _leaky_relu = method(rules.power), method(rules.leaky_relu)
    _elu, _clip = method(rules.elu), method(rules.clip)

    def _to_power(self, exponent: Operand) -> Value:
        """Return the power for a non-int exponent: a number is part of the rule, a Value is an operand."""
        if isinstance(exponent, Value) or not is_real(exponent):
            return self._general_power(exponent)
        return self._power(exponent if isinstance(exponent, int) else float(exponent) + 0.0)  # −0 is 0

    def __pos__(self) -> Value:
        return self

    conjugate = __pos__  # np.var and np.vdot look for it

    exp, expm1, log, log1p = method(rules.exp), method(rules.expm1), method(rules.log), method(rules.log1p)
    log2, log10, sqrt = method(rules.log2), method(rules.log10), method(rules.sqrt)
    sin, cos, tan = method(rules.sin), method(rules.cos), method(rules.tan)
    asin, acos, atan = method(rules.asin), method(rules.acos), method(rules.atan)
    sinh, cosh, tanh, sech = method(rules.sinh), method(rules.cosh), method(rules.tanh), method(rules.sech)
    asinh, acosh, atanh = method(rules.asinh), method(rules.acosh), method(rules.atanh)
    erf, erfc = method(rules.erf), method(rules.erfc)
    atan2, hypot = method(rules.atan2), method(rules.hypot)
    maximum, minimum = method(rules.maximum), method(rules.minimum)

    sigmoid, log_sigmoid = method(rules.sigmoid), method(rules.log_sigmoid)
    relu, softplus = method(rules.relu), method(rules.softplus)
    selu, gelu, gelu_tanh = method(rules.selu), method(rules.gelu), method(rules.gelu_tanh)
    silu, mish = method(rules.silu), method(rules.mish)
    softsign, hard_tanh = method(rules.softsign), method(rules.hard_tanh)

    def leaky_relu(self, slope: Number = 0.01) -> Value:
        """x for x > 0, else slope · x."""
        return self._leaky_relu(real(slope, "slope"))

    def elu(self, alpha: Number = 1.0) -> Value:
        """x for x > 0, else alpha (eˣ − 1)."""
        return self._elu(real(alpha, "alpha"))

    def clip(self, lo: Number | None, hi: Number | None, out: None = None) -> Value:
        """x limited to lo … hi, None for no bound; raise ValueError if lo > hi. ``out`` is np.clip's."""
        if out is not None:
            raise TypeError(f"the result is a new Value, got out = {told(out)}; leave it out")
        return self._clip(real(-inf if lo is None else lo, "lo"), real(inf if hi is None else hi, "hi"))

    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2  # NumPy's ufuncs look for these names
    arcsinh, arccosh, arctanh = asinh, acosh, atanh

    def isclose(self, other: Operand, *, rel_tol: float = 1e-9, abs_tol: float = 0.0) -> bool:
        """Return whether two numbers are close, as ``math.isclose`` does; ``==`` compares nodes.

        >>> x = Value(2.0)
        >>> x == 2, x.data == 2, x.isclose(2), x in [2.0]
        (False, True, True, False)
        """
        return isclose(self._number, _number(other), rel_tol=rel_tol, abs_tol=abs_tol)

    def item(self) -> float:
        """Return the number, like ``.data``, under the name that PyTorch, NumPy and JAX use."""
        return self._number

    def detach(self) -> Self:
        """Return a new leaf with the same number: gradients stop there."""
        leaf = self._leaf(self._number)
        leaf.rule = None
        return leaf

    def __lt__(self, other: Operand) -> bool:
        return self._number < _number(other)

    def __le__(self, other: Operand) -> bool:
        return self._number <= _number(other)

    def __gt__(self, other: Operand) -> bool:
        return self._number > _number(other)

    def __ge__(self, other: Operand) -> bool:
        return self._number >= _number(other)

    __float__ = __int__ = not_plain
    __round__ = __trunc__ = __floor__ = __ceil__ = rint = not_rounded  # np.round looks for rint
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = not_divided
    __xor__, __rxor__, __matmul__, __rmatmul__ = not_a_power, not_a_power, no_matmul, no_matmul

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: object, **keywords: object) -> Any:
        """NumPy calls this for a ufunc with a Value as operand; see ``engine.ufuncs``."""
        from .ufuncs import applied  # noqa: PLC0415  (a layer above, imported only when used)

        return applied(ufunc, method, operands, keywords)

    if TYPE_CHECKING:
        draw, play, explain = drawing.draw, page.play, explanation.explain
        tree, steps = outline, walk
    else:
        draw, play, explain = door("pictures.drawing"), door("pictures.page.page"), door("chain.explanation")
        tree, steps = door("chain.tree"), door("chain.steps")


advise(Value)  # for names from other libraries: x.shape raises an AttributeError that says what to write


def _number(other: object) -> float:
    return other.data if isinstance(other, Node) else real(other, "the other side of a comparison")
