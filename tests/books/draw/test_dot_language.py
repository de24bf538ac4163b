"""Laws of the pictures that Graphviz places, and of the program that is asked to do it."""

import sys
from itertools import combinations

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


@given(diagram=clustered())
@settings(max_examples=20)
def test_frames_hold_what_belongs_to_them(diagram):
    """A cluster's things stand in its frame, below the title, and nothing else; an empty one has none."""
    found = frames_and_boxes(dot_language.svg(program("dot"), diagram))
    around = holders(diagram)
    assert set(found) == {box.id for box in diagram.boxes}.union(*(around[box.id] for box in diagram.boxes))
    for (one, its), (other, others) in combinations(found.items(), 2):
        if one in around[other] or other in around[one]:
            (left, top, right, bottom), inner = (its, others) if one in around[other] else (others, its)
            assert inside(inner, (left, top + CLUSTER_TITLE - 1, right, bottom))
        else:
            assert any(its[i + 2] < others[i] or others[i + 2] < its[i] for i in (0, 1))


def test_titles_fit_in_their_frames():
    """Each title lies inside its frame, in the broadest font."""
    root = read(dot_language.svg(program("dot"), NETWORK))
    for group in root.iter(f"{SVG}g"):
        if group.get("class").startswith("cluster"):
            assert inside(ink(group.find(f"{SVG}text")), area(group.find(f"{SVG}rect")))


def test_frames_come_first():
    """Frames, then arrows, then boxes, then what stands below: what comes later is on top."""
    graph = read(dot_language.svg(program("dot"), NETWORK)).find(f"{SVG}g")
    classes = [element.get("class").split()[0] for element in graph]
    assert classes == ["cluster"] * 4 + ["edge"] * 5 + ["node"] * 6 + ["note"] * 2 + ["legend"]
    ids = [element.get("id") for element in graph][:15]
    assert ids == [thing.id for thing in (*NETWORK.clusters, *NETWORK.arrows, *NETWORK.boxes)]


MISPLACED = """
import json, subprocess, sys
plan = json.loads(subprocess.run([{real!r}, *sys.argv[1:]], stdin=sys.stdin, capture_output=True).stdout)
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
    """A frame that does not hold what belongs to it, or holds more, would be false: RuntimeError."""
    real = program("dot")
    liar = install(tmp_path / "dot", MISPLACED.format(real=real, change=change))
    with pytest.raises(RuntimeError, match="is not where it belongs, seen from c"):
        dot_language.svg(liar, NETWORK)
    honest = install(tmp_path / "other", MISPLACED.format(real=real, change=""))
    assert dot_language.svg(honest, NETWORK) == dot_language.svg(real, NETWORK)


def test_labels_and_heads_keep_off_boxes():
    """A broad arrow has a longer head, for which there is room; and an empty label takes none."""
    boxes = Box("n0", ("a",), "input"), Box("n1", ("b",), "root")
    apart = {}
    for label in ("", "0.5"):
        arrow = Arrow("e0", "n0", "n1", label)
        found = frames_and_boxes(dot_language.svg(program("dot"), Diagram("", "", boxes, (arrow,))))
        apart[label] = found["n1"][0] - found["n0"][2]
    assert apart[""] + 10 < apart["0.5"]


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
