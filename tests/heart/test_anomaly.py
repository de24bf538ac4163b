"""Laws of the anomaly detector: NaN is told where it arises, and only where somebody asked."""

import contextlib
import math
import re

import pytest

from engine import Value, affine, anomaly, detect_anomaly, total

INF, NAN = math.inf, math.nan


def inf(label=""):
    return Value(INF, label=label)


MORE = "; see docs/errors/nan.md"


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (lambda x: x - x, "NaN arose in sub: x = inf, x = inf"),
        (lambda x: x * 0.0, "NaN arose in mul: x = inf, operand = 0.0"),
        (lambda x: x / x, "NaN arose in div: x = inf, x = inf"),
        (lambda x: x.exp() - x, "NaN arose in sub: exp = inf, x = inf"),
        (lambda x: total([x, -x]), "NaN arose in total: x = inf, neg = -inf"),
        (lambda x: affine(1.0, [0.0], [x]), "NaN arose in affine: operand = 1.0, operand = 0.0, x = inf"),
    ],
)
def test_forward_names_the_operation_and_its_operands(operation, message):
    """Where a result is NaN and no operand was, the operation and its operands are named."""
    with detect_anomaly(), pytest.raises(FloatingPointError, match=f"^{re.escape(message)}{MORE}$"):
        operation(inf("x"))
    assert math.isnan(operation(inf("x")).data)


def test_a_nan_that_came_in_is_told_from_one_that_arose():
    """A NaN leaf is no error by itself; the first operation that it reaches says so."""
    with detect_anomaly():
        x = Value(NAN, label="x")
        with pytest.raises(FloatingPointError, match=r"^NaN reached add: x = nan, operand = 1\.0" + MORE):
            x + 1


def test_backward_names_the_path():
    """A gradient that is NaN by 0 · ∞ names the node, the two factors and the path from the root."""
    x = Value(0.0, label="x")
    root = x.sqrt() * 0.0
    root.label = "C"
    message = (
        "NaN arose in the gradient of x = 0.0: local derivative inf times gradient 0.0 of sqrt = 0.0; "
        "path: C = 0.0 → sqrt = 0.0 → x = 0.0"
    )
    with detect_anomaly(), pytest.raises(FloatingPointError, match=f"^{re.escape(message)}{MORE}$"):
        root.backward()


def test_backward_names_the_operand_that_did_it():
    """Of two occurrences of one operand it is the one whose product is NaN that is shown."""
    x = Value(0.0, label="x")
    node = Value(0.0, (x, x), "twice", local_derivatives=(1.0, NAN))
    with (
        detect_anomaly(),
        pytest.raises(FloatingPointError, match=r"local derivative nan times gradient 1\.0"),
    ):
        node.backward()


def test_backward_tells_opposite_infinities():
    """∞ − ∞ in the sum over paths is NaN though no product is, and the message says so."""
    x = Value(0.0, label="x")
    with (
        detect_anomaly(),
        pytest.raises(FloatingPointError, match=r"gradient -?1\.0 of sqrt = 0\.0, added to the opposite inf"),
    ):
        (x.sqrt() - x.sqrt()).backward()


def test_messages_stay_short():
    """Of many operands, or of a long way from the root, the first and the last are named."""
    with detect_anomaly(), pytest.raises(FloatingPointError) as forward:
        total([inf("a"), inf("b"), -inf("c"), *(Value(1.0) for _ in range(10_000))])
    assert str(forward.value) == (
        "NaN arose in total: a = inf, b = inf, neg = -inf, operand = 1.0, operand = 1.0, operand = 1.0, "
        "… (10003 operands); see docs/errors/nan.md"
    )
    x = Value(0.0, label="x")
    y = x.sqrt() * 0.0
    for _ in range(10_000):
        y = y + 1.0
    with detect_anomaly(), pytest.raises(FloatingPointError) as backward:
        y.backward()
    assert str(backward.value).endswith(
        "path: add = 10000.0 → add = 9999.0 → add = 9998.0 → add = 9997.0 → add = 9996.0 → add = 9995.0 → "
        "… 9991 more … → add = 3.0 → add = 2.0 → add = 1.0 → mul = 0.0 → sqrt = 0.0 → x = 0.0" + MORE
    )


def test_infinite_gradients_alone_are_no_anomaly():
    """The slope of √x at 0 is ∞, and is left alone."""
    x = Value(0.0)
    with detect_anomaly():
        (2 * x.sqrt()).backward()
    assert x.grad == INF


def test_a_gradient_that_was_nan_before_is_not_blamed_on_this_pass():
    """A leaf's old gradient is added after the pass, which is clean."""
    x = Value(1.0)
    x.grad = NAN
    with detect_anomaly():
        (x * 2).backward()
    assert math.isnan(x.grad)


def test_refresh_is_watched():
    """Numbers computed again are looked at again."""
    x = Value(1.0, label="x")
    root = (x - x).exp()
    x.data = INF
    with (
        detect_anomaly(),
        pytest.raises(FloatingPointError, match=r"^NaN arose in sub: x = inf, x = inf" + MORE),
    ):
        root.refresh()
    assert root.data == 1.0  # nothing has changed
    x.data = 2.0
    with detect_anomaly():
        root.refresh()
    assert root.data == 1.0


def is_silent():
    """Whether forward and backward NaN pass without a word."""
    x, zero = inf(), Value(0.0)
    y = x - x
    y.backward()
    (zero.sqrt() * 0.0).backward()
    return math.isnan(y.data) and math.isnan(zero.grad)


def test_outside_the_context_nothing_is_said():
    """Before and after, and after an exception inside, NaN passes, and no operation checks anything."""
    assert is_silent()
    with detect_anomaly():
        pass
    assert is_silent()
    with pytest.raises(KeyError), detect_anomaly():
        raise KeyError
    assert is_silent()
    assert not anomaly.watchers


def test_contexts_nest():
    """Leaving the inner context, by an exception too, leaves the outer one watching."""
    with detect_anomaly():
        with contextlib.suppress(KeyError), detect_anomaly():
            raise KeyError
        with detect_anomaly(), pytest.raises(FloatingPointError):
            inf() * 0.0
        with pytest.raises(FloatingPointError):
            inf() * 0.0
    assert is_silent()


def test_it_decorates_a_function():
    """The context is a decorator as well."""

    @detect_anomaly()
    def step():
        return inf() * 0.0

    with pytest.raises(FloatingPointError):
        step()
    assert is_silent()


def test_the_first_number_that_is_not_finite():
    """Forward, it is the first in topological order: told with its operands, or as what came in."""
    x, many = Value(1e200, label="x"), [Value(float(k)) for k in range(7)]
    square = x * x
    for root in (square.tanh() + 1.0, affine(0.0, [square], [square])):
        assert anomaly.not_finite(root) == (square, "inf arose in mul: x = 1e+200, x = 1e+200")
    square.label = "s"
    assert anomaly.not_finite(square)[1] == "inf arose in mul (s): x = 1e+200, x = 1e+200"
    assert anomaly.not_finite(inf("y") * 0.0)[1] == "inf came in as y"
    assert anomaly.not_finite(total([x, x]) + 1.0) is None
    longest = total([*many, x]) * x
    assert anomaly.not_finite(longest) == (longest, "inf arose in mul: total = 1e+200, x = 1e+200")
    overflown = total([Value(1.7e308), Value(1.7e308), *many])
    assert anomaly.not_finite(overflown)[1].endswith(
        "operand = 1.7e+308, operand = 0.0, operand = 1.0, operand = 2.0, operand = 3.0, …"
    )


def test_the_first_gradient_that_is_not_finite():
    """Backward, it is the first node from the root on, told with the contribution that is to blame."""
    x = Value(0.0, label="x")
    C = x.sqrt() + x
    C.backward()
    node, told = anomaly.gradient_not_finite(C)
    assert node is x
    assert told == (
        "the gradient of x = 0.0 is inf: a sum of 2 contributions, one of them "
        "local derivative inf times gradient 1.0 of sqrt = 0.0"
    )
    x.data, x.grad = 4.0, 0.0
    C.refresh()
    C.backward()
    assert anomaly.gradient_not_finite(C) is None


def test_a_gradient_that_overflows_as_a_sum():
    """Where each contribution is finite, the largest one is told."""
    x = Value(1.0, label="x")
    C = x * 1e308 + x * 1.5e308
    C.backward()
    assert anomaly.gradient_not_finite(C)[1] == (
        "the gradient of x = 1.0 is inf: a sum of 2 contributions, one of them "
        "local derivative 1.5e+308 times gradient 1.0 of mul = 1.5e+308"
    )
