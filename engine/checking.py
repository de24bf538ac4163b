"""Gradient checks by finite differences: of a graph, a function, or a rule."""

from __future__ import annotations

import inspect
import math
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple, overload

from . import anomaly
from . import backward as sweep
from .arguments import a_value, listed, values
from .characters import printable, shown
from .graph import topological_order
from .labels import from_variables
from .numeric import Unevaluable, evaluate, is_real, real, see, short
from .readings import floats
from .value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .numeric import Number
    from .rules import Rule
    from .value import Operand

EPSILON, TINIEST = 2.0**-52, 2.0**-1074
WIDEST = EPSILON**0.2  # truncation of order h⁴ and rounding of order ε/h are about equal here
NARROWINGS = 12
GOOD_ENOUGH = 1e-6  # relative error at which a finite difference need not be improved
SETTLED = 1e-3  # relative error below which narrower steps must confirm an estimate to replace it
CONFIRMED = 0.05  # relative error up to which an estimate can confirm: a gradient 10 % off is never ok
TOLERANCE = 1e-5  # relative difference at which a gradient counts as confirmed
MOST = 10**8  # nodes times leaves, if no leaves are given: more would take hours


class GradientError(AssertionError):
    """A gradient that finite differences do not confirm."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A derivative estimated from values of the function nearby."""

    slope: float
    error: float
    """How far off the estimate may be, from truncation and rounding together."""
    kink: bool
    """Whether the slope jumps at exactly this point, at every scale."""
    unrest: float = 0.0
    """The part of the error that is not rounding: how much estimates with other steps differ."""
    swing: float = 0.0
    """How steep the function is around the point: the sum of both sides."""
    coarse: bool = False
    """Whether no step was narrow enough: with narrower steps, estimates differed as much and swung more."""


@dataclass(frozen=True, slots=True)
class CheckedNode:
    """One node of a gradient check."""

    name: str
    autodiff: float
    numeric: float
    verdict: str
    """``ok``: confirmed, to 5 % at least (mostly to 1e-5); ``WRONG``; ``kink``: the slope jumps here;
    ``edge``: the root has values on one side only; ``faint``: too small to be seen above the root's
    rounding; ``coarse``: the root changes faster than floats near the leaf can follow, as in sin(1e20)."""

    @property
    def difference(self) -> float:
        """How far autodiff is from the finite difference."""
        return self.autodiff - self.numeric


@dataclass(frozen=True, slots=True)
class GradCheck:
    """The table of a gradient check, one row per node; ``str()`` aligns it."""

    rows: tuple[CheckedNode, ...]

    def __str__(self) -> str:
        lines = [("node", "autodiff", "numeric", "difference", "")] + [
            (row.name, f"{row.autodiff:.10g}", f"{row.numeric:.10g}", f"{row.difference:.0e}", row.verdict)
            for row in self.rows
        ]
        wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rows = (
            f"{a:{wide[0]}}  {b:>{wide[1]}}  {c:>{wide[2]}}  {d:>{wide[3]}}  {e}".rstrip()
            for a, b, c, d, e in lines
        )
        return shown("\n".join(rows))

    __repr__ = __str__


@overload
def gradcheck(root: Value, leaves: Value | Iterable[Value] | None = None) -> GradCheck: ...
@overload
def gradcheck(root: Callable[..., Value], leaves: Operand | Iterable[Operand]) -> GradCheck: ...
def gradcheck(
    root: Value | Callable[..., Value], leaves: Operand | Iterable[Operand] | None = None
) -> GradCheck:
    """Compare the root's derivatives with respect to all leaves, or the given ones, with central differences.

    The step starts near ε^⅕ and narrows until the estimate is stable, so that the check is fair for a leaf
    near a kink or near the edge of a domain. Exactly at a kink (relu at 0) or edge (sqrt at 0) there is
    nothing to compare, and the row says so. The graph and its gradients are not changed.

    >>> from engine import Value
    >>> w, x = Value(0.5, label="w"), Value(-2.0, label="x")
    >>> check = gradcheck((w * x).tanh() + x.relu())
    >>> [(row.name, round(row.numeric, 9), row.verdict) for row in check.rows]
    [('w', -0.839948683, 'ok'), ('x', 0.209987171, 'ok')]

    Nodes made by hand have no rule to recompute them. Pass the function that makes them, and the Values or
    numbers to call it with; it is called again for each difference.

    >>> def cube(x):
    ...     return Value(x.data**3, (x,), "cube", local_derivatives=[3 * x.data])
    >>> gradcheck(cube, 2.0)
    Traceback (most recent call last):
        ...
    engine.checking.GradientError: the gradient of x is wrong: expected 11.99... (finite difference), ...

    Raises GradientError naming node, expected and received; TypeError for anything but Values, and for a
    graph with nodes made by hand; ValueError for a leaf that the root does not depend on or that has parents,
    if leaves were edited without ``refresh()``, and for a large graph if no leaves are given.

    In docs/concordance.md: calculus 10; delta 2; week9 17.
    """
    if callable(root):
        return _checked(*_function_at(root, leaves))
    order = topological_order(a_value(root, "gradcheck takes the Value to differentiate"))
    _refuse_handmade(order)
    if leaves is None:
        checked = [node for node in order if not node.parents]
        _refuse_hours(order, checked)
    else:
        checked = values(leaves, "gradcheck takes leaves as a Value or a list of them")
    _refuse_unfit(root, order, checked)

    def at(leaf: Value, x: float) -> float:
        return _recomputed(order, {leaf: x})[root][0] if root.parents else x

    called = from_variables(checked)
    return _checked(root, {leaf: called.get(leaf) or _name(leaf, k) for k, leaf in enumerate(checked)}, at)


def _function_at(
    f: Callable[..., Value], at: Operand | Iterable[Operand] | None
) -> tuple[Value, dict[Value, str], Callable[[Value, float], float]]:
    """Return a function's root, its leaves with their names, and how to compute it at other numbers."""
    if at is None:
        raise TypeError("gradcheck of a function needs its operands, as in gradcheck(cube, 2.0)")
    given = [at] if isinstance(at, Value) or is_real(at) else listed(at, "gradcheck takes a list of operands")
    operands = [x if isinstance(x, Value) else Value(x) for x in given]
    root = a_value(f(*operands), "gradcheck takes a function that returns a Value")

    def elsewhere(leaf: Value, x: float) -> float:
        moved = type(leaf)(x, label=leaf.label)
        return f(*(moved if operand is leaf else operand for operand in operands)).data

    try:
        letters = [*inspect.signature(f).parameters]
    except ValueError:  # some built-in functions have no signature
        letters = []
    names = letters if len(letters) == len(operands) else [f"operand {k}" for k in range(len(operands))]
    called = {x: printable(x.label) or name for x, name in zip(operands, names, strict=True)}
    return root, called, elsewhere


def _checked(root: Value, leaves: Mapping[Value, str], at: Callable[[Value, float], float]) -> GradCheck:
    """Compare the derivatives with differences of ``at``, which gives the root if one leaf were x."""
    order = topological_order(root)
    gradient = dict.fromkeys(leaves, 0.0) | sweep.gradient(root, order)
    noise = _noise(gradient)
    rows = [
        _row(name, gradient[leaf], difference(partial(at, leaf), leaf.data, noise))
        for leaf, name in leaves.items()
    ]
    for row in rows:
        if row.verdict == "WRONG":
            raise GradientError(
                f"the gradient of {row.name} is wrong: expected {row.numeric!r} (finite difference), "
                f"received {row.autodiff!r} (autodiff)"
            )
    return GradCheck(tuple(rows))


def difference(f: Callable[[float], float], x: float, noise: float = 0.0) -> Difference | None:
    """Estimate the derivative of f at x by central differences; None if f lacks values on a side of x.

    ``noise`` is how far rounding inside f can move its values, beyond the rounding of the result.

    >>> d = difference(math.exp, 0.0)
    >>> round(d.slope, 9), d.error < 1e-6, d.kink
    (1.0, True, False)
    >>> difference(abs, 0.0).kink
    True
    >>> print(difference(math.sqrt, 0.0))
    None
    """
    best, taken = None, []
    for h in _steps(x):
        found = _at_step(f, x, h, noise)
        if found is None:
            continue
        taken.append(found)
        if best and _doubt(best)[0] < SETTLED and abs(found.slope - best.slope) + found.error > best.error:
            return best  # narrower steps no longer improve it: from here on, rounding grows
        best = min(best or found, found, key=_doubt)
        if best.error <= GOOD_ENOUGH * abs(best.slope):
            return best
    return best and replace(best, coarse=_restless(taken[-1]) and taken[-1].swing > 8 * taken[0].swing)


def _steps(x: float) -> Iterator[float]:
    """Yield steps from wide to narrow, first relative to 1, then relative to x if that is smaller."""
    for scale in dict.fromkeys((max(abs(x), 1.0), abs(x) or 1.0)):
        for k in range(NARROWINGS):
            yield scale * WIDEST / 8**k


def _restless(found: Difference) -> bool:
    """Return whether estimates differ by more than rounding explains, and by as much as their own size."""
    return found.unrest > max(0.5 * found.error, 0.1 * abs(found.slope))


def _doubt(found: Difference) -> tuple[float, float]:
    """Return a sort key for estimates: wide steps across waves give slopes near 0 with small errors."""
    relative = found.error / abs(found.slope) if found.slope else math.inf
    return min(relative, 0.1), found.error


def _at_step(f: Callable[[float], float], x: float, h: float, noise: float) -> Difference | None:
    """Return central differences with steps h and h/2, extrapolated to 0."""
    xs = [x + k * h for k in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    try:
        ys = [f(near) for near in xs]
    except Unevaluable:
        return None
    if xs[1] == xs[3] or not all(map(math.isfinite, ys)):
        return None
    wide, narrow = (ys[4] - ys[0]) / (xs[4] - xs[0]), (ys[3] - ys[1]) / (xs[3] - xs[1])
    bend, half_bend = (ys[4] - 2 * ys[2] + ys[0]) / h, 2 * (ys[3] - 2 * ys[2] + ys[1]) / h
    rounding = 8 * (EPSILON * max(map(abs, ys)) + EPSILON * abs(x) * abs(narrow) + TINIEST + noise) / h
    noticeable = max(64 * rounding, GOOD_ENOUGH * abs(narrow))
    kink = abs(half_bend) > max(0.75 * abs(bend), noticeable)  # a smooth bend halves with the step
    unrest = abs(narrow - wide) + abs(bend - 2 * half_bend)  # of order h² if the function is smooth
    error = rounding + unrest
    swing = (abs(ys[1] - ys[0]) + abs(ys[4] - ys[3])) / h  # none if it jumps at exactly this point
    slope = narrow + (narrow - wide) / 3
    return Difference(slope, error, kink, unrest, swing) if math.isfinite(error) else None


def _noise(gradient: Mapping[Value, float]) -> float:
    """Return how far the rounding of all nodes can move the root: it propagates as any change does."""
    effects = (abs(slope * node.data) for node, slope in gradient.items() if node.parents)
    return EPSILON * sum(effect for effect in effects if math.isfinite(effect))


def _recomputed(
    order: Iterable[Value], leaves: Mapping[Value, float] | None = None
) -> dict[Value, tuple[float, tuple[float, ...]]]:
    """Return the data and local derivatives that all inner nodes would have; change nothing.

    ``leaves`` holds other numbers for some leaves.
    """
    numbers = dict(leaves or {})
    recomputed = {}
    for node in order:
        if node.parents and node.rule:
            operands = [numbers[parent] for parent in node.parents]
            recomputed[node] = evaluate(node.rule, node.parents, operands)
            numbers[node] = recomputed[node][0]
            if anomaly.watchers:
                anomaly.check_forward(node.rule, node.parents, operands, numbers[node])
        else:
            numbers.setdefault(node, node.data)
    return recomputed


def _row(name: str, autodiff: float, numeric: Difference | None) -> CheckedNode:
    if numeric is None:
        return CheckedNode(name, autodiff, math.nan, "edge")
    return CheckedNode(name, autodiff, numeric.slope, verdict(autodiff, numeric))


def verdict(autodiff: float, numeric: Difference) -> str:
    """Return the ``CheckedNode.verdict`` on a derivative, given a finite difference.

    >>> verdict(6.0, difference(lambda x: x * x, 3.0)), verdict(5.0, difference(lambda x: x * x, 3.0))
    ('ok', 'WRONG')
    """
    if numeric.coarse:
        return "coarse"
    if numeric.kink:
        return "kink"
    allowed = max(numeric.error, TOLERANCE * max(abs(autodiff), abs(numeric.slope)))
    if not abs(autodiff - numeric.slope) <= allowed:
        return "WRONG"
    return "faint" if numeric.error > CONFIRMED * abs(autodiff) > 0 else "ok"


def _name(leaf: Value, k: int) -> str:
    return printable(getattr(leaf, "label", repr(leaf))) or f"leaf {k}"


def _refuse_handmade(order: Sequence[Value]) -> None:
    for node in order:
        if node.parents and node.rule and node.rule.name == "handmade":
            op = short(node.rule.symbol)
            raise TypeError(
                f"a node made by hand ({op}) has no rule to recompute it; pass the function that makes it, "
                f"and its operands, as in gradcheck(cube, 2.0){see('by-hand')}"
            )


def _refuse_hours(order: Sequence[Value], leaves: Sequence[Value]) -> None:
    if len(order) * len(leaves) > MOST:
        raise ValueError(
            f"the graph has {len(order):,} nodes, to be recomputed for each of {len(leaves):,} leaves, "
            "which would take hours; check some of them, as in gradcheck(C, [w, b])"
        )


def _refuse_unfit(root: Value, order: Sequence[Value], checked: Sequence[Value]) -> None:
    reached = set(order)
    for k, leaf in enumerate(checked):
        if leaf not in reached or leaf.parents:
            trouble = "has parents" if leaf in reached else "is not a leaf that the root depends on"
            raise ValueError(f"{_name(leaf, k)} {trouble}; gradcheck takes leaves of the root's graph")
    for node, (data, _) in _recomputed(order).items():
        if data != node.data and not math.isnan(data):
            raise ValueError(
                f"the graph holds {node.data!r} where its leaves now give {data!r}; call refresh() first"
            )
    if math.isnan(root.data):
        raise ValueError("the root is NaN; find where it arose with detect_anomaly()")


# ── The derivatives of a rule ─────────────────────────────────────────────────────────────────────

ENOUGH, TRIES = 20, 200
"""The points at which derivatives are checked, and how many are tried to find that many in the domain."""


class Compared(NamedTuple):
    """A derivative and the finite difference of the value."""

    point: tuple[float, ...]
    given: float
    expected: float


def check_rule(rule: Rule, at: Iterable[Number | Iterable[Number]] | None = None) -> None:
    """Raise GradientError if finite differences contradict the derivatives of a rule at some point.

    They are compared at the points in ``at`` (numbers, or tuples of one for each operand), else at random
    points; points outside the domain are ignored. Raises ValueError if none is inside.

    >>> from engine import rules
    >>> check_rule(rules.tanh)
    """
    tried, trouble = 0, ""
    wrong: dict[str, list[Compared]] = {}
    for point in _given(rule, at) if at is not None else _drawn(rule):
        bound, names = _bound(rule), rule.operands or _numbered(len(point))
        try:
            _, slopes = bound(floats, *point)
        except (*Unevaluable, TypeError) as error:  # outside the domain, or a wrong number of operands
            trouble = f"{type(error).__name__}: {error}"
            continue
        tried += 1
        for k, (name, slope) in enumerate(zip(names, slopes, strict=True)):
            compared = _compared(bound, point, k, slope)
            if compared:
                wrong.setdefault(name, []).append(compared)
        if tried == ENOUGH:
            break
    if not tried:
        raise ValueError(
            f"{rule.name} could not be computed at any of the points tried ({trouble or 'there were none'}); "
            "pass some in its domain, as in at=[0.5, 2.0]"
        )
    if wrong:
        raise GradientError("\n".join(_report(rule, name, found, tried) for name, found in wrong.items()))


def operand_names(rule: Rule) -> list[Sequence[str]]:
    """Return the operands' names; for a variadic rule, one list for each number of operands to try.

    >>> from engine import rules
    >>> operand_names(rules.atan2), operand_names(rules.mean)[:2]
    ([('y', 'x')], [['x_0'], ['x_0', 'x_1']])
    """
    if not rule.variadic:
        return [rule.operands]
    least = max(rule.at_least, 1)
    return [_numbered(count) for count in range(least, max(least, 3) + 2)]


def _numbered(count: int) -> list[str]:
    return [f"x_{k}" for k in range(count)]


def _bound(rule: Rule) -> Rule:
    """Bind the rule's parameters to their defaults, or to 2, 3, … if there are none."""
    return (
        rule.at(**{name: 2.0 + k if x is None else x for k, (name, x) in enumerate(rule.defaults)})
        if rule.defaults
        else rule
    )


def _given(rule: Rule, at: Iterable[Number | Iterable[Number]]) -> Iterator[tuple[float, ...]]:
    for point in at:
        numbers = tuple(point) if isinstance(point, Iterable) else (point,)
        if rule.operands and len(numbers) != len(rule.operands):
            raise ValueError(
                f"at holds {short(point)} for the {len(rule.operands)} operands of {rule.name}; "
                "pass one number for each of them"
            )
        yield tuple(real(x, "a number in at") for x in numbers)


def _drawn(rule: Rule) -> Iterator[tuple[float, ...]]:
    """Yield points near 0, in (0, 1), above 0, far out and above 1; the same points every time."""
    rng = random.Random(0)
    draws: list[Callable[[], float]] = [
        partial(rng.gauss, 0, 1),
        rng.random,
        partial(rng.expovariate, 1),
        partial(rng.gauss, 0, 10),
        lambda: 1 + rng.expovariate(1),
    ]
    for names, draw, _ in zip(cycle(operand_names(rule)), cycle(draws), range(TRIES), strict=False):
        yield tuple(draw() for _ in names)


def _compared(rule: Rule, point: tuple[float, ...], k: int, slope: float) -> Compared | None:
    """Return a derivative and the finite difference that contradicts it; None if there is none."""

    def value(x: float) -> float:
        number: float = rule(floats, *point[:k], x, *point[k + 1 :])[0]
        return number

    x = point[k]
    near = [x * (1 + j * sys.float_info.epsilon) for j in (-2, -1, 1, 2)]
    try:
        noise = max(abs(value(beside) - value(x)) for beside in near)  # how far rounding inside it reaches
    except Unevaluable:
        return None
    numeric = difference(value, x, noise)
    if numeric is None or verdict(slope, numeric) != "WRONG":
        return None
    return Compared(point, slope, numeric.slope)


def _report(rule: Rule, name: str, found: Sequence[Compared], tried: int) -> str:
    """Return a table of the points where a derivative is wrong, and what all rows have in common."""
    names = rule.operands or _numbered(len(found[0].point))
    same = [row for row in found if len(row.point) == len(names)]
    rows = [[*names, "given", "expected"]]
    rows += [[f"{x:.6g}" for x in (*row.point, row.given, row.expected)] for row in same[:5]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  " + "  ".join(map(str.rjust, row, widths)) for row in rows]
    ratios = [row.given / row.expected if row.expected else math.nan for row in found]
    hint = []
    if len(found) > 1 and all(math.isclose(ratio, ratios[0], rel_tol=1e-4) for ratio in ratios):
        hint = [
            "the sign is wrong"
            if math.isclose(ratios[0], -1, rel_tol=1e-4)
            else f"it is {ratios[0]:.4g} times the right one"
        ]
    return "\n".join(
        [
            f"{rule.name}: the derivative with respect to {name} is wrong at {len(found)} of {tried} points",
            *table,
            *hint,
        ]
    )
