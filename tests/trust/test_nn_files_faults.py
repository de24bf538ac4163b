"""Model files when things go wrong: cut short, a bit turned over, a kill, a full disk, no permission."""

import json
import os
import random
import subprocess
import sys
import threading
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from fuzz_guard import Asleep
from fuzz_targets import model_file

from engine import Value
from nn import MLP, Module
from nn.data import DataError, read_csv
from nn.module import ModelFileError

HERE = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="signals, limits and permissions as POSIX has them")


def chain():
    return MLP(1, [1, 1], activation="sigmoid", rng=random.Random(1))


def whole(model):
    """All that a parameter has, to the last bit."""
    return [(p.data.hex(), p.grad.hex(), p.has_grad, p.label, p.parents) for p in model.parameters()]


@pytest.mark.parametrize("plain", [False, True], ids=["of save", "by hand"])
def test_a_file_cut_short_is_refused(tmp_path, plain):
    """Wherever a file ends too early, it is no model; nothing has changed in the one that was to be set."""
    path, model = tmp_path / "m.json", chain()
    model.save(path)
    content = json.dumps(model.state_dict()).encode() if plain else path.read_bytes().rstrip()
    model(0.5).backward()
    before = whole(model)
    for length in range(len(content)):
        path.write_bytes(content[:length])
        for read in (model.load, MLP.from_file):
            with pytest.raises(ModelFileError):
                read(path)
        assert whole(model) == before
    path.write_bytes(content)
    model.load(path)


def test_a_bit_turned_over(tmp_path, monkeypatch):
    """With a bit turned over, a file is refused and changes nothing, or holds what JSON finds in it."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    MLP(1, [1], rng=random.Random(1)).save(tmp_path / "m.json")
    content = (tmp_path / "m.json").read_bytes()
    for place in range(len(content)):
        for bit in (0, 4, 7):
            turned = bytes([content[place] ^ 1 << bit])
            model_file(content[:place] + turned + content[place + 1 :], tmp_path, Asleep())


def killed(folder, way, times):
    folder.mkdir()
    command = [sys.executable, str(HERE / "killed.py"), str(folder), way, str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
    return json.loads(done.stdout)


@pytest.mark.platform
@posix
def test_a_kill_leaves_the_old_file_or_the_new(tmp_path):
    """A process killed at random moments of saving leaves one whole model, and at most one file beside it.

    That some kills come in the middle of writing is seen by these files, and by what a plain writer leaves.
    """
    found = killed(tmp_path / "safe", "save", 60)
    assert set(found) == {"A", "B", ".chainrule-.tmp"}
    assert found["A"] + found["B"] == 60
    assert 0 < found[".chainrule-.tmp"] <= 60
    assert killed(tmp_path / "plain", "in place", 25)["neither"] > 0


FULL = """
import resource, sys
from pathlib import Path
from nn import MLP
path = Path(sys.argv[1])
MLP(1, [1]).save(path)
old = path.read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (len(old), len(old)))
try:
    MLP(4, [4]).save(path)
except OSError as error:
    print(error.filename == str(path), error.strerror)
print(path.read_bytes() == old, list(path.parent.iterdir()) == [path])
"""

READ_ONLY = """
import os, sys, tempfile
from pathlib import Path
from nn import MLP
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    path = folder / "m.json"
    MLP(1, [1]).save(path)
    old = path.read_bytes()
    for what in (path, folder):
        mode = what.stat().st_mode
        what.chmod(0o444 if what is path else 0o555)
        if os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
            os.chown(path, 65534, 65534)
            os.seteuid(65534)
        try:
            MLP(2, [1]).save(path)
        except PermissionError as error:
            print(what.name == path.name, error.filename == str(path))
        os.seteuid(os.getuid())
        what.chmod(mode)
        print(path.read_bytes() == old, list(folder.iterdir()) == [path])
"""


def printed(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=900
    ).stdout.splitlines()


@posix
def test_a_full_disk(tmp_path):
    """What finds no room is not saved: an error with the path, the old file, and nothing beside it."""
    assert printed(FULL, tmp_path / "m.json") == ["True File too large", "True True"]


@posix
def test_what_may_not_be_written(tmp_path):
    """A file or folder that is read-only stays as it is, though it could be replaced."""
    assert printed(READ_ONLY, tmp_path) == ["True True", "True True", "False True", "True True"]


class Line(Module):
    def __init__(self, x):
        self.held = {f"w_{k}": Value(x) for k in range(200)}


def test_readers_and_writers_at_once(tmp_path, monkeypatch):
    """Whoever loads while others save gets one whole model; the mask of new files' modes is left alone."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    path, mask = tmp_path / "m.json", os.umask(0o027)
    Line(1.0).save(path)
    writers = [
        threading.Thread(target=lambda x=x: [Line(x).save(path) for _ in range(40)]) for x in (1.0, 2.0, 3.0)
    ]
    try:
        for writer in writers:
            writer.start()
        seen = []
        while any(writer.is_alive() for writer in writers):
            model = Line(0.0)
            model.load(path)
            seen.append(set(model.state_dict().values()))
    finally:
        for writer in writers:
            writer.join()
        left = os.umask(mask)
    assert left == 0o027
    assert all(len(numbers) == 1 for numbers in seen)
    assert set.union(*seen) <= {1.0, 2.0, 3.0}
    assert list(tmp_path.iterdir()) == [path]


HUNGRY = {
    "empty lists": "[" + "[],\n" * 20_000 + "[]]",
    "objects": "[" + '{"":0},' * 20_000 + "0]",
    "names": json.dumps({f"{k:x}": k for k in range(20_000)}),
    "wide letters": json.dumps({"\U0001f389" * 50_000: 1}, ensure_ascii=False),
    "one digit a row": "1\n" * 50_000,
    "two digits a row": "10\n" * 50_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HUNGRY.values(), ids=HUNGRY)
def test_memory_is_in_proportion_to_the_file(tmp_path, text):
    """For each of its bytes a model file takes 30 at the most, a CSV file 160: SECURITY.md says so."""
    path = tmp_path / "hungry"
    path.write_text(text, encoding="utf-8")
    for read, most in ((MLP(1, [1]).load, 30), (read_csv, 160)):
        tracemalloc.start()
        try:
            with suppress(ModelFileError, DataError):
                read(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < most * path.stat().st_size
