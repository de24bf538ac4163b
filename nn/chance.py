"""Sources of chance: the module ``random``, a ``random.Random``, a NumPy generator."""

from __future__ import annotations

import random
from typing import Any

from engine.real import told


def source(rng: Any, method: str) -> Any:
    """The source itself, the module ``random`` where there is none; TypeError for one without the method.

    >>> source(3, "uniform")
    Traceback (most recent call last):
        ...
    TypeError: rng must be a source of chance with a method uniform, got int 3; pass random.Random(seed)
    """
    if rng is None:
        return random
    if not callable(getattr(rng, method, None)):
        raise TypeError(
            f"rng must be a source of chance with a method {method}, got {told(rng)}; "
            "pass random.Random(seed)"
        )
    return rng
