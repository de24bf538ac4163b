"""`nn.equations` on input that does not fit, and what keeps it an independent second opinion."""

import ast
from pathlib import Path

import numpy as np
import pytest

import nn.equations as eq

ONE = np.ones((1, 1))
DEEP = eq.Network([ONE, ONE, ONE], [np.zeros(1)] * 3, ["sigmoid"] * 3)
WIDE = eq.Network([np.ones((2, 3))], [np.zeros(2)], ["sigmoid"])
BAD = {
    "no layers": (lambda: eq.Network([], [], []), "0 weights, 0 biases and 0 activations"),
    "not one of each per layer": (
        lambda: eq.Network([ONE, ONE], [np.zeros(1)], []),
        "2 weights, 1 biases and 0 act.*per layer",
    ),
    "flat weight": (
        lambda: eq.Network([np.ones(3)], [np.zeros(1)], ["relu"]),
        r"weight of layer 1 has shape \(3,\)",
    ),
    "empty weight": (
        lambda: eq.Network([np.ones((1, 0))], [np.zeros(1)], ["relu"]),
        r"shape \(1, 0\), expected",
    ),
    "bias": (
        lambda: eq.Network([ONE], [np.zeros(2)], ["relu"]),
        r"bias of layer 1 has shape \(2,\), expected \(1,\)",
    ),
    "layers that do not chain": (
        lambda: eq.Network([np.ones((3, 2)), np.ones((1, 2))], [np.zeros(3), np.zeros(1)], ["relu"] * 2),
        r"weight of layer 2 has shape \(1, 2\), expected \(N_2, 3\): pass one column per neuron of layer 1",
    ),
    "activation": (lambda: eq.Network([ONE], [np.zeros(1)], ["rely"]), "no activation named 'rely'"),
    "x": (lambda: eq.forward(WIDE, [1.0]), r"x has shape \(1,\), expected \(3,\)"),
    "y": (lambda: eq.gradients(WIDE, "hinge", np.ones(3), [1.0]), r"y has shape \(1,\), expected \(2,\)"),
    "cost": (lambda: eq.gradients(WIDE, "mse", np.ones(3), np.ones(2)), "no cost named 'mse'"),
    "output_error": (lambda: eq.output_error("hinge", "tanh", [[1.0]], [1.0]), r"z has shape \(1, 1\)"),
    "hidden_error": (
        lambda: eq.hidden_error(ONE, [1.0], "tanh", [1.0, 2.0]),
        r"z has shape \(2,\), expected \(1,\)",
    ),
    "activation_gradient": (lambda: eq.activation_gradient(ONE, [1.0, 2.0]), r"delta has shape \(2,\)"),
    "weight_gradient": (lambda: eq.weight_gradient([], [1.0]), r"delta has shape \(0,\)"),
    "weight_gradient a": (lambda: eq.weight_gradient([1.0], [[1.0]]), r"previous_a has shape \(1, 1\)"),
    "bias_gradient": (lambda: eq.bias_gradient(1.0), r"delta has shape \(\)"),
    "no examples": (lambda: eq.summed_cost(WIDE, "hinge", [], []), "pass at least one example"),
    "no examples averaged": (
        lambda: eq.averaged_gradients(WIDE, "hinge", [], []),
        "pass at least one example",
    ),
    "xs": (
        lambda: eq.summed_gradients(WIDE, "hinge", [[1.0]], [[1.0, 1.0]]),
        r"inputs have shape \(1, 1\), expected \(P, 3\)",
    ),
    "one x": (
        lambda: eq.summed_gradients(WIDE, "hinge", 1.0, [[1.0, 1.0]]),
        r"inputs have shape \(\), expected \(P, 3\)",
    ),
    "ys": (
        lambda: eq.averaged_cost(WIDE, "hinge", np.ones((4, 3)), np.ones(4)),
        r"targets have shape \(4,\), expected \(4, 2\): .* \.reshape\(-1, 2\)",
    ),
    "update": (lambda: eq.update([1.0], [[1.0]], 0.1), r"gradient has shape \(1, 1\), expected \(1,\)"),
    "fold": (lambda: eq.fold(ONE, [1.0, 2.0]), r"bias has shape \(2,\)"),
    "unfold": (lambda: eq.unfold(ONE), "expected at least 2 columns"),
    "prepend_one": (lambda: eq.prepend_one(1.0), r"a has shape \(\)"),
    "softmax per node": (
        lambda: eq.node_errors(WIDE, "softmax_cross_entropy", np.ones(3), np.ones(2)),
        "does not split into one cost per output node: use `errors`",
    ),
    "two outputs": (lambda: eq.one_output_error(np.ones((2, 1)), 1.0, "tanh", [1.0]), "one output neuron"),
    "y − h": (lambda: eq.sigmoid_likelihood_error([1.0], [0.5, 0.5]), r"h has shape \(2,\), expected \(1,\)"),
    "three layers": (lambda: eq.two_layer_gradients(DEEP, "hinge", ONE, ONE), "got 3 layers, expected 2"),
    "not 2-2-1": (
        lambda: eq.two_two_one_gradients(DEEP.weights, DEEP.biases, ONE, ONE),
        "got a 1-1-1-1 network, expected 2-2-1",
    ),
    "betas": (
        lambda: eq.betas([np.ones((1, 2))], [np.ones(1)], [1.0]),
        r"got outputs of sizes \(1,\), expected \(1, 1\)",
    ),
    "weight_changes": (lambda: eq.weight_changes([], [], 0.1), r"got outputs of sizes \(\), expected \(0,\)"),
    "d": (
        lambda: eq.epoch([np.ones((1, 2))], ONE, [[1.0, 2.0]], 0.1),
        r"targets have shape \(1, 2\), expected \(1, 1\)",
    ),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_told_what_came_and_what_to_pass(call, message):
    """What does not fit is a ValueError that says what came, what was expected, and what to do."""
    with pytest.raises(ValueError, match=message) as raised:
        call()
    assert any(advice in str(raised.value) for advice in ("pass ", "use "))


# --- a second opinion is independent -------------------------------------------------------------


def test_nothing_but_numpy_and_the_standard_library_is_imported():
    """An oracle that used the engine would agree with it for the wrong reason."""
    for path in Path(eq.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1
                names = [] if node.level else [node.module]
            roots = {name.partition(".")[0] for name in names}
            assert roots <= {"collections", "dataclasses", "itertools", "math", "numpy", "reprlib", "typing"}


def test_every_public_name_has_an_example_and_a_source():
    """Whoever asks for help gets the meaning, a run, and the document that it comes from."""
    for name in set(eq.__all__) - {"ACTIVATIONS", "COSTS", "Array"}:
        text = getattr(eq, name).__doc__
        assert ">>>" in text, name
        assert "Source:" in text, name
