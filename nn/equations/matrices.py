"""The matrix form: errors δ and gradients of one example and of many, and the step against ∇C.

Costs and gradients of many examples are summed, as in the general case, or averaged, as elsewhere.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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


class Gradients(NamedTuple):
    """∂C/∂w^l and ∂C/∂b^l, with the shapes of w^l and b^l; `weights[l - 1]` belongs to layer l.

    >>> Gradients(weights=(np.ones((1, 2)),), biases=(np.ones(1),)).weights[0].shape
    (1, 2)

    Source: the components of ∇C in *Backpropagation Calculus*.
    In docs/concordance.md: calculus 17; week9 2.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]


def output_error(cost: str, activation: str, z: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return δ^L = ∇_a C ⊙ f'(z^L); z, y and the result have shape (N_L,).

    >>> output_error("half_squared_error", "linear", z=[3.0, 1.0], y=[1.0, 1.0]).tolist()
    [2.0, 0.0]

    Source: *Chapter 2: Backpropagation*, matrix form of δ^L. *Backpropagation Calculus* closes with
    ∂C/∂a_j^(l) = 2(a_j^(L) − y_j), which is meant for l = L; *Neural Networks (2)*
    prints y_i there for y_j.
    In docs/concordance.md: calculus 7, 30; delta 3, 6 to 8.
    """
    z = vector("z", z, max(1, np.size(z)))
    f = activation_named(activation)
    return cost_named(cost).slope(f.value(z), y) * f.slope(z)


def hidden_error(
    next_weight: npt.ArrayLike, next_delta: npt.ArrayLike, activation: str, z: npt.ArrayLike
) -> Array:
    """Return δ^l = ((w^{l+1})^T δ^{l+1}) ⊙ f'(z^l): from (N_{l+1}, N_l), (N_{l+1},) and (N_l,) to (N_l,).

    >>> hidden_error([[1.0, -2.0]], [3.0], "linear", z=[0.0, 0.0]).tolist()
    [3.0, -6.0]

    Source: *Chapter 2: Backpropagation*, last line, whose left side δ_j^l is the whole vector δ^l; its first
    derivation writes L for l and δ_j^L for δ_k^L. *Neural Networks (2)* prints
    σ'(z_j^(L−1)) for σ'(z_k^(L−1)), and sums over the index j that its left side already uses.
    In docs/concordance.md: delta 11, 14, 15, 20, 24 to 26; week9 41, 43.
    """
    next_weight = matrix("next_weight", next_weight)
    z = vector("z", z, next_weight.shape[1])
    return activation_gradient(next_weight, next_delta) * activation_named(activation).slope(z)


def activation_gradient(weight: npt.ArrayLike, delta: npt.ArrayLike) -> Array:
    """Return ∂C/∂a^{l−1} = (w^l)^T δ^l, the sum over all paths: from (N_l, N_{l−1}) and (N_l,) to (N_{l−1},).

    >>> activation_gradient([[1.0, 2.0], [10.0, 20.0]], [1.0, 1.0]).tolist()
    [11.0, 22.0]

    Source: *Backpropagation Calculus*, ∂C_0/∂a_k^(L−1) = Σ_j …; its closing formula for ∂C/∂a_j^(l) sums over
    k and writes w_jk, z_j, a_j where w_kj, z_k, a_k of layer l+1 are meant.
    In docs/concordance.md: calculus 26, 29; delta 19; lecture 25; week9 42.
    """
    weight = matrix("weight", weight)
    return weight.T @ vector("delta", delta, weight.shape[0])


def weight_gradient(delta: npt.ArrayLike, previous_a: npt.ArrayLike) -> Array:
    """Return ∂C/∂w^l = δ^l (a^{l−1})^T, ∂C/∂w_jk = δ_j a_k: from (N_l,) and (N_{l−1},) to (N_l, N_{l−1}).

    >>> weight_gradient([2.0, 3.0], [1.0, 10.0]).tolist()
    [[2.0, 20.0], [3.0, 30.0]]

    Source: ∂C/∂w_jk^(l) = a_k^(l−1) σ'(z_j^(l)) ∂C/∂a_j^(l) in *Backpropagation Calculus*.
    In docs/concordance.md: calculus 9, 10, 23, 28; lecture 20, 21; week9 20, 39.
    """
    return np.outer(
        vector("delta", delta, max(1, np.size(delta))),
        vector("previous_a", previous_a, max(1, np.size(previous_a))),
    )


def bias_gradient(delta: npt.ArrayLike) -> Array:
    """Return ∂C/∂b^l = δ^l, of shape (N_l,), since ∂z_j/∂b_j = 1.

    >>> bias_gradient([2.0, 3.0]).tolist()
    [2.0, 3.0]

    Source: ∂C_0/∂b^(L) in *Backpropagation Calculus*.
    In docs/concordance.md: calculus 11, 12, 24.
    """
    return vector("delta", delta, max(1, np.size(delta))).copy()


def _errors(network: Network, cost: str, run: ForwardPass, y: npt.ArrayLike) -> tuple[Array, ...]:
    deltas = [output_error(cost, network.activations[-1], run.z[-1], y)]
    for layer in reversed(range(len(network.weights) - 1)):
        next_weight, name = network.weights[layer + 1], network.activations[layer]
        deltas.insert(0, hidden_error(next_weight, deltas[0], name, run.z[layer]))
    return tuple(deltas)


def errors(network: Network, cost: str, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, ...]:
    """Return δ^1, …, δ^L of one example, computed from the last to the first; δ^l has shape (N_l,).

    >>> network = Network([np.array([[2.0]]), np.array([[3.0]])], [np.zeros(1)] * 2, ["linear"] * 2)
    >>> [delta.tolist() for delta in errors(network, "half_squared_error", [1.0], [5.0])]
    [[3.0], [1.0]]

    Source: δ_j^l = ∂C/∂z_j^l in *Chapter 2: Backpropagation*.
    In docs/concordance.md: delta 1, 2, 12, 17, 21 to 23.
    """
    return _errors(network, cost, forward(network, x), y)


def activation_gradients(
    network: Network, cost: str, x: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[Array, ...]:
    """Return ∂C/∂a^0, …, ∂C/∂a^L of one example; the first is the derivative at the input.

    >>> network = Network([np.array([[2.0]])], [np.zeros(1)], ["linear"])
    >>> [slope.tolist() for slope in activation_gradients(network, "squared_error", [1.0], [0.0])]
    [[8.0], [4.0]]

    Source: ∂C_0/∂a^(L−1) in *Backpropagation Calculus*; the last page of *Lecture 3: Multilayer Perceptron*,
    which prints q for a and stops at the expanded sum.
    In docs/concordance.md: calculus 13 to 15, 25 to 27; lecture 24, 25; week9 35, 42.
    """
    run = forward(network, x)
    deltas = _errors(network, cost, run, y)
    below = tuple(activation_gradient(w, delta) for w, delta in zip(network.weights, deltas, strict=True))
    return (*below, cost_named(cost).slope(run.a[-1], y))


def gradients(network: Network, cost: str, x: npt.ArrayLike, y: npt.ArrayLike) -> Gradients:
    """Return ∂C/∂w^l = δ^l (a^{l−1})^T and ∂C/∂b^l = δ^l for every layer, for one example.

    >>> network = Network([np.array([[2.0, 0.0]])], [np.zeros(1)], ["linear"])
    >>> gradients(network, "half_squared_error", [1.0, 3.0], [1.0]).weights[0].tolist()
    [[1.0, 3.0]]

    Source: *Backpropagation Calculus*, the components of ∇C; ∂C_0/∂w_12^(L) in *Lecture 3: Multilayer
    Perceptron*.
    In docs/concordance.md: calculus 6, 18, 23, 24, 27; lecture 14, 22; week9 18, 30, 31, 36, 39 to 41, 43.
    """
    run = forward(network, x)
    deltas = _errors(network, cost, run, y)
    outer = (weight_gradient(delta, a) for delta, a in zip(deltas, run.a, strict=False))
    return Gradients(tuple(outer), tuple(bias_gradient(delta) for delta in deltas))


# ── Cost and gradients of many examples ───────────────────────────────────────────────────────────


def summed_cost(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> float:
    """Return C = Σ_p C_p over examples as rows, xs (P, N_0) and ys (P, N_L).

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> summed_cost(network, "squared_error", xs=[[1.0], [2.0]], ys=[[0.0], [0.0]])
    5.0

    Source: *Derivation of backpropagation equations in the general case*, equation (2).
    In docs/concordance.md: general 2.
    """
    xs, ys = examples(xs, ys, network.sizes[0], network.sizes[-1])
    c = cost_named(cost)
    return sum(c.value(forward(network, x).a[-1], y) for x, y in zip(xs, ys, strict=True))


def averaged_cost(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> float:
    """Return C = (1/n) Σ_k C_k over examples as rows, xs (n, N_0) and ys (n, N_L).

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> averaged_cost(network, "squared_error", xs=[[1.0], [2.0]], ys=[[0.0], [0.0]])
    2.5

    Source: *Backpropagation Calculus*; *Neural Networks (2)*.
    In docs/concordance.md: week9 32.
    """
    return summed_cost(network, cost, xs, ys) / len(np.asarray(xs))


def _added(parts: Iterable[Sequence[Array]]) -> tuple[Array, ...]:
    return tuple(np.sum(layer, axis=0) for layer in zip(*parts, strict=True))


def summed_gradients(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> Gradients:
    """Return ∂C/∂w^l and ∂C/∂b^l of the sum C = Σ_p C_p over examples as rows, xs (P, N_0) and ys (P, N_L).

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> summed_gradients(network, "squared_error", xs=[[1.0], [2.0]], ys=[[0.0], [0.0]]).biases[0].tolist()
    [6.0]

    Source: *Derivation of backpropagation equations in the general case*, equations (2), (3) and (9).
    In docs/concordance.md: general 3.
    """
    xs, ys = examples(xs, ys, network.sizes[0], network.sizes[-1])
    each = [gradients(network, cost, x, y) for x, y in zip(xs, ys, strict=True)]
    return Gradients(_added(g.weights for g in each), _added(g.biases for g in each))


def averaged_gradients(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> Gradients:
    """Return ∂C/∂w^l and ∂C/∂b^l of C = (1/n) Σ_k C_k; examples are rows, xs (n, N_0) and ys (n, N_L).

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> averaged_gradients(network, "squared_error", xs=[[1.0], [2.0]], ys=[[0.0], [0.0]]).biases[0].tolist()
    [3.0]

    Source: *Backpropagation Calculus*, ∂C/∂w^(L) = (1/n) Σ_k ∂C_k/∂w^(L). *Lecture 3: Multilayer Perceptron*
    has ∂C_0 on the left of it, where the average C is meant.
    In docs/concordance.md: calculus 16; lecture 23; week9 33, 45.
    """
    total = summed_gradients(network, cost, xs, ys)
    n = len(np.asarray(xs))
    return Gradients(tuple(w / n for w in total.weights), tuple(b / n for b in total.biases))


# ── The gradient as a vector, and the step against it ─────────────────────────────────────────────


def gradient_vector(slopes: Gradients) -> Array:
    """Return ∇C as one flat vector: layer by layer, neuron by neuron, weights before bias.

    This is the order of a model's ``parameters()`` and of its trace.

    >>> gradient_vector(Gradients((np.array([[1.0, 2.0], [3.0, 4.0]]),), (np.array([10.0, 20.0]),))).tolist()
    [1.0, 2.0, 10.0, 3.0, 4.0, 20.0]

    Source: ∇C in *Backpropagation Calculus* and *Neural Networks (2)*.
    In docs/concordance.md: calculus 17; week9 2, 34, 46.
    """
    layers = zip(slopes.weights, slopes.biases, strict=True)
    return np.concatenate([np.column_stack([w, b]).ravel() for w, b in layers])


def update(parameter: npt.ArrayLike, gradient: npt.ArrayLike, learning_rate: float) -> Array:
    """Return W_{i+1} = W_i − η ∇L(W_i); parameter, gradient and result share one shape.

    >>> update([1.0, 2.0], [10.0, -10.0], learning_rate=0.1).tolist()
    [0.0, 3.0]

    Source: the update rule of gradient descent in *Neural Networks (2)*.
    In docs/concordance.md: calculus 31; week9 1, 3, 4, 46.
    """
    if np.shape(parameter) != np.shape(gradient):
        raise ValueError(
            f"the gradient has shape {np.shape(gradient)}, expected {np.shape(parameter)}: "
            "pass the derivatives of this very parameter."
        )
    return np.asarray(parameter, dtype=np.float64) - learning_rate * np.asarray(gradient, dtype=np.float64)


def update_network(network: Network, slopes: Gradients, learning_rate: float) -> Network:
    """Apply the update rule to every weight and bias; the given network does not change.

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> slopes = Gradients(weights=(np.array([[5.0]]),), biases=(np.array([3.0]),))
    >>> update_network(network, slopes, learning_rate=0.1).weights[0].tolist()
    [[0.5]]

    Source: the last line of the algorithm in *Neural Networks (2)*.
    In docs/concordance.md: week9 11, 46.
    """
    weights = [update(w, g, learning_rate) for w, g in zip(network.weights, slopes.weights, strict=True)]
    biases = [update(b, g, learning_rate) for b, g in zip(network.biases, slopes.biases, strict=True)]
    return Network(weights, biases, network.activations)
