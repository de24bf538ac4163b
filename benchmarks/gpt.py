"""A tiny transformer on scalars, in microgpt's manner, with its vocabulary of sums left open.

The same network is written with plain operators, with dot products as one node, or with functions throughout;
an ``Algebra`` says which.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import engine
from nn.losses import softmax_cross_entropy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .programs import Scalar

    Vector = Sequence[Scalar]

WIDTH, HEADS, BLOCK, VOCABULARY = 16, 4, 16, 27
HEAD = WIDTH // HEADS
EPSILON = 1e-5
SHAPES = {
    "token": (VOCABULARY, WIDTH),
    "position": (BLOCK, WIDTH),
    "query": (WIDTH, WIDTH),
    "key": (WIDTH, WIDTH),
    "value": (WIDTH, WIDTH),
    "out": (WIDTH, WIDTH),
    "up": (4 * WIDTH, WIDTH),
    "down": (WIDTH, 4 * WIDTH),
    "logits": (VOCABULARY, WIDTH),
}


@dataclass(frozen=True)
class Algebra:
    """How sums of many terms are written."""

    dot: Callable[[Vector, Vector], Scalar]
    softmax: Callable[[Vector], Vector]
    loss: Callable[[Vector, int], Scalar]
    mean: Callable[[Vector], Scalar]


def dot_by_operators(xs: Vector, ys: Vector) -> Scalar:
    """Σ xy with ``sum``: two nodes for each term."""
    return sum(x * y for x, y in zip(xs, ys, strict=True))


def softmax_by_operators(xs: Vector) -> Vector:
    """The shares of eˣ, the largest taken off first."""
    top = max(x.data for x in xs)
    powers = [(x - top).exp() for x in xs]
    all_of_them = sum(powers)
    return [p / all_of_them for p in powers]


def loss_by_operators(logits: Vector, target: int) -> Scalar:
    """−ln of the target's share."""
    return -softmax_by_operators(logits)[target].log()


def mean_by_operators(xs: Vector) -> Scalar:
    """A sum and a quotient."""
    return sum(xs) * (1.0 / len(xs))


ALGEBRAS = {
    "operators": Algebra(dot_by_operators, softmax_by_operators, loss_by_operators, mean_by_operators),
    "dot": Algebra(engine.dot, softmax_by_operators, loss_by_operators, mean_by_operators),
    "functions": Algebra(engine.dot, engine.softmax, softmax_cross_entropy, engine.mean),
}


def start(seed: int = 3) -> list[float]:
    """Weights, matrix after matrix."""
    rng = random.Random(seed)
    return [rng.gauss(0, 0.2) for rows, columns in SHAPES.values() for _ in range(rows * columns)]


def text(length: int, seed: int = 4) -> list[int]:
    """Tokens to be predicted, each from those before it."""
    rng = random.Random(seed)
    return [rng.randrange(VOCABULARY) for _ in range(length + 1)]


def matrices(flat: Vector) -> dict[str, list[Vector]]:
    """The weights by name, row by row."""
    found, position = {}, 0
    for name, (rows, columns) in SHAPES.items():
        found[name] = [flat[position + r * columns :][:columns] for r in range(rows)]
        position += rows * columns
    return found


def cost(algebra: Algebra, weights: dict[str, list[Vector]], tokens: Sequence[int]) -> Scalar:
    """The mean cost of predicting each token from those before."""
    past: tuple[list[Vector], list[Vector]] = [], []
    losses = []
    for position, (token, target) in enumerate(pairwise(tokens)):
        logits = _logits(algebra, weights, token, position, past)
        losses.append(algebra.loss(logits, target))
    return algebra.mean(losses)


def _logits(
    algebra: Algebra,
    weights: dict[str, list[Vector]],
    token: int,
    position: int,
    past: tuple[list[Vector], list[Vector]],
) -> Vector:
    keys, values = past

    def times(name: str, x: Vector) -> Vector:
        return [algebra.dot(row, x) for row in weights[name]]

    def normed(x: Vector) -> Vector:
        scale = (algebra.dot(x, x) * (1.0 / len(x)) + EPSILON) ** -0.5
        return [xi * scale for xi in x]

    embedded = zip(weights["token"][token], weights["position"][position], strict=True)
    x = normed([t + p for t, p in embedded])
    q, k, v = (times(name, normed(x)) for name in ("query", "key", "value"))
    keys.append(k)
    values.append(v)
    attended: list[Scalar] = []
    for first in range(0, WIDTH, HEAD):
        head = slice(first, first + HEAD)
        scores = [algebra.dot(q[head], key[head]) * (1.0 / math.sqrt(HEAD)) for key in keys]
        shares = algebra.softmax(scores)
        attended += [algebra.dot(shares, [value[j] for value in values]) for j in range(first, first + HEAD)]
    x = [a + b for a, b in zip(times("out", attended), x, strict=True)]
    hidden = [h.relu() for h in times("up", normed(x))]
    x = [a + b for a, b in zip(times("down", hidden), x, strict=True)]
    return times("logits", x)
