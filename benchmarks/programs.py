"""The programs that all peers run: made once from a seed, as plain data."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Scalar: TypeAlias = Any
"""A peer's number that records what is done to it."""

ADD, MUL, TANH = range(3)


@dataclass(frozen=True)
class Elementwise:
    """Operations ``+ * tanh`` on registers: (kind, j, k) writes register j, reading j and k.

    Every operation is on a path to the last result, since each reads the register that it overwrites and the
    last ones add up all registers.
    """

    leaves: list[float]
    operations: list[tuple[int, int, int]]

    def by_methods(self, leaves: Sequence[Scalar]) -> Scalar:
        """Run it on numbers that have a method ``tanh``."""
        r = list(leaves)
        for kind, j, k in self.operations:
            if kind == ADD:
                r[j] = r[j] + r[k]
            elif kind == MUL:
                r[j] = r[j] * r[k]
            else:
                r[j] = r[j].tanh()
        return r[0]

    def by_function(self, leaves: Sequence[Scalar], tanh: Callable[[Scalar], Scalar]) -> Scalar:
        """Run it on numbers that have a function ``tanh``."""
        r = list(leaves)
        for kind, j, k in self.operations:
            if kind == ADD:
                r[j] = r[j] + r[k]
            elif kind == MUL:
                r[j] = r[j] * r[k]
            else:
                r[j] = tanh(r[j])
        return r[0]


def elementwise(n: int, width: int, seed: int = 0) -> Elementwise:
    """n operations on ``width`` registers, a third of each kind, that keep all numbers within ±2."""
    rng = random.Random(seed)
    leaves = [rng.uniform(-1, 1) for _ in range(width)]
    numbers, operations = list(leaves), []
    for _ in range(n - width + 1):
        kind, j, k = rng.randrange(3), rng.randrange(width), rng.randrange(width)
        x = numbers[j] + numbers[k] if kind == ADD else numbers[j] * numbers[k]
        if kind == TANH or abs(x) > 2:
            kind, x = TANH, math.tanh(numbers[j])
        numbers[j] = x
        operations.append((kind, j, k))
    step = 1
    while step < width:  # a tree: a chain of additions would make the whole as deep as it is wide
        operations += [(ADD, j, j + step) for j in range(0, width - step, 2 * step)]
        step *= 2
    return Elementwise(leaves, operations)


def chain(n: int) -> Elementwise:
    """n operations one after the other: narrow and as deep as it is long."""
    kinds = (MUL, ADD, TANH)
    return Elementwise([0.5, 0.8], [(kinds[i % 3], 0, 1) for i in range(n)])


@dataclass(frozen=True)
class Moons:
    """A network 2-16-16-1 and two interleaved half circles of labels ±1, as flat lists.

    Weights go layer by layer, neuron by neuron, a neuron's weights before its bias, as in micrograd and nn.
    """

    xs: list[list[float]]
    ys: list[float]
    weights: list[float]
    sizes: tuple[int, ...] = (2, 16, 16, 1)


def moons(examples: int = 100, seed: int = 1) -> Moons:
    """Examples with a little noise, and weights from −1 to 1."""
    rng = random.Random(seed)
    xs, ys = [], []
    for k in range(examples):
        upper, angle = k % 2 == 0, math.pi * (k // 2) / max(examples // 2 - 1, 1)
        x, y = (math.cos(angle), math.sin(angle)) if upper else (1 - math.cos(angle), 0.5 - math.sin(angle))
        xs.append([x + rng.gauss(0, 0.1), y + rng.gauss(0, 0.1)])
        ys.append(1.0 if upper else -1.0)
    sizes = Moons.sizes
    weights = []
    for nin, nout in pairwise(sizes):
        for _ in range(nout):
            weights += [rng.uniform(-1, 1) for _ in range(nin)] + [0.0]
    return Moons(xs, ys, weights)


def moons_cost(data: Moons, parameters: Sequence[Scalar], relu: Callable[[Scalar], Scalar]) -> Scalar:
    """The mean hinge cost, written out in ``+ *`` and relu, number by number."""
    layers, position = [], 0
    for nin, nout in pairwise(data.sizes):
        rows = [parameters[position + j * (nin + 1) :][: nin + 1] for j in range(nout)]
        layers.append([(row[:nin], row[nin]) for row in rows])
        position += nout * (nin + 1)
    total = None
    for x, y in zip(data.xs, data.ys, strict=True):
        a: Sequence[Scalar] = x
        for layer in layers:
            zs = []
            for w, b in layer:
                z = b
                for wk, ak in zip(w, a, strict=True):
                    z = z + wk * ak
                zs.append(z)
            a = zs if layer is layers[-1] else [relu(z) for z in zs]
        loss = relu(a[0] * -y + 1.0)
        total = loss if total is None else total + loss
    return total * (1.0 / len(data.xs))


@dataclass(frozen=True)
class Digits:
    """Made-up images of ten classes, and a network of sigmoids; flat weights as in ``Moons``."""

    xs: list[list[float]]
    ys: list[list[float]]
    weights: list[float]
    sizes: tuple[int, ...]


def digits(pixels: int, examples: int, seed: int = 2) -> Digits:
    """Images of pixels from 0 to 1, for a network with 30 hidden neurons."""
    rng = random.Random(seed)
    sizes = (pixels, 30, 10)
    xs = [[rng.random() for _ in range(pixels)] for _ in range(examples)]
    ys = [[float(j == k % 10) for j in range(10)] for k in range(examples)]
    weights = [rng.gauss(0, n**-0.5) for n, nout in pairwise(sizes) for _ in range(nout * (n + 1))]
    return Digits(xs, ys, weights, sizes)
