"""What a leaf is to a reader: a parameter, an input, or a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.formula import symbol
from engine.neurons import parameters_of, weighted_sums
from engine.rules import constant

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from engine.value import Value

    from .snapshot import Snapshot

WEIGHTS = {"w", "θ", "β", "theta", "beta"}
BIAS = "b"
"""A bias where there are weights; in an expression of a, b and c one of three letters."""
INPUTS = {"x", "y"}
"""Letters of the documents; of another letter, and without a label, the place in a weighted sum decides."""


def kinds(now: Snapshot, parameters: Iterable[Value] | None = None) -> list[str]:
    """The kind of every value of a graph; a leaf is a parameter where it is among those given, if any are.

    >>> from engine import Value
    >>> from .snapshot import Snapshot
    >>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
    >>> kinds(Snapshot(w * x + 1.0)), kinds(Snapshot(w * x), [x])
    (['parameter', 'input', 'inner', 'constant', 'root'], ['input', 'parameter', 'root'])
    """
    chosen = set(_weights(now) if parameters is None else parameters)
    letters = WEIGHTS | {BIAS} if chosen or any(map(_is_weight, now.labels)) else WEIGHTS
    found = []
    for node, label in zip(now.order, now.labels, strict=True):
        if node is now.root:
            found.append("root")
        elif node.parents:
            found.append("inner")
        elif parameters is None:
            found.append(_kind(node, symbol(label).letter, chosen, letters))
        else:
            found.append("parameter" if node in chosen else _plain(node))
    return found


def _weights(now: Snapshot) -> Iterable[Value]:
    for zs in weighted_sums(now.order).values():
        for z in zs:
            yield from parameters_of(z)


def _is_weight(label: str) -> bool:
    return symbol(label).letter in WEIGHTS


def _kind(node: Value, letter: str, weights: Container[Value], letters: Container[str]) -> str:
    if node.rule is constant or letter in INPUTS:
        return _plain(node)
    return "parameter" if letter in letters or node in weights else "input"


def _plain(node: Value) -> str:
    return "constant" if node.rule is constant else "input"
