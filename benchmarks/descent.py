"""Gradient descent as a program to be timed; its gradients are read from what a step does to the weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .measure import timed
from .worker import Answer, Figures, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .eager import Scalars
    from .programs import Scalar

RATE = 0.01


@dataclass(frozen=True)
class Descent:
    """``step`` goes forward, backward, and down by ``RATE``; its cost is from before. ``weights`` are flat.

    ``recorded`` are the seconds that recording or compiling took, where there is such a thing.
    """

    step: Callable[[], float]
    weights: Callable[[], Sequence[float]]
    recorded: float | None = None


def program(prepare: Callable[[], Descent]) -> Program:
    """Milliseconds of a step."""
    descent = prepare()
    stopwatch = timed(descent.step, at_least_times=2)

    def run() -> Figures:
        descent.step()  # its garbage, if there is any, is collected in the steps that follow, as in a loop
        figures = {"step": stopwatch() * 1e3}
        if descent.recorded is not None:
            figures["recording"] = descent.recorded * 1e3
        return figures

    return Program(run, partial(answer, descent))


def answer(descent: Descent) -> Answer:
    """The cost of the next step, and its gradients: how the weights moved, by the rate."""
    before = np.array(descent.weights(), dtype=float)
    cost = descent.step()
    return cost, ((before - np.array(descent.weights(), dtype=float)) / RATE).tolist()


def of_scalars(peer: Scalars, cost: Callable[[list[Scalar]], Scalar], start: Sequence[float]) -> Descent:
    """A peer that computes with scalars: the graph is built anew in each step."""
    numbers = list(start)

    def step() -> float:
        value, gradients = peer.backward(peer.forward(cost, numbers))
        numbers[:] = [x - RATE * g for x, g in zip(numbers, gradients, strict=True)]
        return value

    return Descent(step, numbers.copy)


def of_function(
    gradient: Callable[[np.ndarray], tuple[float, np.ndarray]], start: Sequence[float]
) -> Descent:
    """A compiled function of the weights that gives cost and gradients."""
    numbers = np.array(start, dtype=float)

    def step() -> float:
        value, gradients = gradient(numbers)
        numbers[:] -= RATE * np.asarray(gradients).reshape(numbers.shape)
        return float(value)

    return Descent(step, numbers.tolist)
