"""Laws of the pictures that Graphviz places, and of the search for a program that does it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import drawn_by, program
from test_dot_text import NETWORK
from test_svg import SVG, area, ink, inside, read

from engine import Value, draw
from engine.pictures.svg import graphviz as dot_language
from engine.pictures.svg.diagram import Arrow, Box, Cluster, Diagram
from engine.pictures.svg.svg import CLUSTER_TITLE

PROGRAMS = pytest.mark.parametrize("name", ["dot", "graphviz-pure"])


@st.composite
def clustered(draw):
    """A few boxes in clusters that no person would choose: of any depth, empty ones, and cut by arrows."""
    count = draw(st.integers(1, 5))
    around = [draw(st.sampled_from(["", *(f"c{outer}" for outer in range(place))])) for place in range(count)]
    titles = draw(st.lists(st.text("il Wx", max_size=30), min_size=count, max_size=count))
    clusters = tuple(
        Cluster(f"c{place}", title, "layer", outer)
        for place, (title, outer) in enumerate(zip(titles, around, strict=True))
    )
    size = draw(st.integers(1, 7))
    homes = st.sampled_from(["", *(cluster.id for cluster in clusters)])
    boxes = tuple(Box(f"n{place}", ("a", "data 0.5"), "inner", draw(homes)) for place in range(size))
    ends = [(tail, head) for head in range(size) for tail in range(head) if draw(st.booleans())]
    arrows = tuple(Arrow(f"e{place}", f"n{a}", f"n{b}", "0.5") for place, (a, b) in enumerate(ends))
    return Diagram("", "", boxes, arrows, clusters)


def frames_and_boxes(text):
    """Where they stand, by id."""
    groups = {group.get("id"): group for group in read(text).iter(f"{SVG}g") if group.get("id") != "graph0"}
    return {id: area(group.find(f"{SVG}rect")) for id, group in groups.items() if id[0] in "cn"}


def holders(diagram):
    """For each box and cluster the clusters that it stands in, however deep."""
    around = {thing.id: thing.cluster for thing in (*diagram.clusters, *diagram.boxes)}

    def walk(id):
        while id := around[id]:
            yield id

    return {id: set(walk(id)) for id in around}


@PROGRAMS
@given(diagram=clustered())
@settings(max_examples=20)
def test_frames_hold_what_belongs_to_them(name, diagram):
    """A cluster's things stand in its frame, below the title, and nothing else; an empty one has none."""
    found = frames_and_boxes(dot_language.svg(Path(program(name)), diagram))
    around = holders(diagram)
    assert set(found) == {box.id for box in diagram.boxes}.union(*(around[box.id] for box in diagram.boxes))
    for (one, its), (other, others) in combinations(found.items(), 2):
        if one in around[other] or other in around[one]:
            (left, top, right, bottom), inner = (its, others) if one in around[other] else (others, its)
            assert inside(inner, (left, top + CLUSTER_TITLE - 1, right, bottom))
        else:
            assert any(its[i + 2] < others[i] or others[i + 2] < its[i] for i in (0, 1))


@PROGRAMS
def test_titles_fit_in_their_frames(name):
    """Each title lies inside its frame, in the broadest font."""
    root = read(dot_language.svg(Path(program(name)), NETWORK))
    for group in root.iter(f"{SVG}g"):
        if group.get("class").startswith("cluster"):
            assert inside(ink(group.find(f"{SVG}text")), area(group.find(f"{SVG}rect")))


@PROGRAMS
def test_frames_come_first(name):
    """Frames, then arrows, then boxes, then what stands below: what comes later is on top."""
    graph = read(dot_language.svg(Path(program(name)), NETWORK)).find(f"{SVG}g")
    classes = [element.get("class").split()[0] for element in graph]
    assert classes == ["cluster"] * 4 + ["edge"] * 5 + ["node"] * 6 + ["note"] * 2 + ["legend"]
    ids = [element.get("id") for element in graph][:15]
    assert ids == [thing.id for thing in (*NETWORK.clusters, *NETWORK.arrows, *NETWORK.boxes)]


MISPLACED = """
import json, subprocess, sys
plan = json.loads(subprocess.run([{pure!r}, *sys.argv[1:]], stdin=sys.stdin, capture_output=True).stdout)
things = {{thing["id"]: thing for thing in plan["objects"]}}
{change}
print(json.dumps(plan))
"""


@pytest.mark.parametrize(
    "change",
    [
        'things["c1"]["bb"] = "0,0,10,10"',
        'things["c0"]["bb"] = plan["bb"]',
        'things["c2"]["bb"] = things["c1"]["bb"]',
        'things["n0"]["pos"] = things["n1"]["pos"]',
        """
left, lower, right, upper = things["c0"]["bb"].split(",")
things["c0"]["bb"] = ",".join([left, lower, right, str(float(upper) - 16)])
""",
    ],
    ids=["too small", "too large", "on another", "a box that is not in it", "no room for the title"],
)
def test_a_program_that_misplaces_frames_is_not_believed(tmp_path, change):
    """A frame that does not hold what belongs to it, or holds more, would be false: ValueError."""
    liar = install(tmp_path / "dot", MISPLACED.format(pure=PURE, change=change))
    with pytest.raises(ValueError, match="is not where it belongs, seen from c"):
        dot_language.svg(Path(liar), NETWORK)
    honest = install(tmp_path / "other", MISPLACED.format(pure=PURE, change=""))
    assert dot_language.svg(Path(honest), NETWORK) == dot_language.svg(Path(PURE), NETWORK)


@PROGRAMS
def test_labels_and_heads_keep_off_boxes(name):
    """A broad arrow has a longer head, for which there is room; and an empty label takes none."""
    boxes = Box("n0", ("a",), "input"), Box("n1", ("b",), "root")
    apart = {}
    for label in ("", "0.5"):
        arrow = Arrow("e0", "n0", "n1", label)
        found = frames_and_boxes(dot_language.svg(Path(program(name)), Diagram("", "", boxes, (arrow,))))
        apart[label] = found["n1"][0] - found["n0"][2]
    assert apart[""] + 10 < apart["0.5"]


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


def square():
    a = Value(3.0, label="a")
    return a * a


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
        draw(square()).save(path)
    assert f"{broken}: " in str(caught.value)
    silent = install(places / "scripts" / "graphviz-pure", "")
    with pytest.raises(RuntimeError) as caught:
        draw(square()).save(path)
    assert f"{silent} gave no png" in str(caught.value)
    assert not path.exists()
    install(places / "scripts" / "graphviz-pure", WORKS)
    draw(square()).save(path)
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
