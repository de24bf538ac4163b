"""The documents' equations in matrix form, in NumPy alone: an independent second opinion.

Nothing here knows the engine. Every derivative is a closed form written down by hand, so that two
computations that share no line of code can be compared: this one and automatic differentiation.

Notation: layers count from 1 and the input is a^(0). The weight w_jk^(l) goes from neuron k of layer
l−1 to neuron j of layer l, so `weights[l - 1]` has shape (N_l, N_{l−1}) and `biases[l - 1]` (N_l,):

    z^l = w^l a^{l−1} + b^l        a^l = f(z^l)        δ^l = ∂C/∂z^l

The sources, by the titles that the docstrings use: *Backpropagation Calculus*, *Derivation of
backpropagation equations in the general case* (numbered equations), *Chapter 2: Backpropagation*,
*Lecture 3: Multilayer Perceptron*, and *Neural Networks (2)*.

    network.py     the arrays of a network, f and f', C and ∂C/∂a, the forward pass, checks of shapes
    matrices.py    errors δ and gradients of one example; sums and averages over examples; the update rule
    documents.py   the bias as weight w_0 of x_0 = 1; one cost per output node; the lecture's β and η
"""

from .documents import (
    betas,
    epoch,
    fold,
    folded_forward,
    folded_gradients,
    folded_summed_gradients,
    general_gradients,
    node_errors,
    one_output_error,
    prepend_one,
    sigmoid_likelihood_error,
    sigmoid_likelihood_gradients,
    two_layer_gradients,
    two_two_one_gradients,
    unfold,
    weight_changes,
)
from .matrices import (
    Gradients,
    activation_gradient,
    activation_gradients,
    averaged_cost,
    averaged_gradients,
    bias_gradient,
    errors,
    gradient_vector,
    gradients,
    hidden_error,
    output_error,
    summed_cost,
    summed_gradients,
    update,
    update_network,
    weight_gradient,
)
from .network import (
    ACTIVATIONS,
    COSTS,
    Activation,
    Array,
    ForwardPass,
    Network,
    activation_named,
    cost_named,
    forward,
)
from .network import CostFormulas as Cost

__all__ = [
    "ACTIVATIONS",
    "COSTS",
    "Activation",
    "Array",
    "Cost",
    "ForwardPass",
    "Gradients",
    "Network",
    "activation_gradient",
    "activation_gradients",
    "activation_named",
    "averaged_cost",
    "averaged_gradients",
    "betas",
    "bias_gradient",
    "cost_named",
    "epoch",
    "errors",
    "fold",
    "folded_forward",
    "folded_gradients",
    "folded_summed_gradients",
    "forward",
    "general_gradients",
    "gradient_vector",
    "gradients",
    "hidden_error",
    "node_errors",
    "one_output_error",
    "output_error",
    "prepend_one",
    "sigmoid_likelihood_error",
    "sigmoid_likelihood_gradients",
    "summed_cost",
    "summed_gradients",
    "two_layer_gradients",
    "two_two_one_gradients",
    "unfold",
    "update",
    "update_network",
    "weight_changes",
    "weight_gradient",
]
