"""The algorithm of *Neural Networks (2), AIML231/DATA302 week 9*, to the letter: β, η, Δw.

Every node is a sigmoid with output o; biases are weights from a constant-1 node (`bias.fold`). With the
cost C = ½ Σ (d − o)² the lecture's β of a node is −∂C/∂o, so that Δw = −η ∂C/∂w: gradient descent. (With
the lecture's own C = Σ (a − y)² there would be a 2, which η takes in.)
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .bias import folded_forward, folded_network, prepend_one
from .shapes import Array, examples, vector


def betas(augmented: Sequence[Array], outputs: Sequence[Array], d: npt.ArrayLike) -> tuple[Array, ...]:
    """β of every node: β_z = d_z − o_z at the output, β_j = Σ_k w_{j→k} o_k (1 − o_k) β_k before it.

    `augmented[l - 1]` is (N_l, 1 + N_{l−1}), `outputs` are o^0 (the input), …, o^L as the forward pass gives
    them, d is (N_L,); β^l has shape (N_l,).

    >>> weights = [np.array([[0.0, 1.0]]), np.array([[0.0, 2.0]])]
    >>> outputs = [np.array([0.0]), np.array([0.5]), np.array([0.5])]
    >>> [beta.tolist() for beta in betas(weights, outputs, [1.0])]
    [[0.25], [0.5]]

    Source: *Neural Networks (2), AIML231/DATA302 week 9*, “Backpropagation algorithm”; the nodes are to be
    visited from the last layer to the first, which it leaves unsaid.
    """
    _check_outputs(folded_network(augmented, ["sigmoid"] * len(augmented)).sizes, outputs)
    beta = [vector("d", d, len(outputs[-1])) - outputs[-1]]
    for weight, o in zip(reversed(augmented[1:]), reversed(outputs[2:]), strict=True):
        beta.insert(0, weight[:, 1:].T @ (o * (1 - o) * beta[0]))
    return tuple(beta)


def weight_changes(
    outputs: Sequence[Array], beta: Sequence[Array], learning_rate: float
) -> tuple[Array, ...]:
    """Δw_{i→j} = η o_i o_j (1 − o_j) β_j of one example, bias included as column 0, where o_i = 1.

    `outputs` are o^0, …, o^L and `beta` β^1, …, β^L; the result has the shapes of the augmented weights.

    >>> outputs, beta = [np.array([4.0]), np.array([0.5])], [np.array([1.0])]
    >>> weight_changes(outputs, beta, learning_rate=2.0)[0].tolist()
    [[0.5, 2.0]]

    Source: *Neural Networks (2), AIML231/DATA302 week 9*, “Backpropagation algorithm”.
    """
    _check_outputs((np.size(outputs[0]) if outputs else 0, *map(np.size, beta)), outputs)
    layers = zip(outputs, outputs[1:], beta, strict=False)
    return tuple(learning_rate * np.outer(o * (1 - o) * b, prepend_one(before)) for before, o, b in layers)


def epoch(
    augmented: Sequence[Array], xs: npt.ArrayLike, ds: npt.ArrayLike, learning_rate: float
) -> tuple[Array, ...]:
    """Go over the examples once: forward pass, β and Δw for each, Δw added up, then the weights changed.

    Examples are rows, xs (P, N_0) and ds (P, N_L); the weights that come and the new ones that go are
    augmented, (N_l, 1 + N_{l−1}).

    >>> epoch([np.zeros((1, 2))], xs=[[1.0], [3.0]], ds=[[1.0], [1.0]], learning_rate=1.0)[0].tolist()
    [[0.25, 0.5]]

    Source: *Neural Networks (2), AIML231/DATA302 week 9*, “Backpropagation algorithm”. The changes are
    *added* to the weights, as β = d − o already carries the minus sign of the update rule that the lecture
    refers to; and they are added up over the examples, where its last slides take the average.
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
            f"outputs of sizes {came} came, expected {sizes}: pass one array per layer, the input first, "
            "as `folded_forward(…).a` gives them."
        )
