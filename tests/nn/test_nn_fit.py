"""What a class asks of fit(): a validation set, when to stop, schedules, frozen parameters, tables."""

import copy
import math
import random

import numpy as np
import pytest

import nn
from engine import Value
from nn import MLP, Adam, DivergenceError, GradientDescent, History, Module, data, fit, schedules
from nn.chart import CostChart
from nn.faults import WatchedDescent

BOTH = pytest.mark.parametrize("tape", [False, True], ids=["eager", "tape"])
XS = [[0.0, 0.5], [1.0, -1.0], [-0.5, 2.0], [0.3, 0.3], [2.0, 1.0]]
YS = [0.2, 0.9, 0.4, 0.1, 0.7]
HELD_OUT = [[0.5, 0.5], [1.5, -0.5]], [0.3, 0.8]


def network(seed=0):
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(seed))


def numbers(model):
    return [p.data for p in model.parameters()]


def average(model, xs, ys):
    """The average squared error, in plain Python."""
    return math.fsum((model(x).data - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(ys)


class Line(Module):
    """z = w x."""

    def __init__(self, w=0.0):
        self.w = Value(w, label="w")

    def __call__(self, x):
        return self.w * x


class TestValidation:
    """Examples that no step is taken for, and their cost after each epoch."""

    @BOTH
    @pytest.mark.parametrize("size", [None, 2])
    def test_it_is_the_cost_after_each_epoch(self, tape, size):
        """history.validation has the average cost of the held-out examples for the parameters then."""
        model, found = network(), []

        def note(_epoch, _c):
            found.append(average(model, *HELD_OUT))

        options = {"batch_size": size, "rng": random.Random(1), "tape": tape, "lr": 0.2}
        history = fit(model, XS, YS, validation=HELD_OUT, epochs=6, on_epoch=note, **options)
        assert history.validation == pytest.approx(found, rel=1e-12)

    @BOTH
    def test_it_changes_nothing(self, tape):
        """Costs and parameters are those of a training without it, bit by bit."""
        with_it, without = network(), network()
        first = fit(with_it, XS, YS, epochs=5, validation=HELD_OUT, tape=tape)
        second = fit(without, XS, YS, epochs=5, tape=tape)
        assert (first.costs, numbers(with_it)) == (second.costs, numbers(without))
        assert second.validation == []

    @BOTH
    def test_own_models_and_costs(self, tape):
        """With a tape the examples' own constants are found in the validation set, too."""
        model = Line(1.0)
        history = fit(
            model, [1.0, 2.0], [2.0, 4.0], cost=lambda a, y: (a - y) ** 2, lr=0.05, epochs=3,
            validation=([3.0], [7.0]), tape=tape,
        )  # fmt: skip
        assert history.validation[-1] == pytest.approx((3 * model.w.data - 7) ** 2, rel=1e-12)

    @BOTH
    @pytest.mark.parametrize(
        ("validation", "error", "message"),
        [
            (0.2, TypeError, r"^validation must be inputs and desired outputs, .* got float 0\.2; nn\.data"),
            ((XS,), TypeError, "^validation must be inputs and desired outputs"),
            (([[1.0, 2.0]], []), ValueError, "got 1 input and 0 desired outputs"),
            (([[1.0]], [0.0]), ValueError, "^expected 2 inputs for validation example 0, got 1; pass each"),
            (([[1.0, 1.0], [1.0, "a"]], [0.0, 0.0]), TypeError, "^validation example 1: an input must be"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_refused_before_the_first_step(self, tape, validation, error, message):
        """The error names the validation example; the model is as it was."""
        model = network()
        before = numbers(model)
        with pytest.raises(error, match=message):
            fit(model, XS, YS, validation=validation, tape=tape)
        assert numbers(model) == before

    @BOTH
    def test_nan_in_it_is_reported(self, tape):
        """A NaN among the held-out examples is reported as such, with its number there."""
        with pytest.raises(
            DivergenceError, match="validation example 1: its cost is nan: nan came in as y"
        ) as told:
            fit(network(), XS, YS, validation=(HELD_OUT[0], [0.0, math.nan]), tape=tape)
        assert told.value.history.costs == []

    @BOTH
    def test_a_cost_out_of_its_domain_is_nan(self, tape):
        """Where a step leads the held-out cost out of its domain, training goes on, and nan stands there."""
        history = fit(
            Line(1.0), [1.0], [0.0], cost=lambda a, _y: (a + 3).log(), lr=12.0, epochs=1,
            validation=([2.0], [0.0]), tape=tape,
        )  # fmt: skip
        assert math.isnan(history.validation[0])
        assert history.best == 0

    def test_split(self):
        """Each example is in one of two parts, in its order; pairs stay together; the share is rounded."""
        xs, ys = list(range(10)), [x * x for x in range(10)]
        for share, count in ((0.2, 2), (0.01, 1), (0.99, 9), (0.25, 2)):
            (a, b), (c, d) = data.split(xs, ys, share, rng=random.Random(3))
            assert (len(c), sorted(a + c)) == (count, xs)
            assert (b, d) == ([x * x for x in a], [x * x for x in c])
            assert (a, c) == (sorted(a), sorted(c))
        assert data.split(xs, ys, rng=random.Random(3)) == data.split(xs, ys, rng=random.Random(3))
        for wrong, message in (
            (lambda: data.split(xs, ys[:3]), r"^got 10 inputs and 3 outputs; pass one output for each"),
            (lambda: data.split(xs, ys, 50), r"^a share between 0 and 1 .* got 50 of 10$"),
            (
                lambda: data.split([1], [1]),
                r"^a share between 0 and 1 of at least 2 examples .* got 0\.2 of 1$",
            ),
        ):
            with pytest.raises(ValueError, match=message):
                wrong()


class TestPatience:
    """Training ends when nothing has become better for so many epochs."""

    def wave(self, tape=False, **options):  # noqa: FBT002  (the parameter of BOTH)
        """Training on one slope, validated on another: the validation cost falls, then rises for ever."""
        model = Line()
        options = {"lr": 0.05, "epochs": 500, "validation": ([1.0], [0.5])} | options
        return model, fit(model, [1.0], [1.0], tape=tape, **options)

    @BOTH
    def test_the_best_epoch_comes_back(self, tape):
        """The model has the parameters of the epoch with the lowest validation cost."""
        _, free = self.wave(epochs=60)
        best = min(range(60), key=free.validation.__getitem__) + 1
        model, history = self.wave(tape, patience=4)
        assert (history.best, len(history.costs)) == (best, best + 4)
        assert history.stopped == f"no better for 4 epochs; epoch {best} was the best"
        shorter, _ = self.wave(epochs=best)
        assert numbers(model) == pytest.approx(numbers(shorter), rel=1e-12)
        assert (model.w.data - 0.5) ** 2 == pytest.approx(history.validation[best - 1], rel=1e-9)

    @BOTH
    def test_it_comes_back_however_training_ends(self, tape):
        """After the last epoch and after Ctrl-C as well; without patience nothing comes back."""

        def interrupt(epoch, _c):
            if epoch == 20:
                raise KeyboardInterrupt

        kept, _ = self.wave(tape, epochs=20, patience=100)
        stopped, history = self.wave(tape, on_epoch=interrupt, patience=100)
        assert history.stopped == "interrupted"
        assert numbers(kept) == numbers(stopped)
        assert (kept.w.data - 0.5) ** 2 == pytest.approx(min(history.validation), rel=1e-9)
        without, _ = self.wave(tape, epochs=20)
        assert without.w.data > kept.w.data

    @pytest.mark.parametrize("ledger", [False, True])
    def test_ctrl_c_within_an_epoch(self, ledger):
        """Steps of an epoch that was not finished are undone: the best epoch is the last finished one."""

        class Interrupted(Line):
            calls = 0

            def __call__(self, x):
                self.calls += 1
                if (
                    self.calls == 1 + 3 * 3 + 2
                ):  # one example held out, two trained on; 3 epochs, and one step
                    raise KeyboardInterrupt
                return super().__call__(x)

        options = {"lr": 0.05, "batch_size": 1, "validation": ([1.0], [0.9]), "patience": 9, "ledger": ledger}
        model, whole = Interrupted(), Line()
        history = fit(model, [1.0, 1.0], [1.0, 1.0], **options)
        fit(whole, [1.0, 1.0], [1.0, 1.0], epochs=3, **options)
        assert (history.stopped, len(history.costs), history.best) == ("interrupted", 3, 3)
        assert numbers(model) == numbers(whole)
        if ledger:
            assert history.why("w").end == model.w.data

    def test_ctrl_c_while_it_comes_back(self, monkeypatch):
        """Where putting the best parameters back is broken off, it is done again."""
        write, left = WatchedDescent._set, iter([True])

        def broken(steps, values):
            if next(left, False):
                raise KeyboardInterrupt
            write(steps, values)

        whole, _ = self.wave(epochs=20, patience=100)
        monkeypatch.setattr(WatchedDescent, "_set", broken)
        kept, history = self.wave(epochs=20, patience=100)
        assert history.stopped == "interrupted"
        assert numbers(kept) == numbers(whole)

    def test_without_a_validation_set_the_cost_is_watched(self):
        """Training on a plateau ends; the model stays as it is then."""
        model = Line(1.0)
        history = fit(model, [1.0], [1.0], patience=3, epochs=100)
        assert (len(history.costs), history.best) == (4, 1)
        assert history.stopped == "no better for 3 epochs; epoch 1 was the best"

    def test_a_cost_to_maximise(self):
        """Of a likelihood the largest is the best."""
        xs, ys = [0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 0.0, 1.0]
        model = MLP(1, [1], rng=random.Random(0))
        history = fit(
            model, xs, ys, cost="log_likelihood_from_logits", lr=0.5, epochs=200, patience=2,
            validation=(xs[:2], ys[:2]),
        )  # fmt: skip
        assert history.best == 1 + max(range(len(history.costs)), key=history.validation.__getitem__)

    def test_the_first_of_equal_epochs_is_the_best(self):
        """An epoch is better only if its cost is lower."""
        assert History([2.0, 1.0, 1.0]).best == 2
        assert History([2.0, 1.0], validation=[math.nan, 3.0]).best == 2
        assert History().best == 0

    @pytest.mark.parametrize(("costs", "grown"), [
        ([1.0, 20.0, 4000.0], True),
        ([1.0, 4000.0, 20.0], False),
        ([1.0, 9000.0, 8000.0], False),
        ([1.0, 9000.0, 8999.0], True),
        ([1.0, 3e4, 5e5, 3e4, 5e5, 3e4], True),
        ([1.0, 9e4, 8e4, 7e4, 6e4, 5e4], False),
        ([1.0, 20.0, 900.0], False),
        ([0.0, 4000.0], False),
        ([4000.0], False),
        ([], False),
    ])  # fmt: skip
    def test_a_cost_that_has_grown(self, costs, grown):
        """Above 1,000 times the first, and no longer falling; of a cost to maximise the negative counts."""
        history, maximised = History(costs), History([-c for c in costs])
        maximised.maximised = True
        assert history.grown == maximised.grown == grown
        assert ("the cost grew from" in repr(history)) == grown

    def test_steps_that_are_too_long_show(self):
        """Gradient descent on C = (w x − y)² with η > 1/x² makes each error larger than the last one."""
        model = MLP(1, [1], rng=random.Random(0))
        assert fit(model, [[3.0]], [6.0], lr=0.3, epochs=9).grown
        assert not fit(MLP(1, [1], rng=random.Random(0)), [[3.0]], [6.0], lr=0.03, epochs=9).grown


class TestOnEpoch:
    """What the callback returns."""

    @pytest.mark.parametrize("true", [True, np.True_])
    def test_true_ends_training(self, true):
        """True, Python's or NumPy's, ends training after that epoch."""
        history = fit(network(), XS, YS, on_epoch=lambda epoch, _c: true if epoch == 3 else None)
        assert (len(history.costs), history.stopped) == (3, "on_epoch returned True after epoch 3")

    @pytest.mark.parametrize("answer", [None, False, 0.7, 1, "yes", np.False_, [1]])
    def test_nothing_else_does(self, answer):
        """A number, such as an accuracy, or a text is not an answer."""
        assert len(fit(network(), XS, YS, epochs=3, on_epoch=lambda *_: answer).costs) == 3


def under(schedule):
    """A training run under this schedule."""
    return fit(Line(), [1.0], [1.0], schedule=schedule)


class TestSchedules:
    """The learning rate of each epoch."""

    @BOTH
    def test_a_step_is_taken_with_the_rate_of_its_epoch(self, tape):
        """w ← w − η(epoch) ∂C/∂w, computed by hand; the optimiser has its own rate again afterwards."""
        model, w = Line(), 0.0
        optimizer = GradientDescent(model.parameters(), lr=0.4)
        history = fit(
            model, [1.0], [1.0], optimizer=optimizer, epochs=5, schedule=lambda epoch: 1 / epoch, tape=tape
        )
        for epoch in range(1, 6):
            w -= 0.4 / epoch * 2 * (w - 1)
        assert model.w.data == pytest.approx(w, rel=1e-12)
        assert history.rates == pytest.approx([0.4, 0.2, 0.4 / 3, 0.1, 0.08], rel=1e-12)
        assert optimizer.lr == 0.4

    def test_the_rate_comes_back_after_a_divergence(self):
        """Whatever ends training, the optimiser has its own rate again."""
        model = Line(1.0)
        optimizer = GradientDescent(model.parameters(), lr=0.5)
        with pytest.raises(DivergenceError):
            fit(model, [1.0], [0.0], optimizer=optimizer, schedule=lambda epoch: 10.0**epoch, epochs=1000)
        assert optimizer.lr == 0.5

    def test_those_of_ours_by_recurrence(self):
        """Each is checked by what happens from epoch to epoch."""
        falling = schedules.exponential(0.9)
        assert all(falling(k + 1) == pytest.approx(0.9 * falling(k)) for k in range(1, 50))
        stepping = schedules.step_decay(7, 0.5)
        assert [k for k in range(1, 30) if stepping(k + 1) < stepping(k)] == [7, 14, 21, 28]
        rising = schedules.warmup(4, then=falling)
        assert [rising(k) for k in range(1, 6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
        assert rising(6) == pytest.approx(0.9)
        assert schedules.constant(0.3)(1) == schedules.constant(0.3)(99) == 0.3

    def test_cosine_is_symmetric(self):
        """It falls from 1 to the least, and is in the middle half-way; then it stays."""
        curve = schedules.cosine(20, least=0.2)
        assert (curve(1), curve(11), curve(21), curve(400)) == pytest.approx((1.0, 0.6, 0.2, 0.2))
        assert [curve(k) + curve(22 - k) for k in range(1, 22)] == pytest.approx([1.2] * 21)

    @pytest.mark.parametrize(
        ("wrong", "error", "message"),
        [
            (lambda: under(0.5), TypeError, "^schedule must be a function of the epoch, got float 0.5; pass"),
            (lambda: under(lambda _: None), TypeError, "^what schedule returns for epoch 1"),
            (lambda: under(schedules.cosine), TypeError, "^schedule returned function .*; call the func"),
            (lambda: under(lambda _: -1.0), ValueError, "^what schedule returns for epoch 1"),
            (lambda: schedules.cosine(0), ValueError, "^epochs must be at least 1"),
            (lambda: schedules.step_decay(3, -1), ValueError, "^factor must be at least 0, got -1.0"),
            (lambda: schedules.warmup(3, then=2), TypeError, "^then must be a function of the epoch"),
        ],
    )  # fmt: skip
    def test_wrong_ones(self, wrong, error, message):
        """What is not a schedule, or returns no factor, is refused."""
        with pytest.raises(error, match=message):
            wrong()


@BOTH
def test_a_parameter_that_the_optimiser_does_not_have_stays(tape):
    """Freezing a layer: the optimiser is given the parameters of the others."""
    model = network()
    frozen = model.layers[0].parameters()
    before = [p.data for p in frozen]
    optimizer = Adam(model.layers[1].parameters(), lr=0.05)
    history = fit(model, XS, YS, optimizer=optimizer, epochs=20, tape=tape)
    assert [p.data for p in frozen] == before
    assert history.costs[-1] < history.costs[0]


class Table:
    """What of a pandas DataFrame matters here: it goes through names of columns, and has to_numpy."""

    def __init__(self, columns):
        self.columns = list(columns)
        self._rows = np.array(list(zip(*columns.values(), strict=True)))
        if len({type(x) for column in columns.values() for x in column}) > 1:
            self._rows = np.array(list(zip(*columns.values(), strict=True)), dtype=object)

    def __iter__(self):
        return iter(self.columns)

    def __len__(self):
        return len(self._rows)

    def to_numpy(self):
        return self._rows


class Column:
    """A pandas Series, or a polars one."""

    name = "y"

    def __init__(self, numbers):
        self._numbers = np.array(numbers)

    def to_numpy(self):
        return self._numbers


class TestTables:
    """DataFrames and arrays are taken as they are, row by row."""

    @BOTH
    def test_rows_are_examples(self, tape):
        """Training on a table is training on the list of its rows, bit by bit."""
        by_list, by_table, by_array = network(), network(), network()
        a, b = zip(*XS, strict=True)
        fit(by_list, XS, YS, epochs=3, validation=HELD_OUT, tape=tape)
        table = Table({"a": a, "b": b})
        held_out = Table({"a": (0.5, 1.5), "b": (0.5, -0.5)}), Column([0.3, 0.8])
        fit(by_table, table, Column(YS), epochs=3, validation=held_out, tape=tape)
        fit(by_array, np.array(XS), np.array(YS)[:, None], epochs=3, tape=tape)
        assert numbers(by_list) == numbers(by_table) == numbers(by_array)
        assert nn.predict(by_table, table) == nn.predict(by_list, XS)

    def test_numbers_of_several_kinds(self):
        """A table with ints beside floats has object rows in pandas; they are numbers all the same."""
        model = network()
        history = fit(model, Table({"a": [0, 1], "b": [0.5, 1.5]}), [0.0, 1.0], epochs=1)
        assert len(history.costs) == 1

    @pytest.mark.parametrize(
        ("table", "message"),
        [
            (Table({"a": [0.5, 1.5], "kind": [0.5, "x"]}), "^column 'kind', row 1: .*, got str 'x'; choose"),
            (Column(["setosa", "virginica"]), "^column 'y', row 0: expected a number, got str_ "),
        ],
    )  # fmt: skip
    def test_text_in_a_column_is_refused_with_its_name(self, table, message):
        """The error names column and row, and says how to choose columns."""
        with pytest.raises(TypeError, match=message):
            fit(MLP(1, [1]), [[0.0]] * 2, table)


class TestErrorsNameTheExample:
    """What does not fit is reported with the number of its example."""

    @pytest.mark.parametrize(
        ("xs", "ys", "options", "message"),
        [
            ([[0, 0], [0, 1], [1, 0], [1]], [0, 1, 1, 0], {}, "^expected 2 inputs for example 3, got 1;"),
            ([[0, 0], 1.0], [0, 1], {}, "^expected 2 inputs for example 1, got 1; pass each example as"),
            ([[0, 0], [0, 1]], [0, [1, 2]], {}, "^example 1: squared_error compares outputs .*, got 1 and 2"),
            ([[0, 0], [0, 1]], [0, 2], {"cost": "hinge"}, "^example 0: a desired output of this cost is"),
        ],
    )  # fmt: skip
    def test_eager(self, xs, ys, options, message):
        """Wrong lengths and wrong numbers."""
        with pytest.raises(ValueError, match=message):
            fit(MLP(2, [1]), xs, ys, **options)

    def test_an_error_of_a_kind_of_its_own_stays(self):
        """An exception of the user's own class is not changed: its constructor may want anything."""

        class OddError(ValueError):
            def __init__(self):
                super().__init__("odd")

        class Model(Line):
            def __call__(self, _x):
                raise OddError

        with pytest.raises(OddError, match=r"^odd$"):
            fit(Model(), [1.0], [1.0])

    def test_an_iterator_is_not_used_up(self):
        """An input that can be gone through only once is left to the model."""
        model = MLP(2, [1], rng=random.Random(0))
        assert len(fit(model, [iter([1.0, 2.0])], [0.0], epochs=1).costs) == 1


class TestReprs:
    """Models and optimisers say how large they are."""

    def test_mlp(self):
        """One line with sizes, activations and the number of parameters; print shows a table."""
        model = MLP(2, [3, 1], activation="tanh", output_activation="sigmoid")
        assert repr(model) == "MLP of 2 inputs, 3 tanh, 1 sigmoid: 13 parameters"
        assert str(model).splitlines() == [
            "MLP of 13 parameters",
            "layer  inputs  neurons  activation  parameters",
            "    1       2        3  tanh                 9",
            "    2       3        1  sigmoid              4",
        ]
        assert sum(int(line.split()[-1]) for line in str(model).splitlines()[2:]) == len(model.parameters())

    def test_a_module_of_ones_own(self):
        """Its parts are listed by name, each with how many parameters; print shows what is inside them."""

        class Net(Module):
            def __init__(self):
                self.body, self.scale, self.name = MLP(2, [1]), Value(2.0), "a text"
                self.lines, self.shifts = [Line(0.5), Line()], {"a": Value(1.0), "b": Value(2.0)}
                self.mixed, self.empty, self._hidden = [[Value(1.0)], 7], [], Value(9.0)
                self.computed = self.scale * 2

        net = Net()
        assert repr(net) == "Net(body 3, scale, lines 2, shifts 2, mixed: 9 parameters)"
        assert str(net).splitlines() == [
            "Net: 9 parameters",
            "  body: MLP of 2 inputs, 1 linear: 3 parameters",
            "  scale = 2",
            "  lines.0, Line: 1 parameter",
            "    w = 0.5",
            "  lines.1, Line: 1 parameter",
            "    w = 0",
            "  shifts: 2 parameters",
            "  mixed.0: 1 parameter",
        ]
        assert (repr(Module()), str(Module())) == ("Module(0 parameters)", "Module: 0 parameters")

    def test_optimisers(self):
        """Their settings, and how many parameters they have."""
        w = [Value(1.0)]
        assert repr(GradientDescent(w, momentum=0.9)) == (
            "GradientDescent(1 parameter, lr=0.1, weight_decay=0.0, momentum=0.9)"
        )
        assert repr(Adam(w, lr=0.5)).startswith("Adam(1 parameter, lr=0.5, weight_decay=0.0, betas=(0.9")


class TestPlot:
    """history.plot() and pyplot.plot(history)."""

    def test_a_history_is_its_costs_for_numpy(self):
        """What NumPy and matplotlib make of a history."""
        history = fit(network(), XS, YS, epochs=4)
        assert np.asarray(history).tolist() == history.costs

    @pytest.mark.needs("matplotlib")
    def test_the_curves(self):
        """One line for training, one for validation, point by point; axes may be given."""
        import matplotlib as mpl  # noqa: PLC0415  (an extra)

        mpl.use("Agg")
        from matplotlib import pyplot as plt  # noqa: PLC0415  (an extra)

        history = fit(network(), XS, YS, epochs=4, validation=HELD_OUT)
        axes = history.plot()
        costs, held_out = (line.get_ydata().tolist() for line in axes.get_lines())
        assert (costs, held_out) == (history.costs, history.validation)
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]
        own = plt.figure().subplots()
        assert fit(network(), XS, YS, epochs=4).plot(own) is own
        assert own.get_legend() is None
        assert (own.get_yscale(), History([1.0, -1.0]).plot().get_yscale()) == ("log", "linear")
        plt.close("all")

    def test_without_matplotlib(self, monkeypatch):
        """The picture is our own; for matplotlib's axes the error says what to install."""
        monkeypatch.setattr("nn.plot.importlib.util.find_spec", lambda _: None)
        history = fit(network(), XS, YS, epochs=4, validation=HELD_OUT)
        assert history.plot() == CostChart(tuple(history.costs), tuple(history.validation))
        with pytest.raises(ImportError, match=r"^plots need matplotlib: pip install 'chainrule\[plot\]'"):
            history.plot(object())


def test_a_history_says_what_the_validation_cost_was():
    """The repr has both last costs, and one epoch is one epoch."""
    history = fit(Line(1.0), [1.0], [1.0], epochs=1, validation=([2.0], [1.0]))
    assert repr(history) == "<History of 1 epoch, the last at cost 0 (validation 1); stopped: after 1 epoch>"
    assert copy.deepcopy(history) == history
