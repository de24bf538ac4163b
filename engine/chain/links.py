"""A graph seen as the chain rule sees it: between a cost and one of its nodes, each edge is a factor."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from engine import graph, sweep
from engine.formula import of_node, symbol
from engine.names import names
from engine.stale import first_stale

from .factor import Derivative, Factor, latex_number
from .text import folded

if TYPE_CHECKING:
    from engine.formula import Formula, Symbol
    from engine.value import Value

Edge: TypeAlias = "graph.Edge[Value]"
Onward: TypeAlias = "dict[Value, list[Edge]]"


class Remark(NamedTuple):
    """What is to be said below an equation; empty where nothing is."""

    text: str = ""
    latex: str = ""

    def below(self, lines: str) -> str:
        """The text with the remark on lines of its own."""
        return "\n".join([lines, *folded([self.text])]) if self.text else lines

    def below_latex(self, body: str) -> str:
        """The same for LaTeX."""
        if not self.latex:
            return body
        return f"\\begin{{gathered}}\n{body} \\\\[0.7em]\n{self.latex}\n\\end{{gathered}}"

    def beside(self, data: dict[str, Any]) -> dict[str, Any]:
        """The same for plain data."""
        return data | {"stale": self.text} if self.text else data


NOTHING = Remark()


class Links:
    """Names, gradients and formulas of a cost's graph, each worked out when it is first asked for.

    >>> from engine import Value
    >>> w, a = Value(0.5, label="w"), Value(2.0, label="a")
    >>> links = Links(w * a, w)
    >>> [str(links.factor(edge).derivative) for edge in links.onward[w]], links.gradient[w]
    (['∂C/∂w'], 2.0)
    """

    def __init__(self, root: Value, *targets: Value, prime: bool = True) -> None:
        self.root, self.target, self.prime = root, (*targets, root)[0], prime
        self.names = names(root, *targets)
        self._taken = frozenset(self.names.values())
        self._symbols = {node: symbol(name) for node, name in self.names.items()}
        self._formulas: dict[Value, tuple[Formula, list[Formula | None]]] = {}
        self._factors: dict[Edge, Factor] = {}

    def to(self, target: Value) -> Links:
        """The same graph seen from another node; what was worked out is kept."""
        shared = self._readers if target in self.gradient else {}
        other = copy(self)
        other.target = target
        other.onward = {node: shared[node] for node in self._after(target)} if shared else {}
        return other

    @cached_property
    def _readers(self) -> Onward:
        """Every node, parents first, with the edges that lead on from it."""
        found: Onward = {node: [] for node in self.order}
        for edge in graph.edges(self.root):
            found[edge.parent].append(edge)
        return found

    @cached_property
    def _ranks(self) -> dict[Value, int]:
        return {node: k for k, node in enumerate(self.order)}

    def _after(self, target: Value) -> list[Value]:
        """A node and all that depend on it, parents first; the rest of the graph is not looked at."""
        found, stack = {target}, [target]
        while stack:
            children = {edge.child for edge in self._readers[stack.pop()]} - found
            found |= children
            stack += children
        return sorted(found, key=self._ranks.__getitem__)

    @cached_property
    def order(self) -> list[Value]:
        """Every node that the cost depends on, parents first."""
        return graph.topological_order(self.root)

    @cached_property
    def gradient(self) -> dict[Value, float]:
        """∂C/∂node of every one of them, as ``backward()`` computes it."""
        return sweep.gradient(self.root, self.order)

    @cached_property
    def remark(self) -> Remark:
        """That numbers were edited since they were computed, where some were."""
        found = first_stale(self.order)
        if found is None:
            return NOTHING
        name, now = self.symbol(found.node).latex(), found.now
        gives = r"\text{no number}" if now is None else latex_number(now)
        told = (
            rf"\text{{a number was edited after the forward pass: }} {name} \text{{ is recorded as }} "
            rf"{latex_number(found.recorded)}\text{{, its operands now give }} {gives}"
            r"\text{; refresh() computes all again}"
        )
        return Remark(found.told(self.names), told)

    @cached_property
    def onward(self) -> Onward:
        """The nodes between target and cost, each with the edges that lead on."""
        return graph.onward(self.root, self.target)

    @cached_property
    def last(self) -> int:
        """The number of the last layer that a name tells of."""
        layers = (name.layer for name in self._symbols.values())
        return max((int(layer) for layer in layers if layer.isdecimal()), default=0)

    def symbol(self, node: Value) -> Symbol:
        """The node's name as a symbol."""
        return self._symbols[node]

    def formula(self, node: Value) -> Formula:
        """What a node is, in the names of its parents."""
        return self._of(node)[0]

    def factor(self, edge: Edge) -> Factor:
        """The local derivative of an edge; ∂C/∂v is a direct one where other ways lead from v to C too."""
        if edge not in self._factors:
            parent, child, position = edge
            direct = child is self.root and len(self.onward[parent]) > 1
            derivative = Derivative(self.symbol(child), self.symbol(parent), direct=direct)
            slope = child.local_derivatives[position]
            self._factors[edge] = Factor(derivative, slope, self._of(child)[1][position])
        return self._factors[edge]

    def whole(self, node: Value, *, delta: bool = False) -> Factor:
        """∂C/∂node, by its name; as δ where asked for."""
        derivative = Derivative(self.symbol(self.root), self.symbol(node), delta=delta)
        return Factor(derivative, self.gradient.get(node, 0.0))

    def _of(self, node: Value) -> tuple[Formula, list[Formula | None]]:
        if node not in self._formulas:
            self._formulas[node] = of_node(node, self.names, prime=self.prime, taken=self._taken)
        return self._formulas[node]
