"""How good a model is: its predictions, its accuracy, and which classes it confuses.

>>> from nn import MLP
>>> model = MLP(2, [1])  # its output is x_0 + x_1 − 1.5, for logical and
>>> model.load_state_dict({"w_0^(1)": 1.0, "w_1^(1)": 1.0, "b^(1)": -1.5})
>>> xs, ys = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]
>>> predict(model, xs)
[-1.5, -0.5, -0.5, 0.5]
>>> predict(model, xs, kind="class", cost="binary_cross_entropy_from_logits")
[0, 0, 0, 1]
>>> accuracy(model, xs, ys, cost="binary_cross_entropy_from_logits")
1.0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from engine import Value, sigmoid, softmax
from engine.numeric import is_real, real, short, told

from .data import examples
from .layers import scalars
from .losses import COSTS
from .losses import cost as named_cost
from .module import counted
from .train import check_inputs, paired

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .losses import Cost
    from .module import Module

Kind: TypeAlias = Literal["number", "probability", "class"]
KINDS = ("number", "probability", "class")

CLASSIFIERS = {name for name, known in COSTS.items() if known.reads != "activations"}
"""Costs that compare classes, not numbers."""


def predict(
    model: Module, xs: Iterable[Any], *, kind: Kind | None = None, cost: str | None = None
) -> list[Any]:
    """Return what the model predicts for each input, as plain numbers.

    ``kind`` is ``"number"``, the raw outputs; ``"probability"``, those of the classes; or
    ``"class"``, the number of the most probable class. Without it, classes come from a model that was
    trained for a cost of classes (log-likelihoods, cross-entropies, hinge), numbers from any other. One
    output separates the classes 0 and 1: at 0 if the cost reads scores, else at 0.5; among several
    outputs, the largest wins. ``cost`` replaces the cost that the model was trained for.

    An entry for an input is a number, or for several outputs a list of numbers; a class is an int.
    Raises TypeError or ValueError for arguments of the wrong kind, and for inputs that do not fit the model.

    >>> from nn import MLP
    >>> model = MLP(1, [3], bias=False)
    >>> model.load_state_dict({"w_0^(1)": 0.0, "w_1^(1)": 1.0, "w_2^(1)": -1.0})
    >>> predict(model, [2.0, -3.0], kind="class")
    [1, 2]
    """
    chosen = _chosen(model, cost)
    if kind is None:
        kind = "class" if chosen.name in CLASSIFIERS else "number"
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {short(kind)}")
    inputs = examples(xs, "xs must be a list of inputs")
    check_inputs(model, inputs)
    found = [_outputs(model, k, x) for k, x in enumerate(inputs)]
    if kind == "class":
        return [_class(outputs, _threshold(chosen)) for outputs in found]
    if kind == "probability":
        found = [_probabilities(outputs, chosen) for outputs in found]
    return [outputs[0] if len(outputs) == 1 else outputs for outputs in found]


def accuracy(model: Module, xs: Iterable[Any], ys: Iterable[Any], *, cost: str | None = None) -> float:
    """Return the share of the examples whose class the model predicts.

    Desired outputs are those that ``fit`` takes: the number of a class, 0 or 1 (or −1 or 1) for one output,
    or a 1 among zeros. If several outputs of an example are 1, each output is a separate yes-or-no question,
    and an example counts if all answers are right.

    Raises ValueError for desired outputs that are not classes, and for examples that do not fit each other
    or the model.
    """
    pairs = _classes(model, xs, ys, _chosen(model, cost))
    return [wanted == found for wanted, found in pairs].count(True) / len(pairs)


def confusion(model: Module, xs: Iterable[Any], ys: Iterable[Any], *, cost: str | None = None) -> Confusion:
    """Return how often the model predicts each class, for the examples of each class.

    Raises ValueError as ``accuracy`` does, and if an example has several classes at once.

    >>> from nn import MLP
    >>> model = MLP(1, [1], bias=False)
    >>> model.load_state_dict({"w^(1)": 1.0})
    >>> confusion(model, [0.1, 0.2, 0.7, 0.9, 0.3], [0, 0, 1, 1, 1])
    predicted     0   1
    desired 0     2   0
    desired 1     1   2
    4 of 5 right, 80.0 %
    """
    pairs = _classes(model, xs, ys, _chosen(model, cost))
    if any(isinstance(wanted, tuple) for wanted, _ in pairs):
        raise ValueError(
            "an example has several classes at once, so that it has no place in one table; "
            "pass one output at a time"
        )
    last = max(max(pair) for pair in pairs)
    low = min(min(pair) for pair in pairs)
    labels = tuple(range(max(last, 1) + 1)) if low >= 0 else (-1, 1)
    counts = tuple(tuple(pairs.count((wanted, found)) for found in labels) for wanted in labels)
    return Confusion(labels, counts)


@dataclass(frozen=True, slots=True, repr=False)
class Confusion:
    """A confusion matrix: a row for each desired class, a column for each predicted one."""

    classes: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def accuracy(self) -> float:
        """The share of the examples on the diagonal."""
        right = sum(row[k] for k, row in enumerate(self.counts))
        return right / sum(map(sum, self.counts))

    def to_dict(self) -> dict[str, Any]:
        """Return classes, counts by rows, and accuracy, for JSON.

        >>> Confusion((0, 1), ((2, 0), (1, 2))).to_dict()
        {'classes': [0, 1], 'counts': [[2, 0], [1, 2]], 'accuracy': 0.8}
        """
        return {
            "classes": list(self.classes),
            "counts": [list(row) for row in self.counts],
            "accuracy": self.accuracy,
        }

    def __repr__(self) -> str:
        wide = max(4, *(len(f"{n:,}") + 1 for row in self.counts for n in row))
        head = "predicted  " + "".join(f"{j:{wide}}" for j in self.classes)
        rows = [
            f"desired {j:<3}" + "".join(f"{n:{wide},}" for n in row)
            for j, row in zip(self.classes, self.counts, strict=True)
        ]
        right, count = sum(row[k] for k, row in enumerate(self.counts)), sum(map(sum, self.counts))
        lines = [head, *rows, f"{right:,} of {count:,} right, {100 * self.accuracy:.1f} %"]
        return "\n".join(lines)


def _chosen(model: Module, cost: str | None) -> Cost:
    """Return the cost that says how to read outputs: the given one, or that of the training run."""
    return named_cost(cost or getattr(model, "trained_for", None) or "squared_error")


def _threshold(cost: Cost) -> float:
    return 0.0 if cost.reads == "scores" else 0.5


def _outputs(model: Any, k: int, x: Any) -> list[float]:
    """Return the outputs for one input; raise an error that names the example if it does not fit."""
    try:
        found = model(x)
        return [a.data if isinstance(a, Value) else real(a, "an output") for a in scalars(found)]
    except (TypeError, ValueError) as error:
        if type(error) not in {TypeError, ValueError}:
            raise
        raise type(error)(f"example {k}: {error}").with_traceback(error.__traceback__) from None


def _class(outputs: Sequence[float], threshold: float) -> int:
    """Return 0 or 1 for one output, the index of the largest for several."""
    if len(outputs) == 1:
        return int(outputs[0] > threshold)
    return max(range(len(outputs)), key=outputs.__getitem__)


def _probabilities(outputs: list[float], cost: Cost) -> list[float]:
    """Return a probability for each output."""
    if cost.name == "softmax_cross_entropy":
        return list(softmax(outputs))
    if cost.name.endswith("_from_logits"):
        return [sigmoid(z) for z in outputs]
    if cost.reads != "probabilities":
        raise ValueError(
            f"outputs for {cost.name} are not probabilities; train for a cross-entropy, or pass kind='number'"
        )
    return outputs


def _classes(model: Module, xs: Iterable[Any], ys: Iterable[Any], cost: Cost) -> list[tuple[Any, Any]]:
    """Return desired and predicted class of each example; tuples if an example has several at once."""
    pairs = paired(xs, ys)
    check_inputs(model, [x for _, x, _ in pairs])
    found = [_outputs(model, k, x) for k, x, _ in pairs]
    wanted = [_wanted(k, y, len(outputs)) for (k, _, y), outputs in zip(pairs, found, strict=True)]
    signed = any(-1 in y for y in wanted)
    threshold = 0.0 if signed else _threshold(cost)
    if all(len(y) == 1 for y in wanted):
        return [
            (y[0], _signed(_class(outputs, threshold), signed))
            for y, outputs in zip(wanted, found, strict=True)
        ]
    if all(sum(share > 0 for share in y) == 1 for y in wanted):
        return [(y.index(1), _class(outputs, threshold)) for y, outputs in zip(wanted, found, strict=True)]
    return [
        (tuple(y), tuple(_signed(int(a > threshold), signed) for a in outputs))
        for y, outputs in zip(wanted, found, strict=True)
    ]


def _signed(found: int, signed: bool) -> int:  # noqa: FBT001  (a fact, not a setting)
    return 2 * found - 1 if signed else found


def _wanted(k: int, y: Any, outputs: int) -> list[int]:
    """Return the desired class of an example, or for each output whether it is wanted."""
    numbers = [v.data if isinstance(v, Value) else v for v in scalars(y)]
    several = len(numbers) > 1
    if several and len(numbers) != outputs:
        raise ValueError(
            f"example {k}: got {counted(outputs, 'output')} and {counted(len(numbers), 'desired output')}"
        )
    known = range(outputs) if not several and outputs > 1 else (-1, 0, 1)
    for v in numbers:
        if not is_real(v) or v not in known:
            raise ValueError(
                f"example {k}: a desired class is one of {', '.join(map(str, known))}, got {told(v)}; "
                "accuracy and confusion are for classes"
            )
    return [int(v) for v in numbers]
