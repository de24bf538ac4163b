"""One law for every count and every flag of the public API, found by its signature."""

import inspect

import pytest

import engine
import nn
from engine import Value
from engine.formula import whole
from engine.tape import Tape
from nn import MLP, Layer, Neuron, data

# A Trace and a Verdict are answers: nobody makes one.
PUBLIC = [
    thing
    for module in (engine, nn)
    for name in module.__all__
    if (thing := getattr(module, name)) not in [nn.Trace, engine.Verdict]
]
PUBLIC += [whole, data.moons, data.read_csv, Tape, engine.chain.Explanation.nested]


def asked(kind):
    """Public functions and constructors, with each parameter that is annotated as such a one alone."""
    return {
        (thing.__qualname__, parameter.name)
        for thing in PUBLIC
        if callable(thing)
        for parameter in signature(thing)
        if str(parameter.annotation).removesuffix(" | None") == kind
    }


def signature(thing):
    try:
        return inspect.signature(thing).parameters.values()
    except ValueError:  # an exception's, which Python itself made
        return ()


def cost():
    return Value(2.0, label="x") ** 2


def model():
    return MLP(1, [1])


COUNTS = {
    ("explain", "limit"): lambda n: engine.explain(C := cost(), C.parents[0], limit=n),
    ("draw", "digits"): lambda n: engine.draw(cost(), digits=n),
    ("tree", "depth"): lambda n: engine.tree(cost(), depth=n),
    ("tree", "width"): lambda n: engine.tree(cost(), width=n),
    ("tree", "lines"): lambda n: engine.tree(cost(), lines=n),
    ("MLP", "nin"): lambda n: MLP(n, [1]),
    ("Layer", "nin"): lambda n: Layer(n, 1),
    ("Layer", "nout"): lambda n: Layer(1, n),
    ("Neuron", "nin"): Neuron,
    ("fit", "epochs"): lambda n: nn.fit(model(), [[0.0]], [0.0], epochs=n),
    ("fit", "batch_size"): lambda n: nn.fit(model(), [[0.0]], [0.0], batch_size=n),
    ("fit", "patience"): lambda n: nn.fit(model(), [[0.0]], [0.0], patience=n),
    ("trace", "show"): lambda n: nn.trace(model(), 0.0, 0.0, show=n),
    ("worksheet", "n"): lambda n: engine.worksheet(cost(), n=n),
    ("worksheet", "seed"): lambda n: engine.worksheet(cost(), seed=n),
    ("worksheet", "level"): lambda n: engine.worksheet(cost(), level=n),
    ("exercise", "seed"): lambda n: engine.exercise(cost(), seed=n),
    ("exercise", "level"): lambda n: engine.exercise(cost(), level=n),
    ("questions", "digits"): lambda n: engine.questions(cost(), digits=n),
    ("quiz", "n"): lambda n: engine.quiz(cost(), n=n),
    ("quiz", "seed"): lambda n: engine.quiz(cost(), seed=n),
    ("quiz", "level"): lambda n: engine.quiz(cost(), level=n),
    ("operation", "at_least"): lambda n: engine.operation("twice", "2*x", at_least=n),
    ("moons", "n"): data.moons,
    ("read_csv", "columns"): lambda n: data.read_csv(__file__, n),
}
FLAGS = {
    ("trace", "delta"): lambda x: nn.trace(model(), 0.0, 0.0, delta=x),
    ("trace", "matrix"): lambda x: nn.trace(model(), 0.0, 0.0, matrix=x),
    ("trace", "summed"): lambda x: nn.trace(model(), 0.0, 0.0, summed=x),
    ("draw", "legend"): lambda x: engine.draw(cost(), legend=x),
    ("draw", "edge_labels"): lambda x: engine.draw(cost(), edge_labels=x),
    ("draw", "cite"): lambda x: engine.draw(cost(), cite=x),
    ("draw", "names"): lambda x: engine.draw(cost(), names=x),
    ("forward", "names"): lambda x: engine.forward(cost(), names=x),
    ("play", "ask"): lambda x: engine.play(cost(), ask=x),
    ("play", "names"): lambda x: engine.play(cost(), names=x),
    ("explain", "names"): lambda x: engine.explain(C := cost(), C.parents[0], names=x),
    ("operation", "method"): lambda x: engine.operation("twice", "2*x", method=x),
    ("steps", "names"): lambda x: engine.steps(cost(), names=x),
    ("tree", "names"): lambda x: engine.tree(cost(), names=x),
    ("whole", "names"): lambda x: whole(cost(), names=x),
    ("explain", "prime"): lambda x: engine.explain(C := cost(), C.parents[0], prime=x),
    ("Explanation.nested", "delta"): lambda x: engine.explain(C := cost(), C.parents[0]).nested(delta=x),
    ("forward", "prime"): lambda x: engine.forward(cost(), prime=x),
    ("whole", "leaves"): lambda x: whole(cost(), leaves=x),
    ("MLP", "bias"): lambda x: MLP(1, [1], bias=x),
    ("Layer", "bias"): lambda x: Layer(1, 1, bias=x),
    ("Neuron", "bias"): lambda x: Neuron(1, bias=x),
    ("Layer", "nonlin"): lambda x: Layer(1, 1, nonlin=x),
    ("Neuron", "nonlin"): lambda x: Neuron(1, nonlin=x),
    ("fit", "tape"): lambda x: nn.fit(model(), [[0.0]], [0.0], tape=x),
    ("fit", "progress"): lambda x: nn.fit(model(), [[0.0]], [0.0], progress=x),
    ("fit", "ledger"): lambda x: nn.fit(model(), [[0.0]], [0.0], ledger=x),
}


def test_every_count_and_flag_of_the_public_api_is_in_these_tables():
    """A parameter that is new, and annotated as an int or a bool, needs a line above."""
    assert asked("int") <= COUNTS.keys()
    assert asked("bool") <= FLAGS.keys()


@pytest.mark.parametrize("place", COUNTS, ids=".".join)
@pytest.mark.parametrize("given", [True, False, 2.5, "3", 1j, [3]])
def test_a_count_is_a_whole_number(place, given):
    """True is no count, nor is 2.5 or text: TypeError that names the parameter, and what to pass."""
    with pytest.raises(
        TypeError, match=rf"^{place[1]} must be a whole number, got {type(given).__name__} .*; pass"
    ):
        COUNTS[place](given)


@pytest.mark.parametrize("place", COUNTS, ids=".".join)
def test_a_count_has_a_least(place):
    """ValueError below it, with what came."""
    with pytest.raises(ValueError, match=rf"^{place[1]} must be at least \d+, got -1; pass an int"):
        COUNTS[place](-1)


@pytest.mark.parametrize("place", FLAGS, ids=".".join)
@pytest.mark.parametrize("given", ["no", "", 2, 0.5, [], 1j])
def test_a_flag_is_true_or_false(place, given):
    """Text, other numbers and lists are neither: TypeError that names the parameter and what came."""
    with pytest.raises(TypeError, match=rf"^{place[1]} must be True or False, got {type(given).__name__} "):
        FLAGS[place](given)
