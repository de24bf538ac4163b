"""Where a gradient comes from: every path and every factor, in symbols and in numbers.

For a mean of costs, it shows the share of each example: ∂C/∂w = 1/n Σ_k ∂C_k/∂w. Source: *Backpropagation
Calculus*, the derivative of the full cost function.

>>> from engine import Value, label
>>> w, a, b, y = Value(0.5), Value(0.88), Value(0.1), Value(1.0)
>>> z = w * a + b
>>> C = (z.sigmoid() - y) ** 2
>>> label(locals())
>>> print(explain(C, b))
∂C/∂b = ∂z/∂b · ∂C/∂z
      = 1     · 2 σ′(z)(σ(z) − y)
      = 1     · (−0.1713)
      = −0.1713
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine import graph, rules
from engine.arguments import a_node, a_value, advised
from engine.characters import shown
from engine.formula.symbols import counting_index, derivative, symbol
from engine.labels import bracketed, number
from engine.numeric import flag, in_json, whole

from . import matrix_form, written
from .factors import Derivative, latex_number
from .paths import (
    FACTORS,
    Links,
    Manner,
    Nested,
    Path,
    as_equation,
    as_links,
    in_order,
    is_pre_activation,
    largest,
    nested,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from engine.value import Value

    from .matrix_form import MatrixForm
    from .written import Remark

SHOWN = 10
EXAMPLES_WRITTEN_OUT = 3
"""Examples whose numbers are written in the sum; if there are more, the first ones and the last."""


@dataclass(frozen=True, slots=True)
class Share:
    """One example: ∂C_k/∂w, and its share of ∂C/∂w, ∂C_k/∂w over n. ``cost`` can be explained further."""

    cost: Value
    derivative: Derivative
    number: float
    share: float


@dataclass(frozen=True, slots=True)
class Average:
    """The derivative of a mean of costs, example by example."""

    derivative: Derivative
    value: float
    shares: tuple[Share, ...]
    summed: bool = False
    """Whether the cost is the sum of the examples' costs, not their mean."""

    def lines(self) -> list[str]:
        """Return the text: the sum, and a table of the shares, only the largest ones if there are many."""
        n, head = len(self.shares), str(self.derivative)
        pad = " " * len(head)
        few = n <= SHOWN  # all in order, or only the largest
        shown = self.shares if few else sorted(self.shares, key=lambda share: -abs(share.share))[:SHOWN]
        one = derivative("C_k", self.derivative.by)
        table = [("example", one, "share")]
        table += [(str(x.derivative), number(x.number), number(x.share)) for x in shown]
        left = sum(x.share for x in self.shares) - sum(x.share for x in shown)
        sum_ = f"Σ_k {one}"
        mean_ = f"{sum_}, the sum over" if self.summed else f"1/n {sum_}, the average over"
        numbers = " + ".join(self._numerals(number))
        lines = [
            f"{head} = {mean_} n = {n} example{'s' * (n > 1)}",
            f"{pad} = {numbers if self.summed else f'1/{n} ({numbers})'}",
            f"{pad} = {number(self.value)}",
            *(f"  {row}" for row in written.columns(table)),
            *([f"  … {n - SHOWN} more, {number(left)} in sum"] if n > SHOWN else []),
        ]
        return list(written.folded(lines))

    def latex(self, last: int | None = None) -> str:
        """Return LaTeX, in the form that textbooks use."""
        n, one = len(self.shares), Derivative(symbol("C_k"), self.derivative.by).latex(last)
        numbers = " + ".join(self._numerals(latex_number, r"\dots \text{{ {} more }} \dots"))
        over, over_n = "" if self.summed else r"\frac{1}{n} ", rf"\frac{{1}}{{{n}}} "
        sides = [
            rf"{over}\sum_{{k=0}}^{{n-1}} {one}",
            numbers if self.summed else f"{over_n}({numbers})",
            latex_number(self.value),
        ]
        return written.aligned(written.equated(self.derivative.latex(last), [[side] for side in sides]))

    def _numerals(self, spell: Any, left_out: str = "… {} more …") -> list[str]:
        texts = [bracketed(spell(share.number)) for share in self.shares]
        if len(texts) <= EXAMPLES_WRITTEN_OUT + 1:
            return texts
        return [
            *texts[:EXAMPLES_WRITTEN_OUT],
            left_out.format(len(texts) - EXAMPLES_WRITTEN_OUT - 1),
            texts[-1],
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        shares = [
            {"derivative": str(x.derivative), "number": in_json(x.number), "share": in_json(x.share)}
            for x in self.shares
        ]
        return {"n": len(self.shares), "examples": shares, "value": in_json(self.value)}


def average(links: Links) -> Average | None:
    """Return each example's share if the cost is the mean of computed costs or the sum of C_0, C_1, …."""
    root, by = links.root, links.target
    summed = root.rule == rules.total and _count_costs(links)
    averaged = root.rule == rules.mean and any(cost.parents for cost in root.parents)
    if root is by or not (summed or averaged):
        return None
    slopes = _by_target(links)
    shares = []
    for cost, part in zip(root.parents, root.local_derivatives, strict=True):
        slope = slopes.get(cost, 0.0)
        derivative = Derivative(links.symbol(cost), links.symbol(by))
        shares.append(Share(cost, derivative, slope, slope * part))
    whole = links.whole(by)
    return Average(whole.derivative, whole.number, tuple(shares), summed)


def _count_costs(links: Links) -> bool:
    """Return whether the cost is a sum of nodes that share its name C and are numbered C_0, C_1, …."""
    costs = [links.symbol(parent) for parent in links.root.parents]
    letter = links.symbol(links.root).letter
    return counting_index(costs) == 0 and all(cost.letter == letter and not cost.layer for cost in costs)


def _by_target(links: Links) -> dict[Value, float]:
    """Return ∂node/∂target for every node after the target: forward, in one pass for all examples."""
    slopes = dict.fromkeys(links.onward, 0.0) | {links.target: 1.0}
    for node, edges in links.onward.items():
        for edge in edges:
            slopes[edge.child] += links.slope(edge) * slopes[node]
    return slopes


# ── Where a gradient comes from ───────────────────────────────────────────────────────────────────

LIMIT = 100
WRITTEN_OUT = 4
"""Paths that are written out factor by factor; if there are more, each takes one line."""


@advised
def explain(
    C: Value,
    w: Value,
    *,
    limit: int = LIMIT,
    prime: bool = True,
    through: str = "named",
    order: str = "weight first",
    terms: str = "index",
    notation: str = "w_jk^(l)",
    layers: str = "numbers",
    names: bool = True,
) -> Explanation:
    r"""Explain ∂C/∂w: the paths from w to C, the factors of each, and their products and sum.

    ``through`` selects the nodes that the factors connect. With ``"named"`` these are the named ones;
    everything between two of them is one factor, derived by the rules. If no named node is on the way, each
    operation is a factor, except that runs of + and − and constant factors are merged. With ``"all"`` each
    operation is a factor. If a node is several operands of one operation, the derivative with respect to it
    is one factor: for u u it is 2 u.
    ``order`` is ``"weight first"``, as in *Backpropagation Calculus*, or ``"cost first"``, as in *Lecture 3:
    Multilayer Perceptron*.
    ``terms`` sorts the paths by the ``"index"`` of the nodes where they diverge, or by ``"size"``. At most
    ``limit`` paths are listed, the largest ones if there are more; the count is always exact. If the paths
    have more than a million factors in total, fewer are listed.
    ``prime`` writes the derivative of an activation as σ′(z), otherwise as σ(z)(1 − σ(z)).
    ``notation`` is ``"w_jk^(l)"``; ``"w_jk^l"``, as in *Chapter 2: Backpropagation*; or ``"from-to"``, as in
    *Derivation of backpropagation equations in the general case*. ``layers="L"`` counts layers from the last,
    L, L−1, …. ``names`` names nodes without a label after the caller's variables that hold them.

    The graph and its gradients do not change, and ``backward()`` need not be called first. The recorded local
    derivatives are used, as in ``backward()``; if numbers were edited since, the last line says so.
    Raises TypeError for arguments of the wrong kind, and ValueError for an unknown choice or a limit below 1.
    Source: *Backpropagation Calculus*.

    >>> from engine import Value
    >>> w, a, b, y = (Value(x, label=name) for name, x in [("w", 0.5), ("a", 0.88), ("b", 0.1), ("y", 1.0)])
    >>> z = w * a + b
    >>> z.label = "z"
    >>> h = z.sigmoid()
    >>> h.label = "h"
    >>> explain((h - y) ** 2, w, order="cost first")
    ∂C/∂w = ∂C/∂h       · ∂h/∂z    · ∂z/∂w
          = 2(h − y)    · σ′(z)    · a
          = (−0.736375) · 0.232625 · 0.88
          = −0.150744
    >>> explained = explain(a * a + a, a)
    >>> explained.value, explained.count, [path.product for path in explained.paths]
    (2.76, 2, [1.76, 1.0])

    In docs/concordance.md: calculus 5 to 14, 18, 23 to 26; delta 17, 21 to 23; lecture 11, 12, 14, 22; week9
    18 to 22, 30, 35, 36, 48.
    """
    a_value(C, "explain(C, w) takes a Value C")
    a_node(w, "explain(C, w) takes a Value w", "[explain(C, w) for w in ws]")
    manner = Manner(
        prime=prime, through=through, order=order, terms=terms, notation=notation, layers=layers, names=names
    )
    return Explanation(_links(C, [w], manner), whole(limit, "limit", 1), by_size=terms == "size")


def explanations(
    C: Value, ws: Sequence[Value], *, defines: bool = True, **manner: Unpack[Manner]
) -> list[Explanation]:
    """Return ``explain`` for each of several nodes; shared work is done once.

    ``defines=False`` omits the definitions of unnamed nodes, for use beside a forward pass.

    >>> from engine import Value
    >>> x, y = Value(3.0, label="x"), Value(2.0, label="y")
    >>> [explained.value for explained in explanations(x * y, [x, y])]
    [2.0, 3.0]
    """
    links = _links(C, ws, manner)
    by_size = manner.get("terms") == "size"
    return [Explanation(links.to(w), LIMIT, by_size=by_size, defines=defines) for w in ws]


def _links(C: Value, ws: Sequence[Value], manner: Manner) -> Links:
    return Links(C, *ws, **as_links(manner))


class Explanation:
    """∂C/∂w, explained. ``str()`` and notebooks show it; its properties return the parts one by one."""

    def __init__(self, links: Links, limit: int, *, by_size: bool = False, defines: bool = True) -> None:
        self._links, self._limit, self._by_size, self._defines = links, limit, by_size, defines

    @property
    def name(self) -> str:
        """``∂C/∂w``."""
        return str(self._links.whole(self._links.target).derivative)

    @property
    def value(self) -> float:
        """∂C/∂w, as ``backward()`` computes it; 0.0 if C does not depend on w."""
        return self._links.gradient.get(self._links.target, 0.0)

    @property
    def depends(self) -> bool:
        """Whether any path leads from w to C."""
        return bool(self._links.onward)

    @cached_property
    def count(self) -> int:
        """The exact number of paths."""
        return graph.count_paths(self._links.onward)

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The paths, by index or by size; only the largest if there are more than the limit."""
        few = self.count <= self._limit and self.count * len(self._links.onward) <= FACTORS
        in_turn = few and self.count and not self._by_size and self._links.root is not self._links.target
        return tuple(in_order(self._links)) if in_turn else largest(self._links, self._limit)

    @property
    def rest(self) -> float:
        """The total contribution of the paths that are not listed."""
        listed = self.paths
        return self.value - sum(path.product for path in listed) if self.count > len(listed) else 0.0

    def nested(self, *, delta: bool = False) -> Nested:
        """Return the form of textbooks for layers, level by level; ``delta`` writes errors δ_j = ∂C/∂z_j.

        The work is linear in the size of the graph. If no z has a name, δ is traced through all nodes. Raises
        ValueError for δ if no node is a pre-activation.

        In docs/concordance.md: calculus 18, 27 to 29; delta 24; week9 36, 40, 42.
        """
        links = self._links
        if flag(delta, "delta") and not any(is_pre_activation(links, node) for node in links.onward):
            links = links.through_all()
        return nested(links, delta=delta, defines=self._defines or links is not self._links)

    def matrix(self) -> MatrixForm:
        """Return the matrix form, δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l), down to the layer of w.

        Raises ValueError if the graph is not layers of neurons below a cost.

        In docs/concordance.md: delta 7, 8, 11, 25, 26.
        """
        return matrix_form.form(self._links)

    @cached_property
    def average(self) -> Average | None:
        """Each example's share if C is the mean of costs; else None."""
        return average(self._links)

    def __str__(self) -> str:
        return shown(self._remark(min(self._limit, WRITTEN_OUT)).below("\n".join(self._lines())))

    __repr__ = __str__

    def _lines(self) -> list[str]:
        C, w = (self._links.symbol(node) for node in (self._links.root, self._links.target))
        if not self.depends:
            told = f"{C} does not depend on {w}: no path leads from {w} to {C}."
            other = self._links.swapped
            swapped = f"{w} depends on {C}: the other way round, explain({w}, {C}) explains {other}."
            lines = [told, f"{self.name} = 0", *[swapped] * self._links.is_swapped]
            return [*written.folded(lines)]
        if self._links.root is self._links.target:
            return [*written.folded([f"{self.name} = 1: {C} itself"])]
        if self.average:
            return self.average.lines()
        if self.count <= min(self._limit, WRITTEN_OUT):
            return written.equation(as_equation(self._links, self.paths))
        return [*written.folded([self._head()]), *self._table()]

    def _head(self) -> str:
        k = len(self.paths)
        listed = ":" if k == self.count else f"; the {'largest' if k == 1 else f'{k} largest'}:"
        short = self._links.share_minus_target(self._links.target)
        told = f"{self.name} = {f'{short.text} = ' if short else ''}{number(self.value)}"
        return f"{told}, the sum over {written.counted(self.count)} paths{listed}"

    def _table(self) -> list[str]:
        numbers = [number(path.product) for path in self.paths]
        wide = max(map(len, numbers))
        room = written.WIDTH - wide - 4
        lines = [
            f"  {x:>{wide}}  {_shortened(path, room)}".rstrip()
            for x, path in zip(numbers, self.paths, strict=True)
        ]
        left = self.count - len(self.paths)
        if left:
            lines += written.folded(
                [f"  {number(self.rest):>{wide}}  in {written.counted(left)} more, not listed"]
            )
        return lines

    def latex(self, *, relative: bool = False) -> str:
        """Return LaTeX: symbols with the numbers under them; ``relative`` counts layers back from L."""
        last = self._links.last if relative else None
        return self._remark(self.count).below_latex(self._latex(last), last)

    def _remark(self, most: int) -> Remark:
        """Return the remark below; for at most ``most`` paths, it also defines the unnamed nodes."""
        links = self._links
        few = not self.average and 0 < self.count <= most
        if few and self._defines:
            return links.remark_on([as_equation(links, self.paths[:WRITTEN_OUT])])
        has_p_j = few or (not self.average and links.share_minus_target(links.target))
        return links.remark if has_p_j else links.remark._replace(note="")

    def _latex(self, last: int | None) -> str:
        head = self._links.whole(self._links.target).derivative.latex(last)
        if self._links.is_swapped:
            other = self._links.swapped.latex(last)
            return rf"{head} = 0 \quad \text{{(the other way round: }} {other}\text{{)}}"
        if not self.depends or self._links.root is self._links.target:
            return f"{head} = {int(self.depends)}"
        if self.average:
            return self.average.latex(last)
        shown = self.paths[:WRITTEN_OUT]
        left = self.count - len(shown)
        more = rf"\dots \text{{ ({written.counted(left)} more)}}" if left else ""
        return written.aligned(written.latex_equation(as_equation(self._links, shown), last, more))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: name, value, count, the paths listed, and the sum of the rest.

        A count of more than 4,000 digits is text, and so are infinity and NaN, which JSON does not have:
        ``"Infinity"``, ``"-Infinity"`` and ``"NaN"``, which ``float`` converts back to the number.
        """
        told = {
            "derivative": self.name,
            "value": in_json(self.value),
            "count": self.count if self.count < written.SPELLABLE else written.counted(self.count),
            "paths": [path.to_dict() for path in self.paths],
            "rest": in_json(self.rest),
        }
        average = {"average": self.average.to_dict()} if self.average else {}
        return self._links.remark.beside(told | average)

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def _shortened(path: Path, room: int) -> str:
    """Return the nodes of a path, with dots instead of the middle ones if there is no room."""
    nodes, route = path.nodes, ""
    for kept in range(min(len(nodes), room), 1, -1):
        dots = [] if kept == len(nodes) else ["…"]
        route = shown(" → ".join([*nodes[: (kept + 1) // 2], *dots, *nodes[len(nodes) - kept // 2 :]]))
        if len(route) <= room:
            return route
    return f"{route[: room - 1]}…"
