"""The law of printed formulas: whatever is printed evaluates to the engine's number.

``formula_graphs`` grows random graphs of all rules; ``formula_reader`` reads what is printed of them, with
all names of the graph at hand, and mpmath works it out. A number counts as it is printed, with six digits:
what these leave open is worked out too, and allowed beside the rounding of the engine.

``CHAINRULE_EXAMPLES=100000`` in the environment makes a long run of it.
"""

import math
import os
import random
from collections import Counter
from itertools import count

import pytest
from formula_graphs import Printed, graph, printed, spelled, told
from formula_reader import Cut, Reading, html_as_text, latex_reading, read_latex, read_text, text_reading
from hypothesis import settings
from mpmath import mp, mpf
from oracle import PARAMETERS

from engine import Value, atan2, explain, forward, grad, hypot, parse, rules, tree
from engine.formula import of_node, rules_table, symbol, whole
from engine.graph import topological_order
from engine.pictures.page.payload import with_names
from engine.readings import floats

EXAMPLES = int(os.environ.get("CHAINRULE_EXAMPLES") or 50 * settings.default.max_examples)
"""Formulas that are read, each as text, as LaTeX and as HTML."""
ROUNDED = mpf("1e-8")
"""How far a float may be off the exact number, relative to the larger of it and 1."""


def reading(shown: Printed, medium: str) -> Reading:
    """What a medium says, with all the names that there are."""
    names = {spelled(name, medium): mpf(x) for name, x in shown.names.items()}
    text = shown.texts[medium]
    if medium == "html":
        return text_reading(html_as_text(text), {html_as_text(name): x for name, x in names.items()})
    return (latex_reading if medium == "latex" else text_reading)(text, names)


def check(shown: Printed, medium: str, seen: Counter[str]) -> None:
    """A formula evaluates to the number that it stands for; what is special about it is counted."""
    try:
        read = reading(shown, medium)
    except Cut:
        seen[f"cut {shown.what}"] += 1
        return
    value, scale = read.value(), max(1, abs(shown.number))
    if mp.isnan(value) and ("ln(0)" in shown.texts["text"] or 0 in shown.names.values()):
        seen["0 ln 0"] += 1
        return
    off = abs(value - shown.number)
    if not off <= ROUNDED * scale:
        open_ = read.uncertainty()
        seen["vague"] += bool(open_ > 1e-3 * scale)
        assert off <= ROUNDED * scale + 1.1 * open_, (shown, medium, float(value))


@pytest.mark.slow
def test_whatever_is_printed_evaluates_to_the_engines_number():
    """Values, local derivatives, first and second derivatives, lines of forward and factors of explain."""
    seen: Counter[str] = Counter()
    used: Counter[str] = Counter()
    read = 0
    for seed in count():
        rng = random.Random(seed)
        root = graph(rng, seed)
        used.update(node.rule.name for node in topological_order(root) if node.parents)
        for shown in [*printed(root, rng), *told(root, rng)] if root.parents else []:
            if isinstance(shown, ValueError):
                seen["refused"] += 1
                assert "takes more than 500 operations to write down" in str(shown)
            elif not mp.isfinite(shown.number):
                seen["no number"] += 1
            else:
                seen[shown.what] += 1
                read += 1
                for medium in shown.texts:
                    try:
                        with mp.workdps(25):
                            check(shown, medium, seen)
                    except Exception as wrong:
                        wrong.add_note(f"graph {seed}, {medium} of a {shown.what}: {shown.texts[medium]}")
                        raise
        if read >= EXAMPLES:
            break
    print(f"{read} formulas of {seed + 1} graphs: {dict(seen)}; rules: {dict(used)}")
    if read < 3000:  # too few to have met every rule, and to count what cannot be read
        return
    assert set(used) == set(rules.REGISTRY)
    cuts = sum(n for what, n in seen.items() if what.startswith("cut"))
    assert seen["cut forward"] < read / 10  # sums of more than four numbers
    assert cuts - seen["cut forward"] < read / 1000  # sums of more than twelve terms that are no series
    assert seen["0 ln 0"] < read / 500  # where a limit is taken, which a formula cannot say
    assert seen["vague"] < read / 500  # where six digits leave open the third
    assert seen["no number"] < read / 100
    assert seen["refused"] < read / 20


def both(formula, names):
    """What text and LaTeX say."""
    by_latex = {symbol(name).latex(): x for name, x in names.items()}
    return [float(read_text(str(formula), names)), float(read_latex(formula.latex(), by_latex))]


X, Y = Value(0.5, label="x"), Value(0.3, label="y")
POWERS = [
    (1 - X * X) * (1 - X) * (1 + X),
    (1 - X) / (1 - X * X) * ((1 + X) / (1 - X * X)),
    (X - Y) * (X**2 - Y**2) * (X + Y),
    X.sech() * (1 - X.tanh() ** 2) * X.sech(),
    grad(grad((1 - X.tanh() ** 2).log(), X), X),
    grad(grad(1 / (1 - X.tanh() ** 2), X), X),
    grad(grad(Y / X.sech() ** 2, X), X),
    grad(grad(X.sigmoid().atanh(), X), X),
    (1 - X).sqrt().sqrt() * ((1 + X) / Y).sqrt(),
    (1 - X).sqrt().sqrt() * ((1 + X) ** 3).sqrt(),
    (1 - X).sqrt().sqrt() * (1 + X).exp().sqrt(),
    (1 - X).sqrt().sqrt() * (1 + X).sin().sqrt(),
    X.sqrt().sqrt() * Y.sqrt(),
    X.sqrt().sqrt() * X.sqrt() * Y,
    grad(grad((X.sqrt() ** 0.5) * (X.cos() - Y), X), X),
    X * 1e-200 * 1e-200 * 1e300,
    X * 1e200 / 1e300 * 1e200,
]


@pytest.mark.parametrize("node", POWERS, ids=str)
def test_no_power_and_no_factor_is_lost(node):
    """Products of conjugates, of roots within roots, of sech² with what they become, of huge numbers."""
    for got in both(whole(node), {"x": mpf("0.5"), "y": mpf("0.3")}):
        assert got == pytest.approx(node.data, rel=1e-9)


STEP = grad(X.relu(), X)
"""1, and its formula is a choice whose cases are numbers."""


@pytest.mark.parametrize("number", [1e-300, -1e-170, 1e200, 5e-324, 0.5, -3.0, 2 / 3, STEP])
def test_a_distance_from_a_number_is_zero_only_if_that_is(number):
    """Also from one whose square is no float: its derivatives ask whether all distances are 0."""
    roots = [hypot(Y, number), hypot(number, Y), atan2(Y, number), atan2(number, Y)]
    derivatives = [grad(root, Y) for root in roots]
    for node in [*roots, *derivatives, *(grad(first, Y) for first in derivatives)]:
        if not math.isfinite(node.data) or abs(node.data) > 1e100 or 0 < abs(node.data) < 1e-100:
            str(whole(node))  # relative to so far a number, an approximation says nothing
            continue
        for got in both(whole(node), {"x": mpf("0.5"), "y": mpf("0.3")}):
            assert got == pytest.approx(node.data, rel=1e-5, abs=1e-9)
        assert " = 0" not in str(whole(node)) or number is STEP


@pytest.mark.parametrize("x", [-3.0, -0.25, 0.0, 1.5, 20.0])
def test_the_slope_of_erf_is_shown_as_one_writes_it(x):
    """The numbers by which e^(−x²) is computed exactly do not show, in first and second derivatives."""
    u, w = Value(x, label="u"), Value(0.5, label="w")
    slope = grad(u.erf(), u)
    assert str(whole(slope)) == "2 e^(−u²)/√π"
    assert str(whole(grad(grad((u * w).erf(), u), u))) == "−4 w³ u e^(−u² w²)/√π"
    own = ((2 - u) * (2 + u)).exp() * 3
    assert str(whole(own)) == "3 e^(4 − u²)"
    for got in both(whole(own), {"u": mpf(x)}):
        assert got == pytest.approx(own.data)


PARAMETERED = [(name, given) for name in ("elu", "leaky_relu") for given in PARAMETERS[name]]


@pytest.mark.parametrize(("name", "given"), PARAMETERED, ids=str)
def test_a_parameter_is_shown_wherever_it_is_not_the_default(name, given):
    """In forward, whole, explain, a tree and the page of `play`; and what is shown can be parsed again."""
    (number,) = given.values()
    u = Value(-0.3, label="u")
    node = getattr(u, name)(number)
    usual = given == dict(rules.REGISTRY[name].defaults)
    shown = f"{name}(u)" if usual else f"{name}(u, {number:g})"
    assert str(whole(node)) == shown
    assert parse(shown, u=u).data == node.data
    assert str(forward(node)).startswith(
        f"C = {shown} = {shown.replace('u)', '−0.3)').replace('u,', '−0.3,')} = "
    )
    slope = shown.replace("(u", "′(u")
    assert slope in str(explain(node * u, u))
    (factor,) = of_node(node, {u: "u"})[1]
    for formula, expected in ((whole(node), node.data), (factor, node.local_derivatives[0])):
        assert both(formula, {"u": mpf("-0.3")}) == pytest.approx([expected] * 2, rel=1e-12)
    assert with_names(factor, {"u": 0}) == [f"{name}′(", 0, ")" if usual else f", {number:g})"]
    assert tree(node).splitlines()[0].split("  ", 1)[1] == (name if usual else f"{name}(·, {number:g})")


@pytest.mark.parametrize("name", rules.REGISTRY)
def test_the_page_of_rules_evaluates_to_the_rules(name):
    """Value and local derivatives of the table, with its operands and parameters as letters."""
    rng = random.Random(name)
    (row,) = rules_table(name).rows
    rule = rules.REGISTRY[name]
    letters = [str(symbol) for symbol in row.value.names.values()]
    operands = letters[: len(letters) - len(rule.defaults)]
    for given in PARAMETERS.get(name, [{}]):
        for xs in (
            [round(rng.uniform(1.1, 3), 3) for _ in operands],
            [round(rng.uniform(0.1, 0.9), 3) for _ in operands],
        ):
            bound = rule.at(**given) if rule.defaults else rule
            try:
                value, slopes = bound(floats, *xs)
            except ValueError:
                continue
            numbers = {letter: mpf(x) for letter, x in zip(letters, [*xs, *given.values()], strict=True)}
            for formula, expected in zip([row.value, *row.slopes.values()], [value, *slopes], strict=True):
                assert both(formula, numbers) == pytest.approx([expected] * 2, rel=1e-4)
