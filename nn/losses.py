"""Costs of one example: one node each, computed from the network's outputs and the desired outputs.

>>> from engine import Value
>>> a = Value(0.88)
>>> C = squared_error(a, 1.0)
>>> C.backward()
>>> round(C.data, 6), round(a.grad, 6)  # (0.88 − 1)² and 2 (0.88 − 1)
(0.0144, -0.24)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import engine
from engine import Value, rules
from engine.arguments import choice
from engine.numeric import real, short

from .layers import Scalar, Scalars, refuse_other, scalars
from .module import symbols


def squared_error(a: Scalars, y: Scalars) -> Value:
    """C = Σ_j (a_j − y_j)². Source: *Backpropagation Calculus*; *Lecture 3: Multilayer Perceptron*.

    Raises ValueError, as every cost does, unless there is one desired output for each output.

    In docs/concordance.md: calculus 2, 20; lecture 6, 7, 13; week9 15, 37.
    """
    return _cost(rules.squared_error, a, y)


def half_squared_error(a: Scalars, y: Scalars) -> Value:
    """C = ½ Σ_j (y_j − a_j)², whose derivative is a_j − y_j. Source: *Chapter 2: Backpropagation*.

    In docs/concordance.md: delta 6.
    """
    return _cost(rules.half_squared_error, a, y)


def log_likelihood(h: Scalars, y: Scalars) -> Value:
    """C = Σ_j [y_j ln h_j + (1 − y_j) ln(1 − h_j)], to be maximised; ∂C/∂z_j = y_j − h_j for h = σ(z).

    Source: *Derivation of backpropagation equations in the general case*, equations (12) and (13).
    In docs/concordance.md: general 12, f.
    """
    return _of_probabilities(rules.log_likelihood, h, y)


def log_likelihood_from_logits(z: Scalars, y: Scalars) -> Value:
    """Return the log-likelihood with h = σ(z), from z: right even if σ(z) rounds to 0 or 1."""
    return _cost(rules.log_likelihood_from_logits, z, _probabilities(y))


def binary_cross_entropy(h: Scalars, y: Scalars) -> Value:
    """C = −Σ_j [y_j ln h_j + (1 − y_j) ln(1 − h_j)]: the negative of the log-likelihood."""
    return _of_probabilities(rules.binary_cross_entropy, h, y)


def binary_cross_entropy_from_logits(z: Scalars, y: Scalars) -> Value:
    """Return the binary cross-entropy with h = σ(z), from z: right even if σ(z) rounds to 0 or 1."""
    return _cost(rules.binary_cross_entropy_from_logits, z, _probabilities(y))


def softmax_cross_entropy(z: Scalars, y: int | Iterable[Scalar]) -> Value:
    """C = −Σ_j y_j ln softmax_j(z), from the logits z; y is a class number or one share for each class.

    >>> round(softmax_cross_entropy([1000.0, 0.0], 1).data, 6)
    1000.0
    """
    zs = scalars(z)
    return _cost(rules.softmax_cross_entropy, zs, _shares(y, len(zs)))


def hinge(a: Scalars, y: Scalars) -> Value:
    """C = Σ_j max(0, 1 − y_j a_j) for labels y_j = ±1."""
    return _cost(rules.hinge, a, _labels(y))


def _desired(y: Scalars, outputs: int = 0) -> list[Scalar]:  # noqa: ARG001  (as ``_shares``)
    return scalars(y)


def _probabilities(y: Scalars, outputs: int = 0) -> list[Scalar]:  # noqa: ARG001  (as ``_shares``)
    ys = scalars(y)
    for v in ys:
        if not 0 <= _number(v) <= 1:
            raise ValueError(f"a desired output of this cost is a probability from 0 to 1, got {short(v)}")
    return ys


def _labels(y: Scalars, outputs: int = 0) -> list[Scalar]:  # noqa: ARG001  (as ``_shares``)
    ys = scalars(y)
    for v in ys:
        if abs(_number(v)) != 1:
            raise ValueError(f"a desired output of this cost is a label, −1 or 1, got {short(v)}")
    return ys


def _shares(y: int | Iterable[Scalar], outputs: int) -> list[Scalar]:
    """Return the share of each class; for a class number, 1 for that class and 0 for the others.

    A class number may be in a list, as in a table's column of classes.
    """
    if isinstance(y, Iterable):
        ys = scalars(y)
        if len(ys) != 1 or outputs == 1 or isinstance(ys[0], Value):
            return ys
        return _shares(ys[0], outputs)  # type: ignore[arg-type]  # checked below
    if y not in range(outputs):
        have = f"{outputs} outputs have the classes 0 to {outputs - 1}"
        have = have if outputs > 1 else "1 output has class 0 only"
        raise ValueError(f"class {short(y)} does not exist: {have}; pass one of them, or a share for each")
    return [float(j == y) for j in range(outputs)]


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost by name: whether training minimises or maximises it, and how it reads a network's outputs."""

    name: str
    function: Callable[..., Value]
    maximise: bool = False
    reads: Literal["activations", "probabilities", "scores"] = "activations"
    """``scores`` are logits or margins: any number, with 0 between two classes."""
    desired: Callable[[Any, int], list[Scalar]] = _desired
    """From a desired output, as passed to ``fit``, and the number of outputs: one number for each output."""


COSTS = {
    known.name: known
    for known in (
        Cost("squared_error", squared_error),
        Cost("half_squared_error", half_squared_error),
        Cost("log_likelihood", log_likelihood, maximise=True, reads="probabilities", desired=_probabilities),
        Cost(
            "log_likelihood_from_logits",
            log_likelihood_from_logits,
            maximise=True,
            reads="scores",
            desired=_probabilities,
        ),
        Cost("binary_cross_entropy", binary_cross_entropy, reads="probabilities", desired=_probabilities),
        Cost(
            "binary_cross_entropy_from_logits",
            binary_cross_entropy_from_logits,
            reads="scores",
            desired=_probabilities,
        ),
        Cost("softmax_cross_entropy", softmax_cross_entropy, reads="scores", desired=_shares),
        Cost("hinge", hinge, reads="scores", desired=_labels),
    )
}


ELSEWHERE = {
    "mse": "squared_error",
    "mean_squared_error": "squared_error",
    "bce": "binary_cross_entropy",
    "bce_with_logits": "binary_cross_entropy_from_logits",
    "cross_entropy": "softmax_cross_entropy",
}
"""Names in other libraries. A cost is a sum over outputs, and an average over examples."""


def cost(given: str | Cost | Callable[..., Value]) -> Cost:
    """Return the cost for a name, a Cost, or a function (outputs, desired outputs) → Value to minimise.

    >>> cost("log_likelihood").maximise, cost("mse").name, cost("BCEWithLogitsLoss").name
    (True, 'squared_error', 'binary_cross_entropy_from_logits')
    """
    if isinstance(given, Cost):
        return given
    if callable(given):
        of_ours = (known for known in COSTS.values() if known.function is given)
        return next(of_ours, Cost(getattr(given, "__name__", "cost"), given))
    return COSTS[choice(given, COSTS, "cost", ELSEWHERE)]


def _cost(rule: rules.Rule, outputs: Scalars, desired: Scalars) -> Value:
    a, y = scalars(outputs), scalars(desired)
    if len(a) != len(y) or not a:
        raise ValueError(
            f"{rule.name} compares outputs with desired outputs one by one, got {len(a)} and {len(y)}; "
            "pass one desired output for each output"
        )
    try:
        ys = [
            v if isinstance(v, Value) else Value(v, label=name)
            for v, name in zip(y, symbols("y", len(y)), strict=True)
        ]
        return engine.apply(rule, *a, *ys)
    except TypeError:
        refuse_other(a, "an output")
        refuse_other(y, "a desired output")
        raise


def _of_probabilities(rule: rules.Rule, h: Scalars, y: Scalars) -> Value:
    """Return a cost of probabilities; the error for other outputs says what to use instead."""
    hs, ys = scalars(h), _probabilities(y)
    try:
        return _cost(rule, hs, ys)
    except ValueError as error:
        if len(hs) != len(ys) or not hs:
            raise
        raise ValueError(
            f"{error}; outputs of this cost are probabilities: use output_activation='sigmoid', "
            f"or the cost {rule.name}_from_logits"
        ) from None


def _number(y: Scalar) -> float:
    return y.data if isinstance(y, Value) else real(y, "a desired output")
