"""Expressions as text: ``(sigmoid(w*a + b) - y)**2`` becomes a graph with labelled leaves.

The lexer looks at every token and meets slips with advice. Python's parser gives the tree; of that nothing
is executed, it is evaluated with the rules, node by node.
"""

from .parser import names_in, parse

__all__ = ["names_in", "parse"]
