"""Learning-rate schedules: functions from the epoch to the factor by which ``fit`` multiplies ``lr``.

A schedule is any function of the epoch, which counts from 1: ``fit(…, lr=0.5, schedule=cosine(100))``, or
``schedule=lambda epoch: 1 / epoch``. The functions here return common schedules.

>>> halved = step_decay(every=2, factor=0.5)
>>> [halved(epoch) for epoch in (1, 2, 3, 4, 5)]
[1.0, 1.0, 0.5, 0.5, 0.25]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from engine.numeric import finite, short, told, whole

Schedule: TypeAlias = Callable[[int], float]
"""From the number of an epoch to a factor."""


def constant(factor: float = 1.0) -> Schedule:
    """Return a schedule that always gives the same factor.

    >>> constant()(7)
    1.0
    """
    factor = _factor(factor, "factor")
    return lambda _epoch: factor


def step_decay(every: int, factor: float = 0.1) -> Schedule:
    """Multiply by ``factor`` after each ``every`` epochs: factor^⌊(epoch − 1) / every⌋.

    Raises TypeError or ValueError unless ``every`` is an int of at least 1 and ``factor`` at least 0.

    >>> step_decay(10)(10), step_decay(10)(11)
    (1.0, 0.1)
    """
    every, factor = whole(every, "every", 1), _factor(factor, "factor")
    return lambda epoch: factor ** ((epoch - 1) // every)


def exponential(factor: float) -> Schedule:
    """Multiply by ``factor`` after each epoch: factor^(epoch − 1).

    Raises TypeError or ValueError unless ``factor`` is a finite number of at least 0.

    >>> exponential(0.5)(3)
    0.25
    """
    factor = _factor(factor, "factor")
    return lambda epoch: factor ** (epoch - 1)


def cosine(epochs: int, least: float = 0.0) -> Schedule:
    """Fall from 1 to ``least`` along half a cosine within ``epochs``, and stay there.

    Raises TypeError or ValueError unless ``epochs`` is an int of at least 1 and ``least`` at least 0.
    Source: Loshchilov and Hutter 2016, *SGDR: Stochastic Gradient Descent with Warm Restarts*, equation (5),
    without restarts.

    >>> [round(cosine(4)(epoch), 3) for epoch in (1, 2, 3, 4, 5, 6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    epochs, least = whole(epochs, "epochs", 1), _factor(least, "least")
    return lambda epoch: least + (1 - least) * (1 + math.cos(math.pi * min((epoch - 1) / epochs, 1))) / 2


def warmup(epochs: int, then: Schedule | None = None) -> Schedule:
    """Rise in equal steps to 1, reached in the epoch after these; then follow another schedule.

    Raises TypeError or ValueError unless ``epochs`` is an int of at least 1 and ``then`` a function.

    >>> [warmup(4)(epoch) for epoch in (1, 2, 3, 4, 5, 6)]
    [0.2, 0.4, 0.6, 0.8, 1.0, 1.0]
    >>> warmup(1, then=exponential(0.5))(3)
    0.5
    """
    epochs, after = whole(epochs, "epochs", 1), checked(constant() if then is None else then, "then")
    return lambda epoch: epoch / (epochs + 1) if epoch <= epochs else after(epoch - epochs)


def checked(schedule: object, what: str = "schedule") -> Schedule:
    """Return a schedule; raise TypeError if it cannot be called.

    >>> checked(0.5)
    Traceback (most recent call last):
        ...
    TypeError: schedule must be a function of the epoch, got float 0.5; pass one such ...
    """
    if not callable(schedule):
        raise TypeError(
            f"{what} must be a function of the epoch, got {told(schedule)}; "
            "pass one such as nn.schedules.cosine(100)"
        )
    return schedule


def factor_of(schedule: Schedule, epoch: int) -> float:
    """Return the factor for an epoch; raise TypeError or ValueError unless it is a number of at least 0.

    >>> factor_of(lambda epoch: 1 / epoch, 4)
    0.25
    """
    factor = schedule(epoch)
    if callable(factor):
        raise TypeError(
            f"schedule returned {told(factor)} for epoch {epoch}, not a factor; "
            "call the function that makes a schedule, as in nn.schedules.cosine(100)"
        )
    return _factor(factor, f"what schedule returns for epoch {epoch}")


def _factor(given: object, what: str) -> float:
    x = finite(given, what)
    if x < 0:
        raise ValueError(f"{what} must be at least 0, got {short(x)}; pass a factor such as 0.5")
    return x
