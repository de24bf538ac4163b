"""A naive engine to hold the real one against: 50 digits, partial derivatives as differences, dual numbers.

Every number comes with its doubt: how far floats may be off it, to first order. A rule's result may be off by
``UNIT`` of the largest number in sight; a doubt reaches a result by the slopes, a slope by the curvatures.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

from mpmath import mpf

UNIT = 8 * 2.0**-52
STEP, MARGIN = mpf("1e-25"), mpf("1e-4")
TAME, DOUBTFUL = 50, 1e-9


class Outside(Exception):  # noqa: N818  (no error: a place where graphs are not grown)
    """Within ``MARGIN`` of the operands a function is undefined, steep, strongly curved or has a kink."""


class Known(NamedTuple):
    number: Any
    doubt: float = 0.0
    slopes: tuple[Any, ...] = ()
    slope_doubts: tuple[float, ...] = ()


@dataclass(eq=False)
class Naive:
    """A node: what it is computed by and from, and what it holds; ``grad`` is None where none has come."""

    now: Known
    function: Callable[..., Any] | None = None
    parents: tuple["Naive", ...] = ()
    label: str = ""
    grad: Known | None = None


def order(root: Naive, seen: dict[Naive, None] | None = None) -> dict[Naive, None]:
    """Everything that the root depends on, and itself; operands first."""
    seen = {} if seen is None else seen
    if root not in seen:
        for parent in root.parents:
            order(parent, seen)
        seen[root] = None
    return seen


@lru_cache(10_000)
def local(function: Callable[..., Any], point: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """A function at a point: its number, slopes and curvatures. A kink counts as a curvature of thousands."""

    def f(*moves: tuple[int, Any]) -> Any:
        x = list(point)
        for k, by in moves:
            x[k] += by
        try:
            return mpf(function(*x))
        except (TypeError, ValueError, ArithmeticError):  # complex, or undefined
            raise Outside from None

    n, y = range(len(point)), f()
    slopes = tuple((f((k, STEP)) - y) / STEP for k in n)
    bent = {(k, k): f((k, MARGIN)) - 2 * y + f((k, -MARGIN)) for k in n}
    for j, k in combinations(n, 2):  # all four corners: a domain may end in one direction only
        up, down = (f((j, MARGIN), (k, by)) - f((j, -MARGIN), (k, by)) for by in (MARGIN, -MARGIN))
        bent[j, k] = bent[k, j] = (up - down) / 4
    curvatures = [[float(abs(bent[j, k]) / MARGIN**2) for j in n] for k in n]
    if not all(abs(x) <= TAME for x in (*point, y, *slopes, *(c for row in curvatures for c in row))):
        raise Outside
    return y, slopes, curvatures


def known(function: Callable[..., Any], operands: Iterable[Known]) -> Known:
    """What a function gives, and the doubts: its own, and those of its operands."""
    numbers, doubts = zip(*((x.number, x.doubt) for x in operands), strict=True)
    y, slopes, curvatures = local(function, numbers)
    own = UNIT * float(max(1, *(x * x for x in numbers), *map(abs, (y, *slopes))))

    def carried(rates: Iterable[Any]) -> float:
        doubt = own + sum(abs(float(rate)) * doubt for rate, doubt in zip(rates, doubts, strict=True))
        if doubt > DOUBTFUL:
            raise Outside
        return doubt

    return Known(y, carried(slopes), slopes, tuple(map(carried, curvatures)))


def anew(nodes: Iterable[Naive], leaves: Mapping[Naive, Known] | None = None) -> dict[Naive, Known]:
    """What nodes, operands first, would hold if all were computed again, some leaves with other numbers."""
    found = dict(leaves or {})
    for node in nodes:
        if node.function:
            found[node] = known(node.function, [found[parent] for parent in node.parents])
        found.setdefault(node, node.now)
    return found


def derivative(root: Naive, by: Naive, at: Mapping[Naive, Known]) -> Known:
    """∂root/∂by, by dual numbers: derivative, sum of the sizes of all paths, and doubt."""
    duals = {by: (mpf(1), 1.0, 0.0)}
    for node in order(root):
        edges = zip(node.parents, at[node].slopes, at[node].slope_doubts, strict=True)
        met = [(s, abs(float(s)), d, *duals[parent]) for parent, s, d in edges if parent in duals]
        if met and node is not by:
            duals[node] = (
                sum(s * dual for s, _, _, dual, _, _ in met),
                sum(size * paths for _, size, _, _, paths, _ in met),
                sum(d * paths + (size + d) * doubt for _, size, d, _, paths, doubt in met),
            )
    number, _, doubt = duals.get(root, (mpf(0), 0.0, 0.0))
    return Known(number, doubt)


def count_paths(root: Naive, by: Naive) -> int:
    """How many ways lead from one node on to the root; two operands that are one node are one way."""
    counts = {by: 1}
    for node in order(root):
        counts.setdefault(node, sum(counts[parent] for parent in dict.fromkeys(node.parents)))
    return counts[root]
