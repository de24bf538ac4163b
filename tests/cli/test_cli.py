"""The command line as a program: exit codes, streams, errors in one line, and its own examples."""

import errno
import io
import json
import math
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from extras import need

import chainrule
import nn
from chainrule import cli
from chainrule.cli import explain, mark, output, trace, train, worksheet
from chainrule.cli.output import Output

ROOT = Path(nn.__file__).parent.parent


def python(*arguments, env=None, **streams):
    """Run ``python -m chainrule`` in a process of its own."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-m", "chainrule", *arguments],
        env=os.environ | {"PYTHONPATH": path} | (env or {}),
        **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams),
    )


def refusal(capsys, *arguments):
    """Run a command that must be refused: exit code 2, one line on stderr; the line."""
    try:
        code = cli.main(arguments)
    except SystemExit as exit_:
        code = exit_.code
    err = capsys.readouterr().err
    assert code == 2
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert err.startswith("chainrule")
    return err


def test_trace_in_a_process():
    """``python -m chainrule trace`` prints UTF-8, nothing on stderr, and ends with 0."""
    out, err = python("trace", env={"PYTHONIOENCODING": "utf-8"}).communicate()
    assert out.decode().startswith("1-1-1-1 network, activation sigmoid, cost squared_error\n")
    assert "∂C_0/∂w^(3)" in out.decode()
    assert err == b""


SIGNS = {
    "trace": ["trace"],
    "explain": ["explain", "(sigmoid(w*θ)**10 - sqrt(w))**2/w", "--at", "w=0.5", "θ=-2"],
    "tree": ["explain", "log2(x)/x**11", "--at", "x=2", "--tree"],
    "steps": ["explain", "log2(x)/x**11", "--at", "x=2", "--steps", "depth-first"],
    "help": ["explain", "--help"],
}
ENCODINGS = ["ascii", "cp1252", "cp437", "koi8-r", "gbk", "shift_jis"]


def numbers_in(text):
    """Every number, with its sign where it has one of its own; powers are none."""
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|\^-?\d+", "", text).replace("−", "-")
    return [
        float(x) for x in re.findall(r"(?<![\w.^(])-?\d+\.?\d*(?:e[-+]\d+)?|(?<=\()-\d[\d.e-]*(?=\))", text)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "encoding"), [*(("trace", name) for name in ENCODINGS), *((name, "cp1252") for name in SIGNS)]
)
def test_a_stream_that_lacks_our_signs(name, encoding):
    """Where the encoding has no − or ∂, the text is ASCII with the same numbers, and no ? is in it."""
    command = [python(*SIGNS[name], env={"PYTHONIOENCODING": known}) for known in ("utf-8", encoding)]
    (told, _), (out, err) = (process.communicate() for process in command)
    assert command[0].returncode == command[1].returncode
    text = out.decode(encoding)
    assert "?" not in text
    assert "\\u" not in text
    assert text.isascii()
    assert numbers_in(text) == numbers_in(told.decode())
    assert b"Traceback" not in err


def test_what_the_signs_become():
    """A formula, its derivative and a negative number in ASCII: to be read, and by Python too."""
    process = python(
        "explain", "(sigmoid(w*a) - y)**12", "--at", "w=-0.5", "a=2", "y=1", "--wrt", "w",
        env={"PYTHONIOENCODING": "cp1252"},
    )  # fmt: skip
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    lines = out.decode("cp1252").splitlines()
    assert lines[0].split() == ["v_1", "=", "w", "a", "=", "(-0.5)", "*", "2", "=", "-1"]
    assert f"C   = (v_2 - y)^12 = (0.268941 - 1)^12 = {(1 / (1 + math.e) - 1) ** 12:.6g}" in lines
    assert any(line.startswith("dC/dw = dv_1/dw * dv_2/dv_1") for line in lines)
    assert any("sigmoid'(v_1)" in line for line in lines)


@pytest.mark.slow
def test_data_are_the_same_in_any_encoding():
    """--json is in ASCII where the encoding lacks a sign, and says the same; infinity and NaN are text."""
    arguments = ["explain", "x*1e308*10 + é", "--at", "x=1", "é=2", "--json"]
    told = [
        python(*arguments, env={"PYTHONIOENCODING": encoding}).communicate()[0]
        for encoding in ("utf-8", "ascii", "cp1252")
    ]
    texts = [out.decode(encoding) for out, encoding in zip(told, ("utf-8", "ascii", "cp1252"), strict=True)]
    found = [json.loads(text, parse_constant=None) for text in texts]
    assert found[0] == found[1] == found[2]
    assert found[0]["derivatives"][0]["value"] == "Infinity"
    assert "∂C/∂x" in texts[0]
    assert texts[1].isascii()


def test_an_error_that_the_terminal_cannot_spell(tmp_path):
    """Error messages, too, survive any encoding, and a letter of a name is not lost."""
    process = python("train", str(tmp_path / "Größe.csv"), env={"PYTHONIOENCODING": "ascii"})
    _, err = process.communicate()
    assert process.returncode == 2
    assert re.fullmatch(rb"chainrule train: .*Gr\\xf6\\xdfe\.csv: No such file or directory\r?\n", err)


@pytest.mark.parametrize("arguments", [["trace"], ["trace", "--json"], ["--help"], ["trace", "--help"]])
def test_a_reader_that_goes_away(arguments):
    """A closed pipe, as of ``| head -1``, ends the program without a traceback."""
    read, write = os.pipe()
    process = python(*arguments, stdout=write)
    os.close(write)
    os.close(read)
    _, err = process.communicate()
    assert err == b""


def test_main_after_a_reader_went_away(monkeypatch):
    """`main` itself ends well on a closed pipe, and what stdout still holds goes nowhere."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert cli.main(["trace"]) == 0
        print("more", flush=True)


def test_python_m_chainrule(monkeypatch, capsys):
    """``python -m chainrule`` is the command, and its exit code is that of `main`."""
    monkeypatch.setattr(sys, "argv", ["chainrule", "trace", "--data", "nowhere.csv"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("chainrule", run_name="__main__")
    assert ended.value.code == 2
    assert capsys.readouterr().err == "chainrule trace: nowhere.csv: No such file or directory\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk():
    """Output that cannot be written is an error, in one line."""
    with Path("/dev/full").open("wb") as full:
        process = python("trace", stdout=full)
        _, err = process.communicate()
    assert process.returncode == 2
    assert err.decode().splitlines() == ["chainrule trace: standard output: No space left on device"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize(
    ("arguments", "called"), [(["trace"], "chainrule trace"), ([], "chainrule")], ids=["trace", "help"]
)
def test_main_on_a_full_disk(arguments, called, monkeypatch, capsys):
    """`main` itself ends with 2, and the message names the command, if there is one."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert cli.main(arguments) == 2
    assert capsys.readouterr().err == f"{called}: standard output: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"]], ids=" ".join)
def test_help_on_a_full_disk(arguments, monkeypatch, capsys):
    """The help that argparse prints before it exits is output too."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "chainrule: standard output: No space left on device\n"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_without_a_stream(name, monkeypatch, capsys, tmp_path):
    """A program without a console has None for its streams."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, name, None)
    assert cli.main(["trace"]) == 0
    assert cli.main(["train", "xor", "--epochs", "1"]) == 0
    capsys.readouterr()


def test_an_error_without_stderr(monkeypatch, capsys):
    """It is told by the exit code alone, and not among the results."""
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.main(["trace", "--data", "nowhere.csv"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("system", "error", "left"),
    [
        ("posix", errno.EPIPE, True),
        ("nt", errno.EINVAL, True),
        ("posix", errno.EINVAL, False),
        ("nt", errno.ENOSPC, False),
    ],
)
def test_a_reader_that_has_left(system, error, left, monkeypatch):
    """Windows calls it an invalid argument; a full disk is another matter. Neither is tried again."""

    class Broken(io.StringIO):
        def write(self, _):
            tried.append(1)
            raise OSError(error, "broken")

        def fileno(self):
            return spare

    tried, spare = [], os.open(os.devnull, os.O_WRONLY)
    broken = Output(Broken())
    for _ in range(3):
        print("told", file=broken)
    os.close(spare)
    monkeypatch.setattr(output.os, "name", system)
    assert broken.reader_left is left
    assert tried == [1]


def test_an_interrupt(monkeypatch, capsys):
    """Ctrl-C ends the program quietly, with the shell's exit code for it."""

    def interrupt(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(trace, "trace", interrupt)
    assert cli.main(["trace"]) == 130
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_in_training_keeps_what_was_learnt(monkeypatch, capsys, tmp_path):
    """Ctrl-C while training ends it: the model is saved, and the history is what there is."""

    def interrupt(_epoch, _c, _epochs):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "report", interrupt)
    assert cli.main(["train", "xor"]) == 0
    assert "trained 1 epoch, binary_cross_entropy_from_logits" in (out := capsys.readouterr().out)
    assert "; stopped: interrupted\n" in out
    assert nn.MLP.from_file("xor-model.json").sizes == [2, 8, 1]


@pytest.mark.needs("matplotlib")
def test_an_interrupt_before_the_first_epoch(monkeypatch, capsys, tmp_path):
    """Interrupted at once, there is no cost to report and none to draw."""

    def interrupt(*_arguments, **_options):
        return nn.History(stopped="interrupted")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "fit", interrupt)
    assert cli.main(["train", "xor", "--plot", "p.svg"]) == 0
    assert "trained 0 epochs; stopped: interrupted\n" in capsys.readouterr().out
    assert (tmp_path / "p.svg").exists()


@pytest.mark.parametrize(
    "arguments",
    [["--help"], *([name, "--help"] for name in ("explain", "trace", "train", "worksheet", "mark"))],
)
def test_help(arguments, capsys):
    """Help goes to stdout, ends with 0, and is no wider than 110 columns."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, err) == (0, "")
    assert out.startswith("usage: chainrule")
    assert max(map(len, out.splitlines())) <= 110


def test_version(capsys):
    """``chainrule --version`` is the package's version."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr() == (f"chainrule {chainrule.__version__}\n", "")


def test_without_a_command(capsys):
    """``chainrule`` alone prints its help, as ``chainrule --help`` does, and ends with 0."""
    assert cli.main([]) == 0
    out, err = capsys.readouterr()
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert (out, err) == capsys.readouterr()
    assert all(command in out for command in ("explain", "trace", "train", "worksheet", "mark", "--version"))


EXAMPLES = [
    " ".join(re.split(r"  +", line.strip())[0] for line in command.splitlines()).removeprefix("chainrule ")
    for text in (explain.EXAMPLES, trace.EXAMPLES, train.EXAMPLES, worksheet.EXAMPLES, mark.EXAMPLES)
    for command in re.findall(r"^  chainrule .*(?:\n +--.*)*", text, re.MULTILINE)  # with its second line
]


SWISH = """
from engine import operation

@operation
def swish(xp, x):
    s = xp.sigmoid(x)
    return x * s, (s + x * s * (1 - s),)
"""


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=pytest.mark.slow) if line.startswith("worksheet") else line
        for line in EXAMPLES
    ],
)
def test_the_helps_examples_run(line, capsys, tmp_path, monkeypatch):
    """Every command line that the help shows does what it says."""
    if "--plot" in line:
        need("matplotlib")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.showing.webbrowser.open", lambda _: True)  # --show
    (tmp_path / "examples.csv").write_text("x,y\n0.5,1\n-1,0\n")
    (tmp_path / "mine.py").write_text(SWISH)
    (tmp_path / "mine.csv").write_text("".join(f"{k},{-k},{k % 2},{1 - k % 2}\n" for k in range(6)))
    if "--weights" in line:
        cli.main(["train", "xor", "--epochs", "5"])
    if line.startswith("mark"):
        cli.main(["worksheet", "--n", "2", "--out", "sheets"])
        for name in ("answers.csv", "key.json"):
            shutil.copy(tmp_path / "sheets" / name, tmp_path)
        capsys.readouterr()
    arguments = shlex.split(line.partition(" > ")[0])
    assert cli.main([*arguments, "--epochs", "20"] if arguments[0] == "train" else arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for option in ("--svg", "--plot"):
        if option in arguments:
            assert (tmp_path / arguments[arguments.index(option) + 1]).stat().st_size > 1000
    if "--json" in arguments:
        json.loads(out)


def test_there_are_examples_of_each_command():
    """The examples above were found."""
    assert {line.split()[0] for line in EXAMPLES} == {"explain", "trace", "train", "worksheet", "mark"}
    assert len(EXAMPLES) >= 17


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["paint"], "invalid choice: 'paint'"),
        (["explian", "x"], "did you mean explain?"),
        (["trace", "--sizes", "2", "3", "1"], "with a comma between, as in 2,3,1"),
        (["trace", "--colour"], "unrecognized arguments: --colour"),
        (["train"], "the following arguments are required: name"),
        (["train", "xor", "moons"], "unrecognized arguments: moons; see chainrule train --help"),
        (["--colour"], "unrecognized arguments: --colour; see chainrule --help"),
        (["explain", "x*x", "--at", "x", "=", "2"], "no spaces around ="),
        (["explain", "x*x", "--at", "x=", "2"], "no spaces around ="),
        (["explain", "x*x", "--at", "x=0,5"], "got '0,5'; write 0.5;"),
        (["explain", "x*x", "--at", "x=1/2"], "got '1/2'; write 0.5;"),
        (["explain", "x*x", "--at", "x=1/0"], "got '1/0'; see"),
        (["trace", "--sizes", "3 2"], "got '3 2'; write 3,2;"),
        (["train", "xor", "--hidden", "8x8"], "got '8x8'; write 8,8;"),
    ],
    ids=str,
)
def test_wrong_use(arguments, message, capsys):
    """Unknown commands and options are refused, with where to find help."""
    err = refusal(capsys, *arguments)
    assert message in err
    assert err.endswith("--help\n")


def test_a_path_of_two_lines_is_one_line_in_a_message(capsys):
    """A newline in a file's name does not break the message."""
    assert "a b.csv: No such file" in refusal(capsys, "trace", "--data", "a\nb.csv")
