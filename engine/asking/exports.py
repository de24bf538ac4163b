"""Questions for learning platforms: Moodle XML, packages of QTI 2.1, and a table for everything else.

A question is written with all that belongs to it: how near an answer must be, hints, a picture, and for each
wrong number that a known mistake leads to, the sentence that says so.

Formats: Moodle XML as Moodle's own documentation describes it; *IMS Question and Test Interoperability* 2.1
with content packaging 1.1.
"""

from __future__ import annotations

import base64
import csv
import io
import re
import zipfile
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from engine.characters import printable

from .passes import unit
from .questions import check
from .slips import DIGITS
from .wording import typeset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .asked import Question

OTHER = "This is not it. Take a hint, or go through the factors once more."
"""The feedback to a wrong number that no known mistake leads to."""


@dataclass(frozen=True)
class QuestionSet:
    """Questions about one graph: what they are called together, and what they share.

    ``picture`` is SVG, and ``given`` are lines with the numbers of the leaves and how each node is made.
    """

    name: str
    questions: Sequence[Question]
    picture: str = ""
    given: Sequence[str] = ()


def tolerance(question: Question) -> float:
    """Return how far from the answer, on either side, a number is right: as far as rounding may lead."""
    x = float(question.answer)
    low, high = question.room or (x, x)
    return max(high - x, x - low, 0.0) + 0.5 * unit(x, DIGITS)


def _foreseen(question: Question) -> list[tuple[str, str]]:
    """The wrong answers with what is said of each; of numbers, those outside the tolerance."""
    far = [*question.choices]
    if question.room is not None:
        x, most = float(question.answer), tolerance(question)
        far = [choice for choice in far if abs(float(choice) - x) > most + _near(choice)]
    return [(choice, str(check(question, choice))) for choice in far]


def _near(number: str) -> float:
    return 0.5 * unit(float(number), DIGITS)


def _typed(question: Question) -> bool:
    """Whether the answer is a number to type in; else it is one to choose."""
    return question.room is not None


def _numbered(sets: Sequence[QuestionSet]) -> Iterator[tuple[str, Question, QuestionSet]]:
    """Each question with a name of its own, and its set."""
    for group in sets:
        for k, question in enumerate(group.questions, 1):
            yield f"{group.name}, question {k}", question, group


# ── Moodle ────────────────────────────────────────────────────────────────────────────────────────


def moodle(sets: Sequence[QuestionSet], title: str) -> str:
    """Return questions as Moodle XML, in a category with the title.

    Numbers are typed in: the right one, with its tolerance, is worth all points, and those of known mistakes
    none, but have their sentence. The rest is multiple choice. The picture is a file within the question.
    """
    quiz = ET.Element("quiz")
    category = ET.SubElement(quiz, "question", type="category")
    _text(ET.SubElement(category, "category"), f"$course$/top/{printable(title).replace('/', '//')}")
    for name, question, group in _numbered(sets):
        _in_moodle(quiz, name, question, group)
    return _document(quiz)


def _in_moodle(quiz: ET.Element, name: str, question: Question, group: QuestionSet) -> None:
    typed = _typed(question)
    item = ET.SubElement(quiz, "question", type="numerical" if typed else "multichoice")
    _text(ET.SubElement(item, "name"), name)
    asked = ET.SubElement(item, "questiontext", format="html")
    image = (
        f'<p><img src="@@PLUGINFILE@@/graph.svg" alt="{escape(_said(group.picture))}"></p>'
        if group.picture
        else ""
    )
    known = _html("\n".join(group.given)) if group.given else ""
    _text(asked, f"<p>{escape(printable(question.prompt))}</p>{known}{image}")
    if group.picture:
        file = ET.SubElement(asked, "file", name="graph.svg", path="/", encoding="base64")
        file.text = base64.b64encode(group.picture.encode()).decode()
    _text(ET.SubElement(item, "generalfeedback", format="html"), _html(question.explanation))
    ET.SubElement(item, "defaultgrade").text = "1"
    ET.SubElement(item, "penalty").text = "0.3333333"
    ET.SubElement(item, "hidden").text = "0"
    if not typed:
        ET.SubElement(item, "single").text = "true"
        ET.SubElement(item, "shuffleanswers").text = "true"
        ET.SubElement(item, "answernumbering").text = "none"
        for kind in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
            _text(ET.SubElement(item, kind, format="html"), "")
    _answer(item, question.answer, "100", _right(question), tolerance(question) if typed else None)
    for choice, told in _foreseen(question):
        _answer(item, choice, "0", told, _near(choice) if typed else None)
    if typed:
        _answer(item, "*", "0", OTHER, 0.0)
        ET.SubElement(item, "unitgradingtype").text = "0"
        ET.SubElement(item, "unitpenalty").text = "0.1"
        ET.SubElement(item, "showunits").text = "3"
        ET.SubElement(item, "unitsleft").text = "0"
    for hint in question.hints:
        _text(ET.SubElement(item, "hint", format="html"), _html(hint))


def _answer(item: ET.Element, answer: str, fraction: str, told: str, within: float | None) -> None:
    form = "html" if within is None else "moodle_auto_format"
    found = ET.SubElement(item, "answer", fraction=fraction, format=form)
    _text(found, answer if within is not None else escape(typeset(printable(answer))))
    _text(ET.SubElement(found, "feedback", format="html"), _html(told))
    if within is not None:
        ET.SubElement(found, "tolerance").text = f"{within:.6g}"


def _text(parent: ET.Element, words: str) -> None:
    ET.SubElement(parent, "text").text = words


def _right(question: Question) -> str:
    return f"Yes, {typeset(question.answer)}."


def _html(words: str) -> str:
    """Text as paragraphs of HTML."""
    return "".join(f"<p>{escape(printable(line))}</p>" for line in str(words).splitlines() if line.strip())


def _said(picture: str) -> str:
    """What a picture is of, as its own title says."""
    found = re.search(r"<title[^>]*>([^<]*)</title>", picture)
    return found[1] if found else "a graph"


def _document(root: ET.Element) -> str:
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


# ── QTI 2.1 ───────────────────────────────────────────────────────────────────────────────────────

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
ITEM_TYPE = "imsqti_item_xmlv2p1"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a package, so that equal questions give equal packages."""


def qti(sets: Sequence[QuestionSet], title: str) -> bytes:
    """Return questions as a package of QTI 2.1: an item for each, the pictures, a test, and the manifest."""
    files: dict[str, str] = {}
    items: list[tuple[str, str]] = []
    for k, group in enumerate(sets, 1):
        picture = f"pictures/graph_{k}.svg" if group.picture else ""
        if picture:
            files[picture] = group.picture
        for j, question in enumerate(group.questions, 1):
            id = f"item_{k}_{j}"
            files[f"{id}.xml"] = _document(_item(id, f"{group.name}, question {j}", question, picture, group))
            items.append((id, picture))
    files["test.xml"] = _document(_test(title, [id for id, _ in items]))
    files["imsmanifest.xml"] = _document(_manifest(items))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in sorted(files, key=lambda name: name != "imsmanifest.xml"):
            package.writestr(zipfile.ZipInfo(name, EPOCH), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _item(id: str, name: str, question: Question, picture: str, group: QuestionSet) -> ET.Element:
    """One question. With hints it is adaptive: a button shows one after the other."""
    typed, foreseen = _typed(question), _foreseen(question)
    hints = [hint for hint in question.hints if hint.strip()]
    item = ET.Element(
        "assessmentItem", {"xmlns": QTI, "identifier": id, "title": printable(name),
                           "adaptive": "true" if hints else "false", "timeDependent": "false"},
    )  # fmt: skip
    kind = {"cardinality": "single", "baseType": "float" if typed else "identifier"}
    asked = ET.SubElement(item, "responseDeclaration", {"identifier": "RESPONSE", **kind})
    right = ET.SubElement(ET.SubElement(asked, "correctResponse"), "value")
    right.text = question.answer if typed else "RIGHT"
    if hints:
        ET.SubElement(
            item, "responseDeclaration", identifier="HINT", cardinality="single", baseType="boolean"
        )
    score = ET.SubElement(
        item, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float"
    )
    _value(ET.SubElement(score, "defaultValue"), "0")
    ET.SubElement(
        item, "outcomeDeclaration", identifier="FEEDBACK", cardinality="single", baseType="identifier"
    )
    if hints:
        ET.SubElement(
            item, "outcomeDeclaration", identifier="SHOWN", cardinality="multiple", baseType="identifier"
        )
    body = ET.SubElement(item, "itemBody")
    if picture:
        ET.SubElement(ET.SubElement(body, "p"), "img", src=picture, alt=_said(group.picture))
    _paragraphs(body, "\n".join(group.given))
    _body(body, question, foreseen, hints)
    process = ET.SubElement(item, "responseProcessing")
    if hints:
        asked_for = ET.SubElement(process, "responseCondition")
        _on_hint(ET.SubElement(asked_for, "responseIf"), len(hints))
        process = ET.SubElement(asked_for, "responseElse")
    _on_answer(process, question, foreseen, adaptive=bool(hints))
    for outcome, words in [
        ("RIGHT", f"{_right(question)}\n{question.explanation}"),
        *((f"WRONG_{k}", told) for k, (_, told) in enumerate(foreseen, 1)),
        ("OTHER", OTHER),
    ]:
        shown = ET.SubElement(
            item, "modalFeedback", outcomeIdentifier="FEEDBACK", showHide="show", identifier=outcome
        )
        _paragraphs(shown, words)
    return item


def _body(
    body: ET.Element, question: Question, foreseen: Sequence[tuple[str, str]], hints: Sequence[str]
) -> None:
    """What is asked, where the answer goes, and the hints."""
    if _typed(question):
        words = ET.SubElement(body, "p")
        words.text = f"{printable(question.prompt)} "
        ET.SubElement(words, "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="12")
    else:
        asked = ET.SubElement(
            body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle="true", maxChoices="1"
        )
        ET.SubElement(asked, "prompt").text = printable(question.prompt)
        for id, choice in [
            ("RIGHT", question.answer),
            *((f"WRONG_{k}", c) for k, (c, _) in enumerate(foreseen, 1)),
        ]:
            ET.SubElement(asked, "simpleChoice", identifier=id).text = typeset(printable(choice))
    for k, hint in enumerate(hints, 1):
        block = ET.SubElement(
            body, "feedbackBlock", outcomeIdentifier="SHOWN", showHide="show", identifier=f"HINT_{k}"
        )
        _paragraphs(block, hint)
    if hints:
        button = ET.SubElement(body, "p")
        ET.SubElement(button, "endAttemptInteraction", responseIdentifier="HINT", title="Hint")


def _on_hint(asked: ET.Element, count: int) -> None:
    """Each time that a hint is asked for, show one more."""
    _variable(asked, "HINT")
    condition = ET.SubElement(asked, "responseCondition")
    for k in range(1, count + 1):
        branch = ET.SubElement(condition, "responseIf" if k == 1 else "responseElseIf")
        if k == 1:
            _variable(ET.SubElement(branch, "isNull"), "SHOWN")
        else:
            member = ET.SubElement(ET.SubElement(branch, "not"), "member")
            _base(member, f"HINT_{k}")
            _variable(member, "SHOWN")
        together = ET.SubElement(ET.SubElement(branch, "setOutcomeValue", identifier="SHOWN"), "multiple")
        if k > 1:
            _variable(together, "SHOWN")
        _base(together, f"HINT_{k}")


def _on_answer(
    process: ET.Element, question: Question, foreseen: Sequence[tuple[str, str]], *, adaptive: bool
) -> None:
    """Compare the answer with the right one, and with those that are foreseen."""
    condition = ET.SubElement(process, "responseCondition")
    right = ET.SubElement(condition, "responseIf")
    if _typed(question):
        _equal(right, question.answer, tolerance(question))
    else:
        _match(right, "RIGHT")
    _set(right, "SCORE", "float", "1")
    _set(right, "FEEDBACK", "identifier", "RIGHT")
    if adaptive:
        _set(right, "completionStatus", "identifier", "completed")
    for k, (choice, _) in enumerate(foreseen, 1):
        branch = ET.SubElement(condition, "responseElseIf")
        if _typed(question):
            _equal(branch, choice, _near(choice))
        else:
            _match(branch, f"WRONG_{k}")
        _set(branch, "SCORE", "float", "0")
        _set(branch, "FEEDBACK", "identifier", f"WRONG_{k}")
    other = ET.SubElement(condition, "responseElse")
    _set(other, "SCORE", "float", "0")
    _set(other, "FEEDBACK", "identifier", "OTHER")


def _equal(parent: ET.Element, number: str, within: float) -> None:
    """Whether the answer is a number, to a tolerance on either side."""
    equal = ET.SubElement(parent, "equal", toleranceMode="absolute", tolerance=f"{within:.6g} {within:.6g}")
    _variable(equal, "RESPONSE")
    ET.SubElement(equal, "baseValue", baseType="float").text = number


def _match(parent: ET.Element, id: str) -> None:
    match = ET.SubElement(parent, "match")
    _variable(match, "RESPONSE")
    _base(match, id)


def _base(parent: ET.Element, id: str) -> None:
    ET.SubElement(parent, "baseValue", baseType="identifier").text = id


def _set(parent: ET.Element, outcome: str, kind: str, value: str) -> None:
    found = ET.SubElement(parent, "setOutcomeValue", identifier=outcome)
    ET.SubElement(found, "baseValue", baseType=kind).text = value


def _value(parent: ET.Element, value: str) -> None:
    ET.SubElement(parent, "value").text = value


def _variable(parent: ET.Element, id: str) -> None:
    ET.SubElement(parent, "variable", identifier=id)


def _paragraphs(parent: ET.Element, words: str) -> None:
    for line in filter(str.strip, words.splitlines()):
        ET.SubElement(parent, "p").text = printable(line)


def _test(title: str, ids: Sequence[str]) -> ET.Element:
    """A test of all items, one after the other, in which each may be tried again."""
    test = ET.Element(
        "assessmentTest",
        {"xmlns": QTI, "identifier": "test", "title": printable(title), "toolName": "chainrule"},
    )
    part = ET.SubElement(
        test, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="individual"
    )
    ET.SubElement(part, "itemSessionControl", maxAttempts="0", showFeedback="true")
    section = ET.SubElement(
        part, "assessmentSection", identifier="section", title=printable(title), visible="true"
    )
    for id in ids:
        ET.SubElement(section, "assessmentItemRef", identifier=id, href=f"{id}.xml")
    return test


def _manifest(items: Sequence[tuple[str, str]]) -> ET.Element:
    """What is in the package."""
    manifest = ET.Element("manifest", {"xmlns": PACKAGE, "identifier": "manifest"})
    metadata = ET.SubElement(manifest, "metadata")
    ET.SubElement(metadata, "schema").text = "QTIv2.1 Package"
    ET.SubElement(metadata, "schemaversion").text = "1.0.0"
    ET.SubElement(manifest, "organizations")
    resources = ET.SubElement(manifest, "resources")
    test = ET.SubElement(
        resources, "resource", identifier="resource_test", type="imsqti_test_xmlv2p1", href="test.xml"
    )
    ET.SubElement(test, "file", href="test.xml")
    for id, picture in items:
        ET.SubElement(test, "dependency", identifierref=f"resource_{id}")
        its = ET.SubElement(
            resources, "resource", identifier=f"resource_{id}", type=ITEM_TYPE, href=f"{id}.xml"
        )
        ET.SubElement(its, "file", href=f"{id}.xml")
        if picture:
            ET.SubElement(its, "file", href=picture)
    return manifest


# ── A table ───────────────────────────────────────────────────────────────────────────────────────


def table(sets: Sequence[QuestionSet], title: str) -> str:
    """Return questions as CSV: a line for each, with its choices and hints in columns of their own."""
    every = list(_numbered(sets))
    choices = max((len(_foreseen(question)) for _, question, _ in every), default=0)
    hints = max((len(question.hints) for _, question, _ in every), default=0)
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    heads = [part for k in range(1, choices + 1) for part in (f"wrong {k}", f"feedback {k}")]
    rows.writerow(
        ["set", "name", "kind", "given", "question", "answer", "tolerance", *heads]
        + [f"hint {k}" for k in range(1, hints + 1)] + ["explanation"]
    )  # fmt: skip
    for name, question, group in every:
        wrong = [part for pair in _foreseen(question) for part in pair]
        within = f"{tolerance(question):.6g}" if _typed(question) else ""
        row = [title, name, question.kind, "\n".join(group.given), question.prompt, question.answer, within]
        row += [*wrong, *[""] * (2 * choices - len(wrong))]
        row += [*question.hints, *[""] * (hints - len(question.hints)), str(question.explanation)]
        rows.writerow(row)
    return out.getvalue()


FORMS: Mapping[str, Callable[[Sequence[QuestionSet], str], str | bytes]] = {
    "xml": moodle,
    "zip": qti,
    "csv": table,
}
"""What writes a file, by its ending."""
