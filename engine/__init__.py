"""A scalar reverse-mode automatic differentiation engine.

>>> from engine import Value
>>> x = Value(3.0)
>>> y = x * x + 2 * x
>>> y.backward()
>>> x.grad
8.0

Threads: graphs without a node in common are independent, and may be built, differentiated and trained at
once. One graph, with all that shares a node with it (two costs of one model do), may be looked at by
several threads at once: ``explain``, ``draw``, ``tree``, ``gradcheck``, ``copy``, ``pickle`` and a tape's
calls only read it. It must not be changed by one (``backward``, ``refresh``, ``zero_grad``, ``steps``, an
optimiser's step) while another reads or changes it: gradients may then be wrong, or an operation may
fail. ``detect_anomaly`` holds for the context, that is for the thread or the task of asyncio that asked
for it. Names such as ``v_1`` are made up anew for each text, and there is no other setting. Only the
pause of ``without_collector`` is the process's: blocks of several threads may overlap, and end in any
order.
"""

from typing import TYPE_CHECKING

from . import formula, graph, rules
from .anomaly import detect_anomaly
from .chain import explain, forward
from .chain.steps import steps
from .chain.tree import tree
from .check import GradientError, gradcheck
from .collector import without_collector
from .derive import grad, hessian, hvp, jacobian
from .formula import rules_table
from .functions import (
    FUNCTIONS,
    affine,
    apply,
    dot,
    logsumexp,
    maximum,
    mean,
    minimum,
    power,
    softmax,
    total,
)
from .labels import label
from .parsing.parser import parse
from .pictures.drawing import Drawing, draw
from .pictures.page.page import play
from .readings import floats
from .value import Value

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
