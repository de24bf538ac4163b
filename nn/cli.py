"""The command line: ``chainrule explain``, ``chainrule trace`` and ``chainrule train``."""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

from engine.characters import shortened

from . import cli_explain, cli_trace, cli_train
from .cli_output import Output, complain

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_USE = 2
LONGEST = 1000
"""Characters of what is wrong: an argument or a name may be of any length."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose help has no colours, which are terminal sequences."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.color = False

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end with exit code 2."""
        complain(f"{self.prog}: {shortened(message, LONGEST)}; see {self.prog} --help")
        self.exit(WRONG_USE)


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
    """Run a command; the exit code is 0, or 2 where what was asked for cannot be done, or not be printed."""
    output = Output(sys.stdout)
    with redirect_stdout(cast("TextIO", output)):
        try:
            options = parser().parse_args(arguments)
            code = _done(options)
        finally:
            output.flush()
    if output.failure and not output.reader_left:
        complain(f"chainrule {options.command}: standard output: {output.failure.strerror}")
        return WRONG_USE
    return code


def _done(options: argparse.Namespace) -> int:
    """Run the command; its exit code."""
    try:
        options.run(options)
    except (OSError, ValueError, ArithmeticError, RuntimeError, ImportError) as error:
        complain(f"chainrule {options.command}: {shortened(_told(error), LONGEST)}")
        return WRONG_USE
    except KeyboardInterrupt:
        return 130
    return 0


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
