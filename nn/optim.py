"""Optimisers: from gradients to new parameters. They use ``.data`` and ``.grad``, nothing else."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias

from engine.arguments import also
from engine.doors import OF_NN, missing
from engine.numeric import real, short, told

from .module import counted

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


class Parameter(Protocol):
    """What an optimiser needs to know about a parameter."""

    data: float
    grad: float

    def zero_grad(self) -> None:
        """Clear the gradient."""


class Optimizer:
    """The base of optimisers: it holds the parameters that ``step`` changes.

    Raises ValueError for an empty list, a parameter that is not a leaf or is given twice, and a learning rate
    below 0; TypeError for arguments of the wrong kind. A custom optimiser overrides ``step``, or ``_changed``
    with the rule for one parameter: read with arrays, the same rule changes all at once.

    >>> from engine import Value
    >>> Adam([Value(1.0), Value(2.0)], lr=0.01)
    Adam(2 parameters, lr=0.01, weight_decay=0.0, betas=(0.9, 0.999), eps=1e-08)
    """

    _remembered: tuple[str, ...] = ()
    """The attributes that hold a number for each parameter from one step to the next. The first of them is
    the memory that ``split`` divides: a running sum or average of gradients."""

    def __init__(self, parameters: Iterable[Parameter], lr: float, weight_decay: float) -> None:
        self.parameters = _checked(parameters)
        self.lr = _within("lr", lr, 0, math.inf)
        self.weight_decay = _within("weight_decay", weight_decay, 0, math.inf)

    def step(self) -> None:
        """Change every parameter once, by its gradient."""
        self._begin()
        changed, decay, sqrt = self._changed, self.weight_decay, math.sqrt
        for k, p in enumerate(self.parameters):
            W = p.data
            p.data = changed(k, W, p.grad + decay * W, sqrt)

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

    def split(self, memory: Array, parts: Array) -> tuple[Array, Array]:
        """Divide a step among the parts of a gradient: return their shares of the memory and of each move.

        Call it after the step. ``parts`` has a row for each part of the step's gradient, weight decay
        included, and a column for each parameter; ``memory`` has the rows from the previous step. Given the
        scale of the step, an update is linear in the gradient, so the rows of the moves add up to the step.
        Raises NotImplementedError for an optimiser that does not define this.

        >>> import numpy as np
        >>> from engine import Value
        >>> descent = GradientDescent([Value(0.0)], lr=0.5, momentum=0.5)
        >>> descent.split(np.array([[4.0], [0.0]]), np.array([[1.0], [2.0]]))[1]  # −η (0.5 m + part)
        array([[-1.5],
               [-1. ]])
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say how a step divides among the parts of a gradient; "
            "override split, or use GradientDescent or Adam"
        )

    @property
    def splits(self) -> bool:
        """Whether ``split`` describes the steps: whether one class defines both it and ``_changed``."""

        def origin(name: str) -> type:
            return next(cls for cls in type(self).__mro__ if name in vars(cls))

        return origin("step") is Optimizer and origin("split") is origin("_changed") is not Optimizer

    def memory(self) -> list[float]:
        """Return the memory of earlier gradients, a number for each parameter."""
        return list(getattr(self, self._remembered[0]))

    def _begin(self) -> None:
        """Count a step, if the optimiser needs to."""

    def _changed(self, k: Any, W: Any, gradient: Any, sqrt: Any) -> Any:
        """Return parameter k, or those of a slice k, after a step."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say how a parameter changes; override step or _changed, "
            "or use GradientDescent or Adam"
        )

    def zero_grad(self, *, set_to_none: bool = True) -> None:  # noqa: ARG002  (PyTorch programs pass it)
        """Clear the gradients of the parameters; ``set_to_none`` makes no difference."""
        for parameter in self.parameters:
            parameter.zero_grad()

    def __repr__(self) -> str:
        hidden = {"parameters", "steps", *self._remembered}
        settings = [f"{name}={short(x)}" for name, x in vars(self).items() if name not in hidden]
        return f"{type(self).__name__}({', '.join([counted(len(self.parameters)), *settings])})"


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

    In docs/concordance.md: calculus 31; lecture 1; week9 1, 4, 46, 47.
    """

    _remembered = ("velocity",)

    @also("GradientDescent(model.parameters(), lr=0.01)", learning_rate="lr", eta="lr")
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
        self.velocity[k] = v = self.momentum * self.velocity[k] + gradient
        return W - self.lr * v

    def split(self, memory: Array, parts: Array) -> tuple[Array, Array]:
        """Return each part's share of v, and of −η v."""
        memory = self.momentum * memory + parts
        return memory, -self.lr * memory


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

    @also("Adam(model.parameters(), lr=0.01)", learning_rate="lr", eta="lr")
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

    def split(self, memory: Array, parts: Array) -> tuple[Array, Array]:
        """Return each part's share of the average m, and of the step; √v̂ + ε is the scale that all share."""
        import numpy as np  # noqa: PLC0415  (only callers with arrays need it)

        b1, b2 = self.betas
        memory = b1 * memory + (1 - b1) * parts
        scale = np.sqrt(np.asarray(self.second) / (1 - b2**self.steps)) + self.eps
        return memory, -self.lr * (memory / (1 - b1**self.steps)) / scale


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"gradient_descent": GradientDescent, "adam": Adam}
ELSEWHERE_OPTIMIZERS = {"sgd": "gradient_descent", "gd": "gradient_descent"}
"""Names in other libraries. ``batch_size`` decides on the examples of a step."""


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
        raise ValueError("a parameter is given twice, and would be changed twice in a step; pass each once")
    return found


def _within(name: str, given: object, low: float, high: float) -> float:
    x = real(given, name)
    if not low <= x < high:
        below = f"below {high}" if high < math.inf else "finite"
        raise ValueError(f"{name} must be at least {low} and {below}, got {short(x)}")
    return x


def _pair(betas: Any) -> tuple[float, float]:
    try:
        first, second = betas
    except (TypeError, ValueError):
        raise TypeError(f"betas must be two numbers, as in (0.9, 0.999), got {told(betas)}") from None
    return _within("betas[0]", first, 0, 1), _within("betas[1]", second, 0, 1)


if not TYPE_CHECKING:  # pragma: no branch  (a type checker knows which names there are)

    def __getattr__(name: str) -> NoReturn:
        """Raise AttributeError, with advice for ``nn.optim.SGD``."""
        raise missing(__name__, name, OF_NN)
