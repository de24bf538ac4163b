"""Medians and spreads, and ratios that are taken round by round so that drift cancels.

>>> spread([3.0, 1.0, 2.0])
Spread(median=2.0, low=1.5, high=2.5)
>>> ratios([2.0, 9.0, None], [1.0, 3.0, 5.0])
[2.0, 3.0]
"""

from __future__ import annotations

from itertools import zip_longest
from statistics import median, quantiles
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Spread(NamedTuple):
    """What is typical, and the quartiles around it: half of the rounds lie between low and high."""

    median: float
    low: float
    high: float


def spread(samples: Sequence[float | None]) -> Spread | None:
    """Median and quartiles of the rounds that were measured; None where there was none."""
    measured = [x for x in samples if x is not None]
    if not measured:
        return None
    if len(measured) == 1:
        return Spread(measured[0], measured[0], measured[0])
    low, _, high = quantiles(measured, n=4, method="inclusive")
    return Spread(median(measured), low, high)


def ratios(samples: Sequence[float | None], baseline: Sequence[float | None]) -> list[float]:
    """Samples by baseline, for each round that has both."""
    pairs = zip_longest(samples, baseline)
    return [x / y for x, y in pairs if x is not None and y]
