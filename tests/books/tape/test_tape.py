"""The tape: replayed with NumPy for many examples, a graph gives what the eager engine gives one by one."""

import copy
import math
import random
import sys
import threading
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import ORACLE
from processes import printed
from random_graphs import BINARY, UNARY, graphs, operate
from test_arrays import SUMS, bound, each_rule, same

import engine
from engine import Value
from engine.graph import topological_order
from engine.tape import Tape

EXACT = 1e-12
NEVER, ALWAYS = 0, 10**9
"""How many edges a group may have and yet be taken straight."""

THRESHOLDS = {
    "as measured": {},
    "all in groups": {"tape.ONE": NEVER, "tape.MANY": NEVER},
    "all walked": {"tape.ONE": ALWAYS, "tape.MANY": ALWAYS, "program.WALKS": ALWAYS},
    "all compiled": {"tape.ONE": ALWAYS, "tape.MANY": ALWAYS, "program.WALKS": 0},
    "too long to compile": {
        "tape.ONE": ALWAYS,
        "tape.MANY": ALWAYS,
        "program.WALKS": 0,
        "program.MOST": -1,
    },
    "in short parts": {"tape.ONE": ALWAYS, "tape.MANY": ALWAYS, "program.WALKS": 0, "plan.PART": 3},
    "half and half": {"tape.ONE": 6, "tape.MANY": 6, "program.WALKS": 0},
}
OVERS = ("mean", "sum", "each")


@contextmanager
def choosing(way):
    """Tapes choose between groups, walks and compiled code as told."""
    with pytest.MonkeyPatch.context() as patch:
        for where, number in THRESHOLDS[way].items():
            patch.setattr(f"engine.tape.{where}", number)
        yield


each_way = pytest.mark.parametrize("way", THRESHOLDS)


@pytest.fixture
def chosen(way):
    """``choosing`` for a whole test, where Hypothesis does not repeat it."""
    with choosing(way):
        yield way


def eager(C, inputs, params, p, rows):
    """Cost and gradient of each example by the eager engine, and the size of the numbers on the way."""
    twin, leaves = copy.deepcopy((C, [*params, *inputs]))
    order = topological_order(twin)
    costs, gradients, size, steep = [], [], 1.0, 1.0
    for row in rows:
        for leaf, number in zip(leaves, [*p, *row], strict=True):
            leaf.data = number
        twin.refresh()
        for node in [*order, *leaves]:
            node.zero_grad() if not node.parents else None
        twin.backward()
        costs.append(twin.data)
        gradients.append([leaf.grad for leaf in leaves[: len(params)]])
        size = max(size, *(abs(node.data) for node in order))
        steep = max(steep, *(abs(node.grad) for node in order))
    return np.array(costs), np.array(gradients).reshape(len(costs), len(params)), size, size * steep


def close(got, expected, scale, *, allowed=EXACT):
    """Equal in shape, NaN and infinities, and in numbers to within rounding of the scale."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    finite = np.isfinite(expected)
    assert np.array_equal(got[~finite], expected[~finite], equal_nan=True)
    assert np.all(np.abs(got[finite] - expected[finite]) <= allowed * scale)


def agrees(tape, graph, p, rows):
    """The tape gives what the eager engine gives: for the examples together, and for one alone."""
    costs, gradients, size, steep = eager(*graph, p, rows)
    cost, gradient = tape(p, rows)
    assert isinstance(cost, float)
    close(cost, costs.mean(), size)
    close(gradient, gradients.mean(axis=0), steep)
    cost, gradient = tape(p, rows, over="sum")
    close(cost, costs.sum(), size * len(rows))
    close(gradient, gradients.sum(axis=0), steep * len(rows))
    cost, gradient = tape(p, rows, over="each")
    close(cost, costs, size)
    close(gradient, gradients, steep)
    for over in OVERS:  # without an axis of examples there is none in what comes back
        cost, gradient = tape(p, rows[-1], over=over)
        close(cost, costs[-1], size)
        close(gradient, gradients[-1], steep)


def numbers(dice, *shape):
    return np.array([dice.uniform(-1.5, 1.5) for _ in range(math.prod(shape))]).reshape(shape)


def split(C, leaves, dice):
    """What a tape is made of: the leaves of a graph as inputs, parameters and constants, at random."""
    kinds = [dice.choice(("pppic", "iiipc")[k % 2]) for k in range(len(leaves))]
    used = set(topological_order(C))
    params = [leaf for leaf, kind in zip(leaves, kinds, strict=True) if kind == "p" and leaf in used]
    return C, [leaf for leaf, kind in zip(leaves, kinds, strict=True) if kind == "i"], params


class Growing:
    """A wide graph, grown level by level: many nodes of few kinds, which the tape must keep apart."""

    def __init__(self, dice):
        self.dice = dice
        self.leaves = [Value(dice.uniform(-1, 1), label=f"x{k}") for k in range(dice.randint(0, 12))]
        self.weights = self.leaves[::2]
        self.pool = [*self.leaves, Value(0.5), Value(-0.7)]

    def some(self, count):
        return [self.dice.choice(self.pool) for _ in range(count)]

    def weighting(self, count):
        """The weights of a matrix, often: mostly parameters."""
        return self.dice.choices(self.dice.choice([self.weights, self.pool]) or self.pool, k=count)

    def elementwise(self, n):
        name = self.dice.choice(UNARY)
        return [getattr(engine, name)(x) for x in self.some(n)]

    def in_pairs(self, n):
        name = self.dice.choice(BINARY)
        return [operate(name, a, b) for a, b in zip(self.some(n), self.some(n), strict=True)]

    def squares(self, n):
        return [a * a for a in self.some(n)] + [a - a for a in self.some(2)]

    def layer(self, n):
        xs = self.some(self.dice.choice([1, 2, 5]))
        return [engine.affine(self.some(1)[0], self.weighting(len(xs)), xs) for _ in range(n)]

    def swapped(self, n):
        ws = self.some(self.dice.choice([1, 3]))
        return [engine.affine(self.some(1)[0], ws, self.weighting(len(ws))) for _ in range(n)]

    def table(self, n):
        terms = self.dice.choice([1, 2, 4])
        rows = [(self.some(1)[0], self.weighting(terms)) for _ in range(min(n, 5))]
        columns = [self.some(terms) for _ in range(4)]
        chosen = [(b, ws, xs) for b, ws in rows for xs in columns if self.dice.random() < 0.8]
        return [engine.affine(*cell) for cell in chosen + chosen[:2]]  # two of them twice

    def products(self, n):
        terms = self.dice.choice([1, 3])
        pairs = [(self.weighting(terms), self.some(terms)) for _ in range(n)]
        return [engine.dot(xs, ys) for xs, ys in pairs] + [engine.dot(xs, xs) for xs, _ in pairs[:2]]

    def sums(self, n):
        function = self.dice.choice([engine.total, engine.mean])
        terms = self.dice.choice([1, 2, 9])
        return [function(self.some(terms)) for _ in range(n)]

    def shares(self, n):
        return engine.softmax(self.some(n)) + engine.softmax(self.some(n))

    def extremes(self, n):
        function = self.dice.choice([engine.maximum, engine.minimum, engine.logsumexp])
        return [function(self.some(3)) for _ in range(n)]

    def penalties(self, n):
        if not self.weights:
            return []
        return [engine.dot(self.weights, self.weights)] + [w.exp() for w in self.weights[:n]]

    def with_parameters(self, n):
        rule = self.dice.choice([lambda x: x**3, lambda x: x**2, lambda x: x.clip(-0.5, 0.5), Value.elu])
        return [rule(x) for x in self.some(n)]

    KINDS = (
        elementwise, in_pairs, squares, layer, layer, swapped, table, table, products, sums,
        shares, extremes, penalties, with_parameters,
    )  # fmt: skip

    def grown(self):
        """The root."""
        raw = self.some(1)
        for _ in range(self.dice.choice([0, 2, 3, 5, 6])):
            made = self.dice.choice(self.KINDS)(self, self.dice.choice([1, 2, 3, 10]))
            squash = self.dice.choice([Value.tanh, Value.atan, Value.softsign])
            raw += made
            self.pool += [squash(x) for x in made]
        last = self.dice.choices(["leaf", "node", "total", "mean", "layer"], weights=[1, 1, 2, 2, 8])[0]
        if last == "leaf":
            return self.some(1)[0]
        if last == "node":
            return raw[-1]
        if last == "layer":
            return engine.affine(raw[-1], self.some(len(raw)), raw)
        return getattr(engine, last)(raw + self.pool[-3:])


@st.composite
def wide(draw):
    """A wide graph with its inputs and parameters, and dice to go on with."""
    dice = random.Random(draw(st.integers(0, 2**40)))
    growing = Growing(dice)
    return split(growing.grown(), growing.leaves, dice), dice


def replayed(graph, dice, counts=(1, 2, 7)):
    """A tape of the graph agrees with it, for these numbers of examples."""
    _, inputs, params = graph
    tape = Tape(*graph)
    p, rows = numbers(dice, len(params)), numbers(dice, max(counts), len(inputs))
    for n in counts:
        agrees(tape, graph, p, rows[:n])


@pytest.mark.platform
@each_way
@settings(max_examples=40)
@given(wide())
def test_wide_graphs_give_the_eager_numbers(way, grown):
    """Cost and gradient are the average (sum, list) of the eager ones, whatever is put into groups."""
    with choosing(way):
        replayed(*grown)


@each_way
@settings(max_examples=15)
@given(graphs(), st.integers(0, 2**40))
def test_small_graphs_give_the_eager_numbers(way, graph, seed):
    """The same for graphs of a few nodes that read one another at random."""
    dice = random.Random(seed)
    with choosing(way):
        replayed(split(*graph, dice), dice)


@settings(max_examples=8)
@given(wide())
def test_a_hundred_examples_give_the_eager_numbers(grown):
    """The same for as many examples as a batch has."""
    replayed(*grown, counts=(100,))


@pytest.mark.platform
@settings(max_examples=40)
@given(wide())
def test_walked_and_compiled_code_give_the_same_bits(grown):
    """Nothing changes with the call from which on straight parts are compiled: not a bit, but for −0.0."""
    (C, inputs, params), dice = grown
    p, rows = numbers(dice, len(params)), numbers(dice, 3, len(inputs))
    found = []
    for way in ("all walked", "all compiled", "too long to compile"):
        with choosing(way):
            again = Tape(C, inputs, params)
            results = [again(p, x, over=over) for x in (rows, rows[0]) for over in OVERS]
            found.append([np.hstack([np.ravel(cost), gradient.ravel()]) + 0.0 for cost, gradient in results])
    for others in found[1:]:
        for numbers_of_one, others_of_one in zip(found[0], others, strict=True):
            assert numbers_of_one.tobytes() == others_of_one.tobytes()


@pytest.mark.platform
@pytest.mark.parametrize("way", ["all in groups", "all compiled"])
@each_rule
@settings(max_examples=3)
@given(data=st.data())
def test_every_rule_in_groups(way, name, parameters, data):
    """Five nodes of one rule: their slopes are the eager ones, be an operand a parameter or an input."""
    rule, strategies = bound(name, parameters), ORACLE[name][1]
    points, others = np.array(data.draw(st.lists(st.tuples(*strategies), min_size=10, max_size=10))).reshape(
        2, 5, len(strategies)
    )
    for learns in [*range(len(strategies)), None]:  # the operand that is a parameter; None: all of them
        leaves = [[Value(x) for x in point] for point in points]
        here = np.full(points.shape, fill_value=True)
        if learns is not None:
            here[:, [k for k in range(len(strategies)) if k != learns]] = False
        params, inputs = [np.array(leaves)[chosen].tolist() for chosen in (here, ~here)]
        C = engine.total([engine.apply(rule, *operands) for operands in leaves])
        p, rows = points[here], np.stack([points[~here], others[~here]])
        costs, gradients, size, _ = eager(C, inputs, params, p, rows)
        with choosing(way):
            tape = Tape(C, inputs, params)
            got_costs, got = tape(p, rows, over="each")
            _, summed = tape(p, rows, over="sum")
        close(got_costs, costs, size)
        where = np.abs(np.concatenate([points, others], axis=1)).max(axis=1).repeat(here.sum(axis=1))
        for k, x in enumerate(where):
            for got_slope, expected in [
                *zip(got[:, k], gradients[:, k], strict=True),
                (summed[k], gradients[:, k].sum()),
            ]:
                assert same(got_slope, expected, [x], few=EXACT, sums=name in SUMS), (k, points, others)


CORNERS = {
    "constant": lambda _w, _x: (Value(2.0), [], []),
    "constant, inputs unused": lambda _w, x: (Value(2.0) * 3.0, x, []),
    "a parameter itself": lambda w, x: (w[0], x, w[:1]),
    "an input itself": lambda _w, x: (x[0], x, []),
    "no inputs": lambda w, _x: (engine.dot(w, w), [], w),
    "no parameters": lambda _w, x: (engine.dot(x, x), x, []),
    "inputs unused": lambda w, x: (engine.dot(w, w).exp(), x, w),
    "total of one": lambda w, x: (engine.total([w[0] * x[0]]), x, w[:1]),
    "mean of one": lambda w, x: (engine.mean([w[0] * x[0]]), x, w[:1]),
    "mean of one leaf twice": lambda w, x: (engine.mean([w[0], w[0], x[0]]), x, w[:1]),
    "affine of nothing": lambda w, x: (engine.affine(w[0], [], []) * x[0], x, w[:1]),
    "operands of constants": lambda w, x: (engine.dot([1.0, 2.0, w[0]], [3.0, x[0], 0.5]), x, w[:1]),
    "weights vary": lambda w, x: (engine.affine(w[0], x, w[1:4]), x, w[:4]),
    "weights and activations vary": lambda w, x: (engine.dot(x, x) * w[0], x, w[:1]),
    "only the bias varies": lambda w, x: (engine.affine(x[0], w, [1.0, 2.0, 0.5, 0.1]), x, w),
    "attention": lambda w, x: (attention(w, x), x, w),
    "sums of different weight": lambda w, x: (weighted(engine.total, w, x), x, w),
    "means of different weight": lambda w, x: (weighted(engine.mean, w, x), x, w),
    "a rule without operands": lambda w, x: (engine.apply(engine.rules.total) + w[0] * x[0], x, w[:1]),
}  # fmt: skip


def weighted(function, w, x):
    """Sums whose adjoints differ, of operands that differ."""
    return engine.dot([0.5, -1.0, 3.0], [function([w[0], v, w[k]]) for k, v in enumerate(x, start=1)])


def attention(w, x):
    """Queries and keys of three inputs: products of what varies with what varies, shared by all rows."""
    queries = [[engine.dot([w[0], w[1]], [a, b]) for a in x] for b in x]
    shares = [engine.softmax([engine.dot(q, k) for k in queries]) for q in queries]
    return engine.total([engine.dot(row, queries[0]) for row in shares]) + engine.mean(w)


@each_way
@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize("corner", CORNERS)
def test_corners(corner):
    """Graphs of which a part is missing or trivial are graphs: eager and tape agree."""
    dice = random.Random(corner)
    w, x = [Value(0.1 * k, label=f"w{k}") for k in range(4)], [Value(1.0 + k) for k in range(3)]
    replayed(CORNERS[corner](w, x), dice)


def test_stacks_of_several_products():
    """Several products of one shape keep their numbers apart: ∂C/∂w sums the columns of its own."""
    dice = random.Random(5)
    w = [[[Value(dice.uniform(-1, 1)) for _ in range(4)] for _ in range(3)] for _ in range(2)]
    x = [[[Value(dice.uniform(-1, 1)) for _ in range(4)] for _ in range(5)] for _ in range(2)]
    C = engine.total([engine.dot(row, column) for k in (0, 1) for row in w[k] for column in x[k]])
    params, inputs = list(np.ravel(w)), list(np.ravel(x))
    p, rows = numbers(dice, 24), numbers(dice, 6, 40)
    _, gradient = Tape(C, inputs, params)(p, rows)
    sums = rows.reshape(6, 2, 5, 4).sum(axis=2).mean(axis=0)  # ∂C/∂w = Σ over the columns
    close(gradient.reshape(2, 3, 4), np.repeat(sums[:, None], 3, axis=1), 10)
    replayed((C, inputs, params), dice)


def test_gradients_are_those_of_finite_differences():
    """(C(p + h) − C(p − h)) / 2h of the tape's own costs is its gradient."""
    dice = random.Random(1)
    w, x = [Value(0.3) for _ in range(9)], [Value(1.0) for _ in range(3)]
    hidden = [engine.affine(w[k], w[3 * k : 3 * k + 3], x).tanh() for k in range(3)]
    tape = Tape(engine.logsumexp([*hidden, engine.dot(hidden, hidden)]), x, w)
    p, rows, h = numbers(dice, 9), numbers(dice, 50, 3), 1e-5
    _, gradient = tape(p, rows)
    for k, step in enumerate(np.eye(9) * h):
        assert gradient[k] == pytest.approx((tape(p + step, rows)[0] - tape(p - step, rows)[0]) / (2 * h))


def test_closed_form_of_a_regression():
    """Mean square error of a line has the gradient that NumPy gives in one line."""
    w, b, x, y = (Value(0.0) for _ in range(4))
    tape = Tape((w * x + b - y) ** 2, [x, y], [w, b])
    data = np.random.default_rng(1).normal(size=(100, 2))
    rest = 0.5 * data[:, 0] - 0.25 - data[:, 1]
    cost, gradient = tape([0.5, -0.25], data)
    assert cost == pytest.approx((rest**2).mean(), rel=EXACT)
    assert gradient == pytest.approx([(2 * rest * data[:, 0]).mean(), 2 * rest.mean()], rel=EXACT, abs=EXACT)


def line():
    w, b, x, y = Value(0.5, label="w"), Value(0.1), Value(2.0, label="x"), Value(1.0)
    return ((w * x + b).tanh() - y) ** 2, [x, y], [w, b]


def test_what_is_left_out_is_read_from_the_leaves_of_now():
    """Defaults are the leaves' numbers at the time of the call, not at that of the recording."""
    C, inputs, params = line()
    tape = Tape(C, inputs, params)
    cost, gradient = tape()
    assert cost == pytest.approx(C.data, rel=EXACT)
    params[0].data, inputs[0].data = 0.9, -1.0
    cost, gradient = tape()
    C.refresh()
    C.backward()
    assert cost == pytest.approx(C.data, rel=EXACT)
    assert gradient == pytest.approx([w.grad for w in params], rel=EXACT)


@each_way
@pytest.mark.usefixtures("chosen")
def test_constants_keep_the_numbers_of_the_recording():
    """A leaf that is neither parameter nor input is frozen when it is recorded, for every kind of call."""
    w, c = Value(1.0), Value(2.0)
    C = (w * c).exp() + engine.affine(c, [w, c, w], [c, w, w])
    tape = Tape(C, params=[w])
    c.data = 100.0
    expected = pytest.approx(math.exp(2.0) + 2.0 + 2.0 + 2.0 + 1.0, rel=EXACT)
    for _ in range(40):
        assert tape([1.0])[0] == expected
        assert tape([1.0], over="each")[0] == expected
        assert tape([1.0], np.empty((2, 0)))[0] == expected


def test_errors_tell_the_numbers_of_the_recording():
    """What is frozen stays frozen where the eager engine is asked: a later number makes or hides no error."""
    w, c = Value(1.0), Value(2.0, label="c")
    tape = Tape(engine.mean([(c * w).log(), c / w]), params=[w])
    c.data = -2.0
    with pytest.raises(ValueError, match=r"^log: .* x = -2.0"):
        tape([-1.0])
    with engine.detect_anomaly():
        assert tape([1.0])[0] == pytest.approx((math.log(2.0) + 2.0) / 2, rel=EXACT)


def test_ordinary_numbers_ask_no_floats(monkeypatch):
    """Zeros, tiny numbers and saturation raise no doubt, so that no eager pass checks them."""
    w, x = Value(0.5), Value(1.0)
    units = [(w * x * k).tanh() + (w * x - k).sigmoid() + (w * x).relu() for k in range(5)]
    graph, rows = (engine.dot(units, units), [x], [w]), [[0.0], [1e-200], [5e-324], [-1e4], [1e4]]
    for way in ("all in groups", "all compiled"):
        with choosing(way), monkeypatch.context() as patch:
            tape = Tape(*graph)
            assert math.isnan(tape([math.inf], rows)[0])  # a doubt, which does not last
            patch.setattr("engine.tape.tape.examine", None)
            assert all(math.isfinite(tape([p], rows)[0]) for p in (0.0, 1e-200, 1.0, 1e3))


def test_long_parts_are_never_compiled(monkeypatch):
    """Beyond the limit a part is walked, however often."""
    monkeypatch.setattr("engine.tape.program.compiled_segment", None)
    w, x = Value(0.5), Value(1.0)
    with choosing("too long to compile"):
        tape = Tape((w * x).sin() * w, [x], [w])
        assert all(tape([0.5], [[1.0], [2.0]])[0] == tape([0.5], [[1.0], [2.0]])[0] for _ in range(40))


def state(root):
    nodes = topological_order(root)
    return [(id(n), n.data, n.grad, n.has_grad, n.label, n.rule, n.local_derivatives) for n in nodes]


def test_the_graph_stays_as_it_is():
    """Recording, calling and failing leave data, gradients and labels of the graph alone."""
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    C = (x * w).log()
    C.backward()
    before = state(C)
    tape = Tape(C, [x], [w])
    for over in OVERS:
        tape([1.0], [[2.0], [3.0]], over=over)
    with pytest.raises(ValueError, match="log"):
        tape([1.0], [[2.0], [-3.0]])
    with engine.detect_anomaly(), pytest.raises(FloatingPointError):
        tape([math.nan])
    assert tape.matches(C)
    assert state(C) == before


def test_calls_do_not_depend_on_those_before():
    """The same arguments give the same bits, with other sizes and kinds of calls in between."""
    C, inputs, params = line()
    tape, dice = Tape(C, inputs, params), random.Random(3)
    asked = [
        (numbers(dice, 2), numbers(dice, *shape), over) for shape in [(2,), (1, 2), (5, 2)] for over in OVERS
    ]
    first = [tape(p, x, over=over) for p, x, over in asked]
    for _ in range(2):
        for (p, x, over), (cost, gradient) in reversed(list(zip(asked, first, strict=True))):
            again, slopes = tape(p, x, over=over)
            assert np.array_equal(again, cost)
            assert np.array_equal(slopes, gradient)


@each_way
@pytest.mark.usefixtures("chosen")
def test_results_are_the_caller_s_own():
    """Whoever changes the arrays that he was given changes neither what comes next nor what came before."""
    w, x = Value(0.5), Value(2.0)
    for C, params in [((w * x).tanh(), [w]), (w, [w]), (w.exp(), [w]), (x, []), (Value(2.0), [])]:
        tape = Tape(C, [x], params)
        p, rows = np.full(len(params), 0.5), np.array([[1.0], [2.0]])
        costs, gradients = tape(p, rows, over="each")
        cost, gradient = tape(p, rows)
        kept = costs.copy(), gradients.copy(), gradient.copy()
        costs[:], gradients[:], gradient[:] = 7, 7, 7
        assert p.tolist() == [0.5] * len(params)
        assert rows.tolist() == [[1.0], [2.0]]
        again, slopes = tape(p, rows, over="each")
        assert np.array_equal(again, kept[0])
        assert np.array_equal(slopes, kept[1])
        assert tape(p, rows)[0] == cost
        assert np.array_equal(tape(p, rows)[1], kept[2])


@pytest.mark.parametrize("way", ["as measured", "all compiled"])
@pytest.mark.usefixtures("chosen")
def test_threads_do_not_disturb_one_another():
    """Calls from several threads at once give what calls one after the other give."""
    w, b, x = Value(0.5), Value(0.1), Value(2.0)
    C, inputs, params = engine.total([(w * k + b).tanh() * x for k in range(20)]), [x], [w, b]
    tape, dice = Tape(C, inputs, params), random.Random(4)
    asked = [(numbers(dice, 2), numbers(dice, k % 3 + 1, 1)) for k in range(200)]
    found = [None] * len(asked)

    def work(start):
        for k in range(start, len(asked), 4):
            found[k] = tape(*asked[k])

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    calm = Tape(C, inputs, params)
    for arguments, (cost, gradient) in zip(asked, found, strict=True):
        expected, slopes = calm(*arguments)
        assert cost == expected
        assert np.array_equal(gradient, slopes)


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 0], [2, 1]],
        ((1, 0), (2, 1)),
        np.array([[1, 0], [2, 1]], dtype=np.int8),
        np.array([[1, 0], [2, 1]], dtype=np.uint64),
        np.array([[1, 0], [2, 1]], dtype=np.float32),
        np.array([[1, 0], [2, 1]], dtype=object),
        [[Fraction(1), Decimal(0)], [2.0, True]],
        np.array([[1.0, 9, 0], [2, 9, 1]])[:, ::2],
        np.asfortranarray([[1.0, 0.0], [2.0, 1.0]]),
        [np.array([1.0, 0.0]), np.array([2, 1])],
    ],
    ids=lambda rows: getattr(getattr(rows, "dtype", None), "name", type(rows).__name__),
)
def test_all_kinds_of_real_numbers_come_in(rows):
    """Lists and arrays of ints, bools, floats of any width, fractions and decimals are numbers."""
    C, inputs, params = line()
    tape = Tape(C, inputs, params)
    cost, gradient = tape([Fraction(1, 2), Decimal("0.25")], rows)
    expected, slopes = tape([0.5, 0.25], [[1.0, 0.0], [2.0, 1.0]])
    assert cost == expected
    assert gradient.dtype == float
    assert np.array_equal(gradient, slopes)


def test_booleans_and_thirds():
    """True is 1; a third is rounded as ``float`` rounds it."""
    x = Value(0.0)
    tape = Tape(x * 1.0, [x])
    assert tape(inputs=[True])[0] == 1.0
    assert tape(inputs=np.array([[True], [False]]))[0] == 0.5
    assert tape(inputs=[Fraction(1, 3)])[0] == 1 / 3


def test_shapes_of_results():
    """Over each example: a row for each; else a float and one gradient; of an empty list of leaves, none."""
    C, inputs, params = line()
    tape = Tape(C, inputs, params)
    costs, gradients = tape(inputs=np.ones((1, 2)), over="each")
    assert (costs.shape, gradients.shape) == ((1,), (1, 2))
    cost, gradient = tape(inputs=np.ones(2), over="each")
    assert (np.shape(cost), gradient.shape) == ((), (2,))
    cost, gradient = tape(inputs=np.ones((3, 2)), over="sum")
    assert (type(cost), gradient.shape) == (float, (2,))
    nothing = Tape(C)
    assert nothing([], [])[0] == pytest.approx(C.data, rel=EXACT)
    assert nothing([], np.empty((4, 0)), over="each")[0] == pytest.approx([C.data] * 4, rel=EXACT)
    assert nothing([], np.empty((4, 0)), over="each")[1].shape == (4, 0)
    assert nothing()[1].shape == (0,)


def model(w, x, c=2.0, n=2, *, shared=True):
    a = w * x
    return (a - c) ** n + (a if shared else w * x)


MATCHES = [
    ("itself", model, True),
    ("other leaves and numbers", lambda _w, _x: model(Value(-3.0), Value(8.0)), True),
    ("the same exponent as a float", lambda w, x: model(w, x, n=2.0), True),
    ("leaves in each other's place", lambda w, x: model(x, w), True),
    ("another constant", lambda w, x: model(w, x, c=2.5), False),
    ("another exponent", lambda w, x: model(w, x, n=3), False),
    ("swapped operands", lambda w, x: (2.0 - w * x) ** 2 + w * x, False),
    ("a copy of what was shared", lambda w, x: model(w, x, shared=False), False),
    ("one leaf for two", lambda w, _x: model(w, w), False),
    ("more nodes", lambda w, x: model(w, x) + 1.0, False),
    ("fewer nodes", lambda w, x: w * x, False),
    ("a leaf", lambda w, _x: w, False),
    ("another rule", lambda w, x: (w * x - 2.0) ** 2 - w * x, False),
]


@pytest.mark.parametrize(("other", "matches"), [m[1:] for m in MATCHES], ids=[m[0] for m in MATCHES])
def test_matches(other, matches):
    """A graph matches where rules, operands and constants are the same; given leaves may be others."""
    w, x = Value(1.0), Value(0.5)
    tape = Tape(model(w, x), [x], [w])
    assert tape.matches(other(w, x)) is matches


def test_operands_in_another_order_do_not_match():
    """w x − w is not w − w x, though the same nodes come in the same order."""
    w, x = Value(1.0), Value(0.5)
    assert not Tape(w * x - w, [x], [w]).matches(w - w * x)


def test_signs_and_nan_of_constants_match_as_bits():
    """−0.0 is not 0.0, and NaN is NaN: what is replayed would be the same."""
    w = Value(1.0)
    assert not Tape(w * 0.0, params=[w]).matches(w * -0.0)
    assert Tape(w * math.nan, params=[w]).matches(w * math.nan)


def test_matching_follows_the_control_flow():
    """Where an ``if`` goes the other way, the graph that it makes does not match."""

    def cost(x):
        return x.exp() if x > 0 else x * x

    x = Value(1.0)
    tape = Tape(cost(x), [x])
    assert [tape.matches(cost(Value(v))) for v in (2.0, -2.0)] == [True, False]


def chain(x, w, n=3000):
    for _ in range(n // 3):
        x = (x * w).sin() + 0.25
    return x


def chain_by_hand(x, w, n=3000):
    """The chain and its slope in w, by the forward rule (x w)′ = x + w x′."""
    slope = 0.0 * x
    for _ in range(n // 3):
        x, slope = np.sin(x * w) + 0.25, np.cos(x * w) * (x + w * slope)
    return x, slope


@pytest.mark.parametrize("n", [1, 5])
def test_deep_graphs(n):
    """A chain of 3,000 nodes needs no recursion, and is right before and after it is compiled."""
    x, w = Value(0.5), Value(0.9)
    tape = Tape(chain(x, w), [x], [w])
    rows = np.linspace(-1, 1, n)[:, None]
    expected, slopes = chain_by_hand(rows[:, 0], 0.8)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    try:
        results = [tape([0.8], rows) for _ in range(33)]
    finally:
        sys.setrecursionlimit(limit)
    for cost, gradient in results:
        assert cost == pytest.approx(expected.mean(), rel=EXACT)
        assert gradient == pytest.approx([slopes.mean()], rel=1e-11)
    costs, gradients = tape([0.8], rows, over="each")
    assert costs == pytest.approx(expected, rel=EXACT)
    assert gradients[:, 0] == pytest.approx(slopes, rel=1e-11)


BITS = """
import random, engine
from engine.tape import Tape
from nn import MLP, losses
dice = random.Random(1)
model = MLP(3, [6, 5, 2], activation="tanh", rng=dice)
xs = [[dice.uniform(-1, 1) for _ in range(3)] for _ in range(9)]
C = engine.mean([losses.softmax_cross_entropy(model(x), k % 2) for k, x in enumerate(xs)])
tape = Tape(C, params=model.parameters())
cost, gradient = tape()
each, gradients = tape(over="each")
print(cost.hex(), gradient.tobytes().hex(), float(each).hex(), gradients.tobytes().hex())
"""


@pytest.mark.slow
def test_every_process_gives_the_same_bits():
    """Nothing depends on the order of sets or on hashes of text: another hash seed, the same bits."""
    (bits,) = printed(BITS)
    assert bits.startswith("0x")
