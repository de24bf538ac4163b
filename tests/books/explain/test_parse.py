"""Expressions as text: they mean what they mean in Python, and nothing but arithmetic is read."""

import ast
import math
import operator
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import nn
from engine import Value, gradcheck, graph, rules
from engine.parsing.grammar import ALIASES, FORMS, LONGEST, OF_SEVERAL_VALUES, inner_first, tidy
from engine.parsing.parser import parse

ROOT = Path(__file__).parents[3]

NUMBERS = {"w": 0.5, "a": 0.88, "b_1": -1.25, "θ": 1.75}

MATH = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "σ": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "sin": math.sin,
    "atan": math.atan,
    "arctan": math.atan,
    "softplus": lambda x: math.log(1 + math.exp(-abs(x))) + max(x, 0),
    "hypot": math.hypot,
    "max": max,
    "minimum": min,
    "total": lambda *xs: math.fsum(xs[0] if isinstance(xs[0], list) else xs),
    "mean": lambda *xs: math.fsum(xs) / len(xs),
    "squared_error": lambda a, y: (a - y) ** 2,
    "dot": lambda xs, ys: sum(map(operator.mul, xs, ys)),
    "clip": lambda x, lo, hi: min(max(x, lo), hi),
    "pi": math.pi,
    "e": math.e,
}
"""The same functions, without this project."""


@st.composite
def expressions(draw, depth=4):
    """The text of an expression that Python, too, can evaluate, in random brackets and blanks."""
    if not depth or draw(st.integers(0, 4)) == 0:
        number = st.integers(0, 9).map(str) | st.sampled_from(["0.5", "2.", ".25", "1e-2", "3E+0"])
        return draw(st.sampled_from([*NUMBERS, "pi", "e"]) | number)
    x, y = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    binary = [f"{x} {sign} {y}" for sign in "+-*/"] + [f"{x}*({y})", f"({x})/({y})", f"({x})-({y})"]
    powers = [f"({x})**{n}" for n in (2, 3, "-1", "2.0", "(1 + 1)")] + [f"-{x}**2", f"2**-({x})", f"2**{x}"]
    unary = [f"-{x}", f"- -({x})", f"+({x})", f"(({x}))", f"(\n {x} )"]
    calls = [f"{name}({x})" for name in ("sigmoid", "σ", "tanh", "sin", "atan", "arctan", "softplus")]
    several = [f"{name}({x}, {y})" for name in ("hypot", "max", "minimum", "total", "mean", "squared_error")]
    lists = [f"total([{x}, {y}])", f"dot([{x}, 2], [w, {y}])", f"clip({x}, -1, hi=2)"]
    return draw(st.one_of(map(st.sampled_from, (binary, powers, unary, calls, several, lists))))


def python(text):
    """What Python makes of the text, with math for the functions; None where it is undefined or huge."""
    try:
        x = eval(text, {"__builtins__": {}}, NUMBERS | MATH)  # noqa: S307  (texts that this test itself made)
    except (ArithmeticError, ValueError, TypeError):  # TypeError: of complex numbers
        return None
    return x if isinstance(x, (int, float)) and abs(x) < 1e6 else None


def leaves_of(C):
    return {leaf.label: leaf for leaf in graph.leaves(C) if leaf.label}


@given(expressions())
def test_an_expression_means_what_it_means_in_python(text):
    """Value, names in the order of the text, and gradients by finite differences."""
    expected = python(text)
    assume(expected is not None)
    tree = ast.walk(ast.parse(text.replace("\n", " "), mode="eval"))
    names = {node.id for node in tree if isinstance(node, ast.Name)} & NUMBERS.keys()
    values = {name: Value(NUMBERS[name], label=name) for name in names}
    C = parse(text, values)
    assert math.isclose(C.data, expected, rel_tol=1e-9, abs_tol=1e-9)
    met = [leaf for leaf in graph.leaves(C) if leaf in values.values()]
    assert {leaf.label for leaf in met} == names
    if met and all(abs(node.data) < 1e6 for node in graph.topological_order(C)):
        gradcheck(C, met)


def test_the_neuron():
    """A neuron and its cost give the graph that operators give: same rules, same numbers, same gradients."""
    C = parse("(sigmoid(w*a + b) - y)**2", {"w": 0.5, "a": 0.88}, b=0.1, y=1)
    w, a, b, y = (Value(x) for x in (0.5, 0.88, 0.1, 1.0))
    expected = ((w * a + b).sigmoid() - y) ** 2
    nodes = list(zip(graph.topological_order(C), graph.topological_order(expected), strict=True))
    assert [(x.data, x.rule) for x, _ in nodes] == [(x.data, x.rule) for _, x in nodes]
    C.backward()
    expected.backward()
    assert [x.grad for x, _ in nodes] == [x.grad for _, x in nodes]
    assert list(leaves_of(C)) == ["w", "a", "b", "y"]


def test_a_name_is_one_node():
    """``w*w`` has w for both parents."""
    C = parse("w*w", w=3.0)
    assert C.parents[0] is C.parents[1]
    assert C.parents[0].label == "w"


def test_values_are_used_as_they_are():
    """A Value is that very node, with its own label or none; also alone, and of a class of its own."""

    class Mine(Value):
        pass

    x, y = Value(2.0, label="X"), Mine(3.0)
    assert parse("x", x=x) is x
    assert parse("x*y", x=x, y=y).parents == (x, y)
    assert (x.label, y.label) == ("X", "")
    assert isinstance(parse("2*y", y=y), Mine)


def test_what_stands_alone_is_a_leaf():
    """A number or a name alone is a Value without parents; numbers alone become one number."""
    for text, number in (
        ("3", 3.0),
        ("-2", -2.0),
        ("2**0.5", 2**0.5),
        ("1/3 + exp(0)", 1 / 3 + 1),
        ("2*pi", math.tau),
    ):
        C = parse(text)
        assert (C.data, C.parents, C.label) == (number, (), "")
    w = parse("w", w=1)
    assert (w.data, w.parents, w.label) == (1.0, (), "w")
    assert [leaf.data for leaf in graph.leaves(parse("1/3*x", x=3))] == [1 / 3, 3.0]


def test_constants_give_way():
    """π and e are known, unless a value of that name is given."""
    assert parse("π + pi + e").data == math.pi + math.pi + math.e
    assert parse("e*pi", e=2.0, pi=3.0).data == 6.0
    assert parse("pi*r**2", r=1.0).data == math.pi


@pytest.mark.parametrize(("text", "rule"), [
    ("x**2", "**2"), ("x**2.0", "**2"), ("x**-1", "**-1"), ("x**(1 + 1)", "**2"), ("x**0.5", "**0.5"),
    ("x**1e300", "**1e+300"), (f"x**{10**30}", "**1e+30"), ("power(x, 3)", "**3"), ("pow(x, y)", "**"),
    ("x**y", "**"), ("2**x", "**"),
])  # fmt: skip
def test_powers(text, rule):
    """A number in the exponent is part of the rule, and a whole one stays whole; a name is an operand."""
    given = {"x": 1.0} | ({"y": 2.0} if "y" in text else {})
    assert parse(text, given).rule.symbol == rule


def test_a_negative_base():
    """(−3)² is 9, with slope −6."""
    C = parse("x**2", x=-3)
    assert (C.data, C.local_derivatives) == (9.0, (-6.0,))


PAIRED = {name: ["[x0, x1]", "[x2, x3]"] for name in ("dot", *nn.COSTS)} | {"affine": ["x0", "[x1]", "[x2]"]}


@pytest.mark.parametrize("name", sorted(set(rules.REGISTRY) - set(OF_SEVERAL_VALUES)))
def test_every_rule_can_be_called(name):
    """Each rule of one value has a form, and called as its message says it is the rule itself."""
    rule = rules.REGISTRY[name]
    xs = {f"x{k}": Value(0.25 + k / 8) for k in range(len(rule.operands) or (3 if name == "affine" else 4))}
    if name == "acosh":
        xs["x0"].data = 1.5
    parameters = {"clip": {"lo": 0.0, "hi": 2.0}, "power": {"n": 3}}.get(name, dict(rule.defaults))
    arguments = [*xs, *map(repr, parameters.values())]
    if name in PAIRED:
        arguments = PAIRED[name]
    C = parse(f"{name}({', '.join(arguments)})", xs)
    assert (C.rule, C.parents) == (rule.at(**parameters) if parameters else rule, tuple(xs.values()))


@pytest.mark.parametrize(("one", "other"), [
    ("mean(x, y)", "mean([x, y])"), ("maximum(x, y)", "max([x, y])"),
    ("squared_error(x, y)", "squared_error([x], [y])"), ("dot(x, y)", "dot([x], [y])"),
    ("affine(1, x, y)", "affine(1, [x], [y])"), ("total(x, y)", "sum((x), y)"),
    ("clip(x, -1, 1) + y", "clip(x, hi=1, lo=-1) + y"), ("leaky_relu(x, 0.01) + y", "leaky_relu(x) + y"),
    ("x - y", "x − y"), ("x*y", "x·y"), ("x*y", "x × y"), ("x/y", "x ÷ y"), ("x + y", "\n\tx\n + \u00a0 y  "),
    ("ln(x) + y", "log(x) + y"), ("sigma(x)*y", "σ(x)*y"), ("- -x*y", "x*y"), ("--x*y", "x*y"),
])  # fmt: skip
def test_two_ways_to_write_it(one, other):
    """Lists or operands, parameters by place or by name, signs of print, aliases, blanks: the same value."""
    values = {"x": 0.75, "y": -2.5}
    assert parse(one, values).data == parse(other, values).data


def test_names_are_those_of_python():
    """Names are told apart as in Python: ϕ is φ; accents and digits are part of a name."""
    assert parse("ϕ*2", φ=3).data == parse("φ*2", {"ϕ": 3}).data == 6.0
    assert list(leaves_of(parse("x̂ - y\u0302 + w_10*total", {"x̂": 1, "ŷ": 2, "w_10": 3, "total": 4}))) == [
        "x̂", "ŷ", "w_10", "total",
    ]  # fmt: skip


REFUSED = {
    # slips, with advice
    "x^2": ("a power is written **, as in x**2", 2),
    "x + y²": ("a power is written **", 6),
    "x⁻¹": ("a power is written **", 2),
    "2x": ("a product is written with *, as in 2*x", 2),
    "2 x": ("as in 2*x", 3),
    "2.5e3x": ("as in 2.5e3*x", 6),
    "1e": ("as in 1*e", 2),
    "x 2": ("as in x*2", 3),
    "2(x + y)": ("as in 2*(…)", 2),
    "(x)(y)": ("as in (…)*(…)", 4),
    "(x)y": ("as in (…)*y", 4),
    "exp(x)(y)": ("as in (…)*(…)", 7),
    "[x](y)": ("as in (…)*(…)", 4),
    "x(y)": ("no function is named 'x'; a product is written with *, as in x*(…)", 1),
    "|x|": ("an absolute value is written abs(x)", 1),
    "√x": ("a square root is written sqrt(x)", 1),
    "{x + y}*2": ("brackets are round", 1),
    "[x + y]*2": ("other brackets are round", 1),
    "x//y": ("a quotient is written x/y", 2),
    "y = 2*x": ("an expression has no equals sign", 3),
    "(x = 2)": ("an expression has no equals sign", 2),
    "x == y": ("an expression has no equals sign", 3),
    "exp(2=x)": ("an expression has no equals sign", 5),
    "softmax(x, y)": ("softmax has several values; write exp(x)/(exp(x) + exp(y))", 1),
    "x[0]": ("an index is part of a name, as in x_0", 1),
    "x, y": ("commas can only separate the arguments", 1),
    "()": ("commas can only separate the arguments", 1),
    # names
    "sin x": ("sin is a function; write sin(x)", 5),
    "2*σ x + 1": ("σ is a function; write sigmoid(x)", 5),
    "x*σ*q": ("σ is a function; write sigmoid(x)", 3),
    "x*q*r": ("no value was given for 'q'; give it as q=…", 3),
    "θ + θ*q": ("no value was given for 'θ'", 1),
    "σ(x)*q": ("no value was given for 'q'", 6),
    "sgmoid(x)": ("no function is named 'sgmoid'; did you mean sigmoid?", 1),
    "x + ReLU(x)": ("no function is named 'ReLU'; did you mean relu?", 5),
    "eval(x)": ("no function is named 'eval'", 1),
    "__import__(x)": ("no function is named '__import__'", 1),
    "lambda*x": ("'lambda' is a keyword of Python and has no place here; a name may be lambda_", 1),
    "x½": ("'x½' has no place here", 1),
    "٣*x": ("'٣' has no place here", 1),
    # calls
    "exp()": ("the arguments do not fit; write exp(x)", 1),
    "x + exp(x, y)": ("write exp(x)", 5),
    "exp(n=2)": ("write exp(x)", 1),
    "exp(x=2)": ("write exp(x)", 1),
    "exp([x])": ("write exp(x)", 1),
    "exp(*x)": ("an expression is made of", 5),
    "exp(**x)": ("write exp(x)", 1),
    "exp([[x]])": ("a list can only be an argument, as in mean([a, b])", 6),
    "clip(x)": ("write clip(x, lo, hi), with a plain number for lo and hi", 1),
    "clip(x, low=1, hi=2)": ("write clip(x, lo, hi)", 1),
    "clip(x, 0, lo=1)": ("write clip(x, lo, hi)", 1),
    "clip(x, 0, lo=1, hi=2)": ("write clip(x, lo, hi)", 1),
    "clip(x, lo=0, lo=1, hi=2)": ("write clip(x, lo, hi)", 1),
    "clip(x, lo=[0], hi=1)": ("a list can only be an argument", 12),
    "clip(x, lo=1, 2)": ("positional argument follows keyword argument", None),
    "leaky_relu(x, y)": ("write leaky_relu(x, slope=0.01), with a plain number for slope", 1),
    "mean()": ("write mean(x, y, …)", 1),
    "mean([])": ("write mean(x, y, …)", 1),
    "mean([x], y)": ("write mean(x, y, …)", 1),
    "mean(x, n=2)": ("write mean(x, y, …)", 1),
    "squared_error(x)": (
        "write squared_error(a, y), or squared_error([a, …], [y, …]) with as many of each",
        1,
    ),
    "squared_error([x, y], x)": ("with as many of each", 1),
    "squared_error([x, y, x], y)": ("with as many of each", 1),
    "squared_error([], [])": ("with as many of each", 1),
    "dot([x], [x, y, x])": ("with as many of each", 1),
    "affine(x, [x, y], [x])": ("write affine(b, w, x), or affine(b, [w, …], [x, …]) with as many of each", 1),
    "power(x)": ("write power(x, y)", 1),
    "power(x, [y])": ("write power(x, y)", 1),
    # what Python knows beside arithmetic
    "x.data": ("'.' has no place here; an expression is made of numbers, names", 2),
    "x.__class__.__bases__": ("'.' has no place here", 2),
    "'x'": ('"\'" has no place here', 1),
    '"x"*2': ("""'"' has no place here""", 1),
    "f'{x}'": ("has no place here", 2),
    "lambda: x": ("'lambda' is a keyword of Python", 1),
    "x if x else y": ("'if' is a keyword", 3),
    "x and y": ("'and' is a keyword", 3),
    "not x": ("'not' is a keyword", 1),
    "[x for x in y]": ("'for' is a keyword", 4),
    "mean(x for x in y)": ("'for' is a keyword", 8),
    "await x": ("'await' is a keyword", 1),
    "(yield)": ("'yield' is a keyword", 2),
    "True": ("'True' is a keyword of Python and has no place here; a name may be true_", 1),
    "None*x": ("'None' is a keyword", 1),
    "(x := 2)": ("':' has no place here", 4),
    "x < y": ("'<' has no place here", 3),
    "x % y": ("'%' has no place here", 3),
    "x @ y": ("'@' has no place here", 3),
    "~x": ("'~' has no place here", 1),
    "x & y": ("'&' has no place here", 3),
    "x; y": ("';' has no place here", 2),
    "x # y": ("'#' has no place here", 3),
    "x \\\n + y": ("'\\\\' has no place here", 3),
    "x!": ("'!' has no place here", 2),
    "x\0": ("'\\x00' has no place here", 2),
    "x\u200b": ("'\\u200b' has no place here", 2),
    "\ud800": ("'\\ud800' has no place here", 1),
    "...": ("'.' has no place here", 1),
    "2j": ("as in 2*j", 2),
    "0x1f": ("as in 0*x1f", 2),
    "1_000": ("as in 1*_000", 2),
    "*x": ("", 1),
    # what cannot be read
    "": ("the expression is empty; an expression is made of", None),
    " \n ": ("the expression is empty", None),
    "x +": ("an operand is missing", 4),
    "x */ y": ("an operand is missing", 4),
    "mean(x,,y)": ("an operand is missing", 8),
    "(x + y": ("'(' was never closed", 1),
    "θ*(x + y": ("'(' was never closed", 3),
    "x + y)": ("unmatched ')'", 6),
    "(x + y]": ("closing parenthesis ']' does not match", 7),
    "0123": ("leading zeros in decimal integer literals are not permitted (column", 1),
    "x*1e999": ("the number exceeds the largest float", 3),
    "9" * 5000: ("the number exceeds the largest float", 1),
    "\ufeffx": (r"'\ufeff' has no place here", 1),
    "x + \ud800": (r"'\ud800' has no place here", 5),
    "x\u202e": (r"'\u202e' has no place here", 2),
    "x + 𝐢𝐟": ("'𝐢𝐟' is a keyword of Python and has no place here; a name may be 𝐢𝐟_", 5),
    "x + 𝐓𝐫𝐮𝐞": ("'𝐓𝐫𝐮𝐞' is a keyword of Python", 5),
    "x + " + "w" * 5000: ("no value was given for 'wwwwwwwwwwwwwwwwwwwwwww…'; give it as wwww", 5),
    "x + " + "\u0301" * 5000: ("…' has no place here; an expression is made of", 5),
    "2" + "w" * 5000: ("a product is written with *, as in 2*wwwwwwwwwwwwwwwwwwwwwww…", 2),
    "w" * 5000 + "(x)": ("no function is named 'wwwwwwwwwwwwwwwwwwwwwww…'; a product is written", 1),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.items(), ids=[ascii(text)[:24] for text in REFUSED])
def test_anything_else_is_refused(text, told):
    """A ValueError, in one line, that says what is wrong or what to write, and where."""
    message, column = told
    with pytest.raises(ValueError, match=r".") as raised:
        parse(text, {name: 0.5 for name in ("x", "y") if re.search(rf"\b{name}\b(?!=)", text)})
    assert type(raised.value) is ValueError
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400
    if column:
        rest = text.replace("\n", " ")[column - 1 :]
        quoted = repr(rest if len(rest) <= 24 else rest[:23] + "…") if rest else "the end"
        assert str(raised.value).endswith(f"(column {column}, at {quoted})")


HOSTILE = """
import sys
from engine import parse

def watch(event, arguments):
    if event in {"exec", "import", "open", "os.system", "object.__getattr__"}:
        seen.append((event, arguments))

parse("exp(x)*open", x=0, open=2)  # once before: methods are compiled when they are first used
try:
    parse("exq(x)", x=0)  # and what suggests names is loaded
except ValueError:
    pass
seen, refused = [], 0
sys.addaudithook(watch)
for text in sys.argv[1:]:
    try:
        parse(text, x=1, open=2)
    except ValueError:
        refused += 1
print(refused, parse("exp(x)*open", x=0, open=2).data, seen)
"""


def test_nothing_is_executed():
    """Whatever the text, Python runs no code of it, imports nothing and opens nothing."""
    texts = [
        "__import__('os').system('true')", "open('/etc/passwd')", "open(x)", "exec(x)", "x.__class__.__mro__",
        "().__class__.__bases__[0].__subclasses__()", "(lambda: open)()", "[open for y in (1,)]",
        "f'{open(x)}'", "(y := open(x))", "x if open(x) else x", "exp(open(x))", "exp(x, key=open(x))",
        "x[open(x)]", "breakpoint()",
    ]  # fmt: skip
    command = [sys.executable, "-c", HOSTILE, *texts]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == f"{len(texts)} 2.0 []\n"


@given(st.text(max_size=40) | st.text(alphabet="x2.+-*/()[],=^ eθ²'\"\\_:{}@\n", max_size=40))
def test_any_text_is_read_or_refused(text):
    """Whatever the text, a Value comes, or one of Python's own errors of arithmetic, in one line."""
    try:
        C = parse(text, {name: 0.5 for name in ("x", "e") if name in text})
    except (ValueError, ArithmeticError) as error:
        C, lines = Value(0.0), str(error).splitlines()
    else:
        lines = [str(C.data)]
    assert isinstance(C, Value)
    assert len(lines) == 1


@pytest.mark.parametrize(("text", "error", "message"), [
    ("log(x)", ValueError, "log: outside its domain (x > 0) at x = -2.0 (label 'x')"),
    ("1/(x + 2)", ZeroDivisionError, "div: division by zero at x = 1.0, y = 0.0; its domain is y ≠ 0"),
    ("exp(-1000*x)", OverflowError, "exp: the result exceeds the largest float at x = 2000.0"),
    ("x**0.5", ValueError, "power(n=0.5): outside its domain"),
    ("x + 1/0", ZeroDivisionError, "div: division by zero at x = 1.0, y = 0.0"),
    ("x*9**9**9", OverflowError, "power(n=387420489): the result exceeds the largest float at x = 9.0"),
    ("x + (-8)**(1/3)", ValueError, "outside its domain"),
    ("clip(x, 1, 0)", ValueError, "clip(lo=1.0, hi=0.0): outside its domain (all x; lo ≤ hi)"),
])  # fmt: skip
def test_errors_of_a_domain(text, error, message):
    """Outside a domain Python's own exception comes, with rule, operand and label."""
    with pytest.raises(error, match=r".") as raised:
        parse(text, x=-2.0)
    assert message in str(raised.value)


def test_values_without_a_name():
    """What is given and not needed is told, all of it."""
    with pytest.raises(ValueError, match=r"^the expression does not contain q, z; leave it out$"):
        parse("x", x=1, z=1, q=Value(2))


@pytest.mark.parametrize(
    "name", ["w^(1)", "", "2x", "lambda", "True", "a b", "\x1b[31m", "\ud800", "𝐢𝐟", "^" * 5000]
)
def test_values_that_no_name_can_reach(name):
    """A value whose name cannot stand in an expression is refused as such."""
    told = "cannot be a name in an expression; letters, digits and _ make one"
    with pytest.raises(ValueError, match=told) as caught:
        parse("x", {"x": 1, name: 1})
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 150


def test_a_value_is_given_once():
    """The same name twice, also in another spelling, is refused."""
    for values in ({"φ": 1}, {"ϕ": 2}):
        with pytest.raises(ValueError, match=r"^φ was given two values; give it one$"):
            parse("φ", values, φ=3)


@pytest.mark.parametrize(("arguments", "message"), [
    ((None,), "an expression is text, as in 'w\\*a \\+ b', got NoneType None"),
    ((b"x",), "got bytes b'x'"),
    (("x", [1]), "parse takes values by name, as in {'w': 0.5}, got list"),
    (("x", {"x": "1"}), "the value of x must be a real number, got str '1'"),
    (("x", {"x": 1j}), "the value of x must be a real number, got complex 1j"),
])  # fmt: skip
def test_wrong_types(arguments, message):
    """What is no text, no values by name, no number: TypeError."""
    with pytest.raises(TypeError, match=message):
        parse(*arguments)


def test_infinities_may_come_in():
    """Infinity and NaN are data, as in a Value."""
    assert parse("x + 1", x=math.inf).data == math.inf
    assert math.isnan(parse("x*1", x=math.nan).data)


DEEP = {
    "signs": "-" * (LONGEST - 1) + "x",
    "brackets": "(" * 4999 + "x" + ")" * 4999,
    "open brackets": "(" * LONGEST,
    "open lists": "[" * LONGEST,
    "powers": "**".join("x" * 3333),
    "calls": "exp(" * 1999 + "x" + ")" * 1999,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_is_too_deep_is_refused(text):
    """Nesting that Python's parser cannot read is a ValueError that says so, not the end of the program."""
    with pytest.raises(ValueError, match=r"nested too deeply|too many nested|never closed"):
        parse(text, x=1.0)


def test_what_is_too_long_is_refused():
    """Beyond a length, nothing is read."""
    with pytest.raises(
        ValueError, match="the expression has 10001 characters, and at most 10000 are read; parse its"
    ):
        parse("x" * (LONGEST + 1), x=1.0)
    assert len(tidy("x" * LONGEST)) == LONGEST


def test_a_sum_of_a_thousand_terms():
    """Depth that Python can parse is no trouble of ours, though it is more than functions may nest."""
    terms = 2000
    assert terms > sys.getrecursionlimit()
    C = parse("+".join(["x"] * terms), x=1.0)
    C.backward()
    assert (C.data, leaves_of(C)["x"].grad) == (terms, terms)


def test_the_longest_expressions_in_a_small_thread():
    """A thread, with its smaller stack, is no less safe."""
    ended = []

    def read():
        for text in [*DEEP.values(), "+".join(["x"] * 5000)]:
            try:
                parse(text, x=1.0)
            except ValueError as error:
                ended.append(error)
            else:
                ended.append(None)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert len(ended) == len(DEEP) + 1


def test_parts_make_a_whole():
    """A parsed expression is a value of another one: what is too long is built of parts."""
    z = parse("w*a + b", w=0.5, a=0.88, b=0.1)
    C = parse("(sigmoid(z) - y)**2", z=z, y=1)
    C.backward()
    assert leaves_of(C)["w"].grad == pytest.approx(-0.150744, abs=1e-6)


@pytest.mark.parametrize("text", [
    "x % y", "x // y", "x ^ y", "~x", "not x", "x and y", "x < y", "x.y", "x[0]", "x if x else y",
    "lambda: x", "[x for x in y]", "{x}", "{x: y}", "(x := y)", "(yield)", "'x'", "b'x'", "f'{x}'", "True",
    "None", "...", "1j", "x.y(1)", "(lambda: x)()", "exp(*x)", "exp(**x)", "exp(x, a=1, a=2)", "(x, y)",
    "[x]",
])  # fmt: skip
def test_the_grammar_alone_refuses(text):
    """Behind the lexer stands the grammar: each node of the tree is of a kind that is listed, or refused."""
    with pytest.raises(ValueError, match=r"\(column \d+, at "):
        inner_first(text)


def test_nodes_come_operands_first():
    """The order of evaluation: operands before what is computed from them, left before right."""
    nodes = [ast.unparse(node) for node in inner_first("f*clip(-x, lo=1, hi=y) + mean([a, b])")]
    assert nodes == [
        "f", "x", "-x", "1", "y", "clip(-x, lo=1, hi=y)", "f * clip(-x, lo=1, hi=y)", "a", "b",
        "mean([a, b])", "f * clip(-x, lo=1, hi=y) + mean([a, b])",
    ]  # fmt: skip


def test_every_alias_is_a_function():
    """No alias hides a rule of its own name."""
    assert not set(ALIASES) & set(rules.REGISTRY)
    assert set(ALIASES.values()) <= set(rules.REGISTRY)
    assert set(FORMS) == (set(rules.REGISTRY) | set(ALIASES)) - set(OF_SEVERAL_VALUES)
