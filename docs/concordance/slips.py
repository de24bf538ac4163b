"""Where a text has a slip: the formula as printed, the formula as meant, and a number that decides.

``slips()`` computes every number anew: the printed and the meant reading in NumPy, the third by the engine.
"""

from dataclasses import dataclass

import numpy as np

from engine import Value, grad, mean, total
from nn import MLP, GradientDescent
from nn.losses import binary_cross_entropy, half_squared_error, log_likelihood, squared_error


@dataclass(frozen=True)
class Slip:
    """One slip: its formula (such as "calculus 29"), both readings, what is computed, and the three numbers."""

    formula: str
    printed: str
    meant: str
    what: str
    by_printed: float
    by_meant: float
    by_engine: float


X, Y = np.array([0.5, -1.0]), np.array([1.0, 0.0])
W1 = np.array([[-0.7, -1.0], [-0.9, 0.4], [2.0, -1.8]])
W2 = np.array([[-1.3, 0.3, -1.4], [-1.8, -1.6, 0.7]])
B1, B2 = np.array([-0.5, -0.8, -1.2]), np.array([-1.3, 1.5])


def sigmoid(z):
    """σ(z)."""
    return 1 / (1 + np.exp(-np.asarray(z)))


Z1 = W1 @ X + B1
A1 = sigmoid(Z1)
Z2 = W2 @ A1 + B2
A2 = sigmoid(Z2)
S1, S2 = A1 * (1 - A1), A2 * (1 - A2)  # σ′(z) of both layers


class Network:
    """The same 2-3-2 network in the engine, with every node of one example, after a backward pass."""

    def __init__(self, cost, x=X, y=Y, weights=((W1, B1), (W2, B2))):
        sizes = [len(bias) for _, bias in weights]
        self.model = MLP(len(weights[0][0][0]), sizes, activation="sigmoid", output_activation="sigmoid")
        for layer, (w, b) in zip(self.model.layers, weights, strict=True):
            numbers = np.column_stack([w, b]).ravel().tolist()
            for parameter, number in zip(layer.parameters(), numbers, strict=True):
                parameter.data = number
        self.a, self.z = {0: self.model.layers[0].inputs(list(x))}, {}
        for l, layer in enumerate(self.model.layers, start=1):
            self.z[l] = layer.pre_activations(self.a[l - 1])
            self.a[l] = layer.activate(self.z[l])
        last = self.a[len(sizes)]
        self.costs = [cost(a_j, y_j) for a_j, y_j in zip(last, y, strict=True)]
        self.C = total(self.costs)
        self.C.backward()

    def weight(self, l, j, k):
        """w_jk^(l)."""
        return self.model.layers[l - 1].neurons[j].w[k]


def slips():
    """Compute all of them, text by text."""
    return [*of_calculus(), *of_general(), *of_delta(), *of_lecture(), *of_week9()]


def of_calculus():
    """Yield the slips of *Backpropagation Calculus*."""
    net = Network(squared_error)
    d = 2 * (A2 - Y)
    yield Slip(
        "calculus 20", "C_0 = Σ_j (a_j^(L) − y)²", "C_0 = Σ_j (a_j^(L) − y_j)²", "C_0, with y = y_0 in print",
        np.sum((A2 - Y[0]) ** 2), np.sum((A2 - Y) ** 2), net.C.data,
    )  # fmt: skip
    yield Slip(
        "calculus 29", "Σ_k w_jk^(l+1) σ′(z_j^(l+1)) ∂C/∂a_j^(l+1)", "Σ_k w_kj^(l+1) σ′(z_k^(l+1)) ∂C/∂a_k^(l+1)",
        "∂C/∂a_1^(1)",
        sum(W2[1, k] * S2[1] * d[1] for k in (0, 1)), sum(W2[k, 1] * S2[k] * d[k] for k in (0, 1)),
        net.a[1][1].grad,
    )  # fmt: skip
    yield Slip(
        "calculus 30", "∂C/∂a_j^(l) = 2(a_j^(L) − y_j), for any l", "∂C/∂a_j^(L) = 2(a_j^(L) − y_j); for l < L formula 29",
        "∂C/∂a_0^(1)", d[0], sum(W2[k, 0] * S2[k] * d[k] for k in (0, 1)), net.a[1][0].grad,
    )  # fmt: skip


def of_general():
    """Yield the slips of *Derivation of backpropagation equations in the general case*."""
    net = Network(squared_error)
    d = 2 * (A2 - Y)
    yield Slip(
        "general 1", "… = w_{n_0 n_{l+1}} + Σ …, without the l", "… = w_{0 n_{l+1}}^l + Σ …",
        "z_1 of layer 2, with the bias of layer 1 in print", W2[0] @ A1 + B1[0], W2[0] @ A1 + B2[0], net.z[2][0].data,
    )  # fmt: skip
    yield Slip(
        "general 8", "∂z_{n_{l+2}}^{p,l+2} / z_{n_{l+1}}^{p,l+1}", "∂z_{n_{l+2}}^{p,l+2} / ∂z_{n_{l+1}}^{p,l+1}",
        "node 1 of layer 2 by node 1 of layer 1, print read as a quotient",
        Z2[0] / Z1[0], W2[0, 0] * S1[0], grad(net.z[2][0], net.z[1][0]).data,
    )  # fmt: skip
    whole = sum(W2[k, 0] * S2[k] * d[k] for k in (0, 1)) * S1[0]
    yield Slip(
        "general d", "if the ∂c^p/∂z_{n_{l+2}}^{p,l+2} are known", "if the ∂c_{n_L}^p/∂z_{n_{l+2}}^{p,l+2} are known",
        "∂c_1/∂z_1 of layer 1, with the sum of the costs in print",
        whole, W2[0, 0] * S2[0] * d[0] * S1[0], grad(net.costs[0], net.z[1][0]).data,
    )  # fmt: skip
    w3, b3 = np.array([[0.8, -1.1]]), np.array([0.2])
    deep = Network(squared_error, y=[1.0], weights=((W1, B1), (W2, B2), (w3, b3)))
    a3 = sigmoid(w3 @ A2 + b3)
    delta2 = S2 * w3[0] * (a3 * (1 - a3) * 2 * (a3 - 1))
    yield Slip(
        "general 11", "(11) with l: for any layer", "(11) with L: for the layer below the output",
        "∂c/∂z_1 of layer L−2, by its first node alone in print",
        S1[0] * W2[0, 0] * delta2[0], S1[0] * (W2[:, 0] @ delta2), deep.z[1][0].grad,
    )  # fmt: skip
    yield Slip(
        "general 11", "One output layer: N_l = 1", "One output neuron: N_L = 1", "N_2 of a 2-3-2-1 network",
        1, len(B2), len(deep.z[2]),
    )  # fmt: skip
    z, y = Value(0.4), 1.0
    h = sigmoid(0.4)
    yield Slip(
        "general 12", "the cost c = y log h + (1 − y) log(1 − h)", "the likelihood c, to be climbed; the cost is −c",
        "derivative of the cost by z at z = 0.4, y = 1", y - h, h - y, grad(binary_cross_entropy(z.sigmoid(), y), z).data,
    )  # fmt: skip
    yield Slip(
        "general 14", "Σ_{n_l} w_{n_1 n_l}^1 ∂c_{n_2}/∂z_{n_2}^{p,2}, and l−1, n_L in lines 2 and 3",
        "Σ_m w_{n_1 m}^1 ∂c_{n_2}/∂z_m^{p,2}, and 1, n_2", "∂c_1/∂z_1 of layer 1",
        S1[0] * W2[:, 0].sum() * S2[0] * d[0], S1[0] * W2[0, 0] * S2[0] * d[0], grad(net.costs[0], net.z[1][0]).data,
    )  # fmt: skip
    yield of_two_two_one()


def of_two_two_one():
    """Equation (15), whose sums end at p = 2, on the four examples of exclusive or."""
    xs, ys = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
    w1, b1, w2, b2 = W1[:2], B1[:2], W2[:1, :2], B2[:1]
    a = sigmoid(xs @ w1.T + b1)
    h = sigmoid(a @ w2[0] + b2[0])
    terms = w2[0, 0] * a[:, 0] * (1 - a[:, 0]) * (ys - h)
    by_engine = sum(
        Network(log_likelihood, x, [y], ((w1, b1), (w2, b2))).model.layers[0].neurons[0].b.grad
        for x, y in zip(xs, ys, strict=True)
    )
    return Slip(
        "general 15", "Σ_{p=1}^2", "Σ_{p=1}^P", "∂C/∂w_{01}^0 for the four examples of exclusive or",
        terms[:2].sum(), terms.sum(), by_engine,
    )  # fmt: skip


def of_delta():
    """Yield the slips of *Chapter 2: Backpropagation*."""
    net = Network(half_squared_error)
    delta2 = (A2 - Y) * S2
    delta1 = (W2.T @ delta2) * S1
    yield Slip(
        "delta 9", "w_jk^l leads to the lth neuron in layer l", "w_jk^l leads to the jth neuron in layer l",
        "∂z_2^1/∂w_20^1 (in print this weight leads to neuron 1)", 0.0, X[0], grad(net.z[1][2], net.weight(1, 2, 0)).data,
    )  # fmt: skip
    yield Slip(
        "delta 11", "δ^L = ((w^(L+1))ᵀ δ^(L+1)) ⊙ σ′(z^L)", "δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ′(z^l), l < L",
        "δ_1^2 of the last layer, which no layer L+1 follows", 0.0, delta2[1], net.z[2][1].grad,
    )  # fmt: skip
    yield Slip(
        "delta 12", "Σ_{j=1}^{n+1}", "Σ_j over the neurons of layer l+1", "terms of the sum for a neuron of layer 1, n = 3",
        4, len(B2), sum(net.a[1][0] in z.parents for z in net.z[2]),
    )  # fmt: skip
    yield Slip(
        "delta 15", "δ_j^L = (Σ_j w_jk δ_j) σ′(z_k), here j = 1", "δ_k^l = (Σ_j w_jk δ_j) σ′(z_k), here k = 2",
        "the left side; the engine: the right side, k = 2", delta1[1], delta1[2], net.z[1][2].grad,
    )  # fmt: skip
    yield Slip(
        "delta 26", "δ_j^l = (wᵀδ) ⊙ σ′(z^l): one number", "δ^l = (wᵀδ) ⊙ σ′(z^l): a vector",
        "entries of the left side for layer 1; the engine: of the right side", 1, len(delta1), len(net.z[1]),
    )  # fmt: skip


def of_lecture():
    """Yield the slips of *Lecture 3: Multilayer Perceptron*."""
    net = Network(squared_error)
    d = 2 * (A2 - Y)
    yield Slip(
        "lecture 7", "n outputs, n nodes below, n samples", "n_L outputs, n_{L−1} nodes below, n samples",
        "z_0^(2), its sum with the n = 2 of the outputs", W2[0, :2] @ A1[:2] + B2[0], W2[0] @ A1 + B2[0], net.z[2][0].data,
    )  # fmt: skip
    yield Slip(
        "lecture 9", "z_j^(l) = Σ_k w_jk^(l) a_k^(l−1)", "z_j^(l) = Σ_k w_jk^(l) a_k^(l−1) + b_j^(l)",
        "z_0^(2)", W2[0] @ A1, W2[0] @ A1 + B2[0], net.z[2][0].data,
    )  # fmt: skip
    yield Slip(
        "lecture 12", "C_0j depends on a_j^(l), for any l", "C_0j depends on a_j^(L); on a_k^(l) all of them do",
        "∂C_0/∂a_0^(1), by C_00 alone in print",
        W2[0, 0] * S2[0] * d[0], sum(W2[k, 0] * S2[k] * d[k] for k in (0, 1)), net.a[1][0].grad,
    )  # fmt: skip
    yield Slip(
        "lecture 15", "(a_1^(L) − y_0)²", "(a_1^(L) − y_1)²", "∂C_0/∂a_1^(L)",
        2 * (A2[1] - Y[0]), d[1], net.a[2][1].grad,
    )  # fmt: skip
    other = Network(squared_error, [-1.0, 0.7], [0.0, 1.0])
    w = net.weight(2, 1, 2)
    first, second = w.grad, other.weight(2, 1, 2).grad
    costs = [total([squared_error(a, y) for a, y in zip(net.model(x), y, strict=True)]) for x, y in SAMPLES]
    yield Slip(
        "lecture 23", "∂C_0/∂w_12 = 1/n Σ_i ∂C_i/∂w_12", "∂C/∂w_12 = 1/n Σ_i ∂C_i/∂w_12", "the left side, two samples",
        first, (first + second) / 2, grad(mean(costs), w).data,
    )  # fmt: skip
    yield Slip(
        "lecture 24", "∂C_0/∂q_2^(L−1)", "∂C_0/∂a_2^(L−1)", "the derivative (there is no q in C_0)",
        0.0, sum(W2[k, 2] * S2[k] * d[k] for k in (0, 1)), net.a[1][2].grad,
    )  # fmt: skip


SAMPLES = [(X.tolist(), Y.tolist()), ([-1.0, 0.7], [0.0, 1.0])]


def of_week9():
    """Yield the slips of *Neural Networks (2)*."""
    net = Network(squared_error)
    d = 2 * (A2 - Y)
    back = {k: sum(W2[j, k] * S2[j] * d[j] for j in (0, 1)) for k in range(3)}
    model = Network(half_squared_error).model
    before = model.layers[1].neurons[0].b.data
    change = -0.5 * (A2[0] - Y[0]) * S2[0]
    GradientDescent(model.parameters(), lr=0.5).step()
    yield Slip(
        "week9 11", "change the weights by the update rule, W − …", "add the Δw: β = d − o has the minus already",
        "the bias of output 0 after a step, η = 0.5", before - change, before + change, model.layers[1].neurons[0].b.data,
    )  # fmt: skip
    yield Slip(
        "week9 37", "C_i = Σ (a_j^(L) − y_j)²", "C_i = Σ_j (a_j^(L) − y_j)²", "C_i, with j = 0 in both terms in print",
        2 * (A2[0] - Y[0]) ** 2, np.sum((A2 - Y) ** 2), net.C.data,
    )  # fmt: skip
    yield Slip(
        "week9 41", "a_m^(L−2) σ′(z_j^(L−1)) Σ_j …", "a_m^(L−2) σ′(z_k^(L−1)) Σ_j …", "∂C_i/∂w_21^(1), with j = 0 in print",
        X[1] * S1[0] * back[2], X[1] * S1[2] * back[2], net.weight(1, 2, 1).grad,
    )  # fmt: skip
    yield Slip(
        "week9 43", "… 2(a_j^(L) − y_i)", "… 2(a_j^(L) − y_j)", "∂C_i/∂w_12^(2), with i = 0",
        A1[2] * S2[1] * 2 * (A2[1] - Y[0]), A1[2] * S2[1] * d[1], net.weight(2, 1, 2).grad,
    )  # fmt: skip
    yield Slip(
        "week9 43", "others: Σ_j w_jk^(L+1) σ′(z_j^(L+1)) ∂C_i/∂a_j^(L+1)",
        "others: Σ_m w_mj^(l+1) σ′(z_m^(l+1)) ∂C_i/∂a_m^(l+1)", "∂C_i/∂w_21^(1)",
        X[1] * S1[2] * sum(W2[j, 1] * S2[j] * d[j] for j in (0, 1)), X[1] * S1[2] * back[2], net.weight(1, 2, 1).grad,
    )  # fmt: skip
