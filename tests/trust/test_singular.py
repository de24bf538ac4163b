"""One thing is told in the singular: "1 node", never "1 nodes", wherever something says how many it has."""

import random
import re

import pytest

import engine
import nn
from engine import Value
from engine.asking.diagnosis import Key
from engine.chain import evaluation, paths
from engine.tape import Tape
from nn import MLP
from nn.play import play_training

PLURAL = re.compile(r"\b1 (?:more )?[a-z]+s\b")


def node(count=1):
    """A chain of this many nodes above one leaf; alone, that is the whole graph."""
    x = Value(0.5, label="w")
    for _ in range(count):
        x = x.tanh()
    return x


def fitted(epochs=1):
    return nn.fit(MLP(1, [1], rng=random.Random(0)), [[1.0]], [1.0], epochs=epochs, lr=0.1, record=True)


def recording(count):
    kept = fitted().recording
    del kept.frames[count:]
    return kept


TOLD = {
    "steps": lambda: repr(engine.steps(Value(2.0))),
    "player": lambda: repr(engine.play(node(0))),
    "picture": lambda: repr(engine.draw(node(0))),
    "key": lambda: repr(Key(node(0))),
    "recording": lambda: repr(recording(1)),
    "training": lambda: repr(play_training(fitted(epochs=0))),
    "history": lambda: repr(fitted()),
    "tape": lambda: str(Tape(node())),
    "forward": lambda: str(engine.forward(node(evaluation.SHOWN + 1))),
    "forward in LaTeX": lambda: engine.forward(node(evaluation.SHOWN + 1)).latex(),
    "equations": lambda: str(paths.Nested(("",) * (paths.SHOWN + 1), 1)),
}


@pytest.mark.parametrize("what", TOLD)
def test_one_is_told_in_the_singular(what):
    """Where there is one of something, or one more than is shown, its noun says so."""
    told = TOLD[what]()
    assert "1 " in told
    assert PLURAL.findall(told) == []
