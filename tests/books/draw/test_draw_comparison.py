"""Laws of pictures of two states of one graph."""

import math
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import graphs

from engine import Value, affine, draw, graph
from nn import MLP
from nn.losses import squared_error


def read(text):
    """The number that a picture writes."""
    return float(text.replace("−", "-").replace("∞", "inf"))


def step(root, leaf, x):
    """Another number for a leaf, and all that follows from it."""
    leaf.data = x
    root.refresh()
    root.zero_grad()
    root.backward()


@given(graphs(), st.floats(-2, 2))
def test_each_row_tells_both_numbers(drawn, x):
    """``before → after`` where they differ, one where they do not, and the note counts both kinds."""
    root, leaves = drawn
    order = graph.topological_order(root)
    root.backward()
    earlier = draw(root, detail="values")
    old = [(node.data, node.grad) for node in order]
    step(root, leaves[0], x)
    drawing = draw(earlier, root, detail="values")
    changed = [0, 0]
    for box, before, node in zip(drawing.diagram.boxes, old, order, strict=True):
        after = node.data, node.grad
        assert box.dim == (before == after)
        changed = [k + (a != b) for k, a, b in zip(changed, before, after, strict=True)]
        for row, a, b in zip(box.rows[1:], before, after, strict=True):
            numbers = [read(number) for number in row.split(" ", 1)[1].split(" → ")]
            assert numbers == [pytest.approx(x, rel=1e-3, abs=1e-300) for x in dict.fromkeys((a, b))]
    counts = [int(words.split()[0]) for words in drawing.diagram.notes[0].split(";")[0].split(" and ")]
    assert [*counts, 0][:2] == changed


def test_small_changes_are_seen():
    """As many digits as it takes to tell the two numbers apart."""
    x = Value(1.0, label="x")
    y = x * 1.0
    before = draw(y)
    x.data = 1.0 + 2**-52
    y.refresh()
    row = draw(before, y).diagram.boxes[0].rows[1]
    assert row == "data 1 → 1.0000000000000002"
    assert draw(before, before).diagram.boxes[0].rows[1] == "data 1"
    x.data = math.nan
    assert draw(before, y).diagram.boxes[0].rows[1] == "data 1 → nan"


def test_a_training_step():
    """The note counts the changes and has the cost before and after; arrows show after."""
    x, y = Value(2.0, label="x"), Value(1.0, label="y")
    w, b = Value(0.5, label="w"), Value(0.25, label="b")
    cost = (affine(b, [w], [x]) - y) ** 2
    cost.label = "C"
    cost.backward()
    before = draw(cost)
    for parameter in (w, b):
        parameter.data -= 0.1 * parameter.grad
    cost.refresh()
    cost.zero_grad()
    cost.backward()
    drawing = draw(before, cost)
    told = {box.rows[0]: box.rows[1:] for box in drawing.diagram.boxes}
    assert told["w"] == ("data 0.5 → 0.4", "grad 1 → 0")
    assert told["x"] == ("data 2", "grad 0.25 → 0")
    assert told["C"] == ("data 0.0625 → 0", "grad 1")
    assert drawing.diagram.notes == ("5 of 7 values and 6 of 7 gradients changed; C 0.0625 → 0, by −0.0625",)
    assert drawing.diagram.title == "Computation graph of C, before and after"
    assert drawing.diagram.arrows == draw(cost).diagram.arrows
    assert draw(before, before).diagram.notes == ("0 of 7 values changed; C is 0.0625 as before",)
    same = draw(before, before).diagram
    assert all(thing.dim for thing in (*same.boxes, *same.arrows))


def test_a_gradient_that_comes():
    """ "–" before the backward pass."""
    x = Value(3.0, label="x")
    y = x * x
    before = draw(y)
    y.backward()
    assert draw(before, y).diagram.boxes[0].rows == ("x", "data 3", "grad – → 6")


def test_only_what_changed_is_bright():
    """An arrow is dim where both its ends are."""
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    root = x.exp() * y.sin()
    before = draw(root)
    x.data = 2.0
    root.refresh()
    told = draw(before, root).diagram
    assert {box.rows[0]: box.dim for box in told.boxes} == {
        "x": False, "exp": False, "y": True, "sin": True, "*": False,
    }  # fmt: skip
    assert [arrow.dim for arrow in told.arrows] == [False, True, False, False]


def test_two_graphs_of_one_model():
    """The graph may be built anew: what counts is that it is the same, and two Values do for two drawings."""
    model = MLP(1, [2, 1], activation="tanh", rng=random.Random(1))
    first, second = (squared_error(model([x]), [1.0]) for x in (0.5, 1.0))
    told = draw(first, second, level="values").diagram
    assert told.boxes[-1].rows[1] == f"data {first.data:.4g} → {second.data:.4g}"
    assert {box.rows[0]: box.dim for box in told.boxes}["w_0^(1)"]


@pytest.mark.parametrize("detail", ["neurons", "layers", "summary"])
def test_details_are_compared_too(detail):
    """Ranges before and after, in boxes of any size."""
    model = MLP(2, [3, 1], activation="tanh")
    cost = squared_error(model([1.0, -2.0]), [1.0])
    before = draw(cost)
    cost.backward()
    for parameter in model.parameters():
        parameter.data -= 0.5 * parameter.grad
    cost.refresh()
    told = draw(before, cost, detail=detail).diagram
    assert sum(" → " in row for box in told.boxes for row in box.rows) > 3
    assert told.notes[detail != "neurons"].endswith(
        f"by {cost.data - read_first(before):z.4g}".replace("-", "−")
    )


def read_first(drawing):
    return drawing.picture.now.data[-1]


X, Y = Value(1.0, label="x"), Value(1.0, label="y")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (X * Y, X * Y + X, "3 values before, 4 values after"),
        (X * Y, X + Y, "n2 is *(n0, n1) before, +(n0, n1) after"),
        (X * Y, Y * X, "n0 is 'x' = leaf before, 'y' = leaf after"),
        (X.exp() * X, X * X.exp(), "n2 is *(n1, n0) before, *(n0, n1) after"),
        (X * 1.0, X**2 + X, "n1 is leaf before, **2(n0) after"),
    ],
)
def test_other_graphs_are_refused(before, after, message):
    """ValueError says where they differ."""
    start = "draw(before, after) compares two states of one graph, and these differ: "
    with pytest.raises(ValueError, match=f"^{re.escape(start + message)}"):
        draw(before, after)


def test_what_makes_no_sense_with_it():
    """highlight and derivative_of are for one picture at a time; drawings of derivatives can be compared."""
    x = Value(3.0, label="x")
    y = x**3
    for option in ("highlight", "derivative_of"):
        with pytest.raises(ValueError, match="without highlight or derivative_of; draw each state"):
            draw(y, y, **{option: x})
    before = draw(y, derivative_of=x)
    x.data = 4.0
    y.refresh()
    told = draw(before, draw(y, derivative_of=x)).diagram
    assert told.boxes[-1].rows == ("∂C/∂x", "data 27 → 48", "grad –")


def test_what_is_no_state_is_refused():
    """TypeError for other things, for a drawing alone, and for one that was not made by draw."""
    y = Value(3.0) * 2.0
    with pytest.raises(TypeError, match=r"^draw takes a Value, got Drawing; it is drawn already"):
        draw(draw(y))
    with pytest.raises(TypeError, match=r"^draw takes a Value, got float .*; a plain number has no graph"):
        draw(y, 3.0)
    with pytest.raises(TypeError, match=r"^draw takes a Value, got str"):
        draw("y", y)
    by_hand = type(draw(y))(draw(y).diagram)
    with pytest.raises(TypeError, match="compares what draw has made"):
        draw(by_hand, y)


def test_nan_is_no_change():
    """What was no number and is none is the same."""
    x = Value(math.nan)
    assert draw(x, x).diagram.notes == ("0 of 1 value changed; C is nan as before",)
