"""The compiled core: its text is what the rules say, and what it does is what Python does, to the last bit.

The tests of its numbers run where it is installed (``.ci/compiled`` does that); so do all others.
"""

import copy
import gc
import os
import pickle
import random
import subprocess
import sys
import tracemalloc
import weakref
from importlib import import_module

import pytest
from processes import ROOT

import engine
import nn
from engine import Value, apply, rules
from engine.source.c import of_rule

FAST = ROOT / "fast"
in_c = pytest.mark.skipif(not engine.compiled, reason="chainrule_fast is not installed: .ci/compiled runs it")


def run(program, *, pure, arguments=(), given=b""):
    """What a program prints: with the core, or in Python alone."""
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT), *sys.path])
    done = subprocess.run(
        [sys.executable, *(["-c", program] if "\n" in program else [program]), *map(str, arguments)],
        env=os.environ
        | {"PYTHONPATH": paths, "CHAINRULE_PURE": "1" if pure else "", "PYTHONIOENCODING": "utf-8"},
        input=given,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


@pytest.mark.skipif(not FAST.is_dir(), reason="not a checkout")
def test_the_committed_text_is_what_the_generator_writes(tmp_path):
    """``fast/core.c`` belongs to these rules: if it does not, run ``python fast/generate.py``."""
    run(str(FAST / "generate.py"), pure=True, arguments=[tmp_path / "core.c"])
    text = (tmp_path / "core.c").read_text(encoding="utf-8")
    same = text == (FAST / "core.c").read_text(encoding="utf-8")
    assert same, "fast/core.c was written from other rules: python fast/generate.py writes it again"
    for rule in rules.REGISTRY.values():
        if not rule.variadic and len(rule.operands) < 3 and not rule.home:
            assert of_rule(rule, rule.operands) in text


@in_c
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("what", ["points", "graphs", "training"])
def test_the_bits_are_those_of_python(what, seed):
    """Numbers, slopes, gradients, pickles, and errors by type and text: the lines of both are the same."""
    texts = [
        run(str(ROOT / "tests" / "bits.py"), pure=pure, arguments=[what, seed]) for pure in (True, False)
    ]
    ours, theirs = (text.decode().splitlines() for text in texts)
    assert len(ours) > 1000
    assert [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]] == []


GRAPH = """
from engine import *
import pickle, sys
x = Value(0.5, label="x")
y = (affine(x, [x, x], [x, x]) * x).tanh()
y.backward()
"""


@in_c
@pytest.mark.parametrize("pure", [False, True])
def test_a_pickle_of_one_is_read_by_the_other(pure):
    """Python's pickles are read in C and the other way round: graph, gradients, labels, and it goes on."""
    written = run(f"{GRAPH}sys.stdout.buffer.write(pickle.dumps(y))", pure=pure)
    program = (
        "import pickle, sys\ny = pickle.loads(sys.stdin.buffer.read())\nx = y.parents[0].parents[1]\n"
        "before = x.grad\ny.backward()\nprint(y, x, x.grad == 2 * before, y.parents[0].parents[0].rule.name)"
    )
    read = run(program, pure=not pure, given=written).decode()
    assert read == run(program, pure=pure, given=written).decode()
    assert read.endswith("True affine\n")
    assert "label='x'" in read


@in_c
def test_a_node_is_small_and_not_collected():
    """A Value, and what is computed from it, take 88 bytes that the garbage collector does not know."""
    x = Value(0.5)
    for node in (x, x * x, x.tanh(), 2 * x, engine.affine(x, [x], [x]), engine.softmax([x, x])[0], x**2):
        assert not gc.is_tracked(node)
    assert x.__sizeof__() == 88  # getsizeof adds a header that only instances of subclasses have


@pytest.mark.parametrize(("pure", "most"), [(True, 220), pytest.param(False, 100, marks=in_c)])
def test_the_benchmark_sees_the_memory_of_a_node(pure, most):
    """By both of its figures, an operation takes what its node's object says, and hardly more."""
    program = """if True:
        from benchmarks.memory import bytes_per_node
        from engine import Value
        print((Value(2.0) * 3.0).__sizeof__(), *bytes_per_node("chainrule", 20_000).values())"""
    size, *figures = map(float, run(program, pure=pure).split())
    assert figures
    for figure in figures:
        assert size <= figure <= most


@in_c
def test_copies_are_collected_as_what_they_are_copies_of():
    """A copy of a Value is not tracked either; one of what a subclass, or a hand, has made, is."""

    class Free(Value):
        pass

    x = Value(0.5, label="x")
    plain = (x * 2).tanh() + engine.softmax([x, x**2])[0]
    freed = Value(2.0) * Free(1.0)
    by_hand = Value(1.0, (x, plain), "own")
    for copied in (copy.copy, copy.deepcopy, lambda root: pickle.loads(pickle.dumps(root))):
        for root in (x, plain):
            twins = engine.graph.topological_order(copied(root))
            assert not any(map(gc.is_tracked, twins))
        assert gc.is_tracked(copied(by_hand))
    for copied in (copy.copy, copy.deepcopy):
        assert gc.is_tracked(copied(freed))
    assert not gc.is_tracked(copy.deepcopy([plain, x])[0])


def _held_by_a_rule(holder):
    @engine.operation
    def held(_, x):
        return 0 * holder.data + x, (1.0,)

    holder.held = held(Value(1.0))
    return holder


@in_c
def test_what_could_be_in_a_cycle_is_collected():
    """Subclasses with attributes or slots, what is computed from them, rules that hold a node."""

    class Free(Value):
        pass

    class Slotted(Value):
        __slots__ = ("__weakref__", "held")

    gc.collect()
    for kind in (Free, Slotted):
        x = kind(1.0)
        x.held = (x * 2).tanh()
        gone = weakref.ref(x)
        x = None
        gc.collect()
        assert gone() is None

        x = kind(1.0)
        x.held = copy.deepcopy(Value(2.0) * x)  # a Value that was computed from one of them
        assert type(x.held) is Value
        gone = weakref.ref(x)
        x.held.parents[1].held = x
        x = None
        gc.collect()
        assert gone() is None

    gone = weakref.ref(_held_by_a_rule(Free(1.0)))
    del rules.REGISTRY["held"]
    engine.node.compiled.cache_clear()
    gc.collect()
    assert gone() is None


def living():
    """How many nodes there are in the core's own memory."""
    return import_module("chainrule_fast.core").living()


@in_c
def test_memory_of_nodes_is_used_again_and_given_back():
    """Nodes that die make room for others; of a large graph's memory, 16 MiB stay."""
    gc.collect()
    before = living()
    nodes = [Value(float(k)) for k in range(300_000)]
    assert living() == before + 300_000
    del nodes[::2]
    kept = [node.data for node in nodes]
    nodes += [-node for node in nodes]
    assert [node.data for node in nodes] == kept + [-x for x in kept]
    assert living() == before + 300_000
    tracemalloc.start()
    try:
        large = [Value(0.0) for _ in range(600_000)]  # 50 MiB: two times 16 may have been there, or stay
        most, _ = tracemalloc.get_traced_memory()
        del large
        assert most - tracemalloc.get_traced_memory()[0] > 15 * 2**20
    finally:
        tracemalloc.stop()
    del nodes
    assert living() == before


@in_c
def test_nothing_is_leaked():
    """Building, sweeping, refreshing, copying, pickling, and all kinds of errors give back what they took."""

    def once():
        x, y = Value(0.5, label="x"), Value(-2.0)
        z = engine.affine(x, [y, x, 2.0], [x, x, y]) + x**2 + x.elu(1.5) + engine.softmax([x, y, x])[0] / y
        z.backward()
        z.refresh()
        z.zero_grad()
        copy.deepcopy(z).backward()
        pickle.loads(pickle.dumps(z)).backward()
        made = Value(1.0, (x, y), "own")
        for fails in (
            y.log,
            lambda: x / 0,
            lambda: x + "1",
            lambda: y**0.5,
            made.backward,
            lambda: Value("1"),
        ):
            with pytest.raises((TypeError, ValueError, ZeroDivisionError)):
                fails()
        made.local_derivatives = (1, 2)
        made.backward()
        (made * x).backward()
        engine.graph.topological_order(z, made)
        z._by_first, z._second, z._first = 1, None, None
        with engine.detect_anomaly(), pytest.raises(FloatingPointError):
            Value(float("inf")) - Value(float("inf"))

    def blocks():
        gc.collect()
        return sys.getallocatedblocks() + living()

    grown = []
    for _ in range(7):
        before = blocks()
        for _ in range(50):
            once()
        grown.append(blocks() - before)
    assert min(grown) < 40  # Python's own caches grow now and then; a leak does in each round


@in_c
def test_long_chains_are_freed_without_recursion():
    """A million nodes in a row, of Values and of a subclass."""

    class Free(Value):
        pass

    for kind, count in ((Value, 1_000_000), (Free, 100_000)):
        x = kind(1.0)
        for _ in range(count):
            x = x + 1.0
        x.backward()
        del x


@in_c
def test_local_derivatives_that_are_no_floats():
    """Ints stay ints; what multiplies in its own way does; a refusal leaves gradients as they were."""

    class Doubling(float):
        def __mul__(self, other):
            return 2 * float(self) * other

    x, y = Value(3.0), Value(1.0)
    slopes = (1, 2)
    node = apply(rules.mul, x, y)
    node._link((x, y), slopes)
    assert node.local_derivatives == slopes
    assert [type(slope) for slope in node.local_derivatives] == [int, int]
    (node * 2.0).backward()
    assert (x.grad, y.grad) == (2.0, 4.0)
    node._by_second = Doubling(5.0)
    assert node._by_first == 1
    node.backward()
    assert (x.grad, y.grad) == (3.0, 14.0)
    own = Value(1.0, (x, y), "own")
    with pytest.raises(ValueError, match="local derivatives"):
        (own + node).backward()
    assert (x.grad, y.grad, own.has_grad, node.has_grad) == (3.0, 14.0, False, False)


@in_c
def test_a_layer_is_its_neurons(monkeypatch):
    """A layer in C asks a neuron of another class, or one whose methods were changed; errors are Python's."""
    rng = random.Random(1)
    plain = nn.Layer(2, 3, activation="tanh", rng=rng)
    assert [a.label for a in plain([1.0, 2.0])] == ["a_0", "a_1", "a_2"]
    assert [a.parents[0].label for a in plain([1.0, 2.0])] == ["z_0", "z_1", "z_2"]

    class Doubled(nn.Neuron):
        def activate(self, z):
            return 2 * super().activate(z)

    expected = plain.neurons[1]([1.0, 2.0]).data
    plain.neurons[1].__class__ = Doubled
    assert plain([1.0, 2.0])[1].data == 2 * expected
    plain.neurons[1].w = [1.0, 2.0]
    assert plain([1.0, 2.0])[1].data == 2 * engine.tanh(5.0)
    plain.neurons[0].w = []
    with pytest.raises(ValueError, match="affine pairs ws with xs"):
        plain([1.0, 2.0])
    bare = nn.Layer(1, 2, activation=lambda z: z.data, bias=False)
    with pytest.raises(TypeError, match="an activation must give a Value"):
        bare(1.0)
    monkeypatch.setattr(nn.Neuron, "activate", lambda _, z: z)
    assert [z.label for z in nn.Layer(1, 2)([Value(3.0)])] == ["z_0", "z_1"]


@in_c
def test_parents_are_values():
    """What only looks like a Value is refused in C, and that is said."""

    class Like:
        local_derivatives = ()

    with pytest.raises(TypeError, match=r"parents must be Values, got .* in the compiled core"):
        Value(1.0, (Like(),), "own")


@in_c
def test_sub_interpreters_are_refused():
    """The core serves the main interpreter; in another one the import fails, and says what to do."""
    module = "_xxsubinterpreters" if sys.version_info < (3, 13) else "_interpreters"
    program = f"""
import {module} as interpreters, os
import engine.value
PROGRAM = "import sys; sys.path[:] = {sys.path!r}; import engine.value"
try:
    failed = interpreters.run_string(interpreters.create(), PROGRAM)
    print(failed and failed.msg)
except Exception as error:
    print(error)
"""
    said = run(program, pure=False).decode()
    assert "serves the main interpreter" in said or "does not support loading in subinterpreters" in said


@in_c
def test_modules_can_be_loaded_again():
    """As a notebook's autoreload does: the nodes that there are go on."""
    program = (
        "import importlib, engine.functions\nx = engine.Value(2.0)\ny = x * x\n"
        "for name in ('core', 'node', 'backward', 'value', 'functions'):\n"
        "    importlib.reload(getattr(engine, name))\n"
        "z = (y + engine.value.Value(1.0)).tanh() / 0.5\nz.backward()\n"
        "print(engine.value.Value is type(z), x.grad)\n"
    )
    assert run(program, pure=False).startswith(b"True 0.00")


@in_c
def test_modulus_and_missing_arguments_are_refused():
    """pow with a modulus, and methods with too many arguments, raise TypeError as in Python."""
    x = Value(2.0)
    for fails in (
        lambda: pow(x, 2, 3),
        lambda: x.tanh(1),
        x.clip,
        lambda: x.elu(1, 2),
        lambda: x.clip(*range(12)),
    ):
        with pytest.raises(TypeError):
            fails()
    assert x.elu(alpha=2.0).data == 2.0
    assert x.clip(lo=None, hi=1).data == 1.0
    with pytest.raises(ValueError, match="lo=2"):
        x.clip(2, 1)


@in_c
def test_docs_are_those_of_python():
    """``help`` says the same."""
    program = (
        "from inspect import getdoc\nfrom engine import Value\n"
        "for name in ('tanh', 'atan2', 'data', 'draw'):\n    print(getdoc(getattr(Value, name)))\n"
        "print(getdoc(Value))"
    )
    assert run(program, pure=True) == run(program, pure=False)
