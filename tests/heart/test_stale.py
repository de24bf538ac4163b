"""Numbers that were edited after the forward pass: whatever shows a graph says so, and nothing else does."""

import copy
import math
import pickle
import random
import threading
import time
import timeit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import ORACLE
from random_graphs import graphs

import engine
from engine import Value, apply, draw, explain, forward, rules, steps, tree
from engine.graph import topological_order
from engine.stale import first_stale
from nn import MLP, GradientDescent

SAID = "a number was edited after the forward pass"
SHOWN = {
    "forward": lambda C, _: str(forward(C)),
    "forward in LaTeX": lambda C, _: forward(C).latex(),
    "forward as data": lambda C, _: forward(C).to_dict().get("stale", ""),
    "tree": lambda C, _: str(tree(C)),
    "explain": lambda C, x: str(explain(C, x)),
    "explain in LaTeX": lambda C, x: explain(C, x).latex(),
    "explain as data": lambda C, x: explain(C, x).to_dict().get("stale", ""),
    "nested": lambda C, x: str(explain(C, x).nested()),
    "nested in LaTeX": lambda C, x: explain(C, x).nested().latex(),
    "nested as data": lambda C, x: explain(C, x).nested().to_dict().get("stale", ""),
    "draw": lambda C, _: draw(C).svg,
    "draw as a table": lambda C, _: draw(C).table(),
    "steps": lambda C, _: "\n".join(map(str, steps(C))),
}  # fmt: skip
each_showing = pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)


def one_line(text):
    """Without the breaks of lines that are too long."""
    return " ".join(text.split())


def state(C):
    """All that a graph holds."""
    return [(node.data, node.grad, node.local_derivatives) for node in topological_order(C)]


@each_showing
def test_an_edited_leaf_is_told(shown):
    """Of x² = 9 at x = 5 the reader is told, with both numbers; after refresh there is nothing to tell."""
    x = Value(3.0, label="x")
    C = x * x
    assert SAID not in one_line(shown(C, x))
    x.data = 5.0
    before = state(C) if shown is not SHOWN["steps"] else None
    told = one_line(shown(C, x))
    assert SAID in told
    assert "25" in told
    assert "9" in told
    assert before is None or state(C) == before
    C.refresh()
    assert SAID not in one_line(shown(C, x))


@each_showing
def test_an_edited_inner_node_is_told(shown):
    """micrograd's habit of setting .data of what was computed: the node itself is named."""
    x = Value(3.0, label="x")
    y = x * x
    y.label = "y"
    C = y * 2
    y.data = 100.0
    assert SAID in (told := one_line(shown(C, x)))
    assert "100" in told


def test_what_backward_does_is_as_it_was():
    """It goes on from the recorded numbers: 2 · 3, though x is 5 by now."""
    x = Value(3.0, label="x")
    C = x * x
    x.data = 5.0
    str(tree(C)), str(forward(C)), draw(C).svg
    C.backward()
    assert (C.data, x.grad) == (9.0, 6.0)


def test_a_matrix_form_is_told():
    """After a step of an optimiser the cost of before no longer fits; a cost that is built anew does."""
    model = MLP(2, [2, 1], rng=random.Random(1))
    optimiser = GradientDescent(model.parameters(), lr=0.1)

    def cost():
        return (model([0.5, -0.5]) - 1.0) ** 2

    C, w = cost(), model.layers[0].neurons[0].w[0]
    C.backward()
    for told in (explain(C, w).matrix(), explain(C, w)):
        assert SAID not in str(told) + told.latex()
    optimiser.step()
    for told in (explain(C, w).matrix(), explain(C, w), explain(C, w).nested()):
        assert SAID in one_line(str(told))
        assert SAID in told.latex()
        assert SAID in told.to_dict()["stale"]
    assert first_stale(topological_order(cost())) is None


@pytest.mark.parametrize("name", ORACLE)
def test_nothing_is_told_of_what_is_fresh(name):
    """A node of any rule, its copies, its pickle and its gradient graph are what their operands give."""
    rule = rules.REGISTRY[name]
    if rule.defaults:
        rule = rule.at(**{p: {"n": 3, "lo": -1.0, "hi": 1.0}.get(p, d) for p, d in rule.defaults})
    numbers = [1.25] if name == "acosh" else [0.5, 0.25, 0.75, 0.375, 0.625][: 4 + (name == "affine")]
    xs = [Value(x) for x in numbers[: len(ORACLE[name][1])]]
    C = apply(rule, *xs)
    for graph in (C, copy.deepcopy(C), pickle.loads(pickle.dumps(C)), engine.grad(C * C, xs[0])):
        assert first_stale(topological_order(graph)) is None


@settings(max_examples=60)
@given(graph=graphs(), data=st.data())
def test_whatever_is_edited_is_found_and_nothing_else(graph, data):
    """The first node that ``refresh`` would change is found, and none where it would change none."""
    C, leaves = graph
    order = topological_order(C)
    assert first_stale(order) is None
    data.draw(st.sampled_from(leaves)).data += data.draw(st.sampled_from([0.5, -1.0, 1e-3]))
    found, before = first_stale(order), [node.data for node in order]
    try:
        C.refresh()
    except (ValueError, ArithmeticError):
        assert found
        return
    pairs = zip(order, before, strict=True)
    changed = [
        node for node, was in pairs if node.parents and node.data != pytest.approx(was, rel=1e-9, abs=0)
    ]
    assert (found and found.node) is (changed[0] if changed else None)


def test_what_cannot_be_checked_is_left_alone():
    """A node made by hand and local derivatives set by hand are the user's; numbers count to nine digits."""
    x = Value(3.0, label="x")
    cube = Value(27.0, (x,), "cube", local_derivatives=(27.0,))
    y = cube * 2
    y.local_derivatives = (5.0, 1.0)
    rounded = Value(9.0 * (1 + 1e-12), (x,), "**2")
    assert first_stale(topological_order(y + rounded)) is None
    x.data = 4.0
    assert first_stale(topological_order(y)) is None
    assert first_stale(topological_order(rounded)).numbers == ("9", "16")
    cube.data = 64.0
    assert first_stale(topological_order(y)).node is y


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_nan_and_infinities_are_no_edits(number):
    """NaN equals NaN here."""
    x = Value(number)
    assert first_stale(topological_order((x * 2.0 + x).tanh())) is None


def test_a_number_that_no_rule_takes():
    """Where the rule cannot be evaluated any more, that is said; tiny edits are shown with all digits."""
    x = Value(5.0, label="x")
    C = x.log()
    x.data = -1.0
    assert "C is recorded as 1.60944, its operands now give no number" in one_line(str(tree(C)))
    assert r"give \text{no number}" not in forward(C).latex()
    assert r"\text{no number}" in forward(C).latex()
    x.data = 5.0 + 1e-7
    recorded, now = first_stale(topological_order(C)).numbers
    assert recorded != now
    assert float(recorded) == pytest.approx(float(now), rel=1e-7)


def test_a_page_computes_anew_or_says_so():
    """``play`` starts from the leaves' numbers; only where it cannot compute does it show recorded ones."""
    x = Value(3.0, label="x")
    C = x * x
    x.data = 5.0
    assert SAID not in C.play().html
    own = Value(9.0, (x,), "square", local_derivatives=(6.0,)) + C
    assert SAID in own.play().html
    C.refresh()
    assert SAID not in (Value(9.0, (x,), "square", local_derivatives=(6.0,)) + C).play().html


def test_a_drawing_stays_what_it_was():
    """What is edited after drawing is not the drawing's; before and after are told apart without a note."""
    x = Value(3.0, label="x")
    C = x * x
    before = draw(C)
    x.data = 5.0
    assert SAID not in before.table()
    C.refresh()
    assert SAID not in draw(before, C).table()


def test_the_question_is_linear_and_small_beside_the_answer():
    """Ten times the nodes take some ten times as long, and ``tree`` takes several times as long."""

    def seconds(n, function):
        C = Value(0.5, label="x")
        for _ in range(n):
            C = C.tanh() + 1.0
        argument = topological_order(C) if function is first_stale else C
        return min(timeit.repeat(lambda: function(argument), timer=time.process_time, repeat=5, number=1))

    asked = seconds(2000, first_stale)
    assert asked < seconds(2000, tree) / 2
    assert seconds(20_000, first_stale) < 30 * asked


def test_readers_in_threads():
    """It only reads: one stale graph is shown by several threads at once."""
    x = Value(0.3, label="x")
    C = x
    for _ in range(100):
        C = (C * x).tanh() + x
    x.data = 0.4
    want, found = str(tree(C)), []
    threads = [threading.Thread(target=lambda: found.append(str(tree(C)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [want] * 6
