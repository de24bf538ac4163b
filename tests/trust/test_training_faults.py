"""Training that goes wrong or is broken off: it says where, and leaves what was whole before."""

import contextlib
import itertools
import math
import os
import random
import re
import sys
from pathlib import Path

import pytest

import engine
import nn
from engine import Value, collector, detect_anomaly
from nn import MLP, Adam, DivergenceError, GradientDescent, Module, fit
from nn.replay import TapeDescent

XS = [[0.0, 0.5], [1.0, -1.0], [-0.5, 2.0]]
YS = [0.2, 0.9, 0.4]
BOTH = pytest.mark.parametrize("tape", [False, True], ids=["eager", "tape"])


def network():
    return MLP(2, [2, 1], activation="tanh", rng=random.Random(3))


def numbers(model):
    return [p.data for p in model.parameters()]


def state(optimizer):
    """Everything that an optimiser holds, as plain data."""
    return {name: list(x) if hasattr(x, "__len__") else x for name, x in vars(optimizer).items()}


class Line(Module):
    """z = w x."""

    def __init__(self, w=1.0):
        self.w = Value(w, label="w")

    def __call__(self, x):
        return self.w * engine.total(x)

    def named_parameters(self):
        yield "w", self.w


@BOTH
def test_an_example_that_is_no_number_is_named(tape):
    """Step, epoch, example and node of a NaN in the data are told, however the order is mixed."""
    xs = [*XS, [0.5, math.nan], *XS]
    with pytest.raises(DivergenceError) as told:
        fit(network(), xs, [0.0] * 7, batch_size=2, rng=random.Random(0), tape=tape, lr=0.01)
    error = told.value
    assert (error.step, error.example, error.node.label) == (3, 3, "a_1^(0)")
    assert str(error) == (
        "step 3 (epoch 1), example 3: its cost is nan: nan came in as a_1^(0); correct the example; "
        "see docs/errors/nan.md"
    )


@BOTH
def test_an_infinity_that_saturates_is_told_by_its_gradient(tape):
    """tanh of an infinite input is 1, and the cost finite: what is told is the gradient, 0 · ∞."""
    with pytest.raises(DivergenceError) as told:
        fit(network(), [*XS, [0.5, math.inf]], [0.0] * 4, tape=tape)
    assert re.match(
        r"step 1 \(epoch 1\), example 3: the gradient of w_\d1\^\(1\) = \S+ is nan: "
        r"local derivative inf times gradient -?0\.0 of z_\d\^\(1\) = -?inf; try a smaller",
        str(told.value),
    )


@BOTH
def test_a_desired_output_that_is_no_number_is_named(tape):
    """NaN among the desired outputs is told as such, too."""
    with pytest.raises(
        DivergenceError, match=r"^step 1 \(epoch 1\), example 1: .*nan came in as y; correct the"
    ):
        fit(network(), XS, [0.0, math.nan, 0.0], tape=tape)


@BOTH
def test_the_node_where_a_cost_overflows_is_named(tape):
    """Where the forward pass overflows, the first node that is infinite is told with its operands."""
    model = MLP(1, [1, 1], activation="relu", rng=random.Random(0))
    model.load_state_dict({"w^(1)": 1e200, "b^(1)": 0.0, "w^(2)": 1e200, "b^(2)": 0.0})
    with pytest.raises(DivergenceError) as told:
        fit(model, [[1.0]], [0.0], tape=tape)
    assert told.value.node.label == "z^(2)"
    assert "inf arose in affine (z^(2)): b^(2) = 0.0, w^(2) = 1e+200, a^(1) = 1e+200;" in str(told.value)
    assert told.value.history.costs == []


@BOTH
@pytest.mark.parametrize("kind", [GradientDescent, Adam])
def test_model_and_optimiser_are_those_before_the_step_that_led_astray(kind, tape):
    """A cost falls out of its domain: what is given back is a training of two steps less, bit by bit."""

    def train(steps):
        model = network()
        kinds = {"momentum": 0.9} if kind is GradientDescent else {}
        optimizer = kind(model.parameters(), lr=0.5, **kinds)
        try:
            fit(
                model,
                XS,
                YS,
                cost=lambda a, _y: (a + 3.0).log(),
                optimizer=optimizer,
                epochs=steps,
                tape=tape,
            )
        except DivergenceError as error:
            return model, optimizer, error
        return model, optimizer, None

    model, optimizer, error = train(1000)
    assert error.step > 2
    before, its_optimizer, none = train(error.step - 2)
    assert none is None
    assert numbers(model) == numbers(before)
    assert state(optimizer) == state(its_optimizer) | {"parameters": model.parameters()}


@BOTH
def test_training_goes_on_from_there(tape):
    """With a smaller learning rate the same model and optimiser converge."""
    model = Line()
    optimizer = GradientDescent(model.parameters(), lr=1e3, momentum=0.5)
    with pytest.raises(DivergenceError):
        fit(model, [[1.0], [2.0]], [3.0, 6.0], optimizer=optimizer, epochs=1000, tape=tape)
    optimizer.lr = 0.1
    model.w.data = 1.0
    fit(model, [[1.0], [2.0]], [3.0, 6.0], optimizer=optimizer, epochs=10_000, tape=tape)
    assert model.w.data == pytest.approx(3.0)


@BOTH
def test_a_gradient_that_overflows_names_example_and_node(tape):
    """The cost is finite but its derivative is not: the example, the node and the product are told."""

    def cost(a, y):
        return (a - (y[0] if isinstance(y, list) else y)).sqrt()

    model = Line()
    with pytest.raises(DivergenceError) as told:
        fit(model, [[1.0], [2.0]], [0.0, 2.0], cost=cost, tape=tape)
    assert str(told.value) == (
        "step 1 (epoch 1), example 1: the gradient of sub = 0.0 is inf: local derivative inf times "
        "gradient 1.0 of sqrt = 0.0; try a smaller learning rate, or look at the data; see docs/errors/nan.md"
    )
    assert (told.value.example, told.value.node.grad) == (1, math.inf)
    assert model.w.data == 1.0


@BOTH
def test_a_step_that_overflows_names_the_parameter(tape):
    """Cost and gradient are finite, the learning rate takes a parameter out of the floats."""
    with pytest.raises(
        DivergenceError, match=r"^step 1 \(epoch 1\): it takes w from 1\.0 to -inf; try a small"
    ):
        fit(Line(), [[1e100]], [0.0], lr=1e300, tape=tape)


@BOTH
def test_an_average_that_overflows(tape):
    """Each cost is finite, their sum is not: training ends, and no infinity gets into the history."""
    with pytest.raises(
        DivergenceError, match=r"^step 1 \(epoch 1\): the average of the costs is inf"
    ) as told:
        fit(Line(), [[1e154], [1e154]], [0.0, 0.0], tape=tape)
    assert told.value.history.costs == []


def test_within_detect_anomaly():
    """A NaN that detect_anomaly finds in the backward pass ends training with its step and example."""

    def cost(a, _y):
        return (a * 0.0).sqrt() * 0.0

    model = Line()
    with detect_anomaly(), pytest.raises(DivergenceError) as told:
        fit(model, [[1.0]], [0.0], cost=cost)
    assert str(told.value).startswith("step 1 (epoch 1), example 0: NaN arose in the gradient of mul = 0.0")
    assert isinstance(told.value.__cause__, FloatingPointError)
    assert not model.w.has_grad


def test_detect_anomaly_after_good_steps():
    """The gradient is looked at where it failed; the model goes back to before the step that led there."""

    class Falling(GradientDescent):
        def step(self):
            self.parameters[0].data -= 1.0

    def cost(a, _y):
        return a.sqrt() * a.sqrt()

    model = Line(2.0)
    with detect_anomaly(), pytest.raises(DivergenceError, match=r"^step 3 \(epoch 3\), example 0: NaN arose"):
        fit(model, [[1.0]], [0.0], cost=cost, optimizer=Falling(model.parameters(), 0.1, momentum=0.0))
    assert model.w.data == 1.0


def test_opposite_infinities_of_two_examples():
    """Where infinite gradients of two examples cancel to NaN, the first of the two is named."""

    class Shifted(Line):
        def __call__(self, x):
            return self.w + engine.total(x)

    def cost(a, y):
        return a.sqrt() if y > 0 else -a.sqrt()

    message = r"^step 1 \(epoch 1\), example 1: the gradient of add = 0\.0 is inf: local derivative inf times"
    for watched in (contextlib.nullcontext(), detect_anomaly()):
        with watched, pytest.raises(DivergenceError, match=message):
            fit(Shifted(0.0), [[1.0], [0.0], [0.0]], [1.0, 1.0, -1.0], cost=cost)


class Stop(Exception):  # noqa: N818  (it is no error)
    """What a callback raises to end training."""


@BOTH
def test_what_a_callback_did_stays_when_it_raises(tape):
    """Parameters that the callback has set are not written over on the way out."""
    model = network()

    def stop(_epoch, _c):
        model.parameters()[0].data = 7.0
        raise Stop

    with pytest.raises(Stop):
        fit(model, XS, YS, epochs=5, tape=tape, on_epoch=stop)
    assert numbers(model)[0] == 7.0


@BOTH
def test_ctrl_c_in_the_middle_of_a_step(tape):
    """Half of the parameters moved, and half of the optimiser's memory: all of it is put back."""

    class Broken(GradientDescent):
        def step(self):
            for k, p in enumerate(self.parameters[:4]):
                self.velocity[k] = p.grad
                p.data += 1.0
            raise KeyboardInterrupt

    model = network()
    before, optimizer = numbers(model), Broken(model.parameters(), lr=0.1)
    assert fit(model, XS, YS, optimizer=optimizer, tape=tape).stopped == "interrupted"
    assert numbers(model) == before
    assert optimizer.velocity == [0.0] * 9


def test_ctrl_c_on_the_way_out_of_a_tape(monkeypatch):
    """Where writing the parameters to the model is broken off, it is done again."""
    model, whole = network(), network()
    fit(whole, XS, YS, epochs=3, tape=True)
    write, left = TapeDescent._set, iter([True])

    def broken(steps, values):
        if next(left, False):
            write(steps, [*values[:4], *numbers(model)[4:]])
            raise KeyboardInterrupt
        write(steps, values)

    monkeypatch.setattr(TapeDescent, "_set", broken)
    history = fit(model, XS, YS, epochs=3, tape=True)
    assert (history.stopped, len(history.costs)) == ("interrupted", 3)
    assert numbers(model) == numbers(whole)


def test_ctrl_c_while_a_tape_tries_other_parameters(monkeypatch):
    """Where putting the parameters back is broken off, it is done again."""
    model = network()
    before, write, calls = numbers(model), TapeDescent._set, itertools.count()

    def broken(steps, values):
        if next(calls) == 1:
            write(steps, [0.0] * 9)
            raise KeyboardInterrupt
        write(steps, values)

    monkeypatch.setattr(TapeDescent, "_set", broken)
    history = fit(model, XS, YS, epochs=3, tape=True, cost=lambda a, y: (a - y) ** 2)
    assert (history.stopped, history.costs) == ("interrupted", [])
    assert numbers(model) == before


def test_an_interrupt_before_the_tape_writes_back_loses_no_step(monkeypatch):
    """Ctrl-C between the last step and the writing of the parameters: they are written even so."""

    def interrupted(*_):
        raise KeyboardInterrupt

    wanted = numbers(trained(True, GradientDescent, EPOCHS)[0])
    monkeypatch.setattr(TapeDescent, "__exit__", interrupted)
    model, _, history = trained(True, GradientDescent, EPOCHS)
    assert (history.stopped, len(history.costs)) == ("interrupted", EPOCHS)
    assert numbers(model) == wanted


COLLECTOR = collector.__file__
"""Not interrupted: a tracer may raise before a ``with`` gives its lock back, where no signal is handled."""


class Interruption:
    """Ctrl-C at the n-th line that engine or nn executes, as a signal may come between any two lines."""

    OURS = tuple(str(Path(package.__file__).parent) + os.sep for package in (engine, nn))

    def __init__(self, at):
        self.left = at

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def trace(self, frame, event, _arg):
        if not frame.f_code.co_filename.startswith(self.OURS) or frame.f_code.co_filename == COLLECTOR:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self.trace


EPOCHS = 4


def trained(tape, kind, epochs, model=None, optimizer=None):
    model = model or network()
    optimizer = optimizer or kind(model.parameters(), lr=0.1)
    own = {"cost": lambda a, y: (a - y) ** 2} if tape == "own cost" else {}
    return model, optimizer, fit(model, XS, YS, optimizer=optimizer, epochs=epochs, tape=bool(tape), **own)


@pytest.mark.platform
@pytest.mark.parametrize("tape", [False, True, "own cost"])
@pytest.mark.parametrize("kind", [GradientDescent, Adam])
def test_ctrl_c_anywhere_leaves_a_whole_number_of_steps(kind, tape):
    """Interrupted between any two lines, model and optimiser are those after so many whole steps.

    The history says how many: it has the costs of those, or of one less. Trained on from there they
    arrive, bit by bit, where an uninterrupted training does.
    """
    after = [numbers(trained(tape, kind, epochs)[0]) for epochs in range(EPOCHS + 1)]
    costs = trained(tape, kind, EPOCHS)[2].costs
    with Interruption(-1) as counter:
        trained(tape, kind, EPOCHS)
    lines = -1 - counter.left
    stopped = set()
    for at in itertools.takewhile(lambda n: n <= lines, itertools.count(1, max(1, lines // 150))):
        model = network()
        optimizer = kind(model.parameters(), lr=0.1)
        with Interruption(at):
            try:
                history = trained(tape, kind, EPOCHS, model, optimizer)[2]
            except KeyboardInterrupt:  # before training, or after it
                history = None
        done = after.index(numbers(model))
        if history is not None:
            assert history.costs == costs[: len(history.costs)]
            assert done - len(history.costs) in {0, 1}
            stopped.add(history.stopped)
        trained(tape, kind, EPOCHS - done, model, optimizer)
        assert numbers(model) == after[-1]
    assert "interrupted" in stopped
