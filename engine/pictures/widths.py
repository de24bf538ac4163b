"""How broad an arrow is: the more it contributes to the gradient, the broader."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN = 1.2
"""Of an arrow of which nothing is known."""
THINNEST, BROADEST = 1.0, 5.0


def widths(contributions: Sequence[float | None]) -> list[float]:
    """1 px for nothing, 5 px for the largest, between them by the square root, so that small ones differ too.

    An infinite contribution counts as the largest, NaN as unknown.

    >>> widths([4.0, -1.0, 0.0, None, float("inf")])
    [5.0, 3.0, 1.0, 1.2, 5.0]
    """
    sizes = [math.nan if x is None else abs(x) for x in contributions]
    largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
    return [_width(size, largest) for size in sizes]


def _width(size: float, largest: float) -> float:
    if math.isnan(size):
        return PLAIN
    share = 1.0 if math.isinf(size) else size / largest if size else 0.0
    return round(THINNEST + (BROADEST - THINNEST) * math.sqrt(share), 2)
