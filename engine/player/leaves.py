"""Which leaves a page can change: those that have a slider, and those that gradient descent moves."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from engine.formula import symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.value import Value

SHOWN = 12
"""Leaves with a slider, where nobody has chosen any."""


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves whose numbers change: those with a slider first, then the other ones that descent moves."""

    shown: tuple[Value, ...]
    moved: tuple[Value, ...]

    @property
    def all(self) -> tuple[Value, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys([*self.shown, *self.moved]))


def choose(order: Sequence[Value], kinds: Sequence[str], chosen: Iterable[Value] | None) -> Leaves:
    """The chosen leaves, else some of the labelled ones: parameters first, then inputs.

    Descent moves the parameters; where there are none, what is shown.

    >>> from engine import Value
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> leaves = choose([x, w], ["input", "parameter"], None)
    >>> [leaf.label for leaf in leaves.shown], [leaf.label for leaf in leaves.moved]
    (['w', 'x'], ['w'])
    """
    leaves = {kind: of_kind(kind, order, kinds) for kind in ("parameter", "input")}
    if chosen is None:
        candidates = [*leaves["parameter"], *leaves["input"]]
        labelled = [leaf for leaf in candidates if leaf.label]
        shown = tuple(labelled or candidates)[:SHOWN]
    else:
        shown = tuple(chosen)
    return Leaves(shown, tuple(leaves["parameter"]) or shown)


def of_kind(kind: str, order: Sequence[Value], kinds: Sequence[str]) -> list[Value]:
    """The leaves of a kind as one reads them: layer by layer, neuron by neuron, weights before bias."""
    return sorted((node for node, it in zip(order, kinds, strict=True) if it == kind), key=_rank)


def _rank(leaf: Value) -> tuple[int, float, bool]:
    read = symbol(leaf.label)
    is_bias = read.letter == "b"
    neuron = read.below if is_bias else "".join(read.indices[:1])
    layer = int(read.layer) if read.layer.isdecimal() else 0
    return layer, int(neuron) if neuron.isdecimal() else inf if is_bias else 0, is_bias
