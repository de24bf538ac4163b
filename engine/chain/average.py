"""The average over examples: ∂C/∂w = 1/n Σ_k ∂C_k/∂w, with the share of each example.

Source: *Backpropagation calculus*, the derivative of the full cost function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import rules
from engine.names import bracketed, number
from engine.real import in_json

from . import latex, text
from .factor import Derivative, latex_number

if TYPE_CHECKING:
    from engine.value import Value

    from .links import Links

SHOWN = 10
WRITTEN_OUT = 3
"""Examples whose numbers stand in the sum; of more, the first ones and the last."""


@dataclass(frozen=True, slots=True)
class Share:
    """One example: ∂C_k/∂w, and that over n, which is its part in ∂C/∂w. ``cost`` can be explained on."""

    cost: Value
    derivative: Derivative
    number: float
    share: float


@dataclass(frozen=True, slots=True)
class Average:
    """A derivative of a mean of costs, example by example."""

    derivative: Derivative
    value: float
    shares: tuple[Share, ...]

    def lines(self) -> list[str]:
        """Text: the sum, and a table of the shares, the largest ones where there are many."""
        n, head = len(self.shares), str(self.derivative)
        pad = " " * len(head)
        shown = sorted(self.shares, key=lambda share: -abs(share.share))[:SHOWN]
        table = [("example", f"∂C_k/∂{self.derivative.by}", "share")]
        table += [(str(x.derivative), number(x.number), number(x.share)) for x in shown]
        widths = [text.width(column) for column in zip(*table, strict=True)]
        left = sum(x.share for x in self.shares) - sum(x.share for x in shown)
        lines = [
            f"{head} = 1/n Σ_k ∂C_k/∂{self.derivative.by}, the average over n = {n} example{'s' * (n > 1)}",
            f"{pad} = 1/{n} ({' + '.join(self._numerals(number))})",
            f"{pad} = {number(self.value)}",
            *(f"  {a:{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in table),
            *([f"  … {n - SHOWN} more, {number(left)} in sum"] if n > SHOWN else []),
        ]
        return list(text.folded(lines))

    def latex(self, last: int | None = None) -> str:
        """LaTeX, as the documents have it."""
        n, head = len(self.shares), self.derivative.latex(last)
        by = self.derivative.by.latex(last)
        numbers = " + ".join(self._numerals(latex_number, r"\dots \text{{ {} more }} \dots"))
        return latex.aligned(
            [
                rf"{head} &= \frac{{1}}{{n}} \sum_{{k=0}}^{{n-1}} \frac{{\partial C_k}}{{\partial {by}}}",
                rf"&= \frac{{1}}{{{n}}} ({numbers})",
                f"&= {latex_number(self.value)}",
            ]
        )

    def _numerals(self, spell: Any, left_out: str = "… {} more …") -> list[str]:
        texts = [bracketed(spell(share.number)) for share in self.shares]
        if len(texts) <= WRITTEN_OUT + 1:
            return texts
        return [*texts[:WRITTEN_OUT], left_out.format(len(texts) - WRITTEN_OUT - 1), texts[-1]]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        shares = [
            {"derivative": str(x.derivative), "number": in_json(x.number), "share": in_json(x.share)}
            for x in self.shares
        ]
        return {"n": len(self.shares), "examples": shares, "value": in_json(self.value)}


def average(links: Links) -> Average | None:
    """The shares of the examples, where the cost is a mean of costs; else None."""
    root, by = links.root, links.target
    if root.rule != rules.mean or root is by:
        return None
    slopes = _by_target(links)
    shares = []
    for cost, part in zip(root.parents, root.local_derivatives, strict=True):
        slope = slopes.get(cost, 0.0)
        derivative = Derivative(links.symbol(cost), links.symbol(by))
        shares.append(Share(cost, derivative, slope, slope * part))
    whole = links.whole(by)
    return Average(whole.derivative, whole.number, tuple(shares))


def _by_target(links: Links) -> dict[Value, float]:
    """∂node/∂target of every node after the target: forward, so that one walk serves all examples."""
    slopes = dict.fromkeys(links.onward, 0.0) | {links.target: 1.0}
    for node, edges in links.onward.items():
        for edge in edges:
            slopes[edge.child] += edge.child.local_derivatives[edge.position] * slopes[node]
    return slopes
