"""What the heart and its readings do where few programs come."""

import importlib
import math

import pytest

import engine
from engine import Value, detect_anomaly, graph, rules
from engine.formula.series import Sheet, _aligned
from engine.formula.symbols import running_index, symbol
from engine.node import called
from engine.readings.formulas import Formulas, factors, total
from engine.readings.joined import WIDE
from engine.readings.values import Differentiable


def test_a_name_that_there_is_not():
    """A module says which name it lacks, as any module does."""
    with pytest.raises(AttributeError, match="module 'engine' has no attribute 'nothing'"):
        _ = engine.nothing


@pytest.mark.parametrize("book", ["formula", "source", "tape"])
def test_the_door_to_a_book(book):
    """An attribute of ``engine`` leads to a book, imported before or not."""
    assert engine.__getattr__(book) is importlib.import_module(f"engine.{book}")


def test_no_parents_in_a_list_are_no_parents():
    """An empty list makes a leaf, as an empty tuple does."""
    assert Value(1.0, []).rule is None
    assert Value(1.0, []).parents == ()
    with pytest.raises(TypeError, match="parents must be a tuple of Values, got int 0"):
        Value(1.0, 0)


def test_the_names_that_micrograd_has_for_them():
    """``_children`` and ``_op`` are parents and operation."""
    a, b = Value(2.0), Value(3.0)
    c = Value(6.0, _children=(a, b), _op="*")
    c.backward()
    assert (c.parents, c._op, a.grad, b.grad) == ((a, b), "*", 3.0, 2.0)


def test_a_refresh_under_detect_anomaly_changes_nothing_where_a_nan_arises():
    """The NaN is named, and every number stays."""
    x = Value(1.0, label="x")
    y = x * 2.0
    C = y - y
    x.data = math.inf
    with detect_anomaly(), pytest.raises(FloatingPointError, match="NaN arose in sub"):
        C.refresh()
    assert (y.data, C.data) == (2.0, 0.0)


def test_a_called_rule_refuses_what_is_no_number():
    """As its compiled form does."""
    with pytest.raises(TypeError, match="cannot combine a Value with str 'y'"):
        called(rules.hypot, Value(1.0), "y")


def test_terms_that_are_built_differently_are_no_series():
    """A variable beside something else, and different operations, have no columns; a letter does not run."""
    xp = Formulas()
    a, b = xp.variable(), xp.variable()
    assert _aligned([xp.make("*", a, b), xp.make("*", xp.make("sin", a), b)]) is None
    assert _aligned([xp.make("sin", a), xp.make("cos", a)]) is None
    assert running_index([symbol("w_j"), symbol("w_k")]) is None


def test_the_difference_of_a_long_sum():
    """It is the sum with one term more, which has a minus."""
    xp = Formulas()
    *xs, y = (xp.variable() for _ in range(101))
    difference = total(xp, *xs) - y
    assert difference.operation == "+"
    assert len(difference.parents) == 101
    assert difference.parents[-1].parents == (y,)


def test_choices_of_plain_numbers_are_made_at_once():
    """Of what cannot change no node is made."""
    xp = Differentiable()
    assert xp.compare("<", 1.0, 2.0) is True
    assert xp.where(True, 1.0, 2.0) == 1.0
    assert xp.power(Value(2.0), 0) == 1.0
    assert xp.where(xp.compare("<", Value(1.0), 2.0), 3.0, 3.0) == 3.0


def test_a_power_whose_exponent_varies():
    """It is a node of both, with 2³ · ln 2 as derivative with respect to the exponent."""
    x, y = Value(2.0), Value(3.0)
    power = Differentiable().power(x, y)
    power.backward()
    assert (power.data, x.grad, y.grad) == (8.0, 12.0, pytest.approx(8 * math.log(2)))


def test_a_root_of_a_number_stays_a_root():
    """√2 is no float that stands for it as well: it is a factor, not a part of the number before them."""
    xp = Formulas()
    two = xp.literal(2)
    assert factors(xp.make("power", two, xp.literal(0.5))) == (1.0, {two: 0.5})


def test_a_long_sum_is_made_once():
    """The same two halves are the same node."""
    xp = Formulas()
    long, more = total(xp, *(xp.variable() for _ in range(WIDE))), xp.variable()
    assert long + more is long + more


def test_a_long_case_that_asks_the_same_knows_the_answer():
    """What stands outside in it is looked at, however many operations there are below."""
    xp = Formulas()
    x, y = xp.variable(), xp.variable()
    long = x
    for _ in range(50):
        long = xp.sin(long)
    inner = xp.where(x < y, long, y)
    assert xp.where(x < y, inner, xp.cos(y)) is xp.where(x < y, long, xp.cos(y))


def test_pairs_of_terms_with_a_gap_are_no_series():
    """Two kinds of terms by turns are one series where the index runs through, and none where it skips."""
    xp = Formulas()
    for numbers, expected in [((0, 1, 2, 3, 4), True), ((0, 2, 3, 5, 6), False)]:
        names = {xp.variable(): symbol(f"a_{k}") for k in numbers}
        terms = [term for x in names for term in (xp.square(x), xp.sin(x))]
        short, _ = Sheet(names).shown(xp.call("+", *terms), bounds=True)
        assert ("Σ" in {part.operation for part in graph.topological_order(short)}) == expected
