"""Questions in the terminal, one at a time, with verdicts, hints, explanations, and a summary at the end."""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine import graph, rules
from engine.arguments import advised
from engine.chain import forward
from engine.formula.symbols import derivative
from engine.functions import apply
from engine.numeric import told, whole
from engine.value import Value

from .asked import given
from .exercises import exercise, twin_of
from .mistakes import TABLE
from .questions import questions, verdict_on
from .slips import show
from .wording import capital, did, in_words, own_names, typeset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .asked import Question
    from .verdicts import Verdict

HELP = "Answer with a number, such as −0.5 or 3/4, or a name.   ? hint   e explanation   skip   q end"
NO_MORE_HINTS = "There are no more hints; e shows the whole explanation."
NO_ANSWERS = "No answer was given. In a script or a cell, check(question, answer) judges one."
NONE_TRIED = "Ended. No question was answered."
ENDS = {"q", "quit", "exit"}
LONGEST = 20
"""The most leaves, and the most nodes, to print; a picture shows a larger graph better."""


@advised
def quiz(
    C: Any,
    x: Any = None,
    y: Any = None,
    *,
    kinds: str | Iterable[str] | None = None,
    n: int = 10,
    seed: int | None = None,
    level: int | None = None,
) -> Any:
    """Ask questions about a graph in the terminal, judge the answers, and name the mistakes behind them.

    ``C`` is the root of a graph, used with its own numbers, or with new ones if ``seed`` is given (see
    ``exercise``); or the name of a shape such as "2-2-1", with a ``level`` from 1 to 3; or a model, with the
    inputs ``x`` and the desired outputs ``y`` of one example: the questions are then about the squared error.
    ``n`` is the largest number of questions, and ``kinds`` selects their kinds (see ``questions``). Answers
    are text; ? gives a hint, e the explanation, skip the answer, and q or Ctrl-D ends the quiz. If a number
    may come from more than one mistake, the quiz asks for one more box. Nothing is stored anywhere.

    In a notebook, return a page with questions (see ``play``), which the notebook shows; ``n`` and ``kinds``
    do not apply there.

    Raises TypeError and ValueError as ``exercise`` and ``questions`` do, and for a model without an example.
    """
    root = _root(C, x, y, seed, level)
    if in_notebook():
        return root.play(ask=True)
    asked = chosen(root, kinds, whole(n, "n", 1), seed or 0)
    if not asked:
        why = "of these kinds; leave kinds out" if root.parents else "it is one leaf; pass a larger one"
        raise ValueError(f"there is nothing to ask about this graph: {why}")
    Session(root, asked).run()
    return None


def _root(C: Any, x: Any, y: Any, seed: int | None, level: int | None) -> Value:
    """Return the root of the graph to ask about."""
    if callable(C):
        if x is None or y is None:
            raise TypeError("quiz(model, x, y) takes one example too: its inputs x and its desired outputs y")
        given = _listed(y)
        called = [f"y_{j}" if len(given) > 1 else "y" for j in range(len(given))]
        desired = [Value(number, label=name) for number, name in zip(given, called, strict=True)]
        C = apply(rules.squared_error, *_listed(C(x)), *desired)
    elif x is not None or y is not None:
        raise TypeError(f"x and y go with a model, as in quiz(model, x, y); got {told(C)}")
    if not isinstance(C, Value | str):
        raise TypeError(
            f"quiz takes the root of a graph, a Value, a shape's name, or a model with x and y; got {told(C)}"
        )
    if isinstance(C, Value) and seed is None and level is None:
        return C
    return exercise(C, seed=0 if seed is None else seed, level=level).root


def _listed(xs: Any) -> list[Any]:
    return list(xs) if isinstance(xs, list | tuple) else [xs]


def in_notebook() -> bool:
    """Return whether a notebook's kernel runs this."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def chosen(root: Value, kinds: str | Iterable[str] | None, n: int, seed: int) -> list[Question]:
    """Return some of the questions about a graph: random ones within a kind, easy kinds first.

    Values come in the order of the forward pass. The kinds take turns, with a gradient before every second
    one. The second gradient is with respect to a desired output y, if there is one: a lost minus sign shows
    nowhere else.

    >>> [one.kind for one in chosen(exercise("shared").root, None, 6, 0)]
    ['value', 'slope', 'order', 'gradient', 'gradient', 'most']
    """
    every = questions(root, kinds=kinds)
    rng = random.Random(seed)
    by_kind: dict[str, list[Question]] = {}
    for question in every:
        by_kind.setdefault(question.kind, []).append(question)
    for kind, several in by_kind.items():
        if kind == "value":
            several.reverse()  # start at the leaves: a value needs those before it
        else:
            rng.shuffle(several)
    gradients = by_kind.get("gradient", [])
    gradients[:-1] = sorted(gradients[:-1], key=lambda question: question.node.label[:1] == "y")
    others = [kind for kind in by_kind if kind != "gradient"] or ["gradient"]
    turns = [turn for k, kind in enumerate(others) for turn in ([] if k % 2 else ["gradient"]) + [kind]]
    taken: list[Question] = []
    while len(taken) < min(n, len(every)):
        taken += [by_kind[kind].pop() for kind in turns if by_kind.get(kind)]
    places = {question.prompt: k for k, question in enumerate(every)}
    return sorted(taken[:n], key=lambda question: places[question.prompt])


@dataclass
class Session:
    """A quiz in progress: its questions and the results so far."""

    root: Value
    asked: Sequence[Question]
    names: Mapping[Value, str] = field(default_factory=dict)
    """The names of nodes: such an answer is not a command, even if it is s, e or q."""
    known: set[Value] = field(default_factory=set)
    """Nodes whose gradients were answered or shown: no verdict requests them again."""
    typed: bool = False
    tried: int = 0
    skipped: int = 0
    right: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)

    @property
    def signs(self) -> dict[str, Value]:
        """The nodes by the notation for their gradients, ∂C/∂w."""
        return {derivative(self.names[self.root], name): node for node, name in self.names.items()}

    def run(self) -> None:
        """Ask one question after another, until none is left or the learner quits."""
        self.names = own_names(self.root)
        twin, _ = twin_of(self.root, self.names)
        print(self._introduction(twin), HELP, sep="\n")
        ended, shown = False, False
        for k, question in enumerate(self.asked, start=1):
            if question.kind != "value" and not shown:
                print(self._forward(twin))
                shown = True
            print(f"\n{k}/{len(self.asked)}  {question.prompt}")
            if not self._ask(question):
                ended = True
                break
        print(self._summary(ended=ended))

    @staticmethod
    def _introduction(twin: Value) -> str:
        """Return a description of the graph: the numbers of the leaves, and how each node is computed."""
        leaves = [leaf for leaf in graph.leaves(twin) if leaf.rule is None]
        lines = given(twin)
        if len(leaves) + len(lines) - 1 > 2 * LONGEST:
            return f"{len(leaves):,} leaves and {len(lines) - 1:,} further nodes; its picture helps: draw(C)."
        return "\n".join(lines)

    @staticmethod
    def _forward(twin: Value) -> str:
        """Return a line with the values, which all later questions take as known."""
        lines = forward(twin, names=False).lines[-LONGEST:]
        return "\nForward: " + ", ".join(f"{line.name} = {typeset(show(line.value))}" for line in lines)

    def _ask(self, question: Question) -> bool:
        """Ask one question until it is answered or skipped, or the quiz ends; return whether to go on."""
        hints, first, boxes = list(question.hints), True, set[str]()
        while (text := _typed("> ")) is not None:
            self.typed = True
            word = "" if question.room is None and text in self.names.values() else text.lower()
            if word in ENDS:
                return False
            if word in {"skip", "s", "e", "explain"}:
                print(question.explanation if word[0] == "e" else f"It is {typeset(question.answer)}.")
                self.skipped += first
                return self._shown(question)
            if word in {"?", "hint", "help"}:
                print(hint := hints.pop(0) if hints else NO_MORE_HINTS)
                self._shown(question, hint)
            elif not text:
                print(HELP)
            else:
                verdict = verdict_on(question, text, known=self.known)
                if verdict.asks_for in boxes:  # never request the same box twice
                    verdict = replace(verdict, asks_for="", follow_up=None)
                print(verdict)
                if first and verdict.kind != "unread":
                    first = False
                    self.tried += 1
                    self.right += bool(verdict)
                if verdict:
                    return self._shown(question)
                if not self._more(question, text, verdict, boxes):
                    return False
        return False

    def _shown(self, question: Question, hint: str = "") -> bool:
        """Note the gradient that the learner knows now, or those in a hint; return True: the quiz goes on."""
        if question.kind == "gradient":
            named = {node for sign, node in self.signs.items() if f"{sign} = " in hint}
            self.known |= named or {question.node}
        return True

    def _more(self, question: Question, text: str, verdict: Verdict, boxes: set[str]) -> bool:
        """Ask for more boxes, as long as one helps to explain a number; return whether to go on."""
        more: list[str] = []
        rights = set()
        while box := verdict.asks_for:
            boxes.add(box)
            number = _typed(f"{box} = (Enter leaves it out) ")
            if number is None or number.lower() in ENDS:
                return False
            if number.lower() in {"", "s", "skip"}:
                break
            found = verdict_on(question, text, more=[*more, number], known=self.known)
            print(found)
            if found.kind != "unread":
                more.append(number)
                verdict = found
                [asked] = questions(self.root, kinds="gradient", about=self.signs[box])
                rights |= {asked.node} if verdict_on(asked, number) else set()
        self.known |= rights
        self._count(verdict)
        return True

    def _count(self, verdict: Verdict) -> None:
        if verdict.kind == "told":
            self.mistakes.update(name for name in verdict.mistakes if name in TABLE)

    def _summary(self, *, ended: bool) -> str:
        """Return a summary of the results."""
        if not self.tried:
            return f"\n{NONE_TRIED}" if self.typed else NO_ANSWERS
        skipped = f" {capital(in_words(self.skipped))} not tried." if self.skipped else ""
        lines = [f"\n{'Ended. ' * ended}{self.right} of {self.tried} right at the first try.{skipped}"]
        for name, count in self.mistakes.most_common(3):
            times = {1: "once", 2: "twice"}.get(count, f"{count} times")
            lines.append(f"{capital(times)}, {did(name)}: see notebook {TABLE[name].chapter}.")
        return "\n".join(lines)


def _typed(prompt: str) -> str | None:
    """Return the typed text; None at the end of the input or at Ctrl-C."""
    try:
        return input(prompt).strip()
    except (EOFError, KeyboardInterrupt, RuntimeError):  # for a lost stdin, Python raises RuntimeError
        print()
        return None
