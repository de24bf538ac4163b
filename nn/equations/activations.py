"""Activation functions f and their derivatives f', elementwise over arrays of any shape.

Each is written so that nothing overflows and nothing small is lost as the difference of two large
numbers: from e^−|z|, which lies in [0, 1] for every z.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .shapes import Array, named

LEAKY_SLOPE = 0.01
# The pair that keeps mean 0 and variance 1 from layer to layer (Klambauer et al. 2017, equation 14).
SELU_ALPHA = 1.6732632423543772848
SELU_LAMBDA = 1.0507009873554804934


@dataclass(frozen=True)
class Activation:
    """An activation a = f(z), as `value`, and its derivative f'(z), as `slope`; shapes stay as they are.

    At a kink the slope is that of the side named in `ACTIVATIONS`.

    >>> square = Activation(value=lambda z: z * z, slope=lambda z: 2 * z)
    >>> square.value(np.array([3.0])).tolist(), square.slope(np.array([3.0])).tolist()
    ([9.0], [6.0])

    Source: a = σ(z) and σ'(z) in *Backpropagation calculus*; g^(l) in *Lecture 3: Multilayer Perceptron*.
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def _sigmoid(z: Array) -> Array:
    """1/(1 + e^−z)."""
    e: Array = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1 + e)


def _sigmoid_slope(z: Array) -> Array:
    """σ(z)(1 − σ(z)) as *Chapter 2: Backpropagation* has it, without the difference that loses the tail."""
    e: Array = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def _tanh_slope(z: Array) -> Array:
    """1 − tanh² z = 1/cosh² z."""
    e: Array = np.exp(-np.abs(z))
    return (2 * e / (1 + e * e)) ** 2


def _softplus(z: Array) -> Array:
    """ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|)."""
    beyond_the_kink: Array = np.log1p(np.exp(-np.abs(z)))
    return np.maximum(z, 0.0) + beyond_the_kink


def _selu(z: Array) -> Array:
    return SELU_LAMBDA * (np.maximum(z, 0.0) + SELU_ALPHA * np.expm1(np.minimum(z, 0.0)))


def _selu_slope(z: Array) -> Array:
    return SELU_LAMBDA * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(z, 0.0)))


def _normal_cdf(z: Array) -> Array:
    """Φ(z) by erfc, which keeps the lower tail that 1 + erf would round away; NumPy has neither."""
    erfc: Array = np.vectorize(math.erfc, otypes=[np.float64])(-z / math.sqrt(2))
    return 0.5 * erfc


def _normal_density(z: Array) -> Array:
    """φ(z) = e^(−z²/2)/√(2π); beyond 40 it is 0 in floats, and z² would go on to overflow."""
    return np.exp(-0.5 * np.minimum(np.abs(z), 40.0) ** 2) / math.sqrt(2 * math.pi)


def _gelu_logit(z: Array) -> Array:
    """2√(2/π)(z + 0.044715 z³), as ½(1 + tanh u) = σ(2u); beyond 30 the σ of it is 0 or 1 in floats."""
    z = np.clip(z, -30.0, 30.0)
    return math.sqrt(8 / math.pi) * (z + 0.044715 * z**3)


def _gelu_logit_slope(z: Array) -> Array:
    z = np.clip(z, -30.0, 30.0)
    return math.sqrt(8 / math.pi) * (1 + 3 * 0.044715 * z**2)


def _gelu_tanh_slope(z: Array) -> Array:
    u = _gelu_logit(z)
    return _sigmoid(u) + z * _sigmoid_slope(u) * _gelu_logit_slope(z)


def _mish_slope(z: Array) -> Array:
    """Product and chain rule on z · tanh(softplus z)."""
    s = _softplus(z)
    return np.tanh(s) + z * _tanh_slope(s) * _sigmoid(z)


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(np.positive, np.ones_like),
    "sigmoid": Activation(_sigmoid, _sigmoid_slope),
    "tanh": Activation(np.tanh, _tanh_slope),
    # Kink at 0, f'(0) = 0.
    "relu": Activation(lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
    # Kink at 0, f'(0) = 0.01.
    "leaky_relu": Activation(
        lambda z: np.where(z > 0, z, LEAKY_SLOPE * z), lambda z: np.where(z > 0, 1.0, LEAKY_SLOPE)
    ),
    # With α = 1 both sides meet at 0 with f'(0) = 1: no kink.
    "elu": Activation(
        lambda z: np.maximum(z, 0.0) + np.expm1(np.minimum(z, 0.0)), lambda z: np.exp(np.minimum(z, 0.0))
    ),
    # Kink at 0, f'(0) = λα.
    "selu": Activation(_selu, _selu_slope),
    "gelu": Activation(lambda z: z * _normal_cdf(z), lambda z: _normal_cdf(z) + z * _normal_density(z)),
    "gelu_tanh": Activation(lambda z: z * _sigmoid(_gelu_logit(z)), _gelu_tanh_slope),
    "silu": Activation(lambda z: z * _sigmoid(z), lambda z: _sigmoid(z) + z * _sigmoid_slope(z)),
    "mish": Activation(lambda z: z * np.tanh(_softplus(z)), _mish_slope),
    "softplus": Activation(_softplus, _sigmoid),
    "log_sigmoid": Activation(lambda z: -_softplus(-z), lambda z: _sigmoid(-z)),
    # The reciprocal is squared, not the square inverted: it may vanish, but never overflow.
    "softsign": Activation(lambda z: z / (1 + np.abs(z)), lambda z: (1 / (1 + np.abs(z))) ** 2),
    # Kinks at −1 and 1, f'(±1) = 0.
    "hard_tanh": Activation(lambda z: np.clip(z, -1.0, 1.0), lambda z: np.where(np.abs(z) < 1, 1.0, 0.0)),
    "sin": Activation(np.sin, np.cos),
}


def activation_named(name: str) -> Activation:
    """Look up the activation of this name in `ACTIVATIONS`, or raise a ValueError that lists the names.

    >>> activation_named("sigmoid").value(np.array([-1000.0, 0.0])).tolist()
    [0.0, 0.5]
    >>> activation_named("sigmoid").slope(np.array([0.0])).tolist()
    [0.25]

    Source: f in *Derivation of backpropagation equations in the general case*, equation (1); the boxed
    σ'(z) = σ(z)(1 − σ(z)) of *Chapter 2: Backpropagation* is the entry "sigmoid".
    """
    return named("activation", ACTIVATIONS, name)
