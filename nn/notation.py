"""The documents' notation: ``w_jk^(l)``, ``b_j^(l)``, ``z_j^(l)``, ``a_j^(l)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def symbol(letter: str, *indices: int | None, layer: int | None = None) -> str:
    """A letter with its indices below and its layer above; a comma parts indices of several digits.

    An index None drops out, as it does where a layer has one neuron.

    >>> symbol("w", 1, 2, layer=3), symbol("b", None, layer=1), symbol("w", 10, 0, layer=1)
    ('w_12^(3)', 'b^(1)', 'w_10,0^(1)')
    """
    shown = [index for index in indices if index is not None]
    below = ("" if all(index < 10 for index in shown) else ",").join(map(str, shown))
    above = "" if layer is None else f"^({layer})"
    return letter + (f"_{below}" if below else "") + above


def index(k: int, count: int) -> int | None:
    """The index of one of several, None for the only one.

    >>> index(0, 3), index(0, 1)
    (0, None)
    """
    return k if count > 1 else None


class Notation:
    """The symbols of a network of given layer sizes, the input's first.

    >>> s = Notation([1, 3, 1])
    >>> s.w(2, 0, 1), s.b(0, 2), s.z(1, 1), s.a(0, 0), s.y(0)
    ('w_2^(1)', 'b^(2)', 'z_1^(1)', 'a^(0)', 'y')
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes

    def w(self, j: int, k: int, layer: int) -> str:
        """The weight from neuron k of the layer before to neuron j of this one."""
        to, of = index(j, self.sizes[layer]), index(k, self.sizes[layer - 1])
        return symbol("w", to, of, layer=layer)

    def b(self, j: int, layer: int) -> str:
        """The bias of neuron j."""
        return self._one("b", j, layer)

    def z(self, j: int, layer: int) -> str:
        """The pre-activation of neuron j."""
        return self._one("z", j, layer)

    def a(self, j: int, layer: int) -> str:
        """The activation of neuron j; of layer 0, the input."""
        return self._one("a", j, layer)

    def y(self, j: int) -> str:
        """The desired output j."""
        return symbol("y", index(j, self.sizes[-1]))

    def _one(self, letter: str, j: int, layer: int) -> str:
        return symbol(letter, index(j, self.sizes[layer]), layer=layer)
