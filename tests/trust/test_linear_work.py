"""Law: no public operation costs more than linear work in operands plus results.

Each operation that takes a graph or n operands is done at n and at 2n (see ``growth``). What shows a graph
(explain, forward, draw, play, …) has a table of its own, of the same form.
"""

import copy
import pickle
from functools import partial

import pytest
from growth import Row, chain, values
from test_linear_showing import LIMITED, SHOWING

import engine
from engine import Value, graph, rules
from engine.functions import FUNCTIONS
from engine.tape import Tape
from nn import COSTS, MLP, Adam, GradientDescent, losses

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]


def of(function, make=values):
    """A function of n Values, or of what else is made for n; its forward pass alone."""
    return lambda n: partial(function, make(n))


def of_numbers(function):
    """A function of n plain numbers."""
    return of(function, lambda n: [x.data for x in values(n)])


def with_backward(function):
    """A function of n Values, forward and backward."""
    return of(lambda xs: function(xs).backward())


def of_halves(function):
    """A function of two lists of n / 2 Values, forward and backward."""
    return with_backward(lambda xs: function(xs[: len(xs) // 2], xs[len(xs) // 2 :]))


def differentiated(n):
    """A graph of n nodes, as deep as it is long, after a backward pass."""
    root = chain(n)
    root.backward()
    return root


def finished(root):
    """A whole walk over what is not done yet."""
    done = set()
    for node in graph.unfinished(root, done):
        done.add(node)


def on_chain(function):
    """An operation on such a graph."""
    return of(function, differentiated)


def wide(n):
    """A node of n operands, all of which one leaf is in: (x·x₀ + … + x·xₙ₋₁)²."""
    x = Value(0.5, label="x")
    return engine.total([x * other for other in values(n)]) ** 2, x


def on_wide(function):
    """An operation on the root of a wide graph and one leaf, from which n paths lead to it."""
    return lambda n: partial(function, *wide(n))


def shares(n):
    """A cost of all shares of a softmax of n operands."""
    return engine.dot(engine.softmax(values(n)), values(n))


def on_shares(function):
    """An operation on such a cost."""
    return of(function, shares)


def on_tape(prepare):
    """A call of the tape of a graph of n nodes, narrow and wide ones."""
    return lambda n: prepare(Tape(chain(n) + shares(n)))


def called(tape):
    """A tape that has been called: what is made at the first call is made."""
    tape()
    return tape


OF_SEVERAL = {name: getattr(engine, name) for name in ("total", "mean", "logsumexp", "maximum", "minimum")}
OF_HALVES = {
    "dot": engine.dot,
    "affine": lambda ws, xs: engine.affine(1.0, ws, xs),
    **{name: lambda a, y, name=name: getattr(losses, name)(a, [1.0] * len(y)) for name in COSTS},
}


def derived(function, derive):
    """A derivative of a function of n operands, with respect to all of them."""

    def make(n):
        xs = values(n)
        root = function(xs)
        return lambda: derive(root, xs)

    return make


def written(n):
    """An expression of n operands as text."""
    return " + ".join(f"x*{k}" for k in range(n))


def layer(n):
    """A network of n weights in one layer, and an input for it."""
    return MLP(n // 20, [20, 1], activation="tanh"), values(n // 20)


def trained(optimizer):
    """One step of an optimizer on a layer of n weights."""

    def make(n):
        model, x = layer(n)
        steps = optimizer(model.parameters())
        model(x).backward()
        return steps.step

    return make


def watched(root):
    """A backward pass inside ``detect_anomaly``."""
    with engine.detect_anomaly():
        root.backward()


def first_path(root):
    """The largest path from a leaf."""
    return next(graph.largest_paths(graph.onward(root, graph.leaves(root)[0]), lambda _: 1.0))


ROWS = {
    **{name: Row(2000, with_backward(function)) for name, function in OF_SEVERAL.items()},
    **{f"{name} of numbers": Row(2000, of_numbers(function)) for name, function in OF_SEVERAL.items()},
    **{name: Row(2000, of_halves(function)) for name, function in OF_HALVES.items()},
    "softmax": Row(400, with_backward(lambda xs: engine.total(engine.softmax(xs)))),
    "softmax of numbers": Row(400, of_numbers(engine.softmax)),
    "sum": Row(1000, with_backward(sum)),
    "apply": Row(2000, of(lambda xs: engine.apply(rules.total, *xs))),
    "backward": Row(3000, on_chain(Value.backward)),
    "backward of a wide graph": Row(2000, on_wide(lambda root, _: root.backward())),
    "backward of softmax": Row(400, on_shares(Value.backward)),
    "zero_grad": Row(3000, on_chain(Value.zero_grad)),
    "zero_grad of softmax": Row(400, on_shares(Value.zero_grad)),
    "refresh": Row(3000, on_chain(Value.refresh)),
    "refresh of softmax": Row(400, on_shares(Value.refresh)),
    "copy": Row(2000, on_wide(lambda root, _: copy.copy(root.parents[0]))),
    "deepcopy": Row(1500, on_chain(copy.deepcopy)),
    "deepcopy of softmax": Row(400, on_shares(copy.deepcopy)),
    "pickle": Row(1500, on_chain(lambda root: pickle.loads(pickle.dumps(root)))),
    "pickle of softmax": Row(400, on_shares(lambda root: pickle.loads(pickle.dumps(root)))),
    "pickle of a list of all nodes": Row(
        1500, on_chain(lambda root: pickle.dumps(graph.topological_order(root)))
    ),
    "topological_order": Row(3000, on_chain(graph.topological_order)),
    "depth_first": Row(3000, on_chain(lambda root: list(graph.depth_first(root)))),
    "unfinished": Row(3000, on_chain(finished)),
    "leaves": Row(3000, on_chain(graph.leaves)),
    "edges": Row(2000, on_chain(lambda root: list(graph.edges(root)))),
    "shortest_path": Row(2000, on_chain(lambda root: graph.shortest_path(root, graph.leaves(root)[0]))),
    "onward": Row(2000, on_wide(graph.onward)),
    "count_paths": Row(2000, on_wide(lambda root, x: graph.count_paths(graph.onward(root, x)))),
    "largest_paths": Row(1000, on_chain(first_path)),
    "grad": Row(400, on_chain(lambda root: engine.grad(root, graph.leaves(root)[0]))),
    "grad of softmax": Row(200, on_shares(lambda root: engine.grad(root, graph.leaves(root)))),
    **{f"grad of {name}": Row(1000, derived(f, engine.grad)) for name, f in OF_SEVERAL.items()},
    **{
        f"hvp of {name}": Row(400, derived(f, lambda root, xs: engine.hvp(root, xs, [1.0] * len(xs))))
        for name, f in OF_SEVERAL.items()
    },
    "hvp": Row(200, on_wide(lambda root, x: engine.hvp(root, [x], [1.0]))),
    "jacobian of one root": Row(200, on_shares(lambda root: engine.jacobian([root], graph.leaves(root)))),
    "hessian by one leaf": Row(200, on_wide(lambda root, x: engine.hessian(root, [x]))),
    "gradcheck by one leaf": Row(200, on_wide(lambda root, x: engine.gradcheck(root, [x]))),
    "detect_anomaly": Row(1000, on_chain(watched)),
    "label": Row(2000, of(lambda xs: engine.label(**{f"w_{k}": x for k, x in enumerate(xs)}))),
    "parse": Row(100, of(lambda text: engine.parse(text, x=1.0), written)),
    "Tape": Row(1000, on_chain(Tape)),
    "Tape of softmax": Row(200, on_shares(Tape)),
    "Tape, the first call": Row(300, on_tape(lambda tape: tape)),
    "Tape, a later call": Row(500, on_tape(called)),
    "matches": Row(500, on_chain(lambda root: Tape(root).matches(root))),
    "model": Row(2000, of(lambda made: made[0](made[1]), layer)),
    "GradientDescent": Row(4000, trained(lambda parameters: GradientDescent(parameters, lr=0.1))),
    "Adam": Row(4000, trained(lambda parameters: Adam(parameters, lr=0.1))),
    "state_dict": Row(4000, lambda n: layer(n)[0].state_dict),
    "zero_grad of a model": Row(8000, lambda n: layer(n)[0].zero_grad),
}


@pytest.mark.parametrize("name", ROWS)
def test_work_is_linear(name):
    """Twice the operands, or twice the graph, cost about twice the CPU time: at most three times."""
    ROWS[name].check()


OTHERWISE = {
    "Drawing", "GradientError", "Guess", "Question", "Value", "Verdict", "compiled", "floats", "formula",
    "graph", "operation", "power", "rules", "rules_table", "without_collector",
}  # fmt: skip
"""Names of no operation on a graph or on n operands: of types, modules, and rules by name."""


def test_every_operation_has_a_row():
    """A public function that takes a graph, or operands of any number, is measured as soon as it exists."""
    measured = {name.partition(" ")[0] for name in (*ROWS, *SHOWING, *LIMITED)}
    assert set(engine.__all__) - set(FUNCTIONS) - OTHERWISE <= measured
    walks = {name for name, x in vars(graph).items() if getattr(x, "__module__", "") == "engine.graph"}
    assert {name for name in walks if name.islower() and not name.startswith("_")} <= measured
    assert set(COSTS) | {"backward", "copy", "deepcopy", "pickle", "refresh", "zero_grad"} <= measured


def test_quadratic_work_is_seen():
    """The measure finds the quadratic softmax that this engine once had: n nodes of n operands each."""

    def quadratic(xs):
        return [engine.apply(rules.softmax, x, *xs[:k], *xs[k + 1 :]) for k, x in enumerate(xs)]

    with pytest.raises(AssertionError, match="400 operands cost"):
        Row(200, of(quadratic)).check()
