"""The record of a training run: costs, why it ended, and frames of its parameters, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from engine.arguments import also
from engine.doors import OF_HISTORIES, advise
from engine.numeric import whole

from . import plot
from .module import counted

if TYPE_CHECKING:
    from engine import Value

    from .ledger import GradientLedger, Movement
    from .losses import Cost
    from .module import Module

FRAMES = 200
"""How many are kept by default."""

OUT_OF_PROPORTION, FALLING = 1000.0, 0.99
"""Steps are too long if they leave this many times the first cost, and this share of those a while before."""


class Frame(NamedTuple):
    """A moment of training: the parameters, and how good they are."""

    epoch: float
    """How many epochs were over; not a whole number if training was interrupted within one."""
    cost: float
    """The average cost of all examples for these parameters; nan if it cannot be computed."""
    parameters: tuple[float, ...]
    """The numbers of ``model.parameters()``, in that order."""


@dataclass(slots=True)
class Recording:
    """The frames of a training run, the first before any step, and what was trained.

    When there would be more than ``most``, every second frame is dropped, and from then on only every second
    one is kept, so the frames are evenly spaced, except for the last.

    >>> from nn import MLP, losses
    >>> recording = Recording(MLP(1, [1]), losses.COSTS["hinge"], (), most=4)
    >>> for epoch in range(10):
    ...     recording.note(Frame(epoch, 0.5, ())) if recording.wants(epoch) else None
    >>> recording.end(Frame(9, 0.5, ()))
    >>> [frame.epoch for frame in recording.frames]
    [0, 4, 8, 9]
    """

    model: Module
    cost: Cost
    examples: tuple[tuple[Any, Any], ...]
    """Input and desired output of each example, as passed to ``fit``."""
    most: int = FRAMES
    frames: list[Frame] = field(default_factory=list)
    _every: int = 1

    def wants(self, epoch: float) -> bool:
        """Return whether a frame after this epoch would be kept for now."""
        return epoch % self._every == 0

    def note(self, frame: Frame) -> None:
        """Keep a frame; if there is no room, drop every second one before it."""
        if len(self.frames) == self.most:
            self._every *= 2
            del self.frames[1::2]
        if frame.epoch % self._every == 0:
            self.frames.append(frame)

    def end(self, frame: Frame) -> None:
        """Keep the last frame in any case: it is the final state of the model."""
        if self.frames and self.frames[-1].epoch == frame.epoch:
            self.frames.pop()
        if len(self.frames) == self.most:
            del self.frames[1::2]
        self.frames.append(frame)

    def __repr__(self) -> str:
        epochs = f", epochs {self.frames[0].epoch:g} to {self.frames[-1].epoch:g}" if self.frames else ""
        return f"<Recording of {counted(len(self.frames), 'frame')}{epochs}>"


def most_frames(record: int) -> int:
    """Return how many frames ``fit``'s argument ``record`` requests; raise ValueError for fewer than two.

    >>> most_frames(True), most_frames(50), most_frames(False)
    (200, 50, 0)
    """
    if isinstance(record, bool):
        return FRAMES if record else 0
    return whole(record, "record, the number of frames with the first and the last,", 2)


@dataclass(slots=True)
class History:
    """What happened in training: the cost of each epoch, and why it ended."""

    costs: list[float] = field(default_factory=list)
    """The average cost of the examples in each epoch, computed before the step on their batch."""
    stopped: str = ""
    recording: Recording | None = field(default=None, compare=False)
    """Model, cost, examples and frames, if ``fit`` was called with ``record``."""
    validation: list[float] = field(default_factory=list)
    """The average cost of the validation set after each epoch, if there was one; nan if it has none."""
    rates: list[float] = field(default_factory=list)
    """The learning rate of each epoch, if ``fit`` was called with ``schedule``."""
    ledger: GradientLedger | None = field(default=None, compare=False)
    """What moved each parameter, if ``fit`` was called with ``ledger``."""
    maximised: bool = field(default=False, init=False)
    """Whether the cost was maximised."""

    @property
    def grown(self) -> bool:
        """Whether the cost has grown out of all proportion: to 1,000 times the first, and is not falling.

        The steps are too long then: train again with a smaller ``lr``. For a cost to maximise, its negative
        counts.

        >>> History([1.0, 4000.0, 4000.0]).grown, History([1.0, 4000.0, 20.0]).grown
        (True, False)
        """
        costs = [-c for c in self.costs] if self.maximised else self.costs
        before = min(costs[len(costs) // 2 : -1], default=0.0)
        return len(costs) > 1 and 0 < OUT_OF_PROPORTION * costs[0] < costs[-1] > FALLING * before

    @property
    def best(self) -> int:
        """The epoch, from 1, with the best cost of the validation set, or of training without one; 0 if none.

        >>> History([3.0, 1.0, 2.0]).best
        2
        """
        sign = -1.0 if self.maximised else 1.0
        known = [(sign * c, k) for k, c in enumerate(self.validation or self.costs, 1) if not isnan(c)]
        return min(known, default=(0.0, 0))[1]

    def plot(self, axes: Any = None) -> Any:
        """Draw the costs of training and validation; a notebook shows what is returned.

        With matplotlib (the extra ``plot``) these are its axes: those that were passed, or those of a new
        figure, which ``pyplot.show()`` opens. Without it, it is a ``CostChart``, an SVG picture, whose
        ``show()`` opens a browser and ``save("costs.svg")`` writes a file.

        >>> from nn.chart import CostChart
        >>> CostChart(tuple(History([0.5, 0.25]).costs)).svg[:4]
        '<svg'
        """
        if axes is None and not plot.has_matplotlib():
            from .chart import CostChart  # noqa: PLC0415  (a training run need not load pictures)

            return CostChart(tuple(self.costs), tuple(self.validation))
        return plot.curves(self, axes)

    @also('history.why("w^(1)")')
    def why(self, w: Value | str) -> Movement:
        """Return how far each example, and each epoch, has moved a parameter, given as a Value or by name.

        It prints as a table; ``rows()`` and ``to_dict()`` have the numbers. The shares add up to the
        movement. This is bookkeeping, not cause: without one of the examples all later steps would have
        differed.

        Raises ValueError unless ``fit`` was called with ``ledger=True``, and for any other parameter.

        >>> from nn import MLP, fit
        >>> history = fit(MLP(1, [1]), [0.0, 1.0], [1.0, 3.0], ledger=True)
        >>> moved = history.why("b^(1)")
        >>> abs(sum(x for _, x in moved.rows()) - moved.moved) < 1e-12
        True
        """
        if self.ledger is None:
            raise ValueError("this training run has no ledger; train with fit(…, ledger=True)")
        return self.ledger.why(w)

    def __getitem__(self, _: object) -> NoReturn:
        """Raise TypeError for ``history[0]`` and Keras's ``history["loss"]``, and when it is iterated."""
        raise TypeError(
            "a History is not a list; its costs by epoch are history.costs, as in history.costs[0], those of "
            "the validation set history.validation"
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Return the costs, so that ``pyplot.plot(history)`` and NumPy accept a history."""
        import numpy as np  # noqa: PLC0415  (the caller has it loaded)

        return np.array(self.costs)

    def __repr__(self) -> str:
        last = f", the last at cost {self.costs[-1]:.6g}" if self.costs else ""
        held_out = f" (validation {self.validation[-1]:.6g})" if self.validation else ""
        epochs = f"{len(self.costs)} epoch" + "s" * (len(self.costs) != 1)
        grown = f"; the cost grew from {self.costs[0]:.6g}: try a smaller lr" if self.grown else ""
        return f"<History of {epochs}{last}{held_out}; stopped: {self.stopped}{grown}>"


advise(History, OF_HISTORIES)
