"""``chainrule train``: xor, moons, CSV files; reports, models, pictures, and what it refuses."""

import argparse
import io
import json
import math
import os
import random
import re
import sys
from pathlib import Path

import pytest
from test_cli import python, refusal

from chainrule import cli
from chainrule.cli import train
from nn import MLP, accuracy, data


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(capsys, *arguments):
    assert cli.main(["train", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def cost_of(out):
    return float(re.search(r"epochs, \w+ (\S+);", out)[1])


def test_xor(capsys):
    """xor is learnt; the model is saved beside, gives the right answers, and `trace` takes it."""
    out = run(capsys, "xor")
    assert re.match(r"epoch    1  cost 0\.7\d*\nepoch  100  cost ", out)
    assert "; stopped: cost below 0.01\n" in out
    assert "accuracy 100.0% on the 4 examples it was trained on" in out
    model = MLP.from_file("xor-model.json")
    for x, (y,) in zip(*data.xor(), strict=True):
        assert (model(x).data > 0) == y
    assert cli.main(["trace", "--weights", "xor-model.json", "--x", "1,0", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {c["name"]: c["before"] for c in told["gradient"]} == model.state_dict()


def test_a_cost_that_grows(capsys):
    """Steps that are too long end in an error with a rate to try; no model is saved, and the rate works."""
    Path("twice.csv").write_text("x,y\n1,2\n2,4\n3,6\n")
    message = refusal(capsys, "train", "twice.csv", "--epochs", "50")
    assert re.search(r"the cost grew from 17\.8\d* to 1\.\d+e\+85 in 50 epochs, .* try --lr 0\.01$", message)
    assert not Path("twice-model.json").exists()
    assert cost_of(run(capsys, "twice.csv", "--epochs", "50", "--lr", "0.01")) < 1.0


def test_moons(capsys):
    """Two moons are told apart by a few epochs."""
    out = run(capsys, "moons", "--epochs", "20", "--optimizer", "adam", "--lr", "0.1", "--batch-size", "20")
    assert "trained 20 epochs" in out
    assert "; stopped: after 20 epochs\n" in out
    assert float(re.search(r"accuracy ([\d.]+)% on the 100 examples", out)[1]) > 85
    assert MLP.from_file("moons-model.json").sizes == [2, 8, 1]


def test_reports(capsys):
    """Where no bar can be seen there are ten lines or so, the first and the last among them."""
    out = run(capsys, "xor", "--epochs", "25", "--stop-below", "0")
    epochs = [int(n) for n in re.findall(r"^epoch +(\d+)  cost", out, re.MULTILINE)]
    assert epochs == [1, *range(2, 25, 2)]


def test_validation_and_patience(capsys):
    """--validate holds out a share and reports on it; --patience stops, and saves the best epoch's model."""
    out = run(capsys, "moons", "--validate", "0.2", "--patience", "20", "--save", "m.json")
    best = int(re.search(r"no better for 20 epochs; epoch (\d+) was the best", out)[1])
    assert f"trained {best + 20} epochs, binary_cross_entropy_from_logits " in out
    assert re.search(r"^accuracy \S+% on the 80 examples it was trained on$", out, re.MULTILINE)
    assert re.search(r"^accuracy \S+% on the 20 held-out examples$", out, re.MULTILINE)
    run(capsys, "moons", "--validate", "0.2", "--epochs", str(best), "--save", "shorter.json")
    assert MLP.from_file("m.json").state_dict() == MLP.from_file("shorter.json").state_dict()


def test_labels_of_the_held_out_examples(capsys):
    """hinge takes labels −1 and 1 there, too; numbers have no accuracy."""
    out = run(capsys, "moons", "--validate", "0.5", "--cost", "hinge", "--epochs", "2")
    assert re.search(r"hinge \S+ \(validation \S+\); stopped", out)
    write([(k / 10, k / 5) for k in range(10)])
    assert "accuracy" not in run(capsys, "mine.csv", "--validate", "0.2", "--epochs", "2")


@pytest.mark.needs("tqdm")
def test_a_bar_in_a_terminal(capsys, monkeypatch):
    """In a terminal the bar takes the place of the lines."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    assert cli.main(["train", "xor", "--epochs", "30"]) == 0
    assert "/30 [" in sys.stderr.getvalue()
    assert not re.search(r"^epoch +\d", capsys.readouterr().out, re.MULTILINE)


def test_seed(capsys):
    """The same seed trains the same model, bit by bit."""
    states = []
    for seed in ("3", "3", "4"):
        run(capsys, "moons", "--epochs", "2", "--batch-size", "7", "--seed", seed, "--save", "m.json")
        states.append(MLP.from_file("m.json").state_dict())
    assert states[0] == states[1] != states[2]


def test_options_of_the_network(capsys):
    """--hidden, --activation, --cost and --save decide what is built and where it goes."""
    run(capsys, "xor", "--hidden", "3,2", "--activation", "silu", "--epochs", "2", "--save", "here.json")
    assert MLP.from_file("here.json").architecture() == {
        "sizes": [2, 3, 2, 1],
        "activation": "silu",
        "output_activation": "linear",
        "bias": True,
    }
    run(capsys, "xor", "--hidden", "0", "--epochs", "2", "--save", "here.json")
    assert MLP.from_file("here.json").sizes == [2, 1]


@pytest.mark.parametrize(
    ("cost", "last"),
    [
        ("squared_error", "linear"),
        ("half_squared_error", "linear"),
        ("log_likelihood", "sigmoid"),
        ("binary_cross_entropy", "sigmoid"),
        ("log_likelihood_from_logits", "linear"),
        ("binary_cross_entropy_from_logits", "linear"),
        ("hinge", "linear"),
    ],
)
def test_xor_by_every_cost(capsys, cost, last):
    """Every cost of one output learns xor, with the output that it reads; labels 0, 1 suit hinge, too."""
    lr = "0.1" if "squared" in cost else "0.5"
    out = run(capsys, "xor", "--cost", cost, "--lr", lr, "--epochs", "1500")
    assert "accuracy 100.0%" in out
    assert MLP.from_file("xor-model.json").architecture()["output_activation"] == last
    assert -0.01 < cost_of(out) < 0.01
    assert (cost_of(out) < 0) == cost.startswith("log_likelihood")


def write(rows, name="mine.csv"):
    with Path(name).open("w") as file:
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)


def test_a_csv_of_numbers(capsys):
    """Desired outputs that are numbers are fitted by squared error, without an accuracy."""
    rng = random.Random(0)
    xs = [(rng.uniform(-1, 1), rng.uniform(-1, 1)) for _ in range(20)]
    write([(a, b, 2 * a - 3 * b + 1, a + 5) for a, b in xs])
    out = run(capsys, "mine.csv", "--outputs", "2", "--hidden", "0", "--lr", "0.3", "--stop-below", "1e-9")
    assert "accuracy" not in out
    assert "squared_error" in out
    expected = {"w_00^(1)": 2, "w_01^(1)": -3, "b_0^(1)": 1, "w_10^(1)": 1, "w_11^(1)": 0, "b_1^(1)": 5}
    assert MLP.from_file("mine-model.json").state_dict() == pytest.approx(expected, abs=1e-3)


def test_a_csv_of_classes(capsys):
    """One class of several, by softmax or by separate logits: the largest output counts."""
    rng = random.Random(0)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(40)]
    winners = [max(range(3), key=(-a, a, 2 * b).__getitem__) for a, b in points]
    one_hot = [[int(j == winner) for j in range(3)] for winner in winners]
    write([["a", "b", "left", "right", "up"], *(p + y for p, y in zip(points, one_hot, strict=True))])
    for extra in ([], ["--cost", "softmax_cross_entropy"]):
        out = run(capsys, "mine.csv", "--outputs", "3", "--epochs", "150", *extra)
        assert float(re.search(r"accuracy ([\d.]+)%", out)[1]) > 90


def network(outputs):
    """A network of one input whose outputs are what they are told, whatever the input."""
    model = MLP(1, [len(outputs)])
    for parameter in model.parameters():
        parameter.data = 0.0
    for neuron, bias in zip(model.layers[0].neurons, outputs, strict=True):
        neuron.b.data = bias
    return model


@pytest.mark.parametrize(
    ("outputs", "ys", "expected"),
    [
        ([0.4], [[0.0], [1.0]], 0.5),
        ([0.6], [[1.0], [1.0]], 1.0),
        ([0.1, 0.2], [[0.0, 1.0], [1.0, 0.0]], 0.5),  # one class each: the largest counts
        ([0.9, 0.8], [[1.0, 0.0], [1.0, 1.0]], 0.5),  # several classes at once: each counts by itself
        ([0.9, 0.2], [[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1.0, 0.0]], 0.5),
    ],
    ids=str,
)
def test_accuracy(outputs, ys, expected):
    """The share of examples that are right in all their outputs."""
    assert accuracy(network(outputs), [[0.0]] * len(ys), ys) == expected


@pytest.mark.slow
@pytest.mark.needs("matplotlib")
@pytest.mark.parametrize("name", ["p.png", "p.svg", "p.pdf"])
def test_plot(capsys, name, tmp_path):
    """--plot draws cost curve and decision boundary, in the format that the ending names."""
    out = run(capsys, "moons", "--epochs", "3", "--plot", name)
    assert f"{name}: cost curve and decision boundary\n" in out
    start = {"p.png": b"\x89PNG", "p.svg": b"<?xml", "p.pdf": b"%PDF"}[name]
    assert (tmp_path / name).read_bytes().startswith(start)


def words(path):
    """The words of a matplotlib SVG, which draws text as shapes and says in comments what it was."""
    return set(re.findall(r"<!-- (.*?) -->", path.read_text()))


@pytest.mark.needs("matplotlib")
def test_what_a_plot_shows(capsys, tmp_path):
    """The boundary is for two inputs and two classes; else there is the cost curve alone."""
    run(capsys, "xor", "--epochs", "3", "--plot", "xor.svg")
    assert {"Cost curve", "Decision boundary", "epoch", "cost", "class"} <= words(tmp_path / "xor.svg")
    write([(1, 2, 3.5), (2, 1, 0.1), (0, 0, 1)])
    assert "p.svg: cost curve\n" in run(
        capsys, "mine.csv", "--epochs", "3", "--plot", "p.svg", "--lr", "0.01"
    )
    assert "Decision boundary" not in words(tmp_path / "p.svg")
    write([(1, 2, 0, 1), (2, 1, 1, 0)])
    out = run(capsys, "mine.csv", "--outputs", "2", "--epochs", "3", "--plot", "p.svg")
    assert "p.svg: cost curve\n" in out


@pytest.mark.slow
@pytest.mark.needs("matplotlib")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--epochs", "1"],  # a curve of one point
        ["--cost", "log_likelihood", "--epochs", "2"],  # negative costs
        ["--hidden", "1", "--activation", "relu", "--epochs", "1", "--lr", "0"],
    ],
    ids=str,
)
def test_plots_without_a_warning(capsys, arguments):
    """Curves of one point or of negative costs, and a model that says one class everywhere, are drawn."""
    for seed in "01":
        assert "decision boundary" in run(capsys, "xor", "--plot", "p.svg", "--seed", seed, *arguments)


@pytest.mark.needs("matplotlib")
def test_a_plot_of_one_class_everywhere(capsys):
    """Where the model says the same class everywhere there is no boundary to draw."""
    write([(0, 0, 1), (1, 1, 1), (0, 1, 1)])
    assert "accuracy 100.0%" in run(capsys, "mine.csv", "--plot", "p.svg", "--epochs", "200")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [(["moons"], "field"), (["xor", "--cost", "hinge"], "field"), (["mine.csv"], "curve")],
)
def test_html(capsys, arguments, kind, tmp_path):
    """--html writes the training as a page, of whatever it was that was trained."""
    write([(-1, 1.5), (0, 0.5), (1, 1.25)])
    out = run(capsys, *arguments, "--epochs", "5", "--lr", "0.01", "--html", "t.html")
    assert out.endswith("t.html: the training run as a page; open it in a browser\n")
    page = (tmp_path / "t.html").read_text(encoding="utf-8")
    payload = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page)[1])
    assert payload["kind"] == kind
    assert payload["frames"]["epochs"] == [0, 1, 2, 3, 4, 5]


def test_plot_without_matplotlib(capsys, monkeypatch, tmp_path):
    """Without matplotlib --plot is refused before training, with what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    err = refusal(capsys, "train", "xor", "--plot", "p.png")
    assert "plots need matplotlib: pip install 'chainrule[plot]', or in a clone" in err
    assert list(tmp_path.iterdir()) == []


def test_divergence_is_told(capsys):
    """Training that runs out of the numbers ends with code 2 and what to try."""
    err = refusal(capsys, "train", "xor", "--cost", "squared_error", "--lr", "1e9")
    assert "its cost is inf: inf arose in squared_error: z^(2) = " in err


BAD_FILES = {
    "text": ("1,2\n3,abc\n", [], "mine.csv, line 2, column 2: expected a finite number, got 'abc'"),
    "columns": ("1,2\n3\n", [], "mine.csv, line 2: expected 2 columns, got 1"),
    "empty": ("", [], "mine.csv holds no rows of numbers"),
    "no inputs": (
        "1\n2\n",
        [],
        "mine.csv has 1 column, and must hold at least one input and 1 desired output (",
    ),
    "too many outputs": ("1,2\n", ["--outputs", "2"], "at least one input and 2 desired outputs (--outputs)"),
    "targets": ("1,2\n", ["--cost", "binary_cross_entropy"], "a probability from 0 to 1, got 2.0"),
    "labels": ("1,0.5\n", ["--cost", "hinge"], "a label, −1 or 1, got 0.5"),
}


@pytest.mark.parametrize(("content", "arguments", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_files(content, arguments, message, capsys, tmp_path):
    """Files that hold something else are told by name, line and column, and nothing is saved."""
    (tmp_path / "mine.csv").write_text(content)
    assert message in refusal(capsys, "train", "mine.csv", *arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_converters_say_what_they_expect():
    """The converters raise argparse's own error, which becomes the one line."""
    with pytest.raises(argparse.ArgumentTypeError, match="1 or more"):
        train.hidden("3,0")
    assert train.hidden("0") == []
    assert train.hidden("8,4") == [8, 4]


def trained(*arguments, **streams):
    """``chainrule train xor`` in a process of its own; its exit code, and what it wrote to stderr."""
    process = python("train", "xor", "--epochs", "60", *arguments, **streams)
    _, err = process.communicate()
    return process.returncode, err.decode()


def test_a_reader_that_leaves_does_not_end_the_training(tmp_path):
    """As with ``| head -1``: training goes on, in silence, and the model is the one it would be anyway."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        assert trained("--save", str(tmp_path / "m.json"), stdout=pipe) == (0, "")
    assert trained("--save", str(tmp_path / "whole.json"))[0] == 0
    assert (tmp_path / "m.json").read_bytes() == (tmp_path / "whole.json").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_does_not_end_the_training(tmp_path):
    """The model and the page are saved, and the exit code says that the report was not."""
    with Path("/dev/full").open("wb") as full:
        model, page = tmp_path / "m.json", tmp_path / "t.html"
        code, err = trained("--save", str(model), "--html", str(page), stdout=full)
    assert (code, err) == (2, "chainrule train: standard output: No space left on device\n")
    assert MLP.from_file(model).sizes == [2, 8, 1]
    assert page.read_text(encoding="utf-8").endswith("</html>\n")


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="standard output by a name")
def test_a_model_on_standard_output(tmp_path):
    """``--save /dev/stdout`` writes where output stands, be it a pipe or a file, after what was said."""
    process = python("train", "xor", "--epochs", "2", "--save", "/dev/stdout")
    out = process.communicate()[0].decode()
    with (tmp_path / "out").open("wb") as file:
        assert trained("--save", "/dev/stdout", stdout=file) == (0, "")
    for text in (out, (tmp_path / "out").read_text(encoding="utf-8")):
        assert text.startswith("epoch ")
        assert text.endswith("/dev/stdout: the model, for MLP.from_file or chainrule trace --weights\n")
        (tmp_path / "m.json").write_text(text[text.index("{") : text.rindex("}") + 1], encoding="utf-8")
        assert MLP.from_file(tmp_path / "m.json").sizes == [2, 8, 1]


@pytest.mark.parametrize("cost", ["log_likelihood", "binary_cross_entropy"])
def test_a_cost_outside_its_domain_has_no_average(cost):
    """Of an output of −1 there is no logarithm: the average is nan, and nothing is raised."""
    model = MLP(1, [1], output_activation="linear", rng=random.Random(1))
    for parameter in model.parameters():
        parameter.data = -1.0
    assert math.isnan(train.average(model, [[0.0]], [[1.0]], cost))
    assert train.average(model, [[0.0]], [[1.0]], "squared_error") == 4.0
