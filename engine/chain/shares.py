"""The cross-entropy of softmax, whose derivative with respect to z_j textbooks write as p_j − y_j.

It may be one node, ``softmax_cross_entropy``, or be built from others: exponentials and their sum, or
``softmax``, or ``logsumexp``; logarithms; and a sum of these with the desired outputs as factors.

>>> from engine import Value
>>> zs = [Value(1.0, label="z_0"), Value(2.0, label="z_1")]
>>> es = [z.exp() for z in zs]
>>> C = -(es[1] / (es[0] + es[1])).log()
>>> [minus_target(output, {}, (), ()).text for output in found(C).outputs.values()]
['p_0', 'p_1 − 1']
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from engine import rules
from engine.formula.reading import Formula
from engine.formula.symbols import symbol
from engine.readings.formulas import Formulas

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from engine.formula.symbols import Symbol
    from engine.value import Value

P_J = "p_j is the share of softmax: e^(z_j) over the sum of all e^(z_k); "
SUM_TO_1 = "the desired outputs sum to 1"


class Times(NamedTuple):
    """A number, or a number times a desired output."""

    number: float
    desired: Value | None = None

    @property
    def value(self) -> float:
        """The product."""
        return self.number * (1.0 if self.desired is None else self.desired.data)


class Logit(NamedTuple):
    """The data of one logit z_j: j, the number p_j, −y_j as a sum, and the node p_j if there is one."""

    place: int
    share: float
    minus: Sequence[Times]
    node: Value | None = None


class CrossEntropy(NamedTuple):
    """C = −Σ_j y_j ln p_j, by its logits z_j."""

    outputs: Mapping[Value, Logit]
    is_one_node: bool = False


def found(cost: Value) -> CrossEntropy | None:
    """Return the logits and desired outputs of a cost, if it is the cross-entropy of softmax; else None."""
    if cost.rule == rules.softmax_cross_entropy:
        n = len(cost.parents) // 2
        zs, ys = cost.parents[:n], cost.parents[n:]
        minus = {z: [Times(-1.0, y)] for z, y in zip(zs, ys, strict=True)}
        named = n > 1 and all(y.label for y in ys) and len(minus) == n
        return _of_outputs(minus, {}, is_one_node=True) if named else None
    return _made_of_nodes(cost)


def note(it: CrossEntropy, named: Collection[Value]) -> str:
    """Return the note that explains p_j − y_j to a reader."""
    return P_J * any(output.node not in named for output in it.outputs.values()) + SUM_TO_1


def _of_outputs(
    minus: Mapping[Value, Sequence[Times]], nodes: Mapping[Value, Value], *, is_one_node: bool = False
) -> CrossEntropy | None:
    """Return the cross-entropy of these outputs; None if the desired outputs do not sum to 1."""
    if not math.isclose(math.fsum(times.value for terms in minus.values() for times in terms), -1.0):
        return None
    largest = max(z.data for z in minus)
    powers = [math.exp(z.data - largest) for z in minus]
    total = math.fsum(powers)
    outputs = {
        z: Logit(j, power / total, terms, nodes.get(z))
        for j, ((z, terms), power) in enumerate(zip(minus.items(), powers, strict=True))
    }
    return CrossEntropy(outputs, is_one_node)


def minus_target(
    it: Logit, names: Mapping[Value, Symbol], named: Collection[Value], taken: Collection[str]
) -> Formula | None:
    """Return p_j − y_j, the cross-entropy's derivative with respect to z_j; None if the name p_j is taken.

    The share keeps its own name if it is one of the ``named`` nodes; otherwise it is called p_j.
    """
    p = symbol("p").of("p", str(it.place), "")
    if it.node in named:
        p = names[it.node]  # type: ignore[index]  # None is not named
    elif str(p) in taken:
        return None
    xp = Formulas()
    share = xp.variable()
    symbols, numbers = {share: p}, {share: it.share}
    difference = share
    for number, desired in it.minus:
        if desired is None:
            continue
        target = xp.variable()
        symbols[target], numbers[target] = names[desired], desired.data
        difference = difference - target if number == -1 else difference + xp.literal(number) * target
    number = math.fsum(number for number, desired in it.minus if desired is None)
    return Formula(difference + xp.literal(number) if number else difference, symbols, numbers)


# ── Built from several nodes ──────────────────────────────────────────────────────────────────────


class _Softmax(NamedTuple):
    """The z_k whose exponentials are summed; ``less`` is the number or node subtracted from each, if any."""

    zs: frozenset[Value]
    in_order: Sequence[Value]
    less: object = None


def _made_of_nodes(cost: Value) -> CrossEntropy | None:
    atoms = [(node, times) for node, times in _terms(cost) if times.value or node.parents]
    known: dict[Value, _Softmax | None] = {}  # by sum, since many shares may have one in common

    def summed(node: Value) -> _Softmax | None:
        base = _base(node)
        if base is node and node.rule != rules.logsumexp:
            return None
        if base not in known:
            known[base] = _of_logits(base) if base.rule == rules.logsumexp else _of_sum(base)
        return known[base]

    softmax = next((found for node, _ in atoms if (found := summed(node))), None)
    if softmax is None:
        return None
    minus: dict[Value, list[Times]] = {z: [] for z in softmax.in_order}
    nodes: dict[Value, Value] = {}
    weight = 0.0  # the factor of p_j in ∂C/∂z_j
    for node, times in atoms:
        found = summed(node)
        is_same = found is softmax or (found and (found.zs, found.less) == (softmax.zs, softmax.less))
        share = node.parents[0] if node.rule == rules.log else None
        z = None if share is None else _z_of(share, softmax)
        if is_same and share is not None and z in minus:
            nodes[z] = share
            minus[z].append(times)
            weight -= times.value
        elif is_same and softmax.less is None and _base(node) in {node, share}:
            weight += times.value
        elif softmax.less is None and (desired := _desired_of(node, times, minus)):
            minus[desired[0]].append(desired[1])
        else:
            return None
    return _of_outputs(minus, nodes) if math.isclose(weight, 1.0) else None


def _desired_of(node: Value, times: Times, zs: Collection[Value]) -> tuple[Value, Times] | None:
    """Return the z_j of a node that is z_j, or z_j times a desired output, with its factor; else None."""
    if node in zs:
        return node, times
    if node.rule == rules.mul and times.desired is None:  # of two leaves
        for factor, z in (node.parents, node.parents[::-1]):
            if z in zs and not factor.parents:
                return z, times._replace(desired=factor)
    return None


def _terms(root: Value) -> Iterator[tuple[Value, Times]]:
    """Yield the terms of a sum: nodes, each times a number and at most one desired output.

    Each node is expanded only once.
    """
    stack, seen = [(root, Times(1.0))], set()
    while stack:
        node, times = stack.pop()
        parents, name = node.parents, "" if node in seen or not node.rule else node.rule.name
        seen.add(node)
        if name in {"add", "total"}:
            stack += [(parent, times) for parent in reversed(parents)]
        elif name == "sub":
            stack += [(parents[1], times._replace(number=-times.number)), (parents[0], times)]
        elif name == "neg":
            stack.append((parents[0], times._replace(number=-times.number)))
        elif name in {"mul", "div"} and (inner := _without_factor(node, times)):
            stack.append(inner)
        elif not (node.rule is rules.constant and node.data == 0):
            yield node, times


def _without_factor(node: Value, times: Times) -> tuple[Value, Times] | None:
    """Return the other factor of a product with a number or a desired output, or a dividend; else None."""
    x, y = node.parents
    if node.rule == rules.div:
        is_number = y.rule is rules.constant and y.data
        return (x, times._replace(number=times.number / y.data)) if is_number else None
    for factor, other in ((x, y), (y, x)):
        if factor.rule is rules.constant:
            return other, times._replace(number=times.number * factor.data)
    for factor, other in ((x, y), (y, x)):
        desired = _desired(factor) if other.parents and times.desired is None else None
        if desired:
            return other, Times(times.number * desired.number, desired.desired)
    return None


def _desired(node: Value) -> Times | None:
    """Return a leaf, or a number times a leaf, such as the −y of −y ln p; None for any other node."""
    number = 1.0
    while node.parents:
        numbers = [x.data for x in node.parents if x.rule is rules.constant]
        if node.rule == rules.mul and len(numbers) == 1:
            number *= numbers[0]
        elif node.rule == rules.neg:
            number = -number
        else:
            return None
        node = next(x for x in node.parents if x.rule is not rules.constant)
    return Times(number, node)


def _base(node: Value) -> Value:
    """Return the sum inside a logarithm or in the denominator of a share; any other node unchanged."""
    x = node.parents[0] if node.rule == rules.log else node
    return x.parents[1] if x.rule in {rules.softmax_share, rules.div} else x


def _of_logits(node: Value) -> _Softmax | None:
    zs = frozenset(node.parents)
    return _Softmax(zs, node.parents) if 1 < len(zs) == len(node.parents) else None


def _of_sum(base: Value) -> _Softmax | None:
    """Return a sum of exponentials of different nodes, possibly all shifted by the same number; else None."""
    found = []
    for node, times in _terms(base):
        if times != Times(1.0) or node.rule != rules.exp:
            return None
        found.append(_exponent(node))
    zs, less = frozenset(z for z, _ in found), {level for _, level in found}
    return (
        _Softmax(zs, [z for z, _ in found], less.pop())
        if 1 < len(zs) == len(found) and len(less) == 1
        else None
    )


def _exponent(node: Value) -> tuple[Value, object]:
    """Return the z of e^z, or the z and the m of e^(z − m), where m is a plain number or a node."""
    (z,) = node.parents
    if z.rule != rules.sub:
        return z, None
    z, level = z.parents
    return z, level.data if level.rule is rules.constant else level


def _z_of(share: Value, softmax: _Softmax) -> Value | None:
    """Return the z_j whose share of the sum a node is, by ``softmax`` or as a quotient; else None."""
    if share.rule == rules.softmax_share:
        return share.parents[0]
    if share.rule == rules.div and share.parents[0].rule == rules.exp:
        z, less = _exponent(share.parents[0])
        return z if less == softmax.less else None
    return None
