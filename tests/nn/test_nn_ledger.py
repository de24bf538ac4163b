"""The gradient ledger: shares add up to the movement, as updates replayed source by source say."""

import json
import math
import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_training_faults import Interruption

from engine import Value
from nn import MLP, Adam, DivergenceError, GradientDescent, Module, Optimizer, fit
from nn.ledger import DECAY, STRETCHES, Stretch
from nn.losses import squared_error

BOTH = pytest.mark.parametrize("tape", [False, True], ids=["eager", "tape"])

MAKE = {
    "gradient descent": lambda ps: GradientDescent(ps, lr=0.1),
    "momentum": lambda ps: GradientDescent(ps, lr=0.02, momentum=0.9),
    "decay": lambda ps: GradientDescent(ps, lr=0.1, weight_decay=0.1),
    "momentum and decay": lambda ps: GradientDescent(ps, lr=0.1, momentum=0.5, weight_decay=0.05),
    "adam": lambda ps: Adam(ps, lr=0.05),
    "adam and decay": lambda ps: Adam(ps, lr=0.05, betas=(0.8, 0.95), weight_decay=0.1),
}


def problem(seed):
    """A random network with random examples."""
    rng = random.Random(seed)
    nin, n = rng.randint(1, 3), rng.randint(1, 6)
    activation = rng.choice(["tanh", "sigmoid", "relu", "silu"])
    model = MLP(nin, [rng.randint(1, 3), 1], activation=activation, rng=rng)
    xs = [[rng.uniform(-1, 1) for _ in range(nin)] for _ in range(n)]
    return model, xs, [rng.uniform(-1, 1) for _ in range(n)]


def gradient(model, x, y):
    """The gradient of one example's cost, by the engine, as an array."""
    for p in model.parameters():
        p.grad = 0.0
    squared_error(model(x), y).backward()
    return np.array([p.grad for p in model.parameters()])


def replayed(model, optimizer, examples, batches):
    """The shares, found by replaying each step with one source of the gradient at a time.

    A replay with one source is the update rule, written out here, given this source alone; for Adam it
    divides by the √v̂ + ε of the whole gradient. Returns a row for each example, then one for decay.
    """
    (xs, ys), v = examples, np.zeros(len(model.parameters()))
    adam = isinstance(optimizer, Adam)
    W = np.array([p.data for p in model.parameters()])
    sources = [*range(len(xs)), DECAY]
    memory = {source: np.zeros(len(W)) for source in sources}
    moved = {source: np.zeros(len(W)) for source in sources}
    for t, batch in enumerate(batches, 1):
        for p, x in zip(model.parameters(), W.tolist(), strict=True):
            p.data = x
        given_by = {k: gradient(model, xs[k], ys[k]) / len(batch) for k in batch}
        given_by[DECAY] = optimizer.weight_decay * W
        whole = sum(given_by.values())
        if adam:
            b1, b2 = optimizer.betas
            v = b2 * v + (1 - b2) * whole**2
            rate = optimizer.lr / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + optimizer.eps)
            keep, take = b1, 1 - b1
        else:
            rate, keep, take = optimizer.lr, optimizer.momentum, 1.0
        for source in sources:
            memory[source] = keep * memory[source] + take * given_by.get(source, 0.0)
            moved[source] -= rate * memory[source]
        W = W - rate * sum(memory.values())
    return np.array([moved[source] for source in sources]), W


@pytest.mark.parametrize("kind", MAKE)
@BOTH
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 6), epochs=st.integers(1, 12))
def test_shares_are_those_of_each_source_alone(kind, tape, seed, size, epochs):
    """Each share is what the update makes of this example's gradients, or of the decay, alone; to 1e-12.

    The shares add up to the movement of the parameter, and so do the epochs.
    """
    model, xs, ys = problem(seed)
    order, batches, shuffler = list(range(len(xs))), [], random.Random(seed)
    for _ in range(epochs):
        if size < len(xs):
            shuffler.shuffle(order)
        batches += [order[start : start + size] for start in range(0, len(xs), size)]
    start = [p.data for p in model.parameters()]
    expected, end = replayed(model, MAKE[kind](model.parameters()), (xs, ys), batches)
    for p, x in zip(model.parameters(), start, strict=True):
        p.data = x
    options = {"epochs": epochs, "batch_size": size, "rng": random.Random(seed), "tape": tape, "ledger": True}
    history = fit(model, xs, ys, optimizer=MAKE[kind](model.parameters()), **options)
    assert [p.data for p in model.parameters()] == pytest.approx(end.tolist(), rel=1e-9, abs=1e-12)
    for k, w in enumerate(model.parameters()):
        told = history.why(w)
        assert (told.start, told.end) == (start[k], w.data)
        shares = [share.moved for share in told.examples]
        assert shares == pytest.approx(expected[:-1, k].tolist(), rel=1e-9, abs=1e-12)
        assert {share.what for share in told.others} <= {DECAY}
        assert sum(share.moved for share in told.others) == pytest.approx(
            expected[-1, k], rel=1e-9, abs=1e-12
        )
        assert math.fsum(x for _, x in told.rows()) == pytest.approx(told.moved, abs=1e-12)
        assert math.fsum(x for *_, x in told.epochs) == pytest.approx(told.moved, abs=1e-12)
        assert [first for first, _, _ in told.epochs] == list(range(1, epochs + 1))


@BOTH
@pytest.mark.parametrize("cost", ["squared_error", "log_likelihood_from_logits"])
def test_it_changes_nothing(tape, cost):
    """Costs, parameters, gradients and the optimiser are those of a training without it, bit by bit."""
    results = []
    for ledger in (False, True):
        model, xs, ys = problem(5)
        ys = [abs(y) for y in ys]
        optimizer = Adam(model.parameters(), lr=0.1, weight_decay=0.01)
        options = {"batch_size": 2, "rng": random.Random(3), "epochs": 6, "tape": tape, "cost": cost}
        history = fit(model, xs, ys, optimizer=optimizer, ledger=ledger, **options)
        state = [list(optimizer.first), list(optimizer.second), optimizer.steps]
        results.append((history.costs, [(p.data, p.grad) for p in model.parameters()], state))
        assert (history.ledger is not None) == ledger
    assert results[0] == results[1]


@BOTH
def test_a_cost_to_maximise(tape):
    """A likelihood is climbed: shares are those of its negative, the cross-entropy, and add up."""
    told = []
    for cost in ("log_likelihood_from_logits", "binary_cross_entropy_from_logits"):
        model, xs, _ = problem(7)
        ys = [float(k % 2) for k in range(len(xs))]
        history = fit(model, xs, ys, cost=cost, epochs=9, tape=tape, ledger=True)
        told.append([x for w in model.parameters() for _, x in history.why(w).rows()])
    assert told[0] == pytest.approx(told[1], rel=1e-12, abs=1e-15)


class Line(Module):
    """z = w x + b."""

    def __init__(self, w=0.0):
        self.w, self.b = Value(w), Value(0.0)

    def __call__(self, x):
        return self.w * x + self.b


@BOTH
def test_by_hand(tape):
    """Two steps on w, whose gradient for (x, y) is 2 x (w x − y), written out."""
    model = Line()
    optimizer = GradientDescent([model.w], lr=0.1)
    history = fit(model, [1.0, 2.0], [1.0, 0.0], optimizer=optimizer, epochs=2, tape=tape, ledger=True)
    told = history.why("w")
    # w = 0: gradients −2 and 0, so w = 0.1; then 2 (0.1 − 1) = −1.8 and 4 · 0.2 = 0.8, so w = 0.15
    assert [share.moved for share in told.examples] == pytest.approx([0.1 + 0.09, -0.04])
    assert told.epochs == (pytest.approx((1, 1, 0.1)), pytest.approx((2, 2, 0.05)))
    frozen = history.why(model.b)
    assert (frozen.moved, [share.moved for share in frozen.examples], frozen.others) == (0.0, [0.0, 0.0], ())
    assert repr(frozen) == "b moved by 0, from 0 to 0, in 2 epochs: no step moved it"


@BOTH
@pytest.mark.parametrize("kind", [GradientDescent, Adam])
def test_what_was_there_before_has_an_account(kind, tape):
    """Momentum that an earlier training left behind moves parameters too, on its own account."""
    model, xs, ys = problem(11)
    settings = {"momentum": 0.9} if kind is GradientDescent else {}
    optimizer = kind(model.parameters(), lr=0.05, **settings)
    fit(model, xs, ys, optimizer=optimizer, epochs=5, tape=tape)
    left = list(optimizer.memory())
    history = fit(model, xs, ys, optimizer=optimizer, epochs=5, tape=tape, ledger=True)
    for k, w in enumerate(model.parameters()):
        told = history.why(w)
        before = {share.what: share.moved for share in told.others}.get("momentum from before", 0.0)
        assert math.fsum(x for _, x in told.rows()) == pytest.approx(told.moved, abs=1e-12)
        assert before * left[k] <= 0  # it goes on against the old gradients
        assert (before == 0) == (left[k] == 0)


@BOTH
def test_a_change_by_hand_has_an_account(tape):
    """What a callback does to a parameter is booked as such, in its epoch, the last one too."""
    model = Line()

    def nudge(epoch, _c):
        if epoch in {2, 4}:
            model.w.data += 10.0

    history = fit(model, [1.0], [1.0], lr=0.01, epochs=4, on_epoch=nudge, tape=tape, ledger=True)
    told = history.why(model.w)
    assert {share.what: share.moved for share in told.others} == {"changed between steps": 20.0}
    assert math.fsum(x for _, x in told.rows()) == pytest.approx(told.moved, abs=1e-12)
    assert told.end == model.w.data


@BOTH
def test_a_schedule_is_heeded(tape):
    """A share is made with the learning rate of its step."""
    model = Line()
    options = {"schedule": lambda epoch: 0.0 if epoch == 2 else 1.0, "tape": tape, "ledger": True}
    history = fit(model, [1.0], [1.0], lr=0.1, epochs=3, **options)
    epochs = history.why("w").epochs
    assert [x != 0 for *_, x in epochs] == [True, False, True]
    assert math.fsum(x for _, x in history.why("w").rows()) == pytest.approx(model.w.data, abs=1e-15)


@BOTH
def test_with_patience_it_ends_at_the_best_epoch(tape):
    """Where the best epoch comes back, the ledger is that of the training until then."""
    model, shorter = Line(), Line()
    options = {"lr": 0.05, "validation": ([1.0], [0.5]), "tape": tape, "ledger": True}
    history = fit(model, [1.0], [1.0], patience=4, epochs=500, **options)
    until = fit(shorter, [1.0], [1.0], epochs=history.best, **options)
    assert history.why("w").to_dict() == until.why("w").to_dict()
    assert history.why("w").end == model.w.data


@BOTH
def test_a_step_that_was_undone_is_not_booked(tape):
    """After a divergence the ledger ends where the model was left."""
    model = Line(1.0)
    with pytest.raises(DivergenceError) as told:
        fit(model, [10.0], [0.0], lr=100.0, epochs=1000, tape=tape, ledger=True)
    movement = told.value.history.why("w")
    assert movement.end == model.w.data
    assert math.fsum(x for _, x in movement.rows()) == pytest.approx(movement.moved, rel=1e-9)


def test_an_interrupt_in_the_middle_of_a_step():
    """A step that was broken off is put back, and its booking with it."""

    class Broken(GradientDescent):
        def split(self, memory, parts):
            if sum(self.velocity) and len(calls) == 3:
                raise KeyboardInterrupt
            calls.append(1)
            return super().split(memory, parts)

        def _changed(self, k, W, gradient, sqrt):
            return super()._changed(k, W, gradient, sqrt)

    calls, model, whole = [], Line(), Line()
    history = fit(model, [1.0], [1.0], optimizer=Broken(model.parameters()), epochs=9, ledger=True)
    fit(whole, [1.0], [1.0], epochs=3)
    assert history.stopped == "interrupted"
    assert model.state_dict() == whole.state_dict()
    assert history.why("w").end == model.w.data
    assert len(history.why("w").epochs) == 3


@pytest.mark.slow
@BOTH
def test_ctrl_c_anywhere_leaves_books_that_add_up(tape):
    """Interrupted between any two lines, the ledger ends where the model was left, and its shares add up."""

    def trained(model):
        options = {"batch_size": 1, "rng": random.Random(0), "validation": ([1.0], [0.2]), "patience": 2}
        optimizer = Adam(model.parameters(), lr=0.2, weight_decay=0.1)
        return fit(
            model, [1.0, 2.0], [1.0, 0.0], optimizer=optimizer, epochs=4, tape=tape, ledger=True, **options
        )

    trained(Line())
    with Interruption(-1) as counter:
        trained(Line())
    lines, seen = -1 - counter.left, 0
    for at in range(1, lines, max(1, lines // 200)):
        model = Line()
        with Interruption(at):
            try:
                history = trained(model)
            except KeyboardInterrupt:  # before training, or after it
                continue
        if history.ledger is None:
            assert model.state_dict() == {"w": 0.0, "b": 0.0}
            continue
        told = history.why("w")
        assert told.end == model.w.data
        assert math.fsum(x for _, x in told.rows()) == pytest.approx(told.moved, abs=1e-12)
        seen += history.stopped == "interrupted"
    assert seen > 50


def test_parameters_of_the_cost():
    """A parameter that only the optimiser and the cost know is in the ledger, by its label."""
    model, scale = Line(), Value(1.0, label="scale")
    optimizer = GradientDescent([*model.parameters(), scale], lr=0.1)
    cost = lambda a, y: (a * scale - y) ** 2 + scale * scale  # noqa: E731  (a cost in a line)
    history = fit(model, [1.0], [1.0], cost=cost, optimizer=optimizer, epochs=3, ledger=True)
    assert history.why("scale").moved == scale.data - 1.0
    assert history.ledger.names == ["w", "b", "scale"]


def test_the_data():
    """to_dict() is plain JSON: for each account and each stretch of epochs a number for each parameter."""
    model, xs, ys = problem(2)
    optimizer = GradientDescent(model.parameters(), weight_decay=0.1)
    history = fit(model, xs, ys, optimizer=optimizer, epochs=5, ledger=True)
    held = json.loads(json.dumps(history.ledger.to_dict()))
    assert held["parameters"] == list(model.state_dict())
    assert held["end"] == [p.data for p in model.parameters()]
    for k, w in enumerate(model.parameters()):
        told = history.why(w).to_dict()
        assert told["examples"] == [row[k] for row in held["examples"]]
        assert told["others"] == {what: row[k] for what, row in held["others"].items()}
        assert [part["moved"] for part in told["epochs"]] == [part["moved"][k] for part in held["epochs"]]
        assert told == json.loads(json.dumps(told))
    again = pickle.loads(pickle.dumps(history))
    assert again.ledger.to_dict() == history.ledger.to_dict()
    count = len(held["parameters"])
    assert (len(xs), repr(history.ledger)) == (1, f"<GradientLedger of {count} parameters and 1 example>")


def test_long_runs_take_bounded_memory():
    """Of many epochs neighbours are added up: few stretches, alike but for the last, which add up."""
    model = Line()
    epochs = 3 * STRETCHES + 7
    history = fit(model, [1.0], [1.0], lr=0.001, epochs=epochs, ledger=True)
    told = history.why("w").epochs
    assert STRETCHES / 2 < len(told) <= STRETCHES
    assert [first for first, *_ in told] == [1, *(last + 1 for _, last, _ in told[:-1])]
    assert len({last - first for first, last, _ in told[:-1]}) == 1
    assert told[-1][1] == epochs
    assert math.fsum(x for *_, x in told) == pytest.approx(model.w.data, abs=1e-12)
    assert Stretch(1, 2, np.zeros(1)).last == 2


def test_how_it_prints():
    """A table: what moved it and how far, examples with their numbers; of many, the largest shares."""
    model = Line()
    history = fit(model, [1.0, [2.0][0]], [1.0, 0.0], lr=0.1, epochs=1, ledger=True)
    assert str(history.why("w")).splitlines() == [
        "w moved by 0.1, from 0 to 0.1, in 1 epoch",
        "  example 0  +0.1  x = 1, y = 1",
        "  example 1   0    x = 2, y = 0",
        "  epoch 1    +0.1",
        "This is bookkeeping, not cause: the shares add up to the movement, but without one",
        "of the examples all later steps would have differed.",
    ]
    model, n = MLP(1, [1], rng=random.Random(0)), 30
    xs = [[k / n] for k in range(n)]
    lines = str(fit(model, xs, [1.0] * n, epochs=100, ledger=True).why("b^(1)")).splitlines()
    assert sum(line.startswith("  example ") for line in lines) == 11
    assert "  19 more examples" in "\n".join(lines)
    epochs = [line.split("  ")[1] for line in lines if line.startswith("  epoch")]
    assert epochs == [f"epochs {k} to {k + 9}" for k in range(1, 100, 10)]


class Pair(Module):
    """A model of a text and of an array."""

    def __init__(self):
        self.w = Value(0.5)

    def __call__(self, x):
        return self.w * len(x)


def test_examples_that_are_not_numbers():
    """A text stands there as it is; several numbers are shortened."""
    history = fit(Pair(), ["ab", np.array([0.123456, 2.0])], [1.0, 2.0], epochs=1, lr=0.1, ledger=True)
    text = str(history.why("w"))
    assert "x = 'ab', y = 1" in text
    assert "x = [0.1235, 2], y = 2" in text


class Own(Optimizer):
    """An optimiser with a rule of its own, which does not say how its steps divide."""

    def __init__(self, parameters):
        super().__init__(parameters, 0.1, 0.0)

    def _changed(self, k, W, gradient, sqrt):  # noqa: ARG002  (the engine's signature)
        return W - self.lr * gradient**3


class Bent(GradientDescent):
    """One that inherits how steps divide, with another rule."""

    def _changed(self, k, W, gradient, sqrt):  # noqa: ARG002  (as above)
        return W - self.lr * gradient**3


class Stepping(GradientDescent):
    """One that does its steps itself."""

    def step(self):
        for p in self.parameters:
            p.data -= 1.0


@pytest.mark.parametrize("kind", [Own, Bent, Stepping])
def test_an_optimiser_that_does_not_say_how_is_refused(kind):
    """No share is made up: the error comes before the first step, and says what to do."""
    model = Line()
    with pytest.raises(
        ValueError, match=r"^ledger=True needs an optimiser whose steps can be divided, got \w+ "
    ):
        fit(model, [1.0], [1.0], optimizer=kind(model.parameters()), ledger=True)
    assert model.w.data == 0.0
    with pytest.raises(NotImplementedError, match="does not say how a step divides"):
        Own(model.parameters()).split(np.zeros((1, 2)), np.zeros((1, 2)))


def test_wrong_questions():
    """Without a ledger, and for what was not a parameter."""
    model = Line()
    with pytest.raises(
        ValueError, match=r"^this training run has no ledger; train with fit\(…, ledger=True\)"
    ):
        fit(model, [1.0], [1.0]).why(model.w)
    history = fit(model, [1.0], [1.0], ledger=True)
    with pytest.raises(
        ValueError, match=r"^the ledger has no parameter 'v'; pass one of the model's, or its name: w, b$"
    ):
        history.why("v")
    many = fit(MLP(2, [3, 1]), [[0.0, 1.0]], [1.0], epochs=1, ledger=True)
    first = r"w_00\^\(1\), w_01\^\(1\), b_0\^\(1\), w_10\^\(1\), …"
    for name, shown in (("w_0", r"w_0\^\(2\)"), ("w_21^1", r"w_21\^\(1\)"), ("x", first)):
        with pytest.raises(ValueError, match=rf"no parameter '.*'; .*, or its name: {shown}$"):
            many.why(name)
    with pytest.raises(ValueError, match=r"^the ledger has no parameter Value "):
        history.why(Value(1.0))
    with pytest.raises(ValueError, match=r"^the ledger has no parameter int 0; "):
        history.why(0)
    assert fit(model, [1.0], [1.0], epochs=0, ledger=True).why("w").epochs == ()
