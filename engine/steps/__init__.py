"""The backward pass, one node at a time, in the right order or in a wrong one.

>>> from engine import Value
>>> from engine.steps import steps
>>> w, x, b = Value(0.5, label="w"), Value(3.0, label="x"), Value(-1.0, label="b")
>>> for step in steps((w * x + b) ** 2):
...     print(step)
C: ∂C/∂C = 1  →  v_2 += 1 · 1 = 1
v_2: ∂C/∂v_2 = 1  →  v_1 += 1 · 1 = 1; b += 1 · 1 = 1
v_1: ∂C/∂v_1 = 1  →  w += 3 · 1 = 3; x += 0.5 · 1 = 0.5
>>> w.grad
3.0
"""

from .backward import Steps, steps
from .step import Contribution, Step

__all__ = ["Contribution", "Step", "Steps", "steps"]
