"""Every rule against mpmath at the ends of the floats, at the edges of its domain, and where formulas cancel.

``CHAINRULE_POINTS=1000 python tests/heart/test_rules_edges.py`` prints the worst that more points find.
"""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from edge_points import NORMAL, Point, points
from mpmath import mp
from oracle import LARGEST, ORACLE, exact, is_real, off_by
from test_rules import CASES as RULES
from test_rules import KINKS, read

CASES = [*RULES, ("power", {"n": 1 / 3}), ("power", {"n": 0.1})]
ALLOWED = 4
"""Units in the last place."""


class Looser(NamedTuple):
    """A rule that may be off by more than 4 units in the last place of its result."""

    sizes: Callable[..., list[Any]]
    """Of numbers whose units count instead, for value and slopes: by the exact results and the operands."""
    why: str


def terms(value: Any, slopes: Any = 0) -> list[Any]:
    return [value, *([slopes] * 6)]


def spread(zs: Point) -> float:
    """A difference of two operands loses so many units: e to its power loses them again, relatively."""
    return 1 + max(zs) - min(zs)


def halves(xs: Point) -> tuple[Point, Point]:
    return xs[: len(xs) // 2], xs[len(xs) // 2 :]


def sum_of_products(_: Any, *xs: float) -> list[Any]:
    b, pairs = (xs[:1], xs[1:]) if len(xs) % 2 else ((), xs)
    return terms(sum(map(abs, b)) + sum(abs(x * y) for x, y in zip(*halves(pairs), strict=True)))


def of_logits(_: Any, *xs: float) -> list[Any]:
    pairs = zip(*halves(xs), strict=True)
    return [0, *(y * sigmoid(-z) + (1 - y) * sigmoid(z) for z, y in pairs), *([0] * 2)]


def of_probabilities(_: Any, *xs: float) -> list[Any]:
    pairs = list(zip(*halves(xs), strict=True))
    return [
        len(pairs),
        *(y / a + (1 - y) / (1 - a) for a, y in pairs),
        *(abs(math.log(a)) + abs(math.log1p(-a)) for a, _ in pairs),
    ]


def of_softmax(results: list[Any], *xs: float) -> list[Any]:
    zs, ys = halves(xs)
    es = [math.exp(max(z - max(zs), -740)) for z in zs]
    sums = [
        e / sum(es) * (sum(ys) - y) + y * (sum(es[:k] + es[k + 1 :]) / sum(es))
        for k, (e, y) in enumerate(zip(es, ys, strict=True))
    ]
    value, *_ = results
    return [x * spread(zs) for x in (value, *sums, *results[1 + len(zs) :])]


def of_general_power(results: list[Any], x: float, y: float) -> list[Any]:
    return [0, max(abs(results[1]) * lost(x, y), abs(y) * NORMAL), 745 * NORMAL]


def lost(x: float, n: float) -> float:
    """The units that rounding takes from n − 1, times ln x."""
    return abs(float(Fraction(n) - 1 - Fraction(n - 1)) * 2**53 * math.log(abs(x) or 1))


def of_circle(results: list[Any], *xs: float) -> list[Any]:
    h = mp.hypot(*xs)
    below, above = NORMAL / h if h else 1, 1e-293 if h > LARGEST else 0
    return [0, *(max(abs(slope) * below, above) for slope in results[1:])]


def of_turn(results: list[Any], _: float) -> list[Any]:
    return [5e-18 * max(1, abs(results[0]) ** 2), 5e-18 * max(1, abs(results[0]) ** 3)]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(min(-x, 700)))


def in_tails(slope: Callable[[float], float]) -> Callable[..., list[Any]]:
    """The slope's terms; and values with a factor σ(x) below the least normal float."""
    return lambda _, x: [abs(x) * NORMAL, max(slope(x), abs(x) * NORMAL)]


def of_gelu(results: list[Any], x: float) -> list[Any]:
    lost = 1 + x * x
    area, bell = math.erfc(-x / math.sqrt(2)) / 2, abs(x) * math.exp(-x * x / 2)
    value = lost * abs(results[0]) if x < 0 else 0
    return [max(value, abs(x) * NORMAL), max(lost * bell + area * (lost if x < 0 else 1), abs(x) * NORMAL)]


def of_gelu_tanh(results: list[Any], x: float) -> list[Any]:
    if not -50 < x < 0:
        return [0, 0]
    lost = 1 + 2 * abs(x) + abs(x) ** 3 / 10
    share = max(sigmoid(1.6 * x + 0.0713 * x**3), NORMAL)
    return [max(lost * abs(results[0]), abs(x) * NORMAL), lost**2 * share]


LOOSER = {
    "total": Looser(lambda _, *xs: terms(sum(map(abs, xs))), "terms cancel"),
    "mean": Looser(lambda _, *xs: terms(sum(map(abs, xs)) / len(xs)), "terms cancel"),
    "dot": Looser(sum_of_products, "terms cancel"),
    "affine": Looser(sum_of_products, "terms cancel"),
    "hinge": Looser(lambda _, *xs: terms(len(xs) + sum_of_products([], *xs)[0]), "1 − y a cancels"),
    "logsumexp": Looser(
        lambda results, *xs: [max(1, abs(max(xs))), *(x * spread(xs) for x in results[1:])],
        "the largest operand and ln Σ cancel; eˣ⁻ˢʰⁱᶠᵗ knows x − shift as rounded",
    ),
    "softmax": Looser(lambda results, *xs: [x * spread(xs) for x in results], "as logsumexp"),
    "softmax_sum": Looser(lambda _, *xs: [max(1, *map(abs, xs)) * len(xs)] + [0] * len(xs), "l is rounded"),
    "softmax_share": Looser(
        lambda results, x, level, _: [r * spread([x, level]) for r in results], "as logsumexp"
    ),
    "softmax_cross_entropy": Looser(of_softmax, "as logsumexp; slopes are differences"),
    "log_likelihood": Looser(of_probabilities, "1 − a is rounded; slopes are differences"),
    "binary_cross_entropy": Looser(of_probabilities, "as log_likelihood"),
    "log_likelihood_from_logits": Looser(of_logits, "slopes are differences"),
    "binary_cross_entropy_from_logits": Looser(of_logits, "as log_likelihood_from_logits"),
    "silu": Looser(
        in_tails(lambda x: sigmoid(x) * (1 + abs(x) * sigmoid(-x))), "the slope is a difference for x < 0"
    ),
    "mish": Looser(
        in_tails(lambda x: sigmoid(x) * (1 + abs(x) * sigmoid(-x))), "the slope is a difference for x < 0"
    ),
    "gelu": Looser(of_gelu, "x/√2 and x² are rounded, e^(−x²/2) multiplies that by x²; as silu"),
    "gelu_tanh": Looser(of_gelu_tanh, "u is rounded, e²ᵘ multiplies that by 2u; as silu"),
    "power": Looser(lambda results, x, n: terms(0, results[-1] * lost(x, n)), "n − 1 is rounded"),
    "general_power": Looser(
        of_general_power, "as power; x^(y − 1) and x^y below the least normal float, times y and ln x"
    ),
    "hypot": Looser(of_circle, "√(x² + y²) below the least normal float is rounded"),
    "atan2": Looser(of_circle, "as hypot; beyond the largest float the slopes are 0"),
    **dict.fromkeys(
        ("sin", "cos", "tan"), Looser(of_turn, "the C library's own, 10⁻³⁴ from a multiple of π/2")
    ),
}
"""The only rules that are looser."""


def kinked(name: str, parameters: dict[str, float], point: Point) -> bool:
    """Whether the rule has a kink just there: then there are two slopes, or none."""
    if name == "atan2":
        return point[0] == 0 and point[1] < 0
    if name in {"maximum", "minimum"}:
        return len(set(point)) < len(point)
    edges = parameters.values() if name == "clip" else (1.0, -1.0) if name == "hard_tanh" else (0.0,)
    return name in {kink[0] for kink in KINKS} | {"selu"} and point[0] in edges and len(set(point)) == 1


def misses(name: str, parameters: dict[str, float]) -> Iterator[tuple[float, str, Point, float, Any]]:
    """How far off value and slopes are, at every point of the domain."""
    extra = parameters.values() if name == "power" else ()
    for point in points(name, len(ORACLE[name][1])):
        try:
            value, slopes = exact(name, point, parameters)
        except ZeroDivisionError:
            value, slopes = mp.nan, []
        if not is_real(value) or (name == "atan2" and not any(point)):
            with pytest.raises((ValueError, ZeroDivisionError)):
                read(name, point, parameters)
            continue
        sizes = LOOSER[name].sizes([value, *slopes], *point, *extra) if name in LOOSER else terms(0)
        try:
            got = read(name, point, parameters)
        except OverflowError:
            yield off_by(math.copysign(math.inf, value), value), "value", point, math.inf, value
            continue
        if not (name == "atan2" and point[0] == 0):  # mpmath has no −0, which asks for −π
            yield off_by(got[0], value, sizes[0]), "value", point, got[0], value
        for k, (slope, expected) in enumerate(zip(got[1], slopes, strict=True)):
            if not kinked(name, parameters, point) and is_real(expected) and math.isfinite(got[0]):
                yield off_by(slope, expected, sizes[k + 1]), f"slope {k}", point, slope, expected


@pytest.mark.no_cover
@pytest.mark.more
@pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
def test_value_and_slopes_are_right_to_4_units_in_the_last_place(name, parameters):
    """So they are at all points; where mpmath has no real value, Python's error comes.

    A few rules are looser: there the unit is that of larger numbers, which ``LOOSER`` names.
    """
    for off, what, point, got, expected in misses(name, parameters):
        assert off <= ALLOWED, (
            f"{what} at {point}: {got!r}, not {mp.nstr(expected, 20)}, off by {off:.3g} units; "
            "where a formula cannot do better, LOOSER says why, and which numbers' units count"
        )


def worst(name: str, parameters: dict[str, float]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for miss in misses(name, parameters):
        found[miss[1][:5]] = max(found.get(miss[1][:5], miss), miss, key=lambda m: m[0])
    return found


if __name__ == "__main__":
    import sys

    for name, parameters in CASES:
        if not sys.argv[1:] or name in sys.argv[1:]:
            print(name, *parameters.values(), len(points(name, len(ORACLE[name][1]))))
            for off, what, point, got, expected in worst(name, parameters).values():
                print(f"    {what} {off:.2f} at {point}: {got!r}, {mp.nstr(expected, 20)}", flush=True)
