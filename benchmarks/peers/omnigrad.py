"""omnigrad: micrograd's design with more functions."""

from omnigrad.diffengine import Value

from benchmarks.eager import Eager

PEER = Eager(Value, relu=lambda x: x.reLU(), recursive=True)
