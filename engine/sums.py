"""Weighted sums z = Σ w_k x_k ± b: one ``affine`` or ``dot`` node, or written with ``*``, ``+`` and ``−``.

>>> from engine import Value, graph
>>> w, x, b = Value(0.5, label="w"), Value(2.0, label="x"), Value(1.0, label="b")
>>> a = (w * x + b).tanh()
>>> from engine.neurons import readers
>>> [z] = found(graph.topological_order(a), readers(a), {})
>>> z.weights == (w,), z.inputs == (x,), z.bias is b, z.z is a.parents[0]
(True, True, True, True)
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from .neurons import ONE_NODE, inputs_of, is_weighted_sum, parameters_of
from .rules import constant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any, TypeAlias

    from .neurons import Readers, Values
    from .value import Value

    Names: TypeAlias = Mapping[Value, object]

ADDING = {"add", "total"}
MEASURES = {"power", "abs"}
"""Rules applied to a residual, such as the square of w x − y: there, y is not a bias."""
WEIGHT = ("w", "W", "θ", "theta")
"""The beginnings of a weight's name."""


class WeightedSum(NamedTuple):
    """z = Σ w_k x_k + b, and the nodes in which it is computed, z the last of them."""

    weights: Values
    inputs: Values
    bias: Value | None
    nodes: Values
    subtracts: bool = False
    """Whether the bias is subtracted, like the threshold in w x − b."""

    @property
    def z(self) -> Value:
        """The sum."""
        return self.nodes[-1]

    @property
    def reads(self) -> tuple[Value | float, ...]:
        """The inputs, with constants as plain numbers: neurons with the same inputs form a layer."""
        return tuple(map(itself, self.inputs))

    @property
    def is_one_node(self) -> bool:
        """Whether ``affine`` or ``dot`` made it, so that it is certainly a weighted sum."""
        return self.z.rule is not None and self.z.rule.name in ONE_NODE


def is_number(node: Value) -> bool:
    """Return whether a node stands for a plain number in an expression, like the 2 in ``2 * x``."""
    return node.rule is constant


def itself(node: Value) -> Value | float:
    """Return a node; for a plain number, the number, since each of its occurrences is a different node."""
    return node.data if is_number(node) else node


def found(order: Iterable[Value], read_by: Readers, names: Names) -> list[WeightedSum]:
    """Return the weighted sums of a graph, parents first.

    If two leaves are multiplied, the weight is the one whose name begins with w, else the one that fewer sums
    read, else the first. A product of two computed nodes is not part of such a sum.
    """
    order = list(order)
    written = {node: terms for node in order if (terms := _terms(node, read_by))}
    reads = Counter(x for terms in written.values() for x in set(chain(*terms.products)))

    def as_input(x: Value) -> tuple[bool, bool, bool, int]:
        return bool(x.parents), is_number(x), not str(names.get(x, x.label)).startswith(WEIGHT), reads[x]

    by_hand = {z: it for z, terms in written.items() if (it := _read(terms, as_input))}
    absorbed = {node for it in by_hand.values() for node in it.nodes}
    sums = []
    for node in order:
        if node in by_hand:
            sums.append(by_hand[node])
        elif is_weighted_sum(node) and node not in absorbed:
            sums.append(_of_one_node(node))
    return sums


def _of_one_node(z: Value, bias: Value | None = None, *others: Value, subtracts: bool = False) -> WeightedSum:
    inputs, parameters = inputs_of(z), parameters_of(z)
    own = parameters[0] if len(parameters) > len(inputs) else bias
    return WeightedSum(parameters[-len(inputs) :], inputs, own, (z, *others), subtracts)


class _Terms(NamedTuple):
    """The terms of a sum: products, sums that are one node, other nodes, and subtracted nodes."""

    products: list[Values]
    sums: list[Value]
    others: list[Value]
    subtracted: list[Value]
    nodes: Values


def _terms(end: Value, read_by: Readers) -> _Terms | None:
    """Return the terms of a sum or single product that is not part of another sum; None for other nodes."""
    if not (_is(end, {"mul"}) or _adds(end, read_by)) or _is_taken_in(end, read_by):
        return None
    products, sums, others, subtracted, nodes = [], [], [], [], []
    stack = [end]
    while stack:
        node = stack.pop()
        own = node is end or len(read_by[node]) == 1
        if own and _adds(node, read_by):
            nodes.append(node)
            if _is(node, {"sub"}):
                subtracted.append(node.parents[1])
                stack.append(node.parents[0])
            else:
                stack += reversed(node.parents)
        elif own and _is(node, {"mul"}):
            nodes.append(node)
            products.append(node.parents)
        elif own and is_weighted_sum(node):
            sums.append(node)
        elif not (is_number(node) and node.data == 0):  # ``sum`` starts from 0
            others.append(node)
    return _Terms(products, sums, others, subtracted, tuple(reversed(nodes)))


def _is(node: Value, kinds: Collection[str]) -> bool:
    return node.rule is not None and node.rule.name in kinds


def _adds(node: Value, read_by: Readers) -> bool:
    """Return whether a node adds, or subtracts a leaf and is then read by one rule, not in ``MEASURES``."""
    found = read_by[node]
    if not _is(node, {"sub"}):
        return _is(node, ADDING)
    return not node.parents[1].parents and len(found) == 1 and not _is(found[0], MEASURES)


def _is_taken_in(node: Value, read_by: Readers) -> bool:
    found = read_by[node]
    return len(found) == 1 and _adds(found[0], read_by)


def _read(terms: _Terms, as_input: Callable[[Value], Any]) -> WeightedSum | None:
    """Return the terms as weights, inputs and bias; None if they do not form a weighted sum."""
    biases = [*terms.others, *terms.subtracted]
    if len(biases) > 1 or any(x.parents for x in biases):
        return None
    bias, subtracts = biases[0] if biases else None, bool(terms.subtracted)
    if terms.sums:
        (inner, *more) = terms.sums
        if terms.products or more or (bias and len(inner.parents) % 2):
            return None
        return _of_one_node(inner, bias, *terms.nodes, subtracts=subtracts)
    pairs = [(q, p) if as_input(p) > as_input(q) else (p, q) for p, q in terms.products]
    if not pairs or any(w is x or w.parents or is_number(w) for w, x in pairs):
        return None
    weights, inputs = zip(*pairs, strict=True)
    return WeightedSum(weights, inputs, bias, terms.nodes, subtracts)
