"""The parts of QTI 2.1 and Moodle XML that we use, as tables, and small readers of both.

The tables are written from the specifications: of each element its attributes (those that must be there
first), and what stands in it as a pattern over the names of its children, each followed by a space. `read`
refuses whatever is not in them. `Item` then does what a player of QTI does with an answer, and `moodle` what
Moodle does.
"""

import re
from xml.etree import ElementTree as ET

TEXT = "#text"
"""Stands among the children of what may hold text."""
BLOCK = "(p |img |choiceInteraction |feedbackBlock |div )"
EXPRESSION = "(variable |baseValue |equal |match |not |isNull |member |multiple )"
RULE = "(responseCondition |setOutcomeValue )"

QTI = {
    "assessmentItem": (
        {"identifier", "title", "adaptive", "timeDependent"}, set(),
        "(responseDeclaration )*(outcomeDeclaration )*(itemBody )?(responseProcessing )?(modalFeedback )*",
    ),
    "responseDeclaration": ({"identifier", "cardinality"}, {"baseType"}, "(correctResponse )?"),
    "outcomeDeclaration": ({"identifier", "cardinality"}, {"baseType"}, "(defaultValue )?"),
    "correctResponse": (set(), set(), "(value )+"),
    "defaultValue": (set(), set(), "(value )+"),
    "value": (set(), set(), TEXT),
    "itemBody": (set(), set(), f"{BLOCK}*"),
    "p": (set(), set(), f"{TEXT}(img |textEntryInteraction |endAttemptInteraction )*"),
    "img": ({"src", "alt"}, set(), ""),
    "textEntryInteraction": ({"responseIdentifier"}, {"expectedLength"}, ""),
    "endAttemptInteraction": ({"responseIdentifier", "title"}, set(), ""),
    "choiceInteraction": (
        {"responseIdentifier", "shuffle", "maxChoices"}, set(), "(prompt )?(simpleChoice )+",
    ),
    "prompt": (set(), set(), TEXT),
    "simpleChoice": ({"identifier"}, set(), TEXT),
    "feedbackBlock": ({"outcomeIdentifier", "showHide", "identifier"}, set(), f"{BLOCK}*"),
    "modalFeedback": ({"outcomeIdentifier", "showHide", "identifier"}, set(), f"{TEXT}(p )*"),
    "responseProcessing": (set(), set(), f"{RULE}*"),
    "responseCondition": (set(), set(), "responseIf (responseElseIf )*(responseElse )?"),
    "responseIf": (set(), set(), f"{EXPRESSION}{RULE}*"),
    "responseElseIf": (set(), set(), f"{EXPRESSION}{RULE}*"),
    "responseElse": (set(), set(), f"{RULE}*"),
    "setOutcomeValue": ({"identifier"}, set(), EXPRESSION),
    "variable": ({"identifier"}, set(), ""),
    "baseValue": ({"baseType"}, set(), TEXT),
    "equal": ({"toleranceMode"}, {"tolerance"}, EXPRESSION * 2),
    "match": (set(), set(), EXPRESSION * 2),
    "member": (set(), set(), EXPRESSION * 2),
    "not": (set(), set(), EXPRESSION),
    "isNull": (set(), set(), EXPRESSION),
    "multiple": (set(), set(), f"{EXPRESSION}*"),
    "assessmentTest": ({"identifier", "title"}, {"toolName"}, "(testPart )+"),
    "testPart": (
        {"identifier", "navigationMode", "submissionMode"}, set(),
        "(itemSessionControl )?(assessmentSection )+",
    ),
    "itemSessionControl": (set(), {"maxAttempts", "showFeedback"}, ""),
    "assessmentSection": ({"identifier", "title", "visible"}, set(), "(assessmentItemRef )*"),
    "assessmentItemRef": ({"identifier", "href"}, set(), ""),
}  # fmt: skip
MANIFEST = {
    "manifest": ({"identifier"}, set(), "(metadata )?organizations resources "),
    "metadata": (set(), set(), "(schema )?(schemaversion )?"),
    "schema": (set(), set(), TEXT),
    "schemaversion": (set(), set(), TEXT),
    "organizations": (set(), set(), ""),
    "resources": (set(), set(), "(resource )*"),
    "resource": ({"identifier", "type"}, {"href"}, "(file )*(dependency )*"),
    "file": ({"href"}, set(), ""),
    "dependency": ({"identifierref"}, set(), ""),
}
COMMON = "name questiontext generalfeedback defaultgrade penalty hidden "
ONE_OF_SEVERAL = (
    "single shuffleanswers answernumbering correctfeedback partiallycorrectfeedback incorrectfeedback "
)
UNITS = "unitgradingtype unitpenalty showunits unitsleft "
WITH_FORMAT = (set(), {"format"}, "text ")
MOODLE = {
    "quiz": (set(), set(), "(question )*"),
    "question": (
        {"type"}, set(), f"(category |{COMMON}({ONE_OF_SEVERAL})?(answer )+({UNITS})?(hint )*)",
    ),
    "category": (set(), set(), "text "),
    "name": (set(), set(), "text "),
    "questiontext": (set(), {"format"}, "text (file )*"),
    "file": ({"name", "path", "encoding"}, set(), TEXT),
    "answer": ({"fraction"}, {"format"}, "text feedback (tolerance )?"),
    "text": (set(), set(), TEXT),
    **{name: (set(), set(), TEXT) for name in (
        "defaultgrade", "penalty", "hidden", "single", "shuffleanswers", "answernumbering", "tolerance",
        "unitgradingtype", "unitpenalty", "showunits", "unitsleft",
    )},
    **dict.fromkeys((
        "generalfeedback", "feedback", "hint",
        "correctfeedback", "partiallycorrectfeedback", "incorrectfeedback",
    ), WITH_FORMAT),
}  # fmt: skip
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def read(text, form, namespace=""):
    """The root of a document, after every element in it was found to be as its table says."""
    root = ET.fromstring(text)  # noqa: S314  (we wrote it)
    for element in root.iter():
        prefix = f"{{{namespace}}}" if namespace else ""
        assert element.tag.startswith(prefix), element.tag
        element.tag = element.tag.removeprefix(prefix)
        assert element.tag in form, f"<{element.tag}> is none of the elements"
    for element in root.iter():
        needed, allowed, pattern = form[element.tag]
        given = set(element.keys())
        assert needed <= given <= needed | allowed, f"<{element.tag}> has {given}"
        inside = "".join(f"{child.tag} " for child in element)
        holds_text = bool((element.text or "").strip()) or any(
            (child.tail or "").strip() for child in element
        )
        assert TEXT in pattern or not holds_text, f"<{element.tag}> holds text"
        assert re.fullmatch(pattern.replace(TEXT, ""), inside), f"<{element.tag}> holds {inside}"
    return root


class Item:
    """A question of QTI as a player sees it: its variables, and what an attempt does to them."""

    def __init__(self, root):
        self.root = root
        self.responses = {it.get("identifier"): None for it in root.iter("responseDeclaration")}
        self.types = {it.get("identifier"): it.get("baseType") for it in root.iter("responseDeclaration")}
        self.outcomes = {
            it.get("identifier"): it.findtext("defaultValue/value") for it in root.iter("outcomeDeclaration")
        }
        self.outcomes["completionStatus"] = "unknown"
        names = [*self.responses, *self.outcomes]
        assert all(IDENTIFIER.fullmatch(name) for name in names)
        assert len(set(names)) == len(names)
        for it in root.iter():
            if it.tag in {"variable", "setOutcomeValue"}:
                assert it.get("identifier") in names
            if it.get("responseIdentifier"):
                assert it.get("responseIdentifier") in self.responses
            if it.get("outcomeIdentifier"):
                assert it.get("outcomeIdentifier") in self.outcomes

    def answer(self, **responses):
        """Submit an attempt; what is not answered is null."""
        self.responses = {name: responses.get(name) for name in self.responses}
        self._rules(self.root.find("responseProcessing"))
        return self

    @property
    def feedback(self):
        """The text of what is shown after the attempt."""
        return [
            " ".join(" ".join(it.itertext()).split())
            for it in self.root.iter("modalFeedback") if it.get("identifier") == self.outcomes["FEEDBACK"]
        ]  # fmt: skip

    @property
    def hints(self):
        """The hints that are open."""
        shown = self.outcomes.get("SHOWN") or ()
        return [
            it.get("identifier") for it in self.root.iter("feedbackBlock") if it.get("identifier") in shown
        ]

    def _rules(self, parent):
        for rule in parent:
            if rule.tag == "setOutcomeValue":
                self.outcomes[rule.get("identifier")] = self._value(rule[0])
            elif rule.tag == "responseCondition":
                for branch in rule:
                    if branch.tag == "responseElse" or self._value(branch[0]) is True:
                        self._rules(branch)
                        break

    def _value(self, it):
        """What an expression is worth; None is null, which is no truth."""
        if it.tag == "variable":
            name = it.get("identifier")
            return self.responses[name] if name in self.responses else self.outcomes[name]
        if it.tag == "baseValue":
            return float(it.text) if it.get("baseType") == "float" else it.text
        parts = [self._value(child) for child in it]
        if it.tag == "isNull":
            return parts[0] is None
        if it.tag == "multiple":
            return tuple(x for part in parts for x in (part if isinstance(part, tuple) else (part,)))
        if None in parts:
            return None
        if it.tag == "not":
            return not parts[0]
        if it.tag == "equal":
            low, high = map(float, it.get("tolerance").split())
            return parts[1] - low <= parts[0] <= parts[1] + high
        assert it.tag in {"match", "member"}
        return parts[0] == parts[1] if it.tag == "match" else parts[0] in parts[1]


def moodle(question, answer):
    """The share of the points and the feedback that Moodle gives: the first answer that fits."""
    for it in question.iter("answer"):
        text, within = it.findtext("text"), it.findtext("tolerance")
        fits = text == "*" or (
            text == answer if within is None else abs(float(answer) - float(text)) <= float(within)
        )
        if fits:
            return float(it.get("fraction")) / 100, it.findtext("feedback/text")
    return 0.0, ""
