"""Training from a tape: what the eager engine does, on arrays."""

import math
import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import Value
from engine.tape import Tape
from nn import COSTS, MLP, Adam, DivergenceError, GradientDescent, Module, Optimizer, fit

XS = [[random.Random(k).uniform(-1, 1), random.Random(k + 50).uniform(-1, 1)] for k in range(12)]


def desired(cost, outputs):
    """A desired output for each of XS that the cost takes."""
    if cost == "softmax_cross_entropy":
        return [k % outputs for k in range(len(XS))]
    if cost == "hinge":
        return [[1 if x[0] * x[1] > 0 else -1] * outputs for x in XS]
    return [[0.5 + 0.4 * math.sin(3 * x[0] + j) for j in range(outputs)] for x in XS]


def trained(model, ys, **options):
    """History, parameters and gradients after training."""
    history = fit(model, XS, ys, **options)
    return history, [p.data for p in model.parameters()], [p.grad for p in model.parameters()]


def agree(ours, eager):
    """The same costs, parameters and gradients to rounding, and the same ending."""
    assert ours[0].stopped == eager[0].stopped
    assert ours[0].costs == pytest.approx(eager[0].costs, rel=1e-12, abs=1e-13)
    assert ours[1] == pytest.approx(eager[1], rel=1e-11, abs=1e-12)
    assert ours[2] == pytest.approx(eager[2], rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("batch_size", [None, 5, 1])
def test_training_from_a_tape_is_training(cost, batch_size):
    """Every cost, by batch, mini-batch or one by one: costs, parameters, gradients are the eager ones."""
    outputs = 3 if cost == "softmax_cross_entropy" else 2
    last = "sigmoid" if COSTS[cost].reads == "probabilities" else "linear"
    results = []
    for tape in (True, False):
        model = MLP(2, [4, outputs], activation="tanh", output_activation=last, rng=random.Random(7))
        options = {"cost": cost, "lr": 0.3, "epochs": 4, "batch_size": batch_size, "rng": random.Random(3)}
        results.append(trained(model, desired(cost, outputs), tape=tape, **options))
    agree(*results)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda ps: GradientDescent(ps, 0.1, momentum=0.9, weight_decay=0.01),
        lambda ps: Adam(ps, 0.05, weight_decay=0.01),
        lambda ps: GradientDescent(ps[::-1], 0.1, momentum=0.5),
        lambda ps: GradientDescent(ps[:3], 0.1),
        lambda ps: Halving(ps, 0.1),
    ],
    ids=["momentum", "Adam", "other order", "some parameters", "own step"],
)
def test_any_optimizer_will_do(optimizer):
    """Also one with the parameters in another order, with some of them, or with a step of its own."""
    results = []
    for tape in (True, False):
        model = MLP(2, [3, 1], activation="sigmoid", rng=random.Random(2))
        own = optimizer(model.parameters())
        results.append(
            trained(model, desired("squared_error", 1), optimizer=own, epochs=6, batch_size=4,
                    rng=random.Random(1), tape=tape)
        )  # fmt: skip
    agree(*results)


class Halving(Optimizer):
    """An optimiser by a user: steps of half the length each time, through data and grad alone."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, lr, 0.0)

    def step(self):
        for p in self.parameters:
            p.data -= self.lr * p.grad
        self.lr /= 2


NUMBERS = st.floats(-1e3, 1e3)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=5), st.randoms())
def test_all_parameters_at_once_are_each_of_them(rows, dice):
    """``changed`` on arrays gives the bits of ``step``, also where the two take turns."""
    for make in (
        lambda ps: GradientDescent(ps, 0.3, momentum=0.9, weight_decay=0.1),
        lambda ps: Adam(ps, 0.3, weight_decay=0.1),
    ):
        one, other = [Value(w) for w, _, _ in rows], [Value(w) for w, _, _ in rows]
        by_step, by_array = make(one), make(other)
        for column in (1, 2, 1):
            gradient = [row[column] for row in rows]
            for parameter, g in zip(one + other, gradient * 2, strict=True):
                parameter.grad = g
            by_step.step()
            if dice.random() < 0.7:
                W = by_array.changed(np.array([p.data for p in other]), np.array(gradient))
                for parameter, w in zip(other, W.tolist(), strict=True):
                    parameter.data = w
            else:
                by_array.step()
            assert [p.data.hex() for p in one] == [p.data.hex() for p in other]


def test_the_same_seed_gives_the_same_bits():
    """Two trainings from one seed agree to the last bit."""
    runs = []
    for _ in range(2):
        model = MLP(2, [5, 1], rng=random.Random(4))
        runs.append(trained(model, desired("squared_error", 1), epochs=5, batch_size=3,
                            rng=random.Random(9), tape=True))  # fmt: skip
    assert [x.hex() for x in runs[0][1]] == [x.hex() for x in runs[1][1]]


def test_between_epochs_the_model_is_up_to_date_and_may_be_changed():
    """``on_epoch`` sees the parameters after the epoch; what it sets is where training goes on."""
    results = []
    for tape in (True, False):
        model, seen = MLP(1, [1], rng=random.Random(1)), []

        def look(epoch, _, model=model, seen=seen):
            seen.append([(p.data, p.grad) for p in model.parameters()])
            if epoch == 2:
                model.parameters()[0].data = 5.0

        fit(model, [[0.5], [1.0]], [1.0, 2.0], lr=0.1, epochs=4, tape=tape, on_epoch=look)
        results.append(np.array(seen))
    assert results[0] == pytest.approx(results[1], rel=1e-12)


@pytest.mark.parametrize("lr", [1e200, 1.7e308])
def test_divergence_is_told_as_the_eager_engine_tells_it(lr):
    """A learning rate that is too large: the same message to rounding, and the same last good parameters."""

    def rounded(message):
        return re.sub(r"-?\d+\.\d+e\+\d+", lambda x: f"{float(x[0]):.9g}", message)

    results = []
    for tape in (True, False):
        model = MLP(2, [3, 1], activation="softplus", rng=random.Random(2))
        with pytest.raises(DivergenceError) as told:
            fit(model, XS, [10 * y[0] for y in desired("squared_error", 1)], lr=lr, epochs=50, tape=tape)
        results.append((rounded(str(told.value)), [p.data for p in model.parameters()]))
    assert results[0][0] == results[1][0]
    assert results[0][1] == pytest.approx(results[1][1], rel=1e-12)
    assert all(map(math.isfinite, results[0][1]))


def test_a_cost_that_cannot_be_computed_names_example_and_node():
    """ln of a probability that became 0: the eager engine repeats the step, and says where."""

    class Odds(Module):
        def __init__(self):
            self.w = Value(1.0, label="w")

        def __call__(self, x):
            return (self.w * engine.total(x)).log()

    for tape in (True, False):
        model = Odds()
        with pytest.raises(
            DivergenceError, match=r"step 2 \(epoch 2\), example 0: log: outside its domain \(x > 0\)"
        ):
            fit(model, [[1.0], [2.0]], [-9.0, -9.0], lr=1.0, epochs=9, tape=tape)
        assert model.w.data == 1.0


@pytest.mark.parametrize(
    ("xs", "ys", "options", "error", "words"),
    [
        ([[1.0], [1.0, 2.0]], [1.0, 1.0], {}, ValueError, "expected 1 input for example 1, got 2"),
        ([[1.0], [2.0]], [1.0, [1.0, 2.0]], {}, ValueError, "example 1 has 1 input and 2 desired"),
        ([[1.0, 2.0]], [1.0], {}, ValueError, "expected 1 input for example 0, got 2"),
        ([["1"]], [1.0], {}, TypeError, "an input must be a number or a Value"),
        ([[1.0], [Value(1.0)]], [1.0, 1.0], {}, TypeError, "use the Value as it is, or its .data"),
        ([[1.0]], [2.0], {"cost": "hinge"}, ValueError, "is a label, −1 or 1, got 2.0"),
        ([[1.0], [2.0]], [1.0, 2.0], {"cost": "hinge"}, ValueError, "is a label, −1 or 1, got 2.0"),
        ([[1.0]], [1.0], {"cost": lambda a, y: 1.0}, TypeError, "a cost must be a Value"),  # noqa: ARG005
    ],
)
def test_examples_that_do_not_fit_are_refused(xs, ys, options, error, words):
    """What came, what was expected; and the model is as it was."""
    model = MLP(1, [1], rng=random.Random(1))
    before = model.state_dict()
    with pytest.raises(error, match=words):
        fit(model, xs, ys, tape=True, **options)
    assert model.state_dict() == before
    assert not any(p.has_grad for p in model.parameters())


def test_a_cost_with_a_branch_is_refused():
    """An ``if`` that looks at an example's numbers would be frozen, so it is found out before training."""

    def cost(a, y):
        return (a[0] - 1.0) ** 2 if y[0] > 0 else a[0] ** 2

    def plain(a, y):
        return (a[0] - y[0]) ** 2

    def outputs(net):
        class Listed(Module):
            def __init__(self):
                self.net = net

            def __call__(self, x):
                return [self.net(x)]

        return Listed()

    ys = [[1.0], [-1.0]]
    with pytest.raises(ValueError, match="example 1 is not computed in the same way"):
        fit(outputs(MLP(1, [1])), [[1.0], [2.0]], ys, cost=cost, tape=True)
    results = []
    for tape in (True, False):
        model = outputs(MLP(1, [2, 1], rng=random.Random(3)))
        fit(model, [[1.0], [2.0]], ys, cost=plain, epochs=5, tape=tape)
        results.append([p.data for p in model.parameters()])
    assert results[0] == pytest.approx(results[1], rel=1e-12)


def test_an_own_activation_with_a_branch_is_refused():
    """The network is ours, its activation is not: examples are compared."""

    def steep(z):
        return 3 * z if z.data > 0 else z

    model = MLP(1, [1], output_activation=steep, bias=False)
    model.load_state_dict({"w^(1)": 1.0})
    with pytest.raises(ValueError, match="example 1 is not computed in the same way"):
        fit(model, [[1.0], [-1.0]], [1.0, 1.0], tape=True)


def test_an_interrupt_keeps_what_was_learnt():
    """Ctrl-C during training: the history so far, and a model that has the parameters of its last step."""
    model, costs = MLP(1, [1], rng=random.Random(1)), []

    class Impatient(random.Random):
        def shuffle(self, x):
            super().shuffle(x)
            if len(costs) == 3:
                raise KeyboardInterrupt

    def count(_, cost):
        costs.append((cost, model.state_dict()))

    options = {"batch_size": 1, "rng": Impatient(0), "on_epoch": count, "tape": True}
    history = fit(model, [[0.5], [1.0]], [1.0, 2.0], **options)
    assert history.stopped == "interrupted"
    assert history.costs == [cost for cost, _ in costs]
    assert model.state_dict() == costs[-1][1]


def test_no_epochs_change_nothing():
    """Parameters stay to the bit, and no gradient is claimed."""
    model = MLP(2, [3, 1], rng=random.Random(1))
    before = model.state_dict()
    fit(model, XS, desired("squared_error", 1), epochs=0, tape=True)
    assert model.state_dict() == before
    assert not any(p.has_grad for p in model.parameters())


def test_an_optimizer_says_how_a_parameter_changes():
    """One that overrides neither ``step`` nor its rule cannot be used."""
    with pytest.raises(NotImplementedError):
        Optimizer([Value(1.0)], 0.1, 0.0).step()


def test_arrays_as_examples():
    """Rows of NumPy arrays, of integers too, are the numbers in them."""
    xs, ys = np.array([[1, 0], [0, 1], [1, 1]]), np.array([1, 1, 0])
    results = []
    for data in ((xs, ys), (xs.tolist(), ys.tolist())):
        model = MLP(2, [3, 1], activation="tanh", rng=random.Random(5))
        results.append(fit(model, *data, epochs=5, tape=True).costs)
    assert results[0] == results[1]


class Line(Module):
    """A model of a scalar, as in the docstring of ``Module``; and a parameter that it does not use."""

    def __init__(self):
        self.slope, self.shift, self.unused = Value(2.0), Value(1.0), Value(7.0)

    def __call__(self, x):
        return self.slope * x + self.shift


class Pair(Module):
    """Two neurons on inputs of any shape: a point with a weight, or a mapping."""

    def __init__(self):
        self.w = [Value(0.5), Value(-0.25)]

    def __call__(self, x):
        point, weight = (x["point"], x["weight"]) if isinstance(x, dict) else x
        return (engine.dot(self.w, list(point)) * math.exp(weight)).tanh()


def network():
    return MLP(2, [3, 1], activation="tanh", rng=random.Random(1))


CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
LIKE_EAGER = {
    "a number y": (network, CORNERS, [0, 1, 1, 0], lambda a, y: (a - y) ** 2),
    "a list y": (network, CORNERS, [[0], [1], [1], [0]], lambda a, y: (a - y[0]) ** 2),
    "a tuple y": (network, CORNERS, [(0, 2), (1, 3), (1, 4), (0, 5)], lambda a, y: (a * y[1] - y[0]) ** 2),
    "an array y": (network, CORNERS, np.eye(4), lambda a, y: engine.total((a - t) ** 2 for t in y)),
    "float of y": (network, CORNERS, [[0], [1], [1], [0]], lambda a, y: (a - float(y[0])) ** 2),
    "y as an index": (network, CORNERS, [[0], [1], [1], [0]], lambda a, y: (a - [1.0, 4.0][int(y[0])]) ** 2),
    "y in a formula of math": (network, CORNERS, [0, 1, 1, 0], lambda a, y: (a - math.cosh(y)) ** 2),
    "y as text": (network, CORNERS, ["no", "yes", "yes", "no"], lambda a, y: (a - (y == "yes")) ** 2),
    "a choice that all make alike": (network, CORNERS, [1, 2, 3, 4], lambda a, y: a * y if y > 0 else -a),
    "y that is not used": (network, CORNERS, [None] * 4, lambda a, y: a * a),  # noqa: ARG005
    "a number x": (Line, [0.0, 1.0, 2.0], [1.0, 2.0, 3.0], lambda a, y: (a - y) ** 2),
    "a number x, our cost": (Line, [0.0, 1.0, 2.0], [1.0, 2.0, 3.0], "squared_error"),
    "x of parts": (Pair, [((0.5, 2.0), 0.1), ((1.0, -1.0), 0.3)], [1.0, 0.5], "squared_error"),
    "x by name": (Pair, [{"point": [k, 1.0], "weight": k / 9} for k in (1, 2)], [1, 0], "half_squared_error"),
    "Values in x": (Line, [Value(0.5), Value(1.5)], [1.0, 2.0], lambda a, y: (a - y) ** 2),
    "one example": (Line, [2.0], [1.0], lambda a, y: (a - y) ** 2),
    "no parameter at all": (Line, [1.0, 2.0], [1.0, 2.0], lambda a, y: Value(y) * Value(2.0)),  # noqa: ARG005
}


@pytest.mark.parametrize("case", LIKE_EAGER.values(), ids=LIKE_EAGER)
@pytest.mark.parametrize("batch_size", [None, 1])
def test_model_and_cost_get_what_eager_steps_give_them(case, batch_size):
    """x and y come in the shape in which they were given, numbers as numbers; so the results are eager's."""
    make, xs, ys, cost = case
    results = []
    for tape in (True, False):
        model = make()
        options = {"lr": 0.1, "epochs": 5, "batch_size": batch_size, "rng": random.Random(2)}
        history = fit(model, xs, ys, cost=cost, tape=tape, **options)
        parameters = model.parameters()
        results.append((history, [p.data for p in parameters], [p.grad for p in parameters]))
    agree(*results)


REFUSED = {
    "an if by y": lambda a, y: (a - 1) ** 2 if y[0] else a * a,
    "y as an index of Values": lambda a, y: [a * a, a.exp()][int(y[0])],
    "a power of y": lambda a, y: a ** int(y[0] + 1),
    "an if by the output": lambda a, y: a * y[0] if a.data > 0 else -a,
    "the number of an output": lambda a, y: (a - a.data) ** 2 + a * y[0],
    "the number of an output, rounded": lambda a, y: (a - y[0]) * round(100 * a.data),
    "chance": lambda a, y: (a - y[0] * random.random()) ** 2,
}


@pytest.mark.parametrize("cost", REFUSED.values(), ids=REFUSED)
def test_what_a_tape_would_freeze_is_refused(cost):
    """A choice by numbers is no part of the graph: the message says so, and nothing has changed."""
    model = network()
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"example [0-9] is not computed in the same way") as caught:
        fit(model, CORNERS, [[0], [1], [1], [0]], cost=cost, tape=True)
    assert re.search(r"\btape\b.*train without tape=True", str(caught.value))
    assert re.search(r"\bby y\b|\.data", str(caught.value))
    assert model.state_dict() == before
    assert not any(p.has_grad for p in model.parameters())


def test_a_choice_that_training_changes_is_found_out():
    """An ``if`` that all examples pass alike at first, and otherwise later: nothing is learnt from a lie."""
    model = Line()
    optimizer = Adam(model.parameters(), 0.1)

    def cost(a, y):
        return (a - y) ** 2 if model.slope.data > 1.5 else 3 * (a - y) ** 2

    with pytest.raises(ValueError, match="depends on numbers that training has changed, and a tape repeats"):
        fit(model, [0.0, 1.0], [1.0, 2.0], cost=cost, optimizer=optimizer, epochs=30, tape=True)
    assert (model.state_dict(), optimizer.steps) == (Line().state_dict(), 0)
    assert model.trained_for is None
    assert not any(p.grad for p in model.parameters())
    assert fit(model, [0.0, 1.0], [1.0, 2.0], cost=cost, optimizer=optimizer, epochs=2, tape=True).costs


@pytest.mark.parametrize("tape", [False, True])
def test_a_parameter_that_the_cost_does_not_use(tape):
    """Its gradient is 0, as if it were used times 0; an optimiser that decays weights may move it."""
    model = Line()
    fit(model, [0.0, 1.0], [1.0, 2.0], lr=0.1, epochs=3, tape=tape)
    assert (model.unused.data, model.unused.grad, model.unused.has_grad) == (7.0, 0.0, True)
    model = Line()
    decaying = GradientDescent(model.parameters(), 0.5, weight_decay=1.0)
    fit(model, [0.0, 1.0], [1.0, 2.0], optimizer=decaying, epochs=1, tape=tape)
    assert model.unused.data == 3.5


def test_parameters_of_a_cost_are_trained_too():
    """An optimiser may have parameters that are not the model's; frames have those of the model."""
    results = []
    for tape in (True, False):
        model, scale = Line(), Value(0.5)
        optimizer = Adam([scale, *model.parameters()], 0.1)
        history = fit(
            model, [0.0, 1.0, 2.0], [1.0, 2.0, 3.0], cost=lambda a, y, scale=scale: (a * scale - y) ** 2,
            optimizer=optimizer, epochs=6, tape=tape, record=True,
        )  # fmt: skip
        assert [len(frame.parameters) for frame in history.recording.frames] == [3] * 7
        found = [*model.parameters(), scale]
        results.append((history, [p.data for p in found], [p.grad for p in found]))
        assert scale.data != 0.5
    agree(*results)


def test_what_a_callback_changes_holds_from_then_on():
    """A constant of the cost that ``on_epoch`` anneals, gradients that it forgets: as in eager training."""
    results = []
    for tape in (True, False):
        model, held = Line(), {"scale": 0.5}

        def anneal(epoch, _, model=model, held=held):
            held["scale"] *= 0.9
            if epoch == 5:
                model.zero_grad()

        cost = lambda a, y, held=held: (a * held["scale"] - y) ** 2  # noqa: E731
        history = fit(model, [0.0, 1.0], [1.0, 2.0], cost=cost, lr=0.1, epochs=5, tape=tape, on_epoch=anneal)
        assert not any(p.has_grad for p in model.parameters())
        results.append((history, [p.data for p in model.parameters()], []))
    agree(*results)


def test_a_step_that_arrays_cannot_take_is_eager(monkeypatch):
    """Where a replay raises and the engine does not, the engine takes the step: its gradient is the last."""
    taken, results = [], []

    class Shy(Tape):
        def __call__(self, params=None, inputs=None, **options):
            if inputs.max() == 3.0:
                taken.append(True)
                raise FloatingPointError
            return super().__call__(params, inputs, **options)

    class InOrder:
        def shuffle(self, x):
            x.sort()

    monkeypatch.setattr("nn.replay.Tape", Shy)
    for tape in (True, False):
        model = Line()
        options = {"lr": 0.05, "epochs": 2, "batch_size": 2, "rng": InOrder(), "tape": tape}
        history = fit(model, [0.0, 1.0, 2.0, 3.0], [1.0, 0.0, 1.0, 0.0], **options)
        results.append((history, [p.data for p in model.parameters()], [p.grad for p in model.parameters()]))
    agree(*results)
    assert len(taken) == 2  # the second batch of each epoch
