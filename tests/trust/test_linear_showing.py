"""Whatever shows a graph takes work in step with the nodes and edges of it and what comes out; or it is cut.

Each row is one operation on one shape of graph at n and at 2n, where n counts operands, nodes or edges:
twice of it is twice the graph. What is quadratic costs four times as much, and fails above three.
"""

import io
import math
from unittest.mock import patch

import pytest
from growth import Row, values

from engine import (
    Value,
    affine,
    check,
    draw,
    exercise,
    explain,
    forward,
    graph,
    logsumexp,
    mark,
    maximum,
    mean,
    questions,
    quiz,
    rules,
    steps,
    total,
    tree,
    worksheet,
)
from engine.chain import explanations
from engine.chain.view import between_names
from engine.formula import whole
from engine.functions import apply
from engine.labels import names
from engine.source import JAVASCRIPT, live, program
from nn import MLP


def _labelled(n, letter):
    return [Value(0.01 * (k % 7), label=f"{letter}_{k}") for k in range(n)]


def _layer(n):
    """√n neurons on √n inputs: n edges, and as many weights."""
    size = math.isqrt(n)
    xs = values(size)
    neurons = [affine(0.1, _labelled(size, f"w{j}"), xs).tanh() for j in range(size)]
    return total(a * a for a in neurons)


def _mlp(n):
    size = math.isqrt(n)
    model = MLP(size, [size, 2])
    return total((a - 1.0) ** 2 for a in model([0.1 * k for k in range(size)]))


def _sum(n):
    """A sum as operators make it, one node for each term."""
    y = Value(0.0)
    for x in values(n):
        y = y + x * x
    return y * y


def _ladder(n):
    """Every node is read twice: 2ⁿ paths."""
    y = Value(0.5, label="x_0")
    for _ in range(n // 2):
        y = y * y + 0.1
    return y


def _shared(n):
    """n shares of one sum, as softmax has them."""
    es = [x.exp() for x in values(n)]
    sum_e = total(es)
    return total((e / sum_e) ** 2 for e in es)


GRAPHS = {
    "logsumexp": lambda n: logsumexp(values(n)) * 2.0,
    "softmax_cross_entropy": lambda n: apply(rules.softmax_cross_entropy, *values(n), *_labelled(n, "y")),
    "maximum": lambda n: maximum(values(n)).exp(),
    "affine": lambda n: affine(Value(0.1, label="b"), _labelled(n, "w"), values(n)).tanh(),
    "fan": lambda n: logsumexp([values(1)[0] * k for k in values(n)]),
    "shares": _shared,
    "layer": _layer,
    "mlp": _mlp,
    "ladder": _ladder,
    "sum": _sum,
}


def _first(C):
    return graph.leaves(C)[0]


def _leaves(C):
    return [leaf for leaf in graph.leaves(C) if leaf.label]


SHOWING = {
    "explain": lambda C: str(explain(C, _first(C))),
    "explain as LaTeX": lambda C: explain(C, _first(C)).latex(),
    "explain as data": lambda C: explain(C, _first(C), limit=5).to_dict(),
    "nested": lambda C: str(explain(C, _first(C)).nested()),
    "nested as LaTeX": lambda C: explain(C, _first(C)).nested().latex(),
    "nested as data": lambda C: explain(C, _first(C)).nested().to_dict(),
    "forward": lambda C: str(forward(C)),
    "forward as LaTeX": lambda C: forward(C).latex(),
    "forward as data": lambda C: forward(C).to_dict(),
    "tree": tree,
    "whole tree": lambda C: tree(C, lines=None),
    "steps": lambda C: [*map(str, steps(C))],
    "wrong steps": lambda C: [*map(str, steps(C, "depth-first"))],
    "draw": lambda C: draw(C).diagram,
    "table": lambda C: draw(C).table(),
    "table of values": lambda C: draw(C, detail="values").table(),
    "paths": lambda C: draw(C, detail="values", highlight=_first(C)).diagram,
    "derivative": lambda C: draw(C, derivative_of=_first(C)).diagram,
    "DOT": lambda C: draw(C, detail="values").dot,
    "Python": lambda C: program(C, params=_leaves(C)),
    "JavaScript": lambda C: live(C, _leaves(C), JAVASCRIPT),
    "names": names,
}
"""What shows a graph whatever its size."""


def _checked(C):
    """The verdict on a wrong number, and on that of one more box, which it may ask for."""
    question = questions(C, kinds="gradient")[-1]
    verdict = check(question, "1.5")
    return check(question, "1.5", more="2") if verdict.asks_for else verdict


def _marked(C):
    """A sheet on which every number is twice as large as it should be, and has the wrong sign."""
    boxes = [node for node in graph.topological_order(C)[:-1] if node.rule is not rules.constant]
    return mark(C, {node: f"{-2 * node.grad:.3g}" for node in boxes})


def _quizzed(C):
    """Wrong answers, until no more are typed."""
    with patch("sys.stdin", io.StringIO("7\nskip\n" * 5)):
        quiz(C)


def _refused(C):
    with pytest.raises(ValueError, match="needs two pages"):
        worksheet(C, n=1)


LIMITED = {
    "play": (100, lambda C: C.play()),
    "questions": (100, questions),
    "check": (40, _checked),
    "exercise": (60, exercise),
    "mark": (25, _marked),
    "quiz": (25, _quizzed),
    "worksheet": (40, _refused),
    "picture of values": (150, lambda C: draw(C, detail="values").svg),
    "whole": (100, lambda C: str(whole(C))),
    "whole as LaTeX": (100, lambda C: whole(C).latex()),
    "whole with numbers": (100, lambda C: whole(C).with_numbers()),
}
"""What is cut, or refused with a reason, above a size: measured below it."""

TOO_LONG = {"ladder", "layer", "sum", "shares", "fan"}
"""Graphs that take more operations in one formula than ``whole`` writes down."""

SIZES = {"layer": 400, "mlp": 400}


@pytest.fixture(autouse=True)
def own_layout(monkeypatch):
    """No other program's time."""
    monkeypatch.setenv("CHAINRULE_DOT", "own")


def _task(show, make):
    def task(n):
        C = make(n)
        C.backward()
        return lambda: show(C)

    return task


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("shape", GRAPHS)
@pytest.mark.parametrize("name", SHOWING)
def test_showing_takes_work_in_step_with_the_graph(name, shape):
    """Twice the graph, at most three times the work."""
    Row(SIZES.get(shape, 200), _task(SHOWING[name], GRAPHS[shape])).check()


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("shape", GRAPHS)
@pytest.mark.parametrize("name", LIMITED)
def test_so_does_what_has_a_limit(name, shape):
    """Twice the graph, at most three times the work, as far as the limit."""
    if name.startswith("whole") and shape in TOO_LONG:
        with pytest.raises(ValueError, match="more than 500 operations"):
            whole(GRAPHS[shape](1200))
        return
    n, show = LIMITED[name]
    if name == "play":
        n = SIZES.get(shape, n)  # between 100 and 200 weights another picture is chosen
    Row(n, _task(show, GRAPHS[shape])).check()


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("rule", [logsumexp, maximum, mean, total])
def test_a_node_of_many_operands_is_written_down_or_refused(rule):
    """4,000 operands are read in time; of more it is said that they are too many."""
    assert str(whole(rule(values(4000))))
    with pytest.raises(ValueError, match="more than 4,000 operands"):
        whole(rule(values(4001)))


@pytest.mark.slow
def test_a_long_expression_is_explained_by_all_of_its_names_in_time():
    """Names, gradients and formulas are worked out once, not once for each of hundreds of names: no cube.

    Each of n names has its own walk over n operands, so that twice as many take at most four times as long.
    """

    def task(n):
        C = mean([x * x for x in values(n)])
        return lambda: [*map(str, explanations(C, _leaves(C)))]

    Row(40, task).check(3.5)


def test_a_sum_that_many_read_is_not_written_anew_for_each(monkeypatch):
    """Of n named values, the n shares of their sum have a few links each, and not n."""
    monkeypatch.setattr("engine.chain.view.LONGEST", 100)
    xs = values(200)
    sum_x = total(xs)
    seen = between_names(graph.topological_order(total((x / sum_x) ** 2 for x in xs)), xs)
    assert sum(len(seen.operands(node)) for node in seen.order) < 5 * 200


def test_explanations_are_those_of_explain():
    """All at once or one by one, the same text, LaTeX and data, also of what does not lead to C."""
    C, stranger = _sum(5), Value(1.0, label="s")
    for w, told in zip([*_leaves(C), stranger], explanations(C, [*_leaves(C), stranger]), strict=True):
        alone = explain(C, w)
        assert (str(told), told.latex(), told.to_dict()) == (str(alone), alone.latex(), alone.to_dict())
