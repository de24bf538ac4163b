"""The bias as weight w_0 of a constant input x_0 = 1: one block of code for all the weights."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .activations import activation_named
from .matrix import hidden_error, output_error, weight_gradient
from .network import ForwardPass, Network
from .shapes import Array, examples, matrix, vector


def fold(weight: npt.ArrayLike, bias: npt.ArrayLike) -> Array:
    """[b | w]: the bias becomes column 0; from (N_l, N_{l−1}) and (N_l,) to (N_l, 1 + N_{l−1}).

    >>> fold([[2.0, 3.0]], [1.0]).tolist()
    [[1.0, 2.0, 3.0]]

    Source: “let x_0 = 1, b = w_0” in *Neural Networks (2), AIML231/DATA302 week 9*.
    """
    weight = matrix("weight", weight)
    return np.column_stack([vector("bias", bias, len(weight)), weight])


def unfold(augmented: npt.ArrayLike) -> tuple[Array, Array]:
    """Take weight and bias apart again: from (N_l, 1 + N_{l−1}) to (N_l, N_{l−1}) and (N_l,).

    >>> weight, bias = unfold([[1.0, 2.0, 3.0]])
    >>> weight.tolist(), bias.tolist()
    ([[2.0, 3.0]], [1.0])

    Source: w_{0 n} beside w_{n_l n} in *Derivation of backpropagation equations in the general case*,
    equation (5) beside (6); equation (1) still calls it w_{n_0 n}, once without its layer l.
    """
    augmented = matrix("augmented weight", augmented)
    if augmented.shape[1] < 2:
        raise ValueError(
            f"augmented weight has shape {augmented.shape}, expected at least 2 columns: "
            "pass the biases as column 0, and one column per input after it."
        )
    return augmented[:, 1:].copy(), augmented[:, 0].copy()


def prepend_one(a: npt.ArrayLike) -> Array:
    """(1, a_1, …): the constant input before the others; from (N,) to (1 + N,).

    >>> prepend_one([7.0, 8.0]).tolist()
    [1.0, 7.0, 8.0]

    Source: x_0 = 1 in *Neural Networks (2), AIML231/DATA302 week 9*.
    """
    return np.concatenate([[1.0], vector("a", a, np.size(a))])


def folded_network(augmented: Sequence[Array], activations: Sequence[str]) -> Network:
    """Build the same network with its biases apart; it also tells whether the shapes fit.

    >>> folded_network([np.array([[1.0, 2.0, 3.0]])], ["linear"]).sizes
    (2, 1)

    Source: as of `unfold`.
    """
    pairs = [unfold(weight) for weight in augmented]
    return Network([weight for weight, _ in pairs], [bias for _, bias in pairs], activations)


def folded_forward(augmented: Sequence[Array], activations: Sequence[str], x: npt.ArrayLike) -> ForwardPass:
    """z^l = [b | w]^l (1, a^{l−1}) and a^l = f(z^l) for every layer; a is returned without the ones.

    >>> folded_forward([np.array([[-4.0, 2.0, 1.0]])], ["relu"], [1.0, 5.0]).z[0].tolist()
    [3.0]

    Source: σ(w_0 x_0 + w_1 x_1 + … + w_p x_p) in *Neural Networks (2), AIML231/DATA302 week 9*.
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
    """∂C/∂[b | w]^l = δ^l (1, a^{l−1})^T for every layer, for one example, in the shape of `augmented`.

    No error flows back into the constant: column 0 stays out of the sum over paths.

    >>> folded_gradients([np.array([[0.0, 2.0]])], ["linear"], "half_squared_error", [3.0], [5.0])[0].tolist()
    [[1.0, 3.0]]

    Source: *Derivation of backpropagation equations in the general case*, equations (5) and (6).
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
    """∂C/∂[b | w]^l of C = Σ_p C_p over examples as rows, xs (P, N_0) and ys (P, N_L).

    >>> weights, xs, ys = [np.array([[0.0, 1.0]])], [[1.0], [2.0]], [[0.0], [0.0]]
    >>> folded_summed_gradients(weights, ["linear"], "squared_error", xs, ys)[0].tolist()
    [[6.0, 10.0]]

    Source: *Derivation of backpropagation equations in the general case*, equation (9).
    """
    sizes = folded_network(augmented, activations).sizes
    xs, ys = examples(xs, ys, sizes[0], sizes[-1])
    each = [folded_gradients(augmented, activations, cost, x, y) for x, y in zip(xs, ys, strict=True)]
    return tuple(np.sum(layer, axis=0) for layer in zip(*each, strict=True))
