"""Optimisers: from gradients to new parameters. They use ``.data`` and ``.grad``, nothing else."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from engine.numeric import real, short, told

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


class Parameter(Protocol):
    """What an optimiser needs of a parameter."""

    data: float
    grad: float

    def zero_grad(self) -> None:
        """Clear the gradient."""


class Optimizer:
    """The base of optimisers: it holds the parameters that ``step`` changes.

    Raises ValueError for an empty list, a parameter that is not a leaf or is given twice, and a learning rate
    below 0; TypeError for arguments of the wrong kind. A custom optimiser overrides ``step``, or ``_changed``
    with the rule for one parameter: read with arrays, the same rule changes all at once.
    """

    _remembered: tuple[str, ...] = ()
    """The attributes that hold a number for each parameter from one step to the next."""

    def __init__(self, parameters: Iterable[Parameter], lr: float, weight_decay: float) -> None:
        self.parameters = _checked(parameters)
        self.lr = _within("lr", lr, 0, math.inf)
        self.weight_decay = _within("weight_decay", weight_decay, 0, math.inf)

    def step(self) -> None:
        """Change every parameter once, by its gradient."""
        self._begin()
        for k, p in enumerate(self.parameters):
            p.data = self._changed(k, p.data, p.grad + self.weight_decay * p.data, math.sqrt)

    def changed(self, W: Array, gradient: Array) -> Array:
        """Return parameters W after a step along this gradient, as arrays and with the same bits as ``step``.

        >>> import numpy as np
        >>> from engine import Value
        >>> descent = GradientDescent([Value(0.0), Value(0.0)], lr=0.5)
        >>> descent.changed(np.array([1.0, 2.0]), np.array([2.0, 0.0]))
        array([0., 2.])
        """
        import numpy as np  # noqa: PLC0415  (only callers with arrays need it)

        self._begin()
        for name in self._remembered:
            setattr(self, name, np.asarray(getattr(self, name), dtype=float))
        with np.errstate(all="ignore"):  # as with floats: an overflow is an infinity, which fit reports
            after: Array = self._changed(slice(None), W, gradient + self.weight_decay * W, np.sqrt)
        return after

    def _begin(self) -> None:
        """Count a step, if the optimiser needs to."""

    def _changed(self, k: Any, W: Any, gradient: Any, sqrt: Any) -> Any:
        """Return parameter k, or those of a slice k, after a step."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say how a parameter changes; override step or _changed, "
            "or use GradientDescent or Adam"
        )

    def zero_grad(self) -> None:
        """Clear the gradients of the parameters."""
        for parameter in self.parameters:
            parameter.zero_grad()


class GradientDescent(Optimizer):
    """W ← W − η ∇C, with the learning rate η = ``lr``.

    With momentum, the step is η v where v ← momentum · v + ∇C. Weight decay adds weight_decay · W to the
    gradient. Source: *Neural Networks (2)*, the update rule of gradient descent.

    >>> from engine import Value
    >>> w = Value(3.0)
    >>> (w * w).backward()
    >>> GradientDescent([w], lr=0.1).step()
    >>> round(w.data, 12)
    2.4
    """

    _remembered = ("velocity",)

    def __init__(
        self,
        parameters: Iterable[Parameter],
        lr: float = 0.1,
        *,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.momentum = _within("momentum", momentum, 0, 1)
        self.velocity = [0.0] * len(self.parameters)

    def _changed(self, k: Any, W: Any, gradient: Any, sqrt: Any) -> Any:  # noqa: ARG002  (Adam needs it)
        """W ← W − η v."""
        self.velocity[k] = self.momentum * self.velocity[k] + gradient
        return W - self.lr * self.velocity[k]


class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and of its square (Kingma and Ba 2014).

    >>> from engine import Value
    >>> w = Value(3.0)
    >>> (w * w).backward()
    >>> Adam([w], lr=0.1).step()
    >>> round(w.data, 6)
    2.9
    """

    _remembered = ("first", "second")

    def __init__(
        self,
        parameters: Iterable[Parameter],
        lr: float = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.betas = _pair(betas)
        self.eps = _within("eps", eps, sys.float_info.min, math.inf)  # 0 would divide 0 by 0
        self.steps = 0
        self.first = [0.0] * len(self.parameters)
        self.second = [0.0] * len(self.parameters)

    def _begin(self) -> None:
        self.steps += 1

    def _changed(self, k: Any, W: Any, gradient: Any, sqrt: Any) -> Any:
        """W ← W − η m̂ / (√v̂ + ε)."""
        b1, b2 = self.betas
        self.first[k] = b1 * self.first[k] + (1 - b1) * gradient
        self.second[k] = b2 * self.second[k] + (1 - b2) * gradient * gradient
        mean, variance = self.first[k] / (1 - b1**self.steps), self.second[k] / (1 - b2**self.steps)
        return W - self.lr * mean / (sqrt(variance) + self.eps)


def _checked(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Return the parameters as a list; raise TypeError or ValueError unless they are distinct leaves."""
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"an optimiser takes a list of Values, got {told(parameters)}; pass model.parameters()"
        )
    found = list(parameters)
    for parameter in found:
        if not (hasattr(parameter, "data") and hasattr(parameter, "grad")):
            raise TypeError(
                f"a parameter has data and grad, which {told(parameter)} lacks; pass model.parameters()"
            )
        if getattr(parameter, "parents", ()):
            raise ValueError(
                f"a parameter is a leaf, but {told(parameter)} is computed from others; pass those"
            )
    if not found:
        raise ValueError("there are no parameters to optimise; pass model.parameters()")
    if len({id(parameter) for parameter in found}) < len(found):
        raise ValueError("a parameter is given twice, and would be changed twice in a step; give each once")
    return found


def _within(name: str, given: object, low: float, high: float) -> float:
    x = real(given, name)
    if not low <= x < high:
        raise ValueError(f"{name} must be at least {low} and below {high}, got {short(x)}")
    return x


def _pair(betas: Any) -> tuple[float, float]:
    try:
        first, second = betas
    except (TypeError, ValueError):
        raise TypeError(f"betas must be two numbers, as in (0.9, 0.999), got {told(betas)}") from None
    return _within("betas[0]", first, 0, 1), _within("betas[1]", second, 0, 1)
