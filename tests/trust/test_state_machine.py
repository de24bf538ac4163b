"""Random graphs of all rules of the registry, treated in any order, beside a naive engine that does the same.

Where a graph may grow, and which numbers its leaves may take, the naive engine says beforehand (``Outside``):
operands, results and slopes stay below 50, and so do curvatures as seen over 10⁻⁴ on either side, which a
kink, a jump or the edge of a domain that near would exceed. So nothing overflows, and no float is on another
side of a kink than the exact number. A rule that is refused at the nodes drawn is tried near a point of its
own oracle.

How far a float may be off is worked out along the graph, to first order: each rule may be off by 8 units in
the last place of the largest of 1, its slopes, its result and its operands' squares; that reaches later
numbers by the slopes, and slopes by the curvatures. Half of all comparisons allow 4·10⁻¹⁵ or less.

``CHAINRULE_EXAMPLES=100000`` in the environment makes a long run of it.
"""

import copy
import math
import os
import pickle
from functools import lru_cache, reduce
from itertools import islice
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from mpmath import mp, mpf
from naive import UNIT, Known, Naive, Outside, anew, count_paths, derivative, known, order
from oracle import ORACLE, PARAMETERS

import engine
from engine import Value, copies, explain, floats, graph, rules, steps
from engine import backward as sweep
from engine.tape import Tape

EXAMPLES = int(os.environ.get("CHAINRULE_EXAMPLES") or (50 if settings.default.max_examples < 60 else 1000))
STEPS = 20
MOST = 36
"""Nodes of an example before it grows no more: the naive engine's time goes with their square."""

NUMBERS = st.floats(-2, 2).filter(lambda x: x == 0 or abs(x) > 1e-3)
OFTEN = st.integers(0, 3).map(bool)
LABELS = st.sampled_from(["", "w", "z_1^(2)", "<b>", "重み", '"', "\\"])
CASES = [(name, k) for name in rules.REGISTRY for k in range(len(PARAMETERS.get(name, [{}])))]

PUBLIC = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "abs": abs,
    "affine": lambda *v: engine.affine(v[0], v[1 : len(v) // 2 + 1], v[len(v) // 2 + 1 :]),
    "dot": lambda *v: engine.dot(v[: len(v) // 2], v[len(v) // 2 :]),
    "softmax": lambda *v: engine.apply(rules.softmax, *v),  # engine.softmax gives several nodes
    **{
        name: lambda *v, name=name: getattr(engine, name)(v)
        for name in ("total", "mean", "logsumexp", "maximum", "minimum")
    },
}
"""How people write a rule, where that is not ``engine.name(operands)``."""


@lru_cache
def truth(name, k):
    """What a rule is in mpmath, with the k-th of its parameters."""
    fixed = {key: mpf(x) for key, x in PARAMETERS.get(name, [{}])[k].items()}
    return lambda *operands: ORACLE[name][0](*operands, **fixed)


def made(name, k, operands, *, public):
    """A node of a rule, as people write it or by ``apply``."""
    parameters = PARAMETERS.get(name, [{}])[k]
    written = PUBLIC.get(name, getattr(engine, name, None))
    if public and written:
        return written(*operands, *parameters.values())
    unbound = rules.REGISTRY[name]
    return engine.apply(unbound.at(**parameters) if unbound.defaults else unbound, *operands)


def near(got, expected):
    """A float is what the naive engine says, to within the rounding that it allows."""
    assert abs(got - float(expected.number)) <= expected.doubt


def added(total, more):
    """What there was, if anything, and more."""
    if total is None:
        return more
    rounding = UNIT * float(abs(total.number) + abs(more.number))
    return Known(total.number + more.number, total.doubt + more.doubt + rounding)


def duplicate(root):
    """A naive graph once more."""
    new = {}
    for node in order(root):
        parents = tuple(new[parent] for parent in node.parents)
        new[node] = Naive(node.now, node.function, parents, node.label, node.grad)
    return new[root]


def numbers(root):
    return {node: node.now for node in order(root)}


def readers(root):
    """For each node of a graph those that are computed from it."""
    nodes = order(root)
    return {node: {n for n in nodes if node in n.parents} for node in nodes}


def computable(root):
    """Whether a rule is known of every node that is computed."""
    return all(node.function or not node.parents for node in order(root))


class Graphs(RuleBasedStateMachine):
    """Values and their twins in the naive engine. Whatever is done to the ones is done to the others."""

    seen: ClassVar[set[str]] = set()
    """The rules that nodes were made of, in any example."""

    def __init__(self):
        super().__init__()
        self.twins = {}

    def some(self, data):
        """Any node; half of the time one of the latest, which are the deepest."""
        every = list(self.twins)
        return data.draw(st.one_of(st.sampled_from(every), st.sampled_from(every[-3:])))

    def below(self, root):
        nodes = order(self.twins[root])
        return [value for value, twin in self.twins.items() if twin in nodes]

    @initialize(data=st.data(), leaves=st.lists(NUMBERS, min_size=2, max_size=3), count=st.integers(1, 12))
    def begin(self, data, leaves, count):
        for x in leaves:
            self.leaf(x, data.draw(LABELS))
        for _ in range(count):
            self.grow(data)

    @rule(x=NUMBERS, label=LABELS)
    def leaf(self, x, label):
        self.twins[Value(x, label=label)] = Naive(Known(mpf(x)), label=label)

    @rule(data=st.data(), count=st.integers(1, 3))
    def grow_on(self, data, count):
        for _ in range(count if len(self.twins) < MOST else 0):
            self.grow(data)

    def grow(self, data):
        name, k = data.draw(st.sampled_from(CASES))
        tried = ORACLE[name][1]
        if rules.REGISTRY[name].variadic and len(tried) > 2 and data.draw(st.booleans()):
            tried = tried[1:-1]  # a pair less, or two terms
        operands = [self.some(data) if data.draw(OFTEN) else data.draw(NUMBERS) for _ in tried]
        if not any(isinstance(x, Value) for x in operands):
            operands[-1] = self.some(data)
        try:
            self.make(name, k, operands, public=data.draw(st.booleans()))
        except Outside:
            self.grow_inside(name, k, [data.draw(strategy) for strategy in tried], self.some(data))

    def grow_inside(self, name, k, points, x):
        """The same rule near a point that its oracle is tried at: only a little of another node is in it."""
        try:
            wave = self.make("mul", 0, [self.make("sin", 0, [x]), 0.1])
            self.make(name, k, [self.make("add", 0, [wave, points[0]]), *points[1:]])
        except Outside:
            pass

    def make(self, name, k, operands, *, public=True):
        twins = [self.twins[x] if isinstance(x, Value) else Naive(Known(mpf(x))) for x in operands]
        function = truth(name, k)
        twin = Naive(known(function, [operand.now for operand in twins]), function, tuple(twins))
        anew(order(twin))  # it must be inside also when leaves that were edited come to it
        value = made(name, k, operands, public=public)
        self.pair(value, twin)
        self.seen.add(name)
        return value

    def pair(self, value, twin):
        """Enter what is new, down to the leaves; nodes are shared as their twins are."""
        if value in self.twins:
            assert self.twins[value] is twin
            return
        self.twins[value] = twin
        for parent, naive in zip(value.parents, twin.parents, strict=True):
            self.pair(parent, naive)

    @rule(data=st.data(), x=NUMBERS, slopes=st.tuples(NUMBERS, NUMBERS))
    def by_hand(self, data, x, slopes):
        parents = self.some(data), self.some(data)
        value = Value(x, parents, "by hand", local_derivatives=slopes)
        now = Known(mpf(x), 0.0, tuple(map(mpf, slopes)), (UNIT, UNIT))
        self.twins[value] = Naive(now, None, tuple(self.twins[parent] for parent in parents))

    @rule(data=st.data(), x=NUMBERS)
    def edit(self, data, x):
        value = data.draw(st.sampled_from([value for value in self.twins if not value.parents]))
        leaf, every = self.twins[value], {}
        for twin in self.twins.values():
            order(twin, every)
        try:
            anew(every, {leaf: Known(mpf(x))})
        except Outside:
            return
        value.data = x
        leaf.now = Known(mpf(x))

    @rule(data=st.data(), label=LABELS)
    def name(self, data, label):
        value = self.some(data)
        value.label = self.twins[value].label = label

    @rule(data=st.data())
    def backward(self, data):
        root = self.some(data)
        root.backward()
        twin = self.twins[root]
        self.reach(twin, order(twin))

    def reach(self, root, nodes):
        """Derivatives by these nodes have come."""
        now = numbers(root)
        for node in nodes:
            grad = derivative(root, node, now)
            node.grad = grad if node.parents else added(node.grad, grad)

    @rule(data=st.data())
    def refresh(self, data):
        root = self.some(data)
        twin = self.twins[root]
        if not computable(twin):
            with pytest.raises(TypeError, match="made by hand"):
                root.refresh()
            return
        root.refresh()
        for node, now in anew(order(twin)).items():
            node.now = now
            node.grad = None if node.parents else node.grad

    @rule(data=st.data())
    def zero_grad(self, data):
        root = self.some(data)
        root.zero_grad()
        for node in order(self.twins[root]):
            node.grad = None

    @rule(data=st.data())
    def shallow_copy(self, data):
        value = self.some(data)
        self.pair(copy.copy(value), copy.copy(self.twins[value]))

    @rule(data=st.data())
    def deep_copy(self, data):
        self.once_more(self.some(data), copy.deepcopy)

    @rule(data=st.data(), protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
    def pickled(self, data, protocol):
        self.once_more(self.some(data), lambda root: pickle.loads(pickle.dumps(root, protocol)))

    def once_more(self, root, way):
        twin = duplicate(self.twins[root])
        before, more = len(self.twins), len(order(twin))
        if before + more <= MOST:
            self.pair(way(root), twin)
            assert len(self.twins) == before + more  # nodes that were shared are shared

    @rule(data=st.data())
    def step(self, data):
        root = self.some(data)
        twin, walk = self.twins[root], steps(root)
        taken = list(islice(walk, data.draw(st.integers(0, len(walk.order)))))
        now, handed_on = numbers(twin), {self.twins[step.node] for step in taken}
        for step in taken:
            near(step.grad, derivative(twin, self.twins[step.node], now))
        if taken:
            for node in order(twin):
                node.grad = None if node.parents else node.grad
            self.reach(twin, [node for node, after in readers(twin).items() if after <= handed_on])

    @rule(data=st.data())
    def step_depth_first(self, data):
        root = self.some(data)
        walk, after, handed_on, early = steps(root, "depth-first"), readers(self.twins[root]), set(), []
        for value in walk.order:
            early += [] if after[self.twins[value]] <= handed_on else [value]
            handed_on.add(self.twins[value])
        assert walk.right == (not early)
        if early:
            assert next(step.node for step in walk if step.missing) is walk.first_wrong.node is early[0]

    @rule(data=st.data(), limit=st.integers(1, 20))
    def explain(self, data, limit):
        root = self.some(data)
        by = data.draw(st.sampled_from(self.below(root))) if data.draw(OFTEN) else self.some(data)
        twin, naive = self.twins[root], self.twins[by]
        told = explain(root, by, limit=limit, through="all")
        grad = derivative(twin, naive, numbers(twin))
        near(told.value, grad)
        near(sum(path.product for path in told.paths) + told.rest, grad)
        assert told.depends == (naive in order(twin))
        assert told.count == (count_paths(twin, naive) if told.depends else 0)
        assert len(told.paths) == min(told.count, limit)

    @rule(data=st.data(), moves=st.lists(NUMBERS, min_size=3, max_size=3))
    def tape(self, data, moves):
        root = self.some(data)
        params, inputs = [], []
        for value in self.below(root):
            if not value.parents:
                data.draw(st.sampled_from([params, inputs, []])).append(value)
        if not computable(self.twins[root]):
            with pytest.raises(TypeError, match="made by hand"):
                Tape(root, inputs=inputs, params=params)
            return
        rows = [[leaf.data + move / (k + 1) for k, leaf in enumerate(inputs)] for move in moves]
        self.replay(Tape(root, inputs=inputs, params=params), [leaf.data for leaf in params], rows)

    def replay(self, tape, p, rows):
        """Cost and gradient for those examples that are inside, one by one and added up."""
        twin, expected, inside = self.twins[tape.C], [], []
        for row in rows:
            given = zip([*tape.params, *tape.inputs], [*p, *row], strict=True)
            try:
                now = anew(order(twin), {self.twins[leaf]: Known(mpf(x)) for leaf, x in given})
            except Outside:
                continue
            inside.append(row)
            grads = [derivative(twin, self.twins[leaf], now) for leaf in tape.params]
            expected.append([now[twin], *grads])
        if inside:
            costs, gradients = tape(p, inside, over="each")
            for cost, gradient, known in zip(costs, gradients, expected, strict=True):
                for got, number in zip([cost, *gradient], known, strict=True):
                    near(got, number)
            cost, gradient = tape(p, inside, over="sum")
            for got, numbers in zip([cost, *gradient], zip(*expected, strict=True), strict=True):
                near(got, reduce(added, numbers))

    @invariant()
    def agree(self):
        for value, twin in self.twins.items():
            near(value.data, twin.now)
            near(value.grad, twin.grad or Known(mpf(0)))
            assert value.has_grad == (twin.grad is not None)
            assert value.label == twin.label
            assert [self.twins[parent] for parent in value.parents] == list(twin.parents)
            slopes = zip(twin.now.slopes, twin.now.slope_doubts, strict=True)
            for got, expected in zip(value.local_derivatives, slopes, strict=True):
                near(got, Known(*expected))


@pytest.mark.no_cover
@pytest.mark.more
def test_any_history_of_a_graph_ends_where_the_naive_engine_ends():
    """Whatever is done to graphs, in any order, their numbers, slopes, gradients and labels are right.

    What is copied is another graph, what is refused changes nothing, and no rule of the registry is left out.
    """
    Graphs.seen.clear()
    run_state_machine_as_test(Graphs, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS))
    assert EXAMPLES < 1000 or Graphs.seen == set(rules.REGISTRY)


def adding_everywhere(root):
    """The backward pass of micrograd, which adds to the gradients of inner nodes, too."""
    nodes = graph.topological_order(root)
    for node in nodes:
        node.grad += 0.0
    root.grad = 1.0
    for node in reversed(nodes):
        for parent, slope in zip(node.parents, node.local_derivatives, strict=True):
            parent.grad += slope * node.grad


def by_first_sight(root):
    """A backward pass in the order in which plain recursion meets the nodes."""
    _, before = sweep._cleared(root)
    root.grad = 1.0
    sweep._pass_back([node for node in graph.depth_first(root) if node.parents][::-1])
    for leaf, grad in before:
        leaf.grad += grad


def forgetting_slopes(root):
    """A refresh of numbers alone."""
    for node in graph.topological_order(root):
        if node.parents and node.rule:
            node._number, _ = node.rule.function(floats, *[parent.data for parent in node.parents])
            node._grad = None


def sharing_leaves(root, memo):
    """A deep copy that stands on the leaves of the original."""
    memo.update((id(leaf), leaf) for leaf in graph.leaves(root))
    return copies.deepcopy(root, memo)


FAULTS = {
    "adding everywhere": (Value, "backward", adding_everywhere),
    "by first sight": (Value, "backward", by_first_sight),
    "forgetting slopes": (Value, "refresh", forgetting_slopes),
    "sharing leaves": (Value, "__deepcopy__", sharing_leaves),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_that_engines_have_are_found(fault, monkeypatch):
    """An engine with one of these faults parts from the naive engine, mostly within a hundred examples."""
    monkeypatch.setattr(*FAULTS[fault])
    quick = settings(max_examples=4000, stateful_step_count=STEPS, derandomize=True, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Graphs, settings=quick)


def test_the_naive_engine_is_right_where_the_answer_is_known():
    """Number, derivatives and doubts of x y + sin x are those in closed form, where x is off by 10⁻¹⁰."""

    def node(function, *parents):
        return Naive(known(function, [parent.now for parent in parents]), function, parents)

    x, y = Naive(Known(mpf(2), 1e-10)), Naive(Known(mpf(3)))
    product, wave = node(lambda a, b: a * b, x, y), node(mp.sin, x)
    C = node(lambda a, b: a + b, product, wave)
    by_x, by_y = (derivative(C, leaf, numbers(C)) for leaf in (x, y))
    assert list(order(C)) == [x, y, product, wave, C]
    assert count_paths(C, x) == 2
    assert abs(C.now.number - (6 + mp.sin(2))) < mpf("1e-45")
    assert abs(by_x.number - (3 + mp.cos(2))) < mpf("1e-24")
    assert abs(by_y.number - 2) < mpf("1e-24")
    assert C.now.doubt == pytest.approx((3 + abs(math.cos(2))) * 1e-10, rel=0.01)
    assert by_x.doubt == pytest.approx(math.sin(2) * 1e-10, rel=0.01)
    assert by_y.doubt == pytest.approx(1e-10, rel=0.01)


BOUNDARIES = {
    "a kink": (abs, "5e-5"),
    "a kink on the other side": (abs, "-5e-5"),
    "a small kink": (lambda x: max(x, 0) / 10, "0"),
    "a tie": (max, "1", "1.00005"),
    "a jump": (mp.atan2, "5e-5", "-1"),
    "outside a domain": (mp.log, "-1"),
    "the edge of a domain": (mp.log1p, "-0.99995"),
    "an edge on which all slopes are finite": (mp.power, "0", "1"),
    "a pole": (lambda x: 1 / x, "0"),
    "a steep place": (mp.exp, "4"),
}


@pytest.mark.parametrize("where", BOUNDARIES)
def test_graphs_keep_away_from_kinks_and_boundaries(where):
    """The naive engine refuses a point where, or as near as 5·10⁻⁵ to where, a slope is not one number."""
    function, *point = BOUNDARIES[where]
    with pytest.raises(Outside):
        known(function, [Known(mpf(x)) for x in point])
