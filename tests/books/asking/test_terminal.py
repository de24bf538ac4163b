"""The quiz in the terminal, typed into as people do."""

import builtins
import io
import random
import re
import sys
import types

import pytest

from engine import Value, exercise, quiz
from engine.asking import terminal
from engine.asking.mistakes import TABLE
from engine.asking.slips import show
from nn import MLP


def graph():
    """s is used three times."""
    a, b, c = Value(-3.0, label="a"), Value(4.0, label="b"), Value(3.0, label="c")
    s = a * b
    s.label = "s"
    return s * s + s * c


def played(monkeypatch, capsys, lines, *what, **options):
    """What a quiz prints for some lines of input; the prompts are in it, the lines are not."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    assert quiz(*what, **options) is None
    return capsys.readouterr().out


def test_a_right_answer_goes_on_and_is_counted(monkeypatch, capsys):
    """Right answers in a row, and a summary."""
    lines = ["1", "skip", "skip", "skip", "skip", "−84"]
    out = played(monkeypatch, capsys, lines, graph(), kinds="gradient", n=9)
    assert "Yes: ∂C/∂v_2 = 1." in out
    assert "Yes: ∂C/∂a = −84." in out
    assert "2 of 2 right at the first try. Four not tried." in out


def test_all_answers_right(monkeypatch, capsys):
    """With the right answers the quiz ends by itself."""
    C = graph()
    asked = terminal.chosen(C, None, 10, 0)
    out = played(monkeypatch, capsys, [question.answer for question in asked], C)
    assert f"{len(asked)} of {len(asked)} right at the first try." in out
    assert "Ended" not in out


def test_what_can_be_typed(monkeypatch, capsys):
    """Hints in steps, then no more; help; the explanation; skip; q."""
    lines = ["", "what", *["?"] * 6, "e", "skip", "q"]
    out = played(monkeypatch, capsys, lines, graph(), kinds="gradient", n=3)
    assert out.count(terminal.HELP) == 2
    assert "not a number that I can read" in out
    assert "multiply along" in out
    assert terminal.NO_MORE_HINTS in out
    assert "3/3" in out
    assert "It is −21." in out
    assert out.endswith(f"{terminal.NONE_TRIED}\n")


def test_a_node_with_a_commands_name(monkeypatch, capsys):
    """Where the answer is a name, s, e and q are nodes if there are such nodes; the long words remain."""
    s, e, q = Value(-3.0, label="s"), Value(4.0, label="e"), Value(30.0, label="q")
    out = played(monkeypatch, capsys, ["s", "e", "q", "skip"], s * e + q * q * e, kinds="most")
    assert "Compare the sizes of ∂C/∂s" in out
    assert "Yes: no other derivative is as large as ∂C/∂e." in out
    assert "0 of 1 right at the first try" in out
    assert "not tried" not in out  # skipped, but only after a try
    out = played(monkeypatch, capsys, ["s", "quit"], graph(), kinds="order")
    assert "s still waits" in out
    assert "Ended." in out


def test_nothing_to_ask_about():
    """A leaf alone, and a kind of which a graph has none."""
    with pytest.raises(ValueError, match="it is one leaf"):
        quiz(Value(3.0))
    with pytest.raises(ValueError, match="leave kinds out"):
        quiz(Value(3.0, label="x") * 2.0, kinds="factor")


def test_a_mistake_is_named_and_summed_up(monkeypatch, capsys):
    """Overwriting is told, hinted at with this graph's numbers, and named at the end with its chapter."""
    a = Value(3.0, label="a")
    b = Value(2.0, label="b") * a
    b.label = "s"
    out = played(monkeypatch, capsys, ["5", "5", "q"], b * b + b * 5.0 + a, kinds="gradient", n=1)
    assert "comes out when" in out or "come about" in out
    assert "Ended. 0 of 1" in out


def test_one_more_box_is_asked_for(monkeypatch, capsys):
    """A number that may come from several mistakes: the quiz asks for one more box, and then knows."""
    s, C = Value(2.0, label="s"), None
    t = s * 3.0
    t.label = "t"
    u = t.sin()
    u.label = "u"
    C = u * 5.0
    lines = ["77", "", "77", "4.80", "77", "0.1", "15", "q"]
    out = played(monkeypatch, capsys, lines, C, kinds="gradient", n=1, seed=None)
    assert "(Enter leaves it out)" in out


@pytest.mark.parametrize(
    ("shape", "n"), [("1-1-1-1", 6), ("shared", 6), pytest.param("2-2-1", 30, marks=pytest.mark.slow)]
)
def test_no_box_is_asked_for_whose_number_is_known(monkeypatch, capsys, shape, n):
    """Every wrong number of the table: no verdict asks for what was answered, shown, or in a hint.

    Nor for the same box twice in one question.
    """
    made = exercise(shape, level=3, seed=1)
    key, known, just, requests, lines = made.key, set(), set(), [], []
    boxes = {key.words.gradient(i): i for i in range(len(key.nodes))}

    def typed(prompt):
        shown = capsys.readouterr().out
        if box := prompt.removeprefix("> ").partition(" = ")[0]:
            assert box not in known | just, shown
            just.add(box)
            requests.append(box)
            return "many" if len(requests) % 5 == 1 and just.discard(box) is None else "7.77"
        if asked := re.search(r"What is (∂[^? ]+)", shown):
            i = boxes[asked[1]]
            wrong = {show(key.made(name)[i]) for name in key.occurring} - {show(key.answers[i])}
            just.clear()
            lines[:] = [*sorted(wrong), "?", "?", "?", *sorted(wrong), "skip"]
        if "from above" in shown:
            known.update(re.findall(r"(∂\S+) = ", shown))
        if lines[0] == "skip":
            known.add(asked)
        return lines.pop(0)

    monkeypatch.setattr(terminal, "_typed", typed)
    quiz(made.root, kinds="gradient", n=n)
    assert requests


def test_where_one_more_box_is_asked_for(monkeypatch, capsys):
    """Its number decides; text is asked for again; a right one is known from then on; s leaves it out."""
    C = exercise("1-1-1-1", level=3, seed=1).root  # asked for: y, z^(2), z^(1), w^(1), w^(3), b^(3)
    skip, request = ["skip"] * 4, "∂C/∂z^(3) = (Enter leaves it out) "
    prompts = []
    monkeypatch.setattr("builtins.input", lambda prompt: prompts.append(prompt) or lines.pop(0))

    def said(*typed):
        nonlocal lines
        lines = [*skip, *typed, "q"]
        prompts.clear()
        quiz(C, kinds="gradient", n=6)
        return capsys.readouterr().out

    lines = []
    out = said("-0.281", "many", "-0.401")
    assert "'many' is not a number" in out
    assert f"−0.281 is what comes out when {TABLE['slope_at_wrong_point'].did}" in out
    assert prompts[-3:] == [request, request, "> "]
    assert prompts.count(request) == 2
    said("-0.281", "s", "-0.281", "-0.2", "1", "-0.285", "1")
    assert prompts[4:] == ["> ", request, "> ", "> ", "> ", request, "> ", "> "]
    said("-0.281")
    assert prompts[4:] == ["> ", request]


def test_the_end_of_input_is_no_error(monkeypatch, capsys):
    """Ctrl-D, and a stdin that is not there, end the quiz."""
    assert terminal.NO_ANSWERS in played(monkeypatch, capsys, [], graph())
    monkeypatch.setattr(sys, "stdin", None)
    quiz(graph())
    out = capsys.readouterr().out
    assert terminal.NO_ANSWERS in out
    assert "check(question, answer)" in out


def test_ctrl_d_while_one_more_box_is_asked_for(monkeypatch, capsys):
    """The end may come there, too."""
    out = played(monkeypatch, capsys, ["77"], graph(), kinds="gradient", n=1)
    assert "Enter leaves it out" in out
    assert "Ended" in out


def test_shapes_models_and_other_numbers(monkeypatch, capsys):
    """A shape's name, a model with an example, a graph with other numbers."""
    assert "w_01^(1) = " in played(monkeypatch, capsys, [], "2-2-1", level=1)
    assert "a^(1)" in played(monkeypatch, capsys, [], MLP(2, [1, 1]), [1.0, 2.0], 0.5)
    assert "y_1" in played(monkeypatch, capsys, [], MLP(2, [2]), [1.0, 2.0], [0.5, 1.0])
    assert "a = −3, b = 4" not in played(monkeypatch, capsys, [], graph(), seed=2)
    big = MLP(3, [8, 4, 1], rng=random.Random(0))
    assert "77 leaves and 26 further nodes" in played(
        monkeypatch, capsys, [], big, [1.0, 2.0, 3.0], 0.5, kinds="gradient"
    )


def test_wrong_calls():
    """What came, what was expected, what to do."""
    with pytest.raises(TypeError, match="takes one example too"):
        quiz(MLP(1, [1]))
    with pytest.raises(TypeError, match="go with a model"):
        quiz(graph(), 1.0, 2.0)
    with pytest.raises(TypeError, match="exercise takes the root"):
        exercise(3.0)
    with pytest.raises(TypeError, match="quiz takes the root"):
        quiz(3.0, seed=1)
    with pytest.raises(ValueError, match="no shape '9-9'"):
        quiz("9-9")


def test_a_notebook_gets_the_page(monkeypatch):
    """In a kernel of a notebook the live view is what is returned."""
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    asked = {}
    monkeypatch.setattr(Value, "play", lambda _, **options: asked.update(options) or "page")
    assert quiz(graph()) == "page"
    assert asked == {"ask": True}


def test_nothing_is_stored(monkeypatch, capsys):
    """A quiz opens no file."""

    def opened(*_, **__):
        raise AssertionError

    lines = ["1", "q"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    C = graph()
    terminal.chosen(C, None, 3, 0)  # all modules are loaded by now
    monkeypatch.setattr(builtins, "open", opened)
    quiz(C)
    assert capsys.readouterr().out


def test_a_lost_minus_is_asked_for():
    """Of several gradients the second is the one by y."""
    made = exercise("1-1-1-1", level=3, seed=1)
    for seed in range(5):
        asked = terminal.chosen(made.root, None, 10, seed)
        assert [question.kind for question in asked].count("gradient") >= 3
        assert "y" in {question.node.label for question in asked if question.kind == "gradient"}
    assert len(terminal.chosen(made.root, "slope", 3, 0)) == 3
    assert len(terminal.chosen(made.root, "gradient", 100, 0)) == 14
