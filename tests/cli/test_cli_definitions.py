"""Operations of one's own on the command line: from a formula, and from a Python file."""

import sys

import pytest
from test_cli import refusal

from chainrule import cli
from chainrule.cli.definitions import define

SWISH = """
from engine import operation
import helper_of_swish

@operation
def {name}(xp, x):
    s = xp.sigmoid(x)
    return x * s, (s + x * s * (1 - s),)

other_{name} = operation("other_{name}", lambda x: x**3)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper_of_swish.py").write_text("")
    (tmp_path / "engine.py").write_text("raise SystemExit('the neighbour was imported')")
    return tmp_path


def run(capsys, *arguments):
    assert cli.main(["explain", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("which", ["mine.py", "mine.py:from_a_file", "{folder}/mine.py"])
def test_an_operation_of_a_file(capsys, folder, which):
    """All that the file defines are known, whichever is named; the file may import its neighbours."""
    path = list(sys.path)
    (folder / "mine.py").write_text(SWISH.format(name="from_a_file"))
    which = which.format(folder=folder)
    out = run(
        capsys, "from_a_file(x) + other_from_a_file(x)", "--operation", which, "--at", "x=1", "--wrt", "x"
    )
    assert "∂C/∂x" in out
    assert "= 3.92767" in out
    assert sys.path == path


def test_a_file_and_a_formula_together(capsys, folder):
    """The option takes several, of both kinds."""
    (folder / "mine.py").write_text(SWISH.format(name="together"))
    define_both = ["--operation", "mine.py", "thrice_here(x) = 3*x"]
    out = run(capsys, "thrice_here(together(x))", "--at", "x=0", *define_both)
    assert "∂C/∂x" in out
    assert "= 1.5\n" in out


REFUSED = {
    "missing.py": (None, "missing.py: there is no such file; --operation takes a formula or a Python file"),
    "raises.py": ("\n1 / 0\n", "raises.py cannot be run: ZeroDivisionError: division by zero (line 2"),
    "ends.py": ("raise SystemExit('done')", "ends.py cannot be run: SystemExit: done (line 1)"),
    "syntax.py": ("def f(x:\n", "SyntaxError: '(' was never closed (syntax.py, line 1)"),
    "wrong.py": (
        "from engine import operation\n@operation\ndef wrong_here(xp, x):\n    return x * x, (x,)\n",
        "wrong.py cannot be run: GradientError: wrong_here: the derivative with respect to x is wrong",
    ),
    "nothing.py": ("x = 1", "nothing.py defines no operation; write @operation above a function in it"),
    "named.py:close_on": (SWISH.format(name="close_one"), "no operation close_on; did you mean close_one?"),
    "named.py:zzz": (SWISH.format(name="far"), "no operation zzz; it defines far, other_far"),
}  # fmt: skip


@pytest.mark.parametrize("which", REFUSED)
def test_what_is_refused(capsys, folder, which):
    """A file that is missing, fails, is wrong or defines nothing, and a name that is not there."""
    text, message = REFUSED[which]
    if text is not None:
        (folder / which.partition(":")[0]).write_text(text)
    assert message in refusal(capsys, "explain", "x", "--at", "x=1", "--operation", which)


@pytest.mark.parametrize("definition", ["x = 1", "e_here() = 2*pi", "e_here()=", "= 1", "x", ""])
def test_a_definition_without_operands_is_refused(capsys, definition):
    """In one line, like whatever else is wrong with a formula."""
    said = refusal(capsys, "explain", "x", "--at", "x=1", "--operation", definition)
    assert "operation" in said or "expression" in said or "write" in said


def test_a_formula_is_no_file():
    """A formula is one even where it ends like a file's name."""
    define("as_formula(x) = 2*x")
    with pytest.raises(ValueError, match="operation needs a value"):
        define("py")
