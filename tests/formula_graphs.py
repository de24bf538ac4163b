"""Random graphs of all rules for the law of printed formulas, and all formulas that are printed of them.

Leaves have labels of many kinds, with indices that run with and without gaps; operands come several times,
numbers stand among them, and parameters are those that a rule has anyway or others. No number is near a kink
or the edge of a domain, where a float and an exact number may fall on different sides.
"""

import math
import random
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from oracle import PARAMETERS

from engine import Value, apply, explain, forward, grad, rules
from engine.chain.factors import LONGEST
from engine.formula import Formula, of_node, symbol, whole
from engine.formula.reading import set_in_html
from engine.formula.typeset import in_html
from engine.graph import topological_order
from engine.labels import names as names_of
from engine.readings import floats

SINGLE = ["x", "y", "z", "t", "u", "v", "b^(2)", "w_12^(3)", "alpha", "β_1", "x_max", "p0", "p1", "q_j"]
FAMILIES = ["a_{k}", "y_{k}", "w_1{k}^(2)", "a_{k}^(1)", "z_{k}", "s_{k}3", "c{k}"]
CONSTANTS = [
    0.5,
    2.0,
    -1.0,
    3.0,
    0.25,
    -0.5,
    1.5,
    10.0,
    1 / 3,
    2 / 3,
    0.1,
    -0.7,
    3.14159,
    1e-3,
    1.0,
    0.0,
    1 / 7,
]
PARAMETER = {
    **PARAMETERS,
    "power": [{"n": n} for n in (2, 3, 2.0, -1, 0.5, -0.5, 1.5, 1, 0, -2, 4, 1 / 3, 2.25)],
    "leaky_relu": [{"slope": x} for x in (0.01, 0.2, 0.0, 0.5, 1 / 3)],
    "elu": [{"alpha": x} for x in (1.0, 2.0, 0.4, 2 / 3)],
    "clip": [{"lo": -1.0, "hi": 1.0}, {"lo": -2.0, "hi": 0.5}, {"lo": 0.0, "hi": 6.0}],
}
PAIRED = {name for name in rules.REGISTRY if hasattr(rules.costs, name)} | {"dot"}
LARGEST, STEEPEST = 20.0, 50.0


class Printed(NamedTuple):
    """A formula as it is printed, and what it stands for."""

    what: str
    texts: dict[str, str]
    """By the medium: text, latex, html."""
    names: dict[str, float]
    """What each name means, by its label."""
    number: float


def graph(rng: random.Random, seed: int) -> Value:
    """A root; some of the nodes below it are labelled too. The seed says which rule is tried first."""
    nodes, families = _leaves(rng)
    every = list(rules.REGISTRY.values())
    for k in range(rng.randint(1, 6)):
        rule = rng.choice(every) if k else every[seed % len(every)]
        node = next(filter(None, (_grown(rng, rule, nodes, families) for _ in range(30))), None)
        if node is not None:
            nodes.append(node)
    root = nodes[-1]
    inner = [node for node in topological_order(root)[:-1] if node.parents]
    for k, node in enumerate(inner):
        if rng.random() < 0.15:
            node.label = f"h_{k}"
    return root


def _leaves(rng: random.Random) -> tuple[list[Value], list[list[Value]]]:
    single = [Value(_number(rng), label=label) for label in rng.sample(SINGLE, rng.randint(1, 3))]
    families = []
    for pattern in rng.sample(FAMILIES, rng.randint(0, 2)):
        indices = list(range(rng.choice([2, 3, 5, 6, 7])))
        change = rng.random()
        if change < 0.15:
            indices.pop(rng.randrange(len(indices)))
        elif change < 0.3:
            indices = [k + 2 for k in indices]
        is_share = rng.random() < 0.5
        families.append([Value(_number(rng, is_share=is_share), label=pattern.format(k=k)) for k in indices])
    return single + [leaf for family in families for leaf in family[:2]], families


def _number(rng: random.Random, *, is_share: bool = False) -> float:
    if is_share:
        return round(rng.uniform(0.05, 0.95), 3)
    if rng.random() < 0.1:
        return rng.choice([0.0, 1.0, -1.0, 2.0, 1e-5, 0.5])
    return round(rng.uniform(0.05, 0.95) if rng.random() < 0.4 else rng.uniform(-2, 2), 3)


def _grown(
    rng: random.Random, rule: rules.Rule, nodes: list[Value], families: list[list[Value]]
) -> Value | None:
    """One more node; None where the rule refuses the operands drawn, or is steep or kinked there."""
    if rule.defaults:
        rule = rule.at(**rng.choice(PARAMETER.get(rule.name, [{}])))
    operands = _operands(rng, rule, nodes, families)
    try:
        node = apply(rule, *operands)
    except (ValueError, ZeroDivisionError, OverflowError, TypeError):
        return None
    if not node.parents or all(parent.rule is rules.constant for parent in node.parents):
        return None
    return node if _is_calm(node) else None


def _operands(
    rng: random.Random, rule: rules.Rule, nodes: list[Value], families: list[list[Value]]
) -> list[Value | float]:
    def one() -> Value | float:
        return (
            rng.choice(CONSTANTS) if rng.random() < 0.12 else rng.choice(nodes[-rng.randint(1, len(nodes)) :])
        )

    if not rule.variadic:
        return [one() for _ in rule.operands]
    n = rng.choice([1, 2, 2, 3, 5, 6, 7])
    several = [[one() for _ in range(n)] for _ in range(2)]
    if families and rng.random() < 0.6:
        several = [[*rng.choice(families)] for _ in range(2)]
        n = min(map(len, several))
        several = [xs[:n] for xs in several]
    if rule.name == "affine":
        return [one(), *several[0], *several[1]]
    if rule.name in PAIRED:
        return [*several[0], *several[1]]
    return [*several[0], *(one() for _ in range(rng.choice([0, 0, 1, 2])))]


def _is_calm(node: Value) -> bool:
    """Whether numbers and slopes are moderate, and slopes do not jump close by."""
    slopes = node.local_derivatives
    if not abs(node.data) < LARGEST or not all(abs(slope) < STEEPEST for slope in slopes):
        return False
    for moved in dict.fromkeys(node.parents):
        for off in (-1e-5, 1e-5):
            xs = [parent.data + off * (parent is moved) for parent in node.parents]
            try:
                _, near = node.rule(floats, *xs)
            except (ValueError, ZeroDivisionError, OverflowError):
                return moved.rule is rules.constant
            jump = max(abs(a - b) for a, b in zip(slopes, near, strict=True))
            if not jump < 2e-2 and moved.rule is not rules.constant:
                return False
    return True


def printed(root: Value, rng: random.Random) -> Iterator[Printed | ValueError]:
    """All that is printed of a graph; where a formula is refused, the error."""
    yield from _of_nodes(root, rng)
    for what, node in (("whole", root), *_derivatives(root, rng)):
        labelled = any(part.label and part.parents for part in topological_order(node)[:-1])
        for leaves in (False, True) if labelled else (False,):
            try:
                formula = whole(node, leaves=leaves)
            except ValueError as refused:
                yield refused
            else:
                yield _printed(what, formula, known(node), node.data)


def _of_nodes(root: Value, rng: random.Random) -> Iterator[Printed]:
    names, numbers = names_of(root), known(root)
    for node in [node for node in topological_order(root) if node.parents][-3:]:
        formula, slopes = of_node(node, names, prime=rng.random() < 0.5, taken=numbers)
        yield _printed("value", formula, numbers, node.data)
        edges = list(zip(slopes, node.local_derivatives, strict=True))
        for slope, number in rng.sample(edges, min(3, len(edges))):
            if slope is not None:
                yield _printed("slope", slope, numbers, number)


def _derivatives(root: Value, rng: random.Random) -> Iterator[tuple[str, Value]]:
    leaves = [
        node for node in topological_order(root) if not node.parents and node.rule is not rules.constant
    ]
    first = grad(root, rng.choice(leaves))
    yield "first derivative", first
    if first.parents:
        inner = [leaf for leaf in leaves if leaf in set(topological_order(first))]
        yield "second derivative", grad(first, rng.choice(inner or leaves))


def told(root: Value, rng: random.Random) -> Iterator[Printed]:
    """What ``forward`` and ``explain`` print: formulas with numbers in them, and factors."""
    names = known(root)
    for line in forward(root).lines[-3:]:
        texts = {"text": line.formula.with_numbers(), "latex": line.formula.latex_with_numbers()}
        yield Printed("forward", texts, names, line.value)
        yield _printed("forward", line.formula, names, line.value)
    leaves = [node for node in topological_order(root) if not node.parents and node.label]
    if leaves:
        explanation = explain(root, rng.choice(leaves), limit=3)
        for path in explanation.paths:
            for factor in islice(path.factors, 4):
                by_name = factor.symbols == str(factor.derivative)
                assert by_name == (factor.formula is None or len(str(factor.formula)) > LONGEST)
                if not by_name:
                    texts = {"text": factor.symbols, "latex": factor.latex()}
                    yield Printed("factor", texts, names, factor.number)


def known(root: Value) -> dict[str, float]:
    """The numbers of all that goes by a name."""
    return {name: node.data for node, name in names_of(root).items() if node.label or node.parents}


def _printed(what: str, formula: Formula, names: dict[str, float], number: float) -> Printed:
    texts = {"text": str(formula), "latex": formula.latex(), "html": set_in_html(formula)}
    return Printed(what, texts, names, number)


def spelled(name: str, medium: str) -> str:
    """A name as a medium has it."""
    if medium == "latex":
        return symbol(name).latex()
    return in_html(symbol(name)).text if medium == "html" else name


def is_finite(number: Any) -> bool:
    """Whether a formula can be held against it."""
    return math.isfinite(number)
