"""The step-through: forward and backward pass on one self-contained page, with live numbers.

>>> from engine import Value
>>> from engine.pictures.page.page import play
>>> w, x = Value(0.5, label="w"), Value(2.0, label="x")
>>> "</html>" in play((w * x - 3.0) ** 2).html
True
"""

from .page import Player, play

__all__ = ["Player", "play"]
