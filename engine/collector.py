"""Python's cyclic garbage collector, paused while a graph grows."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_collector() -> Iterator[None]:
    """Build and differentiate graphs here without the cyclic garbage collector walking them over and over.

    A graph holds no cycles: it goes when the last name for it goes, collector or not. But the more objects
    there are, the more often Python looks through all of them for cycles, and on a growing graph that is up
    to half of the time. Inside this block it does not look; after it, the collector is as it was before
    (off, if you had switched it off), and finds the cycles that other code made meanwhile. The switch is
    the process's, so other threads go without it for as long as well.

    >>> from engine import Value, without_collector
    >>> with without_collector():
    ...     C = sum(Value(float(k)) ** 2 for k in range(1000))
    ...     C.backward()
    >>> C.data
    332833500.0
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
