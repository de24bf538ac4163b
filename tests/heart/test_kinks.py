"""Graphs of derivatives beyond a kink: refreshed, on a tape, in JAX, in the browser, as formulas."""

import math
import pickle
import random
import sys
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from mpmath import mp, mpf
from oracle import ORACLE
from test_source_javascript import page, played, same  # noqa: F401  (a fixture is found by its name)
from test_tape_jax import jax  # noqa: F401  (as above)

import engine
from engine import Value, apply, graph, rules
from engine.checking import difference
from engine.derive import grad, hessian, jacobian
from engine.formula import whole
from engine.readings import floats
from engine.readings.arrays import jax_reading, numpy_reading
from engine.rules import choices
from engine.source import live
from engine.tape import Tape

# ---------------------------------------------------------------- graphs of all rules that choose


class Operation(NamedTuple):
    """A rule that bends somewhere, or one that makes what bends of its operands."""

    rule: str
    operands: int
    parameters: dict[str, float] = {}  # noqa: RUF012  (never changed)


OPERATIONS = [
    *(Operation(name, 1) for name in ("relu", "selu", "abs", "hard_tanh", "softsign", "gelu_tanh", "erf")),
    *(Operation(name, 1) for name in ("tanh", "sin", "neg", "softplus")),
    Operation("leaky_relu", 1, {"slope": 0.1}),
    Operation("elu", 1, {"alpha": 0.5}),
    Operation("clip", 1, {"lo": -0.5, "hi": 0.75}),
    *(Operation(name, 2) for name in ("add", "mul", "hypot", "maximum", "minimum", "hinge", "logsumexp")),
    *(Operation(name, 3) for name in ("maximum", "minimum", "softmax", "affine")),
    Operation("softmax_cross_entropy", 4),
]
"""Nearly all that choose; the rules that take limits instead follow below, at the points where they do."""


class Recipe(NamedTuple):
    """A graph that can be grown of Values, or of mpmath's numbers."""

    leaves: int
    steps: list[tuple[Operation, list[int]]]

    def of_values(self, leaves):
        return self._grown(leaves, lambda rule, p, xs: apply(rule.at(**p) if p else rule, *xs))

    def of_mpmath(self, *leaves):
        return self._grown(leaves, lambda rule, p, xs: ORACLE[rule.name][0](*xs, **p))

    def _grown(self, leaves, operate):
        nodes = list(leaves)
        for (name, _, parameters), operands in self.steps:
            nodes.append(operate(rules.REGISTRY[name], parameters, [nodes[k] for k in operands]))
        return sum(nodes[self.leaves + 1 :], start=nodes[self.leaves]) * nodes[-1]


def recipes(count, seed):
    """Random recipes, with a point before the move and one after it: leaves change their sign."""
    dice = random.Random(seed)
    for _ in range(count):
        leaves = dice.randint(1, 3)
        steps = [dice.choice(OPERATIONS) for _ in range(dice.randint(2, 6))]
        chosen = [
            (step, [dice.randrange(leaves + k) for _ in range(step.operands)]) for k, step in enumerate(steps)
        ]
        start = [dice.choice((1, -1)) * dice.uniform(0.1, 2.0) for _ in range(leaves)]
        end = [-math.copysign(dice.uniform(0.1, 2.0), x) for x in start]
        yield Recipe(leaves, chosen), start, end


def equal_operands(root):
    """Whether operands of some maximum or minimum are equal, or an |x| is at 0: there NaN is allowed."""
    for node in graph.topological_order(root):
        name = node.rule.name if node.rule else ""
        if name in {"maximum", "minimum"}:
            extreme = [x for x in dict.fromkeys(node.parents) if x.data == node.data]
            if len(extreme) > 1:
                return True
        if name in {"abs", "hypot"} and node.data == 0:
            return True
    return False


def by_mpmath(recipe, at, orders):
    """A partial derivative by central differences at 60 digits."""
    with mp.workdps(60):
        return float(mp.diff(recipe.of_mpmath, tuple(map(mpf, at)), orders))


def all_derivatives(recipe, at):
    """Value, gradient and Hessian as one list of Values, with root and leaves."""
    xs = [Value(x, label=f"x{k}") for k, x in enumerate(at)]
    C = recipe.of_values(xs)
    H = hessian(C, xs)
    return [*grad(C, xs), *(H[i][j] for i in range(len(xs)) for j in range(i + 1))], C, xs


def orders_of(n):
    """For each entry of ``all_derivatives``, how often it is derived by which leaf."""
    once = [tuple(int(k == i) for k in range(n)) for i in range(n)]
    twice = [tuple((k == i) + (k == j) for k in range(n)) for i in range(n) for j in range(i + 1)]
    return once + twice


def close(got, expected):
    return got == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_a_derivative_that_is_moved_over_kinks_is_that_of_the_new_place():
    """Gradients and Hessians made at one point and refreshed at another are those made there, and mpmath's.

    NaN is allowed only where operands of a maximum are equal, or an |x| is 0, and is rare.
    """
    tried = undefined = 0
    for recipe, start, end in recipes(150, seed="over kinks"):
        moved, C, xs = all_derivatives(recipe, start)
        for x, number in zip(xs, end, strict=True):
            x.data = number
        everything = engine.total(moved)
        everything.refresh()
        C.refresh()
        afresh, *_ = all_derivatives(recipe, end)
        expected = [by_mpmath(recipe, end, orders) for orders in orders_of(len(xs))]
        for one, other, number in zip(moved, afresh, expected, strict=True):
            tried += 1
            assert one.data == pytest.approx(other.data, rel=1e-12, abs=1e-12, nan_ok=True), recipe
            if math.isnan(one.data):
                undefined += 1
                assert equal_operands(C), recipe
            else:
                assert close(one.data, number), (recipe, end)
    assert undefined < 0.03 * tried


def test_on_a_tape_each_example_has_its_own_side():
    """A tape of a gradient, over a batch on both sides of every kink, gives what grad gives at each."""
    for recipe, start, end in recipes(40, seed="tape"):
        (slope, *_), _, xs = all_derivatives(recipe, start)
        if not slope.parents:
            continue
        used = [x for x in xs if x in graph.leaves(slope)]
        batch = np.array([start, end, [-x for x in start], [x / 2 for x in end]])
        costs, _ = Tape(slope, inputs=used)(inputs=batch[:, [xs.index(x) for x in used]], over="each")
        for got, at in zip(costs, batch, strict=True):
            (expected, *_), *_ = all_derivatives(recipe, at)
            assert got == pytest.approx(expected.data, rel=1e-10, abs=1e-10, nan_ok=True), (recipe, at)


def test_the_gradient_of_a_gradient_on_a_tape():
    """The tape's own gradient of a gradient is a row of the Hessian, on either side."""
    x, y = Value(1.5), Value(-0.5)
    C = (x.relu() * y).elu() * x + abs(y) * x.clip(-1, 1) + engine.maximum(x, y, 0.25) ** 2
    tape = Tape(grad(C, x), params=[x, y])
    for at in ((1.5, -0.5), (-1.5, 0.5), (0.5, 2.0), (-0.3, -0.7)):
        here = [Value(number) for number in at]
        a, b = here
        D = (a.relu() * b).elu() * a + abs(b) * a.clip(-1, 1) + engine.maximum(a, b, 0.25) ** 2
        slope, row = tape(list(at))
        assert slope == pytest.approx(grad(D, a).data, rel=1e-13)
        assert row == pytest.approx([entry.data for entry in hessian(D, here)[0]], rel=1e-12)


@pytest.mark.usefixtures("jax")
def test_in_jax_each_example_has_its_own_side():
    """So it does where the tape is a function of JAX arrays."""
    x = Value(1.5, label="x")
    C = x.relu() * x + abs(x) ** 3 + x.elu() * x.clip(-1, 1) + engine.maximum(x, -2 * x, 0.1) ** 2
    slope, at = grad(C, x), [1.5, -0.5, 0.75, -2.0]
    for derivative in (slope, grad(slope, x)):
        costs = Tape(derivative, inputs=[x]).jax(over="each")
        got = costs(np.zeros(0), np.array(at)[:, None]).tolist()
        for number, found in zip(at, got, strict=True):
            x.data = number
            derivative.refresh()
            assert found == pytest.approx(derivative.data, rel=1e-12)


def test_the_sliders_of_a_page_cross_kinks(page):  # noqa: F811  (the fixture)
    """In the browser, ``live`` gives every number of a graph of derivatives at the new place."""
    functions, calls, expected = [], [], []
    for recipe, start, end in recipes(25, seed="page"):
        derivatives, _, xs = all_derivatives(recipe, start)
        everything = engine.total(derivatives)
        used = [x for x in xs if x in graph.leaves(everything)]
        functions.append((live(everything, used), "evaluate"))
        for x, number in zip(xs, end, strict=True):
            x.data = number
        everything.refresh()
        order = graph.topological_order(everything)
        calls.append([[[x.data for x in used]]])
        expected.append([node.data for node in order])
    for ((values, _),), numbers in zip(played(page, functions, calls), expected, strict=True):
        assert all(same(*pair, scale=1.0) for pair in zip(values, numbers, strict=True))


def test_gradcheck_confirms_a_gradient_graph_with_other_leaves():
    """The graph of a gradient is checked as the function that it is: moved over a kink, it is still right."""
    for recipe, start, end in recipes(30, seed="gradcheck"):
        derivatives, C, xs = all_derivatives(recipe, start)
        slope = derivatives[0]
        if not slope.parents:
            continue
        for at in (start, end):
            for x, number in zip(xs, at, strict=True):
                x.data = number
            slope.refresh()
            C.refresh()
            if not equal_operands(C):
                engine.gradcheck(slope, [x for x in xs if x in graph.leaves(slope)])


def test_what_was_found_first():
    """The small cases of the reports: relu, |x|, elu, clip, maximum and a distance, moved over the kink."""
    for build, first, then, expected in (
        (lambda x: x.relu() * x, 1.0, -1.0, 0.0),
        (lambda x: abs(x) ** 2, 1.0, -3.0, -6.0),
        (lambda x: x.relu() ** 2, 0.0, 2.0, 4.0),
        (lambda x: x.elu(), 1.0, -1.0, math.exp(-1)),
        (lambda x: x.clip(-1, 1) * x, 0.5, 2.0, 1.0),
        (lambda x: engine.maximum(x, -x) ** 2, 1.0, -2.0, -4.0),
        (lambda x: x.hypot(0.0) ** 2, 0.0, 2.0, 4.0),
        (lambda x: x.sqrt(), 0.0, 4.0, 0.25),
        (lambda x: x.sqrt(), 4.0, 0.0, math.inf),
        (lambda x: x**0.5, 4.0, 0.0, math.inf),
        (lambda x: x ** Value(0.5), 0.0, 4.0, 0.25),
        (lambda x: x.erf(), 30.0, 0.0, 2 / math.sqrt(math.pi)),
        (lambda x: apply(rules.binary_cross_entropy, x, 0.0), 0.0, 0.5, 2.0),
        (lambda x: apply(rules.hinge, x, 1.0), 2.0, 0.5, -1.0),
    ):
        x = Value(first)
        slope = grad(build(x), x)
        x.data = then
        slope.refresh()
        assert slope.data == pytest.approx(expected, rel=1e-15)


# ------------------------------------------------------------------------- points of no derivative

X, Y = "x", "y"
ISOLATED = {
    "a square distance": (lambda x, y: x.hypot(y) ** 2, (0.0, 0.0), [[2.0, 0.0], [0.0, 2.0]]),
    "a distance": (lambda x, y: x.hypot(y), (0.0, 0.0), None),
    "a square of |x|": (lambda x, _: abs(x) ** 2, (0.0, 1.0), [[2.0, 0.0], [0.0, 0.0]]),
    "|x²|": (lambda x, _: abs(x**2), (0.0, 1.0), [[2.0, 0.0], [0.0, 0.0]]),
    "x |x|": (lambda x, _: x * abs(x), (0.0, 1.0), None),
    "(|x| − 1)²": (lambda x, _: (abs(x) - 1) ** 2, (0.0, 1.0), None),
    "a square of a maximum": (lambda x, _: engine.maximum(x, -x) ** 2, (0.0, 1.0), [[2.0, 0.0], [0.0, 0.0]]),
    "a tie": (lambda x, y: engine.maximum(x, y) ** 2, (1.0, 1.0), None),
    "a root": (lambda x, _: x.sqrt(), (0.0, 1.0), None),
    "a root times x": (lambda x, _: x.sqrt() * x, (0.0, 1.0), None),
    "a power of 0": (lambda x, y: x**y, (0.0, 2.0), [[2.0, 0.0], [0.0, 0.0]]),
    "a lower power of 0": (lambda x, y: x**y, (0.0, 1.5), None),
    "an arc sine": (lambda x, _: x.asin(), (1.0, 1.0), None),
    "an angle on the axis": (lambda x, y: y.atan2(x), (-2.0, 0.0), [[0.0, -0.25], [-0.25, 0.0]]),
    "an angle above": (lambda x, y: y.atan2(x), (0.0, 2.0), [[0.0, 0.25], [0.25, 0.0]]),
}
"""A function, a point, and its Hessian there if it has one."""


@pytest.mark.parametrize("name", ISOLATED)
def test_where_there_is_no_second_derivative_no_number_is_made_up(name):
    """At such a point an entry is the true one, if there is one, or infinite, or NaN: in both directions."""
    build, at, expected = ISOLATED[name]
    xs = [Value(x) for x in at]
    C = build(*xs)
    matrices = [hessian(C, xs), jacobian(grad(C, xs), xs)]
    through_backward = []
    for slope in grad(C, xs):
        slope.zero_grad()
        slope.backward()
        through_backward.append([Value(x.grad) for x in xs])
    for matrix in (*matrices, through_backward):
        for i, row in enumerate(matrix):
            for j, entry in enumerate(row):
                true = None if expected is None else expected[i][j]
                moot = i == j == 1 or (name != "a tie" and i != j and true is None)
                assert not math.isfinite(entry.data) or entry.data == true or moot, (i, j, entry)


def test_what_is_bent_and_straight_has_the_second_derivative_0():
    """Of relu, |x|, clip, maximum and the like themselves it is 0, at the kink too; so it is times 3."""
    for build in (
        lambda x: x.relu(),
        abs,
        lambda x: 3 * abs(x),
        lambda x: x.leaky_relu(),
        lambda x: x.clip(-1, 1),
        lambda x: engine.maximum(x, 0.0),
        lambda x: engine.maximum(x, 0.0) * 3,
        engine.hard_tanh,
    ):
        for at in (0.0, 1.0, -1.0, 2.0):
            x = Value(at)
            slope = grad(build(x), x)
            assert grad(slope, x).data == 0
            slope.backward()
            assert x.grad == 0


def test_a_side_that_is_not_taken_poisons_nothing():
    """Where a rule is constant for its side, what is infinite or NaN beyond adds nothing: no 0 · ∞."""
    for build, at in (
        (lambda x: x.relu().relu() ** 2, -1.0),
        (lambda x: abs(x.relu()) ** 2, -1.0),
        (lambda x: x.relu().sqrt() * x, -1.0),
        (lambda x: x.relu().hypot((2 * x).relu()) ** 2, -1.0),
        (lambda x: engine.maximum(x.relu(), (3 * x).relu()) ** 2, -1.0),
        (lambda x: (1 - x.clip(-1, 1)).sqrt() * 2, 5.0),
        (lambda x: x.elu() ** 2, 800.0),
    ):
        x = Value(at)
        C = build(x)
        expected = difference(lambda number, x=x, C=C: slope_at(C, x, number), at)
        assert grad(C, x).data == pytest.approx(slope_at(C, x, at), rel=1e-9)
        assert grad(grad(C, x), x).data == pytest.approx(expected.slope, rel=1e-6, abs=1e-9)


def slope_at(C, x, number):
    """The derivative of C by x, by finite differences of its value."""

    def value(at):
        x.data = at
        C.refresh()
        return C.data

    before = x.data
    found = difference(value, number).slope
    x.data = before
    C.refresh()
    return found


def test_one_operand_twice_is_no_tie():
    """max(x, x) is x: its derivatives are those of x, of any order."""
    x = Value(1.5)
    assert grad(grad(engine.maximum(x, x) ** 3, x), x).data == pytest.approx(6 * 1.5)
    assert grad(grad(engine.minimum(x, x, 2 * x) ** 3, x), x).data == pytest.approx(6 * 1.5)


# ------------------------------------------------------------------------------- the inner rules

OPERANDS = {
    "at_most": [(-1.0, 0.5, 3.0, 4.0), (1.0, 0.5, 3.0, 4.0)],
    "below": [(-1.0, 0.5, 3.0, 4.0), (1.0, 0.5, 3.0, 4.0)],
    "sign": [(-2.0,), (3.0,)],
    "signed": [(1.5, -2.0), (1.5, 3.0)],
    "share": [(2.0, 1.0, 2.0, 2.0), (1.0, 1.0, 2.0)],
    "shared": [(1.5, 1.0, 1.0, 2.0), (1.5, 2.0, 1.0, 2.0)],
    "ratio": [(0.5, 2.0), (-0.5, 0.25)],
    "direction": [(0.5, 2.0), (-0.5, 0.75)],
    "ieee_div": [(0.5, 2.0), (-0.5, -0.25)],
    "ieee_power": [(0.5,), (2.0,)],
    "ieee_pow": [(0.5, 1.5), (2.0, -0.5)],
    "ieee_log": [(0.5,), (3.0,)],
    "xlogy": [(0.5, 2.0), (-1.5, 0.25)],
    "gaussian": [(0.5,), (-1.25,)],
    "shift": [(0.5, -1.0, 0.25), (-2.0, 3.0)],
}
AT_THEIR_POINTS = {
    "sign": [((0.0,), 0.0, (0.0,))],
    "signed": [((1.5, 0.0), 0.0, (0.0, math.nan))],
    "shared": [((1.5, 1.0, 1.0, 1.0), 0.75, (0.5, math.nan, math.nan, math.nan))],
    "ratio": [((0.0, 0.0), 0.0, (math.inf, 0.0)), ((1.0, 0.0), math.inf, (math.inf, -math.inf))],
    "direction": [((0.0, 0.0), 0.0, (math.inf, math.nan))],
    "ieee_div": [((1.0, 0.0), math.inf, (math.inf, -math.inf)), ((0.0, 0.0), math.nan, (math.inf, math.nan))],
    "ieee_power": [((0.0,), math.inf, (-math.inf,))],
    "ieee_pow": [((0.0, 2.0), 0.0, (0.0, 0.0)), ((0.0, -0.5), math.inf, (-math.inf, -math.inf))],
    "ieee_log": [((0.0,), -math.inf, (math.inf,))],
    "xlogy": [((0.0, 0.0), 0.0, (-math.inf, 0.0))],
    "shift": [
        ((-math.inf, -math.inf), -sys.float_info.max, (0.0, 0.0)),
        ((math.inf, 1.0), sys.float_info.max, (0.0, 0.0)),
    ],
}


def value_with(rule, operands, k, x):
    """The value of a rule where one operand is another."""
    return rule(floats, *operands[:k], x, *operands[k + 1 :])[0]


def inner(name):
    rule = rules.INNER[name]
    return rule.at(n=-0.5) if name == "ieee_power" else rule


@pytest.mark.usefixtures("jax")
@pytest.mark.parametrize("name", rules.INNER)
def test_an_inner_rule_is_read_alike_by_every_arithmetic(name):
    """Floats, NumPy, JAX, Values and formulas give one value; slopes are finite differences of it."""
    rule = inner(name)
    for operands in OPERANDS[name]:
        value, slopes = rule(floats, *operands)
        smooth = {"share": 0, "shift": 0, "shared": 1}.get(name, len(operands))  # in the others it jumps
        for k, slope in enumerate(slopes[:smooth]):
            numeric = difference(partial(value_with, rule, operands, k), operands[k])
            assert numeric.kink or slope == pytest.approx(numeric.slope, rel=1e-6, abs=1e-9)
        nodes = [Value(x, label=f"x{k}") for k, x in enumerate(operands)]
        node = apply(rule, *nodes)
        assert [slope.data for slope in grad(node, nodes)] == pytest.approx(slopes, rel=1e-15)
        assert whole(node).numbers
        for reading in (numpy_reading(), jax_reading()):
            found, derivatives = rule(reading, *(np.array([x, x]) for x in operands))
            assert np.asarray(found).tolist() == pytest.approx([value] * 2, rel=1e-13)
            for one, slope in zip(derivatives, slopes, strict=True):
                assert np.broadcast_to(one, 2).tolist() == pytest.approx([slope] * 2, rel=1e-13)


@pytest.mark.parametrize("name", AT_THEIR_POINTS)
def test_an_inner_rule_at_its_point(name):
    """Where its function has no derivative, a slope is the limit, NaN, or the side that it names."""
    for operands, value, slopes in AT_THEIR_POINTS[name]:
        for reading in (floats, numpy_reading()):
            got = inner(name)(reading, *operands)
            assert float(got[0]) == pytest.approx(value, nan_ok=True)
            assert [float(slope) for slope in got[1]] == pytest.approx(slopes, nan_ok=True)


def test_inner_rules_are_found_by_name_and_listed_nowhere():
    """A pickle names them; among functions, symbols and the rows of the table there is none."""
    assert set(OPERANDS) == set(rules.INNER)
    assert not set(rules.INNER) & {*rules.REGISTRY, *engine.__all__}
    for name in rules.INNER:
        assert pickle.loads(pickle.dumps(inner(name))) == inner(name)
    x = Value(1.0)
    slope = pickle.loads(pickle.dumps(grad(x.relu() * x, x)))
    graph.leaves(slope)[0].data = -1.0
    slope.refresh()
    assert slope.data == 0.0
    with pytest.raises(ValueError, match="'if ≤' are not known, as that is not the symbol of a rule"):
        Value(1.0, (x, x, x, x), "if ≤").backward()
    with pytest.raises(ValueError, match="there is already a rule named 'sign'"):
        rules.rule()(choices.sign.function)


def test_formulas_of_derivatives_name_their_cases():
    """What is printed of a derivative holds on both sides of a kink."""
    x, y = Value(-1.0, label="x"), Value(2.0, label="y")
    for C, first, second in (
        (x.relu() * x, "ReLU(x) + max(0, x)", "0 if x ≤ 0 else 2"),
        (x.clip(-1, 1) ** 2 * y, "0 if x ≤ −1 else 0 if x ≥ 1 else 2 y min(max(x, −1), 1)", None),
        (engine.maximum(x, y) * x, "max(x, y) + (0 if x < y else x if y < x else ½ x)", None),
        (engine.maximum(0.0, x) * x, "max(0, x) + (0 if x < 0 else x if x > 0 else ½ x)", None),
        (abs(x) ** 2, "2 |x| sign(x)", "2 sign(x)²"),
        (engine.logsumexp([x, y]), "e^x/(e^x + e^y)", None),
    ):
        slope = grad(C, x)
        assert str(whole(slope)) == first
        assert second is None or str(whole(grad(slope, x))) == second
    assert whole(grad(grad(x.relu() * x, x), x)).latex() == (
        r"\begin{cases} 0 & x \le 0 \\ 2 & \text{otherwise} \end{cases}"
    )
