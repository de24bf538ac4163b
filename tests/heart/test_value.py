"""The node: what comes in, what backward and refresh do, and what a Value refuses to be."""

import gc
import inspect
import itertools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from processes import printed
from random_graphs import graphs

import engine
from engine import Value, graph, rules
from engine.node import called, compiled


def gradients(root):
    return [node.grad for node in graph.topological_order(root)]


def by_paths(root, leaf):
    """∂root/∂leaf as the sum over all paths of the product of local derivatives, by plain recursion."""
    if root is leaf:
        return 1.0
    return math.fsum(
        slope * by_paths(parent, leaf)
        for parent, slope in zip(root.parents, root.local_derivatives, strict=True)
    )


@given(graphs(max_nodes=9))
def test_backward_is_the_sum_over_paths_of_products(grown):
    """∂C/∂x is the sum over all paths from x to C of the product of the local derivatives on it."""
    root, leaves = grown
    root.backward()
    for leaf in leaves:
        assert leaf.grad == pytest.approx(by_paths(root, leaf), rel=1e-9, abs=1e-12)


@given(graphs())
def test_backward_agrees_with_finite_differences(grown):
    """The gradient of random graphs of many rules is that of central differences."""
    root, _ = grown
    verdicts = {row.verdict for row in engine.gradcheck(root).rows}
    assert verdicts <= {"ok", "faint"}


@given(graphs())
def test_inner_gradients_are_set_and_leaves_add(grown):
    """A second backward() leaves inner gradients as they were and doubles those of leaves, exactly."""
    root, _ = grown
    root.backward()
    once = [(node, node.grad) for node in graph.topological_order(root)]
    root.backward()
    for node, grad in once:
        assert node.grad == (grad if node.parents else 2 * grad)


@given(graphs(), st.integers(0, 100))
def test_two_roots_add_up_exactly(grown, pick):
    """backward() of C₁, then of C₂ on one graph gives leaves the sum of both gradients, to the last bit."""
    root, leaves = grown
    order = graph.topological_order(root)
    other = order[pick % len(order)]
    parts = []
    for c in (root, other):
        root.zero_grad()
        c.backward()
        parts.append([leaf.grad for leaf in leaves])
    root.zero_grad()
    root.backward()
    other.backward()
    assert [leaf.grad for leaf in leaves] == [a + b for a, b in zip(*parts, strict=True)]


def test_the_second_backward_of_a_cube():
    """27, and 27 again after the leaf was cleared: micrograd's 45 does not come."""
    x = Value(3.0)
    y = x**3
    y.backward()
    x.grad = 0
    y.backward()
    assert x.grad == 27.0


def test_a_leaf_is_its_own_derivative():
    """∂x/∂x = 1, and it adds like any other gradient of a leaf."""
    x = Value(2.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_operands_may_occur_twice():
    """a·a has two edges from a, and slope 2a; a + a has slope 2; a/a has slope 0."""
    a = Value(3.0)
    for y, slope in ((a * a, 6.0), (a + a, 2.0), (a / a, 0.0), (a - a, 0.0)):
        assert y.parents == (a, a)
        a.zero_grad()
        y.backward()
        assert a.grad == pytest.approx(slope)


@given(graphs())
def test_refresh_gives_what_a_new_graph_would(grown):
    """After leaves were edited, refresh() gives the data, local derivatives and gradients of a new graph."""
    root, leaves = grown
    before = [node.data for node in graph.topological_order(root)]
    old = [leaf.data for leaf in leaves]
    for leaf in leaves:
        leaf.data = leaf.data * 0.5 + 0.1
    root.refresh()
    root.backward()
    assert all(row.verdict in {"ok", "faint"} for row in engine.gradcheck(root).rows)
    for leaf, x in zip(leaves, old, strict=True):
        leaf.data = x
    root.refresh()
    assert [node.data for node in graph.topological_order(root)] == before


def test_refresh_forgets_inner_gradients_only():
    """Inner gradients belong to the old numbers and go; those of leaves stay until they are cleared."""
    x = Value(2.0)
    y = x * x
    z = y + 1
    z.backward()
    x.data = 5.0
    z.refresh()
    assert (z.data, y.has_grad, z.has_grad, x.grad) == (26.0, False, False, 4.0)


def test_refresh_changes_nothing_where_a_rule_cannot_be_evaluated():
    """log of a number that became negative raises with the label, and every node is as before."""
    x = Value(2.0, label="x")
    square, y = x * x, x.log()
    z = square + y
    before = [(node.data, node.local_derivatives) for node in graph.topological_order(z)][1:]
    x.data = -1.0
    with pytest.raises(ValueError, match=r"log: outside its domain \(x > 0\) at x = -1.0 \(label 'x'\)"):
        z.refresh()
    assert [(node.data, node.local_derivatives) for node in graph.topological_order(z)][1:] == before


def test_zero_grad_forgets():
    """zero_grad() clears leaves and inner nodes: 0.0 for arithmetic, and known as not computed."""
    x = Value(2.0)
    y = x.exp()
    y.backward()
    assert x.has_grad
    y.zero_grad()
    assert (x.grad, y.grad, x.has_grad, y.has_grad) == (0.0, 0.0, False, False)


@pytest.mark.parametrize(
    "number",
    [2, 2.0, True, Fraction(1, 2), Decimal("0.5"), np.float64(2), np.float32(2), np.int64(2), np.bool_(True)],
)
def test_any_real_number_comes_in_as_float(number):
    """Data, gradient and operand may be any real number; all of them become plain floats."""
    x = Value(number)
    x.grad = number
    y = x * number + number
    assert type(x.data) is type(x.grad) is type(y.data) is float
    assert x.data == float(number)
    x.data = number
    assert type(x.data) is float


@pytest.mark.parametrize("wrong", ["1", b"1", 1j, [1.0], (1.0,), {}, set(), np.array([1.0]), np.array(1.0)])
def test_what_is_no_real_number_is_refused(wrong):
    """Text, complex numbers and arrays are refused as data and gradient, and the error names them."""
    x = Value(1.0)
    for refused in (
        lambda: Value(wrong),
        lambda: setattr(x, "data", wrong),
        lambda: setattr(x, "grad", wrong),
    ):
        with pytest.raises(TypeError, match=type(wrong).__name__):
            refused()
    assert (x.data, x.has_grad) == (1.0, False)


@pytest.mark.parametrize("wrong", ["1", b"1", None, 1j, [1.0], (1.0,), {}, set(), frozenset()])
@pytest.mark.parametrize("side", ["left", "right"])
def test_what_can_be_no_operand_is_refused(wrong, side):
    """The same as operands on either side of every operator."""
    x = Value(1.0)
    for name in ("add", "sub", "mul", "truediv", "pow"):
        operation = getattr(__import__("operator"), name)
        with pytest.raises(TypeError, match="an operand is a Value or a real number"):
            operation(x, wrong) if side == "right" else operation(wrong, x)


class Foreign:
    """Something that knows how to multiply Values by itself."""

    def __rmul__(self, other):
        return ("mine", other)


def test_strangers_get_their_own_operator():
    """An object with operators of its own is asked before Python gives up, with Python's TypeError."""
    x = Value(2.0)
    assert x * Foreign() == ("mine", x)
    with pytest.raises(TypeError, match="unsupported operand"):
        x + Foreign()
    with pytest.raises(TypeError, match="unsupported operand"):
        Foreign() ** x


def test_a_value_is_no_plain_number():
    """float(), int() and math functions would cut the gradient: they raise, and say what to use instead."""
    x = Value(2.0)
    for cut in (float, int, math.exp, math.floor, lambda v: np.array([v], dtype=float)):
        with pytest.raises((TypeError, ValueError), match=r"\.data"):
            cut(x)
    with pytest.raises(TypeError, match="use the Value as it is"):
        Value(x)


@pytest.mark.parametrize(
    ("ufunc", "method"),
    [
        ("exp", "exp"), ("log", "log"), ("sqrt", "sqrt"), ("tanh", "tanh"), ("sin", "sin"), ("cos", "cos"),
        ("expm1", "expm1"), ("log1p", "log1p"), ("log2", "log2"), ("log10", "log10"), ("arcsin", "asin"),
        ("arccos", "acos"), ("arctan", "atan"), ("arcsinh", "asinh"), ("arctanh", "atanh"), ("sinh", "sinh"),
        ("cosh", "cosh"), ("tan", "tan"), ("absolute", "__abs__"), ("negative", "__neg__"),
    ],
)  # fmt: skip
def test_numpy_functions_of_a_value_are_values(ufunc, method):
    """np.exp(v) and its like give the Value that the method gives, and pass the gradient."""
    x = Value(0.4)
    y, expected = getattr(np, ufunc)(x), getattr(x, method)()
    assert isinstance(y, Value)
    assert (y.data, y.local_derivatives) == (expected.data, expected.local_derivatives)
    assert y.parents == (x,)


def test_numpy_functions_of_two_values():
    """np.hypot, np.arctan2, np.power and np.maximum, too."""
    x, y = Value(0.4), Value(0.7)
    assert np.hypot(x, y).data == math.hypot(0.4, 0.7)
    assert np.arctan2(x, y).data == math.atan2(0.4, 0.7)
    assert np.power(x, 2).local_derivatives == (0.8,)
    assert np.maximum(x, y).parents == (x, y)
    assert np.arccosh(Value(2.0)).data == math.acosh(2.0)


def test_numpy_scalars_are_factors_on_either_side():
    """np.float64(2) * v and v * np.int64(3) are Values with slopes 2 and 3."""
    for factor in (np.float64(2), np.float32(2), np.int64(2), np.int8(2)):
        for operation, slope in (
            (lambda f, v: f * v, 2.0),
            (lambda f, v: v * f, 2.0),
            (lambda f, v: f + v, 1.0),
            (lambda f, v: f - v, -1.0),
            (lambda f, v: f / v, -2.0 / 9.0),
            (lambda f, v: v**f, 6.0),
            (lambda f, v: f**v, 8 * math.log(2)),
        ):
            x = Value(3.0)
            y = operation(factor, x)
            assert isinstance(y, Value)
            y.backward()
            assert x.grad == pytest.approx(slope)


def test_arrays_of_values_multiply():
    """W @ x of object arrays gives Values with the gradients of a matrix product: ∂(Wx)ᵢ/∂Wᵢⱼ = xⱼ."""
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([Value(5.0), Value(6.0)])
    y = W @ x
    assert [v.data for v in y] == [17.0, 39.0]
    y.sum().backward()
    assert [[w.grad for w in row] for row in W] == [[5.0, 6.0], [5.0, 6.0]]
    assert [v.grad for v in x] == [4.0, 6.0]
    a = Value(2.0)
    assert [v.data for v in a * np.array([1.0, 2.0])] == [2.0, 4.0]
    assert [v.data for v in np.array([1.0, 2.0]) - a] == [-1.0, 0.0]
    assert [v.data for v in np.exp(np.array([Value(0.0)]))] == [1.0]


def test_order_compares_data_and_equality_identity():
    """< ≤ > ≥ compare numbers and give bool; == and hash are identity, so that Values serve as keys."""
    a, b = Value(1.0), Value(2.0)
    assert a < b
    assert a <= 1
    assert b > 1.5
    assert b >= np.float64(2)
    assert 1.5 < b  # noqa: SIM300  (the number on the left is the point)
    assert (a < 0.5) is False
    assert a != Value(1.0)
    assert {a: "a", b: "b"}[a] == "a"
    assert len({a, a, b}) == 2
    assert max(a, b) is b
    assert sorted([b, a]) == [a, b]
    for wrong in ("1", None, 1j):
        with pytest.raises(TypeError, match="comparison must be a real number"):
            _ = a < wrong


def test_a_constant_exponent_is_part_of_the_rule():
    """x ** 2 has one parent and takes a negative base; x ** y and 2 ** x have two."""
    x = Value(-2.0)
    assert (x**3).parents == (x,)
    assert (x**3).local_derivatives == (12.0,)
    assert (x**3).rule.parameters == (("n", 3),)
    assert ((x**2)._op, (x**-1)._op, (x**2.0)._op) == ("**2", "**-1", "**2.0")
    assert (x ** Fraction(2)).data == 4.0
    with pytest.raises(ValueError, match=r"^x \*\* y, rule general_power: outside its domain \(x > 0"):
        x ** Value(3.0)
    with pytest.raises(ValueError, match=r"^x \*\* n, rule power\(n=0.5\): outside its domain"):
        x**0.5
    y = 2 ** Value(3.0)
    y.backward()
    assert [p.data for p in y.parents] == [2.0, 3.0]
    assert y.parents[1].grad == pytest.approx(8 * math.log(2))


def test_signs():
    """+x is x itself, −x a node, abs(x) a node."""
    x = Value(-2.0)
    assert +x is x
    assert (-x).data == abs(x).data == 2.0


def test_errors_name_rule_operand_and_label():
    """Outside a domain the message names the rule, the numbers, the labels and the domain."""
    x = Value(-1.0, label="score")
    with pytest.raises(
        ValueError, match=r"^log: outside its domain \(x > 0\) at x = -1.0 \(label 'score'\); see"
    ):
        x.log()
    with pytest.raises(
        ZeroDivisionError, match=r"^x / y, rule div: division by zero at x = -1.0 .* y = 0.0; its domain is y"
    ):
        x / 0
    with pytest.raises(OverflowError, match=r"^exp: the result exceeds the largest float at x = 1000.0; see"):
        Value(1000.0).exp()
    many = [Value(-1.0)] * 9
    with pytest.raises(ValueError, match=r"operand 5 = .*, … \(9 operands\)"):
        engine.apply(_refusing(), *many)


def _refusing():
    """A rule of variable arity that fails, as log does, whatever it is given."""

    def fails(xp, *xs):
        return xp.log(-1.0), xs

    return rules.Rule(name="fails", function=fails, operands=(), variadic=True, domain="nothing")


def test_infinities_and_nan_come_in():
    """inf and NaN as data are allowed through: arithmetic goes on as IEEE 754 has it."""
    x = Value(math.inf)
    assert math.isnan((x - x).data)
    assert Value(math.nan).relu().data != 0
    assert Value(math.inf).sigmoid().data == 1.0


def test_labels_are_text():
    """A label is text and nothing else; it can be set and read."""
    x = Value(1.0, label="x")
    x.label = '<b>"\\n'
    assert x.label == '<b>"\\n'
    for wrong in (1, None, b"x"):
        with pytest.raises(TypeError, match="label must be text"):
            x.label = wrong
    assert x.label == '<b>"\\n'


def test_how_a_value_is_shown():
    """repr is micrograd's; a format is that of the number."""
    x = Value(0.25)
    x.grad = 2
    assert repr(x) == str(x) == f"{x}" == "Value(data=0.25, grad=2.0)"
    assert f"{x:.3f}" == "0.250"


class Coloured(Value):
    """A user's own kind of Value."""

    colour = "blue"


def test_operators_keep_a_subclass():
    """Operators and functions of a subclass give nodes of it, constants among them."""
    x = Coloured(2.0)
    y = 1 + (x * 2).tanh() ** 2
    assert {type(node) for node in graph.topological_order(y)} == {Coloured}
    assert type(Value(1.0) + x) is Value
    assert type(x + Value(1.0)) is Coloured
    y.backward()
    assert x.grad == pytest.approx(2 * math.tanh(4) * (1 - math.tanh(4) ** 2) * 2)
    assert type(engine.tanh(x)) is type(engine.dot([1.0], [x])) is Coloured


def test_a_value_has_nothing_but_its_slots():
    """A mistyped attribute raises: nothing is stored silently."""
    with pytest.raises(AttributeError):
        Value(1.0).dta = 3.0


def test_methods_with_parameters():
    """leaky_relu, elu and clip take their parameters by position or name, and check them."""
    x = Value(-2.0)
    assert x.leaky_relu().data == -0.02
    assert x.leaky_relu(slope=0.5).local_derivatives == (0.5,)
    assert x.elu(2).data == 2 * math.expm1(-2)
    assert x.clip(-1, hi=1).data == -1.0
    with pytest.raises(ValueError, match=r"^clip\(lo=2\.0, hi=1\.0\): outside its domain \(all x; lo ≤ hi\)"):
        x.clip(2, 1)
    with pytest.raises(TypeError, match="slope must be a real number, got str 'steep'"):
        x.leaky_relu("steep")


def test_help_tells_what_a_method_does():
    """help(Value.tanh) has the rule's words and domain; kinks are told where there are any."""
    assert "Hyperbolic tangent" in Value.tanh.__doc__
    assert "Domain: all x." in Value.tanh.__doc__
    assert "Kinks: x = 0" in Value.relu.__doc__
    assert Value.relu.__name__ == "relu"


NUMBERS = st.floats(width=64)


EDGES = (0.0, -0.0, 5e-324, 1e-310, 0.3, -0.3, 1.0, -1.0, 2.5, -2.5, 40.0, 710.0, -710.0, 1e200, -1e308, math.inf, -math.inf, math.nan)  # fmt: skip  # noqa: E501  (one row of numbers)
PARAMETERS = {
    "power": [(n,) for n in (0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.0, 0.0, 1e300, 2**60)],
    "leaky_relu": [(0.01,), (0.0,), (-0.0,), (-2.0,)],
    "elu": [(1.0,), (0.0,), (-0.0,), (2.5,)],
    "clip": [(-1.0, 1.0), (0.0, 0.0), (-0.0, 0.0), (1.0, -1.0), (-math.inf, math.inf), (math.nan, 1.0)],
}
METHODS = [
    (name, parameters)
    for name, rule in (rules.REGISTRY | rules.INNER).items()
    if (not rule.variadic and len(rule.operands) < 3) or name in {"maximum", "minimum"}
    for parameters in PARAMETERS.get(name, [()] if not rule.defaults else [(0.5,), (2,)])
]


@pytest.mark.parametrize(("name", "parameters"), METHODS)
def test_a_method_is_its_rule(name, parameters):
    """A compiled method gives the node that its rule gives, read with floats, to the bit, or its error."""
    rule = (rules.REGISTRY | rules.INNER)[name]
    bound = rule.at(**dict(zip(dict(rule.defaults), parameters, strict=True))) if parameters else rule
    for point in itertools.product(EDGES, repeat=len(rule.operands) or 2):
        xs = [*map(Value, point)]
        made, read = (
            outcome(lambda: compiled(rule)(*xs, *parameters)),  # noqa: B023  (called at once)
            outcome(lambda: called(bound, *xs)),  # noqa: B023  (as above)
        )
        if isinstance(read, Value):
            assert same_node(made, read), (point, made.local_derivatives, read.local_derivatives)
        else:
            assert made == read, point


@pytest.mark.parametrize(
    "n", [0, 1, 2, 3, -1, -2, 11, 2**60, -(2**70), 10**400, True, 2.0, -0.0, Fraction(1, 2)]
)
def test_a_power_is_its_rule(n):
    """``x ** n`` gives the node of ``power`` bound to n, to the bit, or its error; an int stays an int."""
    for x in EDGES:
        made = outcome(lambda: Value(x) ** n)  # noqa: B023  (called at once)
        read = outcome(lambda: called(rules.power.at(n=n if isinstance(n, int) else n + 0.0), Value(x)))  # noqa: B023
        if isinstance(read, Value):
            assert same_node(made, read), x
            assert repr(made.rule.parameters) == repr(read.rule.parameters)
        else:
            assert made == read or abs(n) > 1e308, x


def outcome(make):
    """A node, or the error that there is in its place."""
    try:
        return make()
    except (ValueError, ArithmeticError) as error:
        return type(error), str(error)


@given(NUMBERS, NUMBERS)
def test_operators_are_their_rules(x, y):
    """Both orders of a number and a Value, to the bit, for every float there is."""
    for operator, rule in [("add", rules.add), ("sub", rules.sub), ("mul", rules.mul)]:
        operate = getattr(math, operator, None) or getattr(__import__("operator"), operator)
        a, b = Value(x), Value(y)
        assert same_node(operate(a, b), called(rule, a, b))
        assert same_node(operate(a, y), called(rule, a, y))
        assert same_node(operate(x, b), called(rule, Value(x), b))


def test_a_rule_that_looks_at_its_operand_is_called():
    """It cannot be written down, and works all the same."""

    def steep(_, x):
        return (x * x, (2 * x,)) if x > 0 else (x * 0.0, (0.0,))

    rule = rules.rule()(steep)
    try:
        method = compiled(rule)
        assert (method(Value(3.0)).local_derivatives, method(Value(-3.0)).local_derivatives) == (
            (6.0,),
            (0.0,),
        )
    finally:
        del rules.REGISTRY["steep"]


def test_such_a_rule_of_two_operands_refuses_what_is_no_number():
    """As a compiled method does: text raises, and an array is left to its own operators."""

    def larger(_, x, y):
        return (x, (1.0, 0.0)) if x > y else (y, (0.0, 1.0))

    rule = rules.rule()(larger)
    try:
        method = compiled(rule)
        assert method(Value(3.0), 2.0).local_derivatives == (1.0, 0.0)
        with pytest.raises(TypeError, match="cannot combine a Value with str '2'"):
            method(Value(3.0), "2")
        assert method(Value(3.0), np.ones(2)) is NotImplemented
    finally:
        del rules.REGISTRY["larger"]


@pytest.mark.skipif(engine.compiled, reason="of a method in C, inspect has no text: docs/inside/compiled.md")
def test_the_text_of_a_method_can_be_read():
    """``inspect`` shows what runs: the rule's own lines, in a function of its name."""
    text = inspect.getsource(Value.sigmoid)
    assert text.startswith("def sigmoid(self):")
    assert "z = sigmoid(x)" in text
    assert "number, by_self = z, z * sigmoid(-x)" in text
    assert "if not (n):" in inspect.getsource(compiled(rules.power))
    assert "if type(n) is not int:" in inspect.getsource(Value.__pow__)
    assert Value.tanh is vars(Value)["tanh"]


@given(st.data(), st.integers(1, 4))
def test_products_written_out_by_hand_equal_their_rules(data, n):
    """affine and dot give the node that their rule gives, to the bit, for every float there is."""
    b, *rest = (Value(data.draw(NUMBERS)) for _ in range(2 * n + 1))
    ws, xs = rest[:n], rest[n:]
    assert same_node(engine.affine(b, ws, xs), engine.apply(rules.affine, b, *ws, *xs))
    assert same_node(engine.dot(ws, tuple(xs)), engine.apply(rules.dot, *ws, *xs))
    assert same_node(engine.affine(0.5, ws, xs), engine.apply(rules.affine, 0.5, *ws, *xs))
    assert same_node(
        engine.dot(ws, [x.data for x in xs]), engine.apply(rules.dot, *ws, *(x.data for x in xs))
    )


@given(st.lists(st.floats(-1e3, 1e3) | st.floats(allow_nan=False), min_size=1, max_size=4))
def test_softmax_written_out_by_hand_equals_its_rule(numbers):
    """A share is the node that its rule gives, to the bit, for logits of any size, infinite ones included."""
    assume(max(numbers) > -math.inf)
    for share in engine.softmax([Value(x) for x in numbers]):
        assert same_node(share, engine.apply(rules.softmax_share, *share.parents))


def test_anomalies_are_seen_in_what_is_written_out_by_hand():
    """A NaN that arises is told by each of them as by its rule."""
    x, zero, inf = Value(-math.inf, label="x"), Value(0.0), Value(math.inf)
    for name, operation in {
        "add": lambda: x + inf,
        "mul": lambda: x * zero,
        "affine": lambda: engine.affine(inf, [x], [inf]),
        "dot": lambda: engine.dot([x, inf], [inf, inf]),
        "tanh": lambda: Value(math.nan).tanh(),
        "softmax_share": lambda: engine.softmax([inf])[0],
    }.items():
        with (
            engine.detect_anomaly(),
            pytest.raises(FloatingPointError, match=f"NaN (arose in|reached) {name}"),
        ):
            operation()
        assert math.isnan(operation().data)


def same_node(a, b):
    """The same rule, and the same bits in data, operands and local derivatives; no gradient yet."""
    assert (a.rule, a.has_grad, a.label, type(a)) == (b.rule, b.has_grad, b.label, type(b))
    numbers = [
        (node.data, *(parent.data for parent in node.parents), *node.local_derivatives) for node in (a, b)
    ]
    return [x.hex() for x in numbers[0]] == [x.hex() for x in numbers[1]]


def test_local_derivatives_are_set_one_for_each_parent():
    """Setting them checks kind and number, and changes nothing where it refuses."""
    for operands in (1, 2, 3):
        parents = [Value(2.0) for _ in range(operands)]
        node = engine.total(parents)
        node.local_derivatives = [k + 1 for k in range(operands)]
        node.backward()
        assert [p.grad for p in parents] == [1.0, 2.0, 3.0][:operands]
        for wrong, error in [
            ([1.0] * (operands + 1), ValueError),
            (["1"] * operands, TypeError),
            (1.0, TypeError),
        ]:
            with pytest.raises(error, match="local derivative"):
                node.local_derivatives = wrong
        assert node.local_derivatives == (1.0, 2.0, 3.0)[:operands]
    with pytest.raises(ValueError, match="0 parents and 1 local"):
        Value(1.0).local_derivatives = (1.0,)


def test_every_rule_of_one_operand_is_a_method():
    """Adding a rule takes two edits; this fails when the second, the line in value.py, is forgotten."""
    operators = {"abs": "__abs__", "neg": "__neg__", "power": "__pow__"}
    unary = [rule.name for rule in rules.REGISTRY.values() if len(rule.operands) == 1]
    missing = [name for name in unary if not hasattr(Value, operators.get(name, name))]
    assert missing == []


def test_apply_counts_operands():
    """A rule of fixed arity takes that many operands, a rule of variable arity not too few."""
    with pytest.raises(TypeError, match=r"tanh takes 1 operand, got 2; write tanh\(x\)"):
        engine.apply(rules.tanh, 1.0, 2.0)
    with pytest.raises(TypeError, match="mean takes at least 1 operand, got 0"):
        engine.apply(rules.mean)


@pytest.mark.slow
def test_a_chain_of_a_million_nodes():
    """Depth is limited by memory only: build, backward, refresh and letting go of a chain of 10⁶ nodes."""
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + x
    y.backward()
    assert x.grad == 1_000_001
    x.data = 2.0
    y.refresh()
    assert y.data == 2_000_002
    del y
    gc.collect()


def test_graphs_hold_no_cycles():
    """Reference counting alone frees a graph: the cyclic garbage collector finds nothing."""
    gc.collect()
    gc.disable()
    try:
        x = Value(1.0)
        y = ((x * 2).tanh() + x).exp()
        y.backward()
        del x, y
        assert gc.collect() == 0
    finally:
        gc.enable()


PROGRAM = """
import random
from engine import Value
random.seed(7)
xs = [Value(random.uniform(-1, 1)) for _ in range(6)]
y = sum((a * b).tanh() / (1 + a * a) for a in xs for b in xs)
y.backward()
print(y.data.hex(), [x.grad.hex() for x in xs])
"""


def test_the_same_seed_gives_the_same_bits_in_every_process():
    """Results do not depend on addresses or hash seeds."""
    (bits,) = printed(PROGRAM)
    assert bits
