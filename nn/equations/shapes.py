"""What fits together, and what to say when it does not."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from engine.characters import printable
from engine.real import short

Array = npt.NDArray[np.float64]
Entry = TypeVar("Entry")


def vector(name: str, value: npt.ArrayLike, length: int) -> Array:
    """One number per neuron: the value as floats of shape (length,), or a ValueError.

    >>> vector("x", [1, 2], length=2).tolist()
    [1.0, 2.0]
    >>> vector("x", [[1, 2]], length=2)
    Traceback (most recent call last):
    ValueError: x has shape (1, 2), expected (2,): pass one number per neuron.
    """
    array = _floats(name, value)
    if array.shape != (length,):
        raise ValueError(f"{name} has shape {array.shape}, expected ({length},): pass one number per neuron.")
    return array


def matrix(name: str, value: npt.ArrayLike) -> Array:
    """One row per neuron, one column per neuron of the layer before: floats of shape (N_l, N_{l−1}).

    >>> matrix("w", [[1, 2, 3]]).shape
    (1, 3)
    >>> matrix("w", [1, 2, 3])
    Traceback (most recent call last):
    ValueError: w has shape (3,), expected (N_l, N_{l−1}), neither of them 0: pass one row per neuron.
    """
    array = _floats(name, value)
    if array.ndim != 2 or not array.size:
        raise ValueError(
            f"{name} has shape {array.shape}, expected (N_l, N_{{l−1}}), neither of them 0: "
            "pass one row per neuron."
        )
    return array


def examples(xs: npt.ArrayLike, ys: npt.ArrayLike, inputs: int, outputs: int) -> tuple[Array, Array]:
    """P examples as rows: xs of shape (P, Q) and ys of shape (P, N_L), or a ValueError.

    >>> xs, ys = examples([[0, 1], [1, 1]], [[1], [0]], inputs=2, outputs=1)
    >>> xs.shape, ys.shape
    ((2, 2), (2, 1))
    >>> examples([[0, 1], [1, 1]], [1, 0], inputs=2, outputs=1)
    Traceback (most recent call last):
    ValueError: targets have shape (2,), expected (2, 1): pass a row per example, e.g. by .reshape(-1, 1).
    """
    xs, ys = _floats("inputs", xs), _floats("targets", ys)
    if not xs.size:
        raise ValueError(f"inputs have shape {xs.shape}, expected (P, {inputs}): pass at least one example.")
    if xs.ndim != 2 or xs.shape[1] != inputs:
        raise ValueError(f"inputs have shape {xs.shape}, expected (P, {inputs}): pass one row per example.")
    if ys.shape != (len(xs), outputs):
        raise ValueError(
            f"targets have shape {ys.shape}, expected ({len(xs)}, {outputs}): "
            f"pass a row per example, e.g. by .reshape(-1, {outputs})."
        )
    return xs, ys


def named(kind: str, table: Mapping[str, Entry], name: str) -> Entry:
    """Look up the table's entry of this name, or raise a ValueError that lists the names there are.

    >>> named("planet", {"Earth": 3}, "Earth")
    3
    >>> named("planet", {"Earth": 3}, "Vulcan")
    Traceback (most recent call last):
    ValueError: there is no planet named 'Vulcan': pass one of Earth.
    """
    if name not in list(table):  # what has no hash is in no table either
        raise ValueError(f"there is no {kind} named {short(name)}: pass one of {', '.join(table)}.")
    return table[name]


def _floats(name: str, value: npt.ArrayLike) -> Array:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{name} must be numbers, in rows of equal length, got {printable(type(value).__name__)} "
            f"({error}): pass a list of lists of numbers, or an array."
        ) from None
