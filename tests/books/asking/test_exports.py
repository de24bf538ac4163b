"""Questions in the forms of learning platforms: as their specifications want them, and judged as ours are."""

import base64
import csv
import io
import zipfile
from html import escape, unescape

import pytest
from forms import MANIFEST, MOODLE, QTI, Item, moodle, read

from engine import Value, check, exercise, parse, questions
from engine.asking import exports
from engine.asking.exports import QuestionSet, tolerance
from engine.asking.slips import show
from engine.asking.wording import typeset
from engine.characters import printable

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><title id="t">A graph of C</title></svg>'


def expression():
    return parse("(sigmoid(w*a + b) - y)**2", w=0.5, a=0.88, b=0.1, y=1)


def with_odd_labels():
    a, b = Value(2.0, label='<b>&"'), Value(3.0, label="two\nlines")
    return a * b + a


MANY = pytest.mark.parametrize(
    "name",
    [
        "shared",
        "odd labels",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("expression", "chain")),
    ],
)
GRAPHS = {
    "expression": expression,
    "chain": lambda: exercise("1-1-1-1", seed=1, level=3).root,
    "shared": lambda: exercise("shared", seed=2).root,
    "odd labels": with_odd_labels,
}


def sets(name, picture=PICTURE):
    return [QuestionSet(f"sheet {k}", questions(GRAPHS[name]()), picture) for k in (1, 2)]


def opened(package):
    with zipfile.ZipFile(io.BytesIO(package)) as files:
        return {name: files.read(name).decode() for name in files.namelist()}


def items(found):
    """The items of a package, in the order of its questions."""
    files = opened(exports.qti(found, "Chain rule"))
    return [
        Item(read(files[f"item_{k}_{j}.xml"], QTI, exports.QTI))
        for k, group in enumerate(found, 1)
        for j in range(1, len(group.questions) + 1)
    ]


def every(found):
    return [question for group in found for question in group.questions]


def outside(question):
    """The wrong choices that are no right answers within the tolerance, which is even on both sides."""
    if question.room is None:
        return list(question.choices)
    x, most = float(question.answer), tolerance(question)
    return [choice for choice in question.choices if abs(float(choice) - x) > 1.01 * most]


@MANY
def test_qti_judges_as_we_do(name):
    """By a player of QTI: the answer is right, a foreseen number gets its sentence, others a general one."""
    found = sets(name)
    for question, item in zip(every(found), items(found), strict=True):
        kind = item.types["RESPONSE"]
        right = float(question.answer) if kind == "float" else "RIGHT"
        item.answer(RESPONSE=right, HINT=False)
        assert float(item.outcomes["SCORE"]) == 1
        assert item.feedback[0].startswith(f"Yes, {typeset(question.answer)}".replace("\n", " ")[:12])
        choices = [unescape(it.text) for it in item.root.iter("simpleChoice")]
        for k, choice in enumerate(outside(question), 1):
            item.answer(RESPONSE=float(choice) if kind == "float" else f"WRONG_{k}")
            assert float(item.outcomes["SCORE"]) == 0
            if kind == "float":
                assert item.feedback[0][:20] == " ".join(check(question, choice).message.split())[:20]
            else:
                assert len(choices) == len(question.choices) + 1
        if kind == "float":
            item.answer(RESPONSE=float(question.answer) * 3 + 12345.0)
            assert item.feedback == [exports.OTHER]


@MANY
def test_qti_gives_one_hint_after_the_other(name):
    """A hint costs nothing, and judges nothing: each time that it is asked for, one more is open."""
    found = sets(name)
    for question, item in zip(every(found), items(found), strict=True):
        hints = [hint for hint in question.hints if hint.strip()]
        assert ("HINT" in item.responses) == bool(hints)
        assert item.root.get("adaptive") == ("true" if hints else "false")
        for k in range(len(hints) + 2 if hints else 0):
            assert item.hints == [f"HINT_{j}" for j in range(1, min(k, len(hints)) + 1)]
            item.answer(HINT=True)
            assert item.outcomes["FEEDBACK"] is None
        if hints:
            item.answer(RESPONSE=float(question.answer) if question.room is not None else "RIGHT")
            assert item.outcomes["completionStatus"] == "completed"


def test_a_package_is_whole():
    """Whatever the manifest names is in the package, and the other way round; the test names every item."""
    found = sets("shared")
    package = exports.qti(found, "Chain rule")
    files = opened(package)
    manifest = read(files["imsmanifest.xml"], MANIFEST, exports.PACKAGE)
    named = {it.get("href") for it in manifest.iter("file")}
    assert named == set(files) - {"imsmanifest.xml"}
    ids = {it.get("identifier") for it in manifest.iter("resource")}
    assert {it.get("identifierref") for it in manifest.iter("dependency")} <= ids
    assert all(it.get("href") in files for it in manifest.iter("resource"))
    test = read(files["test.xml"], QTI, exports.QTI)
    assert [it.get("href") for it in test.iter("assessmentItemRef")] == [
        name for name in files if name.startswith("item_")
    ] or len(list(test.iter("assessmentItemRef"))) == len(every(found))
    assert files["pictures/graph_1.svg"] == PICTURE
    images = [
        it
        for text in files.values()
        if "<itemBody>" in text
        for it in read(text, QTI, exports.QTI).iter("img")
    ]
    assert {it.get("src") for it in images} == {"pictures/graph_1.svg", "pictures/graph_2.svg"}
    assert {it.get("alt") for it in images} == {"A graph of C"}
    assert package == exports.qti(found, "Chain rule")


@MANY
def test_moodle_judges_as_we_do(name):
    """By Moodle's way of grading: the answer has all points, foreseen numbers none and a sentence each."""
    found = sets(name)
    root = read(exports.moodle(found, "Chain / rule"), MOODLE)
    category, *asked = root
    assert category.findtext("category/text") == "$course$/top/Chain // rule"
    assert len(asked) == len(every(found))
    assert len({it.findtext("name/text") for it in asked}) == len(asked)
    for question, it in zip(every(found), asked, strict=True):
        numerical = question.room is not None
        assert it.get("type") == ("numerical" if numerical else "multichoice")
        answers = [answer.findtext("text") for answer in it.iter("answer")]
        share, told = moodle(it, question.answer if numerical else answers[0])
        assert (share, told) == (1.0, f"<p>Yes, {escaped(question.answer)}.</p>")
        for k, choice in enumerate(outside(question), 1):
            share, told = moodle(it, choice if numerical else answers[k])
            assert share == 0
            assert "<p>" in told
        if numerical:
            assert moodle(it, show(float(question.answer) * 3 + 12345.0)) == (0.0, f"<p>{exports.OTHER}</p>")
        assert len(list(it.iter("hint"))) == len(question.hints)
        assert "@@PLUGINFILE@@/graph.svg" in it.findtext("questiontext/text")
        assert base64.b64decode(it.findtext("questiontext/file")).decode() == PICTURE


def escaped(text):
    return escape(printable(typeset(text)))


@pytest.mark.parametrize("name", ["expression", "chain", "shared"])
def test_the_tolerance_is_what_a_pocket_calculator_needs(name):
    """All that we take as right is within it, and no wrong choice that is written with its own sentence."""
    for question in questions(GRAPHS[name]()):
        if question.room is None:
            continue
        x, most = float(question.answer), tolerance(question)
        assert all(abs(end - x) <= most for end in question.room)
        for choice, told in exports._foreseen(question):
            assert abs(float(choice) - x) > most
            assert told == check(question, choice).message
            assert "ill in" not in told  # there is no other box


def test_whole_numbers_have_a_narrow_tolerance():
    """What comes out exactly needs no room but that of the third digit: 1 is not right for 1.4."""
    (question,) = [
        q
        for q in questions(Value(1.0, label="a") * Value(5.0, label="b"), kinds="gradient")
        if q.node.label == "b"
    ]
    assert question.answer == "1"
    assert tolerance(question) == pytest.approx(0.005)


def test_without_pictures_and_hints():
    """A set without a picture has none; a question without hints is no adaptive item."""
    found = [QuestionSet("set", questions(expression(), kinds="gradient"))]
    files = opened(exports.qti(found, "t"))
    assert not [name for name in files if name.startswith("pictures")]
    assert "<img" not in files["item_1_1.xml"]
    assert "PLUGINFILE" not in exports.moodle(found, "t")
    bare = QuestionSet("set", [replaced(question) for question in found[0].questions])
    (item, *_) = items([bare])
    assert item.root.get("adaptive") == "false"
    assert item.answer(RESPONSE=float(bare.questions[0].answer)).outcomes["SCORE"] == 1.0


def replaced(question):
    from dataclasses import replace  # noqa: PLC0415  (for these alone)

    return replace(question, hints=())


def test_a_table_has_everything():
    """A line for each question; wrong answers with their sentences, hints, and the explanation."""
    found = sets("shared")
    rows = list(csv.DictReader(io.StringIO(exports.table(found, "Chain rule"))))
    assert len(rows) == len(every(found))
    for row, question in zip(rows, every(found), strict=True):
        assert (row["set"], row["kind"], row["question"], row["answer"]) == (
            "Chain rule", question.kind, question.prompt, question.answer,
        )  # fmt: skip
        assert row["explanation"] == question.explanation
        assert [row[f"hint {k}"] for k in range(1, len(question.hints) + 1)] == list(question.hints)
        if question.room is not None:
            assert float(row["tolerance"]) == pytest.approx(tolerance(question), rel=1e-5)
        for k, choice in enumerate(outside(question), 1):
            assert row[f"wrong {k}"] == choice
            assert row[f"feedback {k}"] == check(question, choice).message


def test_no_questions_at_all():
    """An empty list of questions is an empty table, quiz and package."""
    assert exports.table([], "t").count("\n") == 1
    assert len(read(exports.moodle([], "t"), MOODLE)) == 1
    assert set(opened(exports.qti([], "t"))) == {"imsmanifest.xml", "test.xml"}
