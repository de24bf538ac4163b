"""Laws of the DOT text, read by Graphviz itself, and of the search for a program that reads it."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_graphs import graphs
from test_draw import NASTY, drawn_by, labelled, net, neuron, square
from test_layout import SVG, same

from engine import dot_language, draw
from engine.graph import edges, topological_order
from engine.svg import box_size

PROGRAMS = pytest.mark.parametrize("name", ["dot", "graphviz-pure"])


def ask(name, source, form):
    """What a Graphviz makes of a DOT text."""
    with drawn_by(name) as executable:
        return dot_language.render(Path(executable), source, form, 60)


@PROGRAMS
@given(drawn=graphs(max_nodes=6))
@settings(max_examples=10)
def test_graphviz_reads_the_graph_from_the_text(name, drawn):
    """Every value is a node and every operand an edge, with their ids, in Graphviz's own reading."""
    root, _ = drawn
    plan = json.loads(ask(name, draw(root).dot, "json0"))
    assert {node["id"] for node in plan["objects"]} == {f"n{k}" for k in range(len(topological_order(root)))}
    names = {node["_gvid"]: node["name"] for node in plan["objects"]}
    found = {edge["id"]: edge for edge in plan.get("edges", ())}
    place = {node: f"n{k}" for k, node in enumerate(topological_order(root))}
    ends = {id: (names[edge["tail"]], names[edge["head"]]) for id, edge in found.items()}
    assert {id: (*ends[id], edge["label"].strip()) for id, edge in found.items()} == {
        f"e{k}": (place[parent], place[child], f"{child.local_derivatives[position]:.4g}")
        for k, (parent, child, position) in enumerate(edges(root))
    }


def header(name, text):
    """How a Graphviz shows a label, drawn from the DOT text."""
    root = ET.fromstring(ask(name, draw(labelled(text)).dot, "svg"))  # noqa: S314 — of our own text
    group = next(group for group in root.iter(f"{SVG}g") if group.get("id") == "n1")
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "g", "title", "text", "path", "polygon", "polyline"}
    return [text.text or "" for text in group.iter(f"{SVG}text")]


@PROGRAMS
@pytest.mark.parametrize("text", NASTY)
def test_labels_are_text_to_graphviz(name, text):
    """Markup, escapes and entities in a label come out of Graphviz as they were written."""
    shown, *rows = header(name, text)
    expected = text or "*"
    assert same("".join(shown.split()), "".join(dot_language.clean(expected).split()))
    assert rows == ["data 4", "grad –"]


@PROGRAMS
@given(text=st.text(st.characters(exclude_categories=()), max_size=10))
@settings(max_examples=25)
@example("\\")
@example("\ud800")
def test_any_label_goes_into_the_text(name, text):
    """No label makes the DOT text one that Graphviz refuses."""
    assert len(header(name, text)) == 3


def test_the_text_is_unicode_throughout():
    """It can be encoded and holds no control characters but line ends and tabs."""
    text = draw(labelled("".join(NASTY))).dot
    assert text.encode()
    assert all(character >= " " or character in "\n\t" for character in text)


def test_the_outline_has_the_boxes_of_the_picture():
    """Graphviz is given bare boxes of exactly the size in which they will be drawn."""
    diagram = draw(net()).diagram
    plan = json.loads(ask("graphviz-pure", dot_language.outline(diagram), "json0"))
    sizes = {node["id"]: (float(node["width"]), float(node["height"])) for node in plan["objects"]}
    for box in diagram.boxes:
        width, height = box_size(box.rows)
        assert sizes[box.id] == pytest.approx((width / 72, height / 72), abs=1e-3)


# The search for a program


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Two empty folders in the place of PATH and of the environment's scripts, and none named."""
    monkeypatch.delenv("CHAINRULE_DOT", raising=False)
    for name in ("path", "scripts"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    get_path = sysconfig.get_path
    monkeypatch.setattr(
        sysconfig, "get_path", lambda name: str(tmp_path / "scripts") if name == "scripts" else get_path(name)
    )
    return tmp_path


PURE = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
WORKS = f"import os, sys; os.execv({PURE!r}, [{PURE!r}, *sys.argv[1:]])"
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


def test_the_order_of_the_search(places, monkeypatch):
    """The one that CHAINRULE_DOT names, then ``dot`` on PATH, then that of the scripts, then our own."""
    assert draw(square()).engine == "own layout"
    scripts = install(places / "scripts" / "graphviz-pure", WORKS)
    assert draw(square()).engine == scripts
    path = install(places / "path" / "dot", WORKS)
    assert draw(square()).engine == path
    named = install(places / "mine", WORKS)
    monkeypatch.setenv("CHAINRULE_DOT", named)
    assert draw(square()).engine == named
    assert [str(found) for found in dot_language.executables()] == [named, path, scripts]
    monkeypatch.setenv("CHAINRULE_DOT", str(places / "missing"))
    assert draw(square()).engine == path
    monkeypatch.setenv("CHAINRULE_DOT", "own")
    assert draw(square()).engine == "own layout"


def test_a_program_may_be_named_without_its_folder(places, monkeypatch):
    """CHAINRULE_DOT may hold a name on PATH; ``dot`` named is not tried twice."""
    other, dot = (install(places / "path" / name, WORKS) for name in ("other", "dot"))
    monkeypatch.setenv("CHAINRULE_DOT", "other")
    assert draw(square()).engine == other
    monkeypatch.setenv("CHAINRULE_DOT", "dot")
    assert [str(found) for found in dot_language.executables()] == [dot]


def test_what_cannot_be_run_is_no_program(places):
    """A file that may not be executed is passed over."""
    dot = places / "path" / "dot"
    dot.write_text("")
    dot.chmod(0o644)
    assert draw(square()).engine == "own layout"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_program_that_fails_gives_way_to_the_next(places, monkeypatch, failure):
    """Whatever goes wrong with one program, the next one draws, and at last the own layout."""
    monkeypatch.setattr(dot_language, "TIMEOUT", 0.5 if failure == "a hang" else 30)
    install(places / "path" / "dot", FAILURES[failure])
    drawing = draw(square())
    assert drawing.engine == "own layout"
    assert ET.fromstring(drawing.svg).tag == f"{SVG}svg"  # noqa: S314 — our own
    works = install(places / "scripts" / "graphviz-pure", WORKS)
    monkeypatch.setattr(dot_language, "TIMEOUT", 0.5 if failure == "a hang" else 30)
    if failure != "a hang":
        assert draw(square()).engine == works


def test_a_file_that_is_no_program(places):
    """Bytes with the right to be executed, but nothing that a system can run."""
    dot = places / "path" / "dot"
    dot.write_bytes(b"\x00\x01\x02")
    dot.chmod(0o755)
    assert draw(square()).engine == "own layout"


def test_saving_tries_the_next_program_too(places, tmp_path):
    """PNG comes from the first program that can write it; where all fail, the error lists them."""
    broken = install(places / "path" / "dot", FAILURES["exit code"])
    path = tmp_path / "graph.png"
    with pytest.raises(RuntimeError, match="Tried: ") as caught:
        draw(neuron()).save(path)
    assert f"{broken}: " in str(caught.value)
    silent = install(places / "scripts" / "graphviz-pure", "")
    with pytest.raises(RuntimeError) as caught:
        draw(neuron()).save(path)
    assert f"{silent} gave no png" in str(caught.value)
    assert not path.exists()
    install(places / "scripts" / "graphviz-pure", WORKS)
    draw(neuron()).save(path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_program_is_run_once():
    """SVG and engine of one drawing come from one run."""
    with drawn_by("graphviz-pure"):
        drawing = draw(square())
        svg = drawing.svg
    os.environ.pop("CHAINRULE_DOT", None)
    assert drawing.engine.endswith("graphviz-pure")
    assert drawing.svg is svg


def test_a_program_that_fails_is_an_error_of_render(places):
    """``render`` itself raises, with what the program was."""
    dot = install(places / "path" / "dot", FAILURES["exit code"])
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        dot_language.render(Path(dot), "digraph {}", "svg", 10)
