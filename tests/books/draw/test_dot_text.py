"""Laws of the DOT text, as Graphviz itself reads it."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from picture_law import SVG, same
from processes import printed
from programs import program

from engine import Value, affine, draw
from engine.pictures.svg import graphviz as dot_language
from engine.pictures.svg.diagram import KINDS, Arrow, Box, Cluster, Diagram
from engine.pictures.svg.dot import source
from engine.pictures.svg.ink import PALETTE
from engine.pictures.svg.letters import clean
from engine.pictures.svg.pen import prose

NASTY = "</script><img src=x onerror=alert(1)> \"q\" 'q' \\N \\\\ \\ <b>bold</b> &lt; &amp;#x41; ]]>"


def ask(text, form="json0"):
    """What Graphviz makes of a DOT text."""
    answer = dot_language.ask(program("dot"), text, form, 60)
    return json.loads(answer) if form == "json0" else ET.fromstring(answer)  # noqa: S314 — of our own text


def network():
    """Two neurons in a layer, one alone; all kinds of boxes, arrows of all sorts, notes and a legend."""
    clusters = (
        Cluster("c0", "layer 1", "layer"),
        Cluster("c1", "neuron 0", "neuron", "c0"),
        Cluster("c2", "neuron 1", "neuron", "c0"),
        Cluster("c3", "a layer of one neuron, with a title that is broader than it is", "layer"),
    )
    where = ["", "c1", "c1", "c2", "c3", ""]
    kinds = ["input", "parameter", "inner", "group", "constant", "root"]
    boxes = tuple(
        Box(f"n{place}", (kind, "data 0.5"), kind, cluster, hint=f"hint {place}")
        for place, (kind, cluster) in enumerate(zip(kinds, where, strict=True))
    )
    arrows = (
        Arrow("e0", "n0", "n2", "0.5", 1, 3, "hint", slope=0.5, part=2.0),
        Arrow("e1", "n1", "n2", "−2", -1, slope=-2.0),
        Arrow("e2", "n2", "n5", "", 1, 5, hue=2, part=3.0),
        Arrow("e3", "n3", "n5", "0.25", dim=True),
        Arrow("e4", "n4", "n5", "1", 1, slope=1.0, part=0.0),
    )
    notes = ("a note", "and another")
    return Diagram("network", "all of it", boxes, arrows, clusters, notes, legend=True)


NETWORK = network()


def members(plan):
    """For each cluster that Graphviz read: the boxes in it, and in those inside it."""
    names = {thing["_gvid"]: thing["id"] for thing in plan["objects"]}
    return {
        thing["id"]: {names[box] for box in thing["nodes"]} for thing in plan["objects"] if "nodes" in thing
    }


def test_graphviz_reads_the_diagram():
    """Boxes, arrows with their ends, and clusters with what is in them, all by their ids."""
    plan = ask(source(NETWORK))
    ids = {thing["_gvid"]: thing["id"] for thing in plan["objects"]}
    assert set(ids.values()) == {thing.id for thing in (*NETWORK.boxes, *NETWORK.clusters)}
    assert {(edge["id"], ids[edge["tail"]], ids[edge["head"]]) for edge in plan["edges"]} == {
        (arrow.id, arrow.tail, arrow.head) for arrow in NETWORK.arrows
    }
    assert members(plan) == {"c0": {"n1", "n2", "n3"}, "c1": {"n1", "n2"}, "c2": {"n3"}, "c3": {"n4"}}


def test_frames_stand_in_the_order_written():
    """Clusters come in the text as they do in the diagram, each in the one around it."""
    found = re.findall(r"^\s*(subgraph \w+|\}|n\d(?= \[))", source(NETWORK), re.MULTILINE)
    assert found == [
        "n0", "n5", "subgraph cluster_c0", "subgraph cluster_c1", "n1", "n2", "}",
        "subgraph cluster_c2", "n3", "}", "}", "subgraph cluster_c3", "n4", "}", "}",
    ]  # fmt: skip


def spoken(svg):
    """All that Graphviz shows: lines of text, and tooltips."""
    lines = [text.text or "" for text in svg.iter(f"{SVG}text")]
    hints = [link.get("{http://www.w3.org/1999/xlink}title") for link in svg.iter(f"{SVG}a")]
    return lines, hints


def hostile(text):
    """A diagram in which every text is this."""
    return Diagram(
        "", "",
        (Box("n0", (text, text), "input", "c0", hint=text), Box("n1", ("C",), "root")),
        (Arrow("e0", "n0", "n1", text, hint=text),), (Cluster("c0", text, "layer"),), (text,),
    )  # fmt: skip


def assert_text_is_text(svg):
    """What Graphviz has made of the hostile diagram: its texts as they were written, and no other element."""
    lines, hints = spoken(svg)
    squeezed = "".join(NASTY.split())
    shown = ["".join(line.split()) for line in lines]
    assert sorted(filter(None, shown)) == sorted(["C", *[squeezed] * 5])
    assert {"".join(hint.split()) for hint in hints} == {squeezed}
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {
        "svg", "g", "a", "title", "text", "path", "polygon", "polyline", "defs", "linearGradient", "stop",
    }  # fmt: skip


def test_text_is_text_to_graphviz():
    """Labels, titles, hints and notes come out of Graphviz as they were written, and make no element."""
    assert_text_is_text(ask(source(hostile(NASTY)), "svg"))


@given(text=st.text(st.characters(exclude_categories=()), max_size=10))
@settings(max_examples=25)
@example("\\")
@example("<b>")
@example("]")
@example("\ud800\0\n")
@example("A^(0)")
@example("w_01^(2)[3]")
def test_any_text_can_be_read(text):
    """Whatever a label, a title, a hint or a note is, Graphviz reads the text and shows it.

    A note sets names as mathematics: what stands above and below is a text of its own.
    """
    lines, _ = spoken(ask(source(hostile(text)), "svg"))
    shown = ["".join(line.split()) for line in lines]
    note = [part for run in prose(text) for part in (run.base, run.below, run.above)]
    written = ["".join(line.split()) for line in ["C", *[clean(text)] * 4, *note]]
    assert all(map(same, sorted(filter(None, shown)), sorted(filter(None, written))))
    assert len([*filter(None, shown)]) == len([*filter(None, written)])


def test_arrows_look_like_what_they_are():
    """Width and colour are contribution and sign, where known; zero is dotted, what is dim is pale."""
    edges = {edge["id"]: edge for edge in ask(source(NETWORK))["edges"]}
    light = PALETTE["light"]
    looks = {id: (float(edge["penwidth"]), edge["color"], edge.get("style")) for id, edge in edges.items()}
    assert looks == {
        "e0": (3, light["positive"], None),
        "e1": (1.2, light["wire"], None),
        "e2": (5, light["positive"], None),
        "e3": (1.2, light["hair"], None),
        "e4": (1.2, light["wire"], "dotted"),
    }
    assert {id for id, edge in edges.items() if edge["label"]} == {"e0", "e1", "e3", "e4"}
    assert float(edges["e0"]["arrowsize"]) > float(edges["e1"]["arrowsize"])


def test_boxes_look_like_what_they_are():
    """Kinds differ in their tables, a parameter without colours too; what is dim has the colours of that."""
    looks = {}
    for box in NETWORK.boxes:
        for dim in (False, True):
            alone = Diagram("", "", (replace(box, rows=("x", "y"), dim=dim, cluster="", hint=""),), ())
            looks[box.kind, dim] = source(alone)
    for (kind, dim), text in looks.items():
        assert (PALETTE["light"]["hair"] in text) == dim
        assert f'class="{kind} dim"' in text if dim else f"class={kind}" in text
    assert {kind for kind, _ in looks} == set(KINDS)
    bare = {
        kind: re.sub(r"#\w{6}|class=\S+|id=\S+", "", text) for (kind, dim), text in looks.items() if not dim
    }
    assert [kind for kind in KINDS if bare[kind] == bare["parameter"]] == ["parameter"]


def test_names_are_typeset():
    """Letters are italic, indices below and layers above, operations are signs; gradients have their sign."""
    b, w, x = Value(0.5, label="b_1^(2)"), Value(-2.0, label="w"), Value(3.0, label="x")
    C = affine(b, [w], [x]) * 2
    C.backward()
    labels = {thing["id"]: thing["label"] for thing in ask(source(draw(C, level="values").diagram))["objects"]
              if "label" in thing}  # fmt: skip
    assert "<I>b</I></FONT><SUB>1</SUB><SUP>(2)</SUP>" in labels["n0"]
    assert "×" in labels["n5"]
    assert f'<FONT COLOR="{PALETTE["light"]["negative"]}">∂ −4</FONT>' in labels["n2"]
    assert ">−2<" in labels["n1"] or ">−2<" in labels["n2"]


def test_notes_and_legend_are_in_the_picture():
    """Below the graph stand the notes, and how it is read where that is asked for."""
    words = "value, below it ∂ the gradient of"
    for diagram, expected in (
        (NETWORK, {words, "a note", "and another"}),
        (replace(NETWORK, legend=False), {"a note", "and another"}),
        (replace(NETWORK, notes=()), {words}),
        (replace(NETWORK, notes=(), legend=False), set()),
    ):
        lines = {line.strip() for line in spoken(ask(source(diagram), "svg"))[0]}
        assert {words, "a note", "and another"} & lines == expected


PROGRAM = """
from test_dot_text import NETWORK, source
print(ascii(source(NETWORK)))
"""


@pytest.mark.slow
def test_the_same_diagram_gives_the_same_text():
    """Byte for byte, in another process with other hashes, too."""
    assert printed(PROGRAM) == {ascii(source(network())) + "\n"}


def test_the_text_is_unicode_throughout():
    """It can be encoded and holds no control characters but line ends and tabs."""
    rows = "".join(map(chr, range(32))) + "\x7f\x85\ud800\ufffe"
    text = source(Diagram("", "", (Box("n0", (rows,), "root", hint=rows),), (), notes=(rows,)))
    assert text.encode()
    assert all(character >= " " or character in "\n\t" for character in text)
