"""The gradient as a vector, and the step against it."""

import numpy as np
import numpy.typing as npt

from .matrix import Gradients
from .network import Network
from .shapes import Array


def gradient_vector(slopes: Gradients) -> Array:
    """∇C as one flat vector: w^1 row by row, b^1, …, w^L, b^L.

    >>> gradient_vector(Gradients((np.array([[1.0, 2.0]]),), (np.array([3.0]),))).tolist()
    [1.0, 2.0, 3.0]

    Source: ∇C in *Backpropagation calculus* and *Neural Networks (2), AIML231/DATA302 week 9*.
    """
    layers = zip(slopes.weights, slopes.biases, strict=True)
    return np.concatenate([part.ravel() for layer in layers for part in layer])


def update(parameter: npt.ArrayLike, gradient: npt.ArrayLike, learning_rate: float) -> Array:
    """W_{i+1} = W_i − η ∇L(W_i); parameter, gradient and result share one shape.

    >>> update([1.0, 2.0], [10.0, -10.0], learning_rate=0.1).tolist()
    [0.0, 3.0]

    Source: the update rule of gradient descent in *Neural Networks (2), AIML231/DATA302 week 9*.
    """
    if np.shape(parameter) != np.shape(gradient):
        raise ValueError(
            f"the gradient has shape {np.shape(gradient)}, expected {np.shape(parameter)}: "
            "pass the derivatives of this very parameter."
        )
    return np.asarray(parameter, dtype=np.float64) - learning_rate * np.asarray(gradient, dtype=np.float64)


def update_network(network: Network, slopes: Gradients, learning_rate: float) -> Network:
    """Apply the update rule to every weight and bias; the network that came stays as it is.

    >>> network = Network([np.array([[1.0]])], [np.zeros(1)], ["linear"])
    >>> slopes = Gradients(weights=(np.array([[5.0]]),), biases=(np.array([3.0]),))
    >>> update_network(network, slopes, learning_rate=0.1).weights[0].tolist()
    [[0.5]]

    Source: the last line of the algorithm in *Neural Networks (2), AIML231/DATA302 week 9*.
    """
    weights = [update(w, g, learning_rate) for w, g in zip(network.weights, slopes.weights, strict=True)]
    biases = [update(b, g, learning_rate) for b, g in zip(network.biases, slopes.biases, strict=True)]
    return Network(weights, biases, network.activations)
