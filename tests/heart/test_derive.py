"""Derivatives that are Values: against mpmath, backward(), finite differences and closed forms."""

import copy
import gc
import math
import pickle
from itertools import combinations_with_replacement

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from oracle import ORACLE, PARAMETERS
from random_graphs import graphs

import engine
from engine import Value, graph, rules
from engine.checking import difference
from engine.derive import Derivation, grad, hessian, hvp, jacobian
from engine.readings import floats
from engine.readings.expressions import VOCABULARY
from engine.readings.values import Differentiable
from engine.tape import Tape

CASES = [(name, parameters) for name in ORACLE for parameters in PARAMETERS.get(name, [{}])]
SMOOTH_OF_ONE = [
    (name, parameters)
    for name, parameters in CASES
    if len(ORACLE[name][1]) == 1 and not rules.REGISTRY[name].kinks.startswith("x = ±1: slope 0")
]


def numbers(*rows):
    """The data of nested lists of Values."""
    return [[x.data for x in row] for row in rows]


def bound(name, parameters):
    rule = rules.REGISTRY[name]
    return rule.at(**parameters) if rule.defaults else rule


@st.composite
def points(draw, name):
    """Operands of moderate size within the domain, away from kinks: whole numbers and ties."""
    bounded = set(rules.REGISTRY[name].domain) & set("<≤>≥≠") and name != "clip"
    tenths = st.integers(1, 8) if bounded else st.integers(-35, 34)
    ks = draw(st.lists(tenths, min_size=len(ORACLE[name][1]), max_size=len(ORACLE[name][1]), unique=True))
    xs = [(k + 0.5) / 10 + (name == "acosh") for k in ks]
    assume(name != "hinge" or all(abs(a * y - 1) > 0.05 for a, y in zip(xs[:2], xs[2:], strict=True)))
    return xs


def partial(name, parameters, xs, orders):
    """A partial derivative of the rule's function by mpmath."""
    fixed = {key: mpf(x) for key, x in parameters.items()}
    return float(mp.diff(lambda *v: ORACLE[name][0](*v, **fixed), tuple(map(mpf, xs)), orders))


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
@settings(max_examples=8)
@given(data=st.data())
def test_second_derivatives_of_every_rule_are_those_of_mpmath(name, parameters, data):
    """Every pure and mixed second derivative of every rule agrees with 50-digit differences."""
    xs = data.draw(points(name))
    operands = [Value(x) for x in xs]
    found = jacobian(grad(engine.apply(bound(name, parameters), *operands), operands), operands)
    for i, j in combinations_with_replacement(range(len(xs)), 2):
        orders = tuple((k == i) + (k == j) for k in range(len(xs)))
        expected = partial(name, parameters, xs, orders)
        assert found[i][j].data == pytest.approx(expected, rel=1e-8, abs=1e-9)
        assert found[j][i].data == pytest.approx(expected, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize(("name", "parameters"), SMOOTH_OF_ONE, ids=str)
@settings(max_examples=8)
@given(data=st.data())
def test_third_derivatives_are_those_of_mpmath(name, parameters, data):
    """Derived three times, every function of one operand agrees with 50-digit differences."""
    (x,) = data.draw(points(name))
    node = Value(x)
    third = grad(grad(grad(engine.apply(bound(name, parameters), node), node), node), node)
    assert third.data == pytest.approx(partial(name, parameters, [x], (3,)), rel=1e-7, abs=1e-8)


@given(graphs())
def test_first_derivatives_are_those_of_backward(drawn):
    """By leaves and inner nodes, grad gives what backward() gives, to the last bit; it touches no .grad."""
    root, leaves = drawn
    xs = list(dict.fromkeys([*graph.topological_order(root), *leaves]))
    for x in xs:
        x.grad = 7.0
    found = grad(root, xs)
    assert [x.grad for x in xs] == [7.0] * len(xs)
    for x in xs:
        x.grad = 0.0
    root.backward()
    assert [slope.data for slope in found] == [x.grad for x in xs]


@settings(max_examples=30)
@given(graphs(max_leaves=3, max_nodes=8))
def test_hessians_are_the_differences_of_gradients(drawn):
    """Every entry of a Hessian is the finite difference of a gradient of backward(), on both sides."""
    root, leaves = drawn
    found = hessian(root, leaves)

    def slope(i, j, x):
        before = leaves[j].data
        leaves[j].data = x
        root.refresh()
        root.zero_grad()
        root.backward()
        leaves[j].data = before
        return leaves[i].grad

    for i in range(len(leaves)):
        for j in range(len(leaves)):
            numeric = difference(lambda x, i=i, j=j: slope(i, j, x), leaves[j].data, 1e-14)
            assume(not numeric.kink)  # of softsign: |x|
            assert found[i][j] is found[j][i]
            assert found[i][j].data == pytest.approx(numeric.slope, rel=1e-5, abs=numeric.error + 1e-6)


@given(graphs(), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_hessian_vector_products_are_what_they_say(drawn, v):
    """hvp is the Hessian times the vector, of numbers or of Values; mixed partials agree both ways."""
    root, xs = drawn
    v = v[: len(xs)]
    H = numbers(*hessian(root, xs))
    scale = max(1.0, *(abs(x) for row in H for x in row))
    expected = [math.fsum(h * x for h, x in zip(row, v, strict=True)) for row in H]
    for vector in (v, [Value(x) for x in v]):
        assert [x.data for x in hvp(root, xs, vector)] == pytest.approx(expected, abs=1e-9 * scale)
    full = numbers(*jacobian(grad(root, xs), xs))
    assert full == [pytest.approx(row, abs=1e-9 * scale) for row in H]


def test_a_vector_that_depends_on_x_counts_as_numbers():
    """H v is no derivative of v: v = x³ gives 2 · x³ for C = x²."""
    x = Value(3.0)
    assert hvp(x * x, x, [x**3])[0].data == 54.0
    assert hvp(x * x, [x], [x])[0].data == 6.0


def test_a_fourth_power_up_to_its_fifth_derivative():
    """x⁴, 4x³, 12x², 24x, 24, 0; the plain numbers of a derivative are no variables."""
    x = C = Value(2.0)
    C = x**4
    for expected in (32.0, 48.0, 48.0, 24.0):
        C = grad(C)
        assert C.data == expected
    assert grad(C, x).data == 0.0
    with pytest.raises(ValueError, match="this one has 0; say with respect to which"):
        grad(C)


@given(st.floats(-30, 30))
def test_the_second_derivative_of_sigmoid(x):
    """σ″ = σ (1 − σ)(1 − 2σ), which is −2 sinh(x/2) / (2 cosh(x/2))³."""
    node = Value(x)
    expected = -2 * math.sinh(x / 2) / (2 * math.cosh(x / 2)) ** 3
    assert grad(grad(node.sigmoid())).data == pytest.approx(expected, rel=1e-9, abs=1e-16)


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_rosenbrock(x, y):
    """(1 − x)² + 100 (y − x²)² has the Hessian [[2 − 400 (y − 3x²), −400x], [−400x, 200]]."""
    a, b = Value(x), Value(y)
    H = hessian((1 - a) ** 2 + 100 * (b - a**2) ** 2, [a, b])
    expected = [[2 - 400 * (y - 3 * x * x), -400 * x], [-400 * x, 200.0]]
    assert numbers(*H) == [pytest.approx(row, rel=1e-12, abs=1e-10) for row in expected]


def test_the_network_of_the_documents():
    """∂²C/∂w∂b of the 1-1-1-1 sigmoid network, for each weight and bias, is that of mpmath."""
    at = [0.9, -0.4, 1.3, 0.2, -0.7, 0.5]  # w, b of three layers

    def cost(*wb, sigmoid, x=0.8, y=1.0):
        a = x
        for w, b in zip(wb[::2], wb[1::2], strict=True):
            a = sigmoid(w * a + b)
        return (a - y) ** 2

    nodes = [Value(x) for x in at]
    H = hessian(cost(*nodes, sigmoid=engine.sigmoid), nodes)
    for i, j in combinations_with_replacement(range(6), 2):
        orders = tuple((k == i) + (k == j) for k in range(6))
        oracle = mp.diff(
            lambda *v: cost(*v, sigmoid=lambda z: 1 / (1 + mp.exp(-z)), x=mpf(0.8)),
            tuple(map(mpf, at)),
            orders,
        )
        assert H[i][j].data == pytest.approx(float(oracle), rel=1e-10)


def test_a_jacobian_has_a_row_for_each_function():
    """Polar coordinates: [[cos t, −r sin t], [sin t, r cos t]]; a bare Value is a list of one."""
    r, t = Value(2.0), Value(0.6)
    J = jacobian([r * t.cos(), r * t.sin()], (r, t))
    expected = [[math.cos(0.6), -2 * math.sin(0.6)], [math.sin(0.6), 2 * math.cos(0.6)]]
    assert numbers(*J) == [pytest.approx(row) for row in expected]
    assert numbers(*jacobian(r * r, r)) == [[4.0]]
    assert jacobian([], r) == []
    assert hessian(r, []) == []


def test_whatever_comes_several_times_adds_up():
    """a · a, shared nodes and twins of one operation: over all paths, and each node is its own."""
    a = Value(3.0)
    assert grad(a * a).data == 6.0
    b = a * a
    assert grad(b * b + b).data == 4 * 27 + 6
    assert [x.data for x in grad(b * b, [a, b, a])] == [108.0, 18.0, 108.0]
    first, second = a.exp(), a.exp()
    assert grad(first * second, [first])[0] is second
    slopes = grad(second * second + first, [a, second])
    assert grad(slopes[1], second).data == 2.0
    bare = engine.mean([a])
    assert grad(grad(bare * bare, [a, bare])[1], bare).data == 2.0
    assert grad(bare * a, [a, bare])[1] is a
    x, y = Value(1.0), Value(2.0)
    assert [entry.data for entry in hvp((x + y) ** 2, [x, y], [1.0, 10.0])] == [22.0, 22.0]


def test_what_does_not_depend_is_0_and_c_by_itself_is_1():
    """Of constants the derivative is 0, of C by C it is 1; both are constants in their turn."""
    x, y = Value(2.0), Value(3.0)
    for C, by, expected in ((x * x, y, 0.0), (x, y, 0.0), (x, x, 1.0), (x * y, y * 1.0, 0.0)):
        slope = grad(C, by)
        assert (slope.data, slope.rule) == (expected, rules.constant)
    assert grad(x).data == 1.0
    assert [slope.data for slope in grad(x.exp() * 0.0 + y, [x, y])] == [0.0, 1.0]
    assert grad(y * x, x) is y


def test_derivatives_by_an_inner_node():
    """∂C/∂z of the documents, and by z again: C = σ(z)², z = w x."""
    w, x = Value(0.5, label="w"), Value(2.0)
    z = w * x
    C = z.sigmoid() ** 2
    s = floats.sigmoid(1.0)
    assert grad(C, z).data == pytest.approx(2 * s * s * (1 - s), rel=1e-14)
    assert hessian(C, z)[0][0].data == pytest.approx(2 * s * s * (1 - s) * (2 - 3 * s), rel=1e-13)
    with pytest.raises(ValueError, match="one of them is computed from w; leave one of the two out"):
        hessian(C, [w, z])
    with pytest.raises(ValueError, match="hvp takes xs that do not depend on one another"):
        hvp(C, [z, x], [1.0, 1.0])


def rules_of(*roots):
    """How often each rule stands in a graph, in the words of a picture."""
    found = [node.rule.symbol for node in graph.topological_order(*roots) if node.parents]
    return {symbol: found.count(symbol) for symbol in found}


def test_what_is_computed_already_is_not_computed_again():
    """The slope of exp is exp itself, that of a = σ(z) is a · σ(−z); x³ takes the x² that is there."""
    x = Value(0.5)
    y = x.exp()
    assert grad(y) is y
    a = x.sigmoid()
    assert grad(a).parents[0] is a
    assert rules_of(grad(a)) == {"sigmoid": 2, "neg": 1, "*": 1}
    square = x**2
    assert [node for node in graph.topological_order(grad(square + x**3)) if node.data == 0.25] == [square]
    assert grad(x.expm1() + y).parents == (y, y)
    s = x.sin()
    assert grad(grad(s + x.cos())).parents[0].parents[0] is s
    share = engine.softmax([x, s])[0]
    assert share in graph.topological_order(grad(share, x))
    row, column = jacobian([x.tanh(), x.tanh()], x)
    assert row == column


TIDY = {
    "a sum": (lambda x, y: x + 3 * y, [{}, {}]),
    "a product": (lambda x, y: x * y, [{}, {}]),
    "a difference": (lambda x, y: (x - y).exp(), [{"-": 1, "exp": 1}, {"-": 1, "exp": 1, "neg": 1}]),
    "relu on": (lambda x, y: (x * y).relu(), [{"*": 1, "if ≤": 1}] * 2),
    "relu off": (lambda x, y: (-x).relu() + y, [{"neg": 1, "if ≤": 1}, {}]),
    "relu twice": (lambda x, y: x.relu().relu() + y, [{"ReLU": 1, "if ≤": 2}, {}]),
    "a square": (lambda x, y: (x - y) ** 2, [{"-": 1, "*": 1}, {"-": 1, "*": 1, "neg": 1}]),
    "a weighted sum": (lambda x, y: engine.affine(1.0, [x], [y]), [{}, {}]),
    "two minuses": (lambda x, y: -(x.exp()) * -y, [{"*": 1, "exp": 1}, {"exp": 1}]),
    "a logarithm of a sum": (
        lambda x, y: engine.logsumexp([x, y]),
        [{"shift": 1, "-": 2, "exp": 2, "+": 1, "/": 1}] * 2,
    ),
    "elu": (lambda x, y: (x - 1).elu() + y, [{"-": 1, "if ≤": 2, "exp": 1}, {}]),
    "a maximum": (lambda x, y: engine.maximum(x, y) * 3, [{"maximum": 1, "share": 1, "*": 1, "if <": 1}] * 2),
}


@pytest.mark.parametrize("name", TIDY)
def test_graphs_of_derivatives_are_tidy(name):
    """No 1 · x, no x + 0, no −(−x), nothing that a derivative does not need."""
    build, expected = TIDY[name]
    x, y = Value(0.5), Value(0.25)
    assert [rules_of(slope) for slope in grad(build(x, y), [x, y])] == expected


def test_the_arithmetic_is_tidy():
    """What changes nothing is no node: + 0, · 1, / 1, ** 1; what is known is a number: · 0, ** 0, x − x."""
    xp, x = Differentiable(), Value(2.0)
    same = [xp.add(0.0, x), xp.add(x, 0), xp.sub(x, 0.0), xp.mul(x, 1), xp.mul(1.0, x), xp.div(x, 1.0)]
    assert {*same, xp.power(x, 1), xp.neg(xp.neg(x)), xp.sub(0.0, -x), xp.mul(-x, -1)} == {x}
    assert (xp.mul(x, 0.0), xp.mul(0.0, x), xp.power(x, 0), xp.sub(x, x)) == (0.0, 0.0, 1.0, 0.0)
    minus = xp.neg(x)
    assert {xp.mul(-1.0, x), xp.mul(x, -1.0), xp.sub(0.0, x)} == {minus}
    infinite = Value(math.inf)
    assert math.isnan(xp.sub(infinite, infinite).data)


def test_0_times_infinity_is_no_0():
    """A slope of 0 drops out unless the gradient is infinite or NaN: then it is NaN, as in backward().

    But a side that a rule does not take passes nothing on, which is right, where backward() has 0 · ∞.
    """
    x = Value(0.0)
    y = (x * 0.0).sqrt()
    y.backward()
    assert math.isnan(x.grad)
    assert math.isnan(grad(y).data)
    y = (x - 1).relu().sqrt()  # √0 has slope ∞, relu slope 0
    y.backward()
    assert math.isnan(x.grad)
    assert grad(y).data == 0.0


KINKS = [
    ("relu", {}, 0.0, [0.0, 0.0, 0.0]),
    ("abs", {}, 0.0, [0.0, 0.0]),
    ("leaky_relu", {"slope": 0.1}, 0.0, [0.1, 0.0]),
    ("elu", {"alpha": 0.5}, 0.0, [0.5, 0.5, 0.5]),
    ("selu", {}, 0.0, [1.7580993408473766] * 2),
    ("hard_tanh", {}, 1.0, [0.0, 0.0]),
    ("softsign", {}, 0.0, [1.0, 0.0]),
    ("clip", {"lo": 0.0, "hi": 1.0}, 0.0, [0.0, 0.0]),
    ("sqrt", {}, 0.0, [math.inf, -math.inf]),
    ("asin", {}, 1.0, [math.inf, math.nan]),
    ("acos", {}, -1.0, [-math.inf, math.nan]),
    ("acosh", {}, 1.0, [math.inf, math.nan]),
    ("power", {"n": 0.5}, 0.0, [math.inf, -math.inf, math.inf]),
    ("power", {"n": 1.5}, 0.0, [0.0, math.inf, -math.inf]),
    ("power", {"n": 0}, 0.0, [0.0, 0.0]),
    ("power", {"n": 1}, 0.0, [1.0, 0.0]),
    ("power", {"n": 2}, 0.0, [0.0, 2.0, 0.0]),
    ("power", {"n": -1}, 1e-200, [-math.inf, math.inf]),
    ("tanh", {}, 1000.0, [0.0, 0.0, 0.0]),
    ("sigmoid", {}, -1000.0, [0.0, 0.0, 0.0]),
    ("softplus", {}, 1000.0, [1.0, 0.0, 0.0]),
    ("gelu_tanh", {}, -1e308, [0.0, 0.0]),
]


@pytest.mark.parametrize(("name", "parameters", "x", "expected"), KINKS)
def test_kinks_and_edges_raise_nothing(name, parameters, x, expected):
    """At a kink the derivatives are those of the side that the rule takes; at an edge the limit, or NaN."""
    node = Value(x)
    C = engine.apply(bound(name, parameters), node)
    for slope in expected:
        C = grad(C, node)
        assert C.data == pytest.approx(slope, rel=1e-15, nan_ok=True)


def test_kinks_of_several_operands():
    """Ties share the slope, and it is constant; a distance has no second derivative at 0; 0 ln 0 is 0."""
    x, y = Value(2.0), Value(2.0)
    tie = engine.maximum(x, y) + engine.minimum(x, y)
    assert [slope.data for slope in grad(tie, [x, y])] == [1.0, 1.0]
    assert numbers(*hessian(tie, [x, y])) == [[0.0, 0.0], [0.0, 0.0]]
    x, y = Value(0.0), Value(0.0)
    assert not any(math.isfinite(entry.data) for row in hessian(x.hypot(y), [x, y]) for entry in row)
    x, y = Value(0.0), Value(2.0)
    assert [slope.data for slope in grad(x**y, [x, y])] == [0.0, 0.0]
    likelihood = engine.apply(rules.log_likelihood, x, 0.0)
    assert numbers(*hessian(likelihood, [x])) == [[-1.0]]
    z = [Value(0.0), Value(0.0)]
    C = engine.apply(rules.softmax_cross_entropy, *z, 1.0, 0.0)
    assert numbers(*hessian(C, z)) == [[0.25, -0.25], [-0.25, 0.25]]


def arguments(name, x, y):
    """What a name of the vocabulary is called with."""
    if name == "where":
        return (x > y, x, y)
    one = {rule.name for rule in rules.REGISTRY.values() if len(rule.operands) == 1} - {"power"}
    return (x,) if name in one | {"sign", "ieee_log", "gaussian"} else (x, y)


POINTS = [(x, y) for x in (0.0, 0.25, 1.0, -1.0, math.inf, math.nan) for y in (0.0, 0.5, 1.0, -1.0, math.inf)]


@pytest.mark.parametrize("name", [*VOCABULARY, "add", "sub", "mul", "div", "neg"])
def test_the_arithmetic_computes_what_floats_do(name):
    """Of floats, of Values and of both, every operation gives the number that floats give, or raises."""

    def plain(*xs):
        return getattr(floats, name)(*xs) if name in VOCABULARY else rules.REGISTRY[name](floats, *xs)[0]

    def number(*xs):
        found = getattr(Differentiable(), name)(*xs)
        return found.data if isinstance(found, Value) else found

    for point in POINTS[name == "atan2" :]:  # of floats alone atan2 is 0 at the origin, as a rule it raises
        given = arguments(name, *point)
        ways = [given, (*given[:-1], Value(given[-1])), (given[0], *map(Value, given[1:]))]
        if name != "where":
            ways += [tuple(map(Value, given)), (Value(given[0]), *given[1:])]
        if name == "power":  # a Value in the exponent asks for a positive base
            ways = [given, (Value(given[0]), given[1])]
        for operands in ways:
            try:
                expected = plain(*given)
            except (ValueError, ArithmeticError) as error:
                with pytest.raises(type(error)):
                    number(*operands)
            else:
                assert number(*operands) == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


def test_a_node_made_by_hand_is_refused():
    """What its local derivatives depend on is not known: no silent 0, but only where it lies between."""
    x, y = Value(2.0), Value(3.0)
    cube = Value(8.0, (x,), "cube", local_derivatives=(12.0,))
    with pytest.raises(TypeError, match=r"a node made by hand \('cube'\) has no rule") as caught:
        grad(cube * y, x)
    assert not hasattr(caught.value, "__notes__")
    engine.label(cube=cube)
    with pytest.raises(TypeError) as caught:
        hessian(cube * y, [x, y])
    assert caught.value.__notes__ == ["The node is labelled 'cube'."]
    assert grad(cube * y, y) is cube
    assert [slope.data for slope in grad(cube * y, [cube, y])] == [3.0, 8.0]
    mine = Value(2.0, (), "mine")
    assert grad(mine**2).data == 4.0


@pytest.mark.slow
def test_deep_chains():
    """50,000 nodes in a row are derived twice, without recursion; the slope of a sum of ones is exact."""
    x = C = Value(0.5)
    for k in range(50_000):
        C = C + 1.0 if k % 2 else C.sin()
    slope = grad(C, x)
    second = grad(slope, x)
    C.backward()
    assert slope.data == x.grad
    assert math.isfinite(second.data)
    chain = x
    for _ in range(50_000):
        chain = chain * 1.0 + 0.0
    assert grad(chain * chain, x).data == 1.0


class Kept(Value):
    """A Value of another type."""


def test_the_type_of_c_is_kept():
    """Nodes and constants alike are of the type of C."""
    x, other = Kept(2.0), Value(1.0)
    assert {type(node) for node in grad(3 * x**2 + x.sin(), [x, other])} == {Kept}
    assert {type(node) for node in graph.topological_order(grad(engine.mean([x**3, x.cos()])))} == {Kept}
    assert type(grad(x)) is Kept


@given(graphs(), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_a_refreshed_derivative_is_that_of_the_edited_graph(drawn, edits):
    """refresh() of the graph of a derivative gives what grad gives when it is computed anew."""
    root, xs = drawn
    slopes = engine.total(grad(root, xs))
    for x, edit in zip(xs, edits, strict=False):
        x.data = edit
    slopes.refresh()
    root.refresh()
    assert slopes.data == pytest.approx(math.fsum(x.data for x in grad(root, xs)), rel=1e-9, abs=1e-9)


def test_a_refreshed_second_derivative():
    """The same for second derivatives, even where another logit is the largest now, and over a kink."""
    x, y = Value(0.5), Value(-1.0)
    C = engine.logsumexp([x * y, y.tanh()]) * x.exp()
    H = hessian(C, [x, y])
    sum_of_all = engine.total([*H[0], *H[1]])
    x.data, y.data = -1.5, 2.0
    sum_of_all.refresh()
    C.refresh()
    anew = hessian(C, [x, y])
    assert numbers(*H) == [pytest.approx([v.data for v in row], rel=1e-12) for row in anew]
    slope = grad(x.relu() * 1.0 + x * y, x)
    x.data = 3.0
    slope.refresh()
    assert slope.data == 3.0


def test_constants_of_an_expression_are_marked():
    """What an expression makes of plain numbers is a constant; what is made with Value(…) is a variable."""
    x = Value(2.0)
    nodes = [2 * x, x + 1, 1 / x, x - 2.0, engine.hypot(x, 1.0), engine.affine(1.0, [2.0], [x]), 2**x]
    for node in nodes:
        assert {leaf.rule for leaf in graph.leaves(node)} == {None, rules.constant}
        assert graph.leaves(node)[graph.leaves(node).index(x)].rule is None
        grad(node)
    assert "constant" not in rules.REGISTRY
    two = (2 * x).parents[0]
    assert (two._op, two.parents, two.local_derivatives) == ("", (), ())
    two.data, two.grad = 5.0, 1.0
    assert (two.data, two.grad) == (5.0, 1.0)
    with pytest.raises(TypeError, match="a constant is a number as it was given: no rule computes it"):
        engine.apply(rules.constant)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, lambda x: pickle.loads(pickle.dumps(x))])
def test_constants_survive_copies(duplicate):
    """A copied graph has the same variables: grad without xs still knows the only one."""
    C = duplicate(Value(2.0) * 3 + 1)
    assert grad(C).data == 3.0
    assert [leaf.rule for leaf in graph.leaves(C)] == [None, rules.constant, rules.constant]
    assert graph.leaves(C)[1].rule is rules.constant


def test_constants_are_told_nowhere_else():
    """In pictures, in errors of NaN and to a tape a constant is a leaf as any."""
    x = Value(2.0)
    assert [box.rows[0] for box in engine.draw(2 * x).diagram.boxes] == ["leaf", "leaf", "*"]
    assert Tape(2.0 * x, params=[x]).matches(Value(2.0) * Value(7.0))
    with engine.detect_anomaly(), pytest.raises(FloatingPointError, match=r"x = inf, operand = 0.0; see"):
        Value(math.inf, label="x") * 0.0


def test_by_which_variable():
    """Without xs, several variables are named and none is said; with a hint at what to write."""
    ws = [Value(float(k), label=f"w{k}") for k in range(8)]
    with pytest.raises(
        ValueError, match=r"^grad\(C\) takes a C of one variable, and this one has 2: w1, w2; "
    ):
        grad(ws[1] * ws[2] + 1)
    with pytest.raises(
        ValueError, match=r"has 8: w0, w1, w2, w3, w4, w5, …; say with respect to .* as in grad\(C, w\)$"
    ):
        grad(engine.total(ws))
    with pytest.raises(ValueError, match=r"has 2: Value\(data=1.0, grad=0.0\), w3; "):
        grad(Value(1.0) * ws[3])
    with pytest.raises(ValueError, match=r"this one has 0; say with respect to which"):
        grad(grad(3 * ws[1]))


REFUSED = [
    (lambda _: grad(3.0), TypeError, r"grad differentiates a Value, got float 3.0; pass what is computed"),
    (lambda x: grad(math.sin, x), TypeError, r"got builtin_function_or_method .* the f\(x\) of a function f"),
    (lambda x: hessian([x], x), TypeError, r"hessian differentiates a Value, got list"),
    (lambda x: hvp(None, x, [1.0]), TypeError, r"hvp differentiates a Value, got NoneType None"),
    (lambda x: grad(x, 2.0), TypeError, r"grad takes xs as a Value or a list of them, got float 2.0; pass"),
    (lambda x: grad(x, ["x"]), TypeError, r"got str 'x' in it; pass the Values themselves, not their"),
    (lambda x: jacobian(1.0, x), TypeError, r"jacobian takes ys as a Value or a list of them, got float"),
    (lambda x: jacobian(x, [1.0]), TypeError, r"jacobian takes xs as a Value or a list of them, got float"),
    (lambda x: hessian(x, 1.0), TypeError, r"hessian takes xs"),
    (lambda x: hvp(x, x, 1.0), TypeError, r"hvp takes v as a list of numbers or Values, got float 1.0; put"),
    (lambda x: hvp(x, x, x), TypeError, r"hvp takes v as a list .* got Kept Value"),
    (lambda x: hvp(x, x, ["1"]), TypeError, r"v must be a real number, got str '1'"),
    (lambda x: hvp(x, x, [1.0, 2.0]), ValueError, r"hvp takes one number of v for each x, got 2 for 1; pass"),
    (lambda x: hvp(x, [x, x], [1.0]), ValueError, r"got 1 for 2; pass as many"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_is_no_value_is_refused(call, error, message):
    """The error says what came, what was expected and what to do."""
    with pytest.raises(error, match=message):
        call(Kept(2.0))


def test_a_derivation_lets_go_of_its_nodes():
    """No circle of references holds the nodes of a derivation that is done."""
    gc.collect()
    gc.disable()
    try:
        x = Value(0.5)
        before = sum(isinstance(o, Value) for o in gc.get_objects())
        hessian((x * 2).sin().exp(), x)
        assert sum(isinstance(o, Value) for o in gc.get_objects()) == before
    finally:
        gc.enable()


def test_a_derivation_of_nothing():
    """No roots have no derivatives but 0."""
    x = Value(1.0)
    assert [slope.data for slope in Derivation([], [x]).pull_back([], [x])] == [0.0]


@pytest.mark.parametrize(
    ("cost", "outputs", "labels"),
    [
        ("binary_cross_entropy", (0.3, 0.9), (1.0, 0.0)),
        ("log_likelihood", (0.3, 0.9), (0.0, 1.0)),
        ("binary_cross_entropy_from_logits", (0.0, 2.0), (1.0, 0.0)),
        ("softmax_cross_entropy", (0.0, 0.0), (1.0, 0.0)),
        ("softmax_cross_entropy", (1.0, 3.0), (0.25, 0.75)),
    ],
)
def test_mixed_partials_of_costs_agree_where_labels_are_0_and_1(cost, outputs, labels):
    """∂²C/∂y∂a = ∂²C/∂a∂y also where a rule chooses between two forms: at labels 0 and 1, at equal logits."""
    nodes = [Value(x) for x in (*outputs, *labels)]
    C = engine.apply(rules.REGISTRY[cost], *nodes)
    matrix = [[entry.data for entry in row] for row in jacobian(grad(C, nodes), nodes)]
    for i, row in enumerate(matrix):
        for j, entry in enumerate(row):
            assert entry == pytest.approx(matrix[j][i], abs=1e-12)
