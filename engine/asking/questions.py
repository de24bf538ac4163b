"""Questions about a graph, of many kinds, and the verdict on an answer.

>>> from engine import Value
>>> w, x, y = Value(2.0, label="w"), Value(3.0, label="x"), Value(5.0, label="y")
>>> asked = [one for one in questions((w * x - y) ** 2, kinds="gradient") if one.node is w][0]
>>> print(asked)
What is ∂C/∂w?
>>> asked.answer
'6'
>>> print(check(asked, "2"))
Not yet. ...
>>> bool(check(asked, 6))
True
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.arguments import a_node, a_value, advised
from engine.node import Node
from engine.numeric import short, told, whole

from .asked import Asked, Question
from .exercises import twin_of
from .guesses import Guess
from .kinds import KINDS
from .slips import DIGITS, read
from .verdicts import OPEN, Verdict
from .wording import TAKE_A_HINT, own_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.value import Value


HINTS = "For hints, look at question.hints."
"""What ``check`` says in place of TAKE_A_HINT."""


@advised
def questions(
    C: Value, *, kinds: str | Iterable[str] | None = None, about: Value | None = None, digits: int = DIGITS
) -> list[Question]:
    """Return questions about a graph: its numbers, local derivatives, paths, gradients, and a step downhill.

    ``kinds`` selects among "value" (forward), "slope" (a local derivative), "factor" (which one is missing),
    "paths" (how many), "order" (which node passes back next), "gradient", "most" (which leaf changes the root
    most), "step" (a leaf after one step) and "cost" (the root after that step); the default is all of them,
    in this order. ``about`` is a node to which the questions are limited, and ``digits`` is the number of
    significant digits of an answer. The kinds "factor", "paths", "step" and "cost", which take work on the
    whole graph, ask about at most 30 of its nodes (``about`` reaches each of the others), and "order" asks
    about the first 30 steps. The graph and its gradients do not change; numbers are computed from the current
    numbers of the leaves.

    Raises TypeError if C or ``about`` is not a Value; ValueError for an unknown kind, for a node that C does
    not depend on, for a graph of more than 1,000 nodes, and for a graph with numbers that are not finite.
    Source: *Backpropagation Calculus*.

    >>> from engine import Value
    >>> a, b = Value(-3.0, label="a"), Value(4.0, label="b")
    >>> for question in questions(a * b, kinds=["gradient", "most"]):
    ...     print(question, question.answer, question.choices)
    What is ∂C/∂b? -3 ('4', '-2', '36')
    What is ∂C/∂a? 4 ('-3', '5', '-48')
    Which of a or b moves C most, for the same small nudge? a ('b',)
    """
    a_value(C, "questions takes the root of a graph, a Value")
    chosen = [kinds] if isinstance(kinds, str) else list(KINDS if kinds is None else kinds)
    for kind in chosen:
        if kind not in KINDS:
            raise ValueError(f"there is no kind {short(kind)} of question; choose among {', '.join(KINDS)}")
    twin, twins = twin_of(C, own_names(C))
    if about is not None and a_node(about, "questions takes about, a node,") not in twins:
        raise ValueError(f"the root does not depend on {about!r}; ask about one of its own nodes")
    asked = Asked(twin, twins, whole(digits, "digits", 1), about)
    every = [question for kind in chosen for question in KINDS[kind](asked)]
    return [question for question in every if about is None or question.node is about]


@advised
def check(
    question: Question | Guess, answer: object, *, more: object = None, known: Iterable[Value] = ()
) -> Verdict:
    """Return the verdict on an answer: true if the answer is right; printed, a message for the learner.

    The answer is a number, as a number, as a Value or as people write it (−0,5, 3/4, 1e-3), or a name if the
    question requests one. ``...`` stands for a missing answer, and text that is not a number gets the verdict
    "unread", which says so. If a verdict ``asks_for`` one more box, pass its number as ``more``; if the next
    verdict requests another box, pass a list of both numbers. ``known`` are nodes whose gradients the learner
    knows already: no verdict requests those.

    A ``Guess`` is a question within a text. Raises TypeError for anything else as the question, or for an
    answer of another type.

    >>> from engine import Value
    >>> a, b = Value(-3.0, label="a"), Value(4.0, label="b")
    >>> by_b, by_a = questions(a * b, kinds="gradient")
    >>> check(by_a, "4").kind, check(by_a, "-3").kind, check(by_a, "four").kind, check(by_a, ...).kind
    ('right', 'told', 'unread', 'open')
    >>> print(check(by_a, "-3"))
    Not yet. −3 is what comes out when the derivative of a product is taken to be the number itself, ...
    """
    if isinstance(question, Guess):
        return question.judge(answer)
    found = verdict_on(question, answer, more=more, known=known)
    message = found.message.replace(TAKE_A_HINT, HINTS if question.hints else "").rstrip()
    return replace(found, message=message, in_code=True)


def verdict_on(
    question: Question, answer: object, *, more: object = None, known: Iterable[Value] = ()
) -> Verdict:
    """Return the verdict as ``check`` does, in the words for a place that has boxes and hints of its own."""
    if not isinstance(question, Question):
        raise TypeError(
            f"check takes a Question and an answer, got {told(question)}; questions(C) makes them"
        )
    if answer is ... or answer is None:
        return Verdict("open", OPEN)
    text: Any = getattr(answer, "label", answer) if question.room is None else _number(answer)
    if question.room is None and not isinstance(text, str):  # a factor given as a number
        text = read(text).text
    further = list(more) if isinstance(more, list | tuple) else [] if more is None else [more]
    nodes = [a_node(node, "check takes known, nodes,") for node in known]
    try:
        if question.judge_with:
            return question.judge_with(text, further, nodes)
        return question.judge(text)
    except ValueError as error:
        return Verdict("unread", str(error)[:1].upper() + str(error)[1:] + ".")


def _number(answer: object) -> object:
    """Return the number of a Value; anything else as it is."""
    return answer.data if isinstance(answer, Node) else answer
