"""The kinds of questions, each a function that yields its questions about one graph, easy ones first.

>>> list(KINDS)
['value', 'slope', 'factor', 'paths', 'order', 'gradient', 'most', 'step', 'cost']
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING

from engine import graph
from engine.chain import explain, forward
from engine.formula import symbol
from engine.labels import bracketed
from engine.neurons import parameters_of, weighted_sums
from engine.numeric import Unevaluable, short

from .asked import DIFFERENT, Asked, Question, Wrong, different
from .mistakes import TABLE
from .passes import workings
from .verdicts import Verdict, family_of
from .wording import capital, counted, listed, typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.chain import Factor

    from .mistakes import Occurrence
    from .predictions import Room

Kind = Callable[[Asked], Iterator[Question]]
KINDS: dict[str, Kind] = {}
"""The kinds by name, in the order in which a learner meets them."""

ARROWS = 4
"""Terms that a hint writes out; of more, it says how many there are."""
RATES = (0.5, 0.1, 0.01)
"""Learning rates for a step: the first that takes the root down is taken."""
LARGEST = 999.0


def kind(function: Kind) -> Kind:
    """Enter a kind of question under the function's name."""
    KINDS[function.__name__] = function
    return function


# ── Forward ───────────────────────────────────────────────────────────────────────────────────────


@kind
def value(asked: Asked) -> Iterator[Question]:
    """Ask for a number of the forward pass."""
    lines = {str(line.name): line for line in forward(asked.root, names=False).lines}
    for i in reversed(range(len(asked.key.nodes))):
        if edges := asked.key.exact.edges[i]:
            sign, x, room = asked.name(i), asked.key.exact.values[i], asked.values[i]
            formula = lines[sign].formula
            choices, judge = asked.about_number(x, room, wrong_values(edges[0][1]), sign)
            yield Question(
                "value",
                f"Forward: {sign} = {formula.text}. What is {sign}?{asked.about_numbers}",
                asked.show(x),
                asked.node(i),
                f"{symbol(sign).latex()} = {formula.latex()}",
                room,
                choices,
                (f"Put in the numbers: {sign} = {formula.with_numbers()}.",),
                judge,
                _line(asked, sign),
            )


def _line(asked: Asked, sign: str) -> Callable[[], str]:
    def explained() -> str:
        line = next(line for line in forward(asked.root, names=False).lines if str(line.name) == sign)
        formula, number = line.formula, asked.words.show(line.value)
        return f"{sign} = {formula.text} = {formula.with_numbers()} = {number}"

    return explained


def wrong_values(at: Occurrence) -> list[Wrong]:
    """Return what a forward pass gives in wrong hands."""
    name, xs, y = at.rule.name, at.operands, at.value
    if at.curved:
        return [
            Wrong(xs[0], "the function is left out"),
            Wrong(at.slope, "the derivative stands for the value"),
        ]
    if name == "affine":
        return [
            Wrong(y - xs[0], "the bias is left out"),
            Wrong(sum(xs), "weight and input are added and not multiplied"),
            Wrong(y - 2 * xs[0], "the bias is subtracted"),
        ]
    if name == "power":
        n = dict(at.rule.parameters)["n"]
        return [Wrong(n * xs[0], "the exponent is taken for a factor"), Wrong(xs[0], "the power is left out")]
    if name == "add":
        return [Wrong(xs[0] * xs[1], "the numbers are multiplied")]
    if name == "mul":
        same = [Wrong(xs[0], "the square is left out")] if at.below and xs[0] == xs[1] else []
        return [Wrong(xs[0] + xs[1], "the numbers are added"), *same]
    if name == "sub":
        return [
            Wrong(-y, "the difference is taken the other way round"),
            Wrong(xs[0] + xs[1], "a minus is lost"),
        ]
    if at.miss is not None:
        return [
            Wrong(at.miss, "the square is left out"),
            Wrong(2 * at.miss, "the derivative stands for the value"),
        ]
    return []


# ── One step of the backward pass ─────────────────────────────────────────────────────────────────


@kind
def slope(asked: Asked) -> Iterator[Question]:
    """Ask for a local derivative: one edge alone."""
    for i, edges in enumerate(asked.key.exact.edges):
        counts = [j for j, _ in edges]
        for k, (j, at) in enumerate(edges):
            constant = not asked.key.nodes[j].parents and asked.key.nodes[j].rule is not None
            if counts.count(j) == 1 and not constant:
                yield _slope(asked, i, j, k, at)


def _slope(asked: Asked, i: int, j: int, k: int, at: Occurrence) -> Question:
    sign = f"∂{asked.name(i)}/∂{asked.name(j)}"
    found = [world.edges[i][k][1].slope for world in asked.key.worlds]
    low, high = min(found), max(found)
    room = low - 0.5 * (high - low), high + 0.5 * (high - low)
    wrong = [
        Wrong(made.slope(at), made.did, made.name)
        for made in sorted(TABLE.values(), key=lambda made: -made.share)
        if made.slope and made.slope(at) != at.slope
    ]
    if i:
        wrong.append(Wrong(asked.key.answers[j], "the whole derivative is meant; here one step is asked for"))
        wrong.append(
            Wrong(asked.key.answers[i], "the number from above is taken; here one step is asked for")
        )
    wrong.append(Wrong(at.value, "the value stands for the derivative"))
    choices, judge = asked.about_number(at.slope, room, wrong, sign)

    def explained() -> str:
        return asked.explained(j, i)

    return Question(
        "slope",
        f"One step only: what is the local derivative {sign}?{asked.about_numbers}",
        asked.show(at.slope),
        asked.node(j),
        asked.gradient_latex(j, i),
        room,
        choices,
        (
            f"Only {asked.name(i)} counts, and how it is made of {asked.name(j)}: nothing from above.",
            f"{sign} = {_formula(asked, i, j)}",
        ),
        judge,
        explained,
    )


def _formula(asked: Asked, i: int, j: int) -> str:
    """Return a local derivative in symbols, as it is explained."""
    (path,) = explain(asked.key.nodes[i], asked.key.nodes[j], through="all", names=False).paths[:1]
    return path.factors[0].alone


@kind
def factor(asked: Asked) -> Iterator[Question]:
    """Ask which factor is missing in a chain of factors."""
    for i in asked.boxes():
        explained = explain(asked.root, asked.key.nodes[i], through="all", names=False)
        if explained.count == 1:
            factors = [one for one in explained.paths[0].factors if one.symbols != "1"]
            if len(factors) > 1:
                yield from _factors(asked, i, factors, str(explained))


def _factors(asked: Asked, i: int, factors: Sequence[Factor], explanation: str) -> Iterator[Question]:
    texts = [one.symbols for one in factors]
    numbers = {one.symbols: one.number for one in factors}
    k = max(range(len(texts)), key=lambda k: ("′" in texts[k], -k))
    right = texts[k]
    below = asked.name(i)
    others = [asked.key.nodes[c] for c in range(len(asked.key.nodes))]
    named = {asked.words.names[node]: node.data for node in others}
    wrong = [right.replace("′", "")] if "′" in right else []
    wrong += [text for text in texts if text != right]
    wrong += [below, "1", "0"]
    known = {**named, **numbers, "1": 1.0, "0": 0.0}
    choices = [
        text for text in dict.fromkeys(wrong) if text != right and not _same(known.get(text), numbers[right])
    ]
    blank = " · ".join("?" if n == k else text for n, text in enumerate(texts))
    sign = asked.words.gradient(i)
    offered = listed(sorted([right, *choices[:3]]), "or")

    def judge(text: str) -> Verdict:
        as_number = asked.agrees(text, numbers[right])
        if typed(text) == typed(right) or as_number:
            return Verdict("right", f"Yes: {right}.")
        if as_number is None and typed(text) not in map(typed, [*known, *wrong]):
            return Verdict("unread", f"{short(text)} is not among these factors; choose {offered}.")
        return Verdict("unknown", f"Not yet. What is {factors[k].derivative}, and how is it made?")

    yield Question(
        "factor",
        f"{sign} = {blank}. Which factor is missing?",
        right,
        asked.node(i),
        factors[k].latex(),
        None,
        tuple(choices[:3]),
        (f"The factors go along the path, one for each arrow: this one is {factors[k].derivative}.",),
        judge,
        lambda: explanation,
    )


def _same(x: float | None, y: float) -> bool:
    return x is not None and abs(x - y) <= DIFFERENT * abs(y)


# ── Paths and order ───────────────────────────────────────────────────────────────────────────────


@kind
def paths(asked: Asked) -> Iterator[Question]:
    """Ask how many paths lead from a node to the root."""
    counts = {i: graph.count_paths(graph.onward(asked.root, asked.key.nodes[i])) for i in asked.boxes()}
    several = [i for i, n in counts.items() if n > 1]
    for i in several or [*counts][-1:]:  # of a chain, once
        explained = explain(asked.root, asked.key.nodes[i], through="all", names=False)
        if explained.count == counts[i]:  # not where one node is two operands: that is one path or two
            yield _paths(asked, i)


def _paths(asked: Asked, i: int) -> Question:
    onward = graph.onward(asked.root, asked.key.nodes[i])
    n, leave = graph.count_paths(onward), len(asked.key.into[i])
    arrows = sum(map(len, onward.values()))
    wrong = [
        Wrong(float(leave), "only the arrows that leave the node are counted"),
        Wrong(float(arrows), "all arrows on the way are counted"),
        Wrong(float(len(onward) - 1), "the nodes on the way are counted"),
    ]
    wrong = [one for one in wrong if one.number != n]
    texts = [str(int(one.number)) for one in wrong] + [str(n + 1), str(n - 1), str(n + 2), str(n + 3)]
    choices = tuple(text for text in dict.fromkeys(texts) if text not in {str(n), "0"})[:3]
    room = (float(n), float(n)) if n < 10**15 else (n * (1 - 1e-9), n * (1 + 1e-9))
    judge = asked.about_number(room[0], room, wrong, "the number of paths")[1]

    def explained() -> str:
        lines, counts = [f"{asked.name(0)} has 1 path to itself."], {asked.root: 1}
        for node, edges in [*reversed(onward.items())][1:]:
            terms = [counts[edge.child] for edge in edges]
            counts[node] = sum(terms)
            through = listed([asked.words.names[edge.child] for edge in edges])
            sums = f" = {' + '.join(f'{term:,}' for term in terms)}" * (len(terms) > 1)
            lines.append(f"{asked.words.names[node]}: {counts[node]:,}{sums}, through {through}.")
        return "\n".join(lines)

    return Question(
        "paths",
        f"How many paths lead from {asked.name(i)} to {asked.name(0)}?",
        str(n),
        asked.node(i),
        room=room,
        choices=choices,
        hints=(
            f"{capital(counted(leave, 'arrow leaves', 'arrows leave'))} {asked.name(i)}.",
            "For each node, add up the paths of the nodes above it; the root itself has one.",
        ),
        judge=judge,
        explain=explained,
    )


@kind
def order(asked: Asked) -> Iterator[Question]:
    """Ask which node can hand on next in the backward pass."""
    inner = [i for i, edges in enumerate(asked.key.exact.edges) if edges]
    done: list[int] = []
    for _ in inner[:-1]:
        ready = [i for i in inner if i not in done and all(c in done for c, _ in asked.key.into[i])]
        waiting = [i for i in inner if i not in done and i not in ready]
        if done and waiting:
            yield _order(asked, [*done], ready, waiting)
        done.append(ready[0])


def _order(asked: Asked, done: list[int], ready: list[int], waiting: list[int]) -> Question:
    names = [asked.name(i) for i in ready]
    late = {asked.name(i): [asked.name(c) for c, _ in asked.key.into[i] if c not in done] for i in waiting}

    def judge(text: str) -> Verdict:
        text = text.strip()
        if text in names:
            return Verdict("right", f"Yes: all arrows into {text} have answered.")
        if text in late:
            missing = listed(list(dict.fromkeys(late[text])))
            message = f"Not yet. {text} still waits for {missing}, and would hand on too early."
            return Verdict("told", message, (("handed_on_too_early",),), "order")
        if text in [asked.name(i) for i in done]:
            return Verdict("unknown", f"{text} has handed on already, and hands on once.")
        return Verdict(
            "unread", f"{text} is not a node that hands on; choose one of {listed([*names, *late], 'or')}."
        )

    def explained() -> str:
        users = {i: dict.fromkeys(asked.name(c) for c, _ in asked.key.into[i]) for i in [*ready, *waiting]}
        return "\n".join(f"{asked.name(i)} is used by {listed([*names])}" for i, names in users.items())

    return Question(
        "order",
        f"The backward pass has done {listed([asked.name(i) for i in done])}. Which node can hand on next?",
        names[0],
        asked.node(ready[0]),
        choices=tuple(late)[:3],
        hints=("A node can hand on when every node that uses it has handed on.",),
        judge=judge,
        explain=explained,
    )


# ── Gradients ─────────────────────────────────────────────────────────────────────────────────────


@kind
def gradient(asked: Asked) -> Iterator[Question]:
    """Ask for the derivative of the root by a node."""
    for i in asked.boxes():
        yield _gradient(asked, i)


def _gradient(asked: Asked, i: int) -> Question:
    key, sign = asked.key, asked.words.gradient(i)

    def judge(text: str) -> Verdict:
        return key.one(i, text)

    def with_more(text: str, more: str) -> Verdict:
        first = key.one(i, text)
        return first if first.follow_up is None else key.with_one_more(i, text, first.follow_up, more)

    def explained() -> str:
        return asked.explained(i)

    return Question(
        "gradient",
        f"What is {sign}?{asked.about_numbers}",
        asked.show(key.answers[i]),
        asked.node(i),
        asked.gradient_latex(i),
        key.room[i],
        distractors(asked, i),
        tuple(_hints(asked, i)),
        judge,
        explained,
        with_more,
    )


def distractors(asked: Asked, i: int) -> tuple[str, ...]:
    """Return wrong answers to a box: from common mistakes, one of each family first, of plausible size."""
    right = asked.key.answers[i]
    low, high = 0.01 * abs(right), 100 * max(abs(right), 0.01)
    made = [(TABLE[name].share, name, asked.key.made(name)[i]) for name in asked.key.occurring]
    made.sort(key=lambda one: -one[0])
    plausible = [(name, asked.show(x)) for _, name, x in made if isfinite(x) and low <= abs(x) <= high]
    first: dict[str, str] = {}
    for name, text in plausible:
        if different([text], asked.show(right), asked.key.room[i], asked.digits):
            first.setdefault(family_of(name), text)
    made_up = [asked.show(x) for x in (-right, 2 * right, right / 2, right + 1)]
    every = [*first.values(), *(text for _, text in plausible), *made_up]
    return different(every, asked.show(right), asked.key.room[i], asked.digits)


def _hints(asked: Asked, i: int) -> Iterator[str]:
    """Yield hints from the rule to the factors."""
    key, name, root = asked.key, asked.name(i), asked.name(0)
    arrows = [(c, key.exact.edges[c][k][1].slope) for c, k in key.into[i]]
    n = len(arrows)
    leave = capital(counted(n, "arrow leaves", "arrows leave"))
    yield f"{leave} {name}: multiply along {'each, then add' if n > 1 else 'it'}."
    if not any(c for c, _ in arrows):
        yield f"∂{root}/∂{name} = {_formula(asked, 0, i)}"
        return
    more = f" + … ({n} terms)" if n > ARROWS else ""
    few = arrows[:ARROWS]
    terms = [
        f"∂{root}/∂{asked.name(c)} · ∂{asked.name(c)}/∂{name}" if c else f"∂{root}/∂{name}" for c, _ in few
    ]
    yield f"∂{root}/∂{name} = {' + '.join(terms)}{more}"
    above = {asked.words.gradient(c): asked.words.show(key.answers[c]) for c, _ in few if c}
    if above:
        yield "From above: " + ", ".join(f"{sign} = {x}" for sign, x in above.items()) + "."
    products = [
        f"{bracketed(asked.words.show(key.answers[c]))} · {bracketed(asked.words.show(d))}" for c, d in few
    ]
    yield f"{' + '.join(products)}{more} = …"


@kind
def most(asked: Asked) -> Iterator[Question]:
    """Ask which leaf moves the root most."""
    answers = asked.key.answers
    leaves = sorted(asked.leaves(), key=lambda i: -abs(answers[i]))
    names = [asked.name(i) for i in leaves]
    if len(leaves) < 2 or _same(abs(answers[leaves[1]]), abs(answers[leaves[0]])):
        return
    root = asked.name(0)

    def judge(text: str) -> Verdict:
        text = text.strip()
        if text == names[0]:
            return Verdict(
                "right", f"Yes: no other derivative is as large as {asked.words.gradient(leaves[0])}."
            )
        if text in names:
            return Verdict(
                "unknown",
                f"Not yet. Compare the sizes of ∂{root}/∂{text} and of the others; signs do not count.",
            )
        return Verdict("unread", f"{text} is not one of them; choose among {listed(names[:8], 'or')}.")

    yield Question(
        "most",
        f"Which of {listed(names[:8], 'or')} moves {root} most, for the same small nudge?",
        names[0],
        asked.node(leaves[0]),
        choices=tuple(names[1:4]),
        hints=("The size of the derivative says how much; its sign says in which direction.",),
        judge=judge,
        explain=lambda: "\n".join(
            f"{asked.words.gradient(i)} = {asked.words.show(answers[i])}" for i in leaves[:8]
        ),
    )


# ── A step down the gradient ──────────────────────────────────────────────────────────────────────


def _movable(asked: Asked) -> list[int]:
    """Return the boxes of what learns: weights and biases where there are some, else all leaves."""
    sums = chain.from_iterable(weighted_sums(asked.key.nodes).values())
    own = {parameter for z in sums for parameter in parameters_of(z)}
    leaves = asked.leaves()
    found = [i for i in leaves if asked.key.nodes[i] in own]
    if not found and any(asked.name(i).startswith("w") for i in leaves):
        found = [i for i in leaves if asked.name(i)[:1] in {"w", "b"}]
    return found or leaves


@kind
def step(asked: Asked) -> Iterator[Question]:
    """Ask what a leaf becomes in one step of gradient descent."""
    for i in _movable(asked):
        if asked.key.answers[i]:
            yield _step(asked, i, _moved(asked, i)[0])


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


@kind
def cost(asked: Asked) -> Iterator[Question]:
    """Ask for the root's number after a step of one leaf."""
    for i in _movable(asked):
        if asked.key.answers[i]:
            rate, new, room = _moved(asked, i)
            old = asked.key.exact.values[0]
            if isfinite(new) and not (_same(new, old) or room[0] <= old <= room[1]):
                yield _cost(asked, i, rate, (new, room))


def _moved(asked: Asked, i: int) -> tuple[float, float, Room]:
    """Return a learning rate, and the root's number with its room after a step of one leaf."""
    rate, old = RATES[-1], asked.key.exact.values[0]
    for rate in RATES:
        try:
            found = [_root_after(asked, i, x) for x in _landings(asked, i, rate)]
        except Unevaluable:
            continue
        if found[0] < old and abs(found[0]) <= LARGEST:
            low, high = min(found), max(found)
            width = asked.values[0][1] - asked.values[0][0]
            return rate, found[0], (low - width, high + width)
    return rate, float("nan"), (0.0, 0.0)


def _landings(asked: Asked, i: int, rate: float) -> list[float]:
    x, g, (low, high) = asked.key.exact.values[i], asked.key.answers[i], asked.key.room[i]
    return [x - rate * slope for slope in (g, low, high)]


def _root_after(asked: Asked, i: int, x: float) -> float:
    """Return the root's number with one leaf moved, on a copy."""
    twin = copy.deepcopy(asked.root)
    graph.topological_order(twin)[::-1][i].data = x
    return workings(twin).values[0]


def _cost(asked: Asked, i: int, rate: float, found: tuple[float, Room]) -> Question:
    (new, room), root, name = found, asked.name(0), asked.name(i)
    x, g, old = asked.key.exact.values[i], asked.key.answers[i], asked.key.exact.values[0]
    moved = asked.words.show(x - rate * g)
    wrong = [
        Wrong(
            old - rate * g * g, f"{root} is taken along its tangent; the forward pass gives the number itself"
        ),
        Wrong(_uphill(asked, i, x + rate * g), "the step goes uphill"),
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


def _uphill(asked: Asked, i: int, x: float) -> float:
    try:
        return _root_after(asked, i, x)
    except Unevaluable:
        return float("nan")
