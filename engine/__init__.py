"""A scalar reverse-mode automatic differentiation engine.

>>> from engine import Value
>>> x = Value(3.0)
>>> y = x * x + 2 * x
>>> y.backward()
>>> x.grad
8.0
"""

from typing import TYPE_CHECKING

from . import floats, formula, graph, rules
from .anomaly import detect_anomaly
from .chain import explain, forward
from .check import GradientError, gradcheck
from .collector import without_collector
from .derive import grad, hessian, hvp, jacobian
from .draw import Drawing, draw
from .formula import rules_table
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
from .parse import parse
from .player import play
from .steps import steps
from .tree import tree
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
    "explain",
    "floats",
    "formula",
    "forward",
    "grad",
    "gradcheck",
    "graph",
    "hessian",
    "hvp",
    "jacobian",
    "label",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "parse",
    "play",
    "power",
    "rules",
    "rules_table",
    "softmax",
    "steps",
    "total",
    "tree",
    "without_collector",
    *FUNCTIONS,
]
