"""Asking the eager engine: where NumPy signals, floats say what is wrong, at which node and example."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np

from engine import anomaly
from engine.errors import Unevaluable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.value import Value

    from .places import Array


def examine(C: Value, fixed: Mapping[Value, float], inputs: Sequence[Value], x: Array) -> None:
    """Raise what the eager engine raises for the first example that it cannot evaluate; else do nothing.

    ``fixed`` are the numbers of the leaves that no example changes. The graph itself stays as it is. Inside
    ``detect_anomaly`` the backward passes are watched, too.
    """
    twin, constant, leaves = copy.deepcopy((C, list(fixed), list(inputs)))
    for leaf, number in zip(constant, fixed.values(), strict=True):
        leaf.data = number
    for k, example in enumerate(np.atleast_2d(x)):
        for leaf, number in zip(leaves, example, strict=True):
            leaf.data = number
        try:
            twin.refresh()
            if anomaly.watching():
                twin.backward()
        except Unevaluable as error:
            raise (type(error)(f"example {k}: {error}") if x.ndim > 1 else error) from None
