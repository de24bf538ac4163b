"""Prints graphs to the last bit: the same lines in Python alone and with the compiled core.

    python tests/bits.py points 3   # every rule at points, edges included, seed 3
    python tests/bits.py training 3 # networks through nn
    python tests/bits.py graphs 3   # random graphs: numbers, slopes, gradients, copies, second derivatives

``tests/trust/test_compiled.py`` holds the lines of two processes against each other. NaN is NaN, whatever its
bits.
"""

import copy
import itertools
import math
import pickle
import random
import struct
import sys

import engine
import nn
from engine import Value, rules
from engine.functions import FUNCTIONS

EDGES = (
    0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 3.0, 40.0, -40.0, 709.0, -745.2, 1e-308, 5e-324, -5e-324, 1e22,
    1.7976931348623157e308, -1.7976931348623157e308, math.inf, -math.inf, math.nan, math.pi / 2,
)  # fmt: skip
PARAMETERS = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -0.01, 2.5, math.inf, -math.inf, math.nan)


def bits(x):
    """A float's bits; of a NaN its name, for its sign depends on the processor."""
    return "nan" if math.isnan(x) else struct.pack(">d", x).hex() + type(x).__name__[5:]


def recorded(node):
    """All that a node records, its gradient included."""
    slopes = ",".join(map(bits, node.local_derivatives))
    grad = bits(node.grad) if node.has_grad else "-"
    return (
        f"{node.rule and node.rule.name} {node._op} {bits(node.data)} [{slopes}] {grad} {len(node.parents)}"
    )


def attempt(make, *operands):
    """The node that an operation makes, or the error that it raises."""
    try:
        return make(*operands)
    except Exception as error:  # noqa: BLE001  (whatever it is, both must raise it)
        return f"{type(error).__name__}: {error}"


def said(made):
    """The line of a node, or of an error."""
    return made if isinstance(made, str) else recorded(made)


def number(dice):
    """A number of any kind: everyday ones, edges, and any bits."""
    kind = dice.random()
    if kind < 0.6:
        return dice.gauss(0, 2)
    if kind < 0.8:
        return dice.choice(EDGES)
    if kind < 0.9:
        return math.ldexp(dice.uniform(-1, 1), dice.randrange(-1074, 1025))
    return float(dice.randrange(-5, 6))


def points(seed, count=60):
    """Every rule at edges and at random points: as method, as operator with a number, and as function."""
    dice = random.Random(seed)
    for name, function in FUNCTIONS.items():
        rule = rules.REGISTRY[name]
        n = len(rule.operands)
        edges = list(itertools.product(EDGES, repeat=n)) if n < 3 else []
        for xs in edges + [tuple(number(dice) for _ in range(n)) for _ in range(count)]:
            for given in itertools.product(PARAMETERS, repeat=len(rule.defaults)) if rule.defaults else [()]:
                if rule.defaults and dice.random() > 0.1:
                    continue
                operands = [Value(x, label="abc"[k] * (dice.random() < 0.2)) for k, x in enumerate(xs)]
                print(name, xs, given, said(attempt(function, *operands, *given)))
                plain = attempt(function, *xs, *given)
                print(name, xs, given, "of numbers", plain if isinstance(plain, str) else bits(plain))
                if hasattr(Value, name) and n == 1:
                    print(name, xs, given, said(attempt(getattr(operands[0], name), *given)))
    exponentials(dice)
    for x, n in itertools.product(EDGES, (*range(-4, 5), 2**60, 10**400, True, *PARAMETERS, 0.3, -1.5)):
        print("**", x, n if n != 10**400 else "huge", said(attempt(lambda x, n: Value(x) ** n, x, n)))
        print("**", x, n if n != 10**400 else "huge", said(attempt(lambda x, n: n ** Value(x), x, n)))
    for x, y in itertools.product(EDGES, (*EDGES, 3, True, 10**400, "1", None, 1j, [1.0], Value(2.0))):
        for made in (
            lambda x, y: x + y,
            lambda x, y: y - x,
            lambda x, y: x * y,
            lambda x, y: y / x,
            lambda x, y: x / y,
        ):
            print("op", x, repr(y)[:40], said(attempt(made, Value(x, label="x"), y)))


def exponentials(dice):
    """logsumexp, softmax with what its shares have in common, and its cost: at edges, in lists."""
    pairs = itertools.product(EDGES, repeat=2)
    for xs in [*pairs, *([number(dice) for _ in range(n)] for n in range(1, 30))]:
        nodes = [Value(x) for x in xs]
        print("logsumexp", xs, said(attempt(engine.logsumexp, nodes)))
        shares = attempt(engine.softmax, nodes)
        for share in [shares] if isinstance(shares, str) else [*shares, *shares[0].parents]:
            print("softmax", xs, said(share))
        for ys in ([float(k == 0) for k in range(len(xs))], [number(dice) for _ in xs], [*xs, 1.0]):
            print(
                "cost",
                xs,
                ys,
                said(attempt(engine.apply, rules.softmax_cross_entropy, *nodes, *map(Value, ys))),
            )


OPERATIONS = """
    x + y; x - y; x * y; x / y; x ** y; -x; abs(x); x**2; x**-1; x**0.5; 2 * x; x - 1.5; 1 / x
    x.maximum(y); y.minimum(x); x.leaky_relu(0.2); x.elu(2); x.clip(-1, 1); x.clip(None, 2.0)
    engine.affine(x, [y, x], [x, y]); engine.affine(x, [], []); engine.affine(0.5, [y], [x])
    engine.dot([x, y, x], [y, y, x]); engine.total([x, y, x]); engine.total([x]); engine.mean([x, y, y, x])
    engine.mean([x, 2.0]); engine.logsumexp([x, y]); engine.softmax([x, y, x])[1]
    engine.softmax([x, 1, y])[0]
    engine.maximum(x, y, x); engine.minimum([x, y])
    engine.apply(rules.hinge, x, Value(1.0)); engine.apply(rules.hinge, x, y, y, x)
    engine.apply(rules.squared_error, x, y); engine.apply(rules.squared_error, x, y, y, x)
    engine.apply(rules.softmax_cross_entropy, x, y, Value(1.0), Value(0.0))
    engine.apply(rules.softmax_cross_entropy, x, y, x, y, x, y)
"""
OPERATIONS = [
    eval(f"lambda x, y: {text}")  # noqa: S307  (its own text)
    for line in OPERATIONS.split("\n")
    for text in line.split(";")
    if text.strip()
]


def grown(dice, size):
    """Leaves, and nodes of random operations on them; what raises is left out, and said."""
    leaves = [Value(number(dice), label=f"x{k}" * (k % 2)) for k in range(4)]
    nodes, errors = [*leaves], []
    singles = [function for name, function in FUNCTIONS.items() if len(rules.REGISTRY[name].operands) == 1]
    singles = [function for function in singles if function.__name__ != "clip"]
    while len(nodes) < size:
        x, y = dice.choice(nodes), dice.choice(nodes)
        if dice.random() < 0.4:
            made = attempt(dice.choice(OPERATIONS), x, y)
        else:
            made = attempt(dice.choice(singles), x)
        if isinstance(made, str):
            errors.append(made)
            nodes.append(Value(number(dice)))
        else:
            nodes.append(made)
    return leaves, nodes, errors


def refreshed(node):
    node.refresh()
    return "refreshed"


def second_derivatives(node, leaves):
    return [bits(x.data if isinstance(x, Value) else x) for row in engine.hessian(node, leaves) for x in row]


def last_grown(seed):
    return recorded(grown(random.Random(seed), 12)[1][-1])


def graphs(seed, count=40, size=30):
    """Random graphs: two sweeps, prior gradients, refreshed, copied, pickled, differentiated twice."""
    for k in range(count):
        dice = random.Random(f"{seed} {k}")
        leaves, nodes, errors = grown(dice, size)
        root = nodes[-1]
        leaves[0].grad = dice.gauss(0, 1)
        leaves[1].grad = -0.0
        print(k, *errors, sep="\n")
        for _ in range(2):
            root.backward()
            print(*map(recorded, nodes), sep="\n")
        print(*map(recorded, engine.graph.topological_order(root, nodes[-2])), sep="\n")
        for twin in (copy.deepcopy(root), copy.copy(root), pickle.loads(pickle.dumps(root))):
            print(*map(recorded, engine.graph.topological_order(twin)), sep="\n")
        print(pickle.dumps(root, protocol=5).hex().replace("fff8000000000000", "7ff8000000000000"))
        for leaf in leaves:
            leaf.data = number(dice)
        print(attempt(refreshed, root))
        print(*map(recorded, nodes), sep="\n")
        root.zero_grad()
        print(*map(recorded, nodes), sep="\n")
        print(attempt(second_derivatives, nodes[9], leaves))
        with engine.detect_anomaly():
            print(attempt(last_grown, k), attempt(root.backward))


def training(seed, count=12):
    """Networks through ``nn``, step by step: labels, outputs, costs, gradients and weights."""
    dice = random.Random(seed)
    for k in range(count):
        bias, (nin, hidden, nout) = k % 3 > 0, (dice.randrange(1, 4) for _ in range(3))
        activation = dice.choice(sorted(nn.layers.ACTIVATIONS))
        model = nn.MLP(nin, [hidden, 4, nout], activation=activation, bias=bias, rng=dice)
        costs = (nn.losses.squared_error, nn.losses.hinge, nn.losses.softmax_cross_entropy)
        cost = costs[k % (3 if nout > 1 else 2)]
        xs = [
            [number(dice) if dice.random() < 0.1 else dice.gauss(0, 1) for _ in range(nin)] for _ in range(4)
        ]
        ys = [[dice.choice((-1, 1)) for _ in range(nout)] for _ in range(4)]
        optimizer = nn.Adam(model.parameters(), lr=0.1)
        print(model, cost.__name__)
        for _ in range(3):
            print(attempt(step, model, cost, xs, ys, optimizer))
            print(*(bits(p.data) + bits(p.grad) for p in model.parameters()))


def step(model, cost, xs, ys, optimizer):
    outputs = [model(x) for x in xs]
    C = engine.mean([cost(a, y) for a, y in zip(outputs, ys, strict=True)])
    optimizer.zero_grad()
    C.backward()
    optimizer.step()
    return "\n".join(f"{node.label} {recorded(node)}" for node in engine.graph.topological_order(C))


if __name__ == "__main__":
    what, seed, *more = sys.argv[1:]
    {"points": points, "graphs": graphs, "training": training}[what](int(seed), *map(int, more))
    print(engine.compiled, file=sys.stderr)
