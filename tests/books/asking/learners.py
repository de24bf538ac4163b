"""Graphs that learners are asked about, and simulated learners: what is measured and what is tested."""

import random
from math import isfinite

from engine import Value, affine, apply, graph, rules
from engine.asking.slips import show

NUMBERS = [k / 10 for k in range(-20, 21) if k]
WHOLE = [float(k) for k in range(-6, 7) if k]


def leaf(r, *, whole=False):
    return Value(r.choice(WHOLE if whole else NUMBERS))


def random_graph(r):
    """Sums, products, squares and functions of three leaves, with shared nodes."""
    nodes = [leaf(r) for _ in range(3)]
    for _ in range(r.randint(4, 7)):
        op, a, b = r.choice("+**-tsnq"), r.choice(nodes), r.choice(nodes[-3:])
        made = {
            "+": lambda a, b: a + b, "*": lambda a, b: a * b, "-": lambda a, b: a - b, "q": lambda _, b: b**2,
            "t": lambda _, b: b.tanh(), "s": lambda _, b: b.sigmoid(), "n": lambda _, b: b.sin(),
        }[op]  # fmt: skip
        nodes.append(made(a, b))
    return nodes[-1]


def network(r, sizes, activation, *, whole=False):
    """One node per neuron's sum, one per activation, one for the cost."""
    layer = [leaf(r, whole=whole) for _ in range(sizes[0])]
    for n in sizes[1:]:
        sums = [affine(leaf(r, whole=whole), [leaf(r, whole=whole) for _ in layer], layer) for _ in range(n)]
        layer = [getattr(z, activation)() if activation else z for z in sums]
    return apply(rules.squared_error, *layer, *(leaf(r, whole=whole) for _ in layer))


def spelled_out(r):
    """A neuron written with + and *, as in micrograd, with a square for the cost."""
    x1, x2, w1, w2, b, y = (leaf(r) for _ in range(6))
    return ((x1 * w1 + x2 * w2 + b).tanh() - y) ** 2


def shared(r):
    """Nodes that are used twice, in sums and products of whole numbers."""
    a, b, c = (leaf(r, whole=True) for _ in range(3))
    s = r.choice([lambda: a * b, lambda: a + b, lambda: a - b])()
    t = r.choice([lambda: s * c, lambda: s + c, lambda: s * a])()
    return r.choice([lambda: s * t, lambda: t * t + s, lambda: s * s + t * b, lambda: t * (s - c)])()


NETWORKS = {
    "1-1-1-1 sigmoid": lambda r: network(r, [1, 1, 1, 1], "sigmoid"),
    "1-1-1-1 tanh": lambda r: network(r, [1, 1, 1, 1], "tanh"),
    "1-1-1-1 relu": lambda r: network(r, [1, 1, 1, 1], "relu", whole=True),
    "1-1-1-1 linear": lambda r: network(r, [1, 1, 1, 1], "", whole=True),
    "2-2-1 sigmoid": lambda r: network(r, [2, 2, 1], "sigmoid"),
    "2-2-1 linear": lambda r: network(r, [2, 2, 1], "", whole=True),
    "3-2 tanh": lambda r: network(r, [3, 2], "tanh"),
}
SHAPES = {**NETWORKS, "neuron spelled out": spelled_out, "shared nodes": shared, "random": random_graph}


def graphs(shape, count, seed=0):
    """So many graphs of a shape, with a root that is not a leaf and moderate numbers."""
    r = random.Random(f"{shape}{seed}")
    while count:
        C = SHAPES[shape](r)
        if C.parents:
            C.zero_grad()
            C.backward()
            nodes = graph.topological_order(C)
            if all(isfinite(x) and abs(x) < 1e5 for node in nodes for x in (node.data, node.grad)):
                count -= 1
                yield C


def texts(numbers):
    """A sheet as it is written."""
    return [show(x) for x in numbers]
