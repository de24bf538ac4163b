"""Costs C of one example, and their derivatives ∂C/∂a at the output."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .activations import activation_named
from .shapes import Array, named, vector

_sigmoid, _softplus = activation_named("sigmoid").value, activation_named("softplus").value


@dataclass(frozen=True)
class Cost:
    """A cost of one example: output a and target y, both of shape (N_L,).

    `formula` and `derivative` are the bare functions of (a, y). `splits` says whether C is a sum over the
    output nodes of a cost c(y_j, a_j) of each, as equation (2) assumes; softmax ties the nodes together.

    >>> COSTS["squared_error"].value([3.0, 1.0], [1.0, 1.0])
    4.0
    >>> COSTS["squared_error"].slope([3.0, 1.0], [1.0, 1.0]).tolist()
    [4.0, 0.0]

    Source: C_0 = Σ_j (a_j − y_j)² in *Backpropagation calculus* (which writes y for y_j there) and
    *Lecture 3: Multilayer Perceptron* (whose expanded sum has y_0 once for y_1); c(y, h) in *Derivation of
    backpropagation equations in the general case*, equation (2).
    """

    formula: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]
    splits: bool = True

    def value(self, a: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Compute C as a float.

        >>> COSTS["hinge"].value([0.25], [-1.0])
        1.25

        Source: as of the class.
        """
        return float(np.sum(self.formula(*_output_and_target(a, y))))

    def slope(self, a: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        """Compute ∇_a C, of shape (N_L,).

        >>> COSTS["half_squared_error"].slope([0.5], [1.0]).tolist()
        [-0.5]

        Source: ∂C/∂a_j = a_j − y_j for C = ½ Σ_j (y_j − a_j)² in *Chapter 2: Backpropagation*.
        """
        return self.derivative(*_output_and_target(a, y))


def _output_and_target(a: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
    length = max(1, np.size(a))
    return vector("a", a, length), vector("y", y, length)


def _inside(h: Array, y: Array) -> tuple[Array, Array]:
    """Give h where ln h counts and h where ln(1 − h) does, else a harmless number, as 0 · ln 0 = 0."""
    impossible = np.where(y == 0, 1.0, h) < np.finfo(np.float64).tiny
    if np.any(impossible | (h < 0) | (h > 1) | ((h == 1) & (y != 1))):
        raise ValueError(
            f"h = {h.tolist()} with y = {y.tolist()}: expected probabilities strictly between 0 and 1, or "
            "equal to y. Pass the activations of a sigmoid layer, or logits to the cost “…_from_logits”."
        )
    return np.where(y == 0, 1.0, h), np.where(y == 1, 0.0, h)


def _log_likelihood(h: Array, y: Array) -> Array:
    h_yes, h_no = _inside(h, y)
    return y * np.log(h_yes) + (1 - y) * np.log1p(-h_no)


def _log_likelihood_slope(h: Array, y: Array) -> Array:
    h_yes, h_no = _inside(h, y)
    return y / h_yes - (1 - y) / (1 - h_no)


def _log_likelihood_from_logits(z: Array, y: Array) -> Array:
    """By ln σ(z) = −softplus(−z) and 1 − σ(z) = σ(−z)."""
    return -y * _softplus(-z) - (1 - y) * _softplus(z)


def _log_likelihood_from_logits_slope(z: Array, y: Array) -> Array:
    """Split y − σ(z), so that y = 1 does not subtract two numbers near 1."""
    return y * _sigmoid(-z) - (1 - y) * _sigmoid(z)


def _softmax_cross_entropy(z: Array, y: Array) -> Array:
    """−Σ_j y_j ln softmax(z)_j; the largest logit is 1 in the sum of exponentials, hence the log1p."""
    below = z - np.max(z)
    others = np.sum(np.exp(np.delete(below, np.argmax(z))))
    return y * (math.log1p(others) - below)


def _softmax_cross_entropy_slope(z: Array, y: Array) -> Array:
    """(Σ_i y_i) p − y with p = softmax(z); its y_j (1 − p_j) is y_j times the other p_i: nothing cancels."""
    e = np.exp(z - np.max(z))
    p: Array = e / np.sum(e)
    all_but = 1 - np.eye(len(z))
    return p * (all_but @ y) - y * (all_but @ p)


COSTS: dict[str, Cost] = {
    "squared_error": Cost(lambda a, y: (a - y) ** 2, lambda a, y: 2 * (a - y)),
    "half_squared_error": Cost(lambda a, y: 0.5 * (y - a) ** 2, lambda a, y: a - y),
    # A log-likelihood is to be made large, so it is no cost yet; its negative below is.
    "log_likelihood": Cost(_log_likelihood, _log_likelihood_slope),
    "binary_cross_entropy": Cost(
        lambda h, y: -_log_likelihood(h, y), lambda h, y: -_log_likelihood_slope(h, y)
    ),
    "log_likelihood_from_logits": Cost(_log_likelihood_from_logits, _log_likelihood_from_logits_slope),
    "binary_cross_entropy_from_logits": Cost(
        lambda z, y: -_log_likelihood_from_logits(z, y),
        lambda z, y: -_log_likelihood_from_logits_slope(z, y),
    ),
    "softmax_cross_entropy": Cost(_softmax_cross_entropy, _softmax_cross_entropy_slope, splits=False),
    # Kink at ya = 1, where the slope is 0.
    "hinge": Cost(lambda a, y: np.maximum(0.0, 1 - y * a), lambda a, y: np.where(y * a < 1, -y, 0.0)),
}


def cost_named(name: str) -> Cost:
    """Look up the cost of this name in `COSTS`, or raise a ValueError that lists the names.

    >>> cost_named("log_likelihood").value([0.5, 0.0], [1.0, 0.0])  # 0 · ln 0 = 0
    -0.6931471805599453
    >>> cost_named("log_likelihood_from_logits").value([-1000.0], [1.0])
    -1000.0

    Source: "log_likelihood" is *Derivation of backpropagation equations in the general case*, equation
    (12); it is called a cost there and has no minus sign, so it is to be climbed, not descended.
    """
    return named("cost", COSTS, name)
