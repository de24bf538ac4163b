"""Source text from graphs: the rules read with expressions, written down as straight-line code.

``program`` returns a module that computes a cost and its gradient without this project; ``live`` a function
of the leaves that returns every number of a graph; ``segment`` a part of a graph as a generator, for the
tape. A ``Dialect`` describes how a language is written.
"""

from engine.readings.code import NUMPY, PYTHON, Dialect, identifiers
from engine.readings.programs import Segment, compiled_segment, program, segment

from .evaluate import live
from .javascript import JAVASCRIPT

__all__ = [
    "JAVASCRIPT",
    "NUMPY",
    "PYTHON",
    "Dialect",
    "Segment",
    "compiled_segment",
    "identifiers",
    "live",
    "program",
    "segment",
]
