"""The rules as C: their lines, and the functions of ``readings.floats`` that libm lacks.

The lines are for the compiled node, which ``fast/generate.py`` writes. They compute the same as Python, to
the last bit, as long as no intermediate number is infinite or NaN and Python would not raise. Otherwise they
say so (``odd``, or a result that is not finite), and the caller lets Python read the rule.

>>> from engine import rules
>>> print(of_rule(rules.sigmoid, ["x"]))
/* σ(x) = 1/(1 + e⁻ˣ): slope σ(x)(1 − σ(x)), where 1 − σ(x) = σ(−x) needs no subtraction. */
static inline int rule_sigmoid(double x, double *data, double *by) {
    int odd = 0;
    const double v1 = f_sigmoid(x, &odd);
    *data = v1;
    by[0] = v1 * f_sigmoid(-x, &odd);
    return !odd && isfinite(*data) && isfinite(by[0]);
}
>>> print(of_function("where"))
static inline double f_where(double condition, double x, double y, int *odd) {
    (void)odd;
    return (condition ? x : y);
}
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import fields
from itertools import count
from typing import TYPE_CHECKING

from engine.readings import floats
from engine.readings.code import ATOM, NUMPY, OPERATORS, CallForm, Dialect, Writer
from engine.readings.expressions import Guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.rules import Rule

WORDS = """
    auto break case char const continue data by default do double else enum extern float for goto if int
    inline long odd register return short signed sizeof static struct switch typedef union unsigned void
    volatile while
"""
"""Names that no variable can have: the language's words, and names that the surrounding text uses."""


class _C(Dialect):
    """C with doubles: a function takes the flag ``odd``, and so does division, which raises in Python."""

    def form(self, operation: str, operands: int) -> CallForm:
        if operation in self.forms:
            return self.forms[operation]
        places = ", ".join(f"{{{k}}}" for k in range(operands))
        name = "div" if operation == "/" else operation
        return CallForm(f"f_{name}({places}, &odd)", ATOM, (0,) * operands, (80 // operands,) * operands)

    def number(self, x: float) -> str:
        return super().number(float(x))


C = _C(
    **{field.name: getattr(NUMPY, field.name) for field in fields(NUMPY)}
    | {
        "forms": {name: form for name, form in OPERATORS.items() if name != "/"},
        "spelling": {"inf": "INFINITY", "nan": "NAN"},
        "reserved": frozenset(WORDS.split()),
        "assign": "const double {} = {};",
        "store": "{} = {};",
        "comment": "/* {} */",
    }
)
"""C, for the lines of a rule; it has no form for whole programs."""


def of_rule(rule: Rule, operands: Sequence[str] | int) -> str:
    """Write a rule as a C function of its operands and parameters that fills in value and local derivatives.

    If ``operands`` is a number instead of names, it is a function of an array. It returns 1 if the results
    are right, and 0 if Python has to decide. Raises TypeError for a rule that branches on a condition on an
    operand.

    >>> from engine import rules
    >>> print(of_rule(rules.hinge, 2))
    /* C = Σ max(0, 1 − yⱼ aⱼ) for labels y = ±1: slopes −yⱼ inside the margin, else 0. */
    static int rule_hinge_2(const double *x, double *data, double *by) {
        int odd = 0;
        const double v1 = 1.0 - x[1] * x[0];
        const double v2 = v1 <= 0.0;
        const double v3 = f_where(v2, 0.0, -1.0, &odd);
        *data = f_where(v2, 0.0, v1, &odd);
        by[0] = v3 * x[1];
        by[1] = v3 * x[0];
        return !odd && isfinite(*data) && isfinite(by[0]) && isfinite(by[1]);
    }
    """
    several = isinstance(operands, int)
    xp, names = Guarded(), [name for name, _ in rule.defaults]
    operands = [f"x[{k}]" for k in range(operands)] if isinstance(operands, int) else operands
    variables = {xp.variable(): word(name) for name in operands}
    parameters = {name: xp.parameter() for name in names}
    value, slopes = rule.function(xp, *variables, **parameters)
    results = [xp.operand(x) for x in (value, *slopes)]
    variables |= {parameter: word(name) for name, parameter in parameters.items()}
    writer = Writer(C, (f"v{k}" for k in count(1)), variables, [*xp.guards, *results])
    guards = [f"    if (!({writer.write(guard)})) return 0;" for guard in xp.guards]
    lines = [*writer.taken(), *guards]  # the guard first: the rest is valid only if it holds
    texts = [writer.write(x) for x in results]
    lines += [*writer.taken(), f"    *data = {texts[0]};"]
    lines += [f"    by[{k}] = {text};" for k, text in enumerate(texts[1:])]
    questions = ["!odd"] * any("&odd" in line for line in lines)
    questions += ["isfinite(*data)"]
    questions += [f"isfinite(by[{k}])" for k, x in enumerate(results[1:]) if x.number is None]
    arguments = ", ".join(f"double {word(name)}" for name in (*operands, *names))
    head = f"inline int rule_{rule.name}({arguments}"
    if several:
        head = f"int rule_{rule.name}_{len(operands)}(const double *x"
    return "\n".join(
        [
            f"/* {rule.summary.splitlines()[0]} */",
            f"static {head}, double *data, double *by) {{",
            *["    int odd = 0;"] * (questions[0] == "!odd"),
            *lines,
            f"    return {' && '.join(questions)};",
            "}",
        ]
    )


def word(name: str) -> str:
    """Return a name that is not reserved in C.

    >>> word("x"), word("short")
    ('x', 'short_')
    """
    return name + "_" * (name in C.reserved)


def of_function(name: str) -> str:
    """Translate a function of ``readings.floats``, statement by statement; empty if libm has it.

    Raises NotImplementedError for Python that has no counterpart here.

    >>> of_function("exp")
    ''
    """
    function = vars(floats)[name]
    if not inspect.isfunction(function):
        return ""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    arguments = [argument.arg for argument in definition.args.args]  # type: ignore[attr-defined]  # it is a def
    body = definition.body[1:]  # type: ignore[attr-defined]  # as above; the first is the docstring
    lines = _statements(body, "    ", set(arguments))
    signature = ", ".join(f"double {word(argument)}" for argument in arguments)
    head = [f"static inline double f_{name}({signature}, int *odd) {{", "    (void)odd;"]
    return "\n".join([*head, *lines, "}"])


def _statements(body: Sequence[ast.stmt], indent: str, known: set[str]) -> list[str]:
    lines: list[str] = []
    for statement in body:
        match statement:
            case ast.Return(value=ast.expr() as value):
                lines.append(f"{indent}return {_expression(value)};")
            case ast.Raise():
                lines += [f"{indent}*odd = 1;", f"{indent}return NAN;"]
            case ast.If(test=test, body=inner, orelse=[]):
                lines.append(f"{indent}if ({_expression(test)}) {{")
                lines += [*_statements(inner, f"{indent}    ", known), f"{indent}}}"]
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                lines.append(
                    f"{indent}{'' if name in known else 'double '}{word(name)} = {_expression(value)};"
                )
                known.add(name)
            case _:
                raise _no_counterpart(statement)
    return lines


_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.USub: "-", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.And: " && ", ast.Or: " || ",
}  # fmt: skip
_CONSTANTS = {"inf": "INFINITY", "nan": "NAN"}


def _expression(e: ast.expr) -> str:  # noqa: C901  (one case for each kind of expression)
    match e:
        case ast.Constant(value=x):
            return repr(float(x))  # type: ignore[arg-type]  # the vocabulary computes with numbers
        case ast.Name(id=name):
            return word(name)
        case ast.Attribute(value=ast.Name(id="math"), attr=name):
            return _CONSTANTS[name]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"f_div({_expression(left)}, {_expression(right)}, odd)"
        case ast.BinOp(left=left, op=op, right=right):
            return f"({_expression(left)} {_SYMBOLS[type(op)]} {_expression(right)})"
        case ast.UnaryOp(op=op, operand=x):
            return f"({_SYMBOLS[type(op)]}{_expression(x)})"
        case ast.BoolOp(op=op, values=values):
            return f"({_SYMBOLS[type(op)].join(map(_expression, values))})"
        case ast.IfExp(test=test, body=yes, orelse=no):
            return f"({_expression(test)} ? {_expression(yes)} : {_expression(no)})"
        case ast.Compare(left=left, ops=ops, comparators=others):
            terms = [*map(_expression, (left, *others))]
            symbols = [_SYMBOLS[type(op)] for op in ops]
            pairs = zip(terms, symbols, terms[1:], strict=False)
            return f"({' && '.join(f'{x} {symbol} {y}' for x, symbol, y in pairs)})"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr="copysign"), args=arguments):
            return f"copysign({', '.join(map(_expression, arguments))})"
        case ast.Call(
            func=ast.Name(id=name) | ast.Attribute(value=ast.Name(id="math"), attr=name), args=arguments
        ):
            return f"f_{name}({', '.join(map(_expression, arguments))}, odd)"
        case _:
            raise _no_counterpart(e)


def _no_counterpart(tree: ast.AST) -> NotImplementedError:
    return NotImplementedError(
        f"no C is known for {ast.unparse(tree)}; write it with if, return, = and calls"
    )


def of_libm(name: str) -> str:
    """Return the libm name of a function of the vocabulary that Python takes from there.

    >>> of_libm("abs"), of_libm("tanh")
    ('fabs', 'tanh')
    """
    return getattr(vars(floats)[name], "__name__", name)
