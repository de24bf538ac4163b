"""Networks built on the engine, in the notation of textbooks: w_jk^(l), z_j^(l), a_j^(l), C.

>>> from nn import MLP, data, fit
>>> import random
>>> model = MLP(2, [4, 1], activation="tanh", rng=random.Random(1))
>>> xs, ys = data.xor()
>>> history = fit(model, xs, ys, lr=0.5, epochs=500, stop_below=0.001)
>>> [round(model(x).data) for x in xs]
[0, 1, 1, 0]
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import engine

if Path(engine.__file__ or "").parents[1] != Path(__file__).parents[1]:
    import_module("chainrule").ours("engine")  # raises, and names the file that is in the way

from engine.doors import OF_NN, missing

from . import data, losses, schedules
from .faults import DivergenceError
from .history import History
from .layers import ACTIVATIONS, MLP, Layer, Neuron
from .losses import COSTS
from .metrics import Confusion, accuracy, confusion, predict
from .module import Module
from .optim import Adam, GradientDescent, Optimizer
from .play import TrainingPlayer, play_training
from .tracing import Trace, trace
from .train import fit

__all__ = [
    "ACTIVATIONS",
    "COSTS",
    "MLP",
    "Adam",
    "Confusion",
    "DivergenceError",
    "GradientDescent",
    "History",
    "Layer",
    "Module",
    "Neuron",
    "Optimizer",
    "Trace",
    "TrainingPlayer",
    "accuracy",
    "confusion",
    "data",
    "fit",
    "losses",
    "play_training",
    "predict",
    "schedules",
    "trace",
]

if not TYPE_CHECKING:  # pragma: no branch  (a type checker knows which names there are)

    def __getattr__(name: str) -> NoReturn:
        """Raise AttributeError, with advice for names from other libraries."""
        raise missing(__name__, name, OF_NN)
