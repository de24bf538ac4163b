"""Questions about one step of gradient descent: a leaf's new number, and the new cost.

>>> from engine import Value, questions
>>> w, x, y = Value(2.0, label="w"), Value(3.0, label="x"), Value(5.0, label="y")
>>> for question in questions((w * x - y) ** 2, kinds=["step", "cost"], about=w):
...     print(question, question.answer)
w = 2 takes one step down the gradient, with learning rate 0.1. Where is it then? 1.4
w takes one step down the gradient, with rate 0.1, to 1.4. What is C then? 0.64
"""

from __future__ import annotations

import copy
from itertools import chain
from math import isfinite, nan
from typing import TYPE_CHECKING

from engine import graph
from engine.chain import forward
from engine.formula import symbol
from engine.labels import bracketed
from engine.neurons import parameters_of, weighted_sums
from engine.numeric import Unevaluable

from .asked import Asked, Question, Wrong, same
from .mistakes import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .mistakes import Mistake
    from .predictions import Room

RATES = (0.5, 0.1, 0.01)
"""Learning rates for a step: the first that decreases the root is used."""
LARGEST = 999.0


def _movable(asked: Asked) -> list[int]:
    """Return the boxes of the parameters: weights and biases if there are any, else all leaves."""
    sums = chain.from_iterable(weighted_sums(asked.key.nodes).values())
    own = {parameter for z in sums for parameter in parameters_of(z)}
    leaves = asked.leaves()
    found = [i for i in leaves if asked.key.nodes[i] in own]
    if not found and any(asked.name(i).startswith("w") for i in leaves):
        found = [i for i in leaves if asked.name(i)[:1] in {"w", "b"}]
    return found or leaves


def _moving(asked: Asked) -> Iterator[int]:
    """Yield the boxes to ask about: those that a step changes."""
    return (i for i in asked.few(_movable(asked)) if asked.key.answers[i])


def step(asked: Asked) -> Iterator[Question]:
    """Ask for a leaf's number after one step of gradient descent."""
    for i in _moving(asked):
        yield _step(asked, i, _rate(asked, i))


def _step(asked: Asked, i: int, rate: float) -> Question:
    x, g, name = asked.key.exact.values[i], asked.key.answers[i], asked.name(i)
    low, high = asked.key.room[i]
    new, room = x - rate * g, (x - rate * high, x - rate * low)
    wrong = [
        Wrong(x + rate * g, "the step goes uphill: along the gradient and not against it"),
        Wrong(x - g, "the learning rate is left out"),
        Wrong(-rate * g, "the step alone is written, and not where it leads"),
        Wrong(rate * g, "the step alone is written, and not where it leads"),
    ]
    wrong += [Wrong(x - rate * slope, made.did, made.name) for slope, made in _wrong_slopes(asked, i)]
    choices, judge = asked.about_number(new, room, wrong, f"the new {name}")
    here, slope = asked.words.show(x), asked.words.show(g)
    formula = f"{here} − {rate} · {bracketed(slope)}"
    return Question(
        "step",
        f"{name} = {here} takes one step down the gradient, with learning rate {rate}. Where is it then?",
        asked.show(new),
        asked.node(i),
        rf"{symbol(name).latex()} - \eta \, {asked.gradient_latex(i)}",
        room,
        choices,
        (
            "Downhill is against the gradient.",
            f"{name} − {rate} · {asked.words.gradient(i)}",
            f"{formula} = …",
        ),
        judge,
        lambda: (
            f"{name} − {rate} · {asked.words.gradient(i)} = {formula} = {asked.words.show(new)}\n"
            f"{asked.explained(i)}"
        ),
    )


def _wrong_slopes(asked: Asked, i: int) -> Iterator[tuple[float, Mistake]]:
    """Yield the gradients that mistakes lead to in a box, made everywhere or at a single node."""
    for made in sorted((TABLE[name] for name in asked.key.singles), key=lambda made: -made.share):
        for numbers in (asked.key.made(made.name), *asked.key.here.get(made.name, ())):
            yield numbers[i], made


def cost(asked: Asked) -> Iterator[Question]:
    """Ask for the root's number after a step of one leaf."""
    old = asked.key.exact.values[0]
    for i in _moving(asked):
        rate = _rate(asked, i)
        new, room = _after(asked, i, rate)
        if abs(new) <= LARGEST and room[1] < old and not same(new, old):
            yield _cost(asked, i, rate, (new, room))


def _rate(asked: Asked, i: int) -> float:
    """Return the learning rate for a step of one leaf: the first that decreases the root."""
    x, slope, old = asked.key.exact.values[i], asked.key.answers[i], asked.key.exact.values[0]
    for rate in RATES:
        new = _root_at(asked, i, x - rate * slope)
        if new < old and abs(new) <= LARGEST:
            return rate
    return RATES[-1]


def _after(asked: Asked, i: int, rate: float) -> tuple[float, Room]:
    """Return the root's number after a step of one leaf, and its interval; NaN if a rule has no value."""
    x, low, high = asked.key.exact.values[i], *asked.key.room[i]
    found = [_root_at(asked, i, x - rate * slope) for slope in (asked.key.answers[i], low, high)]
    if not all(map(isfinite, found)):
        return nan, (nan, nan)
    lowest, highest = asked.values[0]
    width = highest - lowest
    return found[0], (min(found) - width, max(found) + width)


def _root_at(asked: Asked, i: int, x: float) -> float:
    """Return the root's number with one leaf changed; NaN outside the domain of a rule."""
    scratch = asked.scratch
    leaf, own = scratch[i], scratch[i].data
    leaf.data = x
    try:
        scratch[0].refresh()
    except Unevaluable:
        return nan
    finally:
        leaf.data = own
    return scratch[0].data


def _cost(asked: Asked, i: int, rate: float, found: tuple[float, Room]) -> Question:
    (new, room), root, name = found, asked.name(0), asked.name(i)
    x, g, old = asked.key.exact.values[i], asked.key.answers[i], asked.key.exact.values[0]
    moved = asked.words.show(x - rate * g)
    wrong = [
        Wrong(
            old - rate * g * g, f"{root} is taken along its tangent; the forward pass gives the number itself"
        ),
        Wrong(_root_at(asked, i, x + rate * g), "the step goes uphill"),
        Wrong(
            old - rate * g, "the derivative is subtracted once: the change is the step times the derivative"
        ),
        Wrong(old, "the step is left out"),
    ]
    choices, judge = asked.about_number(
        new, room, [one for one in wrong if isfinite(one.number)], f"the new {root}"
    )

    def explained() -> str:
        twin = copy.deepcopy(asked.root)
        graph.topological_order(twin)[::-1][i].data = x - rate * g
        twin.refresh()
        return f"{name} = {moved}, and forward once more:\n{forward(twin, names=False)}"

    return Question(
        "cost",
        f"{name} takes one step down the gradient, with rate {rate}, to {moved}. What is {root} then?",
        asked.show(new),
        asked.node(i),
        symbol(root).latex(),
        room,
        choices,
        (
            f"Go forward once more, with {name} = {moved}.",
            f"It was {asked.words.show(old)} before, and falls.",
        ),
        judge,
        explained,
    )
