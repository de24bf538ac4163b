"""Long runs and large graphs: constant memory, no recursion, and no more than linear work.

``benchmarks/long_runs.py`` measures the same at full length; its results are in ``benchmarks/LONG_RUNS.md``.
"""

import ast
import copy
import gc
import math
import pickle
import subprocess
import sys
import tracemalloc
import weakref
from contextlib import suppress
from functools import partial
from itertools import islice

import pytest
from processes import ROOT, SEEDS, printed

from benchmarks import large_graphs, long_runs, trainings
from engine import (
    Value,
    affine,
    draw,
    explain,
    forward,
    graph,
    maximum,
    steps,
    tree,
    without_collector,
)
from engine.formula import of_node, whole
from engine.rules import Rule
from engine.tape import Tape
from nn import MLP, fit

pytestmark = pytest.mark.slow

# --- memory of long runs -------------------------------------------------------------------------------

TRAININGS = {
    "eager": (trainings.eager, 10_000),
    "Adam": (trainings.TRAININGS["chain, eager, Adam"][0], 2_000),
    "detect_anomaly": (trainings.watched, 2_000),
    "tape": (trainings.replayed, 30_000),
    "moons": (partial(trainings.moons, tape=False), 20),
    "moons on a tape": (partial(trainings.moons, tape=True), 500),
}
OTHERS = 2  # objects that something else in the process may make or drop meanwhile
COUNTING = 3  # blocks that a count may leave behind by itself


@pytest.mark.no_cover
@pytest.mark.platform  # each Python has another collector
@pytest.mark.parametrize(("training", "length"), TRAININGS.values(), ids=TRAININGS)
def test_training_leaves_nothing_behind(training, length):
    """From a fifth of the steps on, no more objects are alive, and no more blocks are given out."""
    levels = trainings.levels(training, length, counts=5)
    assert abs(levels[-1].objects - levels[0].objects) <= OTHERS
    assert abs(levels[-1].blocks - levels[0].blocks) <= COUNTING * len(levels)


def traced(training, length):
    """Bytes that Python has given out, and the most that it had: after the first half, and after all."""
    found = []
    done = 0

    def after():
        nonlocal done
        done += 1
        if done in {length // 2, length}:
            gc.collect()
            found.append(tracemalloc.get_traced_memory())
            tracemalloc.reset_peak()

    training(10, lambda: None)
    tracemalloc.start()
    try:
        training(length, after)
    finally:
        tracemalloc.stop()
    return found


def alone(name):
    """The same in a process of its own: a session that is hours old gives out bytes for other reasons too."""
    program = f"from test_long_runs import TRAININGS, traced; print(traced(TRAININGS[{name!r}][0], 1000))"
    (found,) = printed(program, seeds=SEEDS[:1])
    return ast.literal_eval(found)


@pytest.mark.platform
@pytest.mark.parametrize("name", ["eager", "Adam", "detect_anomaly", "tape"])
def test_no_bytes_are_left_behind_either(name):
    """The second half of a training ends with the bytes of the first, and needs no more on the way."""
    (first, most), (last, most_later) = alone(name)
    assert abs(last - first) < 1024
    assert most_later - most < 16_384


def test_bytes_that_are_left_behind_are_seen():
    """A training that keeps a number a step is found out: 500 floats in the second half."""
    kept = []

    def leaking(count, after):
        for k in range(count):
            kept.append(float(k) + 0.5)
            after()

    (first, _), (last, _) = traced(leaking, 1000)
    assert last - first >= 499 * sys.getsizeof(0.5)


@pytest.mark.parametrize("tape", [False, True], ids=["eager", "tape"])
def test_a_history_takes_a_float_for_each_epoch(tape):
    """What ``fit`` keeps of an epoch is its cost: 24 bytes and a place in a list."""
    (first, _), (last, _) = traced(partial(trainings.fitted, tape=tape), 2000)
    assert 24_000 <= last - first < 1000 * (24 + 8) + 4096


def test_a_recording_takes_no_more_however_long_it_is():
    """``record=20`` keeps at most as many frames, after 100 epochs or after 1,600."""
    sizes = []
    for epochs in (100, 1600):
        history = fit(trainings.chain(), [[0.5]], [0.2], lr=0.01, epochs=epochs, record=20)
        assert len(history.costs) == epochs
        history.costs.clear()
        sizes.append(len(pickle.dumps(history.recording.frames)))
    assert sizes[1] < 2 * sizes[0]


def test_looking_leaves_nothing_behind():
    """Formulas, explanations, drawings, steps, copies, tapes of a neuron: again and again, no growth."""
    model = MLP(8, [1], activation="tanh", output_activation="tanh")
    w = model.parameters()[0]

    def look(k):
        C = (model([float(j) for j in range(8)]) - 1.0) ** 2 + (w + 3.0) ** (k % 7)
        str(forward(C)), explain(C, w).latex(), str(explain(C, w)), draw(C), tree(C)
        list(steps(C)), copy.deepcopy(C), pickle.dumps(C)
        if not k % 10:
            Tape(C, params=[w])()
        w.zero_grad()

    alive = []
    for k in range(61):
        look(k)
        if k in {20, 40, 60}:
            gc.collect()
            alive.append(len(gc.get_objects()))
    assert max(alive) - min(alive) < 10


def test_rules_with_ever_new_numbers_are_not_all_kept():
    """Of x ** 0.001, x ** 0.002, … so many are kept at most."""
    x, alive = Value(2.0), []
    for k in range(2000):
        x ** (k / 1000)
        if k in {1300, 1999}:
            gc.collect()
            alive.append(sum(isinstance(held, Rule) for held in gc.get_objects()))
    assert alive[1] < alive[0] + 100


def test_what_is_kept_of_a_long_sum_is_linear():
    """The formula of a neuron that is kept for others has as many parts as inputs, and not their square."""

    def kept(n):
        nodes = [Value(0.5, label=f"v_{k}") for k in range(2 * n + 1)]
        z = affine(nodes[0], nodes[1 : n + 1], nodes[n + 1 :])
        names = {node: node.label for node in nodes}
        gc.collect()
        tracemalloc.start()
        of_node(z, names)
        gc.collect()
        bytes_, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return bytes_

    kept(10)
    assert kept(862) < 2.5 * kept(431)  # sizes that no other test has read already


# --- large graphs --------------------------------------------------------------------------------------

LARGE = 10_000


def of_chain(n):
    """The derivative of sin(sin(… x)), as the product of all cosines."""
    y, slope = 0.5, 1.0
    for _ in range(n):
        y, slope = math.sin(y), slope * math.cos(y)
    return pytest.approx(slope, rel=1e-12), 1


def of_wide(n):
    """Value, derivative by the first leaf and number of paths from it: of one operation after the other."""
    nodes = [(1 / (2 + k % 7), float(k == 0), int(k == 0)) for k in range(n // 16)]
    for j, k, kind in zip(*large_graphs.drawn(n), strict=True):
        (x, dx, paths), (y, dy, others) = nodes[j], nodes[k]
        if kind == 0:
            nodes[j] = x + y, dx + dy, paths + others
        elif kind == 1:
            nodes[j] = x * y, dx * y + x * dy, paths + others
        else:
            nodes[j] = math.tanh(x), dx / math.cosh(x) ** 2, paths
    _, slopes, paths = zip(*nodes, strict=True)
    return pytest.approx(math.fsum(slopes), rel=1e-12), sum(paths)


KNOWN = {
    "chain": of_chain,
    "sum": lambda _: (1.0, 1),
    "shared": lambda n: (sum(range(n // 2)), n // 2),
    "tree": lambda _: (1.0, 1),
    "ladder": lambda n: (1.0, 2**n),
    "wide": of_wide,
}
"""Derivative by a leaf, and number of paths from it."""


@pytest.fixture
def shallow():
    """So little room for recursion that whatever calls itself for each node fails."""
    depth, frame = 0, sys._getframe()
    while frame:
        depth, frame = depth + 1, frame.f_back
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(depth + 100)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("shape", large_graphs.SHAPES)
def test_large_graphs_need_no_recursion(shape):
    """Built, differentiated, refreshed, stepped, explained, copied, pickled, shown, dropped: deep or wide."""
    C, x = large_graphs.SHAPES[shape](LARGE)
    C.backward()
    slope, number = x.grad, C.data
    known, paths = KNOWN[shape](LARGE)
    assert slope == known
    x.data += 1.0
    C.refresh()
    assert C.data != number
    C.zero_grad()
    assert not x.has_grad
    x.data -= 1.0
    C.refresh()
    stepping = steps(C)
    first = list(islice(stepping, 10))
    assert first[0].node is C
    assert all(step.missing == 0 for step in first)
    assert sum(1 for _ in stepping) == len(stepping.order) - len(first)
    assert x.grad == slope
    assert graph.count_paths(graph.onward(C, x)) == paths
    told = explain(C, x, limit=3)
    assert told.value == slope
    assert max(map(len, str(told).splitlines())) <= 80
    assert len(draw(C).diagram.boxes) <= 60
    assert len(str(tree(C)).splitlines()) <= 200
    for twin in (copy.deepcopy(C), pickle.loads(pickle.dumps(C))):
        assert twin.data == number
        assert len(graph.topological_order(twin)) == len(graph.topological_order(C))
    gone = weakref.ref(Held(C))
    del C, x, twin, first, stepping, told
    assert gone() is None


class Held:
    """Holds a graph, as a Value itself has no place for weak references."""

    def __init__(self, root):
        self.root = root


def calls(work):
    """How many functions are called while it works, those written in C included.

    The collector is off: where something listens to it, as Hypothesis does, each of its runs makes calls.
    """
    count = 0

    def counted(_, event, __):
        nonlocal count
        count += event in {"call", "c_call"}

    with without_collector():
        sys.setprofile(counted)
        try:
            work()
        finally:
            sys.setprofile(None)
    return count


def written_or_refused(C, _):
    """The formula of the whole graph, or why there is none."""
    with suppress(ValueError):
        str(whole(C))


OPERATIONS = large_graphs.OPERATIONS | {
    "whole": written_or_refused,
    "explain": lambda C, x: str(explain(C, x, limit=3)),
    "latex": lambda C, x: explain(C, x, limit=3).latex(),
    "nested": lambda C, x: str(explain(C, x).nested()),
    "forward": lambda C, _: str(forward(C)),
    "all steps": lambda C, _: list(steps(C)),
    "depth first": lambda C, _: list(steps(C, "depth-first")),
    "in an order given": lambda C, _: list(steps(C, list(steps(C).order))),
    "whole tree": lambda C, _: str(tree(C, lines=None)),
    "flat tree": lambda C, _: str(tree(C, depth=1, lines=None)),
    "tape": lambda C, x: Tape(C, params=[x])(),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("shape", large_graphs.SHAPES)
def test_work_is_linear(shape, monkeypatch):
    """From 2n to 4n nodes an operation does twice as much more as from n to 2n, and no square.

    It has run once before it is counted: what is compiled or kept at a first use would count for n alone.
    Of the wide graph, which is random, paths are not twice as long in one that is twice as large: there 4n
    nodes may take five times the calls of n, where a square takes sixteen. Of 200 random operations every
    value is drawn, of 400 and more the bands of depth, and only these can be compared.
    """
    monkeypatch.setattr(
        "engine.formula.reading.LONGEST", 50
    )  # operands up to which a rule may take their square
    monkeypatch.setattr("engine.chain.tree.COUNTED", 50)  # nodes below a branch that are counted for it alone
    sizes = (400, 800, 1600) if shape == "wide" else (200, 400, 800)
    before = large_graphs.SHAPES[shape](sizes[0])
    built = [calls(lambda n=n: large_graphs.SHAPES[shape](n)) for n in sizes]
    assert built[2] - built[1] == pytest.approx(2 * (built[1] - built[0]), rel=0.02)
    graphs = [large_graphs.SHAPES[shape](n) for n in sizes]
    for name, operate in OPERATIONS.items():
        operate(*before)
        small, middle, large = (calls(lambda C=C, x=x, operate=operate: operate(C, x)) for C, x in graphs)
        if shape == "wide":
            assert large <= 5 * small, name
        else:
            assert large - middle <= 2.1 * (middle - small) + 1000, name


LOOKED_AT = """
import gc
from benchmarks.large_graphs import Collector, added
for n in (100_000, 200_000, 400_000):
    collector = Collector()
    gc.collect()
    gc.callbacks.append(collector)
    added(n)()
    gc.callbacks.remove(collector)
    print(collector.whole, collector.seen / n)
"""


def test_building_is_linear_with_the_collector_on():
    """The cyclic collector looks at a node about as often in a graph four times as large."""
    told = subprocess.run(
        [sys.executable, "-c", LOOKED_AT], cwd=ROOT, capture_output=True, check=True, text=True
    )
    looked = [(int(whole), float(times)) for whole, times in map(str.split, told.stdout.splitlines())]
    assert looked[2][0] > looked[0][0]  # it does look at everything again and again: less and less often
    assert looked[2][1] < 1.5 * looked[0][1]


# --- what is asked of a large graph by accident --------------------------------------------------------


def test_a_node_of_very_many_operands_goes_by_its_name():
    """To read its rule would take the square of them in time and memory: it is told in numbers, and short."""
    C, u = large_graphs.shared(10_000)
    told = explain(C, u)
    assert (told.value, told.count) == (sum(range(5000)), 5000)
    assert "5,000 paths" in str(told)
    assert str(forward(C).lines[-1].formula) == "Σ(v_1, v_2, … 4,997 more …, v_5000)"
    assert len(told.latex()) < 3000


def test_the_largest_of_many_is_read():
    """The formula of a maximum of 1,000 does not take the cube of their number."""

    def count(n):
        xs = [Value(float(k), label=f"x_{k}") for k in range(n)]
        return calls(lambda: of_node(maximum(*xs), {x: x.label for x in xs}))

    count(100)  # loads what is loaded on first use
    small, middle, large = map(count, (100, 200, 400))
    assert large - middle < 5 * (middle - small)


def test_counting_paths_takes_no_memory():
    """Of 2ⁿ paths only the counts that are still needed are kept: of numbers of 20,000 bits a few."""
    C, x = large_graphs.ladder(20_000)
    onward = graph.onward(C, x)
    tracemalloc.start()
    try:
        assert graph.count_paths(onward) == 2**20_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100_000


def diamonds(n):
    """n halves added to n others: 2ⁿ paths of 2n factors each."""
    y = x = Value(1.0, label="x")
    for _ in range(n):
        y = y * 0.5 + y * 0.5
    return y, x


def test_the_measurement_by_hand_prints_its_tables(monkeypatch, capsys):
    """``python -m benchmarks.long_runs --quick`` prints a row for each and writes nothing."""
    monkeypatch.setattr(long_runs, "_apart", lambda _, calls: [[f"row {call}"] for call in calls])
    before = long_runs.RESULTS.exists() and long_runs.RESULTS.read_bytes()
    assert long_runs.main(["--quick"]) == 0
    told = capsys.readouterr().out
    for call in [(name, 1000) for name in (*trainings.TRAININGS, *large_graphs.SHAPES)]:
        assert f"| row {call} |" in told
    for call in [(name, n // 1000) for name in large_graphs.BUILT for n in large_graphs.SIZES]:
        assert f"| row {call} |" in told
    assert before == (long_runs.RESULTS.exists() and long_runs.RESULTS.read_bytes())


def test_a_row_of_a_training():
    """Steps, time for each, and what is alive: numbers of the run itself."""
    name, steps_taken, time, objects, growth, *_ = trainings.row("chain 1-1-1-1, eager", shrink=10_000)
    assert (name, steps_taken) == ("chain 1-1-1-1, eager", "100")
    assert abs(int(growth)) <= OTHERS
    assert float(time) > 1
    assert int(objects.replace(",", "")) > 1000
