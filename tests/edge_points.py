"""Where rules are tried: from the least float to the largest, densely where a formula may go wrong.

``CHAINRULE_POINTS=1000`` in the environment makes the points some sixty times as dense.
"""

import itertools
import math
import os
import random
import sys
from collections.abc import Callable, Iterable
from typing import TypeAlias

from hypothesis import settings

Point: TypeAlias = tuple[float, ...]

DENSITY = int(os.environ.get("CHAINRULE_POINTS", "16"))
ALL = "CHAINRULE_POINTS" in os.environ or settings.default.max_examples >= 60
"""A quick run tries every fourth point."""
LEAST, NORMAL, LARGEST = 5e-324, sys.float_info.min, sys.float_info.max

EDGES = (0.0, 1.0, -1.0, -2.0, 3.0)
"""Ends of domains, kinks, and zeros of value or slope at round numbers."""
SLOPES_VANISH = (-0.7517915246935645, -0.7524614220710163, -1.2784645427610737, -1.1924312145154952)
"""There the slopes of gelu, gelu_tanh, silu and mish are differences of nearly equal terms."""
QUARTER_TURNS = (math.pi / 2, math.pi, 355.0, 1e22, math.ldexp(6381956970095103, 797))
"""Near multiples of π/2: 22 and 355 radians, and the closest that any float comes to one."""
SATURATION = (5.9, 18.7, 22.0, 26.5, 36.7, 38.5, 40.0, 50.0, 700.0, 708.4, 709.78, 710.4758, 745.13)
"""Where functions round to their limit, overflow or underflow, or where an implementation switches."""


def unary() -> list[Point]:
    """The same points for every function of one operand; where it is undefined, it has to say so."""
    dice = random.Random("unary")
    numbers = {LEAST, NORMAL, LARGEST, 1e-310, *magnitudes(dice, DENSITY)}
    numbers |= {*near(EDGES), *near(SLOPES_VANISH), *near(QUARTER_TURNS), *near(SATURATION)}
    for span in (1, 45, 760):
        numbers |= {*evenly(dice, span, DENSITY)}
    return [(x,) for x in sorted(numbers | {-x for x in numbers}, key=lambda x: (abs(x), x))]


def magnitudes(dice: random.Random, count: int) -> list[float]:
    """Numbers of all sizes that floats have, one for each of ``count`` equal parts of the exponents."""
    return [math.ldexp(dice.uniform(0.5, 1), -1073 + 2097 * (k + 1) // count) for k in range(count)]


def evenly(dice: random.Random, span: float, count: int) -> list[float]:
    """Numbers from 0 to ``span``."""
    return [span * (k + dice.random()) / count for k in range(count)]


def near(numbers: Iterable[float]) -> list[float]:
    """The numbers, their neighbours, and numbers at distances that make naive formulas cancel."""
    return [y for x in numbers for y in (x, *neighbours(x), *(x + d * max(abs(x), 0.5) for d in DISTANCES))]


def neighbours(x: float) -> Point:
    """The float before and the one after."""
    return math.nextafter(x, -math.inf), math.nextafter(x, math.inf)


DISTANCES = [sign * 2.0**-k for k in (49, 26, 8) for sign in (1, -1)]


def pairs() -> list[Point]:
    """Two numbers: of any sizes, nearly equal or opposite, of like size, on the axes, extreme."""
    dice = random.Random("pairs")

    def any_size() -> float:
        return dice.choice((1, -1)) * math.ldexp(dice.uniform(0.5, 1), dice.randint(-1073, 1023))

    def close(x: float) -> float:
        return x * (1 + dice.randint(-8, 8) * 2.0**-52) * dice.choice((1, -1))

    def comparable(x: float) -> float:
        return math.ldexp(x * dice.uniform(0.5, 1), dice.randint(-60, 0))

    found = [(any_size(), any_size()) for _ in range(2 * DENSITY)]
    found += [(x, other(x)) for other in (close, comparable) for x in (any_size() for _ in range(DENSITY))]
    found += [(dice.uniform(-30, 30), dice.uniform(-30, 30)) for _ in range(2 * DENSITY)]
    extreme = [sign * x for x in (0.0, LEAST, NORMAL, 1e-200, 1.0, 1e200, LARGEST) for sign in (1, -1)]
    return found + list(itertools.product(extreme, repeat=2))


def powers() -> list[Point]:
    """Bases of all sizes with exponents up to overflow and underflow, near 1 with huge ones, and near 0."""
    dice = random.Random("powers")

    def exponent(x: float) -> float:
        return dice.uniform(-1.1, 1.1) * 745 / abs(math.log(x))

    bases = [math.ldexp(dice.uniform(0.5, 1), dice.randint(-1021, 1023)) for _ in range(2 * DENSITY)]
    bases += [1 + d * dice.uniform(0.5, 1) for d in DISTANCES for _ in range(DENSITY // 3)]
    found = [(x, exponent(x)) for x in bases if x != 1]
    found += [(dice.uniform(0, 30), dice.uniform(-30, 30)) for _ in range(2 * DENSITY)]
    small = (0.0, LEAST, 1e-300, 1e-17, 0.5, 1.0, 2.0, -0.5)
    return found + list(itertools.product((NORMAL, 1e-200, 0.5, 1.0, 2.0, 1e200, LARGEST), small))


def several(*counts: int) -> list[Point]:
    """Tuples of so many numbers: moderate, nearly equal, of all sizes up to 10³, far apart."""
    dice = random.Random("several")
    found = []
    for n in counts:
        for _ in range(DENSITY):
            x, spread = dice.uniform(-30, 30), 2.0 ** dice.randint(-50, 1)
            found += [
                tuple(dice.uniform(-30, 30) for _ in range(n)),
                tuple(x + dice.uniform(-spread, spread) for _ in range(n)),
                tuple(
                    dice.choice((1, -1)) * math.ldexp(1 + dice.random(), dice.randint(-60, 9))
                    for _ in range(n)
                ),
                tuple(dice.uniform(-760, 760) for _ in range(n)),
            ]
    return found


def labelled(numbers: Callable[[random.Random], float], *counts: int) -> list[Point]:
    """So many numbers, with labels from 0 to 1 for them."""
    dice = random.Random("labelled")
    return [
        tuple(numbers(dice) for _ in range(n)) + tuple(label(dice) for _ in range(n))
        for n in counts
        for _ in range(3 * DENSITY)
    ]


def probability(dice: random.Random) -> float:
    """Between 0 and 1, at times very near to one of them."""
    tiny = math.ldexp(dice.uniform(0.5, 1), dice.randint(-50, -2))
    return dice.choice((dice.uniform(0.01, 0.99), tiny, tiny**20, 1 - tiny))


def label(dice: random.Random) -> float:
    return dice.choice((0.0, 1.0, 0.5, probability(dice)))


def logit(dice: random.Random) -> float:
    return dice.choice((dice.uniform(-30, 30), dice.uniform(-760, 760), 2.0 ** dice.randint(-60, 9)))


def points(name: str, operands: int) -> list[Point]:
    """The points at which the rule of this name is tried, or any of so many operands."""
    found = _POINTS.get(name, {1: unary, 2: pairs}.get(operands, lambda: several(operands)))()
    return found if ALL else found[::4]


_POINTS: dict[str, Callable[[], list[Point]]] = {
    "general_power": powers,
    **dict.fromkeys(
        ("total", "mean", "logsumexp", "softmax", "softmax_sum", "maximum", "minimum"),
        lambda: several(1, 2, 3, 5),
    ),
    "affine": lambda: several(1, 3, 5),
    **dict.fromkeys(("dot", "squared_error", "half_squared_error", "hinge"), lambda: several(2, 4, 6)),
    **dict.fromkeys(("log_likelihood", "binary_cross_entropy"), lambda: labelled(probability, 1, 2)),
    **dict.fromkeys(
        ("log_likelihood_from_logits", "binary_cross_entropy_from_logits"), lambda: labelled(logit, 1, 2)
    ),
    "softmax_cross_entropy": lambda: labelled(logit, 1, 2, 3),
}
