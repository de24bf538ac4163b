"""The tape as a function of JAX arrays: the numbers of the NumPy tape, and what JAX makes of them."""

import functools
import importlib.util
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from extras import need
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from oracle import ORACLE, PARAMETERS, exact
from random_graphs import graphs

import engine
from engine import Value, affine, rules
from engine.graph import topological_order
from engine.readings.arrays import jax_reading
from engine.tape import Tape, in_jax
from nn import MLP, losses

EXAMPLE = Path(__file__).parents[3] / "notebooks" / "data_parallel.py"
DOUBLE, SINGLE = 1e-12, 1e-5


@pytest.fixture
def jax():
    """JAX in double precision, for one test."""
    jax = need("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


def agree(got, expected, few=DOUBLE):
    """Equal but for rounding; the unit of arrays is their largest number, and of small ones 1."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max(initial=0.0) <= few * max(1.0, np.abs(expected).max(initial=0.0))


def numbers(leaves):
    return np.array([leaf.data for leaf in leaves])


def leaves(letter, *data):
    return [Value(x, label=f"{letter}{k}") for k, x in enumerate(data)]


def recorded(sizes, activation="tanh", cost="squared_error", penalty=0.0):
    """The tape of a network's cost of one example, and examples for it: inputs, then desired outputs."""
    network = MLP(sizes[0], sizes[1:], activation=activation, rng=random.Random(1))
    params = network.parameters()
    xs, ys = leaves("x", *[0.0] * sizes[0]), leaves("y", *[1.0] * sizes[-1])
    C = losses.COSTS[cost].function(network(xs), ys)
    if penalty:
        C = C + penalty * engine.total([p * p for p in params])
    dice = np.random.default_rng(2)
    desired = dice.choice([-1.0, 1.0] if cost == "hinge" else [0.0, 1.0], size=(12, sizes[-1]))
    return Tape(C, inputs=[*xs, *ys], params=params), np.hstack([dice.normal(size=(12, sizes[0])), desired])


def gradient_per_example(jax, tape):
    """A function of parameters and examples: the gradient of each example's cost."""
    return jax.vmap(jax.grad(tape.jax()), in_axes=(None, 0))


@pytest.mark.parametrize(
    "arguments",
    [
        ([2, 1], "linear", "hinge"),
        ([2, 16, 16, 1], "relu", "hinge", 1e-2),
        ([3, 5, 4, 2], "sigmoid", "half_squared_error"),
        ([3, 1, 6, 3], "gelu", "softmax_cross_entropy"),
        ([1, 1, 1], "leaky_relu", "binary_cross_entropy_from_logits"),
    ],
    ids=str,
)
def test_cost_and_gradient_of_networks_are_the_tape_s(jax, arguments):
    """Of whatever shape, activation and cost: equal to 1e-12 in double precision, 1e-5 in single."""
    tape, examples = recorded(*arguments)
    params = numbers(tape.params)
    cost, gradient = tape(params, examples)
    of_both = jax.jit(jax.value_and_grad(tape.jax()))
    got = of_both(params, examples)
    assert {x.dtype for x in got} == {np.dtype("float64")}
    agree(got[0], cost)
    agree(got[1], gradient)
    jax.config.update("jax_enable_x64", False)
    got = of_both(params, examples)
    assert {x.dtype for x in got} == {np.dtype("float32")}
    agree(got[0], cost, SINGLE)
    agree(got[1], gradient, SINGLE)


def test_over_is_that_of_the_tape(jax):
    """Average, sum or each; of one example without the leading axis, too; gradients likewise."""
    tape, examples = recorded([2, 4, 1], penalty=0.1)
    params = numbers(tape.params)
    each, gradients = tape(params, examples, over="each")
    agree(tape.jax(over="each")(params, examples), each)
    agree(tape.jax(over="each")(params, examples[3]), each[3])
    agree(gradient_per_example(jax, tape)(params, examples), gradients)
    agree(jax.jacobian(tape.jax(over="each"))(params, examples), gradients)
    for over, size in (("mean", 1), ("sum", 12)):
        cost, gradient = jax.value_and_grad(tape.jax(over=over))(params, examples)
        agree(cost, size * each.mean())
        agree(gradient, size * gradients.mean(axis=0))
        cost, gradient = jax.value_and_grad(tape.jax(over=over))(params, examples[3])
        agree(cost, each[3])
        agree(gradient, gradients[3])


def test_an_unrolled_graph_needs_no_inputs(jax):
    """All examples in one graph, some 2,000 nodes: left out, None or of no width, inputs are none."""
    network = MLP(2, [8, 8, 1], activation="tanh", rng=random.Random(3))
    points = np.random.default_rng(4).normal(size=(60, 2)).tolist()
    C = engine.mean([losses.squared_error(network(point), 1.0) for point in points])
    tape = Tape(C, params=network.parameters())
    params = numbers(tape.params)
    function = tape.jax()
    cost, gradient = tape(params)
    got = jax.value_and_grad(function)(params)
    agree(got[0], cost)
    agree(got[1], gradient)
    assert function(params) == function(params, None) == function(params, []) == function(params, [[], []])


@settings(
    max_examples=5,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # one precision for all of them
    phases=[Phase.reuse, Phase.generate],  # to shrink a graph means to compile it hundreds of times
)
@given(data=st.data())
def test_random_graphs_have_the_tape_s_numbers(jax, data):
    """Whatever the graph, and whichever of its leaves are inputs, parameters or constants."""
    drawn = [data.draw(graphs(max_nodes=8)) for _ in range(3)]
    C = engine.total([root.tanh() for root, _ in drawn])
    known = set(topological_order(C))
    kinds = {leaf: data.draw(st.sampled_from("ipc")) for _, some in drawn for leaf in some}
    inputs, params = ([leaf for leaf, kind in kinds.items() if kind == which] for which in "ip")
    tape = Tape(C, inputs, [leaf for leaf in params if leaf in known])
    p, x = numbers(tape.params), numbers(inputs) + np.array([[0.0], [0.25], [-0.5]])
    cost, gradient = tape(p, x)
    got = jax.value_and_grad(tape.jax())(p, x)
    agree(got[0], cost)
    agree(got[1], gradient)


W, X = leaves("w", *np.linspace(0.1, 0.8, 8)), leaves("x", 0.3, -0.4, 0.9)
HARD = {
    "constants and inputs in one affine": affine(W[0], [W[1], X[0], 2.0, W[2]], [X[1], W[3], X[2], 0.5])
    + affine(W[0], [W[1], X[0], 2.0, W[2]], [X[1], 1.0, X[2], W[5].tanh()]) * W[4],
    "weights that vary": engine.total(
        [
            affine(W[j], [X[0].tanh() * W[2], X[1] * W[3]], [X[2].sin(), W[4] * X[0]]) * W[5 + j]
            for j in (0, 1)
        ]
    ),
    "stacked products": engine.total(
        [
            affine(W[0], [W[1 + j], W[2]], [v, v * v]).tanh() * affine(W[4], [W[5 + j], W[3]], [u, u * v])
            for j, (u, v) in enumerate([(X[0], X[1]), (X[1], X[2])])
        ]
    ),
    "shared inner nodes": (s := (W[0] * W[1]).exp()) * X[0] + s * X[1].sin() + s * s,
    "dots and sums": engine.dot([W[0], X[0]], [W[1] * X[1], W[2]])
    * engine.mean([W[3], X[2], W[4] * X[0]])
    / engine.total([W[5] * W[5], 1.0, X[0] * X[0], W[6]]),
    "ties, and signed zeros": engine.maximum(W[0], W[0] * 1.0, X[0])
    + engine.atan2(W[1] * -0.0, X[0] * X[0] + 1),
}
POINTS = np.random.default_rng(5).normal(size=(8, 3))


def taken(C):
    """The tape of such a graph, of those parameters that it depends on."""
    known = set(topological_order(C))
    return Tape(C, X, [w for w in W if w in known])


def test_awkward_graphs_have_the_tape_s_numbers(jax):
    """What mixes constants, parameters and inputs in one layer or group, in every way that there is."""
    for name, C in HARD.items():
        tape = taken(C)
        p = numbers(tape.params)
        cost, gradient = tape(p, POINTS)
        got = jax.value_and_grad(tape.jax())(p, POINTS)
        try:
            agree(got[0], cost)
            agree(got[1], gradient)
        except AssertionError as error:
            raise AssertionError(name) from error


def test_a_cost_that_does_not_depend_on_the_inputs_is_that_of_each_example(jax):
    """Its average is itself, its sum n times itself; so are the gradients."""
    x, w = Value(1.0), Value(2.0)
    tape = Tape(w * w, inputs=[x], params=[w])
    for over, size in (("mean", 1.0), ("sum", 5.0)):
        cost, gradient = jax.value_and_grad(tape.jax(over=over))(np.array([3.0]), np.zeros((5, 1)))
        assert (cost, gradient.tolist()) == (9.0 * size, [6.0 * size])
    assert tape.jax(over="each")([3.0], np.zeros((5, 1))).tolist() == [9.0] * 5
    assert Tape(w, params=[w]).jax()([4]) == 4.0, "a leaf alone, of a Python int"


def test_jax_transforms_what_the_tape_gives(jax):
    """grad, vmap over examples and parameter sets, jvp, jit again and hessian agree with the tape."""
    tape, examples = recorded([2, 3, 1], penalty=0.1)
    function, p = tape.jax(), numbers(tape.params)
    several = np.stack([p, 2 * p, p - 0.5])
    costs, gradients = zip(*[tape(q, examples) for q in several], strict=True)
    got = jax.jit(jax.vmap(jax.value_and_grad(function), in_axes=(0, None)))(several, examples)
    agree(got[0], costs)
    agree(got[1], np.stack(gradients))
    agree(jax.vmap(function, in_axes=(None, 0))(p, examples), tape(p, examples, over="each")[0])
    direction = np.linspace(-1, 1, len(p))
    cost, slope = jax.jvp(lambda q: function(q, examples), (p,), (direction,))
    agree(cost, costs[0])
    agree(slope, gradients[0] @ direction)
    by_inputs = Tape(tape.C, inputs=tape.params, params=tape.inputs)
    agree(jax.grad(function, argnums=1)(p, examples[0]), by_inputs(examples[0], p)[1])
    h = 1e-5
    rows = [(tape(p + h * e, examples)[1] - tape(p - h * e, examples)[1]) / (2 * h) for e in np.eye(len(p))]
    agree(jax.hessian(function)(p, examples), np.stack(rows), 1e-8)


def test_at_kinks_derivatives_are_the_rules_own(jax):
    """What engine.rules says of kinks holds, backward and forward, where jnp's own derivatives differ.

    Mixed second derivatives are symmetric there: that of the value is the rule's slope again.
    """
    a, b, c, d, e, f, g, z = params = leaves("p", 0, 0, 2, 2, 0, 0, -1, 3)
    top, bottom = engine.maximum(c, d), engine.minimum(c, d)
    kinks = [abs(a), b.relu(), 3 * top, 5 * bottom, engine.hypot(e, f) * z, engine.hard_tanh(g) * z]
    tape = Tape(engine.total(kinks), params=params)
    p = numbers(params)
    wanted = [0, 0, 4, 4, 0, 0, 0, -1]
    assert tape(p)[1].tolist() == wanted
    assert jax.grad(tape.jax())(p).tolist() == wanted
    forward = [jax.jvp(tape.jax(), (p,), (direction,))[1] for direction in np.eye(len(p))]
    assert np.array(forward).tolist() == wanted
    assert jax.grad(lambda v: jax.numpy.hypot(*v))(np.zeros(2)).any(), "jnp's own differs"
    second = np.array(jax.jacfwd(jax.grad(tape.jax()))(p))
    assert second[[6, 7], [7, 6]].tolist() == [0, 0]
    assert second[7].tolist() == [0] * 8


def test_a_constant_s_infinite_slope_is_not_asked_for(jax):
    """ln a with a = σ(800) = 1: the slope in the label is ∞, and neither way of differentiating meets it."""
    w, x, y = leaves("v", 800, 1, 1)
    C = losses.log_likelihood((w * x).sigmoid(), y)
    for inputs in ([x, y], [x], []):
        tape = Tape(C, inputs, params=[w])
        at = np.array([800.0]), np.ones(len(inputs))
        assert tape(*at)[1].tolist() == jax.grad(tape.jax())(*at).tolist() == [0.0]
        assert jax.jvp(lambda p, tape=tape, x=at[1]: tape.jax()(p, x), at[:1], (np.ones(1),))[1] == 0.0


CASES = [(name, parameters) for name in rules.REGISTRY for parameters in PARAMETERS.get(name, [{}])]
MODERATE = (0.31, 0.62, 0.47, 0.55, 0.73, 0.28)  # in the domain of each rule but acosh, and at no kink


def second_derivative(name, point, parameters, direction):
    """That of the function along a line, by mpmath."""
    fixed = {key: mpf(x) for key, x in parameters.items()}

    def along(t):
        return ORACLE[name][0](*(mpf(x) + t * mpf(v) for x, v in zip(point, direction, strict=True)), **fixed)

    return float(mp.diff(along, 0, 2))


def test_every_rule_has_its_first_and_second_derivative(jax):
    """Slopes and, along a line, the second derivative are those of mpmath: all rules in one program."""
    terms, params, blocks = [], [], []
    for name, parameters in CASES:
        point = [x + 1.5 * (name == "acosh") for x in MODERATE[: len(ORACLE[name][1])]]
        own = leaves(name, *point)
        rule = rules.REGISTRY[name].at(**parameters) if parameters else rules.REGISTRY[name]
        blocks.append((name, parameters, point, slice(len(params), len(params) + len(own))))
        terms.append(engine.apply(rule, *own))
        params += own
    tape = Tape(engine.total(terms), params=params)
    p, direction = numbers(params), np.linspace(0.5, 1.5, len(params))
    gradient = jax.grad(tape.jax())
    first, second = jax.jit(lambda p, v: jax.jvp(gradient, (p,), (v,)))(p, direction)
    agree(first, tape(p)[1])
    for name, parameters, point, block in blocks:
        v = direction[block]
        slopes = [float(slope) for slope in exact(name, point, parameters)[1]]
        assert first[block].tolist() == pytest.approx(slopes, rel=1e-12, abs=1e-13), name
        curvature = second_derivative(name, point, parameters, v.tolist())
        assert float(second[block] @ v) == pytest.approx(curvature, rel=1e-10, abs=1e-11), name


def test_what_does_not_fit_is_refused_when_it_is_traced(jax):
    """Wrong shapes, no examples, complex numbers, an unknown ``over``: what came, and what was expected."""
    tape, examples = recorded([2, 1])
    function, p = tape.jax(), numbers(tape.params)
    shape, either = re.escape("(3,), got "), re.escape("(3,) or (examples, 3), got ")
    for params in (p[:2], [p, p], 1.0):
        with pytest.raises(ValueError, match=f"^params must have the shape {shape}" + r"\("):
            jax.jit(function)(params, examples)
    for inputs in (examples[:, :2], examples[None], 1.0, None):
        with pytest.raises(ValueError, match=f"^inputs must have the shape {either}" + r"(\(|none)"):
            jax.grad(function)(p, inputs)
    with pytest.raises(ValueError, match=r"^inputs must have the shape"):
        function(p)
    with pytest.raises(ValueError, match=r"^inputs hold no example; pass at least one"):
        function(p, examples[:0])
    with pytest.raises(TypeError, match=r"^params must be real numbers, got an array of complex128"):
        function(p + 1j, examples)
    with pytest.raises(ValueError, match=r'^over must be "mean", "sum" or "each", got \'median\''):
        tape.jax(over="median")


def test_the_precision_is_jax_s_and_numbers_may_be_ints(jax):
    """Single unless told otherwise, of whatever numbers; a constant too large for it is ∞."""
    w, x = Value(2.0), Value(3.0)
    tape = Tape(w * x * x, inputs=[x], params=[w])
    for params, inputs in (
        ([2], [3]),
        (np.array([2]), np.array([[3], [3]])),
        (np.float32([2]), np.int8([3])),
    ):
        assert tape.jax()(params, inputs) == 18.0
        assert tape.jax()(params, inputs).dtype == np.float64
    jax.config.update("jax_enable_x64", False)
    assert tape.jax()([2], [3]).dtype == np.float32
    assert Tape(w * 1e300, params=[w]).jax()([2]) == math.inf


@pytest.mark.usefixtures("jax")
def test_nan_and_infinities_pass():
    """Nothing can be raised from compiled code: outside a domain numbers are NaN, of that example alone."""
    x = Value(1.0)
    costs = Tape(x.log(), inputs=[x]).jax(over="each")([], [[-1.0], [0.0], [1.0]])
    assert np.isnan(costs[0])
    assert costs[1:].tolist() == [-math.inf, 0.0]


@pytest.mark.usefixtures("jax")
def test_a_tape_of_many_steps_warns():
    """XLA's time to compile grows with the cube of the steps: who asks for many is told at once."""
    v = Value(0.5)
    w = v
    for _ in range(in_jax.SLOW + 1):
        w = w.tanh()
    with pytest.warns(UserWarning, match="has 601 steps; XLA needs minutes") as caught:
        Tape(w, params=[v]).jax()
    assert caught[0].filename == __file__


def test_without_jax_the_error_names_the_extra(monkeypatch):
    """ImportError, and how to install it; the tape itself needs no JAX."""
    x = Value(3.0)
    tape = Tape(x * x, params=[x])
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.setattr(in_jax, "jax_reading", jax_reading.__wrapped__)
    with pytest.raises(
        ImportError, match=r"needs JAX: pip install 'chainrule\[jax\]', or in a clone .* '\.\[jax\]'$"
    ):
        tape.jax()
    assert tape([2.0])[0] == 4.0


def run(*arguments, timeout=900):
    """A Python that can import the tests, with all processes that it starts; none outlives the timeout."""
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, cwd=Path(__file__).parents[3],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 0, f"{out}\n{err}"
    return out


@pytest.mark.parametrize(
    ("spread", "precision"),
    [("--devices", []), ("--devices", ["--double"]), ("--processes", ["--double"])],
    ids=["devices, single", "devices, double", "processes, double"],
)
@pytest.mark.usefixtures("jax")
def test_the_example_trains_on_several_devices_as_on_one(spread, precision):
    """Cost and gradient equal those of a single device to 1e-6 in single and 1e-12 in double precision.

    Every device holds an equal share of the examples, whether they are of one process or of several.
    """
    n, shares = (4, 4) if spread == "--devices" else (2, 1)
    out = run(EXAMPLE, spread, n, *precision)
    assert f"{n // shares} processes, {n} devices, float{64 if precision else 32} (960, 3)" in out
    assert f"process 0 holds {[(960 // n, 3)] * shares}\n" in out
    assert f"the gradient is held whole by {n} devices\n" in out
    costs = [float(cost) for cost in re.findall(r"epoch +\d+: cost (\S+)", out)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 0.1 < costs[0]
    differences = re.findall(r"difference from one device: cost (\S+), gradient (\S+)", out)
    assert len(differences) == 1, "process 0 alone tells"
    assert max(map(float, differences[0])) <= (1e-12 if precision else 1e-6)


@functools.cache
def example():
    spec = importlib.util.spec_from_file_location("data_parallel", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("jax")
@pytest.mark.parametrize(
    ("program", "timeout"), [("raise SystemExit(3)", 600), ("import time; time.sleep(3000)", 0.2)]
)
def test_no_process_of_the_example_waits_for_a_dead_one(program, timeout, capfd):
    """When one fails, or time is up, the others are stopped at once, and that is told."""
    before = time.monotonic()
    commands = [[sys.executable, "-c", code] for code in ("import time; time.sleep(3000)", program)]
    assert example().run_all(commands, timeout) == 1
    assert time.monotonic() - before < 500, "it waited for the one that sleeps"
    assert ("not done after 0.2 seconds" in capfd.readouterr().err) == (timeout < 1)


SHARDED = """
import json
import jax
jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_enable_x64", True)
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from test_tape_jax import HARD, POINTS, engine, np, numbers, taken
tape = taken(engine.total(HARD.values()))
for kind in (AxisType.Auto, AxisType.Explicit):
    mesh = jax.make_mesh((4,), ("examples",), axis_types=(kind,))
    x = jax.device_put(POINTS, NamedSharding(mesh, PartitionSpec("examples")))
    p = jax.device_put(numbers(tape.params), NamedSharding(mesh, PartitionSpec()))
    both = jax.jit(jax.value_and_grad(tape.jax())).lower(p, x).compile()
    each = tape.jax(over="each")(p, x)
    wanted = tape(numbers(tape.params), POINTS)
    words = "all-reduce", "all-gather", "all-to-all", "collective-permute"
    print(json.dumps({
        "off": max(float(np.abs(a - b).max()) for a, b in zip(both(p, x), wanted, strict=True)),
        "travels": [word for word in words if word in both.as_text()],
        "held": [shard.data.shape for shard in each.addressable_shards],
    }))
"""


@pytest.mark.usefixtures("jax")
def test_examples_are_computed_where_they_are():
    """Awkward graphs, on meshes of both kinds: costs stay on their devices, only sums travel."""
    lines = [json.loads(line) for line in run("-c", SHARDED).splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert line["off"] <= DOUBLE
        assert line["travels"] == ["all-reduce"]
        assert line["held"] == [[2]] * 4


def test_an_explicit_mesh_of_one_device(jax):
    """On a mesh with explicit axes the function gives what it gives without one."""
    tape = taken(engine.total(HARD.values()))
    mesh = jax.make_mesh((1,), ("examples",), axis_types=(jax.sharding.AxisType.Explicit,))
    spread = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("examples"))
    x = jax.device_put(POINTS, spread)
    p = numbers(tape.params)
    for over in ("each", "mean"):
        assert np.allclose(np.asarray(tape.jax(over=over)(p, x)), np.asarray(tape.jax(over=over)(p, POINTS)))
