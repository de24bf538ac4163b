"""fit(): its steps against descent written out in NumPy, its order, its ends, and its errors."""

import io
import itertools
import math
import pickle
import random
import sys
import time
from copy import copy
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_nn_equations_agree import agree, as_network, gradient_of, in_order

import nn.equations as eq
from engine import Value
from nn import COSTS, MLP, Adam, DivergenceError, GradientDescent, Module, data, fit
from nn.history import Recording

XS = [[0.0, 0.5], [1.0, -1.0], [-0.5, 2.0], [0.3, 0.3], [2.0, 1.0]]
YS = [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0], [1.0, 1.0]]


def network(seed=0, **kinds):
    kinds = {"activation": "tanh", "output_activation": "sigmoid"} | kinds
    return MLP(2, [3, 2], rng=random.Random(seed), **kinds)


def descend(start, cost, order, eta):
    """Gradient descent on plain arrays: one step on the average cost of each batch of example numbers."""
    for batch in order:
        slopes = eq.averaged_gradients(start, cost, [XS[k] for k in batch], [YS[k] for k in batch])
        start = eq.update_network(start, slopes, -eta if cost == "log_likelihood" else eta)
    return start


def same(model, expected):
    found = as_network(model)
    for ours, theirs in zip(
        (*found.weights, *found.biases), (*expected.weights, *expected.biases), strict=True
    ):
        agree(ours, theirs)


@pytest.mark.parametrize("cost", ["squared_error", "half_squared_error", "log_likelihood"])
def test_full_batch(cost):
    """Each epoch is one step W ← W − η ∇C (+ for a likelihood) on the average cost of all examples."""
    model = network()
    start = as_network(model)
    history = fit(model, XS, YS, cost=cost, lr=0.2, epochs=100)
    same(model, descend(start, cost, [range(5)] * 100, 0.2))
    agree(history.costs[0], eq.averaged_cost(start, cost, XS, YS))
    agree(history.costs[60], eq.averaged_cost(descend(start, cost, [range(5)] * 60, 0.2), cost, XS, YS))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_mini_batches_in_random_order(size):
    """Batches are drawn in the order of the rng, the last one smaller; 1 is one by one."""
    model, order, batches = network(), list(range(5)), []
    shuffler = random.Random(8)
    for _ in range(20):
        shuffler.shuffle(order)
        batches += [order[start : start + size] for start in range(0, 5, size)]
    expected = descend(as_network(model), "squared_error", batches, 0.1)
    fit(model, XS, YS, lr=0.1, epochs=20, batch_size=size, rng=random.Random(8))
    same(model, expected)


def test_the_cost_of_an_epoch():
    """The cost in the history is the average over examples, each as it was when its turn came."""
    model, order = network(), list(range(5))
    random.Random(3).shuffle(order)
    now, costs = as_network(model), []
    for batch in (order[:2], order[2:4], order[4:]):
        costs += [eq.averaged_cost(now, "squared_error", [XS[k]], [YS[k]]) for k in batch]
        now = descend(now, "squared_error", [batch], 0.5)
    history = fit(model, XS, YS, lr=0.5, epochs=1, batch_size=2, rng=random.Random(3))
    agree(history.costs, [np.mean(costs)])


@pytest.mark.parametrize("size", [None, 5, 99])
def test_a_full_batch_needs_no_order(size):
    """All examples at once leave the random numbers alone."""

    class NeverAsked:
        def shuffle(self, _examples):
            raise AssertionError

    assert len(fit(network(), XS, YS, epochs=2, batch_size=size, rng=NeverAsked()).costs) == 2


def test_an_optimiser_of_ones_own():
    """fit uses the optimiser it is given: the same steps by hand lead to the same numbers."""
    model, by_hand = network(), network()
    fit(model, XS[:1], YS[:1], optimizer=Adam(model.parameters(), lr=0.05), epochs=7)
    adam = Adam(by_hand.parameters(), lr=0.05)
    for _ in range(7):
        adam.zero_grad()
        COSTS["squared_error"].function(by_hand(XS[0]), YS[0]).backward()
        adam.step()
    assert model.state_dict() == by_hand.state_dict()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 5))
def test_same_seed_same_history(seed, size):
    """The same seed gives bit-identical histories and parameters."""
    runs = []
    for _ in range(2):
        rng = random.Random(seed)
        model = MLP(2, [2, 2], rng=rng)
        runs.append((fit(model, XS, YS, epochs=5, batch_size=size, rng=rng).costs, model.state_dict()))
    assert runs[0] == runs[1]


def test_order_from_the_module_random():
    """Without an rng the order comes from the module `random`."""
    runs = []
    for _ in range(2):
        model = network()
        random.seed(4)
        runs.append(fit(model, XS, YS, epochs=3, batch_size=1).costs)
    assert runs[0] == runs[1]
    assert runs[0] != fit(network(), XS, YS, epochs=3, batch_size=1, rng=random.Random(5)).costs


def test_the_callers_examples_keep_their_order():
    """Shuffling happens on a copy; inputs may come from any iterable, NumPy arrays too."""
    xs, ys = list(XS), list(YS)
    expected = fit(network(), xs, ys, epochs=3, batch_size=1, rng=random.Random(1)).costs
    assert (xs, ys) == (XS, YS)
    for given_xs, given_ys in ((iter(XS), iter(YS)), (np.array(XS), np.array(YS))):
        found = fit(network(), given_xs, given_ys, epochs=3, batch_size=1, rng=random.Random(1))
        assert found.costs == expected


def test_log_likelihood_is_climbed():
    """A likelihood becomes larger, by the very steps that make its negative, the cross-entropy, small."""
    up, down = network(), network()
    likelihood = fit(up, XS, YS, cost="log_likelihood", lr=0.5, epochs=50).costs
    entropy = fit(down, XS, YS, cost="binary_cross_entropy", lr=0.5, epochs=50).costs
    assert all(now > before for before, now in itertools.pairwise(likelihood))
    assert likelihood == [-c for c in entropy]
    assert up.state_dict() == down.state_dict()


def test_stop_below():
    """Training ends after the first epoch whose cost is below the bound."""
    history = fit(network(), XS, YS, lr=0.5, epochs=500, stop_below=0.3)
    assert history.costs[-1] < 0.3 <= min(history.costs[:-1])
    assert history.stopped == "cost below 0.3"
    assert fit(network(), XS, YS, epochs=3, stop_below=0.0).stopped == "after 3 epochs"


def test_stop_below_for_a_cost_to_be_maximised():
    """Of a likelihood it is the negative that falls below the bound."""
    xs, ys = data.xor()
    model = MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
    cost = "log_likelihood_from_logits"
    history = fit(model, xs, ys, cost=cost, lr=0.5, epochs=500, stop_below=0.1)
    assert -history.costs[-1] < 0.1 <= min(-c for c in history.costs[:-1])


def test_on_epoch_hears_of_every_epoch():
    """The callback gets the number of the epoch, from 1, and its cost."""
    heard = []
    history = fit(network(), XS, YS, epochs=4, on_epoch=lambda epoch, c: heard.append((epoch, c)))
    assert heard == list(enumerate(history.costs, 1))


def test_history_repr():
    """A history says how many epochs, the last cost, and why it ended."""
    history = fit(MLP(1, [1], bias=False), [[0.0]], [0.5], epochs=2)
    assert repr(history) == "<History of 2 epochs, the last at cost 0.25; stopped: after 2 epochs>"
    assert repr(fit(network(), XS, YS, epochs=0)) == "<History of 0 epochs; stopped: after 0 epochs>"


def test_ctrl_c_in_a_callback():
    """Ctrl-C ends training, and what was learnt stays: the same as training for as long."""

    def interrupt(epoch, _c):
        if epoch == 3:
            raise KeyboardInterrupt

    model, shorter = network(), network()
    history = fit(model, XS, YS, epochs=100, on_epoch=interrupt)
    assert history.costs == fit(shorter, XS, YS, epochs=3).costs
    assert history.stopped == "interrupted"
    assert model.state_dict() == shorter.state_dict()


def test_ctrl_c_in_the_model():
    """Interrupted within an epoch, the history has the epochs that were finished."""

    class Interrupted(Module):
        def __init__(self):
            self.inner, self._calls = network(), itertools.count(1)

        def __call__(self, x):
            if next(self._calls) == 12:
                raise KeyboardInterrupt
            return self.inner(x)

    history = fit(Interrupted(), XS, YS, epochs=100)
    assert (len(history.costs), history.stopped) == (2, "interrupted")


class Line(Module):
    """z = w x, with all freedom to diverge."""

    def __init__(self, w=1.0):
        self.w = Value(w)

    def __call__(self, x):
        return self.w * x


def test_divergence_names_epoch_and_example():
    """A cost that overflows ends training; the parameters are those from before the step that led there."""
    model, seen = Line(), []

    def note(_epoch, _c):
        seen.append(model.w.data)

    message = r"step (\d+) \(epoch \1\), example 1: its cost is inf: inf arose in squared_error: mul = "
    with pytest.raises(DivergenceError, match=message) as caught:
        fit(model, [0.0, 10.0], [0.0, 0.0], lr=100.0, epochs=1000, on_epoch=note)
    assert len(seen) == caught.value.step - 1
    assert model.w.data == seen[-2]


def test_divergence_is_told_by_the_callers_number():
    """However examples are shuffled, the message has the number that the example has in what was passed."""
    xs, bad = [0.0] * 9, 6
    xs[bad] = 1e200
    for seed in range(5):
        with pytest.raises(DivergenceError, match=rf"\(epoch 1\), example {bad}: its cost is inf"):
            fit(Line(), xs, [0.0] * 9, batch_size=1, rng=random.Random(seed))


def test_divergence_out_of_a_domain():
    """Where a step leads out of a cost's domain it is the training that failed, not the data."""
    model = MLP(1, [1], output_activation="sigmoid", rng=random.Random(0))
    start = model.state_dict()
    with pytest.raises(
        DivergenceError, match=r"step 2 \(epoch 2\), example 1: log_likelihood: outside its domain"
    ):
        fit(model, [[1.0], [2.0]], [0.0, 1.0], cost="log_likelihood", lr=1e6)
    assert model.state_dict() == start


def test_divergence_by_an_overflow():
    """OverflowError and ZeroDivisionError of the engine are divergence, too, and stay the cause."""

    def cost(a, _y):
        return (a * 1000).exp()

    with pytest.raises(
        DivergenceError, match=r"step 1 \(epoch 1\), example 0: exp: the result exceeds"
    ) as caught:
        fit(Line(), [1.0], [0.0], cost=cost)
    assert isinstance(caught.value.__cause__, OverflowError)


@pytest.mark.parametrize("epochs", [1, 5])
def test_divergence_in_the_last_step(epochs):
    """Parameters that are no finite numbers are never left behind, not even by the last step."""
    model = Line()
    with pytest.raises(DivergenceError, match=r"step 1 \(epoch 1\): it takes a parameter from 1.0 to -inf;"):
        fit(model, [1e150], [0.0], lr=1e300, epochs=epochs)
    assert model.w.data == 1.0


def test_cost_of_nan():
    """A NaN among the data is told with its example."""
    with pytest.raises(
        DivergenceError, match=r"example 1: its cost is nan: nan came in as operand; correct the example"
    ):
        fit(Line(), [1.0, math.nan], [0.0, 0.0])


class Constant(Module):
    """A model without a parameter."""

    def __call__(self, _x):
        return Value(1.0)


REFUSED = {
    "too few outputs": (lambda: fit(Line(), [1.0, 2.0], [1.0]), ValueError, "2 inputs and 1 desired output"),
    "no examples": (lambda: fit(Line(), [], []), ValueError, "got no examples"),
    "batch size": (
        lambda: fit(Line(), [1.0], [1.0], batch_size=0),
        ValueError,
        "batch_size must be at least 1",
    ),
    "epochs": (lambda: fit(Line(), [1.0], [1.0], epochs=-1), ValueError, "epochs must be at least 0, got -1"),
    "cost": (lambda: fit(Line(), [1.0], [1.0], cost="mape"), ValueError, "no cost is named 'mape'"),
    "lr": (lambda: fit(Line(), [1.0], [1.0], lr=-1), ValueError, "lr must be at least 0"),
    "no parameters": (lambda: fit(Constant(), [1.0], [1.0]), ValueError, "no parameters to optimise"),
    "inputs": (
        lambda: fit(network(), [[1.0]], [[1.0, 1.0]]),
        ValueError,
        "^expected 2 inputs for example 0, got 1; pass each example as a list of its 2 inputs",
    ),
    "outputs": (lambda: fit(network(), [[1.0, 1.0]], [1.0]), ValueError, "one by one, got 2 and 1"),
    "later example": (lambda: fit(Line(), [1.0, "a"], [1.0, 1.0]), TypeError, "str 'a'"),
    "target": (
        lambda: fit(Line(), [1.0], [2.0], cost="log_likelihood"),
        ValueError,
        "^example 0: a desired output of this",
    ),
    "cost of no Value": (
        lambda: fit(Line(), [1.0], [1.0], cost=lambda a, y: (a.data - y) ** 2),
        TypeError,
        "a cost must be a Value, for its derivatives; got float 0.0",
    ),
}


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, kind, message):
    """What does not fit is refused as what it is: wrong data is no divergence."""
    with pytest.raises(kind, match=message):
        call()


WRONG_AFTER_GOOD = {
    "of another length": ([1.0, 2.0, 3.0], ValueError, r": .*got 2 and 3; pass one| has .*3 desired outputs"),
    "text": (["no", "yes"], TypeError, r": .*str 'no'"),
}


@pytest.mark.parametrize("tape", [False, True])
@pytest.mark.parametrize("optimizer", [Adam, partial(GradientDescent, momentum=0.9)], ids=str)
@pytest.mark.parametrize("wrong", WRONG_AFTER_GOOD)
def test_wrong_data_after_good_steps(wrong, optimizer, tape):
    """An example that never fitted the cost is wrong data, and its batch may be the last: all is put back."""
    y, kind, message = WRONG_AFTER_GOOD[wrong]
    model = network()
    optimizer = optimizer(model.parameters())
    fit(model, XS[:1], YS[:1], optimizer=optimizer, epochs=2, cost="half_squared_error")
    numbers, state = model.state_dict(), {name: copy(held) for name, held in vars(optimizer).items()}
    for epochs in (1, 3):
        with pytest.raises(kind, match=f"^example 1({message})"):
            fit(
                model,
                XS[:2],
                [YS[0], y],
                optimizer=optimizer,
                batch_size=1,
                rng=Unshuffled(),
                tape=tape,
                epochs=epochs,
            )
        assert model.state_dict() == numbers
        assert vars(optimizer) == state
        assert model.trained_for == "half_squared_error"


def test_a_cost_that_fails_later_keeps_what_was_learnt():
    """An example that fitted at the start is no wrong data: the steps before the failing one stay."""
    model, calls = network(), itertools.count()

    def cost(a, y):
        if next(calls) == 6:
            raise TypeError("not today")
        return COSTS["squared_error"].function(a, y)

    with pytest.raises(TypeError, match=r"^example 0: not today"):
        fit(model, XS[:1], YS[:1], cost=cost, epochs=10)
    stepped = network()
    fit(stepped, XS[:1], YS[:1], epochs=6)
    assert model.state_dict() == stepped.state_dict()


def test_wrong_inputs_are_refused_before_the_first_step():
    """An MLP says how many inputs it has, so nothing is learnt from the examples before the wrong one."""
    model = network()
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"^expected 2 inputs for example 1, got 3; pass each example as"):
        fit(model, [XS[0], [1.0, 2.0, 3.0]], YS[:2], batch_size=1, rng=Unshuffled())
    assert model.state_dict() == before


class Unshuffled:
    """Leaves the order as it is."""

    def shuffle(self, _examples):
        pass


def test_gradients_after_fit_are_those_of_the_last_step():
    """The last batch's gradient can be looked at when training has ended."""
    model = network()
    start = as_network(model)
    fit(model, XS, YS, epochs=1)
    agree(gradient_of(model), in_order(eq.averaged_gradients(start, "squared_error", XS, YS)))


def test_converges_on_a_line():
    """Least squares by descent finds the regression line that NumPy's closed form has."""
    xs = np.linspace(-1, 1, 11)
    ys = 3 * xs - 2 + 0.1 * np.sin(9 * xs)
    model = MLP(1, [1], rng=random.Random(0))
    fit(model, xs, ys, optimizer=GradientDescent(model.parameters(), 0.3, momentum=0.5), epochs=300)
    slope, shift = np.polyfit(xs, ys, 1)
    assert model.state_dict() == pytest.approx({"w^(1)": slope, "b^(1)": shift}, rel=1e-10)


class TestRecording:
    """What `record` keeps: frames that are moments of the training, and never too many of them."""

    @pytest.mark.parametrize("tape", [False, True])
    @pytest.mark.parametrize("size", [None, 2])
    def test_a_frame_is_the_network_at_its_epoch(self, size, tape):
        """Frame k has the parameters after k epochs, and the average cost of all examples with them."""
        history = fit(
            network(), XS, YS, lr=0.2, epochs=6, batch_size=size, rng=random.Random(2), tape=tape, record=True
        )
        assert [frame.epoch for frame in history.recording.frames] == [*range(7)]
        for epoch, frame in enumerate(history.recording.frames):
            shorter = network()
            fit(shorter, XS, YS, lr=0.2, epochs=epoch, batch_size=size, rng=random.Random(2), tape=tape)
            assert frame.parameters == tuple(p.data for p in shorter.parameters())
            agree(frame.cost, eq.averaged_cost(as_network(shorter), "squared_error", XS, YS))

    @pytest.mark.parametrize("tape", [False, True])
    def test_recording_changes_nothing(self, tape):
        """Costs, parameters and gradients are those of a training without it, bit by bit."""
        results = []
        for record in (False, True):
            model = network()
            history = fit(
                model, XS, YS, epochs=5, batch_size=2, rng=random.Random(3), tape=tape, record=record
            )
            results.append((history.costs, [(p.data, p.grad) for p in model.parameters()]))
            assert (history.recording is not None) == record
        assert results[0] == results[1]

    @settings(max_examples=30)
    @given(most=st.integers(2, 12), epochs=st.integers(0, 60))
    def test_frames_are_few_and_even(self, most, epochs):
        """At most so many, from the start to the end, equally far apart but for the last."""
        history = fit(Line(), [0.0], [0.0], epochs=epochs, record=most)
        told = [frame.epoch for frame in history.recording.frames]
        assert len(told) <= most
        assert (told[0], told[-1]) == (0, epochs)
        gaps = [after - before for before, after in itertools.pairwise(told)]
        assert len(set(gaps[:-1])) <= 1
        assert all(0 < gap <= gaps[0] for gap in gaps)
        assert len(told) > min(epochs, most / 2 - 1)

    def test_two_hundred_by_default(self):
        """Without a number there are 200 frames at most, and never fewer than a hundred of many epochs."""
        history = fit(Line(), [0.0], [0.0], epochs=1000, record=True)
        assert 100 <= len(history.recording.frames) <= 200

    def test_what_was_trained(self):
        """The recording names model, cost, and the examples in the order in which they were given."""
        model, rng = network(), random.Random(0)
        recording = fit(
            model, iter(XS), iter(YS), cost="log_likelihood", epochs=2, batch_size=1, rng=rng, record=5
        ).recording
        assert recording.model is model
        assert recording.cost is COSTS["log_likelihood"]
        assert recording.examples == tuple(zip(XS, YS, strict=True))

    @pytest.mark.parametrize("tape", [False, True])
    def test_the_last_frame_is_how_the_model_was_left(self, tape):
        """Whatever a callback did to the parameters after the last epoch."""
        model = network()

        def change(_epoch, _c):
            model.parameters()[0].data = 7.0

        history = fit(model, XS, YS, epochs=3, on_epoch=change, tape=tape, record=True)
        assert [frame.epoch for frame in history.recording.frames] == [0, 1, 2, 3]
        assert history.recording.frames[-1].parameters == tuple(p.data for p in model.parameters())
        assert history.recording.frames[-1].parameters[0] == 7.0

    def test_ctrl_c_within_an_epoch(self):
        """Interrupted in the third epoch, after three of five examples: 2.6 epochs."""

        class Interrupted(Module):
            def __init__(self):
                self.inner, self.calls = network(), 0

            def __call__(self, x):
                self.calls += 1
                if self.calls == 29:  # 5 of each frame at 0, 1, 2; 5 of each epoch; the fourth of the third
                    raise KeyboardInterrupt
                return self.inner(x)

        model = Interrupted()
        history = fit(model, XS, YS, epochs=100, batch_size=1, rng=random.Random(1), record=True)
        assert history.stopped == "interrupted"
        assert [frame.epoch for frame in history.recording.frames] == [0, 1, 2, 2.6]
        assert history.recording.frames[-1].parameters == tuple(p.data for p in model.parameters())

    @pytest.mark.parametrize("tape", [False, True])
    def test_divergence_can_be_looked_back_at(self, tape):
        """The error has the history: what was recorded until then, up to the frame that went wrong."""
        model = MLP(1, [1], rng=random.Random(0))
        with pytest.raises(DivergenceError) as caught:
            fit(model, [1.0, 10.0], [0.0, 0.0], lr=100.0, epochs=1000, tape=tape, record=True)
        history = caught.value.history
        assert history.stopped == "diverged"
        assert history.recording.frames[0].epoch == 0
        assert math.isfinite(history.recording.frames[0].cost)
        assert history.recording.frames[-1].epoch == len(history.costs)
        assert history.recording.frames[-1].cost == math.inf

    @pytest.mark.parametrize("tape", [False, True])
    def test_a_cost_that_cannot_be_computed(self, tape):
        """Where the last step leads out of the cost's domain training ends as ever; the frame has no cost."""
        model = MLP(1, [1], output_activation="sigmoid", rng=random.Random(0))
        history = fit(
            model, [[1.0], [2.0]], [0.0, 1.0], cost="log_likelihood", lr=1e6, epochs=1, tape=tape, record=True
        )
        before, after = history.recording.frames
        assert math.isfinite(before.cost)
        assert math.isnan(after.cost)

    @pytest.mark.parametrize("record", [1, -3])
    def test_too_few_frames(self, record):
        """Fewer than the first and the last are none."""
        with pytest.raises(
            ValueError, match=f"with the first and the last, must be at least 2, got {record}"
        ):
            fit(Line(), [1.0], [1.0], record=record)

    def test_wrong_examples_are_refused_as_ever(self):
        """What does not fit is told by the first step, not by the recording."""
        with pytest.raises(ValueError, match=r"^expected 2 inputs for example 0, got 1; pass each example"):
            fit(network(), [[1.0]], [[1.0, 1.0]], record=True)

    def test_pickled(self):
        """A history goes through pickle with all that is in it."""
        history = fit(network(), XS, YS, epochs=3, record=True)
        again = pickle.loads(pickle.dumps(history))
        assert again == history
        assert again.recording.frames == history.recording.frames
        assert again.recording.model.state_dict() == history.recording.model.state_dict()

    def test_reprs(self):
        """A history says what it said; its recording is told by its epochs, and not by all its numbers."""
        history = fit(Line(), [0.0], [0.0], epochs=300, record=10)
        assert repr(history) == "<History of 300 epochs, the last at cost 0; stopped: after 300 epochs>"
        assert repr(history.recording) == "<Recording of 6 frames, epochs 0 to 300>"
        assert repr(Recording(Line(), COSTS["hinge"], ())) == "<Recording of 0 frames>"


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def no_notebook(monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)


@pytest.mark.usefixtures("no_notebook")
class TestProgress:
    """A count of epochs with the cost, on stderr: tqdm's bar, a line that is written over, or a few lines."""

    def test_some_lines_in_a_pipe(self, capfd):
        """Where a line cannot be written over there are about ten, the first and the last among them."""
        history = fit(network(), XS, YS, epochs=40, progress=True)
        out, err = capfd.readouterr()
        assert out == ""
        epochs = [1, *range(4, 41, 4)]
        assert err.splitlines() == [f"epoch {k:2}/40  cost {history.costs[k - 1]:.4g}" for k in epochs]

    def test_the_validation_cost_is_shown_too(self, capfd):
        """Beside the cost stands that of the validation set."""
        history = fit(network(), XS, YS, epochs=1, validation=(XS, YS), progress=True)
        c, held_out = history.costs[0], history.validation[0]
        assert capfd.readouterr().err == f"epoch 1/1  cost {c:.4g}  validation {held_out:.4g}\n"

    @pytest.mark.needs("tqdm")
    def test_a_bar_in_a_terminal(self, monkeypatch):
        """In a terminal a bar counts epochs and shows the cost."""
        monkeypatch.setattr(sys, "stderr", Terminal())
        slow = lambda *_: time.sleep(0.15)  # noqa: E731  (the bar is drawn anew every 0.1 seconds)
        history = fit(network(), XS, YS, epochs=3, progress=True, on_epoch=slow)
        shown = sys.stderr.getvalue()
        assert "/3 [" in shown
        assert "epoch" in shown
        assert f"cost={history.costs[0]:.4g}" in shown

    def test_no_bar_unless_asked_for(self, monkeypatch):
        """`progress` is off by default."""
        monkeypatch.setattr(sys, "stderr", Terminal())
        fit(network(), XS, YS, epochs=3)
        assert sys.stderr.getvalue() == ""

    def test_without_tqdm(self, monkeypatch):
        """Without tqdm a line counts the epochs, is written over ten times a second, and goes at the end."""
        monkeypatch.setattr(sys, "stderr", Terminal())
        monkeypatch.setitem(sys.modules, "tqdm", None)
        clock = itertools.count(0, 0.04)
        monkeypatch.setattr("nn.progress.time.monotonic", lambda: next(clock))
        history = fit(network(), XS, YS, epochs=11, progress=True)
        states = sys.stderr.getvalue().split("\r")
        assert [state.strip() for state in states[1:-2]] == [
            f"epoch {k:2}/11  cost {history.costs[k - 1]:.4g}" for k in (1, 4, 7, 10)
        ]
        assert states[-2].strip() == states[-1] == ""
        assert len(states[-2]) == max(map(len, states))

    def test_a_line_that_ends_with_an_error(self, monkeypatch):
        """A callback's error leaves a clean line behind, too."""
        monkeypatch.setattr(sys, "stderr", Terminal())
        monkeypatch.setitem(sys.modules, "tqdm", None)
        with pytest.raises(ZeroDivisionError):
            fit(network(), XS, YS, progress=True, on_epoch=lambda *_: 1 / 0)
        assert sys.stderr.getvalue().endswith("\r")

    def test_without_stderr(self, monkeypatch):
        """A program without a console has None for stderr."""
        monkeypatch.setattr(sys, "stderr", None)
        assert len(fit(network(), XS, YS, epochs=3, progress=True).costs) == 3

    @pytest.mark.needs("tqdm")
    def test_the_bar_ends_with_training(self, monkeypatch):
        """Stopped early, the bar leaves a clean line behind."""
        monkeypatch.setattr(sys, "stderr", Terminal())
        fit(network(), XS, YS, epochs=10**6, stop_below=100.0, progress=True)
        assert sys.stderr.getvalue().endswith("\r")


@pytest.mark.parametrize("tape", [False, True])
def test_a_model_that_is_no_module(tape):
    """Whatever can be called and has parameters is trained; nothing is written into it but these."""

    class Bare:
        __slots__ = ("w",)

        def __init__(self):
            self.w = Value(1.0)

        def parameters(self):
            return [self.w]

        def __call__(self, x):
            return self.w * x

    model = Bare()
    fit(model, [1.0, 2.0], [2.0, 4.0], lr=0.1, epochs=60, tape=tape)
    assert model.w.data == pytest.approx(2.0, abs=1e-6)
