"""What the benchmarks ask of a peer that computes with scalars, and how an eager engine gives it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .measure import Answer
    from .programs import Scalar

    Unary = Callable[[Scalar], Scalar]

DEEP = 1_000_000


class Scalars(Protocol):
    """A peer: builds the graph of a function at some numbers, then gives its cost and gradients."""

    tanh: Unary | None
    relu: Unary

    def forward(self, f: Callable[[list[Scalar]], Scalar], numbers: Sequence[float]) -> Any:
        """The graph of f at these numbers."""

    def backward(self, graph: Any) -> Answer:
        """Cost and gradients."""


@dataclass(frozen=True)
class Eager:
    """An engine whose numbers are nodes: leaves are made, combined, and have ``grad`` after ``backward()``.

    ``recursive`` lifts the recursion limit for engines that walk the graph by calling themselves; in CPython
    since 3.11 a Python call of a Python function takes no C stack.
    """

    leaf: Callable[[float], Scalar]
    tanh: Unary | None = None
    relu: Unary = lambda x: x.relu()
    data: Callable[[Scalar], float] = lambda x: x.data
    grad: Callable[[Scalar], float] = lambda x: x.grad
    recursive: bool = False

    def forward(
        self, f: Callable[[list[Scalar]], Scalar], numbers: Sequence[float]
    ) -> tuple[list[Scalar], Scalar]:
        """Leaves and root."""
        leaves = [self.leaf(x) for x in numbers]
        return leaves, f(leaves)

    def backward(self, graph: tuple[list[Scalar], Scalar]) -> Answer:
        """Go backward from the root and read the leaves."""
        leaves, root = graph
        if self.recursive:
            with recursion():
                root.backward()
        else:
            root.backward()
        return self.data(root), [self.grad(leaf) for leaf in leaves]


@contextmanager
def recursion() -> Iterator[None]:
    """A recursion limit that no graph of these benchmarks reaches."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEP)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
