"""The grammar of expressions: the allowed tokens, functions, and kinds of Python's syntax.

``tidy`` checks the text token by token and answers mistakes with advice; ``FORMS`` says how each function is
called; ``inner_first`` walks the syntax tree from Python's parser, which is never executed.

>>> tidy("2x")
Traceback (most recent call last):
    ...
ValueError: a product is written with *, as in 2*x (column 2, at 'x')
"""

from __future__ import annotations

import ast
import re
from functools import partial
from inspect import Parameter, Signature
from itertools import chain
from keyword import iskeyword
from math import isinf
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast
from unicodedata import normalize

from engine import rules
from engine.arguments import closest
from engine.functions import FUNCTIONS, function, power, read
from engine.numeric import told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.rules import Rule
    from engine.value import Operand, Value

    Result: TypeAlias = Value | float

LONGEST = 10_000  # characters that Python's parser accepts or rejects without crashing
SHOWN = 24  # characters of the text that a message quotes

ALLOWED = "an expression is made of numbers, names, + - * / ** ( ) and functions such as exp(x)"
TOO_SMALL = "the number is too small for a float, whose least is about 5e-324"

SIGNS = str.maketrans("−·⋅×÷", "-***/")
"""Typographic signs, as in our own output, and their Python equivalents."""

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"

SLIPS = {
    **dict.fromkeys("^" + SUPERSCRIPTS, "a power is written **, as in x**2"),
    **dict.fromkeys("{}", "brackets are round, as in 2*(x + y)"),
    "|": "an absolute value is written abs(x)",
    "√": "a square root is written sqrt(x)",
    **dict.fromkeys(("=", "=="), "an expression has no equals sign; values for its names are given apart"),
    "//": "a quotient is written x/y",
}

NUMERAL = r"(?: [0-9]+ \.? [0-9]* | \.[0-9]+ ) (?: [eE] [-+]? [0-9]+ )?"

TOKEN = re.compile(
    rf"""
    (?P<number> {NUMERAL} )
  | (?P<word> (?: (?! [{SUPERSCRIPTS}] ) [\w\u0300-\u036f] )+ )   # with accents: x̂, w̄
  | (?P<stranger> // | == )
  | (?P<sign> [-+*/(),=\[\]] )
  | [ ]+
  | (?P<other> . )
    """,
    re.VERBOSE,
)


def tidy(text: str) -> str:
    r"""Return the text on one line and in Python's signs; raise ValueError, with the place, for other text.

    The result contains only numbers, names, arithmetic, brackets and commas.

    >>> tidy("2 × (x −\n 1)")
    '2 * (x -  1)'
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is text, as in 'w*a + b', got {told(text)}")
    if len(text) > LONGEST:
        raise ValueError(
            f"the expression has {len(text)} characters, and at most {LONGEST} are read; "
            "parse its parts, and pass them as values"
        )
    text = re.sub(r"\s", " ", text).translate(SIGNS).strip()
    if not text:
        raise ValueError(f"the expression is empty; {ALLOWED}")
    before = None
    for token in TOKEN.finditer(text):
        if token.lastgroup:  # not a blank
            _refuse_slips(text, before, token)
            before = token
    return text


def refusal(message: str, text: str, start: int) -> ValueError:
    """Return an error that shows its place in the text.

    >>> refusal("no value was given for 'b'", "w*a + b", 6)
    ValueError("no value was given for 'b' (column 7, at 'b')")
    """
    rest = text[start:]
    quoted = repr(shown(rest)) if rest else "the end"
    return ValueError(f"{message} (column {start + 1}, at {quoted})")


def shown(text: str) -> str:
    """Return as much of a text as a message quotes.

    >>> shown("w_1"), shown("w" * 10_000)
    ('w_1', 'wwwwwwwwwwwwwwwwwwwwwww…')
    """
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def is_function(name: str) -> str:
    """Return the message about a function without brackets.

    >>> is_function("tanh")
    'tanh is a function; write tanh(x)'
    """
    return f"{name} is a function; write {cast('Form', form_of(name)).written}"


def is_name(text: str) -> bool:
    """Return whether an expression can contain a name.

    >>> [is_name(text) for text in ("w_1", "θ", "2x", "lambda")]
    [True, True, False, False]
    """
    return text.isidentifier() and not iskeyword(text)


def _refuse_slips(text: str, before: re.Match[str] | None, token: re.Match[str]) -> None:
    word, kind = token[0], token.lastgroup
    trouble = ""
    if kind == "word" and iskeyword(normalize("NFKC", word)):  # Python's form of names
        trouble = f"{word!r} is a keyword of Python and has no place here; a name may be {word.lower()}_"
    elif kind in {"stranger", "other"} or (kind == "word" and not is_name(word)):
        trouble = _power_of_function(text, token) or SLIPS.get(
            word, f"{shown(word)!r} has no place here; {ALLOWED}"
        )
        if word == "." and before and before[0] in MODULES:
            trouble = f"functions are written without {before[0]}., as in exp(x)"
    elif kind == "number" and isinf(float(word)):
        trouble = "the number exceeds the largest float"
    elif kind == "number" and vanishes(word):
        trouble = f"{TOO_SMALL}; write 0 if you mean 0"
    elif before and _ends_a_factor(before) and _begins_a_factor(token, before):
        product = f"a product is written with *, as in {_example(before)}*{_example(token)}"
        trouble = is_function(before[0]) if form_of(before[0]) else _power_of_function(text, token) or product
    if trouble:
        raise refusal(trouble, text, token.start())


def vanishes(numeral: str) -> bool:
    """Return whether a number that is not 0 becomes 0 as a float.

    >>> vanishes("1e-400"), vanishes("0e5"), vanishes("5e-324")
    (True, False, False)
    """
    return float(numeral) == 0 and any(digit in "123456789" for digit in numeral.lower().partition("e")[0])


MODULES = {"np", "numpy", "math", "torch", "jnp", "F", "engine"}
"""What people write before a function in a program."""
POWER_OF = re.compile(rf"(?<!\w)([^\W\d]\w*?) *(?:(?:\*\*|\^) *([0-9]+)|([{SUPERSCRIPTS}]+)) *\(")
"""A power before the brackets, as in sin²(x)."""


def _power_of_function(text: str, token: re.Match[str]) -> str:
    """Return what to write instead of ``sin**2(x)`` if the token is in such a place; else nothing."""
    for found in POWER_OF.finditer(text):
        name, power = found[1], found[2] or "".join(str(SUPERSCRIPTS.index(sign)) for sign in found[3])
        if found.start() <= token.start() < found.end() and form_of(name) and "⁻" not in found[0]:
            return f"the power of a function follows its brackets; did you mean {name}(…)**{shown(power)}?"
    return ""


def _ends_a_factor(token: re.Match[str]) -> bool:
    return token.lastgroup in {"number", "word"} or token[0] in {")", "]"}


def _begins_a_factor(token: re.Match[str], before: re.Match[str]) -> bool:
    if token[0] == "(":  # after a word, it begins a call
        return before.lastgroup != "word"
    return token.lastgroup in {"number", "word"}


def _example(token: re.Match[str]) -> str:
    return "(…)" if token.lastgroup == "sign" else shown(token[0])


# ── Functions ───────────────────────────────────────────────────────────────────────────────────────

ALIASES = {
    "ln": "log",
    "sigma": "sigmoid",
    "σ": "sigmoid",
    "logistic": "sigmoid",
    "sum": "total",
    "max": "maximum",
    "min": "minimum",
    "pow": "power",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
}
"""Other names of functions."""

OF_SEVERAL = (rules.total, rules.mean, rules.maximum, rules.minimum, rules.logsumexp)
COSTS = tuple(found for name, found in rules.REGISTRY.items() if vars(rules.costs).get(name) is found)
OF_SEVERAL_VALUES = dict.fromkeys(
    ("softmax", "softmax_share", "softmax_sum"), "write exp(x)/(exp(x) + exp(y)) for each of its values"
)
EXACT = 2**53  # below it, an integer float has all of its digits


class Form(NamedTuple):
    """How an expression calls a function."""

    call: Callable[..., Result]
    """Returns a number for plain numbers, else a Value; raises TypeError for arguments of another form."""
    written: str
    """How a call is written, for a message."""


def raised(x: Operand, y: Operand) -> Result:
    """x to the power y: a number y is part of the rule, and an integer stays an int, as in ``x ** 2``.

    >>> raised(-2.0, 3.0)
    -8.0
    """
    if isinstance(y, float) and y.is_integer() and abs(y) < EXACT:
        return power(x, int(y))
    return power(x, y)


def _of_rule(rule: Rule) -> Form:
    """Take operands by position, then parameters by position or by name."""
    called: Callable[..., Result] = FUNCTIONS.get(rule.name) or function(rule)
    signature = Signature(
        [Parameter(name, Parameter.POSITIONAL_ONLY) for name in rule.operands]
        + [
            Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=Parameter.empty if x is None else x)
            for name, x in rule.defaults
        ]
    )

    def call(*given: Any, **named: Any) -> Result:
        bound = signature.bind(*given, **named)
        bound.apply_defaults()
        return called(*bound.args)

    parameters = [name if x is None else f"{name}={x:g}" for name, x in rule.defaults]
    written = f"{rule.name}({', '.join((*rule.operands, *parameters))})"
    numbers = " and ".join(name for name, _ in rule.defaults)
    return Form(call, f"{written}, with a plain number for {numbers}" if numbers else written)


def _of_several(rule: Rule) -> Form:
    """Take any number of operands, or one list of them."""

    def call(*given: Any) -> Result:
        return read(rule, *(_listed(*given) if len(given) == 1 else given))

    return Form(call, f"{rule.name}(x, y, …)")


def _of_pairs(rule: Rule) -> Form:
    """Take two operands, or two lists of equal length."""

    def call(xs: Any, ys: Any, /) -> Result:
        return read(rule, *_paired(xs, ys))

    return Form(call, f"{rule.name}(a, y), or {rule.name}([a, …], [y, …]) with as many of each")


def _affine(b: Operand, ws: Any, xs: Any, /) -> Result:
    return read(rules.affine, b, *_paired(ws, xs))


def _paired(xs: Any, ys: Any) -> list[Operand]:
    xs, ys = _listed(xs), _listed(ys)
    if len(xs) != len(ys):
        raise TypeError("operands come in pairs")
    return [*xs, *ys]


def _listed(x: Any) -> list[Operand]:
    return x if isinstance(x, list) else [x]


FORMS = {
    **{name: _of_rule(rules.REGISTRY[name]) for name in FUNCTIONS},
    **{rule.name: _of_several(rule) for rule in OF_SEVERAL},
    **{rule.name: _of_pairs(rule) for rule in (*COSTS, rules.dot)},
    "affine": Form(_affine, "affine(b, w, x), or affine(b, [w, …], [x, …]) with as many of each"),
    "power": Form(raised, "power(x, y)"),
}
"""All functions of the engine with a single value, and the costs, by name."""
FORMS |= {alias: FORMS[name] for alias, name in ALIASES.items()}


def form_of(name: str) -> Form | None:
    """Return how a function is called, including custom operations; None if there is no such function.

    >>> form_of("elu").written
    'elu(x, alpha=1), with a plain number for alpha'
    """
    rule = rules.REGISTRY.get(name)
    if rule is None or not rule.home:
        return FORMS.get(name)
    return _of_several(rule) if rule.variadic else _of_rule(rule)


UNARY: dict[type[ast.unaryop], Callable[[Result], Result]] = {
    ast.UAdd: lambda x: x,
    ast.USub: partial(read, rules.neg),
}
BINARY: dict[type[ast.operator], Callable[[Result, Result], Result]] = {
    ast.Add: partial(read, rules.add),
    ast.Sub: partial(read, rules.sub),
    ast.Mult: partial(read, rules.mul),
    ast.Div: partial(read, rules.div),
    ast.Pow: raised,
}

# ── Syntax ──────────────────────────────────────────────────────────────────────────────────────────

REFUSED: dict[type[ast.expr], str] = {
    ast.List: "a list can only be an argument, as in mean([a, b]); other brackets are round",
    ast.Subscript: "an index is part of a name, as in x_0",
    ast.Tuple: "commas can only separate the arguments of a function",
}


def inner_first(text: str) -> list[ast.expr]:
    """Return all nodes of the syntax tree, from left to right, operands before the nodes that use them.

    Raises ValueError for text that Python cannot parse, or syntax other than arithmetic and known functions.

    >>> [ast.unparse(node) for node in inner_first("2*x + y")]
    ['2', 'x', '2 * x', 'y', '2 * x + y']
    """
    nodes, stack = [], [_tree(text)]
    while stack:
        node = stack.pop()
        nodes.append(node)
        stack += _operands(text, node)
    return nodes[::-1]


def refused(message: str, text: str, node: ast.expr) -> ValueError:
    """Return an error that shows the node's place in the text."""
    before = text.encode()[: node.col_offset].decode()  # Python counts bytes
    return refusal(message, text, len(before))


def miscalled(text: str, call: ast.expr, form: Form) -> ValueError:
    """Return an error that says how to call the function."""
    return refused(f"the arguments do not fit; write {form.written}", text, call)


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        start = error.offset - 1 if error.offset else len(text)
        raise refusal(_reason(error.msg, text, start), text, start) from None
    except (RecursionError, MemoryError):
        raise ValueError(
            "the expression is nested too deeply, or has too many terms; "
            "parse its parts, and pass them as values"
        ) from None


def _reason(message: str, text: str, start: int) -> str:
    """Return the message of Python's parser without its advice, which is about programs."""
    if "=" in (text[start : start + 1], *message):
        meant = text.rpartition("=")[2].strip()
        defined = (
            text.count("=") == 1
            and meant
            and meant.count("(") == meant.count(")")
            and not re.fullmatch(rf"[-+ ]*{NUMERAL}", meant, re.VERBOSE)
        )
        return f"{SLIPS['=']}; did you mean {shown(meant)}?" if defined else SLIPS["="]
    return "an operand is missing" if message.startswith("invalid syntax") else message.partition(";")[0]


def _operands(text: str, node: ast.expr) -> Sequence[ast.expr]:
    """Return the operands of a syntax node; raise ValueError for any syntax that is not listed here."""
    match node:
        case ast.Constant(value=x) if type(x) in {int, float}:
            return ()
        case ast.Name():
            return ()
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return (operand,)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return left, right
        case ast.Call(func=ast.Name(id=name)):
            form = form_of(name)
            if form is None:
                raise refused(_unknown_function(name), text, node)
            return _arguments(text, node, form)
    raise refused(REFUSED.get(type(node), ALLOWED), text, node)


def _arguments(text: str, call: ast.Call, form: Form) -> list[ast.expr]:
    """Return the arguments of a call, those in lists one by one."""
    keywords = [keyword.arg for keyword in call.keywords]
    if None in keywords or len(set(keywords)) < len(keywords):
        raise miscalled(text, call, form)
    groups = [given.elts if isinstance(given, ast.List) else [given] for given in call.args]
    return [*chain.from_iterable(groups), *(keyword.value for keyword in call.keywords)]


def _unknown_function(name: str) -> str:
    if name in OF_SEVERAL_VALUES:
        return f"{name} has several values; {OF_SEVERAL_VALUES[name]}"
    known = [*FORMS, *(name for name, rule in rules.REGISTRY.items() if rule.home)]
    close = closest(name.lower(), known)
    advice = f"did you mean {close}?" if close else f"a product is written with *, as in {shown(name)}*(…)"
    return f"no function is named {shown(name)!r}; {advice}"
