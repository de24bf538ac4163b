"""The five texts' central formulas, each made by `explain` or `trace` in the text's own form and order."""

import random
import re

import pytest

import nn
from engine import Value, affine, explain, forward, mean, total
from engine.chain import explanations
from engine.graph import topological_order
from engine.labels import names
from nn import MLP, losses

SIGMOID = {"activation": "sigmoid", "output_activation": "sigmoid"}


def chain(**options):
    """The 1-1-1-1 chain with biases that are not 0, and its cost C_0."""
    model = MLP(1, [1, 1, 1], **SIGMOID, rng=random.Random(3), **options)
    for parameter in model.parameters():
        parameter.data += 0.25
    C = losses.squared_error(model(0.5), 1.0)
    C.label = "C_0"
    return model, C


def wide(cost=losses.squared_error, sizes=(3, 3, 2), **options):
    model = MLP(sizes[0], sizes[1:], **SIGMOID, rng=random.Random(4), **options)
    C = cost(model([0.5, -1.0, 0.25][: sizes[0]]), [1.0, 0.0][: sizes[-1]])
    C.label = "C_0"
    return model, C


def squeezed(lines):
    """The symbols of an equation on one line, with single spaces."""
    return re.sub(r"\s+", " ", str(lines)).strip()


def latex(text):
    return re.sub(r"\s+", " ", text.replace("&", "").replace(r"\\", ""))


def frac(of, by):
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


def parameter(model, name):
    return dict(model.named_parameters())[name]


def three_examples():
    """A network, and its costs C_0, C_1, C_2."""
    model, _ = wide()
    costs = [losses.squared_error(model([x, 0.0, 1.0]), [1.0, 0.0]) for x in (0.5, 0.2, -1.0)]
    for k, cost in enumerate(costs):
        cost.label = f"C_{k}"
    return model, costs


def node(C, label):
    return next(x for x in topological_order(C) if x.label == label)


# --- Backpropagation calculus --------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "first"), [("w", "a^{(L-1)}"), ("b", "1"), ("a", "w^{(L)}")])
def test_calculus_three_factors(by, first):
    """∂C_0/∂w^(L) = ∂z/∂w ∂a/∂z ∂C_0/∂a = a^(L−1) σ′(z^(L)) 2(a^(L) − y); so by b^(L) and by a^(L−1)."""
    model, C = chain()
    w = node(C, "a^(2)") if by == "a" else parameter(model, f"{by}^(3)")
    name = "a^{(L-1)}" if by == "a" else f"{by}^{{(L)}}"
    factors = [frac("z^{(L)}", name), frac("a^{(L)}", "z^{(L)}"), frac("C_0", "a^{(L)}")]
    told = latex(explain(C, w, layers="L").latex())
    assert f"{frac('C_0', name)} = {' '.join(factors)}" in told
    assert rf"= {first} \sigma'(z^{{(L)}}) 2(a^{{(L)}} - y)" in told


def test_calculus_sum_over_paths():
    """∂C_0/∂a_k^(L−1) = Σ_j ∂z_j/∂a_k ∂a_j/∂z_j ∂C_0/∂a_j, in the order of j."""
    _, C = wide()
    told = explain(C, node(C, "a_1^(1)"), layers="L")
    terms = [f"∂z_{j}^(L)/∂a_1^(L−1) · ∂a_{j}^(L)/∂z_{j}^(L) · ∂C_0/∂a_{j}^(L)" for j in range(2)]
    assert squeezed(told).startswith(f"∂C_0/∂a_1^(L−1) = {' + '.join(terms)} = ")


def test_calculus_average_and_gradient_vector():
    """∂C/∂w = 1/n Σ_k ∂C_k/∂w; ∇C is w^(1), b^(1), …, w^(L), b^(L)."""
    model, _ = chain()
    C = mean([losses.squared_error(model(x), 1.0) for x in (0.5, 0.2)])
    told = latex(explain(C, parameter(model, "w^(3)"), layers="L").latex())
    by = "w^{(L)}"
    assert rf"{frac('C', by)} = \frac{{1}}{{n}} \sum_{{k=0}}^{{n-1}} {frac('C_k', by)}" in told
    gradient = nn.trace(model, [[0.5], [0.2]], [[1.0], [1.0]], layers="L").gradient
    assert [str(c.shown) for c in gradient] == [
        "w^(L−2)", "b^(L−2)", "w^(L−1)", "b^(L−1)", "w^(L)", "b^(L)"
    ]  # fmt: skip


@pytest.mark.parametrize("combined", [mean, total])
def test_the_nodes_of_an_example_bear_its_number(combined):
    """Below C_0, C_1, … a node is z[k] if only C_k depends on it, as the paths from it show."""
    model, costs = three_examples()
    C = combined(costs)
    C.label = "C"
    found = names(C)
    for k, cost in enumerate(costs):
        below = {node for node in topological_order(cost) if node.label} - {cost}
        shared = {
            node
            for node in below
            for other in costs
            if other is not cost and node in topological_order(other)
        }
        assert shared == set(model.parameters())
        assert {found[node] for node in shared} == set(model.state_dict())
        assert {found[node] for node in below - shared} == {f"{node.label}[{k}]" for node in below - shared}
    told = str(explain(C, parameter(model, "w_00^(1)")).nested())
    assert "∂C_1/∂a_0^(2)[1]" in told.replace(" ", "")
    assert "z_0^(1)[3]" not in told


def test_other_nodes_of_one_label_are_numbered_from_2():
    """Terms that are no examples, and a label that an example has twice, are numbered as anywhere."""
    x, y = Value(1.0, label="x"), Value(2.0, label="x")
    assert list(names(total([x.exp(), y.exp()]), variables=False).values())[:3] == ["x", "v_1", "x[2]"]
    again = Value(3.0, label="x")
    doubled = mean([x * y, again.exp()])
    assert {names(doubled, variables=False)[leaf] for leaf in (x, y, again)} == {"x", "x[2]", "x[3]"}


# --- Derivation of backpropagation equations in the general case ---------------------------------------


def test_general_case_from_the_cost():
    """(4) ∂c/∂w = ∂c/∂z ∂z/∂w; (5) ∂z/∂w_0 = 1; (6) ∂z/∂w = a; nodes counted from 1, w from its layer."""
    model, C = wide()
    weight, bias = (
        squeezed(
            explain(C, parameter(model, name), order="cost first", notation="from-to").nested(delta=True)
        )
        for name in ("w_01^(2)", "b_0^(2)")
    )
    by_z = "∂C_0/∂z_1^2"
    assert weight.startswith(f"∂C_0/∂w_21^1 = {by_z} · ∂z_1^2/∂w_21^1 = {by_z} · a_2^1 = ")
    assert bias.startswith(f"∂C_0/∂w_01^1 = {by_z} · ∂z_1^2/∂w_01^1 = {by_z} · 1 = ")


def test_general_case_errors():
    """(9) ∂c/∂z^(l) = f′(z) Σ w ∂c/∂z^(l+1), with f′ before the sum; Σ over nodes counted from 1."""
    model, C = wide()
    form = explain(C, parameter(model, "b_0^(1)"), notation="from-to").nested(delta=True)
    told = squeezed(form)
    by = ["∂C_0/∂z_1^2", "∂C_0/∂z_2^2"]
    assert f"∂a_1^1/∂z_1^1 · (∂z_1^2/∂a_1^1 · {by[0]} + ∂z_2^2/∂a_1^1 · {by[1]})" in told
    assert f"= σ′(z_1^1) · (w_11^1 · {by[0]} + w_12^1 · {by[1]})" in told
    assert r"&= \sigma'(z_1^{1}) \left(w_{11}^{1} \frac{\partial C_0}{\partial z_1^{2}} + " in form.latex()
    model = MLP(1, [1, 6], **SIGMOID, rng=random.Random(0))
    C = losses.squared_error(model(0.5), [0.0] * 6)
    C.label = "C_0"
    (_, it, *_) = explain(C, parameter(model, "b^(1)"), notation="from-to").nested(delta=True).equations
    assert "= σ′(z_1^1) · (Σ_j w_1j^1 · ∂C_0/∂z_j^2)" in squeezed(it)
    assert r"\left(\sum_{j=1}^{6} w_{1j}^{1} \frac{\partial C_0}{\partial z_j^{2}}\right)" in it.latex()


def test_general_case_log_likelihood():
    """∂c/∂z^L = y − h, which is called d."""
    model, C = wide(losses.log_likelihood, (2, 2, 1))
    told = explain(C, parameter(model, "b^(2)"), order="cost first", notation="from-to").nested(delta=True)
    assert str(told.equations[1].short) == "y_1 − h_1"
    assert "= y_1 − h_1\n" in str(told)
    assert told.equations[1].value == pytest.approx(1.0 - node(C, "a^(2)").data)
    assert told.equations[1].short.with_numbers().startswith("1 − 0.")


def test_general_case_sum_of_costs():
    """(3) ∂C/∂w = Σ_p ∂c^p/∂w: the sum over examples, not their average."""
    model, costs = three_examples()
    C = total(costs)
    C.label = "C"
    w = parameter(model, "w_00^(1)")
    told = explain(C, w)
    assert str(told).splitlines()[0] == "∂C/∂w_00^(1) = Σ_k ∂C_k/∂w_00^(1), the sum over n = 3 examples"
    assert r"= \sum_{k=0}^{n-1} \frac{\partial C_k}" in told.latex()
    shares = [share.share for share in told.average.shares]
    assert shares == pytest.approx([explain(cost, w).value for cost in costs])
    assert explain(total([costs[0], costs[2]]), w).average is None  # 0, 2 is no series


# --- Chapter 2: Backpropagation ------------------------------------------------------------------------


def test_chapter_2():
    """δ_j^L = ∂C/∂a_j^L σ′(z_j^L); δ_j^l = (Σ_k w_kj δ_k^(l+1)) σ′(z_j^l); both in matrix form."""
    model, C = wide(losses.half_squared_error)
    C.label = "C"
    bias = parameter(model, "b_0^(1)")
    told = squeezed(explain(C, bias, order="cost first", notation="w_jk^l").nested(delta=True))
    assert "δ_0^2 = ∂C/∂a_0^2 · ∂a_0^2/∂z_0^2 = (a_0^2 − y_0) · σ′(z_0^2)" in told
    assert "= (δ_0^2 · w_00^2 + δ_1^2 · w_10^2) · σ′(z_0^1)" in told
    last, hidden, by_bias = explain(C, bias, notation="w_jk^l", layers="L").matrix().equations
    assert last.latex == r"\delta^{L} = \nabla_a C \odot \sigma'(z^{L})"
    assert hidden.latex == r"\delta^{L-1} = ((w^{L})^T \delta^{L}) \odot \sigma'(z^{L-1})"
    assert by_bias.text == "∂C/∂b^(L−1) = δ^(L−1)"
    z = Value(0.5, label="z")
    assert "σ(z)(1 − σ(z))" in str(explain(z.sigmoid(), z, prime=False))


# --- Lecture 3: Multilayer Perceptron ------------------------------------------------------------------


def test_lecture_3():
    """∂C_0/∂w_12^(L) = (∂C_0/∂a_1)(∂a_1/∂z_1)(∂z_1/∂w_12) = [2(a_1 − y_1)] [g′(z_1)] [a_2]; no bias."""
    model, C = wide(bias=False)
    told = squeezed(explain(C, parameter(model, "w_12^(2)"), order="cost first", layers="L"))
    assert told.startswith(
        "∂C_0/∂w_12^(L) = ∂C_0/∂a_1^(L) · ∂a_1^(L)/∂z_1^(L) · ∂z_1^(L)/∂w_12^(L) "
        "= 2(a_1^(L) − y_1) · σ′(z_1^(L)) · a_2^(L−1) = "
    )
    hidden = explain(C, parameter(model, "w_22^(1)"), order="cost first", layers="L").nested()
    assert [str(factor.derivative) for factor in hidden.equations[0].terms[0]] == [
        "∂C_0/∂a_2^(L−1)", "∂a_2^(L−1)/∂z_2^(L−1)", "∂z_2^(L−1)/∂w_22^(L−1)"
    ]  # fmt: skip


def test_lecture_3_an_activation_for_each_layer():
    """g^(l) is the activation of layer l."""
    model = MLP(2, [3, 2, 1], activation=["tanh", "relu", "sigmoid"])
    assert model.activations == ["tanh", "relu", "sigmoid"]
    assert [repr(layer.neurons[0]) for layer in model.layers] == [
        "TanhNeuron(2)", "ReLUNeuron(3)", "SigmoidNeuron(2)"
    ]  # fmt: skip


# --- Neural Networks (2) -------------------------------------------------------------------------------


def test_neural_networks_the_two_forms():
    """∂C/∂w^(L−1): five factors, and the same as three by ∂C/∂a^(L−1)."""
    model, C = chain()
    told = explain(C, parameter(model, "w^(2)"), layers="L")
    (path,) = told.paths
    assert [str(factor.derivative) for factor in path.factors] == [
        "∂z^(L−1)/∂w^(L−1)", "∂a^(L−1)/∂z^(L−1)", "∂z^(L)/∂a^(L−1)", "∂a^(L)/∂z^(L)", "∂C_0/∂a^(L)"
    ]  # fmt: skip
    first, second = told.nested().equations
    assert squeezed(first).startswith(
        "∂C_0/∂w^(L−1) = ∂z^(L−1)/∂w^(L−1) · ∂a^(L−1)/∂z^(L−1) · ∂C_0/∂a^(L−1) = "
    )
    assert squeezed(second).startswith(
        "∂C_0/∂a^(L−1) = ∂z^(L)/∂a^(L−1) · ∂a^(L)/∂z^(L) · ∂C_0/∂a^(L) = w^(L) · σ′(z^(L)) · 2(a^(L) − y) = "
    )


def test_a_chain_of_100_layers_takes_300_factors_by_reuse():
    """The second form is linear in the depth: three factors for each weight."""
    model = MLP(1, [1] * 30, **SIGMOID, rng=random.Random(0))
    C = losses.squared_error(model(0.5), 1.0)
    told = explain(C, model.parameters()[0]).nested()
    assert len(told.equations) == 30
    assert all(len(it.terms[0]) == 3 for it in told.equations)


# --- the same from hand-made graphs --------------------------------------------------------------------


def by_operators(rng):
    """A 2-2-1 network of * and +, as one writes it in JAX, with its leaves labelled only."""
    x = [Value(v, label=f"x_{k}") for k, v in enumerate((0.5, -1.0))]
    w = [[Value(rng.uniform(-1, 1), label=f"w_{j}{k}") for k in range(2)] for j in range(2)]
    b, v = ([Value(rng.uniform(-1, 1), label=f"{c}_{j}") for j in range(2)] for c in "bv")
    y = Value(1.0, label="y")
    hidden = [
        (sum(p * q for p, q in zip(row, x, strict=True)) + c).tanh() for row, c in zip(w, b, strict=True)
    ]
    out = sum(p * q for p, q in zip(v, hidden, strict=True)).sigmoid()
    return (out - y) ** 2, w[0][1]


def test_operators_explain_as_well_as_affine():
    """∂z/∂w · ∂a/∂z · ∂z/∂a · ∂a/∂z · ∂C/∂a: no factor is 1, and errors δ are found."""
    C, w = by_operators(random.Random(0))
    told = explain(C, w, names=False)
    symbols = [factor.symbols for factor in told.paths[0].factors]
    assert symbols[0] == "x_1"
    assert symbols[2] == "v_0"
    assert symbols[1].startswith("tanh′(v_")
    assert symbols[3].startswith("σ′(v_")
    assert re.fullmatch(r"2\(v_\d+ − y\)", symbols[4])
    assert len(told.nested(delta=True).equations) == 3
    assert told.value == pytest.approx(explain(C, w, through="all", names=False).paths[0].product)


def test_all_between_two_names_is_one_factor():
    """Softmax by hand: ∂p_0/∂z_1 = −p_0 p_1, whatever lies between."""
    zs = [Value(0.3 * k, label=f"z_{k}") for k in range(3)]
    es = [z.exp() for z in zs]
    ps = [e / sum(es) for e in es]
    for k, p in enumerate(ps):
        p.label = f"p_{k}"
    C = -ps[0].log()
    C.label = "C"
    told = explain(C, zs[1], names=False)
    assert [path.nodes for path in told.paths] == [("z_1", "p_0", "C")]
    assert told.value == pytest.approx(ps[1].data)
    assert told.paths[0].factors[0].number == pytest.approx(-ps[0].data * ps[1].data)


def test_softmax_with_cross_entropy_is_p_minus_y():
    """∂C/∂z_j = p_j − y_j, and a line says what p is; other sums of y keep the long form."""
    zs = [Value(0.3 * k, label=f"z_{k}") for k in range(3)]
    C = losses.softmax_cross_entropy(zs, [0.0, 1.0, 0.0])
    told = explain(C, zs[1])
    assert "p_1 − y_1" in str(told)
    assert str(told).endswith("the desired\n    outputs sum to 1")
    assert "p_1 - y_1" in told.latex()
    assert r"p_j \text{ is the share of softmax: } e^{z_j} \text{ over" in told.latex()
    assert "p_j" not in str(forward(C))  # where no p_j stands
    apart = Value(1.0, label="x")
    assert "p_j" not in str(explain(C, apart))
    shared = losses.softmax_cross_entropy([apart * z for z in zs for _ in range(2)], [1.0] + [0.0] * 5)
    assert "the sum over 6 paths" in str(explain(shared, apart, through="all"))
    assert "p_j" not in str(explain(shared, apart, through="all"))
    assert "p_1" not in str(explain(losses.softmax_cross_entropy(zs, [0.5, 1.0, 0.0]), zs[1]))


def test_many_explanations_at_once_have_the_manner_of_one():
    """`explanations` takes the options of `explain`."""
    model, C = chain()
    w = parameter(model, "w^(1)")
    (told,) = explanations(C, [w], order="cost first", layers="L", terms="size")
    assert str(told) == str(explain(C, w, order="cost first", layers="L", terms="size"))


@pytest.mark.parametrize("choice", ["through", "order", "terms", "notation", "layers"])
@pytest.mark.parametrize(("given", "error"), [("other", ValueError), (1, TypeError)])
def test_choices_are_refused(choice, given, error):
    """The message names the choices."""
    x = Value(1.0, label="x")
    with pytest.raises(error, match=rf"^{choice} must be '.*' or '.*', got .*; choose one of them$"):
        explain(x.exp(), x, **{choice: given})


# --- what is left out, and what is not -----------------------------------------------------------------


def test_what_is_too_long_for_one_factor_stays_apart():
    """Thirteen functions one within the other are two factors between two names, of which none is lost."""
    x = y = Value(0.5, label="x")
    for _ in range(15):
        y = y.sin()
    y.label = "h"
    told = explain(y * y, x, names=False)
    assert len(told.paths[0].factors) == 3
    assert told.paths[0].product == pytest.approx(told.value)


def test_long_sums_between_names_stay_apart():
    """More than 2,000 operations are not written as one; the derivative is right nevertheless."""
    w = Value(0.5, label="w")
    xs = [Value(0.001 * k, label=f"x_{k}") for k in range(1100)]
    z = sum((w * x for x in xs), Value(0.0))
    z.label = "z"
    told = explain(z.tanh(), w, names=False)
    z.label = ""
    plain = explain(z.tanh(), xs[5], names=False)
    for it in (told, plain):
        assert sum(path.product for path in it.paths) + it.rest == pytest.approx(it.value)


def test_no_two_paths_become_one_without_names():
    """u + u, and products within sums that share an operand, keep as many paths as there are."""
    u, w = Value(0.5, label="u"), Value(0.25, label="w")
    for C in (u * u + u, (u + u) * w + u, ((u + w) * u + w * u) ** 2, u + u, (u * w + u).exp() * 2.0):
        told, full = (explain(C, u, through=through, names=False) for through in ("named", "all"))
        assert told.count == full.count
        assert sum(path.product for path in told.paths) == pytest.approx(full.value)


def test_a_node_made_by_hand_is_a_factor_of_its_own():
    """No rule could be read for it, so it is never taken into another factor, and nothing is simplified."""
    x = Value(2.0, label="x")
    cube = Value(8.0, (x,), "cube", local_derivatives=(12.0,))
    C = cube * 2.0 + 1.0
    assert [f.number for f in explain(C, x, names=False).paths[0].factors] == [12.0, 2.0]
    z = Value(0.5, label="z")
    a = Value(0.25, (z,), "half", local_derivatives=(0.5,))
    a.label = "a"
    (it,) = explain(a**2, z, names=False).nested(delta=True).equations
    assert (it.short, it.value) == (None, 0.25)


def test_a_name_that_is_taken_stays_as_it_is():
    """Two nodes never share a name, in whatever notation."""
    x = Value(0.5, label="x_1")
    a = Value(2.0, label="a_0^(0)")
    told = explain(x * a, x, notation="from-to", names=False)
    assert str(told) == "∂C/∂x_1 = a_0^(0)\n        = 2"


def test_a_parameter_of_another_letter_keeps_its_name():
    """From–to is the notation of w and b; a weight that is called otherwise stays."""
    x, q, b = Value(0.5, label="a_0^(0)"), Value(2.0, label="q"), Value(0.25, label="b_0^(1)")
    z = affine(b, [q], [x])
    z.label = "z_0^(1)"
    told = explain(z.tanh(), b, notation="from-to", names=False)
    assert str(told).startswith("∂C/∂w_01^0 = ∂z_1^1/∂w_01^0 · ∂C/∂z_1^1")
    assert "∂z_1^1/∂q" in str(explain(z.tanh(), q, notation="from-to", names=False))


def test_wide_matrices_stand_one_below_the_other():
    """Where matrix and vectors do not fit beside each other, each has lines of its own."""
    model = MLP(6, [6, 6], **SIGMOID, rng=random.Random(0))
    C = losses.squared_error(model([0.1234567] * 6), [0.0] * 6)
    lines = str(explain(C, model.parameters()[0]).matrix()).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.strip().startswith("⊙ [") for line in lines)
    assert any(line.strip().startswith("· [") for line in lines)
