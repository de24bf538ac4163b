"""A scalar reverse-mode automatic differentiation engine.

>>> from engine import Value
>>> x = Value(3.0)
>>> y = x * x + 2 * x
>>> y.backward()
>>> x.grad
8.0
"""

from typing import TYPE_CHECKING

from . import floats, graph, rules
from .anomaly import detect_anomaly
from .check import GradientError, gradcheck
from .collector import without_collector
from .draw import Drawing, draw
from .functions import (
    FUNCTIONS,
    affine,
    dot,
    logsumexp,
    maximum,
    mean,
    minimum,
    power,
    softmax,
    total,
)
from .naming import label
from .value import Value, apply

globals().update(FUNCTIONS)  # engine.tanh, engine.exp, …: one function per rule

if TYPE_CHECKING:
    from .functions import Function

    def __getattr__(name: str) -> Function: ...


__all__ = [  # noqa: PLE0604  (the names of functions are strings)
    "Drawing",
    "GradientError",
    "Value",
    "affine",
    "apply",
    "detect_anomaly",
    "dot",
    "draw",
    "floats",
    "gradcheck",
    "graph",
    "label",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "power",
    "rules",
    "softmax",
    "total",
    "without_collector",
    *FUNCTIONS,
]
