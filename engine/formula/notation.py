"""How a network's names are written: as labelled, as in another text, or with layers counted from L.

>>> from engine import Value, affine
>>> w, b, a = Value(0.5, label="w_10^(2)"), Value(0.1, label="b_1^(2)"), Value(0.3, label="a_0^(1)")
>>> z = affine(b, [w], [a])
>>> z.label = "z_1^(2)"
>>> labels = {node: node.label for node in (*z.parents, z)}
>>> for layout in LAYOUTS:
...     print(*map(str, Notation(layout).names(labels).values()))
b_1^(2) w_10^(2) a_0^(1) z_1^(2)
b_1^2 w_10^2 a_0^1 z_1^2
w_02^1 w_12^1 a_1^1 z_2^2
>>> print(*map(str, Notation(relative=True).names(labels).values()))
b_1^(L) w_10^(L) a_0^(L−1) z_1^(L)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .symbols import Symbol, symbol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.value import Value

LABELS, BARE, FROM_TO = LAYOUTS = "w_jk^(l)", "w_jk^l", "from-to"
"""The notations of *Backpropagation Calculus*; of *Chapter 2: Backpropagation*; and of *Derivation of
backpropagation equations in the general case*, where w leads from a node of its layer to one of the next
(both counted from 1), node 0 is the bias, x the input and h the output."""


class Notation(NamedTuple):
    """A layout, and whether layers are counted back from the last one: L, L−1, L−2."""

    layout: str = LABELS
    relative: bool = False

    def names(self, labels: Mapping[Value, str]) -> dict[Value, Symbol]:
        """Return the nodes' names as symbols; a name that another node has already keeps its label."""
        found = {node: symbol(label) for node, label in labels.items()}
        if self == Notation():
            return found
        last = max((int(name.layer) for name in found.values() if name.layer.isdecimal()), default=0)
        new = _from_to(found, last) if self.layout == FROM_TO else found
        new = {node: self.written(name, last) for node, name in new.items()}
        taken: set[str] = set()
        for node, name in new.items():
            if str(name) in taken:
                new[node] = found[node]
            taken.add(str(new[node]))
        return new

    def of_layer(self, letter: str, layer: int, last: int) -> Symbol:
        """Return the symbol for all names of a letter in a layer together: a matrix or a vector.

        >>> print(Notation().of_layer("b", 2, last=2), Notation(FROM_TO).of_layer("b", 2, last=2))
        b^(2) w_0^1
        """
        below = ""
        if self.layout == FROM_TO and letter in {"w", "b"}:
            letter, below, layer = "w", "0" * (letter == "b"), layer - 1
        elif self.layout == FROM_TO and letter == "a" and layer in {0, last}:
            return symbol("x" if layer == 0 else "h")
        return self.written(symbol(letter).of(letter, below, str(layer)), last)

    def written(self, name: Symbol, last: int) -> Symbol:
        """Return a name in this notation; ``last`` is the number of the last layer."""
        if not name.letter or not name.layer.isdecimal():
            return name
        back = last - int(name.layer)
        layer = (f"L−{back}" if back else "L") if self.relative else name.layer
        return name.of(name.letter, name.below, layer, bare=self.layout != LABELS)


def _from_to(found: Mapping[Value, Symbol], last: int) -> dict[Value, Symbol]:
    new = {node: _counted_from_1(name, last) for node, name in found.items()}
    for z, name in found.items():
        if name.letter == "z" and name.layer.isdecimal() and z.rule and z.rule.name in {"affine", "dot"}:
            n = len(z.parents) // 2
            layer, to = str(int(name.layer) - 1), int(name.below or 0) + 1
            sources = range(1 - len(z.parents) % 2, n + 1)  # from 0, the bias, if there is one
            for source, parameter in zip(sources, z.parents[:-n], strict=True):
                if found[parameter].letter in {"w", "b"}:
                    new[parameter] = found[parameter].of("w", _indices(source, to), layer)
    return new


def _counted_from_1(name: Symbol, last: int) -> Symbol:
    if name.letter not in {"z", "a", "y"} or not (name.below.isdecimal() or not name.below):
        return name
    below, letter, layer = str(int(name.below or 0) + 1), name.letter, name.layer
    if letter == "a" and layer == "0":
        letter, layer = "x", ""
    elif letter == "a" and layer == str(last):
        letter, layer = "h", ""
    return name.of(letter, below, layer)


def _indices(*indices: int) -> str:
    return ("" if all(index < 10 for index in indices) else ",").join(map(str, indices))
