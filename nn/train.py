"""``fit``: gradient descent over examples, in batches, mini-batches or one by one, and when to stop."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.arguments import also, choice
from engine.numeric import finite, flag, see, short, told, whole

from .faults import DivergenceError, WatchedDescent
from .history import Frame, History, Recording, most_frames
from .layers import MLP, RNG, scalars, source
from .losses import cost as named_cost
from .module import counted as in_words
from .optim import ELSEWHERE_OPTIMIZERS, OPTIMIZERS, Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine import Value

    from .data import Shuffler
    from .descent import Example
    from .ledger import Books, GradientLedger
    from .losses import Cost
    from .module import Module
    from .schedules import Schedule


INSTEAD = RNG | {
    "validation_split": "set some examples aside, and pass them as validation=(xs, ys)",
    "callbacks": "pass a function as on_epoch; for early stopping, pass validation and patience",
    **dict.fromkeys(
        ("momentum", "weight_decay"),
        "pass optimizer=GradientDescent(model.parameters(), lr=0.1, momentum=0.9), or with weight_decay=…",
    ),
    "shuffle": "examples are shuffled before each epoch of more than one batch; leave it out",
    "metrics": "use nn.accuracy(model, xs, ys) or nn.confusion afterwards",
}
"""What to write for keywords of other libraries."""


OR_VERBOSE = "pass one of the two; verbose is another name for it"


@also(
    "fit(model, xs, ys)",
    INSTEAD,
    loss="cost", loss_fn="cost", criterion="cost", learning_rate="lr", n_epochs="epochs", num_epochs="epochs",
    optim="optimizer", optimiser="optimizer", validation_data="validation", verbose="progress",
)  # fmt: skip
def fit(
    model: Module,
    xs: Iterable[Any],
    ys: Iterable[Any],
    *,
    cost: str | Cost | Callable[..., Value] = "squared_error",
    optimizer: str | Optimizer | Callable[..., Optimizer] | None = None,
    lr: float | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    rng: Shuffler | None = None,
    validation: tuple[Iterable[Any], Iterable[Any]] | None = None,
    patience: int | None = None,
    stop_below: float | None = None,
    schedule: Schedule | None = None,
    tape: bool = False,
    progress: bool = False,
    on_epoch: Callable[[int, float], object] | None = None,
    record: bool | int = False,
    ledger: bool = False,
) -> History:
    """Train a model on examples xs with desired outputs ys.

    Each step lowers the average cost of a batch, C = 1/n Σ C_k, or raises it if the cost is to be maximised.
    ``cost`` and ``optimizer`` can be names, also those of other libraries (``"mse"``, ``"adam"``, ``"SGD"``).
    ``batch_size`` None takes all examples at once, 1 takes them one by one; ``rng`` (by default the module
    ``random``) shuffles them before each epoch of more than one batch. xs and ys are lists, arrays, or tables
    (pandas, polars), whose rows are the examples. A ``Module`` keeps the name of the cost as ``trained_for``.

    ``validation`` is a pair (xs, ys) that the model is not trained on; its cost after each epoch is in
    ``history.validation``. ``schedule`` is a function of the epoch that returns the factor for the learning
    rate, such as ``nn.schedules.cosine(100)``. Parameters that the optimiser does not have do not change.

    Training ends after ``epochs``; when an epoch's cost is below ``stop_below`` (its negative, for a cost to
    be maximised); when the validation cost, or without a validation set the training cost, has not
    improved for ``patience`` epochs; when ``on_epoch``, which is called with epoch and cost, returns True; or
    on Ctrl-C, which keeps what was learnt. With ``patience`` and ``validation``, the parameters of the best
    epoch are restored at the end.

    ``progress`` shows epoch and cost on stderr, with tqdm's bar if tqdm is installed. ``record`` keeps frames
    in the history, 200 or the given number, evenly spaced over the epochs; ``play_training`` shows them.
    ``ledger`` records how far each example and each epoch moves each parameter: see ``History.why``.

    ``tape`` records the graph of one example and replays it for whole batches, with the same results up to
    rounding (see ``engine.tape``): faster for all but the smallest networks. Model and cost are called with
    the same x and y as without it, but only at the start, after each ``on_epoch`` and at the end. Numbers
    that they compute from x and y may differ between examples; the graph may not. A tape would freeze an
    ``if`` or an index that depends on x, y or an output, the ``.data`` of an output, and random numbers:
    ValueError.

    Raises TypeError or ValueError for invalid arguments, before anything has changed; ValueError, with
    nothing changed either, for examples that do not fit each other or the model, or, with ``tape``, that are
    not all computed in the same way (checked before and after training); and DivergenceError if a cost, a
    gradient or a parameter becomes infinite or NaN or cannot be computed. That error names step, example and
    node; model and optimiser are as they were before the failing step, and the error's ``history`` holds what
    happened until then. Ctrl-C never leaves half a step.

    >>> import random
    >>> from nn import MLP, fit
    >>> model = MLP(1, [1], rng=random.Random(0))
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], lr=0.5, epochs=200)
    >>> {name: round(x, 3) for name, x in model.state_dict().items()}
    {'w^(1)': 2.0, 'b^(1)': 1.0}

    Source: *Neural Networks (2)*, the backpropagation algorithm; *Lecture 3: Multilayer Perceptron*, SGD.
    In docs/concordance.md: calculus 31; lecture 1; week9 4, 6, 11, 47.
    """
    examples = paired(xs, ys)
    chosen = named_cost(cost)
    optimizer = _optimizer(_callable_model(model), optimizer, lr)
    epochs, shuffle = whole(epochs, "epochs", 0), source(rng, "shuffle").shuffle
    kind, size = _steps(flag(tape, "tape")), len(examples)
    size = size if batch_size is None else whole(batch_size, "batch_size", 1)
    counted = _counted(range(1, epochs + 1), flag(progress, "progress", OR_VERBOSE))
    held_out, booked = _held_out(validation, len(examples)), _booked(ledger, optimizer)
    check_inputs(model, [x for _, x, _ in examples])
    check_inputs(model, [x for _, x, _ in held_out], "validation example")
    history = History(
        stopped=f"after {epochs} epoch" + "s" * (epochs != 1),
        recording=_recording(record, model, chosen, examples),
    )
    history.maximised = chosen.maximise
    end = End(history, _least(stop_below), _patience(patience), _callback(on_epoch))
    steps: WatchedDescent | None = None
    try:
        with (
            _scheduled(optimizer, schedule, history) as set_rate,
            kind(model, chosen, optimizer, examples, held_out) as steps,
            end.of(steps),
        ):
            history.ledger = steps.ledger = _ledger(steps) if booked else None
            steps.costs_of(held_out)  # rejects bad examples before the first step
            for epoch in counted:
                set_rate(epoch)
                if size < len(examples):
                    shuffle(examples)
                c = steps.epoch(epoch, examples, size)
                history.costs.append(c)
                if held_out:
                    history.validation.append(steps.average(held_out))
                end.note(steps)
                _show(counted, history)
                if end.comes(steps):
                    break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
        if steps:
            steps.put_down()  # the interrupt may have come before this was done, or halfway through
    except DivergenceError as error:
        history.stopped = "diverged"
        error.history = history
        raise
    return history


def _recording(record: int, model: Module, cost: Cost, examples: Iterable[Example]) -> Recording | None:
    """Return an empty recording, if one is requested."""
    if record is False:
        return None
    most = most_frames(record)
    return Recording(model, cost, tuple((x, y) for _, x, y in examples), most) if most else None


class End:
    """Decides whether training ends before its last epoch, and finishes its records."""

    def __init__(
        self,
        history: History,
        least: float | None,
        patience: int | None,
        on_epoch: Callable[[int, float], object] | None,
    ) -> None:
        self.history, self.least, self.patience, self.on_epoch = history, least, patience, on_epoch
        self.lowest, self.since = math.inf, 0
        """The best cost that ``patience`` has seen, and its epoch."""
        self.best: tuple[Iterable[float], Books | None] | None = None
        """Parameters and books of the epoch with the best validation cost, if they are to be restored."""

    @contextmanager
    def of(self, steps: WatchedDescent) -> Iterator[None]:
        """Record the first frame; at the end or on an interrupt, finish the records."""
        self.note(steps)
        try:
            yield
            self._settle(steps)
        except KeyboardInterrupt:
            self._settle(steps)  # again, if it was itself interrupted
            raise

    def note(self, steps: WatchedDescent) -> None:
        """Record a frame, if it is time for one."""
        recording = self.history.recording
        if recording and recording.wants(steps.done):
            recording.note(Frame(steps.done, *steps.look()))

    def comes(self, steps: WatchedDescent) -> bool:
        """Return whether training ends after this epoch; the history says why."""
        history = self.history
        epoch, c = len(history.costs), history.costs[-1]
        sign = -1.0 if history.maximised else 1.0
        watched = sign * (history.validation or history.costs)[-1]
        if watched < self.lowest:
            self.lowest, self.since = watched, epoch
            if self.patience and history.validation:
                self.best = steps.now(), steps.ledger.books if steps.ledger else None
        reasons = []
        if self.on_epoch:
            with steps.put_aside():
                if _is_true(self.on_epoch(epoch, c)):
                    reasons.append(f"on_epoch returned True after epoch {epoch}")
        if self.least is not None and sign * c < self.least:
            reasons.append(f"cost below {self.least:g}")
        if self.patience and epoch - self.since >= self.patience:
            reasons.append(f"no better for {self.patience} epochs; epoch {self.since} was the best")
        history.stopped = reasons[-1] if reasons else history.stopped
        return bool(reasons)

    def _settle(self, steps: WatchedDescent) -> None:
        """Restore the best epoch, if there is one to restore; close the ledger and the recording."""
        if steps.ledger:
            steps.ledger.change(steps.of_epoch, steps.now())
        if self.best:
            numbers, books = self.best
            steps.go_to(numbers)
            if steps.ledger and books:
                steps.ledger.books = books
        if self.history.recording:
            self.history.recording.end(Frame(steps.done, *steps.look()))


def _is_true(answer: object) -> bool:
    """Return whether a callback returned True: Python's or NumPy's, not just a nonzero number."""
    return type(answer).__name__ in {"bool", "bool_"} and bool(answer)


def _least(stop_below: float | None) -> float | None:
    return None if stop_below is None else finite(stop_below, "stop_below")


def _patience(patience: int | None) -> int | None:
    return None if patience is None else whole(patience, "patience", 1)


def _callback(on_epoch: Callable[[int, float], object] | None) -> Callable[[int, float], object] | None:
    """Return the callback; raise TypeError if it cannot be called."""
    if on_epoch is not None and not callable(on_epoch):
        raise TypeError(
            f"on_epoch must be a function of epoch and cost, got {told(on_epoch)}; pass the function itself"
        )
    return on_epoch


@contextmanager
def _scheduled(
    optimizer: Optimizer, schedule: Schedule | None, history: History
) -> Iterator[Callable[[int], None]]:
    """Yield a function that sets the learning rate for an epoch; restore the rate at the end."""
    if schedule is None:
        yield lambda _epoch: None
        return
    from .schedules import checked, factor_of  # noqa: PLC0415  (few training runs have one)

    base, schedule = optimizer.lr, checked(schedule)

    def set_rate(epoch: int) -> None:
        optimizer.lr = base * factor_of(schedule, epoch)
        history.rates.append(optimizer.lr)

    try:
        yield set_rate
    finally:
        optimizer.lr = base


def _booked(ledger: bool, optimizer: Optimizer) -> bool:  # noqa: FBT001  (it is fit's argument)
    """Return whether steps are recorded; raise ValueError if the optimiser cannot divide them."""
    booked = flag(ledger, "ledger")
    if booked and not optimizer.splits:
        raise ValueError(
            f"ledger=True needs an optimiser whose steps can be divided, got {told(optimizer)}; use "
            "GradientDescent or Adam, or override split together with _changed"
        )
    return booked


def _ledger(steps: WatchedDescent) -> GradientLedger:
    from .ledger import GradientLedger  # noqa: PLC0415  (NumPy is loaded where it is used)

    examples = [(x, y) for _, x, y in sorted(steps.examples, key=lambda example: example[0])]
    return GradientLedger(steps.model, steps.parameters, steps.optimizer, examples)


def _held_out(validation: object, first: int) -> list[Example]:
    """Return the validation set, numbered from ``first``; raise TypeError unless it is (xs, ys)."""
    if validation is None:
        return []
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(
            f"validation must be inputs and desired outputs, as in (xs, ys), got {told(validation)}; "
            "nn.data.split(xs, ys, 0.2) holds out a share of the examples"
        )
    return [(first + k, x, y) for k, x, y in paired(*validation)]


def check_inputs(model: Module, xs: Iterable[Any], what: str = "example") -> None:
    """Raise ValueError for the first example that has more or fewer inputs than an MLP.

    >>> check_inputs(MLP(2, [1]), [[0.0, 1.0], [0.0]])
    Traceback (most recent call last):
        ...
    ValueError: expected 2 inputs for example 1, got 1; pass each example as a list of its 2 inputs; see ...
    """
    if not isinstance(model, MLP):
        return
    expected = model.sizes[0]
    for k, x in enumerate(xs):
        count = len(scalars(x)) if hasattr(x, "__len__") or not hasattr(x, "__iter__") else expected
        if count != expected:
            inputs = in_words(expected, "input")
            raise ValueError(
                f"expected {inputs} for {what} {k}, got {count}; pass each example as a list of its {inputs}"
                f"{see('shapes')}"
            )


def _counted(epochs: range, watched: bool) -> Iterable[int]:  # noqa: FBT001  (it is fit's argument)
    """Return the epochs, with a counter on stderr if ``watched``."""
    if not watched:
        return epochs
    from .progress import counted  # noqa: PLC0415  (few training runs show progress)

    return counted(epochs)


def _show(counted: Any, history: History) -> None:
    """Show the last costs next to the counter, if there is one."""
    if not isinstance(counted, range):
        held_out = {"validation": history.validation[-1]} if history.validation else {}
        counted.show(cost=history.costs[-1], **held_out)


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


def _optimizer(
    model: Module, given: str | Optimizer | Callable[..., Optimizer] | None, lr: float | None
) -> Optimizer:
    """Return the optimiser, by default gradient descent; raise an error if it cannot train the model."""
    if given is None or isinstance(given, str):
        name = "gradient_descent" if given is None else given
        given = OPTIMIZERS[choice(name, OPTIMIZERS, "optimizer", ELSEWHERE_OPTIMIZERS)]
    if isinstance(given, type) and issubclass(given, Optimizer):
        kind: Callable[..., Optimizer] = given
        return kind(model.parameters()) if lr is None else kind(model.parameters(), lr)
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
            "make it with model.parameters()"
        )
    return given


def paired(xs: Iterable[Any], ys: Iterable[Any]) -> list[Example]:
    """Return number, input and desired output of each example; raise ValueError if they do not pair up."""
    inputs, desired = _listed(xs, "xs must be a list of inputs"), _listed(ys, "ys must be a list of outputs")
    if len(inputs) != len(desired):
        raise ValueError(
            f"got {in_words(len(inputs), 'input')} and {in_words(len(desired), 'desired output')}; "
            "pass one output for each input"
        )
    if not inputs:
        raise ValueError("got no examples, expected at least one; pass an input and its desired output")
    return list(zip(range(len(inputs)), inputs, desired, strict=True))


def _listed(xs: Any, wanted: str) -> list[Any]:
    if isinstance(xs, list):
        return xs
    from .data import examples  # noqa: PLC0415  (lists need no reading)

    return examples(xs, wanted)
