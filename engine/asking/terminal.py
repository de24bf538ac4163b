"""Questions in the terminal, one at a time: a verdict, hints, the explanation, a summary at the end."""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine import rules
from engine.arguments import advised
from engine.functions import apply
from engine.numeric import told, whole
from engine.value import Value

from .exercises import exercise
from .mistakes import TABLE
from .questions import check, questions
from .wording import capital, counted, did

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .asked import Question
    from .verdicts import Verdict

HELP = "An answer is a number, such as −0.5 or 3/4, or a name.  ? hint · e explanation · skip · q end"
NO_MORE_HINTS = "There are no more hints; e shows the whole explanation."
"""What to type besides an answer."""


@advised
def quiz(
    C: Value | str | Any,
    x: Any = None,
    y: Any = None,
    *,
    kinds: str | Iterable[str] | None = None,
    n: int = 8,
    seed: int | None = None,
    level: int | None = None,
) -> Any:
    """Ask questions about a graph in the terminal, judge the answers, and say which mistake one comes from.

    ``C`` is the root of a graph, asked about with its own numbers, or with others if ``seed`` is given (see
    ``exercise``); or the name of a shape such as "2-2-1", of a ``level``; or a model, with the inputs ``x``
    and the desired outputs ``y`` of one example, whose squared error is then asked about. ``n`` is how many
    questions there are, and ``kinds`` which (see ``questions``). An answer is text; ? gives a hint, e the
    explanation, skip goes on, and q or Ctrl-D ends. Nothing is stored anywhere.

    In a notebook, return the page that asks (see ``play``), which the notebook shows.

    Raises TypeError and ValueError as ``exercise`` and ``questions`` do.
    """
    root = _root(C, x, y, seed, level)
    if in_notebook():
        return root.play(ask=True)
    asked = chosen(root, kinds, whole(n, "n", 1), seed or 0)
    Session(root, asked).run()
    return None


def _root(C: object, x: object, y: object, seed: int | None, level: int | None) -> Value:
    """Return the root of the graph to ask about."""
    if callable(C) and not isinstance(C, Value):
        if x is None or y is None:
            raise TypeError("quiz(model, x, y) takes one example as well: its inputs x and desired outputs y")
        outputs, desired = _listed(C(x)), _listed(y)
        C = apply(rules.squared_error, *outputs, *desired)
    elif x is not None or y is not None:
        raise TypeError(f"x and y belong to a model, as in quiz(model, x, y); got {told(C)}")
    if isinstance(C, Value) and seed is None and level is None:
        return C
    return exercise(C, seed=seed or 0, level=level).root  # type: ignore[arg-type]  # it refuses other types


def _listed(xs: Any) -> list[Any]:
    return list(xs) if isinstance(xs, list | tuple) else [xs]


def in_notebook() -> bool:
    """Return whether a notebook's kernel runs this."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def chosen(root: Value, kinds: str | Iterable[str] | None, n: int, seed: int) -> list[Question]:
    """Return some of the questions about a graph: of each kind, easy kinds first, by chance within a kind.

    >>> [one.kind for one in chosen(exercise("shared").root, None, 4, 0)]
    ['value', 'slope', 'factor', 'gradient']
    """
    every = questions(root, kinds=kinds)
    rng = random.Random(seed)
    by_kind: dict[str, list[Question]] = {}
    for question in every:
        by_kind.setdefault(question.kind, []).append(question)
    for several in by_kind.values():
        rng.shuffle(several)
    taken: list[Question] = []
    while len(taken) < min(n, len(every)):
        for several in sorted(
            by_kind.values(), key=lambda some: some[0].kind != "gradient" if some else True
        ):
            if several and len(taken) < n:
                taken.append(several.pop())
    place = {kind: k for k, kind in enumerate(by_kind)}
    return sorted(taken, key=lambda question: place[question.kind])


@dataclass
class Session:
    """One quiz under way: what was asked, and how it went."""

    root: Value
    asked: Sequence[Question]
    right: int = 0
    helped: int = 0
    tried: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Ask one question after the other, until they end or the learner does."""
        print(HELP)
        ended = False
        for k, question in enumerate(self.asked, start=1):
            print(f"\n{k}/{len(self.asked)}  {question.prompt}")
            if not self._ask(question):
                ended = True
                break
        self._summary(ended=ended)

    def _ask(self, question: Question) -> bool:
        """Ask one question until it is answered, skipped, or the end; return whether to go on."""
        hints, first = list(question.hints), True
        while True:
            try:
                text = input("> ").strip()
            except (EOFError, KeyboardInterrupt):
                print()
                return False
            if text.lower() in {"q", "quit", "exit"}:
                return False
            if text.lower() in {"skip", "s"}:
                return True
            if text.lower() in {"e", "explain"}:
                print(question.explanation)
                self.helped += 1
                return True
            if text == "?":
                print(hints.pop(0) if hints else NO_MORE_HINTS)
            elif not text:
                print(HELP)
            else:
                verdict = check(question, text)
                print(verdict)
                if verdict.kind != "unread" and first:
                    self.tried += 1
                    self.right += bool(verdict)
                    first = False
                if verdict:
                    return True
                self._count(verdict)

    def _count(self, verdict: Verdict) -> None:
        if verdict.kind == "told":
            self.mistakes.update(name for name in verdict.mistakes if name in TABLE)

    def _summary(self, *, ended: bool) -> None:
        """Say how it went."""
        if not self.tried:
            print("No answers. In a script, check(question, answer) judges one.")
            return
        at_once = f"{self.right} of {counted(self.tried, 'question', 'questions')} right at the first try."
        print(f"{'Ended. ' * ended}{capital(at_once)}")
        for name, count in self.mistakes.most_common(3):
            print(f"{counted(count, 'time', 'times')}: {did(name)}. See notebook {TABLE[name].chapter}.")
