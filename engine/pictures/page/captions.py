"""The text of a step below a picture: the equations of the page, in names and in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.pictures.svg.equation import Fraction, Term, of_html
from engine.pictures.svg.letters import Chunk, name, number, plain
from engine.pictures.svg.pen import sign_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.pictures.snapshot import Snapshot
    from engine.pictures.svg.letters import Text

    from .payload import Slope, Template

    Equation = tuple[Term, ...]

TERMS = 3
"""The maximum number of terms that are shown of a growing sum: the first, and the newest ones."""
LONG = 60
"""The maximum length of a formula below a picture."""


class Captions:
    """The equations of a graph's steps; ``formulas`` and ``slopes`` are those of the page."""

    def __init__(self, now: Snapshot, names: Sequence[str], graph: dict[str, Any]) -> None:
        self.now = now
        self.names: list[Text] = [name(called) for called in names]
        self.bracketed = frozenset(graph["bracketed"])
        self.formulas: Sequence[Sequence[Template | int]] = graph["formulas"]
        self.slopes: Sequence[Sequence[Slope]] = graph["slopes"]
        self.grads = now.gradient

    def value(self, place: int) -> list[Equation]:
        """Return the equation of a node: its formula, then the same in numbers."""
        symbols, numbers = self.formulas[place]
        x = self.now.data[place]
        known = self._in_numbers(numbers)
        steps = [*([_text(" = "), Term(known)] if known else []), _text(" = "), Term(_number(x), "strong")]
        formula = self._in_names(symbols)
        if formula is None:
            return [(Term(self.names[place]), *steps)]
        return [(Term(self.names[place]), _text(" = "), Term(formula)), tuple(steps)]

    def seed(self) -> list[Equation]:
        """Return the equation with which the backward pass begins."""
        root = len(self.names) - 1
        return [(self._by(root, root), _text(" = 1"))]

    def handed(self, come: Sequence[int], *, more: int) -> list[Equation]:
        """Return the equations of a gradient: a product per edge so far, and a note if ``more`` follow."""
        now, newest = self.now, come[-1]
        shown = [*come[:1], *come[1 - TERMS :]] if len(come) > TERMS else list(come)
        is_sum = len(come) + more > 1
        symbols: list[Term] = [self._by(now.tails[newest], len(self.names) - 1), _text(" = ")]
        numbers: list[Term] = [_text("= ")]
        for k, edge in enumerate(shown):
            css = "newest" if edge == newest and is_sum else ""
            gap = " + … + " if k == 1 and len(shown) < len(come) else " + " if k else ""
            symbols += [_text(gap), *self._product(edge, css)]
            slope, grad = now.slopes[edge], self.grads[now.heads[edge]]
            factors = (*(_factor(slope) if k else _number(slope)), *plain(" · ", "serif"), *_factor(grad))
            numbers += [_text(gap), Term(factors, css)]
        total = sum(now.slopes[edge] * self.grads[now.heads[edge]] for edge in come)
        numbers += [_text(" = "), Term(_number(total), f"strong {sign_of(total)}".strip())]
        if more:
            symbols.append(_text(" + …"))
            numbers.append(_text(f"   the sum so far, {len(come)} of {len(come) + more} parts"))
        elif not is_sum:
            symbols += self._written_out(newest)
        return [tuple(symbols), tuple(numbers)]

    def _product(self, edge: int, css: str) -> list[Term]:
        """Return ∂head/∂tail · ∂C/∂head; the first is "direct" if the tail acts on C in other ways, too."""
        head, root = self.now.heads[edge], len(self.names) - 1
        direct = head == root and self.now.readings[self.now.tails[edge]] > 1
        only = [Term((Chunk("", "serif", "direct"),), "soft")] if direct else []
        return [self._by(self.now.tails[edge], head, css), *only, _text(" · "), self._by(head, root, css)]

    def _written_out(self, edge: int) -> list[Term]:
        """Return the local derivative in names, times the gradient."""
        head = self.now.heads[edge]
        slope = self.slopes[head][edge - self.now.firsts[head]]
        if slope is None:
            return []
        symbols = slope if isinstance(slope, int) else slope[0]
        template: Template = [symbols] if isinstance(symbols, int) else symbols
        form = self._in_names(template)
        if form is None or not any(not isinstance(part, str) for part in template):
            return []
        is_sum = not isinstance(slope, int) and slope[3]
        words = _brackets(form) if is_sum else form
        return [_text(" = "), Term((*words, *plain(" · ", "serif"), *_factor(self.grads[head])))]

    def _by(self, place: int, of: int, css: str = "") -> Term:
        return Term(Fraction(self._differential(of), self._differential(place)), css)

    def _differential(self, place: int) -> Text:
        words = self.names[place]
        return (*plain("∂", "serif"), *(_brackets(words) if place in self.bracketed else words))

    def _in_names(self, template: Template | int) -> Text | None:
        """Return a formula in symbols, unless it is long."""
        return self._set(template, self.names)

    def _in_numbers(self, template: Template | int) -> Text | None:
        """Return the same in numbers, with brackets around a negative number beside a factor."""
        return self._set(template, None) if template else None

    def _set(self, template: Template | int, names: Sequence[Text] | None) -> Text | None:
        parts: list[str | Text] = []
        for part in [template] if isinstance(template, int) else template:
            if isinstance(part, str):
                parts.append(part)
            elif isinstance(part, list):
                x = self.now.data[part[0]]
                parts.append(_brackets(_number(x)) if x < 0 else _number(x))
            elif names:
                parts.append(names[part])
            else:
                parts.append(_factor(self.now.data[~part]) if part < 0 else _number(self.now.data[part]))
        words = of_html(*parts)
        return words if sum(len(run.base) for run in words) <= LONG else None


def _number(x: float) -> Text:
    """Return a number in the font of its equation."""
    return tuple(run._replace(font="serif") for run in number(x))


def _text(words: str) -> Term:
    return Term(plain(words, "serif"))


def _factor(x: float) -> Text:
    """Return a number as a factor or divisor: in brackets if it is negative or has a power of ten."""
    words = _number(x)
    return _brackets(words) if x < 0 or words[0].above else words


def _brackets(words: Text) -> Text:
    return (*plain("(", "serif"), *words, *plain(")", "serif"))
