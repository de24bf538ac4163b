"""Ways to replay a graph.

Each module has ``record(program, inputs)``, which returns a function of the parameters that gives the average
cost of the examples and its gradients by the parameters.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.programs import Elementwise
    from benchmarks.worker import Answer

    Replay = Callable[[list[float]], Answer]
    Record = Callable[[Elementwise, list[list[float]]], Replay]


def load(module: str) -> Record:
    """The function ``record`` of a module; ModuleNotFoundError where its peer is not installed."""
    record: Record = import_module(f"{__name__}.{module}").record
    return record
