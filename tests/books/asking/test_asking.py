"""Asking: passes with mistakes, the key, exercises, and questions."""

import pytest
from learners import SHAPES, graphs, texts

import engine
from engine import Value, check, exercise, graph, questions
from engine.asking.asked import Question
from engine.asking.kinds import KINDS
from engine.asking.mistakes import TABLE
from engine.asking.passes import nearest, sweep, workings


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pass_without_mistakes_gives_the_engines_gradients(shape):
    """Every box holds what ``backward`` gives, on random graphs."""
    for C in graphs(shape, 30):
        sheet = workings(C)
        for node, x in zip(sheet.nodes, sweep(sheet), strict=True):
            assert x == pytest.approx(node.grad, rel=1e-12, abs=1e-300)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_answers_equal_the_engines_on_ten_thousand_graphs(shape):
    """The same on a thousand graphs of each of ten shapes."""
    for C in graphs(shape, 1000, seed=1):
        sheet = workings(C)
        for node, x in zip(sheet.nodes, sweep(sheet), strict=True):
            assert x == pytest.approx(node.grad, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_choice_equals_the_answer_and_the_answer_is_right(shape):
    """Of every kind of question: its own answer is right; its choices differ from it, and are not right."""
    for C in graphs(shape, 2):
        for question in questions(C):
            assert check(question, question.answer), question
            assert question.answer not in question.choices
            assert len({*question.choices}) == len(question.choices)
            for choice in question.choices:
                assert not check(question, choice), (question, choice)
                if question.room:
                    assert float(choice) != float(question.answer)


def test_gradients_asked_for_are_those_of_finite_differences():
    """The answers agree with a central difference, which knows nothing of derivatives."""
    a, b = Value(0.7, label="a"), Value(-0.4, label="b")

    def f(a, b):
        s = a * b
        return (s * s + s.tanh()).sin() + a

    for question in questions(f(a, b), kinds="gradient", digits=6):
        if question.node in {a, b}:
            h = 1e-6
            up = f(a.data + h * (question.node is a), Value(b.data + h * (question.node is b))).data
            down = f(a.data - h * (question.node is a), Value(b.data - h * (question.node is b))).data
            assert float(question.answer) == pytest.approx((up - down) / (2 * h), rel=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sheet_with_one_mistake_is_told_or_listed(shape):
    """A learner who rounds to three digits and makes one mistake everywhere is never told another one."""
    for C in graphs(shape, 1, seed=3):
        made = exercise(C, seed=1)
        key = made.key
        learner = workings(made.root, nearest(3))
        for name in key.occurring:
            verdict = key.sheet(texts(sweep(learner, [TABLE[name]])))
            if verdict.kind in {"told", "several"}:
                assert name in verdict.mistakes


def test_a_graph_is_left_as_it_is():
    """Asking changes neither the numbers of a graph nor its labels nor its gradients."""
    a, b = Value(2.0), Value(3.0, label="b")
    C = (a * b).tanh()
    C.backward()
    before = [(node.data, node.grad, node.label) for node in graph.topological_order(C)]
    exercise(C, seed=4)
    for question in questions(C):
        assert question.explanation
    assert before == [(node.data, node.grad, node.label) for node in graph.topological_order(C)]


def test_an_exercise_is_the_same_for_the_same_seed():
    """A seed determines the numbers, and seeds differ."""
    assert exercise("2-2-1", seed=3).numbers == exercise("2-2-1", seed=3).numbers
    assert exercise("2-2-1", seed=3).numbers != exercise("2-2-1", seed=4).numbers


def test_public_names():
    """The doors lead to the functions."""
    assert engine.Question is Question
    assert set(KINDS) == {"value", "slope", "factor", "paths", "order", "gradient", "most", "step", "cost"}
