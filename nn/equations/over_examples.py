"""Cost and gradients of many examples: summed as the general case has it, or averaged as the others do."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .costs import cost_named
from .matrix import Gradients, gradients
from .network import Network, forward
from .shapes import Array, examples


def summed_cost(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> float:
    """C = Σ_p C_p over examples as rows, xs (P, N_0) and ys (P, N_L).

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> summed_cost(network, "squared_error", xs=[[1.0], [2.0]], ys=[[0.0], [0.0]])
    5.0

    Source: *Derivation of backpropagation equations in the general case*, equation (2).
    """
    xs, ys = examples(xs, ys, network.sizes[0], network.sizes[-1])
    c = cost_named(cost)
    return sum(c.value(forward(network, x).a[-1], y) for x, y in zip(xs, ys, strict=True))


def averaged_cost(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> float:
    """C = (1/n) Σ_k C_k over examples as rows, xs (n, N_0) and ys (n, N_L).

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> averaged_cost(network, "squared_error", xs=[[1.0], [2.0]], ys=[[0.0], [0.0]])
    2.5

    Source: *Backpropagation calculus*; *Neural Networks (2), AIML231/DATA302 week 9*.
    """
    return summed_cost(network, cost, xs, ys) / len(np.asarray(xs))


def _added(parts: Iterable[Sequence[Array]]) -> tuple[Array, ...]:
    return tuple(np.sum(layer, axis=0) for layer in zip(*parts, strict=True))


def summed_gradients(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> Gradients:
    """∂C/∂w^l and ∂C/∂b^l of the sum C = Σ_p C_p over examples as rows, xs (P, N_0) and ys (P, N_L).

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> summed_gradients(network, "squared_error", xs=[[1.0], [2.0]], ys=[[0.0], [0.0]]).biases[0].tolist()
    [6.0]

    Source: *Derivation of backpropagation equations in the general case*, equations (2), (3) and (9).
    """
    xs, ys = examples(xs, ys, network.sizes[0], network.sizes[-1])
    each = [gradients(network, cost, x, y) for x, y in zip(xs, ys, strict=True)]
    return Gradients(_added(g.weights for g in each), _added(g.biases for g in each))


def averaged_gradients(network: Network, cost: str, xs: npt.ArrayLike, ys: npt.ArrayLike) -> Gradients:
    """∂C/∂w^l and ∂C/∂b^l of the average C = (1/n) Σ_k C_k; examples as rows, xs (n, N_0), ys (n, N_L).

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> averaged_gradients(network, "squared_error", xs=[[1.0], [2.0]], ys=[[0.0], [0.0]]).biases[0].tolist()
    [3.0]

    Source: *Backpropagation calculus*, ∂C/∂w^(L) = (1/n) Σ_k ∂C_k/∂w^(L). *Lecture 3: Multilayer Perceptron*
    has ∂C_0 on the left of it, where the average C is meant.
    """
    total = summed_gradients(network, cost, xs, ys)
    n = len(np.asarray(xs))
    return Gradients(tuple(w / n for w in total.weights), tuple(b / n for b in total.biases))
