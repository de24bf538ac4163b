"""Guesses before the answer: choose among several, while the question does not reveal the right one.

>>> guess = Guess("up", "down", seal=sealed("down"))
>>> guess
Guess('up', 'down', seal='908aec')
>>> guess.judge("down"), guess.judge("up")
(Yes: down., Not that one. Guess again, or open the answer below.)
"""

from __future__ import annotations

from hashlib import sha256

from engine.characters import printable
from engine.numeric import told
from engine.value import Value

from .slips import read, show
from .verdicts import OPEN, Verdict
from .wording import listed

AGAIN = "Not that one. Guess again, or open the answer below."


def plain(text: str) -> str:
    """Return an answer in a normal form that ignores capitals, spaces and the way numbers are written.

    >>> plain(" Down,  by MORE"), plain("1e3"), plain("½")
    ('down, by more', '1000', '0.5')
    """
    try:
        return show(read(text).number)
    except ValueError:
        return " ".join(text.lower().split()).rstrip(".")


def sealed(answer: str) -> str:
    """Return the seal of an answer for a ``Guess``: a hash that can be compared, but not read.

    >>> sealed("yes") == sealed(" YES."), sealed("no") == sealed("yes")
    (True, False)
    """
    return sha256(plain(answer).encode()).hexdigest()[:6]


class Guess:
    """A question within a text: its choices, and the seal of the right one. ``check`` judges an answer.

    Raises TypeError if a choice or the seal is not text, and ValueError unless exactly one choice matches the
    seal.

    >>> from engine import Guess, check
    >>> check(Guess("up", "down", seal="908aec"), ...)
    Put your answer in place of the three dots, and run this once more: "up" or "down".
    >>> check(Guess("up", "down", seal="908aec"), "down")
    Yes: down.
    """

    def __init__(self, *choices: str, seal: str) -> None:
        for text in (*choices, seal):
            if not isinstance(text, str):
                raise TypeError(f"choices and the seal of a guess are text, got {told(text)}; quote it")
        right = sum(sealed(choice) == seal for choice in choices)
        if right != 1:
            raise ValueError(
                f"{right} of the choices belong to the seal {seal!r}; guesses.sealed(answer) makes one"
            )
        self.choices, self.seal = choices, seal

    def __repr__(self) -> str:
        return f"Guess({', '.join(map(repr, self.choices))}, seal={self.seal!r})"

    def judge(self, answer: object) -> Verdict:
        """Return the verdict: "right", "unknown" for a wrong choice, "unread" if it is not a choice."""
        either = listed([f'"{choice}"' for choice in self.choices], "or")
        if answer is ...:
            return Verdict("open", f"{OPEN[:-1]}: {either}.")
        if isinstance(answer, Value):  # its name if that is a choice, else its number
            named = plain(answer.label) in map(plain, self.choices)
            answer = answer.label if named else answer.data
        text = printable(str(answer)).strip()
        chosen = next((choice for choice in self.choices if plain(choice) == plain(text)), None)
        if chosen is None:
            return Verdict("unread", f'"{text}" is none of the choices; they are {either}.')
        if sealed(chosen) == self.seal:
            return Verdict("right", f"Yes: {chosen}.")
        return Verdict("unknown", AGAIN)
