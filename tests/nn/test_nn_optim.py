"""Optimisers against NumPy implementations of their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Value
from nn import Adam, GradientDescent, Optimizer

numbers = st.floats(-5, 5)
vectors = st.lists(numbers, min_size=1, max_size=4)
CURVATURE = np.array([1.0, 3.0, 0.5, 2.0])


def gradient(w):
    """Of a cost that is neither quadratic nor flat."""
    return CURVATURE[: len(w)] * w + np.sin(3 * w)


def forced(t, n):
    """A gradient from outside at step t: whatever w is, so that no rounding error feeds back on itself."""
    return 10.0 ** (np.arange(n) - 1) * np.cos(CURVATURE[:n] * t)


def run(optimizer, steps, slopes_at=None):
    """Steps of an optimiser on Values, the gradient set from outside."""
    for t in range(1, steps + 1):
        now = np.array([w.data for w in optimizer.parameters])
        slopes = slopes_at(t, len(now)) if slopes_at else gradient(now)
        for w, slope in zip(optimizer.parameters, slopes, strict=True):
            w.grad = slope
        optimizer.step()
    return np.array([w.data for w in optimizer.parameters])


@settings(max_examples=60, deadline=None)
@given(start=vectors, lr=st.floats(0, 0.3), momentum=st.floats(0, 0.95), decay=st.floats(0, 0.5))
def test_gradient_descent(start, lr, momentum, decay):
    """v ← μ v + ∇C + λ W, W ← W − η v over 50 steps; without momentum and decay W ← W − η ∇C."""
    w, v = np.array(start), np.zeros(len(start))
    for _ in range(50):
        v = momentum * v + gradient(w) + decay * w
        w = w - lr * v
    optimizer = GradientDescent(map(Value, start), lr, momentum=momentum, weight_decay=decay)
    np.testing.assert_allclose(run(optimizer, 50), w, rtol=1e-9, atol=1e-12)


def test_gradient_descent_by_its_closed_form():
    """On C = ½ c w² each step multiplies w by 1 − η c."""
    w = Value(2.0)
    optimizer = GradientDescent([w], lr=0.1)
    for _ in range(20):
        w.grad = 3.0 * w.data
        optimizer.step()
    assert w.data == pytest.approx(2.0 * 0.7**20, rel=1e-12)


def adam(start, slopes_at, *, lr, betas, eps):
    """50 steps of Algorithm 1 of Kingma and Ba, m and v as weighted sums of all gradients so far."""
    w, history = np.array(start), []
    for t in range(1, 51):
        history.append(slopes_at(t, w))
        m, v = (
            (1 - beta) * sum(beta ** (t - 1 - i) * g**power for i, g in enumerate(history))
            for beta, power in zip(betas, (1, 2), strict=True)
        )
        m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
        w = w - lr * m_hat / (np.sqrt(v_hat) + eps)
    return w


@settings(max_examples=60, deadline=None)
@given(
    start=vectors,
    lr=st.floats(0, 0.1),
    betas=st.tuples(st.floats(0, 0.99), st.floats(0, 0.9999)),
    eps=st.floats(1e-10, 1e-2),
)
def test_adam(start, lr, betas, eps):
    """50 steps with any settings, on gradients of several sizes."""
    expected = adam(start, lambda t, w: forced(t, len(w)), lr=lr, betas=betas, eps=eps)
    found = run(Adam(map(Value, start), lr, betas=betas, eps=eps), 50, forced)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(start=vectors, decay=st.floats(0, 0.5))
def test_adam_with_weight_decay(start, decay):
    """Weight decay adds λ W to the gradient, before the averages are taken."""
    expected = adam(start, lambda t, w: forced(t, len(w)) + decay * w, lr=0.01, betas=(0.9, 0.999), eps=1e-8)
    found = run(Adam(map(Value, start), 0.01, weight_decay=decay), 50, forced)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_adams_first_step_is_the_learning_rate():
    """Without eps to speak of the first step is lr in the direction against the gradient."""
    ws = [Value(1.0), Value(1.0), Value(1.0)]
    for w, slope in zip(ws, (1e-3, -1e3, 0.0), strict=True):
        w.grad = slope
    Adam(ws, lr=0.01, eps=1e-12).step()
    assert [w.data for w in ws] == pytest.approx([0.99, 1.01, 1.0], rel=1e-8)


def test_zero_grad_clears_its_own_parameters():
    """An optimiser clears the parameters it was given, and no others."""
    w, other = Value(1.0), Value(1.0)
    (w * other).backward()
    GradientDescent([w]).zero_grad()
    assert (w.grad, other.grad) == (0.0, 1.0)


BAD = {
    "no parameters": (lambda: GradientDescent([]), "no parameters to optimise; pass model.parameters()"),
    "negative lr": (lambda: GradientDescent([Value(1.0)], lr=-0.1), "lr must be at least 0.*got -0.1"),
    "nan": (lambda: GradientDescent([Value(1.0)], lr=math.nan), "lr must be"),
    "infinite": (lambda: Adam([Value(1.0)], lr=math.inf), "lr must be .* finite, got inf"),
    "momentum": (lambda: GradientDescent([Value(1.0)], momentum=1.0), "momentum must be .* below 1, got 1.0"),
    "decay": (lambda: GradientDescent([Value(1.0)], weight_decay=-1), "weight_decay must be"),
    "first beta": (lambda: Adam([Value(1.0)], betas=(1.0, 0.9)), r"betas\[0\] must be"),
    "second beta": (lambda: Adam([Value(1.0)], betas=(0.9, -0.1)), r"betas\[1\] must be"),
    "eps": (lambda: Adam([Value(1.0)], eps=0), "eps must be at least .* got 0"),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_refused(call, message):
    """Settings outside their range are refused by name and number."""
    with pytest.raises(ValueError, match=message):
        call()


def test_the_base_class_has_no_step():
    """An optimiser says what its step is."""
    with pytest.raises(NotImplementedError):
        Optimizer([Value(1.0)], 0.1, 0.0).step()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (5, "takes a list of Values, got int 5; pass model.parameters"),
        ([1.0], "which float 1.0 lacks; pass"),
    ],
)
def test_what_is_no_parameter_is_refused(wrong, message):
    """A number in the place of the parameters, or among them, is told, and what to pass."""
    for optimiser in (GradientDescent, Adam):
        with pytest.raises(TypeError, match=message):
            optimiser(wrong, 0.1)
