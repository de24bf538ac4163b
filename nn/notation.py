"""The documents' notation: ``w_jk^(l)``, ``b_j^(l)``, ``z_j^(l)``, ``a_j^(l)``."""

from __future__ import annotations


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
