"""A network as plain arrays and its forward pass, with activations, costs and checks of shapes.

Activation functions f and their derivatives f' are elementwise over arrays of any shape. Each is written
from e^−|z|, which lies in [0, 1] for every z, so that nothing overflows and nothing small is lost as the
difference of two large numbers. Costs C are those of one example, with their derivatives ∂C/∂a at the output.
"""

import math
import reprlib
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Entry = TypeVar("Entry")


def vector(name: str, value: npt.ArrayLike, length: int) -> Array:
    """Return one number per neuron as floats of shape (length,); raise ValueError for any other shape.

    >>> vector("x", [1, 2], length=2).tolist()
    [1.0, 2.0]
    >>> vector("x", [[1, 2]], length=2)
    Traceback (most recent call last):
    ValueError: x has shape (1, 2), expected (2,): pass one number per neuron.
    """
    array = _floats(name, value)
    if array.shape != (length,):
        raise ValueError(f"{name} has shape {array.shape}, expected ({length},): pass one number per neuron.")
    return array


def matrix(name: str, value: npt.ArrayLike) -> Array:
    """Return floats of shape (N_l, N_{l−1}): a row per neuron, a column per neuron of the layer before.

    >>> matrix("w", [[1, 2, 3]]).shape
    (1, 3)
    >>> matrix("w", [1, 2, 3])
    Traceback (most recent call last):
    ValueError: w has shape (3,), expected (N_l, N_{l−1}), neither of them 0: pass one row per neuron.
    """
    array = _floats(name, value)
    if array.ndim != 2 or not array.size:
        raise ValueError(
            f"{name} has shape {array.shape}, expected (N_l, N_{{l−1}}), neither of them 0: "
            "pass one row per neuron."
        )
    return array


def examples(xs: npt.ArrayLike, ys: npt.ArrayLike, inputs: int, outputs: int) -> tuple[Array, Array]:
    """Return P examples as rows, xs (P, Q) and ys (P, N_L); raise ValueError for any other shape.

    >>> xs, ys = examples([[0, 1], [1, 1]], [[1], [0]], inputs=2, outputs=1)
    >>> xs.shape, ys.shape
    ((2, 2), (2, 1))
    >>> examples([[0, 1], [1, 1]], [1, 0], inputs=2, outputs=1)
    Traceback (most recent call last):
    ValueError: targets have shape (2,), expected (2, 1): pass a row per example, e.g. by .reshape(-1, 1).
    """
    xs, ys = _floats("inputs", xs), _floats("targets", ys)
    if not xs.size:
        raise ValueError(f"inputs have shape {xs.shape}, expected (P, {inputs}): pass at least one example.")
    if xs.ndim != 2 or xs.shape[1] != inputs:
        raise ValueError(f"inputs have shape {xs.shape}, expected (P, {inputs}): pass one row per example.")
    if ys.shape != (len(xs), outputs):
        raise ValueError(
            f"targets have shape {ys.shape}, expected ({len(xs)}, {outputs}): "
            f"pass a row per example, e.g. by .reshape(-1, {outputs})."
        )
    return xs, ys


def named(kind: str, table: Mapping[str, Entry], name: str) -> Entry:
    """Return the table's entry of this name; raise ValueError, listing the known names, if there is none.

    >>> named("planet", {"Earth": 3}, "Earth")
    3
    >>> named("planet", {"Earth": 3}, "Vulcan")
    Traceback (most recent call last):
    ValueError: there is no planet named 'Vulcan': pass one of Earth.
    """
    if name not in list(table):  # a list, since the name may be unhashable
        raise ValueError(f"there is no {kind} named {reprlib.repr(name)}: pass one of {', '.join(table)}.")
    return table[name]


def _floats(name: str, value: npt.ArrayLike) -> Array:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{name} must be numbers, in rows of equal length, got {type(value).__name__!r} "
            f"({error}): pass a list of lists of numbers, or an array."
        ) from None


# ── Activation functions f and their derivatives f' ───────────────────────────────────────────────

LEAKY_SLOPE = 0.01
# The pair that keeps mean 0 and variance 1 from layer to layer (Klambauer et al. 2017, equation 14).
SELU_ALPHA = 1.6732632423543772848
SELU_LAMBDA = 1.0507009873554804934


@dataclass(frozen=True)
class Activation:
    """An activation a = f(z), as `value`, and its derivative f'(z), as `slope`; shapes stay as they are.

    At a kink the slope is that of the side named in `ACTIVATIONS`.

    >>> square = Activation(value=lambda z: z * z, slope=lambda z: 2 * z)
    >>> square.value(np.array([3.0])).tolist(), square.slope(np.array([3.0])).tolist()
    ([9.0], [6.0])

    Source: a = σ(z) and σ'(z) in *Backpropagation Calculus*; g^(l) in *Lecture 3: Multilayer Perceptron*.
    In docs/concordance.md: calculus 3, 8; general e; delta 4, 5, 18; lecture 4, 10, 18, 19; week9 21.
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def _sigmoid(z: Array) -> Array:
    """1/(1 + e^−z)."""
    e: Array = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1 + e)


def _sigmoid_slope(z: Array) -> Array:
    """σ(z)(1 − σ(z)) as *Chapter 2: Backpropagation* has it, without the difference that loses the tail."""
    e: Array = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def _tanh_slope(z: Array) -> Array:
    """1 − tanh² z = 1/cosh² z."""
    e: Array = np.exp(-np.abs(z))
    return (2 * e / (1 + e * e)) ** 2


def _softplus(z: Array) -> Array:
    """ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|)."""
    beyond_the_kink: Array = np.log1p(np.exp(-np.abs(z)))
    return np.maximum(z, 0.0) + beyond_the_kink


def _selu(z: Array) -> Array:
    return SELU_LAMBDA * (np.maximum(z, 0.0) + SELU_ALPHA * np.expm1(np.minimum(z, 0.0)))


def _selu_slope(z: Array) -> Array:
    return SELU_LAMBDA * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(z, 0.0)))


def _normal_cdf(z: Array) -> Array:
    """Φ(z) by erfc, which keeps the lower tail that 1 + erf would round away; NumPy has neither."""
    erfc: Array = np.vectorize(math.erfc, otypes=[np.float64])(-z / math.sqrt(2))
    return 0.5 * erfc


def _normal_density(z: Array) -> Array:
    """φ(z) = e^(−z²/2)/√(2π); beyond 40 it is 0 in floats, and z² would go on to overflow."""
    return np.exp(-0.5 * np.minimum(np.abs(z), 40.0) ** 2) / math.sqrt(2 * math.pi)


def _gelu_logit(z: Array) -> Array:
    """2√(2/π)(z + 0.044715 z³), as ½(1 + tanh u) = σ(2u); beyond 30 its σ is 0 or 1 in floats."""
    z = np.clip(z, -30.0, 30.0)
    return math.sqrt(8 / math.pi) * (z + 0.044715 * z**3)


def _gelu_logit_slope(z: Array) -> Array:
    z = np.clip(z, -30.0, 30.0)
    return math.sqrt(8 / math.pi) * (1 + 3 * 0.044715 * z**2)


def _gelu_tanh_slope(z: Array) -> Array:
    u = _gelu_logit(z)
    return _sigmoid(u) + z * _sigmoid_slope(u) * _gelu_logit_slope(z)


def _mish_slope(z: Array) -> Array:
    """Product and chain rule on z · tanh(softplus z)."""
    s = _softplus(z)
    return np.tanh(s) + z * _tanh_slope(s) * _sigmoid(z)


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(np.positive, np.ones_like),
    "sigmoid": Activation(_sigmoid, _sigmoid_slope),
    "tanh": Activation(np.tanh, _tanh_slope),
    # Kink at 0, f'(0) = 0.
    "relu": Activation(lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
    # Kink at 0, f'(0) = 0.01.
    "leaky_relu": Activation(
        lambda z: np.where(z > 0, z, LEAKY_SLOPE * z), lambda z: np.where(z > 0, 1.0, LEAKY_SLOPE)
    ),
    # With α = 1 both sides meet at 0 with f'(0) = 1: no kink.
    "elu": Activation(
        lambda z: np.maximum(z, 0.0) + np.expm1(np.minimum(z, 0.0)), lambda z: np.exp(np.minimum(z, 0.0))
    ),
    # Kink at 0, f'(0) = λα.
    "selu": Activation(_selu, _selu_slope),
    "gelu": Activation(lambda z: z * _normal_cdf(z), lambda z: _normal_cdf(z) + z * _normal_density(z)),
    "gelu_tanh": Activation(lambda z: z * _sigmoid(_gelu_logit(z)), _gelu_tanh_slope),
    "silu": Activation(lambda z: z * _sigmoid(z), lambda z: _sigmoid(z) + z * _sigmoid_slope(z)),
    "mish": Activation(lambda z: z * np.tanh(_softplus(z)), _mish_slope),
    "softplus": Activation(_softplus, _sigmoid),
    "log_sigmoid": Activation(lambda z: -_softplus(-z), lambda z: _sigmoid(-z)),
    # The reciprocal is squared, not the square inverted: it may vanish, but never overflow.
    "softsign": Activation(lambda z: z / (1 + np.abs(z)), lambda z: (1 / (1 + np.abs(z))) ** 2),
    # Kinks at −1 and 1, f'(±1) = 0.
    "hard_tanh": Activation(lambda z: np.clip(z, -1.0, 1.0), lambda z: np.where(np.abs(z) < 1, 1.0, 0.0)),
    "sin": Activation(np.sin, np.cos),
}


def activation_named(name: str) -> Activation:
    """Look up the activation of this name in `ACTIVATIONS`, or raise a ValueError that lists the names.

    >>> activation_named("sigmoid").value(np.array([-1000.0, 0.0])).tolist()
    [0.0, 0.5]
    >>> activation_named("sigmoid").slope(np.array([0.0])).tolist()
    [0.25]

    Source: f in *Derivation of backpropagation equations in the general case*, equation (1); the boxed
    σ'(z) = σ(z)(1 − σ(z)) of *Chapter 2: Backpropagation* is the entry "sigmoid".
    """
    return named("activation", ACTIVATIONS, name)


# ── Costs C of one example, and their derivatives ∂C/∂a at the output ─────────────────────────────

_sigma, _soft_plus = activation_named("sigmoid").value, activation_named("softplus").value


@dataclass(frozen=True)
class CostFormulas:
    """A cost of one example: output a and target y, both of shape (N_L,).

    `formula` and `derivative` are the bare functions of (a, y). `splits` says whether C is a sum over the
    output nodes of a cost c(y_j, a_j) of each, as equation (2) assumes; softmax ties the nodes together.

    >>> COSTS["squared_error"].value([3.0, 1.0], [1.0, 1.0])
    4.0
    >>> COSTS["squared_error"].slope([3.0, 1.0], [1.0, 1.0]).tolist()
    [4.0, 0.0]

    Source: C_0 = Σ_j (a_j − y_j)² in *Backpropagation Calculus* (which writes y for y_j there) and
    *Lecture 3: Multilayer Perceptron* (whose expanded sum has y_0 once for y_1); c(y, h) in *Derivation of
    backpropagation equations in the general case*, equation (2).
    In docs/concordance.md: calculus 2, 7, 20, 30; delta 6; lecture 6, 7, 13, 15 to 17; week9 15, 22, 37.
    """

    formula: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]
    splits: bool = True

    def value(self, a: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Compute C as a float.

        >>> COSTS["hinge"].value([0.25], [-1.0])
        1.25

        Source: as of the class.
        """
        return float(np.sum(self.formula(*_output_and_target(a, y))))

    def slope(self, a: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        """Compute ∇_a C, of shape (N_L,).

        >>> COSTS["half_squared_error"].slope([0.5], [1.0]).tolist()
        [-0.5]

        Source: ∂C/∂a_j = a_j − y_j for C = ½ Σ_j (y_j − a_j)² in *Chapter 2: Backpropagation*.
        """
        return self.derivative(*_output_and_target(a, y))


def _output_and_target(a: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
    length = max(1, np.size(a))
    return vector("a", a, length), vector("y", y, length)


def _inside(h: Array, y: Array) -> tuple[Array, Array]:
    """Give h where ln h counts and h where ln(1 − h) does, else a harmless number, as 0 · ln 0 = 0."""
    impossible = np.where(y == 0, 1.0, h) < np.finfo(np.float64).tiny
    if np.any(impossible | (h < 0) | (h > 1) | ((h == 1) & (y != 1))):
        raise ValueError(
            f"h = {h.tolist()} with y = {y.tolist()}: expected probabilities strictly between 0 and 1, or "
            "equal to y. Pass the activations of a sigmoid layer, or logits to the cost “…_from_logits”."
        )
    return np.where(y == 0, 1.0, h), np.where(y == 1, 0.0, h)


def _log_likelihood(h: Array, y: Array) -> Array:
    h_yes, h_no = _inside(h, y)
    return y * np.log(h_yes) + (1 - y) * np.log1p(-h_no)


def _log_likelihood_slope(h: Array, y: Array) -> Array:
    h_yes, h_no = _inside(h, y)
    return y / h_yes - (1 - y) / (1 - h_no)


def _log_likelihood_from_logits(z: Array, y: Array) -> Array:
    """By ln σ(z) = −softplus(−z) and 1 − σ(z) = σ(−z)."""
    return -y * _soft_plus(-z) - (1 - y) * _soft_plus(z)


def _log_likelihood_from_logits_slope(z: Array, y: Array) -> Array:
    """Split y − σ(z), so that y = 1 does not subtract two numbers near 1."""
    return y * _sigma(-z) - (1 - y) * _sigma(z)


def _softmax_cross_entropy(z: Array, y: Array) -> Array:
    """−Σ_j y_j ln softmax(z)_j; the largest logit is 1 in the sum of exponentials, hence the log1p."""
    below = z - np.max(z)
    others = np.sum(np.exp(np.delete(below, np.argmax(z))))
    return y * (math.log1p(others) - below)


def _softmax_cross_entropy_slope(z: Array, y: Array) -> Array:
    """(Σ_i y_i) p − y with p = softmax(z); its y_j (1 − p_j) is y_j times the other p_i: nothing cancels."""
    e = np.exp(z - np.max(z))
    p: Array = e / np.sum(e)
    all_but = 1 - np.eye(len(z))
    return p * (all_but @ y) - y * (all_but @ p)


COSTS: dict[str, CostFormulas] = {
    "squared_error": CostFormulas(lambda a, y: (a - y) ** 2, lambda a, y: 2 * (a - y)),
    "half_squared_error": CostFormulas(lambda a, y: 0.5 * (y - a) ** 2, lambda a, y: a - y),
    # A log-likelihood is maximised, so it is not a cost yet; its negative below is.
    "log_likelihood": CostFormulas(_log_likelihood, _log_likelihood_slope),
    "binary_cross_entropy": CostFormulas(
        lambda h, y: -_log_likelihood(h, y), lambda h, y: -_log_likelihood_slope(h, y)
    ),
    "log_likelihood_from_logits": CostFormulas(
        _log_likelihood_from_logits, _log_likelihood_from_logits_slope
    ),
    "binary_cross_entropy_from_logits": CostFormulas(
        lambda z, y: -_log_likelihood_from_logits(z, y),
        lambda z, y: -_log_likelihood_from_logits_slope(z, y),
    ),
    "softmax_cross_entropy": CostFormulas(_softmax_cross_entropy, _softmax_cross_entropy_slope, splits=False),
    # Kink at ya = 1, where the slope is 0.
    "hinge": CostFormulas(lambda a, y: np.maximum(0.0, 1 - y * a), lambda a, y: np.where(y * a < 1, -y, 0.0)),
}


def cost_named(name: str) -> CostFormulas:
    """Look up the cost of this name in `COSTS`, or raise a ValueError that lists the names.

    >>> cost_named("log_likelihood").value([0.5, 0.0], [1.0, 0.0])  # 0 · ln 0 = 0
    -0.6931471805599453
    >>> cost_named("log_likelihood_from_logits").value([-1000.0], [1.0])
    -1000.0

    Source: "log_likelihood" is *Derivation of backpropagation equations in the general case*, equation
    (12); it is called a cost there and has no minus sign, so it is to be climbed, not descended.
    In docs/concordance.md: general 12; week9 44.
    """
    return named("cost", COSTS, name)


# ── A network as plain arrays, and its forward pass ───────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Network:
    """Layers 1 … L: `weights[l - 1]` (N_l, N_{l−1}), `biases[l - 1]` (N_l,), `activations[l - 1]` a name.

    >>> import numpy as np
    >>> Network([np.ones((3, 2)), np.ones((1, 3))], [np.zeros(3), np.zeros(1)], ["tanh", "linear"]).sizes
    (2, 3, 1)

    Source: w_jk^l and b_j^l in *Chapter 2: Backpropagation*, whose note on w_jk^l says “to l-th neuron”
    where the j-th is meant. *Lecture 3: Multilayer Perceptron* leaves the bias out; pass zeros for that.
    In docs/concordance.md: calculus 1, 19; general a, b; delta 9; lecture 2, 26.
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
                f"got {counts[0]} weights, {counts[1]} biases and {counts[2]} activations, expected equally "
                "many and at least 1: pass one of each per layer."
            )
        weights = [matrix(f"weight of layer {number}", w) for number, w in enumerate(self.weights, start=1)]
        biases = [
            vector(f"bias of layer {number}", bias, len(weight))
            for number, (weight, bias) in enumerate(zip(weights, self.biases, strict=True), start=1)
        ]
        object.__setattr__(self, "weights", weights)  # converted to arrays; the class is frozen
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
    """The result of a forward pass: z^1 … z^L, and a^0 (the input) … a^L; `z[l - 1]` belongs to `a[l]`.

    >>> import numpy as np
    >>> ForwardPass(z=(np.zeros(2),), a=(np.ones(1), np.zeros(2))).a[0].tolist()
    [1.0]

    Source: z^l and a^l in *Chapter 2: Backpropagation*.
    In docs/concordance.md: general a, e; delta 13; lecture 3, 5, 11.
    """

    z: tuple[Array, ...]
    a: tuple[Array, ...]


def forward(network: Network, x: npt.ArrayLike) -> ForwardPass:
    """Return z^l = w^l a^{l−1} + b^l and a^l = f(z^l) for every layer, from a^0 = x of shape (N_0,).

    >>> import numpy as np
    >>> run = forward(Network([np.array([[2.0, 1.0]])], [np.array([-4.0])], ["relu"]), [1.0, 5.0])
    >>> run.z[0].tolist(), run.a[1].tolist()
    ([3.0], [3.0])

    Source: *Chapter 2: Backpropagation*, the boxed a_j^l; *Derivation of backpropagation equations in the
    general case*, equation (1), where w^l is our w^{l+1} transposed: there a weight counts with
    the layer that it leaves.
    In docs/concordance.md: calculus 3, 4, 21, 22; general 1, d, g; delta 10, 13, 16; lecture 1, 3, 5, 8 to
    10; week9 7, 16, 38.
    """
    z: list[Array] = []
    a = [vector("x", x, network.sizes[0])]
    for weight, bias, name in zip(network.weights, network.biases, network.activations, strict=True):
        z.append(weight @ a[-1] + bias)
        a.append(activation_named(name).value(z[-1]))
    return ForwardPass(tuple(z), tuple(a))
