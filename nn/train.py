"""``fit``: gradient descent over examples, by batch, by mini-batch or one by one; and its progress bar."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from engine.arguments import listed
from engine.numeric import finite, flag, short, told, whole

from .faults import DivergenceError, WatchedDescent
from .history import Frame, History, Recording, most_frames
from .layers import source
from .losses import cost as named_cost
from .optim import GradientDescent, Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine import Value

    from .descent import Example
    from .losses import Cost
    from .module import Module


class Shuffler(Protocol):
    """A generator of random order: the module ``random``, a ``random.Random``, a NumPy generator."""

    def shuffle(self, x: list[Example], /) -> None:
        """Shuffle a list in place."""


def fit(
    model: Module,
    xs: Iterable[Any],
    ys: Iterable[Any],
    *,
    cost: str | Cost | Callable[..., Value] = "squared_error",
    optimizer: Optimizer | None = None,
    lr: float | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    rng: Shuffler | None = None,
    stop_below: float | None = None,
    tape: bool = False,
    progress: bool = False,
    on_epoch: Callable[[int, float], None] | None = None,
    record: bool | int = False,
) -> History:
    """Train a model on examples xs with desired outputs ys.

    Each step lowers the average cost of a batch, C = 1/n Σ C_k, or raises it if the cost is one to maximise.
    ``batch_size`` None takes all examples at once, 1 takes them one by one; ``rng`` (the module ``random``)
    shuffles them before each epoch of more than one batch. Training ends after ``epochs``, or when an epoch's
    cost is below ``stop_below`` (for a cost to maximise, when its negative is). Ctrl-C ends it too, and keeps
    what was learnt. The gradient with respect to a parameter that the cost does not use is 0. A ``Module``
    keeps the name of the cost as ``trained_for``, and a model file holds it. ``progress`` shows a bar on
    stderr if the package tqdm is installed. ``record`` keeps frames in the history, 200 or the given number,
    evenly spaced over the epochs; ``play_training`` shows them.

    ``tape`` records the graph of one example and replays it for whole batches, with the same results to
    rounding (see ``engine.tape``): faster from a few neurons on. Model and cost are called with the same x
    and y as without it, but only at the start, after each ``on_epoch`` and at the end. Numbers that they
    compute from x and y may differ between examples; the graph may not. A tape would freeze an ``if`` or an
    index that depends on x, y or an output, the ``.data`` of an output, and random numbers: ValueError.

    Raises TypeError or ValueError for invalid arguments, before anything has changed; ValueError, with
    nothing changed either, for examples that do not fit each other or the model, or, with ``tape``, that are
    not all computed in the same way, before and after training; and DivergenceError if a cost, a gradient or
    a parameter becomes infinite or NaN or cannot be computed. That error names step, example and node; model
    and optimiser are as before the step that led there, and its ``history`` holds what happened until then.
    Ctrl-C never leaves half a step.

    >>> import random
    >>> from nn import MLP, fit
    >>> model = MLP(1, [1], rng=random.Random(0))
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], lr=0.5, epochs=200)
    >>> {name: round(x, 3) for name, x in model.state_dict().items()}
    {'w^(1)': 2.0, 'b^(1)': 1.0}

    Source: *Neural Networks (2)*, the backpropagation algorithm; *Lecture 3*, stochastic gradient descent.
    """
    examples = paired(xs, ys)
    chosen = named_cost(cost)
    optimizer = _optimizer(_callable_model(model), optimizer, lr)
    epochs, shuffle = whole(epochs, "epochs", 0), source(rng, "shuffle").shuffle
    kind, watched = _steps(flag(tape, "tape")), flag(progress, "progress")
    size = len(examples) if batch_size is None else whole(batch_size, "batch_size", 1)
    least = None if stop_below is None else finite(stop_below, "stop_below")
    if on_epoch is not None and not callable(on_epoch):
        raise TypeError(
            f"on_epoch must be a function of epoch and cost, got {told(on_epoch)}; pass the function itself"
        )
    history = History(stopped=f"after {epochs} epochs", recording=_recording(record, model, chosen, examples))
    numbers = range(1, epochs + 1)
    counted = bar(numbers, "epoch") if watched else numbers
    try:
        with kind(model, chosen, optimizer, examples) as steps, _recorded(history, steps):
            for epoch in counted:
                if size < len(examples):
                    shuffle(examples)
                c = steps.epoch(epoch, examples, size)
                history.costs.append(c)
                _note(history.recording, steps)
                tell(counted, cost=c)
                if on_epoch:
                    with steps.put_aside():
                        on_epoch(epoch, c)
                if least is not None and (-c if chosen.maximise else c) < least:
                    history.stopped = f"cost below {least:g}"
                    break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    except DivergenceError as error:
        history.stopped = "diverged"
        error.history = history
        raise
    return history


def _recording(record: int, model: Module, cost: Cost, examples: Iterable[Example]) -> Recording | None:
    """Return an empty recording, if one is requested."""
    most = most_frames(record)
    return Recording(model, cost, tuple((x, y) for _, x, y in examples), most) if most else None


@contextmanager
def _recorded(history: History, steps: WatchedDescent) -> Iterator[None]:
    """Record the first frame and, at the end or at an interrupt, the last."""
    _note(history.recording, steps)
    try:
        yield
    except KeyboardInterrupt:
        _end(history.recording, steps)
        raise
    _end(history.recording, steps)


def _end(recording: Recording | None, steps: WatchedDescent) -> None:
    if recording:
        recording.end(Frame(steps.done, *steps.look()))


def _note(recording: Recording | None, steps: WatchedDescent) -> None:
    if recording and recording.wants(steps.done):
        recording.note(Frame(steps.done, *steps.look()))


def _steps(tape: bool) -> type[WatchedDescent]:  # noqa: FBT001  (it is fit's argument)
    if not tape:
        return WatchedDescent
    from .replay import TapeDescent  # noqa: PLC0415  (NumPy is loaded where it is used)

    return TapeDescent


def _callable_model(model: Module) -> Module:
    """Return the model; raise TypeError if it is a class, cannot be called or has no parameters."""
    if isinstance(model, type) or not (callable(model) and hasattr(model, "parameters")):
        raise TypeError(
            f"fit trains a model that can be called and has parameters, got {told(model)}; "
            "pass one such as MLP(2, [4, 1])"
        )
    return model


def _optimizer(model: Module, given: Optimizer | None, lr: float | None) -> Optimizer:
    """Return the optimiser, by default gradient descent; raise an error if it cannot train the model."""
    if given is None:
        return GradientDescent(model.parameters(), 0.1 if lr is None else lr)
    if not isinstance(given, Optimizer):
        raise TypeError(
            f"optimizer must be one such as Adam(model.parameters(), lr=0.01), got {told(given)}; make one"
        )
    if lr is not None:
        raise ValueError(
            f"the optimizer has its own learning rate, got lr={short(lr)} too; leave out one of them"
        )
    if not set(map(id, given.parameters)) & set(map(id, model.parameters())):
        raise ValueError(
            "the optimizer has none of the model's parameters, so that nothing would be learnt; "
            "make it of model.parameters()"
        )
    return given


def paired(xs: Iterable[Any], ys: Iterable[Any]) -> list[Example]:
    """Return number, input and desired output of each example; raise ValueError if one has no partner."""
    inputs, desired = listed(xs, "xs must be a list of inputs"), listed(ys, "ys must be a list of outputs")
    if len(inputs) != len(desired) or not inputs:
        raise ValueError(
            f"got {len(inputs)} inputs and {len(desired)} desired outputs; give one output for each input"
        )
    return list(zip(range(len(inputs)), inputs, desired, strict=True))


# ── The progress bar: in a terminal or a notebook, with the extra ``progress`` ────────────────────


def visible() -> bool:
    """Return whether a bar can be shown: in a terminal or a notebook, with the package tqdm."""
    watched = (sys.stderr is not None and sys.stderr.isatty()) or "ipykernel" in sys.modules
    return watched and importlib.util.find_spec("tqdm") is not None


def bar(steps: Iterable[int], unit: str) -> Iterable[int]:
    """Return the steps, counted by a bar on stderr if one can be shown."""
    if not visible():
        return steps
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # a notebook without ipywidgets gets the bar as text, without a warning
        from tqdm.auto import tqdm  # noqa: PLC0415  (an extra, and slow to import)

    counted: Iterable[int] = tqdm(steps, unit=unit, leave=False)
    return counted


def tell(counted: Any, **figures: float) -> None:
    """Show figures beside the bar, if there is one."""
    if hasattr(counted, "set_postfix"):
        counted.set_postfix({name: f"{x:.4g}" for name, x in figures.items()}, refresh=False)
