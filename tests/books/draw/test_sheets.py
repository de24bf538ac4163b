"""Worksheets on paper: nothing is too small, cut off or covered, and each sheet is another exercise."""

import builtins
import csv
import json
import random
import re
import zipfile
from functools import cache
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from extras import need
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import graphs

from engine import Value, affine, apply, draw, graph, mark, parse, rules, worksheet
from engine.asking import keyfile
from engine.asking.marking import template
from engine.asking.questions import questions
from engine.asking.slips import show
from engine.pictures.sheets.blanks import ROOM, SLOT, shown
from engine.pictures.sheets.paper import (
    MILLIMETRE,
    RULE,
    Head,
    Paper,
    key_page,
    layout,
    mathematics,
    overview_pages,
)
from engine.pictures.svg.letters import plain, width
from nn import MLP
from nn.losses import squared_error

SVG = "{http://www.w3.org/2000/svg}"
NINE_POINTS = 12  # pixels of 1/96 inch


def network(*sizes, activation="tanh"):
    """The cost of a network in the documents' notation, its inputs and targets leaves."""
    from nn import COSTS, MLP  # noqa: PLC0415  (these tests are of the engine)

    model = MLP(sizes[0], list(sizes[1:]), activation=activation, rng=random.Random(0))
    xs = [Value(0.5, label=f"a_{k}^(0)") for k in range(sizes[0])]
    ys = [Value(0.5, label=f"y_{k}") for k in range(sizes[-1])]
    return COSTS["squared_error"].function(model(xs), ys)


def neuron():
    return parse("(sigmoid(w*a + b) - y)**2", w=0.5, a=0.88, b=0.1, y=1)


def shared():
    a, b, c = (Value(x, label=name) for x, name in zip((3.0, -2.0, 4.0), "abc", strict=True))
    s = a * b
    s.label = "s"
    return s * s + s * c


def without_bias():
    w, x, v, y = (Value(0.5, label=name) for name in ("w^(1)", "a^(0)", "w^(2)", "y"))
    z = apply(rules.dot, w, x)
    z.label = "z^(1)"
    a = z.tanh()
    a.label = "a^(1)"
    z2 = apply(rules.dot, v, a)
    z2.label = "z^(2)"
    return apply(rules.squared_error, z2, y)


def a_network_without_cost():
    b, w, v, x, y = (Value(0.5, label=name) for name in ("b", "w_0", "w_1", "x_0", "x_1"))
    return affine(b, [w, v], [x, y]).tanh()


def in_a_row():
    x = Value(0.5, label="x")
    for _ in range(6):
        x = x.sin()
    return x


def linear_without_bias():
    x, *ws = (Value(0.5, label=name) for name in ("a^(0)", "w^(1)", "w^(2)"))
    for w in ws:
        x = apply(rules.dot, w, x)
        x.label = w.label.replace("w", "z")
    return x**2


def a_cost_of_three():
    w, b, x, y, s = (Value(0.5, label=name) for name in ("w", "b", "x", "y", "s"))
    return apply(rules.affine, y, affine(b, [w], [x]).tanh(), s)


def a_neuron_alone():
    w, b, x = (Value(0.5, label=name) for name in ("w", "b", "x"))
    return affine(b, [w], [x]).tanh()


SHAPES = {
    "2-4-1": lambda: network(2, 4, 1),
    "a neuron alone": a_neuron_alone,
    "linear without bias": linear_without_bias,
    "a cost of three": a_cost_of_three,
    "chain": lambda: "1-1-1-1",
    "2-2-1": lambda: "2-2-1",
    "3-2": lambda: "3-2",
    "vanishing": lambda: "vanishing",
    "neuron": neuron,
    "shared": shared,
    "linear output": lambda: network(1, 1, 1),
    "1-2-1": lambda: network(1, 2, 1),
    "without bias": without_bias,
    "without a cost": a_network_without_cost,
    "in a row": in_a_row,
}


PAPERS = ["A4", pytest.param("letter", marks=pytest.mark.slow)]


def made(shape, n=2, hide="gradients", paper="A4", **options):
    """The sheets of a shape, made once: they do not change."""
    return _made(shape, n, hide=hide, paper=paper, **options)


@cache
def _made(shape, n, **options):
    return worksheet(SHAPES[shape](), n=n, **options)


# ── What is on a page, with its place ─────────────────────────────────────────────────────────────


def moved(element):
    found = re.match(r"translate\((\S+) (\S+)\)", element.get("transform", ""))
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)


def walked(element, x=0.0, y=0.0):
    """Every element with where its own coordinates begin."""
    dx, dy = moved(element)
    yield element, x + dx, y + dy
    for child in element:
        yield from walked(child, x + dx, y + dy)


def extent(element, x, y, size):
    """Left, top, right and bottom of a text."""
    words = "".join(element.itertext())
    if len(element):  # each part has a place of its own
        parts = [extent(part, x, y, float(part.get("font-size") or size)) for part in element]
        return (
            min(p[0] for p in parts), min(p[1] for p in parts),
            max(p[2] for p in parts), max(p[3] for p in parts),
        )  # fmt: skip
    wide = float(element.get("textLength") or width(plain(words), size))
    left = float(element.get("x")) + x
    left -= {"start": 0, "middle": wide / 2, "end": wide}[element.get("text-anchor", "start")]
    line = float(element.get("y")) + y
    return left, line - 0.72 * size, left + wide, line + 0.2 * size


class Page:
    """The texts and boxes of a page."""

    def __init__(self, svg):
        root = ET.fromstring(svg)  # noqa: S314  (we wrote it)
        self.wide, self.high = (
            float(root.get(side).removesuffix("mm")) * MILLIMETRE for side in ("width", "height")
        )
        self.texts, self.slots, self.sizes, self.lines = [], [], [], []
        for element, x, y in walked(root):
            if element.tag == f"{SVG}text":
                size = float(element.get("font-size") or 12)
                self.texts.append((extent(element, x, y, size), "".join(element.itertext())))
                self.sizes.append(size)
            elif element.tag == f"{SVG}tspan":
                self.sizes.append(float(element.get("font-size") or self.sizes[-1]))
            elif element.tag == f"{SVG}rect" and element.get("class") in {"slot", "shape"}:
                left, top, wide, high = (float(element.get(key)) for key in ("x", "y", "width", "height"))
                area = (x + left, y + top, x + left + wide, y + top + high)
                (self.slots if element.get("class") == "slot" and high == SLOT else self.lines).append(area)
        printed = [area for area, words in self.texts if words == "1"]
        self.blank = [slot for slot in self.slots if not any(overlap(slot, area, 2.0) for area in printed)]
        self.said = "\n".join(words for _, words in self.texts)


def overlap(one, other, slack=0.5):
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > slack
        and min(one[3], other[3]) - max(one[1], other[1]) > slack
    )


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("hide", ["gradients", "both"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_sheet_has_room_for_everything(shape, hide, paper):
    """At least 9 points, boxes of 18 × 7 mm, all within the margins, no box or text on another."""
    sheets = made(shape, hide=hide, paper=paper)
    size = {"A4": {210.0, 297.0}, "letter": {215.9, 279.4}}[paper]
    for svg in sheets.pages:
        page = Page(svg)
        assert {round(page.wide / MILLIMETRE, 1), round(page.high / MILLIMETRE, 1)} == size
        assert min(page.sizes) >= NINE_POINTS
        asked = len(sheets[0].asked)
        assert len(page.blank) >= asked * 2 * len(sheets) / len(
            sheets.pages
        )  # in the picture, and in the table
        for left, top, right, bottom in page.blank:
            assert right - left >= 18 * MILLIMETRE - 0.1
            assert bottom - top >= 7 * MILLIMETRE
        margin = 12 * MILLIMETRE
        for area in (*page.slots, *page.lines, *(area for area, _ in page.texts)):
            assert area[0] >= margin
            assert area[1] >= margin
            assert area[2] <= page.wide - margin
            assert area[3] <= page.high - margin
        for one, other in combinations(page.slots, 2):
            assert not overlap(one, other)
        for (one, words), (other, others) in combinations(page.texts, 2):
            assert not overlap(one, other, 1.5), (words, others)
        for area, words in page.texts:
            if words != "∂":
                covered = [slot for slot in page.slots if overlap(area, slot, 2.0)]
                assert not covered or words == "1", words
    said = "".join(Page(svg).said for svg in sheets.pages)
    assert said.count(RULE) == said.count("Name") == len(sheets)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sheet_gives_no_answer_away(shape):
    """Gradients stand nowhere on a sheet, not in a hint either; the key has them all."""
    sheets = made(shape)
    for svg in sheets.pages:
        assert "data-grad" not in svg
        assert svg.count("<title") == 1
        assert "∂C/∂w = " not in svg
    for sheet, key in zip(sheets, sheets.key_pages[-len(sheets) :], strict=True):
        filled = Page(key).said
        for place in sheet.boxes.values():
            assert filled.count(shown(sheet.key.answers[place])) >= 1


@pytest.mark.parametrize("shape", ["chain", "2-2-1", "shared", "neuron", "3-2"])
def test_the_key_is_what_backward_gives(shape):
    """Every number of a key's table: local derivative times what comes from above, and added over paths."""
    sheets = made(shape, n=1)
    (sheet,) = sheets
    sheet.root.zero_grad()
    sheet.root.backward()
    content = sheets._content(sheet, filled=True)
    by_name = {node.label: node for node in sheet.key.nodes}
    for row in content.lines:
        assert row.total == pytest.approx(by_name[row.called].grad, rel=0.02, abs=1e-4)
        parts = [term.slope * term.above for term in row.terms]
        assert sum(parts) == pytest.approx(row.total, rel=1e-9)
        for term in row.terms:
            assert term.above == pytest.approx(by_name[term.head].grad, rel=0.02, abs=1e-4)
    assert len(content.lines) == len(sheet.asked)


@pytest.mark.parametrize("n", [8, pytest.param(30, marks=pytest.mark.slow)])
def test_no_two_sheets_are_the_same(n):
    """Each sheet has its own set of numbers; the same seed gives the same sheet, another seed others."""
    one, again, later = (worksheet("1-1-1-1", n=n, seed=seed) for seed in (0, 0, 5))
    assert len(one) == n
    assert len({tuple(it.numbers.items()) for it in one}) == n
    assert [it.numbers for it in one] == [it.numbers for it in again]
    assert one.pages[5].replace("seed", "") != later.pages[0].replace("seed", "")
    assert one[5].numbers == later[0].numbers
    assert [it.number for it in one] == list(range(1, n + 1))


def test_a_graph_stays_as_it_is():
    """Numbers, gradients and labels of the graph do not change."""
    C = shared()
    C.backward()
    before = [(node.data, node.grad, node.label) for node in keyfile.topological_order(C)]
    sheets = worksheet(C, n=2)
    assert sheets.pages
    assert sheets.key_pages
    assert [(node.data, node.grad, node.label) for node in keyfile.topological_order(C)] == before


NAMED_BY_VARIABLES = True


def test_variables_name_the_boxes():
    """What has no label goes by the caller's variable, and what has none by v_1, as in all texts."""
    p, q = Value(2.0), Value(3.0)
    s = p * q
    C = s * s + 2 * p
    assert set(worksheet(C, n=1)[0].asked) == {"p", "q", "s", "v_1", "v_2"}


def test_what_is_hidden_can_be_chosen():
    """Some nodes, or their names: these boxes are asked for, and no others."""
    C = shared()
    s = C.parents[0].parents[0]
    a = s.parents[0]
    for hide in ([s, a], ["s", "a"], ["a", "s", "a"], (node for node in (a, s))):
        assert list(worksheet(C, n=1, hide=hide)[0].asked) == ["s", "a"]
    assert list(worksheet(C, n=1, hide=s)[0].asked) == ["s"]
    assert list(worksheet(C, n=1, hide="s")[0].asked) == ["s"]
    page = Page(worksheet("1-1-1-1", n=1, hide="y").pages[0])
    assert len(page.slots) == 3  # y in the picture and in the table, and the root's own 1
    targets = worksheet("3-2", n=1, hide=["y_0", "y_1", "w_00^(1)"])
    assert len(Page(targets.pages[0]).slots) == 7


def test_large_graphs_lie_or_are_refused():
    """A wide sheet lies on its side; what has no room at all is refused, and fewer gradients make room."""
    wide = made("vanishing", n=1, level=2)
    assert Page(wide.pages[0]).wide > Page(wide.pages[0]).high
    with pytest.raises(
        ValueError, match=r"two pages of at least \d+ × \d+ mm, and A4 has 184 × 271 mm.*hide=\[w, b\]"
    ):
        worksheet(network(2, 9, 1), n=1)
    C = network(2, 4, 1)
    assert len(worksheet(C, n=1).pages) == 2
    weights = [leaf for leaf in keyfile.leaves(C) if leaf.label.endswith("(2)")]
    assert len(worksheet(C, n=1, hide=weights).pages) == 1
    front, back, *others = (Page(svg) for svg in worksheet(C, n=2).pages)
    assert len(others) == 2
    assert "Name" in front.said
    assert RULE not in front.said
    assert RULE in back.said
    assert len(front.blank) == len(back.blank) == 26


def test_one_layout_serves_all_sheets():
    """The layout is one in which every sheet has room, not only the first one."""
    small, large = (made(shape)._content(made(shape)[0]) for shape in ("neuron", "2-4-1"))
    assert layout([small], "A4") == made("neuron")._layout
    assert layout([small, large], "A4") == layout([large], "A4") != layout([small], "A4")


def test_formulas_are_in_the_documents_notation():
    """A network's are general where its layers are alike; an expression's are written one by one."""
    said = Page(made("chain", n=1, level=3).pages[0]).said
    assert "z(l) = w(l) a(l−1) + b(l)" in said
    assert "σ" in said
    general = Page(made("2-2-1", n=1, level=3).pages[0]).said
    assert "zj(l) = Σk wjk(l) ak(l−1) + bj(l)" in general.replace("Σ k", "Σk")
    mixed = Page(made("linear output", n=1).pages[0]).said
    assert "a(1) = tanh(z(1))" in mixed
    assert "z(1) = w(1) a(0)" not in mixed
    assert "+ b" not in Page(made("without bias", n=1).pages[0]).said
    assert "v1 = w a" in Page(made("neuron", n=1).pages[0]).said
    assert [run.font for run in mathematics("x² + y")] == ["italic", "serif", "italic"]
    assert "x_0" not in Page(made("without a cost", n=1).pages[0]).said


@pytest.mark.parametrize(
    ("sizes", "activation", "formulas"),
    [
        ((1, 1, 1), "linear", ["a^(l) = z^(l)"]),
        ((1, 2, 1), "linear", ["a_j^(l) = z_j^(l)"]),
        ((1, 1), "linear", []),
        ((1, 1, 1), "tanh", ["a^(1) = tanh(z^(1))"]),
        ((1, 1, 1, 1), ["tanh", "linear", "linear"], ["a^(1) = tanh(z^(1))", "a^(2) = z^(2)"]),
    ],
)
def test_a_linear_hidden_layer_has_a_formula_for_a(sizes, activation, formulas):
    """The z of the next layer is written with a, which has no box of its own in a linear layer."""
    sheets = worksheet(network(*sizes, activation=activation), n=1)
    _, *between, _ = sheets._content(sheets[0]).formulas  # z and C
    assert between == [mathematics(formula) for formula in formulas]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"paper": "A3"}, ValueError, "paper must be 'A4' or 'letter', got 'A3'"),
        ({"paper": 4}, ValueError, "paper must be 'A4' or 'letter', got 4"),
        ({"n": 0}, ValueError, "n must be"),
        ({"n": 501}, ValueError, "n must be at most 500, got 501"),
        ({"seed": -1}, ValueError, "seed must be"),
        ({"hide": "values"}, ValueError, "hide must be among the nodes that C depends on, got 'values'"),
        ({"hide": ["C"]}, ValueError, "hide must be among"),
        ({"hide": [Value(1.0, label="q")]}, ValueError, "got 'q'"),
        ({"hide": []}, ValueError, "hide has no nodes in it"),
        ({"hide": [3]}, TypeError, "hide takes nodes or names"),
        ({"hide": 3}, TypeError, 'hide must be "gradients", "both", or nodes'),
        ({"title": 3}, TypeError, "title must be text, got int 3"),
        ({"level": 4}, ValueError, "level must be 1, 2 or 3"),
    ],
)
def test_wrong_options_are_refused(options, error, said):
    """Each says what came, what was expected, and what to do."""
    with pytest.raises(error, match=said):
        worksheet(shared(), **options)


def test_what_has_no_graph_is_refused():
    """A number, and a list of costs, are no root of a graph."""
    for C in (3.0, [shared()], None):
        with pytest.raises(TypeError, match="worksheet takes the root of a graph, or a shape"):
            worksheet(C)
    with pytest.raises(ValueError, match="there is no box 'q' on the sheet; its boxes are"):
        made("shared")[0].right("q")


def test_a_long_title_is_cut():
    """It ends before the number of the sheet."""
    page = Page(worksheet(shared(), n=1, title="Backward " * 20).pages[0])
    (area,) = [area for area, words in page.texts if words.startswith("Backward")]
    (other,) = [area for area, words in page.texts if words == "Sheet 1 of 1"]
    assert area[2] < other[0]
    assert "…" in page.said


def test_more_sheets_than_numbers_are_refused():
    """A graph of one leaf has few sets of numbers: that is said before anything is written."""
    x = Value(2.0, label="x")
    with pytest.raises(
        ValueError, match=r"only \d+ different sets of numbers were found for 300 sheets; pass n="
    ):
        worksheet(x * x, n=300)


# ── The key ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_is_readable(shape, paper):
    """Nothing is too small or off the page; each wrong number that it lists is what its mistake leads to."""
    sheets = made(shape, paper=paper)
    for svg in sheets.key_pages:
        page = Page(svg)
        assert min(page.sizes) >= NINE_POINTS
        for left, top, right, bottom in (area for area, _ in page.texts):
            assert 12 * MILLIMETRE <= left < right <= page.wide - 12.8 * MILLIMETRE
            assert 12 * MILLIMETRE <= top < bottom <= page.high - 12 * MILLIMETRE
        for (one, words), (other, others) in combinations(page.texts, 2):
            assert not overlap(one, other, 2.5), (words, others)
    for sheet in sheets:
        numbers = {key for name in sheet.key.occurring for key in map(keyfile.show, sheet.key.made(name))}
        for likely in sheets._likely(sheet):
            assert likely.number.replace("−", "-") in numbers


def test_a_key_without_mistakes_has_no_list_of_them():
    """Where nothing can go wrong there is no heading, either."""
    sheets = made("shared")
    head = Head("Key", "Sheet 1", "", to_fill_in=False)
    page = key_page(sheets._content(sheets[0], filled=True), sheets._layout, head, [])
    assert "another number" not in Page(page).said


def test_an_overview_of_many_sheets_has_pages():
    """All answers of sixty sheets, a line each: as many pages as it takes, no line lost."""
    names = [mathematics(f"∂C/∂w_{k}") for k in range(20)]
    rows = [(str(k), ["−0.000123"] * 20) for k in range(1, 61)]
    overview = overview_pages(names, rows, Paper(210.0, 297.0), Head("Key", "", "", to_fill_in=False))
    assert len(overview) > 1
    margin = 13 * MILLIMETRE
    said = [words for svg in overview for area, words in Page(svg).texts if abs(area[0] - margin) < 0.2]
    lines = [words for words in said if words.isdecimal()]
    blocks = said.count("sheet")
    assert blocks >= 2
    assert sorted(lines, key=int) == [str(k) for k in range(1, 61) for _ in range(len(lines) // 60)]


def test_a_mistake_of_the_key_is_marked_as_that():
    """Whoever writes a number that the key lists gets that mistake among those that are named."""
    sheets = made("2-2-1", n=1)
    (sheet,) = sheets
    for likely in sheets._likely(sheet)[:6]:
        names = [name for name in sheet.key.occurring if keyfile.show(max(sheet.key.made(name), key=abs))]
        assert names
        box = next(name for name in sheet.asked if sheets._gradient(name) == likely.gradient)
        marked = mark(sheet, {box: likely.number})
        (found,) = [it for it in marked.boxes if it.written]
        assert found.kind == "wrong"
        assert not found.unexplained


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_has_all_that_a_class_needs(tmp_path, monkeypatch):
    """Without Typst the sheets are HTML; the key that is written marks what is written on the sheets."""
    monkeypatch.setattr("engine.pictures.sheets.worksheets.find_spec", lambda _: None)
    sheets = made("chain")
    names = sheets.save(tmp_path / "class")
    assert [name.rpartition("/")[2].rpartition("\\")[2] for name in names] == [
        "sheets.html", "key.html", "numbers.csv", "answers.csv", "key.json",
    ]  # fmt: skip
    again = keyfile.read((tmp_path / "class" / "key.json").read_text(encoding="utf-8"))
    assert [it.numbers for it in again] == [it.numbers for it in sheets]
    assert (tmp_path / "class" / "answers.csv").read_text(encoding="utf-8").startswith("\ufeffsheet,")
    assert sheets.save(tmp_path / "again.v2".replace(".v2", "")) != names


def test_answers_that_are_typed_in_are_kept(tmp_path, monkeypatch):
    """A folder may be written again until answers are typed in; then it is refused, and no file changes."""
    monkeypatch.setattr("engine.pictures.sheets.worksheets.find_spec", lambda _: None)
    sheets = made("shared")
    sheets.save(tmp_path)
    sheets.save(tmp_path)
    answers = tmp_path / "answers.csv"
    answers.write_text(answers.read_text(encoding="utf-8").replace("\n1,", "\n1,0.5"), encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(FileExistsError, match=r"answers\.csv has answers in it.*another folder, or remove"):
        made("shared", seed=7).save(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    answers.unlink()
    assert str(answers) in sheets.save(tmp_path)


def test_pdf(tmp_path):
    """A page for each sheet, as large as the paper."""
    need("typst")
    sheets = made("chain")
    sheets.save(tmp_path / "class")
    sheets.save(tmp_path / "sheets.pdf")
    sheets.save(tmp_path / "key.pdf", key=True)
    pdf = (tmp_path / "sheets.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(sheets)
    boxes = {tuple(map(float, found)) for found in re.findall(rb"/MediaBox\s*\[0 0 (\S+) (\S+)\]", pdf)}
    assert all(abs(w - 595.28) < 0.1 and abs(h - 841.89) < 0.1 for w, h in boxes)
    assert boxes
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "key.pdf").read_bytes())) == len(sheets) + 1


def test_pdf_needs_typst(monkeypatch):
    """Without it, the error says how to install it, and what to write instead."""
    real = builtins.__import__

    def refusing(name, *args, **kwargs):
        if name == "typst":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refusing)
    with pytest.raises(ImportError, match=r"writing \.pdf needs Typst: .*; or save as \.html"):
        made("chain").pdf()


def test_html_is_for_paper(tmp_path):
    """One page each, light whatever the screen is, as large as the paper, every id once."""
    sheets = made("chain", paper="letter")
    sheets.save(tmp_path / "sheets.html")
    text = (tmp_path / "sheets.html").read_text(encoding="utf-8")
    assert text == sheets.html()
    assert "size: 215.9mm 279.4mm" in text
    assert text.count("<svg ") == 2
    assert "prefers-color-scheme" not in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert all(name in ids for name in re.findall(r'aria-labelledby="([^"]+)"', text))
    assert "Key: " in sheets.html(key=True)


@pytest.mark.parametrize("name", ["sheets.png", "sheets.docx", "moodle.xml"])
def test_other_endings_are_refused(tmp_path, name):
    """The error says which endings there are, and who writes for learning platforms."""
    with pytest.raises(
        ValueError, match=r"the ending must be \.pdf or \.html, or none for a folder; \.export"
    ):
        made("chain", n=1).save(tmp_path / name)


def test_exports_by_ending(tmp_path):
    """Moodle, QTI and a table; another ending is refused."""
    sheets = made("shared", n=1)
    for name in ("moodle.xml", "qti.zip", "table.csv"):
        sheets.export(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    with pytest.raises(ValueError, match=r"the ending must be \.xml \(Moodle\), \.zip \(QTI 2\.1\) or \.csv"):
        sheets.export(tmp_path / "questions.pdf")


def test_an_exported_question_can_be_answered(tmp_path):
    """Each has the numbers of its sheet and says how each node is made: a picture alone does not tell σ."""
    sheets = worksheet("1-1-1-1", n=2, level=3)
    for name in ("moodle.xml", "qti.zip", "table.csv"):
        sheets.export(tmp_path / name)
    in_moodle = (tmp_path / "moodle.xml").read_text(encoding="utf-8").split("<questiontext")[1:]
    with zipfile.ZipFile(tmp_path / "qti.zip") as package:
        in_qti = [package.read(it).decode() for it in sorted(package.namelist()) if it.startswith("item")]
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        in_csv = [row["given"] for row in csv.DictReader(file)]
    assert len(in_moodle) == len(in_qti) == len(in_csv) == sum(len(it.asked) for it in sheets)
    for every in (in_moodle, in_qti, in_csv):
        for text in every:
            assert "a^(1) = σ(z^(1))" in text
            assert "C = (a^(3) − y)²" in text
        for it in sheets:
            assert any(f"w^(1) = {show(it.numbers['w^(1)'])}".replace("-", "−") in text for text in every)


def test_a_notebook_shows_a_sheet_and_its_key():
    """The first of each, every id once."""
    html = made("chain")._repr_html_()
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert html.count("<svg ") == 2
    assert "Sheet 1 of 2" in html


def test_labels_are_text():
    """A label is never markup, on a sheet, in its key and in its files."""
    a = Value(2.0, label='<b>&"')
    C = a * a + Value(3.0, label="two\nlines")
    sheets = worksheet(C, n=1, title="<i>&")
    for svg in (*sheets.pages, *sheets.key_pages):
        Page(svg)
        assert "<b>" not in svg
    assert "<i>" not in sheets.html()
    assert json.loads(keyfile.written(sheets.sheets))["nodes"][0]["name"] == '<b>&"'


@pytest.mark.slow
@given(graphs(max_leaves=3, max_nodes=5), st.sampled_from(["A4", "letter"]))
def test_any_graph_has_room_or_is_refused(grown, paper):
    """Whatever graph comes: boxes to write in do not overlap, or the graph is refused."""
    C, _ = grown
    if not C.parents:
        return
    try:
        sheets = worksheet(C, n=1, paper=paper)
    except ValueError:
        return
    page = Page(sheets.pages[0])
    for one, other in combinations(page.slots, 2):
        assert not overlap(one, other)
    assert all(right - left >= ROOM - 0.5 for left, _, right, _ in page.blank)


def test_expressions_as_labels_have_brackets():
    """∂(C_0 + r)/∂(x*w) on a sheet and in its key, among neurons, in matrices, and in questions."""
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.8, label="b")
    product = x * w
    product.label = "x*w"
    C = (product + b) ** 2
    C.label = "C_0 + r"
    sheets = worksheet(C, n=2)
    said = [*sheets.pages, *sheets.key_pages, *map(repr, questions(C))]
    for sizes in ((1, 2, 1), (2, 6, 6, 1)):
        cost = squared_error(MLP(sizes[0], [*sizes[1:]])([1.0] * sizes[0]), [1.0])
        cost.label = "C_0 + r"
        cost.backward()
        first = next(leaf for leaf in graph.leaves(cost) if leaf.label.startswith("w"))
        said.append(draw(cost, highlight=first).svg if sizes[0] == 1 else draw(cost).svg)
    words = [re.sub(r"<(title|desc)\b.*?</\1>|<[^>]*>", "", it.replace("</text>", "\n")) for it in said]
    assert not [text for text in words if re.search(r"∂(C_0 \+ r|C_0\S* \+ r|x\*w)", text)]
    for name in (r"∂\(C_0 \+ r\)", r"∂\(x\*w\)"):
        assert sum(re.search(name, text) is not None for text in words[:4]) == 4
    assert all("∂(C_0 + r)/∂" in text for text in words[-2:])


def test_a_column_of_answers_has_brackets_or_not():
    """A table of answers names its boxes with brackets, and any of both ways is read."""
    x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    product = x * w
    product.label = "x*w"
    C = (product + w) ** 2
    C.label = "a/b"
    sheets = worksheet(C, n=2, hide=["x*w"]).sheets
    assert template(sheets, C.label).splitlines()[0] == "sheet,∂(a/b)/∂(x*w)"
    for name in ("∂(a/b)/∂(x*w)", "∂(a/b)/∂x*w", "d(a/b)/d(x*w)", "?C/?x*w", "x*w"):
        right = sheets[0].right("x*w")
        assert mark(sheets[0], {name: right}).score == 1
