"""The command line: ``chainrule explain``, ``trace``, ``train``, ``worksheet`` and ``mark``."""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

from chainrule import (
    __version__,
    nn,  # noqa: F401  (before any module of nn: its error names a file that hides nn)
)
from engine.arguments import closest
from engine.characters import shortened

from . import explain, mark, trace, train, worksheet
from .output import Output, complain

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_USE = 2
WITH_A_MINUS = 'an expression that begins with - comes last, after --, as in explain --at x=3 -- "-x**2"'
ELSEWHERE = {
    "loss": "cost",
    "learning-rate": "lr",
    "learning_rate": "lr",
    "layers": "sizes",
    "steps": "epochs",
}
"""Options by the names that they have in other programs."""
LONGEST = 1000
"""Maximum characters of an error message, since an argument or name that it quotes can have any length."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose help has no colours, since they are escape sequences."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.color = False
        self.commands: Sequence[str] = ()

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and exit with code 2."""
        wrong = re.search(r"invalid choice: '([^']*)'", message)
        meant = closest(wrong[1], self.commands) if wrong else None
        message = f"{message}; did you mean {meant}?" if meant else message
        if message.endswith("required: expression"):
            message += f"; {WITH_A_MINUS}"
        complain(f"{self.prog}: {shortened(message, LONGEST)}; see {self.prog} --help")
        self.exit(WRONG_USE)


def parser() -> Parser:
    """Return the parser of the whole command line."""
    top = Parser(
        prog="chainrule",
        description="Explain the chain rule of an expression, or of a neural network weight by weight; "
        "train small networks; make worksheets and mark them.",
    )
    top.add_argument("--version", action="version", version=f"chainrule {__version__}")
    top.set_defaults(run=lambda _: top.print_help(), parser=top)
    commands = top.add_subparsers(dest="command", metavar="explain | trace | train | worksheet | mark")
    for command in (explain, trace, train, worksheet, mark):
        command.add_to(commands)
    top.commands = tuple(commands.choices)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and print the help if there is none. Return the exit code.

    It is 0, or 2 if the command fails or cannot print its output.
    """
    output = Output(sys.stdout)
    with redirect_stdout(cast("TextIO", output)):
        try:
            options, unknown = parser().parse_known_args(arguments)
            if unknown:
                options.parser.error(
                    f"unrecognized arguments: {' '.join(unknown)}{_advice(options, unknown)}"
                )
            code = _done(options)
        except SystemExit as end:  # the help, the version, or wrong use
            if not end.code and _is_lost(output, "chainrule"):
                sys.exit(WRONG_USE)
            raise
        finally:
            output.flush()
    return WRONG_USE if _is_lost(output, _name(options)) else code


def _is_lost(output: Output, name: str) -> bool:
    """Return whether output could not be written that someone would read; print why."""
    output.flush()
    if output.failure is None or output.reader_left:
        return False
    complain(f"{name}: standard output: {output.failure.strerror}")
    return True


def _advice(options: argparse.Namespace, unknown: list[str]) -> str:
    """Return what to write instead of the first unknown argument, to follow an error message."""
    text = unknown[0]
    known = [name.removeprefix("--") for name in options.parser._option_string_actions]  # noqa: SLF001  (argparse has no other way to its options)
    if text.startswith("--"):
        name = text.removeprefix("--").partition("=")[0]
        close = ELSEWHERE.get(name) or closest(name, known)
        return f"; did you mean --{close}?" if close in known else ""
    if text.startswith("-"):
        return f"; {WITH_A_MINUS}"
    if "at" in known and "=" in text:
        return f"; numbers follow --at, as in --at {text}"
    return f"; sizes follow --sizes, as in --sizes {text}" if "sizes" in known and text[0].isdigit() else ""


def _done(options: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    try:
        options.run(options)
    except (OSError, ValueError, ArithmeticError, RuntimeError, ImportError) as error:
        complain(f"{_name(options)}: {shortened(_described(error), LONGEST)}")
        return WRONG_USE
    except KeyboardInterrupt:
        return 130
    return 0


def _name(options: argparse.Namespace) -> str:
    return f"chainrule {options.command}" if options.command else "chainrule"


def _described(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
