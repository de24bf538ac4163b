"""Expressions as text: ``(sigmoid(w*a + b) - y)**2`` becomes a graph with labelled leaves.

The lexer checks every token and answers mistakes with advice. Python's parser returns the syntax tree, which
is never executed: it is evaluated with the rules, node by node.
"""

from .parser import names_in, parse

__all__ = ["names_in", "parse"]
