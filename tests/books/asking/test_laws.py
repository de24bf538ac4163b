"""What is promised about simulated learners: they make mistakes on purpose, and round to three digits."""

from collections import Counter

import pytest
from learners import NETWORKS, SHAPES
from measure import HABITS, one_mistake, right_answers, share, slips, tellable, two_mistakes

COUNTS = [pytest.param(0, id="quick"), pytest.param(12, id="full", marks=pytest.mark.slow)]
"""Graphs of each shape; 0 is one of each of two shapes alone, for a quick look; ``measure.py 50`` by hand."""
FEW = ("1-1-1-1 sigmoid", "shared nodes")


def of_each(shapes, count):
    """The shapes to look at, with how many graphs of each."""
    return [(shape, count or 1) for shape in shapes if count or shape in FEW]


@pytest.mark.parametrize("count", COUNTS)
def test_sheets_of_networks_are_told_by_name(count):
    """One mistake everywhere on a network: at least 99.5 % of the sheets are named, and none wrongly."""
    every = Counter()
    for shape, n in of_each(NETWORKS, count):
        every += one_mistake(shape, n, seed=13)[0]
    assert share(every, "named") >= 99.5, every
    assert every["wrong"] == 0


@pytest.mark.parametrize("count", COUNTS)
def test_sheets_of_any_graph_are_named_or_on_a_short_list(count):
    """Shared nodes and random graphs, too: at least 99 % named or listed, at most 0.1 % wrong."""
    every = Counter()
    for shape, n in of_each(SHAPES, count):
        every += one_mistake(shape, n, seed=13)[0]
    assert share(every, "named", "listed") >= 99.0, every
    assert share(every, "wrong") <= 0.1, every


@pytest.mark.parametrize("count", COUNTS)
def test_one_chosen_number(count):
    """Of what can be told apart in principle 90 % is named; the truth is listed in 99.5 %, 0.2 % is wrong."""
    named, listed = Counter(), Counter()
    for shape, n in of_each(SHAPES, count):
        named += tellable(shape, n, seed=13)
        listed += one_mistake(shape, n, seed=13)[1]
    assert share(named, "named") >= 90.0, named
    assert share(listed, "named", "listed") >= 99.5, listed
    assert share(listed, "wrong") <= 0.2, listed


@pytest.mark.parametrize("count", COUNTS)
def test_two_numbers_on_networks(count):
    """With the box that the first verdict asks for, at least 97 % are named."""
    every = Counter()
    for shape, n in of_each(NETWORKS, count):
        every += one_mistake(shape, n, seed=13)[2]
    assert share(every, "named") >= 97.0, every


@pytest.mark.parametrize("count", COUNTS)
def test_right_answers_are_never_called_wrong(count):
    """Eight habits of rounding, every box alone and all together: no false alarm."""
    assert len(HABITS) == 8
    for shape, n in of_each(SHAPES, count):
        found = right_answers(shape, n, seed=13)
        assert {kind for _, _, kind in found} == {"right"}, found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "least"), [("sign_flipped", 90.0), ("decimal_point", 85.0), ("digits_swapped", 85.0)]
)
def test_slips_on_sheets_are_called_slips(kind, least):
    """A slip in an inner box, carried on: said as a sign, or called what it is."""
    every = Counter()
    for shape in SHAPES:
        every += slips(shape, 20, kind, seed=13)
    assert share(every, "named", "sign") >= least, every


@pytest.mark.slow
def test_two_mistakes_on_a_sheet_are_not_called_something_else():
    """At most 1 % are told something that is neither of the two."""
    every = Counter()
    for shape in SHAPES:
        every += two_mistakes(shape, 12, seed=13)
    assert share(every, "wrong") <= 1.0, every
