"""The graphs used in the source texts, still without numbers: chains, small networks, a shared node.

>>> from engine import graph
>>> [leaf.label for leaf in graph.leaves(SHAPES["1-1-1-1"](1))][:4]
['b^(3)', 'w^(3)', 'b^(2)', 'w^(2)']
>>> sorted(SHAPES)
['1-1-1-1', '2-2-1', '3-2', 'shared', 'vanishing']

Names follow *Backpropagation Calculus*: neurons count from 0, layers from 1, and the neuron's index is left
out if a layer has a single neuron.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import rules
from engine.functions import affine, apply
from engine.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ACTIVATIONS = {1: "", 2: "relu", 3: "sigmoid"}
"""The activation of each level: none, one that keeps numbers whole, and a curved one."""
LEVELS = tuple(ACTIVATIONS)


def named(letter: str, layer: int | None, index: str = "") -> str:
    """Return a letter with its indices as a subscript and its layer as a superscript.

    >>> named("w", 2, "01"), named("b", 1), named("y", None, "0")
    ('w_01^(2)', 'b^(1)', 'y_0')
    """
    return letter + f"_{index}" * bool(index) + ("" if layer is None else f"^({layer})")


def _index(k: int, count: int) -> str:
    """Return the index of one of several neurons; empty text for a single neuron."""
    return str(k) if count > 1 else ""


def network(sizes: Sequence[int], activation: str = "") -> Value:
    """Return the squared error of a network, with one node for each z, each a, and the cost.

    >>> network([1, 1]).parents[0].label, network([1, 1], "tanh").parents[0].label
    ('z^(1)', 'a^(1)')
    """
    row = [Value(1.0, label=named("a", 0, _index(k, sizes[0]))) for k in range(sizes[0])]
    for layer, count in enumerate(sizes[1:], start=1):
        zs = []
        for j in range(count):
            to, many = _index(j, count), len(row)
            ws = [Value(1.0, label=named("w", layer, to + _index(k, many))) for k in range(many)]
            z = affine(Value(1.0, label=named("b", layer, to)), ws, row)
            z.label = named("z", layer, to)
            zs.append(z)
        row = [apply(rules.REGISTRY[activation], z) for z in zs] if activation else zs
        for j, a in enumerate(row if activation else ()):
            a.label = named("a", layer, _index(j, count))
    ys = [Value(1.0, label=named("y", None, _index(j, len(row)))) for j in range(len(row))]
    cost = apply(rules.squared_error, *row, *ys)
    cost.label = "C"
    return cost


def shared(level: int) -> Value:
    """Return a graph with a node used three times; from level 2 with two, at level 3 with a curved one."""
    a, b, c = (Value(1.0, label=label) for label in "abc")
    s = a * b
    s.label = "s"
    if level == 1:
        cost = s * s + s * c
    else:
        t = s * c if level == 2 else (s + c).tanh()
        t.label = "t"
        cost = t * t + t * s if level == 2 else t * s + s * c
    cost.label = "C"
    return cost


SHAPES: Mapping[str, Callable[[int], Value]] = {
    "1-1-1-1": lambda level: network([1, 1, 1, 1], ACTIVATIONS[level]),
    "2-2-1": lambda level: network([2, 2, 1], ACTIVATIONS[level]),
    "3-2": lambda level: network([3, 2], ACTIVATIONS[level].replace("sigmoid", "tanh")),
    "shared": shared,
    "vanishing": lambda level: network([1] * (2 + 2 * level), "sigmoid"),
}
"""For each name, a function from a level (1 to 3) to a graph; "vanishing" has 3, 5 or 7 sigmoids in a row."""
