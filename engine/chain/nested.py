"""The nested form of the documents: each derivative by those of the level after it, so that none is repeated.

∂C/∂a_k = Σ_j ∂z_j/∂a_k · ∂a_j/∂z_j · ∂C/∂a_j, down to the cost: as many factors as the graph has edges, where
the paths may be more than can be counted on a clock. In terms of the error δ_j = ∂C/∂z_j: δ_k is
(Σ_j ∂z_j/∂a_k · δ_j) · ∂a_k/∂z_k. Sources: *Backpropagation calculus*; *Chapter 2: Backpropagation*.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import rules
from engine.characters import shown

from . import latex
from .equation import Equation
from .links import NOTHING, Links, Remark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.value import Value

    from .factor import Factor
    from .links import Edge

SHOWN = 12
"""Equations that ``str`` and LaTeX show."""
AFTER_MERGING = 2
"""Links that a product takes along after its path has met others: z_j → a_j → C, and no more."""


@dataclass(frozen=True, slots=True)
class Nested:
    """Equations from the node asked for to the cost, each in terms of later ones."""

    equations: tuple[Equation, ...]
    last: int
    """The last layer's number, to count from."""
    remark: Remark = NOTHING

    def __str__(self) -> str:
        told = "\n\n".join(map(str, self.equations[:SHOWN]))
        left = len(self.equations) - SHOWN
        more = f"\n\n… {left} more equations; .equations holds all" * (left > 0)
        return shown(self.remark.below(told + more))

    def latex(self, *, relative: bool = False) -> str:
        """LaTeX; ``relative`` counts layers back from L."""
        last = self.last if relative else None
        blocks = [latex.equation(it, last) for it in self.equations[:SHOWN]]
        left = len(self.equations) - SHOWN
        more = [[rf"&\text{{… {left} more equations}}"]] if left > 0 else []
        return self.remark.below_latex(latex.aligned(*blocks, *more))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return self.remark.beside({"equations": [it.to_dict() for it in self.equations]})

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def nested(links: Links, *, delta: bool = False) -> Nested:
    """The nested form, or in terms of δ the equations between pre-activations.

    ValueError for δ where no node is a pre-activation.
    """
    form = _Form(links, delta=delta)
    if links.target is links.root or not links.onward:
        whole = links.whole(links.target)  # 1, the empty product, or 0, the empty sum
        only = Equation(whole.derivative, ((),) * len(links.onward), whole.number)
        return Nested((only,), links.last, links.remark)
    wanted, equations = {links.target}, []
    for node in links.onward:
        if node in wanted and node is not links.root:
            it, ends = form.equation(node)
            equations.append(it)
            wanted.update(ends)
    return Nested(tuple(equations), links.last, links.remark)


def equations(C: Value, nodes: Iterable[Value], *, prime: bool = True) -> list[Equation]:
    """For each node the first equation of its nested form: ∂C/∂node in terms of the next level's derivatives.

    ValueError for a node that C does not depend on, or C itself.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> print(*equations(x**2, [x]))
    ∂C/∂x = 2 x
          = 6
    """
    nodes = list(nodes)
    links = Links(C, *nodes, prime=prime)
    lost = [str(links.symbol(node)) for node in nodes if node is C or node not in links.gradient]
    if lost:
        raise ValueError(f"{links.symbol(C)} is not made of {', '.join(lost)}; give nodes that it depends on")
    return [_Form(links.to(node), delta=False).equation(node)[0] for node in nodes]


class _Form:
    def __init__(self, links: Links, *, delta: bool) -> None:
        self.links, self.delta = links, delta
        self.merging = Counter(edge.child for edges in links.onward.values() for edge in edges)
        self.cuts = {node for node in links.onward if delta and is_pre_activation(links, node)}
        if delta and links.onward and not self.cuts:
            raise ValueError(
                "no node on the way is a pre-activation z, so there is no error δ; "
                "make it with affine(b, ws, xs), or label it z"
            )

    def equation(self, node: Value) -> tuple[Equation, list[Value]]:
        """The equation of one node, and the nodes whose derivatives stand in it."""
        links = self.links
        derivative, value = links.whole(node, delta=node in self.cuts).derivative, links.gradient[node]
        ways = links.onward[node]
        first, fork = self._follow(ways[0]) if len(ways) == 1 else ([], node)
        if fork is None or not self._parts(first, fork):
            return Equation(derivative, (self._term(first, fork),), value), _some(fork)
        terms: list[tuple[Factor, ...]] = []
        ends: list[Value] = []
        for edge in links.onward[fork]:
            edges, end = self._follow(edge)
            terms.append(self._term(edges, end))
            ends += _some(end)
        return Equation(derivative, tuple(terms), value, tuple(map(links.factor, first))), ends

    def _parts(self, first: list[Edge], fork: Value) -> bool:
        """Whether the sum over the ways on from a fork belongs to this equation, and to no other."""
        own = all(self.merging[edge.child] == 1 for edge in first)
        return (
            own and len(self.links.onward[fork]) > 1 and (not first or (self.delta and fork not in self.cuts))
        )

    def _follow(self, edge: Edge) -> tuple[list[Edge], Value | None]:
        """Go on while there is one way; the end is the node where it stops, None at the cost."""
        edges, merged = [edge], 0
        while True:
            node = edges[-1].child
            ways = self.links.onward[node]
            merged += merged > 0 or self.merging[node] > 1
            if not ways:
                return edges, None
            if len(ways) > 1 or node in self.cuts or merged > AFTER_MERGING:
                return edges, node
            edges.append(ways[0])

    def _term(self, edges: list[Edge], end: Value | None) -> tuple[Factor, ...]:
        links = self.links
        rest = [] if end is None else [links.whole(end, delta=end in self.cuts)]
        return (*map(links.factor, edges), *rest)


def _some(node: Value | None) -> list[Value]:
    return [] if node is None else [node]


def is_pre_activation(links: Links, node: Value) -> bool:
    """Whether a node is a z: a weighted sum made as one node, or one that is labelled so."""
    return node.rule in {rules.affine, rules.dot} or links.symbol(node).letter == "z"
