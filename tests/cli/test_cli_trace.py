"""``chainrule trace``: its options, and what it refuses."""

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from test_cli import refusal

import nn.equations as eq
from chainrule import cli
from nn import ACTIVATIONS, COSTS, MLP


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    """A folder of its own to run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    assert cli.main(["trace", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def told(capsys, *arguments):
    return json.loads(run(capsys, "--json", *arguments))


def gradient(data):
    return {c["name"]: c["average"] for c in data["gradient"]}


def test_the_default_chain(capsys):
    """Without options: the 1-1-1-1 chain of sigmoids, x = 0.5, y = 1, three weights and three biases."""
    data = told(capsys)
    assert list(gradient(data)) == ["w^(1)", "b^(1)", "w^(2)", "b^(2)", "w^(3)", "b^(3)"]
    w = [c["before"] for c in data["gradient"]]
    network = eq.Network([np.array([[x]]) for x in w[::2]], [np.array([x]) for x in w[1::2]], ["sigmoid"] * 3)
    slopes = eq.gradients(network, "squared_error", [0.5], [1.0])
    expected = np.ravel(
        [
            [float(w), float(b)]
            for w, b in zip(map(np.squeeze, slopes.weights), map(np.squeeze, slopes.biases), strict=True)
        ]
    )
    assert list(gradient(data).values()) == pytest.approx(expected, rel=1e-12)


def test_the_lectures_last_layer(capsys):
    """a = 0.88 and y = 1: C = (0.88 − 1)² = 0.0144 and ∂C/∂a = 2(0.88 − 1) = −0.24."""
    options = ["--sizes", "1,1", "--x", "1", "--y", "1", "--set", "w^(1)=2", "b^(1)=-0.00757"]
    data = told(capsys, *options)
    (account,) = data["examples"]
    by_name = {line["name"]: line["value"] for line in account["forward"]}
    assert by_name["a^(1)"] == pytest.approx(0.88, abs=1e-6)
    assert by_name["C_0"] == pytest.approx(0.0144, abs=1e-6)
    last = account["layers"][0]["parameters"][0]["paths"][0][-1]
    assert last["derivative"] == "∂C_0/∂a^(1)"
    assert last["number"] == pytest.approx(-0.24, abs=1e-5)
    text = run(capsys, *options)
    assert "(0.88 − 1)² = 0.0144" in text
    assert "(−0.24)" in text


def test_sizes_x_and_y(capsys):
    """--sizes, --x and --y are the network's shape, input and desired output; 3-2 is the shape 3,2."""
    data = told(capsys, "--sizes", "3,2", "--x=1,-2,0.5", "--y=0.25,1")
    assert told(capsys, "--sizes", "3-2", "--x=1,-2,0.5", "--y=0.25,1") == data
    forward = {line["name"]: line["value"] for line in data["examples"][0]["forward"]}
    assert [forward[f"a_{k}^(0)"] for k in range(3)] == [1.0, -2.0, 0.5]
    assert data["network"] == "3-2 network, activation sigmoid, cost squared_error"
    cost = (forward["a_0^(1)"] - 0.25) ** 2 + (forward["a_1^(1)"] - 1) ** 2
    assert forward["C_0"] == pytest.approx(cost, rel=1e-12)


def test_targets_where_none_are_given(capsys):
    """Without --y the first output should be 1 and others 0; of hinge −1, its label for no."""
    assert "− 1)² + " in run(capsys, "--sizes", "1,2")
    assert "max(0, 1 − 1 " in (text := run(capsys, "--sizes", "1,2", "--cost", "hinge"))
    assert "max(0, 1 − (−1) " in text


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation(capsys, activation):
    """--activation is that of every neuron, --output-activation that of the last layer."""
    assert f"activation {activation}, cost" in run(capsys, "--activation", activation)
    first = (
        "activation sigmoid, "
        if activation == "sigmoid"
        else f"activation sigmoid → sigmoid → {activation}, "
    )
    assert first in run(capsys, "--output-activation", activation)


@pytest.mark.parametrize("cost", COSTS)
def test_cost(capsys, cost):
    """--cost is any cost; those of logits and margins read a linear last layer unless told otherwise."""
    sizes = ["--sizes", "1,2,2", "--y", "1,-1" if cost == "hinge" else "1,0"]
    linear = cost.endswith(("logits", "softmax_cross_entropy", "hinge"))
    data = told(capsys, "--cost", cost, *sizes)
    last = " → linear" if linear else ""
    assert data["network"] == f"1-2-2 network, activation sigmoid{last}, cost {cost}"
    assert told(capsys, "--cost", cost, "--output-activation", "sigmoid", *sizes)["network"].count("→") == 0


def test_a_likelihood_is_climbed(capsys):
    """The step on a likelihood goes up."""
    text = run(capsys, "--cost", "log_likelihood")
    assert "One step of gradient ascent, W ← W + η ∇C" in text


def test_seed(capsys):
    """--seed decides the weights: 0 unless given."""
    assert run(capsys) == run(capsys, "--seed", "0") != run(capsys, "--seed", "1")


def test_lr(capsys):
    """--lr is the η of the step."""
    data = told(capsys, "--lr", "0.5")
    assert data["step"]["lr"] == 0.5
    for c in data["gradient"]:
        assert c["after"] == pytest.approx(c["before"] - 0.5 * c["average"], rel=1e-12)


def test_set(capsys):
    """--set takes several NAME=NUMBER, also several times; the last one for a name holds."""
    data = told(capsys, "--set", "w^(1)=2", "b^(1)=-1e-3", "--set", "w^(3)=7", "--set", "w^(1)=3")
    before = {c["name"]: c["before"] for c in data["gradient"]}
    assert (before["w^(1)"], before["b^(1)"], before["w^(3)"]) == (3.0, -0.001, 7.0)
    assert before["b^(2)"] != 0.0
    data = told(capsys, "--biases", "zero", "--set", "w^(1)=2")
    assert [c["before"] for c in data["gradient"] if c["name"].startswith("b")] == [0.0] * 3


FORMS = [
    [], ["--delta"], ["--matrix"], ["--order", "cost-first"], ["--layers", "L"], ["--notation", "w_jk^l"],
    ["--notation", "from-to", "--delta"], ["--wrt", "w^(2)", "b^(1)"], ["--sum"],
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
@pytest.mark.parametrize("network", [[], ["--sizes", "2,3,2", "--x=0.5,-1"]], ids=["chain", "wide"])
def test_every_form_fits(capsys, form, network):
    """No line is longer than 80 columns; --latex gives a document of the same formulas."""
    if network and "--wrt" in form:
        form = ["--wrt", "w_00^(2)"]
    out = run(capsys, *network, *form)
    assert max(map(len, out.splitlines())) <= 80
    document = run(capsys, *network, *form, "--latex")
    assert document.startswith(r"\documentclass{article}")
    assert document.rstrip().endswith(r"\end{document}")
    assert document.count(r"\[") - document.count(r"\\[") == document.count(r"\]")


def test_one_weight(capsys):
    """--wrt prints the derivatives by these weights only, and refuses names that there are not."""
    out = run(capsys, "--wrt", "w^(2)", "--order", "cost-first")
    assert out.count("finite difference") == 1
    assert "Layer 3, backward" not in out
    factors = [line.split()[1] for line in out.splitlines() if line.startswith(("    = ∂", "    · ∂"))]
    assert factors == [
        "∂C_0/∂a^(3)", "∂a^(3)/∂z^(3)", "∂z^(3)/∂a^(2)", "∂a^(2)/∂z^(2)", "∂z^(2)/∂w^(2)"
    ]  # fmt: skip


def test_sum_in_place_of_average(capsys, tmp_path):
    """--sum adds the derivatives of the examples, which the average divides by their number."""
    path = tmp_path / "examples.csv"
    path.write_text("0.5,1\n0.2,0\n-1,1\n")
    average, summed = (told(capsys, "--data", str(path), *form) for form in ([], ["--sum"]))
    for mine, theirs in zip(summed["gradient"], average["gradient"], strict=True):
        assert mine["average"] == pytest.approx(3 * theirs["average"])
    assert "the sum over n = 3 examples" in run(capsys, "--data", str(path), "--sum")


def test_weights_by_hand(capsys, tmp_path):
    """--weights takes a JSON object of names and numbers; --set goes on top."""
    path = tmp_path / "w.json"
    path.write_text('{"w^(1)": 0.5, "b^(1)": 0.25}')
    data = told(capsys, "--sizes", "1,1", "--weights", str(path), "--set", "b^(1)=1")
    assert [c["before"] for c in data["gradient"]] == [0.5, 1.0]


def test_weights_of_a_model_bring_its_shape(capsys, tmp_path):
    """A saved model says its sizes and activations; options may choose other activations."""
    model = MLP(2, [3, 1], activation="tanh", output_activation="softplus")
    model.save(tmp_path / "m.json")
    data = told(capsys, "--weights", str(tmp_path / "m.json"))
    assert data["network"] == "2-3-1 network, activation tanh → softplus, cost squared_error"
    assert {c["name"]: c["before"] for c in data["gradient"]} == model.state_dict()
    other = told(capsys, "--weights", str(tmp_path / "m.json"), "--activation", "relu")
    assert other["network"].startswith("2-3-1 network, activation relu → softplus")


@pytest.mark.usefixtures("in_a_folder")
def test_weights_bring_the_cost_that_they_were_trained_for(capsys):
    """What ``train`` has learnt is traced with its cost, and said so; --cost chooses another."""
    assert cli.main(["train", "xor"]) == 0
    reached = float(re.search(r"cross_entropy_from_logits ([\d.e-]+); stopped", capsys.readouterr().out)[1])
    costs = []
    for x, y in (("0,0", 0), ("0,1", 1), ("1,0", 1), ("1,1", 0)):
        out = run(capsys, "--weights", "xor-model.json", f"--x={x}", f"--y={y}")
        told_first = "xor-model.json was trained for the cost binary_cross_entropy_from_logits, used here"
        assert out.splitlines()[:2] == [told_first, ""]
        assert "cost binary_cross_entropy_from_logits" in out.splitlines()[2]
        costs.append(float(re.search(r"C = ([\d.e-]+) becomes ([\d.e-]+)", out)[1]))
    assert sum(costs) / 4 == pytest.approx(reached, rel=0.05)  # one step further
    other = run(capsys, "--weights", "xor-model.json", "--cost", "squared_error", "--x=0,1")
    assert other.startswith("2-8-1 network, activation tanh → linear, cost squared_error")


@pytest.mark.usefixtures("in_a_folder")
def test_weights_that_do_not_say_their_cost(capsys):
    """Files of older versions and of one's own costs: the squared error is assumed, and that is said."""
    MLP(1, [1]).save("m.json")
    out = run(capsys, "--weights", "m.json")
    assert out.startswith("m.json does not say which cost it was trained for: this is squared_error; --cost")
    assert run(capsys, "--weights", "m.json", "--cost", "squared_error") in out


@pytest.mark.usefixtures("in_a_folder")
def test_a_cost_that_is_not_known(capsys):
    """A file of a later version may name one: it is not replaced by another in silence."""
    model = MLP(1, [1])
    model.trained_for = "huber\x1b[31m"
    model.save("m.json")
    message = refusal(capsys, "trace", "--weights", "m.json")
    assert "m.json was trained for the cost 'huber\\x1b[31m', which this version" in message
    assert "choose one with --cost" in message
    run(capsys, "--weights", "m.json", "--cost", "hinge", "--y=1")


def test_data_is_averaged(capsys, tmp_path):
    """--data brings examples: ∇C is the average of the ∇C_k that single examples have."""
    (tmp_path / "d.csv").write_text("x0,x1,y\n0.5,1,1\n-1,2,0\n0,0.25,1\n2,2,0\n")
    data = told(capsys, "--sizes", "2,2,1", "--data", str(tmp_path / "d.csv"))
    assert len(data["examples"]) == 3  # those of --print
    single = [
        gradient(told(capsys, "--sizes", "2,2,1", f"--x={x}", f"--y={y}"))
        for x, y in (("0.5,1", 1), ("-1,2", 0), ("0,0.25", 1), ("2,2", 0))
    ]
    for name, average in gradient(data).items():
        assert average == pytest.approx(sum(g[name] for g in single) / 4, rel=1e-12)


def test_show(capsys, tmp_path):
    """--print N tells of N examples in full; the average is always over all."""
    (tmp_path / "d.csv").write_text("1,0\n2,1\n3,0\n")
    for n in (0, 1, 3, 9):
        out = run(capsys, "--sizes", "1,1", "--data", str(tmp_path / "d.csv"), "--print", str(n))
        assert out.count("Forward pass of C_") == min(n, 3)
        assert "average over n = 3 examples" in out


@pytest.mark.parametrize("examples", [1, 3])
def test_svg(capsys, tmp_path, examples):
    """--svg draws the graph of the cost, well-formed, with the documents' symbols."""
    (tmp_path / "d.csv").write_text("1,0\n2,1\n3,0\n"[: 4 * examples])
    path = tmp_path / "g.svg"
    out = run(capsys, "--sizes", "1,1", "--data", str(tmp_path / "d.csv"), "--svg", str(path))
    root = ET.parse(path).getroot()  # noqa: S314  (written by the test itself)
    words = " ".join(root.itertext())
    of_first = "" if examples == 1 else "[0]"
    assert {"w^(1)", f"z^(1){of_first}", f"a^(1){of_first}", "C_0"} <= set(re.findall(r"\S+", words))
    assert f"\n{path}: the graph of {'C_0' if examples == 1 else 'C'}, laid out by " in out
    json.loads(run(capsys, "--json", "--svg", str(path)))


def test_html(capsys, tmp_path):
    """--html writes the page of ``play``, with the learning rate of the step; in text a line says so."""
    (tmp_path / "d.csv").write_text("1,0\n2,1\n")
    page, picture = tmp_path / "chain.html", tmp_path / "chain.svg"
    told = "both passes of C_0, to step through in a browser"
    assert run(capsys, "--lr", "0.25", "--html", str(page)).endswith(f"\n\n{page}: {told}\n")
    html = page.read_text(encoding="utf-8")
    assert '"rate":0.25' in html
    assert "w^(3)" in html
    json.loads(run(capsys, "--json", "--html", str(page)))
    files = ["--svg", str(picture), "--html", str(page)]
    out = run(capsys, "--sizes", "1,1", "--data", str(tmp_path / "d.csv"), *files)
    assert [line.split(":")[0] for line in out.splitlines()[-2:]] == [str(picture), str(page)]
    assert "both passes of C," in out
    run(capsys, "--cost", "log_likelihood", "--lr", "0.25", "--html", str(page))
    assert '"rate":-0.25' in page.read_text(encoding="utf-8"), "descent with a negative rate goes uphill"


def test_a_page_that_asks(capsys, tmp_path):
    """--ask makes that page ask; without a page there is nothing to ask."""
    page = tmp_path / "ask.html"
    run(capsys, "--html", str(page), "--ask")
    assert "const mistaken = {" in page.read_text(encoding="utf-8")
    run(capsys, "--html", str(page))
    assert "const mistaken = {" not in page.read_text(encoding="utf-8")
    assert "add --html FILE, or --show" in refusal(capsys, "trace", "--ask")


BAD_FILES = {
    "text": ("--data", "1,2\n3,abc\n", "bad, line 2, column 2: expected a finite number, got 'abc'"),
    "columns": ("--data", "1,2,3\n", "bad, line 1: expected 2 columns, got 3"),
    "empty data": ("--data", "", "bad holds no rows of numbers"),
    "empty weights": ("--weights", "", "bad is not a JSON file of numbers"),
    "list of weights": ("--weights", "[1]", "bad holds a list; expected an object of named numbers"),
    "weights that do not fit": (
        "--weights",
        '{"w_0^(1)": 1}',
        "bad: the state does not fit the model: missing w^(1)",
    ),
    "weights of text": ("--weights", '{"w^(1)": "1"}', "parameter w^(1) must be a finite number, got '1'"),
    "weights with a bad plan": (
        "--weights",
        '{"format": "chainrule model", "version": 1, "parameters": {}, "architecture": {"sizes": "x"}}',
        "bad does not say how to build an MLP",
    ),
}


@pytest.mark.parametrize(("option", "content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_files(option, content, message, capsys, in_a_folder):
    """Files that hold something else are told by name, line and column."""
    (in_a_folder / "bad").write_text(content)
    sizes = ["--sizes", "1,1"] if option == "--data" else []
    assert message in refusal(capsys, "trace", *sizes, option, "bad")


@pytest.mark.parametrize("extra", [["--x", "1"], ["--y", "1"]])
def test_examples_come_from_one_place(capsys, tmp_path, extra):
    """--data and --x or --y contradict each other."""
    (tmp_path / "d.csv").write_text("1,2\n")
    assert "leave out --x and --y" in refusal(capsys, "trace", "--data", str(tmp_path / "d.csv"), *extra)


def test_show_opens_the_page(capsys, monkeypatch):
    """--show opens both passes in a browser, and says so; no file is left where the command ran."""
    opened = []
    monkeypatch.setattr("engine.showing.webbrowser.open", lambda address: opened.append(address) or True)
    assert run(capsys, "--show").endswith("both passes of C_0 are open in a browser, to step through\n")
    assert len(opened) == 1
