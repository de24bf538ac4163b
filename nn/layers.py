"""``Neuron``, ``Layer`` and ``MLP``: the network of the five texts, node by node, in their notation.

``w_jk^(l)`` is the weight from neuron k of layer l−1 to neuron j of layer l. The pre-activation is
``z_j^(l) = Σ_k w_jk^(l) a_k^(l−1) + b_j^(l)``, the activation ``a_j^(l) = σ(z_j^(l))``. Neurons count from 0,
layers from 1, and the input is ``a^(0)``. An index drops out if a layer has one neuron, unless ``w_10``
could then be read in two ways: next to a layer of more than ten neurons, weights have both indices, as in
``w_0,10``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Never, Protocol, TypeAlias

import engine
from engine import Value
from engine.arguments import also, choice, listed
from engine.characters import printable, shown
from engine.functions import each_neuron
from engine.numeric import Number, flag, is_real, short, told, whole

from . import module
from .module import Module, counted, distinct, index, symbol, symbols

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

Activation: TypeAlias = Callable[[Value], Value]


def linear(z: Value) -> Value:
    """Return z itself: activation and pre-activation are the same node."""
    return z


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "sigmoid": engine.sigmoid,
    "tanh": engine.tanh,
    "relu": engine.relu,
    "leaky_relu": engine.leaky_relu,
    "elu": engine.elu,
    "selu": engine.selu,
    "gelu": engine.gelu,
    "gelu_tanh": engine.gelu_tanh,
    "silu": engine.silu,
    "mish": engine.mish,
    "softplus": engine.softplus,
    "log_sigmoid": engine.log_sigmoid,
    "softsign": engine.softsign,
    "hard_tanh": engine.hard_tanh,
    "sin": engine.sin,
}
ELSEWHERE = {"identity": "linear", "logistic": "sigmoid", "swish": "silu"}
"""What other libraries call some of them."""
INSTEAD = {"softmax": "use the cost softmax_cross_entropy, which takes the logits of a linear last layer"}
"""What to use for those that are not functions of one number."""
RNG = dict.fromkeys(("seed", "random_state", "generator", "key"), "pass rng=random.Random(0)")
"""What to write for keywords that choose the random numbers."""


def activation(given: str | Activation) -> tuple[str, Activation]:
    """Return name and function of an activation, given either one.

    A custom function with the name of a built-in one is called ``own_…``.

    >>> activation("tanh")[0], activation("ReLU")[0]
    ('tanh', 'relu')
    >>> activation("tahn")
    Traceback (most recent call last):
        ...
    ValueError: no activation is named 'tahn'; did you mean tanh? choose one of linear, sigmoid, tanh, ...
    """
    if callable(given):
        name = getattr(given, "__name__", "custom")
        return (name if ACTIVATIONS.get(name, given) is given else f"own_{name}"), given
    name = choice(given, ACTIVATIONS, "activation", ELSEWHERE, INSTEAD)
    return name, ACTIVATIONS[name]


# ── One scalar or several: networks and costs take either ─────────────────────────────────────────

Scalar: TypeAlias = "Value | Number"
Scalars: TypeAlias = "Scalar | Iterable[Scalar]"

AS_LIST = "pass one example, its numbers in a list"
EACH = "pass one example at a time, or all of them to nn.predict(model, xs)"
NO_LIST = (str, bytes, dict, set, frozenset)
"""Iterables that hold no numbers or have no order."""


def scalars(x: Scalars) -> list[Scalar]:
    """Return one Value or number, or several, as a list; raise TypeError for anything else.

    >>> scalars(1.0), scalars((1.0, 2.0))
    ([1.0], [1.0, 2.0])
    """
    kind = type(x)
    if kind is list or kind is tuple:  # nearly always one of these: checking abstract classes is slow
        return list(x)  # type: ignore[arg-type]  # as just asked
    if kind is Value or kind is float:
        return [x]  # type: ignore[list-item]  # as above
    if isinstance(x, Iterable) and not isinstance(x, NO_LIST):
        return list(x)
    if isinstance(x, Value) or is_real(x):
        return [x]
    raise TypeError(f"expected a number, a Value, or a list of them, got {told(x)}; {AS_LIST}")


def refuse_other(xs: Iterable[object], what: str) -> None:
    """Raise TypeError for the first item that is neither a number nor a Value.

    >>> refuse_other([1.0, [0.0, 1.0]], "an input")
    Traceback (most recent call last):
        ...
    TypeError: an input must be a number or a Value, got list [0.0, 1.0]; pass one example, its numbers in ...
    """
    for x in xs:
        if not (isinstance(x, Value) or is_real(x)):
            raise TypeError(f"{what} must be a number or a Value, got {told(x)}; {AS_LIST}")


# ── Random number generators: the module random, a random.Random, a NumPy generator ───────────────


def source(rng: Any, method: str) -> Any:
    """Return the generator, or the module ``random`` for None; raise TypeError if it lacks the method.

    >>> source(3, "uniform")
    Traceback (most recent call last):
        ...
    TypeError: rng must be a random number generator with a method uniform, got int 3; pass ...
    """
    if rng is None:
        return random
    if not callable(getattr(rng, method, None)):
        raise TypeError(
            f"rng must be a random number generator with a method {method}, got {told(rng)}; "
            "pass random.Random(seed)"
        )
    return rng


# ── Neuron, Layer, MLP: the network of the documents, node by node ────────────────────────────────


class Uniform(Protocol):
    """A generator of random weights: the module ``random``, a ``random.Random``, a NumPy generator."""

    def uniform(self, low: float, high: float, /) -> float:
        """Return a number between low and high."""
        ...


class Neuron(Module):
    """a = σ(Σ w_k x_k + b): one node for the pre-activation z, one for the activation a.

    ``nonlin=False`` makes it linear, as in micrograd. Weights are drawn from ``rng.uniform(-1, 1)``, the
    bias is 0. Raises ValueError for an unknown activation or if there are not ``nin`` inputs, and TypeError
    for arguments or inputs of the wrong kind.

    >>> neuron = Neuron(2, activation="sigmoid")
    >>> neuron.load_state_dict({"w_0": 1.0, "w_1": -1.0, "b": 0.5})
    >>> neuron([2.0, 2.5])
    Value(data=0.5, grad=0.0, label='a')
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,  # noqa: FBT001, FBT002  (micrograd's second argument)
        *,
        activation: str | Activation = "relu",
        bias: bool = True,
        rng: Uniform | None = None,
    ) -> None:
        draw = source(rng, "uniform").uniform
        nonlin = flag(nonlin, "nonlin", 'name an activation as in activation="tanh"')
        self.activation, self._activate = named_activation(activation if nonlin else "linear")
        self.nonlin = self.activation != "linear"
        self.w = [Value(draw(-1, 1)) for _ in range(size("nin", nin))]
        self.b = Value(0.0) if flag(bias, "bias", "set a bias as in neuron.b.data = 0.5") else None
        self.rename()

    def rename(self, j: int | None = None, layer: int | None = None, *, both: bool = False) -> None:
        """Label weights and bias, and z and a when they are computed, as neuron j of a layer.

        ``both`` gives weights both indices even if there is only one neuron at either end.
        """
        n = len(self.w)
        ends = [(j or 0, k) if both else (j, index(k, n)) for k in range(n)]
        self._names = [symbol("w", *pair, layer=layer) for pair in ends]
        self._names += [symbol("b", j, layer=layer)] * (self.b is not None)
        self._z, self._a = symbol("z", j, layer=layer), symbol("a", j, layer=layer)
        for name, parameter in self.named_parameters():
            parameter.label = name

    def pre_activation(self, xs: Sequence[Value]) -> Value:
        """Return z = Σ w_k x_k + b, one node."""
        z = engine.dot(self.w, xs) if self.b is None else engine.affine(self.b, self.w, xs)
        z.label = self._z
        return z

    def activate(self, z: Value) -> Value:
        """Return a = σ(z), one node; z itself if the neuron is linear."""
        a = self._activate(z)
        if a is not z:
            try:
                a.label = self._a
            except AttributeError:
                raise TypeError(
                    f"an activation must give a Value, got {told(a)} from {self.activation}; "
                    "compute it from the Value z itself, not from z.data"
                ) from None
        return a

    def __call__(self, x: Scalars, *more: Never) -> Value:
        """Return the activation for these inputs."""
        refuse_more(self, more)
        return self.activate(self.pre_activation(values(x, len(self.w), "x")))

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield weights, then bias, with their names; each once, even if some are tied."""
        return distinct(self.places())

    def places(self) -> Iterator[tuple[str, Value]]:
        """Yield every weight and bias with the name of its place; a tied one has several places."""
        bias = [] if self.b is None else [self.b]
        yield from zip(self._names, [*self.w, *bias], strict=True)

    def __repr__(self) -> str:
        kind = {"relu": "ReLU"}.get(self.activation, self.activation.title().replace("_", ""))
        return shown(f"{printable(kind)}Neuron({len(self.w)})")

    __str__ = __repr__


WAYS = (Neuron.pre_activation, Neuron.activate)
"""Methods of a neuron whose work the compiled core can do for a whole layer."""


class Layer(Module):
    """``nout`` neurons with the same ``nin`` inputs; a layer of one neuron returns a Value, not a list.

    >>> Layer(2, 3, activation="tanh")
    Layer of [TanhNeuron(2), TanhNeuron(2), TanhNeuron(2)]
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,  # noqa: FBT001, FBT002  (micrograd's)
        *,
        activation: str | Activation = "relu",
        bias: bool = True,
        rng: Uniform | None = None,
    ) -> None:
        self.nin = nin
        self.neurons = [
            Neuron(nin, nonlin, activation=activation, bias=bias, rng=rng) for _ in range(size("nout", nout))
        ]
        self.rename()

    def rename(self, layer: int | None = None) -> None:
        """Label everything as layer number ``layer`` of a network."""
        self._layer = layer
        nout = len(self.neurons)
        both = (nout == 1) != (self.nin == 1) and max(nout, self.nin) > 10  # else w_10 could be w_1,0
        for j, neuron in enumerate(self.neurons):
            neuron.rename(index(j, nout), layer, both=both)

    def inputs(self, x: Scalars) -> list[Value]:
        """Return the inputs as Values; numbers become leaves ``a_k^(l−1)``, or ``x_k`` outside an MLP."""
        if self._layer is None:
            return values(x, self.nin, "x")
        return values(x, self.nin, "a", self._layer - 1)

    def pre_activations(self, xs: Sequence[Value]) -> list[Value]:
        """Return the z_j of every neuron.

        In docs/concordance.md: calculus 22; delta 16; lecture 9.
        """
        return [neuron.pre_activation(xs) for neuron in self.neurons]

    def activate(self, zs: Sequence[Value]) -> list[Value]:
        """Return the a_j = σ(z_j) of every neuron.

        In docs/concordance.md: calculus 21; lecture 10.
        """
        return [neuron.activate(z) for neuron, z in zip(self.neurons, zs, strict=True)]

    def __call__(self, x: Scalars, *more: Never) -> Value | list[Value]:
        """Return the activations for these inputs."""
        refuse_more(self, more)
        xs = self.inputs(x)
        if type(self) is Layer:
            activations = each_neuron(self.neurons, xs, Neuron, WAYS)
        else:
            activations = self.activate(self.pre_activations(xs))
        return activations[0] if len(activations) == 1 else activations

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield the parameters neuron by neuron, weights before bias."""
        return distinct(named for neuron in self.neurons for named in neuron.named_parameters())

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"

    __str__ = __repr__


class ParameterArrays(NamedTuple):
    """The parameters of a network as NumPy arrays, layer by layer, and a vector of biases for each matrix."""

    weights: list[NDArray[np.float64]]
    biases: list[NDArray[np.float64]]


class MLP(Module):
    """A multilayer perceptron: ``nin`` inputs and one layer for each entry of ``nouts``.

    Hidden layers use ``activation``, the last layer ``output_activation`` (linear, as in micrograd). A list
    as ``activation`` has one for each layer, the last one included: the g^(l) of *Lecture 3: Multilayer
    Perceptron*. Raises ValueError if the list has another length, or if ``output_activation`` comes with it.
    Source: *Backpropagation Calculus*; *Lecture 3: Multilayer Perceptron*.

    >>> chain = MLP(1, [1, 1, 1], activation="sigmoid", output_activation="sigmoid")
    >>> list(chain.state_dict())
    ['w^(1)', 'b^(1)', 'w^(2)', 'b^(2)', 'w^(3)', 'b^(3)']
    >>> MLP(2, [4, 1])
    MLP of 2 inputs, 4 relu, 1 linear: 17 parameters
    >>> MLP(2, [4, 3, 1], activation=["tanh", "relu", "sigmoid"]).activations
    ['tanh', 'relu', 'sigmoid']

    In docs/concordance.md: calculus 1, 19; lecture 1, 4; week9 5.
    """

    @also("MLP(2, [4, 1])", RNG | {"nonlin": "pass activation='linear'"}, activations="activation")
    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | Activation | Sequence[str | Activation] = "relu",
        output_activation: str | Activation | None = None,
        bias: bool = True,
        rng: Uniform | None = None,
    ) -> None:
        nouts = listed(nouts, "nouts must be a list, as in MLP(2, [4, 1])")
        self.sizes = [size("nin", nin), *(size("every entry of nouts", nout) for nout in nouts)]
        if len(self.sizes) == 1:
            raise ValueError("nouts must name at least one layer, as in MLP(2, [4, 1]); got none")
        each = _for_each_layer(activation, output_activation, len(nouts))
        self.layers = [
            Layer(*ends, activation=of_layer, bias=bias, rng=rng)
            for ends, of_layer in zip(pairwise(self.sizes), each, strict=True)
        ]
        self._bias = bias
        for number, layer in enumerate(self.layers, start=1):
            layer.rename(number)

    def __call__(self, x: Scalars, *more: Never) -> Value | list[Value]:
        """Return the outputs for these inputs: the activations of the last layer."""
        refuse_more(self, more)
        activations: Scalars = x
        for layer in self.layers:
            activations = layer(activations)
        return activations  # type: ignore[return-value]  # of the last layer: Values

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield the parameters in the order of ∇C: layer by layer, neuron by neuron, weights before bias."""
        return distinct(named for layer in self.layers for named in layer.named_parameters())

    @property
    def activations(self) -> list[str]:
        """The activation of each layer, by name."""
        return [layer.neurons[0].activation for layer in self.layers]

    def arrays(self, of: str = "data") -> ParameterArrays:
        """Return the matrices W^l and the vectors b^l as NumPy arrays, first layer to last.

        ``of="grad"`` returns the gradients in the same shapes. W^l has a row for each neuron of layer l. A
        network without biases has zeros for them. Raises ValueError for any other ``of``.

        >>> model = MLP(2, [3, 1])
        >>> [w.shape for w in model.arrays().weights], [b.shape for b in model.arrays().biases]
        ([(3, 2), (1, 3)], [(3,), (1,)])

        ``nn.equations.Network(*model.arrays(), model.activations)`` is the network of the matrix equations.
        Source: w^l and b^l in *Chapter 2: Backpropagation*.
        In docs/concordance.md: general b; delta 9, 16; lecture 2.
        """
        import numpy as np  # noqa: PLC0415  (only callers with arrays need it)

        if of not in ("data", "grad"):
            raise ValueError(f"of must be 'data' or 'grad', got {short(of)}; choose one of them")
        weights = [[[getattr(w, of) for w in neuron.w] for neuron in layer.neurons] for layer in self.layers]
        biases = [[getattr(n.b, of) if n.b else 0.0 for n in layer.neurons] for layer in self.layers]
        return ParameterArrays([np.array(w) for w in weights], [np.array(b) for b in biases])

    def architecture(self) -> dict[str, Any]:
        """Return sizes and activations by name: the arguments that build such a network.

        ``"activation"`` is a list if hidden layers have different ones. If weights are tied, ``"tied"`` maps
        the name of each to the first name of the same Value.
        """
        tied = self._tied()
        *hidden, last = self.activations
        return {
            "sizes": self.sizes,
            "activation": self.activations if len(set(hidden)) > 1 else (*hidden, last)[0],
            "output_activation": last,
            "bias": self._bias,
        } | ({"tied": tied} if tied else {})

    @classmethod
    def from_file(cls, path: str | Path) -> MLP:
        """Build the network that ``save`` wrote.

        Raises OSError if the file cannot be opened, and ``nn.module.ModelFileError`` if it holds no network.
        """
        return cls.restored(module.read(path))

    @classmethod
    def restored(cls, held: module.ModelFile, **others: Any) -> MLP:
        """Build the network of a file; ``others`` replace parts of its architecture.

        Raises ``nn.module.ModelFileError`` if the file holds no network.
        """
        plan = (held.architecture or {}) | others
        try:
            model = cls._built(plan, at_most=len(held.parameters))
        except KeyError as error:
            what = f"does not say how to build an MLP: {error} is missing in its architecture"
            raise module.refusal(f"{held.path} ", what) from None
        except (TypeError, ValueError) as error:
            raise module.refusal(f"{held.path} ", f"does not say how to build an MLP: {error}") from None
        held.into(model)
        return model

    @classmethod
    def _built(cls, plan: dict[str, Any], at_most: int) -> MLP:
        tied = plan.get("tied", {})
        if not isinstance(tied, dict):
            raise TypeError(f"tied must map names to names, got {told(tied)}")
        nin, *nouts = sizes = [size("every size", n) for n in plan["sizes"]]
        if sum(map(math.prod, pairwise(sizes))) > at_most + len(tied):  # before they take memory
            raise ValueError(f"its sizes need more parameters than the {at_most} that it holds")
        each, last = plan["activation"], plan["output_activation"]
        if isinstance(each, list):
            each, last = [*each[:-1], last], None
        model = cls(nin, nouts, activation=each, output_activation=last, bias=plan["bias"])
        if tied:
            model._tie(tied)
        return model

    def _neurons(self) -> Iterator[Neuron]:
        for layer in self.layers:
            yield from layer.neurons

    def _tied(self) -> dict[str, str]:
        """Map the name of each place whose Value has an earlier place to the name of the first."""
        first: dict[Value, str] = {}
        places = [place for neuron in self._neurons() for place in neuron.places()]
        return {name: first[v] for name, v in places if first.setdefault(v, name) != name}

    def _tie(self, tied: dict[str, str]) -> None:
        """Put the Values of the first places into the others, as ``_tied`` listed them."""
        held = dict(place for neuron in self._neurons() for place in neuron.places())
        for neuron in self._neurons():
            found = [held.get(tied.get(name, name), v) for name, v in neuron.places()]
            neuron.w, bias = found[: len(neuron.w)], found[len(neuron.w) :]
            neuron.b = bias[0] if bias else None
        if self._tied() != tied:
            raise ValueError(
                "tied must map names of weights and biases to the first name of the same parameter"
            )

    def __repr__(self) -> str:
        sizes = [f"{n} {kind}" for n, kind in zip(self.sizes[1:], self._kinds(), strict=True)]
        kind, count = type(self).__name__, counted(len(self.parameters()))
        return f"{kind} of {counted(self.sizes[0], 'input')}, {', '.join(sizes)}: {count}"

    def __str__(self) -> str:
        """Return a table of the layers: sizes, activation, parameters.

        >>> print(MLP(2, [4, 1], activation="tanh"))
        MLP of 17 parameters
        layer  inputs  neurons  activation  parameters
            1       2        4  tanh                12
            2       4        1  linear               5
        """
        wide = max(map(len, ("activation", *self._kinds())))
        lines = [f"{type(self).__name__} of {counted(len(self.parameters()))}"]
        lines.append(f"layer  inputs  neurons  {'activation':{wide}}  parameters")
        for number, (layer, kind) in enumerate(zip(self.layers, self._kinds(), strict=True), 1):
            n, count = len(layer.neurons), len(layer.parameters())
            lines.append(f"{number:5}  {layer.nin:6}  {n:7}  {kind:{wide}}  {count:10}")
        return "\n".join(lines)

    def _kinds(self) -> list[str]:
        """Return the activation of each layer, or of each neuron where they differ."""
        found = [dict.fromkeys(neuron.activation for neuron in layer.neurons) for layer in self.layers]
        return [printable("/".join(kinds)) for kinds in found]


named_activation = activation
"""``activation`` under a name that the argument ``activation`` does not hide."""


def _for_each_layer(
    activation: str | Activation | Sequence[str | Activation],
    output_activation: str | Activation | None,
    count: int,
) -> list[str | Activation]:
    """Return an activation for each layer; raise ValueError for a list that does not fit."""
    if isinstance(activation, list | tuple):
        if output_activation is not None:
            raise ValueError("a list of activations includes the last layer; leave out output_activation")
        if len(activation) != count:
            raise ValueError(
                f"expected an activation for each of {counted(count, 'layer')}, got {len(activation)}; "
                "the last one is that of the output"
            )
        return [*activation]
    if not isinstance(activation, str) and not callable(activation):
        raise TypeError(f"activation must be a name, a function or a list of them, got {told(activation)}")
    named_activation(activation)  # a wrong name is refused even where there is no hidden layer
    return [activation] * (count - 1) + ["linear" if output_activation is None else output_activation]


def size(name: str, n: object) -> int:
    """Return a number of neurons; raise TypeError or ValueError unless it is an int of at least 1."""
    return whole(n, name, 1)


def refuse_more(model: Module, more: Sequence[object]) -> None:
    """Raise TypeError for inputs that are not in one list."""
    if more:
        raise TypeError(
            f"{type(model).__name__} takes one list of inputs, got {1 + len(more)} arguments; "
            "put them in [ ], as in model([1.0, 2.0])"
        )


def values(x: Scalars, expected: int, letter: str, layer: int | None = None) -> list[Value]:
    """Return inputs as Values; raise ValueError if they are not as many as expected.

    One Value or number outside a list is one input.

    >>> [v.label for v in values([1.0, 2.0], 2, "a", 0)]
    ['a_0^(0)', 'a_1^(0)']
    """
    xs = x if type(x) is list else scalars(x)
    if len(xs) != expected:
        advice = EACH if any(isinstance(v, list | tuple) for v in xs) else AS_LIST
        raise ValueError(f"expected {counted(expected, 'input')}, got {len(xs)}; {advice}")
    if [*map(type, xs)].count(Value) == expected:  # the activations of a layer are
        return xs  # type: ignore[return-value]  # as just asked
    try:
        return [
            v if isinstance(v, Value) else Value(v, label=name)
            for v, name in zip(xs, symbols(letter, expected, layer), strict=True)
        ]
    except TypeError:
        refuse_other(xs, "an input")
        raise
