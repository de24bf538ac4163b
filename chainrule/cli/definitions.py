"""Custom operations on the command line: a formula, or a Python file that defines them."""

from __future__ import annotations

import errno
import re
import runpy
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import operation
from engine.arguments import closest
from engine.rules.rule import REGISTRY

from .types import definition, setting, writable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

FILE = re.compile(r"(?P<path>.+\.py)(?::(?P<name>\w+))?")

HELP = (
    "custom functions: a formula, as in 'sinc(x) = sin(x)/x', or a Python file that defines them with "
    "@operation, as in FILE.py or FILE.py:NAME; the file is run"
)


def add_to(command: argparse.ArgumentParser) -> None:
    """Add the option to a command."""
    command.add_argument(
        "--operation", nargs="+", action="extend", default=[], metavar="DEFINITION", help=HELP
    )


def add_expression_to(command: argparse.ArgumentParser, *, at: str, example: str) -> None:
    """Add what an expression takes: its numbers, which are ``at``, names for its parts, and operations."""
    several: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    parts = "names for parts of the expression; each may use those before it"
    command.add_argument("--at", type=setting(example), metavar="NAME=NUMBER", help=at, **several)
    command.add_argument("--where", type=definition, metavar="NAME=EXPRESSION", help=parts, **several)
    add_to(command)


def prepare(options: argparse.Namespace, *paths: str | None) -> None:
    """Check that files can be written, then define the operations of the option; raise as both do."""
    writable(*paths)
    for text in options.operation:
        define(text)


def define(text: str) -> None:
    """Define the operation in a formula such as ``sinc(x) = sin(x)/x``, or all operations in a Python file.

    After the file, ``:NAME`` requires one of its operations. Raises
    ValueError, OSError or GradientError if the operation, the file or the name cannot be used.
    """
    found = FILE.fullmatch(text)
    if not found:
        try:
            operation(text)
        except TypeError as error:  # in Python, an operand is missing from a call; here, from a text
            raise ValueError(str(error)) from None
        return
    path, name = found["path"], found["name"]
    defined = _defined_in(path)
    if not defined:
        raise ValueError(f"{path} defines no operation; write @operation above a function in it")
    if name and name not in defined:
        close = closest(name, defined)
        meant = f"did you mean {close}?" if close else f"it defines {', '.join(defined)}"
        raise ValueError(f"{path} defines no operation {name}; {meant}")


def _defined_in(path: str) -> list[str]:
    """Run a file that can import its neighbours; return the names of the operations that it defines."""
    if not Path(path).is_file():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such file; --operation takes a formula or a Python file", path
        )
    before = dict(REGISTRY)
    with _importable(Path(path).resolve().parent):
        try:
            runpy.run_path(path, run_name=f"operations of {Path(path).stem}")
        except (Exception, SystemExit) as error:
            message = f"{type(error).__name__}: {error}{_line(error, path)}"
            raise ValueError(f"{path} cannot be run: {message}") from error
    return [name for name, rule in REGISTRY.items() if before.get(name) is not rule]


def _line(error: BaseException, path: str) -> str:
    """Return where in the file the error arose: the last of its lines that was running."""
    line, trace = None, error.__traceback__  # a SyntaxError names its own line
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line})" if line else ""


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let a file import its neighbours with the lowest priority: an engine.py there replaces nothing."""
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
