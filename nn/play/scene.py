"""One example of a training as a graph, whose leaves a page sets: parameters, inputs, desired outputs."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from engine import Value, graph
from engine.real import real
from nn.layers import MLP
from nn.notation import index, symbol
from nn.scalars import scalars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nn.losses import Cost
    from nn.module import Module
    from nn.recording import Frame, Recording


class Example(NamedTuple):
    """An example, one number for each input and each desired output."""

    inputs: list[float]
    desired: list[float]


@dataclass(frozen=True, slots=True)
class Scene:
    """The cost of an example as a graph, and the nodes in it that a page asks for."""

    C: Value
    parameters: list[Value]
    inputs: list[Value]
    outputs: list[Value]
    """What the model returned; not all of it need matter to the cost."""
    desired: list[Value]

    @property
    def given(self) -> list[Value]:
        """What a page sets: a number for each, in this order."""
        return [*self.parameters, *self.inputs, *self.desired]

    @property
    def used(self) -> list[int]:
        """The places, among what is given, of that which the cost depends on."""
        leaves = {*graph.leaves(self.C)}
        return [k for k, leaf in enumerate(self.given) if leaf in leaves]

    @property
    def example(self) -> Example:
        """The numbers of its leaves."""
        return Example([x.data for x in self.inputs], [y.data for y in self.desired])


def staged(
    recording: Recording, frame: Frame, examples: Sequence[tuple[Any, Any]]
) -> tuple[Scene, list[Example]]:
    """The graph of the first example with a frame's parameters, and the numbers of all examples.

    The model itself stays as it is. TypeError for examples that are no numbers; ValueError where one is not
    computed as the first is: then its numbers are not to be had from the first one's graph.
    """
    from engine.tape import Tape  # noqa: PLC0415  (NumPy is loaded where it is used)

    model = copy.deepcopy(recording.model)
    for parameter, x in zip(model.parameters(), frame.parameters, strict=True):
        parameter.data = x
    first = _scene(model, recording.cost, *examples[0])
    tape = Tape(first.C, params=[first.given[k] for k in first.used])
    found = []
    for k, (x, y) in enumerate(examples):
        scene = _scene(model, recording.cost, x, y)
        if not tape.matches(scene.C):
            raise ValueError(
                f"example {k} is not computed in the same way as the first one; a page can show models and "
                "costs that compute all examples alike"
            )
        found.append(scene.example)
    return first, found


def _scene(model: Module, cost: Cost, x: Any, y: Any) -> Scene:
    inputs = _leaves("input", scalars(x), *(("a", 0) if isinstance(model, MLP) else ("x", None)))
    answer = model(_as_given(x, inputs))  # type: ignore[operator]  # a model is callable
    outputs = [answer] if isinstance(answer, Value) else list(answer)
    desired = _leaves("desired output", cost.desired(y, len(outputs)), "y")
    C = cost.function(answer, _as_given(y, desired))
    C.label = C.label or "C"
    return Scene(C, model.parameters(), inputs, outputs, desired)


def _leaves(what: str, numbers: Sequence[Any], letter: str, layer: int | None = None) -> list[Value]:
    return [
        Value(
            x.data if isinstance(x, Value) else real(x, what),
            label=symbol(letter, index(k, len(numbers)), layer=layer),
        )
        for k, x in enumerate(numbers)
    ]


def _as_given(given: object, leaves: list[Value]) -> Value | list[Value]:
    """One Value in the place of one number, a list in that of a list, or of the number of a class."""
    return leaves if isinstance(given, Iterable) or len(leaves) != 1 else leaves[0]
