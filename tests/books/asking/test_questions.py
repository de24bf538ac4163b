"""Each kind of question: what is asked, what is right, what is said to a wrong answer; exercises."""

import copy
import math
import re
from pathlib import Path

import pytest

import engine
from engine import Guess, Value, affine, apply, check, exercise, graph, questions, rules
from engine.asking import shapes
from engine.asking.asked import Wrong, judged
from engine.asking.exercises import WORST
from engine.asking.guesses import sealed
from engine.asking.kinds import KINDS
from engine.asking.mistakes import TABLE
from engine.asking.slips import read, show


def shared():
    """C = s s + s c + t, where s = a b."""
    a, b, c = Value(-3.0, label="a"), Value(4.0, label="b"), Value(3.0, label="c")
    s = a * b
    s.label = "s"
    return s * s + s * c


def asked(C, kind, about=None):
    """The questions of a kind, by the name of their node, or one of them."""
    found = {question.node.label: question for question in questions(C, kinds=kind)}
    return found[about] if about else found


def said(question, answer, kind, *parts):
    """Hold the kind of a verdict, and parts of its message."""
    verdict = check(question, answer)
    assert verdict.kind == kind, verdict
    assert all(part in verdict.message for part in parts), verdict.message


def test_every_kind_has_hints_and_an_explanation_with_the_answer():
    """Hints never have the answer for a sentence; the explanation ends the matter."""
    made = exercise("2-2-1", level=3, seed=1)
    kinds = set()
    for question in questions(made.root):
        kinds.add(question.kind)
        assert question.hints
        assert question.explanation
        assert str(question) == question.prompt
        assert repr(question) == f"<{question.kind}: {question.prompt}>"  # without the answer
        assert question.node in graph.topological_order(made.root)
        if question.kind in {"value", "paths", "gradient", "step"}:
            assert question.answer.removeprefix("-")[:3] in question.explanation
    assert kinds == set(KINDS)


def test_a_value():
    """Forward: what was left out or done otherwise is named; a slip is a slip."""
    x, y = Value(2.0, label="x"), Value(5.0, label="y")
    said(asked(x * y, "value")[""], "7", "told", "the numbers are added")
    said(asked(x + y, "value")[""], 10, "told", "multiplied")
    said(asked(x - y, "value")[""], "7", "told", "a minus is lost")
    said(asked(x - y, "value")[""], "3", "sign", "The size is right")
    said(asked(x**3, "value")[""], "6", "told", "exponent")
    said(asked(x.exp(), "value")[""], "2", "told", "the function is left out")
    said(asked(apply(rules.squared_error, x, y), "value")[""], "-3", "told", "square")
    said(asked((x * y) * (x * y), "value")[""], "10", "told", "square is left out")
    said(asked(affine(1.0, [x], [y]), "value")[""], "10", "told", "bias is left out")
    question = asked(affine(1.0, [x], [y]), "value")[""]
    said(question, "11", "right", "Yes: C = 11.")
    said(question, "110", "slip", "decimal point")
    said(question, "33.3", "unknown", "question.hints")
    assert asked(engine.mean([x, y]), "value")[""].choices


def test_a_local_derivative():
    """One step only: the whole derivative is a wrong answer, and is called so."""
    question = asked(shared(), "slope", "a")
    said(question, "4", "right", "∂s/∂a = 4")
    said(question, "-84", "told", "whole derivative")
    said(question, "-3", "told", "the number itself")
    x = Value(2.0, label="x")
    assert "x" not in asked(x * x, "slope")  # one node, two edges: which of them?


def test_a_local_derivative_is_that_of_one_step():
    """Two paths lead from a to z = sin(a) a; hint and explanation belong to the edge that is asked for."""
    a = Value(0.5, label="a")
    s = a.sin()
    s.label = "s"
    z = s * a
    z.label = "z"
    for root in (z, z * 2.0 + 1.0):
        question = next(one for one in questions(root, kinds="slope", about=a) if "∂z/∂a" in one.prompt)
        said(question, math.sin(0.5), "right")
        assert question.hints[-1] == "∂z/∂a = s"
        assert question.explanation.split() == ["∂z/∂a", "=", "s", "=", "0.479426"]


def test_gradients_of_the_smallest_size():
    """Of numbers that have no three digits as floats, one step is the unit of the last digit."""
    x = Value(0.5, label="x")
    (question,) = questions(x * x * 5e-323, kinds="gradient", about=x)
    assert check(question, question.answer)
    assert not check(question, 1.0)


def test_of_many_nodes_some_are_asked_about_and_each_can_be():
    """Kinds that take work all over the graph ask about 30 nodes at most, from its leaves too."""
    leaves = [Value(0.1 + k / 400, label=f"x_{k}") for k in range(40)]
    root = engine.total([0.5 * leaf.sin() + leaf for leaf in leaves]) ** 2
    for kind in ("factor", "paths", "step", "cost"):
        nodes = {question.node for question in questions(root, kinds=kind)}
        assert 1 <= len(nodes) <= 30, kind
        about = next(leaf for leaf in leaves if leaf not in nodes)
        found = questions(root, kinds=kind, about=about)
        assert [one.node for one in found] == [about] * (kind != "factor"), kind  # two paths lead from it
    assert len(questions(root, kinds="order")) <= 30
    assert len(questions(root, kinds="gradient")) == 161


def test_a_step_to_the_edge_of_a_domain():
    """Where a step that is rounded leaves the domain of a rule, the root's new number is not asked for."""
    x = Value(1.0005001, label="x")
    root = 2.001 * x + 1e-9 * x.log()
    (step,) = questions(root, kinds="step", about=x)
    assert "learning rate 0.5" in step.prompt
    assert questions(root, kinds="cost", about=x) == []


def test_rounding_in_a_number_that_has_no_key():
    """Near by is close, further away is close but for no rounding."""
    x = Value(0.7, label="x")
    question = asked((x * 1.3).sin().exp(), "value")[""]
    y = math.exp(math.sin(0.91))
    said(question, y, "right")
    said(question, show(y * 1.02), "close", "rounded too early")
    said(question, y * 1.05, "close", "further off")


def test_several_wrong_ways_with_one_number():
    """2 + 2 and 2 · 2: nothing is said that is right; two ways of one number are both named."""
    assert "4" not in asked(Value(2.0) * Value(2.0), "value")[""].choices
    verdict = judged(read("4"), 1.0, (1.0, 1.0), [Wrong(4.0, "this"), Wrong(4.0, "that")], "C")
    assert verdict.kind == "several"
    assert "this; or when that" in verdict.message


def test_a_factor():
    """The missing factor by its formula, however it is typed."""
    w, x, y = (Value(n, label=name) for n, name in [(0.5, "w"), (0.8, "x"), (1.0, "y")])
    z = w * x
    z.label = "z"
    a = z.sigmoid()
    a.label = "a"
    question = asked((a - y) ** 2, "factor", "w")
    assert question.answer == "σ′(z)"
    assert "σ(z)" in question.choices
    for text in ("σ′(z)", "σ'(z)", " sigma'( z ) ", "sigmoid'(z)", "0.240", "0.24"):  # σ(0.4)(1 − σ(0.4))
        said(question, text, "right", "σ′(z)")
    for text in ("a", "0.24961", "0.3", "0.23", "sigmoid(z)"):
        said(question, text, "unknown", "∂a/∂z")
    for text in ("a(1 - a)", "a·(1 − a)", "a - a²", "a - a^2", "σ(z) * (1 - σ(z))", "0.6(1 - 0.6)"):
        said(question, text, "right", "σ′(z)")  # a formula is worked out, and is right if its number is
    for text in ("a(1 + a)", "1 - a", "1 - a²", "2a(1 - a)", "y - 0.5", "w/0"):
        assert check(question, text).kind in {"unknown", "unread"}, text
    for text in ("a(1 - a", "b(1 - b)", "hello", "import os", "a.data", "", "(" * 999, "9**9**9**9"):
        said(question, text, "unread", "choose", "σ′(z)", "σ(z)")
    assert question.room is None
    assert check(question, Value(1.0, label="a")).kind == "unknown"


def test_paths():
    """The arrows that leave a node are not its paths."""
    x = Value(0.3, label="x")
    u, v = x.sin(), x.exp()
    u.label, v.label = "u", "v"
    s = u + v
    s.label = "s"
    question = asked(s.tanh() + s.cos() + u, "paths", "x")
    said(question, "5", "right")
    said(question, "2", "told", "only the arrows that leave")
    assert "x: 5 = 3 + 2, through u and v." in question.explanation
    assert asked(x.sin().exp(), "paths", "x").answer == "1"
    assert asked(x * x, "paths") == {}  # two operands that are one node: one path or two
    deep = x
    for _ in range(60):
        deep = deep.sin() + deep
    assert check(asked(deep, "paths", "x"), str(2**60))


def test_the_order():
    """A node passes its gradient back when all that use it have: others wait, and what is done is done."""
    question = next(one for one in questions(shared(), kinds="order") if "s" in one.choices)
    said(question, question.answer, "right")
    said(question, "s", "told", "still waits for")
    said(question, "C", "unknown", "passed its gradient back already")
    said(question, "q", "unread", "choose one of")
    assert "is used by" in question.explanation


def test_which_moves_the_root_most():
    """The largest derivative by size; of two that are alike nothing is asked."""
    question = asked(shared(), "most", "a")
    said(question, "a", "right")
    said(question, "b", "unknown", "Compare the sizes")
    said(question, "s", "unread", "choose among")
    assert check(question, question.node)
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    assert questions(x + y, kinds="most") == []
    assert questions(x.sin(), kinds="most") == []


def test_a_step():
    """Downhill, with the rate, and to where it leads; only what learns takes a step."""
    question = asked(shared(), "step", "b")
    said(question, "-2.3", "right")
    said(question, "10.3", "told", "uphill")
    said(question, "-59", "told", "rate")
    assert "learning rate 0.1" in question.prompt  # with 0.5 the root would rise
    made = exercise("1-1-1-1", level=3, seed=2)
    assert {name[0] for name in asked(made.root, "step")} == {"w", "b"}
    w, x = Value(0.5, label="w"), Value(2.0, label="x")
    assert [*asked((w * x - 3.0) ** 2, "step")] == ["w"]
    assert questions(Value(0.0, label="x") ** 2, kinds=["step", "cost"]) == []


def test_the_cost_after_a_step():
    """The forward pass gives it, not the tangent; a step that leaves the domain is not asked about."""
    question = asked(shared(), "cost", "b")
    assert float(question.answer) == pytest.approx(68.31, abs=0.05)
    said(question, "108", "told", "step is left out")
    near_0 = Value(1e-3, label="x").log()
    assert questions(near_0, kinds="cost") == []
    assert questions(near_0, kinds="step")
    (question,) = questions(-((1.0 - Value(0.9, label="x")).log()), kinds="cost")
    assert float(question.answer) == pytest.approx(-math.log(1 - (0.9 - 0.5 * 10)), rel=1e-2)


def test_a_gradient_of_many_arrows_has_short_hints():
    """Of more than four arrows a hint writes out four."""
    x = Value(0.5, label="x")
    C = (x.sin() + x.cos() + x.exp() + x.tanh() + x.sigmoid()) * 2.0
    hints = asked(C, "gradient", "x").hints
    assert hints[0] == "Five arrows leave x: multiply along each, then add."
    assert "… (5 terms)" in hints[1]
    x = Value(0.5, label="x")
    hints = asked(engine.total([x, x, x, x, x.sin()]), "gradient", "x").hints
    assert not any("from above" in hint for hint in hints)


def test_check_takes_what_people_pass():
    """Text, a number, a Value for a name; the dots for an answer to come; and advice for the rest."""
    question = asked(shared(), "gradient", "a")
    assert check(question, -84)
    assert check(question, "−84,0")
    assert check(question, ...).kind == check(question, None).kind == "open"
    assert "in place of" in check(question, ...).message
    said(question, "about 80", "unread", "not a number that I can read")
    assert check(question, "977", more="-21").message.startswith("∂C/∂s is right")
    assert check(question, "-84", more="-21")
    assert check(asked(shared(), "step", "b"), "-2.3", more="1")
    for answer in ([1], True, False):
        with pytest.raises(TypeError, match="an answer is a number, or text"):
            check(question, answer)
    assert check(asked(shared(), "most", "a"), 5).kind == "unread"
    with pytest.raises(TypeError, match="check takes a Question"):
        check("What?", "1")


def test_questions_refuse_what_they_cannot_ask():
    """A kind that there is none of, a number, digits below 1."""
    with pytest.raises(ValueError, match="no kind 'sums' of question; choose among value, slope"):
        questions(shared(), kinds=["sums"])
    with pytest.raises(TypeError, match="questions takes the root"):
        questions(3.0)
    with pytest.raises(ValueError, match="does not depend on"):
        questions(shared(), about=Value(1.0))
    with pytest.raises(TypeError, match="about, a node"):
        questions(shared(), about="a")
    C = shared()
    assert {one.kind for one in questions(C, about=graph.leaves(C)[0])} >= {"gradient", "step"}
    with pytest.raises(ValueError, match="digits must be at least 1"):
        questions(shared(), digits=0)
    assert questions(Value(1.0)) == []


def test_the_number_that_cannot_be_asked_about_is_named():
    """A leaf, what overflows, a gradient: by the name that the questions have for it, and what to do."""
    x, b = Value(math.nan, label="x"), Value(math.inf)  # b has no label
    for C, said in (
        (x.sigmoid() * 2.0, "x is nan; set the .data of x to another one, or let exercise"),
        (b + Value(1.0), "x_1 is inf; set the .data of x_1"),
        (Value(1e200, label="u") * 1e200, "C is inf; move the leaves, or let exercise"),
        (Value(1e-320, label="u").sqrt() * 1e200, "∂C/∂u is inf; set the .data of u"),
    ):
        with pytest.raises(ValueError, match=f"need finite numbers, and {re.escape(said)}"):
            questions(C)
    x = Value(0.0, label="x")
    assert questions((x + 1e-320).sqrt(), kinds="slope")[0].choices  # twice its answer is no float


def test_digits():
    """An answer has as many digits as were asked for."""
    x = Value(0.3, label="x")
    (question,) = questions(x.sin(), kinds="gradient", digits=5)
    assert question.answer == "0.95534"
    assert check(question, "0.955").kind != "right"


# ── Exercises ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", shapes.SHAPES)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_documents_shapes(shape, level):
    """Each has a level from 1 to 3, and numbers for which some ten mistakes show, if it is not linear."""
    made = exercise(shape, seed=5, level=level)
    assert made.score > WORST
    assert len(made.key.occurring) >= (9 if level == 1 else 10)
    assert made.ask.label in made.numbers


def test_a_vanishing_chain_vanishes():
    """The first weight's gradient is the smallest by far."""
    made = exercise("vanishing", level=3, seed=1)
    sizes = {made.key.words.name(i): abs(x) for i, x in enumerate(made.key.answers)}
    assert sizes["z^(1)"] < 1e-2 * sizes["z^(7)"]


def test_level_of_an_own_graph_chooses_its_numbers():
    """Whole numbers, tenths, hundredths."""
    w, x = Value(1.0, label="w"), Value(1.0, label="x")
    C = (w * x).tanh() * w
    for level, parts in ((1, 1), (2, 10), (3, 100)):
        numbers = exercise(C, level=level, seed=3).numbers.values()
        assert all(abs(x * parts - round(x * parts)) < 1e-9 for x in numbers)
    assert all(x == int(x) for x in exercise(w * x + w).numbers.values())


def test_the_node_to_ask_about():
    """By name or by the node of the graph that was passed."""
    C = shared()
    a = next(leaf for leaf in graph.leaves(C) if leaf.label == "a")
    assert exercise(C, ask="s").ask.label == "s"
    assert exercise(C, ask=a).ask.label == "a"
    assert exercise(C, ask=a).ask is not a
    for ask, error, message in (
        ("q", ValueError, "no node is called 'q'"),
        (1.0, TypeError, "ask must be a node or its name"),
        (Value(1.0), ValueError, "does not depend on"),
        (C, ValueError, "gradient of the root is 1"),
    ):
        with pytest.raises(error, match=message):
            exercise(C, ask=ask)
    with pytest.raises(ValueError, match="level must be 1, 2 or 3, got 4"):
        exercise(C, level=4)
    deep = C
    for _ in range(1000):
        deep = deep + 1.0
    with pytest.raises(ValueError, match="at most 1,000 boxes, got 2,0"):
        exercise(deep)
    with pytest.raises(ValueError, match="a leaf alone"):
        exercise(Value(1.0))


def test_numbers_that_no_rule_takes_are_not_chosen():
    """Where no try is within the domain the graph keeps its own numbers."""
    x, y = Value(50.0, label="x"), Value(2.0, label="y")
    C = (x - 40.0).log() * y
    assert exercise(C).numbers == {"x": 50.0, "y": 2.0}


def test_an_edited_leaf_counts_as_it_is_now():
    """Where numbers were edited after the forward pass, questions go by the new ones."""
    x = Value(2.0, label="x")
    C = x * 3.0
    x.data = 5.0
    assert asked(C, "value")[""].answer == "15"
    assert C.data == 6.0


def test_leaves_without_names_get_some():
    """x_1, x_2, …, past what is taken; constants stay numbers."""
    x = Value(2.0, label="x_1")
    made = exercise(x * Value(3.0) + Value(4.0) * 2.0)
    assert set(made.numbers) == {"x_1", "x_2", "x_3"}
    assert copy.deepcopy(made.root).data == made.root.data


def test_the_page_about_asking_lists_every_mistake():
    """``docs/use/ask.md`` has a row for each mistake, with its own words and its chapter."""
    page = Path(engine.__file__).parents[1] / "docs/use/ask.md"
    if not page.exists():
        pytest.skip("the pages are where the sources are")
    rows = [
        line
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `") and " | 0" in line
    ]
    assert rows == [f"| `{m.name}` | {m.did} | {m.see} | {m.chapter} |" for m in TABLE.values()]


def test_the_chapters_are_headings_of_the_notebooks():
    """Each mistake names a notebook and a heading in it."""
    texts = Path(engine.__file__).parents[1] / "notebooks/text"
    if not texts.exists():
        pytest.skip("the notebooks are where the sources are")
    for made in TABLE.values():
        number, heading = made.chapter.split(", ", 1)
        (text,) = texts.glob(f"{number}_*.md")
        assert f"\n## {heading}\n" in text.read_text(encoding="utf-8")


def test_a_guess_keeps_its_secret_and_judges():
    """The seal is compared, not read; what is no choice is said so; wrong seals are refused."""
    guess = Guess("it falls", "it rises", "0.5", seal=sealed("1/2"))
    assert check(guess, "½")
    assert check(guess, 0.5)
    assert check(guess, "It falls.").kind == "unknown"
    assert check(guess, "neither").kind == "unread"
    assert '"it falls", "it rises" or "0.5"' in check(guess, ...).message
    assert "1/2" not in repr(guess)
    with pytest.raises(ValueError, match="0 of the choices belong to the seal"):
        Guess("a", "b", seal=sealed("c"))
    with pytest.raises(ValueError, match="2 of the choices"):
        Guess("a", "A", seal=sealed("a"))
    with pytest.raises(TypeError, match="are text, got int 1; quote it"):
        Guess(1, seal="x")


def test_a_whole_derivative_is_not_called_a_sign():
    """The whole derivative of what is used twice is right, but it is not the local one."""
    a, b = Value(3.0, label="a"), Value(-2.0, label="b")
    C = a * b + a
    C.label = "C"
    [question] = [one for one in questions(C, kinds="slope", about=a) if "∂C/∂a" in one.prompt]
    said(question, "1", "right")
    said(question, "-1", "several", "the whole derivative is meant", "the sign is flipped")  # b + 1


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("shape", ["1-1-1-1", "2-2-1", "shared"])
def test_a_step_along_a_wrong_gradient_is_no_slip_of_the_pen(shape, level):
    """A right step along a gradient that a mistake leads to says which mistake, and never "one digit"."""
    made = exercise(shape, level=level, seed=3)
    gradients = {one.node: one for one in questions(made.root, kinds="gradient")}
    count = 0
    for question in questions(made.root, kinds="step"):
        [rate] = re.findall(r"learning rate (\S+)\.", question.prompt)
        box = made.key.index(question.node)
        for name in made.key.occurring:
            wrong = made.key.made(name)[box]
            verdict = check(question, question.node.data - float(rate) * wrong)
            told = name in verdict.mistakes or check(gradients[question.node], wrong).kind == "sign"
            if abs(wrong - float(gradients[question.node].answer)) > 0.05 * abs(wrong) and not verdict:
                count += verdict.kind in {"told", "several"} and told
                assert verdict.kind != "slip" or verdict.mistakes == ("digits_swapped",), (question, name)
    assert count


def test_one_digit_of_two_is_no_slip():
    """Nine of the numbers with two digits share the first: that shows no method."""
    said(asked(Value(2.0, label="x") * Value(6.0, label="y"), "value")[""], "17", "unknown")
    said(asked(Value(2.0, label="x") * Value(60.0, label="y"), "value")[""], "170", "slip", "one digit")
