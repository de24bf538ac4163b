"""What a verdict on one number states as a fact is a fact: right digits, rounding, and named mistakes."""

import random
import re

import pytest
from differences import central

from engine import Guess, Value, check, graph, questions
from engine.asking.guesses import sealed
from engine.asking.mistakes import TABLE
from engine.asking.passes import sweep, workings
from engine.asking.shapes import network
from nn import MLP
from nn.losses import squared_error

START = {"b^(1)": 0.3, "b^(2)": -0.2, "b^(3)": 0.5}


def chain(seed):
    """A chain of three sigmoids with numbers of its own."""
    model = MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(seed))
    model.load_state_dict(model.state_dict() | START)
    return squared_error(model([0.8]), 1.0)


ASKED = [
    (seed, question)
    for seed in range(6)
    for question in questions(chain(seed), kinds="gradient")
    if not question.node.parents and question.node.label
]


def said_number(message):
    """The number after the equals sign of a message."""
    return float(re.search(r"= (−?[0-9.e−]+[0-9])\.$", message)[1].replace("−", "-"))


def exact_of(question, seed):
    C = chain(seed)
    leaf = next(node for node in graph.leaves(C) if node.label == question.node.label)
    return central(C, leaf)


EXACT = {(seed, question.node.label): exact_of(question, seed) for seed, question in ASKED}


@pytest.mark.parametrize(
    ("seed", "question"), ASKED, ids=[f"{seed} {question.node.label}" for seed, question in ASKED]
)
def test_yes_shows_the_true_number_and_two_percent_off_is_not_right(seed, question):
    """To three digits; the true number is known from differences of the cost."""
    exact = EXACT[seed, question.node.label]
    for off in (0.0, 0.003, -0.006, 0.009, 0.02, -0.02, 0.03, -0.05):
        verdict = check(question, repr(exact * (1 + off)))
        if not off:
            assert verdict.kind == "right", verdict
        if verdict:
            assert said_number(str(verdict)) == pytest.approx(exact, rel=0.0051), verdict
        if abs(off) >= 0.02:
            assert not verdict, verdict


@pytest.mark.parametrize(
    ("seed", "question"), ASKED, ids=[f"{seed} {question.node.label}" for seed, question in ASKED]
)
def test_fewer_digits_are_called_rounded(seed, question):
    """The true number rounded to one or two digits is right, or called rounded before anything else."""
    exact = EXACT[seed, question.node.label]
    for digits in (1, 2):
        same_in_one = float(f"{exact:.1g}") == float(f"{exact:.2g}")
        words = "one digit" if digits == 1 or same_in_one else "two digits"
        verdict = check(question, f"{exact:.{digits}g}")
        if not verdict:
            assert verdict.explanations[0] == ("rounded_early",)
            assert (verdict.kind == "close") == (len(verdict.explanations) == 1)
            assert f"rounded to {words}: give three significant digits" in str(verdict)
        verdict = check(question, f"{-exact:.{digits}g}")
        assert verdict.kind == "sign" or verdict.explanations[0] == ("sign_flipped",)


@pytest.mark.parametrize(
    ("seed", "question"), ASKED, ids=[f"{seed} {question.node.label}" for seed, question in ASKED]
)
def test_what_comes_out_when_does_come_out(seed, question):
    """Of any number, a mistake is named as a fact only if making it gives that number, to 1 %."""
    exact, rng = EXACT[seed, question.node.label], random.Random(f"{seed} {question.node.label}")
    sheet = workings(chain(seed))
    labels = [node.label for node in sheet.nodes]
    i = labels.index(question.node.label)
    guesses = [exact * rng.uniform(-3, 3) for _ in range(40)] + [exact * k for k in (0.86, 1.14, 0.5, 2)]
    for number in guesses:
        text = f"{number:.{rng.choice((1, 2, 3))}g}"
        verdict = check(question, text)
        if verdict.kind == "told" and "is what comes out when" in str(verdict):
            made = [TABLE[name] for name in verdict.mistakes]
            places = [None, *range(len(sheet.nodes))]
            come = [sweep(sheet, made, only)[i] for only in (places if len(made) == 1 else [None])]
            x = float(text)
            assert any(abs(x - y) <= 0.0101 * abs(y) + 0.005 * abs(x) for y in come), verdict
        if verdict.kind == "close" and str(verdict).startswith("Close. This is"):
            assert abs(float(text) / exact - 1) < 0.0301, verdict


def test_the_words_suit_the_place():
    """A script has no boxes: what it is told names question.hints and more, which both work."""
    C = network([1, 1], "tanh")
    question = questions(C, kinds="gradient")[-1]
    verdict = check(question, "977")
    assert verdict.kind == "unknown"
    assert "question.hints" in str(verdict)
    assert "check(…, more=…)" in str(verdict)
    assert "Fill in" not in str(verdict)
    assert check(question, "977", more="1") is not None
    assert question.hints() == question.hints
    assert question.hint() == question.hints[0] == str(question.hints).splitlines()[0]
    assert question.hint(99) == question.hints[-1]


def test_a_value_is_an_answer():
    """Its number is judged; where names are the choices, its label."""
    x, eight = Value(3.0, label="x"), Value(8.0)
    assert check(Guess("3", "8", seal=sealed("8")), eight)
    assert check(Guess("x", "y", seal=sealed("x")), x)
    [question] = questions(2 * x, kinds="gradient", about=x)
    assert check(question, Value(2.0))
