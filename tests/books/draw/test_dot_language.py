"""Laws of the pictures that Graphviz places, and of the program that is asked to do it."""

import re
import sys
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest
from picture_law import SVG, area
from programs import drawn_by, program
from test_draw import net

from engine import Value, draw
from engine.pictures.svg import graphviz as dot_language

MISPLACED = """
import json, subprocess, sys
plan = json.loads(subprocess.run([{real!r}, *sys.argv[1:]], stdin=sys.stdin, capture_output=True).stdout)
{change}
print(json.dumps(plan))
"""


def test_marks_and_arrows_stand_where_graphviz_puts_them():
    """All marks and arrows are there, no two marks meet, and each arrow runs from rim to rim."""
    C = net()
    root = ET.fromstring(draw(C, level="values", layout=program("dot")).svg)  # noqa: S314 — our own text
    shapes = {
        g.get("id"): area(g.find(f"{SVG}rect")) for g in root.iter(f"{SVG}g") if "node" in g.get("class", "")
    }
    for one, other in combinations(shapes.values(), 2):
        assert any(one[i + 2] <= other[i] or other[i + 2] <= one[i] for i in (0, 1))
    edges = [g for g in root.iter(f"{SVG}g") if g.get("class", "").startswith("edge")]
    assert len(edges) == len(draw(C, level="values").diagram.arrows)
    for edge in edges:
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", edge.find(f"{SVG}path").get("d"))]
        tip = [float(x) for x in re.findall(r"-?[\d.]+", edge.find(f"{SVG}polygon").get("points"))][:2]
        for (x, y), id in ((numbers[:2], edge.get("data-tail")), (tip, edge.get("data-head"))):
            left, top, right, bottom = shapes[id]
            assert left - 2 <= x <= right + 2
            assert top - 2 <= y <= bottom + 2


def test_a_program_that_leaves_marks_out_is_not_believed(tmp_path):
    """A picture without all marks would be false: RuntimeError; else it is the program's own."""
    real = program("dot")
    a = Value(3.0, label="a")
    liar = install(tmp_path / "dot", MISPLACED.format(real=real, change='del plan["objects"][0]'))
    with pytest.raises(RuntimeError, match="1 of 2 marks have no place"):
        _ = draw(a * a, layout=liar).svg
    honest = install(tmp_path / "other", MISPLACED.format(real=real, change=""))
    assert draw(a * a, layout=honest).svg == draw(a * a, layout=real).svg


# The program that is asked for


@pytest.fixture
def path(tmp_path, monkeypatch):
    """An empty folder in the place of PATH, and no program named in the environment."""
    monkeypatch.delenv("CHAINRULE_DOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def square():
    a = Value(3.0, label="a")
    return a * a


FAILURES = {
    "exit code": "import sys; sys.exit(3)",
    "a signal": "import os; os.kill(os.getpid(), 9)",
    "nothing": "",
    "no JSON": "print('<svg/>')",
    "bytes that are no text": "import sys; sys.stdout.buffer.write(bytes([255, 254, 0]))",
    "a list": "print([])",
    "a number": "print(3)",
    "null": "print('null')",
    "an empty object": "print('{}')",
    "another graph": """print('{"bb": "0,0,10,10", "objects": [], "edges": []}')""",
    "no box": """print('{"bb": ""}')""",
    "odd types": """print('{"bb": 7, "objects": 3}')""",
    "nodes without place": """print('{"bb": "0,0,9,9", "objects": [{"id": "n0"}, {"id": "n1"}]}')""",
    "a hang": "import time; time.sleep(60)",
    "more than it can say": "import sys; sys.stdin.close(); sys.exit(1)",
}


def install(path, body):
    """A program of our own, in Python."""
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_may_be_named_by_its_path_or_by_its_name(tmp_path, monkeypatch):
    """In the call or in CHAINRULE_DOT, which holds a name on PATH or a path."""
    real = program("dot")
    works = f"import os, sys; os.execv({real!r}, [{real!r}, *sys.argv[1:]])"
    mine = install(tmp_path / "mine", works)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("mine", mine):
        monkeypatch.delenv("CHAINRULE_DOT", raising=False)
        assert draw(square(), layout=name).engine == mine
        monkeypatch.setenv("CHAINRULE_DOT", name)
        assert draw(square()).engine == mine


@pytest.mark.parametrize("how", ["call", "environment"])
@pytest.mark.usefixtures("path")
def test_a_program_that_is_missing_is_said(monkeypatch, how):
    """RuntimeError says what was looked for, how to install it, and what needs none."""
    if how == "environment":
        monkeypatch.setenv("CHAINRULE_DOT", "dot")
    drawing = draw(square(), layout="dot" if how == "call" else None)
    with pytest.raises(RuntimeError) as caught:
        _ = drawing.svg
    for part in ("no program 'dot'", "apt install graphviz", "brew install graphviz", 'layout="own"'):
        assert part in str(caught.value)
    assert "no program &#x27;dot&#x27;" in drawing._repr_html_()
    assert draw(square(), layout="own").engine == "own layout"


def test_what_cannot_be_run_is_no_program(path):
    """A file that may not be executed is passed over."""
    (path / "dot").write_text("")
    (path / "dot").chmod(0o644)
    with pytest.raises(RuntimeError, match="there is no program 'dot'"):
        _ = draw(square(), layout="dot").svg


@pytest.mark.parametrize("failure", FAILURES)
def test_a_program_that_fails_is_named(path, monkeypatch, failure):
    """Whatever goes wrong, RuntimeError says which program could not do it, and what needs none."""
    monkeypatch.setattr(dot_language, "TIMEOUT", 0.5 if failure == "a hang" else 30)
    broken = install(path / "dot", FAILURES[failure])
    with pytest.raises(RuntimeError) as caught:
        _ = draw(square(), layout="dot").svg
    assert str(caught.value).startswith(f"{broken} could not lay the picture out: ")
    assert 'layout="own"' in str(caught.value)


def test_a_file_that_is_no_program(path):
    """Bytes with the right to be executed, but nothing that a system can run."""
    dot = path / "dot"
    dot.write_bytes(b"\x00\x01\x02")
    dot.chmod(0o755)
    with pytest.raises(RuntimeError, match="could not lay the picture out"):
        _ = draw(square(), layout="dot").svg


def test_a_program_is_run_once():
    """SVG and engine of one drawing come from one run."""
    with drawn_by("dot") as used:
        drawing = draw(square())
        svg = drawing.svg
    assert drawing.engine == used
    assert drawing.svg is svg
