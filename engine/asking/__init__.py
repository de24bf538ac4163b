"""Questions about a graph, judged answers, and the mistake that a wrong number comes from.

>>> from engine import Value
>>> a, b, c = Value(-3.0, label="a"), Value(4.0, label="b"), Value(3.0, label="c")
>>> s = a * b
>>> s.label = "s"
>>> key = Key(s * s + s * c)
>>> print(key.one(key.index(a), "-48"))
Not yet. ...

``mistakes`` has the table of mistakes, ``passes`` makes them, and ``diagnosis`` recognises them;
``exercises`` chooses numbers that reveal them, ``questions`` asks, and ``terminal`` reads the answers.
"""

from .asked import Question
from .diagnosis import Key
from .exercises import Exercise, exercise
from .mistakes import TABLE, Mistake
from .questions import check, questions
from .terminal import quiz
from .verdicts import SheetVerdict, Verdict

__all__ = [
    "TABLE",
    "Exercise",
    "Key",
    "Mistake",
    "Question",
    "SheetVerdict",
    "Verdict",
    "check",
    "exercise",
    "questions",
    "quiz",
]
