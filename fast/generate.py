"""Write ``core.c`` from ``core.c.in`` and the rules: run it after every change of either.

    python fast/generate.py            # in the project's folder; `core.c` is committed

What is filled in comes from ``engine.source.c``: each rule as C lines, and the functions of
``engine.readings.floats`` that libm does not have. What stays by hand, in the template, is the node itself;
no derivative does.
"""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["CHAINRULE_PURE"] = "1"  # it reads what stands in Python

from engine import functions, rules
from engine.core import PROTOCOL, fingerprint
from engine.node import Node
from engine.readings import floats
from engine.readings.expressions import VOCABULARY
from engine.rules.vocabulary import Arithmetic
from engine.source.c import of_function, of_libm, of_rule

if TYPE_CHECKING:
    from engine.rules import Rule

HERE = Path(__file__).parent

BY_HAND = {"ieee_pow", "hypot"}
"""``pow``'s own limits are those of IEEE 754; ``math.hypot`` is Python's, and is called."""

UNARY = [
    rule
    for rule in rules.REGISTRY.values()
    if len(rule.operands) == 1 and not rule.defaults and not rule.home
]
BINARY = [
    rule
    for rule in rules.REGISTRY.values()
    if len(rule.operands) == 2 and not rule.defaults and not rule.home
]
PAIRS = [rules.maximum, rules.minimum]
"""Rules of variable arity that are methods of two operands."""
WITH_PARAMETERS = [
    rule for rule in rules.REGISTRY.values() if len(rule.operands) == 1 and rule.defaults and not rule.home
]
UNROLLED = [
    *(
        (rule, 2 * n)
        for rule in (rules.hinge, rules.squared_error, rules.half_squared_error)
        for n in range(1, 5)
    ),
    (rules.squared_error, 20),
    (rules.softmax_share, 3),
]
"""Costs, by numbers of operands: for a few outputs, and for the ten digits; and a rule of three operands."""
MANY = [rules.affine, rules.dot, rules.total, rules.mean]
"""Loops by hand, which a tape runs too."""
LOOPED = [rules.logsumexp, rules.softmax_sum, rules.softmax_cross_entropy]
"""Loops by hand."""
BY_NAME = ("affine", "dot", "total", "mean", "logsumexp", "softmax", "apply")
"""Functions of the engine that are written by hand."""
SLOTS = {
    "add": "nb_add", "sub": "nb_subtract", "mul": "nb_multiply", "div": "nb_true_divide",
    "neg": "nb_negative", "abs": "nb_absolute",
}  # fmt: skip
OPERATORS = {*SLOTS, "power", "general_power"}
ALIASES = {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "tan2", "sinh", "cosh", "tanh")}
PROPERTIES = {
    "data": "get_data, set_data", "grad": "get_grad, set_grad", "has_grad": "get_has_grad, NULL",
    "parents": "get_parents, NULL", "local_derivatives": "get_slopes, set_slopes",
    "label": "get_label, set_label",
}  # fmt: skip


def quoted(text: str) -> str:
    """Text as a string of C."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def documented(name: str, rule: Rule, arguments: str = "") -> str:
    """The docstring of a method, with the line from which Python takes its signature."""
    return quoted(f"{name}($self{arguments})\n--\n\n{rule.description}")


def method(name: str, rule: Rule) -> str:
    """The entry of a method in the table."""
    if rule in UNARY:
        return f'    {{"{name}", unary_{rule.name}, METH_NOARGS, {documented(name, rule, ", /")}}},'
    if rule.defaults:
        arguments = "".join(f", {x}" + ("" if d is None else f"={d}") for x, d in rule.defaults)
        function = f"(PyCFunction)(void (*)(void))given_{rule.name}, METH_FASTCALL | METH_KEYWORDS"
        return f'    {{"{name}", {function}, {documented(name, rule, arguments)}}},'
    return f'    {{"{name}", method_{rule.name}, METH_O, {documented(name, rule, ", other, /")}}},'


def with_parameters(rule: Rule) -> str:
    """A rule that takes parameters: those that are not given are the defaults."""
    count = len(rule.defaults)
    defaults = ", ".join("NAN" if default is None else repr(float(default)) for _, default in rule.defaults)
    required = sum(default is None for _, default in rule.defaults)
    call = ", ".join(f"given[{k}]" for k in range(count))
    return f"#define PARAMETERS_{rule.name} {call}\nGIVEN({rule.name}, {count}, {required}, {defaults})"


def from_libm(name: str) -> str:
    """A function of the vocabulary that is libm's."""
    operands = len(inspect.signature(getattr(Arithmetic, name)).parameters) - 1
    return f"LIBM{operands}({name}, {of_libm(name)})"


def core() -> str:
    """The text of ``core.c``."""
    fixed = [*UNARY, *BINARY, *WITH_PARAMETERS]
    helpers = {name: of_function(name) for name in VOCABULARY if name not in BY_HAND}
    translated = sorted(
        filter(helpers.get, helpers), key=lambda name: vars(floats)[name].__code__.co_firstlineno
    )
    methods = {rule.name: rule for rule in [*fixed, *PAIRS] if rule.name not in OPERATORS}
    methods |= {alias: methods[name] for alias, name in ALIASES.items()}
    everything = [*fixed, *PAIRS, *MANY, *LOOPED, *dict.fromkeys(rule for rule, _ in UNROLLED)]
    parts = {
        "FINGERPRINT": f'"{PROTOCOL}-{fingerprint()}"',
        "ENUM": ", ".join(f"RULE_{rule.name}" for rule in everything),
        "NAMES": ", ".join(f'"{rule.name}"' for rule in everything),
        "LIBM": "\n".join(
            from_libm(name) for name in VOCABULARY if name not in BY_HAND and not helpers[name]
        ),
        "HELPERS": "\n\n".join(helpers[name] for name in translated),
        "RULES": "\n\n".join(of_rule(rule, rule.operands or ("x", "y")) for rule in [*fixed, *PAIRS]),
        "METHODS": "\n".join(
            [
                *(f"UNARY({rule.name})" for rule in UNARY),
                *(f"BINARY({rule.name})" for rule in [*BINARY, *PAIRS]),
                *map(with_parameters, WITH_PARAMETERS),
            ]
        ),
        "READ": "\n".join(
            [
                *(f"    [RULE_{rule.name}] = {{rule_{rule.name}, NULL}}," for rule in UNARY),
                *(f"    [RULE_{rule.name}] = {{NULL, rule_{rule.name}}}," for rule in [*BINARY, *PAIRS]),
            ]
        ),
        "UNROLLED": "\n\n".join(of_rule(rule, n) for rule, n in UNROLLED),
        "UNROLLED_TABLE": "\n".join(
            f"    {{RULE_{rule.name}, {n}, rule_{rule.name}_{n}}}," for rule, n in UNROLLED
        ),
        "MOST_UNROLLED": str(max(n for _, n in UNROLLED)),
        "FUNCTIONS_OF_ONE": "\n".join(f"FUNCTION_OF_ONE({rule.name})" for rule in UNARY),
        "LOOPS": "\n".join(
            [
                *(f"LOOP_OF_ONE({rule.name})" for rule in UNARY),
                *(f"LOOP_OF_TWO({rule.name})" for rule in [*BINARY, *PAIRS]),
                *(f"LOOP_GIVEN({rule.name})" for rule in WITH_PARAMETERS),
            ]
        ),
        "LOOPS_TABLE": "\n".join(
            f"    [RULE_{rule.name}] = loop_{rule.name}," for rule in [*fixed, *PAIRS, *MANY]
        ),
        "GETSET": "\n    ".join(
            f'{{"{name}", {places}, {quoted(inspect.getdoc(vars(Node)[name]) or "")}, NULL}},'
            for name, places in PROPERTIES.items()
        ),
        "TABLE": "\n".join(method(name, rule) for name, rule in methods.items()),
        "SLOTS": "\n".join(
            f"    {{Py_{slot}, {'slot' if rules.REGISTRY[name] in UNARY else 'number'}_{name}}},"
            for name, slot in SLOTS.items()
        ),
        "FUNCTIONS": "\n    ".join(
            f"LISTED({name}, {quoted(inspect.getdoc(thing) or '')}),"
            for name, thing in [
                *((name, getattr(functions, name)) for name in BY_NAME),
                *((rule.name, functions.FUNCTIONS[rule.name]) for rule in UNARY),
            ]
        ),
    }
    text = (HERE / "core.c.in").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"/*@{name}@*/", part)
    return "/* GENERATED by generate.py from core.c.in and the rules: edit those. */\n" + text


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "core.c").write_text(
        core(), encoding="utf-8", newline="\n"
    )
