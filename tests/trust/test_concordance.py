"""The concordance: no row is empty, commands run, a number decides each slip, the page is up to date."""

import importlib.util
import re
import shlex
import sys
from math import isclose
from pathlib import Path

import pytest

pytest.importorskip("numpy")

from chainrule.cli import main

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/concordance"
TEXTS = 154  # formulas, definitions, algorithms and claims of the five texts


def loaded(name):
    spec = importlib.util.spec_from_file_location(f"concordance_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


concordance, slips = loaded("__main__"), loaded("slips")
ROWS = [(text.key, *formula) for text in concordance.texts() for formula in text.formulas]


def test_all_five_texts_are_there():
    """Their titles are those of STYLE, and each formula has its own number."""
    assert [text.title for text in concordance.texts()] == [
        "Backpropagation Calculus",
        "Derivation of backpropagation equations in the general case",
        "Chapter 2: Backpropagation",
        "Lecture 3: Multilayer Perceptron",
        "Neural Networks (2)",
    ]
    assert len(ROWS) == len({(key, number) for key, number, *_ in ROWS}) == TEXTS
    general = [number for key, number, *_ in ROWS if key == "general" and number.isdigit()]
    assert general == [str(n) for n in range(1, 16)]  # its own numbers


BESIDE_SOURCES = pytest.mark.skipif(
    not (ROOT / "engine").is_dir(),
    reason="the functions' docstrings are read from sources, and there are none",
)


@BESIDE_SOURCES
def test_no_row_is_empty():
    """Each formula has a function and a notebook cell."""
    functions, cells = concordance.functions(), concordance.cells()
    rows = [f"{key} {number}" for key, number, *_ in ROWS]
    assert [row for row in rows if not functions[row]] == []
    assert [row for row in rows if not cells[row]] == []
    assert set(functions) == set(cells) == set(rows)


def test_every_function_exists():
    """The name that the page gives is one that can be imported."""
    for name in {name for names in concordance.functions().values() for name in names}:
        parts = name.split(".")
        found = importlib.import_module(parts[0])
        for end, part in enumerate(parts[1:], start=2):
            if not hasattr(found, part):
                importlib.import_module(".".join(parts[:end]))
            found = getattr(found, part)
        assert "In docs/concordance.md:" in found.__doc__


def test_every_row_has_a_command():
    """Every formula can be seen from a terminal."""
    assert [row for *row, command in ROWS if not command] == []


@pytest.mark.parametrize("command", sorted({command for *_, command in ROWS if command}))
def test_every_command_runs(command, tmp_path, monkeypatch, capsys):
    """What the page tells people to type works as it stands."""
    (tmp_path / "examples.csv").write_text("0.5,1\n-1,0\n2,0.3\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(command)
    assert program == "chainrule"
    assert main(arguments) in {None, 0}
    assert capsys.readouterr().out


@pytest.mark.parametrize("slip", slips.slips(), ids=lambda slip: f"{slip.formula} {slip.what}")
def test_a_number_decides(slip):
    """The engine gives what is meant, and not what is printed."""
    assert isclose(slip.by_meant, slip.by_engine, rel_tol=1e-12)
    assert not isclose(slip.by_printed, slip.by_engine, rel_tol=0.01)
    assert slip.formula in {f"{key} {number}" for key, number, *_ in ROWS}


def test_references_are_read_in_the_order_of_the_text():
    """A range counts as the text does, letters between numbers included."""
    assert list(concordance.references("general 8 to d; delta 3")) == [
        "general 8", "general c", "general 9", "general d", "delta 3",
    ]  # fmt: skip


@BESIDE_SOURCES
def test_the_page_is_up_to_date(monkeypatch):
    """It is what `python docs/concordance > docs/concordance.md` writes, numbers up to rounding."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setitem(sys.modules, "slips", slips)
    stored = (ROOT / "docs/concordance.md").read_text(encoding="utf-8")
    number = re.compile(r"−?\d+\.\d+(?:e[-−]\d+)?")
    written = concordance.page()
    assert number.sub("#", stored) == number.sub("#", written)
    for one, other in zip(number.findall(stored), number.findall(written), strict=True):
        assert isclose(*(float(x.replace("−", "-")) for x in (one, other)), rel_tol=1e-4)
