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
    """Build and differentiate graphs without the cyclic garbage collector scanning them over and over.

    A graph holds no cycles: it is freed when the last reference to it goes, with or without the collector.
    But the more objects there are, the more often Python scans all of them for cycles, and on a growing
    graph that takes up to three quarters of the time. Inside this block it does not scan; afterwards, the
    collector is as it was before (off, if you had switched it off), and finds the cycles that other code
    has made in the meantime.

    The switch applies to the whole process, so other threads run without the collector as well. Where blocks
    overlap, in one thread or in several, the collector stays off until the last of them has ended, in
    whatever order they end; then it is as it was before the first.

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
                del _blocks[block]  # not ``pop``: after a call, Ctrl-C could come in between
                if was_on and not _blocks:
                    gc.enable()


_switch = threading.RLock()
"""Held while the switch is read and set, so that no other thread sets it in between."""
_blocks: dict[object, bool] = {}
"""The open blocks of all threads, and for each whether the collector was on before it."""
