"""The activations that a layer knows by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import engine
from engine import Value
from engine.real import short

Activation: TypeAlias = Callable[[Value], Value]


def linear(z: Value) -> Value:
    """The identity: the activation is the pre-activation, and the same node."""
    return z


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "sigmoid": engine.sigmoid,
    "tanh": engine.tanh,
    "relu": engine.relu,
    "leaky_relu": engine.leaky_relu,
    "elu": engine.elu,
    "selu": engine.selu,
    "gelu": engine.gelu,
    "gelu_tanh": engine.gelu_tanh,
    "silu": engine.silu,
    "mish": engine.mish,
    "softplus": engine.softplus,
    "log_sigmoid": engine.log_sigmoid,
    "softsign": engine.softsign,
    "hard_tanh": engine.hard_tanh,
    "sin": engine.sin,
}


def activation(given: str | Activation) -> tuple[str, Activation]:
    """Name and function of an activation, given either; one of yours under a name of ours is ``own_…``.

    >>> activation("tanh")[0]
    'tanh'
    >>> activation("tahn")
    Traceback (most recent call last):
        ...
    ValueError: no activation is named 'tahn'; choose one of linear, sigmoid, tanh, relu, leaky_relu, ...
    """
    if callable(given):
        name = getattr(given, "__name__", "custom")
        return (name if ACTIVATIONS.get(name, given) is given else f"own_{name}"), given
    if given not in list(ACTIVATIONS):  # which may be anything, also what has no hash
        raise ValueError(f"no activation is named {short(given)}; choose one of {', '.join(ACTIVATIONS)}")
    return given, ACTIVATIONS[given]
