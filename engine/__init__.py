"""A scalar reverse-mode automatic differentiation engine.

>>> from engine import Value
>>> x = Value(3.0)
>>> y = x * x + 2 * x
>>> y.backward()
>>> x.grad
8.0

To understand it, read four files in this order; it takes twenty minutes.

1. ``rules/arithmetic.py``: a rule is an elementary function, written once as value and local derivatives.
2. ``node.py``: what a node records (its number, parents and local derivatives), and how a rule makes one.
   See what comes of it: ``import inspect; print(inspect.getsource(Value.tanh))``.
3. ``backward.py``: topological order, and the chain rule summed over all paths.
4. ``value.py``: the node with its operators, one line for each rule.

On a first reading, skip ``_links`` and ``_linked``, which serve copies and ``refresh``. ``@in_c`` marks what
the compiled core replaces, if it is installed; ``watchers`` is empty unless ``detect_anomaly`` is in use.

Then read ``readings/``: the same rules evaluated with floats, arrays, expressions, formulas and Values, and
written as code. Everything else builds on that: ``formula`` writes formulas, ``chain`` explains
derivatives, ``asking`` asks about them and says which mistake leads to a wrong answer, ``parsing``
reads expressions, ``source`` writes programs, ``tape`` replays graphs, and ``pictures`` draws them.

Threads: graphs that share no node are independent; they can be built, differentiated and trained at the
same time. Several threads can read one graph, and graphs that share nodes with it (two costs of one model
do): ``explain``, ``draw``, ``tree``, ``gradcheck``, ``copy``, ``pickle`` and a tape's calls only read. While
one thread changes a graph (``backward``, ``refresh``, ``zero_grad``, ``steps``, an optimiser's step), no
other may read or change it: gradients may be wrong, or an operation may fail. ``detect_anomaly`` applies to
the current context: the thread or asyncio task that entered it. Names such as ``v_1`` are assigned afresh for
each text. The only global state is the pause of ``without_collector``, which applies to the whole process:
blocks of several threads may overlap and end in any order.
"""

import builtins
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import rules
from .readings import floats

sys.modules["engine.floats"] = floats  # people import it under this name

if TYPE_CHECKING:
    from . import formula as formula
    from . import graph as graph
    from . import source as source
    from . import tape as tape
    from .anomaly import detect_anomaly as detect_anomaly
    from .asking.asked import Question as Question
    from .asking.exercises import exercise as exercise
    from .asking.guesses import Guess as Guess
    from .asking.marking import mark as mark
    from .asking.questions import check as check
    from .asking.questions import questions as questions
    from .asking.terminal import quiz as quiz
    from .asking.verdicts import Verdict as Verdict
    from .chain.evaluation import forward as forward
    from .chain.explanation import explain as explain
    from .chain.steps import steps as steps
    from .chain.tree import tree as tree
    from .checking import GradientError as GradientError
    from .checking import gradcheck as gradcheck
    from .collector import without_collector as without_collector
    from .core import compiled as compiled
    from .derive import grad as grad
    from .derive import hessian as hessian
    from .derive import hvp as hvp
    from .derive import jacobian as jacobian
    from .formula.table import rules_table as rules_table
    from .functions import Function
    from .functions import affine as affine
    from .functions import apply as apply
    from .functions import dot as dot
    from .functions import logsumexp as logsumexp
    from .functions import maximum as maximum
    from .functions import mean as mean
    from .functions import minimum as minimum
    from .functions import power as power
    from .functions import softmax as softmax
    from .functions import total as total
    from .labels import label as label
    from .operations import operation as operation
    from .parsing.parser import parse as parse
    from .pictures.drawing import Drawing as Drawing
    from .pictures.drawing import draw as draw
    from .pictures.page.page import play as play
    from .pictures.sheets.worksheets import worksheet as worksheet
    from .value import Value as Value

    def __getattr__(name: str) -> Function: ...


DOORS = {
    "": ("formula", "graph", "source", "tape"),
    "anomaly": ("detect_anomaly",),
    "asking.asked": ("Question",),
    "asking.exercises": ("exercise",),
    "asking.guesses": ("Guess",),
    "asking.marking": ("mark",),
    "asking.questions": ("check", "questions"),
    "asking.terminal": ("quiz",),
    "asking.verdicts": ("Verdict",),
    "chain.evaluation": ("forward",),
    "chain.explanation": ("explain",),
    "chain.steps": ("steps",),
    "chain.tree": ("tree",),
    "checking": ("GradientError", "gradcheck"),
    "collector": ("without_collector",),
    "core": ("compiled",),
    "derive": ("grad", "hessian", "hvp", "jacobian"),
    "formula.table": ("rules_table",),
    "functions": (
        "affine", "apply", "dot", "logsumexp", "maximum", "mean", "minimum", "power", "softmax", "total",
        *(name for name, rule in rules.REGISTRY.items() if not rule.variadic and len(rule.operands) < 3),
    ),
    "labels": ("label",),
    "operations": ("operation",),
    "parsing.parser": ("parse",),
    "pictures.drawing": ("Drawing", "draw"),
    "pictures.page.page": ("play",),
    "pictures.sheets.worksheets": ("worksheet",),
    "value": ("Value",),
}  # fmt: skip
"""The public names, by the module that defines them; a module is loaded when one of its names is first used.

A type checker needs them as the imports above; ``tests/test_architecture.py`` compares the two.
``from engine import *`` leaves out names that would replace a builtin, such as ``abs``, or load NumPy.
"""

if not TYPE_CHECKING:  # pragma: no branch  (a type checker reads the imports above)
    _MODULE_OF = {name: module for module, names in DOORS.items() for name in names}
    PUBLIC = sorted({"floats", "rules", *_MODULE_OF})
    __all__ = [name for name in PUBLIC if not hasattr(builtins, name) and name not in {"source", "tape"}]

    def __getattr__(name: str) -> Any:
        if name not in _MODULE_OF:
            from .doors import OF_ENGINE, missing  # noqa: PLC0415  (only for names that are not here)

            raise missing(__name__, name, OF_ENGINE)
        if not _MODULE_OF[name]:
            return import_module(f".{name}", __name__)
        module = vars(import_module(f".{_MODULE_OF[name]}", __name__))
        globals()[name] = found = module[name] if name in module else module["FUNCTIONS"][name]
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *PUBLIC})
