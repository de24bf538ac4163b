"""The first five formulas of each of the five documents, and some more.

Each is built with Values or ``nn`` in the document's notation, printed as LaTeX, and read back twice: by
``formula_reader`` and by SymPy, a reader that is not ours. Both must give the number of the graph. Where the
document prints the very formula, ours is the same symbol for symbol, whitespace aside.
"""

import math
import random
import re

import numpy as np
import pytest
import sympy
from formula_reader import read_latex
from mpmath import mpf
from sympy.core.function import AppliedUndef
from sympy.parsing.latex import parse_latex

import engine
from engine import Value, graph
from engine.chain import explain, forward
from engine.formula import Formula, of_node, symbol
from engine.formula.reading import read
from engine.labels import names
from nn import MLP, GradientDescent, losses


def sigmoid(x):
    return 1 / (1 + sympy.exp(-x))


def sigmoid_slope(x):
    return sympy.exp(-x) / (1 + sympy.exp(-x)) ** 2


SYMPY_FUNCTIONS = {"sigma": sigmoid, "sigma'": sigmoid_slope}


def by_sympy(latex, numbers):
    """The number of a formula as SymPy reads it, each symbol of ours having become one that SymPy knows."""
    known = sorted(numbers, key=len, reverse=True)
    for k, name in enumerate(known):
        latex = re.sub(re.escape(name) + r"(?![\w_])", f" x_{{{k}}} ", latex)
    values = {f"x_{{{k}}}": sympy.Float(float(numbers[name]), 30) for k, name in enumerate(known)}

    def applied(call):
        name, (argument,) = call.func.__name__, call.args
        return values[name] * argument if name in values else SYMPY_FUNCTIONS[name](argument)

    found = parse_latex(latex, backend="antlr")
    found = found.replace(lambda part: isinstance(part, AppliedUndef), applied)
    return float(found.subs({**values, "e": sympy.E}).evalf())


def written_out(latex):
    r"""LaTeX with a sum ``\sum_{k=0}^{n} w_k``, should it begin with one, as ``w_0 + … + w_n``."""
    found = re.match(r"\\sum_\{(\w)=0\}\^\{(\d+)\} ", latex)
    if not found:
        return latex
    depths = [latex[:k].count("(") - latex[:k].count(")") for k in range(len(latex))]
    plus = (k for k in range(found.end(), len(latex)) if latex.startswith(" + ", k) and not depths[k])
    end = next(plus, len(latex))

    def term(k):
        return re.sub(
            r"_(\w|\{\w+\})", lambda index: index[0].replace(found[1], str(k)), latex[found.end() : end]
        )

    return " + ".join(map(term, range(int(found[2]) + 1))) + latex[end:]


def holds(latex, numbers, expected, rel=1e-9):
    """Both readers find the number in the formula."""
    near = pytest.approx(expected, rel=rel)
    assert float(read_latex(latex, {name: mpf(x) for name, x in numbers.items()})) == near, latex
    assert by_sympy(written_out(latex), numbers) == near, latex


def same(ours, theirs):
    """Symbol for symbol, whitespace aside."""
    assert re.sub(r"\s", "", ours) == re.sub(r"\s", "", theirs)


def derivative(of, by):
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


def numbers_of(C, last=None):
    """The graph's numbers by the LaTeX of its symbols, and of its derivatives; those of C from backward()."""
    labels = names(C)
    shown = {node: symbol(label).latex(last) for node, label in labels.items()}
    found = {shown[node]: node.data for node in labels if node.label or node.parents}
    C.backward()
    for node in labels:
        found[derivative(shown[C], shown[node])] = node.grad
    for node in labels:
        for parent, slope in zip(node.parents, node.local_derivatives, strict=True):
            found[derivative(shown[node], shown[parent])] = slope
    return found


def sides(latex):
    """What stands right of each sign of equality in lines that align there."""
    body = latex.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
    return re.sub(r"\s*\\\\\n&\\quad", "", body).replace("\\\\\n", "").split("&= ")[1:]


def formulas(node, last=None, *, prime=True):
    """A node's formula and its local derivatives, as LaTeX."""
    value, slopes = of_node(node, names(node), prime=prime)
    return value.latex(last), {
        parent: slope.latex(last) for parent, slope in zip(node.parents, slopes, strict=True)
    }


def small_network():
    """One input, two hidden layers of one neuron, one output, sigmoid throughout; squared error."""
    model = MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(1))
    a = model([Value(0.6)])
    y = Value(1.0, label="y")
    C = losses.squared_error(a, y)
    C.label = "C_0"
    return model, a, y, C


def parts(a):
    """Pre-activation, bias, weights and inputs of a neuron's activation."""
    (z,) = a.parents
    b, *rest = z.parents
    n = len(rest) // 2
    return z, b, rest[:n], rest[n:]


class TestBackpropagationCalculus:
    """*Backpropagation Calculus*: a network with one neuron in each layer."""

    def test_the_cost_of_one_example(self):
        """C_0 = (a^(L) − y)²."""
        _, _, _, C = small_network()
        latex, _ = formulas(C, last=3)
        same(latex, r"(a^{(L)} - y)^2")
        holds(latex, numbers_of(C, 3), C.data)

    def test_the_activation(self):
        """a^(L) = σ(z^(L))."""
        _, a, _, C = small_network()
        latex, _ = formulas(a, last=3)
        same(latex, r"\sigma(z^{(L)})")
        holds(latex, numbers_of(C, 3), a.data)

    def test_the_pre_activation(self):
        """z^(L) = w^(L) a^(L−1) + b^(L)."""
        _, a, _, C = small_network()
        z, *_ = parts(a)
        latex, _ = formulas(z, last=3)
        same(latex, r"w^{(L)}a^{(L-1)} + b^{(L)}")
        holds(latex, numbers_of(C, 3), z.data)

    def test_the_derivative_by_the_weight(self):
        """∂C_0/∂w^(L), by name and by what the factors are."""
        _, a, _, C = small_network()
        _, _, (w,), _ = parts(a)
        by_name, by_symbol, by_number, result = sides(explain(C, w).latex(relative=True))
        same(
            by_name,
            r"\frac{\partial z^{(L)}}{\partial w^{(L)}} \frac{\partial a^{(L)}}{\partial z^{(L)}}"
            r"\frac{\partial C_0}{\partial a^{(L)}}",
        )
        same(by_symbol, r"a^{(L-1)} \sigma'(z^{(L)}) 2(a^{(L)} - y)")
        numbers = numbers_of(C, 3)
        for latex in (by_name, by_symbol):
            holds(latex, numbers, w.grad)
        for latex in (by_number, result):
            holds(latex, {}, w.grad, rel=1e-4)

    def test_the_derivative_by_the_activation(self):
        """∂C_0/∂a^(L) = 2(a^(L) − y)."""
        _, a, _, C = small_network()
        _, slopes = formulas(C, last=3)
        same(slopes[a], r"2(a^{(L)} - y)")
        holds(slopes[a], numbers_of(C, 3), a.grad)

    def test_the_other_two_factors(self):
        """∂a^(L)/∂z^(L) = σ′(z^(L)) and ∂z^(L)/∂w^(L) = a^(L−1)."""
        _, a, _, C = small_network()
        z, b, (w,), (before,) = parts(a)
        same(formulas(a, last=3)[1][z], r"\sigma'(z^{(L)})")
        _, slopes = formulas(z, last=3)
        same(slopes[w], r"a^{(L-1)}")
        same(slopes[before], r"w^{(L)}")
        same(slopes[b], "1")
        holds(formulas(a, last=3)[1][z], numbers_of(C, 3), a.local_derivatives[0])

    def test_the_derivatives_by_the_bias_and_by_the_activation_before(self):
        """∂C_0/∂b^(L) and ∂C_0/∂a^(L−1)."""
        _, a, _, C = small_network()
        _, b, _, (before,) = parts(a)
        numbers = numbers_of(C, 3)
        for node, theirs in (
            (b, r"1 \sigma'(z^{(L)}) 2(a^{(L)} - y)"),
            (before, r"w^{(L)} \sigma'(z^{(L)}) 2(a^{(L)} - y)"),
        ):
            _, by_symbol, *_ = sides(explain(C, node).latex(relative=True))
            same(by_symbol, theirs)
            holds(by_symbol, numbers, node.grad)

    def test_several_neurons(self):
        """C_0 = Σ_j (a_j^(L) − y_j)² and z_j^(L), of 3 neurons before 2; ∂C_0/∂a_k^(L−1) over two paths."""
        model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(2))
        a = model([Value(0.3), Value(-0.8)])
        C = losses.squared_error(a, [Value(0.0, label="y_0"), Value(1.0, label="y_1")])
        C.label = "C_0"
        numbers = numbers_of(C, 2)
        z, _, _, before = parts(a[1])
        same(formulas(C, 2)[0], r"(a_0^{(L)} - y_0)^2 + (a_1^{(L)} - y_1)^2")
        for node in (C, a[1], z):
            holds(formulas(node, 2)[0], numbers, node.data)
        by_name, by_symbol, *_ = sides(explain(C, before[1]).latex(relative=True))
        for latex in (by_name, by_symbol):
            holds(latex, numbers, before[1].grad)


def examples(count=2):
    """Two inputs, two hidden neurons, one output; the log-likelihood of each example, and their sum."""
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", rng=random.Random(3))
    costs = []
    for p in range(count):
        h = model([Value(0.5 + p), Value(-0.25 * p)])
        c = losses.log_likelihood(h, Value(float(p % 2), label=f"y^({p})"))
        c.label = f"c_{p}"
        costs.append((c, h))
    C = engine.total([c for c, _ in costs])
    C.label = "C"
    return model, costs, C


class TestDerivationInTheGeneralCase:
    """*Derivation of backpropagation equations in the general case*, equations 1 to 5, 12 and 13."""

    def test_equation_1(self):
        """The pre-activation from the layer before: bias, and the sum of weights times activations f(z).

        The document's layers are those of the weights that leave them; ours, those that they lead to.
        """
        w = [Value(0.1 * k - 0.2, label=f"w_1{k}^(2)") for k in range(5)]
        before = [Value(0.3 - 0.1 * k, label=f"z_{k}^(1)") for k in range(5)]
        a = [z.sigmoid() for z in before]
        for k, node in enumerate(a):
            node.label = f"a_{k}^(1)"
        z = engine.affine(Value(0.7, label="b_1^(2)"), w, a)
        z.label = "z_1^(2)"
        latex, _ = formulas(z)
        same(latex, r"\sum_{k=0}^{4} w_{1k}^{(2)} a_k^{(1)} + b_1^{(2)}")
        numbers = numbers_of(z)
        holds(latex, numbers, z.data)
        with_f = re.sub(r"a_k\^\{\(1\)\}", r"\\sigma(z_k^{(1)})", latex)
        holds(with_f, numbers, z.data)

    def test_equation_2(self):
        """The cost is a sum over examples and outputs of c(y, h): for the c of equation 12 and one output."""
        _, _, C = examples(count=6)
        latex, _ = formulas(C)
        same(latex, r"\sum_{j=0}^{5} c_j")
        holds(latex, numbers_of(C), C.data)

    def test_equation_3(self):
        """∂C/∂w is the sum over the examples of ∂c/∂w: a path for each, for a weight of the last layer."""
        model, costs, C = examples()
        w = model.layers[1].neurons[0].w[0]
        by_name, by_symbol, *_ = sides(explain(C, w).latex())
        numbers = numbers_of(C)
        for p in range(len(costs)):
            assert by_name.count(derivative("C", f"c_{p}")) == 1
        parts_of_it = []
        for c, _ in costs:
            w.grad = 0.0
            c.backward()
            parts_of_it.append(w.grad)
        assert sum(parts_of_it) == pytest.approx(numbers[derivative("C", symbol(w.label).latex())])
        for latex in (by_name, by_symbol):
            holds(latex, numbers, sum(parts_of_it))

    def test_equation_4(self):
        """∂c/∂w = ∂c/∂z ∂z/∂w: the error of the neuron times what the weight carries."""
        model, ((c, _), _), _ = examples()
        w = model.layers[0].neurons[1].w[0]
        told = explain(c, w).nested(delta=True)
        by_name, by_symbol, *_ = sides(told.latex())
        numbers = numbers_of(c)
        order = graph.topological_order(c)
        errors = {
            rf"\delta{symbol(node.label).latex()[1:]}": node.grad
            for node in order
            if node.label.startswith("z")
        }
        for latex in (by_name, by_symbol):
            holds(latex, numbers | errors, w.grad)

    def test_equation_5(self):
        """∂z/∂w_0 = 1, where w_0 is the bias."""
        _, ((_, h), _), _ = examples()
        z, b, *_ = parts(h)
        assert formulas(z)[1][b] == "1"
        assert z.local_derivatives[0] == 1

    def test_equations_6_and_12(self):
        """∂z/∂w = a, and the log-likelihood c = y log(h) + (1 − y) log(1 − h), ln being the natural one."""
        y, h = Value(1.0, label="y"), Value(0.8, label="h")
        c = losses.log_likelihood(h, y)
        latex, slopes = formulas(c)
        same(latex.replace(r"\ln", r"\log"), r"y \log(h) + (1 - y) \log(1 - h)")
        numbers = {"y": 1.0, "h": 0.8}
        holds(latex, numbers, c.data)
        holds(slopes[h], numbers, c.local_derivatives[0])
        w, a = Value(0.5, label="w"), Value(0.3, label="a")
        same(formulas(engine.affine(Value(0.1, label="b"), [w], [a]))[1][w], "a")

    def test_equation_13(self):
        """∂c/∂z = y − h, with h = σ(z): the formula of the cost that takes logits."""
        z, y = Value(0.4, label="z"), Value(1.0, label="y")
        c = losses.log_likelihood_from_logits(z, y)
        _, slopes = formulas(c)
        same(slopes[z], r"y - \sigma(z)")
        holds(slopes[z], {"z": 0.4, "y": 1.0}, c.local_derivatives[0])


def layered():
    """Two inputs, three and two sigmoid neurons, half the squared error: the setting of the error δ."""
    model = MLP(2, [3, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(5))
    a = model([Value(0.2), Value(0.9)])
    C = losses.half_squared_error(a, [Value(0.0, label="y_0"), Value(1.0, label="y_1")])
    C.label = "C"
    return model, a, C


class TestChapter2:
    """*Chapter 2: Backpropagation*: the error δ."""

    def test_the_error(self):
        """δ_j^l = ∂C/∂z_j^l: the formula that the nested form has for δ gives that derivative."""
        _, a, C = layered()
        z, *_ = parts(a[1])
        by_name, by_symbol, *_ = sides(explain(C, z).latex(relative=True))
        numbers = numbers_of(C, 2)
        for latex in (by_name, by_symbol):
            holds(latex, numbers, z.grad)

    def test_the_error_of_the_last_layer(self):
        """δ_j^L = ∂C/∂a_j^L σ′(z_j^L) = ∂C/∂a_j^L ∂a_j^L/∂z_j^L; our factors run from the weights to C."""
        _, a, C = layered()
        z, *_ = parts(a[1])
        by_name, by_symbol, *_ = sides(explain(C, z).latex(relative=True))
        slope, cost = derivative("a_1^{(L)}", "z_1^{(L)}"), derivative("C", "a_1^{(L)}")
        same(by_name, slope + cost)
        same(by_symbol, r"\sigma'(z_1^{(L)}) (a_1^{(L)} - y_1)")
        holds(cost + r" \sigma'(z_1^{(L)})", numbers_of(C, 2), z.grad)

    def test_the_sigmoid_and_its_slope(self):
        """a = 1/(1 + e^(−z)) and σ′(z) = σ(z)(1 − σ(z))."""
        z = Value(0.4, label="z")
        a = z.sigmoid()
        reading = read(engine.rules.sigmoid, (0,), prime=False, written_out=True)
        latex = Formula(reading.value, {reading.variables[0]: symbol("z")}, {}).latex()
        same(latex, r"\frac{1}{1+e^{-z}}")
        holds(latex, {"z": 0.4}, a.data)
        _, slopes = formulas(a, prime=False)
        same(slopes[z], r"\sigma(z)(1-\sigma(z))")
        holds(slopes[z], {"z": 0.4}, a.local_derivatives[0])

    def test_the_derivative_of_half_the_squared_error(self):
        """∂C/∂a_j^L = a_j^L − y_j, because C = ½ Σ_j (y_j − a_j^L)²; the document writes layers bare."""
        _, a, C = layered()
        latex, slopes = formulas(C, 2)
        same(slopes[a[1]].replace("^{(L)}", "^L").replace("_1", "_j"), "a_j^L - y_j")
        numbers = numbers_of(C, 2)
        holds(slopes[a[1]], numbers, a[1].grad)
        holds(latex, numbers, C.data)

    def test_the_matrix_form(self):
        """δ^L = ∇_a C ⊙ σ′(z^L), and with this cost (a^L − y) ⊙ σ′(z^L): the printed columns."""
        model, a, C = layered()
        shown = explain(C, model.layers[1].neurons[0].w[0]).matrix().latex()
        assert r"\nabla_a C \odot \sigma'(z^{(2)})" in shown
        columns = re.findall(r"\\begin\{bmatrix\} (.*?) \\end\{bmatrix\}", shown)
        nabla, slope, delta = (np.array([float(x) for x in column.split(r"\\")]) for column in columns[:3])
        difference = [node.data - y for node, y in zip(a, (0.0, 1.0), strict=True)]
        C.backward()
        errors = [node.parents[0].grad for node in a]
        assert nabla == pytest.approx(np.array(difference), rel=1e-4)
        assert nabla * slope == pytest.approx(delta, rel=1e-4)
        assert delta == pytest.approx(np.array(errors), rel=1e-4)

    def test_the_activation_and_the_error_before(self):
        """a_j^l = σ(Σ_k w_jk^l a_k^(l−1) + b_j^l); δ_j^l = (Σ_k w_kj^(l+1) δ_k^(l+1)) σ′(z_j^l)."""
        _, a, C = layered()
        z, _, _, before = parts(a[0])
        numbers = numbers_of(C)
        (before_z,) = before[1].parents
        told = sides(explain(C, before_z).nested(delta=True).latex())
        order = graph.topological_order(C)
        errors = {
            rf"\delta{symbol(node.label).latex()[1:]}": node.grad
            for node in order
            if node.label.startswith("z")
        }
        for latex in told[:2]:
            holds(latex.replace(r"\left(", "(").replace(r"\right)", ")"), numbers | errors, before_z.grad)
        inner, _ = formulas(z)
        holds(rf"\sigma({inner})", numbers, a[0].data)


class TestLecture3:
    """*Lecture 3: Multilayer Perceptron*: indices j and k."""

    @staticmethod
    def network():
        model = MLP(
            3, [6, 5], activation="sigmoid", output_activation="sigmoid", bias=False, rng=random.Random(7)
        )
        a = model([Value(0.1), Value(0.5), Value(-0.4)])
        C = losses.squared_error(a, [Value(float(j == 1), label=f"y_{j}") for j in range(5)])
        C.label = "C_0"
        return model, a, C

    def test_the_loss_of_one_node(self):
        """(a_j^(L) − y_j)²."""
        a, y = Value(0.7, label="a_1^(2)"), Value(1.0, label="y_1")
        C = losses.squared_error(a, y)
        latex, _ = formulas(C, last=2)
        same(latex.replace("_1", "_j"), "(a_j^{(L)} - y_j)^2")
        holds(latex, numbers_of(C, 2), C.data)

    def test_the_loss_of_all_nodes(self):
        """C_0 = Σ_j (a_j^(L) − y_j)², for n = 5."""
        _, _, C = self.network()
        latex, _ = formulas(C, last=2)
        same(latex.replace("{4}", "{n-1}"), r"\sum_{j=0}^{n-1} (a_j^{(L)} - y_j)^2")
        holds(latex, numbers_of(C, 2), C.data)

    def test_one_term_of_a_weighted_sum(self):
        """w_jk^(l) a_k^(l−1)."""
        w, a = Value(0.3, label="w_12^(2)"), Value(0.6, label="a_2^(1)")
        product = w * a
        latex, _ = formulas(product, last=2)
        same(latex, r"w_{12}^{(L)} a_2^{(L-1)}")
        holds(latex, numbers_of(product, 2), product.data)

    def test_the_weighted_sum(self):
        """z_j^(l) = Σ_k w_jk^(l) a_k^(l−1), for n = 6 and without a bias."""
        _, a, C = self.network()
        (z,) = a[1].parents
        latex, _ = formulas(z, last=2)
        same(
            latex.replace("{5}", "{n-1}").replace("w_{1k}", "w_{jk}"),
            r"\sum_{k=0}^{n-1} w_{jk}^{(L)} a_k^{(L-1)}",
        )
        holds(latex, numbers_of(C, 2), z.data)

    def test_the_activation(self):
        """a_j^(l) = g^(l)(z_j^(l)), with the sigmoid for g."""
        _, a, C = self.network()
        latex, slopes = formulas(a[1], last=2)
        same(latex, r"\sigma(z_1^{(L)})")
        numbers = numbers_of(C, 2)
        holds(latex, numbers, a[1].data)
        holds(slopes[a[1].parents[0]], numbers, a[1].local_derivatives[0])

    def test_the_derivative_by_one_weight(self):
        """∂C_0/∂w_12^(L): the three terms 2(a_1 − y_1), g′(z_1) and a_2, in the other order."""
        model, _, C = self.network()
        w = model.layers[1].neurons[1].w[2]
        by_name, by_symbol, *_ = sides(explain(C, w).latex(relative=True))
        same(by_symbol, r"a_2^{(L-1)} \sigma'(z_1^{(L)}) 2(a_1^{(L)} - y_1)")
        numbers = numbers_of(C, 2)
        for latex in (by_name, by_symbol):
            holds(latex, numbers, w.grad)


class TestNeuralNetworks2:
    """*Neural Networks (2)*: gradient descent, the errors β, and the network without a bias."""

    @staticmethod
    def outputs():
        """Neurons o_0 → o_1, o_2 with weights w_01, w_02 from neuron 0, and desired outputs d_1, d_2."""
        w = [Value(0.5, label="w_1"), Value(-0.7, label="w_2")]
        o_0 = Value(0.2, label="z_0").sigmoid()
        o_0.label = "o_0"
        o = [(v * o_0).sigmoid() for v in w]
        for k, node in enumerate(o, 1):
            node.parents[0].label, node.label = f"z_{k}", f"o_{k}"
        d = [Value(1.0, label="d_1"), Value(0.0, label="d_2")]
        C = losses.half_squared_error(o, d)
        C.label = "C"
        return w, o_0, o, d, C

    def test_the_update_rule(self):
        """W_(i+1) = W_i − η ∇L(W_i), for one weight: what the optimizer makes of it."""
        model, _, _, C = small_network()
        numbers_of(C)
        w = model.layers[2].neurons[0].w[0]
        eta, slope = Value(0.5, label="η"), Value(w.grad, label="g")
        old = Value(w.data, label="W")
        new = old - eta * slope
        new.parents[1].label = "s"
        outer, inner = formulas(new)[0], formulas(new.parents[1])[0]
        latex = outer.replace("s", inner)
        same(latex, r"W - \eta g")
        GradientDescent(model.parameters(), lr=0.5).step()
        holds(latex, {"W": old.data, r"\eta": 0.5, "g": slope.data}, w.data)

    def test_the_gradient(self):
        """∇L(W) is the vector of the ∂L/∂w: each as its own formula says."""
        model, _, _, C = small_network()
        numbers = numbers_of(C, 3)
        for node in model.parameters():
            by_name, by_symbol, *_ = sides(explain(C, node).latex(relative=True))
            for latex in (by_name, by_symbol):
                holds(latex, numbers, node.grad)

    def test_the_error_of_an_output(self):
        """β_z = d_z − o_z: minus the slope of half the squared error."""
        _, _, o, d, C = self.outputs()
        _, slopes = formulas(C)
        same(slopes[d[0]], "d_1 - o_1")
        numbers = numbers_of(C)
        holds(slopes[d[0]], numbers, -o[0].grad)

    def test_the_error_before(self):
        """β_j = Σ_k w_(j→k) o_k (1 − o_k) β_k: minus ∂C/∂o_j, each path a product of its factors."""
        w, o_0, o, d, C = self.outputs()
        numbers = numbers_of(C)
        terms = []
        for weight, node, wanted in zip(w, o, d, strict=True):
            (z,) = node.parents
            slope = formulas(node, prime=False)[1][z].replace(rf"\sigma({z.label})", node.label)
            same(slope, f"{node.label}(1 - {node.label})".replace("(", " (", 1))
            terms.append(f"{formulas(z)[1][o_0]} {slope} ({formulas(C)[1][wanted]})")
            assert weight.label in terms[-1]
        holds(" + ".join(terms), numbers, -o_0.grad)

    def test_the_weight_change(self):
        """Δw_(i→j) = η o_i o_j (1 − o_j) β_j: −η times the slope by the weight."""
        w, o_0, o, _, C = self.outputs()
        numbers = numbers_of(C) | {r"\eta": 0.1}
        _, by_symbol, *_ = sides(explain(C, w[0], prime=False).latex())
        latex = rf"-\eta {by_symbol}"
        assert o_0.label in by_symbol
        assert o[0].parents[0].label in by_symbol
        holds(latex, numbers, -0.1 * w[0].grad)

    def test_a_neuron_with_its_bias_as_a_weight(self):
        """y = σ(w_1 x_1 + … + w_p x_p + b), and the same with x_0 = 1 and w_0 for b."""
        w = [Value(0.2 * k - 0.3, label=f"w_{k}") for k in range(4)]
        x = [Value(1.0 - 0.5 * k, label=f"x_{k}") for k in range(4)]
        with_bias = engine.affine(w[0], w[1:], x[1:])
        without = engine.dot(w, x)
        for z, theirs in (
            (with_bias, "w_1 x_1 + w_2 x_2 + w_3 x_3 + w_0"),
            (without, "w_0 x_0 + w_1 x_1 + w_2 x_2 + w_3 x_3"),
        ):
            latex, _ = formulas(z)
            same(latex, theirs)
            holds(rf"\sigma({latex})", {node.label: node.data for node in w + x}, z.sigmoid().data)

    def test_the_loss_of_the_simple_network(self):
        """C_i = (a^(L) − y)² = (0.88 − 1)², and ∂C_i/∂w^(L), where z^(L) has no bias."""
        w, before = Value(2.0, label="w^(L)"), Value(math.log(0.88 / 0.12) / 2, label="a^(L-1)")
        z = w * before
        a = z.sigmoid()
        z.label, a.label = "z^(L)", "a^(L)"
        y = Value(1.0, label="y")
        C = losses.squared_error(a, y)
        C.label = "C_i"
        same(formulas(C)[0], "(a^{(L)} - y)^2")
        same(formulas(z)[0], "w^{(L)} a^{(L-1)}")
        assert r"(0.88 - 1)^2" in forward(C).latex()
        by_name, by_symbol, *_ = sides(explain(C, w).latex())
        same(by_symbol, r"a^{(L-1)} \sigma'(z^{(L)}) 2(a^{(L)} - y)")
        numbers = numbers_of(C)
        for latex in (by_name, by_symbol):
            holds(latex, numbers, w.grad)

    def test_the_table_of_rules(self):
        """xⁿ and n xⁿ⁻¹, f + g, f − g, f g, f/g and 1/f, with their derivatives by operand."""
        x, n = Value(1.7, label="x"), 3
        power = x**n
        same(formulas(power)[1][x], "3 x^2")
        f, g = Value(0.6, label="f"), Value(-1.3, label="g")
        expected = {
            f + g: ("f + g", "1", "1"),
            f - g: ("f - g", "1", "-1"),
            f * g: ("f g", "g", "f"),
            f / g: (r"\frac{f}{g}", r"\frac{1}{g}", r"-\frac{f}{g^2}"),
            1 / f: (r"\frac{1}{f}", None, r"-\frac{1}{f^2}"),
        }
        for node, (value, *slopes) in expected.items():
            shown, by = formulas(node)
            same(shown, value)
            holds(shown, {"f": 0.6, "g": -1.3}, node.data)
            for parent, slope, number in zip(node.parents, slopes, node.local_derivatives, strict=True):
                if slope:
                    same(by[parent], slope)
                    holds(by[parent], {"f": 0.6, "g": -1.3}, number)


def test_the_layers_follow_one_another():
    """Layers count back from L: the layer before L is L−1, the one before that L−2."""
    shown = [symbol(f"a^({k})").latex(last=3) for k in (3, 2, 1, 0)]
    assert shown == ["a^{(L)}", "a^{(L-1)}", "a^{(L-2)}", "a^{(L-3)}"]
