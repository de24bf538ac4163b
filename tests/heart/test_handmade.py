"""Laws of nodes made by hand, in the words of micrograd and microgpt."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value, apply, rules

POINTS = {1: (0.7,), 2: (0.7, 0.4), 3: (0.7, 0.4, -0.3), 4: (0.7, 0.4, 0.6, 0.2)}
ARITY = {"hinge": 4, "acosh": 1}


def fixed(rule):
    """Numbers at which a rule can be read."""
    if rule.name == "acosh":
        return (1.7,)
    if not rule.variadic:
        return POINTS[len(rule.operands)]
    return POINTS[3 if rule.name == "affine" else 4]


NAMED = [rule for rule in rules.REGISTRY.values() if rule.name not in {"clip", "power"}]


@pytest.mark.parametrize("rule", NAMED, ids=lambda rule: rule.name)
def test_a_symbol_supplies_its_local_derivatives(rule):
    """Value(data, parents, symbol) has the gradient that finite differences of the operation have."""
    leaves = [Value(x) for x in fixed(rule)]
    node = Value(apply(rule, *fixed(rule)).data, leaves, rule.symbol)
    node.backward()
    assert node._op == rule.symbol
    for k, leaf in enumerate(leaves):
        assert leaf.grad == pytest.approx(slope(rule, k), rel=1e-6, abs=1e-8)


def slope(rule, k):
    """The slope by operand k, by central differences."""
    h = 1e-5
    shifted = [[x + sign * h * (i == k) for i, x in enumerate(fixed(rule))] for sign in (1, -1)]
    up, down = (apply(rule, *xs).data for xs in shifted)
    return (up - down) / (2 * h)


@given(st.floats(0.1, 3), st.sampled_from([-2, -0.5, 0, 0.5, 1, 3, 2.5]))
def test_a_power_reads_its_exponent_from_the_symbol(x, n):
    """``**k`` is the power k: slope k xᵏ⁻¹, and the node can be computed again."""
    leaf = Value(x)
    node = Value(x**n, (leaf,), f"**{n}")
    node.backward()
    assert leaf.grad == pytest.approx(n * x ** (n - 1), rel=1e-12)
    leaf.data = x + 1
    node.refresh()
    assert node.data == pytest.approx((x + 1) ** n, rel=1e-12)


def test_microgpt_gives_the_local_derivatives_in_the_place_of_the_symbol():
    """Value(data, children, local_grads): the third positional argument may be numbers."""
    a, b = Value(3.0), Value(4.0)
    product = Value(12.0, (a, b), (4.0, 3.0))
    product.backward()
    assert (a.grad, b.grad) == (4.0, 3.0)
    assert (product._op, product._prev) == ("", {a, b})


def test_micrograd_gives_a_set_of_children():
    """micrograd passes children as it likes: a set of one works as a tuple does."""
    a = Value(3.0)
    node = Value(9.0, {a}, "**2")
    node.backward()
    assert a.grad == 6.0


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=5))
def test_own_local_derivatives_are_taken_as_they_are(slopes):
    """With local derivatives of one's own the symbol is only a name, a known one too."""
    leaves = [Value(1.0) for _ in slopes]
    node = Value(0.0, leaves, "+", local_derivatives=slopes)
    node.backward()
    assert [leaf.grad for leaf in leaves] == slopes
    assert node.local_derivatives == tuple(slopes)
    with pytest.raises(TypeError, match=r"a node made by hand \('\+'\) has no rule"):
        node.refresh()


def test_local_derivatives_may_be_any_real_numbers():
    """They are stored as floats."""
    node = Value(0.0, [Value(1.0)] * 2, local_derivatives=[True, 2])
    assert node.local_derivatives == (1.0, 2.0)
    assert all(type(slope) is float for slope in node.local_derivatives)


def test_a_leaf_may_have_a_symbol():
    """A symbol alone names the leaf, and asks for no derivative."""
    x = Value(1.0, (), "input")
    (x * 2).backward()
    assert (x._op, x.parents, x.grad) == ("input", (), 2.0)


X = Value(2.0, label="x")
REFUSED = [
    ((1.0, (X,), None), {}, TypeError, "op must be text, or in its place the local derivatives"),
    ((1.0, (X,), "**two"), {}, ValueError, "the exponent in '**two' must be a number, as in '**3'"),
    ((1.0, (X, X), [1.0]), {}, ValueError, "2 parents and 1 local derivatives; pass one"),
    ((1.0, (), ""), {"local_derivatives": [1.0]}, ValueError, "0 parents and 1 local derivatives"),
    ((1.0, (X,), "+"), {"local_derivatives": []}, ValueError, "1 parents and 0 local derivatives"),
    ((1.0, (X, 3.0), "+"), {}, TypeError, "parents must be Values, got float 3.0"),
    ((1.0, (X,), 3), {}, TypeError, "op must be text, or in its place the local derivatives"),
    ((1.0, (X,), "+"), {"local_derivatives": 1.0}, TypeError, "got float 1.0"),
    ((1.0, (X,), ["a"]), {}, TypeError, "local derivative must be a real number, got str 'a'"),
    ((1.0, (Value(-2.0, label="s"),), "log"), {}, ValueError, "log: outside its domain (x > 0) at x = -2.0"),
    ((1.0, (X, Value(0.0)), "/"), {}, ZeroDivisionError, "div: division by zero at x = 2.0 (label 'x')"),
    ((1.0, (Value(1e3),), "exp"), {}, OverflowError, "exp: the result exceeds the largest float"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "named", "kind", "message"), REFUSED)
def test_where_a_gradient_could_not_pass_the_node_is_refused(arguments, named, kind, message):
    """The error says what came, and how to give what is missing."""
    with pytest.raises(kind, match=re.escape(message)):
        Value(*arguments, **named)


def test_many_operands_are_not_all_listed():
    """The error of a wide node shows the first operands and says how many there are."""
    wide = [Value(float(k)) for k in range(10)]
    with pytest.raises(ValueError, match=r"operand 5 = 5\.0, … \(10 operands\); see"):
        apply(rules.log_likelihood, *wide)


def test_the_error_names_the_parameters_of_the_rule():
    """A power outside its domain says which power."""
    with pytest.raises(
        ValueError, match=r"^x \*\* n, rule power\(n=0\.5\): outside its domain .* at x = -2\.0; see"
    ):
        Value(-2.0) ** 0.5


def test_micrograds_own_example_by_hand():
    """A neuron built node by node with positional arguments gives the gradients of the operators."""
    x, w, b = Value(2.0), Value(-3.0), Value(6.5)
    product = Value(x.data * w.data, (x, w), "*")
    inner = Value(product.data + b.data, (product, b), "+")
    out = Value(math.tanh(inner.data), (inner,), "tanh")
    out.backward()
    y = [Value(2.0), Value(-3.0), Value(6.5)]
    (y[0] * y[1] + y[2]).tanh().backward()
    assert (x.grad, w.grad, b.grad) == tuple(leaf.grad for leaf in y)
