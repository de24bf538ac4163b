"""Write files atomically: into a temporary file beside the target, then moved there in one step.

All our files are written here.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from pathlib import Path
from typing import TypeAlias

from .numeric import told

FilePath: TypeAlias = "str | os.PathLike[str]"

_STREAM = re.compile(r"/dev/(?:(?P<out>stdout)|(?P<err>stderr)|fd/(?P<fd>\d+))|/proc/self/fd/(?P<of>\d+)")


def write(path: FilePath, content: str | bytes) -> None:
    """Write text (as UTF-8) or bytes; after an error or a kill, the file is either the old or the new one.

    The new file is written beside the old one, flushed to disk and moved into place. A symbolic link stays a
    link, and the file's mode stays the same; a read-only file, or one in a folder where no file can be
    created, is not changed. Pipes and devices are written to directly; ``/dev/stdout`` is standard output. A
    process that is killed may leave a ``.chainrule-….tmp`` in the folder, which nothing reads.

    Raises TypeError if ``path`` is not a path, ValueError if it is empty or in bytes, and OSError, with the
    path, if the file cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder) / "C.txt", "∂C")
    ...     (Path(folder) / "C.txt").read_text(encoding="utf-8")
    '∂C'
    """
    name = named(path)
    data = content if isinstance(content, bytes) else content.encode()
    try:
        _put(name, data)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError) and not Path(name).parent.is_dir()
        trouble = (
            f"there is no folder {str(Path(name).parent)!r}; make it first" if missing else error.strerror
        )
        raise type(error)(error.errno, trouble, name) from None


def folder(path: FilePath) -> Path:
    """Return a folder to write several files into; make it, and those above it, if they are missing.

    Raises the errors of ``write``; FileExistsError or NotADirectoryError if there is a file of that name.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder(Path(place) / "class" / "sheets").is_dir()
    True
    """
    target = Path(named(path, "sheets"))
    try:
        target.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        file = next((part for part in (target, *target.parents) if part.is_file()), target)
        raise type(error)(
            error.errno, "expected a folder, got a file; choose another name", str(file)
        ) from None
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(target)) from None
    return target


def ending(path: FilePath) -> str:
    """Return the ending of a file's name, in lower case and without the dot; raise errors as ``write`` does.

    >>> ending("chain.SVG"), ending("chain")
    ('svg', '')
    """
    return Path(named(path)).suffix.lower().removeprefix(".")


def named(path: object, example: str = "chain.svg") -> str:
    """Return a path as text; raise TypeError or ValueError if it does not name a file.

    >>> named("")
    Traceback (most recent call last):
        ...
    ValueError: a path must name a file, got ''; pass one such as "chain.svg"
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f'a path must be text or a Path, got {told(path)}; pass one such as "{example}"')
    name = os.fspath(path)
    if not name or not isinstance(name, str):
        raise ValueError(f'a path must name a file, got {name!r}; pass one such as "{example}"')
    return name


def _put(name: str, data: bytes) -> None:
    stream = _STREAM.fullmatch(name)
    if stream and os.name == "posix":
        _pour(stream, data)
    elif Path(name).exists() and not Path(name).is_file():  # a pipe or a device is not replaced
        Path(name).write_bytes(data)
    else:
        _replace(Path(os.path.realpath(name)), data)  # a link stays a link


def _pour(stream: re.Match[str], data: bytes) -> None:
    """Write to an open stream of this process at its current position."""
    number = 1 if stream["out"] else 2 if stream["err"] else int(stream["fd"] or stream["of"])
    if number == 1 and sys.stdout is not None:
        sys.stdout.flush()
    with os.fdopen(os.dup(number), "wb") as file:
        file.write(data)


def _replace(path: Path, data: bytes) -> None:
    mode = _mode(path)
    temporary = path.with_name(f".chainrule-{secrets.token_hex(8)}.tmp")
    try:
        temporary.touch(0o666 if mode is None else 0o600, exist_ok=False)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int | None:
    """Return the mode of an existing file, or None; raise PermissionError if it is read-only."""
    try:
        with path.open("r+b") as file:
            return stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        return None
