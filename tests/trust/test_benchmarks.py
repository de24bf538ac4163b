"""Benchmarks measure the same for all: programs that agree, statistics that are right, nothing skipped."""

import doctest
import gc
import json
import math
from functools import partial

import micrograd  # noqa: F401  (the peer that is always there: without it there is nothing to test)
import pytest

from benchmarks import cli, descent, digits, elementwise, moons, peers, programs, repl, report, stats
from benchmarks.goals import GOALS, Figure, Goal, judge
from benchmarks.measure import Entry, Options, close, measure
from benchmarks.networks import micrograd_nn, numpy_matrix, ours
from benchmarks.peers import Known, known
from benchmarks.results import Results, Row, Table
from benchmarks.stats import Spread, ratios, spread
from benchmarks.worker import PeerError, Program

ALWAYS = ["leanest", "microgpt", "micrograd"]


@pytest.mark.parametrize("name", ALWAYS)
@pytest.mark.parametrize("given", [programs.elementwise(2_000, 50), programs.chain(300)])
def test_peers_agree_on_operations(name, given):
    """A program of + * tanh has chainrule's cost and gradients in every peer, and moderate numbers."""
    expected = elementwise.answer(known("chainrule").load(), given)
    assert abs(expected[0]) < 1000
    close(elementwise.answer(known(name).load(), given), expected)


@pytest.mark.parametrize("name", ALWAYS)
def test_peers_agree_on_the_network(name):
    """The moons network written in + * relu has cost and gradients of the one that ``nn`` builds."""
    close(moons.scalars(name, 6).answer(), moons.ours(6))


@pytest.mark.parametrize("prepare", [micrograd_nn.eager, numpy_matrix.hinge], ids=["micrograd.nn", "NumPy"])
def test_networks_agree(prepare):
    """micrograd's own network and matrix code by hand take the step that ``nn`` takes."""
    close(descent.program(partial(prepare, programs.moons(6))).answer(), moons.ours(6))


def test_digits_agree():
    """Matrix code by hand takes the step of a network of sigmoids that ``nn`` takes."""
    data = programs.digits(9, 3)
    close(descent.answer(numpy_matrix.squared_error(data)), descent.answer(ours.eager_digits(data)))
    assert digits.label((784, 10)) == "784-30-10, batch of 10"


def test_every_operation_counts():
    """A program has as many operations as asked for, all on a path to its result."""
    given = programs.elementwise(500, 20)
    assert len(given.operations) == 500
    leaves = [known("leanest").load().leaf(x) for x in given.leaves]
    root, seen = given.by_methods(leaves), set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += [parent for parent in (node.a, node.b) if parent is not None]
    assert len(seen - set(leaves)) == 500


def test_the_expression_of_the_prompt_has_ten_nodes():
    """Cost and gradients of the ten nodes are those of the formula, derived by hand."""
    a, b, c, d = repl.NUMBERS
    x = a * b + c
    cost, gradients = repl.ours()
    y = x * d + a
    assert cost == pytest.approx(x * y + b)
    dx = y + x * d
    assert gradients == pytest.approx([b * dx + x, a * dx + 1, dx, x * x])


def test_medians_quartiles_and_ratios():
    """Statistics of hand-made numbers; a round that one of two did not take part in has no ratio."""
    assert spread([5.0, 1.0, 3.0, 2.0, 4.0]) == Spread(3.0, 2.0, 4.0)
    assert spread([None, 7.0]) == Spread(7.0, 7.0, 7.0)
    assert spread([None]) is None
    assert ratios([2.0, None, 9.0, 1.0], [1.0, 1.0, 3.0]) == [2.0, 3.0]


def results(**rows):
    """Results of one table with one column."""
    found = [
        Row(name, {"step": samples} if isinstance(samples, list) else {}) for name, samples in rows.items()
    ]
    for row in found:
        row.reason = "" if row.samples else rows[row.name]
    table = Table("t", "A table", "What it is.", "ms", ["step"], ["step"], found, baseline="ours")
    return Results("2000-01-01", 3, {"cores": "2"}, {"chainrule": "0"}, [table])


@pytest.mark.parametrize(
    ("ratio", "at_least", "word"),
    [(3.0, True, "met"), (3.1, True, "NOT met"), (3.0, False, "met"), (2.9, False, "NOT met")],
)
def test_verdicts(ratio, at_least, word):
    """A goal is met where the median of the rounds' ratios is on the right side of it."""
    found = results(ours=[1.0, 2.0, 1.0], peer=[3.0, 6.0, 9.0])
    goal = Goal("a goal", Figure("t", "peer", "step"), Figure("t", "ours", "step"), ratio, at_least)
    verdict = judge(goal, found)
    assert verdict.word == word
    assert verdict.measured == Spread(3.0, 3.0, 6.0)


def test_a_goal_without_figures_says_why():
    """What was not run, or could not be, is no verdict, and its reason stands in the table."""
    found = results(ours=[1.0], peer="not installed: pip install peer")
    for row, words in (("peer", "not installed: pip install peer"), ("nobody", "was not run")):
        goal = Goal("a goal", Figure("t", row, "step"), Figure("t", "ours", "step"), 1.0)
        verdict = judge(goal, found)
        assert verdict.met is None
        assert words in report.goals_table([verdict])


def test_a_goal_says_which_engine_it_is_for():
    """What is measured with the compiled core is not taken for what Python alone does, nor the other way."""
    for goal in GOALS:
        assert (goal.engine == "compiled core") == goal.text.startswith("compiled"), goal.text
        rows = {figure.row for figure in (goal.over, goal.under) if figure}
        assert (goal.engine == "compiled core") == any("compiled" in row for row in rows)
        assert f"| {goal.text} | {goal.engine} |" in report.goals_table([judge(goal, results(ours=[1.0]))])


def test_results_survive_the_file(tmp_path):
    """What is saved is what is loaded, and the report of both is the same."""
    before = results(ours=[1.0, 2.0, 4.0], peer=[3.0, None, 9.0], absent="not installed: pip install absent")
    before.save(tmp_path / "results.json")
    after = Results.load(tmp_path / "results.json")
    assert after == before
    text = report.results_md(after)
    assert text == report.results_md(before)
    assert "| peer | 6 | 2.62 (2.44–2.81) |" in text
    assert "- absent: not installed: pip install absent" in text


def wrong():
    return Program(dict, lambda: (1.0, [2.0]))


def broken():
    raise ValueError("first line\nsecond line")


def crashing():
    import os  # noqa: PLC0415  (this runs in the child)

    os._exit(7)


def counting():
    state = iter(range(1, 100))
    return Program(
        lambda: {"step": float(next(state)), "collects": float(gc.isenabled())}, lambda: (1.0, [1.0])
    )


@pytest.mark.slow
def test_nothing_is_skipped_silently():
    """Missing, wrong, failing and crashing peers have a row with the reason; the others are measured."""
    entries = [
        Entry("right", counting, lambda: (1.0, [1.0 + 1e-9]), collectors=("gc on", "gc off")),
        Entry("wrong", wrong, lambda: (1.0, [1.0])),
        Entry("broken", broken),
        Entry("crashing", crashing),
        Entry("missing", counting, top="no_such_peer", install="no-such-peer"),
    ]
    right, *others = measure(entries, Options(rounds=3))
    assert sorted(right.samples["step, gc on"] + right.samples["step, gc off"]) == [2, 3, 4, 5, 6, 7]
    assert right.samples["collects, gc on"] == [1.0] * 3
    assert right.samples["collects, gc off"] == [0.0] * 3
    assert [row.reason for row in others] == [
        "wrong gradients: off by 1 of the largest",
        "fails: ValueError: first line",
        "crashes the interpreter (exit code 7)",
        "not installed: pip install no-such-peer",
    ]


@pytest.mark.parametrize("found", [(1.1, [1.0]), (1.0, [1.0, 2.0]), (1.0, [math.nan]), (math.nan, [1.0])])
def test_a_wrong_answer_is_refused(found):
    """Another cost, another number of gradients and NaN are not taken for agreement."""
    with pytest.raises(PeerError, match="wrong"):
        close(found, (1.0, [1.0]))


@pytest.mark.slow
def test_a_quick_run_names_every_peer(tmp_path, monkeypatch, capsys):
    """``--quick --only`` runs to the end, writes its files, and names every peer, a missing one, too."""
    few = [known(name) for name in ("chainrule", "leanest", "microgpt", "micrograd")]
    made_up = Known("made-up", "made_up", "made-up==9", "no_such_peer")
    for module in (peers, elementwise, repl):
        monkeypatch.setattr(module, "SCALARS", [*few, made_up])
    monkeypatch.setattr(repl, "OTHERS", [])
    options = ["--quick", "--only", "elementwise", "repl", "--rounds", "1", "--output", str(tmp_path)]
    assert cli.main(options) == 0
    text = (tmp_path / "RESULTS.md").read_text("utf-8")
    for peer in few:
        assert text.count(f"| {peer.name} |") >= 2
    assert text.count("- made-up: not installed: pip install made-up==9") == 3
    tables = json.loads((tmp_path / "results.json").read_text("utf-8"))["tables"]
    assert [table["name"] for table in tables] == ["elementwise", "repl", "operations", "import"]
    capsys.readouterr()
    assert cli.main(["--readme", "--output", str(tmp_path)]) == 0
    assert "beside micrograd" in capsys.readouterr().out


def test_examples_in_docstrings():
    """The examples of the statistics do what they show."""
    assert doctest.testmod(stats) == (0, 2)


def test_nowhere_to_read_from(tmp_path, capsys):
    """``--readme`` without results is an error in one line, with exit code 2."""
    assert cli.main(["--readme", "--output", str(tmp_path / "absent")]) == 2
    assert "No such file" in capsys.readouterr().err
