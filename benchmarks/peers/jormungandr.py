"""Sleipnir's Python module, formerly jormungandr: reverse mode over expressions in C++."""

from sleipnir import autodiff

from benchmarks.programs import Scalar


class Jormungandr:
    """Variables with values, and the gradient of an expression by a matrix of them."""

    tanh = staticmethod(autodiff.tanh)

    @staticmethod
    def relu(x: Scalar) -> Scalar:
        """The positive part, from the functions there are."""
        return (x + autodiff.abs(x)) * 0.5

    @staticmethod
    def forward(f, numbers):
        """Leaves and root."""
        leaves = autodiff.VariableMatrix(len(numbers))
        for i, x in enumerate(numbers):
            leaves[i].set_value(x)
        return leaves, f([leaves[i] for i in range(len(numbers))])

    @staticmethod
    def backward(graph):
        """Cost and gradients."""
        leaves, root = graph
        gradient = autodiff.Gradient(root, leaves).value()
        return root.value(), gradient.toarray().ravel().tolist()


PEER = Jormungandr()
