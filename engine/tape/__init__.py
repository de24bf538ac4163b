"""The tape: a graph recorded once and replayed many times, for new parameters and many examples at once.

The graph is sorted into levels. Nodes of one level, rule and arity are computed together, by one call of
their rule read with NumPy; affine nodes that read the same activations are one layer, ``W a + b``, and their
errors go back as ``Wᵀ δ``: the matrix form of textbooks, found in the graph. Parts that are too narrow for
arrays run as straight-line Python.

>>> from engine import Value
>>> from engine.tape import Tape
>>> w, b, x, y = Value(0.5), Value(0.1), Value(2.0), Value(1.0)
>>> C = ((w * x + b).tanh() - y) ** 2
>>> tape = Tape(C, inputs=[x, y], params=[w, b])
>>> cost, gradient = tape([0.5, 0.1], [[2.0, 1.0], [-1.0, 0.0]])  # two examples: averages
>>> round(cost, 6), gradient.round(6).tolist()
(0.092081, [0.181777, -0.39676])
"""

from .tape import Tape

__all__ = ["Tape"]
