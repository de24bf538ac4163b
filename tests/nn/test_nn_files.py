"""Model files: exact, whole or not at all, and never trusted."""

import json
import math
import os
import random
import stat
import threading
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Value
from nn import MLP, Module, Neuron, fit
from nn import module as files

finite = st.floats(allow_nan=False, allow_infinity=False)


def bits(model):
    return [parameter.data.hex() for parameter in model.parameters()]


def whole(model):
    """All that a parameter has, to the last bit."""
    return [(p.data.hex(), p.grad.hex(), p.has_grad, p.label, p.rule, p.parents) for p in model.parameters()]


def outputs(model):
    found = model([0.3, -0.7])
    return [a.data for a in (found if isinstance(found, list) else [found])]


@settings(max_examples=50, deadline=None)
@given(numbers=st.lists(finite, min_size=9, max_size=9))
def test_round_trip_to_the_bit(tmp_path_factory, numbers):
    """Save and load gives every float back, −0.0 and the smallest ones too."""
    path = tmp_path_factory.mktemp("model") / "model.json"
    model, other = MLP(2, [2, 1]), MLP(2, [2, 1])
    for parameter, x in zip(model.parameters(), numbers, strict=True):
        parameter.data = x
    model.save(path)
    other.load(path)
    assert bits(other) == bits(model)
    assert bits(MLP.from_file(path)) == bits(model)


@pytest.mark.parametrize(
    "arguments",
    [
        {"nouts": [3, 1]},
        {"nouts": [1]},
        {"nouts": [2, 2], "activation": "tanh", "output_activation": "sigmoid", "bias": False},
    ],
)
def test_from_file_builds_the_same_network(tmp_path, arguments):
    """Sizes, activations and biases are in the file: the network gives the same outputs."""
    model = MLP(2, **arguments, rng=random.Random(2))
    model.save(tmp_path / "m.json")
    again = MLP.from_file(str(tmp_path / "m.json"))
    assert repr(again) == repr(model)
    assert again.architecture() == model.architecture()
    assert outputs(again) == outputs(model)


def test_names_of_ones_own_survive(tmp_path):
    """A Module of one's own is saved by name; any text is a name."""

    class Odd(Module):
        def __init__(self):
            self.held = {'"quoted" \\ \n ∂': Value(0.1), "<script>": Value(0.2)}

    Odd().save(tmp_path / "odd.json")
    model = Odd()
    model.held["<script>"].data = 5.0
    model.load(tmp_path / "odd.json")
    assert [p.data for p in model.parameters()] == [0.1, 0.2]


def test_names_that_no_text_file_holds_survive(tmp_path):
    """Half a surrogate pair in a name is written as JSON writes it, and read back."""

    class Odd(Module):
        def __init__(self, x):
            self.held = {"\ud800\n": Value(x)}

    Odd(0.5).save(tmp_path / "odd.json")
    model = Odd(0.0)
    model.load(tmp_path / "odd.json")
    assert bits(model) == [(0.5).hex()]


def test_two_parameters_of_one_name(tmp_path):
    """Of two parameters with the same name one would be lost: they are neither saved nor loaded."""

    class Twins(Module):
        def __init__(self):
            self.held = {"a.b": Value(1.0), "a": {"b": Value(2.0)}}

    model, path = Twins(), written(tmp_path, '{"held.a.b": 5}')
    for call in (model.state_dict, lambda: model.save(tmp_path / "m.json"), lambda: model.load(path)):
        with pytest.raises(ValueError, match=r"two parameters are named held\.a\.b"):
            call()
    assert bits(model) == [(1.0).hex(), (2.0).hex()]
    assert list(tmp_path.iterdir()) == [path]


def test_a_plain_object_of_numbers_will_do(tmp_path):
    """A file written by hand needs no format: names and numbers."""
    (tmp_path / "hand.json").write_text('{"w": 2, "b": -1e-3}')
    neuron = Neuron(1)
    neuron.load(tmp_path / "hand.json")
    assert neuron.state_dict() == {"w": 2.0, "b": -0.001}


GOOD = {"format": "chainrule model", "version": 1, "parameters": {"w^(1)": 1.0, "b^(1)": 2.0}}
PLAN = {"sizes": [1, 1], "activation": "relu", "output_activation": "linear", "bias": True}

BAD = {
    "empty": "",
    "truncated": json.dumps(GOOD)[:-5],
    "not JSON": "w = 1",
    "binary": b"\x80\x04\x95\xff",
    "a list": "[1, 2]",
    "a number": "1",
    "null": "null",
    "wrong format": json.dumps(GOOD | {"format": "other"}),
    "newer version": json.dumps(GOOD | {"version": 2, "layers": []}),
    "true for a version": json.dumps(GOOD | {"version": True}),
    "fraction for a version": json.dumps(GOOD | {"version": 1.0}),
    "version of many brackets": '{"parameters": {}, "version": ' + "[" * 900 + "]" * 900 + "}",
    "long format": json.dumps(GOOD | {"format": "x" * 10**6}),
    "no version": json.dumps({"parameters": GOOD["parameters"]}),
    "parameters no object": json.dumps(GOOD | {"parameters": [1.0, 2.0]}),
    "architecture no object": json.dumps(GOOD | {"architecture": "MLP"}),
    "NaN": '{"w^(1)": NaN, "b^(1)": 1}',
    "infinity": '{"w^(1)": -Infinity, "b^(1)": 1}',
    "beyond float": '{"w^(1)": 1e999, "b^(1)": 1}',
    "integer beyond float": '{"w^(1)": 1' + "0" * 400 + ', "b^(1)": 1}',
    "integer of too many digits": '{"w^(1)": ' + "1" * 5000 + ', "b^(1)": 1}',
    "twice": '{"w^(1)": 1, "w^(1)": 2, "b^(1)": 1}',
    "text for a number": '{"w^(1)": "1", "b^(1)": 1}',
    "bool for a number": '{"w^(1)": true, "b^(1)": 1}',
    "null for a number": '{"w^(1)": null, "b^(1)": 1}',
    "object for a number": '{"w^(1)": {}, "b^(1)": 1}',
    "deep nesting": '{"w^(1)": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "missing parameter": '{"w^(1)": 1}',
    "wrong shape": '{"w_0^(1)": 1, "w_1^(1)": 1, "b^(1)": 1}',
    "unknown name that a terminal obeys": '{"w^(1)": 1, "b^(1)": 1, "\\u001b[31m\\n\\u202e": 1}',
    "unknown name that is long": json.dumps({"w^(1)": 1, "b^(1)": 1, "x" * 10**6: 1}),
    "unknown name that is half a pair": '{"w^(1)": 1, "b^(1)": 1, "\\ud800": "x"}',
    "a long name twice": "{" + ", ".join([f'"{"x" * 10**5}": 1'] * 2) + "}",
    "names of Python": '{"__class__": 1, "__reduce__": 2, "w^(1)": 1, "b^(1)": 1}',
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "cost no name": json.dumps(GOOD | {"cost": ["hinge"]}),
    "number for a cost": json.dumps(GOOD | {"cost": 3}),
    "NUL": json.dumps(GOOD) + "\0",
    "two models": json.dumps(GOOD) * 2,
}


def written(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_bad_file_changes_nothing(tmp_path, content):
    """What is no model, or another one, raises ModelFileError with the path in one short line."""
    path, model = written(tmp_path, content), MLP(1, [1], rng=random.Random(3))
    model(2.0).backward()
    before = whole(model)
    for read in (model.load, MLP.from_file):
        with pytest.raises(files.ModelFileError) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < len(str(path)) + 300
    assert whole(model) == before


@pytest.mark.parametrize(
    "change",
    [
        {"sizes": [1]},
        {"sizes": []},
        {"sizes": [1, 0]},
        {"sizes": [-1, -1]},
        {"sizes": [1.0, 1]},
        {"sizes": ["1", "1"]},
        {"sizes": "11"},
        {"sizes": None},
        {"sizes": 3},
        {"sizes": [10**9, 10**9]},
        {"sizes": [10**9, -1, 10**9]},
        {"sizes": [[0], 10**9]},
        {"sizes": ["a", 10**12]},
        {"sizes": {"2": 1}},
        {"sizes": [True, 1]},
        {"sizes": [1, 2]},
        {"activation": "no such"},
        {"activation": ["relu", "relu"]},
        {"activation": {"relu": 1}},
        {"activation": "__class__"},
        {"activation": "os.system"},
        {"activation": "x" * 10**6},
        {"output_activation": 3},
        {"bias": False},
        {"bias": "no"},
        {"bias": [1]},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_bad_plan_builds_nothing(tmp_path, change):
    """A plan that cannot be built, or does not fit its parameters, is refused before it takes memory."""
    path = written(tmp_path, json.dumps(GOOD | {"architecture": PLAN | change}))
    tracemalloc.start()
    try:
        with pytest.raises(files.ModelFileError, match=r"bad\.json") as caught:
            MLP.from_file(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 20 * 2**20  # of a text of a million letters there are several copies
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(str(path)) + 300


@pytest.mark.parametrize("missing", PLAN)
def test_a_plan_with_a_part_missing(tmp_path, missing):
    """Every part of the plan must be there."""
    plan = {name: part for name, part in PLAN.items() if name != missing}
    path = written(tmp_path, json.dumps(GOOD | {"architecture": plan}))
    with pytest.raises(files.ModelFileError, match=missing):
        MLP.from_file(path)


@pytest.mark.parametrize(
    ("other", "part"),
    [
        ({"activation": "relu"}, "its activation is 'tanh', this one's 'relu'"),
        ({"output_activation": "sigmoid"}, "its output_activation is 'linear', this one's 'sigmoid'"),
        ({"bias": False}, "its bias is True, this one's False"),
        ({"nouts": [1]}, r"its sizes is \[2, 3, 1\], this one's \[2, 1\]"),
    ],
)
def test_a_file_of_another_network_is_refused(tmp_path, other, part):
    """The same numbers in another architecture are another function: nothing is loaded."""
    MLP(2, [3, 1], activation="tanh").save(tmp_path / "m.json")
    model = MLP(2, **({"nouts": [3, 1], "activation": "tanh"} | other))
    before = whole(model)
    with pytest.raises(
        files.ModelFileError, match=f"holds a different network: {part}.*MLP.from_file builds"
    ):
        model.load(tmp_path / "m.json")
    assert whole(model) == before


def test_a_file_of_a_module_of_ones_own_says_no_architecture(tmp_path):
    """Then names and numbers are all that must fit, as ever."""

    class Two(Module):
        def __init__(self, x):
            self.held = {"w^(1)": Value(x), "b^(1)": Value(x)}

    Two(0.5).save(tmp_path / "m.json")
    model = Two(0.0)
    model.load(tmp_path / "m.json")
    assert bits(model) == [(0.5).hex()] * 2
    path = written(
        tmp_path,
        json.dumps(GOOD | {"architecture": PLAN}).replace('"w^', '"held.w^').replace('"b^', '"held.b^'),
    )
    model.load(path)
    assert [p.data for p in model.parameters()] == [1.0, 2.0]


def tied():
    """Two weights of neuron 1 are those of neuron 0, and the last bias is the first."""
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(4))
    first, second = model.layers[0].neurons
    second.w = first.w
    model.layers[1].neurons[0].b = first.b
    return model


def test_tied_weights_are_saved_once_and_come_back_tied(tmp_path):
    """The file says which places share a Value; another network, tied otherwise or not, refuses it."""
    model, path = tied(), tmp_path / "m.json"
    first = ["w_00^(1)", "w_01^(1)", "b_0^(1)", "b_1^(1)", "w_0^(2)", "w_1^(2)"]
    assert list(model.state_dict()) == first
    model.save(path)
    again = MLP.from_file(path)
    assert again.architecture() == model.architecture()
    assert again.architecture()["tied"] == {
        "w_10^(1)": "w_00^(1)",
        "w_11^(1)": "w_01^(1)",
        "b^(2)": "b_0^(1)",
    }
    assert again.layers[0].neurons[1].w[1] is again.layers[0].neurons[0].w[1]
    assert (bits(again), outputs(again)) == (bits(model), outputs(model))
    other = tied()
    other.load(path)
    assert bits(other) == bits(model)
    free = MLP(2, [2, 1], activation="tanh")
    before = whole(free)
    with pytest.raises(files.ModelFileError, match="holds a different network: its tied"):
        free.load(path)
    assert whole(free) == before


@pytest.mark.parametrize(
    "ties",
    [
        ["w_10^(1)"],
        "w_10^(1)",
        {"w_10^(1)": ["w_00^(1)"]},
        {"w_10^(1)": "nowhere"},
        {"nowhere": "w_00^(1)"},
        {"w_00^(1)": "w_10^(1)"},
        {"w_10^(1)": "w_11^(1)", "w_11^(1)": "w_10^(1)"},
        {"w_10^(1)": "w_10^(1)"},
        {"w_10^(1)": 3, "w_11^(1)": None},
    ],
    ids=str,
)
def test_ties_that_make_no_sense(tmp_path, ties):
    """They are refused, as other bad plans are."""
    model = tied()
    plan = model.architecture() | {"tied": ties}
    path = written(tmp_path, json.dumps(GOOD | {"architecture": plan, "parameters": model.state_dict()}))
    with pytest.raises(files.ModelFileError, match=r"bad\.json"):
        MLP.from_file(path)


def test_the_cost_of_a_training_is_in_the_file(tmp_path):
    """``fit`` notes it, ``save`` writes it, ``load`` and ``from_file`` read it; older files have none."""
    model, path = MLP(1, [1], rng=random.Random(1)), tmp_path / "m.json"
    model.save(path)
    assert (model.trained_for, files.read(path).cost, "cost" in json.loads(path.read_text())) == (
        None,
        None,
        False,
    )
    fit(model, [[0.0], [1.0]], [1, -1], cost="hinge", epochs=0)
    assert model.trained_for is None
    for tape in (False, True):
        fit(model, [[0.0], [1.0]], [1, -1], cost="hinge", epochs=1, tape=tape)
        assert model.trained_for == "hinge"
        model.save(path)
        other = MLP(1, [1])
        other.load(path)
        assert [other.trained_for, MLP.from_file(path).trained_for] == ["hinge"] * 2
        fit(model, [[0.0], [1.0]], [1.0, 2.0], cost=lambda a, y: (a - y) ** 2, epochs=1, tape=tape)
        assert model.trained_for is None  # of a cost of one's own a file could only hold a name
    other.load(written(tmp_path, json.dumps(GOOD)))
    assert other.trained_for is None
    other.trained_for = len
    with pytest.raises(
        TypeError, match="trained_for must be the name of a cost, or None, got builtin_function"
    ):
        other.save(path)


@pytest.mark.parametrize("path", [None, 1, 2.5, b"m.json", ["m.json"]], ids=repr)
def test_what_names_no_file(path):
    """Neither number nor None is a path, and 1 is not the terminal: the message says what to pass."""
    model = MLP(1, [1])
    for call in (model.save, model.load, MLP.from_file):
        with pytest.raises(
            TypeError, match=r'a path must be text or a Path, got .*pass one such as "model\.json"'
        ):
            call(path)


def test_an_empty_path(tmp_path, monkeypatch):
    """It is no folder, but nothing."""
    monkeypatch.chdir(tmp_path)
    model = MLP(1, [1])
    for call in (model.save, model.load, MLP.from_file):
        with pytest.raises(ValueError, match="a path must name a file, got ''"):
            call("")


def test_a_file_that_begins_with_a_byte_order_mark(tmp_path):
    """Windows programs write one; it is read as if it were not there, as of CSV files."""
    path, model = written(tmp_path, b"\xef\xbb\xbf" + json.dumps(GOOD).encode()), MLP(1, [1])
    model.load(path)
    assert model.state_dict() == GOOD["parameters"]


def test_from_file_needs_a_plan(tmp_path):
    """Parameters alone do not say how a network is built; the same file loads into one that is there."""
    path = written(tmp_path, json.dumps(GOOD))
    with pytest.raises(files.ModelFileError, match="does not say how to build"):
        MLP.from_file(path)
    model = MLP(1, [1])
    model.load(path)
    assert model.state_dict() == GOOD["parameters"]


def test_a_file_that_cannot_be_opened(tmp_path):
    """Missing files and directories raise the system's own errors, with the path."""
    for call in (MLP(1, [1]).load, MLP.from_file):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            call(tmp_path / "nowhere.json")
        with pytest.raises(IsADirectoryError):
            call(tmp_path)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_numbers_that_a_file_cannot_hold(tmp_path, x):
    """A parameter that is not finite is not saved, and named."""
    model = MLP(1, [1])
    model.layers[0].neurons[0].b.data = x
    with pytest.raises(ValueError, match=r"parameter b\^\(1\) is -?(nan|inf)"):
        model.save(tmp_path / "m.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_failing_save_leaves_the_old_file(tmp_path, monkeypatch, error):
    """Whole or not at all: the old model stays, and no temporary file is left."""

    def fail(_descriptor):
        raise error

    path = tmp_path / "m.json"
    MLP(1, [1]).save(path)
    old = path.read_bytes()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)) as caught:
        MLP(2, [2, 1]).save(path)
    if isinstance(error, OSError):
        assert caught.value.filename == str(path)
        assert caught.value.strerror == "No space left on device"
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written(tmp_path):
    """The error names the path that was asked for, not a temporary file."""
    for path in (tmp_path / "no" / "m.json", tmp_path):
        with pytest.raises(OSError, match=r"m\.json|directory") as caught:
            MLP(1, [1]).save(path)
        assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="file modes, links and pipes as POSIX has them")
class TestPosix:
    """What a save does to modes, links and pipes."""

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
    def test_mode_of_the_old_file_stays(self, tmp_path, mode):
        """A file that was kept private, or was shared, stays so when it is saved again."""
        path = tmp_path / "m.json"
        MLP(1, [1]).save(path)
        path.chmod(mode)
        MLP(2, [1]).save(path)
        assert stat.S_IMODE(path.stat().st_mode) == mode

    @pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
    def test_mode_honours_umask(self, tmp_path, mask):
        """A model file is as private as any other new file."""
        before = os.umask(mask)
        try:
            MLP(1, [1]).save(tmp_path / "m.json")
            assert os.umask(mask) == mask
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "m.json").stat().st_mode) == 0o666 & ~mask

    def test_a_link_stays_a_link(self, tmp_path):
        """Saving through a symbolic link changes the file that it points to."""
        (tmp_path / "here").mkdir()
        link, target = tmp_path / "link.json", tmp_path / "here" / "m.json"
        link.symlink_to(target)
        model = MLP(1, [1])
        model.save(link)
        assert link.is_symlink()
        assert bits(MLP.from_file(target)) == bits(model)

    def test_a_pipe_is_written_to(self, tmp_path):
        """What is no regular file (a pipe, /dev/stdout) is written to, not replaced by one."""
        pipe, found = tmp_path / "pipe", []
        os.mkfifo(pipe)
        reader = threading.Thread(target=lambda: found.append(pipe.read_text()), daemon=True)
        reader.start()
        MLP(1, [1]).save(pipe)
        reader.join(timeout=300)
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        assert json.loads(found[0])["format"] == "chainrule model"

    def test_a_pipe_is_read(self, tmp_path):
        """What can be read only once is enough for a network."""
        pipe, model = tmp_path / "pipe", MLP(2, [2, 1])
        model.save(tmp_path / "m.json")
        os.mkfifo(pipe)
        text = (tmp_path / "m.json").read_text()
        writer = threading.Thread(target=lambda: pipe.write_text(text), daemon=True)
        writer.start()
        assert bits(MLP.from_file(pipe)) == bits(model)
        writer.join(timeout=300)

    def test_a_device_is_refused(self):
        """A device may have no end: nothing is read of it."""
        for call in (MLP(1, [1]).load, MLP.from_file):
            with pytest.raises(OSError, match=r"it is a device; expected a file: '/dev/zero'"):
                call("/dev/zero")

    def test_a_circle_of_links(self, tmp_path):
        """Links that lead nowhere are the system's own error, with the path, for reading and for writing."""
        one, two = tmp_path / "one", tmp_path / "two"
        one.symlink_to(two)
        two.symlink_to(one)
        for call in (MLP(1, [1]).load, MLP(1, [1]).save):
            with pytest.raises(OSError, match="symbolic links") as caught:
                call(one)
            assert caught.value.filename == str(one)
        assert sorted(tmp_path.iterdir()) == [one, two]

    def test_a_name_as_long_as_names_may_be(self, tmp_path):
        """Where the name itself fits, the file that takes its place meanwhile has one that fits too."""
        MLP(1, [1]).save(tmp_path / ("m" * 255))
        assert [len(path.name) for path in tmp_path.iterdir()] == [255]
