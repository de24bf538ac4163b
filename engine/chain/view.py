"""The nodes that an explanation uses, with everything between two of them as one factor.

A graph records every operation. Textbooks name ``z``, ``a`` and ``C``, and nothing in between. An
abridged graph leaves nodes out: each node is then a formula in the names of the remaining ones, and its
derivative with respect to each of them is one factor, derived by the rules.

>>> from engine import Value, graph
>>> w, a, b, y = (Value(x, label=name) for name, x in {"w": 0.5, "a": 0.88, "b": 0.1, "y": 1.0}.items())
>>> C = ((w * a + b).sigmoid() - y) ** 2
>>> view = folded(graph.topological_order(C), {C})
>>> [len(view.operands(node)) for node in view.order if node.parents]  # z of w, a, b; σ(z); (σ(z) − y)²
[3, 1, 2]
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from engine import rules
from engine.formula import Formula, of_node
from engine.formula.reading import NAMED, computed, has_name, is_read, named, without_long_ones
from engine.formula.series import Sheet
from engine.formula.symbols import symbol
from engine.readings.formulas import Formulas

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import TypeAlias

    from engine.formula import Symbol
    from engine.readings.expressions import Expression
    from engine.rules import Rule
    from engine.value import Value

    Names: TypeAlias = Mapping[Value, Symbol]
    Region: TypeAlias = dict[Value, None]
    Written: TypeAlias = tuple[Formula, list[Formula | None]]

SUMS = {"add", "sub", "neg", "total"}
PRODUCTS = {"mul", "dot", "affine"}
EVEN = {"power", "abs"}
"""Functions applied to a residual z − y."""
LONGEST, DEEPEST = 2000, 12
"""Limits on nodes merged into one: their number, and their nesting depth, not counting sums."""
SHARED = 24
"""The size limit of a formula that several nodes read, since each of them repeats it."""


class Operands(NamedTuple):
    """The operands of a node in the abridged graph, and its local derivatives."""

    nodes: Sequence[Value]
    slopes: Sequence[float]


class Abridged:
    """A graph without some of its nodes; at most one link connects two nodes, however many there were."""

    def __init__(self, order: Sequence[Value], left_out: Collection[Value] = ()) -> None:
        self.left_out = frozenset(left_out)
        self.order = [node for node in order if node not in self.left_out]
        self._links: dict[Value, Operands] = {}
        self._written: dict[Value, Written] = {}

    def operands(self, node: Value) -> Sequence[Value]:
        """Return the nodes of this graph that a node is computed from."""
        return self.links(node).nodes

    def links(self, node: Value) -> Operands:
        """Return the operands with their local derivatives, summed over all paths through omitted nodes."""
        if node not in self._links:
            self._links[node] = (
                _joined(node, _region(node, self.left_out))
                if self._is_several(node)
                else Operands(node.parents, node.local_derivatives)
            )
        return self._links[node]

    def _is_several(self, node: Value) -> bool:
        """Return whether several operations, or several links, are merged at this node."""
        parents = node.parents
        return len(set(parents)) < len(parents) or not self.left_out.isdisjoint(parents)

    def formulas(self, node: Value, names: Names, taken: Collection[str], *, prime: bool) -> Written:
        """Return a node's formula and local derivatives in its operands' names; None for one too long."""
        if node not in self._written:
            if self._is_several(node):
                region, operands = _region(node, self.left_out), self.operands(node)
                self._written[node] = (
                    _derived(node, region, operands, names, taken, prime=prime)
                    if is_read(node)
                    else (of_node(node, names, taken=taken)[0], [None] * len(operands))
                )
            else:
                self._written[node] = of_node(node, names, prime=prime, taken=taken)
        return self._written[node]

    def adds_products(self, node: Value, kept: Collection[Value]) -> bool:
        """Return whether a node is a sum of products made of several operations: a pre-activation z."""
        stack, within = [node], {*_region(node, self.left_out)}
        while stack:
            part = stack.pop()
            if _is_product(part, kept) and part is not node:
                return True
            if _is_sum(part, kept):
                stack += [parent for parent in part.parents if parent in within]
        return False


def _region(node: Value, left_out: Collection[Value]) -> Region:
    """Return a node and the omitted nodes before it, operands first."""
    found: Region = {}
    stack = [(node, False)]
    while stack:
        part, ready = stack.pop()
        if ready:
            found[part] = None
        elif part not in found:
            stack.append((part, True))
            stack += [(x, False) for x in reversed(part.parents) if x in left_out and x not in found]
    return found


def _joined(node: Value, region: Region) -> Operands:
    inner: dict[Value, float] = dict.fromkeys(region, 0.0) | {node: 1.0}
    outer: dict[Value, float] = {}
    for part in reversed(region):
        for parent, slope in zip(part.parents, part.local_derivatives, strict=True):
            found = inner if parent in region else outer
            found[parent] = found.get(parent, 0.0) + slope * inner[part]
    in_order = dict.fromkeys(x for part in region for x in part.parents if x in outer)
    return Operands(tuple(in_order), tuple(outer[x] for x in in_order))


def _derived(
    node: Value,
    region: Region,
    operands: Sequence[Value],
    names: Names,
    taken: Collection[str],
    *,
    prime: bool,
) -> Written:
    """Return several operations as one formula, with its derivatives by the rules in reverse mode."""
    xp = Formulas()
    known = {x: xp.variable() if has_name(x, names) else xp.literal(x.data) for x in operands}
    variables = {x: known[x] for x in operands if known[x].operation == "variable"}
    local: dict[Value, Sequence[Expression]] = {}
    for part in region:
        xs = [known[parent] for parent in part.parents]
        known[part] = computed(xp, part, xs)
        local[part] = _slopes(xp, part.rule, xs, prime=prime) if part.rule else ()
    adjoints = {node: xp.literal(1)}
    for part in reversed(region):
        for parent, slope in zip(part.parents, local[part], strict=True):
            share = slope * adjoints[part]
            adjoints[parent] = adjoints[parent] + share if parent in adjoints else share
    symbols = {x: symbol(names[parent]) for parent, x in variables.items()}
    numbers = {x: parent.data for parent, x in variables.items()}
    sheet = Sheet(symbols, taken)
    slopes = without_long_ones([adjoints[x] for x in operands])
    return Formula(known[node], symbols, numbers, taken, sheet=sheet), [
        None if x is None else Formula(x, symbols, numbers, taken, sheet=sheet) for x in slopes
    ]


def _slopes(xp: Formulas, rule: Rule, xs: Sequence[Expression], *, prime: bool) -> Sequence[Expression]:
    if prime and rule.name in NAMED:
        return (named(xp, rule, xs, "′"),)
    return [xp.operand(slope) for slope in rule(xp, *xs)[1]]


# ── Which nodes are omitted ───────────────────────────────────────────────────────────────────────


def between_names(order: Sequence[Value], kept: Collection[Value]) -> Abridged:
    """Keep the named nodes, and others only where the formula between names is too long for a factor.

    A node read by several others is repeated for each, so it must be short: this keeps the work proportional
    to the graph. An operation on many operands counts as a chain of operations on two.
    """
    reads = Counter(parent for node in order for parent in node.parents)
    left_out: set[Value] = set()
    size: dict[Value, tuple[int, int]] = {}
    for node in order:
        before = [size[parent] for parent in node.parents if parent in left_out]
        if sum(n for n, _ in before) >= LONGEST:
            left_out.difference_update(node.parents)
            before = []
        n = max(1, len(node.parents) - 1) + sum(n for n, _ in before)
        deep = max((deep for _, deep in before), default=0) + (not _is_sum(node, kept))
        size[node] = n, deep
        if _may_go(node, kept) and deep <= DEEPEST and (reads[node] == 1 or n <= SHARED):
            left_out.add(node)
    return Abridged(order, left_out)


def folded(order: Sequence[Value], kept: Collection[Value]) -> Abridged:
    """Keep all nodes, but merge runs of +, − and constant factors.

    A run absorbs the products that it adds up, and is then a weighted sum z. A run without products is
    absorbed by its reader, such as the difference in ``(a − y)²``; so is the last difference of
    ``(w a − y)²``. Other functions are absorbed by a run that has no single reader. No two paths are merged,
    except those that differ only in which operand of an operation they enter: ∂(u u)/∂u is 2 u.
    """
    runs = _Runs(order, kept)
    left_out = {node for node in order if runs.is_taken_in(node)}
    size: dict[Value, int] = {}
    for node in order:
        size[node] = 1 + sum(size[parent] for parent in node.parents if parent in left_out)
        if size[node] >= LONGEST:
            left_out.discard(node)
    for node in order:
        if node not in left_out and not left_out.isdisjoint(node.parents):
            _keep_apart(node, left_out, kept)
    return Abridged(order, left_out)


def _keep_apart(node: Value, left_out: set[Value], kept: Collection[Value]) -> None:
    """Keep nodes whose removal would merge two links to the same operand."""
    stack = [node]
    while stack:
        top = stack.pop()
        region = _region(top, left_out)
        inner = [part for part in region if part is not top]
        times = Counter(x for part in region for x in set(part.parents) if x not in region)
        twice = {x for x, n in times.items() if n > 1 and not _is_literal(x, kept)}
        if inner and twice:
            functions = [part for part in inner if not _is_sum(part, kept)]
            back = [part for part in functions if not twice.isdisjoint(part.parents)] or functions or inner
            left_out.difference_update(back)
            stack += [top, *back]


class _Runs:
    """The runs of + and − in a graph: where each ends, and which of them sum products."""

    def __init__(self, order: Sequence[Value], kept: Collection[Value]) -> None:
        self._kept = kept
        self._reads = Counter(parent for node in order for parent in node.parents)
        self._last_reader = {parent: node for node in order for parent in node.parents}
        self._end: dict[Value, Value] = {}
        for node in reversed(order):
            if node.parents and _is_sum(node, kept):
                reader = self._reader(node)
                goes_on = reader in self._end and not self._is_residual(reader)
                self._end[node] = self._end[reader] if goes_on and reader else node
        self._weighted = {
            end for node, end in self._end.items()
            if not self._is_residual(node)
            and any(_is_product(parent, kept) and self._reader(parent) for parent in node.parents)
        }  # fmt: skip

    def is_taken_in(self, node: Value) -> bool:
        """Return whether a node is absorbed by its reader."""
        reader = self._reader(node)
        if reader is None:
            return False
        if node in self._end:
            return self._end[node] is not node or node not in self._weighted
        if reader not in self._end or self._is_residual(reader):
            return False
        end = self._end[reader]
        return _is_product(node, self._kept) or end in self._weighted or self._reader(end) is None

    def _reader(self, node: Value) -> Value | None:
        """Return the only reader of a node that may be omitted; else None."""
        return self._last_reader[node] if self._reads[node] == 1 and _may_go(node, self._kept) else None

    def _is_residual(self, node: Value | None) -> bool:
        """Return whether a node is ``z − y`` with a leaf y, and its only reader an even function."""
        if node is None or node.rule != rules.sub or all(parent.parents for parent in node.parents):
            return False
        reader = self._reader(node)
        return reader is not None and reader.rule is not None and reader.rule.name in EVEN


def _may_go(node: Value, kept: Collection[Value]) -> bool:
    """Return whether a node may be omitted: it has no name, and a rule that can be read."""
    rule = node.rule
    if rule is None or not node.parents or node in kept:
        return False
    return rule.name != "handmade" and rule.name not in rules.INNER


def _is_sum(node: Value, kept: Collection[Value]) -> bool:
    """Return whether a node adds or subtracts, or multiplies or divides by a number."""
    if node.rule is None:
        return False
    if node.rule.name == "mul":
        return any(_is_literal(parent, kept) for parent in node.parents)
    return node.rule.name in SUMS or (node.rule.name == "div" and _is_literal(node.parents[1], kept))


def _is_product(node: Value, kept: Collection[Value]) -> bool:
    return node.rule is not None and node.rule.name in PRODUCTS and not _is_sum(node, kept)


def _is_literal(node: Value, kept: Collection[Value]) -> bool:
    return not node.parents and not node.label and node not in kept
