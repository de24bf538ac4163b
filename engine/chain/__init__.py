"""The chain rule explained: every path and factor, in symbols and numbers, level by level, and as matrices.

>>> from engine import Value
>>> w, x, y = Value(0.5, label="w"), Value(2.0, label="x"), Value(3.0, label="y")
>>> C = (w * x - y) ** 2
>>> print(forward(C))
v_1 = w x     = 0.5 · 2 = 1
v_2 = v_1 − y = 1 − 3 = −2
C   = v_2²    = (−2)² = 4
>>> print(explain(C, w))
∂C/∂w = ∂v_1/∂w · ∂C/∂v_1
      = x       · 2(v_1 − y)
      = 2       · (−4)
      = −8
where v_1 = w x
>>> print(explain(C, w, through="all"))
∂C/∂w = ∂v_1/∂w · ∂v_2/∂v_1 · ∂C/∂v_2
      = x       · 1         · 2 v_2
      = 2       · 1         · (−4)
      = −8
where v_1 = w x, v_2 = v_1 − y
"""

from .evaluation import Forward, forward
from .explanation import Explanation, explain, explanations
from .factors import Derivative, Factor
from .paths import Links, Manner, equations
from .written import Equation

__all__ = [
    "Derivative",
    "Equation",
    "Explanation",
    "Factor",
    "Forward",
    "Links",
    "Manner",
    "equations",
    "explain",
    "explanations",
    "forward",
]
