"""NumPy's ufuncs applied to Values: they return nodes or plain booleans, or raise an error.

A ufunc that has a rule returns nodes. Comparisons, ``np.isnan``, ``np.isinf``, ``np.isfinite`` and
``np.signbit`` return booleans, as ``x > 0`` does. Every other ufunc raises TypeError: a plain number would
cut the gradient.

An array of dtype object is different: NumPy uses operators and methods of its elements, never this file.
There ``np.maximum``, ``np.minimum``, ``np.clip`` and ``np.max`` compare elements and pick one, so a plain
number in the result is an operand that won, and its derivative is 0, as is that of ``np.sign``. If two
elements are equal, one of them gets the whole derivative; ``engine.maximum`` shares it.

>>> import numpy as np
>>> from engine import Value, maximum
>>> x, y = Value(-1.0), Value(2.0)
>>> np.maximum(x, 0.0)
Value(data=0.0, grad=0.0)
>>> np.maximum(np.array([x, y]), 0.0).tolist()
[0.0, Value(data=2.0, grad=0.0)]
>>> np.frompyfunc(maximum, 2, 1)([x, y], 0.0).tolist()  # nodes throughout
[Value(data=0.0, grad=0.0), Value(data=2.0, grad=0.0)]
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from .functions import FUNCTIONS, logsumexp, maximum, minimum
from .numeric import is_real, told
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COMPARISONS: dict[str, Callable[..., Any]] = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}
OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "negative": operator.neg,
    "positive": operator.pos,
    "absolute": abs,
}
QUESTIONS: dict[str, Callable[..., Any]] = {
    "isnan": lambda x: math.isnan(x.data),
    "isinf": lambda x: math.isinf(x.data),
    "isfinite": lambda x: math.isfinite(x.data),
    "signbit": lambda x: math.copysign(1.0, x.data) < 0,
}


def _clip(x: Any, lo: Any, hi: Any) -> Any:
    """Clip as NumPy defines it; a Value between plain numbers uses the rule ``clip``, one node."""
    if isinstance(x, Value) and not (isinstance(lo, Value) or isinstance(hi, Value)):
        return x.clip(lo, hi)
    return minimum(maximum(x, lo), hi)


SAME_NAME = (
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "hypot",
)  # fmt: skip
BY_RULES: dict[str, Callable[..., Any]] = {
    **{name: FUNCTIONS[name] for name in SAME_NAME},
    **{f"arc{name}": FUNCTIONS[f"a{name}"] for name in ("sin", "cos", "tan", "tan2", "sinh", "cosh", "tanh")},
    "fabs": abs,
    "conjugate": operator.pos,
    "float_power": operator.pow,
    "square": lambda x: x**2,
    "reciprocal": lambda x: 1 / x,
    "exp2": lambda x: 2**x,
    "maximum": maximum,
    "minimum": minimum,
    "clip": _clip,
    "logaddexp": lambda x, y: logsumexp([x, y]),
    **dict.fromkeys(("deg2rad", "radians"), lambda x: x * (math.pi / 180)),
    **dict.fromkeys(("rad2deg", "degrees"), lambda x: x * (180 / math.pi)),
}
WITH_LOOPS = {*COMPARISONS, *OPERATORS}  # NumPy's own loops over objects call these operators
DECIDED: dict[str, Callable[..., Any]] = {**COMPARISONS, **OPERATORS, **QUESTIONS, **BY_RULES}

FLAT = "its derivative is 0 wherever it exists: pass x.data for the number alone"
ADVICE = {
    **dict.fromkeys(("sign", "heaviside", "floor", "ceil", "trunc", "rint", "floor_divide"), FLAT),
    **dict.fromkeys(("fmax", "fmin"), "np.maximum and np.minimum have one, and propagate NaN"),
    **dict.fromkeys(
        ("logical_and", "logical_or", "logical_xor", "logical_not"), "compare first, as in x > 0"
    ),
    **dict.fromkeys(("matmul", "vecdot", "matvec", "vecmat"), "multiply by a single Value with *"),
    "logaddexp2": "engine.logsumexp has one, to base e",
    "cbrt": "write x ** (1 / 3), for x > 0",
}

ARRAYS = (np.ndarray, list, tuple)


def applied(ufunc: np.ufunc, method: str, operands: Iterable[Any], keywords: dict[str, Any]) -> Any:
    """Return the result of a ufunc, or of one of its methods, if a Value is among the operands.

    Raises TypeError if the ufunc has no rule, or if ``out`` is not an array of objects.
    """
    name = ufunc.__name__
    function = DECIDED.get(name)
    if function is None and not _in_python(ufunc):
        raise TypeError(
            f"np.{name} has no rule of differentiation, and a plain number would cut the Value's gradient; "
            + ADVICE.get(name, "pass x.data for the number alone")
        )
    operands = [x if isinstance(x, Value) else _plain(x) for x in operands]
    alone = not keywords and not any(isinstance(x, ARRAYS) for x in operands)
    if function and method == "__call__" and alone:
        return function(*operands)
    if name not in COMPARISONS:
        _check_out(operands[:1] if method == "at" else keywords.get("out", ()))
    if function and name not in WITH_LOOPS:
        ufunc = np.frompyfunc(function, ufunc.nin, 1)
    operands = [_boxed(x) if isinstance(x, Value) else x for x in operands]
    return (
        ufunc(*operands, **keywords)
        if method == "__call__"
        else getattr(ufunc, method)(*operands, **keywords)
    )


def _in_python(ufunc: np.ufunc) -> bool:
    """Return whether a ufunc calls a Python function per element, as those of ``np.frompyfunc`` do."""
    return set("".join(ufunc.types)) <= set("O->")


def _plain(x: Any) -> Any:
    """Return a NumPy scalar as a Python number: its own operators would call the ufunc again."""
    if isinstance(x, np.ndarray) and x.ndim == 0:
        x = x[()]
    if not isinstance(x, np.generic) or not is_real(x):
        return x
    return x.item() if isinstance(x, np.integer) else float(x)


def _boxed(x: Value) -> np.ndarray[Any, Any]:
    """Return a Value as an array without dimensions, for which NumPy uses its loop over objects."""
    box = np.empty((), dtype=object)
    box[()] = x
    return box


def _check_out(arrays: Iterable[Any]) -> None:
    """Raise TypeError if one of the output arrays cannot hold Values."""
    for array in arrays:
        if isinstance(array, Value) or array.dtype.kind != "O":
            raise TypeError(
                f"the output array {told(array)} cannot hold Values; "
                "write a = a + v instead of a += v, or make it an array of objects, a.astype(object)"
            )
