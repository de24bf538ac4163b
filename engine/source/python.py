"""Python as a dialect: with floats, what ``math`` lacks being taken from ``engine.floats``; and with arrays.

>>> PYTHON.form("where", 3).template
'{1} if {0} else {2}'
>>> NUMPY.form("where", 3).template
'where({0}, {1}, {2})'
>>> PYTHON.number(0.1), PYTHON.number(float("-inf"))
('0.1', '-inf')
"""

from __future__ import annotations

import inspect
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from engine import floats

from .dialects import COMPARISON, CONDITIONAL, OPERATORS, WIDTH, Dialect, Form, listed
from .spelling import RESERVED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def standalone(names: Collection[str]) -> str:
    """Imports from ``math`` and the text of our own functions: what code in these names needs to run.

    >>> print(standalone(["tanh", "abs", "inf"]))
    from math import fabs as abs, inf, tanh
    """
    modules, imports, functions = set(), {}, {}
    pending = list(names)
    while pending:
        name = pending.pop()
        thing = vars(floats).get(name, getattr(math, name, None))
        if thing is math:
            modules.add("import math")
        elif not inspect.isfunction(thing):
            imports[name] = getattr(thing, "__name__", name)
        elif name not in functions:
            functions[name] = thing
            pending += inspect.getclosurevars(thing).globals
    named = [real if real == name else f"{real} as {name}" for name, real in sorted(imports.items())]
    text = ", ".join(named)
    names = f"({listed(named, indent=4)})" if len(text) > WIDTH - 20 else text
    lines = sorted(modules) + [f"from math import {names}"] * bool(named)
    texts = [_text(function) for function in sorted(functions.values(), key=_position)]
    return "\n\n\n".join(["\n".join(lines)] * bool(lines) + texts)


def _position(function: Callable[..., float]) -> int:
    return function.__code__.co_firstlineno


def _text(function: Callable[..., float]) -> str:
    """Source text as it stands, without what it says to a linter."""
    return re.sub(r"  # ?noqa.*", "", inspect.getsource(function)).rstrip()


def _nothing(_: Collection[str]) -> str:
    return ""


PYTHON = Dialect(
    forms=OPERATORS
    | {
        "where": Form("{1} if {0} else {2}", CONDITIONAL, (COMPARISON, COMPARISON, CONDITIONAL), (30, 30, 30))
    },
    spelling={},
    reserved=RESERVED,
    assign="{} = {}",
    store="{} = {}",
    comment="# {}",
    several=("()", "({},)", "({})"),
    program="""\
def {name}({parameters}):
{body}
    gradient = {gradient}
    return {cost}, tuple(g + 0.0 for g in gradient)  # never −0.0
""",
    segment="""\
def segment(x):
    {externals} = x
{forward}    {adjoints} = yield {outputs}
{backward}    yield {targets}
""",
    live="""\
def {name}(x):
{preamble}    v = [0.0] * {size}
{lines}    values = [{values}]
    slopes = [{slopes}]
    return values, slopes
""",
    preamble=standalone,
)
"""Python with floats; functions that ``math`` lacks are called by their names in ``engine.floats``."""

NUMPY = replace(PYTHON, forms=OPERATORS, preamble=_nothing)
"""Python with arrays: ``where`` is a call, and whoever runs the text supplies every name."""
