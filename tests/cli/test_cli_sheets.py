"""``chainrule worksheet`` and ``chainrule mark``: what they write, and what they refuse."""

import csv
import json
from pathlib import Path

import pytest
from test_cli import refusal

from chainrule import cli
from engine import rules
from engine.asking import keyfile
from engine.asking.slips import show


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    """Files are written into a folder of their own; PDF, which takes longer, is tested elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.pictures.sheets.worksheets.find_spec", lambda _: None)
    return tmp_path


def run(capsys, *arguments):
    assert cli.main([*arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def key(folder):
    return keyfile.read((folder / "sheets" / "key.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_chain_of_four_layers(capsys, in_a_folder):
    """Without options: thirty sheets of the 1-1-1-1 chain; each file is named."""
    out = run(capsys, "worksheet", "--out", "sheets")
    assert len(out.splitlines()) == 5
    sheets = key(in_a_folder)
    assert len(sheets) == 30
    assert list(sheets[0].asked) == [
        f"{letter}^({layer})" for layer in (3, 2, 1) for letter in "azbw"
    ]  # fmt: skip
    assert {"a^(0)", "y"} <= set(sheets[0].numbers)


def test_a_network_of_your_choice(capsys, in_a_folder):
    """Sizes, activations and cost make the network; all of its numbers differ from sheet to sheet."""
    run(
        capsys, "worksheet", "--sizes", "2,2,2", "--activation", "relu", "--cost", "softmax_cross_entropy",
        "--n", "3", "--out", "sheets", "--title", "Ours", "--seed", "4",
    )  # fmt: skip
    one, other, _ = key(in_a_folder)
    assert one.seed == 4
    rules = {node.rule.name for node in one.key.nodes if node.parents}
    assert rules == {"affine", "relu", "softmax_cross_entropy"}
    assert all(one.numbers[name] is not None for name in ("y_0", "a_1^(0)", "w_00^(1)"))
    assert one.numbers != other.numbers
    assert "Ours" in (in_a_folder / "sheets" / "sheets.html").read_text(encoding="utf-8")


def test_an_expression(capsys, in_a_folder):
    """An expression needs no numbers: the sheets choose them; parts can have names, and boxes be chosen."""
    run(
        capsys,
        "worksheet",
        "s*s + s*c",
        "--where",
        "s=a*b",
        "--hide",
        "s",
        "a",
        "--n",
        "2",
        "--out",
        "sheets",
    )
    assert list(key(in_a_folder)[0].asked) == ["s", "a"]
    run(capsys, "worksheet", "log(x) + sqrt(x)", "--n", "2", "--level", "3", "--out", "sheets")
    assert list(key(in_a_folder)[0].numbers) == ["x"]
    run(capsys, "worksheet", "log(x - 7)*y", "--at", "x=9", "--n", "1", "--hide", "both", "--out", "sheets")
    assert not key(in_a_folder)[0].printed
    run(capsys, "worksheet", "twice(x)*y", "--operation", "twice(x) = 2*x", "--n", "1", "--out", "sheets")
    assert "twice" in (in_a_folder / "sheets" / "key.json").read_text(encoding="utf-8")


def test_exports(capsys, in_a_folder):
    """Questions for learning platforms, each by its option."""
    names = {"--moodle": "m.xml", "--qti": "q.zip", "--questions": "q.csv"}
    out = run(capsys, "worksheet", "a*b", "--n", "1", *(part for pair in names.items() for part in pair))
    assert out.split() == list(names.values())
    assert all((in_a_folder / name).stat().st_size > 500 for name in names.values())


def filled(folder, *, name="answers.csv"):
    """A class's answers: the first sheet right, on the second a mistake, then a blank sheet."""
    sheets = key(folder)
    path = folder / "sheets" / name
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    for sheet, row, made in zip(sheets, rows, ("", "slope_at_output", None), strict=True):
        numbers = sheet.key.made(made) if made else sheet.key.answers
        if made is not None:
            row[1:] = [show(numbers[place]) for place in sheet.boxes.values()]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*header, "name"], *([*row, "Käthe"] for row in rows)])
    return sheets


def test_a_class_is_marked(capsys, in_a_folder):
    """The sheets that were written are marked by the key that was written: sheet by sheet, and as a class."""
    run(capsys, "worksheet", "--n", "3", "--level", "3", "--out", "sheets")
    filled(in_a_folder)
    files = ["mark", "sheets/answers.csv", "--key", "sheets/key.json"]
    out = run(capsys, *files)
    assert out.startswith("sheet 1: 12 of 12 right\n")
    assert "3 sheets, 36 boxes: " in out
    assert "the derivative is taken at the output" in out
    assert run(capsys, "mark", "sheets/answers.csv", "--key", "sheets") == out  # the folder will do
    summary = run(capsys, *files, "--summary", "--out", "marked.csv")
    assert summary.startswith("3 sheets, 36 boxes: ")
    assert summary.endswith("marked.csv: a line for each sheet\n")
    with (in_a_folder / "marked.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["Käthe"] * 3
    assert [row["right"] for row in rows] == ["12", "1", "0"]
    data = json.loads(run(capsys, *files, "--json"))
    assert data["mistakes"][0]["mistake"] == "slope_at_output"


def test_a_second_run_keeps_the_answers(capsys, in_a_folder):
    """Answers that are typed in are not overwritten, and nothing else is written."""
    arguments = ["worksheet", "a*b", "--n", "1", "--out", "sheets"]
    run(capsys, *arguments)
    (in_a_folder / "sheets" / "answers.csv").write_text("sheet,a,b\n1,2,\n")
    said = refusal(capsys, *arguments, "--questions", "q.csv")
    assert "answers.csv has answers in it, and nothing is written; choose another folder" in said
    assert not (in_a_folder / "q.csv").exists()
    assert (in_a_folder / "sheets" / "answers.csv").read_text() == "sheet,a,b\n1,2,\n"


def test_a_shape_by_its_name(capsys, in_a_folder):
    """The names of shapes that ``worksheet`` takes in Python, on the command line, too; 2-2-1 is no sum."""
    run(capsys, "worksheet", "2-2-1", "--n", "1", "--out", "sheets")
    assert "∂C/∂w_01^(1)" in (in_a_folder / "sheets" / "answers.csv").read_text(encoding="utf-8")
    run(capsys, "worksheet", "shared*2", "--n", "1", "--out", "other")
    assert "∂C/∂shared" in (in_a_folder / "other" / "answers.csv").read_text(encoding="utf-8")
    assert "--sizes is for a network" in refusal(capsys, "worksheet", "2-2-1", "--sizes", "1,1", "--out", "s")


def test_a_key_with_an_operation(capsys, monkeypatch):
    """An operation of one's own must be defined for marking as well."""
    define = ["--operation", "thrice(x) = 3*x"]
    run(capsys, "worksheet", "thrice(x)*y", *define, "--n", "1", "--out", "sheets")
    monkeypatch.delitem(rules.REGISTRY, "thrice")  # as in another process
    files = ["mark", "sheets/answers.csv", "--key", "sheets/key.json"]
    assert "'thrice', which is not defined here" in refusal(capsys, *files)
    assert "1 sheet" in run(capsys, *files, "--summary", *define)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["worksheet"], "nothing is to be written; say where, as in --out sheets"),
        (["worksheet", "a*b", "--sizes", "1,1", "--out", "s"], "--sizes is for a network"),
        (
            ["worksheet", "a*b", "--output-activation", "relu", "--out", "s"],
            "--output-activation is for a network",
        ),
        (["worksheet", "--at", "x=1", "--out", "s"], "--where and --at are for an expression"),
        (["worksheet", "--paper", "A3", "--out", "s"], "A3"),
        (["worksheet", "--moodle", "questions.csv"], "ends in .xml, got 'questions.csv'"),
        (["worksheet", "--sizes", "9,99,9", "--out", "s"], "at most 200 are allowed"),
        (["worksheet", "--sizes", "2,9,1", "--out", "s"], "and A4 has 184 × 271 mm"),
        (["worksheet", "log(x-7)", "--out", "s"], "give numbers to build it with, as in --at x=2"),
        (["worksheet", "a*b", "--hide", "q", "--out", "s"], "hide must be among the nodes"),
        (["worksheet", "a*b", "--moodle", "nowhere/m.xml"], "there is no folder 'nowhere'"),
        (["mark", "answers.csv"], "--key"),
        (["mark", "answers.csv", "--key", "key.json"], "key.json: No such file or directory"),
        (["mark", "latin.csv", "--key", "key.json"], "key.json: No such file or directory"),
    ],
)
def test_wrong_use(arguments, said, capsys):
    """What is missing or does not fit together is said in one line, before anything is written."""
    assert said in refusal(capsys, *arguments)


def test_files_that_are_no_answers(capsys, in_a_folder, monkeypatch):
    """A file in another encoding, one that is too large, and rows that cannot be read."""
    run(capsys, "worksheet", "a*b", "--n", "1", "--out", "sheets")
    files = ["mark", "answers.csv", "--key", "sheets/key.json"]
    (in_a_folder / "answers.csv").write_bytes("sheet,a,b,name\n1,2,3,Käthe\n".encode("latin-1"))
    assert "answers.csv is not UTF-8 text" in refusal(capsys, *files)
    (in_a_folder / "answers.csv").write_text("sheet,a,b\n1,many,3\n7,2,3\n")
    said = refusal(capsys, *files)
    assert "line 3, column sheet: there is no sheet '7' in the key" in said
    monkeypatch.setattr("chainrule.cli.mark.LARGEST", 10)
    assert "is larger than 10 characters" in refusal(capsys, *files)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device without an end")
@pytest.mark.usefixtures("in_a_folder")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full"])
def test_a_device_is_no_file_of_answers(device, capsys):
    """One that never ends would fill the memory: as answers and as a key."""
    run(capsys, "worksheet", "a*b", "--n", "1", "--out", "sheets")
    assert "it is a device; expected a file" in refusal(capsys, "mark", device, "--key", "sheets")
    assert "it is a device; expected a file" in refusal(capsys, "mark", "sheets/answers.csv", "--key", device)
