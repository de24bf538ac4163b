"""chainrule."""

from benchmarks.eager import Eager
from engine import Value

PEER = Eager(Value)
