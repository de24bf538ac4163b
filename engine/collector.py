"""Python's cyclic garbage collector, paused while a graph grows."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_collector() -> Iterator[None]:
    """Build and differentiate graphs here without the cyclic garbage collector walking them over and over.

    A graph holds no cycles: it goes when the last name for it goes, collector or not. But the more
    objects there are, the more often Python looks through all of them for cycles, and on a growing graph
    that is up to three quarters of the time. Inside this block it does not look; after it, the collector
    is as it was before (off, if you had switched it off), and finds the cycles that other code made
    meanwhile.

    The switch is the process's, so other threads go without it for as long as well. Where blocks overlap, in
    one thread or in several, the collector stays off until the last of them has ended, in whatever order
    they do; then it is as it was before the first.

    >>> from engine import Value, without_collector
    >>> with without_collector():
    ...     C = sum(Value(float(k)) ** 2 for k in range(1000))
    ...     C.backward()
    >>> C.data
    332833500.0
    """
    block = object()
    try:
        with _switch:
            _blocks[block] = gc.isenabled() or any(_blocks.values())
            gc.disable()
        yield
    finally:
        with _switch:
            if block in _blocks:
                was_on = _blocks[block]
                del _blocks[block]  # no call, as ``pop`` is: after one Ctrl-C could come in between
                if was_on and not _blocks:
                    gc.enable()


_switch = threading.RLock()
"""Held while the switch is read and set: no other thread may set it in between."""
_blocks: dict[object, bool] = {}
"""The blocks that have begun and not ended, of all threads: was the collector on before them?"""
