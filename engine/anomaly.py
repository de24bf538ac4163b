"""NaN and infinities, reported at the node where they arise."""

from __future__ import annotations

import math
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from .numeric import SHOWN, see
from .rules import constant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from .rules import Rule


class Suspect(Protocol):
    """What a check needs to know about a node."""

    rule: Rule | None

    @property
    def data(self) -> float:
        """Its number."""
        ...

    @property
    def grad(self) -> float:
        """Its gradient."""
        ...

    @property
    def label(self) -> str:
        """Its name."""
        ...

    @property
    def parents(self) -> Sequence[Self]:
        """Its operands."""
        ...

    @property
    def local_derivatives(self) -> Sequence[float]:
        """The derivative with respect to each of them."""
        ...


N = TypeVar("N", bound=Suspect)

watchers: set[object] = set()
"""The active blocks of all threads: while there are none, operations check nothing."""

_blocks: ContextVar[frozenset[object]] = ContextVar("detect_anomaly", default=frozenset())
"""The blocks that this context, and the contexts it was copied from, have entered."""


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise FloatingPointError as soon as a NaN arises, in the forward or the backward pass.

    The error names the operation, its operands and, in a backward pass, the path from the root. The block
    applies to the current context, that is to this thread or asyncio task, and to tasks started in it with a
    copy of the context. Other threads and tasks are not affected.

    >>> from engine import Value, detect_anomaly
    >>> x = Value(float("inf"), label="x")
    >>> with detect_anomaly():
    ...     x - x
    Traceback (most recent call last):
        ...
    FloatingPointError: NaN arose in sub: x = inf, x = inf; see docs/errors/nan.md
    """
    block = object()
    token = _blocks.set(_blocks.get() | {block})
    try:
        watchers.add(block)
        yield
    finally:
        watchers.discard(block)
        _blocks.reset(token)


def watching() -> bool:
    """Return whether this context is inside ``detect_anomaly``."""
    return not watchers.isdisjoint(_blocks.get())


def describe(node: Suspect, x: float | None = None) -> str:
    """Describe a node in a message: its label, else its operation, and its number (or x)."""
    return f"{_name(node)} = {node.data if x is None else x!r}"


def _name(node: Suspect) -> str:
    return (node.label if node.label.isprintable() else repr(node.label)) or _kind(node)


def _kind(node: Suspect) -> str:
    return node.rule.name if node.rule and node.rule is not constant else "operand"


def _walks() -> ModuleType:
    from . import graph  # noqa: PLC0415  (only once a NaN is found)

    return graph


def check_forward(rule: Rule, parents: Sequence[Suspect], operands: Sequence[float], data: float) -> None:
    """Raise if the value of a rule is NaN, and say whether an operand was already NaN."""
    if math.isnan(data) and watching():
        arose = "reached" if any(map(math.isnan, operands)) else "arose in"
        shown = [describe(parent, x) for parent, x in islice(zip(parents, operands, strict=True), SHOWN)]
        more = f", … ({len(parents)} operands)" if len(parents) > SHOWN else ""
        raise FloatingPointError(f"NaN {arose} {rule.name}: {', '.join(shown)}{more}{see('nan')}")


def check_backward(root: N, child: N, grad_of: Callable[[N], float]) -> None:
    """Raise if the contributions of a child made the gradient of one of its parents NaN."""
    grad = grad_of(child)
    for parent, slope in zip(child.parents, child.local_derivatives, strict=True):
        product = slope * grad
        if math.isnan(product) or (math.isnan(grad_of(parent)) and math.isinf(product)):
            sum_of_infinities = ", added to the opposite infinity" * math.isinf(product)
            path = " → ".join(_ends(_walks().shortest_path(root, parent)))
            raise FloatingPointError(
                f"NaN arose in the gradient of {describe(parent)}: {_contribution(slope, grad, child)}"
                f"{sum_of_infinities}; path: {path}{see('nan')}"
            )


def _contribution(slope: float, grad: float, child: Suspect) -> str:
    return f"local derivative {slope!r} times gradient {grad!r} of {describe(child)}"


def _ends(path: Sequence[Suspect]) -> list[str]:
    """Return the nodes of a path; if it is long, those at both ends."""
    left = len(path) - 2 * SHOWN
    if left <= 1:
        return [*map(describe, path)]
    return [*map(describe, path[:SHOWN]), f"… {left} more …", *map(describe, path[-SHOWN:])]


def not_finite(root: N) -> tuple[N, str] | None:
    """Return the first node of the forward pass with an infinity or NaN, and how it arose; or None.

    >>> from engine import Value
    >>> x = Value(1e200, label="x")
    >>> not_finite((x * x).tanh() + 1.0)[1]
    'inf arose in mul: x = 1e+200, x = 1e+200'
    """
    for node in _walks().topological_order(root):
        if not math.isfinite(node.data):
            return node, f"{node.data} {_arose(node) if node.parents else f'came in as {_name(node)}'}"
    return None


def _arose(node: Suspect) -> str:
    label = f" ({_name(node)})" * bool(node.label)
    operands = [*map(describe, node.parents[:SHOWN]), *["…"] * (len(node.parents) > SHOWN)]
    return f"arose in {_kind(node)}{label}: {', '.join(operands)}"


def gradient_not_finite(root: N) -> tuple[N, str] | None:
    """Return the first node of the backward pass whose gradient is not finite, and why; or None.

    It reads the gradients computed by ``root.backward()``.

    >>> from engine import Value
    >>> x = Value(0.0, label="x")
    >>> C = x.sqrt()
    >>> C.backward()
    >>> gradient_not_finite(C)[1]
    'the gradient of x = 0.0 is inf: local derivative inf times gradient 1.0 of sqrt = 0.0'
    """
    for node in reversed(_walks().topological_order(root)):
        if not math.isfinite(node.grad):
            return node, f"the gradient of {describe(node)} is {node.grad}: {_worst_contribution(root, node)}"
    return None


def _worst_contribution(root: Suspect, node: Suspect) -> str:
    """Describe the first contribution to the gradient that is not finite, else the largest one."""
    received = [
        (edge.child.local_derivatives[edge.position], edge.child)
        for edge in _walks().onward(root, node)[node]
    ]
    slope, child = max(
        received, key=lambda by: (not math.isfinite(by[0] * by[1].grad), abs(by[0] * by[1].grad))
    )
    several = f"a sum of {len(received)} contributions, one of them " * (len(received) > 1)
    return f"{several}{_contribution(slope, child.grad, child)}"
