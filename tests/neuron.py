"""The neuron of the documents with its cost, for tests to draw."""

from engine import Value, affine


def neuron():
    """C = (σ(wa + b) − y)², before a backward pass."""
    w, a, b, y = (Value(x, label=name) for name, x in (("w", 0.5), ("a", 0.88), ("b", 0.1), ("y", 1.0)))
    z = affine(b, [w], [a])
    z.label = "z"
    cost = (z.sigmoid() - y) ** 2
    cost.label = "C"
    return cost
