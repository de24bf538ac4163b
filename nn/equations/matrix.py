"""Errors δ and gradients of one example, in matrix form."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .activations import activation_named
from .costs import cost_named
from .network import ForwardPass, Network, forward
from .shapes import Array, matrix, vector


class Gradients(NamedTuple):
    """∂C/∂w^l and ∂C/∂b^l, with the shapes of w^l and b^l; `weights[l - 1]` belongs to layer l.

    >>> Gradients(weights=(np.ones((1, 2)),), biases=(np.ones(1),)).weights[0].shape
    (1, 2)

    Source: the components of ∇C in *Backpropagation calculus*.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]


def output_error(cost: str, activation: str, z: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """δ^L = ∇_a C ⊙ f'(z^L); z, y and the result have shape (N_L,).

    >>> output_error("half_squared_error", "linear", z=[3.0, 1.0], y=[1.0, 1.0]).tolist()
    [2.0, 0.0]

    Source: *Chapter 2: Backpropagation*, matrix form of δ^L. *Backpropagation calculus* closes with
    ∂C/∂a_j^(l) = 2(a_j^(L) − y_j), which is meant for l = L; *Neural Networks (2), AIML231/DATA302 week 9*
    prints y_i there for y_j.
    """
    z = vector("z", z, max(1, np.size(z)))
    f = activation_named(activation)
    return cost_named(cost).slope(f.value(z), y) * f.slope(z)


def hidden_error(
    next_weight: npt.ArrayLike, next_delta: npt.ArrayLike, activation: str, z: npt.ArrayLike
) -> Array:
    """δ^l = ((w^{l+1})^T δ^{l+1}) ⊙ f'(z^l): from (N_{l+1}, N_l), (N_{l+1},) and (N_l,) to (N_l,).

    >>> hidden_error([[1.0, -2.0]], [3.0], "linear", z=[0.0, 0.0]).tolist()
    [3.0, -6.0]

    Source: *Chapter 2: Backpropagation*, last line, whose left side δ_j^l is the whole vector δ^l; its first
    derivation writes L for l and δ_j^L for δ_k^L. *Neural Networks (2), AIML231/DATA302 week 9* prints
    σ'(z_j^(L−1)) for σ'(z_k^(L−1)), and sums over the index j that its left side already uses.
    """
    next_weight = matrix("next_weight", next_weight)
    z = vector("z", z, next_weight.shape[1])
    return activation_gradient(next_weight, next_delta) * activation_named(activation).slope(z)


def activation_gradient(weight: npt.ArrayLike, delta: npt.ArrayLike) -> Array:
    """∂C/∂a^{l−1} = (w^l)^T δ^l, the sum over all paths: from (N_l, N_{l−1}) and (N_l,) to (N_{l−1},).

    >>> activation_gradient([[1.0, 2.0], [10.0, 20.0]], [1.0, 1.0]).tolist()
    [11.0, 22.0]

    Source: *Backpropagation calculus*, ∂C_0/∂a_k^(L−1) = Σ_j …; its closing formula for ∂C/∂a_j^(l) sums over
    k and writes w_jk, z_j, a_j where w_kj, z_k, a_k of layer l+1 are meant.
    """
    weight = matrix("weight", weight)
    return weight.T @ vector("delta", delta, weight.shape[0])


def weight_gradient(delta: npt.ArrayLike, previous_a: npt.ArrayLike) -> Array:
    """∂C/∂w^l = δ^l (a^{l−1})^T, that is ∂C/∂w_jk = δ_j a_k: from (N_l,) and (N_{l−1},) to (N_l, N_{l−1}).

    >>> weight_gradient([2.0, 3.0], [1.0, 10.0]).tolist()
    [[2.0, 20.0], [3.0, 30.0]]

    Source: ∂C/∂w_jk^(l) = a_k^(l−1) σ'(z_j^(l)) ∂C/∂a_j^(l) in *Backpropagation calculus*.
    """
    return np.outer(
        vector("delta", delta, max(1, np.size(delta))),
        vector("previous_a", previous_a, max(1, np.size(previous_a))),
    )


def bias_gradient(delta: npt.ArrayLike) -> Array:
    """∂C/∂b^l = δ^l, of shape (N_l,), as ∂z_j/∂b_j = 1.

    >>> bias_gradient([2.0, 3.0]).tolist()
    [2.0, 3.0]

    Source: ∂C_0/∂b^(L) in *Backpropagation calculus*.
    """
    return vector("delta", delta, max(1, np.size(delta))).copy()


def _errors(network: Network, cost: str, run: ForwardPass, y: npt.ArrayLike) -> tuple[Array, ...]:
    deltas = [output_error(cost, network.activations[-1], run.z[-1], y)]
    for layer in reversed(range(len(network.weights) - 1)):
        next_weight, name = network.weights[layer + 1], network.activations[layer]
        deltas.insert(0, hidden_error(next_weight, deltas[0], name, run.z[layer]))
    return tuple(deltas)


def errors(network: Network, cost: str, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, ...]:
    """δ^1, …, δ^L of one example, computed from the last to the first; δ^l has shape (N_l,).

    >>> network = Network([np.array([[2.0]]), np.array([[3.0]])], [np.zeros(1)] * 2, ["linear"] * 2)
    >>> [delta.tolist() for delta in errors(network, "half_squared_error", [1.0], [5.0])]
    [[3.0], [1.0]]

    Source: δ_j^l = ∂C/∂z_j^l in *Chapter 2: Backpropagation*.
    """
    return _errors(network, cost, forward(network, x), y)


def activation_gradients(
    network: Network, cost: str, x: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[Array, ...]:
    """∂C/∂a^0, …, ∂C/∂a^L of one example; the first is the derivative at the input.

    >>> network = Network([np.array([[2.0]])], [np.zeros(1)], ["linear"])
    >>> [slope.tolist() for slope in activation_gradients(network, "squared_error", [1.0], [0.0])]
    [[8.0], [4.0]]

    Source: ∂C_0/∂a^(L−1) in *Backpropagation calculus*; the last page of *Lecture 3: Multilayer Perceptron*,
    which prints q for a and stops at the expanded sum.
    """
    run = forward(network, x)
    deltas = _errors(network, cost, run, y)
    below = tuple(activation_gradient(w, delta) for w, delta in zip(network.weights, deltas, strict=True))
    return (*below, cost_named(cost).slope(run.a[-1], y))


def gradients(network: Network, cost: str, x: npt.ArrayLike, y: npt.ArrayLike) -> Gradients:
    """∂C/∂w^l = δ^l (a^{l−1})^T and ∂C/∂b^l = δ^l for every layer, for one example.

    >>> network = Network([np.array([[2.0, 0.0]])], [np.zeros(1)], ["linear"])
    >>> gradients(network, "half_squared_error", [1.0, 3.0], [1.0]).weights[0].tolist()
    [[1.0, 3.0]]

    Source: *Backpropagation calculus*, the components of ∇C; ∂C_0/∂w_12^(L) in *Lecture 3: Multilayer
    Perceptron*.
    """
    run = forward(network, x)
    deltas = _errors(network, cost, run, y)
    outer = (weight_gradient(delta, a) for delta, a in zip(deltas, run.a, strict=False))
    return Gradients(tuple(outer), tuple(bias_gradient(delta) for delta in deltas))
