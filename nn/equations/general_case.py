"""*Derivation of backpropagation equations in the general case*: a cost of its own for each output node.

Its weight w_{n_l n_{l+1}}^l leaves layer l; here it is w^{l+1}, transposed.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .activations import activation_named
from .costs import cost_named
from .matrix import Gradients
from .network import Network, forward
from .shapes import Array, examples, matrix, vector

_sigmoid = activation_named("sigmoid").value


def node_errors(network: Network, cost: str, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, ...]:
    """∂c_{n_L}/∂z^l of one example for every layer l: shape (N_L, N_l), one row per output node.

    The sum over the rows is the ordinary error δ^l.

    >>> network = Network([np.array([[1.0], [2.0]])], [np.zeros(2)], ["linear"])
    >>> node_errors(network, "half_squared_error", [1.0], [0.0, 0.0])[0].tolist()
    [[1.0, 0.0], [0.0, 2.0]]

    Source: *Derivation of backpropagation equations in the general case*, equations (4)–(10); the left
    side of (8) lacks the ∂ of its denominator.
    """
    c = cost_named(cost)
    if not c.splits:
        raise ValueError(
            f"{cost} does not split into one cost per output node: use `errors` for the whole of it."
        )
    z, a = forward(network, x)
    slopes = [activation_named(name).slope(z_l) for name, z_l in zip(network.activations, z, strict=True)]
    rows = [np.diag(c.slope(a[-1], y) * slopes[-1])]
    for next_weight, slope in zip(reversed(network.weights[1:]), reversed(slopes[:-1]), strict=True):
        rows.insert(0, slope * (rows[0] @ next_weight))
    return tuple(rows)


def general_gradients(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> Gradients:
    """∂C/∂w = Σ_p a^p Σ_{n_L} ∂c_{n_L}^p/∂z^p, and for the bias the same without a^p.

    Examples are rows, xs (P, N_0) and ys (P, N_L); C is summed over examples and output nodes.

    >>> network = Network([np.array([[1.0], [2.0]])], [np.zeros(2)], ["linear"])
    >>> general_gradients(network, "half_squared_error", [[1.0], [2.0]], [[0.0, 0.0]] * 2).weights[0].tolist()
    [[5.0], [10.0]]

    Source: *Derivation of backpropagation equations in the general case*, equations (2), (3), (9) and (10).
    """
    xs, ys = examples(xs, ys, network.sizes[0], network.sizes[-1])
    weights = [np.zeros(w.shape) for w in network.weights]
    biases = [np.zeros(b.shape) for b in network.biases]
    for x, y in zip(xs, ys, strict=True):
        a = forward(network, x).a
        for layer, rows in enumerate(node_errors(network, cost, x, y)):
            delta = rows.sum(axis=0)
            weights[layer] += np.outer(delta, a[layer])
            biases[layer] += delta
    return Gradients(tuple(weights), tuple(biases))


def one_output_error(
    output_weight: npt.ArrayLike, output_delta: float, activation: str, z: npt.ArrayLike
) -> Array:
    """∂c/∂z^{L−1} = f'(z^{L−1}) w^L ∂c/∂z^L for a single output neuron: (1, N_{L−1}) to (N_{L−1},).

    >>> one_output_error([[2.0, -1.0]], 3.0, "linear", z=[0.0, 0.0]).tolist()
    [6.0, -3.0]

    Source: *Derivation of backpropagation equations in the general case*, equation (11). It writes l for
    L: only the layer right below the one output does without the sum over n_l.
    """
    row = matrix("output_weight", output_weight)
    if len(row) != 1:
        raise ValueError(
            f"output_weight has shape {row.shape}, expected (1, N): pass the weights of one output neuron, "
            "or use `hidden_error`."
        )
    weight: Array = row[0]
    return activation_named(activation).slope(vector("z", z, len(weight))) * weight * output_delta


def sigmoid_likelihood_error(y: npt.ArrayLike, h: npt.ArrayLike) -> Array:
    """∂c/∂z^L = y − h = d for a sigmoid output h and the log-likelihood; all of shape (N_L,).

    >>> sigmoid_likelihood_error([1.0, 0.0], [0.75, 0.25]).tolist()
    [0.25, -0.25]

    Source: *Derivation of backpropagation equations in the general case*, equations (12) and (13): “it can
    be checked”. The likelihood is to be climbed; the error of its negative, the cost, is h − y.
    """
    length = max(1, np.size(y))
    return vector("y", y, length) - vector("h", h, length)


def sigmoid_likelihood_gradients(
    weights: Sequence[Array], biases: Sequence[Array], xs: npt.ArrayLike, ys: npt.ArrayLike
) -> Gradients:
    """Gradients of the log-likelihood, summed over examples, of a network of sigmoids of any depth.

    Examples are rows, xs (P, N_0) and ys (P, N_L). Only activations are needed, as σ' = a(1 − a).

    >>> w, b = np.zeros((1, 1)), np.zeros(1)
    >>> slopes = sigmoid_likelihood_gradients([w], [b], xs=[[1.0], [2.0]], ys=[[1.0], [1.0]])
    >>> slopes.weights[0].tolist(), slopes.biases[0].tolist()
    ([[1.5]], [1.0])

    Source: *Derivation of backpropagation equations in the general case*, equation (13).
    """
    sizes = Network(weights, biases, ["sigmoid"] * len(weights)).sizes
    xs, ys = examples(xs, ys, sizes[0], sizes[-1])
    a = [xs]
    for weight, bias in zip(weights, biases, strict=True):
        a.append(_sigmoid(a[-1] @ weight.T + bias))
    d = [ys - a[-1]]
    for next_weight, a_l in zip(reversed(weights[1:]), reversed(a[1:-1]), strict=True):
        d.insert(0, a_l * (1 - a_l) * (d[0] @ next_weight))
    outer = (d_l.T @ before for d_l, before in zip(d, a, strict=False))
    return Gradients(tuple(outer), tuple(d_l.sum(axis=0) for d_l in d))


def two_layer_gradients(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> Gradients:
    """Gradients of C = Σ_p C_p of a network with one hidden layer, all examples at once.

    Examples are rows, xs (P, Q) and ys (P, N_2).

    >>> network = Network([np.array([[2.0]]), np.array([[3.0]])], [np.zeros(1)] * 2, ["linear"] * 2)
    >>> two_layer_gradients(network, "half_squared_error", [[1.0]], [[5.0]]).weights[0].tolist()
    [[3.0]]

    Source: *Derivation of backpropagation equations in the general case*, equation (14); its z^{p,l−1} is
    z^{p,1}, and the n_l and n_L of its sums are both n_2.
    """
    if len(network.weights) != 2:
        raise ValueError(
            f"{len(network.weights)} layers came, expected 2: use `summed_gradients` for any depth."
        )
    xs, ys = examples(xs, ys, network.sizes[0], network.sizes[-1])
    f, g = (activation_named(name) for name in network.activations)
    c = cost_named(cost)
    z1 = xs @ network.weights[0].T + network.biases[0]
    a1 = f.value(z1)
    z2 = a1 @ network.weights[1].T + network.biases[1]
    at_output = np.array([c.slope(a, y) for a, y in zip(g.value(z2), ys, strict=True)])
    d2 = at_output * g.slope(z2)
    d1 = f.slope(z1) * (d2 @ network.weights[1])
    return Gradients((d1.T @ xs, d2.T @ a1), (d1.sum(axis=0), d2.sum(axis=0)))


def two_two_one_gradients(
    weights: Sequence[Array], biases: Sequence[Array], xs: npt.ArrayLike, ys: npt.ArrayLike
) -> Gradients:
    """Gradients of the summed log-likelihood of 2 inputs, 2 hidden sigmoids and 1 sigmoid output.

    weights of shapes (2, 2) and (1, 2), biases (2,) and (1,), examples as rows, xs (P, 2) and ys (P, 1).

    >>> weights, biases = [np.eye(2), np.array([[1.0, -1.0]])], [np.zeros(2), np.zeros(1)]
    >>> two_two_one_gradients(weights, biases, [[0.0, 0.0]], [[1.0]]).biases[0].tolist()
    [0.125, -0.125]

    Source: *Derivation of backpropagation equations in the general case*, equation (15), whose sums run over
    p = 1, 2 where all P examples are meant; the output layer, where it leaves “the derivative directly” to
    the reader, is Σ_p a_{n_1} (y − h) and Σ_p (y − h).
    """
    sizes = Network(weights, biases, ["sigmoid"] * len(weights)).sizes
    if sizes != (2, 2, 1):
        raise ValueError(
            f"a {'-'.join(map(str, sizes))} network came, expected 2-2-1: use `sigmoid_likelihood_gradients`."
        )
    xs, ys = examples(xs, ys, 2, 1)
    a = _sigmoid(xs @ weights[0].T + biases[0])
    d = ys - _sigmoid(a @ weights[1].T + biases[1])
    hidden = weights[1] * a * (1 - a) * d
    return Gradients((hidden.T @ xs, d.T @ a), (hidden.sum(axis=0), d.sum(axis=0)))
