"""Neuron, Layer, MLP: names, shapes, activations, and what they refuse."""

import random

import numpy as np
import pytest

import engine
from engine import Value
from nn import ACTIVATIONS, MLP, Adam, GradientDescent, Layer, Neuron, fit
from nn.module import index, symbol


def names(model):
    return list(model.state_dict())


def test_names_of_the_documents_chain():
    """Where every layer has one neuron no index is written: w^(l), b^(l)."""
    assert names(MLP(1, [1, 1])) == ["w^(1)", "b^(1)", "w^(2)", "b^(2)"]


def test_names_of_wide_layers():
    """w_jk goes from neuron k to neuron j; an index drops out where its layer has one neuron."""
    assert names(MLP(2, [2, 1, 2])) == [
        *("w_00^(1)", "w_01^(1)", "b_0^(1)", "w_10^(1)", "w_11^(1)", "b_1^(1)"),
        *("w_0^(2)", "w_1^(2)", "b^(2)"),
        *("w_0^(3)", "b_0^(3)", "w_1^(3)", "b_1^(3)"),
    ]


def test_indices_of_two_digits_are_parted_by_a_comma():
    """w_1,10 and w_11,0 cannot be told apart without a comma."""
    found = names(MLP(11, [12]))
    assert {"w_00^(1)", "w_1,10^(1)", "w_11,0^(1)", "b_11^(1)"} <= set(found)
    assert len(found) == len(set(found)) == 12 * 12


def test_a_single_neuron_or_layer_has_no_layer_number():
    """Outside a network there is no layer to count."""
    assert names(Neuron(1)) == ["w", "b"]
    assert names(Neuron(2, bias=False)) == ["w_0", "w_1"]
    assert names(Layer(1, 2)) == ["w_0", "b_0", "w_1", "b_1"]


@pytest.mark.parametrize("sizes", [[1, 1], [2, 3, 1], [11, 12, 1, 3]])
def test_labels_are_the_names(sizes):
    """Every node of the graph carries its symbol: parameters, inputs, z and a."""
    model = MLP(sizes[0], sizes[1:], activation="tanh")

    def symbols(letter, l):
        return [symbol(letter, index(j, sizes[l]), layer=l) for j in range(sizes[l])]

    assert [parameter.label for parameter in model.parameters()] == names(model)
    a = model.layers[0].inputs([0.5] * sizes[0])
    assert [node.label for node in a] == symbols("a", 0)
    for l, layer in enumerate(model.layers, 1):
        z = layer.pre_activations(a)
        assert [node.label for node in z] == symbols("z", l)
        a = layer.activate(z)
        if l < len(model.layers):
            assert [node.label for node in a] == symbols("a", l)


def test_one_node_for_z_and_one_for_a():
    """z = Σ w_k x_k + b is one node with 2n + 1 parents, a = σ(z) one node on it."""
    neuron = Neuron(3, activation="sigmoid")
    a = neuron([1.0, 2.0, 3.0])
    (z,) = a.parents
    assert len(z.parents) == 7
    assert set(neuron.parameters()) < set(z.parents)


def test_a_linear_neuron_is_its_pre_activation():
    """a = z is the same node and keeps the name z."""
    neuron = Neuron(1, nonlin=False)
    z = neuron.pre_activation([Value(1.0)])
    assert neuron.activate(z) is z
    assert z.label == "z"


def test_without_bias():
    """Without biases z is Σ w_k x_k."""
    model = MLP(2, [2, 1], bias=False, rng=random.Random(3))
    assert names(model) == ["w_00^(1)", "w_01^(1)", "w_10^(1)", "w_11^(1)", "w_0^(2)", "w_1^(2)"]
    w, x = [p.data for p in model.parameters()], [1.0, 2.0]
    hidden = np.maximum(np.array(w[:4]).reshape(2, 2) @ x, 0)
    assert model(x).data == pytest.approx(hidden @ w[4:], rel=1e-14)


@pytest.mark.parametrize("rng", [random.Random(5), np.random.default_rng(5), random])
def test_sources_of_weights(rng):
    """Weights come from any source with `uniform`, lie in [−1, 1] and differ; biases start at 0."""
    state = MLP(3, [4], rng=rng).state_dict()
    weights = [x for name, x in state.items() if name.startswith("w")]
    assert len(set(weights)) == 12
    assert all(-1 <= w <= 1 for w in weights)
    assert {x for name, x in state.items() if name.startswith("b")} == {0.0}


def test_hidden_and_output_activations():
    """Hidden layers have `activation`, the last has `output_activation`, linear unless named."""
    found = [
        [layer.neurons[0].activation for layer in MLP(1, [1, 1, 1], **kinds).layers]
        for kinds in ({}, {"activation": "gelu", "output_activation": "sigmoid"})
    ]
    assert found == [["relu", "relu", "linear"], ["gelu", "gelu", "sigmoid"]]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_by_name(name):
    """A named activation is the engine's function of that name, and gives the neuron its repr."""
    neuron = Neuron(1, activation=name)
    neuron.load_state_dict({"w": 1.0, "b": 0.0})
    expected = 0.7 if name == "linear" else getattr(engine, name)(0.7)
    assert neuron([0.7]).data == expected
    assert repr(neuron).endswith("Neuron(1)")


def test_an_activation_of_ones_own():
    """A function of one's own is an activation, named after itself but never after one of ours."""

    def cube(z):
        return z**3

    def tanh(z):
        return 2 * z

    neuron = Neuron(1, activation=cube)
    neuron.load_state_dict({"w": 2.0, "b": 0.0})
    assert neuron([1.0]).data == 8.0
    assert repr(neuron) == "CubeNeuron(1)"
    assert Neuron(1, activation=tanh).activation == "own_tanh"
    assert Neuron(1, activation=engine.tanh).activation == "tanh"


def test_a_number_alone_is_one_input():
    """A network of one input takes a number, a Value or a list of one."""
    model = MLP(1, [1], rng=random.Random(0))
    x = Value(0.5)
    assert model(0.5).data == model([0.5]).data == model(x).data == model((0.5,)).data
    model(x).backward()
    assert x.grad == model.layers[0].neurons[0].w[0].data


def test_numpy_inputs():
    """A row of a NumPy array is a list of inputs."""
    model = MLP(2, [3, 1], rng=random.Random(0))
    assert model(np.array([1.0, 2.0])).data == model([1.0, 2.0]).data
    assert model([np.float64(1), np.int64(2)]).data == model([1.0, 2.0]).data


REFUSED = {
    "too few inputs": (lambda: MLP(2, [1])([1.0]), ValueError, "expected 2 inputs, got 1"),
    "too many inputs": (lambda: Layer(1, 2)([1.0, 2.0]), ValueError, "expected 1 input, got 2"),
    "text": (lambda: MLP(2, [1])("ab"), TypeError, "expected a number.*got str 'ab'"),
    "text inside": (
        lambda: MLP(1, [1])(["a"]),
        TypeError,
        "an input must be a number or a Value, got str 'a'",
    ),
    "nothing": (lambda: MLP(1, [1])(None), TypeError, "got NoneType None"),
    "dict": (lambda: MLP(1, [1])({"x": 1.0}), TypeError, "got dict"),
    "no layers": (lambda: MLP(2, []), ValueError, "at least one layer"),
    "size 0": (lambda: MLP(2, [0]), ValueError, "every entry of nouts must be at least 1, got 0"),
    "negative size": (lambda: Layer(-1, 1), ValueError, "nin must be at least 1, got -1"),
    "size 0 of a layer": (lambda: Layer(1, 0), ValueError, "nout must be at least 1"),
    "float size": (lambda: Neuron(2.0), TypeError, "nin must be a whole number, got float 2.0; pass an int"),
    "bool size": (lambda: Neuron(True), TypeError, "got bool True"),
    "unknown": (lambda: MLP(1, [1], activation="tahn"), ValueError, "no activation is named 'tahn'.*tanh"),
    "unknown last": (lambda: MLP(1, [1], output_activation="x"), ValueError, "no activation is named 'x'"),
}


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, kind, message):
    """What does not fit is refused, and the message says what came."""
    with pytest.raises(kind, match=message):
        call()


def test_sizes_from_numpy():
    """Any integer counts neurons, and a model file can hold it."""
    model = MLP(np.int64(2), [np.int32(1)])
    assert model.architecture()["sizes"] == [2, 1]
    assert all(type(n) is int for n in model.sizes)


def test_layer_sizes_are_a_list():
    """A number in the place of the list of layer sizes is told, with an example."""
    with pytest.raises(
        TypeError, match=r"nouts must be a list, as in MLP\(2, \[4, 1\]\), got int 3; put it in \[ \]"
    ):
        MLP(2, 3)


def test_tied_weights_are_one_parameter():
    """A Value in several places of a neuron, a layer or a network counts once, under its first name."""
    neuron = Neuron(2)
    neuron.w[1] = neuron.w[0]
    assert [name for name, _ in neuron.named_parameters()] == ["w_0", "b"]
    layer = Layer(2, 2)
    layer.neurons[1].w = layer.neurons[0].w
    assert [name for name, _ in layer.named_parameters()] == ["w_00", "w_01", "b_0", "b_1"]
    chain = MLP(1, [1, 1], activation="tanh", output_activation="tanh", rng=random.Random(2))
    chain.layers[1].neurons[0].w = chain.layers[0].neurons[0].w
    assert list(chain.state_dict()) == ["w^(1)", "b^(1)", "b^(2)"]


@pytest.mark.parametrize("tape", [False, True])
@pytest.mark.parametrize("optimizer", [GradientDescent, Adam])
def test_tied_weights_are_trained_as_one(tape, optimizer):
    """The gradient sums over both places, and a step moves it once: of C = (w w x − y)², by hand."""
    chain = MLP(1, [1, 1], activation="linear", bias=False)
    chain.layers[0].neurons[0].w[0].data = 1.5
    chain.layers[1].neurons[0].w = chain.layers[0].neurons[0].w
    (w,) = chain.parameters()
    fit(chain, [[1.0], [2.0]], [1.0, 2.0], optimizer=optimizer([w], 0.0), epochs=1, tape=tape)
    assert w.grad == pytest.approx(sum(2 * (1.5**2 * x - x) * 2 * 1.5 * x for x in (1.0, 2.0)) / 2)
    fit(chain, [[1.0], [2.0]], [1.0, 2.0], optimizer=optimizer([w], 0.02), epochs=300, tape=tape)
    assert w.data == pytest.approx(1.0, abs=1e-4)


def test_an_activation_for_each_layer(tmp_path):
    """A list has one for each layer; it is saved, and refused where it does not fit."""
    model = MLP(2, [3, 2, 1], activation=["tanh", "relu", "sigmoid"])
    assert model.activations == ["tanh", "relu", "sigmoid"]
    model.save(tmp_path / "model.json")
    assert MLP.from_file(tmp_path / "model.json").activations == model.activations
    with pytest.raises(ValueError, match="expected an activation for each of 3 layers, got 2"):
        MLP(2, [3, 2, 1], activation=["tanh", "relu"])
    with pytest.raises(ValueError, match="leave out output_activation"):
        MLP(2, [1], activation=["tanh"], output_activation="tanh")
    with pytest.raises(
        TypeError, match=r"^activation must be a name, a function or a list of them, got int 3"
    ):
        MLP(2, [1], activation=3)


def test_arrays():
    """W^l has a row for each neuron, and a network without biases has zeros; the gradients likewise."""
    model = MLP(2, [3, 1], activation="tanh")
    model([0.5, -1.0]).backward()
    for of in ("data", "grad"):
        weights, biases = model.arrays(of)
        for layer, w, b in zip(model.layers, weights, biases, strict=True):
            assert w.tolist() == [[getattr(p, of) for p in neuron.w] for neuron in layer.neurons]
            assert b.tolist() == [getattr(neuron.b, of) for neuron in layer.neurons]
    assert MLP(2, [3], bias=False).arrays().biases[0].tolist() == [0.0] * 3
    with pytest.raises(ValueError, match=r"^of must be 'data' or 'grad', got 'x'; choose one of them$"):
        model.arrays("x")


def test_weights_have_names_that_read_in_one_way():
    """w_10 is from 0 to 1; beside more than ten neurons a weight of one neuron has both indices."""
    names = list(MLP(1, [12, 1]).state_dict())
    assert len(set(names)) == len(names)
    assert names[:3] == ["w_00^(1)", "b_0^(1)", "w_10^(1)"]
    assert "w_10,0^(1)" in names
    assert "w_0,11^(2)" in names
    assert list(MLP(10, [1]).state_dict())[:2] == ["w_0^(1)", "w_1^(1)"]
    assert "w_10,0^(1)" in MLP(2, [11]).state_dict()


def test_a_layer_of_your_own_is_asked():
    """A subclass that overrides how a layer activates has its way."""

    class Halved(Layer):
        def activate(self, zs):
            return [z / 2 for z in zs]

    layer = Halved(2, 2, activation="linear", rng=random.Random(0))
    plain = Layer(2, 2, activation="linear", rng=random.Random(0))
    assert [a.data for a in layer([1.0, 2.0])] == [a.data / 2 for a in plain([1.0, 2.0])]
