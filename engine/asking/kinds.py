"""The kinds of questions: for each, a function that yields its questions about a graph, easy ones first.

>>> list(KINDS)
['value', 'slope', 'factor', 'paths', 'order', 'gradient', 'most', 'step', 'cost']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from math import isfinite
from typing import TYPE_CHECKING, Any

from engine import graph
from engine.chain import forward
from engine.formula import symbol
from engine.formula.symbols import derivative
from engine.labels import bracketed
from engine.numeric import short

from . import downhill
from .asked import FEW, Asked, Question, Wrong, different, same
from .mistakes import TABLE
from .slips import read
from .verdicts import Verdict, family_of
from .wording import ON_THE_WAY, capital, counted, fewer, in_words, listed, typed, typeset

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.chain import Factor
    from engine.value import Value

    from .mistakes import Occurrence

Kind = Callable[[Asked], Iterator[Question]]
KINDS: dict[str, Kind] = {}
"""The kinds by name, in the order in which a learner meets them."""

ARROWS = 4
"""The most terms that a hint writes out; if there are more, it gives their number."""


def kind(function: Kind) -> Kind:
    """Register a kind of question under the function's name."""
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
    """Return the numbers that common mistakes give in a forward pass."""
    name, xs, y = at.rule.name, at.operands, at.value
    if at.curved:
        return [
            Wrong(xs[0], "the function is left out"),
            Wrong(at.slope, "the derivative is taken for the value"),
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
            Wrong(-y, "the difference is taken the other way round", "sign_flipped"),
            Wrong(xs[0] + xs[1], "a minus is lost"),
        ]
    if at.miss is not None:
        return [
            Wrong(at.miss, "the square is left out"),
            Wrong(2 * at.miss, "the derivative is taken for the value"),
        ]
    return []


# ── One step of the backward pass ─────────────────────────────────────────────────────────────────


@kind
def slope(asked: Asked) -> Iterator[Question]:
    """Ask for a local derivative: that of a single edge."""
    boxes = {*asked.boxes()}
    for i, edges in enumerate(asked.key.exact.edges):
        uses = Counter(j for j, _ in edges)
        for k, (j, at) in enumerate(edges):
            if uses[j] == 1 and j in boxes:
                yield _slope(asked, i, j, k, at)


def _slope(asked: Asked, i: int, j: int, k: int, at: Occurrence) -> Question:
    sign = derivative(asked.name(i), asked.name(j))
    found = [world.edges[i][k][1].slope for world in asked.key.worlds]
    low, high = min(found), max(found)
    room = low - 0.5 * (high - low), high + 0.5 * (high - low)
    wrong = [
        Wrong(made.slope(at), made.did, made.name)
        for made in sorted(TABLE.values(), key=lambda made: -made.share)
        if made.slope and made.slope(at) != at.slope
    ]
    wrong.append(Wrong(asked.key.answers[j], "the whole derivative is meant; here one step is asked for"))
    if i:
        wrong.append(
            Wrong(asked.key.answers[i], "the upstream gradient is taken; here one step is asked for")
        )
    wrong.append(Wrong(at.value, "the value is taken for the derivative"))
    choices, judge = asked.about_number(at.slope, room, wrong, sign)

    def explained() -> str:
        return asked.explained_local(i, j)

    return Question(
        "slope",
        f"One step only: what is the local derivative {sign}?{asked.about_numbers}",
        asked.show(at.slope),
        asked.node(j),
        asked.gradient_latex(j, i),
        room,
        choices,
        (
            f"Only the step from {asked.name(j)} to {asked.name(i)} matters, not the upstream gradient.",
            f"{sign} = {asked.local(i, j).alone}",
        ),
        judge,
        explained,
    )


@kind
def factor(asked: Asked) -> Iterator[Question]:
    """Ask which factor is missing in a chain of factors."""
    counts = _counts(asked, distinct=True)
    for i in asked.few([i for i in asked.boxes() if counts[i] == 1]):
        path = [one for one in _only_path(asked, i) if one.symbols != "1"]
        if len(path) > 1:
            yield _factor(asked, i, path)


def _only_path(asked: Asked, i: int) -> Iterator[Factor]:
    """Yield the factors along the only path from a box to the root."""
    while i:
        above = asked.key.into[i][0][0]
        yield asked.local(above, i)
        i = above


def _factor(asked: Asked, i: int, factors: Sequence[Factor]) -> Question:
    texts = [one.symbols for one in factors]
    numbers = {one.symbols: one.number for one in factors}
    k = max(range(len(texts)), key=lambda k: ("′" in texts[k], -k))
    right = texts[k]
    below = asked.name(i)
    named = {asked.words.names[node]: node.data for node in asked.key.nodes}
    wrong = [right.replace("′", "")] if "′" in right else []
    wrong += [text for text in texts if text != right]
    wrong += [below, "1", "0"]
    known = {**named, **numbers, "1": 1.0, "0": 0.0}
    choices = [
        text for text in dict.fromkeys(wrong) if text != right and not same(known.get(text), numbers[right])
    ]
    blank = " · ".join("?" if n == k else text for n, text in enumerate(texts))
    sign = asked.words.gradient(i)
    offered = listed(sorted([right, *choices[:3]]), "or")

    def judge(text: str) -> Verdict:
        by_name = typed(text) in map(typed, [*known, *wrong])
        fits = None if by_name else asked.agrees(text, numbers[right])
        if typed(text) == typed(right) or fits:
            return Verdict("right", f"Yes: {right}.")
        if not by_name and fits is None:
            return Verdict("unread", f"{short(text)} is not a factor that I can read; choose {offered}.")
        return Verdict("unknown", f"Not yet. What is {factors[k].derivative}, and how is it made?")

    return Question(
        "factor",
        f"{sign} = {blank}. Which factor is missing?",
        right,
        asked.node(i),
        factors[k].latex(),
        None,
        tuple(choices[:3]),
        (f"The factors go along the path, one for each arrow: this one is {factors[k].derivative}.",),
        judge,
        lambda: asked.explained(i),
    )


# ── Paths and order ───────────────────────────────────────────────────────────────────────────────


@kind
def paths(asked: Asked) -> Iterator[Question]:
    """Ask how many paths lead from a node to the root."""
    counts, merged = _counts(asked), _counts(asked, distinct=True)
    boxes = asked.boxes()
    several = [i for i in boxes if counts[i] > 1]
    plain = [i for i in several or boxes[-1:] if counts[i] == merged[i]]  # for a chain, ask once
    for i in asked.few(plain):  # not if one node is both operands: that may count as one path or two
        yield _paths(asked, i, counts[i])


def _counts(asked: Asked, *, distinct: bool = False) -> list[int]:
    """Return the number of paths from each box to the root; ``distinct`` counts parallel edges once."""
    counts = [1]
    for arrows in asked.key.into[1:]:
        above = [c for c, _ in arrows]
        counts.append(sum(counts[c] for c in ({*above} if distinct else above)))
    return counts


def _paths(asked: Asked, i: int, n: int) -> Question:
    onward = graph.onward(asked.root, asked.key.nodes[i])
    leave = len(asked.key.into[i])
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
    """Ask which node can pass its gradient back next."""
    inner = [i for i, edges in enumerate(asked.key.exact.edges) if edges]
    done: list[int] = []
    for _ in inner[:-1][:FEW]:
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
            return Verdict("right", f"Yes: {text} has a term from every node that uses it.")
        if text in late:
            missing = listed(list(dict.fromkeys(late[text])))
            message = f"Not yet. {text} still waits for {missing}, and would pass back too early."
            return Verdict("told", message, (("handed_on_too_early",),), "order")
        if text in [asked.name(i) for i in done]:
            return Verdict("unknown", f"{text} has passed its gradient back already, and does so once.")
        return Verdict(
            "unread", f"{text} is not a node that can be next; choose one of {listed([*names, *late], 'or')}."
        )

    def explained() -> str:
        users = {i: dict.fromkeys(asked.name(c) for c, _ in asked.key.into[i]) for i in [*ready, *waiting]}
        return "\n".join(f"{asked.name(i)} is used by {listed([*names])}" for i, names in users.items())

    return Question(
        "order",
        f"The backward pass has done {listed([asked.name(i) for i in done])}. "
        "Which node can pass its gradient back next?",
        names[0],
        asked.node(ready[0]),
        choices=tuple(late)[:3],
        hints=("A node can pass its gradient back when every node that uses it has done so.",),
        judge=judge,
        explain=explained,
    )


# ── Gradients ─────────────────────────────────────────────────────────────────────────────────────


@kind
def gradient(asked: Asked) -> Iterator[Question]:
    """Ask for the derivative of the root with respect to a node."""
    for i in asked.boxes():
        yield _gradient(asked, i)


def _gradient(asked: Asked, i: int) -> Question:
    key, sign = asked.key, asked.words.gradient(i)

    def judge(text: str, more: Sequence[Any] = (), known: Iterable[Value] = ()) -> Verdict:
        closed = {asked.places[node] for node in known if node in asked.places}
        numbers: dict[int, Any] = {
            box: key.answers[box] for box in (key.above(i) if closed else ()) if box in closed
        }
        verdict = key.one(i, text, known=numbers, closed=closed)
        if verdict and not (written := read(text, asked.digits)).within(key.asked[i]):
            early = ON_THE_WAY.format(written=typeset(written.text), digits=in_words(asked.digits))
            return Verdict("close", fewer(written, key.answers[i]) or early, (("rounded_early",),), "close")
        for number in more:
            if (box := verdict.follow_up) is not None:
                verdict = key.with_one_more(i, text, box, number, known=numbers, closed=closed)
                numbers[box] = number
        return verdict

    def explained() -> str:
        return asked.explained(i)

    return Question(
        "gradient",
        f"What is {sign}?{asked.about_numbers}",
        asked.show(key.answers[i]),
        asked.node(i),
        asked.gradient_latex(i),
        key.asked[i],
        distractors(asked, i),
        tuple(_hints(asked, i)),
        judge,
        explained,
        judge,
    )


def distractors(asked: Asked, i: int) -> tuple[str, ...]:
    """Return wrong answers for a box, of plausible size: from common mistakes, one of each family first."""
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
    whole = derivative(root, name)
    if not any(c for c, _ in arrows):
        yield f"{whole} = {asked.local(0, i).alone}"
        return
    more = f" + … ({n} terms)" if n > ARROWS else ""
    few = arrows[:ARROWS]
    terms = [
        f"{derivative(root, asked.name(c))} · {derivative(asked.name(c), name)}" if c else whole
        for c, _ in few
    ]
    yield f"{whole} = {' + '.join(terms)}{more}"
    above = {asked.words.gradient(c): asked.words.show(key.answers[c]) for c, _ in few if c}
    if above:
        yield (
            "Upstream gradient, from above: " + ", ".join(f"{sign} = {x}" for sign, x in above.items()) + "."
        )
    products = [
        f"{bracketed(asked.words.show(key.answers[c]))} · {bracketed(asked.words.show(d))}" for c, d in few
    ]
    yield f"{' + '.join(products)}{more} = …"


@kind
def most(asked: Asked) -> Iterator[Question]:
    """Ask which leaf changes the root most."""
    answers = asked.key.answers
    leaves = sorted(asked.leaves(), key=lambda i: -abs(answers[i]))
    names = [asked.name(i) for i in leaves]
    if len(leaves) < 2 or same(abs(answers[leaves[1]]), abs(answers[leaves[0]])):
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
                f"Not yet. Compare the sizes of {derivative(root, text)} and of the others; "
                "signs do not count.",
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

for _function in (downhill.step, downhill.cost):
    kind(_function)
