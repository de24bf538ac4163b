"""The command line: ``chainrule explain``, ``chainrule trace`` and ``chainrule train``."""

from __future__ import annotations

import argparse
import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn, TextIO

from . import cli_explain, cli_trace, cli_train

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_USE = 2


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end with exit code 2."""
        self.exit(WRONG_USE, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser() -> Parser:
    """The command line's grammar."""
    top = Parser(
        prog="chainrule",
        description="The chain rule, of any expression and of a neural network weight by weight; "
        "and small networks to train.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="explain | trace | train")
    for command in (cli_explain, cli_trace, cli_train):
        command.add_to(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 0, or 2 where what was asked for cannot be done."""
    for stream in (sys.stdout, sys.stderr):
        _survive_any_encoding(stream)
    options = parser().parse_args(arguments)
    try:
        options.run(options)
        print(end="", flush=True)  # a full disk or a closed pipe shows up here, not at exit
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, ArithmeticError, RuntimeError, ImportError) as error:
        print(f"chainrule {options.command}: {_one_line(error)}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        return 130
    return 0


def _one_line(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    return " ".join(text.split())


def _survive_any_encoding(stream: TextIO | None) -> None:
    """Print ∂ as it is where the terminal knows it, as ? elsewhere, and never fail over it."""
    if isinstance(stream, TextIOWrapper):  # not None, where the descriptor was closed from the start
        stream.reconfigure(errors="replace")
