"""Formulas say what the rules compute: printed, read back by ``formula_reader`` and worked out by mpmath."""

import math
import os
import re
import runpy
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from formula_reader import read_latex, read_text
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from oracle import ORACLE, SMALL
from random_graphs import graphs
from test_rules import CASES, KINKED, KINKS, near_a_kink, read

import engine
from engine import Value, grad, parse, rules
from engine.formula import Formula, of_node, symbol, whole
from engine.formula.reading import read as read_formulas
from engine.formula.reading import set_in_html
from engine.formula.series import MOST, WRITTEN_OUT
from engine.formula.symbols import Piece
from engine.formula.table import RulesTable, page, rules_table, wrapped
from engine.formula.typeset import HTML, LATEX, PLAIN, Latex, Plain, in_html, typeset
from engine.graph import topological_order
from engine.labels import names as names_of
from engine.labels import number
from engine.readings import formulas as normal
from engine.readings import formulas as terms
from engine.readings.formulas import Formulas, collected
from nn.module import symbol as notation

ROUNDED = {"selu": 1e-4, "elu": 1e-5, "gelu_tanh": 1e-5}
"""Rules with constants of more than six digits, and how far off the printed ones may take the result."""


def bound(name, parameters):
    rule = rules.REGISTRY[name]
    return rule.at(**parameters) if rule.defaults else rule


def read_back(formula, numbers, functions=None):
    """What text and LaTeX say, with numbers for the labels."""
    in_text = read_text(str(formula), numbers, functions)
    by_latex = {symbol(label).latex(): x for label, x in numbers.items()}
    return in_text, read_latex(formula.latex(), by_latex, functions)


def formulas(rule, labels, **options):
    """The formulas of value and slopes, with labels for the operands."""
    reading = read_formulas(rule, tuple(range(len(labels))), **options)
    symbols = dict(zip(reading.variables, map(symbol, labels), strict=True))
    return [Formula(x, symbols, {}) for x in (reading.value, *reading.slopes)]


def labels_of(rule, count):
    return rule.operands or tuple(f"x_{k}" for k in range(count))


UTF_8 = os.environ | {"PYTHONIOENCODING": "utf-8"}
STYLES = [
    {"prime": True},
    pytest.param({"prime": False}, marks=pytest.mark.slow),
    pytest.param({"prime": False, "written_out": True}, marks=pytest.mark.slow),
]


@settings(max_examples=min(25, settings.default.max_examples))
@pytest.mark.parametrize("options", STYLES, ids=str)
@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
@given(data=st.data())
def test_printed_formulas_are_the_rule(name, parameters, options, data):
    """Value and local derivatives of each rule, as text and as LaTeX, read back: the numbers of the rule."""
    rule = bound(name, parameters)
    strategies = [SMALL if rule.domain in {"all x", "finite x"} else wide for wide in ORACLE[name][1]]
    operands = tuple(0.0 if abs(x) < 1e-3 else x for x in data.draw(st.tuples(*strategies)))
    assume(name not in KINKED or not near_a_kink(name, operands))
    assume(name != "hypot" or any(operands))
    value, slopes = read(name, operands, parameters)
    labels = labels_of(rule, len(operands))
    numbers = {label: mpf(x) for label, x in zip(labels, operands, strict=True)}
    for formula, expected in zip(formulas(rule, labels, **options), (value, *slopes), strict=True):
        for got in read_back(formula, numbers):
            near = pytest.approx(expected, rel=ROUNDED.get(name, 1e-9), abs=1e-9)
            assert float(got) == near, str(formula)


@pytest.mark.parametrize(("name", "parameters", "operands", "slopes"), KINKS)
def test_printed_formulas_hold_at_kinks(name, parameters, operands, slopes):
    """At a kink the formula gives the slope that the rule takes there; that of 0 to a power has none."""
    rule = bound(name, parameters)
    labels = labels_of(rule, len(operands))
    if "power" in name:
        return
    for formula, expected in zip(formulas(rule, labels, prime=False)[1:], slopes, strict=True):
        for got in read_back(formula, dict(zip(labels, map(mpf, operands), strict=True))):
            assert float(got) == expected, str(formula)


TEXTBOOK = [
    ("power", {"n": 3}, "x³", ["3 x²"]),
    ("power", {"n": -1}, "1/x", ["−1/x²"]),
    ("power", {"n": 0.5}, "√x", ["1/(2 √x)"]),
    ("power", {"n": 1.5}, "x^(1.5)", ["1.5 √x"]),
    ("power", {"n": 1}, "x", ["1"]),
    ("power", {"n": 0}, "1", ["0"]),
    ("mul", {}, "x y", ["y", "x"]),
    ("div", {}, "x/y", ["1/y", "−x/y²"]),
    ("log2", {}, "log₂(x)", ["1/(x ln(2))"]),
    ("asin", {}, "arcsin(x)", ["1/√(1 − x²)"]),
    ("acosh", {}, "arcosh(x)", ["1/√(x² − 1)"]),
    ("atanh", {}, "artanh(x)", ["1/(1 − x²)"]),
    ("tanh", {}, "tanh(x)", ["1 − tanh(x)²"]),
    ("erf", {}, "erf(x)", ["2 e^(−x²)/√π"]),
    ("gelu", {}, "½ x erfc(−x/√2)", ["½ erfc(−x/√2) + x e^(−½ x²)/√(2 π)"]),
    ("relu", {}, "max(0, x)", ["0 if x ≤ 0 else 1"]),
    ("hypot", {}, "√(x² + y²)", ["0 if x = y = 0 else x/√(x² + y²)", "0 if x = y = 0 else y/√(x² + y²)"]),
    ("maximum", {}, "max(x_0, x_1)", ["0 if x_0 < x_1 else 1 if x_1 < x_0 else ½"]),
    ("log_likelihood_from_logits", {}, "−x_1 ln(1 + e^(−x_0)) − (1 − x_1) ln(1 + e^(x_0))", ["x_1 − σ(x_0)"]),
    ("hinge", {}, "max(0, 1 − x_1 x_0)", ["0 if 1 − x_1 x_0 ≤ 0 else −x_1"]),
    ("squared_error", {}, "(x_0 − x_1)²", ["2(x_0 − x_1)", "−2(x_0 − x_1)"]),
    ("half_squared_error", {}, "½(x_0 − x_1)²", ["x_0 − x_1", "x_1 − x_0"]),
]


@pytest.mark.parametrize(("name", "parameters", "value", "slopes"), TEXTBOOK)
def test_formulas_are_those_of_a_textbook(name, parameters, value, slopes):
    """The rules read as one writes them by hand."""
    rule = bound(name, parameters)
    shown = [str(x) for x in formulas(rule, labels_of(rule, 2), prime=False)]
    assert [shown[0], *shown[1 : 1 + len(slopes)]] == [value, *slopes]


xp = Formulas()
x, y = xp.variable(), xp.variable()
BY_HAND = [
    (x - x, "0"),
    (x / x, "1"),
    (-(x - y), "y − x"),
    (xp.make("neg", x + y), "−(x + y)"),
    (-x + y, "y − x"),
    (x - (y - x), "2 x − y"),
    (x + y + x, "2 x + y"),
    (y + 2 * x, "2 x + y"),
    (y - 2 * x, "y − 2 x"),
    (3 * (x - y) / 3, "x − y"),
    ((1 - x) * (1 + x), "1 − x²"),
    (1 / (1 - x) / (1 + x), "1/(1 − x²)"),
    ((1 - x) * (1 + y), "(1 − x)(1 + y)"),
    (y * (1 - x) - x * (1 - y), "y − x"),
    (xp.power(x * y, xp.literal(2)), "(x y)²"),
    (xp.power(x, y), "x^y"),
    (xp.power(xp.sqrt(x), xp.literal(2)), "x"),
    (xp.sqrt(x - 1) * xp.sqrt(x + 1), "√(x² − 1)"),
    (xp.sqrt(x) * xp.sqrt(y), "√x √y"),
    (xp.log(2) * x, "x ln(2)"),
    (xp.sech(x) * xp.sech(x) * y, "y (1 − tanh(x)²)"),
    (xp.sigmoid(-x), "1 − σ(x)"),
    (xp.exp(xp.literal(1)) * x, "e x"),
    (xp.abs(-xp.abs(x)), "|x|"),
    (xp.abs(xp.literal(-2)), "2"),
    (xp.maximum(x, xp.maximum(y, 1)), "max(x, y, 1)"),
    (xp.where(x <= 0, y, y), "y"),
    (xp.where(xp.literal(1) <= 0, x, y), "y"),
    (xp.where(xp.literal(1) > 0, x, y), "x"),
    (xp.where(x <= 0, 0, x), "max(0, x)"),
    (xp.where(x >= 0, 0, x), "0 if x ≥ 0 else x"),
    (xp.where(x * x * x + y * y <= 0, 0, 1), "0 if x³ + y² ≤ 0 else 1"),
    (xp.where(x <= y, 0, x), "0 if x ≤ y else x"),
    (xp.where(xp.hypot(x, 2.0) <= 0, 0, 1), "1"),
    (xp.where(xp.sqrt(x) <= 0, 0, 1), "0 if x ≤ 0 else 1"),
    (xp.where(x < xp.maximum(x, x), 0, 1), "0 if x < max(x, x) else 1"),
    (xp.where(x < xp.maximum(x, xp.maximum(y, 1)), 0, 1), "0 if x < max(y, 1) else 1"),
    (2 * xp.where(x < y, x, 3) * y, "2 y x if x < y else 6 y"),
    (xp.where(x < y, x, 3) + y, "(x if x < y else 3) + y"),
    (1 - xp.where(x < y, 0, 1), "1 if x < y else 0"),
    (xp.where(x < y, 1, xp.where(x > y, 2, 3)), "1 if x < y else 2 if x > y else 3"),
    (xp.where(x < y, xp.where(x > y, 2, 3), 1), "(2 if x > y else 3) if x < y else 1"),
    ((1 - x * x) * (1 - x) * (1 + x), "(1 − x²)²"),
    ((1 - x) / (1 - x * x) * ((1 + x) / (1 - x * x)), "1/(1 − x²)"),
    (xp.sech(x) * (1 - xp.tanh(x) * xp.tanh(x)) * xp.sech(x), "(1 − tanh(x)²)²"),
    (xp.sqrt(x) * xp.sqrt(x) * x, "x²"),
    (xp.sqrt(2 * x) * xp.sqrt(2 * x) * y, "2 x y"),
    (xp.sqrt(xp.sqrt(1 - x)) * xp.sqrt(xp.sqrt(1 + x)), "√(√(1 − x²))"),
    (xp.sqrt(xp.sqrt(1 - x)) * xp.sqrt((1 + x) / y), "√(√(1 − x)) √((1 + x)/y)"),
    (xp.sqrt(xp.sqrt(x)) * xp.sqrt(y), "√(√x) √y"),
    (xp.abs(xp.abs(x) * xp.abs(y)), "|(|x| |y|)|"),
    (x * 1e200 * 1e200, "10²⁰⁰ x · 10²⁰⁰"),
    (x * 1e-200 * 1e-200, "10⁻²⁰⁰ x · 10⁻²⁰⁰"),
    (xp.power(xp.literal(1e300), xp.literal(3)) * x, "x (10³⁰⁰)³"),
    (x * (2 / 3), "2 x/3"),
    (x * (5 / 7) / y, "5 x/(7 y)"),
    (x * 1.2345678e-17, "1.23457 · 10⁻¹⁷ x"),
    (x * 0.1 * 10 * y, "x y"),
]


@pytest.mark.parametrize(("text", "formula", "slope"), [
    ("e**x", "e^x", "e^x"),
    ("π*x", "π x", "π"),
    ("x*pi*2", "2 π x", "2 π"),
    ("2*pi*x", "2 π x", "2 π"),
    ("pi/2*x", "½ π x", "½ π"),
    ("x/e", "x/e", "1/e"),
    ("x**e", "x^e", "e x^(1.71828)"),
    ("log(e)*x", "x", "1"),
    ("log(x + e)", "ln(x + e)", "1/(x + e)"),
    ("3.14159*x", "3.14159 x", "3.14159"),
])  # fmt: skip
def test_e_and_pi_are_written_by_their_letters(text, formula, slope):
    """Numbers that are these constants to the last bit, and no others; the values stay."""
    C = parse(text, x=0.7)
    (leaf,) = (node for node in topological_order(C) if node.label)
    assert str(whole(C)) == formula
    told = str(C.explain(leaf, through="all", names=False))
    assert str(whole(grad(C, leaf))) == slope
    assert f"= {number(grad(C, leaf).data)}" in told


@pytest.mark.parametrize(("formula", "shown"), BY_HAND, ids=[shown for _, shown in BY_HAND])
def test_formulas_are_simplified_as_by_hand(formula, shown):
    """Like things are taken together, signs come first, choices stand outside: as one writes it."""
    assert typeset(formula, PLAIN, {x: Piece("x"), y: Piece("y")}).text == shown


class AllDigitsText(Plain):
    def number(self, x):
        return Piece(format(Decimal(x), "f"))


class AllDigitsLatex(Latex):
    def number(self, x):
        return Piece(format(Decimal(x), "f"))


X = {"x": mpf("1.5"), "y": mpf("-0.75"), "z": mpf(0), "t": mpf(4)}
UNARY = {"neg": lambda x: -x, "abs": abs, "exp": mp.exp, "sin": mp.sin, "sqrt": mp.sqrt, "sigmoid": None}
LEAVES = st.sampled_from([*X, -3, -1, -0.5, 0, 0.25, 0.5, 1, 2, 3])
TREES = st.recursive(
    LEAVES,
    lambda part: st.one_of(
        st.tuples(st.sampled_from("+-*/"), part, part),
        st.tuples(st.sampled_from(["maximum", "minimum"]), part, part),
        st.tuples(st.sampled_from(sorted(UNARY)), part),
        st.tuples(st.just("power"), part, st.sampled_from([-2, -1, 0.5, 1, 2, 3])),
        st.tuples(st.just("where"), st.sampled_from(["<", "<=", ">", ">="]), part, part, part, part),
    ),
    max_leaves=8,
)
UNARY["sigmoid"] = ORACLE["sigmoid"][0]
BINARY = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
    "maximum": max, "minimum": min,
}  # fmt: skip
ORDER = {
    "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
}  # fmt: skip


def well(x):
    """A number, where the place is one at which rounding does not decide."""
    assume(not isinstance(x, mp.mpc) and mp.isfinite(x) and (x == 0 or 1e-3 < abs(x) < 1e4))
    return x


def by_hand(tree):
    """The number that a tree stands for, without any algebra."""
    if not isinstance(tree, tuple):
        return X[tree] if isinstance(tree, str) else mpf(tree)
    operation, *parts = tree
    if operation == "where":
        left, right, first, second = map(by_hand, parts[1:])
        well(left - right)
        return first if ORDER[parts[0]](left, right) else second
    if operation == "power":
        base = by_hand(parts[0])
        assume(base != 0 or parts[1] > 0)
        return well(mp.power(base, parts[1]))
    operands = [by_hand(part) for part in parts]
    assume(operation != "/" or operands[1] != 0)
    return well((UNARY | BINARY)[operation](*operands))


def by_algebra(tree, xp, variables):
    """The formula that the algebra makes of a tree."""
    if not isinstance(tree, tuple):
        return variables[tree] if isinstance(tree, str) else xp.literal(tree)
    operation, *parts = tree
    if operation == "where":
        sign, *rest = parts
        left, right, first, second = (by_algebra(part, xp, variables) for part in rest)
        return xp.where(xp.call(sign, left, right), first, second)
    return xp.call(operation, *(by_algebra(part, xp, variables) for part in parts))


@given(TREES)
@example(("/", ("power", 1, 0.5), ("power", ("+", "x", "y"), -2)))
def test_brackets_and_simplification_keep_the_meaning(tree):
    """A random formula, simplified, set in type and read back, is the number that it was."""
    expected = by_hand(tree)
    xp = Formulas()
    variables = {name: xp.variable() for name in X}
    expression = by_algebra(tree, xp, variables)
    names = {variable: Piece(name) for name, variable in variables.items()}
    text = typeset(expression, AllDigitsText(), names).text
    latex = typeset(expression, AllDigitsLatex(), names).text
    assert float(read_text(text, X)) == pytest.approx(float(expected), rel=1e-7, abs=1e-9), text
    assert float(read_latex(latex, X)) == pytest.approx(float(expected), rel=1e-7, abs=1e-9), latex
    shown = typeset(expression, PLAIN, names).text
    for clumsy in CLUMSY:
        assert not re.search(clumsy, shown), shown


CLUMSY = [
    r"−−|\+ −|− −|\(\)|¹(?![⁰¹²³⁴⁵⁶⁷⁸⁹])(?<![⁻⁰²³⁴⁵⁶⁷⁸⁹]¹)",
    r"(?<![\w.^])1 (?!if|else|[+−<≤>≥=])|(?<![\w.])1\(|/1(?![\d.])",
    r"(?<![\w^])([xyzt]) \1(?!\w)",
    r"(?<![\w.])0 [xyzt]|[+−] 0(?![\d.])",
]
"""What one does not write: ``−−x``, ``x + −y``, ``()``, x¹, ``1 x``, ``x/1``, ``x x``, ``0 x``, ``x + 0``."""


def test_a_power_of_ten_is_bracketed_before_it_is_raised():
    """LaTeX refuses 10^{-5}^2, and in 1e+10², which the reader refuses, the 10 alone seems to be raised."""
    x, y = Value(6.10327e-5), Value(2e9)
    formula, _ = of_node(x**2, {x: "x"})
    assert formula.latex_with_numbers() == r"(6.10327 \cdot 10^{-5})^2"
    assert formula.with_numbers() == "(6.10327e−05)²"
    assert of_node(y**3, {y: "y"})[0].with_numbers() == "(2e+09)³"
    assert of_node(y**2.5, {y: "y"})[0].with_numbers() == "(2e+09)^(2.5)"
    assert of_node(x / y, {x: "x", y: "y"})[0].with_numbers() == "6.10327e−05/2e+09"
    with pytest.raises(AssertionError, match="needs brackets"):
        read_text("2e+09³", {})


@given(graphs())
def test_every_node_of_a_graph_says_what_it_is(graph):
    """The formula of each node gives its number, its slopes the local derivatives; so do numbers put in."""
    root, _ = graph
    labels = names_of(root)
    for node in topological_order(root):
        if node.parents:
            numbers = {labels[parent]: mpf(parent.data) for parent in node.parents}
            for prime in (True, False):
                formula, slopes = of_node(node, labels, prime=prime)
                expected = [node.data, *node.local_derivatives]
                for shown, number in zip([formula, *slopes], expected, strict=True):
                    for got in read_back(shown, numbers):
                        assert float(got) == pytest.approx(number, rel=1e-6, abs=1e-9)
                    rough = pytest.approx(number, rel=1e-2, abs=1e-3)
                    if abs(number) < 10 and not prime:
                        assert float(read_text(shown.with_numbers(), {})) == rough, shown.with_numbers()
                        assert float(read_latex(shown.latex_with_numbers(), {})) == rough


NUMBERS = [
    (2.0, "2", "2"), (-2.0, "−2", "-2"), (0.0, "0", "0"), (-0.5, "−½", r"-\frac{1}{2}"),
    (0.25, "0.25", "0.25"),
    (1 / 3, "1/3", r"\frac{1}{3}"),
    (2 / 3, "2/3", r"\frac{2}{3}"), (22 / 7, "22/7", r"\frac{22}{7}"),
    (-1 / 7, "−1/7", r"-\frac{1}{7}"), (1e-30, "10⁻³⁰", r"10^{-30}"),
    (-0.0, "0", "0"), (-2.5e40, "−2.5 · 10⁴⁰", r"-2.5 \cdot 10^{40}"),
    (math.inf, "∞", r"\infty"), (-math.inf, "−∞", r"-\infty"),
    (math.nan, "nan", r"\text{nan}"), (math.log(2), "ln(2)", r"\ln(2)"),
    (math.sqrt(0.5), "1/√2", r"\frac{1}{\sqrt{2}}"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "text", "latex"), NUMBERS)
def test_numbers(number, text, latex):
    """Numbers of any sign and size, fractions and those that the rules know by a name; signs stay apart."""
    xp = Formulas()
    x = xp.variable()
    name = {x: Piece("x")}
    literal = xp.literal(number)
    assert typeset(literal, PLAIN, {}).text == text
    assert typeset(literal, LATEX, {}).text == latex
    for made in (x + literal, x - literal, literal * x, -literal, x / literal if number else x):
        shown = typeset(made, PLAIN, name).text
        assert not re.search(r"−−|[+−] −", shown), shown


def test_numbers_put_in_keep_their_signs():
    """A negative number in a product stands in brackets, and every factor has a dot."""
    w, a = Value(-2.0, label="w"), Value(-0.5, label="a")
    formula, (slope, _) = of_node(w * a, {w: "w", a: "a"})
    assert formula.with_numbers() == "(−2) · (−0.5)"
    assert formula.latex_with_numbers() == r"(-2) \cdot (-0.5)"
    assert slope.with_numbers() == "−0.5"
    d = w - a
    squared, _ = of_node(d**2, {d: "d"})
    assert squared.with_numbers() == "(−1.5)²"


@pytest.mark.parametrize("count", [1, WRITTEN_OUT, WRITTEN_OUT + 1, 30])
def test_long_sums_are_made_short(count):
    """A neuron of few inputs is written out, one of many has Σ_k w_jk a_k: both read back to its number."""
    w = [Value(0.1 + 0.01 * k, label=notation("w", 1, k, layer=2)) for k in range(count)]
    a = [Value(1.0 - 0.1 * k, label=notation("a", k, layer=1)) for k in range(count)]
    z = engine.affine(Value(0.5, label="b_1^(2)"), w, a)
    labels = {parent: parent.label for parent in z.parents}
    formula, _ = of_node(z, labels)
    assert ("Σ_k" in str(formula)) == (r"\sum_{k=0}^" in formula.latex()) == (count > WRITTEN_OUT)
    if count <= 10:
        for got in read_back(formula, {label: mpf(parent.data) for parent, label in labels.items()}):
            assert float(got) == pytest.approx(z.data)
    assert len(formula.with_numbers()) < 100
    assert ("…" in formula.with_numbers()) == (count > WRITTEN_OUT)


def test_a_long_sum_may_end_a_product():
    """Half a sum is ½ Σ_j …, as the documents write it; a product that goes on has the sum in brackets."""
    a = [Value(0.1 * k, label=f"a_{k}") for k in range(6)]
    C = engine.apply(rules.half_squared_error, *a, *(Value(1.0, label=f"y_{k}") for k in range(6)))
    labels = names_of(C)
    formula, _ = of_node(C, labels)
    assert str(formula) == "½ Σ_j (a_j − y_j)²"
    assert formula.latex() == r"\frac{1}{2} \sum_{j=0}^{5} (a_j - y_j)^2"
    for got in read_back(formula, {labels[node]: mpf(node.data) for node in C.parents}):
        assert float(got) == pytest.approx(C.data)
    shared, index, term = xp.variable(), xp.variable(), xp.variable()
    series = xp.make("Σ", index, xp.literal(5), term)
    names = {shared: Piece("w"), index: Piece("k"), term: Piece("a_k")}
    assert typeset(xp.make("*", series, shared), PLAIN, names).text == "(Σ_k a_k) w"


def test_a_symbol_with_a_layer_takes_brackets_before_an_exponent():
    """(a^(3))² is not a^(3)²."""
    a = Value(0.5, label="a^(3)")
    formula, _ = of_node(a**2, {a: "a^(3)"})
    assert (str(formula), formula.latex()) == ("(a^(3))²", "(a^{(3)})^2")


def test_long_sums_of_unlike_terms_have_no_dots():
    """Where no index tells the terms apart, all are written, or it says how many are not."""
    unlike = [Value(1.0, label=name) for name in "abcdefghijklm"]
    labels = {x: x.label for x in unlike}
    formula, _ = of_node(engine.total(unlike[:MOST]), labels)
    assert str(formula) == "a + b + c + d + e + f + g + h + i + j + k + l"
    assert formula.latex() == str(formula)
    longer, _ = of_node(engine.total(unlike), labels)
    assert str(longer) == "a + b + … 10 more … + m"
    assert longer.latex() == r"a + b + \text{… 10 more …} + m"
    assert str(whole(engine.total(unlike))) == "a + b + c + d + e + f + g + h + i + j + k + l + m"
    like = [Value(1.0, label=f"a_{k}") for k in range(6)]
    labels = {x: x.label for x in like}
    assert str(of_node(engine.total(like), labels)[0]) == "Σ_j a_j"
    labels |= {x: x.label for x in unlike}
    assert str(of_node(engine.dot(like, like), labels)[0]) == "Σ_j a_j²"
    mixed = [*like[:3], *unlike[:3]]
    for others in (mixed, [0.5, *mixed[1:]], [*unlike[:5], 0.5]):
        node = engine.dot(mixed, others)
        shown = str(of_node(node, names_of(node))[0])
        assert not set("…Σ") & set(shown)
        assert shown.count("+") == 5


HOSTILE = [
    "\\", "$", "$$x$$", "_", "^", "a_", "}{", "\\end{cases}", "\\input{x}", "<script>alert(1)</script>", "%",
    "&", "#1", "~", 'say "x"', "it's", "new\nline", "tab\t", "\x00", "\u202e", "learning rate", "|", "`",
    "a_b_c", "é",
]  # fmt: skip


def outside_of_text(latex):
    """LaTeX without what stands in ``\\text``, where no letter or sign is left that has a meaning."""
    bare = re.sub(r"\\text\{[^\\{}$%&#_^~]*\}", "T", latex)
    return re.sub(r"\\[_#%&${}]", "S", bare)


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_text(label):
    """Whatever a label is, LaTeX stays balanced and HTML holds no markup of it; text shows it."""
    x = Value(3.0, label=label)
    formula, (slope,) = of_node(x**2, {x: label})
    for latex in (formula.latex(), slope.latex(), symbol(label).latex(last=3)):
        bare = outside_of_text(latex)
        assert bare.count("{") == bare.count("}")
        assert not re.search(r"[$%&#~<>\n\x00]", bare), latex
        assert set(re.findall(r"\\([a-zA-Z]+)", bare)) <= {"backslash", "wedge", "sim", "lt", "gt", "mathrm"}
        depths = [bare[:k].count("{") - bare[:k].count("}") for k in range(len(bare))]
        assert min(depths, default=0) >= 0
    shown = set_in_html(formula)
    assert not re.search(r"<(?!/?(i|sub|sup)>)", shown), shown
    assert "\n" not in str(formula)
    assert "\x00" not in str(formula)


@pytest.mark.parametrize("op", ["}", "<b>", "+", "\\x", "", "my_op"])
def test_an_operation_made_by_hand_goes_by_its_name(op):
    """Of a node made by hand the operation is shown as text, and its slopes are not known."""
    x = Value(1.0, label="x")
    node = Value(2.0, (x,), op, local_derivatives=[1.0])
    formula, slopes = of_node(node, {x: "x"})
    assert slopes == [None]
    assert str(formula) == f"{op or 'op'}(x)"
    bare = outside_of_text(formula.latex())
    assert bare.count("{") == bare.count("}")
    assert "<b>" not in set_in_html(formula)


def test_of_an_operation_made_by_hand_some_operands_are_left_out():
    """Of more than anyone reads the first two and the last are told, and how many stand between."""
    xs = [Value(1.0, label=f"x_{k}") for k in range(4001)]
    formula, _ = of_node(
        Value(2.0, tuple(xs), "op", local_derivatives=[1.0] * 4001), {x: x.label for x in xs}
    )
    assert str(formula).replace(" ", "") == "op(x_0,x_1,…3,998more…,x_4000)"


def test_a_leaf_has_no_formula():
    """Of a leaf there is none: it was computed from nothing."""
    with pytest.raises(TypeError, match="a leaf was computed from nothing"):
        of_node(Value(1.0), {})


def test_one_operand_several_times():
    """x·x is x², as one formula of one variable; a constant is a number, a labelled one a symbol."""
    x, c = Value(3.0, label="x"), Value(2.0, label="c")
    labels = {x: "x", c: "c"}
    assert str(of_node(x * x, labels)[0]) == "x²"
    doubled = 2 * x
    labels[doubled.parents[0]] = "2"
    assert str(of_node(doubled, labels)[0]) == "2 x"
    assert str(of_node(c * x, labels)[0]) == "c x"
    assert of_node(x * x, labels)[0]._repr_latex_() == "$x^2$"


@pytest.mark.parametrize(("constant", "shown"), [(1.0, "x"), (0.0, "0"), (-0.0, "0"), (2.0, "2 x")])
def test_a_constant_is_not_taken_for_an_operand(constant, shown):
    """x · y and x · 1.0 are read apart, however often either was read before."""
    x, y = Value(3.0, label="x"), Value(2.0, label="y")
    for _ in range(2):
        assert str(of_node(x * y, {x: "x", y: "y"})[0]) == "x y"
        for node in (x * constant, constant * x):
            assert str(of_node(node, names_of(node))[0]) == shown


SYMBOLS = [
    ("w", "w", "", "", ""), ("w_12^(3)", "w", "12", "3", ""), ("a_0", "a", "0", "", ""),
    ("x0", "x", "0", "", ""),
    ("w_10,0^(1)", "w", "10,0", "1", ""), ("b^(L)", "b", "", "L", ""), ("z[2]", "z", "", "", "2"),
    ("x_max", "x", "max", "", ""), ("σ", "σ", "", "", ""), ("learning_rate_2", "", "", "", ""),
    ("a b", "", "", "", ""), ("2", "", "", "", ""), ("w_1^2", "w", "1", "2", ""),
    ("w^2", "", "", "", ""), ("z_1^(2,3)", "z", "1", "2,3", ""), ("z_1^2,3", "", "", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("label", "letter", "below", "layer", "copy"), SYMBOLS)
def test_labels_are_read_as_symbols(label, letter, below, layer, copy):
    """Letter, indices, layer and copy are told apart; what reads otherwise is text as it stands."""
    found = symbol(label)
    assert (found.letter, found.below, found.layer, found.copy) == (letter, below, layer, copy)
    assert str(found) == label


LATEX_OF_SYMBOLS = [
    ("w_12^(3)", None, "w_{12}^{(3)}"), ("w_12^(3)", 3, "w_{12}^{(L)}"), ("a_0^(1)", 3, "a_0^{(L-2)}"),
    ("b^(l)", 3, "b^{(l)}"), ("z[2]", None, "z[2]"), ("delta_1", None, r"\delta_1"), ("η", None, r"\eta"),
    ("loss", None, r"\mathrm{loss}"), ("x_max", None, r"x_{\mathrm{max}}"), ("w_10,0", None, "w_{10,0}"),
    ("C_ij", None, "C_{ij}"), ("a b", None, r"\text{a b}"),
    ("w_12^3", None, "w_{12}^{3}"), ("w_12^3", 4, "w_{12}^{L-1}"), ("z_1^(2,3)", 3, "z_1^{(2,3)}"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "last", "latex"), LATEX_OF_SYMBOLS)
def test_symbols_as_latex(label, last, latex):
    """Layers count back from L where the last one is given; Greek letters and words are what they are."""
    assert symbol(label).latex(last) == latex


def test_symbols_as_html():
    """Letters lean, indices are lowered, layers raised; Greek names are letters, a copy keeps its number."""
    shown = [in_html(symbol(label)).text for label in ("alpha_1^(2)", "z[2]", "a b")]
    assert shown == ["<i>α</i><sub>1</sub><sup>(2)</sup>", "<i>z</i>[2]", "a b"]
    xp = Formulas()
    x = xp.variable()
    shown = typeset(xp.where(xp.sqrt(x) < 2, 1 / xp.sqrt(x + 1), x), HTML, {x: Piece("<i>x</i>")}).text
    assert shown == "1/√(<i>x</i> + 1) if √<i>x</i> &lt; 2 else <i>x</i>"


def test_the_table_has_every_rule():
    """All of the registry, each once, with as many slopes as operands; names pick some of it."""
    table = rules_table()
    assert sorted(row.rule.name for row in table.rows) == sorted(rules.REGISTRY)
    assert [heading for heading, _ in table.groups] == [
        "Arithmetic", "Elementary functions", "Rules of variable arity", "Activations", "Costs",
    ]  # fmt: skip
    for row in table.rows:
        assert row.rule.variadic or tuple(row.slopes) == row.rule.operands
        assert len(row.slopes) >= 1
    assert list(rules_table("tanh", "relu", "tanh").to_dict()) == ["tanh", "relu"]


def test_the_table_shows_parameters_as_letters():
    """Rules that take parameters are shown for any of them, with the defaults beside."""
    shown = {
        name: (row["value"]["text"], row["slopes"]["x"]["text"], row["slopes"]["x"]["latex"])
        for name, row in rules_table("power", "clip", "leaky_relu", "elu").to_dict().items()
    }
    assert shown["power"] == ("x^n", "n x^(n − 1)", "n x^{n - 1}")
    assert shown["clip"][:2] == ("min(max(x, lo), hi)", "0 if x ≤ lo else 0 if x ≥ hi else 1")
    assert shown["leaky_relu"][:2] == ("slope x if x ≤ 0 else x", "slope if x ≤ 0 else 1")
    assert shown["elu"][:2] == ("alpha (e^x − 1) if x ≤ 0 else x", "alpha e^x if x ≤ 0 else 1")
    assert "· slope = 0.01" in repr(rules_table("leaky_relu"))
    assert "<br>alpha = 1.0" in rules_table("elu").markdown()


def test_parameters_are_numbers_in_general():
    """A parameter's letter is not 0 and not above another; compared with an operand it makes a condition."""
    xp = Formulas()
    x, lo, hi = xp.variable(), xp.parameter(), xp.parameter()
    assert bool(lo)
    assert (lo > hi) is False
    assert (x <= lo).operation == (lo >= x).operation == "<="
    assert (x >= lo).operation == (lo <= x).operation == ">="
    assert (x < lo).operation == (lo > x).operation == "<"


def test_the_table_fits_a_terminal():
    """No line is longer than 100 columns, the columns start at the same place, and nothing is lost."""
    shown = repr(rules_table())
    assert max(map(len, shown.splitlines())) <= 100
    assert not re.search(r" $|\u00a0", shown, re.MULTILINE)
    together = re.sub(r"\s", "", shown)
    for row in rules_table().rows:
        assert re.sub(r"\s", "", str(rules_table(row.rule.name))).startswith("RuleValue")
    assert together.count("∂/∂") == sum(len(row.slopes) for row in rules_table().rows if len(row.slopes) > 1)
    assert shown.splitlines()[0].split("  ")[0] == "Rule"
    columns = [
        shown.splitlines()[0].index(title) for title in ("Value", "Local derivatives", "Domain · kinks")
    ]
    for line in shown.splitlines()[3:]:
        assert all(line[column - 1 : column] in {"", " "} for column in columns if "  " in line), line


def test_lines_are_broken_before_operators():
    """What fits stays; else a line is broken outside of brackets first, and a word too long is left whole."""
    assert wrapped(["a + (b − c)"], 20) == ["a + (b − c)"]
    assert wrapped(["a + (b − c)"], 9) == ["a + (b", "  − c)"]
    assert wrapped(["0 if x < 1 else y"], 12) == ["0 if x < 1", "  else y"]
    assert wrapped(["incomprehensible(x)"], 5) == ["incomprehensible(x)"]
    assert wrapped(["a_long_name"], 7) == ["a_long_", "name"]


class Cells(HTMLParser):
    """Counts cells and rows, and sees that tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.text = [], 0, ""

    def handle_starttag(self, tag, attrs):
        self.rows += tag == "tr" and ("colspan" not in dict(attrs))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_table_is_html():
    """A notebook gets a table whose tags are in order: a row for each rule, one for each heading."""
    reader = Cells()
    reader.feed(rules_table()._repr_html_())
    assert reader.open == []
    assert reader.rows == 1 + len(rules.REGISTRY) + len(rules_table().groups)
    assert "0 if x ≤ lo else 0 if x ≥ hi else 1" in reader.text
    assert "<td>−1 &lt; x &lt; 1</td>" in rules_table("atanh")._repr_html_()


def test_the_page_is_markdown():
    """Each row of the page has five cells; a bar within one is escaped."""
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(rules.REGISTRY)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)
    assert r"| `abs` | `\|x\|` | `sign(x)` |" in page()


def test_the_page_needs_no_docstrings():
    """``python -OO``, which drops all docstrings, prints the page with the same headings and formulas."""
    command = [sys.executable, "-OO", "-m", "engine.formula"]
    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", env=UTF_8)
    assert printed.stdout.strip() == page()


T, LAYERED = Value(2.0, label="x"), Value(0.5, label="w^(2)")
READ_ONE_WAY = {
    "a layer above is no exponent of a bracket": (LAYERED * (T + 1), "w^(2) (x + 1)"),
    "nor is an exponent in brackets": (T**1.5 * (T + 1), "x^(1.5) (x + 1)"),
    "a root ends with its bracket": ((T + 1).sqrt() * (T - 1), "√(x + 1) (x − 1)"),
    "what is one function needs no room": (T.sigmoid() * (1 - T.sigmoid()), "σ(x)(1 − σ(x))"),
    "a small number has no e": (2e-5 * T * T.exp(), "2 · 10⁻⁵ x e^x"),
    "a derivative that is a number is that number": (grad(3 * T, T), "3"),
    "a condition is asked once": (
        grad(T.elu(2.0).tan(), T),
        "2 e^x (1 + tan(elu(x, 2))²) if x ≤ 0 else 1 + tan(elu(x, 2))²",
    ),
}


@pytest.mark.parametrize("name", READ_ONE_WAY)
def test_a_formula_can_be_read_in_one_way(name):
    """Room, and numbers, where a reader could take one thing for another."""
    node, text = READ_ONE_WAY[name]
    assert whole(node).text == text


def test_the_page_of_rules_is_up_to_date(capsys):
    """``engine/rules/README.md`` is what the command prints that writes it."""
    runpy.run_module("engine.formula", run_name="__main__")
    printed = capsys.readouterr().out
    path = Path(engine.rules.__file__).parent / "README.md"
    assert path.read_text(encoding="utf-8") == printed, (
        "the rules have changed: python -m engine.formula > engine/rules/README.md"
    )


def test_an_unknown_rule_is_told():
    """A name that no rule has is refused, with the one that was meant if there is one."""
    with pytest.raises(ValueError, match=r"no rule is named 'sigmid'; did you mean sigmoid\?"):
        rules_table("tanh", "sigmid")
    with pytest.raises(ValueError, match=r"no rule is named '###'; rules_table\(\) shows all there are"):
        rules_table("###")


def test_a_rule_from_elsewhere_comes_last(monkeypatch):
    """A rule that a program adds stands under the heading of its own file."""
    monkeypatch.setitem(rules.REGISTRY, "twice", None)
    monkeypatch.delitem(rules.REGISTRY, "twice")

    @rules.rule()
    def twice(xp, x):  # noqa: ARG001  (what a rule takes)
        """2 x."""
        return 2 * x, (2.0,)

    try:
        table = rules_table("twice", "neg")
        assert [row.rule.name for row in table.rows] == ["neg", "twice"]
        assert isinstance(table, RulesTable)
        assert table.groups[1][0] == "Formulas say what the rules compute"
    finally:
        del rules.REGISTRY["twice"]


@settings(deadline=None)
@given(graphs(), st.booleans())
def test_the_whole_formula_is_the_node(graph, leaves):
    """One formula of all that a root was computed from, read back with its leaves' numbers, is its number."""
    root, found = graph
    numbers = {leaf.label: mpf(leaf.data) for leaf in found}
    try:
        formula = whole(root, leaves=leaves)
    except ValueError:
        assume(False)
    if root.parents:
        for value in read_back(formula, numbers):
            assert float(value) == pytest.approx(root.data, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda x: x**4, "4 x³"),
        (lambda x: x * x.sin(), "sin(x) + x cos(x)"),
        (lambda x: (1 + x * x).log(), "2 x/(1 + x²)"),
        (lambda x: x.exp() / x, "e^x/x − e^x/x²"),
        (lambda x: (2 * x + 1).sigmoid(), "2 σ(2 x + 1)(1 − σ(2 x + 1))"),
        (lambda x: engine.grad(x**4), "12 x²"),
        (lambda x: 3.0 - x, "−1"),
    ],
)
def test_a_derivative_in_symbols(function, slope):
    """The whole formula of what `grad` gives is the derivative as one writes it."""
    x = Value(1.5, label="x")
    assert str(whole(engine.grad(function(x), x))) == slope


def test_labels_on_the_way_stand_for_what_is_below_them():
    """A labelled node is a name in the whole formula, unless it is asked for down to the leaves."""
    w, x, y = Value(0.5, label="w"), Value(2.0, label="x"), Value(3.0)
    z = w * x
    z.label = "z"
    cube = Value(27.0, (y,), "cube", local_derivatives=(27.0,))
    C = z.relu() + cube
    C.label = "C"
    assert str(whole(C)) == "ReLU(z) + cube(3)"
    assert str(whole(C, leaves=True)) == "ReLU(w x) + cube(3)"
    assert whole(z).with_numbers() == "0.5 · 2"
    assert str(whole(w)) == "w"
    assert str(whole(Value(-2.0))) == "−2"


def test_what_is_too_long_to_read_is_refused():
    """A ladder whose formula would double with each step is refused at once, with advice; so is no Value."""
    x = y = Value(0.5, label="x")
    for _ in range(1000):
        y = (y + y * y).tanh()
    with pytest.raises(ValueError, match=r"C takes more than 500 operations to write down; label some nodes"):
        whole(y)
    y.label = "y"
    assert str(whole(y * x)) == "y x"
    with pytest.raises(TypeError, match=r"whole takes a Value, got float 0\.5"):
        whole(0.5)


def test_sigma_stands_for_all_there_are():
    """In text Σ shows no bounds: a sum over fewer than all symbols of a kind has dots; LaTeX shows bounds."""
    xs = [Value(0.1 * k, label=f"z_{k}") for k in range(7)]
    ys = [Value(float(k == 2), label=f"y_{k}") for k in range(7)]
    C = engine.apply(rules.softmax_cross_entropy, *xs, *ys)
    _, slopes = of_node(C, names_of(C))
    assert str(slopes[6]) == (
        "e^(z_6) (y_0 + y_1 + … + y_5)/(Σ_j e^(z_j)) − y_6 (e^(z_0) + e^(z_1) + … + e^(z_5))/(Σ_j e^(z_j))"
    )
    assert r"\sum_{j=0}^{5} y_j" in slopes[6].latex()
    assert r"\sum_{j=0}^{6} e^{z_j}" in slopes[6].latex()
    assert "Σ_j e^(z_j)" in str(slopes[7])
    part, _ = of_node(engine.total(xs[:5]), names_of(C), taken={f"z_{k}" for k in range(7)})
    assert str(part) == "z_0 + z_1 + … + z_4"
    two = engine.total(xs) * engine.total([Value(1.0, label=f"u_{k}") for k in range(6)])
    assert str(whole(two)) == "(z_0 + z_1 + … + z_6)(u_0 + u_1 + … + u_5)"


def test_dots_stand_between_terms_that_a_reader_can_infer():
    """An index may begin anywhere and be written as in x0, but it has no gap."""
    xs = [Value(0.1 * k, label=f"x_{k}") for k in range(8)]
    ps = [Value(0.1 * k, label=f"p{k}") for k in range(6)]
    assert str(whole(engine.total(xs[2:]))) == "x_2 + x_3 + … + x_7"
    assert str(whole(engine.total(ps))) == "p0 + p1 + … + p5"
    gap = [x for x in xs if x.label != "x_3"]
    assert str(whole(engine.total(gap))) == "x_0 + x_1 + x_2 + x_4 + x_5 + x_6 + x_7"
    y = Value(2.0, label="y")
    assert str(whole(engine.dot(xs, xs) + y * ps[0] + 0.5)) == "Σ_j x_j² + y p0 + ½"
    assert str(whole(y - engine.total(xs))) == "y − Σ_j x_j"


def test_a_symbol_of_the_first_term_may_stand_in_all():
    """In Σ_k w_0k w_k0 and Σ_j e^(x_j − √x_0) one symbol of the first term has two meanings."""
    xs = [Value(0.1 + 0.1 * k, label=f"x_{k}") for k in range(6)]
    root = xs[0].sqrt()
    mixed = engine.total((x - root).exp() for x in xs)
    assert str(whole(mixed)) == "Σ_j e^(x_j − √(x_0))"
    w = {(j, k): Value(0.1 * j + k, label=f"w_{j}{k}") for j in range(5) for k in range(5)}
    around = engine.dot([w[0, k] for k in range(5)], [w[k, 0] for k in range(5)])
    assert str(whole(around)) == "w_00² + w_01 w_10 + w_02 w_20 + w_03 w_30 + w_04 w_40"
    both = engine.total(w[0, k] * w[k, 0].sin() for k in range(5))
    assert str(whole(both)) == "Σ_k w_0k sin(w_k0)"


def test_an_index_has_no_other_meaning():
    """Σ runs over a letter that is no symbol, no index and no index of a Σ within; else dots stand."""
    xs = [Value(0.1 * k, label=f"x_{k}") for k in range(6)]
    for taken, shown in (("j", "j Σ_k x_k"), ("q_j", "q_j Σ_k x_k"), ("w_jk", "w_jk Σ_i x_i")):
        assert str(whole(Value(2.0, label=taken) * engine.total(xs))) == shown
    every = Value(2.0, label="w_jkilmn")
    assert str(whole(every * engine.total(xs))) == "w_jkilmn (x_0 + x_1 + … + x_5)"
    C = engine.apply(rules.softmax_cross_entropy, *xs, *xs)
    assert str(whole(C)) == "Σ_k x_k (ln(Σ_j e^(x_j)) − x_k)"


@pytest.mark.parametrize("name", ["affine", "mean", "squared_error", "binary_cross_entropy", "maximum"])
def test_long_rules_are_read_in_proportion_to_their_length(name, monkeypatch):
    """Sums of many terms are brought into their form by a few looks at each term, not at each pair."""
    looks = []

    def counted(*operands):
        looks.append(operands)
        return collected(*operands)

    monkeypatch.setattr(terms, "collected", counted)
    monkeypatch.setattr(normal, "collected", counted)
    n = 300 if name != "maximum" else 60
    operands = tuple(range(2 * n + (name == "affine")))
    read_formulas(rules.REGISTRY[name], operands, prime=False)
    assert len(looks) < 100 * n


def test_a_term_that_comes_again_in_a_long_sum_is_taken_together():
    """However long a sum is, the very same term twice is 2 of it."""
    reading = read_formulas(rules.total, (*range(10), 0))
    doubled, *others = reading.value.parents
    assert [part.number for part in doubled.parents] == [2, None]
    assert doubled.parents[1] is reading.variables[0]
    assert others == list(reading.variables[1:])
