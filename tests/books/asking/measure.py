"""Simulated learners, counted: ``python tests/books/asking/measure.py 50`` prints a table.

The number is that of graphs for each shape. Each learner makes one mistake everywhere (or two, or a slip)
and rounds to three digits at every step. *Named* is the true one told alone; *listed* several, with the
true one among them; *wrong* another one told, or several without it; *unknown* none. Only those answers
count in which the mistake shows.
"""

import random
import sys
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[3])]

from learners import SHAPES, graphs, texts

from engine import graph
from engine.asking import exercise
from engine.asking.mistakes import TABLE
from engine.asking.passes import cut, exact, nearest, sweep, upward, workings
from engine.asking.slips import show

DIGITS = 3


def outcome(verdict, truth):
    """What a verdict is worth, if this is the truth: one name, two, or the name of a slip."""
    truth = frozenset(truth)
    if verdict.kind in {"right", "unknown"}:
        return verdict.kind
    found = [frozenset(names) for names in verdict.explanations]
    if verdict.kind == "close" and truth != {"rounded_early"}:
        return "close"
    if verdict.family == "sign" and truth == {"sign_flipped"}:
        return "sign"
    if verdict.kind in {"told", "slip"}:
        return "named" if truth == found[0] else "wrong" if not found[0] < truth else "one of two"
    return "listed" if truth in found else "one of two" if any(one < truth for one in found) else "wrong"


@cache
def chosen(shape, n, seed=0):
    """So many exercises of a shape, with the numbers that ``exercise`` chooses, the same for all learners."""
    return [exercise(C, seed=k) for k, C in enumerate(graphs(shape, n, seed))]


def learner(made, rounding=None):
    """The workings of a learner who rounds to three digits at every step."""
    return workings(made.root, rounding or nearest(DIGITS))


@cache
def one_mistake(shape, n, seed=0):
    """Counters for the whole sheet, the box that is asked, and that box with one more."""
    sheets, singles, twos = Counter(), Counter(), Counter()
    r = random.Random(f"{shape}{seed}")
    for made in chosen(shape, n, seed):
        key, sheet = made.key, learner(made)
        ask = key.index(made.ask)
        others = [i for i in range(1, len(key.nodes)) if i != ask]
        for name in key.occurring:
            written = texts(sweep(sheet, [TABLE[name]]))
            sheets[outcome(key.sheet(written), [name])] += 1
            first = key.one(ask, written[ask])
            singles[outcome(first, [name])] += 1
            if others:
                more = first.follow_up if first.follow_up is not None else r.choice(others)
                twos[outcome(key.few({ask: written[ask], more: written[more]}), [name])] += 1
    return sheets, singles, twos


def rivals(made, r):
    """For each mistake those that give the same number in the asked box, wherever the leaves are moved.

    They keep their signs, so that what relu passes stays so. Where only the sign differs, "" is among them.
    """
    leaves = [leaf for leaf in graph.leaves(made.root) if leaf.rule is None]
    own, ask, always = [leaf.data for leaf in leaves], made.key.index(made.ask), None
    for _ in range(3):
        for leaf, x in zip(leaves, own, strict=True):
            leaf.data = x * r.uniform(0.8, 1.25)
        sheet = workings(made.root)
        right, numbers = sweep(sheet)[ask], {name: sweep(sheet, [TABLE[name]])[ask] for name in TABLE}
        found = {
            name: {k for k in numbers if k != name and same(numbers[k], x)}
            | ({""} if same(x, -right) else set())
            for name, x in numbers.items()
        }
        always = found if always is None else {name: always[name] & found[name] for name in found}
    for leaf, x in zip(leaves, own, strict=True):
        leaf.data = x
    return always


def same(a, b):
    return abs(a - b) <= 1e-9 * max(1e-9, abs(a), abs(b))


def tellable(shape, n, seed=0):
    """The verdicts on one chosen number, of the mistakes alone that can be told apart there in principle."""
    r, found = random.Random(f"{shape}{seed}"), Counter()
    for made in chosen(shape, n, seed):
        key, never, sheet = made.key, rivals(made, r), learner(made)
        ask = key.index(made.ask)
        for name in key.occurring:
            if not never[name]:
                found[outcome(key.one(ask, show(sweep(sheet, [TABLE[name]])[ask])), [name])] += 1
    return found


def memory(x):
    """The habit of a calculator with memory, whose owner rounds only what is written."""
    return x


HABITS = {
    "all digits": exact,
    "three digits, rounded": nearest(3),
    "three digits, cut": cut(3),
    "three digits, up": upward(3),
    "four digits, rounded": nearest(4),
    "four digits, cut": cut(4),
    "five digits, rounded": nearest(5),
    "rounded at the end": memory,
}
"""Eight habits of rounding that a right answer may come from."""


def right_answers(shape, n, seed=0):
    """The verdicts on right answers under each habit: on every single box, and on the sheet."""
    found = Counter()
    for made in chosen(shape, n, seed):
        for habit, rounding in HABITS.items():
            numbers = sweep(learner(made, rounding))
            on_paper = texts(numbers) if habit != "all digits" else [repr(x) for x in numbers]
            found[habit, "sheet", made.key.sheet(on_paper).kind] += 1
            for i in range(1, len(numbers)):
                found[habit, "single", made.key.one(i, on_paper[i]).kind] += 1
    return found


def slipped(text, kind, r):
    """A number with a slip of the pen, None where it has none of that kind."""
    at = [i for i, c in enumerate(text) if c.isdigit() and text[: i + 1].strip("-0.")]
    if kind == "sign_flipped":
        return text[1:] if text[0] == "-" else f"-{text}"
    if kind == "decimal_point":
        return show(float(text) * r.choice([10, 0.1]))
    if kind == "digits_swapped":
        pairs = [(i, j) for i, j in pairwise(at) if text[i] != text[j]]
        if not pairs:
            return None
        i, j = r.choice(pairs)
        if text[j] == "0" and not text[:i].strip("-"):  # nobody writes 01
            return None
        return text[:i] + text[j] + text[i + 1 : j] + text[i] + text[j + 1 :]
    i = r.choice(at)
    return text[:i] + r.choice([c for c in "0123456789" if c != text[i]]) + text[i + 1 :]


def carried_on(sheet, at, number):
    """A sheet with a slip in one inner box, and all below it worked out from there."""
    found = [0.0] * len(sheet.nodes)
    found[0] = 1.0
    for i in range(len(found)):
        if i == at:
            found[i] = number
        for j, edge in sheet.edges[i]:
            found[j] += sheet.rounding(found[i] * edge.slope)
    return found


def slips(shape, n, kind, seed=0):
    """The verdicts on sheets with one slip in an inner box."""
    r, found = random.Random(f"{shape}{kind}{seed}"), Counter()
    for made in chosen(shape, n, seed):
        key, sheet = made.key, learner(made)
        fine = texts(sweep(sheet))
        inner = [i for i in range(1, len(fine)) if sheet.edges[i] and fine[i] != "0"]
        bad = slipped(fine[at], kind, r) if inner and (at := r.choice(inner)) else None
        if bad is not None and float(bad) != float(fine[at]):
            written = texts(carried_on(sheet, at, float(bad)))
            written[at] = bad
            found[outcome(key.sheet(written), [kind])] += 1
    return found


def two_mistakes(shape, n, seed=0, each=6):
    """The verdicts on sheets with two mistakes that are not the sheet of a single one.

    Such a pair is the same calculation: no exponent in front and none lowered leave x², which is the value.
    """
    r, found = random.Random(f"{shape}{seed}"), Counter()
    for made in chosen(shape, n, seed):
        key, sheet = made.key, learner(made)
        pairs = [*key.pairs]
        alone = [texts(sweep(sheet, [mistake])) for mistake in TABLE.values()]
        for names in r.sample(pairs, min(each, len(pairs))):
            written = texts(sweep(sheet, [TABLE[name] for name in names]))
            if written not in alone:
                found[outcome(key.sheet(written), names)] += 1
    return found


KINDS = ("sign_flipped", "decimal_point", "digits_swapped", "one_digit")
COLUMNS = ("named", "listed", "sign", "close", "one of two", "wrong", "unknown")


def share(found, *which):
    """The share of some outcomes, of those answers that are not right, in per cent."""
    shown = sum(found.values()) - found["right"]
    return 100 * sum(found[one] for one in which) / shown if shown else 0.0


def row(name, found):
    shown = sum(found.values()) - found["right"]
    cells = " | ".join(f"{share(found, column):.1f}" for column in COLUMNS)
    print(f"| {name} | {shown} | {cells} |", flush=True)


def main(n):
    print(f"| learner | answers | {' | '.join(COLUMNS)} |\n|{' --- |' * (len(COLUMNS) + 2)}")
    for shape in SHAPES:
        sheets, singles, twos = one_mistake(shape, n)
        row(f"{shape}: sheet", sheets)
        row(f"{shape}: one number", singles)
        row(f"{shape}: one number, tellable", tellable(shape, max(1, n // 2)))
        row(f"{shape}: two numbers", twos)
    for kind in KINDS:
        every = Counter()
        for shape in SHAPES:
            every += slips(shape, n, kind)
        row(f"a sheet with a slip: {kind}", every)
    every = Counter()
    for shape in SHAPES:
        every += two_mistakes(shape, n)
    row("a sheet with two mistakes", every)
    rights = Counter()
    for shape in SHAPES:
        rights += right_answers(shape, max(1, n // 4))
    for key, k in sorted(rights.items()):
        print(*key, k, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
