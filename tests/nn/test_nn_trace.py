"""The account of the chain rule: every factor, product and sum against `nn.equations` and differences."""

import itertools
import json
import math
import random
import re

import pytest
from formula_reader import read_text
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from mpmath import mp
from test_nn_equations_agree import (
    OF_PROBABILITIES,
    agree,
    as_network,
    in_order,
    many,
    random_case,
    random_network,
    random_target,
    seeds,
    shapes,
)

import nn
import nn.equations as eq
from engine import GradientError, gradcheck
from nn import ACTIVATIONS, COSTS, MLP, accounts

activations = st.sampled_from(list(ACTIVATIONS))
costs = st.sampled_from(list(COSTS))


def trace(model, cost, pairs, lr=0.1, **options):
    """The trace of examples that are given as pairs."""
    pairs = list(pairs)
    return nn.trace(model, [x for x, _ in pairs], [y for _, y in pairs], cost, lr=lr, **options)


def product_sum(derivative):
    return sum(math.prod(factor.number for factor in path) for path in derivative.paths)


def derivatives(account):
    """The derivatives of an account: by parameters in their order, and by activations, layer by layer."""
    layers = account.layers[::-1]
    by_parameters = [d for layer in layers for d in layer.parameters]
    return by_parameters, [layer.activations for layer in layers]


@pytest.mark.slow
@pytest.mark.parametrize("cost", COSTS)
@settings(max_examples=6, deadline=None)
@given(seed=seeds, sizes=shapes, activation=activations)
def test_products_summed_over_paths(cost, seed, sizes, activation):
    """Each sum of products is the derivative: backward's, the matrix equations', and a finite difference."""
    model, network, x, y = random_case(seed, sizes, activation, cost, margin=1e-2)
    (account,) = trace(model, cost, [(x, y)]).examples
    by_parameters, by_activations = derivatives(account)

    assert [d.node for d in by_parameters] == list(model.state_dict())
    expected = in_order(eq.gradients(network, cost, x, y))
    agree([product_sum(d) for d in by_parameters], expected)
    agree([d.value for d in by_parameters], expected)

    slopes = eq.activation_gradients(network, cost, x, y)
    assert by_activations[-1] == ()  # no later layer reads the outputs
    for layer, slope in zip(by_activations[:-1], slopes[1:-1], strict=True):
        agree([product_sum(d) for d in layer], slope)
        agree([d.value for d in layer], slope)

    def by_hand(k, h):
        numbers = [p.data for p in model.parameters()]
        numbers[k] += h
        moved = MLP(sizes[0], sizes[1:], **{k: v for k, v in model.architecture().items() if k != "sizes"})
        moved.load_state_dict(dict(zip(moved.state_dict(), numbers, strict=True)))
        return eq.cost_named(cost).value(eq.forward(as_network(moved), x).a[-1], y)

    k = seed % len(by_parameters)
    difference = (by_hand(k, 1e-6) - by_hand(k, -1e-6)) / 2e-6
    size = max(1.0, abs(account.forward.lines[-1].value))
    assert by_parameters[k].value == pytest.approx(difference, rel=1e-4, abs=1e-6 * size)

    for d in by_parameters:
        assert d.verdict in {"ok", "faint"}
        assert d.numeric == pytest.approx(d.value, rel=1e-5, abs=1e-6 * size)
    assert all(d.verdict == "" and d.numeric is None for layer in by_activations for d in layer)


def numbers(account, y):
    """What each name in an account stands for."""
    known = account.inputs | {str(line.name): line.value for line in account.forward.lines}
    targets = {f"y_{j}" if len(y) > 1 else "y": float(t) for j, t in enumerate(y)}
    derivatives = [d for layer in account.layers for d in (*layer.activations, *layer.parameters)]
    return known | targets | {f"∂{account.cost}/∂{d.node}": d.value for d in derivatives}


@pytest.mark.slow
@pytest.mark.parametrize("activation", ACTIVATIONS)
@settings(max_examples=4, deadline=None)
@given(seed=seeds, sizes=shapes, cost=costs)
def test_factors_are_what_they_are_called(activation, seed, sizes, cost):
    """Under the symbols of a factor stands the number that they come to when read and evaluated."""
    model, network, x, y = random_case(seed, sizes, activation, cost)
    (account,) = trace(model, cost, [(x, y)]).examples
    by_parameters, by_activations = derivatives(account)
    known = numbers(account, y) | model.state_dict()
    functions = {"leaky_relu": lambda z: max(z, z / 100), "elu": lambda z: z if z > 0 else mp.expm1(z)}
    outputs = [str(line.name) for line in account.forward.lines[:-1]][-sizes[-1] :]
    if network.activations[-1] == "linear":
        slopes = eq.activation_gradients(network, cost, x, y)[-1]
        known |= {f"∂C_0/∂{name}": slope for name, slope in zip(outputs, slopes, strict=True)}

    told = (*by_parameters, *sum(by_activations, ()))
    factors = [f for d in told for path in d.paths for f in path]
    too_long = [f for f in factors if f.symbols == str(f.derivative) and f.symbols not in known]
    assert all(factor.derivative.of.text == "C_0" for factor in too_long)
    factors = [f for f in factors if f not in too_long]
    values = [float(read_text(factor.symbols, known, functions)) for factor in factors]
    assert values == pytest.approx([factor.number for factor in factors], rel=1e-6, abs=1e-9)
    for d in told:
        for path in d.paths:  # the links fit end to end, from the node to the cost
            ends = [re.fullmatch(r"∂(.+)/∂(.+)", str(factor.derivative)).groups() for factor in path]
            assert ends[0][1] == d.node
            assert ends[-1][0] == "C_0"
            assert all(low[0] == high[1] for low, high in itertools.pairwise(ends))


def test_the_documents_chain():
    """The chain's derivatives are the documents' products: in full for two layers, then by the next one."""
    model = MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    (account,) = trace(model, "squared_error", [([0.5], [1.0])]).examples
    by_parameters, _ = derivatives(account)
    at_output = ["σ′(z^(3))", "2(a^(3) − y)"]
    below = ["σ′(z^(2))", "w^(3)", *at_output]
    lowest = ["σ′(z^(1))", "∂C_0/∂a^(1)"]
    assert {d.node: [factor.symbols for factor in d.paths[0]] for d in by_parameters} == {
        "w^(3)": ["a^(2)", *at_output],
        "b^(3)": ["1", *at_output],
        "w^(2)": ["a^(1)", *below],
        "b^(2)": ["1", *below],
        "w^(1)": ["a^(0)", *lowest],
        "b^(1)": ["1", *lowest],
    }
    assert [[str(f.derivative) for f in d.paths[0]] for d in by_parameters if d.node == "w^(2)"] == [
        ["∂z^(2)/∂w^(2)", "∂a^(2)/∂z^(2)", "∂z^(3)/∂a^(2)", "∂a^(3)/∂z^(3)", "∂C_0/∂a^(3)"]
    ]


def test_the_documents_sum_over_paths():
    """∂C_0/∂a_k^(L−1) = Σ_j w_jk^(L) σ′(z_j^(L)) 2(a_j^(L) − y_j): one path for each j."""
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    (account,) = trace(model, "squared_error", [([0.5, 1.0], [1.0, 0.0])]).examples
    _, (by_hidden, _) = derivatives(account)
    for k, d in enumerate(by_hidden):
        assert [[factor.symbols for factor in path] for path in d.paths] == [
            [f"w_{j}{k}^(2)", f"σ′(z_{j}^(2))", f"2(a_{j}^(2) − y_{j})"] for j in range(2)
        ]


@pytest.mark.parametrize("cost", COSTS)
@settings(max_examples=15, deadline=None)
@given(seed=seeds, n=st.integers(1, 4))
def test_the_forward_pass_means_its_numbers(cost, seed, n):
    """Each formula of the forward pass, read and evaluated, gives its number; so do its numbers alone."""
    last = "sigmoid" if cost in OF_PROBABILITIES else "tanh"
    rng = random.Random(seed)
    model = random_network(rng, [1, n], "linear", last)
    x, y = [rng.uniform(-1, 1)], random_target(rng, cost, n)
    (account,) = trace(model, cost, [(x, y)]).examples
    known = numbers(account, y) | model.state_dict()
    for line in account.forward.lines:
        assert float(read_text(str(line.formula), known)) == pytest.approx(line.value, rel=1e-9, abs=1e-12)
        if "…" not in line.formula.with_numbers():
            roughly = float(read_text(line.formula.with_numbers(), {}))
            assert roughly == pytest.approx(line.value, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("cost", ["squared_error", "log_likelihood", "softmax_cross_entropy"])
@settings(max_examples=settings.default.max_examples // 3)
@given(seed=seeds, sizes=shapes, n=st.integers(1, 5), lr=st.floats(1e-3, 1.0))
def test_average_and_step(cost, seed, sizes, n, lr):
    """∇C is the average over all examples; the step is W ∓ η ∇C, and its promise ∓η |∇C|²."""
    model, *_ = random_case(seed, sizes, "tanh", cost)
    network, xs, ys = many(model, cost, seed, n)
    told = trace(model, cost, zip(xs, ys, strict=True), lr, show=1)
    assert len(told.examples) == 1
    gradient = in_order(eq.averaged_gradients(network, cost, xs, ys))
    agree([c.average for c in told.gradient], gradient)
    for k, (x, y) in enumerate(zip(xs, ys, strict=True)):
        agree([c.by_example[k] for c in told.gradient], in_order(eq.gradients(network, cost, x, y)))
    assert {c.name: c.before for c in told.gradient} == model.state_dict()

    eta = -lr if cost == "log_likelihood" else lr
    slopes = eq.averaged_gradients(network, cost, xs, ys)
    stepped = eq.update_network(network, slopes, eta)
    agree([c.after for c in told.gradient], in_order(eq.Gradients(stepped.weights, stepped.biases)))
    agree(told.step.before, eq.averaged_cost(network, cost, xs, ys))
    assert told.step.after == pytest.approx(eq.averaged_cost(stepped, cost, xs, ys), rel=1e-9, abs=1e-12)
    assert told.step.promised == pytest.approx(-eta * float(gradient @ gradient), rel=1e-12)
    assert (told.step.lr, told.step.maximise) == (lr, cost == "log_likelihood")


def test_a_small_step_keeps_its_promise():
    """For η → 0 the change of C is what the gradient promised."""
    model = random_network(random.Random(2), [2, 3, 1], "tanh", "linear")
    step = trace(model, "squared_error", [([0.5, -1.0], [2.0])], 1e-6).step
    assert step.after - step.before == pytest.approx(step.promised, rel=1e-3)
    assert step.promised < 0


@settings(max_examples=8, deadline=None)
@given(seed=seeds, sizes=shapes, activation=activations, cost=costs)
def test_the_network_is_left_as_it_was(seed, sizes, activation, cost):
    """Numbers to the bit, labels, and cleared gradients."""
    model, _, x, y = random_case(seed, sizes, activation, cost)
    for parameter in model.parameters():
        parameter.grad = 7.0
    before = {name: x.hex() for name, x in model.state_dict().items()}
    trace(model, cost, [(x, y)] * 2, 5.0)
    assert {name: x.hex() for name, x in model.state_dict().items()} == before
    assert [parameter.label for parameter in model.parameters()] == list(before)
    assert not any(parameter.has_grad for parameter in model.parameters())


def test_a_step_to_where_there_is_no_cost():
    """A step out of the cost's domain, or to infinity, is told as that; the network stays as it was."""
    model = MLP(1, [1], output_activation="sigmoid")
    model.load_state_dict({"w^(1)": 1.0, "b^(1)": 0.0})
    examples = [([1.0], [0.0]), ([-1.0], [0.0]), ([40.0], [1.0])]
    out = trace(model, "log_likelihood", examples, 1e6)
    assert out.step.after is None
    assert "has no finite value after it; the gradient predicted +η |∇C|²" in str(out)
    assert "before it, no finite value after it" in out.latex()
    assert model.state_dict() == {"w^(1)": 1.0, "b^(1)": 0.0}

    line = MLP(1, [1], bias=False)
    line.load_state_dict({"w^(1)": 1.0})
    assert trace(line, "squared_error", [([1.0], [0.0])], 1e200).step.after is None
    assert line.state_dict() == {"w^(1)": 1.0}


def test_without_biases():
    """A network without biases has no derivatives by them, and weights' that are right."""
    model = MLP(2, [2, 1], activation="tanh", bias=False, rng=random.Random(1))
    (account,) = trace(model, "squared_error", [([1.0, 2.0], [1.0])]).examples
    by_parameters, (hidden, _) = derivatives(account)
    with_zeros = MLP(2, [2, 1], activation="tanh", rng=random.Random(1))
    expected = dict(
        zip(
            with_zeros.state_dict(),
            in_order(eq.gradients(as_network(with_zeros), "squared_error", [1.0, 2.0], [1.0])),
            strict=True,
        )
    )
    assert {d.node: product_sum(d) for d in by_parameters} == pytest.approx(
        {name: slope for name, slope in expected.items() if name[0] == "w"}, rel=1e-12
    )
    assert [product_sum(d) for d in hidden] == pytest.approx([d.value for d in hidden], rel=1e-12)
    assert "b" not in str(account.forward.lines[0].formula)


def test_kinks_and_edges_are_told():
    """At a kink, and where the cost has values on one side only, there is no finite difference to show."""
    model = MLP(1, [1], activation="relu", output_activation="relu")
    model.load_state_dict({"w^(1)": 1.0, "b^(1)": 0.0})
    at_kink = trace(model, "squared_error", [([0.0], [1.0])])
    assert [d.verdict for d in at_kink.examples[0].layers[0].parameters] == ["ok", "kink"]

    model = MLP(1, [1])
    model.load_state_dict({"w^(1)": 0.0, "b^(1)": 0.0})
    at_edge = trace(model, "log_likelihood", [([1.0], [0.0])])
    assert [(d.numeric, d.verdict) for d in at_edge.examples[0].layers[0].parameters] == [(None, "edge")] * 2
    assert "[no finite difference to confirm it: edge]" in str(at_edge)
    json.dumps(at_edge.to_dict(), allow_nan=False)


@st.composite
def hard_to_print(draw):
    """Networks, costs and examples with long names, many paths, and numbers of every size."""
    sizes = draw(st.lists(st.sampled_from([1, 1, 1, 2, 4, 5, 11]), min_size=2, max_size=6))
    assume(sum(a * b for a, b in itertools.pairwise(sizes)) < 70)
    activation, cost, rng = draw(activations), draw(costs), random.Random(draw(seeds))
    scale = draw(st.sampled_from([1e-200, 1e-9, 1.0, 1e3]))
    model = random_network(rng, sizes, activation, "sigmoid" if cost in OF_PROBABILITIES else "linear")
    for parameter in model.parameters():
        parameter.data *= min(scale, 1.0)
    n = draw(st.integers(1, 6))
    xs = [[rng.uniform(-scale, scale) for _ in range(sizes[0])] for _ in range(n)]
    return model, cost, [(x, random_target(rng, cost, sizes[-1])) for x in xs]


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(case=hard_to_print(), lr=st.sampled_from([0.0, 0.1, 1e-300, 1e9]))
def test_no_line_is_wider_than_100_columns(case, lr):
    """Long sums, long paths, two-digit indices and numbers with exponents are wrapped, not cut."""
    try:
        told = trace(*case, lr, show=1)
    except ValueError:  # saturated: the likelihood has no value
        reject()
    text = str(told)
    assert [line for line in text.split("\n") if len(line) > 80 or line != line.rstrip()] == []
    assert not re.search(r"-\d", text.split("\n", 1)[1])  # a minus sign is −
    names = {
        str(d.node) for layer in told.examples[0].layers for d in (*layer.activations, *layer.parameters)
    }
    assert all(f"\n  ∂C_0/∂{name}" in text for name in names)


def test_a_chain_too_long_for_a_line_has_a_line_for_each_link():
    """Name, symbols and number of each link of a chain of single neurons stand in columns."""
    model = random_network(random.Random(0), [1, 1, 1, 1, 1], "tanh", "tanh")
    text = str(trace(model, "squared_error", [([0.5], [1.0])]))
    start = text.index("  ∂C_0/∂w^(3)\n")
    lines = text[start:].split("\n")[1:7]
    assert [line.split()[:2] for line in lines[:3]] == [
        ["=", "∂z^(3)/∂w^(3)"], ["·", "∂a^(3)/∂z^(3)"], ["·", "∂z^(4)/∂a^(3)"]
    ]  # fmt: skip
    assert {line.index(" = ", 8) for line in lines[:5]} == {lines[0].index(" = ", 8)}
    assert re.fullmatch(r"    = [\d.e−]+    \[finite difference .*: ok\]", lines[5])


def test_a_long_forward_line_is_wrapped():
    """Formula, numbers and value share a line while they fit, else have lines of their own."""
    model = random_network(random.Random(0), [4, 11, 1], "tanh", "linear")
    for parameter in model.parameters():
        parameter.data *= 1e-20
    lines = str(trace(model, "squared_error", [([1e-9, -1e-9, 1.0, 1e-7], [1.0])])).split("\n")
    row = next(k for k, line in enumerate(lines) if line.startswith("  z_10^(1) = "))
    assert lines[row + 1].split()[-3:] == ["a_3^(0)", "+", "b_10^(1)"]
    first, _, last = (line.split()[0] for line in lines[row + 2 : row + 5])
    assert (first, last) == ("=", "=")


def test_where_the_finite_difference_says_otherwise(monkeypatch):
    """A derivative that is not confirmed is told as such, and the others with their differences."""

    def doubting(root, leaves):
        if any(leaf.label == "b^(1)" for leaf in leaves):
            raise GradientError
        return gradcheck(root, leaves)

    monkeypatch.setattr(accounts, "gradcheck", doubting)
    told = trace(MLP(1, [1], rng=random.Random(0)), "squared_error", [([0.5], [1.0])])
    weight, bias = told.examples[0].layers[0].parameters
    assert weight.verdict == "ok"
    assert (bias.numeric, bias.verdict) == (None, "WRONG")
    assert str(told).count("[no finite difference to confirm it: WRONG]") == 1


@settings(max_examples=20, deadline=None)
@given(seed=seeds, sizes=shapes, activation=activations, cost=costs)
def test_to_dict_is_json(seed, sizes, activation, cost):
    """`to_dict` gives what JSON can say, and JSON gives it back: lists for tuples."""
    model, _, x, y = random_case(seed, sizes, activation, cost)
    told = trace(model, cost, [(x, y)]).to_dict()
    again = json.loads(json.dumps(told, allow_nan=False))
    assert [c["name"] for c in again["gradient"]] == list(model.state_dict())
    assert [c["average"] for c in again["gradient"]] == [c["average"] for c in told["gradient"]]
    assert again["examples"][0]["forward"][-1]["value"] == told["step"]["before"]
    assert set(again) == {"network", "examples", "gradient", "step"}


def test_text_of_a_lectures_example():
    """The last layer with a = 0.88 and y = 1, word for word."""
    model = MLP(1, [1], activation="sigmoid", output_activation="sigmoid")
    model.load_state_dict({"w^(1)": 2.0, "b^(1)": -0.00757})
    text = str(trace(model, "squared_error", [([1.0], [1.0])]))
    assert "C_0   = (a^(1) − y)²        = (0.88 − 1)² = 0.0144\n" in text
    assert "∂C_0/∂w^(1) = ∂z^(1)/∂w^(1) · ∂a^(1)/∂z^(1) · ∂C_0/∂a^(1)" in text
    assert re.search(r"= a\^\(0\) +· σ′\(z\^\(1\)\) +· 2\(a\^\(1\) − y\)\n", text)
    assert re.search(r"= 1 +· 0.1056 +· \(−0.24\)\n", text)


def test_examples_side_by_side_while_they_fit():
    """Few examples have a column each in the gradient vector, more only their average."""
    model = random_network(random.Random(0), [1, 1], "tanh", "linear")
    examples = [([0.1 * k], [0.3]) for k in range(30)]
    few, plenty = (str(trace(model, "squared_error", examples[:n], show=0)) for n in (3, 30))
    assert re.search(r"∂C_0 +∂C_1 +∂C_2 +∂C +now +after a step", few)
    assert "the average over n = 30 examples\n" in plenty
    assert re.search(r"\n +∂C +now +after a step\n", plenty)
    assert "Forward pass" not in few


def test_ones_own_activation_and_cost():
    """What a custom activation or cost computes between named nodes is one factor."""

    def twice(z):
        return (z * 2).tanh()

    def cost(a, y):
        return (a - y[0]) ** 2

    model = MLP(1, [1], output_activation=twice, rng=random.Random(0))
    (account,) = trace(model, cost, [([0.5], [1.0])]).examples
    weight, _ = account.layers[0].parameters
    assert [factor.symbols for factor in weight.paths[0]] == ["a^(0)", "2 tanh′(2 z^(1))", "2(a^(1) − 1)"]
    assert weight.verdict == "ok"


REFUSED = {
    "unknown cost": (lambda: trace(MLP(1, [1]), "mape", [([1.0], [1.0])]), "no cost is named 'mape'"),
    "no examples": (lambda: trace(MLP(1, [1]), "squared_error", []), "no examples to account for"),
    "inputs": (lambda: trace(MLP(2, [1]), "hinge", [([1.0], [1.0])]), "expected 2 inputs, got 1"),
    "outputs": (lambda: trace(MLP(1, [1]), "hinge", [([1.0], [1.0, 1.0])]), "got 1 and 2"),
    "infinite": (
        lambda: trace(MLP(1, [1], rng=random.Random(0)), "squared_error", [([1e200], [1.0])]),
        "C_0 is inf, which has no derivatives",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, message):
    """What cannot be accounted for is refused with a reason."""
    with pytest.raises(ValueError, match=message):
        call()


def test_show():
    """`show` says how many examples are told in full; all of them by default."""
    examples = [([0.5], [1.0]), ([1.0], [0.0]), ([2.0], [0.0])]
    model = MLP(1, [1], rng=random.Random(0))
    for show, expected in ((None, 3), (0, 0), (2, 2), (9, 3)):
        assert len(trace(model, "squared_error", examples, show=show).examples) == expected


def test_wide_sums_are_written_with_sigma():
    """More than four terms are a Σ in symbols, and the first and last in numbers."""
    model = random_network(random.Random(0), [6, 11, 6], "tanh", "linear")
    (account,) = trace(model, "squared_error", [([1.0] * 6, [0.0] * 6)]).examples
    lines = {str(line.name): line.formula for line in account.forward.lines}
    assert str(lines["z_0^(1)"]) == "Σ_k w_0k^(1) a_k^(0) + b_0^(1)"
    assert str(lines["z_10^(1)"]) == "Σ_k w_10,k^(1) a_k^(0) + b_10^(1)"
    assert lines["z_0^(1)"].with_numbers().count("·") == 2
    assert " + … 4 more … + " in lines["z_0^(1)"].with_numbers()
    assert str(lines["C_0"]) == "Σ_j (z_j^(2) − y_j)²"
    assert lines["C_0"].with_numbers().count(" − 0)²") == 3


def test_a_tied_weight_is_accounted_for_once():
    """Under its first name, with the derivative over both places: of (w w x − y)², 2 (a − y) 2 w x."""
    chain = MLP(1, [1, 1], activation="linear", bias=False)
    chain.layers[0].neurons[0].w[0].data = 1.5
    chain.layers[1].neurons[0].w = chain.layers[0].neurons[0].w
    told = trace(chain, "squared_error", [([2.0], [1.0])])
    names = [(layer.number, d.node) for layer in told.examples[0].layers for d in layer.parameters]
    assert names == [(1, "w^(1)")]
    (component,) = told.gradient
    (found,) = [d for layer in told.examples[0].layers for d in layer.parameters]
    assert component.average == found.value == pytest.approx(2 * (4.5 - 1) * 2 * 1.5 * 2)
    assert found.verdict == "ok"
    assert [(layer.number, len(layer.activations)) for layer in told.examples[0].layers] == [(2, 0), (1, 1)]


def test_a_notebook_shows_the_trace():
    """Text for a terminal, and Markdown with the same formulas in display style for a notebook."""
    traced = nn.trace(MLP(2, [2, 1], rng=random.Random(0)), [0.5, 1.0], 1.0)
    bundle = traced._repr_mimebundle_()
    assert bundle["text/plain"] == str(traced)
    assert bundle["text/markdown"].count("$$\\begin{aligned}") == traced.latex().count("\\[\\begin{aligned}")
    assert r"**One step of gradient descent, $W \leftarrow W - \eta \nabla C_0$" in bundle["text/markdown"]
    assert rf"\text{{ becomes }} {traced.step.after:.6g}\text{{: it changes by }}" in traced.latex()
    matrices = nn.trace(MLP(2, [2, 1], rng=random.Random(0)), [0.5, 1.0], 1.0, matrix=True)
    assert "bmatrix" in matrices._repr_mimebundle_()["text/markdown"]
    assert matrices.to_dict()["examples"][0]["matrices"]["equations"]
    batch = nn.trace(MLP(2, [2, 1], rng=random.Random(0)), [[0.5, 1.0], [1.0, 0.0]], [1.0, 0.0], matrix=True)
    assert "**Backward pass of $C$, as vectors and matrices**" in batch._repr_mimebundle_()["text/markdown"]


@pytest.mark.parametrize(("options", "error"), [
    ({"wrt": "other"}, r"^wrt names weights and biases, got 'other'; the names are w\^\(1\), b\^\(1\)$"),
    ({"wrt": "w^1"}, r"^wrt names weights and biases, got 'w\^1'; did you mean w\^\(1\)\? the names are "),
    ({"order": "other"}, r"^order must be 'weight first' or 'cost first'"),
])  # fmt: skip
def test_wrong_options_are_refused(options, error):
    """The message says what came and what there is."""
    with pytest.raises(ValueError, match=error):
        nn.trace(MLP(1, [1]), 0.5, 1.0, **options)


def test_an_order_may_be_written_as_on_the_command_line():
    """cost-first is cost first."""
    model = MLP(1, [1, 1], rng=random.Random(0))
    both = [str(nn.trace(model, 0.5, 1.0, order=order)) for order in ("cost first", "cost-first")]
    assert both[0] == both[1] != str(nn.trace(model, 0.5, 1.0))
    with pytest.raises(TypeError, match=r"^order must be 'weight first' or 'cost first'"):
        nn.trace(model, 0.5, 1.0, order=3)


@pytest.mark.parametrize("wrt", ["w_10^(1)", "b_1^(2)", "w_01^(3)", "b_0^(4)"])
def test_what_is_reused_is_derived_above(wrt):
    """With wrt, each ∂C/∂a that goes by its name is the left side of an equation before; no other is."""
    model = MLP(3, [2, 2, 3, 2], activation="tanh", rng=random.Random(0))
    (example,) = nn.trace(model, [0.5, 1.0, -0.2], [1.0, 0.0], wrt=wrt).examples
    known, reused = {}, set()
    for layer in example.layers:
        for d in layer.all:
            for factor in itertools.chain(*d.paths):
                name = str(factor.derivative)
                if name.startswith("∂C_0/") and factor.formula is None:
                    assert factor.number == known[name]
                    reused.add(name)
            known[str(d.equation.derivative)] = d.value
    assert known.keys() - reused == {f"∂C_0/∂{wrt}"}


def test_the_step_of_a_part_is_said_to_be_of_all():
    """∇C lists the components asked for; text and LaTeX say that the step changes the others too."""
    model = MLP(3, [2, 2], activation="tanh", rng=random.Random(0))
    whole, part = (nn.trace(model, [0.5, 1.0, -0.2], [1.0, 0.0], wrt=wrt) for wrt in ((), "w_10^(1)"))
    assert whole.step == part.step
    for told in (str(part), part.latex()):
        assert "1 of 14 components; the step changes all 14" in told
    assert "components" not in str(whole) + whole.latex()


def test_a_trace_at_the_prompt_is_its_text():
    """repr() shows what print() shows."""
    traced = nn.trace(MLP(2, [2, 1], rng=random.Random(0)), [0.5, 1.0], 1.0)
    assert repr(traced) == str(traced)


def test_as_many_outputs_as_examples():
    """Several inputs take as many desired outputs; numbers are several examples of one input."""
    model = MLP(1, [1], rng=random.Random(0))
    with pytest.raises(ValueError, match="expected an output for each example, got 1 for 2"):
        nn.trace(model, [0.5, 1.0], [1.0])
    assert len(nn.trace(model, [0.5, 1.0], [1.0, 0.0]).examples) == 2


def test_errors_of_layers_that_are_not_shown_are_left_out():
    """With wrt, δ goes back as far as the first layer that is shown."""
    model = MLP(1, [1, 1, 1], activation="tanh", rng=random.Random(0))
    (example,) = nn.trace(model, 0.5, 1.0, wrt="w^(2)", delta=True).examples
    assert [[d.node for d in layer.all] for layer in example.layers] == [["z^(3)"], ["z^(2)", "w^(2)"], []]
    assert example.to_dict()["layers"][0]["errors"][0]["node"] == "z^(3)"
