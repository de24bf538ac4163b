"""Laws of the gradient check: it confirms what is right, finds what is wrong, says what it cannot tell."""

import math
import re
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracle import ORACLE, PARAMETERS, exact, is_real
from random_graphs import graphs

import engine
from engine import GradientError, Value, detect_anomaly, gradcheck, maximum, rules, total
from engine.checking import difference


def verdicts(root, leaves=None):
    return [row.verdict for row in gradcheck(root, leaves).rows]


def wrong(data, leaf, slope):
    """A node that claims a slope; ``square`` is its true function."""
    node = leaf**2
    node.local_derivatives = (slope,)
    assert node.data == data
    return node


@given(graphs())
def test_right_gradients_are_confirmed(graph):
    """On any smooth graph autodiff and finite differences agree, leaf by leaf."""
    root, _ = graph
    for row in gradcheck(root).rows:
        assert row.verdict in {"ok", "faint"}
        assert row.autodiff == pytest.approx(row.numeric, rel=1e-4, abs=1e-6)
        assert row.difference == row.autodiff - row.numeric


@given(graphs(), st.sampled_from([0.0, -1.0, 0.9, 1.01, math.nan]), st.data())
def test_a_wrong_local_derivative_is_found(graph, factor, data):
    """Whichever node of a graph has a wrong slope that matters, the check fails and names a leaf."""
    root, _ = graph
    gradcheck(root)
    order = engine.graph.topological_order(root)
    node = data.draw(st.sampled_from([node for node in order if node.parents] or [None]))
    if node is None:
        return
    root.backward()
    position = data.draw(st.integers(0, len(node.parents) - 1))
    leaves = engine.graph.leaves(node.parents[position])
    effect = node.grad * node.local_derivatives[position]
    before = [leaf.grad for leaf in engine.graph.leaves(root)]
    node.local_derivatives = tuple(
        slope * factor if k == position else slope for k, slope in enumerate(node.local_derivatives)
    )
    root.zero_grad()
    root.backward()
    after = [leaf.grad for leaf in engine.graph.leaves(root)]
    off = max(abs(a - b) / max(1, abs(a)) for a, b in zip(before, after, strict=True))
    if off > 1e-3 or math.isnan(factor):
        assert leaves
        assert effect or math.isnan(factor)
        with pytest.raises(GradientError, match="the gradient of"):
            gradcheck(root)


def test_the_error_names_node_expected_and_received():
    """The message holds the leaf's label, the finite difference and what autodiff said."""
    w = Value(3.0, label="w")
    with pytest.raises(GradientError) as caught:
        gradcheck(wrong(9.0, w, 5.0))
    message = str(caught.value)
    assert message.startswith("the gradient of w is wrong: expected ")
    expected = float(re.search(r"expected (\S+) \(finite difference\)", message)[1])
    assert expected == pytest.approx(6.0, rel=1e-6)
    assert message.endswith("received 5.0 (autodiff)")
    assert isinstance(caught.value, AssertionError)


KINKS = {
    "relu": lambda: Value(0.0).relu(),
    "abs": lambda: abs(Value(0.0)),
    "abs of a small slope": lambda: abs(Value(0.0) * 1e-6) * 1.0,
    "leaky_relu": lambda: Value(0.0).leaky_relu(),
    "leaky_relu, nearly straight": lambda: Value(0.0).leaky_relu(0.99),
    "selu": lambda: Value(0.0).selu(),
    "elu": lambda: Value(0.0).elu(2.0),
    "hard_tanh": lambda: Value(1.0).hard_tanh(),
    "clip, lower": lambda: Value(-1.0).clip(-1.0, 3.0),
    "clip, upper": lambda: Value(3.0).clip(-1.0, 3.0),
    "beside a large number": lambda: Value(0.0).relu() + 1000.0,
    "jump of an angle": lambda: Value(0.0).atan2(-1.0),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_called_one(name):
    """Where the slope jumps at this very point there is nothing to compare, and the row says so."""
    assert verdicts(KINKS[name]())[0] == "kink"


@pytest.mark.parametrize("tied", [2, 3])
def test_a_tie_is_a_kink(tied):
    """Equal operands of maximum and minimum are at a kink, each of them."""
    assert verdicts(maximum(*[Value(1.0) for _ in range(tied)])) == ["kink"] * tied


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-7, 1e-9, 1e-12, 1e-100])
def test_near_a_kink_the_slope_is_that_of_the_side(side, distance):
    """However near the kink, a leaf beside it gets the slope of its side, not a mean of both."""
    rows = gradcheck(Value(side * distance).relu()).rows
    assert [(row.autodiff, row.numeric, row.verdict) for row in rows] == [(side > 0, side > 0, "ok")]


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9])
def test_near_a_kink_away_from_0(distance):
    """The same where the numbers are about 1: a tie missed, an edge of clip not reached."""
    low, high = Value(1.0), Value(1.0 + distance)
    assert [row.numeric for row in gradcheck(maximum(low, high)).rows] == pytest.approx([0, 1], abs=1e-6)
    assert verdicts(Value(1.0 - distance).clip(-1.0, 1.0)) == ["ok"]


EDGES = {
    "sqrt": lambda: Value(0.0).sqrt(),
    "acos": lambda: Value(1.0).acos(),
    "asin": lambda: Value(-1.0).asin(),
    "acosh": lambda: Value(1.0).acosh(),
    "root": lambda: Value(0.0) ** 0.5,
    "power": lambda: Value(0.0) ** 1.5,
    "general power": lambda: Value(0.0) ** Value(2.0),
    "infinity": lambda: Value(math.inf) + 1.0,
    "overflow": lambda: Value(1.7976931348623157e308) * 1.0,
}


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_is_called_one(name):
    """Where the root has values on one side at most, the row says so and shows no number."""
    row = gradcheck(EDGES[name]()).rows[0]
    assert row.verdict == "edge"
    assert math.isnan(row.numeric)


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize(
    ("function", "edge"), [("sqrt", 0), ("log", 0), ("acos", 1), ("atanh", 1), ("acosh", 1), ("log1p", -1)]
)
def test_near_an_edge_the_gradient_is_confirmed(function, edge, distance):
    """The step narrows until the function has values on both sides; steepness raises no false alarm."""
    x = Value(edge - distance if function in {"acos", "atanh"} else edge + distance)
    assert verdicts(getattr(engine, function)(x)) == ["ok"]


@pytest.mark.parametrize("x", [1e-300, 1e-100, 1e-20, 1e8, 1e20, 1e200, -1e-300, -1e200])
@pytest.mark.parametrize("function", [
    lambda x: 3 * x, lambda x: x / 7, abs, lambda x: abs(x).log(), lambda x: abs(x).sqrt(),
    lambda x: abs(x) ** -0.01,
])  # fmt: skip
def test_leaves_of_any_size(function, x):
    """The step goes with the size of the leaf: 10⁻³⁰⁰ and 10²⁰⁰ are checked like 1."""
    check = gradcheck(function(Value(x)), None)
    assert {row.verdict for row in check.rows} == {"ok"}


@pytest.mark.parametrize("x", [1.0, 1e3, 1e5, 1e8])
def test_waves_are_not_stridden_over(x):
    """A wide step over many periods of a sine shows no slope; a narrower one is believed instead."""
    assert gradcheck(Value(x).sin()).rows[0].numeric == pytest.approx(math.cos(x), rel=1e-4)
    assert verdicts((Value(x) * Value(3.0)).sin()) == ["ok", "ok"]


@pytest.mark.parametrize("root", [lambda: Value(1e-300) ** 2, lambda: Value(1e-20) * 1e-12 + Value(1e10)])
def test_what_rounding_hides_is_called_faint(root):
    """A slope too small to show beside the root's rounding is neither right nor wrong."""
    assert gradcheck(root()).rows[0].verdict == "faint"


def test_rounding_inside_a_graph_raises_no_false_alarm():
    """Where a cost is rounded far more than its size tells, as ln(1 − a) is near a = 1, the check knows."""
    for bias in range(16):
        w = Value(0.01, label="w")
        assert verdicts((1 - (w + float(bias)).sigmoid()).log(), [w])[0] in {"ok", "faint"}


def test_near_the_largest_float():
    """Numbers that can still be told apart from infinity are checked."""
    assert verdicts(Value(709.0).exp()) == ["ok"]


def test_a_slope_of_zero():
    """A root that does not change with a leaf has slope 0 there, and it is ok."""
    x = Value(3.0)
    for root in (x - x, x * 0.0, x**0, x.clip(-1.0, 1.0), (x * 0.0) ** 2):
        assert gradcheck(root, [x]).rows[0].verdict == "ok"
    assert verdicts(Value(0.0).cos()) == ["ok"]
    assert verdicts(Value(math.pi).cos()) == ["faint"]  # π is no float: the slope is 10⁻¹⁶


def test_a_leaf_by_itself():
    """The derivative of a leaf by itself is 1."""
    (row,) = gradcheck(Value(3.0)).rows
    assert (row.name, row.autodiff, row.verdict) == ("leaf 0", 1.0, "ok")
    assert row.numeric == pytest.approx(1.0)


def test_the_leaves_named_are_those_checked():
    """``leaves=`` selects, in its own order; without it all leaves are checked, in topological order."""
    a, b, c = Value(1.0, label="a"), Value(2.0, label="b"), Value(3.0)
    root = a * b + c
    assert [row.name for row in gradcheck(root).rows] == ["a", "b", "leaf 2"]
    assert [row.name for row in gradcheck(root, [c, a]).rows] == ["leaf 0", "a"]
    assert [row.name for row in gradcheck(root, iter([b])).rows] == ["b"]
    assert gradcheck(root, []).rows == ()


def test_unfit_leaves_are_refused():
    """A leaf of another graph, an inner node, or what is no node at all."""
    a, other = Value(1.0, label="a"), Value(2.0, label="other")
    inner = a * 2
    root = inner + 1
    with pytest.raises(
        ValueError, match=r"^other is not a leaf that the root depends on; gradcheck takes leaves"
    ):
        gradcheck(root, [other])
    with pytest.raises(ValueError, match=r"^leaf 1 has parents; gradcheck takes leaves"):
        gradcheck(root, [a, inner])
    with pytest.raises(
        TypeError, match=r"^gradcheck takes leaves as .*, got float 3\.0 in it; pass the Values"
    ):
        gradcheck(root, [3.0])


@pytest.mark.parametrize("root", [3.0, [Value(1.0)], None])
def test_the_root_is_a_value(root):
    """Anything else is a TypeError that says what came."""
    with pytest.raises(TypeError, match=f"^gradcheck takes the Value .* got {type(root).__name__} "):
        gradcheck(root)


def test_a_stale_graph_is_refused():
    """After a leaf was edited, the graph must be refreshed first."""
    x = Value(3.0)
    root = x * x
    x.data = 4.0
    with pytest.raises(
        ValueError, match=r"holds 9\.0 where its leaves now give 16\.0; call refresh\(\) first"
    ):
        gradcheck(root)
    root.refresh()
    assert verdicts(root) == ["ok"]


def test_a_root_that_is_nan_is_refused():
    """There is nothing to compare, and the advice is to look where it arose."""
    with pytest.raises(ValueError, match="detect_anomaly"):
        gradcheck(Value(math.inf) - Value(math.inf))


def test_nodes_without_a_rule_cannot_be_computed_again():
    """A node with local derivatives of its own is refused with its name."""
    x = Value(2.0)
    with pytest.raises(TypeError, match="made by hand"):
        gradcheck(Value(8.0, (x,), "cube", local_derivatives=(12.0,)))


def state(root):
    order = engine.graph.topological_order(root)
    return [(node.data, node.grad, node.has_grad, node.local_derivatives) for node in order]


@given(graphs())
def test_the_graph_is_left_as_it_was(graph):
    """Data, slopes and gradients, or their absence, are the same after a check."""
    root, _ = graph
    before = state(root)
    gradcheck(root)
    assert state(root) == before
    root.backward()
    before = state(root)
    gradcheck(root)
    assert state(root) == before


def test_the_graph_is_left_as_it_was_where_the_check_fails():
    """Neither a wrong gradient nor an anomaly on the way leaves a trace."""
    x = Value(3.0)
    root = wrong(9.0, x, 5.0)
    root.backward()
    before = state(root)
    with pytest.raises(GradientError):
        gradcheck(root)
    assert state(root) == before
    y = Value(0.0)
    root = y.sqrt() * 0.0
    y.grad = 7.0
    before = state(root)
    with detect_anomaly(), pytest.raises(FloatingPointError):
        gradcheck(root)
    assert state(root) == before


def test_the_table_is_aligned():
    """One line for each leaf under a line of titles; all columns end where their titles end."""
    x, long = Value(0.5, label="x"), Value(-12345.678, label="a long name")
    check = gradcheck(total([x.exp(), long.tanh(), 3 * long, Value(0.0, label="kinked").relu()]))
    titles, *lines = str(check).splitlines()
    assert titles.split() == ["node", "autodiff", "numeric", "difference"]
    assert [line[: len("a long name")].rstrip() for line in lines] == ["x", "a long name", "leaf 2", "kinked"]
    assert [line.split()[-1] for line in lines] == ["ok", "ok", "ok", "kink"]
    ends = [titles.index(title) + len(title) for title in ("autodiff", "numeric", "difference")]
    for line, row in zip(lines, check.rows, strict=True):
        assert float(line[len("a long name") : ends[0]]) == pytest.approx(row.autodiff)
        assert float(line[ends[0] : ends[1]]) == pytest.approx(row.numeric)
        assert float(line[ends[1] : ends[2]]) == pytest.approx(row.difference, rel=0.5, abs=1e-300)
        assert line[ends[2] : ends[2] + 2] == "  "
    assert repr(check) == str(check)
    assert all(line == line.rstrip() for line in str(check).splitlines())


FUNCTIONS = {
    "exp": (math.exp, mp.exp),
    "sin": (math.sin, mp.sin),
    "tanh": (math.tanh, mp.tanh),
    "atan": (math.atan, mp.atan),
    "erf": (math.erf, mp.erf),
    "cubic": (lambda x: x**3 - 2 * x, lambda x: x**3 - 2 * x),
    "bell": (lambda x: math.exp(-x * x), lambda x: mp.exp(-x * x)),
    "pole": (lambda x: 1 / (x - 3.5), lambda x: 1 / (x - mp.mpf(3.5))),
    "gamma": (lambda x: math.lgamma(x + 4), lambda x: mp.loggamma(x + 4)),
    "waves": (lambda x: math.sin(40 * x), lambda x: mp.sin(40 * x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(x=st.floats(-3, 3))
@example(x=0.0)
@example(x=1.0)
def test_difference_is_the_derivative(name, x):
    """Slope within 10⁻⁶ or its own error of what mpmath finds with 50 digits; no kink is seen."""
    f, exact = FUNCTIONS[name]
    found = difference(f, x)
    expected = float(mp.diff(exact, mp.mpf(x)).real)
    assert not found.kink
    assert abs(found.slope - expected) <= max(found.error, 2e-6 * abs(expected))
    assert found.error <= 1e-4 * max(abs(expected), 1e-3)


@given(st.floats(-1e6, 1e6), st.floats(0.1, 3), st.floats(-3, 3))
@example(at=1.192092896e-07, jump=0.109375, slope=-0.1015625)  # terms that cancel are noisier than their sum
def test_difference_sees_a_corner_anywhere(at, jump, slope):
    """A corner is a kink exactly at its point; a little beside it is none."""

    def f(x):
        return slope * (x - at) + jump * max(x - at, 0.0)

    assert difference(f, at).kink
    beside = difference(f, at + 1e-3 * max(abs(at), 1.0))
    assert not beside.kink
    assert beside.slope == pytest.approx(slope + jump, rel=1e-4, abs=1e-4)


def test_difference_where_there_is_nothing():
    """A function without values nearby has no difference; nor has one that only overflows."""
    assert difference(math.sqrt, 0.0) is None
    assert difference(math.log, -1.0) is None
    assert difference(lambda _: math.inf, 0.0) is None
    assert difference(lambda x: math.copysign(1.7e308, x), 0.0) is None


def test_one_leaf_may_be_given_bare():
    """A single Value in the place of the list of leaves is checked alone."""
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    assert [row.name for row in gradcheck(x * y, y).rows] == ["y"]


FAR = [
    (name, parameters, size, sign)
    for name, rule in rules.REGISTRY.items()
    if name in ORACLE and rule.operands
    for parameters in PARAMETERS.get(name, [{}])
    for size in (5e-324, 1e-300, 1e-160, 1e-50, 1e-10, 1e5, 1e10, 1e20, 1e50, 1e150, 1e300, 1.7e308)
    for sign in (1, -1)
]


@pytest.mark.slow
def test_far_out_no_right_gradient_is_called_wrong_and_no_wrong_one_right():
    """Huge and tiny operands, each rule: what mpmath confirms is never WRONG, what it denies never ok.

    Where a slope cannot be seen beside the root, or floats near the operand are too far apart to follow the
    root (the sine of 1e20), the row says so. A claim of 0 is left out: it cannot be told from such a slope.
    """
    seen = Counter()
    for name, parameters, size, sign in FAR:
        rule = rules.REGISTRY[name].at(**parameters) if parameters else rules.REGISTRY[name]
        point = [sign * size, 0.7, 1.3][: len(rule.operands)]
        try:
            y = engine.apply(rule, *map(Value, point))
        except (ValueError, ArithmeticError):
            continue
        if not math.isfinite(y.data):
            continue
        _, slopes = exact(name, point, parameters)
        if not slopes or not all(map(is_real, slopes)):
            continue
        for factor in (1.0, 1.1, -1.0, 2.0):
            claimed = (factor * y.local_derivatives[0], *y.local_derivatives[1:])
            if (factor != 1.0 and claimed == y.local_derivatives) or not math.isfinite(claimed[0]):
                continue
            node = engine.apply(rule, *y.parents)
            node.local_derivatives = claimed
            truth = float(slopes[0])
            right = math.isclose(claimed[0], truth, rel_tol=1e-6, abs_tol=5e-324)
            wrong = claimed[0] and not math.isclose(claimed[0], truth, rel_tol=0.09, abs_tol=5e-323)
            try:
                verdict = verdicts(node, node.parents[:1])[0]
            except GradientError:
                verdict = "WRONG"
            assert not (right and verdict == "WRONG"), (name, parameters, point, claimed)
            assert not (wrong and verdict == "ok"), (name, parameters, point, claimed)
            seen[verdict, right] += 1
    assert seen["ok", True] > 300
    assert seen["WRONG", False] > 900
    assert seen["coarse", True] > 10


def test_gradcheck_of_all_leaves_of_a_large_graph_is_refused():
    """It would compute the graph anew for each leaf: the error says so, and what to pass."""
    xs = [Value(1.0) for _ in range(20_000)]
    C = total(xs)
    message = "the graph has 20,001 nodes, to be recomputed for each of 20,000 leaves, which would take hours"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}; check some of them"):
        gradcheck(C)
    assert [row.verdict for row in gradcheck(C, xs[:2]).rows] == ["ok", "ok"]


@pytest.mark.parametrize("claimed", [5.0, 1e-3, -1.0])
@pytest.mark.parametrize("f", [lambda x: x**3, lambda x: x**2, Value.cos, Value.cosh, Value.sech])
def test_a_slope_of_0_is_not_coarse(f, claimed):
    """Where estimates come to nothing as steps narrow, a gradient other than 0 is still found wrong."""
    y = f(Value(0.0))
    y.local_derivatives = (claimed,)
    with pytest.raises(GradientError, match="is wrong"):
        gradcheck(y)
