"""Questions for learning platforms: Moodle XML, QTI 2.1 packages, and a table for everything else.

Each question is complete: it has a tolerance, hints, a picture, and for each wrong number that comes from a
known mistake, the sentence that explains it.

Formats: Moodle XML as in Moodle's documentation; *IMS Question and Test Interoperability* 2.1 with content
packaging 1.1.
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
"""The feedback to a wrong number that no known mistake explains."""


@dataclass(frozen=True)
class QuestionSet:
    """Questions about one graph, with their common name and the data that they share.

    ``picture`` is SVG; the lines ``given`` hold the numbers of the leaves and how each node is computed.
    """

    name: str
    questions: Sequence[Question]
    picture: str = ""
    given: Sequence[str] = ()


def tolerance(question: Question) -> float:
    """Return how far a right number may be from the answer, in either direction, because of rounding."""
    x = float(question.answer)
    low, high = question.room or (x, x)
    return max(high - x, x - low, 0.0) + 0.5 * unit(x, DIGITS)


def _foreseen(question: Question) -> list[tuple[str, str]]:
    """Return the wrong answers with the feedback to each; for numbers, only those outside the tolerance.

    The feedback never requests one more box, since a platform has no field for it.
    """
    far = [*question.choices]
    if question.room is not None:
        x, most = float(question.answer), tolerance(question)
        far = [choice for choice in far if abs(float(choice) - x) > most + _near(choice)]
    return [(choice, check(question, choice).message) for choice in far]


def _near(number: str) -> float:
    return 0.5 * unit(float(number), DIGITS)


def _typed(question: Question) -> bool:
    """Return whether the answer is a number to type in; otherwise it is a choice."""
    return question.room is not None


def _numbered(sets: Sequence[QuestionSet]) -> Iterator[tuple[str, Question, QuestionSet]]:
    """Yield each question with a unique name and its set."""
    for group in sets:
        for k, question in enumerate(group.questions, 1):
            yield f"{group.name}, question {k}", question, group


# ── XML ───────────────────────────────────────────────────────────────────────────────────────────


def _e(tag: str, *inside: ET.Element | str, **attributes: str) -> ET.Element:
    """Return an element with its attributes and its content: other elements, or text."""
    made = ET.Element(tag, attributes)
    for part in inside:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made


def _document(root: ET.Element) -> str:
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _said(picture: str) -> str:
    """Return the description of a picture, from its title."""
    found = re.search(r"<title[^>]*>([^<]*)</title>", picture)
    return found[1] if found else "a graph"


def _right(question: Question) -> str:
    return f"Yes, {typeset(question.answer)}."


# ── Moodle ────────────────────────────────────────────────────────────────────────────────────────


def moodle(sets: Sequence[QuestionSet], title: str) -> str:
    """Return questions as Moodle XML, in a category with the title.

    Numbers are typed in: the right one, with its tolerance, gets all points; those from known mistakes get
    none, but their own feedback. All other questions are multiple choice. The picture is embedded as a file.
    """
    course = _e("text", f"$course$/top/{printable(title).replace('/', '//')}")
    category = _e("question", _e("category", course), type="category")
    return _document(_e("quiz", category, *(_in_moodle(*one) for one in _numbered(sets))))


def _in_moodle(name: str, question: Question, group: QuestionSet) -> ET.Element:
    typed = _typed(question)
    feedbacks = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
    return _e(
        "question",
        _e("name", _e("text", name)),
        _asked_in_moodle(question, group),
        _in_html("generalfeedback", _html(question.explanation)),
        _e("defaultgrade", "1"),
        _e("penalty", "0.3333333"),
        _e("hidden", "0"),
        *(() if typed else (
            _e("single", "true"), _e("shuffleanswers", "true"), _e("answernumbering", "none"),
            *(_in_html(feedback, "") for feedback in feedbacks),
        )),
        _answer(question.answer, "100", _right(question), tolerance(question) if typed else None),
        *(_answer(wrong, "0", said, _near(wrong) if typed else None) for wrong, said in _foreseen(question)),
        *((
            _answer("*", "0", OTHER, 0.0),
            _e("unitgradingtype", "0"), _e("unitpenalty", "0.1"), _e("showunits", "3"), _e("unitsleft", "0"),
        ) if typed else ()),
        *(_in_html("hint", _html(hint)) for hint in question.hints),
        type="numerical" if typed else "multichoice",
    )  # fmt: skip


def _asked_in_moodle(question: Question, group: QuestionSet) -> ET.Element:
    """Return the question's text, with the given numbers, and the picture as a file."""
    words = f"<p>{escape(printable(question.prompt))}</p>" + _html("\n".join(group.given))
    if not group.picture:
        return _in_html("questiontext", words)
    image = f'<p><img src="@@PLUGINFILE@@/graph.svg" alt="{escape(_said(group.picture))}"></p>'
    data = base64.b64encode(group.picture.encode()).decode()
    file = _e("file", data, name="graph.svg", path="/", encoding="base64")
    return _in_html("questiontext", words + image, file)


def _answer(answer: str, fraction: str, said: str, within: float | None) -> ET.Element:
    """Return an answer with its points and feedback and, for a number, its tolerance."""
    feedback = _in_html("feedback", _html(said))
    if within is None:
        chosen = _e("text", escape(typeset(printable(answer))))
        return _e("answer", chosen, feedback, fraction=fraction, format="html")
    parts = _e("text", answer), feedback, _e("tolerance", f"{within:.6g}")
    return _e("answer", *parts, fraction=fraction, format="moodle_auto_format")


def _in_html(tag: str, words: str, *more: ET.Element) -> ET.Element:
    return _e(tag, _e("text", words), *more, format="html")


def _html(words: str) -> str:
    """Return text as HTML paragraphs."""
    return "".join(f"<p>{escape(printable(line))}</p>" for line in str(words).splitlines() if line.strip())


# ── QTI 2.1 ───────────────────────────────────────────────────────────────────────────────────────

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a package, so that equal questions give identical packages."""


def qti(sets: Sequence[QuestionSet], title: str) -> bytes:
    """Return questions as a QTI 2.1 package: an item for each, the pictures, a test, and the manifest."""
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
    files["test.xml"] = _document(_test(printable(title), [id for id, _ in items]))
    files["imsmanifest.xml"] = _document(_manifest(items))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in sorted(files, key=lambda name: name != "imsmanifest.xml"):
            package.writestr(zipfile.ZipInfo(name, EPOCH), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _item(id: str, name: str, question: Question, picture: str, group: QuestionSet) -> ET.Element:
    """Return one question. With hints it is adaptive: a button shows them one after another."""
    typed, foreseen = _typed(question), _foreseen(question)
    wrong = {f"WRONG_{k}": choice for k, (choice, _) in enumerate(foreseen, 1)}
    hints = {f"HINT_{k}": hint for k, hint in enumerate(filter(str.strip, question.hints), 1)}
    right = _e("correctResponse", _e("value", question.answer if typed else "RIGHT"))
    nought = _e("defaultValue", _e("value", "0"))
    rules = _on_answer(question, wrong, adaptive=bool(hints))
    if hints:
        on_hint = _e("responseIf", _variable("HINT"), _on_hint([*hints]))
        rules = _e("responseCondition", on_hint, _e("responseElse", rules))
    said = {"RIGHT": f"{_right(question)}\n{question.explanation}"}
    said |= dict(zip(wrong, (words for _, words in foreseen), strict=True)) | {"OTHER": OTHER}
    return _e(
        "assessmentItem",
        _declared("response", "RESPONSE", "float" if typed else "identifier", right),
        *[_declared("response", "HINT", "boolean")] * bool(hints),
        _declared("outcome", "SCORE", "float", nought),
        _declared("outcome", "FEEDBACK", "identifier"),
        *[_declared("outcome", "SHOWN", "identifier", several=True)] * bool(hints),
        _e(
            "itemBody",
            *([_e("p", _e("img", src=picture, alt=_said(group.picture)))] if picture else []),
            *_paragraphs("\n".join(group.given)),
            _asked(question, wrong),
            *(_feedback("feedbackBlock", "SHOWN", hint, words) for hint, words in hints.items()),
            *[_e("p", _e("endAttemptInteraction", responseIdentifier="HINT", title="Hint"))] * bool(hints),
        ),
        _e("responseProcessing", rules),
        *(_feedback("modalFeedback", "FEEDBACK", id, words) for id, words in said.items()),
        xmlns=QTI, identifier=id, title=printable(name),
        adaptive="true" if hints else "false", timeDependent="false",
    )  # fmt: skip


def _declared(kind: str, id: str, base: str, *inside: ET.Element, several: bool = False) -> ET.Element:
    many = "multiple" if several else "single"
    return _e(f"{kind}Declaration", *inside, identifier=id, cardinality=many, baseType=base)


def _feedback(tag: str, outcome: str, id: str, words: str) -> ET.Element:
    """Return the feedback that is shown if an outcome has the value ``id``."""
    return _e(tag, *_paragraphs(words), outcomeIdentifier=outcome, showHide="show", identifier=id)


def _asked(question: Question, wrong: Mapping[str, str]) -> ET.Element:
    """Return the question's text, with the field for the answer."""
    if _typed(question):
        field = _e("textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="12")
        return _e("p", f"{printable(question.prompt)} ", field)
    choices = {"RIGHT": question.answer, **wrong}.items()
    return _e(
        "choiceInteraction",
        _e("prompt", printable(question.prompt)),
        *(_e("simpleChoice", typeset(printable(choice)), identifier=id) for id, choice in choices),
        responseIdentifier="RESPONSE", shuffle="true", maxChoices="1",
    )  # fmt: skip


def _on_hint(ids: Sequence[str]) -> ET.Element:
    """Return the rule that shows one more hint at each request."""
    first, *others = ids
    branches = [_e("responseIf", _e("isNull", _variable("SHOWN")), _set("SHOWN", _e("multiple", _id(first))))]
    for id in others:
        hidden = _e("not", _e("member", _id(id), _variable("SHOWN")))
        branches.append(
            _e("responseElseIf", hidden, _set("SHOWN", _e("multiple", _variable("SHOWN"), _id(id))))
        )
    return _e("responseCondition", *branches)


def _on_answer(question: Question, wrong: Mapping[str, str], *, adaptive: bool) -> ET.Element:
    """Return the rule that compares the answer with the right one and with the foreseen wrong ones."""
    typed = _typed(question)
    right = _equal(question.answer, tolerance(question)) if typed else _match("RIGHT")
    ended = [_set("completionStatus", _id("completed"))] * adaptive
    return _e(
        "responseCondition",
        _e("responseIf", right, *_scored("1", "RIGHT"), *ended),
        *(
            _e("responseElseIf", _equal(it, _near(it)) if typed else _match(id), *_scored("0", id))
            for id, it in wrong.items()
        ),
        _e("responseElse", *_scored("0", "OTHER")),
    )


def _scored(score: str, feedback: str) -> list[ET.Element]:
    return [_set("SCORE", _e("baseValue", score, baseType="float")), _set("FEEDBACK", _id(feedback))]


def _equal(number: str, within: float) -> ET.Element:
    """Return the test whether the answer equals a number, within a tolerance in either direction."""
    value = _e("baseValue", number, baseType="float")
    near = f"{within:.6g} {within:.6g}"
    return _e("equal", _variable("RESPONSE"), value, toleranceMode="absolute", tolerance=near)


def _match(id: str) -> ET.Element:
    return _e("match", _variable("RESPONSE"), _id(id))


def _set(outcome: str, value: ET.Element) -> ET.Element:
    return _e("setOutcomeValue", value, identifier=outcome)


def _id(id: str) -> ET.Element:
    return _e("baseValue", id, baseType="identifier")


def _variable(id: str) -> ET.Element:
    return _e("variable", identifier=id)


def _paragraphs(words: str) -> list[ET.Element]:
    return [_e("p", printable(line)) for line in words.splitlines() if line.strip()]


def _test(title: str, ids: Sequence[str]) -> ET.Element:
    """Return a test of all items in turn, each of which may be tried again."""
    items = (_e("assessmentItemRef", identifier=id, href=f"{id}.xml") for id in ids)
    section = _e("assessmentSection", *items, identifier="section", title=title, visible="true")
    again = _e("itemSessionControl", maxAttempts="0", showFeedback="true")
    how = {"navigationMode": "nonlinear", "submissionMode": "individual"}
    part = _e("testPart", again, section, identifier="part", **how)
    return _e("assessmentTest", part, xmlns=QTI, identifier="test", title=title, toolName="chainrule")


def _manifest(items: Sequence[tuple[str, str]]) -> ET.Element:
    """Return the list of the package's contents."""
    schema = _e("schema", "QTIv2.1 Package"), _e("schemaversion", "1.0.0")
    needed = (_e("dependency", identifierref=f"resource_{id}") for id, _ in items)
    resources = [
        _resource("test", "imsqti_test_xmlv2p1", "", *needed),
        *(_resource(id, "imsqti_item_xmlv2p1", picture) for id, picture in items),
    ]
    parts = _e("metadata", *schema), _e("organizations"), _e("resources", *resources)
    return _e("manifest", *parts, xmlns=PACKAGE, identifier="manifest")


def _resource(id: str, kind: str, picture: str, *needed: ET.Element) -> ET.Element:
    href = f"{id}.xml"
    files = [_e("file", href=file) for file in (href, picture) if file]
    return _e("resource", *files, *needed, identifier=f"resource_{id}", type=kind, href=href)


# ── A table ───────────────────────────────────────────────────────────────────────────────────────


def table(sets: Sequence[QuestionSet], title: str) -> str:
    """Return questions as CSV: a line for each, with separate columns for choices and hints."""
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
"""The function that writes a file, by file ending."""
