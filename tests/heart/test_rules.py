"""Every rule against mpmath, and the laws of the derivative that the documents state."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import ORACLE, PARAMETERS, exact, floats, off_by

import engine
from engine import Value, rules
from engine.formula import whole
from engine.functions import function
from engine.readings.expressions import Expressions
from engine.tape import Tape

CASES = [(name, parameters) for name in ORACLE for parameters in PARAMETERS.get(name, [{}])]
KINKED = {
    "abs", "relu", "leaky_relu", "elu", "selu", "hard_tanh", "clip", "maximum", "minimum", "hinge",
}  # fmt: skip
CONDITIONED = {"general_power": 4000, "power": 64, "softmax_share": 64, "gelu": 64, "gelu_tanh": 64}
"""Rules whose slope multiplies the operand's rounding by more than a few: units in the last place allowed."""


def read(name, operands, parameters):
    rule = rules.REGISTRY[name]
    return (rule.at(**parameters) if rule.defaults else rule)(engine.readings.floats, *operands)


SUMS_OF_PRODUCTS = {"affine", "dot", "mul", "squared_error", "half_squared_error", "softmax_cross_entropy"}


def near_a_kink(name, operands):
    points = {"clip": (-2.0, 3.0), "hard_tanh": (-1.0, 1.0)}.get(name, (0.0,))
    if name in {"maximum", "minimum"}:
        return len({round(x, 6) for x in operands}) < len(operands)
    if name == "hinge":
        return any(abs(1 - a * y) < 1e-6 for a, y in zip(operands[:2], operands[2:], strict=True))
    return any(abs(operands[0] - point) < 1e-6 for point in points)


def test_every_rule_has_an_oracle():
    """The table of rules and the table of oracles hold the same names: no rule goes unchecked."""
    for name in rules.REGISTRY:
        assert ORACLE[name]
    assert set(ORACLE) == set(rules.REGISTRY), "remove the lines of tests/oracle.py that belong to no rule"


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
@given(data=st.data())
def test_value_and_local_derivatives_are_those_of_mpmath(name, parameters, data):
    """Value and every local derivative agree with 50-digit arithmetic to a few units in the last place.

    Where a sum cancels, the unit is that of its largest term.
    """
    drawn = data.draw(st.tuples(*ORACLE[name][1]))
    operands = tuple(x if abs(x) > 1e-6 else 0.0 for x in drawn)  # tiny ones: tests/heart/test_rules_edges.py
    assume(name not in KINKED or not near_a_kink(name, operands))
    assume(name != "hypot" or any(operands))
    value, slopes = exact(name, operands, parameters)
    got, got_slopes = read(name, operands, parameters)
    scale = max(1, *(abs(x) for x in operands)) if len(operands) > 1 else 0
    terms = len(operands) * scale**2 if name in SUMS_OF_PRODUCTS else scale
    allowed = CONDITIONED.get(name, 16)
    assert off_by(got, value, terms if name != "general_power" else 0) <= allowed
    for found, expected in zip(got_slopes, slopes, strict=True):
        assert off_by(found, expected, bounded_terms(name, operands)) <= allowed


def bounded_terms(name, operands):
    """The size of the terms that a slope is a difference of, where it is one."""
    if name in {"gelu", "gelu_tanh", "silu", "mish"}:
        return 1.0
    if name in {"log_likelihood", "binary_cross_entropy"}:
        return 100.0
    if name == "softmax_cross_entropy":
        return len(operands) * max(1.0, *map(abs, operands))
    return max(1.0, *map(abs, operands)) if len(operands) > 1 and name != "general_power" else 0


HUGE = [
    ("sigmoid", -1000.0, 0.0, 0.0),
    ("sigmoid", 1000.0, 1.0, 0.0),
    ("tanh", 1000.0, 1.0, 0.0),
    ("tanh", -1000.0, -1.0, 0.0),
    ("tanh", 1e308, 1.0, 0.0),
    ("softplus", 1000.0, 1000.0, 1.0),
    ("softplus", -1000.0, 0.0, 0.0),
    ("log_sigmoid", -1000.0, -1000.0, 1.0),
    ("log_sigmoid", 1000.0, 0.0, 0.0),
    ("sech", 1e308, 0.0, 0.0),
    ("erf", 1e200, 1.0, 0.0),
    ("erfc", -1e200, 2.0, 0.0),
    ("atan", 1e300, math.pi / 2, 0.0),
    ("asinh", 1e300, math.asinh(1e300), 1e-300),
    ("softsign", -1e308, -1.0, 0.0),
    ("relu", 1e308, 1e308, 1.0),
    ("leaky_relu", -1e308, -1e306, 0.01),
    ("elu", -1e308, -1.0, 0.0),
    ("elu", 1e308, 1e308, 1.0),
    ("selu", 1e307, 1.0507009873554805e307, 1.0507009873554805),
    ("gelu", 1e308, 1e308, 1.0),
    ("gelu", -1e308, 0.0, 0.0),
    ("gelu_tanh", 1e308, 1e308, 1.0),
    ("gelu_tanh", -1e308, 0.0, 0.0),
    ("silu", 1e308, 1e308, 1.0),
    ("silu", -1e308, 0.0, 0.0),
    ("mish", 1e308, 1e308, 1.0),
    ("mish", -1e308, 0.0, 0.0),
    ("hard_tanh", -1e308, -1.0, 0.0),
]


@pytest.mark.parametrize(("name", "x", "value", "slope"), HUGE)
def test_rules_hold_over_the_whole_float_range(name, x, value, slope):
    """Value and slope at huge arguments are the limits: nothing overflows on the way, nothing becomes NaN."""
    rule = rules.REGISTRY[name]
    got, (got_slope,) = (rule.at() if rule.defaults else rule)(engine.readings.floats, x)
    assert got == pytest.approx(value, rel=1e-15, abs=0)
    assert got_slope == pytest.approx(slope, rel=1e-15, abs=0)


@pytest.mark.parametrize("x", [30.0, 40.0, 200.0, 300.0])
def test_small_slopes_of_saturated_activations_are_not_rounded_to_zero(x):
    """σ′ and tanh′ stay right to the last digits where 1 − σ(x) and 1 − tanh² x would round to 0."""
    for name in ("sigmoid", "tanh", "log_sigmoid"):
        _, (slope,) = exact(name, [x], {})
        _, (got,) = read(name, [x], {})
        assert got > 0
        assert off_by(got, slope) <= 8


def test_many_operands_of_huge_size():
    """logsumexp, softmax and cross-entropy of huge logits are exact: 1000 + ln 2, (½, ½) and 2000."""
    value, slopes = rules.logsumexp(engine.readings.floats, 1000.0, 1000.0)
    assert value == 1000 + math.log(2)
    assert slopes == (0.5, 0.5)
    assert rules.logsumexp(engine.readings.floats, -1e308, 1e308) == (1e308, (0.0, 1.0))
    assert rules.softmax(engine.readings.floats, 1e308, -1e308, 0.0) == (1.0, (0.0, -0.0, -0.0))
    assert rules.softmax_cross_entropy(engine.readings.floats, 2000.0, 0.0, 0.0, 1.0)[0] == 2000.0
    assert rules.binary_cross_entropy_from_logits(engine.readings.floats, 1000.0, 1.0) == (
        0.0,
        (-0.0, -1000.0),
    )


def test_infinite_logits_mask():
    """A logit of −∞ has no share in a softmax and adds nothing to logsumexp; +∞ makes the sum infinite."""
    assert rules.softmax(engine.readings.floats, 1.0, -math.inf)[0] == 1.0
    assert rules.logsumexp(engine.readings.floats, 1.0, -math.inf) == (1.0, (1.0, 0.0))
    assert rules.logsumexp(engine.readings.floats, math.inf, 0.0)[0] == math.inf


KINKS = [
    ("abs", {}, (0.0,), (0.0,)),
    ("relu", {}, (0.0,), (0.0,)),
    ("leaky_relu", {"slope": 0.1}, (0.0,), (0.1,)),
    ("elu", {"alpha": 0.5}, (0.0,), (0.5,)),
    ("hard_tanh", {}, (1.0,), (0.0,)),
    ("hard_tanh", {}, (-1.0,), (0.0,)),
    ("clip", {"lo": 0.0, "hi": 1.0}, (0.0,), (0.0,)),
    ("clip", {"lo": 0.0, "hi": 1.0}, (1.0,), (0.0,)),
    ("maximum", {}, (2.0, 2.0), (0.5, 0.5)),
    ("minimum", {}, (2.0, 3.0, 2.0), (0.5, 0.0, 0.5)),
    ("hypot", {}, (0.0, 0.0), (0.0, 0.0)),
    ("hinge", {}, (1.0, 1.0), (0.0, 0.0)),
    ("sqrt", {}, (0.0,), (math.inf,)),
    ("power", {"n": 0.5}, (0.0,), (math.inf,)),
    ("power", {"n": 0}, (0.0,), (0.0,)),
    ("power", {"n": 1}, (0.0,), (1.0,)),
    ("power", {"n": 2}, (0.0,), (0.0,)),
    ("asin", {}, (1.0,), (math.inf,)),
    ("acos", {}, (-1.0,), (-math.inf,)),
    ("acosh", {}, (1.0,), (math.inf,)),
    ("general_power", {}, (0.0, 2.0), (0.0, 0.0)),
    ("general_power", {}, (0.0, 0.5), (math.inf, 0.0)),
]


@pytest.mark.parametrize(("name", "parameters", "operands", "slopes"), KINKS)
def test_kinks_take_the_documented_slope(name, parameters, operands, slopes):
    """At a kink the flat side's slope counts, at a vertical tangent ∞; equal largest operands share."""
    assert read(name, operands, parameters)[1] == slopes
    if name not in {"general_power", "power"} or slopes[0] == math.inf:
        assert rules.REGISTRY[name].kinks


def test_selu_at_zero():
    """selu takes the slope λα of its left side at 0, as its table row says."""
    assert read("selu", (0.0,), {})[1] == (pytest.approx(1.0507009873554805 * 1.6732632423543772),)


@pytest.mark.parametrize("name", sorted(set(ORACLE) - {"power", "clip"}))
def test_nan_passes_through_every_rule(name):
    """A NaN operand makes the value NaN: no rule swallows it."""
    operands = [math.nan] + [0.5] * (len(ORACLE[name][1]) - 1)
    rule = rules.REGISTRY[name]
    assert math.isnan((rule.at() if rule.defaults else rule)(engine.readings.floats, *operands)[0])


def test_nan_passes_through_rules_with_parameters():
    """The same for those that take parameters."""
    assert math.isnan(read("power", [math.nan], {"n": 3})[0])
    assert math.isnan(read("clip", [math.nan], {"lo": 0.0, "hi": 1.0})[0])


OUTSIDE = [
    ("log", (0.0,), ValueError),
    ("log", (-1.0,), ValueError),
    ("log2", (0.0,), ValueError),
    ("log10", (-3.0,), ValueError),
    ("log1p", (-1.0,), ValueError),
    ("sqrt", (-1.0,), ValueError),
    ("asin", (1.5,), ValueError),
    ("acos", (-1.5,), ValueError),
    ("acosh", (0.5,), ValueError),
    ("atanh", (1.0,), ValueError),
    ("sin", (math.inf,), ValueError),
    ("div", (1.0, 0.0), ZeroDivisionError),
    ("atan2", (0.0, 0.0), ZeroDivisionError),
    ("exp", (1000.0,), OverflowError),
    ("expm1", (1000.0,), OverflowError),
    ("sinh", (1000.0,), OverflowError),
    ("cosh", (-1000.0,), OverflowError),
    ("general_power", (-2.0, 3.0), ValueError),
    ("general_power", (0.0, 0.0), ValueError),
    ("general_power", (0.0, -1.0), ZeroDivisionError),
    ("general_power", (1e200, 2.0), OverflowError),
    ("log_likelihood", (0.0, 0.5), ValueError),
    ("log_likelihood", (1.5, 1.0), ValueError),
    ("log_likelihood", (-0.5, 0.0), ValueError),
]


@pytest.mark.parametrize(("name", "operands", "error"), OUTSIDE)
def test_outside_the_domain_python_s_own_exception_is_raised(name, operands, error):
    """Outside its domain a rule raises what Python's own function raises."""
    with pytest.raises(error):
        rules.REGISTRY[name](engine.readings.floats, *operands)


@pytest.mark.parametrize(
    ("x", "n", "error"),
    [(-8.0, 1 / 3, ValueError), (0.0, -1, ZeroDivisionError), (1e200, 2, OverflowError)],
)
def test_powers_stay_real(x, n, error):
    """A fractional power of a negative number raises: it is not made complex as Python's ``**`` does."""
    with pytest.raises(error):
        rules.power.at(n=n)(engine.readings.floats, x)


def test_steep_slopes_saturate_where_the_value_is_a_float():
    """1e-200⁻¹ is a float, its slope −1e400 is not: the value stands, the slope is −∞."""
    assert rules.power.at(n=-1)(engine.readings.floats, 1e-200) == (1e200, (-math.inf,))
    assert rules.power.at(n=-2)(engine.readings.floats, -1e-150) == (1e300, (math.inf,))
    assert rules.div(engine.readings.floats, 1.0, 2.0**-1000)[1] == (2.0**1000, -math.inf)


def test_certain_predictions_that_come_true_cost_nothing():
    """0 ln 0 counts as 0: h = y at 0 and 1 has likelihood 1, and slopes of the side that is left."""
    assert rules.log_likelihood(engine.readings.floats, 1.0, 1.0) == (0.0, (1.0, math.inf))
    assert rules.log_likelihood(engine.readings.floats, 0.0, 0.0) == (0.0, (-1.0, -math.inf))


x_, c_ = floats(0.2, 3.0), floats(-3.0, 3.0)


def f(x):
    return (x * x).sin() + 2.5


def g(x):
    return x.exp() + 1.5


def slope(y, x):
    x.grad = 0.0
    y.backward()
    return x.grad


def f_prime(x):
    return 2 * x * math.cos(x * x)


g_prime = math.exp


@given(x_, c_, st.sampled_from([-3, -1, 0, 1, 2, 5, 0.5, -2.5]))
def test_seven_rules_of_the_derivative(at, c, n):
    """The lecture's table: (cf)′ = cf′, (xⁿ)′ = nxⁿ⁻¹, (f ± g)′ = f′ ± g′, (fg)′ = fg′ + f′g,
    (f/g)′ = (f′g − g′f)/g², (1/f)′ = −f′/f². Source: *Neural Networks (2)*, AIML231/DATA302 week 9.
    """
    x = Value(at)
    F, G, f1, g1 = f(x).data, g(x).data, f_prime(at), g_prime(at)
    laws = [
        (c * f(x), c * f1),
        (x**n, n * at ** (n - 1)),
        (f(x) + g(x), f1 + g1),
        (f(x) - g(x), f1 - g1),
        (f(x) * g(x), F * g1 + f1 * G),
        (f(x) / g(x), (f1 * G - g1 * F) / G**2),
        (1 / f(x), -f1 / F**2),
    ]
    for y, expected in laws:
        assert slope(y, x) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", ["dot", "squared_error", "log_likelihood", "softmax_cross_entropy", "hinge"])
def test_pairs_are_complete(name):
    """Rules of paired operands refuse an odd one: nothing is left out silently."""
    with pytest.raises(TypeError, match="two halves of equal length, got 3"):
        engine.apply(rules.REGISTRY[name], 1.0, 0.5, 1.0)
    with pytest.raises(TypeError, match="two halves of equal length, got 1"):
        engine.apply(rules.affine, 1.0, 0.5)


def test_a_rule_names_itself_once():
    """A second rule of the same name is refused: nothing is replaced silently."""
    with pytest.raises(ValueError, match="there is already a rule named 'tanh'"):

        @rules.rule()
        def tanh(xp, x):  # noqa: ARG001  (what a rule takes)
            return x, (1.0,)


def test_a_rule_is_told_by_name_and_parameters():
    """x**2 and x**3 are rules of their own; the same exponent gives an equal rule, with equal hash."""
    two = rules.power.at(n=2)
    assert two == rules.power.at(n=2)
    assert hash(two) == hash(rules.power.at(n=2))
    assert two != rules.power.at(n=3)
    assert two != rules.power
    assert two.symbol == "**2"
    with pytest.raises(TypeError, match="power takes the parameters n; got none"):
        rules.power.at()
    with pytest.raises(TypeError, match="tanh takes the parameters none; got slope"):
        rules.tanh.at(slope=1.0)


def test_every_rule_tells_what_it_is():
    """Summary, domain and symbol of each rule are there for the table and for help()."""
    for rule in rules.REGISTRY.values():
        assert rule.summary.endswith((".", "?"))
        assert rule.domain
        assert rule.symbol
        assert rule.variadic != bool(rule.operands)


@pytest.fixture
def product():
    """A rule from outside for one test, and a list of what it returns too much; it may be changed."""
    too_much = []

    @rules.rule()
    def odd_product(xp, x, y):  # noqa: ARG001  (what a rule takes)
        """x y."""
        return x * y, (y, x, *too_much)

    yield odd_product, too_much
    del rules.REGISTRY["odd_product"]


READINGS = {
    "eager": lambda y, a, b: engine.apply(y.rule, a, b),
    "as a function": lambda y, a, b: function(y.rule)(a, b),
    "refresh": lambda y, *_: y.refresh(),
    "gradcheck": lambda y, *_: engine.gradcheck(y),
    "tape": lambda y, a, b: Tape(y * y, params=[a, b])([1.0, 2.0]),
    "tape over a batch": lambda y, a, b: Tape(y * y, inputs=[a], params=[b])([1.0], [[2.0], [3.0]]),
    "program": lambda y, a, b: Tape(y * y, params=[a, b]).source(),
    "matrix program": lambda y, a, b: Tape(y * y, params=[a, b]).source("matrix"),
    "formula": lambda y, *_: whole(y),
    "explanation": lambda y, a, _: str(engine.explain(y, a)),
    "second derivatives": lambda y, a, b: engine.hessian(y, [a, b]),
    "page": lambda y, *_: y.play().html,
}


@pytest.mark.parametrize("reading", READINGS)
def test_a_rule_with_too_many_or_too_few_slopes_is_named(product, reading):
    """Whatever reads a rule from outside says which one returns another number of slopes than of operands."""
    rule, too_much = product
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    y = engine.apply(rule, a, b)
    too_much.append(1.0)
    with pytest.raises(
        TypeError, match=r"^the rule odd_product must return its value .* got 3 for 2 operands"
    ):
        READINGS[reading](y, a, b)


def test_a_tape_made_before_names_it_as_well(product):
    """Also where a rule goes wrong between two calls, of one example and of several."""
    rule, too_much = product
    a, b = Value(2.0), Value(3.0)
    tape = Tape(engine.apply(rule, a, b), inputs=[a], params=[b])
    assert tape([1.0], [2.0])[0] == 2.0
    too_much.append(1.0)
    for inputs in ([2.0], [[2.0], [3.0]], [[2.0]] * 100):
        with pytest.raises(TypeError, match="the rule odd_product"):
            tape([1.0], inputs)


@pytest.mark.parametrize(
    ("returned", "got"),
    [
        (lambda x: (x, ()), "0 for 1 operand$"),
        (lambda x: x, "float$"),
        (lambda x: (x, 1.0), "float, float$"),
        (lambda x: (x, (1.0,), 2.0), "float, tuple, float$"),
        (lambda _: (), "an empty tuple$"),
        (lambda _: None, "NoneType$"),
    ],
)
def test_what_a_rule_returns_in_another_form_is_told(returned, got):
    """Neither a bare value nor a bare slope: what came, what was expected, what to do."""

    @rules.rule()
    def odd(xp, x):  # noqa: ARG001  (what a rule takes)
        """x."""
        return returned(x)

    try:
        with pytest.raises(
            TypeError, match=r"^the rule odd must return .*`return x \* y, \(y, x\)`; got " + got
        ):
            engine.apply(odd, Value(2.0))
    finally:
        del rules.REGISTRY["odd"]


def test_rules_of_this_package_return_a_slope_for_each_operand():
    """They are not counted when they are read: so they are counted here, in every reading's own shape."""
    for name, parameters in CASES:
        rule = rules.REGISTRY[name].at(**parameters) if parameters else rules.REGISTRY[name]
        assert "counted" not in repr(rule.function)
        for count in [len(rule.operands)] if rule.operands else [1, 2, 3, 4, 5]:
            xp = Expressions()
            try:
                _, slopes = rule.function(xp, *(xp.variable() for _ in range(count)))
            except TypeError as error:
                assert "halves of equal length" in str(error)  # noqa: PT017  (few raise)
            else:
                assert len(slopes) == count


SPECIAL = (0.0, -0.0, 1, 1.0, True, -1.0, math.inf, math.nan, float("nan"), 2, 2.0, np.float32(2.0))
PARAMETRISED = [
    (rule, name)
    for rule in rules.REGISTRY.values()
    for name in dict(rule.defaults)
    if rule.name in ORACLE
]  # fmt: skip


def in_bits(x):
    """What a number is, to the bit: NaN is NaN, and 2 is 2.0."""
    return "nan" if math.isnan(x) else float(x).hex()


@pytest.mark.parametrize(("rule", "name"), PARAMETRISED, ids=lambda x: getattr(x, "name", x))
def test_bound_rules_are_one_where_their_parameters_are_one_number(rule, name):
    """Equality and the memory of bound rules go by the parameter's bits: 0.0 is not −0.0, NaN is NaN."""
    given = {other: 3.0 for other, _ in rule.defaults}
    for x in SPECIAL:
        one = rule.at(**given | {name: x})
        assert in_bits(dict(one.parameters)[name]) == in_bits(x)
        assert type(dict(one.parameters)[name]) in {int, float}
        for y in SPECIAL:
            other = rule.at(**given | {name: y})
            same = in_bits(x) == in_bits(y)
            assert (one == other, len({one, other}) == 1) == (same, same)
            assert same or one is not other


@pytest.mark.parametrize(
    ("make", "rule", "parameters"),
    [
        (lambda x, p: x.leaky_relu(p), rules.leaky_relu, lambda p: {"slope": p}),
        (lambda x, p: engine.leaky_relu(x, slope=p), rules.leaky_relu, lambda p: {"slope": p}),
        (lambda x, p: x.elu(p), rules.elu, lambda p: {"alpha": p}),
        (lambda x, p: x.clip(p, 1.0), rules.clip, lambda p: {"lo": p, "hi": 1.0}),
        (lambda x, p: x.clip(-5.0, p), rules.clip, lambda p: {"lo": -5.0, "hi": p}),
        (lambda x, p: x**p, rules.power, lambda p: {"n": p}),
    ],
)
@pytest.mark.parametrize("first", [0.0, -0.0])
def test_a_parameter_keeps_its_sign_whatever_was_asked_for_before(make, rule, parameters, first):
    """Eager and on a tape, side by side in one group, ±0 give the bits of the bare function, in any order."""
    for number in (-2.0, -0.0, 0.0, 0.5):
        x = Value(number)
        nodes = [make(x, p) for p in (first, -first)]
        for node, p in zip(nodes, (first, -first), strict=True):
            value, (slope,) = rule.function(engine.readings.floats, number, **parameters(p))
            assert (in_bits(node.data), in_bits(node.local_derivatives[0])) == (
                in_bits(value),
                in_bits(slope),
            )
        angles = [10.0**k * node.atan2(-1.0) for k, node in enumerate(nodes)]  # of −0 it is −π, of 0 π
        eager = sum(10.0**k * math.atan2(node.data, -1.0) for k, node in enumerate(nodes))
        assert Tape(engine.total(angles), params=[x])([number])[0] == pytest.approx(eager, rel=1e-12)


@pytest.mark.parametrize("exponent", [True, 2.0, 0.0, -0.0, np.float32(3.0), np.int64(2)])
def test_an_exponent_is_named_as_a_number(exponent):
    """True is 1, a NumPy number is Python's, and x to the −0 is x to the 0."""
    x = Value(1.5)
    assert (x**exponent)._op in {"**1", "**2.0", "**0.0", "**3.0"}
    assert (x**exponent).data == 1.5 ** float(exponent)
    assert rules.power.at(n=exponent).symbol.lstrip("*") in {"1", "2.0", "0.0", "-0.0", "3.0", "2"}
