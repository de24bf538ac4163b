"""The same seed gives the same bits: twice in one process, and in fresh ones with other hash seeds."""

import hashlib
import json
import random
import tempfile
from pathlib import Path

import pytest
from processes import printed

from nn import MLP, Adam, GradientDescent, data, fit, losses, play_training
from nn.tracing import trace

NAMED_BY_VARIABLES = True  # as in the processes that it is compared with


def trained(kind, batch_size, *, tape):
    """A training in random order."""
    rng = random.Random(11)
    xs, ys = data.moons(30, noise=0.1, rng=rng)
    model = MLP(2, [3, 1], activation="tanh", output_activation="sigmoid", rng=rng)
    history = fit(
        model,
        xs,
        ys,
        cost="binary_cross_entropy",
        optimizer=kind(model.parameters(), lr=0.05, weight_decay=0.01),
        epochs=6,
        batch_size=batch_size,
        rng=rng,
        tape=tape,
        record=4,
    )
    return model, history


def bits(model, history):
    """Losses, parameters and gradients, every bit of them."""
    return [x.hex() for x in [*history.costs, *(x for p in model.parameters() for x in (p.data, p.grad))]]


def everything():
    """What trainings leave: numbers, model file, trace, pictures and pages, a digest of each."""
    found = {}
    for kind, batch_size, tape in ((GradientDescent, None, False), (Adam, 4, False), (Adam, 7, True)):
        model, history = trained(kind, batch_size, tape=tape)
        found[f"{kind.__name__}, batch {batch_size}, tape {tape}"] = bits(model, history)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.json")
        found["file"] = (Path(folder) / "model.json").read_text()
    found["trace"] = str(trace(model, [0.3, -0.2], 1.0))
    C = losses.squared_error(model([0.3, -0.2]), 1.0)
    C.backward()
    found |= {"DOT": C.draw().dot, "SVG": C.draw().svg, "page": C.play().html}
    found |= {"training page": play_training(history).html}
    return {name: hashlib.sha256(json.dumps(it).encode()).hexdigest() for name, it in found.items()}


@pytest.mark.platform
def test_the_same_seed_gives_the_same_bits_everywhere():
    """Losses, weights, gradients, files, DOT, SVG and pages are equal to the last bit.

    Neither what ran before in a process, nor its hash seed, nor its addresses have a part in them.
    """
    here = everything()
    assert everything() == here
    program = "import json; from test_reproducible import everything; print(json.dumps(everything()))"
    (there,) = printed(program)
    assert json.loads(there) == here
    assert len(set(here.values())) == len(here)


def test_every_bit_counts():
    """The digests tell trainings apart that differ by one unit in the last place of one number."""
    model, history = trained(GradientDescent, None, tape=False)
    before = bits(model, history)
    p = model.parameters()[0]
    p.data *= 1 + 2**-52
    assert bits(model, history) != before
