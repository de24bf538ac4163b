"""Wrong calls, a table of them: errors say what came, what was expected and what to do; nothing changes."""

import json
import os
import random
import shlex
import sys
from pathlib import Path

import pytest
import wrong_calls_of_graphs
import wrong_calls_of_training
import wrong_calls_of_values
from extras import need
from wrong_calls import scene, state
from wrong_calls_on_the_command_line import LINES

from chainrule import cli
from engine import detect_anomaly
from nn import MLP, Adam, Neuron, data, fit

CALLS = [*wrong_calls_of_values.WRONG, *wrong_calls_of_graphs.WRONG, *wrong_calls_of_training.WRONG]
LONGEST = 480
"""Characters of a message: a few lines of a terminal, also where much came."""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own, with files of each kind, that a call is made in; and no notebook around it."""
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    for name in ("folder", "folder.html"):
        (tmp_path / name).mkdir()
    (tmp_path / "xor.csv").write_text("0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    (tmp_path / "pairs.csv").write_text("1,2\n3,4\n")
    (tmp_path / "text.csv").write_text("1,2\n3,b\n")
    (tmp_path / "ragged.csv").write_text("1,2\n3\n")
    (tmp_path / "semicolons.csv").write_text("1;2;3\n4;5;6\n")
    (tmp_path / "empty.csv").write_text("")
    Neuron(1, rng=random.Random(0)).save(tmp_path / "other.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder):
    """Every file of a folder, with what it holds."""
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


@pytest.mark.parametrize("wrong", CALLS, ids=lambda wrong: wrong.call)
def test_a_wrong_call_is_told_and_changes_nothing(wrong, folder):
    """The message has the three parts, and every number, name, link and file is as it was."""
    here = scene()
    before, held = state(here), files(folder)
    with pytest.raises(wrong.error) as caught:
        exec(wrong.call, dict(here))  # noqa: S102  (the calls stand in the tables)
    message = str(caught.value)
    assert type(caught.value) is wrong.error
    for part in (wrong.came, wrong.expected, wrong.do):
        assert part in message
    assert len(message) <= LONGEST
    assert "\n" not in message
    assert state(here) == before
    assert files(folder) == held


@pytest.mark.parametrize("wrong", LINES, ids=lambda wrong: wrong.line)
def test_a_wrong_line_is_told_and_writes_nothing(wrong, folder, capsys):
    """Exit code 2, the three parts in one line on stderr, nothing on stdout, and no file is another."""
    if "--plot" in wrong.line:
        need("matplotlib")
    held = files(folder)
    try:
        code = cli.main(shlex.split(wrong.line))
    except SystemExit as ended:
        code = ended.code
    out, err = capsys.readouterr()
    assert code == 2
    assert err.startswith("chainrule")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    for part in (wrong.came, wrong.expected, wrong.do):
        assert part in err
    assert out == ""
    assert files(folder) == held


@pytest.mark.parametrize("line", ["train xor --save model.json", "trace --svg g.svg", "trace --html p.html"])
def test_a_file_that_must_not_be_written_is_told_before_any_work(line, folder, capsys, monkeypatch):
    """Nothing is computed for a file that there is no permission for."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    held = files(folder)
    assert cli.main(shlex.split(line)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{line.split()[-1]}: not to be written; choose another place" in err
    assert files(folder) == held


def test_the_rows_are_different_mistakes():
    """No call stands there twice, and every row says all three things."""
    assert len({wrong.call for wrong in CALLS}) == len(CALLS) >= 300
    assert len({wrong.line for wrong in LINES}) == len(LINES) >= 100
    assert all(wrong.came and wrong.expected and wrong.do for wrong in (*CALLS, *LINES))


def test_a_refresh_that_fails_half_way_changes_nothing():
    """What a refresh had computed before it left a domain is written nowhere."""
    here = scene()
    w, C = here["w"], here["C"]
    here["root"] = root = (w * 2.0) * w.log() * C
    root.backward()
    before = state(here)
    w.data = -1.0
    with pytest.raises(ValueError, match=r"log: outside its domain \(x > 0\) at x = -1\.0 \(label 'w'\)"):
        root.refresh()
    w.data = 0.5
    assert state(here) == before


def test_a_backward_pass_that_fails_half_way_changes_nothing():
    """Where ``detect_anomaly`` tells of a NaN, every gradient is what it was before."""
    here = scene()
    here["root"] = root = (here["w"] - 0.5).sqrt() * here["C"] * 0.0
    before = state(here)
    with (
        detect_anomaly(),
        pytest.raises(FloatingPointError, match=r"NaN arose in the gradient of sub = 0\.0"),
    ):
        root.backward()
    assert state(here) == before


def test_a_state_that_fails_half_way_changes_nothing():
    """Of numbers of which the last is none, a model takes none; so of a file's."""
    model = MLP(2, [3, 1], rng=random.Random(0))
    before = model.state_dict()
    wrong = dict.fromkeys(before, 9.0) | {"b^(2)": None}
    with pytest.raises(TypeError, match=r"b\^\(2\) must be a real number, got NoneType None"):
        model.load_state_dict(wrong)
    Path("wrong.json").write_text(json.dumps(wrong))
    with pytest.raises(ValueError, match=r"wrong\.json.*b\^\(2\)"):
        model.load("wrong.json")
    assert model.state_dict() == before


def test_a_batch_that_fails_half_way_changes_nothing():
    """Of a batch of which the last example does not fit, no step is taken, eagerly or from a tape."""
    xs, ys = data.xor()
    for tape in (False, True):
        model = MLP(2, [3, 1], rng=random.Random(0))
        optimizer = Adam(model.parameters())
        before = model.state_dict()
        with pytest.raises(ValueError, match=r"^expected 2 inputs for example 4, got 1"):
            fit(model, [*xs, [1.0]], [*ys, [1.0]], optimizer=optimizer, tape=tape)
        assert model.state_dict() == before
        assert (optimizer.steps, set(optimizer.first)) == (0, {0.0})
