"""A gradient ledger: how far each example and each epoch has moved each parameter.

A step of gradient descent is a sum. The gradient is the average of the examples' gradients, plus weight
decay; momentum and Adam's average m̂ are weighted sums of gradients; and Adam divides all of it by the same
√v̂ + ε. So every step divides exactly among its sources, and the shares of all steps add up to the movement.

This is bookkeeping, not cause: had an example been left out, all later gradients would have differed.

>>> from nn import MLP, fit
>>> model = MLP(1, [1], bias=False)
>>> model.load_state_dict({"w^(1)": 0.0})
>>> history = fit(model, [1.0, 2.0], [1.0, 0.0], lr=0.1, epochs=3, ledger=True)
>>> history.why("w^(1)")
w^(1) moved by 0.175, from 0 to 0.175, in 3 epochs
  example 0  +0.275  x = 1, y = 1
  example 1  −0.1    x = 2, y = 0
  epoch 1    +0.1
  epoch 2    +0.05
  epoch 3    +0.025
This is bookkeeping, not cause: the shares add up to the movement, but without one
of the examples all later steps would have differed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from engine import Value
from engine.arguments import closest
from engine.characters import printable, shortened
from engine.labels import number
from engine.numeric import is_real, short, told

from .module import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .module import Module
    from .optim import Optimizer, Parameter

    Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

DECAY, BEFORE, BETWEEN = "weight decay", "momentum from before", "changed between steps"
OTHERS = (DECAY, BEFORE, BETWEEN)
"""What moves a parameter besides examples: separate accounts, after those of the examples."""

STRETCHES = 400
"""The maximum number of stretches of epochs; in longer runs neighbours are added up."""


class Stretch(NamedTuple):
    """How far each parameter moved within some epochs."""

    first: int
    last: int
    moved: Array


class Books(NamedTuple):
    """The state of a ledger: never changed, only replaced, so that a step can be undone."""

    memory: Array
    """Each account's share of the optimiser's memory: a row for each account."""
    moved: Array
    """How far each account has moved each parameter."""
    now: Array
    """The parameters after the last booking."""
    spans: tuple[Stretch, ...] = ()


class GradientLedger:
    """The accounts of one training run; ``fit(…, ledger=True)`` keeps them in ``history.ledger``."""

    def __init__(
        self,
        model: Module,
        parameters: Sequence[Parameter],
        optimizer: Optimizer,
        examples: Iterable[tuple[Any, Any]],
    ) -> None:
        self.parameters, self.examples = list(parameters), tuple(examples)
        self.names = _names(model, self.parameters)
        self.start = np.array([p.data for p in self.parameters])
        place = {p: k for k, p in enumerate(self.parameters)}
        self._columns = np.array([place[p] for p in optimizer.parameters])
        self.accounts = (*(f"example {k}" for k in range(len(self.examples))), *OTHERS)
        memory = np.zeros((len(self.accounts), len(self._columns)))
        memory[self._row(BEFORE)] = optimizer.memory()
        self.books = Books(memory, np.zeros((len(self.accounts), len(self.parameters))), self.start)

    def _row(self, other: str) -> int:
        return len(self.examples) + OTHERS.index(other)

    def one_by_one(self, costs: Iterable[Value], *, maximise: bool) -> Array:
        """Return the gradient of each cost as a row; the parameters' own gradients do not change."""
        whole, rows = [p.grad for p in self.parameters], []
        try:
            for C in costs:
                for p in self.parameters:
                    p.grad = 0.0
                C.backward()
                rows.append([p.grad for p in self.parameters])
        finally:
            for p, g in zip(self.parameters, whole, strict=True):
                p.grad = g
        return np.array(rows) * (-1.0 if maximise else 1.0)

    @np.errstate(all="ignore")  # as with floats: an overflow is an infinity, which fit reports
    def book(
        self,
        epoch: int,
        optimizer: Optimizer,
        batch: Sequence[int],
        *,
        gradients: Array,
        before: Sequence[float] | Array,
        after: Sequence[float] | Array,
    ) -> None:
        """Book a step of a batch that the optimiser has just taken from ``before`` to ``after``.

        ``gradients`` has a row for each example of the batch: its gradient as passed to the optimiser.
        """
        start, end = np.asarray(before), np.asarray(after)
        books = self._changed(epoch, start)
        columns = self._columns
        parts = np.zeros_like(books.memory)
        parts[list(batch)] = gradients[:, columns] / len(batch)
        parts[self._row(DECAY)] = optimizer.weight_decay * start[columns]
        memory, step = optimizer.split(books.memory, parts)
        moved = books.moved.copy()
        moved[:, columns] += step
        self.books = Books(memory, moved, end, _added(books.spans, Stretch(epoch, epoch, end - start)))

    def change(self, epoch: int, numbers: Iterable[float]) -> None:
        """Book a change of the parameters to these numbers that was not a step."""
        self.books = self._changed(epoch, np.array([*numbers]))

    def _changed(self, epoch: int, now: Array) -> Books:
        books = self.books
        difference = now - books.now
        if not difference.any():
            return books
        moved = books.moved.copy()
        moved[self._row(BETWEEN)] += difference
        return Books(books.memory, moved, now, _added(books.spans, Stretch(epoch, epoch, difference)))

    def why(self, w: Value | str) -> Movement:
        """Return how far each example and each epoch has moved a parameter, given as a Value or by name.

        Raises ValueError for anything that was not a parameter of the training run.
        """
        if isinstance(w, str) and w in self.names:
            k = self.names.index(w)
        elif isinstance(w, Value) and w in self.parameters:
            k = self.parameters.index(w)
        else:
            raise ValueError(
                f"the ledger has no parameter {short(w) if isinstance(w, str) else told(w)}; "
                f"pass one of the model's, or its name: {self._suggested(w)}"
            )
        return self.movement(k)

    def movement(self, k: int) -> Movement:
        """Return how far each example, and each epoch, has moved the k-th parameter of ``names``."""
        books, n = self.books, len(self.examples)
        shares = books.moved[:, k].tolist()
        return Movement(
            name=self.names[k],
            start=float(self.start[k]),
            end=float(books.now[k]),
            examples=tuple(Booked(f"example {j}", shares[j], *self.examples[j]) for j in range(n)),
            others=tuple(Booked(what, x) for what, x in zip(OTHERS, shares[n:], strict=True) if x),
            epochs=tuple((first, last, float(moved[k])) for first, last, moved in books.spans),
        )

    def _suggested(self, w: object) -> str:
        """Return the names that begin with a wrong one, or the one most similar to it, or the first ones."""
        close = []
        if isinstance(w, str):
            close = [name for name in self.names if name.startswith(f"{w}^")]
            if not close and (similar := closest(w, self.names)):
                close = [similar]
        more = not close and len(self.names) > 4
        return ", ".join(close or self.names[:4]) + ", …" * more

    def to_dict(self) -> dict[str, Any]:
        """Return the whole ledger as plain lists, for JSON; one number for each parameter in each list.

        ``parameters`` has the names, ``start`` and ``end`` the numbers, ``examples`` a list for each example,
        ``others`` one for each account that moved anything besides them, and ``epochs`` the movement of each
        span of epochs, ``first`` to ``last``. The lists of ``examples`` and ``others`` add up to end − start,
        and so do those of ``epochs``.
        """
        books, n = self.books, len(self.examples)
        rows = books.moved.tolist()
        return {
            "parameters": self.names,
            "start": self.start.tolist(),
            "end": books.now.tolist(),
            "examples": rows[:n],
            "others": {what: row for what, row in zip(OTHERS, rows[n:], strict=True) if any(row)},
            "epochs": [
                {"first": first, "last": last, "moved": moved.tolist()} for first, last, moved in books.spans
            ],
        }

    def __repr__(self) -> str:
        return f"<GradientLedger of {counted(len(self.names))} and {counted(len(self.examples), 'example')}>"


def _added(spans: tuple[Stretch, ...], new: Stretch) -> tuple[Stretch, ...]:
    """Return the spans with another movement: within the last one if it belongs there."""
    if spans and new.first <= spans[-1].last:
        *others, last = spans
        return (*others, Stretch(last.first, last.last, last.moved + new.moved))
    wide = spans[0].last - spans[0].first + 1 if spans else 1
    if spans and spans[-1].last - spans[-1].first + 1 < wide:
        *others, last = spans
        return (*others, _joined(last, new))
    if len(spans) == STRETCHES:
        spans = tuple(_joined(a, b) for a, b in zip(spans[::2], spans[1::2], strict=True))
    return (*spans, new)


def _joined(a: Stretch, b: Stretch) -> Stretch:
    return Stretch(a.first, b.last, a.moved + b.moved)


def _names(model: Module, parameters: Iterable[Parameter]) -> list[str]:
    """Return the model's names of the parameters, and labels or numbers for others."""
    named = getattr(model, "named_parameters", dict)
    known: dict[Parameter, str] = {p: name for name, p in dict(named()).items()}
    names = [known.get(p) or getattr(p, "label", "") or f"parameter {k}" for k, p in enumerate(parameters)]
    return [printable(name) for name in names]


# ── The ledger's report on one parameter ──────────────────────────────────────────────────────────

SHOWN = 12
"""The maximum number of lines printed for examples, and for epochs."""
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Booked:
    """What moved a parameter, and how far; for an example, with its input and desired output."""

    what: str
    moved: float
    x: Any = None
    y: Any = None


@dataclass(frozen=True, slots=True, repr=False)
class Movement:
    """How a parameter moved from its start to its end.

    The shares of ``examples`` and ``others`` add up to ``moved``, and so do the movements in ``epochs``.
    """

    name: str
    start: float
    end: float
    examples: tuple[Booked, ...]
    """One for each example, in the order in which they were passed to ``fit``."""
    others: tuple[Booked, ...]
    """Weight decay, momentum from before the run, and changes that no step made, if they moved it."""
    epochs: tuple[tuple[int, int, float], ...]
    """The movement of each span of epochs: its first, its last, how far."""

    @property
    def moved(self) -> float:
        """The total movement."""
        return self.end - self.start

    def rows(self) -> list[tuple[str, float]]:
        """Return what moved the parameter, and how far: the examples, then everything else."""
        return [(share.what, share.moved) for share in (*self.examples, *self.others)]

    def largest(self, most: int) -> list[Booked]:
        """Return what moved it: at most ``most`` examples, largest shares first, then everything else.

        The remaining examples are added up in one share. With few examples, they keep their order.

        >>> shares = [Booked(f"example {k}", x) for k, x in enumerate((0.5, -2.0, 0.25))]
        >>> moved = Movement("w", 0.0, -1.25, tuple(shares), (), ())
        >>> [(share.what, share.moved) for share in moved.largest(2)]
        [('example 1', -2.0), ('2 more examples', 0.75)]
        """
        chosen, rest = list(self.examples), []
        if len(chosen) > most:
            chosen.sort(key=lambda share: -abs(share.moved))
            chosen, rest = chosen[: most - 1], chosen[most - 1 :]
        more = [Booked(f"{len(rest)} more examples", sum(share.moved for share in rest))] if rest else []
        return [*chosen, *more, *self.others]

    def to_dict(self) -> dict[str, Any]:
        """Return name, start, end, movement, shares by example and by other account, and epochs, for JSON."""
        return {
            "name": self.name,
            "start": self.start,
            "end": self.end,
            "moved": self.moved,
            "examples": [share.moved for share in self.examples],
            "others": {share.what: share.moved for share in self.others},
            "epochs": [{"first": first, "last": last, "moved": x} for first, last, x in self.epochs],
        }

    def __repr__(self) -> str:
        count = self.epochs[-1][1] if self.epochs else 0
        head = (
            f"{self.name} moved by {number(self.moved, DIGITS)}, from {number(self.start, DIGITS)} "
            f"to {number(self.end, DIGITS)}, in {count} epoch" + "s" * (count != 1)
        )
        lines = [(share.what, share.moved, _note(share)) for share in self.largest(SHOWN)]
        lines += self._by_epoch()
        if not any(x for _, x, _ in lines):
            return f"{head}: no step moved it"
        wide = max(len(what) for what, _, _ in lines)
        told = [
            f"  {what:{wide}}  {text}  {note}".rstrip()
            for (what, _, note), text in zip(lines, _aligned([x for _, x, _ in lines]), strict=True)
        ]
        return "\n".join([head, *told, CAUTION])

    def _by_epoch(self) -> list[tuple[str, float, str]]:
        """Return a line for each epoch; if there are many, for a few stretches of equal length."""
        every = next(n for n in _round_numbers() if len(self.epochs) <= n * SHOWN)
        lines = []
        for start in range(0, len(self.epochs), every):
            part = list(islice(self.epochs, start, start + every))
            first, last = part[0][0], part[-1][1]
            what = f"epoch {first}" if first == last else f"epochs {first} to {last}"
            lines.append((what, sum(x for _, _, x in part), ""))
        return lines


def _round_numbers() -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50, and so on."""
    return (first * 10**zeros for zeros in count() for first in (1, 2, 5))


def _note(share: Booked) -> str:
    """Return the numbers of an example; nothing for any other share."""
    return "" if share.x is None and share.y is None else f"x = {_brief(share.x)}, y = {_brief(share.y)}"


def _aligned(xs: Sequence[float]) -> list[str]:
    """Return numbers with their signs, aligned at the decimal point.

    >>> _aligned([0.25, -1.0, 0.0])
    ['+0.25', '−1   ', ' 0   ']
    """
    signed = [("+" if x > 0 else " " if x == 0 else "") + number(x, DIGITS) for x in xs]
    whole = max(len(text.split(".")[0]) for text in signed)
    placed = [" " * (whole - len(text.split(".")[0])) + text for text in signed]
    wide = max(map(len, placed))
    return [text.ljust(wide) for text in placed]


def _brief(x: Any) -> str:
    """Return one or several numbers with few digits, and anything else unchanged."""
    several = hasattr(x, "__len__") and not isinstance(x, str)
    xs = list(x) if several else [x]
    if not all(is_real(item) for item in xs):
        return short(x)
    shown = ", ".join(number(float(item), DIGITS) for item in xs)
    return shortened(f"[{shown}]" if several else shown, 40)


CAUTION = """\
This is bookkeeping, not cause: the shares add up to the movement, but without one
of the examples all later steps would have differed."""
