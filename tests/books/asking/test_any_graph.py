"""Questions about graphs of any operations, grown by Hypothesis: none fails, each takes its own answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import graphs

from engine import check, exercise, questions
from engine.asking.slips import show


@pytest.mark.slow
@given(graphs(max_nodes=8), st.integers(0, 3))
def test_every_question_takes_its_answer_and_refuses_its_choices(grown, digits):
    """Whatever the operations: right is right, wrong is wrong, and there are hints and an explanation."""
    root, _ = grown
    for question in questions(root, digits=3 + digits):
        assert check(question, question.answer), (question, question.answer)
        assert not any(check(question, choice) for choice in question.choices), question
        assert question.hints
        assert question.explanation


@pytest.mark.slow
@given(graphs(max_nodes=8), st.integers(0, 99))
def test_an_exercise_of_any_graph_has_a_key(grown, seed):
    """Its right sheet is right, each box alone is, and each mistake that shows is not."""
    root, _ = grown
    if root.parents:
        made = exercise(root, seed=seed)
        key = made.key
        texts = [show(x) for x in key.answers]
        assert key.sheet(texts)
        assert all(key.one(i, text) for i, text in enumerate(texts))
        for name in key.occurring:
            assert not key.sheet([show(x) for x in key.made(name)]), name
