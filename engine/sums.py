"""Weighted sums z = Σ w_k x_k ± b: one node of ``affine`` or ``dot``, or written with ``*``, ``+`` and ``−``.

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
"""What is taken of a residual, as the square of w x − y: the y is no bias there."""
WEIGHT = ("w", "W", "θ", "theta")
"""How the name of a weight begins."""


class WeightedSum(NamedTuple):
    """z = Σ w_k x_k + b, and the nodes in which it is computed, z the last of them."""

    weights: Values
    inputs: Values
    bias: Value | None
    nodes: Values
    subtracts: bool = False
    """Whether the bias is subtracted, as the threshold of w x − b."""

    @property
    def z(self) -> Value:
        """The sum."""
        return self.nodes[-1]

    @property
    def reads(self) -> tuple[Value | float, ...]:
        """The inputs, plain numbers as such: neurons that read the same ones make a layer."""
        return tuple(map(itself, self.inputs))

    @property
    def is_one_node(self) -> bool:
        """Whether ``affine`` or ``dot`` made it, so that it is nothing else than a weighted sum."""
        return self.z.rule is not None and self.z.rule.name in ONE_NODE


def is_number(node: Value) -> bool:
    """Whether a node is a plain number that was computed with, as the 2 of ``2 * x``."""
    return node.rule is constant


def itself(node: Value) -> Value | float:
    """Return a node; for a plain number, the number, since each of its occurrences is a different node."""
    return node.data if is_number(node) else node


def found(order: Iterable[Value], read_by: Readers, names: Names) -> list[WeightedSum]:
    """Return the weighted sums of a graph, parents first.

    Of two leaves that are multiplied, the weight is the one whose name begins with w, else the one that fewer
    sums read, else the first. A product of two computed nodes is not part of such a sum.
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
    """What is added up: products, sums that are one node, and other nodes; and what is subtracted."""

    products: list[Values]
    sums: list[Value]
    others: list[Value]
    subtracted: list[Value]
    nodes: Values


def _terms(end: Value, read_by: Readers) -> _Terms | None:
    """Return the terms of a sum, or a single product, that no other sum takes in; None for other nodes."""
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
        elif not (is_number(node) and node.data == 0):  # as ``sum`` begins with 0
            others.append(node)
    return _Terms(products, sums, others, subtracted, tuple(reversed(nodes)))


def _is(node: Value, kinds: Collection[str]) -> bool:
    return node.rule is not None and node.rule.name in kinds


def _adds(node: Value, read_by: Readers) -> bool:
    """Whether a node adds up, or subtracts a leaf and is then read by a function that is no measure."""
    found = read_by[node]
    if not _is(node, {"sub"}):
        return _is(node, ADDING)
    return not node.parents[1].parents and len(found) == 1 and not _is(found[0], MEASURES)


def _is_taken_in(node: Value, read_by: Readers) -> bool:
    found = read_by[node]
    return len(found) == 1 and _adds(found[0], read_by)


def _read(terms: _Terms, as_input: Callable[[Value], Any]) -> WeightedSum | None:
    """Return the terms as weights, inputs and bias; None where they are not such a sum."""
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
