"""The page of a training: what it is made of, what it is refused, and the picture in it."""

import json
import math
import random
import re
import subprocess
import sys
from base64 import b64decode
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from engine import Value
from engine.graph import topological_order
from nn import COSTS, MLP, Adam, DivergenceError, Module, data, fit
from nn.history import Frame, Recording
from nn.play import play_training, player
from nn.play.player import classes, drawn, sense


class Line(Module):
    """z = w x, whose outputs have no label; x is one number."""

    def __init__(self, w=1.0):
        self.w = Value(w, label="w")

    def __call__(self, x):
        return self.w * x


def square(a, y):
    return (a - y) ** 2


@cache
def trained(name):
    """A recorded training of each kind, never to be changed."""
    rng = random.Random(5)
    if name == "xor":
        model = MLP(2, [4, 1], activation="tanh", output_activation="sigmoid", rng=rng)
        return fit(model, *data.xor(), cost="log_likelihood", lr=0.8, epochs=60, record=20)
    if name == "moons":
        xs, ys = data.moons(40, rng=rng)
        model = MLP(2, [6, 5, 1], activation="relu", rng=rng)
        adam = Adam(model.parameters(), 0.03)
        cost = "binary_cross_entropy_from_logits"
        return fit(model, xs, ys, cost=cost, optimizer=adam, epochs=30, batch_size=7, rng=rng, record=True)
    if name == "wave":
        xs = [k / 5 - 2 for k in range(21)]
        model = MLP(1, [5, 1], activation="gelu", rng=rng)
        return fit(model, xs, [math.sin(2 * x) for x in xs], lr=0.2, epochs=25, record=True)
    if name == "plane":
        xs = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(30)]
        model = MLP(2, [4, 1], activation="silu", rng=rng)
        return fit(model, xs, [x[0] * x[1] + x[0] for x in xs], epochs=20, record=True, tape=True)
    if name == "classes":
        xs = [[rng.uniform(-1, 1) for _ in range(5)] for _ in range(25)]
        model = MLP(5, [4, 3], activation="softplus", rng=rng)
        ys = [max(range(3), key=x.__getitem__) for x in xs]
        return fit(model, xs, ys, cost="softmax_cross_entropy", epochs=12, record=5)
    return fit(
        Line(), np.array([1.0, -2.0, 0.5]), [3.0, -6.5, 1.0], cost=square, lr=0.05, epochs=9, record=True
    )


TRAININGS = ["xor", "moons", "wave", "plane", "classes", "line"]


def payload(page):
    """What a page was given."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314  (we wrote it)


def picture(page):
    """The picture that a page shows without scripts, as XML."""
    return parsed(b64decode(re.search(r'src="data:image/svg\+xml;base64,(.*?)"', page)[1]))


@pytest.mark.parametrize("name", TRAININGS)
def test_a_page_holds_every_frame_to_the_bit(name):
    """Epochs, costs and parameters come back as they were recorded."""
    frames = trained(name).recording.frames
    told = payload(play_training(trained(name)).html)["frames"]
    size = len(frames[0].parameters)
    numbers = np.frombuffer(b64decode(told["parameters"]), "<f8").reshape(-1, size)
    back = [
        Frame(*row) for row in zip(told["epochs"], told["costs"], map(tuple, numbers.tolist()), strict=True)
    ]
    assert back == frames


def test_a_page_warns_of_no_gradients_that_it_does_not_show():
    """Whatever training has left in the grads: those of the page are its own."""
    history = fit(MLP(2, [2, 1]), *data.xor(), epochs=3, record=True)
    assert "is not the derivative of" not in play_training(history).html


def test_a_model_is_left_as_it_is():
    """Neither the parameters of a model nor its gradients change when its training is shown."""
    history = fit(MLP(1, [2, 1]), [0.5, 1.0], [1.0, 0.0], epochs=5, record=True)
    model = history.recording.model
    model.parameters()[0].data = 42.0  # trained on, perhaps, or edited
    before = [(p.data, p.grad) for p in model.parameters()]
    shown = play_training(history).html
    assert [(p.data, p.grad) for p in model.parameters()] == before
    assert shown == play_training(history).html


def test_size():
    """Two hundred frames of a network with 353 values stay below 1.5 MB."""
    xs, ys = data.moons(100, rng=random.Random(0))
    model = MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(0))
    history = fit(model, xs, ys, epochs=199, record=True, tape=True)
    assert len(history.recording.frames) == 200
    assert len(play_training(history).html.encode()) < 1_500_000


def test_saved(tmp_path):
    """The file is the page."""
    player = play_training(trained("xor"))
    player.save(tmp_path / "t.html")
    with pytest.raises(ValueError, match=r"cannot write 't\.svg': the ending must be \.html"):
        player.save(tmp_path / "t.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["t.html"]
    assert (tmp_path / "t.html").read_text(encoding="utf-8") == player.html
    assert repr(player) == '<TrainingPlayer of 16 frames, epochs 0 to 60; .save("training.html") writes it>'


def test_without_scripts():
    """What is left is the picture of how training ended, its cost in words, and how to see more."""
    html = play_training(trained("xor"))._repr_html_()
    left = re.sub(r"(?s)<(script|style).*?</\1>", "", html)
    last = trained("xor").recording.frames[-1]
    assert f'alt="The network at epoch 60, cost −{-last.cost:.4g}: ' in left
    assert "can be followed from the start where scripts" in left
    assert len(picture(html).findall(".//{*}text[@data-value]")) > 20


def test_no_name_is_declared_twice():
    """The scripts of a page share one scope, where of two functions of one name the later would win."""
    page = play_training(trained("moons")).html
    names = re.findall(r"^(?:function|const|let) (\w+|\[[^\]]*\])", page, re.MULTILINE)
    counts = Counter(part.strip() for name in names for part in name.strip("[]").split(","))
    assert {"evaluate", "mount", "transport", "THINNEST"} <= set(counts)
    assert max(counts.values()) == 1


def test_frames_without_a_cost():
    """Costs that are infinite or not defined are none in the page: JSON has no such numbers."""
    with pytest.raises(DivergenceError) as caught:
        fit(Line(), [1.0, 10.0], [0.0, 0.0], lr=100.0, epochs=1000, record=True)
    history = caught.value.history
    costs = payload(play_training(history).html)["frames"]["costs"]
    assert costs == [*(frame.cost for frame in history.recording.frames[:-1]), None]


def test_other_examples():
    """Examples that were not trained on can be shown in their place, from any iterables."""
    xs, ys = [[0.25, 0.5], [1.0, 2.0]], [[1.0], [0.0]]
    told = payload(play_training(trained("xor"), examples=(iter(xs), iter(ys))).html)
    assert told["examples"] == [{"inputs": x, "desired": y} for x, y in zip(xs, ys, strict=True)]


def test_examples_may_be_values():
    """An input that is a Value counts by its number."""
    history = fit(MLP(1, [1]), [[Value(0.5)], [Value(1.5)]], [1.0, 0.0], epochs=1, record=True)
    assert [e["inputs"] for e in payload(play_training(history).html)["examples"]] == [[0.5], [1.5]]


def test_many_examples_are_thinned():
    """Of 2,000 examples 500 are shown, spread over all of them."""
    xs = [[float(k)] for k in range(2000)]
    shown = payload(play_training(trained("wave"), examples=(xs, xs)).html)["examples"]
    told = [e["inputs"][0] for e in shown]
    assert (len(told), told[0], told[-1]) == (500, 0.0, 1999.0)
    assert {after - before for before, after in pairwise(told)} == {4.0, 5.0}


def test_frames_are_thinned_where_there_is_no_room(monkeypatch):
    """A page of many parameters has fewer frames; of too many it is refused, with what to do."""
    size = len(trained("moons").recording.frames[0].parameters)
    monkeypatch.setattr(player, "NUMBERS", 3 * size)
    assert [frame.epoch for frame in play_training(trained("moons")).frames] == [0, 15, 30]
    monkeypatch.setattr(player, "NUMBERS", 2 * size - 1)
    with pytest.raises(ValueError, match=f"the model has {size} parameters, too many for a page"):
        play_training(trained("moons"))


class Branching(Module):
    """Looks at its input: negative ones take another way."""

    def __init__(self):
        self.w = Value(1.0)

    def __call__(self, x):
        return self.w * x if x > 0 else self.w * x * x


def test_examples_that_are_computed_in_another_way():
    """The page has one example's graph: where another has one of its own, that is said, with its number."""
    history = fit(Branching(), [1.0, 2.0, -1.0], [0.0, 0.0, 0.0], lr=0.0, epochs=1, record=True)
    with pytest.raises(ValueError, match="example 2 is not computed in the same way as the first one"):
        play_training(history)


def test_outputs_that_do_not_matter():
    """Only those are shown that the cost depends on; and a cost may compare them with nothing at all."""
    model = MLP(2, [3], rng=random.Random(1))
    history = fit(model, [[1.0, 2.0]], [[]], cost=lambda a, _: a[1] * a[1], epochs=1, record=True)
    told = payload(play_training(history).html)
    assert (told["names"]["outputs"], told["names"]["desired"], told["kind"]) == (["z_1^(1)"], [], "table")
    order = topological_order(history.recording.cost.function(model([1.0, 2.0]), []))
    assert [order[place].label for place in told["outputs"]] == ["z_1^(1)"]


class ByHand(Module):
    """A model with a node that no rule has made."""

    def __init__(self):
        self.w = Value(1.0)

    def __call__(self, x):
        return Value(
            self.w.data * x.data if isinstance(x, Value) else x, (self.w,), "own", local_derivatives=(1.0,)
        )


UNRECORDED = fit(Line(), [1.0], [1.0], epochs=1)
REFUSED = {
    "not recorded": (lambda: play_training(UNRECORDED), ValueError, r"train with fit\(…, record=True\)"),
    "no history": (lambda: play_training(Line()), TypeError, "the history that fit returns, got Line"),
    "examples of text": (
        lambda: play_training(trained("wave"), examples=([["a"]], [1.0])),
        TypeError,
        "input must be a real number",
    ),
    "desired text": (
        lambda: play_training(trained("wave"), examples=([[1.0]], [["a"]])),
        TypeError,
        "desired output must be a real number",
    ),
    "made by hand": (
        lambda: play_training(fit(ByHand(), [1.0], [1.0], epochs=1, record=True)),
        TypeError,
        "by hand",
    ),
    "wrong count": (
        lambda: play_training(trained("wave"), examples=([[1.0, 2.0]], [1.0])),
        ValueError,
        "expected 1 input, got 2",
    ),
    "unequal": (
        lambda: play_training(trained("wave"), examples=([1.0], [1.0, 2.0])),
        ValueError,
        "1 input and 2 desired",
    ),
}


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call, kind, message):
    """What cannot be shown is refused with what came and what to do."""
    with pytest.raises(kind, match=message):
        call()


def test_an_empty_recording():
    """A training that was stopped before its first frame has nothing to show."""
    UNRECORDED.recording = Recording(Line(), None, ())
    try:
        with pytest.raises(ValueError, match="has no recording"):
            play_training(UNRECORDED)
    finally:
        UNRECORDED.recording = None


def test_the_picture_has_a_place_for_every_number():
    """Each weight and each activation of a small network can be shown, and its gradient."""
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(1))
    C = square(model([0.5, 0.5]), 1.0)
    svg, said = drawn(C, model.parameters(), "at the start")
    tree, order = parsed(svg), topological_order(C)
    for mark in ("data-value", "data-grad"):
        found = {int(text.get(mark)) for text in tree.iter() if text.get(mark)}
        assert {order.index(parameter) for parameter in model.parameters()} <= found
    assert said.startswith("at the start: ")
    assert "not the derivative" not in svg


def test_a_large_network_is_drawn_by_its_matrices():
    """More weights than can be read on arrows are cells, one for each."""
    model = MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(1))
    svg, _ = drawn(square(model([0.5, 0.5]), 1.0), model.parameters(), "so")
    cells = [cell for cell in parsed(svg).iterfind(".//{*}rect") if cell.get("data-value")]
    assert len(cells) > len(model.parameters())


def test_senses_of_outputs():
    """Logits become probabilities, margins do not, and activations are what they are."""
    told = {name: sense(cost) for name, cost in COSTS.items()}
    assert told["binary_cross_entropy_from_logits"] == told["log_likelihood_from_logits"] == "sigmoid"
    assert told["softmax_cross_entropy"] == "softmax"
    assert told["binary_cross_entropy"] == told["log_likelihood"] == "probability"
    assert told["hinge"] == told["squared_error"] == ""
    assert sense(COSTS["hinge"]) == ""


def test_classes_of_desired_outputs():
    """A one among zeros is a class; no example, one output and shares are none."""
    assert classes([[0.0, 1.0, 0.0]])
    assert not classes([[0.5, 0.5], [0.0, 1.0]])


def test_a_page_needs_no_numpy():
    """Where NumPy is missing a training is shown all the same."""
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from nn import MLP, data, fit\nfrom nn.play import play_training\n"
        "print(len(play_training(fit(MLP(2, [2, 1]), *data.xor(), epochs=2, record=True)).html))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50_000


def test_show_opens_a_browser(monkeypatch):
    """The page is written to a file, and that is opened."""
    opened = []
    monkeypatch.setattr("engine.showing.webbrowser.open", lambda address: opened.append(address) or True)
    player = play_training(trained("xor"))
    player.show()
    ((address),) = opened
    assert Path(unquote(urlparse(address).path)).read_text(encoding="utf-8") == player.html


class Skipping(Module):
    """A network with a connection around its hidden layer."""

    def __init__(self):
        rng = random.Random(2)
        self.hidden, self.last = MLP(1, [2], activation="tanh", rng=rng), MLP(3, [1], rng=rng)

    def __call__(self, x):
        return self.last([*self.hidden(x), *x])


def test_a_network_that_is_not_layered_is_drawn_too():
    """By the layouts for any graph, with the same elements."""
    history = fit(Skipping(), [[0.5], [1.0]], [1.0, 0.0], epochs=2, record=True)
    html = play_training(history).html
    assert len(picture(html).findall(".//{*}text[@data-value]")) >= len(payload(html)["parents"]) // 2


def test_what_moved_each_weight():
    """With a ledger the page has, for each parameter, the largest shares; they add up to its movement."""
    xs, ys = data.moons(12, rng=random.Random(0))
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(1))
    adam = Adam(model.parameters(), 0.05, weight_decay=0.1)
    history = fit(model, xs, ys, optimizer=adam, epochs=9, record=True, ledger=True)
    told = payload(play_training(history).html)["moved"]
    for rows, w in zip(told, model.parameters(), strict=True):
        movement = history.why(w)
        assert rows == [[share.what, share.moved] for share in movement.largest(player.SHARES)]
        assert math.fsum(x for _, x in rows) == pytest.approx(movement.moved, abs=1e-12)
        assert [what for what, _ in rows[-2:]] == ["7 more examples", "weight decay"]
    assert payload(play_training(trained("xor")).html)["moved"] is None
