"""Laws of the names: each node has its own, labels come first, and numbers read as one writes them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import graphs

from engine import Value, detect_anomaly, draw, grad, gradcheck, mean, power
from engine.characters import printable
from engine.graph import topological_order
from engine.labels import names, number
from engine.source import program

HARD = [
    "",
    "",
    "C",
    "L",
    "C_0",
    "C_1",
    "v_1",
    "v_2",
    "x",
    "u",
    "x_0",
    "z",
    "z[2]",
    "z[3]",
    "3",
    "w\nw",
    r"w\nw",
    "<b>",
]


@given(graphs(), st.data())
def test_no_two_nodes_share_a_name(graph, data):
    """Whatever the labels are; the first node of a label goes by it, a leaf without one by its number."""
    root, leaves = graph
    order = topological_order(root)
    root = mean([root, data.draw(st.sampled_from(order)), root])
    order = topological_order(root)
    for node in order:
        node.label = data.draw(st.sampled_from(HARD))
    targets = data.draw(st.lists(st.sampled_from([*order, *leaves, Value(3.0), Value(4.0, label="C")])))
    found = names(root, *targets)
    assert list(found) == list(dict.fromkeys([*order, *targets]))
    named = [node for node in found if node.label or node.parents or node in targets or node is root]
    assert len({found[node] for node in named}) == len(named)
    for node, name in found.items():
        if node not in named:
            assert name == number(node.data)
        if node.label:
            first = next(other for other in found if printable(other.label) == printable(node.label))
            shown = printable(node.label)
            assert name == shown if node is first else name.startswith(f"{shown}[")


def test_names_by_their_parts():
    """The root is C, what is computed on the way v_1, v_2, …, a leaf its number, a target x."""
    w, t = Value(0.5, label="w"), Value(-2.0)
    inner = w * t
    C = (inner + 3.0).exp()
    assert list(names(C).values()) == ["w", "−2", "v_1", "3", "v_2", "C"]
    assert names(C, t)[t] == "x"
    assert names(C, inner)[inner] == "x"
    assert [names(C, t, inner, Value(1.0))[node] for node in (t, inner)] == ["x", "u"]
    assert names(C, C)[C] == "C"
    assert names(w, w)[w] == "w"
    assert list(names(Value(1.0)).values()) == ["C"]


def test_many_targets():
    """Names do not run out."""
    targets = [Value(1.0) for _ in range(6)]
    assert list(names(Value(0.0), *targets).values()) == ["C", "x", "u", "t", "x_0", "x_1", "x_2"]


def test_labels_that_look_like_names():
    """A name that is a label already is passed over."""
    C, L, v, x = (Value(1.0, label=label) for label in ("C", "L", "v_1", "x"))
    free = Value(2.0)
    root = ((C * L) * (v * x)) * free
    found = names(root, free)
    assert found[root] == "C_0"
    assert found[free] == "u"
    assert [found[node] for node in (C * L, C, L, v, x) if node in found] == ["C", "L", "v_1", "x"]
    assert "v_2" in found.values()


def test_copies_of_a_label():
    """The first keeps it, the others are numbered; a number that is a label too is passed over."""
    zs = [Value(float(k), label=label) for k, label in enumerate(["z", "z[2]", "z", "z", "z[2]"])]
    found = names(sum(zs[1:], zs[0]))
    assert [found[z] for z in zs] == ["z", "z[2]", "z[3]", "z[4]", "z[2][2]"]


def test_the_costs_of_a_mean():
    """C_k by their place, the first one of a cost that comes twice; labels stay, leaves are no costs."""
    w = Value(2.0, label="w")
    first, second = w * 3.0, w.exp()
    found = names(mean([first, w, second, first]))
    assert (found[first], found[w], found[second]) == ("C_0", "w", "C_2")
    second.label = "loss"
    assert names(mean([first, second]))[second] == "loss"
    w.label = "C_0"
    assert names(mean([first, second]))[first] == "v_1"
    w.label = "C"
    second.label = "L"
    found = names(mean([first, second]))
    assert len(set(found.values())) == len(found)
    assert names(w * 3.0 + first)[first] == "v_2"


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.25, "0.25"), (-2.0, "−2"), (1 / 3, "0.333333"), (-1e-9, "−1e−09"), (1e20, "1e+20"), (0.0, "0"),
        (-0.0, "0"), (math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "nan"),
    ],
)  # fmt: skip
def test_numbers(x, text):
    """Six digits, a minus sign that is one, and no sign before 0."""
    assert number(x) == text


@given(st.text())
def test_a_name_is_printable(text):
    """On one line, without control characters; what is printable stays as it is."""
    found = printable(text)
    assert found.isprintable()
    assert found == text or not text.isprintable()
    assert len(found.splitlines()) <= 1
    assert names(Value(1.0, label=text), Value(2.0))


LOUD = "two\nlines \x1b[31m \u2028\u202e " + "x" * 1000


def nan_in(x, y):
    with detect_anomaly():
        return x - y


def failing():
    """Calls that fail, and whose message names a node."""
    loud, y = Value(-1.0, label=LOUD), Value(2.0, label="y")
    infinite = Value(math.inf, label=LOUD)
    return {
        "domain": loud.log,
        "gradcheck": lambda: gradcheck(y * y, [loud]),
        "highlight": lambda: draw(y * y, highlight=loud),
        "grad": lambda: grad(loud * y),
        "anomaly": lambda: nan_in(infinite, infinite),
        "source": lambda: program(y * y, params=[loud]),
    }


@pytest.mark.parametrize("name", failing())
def test_a_message_is_one_line_whatever_a_label_is(name):
    """Line ends and what a terminal obeys are shown as escapes where an error names a node."""
    with pytest.raises((ValueError, ArithmeticError), match=r"two\\nlines \\x1b\[31m") as caught:
        failing()[name]()
    assert str(caught.value).isprintable()


def test_the_table_of_gradcheck_has_a_line_for_each_leaf():
    """Whatever their labels are."""
    x, y = Value(2.0, label=LOUD), Value(3.0, label=LOUD)
    lines = str(gradcheck(x * y)).split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("n", [10**400, 10**5000, -(10**5000)], ids=["400", "5000", "below 0"])
def test_a_number_of_many_digits_is_short_in_a_message(n):
    """No exponent, however long, fills a message, or ends in Python's own words on digits."""
    for wrong in (lambda: Value(2.0) ** n, lambda: power(1.0, n), lambda: Value(n)):
        with pytest.raises((OverflowError, ValueError)) as caught:
            wrong()
        assert len(str(caught.value)) < 200
        assert "set_int_max_str_digits" not in str(caught.value)
