"""Long sums: how far adding from left to right may be off, against exact rationals and mpmath."""

import math
import random
from fractions import Fraction

import pytest
from mpmath import mp

from engine import Value, affine, dot, logsumexp, mean, rules, softmax, total
from engine.formula.table import page
from engine.readings import floats
from engine.tape import Tape

U = Fraction(1, 2**53)
"""Half a unit in the last place of 1: by so much a rounded operation is off, relatively."""
TINY = Fraction(1, 2**1074)
"""What a product below the least normal float may be off by."""
LENGTHS = (1, 2, 10, 1000, pytest.param(100_000, marks=pytest.mark.slow))


def equal(n, _):
    """The worst case: whatever is rounded away is of one sign."""
    return [0.1] * n


def mixed(n, dice):
    """Both signs, and sizes that are 12 powers of ten apart."""
    return [dice.choice((-1, 1)) * 10 ** dice.uniform(-6, 6) for _ in range(n)]


def cancelling(n, dice):
    """Pairs whose sum is tiny beside them."""
    xs = [dice.uniform(1e8, 1e9) for _ in range(n // 2)]
    return [*xs, *([1e-3] * (n % 2)), *(-x + dice.uniform(-1, 1) for x in xs)]


def kinds(xs, dice):
    """Each kind of sum of these numbers as a graph: its node, its exact terms, and what divides them."""
    n, ys = len(xs), [dice.uniform(-2, 2) for _ in xs]
    exact = [Fraction(x) for x in xs]
    products = [x * Fraction(y) for x, y in zip(exact, ys, strict=True)]
    values, others = [Value(x) for x in xs], [Value(y) for y in ys]
    yield total(values), values, exact, 1
    yield mean(values), values, exact, n
    yield dot(values, others), [*values, *others], products, 1
    yield affine(Value(0.7), values, others), [*values, *others], [Fraction(0.7), *products], 1


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("numbers", [equal, mixed, cancelling])
def test_a_sum_is_right_to_n_roundings_of_its_terms(n, numbers):
    """|sum − Σ xₖ| ≤ (n + 1) u Σ |xₖ|, eagerly and on a tape, which adds in its own order."""
    dice = random.Random(n)
    for node, leaves, terms, divisor in kinds(numbers(n, dice), dice):
        expected = sum(terms) / divisor
        bound = (len(terms) + 1) * U * sum(map(abs, terms)) / divisor + len(terms) * TINY
        assert abs(Fraction(node.data) - expected) <= bound
        if n <= 1000:
            replayed, _ = Tape(node, inputs=leaves)()
            assert abs(Fraction(replayed) - expected) <= bound


def test_the_bound_is_not_idle():
    """A sum of 100,000 equal numbers is off by thousands of units: of long sums 4 cannot be promised."""
    exact = 100_000 * Fraction(0.1)
    off = abs(Fraction(total([Value(0.1)] * 100_000).data) - exact) / Fraction(math.ulp(float(exact)))
    assert 1000 < off < 100_000
    assert math.fsum([0.1] * 100_000) == float(exact)  # what the page advises
    assert "right to (n + 1) u Σ |xₖ|" in page()


@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 1000, 10_000])
def test_rules_that_add_up_lose_no_more_than_their_sums(n):
    """Costs, logsumexp and softmax of n operands: 4 units, and (n + 1) u of their sum, against mpmath."""
    dice = random.Random(n)
    xs, ys = [dice.uniform(-3, 3) for _ in range(n)], [dice.uniform(0, 1) for _ in range(n)]
    allowed = (n + 9) * float(U)
    with mp.workprec(200):
        exps = [mp.exp(x) for x in xs]
        sum_e = mp.fsum(exps)
        assert abs(logsumexp(xs) - mp.log(sum_e)) <= allowed * (1 + abs(mp.log(sum_e)))
        for share, e in list(zip(softmax(xs[:10]), exps[:10], strict=True)):
            assert abs(share - e / mp.fsum(exps[:10])) <= 20 * float(U)
        whole = rules.softmax(floats, *xs)[0]
        assert abs(whole - exps[0] / sum_e) <= allowed * exps[0] / sum_e * 3  # x − shift is rounded
        squares = [(mp.mpf(x) - y) ** 2 for x, y in zip(xs, ys, strict=True)]
        for name, share in (("squared_error", 1), ("half_squared_error", 0.5)):
            got = rules.REGISTRY[name](floats, *xs, *ys)[0]
            assert abs(got - share * mp.fsum(squares)) <= allowed * share * mp.fsum(squares)
        margins = [max(0, 1 - mp.mpf(x) * y) for x, y in zip(xs, ys, strict=True)]
        got = rules.hinge(floats, *xs, *ys)[0]
        assert abs(got - mp.fsum(margins)) <= allowed * (n + mp.fsum(abs(x * y) for x, y in zip(xs, ys)))  # noqa: B905  (equal by construction)
        surprises = [y * mp.log1p(mp.exp(-x)) + (1 - y) * mp.log1p(mp.exp(x)) for x, y in zip(xs, ys)]  # noqa: B905  (as above)
        got = rules.binary_cross_entropy_from_logits(floats, *xs, *ys)[0]
        assert abs(got - mp.fsum(surprises)) <= allowed * mp.fsum(surprises)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (lambda: mean([1e308, 1e308]), math.inf),
        (lambda: total([1e308, 1e308, -1e308]), math.inf),
        (lambda: dot([1e200, 1e200], [1e200, -1e200]), math.nan),
        (lambda: affine(-1e308, [1e200], [1e200]), math.inf),
    ],
)
def test_a_sum_that_overflows_on_the_way(got, expected):
    """It is ±∞ or NaN, as Python's + and * have it, and the page names it among the exceptions."""
    assert got() == pytest.approx(expected, nan_ok=True)
    assert "as for `mean([1e308, 1e308])`" in page()
