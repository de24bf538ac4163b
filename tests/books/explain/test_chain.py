"""Laws of the chain rule explained: every path and no other, exact counts, forms that agree, clear text."""

import json
import math
import random
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import graphs
from test_nn_equations_agree import forward_nodes, random_case, seeds, shapes

import nn.equations as eq
from engine import Value, affine, apply, dot, gradcheck, label, mean, rules, total
from engine.chain import Derivative, Factor, equations, explain, forward
from engine.chain.steps import steps
from engine.formula import symbol
from engine.graph import edges, topological_order
from nn import ACTIVATIONS, COSTS, MLP, losses

MANY = 10**6
HOSTILE = st.sampled_from([
    "", "", "", "w", "w_01^(2)", "two\nlines", "\r\n", 'say "q"', "<script>alert(1)</script>", "x" * 200,
    "word " * 40, "}{\\", "… more", "Σ_j", "a → b", "C", "v_1", "δ", "=", " ", "z", "z_0^(1)", "\u202eabc",
    "$&#_%^~",
])  # fmt: skip


def close(x, scale=1.0):
    return pytest.approx(x, rel=1e-9, abs=1e-9 * max(1.0, scale))


def products_by_definition(C, w):
    """The product of local derivatives of every path from w to C, by recursion over the distinct operands."""
    if C is w:
        return [1.0]
    slopes = dict.fromkeys(C.parents, 0.0)
    for parent, slope in zip(C.parents, C.local_derivatives, strict=True):
        slopes[parent] += slope
    return [x * slope for parent, slope in slopes.items() for x in products_by_definition(parent, w)]


def ladder(n, factors=(0.5, 0.5)):
    x = y = Value(1.0, label="x")
    for _ in range(n):
        y = total([y * factors[0], y * factors[1]])
    return y, x


def documents_network():
    """One neuron a layer, three layers, as in *Backpropagation Calculus*; the cost is C_0."""
    model = MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    C = losses.squared_error(model(0.5), 1.0)
    C.label = "C_0"
    return model, C


def nodes_named(C):
    return {node.label: node for node in topological_order(C) if node.label}


# --- paths ---------------------------------------------------------------------------------------------


@given(graphs(max_nodes=7))
def test_the_paths_are_all_paths(graph):
    """Those that the definition gives and no other: as many, with these products, which sum up to ∂C/∂w."""
    C, leaves = graph
    order = topological_order(C)
    C.backward()
    checked = {row.name: row for row in gradcheck(C).rows}
    for w in {*order, *leaves}:
        told = explain(C, w, limit=MANY, through="all")
        expected = products_by_definition(C, w)
        assert told.depends == (w in order) == bool(expected)
        assert told.count == len(told.paths) == len(expected)
        found = [path.product for path in told.paths]
        assert sorted(found) == close(sorted(expected))
        assert told.value == (w.grad if w in order else 0.0)
        scale = sum(map(abs, found))
        assert sum(found) == close(told.value, scale)
        assert told.rest == 0.0
        if w.label in checked and checked[w.label].verdict == "ok":
            assert told.value == pytest.approx(checked[w.label].numeric, rel=1e-4, abs=1e-6)


@given(graphs(max_nodes=7), st.integers(1, 5))
def test_the_largest_paths_come_first(graph, limit):
    """By falling size; a limit takes the first of the full list, and the rest is what is missing."""
    C, leaves = graph
    for w in leaves:
        full = [abs(path.product) for path in explain(C, w, limit=MANY, terms="size").paths]
        told = explain(C, w, limit=limit, terms="size")
        first = [abs(path.product) for path in told.paths]
        assert first == close(full[:limit])
        assert full == close(sorted(full, reverse=True))
        whole = sum(path.product for path in told.paths)
        assert told.rest == close(told.value - whole if len(full) > limit else 0.0)


@given(graphs(max_nodes=7))
def test_a_path_is_one(graph):
    """Its factors fit end to end, from w to C, under the names of its nodes; no path comes twice."""
    C, leaves = graph
    C.label = "C"
    for w in leaves:
        told = explain(C, w, limit=MANY)
        for path in told.paths:
            assert (path.nodes[0], path.nodes[-1]) == (w.label, "C")
            links = [(str(f.derivative.by), str(f.derivative.of)) for f in path.factors]
            assert links == list(pairwise(path.nodes))
            assert path.product == math.prod(f.number for f in path.factors)
            assert str(path) == " → ".join(path.nodes)
        steps = Counter(node for path in told.paths for node in path.nodes)
        assert steps["C"] == told.count


@pytest.mark.parametrize("through", ["named", "all"])
def test_an_operand_that_comes_twice(through):
    """Each equation is true by itself: ∂(a a)/∂a is 2 a, one factor; so is that of a node made by hand."""
    a = Value(3.0, label="a")
    v = a * a
    told = explain(a + v, a, through=through, names=False)
    assert [path.product for path in told.paths] == [6.0, 1.0]
    factor = told.paths[0].factors[0]
    assert (str(factor.derivative), factor.symbols, factor.number) == ("∂v_1/∂a", "2 a", 6.0)
    assert str(told).count("∂v_1/∂a") == 1
    assert told.latex().count(r"\frac{\partial v_1}{\partial a}") == 1
    assert explain(v, a, through=through).value == 6.0
    mine = Value(9.0, (a, a), "mine", local_derivatives=(3.0, 3.0))
    by_hand = explain(mine * 2, a, through=through, names=False).paths
    assert [[factor.number for factor in path.factors] for path in by_hand] == [[6.0, 2.0]]


def test_logits_that_are_one_node():
    """The derivative of softmax's cross-entropy by a node that is both logits is their sum, which is 0."""
    z, y, u = (Value(x, label=name) for name, x in (("z", 0.5), ("y", 0.25), ("u", 0.75)))
    told = explain(losses.softmax_cross_entropy([z, z], [y, u]), z)
    assert told.value == pytest.approx(0.0, abs=1e-12)
    assert [factor.number for path in told.paths for factor in path.factors] == close([0.0])


@pytest.mark.parametrize("factors", [(0.5, 0.5), (0.5, 0.25), (1.0, -1.0)])
def test_paths_beyond_number(factors):
    """2³⁰⁰ paths are counted exactly, and 100 of them told."""
    C, x = ladder(300, factors)
    told = explain(C, x)
    assert told.count == 2**300
    assert len(told.paths) == 100
    assert "2.03704e+90 paths; the 100 largest" in str(told)
    assert all(len(line) <= 80 for line in str(told).splitlines())
    assert [path.product for path in told.paths[:2]] == close(
        [factors[0] ** 300, factors[0] ** 299 * factors[1]]
    )


def test_of_very_long_paths_fewer_are_listed(monkeypatch):
    """A hundred paths of a million factors each are not written down: one is, and the rest is counted."""
    monkeypatch.setattr("engine.chain.paths.FACTORS", 100)
    told = explain(*ladder(20), through="all")
    assert (len(told.paths), told.count) == (2, 2**20)
    assert told.rest == pytest.approx(1.0 - 2 * 0.5**20)
    assert len(explain(*ladder(100), through="all").paths) == 1
    assert len(explain(*ladder(3), through="all").paths) == 8


@pytest.mark.slow
def test_a_count_longer_than_python_prints():
    """2²⁰⁰⁰⁰ has more digits than ``str`` takes; all forms are told nevertheless."""
    C, x = ladder(20_000)
    told = explain(C, x, limit=2)
    assert told.count == 2**20_000
    assert "about 3.98028e+6020 paths" in str(told)
    assert "about 3.98028e+6020 more" in told.latex()
    assert json.loads(json.dumps(told.to_dict()))["count"] == "about 3.98028e+6020"


@pytest.mark.parametrize("sizes", [[3, 4, 2], [2, 6, 5, 4, 3]])
def test_the_paths_of_a_network(sizes):
    """From an input to the cost: the product of the widths after it."""
    model = MLP(sizes[0], sizes[1:], activation="tanh", rng=random.Random(0))
    x = [Value(float(k)) for k in range(sizes[0])]
    C = losses.squared_error(model(x), [0.0] * sizes[-1])
    assert explain(C, x[0]).count == math.prod(sizes[1:])
    assert explain(C, model.parameters()[0]).count == math.prod(sizes[2:])


def test_zeros_and_infinities():
    """Slopes that are 0, infinite or NaN are told like others; zeros come last, whatever is beside them."""
    x = Value(1.0, label="x")
    dead = x * 0.0
    for _ in range(30):
        dead = dead * 1e300
    C = total([dead, x * 1e-300, x * 2.0])
    assert [path.product for path in explain(C, x, terms="size").paths] == [2.0, 1e-300, 0.0]
    for slopes in ([math.inf, 1.0, 0.0], [math.inf, -math.inf, 0.0], [math.nan, 1.0, 0.0], [1e308] * 3):
        parts = []
        for slope in slopes:
            parts.append(x * 1.0)
            parts[-1].local_derivatives = (slope, 0.0)
        C = total(parts)
        for limit in (1, 2, 100):
            told = explain(C, x, limit=limit)
            assert told.count == 3
            assert all(len(line) <= 80 for line in f"{told}\n{told.nested()}\n{forward(C)}".splitlines())
            assert told.latex()
            json.dumps(told.to_dict())
        if slopes[-1] == 0.0:
            assert explain(C, x, terms="size").paths[-1].product == 0.0


@pytest.mark.parametrize("n", [100, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_long_chain(n):
    """So many nodes in a row: one path, one equation, the middle of which is dots."""
    x = y = Value(0.5, label="x")
    for _ in range(n):
        y = y.sin()
    told = explain(y, x)
    y.backward()
    assert told.value == x.grad
    assert told.paths[0].product == pytest.approx(x.grad)
    assert f"… {n - 40} more factors …" in str(told)
    assert r"\cdots" in told.latex()
    assert str(told.nested()) == str(told)
    assert str(forward(y)).endswith(f"… {n - 60} more nodes")
    assert f"… {n - 60} more nodes" in forward(y).latex()


def test_terms_that_nothing_counts_are_not_one_sum():
    """Six terms, one of them shorter, or all by names without an index: dots stand between, and no Σ."""
    x = Value(2.0, label="x")
    parts = [x * float(k) for k in range(1, 7)]
    label(dict(zip("pqrstu", parts, strict=True)))
    for operands, value in ((parts, 21.0), ([x, *parts], 22.0)):
        told = explain(total(operands), x)
        assert told.value == value
        assert "Σ" not in str(told.nested())
        assert "…" in str(told.nested())


# --- nested --------------------------------------------------------------------------------------------


def evaluated(told):
    """The equations' numbers from their own factors: ∂C/∂v and δ looked up among the later ones."""
    known = {}
    for it in reversed(told.equations):

        def number(factor):
            return known.get(str(factor.derivative), factor.number)

        terms = sum(math.prod(map(number, term)) for term in it.terms)
        known[str(it.derivative)] = terms * math.prod(map(number, it.common))
    return known


def assert_nested(told, *, delta=False):
    """Each equation is right by the later ones, and what it reads has one, unless C reads it directly."""
    values = evaluated(told)
    order = [str(it.derivative) for it in told.equations]
    assert len(set(order)) == len(order)
    root = str(told.equations[0].derivative.of)
    for k, it in enumerate(told.equations):
        assert values[order[k]] == close(it.value, max(map(abs, it.products())))
        for term in (*it.terms, it.common):
            for factor in term:
                name = str(factor.derivative)
                if factor.formula is None and (factor.derivative.delta or str(factor.derivative.of) == root):
                    assert name in order[k + 1 :], name
    assert any(it.derivative.delta for it in told.equations) == delta


def size_of(told):
    return sum(len(it.common) + sum(map(len, it.terms)) for it in told.equations)


@given(graphs())
def test_the_nested_form_is_right(graph):
    """Evaluated from below, each equation has its value, the first that of ``backward()``; linear in size."""
    C, leaves = graph
    C.label = "C"
    C.backward()
    for w in leaves:
        told = explain(C, w).nested()
        if w not in topological_order(C) or w is C:
            assert [(it.terms, it.value) for it in told.equations] == [(((),), 1.0) if w is C else ((), 0.0)]
            continue
        assert told.equations[0].value == w.grad
        assert_nested(told)
        assert size_of(told) <= 5 * len(list(edges(C)))
        assert str(told).startswith(f"∂C/∂{w.label}")


def rnn(steps):
    w, h = Value(0.9, label="w"), Value(0.5, label="h")
    for k in range(steps):
        h = affine(0.1, [w], [h]).tanh()
        h.label = f"h_{k}"
    return h * h, w


def funnel(n):
    """n pre-activations into one sum, which n others read."""
    w = Value(0.3, label="w")
    sum_ = total([affine(0.1, [w], [float(k)]) for k in range(n)])
    return total([sum_ * float(k) for k in range(n)]), w


def wide(n):
    w = Value(0.3, label="w")
    hidden = [affine(0.1, [w], [float(k)]).tanh() for k in range(n)]
    return total([affine(0.0, [0.1] * n, hidden).tanh() for _ in range(10)]), w


@pytest.mark.slow
@pytest.mark.parametrize("delta", [False, True])
@pytest.mark.parametrize(
    "graph", [lambda: rnn(2000), lambda: funnel(200), lambda: wide(200)], ids=["recurrent", "funnel", "wide"]
)
def test_the_nested_form_is_linear(graph, delta):
    """Where w is used at each of 2,000 steps, or a node that many lead to leads to many."""
    C, w = graph()
    told = explain(C, w).nested(delta=delta)
    assert size_of(told) <= 5 * len(list(edges(C)))
    assert_nested(told, delta=delta)
    left = len(told.equations) - 12
    assert (f"… {left} more equations; .equations holds all" in str(told)) == (left > 0)
    assert (f"… {left} more equations" in told.latex()) == (left > 0)


def test_delta_where_no_z_has_a_name():
    """Where only the activation is named, δ leads through the pre-activation all the same."""
    w = Value(0.9, label="w")
    h = affine(0.1, [w], [0.5]).tanh()
    h.label = "h"
    C = h * h
    C.backward()
    told = explain(C, w).nested(delta=True)
    assert told.equations[0].value == pytest.approx(w.grad)
    assert "δ" in str(told)


def test_the_nested_form_of_a_ladder():
    """2³⁰⁰ paths come to 300 equations of four factors."""
    C, x = ladder(300)
    told = explain(C, x).nested()
    assert len(told.equations) == 300
    assert size_of(told) <= 6 * 300
    assert_nested(told)


@pytest.mark.slow
def test_a_network_of_digits():
    """784-30-10: its paths counted, its nested forms linear."""
    model = MLP(784, [30, 10], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
    x = [Value(0.001 * k) for k in range(784)]
    C = losses.squared_error(model(x), [1.0] + [0.0] * 9)
    told = explain(C, x[5])
    assert told.count == 300
    for delta in (False, True):
        assert size_of(told.nested(delta=delta)) <= 5 * 30 * 13
        assert_nested(told.nested(delta=delta), delta=delta)
    assert explain(C, model.parameters()[0]).count == 10
    asked = [model.parameters()[0], x[0]]
    assert [it.value for it in equations(C, asked)] == [explain(C, node).value for node in asked]


@pytest.mark.no_cover
@pytest.mark.parametrize("activation", ACTIVATIONS)
@settings(max_examples=settings.default.max_examples * 2 // 5)
@given(seed=seeds, sizes=shapes, cost=st.sampled_from([*COSTS]))
def test_errors_are_those_of_the_matrix_equations(activation, seed, sizes, cost):
    """δ_j of the nested form, for whatever activation and cost, is the one of `nn.equations`."""
    model, network, x, y = random_case(seed, sizes, activation, cost)
    zs, a = forward_nodes(model, x)
    C = COSTS[cost].function(a[-1], y)
    told = explain(C, model.parameters()[0]).nested(delta=True)
    assert_nested(told, delta=True)
    found = {str(it.derivative): it.value for it in told.equations}
    expected = {}
    for nodes, errors in zip(zs, eq.errors(network, cost, x, y), strict=True):
        expected |= {f"δ{node.label[1:]}": error for node, error in zip(nodes, errors, strict=True)}
    first = {name for name in expected if "^(1)" in name} - {f"δ{zs[0][0].label[1:]}"}
    scale = max(map(abs, expected.values()))
    for name in expected.keys() - first:
        assert found[name] == close(expected[name], scale)


def test_no_error_without_a_pre_activation():
    """δ is the derivative by a z: ValueError where there is none."""
    x = Value(1.0, label="x")
    with pytest.raises(ValueError, match=r"no node on the way is a pre-activation z.*affine\(b, ws, xs\)"):
        explain(x.exp(), x).nested(delta=True)
    z = x * 2.0
    z.label = "z"
    told = explain(z.tanh(), x).nested(delta=True)
    assert [str(it.derivative) for it in told.equations] == ["∂C/∂x", "δ"]
    assert explain(z, Value(1.0)).nested(delta=True).equations[0].value == 0.0


def test_errors_of_other_letters_are_told_apart():
    """δ(h) and δ(o) are two; so are δ of z_1 and of an unlabelled v_1."""
    x = Value(0.5, label="x")
    h = affine(0.1, [2.0], [x])
    o = affine(0.2, [3.0], [h.tanh()])
    label(h=h, o=o)
    told = explain(o**2, x).nested(delta=True)
    assert [str(it.derivative) for it in told.equations] == ["∂C/∂x", "δ(h)", "δ(o)"]
    assert r"\delta(h)" in told.latex()


def test_what_many_equations_share():
    """``equations`` gives the first one of each nested form; nodes that C does not depend on are refused."""
    model, C = documents_network()
    asked = [*model.parameters(), nodes_named(C)["a^(1)"]]
    for node, it in zip(asked, equations(C, asked), strict=True):
        assert it.to_dict() == explain(C, node).nested().equations[0].to_dict()
    with pytest.raises(ValueError, match=r"^C_0 is not made of lost\\n; give nodes that it depends on"):
        equations(C, [Value(1.0, label="lost\n")])
    with pytest.raises(ValueError, match=r"^C_0 is not made of C_0;"):
        equations(C, [C])


def test_what_depends_directly_and_in_other_ways_too():
    """The local derivative of an operand of C is told from the whole ∂C/∂x that it is a part of."""
    x = Value(0.5, label="x")
    C = x.exp() + x
    first, second, *_ = str(explain(C, x)).splitlines()
    assert first.split() == ["∂C/∂x", "=", "∂v_1/∂x", "·", "∂C/∂v_1"]
    assert second.split() == ["+", "∂C/∂x|direct"]
    assert r"\left.\frac{\partial C}{\partial x}\right|_{\text{direct}}" in explain(C, x).latex()
    assert "direct" not in str(explain(x.exp() * 2.0, x))


# --- average -------------------------------------------------------------------------------------------


@pytest.mark.slow
@given(seeds, st.integers(1, 14))
def test_the_average_over_examples(seed, n):
    """Each example's ∂C_k/∂w is that of a backward pass of its own; their shares sum up to the whole."""
    rng = random.Random(seed)
    model = MLP(2, [3, 1], activation="tanh", rng=rng)
    costs = [losses.squared_error(model([rng.uniform(-1, 1), rng.random()]), rng.random()) for _ in range(n)]
    C = mean(costs)
    for w in model.parameters():
        told = explain(C, w)
        average = told.average
        assert [share.cost for share in average.shares] == costs
        for k, share in enumerate(average.shares):
            model.zero_grad()
            costs[k].backward()
            assert share.number == close(w.grad)
            assert share.share == close(w.grad / n)
            assert str(share.derivative) == f"∂C_{k}/∂{w.label}"
        assert sum(share.share for share in average.shares) == close(told.value)
        assert average.value == told.value
        data = json.loads(json.dumps(told.to_dict()))["average"]
        assert (data["n"], data["value"]) == (n, told.value)
        assert [row["share"] for row in data["examples"]] == [share.share for share in average.shares]


def test_the_average_as_text():
    """The sum, then a table of the largest shares; more than ten are summed up in a last line."""
    w = Value(2.0, label="w")
    told = explain(mean([w * float(k) for k in range(12)]), w)
    lines = str(told).splitlines()
    assert lines[0] == "∂C/∂w = 1/n Σ_k ∂C_k/∂w, the average over n = 12 examples"
    assert lines[1].split() == ["=", "1/12", "(0", "+", "1", "+", "2", "+", "…", "8", "more", "…", "+", "11)"]
    assert lines[2].split() == ["=", "5.5"]
    assert [line.split() for line in lines[3:5]] == [
        ["example", "∂C_k/∂w", "share"],
        ["∂C_11/∂w", "11", "0.916667"],
    ]
    assert lines[-1].split() == ["…", "2", "more,", "0.0833333", "in", "sum"]
    one = str(explain(mean([w * 3.0]), w))
    assert "over n = 1 example\n" in one
    assert "1/1 (3)" in one
    assert "1/2 ((−1) + 2)" in str(explain(mean([w * -1.0, w * 2.0]), w))


def test_an_example_without_the_weight():
    """Its derivative is 0; the average counts it."""
    w, v = Value(2.0, label="w"), Value(3.0, label="v")
    told = explain(mean([w * w, v.exp(), w]), w)
    assert [share.number for share in told.average.shares] == [4.0, 0.0, 1.0]
    assert told.value == close(5 / 3)
    assert explain(w * w, w).average is None
    C = mean([w, v])
    assert explain(C, C).average is None
    assert explain(C, w).average is None


def test_one_walk_serves_all_examples(monkeypatch):
    """Costs that are made of each other, as the steps of a sequence are, are not walked again for each."""
    w, h, costs = Value(0.9, label="w"), Value(0.5), []
    for _ in range(300):
        h = (w * h).tanh()
        costs.append(h * h)
    read = []
    monkeypatch.setattr(Value, "local_derivatives", property(lambda node: read.append(1) or slopes(node)))
    explain(mean(costs), w).average  # noqa: B018  (it is worked out when asked for)
    assert len(read) <= 10 * 4 * 300


slopes = Value.local_derivatives.__get__


# --- LaTeX and the documents ---------------------------------------------------------------------------


def squeezed(text):
    return re.sub(r"\s+", " ", text.replace("&", " ").replace(r"\\", " "))


def fraction(of, by):
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


Z, A, W, B = (f"{letter}^{{(L)}}" for letter in "zawb")
AFTER = r"\sigma'(z^{(L)}) 2(a^{(L)} - y)"


@pytest.mark.parametrize(
    ("name", "by", "first"),
    [("w^(3)", W, "a^{(L-1)}"), ("b^(3)", B, "1"), ("a^(2)", "a^{(L-1)}", "w^{(L)}")],
)
@pytest.mark.parametrize("form", ["paths", "nested"])
def test_the_documents_chain(name, by, first, form):
    """∂C_0/∂w, ∂C_0/∂b and ∂C_0/∂a^(L−1) of the last layer, symbol for symbol, with numbers that agree."""
    _, C = documents_network()
    told = explain(C, nodes_named(C)[name])
    text = squeezed((told if form == "paths" else told.nested()).latex(relative=True))
    chain = f"{fraction('C_0', by)} = {fraction(Z, by)} {fraction(A, Z)} {fraction('C_0', A)}"
    assert chain in text
    assert f"= {first} {AFTER}" in text


def test_the_documents_chain_of_all_parameters():
    """Layer by layer further back, each parameter's chain is longer by two links."""
    model, C = documents_network()
    numbers = {name: node.data for name, node in nodes_named(C).items()}
    for name, parameter in model.named_parameters():
        letter, l = name[0], int(name[3])
        told = explain(C, parameter)
        links = [(z_of(l), in_layer(letter, l))]
        formulas = [in_layer("a", l - 1) if letter == "w" else "1"]
        expected = [numbers[f"a^({l - 1})"] if letter == "w" else 1.0]
        for k in range(l, 4):
            links.append((in_layer("a", k), z_of(k)))
            formulas.append(rf"\sigma'({z_of(k)})")
            a = numbers[f"a^({k})"]
            expected.append(a * (1 - a))
            if k < 3:
                links.append((z_of(k + 1), in_layer("a", k)))
                formulas.append(in_layer("w", k + 1))
                expected.append(numbers[f"w^({k + 1})"])
        links.append(("C_0", A))
        formulas.append("2(a^{(L)} - y)")
        expected.append(2 * (numbers["a^(3)"] - 1.0))
        text = squeezed(told.latex(relative=True))
        assert " ".join(fraction(*link) for link in links) in text
        assert " ".join(formulas) in text
        assert [factor.number for factor in told.paths[0].factors] == close(expected)


def in_layer(letter, k):
    return f"{letter}^{{({'L' if k == 3 else f'L-{3 - k}'})}}"


def z_of(k):
    return in_layer("z", k)


def test_the_documents_wide_layer():
    """A neuron of the layer before acts through both neurons of the last: two paths and no other."""
    model = MLP(4, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    C = losses.squared_error(model([0.5, 1.0, -1.0, 2.0]), [1.0, 0.0])
    C.label = "C_0"
    known = nodes_named(C)
    for k in range(3):
        told = explain(C, known[f"a_{k}^(1)"])
        assert {path.nodes for path in told.paths} == {
            (f"a_{k}^(1)", f"z_{j}^(2)", f"a_{j}^(2)", "C_0") for j in (0, 1)
        }
        expected = []
        for j in (0, 1):
            a = known[f"a_{j}^(2)"].data
            expected.append(known[f"w_{j}{k}^(2)"].data * a * (1 - a) * 2 * (a - (1.0, 0.0)[j]))
        assert sum(expected) == close(told.value)
        assert f"w_{{0{k}}}^{{(2)}} \\sigma'(z_0^{{(2)}}) 2(a_0^{{(2)}} - y_0)" in told.latex()


def test_a_wide_sum_is_written_with_its_sign():
    """Terms that differ by one index stand under one Σ, in text and in LaTeX."""
    model = MLP(1, [1, 7], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    C = losses.squared_error(model(0.5), [0.0] * 7)
    C.label = "C_0"
    for delta, common in ((False, ""), (True, ")")):
        told = explain(C, nodes_named(C)["w^(1)"]).nested(delta=delta)
        end = "δ_j^(2)" if delta else "∂C_0/∂a_j^(2)"
        sums = [line for line in str(told).splitlines() if "Σ_j ∂z_j^(2)/∂a^(1)" in line]
        assert len(sums) == 1
        assert end + common in sums[0]
        assert r"\sum_{j=0}^{6} \frac{\partial z_j^{(2)}}{\partial a^{(1)}}" in told.latex()
        assert r"\sum_{j=0}^{L}" not in told.latex(relative=True)


def of_five(make, used=1):
    """x in five nodes labelled a_0 … a_4, which C adds up, each as often as it is used."""
    x = Value(0.5, label="x")
    nodes = [make(x, j) for j in range(5)]
    for j, node in enumerate(nodes):
        node.label = f"a_{j}"
    return total(nodes * used), x


def weight(j):
    return Value(0.1 * j, label=f"w_{j}")


SERIES = {
    "one rule": (lambda x, j: x * weight(j), True),
    "one rule, one number": (lambda x, j: x * (2.0 + 0 * j), True),
    "several rules": (lambda x, j: x.sin() if j else x.tanh(), False),
    "several numbers": (lambda x, j: x * float(j + 2), False),
    "operands in another order": (lambda x, j: x * weight(4 - j), False),
}


@pytest.mark.parametrize(("make", "is_series"), SERIES.values(), ids=SERIES)
def test_a_series_is_one(make, is_series):
    """A Σ stands only for terms that are built alike, from symbols that count 0, 1, 2, …"""
    told = explain(*of_five(make)).nested()
    assert ("Σ_j" in str(told)) == is_series
    assert (r"\sum_{j=0}^{4}" in told.latex()) == is_series


def test_errors_and_other_derivatives_are_no_series():
    """δ(a_0) of a weighted sum and ∂C/∂a_1 of another node are not put under one sign."""

    def make(x, j):
        return x * weight(j) if j else dot([weight(j)], [x])

    C, x = of_five(make, used=2)
    told = explain(C, x, through="all").nested(delta=True)
    assert "Σ" not in str(told)
    assert "δ(a_0)" in str(told)
    assert "∂C/∂a_1" in str(told)
    assert "Σ_j w_j · 2" in re.sub(" +", " ", str(explain(C, x, through="all").nested()))


def test_no_factor_is_1_that_need_not_be():
    """√(u² + v²) has two factors; of several terms, only those that share a number stay apart."""
    u, v, y = (Value(x, label=name) for name, x in [("u", 0.7), ("v", 1.3), ("y", 1.0)])
    told = explain((u * u + v * v).sqrt(), u, names=False)
    assert [[f.symbols for f in path.factors] for path in told.paths] == [["2 u", "1/(2 √(v_3))"]]
    told = explain((u.sigmoid() - y) ** 2 + 3 * v.sqrt() + v, u, names=False)
    assert [[f.symbols for f in path.factors] for path in told.paths] == [["σ′(u)", "2(v_1 − y)"]]
    assert told.paths[0].product == pytest.approx(told.value)


def test_lines_are_broken_before_signs():
    """No line ends within brackets that fit on one, nor with a sign."""
    model = MLP(2, [2, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    for cost in (losses.log_likelihood, losses.half_squared_error, losses.softmax_cross_entropy):
        lines = str(forward(cost(model([0.25, -1.0]), [1.0, 0.0]))).splitlines()
        assert all(len(line) <= 80 for line in lines)
        assert all(line.count("(") == line.count(")") for line in lines)
        assert not any(line.endswith(("+", "−", "·", "=")) for line in lines)


def test_equal_terms_are_not_a_series():
    """No Σ over j where nothing has a j: six terms that are alike are added."""
    x = Value(2.0, label="x")
    told = explain(total([x.sin() for _ in range(6)]), x, names=False).nested()
    assert "Σ" not in str(told)
    assert r"\sum" not in told.latex()
    assert "… 3 more …" in str(told)


def test_the_documents_average():
    """1/n Σ ∂C_k/∂w, to the letter."""
    model = MLP(1, [1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    C = mean([losses.squared_error(model(x), y) for x, y in [(0.5, 1.0), (0.2, 0.0)]])
    text = squeezed(explain(C, model.parameters()[2]).latex(relative=True))
    sum_ = r"\frac{1}{n} \sum_{k=0}^{n-1} \frac{\partial C_k}{\partial w^{(L)}}"
    assert rf"\frac{{\partial C}}{{\partial w^{{(L)}}}} = {sum_}" in text
    assert r"\frac{1}{2} (" in text


def test_paths_left_out_of_latex_are_said():
    """Some terms are never passed off as the whole sum."""
    a = Value(3.0, label="a")
    C = total([a.exp(), a.cos(), a.sin()])
    for limit, left in ((1, 2), (2, 1)):
        assert explain(C, a, limit=limit).latex().count(rf"\dots \text{{ ({left} more)}}") == 3
    assert "more" not in explain(C, a).latex()
    assert r"\text{ (3 more)}" in explain(total([a.sin() for _ in range(7)]), a).latex()


@given(graphs(max_nodes=7), st.sampled_from(["named", "all"]))
def test_nodes_without_a_name_are_defined(graph, through):
    """Each v_k that an explanation or nested form writes is defined below, as the forward pass has it."""
    C, leaves = graph
    lines = forward(C, through=through, names=False).lines
    known = {str(line.name): line.formula.text for line in lines[:-1]}  # the last one is the root
    name = r"[vC]_\d+"
    for w in leaves:
        told = explain(C, w, through=through, names=False)
        texts = [str(told.nested())] + [str(told)] * (told.count <= 4 and told.average is None)
        for text in texts if told.depends and len(known) <= 12 else ():
            equations, _, where = text.partition("\nwhere ")
            defined = dict(re.findall(rf"({name}) = (.*?)(?=, {name} = |$)", re.sub(r"\s+", " ", where)))
            used = set(re.findall(name, f"{equations} {' '.join(defined.values())}"))
            if used <= known.keys():  # else it goes through other nodes, as there are no names on the way
                assert defined == {x: re.sub(r"\s+", " ", known[x]) for x in known if x in used}


def test_definitions_are_few_and_short():
    """Of many nodes the first twelve are defined, in text and in LaTeX; what has a name of its own is not."""
    x = y = Value(0.5, label="x")
    for _ in range(20):
        y = y.sin()
    told = explain(y, x, names=False)
    assert "v_12 = sin(v_11), and 7 more: forward(C) shows all" in re.sub(r"\s+", " ", str(told))
    assert r"v_{12} = \sin(v_{11}), \quad \text{and 7 more}" in told.latex()
    long = explain(Value(0.5, label="a long name " * 20).sin() * x, x, names=False)
    assert "v_1" in str(long)
    assert "where" not in str(long) + long.latex()


def test_a_number_after_a_symbol_has_a_dot():
    """x · 2(w − y), as x 2 reads like a name with an index; after a bracket the documents have none."""
    x, w, y = (Value(k, label=name) for k, name in ((0.5, "x"), (2.0, "w_2"), (1.0, "y")))
    z = w * x
    z.label = "z"
    assert r"&= x \cdot 2(z - y)" in explain((z - y) ** 2, w).latex()
    a = z.sigmoid()
    a.label = "a"
    assert r"&= x \sigma'(z) 2(a - y)" in explain((a - y) ** 2, w).latex()


def balanced(text):
    plain = re.sub(r"\\[{}]", "", text)
    depth = 0
    for sign in plain:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0, text
    assert depth == 0, text
    for begin, end in (("begin", "end"), ("left", "right")):
        pattern = rf"\\{begin}(?![a-z])", rf"\\{end}(?![a-z])"
        assert len(re.findall(pattern[0], text)) == len(re.findall(pattern[1], text)), text


@given(graphs(), st.data())
def test_every_line_is_a_line(graph, data):
    """Whatever the labels: no line is wider than 80 columns, none is broken by a label; LaTeX is balanced."""
    C, leaves = graph
    if data.draw(st.booleans()):
        C = mean([C, *leaves])
    for node in topological_order(C):
        node.label = data.draw(HOSTILE)
    for w in leaves:
        told = explain(C, w, prime=data.draw(st.booleans()), limit=data.draw(st.sampled_from([1, 3, 100])))
        for part in (told, told.nested(), forward(C)):
            for line in str(part).split("\n"):
                assert len(line) <= 80, line
                assert line.isprintable(), line
                assert line == line.rstrip()
            assert repr(part) == str(part)
            for text in (part.latex(), part.latex(relative=True)):
                balanced(text)
            assert part._repr_latex_() == f"$${part.latex()}$$"
            json.dumps(part.to_dict())


def test_no_line_ends_in_white_space():
    """Nor does one that is broken between the words of one label because of the length of another."""
    lines = []
    for words in range(5, 40):
        w = Value(0.0, label="x" * 300)
        inner = w * 2.0
        inner.label = "word " * words
        C = (inner + 1.0).exp()
        C.label = "x" * 300
        lines += str(explain(C, w)).split("\n")
    assert [line for line in lines if line != line.rstrip()] == []


# --- what is said --------------------------------------------------------------------------------------


def test_no_dependence_and_c_itself():
    """Both are said in words, and as equations in every form."""
    C, w = Value(1.0, label="C").exp(), Value(2.0, label="w")
    told = explain(C, w)
    name = "L"
    assert str(told) == f"{name} does not depend on w: no path leads from w to {name}.\n∂{name}/∂w = 0"
    assert (told.depends, told.count, told.paths, told.value, told.rest) == (False, 0, (), 0.0, 0.0)
    assert told.latex() == r"\frac{\partial L}{\partial w} = 0"
    assert str(told.nested()) == "∂L/∂w = 0"
    assert (
        squeezed(told.nested().latex()) == r"\begin{aligned} \frac{\partial L}{\partial w} = 0 \end{aligned}"
    )
    itself = explain(C, C)
    assert str(itself) == "∂L/∂L = 1: L itself"
    assert (itself.count, itself.paths[0].product, itself.value) == (1, 1.0, 1.0)
    assert str(itself.nested()) == "∂L/∂L = 1"
    assert itself.latex() == r"\frac{\partial L}{\partial L} = 1"


def test_nodes_without_labels_and_labels_that_repeat():
    """Unlabelled nodes have names by their parts; of a label that repeats, the later ones are numbered."""
    w, x = Value(0.5), Value(2.0)
    z, other = w * x, w * 3.0
    assert str(explain(z, w)).splitlines()[0] == "∂C/∂x = 2"
    z.label = other.label = "z"
    assert "∂z[2]/∂x" in str(explain(z * other, w))
    assert r"z[2]" in explain(z * other, w).latex()


def test_without_a_prime():
    """``prime=False`` writes the slope of an activation out."""
    z = Value(0.5, label="z")
    assert "σ′(z)" in str(explain(z.sigmoid() ** 2, z))
    assert "σ(z)(1 − σ(z))" in str(explain(z.sigmoid() ** 2, z, prime=False))
    (it,) = equations(z.sigmoid() ** 2, [z], prime=False)
    assert "σ(z)(1 − σ(z))" in str(it)


@pytest.mark.parametrize("limit", [0, -1, 1.5, "3", None, True])
def test_limits_are_refused(limit):
    """A limit is a whole number of paths, 1 or more."""
    x = Value(1.0)
    kind, words = (ValueError, "at least 1") if type(limit) is int else (TypeError, "a whole number")
    with pytest.raises(kind, match=f"^limit must be {words}, got .*{limit!r}.*; pass an int of 1 or more$"):
        explain(x.exp(), x, limit=limit)


def test_what_is_no_value_is_refused():
    """The message says which argument, and what came."""
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"takes a Value C, got float 3\.0; a plain number has no graph"):
        explain(3.0, x)
    with pytest.raises(TypeError, match=r"takes a Value w, got str 'x'; pass the node itself"):
        explain(x, "x")
    with pytest.raises(TypeError, match=r"^forward\(C\) takes a Value, got NoneType None"):
        forward(None)


def test_to_dict_holds_the_same():
    """Plain data: names, symbols and numbers of every path."""
    model, C = documents_network()
    told = explain(C, model.parameters()[0])
    data = json.loads(json.dumps(told.to_dict()))
    assert (data["derivative"], data["value"], data["count"], data["rest"]) == (told.name, told.value, 1, 0.0)
    (path,) = told.paths
    assert data["paths"][0]["nodes"] == list(path.nodes)
    assert data["paths"][0]["product"] == path.product
    assert [f["number"] for f in data["paths"][0]["factors"]] == [f.number for f in path.factors]
    assert data["paths"][0]["factors"][-1]["symbols"] == "2(a^(3) − y)"
    nested = told.nested(delta=True)
    data = json.loads(json.dumps(nested.to_dict()))["equations"]
    assert [it["value"] for it in data] == [it.value for it in nested.equations]
    assert [it["derivative"] for it in data] == ["∂C_0/∂w^(1)", "δ^(1)", "δ^(2)", "δ^(3)"]
    lines = json.loads(json.dumps(forward(C).to_dict()))["forward"]
    assert lines[-1]["name"] == "C_0"
    assert lines[-1]["formula"] == "(a^(3) − y)²"
    assert lines[-1]["value"] == C.data


def state(root):
    return [(node.data, node.grad, node.has_grad, node.local_derivatives) for node in topological_order(root)]


@given(graphs())
def test_the_graph_is_left_as_it_was(graph):
    """Before a backward pass and after one: no number, no gradient, nor its absence is touched."""
    C, leaves = graph
    for _ in range(2):
        before = state(C)
        for w in leaves:
            told = explain(C, w)
            _ = str(told), told.latex(), told.to_dict(), str(told.nested()), explain(mean([C, C]), w).average
        forward(C)
        assert state(C) == before
        C.backward()


def test_a_subclass_is_explained():
    """A class of one's own made from Value is one."""

    class Mine(Value):
        pass

    w = Mine(2.0, label="w")
    assert explain(w * w, w).value == 4.0


def test_nodes_made_by_hand():
    """Of a node with local derivatives of its own the links are numbers, under their names."""
    x = Value(2.0, label="x")
    cube = Value(8.0, (x,), "cube", local_derivatives=(12.0,))
    told = explain(cube * 2.0, x)
    assert told.value == 24.0
    assert "∂v_1/∂x" in str(told)
    assert "12" in str(told)


def test_long_formulas_go_by_their_name():
    """A slope that is too long to stand among other factors is written ∂C/∂z."""
    zs = [Value(0.1 * k, label=f"logit number {k}") for k in range(3)]
    C = losses.softmax_cross_entropy(zs, 1)
    names = [factor.symbols for factor in explain(C * 2.0, zs[0]).paths[0].factors]
    assert all(len(name) <= 60 for name in names)
    factor = Factor(Derivative(symbol("C"), symbol("w")), -2.0)
    assert (factor.symbols, factor.latex(), factor.numeral) == ("∂C/∂w", fraction("C", "w"), "(−2)")


# --- forward -------------------------------------------------------------------------------------------


def test_the_forward_pass():
    """Name, formula, the same in numbers, value: a line for each node that was computed."""
    _, C = documents_network()
    told = forward(C)
    order = [node for node in topological_order(C) if node.parents]
    assert [line.value for line in told.lines] == [node.data for node in order]
    assert [str(line.name) for line in told.lines] == [node.label for node in order]
    first, second, *_, last = str(told).splitlines()
    assert first == "z^(1) = w^(1) a^(0) + b^(1) = (−0.731272) · 0.5 + 0 = −0.365636"
    assert second.split() == ["a^(1)", "=", "σ(z^(1))", "=", "σ(−0.365636)", "=", "0.409596"]
    assert last.split()[:5] == ["C_0", "=", "(a^(3)", "−", "y)²"]
    assert r"z^{(L)} &= w^{(L)} a^{(L-1)} + b^{(L)} = " in told.latex(relative=True)


@given(graphs())
def test_the_forward_pass_of_any_graph(graph):
    """As many lines as nodes were computed, each with its number."""
    C, _ = graph
    told = forward(C)
    assert [line.value for line in told.lines] == [n.data for n in topological_order(C) if n.parents]


def test_what_terms_share_stands_behind_them():
    """σ′(z) behind the bracket: side by side, and one below the other where names are long."""
    x = Value(0.5, label="x")
    a = affine(0.1, [2.0], [x]).tanh()
    C = affine(0.0, [3.0], [a]).exp() * affine(0.0, [4.0], [a]).sin()
    for name in ("a", "a very long name of the activation"):
        a.label = name
        told = explain(C, x, through="all").nested(delta=True)
        it = told.equations[1]
        assert it.value == close(sum(it.products()) * it.common[0].number)
        last = str(it).splitlines()[-1].split()
        assert last == ["=", f"{it.value:.6g}".replace("-", "−")]
        balanced(it.latex())
        assert r"\left(" in it.latex()
    assert ") times" in str(it)
    assert ") ·" not in str(it)


def test_a_long_name_does_not_push_the_others_apart():
    """Columns are as wide as what can stand in one; longer names are broken, on lines of their own."""
    a, long = Value(0.5, label="a"), Value(0.25, label="x" * 200)
    told = str(forward((a.sin() * long).tanh())).splitlines()
    assert told[0] == "v_1 = sin(a)    = sin(0.5) = 0.479426"
    assert told[-1] == "C   = tanh(v_2) = tanh(0.119856) = 0.119286"
    told = str(explain((a * long).tanh(), long)).splitlines()
    assert "  · ∂C/∂v_1 = tanh′(v_1) =  0.984536" in told


def test_many_terms_are_told_a_few_at_a_time():
    """A sum too wide for columns tells its first terms, and what the others come to."""
    parts = [Value(float(k), label=f"a rather long name, number {k}") for k in range(6)]
    x = Value(2.0, label="x")
    nodes = [apply(rules.mul, part, x) for part in parts]
    for k, node in enumerate(nodes):
        node.label = f"the product of {parts[k].label} and x"
    told = explain(dot(nodes, [1.0] * 6), x).nested()
    text = str(told)
    assert "the sum of 6 products:" in text
    assert "… 2 more, 9 in sum" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_value_is_told_once():
    """What a factor is may be its number: it is not printed twice, in text or in LaTeX."""
    x, y = Value(3.0), Value(2.0)
    assert str(explain(x * y, x)) == "∂C/∂x = 2"
    assert explain(x * y, x).latex().count("2") == 1


def test_of_a_leaf_the_forward_pass_is_its_number():
    """Nothing was computed, and that is told as the number."""
    x = Value(-3.0, label="x_1")
    assert str(forward(x)) == "x_1 = −3"
    assert forward(x).latex() == "\\begin{aligned}\nx_1 &= -3\n\\end{aligned}"
    assert str(forward(Value(1.0))) == "C = 1"
    assert forward(x).to_dict() == {"forward": []}


def test_a_route_of_long_names_is_cut():
    """Where not even the two ends of a path fit on a line, it ends in dots at the edge."""
    x = Value(2.0, label="x" * 60)
    C = sum((x * k for k in range(1, 7)), Value(0.0))
    C.label = "C" * 60
    _, *table = str(explain(C, x)).split("\n")
    routes = [line for line in table if "→" in line or line.endswith("…")]
    assert len(routes) == 6
    assert all(len(line) == 80 and line.endswith("…") for line in routes)


def test_labels_that_are_expressions_have_brackets_after_d():
    """As in Karpathy's video: ∂(x1*w1 + x2*w2)/∂(x1*w1), in explanations, in LaTeX and in steps alike."""
    x, w, b = Value(2.0, label="x1"), Value(-3.0, label="w1"), Value(1.0, label="x2*w2")
    product = x * w
    product.label = "x1*w1"
    n = product + b
    n.label = "x1*w1 + x2*w2"
    o = n.tanh()
    o.label = "o"
    head = str(explain(o, w)).splitlines()[0]
    assert head == "∂o/∂w1 = ∂(x1*w1)/∂w1 · ∂(x1*w1 + x2*w2)/∂(x1*w1) · ∂o/∂(x1*w1 + x2*w2)"
    assert r"\frac{\partial \text{(x1*w1 + x2*w2)}}{\partial \text{(x1*w1)}}" in explain(o, w).latex()
    assert [step.symbol for step in steps(o)] == ["∂o/∂o", "∂o/∂(x1*w1 + x2*w2)", "∂o/∂(x1*w1)"]
    assert "Σ_k ∂C_k/∂(x2*w2)" in str(explain(mean([n * n, o]), b))


@pytest.mark.parametrize("named", [False, True])
def test_zero_times_infinity_is_not_simplified_to_0(named):
    """Symbols and number agree: ∂(0 √x)/∂x at 0 is shown as ∞ · 0 = nan, not as 0 = nan."""
    x, y = Value(0.0, label="x"), Value(1.0, label="y")
    z = x.sqrt() * 0
    z.label = "z" if named else ""
    C = z + y
    shown = str(explain(C, x))
    assert re.search("1/\\(2 √x\\) · 0 .*\n.* ∞ +· 0 .*\n.* nan", shown), shown
    assert str(explain(C, y)) == "∂C/∂y = 1"
    assert r"\infty \cdot 0" in explain(C, x).latex()


def test_only_a_mean_of_computed_costs_has_examples():
    """Leaves alone are not the costs of examples: their mean has the local derivative 1/n."""
    x, y, z = (Value(float(k), label=name) for k, name in enumerate("xyz"))
    assert str(explain(mean([x, y, z]), x)) == "∂C/∂x = 1/3\n      = 0.333333"
    assert explain(mean([x * y, z]), x).average is not None
    assert explain(mean([x * y, x * z]), x).average is not None


def test_a_factor_that_is_nan_keeps_its_formula():
    """∂(√x y)/∂x = y/(2 √x) is NaN where both are 0; its formula is not a number, so it stays one factor."""
    x, y = Value(0.0, label="x"), Value(0.0, label="y")
    z = x.sqrt() * y
    C = z * z + x
    label(z=z, C=C)
    C.backward()
    told = str(explain(C, x))
    assert "y/(2 √x)" in told
    assert "nan " in told
