"""NaN, told at the operation where it arises."""

from __future__ import annotations

import math
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .graph import shortest_path
from .rules import constant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .node import Node
    from .rules import Rule

watchers: list[object] = []
"""One entry per active ``detect_anomaly`` of any thread: while it is empty, operations check nothing."""

_watched: ContextVar[bool] = ContextVar("detect_anomaly", default=False)


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise FloatingPointError where a NaN first arises, in forward or backward pass.

    The error names the operation, its operands and, backward, the path from the root. It holds for
    this thread (this context) only.

    >>> from engine import Value, detect_anomaly
    >>> x = Value(float("inf"), label="x")
    >>> with detect_anomaly():
    ...     x - x
    Traceback (most recent call last):
        ...
    FloatingPointError: NaN arose in sub: x = inf, x = inf
    """
    token = _watched.set(True)
    watchers.append(token)
    try:
        yield
    finally:
        watchers.remove(token)
        _watched.reset(token)


def watching() -> bool:
    """Tell whether this context is inside ``detect_anomaly``."""
    return bool(watchers) and _watched.get()


def describe(node: Node, x: float | None = None) -> str:
    """A node in a message: its label, else its operation, and its number (or the one that it would have)."""
    kind = node.rule.name if node.rule and node.rule is not constant else "operand"
    name = node.label or kind
    return f"{name} = {node.data if x is None else x!r}"


def check_forward(rule: Rule, parents: Sequence[Node], operands: Sequence[float], data: float) -> None:
    """Raise where the value of a rule is NaN, and say whether its operands brought it."""
    if math.isnan(data) and watching():
        arose = "reached" if any(map(math.isnan, operands)) else "arose in"
        raise FloatingPointError(f"NaN {arose} {rule.name}: {', '.join(map(describe, parents, operands))}")


def check_backward(root: Node, child: Node) -> None:
    """Raise where the contributions of a child made the gradient of one of its parents NaN."""
    for parent, slope in zip(child.parents, child.local_derivatives, strict=True):
        product = slope * child.grad
        if math.isnan(product) or (math.isnan(parent.grad) and math.isinf(product)):
            sum_of_infinities = ", added to the opposite infinity" * math.isinf(product)
            path = " → ".join(map(describe, shortest_path(root, parent)))
            raise FloatingPointError(
                f"NaN arose in the gradient of {describe(parent)}: local derivative {slope!r} times "
                f"gradient {child.grad!r} of {describe(child)}{sum_of_infinities}; path: {path}"
            )
