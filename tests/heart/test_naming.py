"""Laws of names: they come from the program's variables, and from nowhere else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Value, label


@given(st.dictionaries(st.text(min_size=1).filter(lambda name: name[0] != "_"), st.floats(-1, 1)))
def test_a_mapping_names_its_values(numbers):
    """Each Value of a mapping is labelled by its key, whatever text that is."""
    nodes = {name: Value(x) for name, x in numbers.items()}
    label(nodes)
    assert [node.label for node in nodes.values()] == list(numbers)


def test_locals_names_every_variable():
    """``label(locals())`` gives w, b and z their own names, and counts through lists and tuples."""
    w, b = Value(1.0), Value(2.0)
    z = w * 3 + b
    xs, pair = [Value(1.0), Value(2.0)], (Value(3.0), "text", Value(4.0))
    label(locals())
    assert (w.label, b.label, z.label) == ("w", "b", "z")
    assert [x.label for x in xs] == ["xs_0", "xs_1"]
    assert (pair[0].label, pair[2].label) == ("pair_0", "pair_2")


def test_a_name_given_stays():
    """A mapping names what has no name yet; a keyword names anew."""
    w = Value(1.0, label="weight")
    label({"w": w})
    assert w.label == "weight"
    label(w=w)
    assert w.label == "w"


def test_the_first_of_two_names_counts():
    """Of two variables that hold one node, the first names it."""
    a = b = Value(1.0)
    label({"a": a, "b": b})
    assert a.label == "a"


def test_what_is_no_value_is_passed_over():
    """Underscores in front, numbers, texts, and lists within lists are left alone."""
    hidden, deep = Value(1.0), Value(2.0)
    label({"_x": hidden, "n": 3, "text": "abc", "nested": [[deep]], "mapping": {"k": deep}, "none": None})
    assert (hidden.label, deep.label) == ("", "")


def test_keywords_and_mapping_together():
    """Both ways in one call; keywords first."""
    w, b = Value(1.0), Value(2.0)
    label({"other": w, "b": b}, w=w)
    assert (w.label, b.label) == ("w", "b")


def test_nothing_is_named_where_nothing_is_given():
    """Without arguments nothing happens; an empty mapping is a mapping."""
    assert label() is None
    assert label({}) is None


@pytest.mark.parametrize(
    ("names", "came"),
    [(Value(1.0), "Value"), ("w", "str"), ([Value(1.0)], "list"), ({1: Value(1.0)}, "dict"), (0, "int")],
)
def test_the_positional_argument_is_a_mapping_by_name(names, came):
    """``label(w)`` cannot know the name w: it says how to pass it."""
    with pytest.raises(TypeError, match=re.escape(f"label(w=w) or label(locals()); got {came}")):
        label(names)


def test_a_keyword_that_is_no_value_is_refused_and_nothing_has_changed():
    """``label(w=w, b=3)`` names the wrong one, and labels none."""
    w = Value(1.0)
    with pytest.raises(TypeError, match=r"label can name Values only, got b = int 3"):
        label(w=w, b=3)
    assert w.label == ""
