"""The rules as formulas: the value of each node and its local derivatives, as text and as LaTeX.

>>> from engine import Value
>>> from engine.formula import of_node
>>> x = Value(3.0, label="x")
>>> value, (slope,) = of_node(x**4, {x: "x"})
>>> print(value, slope, slope.latex(), slope.with_numbers())
x⁴ 4 x³ 4 x^3 4 · 3³
"""

from .reading import Formula, of_node, whole
from .symbols import Symbol, symbol
from .table import RulesTable, rules_table

__all__ = ["Formula", "RulesTable", "Symbol", "of_node", "rules_table", "symbol", "whole"]
