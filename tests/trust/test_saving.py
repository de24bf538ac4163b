"""Every file that we write appears whole or not at all, wherever it goes and whatever fails."""

import ast
import errno
import os
import re
import stat
import sys
import threading
from pathlib import Path

import pytest
from extras import need
from test_architecture import TREES

import nn
from engine import Value, draw, play, saving, worksheet
from nn import plot

posix = pytest.mark.skipif(os.name != "posix", reason="links, modes and pipes as POSIX has them")

WRITING = {
    "write_text",
    "write_bytes",
    "savefig",
    "dump",
    "fdopen",
    "touch",
    "mkdir",
    "NamedTemporaryFile",
    "mkstemp",
}


def writes(tree):
    """The calls in a module that write a file, or open one for more than reading."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            modes = [x.value for x in given if isinstance(x, ast.Constant) and isinstance(x.value, str)]
            opens = name == "open" and any(set(mode) & set("wax+") for mode in modes)
            if name in WRITING or opens or ast.unparse(node.func) == "os.open":
                yield ast.unparse(node)


def test_files_are_written_in_one_place():
    """Only ``engine.saving`` opens files for writing; matplotlib draws into memory."""
    found = {module: list(writes(tree)) for module, tree in TREES.items()}
    elsewhere = {module: calls for module, calls in found.items() if calls and module != "engine.saving"}
    assert set(elsewhere) == {"nn.plot", "chainrule.cli.output"}
    assert all("savefig(drawn," in call for call in elsewhere["nn.plot"])
    assert elsewhere["chainrule.cli.output"] == ["os.open(os.devnull, os.O_WRONLY)"]
    assert len(found["engine.saving"]) >= 4


def graph():
    w = Value(0.5, label="w")
    return (w * 3.0).tanh()


def printed(path):
    need("typst")
    draw(graph()).save(path)


def plotted(path):
    need("matplotlib")
    history = nn.History(costs=[1.0, 0.5])
    plot.save(str(path), history, nn.MLP(1, [1]), [[0.0]], [[0.5]])


def trained(path):
    nn.play_training(nn.fit(nn.MLP(1, [1]), [0.0], [1.0], epochs=2, record=True)).save(path)


SAVED = {
    "g.svg": lambda path: draw(graph()).save(path),
    "g.dot": lambda path: draw(graph()).save(path),
    "g.png": printed,
    "g.pdf": printed,
    "p.html": lambda path: play(graph()).save(path),
    "t.html": trained,
    "m.json": lambda path: nn.MLP(2, [1]).save(path),
    "plot.png": plotted,
    "plot.svg": plotted,
}


def whole(name, content):
    """Whether a file is one of its kind, from its beginning to its end."""
    ends = {".svg": (b"<", b"</svg>"), ".dot": (b"digraph", b"}"), ".png": (b"\x89PNG", b"IEND\xaeB`\x82")}
    ends |= {".pdf": (b"%PDF", b"%%EOF"), ".html": (b"<!DOCTYPE", b"</html>"), ".json": (b"{", b"}")}
    first, last = ends[Path(name).suffix]
    return content.startswith(first) and content.rstrip().endswith(last)


@pytest.mark.parametrize("name", SAVED)
def test_a_full_disk_leaves_the_old_file(name, tmp_path, monkeypatch):
    """Where room ends in the middle of writing, the old file stays whole, and nothing is left beside it."""
    path = tmp_path / name
    SAVED[name](path)
    old = path.read_bytes()
    assert whole(name, old)
    real = Path.open

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            self.file.write(data[: len(data) // 2])
            self.file.flush()
            raise OSError(errno.ENOSPC, "No space left on device")

    def opened(self, mode="r", *args, **options):
        file = real(self, mode, *args, **options)
        return Full(file) if "w" in mode else file

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(OSError, match="No space left on device") as caught:
        SAVED[name](path)
    monkeypatch.undo()
    assert caught.value.filename == str(path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


@posix
@pytest.mark.parametrize("name", SAVED)
def test_links_and_modes_stay(name, tmp_path):
    """A file that is written over keeps its mode, and a symbolic link to it stays one."""
    path, link = tmp_path / name, tmp_path / f"link-{name}"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    SAVED[name](link)
    assert link.is_symlink()
    assert whole(name, path.read_bytes())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix
def test_a_new_file_has_the_mode_that_the_mask_leaves(tmp_path):
    """As of any other program's file."""
    mask = os.umask(0o027)
    try:
        saving.write(tmp_path / "new", "text")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@posix
def test_a_link_to_nowhere(tmp_path):
    """What it points to is made."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    saving.write(link, "text")
    assert link.is_symlink()
    assert (tmp_path / "target").read_text(encoding="utf-8") == "text"


@posix
def test_a_pipe_is_written_to(tmp_path):
    """And stays a pipe."""
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    saving.write(pipe, "∂C")
    reader.join(timeout=10)
    assert found == ["∂C".encode()]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@posix
@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}"])
def test_a_stream_by_its_number(name, tmp_path):
    """It is written to where it stands: what was there before stays."""
    if not Path(name.format(1)).exists():
        pytest.skip("the system has no such name")
    with (tmp_path / "file").open("wb") as file:
        file.write(b"before ")
        file.flush()
        saving.write(name.format(file.fileno()), "then")
        file.write(b" after")
    assert (tmp_path / "file").read_bytes() == b"before then after"


@posix
def test_standard_error_by_its_name(capfd, monkeypatch):
    """``/dev/stderr`` is that of the process; ``/dev/stdout`` is seen in the test of the command line."""
    saving.write("/dev/stderr", "told")
    saving.write("/dev/stdout", "said")
    monkeypatch.setattr(sys, "stdout", None)  # as of a program without a console
    saving.write("/dev/stdout", " more")
    monkeypatch.undo()
    assert capfd.readouterr() == ("said more", "told")


WRONG = {
    "nothing": (None, TypeError, "a path must be text or a Path, got NoneType None; pass one such as"),
    "a number": (1, TypeError, "a path must be text or a Path, got int 1; pass one such as"),
    "an empty path": ("", ValueError, "a path must name a file, got ''; pass one such as"),
    "bytes": (b"m.json", TypeError, "a path must be text or a Path, got bytes b'm.json'; pass one such as"),
}


@pytest.mark.parametrize(("path", "kind", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_path(path, kind, message):
    """Refused alike wherever something is saved."""
    for save in (SAVED["m.json"], SAVED["g.svg"], SAVED["p.html"], lambda path: saving.write(path, "")):
        with pytest.raises(kind, match=message):
            save(path)


def test_a_folder_and_a_folder_that_is_missing(tmp_path):
    """The system's own errors, with the path that was given; for a missing folder, what to do."""
    missing = f"there is no folder {str(tmp_path / 'no')!r}; make it first"
    for path, told in ((tmp_path, r"directory|denied"), (tmp_path / "no" / "m.json", re.escape(missing))):
        with pytest.raises(OSError, match=told) as caught:
            saving.write(path, "text")
        assert caught.value.filename == str(path)


FOLDERS = {
    "frames": lambda folder: play(graph()).frames(folder),
    "sheets": lambda folder: worksheet(graph(), n=1).save(folder),
}


@pytest.mark.parametrize("save", FOLDERS.values(), ids=FOLDERS)
def test_a_file_where_a_folder_should_be(save, tmp_path):
    """It stays as it is, and the message names it, also if it stands above the folder."""
    (tmp_path / "taken").write_text("mine")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below", str(tmp_path / "taken" / "a" / "b")):
        with pytest.raises(OSError, match="expected a folder, got a file; choose another name") as caught:
            save(folder)
        assert caught.value.filename == str(tmp_path / "taken")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]
    assert (tmp_path / "taken").read_text() == "mine"
    save(tmp_path / "new" / "below")
    assert [*(tmp_path / "new" / "below").iterdir()]


@pytest.mark.parametrize("save", [FOLDERS["frames"], saving.folder], ids=["frames", "folder"])
def test_a_folder_that_the_system_refuses(save, tmp_path):
    """Such as one whose name is too long: the system's own error, with the path that was given."""
    with pytest.raises(OSError, match="too long") as caught:
        save(tmp_path / ("n" * 300))
    assert caught.value.filename == str(tmp_path / ("n" * 300))
