"""NumPy: forward and backward by hand, as matrices; no more than there is to compute."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.descent import RATE, Descent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.programs import Digits, Moons


def layers(weights: Sequence[float], sizes: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """W and b of each layer, from the flat order: neuron by neuron, weights before bias."""
    flat, found, position = np.array(weights, dtype=float), [], 0
    for nin, nout in pairwise(sizes):
        rows = flat[position : position + nout * (nin + 1)].reshape(nout, nin + 1)
        found.append((np.ascontiguousarray(rows[:, :-1]), rows[:, -1].copy()))
        position += rows.size
    return found


def flattened(parameters: list[tuple[np.ndarray, np.ndarray]]) -> list[float]:
    """The flat order again."""
    return np.concatenate([np.column_stack([W, b]).ravel() for W, b in parameters]).tolist()


def hinge(data: Moons) -> Descent:
    """ReLU layers, a linear one, the mean hinge cost."""
    parameters = layers(data.weights, data.sizes)
    X, y = np.array(data.xs), np.array(data.ys)[:, None]
    rate = RATE / len(X)
    (W1, b1), (W2, b2), (W3, b3) = parameters

    def step() -> float:
        A1 = np.maximum(X @ W1.T + b1, 0.0)
        A2 = np.maximum(A1 @ W2.T + b2, 0.0)
        margins = np.maximum(1.0 - y * (A2 @ W3.T + b3), 0.0)
        D3 = np.where(margins > 0, -y, 0.0)
        D2 = (D3 @ W3) * (A2 > 0)
        D1 = (D2 @ W2) * (A1 > 0)
        for W, b, D, A in ((W3, b3, D3, A2), (W2, b2, D2, A1), (W1, b1, D1, X)):
            W -= rate * (D.T @ A)  # noqa: PLW2901  (in place: W is the array that the network has)
            b -= rate * D.sum(0)  # noqa: PLW2901  (as W)
        return float(margins.sum() / len(X))

    return Descent(step, lambda: flattened(parameters))


def squared_error(data: Digits) -> Descent:
    """Two layers of sigmoids, the mean squared error."""
    parameters = layers(data.weights, data.sizes)
    X, Y = np.array(data.xs), np.array(data.ys)
    rate = RATE / len(X)
    (W1, b1), (W2, b2) = parameters

    def step() -> float:
        A1 = 1.0 / (1.0 + np.exp(-(X @ W1.T + b1)))
        A2 = 1.0 / (1.0 + np.exp(-(A1 @ W2.T + b2)))
        E = A2 - Y
        D2 = 2.0 * E * A2 * (1.0 - A2)
        D1 = (D2 @ W2) * A1 * (1.0 - A1)
        for W, b, D, A in ((W2, b2, D2, A1), (W1, b1, D1, X)):
            W -= rate * (D.T @ A)  # noqa: PLW2901  (in place: W is the array that the network has)
            b -= rate * D.sum(0)  # noqa: PLW2901  (as W)
        return float((E * E).sum() / len(X))

    return Descent(step, lambda: flattened(parameters))
