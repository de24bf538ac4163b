"""What a row of the tables of wrong calls is, and the things that its call may name."""

import math
import random
from dataclasses import astuple
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np

import engine
import nn
from engine import formula, graph, rules
from engine.source import live, program
from engine.tape import Tape
from nn import equations, losses


class Wrong(NamedTuple):
    """A call that is refused: the error, and what its message says came, was expected, and is to be done."""

    call: str
    error: type[BaseException]
    came: str
    expected: str
    do: str


class Line(nn.Module):
    """A model of one parameter, through the origin."""

    def __init__(self):
        self.w = engine.Value(0.5, label="w")

    def __call__(self, x):
        return self.w * x


def scene():
    """Fresh names for a call: a neuron and its cost, a network and its examples, the public functions."""
    Value = engine.Value
    w, x, b, y = (Value(v, label=n) for v, n in ((0.5, "w"), (0.88, "x"), (0.1, "b"), (1.0, "y")))
    z = engine.affine(b, [w], [x])
    a = z.sigmoid()
    C = (a - y) ** 2
    engine.label(z=z, a=a, C=C)
    C.backward()
    cube = Value(27.0, (w,), "cube", local_derivatives=(3.0,))
    model = nn.MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    xs, ys = nn.data.xor()
    here = {
        "w": w,
        "x": x,
        "b": b,
        "y": y,
        "z": z,
        "a": a,
        "C": C,
        "cube": cube,
        "far": Value(1.0, label="far"),
    }
    here |= {"model": model, "xs": xs, "ys": ys, "state": model.state_dict()}
    here |= {"optimizer": nn.Adam(model.parameters()), "tape": Tape(C, inputs=[x], params=[w, b])}
    here |= {"history": nn.History([0.5], "after 1 epoch"), "recorded": recorded()}
    here |= {name: getattr(engine, name) for name in engine.__all__}
    here |= {name: getattr(nn, name) for name in nn.__all__}
    return here | {
        "math": math, "random": random, "np": np, "nan": math.nan, "inf": math.inf, "Decimal": Decimal,
        "Fraction": Fraction, "formula": formula, "graph": graph, "rules": rules, "live": live,
        "program": program, "Tape": Tape, "equations": equations, "losses": losses,
    }  # fmt: skip


def recorded():
    """The history of a training that was recorded."""
    model = Line()
    return nn.fit(model, [1.0, 2.0], [1.0, 2.0], epochs=2, record=True)


def state(here):
    """Every number, name and link that a scene holds: what a refused call must leave as it was."""
    nodes = graph.topological_order(*(v for v in here.values() if isinstance(v, engine.Value)))
    parameters = [p for v in here.values() if isinstance(v, nn.Module) for p in v.parameters()]
    told = [
        (node.data, node.has_grad, node.grad, node.label, node.parents, node.local_derivatives, node.rule)
        for node in (*nodes, *parameters)
    ]
    optimizer, recording = here["optimizer"], here["recorded"].recording
    moments = (optimizer.lr, optimizer.steps, list(optimizer.first), list(optimizer.second))
    return told, moments, repr(here["xs"]), repr(here["ys"]), repr(astuple(here["history"])), repr(recording)
