"""The rules read with arrays of NumPy or JAX: many numbers at once, element by element.

Operands are arrays of shapes that broadcast, or plain floats. Results agree with ``floats`` to a few units
in the last place. They differ for an operand outside a rule's domain:

- NumPy gives NaN or an infinity and *signals*. Under ``np.errstate(divide="raise", invalid="raise",
  over="raise")`` it raises FloatingPointError wherever floats raise, and at some infinite or huge operands
  where they do not: in that case, repeat with floats, number by number, to get their error or result. On a
  platform without floating-point flags, such as WebAssembly, it never raises: check the results.
- JAX gives NaN or an infinity, and cannot raise.

>>> import numpy as np
>>> from engine import rules
>>> value, (slope,) = rules.relu(numpy_reading(), np.array([[-1.0, 2.0], [0.0, 3.0]]))
>>> value.tolist(), slope.tolist()
([[0.0, 2.0], [0.0, 3.0]], [[0.0, 1.0], [0.0, 1.0]])
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.numeric import how_to_install

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.rules.vocabulary import Arithmetic, X


class Arrays:
    """The vocabulary of rules over ``np``, a module like NumPy, with four functions that it lacks.

    ``quiet`` turns a function of two arrays into one that never signals.
    """

    def __init__(
        self,
        np: Any,
        *,
        sigmoid: Callable[[X], X],
        softplus: Callable[[X], X],
        erf: Callable[[X], X],
        erfc: Callable[[X], X],
        quiet: Callable[[Callable[..., X]], Callable[..., X]],
    ) -> None:
        self.abs, self.sign, self.where = np.abs, np.sign, np.where
        self.minimum, self.maximum = np.minimum, np.maximum
        self.power, self.sqrt, self.hypot = np.power, np.sqrt, np.hypot
        self.exp, self.expm1 = np.exp, np.expm1
        self.log, self.log1p, self.log2, self.log10 = np.log, np.log1p, np.log2, np.log10
        self.sin, self.cos, self.tan = np.sin, np.cos, np.tan
        self.asin, self.acos, self.atan, self.atan2 = np.arcsin, np.arccos, np.arctan, np.arctan2
        self.sinh, self.cosh, self.tanh = np.sinh, np.cosh, np.tanh
        self.asinh, self.acosh, self.atanh = np.arcsinh, np.arccosh, np.arctanh
        self.sigmoid, self.softplus, self.erf, self.erfc = sigmoid, softplus, erf, erfc
        self.ieee_div, self.ieee_pow, self.ieee_log = quiet(np.divide), quiet(np.power), quiet(np.log)

    def xlogy(self, x: X, y: X, /) -> X:
        """X ln y, and 0 for x = 0 even where y = 0."""
        return x * self.log(self.where((x == 0) & (y >= 0), 1.0, y))

    def gaussian(self, x: X, /) -> X:
        """e^(−x²), accurate although x² is rounded: x is split into a short part and a rest."""
        x = self.minimum(self.maximum(x, -40.0), 40.0)  # beyond, it is 0
        short = x + 6442450944.0 - 6442450944.0  # a multiple of 2⁻²⁰: its square is exact
        return self.exp(-short * short) * self.exp((short - x) * (short + x))

    def sech(self, x: X, /) -> X:
        """1/cosh x, even if cosh x overflows."""
        e = self.exp(-self.abs(x))
        return 2 * e / (1 + e * e)


@cache
def numpy_reading() -> Arithmetic:
    """The rules read with NumPy, always the same object.

    ``erf``, ``erfc`` and therefore ``gelu`` are slow, about 50 ns per number: NumPy lacks them, so Python's
    are called for each element.

    >>> import numpy as np
    >>> from engine import rules
    >>> with np.errstate(divide="raise"):
    ...     rules.log(numpy_reading(), np.array([1.0, 0.0]))
    Traceback (most recent call last):
        ...
    FloatingPointError: divide by zero encountered in log
    """
    import numpy as np  # noqa: PLC0415  (imported only where used: `import engine` stays light)

    def sigmoid(x: X) -> X:
        e = np.exp(-np.abs(x))
        return np.where(np.greater_equal(x, 0), 1.0, e) / (1 + e)

    def softplus(x: X) -> X:  # np.logaddexp(x, 0.0) takes three times as long
        return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))

    def each(function: Callable[[float], float]) -> Callable[[X], X]:
        def of_array(x: X) -> X:
            x = np.asarray(x, dtype=float)
            return np.fromiter(map(function, x.ravel().tolist()), float, x.size).reshape(x.shape)

        return of_array

    def quiet(function: Callable[..., X]) -> Callable[..., X]:
        def quietly(*operands: X) -> X:
            with np.errstate(all="ignore"):
                return function(*operands)

        return quietly

    return Arrays(
        np, sigmoid=sigmoid, softplus=softplus, erf=each(math.erf), erfc=each(math.erfc), quiet=quiet
    )


@cache
def jax_reading() -> Arithmetic:
    """The rules read with JAX, always the same object: works with ``jax.jit``, ``jax.vmap``, ``jax.grad``.

    JAX computes in single precision unless ``jax.config.update("jax_enable_x64", True)`` was called. Even
    then its sinh, cosh and atanh, and the derivatives of erf and erfc, are right to only 13 digits, and
    subnormal numbers count as 0.

    Raises ImportError if JAX is not installed.
    """
    try:
        import jax.numpy as jnp  # noqa: PLC0415  (an extra, and slow to import)
        from jax.nn import sigmoid, softplus  # noqa: PLC0415  (as above)
        from jax.scipy.special import erf, erfc  # noqa: PLC0415  (as above)
    except ImportError as error:
        raise ImportError(f"the JAX reading needs JAX: {how_to_install('jax')}") from error
    return Arrays(
        jnp, sigmoid=sigmoid, softplus=softplus, erf=erf, erfc=erfc, quiet=lambda function: function
    )
