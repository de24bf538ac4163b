"""JavaScript as a dialect: functions come from Math, or, if it lacks them, from ``javascript.js``.

The numbers are Python's, except for the last digits of exp, sin and the like, and the sign of a zero. Where
Python raises, because an operand lies outside a rule's domain or a result is too large, JavaScript continues
with NaN or an infinity, as IEEE 754 defines.

>>> from engine import Value
>>> from engine.source import program
>>> x = Value(0.5, label="x")
>>> print(program(x.sigmoid() * x.exp(), params=[x], dialect=JAVASCRIPT, name="f"))
function sigmoid(x) {
    // 1/(1 + e⁻ˣ), where e⁻ˣ may overflow.
    if (x >= 0) return 1 / (1 + Math.exp(-x));
    const e = Math.exp(x);
    return e / (1 + e);
}
<BLANKLINE>
<BLANKLINE>
function f(x) {
    // forward
    const v1 = sigmoid(x);
    const v2 = Math.exp(x);
    const C = v1 * v2;
<BLANKLINE>
    // backward
    const dC_dx = v2 * v1 + v1 * sigmoid(-x) * v2;
    const gradient = [dC_dx];
    return [C, gradient.map((g) => g + 0)]; // never −0
}
<BLANKLINE>
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from engine.readings.code import COMPARISON, CONDITIONAL, OPERATORS, Dialect
from engine.readings.code import CallForm as Form
from engine.readings.expressions import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Collection

_IN_MATH = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "exp", "expm1", "hypot",
    "log", "log10", "log1p", "log2", "sign", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip

SPELLING = {name: f"Math.{name}" for name in _IN_MATH} | {
    "minimum": "Math.min",
    "maximum": "Math.max",
    "ieee_log": "Math.log",
    "ieee_pow": "power",
    "inf": "Infinity",
    "nan": "NaN",
}

WORDS = """
    arguments async await break case catch class const continue debugger default delete do else enum eval
    export extends false finally for function if implements import in instanceof interface let new null of
    package private protected public return static super switch this throw true try typeof undefined var
    void while with yield Infinity Math NaN gradient
"""
"""Names that no variable can have: reserved words in any mode, and names that the text uses."""


def lacking(names: Collection[str]) -> str:
    """Return the text of these functions of the vocabulary and of those they call; Math's need none.

    >>> lacking(["exp", "where", "inf"])
    ''
    >>> print(lacking(["xlogy", "exp"]))
    function xlogy(x, y) {
        // x ln y, and 0 for x = 0 even where y = 0.
        return x === 0 && y >= 0 ? 0 : x * Math.log(y);
    }
    """
    functions, needed = _functions(), set()
    pending = [SPELLING.get(name, name) for name in names]
    while pending:
        name = pending.pop()
        if name in functions and name not in needed:
            needed.add(name)
            pending += re.findall(r"\w+(?=\()", functions[name])
    return "\n\n\n".join(text for name, text in functions.items() if name in needed)


@cache
def _functions() -> dict[str, str]:
    """Return the functions of ``javascript.js`` by name, in order; each ends with an unindented brace."""
    text = files(__package__).joinpath("javascript.js").read_text(encoding="utf-8")
    found = re.finditer(r"^function (\w+)\(.*?^}$", text, re.MULTILINE | re.DOTALL)
    return {function[1]: function[0] for function in found}


JAVASCRIPT = Dialect(
    forms=OPERATORS
    | {
        "where": Form("{0} ? {1} : {2}", CONDITIONAL, (COMPARISON, COMPARISON, CONDITIONAL), (30, 30, 30)),
        "ieee_div": OPERATORS["/"],
    },
    spelling=SPELLING,
    reserved=frozenset([*WORDS.split(), *VOCABULARY]),
    assign="const {} = {};",
    store="{} = {};",
    comment="// {}",
    several=("[]", "[{}]", "[{}]"),
    program="""\
function {name}({parameters}) {{
{body}
    const gradient = {gradient};
    return [{cost}, gradient.map((g) => g + 0)]; // never −0
}}
""",
    segment="""\
function* segment(x) {{
    const {externals} = x;
{forward}    const {adjoints} = yield {outputs};
{backward}    yield {targets};
}}
""",
    live="""\
function {name}(x) {{
{preamble}    const v = [];
{lines}    const values = [{values}];
    const slopes = [{slopes}];
    return [values, slopes];
}}
""",
    preamble=lacking,
)
"""JavaScript with plain numbers, for browsers since 2020."""
