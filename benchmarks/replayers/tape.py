"""chainrule's tape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import Value
from engine.tape import Tape

if TYPE_CHECKING:
    from benchmarks.programs import Elementwise
    from benchmarks.worker import Answer

    from . import Replay


def record(program: Elementwise, inputs: list[list[float]]) -> Replay:
    """The graph of one example; one example goes in without an axis of examples."""
    leaves = [Value(x) for x in program.leaves]
    half = len(inputs[0])
    tape = Tape(program.by_methods(leaves), inputs=leaves[:half], params=leaves[half:])
    examples = np.array(inputs if len(inputs) > 1 else inputs[0])
    tape(inputs=examples)  # the levels are sorted when they are first asked for

    def replay(parameters: list[float]) -> Answer:
        cost, gradients = tape(np.array(parameters), examples)
        return float(cost), np.asarray(gradients).tolist()

    return replay
