"""Costs against their definitions in mpmath at 50 digits, value and slope."""

import math
from fractions import Fraction
from functools import partial

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Value
from nn import COSTS, losses

DIGITS, STEP = 50, mp.mpf(10) ** -16


pairs = partial(zip, strict=True)


def sigma(z):
    return 1 / (1 + mp.exp(-z))


def log_likelihood(h, y):
    terms = [(t * mp.log(p) if t else 0) + ((1 - t) * mp.log(1 - p) if t != 1 else 0) for p, t in pairs(h, y)]
    return mp.fsum(terms)


DEFINITIONS = {
    "squared_error": lambda a, y: mp.fsum((s - t) ** 2 for s, t in pairs(a, y)),
    "half_squared_error": lambda a, y: mp.fsum((t - s) ** 2 for s, t in pairs(a, y)) / 2,
    "log_likelihood": log_likelihood,
    "binary_cross_entropy": lambda h, y: -log_likelihood(h, y),
    "log_likelihood_from_logits": lambda z, y: log_likelihood([sigma(t) for t in z], y),
    "binary_cross_entropy_from_logits": lambda z, y: -log_likelihood([sigma(t) for t in z], y),
    "softmax_cross_entropy": lambda z, y: (
        -mp.fsum(t * mp.log(mp.exp(s) / mp.fsum(map(mp.exp, z))) for s, t in pairs(z, y))
    ),
    "hinge": lambda a, y: mp.fsum(max(mp.mpf(0), 1 - t * s) for s, t in pairs(a, y)),
}
assert set(DEFINITIONS) == set(COSTS)

probabilities = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0]))
INPUTS = {name: (st.floats(-30, 30), probabilities) for name in COSTS} | {
    "squared_error": (st.floats(-30, 30), st.floats(-30, 30)),
    "half_squared_error": (st.floats(-30, 30), st.floats(-30, 30)),
    "log_likelihood": (st.floats(1e-6, 1 - 1e-6), probabilities),
    "binary_cross_entropy": (st.floats(1e-6, 1 - 1e-6), probabilities),
    "hinge": (st.floats(-30, 30), st.sampled_from([-1.0, 1.0])),
}


def exact(name, a, y, slope_of=None):
    """The definition, or its slope by one operand as a difference quotient that is exact for our purposes."""
    with mp.workdps(DIGITS):
        numbers = [mp.mpf(x) for x in (*a, *y)]
        if slope_of is None:
            return DEFINITIONS[name](numbers[: len(a)], numbers[len(a) :])
        shifted = [[x + sign * STEP * (k == slope_of) for k, x in enumerate(numbers)] for sign in (1, -1)]
        up, down = (DEFINITIONS[name](xs[: len(a)], xs[len(a) :]) for xs in shifted)
        return (up - down) / (2 * STEP)


@pytest.mark.parametrize("name", COSTS)
@settings(max_examples=30, deadline=None)
@given(drawn=st.data(), n=st.integers(1, 4))
def test_value_and_slope(name, drawn, n):
    """C and ∂C/∂a_j for single and several outputs; the sums cancel no more than their terms allow."""
    outputs, targets = INPUTS[name]
    a, y = ([drawn.draw(kind) for _ in range(n)] for kind in (outputs, targets))
    nodes = [Value(x) for x in a]
    C = COSTS[name].function(nodes, y)
    C.backward()
    size = sum(map(abs, a)) + 1
    assert C.data == pytest.approx(float(exact(name, a, y)), rel=1e-12, abs=1e-14 * size)
    for j, node in enumerate(nodes):
        if name == "hinge" and abs(1 - y[j] * a[j]) < 1e-9:
            continue
        assert node.grad == pytest.approx(float(exact(name, a, y, slope_of=j)), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    "name", [name for name in COSTS if name.endswith(("logits", "softmax_cross_entropy"))]
)
@pytest.mark.parametrize("z", [-5000.0, -750.0, -40.0, 40.0, 750.0, 5000.0])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
def test_huge_logits(name, z, y):
    """Where σ(z) rounds to 0 or 1 and e^z overflows, value and slope are still right."""
    zs, ys = ([z, 0.0], [y, 1 - y]) if name == "softmax_cross_entropy" else ([z], [y])
    with mp.workdps(2500):
        numbers = [mp.mpf(x) for x in zs]
        expected = DEFINITIONS[name](numbers, ys)
        if name == "softmax_cross_entropy":
            slope = mp.exp(numbers[0]) / mp.fsum(map(mp.exp, numbers)) - y
        else:
            slope = (sigma(numbers[0]) - y) * (-1 if name.startswith("log") else 1)
    nodes = [Value(x) for x in zs]
    C = COSTS[name].function(nodes, ys)
    C.backward()
    assert C.data == pytest.approx(float(expected), rel=1e-12, abs=1e-16)
    assert nodes[0].grad == pytest.approx(float(slope), rel=1e-12, abs=1e-16)


@settings(max_examples=50, deadline=None)
@given(z=st.floats(-30, 30), y=probabilities)
def test_the_likelihoods_slope_at_z(z, y):
    """∂c/∂z = y − h for h = σ(z), through the activation and straight from the logit."""
    through, straight = Value(z), Value(z)
    losses.log_likelihood(through.sigmoid(), y).backward()
    losses.log_likelihood_from_logits(straight, y).backward()
    with mp.workdps(DIGITS):
        d = float(y - sigma(mp.mpf(z)))
    assert straight.grad == pytest.approx(d, rel=1e-12, abs=1e-15)
    if abs(z) < 15:  # beyond, the float h keeps few digits of 1 − h
        assert through.grad == pytest.approx(d, rel=1e-8)


@settings(max_examples=30, deadline=None)
@given(z=st.lists(st.floats(-30, 30), min_size=2, max_size=4), drawn=st.data())
def test_a_class_is_a_one_hot_target(z, drawn):
    """A class number stands for the share 1 of this class and 0 of the others."""
    k = drawn.draw(st.integers(0, len(z) - 1))
    shares = [float(j == k) for j in range(len(z))]
    expected = losses.softmax_cross_entropy(z, shares).data
    assert losses.softmax_cross_entropy(z, k).data == expected
    assert losses.softmax_cross_entropy(z, np.int64(k)).data == expected


@pytest.mark.parametrize("name", COSTS)
def test_costs_by_name(name):
    """A cost is found by name, as function and as itself; only likelihoods are to be maximised."""
    found = losses.cost(name)
    assert found is COSTS[name]
    assert losses.cost(found.function) is found
    assert losses.cost(found) is found
    assert found.name == found.function.__name__ == name
    assert found.maximise == name.startswith("log_likelihood")


def test_a_cost_of_ones_own():
    """A function is taken as it is, even where it has the name of one of ours, and is to be made small."""

    def hinge(a, y):
        return (a - y) ** 4

    own = losses.cost(hinge)
    assert (own.name, own.function, own.maximise) == ("hinge", hinge, False)
    assert losses.cost(lambda a, _y: a).name == "<lambda>"


@pytest.mark.parametrize("name", COSTS)
def test_one_node(name):
    """A cost is one node of outputs and targets, targets as leaves named y; Values stay the same nodes."""
    a, y = [Value(0.3), Value(0.4)], Value(1.0, label="wanted")
    C = COSTS[name].function(a, [y, 1.0])
    assert C.parents[:3] == (*a, y)
    assert [target.label for target in C.parents[2:]] == ["wanted", "y_1"]
    assert C.rule.name == name
    if name != "softmax_cross_entropy":
        assert COSTS[name].function(a[0], 1.0).parents[1].label == "y"


@pytest.mark.parametrize("y", [1, True, 1.0, Fraction(1), np.float64(1), np.int8(1), Value(1.0), [1.0], (1,)])
def test_targets_of_any_kind(y):
    """Whatever stands for one number is a target."""
    for name in set(COSTS) - {"softmax_cross_entropy"}:
        assert COSTS[name].function(0.25, y).data == COSTS[name].function([0.25], [1.0]).data


ANY = [name for name in COSTS if name != "softmax_cross_entropy"]
OF_PROBABILITIES = [name for name in COSTS if "likelihood" in name or "binary" in name]


@pytest.mark.parametrize("name", COSTS)
def test_counts_must_fit(name):
    """Outputs and targets are compared one by one; of several classes one number names one."""
    alone = [] if name == "softmax_cross_entropy" else [([0.5, 0.5], [1.0])]
    for a, y in (([0.5], [1.0, 1.0]), ([], []), *alone):
        with pytest.raises(ValueError, match=f"{name} compares .* got {len(a)} and {len(y)}"):
            COSTS[name].function(a, y)


@pytest.mark.parametrize("name", ANY)
@pytest.mark.parametrize("y", ["1", None, 1j, {}, [None], ["1"], [1j]], ids=repr)
def test_what_is_no_target(name, y):
    """Text, None, complex numbers and dicts are refused with their type."""
    with pytest.raises(TypeError, match=r"got (str|NoneType|complex|dict)"):
        COSTS[name].function(0.5, y)


@pytest.mark.parametrize("name", OF_PROBABILITIES)
@pytest.mark.parametrize("y", [-0.1, 1.1, math.nan, Value(2.0)], ids=repr)
def test_targets_that_are_no_probabilities(name, y):
    """A likelihood needs targets from 0 to 1."""
    with pytest.raises(ValueError, match="probability from 0 to 1, got"):
        COSTS[name].function(0.5, y)


@pytest.mark.parametrize("y", [0.0, 0.5, 2, math.nan, Value(0.0)], ids=repr)
def test_targets_that_are_no_labels(y):
    """Hinge needs labels −1 and 1: with 0 for −1 it would silently learn half of the examples."""
    with pytest.raises(ValueError, match="label, −1 or 1, got"):
        losses.hinge(0.5, y)


@pytest.mark.parametrize("y", [2, -1, 0.5, math.nan, Value(1.0), None], ids=repr)
def test_classes_that_do_not_exist(y):
    """A class is a whole number below the number of outputs."""
    with pytest.raises(ValueError, match=r"class .* does not exist: 2 outputs have the classes 0 to 1"):
        losses.softmax_cross_entropy([0.0, 1.0], y)
    with pytest.raises(ValueError, match=r"does not exist: 1 output has class 0 only"):
        losses.softmax_cross_entropy([0.0], y)


@pytest.mark.parametrize(("h", "y"), [(0.0, 1.0), (1.0, 0.0), (-0.5, 1.0), (1.5, 0.0)])
def test_outputs_outside_the_domain(h, y):
    """ln 0 and logarithms of negative numbers are refused; exact certainty that is right costs nothing."""
    for name in ("log_likelihood", "binary_cross_entropy"):
        with pytest.raises(ValueError, match=f"{name}: outside its domain"):
            COSTS[name].function(h, y)
    assert losses.log_likelihood([0.0, 1.0], [0.0, 1.0]).data == 0.0


def test_unknown_cost():
    """A wrong name is answered with the right ones."""
    with pytest.raises(ValueError, match="no cost is named 'mape'; choose one of squared_error, half_"):
        losses.cost("mape")


@pytest.mark.parametrize("cost", ["binary_cross_entropy", "log_likelihood"])
def test_an_output_that_is_no_probability_is_explained(cost):
    """Where outputs are logits, the error says what to use instead; an exact 0 or 1 is explained as well."""
    for h in (-0.3, 1.2, 0.0):
        with pytest.raises(
            ValueError, match=rf"{cost}: .*; outputs of this cost are probabilities: use .*, or the"
        ):
            COSTS[cost].function(Value(h), 1.0)


def test_a_class_number_may_stand_in_a_list():
    """As it does in a table's column; a share for each class and a Value stay what they are."""
    by_number = losses.softmax_cross_entropy([1.0, 2.0, 0.5], 2)
    assert losses.softmax_cross_entropy([1.0, 2.0, 0.5], [2]).data == by_number.data
    with pytest.raises(ValueError, match="got 3 and 1"):
        losses.softmax_cross_entropy([1.0, 2.0, 0.5], [Value(2.0)])
    with pytest.raises(ValueError, match=r"^class 3 does not exist"):
        losses.softmax_cross_entropy([1.0, 2.0, 0.5], [3])
    assert losses.softmax_cross_entropy([1.0], [1.0]).data == 0.0
