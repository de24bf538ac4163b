"""Marking a sheet and a class: what is right, what follows, what is wrong, and rows that cannot be read."""

import csv
import io
import json
from functools import cache
from textwrap import wrap

import pytest

from engine import Value, exercise, mark, operation, worksheet
from engine.asking import keyfile
from engine.asking.diagnosis import Key
from engine.asking.marking import WIDE, mark_class, numbers_table, template
from engine.asking.mistakes import TABLE
from engine.asking.passes import nearest, sweep, workings
from engine.asking.slips import show

CHAIN = "1-1-1-1"
NAMED_BY_VARIABLES = True


@cache
def sheets(C=CHAIN, **options):
    """The sheets of a shape, made once."""
    return worksheet(C, n=options.pop("n", 3), level=3, **options).sheets


def right(sheet):
    """The numbers of the engine's own backward pass, as they are written."""
    sheet.root.zero_grad()
    sheet.root.backward()
    return {name: show(node.grad) for name, node in sheet.asked.items()}


def made(sheet, name):
    """What is written by somebody who makes a mistake everywhere."""
    numbers = sheet.key.made(name)
    return {box: show(numbers[place]) for box, place in sheet.boxes.items()}


def kinds(marked):
    return {box.name: box.kind for box in marked.boxes}


@pytest.mark.parametrize("C", [CHAIN, "2-2-1", "3-2", "shared"])
def test_the_engines_gradients_are_right(C):
    """A sheet with the gradients that ``backward`` gives is right in every box."""
    for sheet in sheets(C):
        marked = mark(sheet, right(sheet))
        assert set(kinds(marked).values()) == {"right"}
        assert marked.score == len(marked.boxes) == len(sheet.asked)
        assert marked.message == "Everything is right."
        assert marked.mistakes == ()


def test_one_wrong_number_is_counted_once():
    """A number that is wrong, and all below that go on from it rightly: one box wrong, the others follow."""
    for sheet in sheets():
        numbers = {name: float(x) for name, x in right(sheet).items()}
        first, *rest = numbers
        wrong = {name: show(3 * x) for name, x in numbers.items()}  # everything below a factor 3 has it, too
        found = kinds(mark(sheet, wrong))
        assert found.pop(first) == "wrong"
        assert set(found.values()) == {"follows"}
        assert list(found) == rest


@pytest.mark.parametrize(("seed", "written"), [(0, "-0.26"), (2, "4.4")])
def test_two_digits_in_the_first_box_are_rounded_too_early(seed, written):
    """Nothing is above the first box, so that its number cannot follow; all below follow from it."""
    (sheet,) = worksheet(CHAIN, n=1, level=3, seed=seed).sheets
    marked = mark(sheet, [written])
    assert marked.boxes[0].kind == "close"
    assert marked.message.startswith("Look at a^(3) first; this is what comes out when numbers are rounded")


@pytest.mark.parametrize("name", ["slope_at_output", "half_the_formula", "operands_swapped"])
def test_a_mistake_made_everywhere_is_named(name):
    """One mistake on the whole sheet is named for the sheet, and for each box that is wrong by it."""
    for sheet in sheets():
        marked = mark(sheet, made(sheet, name))
        assert marked.mistakes == (name,)
        wrong = [box for box in marked.boxes if box.kind == "wrong"]
        assert wrong
        assert all(box.mistakes[0] == name for box in wrong)
        assert TABLE[name].did in marked.message
        assert wrong[0].because == TABLE[name].did
        assert marked.message.startswith(f"Look at {wrong[0].name} first; ")


def test_answers_come_in_many_ways():
    """A list, a dict of names, of gradients or of nodes, numbers or text: one and the same sheet."""
    (sheet,) = sheets(n=1)
    answers = right(sheet)
    ways = [
        answers,
        list(answers.values()),
        tuple(map(float, answers.values())),
        {f"∂C/∂{name}": x for name, x in answers.items()},
        {f" dC/d{name} ": x for name, x in answers.items()},
        {sheet.asked[name]: x for name, x in answers.items()},
        {name: x.replace(".", ",").replace("-", "−") for name, x in answers.items()},
    ]
    for way in ways:
        assert set(kinds(mark(sheet, way)).values()) == {"right"}


def test_blank_boxes_are_blank():
    """Blank is None, empty or left out; nothing is held against it."""
    (sheet,) = sheets(n=1)
    first, second, *_ = sheet.asked
    marked = mark(sheet, {first: None, second: " "})
    assert set(kinds(marked).values()) == {"blank"}
    assert marked.message == "No box is filled in."
    marked = mark(sheet, {first: right(sheet)[first]})
    assert marked.message == "All that is filled in is right."
    assert marked.count("blank") == len(sheet.asked) - 1
    assert mark(sheet, []).score == 0


def test_exercises_keys_and_graphs_are_marked():
    """Whatever has a graph is a sheet of all its boxes; the caller's variables name those without a label."""
    found = exercise("shared", seed=2)
    found.root.backward()
    (a,) = [node for node in found.key.nodes if node.label == "a"]
    assert kinds(mark(found, {"a": a.grad}))["a"] == "right"
    w, x = Value(2.0), Value(3.0)
    C = (w * x - 5.0) ** 2
    assert kinds(mark(C, {"w": 6, "x": "4"}))["w"] == "right"
    assert kinds(mark(C, {w: 6}))["w"] == "right"
    marked = mark(Key(C), {"w": 3})
    assert kinds(marked) == {"v_2": "blank", "v_1": "blank", "w": "wrong", "x": "blank"}
    assert "6" in {box.written for box in mark(C, {w: 6.0}).boxes}


def test_a_marked_sheet_is_text_and_data():
    """Printed, a box a line; as data the same, and JSON."""
    (sheet,) = sheets(n=1)
    marked = mark(sheet, made(sheet, "slope_at_output"))
    lines = str(marked).splitlines()
    assert len(lines) == len(marked.boxes) + 2
    assert lines[0].startswith("sheet 1: 1 of 12 right, ")
    assert lines[-1].strip() == marked.message
    data = json.loads(json.dumps(marked.to_dict()))
    assert [box["is"] for box in data["boxes"]] == [box.kind for box in marked.boxes]
    assert data["mistakes"] == ["slope_at_output"]


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        ({"q": 1}, ValueError, "no box 'q' on the sheet; its boxes are"),
        ({Value(1.0, label="q"): 1}, ValueError, "no box"),
        ({"b^(3)": "many"}, ValueError, r"box b\^\(3\): 'many' is not a number"),
        ({"b^(3)": [1]}, TypeError, r"box b\^\(3\): an answer is a number"),
        ([1] * 13, ValueError, "at most 12 answers, one for each box, got 13"),
        ("0.5", TypeError, "answers must be a list or a dict"),
        (3, TypeError, "answers must be a list or a dict"),
    ],
)
def test_wrong_answers_are_refused(answers, error, said):
    """What cannot be read is an error that names the box."""
    with pytest.raises(error, match=said):
        mark(sheets(n=1)[0], answers)


def test_what_is_no_sheet_is_refused():
    """Only what has a graph can be marked."""
    with pytest.raises(TypeError, match=r"mark takes a sheet of worksheet\(C\).*got"):
        mark(3.0, {})
    with pytest.raises(TypeError, match=r"got Worksheets .*; pass one of them, as in sheets\[0\]"):
        mark(worksheet("shared", n=1), {})


# ── A class ───────────────────────────────────────────────────────────────────────────────────────


def written(rows, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def a_class(delimiter=",", bom=""):
    """Three sheets: one right, two with one mistake; and a number from nowhere."""
    every = sheets()
    boxes = list(every[0].asked)
    rows = [["Sheet", "name", *(f"∂C/∂{box}" for box in boxes)]]
    answers = [right(every[0]), made(every[1], "slope_at_output"), made(every[2], "slope_at_output")]
    answers[0][boxes[-1]] = "777"
    for sheet, given in zip(every, answers, strict=True):
        cells = [given[box] for box in boxes]
        if delimiter == ";":
            cells = [cell.replace(".", ",") for cell in cells]
        rows.append([sheet.number, "Käthe", *cells])
    return every, bom + written(rows, delimiter)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_class_is_marked(delimiter):
    """Common mistakes are counted, the rest is listed; spreadsheets of any country are read."""
    every, text = a_class(delimiter, "\ufeff")
    marked = mark_class(text, every)
    assert [it.sheet for it in marked.sheets] == [1, 2, 3]
    (common,) = marked.common
    assert (common.name, common.sheets) == ("slope_at_output", 2)
    assert common.did == TABLE["slope_at_output"].did
    assert common.chapter == TABLE["slope_at_output"].chapter
    ((sheet, box),) = marked.unexplained
    assert (sheet.sheet, sheet.line, box.name, box.written) == (1, 2, "w^(1)", "777")
    told = str(marked)
    assert told.startswith("3 sheets, 36 boxes: ")
    assert "no known mistake leads to these numbers:" in told
    assert "777" in told
    assert json.loads(json.dumps(marked.to_dict()))["unexplained"][0]["written"] == "777"


def test_the_marked_table_keeps_what_the_teacher_wrote():
    """A line for each sheet, with the teacher's own columns as they were, and nothing else about anybody."""
    every, text = a_class()
    rows = list(csv.DictReader(io.StringIO(mark_class(text, every).csv())))
    assert [row["name"] for row in rows] == ["Käthe"] * 3
    assert rows[1]["most likely mistake"] == TABLE["slope_at_output"].did
    assert int(rows[0]["right"]) == 11
    assert rows[0]["∂C/∂w^(1)"] == "777 (wrong)"
    headed = next(csv.reader(io.StringIO(template(every, "C"))))
    assert list(rows[0])[-12:] == headed[1:]  # as in the file that the answers were typed into


def test_a_slip_of_the_right_number_is_one_also_below_a_slip():
    """Who writes a number down wrongly still works on with the right one: the next slip is one, too."""
    (sheet,) = worksheet(CHAIN, n=1, level=3).sheets
    assert (sheet.right("a^(3)"), sheet.right("z^(3)")) == ("-0.262", "-0.0515")
    marked = mark(sheet, {"a^(3)": "-2.62", "z^(3)": "-0.0551"})
    assert [box.mistakes[:1] for box in marked.boxes[:2]] == [("decimal_point",), ("digits_swapped",)]


def test_a_class_without_mistakes():
    """All right, or blank: no table of mistakes, and nothing to look into."""
    every = sheets()
    empty = mark_class(template(every, "C").replace("3,,,", "2,,,"), every)
    assert "no answers" in str(empty)
    assert [it.sheet for it in empty.sheets] == [1, 2, 2]
    assert empty.unexplained == []
    right = mark_class("sheet,w^(1)\n1," + every[0].right("w^(1)"), every)
    assert "no mistakes" in str(right)
    one = mark_class(template(every[:1], "C"), every[:1])
    assert str(one).startswith("1 sheet, 12 boxes")


def test_lines_of_one_sheet_are_counted_and_named():
    """Copies of one sheet, or a learner twice in the file: what is counted is said, and nothing guessed."""
    every = sheets()
    boxes = list(every[0].asked)
    lines = [[sheet.number, *made(sheet, "slope_at_output").values()] for sheet in every]
    head = ["sheet", *boxes]
    alone = mark_class(written([head, *lines]), every)
    assert alone.shared == {}
    assert str(alone).startswith("3 sheets, 36 boxes")
    assert "Each line counts" not in str(alone)
    several = mark_class(written([head, *lines, lines[0], lines[2], lines[0]]), every)
    assert several.shared == {1: [2, 5, 7], 3: [4, 6]}
    first, second, third, *_ = str(several).splitlines()
    assert first.startswith("6 lines, 3 different sheets, 72 boxes: ")
    assert second == "sheet 1 in lines 2, 5 and 7; sheet 3 in lines 4 and 6"
    assert third.startswith("Each line counts: ")
    assert several.common[0].sheets == 6
    assert several.to_dict()["shared"] == [{"sheet": 1, "lines": [2, 5, 7]}, {"sheet": 3, "lines": [4, 6]}]
    copies = mark_class(written([head, *[lines[0]] * 30]), every)
    assert str(copies).startswith("30 lines, all of one sheet, 360 boxes: ")
    assert "sheet 1 in lines 2, 3, 4, 5, 6, 7 and 24 more\n" in str(copies)


def test_a_slip_has_no_chapter():
    """A slip of the pen is counted as well; no notebook explains it."""
    every = sheets(n=1)
    boxes = list(every[0].asked)
    given = right(every[0])
    given[boxes[-1]] = show(-float(given[boxes[-1]]))
    found = mark_class(written([["sheet", *boxes], [1, *given.values()]]), every).common
    assert ("sign_flipped", "") in [(it.name, it.chapter) for it in found]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[2].__setitem__(0, "9"), "line 3, column sheet: there is no sheet '9' in the key"),
        (lambda rows: rows[2].__setitem__(0, "one"), "there is no sheet 'one'"),
        (
            lambda rows: rows[2].append("1"),
            "line 3: expected 14 cells, got 15; a decimal comma needs quotes, or semicolons",
        ),
        (lambda rows: rows[0].__setitem__(0, "page"), "line 1: expected one column 'sheet'"),
        (lambda rows: rows[0].__setitem__(1, "sheet"), "line 1: expected one column 'sheet'"),
        (lambda rows: rows[0].__setitem__(3, "a^(3)"), r"two columns for the box a\^\(3\)"),
        (lambda rows: rows.__setitem__(0, ["sheet", *["x"] * 13]), "no column is named like a box"),
        (lambda rows: rows.__delitem__(slice(1, None)), "the file holds no answers"),
        (lambda rows: rows.__setitem__(slice(1, None), [["x"]] * 14), "; and 9 more"),
    ],
)
def test_bad_rows_are_named(change, said):
    """An error says which line and which column, and what to do; nothing is marked."""
    every, text = a_class()
    rows = list(csv.reader(io.StringIO(text)))
    change(rows)
    with pytest.raises(ValueError, match=said):
        mark_class(written(rows), every)


@pytest.mark.parametrize("number", ["1", "01", "1.0", "1,00"])
def test_numbers_of_sheets_as_spreadsheets_write_them(number):
    """A spreadsheet may export the number of a sheet with decimals."""
    box = next(iter(sheets()[0].asked))
    assert mark_class(f"sheet;{box}\n{number};", sheets()).sheets[0].sheet == 1


@pytest.mark.parametrize("cell", ["idk", "?", "n/a"])
def test_a_cell_that_is_no_number_is_unread(cell):
    """One unreadable cell is reported, and counts neither as right nor as wrong; the rest is marked."""
    (sheet,) = sheets(n=1)
    cells = [*right(sheet).values()]
    marked = mark_class(written([["sheet", *sheet.asked], [1, *cells[:-1], cell]]), [sheet])
    (one,) = marked.sheets
    assert (one.count("right"), one.count("unread"), one.boxes[-1].written) == (11, 1, cell)
    assert one.message == "No number can be read in w^(1); no other box is wrong."
    assert "11 right, 1 unread" in str(marked)
    (row,) = csv.DictReader(io.StringIO(marked.csv()))
    assert (row["unread"], row["∂C/∂w^(1)"]) == ("1", f"{cell} (unread)")


def test_long_mistakes_are_wrapped():
    """The table of mistakes has each sentence in full, in lines."""
    every = sheets(n=1)
    name = max(every[0].key.occurring, key=lambda name: len(TABLE[name].did))
    assert len(TABLE[name].did) > WIDE
    said = str(mark_class(written([["sheet", *every[0].asked], [1, *made(every[0], name).values()]]), every))
    first, *_, last = wrap(TABLE[name].did, WIDE)
    assert f"\n{first}" in said
    assert f"\n  {last}\n" in f"{said}\n"
    assert "…" not in said


def test_text_that_is_no_table_is_refused():
    """An open quotation mark means a file cut short."""
    with pytest.raises(ValueError, match="is not a CSV file"):
        mark_class('sheet,"w\n1,2', sheets(n=1))


def test_short_rows_are_blank_at_their_end():
    """A spreadsheet leaves out empty cells at the end of a line; lines that hold nothing are passed over."""
    every = sheets(n=1)
    box = next(iter(every[0].asked))
    marked = mark_class(f"sheet,{box},?C/?z^(3),name\n\n,,\n1,{right(every[0])[box]}\n", every)
    (one,) = marked.sheets
    assert (one.line, one.more, one.count("right"), one.count("blank")) == (4, {}, 1, 11)


def test_tables_for_the_teacher():
    """The table of numbers has the answers of ``backward``; the one to type into is empty."""
    every = sheets()
    rows = list(csv.DictReader(io.StringIO(numbers_table(every, "C"))))
    blank = list(csv.DictReader(io.StringIO(template(every, "C"))))
    for sheet, row, empty in zip(every, rows, blank, strict=True):
        for name, x in sheet.numbers.items():
            assert float(row[name]) == pytest.approx(x)
        for name, node in sheet.asked.items():
            sheet.root.zero_grad()
            sheet.root.backward()
            assert float(row[f"∂C/∂{name}"]) == pytest.approx(node.grad, rel=0.02)
            assert empty[f"∂C/∂{name}"] == ""


# ── The key as a file ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("C", [CHAIN, "2-2-1", "3-2", "shared"])
def test_a_key_comes_back_as_it_was(C):
    """Written and read, each sheet has its numbers, boxes and answers."""
    every = sheets(C)
    again = keyfile.read(keyfile.written(every))
    for one, other in zip(every, again, strict=True):
        assert (one.number, one.seed, one.printed) == (other.number, other.seed, other.printed)
        assert one.numbers == other.numbers
        assert list(one.asked) == list(other.asked)
        assert [one.right(name) for name in one.asked] == [other.right(name) for name in other.asked]
    assert "worksheet 1" in repr(again[0])


def test_a_key_knows_constants_parameters_and_operations():
    """Constants stay constants, a power keeps its exponent, an operation must be defined where it is read."""
    operation("cubed_for_sheets(x) = x**3")
    x = Value(2.0, label="x")
    C = engine_call("cubed_for_sheets", x) * 3.0 + x**2
    text = keyfile.written(worksheet(C, n=2).sheets)
    again = keyfile.read(text)
    assert list(again[0].numbers) == ["x"]
    x0 = again[0].numbers["x"]
    assert again[0].root.data == pytest.approx(3 * x0**3 + x0**2)
    with pytest.raises(ValueError, match="has the operation 'other_for_sheets', which is not defined here"):
        keyfile.read(text.replace("cubed_for_sheets", "other_for_sheets"))


def engine_call(name, *operands):
    from engine import apply, rules  # noqa: PLC0415  (the rule has just been entered)

    return apply(rules.REGISTRY[name], *operands)


def test_a_graph_made_by_hand_has_no_key():
    """What a hand-made node computes is known to its program alone."""
    a = Value(2.0, label="a")
    node = Value(4.0, (a,), "sq", local_derivatives=(4.0,))
    node.label = "s"
    with pytest.raises(ValueError, match="a node made by hand cannot be written, and s is"):
        keyfile.written([keyfile.Worksheet(1, 0, node * 1.5, {"a": a})])


GOOD = {
    "chainrule": "key to worksheets", "version": 1, "printed": True,
    "nodes": [{"name": "a"}, {"name": "C", "rule": "mul", "of": [0, 0]}],
    "boxes": {"a": 0}, "sheets": [{"sheet": 1, "seed": 0, "numbers": [2.0]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chainrule": "a song"}, "is not a key to worksheets"),
        ({"version": 2}, "has version 2, and version 1 is known here"),
        ({"nodes": []}, "has 0 nodes"),
        ({"sheets": []}, "0 sheets"),
        ({"nodes": [{"rule": "mul", "of": [1, 1]}, {"name": "a"}]}, "comes before what it is made of"),
        ({"nodes": [{"name": "a"}, {"rule": "mul", "of": [0]}]}, "is damaged"),
        ({"nodes": 3}, "is damaged"),
        ({"boxes": {"a": 7}}, "is damaged"),
        ({"sheets": [{"sheet": 1, "seed": 0, "numbers": []}]}, "sheet 1 must have 1 numbers"),
        ({"sheets": [{"sheet": 1, "seed": 0, "numbers": ["2"]}]}, "sheet 1 must have 1 numbers"),
        ({"sheets": [{"seed": 0, "numbers": [2.0]}]}, "is damaged"),
    ],
)
def test_damaged_keys_are_refused(change, said):
    """Whatever is not a key is refused with what is wrong, and the file's name."""
    assert keyfile.read(json.dumps(GOOD))[0].right("a") == "4"
    with pytest.raises(ValueError, match=said):
        keyfile.read(json.dumps(GOOD | change), "key.json")


@pytest.mark.parametrize("text", ["", "[1, 2]", "sheet,w"])
def test_what_is_no_key_is_refused(text):
    """Other files are named, too."""
    with pytest.raises(ValueError, match=r"key\.json is not a key to worksheets"):
        keyfile.read(text, "key.json")


@pytest.mark.slow
@pytest.mark.parametrize("C", [CHAIN, "2-2-1", "3-2", "shared"])
def test_who_makes_one_mistake_is_told_which(C):
    """Learners who round to three digits at each step: the mistake is named, and no other.

    On a network it is named alone; where paths are shared, it may be on a list. Without one all is right.
    """
    three = nearest(3)
    for sheet in sheets(C, n=12, seed=50):
        world = workings(sheet.root, three, three)
        numbers = sweep(world)
        plain = mark(sheet, {box: show(numbers[place]) for box, place in sheet.boxes.items()})
        assert set(kinds(plain).values()) == {"right"}
        for name in sheet.key.occurring:
            numbers = sweep(world, [TABLE[name]])
            marked = mark(sheet, {box: show(numbers[place]) for box, place in sheet.boxes.items()})
            if set(kinds(marked).values()) != {"right"}:
                assert name in marked.mistakes
                assert marked.mistakes == (name,) or C == "shared"
