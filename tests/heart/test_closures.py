"""Laws of micrograd's closures: ``_backward`` called by hand, and set by hand."""

import copy
import math
import pickle
import re

import micrograd.engine
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import GradientError, Value, gradcheck

FLOATS = st.floats(-3, 3)


def lecture(kind, numbers):
    """The lecture's neuron, with its nodes in reverse topological order."""
    x1, x2, w1, w2, b = map(kind, numbers)
    x1w1, x2w2 = x1 * w1, x2 * w2
    both = x1w1 + x2w2
    n = both + b
    o = n.relu()
    return [o, n, both, x2w2, x1w1, b, w2, w1, x2, x1]


@given(st.lists(FLOATS, min_size=5, max_size=5))
def test_the_lectures_central_scene(numbers):
    """``o.grad = 1.0; o._backward(); n._backward(); …`` gives micrograd's gradients at every step."""
    ours, theirs = lecture(Value, numbers), lecture(micrograd.engine.Value, numbers)
    ours[0].grad = theirs[0].grad = 1.0
    for mine, other in zip(ours, theirs, strict=True):
        mine._backward()
        other._backward()
        assert [x.grad for x in ours] == pytest.approx([x.grad for x in theirs], nan_ok=True)


def test_passing_back_adds():
    """A node that is used twice gets both contributions, and a second call adds once more."""
    a = Value(3.0)
    b = a + a
    b.grad = 1.0
    b._backward()
    assert a.grad == 2.0
    b._backward()
    assert a.grad == 4.0


def times(x, y):
    """A product as micrograd writes it."""
    out = Value(x.data * y.data, (x, y), "*")

    def _backward():
        x.grad += y.data * out.grad
        y.grad += x.data * out.grad

    out._backward = _backward
    return out


def power(x, n):
    """A power under a name that no rule has."""
    out = Value(x.data**n, {x}, f"power {n}")

    def _backward():
        x.grad += n * x.data ** (n - 1) * out.grad

    out._backward = _backward
    return out


@given(FLOATS, FLOATS, st.integers(1, 4))
def test_a_closure_gives_the_local_derivatives(a, b, n):
    """What a program builds with closures has the gradients of the same program with operators."""
    x, y = Value(a), Value(b)
    x.grad = 5.0
    C = power(times(x, y), n) + times(x, x)
    assert (x.grad, y.has_grad, C.has_grad) == (5.0, False, False)
    C.backward()
    u, v = Value(a), Value(b)
    ((u * v) ** n + u * u).backward()
    assert (x.grad - 5.0, y.grad) == (pytest.approx(u.grad, abs=1e-12), pytest.approx(v.grad, abs=1e-12))


def test_a_closure_that_agrees_with_the_rule_keeps_it():
    """So the node can be computed again; one that differs makes a node by hand, of the same symbol."""
    x, y = Value(3.0), Value(4.0)
    z = times(x, y)
    x.data = 5.0
    z.refresh()
    assert (z.data, z.rule.name, z.local_derivatives) == (20.0, "mul", (4.0, 5.0))
    z._backward = lambda: None
    z.backward()
    assert (x.grad, y.grad, z.rule.name, z._op) == (0.0, 0.0, "handmade", "*")


def test_a_parent_that_occurs_twice_has_the_whole_derivative_once():
    """What the closure adds cannot be parted; the sum is right."""
    x = Value(3.0)
    out = Value(9.0, (x, x), "square")

    def _backward():
        x.grad += 0.1 * out.grad
        x.grad += 5.9 * out.grad

    out._backward = _backward
    assert out.local_derivatives == (6.0, 0.0)


def test_a_leaf_takes_an_empty_closure():
    """``self._backward = lambda: None``, as in micrograd's constructor."""
    x = Value(1.0)
    x._backward = lambda: None
    x._backward()
    assert (x.rule, x.parents) == (None, ())


def test_an_infinite_derivative_is_taken_as_it_is():
    """It has no negative to compare with."""
    x = Value(0.0)
    out = Value(0.0, (x,), "root")

    def _backward():
        x.grad += math.inf * out.grad

    out._backward = _backward
    assert out.local_derivatives == (math.inf,)


X, Y = Value(2.0), Value(3.0)
OUT = Value(8.0, (X,), "cube")


def sets():
    X.grad = 12 * OUT.grad


def constant():
    X.grad += 12


def square():
    X.grad += OUT.grad**2


def absolute():
    X.grad += abs(OUT.grad)


def _of_another():
    out, other = OUT, Y

    def closure():
        X.grad += out.grad
        other.grad += out.grad

    return closure


@pytest.mark.parametrize(
    ("closure", "kind", "message"),
    [
        (sets, ValueError, "sets the gradient of a parent; it must add to it"),
        (constant, ValueError, "for out.grad = 1 it added 12.0, for out.grad = -2 it added 12.0"),
        (square, ValueError, "for out.grad = 1 it added 1.0, for out.grad = -2 it added 4.0"),
        (absolute, ValueError, "for out.grad = 1 it added 1.0, for out.grad = -2 it added 2.0"),
        (_of_another(), ValueError, "the gradient of Value(data=3.0, grad=0.0), which is not a parent"),
        (3.0, TypeError, "_backward must be a function without arguments, got float 3.0"),
        (lambda: 1 / 0, ZeroDivisionError, "division by zero"),
    ],
)
def test_a_closure_that_no_gradient_can_pass_through_is_refused(closure, kind, message):
    """The error says what came and what to write; nothing has changed."""
    X.grad = 7.0
    with pytest.raises(kind, match=re.escape(message)):
        OUT._backward = closure
    assert (X.grad, Y.has_grad, OUT.has_grad) == (7.0, False, False)
    assert math.isnan(OUT.local_derivatives[0])


@pytest.mark.parametrize("op", ["cube", "", "+", "clip"])
@pytest.mark.parametrize("again", [lambda x: x, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_without_local_derivatives_a_gradient_stops_with_advice(op, again):
    """A node may be made before its derivatives are known: ``backward`` wants them, and changes nothing."""
    x, y = Value(2.0), Value(3.0)
    node = again(y * Value(8.0, (x,), op))
    y, inner = node.parents
    y.grad = 4.0
    with pytest.raises(ValueError, match=f"of the node '{re.escape(op)}' are not known.* pass local_deriv"):
        node.backward()
    assert (y.grad, inner.has_grad, node.has_grad) == (4.0, False, False)
    inner.local_derivatives = [12.0]
    node.backward()
    assert (inner.parents[0].grad, y.grad) == (36.0, 12.0)


def cube(x):
    return Value(x.data**3, (x,), "cube", local_derivatives=[3 * x.data**2])


@given(FLOATS, FLOATS)
def test_a_function_that_makes_nodes_by_hand_is_checked(a, b):
    """Its local derivatives are held against differences of its own numbers, through other nodes, too."""
    check = gradcheck(lambda u, v: times(cube(u), v.sin()), [Value(a, label="a"), b])
    assert [row.name for row in check.rows] == ["a", "v"]
    assert all(row.verdict in {"ok", "faint"} for row in check.rows)


@given(FLOATS)
def test_a_wrong_derivative_by_hand_is_found(a):
    """A factor that is missing, a sign, and a parent that was forgotten."""
    assume(abs(a) > 0.1)
    for slope, parents in (([a**2], 1), ([-3 * a**2], 1), ([], 0)):

        def wrong(x, slope=slope, parents=parents):
            return Value(x.data**3, (x,) * parents, "cube", local_derivatives=slope) + 0.0

        with pytest.raises(GradientError, match="the gradient of operand 0 is wrong: expected"):
            gradcheck(wrong, a)


def test_a_function_is_called_with_what_it_is_given():
    """What gradcheck says where the call lacks something."""
    with pytest.raises(TypeError, match=r"needs its operands, as in gradcheck\(cube, 2\.0\)"):
        gradcheck(cube)
    with pytest.raises(TypeError, match=r"takes a function that returns a Value, got float 8\.0"):
        gradcheck(lambda x: x.data**3, 2.0)
    with pytest.raises(TypeError, match=r"made by hand \('cube'\).*gradcheck\(cube, 2\.0\)"):
        gradcheck(cube(X) * 2)
    assert [row.name for row in gradcheck(max, [X, Y]).rows] == ["operand 0", "operand 1"]
