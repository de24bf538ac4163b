"""The graph between a cost and one of its nodes as the chain rule sees it: each edge is a factor.

Each path from a node to a cost is a product of local derivatives; the largest come first.

In the nested form of textbooks, each derivative is written in terms of those of the next level, so that
none is repeated: ∂C/∂a_k = Σ_j ∂z_j/∂a_k · ∂a_j/∂z_j · ∂C/∂a_j, down to the cost. It has as many factors as
the graph has edges, while the number of paths may be astronomical. In terms of the errors δ_j = ∂C/∂z_j,
δ_k = (Σ_j ∂z_j/∂a_k · δ_j) · ∂a_k/∂z_k. Sources: *Backpropagation Calculus*; *Chapter 2: Backpropagation*.
"""

from __future__ import annotations

import math
from collections import Counter
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from engine import backward, graph, rules
from engine.characters import shown
from engine.formula import symbol
from engine.formula.notation import FROM_TO, LAYOUTS, Notation
from engine.formula.symbols import PRODUCT
from engine.labels import from_variables, names
from engine.numeric import flag, in_json, short
from engine.stale import first_stale

from . import shares, written
from .factors import Derivative, Factor, latex_number, simplified
from .view import Abridged, between_names
from .view import folded as without_runs
from .written import NOTHING, Equation, Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from typing import Unpack

    from engine.formula import Formula, Symbol
    from engine.value import Value

Edge: TypeAlias = "graph.Edge[Value]"
Onward: TypeAlias = "dict[Value, list[Edge]]"


NAMED, ALL, FOLDED = "named", "all", "folded"
VIEWS: dict[str, Callable[[list[Value], frozenset[Value]], Abridged]] = {
    NAMED: between_names,
    ALL: lambda order, _: Abridged(order),
    FOLDED: without_runs,
}


class Manner(TypedDict, total=False):
    """How a derivative is explained: the options of ``explain`` besides ``limit``."""

    prime: bool
    through: str
    order: str
    terms: str
    notation: str
    layers: str
    names: bool


CHOICES = {
    "through": ("named", "all"),
    "order": ("weight first", "cost first"),
    "terms": ("index", "size"),
    "notation": LAYOUTS,
    "layers": ("numbers", "L"),
}


def as_links(manner: Manner) -> dict[str, Any]:
    """Return the options of ``Links``; raise TypeError or ValueError for one that is not among the choices.

    >>> as_links({"order": "costs first"})
    Traceback (most recent call last):
        ...
    ValueError: order must be 'weight first' or 'cost first', got 'costs first'; choose one of them
    """
    usual = {name: choices[0] for name, choices in CHOICES.items()} | {"prime": True, "names": True}
    given: dict[str, Any] = usual | manner
    if isinstance(given["order"], str):
        given["order"] = given["order"].replace("-", " ")  # as on the command line
    for name, choices in CHOICES.items():
        if given[name] not in choices:
            error = ValueError if isinstance(given[name], str) else TypeError
            known = " or ".join(map(repr, choices))
            raise error(f"{name} must be {known}, got {short(given[name])}; choose one of them")
    return {
        "prime": flag(given["prime"], "prime"),
        "variables": flag(given["names"], "names"),
        "through": given["through"],
        "cost_first": given["order"] == "cost first",
        "notation": Notation(given["notation"], relative=given["layers"] == "L"),
    }


class Links:
    """Names, gradients and formulas of a cost's graph, each computed on first use.

    >>> from engine import Value
    >>> w, a = Value(0.5, label="w"), Value(2.0, label="a")
    >>> links = Links(w * a, w)
    >>> [str(links.factor(edge).derivative) for edge in links.onward[w]], links.gradient[w]
    (['∂C/∂w'], 2.0)
    """

    def __init__(
        self,
        root: Value,
        *targets: Value,
        prime: bool = True,
        through: str = NAMED,
        cost_first: bool = False,
        notation: Notation = Notation(),  # noqa: B008  (an immutable tuple)
        variables: bool = True,
    ) -> None:
        self.root, self.target, self.prime, self.through = root, (*targets, root)[0], prime, through
        self.cost_first, self.notation = cost_first, notation
        held = from_variables([*self.order, *targets]) if variables else {}
        costs = root.parents if root.rule == rules.mean else ()
        self.named = frozenset({*held, *(node for node in self.order if node.label)})
        self.kept = frozenset({*self.named, root, *targets, *costs})
        self.names = notation.names(names(root, *targets, variables=held or False))
        self._taken = frozenset(map(str, self.names.values()))
        self._views: dict[str, tuple[Abridged, Onward]] = {}
        self._factors: dict[tuple[Abridged, Edge], Factor] = {}

    def to(self, target: Value) -> Links:
        """Return the same graph with another target; earlier results are kept."""
        _ = self.cross_entropy  # found once for all targets
        other = copy(self)
        other.target = target
        other.__dict__.pop("_way", None)
        return other

    def through_all(self) -> Links:
        """Return the same graph with every node kept."""
        other = copy(self)
        other.through = "all"
        other.__dict__.pop("_way", None)
        return other

    @cached_property
    def order(self) -> list[Value]:
        """Every node that the cost depends on, parents first."""
        return graph.topological_order(self.root)

    @cached_property
    def gradient(self) -> dict[Value, float]:
        """∂C/∂node for each of these nodes, as ``backward()`` computes it."""
        return backward.gradient(self.root, self.order)

    @cached_property
    def _way(self) -> tuple[Abridged, Onward, Onward]:
        """The graph of the nodes used: all, the named ones, or all but runs if no named one is on the way.

        All are used, too, where 0 · ∞ would be simplified to 0.
        """
        which, after = self.through, self._after(self.through)
        if which == NAMED and not (self._names_inner and self._on_the_way(after)):
            which, after = FOLDED, self._after(FOLDED)
        slopes = chain.from_iterable(node.local_derivatives for node in self.order)
        if not all(map(math.isfinite, slopes)) and self._hides_nan(which, after):
            which, after = ALL, self._after(ALL)
        view, readers = self._seen(which)
        return view, readers, {node: readers[node] for node in after}

    def _hides_nan(self, which: str, after: list[Value]) -> bool:
        """Return whether a factor that is NaN has a number as its formula: 0 · ∞ was simplified to 0."""
        view, readers = self._seen(which)
        for _, child, position in chain.from_iterable(map(readers.__getitem__, after)):
            if math.isnan(view.links(child).slopes[position]):
                formula = view.formulas(child, self.names, self._taken, prime=self.prime)[1][position]
                plain = formula.expression.number if formula else None
                if plain is not None and math.isfinite(plain):
                    return True
        return False

    def _on_the_way(self, after: list[Value]) -> bool:
        """Return whether a named node lies between target and root; True if these are the same node."""
        return self.target is self.root or any(n in self.named and n is not self.root for n in after[1:])

    @property
    def view(self) -> Abridged:
        """The graph of the nodes that the explanation uses."""
        return self._way[0]

    @property
    def onward(self) -> Onward:
        """The nodes between target and cost, each with its outgoing edges."""
        return self._way[2]

    @cached_property
    def _names_inner(self) -> bool:
        return any(node.parents and node is not self.root for node in self.named)

    def _seen(self, which: str) -> tuple[Abridged, Onward]:
        """Return a view and the outgoing edges of each of its nodes, sorted by index if they have one."""
        if which not in self._views:
            view = VIEWS[which](self.order, self.kept)
            found: Onward = {node: [] for node in view.order}
            for child in view.order:
                for position, parent in enumerate(view.operands(child)):
                    found[parent].append(graph.Edge(parent, child, position))
            for edges in found.values():
                if len(edges) > 1:
                    edges.sort(key=self._rank(edges))
            self._views[which] = view, found
        return self._views[which]

    def _rank(self, edges: list[Edge]) -> Callable[[Edge], Any]:
        """Return the sort key of edges: the indices of the nodes they lead to, if nothing else differs."""
        ends = {self.symbol(edge.child) for edge in edges}
        if len({(end.letter, end.layer, end.copy, len(end.indices)) for end in ends}) > 1:
            return lambda _: 0
        if not all(end.indices and all(map(str.isdecimal, end.indices)) for end in ends):
            return lambda _: 0
        return lambda edge: [int(index) for index in self.symbol(edge.child).indices]

    def _after(self, which: str) -> list[Value]:
        """Return the target and all nodes that depend on it, parents first, without visiting the rest."""
        readers = self._seen(which)[1]
        if self.target not in readers:
            return []
        found, stack = {self.target}, [self.target]
        while stack:
            children = {edge.child for edge in readers[stack.pop()]} - found
            found |= children
            stack += children
        return sorted(found, key=self._ranks.__getitem__)

    @cached_property
    def _ranks(self) -> dict[Value, int]:
        return {node: k for k, node in enumerate(self.order)}

    @cached_property
    def remark(self) -> Remark:
        """The remark that numbers were edited since they were computed, if any were."""
        found = first_stale(self.order)
        it = self.cross_entropy
        note = shares.note(it, self.named) if it and (it.is_one_node or self.target in it.outputs) else ""
        if found is None:
            return Remark(note=note)
        name, now = self.symbol(found.node).latex(), found.now
        gives = r"\text{no number}" if now is None else latex_number(now)
        told = (
            rf"\text{{a number was edited after the forward pass: }} {name} \text{{ is recorded as }} "
            rf"{latex_number(found.recorded)}\text{{, its operands now give }} {gives}"
            r"\text{; refresh() recomputes all numbers}"
        )
        return Remark(found.told({found.node: str(self.symbol(found.node))}), told, note)

    def remark_on(self, equations: Iterable[Equation]) -> Remark:
        """Return the remark, together with the definitions of the unnamed nodes in these equations."""
        nodes = (node for node in self.view.order if node.parents and node is not self.root)
        unnamed = {self.symbol(node): node for node in nodes if node not in self.named}
        where = written.defined(equations, unnamed, self.formula)
        if self.cross_entropy and any(it.short for it in equations):
            return self.remark._replace(where=where, note=shares.note(self.cross_entropy, self.named))
        return self.remark._replace(where=where)

    @property
    def is_from_to(self) -> bool:
        """Whether the notation is from–to, which counts from 1 and writes ∂c/∂z = f′ Σ … without a δ."""
        return self.notation.layout == FROM_TO

    @property
    def swapped(self) -> Derivative:
        """The derivative of the target with respect to the cost."""
        return Derivative(self.symbol(self.target), self.symbol(self.root))

    @cached_property
    def is_swapped(self) -> bool:
        """Whether the target depends on the cost, and not the cost on the target."""
        return self.target not in self.gradient and self.root in graph.topological_order(self.target)

    @cached_property
    def last(self) -> int:
        """The number of the last layer that occurs in a label."""
        layers = (symbol(node.label).layer for node in self.order)
        return max((int(layer) for layer in layers if layer.isdecimal()), default=0)

    def symbol(self, node: Value) -> Symbol:
        """Return the node's name as a symbol."""
        return self.names[node]

    def slope(self, edge: Edge) -> float:
        """Return the local derivative along an edge."""
        return self.view.links(edge.child).slopes[edge.position]

    def formula(self, node: Value) -> Formula:
        """Return the formula of a node, in the names of its operands."""
        return self._written(node)[0]

    def factor(self, edge: Edge) -> Factor:
        """Return an edge's local derivative; ∂C/∂v is marked direct if C also depends on v in other ways."""
        key = self.view, edge
        if key not in self._factors:
            parent, child, position = edge
            direct = child is self.root and len(self._way[1][parent]) > 1
            derivative = Derivative(self.symbol(child), self.symbol(parent), direct=direct)
            formula = self._written(child)[1][position]
            own = len(self.view.operands(child)) == len(child.parents)
            if own and child is self.root and self.cross_entropy and self.cross_entropy.is_one_node:
                formula = self.share_minus_target(parent) or formula
            self._factors[key] = Factor(derivative, self.slope(edge), formula)
        return self._factors[key]

    @cached_property
    def cross_entropy(self) -> shares.CrossEntropy | None:
        """The outputs that the cost compares, if it is the cross-entropy of softmax."""
        return shares.found(self.root)

    def share_minus_target(self, node: Value) -> Formula | None:
        """Return p_j − y_j, the derivative with respect to a logit z_j; None for other nodes and costs."""
        output = self.cross_entropy and self.cross_entropy.outputs.get(node)
        return shares.minus_target(output, self.names, self.named, self._taken) if output else None

    def simplified(self, edges: list[Edge]) -> Formula | None:
        """Return the product of activation and cost in simplified form, if there is one."""
        if len(edges) != 2 or any(len(self.view.links(e.child).nodes) != len(e.child.parents) for e in edges):
            return None
        inner, outer = edges
        return simplified(inner.child, outer.child, outer.position, self.names, self._taken)

    def whole(self, node: Value, *, delta: bool = False) -> Factor:
        """Return ∂C/∂node by name; as δ if requested and if the notation has it."""
        delta = delta and not self.is_from_to
        derivative = Derivative(self.symbol(self.root), self.symbol(node), delta=delta)
        return Factor(derivative, self.gradient.get(node, 0.0))

    def _written(self, node: Value) -> tuple[Formula, list[Formula | None]]:
        return self.view.formulas(node, self.names, self._taken, prime=self.prime)


# ── The paths from a node to a cost ───────────────────────────────────────────────────────────────

FACTORS = 1_000_000
"""Factors of all listed paths together: if paths are very long, fewer are listed, but at least one."""
MOST = 1e9
"""Replaces log ∞, and −log 0: larger than the sum of the logarithms of a million floats."""


@dataclass(frozen=True, slots=True)
class Path:
    """One path: the names of its nodes, and one factor for each edge."""

    nodes: tuple[str, ...]
    factors: tuple[Factor, ...]

    @property
    def product(self) -> float:
        """The contribution of this path."""
        return math.prod(factor.number for factor in self.factors)

    def __str__(self) -> str:
        return shown(" → ".join(self.nodes))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        factors = [factor.to_dict() for factor in self.factors]
        return {"nodes": list(self.nodes), "factors": factors, "product": in_json(self.product)}


def largest(links: Links, limit: int) -> tuple[Path, ...]:
    """Return the paths with the largest contributions, as many as limit and length allow, and no others."""

    def size(edge: Edge) -> float:
        return magnitude(links.slope(edge))

    listed, room = [], FACTORS
    for edges in islice(graph.largest_paths(links.onward, size), limit):
        listed.append(_path(links, edges))
        room -= len(edges)
        if room < len(edges):
            break
    return tuple(listed)


def magnitude(slope: float) -> float:
    """Return the logarithm of a slope's magnitude: products are ordered like the sums of these.

    >>> magnitude(-1.0), magnitude(0.0)
    (0.0, -1000000000.0)
    """
    if slope == 0:
        return -MOST
    return math.log(abs(slope)) if math.isfinite(slope) else MOST


def _path(links: Links, edges: list[Edge]) -> Path:
    nodes = [links.target, *(edge.child for edge in edges)]
    return Path(tuple(str(links.symbol(node)) for node in nodes), tuple(map(links.factor, edges)))


def in_order(links: Links) -> Iterator[Path]:
    """Yield all paths, in the order of the indices of the nodes where they diverge."""
    edges: list[Edge] = []
    stack = [(0, edge) for edge in reversed(links.onward[links.target])]
    while stack:
        depth, edge = stack.pop()
        edges[depth:] = [edge]
        ways = links.onward[edge.child]
        stack += [(depth + 1, way) for way in reversed(ways)]
        if not ways:
            yield _path(links, edges)


def as_equation(links: Links, paths: tuple[Path, ...]) -> Equation:
    """Return the sum of all paths."""
    whole = links.whole(links.target)
    terms = tuple(in_turn(links, path.factors) for path in paths)
    return Equation(whole.derivative, terms, whole.number, short=_short(links, links.target, terms))


def _short(links: Links, node: Value, terms: tuple[tuple[Factor, ...], ...]) -> Formula | None:
    """Return the documents' form for softmax, unless the only factor is the same already."""
    found = links.share_minus_target(node)
    factors = [factor for term in terms for factor in term]
    said = len(factors) == 1 and found and factors[0].symbols == found.piece().at_least(PRODUCT)
    return None if said else found


def in_turn(links: Links, factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """Return the factors of a product, from the weight to the cost or from the cost to the weight."""
    return factors[::-1] if links.cost_first else factors


# ── The nested form of the documents ──────────────────────────────────────────────────────────────

SHOWN = 12
"""Equations that ``str`` and LaTeX show."""
AFTER_MERGING = 2
"""Links that a product may add after its path has met others: z_j → a_j → C, and no more."""


@dataclass(frozen=True, slots=True)
class Nested:
    """Equations from a node to the cost, each in terms of later ones."""

    equations: tuple[Equation, ...]
    last: int
    """The number of the last layer, from which layers are counted back."""
    remark: Remark = NOTHING

    def __str__(self) -> str:
        told = "\n\n".join(map(str, self.equations[:SHOWN]))
        left = len(self.equations) - SHOWN
        more = f"\n\n… {left} more equation{'s' * (left > 1)}; .equations holds all" * (left > 0)
        return shown(self.remark.below(told + more))

    def latex(self, *, relative: bool = False) -> str:
        """Return LaTeX; ``relative`` counts layers back from L."""
        last = self.last if relative else None
        blocks = [written.latex_equation(it, last) for it in self.equations[:SHOWN]]
        more = written.left_out(len(self.equations) - SHOWN, "equation")
        return self.remark.below_latex(written.aligned(*blocks, *filter(None, [more])), last)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return self.remark.beside({"equations": [it.to_dict() for it in self.equations]})

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def nested(links: Links, *, delta: bool = False, defines: bool = True) -> Nested:
    """Return the nested form, or the equations between pre-activations in terms of δ.

    ``defines`` adds the definitions of unnamed nodes.

    Raises ValueError for δ if no node is a pre-activation.
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
    remark = links.remark_on(equations[:SHOWN])
    return Nested(tuple(equations), links.last, remark if defines else remark._replace(where={}))


def equations(
    C: Value,
    nodes: Iterable[Value],
    *,
    delta: bool = False,
    in_full: Collection[Value] = (),
    **manner: Unpack[Manner],
) -> list[Equation]:
    """Return the first equation of each node's nested form: ∂C/∂node in terms of the next level.

    For nodes ``in_full`` it is a product down to the cost, unless paths diverge on the way. ``delta`` writes
    errors δ where there are any; the other options are those of ``explain``. Raises ValueError for a node
    that C does not depend on, and for C itself.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> print(*equations(x**2, [x]))
    ∂C/∂x = 2 x
          = 6
    """
    nodes = list(nodes)
    links = Links(C, *nodes, **as_links(manner))
    lost = [str(links.symbol(node)) for node in nodes if node is C or node not in links.gradient]
    if lost:
        raise ValueError(f"{links.symbol(C)} is not made of {', '.join(lost)}; give nodes that it depends on")
    found = []
    for node in nodes:
        form = _Form(links.to(node), delta=delta, reuse=node not in in_full)
        found.append(form.equation(node)[0])
    return found


class _Form:
    """Equations of derivatives, each a product up to the next error δ or reused activation."""

    def __init__(self, links: Links, *, delta: bool, reuse: bool = True) -> None:
        self.links, self.delta = links, delta
        self.merging = Counter(edge.child for edges in links.onward.values() for edge in edges)
        zs = {node for node in links.onward if is_pre_activation(links, node)}
        self.cuts = zs if delta else set()
        if delta and links.onward and not self.cuts:
            raise ValueError(
                "no node on the way is a pre-activation z, so there is no error δ; "
                "make it with affine(b, ws, xs), or label it z"
            )
        between = [*links.onward][1:] if reuse and not delta else []
        self.reused = {a for a in between if any(edge.child in zs for edge in links.onward[a])}

    def equation(self, node: Value) -> tuple[Equation, list[Value]]:
        """Return the equation of one node, and the nodes whose derivatives it uses."""
        links = self.links
        derivative, value = links.whole(node, delta=node in self.cuts).derivative, links.gradient[node]
        ways = links.onward[node]
        first, fork = self._follow(ways[0]) if len(ways) == 1 else ([], node)
        if fork is None or not self._parts(first, fork):
            term = self._term(first, fork)
            short = links.simplified(first) if fork is None and node in self.cuts else None
            short = short or _short(links, node, (term,))
            return Equation(derivative, (term,), value, short=short), _some(fork)
        terms: list[tuple[Factor, ...]] = []
        ends: list[Value] = []
        for edge in links.onward[fork]:
            edges, end = self._follow(edge)
            terms.append(self._term(edges, end))
            ends += _some(end)
        common, short = tuple(map(links.factor, first)), _short(links, node, tuple(terms))
        first_common = links.is_from_to and not links.cost_first
        start = int(links.is_from_to)
        return Equation(derivative, tuple(terms), value, common, short, first_common, start), ends

    def _parts(self, first: list[Edge], fork: Value) -> bool:
        """Return whether the sum over the branches at a fork belongs to this equation alone."""
        own = all(self.merging[edge.child] == 1 for edge in first)
        return (
            own and len(self.links.onward[fork]) > 1 and (not first or (self.delta and fork not in self.cuts))
        )

    def _follow(self, edge: Edge) -> tuple[list[Edge], Value | None]:
        """Follow a path while it does not branch; return its edges and its end, which is None at the cost."""
        edges, merged = [edge], 0
        while True:
            node = edges[-1].child
            ways = self.links.onward[node]
            merged += merged > 0 or self.merging[node] > 1
            if not ways:
                return edges, None
            if len(ways) > 1 or node in self.cuts or node in self.reused or merged > AFTER_MERGING:
                return edges, node
            edges.append(ways[0])

    def _term(self, edges: list[Edge], end: Value | None) -> tuple[Factor, ...]:
        links = self.links
        rest = [] if end is None else [links.whole(end, delta=end in self.cuts)]
        return in_turn(links, (*map(links.factor, edges), *rest))


def _some(node: Value | None) -> list[Value]:
    return [] if node is None else [node]


def is_pre_activation(links: Links, node: Value) -> bool:
    """Return whether a node is a z: a weighted sum, as one node or several, or a node labelled z."""
    weighted = node.rule in {rules.affine, rules.dot} or links.symbol(node).letter == "z"
    return weighted or (node is not links.root and links.view.adds_products(node, links.kept))
