"""Three forms from single documents: the bias as a weight, a cost for each output node, and β.

The bias is the weight w_0 of a constant input x_0 = 1, so that one block of code serves all the weights.

*Derivation of backpropagation equations in the general case* has a separate cost for each output node. Its
weight w_{n_l n_{l+1}}^l leaves layer l; here it is w^{l+1}, transposed.

The algorithm of *Neural Networks (2)* is followed to the letter: β, η, Δw. Every node
is a sigmoid with output o; biases are weights from a constant-1 node (`fold`). With the cost C = ½ Σ (d − o)²
the lecture's β of a node is −∂C/∂o, so Δw = −η ∂C/∂w: gradient descent. (With the lecture's own
C = Σ (a − y)² there would be a factor 2, which η absorbs.)
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .matrices import Gradients, hidden_error, output_error, weight_gradient
from .network import (
    Array,
    ForwardPass,
    Network,
    activation_named,
    cost_named,
    examples,
    forward,
    matrix,
    vector,
)


def fold(weight: npt.ArrayLike, bias: npt.ArrayLike) -> Array:
    """Return [b | w]: the bias becomes column 0; from (N_l, N_{l−1}) and (N_l,) to (N_l, 1 + N_{l−1}).

    >>> fold([[2.0, 3.0]], [1.0]).tolist()
    [[1.0, 2.0, 3.0]]

    Source: “let x_0 = 1, b = w_0” in *Neural Networks (2)*.
    In docs/concordance.md: general b; week9 12.
    """
    weight = matrix("weight", weight)
    return np.column_stack([vector("bias", bias, len(weight)), weight])


def unfold(augmented: npt.ArrayLike) -> tuple[Array, Array]:
    """Return weight and bias of a folded matrix: from (N_l, 1 + N_{l−1}) to (N_l, N_{l−1}) and (N_l,).

    >>> weight, bias = unfold([[1.0, 2.0, 3.0]])
    >>> weight.tolist(), bias.tolist()
    ([[2.0, 3.0]], [1.0])

    Source: w_{0 n} beside w_{n_l n} in *Derivation of backpropagation equations in the general case*,
    equation (5) beside (6); equation (1) still calls it w_{n_0 n}, once without its layer l.
    In docs/concordance.md: general 1, b.
    """
    augmented = matrix("augmented weight", augmented)
    if augmented.shape[1] < 2:
        raise ValueError(
            f"augmented weight has shape {augmented.shape}, expected at least 2 columns: "
            "pass the biases as column 0, and one column per input after it."
        )
    return augmented[:, 1:].copy(), augmented[:, 0].copy()


def prepend_one(a: npt.ArrayLike) -> Array:
    """Return (1, a_1, …), the constant input before the others; from (N,) to (1 + N,).

    >>> prepend_one([7.0, 8.0]).tolist()
    [1.0, 7.0, 8.0]

    Source: x_0 = 1 in *Neural Networks (2)*.
    In docs/concordance.md: week9 12, 14.
    """
    return np.concatenate([[1.0], vector("a", a, np.size(a))])


def folded_network(augmented: Sequence[Array], activations: Sequence[str]) -> Network:
    """Build the same network with its biases apart; this also checks the shapes.

    >>> folded_network([np.array([[1.0, 2.0, 3.0]])], ["linear"]).sizes
    (2, 1)

    Source: as of `unfold`.
    """
    pairs = [unfold(weight) for weight in augmented]
    return Network([weight for weight, _ in pairs], [bias for _, bias in pairs], activations)


def folded_forward(augmented: Sequence[Array], activations: Sequence[str], x: npt.ArrayLike) -> ForwardPass:
    """Return z^l = [b | w]^l (1, a^{l−1}) and a^l = f(z^l) for every layer; a comes without the ones.

    >>> folded_forward([np.array([[-4.0, 2.0, 1.0]])], ["relu"], [1.0, 5.0]).z[0].tolist()
    [3.0]

    Source: σ(w_0 x_0 + w_1 x_1 + … + w_p x_p) in *Neural Networks (2)*.
    In docs/concordance.md: week9 13, 14.
    """
    z: list[Array] = []
    a = [vector("x", x, folded_network(augmented, activations).sizes[0])]
    for weight, name in zip(augmented, activations, strict=True):
        z.append(weight @ prepend_one(a[-1]))
        a.append(activation_named(name).value(z[-1]))
    return ForwardPass(tuple(z), tuple(a))


def folded_gradients(
    augmented: Sequence[Array], activations: Sequence[str], cost: str, x: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[Array, ...]:
    """Return ∂C/∂[b | w]^l = δ^l (1, a^{l−1})^T of one example for every layer, shaped like `augmented`.

    No error flows back into the constant: column 0 stays out of the sum over paths.

    >>> folded_gradients([np.array([[0.0, 2.0]])], ["linear"], "half_squared_error", [3.0], [5.0])[0].tolist()
    [[1.0, 3.0]]

    Source: *Derivation of backpropagation equations in the general case*, equations (5) and (6).
    In docs/concordance.md: general 5, 6; week9 14.
    """
    z, a = folded_forward(augmented, activations, x)
    delta = output_error(cost, activations[-1], z[-1], y)
    slopes = [weight_gradient(delta, prepend_one(a[-2]))]
    for layer in reversed(range(len(augmented) - 1)):
        delta = hidden_error(augmented[layer + 1][:, 1:], delta, activations[layer], z[layer])
        slopes.insert(0, weight_gradient(delta, prepend_one(a[layer])))
    return tuple(slopes)


def folded_summed_gradients(
    augmented: Sequence[Array], activations: Sequence[str], cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike
) -> tuple[Array, ...]:
    """Return ∂C/∂[b | w]^l of C = Σ_p C_p over examples as rows, xs (P, N_0) and ys (P, N_L).

    >>> weights, xs, ys = [np.array([[0.0, 1.0]])], [[1.0], [2.0]], [[0.0], [0.0]]
    >>> folded_summed_gradients(weights, ["linear"], "squared_error", xs, ys)[0].tolist()
    [[6.0, 10.0]]

    Source: *Derivation of backpropagation equations in the general case*, equation (9).
    In docs/concordance.md: general 9.
    """
    sizes = folded_network(augmented, activations).sizes
    xs, ys = examples(xs, ys, sizes[0], sizes[-1])
    each = [folded_gradients(augmented, activations, cost, x, y) for x, y in zip(xs, ys, strict=True)]
    return tuple(np.sum(layer, axis=0) for layer in zip(*each, strict=True))


# ── *Derivation of backpropagation equations in the general case* ─────────────────────────────────

_sigmoid = activation_named("sigmoid").value


def node_errors(network: Network, cost: str, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, ...]:
    """Return ∂c_{n_L}/∂z^l of one example for every layer l: shape (N_L, N_l), one row per output node.

    The sum over the rows is the ordinary error δ^l.

    >>> network = Network([np.array([[1.0], [2.0]])], [np.zeros(2)], ["linear"])
    >>> node_errors(network, "half_squared_error", [1.0], [0.0, 0.0])[0].tolist()
    [[1.0, 0.0], [0.0, 2.0]]

    Source: *Derivation of backpropagation equations in the general case*, equations (4)–(10); the left
    side of (8) lacks the ∂ of its denominator.
    In docs/concordance.md: general 4 to 8, c, 9, d, 10.
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
    """Return ∂C/∂w = Σ_p a^p Σ_{n_L} ∂c_{n_L}^p/∂z^p, and for the bias the same without a^p.

    Examples are rows, xs (P, N_0) and ys (P, N_L); C is summed over examples and output nodes.

    >>> network = Network([np.array([[1.0], [2.0]])], [np.zeros(2)], ["linear"])
    >>> general_gradients(network, "half_squared_error", [[1.0], [2.0]], [[0.0, 0.0]] * 2).weights[0].tolist()
    [[5.0], [10.0]]

    Source: *Derivation of backpropagation equations in the general case*, equations (2), (3), (9) and (10).
    In docs/concordance.md: general 2, 3, 9, 10.
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
    """Return ∂c/∂z^{L−1} = f'(z^{L−1}) w^L ∂c/∂z^L for a single output neuron: (1, N_{L−1}) to (N_{L−1},).

    >>> one_output_error([[2.0, -1.0]], 3.0, "linear", z=[0.0, 0.0]).tolist()
    [6.0, -3.0]

    Source: *Derivation of backpropagation equations in the general case*, equation (11). It writes l for
    L: only the layer right below the one output does without the sum over n_l.
    In docs/concordance.md: general 11.
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
    """Return ∂c/∂z^L = y − h = d for a sigmoid output h and the log-likelihood; all of shape (N_L,).

    >>> sigmoid_likelihood_error([1.0, 0.0], [0.75, 0.25]).tolist()
    [0.25, -0.25]

    Source: *Derivation of backpropagation equations in the general case*, equations (12) and (13): “it can
    be checked”. The likelihood is to be climbed; the error of its negative, the cost, is h − y.
    In docs/concordance.md: general 12, f, 13.
    """
    length = max(1, np.size(y))
    return vector("y", y, length) - vector("h", h, length)


def sigmoid_likelihood_gradients(
    weights: Sequence[Array], biases: Sequence[Array], xs: npt.ArrayLike, ys: npt.ArrayLike
) -> Gradients:
    """Return the gradients of the log-likelihood, summed over examples, of sigmoid layers of any depth.

    Examples are rows, xs (P, N_0) and ys (P, N_L). Only activations are needed, as σ' = a(1 − a).

    >>> w, b = np.zeros((1, 1)), np.zeros(1)
    >>> slopes = sigmoid_likelihood_gradients([w], [b], xs=[[1.0], [2.0]], ys=[[1.0], [1.0]])
    >>> slopes.weights[0].tolist(), slopes.biases[0].tolist()
    ([[1.5]], [1.0])

    Source: *Derivation of backpropagation equations in the general case*, equation (13).
    In docs/concordance.md: general e, 13.
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
    """Return the gradients of C = Σ_p C_p of a network with one hidden layer, all examples at once.

    Examples are rows, xs (P, Q) and ys (P, N_2).

    >>> network = Network([np.array([[2.0]]), np.array([[3.0]])], [np.zeros(1)] * 2, ["linear"] * 2)
    >>> two_layer_gradients(network, "half_squared_error", [[1.0]], [[5.0]]).weights[0].tolist()
    [[3.0]]

    Source: *Derivation of backpropagation equations in the general case*, equation (14); its z^{p,l−1} is
    z^{p,1}, and the n_l and n_L of its sums are both n_2.
    In docs/concordance.md: general g, 14.
    """
    if len(network.weights) != 2:
        raise ValueError(
            f"got {len(network.weights)} layers, expected 2: use `summed_gradients` for any depth."
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
    """Return the gradients of the summed log-likelihood of 2 inputs, 2 hidden sigmoids and 1 sigmoid output.

    weights of shapes (2, 2) and (1, 2), biases (2,) and (1,), examples as rows, xs (P, 2) and ys (P, 1).

    >>> weights, biases = [np.eye(2), np.array([[1.0, -1.0]])], [np.zeros(2), np.zeros(1)]
    >>> two_two_one_gradients(weights, biases, [[0.0, 0.0]], [[1.0]]).biases[0].tolist()
    [0.125, -0.125]

    Source: *Derivation of backpropagation equations in the general case*, equation (15), whose sums run over
    p = 1, 2 where all P examples are meant; the output layer, where it leaves “the derivative directly” to
    the reader, is Σ_p a_{n_1} (y − h) and Σ_p (y − h).
    In docs/concordance.md: general 15, h.
    """
    sizes = Network(weights, biases, ["sigmoid"] * len(weights)).sizes
    if sizes != (2, 2, 1):
        raise ValueError(
            f"got a {'-'.join(map(str, sizes))} network, expected 2-2-1: use `sigmoid_likelihood_gradients`."
        )
    xs, ys = examples(xs, ys, 2, 1)
    a = _sigmoid(xs @ weights[0].T + biases[0])
    d = ys - _sigmoid(a @ weights[1].T + biases[1])
    hidden = weights[1] * a * (1 - a) * d
    return Gradients((hidden.T @ xs, d.T @ a), (hidden.sum(axis=0), d.sum(axis=0)))


# ── The algorithm of *Neural Networks (2) ─────────────────────────────────────────────────────────


def betas(augmented: Sequence[Array], outputs: Sequence[Array], d: npt.ArrayLike) -> tuple[Array, ...]:
    """Return β of every node: β_z = d_z − o_z at the output, β_j = Σ_k w_{j→k} o_k (1 − o_k) β_k before it.

    `augmented[l - 1]` is (N_l, 1 + N_{l−1}), `outputs` are o^0 (the input), …, o^L as the forward pass gives
    them, d is (N_L,); β^l has shape (N_l,).

    >>> weights = [np.array([[0.0, 1.0]]), np.array([[0.0, 2.0]])]
    >>> outputs = [np.array([0.0]), np.array([0.5]), np.array([0.5])]
    >>> [beta.tolist() for beta in betas(weights, outputs, [1.0])]
    [[0.25], [0.5]]

    Source: *Neural Networks (2)*, “Backpropagation algorithm”; the nodes are to be
    visited from the last layer to the first, which it leaves unsaid.
    In docs/concordance.md: week9 8, 9.
    """
    _check_outputs(folded_network(augmented, ["sigmoid"] * len(augmented)).sizes, outputs)
    beta = [vector("d", d, len(outputs[-1])) - outputs[-1]]
    for weight, o in zip(reversed(augmented[1:]), reversed(outputs[2:]), strict=True):
        beta.insert(0, weight[:, 1:].T @ (o * (1 - o) * beta[0]))
    return tuple(beta)


def weight_changes(
    outputs: Sequence[Array], beta: Sequence[Array], learning_rate: float
) -> tuple[Array, ...]:
    """Return Δw_{i→j} = η o_i o_j (1 − o_j) β_j of one example, bias included as column 0, where o_i = 1.

    `outputs` are o^0, …, o^L and `beta` β^1, …, β^L; the result has the shapes of the augmented weights.

    >>> outputs, beta = [np.array([4.0]), np.array([0.5])], [np.array([1.0])]
    >>> weight_changes(outputs, beta, learning_rate=2.0)[0].tolist()
    [[0.5, 2.0]]

    Source: *Neural Networks (2)*, “Backpropagation algorithm”.
    In docs/concordance.md: week9 10.
    """
    _check_outputs((np.size(outputs[0]) if outputs else 0, *map(np.size, beta)), outputs)
    layers = zip(outputs, outputs[1:], beta, strict=False)
    return tuple(learning_rate * np.outer(o * (1 - o) * b, prepend_one(before)) for before, o, b in layers)


def epoch(
    augmented: Sequence[Array], xs: npt.ArrayLike, ds: npt.ArrayLike, learning_rate: float
) -> tuple[Array, ...]:
    """Return the weights after one epoch: a forward pass, β and Δw for each example; the Δw are added up.

    Examples are rows, xs (P, N_0) and ds (P, N_L); the given weights and the returned ones are
    augmented, (N_l, 1 + N_{l−1}).

    >>> epoch([np.zeros((1, 2))], xs=[[1.0], [3.0]], ds=[[1.0], [1.0]], learning_rate=1.0)[0].tolist()
    [[0.25, 0.5]]

    Source: *Neural Networks (2)*, “Backpropagation algorithm”. The changes are
    *added* to the weights, as β = d − o already carries the minus sign of the update rule that the lecture
    refers to; and they are added up over the examples, where its last slides take the average.
    In docs/concordance.md: week9 6, 7, 11.
    """
    names = ["sigmoid"] * len(augmented)
    sizes = folded_network(augmented, names).sizes
    xs, ds = examples(xs, ds, sizes[0], sizes[-1])
    total = [np.zeros_like(weight) for weight in augmented]
    for x, d in zip(xs, ds, strict=True):
        outputs = folded_forward(augmented, names, x).a
        changes = weight_changes(outputs, betas(augmented, outputs, d), learning_rate)
        total = [so_far + change for so_far, change in zip(total, changes, strict=True)]
    return tuple(weight + change for weight, change in zip(augmented, total, strict=True))


def _check_outputs(sizes: tuple[int, ...], outputs: Sequence[Array]) -> None:
    came = tuple(map(np.size, outputs))
    if came != sizes:
        raise ValueError(
            f"got outputs of sizes {came}, expected {sizes}: pass one array per layer, the input first, "
            "as `folded_forward(…).a` gives them."
        )
