"""One rule, many readings: a file for each arithmetic that rules are read with.

``floats`` computes numbers, for the eager engine; ``arrays`` computes with NumPy or JAX, for the tape.
``expressions`` records operations; from these, ``code`` writes methods, and ``programs`` whole programs.
``formulas`` are expressions that simplify themselves (``cases``: choices; ``joined``: very long sums).
``values`` makes nodes, for second derivatives.

>>> from engine import rules
>>> from engine.readings import floats
>>> value, (slope,) = rules.tanh(floats, 0.0)
>>> value, slope
(0.0, 1.0)
"""
