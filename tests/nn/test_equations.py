"""`nn.equations` against oracles that share none of its formulas.

The oracle writes definitions down naively, neuron by neuron, in mpmath with so many digits that neither
cancellation nor overflow matters, and takes derivatives as difference quotients in these digits.
"""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import nn.equations as eq

DIGITS = 60
STEP = mp.mpf(10) ** -20

DEFINITIONS = {
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: max(z, mp.mpf(0)),
    "leaky_relu": lambda z: max(z, mp.mpf("0.01") * z),
    "elu": lambda z: z if z > 0 else mp.exp(z) - 1,
    "selu": lambda z: (
        mp.mpf("1.0507009873554804934193349852946")
        * (z if z > 0 else mp.mpf("1.6732632423543772848170429916717") * (mp.exp(z) - 1))
    ),
    "gelu": lambda z: z * mp.ncdf(z),
    "gelu_tanh": lambda z: z / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (z + mp.mpf("0.044715") * z**3))),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "mish": lambda z: z * mp.tanh(mp.log(1 + mp.exp(z))),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
    "log_sigmoid": lambda z: -mp.log(1 + mp.exp(-z)),
    "softsign": lambda z: z / (1 + abs(z)),
    "hard_tanh": lambda z: min(max(z, mp.mpf(-1)), mp.mpf(1)),
    "sin": mp.sin,
}


def likelihood(h, y):
    return sum(t * mp.log(p) + (1 - t) * mp.log(1 - p) for p, t in zip(h, y, strict=True))


def through_sigmoid(cost):
    return lambda z, y: cost([DEFINITIONS["sigmoid"](t) for t in z], y)


def softmax_entropy(z, y):
    total = sum(mp.exp(t) for t in z)
    return -sum(t * mp.log(mp.exp(s) / total) for s, t in zip(z, y, strict=True))


COST_DEFINITIONS = {
    "squared_error": lambda a, y: sum((s - t) ** 2 for s, t in zip(a, y, strict=True)),
    "half_squared_error": lambda a, y: sum((t - s) ** 2 for s, t in zip(a, y, strict=True)) / 2,
    "log_likelihood": likelihood,
    "binary_cross_entropy": lambda a, y: -likelihood(a, y),
    "log_likelihood_from_logits": through_sigmoid(likelihood),
    "binary_cross_entropy_from_logits": through_sigmoid(lambda a, y: -likelihood(a, y)),
    "softmax_cross_entropy": softmax_entropy,
    "hinge": lambda a, y: sum(max(mp.mpf(0), 1 - t * s) for s, t in zip(a, y, strict=True)),
}
NEEDS_PROBABILITIES = {"log_likelihood", "binary_cross_entropy"}
BOUNDED = ["sigmoid", "tanh", "softsign", "hard_tanh", "sin"]


def exact(values):
    return [mp.mpf(float(v)) for v in np.ravel(values)]


def difference(f, at, digits=DIGITS):
    """The central difference quotient, in so many digits that it is exact for our purposes."""
    with mp.workdps(digits):
        step = mp.mpf(10) ** (-digits // 3)
        return float((f(mp.mpf(at) + step) - f(mp.mpf(at) - step)) / (2 * step))


def one_sided(f, at, side):
    with mp.workdps(DIGITS):
        return float((f(mp.mpf(at) + side * STEP) - f(mp.mpf(at))) / (side * STEP))


# --- activations ---------------------------------------------------------------------------------


def test_every_activation_has_a_definition_here():
    """The oracle covers exactly the activations and costs that there are."""
    assert DEFINITIONS.keys() == eq.ACTIVATIONS.keys()
    assert COST_DEFINITIONS.keys() == eq.COSTS.keys()


@pytest.mark.parametrize("name", eq.ACTIVATIONS)
@given(z=st.floats(-15, 15).filter(lambda z: abs(z) > 1e-9 and abs(abs(z) - 1) > 1e-9))
@settings(max_examples=60, deadline=None)
def test_activation_is_its_definition_and_slope_its_difference_quotient(name, z):
    """a = f(z) is the textbook definition and f' the limit of its difference quotient, tails included."""
    f, digits = eq.ACTIVATIONS[name], 420
    with mp.workdps(digits):
        value = float(DEFINITIONS[name](mp.mpf(z)))
    assert_allclose(f.value(np.array([z])), [value], rtol=1e-12, atol=0)
    # A slope that passes through zero (gelu near −0.75, cos) has no relative error there.
    passes_zero = 1e-15 if -8 < z < 0 or name == "sin" else 0
    assert_allclose(
        f.slope(np.array([z])), [difference(DEFINITIONS[name], z, digits)], rtol=1e-12, atol=passes_zero
    )


@pytest.mark.parametrize("name", eq.ACTIVATIONS)
def test_activation_keeps_the_shape_and_takes_whole_numbers(name):
    """f and f' are elementwise: any shape, empty ones too, element by element; the input is not touched."""
    f = eq.ACTIVATIONS[name]
    z = np.array([[-2.0, 0.5, 3.0], [0.25, -0.75, 1.5]])
    before = z.copy()
    for read in (f.value, f.slope):
        assert read(z).shape == z.shape
        assert read(np.empty((0, 2))).shape == (0, 2)
        assert_allclose(read(z)[1, 2], read(np.array([1.5]))[0], rtol=1e-15)
        assert_allclose(read(np.array([3])), read(np.array([3.0])))
    assert (z == before).all()
    assert not np.shares_memory(f.value(z), z)


@pytest.mark.parametrize("name", eq.ACTIVATIONS)
@pytest.mark.parametrize("z", [1e3, 1e8, 1e155, 1e300, 1.7e308])
def test_activation_far_out_is_finite_and_reaches_its_asymptote(name, z):
    """No overflow, no NaN, no warning for any float: f and f' end on the straight lines they approach."""
    f = eq.ACTIVATIONS[name]
    far = np.array([-z, z])
    assert np.isfinite(f.value(far)).all()
    assert np.isfinite(f.slope(far)).all()
    grows = {"linear", "relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "mish", "softplus"}
    if name in grows:
        assert f.value(far)[1] == z
        assert f.slope(far)[1] == 1
    if name in {"sigmoid", "tanh", "hard_tanh", "relu", "gelu", "gelu_tanh", "silu", "mish", "softplus"}:
        assert f.slope(far)[0] == 0


@pytest.mark.parametrize(
    ("name", "kink", "side"),
    [
        ("relu", 0, -1),
        ("leaky_relu", 0, -1),
        ("selu", 0, -1),
        ("hard_tanh", -1, -1),
        ("hard_tanh", 1, +1),
        ("elu", 0, -1),
        ("elu", 0, +1),
    ],
)
def test_slope_at_a_kink_is_the_one_sided_slope_of_the_side_that_is_promised(name, kink, side):
    """At a kink f' is the slope of the flat or exponential side; ELU with α = 1 has no kink at all."""
    expected = one_sided(DEFINITIONS[name], kink, side)
    assert_allclose(eq.ACTIVATIONS[name].slope(np.array([float(kink)])), [expected], rtol=1e-14, atol=1e-14)
    assert_allclose(
        eq.ACTIVATIONS[name].value(np.array([float(kink)])), [float(DEFINITIONS[name](mp.mpf(kink)))]
    )


# --- costs ---------------------------------------------------------------------------------------


def outputs_and_targets(name, rng, size):
    """Random outputs and targets that suit the cost, away from the kink of the hinge."""
    if name == "hinge":
        return rng.normal(size=size) * 3, rng.choice([-1.0, 1.0], size)
    if name == "softmax_cross_entropy":
        return rng.normal(size=size) * 3, rng.dirichlet(np.ones(size))
    if name in NEEDS_PROBABILITIES:
        return rng.uniform(0.001, 0.999, size), rng.uniform(size=size)
    if name.endswith("_from_logits"):
        return rng.normal(size=size) * 3, rng.uniform(size=size)
    return rng.normal(size=size), rng.normal(size=size)


@pytest.mark.parametrize("name", eq.COSTS)
@given(size=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_cost_is_its_definition_and_slope_its_difference_quotient(name, size, seed):
    """C is its definition, and ∂C/∂a_j the difference quotient in a_j."""
    a, y = outputs_and_targets(name, np.random.default_rng(seed), size)
    cost = eq.COSTS[name]
    with mp.workdps(DIGITS):
        targets = exact(y)
        assert_allclose(
            cost.value(a, y), float(COST_DEFINITIONS[name](exact(a), targets)), rtol=1e-12, atol=1e-14
        )

        def along(j):
            return lambda t: COST_DEFINITIONS[name]([*exact(a[:j]), t, *exact(a[j + 1 :])], targets)

        quotients = [difference(along(j), a[j]) for j in range(size)]
    assert_allclose(cost.slope(a, y), quotients, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["log_likelihood_from_logits", "softmax_cross_entropy"])
@pytest.mark.parametrize("z", [[40.0, -40.0], [-40.0, 40.0], [90.0, 1.0]])
@pytest.mark.parametrize("y", [[1.0, 0.0], [0.0, 1.0]])
def test_confident_logits_keep_their_relative_accuracy(name, z, y):
    """Of an output that is all but certain, the little that is left is still right in all its digits."""
    with mp.workdps(150):
        expected = float(COST_DEFINITIONS[name](exact(z), exact(y)))
        quotients = [
            difference(lambda t: COST_DEFINITIONS[name]([t, mp.mpf(z[1])], exact(y)), z[0], 150),
            difference(lambda t: COST_DEFINITIONS[name]([mp.mpf(z[0]), t], exact(y)), z[1], 150),
        ]
    assert_allclose(eq.COSTS[name].value(z, y), expected, rtol=1e-13)
    assert_allclose(eq.COSTS[name].slope(z, y), quotients, rtol=1e-13)


@pytest.mark.parametrize(
    "name", ["log_likelihood_from_logits", "binary_cross_entropy_from_logits", "softmax_cross_entropy"]
)
@pytest.mark.parametrize("z", [1e3, 1e300])
def test_huge_logits_give_finite_costs_and_slopes(name, z):
    """From logits nothing overflows: being wrong by z costs |z|, and the slope is ±1."""
    cost = eq.COSTS[name]
    assert abs(cost.value([-z, 0.0], [1.0, 0.0])) == pytest.approx(z, rel=1e-3)
    assert abs(cost.slope([-z, 0.0], [1.0, 0.0])[0]) == 1
    assert cost.slope([z, 0.0], [1.0, 0.0])[0] == 0


@pytest.mark.parametrize(("name", "sign"), [("log_likelihood", 1), ("binary_cross_entropy", -1)])
def test_zero_times_log_zero_is_zero(name, sign):
    """An output that is certain and right has C = 0, and a slope as of the side that it can be left to."""
    cost = eq.COSTS[name]
    assert cost.value([1.0, 0.0], [1.0, 0.0]) == 0
    left = [one_sided(lambda h: sign * mp.log(h), 1, -1), one_sided(lambda h: sign * mp.log(1 - h), 0, 1)]
    assert_allclose(cost.slope([1.0, 0.0], [1.0, 0.0]), left, rtol=1e-14)


@pytest.mark.parametrize(
    ("h", "y"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.5), (1.0, 0.5), (-0.1, 0.0), (1.1, 1.0), (1e-320, 1.0)]
)
def test_log_likelihood_refuses_what_has_no_logarithm_and_points_to_the_logits(h, y):
    """Outside of ln's domain: a ValueError with numbers and advice, not an infinity."""
    for read in (eq.COSTS["log_likelihood"].value, eq.COSTS["binary_cross_entropy"].slope):
        with pytest.raises(ValueError, match=rf"h = \[{h}\] with y = \[{y}\].*_from_logits"):
            read([h], [y])


def test_hinge_is_flat_at_its_kink():
    """At ya = 1 the hinge takes the slope of its flat side, 0."""
    assert eq.COSTS["hinge"].slope([1.0, -1.0], [1.0, -1.0]).tolist() == [0, 0]


@pytest.mark.parametrize("name", eq.COSTS)
def test_cost_refuses_shapes_that_do_not_fit(name):
    """Output and target have one number per node each, and at least one."""
    for a, y in [([0.5, 0.5], [1.0]), ([[0.5]], [[1.0]]), (0.5, 1.0), ([], [])]:
        with pytest.raises(ValueError, match=r"(a|y) has shape .*, expected \(\d,\): pass"):
            eq.COSTS[name].value(a, y)
        with pytest.raises(ValueError, match="pass one number per neuron"):
            eq.COSTS[name].slope(a, y)


def test_unknown_names_are_told_the_names_there_are():
    """A name that is not in the table: what came and what there is."""
    with pytest.raises(ValueError, match="no activation named 'sigmoyd': pass one of linear, sigmoid, tanh"):
        eq.activation_named("sigmoyd")
    with pytest.raises(ValueError, match="no cost named 'mse': pass one of squared_error"):
        eq.cost_named("mse")


# --- networks ------------------------------------------------------------------------------------


def random_network(rng, sizes, cost, hidden=None):
    weights = [rng.uniform(-1, 1, (j, k)) for k, j in pairwise(sizes)]
    biases = [rng.uniform(-1, 1, j) for j in sizes[1:]]
    # Near 0 and 1 the logarithm of a rounded probability is badly conditioned: that is what logits are for.
    names = BOUNDED if cost in NEEDS_PROBABILITIES else list(eq.ACTIVATIONS)
    activations = [hidden or str(rng.choice(names)) for _ in biases]
    if cost in NEEDS_PROBABILITIES:
        activations[-1] = "sigmoid"
    return eq.Network(weights, biases, activations)


def random_examples(rng, network, cost, count):
    pairs = [outputs_and_targets(cost, rng, network.sizes[-1]) for _ in range(count)]
    return rng.normal(size=(count, network.sizes[0])), np.array([y for _, y in pairs])


def oracle_cost(network, cost, x, y, flat, *, nudge=None):
    """C of one example from flat w^1, b^1, …, w^L, b^L; `nudge` = (l, j, by) adds to z_j of layer l + 1."""
    numbers = iter(flat)
    a = list(x)
    for layer, (size, name) in enumerate(zip(network.sizes[1:], network.activations, strict=True)):
        rows = [([next(numbers) for _ in a], next(numbers)) for _ in range(size)]
        z = [sum((s * t for s, t in zip(row, a, strict=True)), bias) for row, bias in rows]
        if nudge and nudge[0] == layer:
            z[nudge[1]] += nudge[2]
        a = [DEFINITIONS[name](t) for t in z]
    return COST_DEFINITIONS[cost](a, y)


def flat_parameters(network):
    return exact(eq.gradient_vector(eq.Gradients(tuple(network.weights), tuple(network.biases))))


def oracle_gradient(network, cost, xs, ys):
    """Difference quotients of Σ_p C_p by every parameter, in the order of `gradient_vector`."""
    with mp.workdps(DIGITS):
        flat, rows = flat_parameters(network), [(exact(x), exact(y)) for x, y in zip(xs, ys, strict=True)]

        def total(numbers):
            return sum(oracle_cost(network, cost, x, y, numbers) for x, y in rows)

        return [
            difference(lambda t, i=i: total([*flat[:i], t, *flat[i + 1 :]]), flat[i])
            for i in range(len(flat))
        ]


def oracle_errors(network, cost, x, y):
    """Difference quotients of C by every z_j^l: a list of lists, layer by layer."""
    with mp.workdps(DIGITS):
        x, y, flat = exact(x), exact(y), flat_parameters(network)

        def nudged(layer, j):
            return lambda by: oracle_cost(network, cost, x, y, flat, nudge=(layer, j, by))

        return [
            [difference(nudged(layer, j), 0) for j in range(size)]
            for layer, size in enumerate(network.sizes[1:])
        ]


def oracle_input_slopes(network, cost, x, y):
    """Difference quotients of C by every x_k."""
    with mp.workdps(DIGITS):
        x, y, flat = exact(x), exact(y), flat_parameters(network)

        def along(k):
            return lambda t: oracle_cost(network, cost, [*x[:k], t, *x[k + 1 :]], y, flat)

        return [difference(along(k), x[k]) for k in range(len(x))]


def close(actual, expected):
    """Equal to 1e-12 of the largest component, or of 1: a sum of paths may cancel, in any arithmetic."""
    scale = max(1.0, float(np.max(np.abs(expected))))
    assert_allclose(actual, expected, rtol=0, atol=1e-12 * scale)


def close_gradients(actual, expected):
    for ours, theirs in zip(actual, expected, strict=True):
        for part, other in zip(ours, theirs, strict=True):
            assert part.shape == other.shape
            close(part, other)


shapes = st.lists(st.integers(1, 3), min_size=2, max_size=4)
seeds = st.integers(0, 2**32 - 1)
costs = st.sampled_from(list(eq.COSTS))
splitting_costs = st.sampled_from([name for name, cost in eq.COSTS.items() if cost.splits])
few = settings(max_examples=25, deadline=None)


@given(sizes=shapes, cost=costs, seed=seeds)
@settings(max_examples=80, deadline=None)
def test_gradients_are_the_difference_quotients_of_the_cost(sizes, cost, seed):
    """∂C/∂w^l and ∂C/∂b^l of random networks of every activation and cost, one example."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, cost)
    xs, ys = random_examples(rng, network, cost, 1)
    slopes = eq.gradients(network, cost, xs[0], ys[0])
    assert [w.shape for w in slopes.weights] == [w.shape for w in network.weights]
    assert [b.shape for b in slopes.biases] == [b.shape for b in network.biases]
    close(eq.gradient_vector(slopes), oracle_gradient(network, cost, xs, ys))


@given(sizes=shapes, cost=costs, seed=seeds)
@few
def test_errors_and_activation_gradients_are_difference_quotients(sizes, cost, seed):
    """δ_j^l = ∂C/∂z_j^l is what C does when z_j^l is nudged; ∂C/∂a^0 likewise; ∂C/∂a^L is the slope of C."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, cost)
    (x,), (y,) = random_examples(rng, network, cost, 1)
    for delta, nudges in zip(eq.errors(network, cost, x, y), oracle_errors(network, cost, x, y), strict=True):
        close(delta, nudges)
    slopes = eq.activation_gradients(network, cost, x, y)
    close(slopes[0], oracle_input_slopes(network, cost, x, y))
    assert [len(slope) for slope in slopes] == list(network.sizes)
    assert_allclose(slopes[-1], eq.COSTS[cost].slope(eq.forward(network, x).a[-1], y))


@given(sizes=shapes, cost=costs, seed=seeds)
@few
def test_the_activation_gradient_leads_to_the_error(sizes, cost, seed):
    """δ^l = ∂C/∂a^l ⊙ f'(z^l) in every layer: both ways of walking back agree."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, cost)
    (x,), (y,) = random_examples(rng, network, cost, 1)
    z = eq.forward(network, x).z
    slopes = eq.activation_gradients(network, cost, x, y)[1:]
    for delta, slope, name, z_l in zip(
        eq.errors(network, cost, x, y), slopes, network.activations, z, strict=True
    ):
        quotients = [difference(DEFINITIONS[name], t) for t in z_l]
        assert_allclose(delta, slope * quotients, rtol=1e-11, atol=1e-14)


@given(sizes=shapes, cost=costs, count=st.integers(1, 4), seed=seeds)
@few
def test_cost_and_gradients_over_examples(sizes, cost, count, seed):
    """The gradient of Σ_p C_p is the difference quotient of that sum, and the average is a P-th of both."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, cost)
    xs, ys = random_examples(rng, network, cost, count)
    with mp.workdps(DIGITS):
        flat = flat_parameters(network)
        total = sum(oracle_cost(network, cost, exact(x), exact(y), flat) for x, y in zip(xs, ys, strict=True))
    quotients = np.array(oracle_gradient(network, cost, xs, ys))
    close(eq.summed_cost(network, cost, xs, ys), float(total))
    close(eq.averaged_cost(network, cost, xs.tolist(), ys.tolist()), float(total / count))
    close(eq.gradient_vector(eq.summed_gradients(network, cost, xs, ys)), quotients)
    close(eq.gradient_vector(eq.averaged_gradients(network, cost, xs.tolist(), ys)), quotients / count)


@given(sizes=shapes, seed=seeds)
@few
def test_forward_is_affine_map_and_activation_neuron_by_neuron(sizes, seed):
    """z_j^l = Σ_k w_jk a_k + b_j and a_j^l = f(z_j^l); a^0 is the input; nothing that came is changed."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, "squared_error")
    x = rng.normal(size=sizes[0])
    run = eq.forward(network, x)
    assert (run.a[0] == x).all()
    with mp.workdps(DIGITS):
        for layer, z in enumerate(run.z):
            before = exact(run.a[layer])
            for j, row in enumerate(network.weights[layer]):
                expected = mp.fdot(exact(row), before) + mp.mpf(float(network.biases[layer][j]))
                close(z[j], float(expected))
                f = DEFINITIONS[network.activations[layer]]
                assert_allclose(run.a[layer + 1][j], float(f(mp.mpf(z[j]))), rtol=1e-13)


@given(sizes=shapes, cost=costs, count=st.integers(1, 3), seed=seeds)
@few
def test_bias_as_weight_is_the_same_network(sizes, cost, count, seed):
    """With x_0 = 1 and b = w_0: same z, same a, same gradients, with the bias's in column 0."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, cost)
    xs, ys = random_examples(rng, network, cost, count)
    names = network.activations
    augmented = [eq.fold(w, b) for w, b in zip(network.weights, network.biases, strict=True)]
    for folded, weight, bias in zip(augmented, network.weights, network.biases, strict=True):
        again = eq.unfold(folded)
        assert (again[0] == weight).all()
        assert (again[1] == bias).all()
    ours, theirs = eq.folded_forward(augmented, names, xs[0]), eq.forward(network, xs[0])
    close_gradients(ours, theirs)
    one = eq.folded_gradients(augmented, names, cost, xs[0], ys[0])
    close_gradients(zip(*map(eq.unfold, one), strict=True), eq.gradients(network, cost, xs[0], ys[0]))
    summed = eq.folded_summed_gradients(augmented, names, cost, xs, ys)
    apart = eq.Gradients(*zip(*map(eq.unfold, summed), strict=True))
    close(eq.gradient_vector(apart), oracle_gradient(network, cost, xs, ys))


# --- the general case ----------------------------------------------------------------------------


@given(sizes=shapes, cost=splitting_costs, seed=seeds)
@few
def test_node_errors_are_difference_quotients_of_one_output_nodes_cost(sizes, cost, seed):
    """Row n of ∂c_n/∂z^l is what the cost of output node n alone does; the rows add up to δ^l (4)–(10)."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, cost)
    (x,), (y,) = random_examples(rng, network, cost, 1)
    rows = eq.node_errors(network, cost, x, y)
    for n in range(sizes[-1]):
        only = slice(n, n + 1)
        alone = eq.Network(
            [*network.weights[:-1], network.weights[-1][only]],
            [*network.biases[:-1], network.biases[-1][only]],
            network.activations,
        )
        *hidden, output = oracle_errors(alone, cost, x, y[only])
        for row, nudges in zip(rows[:-1], hidden, strict=True):
            close(row[n], nudges)
        close(rows[-1][n], output[0] * np.eye(sizes[-1])[n])
    for row, delta in zip(rows, eq.errors(network, cost, x, y), strict=True):
        close(row.sum(axis=0), delta)


@given(sizes=shapes, cost=splitting_costs, count=st.integers(1, 3), seed=seeds)
@few
def test_general_gradients_are_difference_quotients_of_the_double_sum(sizes, cost, count, seed):
    """∂C/∂w of C = Σ_p Σ_n c_n^p, equations (2), (3) and (9)."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, cost)
    xs, ys = random_examples(rng, network, cost, count)
    slopes = eq.general_gradients(network, cost, xs, ys)
    close(eq.gradient_vector(slopes), oracle_gradient(network, cost, xs, ys))


@given(width=st.integers(1, 4), name=st.sampled_from(list(eq.ACTIVATIONS)), seed=seeds)
@few
def test_one_output_error_is_the_hidden_error_without_a_sum(width, name, seed):
    """Equation (11): with one output node, the layer below gets f'(z) w ∂c/∂z."""
    rng = np.random.default_rng(seed)
    row, z, delta = rng.normal(size=(1, width)), rng.normal(size=width), float(rng.normal())
    nudges = [delta * row[0, j] * difference(DEFINITIONS[name], z[j]) for j in range(width)]
    assert_allclose(eq.one_output_error(row, delta, name, z), nudges, rtol=1e-12, atol=1e-14)
    assert_allclose(eq.hidden_error(row, [delta], name, z), nudges, rtol=1e-12, atol=1e-14)


@given(size=st.integers(1, 4), seed=seeds)
@few
def test_sigmoid_and_log_likelihood_leave_y_minus_h(size, seed):
    """“It can be checked”: ∂/∂z [y ln σ(z) + (1 − y) ln(1 − σ(z))] = y − h, equations (12) and (13)."""
    rng = np.random.default_rng(seed)
    z, y = rng.normal(size=size), rng.integers(0, 2, size).astype(float)
    h = eq.ACTIVATIONS["sigmoid"].value(z)
    quotients = [
        difference(lambda t, j=j: through_sigmoid(likelihood)([t], [mp.mpf(y[j])]), z[j]) for j in range(size)
    ]
    assert_allclose(eq.sigmoid_likelihood_error(y, h), quotients, rtol=1e-12)
    assert_allclose(eq.output_error("log_likelihood", "sigmoid", z, y), quotients, rtol=1e-12)
    assert_allclose(eq.output_error("log_likelihood_from_logits", "linear", z, y), quotients, rtol=1e-12)


@given(sizes=shapes, count=st.integers(1, 3), seed=seeds)
@few
def test_sigmoid_likelihood_gradients_are_difference_quotients(sizes, count, seed):
    """Equation (13) at every depth: the log-likelihood of a network of sigmoids."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, "log_likelihood", hidden="sigmoid")
    xs, ys = random_examples(rng, network, "log_likelihood", count)
    slopes = eq.sigmoid_likelihood_gradients(network.weights, network.biases, xs, ys)
    close(eq.gradient_vector(slopes), oracle_gradient(network, "log_likelihood", xs, ys))


@given(sizes=st.tuples(*[st.integers(1, 3)] * 3), cost=costs, count=st.integers(1, 3), seed=seeds)
@few
def test_two_layer_gradients_are_difference_quotients(sizes, cost, count, seed):
    """Equation (14): one hidden layer, all examples at once."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, cost)
    xs, ys = random_examples(rng, network, cost, count)
    slopes = eq.two_layer_gradients(network, cost, xs, ys)
    close(eq.gradient_vector(slopes), oracle_gradient(network, cost, xs, ys))


@given(count=st.integers(1, 5), seed=seeds)
@few
def test_two_two_one_gradients_are_difference_quotients(count, seed):
    """Equation (15), for any number of examples."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, (2, 2, 1), "log_likelihood", hidden="sigmoid")
    xs, ys = random_examples(rng, network, "log_likelihood", count)
    slopes = eq.two_two_one_gradients(network.weights, network.biases, xs, ys)
    close(eq.gradient_vector(slopes), oracle_gradient(network, "log_likelihood", xs, ys))


# --- the lecture and the update rule -------------------------------------------------------------


@given(sizes=shapes, count=st.integers(1, 3), rate=st.floats(0.01, 2), seed=seeds)
@few
def test_an_epoch_of_the_lecture_is_gradient_descent_on_half_the_summed_squares(sizes, count, rate, seed):
    """Adding up Δw = η o_i o_j (1 − o_j) β_j is W − η ∇ ½ Σ (d − o)², bias included."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, "half_squared_error", hidden="sigmoid")
    xs, ds = random_examples(rng, network, "half_squared_error", count)
    augmented = [eq.fold(w, b) for w, b in zip(network.weights, network.biases, strict=True)]
    before = [w.copy() for w in augmented]
    after = [eq.unfold(w) for w in eq.epoch(augmented, xs, ds, rate)]
    slopes = np.array(oracle_gradient(network, "half_squared_error", xs, ds))
    expected = np.array([float(t) for t in flat_parameters(network)]) - rate * slopes
    close(eq.gradient_vector(eq.Gradients(*zip(*after, strict=True))), expected)
    assert all((w == old).all() for w, old in zip(augmented, before, strict=True))


@given(sizes=shapes, seed=seeds)
@few
def test_beta_is_minus_the_activation_gradient(sizes, seed):
    """β_j = −∂C/∂o_j for C = ½ Σ (d − o)²."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, sizes, "half_squared_error", hidden="sigmoid")
    (x,), (d,) = random_examples(rng, network, "half_squared_error", 1)
    augmented = [eq.fold(w, b) for w, b in zip(network.weights, network.biases, strict=True)]
    outputs = eq.folded_forward(augmented, network.activations, x).a
    slopes = eq.activation_gradients(network, "half_squared_error", x, d)[1:]
    for beta, slope in zip(eq.betas(augmented, outputs, d), slopes, strict=True):
        close(beta, -slope)


def test_the_lecture_learns_xor():
    """Repeated until the error is small: the algorithm learns what no single layer can."""
    rng = np.random.default_rng(1)
    weights = [rng.uniform(-1, 1, (4, 3)), rng.uniform(-1, 1, (1, 5))]
    xs, ds = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    for _ in range(3000):
        weights = eq.epoch(weights, xs, ds, learning_rate=1.0)
    o = [eq.folded_forward(weights, ["sigmoid"] * 2, x).a[-1] for x in xs]
    assert_allclose(o, ds, atol=0.1)


def test_update_network_steps_every_parameter_and_lowers_the_cost():
    """W − η ∇L is a step downhill, and the network that came is left as it was."""
    rng = np.random.default_rng(0)
    network = random_network(rng, (3, 4, 2), "squared_error", hidden="tanh")
    xs, ys = random_examples(rng, network, "squared_error", 5)
    slopes = eq.averaged_gradients(network, "squared_error", xs, ys)
    before = eq.averaged_cost(network, "squared_error", xs, ys)
    stepped = eq.update_network(network, slopes, learning_rate=1e-4)
    # To first order the cost falls by η |∇L|².
    fall = before - eq.averaged_cost(stepped, "squared_error", xs, ys)
    assert fall == pytest.approx(1e-4 * float(np.sum(eq.gradient_vector(slopes) ** 2)), rel=0.02)
    assert eq.averaged_cost(network, "squared_error", xs, ys) == before
