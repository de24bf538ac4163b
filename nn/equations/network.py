"""A network as plain arrays, and its forward pass."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy.typing as npt

from .activations import activation_named
from .shapes import Array, matrix, vector


@dataclass(frozen=True, eq=False)
class Network:
    """Layers 1 … L: `weights[l - 1]` (N_l, N_{l−1}), `biases[l - 1]` (N_l,), `activations[l - 1]` a name.

    >>> import numpy as np
    >>> Network([np.ones((3, 2)), np.ones((1, 3))], [np.zeros(3), np.zeros(1)], ["tanh", "linear"]).sizes
    (2, 3, 1)

    Source: w_jk^l and b_j^l in *Chapter 2: Backpropagation*, whose note on w_jk^l says “to l-th neuron”
    where the j-th is meant. *Lecture 3: Multilayer Perceptron* leaves the bias out; pass zeros for that.
    """

    weights: Sequence[Array]
    biases: Sequence[Array]
    activations: Sequence[str]

    def __post_init__(self) -> None:
        if not all(isinstance(part, Sized) for part in (self.weights, self.biases, self.activations)):
            came = [type(part).__name__ for part in (self.weights, self.biases, self.activations)]
            raise TypeError(
                f"weights, biases and activations must be lists, got {', '.join(came)}: "
                "pass an entry for each layer."
            )
        counts = len(self.weights), len(self.biases), len(self.activations)
        if len(set(counts)) > 1 or not counts[0]:
            raise ValueError(
                f"{counts[0]} weights, {counts[1]} biases and {counts[2]} activations came, expected equally "
                "many and at least 1: pass one of each per layer."
            )
        weights = [matrix(f"weight of layer {number}", w) for number, w in enumerate(self.weights, start=1)]
        biases = [
            vector(f"bias of layer {number}", bias, len(weight))
            for number, (weight, bias) in enumerate(zip(weights, self.biases, strict=True), start=1)
        ]
        object.__setattr__(self, "weights", weights)  # as arrays, whatever came; the class is frozen
        object.__setattr__(self, "biases", biases)
        for number, (before, weight) in enumerate(pairwise(weights), start=2):
            if weight.shape[1] != before.shape[0]:
                raise ValueError(
                    f"weight of layer {number} has shape {weight.shape}, expected (N_{number}, "
                    f"{before.shape[0]}): pass one column per neuron of layer {number - 1}."
                )
        for name in self.activations:
            activation_named(name)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of neurons N_0, …, N_L, input included.

        >>> import numpy as np
        >>> Network([np.ones((1, 4))], [np.zeros(1)], ["relu"]).sizes
        (4, 1)

        Source: N_l in *Derivation of backpropagation equations in the general case*, section 1.
        """
        return self.weights[0].shape[1], *(len(bias) for bias in self.biases)


class ForwardPass(NamedTuple):
    """What a forward pass leaves behind: z^1 … z^L, and a^0 (the input) … a^L; `z[l - 1]` belongs to `a[l]`.

    >>> import numpy as np
    >>> ForwardPass(z=(np.zeros(2),), a=(np.ones(1), np.zeros(2))).a[0].tolist()
    [1.0]

    Source: z^l and a^l in *Chapter 2: Backpropagation*.
    """

    z: tuple[Array, ...]
    a: tuple[Array, ...]


def forward(network: Network, x: npt.ArrayLike) -> ForwardPass:
    """z^l = w^l a^{l−1} + b^l and a^l = f(z^l) for every layer, from a^0 = x of shape (N_0,).

    >>> import numpy as np
    >>> run = forward(Network([np.array([[2.0, 1.0]])], [np.array([-4.0])], ["relu"]), [1.0, 5.0])
    >>> run.z[0].tolist(), run.a[1].tolist()
    ([3.0], [3.0])

    Source: *Chapter 2: Backpropagation*, the boxed a_j^l; *Derivation of backpropagation equations in the
    general case*, equation (1), where w^l is our w^{l+1} transposed: there a weight counts with
    the layer that it leaves.
    """
    z: list[Array] = []
    a = [vector("x", x, network.sizes[0])]
    for weight, bias, name in zip(network.weights, network.biases, network.activations, strict=True):
        z.append(weight @ a[-1] + bias)
        a.append(activation_named(name).value(z[-1]))
    return ForwardPass(tuple(z), tuple(a))
