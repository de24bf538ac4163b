"""What threads and tasks may count on: the promise in the documentation of ``engine``, held to."""

import asyncio
import contextlib
import contextvars
import copy
import gc
import math
import pickle
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest
from processes import ROOT

from engine import (
    Value,
    anomaly,
    collector,
    detect_anomaly,
    draw,
    explain,
    forward,
    grad,
    gradcheck,
    steps,
    tree,
    without_collector,
)
from engine.graph import leaves, topological_order
from engine.tape import Tape
from nn import MLP, fit

INF = math.inf


@pytest.fixture(autouse=True)
def _the_collector_stays_as_it_is():
    was_on = gc.isenabled()
    yield
    (gc.enable if was_on else gc.disable)()


@pytest.fixture
def shaken():
    """Threads take turns as often as can be."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def at_once(works):
    """The results of several functions that begin together, each in a thread of its own."""
    begin = threading.Barrier(len(works))

    def run(work):
        begin.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


# --- independent graphs --------------------------------------------------------------------------------


OPERATIONS = (
    lambda x, y: x * y,
    lambda x, y: (x + y) * 0.5,
    lambda x, _: x.tanh(),
    lambda x, _: x**3,
    lambda x, _: x - 0.5,
)


def grown(seed, operations=25):
    """A graph made of what a seed says."""
    dice = random.Random(seed)
    nodes = [Value(dice.uniform(-1, 1)) for _ in range(3)]
    for _ in range(operations):
        x, y = dice.choice(nodes[-6:]), dice.choice(nodes[-6:])
        nodes.append(dice.choice(OPERATIONS)(x, y))
    return sum(nodes[-5:], nodes[0])


def computed(seed):
    """What one thread does with a graph: numbers to the bit, and texts with names made up on the way."""
    C = grown(seed)
    C.backward()
    x = leaves(C)[0]
    told = [C.data, *(node.grad for node in topological_order(C))]
    x.data = 0.25
    C.refresh()
    C.zero_grad()
    told += [str(tree(C)), str(forward(C)), str(explain(C, x, limit=5)), [*map(str, steps(C))]]
    return [*told, x.grad, pickle.loads(pickle.dumps(C)).data, *map(float, Tape(C, params=[x])()[1])]


def trained(seed, *, tape):
    dice = random.Random(seed)
    xs = [[dice.uniform(-1, 1)] for _ in range(6)]
    model = MLP(1, [3, 1], activation="tanh", rng=dice)
    history = fit(model, xs, [x * x for (x,) in xs], epochs=5, batch_size=2, rng=dice, tape=tape)
    return history.costs, model.state_dict(), str(explain(model(xs[0]), model.parameters()[0]))


def drawn(seed):
    return draw(grown(seed)).diagram


@pytest.mark.platform
@pytest.mark.usefixtures("shaken")
@pytest.mark.parametrize(
    "work", [computed, lambda k: trained(k, tape=False), lambda k: trained(k, tape=True), drawn],
    ids=["graphs", "fit", "fit by tape", "draw"],
)  # fmt: skip
def test_independent_graphs_are_independent(work):
    """Threads that each have a graph, or a model, of their own get bits and words as one alone gets."""
    seeds = range(8)
    alone = [work(seed) for seed in seeds]
    assert at_once([lambda seed=seed: [work(seed) for _ in range(2)] for seed in seeds]) == [
        [x, x] for x in alone
    ]


@pytest.mark.usefixtures("shaken")
def test_one_graph_can_be_read_by_many():
    """Explanations, drawings and texts of one graph, made at once: each is right, and the graph unchanged."""
    C = grown(1, operations=200)
    C.backward()
    x = leaves(C)[0]
    works = [
        lambda: str(explain(C, x, limit=1)),
        lambda: draw(C).diagram,
        lambda: str(tree(C)),
        lambda: [node.grad for node in topological_order(C)],
    ]
    expected = [work() for work in works]
    assert at_once([lambda work=work: [work() for _ in range(5)] for work in works]) == [
        [x] * 5 for x in expected
    ]


READERS = {
    "explain": lambda C, x: str(explain(C, x)),
    "draw": lambda C, x: draw(C, highlight=x).diagram,
    "tree": lambda C, _: tree(C),
    "forward": lambda C, _: str(forward(C)),
    "gradcheck": gradcheck,
    "grad": grad,
    "deepcopy": lambda C, _: copy.deepcopy(C),
    "pickle": lambda C, _: pickle.dumps(C),
    "tape": lambda C, x: (Tape(C, params=[x])(), Tape(C, params=[x]).source()),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_reading_changes_nothing_even_for_a_moment(read):
    """Whatever another thread looks at in the middle of it: every number and gradient is the graph's own."""
    C = grown(2)
    C.backward()
    order = topological_order(C)

    def state():
        return [(node.data, node.grad, node.has_grad, node.label, node.local_derivatives) for node in order]

    before, moments = state(), []
    sys.setprofile(lambda *_: moments.append(state() == before))
    try:
        read(C, order[0])
    finally:
        sys.setprofile(None)
    assert len(moments) > 10
    assert all(moments)


# --- detect_anomaly is per context ---------------------------------------------------------------------


def heard():
    """Whether a NaN is told here, forward and backward."""
    told = []
    for work in (lambda: Value(INF) - Value(INF), (Value(0.0).sqrt() * 0.0).backward):
        try:
            work()
        except FloatingPointError:
            told.append(True)
        else:
            told.append(False)
    assert told[0] == told[1]
    return told[0]


def elsewhere(work):
    """What comes of it in a thread with a context of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(contextvars.Context().run, work).result()


def test_a_thread_hears_only_what_it_asked_for():
    """While one watches another hears nothing; when the other watches, leaving that changes nothing here."""

    def watch():
        with detect_anomaly():
            return heard()

    with detect_anomaly():
        assert elsewhere(heard) is False
        assert elsewhere(watch) is True
        assert heard()
    assert not heard()


@pytest.mark.usefixtures("shaken")
def test_threads_that_watch_by_turns():
    """Each of several threads that enter and leave all the time hears just while it is inside."""

    def work():
        for _ in range(50):
            assert not heard()
            with detect_anomaly():
                assert heard()
        return True

    assert all(at_once([work] * 4))
    assert not anomaly.watchers


def test_a_task_hears_only_what_it_asked_for():
    """Two tasks of one thread take turns: the one that watches hears, the other does not."""

    async def watched(turn):
        with detect_anomaly():
            found = []
            for _ in range(3):
                found.append(heard())
                turn.set()
                await asyncio.sleep(0)
            return found

    async def other(turn):
        await turn.wait()
        return [heard() for _ in range(3) if await asyncio.sleep(0) is None]

    async def both():
        turn = asyncio.Event()
        return await asyncio.gather(watched(turn), other(turn))

    assert asyncio.run(both()) == [[True] * 3, [False] * 3]


def test_a_copied_context_watches_until_the_block_ends():
    """What is begun inside a block hears as long as that lasts, whoever else watches then or later."""
    with detect_anomaly():
        with detect_anomaly():
            copied = contextvars.copy_context()
        assert copied.run(heard)
        assert elsewhere(lambda: copied.run(heard))
    assert not copied.run(heard)

    def watch():
        with detect_anomaly():
            return copied.run(heard), heard()

    assert elsewhere(watch) == (False, True)


# --- the collector's switch is the process's -----------------------------------------------------------


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("ends", [*permutations(range(3))], ids=str)
def test_pauses_that_overlap_end_in_any_order(on, ends):
    """The collector stays off until the last one has ended, and is then as it was before the first."""
    (gc.enable if on else gc.disable)()
    pauses = [without_collector() for _ in range(3)]
    for pause in pauses:
        elsewhere(pause.__enter__)
        assert not gc.isenabled()
    for k in ends:
        assert not gc.isenabled()
        elsewhere(lambda k=k: pauses[k].__exit__(None, None, None))
    assert gc.isenabled() is on


def test_a_pause_that_begins_while_another_ends(monkeypatch):
    """Nothing comes between looking at the switch and setting it: else it would stay off for good."""
    gc.enable()
    asked, ended = threading.Event(), threading.Event()

    class Slow:
        enable, disable = gc.enable, gc.disable

        @staticmethod
        def isenabled():
            found = gc.isenabled()
            asked.set()
            ended.wait(0.2)
            return found

    def pause():
        with without_collector():
            pass

    with without_collector():
        monkeypatch.setattr(collector, "gc", Slow)
        other = threading.Thread(target=pause)
        other.start()
        asked.wait()
    ended.set()
    other.join()
    assert gc.isenabled()


@pytest.mark.usefixtures("shaken")
@pytest.mark.parametrize("on", [True, False])
def test_many_pauses_leave_the_switch_as_it_was(on):
    """Eight threads that pause all the time leave the collector as they found it."""
    (gc.enable if on else gc.disable)()

    def work():
        for _ in range(300):
            with without_collector():
                assert not gc.isenabled()

    at_once([work] * 8)
    assert gc.isenabled() is on


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm clock of microseconds")
def test_ctrl_c_at_any_moment_leaves_the_switch_as_it_was():
    """Interrupted before, in or after a pause, the collector is on again when the interrupt is caught."""
    dice = random.Random(0)

    def interrupt(*_):
        raise KeyboardInterrupt

    def until_interrupted():
        signal.setitimer(signal.ITIMER_REAL, dice.uniform(1e-5, 4e-4))
        while True:
            with without_collector():
                pass

    gc.enable()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(500):
            with contextlib.suppress(KeyboardInterrupt):
                until_interrupted()
            assert gc.isenabled()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_an_interrupt_before_the_pause_changes_nothing(monkeypatch):
    """It comes through as it is, and later pauses begin and end as ever."""

    def interrupted():
        raise KeyboardInterrupt

    gc.enable()
    with monkeypatch.context() as patched:
        patched.setattr(gc, "isenabled", interrupted)
        with pytest.raises(KeyboardInterrupt), without_collector():
            pass
    assert gc.isenabled()
    with without_collector():
        assert not gc.isenabled()
    assert gc.isenabled()


# --- what is loaded and kept at first use ---------------------------------------------------------------

FIRST_USE = """
import sys, threading
sys.setswitchinterval(1e-6)
from engine import Value, draw, explain, forward, play, rules_table, tree
def graph():
    w, x, b = Value(0.5, label="w"), Value(2.0, label="x"), Value(0.1, label="b")
    return ((w * x + b).sigmoid() - 1.0) ** 2 + (w * w).sqrt() + x.clip(-1, 1) + x**3, w
def tape():
    from engine.tape import Tape
    C, w = graph()
    return Tape(C, params=[w])(), Tape(C, params=[w]).source()
def training():
    import random
    from nn import MLP, fit
    return fit(MLP(1, [2, 1], rng=random.Random(1)), [[0.0], [1.0]], [0.0, 1.0], epochs=3, tape=True).costs
works = [
    tape, tape, training, training, lambda: str(rules_table()), lambda: explain(*graph()).latex(),
    lambda: draw(graph()[0])._repr_mimebundle_(), lambda: play(graph()[0])._repr_html_(),
    lambda: str(forward(graph()[0])),
]
found = [None] * len(works)
begin = threading.Barrier(len(works))
def run(k):
    if sys.argv[1] == "at once":
        begin.wait()
    found[k] = works[k]()
threads = [threading.Thread(target=run, args=(k,)) for k in range(len(works))]
for thread in threads:
    thread.start()
    if sys.argv[1] != "at once":
        thread.join()
for thread in threads:
    thread.join()
print(found)
"""


@pytest.mark.slow
def test_first_uses_at_once():
    """In a fresh interpreter, threads that load modules and fill caches together get what each gets alone."""
    alone, together = (
        subprocess.run(
            [sys.executable, "-c", FIRST_USE, how], cwd=ROOT, capture_output=True, check=True, text=True
        )
        for how in ("one by one", "at once")
    )
    assert len(alone.stdout) > 10_000
    assert "None" not in {alone.stdout[1:5], alone.stdout[-6:-2]}
    assert together.stdout == alone.stdout
