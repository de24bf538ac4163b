"""A scalar reverse-mode automatic differentiation engine.

>>> from engine import Value
>>> x = Value(3.0)
>>> y = x * x + 2 * x
>>> y.backward()
>>> x.grad
8.0

To understand it, read four files, in this order; it takes twenty minutes.

1. ``rules/arithmetic.py``: a rule is an elementary function, written once as value and local derivatives.
2. ``node.py``: what a node records (its number, parents, local derivatives), and how a rule makes one.
3. ``backward.py``: topological order, and the chain rule summed over all paths.
4. ``value.py``: the node with its operators, one line a rule.

Then ``readings/``: the same rules read with floats, arrays, expressions, formulas and Values, and written as
code. Everything else is a book on top: ``formula`` writes formulas, ``chain`` explains derivatives,
``parsing`` reads expressions, ``source`` writes programs, ``tape`` replays, ``pictures`` draws.

Threads: graphs without a node in common are independent, and may be built, differentiated and trained at
once. One graph, with all that shares a node with it (two costs of one model do), may be read by several
threads at once: ``explain``, ``draw``, ``tree``, ``gradcheck``, ``copy``, ``pickle`` and a tape's calls only
read it. It must not be changed by one (``backward``, ``refresh``, ``zero_grad``, ``steps``, an optimiser's
step) while another reads or changes it: gradients may then be wrong, or an operation may fail.
``detect_anomaly`` holds for the context, that is for the thread or the task of asyncio that asked for it.
Names such as ``v_1`` are made up anew for each text, and there is no other setting. Only the pause of
``without_collector`` is the process's: blocks of several threads may overlap, and end in any order.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import graph, rules
from .readings import floats

sys.modules["engine.floats"] = floats  # the name under which people import it

if TYPE_CHECKING:
    from . import formula
    from .anomaly import detect_anomaly
    from .chain.evaluation import forward
    from .chain.explanation import explain
    from .chain.steps import steps
    from .chain.tree import tree
    from .check import GradientError, gradcheck
    from .collector import without_collector
    from .derive import grad, hessian, hvp, jacobian
    from .formula.table import rules_table
    from .functions import (
        Function,
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
    from .value import Value

    def __getattr__(name: str) -> Function: ...


_FUNCTIONS = [name for name, rule in rules.REGISTRY.items() if not rule.variadic and len(rule.operands) < 3]

DOORS = {
    "anomaly": ("detect_anomaly",),
    "chain.evaluation": ("forward",),
    "chain.explanation": ("explain",),
    "chain.steps": ("steps",),
    "chain.tree": ("tree",),
    "check": ("GradientError", "gradcheck"),
    "collector": ("without_collector",),
    "derive": ("grad", "hessian", "hvp", "jacobian"),
    "formula.table": ("rules_table",),
    "functions": (
        "affine", "apply", "dot", "logsumexp", "maximum", "mean", "minimum", "power", "softmax", "total",
        *_FUNCTIONS,
    ),
    "labels": ("label",),
    "parsing.parser": ("parse",),
    "pictures.drawing": ("Drawing", "draw"),
    "pictures.page.page": ("play",),
    "value": ("Value",),
}  # fmt: skip
"""Where the public names are: a module is loaded when one of its names is first asked for."""

_MODULE_OF = {name: module for module, names in DOORS.items() for name in names}

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
    *(name for name in _FUNCTIONS if name != "power"),
]

if not TYPE_CHECKING:  # pragma: no branch  (tests are no type checkers)

    def __getattr__(name: str) -> Any:
        if name in _MODULE_OF:
            module = vars(import_module(f".{_MODULE_OF[name]}", __name__))
            found = module[name] if name in module else module["FUNCTIONS"][name]
        elif name in {"formula", "source", "tape"}:
            return import_module(f".{name}", __name__)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
